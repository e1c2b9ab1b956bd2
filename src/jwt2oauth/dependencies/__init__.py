"""What a project's manifests of dependencies say, and what they have to say after its flows have changed."""

from .declared import Declared, Raised, Versions
from .imports import modules_of
from .outlook import Outlook, outlooks

__all__ = ["Declared", "Outlook", "Raised", "Versions", "modules_of", "outlooks"]

"""What a project's manifests of dependencies say, and what they have to say after its flows have changed."""

from .declared import Declared, Raised, Versions
from .outlook import Outlook, outlooks

__all__ = ["Declared", "Outlook", "Raised", "Versions", "outlooks"]

"""What is known of a tree when plans are made."""

from __future__ import annotations

from typing import Protocol

from ..net import Net
from ..python.facts.index import Index
from ..python.facts.modules import Module
from ..python.following.effects import Effects
from ..python.following.forward import Forward
from ..python.following.offers import Offers
from ..python.resolve import Resolver
from ..python.roles.trace import Tracer
from ..python.sdks import SdkFinder
from ..rules.tables import Rules
from ..tree.walk import Tree
from .documents import Documents
from .loading import Loader


class Known(Protocol):
    """What is known of a tree when plans are made."""

    tree: Tree
    net: Net
    rules: Rules
    loader: Loader
    index: Index
    documents: Documents
    resolver: Resolver
    forward: Forward
    effects: Effects
    offers: Offers
    tracer: Tracer
    sdk_finder: SdkFinder
    templates: tuple[Module, ...]
    """The files of configuration that hold claims."""

    def contents(self, path: str) -> bytes:
        """Give the bytes of a file."""

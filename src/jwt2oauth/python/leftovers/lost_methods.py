"""Methods that went though programs that are not here may call them: the reviewer is told."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..following.offers import Offers
from ..roles.trace import label_of
from ..writing.changes import Changes
from .settings import listed


def lost_methods(offers: Offers, changes: Changes) -> Iterator[str]:
    """Give a note for each class of a package that others install, if it stays and lost some."""
    for module in changes.touched:
        gone: dict[s.ClassDef, list[s.FuncDef]] = {}
        for node in module.nodes.get(s.FuncDef, ()) if offers.binds(module) else ():
            assert isinstance(node, s.FuncDef)
            owner = module.class_of(node)
            if owner is None or node not in changes.removed or changes.is_dead(module, owner):
                continue
            if not node.name.startswith("_") and offers.function(module, node):
                gone.setdefault(owner, []).append(node)
        for owner, methods in gone.items():
            verb, them = ("is", "it") if len(methods) == 1 else ("are", "them")
            yield (
                f"{listed([method.name for method in methods])} of {owner.name} {verb} gone: programs that "
                f"install this package may call {them} ({label_of(module, methods[0])})."
            )

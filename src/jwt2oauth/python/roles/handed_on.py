"""Is a client's function anything but called: given to whoever calls it by another name?

It is rare, and who knows that nobody does it need not ask of every parameter that is called what it may be.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site, name_of
from ..resolve import Resolver


class HandedOn:
    """Looks for it in the loaded modules; once, until others are loaded."""

    def __init__(self, resolver: Resolver, names: Collection[str]) -> None:
        """Look for the functions of these dotted names."""
        self.resolver, self.names = resolver, frozenset(names)
        self._last = frozenset(name.rpartition(".")[2] for name in names)
        self._packages = frozenset(name.partition(".")[0].removesuffix("()") for name in names)
        self._known: tuple[Sequence[Module], bool] = ([], False)

    def is_any(self) -> bool:
        """Say whether a loaded module does anything else with one than to call it."""
        loaded, found = self._known
        if loaded is not self.resolver.index.loaded:
            loaded = self.resolver.index.loaded
            with self.resolver.sparing():
                found = any(map(self._hands_on, loaded))
            self._known = loaded, found
        return found

    def _hands_on(self, module: Module) -> bool:
        renamed = (a for node in module.each(s.ImportFrom) for a in node.aliases if a.asname)
        if any(alias.name in self._last for alias in renamed):
            return True
        return any(
            name_of(value) in self.names
            for node in module.each(s.Name, s.Attribute)
            if s.last_name(node) in self._last and not _is_called(module, node)
            if isinstance(node, s.Attribute) or module.imports(node)
            for value in self.resolver.resolve(Site(module, node), callers=False)
        ) or any(self._is_picked(module, node) for node in module.each(s.Call))

    def _is_picked(self, module: Module, node: s.Call) -> bool:
        """``send = getattr(requests, method)``"""
        taken = node.args[0].value if s.is_named(node.func, "getattr") and node.args else None
        if not isinstance(taken, s.Name) or _is_called(module, node) or not module.imports(taken):
            return False
        names = map(name_of, self.resolver.resolve(Site(module, taken)))
        return any(name is not None and name.partition(".")[0] in self._packages for name in names)


def _is_called(module: Module, node: s.Expr) -> bool:
    parent = module.parents.get(node)
    return isinstance(parent, s.Call) and parent.func is node

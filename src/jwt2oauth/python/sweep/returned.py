"""Tuples that a function returns, of which nobody takes the key any more: ``return client, secret, key``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from .base import Base

_HEAD = re.compile(r":\s*(\d+)")


class Returned(Base):
    """Tuples that a function returns, of which nobody takes the key any more."""

    def _tuples(self) -> None:
        for module in list(self.resolver.world):
            for node in module.each(s.FuncDef):
                if not self.changes.is_dead(module, node) and not self.resolver.is_test(module):
                    self._shorten(module, node)

    def _shorten(self, module: Module, function: s.FuncDef) -> None:
        """Take an element that costs the reading of the key out of what is returned, and of what takes it."""
        returned = list(self._returned(module, function))
        size = len(returned[0].items) if returned else 0
        if size < 2 or any(len(r.items) != size for r in returned) or self.offers.function(module, function):
            return
        heavy = [k for k in range(size) if self._costs(module, [r.items[k] for r in returned])]
        if not heavy or self._by_value(module, function) or self._is_shorter(module, returned):
            return
        callers = self.resolver.callers(module, function)
        taken = {k: [self._taken(call, k, size) for call in callers] for k in heavy}
        over = [k for k in heavy if callers and None not in taken[k]]
        kinds = _kinds(function.returns, size)
        left = [k for k in range(size) if k not in over]
        if not over or kinds is None or not left:
            return
        if len(left) > 1:
            for index in over:
                targets = [(c.module, t) for c, t in zip(callers, taken[index], strict=True)]
                for place, node in [*((module, r.items[index]) for r in returned), *targets]:
                    if isinstance(node, s.Node):
                        self.changes.remove(place, node)
                for kind in kinds[index : index + 1]:
                    self.changes.remove(module, kind)
        else:
            self._alone(module, function, returned, callers, left[0], kinds)

    def _alone(
        self,
        module: Module,
        function: s.FuncDef,
        returned: list[s.Sequence],
        callers: list[Site],
        index: int,
        kinds: tuple[s.Expr, ...],
    ) -> None:
        """``return client_id, key``: the one that is left is no tuple any more."""
        taken = [(call.module, _unpacked(call)) for call in callers]
        if any(target is None for _, target in taken):
            return
        for place, node in [*((module, each) for each in returned), *taken]:
            assert node is not None
            self.changes.replace(place, node, node.items[index])
        for kind in kinds[index : index + 1]:
            assert function.returns is not None
            self.changes.replace(module, function.returns, kind)

    def _is_shorter(self, module: Module, returned: list[s.Sequence]) -> bool:
        """Has something been taken out before? Then the places count differently."""
        return any(self.changes.is_dead(module, item) for each in returned for item in each.items)

    def _returned(self, module: Module, function: s.FuncDef) -> Iterator[s.Sequence]:
        """The tuples; nothing where anything else may be returned."""
        found = []
        for node in module.returns.get(function, ()):
            value = node.value
            if not isinstance(value, s.Sequence) or value.kind != "tuple":
                return
            if any(isinstance(item, s.Starred) for item in value.items):
                return
            found.append(value)
        yield from found

    def _costs(self, module: Module, items: list[s.Expr]) -> bool:
        sites = [Site(module, item) for item in items]
        return any(self._is_heavy(site) for site in sites) and all(
            self.effects.harmless(module, item) for item in items
        )

    def _taken(self, call: Site, index: int, size: int) -> s.Node | bool | None:
        """The name that takes the element, if nobody needs it; ``True`` for none; None if that is not so."""
        module, node = call.module, call.node
        parent = module.parents[node]
        if self.changes.is_dead(module, node):
            return True
        if isinstance(parent, s.Subscript) and parent.value is node:
            return self._is_before(module, parent, index) or None
        if not isinstance(parent, s.Assign) or parent.value is not node or len(parent.targets) != 1:
            return None
        target = parent.targets[0]
        if not isinstance(target, s.Sequence):
            return None
        starred = [k for k, item in enumerate(target.items) if isinstance(item, s.Starred)]
        if not starred and len(target.items) != size:
            return None
        place = index if not starred or index < starred[0] else index - size + len(target.items)
        if starred and starred[0] <= index and place <= starred[0]:
            place = starred[0]
        item = target.items[place]
        name = item.value if isinstance(item, s.Starred) else item
        if not isinstance(name, s.Name):
            return None
        bound = [b for b in module.bound_by(parent) if b.path == name.id]
        loads = [load for b in bound for load in self.loads(b)]
        if not bound or not all(self.changes.is_dead(load.module, load.node) for load in loads):
            return None
        return True if isinstance(item, s.Starred) else item

    def _is_before(self, module: Module, node: s.Subscript, index: int) -> bool:
        """``load()[:3]``, ``load()[0]``: is the element behind what is taken?"""
        if isinstance(node.index, s.Const) and isinstance(node.index.value, int):
            return 0 <= node.index.value < index
        match = _HEAD.fullmatch(module.snippet(node.index))
        return match is not None and int(match[1]) <= index


def _kinds(annotation: s.Expr | None, size: int) -> tuple[s.Expr, ...] | None:
    """``str, str, bytes`` of ``-> tuple[str, str, bytes]``; empty where it counts none, None if unknown."""
    index = annotation.index if isinstance(annotation, s.Subscript) else None
    if isinstance(index, s.Sequence):
        named = not any(isinstance(item, s.Const) for item in index.items)
        return index.items if len(index.items) == size else None if named else ()
    return () if annotation is None or isinstance(annotation, s.Name | s.Attribute) else None


def _unpacked(call: Site) -> s.Sequence | None:
    """``a, b`` of ``a, b = load()``, where each has a name of its own."""
    parent = call.module.parents[call.node]
    target = parent.targets[0] if isinstance(parent, s.Assign) and len(parent.targets) == 1 else None
    if not isinstance(target, s.Sequence) or any(isinstance(item, s.Starred) for item in target.items):
        return None
    return target

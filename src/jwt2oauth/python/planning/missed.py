"""What a function that signs also does, and what others would miss if it went."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site, name_of, text_of
from ..following.effects import Effects
from ..following.forward import Forward
from ..resolve import Resolver, is_target
from ..writing.changes import Changes

_WRITES = frozenset("wax+")
_FILLS = frozenset({"add", "append", "extend", "insert", "setdefault", "update"})


class Missed:
    """Looks through the functions that a plan takes away; one for each plan."""

    def __init__(self, resolver: Resolver, forward: Forward, effects: Effects, changes: Changes) -> None:
        self.resolver, self.forward = resolver, forward
        self.effects, self.changes = effects, changes

    def find(self) -> Iterator[Site]:
        """What is stored for, or written to, somebody who stays."""
        for module in self.changes.touched:
            if self.resolver.is_test(module):
                continue
            for function in module.each(s.FuncDef):
                if function in self.changes.removed:
                    yield from (Site(module, node) for node in self._of(module, function))

    def _of(self, module: Module, function: s.FuncDef) -> Iterator[s.Node]:
        for node in s.walk(function.body):
            if isinstance(node, s.Assign):
                found = [load for t in node.targets for load in self._loads(Site(module, node), t)]
            elif isinstance(node, s.AugAssign):
                found = self._loads(Site(module, node), node.target)
            elif isinstance(node, s.Call):
                found = self._filled(module, node)
                if self._writes(module, node):
                    yield node
            else:
                continue
            if any(not self.changes.is_dead(load.module, load.node) for load in found):
                yield node

    def _loads(self, store: Site, target: s.Expr) -> list[Site]:
        """Who reads ``self.x`` of an object, a global, an entry of a mapping of the module."""
        module = store.module
        if isinstance(target, s.Attribute):
            return self.forward.attribute_loads(module, target)
        scope = module.scope(store.node)
        if isinstance(target, s.Name) and scope.outer_names.get(target.id) == "global":
            return [*self.forward.loads_after(store, target), *self._elsewhere(module, target)]
        if isinstance(target, s.Subscript):
            return self._elsewhere(module, target.value, self.resolver.spelled(module, target.index))
        return []

    def _filled(self, module: Module, call: s.Call) -> list[Site]:
        """Who looks at the list of ``SIGNED.append(…)``"""
        func = call.func
        fills = isinstance(func, s.Attribute) and func.attr in _FILLS
        return self._elsewhere(module, func.value) if fills and isinstance(func, s.Attribute) else []

    def _elsewhere(self, module: Module, base: s.Expr, key: str | None = None) -> list[Site]:
        """Where else a name of the module is looked at, if not for another key."""
        scopes, here = module.scopes, module.function(base)
        if not isinstance(base, s.Name) or base in scopes.reach:
            return []
        return [
            Site(module, name)
            for name in module.names.get(base.id, ())
            if name in scopes.scope_of and module.function(name) is not here
            if name not in scopes.reach or scopes.scope_of[name].is_module
            if key is None or self._asks_for(module, name, key)
        ]

    def _asks_for(self, module: Module, use: s.Node, key: str) -> bool:
        """May it be the value under ``key`` that is looked at?"""
        parent = module.parents[use]
        if not isinstance(parent, s.Subscript):
            return True
        return not is_target(module, parent) and self.resolver.spelled(module, parent.index) in (None, key)

    def _writes(self, module: Module, call: s.Call) -> bool:
        """``open("audit.log", "a")``"""
        if call in self.effects.excused or len(call.args) < 2:
            return False
        callees = self.resolver.resolve(Site(module, call.func))
        if not any(name_of(v) in self.resolver.rules.values.openers for v in callees):
            return False
        mode = text_of(self.resolver.one(Site(module, call.args[1].value)))
        return mode is not None and bool(_WRITES & {*mode})

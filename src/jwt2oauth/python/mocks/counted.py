"""Tests that count what is asked for, or complained of: there is less of it where names left a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from ..resolve import Resolver
from ..writing.changes import Changes
from .checks import is_check, label_in_test, test_around


class Counted:
    """Finds them, once everything that goes is gone."""

    def __init__(self, resolver: Resolver, changes: Changes, programs: Iterable[Module]) -> None:
        """Know the lists of names in ``programs`` that are shorter now, and the functions that hold one."""
        self.resolver, self.changes = resolver, changes
        self._functions: set[s.Node] = set()
        self._lists: set[str] = set()
        for module in programs:
            for node in module.each(s.Sequence, s.Dict):
                if self._is_shorter(module, node):
                    function = module.function(node)
                    stmt = module.statement(node)
                    targets = stmt.targets if isinstance(stmt, s.Assign) and function is None else ()
                    self._functions |= {function} if function is not None else set()
                    self._lists |= {t.id for t in targets if isinstance(t, s.Name)}
        for module in programs if self._lists else ():
            for name in module.each(s.Name):
                reads = name.id in self._lists
                around = module.function(name) if reads and not changes.is_dead(module, name) else None
                self._functions |= {around} if around is not None else set()

    def expected(self, modules: Iterable[Module]) -> Iterator[str]:
        """``assert len(REQUIRED) == 5``, ``assertEqual(len(check(None)), 5)`` in a module of tests."""
        for module in modules:
            for node in module.each(s.Call) if self._functions or self._lists else ():
                if (
                    s.last_name(node.func) != "len"
                    or len(node.args) != 1
                    or self.changes.is_dead(module, node)
                ):
                    continue
                stmt = module.statement(node)
                numbers = [n.value for n in s.walk(stmt) if isinstance(n, s.Const)]
                is_more = any(isinstance(number, int) and number > 1 for number in numbers)
                checked = is_more and is_check(stmt) and test_around(module, node) is not None
                if checked and self._is_shorter_now(Site(module, node.args[0].value)):
                    yield (
                        f"{label_in_test(module, node)} counts what is asked for, which is less now: "
                        "change that number."
                    )

    def _is_shorter(self, module: Module, node: s.Node) -> bool:
        """Is a list of names left, and has it lost some of them?"""
        if not isinstance(node, s.Sequence | s.Dict) or self.changes.is_dead(module, node):
            return False
        gone = [item for item in node.items if item in self.changes.removed]
        names = (item.key if isinstance(item, s.Item) else item for item in gone)
        return any(isinstance(name, s.Str | s.Name | s.Attribute | s.Sequence) for name in names)

    def _is_shorter_now(self, counted: Site) -> bool:
        module, node = counted.module, counted.node
        if isinstance(node, s.Name):
            bound = [b.value for b in module.scopes.bindings_of(node) if b.kind == "assign" and not b.unpack]
            if len(bound) == 1 and bound[0] is not None:
                return self._is_shorter_now(counted.at(bound[0]))
        if isinstance(node, s.Name | s.Attribute):
            return s.last_name(node) in self._lists
        calls = (call for call in s.walk(node) if isinstance(call, s.Call))
        return any(
            callee.node in self._functions
            for call in calls
            for callee in self.resolver.callees(counted.at(call))
        )

"""Tests of what nothing but tests uses any more: they go, and then it does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import Site
from ..resolve import Resolver
from ..writing.changes import Changes
from .checks import fails_from_now_on, is_check, is_only_look, makes_fail, test_around
from .patches import Patches, recorded
from .prune import Pruner
from .rows import are_left, row_of, take_row

Tested = Sequence[tuple[Binding, list[Site]]]
"""Definitions that only tests use, each with these uses."""

_EXPECTS = frozenset({"raises", "warns", "deprecated_call"})


class Subjects:
    """Drops tests in one plan's changes."""

    def __init__(self, resolver: Resolver, patches: Patches, pruner: Pruner, changes: Changes) -> None:
        self.resolver = resolver
        self.patches = patches
        self.pruner = pruner
        self.changes = changes

    def drop(self, modules: Iterable[Module], tested: Tested, is_aside: Callable[[Site], bool]) -> list[Site]:
        """Take away the tests in ``modules`` that are about nothing but what is ``tested``; gives them.

        ``is_aside`` knows the code that only tests run. What another test uses as well keeps its tests.
        """
        about = {use.node for _, uses in tested for use in uses}
        found: dict[s.FuncDef, Module] = {}
        rows: dict[s.Node, Module] = {}
        for _, uses in tested:
            apart = {row: use.module for use in uses if (row := self._row(use)) is not None}
            uses = [use for use in uses if self._row(use) is None]
            tests = {test_around(use.module, use.node): use.module for use in uses}
            stubs = {node for module in {*tests.values()} for node in self._stand_ins(module, is_aside)}
            if all(test is not None and self._is_about(m, test, about | stubs) for test, m in tests.items()):
                found.update({test: module for test, module in tests.items() if test is not None})
                rows.update(apart)
        for row in [row for row, module in rows.items() if rows.keys() >= {*_rows_beside(module, row)}]:
            del rows[row]  # a table without rows is none: they are told
        for row, module in rows.items():
            take_row(self.changes, module, row)
        for module in modules:
            found.update(dict.fromkeys(self._of_failures(module), module))
            found.update(dict.fromkeys(self._of_nothing(module), module))
        for test, module in found.items():
            self.pruner.forsake(module, test)
        for module in {*found.values()}:
            self._drop_classes(module, found)
        return [Site(module, test) for test, module in (*rows.items(), *found.items())]

    def _row(self, use: Site) -> s.Node | None:
        """``("jwt", auth.JwtLogin)`` in a row of ``parametrize``, beside rows of something else."""
        row = row_of(use.module, use.node)
        return row if row is not None and are_left(self.changes, use.module, row) else None

    def drop_looks(self, things: Iterable[Sequence[Site]]) -> list[Site]:
        """Take away the checks of each thing of which tests do no more than to look at it; gives them."""
        found: dict[s.Stmt, Site] = {}
        for uses in things:
            if all(is_only_look(self.resolver, use) for use in uses):
                found.update({(stmt := use.module.statement(use.node)): use.at(stmt) for use in uses})
        for stmt, site in found.items():
            self.changes.remove(site.module, stmt)
        return list(found.values())

    def _stand_ins(self, module: Module, is_aside: Callable[[Site], bool]) -> Iterator[s.Node]:
        """What reads the stand-ins for a signing that only tests want."""
        for patch in self.patches.of(module):
            if self.pruner.is_over(patch, is_aside):
                seen = [*patch.place.seen, *recorded(self.resolver, self.patches.places, patch)]
                yield from (use.node for use in seen if use.module is module)

    def _of_failures(self, module: Module) -> Iterator[s.FuncDef]:
        """Tests of what happens when the signing fails: ``@patch("auth.sign", side_effect=OSError)``.

        Or ``self.sign.side_effect = OSError``, of a stand-in that all tests of a class share.
        """
        for patch in self.patches.of(module):
            call = patch.site.node
            for use in self.pruner.handed_out(patch):
                failing = fails_from_now_on(use.module, use.node) and not self.changes.is_dead(
                    use.module, use.node
                )
                test = test_around(use.module, use.node) if failing and use.module is module else None
                if test is not None and self.pruner.is_over(patch):
                    yield test
            alive = makes_fail(call) and not self.changes.is_dead(module, call)
            test = test_around(module, call) if alive else None
            if test is not None and self.pruner.is_over(patch):
                yield test

    def _of_nothing(self, module: Module) -> Iterator[s.FuncDef]:
        """Tests all of whose checks are gone, and that run nothing but what others run as well."""
        tests = [n for n in module.each(s.FuncDef) if n.name.startswith("test")]
        alive = [test for test in tests if not self.changes.is_dead(module, test)]
        for test in alive:
            said = [stmt for stmt in s.walk(test.body) if isinstance(stmt, s.Stmt)]
            gone = [stmt for stmt in said if is_check(stmt) and self.changes.is_dead(module, stmt)]
            left = [stmt for stmt in said if not self.changes.is_dead(module, stmt)]
            if not gone or any(is_check(stmt) or _is_expecting(stmt) for stmt in left):
                continue
            others = "\n".join(module.snippet(other.body) for other in alive if other is not test)
            runs = (n for stmt in left for n in s.walk(stmt) if isinstance(n, s.Call))
            if all(module.snippet(call) in others for call in runs):
                yield test

    def _is_about(self, module: Module, test: s.FuncDef, seeds: Collection[s.Node]) -> bool:
        """Does a test check nothing but what comes from ``seeds``?"""
        names: set[str] = set()
        expecting: list[s.With] = []
        beside = False
        patched = {use.node for patch in self.patches.of(module) for use in patch.place.seen}
        asked: list[s.Stmt] = []
        for stmt in (n for n in s.walk(test.body) if isinstance(n, s.Stmt)):
            within = [stmt.body] if isinstance(stmt, s.With) and _is_expecting(stmt) else []
            if _is_concerned([*_own(stmt), *within], seeds, names):
                names |= {n.id for t in _targets(stmt) for n in s.walk(t) if isinstance(n, s.Name)}
            elif isinstance(stmt, s.With) and _is_expecting(stmt):
                expecting.append(stmt)
            elif is_check(stmt) and not patched.isdisjoint(s.walk(stmt)):
                asked.append(stmt)  # what a stand-in saw of what was run
            elif is_check(stmt) or self._runs_program(module, stmt):
                return False
            else:
                beside = beside or self._calls_program(module, _own(stmt))
        return not (asked and beside) and all(_is_concerned([stmt.body], seeds, names) for stmt in expecting)

    def _runs_program(self, module: Module, stmt: s.Stmt) -> bool:
        """``client.refresh()``, to see that it does not fail"""
        return isinstance(stmt, s.ExprStmt) and self._calls_program(module, [stmt.value])

    def _calls_program(self, module: Module, parts: Iterable[s.Node]) -> bool:
        calls = (n for part in parts for n in s.walk(part) if isinstance(n, s.Call))
        callees = (callee for call in calls for callee in self.resolver.callees(Site(module, call)))
        return any(not self.resolver.is_test(callee.module) for callee in callees)

    def _drop_classes(self, module: Module, dropped: Collection[s.FuncDef]) -> None:
        """Classes of tests that have none any more."""
        for cls in module.each(s.ClassDef):
            tests = [n for n in cls.body.body if isinstance(n, s.FuncDef) and n.name.startswith("test")]
            if any(test in dropped for test in tests) and all(self.changes.is_dead(module, t) for t in tests):
                self.changes.remove(module, cls)


def _own(stmt: s.Stmt) -> list[s.Node]:
    """What a statement says itself, without the statements in it."""
    blocks = (s.Block, s.Handler, s.Case)
    return [child for child in s.children(stmt) if not isinstance(child, blocks)]


def _is_concerned(parts: Iterable[s.Node], seeds: Collection[s.Node], names: Collection[str]) -> bool:
    nodes = (node for part in parts for node in s.walk(part))
    return any(node in seeds or (isinstance(node, s.Name) and node.id in names) for node in nodes)


def _targets(stmt: s.Stmt) -> tuple[s.Expr, ...]:
    if isinstance(stmt, s.Assign):
        return tuple(t for t in stmt.targets if isinstance(t, s.Name | s.Sequence))
    if isinstance(stmt, s.With):
        return tuple(item.target for item in stmt.items if item.target is not None)
    return (stmt.target,) if isinstance(stmt, s.For) else ()


def _is_expecting(stmt: s.Stmt) -> bool:
    return isinstance(stmt, s.With) and any(map(_expects, stmt.items))


def _expects(item: s.WithItem) -> bool:
    """``pytest.raises(KeyError)``, ``self.assertRaises(KeyError)``"""
    name = s.last_name(item.value.func) if isinstance(item.value, s.Call) else ""
    return name in _EXPECTS or name.startswith("assert")


def _rows_beside(module: Module, row: s.Node) -> Sequence[s.Node]:
    """All rows of its table."""
    table = module.parents[row]
    return table.items if isinstance(table, s.Sequence | s.Dict) else ()

"""Statements of tests that only check something: they go with what they look at."""

from __future__ import annotations

from collections.abc import Iterator

from .. import syntax as s
from ..index import Module
from ..scopes import Binding
from ..values import Site


def is_check(stmt: s.Stmt) -> bool:
    """``assert …``, ``self.assertEqual(…)``, ``stand_in.assert_called_once()``"""
    if isinstance(stmt, s.Assert):
        return True
    call = stmt.value if isinstance(stmt, s.ExprStmt) else None
    return isinstance(call, s.Call) and last_name(call.func).startswith("assert")


def looks(module: Module, stmt: s.Stmt) -> list[s.Stmt] | None:
    """The statements that use what the assignment ``stmt`` binds to a name; None if one is no check."""
    if not isinstance(stmt, s.Assign) or len(stmt.targets) != 1 or not isinstance(stmt.targets[0], s.Name):
        return None
    uses = [use for binding in _bound(module, stmt) for use in module.uses.get(binding, ())]
    found = [module.statement(use) for use in uses]
    return found if all(map(is_check, found)) else None


def only_about(use: Site) -> list[s.Stmt] | None:
    """The checks that look at what is loaded at ``use`` and at nothing else; None if more than these does."""
    module = use.module
    stmt = module.statement(use.node)
    root = _root(use.node)
    if is_check(stmt):
        return [stmt] if _names(module, stmt) <= {root, "self"} else None
    checks = looks(module, stmt)
    if checks is None or not isinstance(stmt, s.Assign) or not _names(module, stmt) <= {root, "self"}:
        return None
    assert isinstance(stmt.targets[0], s.Name)
    known = {root, "self", stmt.targets[0].id}
    return [stmt, *checks] if all(_names(module, check) <= known for check in checks) else None


def _names(module: Module, stmt: s.Stmt) -> set[str]:
    """The names of the function's own that a statement loads."""
    value = stmt.value if isinstance(stmt, s.Assign) and stmt.value is not None else stmt
    loads = [n for n in s.walk(value) if isinstance(n, s.Name)]
    return {n.id for n in loads if any(not b.scope.is_module for b in module.scopes.bindings_of(n))}


def _root(node: s.Node) -> str:
    while isinstance(node, s.Attribute):
        node = node.value
    return node.id if isinstance(node, s.Name) else ""


def _bound(module: Module, stmt: s.Stmt) -> Iterator[Binding]:
    for bindings in module.scope(stmt).bindings.values():
        yield from (b for b in bindings if b.node is stmt)


def last_name(node: s.Expr) -> str:
    """``c`` of ``a.b.c``."""
    return node.attr if isinstance(node, s.Attribute) else node.id if isinstance(node, s.Name) else ""

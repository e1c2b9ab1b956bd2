"""Stand-ins that are made in a loop over a table: one for each of its rows."""

from __future__ import annotations

from collections.abc import Mapping

from ...records import dataclass
from .. import syntax as s
from ..index import Module

_STARTS = frozenset({"start", "stop", "addCleanup", "addfinalizer", "enter_context", "enterContext"})


@dataclass(frozen=True, slots=True)
class Loop:
    """``for owner, name in ((auth, "_sign"), (auth.time, "time")): patch.object(owner, name).start()``"""

    rows: tuple[tuple[s.Expr, Mapping[str, s.Expr]], ...]
    """Each row, and what the loop's names stand for there."""
    only_patches: bool
    """Does nothing else happen in the loop, so that a row can go?"""


def loop_around(module: Module, call: s.Call) -> Loop | None:
    """The loop over a written table whose names tell the ``call`` in whose place it puts something."""
    used = {n.id for arg in call.args for n in s.walk(arg) if isinstance(n, s.Name)}
    for node in module.ancestors(call):
        if isinstance(node, s.FuncDef | s.Lambda):
            return None
        names = _names(node.target) if isinstance(node, s.For) else []
        if not isinstance(node, s.For) or used.isdisjoint(names):
            continue
        table = node.iter
        rows = [(row, _given(names, row)) for row in table.items] if isinstance(table, s.Sequence) else []
        if rows and all(given for _, given in rows):
            return Loop(tuple(rows), _only_patches(node, call))
        return None
    return None


def instead(value: s.Expr, given: Mapping[str, s.Expr]) -> s.Expr:
    """What stands in the row for a name of the loop."""
    return given.get(value.id, value) if isinstance(value, s.Name) else value


def emptied(module: Module, row: s.Node, removed: set[s.Node]) -> s.For | None:
    """The loop around the last of its rows that goes."""
    table = module.parents[row]
    loop = module.parents[table]
    if not isinstance(table, s.Sequence) or not isinstance(loop, s.For) or loop.iter is not table:
        return None
    return loop if all(each in removed for each in table.items) else None


def _names(target: s.Expr) -> list[str]:
    """The names of ``for target, name in …``; none where it is anything else."""
    items = target.items if isinstance(target, s.Sequence) else (target,)
    found = [item.id for item in items if isinstance(item, s.Name)]
    return found if len(found) == len(items) else []


def _given(names: list[str], row: s.Expr) -> dict[str, s.Expr]:
    if len(names) == 1:
        return {names[0]: row}
    values = row.items if isinstance(row, s.Sequence) else ()
    return dict(zip(names, values, strict=True)) if len(values) == len(names) else {}


def _only_patches(loop: s.For, call: s.Call) -> bool:
    """``patcher = patch(…); patcher.start(); self.addCleanup(patcher.stop)``, and nobody counts them."""
    return loop.orelse is None and all(
        (isinstance(stmt, s.Assign) and stmt.value is call and isinstance(stmt.targets[0], s.Name))
        or (isinstance(stmt, s.ExprStmt) and (stmt.value is call or _starts(stmt.value)))
        for stmt in loop.body.body
    )


def _starts(value: s.Expr) -> bool:
    return isinstance(value, s.Call) and s.last_name(value.func) in _STARTS

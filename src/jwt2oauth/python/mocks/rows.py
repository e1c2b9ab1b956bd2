"""Tables of tests: stand-ins that are made in a loop over one, and the rows of ``parametrize``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...records import dataclass
from ..facts import syntax as s
from ..facts.modules import Module
from ..writing.changes import Changes
from .checks import is_check

_GATHERED = frozenset({"set", "frozenset", "sorted", "list", "tuple"})
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


def are_left(changes: Changes, module: Module, row: s.Node) -> bool:
    """Do other rows of its table stay?"""
    table = module.parents[row]
    assert isinstance(table, s.Sequence | s.Dict)
    return any(item is not row and item not in changes.removed for item in table.items)


def take_row(changes: Changes, module: Module, row: s.Node) -> None:
    """Take a row away, and what names it in ``parametrize("name", [row, …], ids=["jwt", …])``."""
    table = module.parents[row]
    changes.remove(module, row)
    held = module.parents[table]
    tables = [table]
    if isinstance(held, s.Assign) and held.value is table:
        tables += module.uses_of(held)
    for ids in (ids for each in tables for ids in _ids_beside(module, each)):
        if isinstance(table, s.Sequence) and len(ids.items) == len(table.items):
            named = zip(table.items, ids.items, strict=True)
            changes.remove(module, next(name for item, name in named if item is row))


def _ids_beside(module: Module, table: s.Node) -> Iterator[s.Sequence]:
    """The list of names that the call has which is given the table of rows."""
    arg = module.parents[table]
    call = module.parents[arg] if isinstance(arg, s.Arg) and is_table(module, table) else None
    for other in call.args if isinstance(call, s.Call) else ():
        if other.keyword == "ids" and isinstance(other.value, s.Sequence):
            yield other.value


def row_of(module: Module, name: s.Node, *, keys: bool = False) -> s.Node | None:
    """The row with ``name`` in ``@pytest.mark.parametrize("name", ["key_file", …])``.

    Or in a table that a test goes through, ``for name in ("key_file", …)``, be it a constant of the module,
    with which something may be compared as well. Or, if ``keys`` are meant, in
    ``{"key_file", …} <= set(config)``.
    """
    row = name
    for around in module.ancestors(name):
        if isinstance(around, s.Sequence) and is_table(module, around):
            return row
        held = module.parents[around]
        if isinstance(around, s.Sequence) and isinstance(held, s.Assign) and held.value is around:
            uses = [*module.uses_of(held)]
            rows = [is_table(module, use) for use in uses]
            alike = all(is_row or is_compared(module, use) for use, is_row in zip(uses, rows, strict=True))
            return row if any(rows) and alike else None
        if keys and isinstance(around, s.Sequence) and row is name and _are_keys(module, around):
            return row
        if not isinstance(around, s.Sequence | s.Arg | s.Call):
            return None
        row = around
    return None


def is_compared(module: Module, node: s.Node) -> bool:
    """``assert missing() == NEEDED``, ``self.assertEqual(set(NEEDED), set(config))``"""
    for around in module.ancestors(node):
        if isinstance(around, s.Compare):
            return is_check(module.statement(around))
        if isinstance(around, s.Stmt):
            return is_check(around)
        if isinstance(around, s.Call) and s.last_name(around.func) not in _GATHERED:
            return is_check(module.statement(around)) and module.parents[around] is module.statement(around)
        if not isinstance(around, s.Call | s.Arg):
            return False
    return False


def _are_keys(module: Module, names: s.Sequence) -> bool:
    """Is it a set of texts, or a list beside ``sorted(config)``, that a test compares with something?"""
    if not all(isinstance(item, s.Str) for item in names.items) or not is_compared(module, names):
        return False
    if names.kind == "set":
        return True
    whole = module.statement(names)
    calls = [node for node in s.walk(whole) if isinstance(node, s.Call)]
    return any(
        s.last_name(call.func) in {*_GATHERED, "keys"} and names not in set(s.walk(call)) for call in calls
    )


def is_table(module: Module, node: s.Node) -> bool:
    """Is it what ``parametrize`` takes rows from, or a loop of a test?"""
    parent = module.parents[node]
    if isinstance(parent, s.For | s.Clause):
        return parent.iter is node and module.function(parent) is not None
    call = module.call_of(parent)
    return call is not None and s.last_name(call.func) == "parametrize" and call.args[1:2] == (parent,)

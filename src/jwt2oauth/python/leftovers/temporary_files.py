"""What tests write into temporary files, a key most of all: nobody misses those."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..following.effects import Effects
from ..writing.changes import Changes

ROOTS = frozenset({"tmp_path", "tmp_path_factory", "tmpdir", "tmpdir_factory"})
"""The fixtures of pytest that give folders which go with the test."""
_WRITES = frozenset({"chmod", "mkdir", "mktemp", "touch", "write", "write_bytes", "write_text", "join"})


_MAKES = re.compile(r"\b(?:TemporaryDirectory|mkdtemp)\(")


def writes_temporary_files(effects: Effects, module: Module, fixture: s.FuncDef) -> bool:
    """Does a fixture only compute, and write into folders that go with the test?"""
    names = {param.name for param in fixture.params} & ROOTS
    body = [stmt for stmt in fixture.body.body if not isinstance(stmt, s.Import | s.ImportFrom)]
    for stmt in body if names else ():
        value = stmt.value if isinstance(stmt, s.Assign | s.ExprStmt | s.Return) else None
        if value is None or not all(_is_idle(effects, module, node, names) for node in s.walk(value)):
            return False
        if isinstance(stmt, s.Assign):
            if not all(isinstance(target, s.Name) for target in stmt.targets):
                return False
            if _mentions(value, names):
                names |= {target.id for target in stmt.targets if isinstance(target, s.Name)}
    return bool(names)


def forsaken(changes: Changes, effects: Effects, module: Module, function: s.FuncDef) -> list[s.Stmt]:
    """What makes files in such folders that are only written any more: what had a use for them is gone."""
    names = {param.name for param in function.params} & ROOTS
    found: list[s.Stmt] = []
    for stmt in function.body.body if names else ():
        value = stmt.value if isinstance(stmt, s.Assign) else None
        if value is None or not _mentions(value, names) or changes.is_dead(module, stmt):
            continue
        uses = [*module.uses_of(stmt)]
        left = [use for use in uses if not changes.is_dead(module, use)]
        idle = all(_is_idle(effects, module, node, names) for node in s.walk(value))
        if idle and len(left) < len(uses) and all(_only_writes(effects, module, use) for use in left):
            found += [*map(module.statement, left), stmt]
    return found


def forget_files(changes: Changes, effects: Effects, module: Module) -> None:
    """Take away what makes such files, and asks for such folders, where only settings that are gone did.

    Not what only then has no use for an import, or for another object of the test.
    """
    for function in module.each(s.FuncDef):
        if changes.is_dead(module, function):
            continue
        going = forsaken(changes, effects, module, function)
        if not going or not _leaves_none_idle(changes, module, going):
            continue
        for stmt in going:
            changes.remove(module, stmt)
        if not function.name.startswith("test") and not function.decorators:
            continue  # its callers say what its parameters are
        for param in (each for each in function.params if each.name in ROOTS):
            bindings = module.scopes.inner[function].bindings.get(param.name, ())
            uses = [use for b in bindings if b.kind == "param" for use in module.uses.get(b, ())]
            if all(changes.is_dead(module, use) for use in uses):
                changes.remove(module, param)


def _leaves_none_idle(changes: Changes, module: Module, going: list[s.Stmt]) -> bool:
    """Has each name in these statements another use, or is it one of a folder, a file or a constant?"""
    inside = {node for stmt in going for node in s.walk(stmt)}
    bound = [b for n in inside if isinstance(n, s.Name) for b in module.scopes.bindings_of(n)]
    others = (b for b in bound if b.kind != "param" and b.node not in going and not _is_text(module, b.node))
    return all(
        any(use not in inside and not changes.is_dead(module, use) for use in module.uses.get(b, ()))
        for b in others
    )


def _is_text(module: Module, node: s.Node) -> bool:
    """``PEM = "…"`` of a module"""
    return isinstance(node, s.Assign) and isinstance(node.value, s.Str) and module.function(node) is None


def _only_writes(effects: Effects, module: Module, use: s.Node) -> bool:
    """``key.write_text("…")``, as a statement of its own"""
    stmt = module.statement(use)
    call = stmt.value if isinstance(stmt, s.ExprStmt) else None
    if not isinstance(call, s.Call) or not isinstance(call.func, s.Attribute) or call.func.value is not use:
        return False
    return call.func.attr in _WRITES and all(effects.harmless(module, arg.value) for arg in call.args)


def lies_in_temporary_folder(module: Module, name: s.Str) -> bool:
    """``tmp_path / "config.ini"``, ``os.path.join(tmp, "config.ini")``: a test's own file of that name."""
    holder = module.parents[name]
    holder = module.parents[holder] if isinstance(holder, s.Arg) else holder
    if not isinstance(holder, s.Call) and not (isinstance(holder, s.Binary) and holder.op == "/"):
        return False
    return _mentions(holder, {*ROOTS, *_temporary(module)})


def _temporary(module: Module) -> Iterator[str]:
    """The names that stand for folders of ``tempfile``, by what the module writes."""
    for node in module.each(s.WithItem, s.Assign) if "tempfile" in module.text else ():
        for target in (node.target,) if isinstance(node, s.WithItem) else s.targets_of(node):
            if isinstance(target, s.Name) and _MAKES.search(module.snippet(node)):
                yield target.id


def _is_idle(effects: Effects, module: Module, node: s.Node, names: set[str]) -> bool:
    """A call that has no effect, or one on what lies in such a folder; a ``yield`` has none."""
    if not isinstance(node, s.Call) or effects.harmless(module, node):
        return True
    func = node.func
    return isinstance(func, s.Attribute) and func.attr in _WRITES and _mentions(func.value, names)


def _mentions(node: s.Node, names: set[str]) -> bool:
    return any(isinstance(inner, s.Name) and inner.id in names for inner in s.walk(node))

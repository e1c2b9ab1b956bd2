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
_FINISHES = frozenset({"close", "flush", "seek"})
_NAMED = "NamedTemporaryFile"
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
    found = [stmt for stmt in function.body.body if _is_last(changes, effects, module, function, stmt, names)]
    for stmt in function.body.body:
        value = stmt.value if isinstance(stmt, s.Assign) else None
        is_named = isinstance(value, s.Call) and s.last_name(value.func) == _NAMED
        if value is None or not (is_named or _mentions(value, names)) or changes.is_dead(module, stmt):
            continue
        uses = [*module.uses_of(stmt)]
        left = [use for use in uses if not changes.is_dead(module, use)]
        idle = is_named or all(_is_idle(effects, module, node, names) for node in s.walk(value))
        if idle and len(left) < len(uses) and all(_only_writes(effects, module, use) for use in left):
            found += [*map(module.statement, left), stmt]
    return found


def _is_last(
    changes: Changes, effects: Effects, module: Module, function: s.FuncDef, stmt: s.Stmt, names: set[str]
) -> bool:
    """``(tmp_path / "key").write_text("…")``, where all else that named the file so is gone."""
    call = stmt.value if isinstance(stmt, s.ExprStmt) else None
    func = call.func if isinstance(call, s.Call) else None
    if not isinstance(func, s.Attribute) or isinstance(func.value, s.Name) or changes.is_dead(module, stmt):
        return False
    if not _mentions(func.value, names) or not _only_writes(effects, module, func.value):
        return False
    said = module.snippet(func.value)
    same = [node for node in s.walk(function) if node is not func.value and module.snippet(node) == said]
    return bool(same) and all(changes.is_dead(module, node) for node in same)


def leave_files(changes: Changes, effects: Effects, module: Module, function: s.FuncDef) -> None:
    """``with NamedTemporaryFile("w") as key: …``: only what else stands in it is left."""
    for node in s.walk(function):
        if not isinstance(node, s.With) or len(node.items) > 1 or changes.is_dead(module, node):
            continue
        made = node.items[0].value
        if not isinstance(made, s.Call) or s.last_name(made.func) != _NAMED:
            continue
        uses = [use for b in module.bound_by(node.items[0]) for use in module.uses.get(b, ())]
        left = [use for use in uses if not changes.is_dead(module, use)]
        if len(left) < len(uses) and all(_only_writes(effects, module, use) for use in left):
            for use in left:
                changes.remove(module, module.statement(use))
            if all(changes.is_dead(module, stmt) for stmt in node.body.body):
                changes.remove(module, node)
            elif node not in changes.unwrapped:
                changes.unwrap(module, node, node.body)


def forget_files(changes: Changes, effects: Effects, module: Module) -> None:
    """Take away what makes such files, and asks for such folders, where only settings that are gone did.

    Not what only then has no use for an import, or for another object of the test.
    """
    for function in module.each(s.FuncDef):
        if changes.is_dead(module, function):
            continue
        leave_files(changes, effects, module, function)
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
    return call.func.attr in _WRITES | _FINISHES and all(
        effects.harmless(module, arg.value) for arg in call.args
    )


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

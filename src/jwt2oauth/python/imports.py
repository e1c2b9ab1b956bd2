"""Where a new import goes: where this file's own order wants it."""

from __future__ import annotations

import itertools

from ..model import Span
from . import syntax as s
from .changes import Changes
from .index import Module


def place_imports(changes: Changes) -> None:
    """Turn the wanted imports into edits, now that it is known which imports stay."""
    for (module, statement), (path, beside) in changes.imports.items():
        _place(module, changes, statement, path, beside)
    for (module, node), names in changes.names.items():
        for name in names:
            _add_name(module, changes, node, name)


def _add_name(module: Module, changes: Changes, node: s.ImportFrom, name: str) -> None:
    """``from config import A, B`` gets one more name, in order if they were in order."""
    alive = [a for a in node.aliases if a not in changes.removed]
    ordered = [a.name for a in node.aliases] == sorted(a.name for a in node.aliases)
    smaller = [a for a in alive if a.name < name] if ordered else alive
    start = module.text.rfind("\n", 0, alive[-1].span.start) + 1
    lead = module.text[start : alive[-1].span.start]
    separator = ",\n" + lead if not lead.strip() else ", "
    if smaller:
        changes.patch(module, smaller[-1], Span(smaller[-1].span.end, smaller[-1].span.end), separator + name)
    else:
        changes.patch(module, alive[0], Span(alive[0].span.start, alive[0].span.start), name + separator)


def _place(module: Module, changes: Changes, statement: str, path: str, beside: str) -> None:
    newline = module.source.newline
    imports = _top_imports(module)
    if not imports:
        _first(module, changes, statement)
        return
    group = _group(module, imports, beside)
    alive = [n for n in group if n not in changes.removed and n not in changes.replaced]
    if not alive:
        anchor = next((n for n in group if beside in _modules(n) and n in changes.removed), group[0])
        changes.removed.discard(anchor)
        changes.replace(module, anchor, statement)
        return
    mixed = _mixed(group)
    wanted = (0 if mixed or statement.startswith("import") else 1, path.lower())
    before = [n for n in alive if _sort_key(n, mixed) < wanted]
    if before:
        end = before[-1].span.end
        while end < len(module.text) and module.text[end] not in "\r\n":
            end += 1
        changes.patch(module, module.source.body, Span(end, end), newline + statement)
    else:
        start = alive[0].span.start
        changes.patch(module, module.source.body, Span(start, start), statement + newline)


def _first(module: Module, changes: Changes, statement: str) -> None:
    """A file without imports: below the docstring, or at the top."""
    newline = module.source.newline
    body = module.source.body.body
    if body and isinstance(body[0], s.ExprStmt) and isinstance(body[0].value, s.Str):
        end = body[0].span.end
        changes.patch(module, module.source.body, Span(end, end), newline * 2 + statement)
    elif body:
        start = body[0].span.start
        changes.patch(module, module.source.body, Span(start, start), statement + newline * 2)


def _top_imports(module: Module) -> list[s.Stmt]:
    return [
        n
        for n in module.source.body.body
        if isinstance(n, s.Import) or (isinstance(n, s.ImportFrom) and n.module != "__future__")
    ]


def _group(module: Module, imports: list[s.Stmt], near: str) -> list[s.Stmt]:
    """The imports that stand together with the client's (no blank line between)."""
    anchor = next((n for n in imports if near in _modules(n)), None)
    if anchor is None:
        anchor = imports[0]
    groups: list[list[s.Stmt]] = [[imports[0]]]
    for before, here in itertools.pairwise(imports):
        between = module.text[before.span.end : here.span.start]
        if between.count("\n") > 1 or between.strip():
            groups.append([])
        groups[-1].append(here)
    return next(g for g in groups if anchor in g)


def _modules(node: s.Stmt) -> set[str]:
    if isinstance(node, s.Import):
        return {a.name.split(".")[0] for a in node.aliases}
    return {node.module.split(".")[0]} if isinstance(node, s.ImportFrom) else set()


def _mixed(group: list[s.Stmt]) -> bool:
    """Are ``import`` and ``from`` sorted together by module?"""
    seen_from = False
    for node in group:
        if isinstance(node, s.ImportFrom):
            seen_from = True
        elif seen_from:
            return True
    return False


def _sort_key(node: s.Stmt, mixed: bool) -> tuple[int, str]:
    if isinstance(node, s.Import):
        return (0, node.aliases[0].name.lower())
    assert isinstance(node, s.ImportFrom)
    return (0 if mixed else 1, (("~" * node.level) + node.module).lower())

"""Where a new import goes: where this file's own order wants it."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Callable, Iterator

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from .changes import Changes, Piece, Placed

Own = Callable[[Module, s.Stmt], bool]
"""Does an import bring in a module of the project?"""


def place_imports(changes: Changes, is_own: Own) -> None:
    """Turn the wanted imports into edits, now that it is known which imports stay."""
    gone, replaced, pieces = set(changes.removed), set(changes.replaced), set(_pieces(changes))
    for (module, statement), (path, beside) in changes.imports.items():
        _place(module, changes, statement, path, beside, is_own)
    for other, (module, statement) in changes.imports_beside.items():
        if other in changes.removed:
            changes.restore(other)
            changes.replace(module, other, statement)
        else:
            before, end = module.text[: other.span.start], Span(other.span.end, other.span.end)
            lead = before[len(before.rstrip(" \t")) :]
            changes.patch(module, other, end, module.source.newline + lead + statement)
    for (module, node), names in changes.names.items():
        if all(alias in changes.removed for alias in node.aliases):
            _other_names(module, changes, node, names)
            continue
        for name in names:
            _add_name(module, changes, node, name)
    changes.placed = Placed(
        frozenset(gone - changes.removed),
        frozenset(changes.replaced.keys() - replaced),
        frozenset({*_pieces(changes)} - pieces),
    )


def _pieces(changes: Changes) -> Iterator[tuple[s.Node, Piece]]:
    return ((node, piece) for node, pieces in changes.patched.items() for piece in pieces)


def _other_names(module: Module, changes: Changes, node: s.ImportFrom, names: list[str]) -> None:
    """``from umapi_client import JWTAuth``, of which nothing is needed any more, brings other names."""
    changes.restore(node)
    changes.restore(node.aliases[0])
    changes.replace(module, node.aliases[0], ", ".join(sorted(names)))


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


def _place(module: Module, changes: Changes, statement: str, path: str, beside: str, is_own: Own) -> None:
    newline = module.source.newline
    imports = _top_imports(module)
    if not imports:
        _first(module, changes, statement)
        return
    groups = _groups(module, imports)
    group = _group(module, groups, path, beside, is_own)
    if group is None:
        _between(module, changes, groups, statement, _kind(path), is_own)
        return
    alive = [n for n in group if n not in changes.removed and n not in changes.replaced]
    if not alive:
        anchor = next((n for n in group if beside in _modules(n) and n in changes.removed), group[0])
        _instead(module, changes, anchor, statement)
        return
    mixed = _mixed(group)
    kinds = [_kind_of(module, n, is_own) for n in group]
    by_kind = kinds == sorted(kinds)
    style = 0 if mixed or statement.startswith("import") else 1
    wanted = (_kind(path) if by_kind else 0, style, path.lower())
    keys = [(_kind_of(module, n, is_own) if by_kind else 0, *_sort_key(n, mixed, changes)) for n in alive]
    before = [n for n, key in zip(alive, keys, strict=True) if key < wanted]
    if before:
        end = _line_end(module, before[-1].span.end)
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


def _groups(module: Module, imports: list[s.Stmt]) -> list[list[s.Stmt]]:
    """The imports that stand together, no blank line between."""
    groups: list[list[s.Stmt]] = [[imports[0]]]
    for before, here in itertools.pairwise(imports):
        between = module.text[before.span.end : here.span.start]
        if between.count("\n") > 1 or between.strip():
            groups.append([])
        groups[-1].append(here)
    return groups


def _group(
    module: Module, groups: list[list[s.Stmt]], path: str, beside: str, is_own: Own
) -> list[s.Stmt] | None:
    """The group of the import ``beside``, else one of the new import's kind; None where there is none.

    Where all imports stand together, and are not all of one other kind, it stands with them.
    """
    for group in groups:
        if any(beside in _modules(n) for n in group):
            return group
    kinds = {_kind_of(module, node, is_own) for node in groups[0]}
    kinds |= {_kind(name) for node in groups[0] if not is_own(module, node) for name in _modules(node)}
    if len(groups) == 1 and len(kinds) > 1:
        return groups[0]
    return next((g for g in groups if _kind(path) in {_kind_of(module, n, is_own) for n in g}), None)


def _between(
    module: Module,
    changes: Changes,
    groups: list[list[s.Stmt]],
    statement: str,
    kind: int,
    is_own: Own,
) -> None:
    """A group of its own, behind the groups that come before its kind."""
    newline = module.source.newline
    alive = [[n for n in group if n not in changes.removed] for group in groups]
    earlier = [g for g in alive if g and all(_kind_of(module, n, is_own) < kind for n in g)]
    later = [g for g in alive if g and g not in earlier]
    if earlier:
        end = _line_end(module, earlier[-1][-1].span.end)
        changes.patch(module, module.source.body, Span(end, end), newline * 2 + statement)
    elif later:
        start = later[0][0].span.start
        changes.patch(module, module.source.body, Span(start, start), statement + newline * 2)
    else:
        _instead(module, changes, groups[0][0], statement)


def _instead(module: Module, changes: Changes, anchor: s.Stmt, statement: str) -> None:
    """Put an import where another one stood, with those that were put there before it."""
    newline = module.source.newline
    known = changes.replaced.get(anchor, ())
    changes.restore(anchor)
    whole = all(isinstance(part, str) for part in known)
    lines = "".join(part for part in known if isinstance(part, str)).splitlines()
    lines = [line for line in lines if line]
    if not whole or not all(re.match(r"(?:import|from) [^(\\]+$", line) for line in lines):
        changes.replace(module, anchor, *known, newline + statement)
        return
    imports = sorted([*lines, statement], key=_order)
    kinds = [list(each) for _, each in itertools.groupby(imports, lambda each: _order(each)[0])]
    changes.replace(module, anchor, (newline * 2).join(newline.join(each) for each in kinds))


def _order(statement: str) -> tuple[int, bool, str]:
    """``import`` before ``from``, the standard library before all."""
    path = statement.split()[1]
    return _kind(path), not statement.startswith("import"), path.lower()


def _line_end(module: Module, at: int) -> int:
    while at < len(module.text) and module.text[at] not in "\r\n":
        at += 1
    return at


def _kind(path: str) -> int:
    """0 for the standard library, 1 for what is installed."""
    return 0 if path.split(".")[0] in sys.stdlib_module_names else 1


def _kind_of(module: Module, node: s.Stmt, is_own: Own) -> int:
    """The same, and 2 for the project's own modules."""
    if is_own(module, node):
        return 2
    return max((_kind(name) for name in _modules(node)), default=1)


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


def _sort_key(node: s.Stmt, mixed: bool, changes: Changes) -> tuple[int, str]:
    if isinstance(node, s.Import):
        alive = [a for a in node.aliases if a not in changes.removed]
        return (0, (alive or node.aliases)[0].name.lower())
    assert isinstance(node, s.ImportFrom)
    return (0 if mixed else 1, (("~" * node.level) + node.module).lower())

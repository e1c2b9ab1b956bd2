"""Modules of which a plan leaves nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from . import syntax as s
from .changes import Changes
from .index import Index, Module


def emptied_modules(changes: Changes, index: Index, importers: Callable[[str], bool]) -> Iterator[str]:
    """The modules of which nothing is left, and which nothing imports any more.

    ``importers`` loads the modules that import a path.
    """
    for module in changes.touched:
        left = [stmt for stmt in module.source.body.body if stmt not in changes.removed]
        if not module.path.endswith(".py") or module.path.endswith("__init__.py"):
            continue
        if any(map(says_something, left)):
            continue
        importers(module.path)
        if not any(_imports(changes, index, other, module) for other in index.loaded):
            yield module.path


def _imports(changes: Changes, index: Index, other: Module, module: Module) -> bool:
    for node in (*other.nodes.get(s.Import, ()), *other.nodes.get(s.ImportFrom, ())):
        if changes.is_dead(other, node):
            continue
        names, level = [], 0
        if isinstance(node, s.Import):
            names = [a.name for a in node.aliases]
        elif isinstance(node, s.ImportFrom):
            level = node.level
            names = [node.module, *(f"{node.module}.{a.name}".lstrip(".") for a in node.aliases)]
        if any(index.find(other.path, name, level) == module.path for name in names):
            return True
    return False


def says_something(stmt: s.Stmt) -> bool:
    """More than a docstring or an import of the future?"""
    if isinstance(stmt, s.ImportFrom):
        return stmt.module != "__future__"
    return not s.is_text(stmt)

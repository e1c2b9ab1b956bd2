"""Modules of which a plan leaves nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from ..facts import syntax as s
from ..facts.index import Index
from ..facts.modules import Module
from ..facts.values import Site
from ..roles.trace import label_of
from ..writing.changes import Changes

_LOADERS = frozenset({"import_module", "__import__", "import_string", "run_module"})


def emptied_modules(
    changes: Changes, index: Index, importers: Callable[[str], bool], paths: Sequence[str]
) -> Iterator[tuple[str, Site | None]]:
    """The modules of which nothing is left, and which nothing imports any more; and who names them still.

    ``importers`` loads the modules that import a path; of all ``paths`` those of its own program may name it.
    """
    for module in changes.touched:
        left = [stmt for stmt in module.source.body.body if stmt not in changes.removed]
        if not module.path.endswith(".py") or module.path.endswith("__init__.py"):
            continue
        if any(map(says_something, left)):
            continue
        importers(module.path)
        *folders, name = module.path.removesuffix(".py").split("/")
        dotted = rb"|\b%s\.%%s\b" % re.escape(folders[-1].encode()) if folders else b""
        index.among(index.ours(paths, [module.path]), name, rb"\b%s\.py\b" + dotted)
        if not any(_imports(changes, index, other, module) for other in index.loaded):
            yield module.path, next(_named(changes, index, module), None)


def _named(changes: Changes, index: Index, module: Module) -> Iterator[Site]:
    """``spec_from_file_location("jwt", "lib/jwt.py")``, ``import_module("lib.jwt")``, ``["lib.jwt"]``."""
    for other in index.loaded:
        for node in other.each(s.Str) if other is not module else ():
            text = str(node.value)
            is_path = text.endswith(".py") and f"/{module.path}".endswith(f"/{text.lstrip('./')}")
            if not is_path and (
                not _may_load(other, node, text) or index.find(other.path, text, 0) != module.path
            ):
                continue
            if not changes.is_dead(other, node):
                yield Site(other, node)


def _may_load(module: Module, node: s.Node, text: str) -> bool:
    """Is it a dotted name, or is it given to what loads modules?"""
    if not all(part.isidentifier() for part in text.split(".")):
        return False
    holder = module.parents[module.parents[node]]
    return "." in text or (isinstance(holder, s.Call) and s.last_name(holder.func) in _LOADERS)


def still_named(path: str, by: Site) -> str:
    """Say that a module of which nothing is left is loaded by its name."""
    where = label_of(by.module, by.node)
    return f"Nothing is left in {path}, but {where} still names it: take both out."


def _imports(changes: Changes, index: Index, other: Module, module: Module) -> bool:
    for node in other.each(s.Import, s.ImportFrom):
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

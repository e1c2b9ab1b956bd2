"""Names that say milliseconds keep them: ``expires_in_ms`` is given the lifetime times 1000."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from . import syntax as s
from .index import Module
from .values import Site

SPEAKS = re.compile(r"(?:^|_)ms(?:_|$)|milli|Ms$", re.IGNORECASE)
_LIBRARY = frozenset({"milliseconds"})
"""Keywords of ``timedelta``: mended where they stand."""
DEPTH = 6


def places(module: Module) -> Iterator[tuple[str, s.Expr]]:
    """Where something is put under a name that says milliseconds: the name, and what is put there."""
    for node in module.nodes.get(s.Assign, ()):
        assert isinstance(node, s.Assign)
        name = _name(node.targets[0]) if len(node.targets) == 1 else ""
        if SPEAKS.search(name) and node.value is not None:
            yield name, node.value
    for node in module.nodes.get(s.Arg, ()):
        assert isinstance(node, s.Arg)
        if node.keyword and node.keyword not in _LIBRARY and SPEAKS.search(node.keyword):
            yield node.keyword, node.value
    for node in module.nodes.get(s.Item, ()):
        assert isinstance(node, s.Item)
        name = str(node.key.value) if isinstance(node.key, s.Str) else ""
        if SPEAKS.search(name):
            yield name, node.value


def is_named(site: Site, names: Iterable[str], depth: int = DEPTH) -> bool:
    """Did the value at ``site`` come by way of one of ``names``?"""
    node = site.node
    if not depth:
        return False
    if isinstance(node, s.Name | s.Attribute | s.Subscript) and _name(node) in names:
        return True
    inner: list[s.Expr | None] = []
    if isinstance(node, s.Name):
        bound = site.module.scopes.bindings_of(node)
        inner = [b.value for b in bound if b.kind == "assign"]
    elif isinstance(node, s.Call):
        inner = [a.value for a in node.args]
    elif isinstance(node, s.Binary):
        inner = [node.left, node.right]
    return any(value is not None and is_named(site.at(value), names, depth - 1) for value in inner)


def _name(node: s.Expr) -> str:
    if isinstance(node, s.Name):
        return node.id
    if isinstance(node, s.Attribute):
        return node.attr
    if isinstance(node, s.Subscript) and isinstance(node.index, s.Str):
        return str(node.index.value)
    return ""

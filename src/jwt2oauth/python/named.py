"""Names that say milliseconds keep them: ``expires_in_ms`` is given the lifetime times 1000."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from . import syntax as s
from .index import Module
from .resolve import Resolver
from .resolve.shared import method_of
from .scopes import Binding
from .values import Fields, Instance, Items, Param, Site, text_of

SPEAKS = re.compile(r"(?:^|_)ms(?:_|$)|milli|Ms$", re.IGNORECASE)
_LIBRARY = frozenset({"milliseconds"})
"""Keywords of ``timedelta``: mended where they stand."""
DEPTH = 6


def places(module: Module) -> Iterator[tuple[str, s.Expr]]:
    """Where something is put under a name that says milliseconds: the name, and what is put there."""
    for node in module.nodes.get(s.Assign, ()):
        assert isinstance(node, s.Assign)
        for target, value in _pairs(node):
            if SPEAKS.search(_name(target)):
                yield _name(target), value
    for node in module.nodes.get(s.Arg, ()):
        assert isinstance(node, s.Arg)
        if node.keyword and node.keyword not in _LIBRARY and SPEAKS.search(node.keyword):
            yield node.keyword, node.value
    for node in module.nodes.get(s.Item, ()):
        assert isinstance(node, s.Item)
        name = str(node.key.value) if isinstance(node.key, s.Str) else ""
        if SPEAKS.search(name):
            yield name, node.value


def _pairs(node: s.Assign) -> Iterator[tuple[s.Expr, s.Expr]]:
    """Each target with what is put there, where that can be told: ``a, b = x, y``."""
    if len(node.targets) != 1 or node.value is None:
        return
    target, value = node.targets[0], node.value
    if not isinstance(target, s.Sequence):
        yield target, value
    elif isinstance(value, s.Sequence) and len(value.items) == len(target.items):
        yield from zip(target.items, value.items, strict=True)


class Named:
    """Tells by which names a value came."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def by(self, site: Site, names: Iterable[str], depth: int = DEPTH) -> bool:
        """Did the value at ``site`` come by way of one of ``names``?"""
        node = site.node
        named = isinstance(node, s.Name | s.Attribute | s.Subscript) and _name(node) in names
        if named and not self._is_unpacked(site):
            return True
        return depth > 0 and any(self.by(inner, names, depth - 1) for inner in self._sources(site))

    def _is_unpacked(self, site: Site) -> bool:
        """``token, millis = login()``: nobody can give what it is called there."""
        bound = site.module.scopes.bindings_of(site.node) if isinstance(site.node, s.Name) else ()
        whole = [b for b in bound if b.kind == "assign" and b.unpack and isinstance(b.node, s.Assign)]
        return any(not list(_pairs(b.node)) for b in whole if isinstance(b.node, s.Assign))

    def _sources(self, site: Site) -> Iterator[Site]:
        """What was bound, stored or passed there."""
        node = site.node
        if isinstance(node, s.Name):
            for binding in site.module.scopes.bindings_of(node):
                if binding.kind == "assign" and len(binding.unpack) == 1 and binding.value is not None:
                    for whole in self.resolver.resolve(site.at(binding.value)):
                        items = whole.sites if isinstance(whole, Items) else ()
                        yield from items[binding.unpack[0] :][:1]
                elif binding.kind == "assign" and binding.value is not None:
                    yield site.at(binding.value)
                elif binding.kind == "param":
                    yield from self._passed(site.module, binding)
        elif isinstance(node, s.Call):
            yield from (site.at(arg.value) for arg in node.args)
            for callee in self.resolver.callees(site):
                yield from _returned(callee.module, callee.node)
        elif isinstance(node, s.Binary):
            yield from (site.at(node.left), site.at(node.right))
        elif isinstance(node, s.Attribute):
            yield from self.resolver.stored_as(node.attr)
            for owner in self.resolver.resolve(site.at(node.value)):
                for cls in self.resolver.mro(owner.cls) if isinstance(owner, Instance) else ():
                    method = method_of(cls, node.attr)
                    yield from _returned(cls.module, method) if method is not None else ()
        elif isinstance(node, s.Subscript):
            for base in self.resolver.resolve(site.at(node.value)):
                for entry in base.entries if isinstance(base, Fields) else ():
                    if entry.value is not None and text_of(entry.key) == _name(node):
                        yield entry.value

    def _passed(self, module: Module, binding: Binding) -> Iterator[Site]:
        param, function = binding.node, binding.scope.node
        if isinstance(param, s.Param) and isinstance(function, s.FuncDef):
            for call in self.resolver.callers(module, function):
                yield from self.resolver.arguments(Param(function, param, Site(module, param)), call)


def _returned(module: Module, function: s.FuncDef) -> Iterator[Site]:
    for stmt in module.scopes.inner[function].returns:
        if stmt.value is not None:
            yield Site(module, stmt.value)


def _name(node: s.Expr) -> str:
    if isinstance(node, s.Name):
        return node.id
    if isinstance(node, s.Attribute):
        return node.attr
    if isinstance(node, s.Subscript) and isinstance(node.index, s.Str):
        return str(node.index.value)
    return ""

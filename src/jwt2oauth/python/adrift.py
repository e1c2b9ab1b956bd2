"""Where a lifetime may come to on ways that are not followed value by value.

Through lists and pairs, texts that are taken apart again, builtins that hand out what they were given,
exceptions, loops over a whole reply. What is converted there may be the lifetime, or what was beside it: a
conversion of what is not known otherwise is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from . import syntax as s
from .escapes import Escapes
from .exchange import Exchange
from .index import Module
from .resolve import Resolver
from .values import Arithmetic, Lib, Member, Result, Site, Unknown, Value, chain

_HANDING = frozenset(
    {"zip", "next", "iter", "dict", "list", "tuple", "set", "sorted", "reversed", "enumerate", "filter"}
    | {"map", "min", "max", "sum", "abs", "reduce", "chain", "deepcopy", "vars"}
)
"""Python's own functions that give what they were given, or a part of it."""
_WHOLE = frozenset({"items", "values"})
"""Methods of a reply that give all that is in it."""


class Adrift:
    """Follows them; one per planner."""

    def __init__(self, resolver: Resolver, escapes: Escapes) -> None:
        self.resolver = resolver
        self.escapes = escapes

    def reached(self, exchange: Exchange, given: frozenset[s.Node]) -> set[s.Node]:
        """The expressions that may hold the lifetime, but for what is made of ``given``: that is mended."""
        seen = set(given)
        stack = [*self.escapes.lifetimes(exchange), *self._whole(exchange)]
        while stack:
            site = stack.pop()
            if site.node not in seen:
                seen.add(site.node)
                stack += self.escapes.onward(site, set())
                stack += self._loosely(site)
        return seen - given

    def is_open(self, site: Site) -> bool:
        """Is it not known otherwise what the expression at ``site`` is?"""
        return any(_is_open(value) for value in self.resolver.resolve(site))

    def _whole(self, exchange: Exchange) -> Iterator[Site]:
        """``reply.items()``, ``case {"access_token": token, **rest}``, ``reply[name]`` of a loop"""
        for use in self.escapes.whole(exchange):
            parent, module = use.parent, use.module
            if isinstance(parent, s.Subscript) and self.resolver.spelled(module, parent.index) is None:
                yield Site(module, parent)
            if isinstance(parent, s.Attribute) and parent.attr in _WHOLE:
                yield Site(module, module.parents[parent])
            for case in parent.cases if isinstance(parent, s.Match) else ():
                yield from _named(module, case, {*case.names} - {*case.paths})

    def _loosely(self, site: Site) -> Iterator[Site]:
        module, node = site.module, site.node
        parent = module.parents[node]
        if isinstance(parent, s.Subscript) and parent.value is node:
            yield Site(module, parent)
        elif isinstance(parent, s.Attribute):
            outer = module.parents[parent]
            is_method = isinstance(outer, s.Call) and outer.func is parent
            yield Site(module, outer if is_method else parent)
        elif isinstance(parent, s.For | s.Clause) and parent.iter is node:
            yield from _bound(module, parent, parent.target)
            if isinstance(parent, s.Clause):
                yield Site(module, module.parents[parent])
        elif isinstance(parent, s.Comprehension):
            yield Site(module, parent)
        elif isinstance(parent, s.Assign) and parent.value is node:
            for target in parent.targets:
                yield from _bound(module, parent, target) if isinstance(target, s.Sequence) else ()
        elif isinstance(parent, s.Raise):
            yield from self._caught()
        call = module.parents[parent] if isinstance(parent, s.Arg) else None
        starred = isinstance(parent, s.Arg) and parent.star
        if isinstance(call, s.Call) and (starred or self._hands_out(module, call)):
            yield Site(module, call)

    def _hands_out(self, module: Module, call: s.Call) -> bool:
        last = s.last_name(call.func)
        if last in _HANDING:
            return True
        return last.endswith(("Error", "Exception")) and isinstance(module.parents[call], s.Raise)

    def _caught(self) -> Iterator[Site]:
        """What exceptions are called where they are caught."""
        for module in self.resolver.world:
            for node in module.nodes.get(s.Handler, ()):
                if isinstance(node, s.Handler) and node.name:
                    yield from _named(module, node, {node.name})


def _bound(module: Module, binder: s.Node, target: s.Expr) -> Iterator[Site]:
    """Where the names of a target are read."""
    names = {node.id for node in s.walk(target) if isinstance(node, s.Name)}
    return _named(module, binder, names)


def _named(module: Module, binder: s.Node, names: set[str]) -> Iterator[Site]:
    for name in names:
        for node in module.names.get(name, ()):
            if any(b.node is binder for b in module.scopes.bindings_of(node)):
                yield Site(module, node)


def _is_open(value: Value) -> bool:
    if isinstance(value, Arithmetic):
        return _is_open(value.left) or _is_open(value.right)
    if isinstance(value, Member) and value.key == "*":
        return True
    last = list(chain(value))[-1]
    if isinstance(last, Result | Lib):
        return last.name in _HANDING or last.name.startswith("dict.")  # what a mapping does not have
    return isinstance(last, Unknown)

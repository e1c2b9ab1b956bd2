"""What the stand-ins of tests write down: ``calls.append((claims, key))`` in a function of the test's own."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Closure, Function, Site
from ..resolve import Resolver
from .patches import Patch
from .places import Places, uses_of

_FILLING = frozenset({"append", "add", "update", "extend", "setdefault"})


def recorded(resolver: Resolver, places: Places, patch: Patch) -> Iterator[Site]:
    """The loads of the lists and mappings that the function which ``patch`` puts in a place fills."""
    module, node = patch.site.module, patch.site.node
    given = [a.value for a in node.args] if isinstance(node, s.Call) else []
    if isinstance(node, s.Assign) and node.value is not None:
        given = [node.value]
    for value in (v for each in given for v in resolver.resolve(Site(module, each))):
        body: s.Node | None = value.node if isinstance(value, Function) and value.module is module else None
        if isinstance(value, Closure) and value.site.module is module:
            body = value.site.node
        inside = set(s.walk(body)) if body is not None else set()
        for name in (n for each in inside if (n := _filled(each)) is not None):
            yield from _loads(places, module, name, inside)


def _filled(node: s.Node) -> s.Name | None:
    """The name of what a call or an assignment puts something into."""
    base: s.Expr | None = None
    if isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and node.func.attr in _FILLING:
        base = node.func.value
    elif isinstance(node, s.Assign) and isinstance(node.targets[0], s.Subscript):
        base = node.targets[0].value
    return base if isinstance(base, s.Name) else None


def _loads(places: Places, module: Module, name: s.Name, inside: set[s.Node]) -> Iterator[Site]:
    """The loads outside of the stand-in; where a fixture gives it away, those of who asks for the fixture."""
    for binding in module.scopes.bindings_of(name):
        for use in module.uses.get(binding, ()) if binding.node not in inside else ():
            fixture = module.function(use)
            given = isinstance(module.parents[use], s.Return | s.Yield) and fixture is not None
            if given and fixture is not None:
                for other, param in places.asking(fixture):
                    yield from uses_of(other, param)
            elif use not in inside:
                yield Site(module, use)

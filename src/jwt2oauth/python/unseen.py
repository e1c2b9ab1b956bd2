"""Functions that are called where nobody sees which: they are handed around, or stand below a decorator."""

from __future__ import annotations

from collections.abc import Iterator

from . import syntax as s
from .index import Module
from .resolve import Resolver
from .scopes import Binding
from .values import Class, Function, Lib, Result, Site, chain

NUMBERS = frozenset({"int", "float", "decimal.Decimal", "fractions.Fraction", "datetime.timedelta"})
"""Classes whose objects are numbers, and so are those of classes derived from them."""
_Taker = s.FuncDef | s.Lambda


class Unseen:
    """Finds them; one per planner."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def is_unseen(self, call: Site) -> bool:
        """Is it not known what the call at ``call`` calls? A library's functions call nothing of ours."""
        assert isinstance(call.node, s.Call)
        values = self.resolver.resolve(call.at(call.node.func))
        return not any(isinstance(list(chain(value))[-1], Lib | Result | Class) for value in values)

    def given(self, arg: s.Arg, call: s.Call) -> Iterator[Site]:
        """Where the argument is read, if the call calls one of those that are handed around."""
        place = call.args.index(arg)
        for module in self._modules():
            for taker in _takers(module):
                params = [param for param in taker.params if param.kind or arg.star]
                params += [p for p in taker.params if arg.keyword is not None and p.name == arg.keyword]
                is_method = isinstance(taker, s.FuncDef) and module.class_of(taker) is not None
                if arg.keyword is None and place + is_method < len(taker.params):
                    params.append(taker.params[place + is_method])
                for param in params:
                    yield from _reads(module, param)

    def below(self, function: Function) -> Iterator[Site]:
        """What decorators of the project get of ``function``, and what they are given for it."""
        for decorator in self._decorators(function):
            module = decorator.module
            for inner in s.walk(decorator.node):
                if isinstance(inner, _Taker) and inner is not decorator.node:
                    yield from (use for param in inner.params for use in _reads(module, param))
                if isinstance(inner, s.Call) and isinstance(inner.func, s.Name):
                    bound = module.scopes.bindings_of(inner.func)
                    if any(isinstance(each.node, s.Param) for each in bound):
                        yield Site(module, inner)

    def itself(self, call: Site) -> Iterator[Site]:
        """``self`` in the methods of ``class Millis(int)``, which the call at ``call`` makes."""
        assert isinstance(call.node, s.Call)
        for value in self.resolver.resolve(call.at(call.node.func)):
            if isinstance(value, Class) and self.is_number(value):
                for method in value.node.body.body:
                    if isinstance(method, s.FuncDef) and method.params:
                        yield from _reads(value.module, method.params[0])

    def is_number(self, cls: Class) -> bool:
        """Are the objects of a class numbers?"""
        return not NUMBERS.isdisjoint(self.resolver.foreign_bases(cls))

    def _decorators(self, function: Function) -> Iterator[Function]:
        for node in function.node.decorators:
            made = node.func if isinstance(node, s.Call) else node
            for value in self.resolver.resolve(Site(function.module, made)):
                if isinstance(value, Function):
                    yield value

    def _modules(self) -> Iterator[Module]:
        return (module for module in self.resolver.world if not self.resolver.is_test(module))


def _takers(module: Module) -> Iterator[_Taker]:
    """Functions inside of others, those that are named without being called, and those of objects."""
    for node in module.nodes.get(s.Lambda, ()):
        if isinstance(node, s.Lambda):
            yield node
    for node in module.nodes.get(s.FuncDef, ()):
        if not isinstance(node, s.FuncDef):
            continue
        scope = module.scope(node)
        uses = [
            use for b in scope.bindings.get(node.name, ()) if b.node is node for use in module.uses.get(b, ())
        ]
        handed = any(not _is_called(module, use) for use in uses)
        if node.name == "__call__" or handed or module.function(node) is not None:
            yield node


def _is_called(module: Module, use: s.Node) -> bool:
    parent = module.parents[use]
    return isinstance(parent, s.Call) and parent.func is use


def _reads(module: Module, param: s.Param) -> Iterator[Site]:
    """Where a parameter is read."""
    for node in module.names.get(param.name, ()):
        if any(_is_of(each, param) for each in module.scopes.bindings_of(node)):
            yield Site(module, node)


def _is_of(binding: Binding, param: s.Param) -> bool:
    return binding.node is param

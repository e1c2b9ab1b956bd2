"""Functions that are called where nobody sees which: they are handed around, or stand below a decorator."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Function, Lib, Result, Site, chain
from ..resolve import Resolver

NUMBERS = frozenset({"int", "float", "decimal.Decimal", "fractions.Fraction", "datetime.timedelta"})
"""Classes whose objects are numbers, and so are those of classes derived from them."""
_Taker = s.FuncDef | s.Lambda
_FILLING = frozenset(
    {"add", "append", "appendleft", "extend", "put", "put_nowait", "set", "set_result", "update"}
)
"""Methods that put what they are given into their object."""


class Unseen:
    """Finds them; one per planner."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.importers: Callable[[str], bool] | None = None
        """Loads the modules that import a path; says whether there were new ones."""

    def is_unseen(self, call: Site) -> bool:
        """Is it not known what the call at ``call`` calls? A library's functions call nothing of ours."""
        values = self.resolver.resolve(call.at(call.call.func))
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

    def filled(self) -> Iterator[Site]:
        """What is filled by a method of its own that is handed around: ``listeners.append(rows.append)``."""
        for module in self._modules():
            for node in module.each(s.Attribute):
                if node.attr in _FILLING and isinstance(module.parents[node], s.Arg):
                    yield Site(module, node.value)

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

    def load(self, function: Function) -> None:
        """Load those who may look for ``function`` where a decorator registers it."""
        for decorator in self._decorators(function) if self.importers is not None else ():
            while self.importers is not None and self.importers(decorator.module.path):
                self.resolver.forget()

    def called(self, function: Function) -> Iterator[Site]:
        """The calls that may be ones of ``function``, if it is handed around: ``handlers[name]()``."""
        if not function.node.decorators and not _is_handed(function.module, function.node):
            return
        self.load(function)
        attached = {*_attached(function.module, function.node)}
        for module in list(self._modules()):
            for node in module.each(s.Call):
                name = node.func.attr if isinstance(node.func, s.Attribute) else ""
                if name in attached or _is_of_variable(node.func):
                    site = Site(module, node)
                    if not self.resolver.callees(site) and self.is_unseen(site):
                        yield site

    def itself(self, call: Site) -> Iterator[Site]:
        """``self`` in the methods of ``class Millis(int)``, which the call at ``call`` makes."""
        for value in self.resolver.resolve(call.at(call.call.func)):
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
    yield from module.each(s.Lambda)
    for function in module.each(s.FuncDef):
        is_plain = module.class_of(function) is None and _is_handed(module, function)
        if function.name == "__call__" or module.function(function) is not None or is_plain:
            yield function


def _is_handed(module: Module, function: s.FuncDef) -> bool:
    """Is the function named somewhere without being called?"""
    own = (each for each in module.scope(function).bindings.get(function.name, ()) if each.node is function)
    return any(not _is_called(module, use) for each in own for use in module.uses.get(each, ()))


def _attached(module: Module, function: s.FuncDef) -> Iterator[str]:
    """``value`` of ``inner.value = function``"""
    for binding in module.scope(function).bindings.get(function.name, ()):
        for use in module.uses.get(binding, ()) if binding.node is function else ():
            stmt = module.parents[use]
            targets = stmt.targets if isinstance(stmt, s.Assign) else ()
            yield from (target.attr for target in targets if isinstance(target, s.Attribute))


def _is_of_variable(func: s.Expr) -> bool:
    """``function()``, ``handlers[name]()``, ``self.fetch()``: may anything be called there?"""
    if isinstance(func, s.Attribute):
        return isinstance(func.value, s.Name) and func.value.id == "self"
    return isinstance(func, s.Name | s.Subscript | s.Call)


def _is_called(module: Module, use: s.Node) -> bool:
    parent = module.parents[use]
    return isinstance(parent, s.Call) and parent.func is use


def _reads(module: Module, param: s.Param) -> Iterator[Site]:
    """Where a parameter is read."""
    for node in module.names.get(param.name, ()):
        if any(each.node is param for each in module.scopes.bindings_of(node)):
            yield Site(module, node)

"""Where a lifetime may come to on ways that are not followed value by value.

Whatever is made of it may hold it: through containers and what fills them, texts that are taken apart again,
calls of libraries, exceptions, loops over a whole reply. What is converted there may be the lifetime, or what
was beside it: a conversion of what is not known otherwise is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from . import syntax as s
from .effects import Effects
from .escapes import Escapes
from .exchange import Exchange
from .forward import uses_of
from .index import Module
from .values import (
    Arithmetic,
    Class,
    Closure,
    Fields,
    Function,
    Gap,
    Instance,
    Items,
    Lib,
    Member,
    Param,
    Result,
    Site,
    Text,
    Unknown,
    Value,
    chain,
)

_COMPUTING = (s.Binary, s.Unary, s.Bool, s.Choice, s.Comprehension)
"""What makes another value of one."""
_ASKING = frozenset({"len", "isinstance", "bool", "hash", "id", "type", "callable", "sleep"})
"""Calls that give nothing of what they are given."""
_WHOLE = frozenset({"items", "values"})
"""Methods of a reply that give all that is in it."""
_SETTERS: dict[type[s.Expr], tuple[str, ...]] = {
    s.Attribute: ("__set__", "__setattr__"),
    s.Subscript: ("__setitem__",),
}
"""What Python calls where something is assigned."""
_NOT_FILLED = frozenset({"import", "def", "class"})


class Adrift:
    """Follows them; one per planner."""

    def __init__(self, escapes: Escapes, effects: Effects) -> None:
        self.escapes, self.effects = escapes, effects
        self.forward, self.resolver = escapes.forward, escapes.resolver

    def reached(self, exchange: Exchange, mended: AbstractSet[s.Node]) -> set[s.Node]:
        """The expressions that may hold the lifetime, but for what is made of the ``mended`` ones."""
        seen = set(mended)
        stack = [*self.escapes.lifetimes(exchange), *self._whole(exchange), *self.escapes.bodies(exchange)]
        while stack:
            site = stack.pop()
            if site.node not in seen:
                seen.add(site.node)
                stack += self.escapes.onward(site, set())
                stack += self._loosely(site)
        return seen - mended

    def is_open(self, site: Site, reached: AbstractSet[s.Node], given: AbstractSet[s.Node]) -> bool:
        """Is it not known otherwise what the expression at ``site`` is? What is made of the ``given`` is."""
        with self.resolver.thousandfold(given):
            values = self.resolver.resolve(site)
        return not values or any(self._is_open(value, reached, given) for value in values)

    def _is_open(self, value: Value, reached: AbstractSet[s.Node], given: AbstractSet[s.Node]) -> bool:
        if isinstance(value, Arithmetic):
            sides = (value.left, value.right) if value.site.node not in given else ()
            return any(self._is_open(side, reached, given) for side in sides)
        if isinstance(value, Text):
            gaps = (part.value for part in value.parts if isinstance(part, Gap))
            return any(self._is_open(gap, reached, given) for gap in gaps)
        way = list(chain(value))
        last = way[-1]
        if len(way) > 1 and isinstance(last, Arithmetic | Text):
            return self._is_open(last, reached, given)
        if len(way) > 1 and isinstance(last, Items | Fields):
            return True  # of an element that was not found
        if any(isinstance(inner, Member) and inner.key == "*" for inner in way):
            return True
        if isinstance(last, Lib) and last.name.startswith("dict."):
            return True  # what a mapping does not have
        made = {inner.site.node for inner in way if isinstance(inner, Result)}
        if isinstance(last, Param) and not made:
            return True  # by no call that was seen
        return isinstance(last, Unknown) or not made.isdisjoint(reached)

    def _whole(self, exchange: Exchange) -> Iterator[Site]:
        """``reply.items()``, ``case {"access_token": token, **rest}``, ``reply[name]``, ``[reply]``"""
        for use in self.escapes.whole(exchange):
            parent, module = use.parent, use.module
            if isinstance(parent, s.Subscript) and self.resolver.spelled(module, parent.index) is None:
                yield Site(module, parent)
            if isinstance(parent, s.Attribute) and parent.attr in _WHOLE:
                yield Site(module, module.parents[parent])
            if isinstance(parent, s.Arg):
                yield from self._through(module, parent)
            if isinstance(parent, s.Item | s.Sequence | s.Comprehension):
                yield Site(module, parent)
            for target in parent.targets if isinstance(parent, s.Assign) else ():
                if isinstance(target, s.Subscript):
                    yield from self._filled(module, target)  # replies[name] = reply
            for case in parent.cases if isinstance(parent, s.Match) else ():
                yield from _named(module, case, {*case.names} - {*case.paths})

    def _loosely(self, site: Site) -> Iterator[Site]:
        module, node = site.module, site.node
        parent = module.parents[node]
        if isinstance(parent, _COMPUTING) or (isinstance(parent, s.Subscript) and parent.value is node):
            yield Site(module, parent)
        elif isinstance(parent, s.Attribute):
            outer = module.parents[parent]
            is_method = isinstance(outer, s.Call) and outer.func is parent
            yield Site(module, outer if is_method else parent)
        elif isinstance(parent, s.For | s.Clause) and parent.iter is node:
            yield from _bound(module, parent, parent.target)
            if isinstance(parent, s.Clause):
                yield Site(module, module.parents[parent])
        elif isinstance(parent, s.Assign) and parent.value is node:
            for target in parent.targets:
                yield from _bound(module, parent, target) if isinstance(target, s.Sequence) else ()
                yield from self._set(target)
        elif isinstance(parent, s.AugAssign) and parent.value is node:
            yield from self._filled(module, parent.target)
        elif isinstance(parent, s.Raise):
            yield from self._caught()
        elif isinstance(parent, s.Arg):
            yield from self._through(module, parent)

    def _through(self, module: Module, arg: s.Arg) -> Iterator[Site]:
        """What a call gives that is given it, and what it may have put it into."""
        call = module.parents[arg]
        if not isinstance(call, s.Call):
            return
        site = Site(module, call)
        callees = self.resolver.callees(site)
        for callee in callees:
            yield from self._registered(callee, call, arg)
        if callees and not arg.star:
            return  # it is followed there
        if isinstance(module.parents[call], s.Raise):
            yield site
            return
        if s.last_name(call.func) in _ASKING or self.effects.is_log(module, call):
            return
        yield from self._by_name(call, arg)
        for value in self.resolver.resolve(site.at(call.func)):
            if isinstance(value, Closure):
                yield from _in_lambda(value.site)
        for other in call.args:
            yield from _in_lambda(site.at(other.value)) if other is not arg else ()
        yield site
        if isinstance(call.func, s.Attribute):
            yield from self._filled(module, call.func.value)

    def _by_name(self, call: s.Call, arg: s.Arg) -> Iterator[Site]:
        """What each method of that name makes of it: of whose object it is one, is not known."""
        name = call.func.attr if isinstance(call.func, s.Attribute) else ""
        for other in self.resolver.world if name else ():
            for node in other.nodes.get(s.FuncDef, ()) if other.holds(name) else ():
                owner = other.class_of(node) if isinstance(node, s.FuncDef) and node.name == name else None
                if owner is None or not isinstance(node, s.FuncDef):
                    continue
                method = Function(other, node, Instance(Class(other, owner)))
                param = self.forward.param_of(method, call, arg)
                if param is not None:
                    yield from _named(other, param, {param.name})

    def _registered(self, callee: Function, call: s.Call, arg: s.Arg) -> Iterator[Site]:
        """What may be called in its stead: below ``@seconds.register``."""
        param = self.forward.param_of(callee, call, arg) if callee.node.decorators else None
        place = callee.node.params.index(param) if param is not None else -1
        for module in self.resolver.world if param is not None else ():
            for node in module.nodes.get(s.FuncDef, ()) if module.holds(".register") else ():
                if not isinstance(node, s.FuncDef) or place >= len(node.params):
                    continue
                if callee.node.name in map(_register, node.decorators):
                    yield from _named(module, node.params[place], {node.params[place].name})

    def _set(self, target: s.Expr) -> Iterator[Site]:
        """What Python itself may call with what is assigned: ``__set__``, ``__setitem__``"""
        names = _SETTERS.get(type(target), ())
        for module in self.resolver.world if names else ():
            for node in module.nodes.get(s.FuncDef, ()) if any(map(module.holds, names)) else ():
                if isinstance(node, s.FuncDef) and node.name in names and node.params:
                    yield from _named(module, node.params[-1], {node.params[-1].name})

    def _filled(self, module: Module, holder: s.Expr) -> Iterator[Site]:
        """Where ``rows`` of ``rows.setdefault(…).append(…)`` is read, into which something was put."""
        while isinstance(holder, s.Call | s.Subscript) or (
            isinstance(holder, s.Attribute) and isinstance(holder.value, s.Call | s.Subscript)
        ):
            holder = holder.func if isinstance(holder, s.Call) else holder.value
            if isinstance(holder, s.Attribute) and not _is_of_self(holder):
                holder = holder.value
        if isinstance(holder, s.Attribute):
            yield from self.forward.attribute_loads(module, holder)
        elif isinstance(holder, s.Name):
            bound = module.scopes.bindings_of(holder)
            for binding in bound if not any(each.kind in _NOT_FILLED for each in bound) else ():
                yield from (Site(module, node) for node in uses_of(module, binding))

    def _caught(self) -> Iterator[Site]:
        """What exceptions are called where they are caught."""
        for module in self.resolver.world:
            for node in module.nodes.get(s.Handler, ()):
                if isinstance(node, s.Handler) and node.name:
                    yield from _named(module, node, {node.name})


def _in_lambda(site: Site) -> Iterator[Site]:
    """Where a ``lambda`` reads what it is given: ``map(lambda ms: ms / 1000, lifetimes)``."""
    if isinstance(site.node, s.Lambda):
        names = {param.name for param in site.node.params}
        yield from (site.at(node) for node in s.walk(site.node.body) if _is_one_of(node, names))


def _register(decorator: s.Expr) -> str:
    """``seconds`` of ``@seconds.register`` and ``@seconds.register(int)``."""
    made = decorator.func if isinstance(decorator, s.Call) else decorator
    is_one = isinstance(made, s.Attribute) and made.attr == "register"
    return s.last_name(made.value) if isinstance(made, s.Attribute) and is_one else ""


def _is_of_self(node: s.Attribute) -> bool:
    return isinstance(node.value, s.Name) and node.value.id in ("self", "cls")


def _is_one_of(node: s.Node, names: AbstractSet[str]) -> bool:
    return isinstance(node, s.Name) and node.id in names


def _bound(module: Module, binder: s.Node, target: s.Expr) -> Iterator[Site]:
    """Where the names of a target are read."""
    names = {node.id for node in s.walk(target) if isinstance(node, s.Name)}
    return _named(module, binder, names)


def _named(module: Module, binder: s.Node, names: set[str]) -> Iterator[Site]:
    for name in names:
        for node in module.names.get(name, ()):
            if any(b.node is binder for b in module.scopes.bindings_of(node)):
                yield Site(module, node)

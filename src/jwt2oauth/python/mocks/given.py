"""Lifetimes that tests hand to what was mended, ``to_seconds(86399000)``, and what their stand-ins give."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Fields, Function, Site, text_of
from ..lifetime.units import Units
from ..resolve import Resolver
from ..resolve.shared import argument_for, fields_of, method_of
from .patches import Patches

DEPTH = 4
"""Functions of the program that a lifetime goes through on its way from a test to the conversion."""
_GIVES, _EACH = "return_value", "side_effect"
"""What a mock is told to give: always, and call by call."""


class Given:
    """Goes back from conversions of the program to what tests give in."""

    def __init__(self, resolver: Resolver, units: Units, standing: Standing) -> None:
        self.resolver = resolver
        self.units = units
        self.standing = standing

    def lifetimes(self, conversions: Iterable[Site]) -> Iterator[Site]:
        """Where tests write the milliseconds that one of the ``conversions`` was made for."""
        for conversion in conversions:
            yield from self._stored(conversion)
            for node in s.walk(conversion.node):
                name, key = self._taken(conversion.module, node)
                if name is not None and self.units.is_lifetime(conversion.at(node)):
                    yield from self._given(conversion.module, name, key, DEPTH)
                    yield from self._made(conversion.module, name)
                if isinstance(node, s.Attribute) and self.units.is_lifetime(conversion.at(node)):
                    yield from self._held(conversion.module, node)
            around = conversion.module.ancestors(conversion.node)
            fields = (self.resolver.converts(n) for n in around if isinstance(n, s.FuncDef | s.Lambda))
            for field in filter(None, fields):
                yield from self._filled(*field)

    def unsure(self, conversion: Site) -> Iterator[Site]:
        """``registry["adobe"]().lifetime({"expires_in": 5000})``: of an object that nobody knows."""
        function = conversion.module.function(conversion.node)
        if function is None or conversion.module.class_of(function) is None:
            return
        for module in self.standing.modules:
            for call in module.each(s.Call):
                asked = isinstance(call.func, s.Attribute) and call.func.attr == function.name
                items = (i for a in call.args if isinstance(a.value, s.Dict) for i in a.value.items)
                if asked and not self.resolver.callees(Site(module, call)):
                    yield from (Site(module, i.value) for i in items if self._is_field(module, i.key))

    def _held(self, module: Module, node: s.Attribute) -> Iterator[Site]:
        """What tests make objects with whose own conversion reads ``self.lifetime``."""
        function = module.function(node)
        owner = module.class_of(function) if function is not None else None
        if function is None or owner is None or not isinstance(node.value, s.Name) or not function.params:
            return
        if node.value.id == function.params[0].name:
            yield from self._filled(Class(module, owner), node.attr)

    def _filled(self, cls: Class, attr: str) -> Iterator[Site]:
        """What tests give for a field, by its name or its place: ``Reply("token", 86399000)``."""
        made = method_of(cls, "__init__")
        names = fields_of(cls) if made is None else ()
        if attr in names:
            keys = {attr, self.resolver.field_key(cls, attr)}
            for site in filter(self._in_test, self.resolver.constructions(cls)):
                args = site.node.args if isinstance(site.node, s.Call) else ()
                plain = list(itertools.takewhile(lambda arg: not (arg.keyword or arg.star), args))
                named = [arg for arg in args if arg.keyword in keys]
                placed = plain[names.index(attr) :][:1]
                yield from (site.at(arg.value) for arg in (*named, *placed)[:1])
        for stmt in s.walk(made.body) if made is not None else ():
            value = stmt.value if isinstance(stmt, s.Assign) else None
            targets = stmt.targets if isinstance(stmt, s.Assign) else ()
            kept = any(isinstance(target, s.Attribute) and target.attr == attr for target in targets)
            if kept and isinstance(value, s.Name):
                yield from self._given(cls.module, value, "", DEPTH)

    def _in_test(self, site: Site) -> bool:
        return self.resolver.is_test(site.module)

    def _stored(self, conversion: Site) -> Iterator[Site]:
        """What a test that calls the conversion itself writes for it to read: ``{"expires_in": 7200000}``."""
        module, function = conversion.module, conversion.module.function(conversion.node)
        names = [node for node in s.walk(conversion.node) if isinstance(node, s.Name)]
        kinds = {binding.kind for name in names for binding in module.scopes.bindings_of(name)}
        if function is None or "param" in kinds:
            return
        for call in self.resolver.callers(module, function):
            test = call.module.function(call.node) if self.resolver.is_test(call.module) else None
            for node in s.walk(test) if test is not None else ():
                if isinstance(node, s.Item) and self._is_field(call.module, node.key):
                    yield call.at(node.value)

    def _made(self, module: Module, name: s.Name) -> Iterator[Site]:
        """What the stand-ins of tests give for it, where it is what a function gave."""
        for binding in module.scopes.bindings_of(name):
            call = binding.value.value if isinstance(binding.value, s.Await) else binding.value
            if binding.kind == "assign" and isinstance(call, s.Call):
                yield from self.standing.given(s.last_name(call.func), binding.unpack)

    def _taken(self, module: Module, node: s.Node) -> tuple[s.Name | None, str]:
        """``expires_in``, or ``reply`` of ``reply["expires_in"]`` and ``reply.get("expires_in")``."""
        if isinstance(node, s.Name):
            parent = module.parents[node]
            alone = not isinstance(parent, s.Subscript | s.Attribute) or parent.value is not node
            called = isinstance(parent, s.Call) and parent.func is node
            return (node, "") if alone and not called else (None, "")
        if isinstance(node, s.Subscript) and isinstance(node.value, s.Name):
            return (node.value, self.units.field) if self._is_field(module, node.index) else (None, "")
        if isinstance(node, s.Call) and s.last_name(node.func) == "get" and node.args:
            holder = node.func.value if isinstance(node.func, s.Attribute) else None
            if isinstance(holder, s.Name) and self._is_field(module, node.args[0].value):
                return holder, self.units.field
        return None, ""

    def _is_field(self, module: Module, node: s.Node | None) -> bool:
        """Is it the field's name, or a parameter that gets it: ``seconds(reply, "expires_in")``?"""
        if not isinstance(node, s.Name):
            return self.resolver.spelled(module, node) == self.units.field
        return any(text_of(value) == self.units.field for value in self.resolver.resolve(Site(module, node)))

    def _given(self, module: Module, name: s.Name, key: str, depth: int) -> Iterator[Site]:
        """What callers give for the parameter that ``name`` is."""
        function = module.function(name)
        params = {b.node for b in module.scopes.bindings_of(name) if b.kind == "param"}
        param = next((p for p in function.params if p in params), None) if function is not None else None
        if function is None or param is None or not depth:
            return
        for call in self.resolver.callers(module, function):
            for callee in self.resolver.callees(call):
                arg = argument_for(callee, call.call, param) if callee.node is function else None
                if arg is None:
                    continue
                if self.resolver.is_test(call.module):
                    yield from self._written(call.at(arg.value), key)
                elif isinstance(arg.value, s.Name):
                    yield from self._given(call.module, arg.value, key, depth - 1)

    def _written(self, site: Site, key: str) -> Iterator[Site]:
        """The number itself, or the entry of the mapping that is given."""
        if not key:
            yield site
            return
        for value in self.resolver.resolve(site):
            if isinstance(value, Fields):
                yield from (e.value for e in value.entries if e.value is not None and text_of(e.key) == key)


class Standing:
    """What stand-ins give for a function, by its name alone: ``Mock(return_value=("token", 86399000))``."""

    def __init__(self, resolver: Resolver, patches: Patches, modules: Sequence[Module]) -> None:
        self.resolver, self.patches, self.modules = resolver, patches, modules

    def given(self, name: str, at: Sequence[int] = ()) -> Iterator[Site]:
        """What is given where ``name`` is called, or the part at the place ``at`` of it."""
        for module in self.modules:
            for site in (*self._returned(module, name), *self._put(module, name), *self._told(module, name)):
                value = _part(site.node, at)
                if value is not None:
                    yield site.at(value)

    def _returned(self, module: Module, name: str) -> Iterator[Site]:
        """``def fetch(self): return "token", 86399000`` of a class of the tests."""
        for function in module.returns:
            if function is not None and function.name == name and module.class_of(function) is not None:
                yield from self._made(module, function)

    def _put(self, module: Module, name: str) -> Iterator[Site]:
        """``setattr(Provider, "fetch", lambda self: …)``, ``Mock(fetch=…)``, ``provider.fetch = …``"""
        for patch in self.patches.of(module):
            if patch.name.names[-1:] != (name,):
                continue
            node = patch.site.node
            for arg in node.args if isinstance(node, s.Call) else ():
                yield from self._fake(patch.site.at(arg.value))
            if isinstance(node, s.Call):
                yield from self._mocked(module, node)
            for use in patch.place.seen:
                yield from _stored(use)
        for each in module.each(s.Arg):
            if each.keyword == name:
                yield from self._fake(Site(module, each.value))
        for stmt in module.each(s.Assign):
            target = stmt.targets[0]
            is_put = isinstance(target, s.Attribute) and target.attr == name
            if is_put and stmt.value is not None:
                yield from self._fake(Site(module, stmt.value))

    def _told(self, module: Module, name: str) -> Iterator[Site]:
        """``provider.fetch.return_value = …``"""
        for node in module.each(s.Attribute):
            if s.last_name(node.value) == name:
                yield from _stored(Site(module, node.value))

    def _fake(self, site: Site) -> Iterator[Site]:
        """What a function, a lambda or a mock gives that is put somewhere."""
        if isinstance(site.node, s.Lambda):
            yield site.at(site.node.body)
        elif isinstance(site.node, s.Call):
            yield from self._mocked(site.module, site.node)
        elif isinstance(site.node, s.Name):
            for value in self.resolver.resolve(site):
                if isinstance(value, Function) and self.resolver.is_test(value.module):
                    yield from self._made(value.module, value.node)

    def _made(self, module: Module, function: s.FuncDef) -> Iterator[Site]:
        yield from (Site(module, node.value) for node in module.returns.get(function, ()) if node.value)

    def _mocked(self, module: Module, call: s.Call) -> Iterator[Site]:
        for arg in call.args:
            if arg.keyword in (_GIVES, _EACH):
                yield from _each(Site(module, arg.value), arg.keyword)


def _stored(mock: Site) -> Iterator[Site]:
    """What is stored as ``return_value`` or ``side_effect`` of a mock."""
    node = mock.module.parents.get(mock.node)
    stmt = mock.module.parents.get(node) if isinstance(node, s.Attribute) else None
    if not isinstance(node, s.Attribute) or node.attr not in (_GIVES, _EACH):
        return
    if isinstance(stmt, s.Assign) and node in stmt.targets and stmt.value is not None:
        yield from _each(mock.at(stmt.value), node.attr)


def _each(site: Site, how: str) -> Iterator[Site]:
    if how == _GIVES:
        yield site
    elif isinstance(site.node, s.Sequence):
        yield from (site.at(item) for item in site.node.items)
    elif isinstance(site.node, s.Lambda):
        yield site.at(site.node.body)


def _part(value: s.Node | None, at: Sequence[int]) -> s.Node | None:
    for number in at:
        value = value.items[number] if isinstance(value, s.Sequence) and number < len(value.items) else None
    return value

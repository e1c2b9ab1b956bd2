"""What stand-ins of tests give for a function of the program: ``Mock(return_value=("token", 86399000))``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Function, Site
from ..resolve import Resolver
from .patches import Patches

_GIVES, _EACH = "return_value", "side_effect"
"""What a mock is told to give: always, and call by call."""


class Standing:
    """Finds it in the modules of tests, by the name that the program calls."""

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

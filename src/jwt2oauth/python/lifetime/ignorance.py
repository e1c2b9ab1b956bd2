"""What is not known of a value: may it be the lifetime, on a way that is not followed value by value?"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from ..facts import syntax as s
from ..facts.values import (
    Arithmetic,
    Class,
    Constant,
    Environ,
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
from ..following.unseen_calls import Unseen
from ..resolve import Resolver
from ..resolve.base import LOADERS
from .units import is_opened, is_void

_CONTAINERS = frozenset({"collections", "contextvars", "shelve", "threading", "types", "weakref"})
"""Modules of what begins empty, and is filled."""
_OBJECTS = (Instance, Class, Function)
_HOLDING = (Items, Fields, *_OBJECTS)
_TELLING = frozenset({"time", "datetime", "len", "id", "hash", "random", "uuid"})


class Ignorance:
    """Knows what is not known; one per planner."""

    def __init__(self, resolver: Resolver, unseen: Unseen, names: AbstractSet[str]) -> None:
        self.resolver, self.unseen = resolver, unseen
        calls = (call for client in resolver.rules.clients for call in client.calls)
        self._others = {name.partition(".")[0] for call in calls for name in call.names} | _TELLING
        """What begins the names of calls that give something of their own."""
        self._names = names
        """The names under which the lifetime is put into mappings: more of them as they are found."""

    def is_open(self, site: Site, reached: AbstractSet[s.Node], given: AbstractSet[s.Node]) -> bool:
        """Is it not known otherwise what the expression at ``site`` is? What is made of the ``given`` is."""
        with self.resolver.thousandfold(given):
            values = self.resolver.resolve(site)
        known = [value for value in values if not is_void(value) and not is_placeholder(value)]
        if site.node in reached and any(map(self._gives_back, known)):
            return True
        return not known or any(self._is_open(value, reached, given) for value in known)

    def is_unfound(self, site: Site) -> bool:
        """Is it below a name of an object of ours under which nothing was found: ``fetch.rows[0]``?"""
        ways = (list(chain(value)) for value in self.resolver.resolve(site))
        return any(isinstance(way[0], Member) and isinstance(way[-1], _OBJECTS) for way in ways)

    def comes_back(self, site: Site) -> bool:
        """Is it read from a file, under a name under which the lifetime was put into one?"""
        return any(map(self._is_read_back, self.resolver.resolve(site)))

    def _is_read_back(self, value: Value) -> bool:
        loaded = any(isinstance(v, Result) and (v.name in LOADERS or is_opened(v)) for v in chain(value))
        return loaded and isinstance(value, Member) and value.key in self._names

    def _gives_back(self, value: Value) -> bool:
        """May it be what a library was given before: neither a time nor what another server answers?"""
        made = [inner.name.partition(".")[0] for inner in chain(value) if isinstance(inner, Result)]
        return bool(made) and self._others.isdisjoint(made)

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
        if isinstance(value, Member) and (_is_container(last) or isinstance(last, _HOLDING)):
            return value.key in self._names or not self._is_put(value.key)  # an element that was not found
        if isinstance(value, Lib) and value.base is not None:
            named = value.name.rpartition(".")[2] in self._names
            if named or _is_container(last) or isinstance(last, _HOLDING):
                return True  # ``threading.local().life``
        if isinstance(last, Environ):
            return True  # what a variable is set to here
        if isinstance(last, Result) and last.name == "yield":
            return True  # what is sent into a generator
        if isinstance(value, Instance) and self.unseen.is_number(value.cls):
            return True  # ``self`` of ``class Millis(int)``
        if any(isinstance(inner, Member) and inner.key == "*" for inner in way):
            return True
        if isinstance(last, Lib):
            return True  # what a mapping does not have, a name that is bound elsewhere
        made = {inner.site.node for inner in way if isinstance(inner, Result)}
        if self._is_read_back(value):
            return True
        if isinstance(last, Param) and not made:
            return True  # by no call that was seen
        if isinstance(last, Unknown) or not made.isdisjoint(reached):
            return True
        around = {inner.site.module.parents[inner.site.node] for inner in way if isinstance(inner, Result)}
        return isinstance(value, Member) and not around.isdisjoint(reached)  # ``json.loads(text)["life"]``

    def _is_put(self, name: str) -> bool:
        """Is anything ever put under this name? It is not the lifetime then, see ``_names``."""
        for module in self.resolver.world:
            for node in module.each(s.Item) if module.holds(name) else ():
                if isinstance(node.key, s.Str) and node.key.value == name:
                    return True
        return False


def is_placeholder(value: Value) -> bool:
    """``life = 0``: what stood there before."""
    return isinstance(value, Constant) and not value.value


def _is_container(value: Value) -> bool:
    return isinstance(value, Result) and value.name.partition(".")[0] in _CONTAINERS

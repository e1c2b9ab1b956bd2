"""Values of which nothing is known, or too little: may one of them be the lifetime?

And what is not known of a value: may it be the lifetime, on a way that is not followed value by value?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
from ..following.callbacks import Handed
from ..following.unseen_calls import Unseen
from ..resolve import Resolver
from ..resolve.base import LOADERS
from .escapes import UNKNOWN, comes_from
from .units import is_callback, is_of_empty, is_opened, is_void

_CASTS = frozenset({"int", "float", "str", "round", "abs", "min", "max", "sum", "Decimal", "Fraction"})
_SIDE_BY_SIDE = frozenset(
    {"next", "iter", "zip", "enumerate", "map", "filter", "itertools.chain", "itertools.zip_longest"}
)


class LostValues:
    """Tells of values beside those that were followed; ``field`` is the lifetime's name in a reply."""

    def __init__(self, resolver: Resolver, field: str) -> None:
        self.resolver, self.field = resolver, field
        self.handed = Handed(resolver)

    def may_be_field(self, site: Site) -> bool:
        """``best["expires_in"]`` of what Python itself picked, and ``f(*given)`` of what a decorator got.

        Also of what a method gets that only others may call by way of a base class.
        """
        for value in self.resolver.resolve(site):
            last = list(chain(value))[-1]
            if isinstance(value, Member) and value.key == self.field:
                if isinstance(last, Param) and self._is_by_base(last):
                    return True
                if isinstance(last, Unknown) and not isinstance(last.site.node, s.Handler):
                    return True
                if isinstance(last, Result) and "." not in last.name:
                    return True
                if any(isinstance(made, Result) and _is_inherited(made.site.node) for made in chain(value)):
                    return True
        return False

    def _is_by_base(self, param: Param) -> bool:
        """Does nobody here call the method, but perhaps whoever knows a base class?"""
        owner = param.site.module.class_of(param.function)
        inherits = owner is not None and any(base.keyword is None for base in owner.bases)
        return inherits and not self.resolver.callers(param.site.module, param.function)

    def is_given_away(self, site: Site) -> bool:
        """``BeforeValidator(lambda value: timedelta(milliseconds=value))``: who calls it, and with what?"""
        return any(isinstance(v, Unknown) and is_callback(v) for v in self.resolver.resolve(site))

    def is_nobodys(self, site: Site, given_to: frozenset[str]) -> bool:
        """Is nothing known of what is converted, so that it may be the lifetime?"""
        values = self.resolver.resolve(site)
        if not values:
            return UNKNOWN in given_to
        return all(self._is_lost(v) or isinstance(v, Constant) for v in values) and any(
            self._is_lost(v) or is_placeholder(v) for v in values
        )

    def comes_back(self, site: Site, libraries: frozenset[str]) -> bool:
        """Did what is converted come out of a library that was given the lifetime?"""
        parts = [value for part in parts_of(site.node) for value in self.resolver.resolve(site.at(part))]
        return comes_from((*parts, *self._gone_through(parts)), libraries)

    def is_asked_by(self, site: Site, libraries: frozenset[str]) -> bool:
        """``TLRUCache(ttu=lambda key, value, now: now + value / 1000)``: calls one of them what converts?"""
        for value in self.resolver.resolve(site):
            if not isinstance(value, Unknown) or not is_callback(value):
                continue
            module = value.site.module
            call = module.parents[module.parents[module.parents[value.site.node]]]
            if isinstance(call, s.Call):
                callees = self.resolver.resolve(Site(module, call.func))
                if comes_from(callees, libraries):
                    return True
        return False

    def _gone_through(self, values: Iterable[Value]) -> Iterator[Value]:
        """What ``zip(names, pool.map(reply_for, names))`` goes through."""
        for made in (inner for value in values for inner in chain(value)):
            if isinstance(made, Result) and made.name in _SIDE_BY_SIDE and isinstance(made.site.node, s.Call):
                for arg in made.site.node.args:
                    yield from self.resolver.resolve(made.site.at(arg.value))

    def holds(self, site: Site, replies: AbstractSet[s.Node]) -> bool:
        """Is the lifetime somewhere in what is converted, as what a function is given say?"""
        return any(
            isinstance(value, Member) and value.key == self.field and isinstance(made, Result)
            for node in s.walk(site.node)
            if node is not site.node and isinstance(node, s.Subscript | s.Attribute | s.Name)
            for value in self.resolver.resolve(site.at(node))
            for made in chain(value)
            if isinstance(made, Result) and made.site.node in replies
        )

    def _is_lost(self, value: Value) -> bool:
        """Is it not known at all where the value comes from?"""
        if isinstance(value, Arithmetic):
            return self._is_lost(value.left) or self._is_lost(value.right)
        last = list(chain(value))[-1]
        if isinstance(last, Param) and last.param.kind:
            return True  # what comes by ``**kwargs`` from nobody knows where
        if isinstance(last, Param) and last.function.decorators:
            return not self.resolver.callers(last.site.module, last.function)  # a decorator's own business
        if isinstance(last, Param):
            given = self.handed.given(last.site.module, last.function, last.param)
            return given is None
        return (
            isinstance(last, Unknown)
            or is_callback(last)
            or (isinstance(value, Member) and isinstance(last, Instance | Fields | Items))
        )


def _is_inherited(call: s.Node) -> bool:
    """``super().request(method, url)`` of a client's heir: any of its requests may come that way."""
    func = call.func if isinstance(call, s.Call) else None
    owner = func.value if isinstance(func, s.Attribute) else None
    return isinstance(owner, s.Call) and s.is_named(owner.func, "super")


def parts_of(node: s.Node) -> Iterator[s.Node]:
    """What a number is computed of: ``int(row[2])``, ``row[1] + row[2]``, ``sum(v for k, v in rows)``."""
    if isinstance(node, s.Binary):
        yield from (*parts_of(node.left), *parts_of(node.right))
    elif isinstance(node, s.Unary):
        yield from parts_of(node.value)
    elif isinstance(node, s.Call) and isinstance(node.func, s.Name) and node.func.id in _CASTS:
        for arg in node.args:
            yield from parts_of(arg.value)
    elif isinstance(node, s.Comprehension):
        yield from parts_of(node.value)
    else:
        yield node


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
        if not known:
            return not any(map(is_of_empty, values))  # what else it has is put there by code that is seen
        return any(self._is_open(value, reached, given) for value in known)

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

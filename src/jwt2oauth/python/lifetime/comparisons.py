"""Who asks how large a lifetime is, beside what is not written for it alone.

A variable, a setting, a member of an enum, a table of known lifetimes stay what they are: the lifetime is
made milliseconds beside them, and the answer is the same. A pattern or a range has no place for a factor.
"""

from __future__ import annotations

import enum

from ..facts import syntax as s
from ..facts.values import (
    Class,
    Constant,
    Fields,
    Items,
    Result,
    Site,
    Unknown,
    Value,
    chain,
    name_of,
    number_of,
)
from ..following.clocks import is_time
from .units import Units, is_void, number_in

_LEAST = 1000
"""A smaller number is none of milliseconds: ``if lifetime > 0``."""
_LOOKING_UP = frozenset({"get", "pop", "index", "count"})
_COPYING = frozenset({"frozenset", "set", "tuple", "list", "sorted"})


class Beside(enum.Enum):
    """What becomes of a lifetime that is compared."""

    NOTHING = enum.auto()
    """What it is compared with is scaled, is in seconds as well, or was never meant in milliseconds."""
    GIVEN = enum.auto()
    """It is given milliseconds there."""
    UNKNOWN = enum.auto()
    """Nobody knows what it is compared with."""


class Sizes:
    """Knows them, for a set of exchanges."""

    def __init__(self, units: Units) -> None:
        self.units = units
        self.resolver = units.resolver
        self.asking = frozenset(self.resolver.rules.values.asking)

    def compared(self, value: Site, other: Site) -> Beside:
        """Tell of ``lifetime < other``, which no rule scales."""
        if not self.units.is_lifetime(value) or self.units.unit(other):
            return Beside.NOTHING
        values = [each for each in self.resolver.resolve(other) if not is_void(each)]
        if any(is_time(each) or self._is_span(each) for each in values):
            return Beside.NOTHING
        if any(isinstance(list(chain(each))[-1], Unknown) for each in values) or self._takes_its_place(other):
            return Beside.UNKNOWN
        return Beside.GIVEN if any(map(_is_large, values)) else Beside.NOTHING

    def _takes_its_place(self, other: Site) -> bool:
        """``if lifetime > limit: lifetime = limit``, ``return limit``, ``lifetime if … else limit``"""
        module = other.module
        compare = module.parents[other.node]
        asking = next(
            (a for a in (compare, *module.ancestors(compare)) if isinstance(a, s.If | s.Choice)), None
        )
        if asking is None or other.node not in s.walk(asking.test):
            return False
        taken: list[s.Expr | None] = [asking.body, asking.orelse] if isinstance(asking, s.Choice) else []
        within = s.walk(asking) if isinstance(asking, s.If) else ()
        taken += [node.value for node in within if isinstance(node, s.Assign | s.Return)]
        said = module.snippet(other.node)
        return any(value is not None and module.snippet(value) == said for value in taken)

    def number(self, site: Site) -> float | None:
        """Give the number that ``site`` always is, if a program says it: in a file it is not scaled."""
        values = self.resolver.resolve(site)
        return number_of(values[0]) if len(values) == 1 else None

    def _is_span(self, value: Value) -> bool:
        """``timedelta(hours=1)``: what is compared with it is one as well."""
        return isinstance(value, Result) and value.name in self.units.durations

    def within(self, value: Site, other: Site) -> Beside:
        """Tell of ``lifetime in other``."""
        if not self.units.is_lifetime(value):
            return Beside.NOTHING
        held = [self._held(each) for each in self.resolver.resolve(other)]
        found = [each for one in held for each in one or ()]
        if not held or None in held or not all(isinstance(each, Constant) for each in found):
            return Beside.UNKNOWN
        return Beside.GIVEN if any(map(_is_large, found)) else Beside.NOTHING

    def _held(self, value: Value, within: frozenset[Value] = frozenset()) -> list[Value] | None:
        """What is in a list or a table that is written out, or what bounds a range.

        None also for a copy that is ``within`` itself: ``rows = sorted(rows)``.
        """
        if isinstance(value, Items) and not value.open:
            return [each for site in value.sites for each in self.resolver.resolve(site)]
        if isinstance(value, Fields) and not value.open:
            return [entry.key for entry in value.entries]
        if not isinstance(value, Result) or not isinstance(value.site.node, s.Call) or value in within:
            return None
        given = [each for a in value.site.node.args for each in self.resolver.resolve(value.site.at(a.value))]
        if value.name == "range":
            return given
        inside = [self._held(each, within | {value}) for each in given] if value.name in _COPYING else []
        return [each for one in inside for each in one or ()] if inside and None not in inside else None

    def is_asked(self, site: Site) -> bool:
        """Is it asked at ``site`` where there is no place for a factor?"""
        node = site.node
        if isinstance(node, s.Match):
            asked = (value for case in node.cases for value in case.values)
            large = any((self.units.constant(site.at(value)) or 0) >= _LEAST for value in asked)
            return large and self.units.is_lifetime(site.at(node.subject))
        if isinstance(node, s.Subscript):
            return self.units.is_lifetime(site.at(node.index)) and self._is_table(site.at(node.value))
        return isinstance(node, s.Call) and self._is_call_for_it(site, node)

    def _is_table(self, site: Site) -> bool:
        return any(isinstance(each, Fields | Items) for each in self.resolver.resolve(site))

    def _is_call_for_it(self, site: Site, node: s.Call) -> bool:
        """``range(0, lifetime, step)``, ``bisect(limits, lifetime)``, ``NAMES.get(lifetime)``"""
        given = [site.at(arg.value) for arg in node.args if arg.keyword is None and not arg.star]
        if isinstance(node.func, s.Attribute) and node.func.attr in _LOOKING_UP:
            return any(map(self.units.is_lifetime, given[:1])) and self._is_table(site.at(node.func.value))
        if not any(map(self.units.is_lifetime, given)):
            return False
        callees = self.resolver.resolve(site.at(node.func))
        if any(isinstance(each, Class) and self.resolver.is_enumeration(each) for each in callees):
            return True  # Life(lifetime)
        return not self.asking.isdisjoint(map(name_of, callees))


def _is_large(value: Value) -> bool:
    """May it be a number of milliseconds?"""
    number = number_in(value)
    return not isinstance(value, Constant) if number is None else number >= _LEAST

"""Lifetimes that are given on in milliseconds as before: to who makes them finer, beside other logins."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from ..facts import syntax as s
from ..facts.values import Constant, Member, Site, number_of
from ..following.clocks import ticks
from .margins import factors
from .units import Units

NANO = 1_000_000
"""Nanoseconds of a millisecond."""
_MICRO = 1_000_000
"""Microseconds of a second."""


def made_finer(units: Units, site: Site, node: s.Binary) -> Site | None:
    """The lifetime in ``lifetime * 1_000_000``, or in ``lifetime * 1000`` beside a clock in microseconds.

    None where it is something else: beside a clock that ticks as often it was taken for seconds, and is
    right from now on.
    """
    above, parts = site.module.parents[node], list(factors(node))
    if isinstance(above, s.Binary) and above.op == "*":
        return None  # it is a part of that
    numbers = [units.constant(site.at(part)) for part in parts]
    factor = math.prod(number for number in numbers if number is not None)
    ours = [site.at(part) for part, number in zip(parts, numbers, strict=True) if number is None]
    if factor < 1000 or factor % 1000 or len(ours) != 1 or units.unit(ours[0]) != "ms":
        return None
    clock = next(filter(None, (_beside(units, site.at(use)) for use in _uses(site, node))), None)
    is_finer = factor == NANO if clock is None else clock == factor * 1000
    return ours[0] if is_finer else None


def _uses(site: Site, node: s.Expr) -> Iterator[s.Node]:
    """Where it stands, and where the name is read that it is given."""
    yield node
    above, module = site.module.parents[node], site.module
    if isinstance(above, s.Assign) and above.value is node:
        yield from module.uses_of(above)


def _beside(units: Units, site: Site) -> float | None:
    """How often a second what it is added to, or compared with, ticks."""
    above = site.module.parents[site.node]
    call = site.module.call_of(above)
    if isinstance(above, s.Arg) and call is not None:
        return _MICRO if _takes_micros(units, site, call, above) else None
    beside = [above.left, above.right] if isinstance(above, s.Binary) else []
    beside += [above.left, *above.rights] if isinstance(above, s.Compare) else []
    values = (v for each in beside if each is not site.node for v in units.resolver.resolve(site.at(each)))
    return next(filter(None, map(ticks, values)), None)


def _takes_micros(units: Units, site: Site, call: s.Call, arg: s.Arg) -> bool:
    """Does a call take microseconds there? A product that a known one takes by the name is mended with it."""
    row = units.duration(site.at(call))
    if arg.keyword is None:
        return row is not None and row.microseconds.position == call.args.index(arg)
    return arg.keyword == "microseconds" and (row is None or isinstance(site.node, s.Name))


def taken_from(units: Units, places: Iterable[Site]) -> list[Site]:
    """Where the lifetimes that come to ``places`` are taken from our replies, if that is clear."""
    found: dict[s.Node, Site] = {}
    for place in places:
        sources = list(_sources(units, place))
        if not sources or not all(_is_ours_alone(units, source) for source in sources):
            return []
        found.update((source.node, source) for source in sources)
    return list(found.values())


def _sources(units: Units, place: Site) -> Iterator[Site]:
    for value in units.resolver.resolve(place):
        if isinstance(value, Member) and units.origin(value) is not None:
            yield Site(value.site.module, value.site.node)


def _is_ours_alone(units: Units, source: Site) -> bool:
    """Is it the lifetime of our reply and nothing else, but for a zero in its place?"""
    numbers = [v for v in units.resolver.resolve(source) if isinstance(v, Constant)]
    return units.unit(source) == "ms" and not any(map(number_of, numbers))

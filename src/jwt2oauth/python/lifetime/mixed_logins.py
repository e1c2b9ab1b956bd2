"""A lifetime of ours that comes to the same place as another login's, which everybody gives milliseconds.

There is nothing to mend there: ours is given on in milliseconds as before, from where it is taken out of
the reply.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..facts import syntax as s
from ..facts.values import Constant, Member, Site, number_of
from .units import Units


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

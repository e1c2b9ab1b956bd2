"""Which of several key files is ours, where one piece of code reads everybody's: the one named nearest.

Each login says the name of its file beside its client id: in the same class, section, branch or table row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.values import Environ, Lit, Site, Text
from ..resolve import Resolver
from .exchange import Exchange


class Nearest:
    """Tells them; one per project."""

    def __init__(self, resolver: Resolver, rules: Rules) -> None:
        self.resolver = resolver
        self._fields = rules.provider.fields

    def files(self, path: Site, exchanges: Sequence[Exchange]) -> tuple[str, ...]:
        """The names that ``path`` has for the logins of ``exchanges``; all, where none stands beside one."""
        every = list(self.resolver.file_places(path))
        named = [(name, place) for name, place in every if not _is_looked_up(place)]
        places = [place for _, place in named]
        for said in (self._metascopes, self._accounts):
            ours = [site for exchange in exchanges for site in said(exchange)]
            near = [name for name, place in named if self._is_near(place, ours, places)]
            if near:
                return tuple(dict.fromkeys(near))
        return tuple(dict.fromkeys(name for name, _ in every))

    @staticmethod
    def _is_near(place: Site, ours: Sequence[Site], names: Sequence[Site]) -> bool:
        """Does a login of ours speak in something in which none of the other names is?"""
        apart = max((_shared(place, other) for other in names if other.node is not place.node), default=0)
        return any(_shared(place, site) > apart for site in ours)

    def _metascopes(self, exchange: Exchange) -> Iterator[Site]:
        """Where a login says what it asks for, which others never say."""
        return (site for _, site in exchange.metascopes)

    def _accounts(self, exchange: Exchange) -> Iterator[Site]:
        """Where it says who it is: its client id and secret."""
        for form in exchange.forms:
            for name in (self._fields.client_id, self._fields.client_secret):
                for entry in form.entries(name):
                    for value in self.resolver.resolve(entry.value) if entry.value is not None else ():
                        parts = value.parts if isinstance(value, Text) else ()
                        yield from (part.site for part in parts if isinstance(part, Lit))
                        if isinstance(value, Environ):
                            yield value.site


def _is_looked_up(place: Site) -> bool:
    """``config["private_key_path"]``: the name of a setting, not of the file"""
    parent = place.module.parents[place.node]
    call = place.module.call_of(parent)
    return isinstance(parent, s.Subscript) or (call is not None and s.last_name(call.func) == "get")


def _shared(one: Site, other: Site) -> int:
    """How deep is the innermost thing in which both stand?"""
    if one.module is not other.module:
        return 0
    around = {*_around(other)}
    return sum(node in around for node in _around(one))


def _around(site: Site) -> Iterator[s.Node]:
    yield site.node
    yield from site.module.ancestors(site.node)

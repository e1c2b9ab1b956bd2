"""Addresses that Python's own functions put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..facts import syntax as s
from ..facts.values import Gap, Items, Lit, Site, Text, Unknown, Value
from .base import Base

_JOINS = frozenset({"urllib.parse.urljoin", "urlparse.urljoin", "six.moves.urllib.parse.urljoin", "urljoin"})
_UNSPLITS = frozenset({"urllib.parse.urlunsplit", "urllib.parse.urlunparse"})
_PATHS = frozenset({"os.path.join", "posixpath.join"})


class Addresses(Base):
    """Addresses that Python's own functions put together."""

    def _address(self, name: str, site: Site, node: s.Call) -> Iterable[Value] | None:
        """What a call of such a function gives; None where it is none."""
        if name in _JOINS:
            return self._urljoin(site, node)
        if name in _UNSPLITS:
            return self._unsplit(site, node)
        return self._path(site, node) if name in _PATHS else None

    def _path(self, site: Site, node: s.Call) -> list[Value] | None:
        """``os.path.join("https://ims-na1.adobelogin.com", "ims/exchange/jwt")``"""
        if any(arg.star or arg.keyword for arg in node.args) or len(node.args) < 2:
            return None
        first, *others = [self._piece(site.at(arg.value)) for arg in node.args]
        hosts = [
            v.fold() for v in first if isinstance(v, Text) and not (v.parts and isinstance(v.parts[0], Gap))
        ]
        if not hosts or not all(host.startswith(("http://", "https://")) for host in hosts):
            return None  # what else a caller may give is such an address, too
        if any(isinstance(v, Text) and v.fold().startswith("/") for each in others for v in each):
            return None  # which is all that comes out then
        slash = (Text((Lit("/", site),)),)
        ends = all(host.endswith("/") for host in hosts)
        pieces = [first, *(() if ends else (slash,)), others[0]]
        for each in others[1:]:
            pieces += [slash, each]
        return list(self._concat(pieces))

    def _urljoin(self, site: Site, node: s.Call) -> Iterator[Value]:
        if len(node.args) < 2:
            return
        for base in self._piece(site.at(node.args[0].value)):
            for path in self._piece(site.at(node.args[1].value)):
                if isinstance(base, Text) and isinstance(path, Text):
                    folded = path.fold()
                    if folded.startswith(("http://", "https://")):
                        yield path
                    elif "/" in base.fold().partition("://")[2] or folded.startswith("/"):
                        yield Text(base.parts + path.parts)
                    else:
                        yield Text((*base.parts, Lit("/", site), *path.parts))

    def _unsplit(self, site: Site, node: s.Call) -> Iterator[Value]:
        """``urlunsplit(("https", HOST, path, "", ""))``, as far as the path."""
        given = self.one(site.at(node.args[0].value)) if node.args else None
        if not isinstance(given, Items) or given.open or len(given.sites) < 3:
            yield Unknown("a URL", site)
            return
        scheme, host, path = (self._piece(part) for part in given.sites[:3])
        between, slash = (Text((Lit("://", site),)),), (Text((Lit("/", site),)),)
        rooted = all(isinstance(p, Text) and p.fold().startswith("/") for p in path)
        yield from self._concat([scheme, between, host, *(() if rooted else (slash,)), path])

"""Secrets that are fetched by their names from where they are kept, outside of the project."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...rules.calls import NOWHERE
from ...rules.tables import Rules
from ...rules.values import SecretStore
from ..facts import syntax as s
from ..facts.values import Environ, Fields, Lit, Member, Result, Site, Text, Value, chain, text_of
from ..resolve import Resolver, argument_of
from ..writing.changes import Changes
from .signing import Encoding, Signatures

_PART = re.compile(r"(?:^|/)secrets/([^/]+)(?:/versions/[^/]*)?$")
"""``projects/p/secrets/NAME/versions/latest``"""
_GAP = "\0"
_SHORTEST = 3


def fetched(value: Value, stores: Iterable[SecretStore]) -> Result | None:
    """The call of one of ``stores`` that gave a secret, if ``value`` is that secret as a whole."""
    keys: set[str] = set()
    for inner in chain(value):
        for store in stores if isinstance(inner, Result) else ():
            if isinstance(inner, Result) and inner.name in store.names and keys <= set(store.envelope):
                return inner
        if isinstance(inner, Member) and not inner.attribute:
            keys.add(inner.key)
    return None


class Stores:
    """Knows the calls that fetch a secret; one per project."""

    def __init__(self, resolver: Resolver, signatures: Signatures, rules: Rules) -> None:
        self.resolver = resolver
        self.signatures = signatures
        self._rows = rules.values.secret_stores

    def unfetched(self, parts: Iterable[Site], changes: Changes) -> list[str]:
        """The names under which only removed code fetched ``parts`` of what the login was made of."""
        return [name for name in self._dropped(parts, changes) if not self._said(name, changes)]

    def still_named(self, parts: Iterable[Site], changes: Changes) -> dict[str, list[Site]]:
        """Those of the same kind that something names all the same: what fills the store, or lists it."""
        found = {name: self._said(name, changes) for name in self._dropped(parts, changes)}
        return {name: sites for name, sites in found.items() if sites and not any(map(self._fetches, sites))}

    def _fetches(self, site: Site) -> bool:
        """Is the name at ``site`` one that a secret is fetched by there?"""
        parent = site.module.parents[site.node]
        call = site.module.parents[parent] if isinstance(parent, s.Arg) else parent
        values = self.resolver.resolve(site.at(call)) if isinstance(call, s.Call | s.Subscript) else ()
        return any(self.fetched(value) is not None for value in values)

    def _dropped(self, parts: Iterable[Site], changes: Changes) -> list[str]:
        names: dict[str, None] = {}
        for site in (*parts, *_stores_gone(changes)):
            for name, literal in self._asked(site):
                if changes.is_dead(literal.module, literal.node):
                    names[name] = None
        return list(names)

    def fetched(self, value: Value) -> Result | None:
        """The call that fetched ``value``, a secret as a whole."""
        return fetched(value, self._rows)

    def asked_at(self, value: Result) -> Site:
        """The call in which the name of what ``value`` fetches is written, through helpers of the project."""
        for _, literal in self._names(value):
            for above in literal.module.ancestors(literal.node):
                if isinstance(above, s.Call):
                    return literal.at(above)
        return value.site

    def _asked(self, site: Site) -> Iterator[tuple[str, Site]]:
        """The names that calls on the way to the value at ``site`` ask for, and where these are written."""
        for value in self.signatures.sources(site):
            if isinstance(value, Result):
                yield from self._names(value)

    def _names(self, value: Result) -> Iterator[tuple[str, Site]]:
        node = value.site.node
        for row in self._rows if isinstance(node, s.Call) else ():
            assert isinstance(node, s.Call)
            for asked in self._given(value.site, node, row) if value.name in row.names else ():
                for text in self._texts(asked):
                    name, literal = _name_in(text)
                    if len(name) >= _SHORTEST:
                        yield name, literal
                yield from self._by_variable(asked)

    def _given(self, site: Site, node: s.Call, row: SecretStore) -> Iterator[Site]:
        """What says the name: in the call, or in the one that made what it asks."""
        arg = argument_of(node, row.name)
        if arg is not None:
            yield site.at(arg.value)
        made = node.func.value if row.made != NOWHERE and isinstance(node.func, s.Attribute) else None
        for value in self.resolver.resolve(site.at(made)) if made is not None else ():
            if isinstance(value, Result) and isinstance(value.site.node, s.Call):
                arg = argument_of(value.site.node, row.made)
                yield from [value.site.at(arg.value)] if arg is not None else ()

    def _by_variable(self, site: Site) -> Iterator[tuple[str, Site]]:
        """``secret("KEY_ARN")`` of a helper that fetches what ``os.environ[variable]`` names."""
        for value in self.resolver.resolve(site):
            calls = [call for _, call in value.site.ctx] if isinstance(value, Environ) else []
            for call in calls:
                args = call.node.args if isinstance(call.node, s.Call) else ()
                yield from (
                    (arg.value.value, Site(call.module, arg.value))
                    for arg in args
                    if isinstance(value, Environ)
                    and isinstance(arg.value, s.Str)
                    and arg.value.value == value.name
                    and isinstance(arg.value.value, str)
                )

    def _texts(self, site: Site) -> Iterator[Text]:
        """The name, which may be a field of what is given: ``request={"name": …}``."""
        found: list[Value] = list(self.resolver.resolve(site))
        for value in found:
            if isinstance(value, Fields):
                found += [
                    inner
                    for entry in value.entries
                    if text_of(entry.key) == "name" and entry.value is not None
                    for inner in self.resolver.resolve(entry.value)
                ]
            elif isinstance(value, Text):
                yield value

    def _said(self, name: str, changes: Changes) -> list[Site]:
        """Where what stays spells the name."""
        return [
            Site(module, node)
            for module in self.resolver.index.loaded
            for node in module.each(s.Str)
            if node.value == name and not changes.is_dead(module, node)
        ]


def _name_in(text: Text) -> tuple[str, Site]:
    """The name itself, or the last part of a path, and where it is written; empty where it is not."""
    part = _PART.search(text.fold(_GAP))
    name = part[1] if part is not None else text.fold(_GAP).rpartition(_GAP)[2].strip("/")
    for said in (name, name.rpartition("/")[2]):
        for piece in reversed(text.parts):
            if isinstance(piece, Lit) and said in piece.text:
                return said, piece.site
    return "", text.parts[0].site


def _stores_gone(changes: Changes) -> Iterator[Site]:
    """What went into mappings of which only removed code took it: ``config["pem"] = secret("pem")``"""
    for module in changes.touched:
        for node in module.each(s.Assign):
            if isinstance(node.targets[0], s.Subscript) and node.value and node in changes.removed:
                yield Site(module, node.value)


def signed_with(encoding: Encoding) -> Iterator[Site]:
    """The key, and what the claims hold."""
    if encoding.key is not None:
        yield encoding.key
    for claims in encoding.claims:
        for entry in claims.entries if isinstance(claims, Fields) else ():
            if entry.value is not None:
                yield entry.value

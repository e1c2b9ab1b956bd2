"""Who signed an assertion: a JWT library, a primitive that the program calls itself, a command, or another.

A library's encoder is told by its name and takes the claims as an argument. Where no encoder is behind
the assertion, everything that it is made of is looked through, arguments of calls included: the claims
are the mapping with an issuer or a subject, and who turned them into the assertion signed them.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator

from ...records import dataclass
from ...rules.calls import Encoder, Signer
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Arithmetic,
    Fields,
    Gap,
    Instance,
    Items,
    Lib,
    Member,
    Result,
    Site,
    Text,
    Value,
    name_of,
    text_of,
)
from ..following.taint import Taint
from ..resolve import Resolver, argument_of, is_read

PEM = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----")
REACH = 400
"""Values that are looked through behind one assertion."""
CLAIMS = frozenset({"iss", "sub", "aud"})
"""Names by which claims are known."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """The signing of an assertion at ``site``, by ``library`` (empty: nobody that is known)."""

    site: Site
    library: str
    claims: tuple[Value, ...]
    claims_site: Site | None = None
    """The expression of the claims, where the call takes them as they are."""
    key: Site | None = None
    by: tuple[Site, ...] = ()
    """Calls that serve this signing only: what made the signing object, what takes the signature from it."""
    command: bool = False
    """A program is run, which reads the key's file by itself."""
    leaves: bool = False
    """Does that program leave the signature in a file?"""


class Signatures:
    """Finds signings; one per project."""

    def __init__(self, resolver: Resolver, rules: Rules, is_adobe: Callable[[Iterable[Value]], bool]) -> None:
        self.resolver = resolver
        self.is_adobe = is_adobe
        """Do claims name Adobe?"""
        self._encoders = {n: e for e in rules.encoders for n in e.names}
        self._signers = {
            n: [k for k in rules.signers if n in k.names] for r in rules.signers for n in r.names
        }
        self._loaders = {n: k for k in rules.key_loaders for n in k.names}
        self._openers = frozenset(rules.values.openers)
        self._harmless = frozenset(rules.values.harmless.names)
        self._methods = frozenset(rules.values.harmless.methods) | frozenset(rules.values.transparent_methods)

    # -- what signed a value ----------------------------------------------------------------------

    def of(self, value: Value) -> Iterator[Encoding]:
        """The signings from which ``value``, an assertion, comes."""
        found = list(self._by_library(inside(value))) or list(self._by_library(self._made_of(value)))
        yield from found or list(self._by_hand(value)) or list(self._by_unknown(value))

    def beside(self, value: Value, module: Module) -> Iterator[Encoding]:
        """Commands of ``module`` that leave a signature in a file, for a ``value`` that is made of claims."""
        claims = tuple(self._claims(value))
        for node in module.each(s.Call) if claims else ():
            site = Site(module, node)
            for name in {name_of(v) for v in self.resolver.resolve(site.at(_callee(node)))}:
                for signer in self._signers.get(name or "", ()):
                    key = self._key_of(site, signer)
                    found = self._signed(site, signer, claims, key) if key is not None else None
                    if found is not None and found.leaves:
                        yield found

    def signs(self, site: Site) -> bool:
        """Is the call at ``site`` one of an encoder?"""
        return any(name_of(v) in self._encoders for v in self.resolver.resolve(site.at(site.call.func)))

    def lone(self, taken: set[s.Node], claiming: Taint) -> list[Encoding]:
        """Signings of claims that name Adobe, apart from those at ``taken``.

        They are where ``claiming`` says that claims may come to, or where a library that signs is named.
        """
        found: list[Encoding] = []
        lasts = {n.rpartition(".")[2] for n in (*self._encoders, *self._signers)}
        packages = {n.partition(".")[0] for n in (*self._encoders, *self._signers)}
        for site in list(self.resolver.calls):
            if site.call in taken or s.last_name(site.call.func) not in lasts:
                continue
            if not claiming.holds(site) and packages.isdisjoint(site.module.words):
                continue
            with self.resolver.net.over(site.module.path):
                found += itertools.islice(self._adobes(site), 1)
        return sorted(found, key=lambda e: e.site.key)

    def _adobes(self, site: Site) -> Iterator[Encoding]:
        for value in self.resolver.resolve(site):
            encoding = self._at(value) if isinstance(value, Result) and value.site.node is site.node else None
            if encoding is not None and self.is_adobe(encoding.claims):
                yield encoding

    def claims_at(self, encoding: Encoding, site: Site) -> tuple[Value, ...]:
        """The claims that the signing of ``encoding`` signs, seen from the context of ``site``."""
        call = encoding.site.node
        if isinstance(call, s.Call) and any(arg.star for arg in call.args):
            seen = Site(encoding.site.module, call, site.ctx)
            names = [name_of(value) or "" for value in self.resolver.resolve(seen.at(call.func))]
            known = (self._encoders[name] for name in names if name in self._encoders)
            given = [self.resolver.given(seen, encoder.claims) for encoder in known]
            return tuple(v for each in given if each is not None for v in self.resolver.resolve(each.value))
        if encoding.claims_site is not None:
            return self.resolver.resolve(
                Site(encoding.claims_site.module, encoding.claims_site.node, site.ctx)
            )
        return tuple(c for v in self.resolver.resolve(site) for c in self._claims(v))

    # -- by a library -----------------------------------------------------------------------------

    def _at(self, value: Result) -> Encoding | None:
        found = next(self._by_library([value]), None)
        return found or next(self._by_hand(value), None)

    def _by_library(self, values: Iterable[Value]) -> Iterator[Encoding]:
        results = [value for value in values if isinstance(value, Result)]
        for value in results:
            encoder = self._encoders.get(value.name)
            if encoder is not None and isinstance(value.site.node, s.Call):
                by = tuple(r.site for r in results if _stands_on(r, value))
                yield self._encoding(value.site, encoder, by)

    def _encoding(self, site: Site, encoder: Encoder, by: tuple[Site, ...]) -> Encoding:
        claims, key = (self.resolver.given(site, each) for each in (encoder.claims, encoder.key))
        key_site = key.value if key is not None else None
        if encoder.sign_method:
            call = self._signed_with(site, encoder.sign_method)
            key_site = site.at(call.args[0].value) if call is not None else None
            by += (site.at(call),) if call is not None else ()
        claims_site = claims.value if claims is not None else None
        return Encoding(
            site,
            encoder.library,
            self.resolver.resolve(claims_site) if claims_site is not None else (),
            claims_site,
            key_site,
            by,
        )

    def _signed_with(self, site: Site, method: str) -> s.Call | None:
        """``token.make_signed_token(key)`` for a token made at ``site``."""
        for node in site.module.each(s.Call):
            if isinstance(node.func, s.Attribute) and node.func.attr == method and node.args:
                for value in self.resolver.resolve(site.at(node.func.value)):
                    if isinstance(value, Result) and value.site.node is site.node:
                        return node
        return None

    # -- by hand ----------------------------------------------------------------------------------

    def _by_hand(self, value: Value) -> Iterator[Encoding]:
        made_of = list(self._made_of(value))
        claims = tuple(v for v in made_of if _is_claims(v))
        for inner in made_of:
            if not isinstance(inner, Result):
                continue
            for signer in self._signers.get(inner.name, ()):
                key = self._key_of(inner.site, signer)
                if key is not None:
                    by = tuple(r.site for r in made_of if isinstance(r, Result) and _stands_on(r, inner))
                    yield self._signed(inner.site, signer, claims, key, by)

    def _key_of(self, site: Site, signer: Signer) -> Site | None:
        """The key with which ``signer`` signs at ``site``; None if it does not."""
        node = site.node
        assert isinstance(node, s.Call)
        if signer.program:
            return self._behind(site, signer, signer.option)
        arg = argument_of(node, signer.key)
        if arg is not None:
            return site.at(arg.value)
        return site.at(node.func.value) if isinstance(node.func, s.Attribute) else None

    def _signed(
        self, site: Site, signer: Signer, claims: tuple[Value, ...], key: Site, by: tuple[Site, ...] = ()
    ) -> Encoding:
        leaves = bool(signer.output) and self._behind(site, signer, signer.output) is not None
        command = bool(signer.program)
        return Encoding(site, signer.library, claims, key=key, by=by, command=command, leaves=leaves)

    def _behind(self, site: Site, signer: Signer, option: str) -> Site | None:
        """The word behind ``option`` in the command that ``site`` runs; in a line for a shell, the line."""
        given = [site.at(a.value) for a in site.call.args if a.keyword in (None, "args") and not a.star]
        for first in self.resolver.resolve(given[0]) if given else ():
            if isinstance(first, Text) and {signer.program, option} <= set(first.fold(" ").split()):
                return given[0]
            line = first.sites if isinstance(first, Items) else tuple(given)
            words = [_word(self.resolver.resolve(item)) for item in line]
            if words and words[0].endswith(signer.program) and option in words[:-1]:
                return line[words.index(option) + 1]
        return None

    # -- by somebody whom no table names ------------------------------------------------------------

    def _by_unknown(self, value: Value) -> Iterator[Encoding]:
        """The outermost call that may be more than a conversion and that is given the claims."""
        for inner in self._made_of(value):
            if not isinstance(inner, Result) or self._converts(inner):
                continue
            claims = tuple(self._claims(inner))
            if claims:
                by = tuple(base.site for base in _bases(inner))
                yield Encoding(inner.site, "", claims, key=self._key_in(inner), by=by)
                return

    def _converts(self, value: Result) -> bool:
        return value.name in self._harmless or value.name.rpartition(".")[2] in self._methods

    def _key_in(self, value: Value) -> Site | None:
        for inner in self._made_of(value):
            if isinstance(inner, Result) and (inner.name in self._loaders or is_read(inner.name)):
                return inner.site
            if isinstance(inner, Text) and PEM.search(inner.fold()):
                return inner.parts[0].site
        return None

    # -- what a value is made of --------------------------------------------------------------------

    def sources(self, site: Site) -> list[Value]:
        """The value at ``site`` and all that went into it, arguments of calls included."""
        return [inner for value in self.resolver.resolve(site) for inner in self._made_of(value)]

    def reads(self, site: Site) -> set[s.Node]:
        """The calls that read or parse a key and that went into the value at ``site``."""
        results = [v for v in self.sources(site) if isinstance(v, Result)]
        found = {v.site.node for v in results if v.name in self._loaders or is_read(v.name)}
        # What only says where the key lies, a configuration file perhaps, is no reading of the key.
        named = [v for path in self.paths(site) for v in self.sources(path)] if len(found) > 1 else []
        return found - {v.site.node for v in named if isinstance(v, Result)}

    def opens(self, site: Site) -> list[Site]:
        """The calls of libraries that open what the key at ``site`` is read from."""
        results = [v for v in self.sources(site) if isinstance(v, Result)]
        return [v.site for v in results if "open" in v.name.rpartition(".")[2]]

    def paths(self, site: Site) -> Iterator[Site]:
        """What names the files that the key at ``site`` is read from."""
        for value in self.sources(site):
            if isinstance(value, Result) and isinstance(value.site.node, s.Call):
                node, last = value.site.node, value.name.rpartition(".")[2]
                if value.name in self._openers and node.args:
                    yield value.site.at(node.args[0].value)
                elif isinstance(node.func, s.Attribute) and (last == "open" or is_read(value.name)):
                    yield value.site.at(node.func.value)

    def _claims(self, value: Value) -> Iterator[Value]:
        return (v for v in self._made_of(value) if _is_claims(v))

    def converted(self, value: Value) -> Iterator[Value]:
        """``value``, and what it was put together, taken or converted from."""
        return self._made_of(value, converted=True)

    def _made_of(self, value: Value, *, converted: bool = False) -> Iterator[Value]:
        """``value`` and all that went into it, arguments of calls included; nearest first.

        With ``converted``, only arguments of calls that make the same thing of another form.
        """
        seen: dict[Value, None] = {value: None}
        queue = [value]
        for here in queue:
            yield here
            for inner in self._inputs(here, converted=converted):
                if inner not in seen and len(seen) < REACH:
                    seen[inner] = None
                    queue.append(inner)

    def _inputs(self, value: Value, *, converted: bool) -> Iterator[Value]:
        if isinstance(value, Text):
            yield from (part.value for part in value.parts if isinstance(part, Gap))
        elif isinstance(value, Arithmetic):
            yield from (value.left, value.right)
        elif isinstance(value, Items):
            yield from (v for item in value.sites for v in self.resolver.resolve(item))
        elif isinstance(value, Lib | Result | Member) and value.base is not None:
            yield value.base
        elif isinstance(value, Instance):
            yield from self.resolver.said(value)
        made = value.site if isinstance(value, Result | Instance) else None
        if converted and not (isinstance(value, Result) and self._converts(value)):
            return
        if made is not None and isinstance(made.node, s.Call):
            yield from (v for arg in made.node.args for v in self.resolver.resolve(made.at(arg.value)))


def inside(value: Value) -> Iterator[Value]:
    """``value`` and the values that it is put together from."""
    stack: list[Value] = [value]
    while stack:
        here = stack.pop()
        yield here
        if isinstance(here, Text):
            stack += [p.value for p in here.parts if isinstance(p, Gap)]
        elif isinstance(here, Arithmetic):
            stack += [here.left, here.right]
        elif isinstance(here, Lib | Result | Member) and here.base is not None:
            stack.append(here.base)


def _is_claims(value: Value) -> bool:
    return isinstance(value, Fields) and any(text_of(e.key) in CLAIMS for e in value.entries)


def _word(values: Iterable[Value]) -> str:
    return next((v.fold() for v in values if isinstance(v, Text)), "")


def _bases(value: Result) -> Iterator[Result]:
    """The calls that gave the objects on which ``value`` was called."""
    here = value.base
    while isinstance(here, Lib | Result | Member):
        if isinstance(here, Result):
            yield here
        here = here.base


def _stands_on(value: Result, base: Result) -> bool:
    return any(b.site.node is base.site.node for b in _bases(value))


def _callee(node: s.Node) -> s.Expr:
    assert isinstance(node, s.Call)
    return node.func

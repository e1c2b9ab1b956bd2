"""Halves of a flow: claims that nobody signs, an assertion that reaches no exchange, a form nobody sends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from ...records import dataclass
from ...rules.calls import Command
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Class,
    Constant,
    Environ,
    Fields,
    Gap,
    Items,
    Lit,
    Result,
    Site,
    Text,
    Value,
    chain,
    name_of,
    text_of,
)
from ..following.offers import Offers
from ..resolve import Resolver, is_read
from ..roles.exchange import Exchange
from ..roles.finder import Finder
from ..roles.signing import Encoding
from ..roles.trace import Mark, Tracer
from ..roles.unsigned import Claims, Unsigned
from .plan import Refusal

_SYMMETRIC = re.compile("HS(?:256|384|512)")


@dataclass(slots=True)
class Lone:
    """What was found, and why it is left alone."""

    entry: Site
    refusal: Refusal
    encodings: list[Encoding]
    is_exchange: bool
    claims: Claims | None = None

    def marks(self, tracer: Tracer) -> list[Mark]:
        """Key, claims, signature, and the form if there is one."""
        if self.refusal.reason == "aem-service-credentials":
            return [Mark(self.refusal.reason, self.entry, "an assertion for AEM is made here")]
        found = [m for e in self.encodings for m in tracer.encoding(e)]
        if self.claims is not None:
            found += list(tracer.metascopes(self.claims.metascopes))
            if not self.claims.metascopes:
                found.append(Mark("jwt-assertion", self.entry, "the claims of an assertion are made here"))
        if self.is_exchange:
            found.append(Mark("jwt-exchange", self.entry, "the assertion is handed over for an access token"))
        return found


class Commands:
    """Finds exchanges that a program sends which is run as a command: ``curl``."""

    def __init__(self, resolver: Resolver, finder: Finder, rules: Rules) -> None:
        self.resolver = resolver
        self.finder = finder
        self.field = rules.provider.fields.assertion
        self._runners = {name: row for row in rules.commands for name in row.names}

    def find(self) -> Iterator[Lone]:
        """By place."""
        lasts = {name.rpartition(".")[2] for name in self._runners}
        for site in list(self.resolver.calls):
            func = site.call.func
            last = s.last_name(func)
            if last not in lasts or not self.finder.speaking.holds(site):
                continue
            with self.resolver.net.over(site.module.path):
                rows = [self._runners.get(name_of(v) or "") for v in self.resolver.resolve(site.at(func))]
                refusal = next((r for row in rows if row is not None for r in self._sends(site, row)), None)
                if refusal is not None:
                    encodings = [e for text in self._words(site) for e in self._signed(text)]
                    yield Lone(site, refusal, encodings, is_exchange=True)

    def _sends(self, site: Site, row: Command) -> Iterator[Refusal]:
        texts = [text.fold("\x00") for text in self._words(site)]
        if not row.programs:
            if any(self.field in text and self.finder.evidence.in_words(_words_of(text)) for text in texts):
                yield Refusal(row.reason, site)
        elif any(self.finder.evidence.in_words(text) for text in texts):
            words = {word.rpartition("/")[2] for text in texts for word in text.split()}
            yield from (Refusal(row.reason, site, f"it is {each}") for each in row.programs if each in words)

    def _words(self, site: Site) -> Iterator[Text]:
        """The words of the command, or its line."""
        for arg in site.call.args:
            for value in self.resolver.resolve(site.at(arg.value)):
                inner = [value]
                if isinstance(value, Items):
                    inner = [v for item in value.sites for v in self.resolver.resolve(item)]
                yield from (v for v in inner if isinstance(v, Text))

    def _signed(self, text: Text) -> Iterator[Encoding]:
        """What signed the assertion behind ``jwt_token=``."""
        for before, part in zip(text.parts, text.parts[1:], strict=False):
            if isinstance(part, Gap) and isinstance(before, Lit) and before.text.endswith(f"{self.field}="):
                yield from self.finder.signatures.of(part.value)


class LoneFinder:
    """Looks for halves once all exchanges are known."""

    def __init__(self, resolver: Resolver, finder: Finder, offers: Offers, rules: Rules) -> None:
        self.offers = offers
        self.resolver = resolver
        self.finder = finder
        self.provider = rules.provider
        self.unsigned = Unsigned(resolver, finder, rules)
        self.commands = Commands(resolver, finder, rules)

    def find(self, exchanges: list[Exchange], templates: Iterable[Module] = ()) -> list[Lone]:
        """Forms first, with the assertions in them; then assertions alone; then claims alone.

        ``templates`` are files of configuration that hold claims.

        Where there is an exchange, what tests sign or expect to be sent belongs to it.
        """
        taken = {e.site.node for x in exchanges for e in x.encodings}
        forms = [form for x in (*exchanges, *self.finder.others) for form in x.forms]
        used = {entry.site.node for form in forms for entry in form.fields.entries}
        used |= {form.fields.site.node for form in forms}
        found: list[Lone] = []
        for site in self._forms(used):
            if exchanges and self.resolver.is_test(site.module):
                continue
            with self.resolver.net.over(site.module.path):
                encodings = list(self._encodings(site))
                if not self._is_adobe(site, encodings):
                    continue
                taken |= {e.site.node for e in encodings}
                reason, entry = self._why(site)
                found.append(Lone(entry, Refusal(reason, entry), encodings, is_exchange=True))
        for item in self.commands.find():
            if not (exchanges and self.resolver.is_test(item.entry.module)):
                taken |= {e.site.node for e in item.encodings}
                found.append(item)
        claiming = self.finder.claiming()
        for encoding in self.finder.signatures.lone(taken, claiming):
            if self._is_symmetric(encoding):
                continue
            if exchanges and self.resolver.is_test(encoding.site.module):
                continue
            with self.resolver.net.over(encoding.site.module.path):
                names = {name for name, _ in self.finder.evidence.metascopes(encoding.claims)}
                refusal = Refusal(self._why_alone(encoding.site, names), encoding.site)
                found.append(Lone(encoding.site, refusal, [encoding], is_exchange=False))
        signed = [e for x in (*exchanges, *self.finder.others) for e in x.encodings]
        signed += [e for item in found for e in item.encodings]
        guessed = {x.entry.module.path for x in exchanges if any(not e.claims for e in x.encodings)}
        for claims in self.unsigned.find(signed, templates, claiming):
            if claims.site.module.path in guessed:
                continue  # what is signed there is not known: perhaps these
            with self.resolver.net.over(claims.site.module.path):
                names = {name for name, _ in claims.metascopes}
                refusal = Refusal(self._why_unsigned(claims.site, names), claims.site)
                found.append(Lone(claims.site, refusal, [], is_exchange=False, claims=claims))
        return sorted(found, key=lambda item: item.entry.key)

    def unseen(self, lone: Iterable[Lone], exchange: Exchange) -> str | None:
        """Say why one of these signings may reach ``exchange`` by a way that was not seen: a file, a queue.

        None if none does; the text may be empty.
        """
        values = [] if exchange.encodings else list(self._assertions(exchange))
        if all(isinstance(value, Environ | Text | Constant) for value in values):
            return None  # somebody else has made it
        kin = {*self.resolver.index.kin(exchange.modules)}
        files = {name.rpartition("/")[2] for value in values for name in self._read_from(value)}
        for item in lone:
            if item.is_exchange or item.refusal.reason != "exchange-not-found":
                continue
            module = item.entry.module
            texts = (str(node.value) for node in module.each(s.Str))
            handed = next((name for text in texts if (name := text.rpartition("/")[2]) in files), None)
            if handed is not None:
                return f"it is read from {handed}, which {module.path} names as well"
            if module in kin:
                return ""
        return None

    def _read_from(self, value: Value) -> Iterator[str]:
        for each in chain(value):
            if isinstance(each, Result) and (self.resolver.opens(each.name) or is_read(each.name)):
                yield from self.resolver.files_opened(each)

    def _assertions(self, exchange: Exchange) -> Iterator[Value]:
        for form in exchange.forms:
            for entry in form.entries(self.provider.fields.assertion):
                yield from self.resolver.resolve(entry.value) if entry.value is not None else ()

    def _is_symmetric(self, encoding: Encoding) -> bool:
        """Signed with a shared secret, as Adobe never lets one: a token of the project's own."""
        call = encoding.site.node
        if not isinstance(call, s.Call):
            return False
        texts = [
            text_of(v) or "" for a in call.args for v in self.resolver.resolve(encoding.site.at(a.value))
        ]
        return any(_SYMMETRIC.fullmatch(text) for text in texts)

    def _why_unsigned(self, site: Site, metascopes: AbstractSet[str]) -> str:
        """Why claims are left alone that nobody signs."""
        return self._why_not_here(site, metascopes) or "claims-unsigned"

    def _why_alone(self, site: Site, metascopes: AbstractSet[str]) -> str:
        """Why an assertion is left alone that reaches no exchange."""
        why = self._why_not_here(site, metascopes)
        return why or ("only-tests" if self._only_for_tests(site) else "exchange-not-found")

    def _why_not_here(self, site: Site, metascopes: AbstractSet[str]) -> str | None:
        """Why the other half need not be here: it is AEM's, or with those who use what this offers."""
        if not metascopes.isdisjoint(self.provider.aem.metascopes):
            return "aem-service-credentials"
        function = site.module.function(site.node)
        is_offered = function is not None and self.offers.by_path(site.module, function)
        return "public-interface" if is_offered else None

    def _only_for_tests(self, site: Site) -> bool:
        """Do all calls that lead here begin in tests?"""
        tested = False
        seen: set[s.Node] = set()
        stack = [site]
        while stack:
            here = stack.pop()
            if self.resolver.is_test(here.module):
                tested = True
                continue
            function = here.module.function(here.node)
            callers = self.resolver.callers(here.module, function) if function is not None else []
            if not callers:
                return False
            if function not in seen and function is not None:
                seen.add(function)
                stack += callers
        return tested

    def _forms(self, used: set[s.Node]) -> Iterator[Site]:
        fields = self.provider.fields
        wanted = {fields.client_id, fields.client_secret, fields.assertion}
        for module in self.resolver.index.loaded:
            if fields.assertion not in module.text:
                continue
            for node in module.each(s.Dict):
                if node in used or any(item in used for item in node.items):
                    continue
                with self.resolver.net.over(module.path):
                    if any(
                        self._is_form(value, wanted) for value in self.resolver.resolve(Site(module, node))
                    ):
                        yield Site(module, node)

    def _is_form(self, value: Value, wanted: AbstractSet[str]) -> bool:
        if not isinstance(value, Fields) or self._tells(value):
            return False
        return wanted <= {text_of(e.key) for e in value.entries}

    def _tells(self, fields: Fields) -> bool:
        """Does it only speak of the fields: a description, a type, whether one is wanted?"""
        entries = [e for e in fields.entries if text_of(e.key) == self.provider.fields.assertion]
        values = [v for e in entries if e.value is not None for v in self.resolver.resolve(e.value)]
        return bool(values) and all(
            isinstance(v, Constant) or not (text_of(v) or "eyJ").startswith("eyJ") for v in values
        )

    def _encodings(self, site: Site) -> Iterator[Encoding]:
        for value in self.resolver.resolve(site):
            if isinstance(value, Fields):
                for entry in value.entries:
                    if text_of(entry.key) == self.provider.fields.assertion and entry.value is not None:
                        for found in self.resolver.resolve(entry.value):
                            yield from self.finder.signatures.of(found)

    def _is_adobe(self, site: Site, encodings: list[Encoding]) -> bool:
        if any(self.finder.evidence.adobe_claims(e.claims) for e in encodings):
            return True
        call = self._call(site)
        if call is not None and isinstance(call.node, s.Call):
            urls = [
                v
                for a in call.node.args
                for v in self.resolver.resolve(call.at(a.value))
                if isinstance(v, Text)
            ]
            if any(self.finder.evidence.path_in(u) for u in urls):
                return True
            if any(u.fold().startswith("http") for u in urls):
                return False
        if encodings and any(self._foreign(e) for e in encodings):
            return False
        return "adobe" in site.module.text.lower()

    def _foreign(self, encoding: Encoding) -> bool:
        """Claims that are wholly known and do not speak of Adobe."""
        return any(isinstance(c, Fields) and not c.open for c in encoding.claims)

    def _call(self, site: Site) -> Site | None:
        """The call that takes the form directly."""
        parent = site.module.parents.get(site.node)
        holder = site.module.call_of(parent)
        return site.at(holder) if holder is not None else None

    def _why(self, site: Site) -> tuple[str, Site]:
        function = site.module.function(site.node)
        owner = site.module.class_of(function) if function is not None else None
        if owner is not None and self.resolver.foreign_bases(Class(site.module, owner)):
            return "framework-subclass", self._assertion_item(site)
        call = self._call(site) or next(self._takers(site), None)
        if call is not None:
            return "unknown-sender", call
        return "form-unknown", site

    def _takers(self, site: Site, seen: frozenset[s.Node] = frozenset()) -> Iterator[Site]:
        """The library calls that take the form in the end: ``curl.setopt(POSTFIELDS, urlencode(form))``."""
        encoders = {name for row in self.resolver.rules.values.form_encoders for name in row.names}
        for use in self.offers.forward.uses(site):
            call = use.module.call_of(use.parent)
            if call is None or call in seen:
                continue
            here = Site(use.module, call)
            if encoders.isdisjoint(map(name_of, self.resolver.resolve(here.at(call.func)))):
                yield here
            else:
                yield from self._takers(here, seen | {call})

    def _assertion_item(self, site: Site) -> Site:
        assert isinstance(site.node, s.Dict)
        for item in site.node.items:
            if isinstance(item.key, s.Str) and item.key.value == self.provider.fields.assertion:
                return site.at(item)
        return site


def _words_of(program: str) -> str:
    """The words of a program, and what it has in quotes."""
    return re.sub(r"[\"'(),]", " ", program)

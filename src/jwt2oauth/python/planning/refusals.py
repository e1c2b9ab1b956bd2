"""What can be refused before anything is tried, each with its place and its reason."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator

from ...rules.tables import Rules
from ..choosing.choices import Choice, Choices
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Constant, Environ, Fields, Gap, Param, Result, Site, Text, chain, name_of, text_of
from ..following.offers import Offers
from ..following.taint import Taint
from ..resolve import Resolver
from ..roles.exchange import Exchange, Form
from ..roles.finder import Finder
from ..roles.hosts import host_of, is_adobes, is_stand_in
from ..writing.answers import NoAnswer

_ELSEWHERE = re.compile(r"^# MAGIC %run|^[^\S\n]*+%|\bglobals\(\)|\bexec\(|\b__builtins__\b", re.MULTILINE)
_OLD = {"unicode", "basestring", "long", "xrange", "raw_input", "unichr", "reduce", "file", "cmp", "execfile"}
_KNOWN = {*dir(builtins), *_OLD, "__file__", "__name__", "__path__", "dbutils", "spark", "sc", "display"}
_VERIFYING = frozenset({"decode", "verify"})
"""The last names of what checks a signature."""


class Refusals:
    """Checks exchanges; one per project."""

    def __init__(
        self, resolver: Resolver, finder: Finder, choices: Choices, offers: Offers, rules: Rules
    ) -> None:
        self.resolver = resolver
        self.finder = finder
        self.choices = choices
        self.offers = offers
        self.provider = rules.provider
        stems = [name.rpartition(".")[0] for e in rules.encoders for name in e.names]
        self._verifiers = {f"{stem}.{verb}" for stem in stems for verb in ("decode", "verify")}
        self._chosen: dict[s.Node, Choice | None] = {}

    def check(self, exchange: Exchange) -> None:
        """Raise ``NoAnswer`` where ``exchange`` need not be tried."""
        if exchange.aem:
            raise NoAnswer("aem-service-credentials", exchange.entry)
        if exchange.beside_aem:
            raise NoAnswer("beside-aem", exchange.entry)
        if self.choice(exchange) is not None:
            return
        self.choices.check_rivals(exchange)
        self._check_works(exchange)
        self._check_fallbacks(exchange)
        self._check_interface(exchange)
        for encoding in exchange.encodings:
            if encoding.leaves:
                raise NoAnswer("signing-effect", encoding.site)
        self._check_verified(exchange)
        self._check_url(exchange)
        name = self.provider.fields.assertion
        if not any(form.entries(name) for form in exchange.forms):
            raise NoAnswer("form-unknown", exchange.entry)
        unread = self.finder.requests.unread(exchange)
        if unread is not None:
            raise NoAnswer("form-unknown", unread, "another body may be sent in its place")

    def choice(self, exchange: Exchange) -> Choice | None:
        """The project's own choice between this exchange and client_credentials, if there is one."""
        node = exchange.entry.node
        if node not in self._chosen:
            self._chosen[node] = self.choices.find(exchange)
        return self._chosen[node]

    # -- the address ------------------------------------------------------------------------------

    def _check_url(self, exchange: Exchange) -> None:
        site = exchange.entry if exchange.url_given is None else exchange.url_given.written
        if not exchange.urls or not any(self.finder.evidence.path_in(u) for u in exchange.urls):
            raise NoAnswer("url-unknown", site, _origin(exchange))
        sent = {text for form in exchange.forms for text in self._sent(form)}
        for url in exchange.urls:
            host = host_of(url)
            if host is None or self.finder.evidence.is_token_url(url):
                continue
            if not self.finder.evidence.path_in(url):
                other = f"another address is at {host}" if host not in sent else ""
                raise NoAnswer("shared-request", exchange.entry, other)
            if not (is_adobes(host, self.provider) or is_stand_in(host, exchange, self.provider)):
                raise NoAnswer("host-unknown", site, host if host not in sent else "")

    def _sent(self, form: Form) -> Iterator[str]:
        """The texts that ``form`` sends: what may be any setting, a secret, too, is not shown as a host."""
        for entry in form.fields.entries:
            for value in self.resolver.resolve(entry.value) if entry.value is not None else ():
                if isinstance(value, Text):
                    yield value.fold()

    # -- what cannot have worked ------------------------------------------------------------------

    def _check_works(self, exchange: Exchange) -> None:
        for site in self._needed(exchange):
            name = self._undefined(site)
            if name is not None:
                raise NoAnswer("never-worked", site.at(name), f"the name {name.id} is defined nowhere")
        fields = self.provider.fields
        given = {text_of(e.key) for form in exchange.forms for e in form.fields.entries}
        if exchange.forms and not any(form.fields.open for form in exchange.forms) and None not in given:
            for wanted in (fields.client_id, fields.client_secret):
                if wanted not in given and fields.assertion in given:
                    raise NoAnswer("never-worked", exchange.entry, f"{wanted} is not sent")

    def _needed(self, exchange: Exchange) -> Iterator[Site]:
        """The expressions without which no token comes: the request, what is signed, what is sent."""
        yield exchange.sender
        for encoding in exchange.encodings:
            yield encoding.site
            for claims in encoding.claims:
                entries = getattr(claims, "entries", ())
                yield from (e.value for e in entries if e.value is not None)
        for form in exchange.forms:
            yield from (e.value for e in form.fields.entries if e.value is not None)

    def _undefined(self, site: Site) -> s.Name | None:
        module = site.module
        if not module.path.endswith(".py") or site.node not in module.parents:
            return None
        for node in s.walk(site.node):
            if isinstance(node, s.Name) and node.id not in _KNOWN and node in module.scopes.scope_of:
                reach = module.scopes.reach.get(node)
                if reach is None and not module.scopes.bindings_of(node):
                    return None if _defines_unseen(module) else node
        return None

    def _check_fallbacks(self, exchange: Exchange) -> None:
        """Two signings, or two exchanges, where a bare ``except`` chooses the second."""
        sites = [e.site for e in exchange.encodings]
        for site in [exchange.sender, *sites]:
            for ancestor in site.module.ancestors(site.node):
                if isinstance(ancestor, s.FuncDef):
                    break
                if not isinstance(ancestor, s.Try):
                    continue
                for handler in ancestor.handlers:
                    if handler.type is None and self._sends_or_signs(site.module, handler):
                        raise NoAnswer("tried-twice", site.at(handler))

    def _sends_or_signs(self, module: Module, handler: s.Handler) -> bool:
        for node in s.walk(handler):
            if isinstance(node, s.Call):
                here = Site(module, node)
                if self.finder.requests.sender(here) or self.finder.signatures.signs(here):
                    return True
        return False

    def _check_verified(self, exchange: Exchange) -> None:
        """An assertion whose signature the program checks: a key pair of its own hangs on it."""
        signed = {e.site.node for e in exchange.encodings}
        taint = Taint(self.resolver, self.resolver.world)
        taint.but(self.finder.requests.may_send)
        taint.at((e.site.module, e.site.node) for e in exchange.encodings)
        for site in list(self.resolver.calls):
            node = site.node
            assert isinstance(node, s.Call)
            if not node.args or not _may_verify(site.module, node.func) or self.resolver.is_test(site.module):
                continue
            if not taint.holds(site):
                continue
            with self.resolver.sparing():
                names = {name_of(v) for v in self.resolver.resolve(site.at(node.func))}
            if self._verifiers.isdisjoint(names) or self._only_looks(site, node):
                continue
            for value in self.resolver.resolve(site.at(node.args[0].value)):
                if any(isinstance(v, Result) and v.site.node in signed for v in chain(value)):
                    raise NoAnswer("assertion-shared", site, "its signature is verified here")

    def _only_looks(self, site: Site, node: s.Call) -> bool:
        """``options={"verify_signature": False}``: what is in it is read, and no key needed."""
        for arg in node.args:
            if arg.keyword == "verify":
                return isinstance(arg.value, s.Const) and arg.value.value is False
            for value in self.resolver.resolve(site.at(arg.value)) if arg.keyword == "options" else ():
                found = self.resolver.field(value, "verify_signature") if isinstance(value, Fields) else None
                if any(isinstance(v, Constant) and v.value is False for v in found or ()):
                    return True
        return False

    # -- what others build upon -------------------------------------------------------------------

    def _check_interface(self, exchange: Exchange) -> None:
        """An assertion that callers outside of the project bring along."""
        for form in exchange.forms:
            for entry in form.entries(self.provider.fields.assertion):
                values = self.resolver.resolve(entry.value, callers=False) if entry.value is not None else ()
                for value in values:
                    if isinstance(value, Param) and self.offers.function(value.site.module, value.function):
                        name = f"{value.function.name}({value.param.name})"
                        raise NoAnswer("public-interface", Site(value.site.module, value.param), name)


def _origin(exchange: Exchange) -> str:
    """Where an address comes from that is not in the project."""
    for url in exchange.urls:
        for part in url.parts:
            if isinstance(part, Gap) and isinstance(part.value, Environ):
                return f"it comes from the environment variable {part.value.name}"
            if isinstance(part, Gap) and isinstance(part.value, Param):
                return f"it is the parameter {part.value.param.name}"
    return ""


def _may_verify(module: Module, func: s.Expr) -> bool:
    """``jwt.decode``, ``key.verify``, or what was imported or stored by whatever name."""
    if isinstance(func, s.Name):
        return any(bound.kind in ("import", "assign") for bound in module.scopes.bindings_of(func))
    return not isinstance(func, s.Attribute) or func.attr in _VERIFYING


def _defines_unseen(module: Module) -> bool:
    """May names come from where no assignment is seen?"""
    stars = module.each(s.ImportFrom)
    return _ELSEWHERE.search(module.text) is not None or any(node.star for node in stars)

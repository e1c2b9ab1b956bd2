"""What each place is in a flow: exchange, form, assertion, claims, key, reply.

An exchange is found from what is sent or where to; roles then spread backwards along the values.
Nothing is an exchange, and nothing is reported, without evidence of Adobe in the flow.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...rules.calls import Client, ClientCall
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Class,
    Context,
    Environ,
    Fields,
    Gap,
    Items,
    Member,
    Param,
    Result,
    Site,
    Text,
    Value,
    chain,
    name_of,
    text_of,
)
from ..following.taint import Taint, is_large
from ..resolve import Resolver
from .evidence import Evidence
from .exchange import Exchange, Form
from .sending import Requests
from .signing import CLAIMS, Encoding, Signatures, inside

CHAIN = 8
"""Callers, one above the other, from which a call is seen."""
ENTERED, VIEWS = 64, 1_200
"""Functions whose callers a call is seen from, and how often it is seen in all."""


class Finder:
    """Finds exchanges and lone assertions in the loaded modules."""

    def __init__(self, resolver: Resolver, rules: Rules) -> None:
        self.resolver = resolver
        self.rules = rules
        self.provider = rules.provider
        self.evidence = Evidence(resolver, rules)
        self.requests = Requests(resolver, rules)
        self.others: list[Exchange] = []
        """Requests like an exchange that go to somebody else, as far as they are known."""
        self.speaking = Taint(resolver, ())
        """Where what the exchange is known by may come to, once exchanges were looked for."""
        self.signatures = Signatures(resolver, rules, self.evidence.adobe_claims)

    # -- exchanges ----------------------------------------------------------------------------

    def exchanges(self) -> list[Exchange]:
        """All exchanges, by place; the same entry only once."""
        found: dict[s.Node, Exchange] = {}
        for _ in range(8):
            # Following a value may load modules: their calls count as well.
            loaded = len(self.resolver.index.loaded)
            self.resolver.load_bases()
            found, self.speaking = {}, self._speaking()
            for path, sites in itertools.groupby(list(self.resolver.calls), lambda site: site.module.path):
                with self.resolver.net.over(path):
                    for site in sites:
                        relaying = site.at(site.module.parents[site.node])  # pool.submit(requests.post, url)
                        if not self.speaking.holds(site) and not self.speaking.holds(relaying):
                            continue
                        for client, call in self.requests.sender(site):
                            for exchange in self._variants(site, client, call):
                                found.setdefault(exchange.entry.node, exchange)
            for module in self.resolver.world:
                with self.resolver.net.over(module.path):
                    for exchange in self._yielded(module):
                        found.setdefault(exchange.entry.node, exchange)
            if len(self.resolver.index.loaded) == loaded:
                break
        ordered = sorted(found.values(), key=lambda e: e.key)
        adobe = []
        for exchange in ordered:
            with self.resolver.net.over(exchange.entry.module.path):
                self._assertions(exchange)
        for exchange in ordered:
            with self.resolver.net.over(exchange.entry.module.path):
                adobe += [exchange] if self.evidence.is_adobe(exchange) else []
        self.others = [e for e in ordered if e not in adobe]
        return adobe

    def _speaking(self) -> Taint:
        """Where what the exchange may be known by may come to: its address, the assertion's field."""
        if is_large(self.resolver.world):
            self.resolver.load_imports()
        world, fields = self.resolver.world, self.provider.fields
        taint = Taint(self.resolver, world)
        taint.but(self.requests.may_send)
        taint.by([fields.assertion])
        taint.at((m, text) for m in world for text in m.each(s.Str) if self.evidence.speaks(str(text.value)))
        return taint

    def claiming(self) -> Taint:
        """Where claims for Adobe may come to, as far as programs write them."""
        taint = Taint(self.resolver, self.resolver.world)
        taint.but(self.requests.may_send)
        for module in self.resolver.world:
            taint.at(
                (module, text) for text in module.each(s.Str) if self.evidence.may_claim(str(text.value))
            )
            taint.at((module, arg.value) for arg in module.each(s.Arg) if arg.keyword in CLAIMS)
        return taint

    def _yielded(self, module: Module) -> Iterator[Exchange]:
        """Requests that a generator yields to the client, ``auth_flow`` of an ``httpx.Auth``."""
        clients = {name: client for client in self.rules.clients for name in client.flows}
        methods = {name.rpartition(".")[2] for name in clients}
        for node in module.each(s.Yield):
            function = module.function(node)
            if node.value is None or function is None:
                continue
            owner = module.class_of(function) if function.name in methods else None
            for base in self.resolver.foreign_bases(Class(module, owner)) if owner is not None else ():
                client = clients.get(f"{base}.{function.name}")
                if client is not None:
                    yield from self._sent(Site(module, node), node.value, client)

    def _sent(self, site: Site, value: s.Expr, client: Client) -> Iterator[Exchange]:
        for request in self.resolver.resolve(site.at(value)):
            known = self.requests.named.get(request.name) if isinstance(request, Result) else None
            if isinstance(request, Result) and known is not None and known[0] is client:
                made = self.requests.read(request.site, *known)
                if made is not None and self.evidence.looks_like(made):
                    yield replace(made, replies=(site,))

    def _variants(self, site: Site, client: Client, call: ClientCall) -> Iterator[Exchange]:
        """The call as seen from each chain of callers that decides what is sent where.

        A client's one method that sends for hundreds of others is seen from each of them.
        """
        stack: list[Site] = [site]
        seen, entered = 0, set[s.FuncDef]()
        while stack and seen < VIEWS and len(entered) < ENTERED:
            seen += 1
            here = stack.pop()
            exchange = self.requests.read(here, client, call)
            if exchange is not None and self.evidence.looks_like(exchange):
                whole = self.requests.read(here, client, call, callers=True)
                own = self._of_heir(whole or exchange)
                if own is not None:
                    yield own
                    continue
                yield whole if whole is not None and self.evidence.looks_like(whole) else exchange
                continue
            param = self.requests.deciding_param(here, client, call)
            if param is None or len(here.ctx) >= CHAIN or self._trades_nothing(exchange):
                continue
            for caller in self.resolver.program_callers(
                here.module if not here.ctx else param.site.module, param.function
            ):
                entered.add(param.function)
                ctx = _nested(((param.function, caller), *here.ctx))
                if not any(f is param.function for f, _ in here.ctx):
                    stack.append(Site(here.module, here.node, ctx))

    def _trades_nothing(self, exchange: Exchange | None) -> bool:
        """Is all that is sent known, and no assertion? Then no caller makes an exchange of it, whatever the
        address is. Of a request that a caller has made, nobody knows all.
        """
        if exchange is None or exchange.maker != exchange.sender:
            return False
        sent = [form for form in exchange.forms if form.how != "url"]
        known = bool(sent) and all(map(self._has_no_assertion, sent))
        return known and self.requests.sends_only(exchange, [form.given for form in sent])

    def _has_no_assertion(self, form: Form) -> bool:
        fields, keys = form.fields, [text_of(entry.key) for entry in form.fields.entries]
        is_known = form.text is None and not (fields.open or fields.rest) and None not in keys
        return is_known and self.provider.fields.assertion not in keys

    def _of_heir(self, exchange: Exchange) -> Exchange | None:
        """What one class has its base's method send, which sends other things for other heirs."""
        here = exchange.sender
        method = here.module.function(here.node)
        owner = here.module.class_of(method) if method is not None else None
        if method is None or owner is None or self._is_alike(exchange):
            return None
        if self.resolver.is_asked_of_unknown(here.module, method):
            return None  # whose reply that is, nobody can say
        found: dict[Class, Exchange] = {}
        for heir in self.resolver.subclasses(Class(here.module, owner)):
            pinned = Site(here.module, here.node, ((method, Site(heir.module, heir.node)), *here.ctx))
            own = self.requests.read(pinned, exchange.client, exchange.call, callers=True)
            if own is not None and self.evidence.looks_like(own):
                found[heir] = own
        kin = [self.resolver.mro(each) for each in found]
        top = next((each for each in found if all(each in above for above in kin)), None)
        return found[top] if top is not None and self._is_alike(found[top]) else None

    def _is_alike(self, exchange: Exchange) -> bool:
        """Does all of it go to an exchange, and bring an assertion?"""
        name = self.provider.fields.assertion
        forms = [bool(form.entries(name)) for form in exchange.forms]
        return all(forms) and all(map(self.evidence.path_in, exchange.urls))

    # -- assertion, claims, key ------------------------------------------------------------------

    def _assertions(self, exchange: Exchange) -> None:
        name = self.provider.fields.assertion
        seen: set[tuple[object, ...]] = set()
        for form in exchange.forms:
            for entry in form.entries(name):
                if entry.value is None:
                    continue
                for value in self._unpacked(form, entry.value):
                    for encoding in self.signatures.of(value):
                        # One call signs for several callers, each with claims of its own.
                        key = (encoding.site.node, *(e for _, e in self._asked(encoding)))
                        if key not in seen:
                            seen.add(key)
                            exchange.encodings.append(encoding)
        ours = [e for e in exchange.encodings if not self.evidence.is_anothers(e)]
        exchange.encodings = ours or exchange.encodings
        if not exchange.encodings:
            exchange.encodings += self._left_in_files(exchange)
        if not exchange.encodings:
            exchange.metascopes += self._written_claims(exchange)
        for encoding in exchange.encodings:
            exchange.metascopes += self.evidence.metascopes(encoding.claims)
            each = [
                {n for n, _ in self.evidence.metascopes((c,))}
                for c in encoding.claims
                if isinstance(c, Fields)
            ]
            if each:
                always = each[0].intersection(*each[1:])
                looped = {n for n, site in self.evidence.metascopes(encoding.claims) if _is_looped(site)}
                exchange.conditional |= each[0].union(*each[1:]) - always - looped
        if self.evidence.is_aem(exchange):
            exchange.beside_aem = self.evidence.goes_beside_aem(exchange)
            exchange.aem = not exchange.beside_aem

    def _left_in_files(self, exchange: Exchange) -> list[Encoding]:
        """Signatures that a command writes into a file, from which the assertion is put together."""
        found: dict[s.Node, Encoding] = {}
        for form in exchange.forms:
            for entry in form.entries(self.provider.fields.assertion):
                if entry.value is None:
                    continue
                for value in self._unpacked(form, entry.value):
                    results = [v for v in inside(value) if isinstance(v, Result)]
                    for module in dict.fromkeys([entry.value.module, *(v.site.module for v in results)]):
                        found.update((e.site.node, e) for e in self.signatures.beside(value, module))
        return list(found.values())

    def _written_claims(self, exchange: Exchange) -> list[tuple[str, Site]]:
        """The metascopes of claims that something unknown signs: those written in the same module."""
        module = exchange.entry.module
        found: list[tuple[str, Site]] = []
        for node in module.each(s.Item):
            if node.key is not None and not isinstance(node.key, s.Name):
                for key in self.resolver.resolve(Site(module, node.key)):
                    name = self.evidence.metascope_in(key)
                    if name is not None:
                        found.append((name, Site(module, node)))
        return found

    def _unpacked(self, form: Form, site: Site) -> Iterator[Value]:
        """The values of a field; ``(None, value)`` is how a multipart form says it."""
        for value in self.resolver.resolve(site):
            if form.how == "multipart" and isinstance(value, Items) and len(value.sites) > 1:
                yield from self.resolver.resolve(value.sites[1])
            else:
                yield value

    def _asked(self, encoding: Encoding) -> list[tuple[str, s.Node]]:
        return [(name, site.node) for name, site in self.evidence.metascopes(encoding.claims)]

    def chosen_by_callers(self, exchange: Exchange) -> bool:
        """Do different callers ask for different metascopes, so that one setting cannot serve them?"""
        if len({name for name, _ in exchange.metascopes}) < 2:
            return False
        asked = [
            {name for name, _ in self._asked(e)}
            for e in exchange.encodings
            if e.site.ctx != exchange.sender.ctx
        ]
        if any(names != asked[0] for names in asked):
            return True
        for encoding in exchange.encodings:
            if encoding.claims_site is None:
                continue
            for value in self.resolver.resolve(encoding.claims_site, callers=False):
                for entry in value.entries if isinstance(value, Fields) else ():
                    last = entry.key.parts[-1] if isinstance(entry.key, Text) and entry.key.parts else None
                    if isinstance(last, Gap) and entry.value is not None and self._varies(last.value):
                        return True
        return False

    def _varies(self, value: Value) -> bool:
        """Do the calls fill the parameter that ``value`` is, or was taken from, with different words?"""
        *taken, param = chain(value)
        if not isinstance(param, Param):
            return False
        module, function = param.site.module, param.function
        calls = self.resolver.program_callers(module, function) or self.resolver.callers(module, function)
        members = [m for m in reversed(taken) if isinstance(m, Member)]
        handed = [arg for call in calls for arg in self.resolver.arguments(param, call)]
        if self._is_asked_of_one(taken, handed):
            return False
        asked: set[frozenset[str | None]] = set()
        for arg in handed:
            layered: set[str | None] = set()
            for given in self._not_of_tests(self.resolver.resolve(arg)):
                found = {frozenset(self._words_of(value)) for value in self._taken(given, members)}
                if self._is_layered(given):
                    layered.update(*found)
                else:  # what is known of one object is what is not known of it by another way
                    asked |= {words for words in found if words != {None}} or found
            asked |= {frozenset(layered - {None} or layered)} if layered else set()
        return len(asked) != 1 or any(None in words or not words for words in asked)

    def _is_asked_of_one(self, taken: Iterable[Value], handed: Iterable[Site]) -> bool:
        """``cfg.get("app", "scopes").split(",")`` where all calls hand in one ``ConfigParser()``?"""
        asked = [value.site.node for value in taken if isinstance(value, Result)]
        given = [arg.value for call in asked if isinstance(call, s.Call) for arg in call.args]
        if not asked or not all(isinstance(each, s.Str | s.Const) for each in given):
            return False
        objects = {value for site in handed for value in self._not_of_tests(self.resolver.resolve(site))}
        return len(objects) == 1 and all(isinstance(each, Result) for each in objects)

    def _not_of_tests(self, values: Iterable[Value]) -> list[Value]:
        """Without the mappings that tests hand in, where anybody else does."""
        values = list(values)
        ours = [v for v in values if not (isinstance(v, Fields) and self.resolver.is_test(v.site.module))]
        return ours or values

    def _is_layered(self, given: Value) -> bool:
        """``ChainMap(environment, file, DEFAULTS)``: what stands in its layers is one caller's."""
        if not isinstance(given, Fields) or not isinstance(given.site.node, s.Call):
            return False
        made = self.resolver.resolve(given.site.at(given.site.node.func))
        return any(name_of(value) == "collections.ChainMap" for value in made)

    def _words_of(self, value: Value) -> Iterator[str | None]:
        """The texts in a list, or the one text; None where it is not known."""
        if not isinstance(value, Items):
            yield text_of(value)
            return
        for site in value.sites:
            yield from map(text_of, self.resolver.resolve(site))

    def _taken(self, value: Value, members: list[Member]) -> list[Value]:
        """What attributes and keys, one after the other, make of a value; elements are taken together."""
        values = [value]
        for member in members:
            if member.key == "*":
                break
            take = self.resolver.attribute if member.attribute else self.resolver.keyed_by
            values = [found for v in values for found in take(v, member.key, member.site)]
        return values

    # -- what is sent -----------------------------------------------------------------------------

    def secret_variables(self, exchanges: Iterable[Exchange]) -> list[str]:
        """The variables of the environment from which the client secrets come."""
        name = self.provider.fields.client_secret
        entries = (e for x in exchanges for form in x.forms for e in form.entries(name))
        values = (v for e in entries if e.value is not None for v in self.resolver.resolve(e.value))
        return [value.name for value in values if isinstance(value, Environ)]


def _nested(calls: Context) -> Context:
    """The same calls, outermost first, each seen from those around it."""
    found: Context = ()
    for function, call in calls:
        found = (*found, (function, Site(call.module, call.node, found)))
    return found


def _is_looped(site: Site) -> bool:
    """Is it written by a loop that asks nothing: for all of a list, not for some?"""
    looped = False
    for ancestor in site.module.ancestors(site.node):
        if isinstance(ancestor, s.If | s.Match | s.Handler | s.While):
            return False
        if isinstance(ancestor, s.FuncDef):
            break
        looped = looped or isinstance(ancestor, s.For)
    return looped

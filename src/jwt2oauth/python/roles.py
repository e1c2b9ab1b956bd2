"""What each place is in a flow: exchange, form, assertion, claims, key, reply.

An exchange is found from what is sent or where to; roles then spread backwards along the values.
Nothing is an exchange, and nothing is reported, without evidence of Adobe in the flow.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from functools import cached_property

from ..records import dataclass
from ..rules.calls import Client, ClientCall
from ..rules.tables import Rules
from . import syntax as s
from .index import Module
from .resolve import Resolver, argument_of
from .signing import Encoding, Signatures, inside
from .values import (
    Arithmetic,
    Class,
    Context,
    Entry,
    Fields,
    Gap,
    Given,
    Items,
    Lit,
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


@dataclass(frozen=True, slots=True)
class Form:
    """Fields that are sent, in one of the ways a client takes them.

    ``how`` is ``form``, ``query``, ``multipart``, ``json``, ``text`` (a ready body) or ``url``
    (a query string written into the URL). ``given`` is the argument of the sending call.
    """

    how: str
    fields: Fields
    given: Given
    text: Text | None = None

    def entries(self, name: str) -> list[Entry]:
        """The entries that write the field ``name``."""
        return [e for e in self.fields.entries if text_of(e.key) == name]

    def content(self, entry: Entry) -> Site | None:
        """The expression of a field; a multipart form may say ``(None, value)``."""
        site = entry.value
        node = site.node if site is not None else None
        if site is not None and self.how == "multipart" and isinstance(node, s.Sequence):
            return site.at(node.items[1]) if len(node.items) > 1 else site
        return site


@dataclass(slots=True)
class Exchange:
    """One call that trades an assertion for a token."""

    sender: Site
    client: Client
    call: ClientCall
    urls: tuple[Text, ...]
    url_given: Given | None
    forms: tuple[Form, ...]
    maker: Site
    """The call to which ``url_given`` and the forms are given: the sender, or the ``Request(…)`` it sends."""
    replies: tuple[Site, ...]
    """The calls that give the reply: the sender, or ``getresponse()`` of its connection."""
    encodings: list[Encoding] = field(default_factory=list)
    metascopes: list[tuple[str, Site]] = field(default_factory=list)
    conditional: set[str] = field(default_factory=set)
    """Metascopes that are not asked for on every path."""
    aem: bool = False

    @property
    def entry(self) -> Site:
        """The project's call that means this exchange: the sender or, through wrappers, the outermost."""
        return self.sender.ctx[0][1] if self.sender.ctx else self.sender

    @property
    def key(self) -> tuple[str, int, int]:
        """Order by place."""
        return self.entry.key

    @property
    def modules(self) -> set[Module]:
        """Where the flow is seen."""
        return {
            site.module
            for site in (self.entry, self.sender, *self.replies, *(e.site for e in self.encodings))
        }


class Finder:
    """Finds exchanges and lone assertions in the loaded modules."""

    def __init__(self, resolver: Resolver, rules: Rules) -> None:
        self.resolver = resolver
        self.rules = rules
        self.provider = rules.provider
        self._senders = {
            n: (client, call) for client in rules.clients for call in client.calls for n in call.names
        }
        self.others: list[Exchange] = []
        """Requests like an exchange that go to somebody else, as far as they are known."""
        self.signatures = Signatures(resolver, rules, self.adobe_claims)
        paths = "|".join(re.escape(p) for p in self.provider.exchange_paths)
        self._path = re.compile(rf"(?:{paths})/?(?=$|[?#\x00])")
        hosts = "|".join(re.escape(h) for h in self.provider.hosts)
        self._host = re.compile(rf"(?:{hosts})", re.IGNORECASE)
        prefix = re.escape(self.provider.metascope_path)
        self._metascope = re.compile(rf"{prefix}([A-Za-z0-9_]+)$")

    # -- exchanges ----------------------------------------------------------------------------

    def exchanges(self) -> list[Exchange]:
        """All exchanges, by place; the same entry only once."""
        found: dict[s.Node, Exchange] = {}
        for _ in range(8):
            # Following a value may load modules: their calls count as well.
            loaded = len(self.resolver.index.loaded)
            self.resolver.load_bases()
            found = {}
            for path, sites in itertools.groupby(list(self.resolver.calls), lambda site: site.module.path):
                with self.resolver.net.over(path):
                    for site in sites:
                        for client, call in self.sender(site):
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
                adobe += [exchange] if self.is_adobe(exchange) else []
        self.others = [e for e in ordered if e not in adobe]
        return adobe

    def _yielded(self, module: Module) -> Iterator[Exchange]:
        """Requests that a generator yields to the client, ``auth_flow`` of an ``httpx.Auth``."""
        clients = {name: client for client in self.rules.clients for name in client.flows}
        methods = {name.rpartition(".")[2] for name in clients}
        for node in module.nodes.get(s.Yield, ()):
            function = module.function(node)
            if not isinstance(node, s.Yield) or node.value is None or function is None:
                continue
            owner = module.class_of(function) if function.name in methods else None
            for base in self.resolver.foreign_bases(Class(module, owner)) if owner is not None else ():
                client = clients.get(f"{base}.{function.name}")
                if client is not None:
                    yield from self._sent(Site(module, node), node.value, client)

    def _sent(self, site: Site, value: s.Expr, client: Client) -> Iterator[Exchange]:
        for request in self.resolver.resolve(site.at(value)):
            known = self._senders.get(request.name) if isinstance(request, Result) else None
            if isinstance(request, Result) and known is not None and known[0] is client:
                made = self.read(request.site, *known)
                if made is not None and self._looks_like(made):
                    yield replace(made, replies=(site,))

    def sender(self, site: Site) -> list[tuple[Client, ClientCall]]:
        """The HTTP client's calls that ``site`` may be; each once."""
        assert isinstance(site.node, s.Call)
        last = _last(site.node.func)
        # A call of another name is none of a client, but here it may be a wrapper that has to be loaded.
        asked = last is None or last in self._last_names or self._sends_here(site.module)
        values = self.resolver.resolve(site.at(site.node.func)) if asked else ()
        found = []
        for value in values:
            known = self._senders.get(name_of(value) or "")
            if known is None and self.resolver.relayed(site.module, site.node) is None:
                known = next(map(self._partial, self.resolver.bound(value)), None)
            if known is not None and known not in found and known[1].sends:
                found.append(known)
        return found

    def _partial(self, value: Value) -> tuple[Client, ClientCall] | None:
        """The call of a client that has some of its arguments already: these are what a session is."""
        known = self._senders.get(name_of(value) or "")
        return (known[0], replace(known[1], session=True)) if known is not None else None

    def _sends_here(self, module: Module) -> bool:
        """Does the module name the assertion's field?"""
        return module.holds(self.provider.fields.assertion)

    @cached_property
    def _last_names(self) -> set[str]:
        return {n.rpartition(".")[2] for n in self._senders}

    def _variants(self, site: Site, client: Client, call: ClientCall) -> Iterator[Exchange]:
        """The call as seen from each chain of callers that decides what is sent where."""
        stack: list[Site] = [site]
        count = 0
        while stack and count < 64:
            count += 1
            here = stack.pop()
            exchange = self.read(here, client, call)
            if exchange is not None and self._looks_like(exchange):
                whole = self.read(here, client, call, callers=True)
                yield whole if whole is not None and self._looks_like(whole) else exchange
                continue
            param = self._deciding_param(here, client, call)
            if param is None or len(here.ctx) >= 5:
                continue
            for caller in self.resolver.program_callers(
                here.module if not here.ctx else param.site.module, param.function
            ):
                ctx = _nested(((param.function, caller), *here.ctx))
                if not any(f is param.function for f, _ in here.ctx):
                    stack.append(Site(here.module, here.node, ctx))

    def read(self, site: Site, client: Client, call: ClientCall, *, callers: bool = False) -> Exchange | None:
        """What the call at ``site`` sends where; with ``callers``, parameters are read from all callers."""
        made = self._made(site, client, call)
        if made is not None:
            inner = self.read(made[0], client, made[1], callers=callers)
            return (
                replace(inner, sender=site, maker=made[0], call=made[1], replies=(site,)) if inner else None
            )
        assert isinstance(site.node, s.Call)
        method = self.resolver.given(site, call.method, callers=callers)
        if call.method is not None and not call.verb and method is not None:
            verbs = [text_of(v) for v in self.resolver.resolve(method.value, callers=callers)]
            if verbs and all(v is not None and v.upper() != "POST" for v in verbs):
                return None
        url_given = self.resolver.given(site, call.url, callers=callers)
        urls: list[Text] = []
        if url_given is not None:
            place = url_given.value
            for value in self.resolver.resolve(place, callers=callers):
                urls += self.resolver.written(_address(value, place))
        forms = list(self._forms(site, call, callers))
        for url in urls:
            query = self._query(url)
            if query is not None and url_given is not None:
                forms.append(Form("url", query, url_given, url))
        return Exchange(
            site, client, call, tuple(urls), url_given, tuple(forms), site, self._replies(site, call)
        )

    def _made(self, site: Site, client: Client, call: ClientCall) -> tuple[Site, ClientCall] | None:
        """``urlopen(request)``: the call that made the request."""
        assert isinstance(site.node, s.Call)
        arg = argument_of(site.node, call.request)
        if arg is None:
            return None
        for value in self.resolver.resolve(site.at(arg.value)):
            known = self._senders.get(value.name) if isinstance(value, Result) else None
            if isinstance(value, Result) and known is not None and known[0] is client and not known[1].sends:
                return value.site, known[1]
        return None

    def _replies(self, site: Site, call: ClientCall) -> tuple[Site, ...]:
        """``connection.getresponse()`` after ``connection.request(…)``."""
        assert isinstance(site.node, s.Call)
        if not call.reply_method or not isinstance(site.node.func, s.Attribute):
            return (site,)
        function = site.module.function(site.node)
        own = site.module.snippet(site.node.func.value)
        for node in site.module.nodes.get(s.Call, ()):
            assert isinstance(node, s.Call)
            if (
                isinstance(node.func, s.Attribute)
                and node.func.attr == call.reply_method
                and site.module.snippet(node.func.value) == own
                and site.module.function(node) is function
                and node.span.start > site.node.span.start
            ):
                return (site.at(node),)
        return (site,)

    def _forms(self, site: Site, call: ClientCall, callers: bool) -> Iterator[Form]:
        places = (
            ("form", call.form),
            ("text", call.body),
            ("query", call.query),
            ("multipart", call.multipart),
            ("json", call.json),
        )
        for how, argument in places:
            given = self.resolver.given(site, argument, callers=callers)
            if given is None:
                continue
            for raw in self.resolver.resolve(given.value, callers=callers):
                value = self.resolver.as_fields(raw)
                if isinstance(value, Fields):
                    yield Form("multipart" if self.is_multipart(value) else how, value, given)
                elif isinstance(value, Text):
                    fields = form_fields(value)
                    if fields is not None:
                        yield Form("text", fields, given, value)

    def is_multipart(self, fields: Fields) -> bool:
        """Does what made a body of the fields make it multipart?"""
        if fields.encoder is None or not isinstance(fields.encoder.node, s.Call):
            return False
        names = {name_of(v) for v in self.resolver.resolve(fields.encoder.at(fields.encoder.node.func))}
        return any(e.multipart and names & set(e.names) for e in self.rules.values.form_encoders)

    def _query(self, url: Text) -> Fields | None:
        for index, part in enumerate(url.parts):
            if isinstance(part, Lit) and "?" in part.text:
                rest, behind = part.text.split("?", 1)[1], url.parts[index + 1 :]
                if not rest and len(behind) == 1 and isinstance(behind[0], Gap):
                    encoded = behind[0].value  # ``url + "?" + urlencode(fields)``
                    return encoded if isinstance(encoded, Fields) else None
                return form_fields(Text((Lit(rest, part.site), *behind)))
        return None

    def _deciding_param(self, site: Site, client: Client, call: ClientCall) -> Param | None:
        """The parameter without which URL or form cannot be known here."""
        made = self._made(site, client, call)
        if made is not None:
            return self._deciding_param(made[0], client, made[1])
        node = site.node
        assert isinstance(node, s.Call)
        places = (call.url, call.form, call.body, call.query, call.multipart)
        for argument in places:
            arg = argument_of(node, argument)
            if arg is None:
                continue
            for value in self.resolver.resolve(site.at(arg.value), callers=False):
                for inner in inside(value):
                    if isinstance(inner, Param):
                        return inner
        for arg in node.args:
            if arg.star:
                for value in self.resolver.resolve(site.at(arg.value), callers=False):
                    for inner in inside(value):
                        if isinstance(inner, Param):
                            return inner
        return None

    # -- evidence -----------------------------------------------------------------------------

    def _looks_like(self, exchange: Exchange) -> bool:
        fields = self.provider.fields
        if any(self.path_in(url) for url in exchange.urls):
            return True
        for form in exchange.forms:
            names = {text_of(e.key) for e in form.fields.entries if e.value is not None}
            if fields.assertion in names and (fields.client_id in names or fields.client_secret in names):
                return True
        return False

    def is_token_url(self, url: Text) -> bool:
        """Does the text name a host of Adobe, or a token endpoint?"""
        folded = url.fold()
        return self._host.search(folded) is not None or any(p in folded for p in self.provider.token_paths)

    def in_words(self, line: str) -> bool:
        """Does one of the words of a command hold a path of the exchange?"""
        return any(self._path.search(word.strip("\"'")) for word in line.split())

    def is_audience(self, value: Value) -> bool:
        """Is it the audience that Adobe's exchange asks for, ``https://ims-na1.adobelogin.com/c/…``?"""
        match = self._host.search(_shown(value))
        return match is not None and _shown(value)[match.end() :].startswith(self.provider.audience_path)

    def match_path(self, url: Text) -> re.Match[str] | None:
        """The path of the exchange in a text whose gaps are NUL."""
        return self._path.search(url.fold("\x00"))

    def path_in(self, url: Text) -> bool:
        """Does the text hold a path of the exchange?"""
        return self._path.search(url.fold()) is not None

    def is_adobe(self, exchange: Exchange) -> bool:
        """Is there evidence of Adobe, and none against it?"""
        if any(self.path_in(url) or self._host.search(url.fold()) for url in exchange.urls):
            return True
        if exchange.metascopes or any(self.adobe_claims(e.claims) for e in exchange.encodings):
            return True
        if any(u.known or _elsewhere(u) for u in exchange.urls):
            return False
        if any(self._foreign_claims(e.claims) for e in exchange.encodings):
            return False
        if exchange.encodings and all(self._cannot_be_ours(e.claims) for e in exchange.encodings):
            return False
        fields = self.provider.fields
        wanted = {fields.client_id, fields.client_secret, fields.assertion}
        return any(wanted <= {text_of(e.key) for e in form.fields.entries} for form in exchange.forms)

    def _foreign_claims(self, values: Iterable[Value]) -> bool:
        """Do claims name somebody else's host?"""
        for value in values:
            for entry in value.entries if isinstance(value, Fields) else ():
                found = [entry.key, *(self.resolver.resolve(entry.value) if entry.value is not None else ())]
                if any(_HOST.match(shown) and not self._host.search(shown) for shown in map(_shown, found)):
                    return True
        return False

    def _cannot_be_ours(self, values: Sequence[Value]) -> bool:
        """Are all claims known by name, and none a metascope, without which Adobe gives no token?"""
        path = self.provider.metascope_path
        return bool(values) and all(
            isinstance(value, Fields)
            and not (value.open or value.rest)
            and all(
                isinstance(e.key, Text) and e.key.known and path not in e.key.fold() for e in value.entries
            )
            for value in values
        )

    def _is_anothers(self, encoding: Encoding) -> bool:
        """Is it signed for somebody else, who shares the request?"""
        return self._foreign_claims(encoding.claims) and not self.adobe_claims(encoding.claims)

    def adobe_claims(self, values: Iterable[Value]) -> bool:
        """Do claims name Adobe: audience, metascope, organisation or technical account?"""
        for value in values:
            if not isinstance(value, Fields):
                continue
            for entry in value.entries:
                if self._metascope_in(entry.key) is not None:
                    return True
                if entry.value is None:
                    continue
                contents = self.resolver.resolve(entry.value)
                for content in (v for given in contents for v in self.resolver.readings(given)):
                    shown = _shown(content)
                    if self._host.search(shown) or shown.endswith(
                        (self.provider.issuer_suffix, self.provider.subject_suffix)
                    ):
                        return True
        return False

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
        ours = [e for e in exchange.encodings if not self._is_anothers(e)]
        exchange.encodings = ours or exchange.encodings
        if not exchange.encodings:
            exchange.encodings += self._left_in_files(exchange)
        if not exchange.encodings:
            exchange.metascopes += self._written_claims(exchange)
        for encoding in exchange.encodings:
            exchange.metascopes += self.metascopes(encoding.claims)
            each = [{n for n, _ in self.metascopes((c,))} for c in encoding.claims if isinstance(c, Fields)]
            if each:
                always = each[0].intersection(*each[1:])
                exchange.conditional |= each[0].union(*each[1:]) - always
        exchange.aem = self._is_aem(exchange)

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
        for node in module.nodes.get(s.Item, ()):
            assert isinstance(node, s.Item)
            if node.key is not None and not isinstance(node.key, s.Name):
                for key in self.resolver.resolve(Site(module, node.key)):
                    name = self._metascope_in(key)
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

    def metascopes(self, claims: Iterable[Value]) -> list[tuple[str, Site]]:
        """The metascopes that claims name, with the places of their keys."""
        found: list[tuple[str, Site]] = []
        for value in claims:
            if not isinstance(value, Fields):
                continue
            for entry in value.entries:
                name = self._metascope_in(entry.key)
                if name is not None and entry.value is not None:
                    found.append((name, entry.site))
        return list(dict.fromkeys(found))

    def _metascope_in(self, key: Value) -> str | None:
        """``ent_user_sdk`` in ``https://ims…/s/ent_user_sdk``; somebody else's host is no evidence."""
        written = self.resolver.written(key) if isinstance(key, Text) else ()
        return next((name for name in map(self._metascope_of, written) if name is not None), None)

    def _metascope_of(self, key: Text) -> str | None:
        shown = _shown(key)
        match = self._metascope.search(shown)
        if match is None:
            return None
        before = shown[: match.start()]
        known_host = "://" in before and "\x00" not in before
        if known_host:
            return match[1] if self._host.search(before) else None
        known = {name for row in self.rules.scopes for name in row.metascopes}
        is_ours = match[1].startswith(self.provider.metascope_prefix) or match[1] in known
        return match[1] if is_ours or self._host.search(before) else None

    def _asked(self, encoding: Encoding) -> list[tuple[str, s.Node]]:
        return [(name, site.node) for name, site in self.metascopes(encoding.claims)]

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
        calls = self.resolver.callers(param.site.module, param.function)
        found = set()
        for arg in (arg for call in calls for arg in self.resolver.arguments(param, call)):
            for given in self.resolver.resolve(arg):
                for value in self._taken(given, [m for m in reversed(taken) if isinstance(m, Member)]):
                    sites = value.sites if isinstance(value, Items) else ()
                    inner = [v for site in sites for v in self.resolver.resolve(site)]
                    found.add(frozenset(text_of(v) for v in (inner if isinstance(value, Items) else [value])))
        return len(found) != 1 or any(None in words for words in found)

    def _taken(self, value: Value, members: list[Member]) -> list[Value]:
        """What attributes and keys, one after the other, make of a value; elements are taken together."""
        values = [value]
        for member in members:
            if member.key == "*":
                break
            take = self.resolver.attribute if member.attribute else self.resolver.keyed_by
            values = [found for v in values for found in take(v, member.key, member.site)]
        return values

    def _is_aem(self, exchange: Exchange) -> bool:
        aem = self.provider.aem
        if any(name in aem.metascopes for name, _ in exchange.metascopes):
            return True
        for form in exchange.forms:
            for entry in form.entries(self.provider.fields.client_id):
                if entry.value is None:
                    continue
                values = self.resolver.resolve(entry.value)
                for value in (v for given in values for v in self.resolver.readings(given)):
                    known = text_of(value)
                    if known and re.match(rf"{re.escape(aem.client_id_prefix)}\d", known):
                        return True
                    keys = [v.key for v in chain(value) if isinstance(v, Member)]
                    if any(set(path) <= set(keys) for path in aem.json_keys):
                        return True
        return False


def _nested(calls: Context) -> Context:
    """The same calls, outermost first, each seen from those around it."""
    found: Context = ()
    for function, call in calls:
        found = (*found, (function, Site(call.module, call.node, found)))
    return found


def _address(value: Value, site: Site) -> Text:
    """``value`` as a text: what is added to an address is put behind it."""
    if isinstance(value, Text):
        return value
    node = value.site.node if isinstance(value, Arithmetic) else None
    if isinstance(value, Arithmetic) and isinstance(node, s.Binary) and value.op == "+":
        left, right = _address(value.left, value.site.at(node.left)), value.site.at(node.right)
        return Text((*left.parts, *_address(value.right, right).parts))
    return Text((Gap(value, site),))


def form_fields(text: Text) -> Fields | None:
    """``a=1&b={x}`` as fields; None if the text is no form."""
    entries: list[Entry] = []
    key: Lit | None = None
    value: Site | None = None
    started = False
    for part in text.parts:
        if isinstance(part, Gap):
            if key is not None:
                value = part.site
            continue
        if key is not None and value is None and part.via is not None and not re.search("[&?=]", part.text):
            value = part.via
            continue
        for index, piece in enumerate(re.split(r"[&?]", part.text)):
            if index:
                if key is not None and value is not None:
                    entries.append(Entry(Text((key,)), value, key.site))
                key, value = None, None
            name, equals, rest = piece.partition("=")
            if equals and key is None:
                started = True
                key = Lit(name.strip(), part.site)
                if rest:
                    span = part.site.node.span
                    value = part.site.at(s.Str(span, span, rest, "", ""))
            elif piece and key is not None and value is None and not index:
                value = part.site  # ``"client_id=%s" % "1a2b"``: a literal that fills a template
    if key is not None and value is not None:
        entries.append(Entry(Text((key,)), value, key.site))
    site = text.parts[0].site if text.parts else None
    return Fields(tuple(entries), site) if started and entries and site is not None else None


_HOST = re.compile(r"https?://[^/?#\x00]+(?=[/?#]|$)")


def _elsewhere(url: Text) -> bool:
    """Is the host, or the whole path behind an unknown host, written out (and, as we know, not Adobe's)?"""
    shown = url.fold("\x00")
    return _HOST.match(shown) is not None or re.search(r"\x00/[\w./-]+(?:\?|$)", shown) is not None


def _shown(value: Value) -> str:
    return value.fold("\x00") if isinstance(value, Text) else ""


def _last(func: s.Expr) -> str | None:
    if isinstance(func, s.Attribute):
        return func.attr
    return None if isinstance(func, s.Name) else ""

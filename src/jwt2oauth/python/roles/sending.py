"""What a call of an HTTP client sends, and where to, seen from the callers that decide it.

And whether a client's function is anything but called: given to whoever calls it by another name. It is rare,
and who knows that nobody does it need not ask of every parameter that is called what it may be.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from ...rules.calls import Argument, Client, ClientCall
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import path_of
from ..facts.values import (
    Arithmetic,
    Constant,
    Entry,
    Fields,
    Gap,
    Given,
    Lit,
    Param,
    Result,
    Site,
    Text,
    Value,
    name_of,
    text_of,
)
from ..resolve import Resolver, argument_of
from ..resolve.base import COMMON_METHODS
from .exchange import Exchange, Form
from .signing import inside

_POSTING = frozenset({"post", "request", "fetch_token"})
"""Methods that send something, whatever else is called so; the last is what a rewritten flow calls."""


class Requests:
    """Reads the calls of the clients that the rules know."""

    def __init__(self, resolver: Resolver, rules: Rules) -> None:
        """Know the calls of ``rules`` by their names."""
        self.resolver = resolver
        self.rules = rules
        self.named = {
            n: (client, call) for client in rules.clients for call in client.calls for n in call.names
        }
        self._handed_on = HandedOn(resolver, self.named)

    def sender(self, site: Site) -> list[tuple[Client, ClientCall]]:
        """The HTTP client's calls that ``site`` may be; each once."""
        func, found = site.call.func, []
        if self._sends_here(site.module):
            called = (*self.resolver.resolve(site.at(func)), *self._chosen(site))
        else:
            with self.resolver.sparing():
                called = (*self._called(site, func), *self._chosen(site))
        for value in called:
            known = self.named.get(name_of(value) or "")
            if known is None and self.resolver.relayed(site.module, site.call) is None:
                known = next(map(self._partial, self.resolver.bound(value)), None)
            if known is not None and known not in found and known[1].sends:
                found.append(known)
        return found

    def may_send(self, node: s.Node) -> bool:
        """Is it a call that is named like one that sends, so that what it gives is a reply?"""
        return isinstance(node, s.Call) and s.last_name(node.func) in self._sending

    def _called(self, site: Site, func: s.Expr) -> Sequence[Value]:
        """What is called there, as far as it may be a client's function.

        A parameter is one only where somebody hands one on.
        """
        last = _last(func)
        if last is not None and last not in self._last_names:
            return ()
        return self.resolver.resolve(site.at(func), callers=last is not None or self._handed_on.is_any())

    def _chosen(self, site: Site) -> Iterator[Value]:
        """``getattr(requests, method)(…)``: what the callers of the function that sends choose."""
        func = site.node.func if isinstance(site.node, s.Call) else None
        by_name = isinstance(func, s.Call) and isinstance(func.func, s.Name) and func.func.id == "getattr"
        if not isinstance(func, s.Call) or not by_name or len(func.args) < 2:
            return
        base, name = (site.at(arg.value) for arg in func.args[:2])
        for chosen in self.resolver.resolve(name, callers=True):
            attribute = text_of(chosen)
            for owner in self.resolver.resolve(base) if attribute is not None else ():
                yield from self.resolver.attribute(owner, attribute or "", site)

    def _partial(self, value: Value) -> tuple[Client, ClientCall] | None:
        """The call of a client that has some of its arguments already: these are what a session is."""
        known = self.named.get(name_of(value) or "")
        return (known[0], replace(known[1], session=True)) if known is not None else None

    def _sends_here(self, module: Module) -> bool:
        """Does the module name the assertion's field?"""
        return module.holds(self.rules.provider.fields.assertion)

    @cached_property
    def _sending(self) -> set[str]:
        named = {name.rpartition(".")[2] for name, (_, call) in self.named.items() if call.sends}
        return named - COMMON_METHODS | _POSTING

    @cached_property
    def _last_names(self) -> set[str]:
        return {n.rpartition(".")[2] for n in self.named}

    def read(self, site: Site, client: Client, call: ClientCall, *, callers: bool = False) -> Exchange | None:
        """What the call at ``site`` sends where; with ``callers``, parameters are read from all callers."""
        made = self._made(site, client, call)
        if made is not None:
            inner = self.read(made[0], client, made[1], callers=callers)
            return (
                replace(inner, sender=site, maker=made[0], call=made[1], replies=(site,)) if inner else None
            )
        method = self.resolver.given(site, call.method, callers=callers)
        if call.method is not None and not call.verb and method is not None:
            verbs = [text_of(v) for v in self.resolver.resolve(method.value, callers=callers)]
            if verbs and all(v is not None and v.upper() != "POST" for v in verbs):
                return None
        url_given = self.resolver.given(site, call.url, callers=callers)
        urls: list[Text] = []
        if url_given is not None:
            place = url_given.value
            values = self.resolver.resolve(place, callers=callers)
            for value in [v for v in values if not _is_nothing(v)] or values:
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
        arg = argument_of(site.call, call.request)
        if arg is None:
            return None
        for value in self.resolver.resolve(site.at(arg.value)):
            known = self.named.get(value.name) if isinstance(value, Result) else None
            if isinstance(value, Result) and known is not None and known[0] is client and not known[1].sends:
                return value.site, known[1]
        return None

    def _replies(self, site: Site, call: ClientCall) -> tuple[Site, ...]:
        """``connection.getresponse()`` after ``connection.request(…)``."""
        if not call.reply_method or not isinstance(site.call.func, s.Attribute):
            return (site,)
        function = site.module.function(site.call)
        own = site.module.snippet(site.call.func.value)
        for node in site.module.each(s.Call):
            if (
                isinstance(node.func, s.Attribute)
                and node.func.attr == call.reply_method
                and site.module.snippet(node.func.value) == own
                and site.module.function(node) is function
                and node.span.start > site.call.span.start
            ):
                return (site.at(node),)
        return (site,)

    def _forms(self, site: Site, call: ClientCall, callers: bool) -> Iterator[Form]:
        for how, given in self._places(site, call, callers):
            for raw in self.resolver.resolve(given.value, callers=callers):
                value = self.resolver.as_fields(raw)
                if isinstance(value, Fields):
                    yield Form("multipart" if self.is_multipart(value) else how, value, given)
                elif isinstance(value, Text):
                    fields = form_fields(value)
                    if fields is not None:
                        yield Form("text", fields, given, value)

    def _places(self, site: Site, call: ClientCall, callers: bool) -> Iterator[tuple[str, Given]]:
        """Each way in which the call may send something, and what it may be given for it."""
        places = (
            ("form", call.form),
            ("text", call.body),
            ("query", call.query),
            ("multipart", call.multipart),
            ("json", call.json),
        )
        for how, argument in places:
            given = self.resolver.given(site, argument, callers=callers)
            if given is not None:
                yield how, given
            for later in _assigned(site, call, argument):
                yield how, later

    def unread(self, exchange: Exchange) -> Site | None:
        """A body that is not known and may be sent where a form of ``exchange`` is."""
        places = tuple(self._places(exchange.maker, exchange.call, callers=True))
        given = {form.given for form in exchange.forms}
        ways = {how for how, place in places if place in given}
        for how, place in places:
            for raw in self.resolver.resolve(place.value, callers=True) if how in ways else ():
                if not isinstance(self.resolver.as_fields(raw), Fields | Text | Constant):
                    return place.value
        return None

    def sends_only(self, exchange: Exchange, given: Collection[Given]) -> bool:
        """Is what ``given`` fills all that the call sends, and always so?"""
        call = exchange.sender
        places = [place for _, place in self._places(call, exchange.call, callers=False)]
        values = [value for place in places for value in self.resolver.resolve(place.value, callers=False)]
        spread = any(arg.star for arg in call.call.args)
        read = map(self.resolver.as_fields, values)
        return not spread and {*places} == {*given} and all(isinstance(each, Fields) for each in read)

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

    def deciding_param(self, site: Site, client: Client, call: ClientCall) -> Param | None:
        """The parameter without which URL or form cannot be known here, or the whole request."""
        whole = argument_of(site.call, call.request)
        for value in self.resolver.resolve(site.at(whole.value), callers=False) if whole is not None else ():
            if isinstance(value, Param):
                return value
        made = self._made(site, client, call)
        if made is not None:
            return self.deciding_param(made[0], client, made[1])
        node = site.call
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
                    spread = value.rest if isinstance(value, Fields) else ()  # ``**kwargs`` handed on again
                    for inner in (each for given in (value, *spread) for each in inside(given)):
                        if isinstance(inner, Param):
                            return inner
        return None


def _assigned(made: Site, call: ClientCall, argument: Argument | None) -> Iterator[Given]:
    """``request.data = body`` after ``request = Request(url)``; in each branch its own."""
    module, holder = made.module, made.module.parents[made.node]
    target = holder.targets[0] if isinstance(holder, s.Assign) and holder.value is made.node else None
    if call.sends or argument is None or not isinstance(target, s.Name):
        return
    for stmt in module.each(s.Assign):
        store = stmt.targets[0]
        if not isinstance(store, s.Attribute) or store.attr != argument.keyword or store.span < target.span:
            continue
        if module.function(stmt) is module.function(holder) and path_of(store.value) == target.id:
            assert stmt.value is not None
            yield Given(made.at(stmt.value), made.at(stmt))


def _is_nothing(value: Value) -> bool:
    """``url = None`` of a base class, ``url = ""``: no request goes there, an heir says where it goes."""
    if isinstance(value, Text):
        return value.known and not value.fold()
    return isinstance(value, Constant) and value.value is None


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


def _last(func: s.Expr) -> str | None:
    if isinstance(func, s.Attribute):
        return func.attr
    return None if isinstance(func, s.Name) else ""


class HandedOn:
    """Looks for it in the loaded modules; once, until others are loaded."""

    def __init__(self, resolver: Resolver, names: Collection[str]) -> None:
        """Look for the functions of these dotted names."""
        self.resolver, self.names = resolver, frozenset(names)
        self._last = frozenset(name.rpartition(".")[2] for name in names)
        self._packages = frozenset(name.partition(".")[0].removesuffix("()") for name in names)
        self._known: tuple[Sequence[Module], bool] = ([], False)

    def is_any(self) -> bool:
        """Say whether a loaded module does anything else with one than to call it."""
        loaded, found = self._known
        if loaded is not self.resolver.index.loaded:
            loaded = self.resolver.index.loaded
            with self.resolver.sparing():
                found = any(map(self._hands_on, loaded))
            self._known = loaded, found
        return found

    def _hands_on(self, module: Module) -> bool:
        renamed = (a for node in module.each(s.ImportFrom) for a in node.aliases if a.asname)
        if any(alias.name in self._last for alias in renamed):
            return True
        return any(
            name_of(value) in self.names
            for node in module.each(s.Name, s.Attribute)
            if s.last_name(node) in self._last and not _is_called(module, node)
            if isinstance(node, s.Attribute) or module.imports(node)
            for value in self.resolver.resolve(Site(module, node), callers=False)
        ) or any(self._is_picked(module, node) for node in module.each(s.Call))

    def _is_picked(self, module: Module, node: s.Call) -> bool:
        """``send = getattr(requests, method)``"""
        taken = node.args[0].value if s.is_named(node.func, "getattr") and node.args else None
        if not isinstance(taken, s.Name) or _is_called(module, node) or not module.imports(taken):
            return False
        names = map(name_of, self.resolver.resolve(Site(module, taken)))
        return any(name is not None and name.partition(".")[0] in self._packages for name in names)


def _is_called(module: Module, node: s.Expr) -> bool:
    parent = module.parents.get(node)
    return isinstance(parent, s.Call) and parent.func is node

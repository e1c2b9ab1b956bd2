"""Which scopes a flow asks for, where they stand in its code, and what a person is told about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ...paths import is_program
from ...records import dataclass
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Fields, Items, Lit, Param, Site, Text
from ..following.forward import Forward
from ..following.lookups import lookups
from ..resolve import Resolver, argument_for
from ..resolve.shared import list_of
from ..roles.exchange import Exchange
from ..roles.finder import Finder
from ..roles.trace import label_of, place
from ..writing.changes import Changes
from .beside_claims import beside_claims
from .beside_client import Settings
from .carriers import Carriers, can_hold, carry
from .entries import add_item, add_to_document
from .metascopes import Table, Wishes, scopes_todo
from .setting import Setting, quote_at, quote_beside, room_in
from .wording import COMMON


@dataclass(slots=True)
class Answer:
    """The scopes of one exchange, as they are put into the code."""

    setting: Setting
    """At the request."""
    others: list[Setting]
    """At the callers, where these choose."""
    todos: list[str]
    notes: list[str]


class Wanted:
    """Answers for exchanges; one per project."""

    def __init__(
        self, resolver: Resolver, forward: Forward, finder: Finder, rules: Rules, wishes: Wishes
    ) -> None:
        self.resolver = resolver
        self.forward = forward
        self.finder = finder
        self.rules = rules
        self.wishes = wishes
        self.table = Table(rules, wishes)
        self._in_tests: dict[s.Node, str | None] = {}
        """What tests see asked for; None where callers choose: tests call with scopes of their own."""
        self.exchanges: Sequence[Exchange] = ()
        """All of the project's."""
        self._common: frozenset[str] | None = None
        """The metascopes for which the variable of the environment stands that has no better name."""

    def scopes_for(self, exchange: Exchange) -> tuple[str | None, list[str]]:
        """The scopes to ask for and, for the to-do, where they come from."""
        scopes, origins = self.table.scopes((name for name, _ in exchange.metascopes), exchange.conditional)
        if not self.wishes.scopes:
            for name, test in self.finder.evidence.conditions(exchange):
                where = label_of(test.module, test.node)
                origins.append(f"{name} was only asked for on the condition in {where}")
        return scopes, origins

    def scopes_in_tests(self, exchange: Exchange) -> str | None:
        """The scopes that tests see in the request, if they are the same in all and known."""
        if exchange.entry.node in self._in_tests:
            return self._in_tests[exchange.entry.node]
        return self.scopes_for(exchange)[0]

    # -- where they stand -----------------------------------------------------------------------------

    def answer(self, exchange: Exchange, changes: Changes) -> Answer | None:
        """Put the scopes beside the client id, or where the callers choose; None where there is no place."""
        carried = None
        if not self.wishes.scopes:
            carried = self._by_carrier(exchange, changes) or self._by_section(exchange, changes)
        if carried is not None:
            return carried
        if not self.wishes.scopes and self.finder.chosen_by_callers(exchange):
            return self._chosen(exchange, changes) or self._carried(exchange, changes)
        default, origins = self.scopes_for(exchange)
        at = self.place(exchange)
        settings = Settings(
            self.resolver, self.forward, changes, default, quote_beside(at), self._taken(exchange)
        )
        settings.words.common = self._variable(exchange)
        settings.mappings.contested = self._contested(exchange)
        client = next(self.client_ids(exchange), None)
        apart = client is not None and Carriers(self.forward, self.finder).are_apart(exchange, client)
        if apart and not self.wishes.scopes:
            return None
        made = settings.beside(client, at) if client is not None else None
        if made is None and (client is None or not isinstance(client.node, s.Subscript | s.Call)):
            made = beside_claims(exchange, at, settings.words, self.resolver, changes)
        made = self._with_import(made or settings.words.plain(at), at.module, changes)
        if made.variable == COMMON:
            self._common = frozenset(name for name, _ in exchange.metascopes)
        if default is not None and not self.wishes.scopes:
            claims = [c for e in exchange.encodings for c in e.claims]
            unread = dict.fromkeys(place(site).label for site in self.finder.evidence.unread(claims))
            origins = [*origins, *(f"what {label} adds could not be read" for label in unread)]
        return Answer(replace(made, value=default or ""), [], [scopes_todo(default, origins, made)], [])

    def _contested(self, exchange: Exchange) -> frozenset[s.Node]:
        """The client ids in files that may be this one's or that of a flow with other metascopes.

        Empty where there is but one for it: two flows that share a credential share its scopes.
        """
        own = self._documented(self.client_ids(exchange))
        asked = {name for name, _ in exchange.metascopes}
        if len(own) < 2:
            return frozenset()
        others = (each for each in self.exchanges if {name for name, _ in each.metascopes} != asked)
        taken = frozenset().union(*(self._documented(self.client_ids(each)) for each in others))
        return frozenset({*own} & {*taken}) | self._strangers(exchange, own)

    def _documented(self, sites: Iterable[Site]) -> dict[s.Node, Module]:
        """The entries of files of configuration that are sent as the client id, say."""
        found = (v for site in sites for v in self.resolver.resolve(site))
        texts = (v.parts[0].site for v in found if isinstance(v, Text) and v.parts)
        items = ((text.module.parents.get(text.node), text.module) for text in texts)
        return {
            item: module for item, module in items if isinstance(item, s.Item) and not is_program(module.path)
        }

    def _strangers(self, exchange: Exchange, own: Mapping[s.Node, Module]) -> frozenset[s.Node]:
        """The client ids of rows or sections like ours that have nothing of what claims say elsewhere."""
        claims = (c for each in exchange.encodings for c in each.claims if isinstance(c, Fields))
        values = (entry.value for fields in claims for entry in fields.entries if entry.value is not None)
        said = self._documented(values)
        ours = {module.parents[item] for item, module in said.items() if item not in own}
        rows = {item: module.parents[item] for item, module in own.items()}
        beside = {list_of(own[item], row) for item, row in rows.items() if row in ours}
        return frozenset(
            item for item, row in rows.items() if row not in ours and list_of(own[item], row) in beside
        )

    def _variable(self, exchange: Exchange) -> str:
        """``ADOBE_SCOPES``, unless that is for another credential: ``ADOBE_CAMPAIGN_SCOPES``."""
        names = frozenset(name for name, _ in exchange.metascopes)
        if self._common is None or names == self._common or not names:
            return COMMON
        product = min(names).removeprefix("ent_").removesuffix("_sdk").removesuffix("_meta")
        return f"ADOBE_{product.upper()}_SCOPES"

    def _taken(self, exchange: Exchange) -> frozenset[str]:
        """The names of settings where the claims are put together and the metascopes are written down."""
        sites = [site for e in exchange.encodings for site in (e.site, *(c for _, c in e.site.ctx))]
        sites += [site for _, site in exchange.metascopes]
        for encoding in exchange.encodings:
            for claims in encoding.claims:
                for entry in claims.entries if isinstance(claims, Fields) else ():
                    parts = entry.key.parts if isinstance(entry.key, Text) else ()
                    sites += [part.site for part in parts]
        modules = dict.fromkeys(site.module for site in sites)
        return frozenset(word for module in modules for word in _words(module))

    def client_ids(self, exchange: Exchange) -> Iterator[Site]:
        """The expressions that are sent as the client id."""
        for form in exchange.forms:
            for entry in form.entries(self.rules.provider.fields.client_id):
                value = form.content(entry)
                if value is not None and not (isinstance(value.node, s.Str) and not value.node.quote):
                    yield value

    def place(self, exchange: Exchange) -> Site:
        """Where the scopes will stand: at the assertion's field, or at the request."""
        for form in exchange.forms:
            for entry in form.entries(self.rules.provider.fields.assertion):
                return entry.site
        return exchange.sender

    def _with_import(self, made: Setting, module: Module, changes: Changes) -> Setting:
        if made.imports_os:
            changes.add_import(module, "import os", "os", "os")
        return replace(made, imports_os=False)

    def _by_carrier(self, exchange: Exchange, changes: Changes) -> Answer | None:
        """``self.metascope`` of several credentials: each writes its scopes where its metascope was."""
        at = self.place(exchange)
        carrier = Carriers(self.forward, self.finder).find(exchange, at)
        asked = self._carried_scopes(exchange, carrier.holders, changes) if carrier is not None else None
        if carrier is None or asked is None:
            return None
        self._in_tests[exchange.entry.node] = None
        carry(carrier, changes, asked)
        todos = []
        for holder, names in carrier.holders.items():
            default, origins = self.table.scopes(names, ())
            where = f" for {place(holder).label}"
            todos.append(scopes_todo(default, origins, replace(asked[holder], value=""), where))
        where = label_of(carrier.expression.module, carrier.expression.node)
        note = f"{carrier.shown} now carries the scopes ({where})."
        others = [setting for setting in asked.values() if setting.variable]
        return Answer(Setting((carrier.shown,), ""), others, todos, [note])

    def _carried_scopes(
        self, exchange: Exchange, holders: dict[Site, list[str]], changes: Changes
    ) -> dict[Site, Setting] | None:
        """What stands in place of the metascopes; one of the credentials may be asked for from outside."""
        found: dict[Site, Setting] = {}
        for holder, names in holders.items():
            default, _ = self.table.scopes(names, ())
            if default is not None:
                found[holder] = Setting((), "", value=default)
                continue
            if not is_program(holder.module.path):
                return None
            quote = quote_at(holder) or holder.module.quote()
            settings = Settings(self.resolver, self.forward, changes, None, quote, self._taken(exchange))
            found[holder] = settings.words.plain(holder)
        if sum(not setting.value for setting in found.values()) > 1:
            return None
        return {
            holder: self._with_import(setting, holder.module, changes) for holder, setting in found.items()
        }

    def _by_section(self, exchange: Exchange, changes: Changes) -> Answer | None:
        """``profile["client_id"]`` of several sections: each has its scopes beside it."""
        client = next(self.client_ids(exchange), None)
        key = client.node.index if client is not None and isinstance(client.node, s.Subscript) else None
        if client is None or not isinstance(key, s.Str):
            return None
        sections = Carriers(self.forward, self.finder).sections(exchange, client)
        wanted = [(entry, *self.table.scopes(names, ())) for entry, names in sections]
        if not wanted or any(scopes is None for _, scopes, _ in wanted):
            return None
        at = self.place(exchange)
        settings = Settings(
            self.resolver, self.forward, changes, None, quote_beside(at), self._taken(exchange)
        )
        name = settings.words.named(str(key.value))
        todos = []
        for entry, scopes, origins in wanted:
            if is_program(entry.site.module.path):
                quote = entry.site.module.quote()
                add_item(changes, entry.site, name, (f"{quote}{scopes}{quote}",), quote)
            else:
                add_to_document(changes, entry.site, name, scopes or "")
            todos.append(scopes_todo(scopes, origins, Setting((), ""), f" for {place(entry.site).label}"))
        base = client.module.snippet(client.node.value) if isinstance(client.node, s.Subscript) else ""
        made = Setting((f"{base}[{key.quote}{name}{key.quote}]",), "")
        return Answer(made, [], todos, [])

    # -- where callers choose -------------------------------------------------------------------------

    def _chosen(self, exchange: Exchange, changes: Changes) -> Answer | None:
        """``get_token(…, "ent_user_sdk")``: what carried the metascope carries the scopes."""
        at = self.place(exchange)
        function = at.module.function(at.node)
        names = {name for name, _ in exchange.metascopes}
        for param in function.params if function is not None else ():
            passed = self._passed(at.module, param)
            if passed is None or set().union(*passed.values()) != names:
                continue
            listed = not all(isinstance(site.node, s.Str) for site in passed)
            if listed and not self._only_for_claims(exchange, at.module, param):
                continue
            assert function is not None
            others, todos = [], []
            spread = [asked for site, asked in passed.items() if isinstance(_above(site), s.Item)]
            if any(self.table.scopes(asked, ())[0] is None for asked in spread):
                continue
            for site, asked in sorted(passed.items(), key=lambda pair: pair[0].key):
                made, todo = self._at_caller(exchange, function, site, list(asked), changes)
                others.append(made)
                todos.append(todo)
            if len({tuple(asked) for asked in passed.values()}) > 1:
                self._in_tests[exchange.entry.node] = None
            changes.kept.add(param)
            if param.annotation is not None and at.module.snippet(param.annotation) != "str":
                changes.replace(at.module, param.annotation, "str")
            where = label_of(at.module, param)
            note = f"The parameter {param.name} of {function.name} now carries the scopes ({where})."
            return Answer(Setting((param.name,), ""), others, todos, [note])
        return None

    def _only_for_claims(self, exchange: Exchange, module: Module, param: s.Param) -> bool:
        """Is the list only gone through, or handed to what signs, so that it need be a list no longer?"""
        claims = [c for e in exchange.encodings for c in e.claims if isinstance(c, Fields)]
        sites = [e.site for e in exchange.encodings] + [entry.site for c in claims for entry in c.entries]
        signing = {site.module.function(site.node) for site in sites}
        for binding in module.scope(param).bindings.get(param.name, ()):
            for use in module.uses.get(binding, ()):
                parent = module.parents[use]
                call = module.call_of(parent)
                callees = self.resolver.callees(Site(module, call)) if call is not None else []
                gone_through = isinstance(parent, s.For | s.Clause) and parent.iter is use
                if not gone_through and not (callees and all(f.node in signing for f in callees)):
                    return False
        return True

    def _passed(self, module: Module, param: s.Param) -> dict[Site, dict[str, None]] | None:
        """What callers write for ``param``, a text or a list of them; None if there is anything else."""
        found: dict[Site, dict[str, None]] = {}
        for binding in module.scope(param).bindings.get(param.name, ()):
            if binding.node is not param:
                continue
            for value in self.resolver.binding(binding, Site(module, param)):
                site = value.site if isinstance(value, Items) else None
                items = value.sites if isinstance(value, Items) and not value.open else ()
                words = [v for item in items for v in self.resolver.resolve(item)] if items else [value]
                for word in words:
                    part = word.parts[0] if isinstance(word, Text) and len(word.parts) == 1 else None
                    if not isinstance(part, Lit) or not isinstance(part.site.node, s.Str):
                        return None
                    place = part.site if site is None else site
                    if not isinstance(_above(place), s.Arg | s.Param) and not self._is_spread(place, param):
                        return None
                    found.setdefault(Site(place.module, place.node), {})[part.text] = None
        return found

    def _is_spread(self, place: Site, param: s.Param) -> bool:
        """``login(**ACCOUNTS["users"])``: is it an entry that fills the parameter, can hold scopes, and is
        read nowhere else?"""
        item, name = _above(place), param.name
        if not isinstance(item, s.Item) or not can_hold(place) or not isinstance(item.key, s.Str):
            return False
        names = [asked for module in self.resolver.world for asked, _ in lookups(self.resolver, module)]
        return item.key.value == name and name not in names

    def _carried(self, exchange: Exchange, changes: Changes) -> Answer | None:
        """``exchange(client_id, secret, assertion)``: each caller passes its scopes where it passed what it
        had signed."""
        found = self._assertion_param(exchange)
        if found is None:
            return None
        module, function, param = found
        passed: list[tuple[Site, list[str]]] = []
        for call in self.resolver.callers(module, function):
            given = self.resolver.arguments(Param(function, param, Site(module, param)), call)
            names = list(dict.fromkeys(name for arg in given for name in self._asked_by(arg)))
            if len(given) != 1 or not names or given[0].module is not call.module:
                return None
            passed.append((given[0], names))
        name = "scope" if not _uses(function, "scope") else "scopes"
        others, todos = [], []
        for site, names in passed:
            made, todo = self._at_caller(exchange, function, site, names, changes, (param.name, name))
            others.append(made)
            todos.append(todo)
        rest = module.text[param.span.start + len(param.name) : param.span.end]
        changes.replace(module, param, name + rest)
        where = label_of(module, param)
        note = f"{function.name} takes the scopes now, where it took the assertion ({where})."
        return Answer(Setting((name,), ""), others, todos, [note])

    def _assertion_param(self, exchange: Exchange) -> tuple[Module, s.FuncDef, s.Param] | None:
        """The parameter by which the assertion comes to the request, if all who fill it are here."""
        at = self.place(exchange)
        function = at.module.function(at.node)
        for form in exchange.forms:
            for entry in form.entries(self.rules.provider.fields.assertion):
                node = entry.value.node if entry.value is not None else None
                if not isinstance(node, s.Name) or function is None:
                    continue
                bound = [b.node for b in at.module.scopes.bindings_of(node)]
                if len(bound) == 1 and isinstance(bound[0], s.Param) and bound[0] in function.params:
                    return at.module, function, bound[0]
        return None

    def _asked_by(self, site: Site) -> Iterator[str]:
        """The metascopes in what is signed for one caller."""
        for value in self.resolver.resolve(site):
            for encoding in self.finder.signatures.of(value):
                yield from (name for name, _ in self.finder.evidence.metascopes(encoding.claims))

    def _at_caller(
        self,
        exchange: Exchange,
        function: s.FuncDef,
        site: Site,
        metascopes: list[str],
        changes: Changes,
        renamed: tuple[str, str] = ("", ""),
    ) -> tuple[Setting, str]:
        """The scopes in place of what one caller passes, beside the client id that goes with it."""
        default, origins = self.table.scopes(metascopes, ())
        quote = quote_at(site) or site.module.quote()
        where = f" for {place(site).label}"
        if isinstance(_above(site), s.Item):
            changes.replace(site.module, site.node, f"{quote}{default}{quote}")
            return Setting((), ""), scopes_todo(default, origins, Setting((), ""), where)
        settings = Settings(self.resolver, self.forward, changes, default, quote, self._taken(exchange))
        client = self._client_id_beside(exchange, function, site)
        made = settings.make(client, site) if client is not None else settings.words.plain(site)
        made = self._with_import(made, site.module, changes)
        module, arg = site.module, site.module.parents[site.node]
        start = module.line_start(site.node.span.start)
        indent = module.text[start : site.node.span.start]
        indent = indent[: len(indent) - len(indent.lstrip())]
        room = room_in(module) - (site.node.span.start - start) - 1
        text = made.lines(room, indent, module.source.indent or "    ")
        if renamed[1] and "\n" in text:
            text = self._named(site, renamed[1], made, changes)
        if isinstance(arg, s.Arg) and arg.keyword == renamed[0]:
            changes.replace(module, arg, f"{renamed[1]}={text}")
        else:
            changes.replace(module, site.node, text)
        return replace(made, value=default or ""), scopes_todo(default, origins, made, where)

    def _named(self, site: Site, name: str, made: Setting, changes: Changes) -> str:
        """A variable of its own for scopes that do not fit into the call."""
        module = site.module
        statement, function = module.statement(site.node), module.function(site.node)
        free = name if function is None or not _uses(function, name) else f"oauth_{name}"
        start = module.line_start(statement.span.start)
        room = room_in(module) - (statement.span.start - start) - len(free) - len(" = ")
        text = made.lines(room, "", module.source.indent or "    ")
        changes.insert(module, statement, f"{free} = {text}")
        return free

    def _client_id_beside(self, exchange: Exchange, function: s.FuncDef, site: Site) -> Site | None:
        """What the call around ``site`` passes as client id."""
        arg = site.module.parents[site.node]
        call = site.module.parents[arg]
        client = next(self.client_ids(exchange), None)
        if not isinstance(call, s.Call) or client is None or not isinstance(client.node, s.Name):
            return None
        bound = {b.node for b in client.module.scopes.bindings_of(client.node)}
        for callee in self.resolver.callees(Site(site.module, call)):
            for param in function.params:
                passed = argument_for(callee, call, param) if param in bound else None
                if passed is not None and callee.node is function:
                    return site.at(passed.value)
        return None


def _words(module: Module) -> Iterator[str]:
    """Keys and attributes of a module that have to do with scopes, but not with those of OAuth."""
    found: set[str] = set()
    known: set[str] = set()
    for node in module.each(s.Str, s.Attribute):
        word = node.value if isinstance(node, s.Str) else getattr(node, "attr", "")
        if isinstance(word, str) and word.lower().endswith("scopes"):
            found.add(word)
            parent = module.parents.get(node)
            value = parent.value if isinstance(parent, s.Item | s.Assign) else None
            if isinstance(value, s.Str) and "openid" in str(value.value):
                known.add(word)
    yield from found - known


def _above(site: Site) -> s.Node | None:
    return site.module.parents.get(site.node)


def _uses(function: s.FuncDef, name: str) -> bool:
    return any(isinstance(n, s.Name | s.Param) and _called(n) == name for n in s.walk(function))


def _called(node: s.Name | s.Param) -> str:
    return node.id if isinstance(node, s.Name) else node.name

"""One plan a flow: what becomes of each role, or why the flow is left alone.

The planner asks one question a role. A role for which it has no answer makes the flow manual, with
that role's place and reason; it never sees shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..model import Edit
from ..rules import Rules
from . import syntax as s
from .changes import Changes
from .effects import Effects
from .forms import FormEditor, NoAnswer
from .forward import Forward
from .imports import place_imports
from .index import Module
from .lifetimes import Readers
from .mocks import Moved, Tests
from .offers import Offers
from .replies import Reader, Replies
from .resolve import Resolver
from .roles import Exchange, Finder, Form
from .session import SessionWriter, obstacles
from .setting import Setting
from .signing import Encoding, inside
from .sweep import Sweep
from .trace import label_of, place, place_of
from .units import Lifetimes, Units
from .values import Environ, Gap, Lit, Param, Site, Text, text_of
from .wanted import Wanted, Wishes


@dataclass(slots=True)
class Refusal:
    """Why a flow is left alone."""

    reason: str
    site: Site
    detail: str = ""


@dataclass(slots=True)
class Plan:
    """The result for one group of exchanges that are changed together."""

    exchanges: list[Exchange]
    changes: Changes = field(default_factory=Changes)
    client: str = "authlib"
    refusal: Refusal | None = None
    notes: list[str] = field(default_factory=list)
    todos: list[str] = field(default_factory=list)
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    settings: list[Setting] = field(default_factory=list)

    remains: list[Site] = field(default_factory=list)
    """Expressions that nobody needs any more and that stay for what else they may do."""

    additions: list[Edit] = field(default_factory=list)
    """Edits of files that no value came from: templates of the environment."""

    def edits(self) -> list[Edit]:
        """All edits, in code, configuration and templates."""
        return [*self.changes.edits(), *self.additions]

    @property
    def entry(self) -> Site:
        """The first exchange's place."""
        return self.exchanges[0].entry


class Planner:
    """Plans; one per project."""

    def __init__(
        self,
        resolver: Resolver,
        forward: Forward,
        finder: Finder,
        effects: Effects,
        rules: Rules,
        wishes: Wishes,
        importers: Callable[[str], bool],
        offers: Offers,
        exchanges: Sequence[Exchange],
    ) -> None:
        self.resolver = resolver
        self.forward = forward
        self.finder = finder
        self.effects = effects
        self.rules = rules
        self.wishes = wishes
        self.importers = importers
        self.offers = offers
        self.reader = Reader(forward, resolver, rules)
        self.lifetimes = Readers(self.reader, forward, effects, rules)
        self.wanted = Wanted(resolver, forward, finder, rules, wishes)
        self.tests = Tests(resolver, finder, effects, rules)
        self.tests.exchanges = exchanges

    def plan(self, exchanges: Sequence[Exchange]) -> Plan:
        """Plan exchanges that belong together: all of them or none."""
        plan = self._attempt(exchanges, keep="")
        if plan.refusal is not None and plan.client == "authlib":
            other = self._attempt(exchanges, keep="what is sent is used elsewhere as well")
            return other if other.refusal is None else plan
        return plan

    def _attempt(self, exchanges: Sequence[Exchange], *, keep: str) -> Plan:
        plan = Plan(list(exchanges))
        encodings = [e for exchange in exchanges for e in exchange.encodings]
        self.effects.excused = {site.node for e in encodings for site in (e.site, *e.by)}
        try:
            for exchange in plan.exchanges:
                self._exchange(exchange, plan, keep)
            self._units(plan)
            moved = self.tests.move(plan.exchanges, plan.changes, plan.lifetimes, self._scopes(plan))
            self._sweep(plan, moved)
            place_imports(plan.changes, self._is_own)
            self._emptied(plan)
            self._comments(plan)
        except NoAnswer as error:
            plan.refusal = Refusal(error.reason, error.site, error.detail)
            plan.changes = Changes()
        return plan

    def _comments(self, plan: Plan) -> None:
        """Comments with a meaning of their own that are written nowhere any more."""
        texts = [edit.text for edit in plan.changes.edits()]
        for module, comment in dict.fromkeys(plan.changes.lost_comments):
            if not any(comment.text in text for text in texts):
                where = place_of(module, comment.span).label
                plan.notes.append(f"A comment with a TODO or licence went with the removed code: {where}.")

    def _is_own(self, module: Module, node: s.Stmt) -> bool:
        """Does the import bring in a module of the project?"""
        index = self.resolver.index
        if isinstance(node, s.ImportFrom):
            return bool(node.level) or index.find(module.path, node.module, 0) is not None
        names = [a.name for a in node.aliases] if isinstance(node, s.Import) else []
        return any(index.find(module.path, name, 0) is not None for name in names)

    def refuses(self, exchange: Exchange) -> Refusal | None:
        """Why nothing need be tried, if so."""
        try:
            self._check(exchange)
        except NoAnswer as error:
            self.tests.refused.add(exchange.sender.node)
            return Refusal(error.reason, error.site, error.detail)
        return None

    # -- what can be refused before anything is tried ---------------------------------------------

    def _check(self, exchange: Exchange) -> None:
        if exchange.aem:
            raise NoAnswer("aem-service-credentials", exchange.entry)
        dual = self._other_branch(exchange)
        if dual is not None:
            raise NoAnswer("public-choice", dual)
        if len(exchange.forms) > 1 and any(self._is_oauth(form) for form in exchange.forms):
            raise NoAnswer("public-choice", exchange.entry)
        self._check_fallbacks(exchange)
        for encoding in exchange.encodings:
            if encoding.leaves:
                raise NoAnswer("signing-effect", encoding.site)
        if not exchange.urls or not any(self.finder.path_in(u) for u in exchange.urls):
            raise NoAnswer("url-unknown", self._url_site(exchange), self._url_detail(exchange))
        name = self.rules.provider.fields.assertion
        if not any(form.entries(name) for form in exchange.forms):
            raise NoAnswer("form-unknown", exchange.entry)

    def _is_oauth(self, form: Form) -> bool:
        """Does the form already ask with client_credentials?"""
        for entry in form.entries(self.rules.provider.fields.grant_type):
            values = self.resolver.resolve(entry.value) if entry.value is not None else ()
            if any(text_of(v) == self.rules.provider.grant for v in values):
                return True
        return False

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
                        raise NoAnswer("conflict", site.at(handler))

    def _sends_or_signs(self, module: Module, handler: s.Handler) -> bool:
        for node in s.walk(handler):
            if isinstance(node, s.Call):
                here = Site(module, node)
                if self.finder.sender(here) or self.finder.signatures.signs(here):
                    return True
        return False

    def _url_site(self, exchange: Exchange) -> Site:
        return exchange.entry if exchange.url_given is None else exchange.url_given.written

    def _url_detail(self, exchange: Exchange) -> str:
        for url in exchange.urls:
            for part in url.parts:
                if isinstance(part, Gap) and isinstance(part.value, Environ):
                    return f"it comes from the environment variable {part.value.name}"
                if isinstance(part, Gap) and isinstance(part.value, Param):
                    return f"it is the parameter {part.value.param.name}"
        return ""

    def _other_branch(self, exchange: Exchange) -> Site | None:
        """A second, OAuth way in the same module, chosen at run time."""
        module = exchange.sender.module
        for site in self.resolver.calls:
            if site.module is not module or site.node is exchange.sender.node:
                continue
            for client, call in self.finder.sender(site):
                other = self.finder.read(site, client, call)
                if other is None:
                    continue
                for form in other.forms:
                    if self._is_oauth(form) and any(self.finder.is_token_url(u) for u in other.urls):
                        return site
        return None

    # -- one exchange -------------------------------------------------------------------------------

    def _exchange(self, exchange: Exchange, plan: Plan, keep: str) -> None:
        replies = self.reader.read(exchange)
        if replies.sliced and not replies.tokens:
            raise NoAnswer("reply-unknown", replies.sliced[0])
        reasons = [keep] if keep else self._reasons_to_keep(exchange, replies)
        answer = self.wanted.answer(exchange, plan.changes)
        if answer is None:
            raise NoAnswer("scope-unknown", exchange.entry)
        setting = answer.setting
        editor = FormEditor(self.resolver, self.finder, self.rules, plan.changes)
        editor.url(exchange)
        if reasons:
            plan.client = "keep"
            moved = editor.form(exchange, setting)
            plan.notes += moved
            if reasons != ["asked"]:
                plan.notes.append(f"{exchange.client.name} stays: {reasons[0]}.")
        else:
            writer = SessionWriter(self.resolver, self.rules, plan.changes, exchange, replies)
            writer.write(setting)
            editor.content_type(exchange)
            if any(f.how in ("query", "url") for f in exchange.forms):
                plan.notes.insert(0, "client_secret left the query string: it now travels in the body.")
            plan.notes += self._behaviour(exchange, replies)
        plan.settings += [setting, *answer.others]
        self._preminted(exchange, plan)
        self._address_todo(exchange, plan)
        plan.todos += answer.todos
        plan.notes += answer.notes
        self._host_note(exchange, plan)

    def _address_todo(self, exchange: Exchange, plan: Plan) -> None:
        """A variable of the environment may still hold the old address where this runs."""
        given = exchange.url_given
        values = self.resolver.resolve(given.value) if given is not None else ()
        path = self.rules.provider.token_path
        for inner in dict.fromkeys(part for value in values for part in inside(value)):
            if isinstance(inner, Environ) and inner.default is not None:
                texts = [v for v in self.resolver.readings(inner) if isinstance(v, Text)]
                if any("exchange" in text.fold() for text in texts):
                    where = f"If {inner.name} is set where this runs"
                    plan.todos.append(f"{where}, let it end in {path} there too.")

    def _preminted(self, exchange: Exchange, plan: Plan) -> None:
        """An assertion that somebody else signs."""
        for form in exchange.forms:
            for entry in form.entries(self.rules.provider.fields.assertion):
                for value in self.resolver.resolve(entry.value) if entry.value is not None else ():
                    if isinstance(value, Environ):
                        plan.todos.append(f"Whatever sets {value.name} need not sign and set it any more.")

    def _reasons_to_keep(self, exchange: Exchange, replies: Replies) -> list[str]:
        if self.wishes.client == "keep":
            return ["asked"]
        found = obstacles(exchange, replies, self.reader, self.resolver, self.rules)
        return [*found, *self.tests.obstacles(exchange)] if exchange.client.authlib else found

    def _behaviour(self, exchange: Exchange, replies: Replies) -> list[str]:
        where = place(exchange.entry).label
        if replies.raises:
            raised = "raise_for_status() raised HTTPError; a 5xx still raises HTTPError"
            return [f"A refused request now raises authlib's OAuthError in {where}, where {raised}."]
        return [f"A refused request now raises authlib's OAuthError in {where}, before the reply is read."]

    def _host_note(self, exchange: Exchange, plan: Plan) -> None:
        hosts = self.rules.provider.hosts
        for url in exchange.urls:
            text = url.fold("\x00")
            if text.startswith("https://") and "\x00" not in text.split("/ims/")[0]:
                host = text.split("/")[2]
                documented = self.rules.provider.default_host
                if host != documented:
                    note = f"The host {host} is kept as it is; the documented one is {documented}."
                    if host not in hosts and note not in plan.notes:
                        plan.notes.append(note)

    # -- units, death, proof of death -----------------------------------------------------------------

    def _units(self, plan: Plan) -> None:
        units = Units(self.resolver, self.rules, plan.exchanges)
        for exchange in plan.exchanges:
            stranger = self.lifetimes.stranger(exchange)
            if stranger is not None:
                raise NoAnswer("expiry-unknown", stranger)
        plan.lifetimes = units.mend(plan.changes)
        if plan.lifetimes.conflicts:
            raise NoAnswer("expiry-unknown", plan.lifetimes.conflicts[0])
        if plan.lifetimes.cached:
            plan.todos.append(
                "Delete the file in which the last token is kept: "
                "its lifetime is in milliseconds, and would be read as seconds."
            )
        if plan.lifetimes.conversions:
            places = ", ".join(dict.fromkeys(place(p).label for p in plan.lifetimes.conversions))
            plan.notes.append(f"expires_in is seconds now, it was milliseconds: mended in {places}.")
        for exchange in plan.exchanges:
            plan.notes += self.lifetimes.notes(exchange, plan.lifetimes, plan.changes)

    def _scopes(self, plan: Plan) -> str | None:
        """The scopes that every exchange of the plan asks for, if they are the same and known."""
        found = {self.wanted.scopes_for(exchange)[0] for exchange in plan.exchanges}
        return found.pop() if len(found) == 1 else None

    def _sweep(self, plan: Plan, moved: Moved) -> None:
        keys = [e.key for x in plan.exchanges for e in x.encodings if e.key]
        sweep = Sweep(
            plan.changes,
            self.forward,
            self.effects,
            self.resolver,
            self.rules,
            keys,
            self.importers,
            self.offers,
            self.tests.aims(moved),
        )
        sweep.run()
        while self.tests.prune(moved, plan.changes):
            sweep.run()
        plan.remains = [site for site in sweep.remains if not self.resolver.is_test(site.module)]
        self._verify(plan, sweep)
        self._tell_tests(plan, moved, sweep)
        plan.notes += list(dict.fromkeys(sweep.notes))
        for param, (module, function) in sweep.kept_params.items():
            if not plan.changes.is_dead(module, param):
                plan.notes.append(
                    f"The parameter {param.name} of {function.name} is no longer used "
                    f"and kept for its callers ({label_of(module, param)})."
                )

    def _tell_tests(self, plan: Plan, moved: Moved, sweep: Sweep) -> None:
        """What was changed in tests, and what a person must see to there."""
        plan.notes += moved.notes
        for binding, uses in sweep.only_tested() if moved.modules else ():
            places = ", ".join(dict.fromkeys(label_of(u.module, u.node) for u in uses))
            module = sweep.module_of(binding)
            name = binding.path.rpartition(".")[2]
            plan.todos.append(
                f"Only tests use {name} now ({label_of(module, binding.node)}): "
                f"remove it together with what they do with it ({places})."
            )
        plan.todos += moved.todos
        plan.todos += self.tests.left(moved, plan.exchanges, plan.changes, sweep.is_only_tested)

    def _emptied(self, plan: Plan) -> None:
        """Files of which nothing is left are for a person to delete."""
        for module in plan.changes.touched:
            left = [stmt for stmt in module.source.body.body if stmt not in plan.changes.removed]
            if module.path.endswith(".py") and not any(_says_something(stmt) for stmt in left):
                plan.todos.append(f"Delete {module.path}: nothing is left in it.")

    def _verify(self, plan: Plan, sweep: Sweep) -> None:
        """The assertion must be dead, or alive for tests alone: else somebody else uses it.

        So must be what it was signed with.
        """
        for exchange in plan.exchanges:
            for encoding in exchange.encodings:
                if not self._signs_no_more(plan, encoding) and not sweep.is_only_tested(encoding.site):
                    if sweep.bound:
                        raise NoAnswer("public-interface", sweep.bound[0])
                    raise NoAnswer("assertion-shared", encoding.site)
                reads = self.finder.signatures.reads(encoding.key) if encoding.key is not None else set()
                for site in plan.remains:
                    if reads & self.finder.signatures.reads(site):
                        raise NoAnswer("signing-effect", site)

    def _signs_no_more(self, plan: Plan, encoding: Encoding) -> bool:
        """Is the signing gone, or left to callers who have claims of their own?"""
        site = encoding.site
        if plan.changes.is_dead(site.module, site.node):
            return True
        if not any(plan.changes.is_dead(call.module, call.node) for _, call in site.ctx):
            return False
        function = site.ctx[-1][0]
        if not isinstance(function, s.FuncDef):
            return False
        others = [
            caller
            for caller in self.resolver.callers(site.module, function)
            if not plan.changes.is_dead(caller.module, caller.node)
        ]
        seen = [Site(site.module, site.node, (*c.ctx, (function, c))) for c in others]
        if not others:
            # Nobody here: those who may call it from outside find claims of their own, or ours.
            claims = encoding.claims_site or site
            found = self.resolver.resolve(Site(claims.module, claims.node), callers=False)
            return plan.changes.is_dead(site.module, function) or not self.finder.adobe_claims(found)
        return not any(
            self.finder.adobe_claims(self.finder.signatures.claims_at(encoding, view)) for view in seen
        )


def _says_something(stmt: s.Stmt) -> bool:
    """More than a docstring or an import of the future?"""
    if isinstance(stmt, s.ImportFrom):
        return stmt.module != "__future__"
    return not (isinstance(stmt, s.ExprStmt) and isinstance(stmt.value, s.Str))


__all__ = ["Lit", "Plan", "Planner", "Refusal", "Text", "Wishes"]

"""One plan a flow: what becomes of each role, or why the flow is left alone.

The planner asks one question a role. A role for which it has no answer makes the flow manual, with
that role's place and reason; it never sees shapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from ...rules.tables import Rules
from ..choosing.choices import Choice, Choices
from ..choosing.collapse import Collapse
from ..choosing.reach import Reach
from ..choosing.switches import Switches
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import path_of
from ..facts.values import Class, Environ, Fields, Instance, Member, Param, Site, Text, chain
from ..following.effects import Effects
from ..following.forward import Forward
from ..following.offers import Offers
from ..leftovers.lost_methods import idle_signers, lost_methods
from ..leftovers.settings import listed
from ..lifetime.conversions import Conversions
from ..lifetime.readers import LifetimeReaders
from ..mocks import Moved, Tests
from ..prose.outdated import idle_answers, outdated, overwritten
from ..prose.silenced import Silenced
from ..rendering import edits_of
from ..request.address import AddressEditor, owner_of
from ..request.forms import FormEditor
from ..request.obstacles import obstacles, together
from ..request.session import SessionWriter
from ..request.told_apart import Apart
from ..resolve import Resolver
from ..roles import hosts
from ..roles import unsigned as minted
from ..roles.exchange import Exchange
from ..roles.finder import Finder
from ..roles.replies import Replies, ReplyReader
from ..roles.signing import inside
from ..roles.trace import label_of, place, place_of
from ..settings.metascopes import Wishes
from ..settings.remaining import Remaining
from ..settings.wanted_scopes import Wanted
from ..sweep import Sweep
from ..sweep.kept import Kept
from ..writing.answers import NoAnswer
from ..writing.changes import Changes
from ..writing.docstrings import forget_attributes
from ..writing.imports import place_imports
from .plan import Plan, Refusal
from .refusals import Refusals
from .verdict import Verdict

_SEARCHED = re.compile(r"\.r?(?:find|index)\(")
"""What a slice begins or ends with where something is looked for."""


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
        declares: Callable[[str, str], bool],
    ) -> None:
        self.resolver = resolver
        self.forward = forward
        self.finder = finder
        self.effects = effects
        self.rules = rules
        self.wishes = wishes
        self.importers = importers
        self.offers = offers
        self.declares = declares
        """Does a manifest that speaks for this file name that distribution?"""
        self.reader = ReplyReader(forward, resolver)
        self.switches = Switches(resolver, rules, offers.by_path)
        self.reach = Reach(resolver, forward, effects, self.switches, importers, offers)
        choices = Choices(resolver, finder, self.reach, self.switches, rules)
        self.refusals = Refusals(resolver, finder, choices, offers, rules)
        self.lifetimes = LifetimeReaders(self.reader, forward, effects, rules)
        self.lifetimes.adrift.unseen.importers = importers
        self.wanted = Wanted(resolver, forward, finder, rules, wishes)
        self.remaining = Remaining(resolver, self.wanted, rules)
        self.verdict = Verdict(resolver, forward, finder, effects, offers, rules)
        self.tests = Tests(resolver, finder, effects, rules, importers)
        self.tests.exchanges = self.wanted.exchanges = exchanges

    def plan(self, exchanges: Sequence[Exchange]) -> Plan:
        """Plan exchanges that belong together: all of them or none."""
        with self.resolver.about(module for exchange in exchanges for module in exchange.modules):
            return self._plan(exchanges)

    def _plan(self, exchanges: Sequence[Exchange]) -> Plan:
        plan = self._attempt(exchanges, keep="")
        if plan.refusal is not None and plan.client == "authlib":
            other = self._attempt(exchanges, keep="what is sent is used elsewhere as well")
            return other if other.refusal is None else plan
        return plan

    def _attempt(self, exchanges: Sequence[Exchange], *, keep: str) -> Plan:
        plan = Plan(list(exchanges))
        encodings = [e for exchange in exchanges for e in exchange.encodings]
        self.effects.gone = plan.changes.is_dead
        self.effects.excused = {site.node for e in encodings for site in (e.site, *e.by)}
        for key in filter(None, (e.key for e in encodings)):
            self.effects.excused |= {site.node for site in self.finder.signatures.opens(key)}
        try:
            for exchange in plan.exchanges:
                choice = self.refusals.choice(exchange)
                if choice is not None:
                    self._drop(exchange, choice, plan)
                else:
                    self._exchange(exchange, plan, keep)
            self._units(plan)
            moved = self.tests.move(
                plan.exchanges, plan.changes, plan.lifetimes, self._scopes(plan), plan.settings
            )
            self._sweep(plan, moved)
            apart = Apart(self.resolver, self.forward, self.rules, plan.changes)
            plan.notes += apart.change(plan.exchanges, self.tests.exchanges, self.tests.left_alone())
            forget_attributes(plan.changes)
            place_imports(plan.changes, self.is_own)
            self._comments(plan)
        except NoAnswer as error:
            plan.refusal = Refusal(error.reason, error.site, error.detail)
            plan.changes = Changes()
        return plan

    def _comments(self, plan: Plan) -> None:
        """Comments with a meaning of their own that are written nowhere any more."""
        texts = [edit.text for edit in edits_of(plan.changes)]
        for module, comment in dict.fromkeys(plan.changes.lost_comments):
            if not any(comment.text in text for text in texts):
                where = place_of(module, comment.span).label
                plan.notes.append(f"A comment with a TODO or licence went with the removed code: {where}.")

    def is_own(self, module: Module, node: s.Stmt) -> bool:
        """Does the import bring in a module of the project?"""
        index = self.resolver.index
        if isinstance(node, s.ImportFrom):
            return bool(node.level) or index.find(module.path, node.module, 0) is not None
        names = [a.name for a in node.aliases] if isinstance(node, s.Import) else []
        return any(index.find(module.path, name, 0) is not None for name in names)

    def refuses(self, exchange: Exchange) -> Refusal | None:
        """Why nothing need be tried, if so."""
        try:
            with self.resolver.about(exchange.modules):
                self.refusals.check(exchange)
        except NoAnswer as error:
            self.tests.refused.add(exchange.sender.node)
            return Refusal(error.reason, error.site, error.detail)
        return None

    # -- one exchange -------------------------------------------------------------------------------

    def _drop(self, exchange: Exchange, choice: Choice, plan: Plan) -> None:
        """The JWT side of a choice goes."""
        plan.client = "keep"
        collapse = Collapse(self.resolver, self.reach, self.switches, self.effects, plan.changes)
        collapse.apply(choice)
        grant = label_of(choice.grant.module, choice.grant.node)
        plan.notes.append(
            "Only the JWT side of the choice is gone; "
            f"the request with client_credentials ({grant}) is as it was."
        )
        plan.notes += collapse.notes
        plan.todos += collapse.todos
        answer = self.remaining.answer(exchange, choice.grant, plan.changes)
        if answer is not None:
            plan.settings.append(answer.setting)
            plan.todos += answer.todos
        plan.dropped.append(exchange)

    def _exchange(self, exchange: Exchange, plan: Plan, keep: str) -> None:
        replies = self.reader.read(exchange)
        if replies.sliced and not replies.tokens:
            raise NoAnswer("reply-unknown", replies.sliced[0], "the token is cut out of its text")
        searched = (each for each in replies.sliced if _SEARCHED.search(each.module.snippet(each.node)))
        if (cut := next(searched, None)) is not None:  # text[text.index("expires_in"):]
            raise NoAnswer("reply-unknown", cut, "something is cut out of its text")
        reasons = [keep] if keep else self._reasons_to_keep(exchange, replies)
        answer = self.wanted.answer(exchange, plan.changes)
        if answer is None:
            raise NoAnswer("scope-unknown", exchange.entry)
        setting = answer.setting.standing_by(self.finder.secret_variables([exchange]))
        AddressEditor(self.finder.evidence, self.rules, plan.changes).change(exchange)
        editor = FormEditor(self.resolver, self.rules, plan.changes)
        if reasons:
            plan.client = "keep"
            moved = editor.form(exchange, setting)
            plan.notes += moved
            if reasons != ["asked"]:
                plan.notes.append(f"{exchange.client.name} stays: {reasons[0]}.")
        else:
            writer = SessionWriter(self.resolver, self.rules, plan.changes, exchange, replies)
            writer.write(setting)
            editor.transport.content_type(exchange)
            if any(f.how in ("query", "url") for f in exchange.forms):
                plan.notes.insert(0, "client_secret left the query string: it now travels in the body.")
            plan.notes += self._behaviour(exchange, replies)
        plan.settings += [setting, *answer.others]
        plan.preminted += minted.variables(self.resolver, exchange, self.rules.provider.fields.assertion)
        plan.todos += minted.left_behind(self.resolver, exchange)
        self._address_todo(exchange, plan)
        plan.todos += answer.todos
        plan.notes += answer.notes
        plan.notes += [n for n in hosts.notes(exchange, self.rules.provider) if n not in plan.notes]

    def _address_todo(self, exchange: Exchange, plan: Plan) -> None:
        """A variable of the environment may still hold the old address where this runs."""
        given = exchange.url_given
        found = self.resolver.resolve(given.value) if given is not None else ()
        # What stands before a path that is written here is no address by itself.
        values = [v for v in found if not (isinstance(v, Text) and self.finder.evidence.path_in(v))]
        path = self.rules.provider.token_path
        for inner in dict.fromkeys(part for value in values for part in inside(value)):
            if isinstance(inner, Environ) and inner.default is not None:
                texts = [v for v in self.resolver.readings(inner) if isinstance(v, Text)]
                if any("exchange" in text.fold() for text in texts):
                    where = f"If {inner.name} is set where this runs"
                    plan.todos.append(f"{where}, let it end in {path} there too.")
            if isinstance(inner, Param) and self.resolver.is_filled_by_words(inner):
                where = f"Where {inner.param.name} is given to {inner.function.name}"
                plan.todos.append(f"{where}, let it end in {path} there too.")
            owner = owner_of(inner)
            if isinstance(inner, Member) and isinstance(owner, Param):
                if self._is_of_another_heir(exchange, inner.site):
                    continue
                whose = f"as {owner.param.name} of {owner.function.name}"
                where = f"Where a caller brings a mapping of its own {whose}"
                plan.todos.append(f'{where}, let its "{inner.key}" end in {path}.')

    def _is_of_another_heir(self, exchange: Exchange, part: Site) -> bool:
        """Does an heir of the class that sends say so for itself, without an assertion?

        ``return self.settings["OKTA_URL"]``, in a ``token_url`` of its own
        """
        sender = exchange.sender
        method = sender.module.function(sender.node)
        owner = sender.module.class_of(method) if method is not None else None
        around = next((n for n in part.module.ancestors(part.node) if isinstance(n, s.ClassDef)), None)
        if owner is None or around is None or around is owner:
            return False
        name = self.rules.provider.fields.assertion
        ours = [entry.site.node for form in exchange.forms for entry in form.entries(name)]
        is_heir = Class(part.module, around) in self.resolver.subclasses(Class(sender.module, owner))
        return is_heir and not any(node in ours for node in s.walk(around))

    def _reasons_to_keep(self, exchange: Exchange, replies: Replies) -> list[str]:
        if self.wishes.client == "keep":
            return ["asked"]
        found = obstacles(exchange, replies, self.reader, self.resolver, self.rules)
        if exchange.client.authlib:
            found += self.tests.obstacles(exchange)
            rivals = (name for need in self.rules.dependencies.needs for name in need.not_with)
            path = exchange.sender.module.path
            found += [together(rival) for rival in rivals if self.declares(path, rival)]
        return found

    def _behaviour(self, exchange: Exchange, replies: Replies) -> list[str]:
        where = place(exchange.entry).label
        if replies.raises:
            raised = "raise_for_status() raised HTTPError; a 5xx still raises HTTPError"
            return [f"A refused request now raises authlib's OAuthError in {where}, where {raised}."]
        return [f"A refused request now raises authlib's OAuthError in {where}, before the reply is read."]

    # -- units, death, proof of death -----------------------------------------------------------------

    def _units(self, plan: Plan) -> None:
        conversions = Conversions(self.resolver, self.rules, plan.exchanges, plan.dropped)
        for exchange in plan.exchanges:
            stranger = self.lifetimes.stranger(exchange) if exchange not in plan.dropped else None
            if stranger is not None:
                raise NoAnswer("expiry-unknown", stranger)
        plan.lifetimes = conversions.mend(plan.changes)
        plan.lifetimes.check(plan.changes)
        for exchange in plan.exchanges:
            lost = self.lifetimes.lost(
                exchange, plan.lifetimes, plan.changes, conversions.units, goes=exchange in plan.dropped
            )
            if lost is not None:
                raise NoAnswer("expiry-unknown", lost)
        if plan.lifetimes.cached:
            plan.todos.append(
                "Delete the file in which the last token is kept: "
                "its lifetime is in milliseconds, and would be read as seconds."
            )

    def _tell_units(self, plan: Plan) -> None:
        """What became of lifetimes, where anything of it is left."""
        mended = [
            site
            for site in plan.lifetimes.conversions
            if plan.changes.touches(site.module, site.node) and not self._gone(site, plan)
        ]
        if mended:
            places = ", ".join(dict.fromkeys(place(p).label for p in mended))
            plan.notes.append(f"expires_in is seconds now, it was milliseconds: mended in {places}.")
        remarks = plan.lifetimes.remarks
        for exchange in plan.exchanges:
            if exchange not in plan.dropped:
                plan.notes += self.lifetimes.notes(exchange, plan.lifetimes, plan.changes)
                remarks.milliseconds(self.lifetimes.taken(exchange))
                remarks.passed(self.lifetimes.passed(exchange))
                remarks.assertion([exchange.sender, exchange.entry, *self._addresses(plan, exchange)])
        if mended:
            remarks.lifetime(self.rules.provider.lifetime_field, self.resolver.world)
        remarks.around(plan.changes.touched)
        said = Silenced(self.resolver, self.effects, plan.changes).messages()
        plan.notes += [*remarks.notes(said), *outdated(plan.changes, plan.changes.touched, remarks.told())]
        plan.notes += overwritten(plan.changes.touched)
        codes = self.rules.provider.assertion_errors
        own = {module for exchange in plan.exchanges for module in exchange.modules}
        near = [m for m in self.resolver.world if m in own or all(map(m.holds, codes))]
        programs = [module for module in near if not self.resolver.is_test(module)]
        plan.notes += idle_answers(plan.changes, programs, codes)

    def _addresses(self, plan: Plan, exchange: Exchange) -> Iterator[Site]:
        """Where the address of the exchange was written."""
        given = exchange.url_given
        values = self.resolver.resolve(given.value) if given is not None else ()
        for value in values:
            for part in value.parts if isinstance(value, Text) else ():
                if part.site.node in plan.changes.patched:
                    yield part.site

    def _gone(self, site: Site, plan: Plan) -> bool:
        """Is the statement at ``site`` on the side of a choice that goes?"""
        statement = site.module.statement(site.node)
        return plan.changes.is_dead(site.module, site.module.parents[statement])

    def _scopes(self, plan: Plan) -> str | None:
        """The scopes that every exchange of the plan asks for in tests, if they are the same and known."""
        found = {self.wanted.scopes_in_tests(exchange) for exchange in plan.exchanges}
        if found == {None} and all(setting.required for setting in plan.settings):
            return ",".join(self.rules.provider.base_scopes)  # tests set them so, see Environment
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
            self.finder.signatures,
            self.importers,
            self.offers,
            self.tests.aims(moved),
            plan.preminted,
            set(self.finder.secret_variables(plan.exchanges)),
            [c for x in plan.exchanges for e in x.encodings for c in e.claims if isinstance(c, Fields)],
        )
        sweep.run()
        kept, pruned = self._keep(plan, sweep), False
        while self.tests.prune(moved, plan.changes) or self._drop_tests(plan, moved, sweep):
            sweep.run()
            pruned = True
        if pruned:
            before, kept = kept, self._keep(plan, sweep)
            kept.join(before)
        plan.unread += [*kept.names, *(name for name in sweep.idle_fields() if "_" in name.strip("_"))]
        plan.relaxed, plan.unopened, plan.closed = kept.relaxed, kept.unopened, kept.closed
        plan.lost_fields = [name for names in sweep.by_name.values() for name in names]
        self.tests.fit(moved, plan.changes)
        self.tests.set_everywhere(moved, plan.changes, self._scopes(plan))
        plan.remains = [site for site in sweep.remains if not self.resolver.is_test(site.module)]
        self.verdict.check(plan, sweep)
        self._tell_units(plan)
        self._tell_tests(plan, moved, sweep)
        plan.notes += [*sweep.asked_notes(), *sweep.let_be_unset(), *sweep.idle_tuples()]
        plan.asked = dict(sweep.asked_still())
        silenced = Silenced(self.resolver, self.effects, plan.changes)
        plan.notes += [*dict.fromkeys(sweep.notes), *sweep.doubt_notes(), *kept.notes(), *silenced.notes()]
        plan.notes += [*lost_methods(self.offers, plan.changes), *self._unfollowed(plan)]
        plan.notes += idle_signers(self.resolver, plan.changes)
        plan.todos += self._other_metascopes(plan)

    def _other_metascopes(self, plan: Plan) -> Iterator[str]:
        """``METASCOPES[product]`` had more than the callers ask for that are here."""
        known = {name for row in self.rules.scopes for name in row.metascopes}
        known -= {name for exchange in plan.exchanges for name, _ in exchange.metascopes}
        found: dict[str, str] = {}
        for module in (m for m in plan.changes.touched if not self.resolver.is_test(m)):
            for node in module.each(s.Str):
                said = [part.strip().rpartition("/")[2] for part in str(node.value).split(",")]
                for name in known.intersection(said) if plan.changes.is_dead(module, node) else ():
                    found.setdefault(name, label_of(module, node))
        if found:
            names, places = sorted(found), list(dict.fromkeys(found[name] for name in sorted(found)))
            what = f"{listed(names)} ({', '.join(places)})"
            yield f"The code that is gone named {what}, too: see that who asked for that gets enough scopes."

    def _keep(self, plan: Plan, sweep: Sweep) -> Kept:
        """What the sweep kept, though nothing uses it; nobody has to give it any more."""
        kept = Kept(self.resolver, self.forward, plan.changes, sweep.kept_params, sweep.kept_fields)
        if kept.relax():
            sweep.run()
        return kept

    def _unfollowed(self, plan: Plan) -> Iterator[str]:
        """Attributes that only the assertion needed, where what fills them was not found."""
        encodings = [e for x in plan.exchanges for e in x.encodings]
        claims = (c for e in encodings for c in e.claims if isinstance(c, Fields))
        needed = [entry.value for each in claims for entry in each.entries if entry.value is not None]
        keys = [encoding.key for encoding in encodings if encoding.key is not None]
        needed += [*keys, *(path for key in keys for path in self.finder.signatures.paths(key))]
        found: dict[str, Site] = {}
        for part in (Site(site.module, node) for site in needed for node in s.walk(site.node)):
            if self._is_unfollowed(part) and not self._is_unfollowed(part.at(part.module.parents[part.node])):
                assert isinstance(part.node, s.Attribute)
                loads = self.forward.loads_of(part.node.attr, part.module)
                if all(plan.changes.is_dead(load.module, load.node) for load in loads):
                    found.setdefault(path_of(part.node) or "", part)
        plan.unread += [name for path in found if "_" in (name := path.rpartition(".")[2])]
        if found:
            where, them = place(next(iter(found.values()))).label, "it" if len(found) == 1 else "them"
            what = f"What fills {listed(list(found))} was not found ({where})"
            yield f"{what}: nothing here reads {them} any more, but something may still ask for {them}."

    def _is_unfollowed(self, site: Site) -> bool:
        """Is it an attribute, of an object of the project, that comes from nowhere in sight?"""
        if not isinstance(site.node, s.Attribute) or path_of(site.node) is None:
            return False
        parent = site.module.parents[site.node]
        if isinstance(parent, s.Call) and parent.func is site.node:
            return False
        values = self.resolver.resolve(site)
        if not values:  # of a class itself
            owners = self.resolver.resolve(site.at(site.node.value))
            return bool(owners) and all(isinstance(owner, Class) for owner in owners)
        return all(
            isinstance(v, Member) and v.attribute and isinstance(list(chain(v))[-1], Instance) for v in values
        )

    def _drop_tests(self, plan: Plan, moved: Moved, sweep: Sweep) -> bool:
        if not any(map(self.resolver.is_test, self.resolver.world)):
            return False
        tested = sweep.only_tested()
        uses = [use.module for binding, uses in tested if sweep.is_of_signing(binding) for use in uses]
        moved.modules += dict.fromkeys(module for module in uses if module not in moved.modules)
        looked_at = {"key": sweep.looked_at_key(), "assertion": sweep.looked_at_assertion()}
        looked_at = looked_at if moved.modules else {}
        return self.tests.drop(moved, plan.changes, tested, sweep.is_only_tested, looked_at)

    def _tell_tests(self, plan: Plan, moved: Moved, sweep: Sweep) -> None:
        """What was changed in tests, and what a person must see to there."""
        plan.notes += moved.notes
        plan.todos += sweep.tested_still()
        plan.todos += moved.todos
        plan.todos += self.tests.left(moved, plan.exchanges, plan.changes, sweep.is_only_tested)


__all__ = ["Plan", "Planner", "Refusal"]

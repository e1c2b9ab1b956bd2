"""The last look at a plan: is the assertion dead, and what it was signed with? Else the flow stays.

And what a function that signs also does, and what others would miss if it went.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site, name_of, text_of
from ..following.effects import Effects
from ..following.forward import Forward
from ..following.offers import Offers
from ..request.askers import Askers
from ..resolve import Resolver, is_target
from ..roles.exchange import Exchange
from ..roles.finder import Finder
from ..roles.signing import Encoding
from ..roles.trace import label_of
from ..sweep import Sweep
from ..writing.answers import NoAnswer
from ..writing.changes import Changes

if TYPE_CHECKING:
    from .plan import Plan


class Verdict:
    """Looks over a plan when everything is swept."""

    def __init__(
        self,
        resolver: Resolver,
        forward: Forward,
        finder: Finder,
        effects: Effects,
        offers: Offers,
        rules: Rules,
    ) -> None:
        self.resolver, self.forward, self.effects, self.offers = resolver, forward, effects, offers
        self.finder, self.rules = finder, rules

    def check(self, plan: Plan, sweep: Sweep) -> None:
        """The assertion must be dead, or alive for tests alone: else somebody else uses it.

        So must be what it was signed with. Raise ``NoAnswer`` otherwise.
        """
        for exchange in plan.dropped:
            entries = [e for f in exchange.forms for e in f.entries(self.rules.provider.fields.assertion)]
            gone = plan.changes.is_dead(exchange.entry.module, exchange.entry.node)
            if not gone and not all(plan.changes.is_dead(e.site.module, e.site.node) for e in entries):
                raise NoAnswer("choice-unknown", exchange.entry)
        askers = Askers(self.resolver, sweep.demands, plan.changes, self.rules)
        for exchange in plan.exchanges:
            if exchange not in plan.dropped:
                self._is_complete(plan, exchange)
                self._asks_no_encoder(plan, exchange)
            asked = askers.settle(exchange)
            if asked is not None:
                raise NoAnswer("assertion-shared", asked, "what is sent is asked for it here")
        missed = Missed(self.resolver, self.forward, self.effects, plan.changes)
        effect = next(missed.find(), None) if not plan.dropped else None
        if effect is not None:
            raise NoAnswer("signing-effect", effect)
        fed = next(sweep.still_fed(), None)
        if fed is not None:
            if any(exchange.heir for exchange in plan.exchanges):
                raise NoAnswer("shared-request", fed, "their common base class hands this on")
            raise NoAnswer("public-interface" if self._is_offered(fed) else "key-kept", fed)
        contract = self._broken_contract(plan)
        if contract is not None:
            raise NoAnswer("public-interface", contract, "subclasses elsewhere fill this method")
        written = next(sweep.still_written(), None)
        if written is not None:
            raise NoAnswer("key-kept", written)
        idle = next(sweep.read_for_nobody(), None)
        if idle is not None and not self.resolver.is_test(idle.module):
            raise NoAnswer("key-kept", idle)
        for encoding in (each for exchange in plan.exchanges for each in exchange.encodings):
            self._signs_nothing(plan, sweep, encoding)
        demanded = sweep.still_demanded()
        if demanded is not None:
            raise NoAnswer("key-kept", demanded, "a base class may ask for this method")

    def _signs_nothing(self, plan: Plan, sweep: Sweep, encoding: Encoding) -> None:
        """Nothing signs there any more, and nothing opens the key for it."""
        opened = sweep.opened_for_nothing(encoding.key)
        if opened is not None:
            raise NoAnswer("key-kept", opened)
        if not self._signs_no_more(plan, encoding) and not sweep.is_only_tested(encoding.site):
            if sweep.bound:
                raise NoAnswer("public-interface", sweep.bound[0])
            other = self._other_use(plan, encoding)
            effect = self._effect(plan, encoding) if not other else None
            if effect is not None:
                raise NoAnswer("signing-effect", effect)
            raise NoAnswer("assertion-shared", encoding.site, other)
        reads = self.finder.signatures.reads(encoding.key) if encoding.key is not None else set()
        for site in plan.remains:
            if reads & self.finder.signatures.reads(site):
                raise NoAnswer("signing-effect", site)

    def _is_complete(self, plan: Plan, exchange: Exchange) -> None:
        """Whoever asks for a token still says who it is: nothing of that has gone with the assertion."""
        fields = self.rules.provider.fields
        entries = [
            entry
            for form in exchange.forms
            for name in (fields.client_id, fields.client_secret)
            for entry in form.entries(name)
        ]
        for entry in entries:
            value = entry.value if entry.value is not None else entry.site
            # What is kept of a value may stand elsewhere now: ``x`` of ``(None, x)`` in a new mapping.
            places = [entry.site, *(value.at(node) for node in s.walk(value.node))]
            if all(plan.changes.is_dead(place.module, place.node) for place in places):
                raise NoAnswer("proof-failed", entry.site)

    def _asks_no_encoder(self, plan: Plan, exchange: Exchange) -> None:
        """``body.content_type``: a form that is a plain mapping now has no attributes."""
        made = (form.fields.encoder for form in exchange.forms if form.fields.encoder is not None)
        for encoder in made:
            for use in self.forward.uses(encoder) if encoder.node in plan.changes.replaced else ():
                asked = isinstance(use.parent, s.Attribute) and use.parent.value is use.node
                if asked and not plan.changes.is_dead(use.module, use.node):
                    where = f"what makes it multipart is asked at {label_of(use.module, use.node)}"
                    raise NoAnswer("form-unknown", encoder, where)

    def _broken_contract(self, plan: Plan) -> Site | None:
        """An abstract method that is gone, of a class that others install and derive from."""
        for module in plan.changes.touched:
            for node in module.each(s.FuncDef) if self.offers.binds(module) else ():
                abstract = any(s.last_name(each) == "abstractmethod" for each in node.decorators)
                if not abstract:
                    continue
                if plan.changes.is_dead(module, node) and self.offers.by_path(module, node):
                    return Site(module, node)
        return None

    def _is_offered(self, site: Site) -> bool:
        """May programs that are not here fill this parameter or field?"""
        owner = site.module.function(site.node)
        cls = next((a for a in site.module.ancestors(site.node) if isinstance(a, s.ClassDef)), None)
        if owner is not None:
            return self.offers.by_path(site.module, owner)
        return cls is not None and self.offers.name(site.module, cls.name)

    def _other_use(self, plan: Plan, encoding: Encoding) -> str:
        """Where the assertion is used as well."""
        for use in self.forward.uses(encoding.site):
            if not plan.changes.is_dead(use.module, use.node) and use.node is not encoding.site.node:
                return f"it is used at {label_of(use.module, use.node)}"
        return ""

    def _effect(self, plan: Plan, encoding: Encoding) -> Site | None:
        """What else is called where the assertion is made, and may be needed for what it does."""
        module = encoding.site.module
        for node in s.walk(module.statement(encoding.site.node)):
            if not isinstance(node, s.Call) or node is encoding.site.node:
                continue
            if not plan.changes.is_dead(module, node) and not self.effects.harmless_call(module, node):
                return Site(module, node)
        return None

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
            return plan.changes.is_dead(site.module, function) or not self.finder.evidence.adobe_claims(found)
        return not any(
            self.finder.evidence.adobe_claims(self.finder.signatures.claims_at(encoding, view))
            for view in seen
        )


_WRITES = frozenset("wax+")
_FILLS = frozenset({"add", "append", "extend", "insert", "setdefault", "update"})


class Missed:
    """Looks through the functions that a plan takes away; one for each plan."""

    def __init__(self, resolver: Resolver, forward: Forward, effects: Effects, changes: Changes) -> None:
        self.resolver, self.forward = resolver, forward
        self.effects, self.changes = effects, changes

    def find(self) -> Iterator[Site]:
        """What is stored for, or written to, somebody who stays."""
        for module in self.changes.touched:
            if self.resolver.is_test(module):
                continue
            for function in module.each(s.FuncDef):
                if function in self.changes.removed:
                    yield from (Site(module, node) for node in self._of(module, function))

    def _of(self, module: Module, function: s.FuncDef) -> Iterator[s.Node]:
        for node in s.walk(function.body):
            if isinstance(node, s.Assign):
                found = [load for t in node.targets for load in self._loads(Site(module, node), t)]
            elif isinstance(node, s.AugAssign):
                found = self._loads(Site(module, node), node.target)
            elif isinstance(node, s.Call):
                found = self._filled(module, node)
                if self._writes(module, node):
                    yield node
            else:
                continue
            if any(not self.changes.is_dead(load.module, load.node) for load in found):
                yield node

    def _loads(self, store: Site, target: s.Expr) -> list[Site]:
        """Who reads ``self.x`` of an object, a global, an entry of a mapping of the module."""
        module = store.module
        if isinstance(target, s.Attribute):
            return self.forward.attribute_loads(module, target)
        scope = module.scope(store.node)
        if isinstance(target, s.Name) and scope.outer_names.get(target.id) == "global":
            return [*self.forward.loads_after(store, target), *self._elsewhere(module, target)]
        if isinstance(target, s.Subscript):
            return self._elsewhere(module, target.value, self.resolver.spelled(module, target.index))
        return []

    def _filled(self, module: Module, call: s.Call) -> list[Site]:
        """Who looks at the list of ``SIGNED.append(…)``"""
        func = call.func
        fills = isinstance(func, s.Attribute) and func.attr in _FILLS
        return self._elsewhere(module, func.value) if fills and isinstance(func, s.Attribute) else []

    def _elsewhere(self, module: Module, base: s.Expr, key: str | None = None) -> list[Site]:
        """Where else a name of the module is looked at, if not for another key."""
        scopes, here = module.scopes, module.function(base)
        if not isinstance(base, s.Name) or base in scopes.reach:
            return []
        return [
            Site(module, name)
            for name in module.names.get(base.id, ())
            if name in scopes.scope_of and module.function(name) is not here
            if name not in scopes.reach or scopes.scope_of[name].is_module
            if key is None or self._asks_for(module, name, key)
        ]

    def _asks_for(self, module: Module, use: s.Node, key: str) -> bool:
        """May it be the value under ``key`` that is looked at?"""
        parent = module.parents[use]
        if not isinstance(parent, s.Subscript):
            return True
        return not is_target(module, parent) and self.resolver.spelled(module, parent.index) in (None, key)

    def _writes(self, module: Module, call: s.Call) -> bool:
        """``open("audit.log", "a")``"""
        if call in self.effects.excused or len(call.args) < 2:
            return False
        callees = self.resolver.resolve(Site(module, call.func))
        if not any(name_of(v) in self.resolver.rules.values.openers for v in callees):
            return False
        mode = text_of(self.resolver.one(Site(module, call.args[1].value)))
        return mode is not None and bool(_WRITES & {*mode})

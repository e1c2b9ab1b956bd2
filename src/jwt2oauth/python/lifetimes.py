"""Forwards from the lifetime of a reply to those who read it, for what a reviewer must know of them."""

from __future__ import annotations

from collections.abc import Iterator

from ..rules import Rules
from . import syntax as s
from .changes import Changes
from .effects import Effects
from .forward import Forward, Use
from .replies import Reader
from .roles import Exchange
from .trace import label_of
from .units import Lifetimes, is_time
from .values import Param, Site, chain


class Readers:
    """Those who read the lifetime; one per planner."""

    def __init__(self, reader: Reader, forward: Forward, effects: Effects, rules: Rules) -> None:
        self.reader = reader
        self.forward = forward
        self.effects = effects
        self.resolver = forward.resolver
        self.field = rules.provider.lifetime_field

    def stranger(self, exchange: Exchange) -> Site | None:
        """Where the lifetime goes into code that nobody here can read. Loads what it goes through."""
        found = None
        for end in self._ends(exchange):
            if found is None and not self.resolver.is_test(end.module) and self._handed_to_stranger(end):
                found = Site(end.module, end.node)
        return found

    def notes(self, exchange: Exchange, mended: Lifetimes, changes: Changes) -> Iterator[str]:
        """What was not mended and reads other numbers now: what is shown, what was wrong before."""
        converted = {site.node for site in mended.conversions}
        for end in self._ends(exchange):
            around = [end.parent, *end.module.ancestors(end.parent)]
            if converted & set(around) or changes.is_dead(end.module, end.node):
                continue
            where = label_of(end.module, end.node)
            if isinstance(end.parent, s.Binary) and end.parent.op == "+" and self._beside_seconds(end):
                yield f"expires_in was taken for seconds and is right now: {where}."
            elif any(isinstance(a, s.Call) and self.effects.is_log(end.module, a) for a in around):
                yield f"expires_in is shown as it comes, in seconds now: {where}."

    def _ends(self, exchange: Exchange) -> Iterator[Use]:
        for use, name in self.reader.fields_used(self.reader.read(exchange).tokens):
            if name == self.field:
                taken = use.module.parents[use.parent] if isinstance(use.parent, s.Attribute) else use.parent
                yield from self.forward.uses(Site(use.module, taken))

    def _handed_to_stranger(self, use: Use) -> bool:
        """``self.cache.put(token, lifetime)`` of an object that the caller brings along."""
        call = use.module.parents.get(use.parent) if isinstance(use.parent, s.Arg) else None
        if not isinstance(call, s.Call) or self.effects.is_log(use.module, call):
            return False
        return any(
            isinstance(list(chain(callee))[-1], Param)
            for callee in self.resolver.resolve(Site(use.module, call.func))
        )

    def _beside_seconds(self, use: Use) -> bool:
        assert isinstance(use.parent, s.Binary)
        other = use.parent.right if use.node is use.parent.left else use.parent.left
        return any(is_time(v) for v in self.resolver.resolve(Site(use.module, other)))

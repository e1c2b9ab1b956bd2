"""Readers of the lifetime that are not mended and get other numbers: what is shown, what was wrong before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from ..facts import syntax as s
from ..facts.values import Arithmetic, Class, Constant, Site
from ..following.clocks import is_time
from ..following.effects import Effects
from ..following.forward import Use
from ..resolve import Resolver
from ..roles.trace import label_of
from ..writing.changes import Changes
from .outcome import Lifetimes
from .unit_names import SPEAKS

_TESTS = (s.If, s.While, s.Assert, s.Compare, s.Bool, s.Unary, s.Choice, s.ExprStmt, s.Return)
"""What only asks whether it is there, or ends the way."""


class Unmended:
    """Tells of them, for the changes of one plan."""

    def __init__(self, resolver: Resolver, effects: Effects, changes: Changes) -> None:
        self.resolver, self.effects, self.changes = resolver, effects, changes

    def notes(self, ends: Iterable[Use], mended: Lifetimes) -> Iterator[str]:
        """Say it of the ``ends`` of a lifetime's ways, of which some are ``mended``."""
        converted = {site.node for site in mended.conversions}
        stored = {place for site in mended.conversions for place in _stored_at(site)}
        for end in ends:
            around = [end.parent, *end.module.ancestors(end.parent)]
            if self._is_settled(end, converted):
                continue
            said = end.module.snippet(end.node)
            if SPEAKS.search(said) or (end.module.function(end.node), said) in stored:
                continue  # it is given milliseconds, or held seconds before
            where = label_of(end.module, end.node)
            if isinstance(end.parent, s.Binary) and end.parent.op == "+" and self._beside_seconds(end):
                yield f"expires_in was taken for seconds and is right now: {where}."
            elif self._with_margin(end):
                yield f"The number beside expires_in is left as it is and counts seconds now: {where}."
            elif self._fills_a_field(end):
                continue
            elif any(isinstance(a, s.Call) and self.effects.is_log(end.module, a) for a in around):
                yield f"expires_in is shown as it comes, in seconds now: {where}."
            elif isinstance(end.parent, s.Sequence | s.Item):
                yield f"expires_in goes on as it comes, in seconds now: {where}."

    def onward(self, ends: Iterable[Use], converted: AbstractSet[s.Node]) -> Iterator[str]:
        """Say where it goes on by ways that nobody followed, if it goes anywhere."""
        for end in ends:
            around = [end.parent, *end.module.ancestors(end.parent)]
            if self._is_settled(end, converted):
                continue
            shown = any(isinstance(a, s.Call) and self.effects.is_log(end.module, a) for a in around)
            if not shown and not isinstance(end.parent, _TESTS):
                yield f"expires_in goes on as it comes, in seconds now: {label_of(end.module, end.node)}."
                return

    def _is_settled(self, end: Use, converted: AbstractSet[s.Node]) -> bool:
        """Is it mended, there, on its way or on another way that leads there, or gone?"""
        around = (end.node, end.parent, *end.module.ancestors(end.parent), *passed(end))
        if not converted.isdisjoint(around) or self.changes.is_dead(end.module, end.node):
            return True
        values = self.resolver.resolve(Site(end.module, end.node))
        return any(isinstance(value, Arithmetic) and value.site.node in converted for value in values)

    def _fills_a_field(self, end: Use) -> bool:
        """``print(Token(reply["expires_in"]).seconds)``: what is shown is something of the object."""
        call = end.module.call_of(end.parent)
        made = self.resolver.resolve(Site(end.module, call.func)) if call is not None else ()
        return any(isinstance(value, Class) for value in made)

    def _with_margin(self, use: Use) -> bool:
        """``reply["expires_in"] - 500``, which nothing converts: in which unit was the number meant?"""
        if not isinstance(use.parent, s.Binary) or use.parent.op not in ("+", "-"):
            return False
        other = use.parent.right if use.node is use.parent.left else use.parent.left
        values = self.resolver.resolve(Site(use.module, other))
        return any(
            isinstance(v, Constant) and v.value and not {other, v.site.node} & self.changes.replaced.keys()
            for v in values
        ) and not self.changes.patched.get(other)

    def _beside_seconds(self, use: Use) -> bool:
        assert isinstance(use.parent, s.Binary)
        other = use.parent.right if use.node is use.parent.left else use.parent.left
        return any(is_time(v) for v in self.resolver.resolve(Site(use.module, other)))


def passed(end: Use) -> set[s.Node]:
    """Give what the lifetime went through on its way to where it ends, and the calls that it was given to."""
    nodes = {site.node for site in end.path}
    given = [(site.module.parents, site.module.parents.get(site.node)) for site in end.path]
    return nodes | {parents[arg] for parents, arg in given if isinstance(arg, s.Arg)}


def _stored_at(site: Site) -> Iterator[tuple[s.FuncDef | None, str]]:
    """What holds seconds from there on: ``reply["expires_in"] = reply["expires_in"] / 1000``."""
    stmt = site.module.statement(site.node)
    targets = stmt.targets if isinstance(stmt, s.Assign) else ()
    for target in (stmt.target,) if isinstance(stmt, s.AugAssign) else targets:
        yield site.module.function(stmt), site.module.snippet(target)

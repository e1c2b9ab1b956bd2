"""Lifetimes that are given to a length of time, which takes each unit by an argument of its own."""

from __future__ import annotations

from typing import Protocol

from ...model import Span
from ..facts import syntax as s
from ..facts.values import Site
from ..following.forward import uses_of
from ..writing.changes import Changes
from .margins import Margins
from .units import Units

_TERMS = s.Name | s.Attribute | s.Subscript | s.Call | s.Const
"""What can be added to something without parentheses."""

_CASTS = frozenset({"int", "float", "round", "abs", "min", "max"})


class Mending(Protocol):
    """Who mends all conversions."""

    def is_ours(self, site: Site) -> bool:
        """Is it the lifetime, in milliseconds?"""
        ...

    def mended(self, site: Site) -> None:
        """Take a place in which a conversion was mended."""
        ...

    def milliseconds(self, site: Site, *, whole: bool = False) -> None:
        """Give milliseconds there, made of seconds; an ``int``, where ``whole``."""
        ...


class Durations:
    """``timedelta(milliseconds=lifetime)`` becomes ``timedelta(seconds=lifetime)``."""

    def __init__(self, units: Units, changes: Changes, margins: Margins, mending: Mending) -> None:
        self.units, self.changes, self.margins, self.mending = units, changes, margins, mending
        small = [arg for row in units.durations.values() for arg in (row.milliseconds, row.microseconds)]
        self._keywords = {arg.keyword for arg in small if arg.keyword}
        self._few = 1 + min(arg.position for arg in small if arg.position is not None)

    def mend(self, site: Site, node: s.Call) -> None:
        """Mend what a call takes that makes a length of time, or whole milliseconds; else leave it alone."""
        whole = self.units.whole_milliseconds
        last = node.func.attr if isinstance(node.func, s.Attribute) else ""
        for arg in node.args:
            wants = arg.keyword in whole.keywords or last in whole.methods
            if not wants or not self.units.is_lifetime(site.at(arg.value)):
                continue
            if not self._is_mended_within(site, node, arg):
                self.mending.milliseconds(site.at(arg.value), whole=True)
                self.mending.mended(site.at(arg.value))
        if len(node.args) < self._few and not any(arg.keyword in self._keywords for arg in node.args):
            return
        row = self.units.duration(site)
        if row is None:
            return
        for index, arg in enumerate(node.args):
            value = site.at(arg.value)
            if arg.keyword is None:
                if index == row.milliseconds.position and self.mending.is_ours(value):
                    self.mending.milliseconds(value)
                    self.mending.mended(site)
            elif arg.keyword == row.milliseconds.keyword and self.mending.is_ours(value):
                seconds = row.seconds.position
                if seconds is not None and index > seconds and not node.args[seconds].keyword:
                    self.mending.milliseconds(value)
                else:
                    self._seconds_instead(site, arg, value)
                self.mending.mended(site)
            elif arg.keyword == row.microseconds.keyword:
                self._microseconds(site, arg)

    def _is_mended_within(
        self, site: Site, call: s.Call, arg: s.Arg, seen: frozenset[s.Node] = frozenset()
    ) -> bool:
        """Does a function of the project's own divide it, or give it to what is mended: ``def put(px)``?"""
        forward = self.margins.forward
        for callee in self.units.resolver.callees(site):
            param = forward.param_of(callee, call, arg)
            if param is None or param in seen:
                continue
            for binding in callee.module.scopes.inner[callee.node].bindings.get(param.name, ()):
                uses = uses_of(callee.module, binding) if binding.node is param else []
                if any(self._is_mended_at(Site(callee.module, use), seen | {param}) for use in uses):
                    return True
        return False

    def _is_mended_at(self, use: Site, seen: frozenset[s.Node]) -> bool:
        """``int(px) / 1000``, ``cache.set(name, value, px=px)``, ``timedelta(milliseconds=px)``"""
        parent = use.module.parents[use.node]
        call = use.module.call_of(parent)
        while isinstance(call, s.Call) and isinstance(call.func, s.Name) and call.func.id in _CASTS:
            parent = use.module.parents[call]
            call = use.module.call_of(parent)
        if isinstance(parent, s.Binary):
            return True
        if isinstance(parent, s.Assign) and len(parent.targets) == 1 and parent not in seen:
            loads = self.margins.forward.loads_after(use.at(parent), parent.targets[0])
            return any(self._is_mended_at(load, seen | {parent}) for load in loads)
        if not isinstance(call, s.Call) or not isinstance(parent, s.Arg):
            return False
        site, whole = use.at(call), self.units.whole_milliseconds
        method = call.func.attr if isinstance(call.func, s.Attribute) else ""
        if parent.keyword in whole.keywords or method in whole.methods:
            return True
        return self.units.duration(site) is not None or self._is_mended_within(site, call, parent, seen)

    def _microseconds(self, site: Site, arg: s.Arg) -> None:
        """``microseconds=lifetime * 1000``"""
        product = arg.value
        if not isinstance(product, s.Binary) or product.op != "*":
            return
        for value, factor in ((product.left, product.right), (product.right, product.left)):
            if self.units.constant(site.at(factor)) == 1000 and self.mending.is_ours(site.at(value)):
                self._seconds_instead(site, arg, site.at(value))
                self.changes.reduce(site.module, product, value)
                self.mending.mended(site)

    def _seconds_instead(self, site: Site, arg: s.Arg, lifetime: Site) -> None:
        """``milliseconds=lifetime`` becomes ``seconds=lifetime``, with the seconds that stand beside it."""
        self.margins.scale(lifetime)
        start, end = arg.span.start, arg.span.end
        self.changes.patch(site.module, arg, Span(start, start + len(arg.keyword or "")), "seconds")
        for other in (a for a in site.call.args if a.keyword == "seconds"):
            negative = isinstance(other.value, s.Unary) and other.value.op == "-"
            added = other.value.value if isinstance(other.value, s.Unary) and negative else other.value
            if not isinstance(arg.value, _TERMS | s.Binary):
                self.changes.patch(site.module, arg, Span(arg.value.span.start, arg.value.span.start), "(")
                self.changes.patch(site.module, arg, Span(end, end), ")")
            text = f" {'-' if negative else '+'} {_term(site, added)}"
            self.changes.patch(site.module, arg, Span(end, end), text)
            self.changes.remove(site.module, other)
            self.changes.keep(site.module, added, arg)


def _term(site: Site, node: s.Expr) -> str:
    """A summand, in parentheses if it needs them."""
    text = site.module.snippet(node)
    return text if isinstance(node, _TERMS) else f"({text})"

"""What looks as if it made seconds of milliseconds, whatever it is of; and what computes by who knows what.

The lifetimes that were followed are mended elsewhere. This is for those on ways that nobody followed: where
one of these is made of what may be such a lifetime, it is left alone.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Class,
    Closure,
    Constant,
    Environ,
    Function,
    Items,
    Result,
    Site,
    Value,
    chain,
    name_of,
)
from ..following.clocks import is_clock, ticks
from ..resolve import Resolver
from .margins import factors
from .sums import is_total, together
from .unit_helpers import is_thousandth
from .unit_names import SPEAKS
from .units import EXTREMES, number_in

EXPIRES = re.compile(r"expir|life(?:time)?(?:\b|_)|remain|ttl|valid|(?:\b|_)(?:ms|milli\w*)\b", re.IGNORECASE)

_IN_TEXT = re.compile(r"/ ?1000\b|\* ?0?\.001\b|[<>]=? ?\d{2,12}000\b")
"""``SELECT token, at + ttl / 1000 FROM tokens``"""
_QUERY = re.compile(
    r"\bSELECT\b|\bINSERT\b|\bUPDATE\b|\bVALUES\b|\bWHERE\b"
    r"|(?is:\b(?:insert|replace)\s+into\b|\bvalues\s*\(|\bupdate\s+\S{1,80}\s+set\b|\bselect\b.{1,400}(?:\bfrom\b|[?]))"
)
"""A query of a database to which the lifetime goes."""
_NUMBERS = (s.Const, s.Name, s.Attribute, s.Binary, s.Subscript)
_VALUES = (s.Name, s.Attribute, s.Subscript, s.Call)
_ORDER = frozenset({"<", ">", "<=", ">="})
_EQUAL = frozenset({"==", "!="})
_BOUND = 10_000
"""From here on a number may bound a lifetime in milliseconds, and hardly one in seconds."""
_NANOSECONDS = 1_000_000
"""Of a millisecond."""
_FINEST = 1_000_000_000
"""How often a second a clock of nanoseconds ticks."""
_LEAST = 0.0001
"""A smaller factor makes hours or days of milliseconds."""
_COMPARING = frozenset({"__lt__", "__le__", "__eq__", "__ne__", "__ge__", "__gt__"})
_SAME = frozenset({"int", "float", "abs", "round"})
"""Calls that give a number in the unit of what they are given."""
_REVERSED = frozenset({"__rtruediv__", "__rfloordiv__"})
_METHODS = frozenset({"__truediv__", "__floordiv__", "__mul__", "__rmul__"})
"""What Python calls for ``/``, ``//`` and ``*``."""


def _of_duration(module: Module, arg: s.Arg) -> bool:
    """``timedelta(milliseconds=value)``, ``timedelta(0, 0, 0, value)``"""
    call = module.parents[arg]
    if arg.keyword is not None or not isinstance(call, s.Call):
        return arg.keyword == "milliseconds"
    return s.last_name(call.func) == "timedelta" and len(call.args) > 3 and arg is call.args[3]


def _is_called_milliseconds(name: str | None) -> bool:
    return name is not None and bool(SPEAKS.search(name))


def _held(node: s.Node) -> Iterator[s.Expr]:
    """What is in a display, or in those that are in it; the value itself elsewhere."""
    stack = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, s.Sequence):
            stack += here.items
        elif isinstance(here, s.Dict):
            stack += [item.value for item in here.items]
        elif isinstance(here, s.Binary) and here.op in ("*", "/", "//", "%") and not _is_written(here):
            stack += (here.left, here.right)
        elif isinstance(here, s.Call) and s.last_name(here.func) in _SAME:
            stack += [arg.value for arg in here.args]
        elif isinstance(here, s.Expr):
            yield here


def _is_written(node: s.Node) -> bool:
    """Is it written with numbers alone: ``60 * 60 * 1000``?"""
    sides = (node.left, node.right) if isinstance(node, s.Binary) else ()
    return isinstance(node, s.Const) or (bool(sides) and all(map(_is_written, sides)))


def _is_at(value: Value, nodes: AbstractSet[s.Node]) -> bool:
    return isinstance(value, Constant) and value.site.node in nodes


class Converting:
    """Finds them; one per planner."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.dividing = frozenset(resolver.rules.values.dividing)
        logging = resolver.rules.values.logging
        self.showing = {*logging.methods, *(name.rpartition(".")[2] for name in logging.names)}
        self._mended: AbstractSet[s.Node] = frozenset()
        self._ways: dict[type[s.Node], Callable[[Site, Any], Iterator[s.Expr]]] = {
            s.Binary: self._computed,
            s.Arg: self._given,
            s.Item: self._put,
            s.AugAssign: self._changed,
            s.Compare: self._compared,
            s.Subscript: self._cut,
            s.Match: self._matched,
            s.Call: self._called,
            s.Sequence: self._side_by_side,
            s.Dict: self._side_by_side,
        }

    def conversions(
        self,
        module: Module,
        mended: AbstractSet[s.Node] = frozenset(),
        near: Callable[[Site], bool] = lambda _: True,
    ) -> Iterator[tuple[s.Node, s.Expr]]:
        """Each place ``near`` which it may be that may make seconds of milliseconds, or take them for such;
        and of what. The ``mended`` numbers are others from now on.
        """
        self._mended = mended
        for kind, way in self._ways.items():
            for node in module.each(kind):
                site = Site(module, node)
                if near(site):
                    yield from ((node, value) for value in way(site, node))

    def products(self, module: Module) -> Iterator[tuple[s.Node, s.Expr, s.Expr]]:
        """Each product and quotient, of what, and by what."""
        for node in module.each(s.Binary, s.AugAssign):
            if node.op not in ("/", "//", "*"):
                continue
            sides = (node.left, node.right) if isinstance(node, s.Binary) else (node.target, node.value)
            for value, factor in (sides, sides[::-1]) if node.op == "*" else (sides,):
                yield node, value, factor

    def _given(self, site: Site, arg: s.Arg) -> Iterator[s.Expr]:
        """``Token(life_ms=value)``, ``timedelta(milliseconds=value)``, ``…(microseconds=value * 1000)``"""
        said = _is_called_milliseconds(arg.keyword) or _of_duration(site.module, arg)
        if said or self._of_dividing(site.module, arg):
            yield arg.value
        elif arg.keyword == "microseconds" and isinstance(arg.value, s.Binary):
            yield arg.value.left if arg.value.op == "*" else arg.value

    def _put(self, site: Site, item: s.Item) -> Iterator[s.Expr]:
        """``{"life_ms": value}``"""
        if item.key is not None and _is_called_milliseconds(self.resolver.spelled(site.module, item.key)):
            yield item.value

    def _changed(self, site: Site, stmt: s.AugAssign) -> Iterator[s.Expr]:
        """``value /= 1000``"""
        if self._is_factor(site.at(stmt.value), stmt.op):
            yield stmt.target

    def _compared(self, site: Site, node: s.Compare) -> Iterator[s.Expr]:
        yield from self._beside_clock(site)
        yield from self._bounded(site, node)

    def _cut(self, site: Site, node: s.Subscript) -> Iterator[s.Expr]:
        """``value[:-3]``"""
        if site.module.snippet(node.index).replace(" ", "") == ":-3":
            yield node.value

    def _matched(self, site: Site, node: s.Match) -> Iterator[s.Expr]:
        """``case 86399000:``"""
        asked = (site.at(value) for case in node.cases for value in case.values)
        yield from (node.subject for each in asked if self._is_large(each))

    def _called(self, site: Site, call: s.Call) -> Iterator[s.Expr]:
        value = self._by_method(site.module, call)
        if value is not None:
            yield value
        else:
            yield from self._beside_clock(site) if is_total(call) else self._asked(site, call)

    def _computed(self, site: Site, node: s.Binary) -> Iterator[s.Expr]:
        """What is divided by a thousand or multiplied by a thousandth; and what is added up."""
        if node.op in ("/", "//", "*"):
            yield from self._scaled(site, node)
        else:
            yield from self._beside_clock(site)
            yield from self._reckoned(site, node)

    def _scaled(self, site: Site, node: s.Binary) -> Iterator[s.Expr]:
        """What is divided by a thousand, at once or in steps, or multiplied by a thousandth."""
        if node.op == "*":
            for value, factor in ((node.left, node.right), (node.right, node.left)):
                if self._is_factor(site.at(factor), "*"):
                    yield value
        elif self._is_thousands(site.at(node.right)):
            yield node.left
        elif any(self._is_clock(site.at(factor)) for factor in factors(node.left)):
            yield node.right
        else:
            yield from self._in_steps(site, node)

    def _in_steps(self, site: Site, node: s.Binary) -> Iterator[s.Expr]:
        """``value / 10 / 100``"""
        left: s.Expr = node
        product = 1.0
        while isinstance(left, s.Binary) and left.op in ("/", "//"):
            product *= self._number(site.at(left.right)) or 1
            left = left.left
        if left is not node.left and product % 1000 == 0:
            yield left

    def _beside_clock(self, site: Site) -> Iterator[s.Expr]:
        """What is added to a time in milliseconds, or compared with what has one in it."""
        summands = together(site)
        timed = [each for each in summands if self._is_clock(each)]
        if any(ticks(value) == _FINEST for each in summands for value in self.resolver.resolve(each)):
            yield from (value for each in summands for value in self._made_nanoseconds(each))
        for node in (each.node for each in summands if timed and each not in timed):
            chosen = isinstance(node, s.Call) and s.last_name(node.func) in EXTREMES
            for value in [arg.value for arg in node.args] if chosen and isinstance(node, s.Call) else [node]:
                if isinstance(value, s.Expr) and not isinstance(value, s.Const):
                    yield value

    def _made_nanoseconds(self, site: Site) -> Iterator[s.Expr]:
        """``value`` in ``time.monotonic_ns() + value * 1_000_000``"""
        node = site.node
        if isinstance(node, s.Binary) and node.op == "*":
            for value, factor in ((node.left, node.right), (node.right, node.left)):
                if self._number(site.at(factor)) == _NANOSECONDS:
                    yield value

    def _bounded(self, site: Site, node: s.Compare) -> Iterator[s.Expr]:
        """What is compared with a number of milliseconds, one of several, or with what is set."""
        sides = itertools.pairwise((node.left, *node.rights))
        for op, (left, right) in zip(node.ops, sides, strict=True):
            for value, other in ((left, right), (right, left)) if op in _EQUAL | _ORDER else ():
                held = list(_held(other))
                known = any(self._is_large(site.at(each)) for each in held)
                if known or (op in _ORDER and self._is_set(site.at(other))):
                    yield from (each for each in _held(value) if isinstance(each, _VALUES))
            if op in ("in", "not in") and isinstance(left, _VALUES) and self._has_large(site.at(right)):
                yield left

    def _asked(self, site: Site, node: s.Call) -> Iterator[s.Expr]:
        """``range(0, value, 3600000)``, ``bisect(LIMITS, value)``, ``min(value, 3600000)``"""
        given = [site.at(arg.value) for arg in node.args]
        if s.last_name(node.func) in self.showing:
            return
        if not any(self._is_large(each) or self._has_large(each) for each in given):
            return
        if isinstance(node.func, s.Attribute) and node.func.attr in _COMPARING:
            yield node.func.value
        callees = self.resolver.resolve(site.at(node.func))
        if not any(isinstance(list(chain(each))[-1], Function | Class | Closure) for each in callees):
            yield from (arg.value for arg in node.args if isinstance(arg.value, _VALUES))

    def _reckoned(self, site: Site, node: s.Binary) -> Iterator[s.Expr]:
        """``value - 300000``, ``value % 60000``, ``value >> 10``"""
        if node.op in (">>", "<<") or (node.op == "%" and self._is_thousands(site.at(node.right))):
            yield node.left
        for value, other in ((node.left, node.right), (node.right, node.left)):
            if node.op in ("+", "-") and isinstance(value, _VALUES) and self._is_large(site.at(other)):
                yield value

    def _side_by_side(self, site: Site, node: s.Sequence | s.Dict) -> Iterator[s.Expr]:
        """``[("adobe", value), ("other", 3600000)]``: what is put in order, or compared, later."""
        if isinstance(site.module.parents[node], s.Sequence | s.Item | s.Assign):
            return
        held = list(_held(node))
        if any(self._is_large(site.at(each)) for each in held):
            yield from (each for each in held if isinstance(each, _VALUES))

    def _is_large(self, site: Site) -> bool:
        """Is it a number of milliseconds that is at least some seconds?"""
        numbers = self._numbers(site) if isinstance(site.node, _NUMBERS) else ()
        return any(number >= _BOUND and number % 1000 == 0 for number in numbers)

    def is_large(self, site: Site, least: float) -> bool:
        """Is a comparison one with a number of at least so many?"""
        assert isinstance(site.node, s.Compare)
        sides = (site.node.left, *site.node.rights)
        held = (site.at(each) for side in sides for each in _held(side) if isinstance(each, _NUMBERS))
        return any(number >= least for each in held for number in self._numbers(each))

    def _has_large(self, site: Site) -> bool:
        listed = [value for value in self.resolver.resolve(site) if isinstance(value, Items)]
        return any(self._is_large(each) for value in listed for each in value.sites)

    def _is_set(self, site: Site) -> bool:
        """``int(os.environ["LEAST"])``"""
        return any(isinstance(value, Environ) for value in self.resolver.resolve(site))

    def _by_method(self, module: Module, call: s.Call) -> s.Expr | None:
        """``value.__truediv__(1000)``, ``getattr(value, "__truediv__")(1000)``: the value"""
        func = call.func
        value = func.value if isinstance(func, s.Attribute) and func.attr in _METHODS else None
        if isinstance(func, s.Call) and s.last_name(func.func) == "getattr" and len(func.args) > 1:
            asked = self.resolver.spelled(module, func.args[1].value)
            value = func.args[0].value if asked in _METHODS else None
        if isinstance(func, s.Attribute) and func.attr in _REVERSED and call.args:
            value = call.args[0].value
        return value if len(call.args) == 1 and isinstance(value, s.Expr) else None

    def _of_dividing(self, module: Module, arg: s.Arg) -> bool:
        """``divmod(value, 1000)``, ``operator.truediv(value, 1000)``"""
        call = module.parents[arg]
        if not isinstance(call, s.Call) or len(call.args) != 2 or arg is not call.args[0]:
            return False
        names = {name_of(value) for value in self.resolver.resolve(Site(module, call.func))}
        factor = Site(module, call.args[1].value)
        return not self.dividing.isdisjoint(names) and any(self._is_factor(factor, op) for op in ("/", "*"))

    def _is_factor(self, site: Site, op: str) -> bool:
        """Does ``op`` with this number make seconds of milliseconds?"""
        if op in ("/", "//"):
            return self._is_thousands(site)
        is_plain = isinstance(site.node, s.Const | s.Name | s.Attribute | s.Subscript | s.Binary | s.Call)
        numbers = self._numbers(site) if op == "*" and is_plain else ()
        return any(is_thousandth(number) or 0 < number < _LEAST for number in numbers)

    def _is_thousands(self, site: Site) -> bool:
        if not isinstance(site.node, (*_NUMBERS, s.Call, s.Unary)):
            return False
        return any(number % 1000 == 0 for number in self._numbers(site))

    def _numbers(self, site: Site) -> list[float]:
        """What it may be, on one way or another."""
        if site.node in self._mended:
            return []
        said = [v for v in self.resolver.resolve(site) if not _is_at(v, self._mended)]
        return [number for value in said if (number := number_in(value))]

    def _number(self, site: Site) -> float | None:
        numbers = self._numbers(site)
        return numbers[0] if len(numbers) == 1 else None

    def is_number(self, site: Site) -> bool:
        """Is it always a number that is said somewhere, or what a library counts?"""
        values = self.resolver.resolve(site)
        known = (isinstance(value, Result) or number_in(value) is not None for value in values)
        return bool(values) and all(known)

    def _is_clock(self, site: Site) -> bool:
        return any(map(is_clock, self.resolver.resolve(site)))


def divides(text: s.Node) -> bool:
    """Tell whether the text is a query that divides a lifetime, or compares it."""
    said = str(text.value) if isinstance(text, s.Str) else ""
    return bool(_IN_TEXT.search(said) and (EXPIRES.search(said) or _QUERY.search(said)))

"""Ways of computing with the lifetime that no rule mends: by its digits, by a factor that nobody knows."""

from __future__ import annotations

import itertools
import math

from ..facts import syntax as s
from ..facts.values import Arithmetic, Constant, Fields, Gap, Result, Site, Text, Value, name_of, number_of
from .finer_units import NANO
from .quotients import Divisors
from .units import Units, is_rest

_BITS = frozenset({">>", "<<", "&", "|", "^", "**", "%"})
_SLIVER = 0.01
_FACTORS = frozenset({"*", "/", "//"})
_NO_NUMBERS = (s.Str, s.FString, s.Dict, s.Sequence, s.Lambda, s.Comprehension)
"""What is none as it is written. Most arguments are that; what they are given to need not be followed."""
_NUMBERS = frozenset({"int", "float", "decimal.Decimal", "fractions.Fraction", "Decimal", "Fraction"})


class Odd:
    """Recognises them, for a set of exchanges."""

    def __init__(self, units: Units, divisors: Divisors) -> None:
        self.units, self.divisors = units, divisors
        self.resolver = units.resolver

    def is_odd(self, site: Site) -> bool:
        """Is the expression or statement at ``site`` one of them?"""
        node = site.node
        if isinstance(node, s.Binary):
            return self._computes(site, node.op, node.left, node.right)
        if isinstance(node, s.AugAssign):
            return self._computes(site, node.op, node.target, node.value)
        if isinstance(node, s.Subscript):
            return self._cuts(site, node)
        return isinstance(node, s.Call) and self._calls(site, node)

    def _computes(self, site: Site, op: str, left: s.Expr, right: s.Expr) -> bool:
        """``lifetime >> 10``, ``lifetime / divisor``, ``timedelta(milliseconds=1) * lifetime``"""
        if op in _BITS:
            mended = isinstance(site.node, s.Binary) and self._is_rest(site.at(right), op)
            return self.units.is_lifetime(site.at(left)) and not mended
        if op == "-":
            return self._is_sliver(site.at(left), site.at(right))
        if op not in _FACTORS:
            return False
        number = self.units.constant(site.at(right))
        if isinstance(site.node, s.AugAssign) and number and (op, number) == ("*", NANO):
            return self.units.is_lifetime(site.at(left))
        if isinstance(site.node, s.AugAssign) and number and self._is_repeated(site):
            return self.units.is_lifetime(site.at(left))
        if op == "/" and (self.units.constant(site.at(left)) or 1) % 1000 == 0:
            return self.units.is_lifetime(site.at(right))  # 1000 / lifetime
        if op != "*" and any(self._is_in_steps(value) for value in self.resolver.resolve(site)):
            return True
        if self.divisors.is_choice(site.at(right), op):
            return self.units.unit(site.at(left)) in ("ms", "mixed")
        pairs = [(left, right), (right, left)] if op == "*" else [(left, right)]
        return any(self._is_unknown(site.at(b)) and self.units.is_lifetime(site.at(a)) for a, b in pairs)

    def _is_rest(self, divisor: Site, op: str) -> bool:
        """``lifetime % 3600000``: what is left of an hour, in milliseconds"""
        number = self.units.constant(divisor) if op == "%" else None
        return isinstance(divisor.node, s.Name | s.Const | s.Binary | s.Attribute) and is_rest(number)

    def _is_sliver(self, left: Site, right: Site) -> bool:
        """``lifetime - lifetime * 0.999``: a thousandth, by what is taken away"""
        if not self.units.is_lifetime(left) or not self.units.is_lifetime(right):
            return False
        pairs = itertools.product(self.resolver.resolve(left), self.resolver.resolve(right))
        shares = [(self._share(one) or 0) - (self._share(other) or 0) for one, other in pairs]
        return any(0 < abs(share) < _SLIVER for share in shares)

    def _share(self, value: Value) -> float | None:
        """How much of the lifetime it is, by numbers alone."""
        if self.units.origin(value) is not None:
            return 1
        if not isinstance(value, Arithmetic):
            return None
        pairs = [(value.left, value.right)] if value.op in ("*", "/") else []
        pairs += [(value.right, value.left)] if value.op == "*" else []
        for share, number in ((self._share(a), number_of(b)) for a, b in pairs):
            if share and number:
                return share * number if value.op == "*" else share / number
        return None

    def _is_repeated(self, site: Site) -> bool:
        """``for _ in range(3): lifetime /= 10``"""
        function = site.module.function(site.node)
        around = itertools.takewhile(lambda a: a is not function, site.module.ancestors(site.node))
        return any(isinstance(each, s.For | s.While) for each in around)

    def _is_in_steps(self, value: Value) -> bool:
        """``lifetime / 10 / 100``: a thousand, but by no number of its own, in one place or in several"""
        steps = []
        while isinstance(value, Arithmetic) and value.op in ("/", "//"):
            steps.append(number_of(value.right))
            value = value.left
        numbers = [number for number in steps if number and number % 1000]
        if len(numbers) < max(2, len(steps)) or math.prod(numbers) % 1000:
            return False
        return self.units.origin(value) is not None

    def _is_unknown(self, site: Site) -> bool:
        """Is it a factor that may be anything, a thousand too?"""
        if isinstance(site.node, s.Const) or self.units.constant(site) is not None:
            return False
        values = self.resolver.resolve(site)
        numbers = {number_of(value) for value in values}
        is_set = len(numbers) == 1 and numbers != {None}  # one, but for what is set elsewhere
        return is_set or any(map(self._may_convert, values))

    def _may_convert(self, value: Value) -> bool:
        """Another lifetime does not, nor a span of time of whole seconds."""
        row = self.units.durations.get(value.name) if isinstance(value, Result) else None
        if isinstance(value, Result) and row is not None:
            args = value.site.node.args if isinstance(value.site.node, s.Call) else ()
            small = {row.milliseconds.keyword, row.microseconds.keyword} - {None}
            return any(arg.keyword in small for arg in args)
        return not isinstance(value, Constant) and self.units.origin(value) is None

    def _cuts(self, site: Site, node: s.Subscript) -> bool:
        """``str(lifetime)[:-3]``: seconds by their digits"""
        return ":" in site.module.snippet(node.index) and self.units.is_lifetime(site.at(node.value))

    def _calls(self, site: Site, node: s.Call) -> bool:
        """``float(f"{lifetime}e-3")``, ``round(lifetime, -3)``, ``Decimal(lifetime).scaleb(-3)``"""
        if self._poured(site, node):
            return True
        if isinstance(node.func, s.Attribute) and self.units.is_lifetime(site.at(node.func.value)):
            given = (arg.value for arg in node.args if not isinstance(arg.value, _NO_NUMBERS))
            if any(self.units.constant(site.at(each)) for each in given):
                return True
        if isinstance(node.func, s.Name) and node.func.id == "round" and len(node.args) == 2:
            value, digits = (site.at(arg.value) for arg in node.args)
            return (self.units.constant(digits) or 0) < 0 and self.units.is_lifetime(value)
        if len(node.args) != 1 or not isinstance(node.args[0].value, s.FString | s.Binary | s.Call):
            return False
        if name_of(self.resolver.one(site.at(node.func))) not in _NUMBERS:
            return False
        return any(
            isinstance(value, Text) and len(value.parts) > 1 and any(map(self._is_gap, value.parts))
            for value in self.resolver.resolve(site.at(node.args[0].value))
        )

    def _poured(self, site: Site, node: s.Call) -> bool:
        """``timedelta(**{unit: lifetime})``: in which unit, a name says that stands elsewhere"""
        poured = [arg for arg in node.args if arg.star]
        if not poured or name_of(self.resolver.one(site.at(node.func))) not in self.units.durations:
            return False
        listed = [each for arg in poured if isinstance(arg.value, s.Sequence) for each in arg.value.items]
        if any(self.units.is_lifetime(site.at(each)) for each in listed):
            return True  # timedelta(*(0, 0, 0, lifetime))
        return any(
            entry.value is not None and self.units.is_lifetime(entry.value)
            for arg in poured
            for value in self.resolver.resolve(site.at(arg.value))
            for entry in (value.entries if isinstance(value, Fields) else ())
        )

    def _is_gap(self, part: object) -> bool:
        return isinstance(part, Gap) and self.units.origin(part.value) is not None

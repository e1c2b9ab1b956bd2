"""Helpers that do no more than make seconds of milliseconds: their calls go, they stay for others."""

from __future__ import annotations

from collections.abc import Iterator

from . import syntax as s
from .units import Units
from .values import Site

ROUNDING = frozenset({"int", "round", "math.floor", "math.ceil", "math.trunc"})


def calls_of_helpers(units: Units) -> Iterator[tuple[Site, s.Expr]]:
    """``to_seconds(lifetime)`` of a helper that does no more than divide, and what it is given.

    Not of one that is given away, too, to ``map`` and the like: it would go on dividing there.
    """
    for module in units.modules():
        for function in module.nodes.get(s.FuncDef, ()):
            assert isinstance(function, s.FuncDef)
            param = _only_divided(units, Site(module, function), function)
            if param is None or units.handed.given(module, function, param) != []:
                continue
            for call in units.resolver.callers(module, function):
                args = call.node.args if isinstance(call.node, s.Call) else ()
                if len(args) == 1 and not args[0].star and units.is_lifetime(call.at(args[0].value)):
                    yield call, args[0].value


def _only_divided(units: Units, site: Site, function: s.FuncDef) -> s.Param | None:
    """The parameter of a function of which ``param / 1000``, perhaps rounded, is all."""
    said = [each for each in function.body.body if not s.is_text(each)]
    value = said[0].value if len(said) == 1 and isinstance(said[0], s.Return) else None
    while isinstance(value, s.Call) and isinstance(value.func, s.Name) and value.func.id in ROUNDING:
        value = value.args[0].value if len(value.args) == 1 else None
    if not isinstance(value, s.Binary) or not isinstance(value.left, s.Name):
        return None
    number = units.constant(site.at(value.right))
    divides = (value.op in ("/", "//") and number == 1000) or (value.op == "*" and is_thousandth(number))
    named = [param for param in function.params if param.name == value.left.id]
    return named[0] if divides and named and not function.decorators else None


def is_thousandth(number: float | None) -> bool:
    """Is it what makes seconds of milliseconds by ``*``?"""
    return number is not None and abs(number - 0.001) < 1e-12

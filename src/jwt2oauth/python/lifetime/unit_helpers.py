"""Helpers that do no more than make seconds of milliseconds: their calls go, they stay for others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from .units import Units

ROUNDING = frozenset({"int", "round", "math.floor", "math.ceil", "math.trunc"})


def calls_of_helpers(units: Units) -> Iterator[tuple[Site, s.Expr]]:
    """``to_seconds(lifetime)`` of a helper that does no more than divide, and what it is given.

    Not of one that is given away, too, to ``map`` and the like: it would go on dividing there.
    """
    for module in units.modules():
        calls = [*_of_functions(units, module), *_of_lambdas(units, module)]
        for call in calls:
            args = call.node.args if isinstance(call.node, s.Call) else ()
            if len(args) == 1 and not args[0].star and units.is_lifetime(call.at(args[0].value)):
                yield call, args[0].value


def _of_functions(units: Units, module: Module) -> Iterator[Site]:
    for function in module.each(s.FuncDef):
        said = [each for each in function.body.body if not s.is_bare_text(each)]
        value = _given_back(said)
        param = _only_divided(units, Site(module, function), function.params, value)
        if param is None or not _is_plain(function) or units.handed.given(module, function, param) != []:
            continue
        yield from units.resolver.callers(module, function)


def _given_back(body: Sequence[s.Stmt]) -> s.Expr | None:
    """``ms / 1000``, also what ``seconds, _ = divmod(ms, 1000)`` gives before ``return seconds``."""
    value = body[-1].value if body and isinstance(body[-1], s.Return) else None
    if len(body) == 1:
        if isinstance(value, s.Subscript) and isinstance(value.index, s.Const) and value.index.value == 0:
            return value.value if _is_divmod(value.value) else None
        return None if _is_divmod(value) else value
    first = body[0] if len(body) == 2 and isinstance(value, s.Name) else None
    if not isinstance(first, s.Assign) or len(first.targets) != 1 or not _is_divmod(first.value):
        return None
    both = first.targets[0]
    parts = both.items if isinstance(both, s.Sequence) else ()
    names = [part.id if isinstance(part, s.Name) else "" for part in parts]
    same = isinstance(value, s.Name) and len(names) == 2 and names[0] == value.id != names[1]
    return first.value if same else None


def _is_divmod(node: s.Node | None) -> bool:
    return isinstance(node, s.Call) and s.is_named(node.func, "divmod")


def _of_lambdas(units: Units, module: Module) -> Iterator[Site]:
    """``seconds = lambda ms: ms / 1000``"""
    for node in module.each(s.Lambda):
        holder = module.parents[node]
        if not isinstance(holder, s.Assign) or len(holder.targets) > 1:
            continue
        if _only_divided(units, Site(module, node), node.params, node.body) is None:
            continue
        uses = list(units.handed.forward.uses(Site(module, node)))
        if all(isinstance(use.parent, s.Call) and use.parent.func is use.node for use in uses):
            yield from (Site(use.module, use.parent) for use in uses)


def _only_divided(
    units: Units, site: Site, params: Sequence[s.Param], value: s.Expr | None
) -> s.Param | None:
    """The parameter of a function of which ``param / 1000``, perhaps rounded, is all."""
    while isinstance(value, s.Call) and isinstance(value.func, s.Name) and value.func.id in ROUNDING:
        value = value.args[0].value if len(value.args) == 1 else None
    if isinstance(value, s.Call) and _is_divmod(value) and len(value.args) == 2:
        left, right, op = value.args[0].value, value.args[1].value, "//"
    elif isinstance(value, s.Binary):
        left, right, op = value.left, value.right, value.op
    else:
        return None
    if not isinstance(left, s.Name):
        return None
    number = units.constant(site.at(right))
    divides = (op in ("/", "//") and number == 1000) or (op == "*" and is_thousandth(number))
    named = [param for param in params if param.name == left.id]
    return named[0] if divides and named else None


def _is_plain(function: s.FuncDef) -> bool:
    """Does nothing stand above it that may do more?"""
    return all(s.is_named(decorator, "staticmethod") for decorator in function.decorators)


def is_thousandth(number: float | None) -> bool:
    """Is it what makes seconds of milliseconds by ``*``?"""
    return number is not None and abs(number - 0.001) < 1e-12

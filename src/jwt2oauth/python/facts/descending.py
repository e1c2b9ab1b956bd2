"""Functions that go down into nested mappings, key by key: ``setting("adobe.ims.host")``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...records import dataclass
from . import syntax as s
from .scopes import Binding


@dataclass(frozen=True, slots=True)
class Descent:
    """Where a function that goes down begins, and by which keys it goes; both are read inside of it."""

    starts: tuple[s.Expr | s.Param, ...]
    """A parameter counts where it is given, and by its default where nothing else is one."""
    keys: s.Expr
    """An expression for the keys, first to last."""
    answers: frozenset[s.Return]
    """Where it answers with what it found, or with a default."""
    defaults: frozenset[str] = frozenset()
    """The parameters that it may answer with instead."""


def descent_of(function: s.FuncDef, bindings: Mapping[str, Sequence[Binding]]) -> Descent | None:
    """How ``function`` goes down, if that is what it does; ``bindings`` are those of its own scope.

    By a loop, ``for part in path.split("."): node = node[part]``, or by ``reduce``.
    """
    returns = [node for node in s.walk(function.body) if isinstance(node, s.Return)]
    if len(returns) == 1 and isinstance(returns[0].value, s.Call):
        return _reduced(returns[0], returns[0].value)
    loops = (node for node in s.walk(function.body) if isinstance(node, s.For))
    return next(filter(None, (_looped(function, loop, returns, bindings) for loop in loops)), None)


def _looped(
    function: s.FuncDef, loop: s.For, returns: Sequence[s.Return], bindings: Mapping[str, Sequence[Binding]]
) -> Descent | None:
    part = loop.target.id if isinstance(loop.target, s.Name) else ""
    inside = [each for each in s.walk(loop.body) if isinstance(each, s.Assign)]
    steps = [each for each in inside if _goes_down(each.value, _name(each), part)]
    node = _name(steps[0]) if steps else ""
    bound = bindings.get(node, ())
    params = [each for each in function.params if each.name == node]
    assigned: list[s.Assign] = [each for each in (b.node for b in bound) if isinstance(each, s.Assign)]
    before = [each for each in assigned if each.span.end <= loop.span.start]
    within = [each for each in inside if _name(each) == node]
    if not steps or len(params) + len(before) + len(within) != len(bound) or not all(map(_name, before)):
        return None
    if any(each not in steps and not _is_plain(each.value) for each in within):
        return None
    answers = [each for each in returns if _is_answer(each.value, node) or _is_plain(each.value)]
    if not any(_is_answer(each.value, node) for each in answers):
        return None
    answered = [*(each.value for each in answers), *(each.value for each in within)]
    given = {name.id for value in answered for name in _names(value)}
    defaults = frozenset(param.name for param in function.params if param.name in given - {node, part})
    starts: list[s.Expr | s.Param] = [a.value for a in before if a.value is not None]
    starts += params
    return Descent(tuple(starts), loop.iter, frozenset(answers), defaults) if starts else None


def _names(value: s.Expr | None) -> Iterator[s.Name]:
    for node in s.walk(value) if value is not None else ():
        if isinstance(node, s.Name):
            yield node


def _reduced(answer: s.Return, call: s.Call) -> Descent | None:
    """``reduce(lambda node, part: node[part], path.split("."), CONFIG)``"""
    by_place = [arg.value for arg in call.args if not arg.star and not arg.keyword]
    if s.last_name(call.func) != "reduce" or len(by_place) != 3:
        return None
    step, keys, start = by_place
    names = [param.name for param in step.params] if isinstance(step, s.Lambda) else []
    if isinstance(step, s.Lambda):
        goes = len(names) == 2 and _goes_down(step.body, *names)
    else:
        goes = s.last_name(step) in ("getitem", "get")
    return Descent((start,), keys, frozenset({answer})) if goes else None


def _goes_down(value: s.Expr | None, node: str, part: str) -> bool:
    """``node[part]``, ``node.get(part, {})``, either under a condition, or with ``or {}`` behind it."""
    if isinstance(value, s.Choice):
        ways = [_goes_down(each, node, part) or _is_plain(each) for each in (value.body, value.orelse)]
        return all(ways) and not (_is_plain(value.body) and _is_plain(value.orelse))
    if isinstance(value, s.Bool) and value.op == "or":
        return _goes_down(value.left, node, part) and _is_plain(value.right)
    if isinstance(value, s.Subscript):
        return s.is_named(value.value, node) and _is_key(value.index, part)
    if not isinstance(value, s.Call) or not isinstance(value.func, s.Attribute) or not value.args:
        return False
    return (
        value.func.attr == "get" and s.is_named(value.func.value, node) and _is_key(value.args[0].value, part)
    )


def _is_key(node: s.Expr, part: str) -> bool:
    """The name itself, or ``int(part)`` where a list is gone through."""
    if isinstance(node, s.Call) and len(node.args) == 1 and s.last_name(node.func) in ("int", "str"):
        node = node.args[0].value
    return s.is_named(node, part)


def _is_plain(node: s.Expr | None) -> bool:
    """What goes on with when nothing lies under a key: a constant, ``{}``, the caller's default."""
    return isinstance(node, s.Const | s.Str | s.Name) or (isinstance(node, s.Dict) and not node.items)


def _is_answer(value: s.Expr | None, node: str) -> bool:
    if isinstance(value, s.Choice):
        return _is_answer(value.body, node) or _is_answer(value.orelse, node)
    if isinstance(value, s.Bool):
        return _is_answer(value.left, node)
    return s.is_named(value, node)


def _name(assign: s.Assign) -> str:
    target = assign.targets[0] if len(assign.targets) == 1 else None
    return target.id if isinstance(target, s.Name) else ""

"""What fills a text behind one of its literals: a hole, an operand, an argument of a template."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..facts import syntax as s
from ..facts.formats import braces, percents
from ..facts.modules import Module
from ..facts.values import Site
from .forward import Forward

Placeholder = tuple[str, str | None]


def filled_by(forward: Forward, literal: Site, before: str) -> Site | None:
    """The expression behind ``before``, with which the literal (or a piece of it) ends; None if unknown.

    What it gives may itself be put together: this is where it is put in.
    """
    module, node = literal.module, literal.node
    parent = module.parents.get(node)
    if isinstance(parent, s.FString):
        following = parent.parts[parent.parts.index(node) + 1 :] if isinstance(node, s.Str) else ()
        hole = following[0] if following else None
        return literal.at(hole.value) if isinstance(hole, s.Hole) else None
    joined = parent if isinstance(parent, s.Joined) else node
    operands = _operands(module, joined)
    if joined in operands[:-1]:
        return literal.at(operands[operands.index(joined) + 1])
    return _placed(forward, literal, joined, before)


def _placed(forward: Forward, literal: Site, template: s.Node, before: str) -> Site | None:
    """What ``template % (…)`` or ``template.format(…)`` puts there."""
    uses = list(forward.uses(Site(literal.module, template)))
    if len(uses) != 1 or not isinstance(template, s.Str | s.Joined):
        return None
    module, parent = uses[0].module, uses[0].parent
    call = module.parents.get(parent)
    parts = template.parts if isinstance(template, s.Joined) else (template,)
    found = None
    if isinstance(parent, s.Binary) and parent.op == "%":
        found = _percent_argument(parent.right, _field_behind(parts, literal.node, percents, before))
    elif isinstance(parent, s.Attribute) and parent.attr == "format" and isinstance(call, s.Call):
        found = _format_argument(call, _field_behind(parts, literal.node, braces, before))
    return Site(module, found, literal.ctx) if found is not None else None


def _field_behind(
    parts: Sequence[s.Node], literal: s.Node, split: Callable[[str], Iterator[Placeholder]], before: str
) -> str | None:
    """The number or name of the placeholder that stands behind ``before`` in the literal."""
    position = 0
    for part in parts:
        pieces = split(part.value) if isinstance(part, s.Str) and isinstance(part.value, str) else ()
        for text, field in pieces:
            if field is None:
                continue
            name = field or str(position)
            position += field == ""
            if part is literal and text.rstrip().endswith(before):
                return name
    return None


def _operands(module: Module, node: s.Node) -> Sequence[s.Node]:
    """The operands of the chain of ``+`` that ``node`` stands in, or what ``"".join([…])`` puts together."""
    top = node
    parent = module.parents.get(top)
    if isinstance(parent, s.Sequence):
        return parent.items if _is_joined(module, parent) else ()
    while isinstance(parent, s.Binary) and parent.op == "+":
        top, parent = parent, module.parents.get(parent)
    found: list[s.Node] = []
    stack = [top]
    while stack:
        here = stack.pop()
        if isinstance(here, s.Binary) and here.op == "+":
            stack += [here.right, here.left]
        else:
            found.append(here)
    return found


def _is_joined(module: Module, items: s.Sequence) -> bool:
    """``"".join([…])``"""
    call = module.parents[module.parents[items]]
    func = call.func if isinstance(call, s.Call) else None
    between = func.value if isinstance(func, s.Attribute) and func.attr == "join" else None
    return isinstance(between, s.Str) and not between.value


def _percent_argument(right: s.Expr, name: str | None) -> s.Expr | None:
    """``%`` with a tuple, a mapping or one value."""
    if isinstance(right, s.Sequence) and right.kind == "tuple":
        items = right.items if not any(isinstance(i, s.Starred) for i in right.items) else ()
        return items[int(name)] if name is not None and name.isdigit() and int(name) < len(items) else None
    if isinstance(right, s.Dict):
        return next((i.value for i in right.items if isinstance(i.key, s.Str) and i.key.value == name), None)
    return right if name == "0" and not isinstance(right, s.Sequence) else None


def _format_argument(call: s.Call, name: str | None) -> s.Expr | None:
    if name is None or any(arg.star == "*" for arg in call.args):
        return None
    if name.isdigit():
        placed = [arg.value for arg in call.args if arg.keyword is None and not arg.star]
        return placed[int(name)] if int(name) < len(placed) else None
    return next((arg.value for arg in call.args if arg.keyword == name), None)

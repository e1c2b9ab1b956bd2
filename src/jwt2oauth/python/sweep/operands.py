"""What becomes of ``a and b`` where ``b`` asks for something that was there, and that nobody needs now."""

from __future__ import annotations

from ..facts import syntax as s
from ..facts.modules import Module


def fits(module: Module, operand: s.Expr) -> bool:
    """Does the condition mean the same without ``operand``, as long as that finds what it asks for?

    ``name and key`` and ``not name or not key`` do; ``strict and not key`` never held, and would hold then.
    """
    parent = module.parents[operand]
    wants = _joint(module, parent)
    return wants is None or (holds(operand) is True) is (wants == "and")


def never_held(module: Module, operand: s.Expr, test: s.Expr) -> bool:
    """Is ``test`` a chain of ``and`` in which ``operand`` asks whether something is missing, or no good?"""
    top: s.Node = operand
    while isinstance(parent := module.parents[top], s.Bool) and parent.op == "and":
        top = parent
    return top is test and top is not operand and holds(operand) is not True


def holds(test: s.Expr) -> bool | None:
    """Is it true where the thing is there? None where that cannot be told: ``len(key) > 100``."""
    if isinstance(test, s.Unary):
        inner = holds(test.value) if test.op == "not" else None
        return None if inner is None else not inner
    if isinstance(test, s.Compare):
        right = test.rights[0]
        empty = isinstance(right, s.Const | s.Str) and not right.value
        known = {"is not": True, "!=": True, ">": True, "is": False, "==": False}
        return known.get(test.ops[0]) if empty and len(test.rights) == 1 else None
    return True if isinstance(test, s.Name | s.Attribute | s.Subscript | s.Call | s.Walrus) else None


def _joint(module: Module, parent: s.Node) -> str | None:
    """``and`` or ``or``, as which ``all([…])`` and ``any([…])`` count."""
    if isinstance(parent, s.Bool):
        return parent.op
    holder = module.parents.get(parent)
    call = module.call_of(holder)
    name = s.last_name(call.func) if call is not None else ""
    return {"all": "and", "any": "or"}.get(name)


def truthy(test: s.Expr) -> bool:
    """``x`` and ``x is not None``: true when there is something."""
    if isinstance(test, s.Name | s.Attribute):
        return True
    return (
        isinstance(test, s.Compare)
        and test.ops in (("is not",), ("!=",))
        and isinstance(test.rights[0], s.Const | s.Str)
    )


def is_positive(test: s.Expr) -> bool:
    """Does it hold where the setting is there?"""
    if isinstance(test, s.Compare):
        return test.ops[0] in ("in", "is not", "!=")
    return not isinstance(test, s.Unary) or not is_positive(test.value)

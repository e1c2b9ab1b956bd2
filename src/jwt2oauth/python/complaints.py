"""Branches that only complain: they gather what is wrong, for somebody to tell, and go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import syntax as s

_GATHERS = frozenset({"append", "add", "extend", "insert"})
_KINDS = ("Error", "Warning", "Critical", "Exception", "Problem", "Issue", "Finding", "Violation")
"""How classes end whose objects say what is wrong: ``django.core.checks.Error``."""


def only_complains(block: s.Block, rest: Sequence[s.Stmt], harmless: Callable[[s.Node], bool]) -> bool:
    """Say whether ``rest``, the statements of ``block`` that do not leave, only complain.

    ``problems.append(f"{path} is missing")`` and ``return [f"{path} is missing"]`` are complaints: they are
    sentences, or objects made of one; ``cmd.append("--key")`` is none. ``ok = False`` and ``errors += 1``
    count beside what is told.
    """
    marks = [stmt for stmt in rest if _is_mark(stmt)]
    said = [stmt for stmt in rest if stmt not in marks and _is_complaint(stmt, harmless)]
    told = bool(said) or any(isinstance(stmt, s.ExprStmt) for stmt in block.body if stmt not in rest)
    return len(marks) + len(said) == len(rest) and told


def _is_complaint(stmt: s.Stmt, harmless: Callable[[s.Node], bool]) -> bool:
    if isinstance(stmt, s.Return):
        return stmt.value is not None and _is_said(stmt.value) and _is_idle(stmt.value, harmless)
    call = stmt.value if isinstance(stmt, s.ExprStmt) else None
    if isinstance(call, s.Yield):
        return call.value is not None and _is_said(call.value) and _is_idle(call.value, harmless)
    func = call.func if isinstance(call, s.Call) else None
    if not isinstance(call, s.Call) or not isinstance(func, s.Attribute) or func.attr not in _GATHERS:
        return False
    said = [arg.value for arg in call.args if not isinstance(arg.value, s.Const)]
    return bool(said) and all(_is_said(each) and _is_idle(each, harmless) for each in said)


def _is_idle(node: s.Expr, harmless: Callable[[s.Node], bool]) -> bool:
    """Does it do nothing but say something, be it by an object that is made for that?"""
    if isinstance(node, s.Sequence) and any(map(_is_object, node.items)):
        return all(_is_idle(item, harmless) for item in node.items)
    if isinstance(node, s.Call) and _is_object(node):
        return all(harmless(arg.value) for arg in node.args)
    return harmless(node)


def _is_object(node: s.Expr) -> bool:
    """``Error("the key is missing", id="app.E001")``"""
    return isinstance(node, s.Call) and s.last_name(node.func).endswith(_KINDS)


def _is_mark(stmt: s.Stmt) -> bool:
    """``ok = False``, ``errors += 1``"""
    if isinstance(stmt, s.AugAssign):
        return isinstance(stmt.target, s.Name) and isinstance(stmt.value, s.Const)
    if not isinstance(stmt, s.Assign) or not isinstance(stmt.value, s.Const):
        return False
    return stmt.value.value is False and all(isinstance(target, s.Name) for target in stmt.targets)


def _is_said(node: s.Expr) -> bool:
    """Is it a sentence, or a list or tuple of sentences and constants?"""
    if isinstance(node, s.Sequence):
        said = [item for item in node.items if not isinstance(item, s.Const)]
        return bool(said) and all(map(_is_said, said))
    if isinstance(node, s.Binary) and node.op == "%":
        return _is_said(node.left)
    if isinstance(node, s.Call):
        func = node.func
        if _is_object(node):
            return any(_is_said(arg.value) for arg in node.args)
        return isinstance(func, s.Attribute) and func.attr == "format" and _is_said(func.value)
    if isinstance(node, s.Joined):
        return any(map(_is_said, node.parts))
    parts = node.parts if isinstance(node, s.FString) else (node,)
    return any(isinstance(part, s.Str) and " " in str(part.value) for part in parts)

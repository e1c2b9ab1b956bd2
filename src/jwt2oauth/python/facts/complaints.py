"""Branches that only complain: they gather what is wrong, for somebody to tell, and go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import syntax as s

_GATHERS = frozenset({"append", "add", "extend", "insert"})


def only_complains(
    block: s.Block, rest: Sequence[s.Stmt], harmless: Callable[[s.Node], bool], kinds: tuple[str, ...]
) -> bool:
    """Say whether ``rest``, the statements of ``block`` that do not leave, only complain.

    ``problems.append(f"{path} is missing")`` and ``return [f"{path} is missing"]`` are complaints: they are
    sentences, or objects made of one by a class whose name ends like one of ``kinds``;
    ``cmd.append("--key")`` is none. ``ok = False`` and ``errors += 1`` count beside what is told.
    """
    complaints = _Complaints(harmless, kinds)
    marks = [stmt for stmt in rest if _is_mark(stmt)]
    said = [stmt for stmt in rest if stmt not in marks and complaints.is_one(stmt)]
    told = bool(said) or any(isinstance(stmt, s.ExprStmt) for stmt in block.body if stmt not in rest)
    return len(marks) + len(said) == len(rest) and told


class _Complaints:
    """Recognises them."""

    def __init__(self, harmless: Callable[[s.Node], bool], kinds: tuple[str, ...]) -> None:
        self.harmless, self.kinds = harmless, kinds

    def is_one(self, stmt: s.Stmt) -> bool:
        if isinstance(stmt, s.Return):
            return stmt.value is not None and self._says(stmt.value)
        if isinstance(stmt, s.AugAssign):  # problems += ["no key"]
            listed = isinstance(stmt.target, s.Name) and isinstance(stmt.value, s.Sequence)
            return stmt.op == "+" and listed and self._says(stmt.value)
        if isinstance(stmt, s.Assign):  # errors["key"] = "no such file"
            stored = len(stmt.targets) == 1 and isinstance(stmt.targets[0], s.Subscript)
            return stored and stmt.value is not None and self._says(stmt.value)
        call = stmt.value if isinstance(stmt, s.ExprStmt) else None
        if isinstance(call, s.Yield):
            return call.value is not None and self._says(call.value)
        func = call.func if isinstance(call, s.Call) else None
        if not isinstance(call, s.Call) or not isinstance(func, s.Attribute) or func.attr not in _GATHERS:
            return False
        said = [arg.value for arg in call.args if not isinstance(arg.value, s.Const)]
        return bool(said) and all(map(self._says, said))

    def _says(self, node: s.Expr) -> bool:
        return self._is_said(node) and self._is_idle(node)

    def _is_idle(self, node: s.Expr) -> bool:
        """Does it do nothing but say something, be it by an object that is made for that?"""
        if isinstance(node, s.Sequence) and any(map(self._is_object, node.items)):
            return all(map(self._is_idle, node.items))
        if isinstance(node, s.Call) and self._is_object(node):
            return all(self.harmless(arg.value) for arg in node.args)
        return self.harmless(node)

    def _is_said(self, node: s.Expr) -> bool:
        """Is it a sentence, or a list or tuple of sentences and constants?"""
        if isinstance(node, s.Sequence):
            said = [item for item in node.items if not isinstance(item, s.Const)]
            return bool(said) and all(map(self._is_said, said))
        if isinstance(node, s.Binary) and node.op == "%":
            return self._is_said(node.left)
        if isinstance(node, s.Call):
            func = node.func
            if self._is_object(node):
                return any(self._is_said(arg.value) for arg in node.args)
            return isinstance(func, s.Attribute) and func.attr == "format" and self._is_said(func.value)
        if isinstance(node, s.Joined):
            return any(map(self._is_said, node.parts))
        parts = node.parts if isinstance(node, s.FString) else (node,)
        return any(isinstance(part, s.Str) and " " in str(part.value) for part in parts)

    def _is_object(self, node: s.Expr) -> bool:
        """``Error("the key is missing", id="app.E001")``"""
        return isinstance(node, s.Call) and s.last_name(node.func).endswith(self.kinds)


def _is_mark(stmt: s.Stmt) -> bool:
    """``ok = False``, ``errors += 1``"""
    if isinstance(stmt, s.AugAssign):
        return isinstance(stmt.target, s.Name) and isinstance(stmt.value, s.Const)
    if not isinstance(stmt, s.Assign) or not isinstance(stmt.value, s.Const):
        return False
    return stmt.value.value is False and all(isinstance(target, s.Name) for target in stmt.targets)

"""What the parts of the sweep share."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding, path_of

_DECLARING = (
    "dataclass",
    "NamedTuple",
    "TypedDict",
    "define",
    "attr.s",
    "attrs",
    "frozen",
    "BaseModel",
    "BaseSettings",
    "Struct",
)


CHANGES = ("item", "call", "aug")
"""Bindings that change what was there before."""


def declares(node: s.ClassDef) -> bool:
    """A dataclass, a NamedTuple, an attrs class, a model of pydantic."""
    names = [dotted(d) for d in node.decorators] + [dotted(b.value) for b in node.bases]
    return any(n.removesuffix("()").endswith(_DECLARING) for n in names)


def only_declares(node: s.ClassDef) -> bool:
    """Do its decorators do nothing but make it such a class?"""
    return all(dotted(d).removesuffix("()").endswith(_DECLARING) for d in node.decorators)


def dotted(node: s.Expr) -> str:
    if isinstance(node, s.Call):
        return dotted(node.func) + "()"
    return path_of(node) or ""


def changed_by(module: Module, binding: Binding) -> Iterator[s.Node]:
    """What ``binding`` reads only to change it; of a call that is decided when somebody asks."""
    node = binding.node
    if binding.kind == "aug" and isinstance(node, s.AugAssign):
        yield node.target
    elif binding.kind == "item":
        if isinstance(node, s.Call) and isinstance(node.func, s.Attribute):
            if isinstance(module.parents.get(node), s.ExprStmt):
                yield node.func.value
            return
        targets: tuple[s.Expr, ...] = ()
        if isinstance(node, s.Assign | s.Delete):
            targets = node.targets
        elif isinstance(node, s.AugAssign):
            targets = (node.target,)
        for target in targets:
            if isinstance(target, s.Subscript) and path_of(target.value) == binding.path:
                yield target.value
                return
    elif (
        binding.kind == "call"
        and isinstance(node, s.Call)
        and isinstance(module.parents.get(node), s.ExprStmt)
    ):
        yield from [a.value for a in node.args if path_of(a.value) == binding.path][:1]


def types_said(module: Module) -> Iterator[s.Expr]:
    """What names, parameters and functions are said to be."""
    yield from (node.annotation for node in module.each(s.Assign, s.Param) if node.annotation)
    yield from (function.returns for function in module.each(s.FuncDef) if function.returns)


def named_in_annotations(module: Module) -> dict[str, list[s.Str]]:
    """The annotations that are texts, ``"Path | None"``, by the names in them."""
    found: dict[str, list[s.Str]] = {}
    for annotation in types_said(module):
        literal = isinstance(annotation, s.Subscript) and s.last_name(annotation.value) == "Literal"
        texts = (node for node in s.walk(annotation) if isinstance(node, s.Str) and not literal)
        for text in texts:
            for name in re.findall(r"\w+", str(text.value)):
                found.setdefault(name, []).append(text)
    return found


def changes_what_came_in(binding: Binding) -> bool:
    """Is it a store into something that was there before its scope ran, perhaps one of several?"""
    seen: set[Binding] = set()
    stack = [*binding.prev]
    while stack:
        previous = stack.pop()
        if previous.kind == "entry":
            return True
        if previous not in seen and previous.kind == "item":
            seen.add(previous)
            stack += previous.prev
    return False


def is_local(binding: Binding) -> bool:
    """Is all that may read ``binding`` in its function, where it is found at once?"""
    scope, name = binding.scope, binding.path
    if scope.is_module or scope.is_class or "." in name or name in scope.outer_names:
        return False
    return not changes_what_came_in(binding)

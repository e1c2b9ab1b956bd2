"""What the parts of the sweep share."""

from __future__ import annotations

from ..facts import syntax as s
from ..facts.scopes import path_of

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

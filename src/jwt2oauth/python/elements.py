"""Who goes through a mapping of mappings: for its names alone, or for what lies under them."""

from __future__ import annotations

from . import syntax as s
from .index import Module

_NAMING = frozenset(
    {"all", "any", "bool", "enumerate", "frozenset", "iter", "join", "len", "list", "set", "sorted", "tuple"}
)


def only_names(module: Module, node: s.Node, parent: s.Node) -> bool:
    """``for name in profiles``, ``", ".join(profiles)``: is nothing of what lies below taken?"""
    if isinstance(parent, s.For | s.Clause):
        return parent.iter is node
    call = module.parents[parent] if isinstance(parent, s.Arg) and not parent.star else None
    func = call.func if isinstance(call, s.Call) else None
    last = s.last_name(func)
    return last in _NAMING


def element_of(module: Module, call: s.Call) -> tuple[s.Node, s.Expr] | None:
    """``for name, profile in profiles.items()``, ``for profile in profiles.values()``: what is called one."""
    loop = module.parents[call]
    if not isinstance(loop, s.For | s.Clause) or loop.iter is not call or call.args:
        return None
    method = call.func.attr if isinstance(call.func, s.Attribute) else ""
    if method == "values":
        return loop, loop.target
    pair = loop.target.items if isinstance(loop.target, s.Sequence) else ()
    return (loop, pair[1]) if method == "items" and len(pair) == 2 else None

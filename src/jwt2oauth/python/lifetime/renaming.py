"""Local names that say milliseconds and are only divided: they are called by the seconds that they get.

``lifetime_ms = reply["expires_in"]`` with ``lifetime_ms // 1000`` below it becomes ``lifetime``, and the
division goes. What is also shown, handed on or compared under such a name keeps its milliseconds, see
``unit_names``.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator

from ...records import dataclass
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import Site
from .unit_helpers import ROUNDING, is_thousandth
from .unit_names import SPEAKS, pairs
from .units import Units

_UNIT = re.compile(r"(?:^|_)(?:in_)?(?:ms|msecs?|millis|milliseconds?)(?=_|$)", re.IGNORECASE)
"""``_in_ms`` of ``ttl_in_ms``; ``expires_in_ms`` keeps its preposition."""
_CAMEL = re.compile(r"(?:In)?(?:Ms|Msecs?|Millis|Milliseconds?)$")
_BY_TEXT = frozenset({"locals", "vars", "dir", "eval", "exec"})
_CASTS = frozenset({"int", "float", *ROUNDING})


@dataclass(frozen=True, slots=True)
class Renamed:
    """A local name and what it is called from now on."""

    module: Module
    name: str
    value: s.Expr | None
    """What is put under it; None where it is taken out of something."""
    nodes: tuple[s.Name, ...]
    """The name where it is assigned and where it is read."""


def renamed(units: Units) -> Iterator[Renamed]:
    """The local names that are worth no more than their division by a thousand."""
    for module in units.modules():
        for scope in module.scopes.inner.values():
            if not isinstance(scope.node, s.FuncDef) or _takes_names(scope.node):
                continue
            for path, bindings in scope.bindings.items():
                if len(bindings) != 1 or not SPEAKS.search(path) or path in scope.outer_names:
                    continue
                nodes = _divided(units, module, bindings[0])
                name = _name(module, path) if nodes else ""
                if name:
                    yield Renamed(module, name, _value(bindings[0]), nodes)


def _takes_names(function: s.FuncDef) -> bool:
    """``"{ms} ms".format(**locals())``: are its names asked for as texts?"""
    calls = (node for node in s.walk(function) if isinstance(node, s.Call))
    return any(isinstance(call.func, s.Name) and call.func.id in _BY_TEXT for call in calls)


def _divided(units: Units, module: Module, binding: Binding) -> tuple[s.Name, ...]:
    """The name where it is bound and read, if it gets the lifetime and is only ever divided."""
    stmt = binding.node
    if binding.kind != "assign" or not isinstance(stmt, s.Assign) or len(stmt.targets) != 1:
        return ()
    targets = [n for n in s.walk(stmt.targets[0]) if isinstance(n, s.Name) and n.id == binding.path]
    uses = [node for node in module.uses.get(binding, ()) if isinstance(node, s.Name)]
    if len(targets) != 1 or not uses:
        return ()
    plain = all(
        module.function(node) is binding.scope.node
        and module.scopes.bindings_of(node) == {binding}
        and units.unit(Site(module, node)) == "ms"
        and _is_division(units, module, node)
        for node in uses
    )
    return (*targets, *uses) if plain else ()


def _value(binding: Binding) -> s.Expr | None:
    """``reply["expires_in"]`` of ``token, ms = reply["access_token"], reply["expires_in"]``."""
    found = [] if not isinstance(binding.node, s.Assign) else list(pairs(binding.node))
    return next((v for t, v in found if isinstance(t, s.Name) and t.id == binding.path), None)


def _is_division(units: Units, module: Module, node: s.Expr) -> bool:
    parent = module.parents[node]
    while isinstance(parent, s.Arg) and isinstance(call := module.parents[parent], s.Call):
        if s.last_name(call.func) not in _CASTS or len(call.args) != 1:
            row = units.duration(Site(module, call))
            return row is not None and row.milliseconds.keyword == parent.keyword
        node, parent = call, module.parents[call]
    if not isinstance(parent, s.Binary):
        return False
    if parent.op == "*":
        other = parent.right if node is parent.left else parent.left
        return is_thousandth(units.constant(Site(module, other)))
    divisor = units.constant(Site(module, parent.right)) if parent.op in ("/", "//") else None
    return node is parent.left and bool(divisor) and divisor is not None and divisor % 1000 == 0


def _name(module: Module, old: str) -> str:
    """What it is called in seconds; empty where every such name is taken."""
    if re.search(r"expires?_in_", old, re.IGNORECASE):
        new = re.sub(r"_(?:ms|msecs?|millis|milliseconds?)$", "", old, flags=re.IGNORECASE)
    else:
        new = _CAMEL.sub("", _UNIT.sub("", old)).strip("_")
    for name in (new, f"{new}_seconds" if new else "seconds", "seconds"):
        free = name not in module.names and not hasattr(builtins, name) and not keyword.iskeyword(name)
        if name.isidentifier() and free and not SPEAKS.search(name):
            return name
    return ""

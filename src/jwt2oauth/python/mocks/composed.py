"""What tests make of the names in their rows: ``monkeypatch.delenv(f"ADOBE_{name}")``."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from .checks import test_around

_CASES = {"upper": str.upper, "lower": str.lower}
_PARAMETRIZE = "parametrize"


def composed(module: Module, name: s.Str) -> Iterator[str]:
    """Give the longer names that a test makes of ``name``, in a row of ``parametrize`` or of its loop."""
    for variable, function in _variables(module, name):
        for node in s.walk(function):
            if isinstance(node, s.FString | s.Binary) and not isinstance(module.parents[node], s.Binary):
                text = _text(node, variable, str(name.value))
                if text is not None and text != name.value:
                    yield text


def _variables(module: Module, name: s.Str) -> Iterator[tuple[str, s.FuncDef]]:
    """The variables that such a row fills, each with the test that has it."""
    at, row = 0, module.parents[name]
    table = module.parents[row]
    if isinstance(row, s.Sequence) and isinstance(table, s.Sequence):
        at, row = row.items.index(name), table
    holder = module.parents[row]
    if isinstance(holder, s.For):
        test = test_around(module, holder)
        names = holder.target.items if isinstance(holder.target, s.Sequence) else (holder.target,)
        if test is not None and at < len(names) and isinstance(variable := names[at], s.Name):
            yield variable.id, test
    call = module.call_of(holder)
    if call is not None and s.last_name(call.func) == _PARAMETRIZE:
        given = call.args[0].value
        said = str(given.value).split(",") if isinstance(given, s.Str) else []
        function = module.parents[call]
        if at < len(said) and isinstance(function, s.FuncDef):
            yield said[at].strip(), function


def _text(node: s.Node, variable: str, value: str) -> str | None:
    """The text of ``"INPUT_" + name.upper()``, if ``name`` is ``value``; None where it holds more."""
    if isinstance(node, s.Str):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, s.Name):
        return value if node.id == variable else None
    if isinstance(node, s.Binary) and node.op == "+":
        parts = [_text(part, variable, value) for part in (node.left, node.right)]
    elif isinstance(node, s.FString):
        inside = [part.value if isinstance(part, s.Hole) and part.plain else part for part in node.parts]
        parts = [_text(part, variable, value) for part in inside]
    elif isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and not node.args:
        cased, inner = _CASES.get(node.func.attr), _text(node.func.value, variable, value)
        return cased(inner) if cased is not None and inner is not None else None
    else:
        return None
    known = [part for part in parts if part is not None]
    return "".join(known) if len(known) == len(parts) else None

"""The names of a module by which others take part in a flow: found in its text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from . import syntax as s
from .modules import Module
from .scopes import Binding

_STORES = frozenset({"dict", "list", "set", "defaultdict", "OrderedDict"})


def concerned(module: Module, signs: Collection[str], taken: Collection[str] = ()) -> frozenset[str]:
    """Give the names at the top of a module that lead to one of ``signs``, and the stores that those use.

    A definition that holds a sign is concerned, or a name that the module has ``taken`` from others, and so
    is what spells the name of one that is. A store (a cache, a mapping of settings) may be filled and read by
    others.
    """
    texts = [(b, module.text[node.span.start : node.span.end]) for b, node in _definitions(module)]
    names = re.compile(_any_of(taken)) if taken else None
    found = {
        b.path
        for b, text in texts
        if any(sign in text for sign in signs) or (names is not None and names.search(text))
    }
    more = found
    while more:
        pattern = re.compile(_any_of(more))
        more = {b.path for b, text in texts if b.path not in found and pattern.search(text)}
        found = found | more
    used = {word for b, text in texts if b.path in found for word in re.findall(r"\w+", text)}
    return frozenset(found | {b.path for b, _ in texts if b.path in used and _is_store(module, b)})


def spells(data: bytes, names: Collection[str]) -> bool:
    """Say whether one of the names stands in a program as a word, or may be put together there."""
    return b"getattr(" in data or (bool(names) and re.search(_any_of(names).encode(), data) is not None)


def _any_of(names: Collection[str]) -> str:
    return rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b"


def _definitions(module: Module) -> Iterator[tuple[Binding, s.Node]]:
    """What the names at the top of the module stand for, each with the import or statement that says so."""
    for path, bindings in module.scopes.module.bindings.items():
        for binding in bindings if "." not in path else ():
            if binding.kind != "entry":
                node = binding.node
                yield binding, node if isinstance(node, s.Alias) else module.statement(node)


def _is_store(module: Module, binding: Binding) -> bool:
    value = binding.value
    if isinstance(value, s.Call):
        name = value.func.id if isinstance(value.func, s.Name) else ""
        return name in _STORES or any(b.kind == "class" for b in module.scopes.module.bindings.get(name, ()))
    return isinstance(value, s.Dict | s.Sequence | s.Const)

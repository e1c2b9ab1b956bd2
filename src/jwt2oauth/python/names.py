"""What a program asks for and nobody gives: names that nothing binds, imports of what is not there.

A rewrite that makes one of them is wrong, whatever the reason; the proof compares before with after.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator

from . import syntax as s
from .index import Index, Module

_GIVEN = frozenset(dir(builtins))


def missing(index: Index, modules: Iterable[Module]) -> set[tuple[str, str]]:
    """Give the names that ``modules`` use though nothing binds them, each with the path of its module.

    A name of another module of the project is written with a dot before it. Names that ``import *`` of a
    library or ``exec`` may bring are among them: only what comes or goes says something.
    """
    found: set[tuple[str, str]] = set()
    for module in modules:
        given = _starred(index, module, {module.path})
        found.update((module.path, name) for name in _unbound(module) if name not in given)
        found.update((module.path, f".{name}") for name in _not_there(index, module))
    return found


def _unbound(module: Module) -> Iterator[str]:
    for node in module.nodes.get(s.Name, ()):
        if not isinstance(node, s.Name) or node not in module.scopes.scope_of or node.id in _GIVEN:
            continue
        if not module.scopes.bindings_of(node):
            yield node.id


def _starred(index: Index, module: Module, seen: set[str]) -> set[str]:
    """What ``from settings import *`` brings in, of modules of the project."""
    given: set[str] = set()
    for node in module.nodes.get(s.ImportFrom, ()):
        other = None
        if isinstance(node, s.ImportFrom) and node.star:
            other = index.imported(module.path, node.module, node.level)
        if other is not None and other.path not in seen:
            seen.add(other.path)
            given.update(other.scopes.module.bindings, _starred(index, other, seen))
    return given


def _not_there(index: Index, module: Module) -> Iterator[str]:
    for node in module.nodes.get(s.ImportFrom, ()):
        assert isinstance(node, s.ImportFrom)
        other = index.imported(module.path, node.module, node.level)
        if other is None or "__getattr__" in other.scopes.module.bindings:
            continue
        for alias in node.aliases:
            if alias.name == "*" or other.scopes.module.bindings.get(alias.name):
                continue
            if index.find(module.path, f"{node.module}.{alias.name}".lstrip("."), node.level) is None:
                yield alias.name

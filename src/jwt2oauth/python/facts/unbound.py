"""What a program asks for and nobody gives: names that nothing binds, imports of what is not there.

A rewrite that makes one of them is wrong, whatever the reason; the proof compares before with after.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Collection, Iterable, Iterator

from . import syntax as s
from .index import Index
from .modules import Module

_GIVEN = frozenset(dir(builtins))


Concerns = Callable[[str, s.ImportFrom], bool]


def concerns(before: Index, after: Index, changed: Collection[str]) -> Concerns:
    """Say of an import in the module at a path whether that, or what is meant, is one of the ``changed``."""

    def is_concerned(path: str, node: s.ImportFrom) -> bool:
        return path in changed or any(
            index.find(path, node.module, node.level) in changed for index in (before, after)
        )

    return is_concerned


def missing(
    index: Index, modules: Iterable[Module], changed: Collection[str], is_concerned: Concerns
) -> set[tuple[str, str]]:
    """Give the names that ``modules`` use though nothing binds them, each with the path of its module.

    A name of another module of the project is written with a dot before it. Names that ``import *`` of a
    library or ``exec`` may bring are among them: only what comes or goes says something, and that is in the
    ``changed`` files and in the imports from them, with a star or by name. Where no ``import *`` of a library
    can have brought a name it is there a second time, with an exclamation mark: the last one may have gone.
    What a call is given twice by one name is no program either; it has an equals sign.
    """
    found: set[tuple[str, str]] = set()
    for module in modules:
        if module.path in changed:
            found.update((module.path, f"{name}=") for name in _repeated(module))
        if module.path in changed or any(node.star for node in module.each(s.ImportFrom)):
            given = _starred(index, module, {module.path})
            unbound = {name for name in _unbound(module) if name.rstrip("?") not in given}
            found.update((module.path, name) for name in unbound)
            if not any(_is_foreign(index, module, node) for node in module.each(s.ImportFrom)):
                found.update((module.path, f"{name}!") for name in unbound)
        found.update((module.path, f".{name}") for name in _not_there(index, module, is_concerned))
    return found


def _repeated(module: Module) -> Iterator[str]:
    for call in module.each(s.Call):
        names = [arg.keyword for arg in call.args if arg.keyword]
        yield from (name for name in names if names.count(name) > 1)


def _unbound(module: Module) -> Iterator[str]:
    """The names that nothing reaches; with a question mark, those that nothing in their scope binds at all.

    Nothing reaches what is used before it is bound, or behind its ``del``, and yet it names what it means.
    """
    for node in module.each(s.Name):
        if node not in module.scopes.scope_of or node.id in _GIVEN:
            continue
        if not module.scopes.bindings_of(node):
            yield node.id
            if node.id not in module.scopes.scope_of[node].bindings:
                yield f"{node.id}?"


def _is_foreign(index: Index, module: Module, node: s.Node) -> bool:
    """Is it an ``import *`` of a module that is not here?"""
    if not isinstance(node, s.ImportFrom) or not node.star:
        return False
    return index.imported(module.path, node.module, node.level) is None


def _starred(index: Index, module: Module, seen: set[str]) -> set[str]:
    """What ``from settings import *`` brings in, of modules of the project."""
    given: set[str] = set()
    for node in module.each(s.ImportFrom):
        other = None
        if node.star:
            other = index.imported(module.path, node.module, node.level)
        if other is not None and other.path not in seen:
            seen.add(other.path)
            given.update(other.scopes.module.bindings, _starred(index, other, seen))
    return given


def _not_there(index: Index, module: Module, is_concerned: Concerns) -> Iterator[str]:
    for node in module.each(s.ImportFrom):
        if not is_concerned(module.path, node):
            continue
        other = index.imported(module.path, node.module, node.level)
        if other is None or "__getattr__" in other.scopes.module.bindings:
            continue
        for alias in node.aliases:
            if alias.name == "*" or other.scopes.module.bindings.get(alias.name):
                continue
            if index.find(module.path, f"{node.module}.{alias.name}".lstrip("."), node.level) is None:
                yield alias.name

"""What goes by which name in one file: loads, stores, attributes, keys, parameters, imports."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from . import syntax as s
from .scopes import Scope, path_of

if TYPE_CHECKING:
    from .modules import Module

Named = tuple[Scope | str, str]
"""A name that a scope knows, or one of the kinds below."""
ATTRIBUTE, KEY, MEMBER = ".", "[]", "import"
"""Of any object; of any mapping; of what was imported."""
WORD = re.compile(r"\w+")
LIKE_A_KEY = re.compile(r"[\w.:/-]+")
_CHANGING = frozenset({"item", "call", "entry"})
"""What is bound so is an object of an outer scope, which is changed: ``KEPT.append(…)``, ``KEPT[0] = …``."""
_FILLED_IN = re.compile(r"[{$(\"'](\w++)|(?<!\w)(\w++)=")
"""``{life}``, ``$life``, ``%(life)s``, ``"life": ``, ``life=``"""


class Leaves:
    """What goes by a name in a module."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._by_name: dict[Named, list[s.Node]] | None = None

    def asked_of_itself(self, member: str) -> Iterator[s.Node]:
        """Where an object asks itself for a member: ``self.get``, ``super().get``."""
        for node in self.of((ATTRIBUTE, member)):
            if isinstance(node, s.Attribute):
                base = node.value.func if isinstance(node.value, s.Call) else node.value
                if s.last_name(base) in ("self", "cls", "super"):
                    yield node

    def of(self, name: Named) -> Sequence[s.Node]:
        """The nodes that are what goes by that name."""
        if self._by_name is None:
            self._by_name = defaultdict(list)
            for each, node in self._found():
                self._by_name[each].append(node)
        return self._by_name.get(name, ())

    def _found(self) -> Iterator[tuple[Named, s.Node]]:
        module = self._module
        for name in module.each(s.Name):
            yield name_in(module, name), name
        for field in module.each(s.Assign):
            declared = field.targets[0]
            if field.value is None and isinstance(declared, s.Name) and module.scope(field).is_class:
                yield (ATTRIBUTE, declared.id), declared
        aliases = (alias for stmt in module.each(s.Import, s.ImportFrom) for alias in stmt.aliases)
        imported = {alias.asname or alias.name.partition(".")[0] for alias in aliases}
        for attribute in module.each(s.Attribute):
            yield (ATTRIBUTE, attribute.attr), attribute
            if (path_of(attribute) or "").partition(".")[0] in imported:
                yield (MEMBER, attribute.attr), attribute
        for text in module.each(s.Str):
            for word in _keys(text.value) if isinstance(text.value, str) else ():
                yield (KEY, word), text
        for case in module.each(s.Case):
            for key in case.keys:
                yield (KEY, key), case
        for param in module.each(s.Param):
            yield (KEY, param.name), param


def _keys(text: str) -> set[str]:
    """The words by which a text may ask for something, or name it."""
    if LIKE_A_KEY.fullmatch(text):
        return {*WORD.findall(text)}
    return {word for found in _FILLED_IN.findall(text) for word in found if word}


def name_in(module: Module, name: s.Name) -> Named:
    """What a name that is loaded or stored is known by."""
    return named(module.scopes.scope_of.get(name) or module.scope(name), name.id)


def named(scope: Scope, name: str) -> Named:
    """The name, as a scope knows it; one that nothing binds is the module's own."""
    here = scope
    while here.parent is not None:
        if here.outer_names.get(name) == "global":
            return here.module(), name
        is_seen = not here.is_class or here is scope
        is_own = name in here.bindings and name not in here.outer_names and is_seen
        if is_own and any(bound.kind not in _CHANGING for bound in here.bindings[name]):
            return (ATTRIBUTE if here.is_class else here), name
        here = here.parent
    return here, name

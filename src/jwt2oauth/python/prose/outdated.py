"""What stays and is out of date after a change: docstrings that name what is gone, what files are made of."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..roles.trace import label_of, place_of
from ..writing.changes import Changes
from ..writing.docstrings import entries

_COPIES = frozenset(
    {"vendor", "vendored", "_vendor", "third_party", "thirdparty", "3rdparty", "extern", "externals"}
)
_GENERATED = re.compile(r"\b(?:auto-?)?generated\b|\bdo not (?:edit|modify)\b", re.IGNORECASE)
_TOP = 12
"""Lines at the top of a file that tell what it is made of."""
_TELLING = re.compile(r"_*[A-Za-z0-9]+_\w*|[A-Z][a-z0-9]+[A-Z]\w*")
"""Names that are no words of a sentence: ``create_jwt``, ``TokenError``."""


def outdated(changes: Changes, modules: Iterable[Module], told: Collection[str]) -> Iterator[str]:
    """Tell which docstrings of ``modules`` name what is gone, but of those at places that are ``told``."""
    modules = sorted(modules, key=lambda module: module.path)
    gone: dict[str, None] = {}
    left: set[str] = set()
    for module in modules:
        for name, node in _defined(module):
            if changes.is_dead(module, node):
                gone.setdefault(name)
            else:
                left.add(name)
    names = [name for name in gone if name not in left and _TELLING.fullmatch(name)]
    found: dict[str, list[str]] = {}
    for module in modules:
        for owner in (module.source, *module.each(s.ClassDef), *module.each(s.FuncDef)):
            text = s.docstring(owner)
            if text is None or changes.is_dead(module, text) or label_of(module, text) in told:
                continue
            lost = [*names, *_parameters(changes, module, owner)]
            words = _words(module, owner, text, lost) if lost else frozenset()
            for name in (each for each in lost if each in words):
                found.setdefault(label_of(module, text), []).append(name)
    if found:
        places = ", ".join(f"{where} ({', '.join(each)})" for where, each in found.items())
        yield f"A docstring still names what is gone: {places}."


def overwritten(modules: Iterable[Module]) -> Iterator[str]:
    """Tell which of the changed ``modules`` are made from something else, so that the change may be lost."""
    for module in sorted(modules, key=lambda module: module.path):
        told = [c for c in module.source.comments if _GENERATED.search(c.text)]
        where = place_of(module, told[0].span) if told else None
        copied = next((part for part in module.path.split("/")[:-1] if part.lower() in _COPIES), None)
        if where is not None and where.line <= _TOP:
            yield f"{where.label} says that the file is not to be edited: change what it is made from, too."
        elif copied is not None:
            yield f"{module.path} lies in {copied}: if it is a copy, the next one brings the JWT back."


def _parameters(changes: Changes, module: Module, owner: s.Node) -> Iterator[str]:
    """The parameters that a function loses and whose names are no words of a sentence."""
    for param in owner.params if isinstance(owner, s.FuncDef) else ():
        if _TELLING.fullmatch(param.name) and changes.is_dead(module, param):
            yield param.name


def _words(module: Module, owner: s.Node, text: s.Str, lost: Iterable[str]) -> frozenset[str]:
    """The words of a docstring, but for the entries that go with what they describe."""
    said = module.snippet(text)
    spans = (
        span for name in lost if isinstance(owner, s.FuncDef) for _, span in entries(module, owner, name)
    )
    for span in spans:
        said = said.replace(module.text[span.start : span.end], "")
    return frozenset(re.findall(r"\w+", said))


def _defined(module: Module) -> Iterator[tuple[str, s.Node]]:
    """What a module and its classes define."""
    for node in module.each(s.FuncDef, s.ClassDef):
        yield node.name, node
    for stmt in module.each(s.Assign):
        if module.function(stmt) is None:
            yield from ((target.id, stmt) for target in stmt.targets if isinstance(target, s.Name))

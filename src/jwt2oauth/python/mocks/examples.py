"""Examples in docstrings, which doctest runs: those of what changed, or is gone, show what was before."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..roles.trace import label_of
from ..writing.changes import Changes

_MARK = ">>>"
_CODE = re.compile(r"^[ \t]*(?:>>>|\.\.\.)(.*)$", re.MULTILINE)


def outdated_examples(changes: Changes, rules: Rules) -> Iterator[str]:
    """Give the places of the examples to look at, of all that a plan touches."""
    provider = rules.provider
    words = (*provider.exchange_paths, provider.fields.assertion)
    lost = _lost(changes)
    for module in changes.touched:
        if _MARK not in module.text or not module.path.endswith(".py"):
            continue
        stirred = changes.stirred(module)
        shown = lost | {each.name for each in module.each(s.FuncDef) if each in stirred}
        for owner, name in _documented(module):
            doc = s.docstring(owner)
            if doc is None or _MARK not in str(doc.value) or changes.is_dead(module, doc):
                continue
            changed = isinstance(owner, s.FuncDef) and owner in stirred
            asked = {word for line in _CODE.findall(str(doc.value)) for word in re.findall(r"\w+", line)}
            if changed or not shown.isdisjoint(asked) or any(word in str(doc.value) for word in words):
                yield f"{label_of(module, doc)}{name}"


def _lost(changes: Changes) -> set[str]:
    """The names of what is gone, and of what is given less: ``Account("c", "s", pem="p").audience()``."""
    gone, left, less = set[str](), set[str](), set[str]()
    for module in changes.touched:
        for node in module.each(s.FuncDef, s.ClassDef):
            (gone if changes.is_dead(module, node) else left).add(node.name)
        for function in module.each(s.FuncDef):
            owner = module.class_of(function)
            if any(changes.is_dead(module, param) for param in function.params):
                less.add(owner.name if owner is not None and function.name == "__init__" else function.name)
        for cls in module.each(s.ClassDef):
            fields = (each for each in cls.body.body if isinstance(each, s.Assign) and each.annotation)
            if cls.decorators and any(changes.is_dead(module, field) for field in fields):
                less.add(cls.name)
    return gone - left | less


def _documented(module: Module) -> Iterator[tuple[s.Source | s.FuncDef | s.ClassDef, str]]:
    yield module.source, ""
    for node in module.each(s.ClassDef, s.FuncDef):
        yield node, f" ({node.name})"

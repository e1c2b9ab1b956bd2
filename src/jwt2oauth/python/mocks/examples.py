"""Examples in docstrings, which doctest runs: those of functions that changed show what was before."""

from __future__ import annotations

from collections.abc import Iterator

from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..roles.trace import label_of
from ..writing.changes import Changes

_MARK = ">>>"


def outdated_examples(changes: Changes, rules: Rules) -> Iterator[str]:
    """Give the places of the examples to look at, of all that a plan touches."""
    provider = rules.provider
    words = (*provider.exchange_paths, provider.fields.assertion)
    for module in changes.touched:
        if _MARK not in module.text or not module.path.endswith(".py"):
            continue
        stirred = changes.stirred(module)
        for owner, name in _documented(module):
            doc = s.docstring(owner)
            if doc is None or _MARK not in str(doc.value) or changes.is_dead(module, doc):
                continue
            changed = isinstance(owner, s.FuncDef) and owner in stirred
            if changed or any(word in str(doc.value) for word in words):
                yield f"{label_of(module, doc)}{name}"


def _documented(module: Module) -> Iterator[tuple[s.Source | s.FuncDef | s.ClassDef, str]]:
    yield module.source, ""
    for node in module.each(s.ClassDef, s.FuncDef):
        yield node, f" ({node.name})"

"""Complaints that tests expect, and that nothing makes any more: what made them went with the key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..writing.changes import Changes
from .checks import is_check, label_in_test, test_around

_PART = 6
"""Letters from which on a part of a text means the whole."""


class Unsaid:
    """Finds them, once everything that goes is gone."""

    def __init__(self, changes: Changes, programs: Iterable[Module]) -> None:
        """Look at what the branches said that are gone from ``programs``."""
        self.changes = changes
        self._lost: set[str] = set()
        alive: set[str] = set()
        for module in programs:
            gone = [n for n in module.each(s.If) if n in changes.removed]
            blocks = (block for node in gone for block in (node.body, node.orelse))
            self._lost |= {text for block in blocks if block is not None for text in _texts(s.walk(block))}
            alive |= set(_texts(n for n in module.each(s.Str) if not changes.is_dead(module, n)))
        self._lost -= alive
        self._alive = alive

    def expected(self, modules: Iterable[Module]) -> Iterator[str]:
        """``assert "reports.E002" in [problem.id for problem in check()]`` in a module of tests."""
        for module in modules:
            for node in module.each(s.Str) if self._lost else ():
                whole = not _looks_within(module, node)
                if not self._was_said(str(node.value), whole) or self.changes.is_dead(module, node):
                    continue
                if is_check(module.statement(node)) and test_around(module, node) is not None:
                    yield (
                        f"{label_in_test(module, node)} expects what a check of the key said, and that check "
                        "is gone: change or remove that test."
                    )

    def _was_said(self, text: str, whole: bool) -> bool:
        if text in self._lost:
            return True
        within = not whole and len(text) >= _PART and any(text in lost for lost in self._lost)
        return within and not any(text in left for left in self._alive)


def _looks_within(module: Module, node: s.Str) -> bool:
    """Is the text sought in another one, ``"missing" in err``, ``raises(E, match="missing")``?"""
    parent = module.parents[node]
    return isinstance(parent, s.Arg) or (isinstance(parent, s.Compare) and parent.ops[0] in ("in", "not in"))


def _texts(nodes: Iterable[s.Node]) -> Iterator[str]:
    texts = (str(node.value) for node in nodes if isinstance(node, s.Str))
    return (text for text in texts if len(text) >= 4)

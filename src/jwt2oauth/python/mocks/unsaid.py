"""Complaints that tests expect, and that nothing makes any more: what made them went with the key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..writing.changes import Changes
from .checks import is_check, is_expecting, label_in_test, test_around
from .unraised import EXITS

_PART = 6
"""Letters from which on a part of a text means the whole."""


_TELLING = 8
"""Letters of a piece of an f-string from which on it means that one."""


class Unsaid:
    """Finds them, once everything that goes is gone."""

    def __init__(self, changes: Changes, programs: Iterable[Module]) -> None:
        """Look at what the branches said that are gone from ``programs``."""
        self.changes = changes
        self._lost: set[str] = set()
        self._gathered: set[str] = set()
        self._pieces: set[str] = set()
        alive: set[str] = set()
        for module in programs:
            arms = [(n, arm) for n in module.each(s.If) for arm in (n.body, n.orelse) if arm is not None]
            gone = [arm for node, arm in arms if not changes.removed.isdisjoint((node, arm))]
            for stmt in (stmt for arm in gone for stmt in arm.body):
                said = {*_texts(s.walk(stmt))}
                self._lost |= said
                self._gathered |= set() if _leaves(stmt) else said
                self._pieces |= {*_texts(_pieces(stmt))}
            alive |= set(_texts(n for n in module.each(s.Str) if not changes.is_dead(module, n)))
        self._lost -= alive
        self._gathered -= alive
        self._pieces = {piece for piece in self._pieces - alive if len(piece.strip()) >= _TELLING}
        self._alive = alive

    def expected(self, modules: Iterable[Module]) -> Iterator[str]:
        """``assert "reports.E002" in [problem.id for problem in check()]`` in a module of tests."""
        for module in modules:
            for node in module.each(s.Str) if self._lost else ():
                whole = not _looks_within(module, node)
                if not self._was_said(str(node.value), whole) or self.changes.is_dead(module, node):
                    continue
                checks = is_check(module.statement(node)) or self._is_awaited(module, node)
                if checks and test_around(module, node) is not None:
                    yield (
                        f"{label_in_test(module, node)} expects what a check of the key said, and that check "
                        "is gone: change or remove that test."
                    )

    def _is_awaited(self, module: Module, node: s.Str) -> bool:
        """``with pytest.raises(SystemExit, match="no such key"):``, of several complaints in one error?

        What is gone with the ``raise`` itself is found there.
        """
        if not any(str(node.value) in said for said in self._gathered):
            return False
        arg = module.parents[node]
        if isinstance(arg, s.Arg):
            return is_expecting(module.parents[arg])
        above = [*module.ancestors(node)]
        test = next((each for each in above if isinstance(each, s.FuncDef)), None)
        return test is not None and any(each in above for each in test.decorators)

    def _was_said(self, text: str, whole: bool) -> bool:
        if text in self._lost or any(piece in text for piece in self._pieces):
            return True
        within = not whole and len(text) >= _PART and any(text in lost for lost in self._lost)
        return within and not any(text in left for left in self._alive)


def _looks_within(module: Module, node: s.Str) -> bool:
    """Is the text sought in another one, ``"missing" in err``, ``raises(E, match="missing")``?"""
    parent = module.parents[node]
    if isinstance(parent, s.Sequence):
        above = [*module.ancestors(node)]
        return any(
            decorator in above for n in above if isinstance(n, s.FuncDef) for decorator in n.decorators
        )
    return isinstance(parent, s.Arg) or (isinstance(parent, s.Compare) and parent.ops[0] in ("in", "not in"))


def _texts(nodes: Iterable[s.Node]) -> Iterator[str]:
    texts = (str(node.value) for node in nodes if isinstance(node, s.Str))
    return (text for text in texts if len(text) >= 4)


def _pieces(stmt: s.Stmt) -> Iterator[s.Node]:
    """`` does not exist`` of ``f"{path} does not exist"``"""
    return (part for node in s.walk(stmt) if isinstance(node, s.FString) for part in node.parts)


def _leaves(stmt: s.Stmt) -> bool:
    """``raise SystemExit("no key")``, ``sys.exit("no key")``"""
    call = stmt.value if isinstance(stmt, s.ExprStmt) else None
    return isinstance(stmt, s.Raise) or (isinstance(call, s.Call) and s.last_name(call.func) in EXITS)

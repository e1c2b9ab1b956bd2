"""Prove rewrites: apply them in memory and look again. Their flows are gone, and nothing else is.

All are tried at once. Where that fails, those that share files or are kin by their imports are tried apart
from the others, and of them the halves: few fail.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Protocol

from ..edits import Conflict, apply
from ..model import Edit
from ..net import Net
from ..notebook import open_text
from ..paths import is_program
from ..python.facts.index import Index
from ..python.facts.modules import Module
from ..python.facts.unbound import concerns, missing
from ..python.facts.unparsable import Unparsable
from ..python.planning.plan import Plan, Planned, Refusal
from ..python.roles.exchange import Exchange
from ..python.sdks import Login, SdkPlan
from ..tree.search import Words
from ..tree.walk import Tree
from .loading import Known


class Examined(Protocol):
    """A project as it is, or as it would be."""

    tree: Tree
    words: Words
    net: Net
    index: Index
    hits: list[str]
    broken: dict[str, Unparsable]
    failed: dict[str, str]

    def begins(self, path: str) -> bool:
        """Say whether a flow may begin in a file."""

    def exchanges(self) -> list[Exchange]:
        """Give the exchanges of assertions that are found."""

    def logins(self) -> list[Login]:
        """Give the logins of SDKs that are found."""


Again = Callable[[Tree, list[str], Words, Known], Examined]
"""Examines a changed tree: where something may begin, what files hold, and the modules as they were."""


class Proof:
    """Refuses those of ``plans`` that do not hold."""

    def __init__(self, before: Examined, again: Again, plans: Sequence[Planned]) -> None:
        """Examine nothing yet."""
        self._before, self._again, self._plans = before, again, plans
        self._index = before.index

    def run(self) -> None:
        """Try all at once, then those apart that have nothing to do with each other."""
        families = self._families([plan for plan in self._plans if plan.refusal is None])
        if len(families) > 1 and self.holds():
            return
        for family in families:
            with self._before.net.over(family[0].entry.module.path):
                self._admit([], family)

    def holds(self) -> bool:
        """Do all hold that are not refused, together?"""
        found: list[bool] = []
        with self._before.net.trying():
            found.append(self._tried([plan for plan in self._plans if plan.refusal is None]))
        return any(found)

    def _tried(self, plans: Sequence[Planned]) -> bool:
        try:
            return self._holds(plans)
        except Conflict:
            return False

    def _families(self, plans: Sequence[Planned]) -> list[list[Planned]]:
        """Put those together that change the same files, or files of modules that are kin."""
        found: list[tuple[list[Planned], set[str]]] = []
        for plan in plans:
            mine, signs = [plan], {edit.path for edit in plan.edits()} | set(plan.deleted)
            signs |= {self._index.family(module) for module in _programs(plan)}
            apart = []
            for family in found:
                if signs.isdisjoint(family[1]):
                    apart.append(family)
                else:
                    mine, signs = [*family[0], *mine], signs | family[1]
            found = [*apart, (mine, signs)]
        return [mine for mine, _ in found]

    def _admit(self, proved: list[Planned], plans: list[Planned]) -> list[Planned]:
        """Give those of ``plans`` that hold beside the ``proved`` ones, many tried at once."""
        meet = False
        try:
            if not plans or self._holds([*proved, *plans]):
                return plans
        except Conflict:
            meet = True
        if len(plans) == 1:
            # Where its edits only meet another's, whoever puts the flows together decides.
            if not proved or not meet or not self._admit([], plans):
                plans[0].refusal = Refusal("proof-failed", plans[0].entry)
            return []
        half = len(plans) // 2
        first = self._admit(proved, plans[:half])
        return first + self._admit([*proved, *first], plans[half:])

    def _holds(self, good: Sequence[Planned]) -> bool:
        """Are the flows of ``good`` gone, and nothing else? Raise ``Conflict`` where their edits meet."""
        contents = self._contents(good)
        if contents is None:
            return False
        near = self._near(good)
        before = self._before
        begun = [path for path in before.hits if path in contents or (path in near and before.begins(path))]
        left = [path for path in dict.fromkeys([*begun, *contents]) if contents.get(path, b"") is not None]
        tree = before.tree.overlay(contents)
        words = before.words.over(tree, contents.keys())
        same: dict[str, Module] = {}
        changed: dict[str, Module] = {}
        for module in self._index.loaded:
            (changed if module.path in contents else same)[module.path] = module
        after = self._again(tree, left, words, Known(same, changed))
        if after.broken.keys() - before.broken.keys() or after.failed.keys() - before.failed.keys():
            return False
        exchanges, logins = after.exchanges(), after.logins()
        others = [*self._others(good, after.index)]
        if len(exchanges) > sum(len(plan.exchanges) for plan in others if isinstance(plan, Plan)):
            return False
        if len(logins) > sum(len(plan.logins) for plan in others if isinstance(plan, SdkPlan)):
            return False
        return not self._loses_names(after, near, contents.keys())

    def _contents(self, good: Sequence[Planned]) -> dict[str, bytes | None] | None:
        """What the files hold then (None: it goes); None where that cannot be told."""
        contents: dict[str, bytes | None] = {}
        try:
            taken = {edit for plan in good for edit in plan.instead()}
            made = (edit for plan in good for edit in plan.edits() if edit not in taken)
            for path, edits in by_path(dict.fromkeys(made)).items():
                module = self._index.module(path) if is_program(path) else None
                if module is not None and not module.source.exact:
                    return None
                text = open_text(path, self._before.tree.read(path))
                contents[path] = text.encode(apply(text.text, edits))
            contents.update(dict.fromkeys(path for p in good for path in p.deleted))
        except Conflict:
            raise
        except (ValueError, OSError):
            return None
        return contents

    def _near(self, good: Iterable[Planned]) -> frozenset[str]:
        """The loaded modules that are kin to what changes: what is elsewhere stays as it is."""
        family = self._index.family
        families = {family(module) for plan in good for module in _programs(plan)}
        return frozenset(module.path for module in self._index.loaded if family(module) in families)

    def _others(self, good: Sequence[Planned], after: Index) -> Iterator[Planned]:
        """The plans that are not carried out, and whose flows are seen beside those that are."""
        chosen, seen = set(map(id, good)), {module.path for module in after.loaded}
        for plan in self._plans:
            path = plan.entry.module.path
            if id(plan) not in chosen and (path in seen or not is_program(path)):
                yield plan

    def _loses_names(self, after: Examined, near: Collection[str], changed: Collection[str]) -> bool:
        """Do the loaded modules ask for anything, after the changes, that nobody gives any more?"""
        is_concerned = concerns(self._index, after.index, changed)

        def asked(index: Index) -> set[tuple[str, str]]:
            modules = [module for path in sorted(near) if (module := index.module(path)) is not None]
            return missing(index, modules, changed, is_concerned)

        return bool(asked(after.index) - asked(self._index))


def _programs(plan: Planned) -> list[Module]:
    """The modules that it changes, and where its flow begins."""
    touched = [module for module in plan.changes.touched if is_program(module.path)]
    return [plan.entry.module, *touched] if is_program(plan.entry.module.path) else touched


def by_path(edits: Iterable[Edit]) -> dict[str, list[Edit]]:
    """Sort edits by the files that they are in."""
    found: dict[str, list[Edit]] = {}
    for edit in edits:
        found.setdefault(edit.path, []).append(edit)
    return found

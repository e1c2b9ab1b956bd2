"""What a customer's tests name of the keys, fields and constants that leave the program and its files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from ..paths import is_program
from ..python.facts import syntax as s
from ..python.facts.modules import Module
from ..python.leftovers.settings import Unread
from ..python.mocks.keys import NAMES, Complete, Keys
from ..python.mocks.unraised import Counted, Unsaid
from ..python.planning.plan import Plan, Planned
from ..python.writing.changes import Changes
from .clearing import is_telling
from .keyfiles import BINARY, holds_key
from .known import Known

_SPELLED = rb"[\"']%s[\"']"


class NamedInTests:
    """Takes names out of tests where that is mechanical, and says where it is not; one per project."""

    def __init__(self, known: Known) -> None:
        """Look at nothing yet."""
        self.known = known

    def keys(
        self,
        plan: Planned,
        names: Sequence[str],
        secrets: Sequence[str],
        taken: Sequence[tuple[Module, s.Item]],
        read: Iterable[Unread],
    ) -> Iterator[str]:
        """Tests that name keys which leave the configuration, or secrets that nothing fetches any more.

        ``read`` is what code that is gone has read.
        """
        index = self.known.index
        for name in dict.fromkeys(names):
            index.mentioning(name, plan.entry.module.path, NAMES)
        tests = [*filter(self.known.resolver.is_test, index.kin([plan.entry.module]))]
        files = {d.path for d, _ in taken} | {d.path for d, *_ in plan.changes.documented}
        tests += [each for each in self._naming(files) if each not in tests]
        if not tests:
            return
        keys, lost = Keys(plan.changes), self.lost_constants(plan)
        relaxed, unopened = (plan.relaxed, plan.unopened) if isinstance(plan, Plan) else ((), ())
        gone = {*names, *lost, *relaxed, *self._lost_entries(plan)}
        gone |= {*self._put_together(tests, plan)} if isinstance(plan, Plan) else set()
        yield from keys.forget(tests, gone, lambda test, lost: self._spoken(plan.changes, lost, test))
        named = {*gone, *unopened}
        said = [*keys.said(tests, named, self.known.resolver)] if named else []
        yield from said
        missed = [*keys.missed(tests)] if unopened else []
        yield from missed
        known = {*map(test_of, missed)}
        failing = keys.failing(tests, plan.closed) if isinstance(plan, Plan) and plan.closed else ()
        yield from (each for each in failing if test_of(each) not in known)
        yield from keys.expected(tests, secrets)
        yield from keys.gone(tests, lost)
        programs = [m for m in plan.changes.touched if m not in tests and is_program(m.path)]
        told = {each.partition(" expects ")[0] for each in said}
        yield from keys.undemanded(tests, programs, self._read_beside(plan, read) - gone)
        expected = Unsaid(plan.changes, programs).expected(tests)
        yield from (each for each in expected if each.partition(" expects ")[0] not in told)
        yield from Counted(self.known.resolver, plan.changes, programs).expected(tests)
        yield from Complete(plan.changes, taken).fill(tests)
        yield from self._keys_beside(tests, plan.changes)

    def _read_beside(self, plan: Planned, before: Iterable[Unread]) -> set[str]:
        """Variables that removed code read, the login does without, and something else reads still."""
        if not isinstance(plan, Plan):
            return set()
        forms = (form for exchange in plan.exchanges for form in exchange.forms)
        sent = [e.value for form in forms for e in form.fields.entries if e.value is not None]
        read = {each.name for each in before if each.variable}
        return read.difference(self.known.tracer.variables(*sent)) if read else read

    def _keys_beside(self, tests: Sequence[Module], changes: Changes) -> Iterator[str]:
        """Keys beside the tests that only removed lines of these have named: ``DATA / "unit.pem"``."""
        gone: dict[str, Module] = {}
        said: set[str] = set()
        for module in self.known.index.loaded:
            for node in module.each(s.Str):
                name = str(node.value).rpartition("/")[2]
                if name.endswith((*BINARY, ".pem")) and not changes.is_dead(module, node):
                    said.add(name)
                elif name.endswith((*BINARY, ".pem")) and module in tests:
                    gone[name] = module
        for name, module in gone.items():
            near = module.path.rpartition("/")[0]
            found = [p for p in self.known.tree.others if p.endswith(f"/{name}") and p.startswith(f"{near}/")]
            if name not in said and len(found) == 1 and holds_key(found[0], self.known.tree.read(found[0])):
                yield f"Delete {found[0]}: no test reads that key any more."

    def _naming(self, files: Collection[str]) -> Iterator[Module]:
        """The tests that name one of some files of configuration, whatever they import."""
        names = {path.rpartition("/")[2] for path in files}
        for module in self.known.index.loaded:
            named = [name for name in names if name in module.text]
            meant = {self.known.documents.locate(module.path, name) for name in named}
            if meant & {*files} and self.known.resolver.is_test(module):
                yield module

    def _put_together(self, tests: Sequence[Module], plan: Plan) -> Iterator[str]:
        """Variables that tests name and that the program makes of the names of fields it lost."""
        lost = {field.upper() for field in plan.lost_fields}
        texts = {str(n.value) for m in tests for n in m.each(s.Str)}
        found = {text for text in texts if text.isupper() and any(text.endswith(f"_{n}") for n in lost)}
        loaded = (m for m in self.known.index.loaded if not self.known.resolver.is_test(m))
        spelled = {text for module in loaded for text in found if module.holds(text)}
        yield from found - spelled

    def _lost_entries(self, plan: Planned) -> Iterator[str]:
        """The keys of mappings, and the fields of classes, that modules of the program lost."""
        programs = [m for m in plan.changes.touched if is_program(m.path)]
        programs = [m for m in programs if not self.known.resolver.is_test(m)]
        found: dict[str, str] = {}
        for module in programs:
            for item in module.each(s.Item):
                if isinstance(item.key, s.Str) and item in plan.changes.removed:
                    found[str(item.key.value)] = module.path
            for cls in module.each(s.ClassDef):
                for stmt in cls.body.body:
                    target = stmt.targets[0] if isinstance(stmt, s.Assign) else None
                    if isinstance(target, s.Name) and stmt in plan.changes.removed:
                        found[target.id] = module.path
        for name, path in found.items():
            self.known.index.mentioning(name, path, _SPELLED, ours=True)  # loads who else asks for it
        alive = self._spoken(plan.changes, found)
        yield from (name for name in found if name not in alive)

    def _spoken(self, changes: Changes, names: Collection[str], test: Module | None = None) -> set[str]:
        """Those of ``names`` that programs spell for themselves; only those that a ``test`` may be of."""
        index, is_test = self.known.index, self.known.resolver.is_test
        names = {name for name in names if name.isidentifier()}
        for name in sorted(names):
            if test is not None and test.holds(name):
                index.mentioning(name, test.path, _SPELLED, ours=True)
        near = [m for m in index.loaded if any(map(m.holds, names)) and not is_test(m)]
        near = [m for m in near if test is None or index.related(test, m)]
        texts = ((m, n) for m in near for n in m.each(s.Str) if n.value in names)
        return {str(n.value) for m, n in texts if is_program(m.path) and not changes.is_dead(m, n)}

    def lost_constants(self, plan: Planned) -> dict[str, str]:
        """The settings in capitals that modules of the program lost, and which modules these are."""
        found: dict[str, str] = {}
        for module in (m for m in plan.changes.touched if is_program(m.path)):
            bindings = module.scopes.module.bindings.items()
            for name, bound in bindings if not self.known.resolver.is_test(module) else ():
                gone = all(b.kind == "assign" and plan.changes.is_dead(module, b.node) for b in bound)
                if gone and name.isupper() and ("_" in name.strip("_") or is_telling(name)):
                    found[name] = module.path
        for path in dict.fromkeys(found.values()):
            self.known.loader.importers_of(path)
        return found


def test_of(todo: str) -> str:
    """The test of which a to-do tells what it expects, without the line."""
    return re.sub(r":\d+", "", todo.partition(" expects ")[0])

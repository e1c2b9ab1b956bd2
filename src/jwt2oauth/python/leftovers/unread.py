"""What a plan leaves lying about: settings that nothing reads any more."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from ...paths import is_program
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Site,
)
from ..following.forward import Forward
from ..following.lookups import (
    is_prefixed,
    lookups,
    may_read,
    prefixes,
    takes_all,
    written_name,
)
from ..resolve import Resolver
from ..roles.trace import label_of
from ..writing.changes import Changes
from .demands import Demands
from .readings import Readings
from .samples import samples
from .settings import Unread, _doubt, listed, still_allowed, undemanded, unsampled

_VARIABLE = re.compile(r"(?<![A-Z0-9])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_FILE = re.compile(r"[\w./-]*\w\.(?:json|ya?ml|toml|ini|cfg|conf)")


class Leftovers:
    """Looks over one plan's changes when they are complete."""

    def __init__(
        self,
        resolver: Resolver,
        forward: Forward,
        changes: Changes,
        mentioned: Callable[[str], bool],
        importers: Callable[[str], bool],
        wanted: Callable[[Module, str], bool],
    ) -> None:
        self.resolver = resolver
        self.changes = changes
        self.programs = [module.path for module in changes.touched if is_program(module.path)]
        """The modules of the flow: what is theirs may change with it."""
        self.demands = Demands(resolver, forward, changes)
        self._readings = Readings(resolver, changes, self.programs)
        self.notes: list[str] = []
        self.doubts: list[str] = []
        """Of which settings it cannot be told whether anything still reads them."""
        self.allowed: dict[tuple[str, Site], None] = {}
        """What stays in lists of what may be there."""
        self.undemanded: list[str] = []
        """What lists of what has to be there do without from now on."""
        self.by_tests: dict[str, list[str]] = {}
        """What only tests ask for, by the paths of these."""
        self._prefixes: set[str] = set()
        self._needed: set[str] = set()  # what code that stays reads as well, perhaps of another file
        self._spelling: dict[str, tuple[Sequence[Module], list[Module]]] = {}
        """A file of configuration → of these loaded modules, those that spell its name."""
        self.mentioned = mentioned
        """Does a file that is not loaded name this?"""
        self.importers = importers
        """Loads the modules that import a path; says whether there were any new ones."""
        self.wanted = wanted
        """Does a library that reads a configuration file by itself ask for a key of it?"""

    # -- settings ---------------------------------------------------------------------------------

    def unread(self) -> list[Unread]:
        """Variables of the environment and keys of the configuration that only removed code read."""
        return self._undemanded(list(self.unread_by_key().values()))

    def read_before(self) -> dict[object, Unread]:
        """Those that removed code read, whoever reads them still."""
        dead: dict[object, Unread] = {}
        defaults = {name for row in self.resolver.rules.scopes for name in row.metascopes}
        for module in self.changes.touched:
            for name, node in self._readings.names(module) if not self.resolver.is_test(module) else ():
                if self.changes.is_dead(module, node) and name not in defaults:
                    dead.update(self._readings.settings(Site(module, node), name))
            if not self.resolver.is_test(module):
                dead.update(self._readings.by_helpers(module))
                dead.update(self._readings.claims(module))
                dead.update(self._readings.in_turn(module))
            dead.update(self._readings.fields(module, gone=True))
        for path in sorted(self._readings.getters(dead)):
            if self.importers(path):
                self.resolver.forget()
        dead = {
            key: each
            for key, each in dead.items()
            if not self._is_sent_still(each)
            and (each.item is None or not self.wanted(each.item.module, each.name))
        }
        return {key: each for key, each in dead.items() if not (each.variable and self._is_of_others(each))}

    def _is_sent_still(self, each: Unread) -> bool:
        """The client in a form that is written out, ``{**CLIENT, …}``: the claims read it as well."""
        fields = self.resolver.rules.provider.fields
        written = each.item is not None and is_program(each.item.module.path)
        return written and each.name in (fields.client_id, fields.client_secret)

    def _is_of_others(self, each: Unread) -> bool:
        """Does a library or the system read the variable, too: ``AIRFLOW_HOME``?"""
        patterns = self.resolver.rules.values.variables_of_others
        return any(fnmatchcase(each.name, pattern) for pattern in patterns)

    def unread_by_key(self) -> dict[object, Unread]:
        """Those that only removed code read, by something to know them by."""
        dead = self._unread_here(self.read_before())
        here = self.resolver.index.loaded
        names = self.resolver.index.known({name for each in dead.values() for name in each.words})
        common = [each.name for each in dead.values() if not names.issuperset(each.words)]
        dead = {key: each for key, each in dead.items() if names.issuperset(each.words)}
        if self.resolver.index.loaded != here:
            dead = self._unread_here(dead)
        mentioned = [each.name for each in dead.values() if self.mentioned(each.name)]
        self.doubts = [
            *_doubt(common, "too many files name {} to tell whether any still reads {}"),
            *_doubt(mentioned, "a file that could not be looked into names {}"),
            *(t for path, names in self.by_tests.items() for t in _doubt(names, f"{path} asks for {{}}")),
        ]
        return {key: each for key, each in dead.items() if each.name not in mentioned}

    def _unread_here(self, dead: Mapping[object, Unread]) -> dict[object, Unread]:
        """Those that nothing reads that stays, of what is loaded."""
        left = dict(dead)
        index = self.resolver.index
        self._prefixes = prefixes(self.resolver.world if dead else ())
        changed = [each for each in self.changes.touched if is_program(each.path)] if dead else ()
        self.by_tests = {}
        for module in sorted(index.loaded, key=self.resolver.is_test) if dead else ():
            near = any(index.related(module, each) for each in changed)
            within = {key: each for key, each in left.items() if self._is_within(module, each, near)}
            read = self._read_in(module, within, near) if within else ()
            for key, each in within.items():
                if key in read:
                    del left[key]
                    if self.resolver.is_test(module):
                        self.by_tests.setdefault(module.path, []).append(each.name)
        self._needed = {each.name for key, each in dead.items() if key not in left}
        return left

    def _is_within(self, module: Module, each: Unread, near: bool) -> bool:
        """May ``module`` read it? An entry only where values pass to, or the name of its file is spelled."""
        if each.item is None:
            return True
        home = each.item.module
        if is_program(home.path):
            return self.resolver.index.related(module, home)
        return near or self._is_handed(module, home.path)

    def may_load(self, module: Module, document: str) -> bool:
        """Say whether a program may load a file of configuration.

        One that is another's does only if values pass to it from where the name of the file is spelled.
        """
        return self._is_ours(module) or self._is_handed(module, document)

    def _is_handed(self, module: Module, document: str) -> bool:
        return any(self.resolver.index.related(module, other) for other in self._naming(document))

    def _naming(self, document: str) -> list[Module]:
        """The programs that spell the name of a file of configuration, or put it together of its parts."""
        loaded = self.resolver.index.loaded
        known, found = self._spelling.get(document, (None, []))
        if known is not loaded:
            documents = self.resolver.documents
            absent = documents.absent.get(document) if documents is not None else None
            names = [document.rpartition("/")[2], *filter(None, [absent])]
            found = [
                module
                for module in loaded
                if any(name in module.text or _spells_parts(module, name) for name in names)
                and not self._means_another(module, document)
            ]
            self._spelling[document] = loaded, found
        return found

    def _means_another(self, module: Module, document: str) -> bool:
        """Has a module's own program a file of that name, and does the module not say in which folder?"""
        documents, parts = self.resolver.documents, document.split("/")
        if documents is None or (len(parts) > 1 and "/".join(parts[-2:]) in module.text):
            return False
        return documents.locate(module.path, parts[-1]) not in (None, document)

    def _read_in(self, module: Module, left: Mapping[object, Unread], near: bool) -> set[object]:
        """Which of ``left`` does what stays of ``module`` read?

        It is ``near`` if values may pass between it and a program that changes. Else it is there for another
        flow, and a key counts by its name: it may be one of the same file.
        """
        found = {key for key, _ in self._readings.fields(module, gone=False)}
        names = _names_of(left, found)
        for name, node in self._readings.names(module):
            asked = written_name(node, name)
            is_far = isinstance(node, s.Attribute) and not is_prefixed(name, names, self._prefixes)
            if is_far or not may_read(node, name, names, near) or self.changes.is_dead(module, asked):
                continue
            if not near and ("key", name) in left:
                found.add(("key", name))
                names = _names_of(left, found)
            if may_read(node, name, names, near):
                found.update(key for key, _ in self._readings.settings(Site(module, node), name))
                names = _names_of(left, found)
        return found

    def demanded(self, each: Unread) -> Unread:
        """The same with a list that asks for it, if one does; the list stays as it is."""
        return replace(each, still=next(self._demanding(each), None))

    def _demanding(self, each: Unread) -> Iterator[Site]:
        """The lists that ask for it; of another program's, those of variables: an environment is shared."""
        for found in self.demands.places(each.name):
            if self.demands.allows(found, each.name, alone=True):
                self.allowed[each.name, found] = None
            elif each.variable or (self._is_ours(found.module) and self._may_ask(found.module, each)):
                yield found

    def _naming_variable(self, each: Unread) -> Iterator[Site]:
        """Where our own program has its name, in a way that no list of names is."""
        return (found for found in self.demands.named(each.name) if self._is_ours(found.module))

    def _is_ours(self, module: Module) -> bool:
        return bool(self.resolver.index.ours([module.path], self.programs))

    def _may_ask(self, module: Module, each: Unread) -> bool:
        index = self.resolver.index
        near = any(index.related(module, other) for other in self.changes.touched if is_program(other.path))
        return self._is_within(module, each, near)

    def _undemanded(self, unread: list[Unread]) -> list[Unread]:
        """The same, when the lists of what has to be there do without what they can do without."""
        dropped: list[tuple[str, Site]] = []
        for index, each in enumerate(unread):
            for found in self._demanding(each):
                keeps = each.name in self._needed or not self._is_ours(found.module)
                keeps = keeps or self.demands.allows(found, each.name)
                if not keeps and self.demands.drop(found, each.name):
                    dropped.append((each.name, found))
                else:
                    unread[index] = replace(each, still=found)
            if unread[index].still is None:
                asking = self._naming_variable(each) if each.variable else self.demands.declaring(each.name)
                unread[index] = replace(each, still=next(asking, None))
        self.notes += [*undemanded(dropped), *still_allowed(self.allowed)]
        self.undemanded += [name for name, _ in dropped]
        sampled = list(samples(self.demands.forward, self.changes, [each.name for each in unread]))
        for _, item in sampled:
            self.changes.remove(item.module, item.node)
        self.notes += [*unsampled(sampled), *self._named_in_messages(unread)]
        return unread

    def _named_in_messages(self, unread: Sequence[Unread]) -> Iterator[str]:
        """``sys.exit("ADOBE_ID and ADOBE_KEY_FILE have to be set")``, of what nothing reads any more."""
        names = {each.name for each in unread if each.variable and each.still is None}
        named: dict[str, None] = {}
        places: dict[str, None] = {}
        for module in self.changes.touched:
            spelled = [name for name in names if name in module.text]
            for node in module.each(s.Str) if spelled and not self.resolver.is_test(module) else ():
                said = [name for name in _VARIABLE.findall(str(node.value)) if name in spelled]
                is_message = " " in str(node.value).strip() and not isinstance(
                    module.parents[node], s.ExprStmt
                )
                if said and is_message and not self.changes.is_dead(module, node):
                    named.update(dict.fromkeys(said))
                    places[label_of(module, node)] = None
        if named:
            yield f"A message still names {listed([*named])}: {', '.join(places)}."

    def is_variable_read(self, name: str) -> bool:
        """Does anything that stays name a variable of the environment, or take them all?"""
        for module in self.resolver.index.loaded:
            for literal in module.each(s.Str):
                if str(literal.value).upper() == name.upper() and not self.changes.is_dead(module, literal):
                    return True
            for node in module.each(s.Attribute):
                if node.attr != "environ" or self.changes.is_dead(module, node):
                    continue
                uses = self.demands.forward.uses(Site(module, node))
                if any(
                    takes_all(use.parent) for use in uses if not self.changes.is_dead(use.module, use.parent)
                ):
                    return True
        return False


def removed_names(changes: Changes, resolver: Resolver) -> Iterator[str]:
    """The names by which only removed code reads settings, and those of files of settings, as written."""
    found = ((name, module, node) for module in changes.touched for name, node in lookups(resolver, module))
    reads = [each for each in found if each[0]]
    dead = {name for name, module, node in reads if changes.is_dead(module, node)}
    yield from dead - {name for name, module, node in reads if not changes.is_dead(module, node)}
    for module in changes.touched:
        for text in module.each(s.Str):
            if _FILE.fullmatch(str(text.value)):
                yield str(text.value).rpartition("/")[2]


def _spells_parts(module: Module, name: str) -> bool:
    """Does a text end with the stem of a file's name, and is its suffix there as well?"""
    stem, _, suffix = name.rpartition(".")
    return suffix in module.text and any(f"{stem}{quote}" in module.text for quote in "'\"")


def _names_of(left: Mapping[object, Unread], found: Collection[object]) -> set[str]:
    return {name.lower() for key, each in left.items() if key not in found for name in each.words}

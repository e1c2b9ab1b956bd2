"""What a plan leaves lying about: settings that nothing reads any more."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from ...paths import is_program
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Class,
    Environ,
    Fields,
    Instance,
    Items,
    Lib,
    Member,
    Param,
    Result,
    Site,
    Text,
    Unknown,
    Value,
    chain,
    name_of,
    text_of,
)
from ..following.forward import Forward
from ..following.lookups import (
    filling,
    is_called,
    is_in_turn,
    is_prefixed,
    item_of,
    lookups,
    may_read,
    prefixes,
    put_together,
    takes_all,
    written_name,
)
from ..resolve import Resolver, is_target, prescribed
from ..resolve.shared import is_poured, method_of
from ..roles.secret_stores import fetched
from ..roles.trace import label_of
from ..writing.changes import Changes
from .demands import Demands, is_beside, is_listed
from .samples import samples
from .settings import Unread, _doubt, listed, still_allowed, undemanded, unsampled

ENVIRONMENT = "environment"
_VARIABLE = re.compile(r"(?<![A-Z0-9])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_WORD = re.compile(r"[A-Z][A-Z0-9_]{3,}")
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
            for name, node in self._reads(module) if not self.resolver.is_test(module) else ():
                if self.changes.is_dead(module, node) and name not in defaults:
                    dead.update(self._settings(Site(module, node), name))
            if not self.resolver.is_test(module):
                dead.update(self._by_helpers(module))
                dead.update(self._claims(module))
            dead.update(self._fields(module, gone=True))
        for path in sorted(self._getters(dead)):
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
        found = {key for key, _ in self._fields(module, gone=False)}
        names = _names_of(left, found)
        for name, node in self._reads(module):
            asked = written_name(node, name)
            is_far = isinstance(node, s.Attribute) and not is_prefixed(name, names, self._prefixes)
            if is_far or not may_read(node, name, names, near) or self.changes.is_dead(module, asked):
                continue
            if not near and ("key", name) in left:
                found.add(("key", name))
                names = _names_of(left, found)
            if may_read(node, name, names, near):
                found.update(key for key, _ in self._settings(Site(module, node), name))
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

    def _reads(self, module: Module) -> Iterator[tuple[str, s.Expr]]:
        for name, node in lookups(self.resolver, module):
            if not is_in_turn(module, node):
                yield name, node
                if "." in name and isinstance(node, s.Subscript):
                    yield name.rpartition(".")[2], node  # conf["adobe.key"] of a class that goes down
        yield from put_together(self.resolver, module)
        for node in module.each(s.Call):
            if node.args:
                yield from ((key, node) for key in self.resolver.last_keys(Site(module, node), node))
        stored = {name for each in self.resolver.world for name in self.resolver.stored_by_names(each)}
        for use in module.each(s.Name) if stored else ():
            if use.id in stored and not is_target(module, use):
                yield use.id, use  # globals()[name] = environ[name]
        for read in module.each(s.Attribute):
            if not is_target(module, read):
                yield read.attr, read  # of an object that a library made of a mapping
                if read.attr.startswith("_"):
                    yield read.attr.lstrip("_"), read  # setattr(self, "_" + name, value)

    def _claims(self, module: Module) -> Iterator[tuple[object, Unread]]:
        """Metascopes of the configuration that went into the claims as keys that are not written there."""
        stored = [node.index for node in module.each(s.Subscript)]
        made = [node.key for node in module.each(s.Comprehension)]
        for key in (*stored, *made):
            if not isinstance(key, s.Name) or not self.changes.is_dead(module, key):
                continue
            for value in self.resolver.resolve(Site(module, key)):
                name = text_of(value)
                site = value.parts[0].site if name and isinstance(value, Text) else None
                item = site.module.parents.get(site.node) if site is not None else None
                named = isinstance(item, s.Item) and self.resolver.rules.provider.metascope_path in (
                    name or ""
                )
                if site is not None and item is not None and named and not is_program(site.module.path):
                    yield item, Unread(name or "", item=site.at(item))

    def _getters(self, dead: Iterable[object]) -> set[str]:
        """The modules whose functions read variables for others, under names that only these spell."""
        if not any(isinstance(key, tuple) and key[0] == ENVIRONMENT for key in dead):
            return set()
        return {
            value.site.module.path
            for module in self.changes.touched
            for _, node in lookups(self.resolver, module)
            if isinstance(node, s.Call) and self.changes.is_dead(module, node)
            for value in self.resolver.resolve(Site(module, node))
            if isinstance(value, Environ) and value.site.node is not node
        }

    def _by_helpers(self, module: Module) -> Iterator[tuple[object, Unread]]:
        """``env("METASCOPES", cast=words)`` that is gone, of a helper that reads what it is told."""
        for node in module.each(s.Call):
            given = [arg.value.value for arg in node.args if isinstance(arg.value, s.Str)]
            names = tuple(name for name in given if isinstance(name, str) and _WORD.fullmatch(name))
            if not names or not self.changes.is_dead(module, node):
                continue
            here = Site(module, node)
            for callee in self.resolver.callees(here):
                for inner in s.walk(callee.node.body):
                    if not isinstance(inner, s.Subscript | s.Call):
                        continue
                    for value in self.resolver.resolve(Site(callee.module, inner, ((callee.node, here),))):
                        if isinstance(value, Environ) and value.name.endswith(names):
                            yield (ENVIRONMENT, value.name), Unread(value.name, variable=True)

    def _settings(self, site: Site, name: str) -> Iterator[tuple[object, Unread]]:
        """What the expression at ``site`` reads: something to know it by, and where it is set."""
        if isinstance(site.node, s.Compare):
            asked_of = self.resolver.resolve(site.at(site.node.rights[0]))
            if any(name_of(v) == "os.environ" for v in asked_of):
                yield (ENVIRONMENT, name), Unread(name, variable=True)
            return
        yield from self._taken_in(site, name)
        values = self.resolver.resolve(site)
        is_written = any(
            isinstance(v, Text | Items | Fields) and item_of(v, name) is not None for v in values
        )
        for value in values:
            if isinstance(value, Environ):
                # Or by way of a getter of the project's own, which may put a prefix before the name.
                asked = value.site.node is site.node or isinstance(site.node, s.Call) or is_listed(value)
                if asked and value.name.lower().endswith(name.lower()):
                    yield (ENVIRONMENT, value.name), Unread(value.name, variable=True)
                elif asked and is_listed(value) and is_beside(value, name):
                    yield (ENVIRONMENT, value.name), Unread(value.name, variable=True, asked=name)
            elif isinstance(value, Text | Items | Fields):
                item = item_of(value, name)
                if item is not None and not self.changes.is_dead(item.module, item.node):
                    yield item.node, Unread(name, item=item)
            elif isinstance(site.node, s.Attribute):
                held = isinstance(value, Member) and not value.attribute and isinstance(value.base, Environ)
                if (held or is_poured(value, self.resolver.knows)) and not is_called(site):
                    yield ("key", name), Unread(name)
            elif not is_written and (self._is_setting(value, site, name) or self._is_filled(site, name)):
                yield ("key", name), Unread(name, still=prescribed(value, name))
            elif self._is_file_called(value, site, name):
                yield ("key", name), Unread(name)
            elif not is_written and (listed_at := self._is_listed(value, name)) is not None:
                yield ("key", name), Unread(name, still=listed_at)

    def _taken_in(self, site: Site, name: str) -> Iterator[tuple[object, Unread]]:
        """The entries ``name`` of each mapping that a text is filled with: ``"{host}".format(**config)``."""
        mapping = filling(site.node)
        for value in self.resolver.resolve(site.at(mapping)) if mapping is not None else ():
            for entry in value.entries if isinstance(value, Fields) else ():
                if text_of(entry.key) == name and isinstance(entry.site.node, s.Item):
                    yield entry.site.node, Unread(name, item=entry.site)

    def _fields(self, module: Module, *, gone: bool) -> Iterator[tuple[object, Unread]]:
        """The variables behind the fields of settings classes, of those that are gone or of the others."""
        for node in module.each(s.ClassDef):
            cls = Class(module, node)
            for stmt in node.body.body if self.resolver.is_settings(cls) else ():
                if not isinstance(stmt, s.Assign) or self.changes.is_dead(module, stmt) is not gone:
                    continue
                target = stmt.targets[0]
                field = self.resolver.setting_field(cls, target.id) if isinstance(target, s.Name) else None
                if field is not None:
                    yield (ENVIRONMENT, field.name), Unread(field.name, variable=True)

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

    def _is_setting(self, value: Value, site: Site, name: str) -> bool:
        """Is it read here, from outside, and not from the reply of a request?"""
        own = isinstance(site.node, s.Call)  # a getter of the project's own
        if not isinstance(value, Member) or not (own or value.site.node is site.node) or value.key != name:
            return False
        links = list(chain(value))
        if any(isinstance(link, Result | Lib) and self.resolver.knows(link.name) for link in links):
            return False
        if fetched(value, self.resolver.rules.values.secret_stores) is not None:
            return False  # a secret as a whole, in what its store wraps around it
        if any(isinstance(link, Instance) and self.resolver.foreign_bases(link.cls) for link in links):
            return True  # a framework fills it
        tabled = isinstance(links[-1], Unknown) and isinstance(links[-1].site.node, s.Subscript)
        return tabled or any(isinstance(link, Param | Result | Lib | Environ) for link in links)

    def _is_file_called(self, value: Value, site: Site, name: str) -> bool:
        """``vault.secret("adobe-key")`` of a getter of the project's own that opens the file of that name."""
        opened = [v for v in chain(value) if isinstance(v, Result) and self.resolver.opens(v.name)]
        return any(
            v.site.node is not site.node and path.rpartition("/")[2] == name
            for v in opened
            for path in self.resolver.files_opened(v)
        )

    def _is_listed(self, value: Value, name: str) -> Site | None:
        """``{n.lower(): environ[n] for n in NAMES}["key"]``: where the program lists what that is made of."""
        made = [link.site for link in chain(value) if isinstance(link, Fields)]
        for site in made if isinstance(value, Member) else ():
            if isinstance(site.node, s.Comprehension) and site.module.path in self.programs:
                texts = site.module.each(s.Str)
                ends = (n for n in texts if str(n.value).lower().endswith(name.lower()))
                alive = (n for n in ends if not self.changes.is_dead(site.module, n))
                return next((Site(site.module, n) for n in alive), None)
        return None

    def _is_filled(self, site: Site, name: str) -> bool:
        """Is it an entry of a mapping that the program fills itself, perhaps from a file of its own?"""
        node = site.node
        base = node.value if isinstance(node, s.Subscript) else None
        if isinstance(node, s.Call) and isinstance(node.func, s.Attribute):
            base = node.func.value
        found = self.resolver.resolve(site.at(base)) if base is not None else ()
        if any(isinstance(value, Instance) and self._hands_out(value) for value in found):
            return True
        keys = [text_of(e.key) for v in found if isinstance(v, Fields) for e in v.entries]
        return None in keys and name not in keys

    def _hands_out(self, value: Instance) -> bool:
        """Is it an object of the project that is asked for entries, like a mapping?"""
        return any(method_of(cls, "__getitem__") is not None for cls in self.resolver.mro(value.cls))


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

"""Where a program logs in to Adobe through an SDK with the JWT credential."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from typing import Protocol

from ...paths import is_program
from ...records import dataclass
from ...rules.tables import Rules
from ...sdk import Sdk, SdkBuilder, SdkCall, SdkFile
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Entry, Fields, Given, Instance, Lit, Site, Text, text_of
from ..following.forward import Forward, Use
from ..following.lookups import look
from ..resolve import Resolver, is_target
from ..resolve.shared import fields_of
from ..roles.trace import Mark, is_key, written
from . import documents
from .names import Names


class Files(Protocol):
    """The project's configuration files, as modules that hold one mapping."""

    def find(self, importer: str, name: str | None, kinds: tuple[str, ...]) -> Module | None:
        """The file that ``importer`` means by ``name``."""

    def module(self, path: str) -> Module | None:
        """The file at ``path``."""

    def like(self, importer: str, pattern: str, kinds: tuple[str, ...]) -> Sequence[Module]:
        """The files that ``importer`` may mean whose paths end as the pattern says."""


class Versions(Protocol):
    """What a project says on the version of one distribution."""

    def can_be_below(self, bound: str) -> bool:
        """May a version below ``bound`` be installed?"""

    def can_be_at_least(self, bound: str) -> bool:
        """May ``bound`` or a later version be installed?"""


Pinned = Callable[[str, str], Versions | None]
"""What the manifests say of a distribution for the code at a path; None if none names it."""


_FILE = re.compile(r"^[^@]*(?:[\\/]|\.\w{2,4}$)")


@dataclass(frozen=True, slots=True, eq=False)
class Config:
    """A configuration file of an SDK that holds the JWT credential."""

    module: Module
    row: SdkFile
    keys: tuple[s.Item, ...]
    """What says so."""


@dataclass(slots=True, eq=False)
class Login:
    """One use of the JWT credential through an SDK."""

    sdk: Sdk
    site: Site
    """The call; in a program without code of its own, the configuration file."""
    row: SdkCall | SdkBuilder | SdkFile
    name: str = ""
    """The dotted name that is called."""
    given: dict[str, Given] = field(default_factory=dict)
    """The arguments that mean it, by parameter."""
    configs: list[Config] = field(default_factory=list)
    unseen: str | None = None
    """The name of a configuration file that is not here; empty if not even the name is known."""
    beside_oauth: bool = False
    """Another branch logs in by OAuth."""
    is_handed_on: bool = False
    """It is no call but names the function: whoever gets that calls it, nobody sees with what."""

    @property
    def module(self) -> Module:
        """Where it stands."""
        return self.site.module

    def key_files(self, resolver: Resolver) -> tuple[str, ...]:
        """The names of the key's file, as the call or each configuration has them."""
        row = self.row
        for parameter in row.jwt if isinstance(row, SdkCall) else ():
            named = resolver.file_named(self.given[parameter].value) if parameter in self.given else None
            if named:
                return (named,)
        found = []
        for config in self.configs:
            nodes = (node for item in config.keys for node in s.walk(item.value))
            names = (str(node.value) for node in nodes if isinstance(node, s.Str))
            found.append(next(filter(_FILE.search, names), ""))
        found = list(filter(None, found)) or [next(filter(_FILE.search, self._mapped(resolver)), "")]
        return tuple(dict.fromkeys(filter(None, found)))

    def _mapped(self, resolver: Resolver) -> Iterator[str]:
        """What a mapping that is passed has under the keys of the JWT credential."""
        for _, entry in self.entries(resolver):
            if entry.value is not None:
                yield resolver.file_named(entry.value) or ""

    def entries(self, resolver: Resolver) -> Iterator[tuple[str, Entry]]:
        """What only the JWT credential needs in a mapping that is passed: the key, where it is written."""
        inner = self.row.inner if isinstance(self.row, SdkCall) else None
        if inner is None or inner.argument not in self.given:
            return
        for mapping in resolver.resolve(self.given[inner.argument].value):
            for entry in mapping.entries if isinstance(mapping, Fields) else ():
                key = text_of(entry.key)
                if key in inner.keys:
                    yield key, entry
            for made in mapping.rest if isinstance(mapping, Fields) else ():
                if isinstance(made, Instance):
                    yield from _filled_from_files(resolver, made, inner.keys)

    def secrets(self, resolver: Resolver) -> Iterator[Site]:
        """The expressions that give the private key itself."""
        row = self.row
        if isinstance(row, SdkCall):
            yield from (self.given[parameter].value for parameter in row.key if parameter in self.given)
            for key, entry in self.entries(resolver):
                if row.inner is not None and key in row.inner.key and entry.value is not None:
                    yield entry.value
        elif isinstance(row, SdkBuilder):
            for method, call in chain(self.site):
                if method in row.key:
                    yield from (self.site.at(arg.value) for arg in call.args[:1])

    def paths(self, resolver: Resolver) -> Iterator[Site]:
        """The expressions that say to the library where the key lies."""
        row = self.row
        if not isinstance(row, SdkCall):
            return
        for parameter in row.jwt:
            if parameter in self.given and parameter not in row.key:
                yield self.given[parameter].value
        for key, entry in self.entries(resolver):
            if row.inner is not None and key not in row.inner.key and entry.value is not None:
                yield entry.value

    def lost(self, resolver: Resolver) -> Iterator[Site]:
        """The expressions that say what only the JWT credential needs."""
        yield from (*self.secrets(resolver), *self.paths(resolver))
        if isinstance(self.row, SdkCall):
            given = [Names(resolver).given(self.site, self.row, parameter) for parameter in self.row.drop]
            yield from (each.value for each in given if each is not None)

    def marks(self) -> Iterator[Mark]:
        """The places to report."""
        if self.unseen is not None and not self.given:
            yield Mark("sdk-config-unseen", self.site, f"{self.sdk.name} reads a configuration file here")
        elif not isinstance(self.row, SdkFile):
            yield Mark("sdk-jwt-credential", self.site, f"{self.sdk.name} is told to log in with a JWT")
        for config in self.configs:
            for item in config.keys[:1]:
                note = f"the configuration of {self.sdk.name} names the JWT credential"
                yield Mark("sdk-jwt-config", Site(config.module, item), note)
            for node in (node for item in config.keys for node in s.walk(item.value)):
                if isinstance(node, s.Str) and is_key(str(node.value)):
                    yield written(Site(config.module, node))


class SdkFinder:
    """Looks for logins; one per project. ``paths`` are all files of the tree."""

    def __init__(
        self, resolver: Resolver, rules: Rules, files: Files, paths: Sequence[str], pinned: Pinned
    ) -> None:
        self.resolver = resolver
        self.rules = rules
        self.files = files
        self.paths = paths
        self.pinned = pinned
        self.names = Names(resolver)
        self.forward = Forward(resolver)
        self.calls: dict[str, tuple[Sdk, SdkCall | SdkBuilder]] = {}
        for sdk in rules.sdks:
            rows: tuple[SdkCall | SdkBuilder, ...] = (*sdk.calls, *sdk.builders)
            self.calls.update((name, (sdk, row)) for row in rows for name in row.names)
        self._last = {name.rpartition(".")[2] for name in self.calls}

    def logins(self) -> list[Login]:
        """Every login, by place."""
        found: list[Login] = []
        for module in self.resolver.index.loaded:
            with self.resolver.net.over(module.path):
                if any(self.names.mentions(module, sdk) for sdk in self.rules.sdks):
                    found += self._in_code(module)
        found += self._in_files()
        return sorted(found, key=lambda login: login.site.key)

    def called(self, module: Module) -> Iterator[tuple[Site, str]]:
        """The calls that a table knows, and the names by which it knows them: those in a module, and those of
        what that hands to others, ``load(sdk.importConfigFile)``.
        """
        for node in module.each(s.Call):
            name = self._known(Site(module, node.func))
            if name is not None:
                yield Site(module, node), name
        for site, name in self._named(module):
            for use in self._ways(site):
                if _is_call(use) and not (
                    use.module is module and name == self._known(Site(use.module, use.node))
                ):
                    yield Site(use.module, use.parent), name

    def _named(self, module: Module) -> Iterator[tuple[Site, str]]:
        """Where a module names a function that a table knows, and does not call it there."""
        for node in (*module.each(s.Attribute), *module.each(s.Name)):
            parent = module.parents[node]
            if isinstance(parent, s.Attribute) or (isinstance(parent, s.Call) and parent.func is node):
                continue
            if isinstance(node, s.Name) and not (node.id in self._last or module.imports(node)):
                continue
            name = self._known(Site(module, node)) if not is_target(module, node) else None
            if name is not None and not self.resolver.is_test(module):
                yield Site(module, node), name

    def _ways(self, site: Site, depth: int = 2) -> Iterator[Use]:
        """How a function is used, also where a table has it: ``LOGINS["platform"]``, ``LOGINS.get(name)``."""
        for use in self.forward.uses(site):
            item, module = use.parent, use.module
            table = module.parents[item] if isinstance(item, s.Item) and item.value is use.node else None
            if not isinstance(table, s.Dict) or not isinstance(item, s.Item) or not depth:
                yield use
                continue
            own = self.resolver.spelled(module, item.key)
            for each in self.forward.uses(Site(module, table)):
                looks = (each.parent, each.module.parents[each.parent])
                taken = next(((node, look(node)[1]) for node in looks if look(node)[0] is each.node), None)
                if taken is None:
                    yield each
                elif self.resolver.spelled(each.module, taken[1]) in (own, None):
                    yield from self._ways(Site(each.module, taken[0]), depth - 1)

    def _handed_on(self, module: Module) -> Iterator[Login]:
        """``map(sdk.importConfigFile, paths)``, ``partial(sdk.configure, path_to_key=key)``

        Who calls it, and with what, is not followed. It is the JWT credential's if what stands beside it is,
        or a file near it.
        """
        for site, name in self._named(module):
            uses = [Use(module, site.node, module.parents[site.node], ()), *self._ways(site)]
            if not any(map(_beside, uses)) and all(map(_is_call, uses[1:])):
                continue
            sdk, row = self.calls[name]
            login = Login(sdk, site, row, name, is_handed_on=True)
            if isinstance(row, SdkCall):
                beside = [arg for use in uses for arg in _beside(use)]
                for arg in (arg for arg in beside if arg.keyword in row.jwt):
                    login.given[str(arg.keyword)] = Given(Site(module, arg.value), Site(module, arg))
            if row.file is not None and not all(map(_is_call, uses[1:])):
                self._files_near(login, row.file)
            if login.given or login.configs:
                yield login

    def _files_near(self, login: Login, row: SdkFile) -> None:
        """The configuration files that a function may be called with: those of the project that say so."""
        ours = self.resolver.index.ours(self.paths, [login.module.path])
        for path in (path for path in ours if path.endswith(f".{row.kind}")):
            module = self.files.module(path)
            keys = documents.evidence(module, row) if module is not None else []
            if module is not None and len(keys) == len(row.jwt):
                login.configs.append(Config(module, row, tuple(keys)))

    def _known(self, func: Site) -> str | None:
        """The name by which a table knows a function, be it ``LOGINS["x"]`` or ``getattr(sdk, name)``."""
        node = func.node
        by_name = isinstance(node, s.Call) and s.last_name(node.func) in ("getattr", "get")
        if not (by_name or isinstance(node, s.Attribute | s.Name | s.Subscript)):
            return None
        if isinstance(node, s.Attribute) and node.attr not in self._last:
            return None
        return next((name for name in self.names.of(func) if name in self.calls), None)

    def _in_code(self, module: Module) -> Iterator[Login]:
        migrated: list[tuple[s.Node, str]] = []
        logins: list[Login] = []
        for site, name in self.called(module):
            sdk, row = self.calls[name]
            login = (
                self._call(sdk, row, site, name)
                if isinstance(row, SdkCall)
                else self._chain(sdk, row, site, name)
            )
            if login is not None:
                logins.append(login)
            else:
                migrated.append((site.node, sdk.name))
        for login in logins:
            others = [node for node, sdk in migrated if sdk == login.sdk.name]
            login.beside_oauth = any(module.in_other_branch(login.site.node, node) for node in others)
        yield from logins
        yield from self._handed_on(module)

    # -- calls ------------------------------------------------------------------------------------

    def _call(self, sdk: Sdk, row: SdkCall, site: Site, name: str) -> Login | None:
        login = Login(sdk, site, row, name)
        for parameter in row.jwt:
            given = self.names.given(site, row, parameter)
            if given is not None and self._may_be_mapping(given, row, parameter):
                login.given[parameter] = given
        for parameter, value in row.jwt_values.items():
            given = self.names.given(site, row, parameter)
            if given is not None and self.names.is_text(given, value):
                login.given[parameter] = given
        if row.file is not None and not self._says_oauth(site, row):
            self._reads(login, row.file, self.names.given(site, row, row.file.argument))
        return login if login.given or login.configs or login.unseen is not None else None

    def _may_be_mapping(self, given: Given, row: SdkCall, parameter: str) -> bool:
        """Where a later version takes an object at the place of a mapping, only the mapping counts."""
        if row.inner is None or row.inner.argument != parameter:
            return True
        if isinstance(given.written.node, s.Arg) and given.written.node.keyword is not None:
            return True
        return any(isinstance(value, Fields) for value in self.resolver.resolve(given.value))

    def _says_oauth(self, site: Site, row: SdkCall) -> bool:
        for parameter, value in row.oauth.items():
            given = self.names.given(site, row, parameter)
            if given is not None and self.names.is_text(given, value):
                return True
        return False

    def _chain(self, sdk: Sdk, row: SdkBuilder, site: Site, name: str) -> Login:
        login = Login(sdk, site, row, name)
        for method, call in chain(site):
            if method == row.reads and row.file is not None and call.args:
                given = Given(site.at(call.args[0].value), site.at(call.args[0]))
                self._reads(login, row.file, given)
                login.unseen = None  # what it must hold is known
        return login

    # -- configuration files ----------------------------------------------------------------------

    def _reads(self, login: Login, row: SdkFile, given: Given | None) -> None:
        """Find the file that a call reads, and its template."""
        if given is None:
            return
        for name in self._names_meant(given.value, row):
            if self._read(login, row, name) and login.unseen is None:
                login.unseen = name.rpartition("/")[2]

    def _read(self, login: Login, row: SdkFile, name: str) -> bool:
        """Look at a file and its template; says whether there is another that is not here."""
        module = self.files.find(login.module.path, name, (row.kind,)) if name else None
        candidates = [module] if module is not None else []
        for path in documents.templates(module.path) if module is not None else self._templates(login, name):
            template = self.files.module(path) if path in self.paths else None
            if template is not None:
                candidates.append(template)
        before = len(login.configs)
        for each in candidates:
            keys = documents.evidence(each, row, too_old=self._is_too_old(login))
            if keys:
                login.configs.append(Config(each, row, tuple(keys)))
        is_template_only = module is None and len(login.configs) > before
        return is_template_only or (not candidates and self._may_be_jwt(login))

    def _names_meant(self, site: Site, row: SdkFile) -> list[str]:
        """The names of the file that is read; what is chosen at run time is each that is here."""
        names = self.resolver.file_names(site)
        texts = (v for v in self.resolver.resolve(site) if isinstance(v, Text) and not v.known)
        patterns = [*(name for name in names if "*" in name), *(text.fold("*") for text in texts)]
        patterns += filter(None, [self.resolver.file_pattern(site)])
        chosen = [
            found.path for each in patterns for found in self.files.like(site.module.path, each, (row.kind,))
        ]
        return list(dict.fromkeys(chosen)) or names or [""]

    def wants(self, document: Module, key: str) -> bool:
        """Does an SDK read a configuration file, and may it ask for a key of it?"""
        return not is_program(document.path) and any(
            sdk.may_ask_for(key) and (is_jwt or key not in row.drop)
            for sdk, row, is_jwt in self._reading(document)
        )

    def _reading(self, document: Module) -> Iterator[tuple[Sdk, SdkFile, bool]]:
        """The SDKs that read a configuration file, and whether they log in with a JWT then."""
        for module in self.resolver.index.loaded:
            known = any(self.names.mentions(module, sdk) for sdk in self.rules.sdks)
            for site, name in self.called(module) if known and not self.resolver.is_test(module) else ():
                sdk, row = self.calls[name]
                login: Login | None
                if isinstance(row, SdkCall):
                    given = self.names.given(site, row, row.file.argument) if row.file is not None else None
                    login = self._call(sdk, row, site, name)
                else:
                    read = (c for method, c in chain(site) if method == row.reads and c.args)
                    given = next((Given(site.at(c.args[0].value), site.at(c.args[0])) for c in read), None)
                    login = self._chain(sdk, row, site, name)
                if given is None or row.file is None:
                    continue
                names = self._names_meant(given.value, row.file)
                found = (self.files.find(module.path, each, (row.file.kind,)) for each in names if each)
                if any(each is document for each in found):
                    configs = login.configs if login is not None else ()
                    yield sdk, row.file, any(each.module is document for each in configs)

    def _templates(self, login: Login, name: str) -> Iterator[str]:
        """Where a template of a file is that is not here itself."""
        folder = login.module.path.rpartition("/")[0]
        wanted = set(documents.templates(name.rpartition("/")[2])) if name else set()
        near = [path for path in self.paths if path.rpartition("/")[2] in wanted]
        near = self.resolver.index.ours(near, [login.module.path])
        yield from (path for path in near if path.rpartition("/")[0] == folder or len(near) == 1)

    def _is_too_old(self, login: Login) -> bool:
        """Do the manifests allow no version that knows OAuth, whatever the file says?"""
        versions = self.pinned(login.module.path, login.sdk.distribution)
        first = login.sdk.since or login.sdk.bound
        return versions is not None and bool(first) and not versions.can_be_at_least(first)

    def _may_be_jwt(self, login: Login) -> bool:
        """Do the manifests leave a version that speaks JWT?"""
        versions = self.pinned(login.module.path, login.sdk.distribution)
        if versions is None or not login.sdk.removed:
            return True
        return versions.can_be_below(login.sdk.removed)

    def _in_files(self) -> Iterator[Login]:
        """Programs that are configured by files alone."""
        for sdk in self.rules.sdks:
            for row in sdk.files:
                for path in self.paths:
                    if not documents.is_named(path, row) and not self._is_listed(path, row):
                        continue
                    with self.resolver.net.over(path):
                        module = self.files.module(path)
                        keys = documents.evidence(module, row) if module is not None else []
                        if module is not None and keys:
                            config = Config(module, row, tuple(keys))
                            yield Login(sdk, Site(module, keys[0]), row, configs=[config])

    def _is_listed(self, path: str, row: SdkFile) -> bool:
        """Does a file that lists such files name it?"""
        if not row.listed or path.rpartition(".")[2] not in ("yml", "yaml"):
            return False
        lists = fnmatch.filter(self.paths, f"*{row.listed}")
        texts = (text for each in lists for text in documents.texts(self.files.module(each)))
        return any(text.rpartition("/")[2] == path.rpartition("/")[2] for text in texts)


def _filled_from_files(
    resolver: Resolver, made: Instance, keys: Sequence[str]
) -> Iterator[tuple[str, Entry]]:
    """Entries of files that fill the fields of an object: ``asdict(Account(**json.load(f)))``."""
    here = Site(made.cls.module, made.cls.node)
    for key in [key for key in fields_of(made.cls) if key in keys]:
        for value in resolver.attribute(made, key, here):
            place = value.parts[0].site if isinstance(value, Text) and len(value.parts) == 1 else None
            if place is not None and not is_program(place.module.path):
                item = Site(place.module, place.module.parents[place.node])
                yield key, Entry(Text((Lit(key, item),)), place, item)


def chain(site: Site) -> Iterator[tuple[str, s.Call]]:
    """The calls that follow one another on what the call at ``site`` gives: method and call."""
    here: s.Node = site.node
    while True:
        access = site.module.parents.get(here)
        call = site.module.parents.get(access) if access is not None else None
        if not (isinstance(access, s.Attribute) and isinstance(call, s.Call) and call.func is access):
            return
        yield access.attr, call
        here = call


def _is_call(use: Use) -> bool:
    return isinstance(use.parent, s.Call) and use.parent.func is use.node


def _beside(use: Use) -> tuple[s.Arg, ...]:
    """What else is given to the call that gets a function."""
    call = use.module.parents[use.parent] if isinstance(use.parent, s.Arg) else None
    return call.args if isinstance(call, s.Call) else ()

"""Which manifest speaks for which file, and what it says of a distribution."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

from ..config import manifests
from ..config.requirements import Change, Group, canonical, requirements_file
from ..config.specifiers import PEP508, allowed, any_version, can_be_at_least, can_be_below, version
from ..edits import UnreadableText, decode
from ..model import Edit
from ..records import dataclass
from ..rules.tables import Dependencies
from ..strict import toml
from ..tree.walk import Tree
from .installs import Installed, Installs, Tools

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

_INCLUDE = re.compile(r"(?m)^[ \t]*(?:-r|--requirement)[ \t=]*([^\s#]+)")
_HASHED = re.compile(r"--hash[= ]|(?m:^[ \t]*--require-hashes\b)")
_TESTS = frozenset({"test", "tests", "testing", "docs"})
_WORD = re.compile(r"[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True)
class Manifest:
    """One file that declares dependencies."""

    path: str
    text: str
    folder: str
    """Whose code it is for."""
    groups: tuple[Group, ...]
    """The lists in it that can be edited: none, if a tool wrote it."""
    pins: Group | None = None
    """What a tool wrote into it."""
    command: str = ""
    """How that tool writes it."""
    hashed: bool = False
    """A distribution without its hashes would not install: nothing can be written by hand."""
    names: frozenset[str] = frozenset()
    """The canonical names of all distributions that it declares."""

    @property
    def all_groups(self) -> tuple[Group, ...]:
        """The lists in it, whoever wrote them."""
        return (*self.groups, self.pins) if self.pins is not None else self.groups

    @property
    def includes(self) -> frozenset[str]:
        """The requirements files that it reads (``-r``)."""
        if not _is_list(self.path):
            return frozenset()
        return frozenset(normpath(join(dirname(self.path), name)) for name in _INCLUDE.findall(self.text))

    @property
    def is_for_developers(self) -> bool:
        """Its name says that what runs does not need it."""
        folder, _, name = self.path.rpartition("/")
        if _TESTS & {part.lower() for part in folder.split("/")}:
            return True
        return re.search(r"dev|test|lint|doc|(?:^|[-_])ci\b", name, re.IGNORECASE) is not None

    @property
    def only_constrains(self) -> bool:
        """It installs nothing."""
        named = self.path.rpartition("/")[2].lower().startswith("constraint")
        return named or (bool(self.groups) and all(group.constrains for group in self.groups))

    def mentions(self, distribution: str) -> bool:
        """Say whether its text holds a distribution's name as a word outside of comments, read or not."""
        name = canonical(distribution)
        text = re.sub(r"#.*", "", self.text)
        return any(canonical(word) == name for word in _WORD.findall(text))


@dataclass(frozen=True, slots=True)
class Versions:
    """What a project says on the version of one distribution."""

    allowed: SpecifierSet
    """All that its manifests say, together; empty: any version."""
    locked: Version | None = None
    """The version in a file that a tool writes, if there is one."""

    def can_be_below(self, bound: str) -> bool:
        """Say whether a version below ``bound`` may be installed; a lock file's word counts first."""
        if self.locked is not None:
            return self.locked < version(bound)
        return can_be_below(self.allowed, version(bound))

    def can_be_at_least(self, bound: str) -> bool:
        """Say whether ``bound`` or a later version may be installed."""
        if self.locked is not None:
            return self.locked >= version(bound)
        return can_be_at_least(self.allowed, version(bound))


@dataclass(frozen=True, slots=True)
class Raised:
    """What it takes to ask for a later version."""

    edits: tuple[Edit, ...] = ()
    todos: tuple[str, ...] = ()
    """What no edit can do: hashes, files that a tool writes."""
    notes: tuple[str, ...] = ()
    """What an edit could not keep: upper bounds below the version."""


class Declared:
    """The manifests of a tree."""

    def __init__(self, tree: Tree, rules: Dependencies) -> None:
        """Take the tree; nothing is read before it is asked for."""
        self._tree = tree
        self._locks = {lock.file: lock for lock in rules.locks}
        self._installs = Installs(tree, rules.installs)
        self.tools = Tools(tree, rules.tools)
        self._known: dict[str, Manifest | None] = {}
        self._above: dict[str, tuple[Manifest, ...]] = {}
        self.scripts: dict[str, Manifest | None] = {}
        """The programs that were asked for, and what those say themselves that bring their own list."""

    # -- for whoever looks at one distribution --------------------------------------------------------

    def versions(self, path: str, distribution: str) -> Versions | None:
        """Say which versions of a distribution the project that holds the file ``path`` may have installed.

        The nearest folder with manifests that name it decides, all of them together. None: nothing does.
        """
        name = canonical(distribution)
        mine = self.naming(path, name)
        locked = self._locked(path, name)
        if not mine and locked is None:
            return None
        allowed = any_version()
        for group in (group for manifest in mine for group in manifest.all_groups):
            allowed &= group.versions(name) or any_version()
        return Versions(allowed, locked)

    def raised(self, path: str, distribution: str, bound: str) -> Raised:
        """Let the project that holds ``path`` ask for ``bound`` of a distribution, or later.

        Nothing, if it does already; which manifests, see ``versions``. An edit keeps the style: ``==`` stays.
        """
        name, wanted = canonical(distribution), version(bound)
        edits: list[Edit] = []
        todos: list[str] = []
        notes: list[str] = []
        mine = self.naming(path, name)
        for manifest in mine:
            changes = [group.raised(name, wanted) for group in manifest.groups]
            if manifest.hashed and any(each is None or each for each in changes):
                how = "with its hashes, by the tool that wrote them"
                todos.append(f"Let {manifest.path} have {distribution}>={bound} {how}.")
            elif any(each is None for each in changes):
                todos.append(f"Let {manifest.path} have {distribution}>={bound}: see {name} there.")
            else:
                edits += [Edit(manifest.path, *change) for each in changes for change in each or ()]
                notes += [
                    f"{manifest.path} keeps no upper bound of {distribution} ({group.versions(name)}): "
                    f"what it allows is below {bound}."
                    for group, change in zip(manifest.groups, changes, strict=True)
                    if change and _is_unbounded(group, name, change)
                ]
        locked = self._locked(path, name)
        pinned = {m.path for m in mine if m.pins is not None and m.pins.versions(name)}
        if edits or (locked is not None and locked < wanted):
            todos += self.refreshes({edit.path for edit in edits} or pinned or {path})
        low = [each for each in self.installed(path, distribution) if _may_be_below(each, wanted)]
        if low:
            lines = ", ".join(each.label for each in low)
            todos.append(f"Let these lines install {distribution}>={bound}: {lines}.")
        return Raised(tuple(edits), tuple(dict.fromkeys(todos)), tuple(dict.fromkeys(notes)))

    def freed(self, path: str, distribution: str, wanted: str, needed: Callable[[], bool]) -> Raised:
        """Let the project that holds ``path`` not bar the version ``wanted`` of a distribution.

        A line that does goes; where the distribution is ``needed`` by name, a person finds another version.
        Whether it is costs a search of the whole tree: it is only asked about such a line.
        """
        name = canonical(distribution)
        edits: list[Edit] = []
        todos: list[str] = []
        for manifest in self.naming(path, name):
            barring = [group for group in manifest.groups if not _may_be(group, name, wanted)]
            if barring and (manifest.hashed or needed()):
                todos.append(f"Let {manifest.path} have {distribution} {wanted}, or not name it.")
            elif barring:
                edits += [Edit(manifest.path, *each) for group in barring for each in group.without({name})]
        return Raised(tuple(edits), tuple(todos))

    def declares(self, path: str, distribution: str) -> bool:
        """Say whether any manifest above the file ``path`` names a distribution."""
        name = canonical(distribution)
        return any(name in manifest.names for manifest in self.above(path))

    def shares(self, one: str, other: str, distribution: str) -> bool:
        """Say whether the same line installs a distribution for two files, as far as lines are here."""
        name = canonical(distribution)
        lines: list[set[str]] = [
            {
                *(m.path for m in self.naming(p, name)),
                *(each.label for each in self.installed(p, distribution)),
            }
            for p in (one, other)
        ]
        return not lines[0].isdisjoint(lines[1])

    def installed(self, path: str, distribution: str, *, anywhere: bool = False) -> tuple[Installed, ...]:
        """Give the lines outside of all manifests that install a distribution for the file ``path``.

        Those of others that lie ``anywhere`` as well: an image may be made for what uses a shared library.
        """
        return tuple(
            each
            for each in self._installs.of(distribution, path)
            if not manifests.is_manifest(each.path) and (anywhere or holds(self.served(each.path), path))
        )

    # -- which manifest ---------------------------------------------------------------------------

    @cached_property
    def all(self) -> tuple[Manifest, ...]:
        """Every manifest, by path."""
        return _with_hashes(self._at(self._places))

    def every(self) -> Iterator[Manifest]:
        """All, and the lists of the scripts that were asked for."""
        yield from self.all
        yield from (each for _, each in sorted(self.scripts.items()) if each is not None)

    @cached_property
    def _places(self) -> tuple[str, ...]:
        scripts = self._tree.layout.named.get("setup.py", ())
        return tuple(sorted([*scripts, *filter(manifests.is_manifest, self._tree.others)]))

    def _at(self, places: Iterable[str]) -> list[Manifest]:
        """Read manifests, as they are without the hashes of others."""
        for path in places:
            if path not in self._known:
                self._known[path] = self._read(path)
        return [manifest for path in places if (manifest := self._known[path]) is not None]

    def above(self, path: str) -> tuple[Manifest, ...]:
        """What a file declares itself, and the manifests of every folder that holds it, nearest first."""
        own = self._own(path)
        return (own, *self._beside(path)) if own is not None else self._beside(path)

    def _own(self, path: str) -> Manifest | None:
        """The list in a script's comments."""
        if path not in self.scripts:
            may = path.endswith(".py") and not manifests.is_manifest(path)
            found = self._read(path) if may else None
            self.scripts[path] = replace(found, folder=path) if found is not None and found.groups else None
        return self.scripts[path]

    def _beside(self, path: str) -> tuple[Manifest, ...]:
        folder = dirname(path)
        if folder not in self._above:
            places = [place for place in self._places if holds(self.served(place), path)]
            alone = not any(map(_is_list, places))  # no other reads it, it reads no other
            known = self._at(places) if alone else self.all
            mine = [manifest for manifest in known if holds(manifest.folder, path)]
            self._above[folder] = tuple(sorted(mine, key=lambda each: (-len(each.folder), each.path)))
        return self._above[folder]

    def naming(self, path: str, name: str) -> tuple[Manifest, ...]:
        """Those of the nearest folder that name a distribution, by its canonical name."""
        mine = [manifest for manifest in self.above(path) if name in manifest.names]
        return tuple(manifest for manifest in mine if manifest.folder == mine[0].folder)

    def refreshes(self, paths: Iterable[str]) -> Iterator[str]:
        """To-dos: the files that a tool writes from the manifests ``paths``, and how."""
        for path in sorted(self._written_from(set(paths))):
            name, folder = path.rpartition("/")[2], dirname(path)
            lock = self._locks.get(name)
            command = lock.command if lock is not None else self._command(path)
            yield f"Write {path} anew: {command}" + (f" (in {folder})." if folder else ".")

    def _command(self, path: str) -> str:
        return next(manifest.command for manifest in self.all if manifest.path == path)

    def _written_from(self, paths: set[str]) -> Iterator[str]:
        folders = {dirname(path) for path in paths}
        yield from (m.path for m in self.all if m.pins is not None and dirname(m.path) in folders)
        for name, lock in self._locks.items():
            for path in paths:
                if re.fullmatch(lock.of, path.rpartition("/")[2]) or path.endswith(".py"):
                    yield from self._nearest(dirname(path), name)

    def _nearest(self, folder: str, name: str) -> Iterator[str]:
        """The file of this name in the folder or the nearest above."""
        while True:
            if (path := join(folder, name)) in self._tree:
                yield path
                return
            if not folder:
                return
            folder = dirname(folder)

    def _locked(self, path: str, name: str) -> Version | None:
        for lock in self._locks:
            for found in self._nearest(dirname(path), lock):
                if (locked := self._lock_file(found).get(name)) is not None:
                    return locked
        for manifest in self.naming(path, name):
            pins = manifest.pins.versions(name) if manifest.pins is not None else None
            for pin in pins or ():
                if pin.operator == "==" and not pin.version.endswith(".*"):
                    return version(pin.version)
        return None

    def _lock_file(self, path: str) -> Mapping[str, Version]:
        try:
            return dict(_locked_in(path, self._tree.read(path).decode()))
        except (OSError, UnicodeDecodeError):
            return {}

    # -- reading ----------------------------------------------------------------------------------

    def _read(self, path: str) -> Manifest | None:
        try:
            text = decode(self._tree.read(path)).text
        except (OSError, UnreadableText):
            return None
        folder = self.served(path)
        lists = _is_list(path)
        hashed = lists and _HASHED.search(text) is not None
        if lists and (command := manifests.compiled_by(text)):
            pins = requirements_file(text)
            return Manifest(path, text, folder, (), pins, command, hashed, pins.names())
        groups = manifests.groups(path, text)
        names = frozenset(name for group in groups for name in group.names())
        return Manifest(path, text, folder, groups, hashed=hashed, names=names)

    def served(self, path: str) -> str:
        """Whose code a file beside it is for: its folder, or the nearest above that holds any but tests."""
        folder = dirname(path)
        while folder and folder not in self._with_code:
            folder = dirname(folder)
        return folder

    @cached_property
    def _with_code(self) -> frozenset[str]:
        found = set()
        for parts in self._tree.layout.folders:
            folder = "/".join(parts)
            if not _TESTS.isdisjoint(map(str.lower, parts)):
                continue
            while folder and folder not in found:
                found.add(folder)
                folder = dirname(folder)
        return frozenset(found)


def holds(folder: str, path: str) -> bool:
    """Say whether a file lies in a folder or below."""
    return not folder or path.startswith(f"{folder}/")


def _is_list(path: str) -> bool:
    """Is it a requirements file?"""
    return path.endswith((".txt", ".in", ".pip"))


def _is_unbounded(group: Group, name: str, changes: Sequence[Change]) -> bool:
    """Is an upper bound gone with what was changed?"""
    after = [allowed(text, group.dialect) for _, text in changes]
    return _ends(group.versions(name)) and not all(map(_ends, after))


def _ends(versions: SpecifierSet | None) -> bool:
    return any(each.operator in ("<", "<=", "==", "===", "~=") for each in versions or ())


def _may_be(group: Group, name: str, wanted: str) -> bool:
    versions = group.versions(name)
    return versions is None or wanted in versions


def _may_be_below(installed: Installed, bound: Version) -> bool:
    versions = allowed(installed.versions, PEP508)
    return versions is None or can_be_below(versions, bound)


def _with_hashes(known: Sequence[Manifest]) -> tuple[Manifest, ...]:
    """Mark what is installed together with a file that carries hashes: pip then asks for them everywhere."""
    hashed = {manifest.path for manifest in known if manifest.hashed}
    while True:
        more = {m.path for m in known if m.includes & hashed}
        more |= {path for m in known if m.path in hashed for path in m.includes}
        if more <= hashed:
            break
        hashed |= more
    return tuple(replace(manifest, hashed=manifest.path in hashed) for manifest in known)


def _locked_in(path: str, text: str) -> Iterator[tuple[str, Version]]:
    """The versions that a lock file names, by canonical name."""
    found: list[tuple[object, object]] = []
    try:
        if path.endswith("Pipfile.lock"):
            page = json.loads(text)
            for section in ("develop", "default"):
                found += [(name, each.get("version", "")) for name, each in page.get(section, {}).items()]
        elif path.endswith(".lock"):
            packages = toml(text).get("package", ())
            found += [(package.get("name"), package.get("version")) for package in packages]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return
    for name, pinned in found:
        try:
            yield canonical(str(name)), version(str(pinned).removeprefix("=="))
        except ValueError:
            continue

"""What the manifests of a project have to say after its flows have changed.

A distribution leaves when no code imports it any more, and only where it was declared; what the new code
imports joins it there. Files that a tool writes are never edited: their command is a to-do.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import dirname

from packaging.utils import canonicalize_name

from .config import manifests
from .config.requirements import Group, Wanted
from .edits import UnreadableText, decode
from .model import Edit
from .rules import Dependencies, Library, Need
from .walk import Tree

_IMPORT = re.compile(r"(?m)^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import|import[ \t]+([\w., \t]+))")


@dataclass(slots=True)
class Outlook:
    """What becomes of the manifests."""

    gains: list[Edit] = field(default_factory=list)
    """What the new code needs."""
    losses: list[Edit] = field(default_factory=list)
    """What no code imports any more."""
    notes: list[str] = field(default_factory=list)
    todos: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Manifest:
    path: str
    groups: tuple[Group, ...]
    compiled: str | None

    @property
    def folder(self) -> str:
        """The folder whose code it is for: the one above, where manifests have a folder of their own."""
        folder = dirname(self.path)
        return dirname(folder) if folder.rpartition("/")[2].startswith("requirement") else folder

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name for group in self.groups for name in group.names())

    @property
    def is_for_developers(self) -> bool:
        return re.search(r"dev|test|lint|doc", self.path.rpartition("/")[2], re.IGNORECASE) is not None


def outlook(tree: Tree, after: Mapping[str, str], rules: Dependencies, touched: Collection[str]) -> Outlook:
    """Say what the manifests gain and lose when the files ``touched`` become what ``after`` says.

    ``after`` are the new texts of Python files by path; the others stay as they are in ``tree``.
    """
    found = Outlook()
    imports = _Imports(tree, after, rules)
    known = [
        manifest for path in tree.paths if manifests.is_manifest(path) and (manifest := _read(tree, path))
    ]
    mine = [each for each in known if any(_holds(each.folder, path) for path in touched)]
    lost = {each.path: _lost(each, known, imports, rules.libraries, touched) for each in mine}
    for manifest in mine:
        _lose(manifest, lost[manifest.path], found)
    for need in imports.needs():
        _gain(Wanted(need.distribution, need.bound), mine, lost, found)
    changed = {edit.path for edit in (*found.gains, *found.losses)}
    found.todos += _locks(tree, {dirname(path) for path in changed}, rules)
    if changed:
        found.notes += _said(found, lost)
    return found


class _Imports:
    """Which modules the project's files import, before and after."""

    def __init__(self, tree: Tree, after: Mapping[str, str], rules: Dependencies) -> None:
        self._rules = rules
        self._wanted = {module for library in rules.libraries for module in library.modules}
        self._wanted |= {need.module.partition(".")[0] for need in rules.needs}
        needles = [module.encode() for module in self._wanted]
        self.before: dict[str, frozenset[str]] = {}
        self.after: dict[str, frozenset[str]] = {}
        for path in tree.code_paths:
            try:
                data = tree.read(path)
            except OSError:
                continue
            if path in after or any(needle in data for needle in needles):
                self.before[path] = self._of(data.decode("latin-1"))
                self.after[path] = self._of(after[path]) if path in after else self.before[path]
        self._new = {name for path in after for name in self.after.get(path, ())} - {
            name for names in self.before.values() for name in names
        }

    def needs(self) -> Iterator[Need]:
        """What the project imports now and did not before."""
        for need in self._rules.needs:
            if need.module in self._new:
                yield need

    def _of(self, text: str) -> frozenset[str]:
        """Every module that is imported, and those above it, if its top is one that counts."""
        names = set()
        for match in _IMPORT.finditer(text):
            for part in (match[1] or match[2]).split(","):
                dotted = part.split(" as ")[0].strip()
                if dotted.partition(".")[0] in self._wanted:
                    parts = dotted.split(".")
                    names |= {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
        return frozenset(names)


def _read(tree: Tree, path: str) -> _Manifest | None:
    try:
        text = decode(tree.read(path)).text
    except (OSError, UnreadableText):
        return None
    compiled = manifests.compiled_by(text) if path.endswith((".txt", ".in", ".pip")) else None
    groups = manifests.groups(path, text)
    return _Manifest(path, groups, compiled) if groups or compiled else None


def _holds(folder: str, path: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _lost(
    manifest: _Manifest,
    known: Sequence[_Manifest],
    imports: _Imports,
    libraries: Sequence[Library],
    touched: Collection[str],
) -> frozenset[str]:
    """Give what a manifest declares and none of its code imports any more, by canonical name."""
    gone = {
        canonicalize_name(library.distribution): library
        for library in libraries
        if _was_used(library, imports, touched) and not _is_used(library, manifest, known, imports)
    }
    if not any(library.signs for library in gone.values()):
        return frozenset()
    return manifest.names & gone.keys()


def _was_used(library: Library, imports: _Imports, touched: Collection[str]) -> bool:
    """Say whether the flow needed a library: it imported it, or signed with another that needs it."""
    own = any(set(library.modules) & imports.before.get(path, frozenset()) for path in touched)
    return own or library.signs


def _is_used(library: Library, manifest: _Manifest, known: Sequence[_Manifest], imports: _Imports) -> bool:
    """Say whether code that lives from a manifest imports a library afterwards.

    Code below another folder that declares the library for itself does not live from this one.
    """
    name = canonicalize_name(library.distribution)
    elsewhere = [
        other.folder for other in known if name in other.names and not _holds(other.folder, manifest.path)
    ]
    return any(
        set(library.modules) & modules
        for path, modules in imports.after.items()
        if not any(_holds(folder, path) for folder in elsewhere)
    )


def _lose(manifest: _Manifest, lost: Collection[str], found: Outlook) -> None:
    for group in manifest.groups:
        found.losses += [Edit(manifest.path, span, text) for span, text in group.without(lost)]


def _gain(
    wanted: Wanted, mine: Sequence[_Manifest], lost: Mapping[str, Collection[str]], found: Outlook
) -> None:
    """Add a distribution to each manifest that declared what it replaces, or else what it stands beside."""
    if any(wanted.name.lower() in each.names for each in mine):
        return
    homes = _homes([each for each in mine if lost[each.path]]) or _homes(
        [each for each in mine if "requests" in each.names]
    )
    for manifest in homes:
        near = lost[manifest.path] or {"requests"}
        group = next(each for each in manifest.groups if each.names() & set(near))
        if group.hashed:
            found.todos.append(
                f"Add {wanted.name}{wanted.bound} to {manifest.path} with its hashes, by the tool that wrote"
                " them."
            )
            continue
        found.gains += [Edit(manifest.path, span, text) for span, text in group.with_(wanted, near)]
    if not homes:
        found.todos.append(
            f"Add {wanted.name}{wanted.bound} to the dependencies: no manifest that was found declares them."
        )


def _homes(candidates: Sequence[_Manifest]) -> list[_Manifest]:
    """Leave out what is for developers only, if there is anything else."""
    return [each for each in candidates if not each.is_for_developers] or list(candidates)


def _locks(tree: Tree, folders: Collection[str], rules: Dependencies) -> Iterator[str]:
    for path in tree.paths:
        folder, name = dirname(path), path.rpartition("/")[2]
        command = next((lock.command for lock in rules.locks if lock.file == name), None)
        if command is None and manifests.is_manifest(path) and path.endswith(".txt"):
            manifest = _read(tree, path)
            command = manifest.compiled if manifest is not None else None
        if command is not None and folder in folders:
            yield f"Write {path} anew: {command}" + (f" (in {folder})." if folder else ".")


def _said(found: Outlook, lost: Mapping[str, Iterable[str]]) -> Iterator[str]:
    names = sorted({name for each in lost.values() for name in each})
    where = ", ".join(sorted({edit.path for edit in found.losses}))
    if names:
        verb = "is" if len(names) == 1 else "are"
        leave = "leaves" if len(names) == 1 else "leave"
        yield f"{' and '.join(names)} {verb} no longer imported anywhere and {leave} {where}."

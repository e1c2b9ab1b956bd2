"""What the manifests of a project have to say after its flows have changed.

A distribution leaves when no code imports it any more, and only where it was declared; what the new code
imports joins it there. Files that a tool writes, and lists with hashes, are never edited: they are to-dos.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field
from posixpath import dirname

from ..config import manifests
from ..config.requirements import Wanted, canonical
from ..edits import Conflict, apply
from ..model import Edit
from ..paths import is_program
from ..records import dataclass
from ..rules.tables import Dependencies, Library, Need
from ..tree.search import Words
from ..tree.walk import Tree
from .declared import Declared, Manifest, holds
from .imports import Imports

HTTP = "requests"
"""What stands in the manifests of a project that asks for tokens, if nothing else does."""


@dataclass(slots=True)
class Outlook:
    """What one flow does to the manifests."""

    gains: list[Edit] = field(default_factory=list)
    """What the new code needs."""
    losses: list[Edit] = field(default_factory=list)
    """What no code imports any more, once all flows before this one have changed as well."""
    notes: list[str] = field(default_factory=list)
    todos: list[str] = field(default_factory=list)


def outlooks(
    tree: Tree,
    steps: Sequence[Mapping[str, bytes | None]],
    rules: Dependencies,
    words: Words | None = None,
) -> tuple[Outlook, ...]:
    """Say what the manifests gain and lose, flow by flow.

    ``tree`` is as it was; a step gives what the files that a flow changes hold after it (None: it goes), the
    flows before it included. Edits are in positions of the files as they were, and go together.
    """
    if not steps:
        return ()
    ledger = _Ledger(tree, rules, words or Words(tree))
    return tuple(ledger.step(contents) for contents in steps)


class _Ledger:
    """Follows the flows one after the other."""

    def __init__(self, tree: Tree, rules: Dependencies, words: Words) -> None:
        self.rules = rules
        self.declared = Declared(tree, rules)
        self.imports = Imports(words, rules)
        self.touched: list[str] = []
        self.lost: dict[str, set[str]] = defaultdict(set)
        """By manifest, canonical names."""
        self.gained: dict[str, set[str]] = defaultdict(set)

    def step(self, contents: Mapping[str, bytes | None]) -> Outlook:
        self.imports.step(contents)
        paths = [path for path in contents if is_program(path)]
        self.touched += paths
        found = Outlook()
        lines = list(self._lines(paths))
        gains = self._gains(paths, found, told=bool(lines))
        losses = self._losses()
        changed = []
        moved = {path for path in (*gains, *losses) if gains.get(path) or losses.get(path)}
        mine = [manifest for manifest in self.declared.every() if manifest.path in moved] if moved else []
        for manifest in sorted(mine, key=lambda each: each.pins is not None):
            new, old = gains.get(manifest.path, []), losses.get(manifest.path, frozenset())
            if manifest.groups and not manifest.hashed:
                changed += [manifest] if self._edit(manifest, new, old, found) else []
            elif not any(dirname(each.path) == dirname(manifest.path) for each in changed):
                found.todos.append(_by_its_tool(manifest, new, self._shown(old)))
            self.lost[manifest.path] |= old
            self.gained[manifest.path] |= {each.name for each in new}
        found.todos += lines
        found.todos += self._elsewhere(paths)
        found.todos += self._came_with(changed, losses)
        found.todos += self.declared.refreshes({manifest.path for manifest in changed}) if changed else ()
        found.notes += self._said({m.path: losses.get(m.path, frozenset()) for m in changed})
        found.notes += self._stays(paths)
        return found

    # -- what goes --------------------------------------------------------------------------------

    def _losses(self) -> dict[str, frozenset[str]]:
        """By manifest, what it declares and none of its code imports any more."""
        found: dict[str, set[str]] = defaultdict(set)
        for path in dict.fromkeys(self.touched):
            for library in self._dropped(path):
                name = canonical(library.distribution)
                for manifest in self.declared.naming(path, name):
                    if name not in self.lost[manifest.path] and not self._is_used(library, manifest):
                        found[manifest.path].add(name)
        for path, names in found.items():
            names -= self._still_served(path, names)
        return {path: frozenset(names) for path, names in found.items() if names}

    def _dropped(self, path: str) -> list[Library]:
        """What a file imported and does no more, and what comes with it."""
        dropped = [each for each in self.rules.libraries if self.imports.dropped(path, each.modules)]
        if any(each.signs for each in dropped):
            dropped += [each for each in self.rules.libraries if each.serves and each not in dropped]
        return dropped

    def _is_used(self, library: Library, manifest: Manifest) -> bool:
        """Say whether code that lives from a manifest, or from none that is known, imports a library."""
        name = canonical(library.distribution)
        for path in self.imports.importing(library.modules):
            homes = self.declared.naming(path, name)
            if not homes or manifest.path in {each.path for each in homes}:
                return True
        return False

    def _still_served(self, path: str, names: Collection[str]) -> set[str]:
        """What others in the manifest need that do not go with it."""
        manifest = next(each for each in self.declared.every() if each.path == path)
        left = manifest.names - set(names) - self.lost[path]
        needing = {
            canonical(each.distribution): {canonical(name) for name in each.serves}
            for each in self.rules.libraries
        }
        return {name for name in names if left & needing[name]}

    # -- what comes -------------------------------------------------------------------------------

    def _gains(self, paths: Sequence[str], found: Outlook, *, told: bool) -> dict[str, list[Wanted]]:
        """By manifest, what it has to declare from now on; tell what has none, unless that is ``told``."""
        gains: dict[str, list[Wanted]] = defaultdict(list)
        for need in self.rules.needs:
            wanted = Wanted(need.distribution, need.bound)
            users = [path for path in paths if self.imports.gained(path, need.module)]
            homeless = False
            for path in users:
                homes = self._homes(path, paths, need)
                homeless |= homes is None
                for home in homes or ():
                    if wanted not in gains[home.path]:
                        gains[home.path].append(wanted)
            if homeless and not told and not (need.provides and self.imports.is_there(need.provides)):
                what = f"{wanted.name}{wanted.bound}"
                found.todos.append(f"Add {wanted.name} to what this project installs (pip install '{what}').")
        return gains

    def _homes(self, path: str, touched: Sequence[str], need: Need) -> Sequence[Manifest] | None:
        """The manifests that are to declare a need of the file ``path``; None if there is none for it."""
        above = self.declared.above(path)
        name = canonical(need.distribution)
        having = [each for each in above if name in each.names]
        beside = [
            each
            for library in self.rules.libraries
            if library.signs and any(library.modules[0] in self.imports.before(p) for p in touched)
            for each in self.declared.naming(path, canonical(library.distribution))
        ]
        homes = _installing(tuple(dict.fromkeys(beside)))
        if homes:
            return [each for each in homes if each not in having and not self._has_by(each, name)]
        if having:
            return ()
        homes = _installing(self.declared.naming(path, HTTP)) or _installing(
            tuple(each for each in above if each.names and each.folder == above[0].folder)
        )
        return homes[:1] if homes and HTTP not in homes[0].names else homes or None

    def _has_by(self, manifest: Manifest, name: str) -> bool:
        """Say whether a manifest declares something by reading another file."""
        return any(name in each.names for each in self.declared.all if each.path in manifest.includes)

    # -- edits ------------------------------------------------------------------------------------

    def _edit(self, manifest: Manifest, new: Sequence[Wanted], old: frozenset[str], found: Outlook) -> bool:
        """Make the edits and read the outcome again; say whether there are any."""
        signing = {canonical(each.distribution) for each in self.rules.libraries if each.signs}
        near = signing & manifest.names or {HTTP}
        lists = [group for group in manifest.groups if not group.constrains] or manifest.groups
        home = next((group for group in lists if group.names() & near), lists[0])
        gains: list[Edit] = []
        losses: list[Edit] = []
        for group in manifest.groups:
            mine = new if group is home else ()
            fresh = not self.gained[manifest.path]
            if fresh:
                comes, goes = group.changed(old, mine, near)
            else:
                comes = [change for each in mine for change in group.with_(each, near)]
                goes = group.without(old, comes)
            gains += [Edit(manifest.path, *change) for change in comes]
            losses += [Edit(manifest.path, *change) for change in goes]
        if not gains and not losses:
            return False
        wanted = {canonical(each.name) for each in new}
        if not _proved(manifest, [*gains, *losses], (manifest.names - old) | wanted):
            found.todos.append(_by_hand(manifest, new, self._shown(old)))
            return False
        found.gains += gains
        found.losses += losses
        return True

    # -- words ------------------------------------------------------------------------------------

    def _shown(self, names: Collection[str]) -> list[str]:
        return [each.distribution for each in self.rules.libraries if canonical(each.distribution) in names]

    def _said(self, lost: Mapping[str, Collection[str]]) -> Iterator[str]:
        """Which distributions go, by the manifests that they leave."""
        by_names: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for path, names in lost.items():
            if names:
                by_names[tuple(self._shown(names))].append(path)
        for shown, paths in by_names.items():
            verb, leave = ("is", "leaves") if len(shown) == 1 else ("are", "leave")
            yield f"{_listed(shown)} {verb} no longer imported and {leave} {_listed(paths)}."

    def _stays(self, paths: Sequence[str]) -> Iterator[str]:
        """What stays for the sake of files alone of which no more than their imports could be read."""
        dropped = [(path, each) for path in paths for each in self._dropped(path) if each.signs]
        homes = {each: self.declared.naming(path, canonical(each.distribution)) for path, each in dropped}
        for library in filter(homes.__getitem__, homes):
            users = [*dict.fromkeys(self.imports.importing(library.modules))]
            if users and not any(map(self.imports.is_readable, users)):
                name, verb = library.distribution, "imports" if len(users) == 1 else "import"
                yield f"{name} stays: {_listed(users[:3])}, which cannot be parsed, still {verb} it."

    def _lines(self, paths: Sequence[str]) -> Iterator[str]:
        """Lines that install by name what the changed files import no more, beside all manifests."""
        found: dict[str, tuple[list[str], list[str], list[str]]] = {}
        asked: set[str] = set()
        for path in paths:
            needs = [need for need in self.rules.needs if self.imports.gained(path, need.module)]
            for library in self._dropped(path):
                unused = not any(self.imports.importing(library.modules))
                for each in self.declared.installed(path, library.distribution, anywhere=unused):
                    gone, stays, wanted = found.setdefault(each.label, ([], [], []))
                    folder = self.declared.served(each.path)
                    users = self.imports.importing(library.modules)
                    used = any(holds(folder, other) for other in users)
                    (stays if used else gone).append(library.distribution)
                    serves = each.path not in asked and holds(folder, path)
                    for need in needs if serves else ():
                        beside = self.declared.installed(path, need.distribution)
                        if each.path not in {other.path for other in beside}:
                            wanted.append(need.distribution + need.bound)
                    asked |= {each.path} if serves else set()
        grouped: dict[str, list[str]] = defaultdict(list)
        for label, (gone, stays, wanted) in found.items():
            names, new = _listed(list(dict.fromkeys(gone or stays))), list(dict.fromkeys(wanted))
            idle = "which nothing here imports any more"
            if new and gone:
                grouped[f"Let these lines install {_listed(new)} instead of {names}, {idle}"].append(label)
            elif new:
                grouped[f"Let these lines install {_listed(new)} beside {names}"].append(label)
            elif gone:
                grouped[f"Let these lines no longer install {names}, {idle}"].append(label)
        yield from (f"{said}: {', '.join(labels)}." for said, labels in grouped.items())

    def _elsewhere(self, paths: Sequence[str]) -> Iterator[str]:
        """Manifests, and settings of tools, that name what nothing imports any more."""
        told: list[str] = []
        for library in self.rules.libraries:
            name = canonical(library.distribution)
            if library.serves or not any(self.imports.dropped(path, library.modules) for path in paths):
                continue
            if any(self.imports.importing(library.modules)):
                continue
            places = [
                each for each in self.declared.tools.naming([name, *library.modules]) if each not in told
            ]
            if places:
                told += places
                what = f"{library.distribution}, which nothing here imports any more"
                yield f"Settings of tools still name {what}: {', '.join(places)}."
            for manifest in self.declared.all:
                said = name not in library.modules and manifest.mentions(library.distribution)
                if name not in self.lost[manifest.path] and (said or name in manifest.names):
                    yield (
                        f"{manifest.path} still names {library.distribution}, which nothing here imports"
                        " any more: take it out if nothing else needs it."
                    )

    def _came_with(self, changed: Sequence[Manifest], lost: Mapping[str, Collection[str]]) -> Iterator[str]:
        """What is imported still, and was installed by what goes: ``PyJWT[crypto]``."""
        for library in self.rules.libraries:
            name = canonical(library.distribution)
            ways = (name, *library.brought_by)
            for manifest in changed if library.brought_by else ():
                old = frozenset(lost.get(manifest.path, ()))
                bringing = [each for each in ways[1:] if _brings(manifest, each, old)]
                staying = (manifest.names | self.gained[manifest.path]) - old
                if not bringing or any(_brings(manifest, each, staying) for each in ways):
                    continue
                users = self.imports.importing(library.modules)
                alone = sorted(path for path in users if not self.declared.naming(path, name))
                if alone:
                    by = bringing[0].partition("[")[0]
                    what = f"{library.distribution} came with {by}, which leaves {manifest.path}"
                    yield f"{what}, and {alone[0]} still imports it: declare it."


def _brings(manifest: Manifest, which: str, among: Collection[str]) -> bool:
    """Say whether ``which`` (``name`` or ``name[extra]``) is one of those distributions, with that extra.

    ``PyJWT[crypto]>=2``, ``PyJWT = { version = "^2", extras = ["crypto"] }``
    """
    name, _, extra = which.lower().rstrip("]").partition("[")
    if canonical(name) not in {canonical(each) for each in among}:
        return False
    lines = (line.lower().partition(name) for line in manifest.text.splitlines())
    return not extra or any(
        extra in re.findall(r"[\w-]+", behind.partition("#")[0].partition("[")[2]) for _, _, behind in lines
    )


def _installing(found: Sequence[Manifest]) -> list[Manifest]:
    """Leave out what only constrains, what reads the others, and what is for developers, if not alone."""
    main = [each for each in found if not each.is_for_developers and not each.only_constrains]
    left = main or [each for each in found if not each.only_constrains]
    paths = {each.path for each in left}
    sources = {dirname(each.path) for each in left if each.pins is None}
    return [
        each
        for each in left
        if not each.includes & paths and not (each.pins is not None and dirname(each.path) in sources)
    ]


def _proved(manifest: Manifest, edits: Sequence[Edit], wanted: Collection[str]) -> bool:
    """Read the manifest again: does it declare what it should, and nothing else?"""
    try:
        text = apply(manifest.text, edits)
    except Conflict:
        return False
    names = {name for group in manifests.groups(manifest.path, text) for name in group.names()}
    return names == set(wanted)


def _by_its_tool(manifest: Manifest, new: Sequence[Wanted], old: Sequence[str]) -> str:
    what = _what(new, old)
    if manifest.command:
        return f"{what[0].upper()}{what[1:]} where {manifest.path} is written from: {manifest.command}."
    return f"{manifest.path} carries hashes: {what} by the tool that wrote them."


def _by_hand(manifest: Manifest, new: Sequence[Wanted], old: Sequence[str]) -> str:
    return f"{manifest.path} is not edited, since that could not be proved: {_what(new, old)} there."


def _what(new: Sequence[Wanted], old: Sequence[str]) -> str:
    parts = [f"take out {_listed(old)}"] if old else []
    parts += [f"add {_listed([each.name + each.bound for each in new])}"] if new else []
    return " and ".join(parts)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


__all__ = ["Outlook", "outlooks"]

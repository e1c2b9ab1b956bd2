"""Which files belong to a project: listed by git, or folder by folder, each with what the system says of it.

Inside a git work tree git itself says what is ignored; elsewhere ``pathspec`` reads the .gitignore
files. A link is never followed out of the root, and what is passed over is listed with its reason.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ..files import LIMIT, read, stamp, why
from ..model import Skipped
from ..paths import is_examined

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    _Ignoring = tuple[tuple[str, GitIgnoreSpec], ...]
    """The .gitignore files on the way, outermost first."""


class Listing(NamedTuple):
    """The files, in one order, and what is known of them."""

    paths: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    folders: tuple[str, ...] = ()
    """Work trees whose files git has listed."""
    failed: tuple[Skipped, ...] = ()
    """What might have been examined, and may not be read or listed."""
    apart: frozenset[str] = frozenset()
    """The paths that are not searched where git searches those."""
    stamps: Mapping[str, bytes] = MappingProxyType({})
    """Of each of the paths what the system says of it; of a link nothing."""


_NEVER = frozenset({".git", ".hg", ".svn", "__pycache__"})
_ENVIRONMENT = "a virtual environment"
_SPARSE = "in the repository and not in the work tree (see git sparse-checkout): check it out to examine it"
_FOREIGN = {"node_modules": "installed packages", ".tox": _ENVIRONMENT, ".nox": _ENVIRONMENT}


def list_files(root: str, targets: list[str], exclude: Sequence[str]) -> Listing:
    """List the files in ``targets``, by paths from ``root``; ``exclude`` are patterns as in a .gitignore."""
    excluded = _Excluded(exclude) if exclude else None
    found: dict[str, bytes] = {}
    skipped: set[Skipped] = set()
    failed: set[Skipped] = set()
    folders: list[str] = []
    apart: set[str] = set()
    inside = os.path.join(root, "") if os.sep == "/" else "\0"
    for target in targets:
        passed: list[tuple[str, str]] = []
        shut: list[tuple[str, str]] = []
        is_folder = os.path.isdir(target)
        for entry in _list_directory(target, passed, shut, folders) if is_folder else (_Entry(target),):
            name = entry.name
            path = name[len(inside) :] if name.startswith(inside) else relative(name, root)
            if excluded is not None and (place := excluded.place(path)):
                if place != path or is_examined(path):
                    skipped.add(Skipped(place, "excluded by --exclude or the configuration"))
                continue
            reason = None if entry.is_plain else _why_not(entry, root)
            if reason is None:
                found[path] = entry.stamp
                if not entry.searched:
                    apart.add(path)
            elif reason:
                lost = entry.trouble is not None and is_examined(path)
                (failed if lost else skipped).add(Skipped(path, reason))
        skipped.update(Skipped(relative(name, root), reason) for name, reason in passed)
        failed.update(Skipped(relative(name, root), reason) for name, reason in shut)
    return Listing(
        tuple(sorted(found)),
        tuple(sorted(skipped)),
        tuple(folders),
        tuple(sorted(failed)),
        frozenset(apart),
        found,
    )


class _Entry:
    """A file, and what the system says of it; a tree has many."""

    __slots__ = ("is_plain", "mode", "name", "searched", "size", "stamp", "trouble")

    def __init__(self, name: str, *, searched: bool = False) -> None:
        self.name, self.searched = name, searched
        self.trouble: OSError | None = None
        try:
            status = os.lstat(name)
        except OSError as error:
            self.trouble = error
            self.mode = self.size = 0
        else:
            self.mode, self.size = status.st_mode, status.st_size
        is_regular = stat.S_ISREG(self.mode)
        self.is_plain = is_regular and self.size <= LIMIT
        """A regular file, and none that may be too large to be examined."""
        self.stamp = stamp(status) if is_regular else b""


class _Excluded:
    """What ``exclude`` leaves out, as the topmost folder that it leaves out whole."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._spec = spec_of(patterns)
        self._folders: dict[str, str] = {"": ""}

    def place(self, path: str) -> str:
        """Give the folder that is left out with ``path``, or ``path`` itself; empty if it is not left out."""
        if not self._spec.match_file(path):
            return ""
        return self._folder(path.rpartition("/")[0]) or path

    def _folder(self, folder: str) -> str:
        if folder not in self._folders:
            own = folder if self._spec.match_file(f"{folder}/") else ""
            self._folders[folder] = self._folder(folder.rpartition("/")[0]) or own
        return self._folders[folder]


def _list_directory(
    folder: str, passed: list[tuple[str, str]], shut: list[tuple[str, str]], folders: list[str]
) -> Iterator[_Entry]:
    """List the files below a directory.

    ``passed`` takes the directories that are passed over, with reasons, ``shut`` those that may not be
    listed, ``folders`` those that git lists.
    """
    listed = None if git_says(folder, "check-ignore", "-q", ".") is not None else _list_git(folder, shut)
    if listed is None:
        yield from map(_Entry, _walk(folder, shut, passed))
        return
    folders.append(folder)
    inside = os.path.join(folder, "")
    foreign = _installed(listed)
    passed += ((os.path.join(folder, each), _by_name(reason)) for each, reason in foreign.items())
    within = tuple(f"{each}/" for each in foreign)
    for name, searched in listed.items():
        if within and name.startswith(within):
            continue
        entry = _Entry(inside + name, searched=searched)
        if entry.is_plain:
            yield entry
        elif not searched and isinstance(entry.trouble, FileNotFoundError):
            passed += ((place, _SPARSE) for place in (_absent(folder, name),) if is_examined(name))
        elif not stat.S_ISDIR(entry.mode):
            yield entry
        elif entry.name != folder:  # a submodule, or a repository inside this one
            yield from _list_directory(entry.name, passed, shut, folders)


def _absent(folder: str, name: str) -> str:
    """Give the topmost folder of a file that is not in the work tree, or the file itself."""
    place = folder
    for part in name.split("/"):
        place = os.path.join(place, part)
        if not os.path.lexists(place):
            break
    return place


def _installed(listed: Iterable[str]) -> dict[str, str]:
    """Give the folders that git lists files of although others have installed them, with what they are."""
    found: dict[str, str] = {}
    if not any(each in "\0".join(listed) for each in ("pyvenv.cfg", *_FOREIGN)):
        return found
    for name in listed:
        if name.endswith("/pyvenv.cfg"):
            found[name.rpartition("/")[0]] = _ENVIRONMENT
        for each, reason in _FOREIGN.items():
            if each in name and f"/{each}/" in f"/{name}":
                found[f"/{name}".partition(f"/{each}/")[0].removeprefix("/") + f"/{each}"] = reason
    return {folder.removeprefix("/"): reason for folder, reason in found.items()}


def _list_git(folder: str, shut: list[tuple[str, str]]) -> dict[str, bool] | None:
    """List what git knows of, and whether it searches it: tracked, and not taken for unchanged or absent.

    ``shut`` takes the directories that it may not list.
    """
    if not _is_tracked(folder):
        return None
    from .git import ask

    answer = ask(folder, "ls-files", "-z", "-v", "--cached", "--others", "--exclude-standard")
    if answer is None or answer.code:
        return None
    for line in answer.err.splitlines():
        _, mark, rest = line.partition("could not open directory '")
        name, _, why = rest.rpartition("/': ")
        if mark and name:
            shut.append((os.path.join(folder, name), why.lower()))
    lines = os.fsdecode(answer.out).split("\0")
    return {line[2:].rstrip("/"): line[0] == "H" for line in lines if line}


def _is_tracked(folder: str) -> bool:
    """Is there a ``.git`` in a folder or above it? Where there is none, git knows of no work tree."""
    here = os.path.realpath(folder)
    while not os.path.lexists(os.path.join(here, ".git")):
        above = os.path.dirname(here)
        if above == here:
            return False
        here = above
    return True


def git_says(folder: str, *arguments: str) -> bytes | None:
    """Ask git; None if there is no git, no repository, or the answer is no."""
    if not _is_tracked(folder):
        return None
    from .git import ask  # a file that is named by itself needs no git

    answer = ask(folder, *arguments)
    return answer.out if answer is not None and answer.code == 0 else None


def _walk(top: str, shut: list[tuple[str, str]], passed: list[tuple[str, str]]) -> Iterator[str]:
    """Walk where git has no answer, folder by folder: they may lie in each other deeper than any stack."""
    pending: list[tuple[str, _Ignoring]] = [(top, ())]
    while pending:
        folder, above = pending.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            shut.append((folder, (error.strerror or "cannot be listed").lower()))
            continue
        ignoring = (*above, *_ignoring(folder, entries, shut))
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name in _NEVER or _ignored(entry.path, is_folder, ignoring):
                continue
            if not is_folder:
                yield entry.path
            elif reason := _foreign(entry):
                passed.append((entry.path, _by_name(reason)))
            else:
                pending.append((entry.path, ignoring))


def _ignoring(
    folder: str, entries: Iterable[os.DirEntry[str]], shut: list[tuple[str, str]]
) -> Iterator[tuple[str, GitIgnoreSpec]]:
    """What the .gitignore of a folder says, if there is one and it can be read."""
    for entry in entries:
        if entry.name == ".gitignore" and entry.is_file(follow_symlinks=False):
            try:
                text = read(entry.path).decode("utf-8", "replace")
            except OSError as error:
                shut.append((entry.path, why(error)))
            else:
                yield folder, spec_of(text.splitlines())


def _foreign(entry: os.DirEntry[str]) -> str:
    if os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
        return _ENVIRONMENT
    return _FOREIGN.get(entry.name, "")


def _by_name(reason: str) -> str:
    return f"{reason}; name its path to examine it"


def _ignored(path: str, is_folder: bool, specs: _Ignoring) -> bool:
    """Say what the innermost .gitignore that has an opinion says."""
    for folder, spec in reversed(specs):
        name = relative(path, folder) + ("/" if is_folder else "")
        verdict = spec.check_file(name).include
        if verdict is not None:
            return verdict
    return False


def spec_of(patterns: Sequence[str]) -> GitIgnoreSpec:
    """Give what the lines of a .gitignore match."""
    from pathspec import GitIgnoreSpec  # costs more than reading a clean file

    try:
        return GitIgnoreSpec.from_lines(patterns)
    except ValueError:  # git passes over the lines that it does not understand
        return GitIgnoreSpec.from_lines([line for line in patterns if not refused((line,))])


def refused(patterns: Sequence[str]) -> tuple[str, ...]:
    """Give those of ``patterns`` that are none of a .gitignore."""
    if not patterns:
        return ()
    from pathspec import GitIgnoreSpec

    bad = []
    for pattern in patterns:
        try:
            GitIgnoreSpec.from_lines([pattern])
        except ValueError:
            bad.append(pattern)
    return tuple(bad)


def _why_not(entry: _Entry, root: str) -> str | None:
    """Say why a file is passed over: None if it is not, empty if there is nothing to say."""
    if isinstance(entry.trouble, FileNotFoundError):
        return ""  # listed by git, deleted in the work tree
    if entry.trouble is not None:
        return why(entry.trouble)
    if stat.S_ISLNK(entry.mode):
        return "" if within(os.path.realpath(entry.name), root) else "a link out of the root"
    if not stat.S_ISREG(entry.mode):
        return "not a regular file"
    if entry.size > LIMIT and is_examined(entry.name.replace(os.sep, "/")):
        return "larger than 16 MiB"
    return None


def relative(name: str, root: str) -> str:
    """Give the path of ``name`` from ``root``, with forward slashes."""
    inside = os.path.join(root, "")
    if name.startswith(inside) and os.sep == "/":
        return name[len(inside) :]
    return os.path.relpath(name, root).replace(os.sep, "/") if name != root else "."


def within(path: str, root: str) -> bool:
    """Say whether ``path`` is ``root``, or lies in it."""
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)

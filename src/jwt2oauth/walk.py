"""Paths in, files out: which files belong to a project, in one order, and what they hold.

Inside a git work tree git itself says what is ignored; elsewhere ``pathspec`` reads the .gitignore
files. A link is never followed out of the root, and what is passed over is listed with its reason.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from .files import LIMIT, read, stamp, why
from .model import Skipped

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    _Ignoring = tuple[tuple[str, GitIgnoreSpec], ...]
    """The .gitignore files on the way, outermost first."""

PYTHON = (".py", ".pyi")
NOTEBOOK = (".ipynb",)
CONFIG = (".json", ".yaml", ".yml", ".toml", ".ini", ".cfg")
CODE = PYTHON + NOTEBOOK
EXAMINED = CODE + CONFIG


class _Listing(NamedTuple):
    paths: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    folders: tuple[str, ...] = ()
    """Work trees whose files git has listed."""
    failed: tuple[Skipped, ...] = ()
    """What might have been examined, and may not be read or listed."""
    apart: frozenset[str] = frozenset()
    """The paths that are not searched where git searches those."""
    stamps: Mapping[str, bytes] = MappingProxyType({})
    """What the system says of each regular file."""


_NEVER = frozenset({".git", ".hg", ".svn", "__pycache__"})
_ENVIRONMENT = "a virtual environment"
_SPARSE = "in the repository and not in the work tree (see git sparse-checkout): check it out to examine it"
_FOREIGN = {"node_modules": "installed packages", ".tox": _ENVIRONMENT, ".nox": _ENVIRONMENT}
_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "environment.yml")


class Tree:
    """The files of one project, relative to ``root`` with forward slashes, in sorted order.

    ``targets`` are files or directories inside ``root``; a file that is named is examined even if
    git ignores it. ``exclude`` are patterns as in a .gitignore; they always win.
    """

    def __init__(
        self, root: Path, targets: Sequence[Path] | None = None, exclude: Sequence[str] = ()
    ) -> None:
        """Remember where to look; nothing is read before ``paths`` is asked for."""
        self.root = Path(os.path.realpath(root))
        self._folder = os.path.join(self.root, "")
        self._targets = tuple(targets) if targets is not None else (self.root,)
        self._exclude = tuple(exclude)
        self._overlay: Mapping[str, bytes | None] = {}
        self._pinned: dict[str, bytes] | None = None
        self.unread: dict[str, str] = {}
        """The listed files that could not be read when they were asked for, with the reasons."""

    @property
    def paths(self) -> tuple[str, ...]:
        """All files, of every kind."""
        return self._listing.paths

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What was passed over, and why; what git ignores and hidden repositories are not listed."""
        return self._listing.skipped

    @property
    def failed(self) -> tuple[Skipped, ...]:
        """What cannot be read or listed, and why."""
        return self._listing.failed

    @property
    def folders(self) -> tuple[str, ...]:
        """The work trees, from the root of the file system, in which git can search files."""
        return self._listing.folders

    @property
    def stamps(self) -> Mapping[str, bytes]:
        """What the system said of the regular files when they were listed: see ``files.stamp``."""
        return self._listing.stamps

    def is_searched(self, path: str) -> bool:
        """Say whether git, searching ``folders``, reads the same as ``read`` does."""
        if path in self._overlay or path in self._listing.apart:
            return False
        return self._pinned is None or path not in self._pinned

    @cached_property
    def python_paths(self) -> tuple[str, ...]:
        """The Python modules and stubs among ``paths``."""
        return tuple(path for path in self.paths if path.endswith(PYTHON))

    @cached_property
    def code_paths(self) -> tuple[str, ...]:
        """``python_paths`` and the notebooks: what may import a module."""
        return tuple(path for path in self.paths if path.endswith(CODE))

    @cached_property
    def others(self) -> tuple[str, ...]:
        """Those of ``paths`` that are neither modules nor stubs: configuration, documents, scripts, data."""
        return tuple(path for path in self.paths if not path.endswith(PYTHON))

    @cached_property
    def examined(self) -> tuple[str, ...]:
        """The files that a flow can be found in: Python, notebooks and configuration."""
        return tuple(path for path in self.paths if is_examined(path))

    def __contains__(self, path: object) -> bool:
        """Say whether ``path`` is one of ``paths``."""
        return path in self._members

    def read(self, path: str) -> bytes:
        """Give the content of a file inside the root; raise ``OSError`` if that is impossible."""
        data = self.peek(path)
        if self._pinned is not None and path not in self._overlay:
            self._pinned[path] = data
        return data

    def peek(self, path: str) -> bytes:
        """Give the same, and forget it: what is read so may be something else the next time."""
        if path in self._overlay:
            data = self._overlay[path]
            if data is None:
                raise FileNotFoundError(2, "No such file", path)
            return data
        if self._pinned is not None and path in self._pinned:
            return self._pinned[path]
        if path not in self._members:
            self._refuse_outside(path)
            return read(self._folder + path)
        try:
            return read(self._folder + path)
        except OSError as error:
            self.unread[path] = why(error)
            raise

    def pinned(self, contents: Mapping[str, bytes]) -> Tree:
        """Give the same tree, in which a file that was read once (as ``contents`` were) stays as it was."""
        other = self.overlay({})
        other._pinned = dict(contents)
        return other

    def overlay(self, contents: Mapping[str, bytes | None]) -> Tree:
        """Give the same tree with some contents replaced (``None``: the file is gone), on no disk."""
        other = Tree(self.root, self._targets, self._exclude)
        other._overlay = {**self._overlay, **contents}
        other._pinned, other.unread = self._pinned, self.unread
        gone = {path for path, data in other._overlay.items() if data is None}
        added = other._overlay.keys() - gone
        if gone.isdisjoint(self._members) and added <= self._members:
            cached = ("_listing", "_members", "python_paths", "code_paths", "others", "examined")
            other.__dict__.update((name, self.__dict__[name]) for name in cached if name in self.__dict__)
        else:
            paths = tuple(sorted((set(self.paths) | added) - gone))
            other.__dict__["_listing"] = self._listing._replace(paths=paths)
        return other

    def revision(self, contents: Mapping[str, bytes | None]) -> Tree:
        """Give the same tree at another time: an overlay that leaves out what would not be listed here."""
        excluded = _spec(self._exclude) if self._exclude else None
        targets = [_relative(os.path.realpath(target), str(self.root)) for target in self._targets]

        def is_listed(path: str) -> bool:
            inside = any(target in (".", path) or path.startswith(f"{target}/") for target in targets)
            return inside and not (excluded is not None and excluded.match_file(path))

        kept = {
            path: data
            for path, data in contents.items()
            if path in self._members or (data is not None and len(data) <= LIMIT and is_listed(path))
        }
        return self.overlay(kept)

    @cached_property
    def _members(self) -> frozenset[str]:
        return frozenset(self.paths)

    @cached_property
    def _listing(self) -> _Listing:
        return _list(str(self.root), [os.path.abspath(target) for target in self._targets], self._exclude)

    def _refuse_outside(self, path: str) -> None:
        real = os.path.realpath(self.root / path)
        if not _within(real, str(self.root)):
            raise PermissionError(13, "The file lies outside the scanned tree", path)


def is_examined(path: str) -> bool:
    """Say whether a flow can be found in a file of this name."""
    return path.endswith(EXAMINED) or path.rpartition("/")[2].startswith(".env")


def surroundings(root: Path, targets: Sequence[Path]) -> list[Path]:
    """Give what is to be read for the sake of ``targets``: themselves, and around a file its project.

    That is its git work tree, as far as it lies in ``root``; elsewhere the folder with its manifests, or
    the one that holds the file's package.
    """
    wider = {_project_of(root, target.parent) for target in targets if not target.is_dir()}
    return sorted({*targets, *wider})


def _project_of(root: Path, folder: Path) -> Path:
    top = _git(str(folder), "rev-parse", "--show-toplevel")
    if top is not None:
        project = Path(os.path.realpath(os.fsdecode(top).removesuffix("\n")))
        return project if _within(str(project), str(root)) else root
    inside = [each for each in (folder, *folder.parents) if _within(str(each), str(root))]
    for each in inside:
        if any((each / name).exists() for name in _PROJECT):
            return each
    return next((each for each in inside if not (each / "__init__.py").exists()), folder)


def git_prefix(root: Path) -> str | None:
    """Give the path of ``root`` inside its git work tree (empty at the top), or None outside of one."""
    answer = _git(str(root), "rev-parse", "--show-prefix")
    return None if answer is None else os.fsdecode(answer).rstrip("\n").rstrip("/")


def object_format(root: Path) -> str:
    """Say how the repository around ``root`` names its objects: by ``sha1`` or ``sha256``."""
    answer = _git(str(root), "rev-parse", "--show-object-format")
    return answer.decode().strip() if answer is not None else "sha1"


def _list(root: str, targets: list[str], exclude: Sequence[str]) -> _Listing:
    excluded = _Excluded(exclude) if exclude else None
    found: set[str] = set()
    skipped: set[Skipped] = set()
    failed: set[Skipped] = set()
    folders: list[str] = []
    apart: set[str] = set()
    stamps: dict[str, bytes] = {}
    inside = os.path.join(root, "") if os.sep == "/" else "\0"
    for target in targets:
        passed: list[tuple[str, str]] = []
        shut: list[tuple[str, str]] = []
        is_folder = os.path.isdir(target)
        for entry in _list_directory(target, passed, shut, folders) if is_folder else (_Entry(target),):
            path = entry.name[len(inside) :] if entry.name.startswith(inside) else _relative(entry.name, root)
            if excluded is not None and (place := excluded.place(path)):
                if place != path or is_examined(path):
                    skipped.add(Skipped(place, "excluded by --exclude or the configuration"))
                continue
            reason = _why_not(entry, root)
            if reason is None:
                found.add(path)
                if entry.stamp:
                    stamps[path] = entry.stamp
                if not entry.searched:
                    apart.add(path)
            elif reason:
                lost = entry.trouble is not None and is_examined(path)
                (failed if lost else skipped).add(Skipped(path, reason))
        skipped.update(Skipped(_relative(name, root), reason) for name, reason in passed)
        failed.update(Skipped(_relative(name, root), reason) for name, reason in shut)
    return _Listing(
        tuple(sorted(found)),
        tuple(sorted(skipped)),
        tuple(folders),
        tuple(sorted(failed)),
        frozenset(apart),
        stamps,
    )


class _Entry:
    """A file, and what the system says of it."""

    __slots__ = ("mode", "name", "searched", "size", "stamp", "trouble")

    def __init__(self, name: str, *, searched: bool = False) -> None:
        self.name, self.searched = name, searched
        self.mode = self.size = 0
        self.stamp = b""
        self.trouble: OSError | None = None
        try:
            status = os.lstat(name)
        except OSError as error:
            self.trouble = error
        else:
            self.mode, self.size = status.st_mode, status.st_size
            if stat.S_ISREG(status.st_mode):
                self.stamp = stamp(status)


class _Excluded:
    """What ``exclude`` leaves out, as the topmost folder that it leaves out whole."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._spec = _spec(patterns)
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
    listed = None if _git(folder, "check-ignore", "-q", ".") is not None else _list_git(folder, shut)
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
        entry = _Entry(inside + name.rstrip("/"), searched=searched)
        if not searched and isinstance(entry.trouble, FileNotFoundError):
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
    from .git import ask

    answer = ask(folder, "ls-files", "-z", "-v", "--cached", "--others", "--exclude-standard")
    if answer is None or answer.code:
        return None
    for line in answer.err.splitlines():
        _, mark, rest = line.partition("could not open directory '")
        name, _, why = rest.rpartition("/': ")
        if mark and name:
            shut.append((os.path.join(folder, name), why.lower()))
    return {os.fsdecode(each[2:]): each[:1] == b"H" for each in answer.out.split(b"\0") if each}


def _git(folder: str, *arguments: str) -> bytes | None:
    """Ask git; None if there is no git, no repository, or the answer is no."""
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
                yield folder, _spec(text.splitlines())


def _foreign(entry: os.DirEntry[str]) -> str:
    if os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
        return _ENVIRONMENT
    return _FOREIGN.get(entry.name, "")


def _by_name(reason: str) -> str:
    return f"{reason}; name its path to examine it"


def _ignored(path: str, is_folder: bool, specs: _Ignoring) -> bool:
    """Say what the innermost .gitignore that has an opinion says."""
    for folder, spec in reversed(specs):
        name = _relative(path, folder) + ("/" if is_folder else "")
        verdict = spec.check_file(name).include
        if verdict is not None:
            return verdict
    return False


def _spec(patterns: Sequence[str]) -> GitIgnoreSpec:
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
        return "" if _within(os.path.realpath(entry.name), root) else "a link out of the root"
    if not stat.S_ISREG(entry.mode):
        return "not a regular file"
    if entry.size > LIMIT and is_examined(entry.name.replace(os.sep, "/")):
        return "larger than 16 MiB"
    return None


def _relative(name: str, root: str) -> str:
    inside = os.path.join(root, "")
    if name.startswith(inside) and os.sep == "/":
        return name[len(inside) :]
    return os.path.relpath(name, root).replace(os.sep, "/") if name != root else "."


def _within(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)

"""Paths in, files out: the files of a project, in one order, and what they hold, or would after a change."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from pathlib import Path

from ..files import LIMIT, read, why
from ..model import Skipped
from ..paths import PYTHON, is_examined, is_program
from .layout import Layout
from .listing import Listing, git_says, list_files, relative, spec_of, within

_PROJECT = ("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile", "environment.yml")
_SOURCES = frozenset({"src", "lib", "libs", "python"})
"""What a folder of a project's sources is called."""


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
        return path not in self._listing.apart and self.is_on_disk(path)

    def is_on_disk(self, path: str) -> bool:
        """Say whether whoever opens the file reads the same as ``read`` does."""
        return path not in self._overlay and (self._pinned is None or path not in self._pinned)

    @cached_property
    def code_paths(self) -> tuple[str, ...]:
        """The modules, stubs and notebooks among ``paths``: what may import a module."""
        return tuple(path for path in self.paths if is_program(path))

    @cached_property
    def others(self) -> tuple[str, ...]:
        """Those of ``paths`` that are neither modules nor stubs: configuration, documents, scripts, data."""
        return tuple(path for path in self.paths if not path.endswith(PYTHON))

    @cached_property
    def examined(self) -> tuple[str, ...]:
        """The files that a flow can be found in: Python, notebooks and configuration."""
        return tuple(path for path in self.paths if is_examined(path))

    @cached_property
    def layout(self) -> Layout:
        """What ``paths`` say by themselves."""
        return Layout(self.paths)

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
            cached = ("_listing", "_members", "layout", "code_paths", "others", "examined")
            other.__dict__.update((name, self.__dict__[name]) for name in cached if name in self.__dict__)
        else:
            left = [path for path in self.paths if path not in gone] if gone else self.paths
            new = {path for path in added if path not in self._members}
            paths = tuple(sorted((*left, *new)))
            other.__dict__["_listing"] = self._listing._replace(paths=paths)
            other.__dict__["_members"] = frozenset(paths)
            other.__dict__["layout"] = self.layout.changed(paths, gone & self._members, new)
        return other

    def revision(self, contents: Mapping[str, bytes | None]) -> Tree:
        """Give the same tree at another time: an overlay that leaves out what would not be listed here."""
        excluded = spec_of(self._exclude) if self._exclude else None
        targets = [relative(os.path.realpath(target), str(self.root)) for target in self._targets]

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
    def _members(self) -> AbstractSet[str]:
        return self._listing.stamps.keys()

    @cached_property
    def _listing(self) -> Listing:
        return list_files(
            str(self.root), [os.path.abspath(target) for target in self._targets], self._exclude
        )

    def _refuse_outside(self, path: str) -> None:
        real = os.path.realpath(self.root / path)
        if not within(real, str(self.root)):
            raise PermissionError(13, "The file lies outside the scanned tree", path)


def surroundings(root: Path, targets: Sequence[Path]) -> list[Path]:
    """Give what is to be read for the sake of ``targets``: themselves, and what projects they are parts of.

    Of a file that is its git work tree, as far as it lies in ``root``; elsewhere the folder with its
    manifests, or the one that holds the package. A folder that is named is the whole, unless it is a package,
    or called as sources are (``src``), and lies in a folder with manifests.
    """
    return sorted({*targets, *(_project_of(root, target) for target in targets)})


def _project_of(root: Path, target: Path) -> Path:
    if target.is_dir():
        return _around(root, target)
    folder = target.parent
    top = git_says(str(folder), "rev-parse", "--show-toplevel")
    if top is not None:
        project = Path(os.path.realpath(os.fsdecode(top).removesuffix("\n")))
        return project if within(str(project), str(root)) else root
    inside = [each for each in (folder, *folder.parents) if within(str(each), str(root))]
    for each in inside:
        if _has_manifests(each):
            return each
    return next((each for each in inside if not _is_package(each)), folder)


def _around(root: Path, folder: Path) -> Path:
    """The project whose sources a folder holds, or the folder itself."""
    above = folder
    while within(str(above.parent), str(root)) and (_is_package(above) or above.name in _SOURCES):
        above = above.parent
    return above if _has_manifests(above) else folder


def _is_package(folder: Path) -> bool:
    return (folder / "__init__.py").exists()


def _has_manifests(folder: Path) -> bool:
    return any((folder / name).exists() for name in _PROJECT)


def git_prefix(root: Path) -> str | None:
    """Give the path of ``root`` inside its git work tree (empty at the top), or None outside of one."""
    answer = git_says(str(root), "rev-parse", "--show-prefix")
    return None if answer is None else os.fsdecode(answer).rstrip("\n").rstrip("/")


def object_format(root: Path) -> str:
    """Say how the repository around ``root`` names its objects: by ``sha1`` or ``sha256``."""
    answer = git_says(str(root), "rev-parse", "--show-object-format")
    return answer.decode().strip() if answer is not None else "sha1"


__all__ = [
    "Tree",
    "git_prefix",
    "object_format",
    "surroundings",
]

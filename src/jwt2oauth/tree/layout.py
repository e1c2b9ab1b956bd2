"""What the paths of a tree say by themselves: which files bear a name, and which programs lie in a folder."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from ..paths import is_program

_Key = TypeVar("_Key")


class Layout:
    """Tables over some paths, each made when it is first asked for.

    Programs are modules, stubs and notebooks: what may import a module.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        """Take paths from one root, with forward slashes and in sorted order."""
        self.paths = tuple(paths)

    @cached_property
    def named(self) -> Mapping[str, Sequence[str]]:
        """Name of a file → the paths that end in it."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in self.paths:
            found[path[path.rfind("/") + 1 :]].append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    @cached_property
    def folders(self) -> Mapping[tuple[str, ...], Sequence[str]]:
        """Folder, by its parts → the programs in it."""
        found: dict[str, list[str]] = defaultdict(list)
        for path in self._programs(self.paths):
            found[path.rpartition("/")[0]].append(path)
        return {_parts(folder): tuple(inside) for folder, inside in found.items()}

    @cached_property
    def above(self) -> frozenset[str]:
        """All folders below which a program lies; the root is empty."""
        found = {""}
        for folder in map("/".join, self.folders):
            while folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(found)

    @cached_property
    def spread(self) -> Mapping[str, int]:
        """Name of a folder, or of a file without its endings → how many programs lie below, or bear it."""
        count: Counter[str] = Counter()
        for folder, inside in self.folders.items():
            for part in set(folder):
                count[part] += len(inside)
            start = sum(map(len, folder)) + len(folder)
            count.update([path[start:].partition(".")[0] for path in inside])
        return count

    @cached_property
    def _packages(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name in ("__init__.py", "__init__.pyi"):
            for path in self.named.get(name, ()):
                found[_name(path.rpartition("/")[0])].append(path)
        return found

    def modules(self, name: str) -> list[str]:
        """Give the modules and stubs of this name, in order; those of a package are its ``__init__``."""
        plain = [] if name == "__init__" else [f"{name}.py", f"{name}.pyi"]
        return sorted(
            [*(p for each in plain for p in self.named.get(each, ())), *self._packages.get(name, ())]
        )

    def beside(self, paths: Iterable[str]) -> list[str]:
        """Give the programs in the folders of ``paths``, themselves among them, in order."""
        return sorted(
            program for folder in {*map(_folder, paths)} for program in self.folders.get(folder, ())
        )

    def changed(self, paths: Iterable[str], gone: Collection[str], added: Collection[str]) -> Layout:
        """Give the same of ``paths``, which are these without those ``gone`` and with those ``added``.

        What is known here is not found out again.
        """
        other, known = Layout(paths), self.__dict__
        if "named" in known:
            other.__dict__["named"] = _mended(self.named, _name, gone, added)
        less, more = self._programs(gone), self._programs(added)
        if "folders" in known:
            other.__dict__["folders"] = _mended(self.folders, _folder, less, more)
        if "spread" in known:
            spread = Counter(self.spread)
            spread.subtract(name for path in less for name in (*set(_folder(path)), _stem(path)))
            spread.update(name for path in more for name in (*set(_folder(path)), _stem(path)))
            other.__dict__["spread"] = spread
        return other

    def _programs(self, paths: Iterable[str]) -> list[str]:
        return [path for path in paths if is_program(path)]


def _mended(
    table: Mapping[_Key, Sequence[str]],
    key: Callable[[str], _Key],
    gone: Collection[str],
    added: Collection[str],
) -> Mapping[_Key, Sequence[str]]:
    """Give a table without some paths and with others; what they do not touch is shared."""
    lost, mended = frozenset(gone), dict(table)
    for place in {key(path) for path in (*gone, *added)}:
        left = [path for path in table.get(place, ()) if path not in lost]
        left += [path for path in added if key(path) == place and path not in left]
        if left:
            mended[place] = tuple(sorted(left))
        else:
            mended.pop(place, None)
    return mended


def _name(path: str) -> str:
    return path[path.rfind("/") + 1 :]


def _stem(path: str) -> str:
    return _name(path).partition(".")[0]


def _folder(path: str) -> tuple[str, ...]:
    return _parts(path.rpartition("/")[0])


def _parts(folder: str) -> tuple[str, ...]:
    return tuple(map(sys.intern, folder.split("/"))) if folder else ()

"""Which modules values may pass between: those that imports join, by way of others and in any direction."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from . import syntax as s
from .dotted import named_by_path

if TYPE_CHECKING:
    from .modules import Module

_SETTINGS = re.compile(
    r"(?:^|/)(?:(?:settings|configs?|conf)/[^/]*|[^/]*(?:settings|conf)[^/]*)\.py$", re.IGNORECASE
)
"""Modules named after settings: what hands settings out finds them by ways of its own."""
_FOLDER = re.compile(r"(?:.*/)?(?:settings|configs?|conf)", re.IGNORECASE)
"""A folder of such modules is a package, whether or not it says so."""
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
"""``"app.auth:login"``, ``"app.middleware.Adobe"``: a module that a library is told to import."""
_FILE = re.compile(r"\w+\.(?:json|ya?ml|toml|ini|cfg|key|pem|crt|csv|txt)", re.IGNORECASE)
"""``"adobe.key"`` is a file; only beside or above it is there a module ``adobe`` that may be meant."""
_ANYTHING = ("import *", "__getattr__")
"""One of these in a module, and it may have any name."""
_DYNAMIC = re.compile(
    r"\b(?:import_module|__import__|spec_from_file_location|iter_modules|walk_packages|runpy|exec)\b"
)


class _Named(NamedTuple):
    """Who names a module, and what of it, if that must be there."""

    by: str
    part: str = ""


class Kinship:
    """Families of loaded modules; they only grow together.

    Two modules are kin where one imports the other, names it in a text (``"app.auth.login"``; what the text
    goes on with must stand in it), or its path (``"bin/login.py"``), or lies in the same folder. One that
    imports what it computes is kin to all below its own folder, and so is a ``conftest.py``, from which
    pytest takes what tests name.

    ``find`` gives the path of the module that ``(importer, dotted, level)`` means, or None.
    """

    def __init__(self, find: Callable[[str, str, int], str | None]) -> None:
        self._find = find
        self._loaded: Sequence[Module] = ()
        self._above: dict[str, str] = {}
        """Path → another path of the same family; the one that stands for it leads to itself."""
        self._modules: dict[str, Module] = {}
        self._waiting: dict[str, list[_Named]] = defaultdict(list)
        """Paths that are not loaded → who names them."""
        self._folders: dict[str, str] = {}
        """Folder → a module in it."""
        self._reach_of: dict[str, str] = {}
        """Settings → the folder below which they are everybody's: the one that holds their package."""
        self._reaching: dict[str, str] = {}
        """Folder → a module in it that is kin to all below."""
        self._grounds: dict[str, frozenset[str]] = {}
        """Path → what ``ground`` says of it, of those that are loaded."""

    def joins(self, loaded: Sequence[Module], one: Module, other: Module) -> bool:
        """Say whether two of the ``loaded`` modules are kin, or one holds settings of the other's program.

        What is no module of the project, a file of configuration, is everybody's.
        """
        self._know(loaded)
        if one.path not in self._above or other.path not in self._above:
            return True
        if self._top(one.path) == self._top(other.path):
            return True
        return self._reaches(one.path, other.path) or self._reaches(other.path, one.path)

    def _reach(self, path: str) -> str:
        """The folder from which a module named after settings is imported: the one that holds its package."""
        folder, is_package = path.rpartition("/")[0], False
        while folder and (self._holds(folder, "") or _FOLDER.fullmatch(folder)):
            folder, is_package = folder.rpartition("/")[0], True
        above = folder.rpartition("/")[0]
        return above if folder and not is_package and self._holds(above, "manage") else folder

    def _widen(self, path: str, reach: str) -> None:
        """Settings are kin to all below a folder, if they are not to more."""
        self._reach_of[path] = min(reach, self._reach_of.get(path, reach), key=len)

    def _meant(self, module: Module, dotted: str, level: int = 0) -> str | None:
        """The path of the module that ``module`` names; settings are of all below where the name begins."""
        path = self._find(module.path, dotted, level)
        if path is not None and is_settings(path) and not level:
            size = dotted.count(".") + (2 if path.endswith("/__init__.py") else 1)
            self._widen(path, "/".join(path.split("/")[:-size]))
        return path

    def _holds(self, folder: str, name: str) -> bool:
        """Is there a module of that name in a folder, or the folder's own (an empty name)?"""
        return self._find(f"{folder}/-".lstrip("/"), name, 1) is not None

    def _reaches(self, path: str, other: str) -> bool:
        reach = self._reach_of.get(path)
        return reach is not None and (not reach or other.startswith(f"{reach}/"))

    def family(self, loaded: Sequence[Module], module: Module) -> str:
        """Give the path that stands for all kin of a module, of those ``loaded``; no settings of others."""
        self._know(loaded)
        return self._top(module.path)

    def ground(self, loaded: Sequence[Module], module: Module) -> frozenset[str]:
        """Give the folders in which kin of a module lies, or what kin names, with all above these."""
        self._know(loaded)
        if module.path not in self._grounds:
            kin = [one.path for one in loaded if self.joins(loaded, one, module)]
            top = self._top(module.path)
            named = (path for path, by in self._waiting.items() if any(self._top(n.by) == top for n in by))
            self._grounds[module.path] = frozenset(f for path in (*kin, *named) for f in _folders(path))
        return self._grounds[module.path]

    def _know(self, loaded: Sequence[Module]) -> None:
        if self._loaded is not loaded:
            self._loaded = loaded
            self._grounds.clear()
            for module in loaded:
                if module.path not in self._above:
                    self._add(module)

    def _add(self, module: Module) -> None:
        path = module.path
        self._above[path], self._modules[path] = path, module
        if is_settings(path):
            self._widen(path, self._reach(path))
        for found, named in {*self._named_by(module)}:
            if found in self._modules:
                self._meet(self._modules[found], named)
            elif found is not None:
                self._waiting[found].append(named)
        for named in self._waiting.pop(path, ()):
            self._meet(module, named)
        folders = [*_folders(path)]
        self._join(path, self._folders.setdefault(folders[0], path))
        for folder in folders:
            self._join(path, self._reaching.get(folder, path))
        if path.endswith("conftest.py") or _DYNAMIC.search(module.text):
            self._reaching.setdefault(folders[0], path)
            for other in self._above:
                if folders[0] in _folders(other):
                    self._join(path, other)

    def _meet(self, module: Module, named: _Named) -> None:
        if not named.part or any(map(module.holds, (named.part, *_ANYTHING))):
            self._join(module.path, named.by)

    def _top(self, path: str) -> str:
        above = self._above
        while above[path] != path:
            above[path] = path = above[above[path]]
        return path

    def _join(self, one: str, other: str) -> None:
        self._above[self._top(other)] = self._top(one)

    def _named_by(self, module: Module) -> Iterator[tuple[str | None, _Named]]:
        mine = _Named(module.path)
        for node in module.each(s.Import):
            for alias in node.aliases:
                yield from ((found, mine) for found, _ in self._leading(module, alias.name))
        for stmt in module.each(s.ImportFrom):
            yield self._meant(module, stmt.module, stmt.level), mine
            for alias in stmt.aliases:
                yield self._meant(module, f"{stmt.module}.{alias.name}".lstrip("."), stmt.level), mine
        for literal in module.each(s.Str):
            text = literal.value
            if isinstance(text, str) and (dotted := named_by_path(text)):
                yield self._meant(module, dotted), mine
            elif isinstance(text, str) and len(text) < 200 and (name := _DOTTED.match(text)):
                is_file = _FILE.fullmatch(text) is not None
                for found, named in self._leading(module, name[0]):
                    if found is None or not is_file or _is_above(found, module.path):
                        yield found, named

    def _leading(self, module: Module, dotted: str) -> Iterator[tuple[str | None, _Named]]:
        """``a``, ``a.b`` and ``a.b.c`` of ``a.b.c``, each with the part that comes next."""
        parts = dotted.split(".")
        for size, after in enumerate((*parts[1:], ""), 1):
            yield self._meant(module, ".".join(parts[:size])), _Named(module.path, after)


def is_settings(path: str) -> bool:
    """Is it a module named after settings?"""
    return _SETTINGS.search(path) is not None


def _is_above(path: str, other: str) -> bool:
    """Does what is at ``path`` lie in a folder that holds ``other`` as well?"""
    folder = path.rpartition("/")[0]
    return not folder or other.startswith(f"{folder}/")


def _folders(path: str) -> Iterator[str]:
    """The folders that hold a file, the nearest first; the root is empty."""
    while path:
        path = path.rpartition("/")[0]
        yield path

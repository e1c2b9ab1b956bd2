"""Which module a dotted name means: told by the paths of a tree alone."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping

from ...paths import shared
from ...tree.layout import Layout

ROOTS = ("src", "lib", "libs", "python", "dags", "plugins")
"""Folders that may be on the import path wherever they are; the last two put Airflow there."""

_PROGRAM = re.compile(r"(?:\./)?(\w[\w/-]{0,199})\.py")


class Names:
    """The modules of a tree by their names in full; only those are taken apart whose last part counts."""

    def __init__(self, layout: Layout, roots: Collection[str] = ROOTS) -> None:
        self._layout, self._roots = layout, roots
        self._taken: dict[str, dict[tuple[str, ...], str]] = {}

    def ending(self, last: str) -> Mapping[tuple[str, ...], str]:
        """The modules with this last part: path by name; of a module and its stub, the module."""
        if last not in self._taken:
            found: dict[tuple[str, ...], str] = {}
            for path in self._layout.modules(last):
                found.setdefault(parts_of(path), path)
            self._taken[last] = found
        return self._taken[last]

    def path(self, parts: tuple[str, ...]) -> str | None:
        """The module of this name."""
        return self.ending(parts[-1]).get(parts) if parts else None

    def find(self, above: str, dotted: str, level: int) -> str | None:
        """The path of the module that is meant by a name in the folder ``above`` (``level`` leading dots)."""
        names = tuple(n for n in dotted.split(".") if n)
        folder = tuple(above.split("/")) if above else ()
        if level:
            base = folder[: len(folder) - (level - 1)] if level > 1 else folder
            return self.path(base + names)
        if not names:
            return None
        best: tuple[int, int, str] | None = None
        for parts, path in self.ending(names[-1]).items():
            if parts[-len(names) :] != names:
                continue
            root = parts[: -len(names)]
            if not self._is_root(root, folder, names[0]) and not _is_distribution(root, names[0], path):
                continue
            found = (-shared(root, folder), len(root), path)
            best = found if best is None or found < best else best
        return best[2] if best else None

    def _is_root(self, root: tuple[str, ...], folder: tuple[str, ...], top: str) -> bool:
        """May ``root`` be on the import path of a file in ``folder``: above it, or a ``src``?

        What bears the name of a module of Python's own is only meant below its root: elsewhere that one is.
        """
        if root == folder[: len(root)]:
            return True
        return bool(root) and root[-1] in self._roots and top not in sys.stdlib_module_names


def _is_distribution(root: tuple[str, ...], top: str, path: str) -> bool:
    """Is ``root`` the folder of a package that others install: ``libs/ims-auth/ims_auth/__init__.py``?"""
    return bool(root) and bears(root[-1], top) and path.startswith("/".join((*root, top, "")))


def bears(folder: str, package: str) -> bool:
    """Is a distribution's folder called like the package in it: ``ims-auth``, ``python-ims-auth``?"""
    return f"_{package.lower()}_" in f"_{folder.lower().replace('-', '_').replace('.', '_')}_"


def parts_of(path: str) -> tuple[str, ...]:
    """The names by which a module is imported in full; none for the root's own ``__init__.py``."""
    parts = path.removesuffix(".py").removesuffix(".pyi").removesuffix(".ipynb").split("/")
    return tuple(parts[:-1] if parts[-1] == "__init__" else parts)


def named_by_path(text: str) -> str:
    """``bin.login`` of ``./bin/login.py``, which ``runpy`` and ``subprocess`` take; else nothing."""
    found = _PROGRAM.fullmatch(text)
    return found[1].replace("/", ".") if found is not None else ""

"""Programs in other languages that read the same configuration: what they name is not taken from them.

Nothing of them is followed. One that spells the name of a file and that of a key, each as a word, may read
the key there; one that spells a variable of the environment may ask for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from ..rules.tables import OtherPrograms
from .documents import Documents


class OtherLanguages:
    """Looks into the programs in other languages of one tree, when somebody asks."""

    def __init__(self, files: Documents, ours: Collection[str], rules: OtherPrograms) -> None:
        """Look at nothing yet; ``ours`` are the files that belong to no other program."""
        self._files, self._ours = files, ours
        is_program, is_shell = re.compile(rules.files).search, re.compile(rules.shells).search
        self._hands = rules.hands
        self._programs = [path for path in files.paths if is_program(path)]
        self._shells = {path for path in files.paths if is_shell(path)}
        self._naming: dict[str, Sequence[str]] = {}

    def reader_of(self, document: str, key: str) -> str | None:
        """Say which one names a configuration file and ``key``: ``publish.js names it``.

        Or which configuration hands the file to a tool that is not here.
        """
        hands = next(self._files.handing(document, self._hands), None)
        if hands is not None:
            return f"{hands} hands it on"
        return self._first(self._naming_file(document), rf"(?<![\w-]){re.escape(key)}(?![\w-])")

    def asker_of(self, variable: str, document: str) -> str | None:
        """Say which one asks for a variable of the environment, which ``document`` sets.

        A shell knows only what it was told: it must name the file as well.
        """
        name = re.escape(variable)
        spelling = self._files.holding(variable, self._programs)
        others = [path for path in spelling if path in self._ours and path not in self._shells]
        shells = [path for path in self._naming_file(document) if path in self._shells]
        return self._first(others, rf"(?<!\w){name}(?!\w)") or self._first(shells, rf"\$\{{?{name}(?!\w)")

    def _naming_file(self, document: str) -> Sequence[str]:
        """Those that name a file; another program, which has files of that name itself, with its folder."""
        if document not in self._naming:
            name = document.rpartition("/")[2]
            folder = "/".join(document.split("/")[-2:])
            found = self._files.holding(name, self._programs)
            self._naming[document] = [
                path
                for path in found
                if path in self._ours or ("/" in folder and folder in self._files.text(path))
            ]
        return self._naming[document]

    def _first(self, paths: Sequence[str], pattern: str) -> str | None:
        for path in paths:
            text = self._files.text(path)
            found = re.search(pattern, text)
            if found is not None:
                return f"{path} names it"
        return None

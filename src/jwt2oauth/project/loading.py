"""The modules of a tree: which are loaded, why, and what kept others from it.

And folders that a tree itself says are on the import path: by ``sys.path``, ``PYTHONPATH`` and their like.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ..edits import Text, UnreadableText
from ..files import why
from ..model import Progress
from ..net import Net
from ..notebook import Notebook, open_text
from ..paths import PYTHON, is_examined, is_program
from ..python.facts import syntax as s
from ..python.facts.dotted import ROOTS
from ..python.facts.grafting import Graft
from ..python.facts.index import Index, reading
from ..python.facts.modules import Module, cell_of
from ..python.facts.parser import Parser
from ..python.facts.shared_names import concerned, spells
from ..python.facts.unparsable import Unparsable
from ..python.facts.workers import Asked
from ..rules.tables import Rules
from ..tree.search import MANY_FILES, Words, holds
from ..tree.walk import Tree
from .importers import Importers

IMPORTERS, FEW = 1000, 64
"""Files of one program that are loaded because they import a flow's modules: of so many only those that spell
a name that matters, of few all."""
AROUND = 64
"""Modules beside a flow's whose importers are looked for at the same time."""
_PACKAGE = re.compile(rb"^\[(?:project|metadata|tool\.poetry|tool\.flit\.metadata)\]", re.MULTILINE)


class Known(NamedTuple):
    """Modules that another tree has loaded, by their paths."""

    same: Mapping[str, Module]
    """This tree has them as they are."""
    changed: Mapping[str, Module]
    """They were so before something in them was changed."""


NOTHING = Known(MappingProxyType({}), MappingProxyType({}))


class Loader:
    """Loads what holds a needle, what imports it, and what others ask for by a word."""

    def __init__(
        self,
        tree: Tree,
        hits: Sequence[str],
        rules: Rules,
        parser: Parser,
        words: Words,
        progress: Progress,
        net: Net,
        known: Known = NOTHING,
    ) -> None:
        """Load the files ``hits`` that may begin a flow, and who imports them.

        What the ``net`` has set aside counts as unparsable; of what is ``known`` little is parsed.
        """
        self.tree, self.words = tree, words
        self.hits = [hit for hit in hits if is_program(hit)]
        self.broken: dict[str, Unparsable] = {}
        self.failed: dict[str, str] = {}
        self._fields, self._strong = rules.provider.fields, rules.prefilter.strong
        self._parse, self._net, self._known = parser, net, known
        self._grafts: dict[str, Graft] = {}
        self._progress = progress
        self._followed: dict[str, None] = {}
        self._importing: dict[str, str] = {}
        """Importers that could not be examined → a module that each imports."""
        self._unseen: set[str] = set()
        """Modules of programs in which so many matter that not all are loaded."""
        self._signs = [self._fields.assertion, *(needle.decode("latin-1") for needle in self._strong)]
        """What ``begins`` asks for."""
        assertion = re.escape(self._fields.assertion.encode())
        self._key = re.compile(rb"['\"&?]%s\b|\b%s\\?['\"]" % (assertion, assertion))
        """The assertion as the key of a form, not the name of some variable."""
        self._names: dict[str, frozenset[str]] = {}
        """Path → the names at its top that matter, of modules that very many import."""
        roots = declared(tree, words, self.hits) if self.hits else ROOTS
        self.index = Index(tree.layout, self._load, self.mentioning, self.learn, roots)
        self._importers = Importers(self.index, tree.layout, words, self._tell_of)
        begun = [path for path in self.hits if self.begins(path)]
        others = [path for path in self.hits if path not in begun]
        self._announce(begun, others)
        self._look_around(begun)
        for number, path in enumerate(begun):
            progress("Parsing", number, len(self.hits), path)
            with net.over(path):
                self.index.module(path)
        self._follow(begun)
        self.begun = [module for path in begun if (module := self.index.module(path)) is not None]
        """Those in which a flow may begin."""
        for number, path in enumerate(others, len(begun)):
            progress("Parsing", number, len(self.hits), path)
            with net.over(path):
                self._check(path)

    def _look_around(self, begun: Iterable[str]) -> None:
        """Look once for the words that the importers of these modules, and of those beside them, hold."""
        beside = (path for path in self.tree.layout.beside(begun) if path.endswith(PYTHON))
        near = frozenset((*begun, *itertools.islice(beside, AROUND)))
        self.words.learn(self._importers.words(near))

    def _announce(self, loaded: Iterable[str], checked: Iterable[str]) -> None:
        """Let files be parsed, or checked, in the background; who asks for them says what cannot be read."""
        files: list[Asked] = []
        for path, only_check in (*((each, False) for each in loaded), *((each, True) for each in checked)):
            if path in self._known.same or path in self._net.aside:
                continue
            with contextlib.suppress(OSError, UnreadableText):
                opened = open_text(path, self.tree.read(path))
                graft = None if only_check else self._graft(path, opened)
                text = graft.new if graft is not None else opened.text
                files.append(Asked(path, text, only_check and not isinstance(opened, Notebook)))
        self._parse.announce(files)

    def _load(self, path: str) -> Module | None:
        if path in self._known.same:
            return self._known.same[path]
        try:
            opened = self._open(path)
            if isinstance(opened, Notebook):
                return _cells(path, opened, self._parse)
            return Module(self._grafted(path, opened) or self._parse(path, opened.text))
        except (Unparsable, UnreadableText, OSError) as error:
            self._tell(path, error)
        return None

    def _grafted(self, path: str, opened: Text) -> s.Source | None:
        """The records of a file of which most are known; None if the whole has to be parsed."""
        graft = self._graft(path, opened)
        if graft is None:
            return None
        with contextlib.suppress(Unparsable):  # in a place that only the whole file has
            return graft.source(self._parse(path, graft.new))
        return None

    def _graft(self, path: str, opened: Text | Notebook) -> Graft | None:
        """How a file comes out of what it was before it was changed."""
        if path in self._known.changed and path not in self._grafts and not isinstance(opened, Notebook):
            self._grafts[path] = Graft(self._known.changed[path].source, opened.text)
        return self._grafts.get(path)

    def _check(self, path: str) -> None:
        """Tell what keeps a file from being loaded that nothing may ever ask for."""
        try:
            opened = self._open(path)
            if isinstance(opened, Notebook):
                _cells(path, opened, self._parse)
            else:
                self._parse.check(path, opened.text)
        except (Unparsable, UnreadableText, OSError) as error:
            self._tell(path, error)

    def _open(self, path: str) -> Text | Notebook:
        if path in self._net.aside:
            raise Unparsable(self._net.aside[path], 1)
        return open_text(path, self.tree.read(path))

    def _tell(self, path: str, error: Unparsable | UnreadableText | OSError) -> None:
        if isinstance(error, Unparsable):
            self.broken[path] = error
        elif isinstance(error, UnreadableText):
            self.failed[path] = str(error)
        else:
            self.failed[path] = why(error)

    def mentioning(
        self, words: Sequence[str], pattern: re.Pattern[bytes], among: Sequence[str] | None
    ) -> Iterator[str]:
        """The programs that hold one of ``words`` and match ``pattern``."""
        names = [word.encode() for word in words]
        for path in self.words.holding(names) if among is None else among:
            data = self.words.read(path)
            if is_program(path) and any(name in data for name in names) and pattern.search(data):
                yield path

    def learn(self, words: Iterable[str]) -> Collection[str]:
        """Look at once for words that will be asked for; give those that are everybody's."""
        words = list(words)
        self.words.learn(word.encode() for word in words)
        return [word for word in words if self.words.is_common(word.encode())]

    def begins(self, path: str) -> bool:
        """May a flow begin here? Others are only looked into where one leads to them, or comes from them."""
        data = self.words.read(path)
        if b"\0" in data or any(needle in data for needle in self._strong):
            return True
        fields = self._fields
        if not holds(path, data, (fields.assertion.encode(),)):
            return False
        others = sum(other.encode() in data for other in (fields.client_id, fields.client_secret))
        return others == 2 or (others == 1 and self._key.search(data) is not None)

    def published(self, path: str) -> bool:
        """Does a manifest above ``path`` make a package of it that others install?"""
        folders = path.split("/")[:-1]
        for depth in range(len(folders), -1, -1):
            for name in ("setup.py", "setup.cfg", "pyproject.toml"):
                manifest = "/".join([*folders[:depth], name])
                if manifest in self.tree and (
                    name == "setup.py" or _PACKAGE.search(self.words.read(manifest))
                ):
                    return True
        return False

    def importers_of(self, path: str) -> bool:
        """Load the modules that import ``path`` (and theirs); says whether there were new ones."""
        count = len(self.index.loaded)
        self._follow([path])
        return len(self.index.loaded) > count

    def _follow(self, paths: Iterable[str]) -> None:
        """Modules that import a loaded one: callers, and those who read the expiry.

        Of a module that very many import, only those that spell what may be of the flow in it.
        """
        pending = [p for p in paths if p not in self._followed]
        while pending:
            self._followed.update(dict.fromkeys(pending))
            found = dict(self._importers.of(frozenset(pending)))
            new = [path for path in found if path not in self._followed]
            if len(self._followed) + len(new) > FEW:
                new = list(self._of_many({path: found[path] for path in new}))
            pending = [p for p in new if self._is_loaded(p)]
            self._importing.update((p, found[p]) for p in new if p in self.broken)

    def _of_many(self, importers: Mapping[str, str]) -> Iterator[str]:
        """Those of very many importers that matter; each comes with a module that it imports.

        Programs that have nothing to do with each other may lie in one tree: they are counted apart.
        """
        before, found = defaultdict(list), defaultdict(list)
        for path in self._followed:
            before[self._family(path)].append(path)
        for path, module in importers.items():
            found[self._family(module)].append(path)
        for family, paths in found.items():
            if len(before[family]) + len(paths) > FEW:
                paths = self._concerned(before[family], paths)
            yield from paths

    def _family(self, path: str) -> str:
        module = self.index.module(path)
        return self.index.family(module) if module is not None else path

    def _concerned(self, family: Sequence[str], importers: Iterable[str]) -> list[str]:
        """Of those that import a module of a family, the ones that take what is concerned there."""
        for path in family:
            module = self.index.module(path) if path not in self._names else None
            if module is not None:
                self._names[path] = concerned(module, self._signs, {*self._taken(path)})
        matter = (path for path in importers if any(self._taken(path)))
        found = list(itertools.islice(matter, max(0, IMPORTERS - len(family))))
        if next(matter, None) is not None:
            self._unseen.update(family)
        return found

    def _taken(self, path: str) -> Iterator[str]:
        """The names that matter of those that a program takes from the modules that were asked for theirs."""
        for module, name in self._importers.taken(path, self._names.keys() - {path}):
            names = self._names[module]
            if name in names or (not name and spells(self.words.read(path), names)):
                yield from (name,) if name else names

    def has_seen(self, modules: Iterable[Module]) -> bool:
        """Say whether all is loaded that matters to ``modules`` because it imports them, or their kin."""
        unseen = {self._family(path) for path in self._unseen}
        return unseen.isdisjoint(map(self.index.family, modules))

    def unexamined(self, modules: Iterable[Module]) -> Iterator[tuple[str, str]]:
        """Give the importers of ``modules`` that could not be examined, each with one that it imports."""
        paths = {module.path for module in modules}
        return (pair for pair in sorted(self._importing.items()) if pair[1] in paths)

    def _tell_of(self, path: str) -> None:
        """Say that it goes on, with the search for importers or their parsing."""
        self._progress("Parsing", 0, 0, path)

    def _is_loaded(self, path: str) -> bool:
        self._tell_of(path)
        return self.index.module(path) is not None

    def mentioned(self, name: str) -> bool:
        """May a program that is not loaded read ``name``?"""
        loaded = {module.path for module in self.index.loaded}
        return any(path not in loaded for path in self.mentioning((name,), reading(name), None))


def _cells(path: str, notebook: Notebook, parse: Parser) -> Module:
    """The module that a notebook's cells make up together."""
    for cell in notebook.doubtful:  # alone, so that what is open in it cannot take in the next one
        try:
            parse(path, cell.text)
        except Unparsable as error:
            raise Unparsable(str(error), error.line, cell.number) from None
    try:
        return Module(parse(path, notebook.text), notebook.borders)
    except Unparsable as error:
        raise Unparsable(str(error), *reversed(cell_of(notebook.borders, error.line))) from None


_STATEMENT = re.compile(r"\bsys\.path(?:\.(?:insert|append|extend)\b|\[|[ \t]*\+?=)(?P<rest>[^\n]{0,400})")
_SETTING = re.compile(r"(?:\bpythonpath\b|\bPYTHONPATH\b|\bpackage_dir\b)(?P<rest>[^\n]{0,400})")
_TEXT = re.compile(r"[\"']([^\"'\n]{1,200})[\"']")
_FOLDER = re.compile(r"[\w./-]{1,200}")
_STATING, _SETTING_BY = (b"sys.path",), (b"pythonpath", b"PYTHONPATH", b"package_dir")
_SETUP = "setup.py"
_LONGEST = 500
"""Bytes of a line that are looked at before and behind the word."""


def declared(tree: Tree, words: Words, hits: Collection[str]) -> frozenset[str]:
    """Give the names of folders that may be on the import path wherever they are.

    Those that everybody uses so, and those that a program, its tests or its deployment put there. In a large
    tree, of configuration only what lies above one of ``hits`` is asked.
    """
    known = {name for folder in tree.layout.folders for name in folder}
    said = {name for path in words.holding(_STATING) for name in _stated(words.read(path))}
    said |= {name for path in _settings(tree, hits) for name in _set(words.read(path))}
    return frozenset(ROOTS) | (known & said)


def _settings(tree: Tree, hits: Collection[str]) -> Iterator[str]:
    """The files that may set it: configuration, and what installs a package."""
    above = {path[:at] for path in hits for at in (0, *(i for i, c in enumerate(path) if c == "/"))}
    is_large = len(tree.paths) >= MANY_FILES
    for path in (*tree.others, *(path for path in tree.code_paths if path.endswith(_SETUP))):
        if is_examined(path) and (not is_large or path.rpartition("/")[0] in above):
            yield path


def _stated(data: bytes) -> Iterator[str]:
    """The last parts of the texts in a statement that changes ``sys.path``."""
    for line in _lines(data, _STATING):
        statement = _STATEMENT.search(line)
        for found in _TEXT.findall(statement["rest"]) if statement is not None else ():
            yield _last(found.rstrip("\\"))


def _set(data: bytes) -> Iterator[str]:
    """The last parts of the folders behind the name of a setting."""
    for line in _lines(data, _SETTING_BY):
        setting = _SETTING.search(line)
        for found in _FOLDER.findall(setting["rest"]) if setting is not None else ():
            yield _last(found)


def _lines(data: bytes, words: tuple[bytes, ...]) -> Iterator[str]:
    """The lines that hold one of the words: a file may be large, and holds few."""
    for word in words:
        at = data.find(word)
        while at >= 0:
            start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
            end = min(end if end >= 0 else len(data), at + _LONGEST)
            yield data[max(start, at - _LONGEST) : end].decode("latin-1")
            at = data.find(word, end)


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]

"""Which programs import a module: found in their bytes, before any of them is parsed.

Most programs cannot, and that costs no look into them. To name a module, a program must spell every part of
its path that is not its own: from ``shop/web``, ``shop/login/ims.py`` is ``login.ims`` at least, and a folder
whose name is no identifier cannot be named from outside of it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from ..edits import UnreadableText
from ..notebook import Notebook
from ..python.facts.dotted import bears, parts_of
from ..python.facts.index import Index
from ..tree.layout import Layout
from ..tree.search import Words

NEAR = 2_000
"""Files that are read for a word before all are searched for it at once."""
_IMPORT = re.compile(
    r"^[ \t]*+(?:from[ \t]++(?!import\b)(?P<dots>\.*+)[ \t]*+(?:(?!import\b)(?P<module>[\w.]++)[ \t]++)?"
    r"import\b[ \t]*+(?P<names>\((?:[^()#]++|#[^\n]*+)*\)|[^\n#]*)|import[ \t]++(?P<plain>[^\n#;]+))",
    re.MULTILINE,
)
_NAME = re.compile(r"(?<!\bas )\b(?!as\b)\w+")
_STANDS_IN = (b"patch", b"setattr")
_DOTTED = re.compile(r"[\"']([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)[\"']")
_RUNS = (b"runpy", b"subprocess", b"spec_from_file_location")
_PATH = re.compile(r"[\"'/](\w[\w/-]{0,199})\.py[\"']")
_Needs = Mapping[tuple[bytes, ...], Collection[str]]
_Place = tuple[_Needs, Sequence[tuple[str, ...]]]


class Importers:
    """Finds the importers of modules among the programs of a tree; ``words`` says what they hold."""

    def __init__(self, index: Index, layout: Layout, words: Words, told: Callable[[str], None]) -> None:
        """Read nothing yet; ``told`` is told now and then which program is looked at."""
        self._told = told
        self._index = index
        self._layout = layout
        self._words = words

    def of(self, modules: Collection[str]) -> Iterator[tuple[str, str]]:
        """Give the programs that import one of ``modules``, themselves left out, each with one of them."""
        places = self._places(modules)
        wide = self._wide(places)
        holding = frozenset(self._words.holding(wide) if wide else ())
        for needed, folders in places:
            is_far = () not in needed and all(self._rarest(need) in wide for need in needed)
            inside = (path for folder in folders for path in self._layout.folders[folder])
            for number, path in enumerate(inside):
                if number % 256 == 0:
                    self._told(path)
                if (not is_far or path in holding) and path not in modules:
                    found = self._imported(path, needed)
                    if found is not None:
                        yield path, found

    def taken(self, path: str, modules: Collection[str]) -> Iterator[tuple[str, str]]:
        """Give those of ``modules`` that the program at ``path`` imports, each with a name that it takes from
        it; an empty name is the whole module.
        """
        yield from self._imports(path, self._words.read(path), set(modules))

    def words(self, modules: Collection[str]) -> frozenset[bytes]:
        """Give the words that all files are searched for to find the importers of ``modules``."""
        return self._wide(self._places(modules))

    def _wide(self, places: Iterable[_Place]) -> frozenset[bytes]:
        """The words that more files would have to be read for than is worth it."""
        reach: Counter[bytes] = Counter()
        for needed, folders in places:
            count = sum(len(self._layout.folders[folder]) for folder in folders)
            for word in {self._rarest(need) for need in needed if need}:
                reach[word] += count
        return frozenset(word for word, count in reach.items() if count > NEAR)

    def _rarest(self, need: tuple[bytes, ...]) -> bytes:
        """The part of a module's path that the fewest lie below; the longest of them."""
        return min(need, key=lambda part: (self._layout.spread[part.decode()], -len(part), part), default=b"")

    def _places(self, modules: Collection[str]) -> list[_Place]:
        """Give what programs must hold, and the folders that this is true of.

        It depends on how far the folder's path is that of some module; most share nothing with any.
        """
        shared = {parts[:size] for parts in map(parts_of, modules) for size in range(1, len(parts) + 1)}
        places: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
        for folder in self._layout.folders:
            size = 0
            while size < len(folder) and folder[: size + 1] in shared:
                size += 1
            places[folder[:size]].append(folder)
        roots = self._index.roots
        found = [(_needs(own, modules, roots), folders) for own, folders in places.items()]
        return [(needs, folders) for needs, folders in found if needs]

    def _imported(self, path: str, needs: _Needs) -> str | None:
        data = self._words.read(path)
        wanted = {
            module
            for need, modules in needs.items()
            if all(part in data for part in need)
            for module in modules
        }
        return next((module for module, _ in self._imports(path, data, wanted)), None) if wanted else None

    def _imports(self, path: str, data: bytes, wanted: set[str]) -> Iterator[tuple[str, str]]:
        """Give those of ``wanted`` that the program at ``path`` imports, and what it takes from them."""
        text = _code(path, data)
        lasts = {parts_of(module)[-1:] for module in wanted}

        def meant(dotted: str, level: int, names: Iterable[str] = ("",)) -> Iterator[tuple[str, str]]:
            last = dotted.rpartition(".")[2]
            found = self._index.find(path, dotted, level) if (last,) in lasts or not last else None
            if found is not None and found in wanted:
                yield from ((found, name) for name in names)

        for match in _IMPORT.finditer(text):
            dots, module, names = match["dots"] or "", match["module"] or "", match["names"] or ""
            if match["plain"]:
                for name in match["plain"].split(","):
                    yield from meant(name.split(" as ")[0].strip(), 0)
                continue
            taken = _NAME.findall(names)
            yield from meant(module, len(dots), taken or ("",))
            for name in taken:
                yield from meant(f"{module}.{name}" if module else name, len(dots))
        # runpy.run_path("bin/login.py"): is one of them run by its path?
        for match in _PATH.finditer(text) if any(word in data for word in _RUNS) else ():
            yield from meant(match[1].replace("/", "."), 0)
        if not any(word in data for word in _STANDS_IN):
            return
        # patch("acme.auth.jwt.encode"): is one of the modules named in a text?
        for match in _DOTTED.finditer(text):
            parts = match[1].split(".")
            for size in range(1, len(parts)):
                yield from meant(".".join(parts[:size]), 0)


def _needs(folder: tuple[str, ...], modules: Iterable[str], known: Collection[str]) -> _Needs:
    """Give what a program in ``folder`` must hold to name each of ``modules``."""
    needs: dict[tuple[bytes, ...], list[str]] = defaultdict(list)
    for module in modules:
        parts = parts_of(module)
        own = 0
        while own < min(len(parts), len(folder)) and parts[own] == folder[own]:
            own += 1
        folders = module.count("/")
        roots = [
            at
            for at in range(own + 1, len(parts))
            if parts[at - 1] in known or (at < folders and bears(parts[at - 1], parts[at]))
        ]
        need = parts[max([own, *roots]) :]
        if all(part.isidentifier() for part in need):
            # A notebook may spell a letter beyond ASCII in another way.
            spelled = {part.encode() for part in need if part.isascii()}
            needs[tuple(sorted(spelled))].append(module)
    return needs


def _code(path: str, data: bytes) -> str:
    """Give the text in which imports are looked for."""
    if path.endswith(Notebook.SUFFIX):
        try:
            return Notebook(data).text
        except UnreadableText:
            return ""  # it may be anything, and it holds no needle
    return data.decode("latin-1")

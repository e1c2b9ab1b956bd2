"""The project's configuration files in the form in which the resolver reads everything else."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence

from ..config.documents import Listing, Malformed, Scalar, Tree, is_copied_to, kind_of, parsed
from ..config.documents import Mapping as Whole
from ..edits import UnreadableText, decode
from ..model import Span
from ..python.facts import syntax as s
from ..python.facts.modules import Module
from ..tree.search import search
from ..tree.walk import Tree as Files

MANY = 12
"""Files that a name may mean which is chosen at run time."""
_OTHERS = frozenset({"package.json", "package-lock.json", "pyproject.toml", "setup.cfg", "tox.ini"})
"""Files that tell about a package, and hold no settings of its program."""

IsOthers = Callable[[str, str, str], bool]
"""Says whether a path belongs to another program than a module is of; to one that spells a name, if given."""


class Documents:
    """Finds and reads configuration files on demand; one per project."""

    def __init__(
        self,
        files: Files,
        hits: Sequence[str],
        aside: Container[str] = (),
        is_others: IsOthers = lambda _path, _program, _name: False,
    ) -> None:
        """Read nothing yet; ``aside`` are files that count as none that can be read."""
        self._files, self._aside, self._is_others = files, aside, is_others
        self._fitting: dict[str, list[str]] = {}
        self._beside: dict[str, list[str]] = {}
        self.likely = [p for p in hits if kind_of(p)]
        """The files that hold a needle."""
        self._read: dict[str, Module | None] = {}
        self._absent: dict[str, str] = {}
        self._wrong: dict[str, str] = {}
        self.unread: dict[str, str] = {}
        """The files that a program names and that could not be read, with the reasons."""

    @property
    def paths(self) -> Sequence[str]:
        """All files that are no modules."""
        return self._files.others

    def holding(self, word: str, paths: Sequence[str]) -> list[str]:
        """Give those of some files, of any kind, that hold a word."""
        return list(search(self._files, [word.encode()], paths))

    def handing(self, path: str, pattern: str) -> Iterator[str]:
        """Give the files whose paths fit a pattern and that name the file at ``path`` as one of their own."""
        name, known = path.rpartition("/")[2], self._fitting.get(pattern)
        if known is None:
            known = self._fitting[pattern] = [*filter(re.compile(pattern).search, self.paths)]
        for other in known:
            if name in self.text(other) and self.locate(other, name) == path:
                yield other

    def text(self, path: str) -> str:
        """Give what a file of any kind says, as far as it is text; nothing, if it cannot be read."""
        try:
            return self._files.peek(path).decode("utf-8", "replace")
        except OSError:
            return ""

    @property
    def used(self) -> list[Module]:
        """The files that values came from, by path."""
        return [m for _, m in sorted(self._read.items()) if m is not None]

    def find(self, importer: str, name: str | None, kinds: tuple[str, ...]) -> Module | None:
        """The file that ``importer`` means by ``name``; without a name, the only likely one."""
        path = self._named(importer, name) if name else self._only(importer, kinds)
        if path is None or kind_of(path) not in kinds:
            return None
        module = self.module(path)
        if module is None and path in self._wrong:
            self.unread[path] = self._wrong[path]
        return module

    def like(self, importer: str, pattern: str, kinds: tuple[str, ...]) -> list[Module]:
        """The files of its program that ``importer`` may mean by a pattern of how their paths end; a handful.

        Where some of them speak of Adobe, those.
        """
        found = [
            p
            for p in self._files.others
            if kind_of(p) in kinds and fnmatch.fnmatchcase(f"/{p}", f"*/{pattern}")
        ]
        found = [p for p in found if not any(is_copied_to(_name(p), _name(other)) for other in found)]
        self._beside.update((path, found) for path in found)
        found = [p for p in found if p in self.likely] or found
        found = self._ours(importer, found)
        modules = [m for p in found[: MANY + 1] if (m := self.module(p)) is not None]
        return modules if len(found) <= MANY else []

    def beside(self, path: str) -> Sequence[str]:
        """All files that a pattern named together with the one at ``path``, of whatever they speak."""
        return self._beside.get(path, ())

    def find_or_template(self, importer: str, name: str | None, kinds: tuple[str, ...]) -> Module | None:
        """The same; where the file itself is not here, the only template that people make it of."""
        found = self.find(importer, name, kinds)
        if found is not None or not name or self._named(importer, name) is not None:
            return found
        own = name.rpartition("/")[2]
        paths = [p for p in self._files.others if is_copied_to(_name(p), own) and kind_of(p) in kinds]
        paths = self._ours(importer, paths, own)
        module = self.module(paths[0]) if len(paths) == 1 else None
        if module is not None:
            self._absent[module.path] = own
        return module

    @property
    def absent(self) -> Mapping[str, str]:
        """The names of the files that are not here, by the templates that are read for them."""
        return self._absent

    def module(self, path: str) -> Module | None:
        """The file at ``path``, read once; None where it is no configuration that can be read."""
        if path not in self._read:
            self._read[path] = self._module(path) if path not in self._aside else None
        return self._read[path]

    def locate(self, importer: str, name: str) -> str | None:
        """The path of the file, of any kind, that ``importer`` means by ``name``."""
        return self._named(importer, name)

    def _named(self, importer: str, name: str) -> str | None:
        parts = [p for p in name.split("/") if p not in ("", ".", "..")]
        if not parts:
            return None
        named = self._files.layout.named.get(parts[-1], ())
        found = [path for path in named if path.split("/")[-len(parts) :] == parts] or list(named)
        folder = importer.rpartition("/")[0]
        near = [p for p in found if p.rpartition("/")[0] == folder]
        if near:
            return near[0]
        found = self._ours(importer, found, parts[-1])
        return found[0] if len(found) == 1 else None

    def _ours(self, importer: str, paths: Sequence[str], name: str = "") -> list[str]:
        """Those that are no other program's; the only one of a name, unless others call it by that."""
        called = name if len(paths) == 1 and kind_of(name) != "env" else ""
        return [path for path in paths if not self._is_others(path, importer, called)]

    def _only(self, importer: str, kinds: tuple[str, ...]) -> str | None:
        found = [p for p in self.likely if kind_of(p) in kinds and _name(p) not in _OTHERS]
        found = self._ours(importer, found)
        # Servers and other languages have files of such names, too.
        found = [p for p in found if not p.endswith((".conf", ".config")) or self.module(p) is not None]
        real = [p for p in found if not any(is_copied_to(_name(p), _name(other)) for other in found)]
        return real[0] if len(real) == 1 else None

    def _module(self, path: str) -> Module | None:
        kind = kind_of(path)
        try:
            text = decode(self._files.read(path)).text
            whole = parsed(kind, text) if kind else None
        except OSError:
            return None  # the tree remembers it
        except (UnreadableText, Malformed) as error:
            self._wrong[path] = str(error)
            return None
        return as_module(path, text, whole) if whole is not None else None


def as_module(path: str, text: str, tree: Whole | Listing) -> Module:
    """A configuration file as a module that holds one dictionary, or one list."""
    whole = Span(0, len(text))
    statement = s.ExprStmt(whole, _expr(tree))
    newline = "\r\n" if "\r\n" in text else "\n"
    source = s.Source(
        whole, path, text, s.Block(whole, (statement,), inline=False), (), newline, "  ", exact=True
    )
    return Module(source)


def _expr(tree: Tree) -> s.Expr:
    if isinstance(tree, Scalar) and tree.pieces:
        return s.Joined(tree.span, tree.span, tuple(_text(piece) for piece in tree.pieces))
    if isinstance(tree, Scalar):
        return _text(tree)
    if isinstance(tree, Listing):
        return s.Sequence(tree.span, tree.span, "list", tuple(_expr(item) for item in tree.items))
    items = [
        s.Item(Span(f.key.span.start, f.value.span.end), _expr(f.key), _expr(f.value)) for f in tree.fields
    ]
    return s.Dict(tree.span, tree.span, tuple(items))


def _text(tree: Scalar) -> s.Str:
    return s.Str(tree.span, tree.span, tree.text, "", "")


def _name(path: str) -> str:
    return path.rpartition("/")[2]

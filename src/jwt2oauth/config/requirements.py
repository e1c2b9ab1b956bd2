"""Lists of requirements, wherever they stand: what goes out of them and what comes in, in their own style.

Nothing is re-dumped: each change is an edit of a line, or of one element of a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from ..model import Span


@dataclass(frozen=True, slots=True)
class Wanted:
    """A distribution that is needed from now on, with a lower bound such as ``>=1.6``."""

    name: str
    bound: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One requirement where it is written."""

    name: str
    """As it is written."""
    span: Span
    """Its own text, quotes and key included."""

    @property
    def canonical(self) -> str:
        """The name in its canonical form."""
        return canonicalize_name(self.name)


Written = Callable[[str, str], str]
"""Gives the text of a requirement for its name and bound."""
Change = tuple[Span, str]


@dataclass(frozen=True, slots=True)
class Group:
    """One list of requirements: ``project.dependencies``, a key of setup.cfg, a requirements.txt."""

    text: str
    entries: tuple[Entry, ...]
    written: Written
    inline: bool = False
    """The elements stand on one line between brackets, apart from each other by commas."""
    tail: str = ""
    """What stands behind a requirement at the end of its line: a comma."""
    hashed: bool = False
    """Every requirement has its hashes: nothing can be added by hand."""

    def names(self) -> frozenset[str]:
        """The canonical names of what is listed."""
        return frozenset(entry.canonical for entry in self.entries)

    def without(self, lost: Collection[str]) -> list[Change]:
        """Take requirements out, by canonical name, with their lines or commas."""
        gone = [number for number, entry in enumerate(self.entries) if entry.canonical in lost]
        if not self.inline:
            return [(self._lines(self.entries[number].span), "") for number in gone]
        return [(self._run(run[0], run[-1]), "") for run in _runs(gone)]

    def with_(self, wanted: Wanted, near: Collection[str]) -> list[Change]:
        """Put a requirement in: where the order puts it, or else beside those that are named in ``near``."""
        if wanted.name.lower() in self.names() or not self.entries:
            return []
        names = [entry.name for entry in self.entries]
        name = wanted.name.lower() if all(each == each.lower() for each in names) else wanted.name
        text = self.written(name, wanted.bound)
        place = self._place(name, near)
        return [self._element(text, place, near) if self.inline else self._line(text, place)]

    def _element(self, text: str, place: int, near: Collection[str]) -> Change:
        """Insert an element, with its comma on the side where something stays if ``near`` goes."""
        stays = any(entry.canonical not in near for entry in self.entries[place:])
        if place and not stays:
            at = self.entries[place - 1].span.end
            return Span(at, at), f", {text}"
        at = self.entries[place].span.start
        return Span(at, at), f"{text}, " if stays else text

    def _place(self, name: str, near: Collection[str]) -> int:
        """Give the number of the entry before which a new one stands."""
        names = [entry.name.lower() for entry in self.entries]
        if len(names) > 2 and names == sorted(names):
            return sum(each < name.lower() for each in names)
        beside = [number for number, entry in enumerate(self.entries) if entry.canonical in near]
        return beside[0] if beside else len(names)

    def _line(self, text: str, place: int) -> Change:
        newline = "\r\n" if "\r\n" in self.text else "\n"
        model = self.entries[min(place, len(self.entries) - 1)]
        whole = self._lines(model.span)
        indent = self.text[whole.start : model.span.start]
        if place < len(self.entries):
            return Span(whole.start, whole.start), f"{indent}{text}{self.tail}{newline}"
        if self.text[whole.start : whole.end].endswith("\n"):
            tail = self.tail
            if tail and not self.text[model.span.end :].lstrip(" \t").startswith(tail):
                return Span(model.span.end, model.span.end), f"{tail}{newline}{indent}{text}"
            return Span(whole.end, whole.end), f"{indent}{text}{tail}{newline}"
        return Span(whole.end, whole.end), f"{newline}{indent}{text}{self.tail}"

    def _lines(self, span: Span) -> Span:
        """The whole lines of an entry, the end of the last one included."""
        start = self.text.rfind("\n", 0, span.start) + 1
        end = self.text.find("\n", span.end)
        return Span(start, len(self.text) if end < 0 else end + 1)

    def _run(self, first: int, last: int) -> Span:
        """Elements in a row with the commas that go with them."""
        if last + 1 < len(self.entries):
            return Span(self.entries[first].span.start, self.entries[last + 1].span.start)
        if first:
            return Span(self.entries[first - 1].span.end, self.entries[last].span.end)
        return Span(self.entries[first].span.start, self.entries[last].span.end)


def named(requirement: str) -> str | None:
    """Give the name in a requirement; None if it is none that can be read."""
    try:
        return Requirement(requirement).name
    except InvalidRequirement:
        return None


def specified(name: str, bound: str) -> str:
    """``Authlib>=1.6``."""
    return f"{name}{bound}"


def requirements_file(text: str) -> Group:
    """Read a requirements.txt: every logical line that names a distribution; options are passed over."""
    entries = []
    for match in _LOGICAL.finditer(text):
        body = re.split(r"(?:^|\s)#", match[0], maxsplit=1)[0]
        plain = re.split(r"\s--?[a-z]", body.replace("\\\r\n", " ").replace("\\\n", " "), maxsplit=1)[0]
        name = named(plain.strip()) if plain.strip() and not plain.lstrip().startswith("-") else None
        if name is not None:
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            entries.append(Entry(name, Span(start, match.start() + len(match[0].rstrip()))))
    return Group(text, tuple(entries), specified, hashed="--hash=" in text)


def block(text: str, start: int, end: int) -> Group:
    """Read the lines of a value in setup.cfg: one requirement each."""
    entries = []
    for match in re.finditer(r"[^\r\n]+", text[start:end]):
        body = re.split(r"(?:^|\s)[#;]", match[0], maxsplit=1)[0]
        name = named(body.strip())
        if name is not None:
            at = start + match.start() + len(body) - len(body.lstrip())
            entries.append(Entry(name, Span(at, at + len(body.strip()))))
    return Group(text, tuple(entries), specified)


def array(text: str, elements: Sequence[tuple[str, Span]], opening: int) -> Group:
    """Take the strings of a list, each with its span, quotes included; ``opening`` is the bracket."""
    entries = tuple(Entry(name, span) for value, span in elements if (name := named(value)) is not None)
    quote = text[elements[0][1].start] if elements else '"'
    first = elements[0][1].start if elements else opening
    lines = [text.count("\n", 0, span.start) for _, span in elements]
    inline = "\n" not in text[opening:first] or len(set(lines)) < len(lines)

    def written(name: str, bound: str) -> str:
        return f"{quote}{name}{bound}{quote}"

    return Group(text, entries, written, inline=inline, tail="" if inline else ",")


def table(text: str, keys: Sequence[tuple[str, Span]]) -> Group:
    """Take the keys of a table, each with the span of the whole assignment: Poetry, Pipfile."""

    def written(name: str, bound: str) -> str:
        return f'{name} = "{bound}"'

    entries = tuple(Entry(name, span) for name, span in keys)
    return Group(text, entries, written)


_LOGICAL = re.compile(r"(?m)^(?:[^\r\n]*\\\r?\n)*[^\r\n]*")


def _runs(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Group numbers that follow one another."""
    run: list[int] = []
    for number in numbers:
        if run and number != run[-1] + 1:
            yield run
            run = []
        run.append(number)
    if run:
        yield run

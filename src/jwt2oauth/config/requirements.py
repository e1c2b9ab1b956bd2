"""Lists of requirements, wherever they stand: what goes out of them and what comes in, in their own style.

Nothing is re-dumped: each change is an edit of a line, or of one element of a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from ..model import Span
from ..records import dataclass
from . import specifiers

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version


def canonical(name: str) -> str:
    """Give the one form of a distribution's name (the simple API, PEP 503, defines it)."""
    return re.sub(r"[-_.]+", "-", name).lower()


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
    specifier: Span | None = None
    """Its versions: empty, where they would stand, if none are written; None if there can be none."""

    @property
    def canonical(self) -> str:
        """The name in its canonical form."""
        return canonical(self.name)


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
    dialect: str = specifiers.PEP508
    """The language of its version specifiers."""
    others: tuple[Span, ...] = ()
    """Elements that name no distribution: ``{include-group = "lint"}``."""
    head: Span | None = None
    """What stands above the list for its sake alone, and goes with the last of it: ``- pip:``."""
    headed: bool = True
    """Comments above its lines may be about these; not where it stands in comments itself."""
    constrains: bool = False
    """It installs nothing, and bars versions."""

    def names(self) -> frozenset[str]:
        """The canonical names of what is listed."""
        return frozenset(entry.canonical for entry in self.entries)

    def changed(
        self, lost: Collection[str], gained: Sequence[Wanted], near: Collection[str]
    ) -> tuple[list[Change], list[Change]]:
        """Give what comes in, beside those in ``near``, and what goes out; each holds without the other.

        But where nothing of a list on one line stays, what goes out brings in as well.
        """
        new = [each for each in gained if canonical(each.name) not in self.names()]
        if self.inline and new and self.entries and self.names() <= set(lost) and not self.others:
            whole = Span(self.entries[0].span.start, self.entries[-1].span.end)
            return [], [(whole, ", ".join(self.written(self._styled(each), each.bound) for each in new))]
        coming = [change for each in new for change in self.with_(each, near, lost)]
        return coming, self.without(lost, coming)

    def without(self, lost: Collection[str], coming: Sequence[Change] = ()) -> list[Change]:
        """Take requirements out, by canonical name, with their lines or commas, and what heads them alone.

        ``coming`` is what takes their place.
        """
        gone = [number for number, entry in enumerate(self.entries) if entry.canonical in lost]
        if self.inline:
            return [(self._run(run[0], run[-1]), "") for run in _runs(gone)]
        lines = [self._lines(self.entries[number].span) for number in gone]
        if self.head is not None and len(gone) == len(self.entries) and not coming:
            lines.insert(0, self._lines(self.head))
        found = list(lines)
        for block in _blocks(lines) if self.headed else ():
            filled = any(block.start <= span.start <= block.end for span, _ in coming)
            found += self._heading(block, filled=filled)
        return [(span, "") for span in sorted(found)]

    def _heading(self, block: Span, *, filled: bool) -> Iterator[Span]:
        """The comments right above lines that go, if they speak of these alone.

        With them goes a blank line where there would be two, or one at the end. ``filled``: others come in.
        """
        start = block.start
        while start and _COMMENT.fullmatch(self.text, above := self._before(start), start):
            start = above
        comment = self.text[start : block.start]
        rest = self.text[block.end :].partition("\n")[0].strip()
        alone = not filled and not rest and start > 0  # what stands at the top is the file's own
        if comment and not _KEPT.search(comment) and (alone or _ABOUT.search(comment)):
            yield Span(start, block.start)
            blank = self._before(start) if start else 0
            if alone and start and not self.text[blank:start].strip():
                yield Span(blank, start)

    def _before(self, at: int) -> int:
        """Where the line begins that ends at ``at``."""
        return self.text.rfind("\n", 0, at - 1) + 1

    def versions(self, name: str) -> SpecifierSet | None:
        """Give what is allowed of a distribution, by canonical name; None if that cannot be said."""
        found = specifiers.any_version()
        for entry in self.entries:
            if entry.canonical == name:
                text = self._specifier(entry)
                versions = specifiers.allowed(text, self.dialect) if text is not None else None
                if versions is None:
                    return None
                found &= versions
        return found

    def raised(self, name: str, bound: Version) -> list[Change] | None:
        """Let a distribution, by canonical name, be ``bound`` at least; None where that is beyond an edit."""
        changes: list[Change] = []
        for entry in self.entries:
            if entry.canonical == name:
                text = self._specifier(entry)
                if entry.specifier is None or text is None or specifiers.allowed(text, self.dialect) is None:
                    return None
                new = specifiers.raised(text, self.dialect, bound)
                changes += [(entry.specifier, new)] if new is not None else []
        return changes

    def _specifier(self, entry: Entry) -> str | None:
        span = entry.specifier
        return self.text[span.start : span.end] if span is not None else None

    def with_(self, wanted: Wanted, near: Collection[str], lost: Collection[str] = ()) -> list[Change]:
        """Put a requirement in: where the order puts it, or else beside those that are named in ``near``.

        What goes, ``lost``, is no place to put it beside in a list on one line.
        """
        if wanted.name.lower() in self.names() or not self.entries:
            return []
        name = self._styled(wanted)
        text = self.written(name, wanted.bound)
        place = self._place(name, near)
        return [self._element(text, place, lost) if self.inline else self._line(text, place)]

    def _styled(self, wanted: Wanted) -> str:
        """The name in small letters where all are."""
        small = all(entry.name == entry.name.lower() for entry in self.entries)
        return wanted.name.lower() if small else wanted.name

    def _element(self, text: str, place: int, lost: Collection[str]) -> Change:
        """Insert an element behind the nearest before it that stays, or else before the nearest after it."""
        stays = [entry.span for entry in self.entries if entry.canonical not in lost] + list(self.others)
        here = self.entries[place].span.start if place < len(self.entries) else len(self.text)
        before = max((span.end for span in stays if span.end <= here), default=None)
        if before is not None:
            return Span(before, before), f", {text}"
        after = min((span.start for span in stays if span.start >= here), default=here)
        return Span(after, after), f"{text}, "

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
        start, end = self.entries[first].span.start, self.entries[last].span.end
        spans = [*(entry.span for entry in self.entries), *self.others]
        after = min((span.start for span in spans if span.start >= end), default=None)
        before = max((span.end for span in spans if span.end <= start), default=start)
        return Span(before, end) if after is None else Span(start, after)


def named(requirement: str) -> str | None:
    """Give the name in a requirement; None if it is none that can be read."""
    from packaging.requirements import InvalidRequirement, Requirement  # where there is a manifest

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
            span = Span(start, match.start() + len(match[0].rstrip()))
            entries.append(Entry(name, span, versions_in(text, span)))
    return Group(text, tuple(entries), specified)


def block(text: str, start: int, end: int) -> Group:
    """Read the lines of a value in setup.cfg: one requirement each."""
    entries = []
    for match in re.finditer(r"[^\r\n]+", text[start:end]):
        body = re.split(r"(?:^|\s)[#;]", match[0], maxsplit=1)[0]
        name = named(body.strip())
        if name is not None:
            at = start + match.start() + len(body) - len(body.lstrip())
            span = Span(at, at + len(body.strip()))
            entries.append(Entry(name, span, versions_in(text, span)))
    return Group(text, tuple(entries), specified)


def array(
    text: str, elements: Sequence[tuple[str, Span]], opening: int, others: Sequence[Span] = ()
) -> Group:
    """Take the strings of a list, each with its span, quotes included; ``opening`` is the bracket.

    ``others`` are the elements that are no strings.
    """
    entries = tuple(
        Entry(name, span, versions_in(text, span))
        for value, span in elements
        if (name := named(value)) is not None
    )
    quote = text[elements[0][1].start] if elements else '"'
    first = elements[0][1].start if elements else opening
    starts = sorted(span.start for _, span in elements)
    inline = "\n" not in text[opening:first] or any("\n" not in text[a:b] for a, b in pairwise(starts))

    def written(name: str, bound: str) -> str:
        return f"{quote}{name}{bound}{quote}"

    known = {entry.span for entry in entries}
    rest = tuple(span for span in (*(span for _, span in elements), *others) if span not in known)
    return Group(text, entries, written, inline=inline, tail="" if inline else ",", others=rest)


def table(text: str, keys: Sequence[tuple[str, Span]]) -> Group:
    """Take the keys of a table, each with the span of the whole assignment: Poetry, Pipfile."""

    entries = tuple(Entry(name, span, _version_of(text, span)) for name, span in keys)
    spans = [entry.specifier for entry in entries if entry.specifier is not None]
    versions = [text[span.start : span.end] for span in spans]
    carets = [version for version in versions if version.startswith("^")]

    def written(name: str, bound: str) -> str:
        """With a caret where all versions have one, as Poetry writes them."""
        others = [version for version in versions if version != "*" and version not in carets]
        return f'{name} = "{bound.replace(">=", "^") if carets and not others else bound}"'

    return Group(text, entries, written, dialect=specifiers.POETRY)


def _version_of(text: str, span: Span) -> Span | None:
    match = _VERSION_KEY.match(text, span.start, span.end)
    return Span(*match.span("version")) if match is not None else None


def versions_in(text: str, span: Span) -> Span | None:
    """Find the versions in a requirement of PEP 508; None where it names a place (``name @ url``)."""
    match = _REQUIREMENT.match(text, span.start, span.end)
    if match is None:
        return None
    return Span(*match.span("versions")) if match["versions"] else Span(match.end(), match.end())


_COMMENT = re.compile(r"[ \t]*#[^\r\n]*\r?\n")
_ABOUT = re.compile(r"\bjwt|json web token|\bsign|\bcrypto|\brsa\b|rs256|private.?key", re.IGNORECASE)
"""Words of comments that speak of signing an assertion."""
_KEPT = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|SPDX|licen[cs]ed?|copyright)\b", re.IGNORECASE)
_CLAUSE = r"[<>=!~]=?+=?+\s*+[^\s,;#)\"'\\]++"
_CLAUSES = rf"{_CLAUSE}(?:\s*+,\s*+{_CLAUSE})*"
_REQUIREMENT = re.compile(
    r"[\"']?\s*[A-Za-z0-9][\w.-]*+(?:\s*\[[^\]]*\]|(?!\s*\[[^\]]*\]))(?!\s*@)"
    rf"(?:\s*(?P<versions>\(\s*{_CLAUSES}\s*\)|{_CLAUSES}))?"
)
_VERSION_KEY = re.compile(
    r"[^=]*+=\s*+(?:\{[^}]*?\bversion\s*+=\s*+)?(?P<quote>[\"'])(?P<version>[^\"']*)(?P=quote)"
)
_LOGICAL = re.compile(r"(?m)^(?:[^\r\n]*\\\r?\n)*[^\r\n]*")


def _blocks(lines: Sequence[Span]) -> Iterator[Span]:
    """Lines that follow one another, together."""
    for index, line in enumerate(lines):
        if not index or lines[index - 1].end != line.start:
            end = line.end
            for following in lines[index + 1 :]:
                end = following.end if following.start == end else end
            yield Span(line.start, end)


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

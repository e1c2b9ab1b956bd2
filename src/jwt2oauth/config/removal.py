"""Keys that go out of a configuration file, and with them the comments that explain them; nothing else moves.

The outcome is read again: where it is not the same file without those keys, there is no outcome.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from ..edits import Conflict, apply
from ..model import Edit, Span
from .documents import Field, Listing, Mapping, Scalar, Tree, read

Path = tuple[str, ...]
Change = tuple[Span, str]
Plain = dict[str, "Plain | str | list[object]"]

_COMMENT = {"ini": ("#", ";"), "env": ("#",), "toml": ("#",), "yaml": ("#",), "json": ()}
_FLOW = ("json", "yaml", "toml")
_LEAD = re.compile(r"""\s*(?:export\s*)?["']?""")
_DOTTED = re.compile(
    r"""[ \t]*(?:[\w-]+|"[^"]*"|'[^']*')(?:[ \t]*\.[ \t]*(?:[\w-]+|"[^"]*"|'[^']*'))*[ \t]*\.[ \t]*["']?"""
)


def place(number: int) -> str:
    """Give what stands in a path for an element of a list, from 0."""
    return f"[{number}]"


def without(
    kind: str, text: str, lost: Collection[Path], is_about: Callable[[str], bool]
) -> list[Change] | None:
    """Give the edits that take fields out of a file, by path; None if that cannot be done for certain.

    ``is_about`` says whether the text of a comment speaks of what goes, even where more follows below it.
    """
    tree = read(kind, text)
    if tree is None:
        return None
    cut = _Cut(kind, text, tree, set(lost), is_about)
    try:
        changes = list(dict.fromkeys(cut.changes()))
        made = apply(text, [Edit("", span, new) for span, new in changes])
    except (_DoubtError, Conflict):
        return None
    after = read(kind, made)
    if after is None or not changes or _value(after) != _less(_value(tree), set(lost)):
        return None
    if kind == "toml" and tomllib.loads(made) != _less(tomllib.loads(text), set(lost)):
        return None
    return changes


class _DoubtError(Exception):
    """It is not certain which characters go."""


class _Cut:
    def __init__(
        self, kind: str, text: str, tree: Tree, lost: set[Path], is_about: Callable[[str], bool]
    ) -> None:
        self.kind, self.text, self.tree, self.lost, self.is_about = kind, text, tree, lost, is_about

    def changes(self) -> Iterator[Change]:
        yield from self._inside(self.tree, ())

    def _inside(self, tree: Tree, above: Path) -> Iterator[Change]:
        if isinstance(tree, Mapping):
            yield from self._mapping(tree, above)
        elif isinstance(tree, Listing):
            gone = [(*above, place(number)) in self.lost for number in range(len(tree.items))]
            if any(gone) and self.text.startswith("[", tree.span.start):
                yield from self._flow([item.span for item in tree.items], tree.span, gone)
            for number, item in enumerate(tree.items):
                yield from self._inside(item, (*above, place(number)))

    def _mapping(self, mapping: Mapping, above: Path) -> Iterator[Change]:
        # What an alias or a merge key of YAML brings in is written elsewhere, and taken out there.
        own = [field for field in mapping.fields if mapping.span.holds(field.key.span)]
        gone = [(*above, field.key.text) in self.lost for field in own]
        if any(gone) and self.text.startswith("{", mapping.span.start) and self.kind in _FLOW:
            spans = [Span(field.key.span.start, field.value.span.end) for field in own]
            yield from self._flow(spans, mapping.span, gone)
        elif any(gone):
            yield from self._lines(
                [self._field(each) for each, is_gone in zip(own, gone, strict=True) if is_gone]
            )
        for field, is_gone in zip(own, gone, strict=True):
            if not is_gone:
                yield from self._inside(field.value, (*above, field.key.text))

    def _field(self, field: Field) -> Span:
        end = field.value.span.end
        if not Span(field.key.span.start, len(self.text)).holds(field.value.span):
            if self.kind == "yaml":  # an alias: "key: *name"
                return Span(field.key.span.start, self._line_end(field.key.span.end) - 1)
            return Span(field.value.span.start, end)  # a table of TOML, from its header on
        if (
            self.kind == "toml"
            and isinstance(field.value, Mapping)
            and field.value.span.start < field.key.span.start
        ):
            return field.value.span
        if self.kind == "yaml":
            body = self.text[field.key.span.start : end]
            end = field.key.span.start + len(_without_comments(body).rstrip())
        if self.kind == "ini":
            more = re.compile(r"[^\r\n]*(?:\r?\n[ \t]+[^\s#;][^\r\n]*)*").match(self.text, end)
            end = more.end() if more is not None else end
        return Span(field.key.span.start, max(end, field.key.span.end))

    # -- between braces ---------------------------------------------------------------------------

    def _flow(self, spans: Sequence[Span], whole: Span, gone: Sequence[bool]) -> Iterator[Change]:
        if all(gone):
            yield Span(whole.start + 1, whole.end - 1), ""
            return
        for goes, run in itertools.groupby(range(len(spans)), gone.__getitem__):
            numbers = [*run]
            index, last = numbers[0], numbers[-1]
            if not goes:
                continue
            if last + 1 < len(spans):
                start, end = spans[index].start, spans[last + 1].start
                line = self._line_start(start)
                if not self.text[line:start].strip() and "\n" in self.text[spans[last].end : end]:
                    comma = self.text.index(",", spans[last].end)
                    start, end = line, self._line_end(comma)
                    if self.text[comma + 1 : end].strip():
                        raise _DoubtError
                yield Span(start, end), ""
            else:
                yield Span(spans[index - 1].end, spans[last].end), ""

    # -- line by line -----------------------------------------------------------------------------

    def _lines(self, spans: Sequence[Span]) -> Iterator[Change]:
        blocks: list[Span] = []
        for span in sorted(spans):
            start, end = self._line_start(span.start), self._line_end(span.end)
            lead, rest = self.text[start : span.start], self.text[span.end : end].strip()
            if not (_LEAD.fullmatch(lead) or self._is_dotted(lead)) or not self._is_comment(rest):
                raise _DoubtError
            blocks.append(Span(start, end))
        blocks = _merged(blocks)
        ends = {block.end for block in blocks}
        blocks = [Span(self._above(block, ends), block.end) for block in blocks]
        wider = _merged([self._with_blank(block) for block in _merged(blocks)])
        while wider != blocks:  # two blocks between which nothing is left are one
            blocks, wider = wider, _merged([self._with_blank(block) for block in wider])
        yield from ((block, "") for block in wider)

    def _is_dotted(self, lead: str) -> bool:
        """Does a dotted key of TOML begin a line: ``adobe.key = …``?"""
        return self.kind == "toml" and _DOTTED.fullmatch(lead) is not None

    def _is_comment(self, rest: str) -> bool:
        return not rest or rest.startswith(_COMMENT[self.kind]) or rest in ("'", '"')

    def _above(self, block: Span, ends: Collection[int]) -> int:
        """Where the comment begins that goes with the lines of a block; ``ends`` are those of all blocks."""
        start = block.start
        while start > 0:
            line = self._line_start(start - 1)
            shown = self.text[line:start].strip()
            if not shown or not shown.startswith(_COMMENT[self.kind] or "\0"):
                break
            start = line
        if start == block.start:
            return start
        if start in ends:
            return start  # what stands above it goes as well: it heads no group
        below = self.text[block.end : self._line_end(block.end)]
        if _is_end_of_group(below, self.kind) or (self.kind == "yaml" and _depth(below) < self._depth(block)):
            return block.start if start == 0 and not self.is_about(self.text[start : block.start]) else start
        return start if self.is_about(self.text[start : block.start]) else block.start

    def _with_blank(self, block: Span) -> Span:
        """A blank line that would stand beside another goes as well."""
        above = self.text[self._line_start(block.start - 1) : block.start] if block.start else ""
        below = self.text[block.end : self._line_end(block.end)]
        if not below and not above.strip() and block.start:
            start = block.start
            while start and not self.text[self._line_start(start - 1) : start].strip():
                start = self._line_start(start - 1)
            return Span(start, block.end)
        if below and not below.strip() and not above.strip():
            return Span(block.start, self._line_end(block.end))
        return block

    def _depth(self, block: Span) -> int:
        return _depth(self.text[block.start : block.end])

    def _line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, max(at, 0)) + 1

    def _line_end(self, at: int) -> int:
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end + 1


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Join spans that touch; they come in order."""
    found: list[Span] = []
    for span in spans:
        if found and found[-1].end >= span.start:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def _is_end_of_group(line: str, kind: str) -> bool:
    """Say whether nothing more of a group follows: a blank line, a comment, a section, the end."""
    shown = line.strip()
    return not shown or shown.startswith(("[", *_COMMENT[kind]))


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _without_comments(body: str) -> str:
    """Leave out lines of comments at the end of a value of YAML."""
    lines = body.split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return "\n".join(lines)


def _plain(tree: Mapping) -> Plain:
    return {field.key.text: _value(field.value) for field in tree.fields}


def _value(tree: Tree) -> Plain | str | list[object]:
    if isinstance(tree, Mapping):
        return _plain(tree)
    if isinstance(tree, Listing):
        return [_value(item) for item in tree.items]
    assert isinstance(tree, Scalar)
    return tree.text


def _less(value: Any, lost: set[Path], above: Path = ()) -> Any:
    """The same without the fields that go."""
    if isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if (*above, key) not in lost}
        return {key: _less(inner, lost, (*above, key)) for key, inner in kept.items()}
    if isinstance(value, list):
        places = [(item, (*above, place(number))) for number, item in enumerate(value)]
        return [_less(item, lost, path) for item, path in places if path not in lost]
    return value

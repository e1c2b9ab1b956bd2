"""A changed source as JSON, written in the file's own way: list or string, indentation, escapes."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher

from .source import items_of

_UNIT = re.compile(r"\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u\w{4}|\\.|.", re.DOTALL)


class Writer:
    """Writes a source as the file's others are written: list or string, indentation, escapes."""

    def __init__(self, text: str, values: Sequence[tuple[int, int]]) -> None:
        """Remember where the sources are; they are studied only if one is to be written."""
        self._text = text
        self._values = values
        self._habits: dict[str, str] | None = None

    def value(self, place: tuple[int, int], source: str) -> str:
        """Give the JSON value of ``source``, to stand where ``place`` was."""
        if self._text[place[0]] == "[":
            value = self._list(place, source)
        else:
            old = _pieces(self._text[place[0] + 1 : place[1] - 1])
            value = f'"{"".join(raw for raw, _ in self._matched(old, source))}"'
        read = json.loads(value)
        assert (read if isinstance(read, str) else "".join(read)) == source, "written as it was meant"
        return value

    def _list(self, place: tuple[int, int], source: str) -> str:
        items = items_of(self._text, place[0])
        lines = self._matched([(self._text[a + 1 : b - 1]) for a, b in items], source)
        if not lines:
            return "[]"
        head, gap, tail = self._spacing(place, items)
        value = "["
        for number, (raw, old) in enumerate(lines):
            before = lines[number - 1][1] if number else None
            if not number:
                value += head
            elif before is not None and old == before + 1:
                value += self._text[items[before][1] : items[old][0]]
            else:
                value += gap
            value += f'"{raw}"'
        return value + tail + "]"

    def _spacing(self, place: tuple[int, int], items: Sequence[tuple[int, int]]) -> tuple[str, str, str]:
        """What stands before, between and after the items of a list."""
        if not items:
            lists = (value for value in self._values if self._text[value[0]] == "[")
            other = next((value for value in lists if items_of(self._text, value[0])), None)
            return self._spacing(other, items_of(self._text, other[0])) if other else ("", ", ", "")
        head = self._text[place[0] + 1 : items[0][0]]
        tail = self._text[items[-1][1] : place[1] - 1]
        if len(items) > 1:
            return head, self._text[items[0][1] : items[1][0]], tail
        return head, f",{head}" if "\n" in head else ", ", tail

    def _matched(self, old: Sequence[str], source: str) -> list[tuple[str, int | None]]:
        """Give the lines of ``source`` as they are written, each with the old one that it is."""
        before = [_plain(raw) for raw in old]
        after = re.findall(r"[^\n]*\n|[^\n]+\Z", source)
        found: list[tuple[str, int | None]] = []
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
            if tag == "equal":
                found += [(old[i], i) for i in range(i1, i2)]
            else:
                found += [(self._written(line), None) for line in after[j1:j2]]
        return found

    def _written(self, line: str) -> str:
        if self._habits is None:
            self._habits = self._study()
        plain = json.dumps(line, ensure_ascii=self._text.isascii())[1:-1]
        return "".join(self._habits.get(_plain(unit), unit) for unit in _UNIT.findall(plain))

    def _study(self) -> dict[str, str]:
        """For each character, how the file writes it most often, where that is not as usual."""
        forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for start, end in self._values:
            for literal in re.findall(r'"(?:\\.|[^"\\])*"', self._text[start:end]):
                for unit in _UNIT.findall(literal[1:-1]):
                    forms[unit if len(unit) == 1 else _plain(unit)][unit] += 1
        return {character: counts.most_common(1)[0][0] for character, counts in forms.items()}


def _plain(raw: str) -> str:
    """Decode the inside of a JSON string."""
    text: str = json.loads(f'"{raw}"') if "\\" in raw else raw
    return text


def _pieces(raw: str) -> list[str]:
    """Cut the inside of a JSON string behind its line feeds."""
    pieces = [""]
    for unit in _UNIT.findall(raw):
        pieces[-1] += unit
        if _plain(unit) == "\n":
            pieces.append("")
    return [piece for piece in pieces if piece]

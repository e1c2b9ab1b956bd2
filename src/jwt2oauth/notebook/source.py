"""The code cells in the JSON of a notebook, and where their sources stand in its text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..edits import UnreadableText
from ..records import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a code cell in the file."""

    number: int
    text: str
    value: tuple[int, int]
    foreign: bool
    """The cell says that it is in another language."""


def sources(text: str) -> list[Source]:
    """Find the sources of all code cells; raise ``UnreadableText`` for what is no notebook that we know."""
    try:
        page = json.loads(text)
        places = _places(text)
    except RecursionError as error:
        raise UnreadableText("its JSON is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise UnreadableText(f"line {error.lineno} is not valid JSON") from error
    except ValueError as error:  # a number of thousands of digits
        raise UnreadableText("it is not valid JSON") from error
    _check(page)
    found = []
    for number, (cell, place) in enumerate(zip(page["cells"], places, strict=True), 1):
        if not isinstance(cell, dict) or "cell_type" not in cell:
            raise UnreadableText(f"cell {number} is not one of a notebook")
        if cell["cell_type"] == "code":
            source = cell.get("source")
            lines = [source] if isinstance(source, str) else source
            if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
                raise UnreadableText(f"cell {number} has no source")
            found.append(Source(number, "".join(lines), place["source"], _is_foreign(cell)))
    return found


def _check(page: Any) -> None:
    if not isinstance(page, dict):
        raise UnreadableText("it is not a notebook")
    version = page.get("nbformat")
    if "worksheets" in page or (isinstance(version, int) and version < 4):
        raise UnreadableText("it is a notebook in an old format; open it in Jupyter once and save it")
    if not isinstance(page.get("cells"), list):
        raise UnreadableText("it is not a notebook: it has no cells")
    metadata = page.get("metadata")
    for section, key in (("language_info", "name"), ("kernelspec", "language")):
        inner = metadata.get(section) if isinstance(metadata, dict) else None
        language = inner.get(key) if isinstance(inner, dict) else None
        if isinstance(language, str) and language:
            if "py" not in language.lower():
                raise UnreadableText("it is a notebook in another language than Python")
            return


def _is_foreign(cell: Mapping[str, Any]) -> bool:
    metadata = cell.get("metadata")
    editor = metadata.get("vscode") if isinstance(metadata, dict) else None
    language = editor.get("languageId") if isinstance(editor, dict) else None
    return isinstance(language, str) and language != "python"


_SPACE = re.compile(r"[ \t\n\r]*")

_decode = json.JSONDecoder().raw_decode


def _places(text: str) -> list[dict[str, tuple[int, int]]]:
    """Where the values of the members of each cell stand; ``text`` is known to be valid JSON."""
    start = _skip(text, 0)
    cells = _members(text, start).get("cells") if text[start : start + 1] == "{" else None
    if cells is None or text[cells[0]] != "[":
        return []
    return [_members(text, at) if text[at] == "{" else {} for at, _ in items_of(text, cells[0])]


def _members(text: str, at: int) -> dict[str, tuple[int, int]]:
    found = {}
    at = _skip(text, at + 1)
    while text[at] != "}":
        key, at = _decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, end = _decode(text, start)
        found[key] = (start, end)
        at = _next(text, end)
    return found


def items_of(text: str, at: int) -> list[tuple[int, int]]:
    """Where the items of the list that begins ``at`` stand."""
    found = []
    at = _skip(text, at + 1)
    while text[at] != "]":
        _, end = _decode(text, at)
        found.append((at, end))
        at = _next(text, end)
    return found


def _next(text: str, at: int) -> int:
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at

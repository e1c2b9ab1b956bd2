"""Places in the units of each format; the hashes are those of github/codeql-action's own tests."""

from __future__ import annotations

import json

import pytest

from jwt2oauth.model import Edit, Place, Span
from jwt2oauth.sources import Region, Source

WORDS = " hello; \t{0}world!!!{0}{0}{0}  \t\tGreetings{0} End"
ENDED = [
    "e9496ae3ebfced30:1",
    "fb7c023a8b9ccb3f:1",
    "ce8ba1a563dcdaca:1",
    "e20e36e16fcb0cc8:1",
    "b3edc88f2938467e:1",
    "c8e28b0b4002a3a0:1",
    "c129715d7a2bc9a3:1",
]


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", ["c129715d7a2bc9a3:1"]),
        (
            " a\nb\n  \t\tc\n d",
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
        ),
        (
            WORDS.format("\n"),
            [
                "8b7cf3e952e7aeb2:1",
                "b1ae1287ec4718d9:1",
                "bff680108adb0fcc:1",
                "c6805c5e1288b612:1",
                "b86d3392aea1be30:1",
                "e6ceba753e1a442:1",
            ],
        ),
        (WORDS.format("\n") + "\n", ENDED),
        (WORDS.format("\r") + "\r", ENDED),
        (WORDS.format("\r\n") + "\r\n", ENDED),
        (
            "Lorem ipsum dolor sit amet.\n" * 10,
            [
                *(f"a7f2ff13bc495cf2:{number}" for number in range(1, 7)),
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1",
            ],
        ),
    ],
)
def test_lines_are_hashed_as_github_does(text: str, hashes: list[str]) -> None:
    assert list(Source("a.py", text.encode()).line_hashes) == hashes


def test_columns_in_bytes() -> None:
    source = Source("a.py", 'é = "é𝄞"; x\n'.encode())
    assert source.byte_column(1, 1) == 1
    assert source.byte_column(1, 2) == 3
    assert source.byte_column(1, 11) == len('é = "é𝄞"; '.encode()) + 1


def test_an_edit_in_lines() -> None:
    source = Source("a.py", b"\xef\xbb\xbfone\r\ntwo\r\n")
    assert source.edited(Edit("a.py", Span(5, 8), "")) == Region(2, 1, 2, 4)
    assert source.edited(Edit("a.py", Span(0, 5), "")) == Region(1, 1, 2, 1)


@pytest.mark.parametrize(("indent", "line"), [(1, 9), (None, 1)])
def test_a_line_of_a_cell_is_a_line_of_the_file(indent: int | None, line: int) -> None:
    cell = {"cell_type": "code", "source": ["a = 1\n", "b = 2\n"], "metadata": {}, "outputs": []}
    page = {"cells": [{"cell_type": "markdown", "source": "x"}, cell]}
    data = json.dumps({**page, "metadata": {}, "nbformat": 4}, indent=indent).encode()
    source = Source("n.ipynb", data)
    place = Place("n.ipynb", 2, 1, 2, 6, Span(0, 0), cell=2)
    found = source.region(place)
    assert (found.column, found.end_column, found.line) == (0, 0, found.end_line)
    if indent:
        assert source.lines[found.line - 1].strip() == '"b = 2\\n"'
    else:
        assert found.line == line

"""Diffs for people: masked as patches are, side by side, no line lost."""

from __future__ import annotations

from functools import partial

import trees
from hypothesis import given
from hypothesis import strategies as st
from test_secrets import leaks
from trees import Fixture, Keyring, each

from jwt2oauth.edits import masked_diff
from jwt2oauth.escape import escape
from jwt2oauth.model import Hunk
from jwt2oauth.redact import MASK, Redactor
from jwt2oauth.report.sidebyside import LONG, Cell, Row, rows
from jwt2oauth.shown import shown

CHANGED = [fixture for fixture in trees.load_all() if fixture.changes]


def hunk(*lines: str, before: int = 1, after: int = 1) -> Hunk:
    return Hunk(before, after, tuple((line[0], line[1:] + "\n") for line in lines))


def text(cell: Cell | None) -> str:
    return "" if cell is None else "".join(piece for piece, _ in cell.runs)


def marks(cell: Cell | None) -> list[str]:
    return [] if cell is None else [piece for piece, kind in cell.runs if kind == "mark"]


def facing(row: Row) -> tuple[str, str]:
    return text(row.old), text(row.new)


def test_lines_that_belong_together_face_each_other() -> None:
    found = list(
        rows(
            hunk(
                " def f():",
                "-    import jwt",
                '-    r = requests.post(f"{IMS}/ims/exchange/jwt", data=form)',
                "+    form = dict(scope=SCOPES)",
                '+    r = requests.post(f"{IMS}/ims/token/v3", data=form)',
                " ",
                before=10,
                after=20,
            )
        )
    )
    assert [row.kind for row in found] == ["same", "removed", "added", "changed", "same"]
    assert marks(found[3].old) == ["exchange", "jwt"]
    assert marks(found[3].new) == ["token", "v3"]
    assert [row.old.number for row in found if row.old] == [10, 11, 12, 13]
    assert [row.new.number for row in found if row.new] == [20, 21, 22, 23]


def test_lines_that_share_only_keywords_do_not() -> None:
    found = list(rows(hunk("-import jwt", "-    return f.read()", "+import os", "+    return {")))
    assert [row.kind for row in found] == ["removed", "removed", "added", "added"]


def test_indentation_is_not_marked_and_marks_are_joined() -> None:
    (row,) = rows(hunk("-        return call(one two three)", "+    return call(four five three)"))
    assert marks(row.old) == ["one two"]
    assert marks(row.new) == ["four five"]


def test_line_endings_show_if_nothing_else_differs() -> None:
    (row,) = rows(Hunk(1, 1, (("-", "value = 1\r\n"), ("+", "value = 1\n"))))
    assert row.old is not None
    assert ("\\r", "odd") in row.old.runs
    (row,) = rows(Hunk(1, 1, (("-", "value = 1"), ("+", "value = 1\n"))))
    assert facing(row) == ("value = 1 no newline at the end", "value = 1")
    (row,) = rows(Hunk(1, 1, (("-", "value = 1\r\n"), ("+", "value = 2\r\n"))))
    assert facing(row) == ("value = 1", "value = 2")


def test_long_lines_are_shortened_but_not_where_they_differ() -> None:
    one = '{"key": "' + "word " * LONG + '", "url": "exchange/jwt", "more": "' + "word " * LONG + '"}'
    (row,) = rows(hunk(f"-{one}", f"+{one.replace('exchange/jwt', 'token/v3')}"))
    assert marks(row.old) == ["exchange/jwt"]
    assert marks(row.new) == ["token/v3"]
    assert len(text(row.old)) < LONG
    assert "more characters" in text(row.old)


def test_large_blocks_take_no_time() -> None:
    gone = [f"-line {number} of many, all alike, {'x' * 500}" for number in range(3000)]
    come = [f"+line {number} of many, all alike, {'y' * 500}" for number in range(3000)]
    assert sum(row.kind == "removed" for row in rows(hunk(*gone, *come))) == 3000


LINES = st.text(st.sampled_from("ab_ ().='\t\u202e\x1bé"), max_size=12)


@given(st.lists(st.tuples(st.sampled_from(" -+"), LINES), max_size=12))
def test_no_line_is_lost_and_none_moves(lines: list[tuple[str, str]]) -> None:
    ordered: list[tuple[str, str]] = []
    for sign, line in lines:  # what goes stands before what comes
        at = len(ordered)
        while sign == "-" and at and ordered[at - 1][0] == "+":
            at -= 1
        ordered.insert(at, (sign, line))
    found = list(rows(Hunk(7, 3, tuple((sign, line + "\n") for sign, line in ordered))))
    for side, sign, first in (("old", "-", 7), ("new", "+", 3)):
        cells = [getattr(row, side) for row in found if getattr(row, side) is not None]
        expected = [line for mark, line in ordered if mark in {" ", sign}]
        assert [cell.number for cell in cells] == list(range(first, first + len(expected)))
        assert [text(cell) for cell in cells] == [
            "\t".join(map(escape, line.split("\t"))) for line in expected
        ]
        for cell in cells:
            assert all(kind in {"odd", "tab"} or piece.isprintable() for piece, kind in cell.runs)


def both(fixture: Fixture, keyring: Keyring) -> dict[str, tuple[bytes, bytes]]:
    before = keyring.fill(trees.read(fixture.before))
    after = keyring.fill(trees.read(fixture.after))
    return {
        path: (before[path], after[path]) for path in before if before[path] != after.get(path, before[path])
    }


def raw(line: str, encoding: str) -> bytes:
    return line.encode("utf-8" if MASK in line else encoding, "surrogateescape")


@each(CHANGED, fast=8, slow=5)
def test_a_report_shows_what_a_patch_shows(fixture: Fixture, keyring: Keyring) -> None:
    files = both(fixture, keyring)
    redactor = Redactor([(path, data) for path, change in files.items() for data in change])
    for diff in shown(files):
        said = "".join(sign + line for hunk in diff.hunks for sign, line in hunk.lines)
        assert said.strip()
        assert not leaks(said, keyring)
        assert diff.masked == (MASK in said)
        if diff.path.endswith(".ipynb"):
            assert all(hunk.cell for hunk in diff.hunks)
            continue
        patch = masked_diff(diff.path, *files[diff.path], partial(redactor.lines, diff.path)).data
        lines = [line for line in patch.split(b"\n")[3:] if line[:1] in {b" ", b"-", b"+"}]
        ours = [(sign + line).rstrip("\n") for hunk in diff.hunks for sign, line in hunk.lines]
        assert [raw(line, "latin-1" if "latin" in fixture.name else "utf-8") for line in ours] == lines


def test_cells_are_compared_in_their_own_words(keyring: Keyring) -> None:
    fixture = next(one for one in CHANGED if one.name == "notebook-functions")
    (diff,) = shown(both(fixture, keyring))
    assert [hunk.cell for hunk in diff.hunks] == sorted(hunk.cell for hunk in diff.hunks)
    assert any(line == "import jwt\n" for hunk in diff.hunks for _, line in hunk.lines)


def test_what_is_no_notebook_after_all_is_compared_as_text() -> None:
    (diff,) = shown({"a.ipynb": (b'{"cells": 1}\n', b'{"cells": 2}\n')})
    assert [hunk.cell for hunk in diff.hunks] == [0]

"""What is grafted has the records that a parse of the whole gives, or the whole is parsed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from jwt2oauth.notebook import open_text
from jwt2oauth.python.facts import syntax as s
from jwt2oauth.python.facts.grafting import Graft
from jwt2oauth.python.facts.parse import parse
from jwt2oauth.python.facts.unparsable import Unparsable

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
BASE = '''\
"""A module."""
import os  # the first

# above
ONE = 1; TWO = 2
LONG = ONE + \\
    TWO


@wraps(
    ONE
)
def call(a, *, b=ONE):
    """Say."""
    if a:
        return b
    # below the return

    # and further out
class Thing:
    def get(self):
        return {"a": 1,
                "b": (2)}


try:
    import json
except ImportError:
    json = None
else:
    TWO = 3
if __name__ == "__main__":
    call(f"{ONE} {TWO!r}")
# the end
'''


def grafted(before: str, after: str) -> tuple[Graft, s.Source | None]:
    graft = Graft(parse("a.py", before), after)
    try:
        return graft, graft.source(parse("a.py", graft.new))
    except Unparsable:
        return graft, None


def whole(text: str) -> str | None:
    """All records of a text, in words."""
    try:
        return repr(parse("a.py", text))
    except Unparsable:
        return None


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(8))
def test_each_fixture_that_was_rewritten_is_grafted(chunk: int) -> None:
    pairs = [
        (before, after)
        for before in sorted(FIXTURES.glob("*/before/**/*.py"))[chunk::8]
        for after in [Path(str(before).replace("/before/", "/after/", 1))]
        if after.is_file() and before.read_bytes() != after.read_bytes()
    ]
    assert pairs
    for before, after in pairs:
        old, new = (open_text(str(each), each.read_bytes()).text for each in (before, after))
        _, source = grafted(old, new)
        assert source is None or repr(source) == whole(new), after


def test_only_what_is_new_is_parsed() -> None:
    graft, source = grafted(BASE, BASE.replace("ONE = 1", "ONE = 10").replace("(2)", "(3)"))
    assert source is not None
    assert "class Thing" in graft.new
    assert "ONE = 10" in graft.new
    assert "def call" not in graft.new
    assert "except ImportError" not in graft.new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    TWO\n", "    TWO\\\n"),  # the next line belongs to it now
        ("ONE = 1; TWO = 2\n", "ONE = (1\n"),
        ("ONE = 1; TWO = 2\n", 'ONE = """\n'),
        ("ONE = 1; TWO = 2\n", "@ONE\n"),
        ("class Thing:\n", "else:\n"),
        ("class Thing:\n", "if ONE:\n  pass\nclass Thing:\n"),
        ("except ImportError:\n    json = None\n", ""),
        ("# the end\n", "# the end"),
        ("# the end\n", "    # the end\n"),
        ("# the end\n", "    ONE\n"),
        ("# above\n", "  # above\n  ONE\n"),
    ],
)
def test_a_change_that_reaches_beyond_its_lines_is_seen(old: str, new: str) -> None:
    assert old in BASE
    after = BASE.replace(old, new)
    _, source = grafted(BASE, after)
    assert source is None or repr(source) == whole(after)


def test_a_last_line_without_its_end_is_not_the_beginning_of_another() -> None:
    _, source = grafted("ONE = 1\nTWO = 2", "ONE = 1\nTWO = 20\n")
    assert source is not None
    assert repr(source) == whole("ONE = 1\nTWO = 20\n")


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_lines_that_go_come_and_move_change_nothing_else(seed: int, newline: str) -> None:
    chance = random.Random(seed)
    lines = BASE.splitlines()
    for _ in range(chance.randint(1, 4)):
        at, many = chance.randrange(len(lines)), chance.randint(1, 5)
        part = lines[at : at + many]
        match chance.randrange(4):
            case 0:
                del lines[at : at + many]
            case 1:
                lines[at:at] = part
            case 2:
                del lines[at : at + many]
                there = chance.randrange(len(lines) + 1)
                lines[there:there] = part
            case _:
                lines[at] = chance.choice(["else:", "    ONE", "TWO = (", ")", "x = 1 \\", "", "@ONE", "'''"])
    before, after = (newline.join([*each, ""]) for each in (BASE.splitlines(), lines))
    _, source = grafted(before, after)
    assert source is None or repr(source) == whole(after)

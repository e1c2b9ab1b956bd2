"""Comments that mark findings."""

from __future__ import annotations

import pytest

from jwt2oauth.model import Confidence, Finding, Place, Severity, Span
from jwt2oauth.suppress import comments, mark, unused

RULES = {"jwt-exchange", "jwt-assertion", "unused-ignore"}


def finding(line: int, rule: str = "jwt-exchange", path: str = "a.py", end: int | None = None) -> Finding:
    place = Place(path, line, 1, end or line, 2, Span(0, 1))
    return Finding(rule, place, "", Severity.ERROR, Confidence.HIGH, f"{rule}:{line}")


def marked(text: str, *findings: Finding, path: str = "a.py") -> list[bool]:
    return [one.suppressed for one in mark(findings, comments(path, text))[0]]


IGNORE = "# jwt2oauth: ignore[jwt-exchange]"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"post()  {IGNORE}\n", 1),
        (f"post()  {IGNORE} because\n", 1),
        (f"{IGNORE}\npost()\n", 2),
        (f"    {IGNORE}\n    # more words\n    post()\n", 3),
        ("post()  # noqa: S113  # jwt2oauth: ignore[jwt-exchange]\n", 1),
        ("post()  #jwt2oauth: ignore[jwt-assertion, jwt-exchange]\n", 1),
        (f"a\r\n{IGNORE}\r\npost()\r\n", 3),
        (f"'''\n{IGNORE}\n'''\nx\n(  {IGNORE}\n", 5),
    ],
)
def test_marks(text: str, line: int) -> None:
    assert marked(text, finding(line)) == [True]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"post()\n{IGNORE}\n", 1),
        (f"x  {IGNORE}\npost()\n", 2),
        (f"x = '{IGNORE}'\n", 1),
        ("post()  # jwt2oauth: ignore\n", 1),
        ("post()  # jwt2oauth: ignore[jwt-assertion]\n", 1),
    ],
)
def test_does_not_mark(text: str, line: int) -> None:
    assert marked(text, finding(line)) == [False]


def test_anywhere_in_the_finding() -> None:
    assert marked(f"post(\n  a,  {IGNORE}\n)\n", finding(1, end=3)) == [True]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.yaml", f"key: value  {IGNORE}\n"),
        ("a.ini", f"key = value  {IGNORE}\n"),
        ("a.ini", "key = value  ; jwt2oauth: ignore[jwt-exchange]\n"),
        (".env", f"{IGNORE}\nKEY=value\n"),
        ("a.ipynb", f'   "post()  {IGNORE}\\n",\n'),
        ("broken.py", f"def (:\n  post()  {IGNORE}\n"),
    ],
)
def test_other_files(path: str, text: str) -> None:
    line = 2 if path in {".env", "broken.py"} else 1
    assert marked(text, finding(line, path=path), path=path) == [True]


def test_the_place_of_an_unused_comment() -> None:
    given = comments("a.py", f"é = 1  {IGNORE} why\n{IGNORE}\nx\n")
    found = list(unused(given, RULES, RULES))
    assert [(one.place.line, one.place.column, one.place.end_column) for one in found] == [
        (1, 8, 41),
        (2, 1, 34),
    ]
    assert found[0].place.span == Span(7, 40)
    assert len({one.fingerprint for one in found}) == 2
    assert "no jwt-exchange here" in found[0].message


@pytest.mark.parametrize(
    ("rules", "selected", "words"),
    [
        ("", RULES, "names no rule"),
        ("[]", RULES, "names no rule"),
        ("[jwt-exchnge]", RULES, "does not exist"),
        ("[jwt-exchange]", {"jwt-assertion"}, None),
    ],
)
def test_what_an_unused_comment_is_told(rules: str, selected: set[str], words: str | None) -> None:
    found = list(unused(comments("a.py", f"# jwt2oauth: ignore{rules}\n"), RULES, selected))
    assert [words in one.message for one in found if words] == ([True] if words else [])
    assert bool(found) == bool(words)

"""The identity of a finding: it survives what moves a line, and two places never share one."""

from __future__ import annotations

import ast
import contextlib
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import trees
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trees import Fixture, Keyring

from jwt2oauth import baseline
from jwt2oauth.engine import Outcome, Settings, run
from jwt2oauth.report import gitlab, rdjson, sarif
from jwt2oauth.report import json as own
from jwt2oauth.rules.load import load
from jwt2oauth.sources import sources

NAMES = {
    "two-functions",
    "cached-client",
    "assertion-on-self",
    "module-globals",
    "package-relative-imports",
    "names-that-lie",
}
each = pytest.mark.parametrize(
    "fixture", [one for one in trees.load_all() if one.name in NAMES], ids=lambda fixture: fixture.name
)
seldom = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Files = Mapping[str, bytes]


def examined(files: Files) -> Outcome:
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for name, data in files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(data)
        return run([], Settings())


def identities(files: Files) -> dict[str, str]:
    """Give the rule of each finding by its fingerprint."""
    found = examined(files).report.findings
    assert len({one.fingerprint for one in found}) == len(found)
    return {one.fingerprint: one.rule for one in found}


def pieces(text: str) -> list[tuple[bool, str]]:
    """Cut a module into definitions and runs of other statements, each with what stands above it."""
    lines = text.splitlines(keepends=True)
    cut: list[tuple[bool, str]] = []
    done = 0
    for statement in ast.parse(text).body:
        is_definition = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        end = statement.end_lineno or 0
        cut.append((is_definition, "".join(lines[done:end])))
        done = end
    return [*cut, (False, "".join(lines[done:]))]


def with_remarks(text: str, places: Sequence[int]) -> str:
    parts = [part for _, part in pieces(text)]
    for place in places:
        at = place % len(parts)
        if at:
            parts[at] = f"\n# a new remark, number {place}\n\n{parts[at]}"
    return "".join(parts)


def with_blanks(text: str) -> str:
    """Twice the indentation, and blanks where a bracket ends the line."""
    return re.sub(r"(?m)^( +)", r"\1\1", text).replace("(\n", "(  \n")


def swapped(text: str, places: Sequence[int]) -> str:
    """Let two definitions that follow one another change places, some times."""
    parts = pieces(text)
    for place in places:
        at = place % len(parts)
        if at and parts[at][0] and parts[at - 1][0]:
            parts[at - 1], parts[at] = parts[at], parts[at - 1]
    return "".join(part.lstrip("\n") if not at else f"\n\n{part}" for at, (_, part) in enumerate(parts))


@each
@seldom
@given(
    places=st.lists(st.integers(0, 20), min_size=1, max_size=4),
    reformat=st.booleans(),
    move=st.booleans(),
)
def test_a_fingerprint_survives_new_lines_moved_functions_and_whitespace(
    fixture: Fixture, keyring: Keyring, places: list[int], reformat: bool, move: bool
) -> None:
    files = keyring.fill(trees.read(fixture.before))
    moved = dict(files)
    for path, data in files.items():
        if path.endswith(".py") and b"\t" not in data and b"BEGIN" not in data:
            text = with_remarks(data.decode(), places)
            text = swapped(text, places) if move else text
            moved[path] = (with_blanks(text) if reformat else text).encode()
    assert identities(moved) == identities(files)


def test_two_equal_places_differ(keyring: Keyring) -> None:
    (fixture,) = (one for one in trees.load_all() if one.name == "one-function")
    files = keyring.fill(trees.read(fixture.before))
    (path,) = [path for path, data in files.items() if b"requests.post" in data]
    text = files[path].decode()
    function = next(part for is_definition, part in pieces(text) if is_definition and "requests.post" in part)
    name = re.search(r"def (\w+)", function)
    assert name
    once = identities(files)
    # The same function twice in one class, and in another file: as many findings more, all of them others.
    twice = {**files, path: text.replace(function, function + "\n\n" + function).encode()}
    other = {**files, f"copy_of_{path}": text.encode()}
    assert len(identities(other)) == 2 * len(once) - 1  # the key's file is the same
    assert once.keys() < identities(other).keys()
    assert len(identities(twice)) >= len(once)


@each
def test_all_outputs_have_the_same_names(fixture: Fixture, keyring: Keyring) -> None:
    outcome = examined(keyring.fill(trees.read(fixture.before)))
    report, files, rules = outcome.report, sources(outcome.originals), load()
    names = {finding.fingerprint for finding in report.findings}
    assert {one["fingerprint"] for one in json.loads(own.render(report))["findings"]} == names
    assert {one["fingerprint"] for one in json.loads(gitlab.render(report, files))} == names
    results = json.loads(sarif.render(report, rules, files))["runs"][0]["results"]
    assert {one["partialFingerprints"]["jwt2oauth/v1"] for one in results} == names
    page = json.loads(rdjson.render(report, rules, files))
    assert {one["original_output"].split()[1] for one in page["diagnostics"]} == names
    assert {one.fingerprint for one in baseline.parse(baseline.render(report.findings))} == names

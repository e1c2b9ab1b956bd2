"""The report as Markdown: read by GitHub's own parser, which finds nothing in it that is not ours."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import cmarkgfm
import demo
import pytest
import samples
from cmarkgfm.cmark import Options
from test_html import EVIL, RULES, changes, everywhere

from jwt2oauth.engine import Outcome, Settings, run
from jwt2oauth.escape import escape
from jwt2oauth.model import FileDiff, Hunk, Report
from jwt2oauth.report import markdown
from jwt2oauth.report.facts import View

EXPECTED = Path(__file__).parent / "data" / "report.md"


@pytest.fixture
def outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    samples.install(monkeypatch)
    monkeypatch.chdir(samples.write(tmp_path))
    return run([], Settings())


@pytest.fixture
def view(outcome: Outcome) -> View:
    return View(changes=changes(outcome), project="acme")


def said(report: Report, view: View) -> str:
    return markdown.render(report, RULES, view).decode("utf-8")


def read(text: str) -> demo.Node:
    """Read Markdown as GitHub does, HTML in it and all; the comments that part words are taken out."""
    page = cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE)
    return demo.parse(page.replace("<!-- -->", "").encode())


def test_the_whole_report(outcome: Outcome, view: View, request: pytest.FixtureRequest) -> None:
    seen = said(outcome.report, view)
    if request.config.getoption("--update-goldens", default=False):
        EXPECTED.write_text(seen, encoding="utf-8")
    assert seen == EXPECTED.read_text(encoding="utf-8")


def test_github_reads_it_as_it_is_meant(outcome: Outcome, view: View) -> None:
    root = read(said(outcome.report, view))
    flows = outcome.report.flows
    assert [node.text for node in root.all("h2")][2:5] == [
        f"{n}. {flow.title}" for n, flow in enumerate(flows, 1)
    ]
    assert len(root.all("tr")) == 1 + len(flows)
    todos = list(dict.fromkeys(todo for flow in flows if flow.rewrite for todo in flow.rewrite.todos))
    steps = [flow.unfixed.next_step for flow in (*flows, *outcome.report.flows) if flow.unfixed][:1]
    steps += [reason.next_step for reason in outcome.report.unfixed]
    boxes = [node.parent.text.strip() for node in root.all("input") if node.parent]
    assert [box.split("\n")[0] for box in boxes[:8]] == [step.title for step in RULES.provider.steps]
    assert sorted(boxes[8:]) == sorted([*todos, *steps])
    diffs = [node.text for node in root.all("pre")]
    assert len(diffs) == sum(map(len, view.changes.values())) == len(root.all("details"))
    assert '-    return time.time() + body["expires_in"] / 1000\n' in diffs[0]


def test_secrets_are_masked(outcome: Outcome, view: View) -> None:
    assert "CANARY" not in said(outcome.report, view)
    assert "with keys or secrets masked" in said(outcome.report, view)


ODD = [
    *EVIL,
    "| a | b |",
    "# h",
    "- [ ] x",
    "1. x",
    "    code",
    "***",
    "[x]: http://a.b",
    "> q",
    "\\",
    "`",
    "a@b.cd",
]
ODD += [
    "https://evil.example/",
    "www.evil.example",
    "&copy;",
    "~~~",
    "```",
    "<!--",
    "]]>",
    "<details>",
    "$a$",
    "GH-7 xGH-7",
]


@pytest.mark.parametrize("evil", ODD, ids=range(len(ODD)))
def test_no_text_becomes_more_than_text(outcome: Outcome, view: View, evil: str) -> None:
    def skeleton(text: str) -> list[tuple[str, str]]:
        return [(node.tag, node.attributes.get("href", "")) for node in read(text).all()]

    def words(text: str) -> str:
        return " ".join(text.split())

    harmless = said(*everywhere(outcome.report, view, lambda text: f"harmless {text}"))
    text = said(*everywhere(outcome.report, view, lambda text: f"{evil} harmless {text}"))
    assert skeleton(text) == skeleton(harmless)
    as_written = words(f"{escape(evil)} harmless")
    assert words(read(text).text).count(as_written) == read(harmless).text.count("harmless")
    assert {character for character in text if not character.isprintable()} <= {"\n", "\t"}
    fences = r"^(`{3,})diff\n.*?^\1$"
    outside = re.sub(r"(`+).*?\1", "", re.sub(fences, "", text, flags=re.S | re.M))
    outside = re.sub(r"<code>.*?</code>", "", outside)
    assert not re.search(r"@\w|#\d|\bGH-\d", outside), "somebody or something would be mentioned"


def test_a_fence_is_longer_than_what_is_inside(outcome: Outcome) -> None:
    hunk = Hunk(1, 1, (("-", "````\n"), ("+", "`````` <b>\n")))
    text = said(outcome.report, View(changes={"flow-1": (FileDiff("a.py", (hunk,), False),)}))
    assert "\n```````diff\n@@ -1,1 +1,1 @@\n-````\n+`````` <b>\n```````\n" in text


def test_what_an_issue_cannot_hold_is_left_out_and_said(outcome: Outcome) -> None:
    large = FileDiff("large.py", (Hunk(1, 1, (("+", "x" * 70 + "\n"),) * 1000),), False)
    small = FileDiff("small.py", (Hunk(1, 1, (("+", "y\n"),)),), False)
    text = said(outcome.report, View(changes={"flow-1": (large, small)}))
    assert len(text) < 65_536
    assert "The change of `large.py` is too long here: `jwt2oauth fix --diff` shows it." in text
    assert "\n+y\n" in text


def test_lines_that_are_too_long_are_shortened(outcome: Outcome) -> None:
    line = FileDiff("a.json", (Hunk(1, 1, (("+", "x" * 100_000 + "\n"),)),), False)
    text = said(outcome.report, View(changes={"flow-1": (line,)}))
    assert "99,200 more characters" in text


def test_what_the_baseline_has_outlived(outcome: Outcome) -> None:
    findings = tuple(replace(one, suppressed=True, known=True) for one in outcome.report.findings)
    text = said(replace(outcome.report, findings=findings, stale=("x.py: jwt-exchange 01",)), View())
    assert "(jwt-exchange), by the baseline\n" in text
    assert "The baseline has 1 entry that nothing is found for any more:\n\n- `x.py: jwt-exchange 01`" in text

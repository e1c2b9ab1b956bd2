"""The report as a page: whole, accessible in its structure, and inert whatever it speaks of."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import demo
import pytest
import samples
import trees
from demo import Node
from trees import Keyring

from jwt2oauth import series
from jwt2oauth.engine import Outcome, Settings, run
from jwt2oauth.model import FileDiff, Files, Flow, Hunk, Report, Skipped
from jwt2oauth.report import html
from jwt2oauth.report.facts import View
from jwt2oauth.rules.load import load
from jwt2oauth.shown import shown

RULES = load()
NOTHING = Report((), (), (), Files())


def changes(outcome: Outcome) -> dict[str, tuple[FileDiff, ...]]:
    flows = [flow for flow in outcome.report.flows if series.is_rewritten(flow)]
    return {flow.id: shown(series.series(outcome.originals, [flow])[flow.id]) for flow in flows}


@pytest.fixture
def outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    samples.install(monkeypatch)
    monkeypatch.chdir(samples.write(tmp_path))
    return run([], Settings())


@pytest.fixture
def report(outcome: Outcome) -> Report:
    return outcome.report


@pytest.fixture
def view(outcome: Outcome) -> View:
    return View(changes=changes(outcome), project="acme")


def page(report: Report, view: View | None = None) -> Node:
    return demo.parse(html.render(report, RULES, view or View()))


def squeezed(text: str) -> str:
    return " ".join(text.split())


# --- the page as such -------------------------------------------------------------------------------


def check(root: Node) -> None:
    """What holds of every page, whatever is in it."""
    nodes = root.all()
    ids = [node.attributes["id"] for node in nodes if "id" in node.attributes]
    assert len(set(ids)) == len(ids)
    for node in nodes:
        assert node.tag not in {"script", "iframe", "object", "embed", "link", "img", "base", "form"}
        allowed = {"href"} if node.tag in {"a", "use"} else set()
        for name, value in node.attributes.items():
            assert name not in {"style", "src", "srcset", "action", "formaction", "xlink:href", "target"}
            assert not name.startswith("on")
            if name == "href":
                assert name in allowed
                assert value.removeprefix("#") in ids or value == RULES.provider.article
        for name in ("aria-labelledby", "for"):
            assert node.attributes.get(name, ids[0]) in ids
        if node.tag == "input":
            assert node.parent is not None
            assert node.parent.tag == "label"
            assert node.parent.text.strip()
        if node.tag == "svg" and node.attributes.get("aria-hidden") != "true":
            assert node.attributes["role"] == "img"
            assert node.attributes["aria-label"]
    levels = [int(node.tag[1]) for node in root.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert len(root.all("main")) == 1
    assert next(iter(root.all("a"))).attributes["href"] == "#main"
    assert all(node.attributes["lang"] == "en" for node in root.all("html"))
    (policy,) = [n for n in root.all("meta") if n.attributes.get("http-equiv") == "Content-Security-Policy"]
    digest = base64.b64encode(hashlib.sha256(root.one("style").text.encode()).digest()).decode()
    assert policy.attributes["content"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    head = [node.tag for node in root.one("head").all()]
    assert head.index("style") > 1, "the policy stands before what it governs"


def test_a_page_is_whole(report: Report, view: View) -> None:
    check(page(report, view))
    check(page(NOTHING))
    check(page(Report((), (), (), Files(3, 1, 0, (Skipped("a", "b"),), (Skipped("c", "d"),)))))


def test_the_style_sheet_reaches_for_nothing() -> None:
    style = (html.TEMPLATES / "style.css").read_text("utf-8")
    assert not re.search(r"url\(|@import|@font-face|expression|</", style)


@pytest.mark.slow
def test_no_clock_and_no_order_of_chance(keyring: Keyring, tmp_path: Path) -> None:
    fixtures = {fixture.name: fixture for fixture in trees.load_all()}
    tree = tmp_path / "acme"
    for name in ("two-functions", "unfixed-public-choice", "ignored-known"):
        trees.write(keyring.fill(trees.read(fixtures[name].before)), tree / name)
    program = (
        "from jwt2oauth.cli import main\nfor each in ('html', 'markdown'): main(['scan', '--format', each])"
    )
    pages = set()
    for seed in ("1", "2"):
        environment = {"PYTHONHASHSEED": seed, "TZ": f"UTC-{seed}", "PATH": "/usr/bin:/bin"}
        command = [sys.executable, "-c", program]
        pages.add(subprocess.run(command, cwd=tree, env=environment, check=True, capture_output=True).stdout)
    assert len(pages) == 1
    assert b"</html>" in pages.pop()


# --- what it says -----------------------------------------------------------------------------------


def test_the_state_at_a_glance(report: Report, view: View) -> None:
    root = page(report, view)
    assert "acme" in root.one("title").text
    assert (
        "3 flows log in to Adobe with a signed JWT: 2 ready to review and 1 left for a person." in root.text
    )
    charts = [squeezed(node.text) for node in root.all("figure") if node.attributes["class"] == "chart"]
    assert charts[0].startswith("3 flows, by kind and by what becomes of them")
    bars = [node for node in root.all("rect") if node.attributes.get("class") in {"review", "manual"}]
    assert sum(int(node.attributes["width"]) for node in bars) == len(report.flows)
    numbers = [int(node.text) for node in root.all("dd")]
    assert numbers[-1] == report.files.seen == sum(numbers[:-1])
    index = root.one("nav", **{"aria-label": "Flows"})
    assert [node.text for node in index.all("a")] == [flow.title for flow in report.flows]


def test_adobes_steps_and_where_the_code_stands(report: Report, view: View) -> None:
    steps = page(report, view).one("ol", class_="steps")
    titles = [node.text.strip() for node in steps.all("label")]
    assert titles == [step.title for step in RULES.provider.steps]
    (code,) = [node for node in steps.all("li") if node.attributes.get("class") == "code"]
    assert "Here: 2 ready to review, 1 left for a person." in squeezed(code.text)
    done = replace(view, mode="fix", fixed=frozenset({"flow-1", "flow-2"}))
    steps = page(report, done).one("ol", class_="steps")
    assert "Here: 2 rewritten, 1 left for a person." in squeezed(steps.text)
    places = re.findall(r"(\d+) places?", steps.text)
    assert sum(map(int, places)) == sum(finding.flow not in done.fixed for finding in report.findings)


def section(root: Node, name: str) -> Node:
    return root.one("section", **{"aria-labelledby": name})


def card(root: Node, flow: str) -> Node:
    return root.one("article", id=flow)


def asked(report: Report) -> list[tuple[str, ...]]:
    return [flow.rewrite.todos for flow in report.flows if flow.rewrite is not None]


def test_a_place_that_is_spoken_of_leads_to_its_line(report: Report, view: View) -> None:
    """A line is named once; links to it stand in the findings and wherever a sentence names the place."""
    first = report.flows[0]
    assert first.rewrite is not None
    notes = ("Mended in auth/cache.py:5, see xauth/cache.py:5, auth/cache.py:50 and gone.py:5.",)
    flow = replace(first, rewrite=replace(first.rewrite, notes=notes))
    root = page(replace(report, flows=(flow,)), view)
    check(root)
    (note,) = root.one("ul", class_="notes").all("li")
    (link,) = note.all("a")
    assert note.text == notes[0]
    assert link.text == "auth/cache.py:5"
    (line,) = [node for node in root.all("td") if f"#{node.attributes.get('id')}" == link.attributes["href"]]
    assert line.text == "5"
    assert line.parent is not None
    assert "1000" in line.parent.text
    places = [node for node in root.all("a") if node.attributes.get("class") == "place"]
    assert len(places) == len(flow.findings)


def test_what_several_flows_ask_for_names_them(report: Report, view: View) -> None:
    several = (*report.flows, replace(report.flows[0], id="flow-9"))
    text = squeezed(section(page(replace(report, flows=several), view), "once").text)
    assert "owners of auth/cache.py that the unit has changed.For flows 1, 4" in text


def test_a_card_holds_all_of_its_flow(report: Report, view: View) -> None:
    root = page(report, view)
    assert [node.attributes["id"] for node in root.all("article")] == [flow.id for flow in report.flows]
    shared = [squeezed(node.text) for node in section(root, "once").all("label")]
    assert shared == [todo for todo in samples.TODOS if sum(todo in todos for todos in asked(report)) > 1]
    assert shared
    for flow in report.flows:
        text = squeezed(card(root, flow.id).text)
        assert flow.title in text
        assert all(place.label in text and place.note in text for place in flow.trace)
        boxes = [squeezed(node.text) for node in card(root, flow.id).all("label")]
        if flow.rewrite is not None:
            assert flow.rewrite.title in text
            assert all(note in text for note in flow.rewrite.notes)
            assert boxes == [todo for todo in flow.rewrite.todos if todo not in shared]
        elif flow.unfixed is not None:
            assert flow.unfixed.message in text
            assert boxes == [flow.unfixed.next_step, *flow.unfixed.todos]


def test_the_pictures_go_from_the_key_to_the_expiry(report: Report, view: View) -> None:
    one = card(page(report, view), "flow-1")
    before, after = [node for node in one.all("svg") if node.attributes.get("role") == "img"]
    names = [node.text for node in before.all("text") if node.attributes["class"] == "name"]
    assert names == ["Private key", "Signed assertion", "Exchange", "Access token", "Expiry"]
    assert "auth/cache.py:5" in before.text
    names = [node.text for node in after.all("text") if node.attributes["class"] == "name"]
    assert names == ["Client id and client secret", "Scopes", "Token endpoint", "Access token", "Expiry"]
    assert "grant_type=client_credentials" in after.text
    assert "answered in seconds, and read as such" in after.text
    (alone,) = [n for n in card(page(report, view), "flow-3").all("svg") if "aria-label" in n.attributes]
    assert [n.attributes["class"] for n in alone.all("g")] == ["stop", "stays"]


def test_the_diff_is_side_by_side_with_the_words_marked(report: Report, view: View) -> None:
    one = card(page(report, view), "flow-1")
    cache, ims = [node for node in one.all("figure") if node.attributes["class"] == "diff"]
    assert [node.text for node in cache.all("del", "ins")] == [" / 1000"]
    rows = [node.attributes["class"] for node in cache.all("tr") if "class" in node.attributes]
    assert rows.count("changed") == 1
    assert "−" in ims.text
    assert [n.text for n in ims.all("ins")][-2:] == ["token", "v3"]
    assert [n.text for n in ims.all("del")][-2:] == ["exchange", "jwt"]


def test_secrets_are_masked_in_diffs(outcome: Outcome) -> None:
    text = html.render(outcome.report, RULES, View(changes=changes(outcome))).decode()
    assert "CANARY" not in text
    assert "•••" in text
    assert "Keys or secrets are masked here." in text


def test_what_is_not_in_a_flow(report: Report) -> None:
    root = page(report)
    text = squeezed(root.text)
    assert "Outside of flows conf/service.json:1 aem-service-credentials" in text
    known = tuple(replace(one, suppressed=True, known=one.flow == "flow-1") for one in report.findings)
    flows = tuple(replace(flow, rewrite=None, unfixed=None) for flow in report.flows)
    files = Files(
        9, 1, 5, (Skipped("a.py", "line 3 is odd"),), (Skipped("b.py", "a link"), Skipped("c", "d"))
    )
    all_known = replace(
        report,
        findings=known,
        flows=flows,
        files=files,
        lost=(Skipped("l.py", "the file is read-only"),),
        stale=("x.py: jwt-exchange 0123",),
    )
    root = page(all_known)
    check(root)
    text = squeezed(root.text)
    assert "Outside of flows" not in text
    assert "3 marked as known" in text
    assert text.count("(comment)") == sum(not one.known for one in known)
    assert text.count("(baseline)") == sum(one.known for one in known)
    assert "The baseline has 1 entry that nothing is found for any more: x.py: jwt-exchange 0123" in text
    rows = {
        name: [[td.text for td in tr.all("td")] for tr in section(root, name).all("tr")][1:]
        for name in ("failed", "lost", "skipped")
    }
    assert rows["failed"] == [["a.py", "line 3 is odd"]]
    assert rows["lost"] == [["l.py", "the file is read-only"]]
    assert rows["skipped"] == [["b.py", "a link"], ["c", "d"]]


def test_a_flow_that_could_not_be_written_says_so(report: Report, view: View) -> None:
    text = squeezed(page(report, replace(view, mode="fix", fixed=frozenset({"flow-1"}))).text)
    assert "1 rewritten, 1 could not be written and 1 left for a person" in text


def test_nothing_found() -> None:
    assert "Nothing here uses Adobe’s Service Account (JWT) credential." in page(NOTHING).text
    failed = replace(NOTHING, files=Files(1, 0, 0, (Skipped("a", "b"),)))
    assert "Nothing in what could be examined uses" in page(failed).text


# --- hostile input ----------------------------------------------------------------------------------

EVIL = [*demo.HOSTILE, "\ud800\udc80", "</title></style></script>", "'\"<>&\\\n\x00\x85\u2028\ufeff", ""]


def everywhere(report: Report, view: View, change: Callable[[str], str]) -> tuple[Report, View]:
    """Put a text into every place of a report where text of a customer may stand."""

    def flow(one: Flow) -> Flow:
        rewrite = one.rewrite and replace(
            one.rewrite,
            title=change(one.rewrite.title),
            notes=tuple(map(change, one.rewrite.notes)),
            todos=tuple(map(change, one.rewrite.todos)),
        )
        unfixed = one.unfixed and replace(
            one.unfixed, message=change(one.unfixed.message), next_step=change(one.unfixed.next_step)
        )
        trace = tuple(replace(place, path=change(place.path), note=change(place.note)) for place in one.trace)
        return replace(one, title=change(one.title), trace=trace, rewrite=rewrite, unfixed=unfixed)

    def lines(hunk: Hunk) -> Hunk:
        return replace(hunk, lines=tuple((sign, change("") + text) for sign, text in hunk.lines))

    def skipped(files: tuple[Skipped, ...]) -> tuple[Skipped, ...]:
        return tuple(Skipped(change(file.path), change(file.reason)) for file in files)

    findings = tuple(
        replace(one, place=replace(one.place, path=change(one.place.path)), message=change(one.message))
        for one in report.findings
    )
    files = replace(
        report.files,
        failed=skipped((Skipped("f", "f"),)),
        skipped=skipped((Skipped("s", "s"),)),
    )
    unfixed = tuple(
        replace(one, message=change(one.message), next_step=change(one.next_step)) for one in report.unfixed
    )
    diffs = {
        name: tuple(FileDiff(change(one.path), tuple(map(lines, one.hunks)), True) for one in several)
        for name, several in view.changes.items()
    }
    return (
        replace(
            report,
            findings=findings,
            flows=tuple(map(flow, report.flows)),
            unfixed=unfixed,
            files=files,
            lost=skipped((Skipped("l", "l"),)),
            stale=(change("stale"),),
        ),
        replace(view, changes=diffs, project=change("acme")),
    )


OURS = {"wbr", "tspan", "text", "title", "span", "del", "ins", "tr", "td"}
"""Elements whose number may depend on the text."""


def skeleton(root: Node) -> list[tuple[str, tuple[str, ...]]]:
    return [(node.tag, tuple(sorted(node.attributes))) for node in root.all() if node.tag not in OURS]


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_no_text_becomes_more_than_text(report: Report, view: View, evil: str) -> None:
    harmless = page(*everywhere(report, view, lambda text: f"harmless{text}"))
    bad_report, bad_view = everywhere(report, view, lambda text: f"{evil}{text}")
    data = html.render(bad_report, RULES, bad_view)
    hostile = demo.parse(data)
    check(hostile)
    assert skeleton(hostile) == skeleton(harmless)
    assert {character for character in data.decode("utf-8") if not character.isprintable()} <= {"\n", "\t"}


def test_deceptive_characters_are_spelled_in_code(report: Report) -> None:
    hunk = Hunk(1, 1, (("-", "\tif a\u202e:\r\n"), ("+", "\tif a:\r\n")))
    root = page(report, View(changes={"flow-1": (FileDiff("a.py", (hunk,), False),)}))
    odd = [node.text for node in root.all("span") if node.attributes.get("class") == "odd"]
    assert odd == ["\\u202e"]
    tabs = [node.text for node in root.all("span") if node.attributes.get("class") == "tab"]
    assert tabs == ["\t", "\t"]

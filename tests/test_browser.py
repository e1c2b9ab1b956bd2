"""The page in a real browser: quiet, readable, usable by keyboard, on a phone and on paper.

Needs a Chromium and the extra ``browser``; without them these tests are skipped.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import demo
import pytest
import samples
from test_secrets import leaks
from tool import jwt2oauth
from trees import Keyring

api = pytest.importorskip("playwright.sync_api", reason="needs the extra `browser`")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs a Chromium"),
]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Open = Callable[..., "Seen"]
WIDTHS = (360, 768, 1280)


@dataclass
class Seen:
    """A page, and what it did while it was open."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def run(self, script: str) -> Any:
        return self.page.evaluate(script)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with api.sync_playwright() as play:
        running = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def report(keyring: Keyring, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command line makes of a large and partly hostile codebase."""
    folder = tmp_path_factory.mktemp("browser")
    tree = demo.write(keyring, folder / "acme")
    ran = jwt2oauth(tree, "scan", "--format", "html", "--exit-zero")
    assert ran.code == 0, ran.story
    file = folder / "report.html"
    file.write_bytes(ran.stdout)
    return file


@pytest.fixture
def opened(browser: Any, report: Path) -> Iterator[Callable[..., Seen]]:
    """Open the report, or another file, in a window of some width and scheme."""
    contexts: list[Any] = []

    def open_in(width: int = 1280, scheme: str = "light", file: Path | None = None) -> Seen:
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        contexts.append(context)
        seen = Seen(context.new_page())
        seen.page.on("console", lambda message: seen.said.append(message.text))
        seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
        seen.page.on("dialog", lambda dialog: seen.said.append(f"dialog {dialog.message}"))
        seen.page.on("request", lambda request: seen.asked.append(request.url))
        seen.page.goto((file or report).as_uri())
        return seen

    yield open_in
    for context in contexts:
        context.close()


# --- quiet ------------------------------------------------------------------------------------------


def test_nothing_runs_and_nothing_is_loaded(opened: Open, report: Path) -> None:
    seen = opened()
    assert seen.said == []
    assert seen.asked == [report.as_uri()]
    assert seen.run("document.scripts.length") == 0
    assert seen.page.title() == "acme: from JWT to OAuth"
    assert "{{ 7*7 }}" in seen.page.content()


def test_even_what_got_in_could_not_run_or_load(opened: Open, report: Path, tmp_path: Path) -> None:
    """The policy itself, tried on a page with a hole."""
    text = report.read_text("utf-8")
    hole = (
        "<script>document.title = 'run'</script><img src='http://127.0.0.1:9/x.png' onerror='alert(1)'>"
        "<style>h1 { display: none }</style><iframe src='http://127.0.0.1:9/'></iframe>"
        "<form action='http://127.0.0.1:9/'><button id='send'>Send</button></form>"
    )
    assert "<main" in text
    broken = tmp_path / "broken.html"
    broken.write_text(text.replace("<main", f"{hole}<main", 1), encoding="utf-8")
    seen = opened(file=broken)
    assert seen.page.title() == "acme: from JWT to OAuth"
    assert seen.page.locator("h1").is_visible()
    seen.run("document.querySelector('#send').click()")
    seen.page.wait_for_timeout(200)
    assert seen.page.url == broken.as_uri()
    assert len([text for text in seen.said if "Content Security Policy" in text]) >= 4
    assert not [text for text in seen.said if text.startswith("dialog")]


def test_no_secret_is_in_the_page(opened: Open, report: Path, keyring: Keyring) -> None:
    seen = opened()
    for text in (report.read_text("utf-8"), seen.page.content(), seen.page.inner_text("body")):
        assert not leaks(text, keyring)
    assert "•••" in seen.page.inner_text("body")


# --- room -------------------------------------------------------------------------------------------

OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter(e => {
    const box = e.getBoundingClientRect();
    if (!box.width || !box.height || e.closest('.hidden, .skip, .icons')) return false;
    return box.right > innerWidth + 1 || box.left < -1;
}).map(e => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(opened: Open, width: int) -> None:
    seen = opened(width)
    seen.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert seen.run("document.documentElement.scrollWidth") <= width
    assert seen.run(OVERFLOWING) == []


CUT = """() => [...document.querySelectorAll('.diff code, .picture text, .badge, .todo span')].filter(e => {
    if (e.namespaceURI.endsWith('svg')) {
        const box = e.getBBox(), view = e.ownerSVGElement.viewBox.baseVal;
        return box.x + box.width > view.width || box.y + box.height > view.height;
    }
    return e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline';
}).map(e => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_is_cut_off(opened: Open, width: int) -> None:
    assert opened(width).run(CUT) == []


def test_a_phone_gets_one_column(opened: Open) -> None:
    seen = opened(360)
    rows = seen.run(
        """[...document.querySelectorAll('.diff tr.changed')].map(r => {
            const [a, b] = ['.old', '.new'].map(s => r.querySelector(s).getBoundingClientRect());
            return a.bottom <= b.top + 1;
        })"""
    )
    assert rows
    assert all(rows)
    shown = seen.run(
        "[...document.querySelectorAll('.diff tr.same')].map(r => "
        "[...r.querySelectorAll('code')].filter(c => c.offsetParent).length)"
    )
    assert set(shown) == {1}
    sizes = seen.run(
        "[...document.querySelectorAll('.picture text')].map(t => t.getBoundingClientRect().height)"
    )
    assert min(sizes) > 9


# --- colours ----------------------------------------------------------------------------------------

CONTRASTS = """() => {
    const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
    const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const parts = [0.2126, 0.7152, 0.0722];
    const light = rgb => parts.reduce((sum, part, i) => sum + part * linear(rgb[i] / 255), 0);
    const ground = e => {
        for (; e; e = e.parentElement) {
            const color = rgb(getComputedStyle(e).backgroundColor);
            if (color.length && (color.length < 4 || color[3] === 1)) return color;
        }
        return [255, 255, 255];
    };
    const ratio = (a, b) => {
        const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
        return (x + .05) / (y + .05);
    };
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const e = walk.currentNode.parentElement;
        if (!walk.currentNode.data.trim() || e.closest('title, .skip')) continue;
        const style = getComputedStyle(e);
        const color = e.namespaceURI.endsWith('svg') ? style.fill : style.color;
        found.push([ratio(rgb(color), ground(e)), e.outerHTML.slice(0, 100)]);
    }
    const shapes = '.picture circle, .dot:not(.without), .bar rect:not(.without)';
    for (const e of document.querySelectorAll(shapes)) {
        const style = getComputedStyle(e);
        const color = style[e.matches('.dot') ? 'backgroundColor' : e.matches('rect') ? 'fill' : 'stroke'];
        found.push([1.5 * ratio(rgb(color), ground(e.parentElement)), e.outerHTML.slice(0, 100)]);
    }
    return found;
}"""
"""The contrast of every text; that of shapes, of which three to one is asked, times one and a half."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("medium", ["screen", "print"])
def test_everything_can_be_read(opened: Open, scheme: str, medium: str) -> None:
    seen = opened(scheme=scheme)
    seen.page.emulate_media(media=medium)
    found = seen.run(CONTRASTS)
    assert len(found) > 500
    assert [pair for pair in found if pair[0] < 4.5] == []


def test_dark_is_dark_and_paper_is_light(opened: Open) -> None:
    script = "getComputedStyle(document.body).backgroundColor"
    light, dark = opened(scheme="light"), opened(scheme="dark")
    assert light.run(script) == "rgb(250, 249, 246)"
    assert dark.run(script) == "rgb(21, 23, 27)"
    dark.page.emulate_media(media="print")
    assert dark.run(script) == "rgb(255, 255, 255)"


# --- hands ------------------------------------------------------------------------------------------

REACHABLE = "a[href], input, summary, button, [tabindex='0']"


def test_the_keyboard_reaches_everything_in_order(opened: Open) -> None:
    seen = opened()
    seen.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    many = seen.run(f'document.querySelectorAll("{REACHABLE}").length')
    reached = []
    for _ in range(many):
        seen.page.keyboard.press("Tab")
        index, outline, inside = seen.run(
            f"""() => {{
                const e = document.activeElement;
                const style = getComputedStyle(e), box = e.getBoundingClientRect();
                return [[...document.querySelectorAll("{REACHABLE}")].indexOf(e),
                    style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
                    box.bottom > 0 && box.top < innerHeight && box.left >= 0];
            }}"""
        )
        assert outline, f"the focus on {index} is not visible"
        assert inside, f"what has the focus, {index}, is out of sight"
        reached.append(index)
    assert reached == list(range(many))


def test_the_first_link_skips_to_the_report(opened: Open) -> None:
    seen = opened()
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.className") == "skip"
    seen.page.keyboard.press("Enter")
    assert seen.page.evaluate("document.activeElement.id") == "main"
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("document.activeElement.closest('main') !== null")


def test_boxes_can_be_ticked_by_hand_and_by_key(opened: Open) -> None:
    seen = opened()
    box = seen.page.locator("article .todos input").first
    seen.page.locator("article .todos label span").first.click()
    assert box.is_checked()
    box.focus()
    seen.page.keyboard.press("Space")
    assert not box.is_checked()
    heights = seen.run("[...document.querySelectorAll('.todo')].map(e => e.getBoundingClientRect().height)")
    assert min(heights) >= 24


def test_details_open_by_key(opened: Open) -> None:
    seen = opened()
    closed = seen.page.locator("article details:not([open])").first
    table = closed.locator("table")
    assert not table.is_visible()
    summary = closed.locator("summary")
    summary.focus()
    first = seen.page.locator("article details").first
    seen.page.keyboard.press("Enter")
    assert first.locator("table").first.is_visible()


def test_readers_of_screens_find_their_way(opened: Open) -> None:
    seen = opened()
    page = seen.page
    for role in ("banner", "main", "navigation", "contentinfo"):
        assert page.get_by_role(role).count() == 1, role
    flows = seen.run("document.querySelectorAll('article').length")
    assert page.get_by_role("article").count() == flows
    assert all(
        page.get_by_role("article").nth(number).get_attribute("aria-labelledby") for number in range(flows)
    )
    assert page.get_by_role("img").count() >= flows
    names = seen.run("[...document.querySelectorAll('input')].map(e => e.labels[0].innerText.trim())")
    assert all(names)


# --- paper ------------------------------------------------------------------------------------------


def test_on_paper(opened: Open) -> None:
    seen = opened(scheme="dark")
    seen.page.emulate_media(media="print")
    assert not seen.page.locator(".skip").is_visible()
    folded = "[...document.querySelectorAll('details:not([open]) table')].map(e => e.checkVisibility())"
    assert seen.run(folded)
    assert all(seen.run(folded))
    kept = seen.run("[...document.querySelectorAll('.card')].map(e => getComputedStyle(e).breakInside)")
    assert set(kept) == {"avoid"}
    boxes = seen.run(
        "[...document.querySelectorAll('input')]"
        ".map(e => e.getBoundingClientRect().width * e.checkVisibility())"
    )
    assert min(boxes) >= 12
    assert seen.page.pdf(format="A4").startswith(b"%PDF")


# --- small pages ------------------------------------------------------------------------------------


def test_a_page_with_nothing_on_it(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    file = tmp_path / "nothing.html"
    file.write_bytes(jwt2oauth(tmp_path / "tree", "scan", "--format", "html").stdout)
    for width, scheme in itertools.product(WIDTHS, ("light", "dark")):
        seen = opened(width, scheme, file)
        assert seen.said == []
        assert seen.run("document.documentElement.scrollWidth") <= width
        assert [pair for pair in seen.run(CONTRASTS) if pair[0] < 4.5] == []
        assert "Nothing here uses" in seen.page.inner_text("main, header")


def test_the_report_beside_the_patches(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples.install(monkeypatch)
    tree = samples.write(tmp_path / "tree")
    jwt2oauth(tree, "fix", "--patches", "../patches")
    seen = opened(file=tmp_path / "patches" / "report.html")
    assert seen.said == []
    assert "The patches lie beside this page, one a flow." in seen.page.inner_text("main")

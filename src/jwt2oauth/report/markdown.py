"""``--format markdown``: the report for an issue or a wiki, in GitHub's Markdown.

Names and places stand in code spans, code in a fence longer than any run of backticks inside; everything
else is escaped, so that no text becomes a tag, a link, a mention or a heading.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from .. import __version__
from ..escape import escape
from ..model import FileDiff, Finding, Hunk, Report, Skipped, Unfixed
from ..rules.tables import Rules
from .facts import Card, Facts, Lone, View, day, file_sums, gather, lead
from .shared import Shared, count, stale
from .sidebyside import KEPT, LONG

T = TypeVar("T")

LIMIT = 65_000
"""Characters that an issue takes, roughly: a diff that leads beyond them is left out, and that is said."""

_SPECIAL = re.compile(
    r"[\\`*\[\]|~$]|(?<!\w)_|_(?!\w)|^[#+=-]|(?<=^\d)[.)]"  # formatting
    r"|[<>&]"  # tags and entities
    r"|(?<=@)(?=\w)|(?<=#)(?=\d)|(?<=\bGH-)(?=\d)|(?<=://)|(?<=www)(?=\.)"  # mentions, references, addresses
)


def render(report: Report, rules: Rules, view: View) -> bytes:
    """Give the report as Markdown in UTF-8; same report, same bytes."""
    facts = gather(report, rules, view)
    head, tail = list(_head(report, facts, rules, view)), list(_tail(report, facts))
    cards = [(card, list(_card(card, rules))) for card in facts.cards]
    room = LIMIT - sum(
        len(block) + 2 for part in (head, tail, *(blocks for _, blocks in cards)) for block in part
    )
    blocks = head
    for card, words in cards:
        blocks += words
        for diff in card.diffs:
            block = _change(diff)
            if len(block) > room:
                block = (
                    f"The change of {code(diff.path)} is too long here: {code(view.fix('--diff'))} shows it."
                )
            blocks.append(block)
            room -= len(block) + 2
    return ("\n\n".join([*blocks, *tail]) + "\n").encode("utf-8")


def code(text: str) -> str:
    """Give a text of a customer as a code span."""
    text = escape(text) or " "
    fence = "`" * (_ticks(text) + 1)
    blank = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{blank}{text}{blank}{fence}"


def prose(text: str) -> str:
    """Give a sentence as it is, whatever stands in it."""
    return _SPECIAL.sub(_spelled, escape(text).strip())


def _spelled(match: re.Match[str]) -> str:
    found = match.group()
    if not found:
        return "<!-- -->"
    return html.escape(found, quote=False) if found in "<>&" else f"\\{found}"


def _ticks(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _head(report: Report, facts: Facts, rules: Rules, view: View) -> Iterator[str]:
    name = f": {code(view.project)}" if view.project else ""
    yield f"# From JWT to OAuth{name}"
    yield f"**{prose(lead(report, facts))}**"
    if facts.cards:
        ended = day(rules.provider.ended)
        yield (
            f"Adobe ended the Service Account (JWT) credential on {ended}."
            " What replaces it is OAuth Server-to-Server."
        )
        yield "\n".join(
            [
                "| | Flow | Kind | Standing | Confidence |",
                "|--:|---|---|---|---|",
                *(_row(card) for card in facts.cards),
            ]
        )
    sums = " + ".join(f"{number:,} {words}" for words, number in file_sums(report.files) if number)
    yield f"{count(report.files.seen, 'file')} seen{f' = {sums}' if sums else ''}."
    if facts.ready and view.mode != "patches":
        yield f"{code(view.fix('--diff'))} shows the changes as a patch, {code(view.fix())} writes them."
    yield "## Adobe’s eight steps"
    yield f"From [Adobe’s guide to this migration]({rules.provider.article}):"
    yield "\n".join(_steps(facts))
    if facts.shared:
        yield "## To do once"
        yield "\n".join(map(_shared, facts.shared))


def _shared(one: Shared) -> str:
    whose = f" (flows {', '.join(map(str, one.numbers))})" if one.numbers else ""
    return f"- [ ] {prose(one.text)}{whose}"


def _row(card: Card) -> str:
    sure = card.confidence.value if card.confidence is not None else ""
    title = code(card.flow.title).replace("|", "\\|")  # in a table, and only there, this is a bar
    return f"| {card.number} | {title} | {prose(card.kind)} | {card.standing.word} | {sure} |"


def _steps(facts: Facts) -> Iterator[str]:
    for step, found in facts.steps:
        here = [f"{number} {standing.phrase}" for standing, number in facts.standings]
        yield f"{step.number}. [ ] {prose(step.title)}"
        if step.where == "code" and here:
            yield f"   - **Here: {', '.join(here)}**"
        yield from (f"   - {prose(title)}: {count(number, 'place')}" for title, number in found)


def _card(card: Card, rules: Rules) -> Iterator[str]:
    flow, rewrite = card.flow, card.rewrite
    yield f"## {card.number}. {code(flow.title)}"
    sure = f" · confidence {card.confidence.value}" if card.confidence is not None else ""
    yield f"**{card.standing.word}** · {prose(card.kind)}{sure}"
    if rewrite is not None:
        yield f"{prose(rewrite.title.rstrip('.'))}. {card.standing.sentence}"
    elif flow.unfixed is not None:
        yield "\n".join(_reason(flow.unfixed, rules))
    else:
        yield card.standing.sentence
    if flow.trace:
        yield "\n".join(_way(card))
    if rewrite is not None and rewrite.notes:
        yield "**Check**"
        yield "\n".join(f"- {prose(note)}" for note in rewrite.notes)
    if card.todos:
        yield "**To do**"
        yield "\n".join(f"- [ ] {prose(todo)}" for todo in card.todos)


def _way(card: Card) -> Iterator[str]:
    for number, stop in enumerate(card.way, 1):
        yield f"{number}. {code(stop.place.label)} {prose(stop.place.note)}".rstrip()


def _reason(reason: Unfixed, rules: Rules) -> Iterator[str]:
    title = rules.unfixed[reason.reason].title if reason.reason in rules.unfixed else "Left alone"
    yield f"**{prose(title)}.** {prose(reason.message)}"
    yield ""
    yield "\n".join(f"- [ ] {prose(step)}" for step in (reason.next_step, *reason.todos))


def _change(diff: FileDiff) -> str:
    """Fold a diff; within the HTML of its summary nothing is read as Markdown."""
    lines = [line for hunk in diff.hunks for line in _hunk(hunk)]
    fence = "`" * max(3, 1 + max(map(_ticks, lines), default=0))
    masked = ", with keys or secrets masked" if diff.masked else ""
    summary = (
        f"<details><summary>The change of <code>{html.escape(escape(diff.path))}</code>{masked}</summary>"
    )
    return "\n".join([summary, "", f"{fence}diff", *lines, fence, "", "</details>"])


def _hunk(hunk: Hunk) -> Iterator[str]:
    old = sum(sign != "+" for sign, _ in hunk.lines)
    new = sum(sign != "-" for sign, _ in hunk.lines)
    cell = f" cell {hunk.cell}" if hunk.cell else ""
    yield f"@@ -{hunk.before},{old} +{hunk.after},{new} @@{cell}"
    for sign, text in hunk.lines:
        text = text.rstrip("\r\n")
        if len(text) > LONG:
            text = f"{text[:KEPT]} … {len(text) - 2 * KEPT:,} more characters … {text[-KEPT:]}"
        yield sign + "\t".join(map(escape, text.split("\t")))


def _tail(report: Report, facts: Facts) -> Iterator[str]:
    yield from _listed("Outside of flows", facts.lone, _lone)
    yield from _listed("Marked as known", facts.known, _known)
    if report.stale:
        yield stale(report)
        yield "\n".join(f"- {code(entry)}" for entry in report.stale)
    yield from _listed("Could not be written", report.lost, _file)
    yield from _listed("Could not be examined", report.files.failed, _file)
    if report.files.skipped:
        many = count(len(report.files.skipped), "file")
        rows = "\n".join(map(_file, report.files.skipped))
        yield f"<details><summary>Passed over: {many}</summary>\n\n{rows}\n\n</details>"
    yield f"Made by jwt2oauth {__version__}. Keys and secrets are masked as `•••`."


def _listed(heading: str, items: Sequence[T], line: Callable[[T], str]) -> Iterator[str]:
    if items:
        yield f"## {heading}"
        yield "\n".join(map(line, items))


def _lone(one: Lone) -> str:
    if one.reason is None:
        return _finding(one.finding)
    return f"{_finding(one.finding)} {prose(one.reason.message)}\n  - [ ] {prose(one.reason.next_step)}"


def _finding(finding: Finding) -> str:
    return f"- {code(finding.place.label)} {prose(finding.message)} ({finding.rule})"


def _known(finding: Finding) -> str:
    return f"{_finding(finding)}, by {'the baseline' if finding.known else 'a comment'}"


def _file(file: Skipped) -> str:
    return f"- {code(file.path)} {prose(file.reason)}"

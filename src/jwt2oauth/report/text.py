"""``--format text``: the report as one would show it to a colleague.

First each flow with its trace from the key to the token, what becomes of it and what to check; then
what was found outside of flows, and what is known in a line each; then a summary that adds up, and what is
left to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ..model import Finding, Flow, Report, Rewrite, Safety, Skipped, Unfixed
from ..records import dataclass
from .page import BAD, CARE, CODE, GOOD, HEAD, PATH, QUIET, STOP, Page, Segment
from .shared import Shared, count, shared, stale

LABEL = 12
"""Width of the column of labels."""

SAFETY = {
    Safety.REVIEW: ("review", "it changes how the program authenticates, so read it before you merge it"),
    Safety.SAFE: ("safe", "nothing that runs can notice the difference"),
}


Step = tuple[Segment, ...]
"""Something to do, in words and commands."""


@dataclass(frozen=True, slots=True)
class View:
    """How a report is shown: what was done with it, and to whom it speaks."""

    mode: str = "scan"
    """``scan``, ``fix``, ``diff`` or ``patches``."""
    fixed: frozenset[str] = frozenset()
    """The flows that were written."""
    command: str = ""
    """The paths and options to repeat in a command that the reader may copy."""
    by_hand: tuple[str, ...] = ()
    """Files whose patch hides a secret and does not apply."""
    advice: tuple[Step, ...] = ()
    """Further steps that the mode asks for."""
    width: int = 100
    quiet: bool = False
    verbose: bool = False


def render(report: Report, view: View) -> Page:
    """Lay the report out."""
    page = Page(view.width)
    if not view.quiet:
        flows = _shown(report, view)
        for number, flow in enumerate(flows, 1):
            _flow(page, report, view, flow, f"Flow {number} of {len(flows)}" if len(flows) > 1 else "Flow")
        _alone(page, report)
        _known(page, report, view)
        _files(page, "Could not be written", report.lost, BAD)
        _files(page, "Could not be examined", report.files.failed, BAD)
        if view.verbose:
            _files(page, "Passed over", report.files.skipped, QUIET)
    if not (report.flows or report.findings):
        page.gap()
        page.flow([], [(_nothing(report), "")])
    else:
        _summary(page, report, view)
    if not view.quiet:
        _left(page, report, view)
    return page


def rule_page(title: str, rule: str, facts: Sequence[tuple[str, str]], width: int = 100) -> Page:
    """Lay out a page of the catalog: a title, then paragraphs under headings."""
    page = Page(width)
    page.line((title, HEAD))
    page.line((rule, QUIET))
    for heading, text in facts:
        page.gap()
        if heading:
            page.line((heading, HEAD))
        _prose(page, text)
    return page


def _prose(page: Page, text: str) -> None:
    """Add a text of ours in Markdown: paragraphs and lists are wrapped, code and tables keep their lines."""
    for number, block in enumerate(text.strip("\n").split("\n\n")):
        if number:
            page.gap()
        lines = block.split("\n")
        if block.startswith("    "):
            for line in lines:
                page.line((f"  {line}", ""))
        elif block.startswith("|"):
            _table(page, lines)
        else:
            for item in _paragraphs(block):
                bullet = item.startswith(("- ", "* "))
                page.flow([("  – " if bullet else "  ", "")], [(item[2:] if bullet else item, "")])


def _table(page: Page, lines: Sequence[str]) -> None:
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    rows = [row for row in rows if any(cell.strip("-: ") for cell in row)]
    widths = [max(len(row[column]) for row in rows if column < len(row)) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        lead = "".join(cell.ljust(width + 2) for cell, width in zip(row[:-1], widths, strict=False))
        page.flow([("    ", ""), (lead, "" if number else QUIET)], [(row[-1], "" if number else QUIET)])


def _paragraphs(block: str) -> list[str]:
    """Join the lines of a paragraph; a line that begins a list item begins anew."""
    items: list[str] = []
    for line in block.split("\n"):
        if items and not line.startswith(("- ", "* ")):
            items[-1] += f" {line.strip()}"
        else:
            items.append(line.strip())
    return items


def _shown(report: Report, view: View) -> list[Flow]:
    """Give the flows to be shown in full: all that count."""
    return [flow for flow in report.flows if view.verbose or not _is_known(flow)]


def _is_known(flow: Flow) -> bool:
    return flow.rewrite is None and flow.unfixed is None


def _flow(page: Page, report: Report, view: View, flow: Flow, heading: str) -> None:
    page.gap()
    page.line((heading, QUIET), (" · ", QUIET), (flow.title, HEAD))
    page.line()
    _trace(page, report, flow)
    page.line()
    if flow.rewrite is not None and flow.rewrite.safety > Safety.MANUAL:
        _rewrite(page, report, view, flow, flow.rewrite)
    elif flow.unfixed is not None:
        _unfixed(page, flow.unfixed)
    else:
        page.flow(_label("Left alone"), [(f"It is known: {_by(_findings(report, flow))}.", "")])


def _trace(page: Page, report: Report, flow: Flow) -> None:
    """The places of a flow on a rail, each with what happens there and the rule that says so."""
    rules = _rules(report, flow)
    names = [place.label for place in flow.trace]
    column = min(max(map(len, names), default=0), page.width // 2)
    notes = max((len(place.note) for place in flow.trace), default=0)
    longest = max(map(len, rules.values()), default=0)
    # The rules stand in a column of their own where there is room for one.
    pad = notes if 4 + column + 2 + notes + 2 + longest <= page.width else 0
    last = len(flow.trace) - 1
    for index, (place, name) in enumerate(zip(flow.trace, names, strict=True)):
        rail = "─" if last == 0 else "┌" if index == 0 else "└" if index == last else "├"
        rule = rules.get((place.path, place.span.start, place.span.end), "")
        lead = [(f"  {rail} ", QUIET), (name.ljust(column), PATH), ("  ", "")]
        if pad:
            page.line(*lead, (place.note.ljust(pad), ""), (f"  {rule}", QUIET))
        else:
            page.flow(lead, [(place.note, ""), *([(f"({rule})", QUIET)] if rule else [])])


def _rules(report: Report, flow: Flow) -> dict[tuple[str, int, int], str]:
    found: dict[tuple[str, int, int], str] = {}
    for finding in _findings(report, flow):
        where = (finding.place.path, finding.place.span.start, finding.place.span.end)
        word = f"{finding.rule}, {_state(finding)}" if finding.suppressed else finding.rule
        found[where] = f"{found[where]}, {word}" if where in found else word
    return found


def _findings(report: Report, flow: Flow) -> list[Finding]:
    mine = set(flow.findings)
    return [finding for finding in report.findings if finding.fingerprint in mine]


def _rewrite(page: Page, report: Report, view: View, flow: Flow, rewrite: Rewrite) -> None:
    word, meaning = SAFETY[rewrite.safety]
    colour = GOOD if rewrite.safety is Safety.SAFE else CARE
    title = rewrite.title.rstrip(".") + "."
    if flow.id in view.fixed:
        page.flow(_label("Rewritten"), [(title, GOOD)])
    else:
        page.flow(_label("Fix"), [(title, "")])
    page.flow(_label("Safety"), [(word, colour), (f"– {meaning}.", "")])
    files = sorted({edit.path for edit in rewrite.edits})
    page.flow(_label("Files"), [(", ".join(files), PATH)])
    _items(page, "Check", rewrite.notes)
    common = {one.text for one in _common(report, view)}
    _items(page, "To do", [todo for todo in rewrite.todos if todo not in common])


def _unfixed(page: Page, reason: Unfixed) -> None:
    page.flow(_label("Left alone"), [(reason.message, STOP)])
    page.flow(_label("Next step"), [(reason.next_step, "")])
    _items(page, "To do", reason.todos)
    page.flow(_label(""), [(f"jwt2oauth explain {reason.reason}", QUIET)])


def _label(word: str) -> list[Segment]:
    return [("  ", ""), (word.ljust(LABEL), QUIET)]


def _items(page: Page, label: str, items: Iterable[str]) -> None:
    for index, item in enumerate(items):
        page.flow([*_label("" if index else label), ("– ", QUIET)], [(item, "")])


def _alone(page: Page, report: Report) -> None:
    """What belongs to no flow, each with the reason why it was left."""
    alone = [finding for finding in report.findings if finding.flow is None and not finding.suppressed]
    if not alone:
        return
    reasons = {reason.fingerprint: reason for reason in report.unfixed}
    page.gap()
    page.line(("Outside of flows", HEAD))
    for finding in alone:
        page.line()
        _finding(page, finding)
        reason = reasons.get(finding.fingerprint)
        if reason is not None:
            _unfixed(page, reason)


def _finding(page: Page, finding: Finding) -> None:
    words: list[Segment] = [(finding.message, ""), (f"({finding.rule})", QUIET)]
    page.flow([("  ─ ", QUIET), (finding.place.label, PATH), ("  ", "")], words)


def _known(page: Page, report: Report, view: View) -> None:
    """What is marked as known, in a line each: it is there, and it does not count."""
    flows = [] if view.verbose else [flow for flow in report.flows if _is_known(flow)]
    alone = [finding for finding in report.findings if finding.flow is None and finding.suppressed]
    if not (flows or alone):
        return
    page.gap()
    page.line(("Known", HEAD))
    for flow in flows:
        found = _findings(report, flow)
        words = f"{count(len(found), 'finding')}: {_by(found)}"
        page.flow([("  ─ ", QUIET), (flow.title, PATH), ("  ", "")], [(words, QUIET)])
    for finding in alone:
        page.flow(
            [("  ─ ", QUIET), (finding.place.label, PATH), ("  ", "")],
            [(f"{finding.rule}: {_by([finding])}", QUIET)],
        )


def _by(findings: Sequence[Finding]) -> str:
    """Say who marks findings as known."""
    marks = {finding.known for finding in findings if finding.suppressed}
    return " and ".join(
        [
            *(["a comment marks it"] if False in marks else []),
            *(["the baseline lists it"] if True in marks else []),
        ]
    )


def _state(finding: Finding) -> str:
    """Say why a finding does not count."""
    return "known" if finding.known else "ignored"


def _files(page: Page, heading: str, files: Sequence[Skipped], style: str) -> None:
    if not files:
        return
    page.gap()
    page.line((heading, style))
    for file in files:
        page.flow([("  ─ ", QUIET), (file.path, PATH), ("  ", "")], [(file.reason, "")])


def _nothing(report: Report) -> str:
    if report.files.failed:
        return f"Nothing found in what could be examined. {_seen(report)}"
    return f"Nothing found. {_seen(report)}"


def _seen(report: Report) -> str:
    files = report.files
    parts = [f"{files.clean:,} without a trace of the credential", f"{files.parsed:,} examined closely"]
    if files.failed:
        parts.append(f"{len(files.failed):,} that could not be examined")
    if files.skipped:
        parts.append(f"{len(files.skipped):,} passed over")
    total = count(files.seen, "file")
    return f"{total} seen." if files.seen == files.clean else f"{total} seen: {', '.join(parts)}."


def _summary(page: Page, report: Report, view: View) -> None:
    page.gap()
    page.line(("Summary", HEAD))
    if report.flows:
        page.flow(_label("Flows"), [(_flow_sum(report, view), "")])
    page.flow(_label("Findings"), [(_finding_sum(report), "")])
    page.flow(_label("Files"), [(_seen(report), "")])
    if report.written:
        verb = {"fix": "written", "diff": "would change", "patches": "changed by the patches"}.get(
            view.mode, ""
        )
        page.flow(_label(""), [(f"{count(len(report.written), 'file')} {verb}.", "")])


def _flow_sum(report: Report, view: View) -> str:
    rewritten = sum(flow.id in view.fixed for flow in report.flows)
    rest = [flow for flow in report.flows if flow.id not in view.fixed]
    grades = Counter(flow.rewrite.safety for flow in rest if flow.rewrite is not None)
    ready = ", ".join(f"{grades[grade]} {grade.word}" for grade in sorted(grades) if grade > Safety.MANUAL)
    can = sum(count for grade, count in grades.items() if grade > Safety.MANUAL)
    parts = [f"{rewritten} rewritten"] if rewritten else []
    if can:
        verb = "could not be written" if view.mode == "fix" else "can be rewritten"
        parts.append(f"{can} {verb} ({ready})")
    known = sum(map(_is_known, rest))
    if len(rest) - can - known:
        parts.append(f"{len(rest) - can - known} left alone")
    if known:
        parts.append(f"{known} known")
    return f"{len(report.flows)}: {', '.join(parts)}."


def _finding_sum(report: Report) -> str:
    inside = sum(finding.flow is not None for finding in report.findings)
    known = sum(finding.known for finding in report.findings)
    marked = sum(finding.suppressed for finding in report.findings) - known
    parts = [f"{inside} in flows"] if inside else []
    if len(report.findings) - inside:
        parts.append(f"{len(report.findings) - inside} outside of flows")
    silent = [f"{marked} of them ignored by a comment"] if marked else []
    silent += [f"{known} of them known (baseline)"] if known else []
    return "; ".join([f"{len(report.findings)}: {', '.join(parts)}", *silent]) + "."


def _left(page: Page, report: Report, view: View) -> None:
    """What a person still has to do, in the order in which to do it."""
    steps: list[Step] = [*_commands(report, view), *view.advice]
    alone = [flow for flow in report.flows if flow.unfixed is not None]
    steps += [((f"Look at what was left alone: {flow.title}.", ""),) for flow in alone]
    steps += [((f"Look at {file.path}: {file.reason}.", ""),) for file in report.files.failed]
    steps += [((_said(one), ""),) for one in _common(report, view)]
    if report.stale:
        steps.append(((f"{stale(report)} write it anew with", ""), ("jwt2oauth baseline", CODE)))
    if not steps:
        return
    page.gap()
    page.line(("What is left to do", HEAD))
    for number, step in enumerate(steps, 1):
        page.flow([(f"  {number:>{len(str(len(steps)))}}. ", QUIET)], step)


def _commands(report: Report, view: View) -> list[Step]:
    ready = [flow for flow in report.flows if flow.rewrite is not None and flow.id not in view.fixed]
    tail = f" {view.command}" if view.command else ""
    write: Step = (("Write the changes:", ""), (f"jwt2oauth fix{tail}", CODE))
    if view.mode == "scan" and ready:
        return [(("Read the changes:", ""), (f"jwt2oauth fix --diff{tail}", CODE)), write]
    if view.mode == "diff" and view.by_hand:
        files = ", ".join(view.by_hand)
        why = f"The patch of {files} hides a secret, so git does not apply it. Let the tool write it:"
        return [((why, ""), (f"jwt2oauth fix{tail}", CODE))]
    if view.mode == "diff" and ready:
        return [write]
    done: list[Step] = []
    if view.mode == "fix" and view.fixed:
        done = [(("Read it with", ""), ("git diff", CODE), ("before you run your tests and commit.", ""))]
    if report.lost:
        names = ", ".join(dict.fromkeys(file.path for file in report.lost))
        again = f"See to what kept {names} from being written; every flow is whole. Then once more:"
        done.append(((again, ""), (f"jwt2oauth fix{tail}", CODE)))
    return done


def _common(report: Report, view: View) -> tuple[Shared, ...]:
    """What more than one flow asks for, or the only one: said once, at the end."""
    rewrites = [flow.rewrite for flow in _shown(report, view)]
    asking = [rewrite for rewrite in rewrites if rewrite is not None]
    if len(asking) == 1:
        return tuple(Shared(todo, ()) for todo in asking[0].todos)
    return shared(rewrites)


def _said(one: Shared) -> str:
    """Give something to do, with the numbers of the flows that ask for it, if not all do."""
    if not one.numbers:
        return one.text
    numbers = ", ".join(map(str, one.numbers[:-1]))
    return f"{one.text.rstrip('.')} (flows {numbers} and {one.numbers[-1]})."

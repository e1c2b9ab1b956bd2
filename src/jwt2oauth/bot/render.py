"""The words of a review: a comment a flow, where the diff shows it, and one summary with the rest.

A change-set that fits between the lines of one hunk is a suggestion that the author commits by a click. Every
other one is a patch in the summary, because a forge takes no suggestion for several files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .. import __version__, patches
from ..engine import Outcome
from ..markdown import code, fenced, words
from ..model import Place, Rewrite, Severity, Skipped, secrets_of
from ..redact import Redactor
from ..report.machine import HOME
from ..report.shared import Shared, shared
from ..rules.tables import Rules
from ..series import Change, series
from .anchors import NOWHERE, Anchor, Diff, Replacement, replacement
from .marks import BODY, SUMMARY, marker
from .subjects import Subject

INLINE = 30
"""Comments in the diff, at most."""
NAMED = 3
"""Flows that are named where several ask for something; more are counted."""


@dataclass(frozen=True, slots=True)
class Note:
    """A comment in the diff."""

    name: str
    """The fingerprint that it is known by."""
    names: frozenset[str]
    """All fingerprints of its flow: a comment that is known by one of them is the same."""
    anchor: Anchor
    body: str


@dataclass(frozen=True, slots=True)
class Notice:
    """The same in one line, for a log."""

    severity: Severity
    title: str
    text: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Review:
    """All that a pull request is told."""

    notes: tuple[Note, ...]
    summary: str
    notices: tuple[Notice, ...]
    names: frozenset[str]
    """The fingerprints of all that it speaks of."""
    found: bool
    """Is there anything to speak of?"""


@dataclass(frozen=True, slots=True)
class Style:
    """How a forge wants things said."""

    suggestion: Callable[[int], str]
    """What stands behind the fence of a suggestion that replaces so many lines, the comment's the last."""
    longest: int
    """Lines that a suggestion may replace."""


GITHUB = Style(lambda _: "suggestion", 1_000)
GITLAB = Style(lambda lines: f"suggestion:-{lines - 1}+0", 101)

Link = Callable[[str, int], str]
"""Gives the address of a line of a file."""


class Writer:
    """Writes the review of one pull request."""

    def __init__(
        self,
        outcome: Outcome,
        found: Sequence[Subject],
        rules: Rules,
        *,
        style: Style,
        prefix: str,
        head: str,
        base: str = "",
        link: Link | None = None,
        failed: Sequence[Skipped] = (),
    ) -> None:
        """Take what was found, and the files that could not be examined.

        ``prefix`` leads from the top of the repository to where paths begin; ``base`` is what the author may
        give to ``--since``.
        """
        self._outcome = outcome
        spoken = {spot.path for subject in found for spot in subject.spots}
        self._failed = [file for file in failed if file.path not in spoken]
        self._found = found
        self._secrets = secrets_of(subject.flow for subject in found if subject.flow is not None)
        self._rules = rules
        self._style = style
        self._link = link
        self._prefix = f"{prefix}/" if prefix else ""
        self._head = head
        self._base = base
        self._shared = shared([_rewrite_of(subject) for subject in found])

    def review(self, diff: Diff = NOWHERE) -> Review:
        """Give the review with comments where ``diff`` shows the lines; the rest is in the summary."""
        notes: dict[str, Note] = {}
        suggested: set[str] = set()
        for subject in self._found:
            note, is_suggestion = self._note(subject, diff) if len(notes) < INLINE else (None, False)
            if note is not None:
                notes[subject.lead.fingerprint] = note
                suggested |= {subject.lead.fingerprint} if is_suggestion else set()
        return Review(
            tuple(notes.values()),
            self._summary(notes, suggested),
            (*map(self._notice, self._found), *map(self._failure, self._failed)),
            frozenset(name for subject in self._found for name in subject.names),
            bool(self._found or self._failed),
        )

    # -- in the diff ----------------------------------------------------------------------------------

    def _note(self, subject: Subject, diff: Diff) -> tuple[Note | None, bool]:
        name = subject.lead.fingerprint
        suggestion = self._suggestion(subject, diff)
        if suggestion is not None:
            anchor, change = suggestion
            body = self._body(subject, self._suggested(change))
            if len(body) <= BODY:
                return Note(name, subject.names, anchor, body), True
        for spot in subject.spots:
            found = diff.best(self._prefix + spot.path, spot.touched or spot.lines)
            if found is not None:
                return Note(name, subject.names, found, self._body(subject, self._elsewhere(subject))), False
        return None, False

    def _suggestion(self, subject: Subject, diff: Diff) -> tuple[Anchor, Replacement] | None:
        """Give the change of a flow if it fits into one hunk and hides nothing."""
        if not subject.rewritten:
            return None
        files = self._changes([subject])
        if len(files) != 1:
            return None
        ((path, (before, after)),) = files.items()
        if after is None:
            return None
        change = replacement(before, after)
        if change is None or change.line - change.start >= self._style.longest:
            return None
        if _hides(path, before, after, change, self._secrets):
            return None
        anchor = diff.anchor(self._prefix + path, change.start, change.line)
        return (anchor, change) if anchor is not None else None

    def _suggested(self, change: Replacement) -> str:
        return fenced(change.text, self._style.suggestion(change.line - change.start + 1))

    def _elsewhere(self, subject: Subject) -> str:
        """Say where the change is, if there is one, or why there is none."""
        if subject.rewritten:
            names = _listed(code(self._prefix + path) for path in self._changes([subject]))
            return f"The change is in {names}: the summary comment of this pull request has it."
        if subject.reason is not None:
            return f"**To be done by hand.** {_why(subject)}"
        return words(self._rules.catalog[subject.lead.rule].summary)

    def _body(self, subject: Subject, change: str) -> str:
        rule = self._rules.catalog[subject.lead.rule]
        rewrite = _rewrite_of(subject)
        parts = [f"**{words(rule.title)}.** {words(subject.lead.message)}"]
        if rewrite is not None:
            parts.append(f"{words(rewrite.title.rstrip('.'))}:" if change.startswith("`") else "")
        foot = [
            f"<sub>{code(rule.id)} · [Adobe’s guide]({rule.link})</sub>",
            marker(subject.lead.fingerprint),
        ]
        parts = [part for part in (*parts, change, *self._lists(subject), *self._trace(subject)) if part]
        while len(body := "\n\n".join((*parts, *foot))) > BODY and parts[-1] != change:
            parts.pop()
        return body

    def _lists(self, subject: Subject) -> Iterator[str]:
        """Give what to check, and what is left to do; what several ask for is in the summary."""
        rewrite = _rewrite_of(subject)
        if rewrite is None:
            return
        if rewrite.notes:
            yield "**To check**\n\n" + "\n".join(f"- {words(note)}" for note in rewrite.notes)
        elsewhere = {one.text for one in self._shared}
        own = [todo for todo in rewrite.todos if todo not in elsewhere]
        if own:
            yield "**To do**\n\n" + "\n".join(f"- [ ] {words(todo)}" for todo in own)
        if len(own) < len(rewrite.todos):
            yield f"{'What else' if own else 'What'} there is to do stands once in the summary comment."

    def _trace(self, subject: Subject) -> Iterator[str]:
        if subject.flow is None or len(subject.flow.trace) < 2:
            return
        places = [(code(self._prefix + place.label), place.note) for place in subject.flow.trace]
        steps = "\n".join(f"1. {label} {words(note)}" for label, note in places)
        yield f"<details><summary>From the key to the token</summary>\n\n{steps}\n\n</details>"

    # -- the summary ----------------------------------------------------------------------------------

    def _summary(self, notes: Mapping[str, Note], suggested: set[str]) -> str:
        head = f"### Adobe’s Service Account (JWT) credential\n\n{self._verdict()}"
        room = BODY - len(head) - len(self._foot()) - 1_000
        listed = _fitting([self._item(subject, notes, suggested) for subject in self._found], room // 2)
        once = self._once(room // 4)
        failed = _fitting([self._unseen(file) for file in self._failed], room // 8)
        room -= len(listed) + len(failed) + len(once)
        patch = self._patch(suggested, room)
        unspoken = [subject for subject in self._found if subject.lead.fingerprint not in notes]
        sections = _fitting(
            [part for subject in unspoken for part in self._section(subject)], room - len(patch)
        )
        parts = (head, listed, failed, once, patch, sections, self._foot(), SUMMARY)
        return "\n\n".join(part for part in parts if part)

    def _verdict(self) -> str:
        if not self._found:
            return "No line of this pull request uses it."
        ended = self._rules.provider.ended
        many = f"in **{len(self._found)} places**" if len(self._found) > 1 else "in **one place**"
        return (
            f"This pull request uses it {many}. Adobe has ended it: since {ended.day} {ended:%B %Y} no code"
            " that signs a JWT and exchanges it gets a token any more."
        )

    def _once(self, room: int) -> str:
        """Give what several flows ask for."""
        items = [f"- [ ] {words(one.text)}{self._whose(one)}" for one in self._shared]
        return f"**To do once**\n\n{_fitting(items, room)}" if items else ""

    def _whose(self, one: Shared) -> str:
        if not one.numbers:
            return ""
        named = [self._found[number - 1].flow for number in one.numbers[:NAMED]]
        titles = [code(flow.title) for flow in named if flow is not None]
        more = len(one.numbers) - NAMED
        return f" (for {_listed([*titles, f'{more} more'] if more > 0 else titles)})"

    def _unseen(self, file: Skipped) -> str:
        return f"- {code(self._prefix + file.path)} could not be examined: {words(file.reason)}."

    def _item(self, subject: Subject, notes: Mapping[str, Note], suggested: set[str]) -> str:
        """Give the line of one flow or finding in the list."""
        name = subject.lead.fingerprint
        rule = self._rules.catalog[subject.lead.rule]
        place = subject.lead.place
        title = subject.flow.title if subject.flow is not None else ""
        named = "" if title == place.path else code(title.removesuffix(f" ({place.path})"))
        where = self._linked(place)
        if subject.flow is None:
            where = f"{words(rule.title)}, {where}"
        elif named:
            where = f"{named} in {where}"
        if name in suggested:
            what = "a comment suggests the change"
        elif subject.rewritten:
            what = "the patch is below" + ("; a comment says what to check" if name in notes else "")
        elif subject.reason is not None:
            what = f"to be done by hand. {_why(subject)}"
        else:
            what = words(subject.lead.message)
        return f"- {where}: {what}"

    def _section(self, subject: Subject) -> list[str]:
        """Give what a comment would have said of a flow that no line of the diff shows."""
        lists = "\n\n".join(self._lists(subject))
        return [f"#### {code(subject.flow.title)}\n\n{lists}"] if subject.flow is not None and lists else []

    def _patch(self, suggested: set[str], room: int) -> str:
        """Give one patch of as many flows as there is room for; none if suggestions do it all."""
        flows = [subject for subject in self._found if subject.rewritten]
        if all(subject.lead.fingerprint in suggested for subject in flows):
            return ""
        for count in range(len(flows), 0, -1):
            files = {self._prefix + path: c for path, c in self._changes(flows[:count]).items()}
            patch = patches.diff(files, self._secrets)
            block = fenced(patch.data.decode("utf-8", "replace"), "diff")
            left = [subject.flow.title for subject in flows[count:] if subject.flow is not None]
            text = self._around(block, patch, left)
            if len(text) <= room:
                return text
        return f"The patch is too long for a comment. {self._fix()} on this branch writes it."

    def _fix(self) -> str:
        """Give the command by which the author gets what is shown here, and nothing else."""
        return code(f"jwt2oauth fix --since {self._base}" if self._base else "jwt2oauth fix")

    def _around(self, block: str, patch: patches.Patch, left: Sequence[str]) -> str:
        how = f"{self._fix()} on this branch writes it"
        if patch.lost or not _survives(patch.data):
            how += "."
        else:
            how += "; so does `git apply`, from a file that holds this."
        if patch.masked:
            how += " Lines with a secret in them are hidden here."
        if left:
            how += f" Too long to be shown as well: {_listed(code(title) for title in left)}."
        return f"<details><summary>The patch</summary>\n\n{how}\n\n{block}\n\n</details>"

    def _foot(self) -> str:
        stays = (
            " · what is to stay takes a comment on its line: `# jwt2oauth: ignore[rule] reason`"
            if self._found
            else ""
        )
        return f"<sub>[jwt2oauth]({HOME}) {__version__}, of {code(self._head[:12])}{stays}</sub>"

    # -- pieces -----------------------------------------------------------------------------------------

    def _notice(self, subject: Subject) -> Notice:
        rule = self._rules.catalog[subject.lead.rule]
        spot = subject.spots[0]
        text = subject.lead.message
        if subject.rewritten:
            text += " jwt2oauth fix rewrites it."
        elif subject.reason is not None:
            text += f" {subject.reason.message} {subject.reason.next_step}"
        line = (spot.touched or spot.lines or (1,))[0]
        return Notice(subject.lead.severity, rule.title, text, self._prefix + spot.path, line)

    def _failure(self, file: Skipped) -> Notice:
        text = f"The file could not be examined: {file.reason}."
        return Notice(Severity.ERROR, "Could not be examined", text, self._prefix + file.path, 1)

    def _changes(self, subjects: Sequence[Subject]) -> dict[str, Change]:
        """Give the files that the rewrites of some flows change, before and after."""
        flows = [subject.flow for subject in subjects if subject.flow is not None]
        whole: dict[str, Change] = {}
        for files in series(self._outcome.originals, flows).values():
            for path, (before, after) in files.items():
                whole[path] = (whole[path][0] if path in whole else before, after)
        return dict(sorted(whole.items()))

    def _linked(self, place: Place) -> str:
        label = code(self._prefix + place.label)
        if self._link is None or place.cell:
            return label
        return f"[{label}]({self._link(self._prefix + place.path, place.line)})"


def _rewrite_of(subject: Subject) -> Rewrite | None:
    """Give the rewrite of a subject, if it is one that may be written."""
    return subject.flow.rewrite if subject.flow is not None and subject.rewritten else None


def _why(subject: Subject) -> str:
    """Say why a flow is left alone, and what to do; the place is said beside it, where it is the same."""
    assert subject.reason is not None, "only what was left alone has a reason"
    message = subject.reason.message.removeprefix(f"{subject.lead.place.label}: ")
    return " ".join(words(text) for text in (message, subject.reason.next_step, *subject.reason.todos))


def _hides(path: str, before: bytes, after: bytes, change: Replacement, secrets: Iterable[str]) -> bool:
    """Say whether a line of a suggestion would have to be masked."""
    shown = Redactor([(path, before), (path, after)], secrets).lines(path, after)
    first, count = change.start - 1, change.text.count("\n")
    return b"".join(shown[first : first + count]).decode("utf-8", "replace") != change.text


def _survives(patch: bytes) -> bool:
    """Say whether a patch is the same after it has been shown on a page and copied from there."""
    try:
        return "\r" not in patch.decode("utf-8")
    except UnicodeDecodeError:
        return False


def _listed(names: Iterable[str]) -> str:
    given = list(names)
    return given[0] if len(given) == 1 else f"{', '.join(given[:-1])} and {given[-1]}"


def _fitting(parts: Sequence[str], room: int) -> str:
    """Join the parts that there is room for, and say how many there is none for."""
    kept: list[str] = []
    for number, part in enumerate(parts):
        room -= len(part) + 1
        if room < 0:
            kept.append(f"- … and {len(parts) - number} more: `jwt2oauth scan` shows them.")
            break
        kept.append(part)
    return "\n".join(kept)

"""Files before and after the flows of a report, one flow upon the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from .edits import apply
from .model import Edit, Flow, Safety
from .notebook import open_text

Change = tuple[bytes, bytes | None]
"""A file before and after; None if it goes."""


def is_rewritten(flow: Flow) -> bool:
    """Say whether a flow has a rewrite that may be written."""
    return flow.rewrite is not None and bool(flow.rewrite.edits) and flow.rewrite.safety > Safety.MANUAL


class Series:
    """Applies flows one after the other.

    An edit that an earlier flow made in the same way (an import that both need) is made once.
    """

    def __init__(self, originals: Mapping[str, bytes]) -> None:
        """Begin with the files as they are."""
        self._originals = originals
        self._made: dict[str, list[Edit]] = {}
        self._now: dict[str, bytes | None] = dict(originals)

    def add(self, flow: Flow) -> dict[str, Change]:
        """Apply one flow more and give its files before and after; what this raises leaves all as it was."""
        made: dict[str, list[Edit]] = {}
        now: dict[str, bytes | None] = {}
        edits = flow.rewrite.edits if flow.rewrite is not None else ()
        for path in sorted({edit.path for edit in edits}):
            earlier = self._made.get(path, [])
            made[path] = [*earlier, *(edit for edit in edits if edit.path == path and edit not in earlier)]
            goes = flow.rewrite is not None and path in flow.rewrite.deleted
            now[path] = None if goes else _applied(path, self._originals[path], made[path])
        before = {path: self._now[path] for path in now}
        self._made |= made
        self._now |= now
        return {
            path: (was, now[path]) for path, was in before.items() if was is not None and now[path] != was
        }


def series(originals: Mapping[str, bytes], flows: Sequence[Flow]) -> dict[str, dict[str, Change]]:
    """Apply flows one after the other; give, for each, its files before and after."""
    applied = Series(originals)
    return {flow.id: applied.add(flow) for flow in flows}


def in_order(
    originals: Mapping[str, bytes], flows: Sequence[Flow], applies: Callable[[Mapping[str, Change]], bool]
) -> tuple[list[Flow], dict[str, dict[str, Change]]]:
    """Put the flows whose patch applies first; give them with their changes, each upon those before it.

    What holds only after a flow whose patch does not apply goes with the very last.
    """
    flows = [flow for flow in flows if is_rewritten(flow)]
    first = [flow for flow in flows if applies(series(originals, [flow])[flow.id])]
    late = [flow for flow in flows if flow not in first]
    while behind := [flow for flow in first if any(other.id in flow.needs for other in late)]:
        first = [flow for flow in first if flow not in behind]
        late += behind
    held: list[Flow] = []
    for number, flow in enumerate(first):
        if any(other in late for other in flows[: flows.index(flow)]):
            held.append(flow)
            first[number] = without_last(flow)
    ordered = first + late
    if held:
        ordered[-1] = _with_last_of(held, ordered[-1])
    return ordered, series(originals, ordered)


def _with_last_of(others: Sequence[Flow], flow: Flow) -> Flow:
    """Put into a flow what the ``others`` do only when all flows before them are rewritten."""
    assert flow.rewrite is not None, "only rewritten flows are put in order"
    rewrites = [other.rewrite for other in others if other.rewrite is not None]
    edits = {edit for rewrite in rewrites for edit in rewrite.last}
    return replace(
        flow,
        rewrite=replace(
            flow.rewrite,
            edits=tuple(sorted({*flow.rewrite.edits, *edits})),
            deleted=(*flow.rewrite.deleted, *(path for rewrite in rewrites for path in rewrite.deleted)),
            notes=(*flow.rewrite.notes, *(note for rewrite in rewrites for note in rewrite.last_notes)),
        ),
    )


def without_last(flow: Flow) -> Flow:
    """Take out what holds only when all flows before this one are rewritten."""
    assert flow.rewrite is not None, "only rewritten flows are written"
    last, said = flow.rewrite.last, flow.rewrite.last_notes
    edits = tuple(edit for edit in flow.rewrite.edits if edit not in last)
    notes = tuple(note for note in flow.rewrite.notes if note not in said)
    return replace(flow, rewrite=replace(flow.rewrite, edits=edits, notes=notes, last=(), last_notes=()))


def _applied(path: str, original: bytes, edits: Sequence[Edit]) -> bytes:
    text = open_text(path, original)
    return text.encode(apply(text.text, edits))

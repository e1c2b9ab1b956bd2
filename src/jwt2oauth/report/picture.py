"""The way of a token as a picture: the facts of a flow as boxes on a rail, with their coordinates.

Text in SVG does not wrap and is not cut off by itself, so both is done here.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

from ..escape import escape
from ..records import dataclass
from ..rules.tables import STAGES, Provider, Stage
from .facts import Card, Stop

WIDTH = 330
NOTE = 38
"""Columns of a note's line."""
LABEL = 36
"""Columns of a place."""
PLACES = 3
"""Places that a box shows; more are counted."""
TOP, LINE, GAP = 8, 18, 18


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text at its height."""

    y: int
    text: str
    kind: str
    """``name``, ``note`` or ``place``."""
    whole: str = ""
    """What the text is a part of, where it is cut."""


@dataclass(frozen=True, slots=True)
class Box:
    """A stage on the rail."""

    icon: str
    tone: str
    """``goes``, ``stays``, ``new`` or ``stop`` (where the trail ends)."""
    y: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes below each other."""

    title: str
    words: str
    """The same in words, for those who do not see it."""
    height: int
    boxes: tuple[Box, ...]
    width: int = WIDTH


@dataclass(frozen=True, slots=True)
class _Stage:
    icon: str
    tone: str
    name: str
    notes: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


NAMES: dict[Stage, str] = {
    "key": "Private key",
    "claims": "Claims",
    "assertion": "Signed assertion",
    "exchange": "Exchange",
    "expiry": "Expiry",
    "": "Credential",
}


def before(card: Card, provider: Provider) -> Picture:
    """Draw the flow as it was found."""
    stages: list[_Stage] = []
    for stage in ("", *STAGES):
        stops = [stop for stop in card.stops if stop.stage == stage]
        if stops:
            stages.append(_found(card, stage, stops))
        if stage == "exchange" and stops:
            stages.append(_Stage("token", "stays", "Access token"))
        if stage == "expiry" and not stops and card.rewrite is not None and card.rewrite.client != "sdk":
            stages.append(
                _Stage("expiry", "changes", NAMES[stage], (f"answered in {provider.exchange_unit}",))
            )
    return _laid_out("Before" if card.rewrite is not None else "The flow", stages)


def after(card: Card, provider: Provider) -> Picture | None:
    """Draw the flow as the rewrite leaves it; None if there is none."""
    rewrite = card.rewrite
    if rewrite is None:
        return None
    stages = {stop.stage for stop in card.stops}
    paths = sorted({stop.place.path for stop in card.stops if stop.stage == "exchange"})
    who, is_sdk = _WHO[rewrite.client], rewrite.client == "sdk"
    request = f"{provider.token_path}, {provider.fields.grant_type}={provider.grant}"
    unit = f"answered in {provider.token_unit}" + (", and read as such" if "expiry" in stages else "")
    drawn = [
        _Stage("id", "stays", "Client id and client secret", ("sent in the body of the request",)),
        _Stage("claims", "new", "Scopes", ("in place of the metascope",) if "claims" in stages else ()),
        _Stage("exchange", "new", "Token endpoint", (who,) if is_sdk else (request, who), tuple(paths)),
        _Stage("token", "stays", "Access token"),
        *([] if is_sdk else [_Stage("expiry", "new", NAMES["expiry"], (unit,))]),
    ]
    return _laid_out("After", drawn)


_WHO = {
    "authlib": "Authlib asks for it",
    "keep": "asked for by the HTTP client that was there",
    "sdk": "asked for by the library that was there",
}


def _found(card: Card, stage: Stage, stops: Sequence[Stop]) -> _Stage:
    if stage == _end(card):
        tone = "stop"
    elif card.rewrite is None:
        tone = "stays"
    else:
        tone = "changes" if stage in {"exchange", "expiry"} else "goes"
    notes = dict.fromkeys(stop.place.note for stop in stops if stop.place.note)
    places = dict.fromkeys(stop.place.label for stop in stops)
    return _Stage(stage or "id", tone, NAMES[stage], tuple(notes), tuple(places))


def _end(card: Card) -> Stage | None:
    """Give the stage at which the trail ends: the last one on the line that the reason names."""
    if card.flow.unfixed is None:
        return None
    name = card.flow.unfixed.fingerprint
    lines = {finding.place.label for finding in card.findings if finding.fingerprint == name}
    stages = {stop.stage for stop in card.stops if stop.place.label in lines}
    return next((stage for stage in (*reversed(STAGES), "") if stage in stages), None)


def _laid_out(title: str, stages: Sequence[_Stage]) -> Picture:
    boxes: list[Box] = []
    words: list[str] = []
    y = TOP
    for stage in stages:
        texts = list(_texts(stage))
        lines = [Line(y + 14 + LINE * index, *text) for index, text in enumerate(texts)]
        boxes.append(Box(stage.icon, stage.tone, y, tuple(lines)))
        facts = ", ".join([*stage.notes, *stage.places])
        words.append(f"{stage.name}: {facts}" if facts else stage.name)
        y = max(lines[-1].y + 6, y + 28) + GAP
    return Picture(title, "; ".join(words), max(y - GAP, TOP) + TOP, tuple(boxes))


def _texts(stage: _Stage) -> Iterator[tuple[str, str, str]]:
    """Give the lines of a box: text, kind, and the whole of what is cut."""
    yield stage.name, "name", ""
    for note in stage.notes:
        yield from ((part, "note", "") for part in textwrap.wrap(escape(note), NOTE))
    for label in map(escape, stage.places[:PLACES]):
        text = _fitted(label)
        yield text, "place", label if text != label else ""
    if len(stage.places) > PLACES:
        yield f"and {len(stage.places) - PLACES} more", "note", ""


def _fitted(text: str) -> str:
    """Cut the middle out of what is too wide: the end names the line."""
    if _width(text) <= LABEL:
        return text
    head, tail = text, text
    while _width(head) > LABEL // 3:
        head = head[:-1]
    while _width(tail) > LABEL - LABEL // 3 - 1:
        tail = tail[1:]
    return f"{head}…{tail}"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)

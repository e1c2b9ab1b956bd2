"""What reports for people say alike, and what several flows ask for, so that it is said once."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Report, Rewrite
from ..records import dataclass


@dataclass(frozen=True, slots=True)
class Shared:
    """Something to do that more than one rewrite asks for."""

    text: str
    numbers: tuple[int, ...]
    """Which ones, from 1; empty if it is all of them."""


def shared(rewrites: Sequence[Rewrite | None]) -> tuple[Shared, ...]:
    """Give what more than one of the rewrites asks for, so that it can be said once."""
    asking: dict[str, list[int]] = {}
    for number, rewrite in enumerate(rewrites, 1):
        for todo in dict.fromkeys(rewrite.todos if rewrite is not None else ()):
            asking.setdefault(todo, []).append(number)
    every = sum(rewrite is not None for rewrite in rewrites)
    found = [
        Shared(todo, tuple(numbers) if len(numbers) < every else ())
        for todo, numbers in asking.items()
        if len(numbers) > 1
    ]
    return tuple(sorted(found, key=lambda one: bool(one.numbers)))


def count(number: int, noun: str) -> str:
    """``1 flow``, ``2 flows``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def stale(report: Report) -> str:
    """Say that the baseline has outlived some of its entries."""
    entries = count(len(report.stale), "entry").replace("entrys", "entries")
    return f"The baseline has {entries} that nothing is found for any more:"

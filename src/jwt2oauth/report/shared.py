"""What several flows ask for, so that a report says it once."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Rewrite
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

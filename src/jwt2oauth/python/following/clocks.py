"""Times of day as numbers: seconds, or a clock that ticks faster."""

from __future__ import annotations

from ..facts.values import Arithmetic, Lib, Result, Value, chain, number_of

_NANOSECONDS = ("time.time_ns", "time.monotonic_ns", "time.perf_counter_ns")
ASKED = frozenset(
    {
        "time.time",
        "time.monotonic",
        *_NANOSECONDS,
        *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    }
)
"""What tells the time."""
_SECOND = 1_000_000_000
"""Nanoseconds of a second."""


def ticks(value: Value) -> float | None:
    """How often a second a clock ticks that is faster than that; None if ``value`` is no such time."""
    if isinstance(value, Result) and value.name in _NANOSECONDS:
        return _SECOND
    if not isinstance(value, Arithmetic):
        return None
    left, right = value.left, value.right
    if value.op == "*":
        pairs = ((left, right), (right, left))
        return next((number for a, b in pairs if is_time(a) and (number := number_of(b))), None)
    if value.op in ("/", "//"):
        fast, divisor = next(filter(None, map(ticks, chain(left))), None), number_of(right)
        return fast / divisor if fast and divisor and fast > divisor else None
    return ticks(left) or ticks(right) if value.op in ("+", "-") else None


def is_clock(value: Value) -> bool:
    """Is it a time in milliseconds?"""
    return ticks(value) == 1000


def is_time(value: Value) -> bool:
    """Is this a time in seconds?"""
    for inner in chain(value):
        if isinstance(inner, Result) and inner.name in ("time.time", "time.monotonic"):
            return True
        if isinstance(inner, Result | Lib) and (inner.name.endswith((".timestamp", "timegm", "mktime"))):
            return True
    if isinstance(value, Arithmetic):
        return is_time(value.left) or is_time(value.right)
    return False

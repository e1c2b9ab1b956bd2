"""What paths relative to the root of a tree say by themselves."""

from __future__ import annotations

from collections.abc import Sequence


def shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Give how many parts two paths begin with in common."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def depth(one: str, other: str) -> int:
    """Give how many folders lead to both of two files."""
    return shared(one.split("/")[:-1], other.split("/")[:-1])

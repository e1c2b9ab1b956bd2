"""LibCST for a process that does nothing but parse: half as much to load, and a fifth less for each file.

``dataclass`` writes and compiles methods for each of LibCST's two hundred kinds of nodes: two that keep one
from being changed, and a comparison and a representation that are then thrown away, since each kind has its
own. Who only parses changes no node. What a node checks when it is made the parser has made sure of, and
whether the text comes out as it went in is looked at for each file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

_dataclass: Callable[..., Any] = dataclasses.dataclass
_BARE = {"frozen": False, "repr": False, "eq": False}


def load() -> None:
    """Load LibCST for a process of ours; where it is loaded already it stays as it is."""
    dataclasses.dataclass = _lean
    try:
        import libcst  # noqa: F401
    finally:
        dataclasses.dataclass = _dataclass


def _lean(cls: type[Any] | None = None, /, **options: Any) -> Any:
    """``dataclass``, without the methods that nobody calls."""
    if cls is None:
        return lambda decorated: _lean(decorated, **options)
    if "__eq__" not in vars(cls):  # no node
        return _dataclass(cls, **options)
    if "__post_init__" in vars(cls):
        del cls.__post_init__
    return _dataclass(cls, **{**options, **_BARE})

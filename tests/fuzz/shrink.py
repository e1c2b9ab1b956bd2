"""Make a tree small that is treated wrongly, as long as the same goes wrong."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator, Mapping

from .python import parsed, without

Files = Mapping[str, bytes]


def smallest(files: Files, is_wrong: Callable[[Files], bool], seconds: float = 60.0) -> dict[str, bytes]:
    """Drop files, then statements (lines, where a file is no Python), until nothing can be dropped."""
    until = time.monotonic() + seconds
    smaller = True
    now = dict(files)
    while smaller and time.monotonic() < until:
        smaller = False
        for less in _less(now):
            if time.monotonic() > until:
                break
            if is_wrong(less):
                now, smaller = dict(less), True
                break
    return now


def _less(files: Files) -> Iterator[Files]:
    for path in files:
        yield {name: data for name, data in files.items() if name != path}
    for path, data in files.items():
        for less in _pieces(path, data):
            yield {**files, path: less}


def _pieces(path: str, data: bytes) -> Iterator[bytes]:
    """The same file with less in it, what drops most first."""
    tree = parsed(data) if path.endswith(".py") else None
    if tree is not None:
        text = data.decode()
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
        for node in sorted(nodes, key=lambda node: node.lineno - (node.end_lineno or 0)):
            less = without(text, tree, node)
            if less is not None and less.encode() != data:
                yield less.encode()
    lines = data.splitlines(keepends=True)
    size = max(1, len(lines) // 2)
    while lines:
        for start in range(0, len(lines), size):
            less_data = b"".join(lines[:start] + lines[start + size :])
            if tree is None or parsed(less_data) is not None:
                yield less_data
        if size == 1:
            return
        size //= 2

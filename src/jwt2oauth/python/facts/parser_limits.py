"""What is too much for a parser: expressions that are very long, or nested too deeply."""

from __future__ import annotations

import ast
import re
import sys

from . import syntax as s

TALL = 400
"""Records that may lie within each other: with more of them nobody could walk the tree."""
USUAL, LENGTHY = 1_000, 8_000
"""Frames that Python gives to everybody, and characters below which no expression is worth a look."""
LONG, DEEP, CHAIN = 1_500, 60, 150
"""Tokens without a comma, open brackets, ``elif``: with more of them no process parses a file that others
need, too."""
_LEXEME = (
    r"""(?P<skip>\#[^\n]*|\s+|\\)|(?P<open>[(\[{])|(?P<close>[)\]}])|(?P<comma>,)"""
    r"""|(?:[rbufRBUF]{0,2})(?:\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3}|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}"""
    r"""|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\w+|."""
)
"""For ``is_monstrous``, which is asked where no process can be forked: elsewhere it is never compiled."""


def is_monstrous(text: str) -> bool:
    """Say whether a file may be too much for its parser: very long or deep expressions."""
    if text.count("elif ") > CHAIN:
        return True
    run = depth = 0
    for match in re.finditer(_LEXEME, text, re.DOTALL | re.VERBOSE):
        kind = match.lastgroup
        if kind == "skip":
            if not depth and "\n" in match[0]:
                run = 0
            continue
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        run = 0 if kind == "comma" else run + 1
        if run > LONG or depth > DEEP:
            return True
    return False


def is_towering(text: str) -> bool:
    """Say whether even Python's own parser, with its usual stack, has too little of it: far beyond ``TALL``.

    LibCST takes the square of the length of a sum, and gigabytes for a row of signs, before it gives up.
    """
    if len(text) <= LENGTHY:
        return False
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(USUAL)
    try:
        ast.parse(text)
    except (RecursionError, MemoryError):
        return True
    except (SyntaxError, ValueError):
        pass
    finally:
        sys.setrecursionlimit(limit)
    return False


def is_tall(source: s.Source) -> bool:
    """Say whether more records lie within each other than anybody can walk through."""
    height = 0
    level: list[s.Node] = [source]
    while level:
        height += 1
        level = [child for node in level for child in s.children(node)]
    return height > TALL

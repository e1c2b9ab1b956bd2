"""Text inside Markdown that cannot act there: no formatting, no HTML, no mention, no link of its own.

What comes from a customer (the names of files and functions, code) stands in a code span or a fenced block,
where nothing is read as Markdown; a sentence that may hold such a name goes through ``words``.
"""

from __future__ import annotations

import re

from .escape import escape

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>|~]")
_REFERENCE = re.compile(r"(?<![\w`])([@#!%$&~]|GH-)(?=\w)")
_LINK = re.compile(r"(?i)(://|\bwww\.)")
_JOINER = "\u2060"
"""Nothing to be seen; it keeps a forge from taking ``@name`` for somebody to be called."""


def words(text: str) -> str:
    """Give a sentence of ours that may hold names of a customer."""
    text = _REFERENCE.sub(rf"\1{_JOINER}", escape(text))
    text = _LINK.sub(lambda match: match.group()[0] + _JOINER + match.group()[1:], text)
    return _SPECIAL.sub(r"\\\g<0>", text)


def code(text: str) -> str:
    """Give a name as a code span."""
    text = escape(text)
    if not text.strip():
        text = f"\u2423{text}" if text else "\u2423"  # an open box for a blank
    fence = "`" * (_longest_run(text) + 1)
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def fenced(text: str, kind: str = "") -> str:
    """Give a text, as it is, as a fenced block; ``kind`` is what stands behind the opening fence."""
    fence = "`" * max(3, _longest_run(text) + 1)
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{fence}{kind}\n{text}{end}{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)

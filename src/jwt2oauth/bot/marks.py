"""How a comment of ours is known again, how it is closed, and that ticks in it stay."""

from __future__ import annotations

import re

BODY = 65_536
"""Characters of a comment, at most."""
SUMMARY = "<!-- jwt2oauth:summary -->"
_MARKER = re.compile(r"<!-- jwt2oauth:1(?P<closed> closed)? (?P<name>[^\s<>]+) -->\s*\Z")
_SUGGESTION = re.compile(r"(?m)^(`{3,})suggestion\S*$")


def marker(name: str, *, closed: bool = False) -> str:
    """Give what makes a comment known as ours, and which."""
    return f"<!-- jwt2oauth:1{' closed' if closed else ''} {name} -->"


def marked(body: str) -> tuple[str, bool] | None:
    """Give the fingerprint that a comment is known by, and whether we have closed it."""
    match = _MARKER.search(body)
    return (match["name"], bool(match["closed"])) if match is not None else None


def as_closed(body: str, why: str) -> str:
    """Give a comment as it stands there when it no longer counts, and why that is so."""
    known = marked(body)
    if known is None or known[1]:
        return body
    text = _SUGGESTION.sub(r"\1", _MARKER.sub("", body)).rstrip()
    folded = f"<details><summary>What it said</summary>\n\n{text}\n\n</details>"
    end = marker(known[0], closed=True)
    whole = f"{why}\n\n{folded}\n\n{end}"
    return whole if len(whole) <= BODY else f"{why}\n\n{end}"


def ticked(body: str, before: str) -> str:
    """Give a comment with the boxes ticked that somebody has ticked in it before."""
    done = {line[6:].rstrip("\r") for line in before.split("\n") if line.startswith(("- [x] ", "- [X] "))}
    lines = body.split("\n")
    return "\n".join(
        f"- [x] {line[6:]}" if line.startswith("- [ ] ") and line[6:] in done else line for line in lines
    )

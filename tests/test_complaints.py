"""Branches that only complain go with what they ask for; those that do something do not."""

from __future__ import annotations

import pytest

from jwt2oauth.python.facts import syntax as s
from jwt2oauth.python.facts.complaints import only_complains
from jwt2oauth.python.facts.parse import parse
from jwt2oauth.rules.load import load


def _judged(body: str) -> bool:
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    source = parse("m.py", f"def check(path):\n    if not path:\n{lines}")
    block = next(node.body for node in s.walk(source) if isinstance(node, s.If))
    return only_complains(block, block.body, lambda _: True, load(()).values.complaints)


@pytest.mark.parametrize(
    "body",
    [
        'cmd.append("--key")',
        "jobs.append(path)",
        "ok = False",
        "count += 1",
        'use_jwt = True\nfound.append("no key here")',
        'send("no key here")',
        'jobs.append(Job("no key here"))',
        "return [path]",
        "return []",
        'state["ok"] = False',
    ],
)
def test_what_is_done_is_no_complaint(body: str) -> None:
    """Arguments of a command, work, and marks beside which nothing is said."""
    assert not _judged(body)


@pytest.mark.parametrize(
    "body",
    [
        'found.append("no key here")',
        'found.append(f"{path} is missing")',
        'found.append("%s is missing" % path)',
        'found.append("{} is missing".format(path))',
        'found.append((False, "no key here"))',
        'found.append("no key "\n    "here")',
        'ok = False\nfound.append("no key here")',
        'errors += 1\nfound.append("no key here")',
        'return [f"{path} is missing"]',
        'return False, "no key here"',
        'yield "no key here"',
        'found.append(checks.Error("no key here", id="app.E1"))',
        'return [Warning("no key here")]',
    ],
)
def test_sentences_are_complaints(body: str) -> None:
    """They are gathered, given back or yielded, perhaps beside a mark."""
    assert _judged(body)

"""What the writers of a plan share: saying that there is no answer, and small edits of literals and lines."""

from __future__ import annotations

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from .changes import Changes


class NoAnswer(Exception):
    """A role for which the planner has no answer; ``reason`` is a code of the catalog."""

    def __init__(self, reason: str, site: Site, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.site = site
        self.detail = detail


def replace_in_literal(changes: Changes, site: Site, old: str, new: str) -> None:
    """Change ``old`` inside the string literal at ``site``, in its own notation."""
    module, node = site.module, site.node
    raw = module.text[node.span.start : node.span.end]
    count = raw.count(old)
    if count == 0 or not isinstance(node, s.Str):
        if isinstance(node, s.Str) and isinstance(node.value, str) and old in node.value and node.quote:
            value = node.value.replace(old, new, 1)
            changes.replace(module, node, f"{node.prefix}{node.quote}{value}{node.quote}")
            return
        raise NoAnswer("url-unknown", site)
    start = node.span.start + raw.find(old)
    changes.patch(module, node, Span(start, start + len(old)), new)


def own_line(module: Module, at: int) -> bool:
    """Does the record at ``at`` begin its line?"""
    start = module.text.rfind("\n", 0, at) + 1
    return not module.text[start:at].strip()


def indent_of(module: Module, at: int) -> str:
    """The indentation of the line that holds ``at``."""
    start = module.text.rfind("\n", 0, at) + 1
    line = module.text[start:at]
    return line[: len(line) - len(line.lstrip())]


def separator_at(module: Module, at: int) -> str:
    """What parts two records, the first of which begins at ``at``: a line for each if that has its own."""
    return ",\n" + indent_of(module, at) if own_line(module, at) else ", "

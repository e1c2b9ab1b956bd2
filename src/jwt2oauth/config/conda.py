"""Conda's environments: what they install, by conda and by pip."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml

from ..model import Span
from . import specifiers
from .composed import nodes
from .requirements import Entry, Group, versions_in

_CONDA_SPEC = re.compile(
    r"[\"']?(?:[\w-]+::)?(?P<name>[A-Za-z0-9][\w.-]*)[ ]*"
    r"(?P<versions>(?:[<>=!~]=?[^\s\"'=,]+(?:,[<>=!~]=?[^\s\"'=,]+)*)?)"
)


def lists(text: str) -> Iterator[Group]:
    """Give the lists of requirements in an environment: conda's, and pip's within it."""
    try:
        top = nodes(text)
    except (ValueError, RecursionError):
        return
    if not isinstance(top, yaml.MappingNode):
        return
    for key, value in top.value:
        if key.value == "dependencies" and isinstance(value, yaml.SequenceNode):
            yield _listed(text, value, conda=True)
            for item in value.value:
                if isinstance(item, yaml.MappingNode):
                    for name, inner in item.value:
                        if name.value == "pip" and isinstance(inner, yaml.SequenceNode):
                            dash = text.rfind("-", 0, name.start_mark.index)
                            alone = len(item.value) == 1 and dash >= 0
                            head = Span(dash, name.end_mark.index) if alone else None
                            yield _listed(text, inner, conda=False, head=head)


def _listed(text: str, node: yaml.SequenceNode, *, conda: bool, head: Span | None = None) -> Group:
    entries = []
    for item in node.value:
        if not isinstance(item, yaml.ScalarNode):
            continue
        dash = text.rfind("-", 0, item.start_mark.index)
        match = _CONDA_SPEC.match(text, item.start_mark.index)
        if match is not None and dash >= 0 and not node.flow_style:
            versions = Span(*match.span("versions"))
            if not conda:
                versions = versions_in(text, Span(match.start("name"), item.end_mark.index)) or versions
            built = text[versions.end : versions.end + 1] == "="
            entry = Entry(match["name"], Span(dash, item.end_mark.index), None if built else versions)
            entries.append(entry)

    def written(name: str, bound: str) -> str:
        return f"- {name.lower() if conda else name}{bound}"

    dialect = specifiers.CONDA if conda else specifiers.PEP508
    whole = head if len(entries) == len(node.value) else None
    return Group(text, tuple(entries), written, dialect=dialect, head=whole)

"""YAML by PyYAML's composer: trees with the spans of their values."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import yaml

from ..model import Span
from .documents import DEPTH, NODES, Field, Listing, Mapping, Scalar, Tree

_LEVELS = 400
"""No file that is written by hand or by a program lies deeper; the scanner takes their square."""
_MERGE = "tag:yaml.org,2002:merge"
"""``<<``: the fields of another mapping, where it is written; those of the mapping itself go before them."""


class _Loader(yaml.SafeLoader):
    """Stops where a file holds more than anybody will ask for: to read on may take minutes and gigabytes."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._left, self._level = NODES, 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node more."""
        self._left -= 1
        self._level += 1
        if self._left < 0 or self._level > _LEVELS:
            raise ValueError("too many values, or too deep in each other")
        node: yaml.Node | None = super().compose_node(parent, index)
        self._level -= 1
        return node


def nodes(text: str) -> yaml.Node | None:
    """Give the nodes of a file, None if there are none; raise ``ValueError`` if it is not well-formed."""
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError:
        raise ValueError("not well-formed") from None  # the error itself quotes the file


def tree(text: str) -> Mapping | Listing | None:
    """Give the tree of a file, None where it holds a single value; raise ``ValueError`` as ``nodes`` does."""
    # What is nearly JSON may be indented with tabs, which YAML refuses; a string cannot hold a raw one.
    node = nodes(text.replace("\t", " "))
    whole = _node(node, 0, itertools.count()) if node is not None else None
    return whole if isinstance(whole, Mapping | Listing) else None


def _node(node: yaml.Node, depth: int, seen: Iterator[int]) -> Tree | None:
    """``seen`` counts: aliases of aliases make more of a file than any memory holds."""
    if depth > DEPTH:
        return None
    if next(seen) > NODES:
        raise ValueError("too many aliases")
    span = Span(node.start_mark.index, node.end_mark.index)
    if isinstance(node, yaml.ScalarNode):
        return Scalar(str(node.value), span)
    if isinstance(node, yaml.SequenceNode):
        items = [_node(item, depth + 1, seen) for item in node.value]
        return Listing(tuple(i for i in items if i is not None), span)
    if isinstance(node, yaml.MappingNode):
        fields: dict[str, Field] = {}
        merged: list[Tree] = []
        for key, value in node.value:
            shown, content = _node(key, depth + 1, seen), _node(value, depth + 1, seen)
            if key.tag == _MERGE and content is not None:
                merged += content.items if isinstance(content, Listing) else [content]
            elif isinstance(shown, Scalar) and content is not None:
                fields[shown.text] = Field(shown, content)
        for each in merged:
            for inner in each.fields if isinstance(each, Mapping) else ():
                fields.setdefault(inner.key.text, inner)
        return Mapping(tuple(fields.values()), span)
    return None

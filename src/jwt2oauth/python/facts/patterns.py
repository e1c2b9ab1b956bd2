"""The patterns of ``match``: what each binds, and where it takes that from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from . import syntax as s

Path = tuple[str | int, ...]
"""Keys that lead from the subject to a part of it; first perhaps the place of an element."""


class Pattern:
    """What a pattern of ``match`` binds, and where it takes that from."""

    def __init__(self, lowered: Callable[[cst.BaseExpression], s.Expr]) -> None:
        """Begin with nothing bound; ``lowered`` turns an expression into a record."""
        self.lowered = lowered
        self.names: list[str] = []
        self.paths: dict[str, Path] = {}
        self.keys: list[str] = []
        self.values: list[s.Expr] = []

    def read(self, node: cst.CSTNode, path: Path | None) -> None:
        """``path`` leads from the subject to what ``node`` is compared with, if that is known."""
        if isinstance(node, cst.MatchValue):
            self.values.append(self.lowered(node.value))
        elif isinstance(node, cst.MatchMapping):
            self._mapping(node, path)
        elif isinstance(node, cst.MatchList | cst.MatchTuple):
            self._sequence(node.patterns, path)
        elif isinstance(node, cst.MatchClass):
            self.values.append(self.lowered(node.cls))
            alone = len(node.patterns) == 1 and not node.kwds
            builtin = isinstance(node.cls, cst.Name) and node.cls.value in _TAKE_THEMSELVES
            for child in (*node.patterns, *node.kwds):
                self.read(child, path if alone and builtin else None)
        else:
            name = getattr(node, "name", None)
            if isinstance(node, cst.MatchAs | cst.MatchStar) and isinstance(name, cst.Name):
                self._bind(name.value, path if isinstance(node, cst.MatchAs) else None)
            through = isinstance(
                node, cst.MatchAs | cst.MatchOr | cst.MatchOrElement | cst.MatchSequenceElement
            )
            for child in node.children:
                if type(child).__name__.startswith("Match"):
                    self.read(child, path if through else None)

    def _sequence(self, elements: Sequence[cst.CSTNode], path: Path | None) -> None:
        """``case 200, {"access_token": token}``: elements of the subject itself, none starred."""
        whole = path == () and all(isinstance(each, cst.MatchSequenceElement) for each in elements)
        for index, element in enumerate(elements):
            inner = element.value if isinstance(element, cst.MatchSequenceElement) else element
            self.read(inner, (index,) if whole else None)

    def _mapping(self, node: cst.MatchMapping, path: Path | None) -> None:
        if node.rest is not None:
            self._bind(node.rest.value, None)
        for element in node.elements:
            key = element.key.evaluated_value if isinstance(element.key, cst.SimpleString) else None
            if isinstance(key, str):
                self.keys.append(key)
            known = path is not None and isinstance(key, str)
            self.read(element.pattern, (*(path or ()), str(key)) if known else None)

    def _bind(self, name: str, path: Path | None) -> None:
        self.names.append(name)
        if path is not None:
            self.paths[name] = path


_TAKE_THEMSELVES = frozenset(
    ("bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str")
)
"""Builtin classes whose one positional pattern stands for the whole object."""

"""Where each node of LibCST stands in the text, in code points.

One run of LibCST's own code generator with a state that counts costs less than a parse, where
``PositionProvider`` costs two to four, and says at the same time whether the text survives the round trip.
"""

from __future__ import annotations

import libcst as cst
from libcst._nodes.internal import CodegenState


class _Recorder:
    """What ``record_syntactic_position`` returns: notes where its node begins and ends."""

    __slots__ = ("end_node", "node", "start", "state")

    def __init__(self, state: Positions, node: cst.CSTNode, end_node: cst.CSTNode | None) -> None:
        self.state = state
        self.node = node
        self.end_node = end_node

    def __enter__(self) -> None:
        self.start = self.state.offset

    def __exit__(self, *_: object) -> None:
        state = self.state
        end = state.offset
        if self.end_node is not None:
            end = state.inner.get(id(self.end_node), state.spans.get(id(self.end_node), (0, end)))[1]
        state.inner[id(self.node)] = (self.start, end)


class Positions(CodegenState):
    """Counts code points while LibCST writes the module out."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.offset = 0
        self.depth = 0
        """Nodes that lay within each other at most."""
        self._open: list[int] = []
        self.spans: dict[int, tuple[int, int]] = {}
        self.inner: dict[int, tuple[int, int]] = {}
        self.comments: list[tuple[int, str]] = []

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.add_token(token)

    def add_token(self, value: str) -> None:
        self.tokens.append(value)
        self.offset += len(value)

    def before_codegen(self, node: cst.CSTNode) -> None:
        self._open.append(self.offset)
        if type(node) is cst.Comment:
            self.comments.append((self.offset, node.value))

    def after_codegen(self, node: cst.CSTNode) -> None:
        if len(self._open) > self.depth:
            self.depth = len(self._open)
        self.spans[id(node)] = (self._open.pop(), self.offset)

    def record_syntactic_position(  # type: ignore[override]
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,  # noqa: ARG002 (LibCST names it)
        end_node: cst.CSTNode | None = None,
    ) -> _Recorder:
        return _Recorder(self, node, end_node)

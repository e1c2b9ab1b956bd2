"""A new definition on the line below an old one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..writing.answers import indent_of
from ..writing.changes import Changes
from .setting import Setting, room_in


class Below:
    """Puts definitions into ``changes``; ``default`` are the scopes of this request, if they are known."""

    def __init__(self, changes: Changes, default: str | None) -> None:
        self.changes = changes
        self.default = default

    def define(self, module: Module, binding: Binding, name: str, source: Setting) -> Setting:
        """Put ``name = …`` below the statement that defines the client id (or the secret's, next to it)."""
        statement = binding.node
        assert isinstance(statement, s.Assign)
        return self.put(module, statement, name, source)

    def put(self, module: Module, statement: s.Assign, name: str, source: Setting) -> Setting:
        """The same below a statement; ``name`` may be an entry of a mapping."""
        indent = indent_of(module, s.head(statement))
        room = room_in(module) - len(indent) - len(name) - 3

        def shown(default: str | None) -> str:
            text = "".join(p for p in source.template if isinstance(p, str))
            if default is not None and self.default is not None:
                text = text.replace(self.default, default)
            return replace(source, template=(text,)).lines(room, indent, module.source.indent or "    ")

        self.insert(module, statement, f"{name} = ", shown)
        if source.imports_os:
            self.changes.add_import(module, "import os", "os", "os")
        return replace(source, imports_os=False)

    def insert(
        self, module: Module, statement: s.Assign, head: str, shown: Callable[[str | None], str]
    ) -> None:
        """A line below a definition, or below the secret's where that comes next.

        Requests that share it ask for the scopes of all of them.
        """
        block = module.parents[statement]
        assert isinstance(block, s.Block | s.Source)
        body = block.body.body if isinstance(block, s.Source) else block.body
        index = body.index(statement)
        after: s.Stmt = statement
        if index + 1 < len(body):
            following = body[index + 1]
            if isinstance(following, s.Assign) and "secret" in module.snippet(following.targets[0]).lower():
                after = following
        default = self.default
        known = self.changes.defined.get((after, head))
        if known is not None:
            piece, there = known
            default = _together(there, default)
            if default == there:
                return
            self.changes.patched[after].remove(piece)
        at, between = self._place(module, block, after)
        span, text = Span(at, at), f"{between}{head}{shown(default)}"
        self.changes.patch(module, after, span, text)
        self.changes.defined[after, head] = (span, text), default

    def _place(self, module: Module, block: s.Block | s.Source, after: s.Stmt) -> tuple[int, str]:
        """Where the new line begins, and what separates it; behind a semicolon where more stands there."""
        end = after.span.end
        line_end = end
        while line_end < len(module.text) and module.text[line_end] not in "\r\n":
            line_end += 1
        body = block.body.body if isinstance(block, s.Source) else block.body
        shared = any(end <= s.head(other) < line_end for other in body)
        if shared or (isinstance(block, s.Block) and block.inline):
            return end, "; "
        return line_end, f"{module.source.newline}{indent_of(module, s.head(after))}"

    def slot(self, module: Module, binding: Binding, name: str) -> bool:
        """Make room for an attribute in ``__slots__``; says whether there is any."""
        function = binding.scope.node
        owner = module.class_of(function) if isinstance(function, s.FuncDef) else None
        for stmt in owner.body.body if owner is not None else ():
            if not isinstance(stmt, s.Assign) or module.snippet(stmt.targets[0]) != "__slots__":
                continue
            slots = stmt.value
            if not isinstance(slots, s.Sequence) or not all(isinstance(i, s.Str) for i in slots.items):
                return False
            last = slots.items[-1] if slots.items else None
            if not isinstance(last, s.Str):
                return False
            line = module.text[module.line_start(last.span.start) : last.span.start]
            between = ", " if line.strip() else f",\n{line}"
            end = last.span.end
            self.changes.patch(module, slots, Span(end, end), f"{between}{last.quote}{name}{last.quote}")
        return True


def _together(there: str | None, more: str | None) -> str | None:
    """The scopes of both; None where those of one are not known."""
    if there is None or more is None:
        return None
    return ",".join(dict.fromkeys([*there.split(","), *more.split(",")]))

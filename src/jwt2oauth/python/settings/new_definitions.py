"""A new definition on the line below an old one, and where that is.

That is the one place where a name, or an attribute, gets its value: in this module or in another one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import Instance, ModuleValue, Site
from ..following.offers import listed
from ..resolve import Resolver
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


class Definitions:
    """Finds single definitions; where there are several, or none, there is no answer."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def of(self, site: Site, node: s.Name | s.Attribute) -> tuple[Module, Binding] | None:
        """The module and the assignment, if they are known."""
        bindings = site.module.scopes.bindings_of(node)
        if isinstance(node, s.Name) and len(bindings) == 1:
            binding = next(iter(bindings))
            if binding.kind == "assign" and not binding.unpack:
                return site.module, binding
            if binding.kind == "import":
                return self._imported(site.module, binding)
        if isinstance(node, s.Name) and not bindings:
            return self._starred(site.module, node.id)
        if isinstance(node, s.Attribute):
            return self._attribute_definition(site, node)
        return None

    def _imported(self, module: Module, binding: Binding) -> tuple[Module, Binding] | None:
        statement = module.parents.get(binding.node)
        if not isinstance(statement, s.ImportFrom) or not isinstance(binding.node, s.Alias):
            return None
        other = self.resolver.index.imported(module.path, statement.module, statement.level)
        return _only(other, binding.node.name) if other is not None else None

    def _starred(self, module: Module, name: str) -> tuple[Module, Binding] | None:
        """``from settings import *``, where the settings do not list what they give."""
        for node in module.each(s.ImportFrom):
            if node.star:
                other = self.resolver.index.imported(module.path, node.module, node.level)
                if other is not None and name in other.scopes.module.bindings:
                    return _only(other, name) if not listed(other) else None
        return None

    def _attribute_definition(self, site: Site, node: s.Attribute) -> tuple[Module, Binding] | None:
        for value in self.resolver.resolve(site.at(node.value)):
            if isinstance(value, ModuleValue):
                return _only(value.module, node.attr)
            if isinstance(value, Instance):
                scopes = value.cls.module.scopes
                found = [
                    b
                    for stmt in value.cls.node.body.body
                    if isinstance(stmt, s.FuncDef) and stmt.params
                    for b in scopes.inner[stmt].bindings.get(f"{stmt.params[0].name}.{node.attr}", ())
                    if b.kind == "assign"
                ]
                return (value.cls.module, found[0]) if len(found) == 1 else None
        return None


def _only(module: Module, name: str) -> tuple[Module, Binding] | None:
    found = [b for b in module.scopes.module.bindings.get(name, ()) if b.kind == "assign"]
    return (module, found[0]) if len(found) == 1 else None

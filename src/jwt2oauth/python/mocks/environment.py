"""Tests that set the client id in the environment set the scopes beside it, where the program needs them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ...model import Span
from ...rules.tables import Rules
from .. import syntax as s
from ..answers import indent_of, own_line
from ..changes import Changes
from ..index import Module
from ..setting import Setting

SEVERAL = 3
"""Keys of the flow's settings that a mapping has which stands for them in a test."""
SETTERS = frozenset({"setenv", "set", "putenv"})


class Environment:
    """Adds variables in one plan's changes."""

    def __init__(self, rules: Rules, changes: Changes, scopes: str | None) -> None:
        self.rules = rules
        self.scopes = scopes or ",".join(rules.provider.base_scopes)
        """What tests that look at what is posted expect there."""
        self.changes = changes

    def add(self, modules: Iterable[Module], siblings: Sequence[str], variable: str) -> bool:
        """Wherever a test sets the first of ``siblings`` that it sets, let it set ``variable`` as well.

        Says whether one does.
        """
        free = [module for module in modules if variable not in module.text]
        added = [any(self._add(module, sibling, variable) for sibling in siblings) for module in free]
        return any(added)

    def _add(self, module: Module, sibling: str, variable: str) -> bool:
        named = [n for n in module.nodes.get(s.Str, ()) if isinstance(n, s.Str) and n.value == sibling]
        alive = [node for node in named if sibling and not self.changes.is_dead(module, node)]
        added = [self._beside(module, node, variable) for node in alive]
        return any(added)

    def fill(self, modules: Iterable[Module], setting: Setting, asked: Collection[str]) -> None:
        """Let mappings of tests that stand for the program's settings hold the scopes as well.

        ``asked`` are the keys that the flow asks for: a mapping with several of them stands for its settings.
        """
        fields = self.rules.provider.fields
        others = {fields.assertion, fields.grant_type, self.rules.provider.token_field}
        for module in modules if setting.entry else ():
            for node in module.nodes.get(s.Dict, ()):
                assert isinstance(node, s.Dict)
                keys = {
                    str(i.key.value): i.key
                    for i in node.items
                    if i.key is not None and isinstance(i.key, s.Str)
                }
                beside = keys.get(setting.beside)
                if (
                    beside is None
                    or keys.keys() & {*others, setting.entry}
                    or len(keys.keys() & asked) < SEVERAL
                ):
                    continue
                if not self.changes.is_dead(module, beside):
                    self._beside(module, beside, setting.entry)

    def _beside(self, module: Module, node: s.Str, variable: str) -> bool:
        parent = module.parents[node]
        name, value = (f"{node.quote}{text}{node.quote}" for text in (variable, self.scopes))
        if isinstance(parent, s.Item) and parent.key is node:
            own = own_line(module, parent.span.start)
            separator = ",\n" + indent_of(module, parent.span.start) if own else ", "
            end = parent.value.outer.end
            self.changes.patch(module, parent, Span(end, end), f"{separator}{name}: {value}")
            return True
        stmt = module.statement(node)
        if isinstance(parent, s.Arg) and _sets(stmt, parent):
            whole = stmt.value if isinstance(stmt, s.ExprStmt) else None
            assert isinstance(whole, s.Call)
            return self._repeat(module, stmt, f"{module.snippet(whole.func)}({name}, {value})")
        if isinstance(parent, s.Subscript) and isinstance(stmt, s.Assign) and parent in stmt.targets:
            return self._repeat(module, stmt, f"{module.snippet(parent.value)}[{name}] = {value}")
        return False

    def _repeat(self, module: Module, stmt: s.Stmt, text: str) -> bool:
        """The same statement for the new variable, on a line of its own."""
        end, start = stmt.span.end, stmt.span.start
        if not own_line(module, start):
            return False
        self.changes.patch(module, stmt, Span(end, end), "\n" + indent_of(module, start) + text)
        return True


def _sets(stmt: s.Stmt, arg: s.Arg) -> bool:
    """``monkeypatch.setenv("CLIENT_ID", "cid")``"""
    return (
        isinstance(stmt, s.ExprStmt)
        and isinstance(stmt.value, s.Call)
        and isinstance(stmt.value.func, s.Attribute)
        and stmt.value.func.attr in SETTERS
        and len(stmt.value.args) == 2
        and stmt.value.args[0] is arg
    )

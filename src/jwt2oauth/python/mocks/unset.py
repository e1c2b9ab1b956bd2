"""Settings that nothing reads any more leave the tests that set them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from ..following.effects import Effects
from ..leftovers.temporary_files import forget_files
from ..writing.changes import Changes
from .environment import given_with, is_keyword_of, is_pair, is_set_in_loop
from .keys import held, is_about_absence
from .rows import row_of, take_row


class Unset:
    """Takes them out in one plan's changes."""

    def __init__(self, effects: Effects, changes: Changes) -> None:
        self.effects = effects
        self.changes = changes

    def forget(self, modules: Iterable[Module], names: Collection[str]) -> None:
        """Let ``modules`` of tests set none of ``names``, where that is all that goes with it."""
        for module in modules:
            if not any(map(module.holds, names)):
                continue
            for node in module.each(s.Str):
                told = node.value in names and is_about_absence(module, node, names)
                gone = self._setting(module, node) if node.value in names and not told else None
                if gone is not None and not self.changes.is_dead(module, node):
                    take_row(self.changes, module, gone)
            for arg in module.each(s.Arg):
                is_given = arg.keyword in names and is_keyword_of(module, arg, arg.keyword or "")
                if is_given and self._is_plain(module, arg.value):
                    self.changes.remove(module, arg)
            forget_files(self.changes, self.effects, module)

    def forget_items(
        self, modules: Iterable[Module], names: Collection[str], is_ours: Callable[[Site], bool]
    ) -> None:
        """The same for entries of a mapping: ``monkeypatch.setitem(CONF, "key_file", str(path))``.

        ``is_ours`` says of an expression whether it is a mapping that the keys are taken from.
        """
        for module in modules:
            for node in module.each(s.Str) if any(map(module.holds, names)) else ():
                stmt, arg = module.statement(node), module.parents[node]
                call = stmt.value if isinstance(stmt, s.ExprStmt) else None
                if (
                    node.value not in names
                    or not isinstance(call, s.Call)
                    or self.changes.is_dead(module, node)
                ):
                    continue
                puts = (
                    s.last_name(call.func) == "setitem" and call.args[1:2] == (arg,) and len(call.args) == 3
                )
                block = module.parents[stmt]
                others = (
                    (each for each in block.body if each is not stmt) if isinstance(block, s.Block) else ()
                )
                plain = puts and self._is_plain(module, call.args[2].value) and self._is_left(others)
                if plain and is_ours(Site(module, call.args[0].value)):
                    self.changes.remove(module, stmt)
                    forget_files(self.changes, self.effects, module)

    def still_told(self, modules: Iterable[Module], todos: Iterable[str]) -> list[str]:
        """All of ``todos`` but those for keys that went with what wrote them into files."""
        told = ((module, *each) for module in modules for each in held(module))
        gone = {said for module, node, said in told if self.changes.is_dead(module, node)}
        return [todo for todo in todos if todo not in gone]

    def _setting(self, module: Module, name: s.Str) -> s.Node | None:
        """What sets it, and does nothing else; None where that is not so."""
        parent, stmt = module.parents[name], module.statement(name)
        if isinstance(parent, s.Item) and parent.key is name:
            holder = module.parents[parent]
            beside = [i for i in holder.items if i is not parent] if isinstance(holder, s.Dict) else []
            plain = self._is_plain(module, parent.value) and any(map(_is_variable, beside))
            return parent if plain and self._is_left(beside) else None
        row = row_of(module, name)
        if row is not None:
            table = module.parents[row]
            rows = table.items if isinstance(table, s.Sequence) else ()
            return row if self._is_left(each for each in rows if each is not row) else None
        if is_pair(module, name):
            assert isinstance(parent, s.Sequence)
            return parent if self._is_plain(module, parent.items[1]) else None
        if isinstance(parent, s.Sequence) and is_set_in_loop(module, parent):
            return name if self._is_left(i for i in parent.items if i is not name) else None
        value = given_with(stmt, parent)
        if isinstance(parent, s.Subscript) and isinstance(stmt, s.Assign) and stmt.targets == (parent,):
            value = stmt.value
        block = module.parents[stmt]
        others = (each for each in block.body if each is not stmt) if isinstance(block, s.Block) else ()
        return stmt if value is not None and self._is_plain(module, value) and self._is_left(others) else None

    def _is_left(self, beside: Iterable[s.Node]) -> bool:
        return any(each not in self.changes.removed for each in beside)

    def _is_plain(self, module: Module, value: s.Expr) -> bool:
        """Does nothing happen as it is evaluated, and does it use no name that would be idle then?"""
        inside = set(s.walk(value))
        names = [n for n in inside if isinstance(n, s.Name)]
        bound = [b for n in names for b in module.scopes.bindings_of(n) if b.kind != "param"]
        uses = [[use for use in module.uses.get(b, ()) if use not in inside] for b in bound]
        idle = any(all(self.changes.is_dead(module, use) for use in each) for each in uses)
        return not idle and self.effects.harmless(module, value)


def _is_variable(item: s.Item) -> bool:
    return isinstance(item.key, s.Str) and str(item.key.value).isupper()

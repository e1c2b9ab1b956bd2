"""What becomes of a check whether something is there that nothing needs any more."""

from __future__ import annotations

from collections.abc import Callable

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from .conditions import holds, is_positive
from .options import Options

_SKIPS = (".skipif", ".skipIf", ".skipUnless", "skipIf", "skipUnless")

Deed = Callable[[], object]


class Checks(Options):
    """Checks whether something is there that nothing needs any more."""

    def _is_check(self, module: Module, node: s.Expr) -> bool:
        """Is it only asked whether it is there, or put under a name of which the same may be true?"""
        if isinstance(node, s.Compare):
            return True
        parent = module.parents[node]
        if isinstance(parent, s.Sequence):
            holder = module.parents[parent]
            judge = module.call_of(holder)
            return judge is not None and s.last_name(judge.func) in ("all", "any")
        if isinstance(parent, s.Assign):
            return self._flag(module, parent) is not None
        if isinstance(parent, s.Arg):
            call = module.parents[parent]
            return isinstance(call, s.Call) and isinstance(call.func, s.Name) and call.func.id == "bool"
        if isinstance(parent, s.Compare):
            return all(isinstance(right, s.Const | s.Str) for right in parent.rights)
        if isinstance(parent, s.Bool | s.If | s.Assert) or (
            isinstance(parent, s.Choice) and parent.test is node
        ):
            return True
        return isinstance(parent, s.Unary) and module.snippet(parent).startswith("not")

    def _deeds(self, check: Site) -> list[Deed] | None:
        """What makes the check unneeded; None where that cannot be told."""
        module, node = check.module, check.node
        assert isinstance(node, s.Expr)
        top = whole(module, node)
        parent = module.parents[top]
        stmt = module.statement(node)
        if isinstance(stmt, s.Assert):
            return [lambda: self.changes.remove(module, stmt)]
        if self._is_one_of_all(module, top):
            return [lambda: self._drop_operand(module, top)]
        skip = self._skipping(module, top)
        if skip is not None:
            return [lambda: self.changes.remove(module, skip)]
        around = self._condition(module, node)
        if around is not None:
            return None if around[0] == "keep" else [lambda: self._act(around, module)]
        if isinstance(parent, s.Assign) and parent.value is top:
            return self._flag(module, parent)
        if isinstance(parent, s.Return):
            return self._answer(module, parent)
        return None

    def _is_one_of_all(self, module: Module, node: s.Expr) -> bool:
        """One of several in ``all([…])``, of what is asked as a whole whether it is there."""
        listed = module.parents[node]
        call = module.call_given(listed)
        beside = listed.items if isinstance(listed, s.Sequence) and holds(node) is True else ()
        several = any(item is not node and item not in self.changes.removed for item in beside)
        return several and call is not None and isinstance(call.func, s.Name) and call.func.id == "all"

    def _condition(self, module: Module, node: s.Expr, either: bool = False) -> tuple[str, s.Node] | None:
        """What becomes of the ``if`` that asks ``node``; ``keep`` if that cannot be told."""
        stmt = module.statement(node)
        if not isinstance(stmt, s.If) or not self._within(module, node, stmt.test):
            return None
        if either:
            return self._test(module, node, stmt) or ("keep", stmt)
        if self._tells_apart(module, node, stmt):
            return "keep", stmt
        operand = self._operand(module, node, stmt.test)
        if operand is not None:
            if self._asks_for_nothing(stmt.test) and stmt.orelse is None:
                harmless = self.effects.harmless(module, stmt.test)
                return "remove" if harmless and self._only_leaves(module, stmt.body) else "keep", stmt
            parent = module.parents[operand]
            fits = not isinstance(parent, s.Bool) or (parent.op == "and") is is_positive(operand)
            return (self._test(module, node, stmt) if fits else None) or ("keep", stmt)
        if not is_positive(self._left_of(stmt.test)):
            return self._test(module, node, stmt) or ("keep", stmt)
        other = stmt.orelse is None or self._only_leaves(module, stmt.orelse)
        ends = stmt.orelse is None or not self._leaves(module, stmt.orelse)
        if not other or stmt.is_elif or (ends and self._leaves(module, stmt.body)):
            return "keep", stmt
        if self._behind(module, stmt) is None:
            return "keep", stmt
        idle = all(isinstance(each, s.Plain) and each.word == "pass" for each in stmt.body.body)
        return ("remove" if idle else "unwrap"), stmt

    def _asks_for_nothing(self, test: s.Expr) -> bool:
        """``not (args.key or args.key_file)``: does all of it ask for what nothing needs, and whether it is
        missing?
        """
        return self._holds_without(test) is True

    def _holds_without(self, test: s.Expr) -> bool | None:
        """Does it hold where no setting is there that nothing needs? None if it asks for others."""
        if test in self._idle_checks:
            return not is_positive(test)
        if isinstance(test, s.Unary) and test.op == "not":
            held = self._holds_without(test.value)
            return None if held is None else not held
        if not isinstance(test, s.Bool):
            return None
        sides = [self._holds_without(side) for side in (test.left, test.right)]
        return None if None in sides else all(sides) if test.op == "and" else any(sides)

    def _leaves(self, module: Module, block: s.Block) -> bool:
        """Does nothing that comes behind happen any more?"""
        last = block.body[-1]
        tells = isinstance(last, s.Plain) or (
            isinstance(last, s.ExprStmt) and self.effects.only_tells(module, last.value)
        )
        return (isinstance(last, s.Plain) and last.word != "pass") or (
            self.effects.is_exit(last, module) and not tells
        )

    def _skipping(self, module: Module, top: s.Expr) -> s.Node | None:
        """``@pytest.mark.skipif("KEY" not in os.environ, reason=…)``"""
        call = module.call_given(top)
        if call is None or not module.snippet(call.func).endswith(_SKIPS):
            return None
        holder = module.parents[call]
        if isinstance(holder, s.FuncDef | s.ClassDef):
            return call
        return holder if isinstance(holder, s.Assign) and holder.value is call else None

    def _flag(self, module: Module, stmt: s.Assign, *, either: bool = False) -> list[Deed] | None:
        """``ENABLED = "KEY" in os.environ``, where all that is done with it is to ask it.

        ``either``: to give up where it holds is as good a check as where it does not.
        """
        bindings = list(module.bound_by(stmt))
        plain = len(stmt.targets) == 1 and isinstance(stmt.targets[0], s.Name | s.Attribute)
        if not bindings or not plain or any(map(self._exported, bindings)):
            return None
        loads = [load for binding in bindings for load in self.loads(binding)]
        alive = [load for load in loads if not self.changes.is_dead(load.module, load.node)]
        deeds = [self._load_deed(load, either) for load in alive]
        found = [deed for deed in deeds if deed is not None]
        if len(found) < len(deeds) or not found:
            return None
        return [lambda: self.changes.remove(module, stmt), *found]

    def _load_deed(self, load: Site, either: bool) -> Deed | None:
        module, stmt = load.module, load.module.statement(load.node)
        assert isinstance(load.node, s.Expr)
        if isinstance(stmt, s.Assert):
            return lambda: self.changes.remove(module, stmt)
        around = self._condition(module, load.node, either)
        return None if around is None or around[0] == "keep" else lambda: self._act(around, module)

    def _answer(self, module: Module, stmt: s.Return) -> list[Deed] | None:
        """``def configured(): return bool(os.environ.get("KEY"))``, where callers only ask it."""
        function = module.function(stmt)
        said = [each for each in function.body.body if not s.is_bare_text(each)] if function else []
        if function is None or said != [stmt] or self.offers.function(module, function):
            return None
        calls = [
            c for c in self.resolver.callers(module, function) if not self.changes.is_dead(c.module, c.node)
        ]
        bindings = [b for b in module.scope(function).bindings.get(function.name, ()) if b.node is function]
        named = [load for b in bindings for load in self.loads(b)]
        deeds: list[Deed] = []
        for call in calls:
            more = self._deeds(call)
            if more is None:
                return None
            deeds += more
        if len(named) != len(calls) or not calls:
            return None
        return [*deeds, lambda: self._kill_def(module, bindings[0])]


def whole(module: Module, node: s.Expr) -> s.Expr:
    """``not bool(x)`` and ``x is None`` around ``x``"""
    while True:
        parent = module.parents[node]
        outer = module.parents[parent] if isinstance(parent, s.Arg) else parent
        is_bool = isinstance(outer, s.Call) and isinstance(outer.func, s.Name) and outer.func.id == "bool"
        if not (isinstance(outer, s.Unary | s.Compare) or is_bool):
            return node
        assert isinstance(outer, s.Expr)
        node = outer

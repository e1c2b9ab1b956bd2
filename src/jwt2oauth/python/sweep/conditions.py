"""What becomes of a condition that asks for something that is dying, and what it chooses between."""

from __future__ import annotations

from collections.abc import Sequence

from ..facts import syntax as s
from ..facts.complaints import only_complains
from ..facts.modules import Module
from ..facts.values import Site
from .absent import looks_for_file
from .base import Base


class Conditions(Base):
    """Conditions, seen from what is asked for in them."""

    def _test(self, module: Module, node: s.Node, stmt: s.If) -> tuple[str, s.Node] | None:
        """A condition on something that is dying."""
        operand = self._operand(module, node, stmt.test)
        if operand is not None:
            idle = self.effects.harmless(module, operand) and not self._tells_apart(module, node, stmt)
            return self._beside(module, operand, stmt) if idle else None
        if not self.effects.harmless(module, stmt.test) or self._tells_apart(module, node, stmt):
            return None
        leaves, test = self._only_leaves(module, stmt.body), self._left_of(stmt.test)
        if stmt.orelse is None:
            if leaves or self._only_makes(module, node, stmt.body):
                return ("remove", stmt)
            return ("unwrap", stmt) if truthy(test) and self._behind(module, stmt) is not None else None
        there = truthy(test) or looks_for_file(test)
        if there and self._only_leaves(module, stmt.orelse) and not stmt.is_elif:
            return ("unwrap", stmt)
        if leaves and not truthy(test):
            return ("arm" if stmt.is_elif or _has_elif(stmt) else "otherwise", stmt)
        return None

    def _beside(self, module: Module, operand: s.Expr, stmt: s.If) -> tuple[str, s.Node] | None:
        """``name and key`` goes on as ``name``; what ``strict and not key`` guards never came."""
        if fits(module, operand):
            return "operand", operand
        last = stmt.body.body[-1]
        gives = isinstance(last, s.Return) and last.value is not None
        idle = stmt.orelse is None and self.effects.harmless(module, stmt.test) and not gives
        never = idle and never_held(module, operand, stmt.test) and self._only_leaves(module, stmt.body)
        return ("never", operand) if never else None

    def _operand(self, module: Module, node: s.Node, test: s.Expr) -> s.Expr | None:
        """The part of ``a and b``, ``not (a or b)``, ``all([a, b])`` that can go on its own."""
        child: s.Node = node
        for ancestor in module.ancestors(node):
            joint = isinstance(ancestor, s.Bool) and not self._is_all(ancestor, child)
            if joint and isinstance(child, s.Expr):
                return child
            beside = ancestor.items if isinstance(ancestor, s.Sequence) else ()
            others = [item for item in beside if item is not child and item not in self.changes.removed]
            if isinstance(ancestor, s.Sequence) and isinstance(child, s.Expr) and others:
                holder = module.parents.get(ancestor)
                call = module.call_of(holder)
                if call is not None and isinstance(call.func, s.Name) and call.func.id in ("all", "any"):
                    return child
                if isinstance(holder, s.Compare) and ancestor in holder.rights:
                    return child
            if ancestor is test or isinstance(ancestor, s.Stmt):
                return None
            child = ancestor
        return None

    def _is_all(self, joint: s.Expr, operand: s.Node) -> bool:
        """Has the other operand gone already?"""
        return self.changes.replaced.get(joint) == (operand,)

    def _left_of(self, test: s.Expr) -> s.Expr:
        """What is left of a condition of which operands have gone."""
        while isinstance(test, s.Bool) and test in self.changes.replaced:
            left = self.changes.replaced[test][0]
            if not isinstance(left, s.Expr):
                break
            test = left
        return test

    def _only_leaves(self, module: Module, block: s.Block) -> bool:
        rest = [
            stmt
            for stmt in block.body
            if not (
                stmt in self.changes.removed or self.effects.is_exit(stmt, module) or self._dies(module, stmt)
            )
        ]
        kinds = self.rules.values.complaints
        return not rest or only_complains(
            block, rest, lambda node: self.effects.harmless(module, node), kinds
        )

    # -- what comes where it does not hold ---------------------------------------------------------

    def _behind(self, module: Module, stmt: s.If) -> Sequence[s.Stmt] | None:
        """What comes behind a condition whose body leaves, and so only where it does not hold.

        None where that does anything but to give up: ``if key: return Client(key)``, ``return Offline()``.
        """
        if stmt.orelse is not None or stmt.is_elif or not self._leaves_for_good(module, stmt.body):
            return ()
        found, inner = None, module.parents[stmt]
        for outer in (inner, *module.ancestors(inner)):
            if isinstance(outer, s.For | s.While):
                return None  # the next turn comes
            if isinstance(outer, s.FuncDef | s.ClassDef):
                break
            if isinstance(outer, s.Block):
                place = next((i for i, each in enumerate(outer.body) if each is stmt or each is inner), -1)
                rest = outer.body[place + 1 :] if place >= 0 else ()
                left = [each for each in rest if each not in self.changes.removed]
                if left and not self._only_leaves(module, s.Block(outer.span, tuple(left), inline=False)):
                    return None
                found = left if found is None else found
                if left and self._leaves_for_good(module, outer):
                    break
            inner = outer
        return found or ()

    def _leaves_for_good(self, module: Module, block: s.Block) -> bool:
        """Does nothing that comes behind it happen any more?"""
        last = block.body[-1]
        if isinstance(last, s.With):
            return self._leaves_for_good(module, last.body)
        if isinstance(last, s.If):
            sides = (last.body, last.orelse)
            return all(side is not None and self._leaves_for_good(module, side) for side in sides)
        if isinstance(last, s.Try):
            ends = (last.body, *(handler.body for handler in last.handlers))
            return all(self._leaves_for_good(module, each) for each in ends)
        if isinstance(last, s.Plain):
            return last.word != "pass"
        return isinstance(last, s.Return | s.Raise) or self._gives_up(module, last)

    def _gives_up(self, module: Module, stmt: s.Stmt) -> bool:
        """``raise``, ``sys.exit(…)``, ``parser.error(…)``: does the program end there?"""
        ends = isinstance(stmt, s.ExprStmt) and self.effects.is_exit(stmt, module)
        return isinstance(stmt, s.Raise) or (
            ends and isinstance(stmt, s.ExprStmt) and not self.effects.only_tells(module, stmt.value)
        )

    # -- one of several ----------------------------------------------------------------------------

    def _tells_apart(self, module: Module, node: s.Node, stmt: s.If) -> bool:
        """``if "org_id" in config:`` for each file of a folder, of which some have none.

        Where the program gives up without it, nothing was ever without it.
        """
        wanted = is_positive(self._left_of(stmt.test))
        missing = stmt.body.body if not wanted else stmt.orelse.body if stmt.orelse is not None else ()
        if wanted and stmt.orelse is None and self._leaves_for_good(module, stmt.body):
            missing = tuple(self._behind(module, stmt) or ())
        if missing and self._gives_up(module, missing[-1]):
            return False
        site = Site(module, node)
        found = self.demands.several.is_of_some(site)
        if found:
            self.demands.told_by.update(((name, site), None) for name, _ in self.demands.several.looked(site))
        return found


def _has_elif(stmt: s.If) -> bool:
    below = stmt.orelse.body[0] if stmt.orelse is not None else None
    return isinstance(below, s.If) and below.is_elif


def fits(module: Module, operand: s.Expr) -> bool:
    """Does the condition mean the same without ``operand``, as long as that finds what it asks for?

    ``name and key`` and ``not name or not key`` do; ``strict and not key`` never held, and would hold then.
    """
    parent = module.parents[operand]
    wants = _joint(module, parent)
    return wants is None or (holds(operand) is True) is (wants == "and")


def never_held(module: Module, operand: s.Expr, test: s.Expr) -> bool:
    """Is ``test`` a chain of ``and`` in which ``operand`` asks whether something is missing, or no good?"""
    top: s.Node = operand
    while isinstance(parent := module.parents[top], s.Bool) and parent.op == "and":
        top = parent
    return top is test and top is not operand and holds(operand) is not True


def holds(test: s.Expr) -> bool | None:
    """Is it true where the thing is there? None where that cannot be told: ``len(key) > 100``."""
    if isinstance(test, s.Unary):
        inner = holds(test.value) if test.op == "not" else None
        return None if inner is None else not inner
    if isinstance(test, s.Compare):
        right = test.rights[0]
        empty = isinstance(right, s.Const | s.Str) and not right.value
        known = {"is not": True, "!=": True, ">": True, "is": False, "==": False}
        return known.get(test.ops[0]) if empty and len(test.rights) == 1 else None
    return True if isinstance(test, s.Name | s.Attribute | s.Subscript | s.Call | s.Walrus) else None


def _joint(module: Module, parent: s.Node) -> str | None:
    """``and`` or ``or``, as which ``all([…])`` and ``any([…])`` count."""
    if isinstance(parent, s.Bool):
        return parent.op
    holder = module.parents.get(parent)
    call = module.call_of(holder)
    name = s.last_name(call.func) if call is not None else ""
    return {"all": "and", "any": "or"}.get(name)


def truthy(test: s.Expr) -> bool:
    """``x`` and ``x is not None``: true when there is something."""
    if isinstance(test, s.Name | s.Attribute):
        return True
    return (
        isinstance(test, s.Compare)
        and test.ops in (("is not",), ("!=",))
        and isinstance(test.rights[0], s.Const | s.Str)
    )


def is_positive(test: s.Expr) -> bool:
    """Does it hold where the setting is there?"""
    if isinstance(test, s.Compare):
        return test.ops[0] in ("in", "is not", "!=")
    return not isinstance(test, s.Unary) or not is_positive(test.value)

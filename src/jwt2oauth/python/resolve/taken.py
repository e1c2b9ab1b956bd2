"""Branches that a call does not take: what it gives a function decides ``if method == "GET":``."""

from __future__ import annotations

from collections.abc import Iterable

from ..facts import syntax as s
from ..facts.scopes import Binding
from ..facts.values import Constant, Fields, Function, Instance, Items, Site, Text, Value, text_of
from .base import Base


class Taken(Base):
    """Branches that a call does not take."""

    def passed_over(self, binding: Binding, site: Site) -> bool:
        """Does ``binding`` stand in a branch which the call does not take that ``site`` is seen through?"""
        function = binding.scope.node
        if not any(entered is function for entered, _ in site.ctx):
            return False
        child: s.Node = binding.node
        for around in site.module.ancestors(child):
            if around is function:
                return False
            if isinstance(around, s.If):
                truth = self.truth(site.at(around.test))
                if truth is not None and truth is not (child is around.body):
                    return True
            child = around
        return False

    def _gives_more(self, call: Site) -> bool:
        """``login(*options)``: may it give what nobody can tell, in place of a default?"""
        for arg in call.node.args if isinstance(call.node, s.Call) else ():
            given = self._again(call.at(arg.value)) if arg.star == "**" else ()
            if arg.star and not (given and all(isinstance(v, Fields) and not v.open for v in given)):
                return True
        return False

    def truth(self, site: Site) -> bool | None:
        """Does a condition hold, as the call says through which ``site`` is seen? None: it is not said."""
        asked = (node for node in s.walk(site.node) if isinstance(node, s.Name))
        if all(b.scope.is_module for name in asked for b in site.module.scopes.bindings_of(name)):
            return None
        function = site.module.function(site.node)
        if any(entered is function and self._gives_more(call) for entered, call in site.ctx):
            return None
        return self._holds(site)

    def _holds(self, site: Site) -> bool | None:
        node = site.node
        if isinstance(node, s.Unary) and node.op == "not":
            inner = self._holds(site.at(node.value))
            return None if inner is None else not inner
        if isinstance(node, s.Bool):
            found = [self._holds(site.at(node.left)), self._holds(site.at(node.right))]
            decisive = node.op == "or"
            if decisive in found:
                return decisive
            return None if None in found else not decisive
        if isinstance(node, s.Compare):
            return self._compared(site, node) if len(node.rights) == 1 else None
        return _agreed(map(_is_true, self._again(site))) if isinstance(node, s.Name) else None

    def _compared(self, site: Site, node: s.Compare) -> bool | None:
        """``method == "GET"``, ``method in ("GET", "HEAD")``, ``data is not None``"""
        right, op = node.rights[0], node.ops[0]
        lefts = self._again(site.at(node.left))
        if isinstance(right, s.Const) and right.value is None:
            nothing = _agreed(map(_is_none, lefts))
            return None if nothing is None else nothing is (op in ("is", "=="))
        one_of = isinstance(right, s.Sequence)
        if op not in (("in", "not in") if one_of else ("==", "!=")):
            return None
        written = right.items if isinstance(right, s.Sequence) else (right,)
        words = [text_of(word) for each in written for word in self._again(site.at(each))]
        if None in words or not words:
            return None
        texts = map(text_of, lefts)
        found = _agreed(None if text is None else text in words for text in texts)
        return None if found is None else found is (op in ("==", "in"))


def _agreed(answers: Iterable[bool | None]) -> bool | None:
    """What all of them say."""
    found = set(answers)
    return found.pop() if len(found) == 1 else None


def _is_none(value: Value) -> bool | None:
    if isinstance(value, Constant):
        return value.value is None
    return False if isinstance(value, Text | Fields | Items | Instance | Function) else None


def _is_true(value: Value) -> bool | None:
    if isinstance(value, Constant):
        return bool(value.value)
    if isinstance(value, Fields):
        return True if any(entry.certain and entry.value is not None for entry in value.entries) else None
    text = text_of(value)
    return bool(text) if text is not None else None

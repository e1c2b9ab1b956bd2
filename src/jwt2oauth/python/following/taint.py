"""Where a value, or what is made of it, may come to, by names alone: more places than it does, but cheaply.

To ask the resolver of every sum and call of a large program whether a lifetime is in it takes minutes. What
is tainted here is asked; of the rest it is known that nothing can come there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..facts import syntax as s
from ..facts.leaves import ATTRIBUTE, KEY, name_in
from ..facts.modules import Module
from ..facts.values import Site
from .tainted_calls import Calls
from .tainted_names import ASKING, STRONG, WHOLE, is_large

__all__ = ["Taint", "is_large"]

_READING = frozenset(
    {"text", "json", "content", "data", "body", "raw", "result", "value", "read", "__dict__"}
)
"""What gives all that an object or a reply holds."""
_OPENING = frozenset({"values", "items", "popitem", "__getitem__", "get", "pop", "setdefault", "__iter__"})
"""Methods of a mapping that give what is in it."""


class Taint(Calls):
    """What is tainted among some modules, after each call of ``at`` and ``by``."""

    def holds(self, site: Site) -> bool:
        """Is there anything tainted in what stands at ``site``?"""
        return self._is_small or site.node in self._reached or site.module not in self._leaves

    def is_near(self, site: Site) -> bool:
        """Is there anything tainted in the function that holds ``site``, or beside it outside of any?"""
        if self._is_small or site.module not in self._leaves:
            return True
        return site.module.function(site.node) in self._around[site.module]

    def but(self, stops: Callable[[s.Node], bool]) -> None:
        """Let nothing pass where it says so."""
        self._stops = stops

    def at(self, nodes: Iterable[tuple[Module, s.Node]], *, whole: bool = True) -> None:
        """Take what stands there for tainted, and whatever is made of it.

        What is not ``whole`` only holds it, under the words that are given, see ``by``.
        """
        force = STRONG | WHOLE if whole else STRONG
        self._waiting += () if self._is_small else ((*each, force) for each in nodes)
        self._follow()

    def by(self, words: Iterable[str]) -> None:
        """Take for tainted what goes by one of ``words``: an attribute, a key."""
        for word in words if not self._is_small else ():
            self._anywhere(ATTRIBUTE, word, STRONG | WHOLE, at_most=None)
            self._anywhere(KEY, word, STRONG | WHOLE, at_most=None)
        self._follow()

    def _follow(self) -> None:
        with self.resolver.sparing():
            while self._waiting:
                self._climb(*self._waiting.pop())

    def _climb(self, module: Module, node: s.Node, force: int) -> None:
        here = node
        self._around[module].add(module.function(node))
        if isinstance(node, s.Param):
            self._fill(module, node, force)
        elif isinstance(node, s.Case):
            self._bind(module, node, node.names, force)
        while force & ~(known := self._reached.get(here, 0)):
            self._reached[here] = known | force
            parent = module.parents.get(here)
            if parent is None or isinstance(parent, s.Block) or self._stops(here):
                return
            force = self._through(module, here, parent, force)
            force = self._carry(module, here, parent, force) if force else 0
            here = parent

    def _through(self, module: Module, node: s.Node, parent: s.Node, force: int) -> int:
        """With what force ``parent`` is tainted by ``node``: what has it under a name gives it by that."""
        if isinstance(parent, s.Subscript) and node is parent.value and not force & WHOLE:
            return 0 if isinstance(parent.index, s.Str) else force | WHOLE
        if isinstance(parent, s.Attribute) and not force & WHOLE:
            call = module.parents.get(parent)
            if not isinstance(call, s.Call) or call.func is not parent:
                return self._by_attribute(parent.attr, force)
            if parent.attr in ASKING and call.args and isinstance(call.args[0].value, s.Str):
                return 0
            return force | WHOLE if parent.attr in _OPENING else force
        if isinstance(parent, s.Arg) and not force & WHOLE:
            call = module.parents[parent]
            func = call.func if isinstance(call, s.Call) else None
            if s.is_named(func, "getattr") and isinstance(call, s.Call) and len(call.args) > 1:
                return 0 if isinstance(call.args[1].value, s.Str) else force | WHOLE
            return force if isinstance(func, s.Name | s.Attribute) else force | WHOLE
        return force

    def _by_attribute(self, name: str, force: int) -> int:
        """What ``name`` gives of an object that holds something tainted: what the program keeps so is tainted
        for itself.
        """
        if name in _OPENING:
            return force | WHOLE  # map(reply.get, names)
        self._named_so(name)
        return 0 if name in self._stored and name not in _READING else force

    def _carry(self, module: Module, node: s.Node, parent: s.Node, force: int) -> int:
        """Taint what ``parent`` puts ``node``, which is tainted, into; gives with what force it is itself."""
        match parent:
            case s.Assign() if node is parent.value:
                for target in parent.targets:
                    self._store(module, target, force)
            case s.Assign() if node in parent.targets and module.scope(parent).is_class:
                self._convert(module, parent)
            case s.AugAssign() | s.Walrus() if node is parent.value:
                self._store(module, parent.target, force)
            case s.For() | s.Clause() if node is parent.iter:
                self._store(module, parent.target, force)
            case s.WithItem() if node is parent.value and parent.target is not None:
                self._store(module, parent.target, force)
            case s.Match():
                for case in parent.cases:
                    self._bind(module, parent, case.names, force | WHOLE)
            case s.Case():
                self._bind(module, parent, parent.names, force | WHOLE)
            case s.Handler() if node is parent.type and parent.name:
                self._bind(module, parent, (parent.name,), force)
            case s.Return() | s.Yield():
                self._give(module, module.function(parent), force)
            case s.Raise() if isinstance(parent.value, s.Call) and isinstance(parent.value.func, s.Name):
                self._taint(module, name_in(module, parent.value.func), force | STRONG)
            case s.FuncDef() if node in parent.decorators:
                self._bind(module, parent, (parent.name,), force)
                for param in parent.params:
                    self._fill(module, param, force)
            case s.ClassDef():
                self._bind(module, parent, (parent.name,), force)
            case s.Param():
                self._fill(module, parent, force)
            case s.Item() if parent.key is not None:
                is_known = self._put(module, node, parent, force)
                return force & ~WHOLE if is_known else force | WHOLE
            case s.Arg():
                call = module.parents[parent]
                if isinstance(call, s.Call):
                    return self._pass(module, call, parent, force)
                if parent.keyword:  # class Kept(life=tainted)
                    self._anywhere(KEY, parent.keyword, force)
            case _:
                pass
        return force

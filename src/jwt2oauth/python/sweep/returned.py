"""Tuples that a function returns, of which nobody takes the key any more: ``return client, secret, key``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import Environ, Function, Site
from ..writing.wordlists import WordList, shorter, word_list
from .base import Base

_GATHERS = frozenset({"list", "tuple"})
_HEAD = re.compile(r":\s*(\d+)")


class Returned(Base):
    """Tuples that a function returns, of which nobody takes the key any more."""

    def _kill_listed(self, module: Module, binding: Binding, node: s.Assign) -> bool | None:
        """``a, b = [environ[n] for n in NAMES]``, ``a, b = map(required, NAMES)``: its name leaves the list.

        At least two stay, and nobody else counts the names.
        """
        target, value = node.targets[0], node.value
        if not isinstance(target, s.Sequence) or value is None or len(binding.unpack) != 1:
            return None
        names = self._names_behind(Site(module, value))
        index = binding.unpack[0]
        left = [each for each in target.items if each not in self.changes.removed]
        starred = any(isinstance(each, s.Starred) for each in target.items)
        if names is None or starred or len(left) < 3 or target.items[index] not in left:
            return None
        if isinstance(names, WordList):
            words = "".join(str(each.value) for each in names.literals).split(names.separator)
            made = (
                shorter(module, self.changes, names, words[index])
                if len(words) == len(target.items)
                else None
            )
            for literal, span, text in made or ():
                self.changes.patched[literal] = [(span, text)]
            if not made:
                return None
        elif len(names) == len(target.items):
            self.changes.remove(module, names[index])
        else:
            return None
        self.changes.remove(module, target.items[index])
        return True

    def _names_behind(self, site: Site) -> WordList | tuple[s.Node, ...] | None:
        """The list by whose elements a value is made, one for each, in the same module."""
        module, value = site.module, site.node
        if isinstance(value, s.Call) and s.last_name(value.func) in _GATHERS and len(value.args) == 1:
            value = value.args[0].value
        if isinstance(value, s.Comprehension):
            clause = value.clauses[0]
            plain = len(value.clauses) == 1 and not clause.tests and value.key is None
            return (
                self._elements(module, clause.iter) if plain and self._is_idle(module, value.value) else None
            )
        if not isinstance(value, s.Call) or any(arg.star or arg.keyword for arg in value.args):
            return None
        if s.is_named(value.func, "map") and len(value.args) == 2:
            function, names = (arg.value for arg in value.args)
            return self._elements(module, names) if self._only_reads(Site(module, function)) else None
        made = value.func
        getter = isinstance(made, s.Call) and s.last_name(made.func) == "itemgetter" and len(value.args) == 1
        if getter and isinstance(made, s.Call) and not any(arg.star for arg in made.args):
            return made.args if self._is_idle(module, value.args[0].value) else None
        return None

    def _is_idle(self, module: Module, node: s.Expr) -> bool:
        return self.effects.harmless(module, node)

    def _only_reads(self, function: Site) -> bool:
        """Does a function that is given to ``map()`` only compute, or give up?"""
        found = self.resolver.resolve(function)
        return bool(found) and all(
            isinstance(value, Function) and self.effects.pure(value.module, value.node) for value in found
        )

    def _elements(self, module: Module, node: s.Expr) -> WordList | tuple[s.Node, ...] | None:
        """``("A", "B")``, ``"A B".split()``, or a constant of them that nothing else needs but checks."""
        holder: s.Expr = node
        if isinstance(node, s.Name):
            bound = list(module.scopes.bindings_of(node))
            stmt = bound[0].node if len(bound) == 1 else None
            only = (
                isinstance(stmt, s.Assign) and len(stmt.targets) == 1 and isinstance(stmt.targets[0], s.Name)
            )
            if not only or not isinstance(stmt, s.Assign) or stmt.value is None or self._exported(bound[0]):
                return None
            holder = stmt.value
            if not self.demands.only_checks(Site(module, holder), but=node):
                return None
        if isinstance(holder, s.Sequence):
            return holder.items if all(isinstance(each, s.Str) for each in holder.items) else None
        text = (
            holder.func.value if isinstance(holder, s.Call) and isinstance(holder.func, s.Attribute) else None
        )
        text = text.parts[0] if isinstance(text, s.Joined) else text
        return word_list(module, text) if isinstance(text, s.Str) else None

    def _tuples(self) -> None:
        for module in list(self.resolver.world):
            for node in module.each(s.FuncDef):
                is_ours = not self.changes.is_dead(module, node) and not self.resolver.is_test(module)
                if is_ours and self._spells(node.name):
                    self._shorten(module, node)

    def _shorten(self, module: Module, function: s.FuncDef) -> None:
        """Take an element that costs the reading of the key out of what is returned, and of what takes it."""
        returned = list(self._returned(module, function))
        size = len(returned[0].items) if returned else 0
        if size < 2 or any(len(r.items) != size for r in returned) or self.offers.function(module, function):
            return
        costs = {k: self._costs(module, [r.items[k] for r in returned]) for k in range(size)}
        gone = {k for k in costs if any(self.changes.is_dead(module, r.items[k]) for r in returned)}
        heavy = {k: cost == "key" for k, cost in costs.items() if cost and k not in gone}
        if not heavy or self._by_value(module, function):
            return
        callers = self.resolver.callers(module, function)
        if gone and not all(map(_unpacked, callers)):
            return  # something has been taken out before: the places count differently
        taken = {k: [self._taken(call, k, size, heavy[k]) for call in callers] for k in heavy}
        over = [k for k in heavy if callers and None not in taken[k]]
        kinds = _kinds(function.returns, size)
        left = [k for k in range(size) if k not in over and k not in gone]
        if not over or kinds is None or not left:
            return
        if len(left) > 1:
            for index in over:
                targets = [(c.module, t) for c, t in zip(callers, taken[index], strict=True)]
                for place, node in [*((module, r.items[index]) for r in returned), *targets]:
                    if isinstance(node, s.Node):
                        self.changes.remove(place, node)
                for kind in kinds[index : index + 1]:
                    self.changes.remove(module, kind)
        elif not gone:
            self._alone(module, function, returned, callers, left[0], kinds)

    def _alone(
        self,
        module: Module,
        function: s.FuncDef,
        returned: list[s.Sequence],
        callers: list[Site],
        index: int,
        kinds: tuple[s.Expr, ...],
    ) -> None:
        """``return client_id, key``: the one that is left is no tuple any more."""
        taken = [(call.module, _unpacked(call)) for call in callers]
        if any(target is None for _, target in taken):
            return
        for place, node in [*((module, each) for each in returned), *taken]:
            assert node is not None
            self.changes.replace(place, node, node.items[index])
        for kind in kinds[index : index + 1]:
            assert function.returns is not None
            self.changes.replace(module, function.returns, kind)

    def _returned(self, module: Module, function: s.FuncDef) -> Iterator[s.Sequence]:
        """The tuples; nothing where anything else may be returned."""
        found = []
        for node in module.returns.get(function, ()):
            value = node.value
            if not isinstance(value, s.Sequence) or value.kind != "tuple":
                return
            if any(isinstance(item, s.Starred) for item in value.items):
                return
            found.append(value)
        yield from found

    def _costs(self, module: Module, items: list[s.Expr]) -> str:
        """Does it take reading the ``key``, or a ``variable`` that has to be set?"""
        sites = [Site(module, item) for item in items]
        if not all(self.effects.harmless(module, item) for item in items):
            return ""
        asked = (v for site in sites for v in self.resolver.resolve(site) if isinstance(v, Environ))
        is_asked = any(value.default is None for value in asked)
        return "key" if any(map(self._is_heavy, sites)) else "variable" if is_asked else ""

    def _taken(self, call: Site, index: int, size: int, heavy: bool) -> s.Node | bool | None:
        """The name that takes the element, if nobody needs it; ``True`` for none; None if that is not so."""
        module, node = call.module, call.node
        parent = module.parents[node]
        if self.changes.is_dead(module, node):
            return True
        if isinstance(parent, s.Subscript) and parent.value is node:
            return self._is_before(module, parent, index) or None
        if not isinstance(parent, s.Assign) or parent.value is not node or len(parent.targets) != 1:
            return None
        target = parent.targets[0]
        if not isinstance(target, s.Sequence):
            return None
        starred = [k for k, item in enumerate(target.items) if isinstance(item, s.Starred)]
        if not starred and len(target.items) != size:
            return None
        place = index if not starred or index < starred[0] else index - size + len(target.items)
        if starred and starred[0] <= index and place <= starred[0]:
            place = starred[0]
        item = target.items[place]
        name = item.value if isinstance(item, s.Starred) else item
        if not isinstance(name, s.Name):
            return None
        bound = [b for b in module.bound_by(parent) if b.path == name.id]
        loads = [load for b in bound for load in self.loads(b)]
        if not bound or not all(self.changes.is_dead(load.module, load.node) for load in loads):
            return None
        if not loads and not heavy:
            return None  # it was nothing of the flow
        return True if isinstance(item, s.Starred) else item

    def _is_before(self, module: Module, node: s.Subscript, index: int) -> bool:
        """``load()[:3]``, ``load()[0]``: is the element behind what is taken?"""
        if isinstance(node.index, s.Const) and isinstance(node.index.value, int):
            return 0 <= node.index.value < index
        match = _HEAD.fullmatch(module.snippet(node.index))
        return match is not None and int(match[1]) <= index


def _kinds(annotation: s.Expr | None, size: int) -> tuple[s.Expr, ...] | None:
    """``str, str, bytes`` of ``-> tuple[str, str, bytes]``; empty where it counts none, None if unknown."""
    index = annotation.index if isinstance(annotation, s.Subscript) else None
    if isinstance(index, s.Sequence):
        named = not any(isinstance(item, s.Const) for item in index.items)
        return index.items if len(index.items) == size else None if named else ()
    return () if annotation is None or isinstance(annotation, s.Name | s.Attribute) else None


def _unpacked(call: Site) -> s.Sequence | None:
    """``a, b`` of ``a, b = load()``, where each has a name of its own."""
    parent = call.module.parents[call.node]
    target = parent.targets[0] if isinstance(parent, s.Assign) and len(parent.targets) == 1 else None
    if not isinstance(target, s.Sequence) or any(isinstance(item, s.Starred) for item in target.items):
        return None
    return target

"""Branches that a call does not take: what it gives a function decides ``if method == "GET":``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import (
    Class,
    Constant,
    Entered,
    Fields,
    Function,
    Instance,
    Items,
    ModuleValue,
    Site,
    Text,
    Unknown,
    Value,
    text_of,
)
from .base import Base
from .shared import Values

_UNSEEN = ("setattr", "vars(", "__dict__")
"""Ways to set an attribute that no assignment names."""


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
            if isinstance(around, s.If) and child is not around.test:
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
        around = set(site.module.ancestors(site.node))
        entered = [(function, call) for function, call in site.ctx if function in around]
        if any(
            self._gives_more(call) or self._is_wrapped(site.module, function) for function, call in entered
        ):
            return None
        return self._holds(site)

    def _is_wrapped(self, module: Module, function: Entered) -> bool:
        """Does a decorator of the project call it, with arguments of its own perhaps?"""
        decorators = function.decorators if isinstance(function, s.FuncDef) else ()
        made = (value for each in decorators for value in self._again(Site(module, each)))
        return any(isinstance(value, Function | Class | Instance | Unknown) for value in made)

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
        return _agreed(map(_is_true, self._asked(site))) if isinstance(node, s.Name) else None

    def _asked(self, site: Site) -> Values:
        """What is asked about, if nobody changes it unseen: no global, no attribute that is set elsewhere."""
        for node in s.walk(site.node):
            if isinstance(node, s.Name):
                bindings = site.module.scopes.bindings_of(node)
                if any(binding.scope.is_module for binding in bindings) or _is_shared(site.module, node.id):
                    return ()
            elif isinstance(node, s.Attribute) and not self._is_settled(site.module, node.attr):
                return ()
        values = self._again(site)
        return () if any(map(self._is_set_elsewhere, values)) else values

    def _is_set_elsewhere(self, value: Value) -> bool:
        """``SHORT = False``, and ``conf.SHORT = True`` in another module."""
        site = value.parts[0].site if isinstance(value, Text) and value.parts else None
        site = value.site if isinstance(value, Constant) else site
        stmt = site.module.statement(site.node) if site is not None else None
        if site is None or not isinstance(stmt, s.Assign) or site.module.function(stmt) is not None:
            return False
        self._refresh()
        names = [target.id for target in stmt.targets if isinstance(target, s.Name)]
        stores = (store for name in names for store in self._attribute_stores.get(name, ()))
        return not all(_is_own(store, name) for name in names for store in self.near(site.module, stores))

    def set_elsewhere(self, site: Site) -> Iterator[Site | None]:
        """``login.per = 60_000``, ``Login.per = 1``: what else it is given; None: nobody sees that."""
        node = site.node
        if isinstance(node, s.Name):
            bound = [b.value for b in site.module.scopes.bindings_of(node) if b.kind == "assign"]
            node = bound[0] if len(bound) == 1 and bound[0] is not None else node
        if not isinstance(node, s.Attribute):
            return
        self._refresh()
        owners = {_owner(value) for value in self._again(site.at(node.value))}
        for store in self.near(site.module, self._attribute_stores.get(node.attr, ())):
            if self.is_test(store.module) or _is_own(store, node.attr):
                continue
            for target in s.targets_of(store.node):
                if isinstance(target, s.Attribute) and target.attr == node.attr:
                    given = {_owner(value) for value in self._again(store.at(target.value))}
                    if None in given or self._are_kin(owners, given):
                        value = store.node.value if isinstance(store.node, s.Assign) else None
                        yield store.at(value) if value is not None else None
        for other in self.index.loaded:
            texts = other.each(s.Str) if any(map(other.holds, _UNSEEN)) else ()
            named = any(text.value == node.attr for text in texts)
            if named and not self.is_test(other) and self.index.related(other, site.module):
                yield None

    def _are_kin(self, owners: set[Class | Module | None], others: set[Class | Module | None]) -> bool:
        kin = {base for each in owners if isinstance(each, Class) for base in self.mro(each)}
        more = {base for each in others if isinstance(each, Class) for base in self.mro(each)}
        return bool((kin | owners) & (more | others) - {None})

    def _is_settled(self, module: Module, attr: str) -> bool:
        """Do only the methods of classes set attributes of this name, each its own?"""
        self._refresh()
        stores = self._attribute_stores.get(attr, ())
        near = self.near(module, (Site(each, each.source) for each in self.index.loaded))
        unseen = any(each.module.holds(word) for each in near for word in _UNSEEN)
        return not unseen and all(_is_own(store, attr) for store in self.near(module, stores))

    def _compared(self, site: Site, node: s.Compare) -> bool | None:
        """``method == "GET"``, ``method in ("GET", "HEAD")``, ``data is not None``"""
        right, op = node.rights[0], node.ops[0]
        lefts = self._asked(site.at(node.left))
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
        found = _agreed(_is_among(text_of(left), words) for left in lefts)
        return None if found is None else found is (op in ("==", "in"))


def _is_among(text: str | None, words: Sequence[str | None]) -> bool | None:
    """Is it one of these? None: it may become one, as by ``title()``."""
    if text in words:
        return None if text is None else True
    folded = (word.casefold() for word in words if word is not None)
    return None if text is None or text.casefold() in folded else False


def _is_shared(module: Module, name: str) -> bool:
    """``nonlocal name``"""
    scoping = module.each(s.Scoping)
    return any(each.kind == "nonlocal" and name in each.names for each in scoping)


def _owner(value: Value) -> Class | Module | None:
    """Whose attributes are set."""
    if isinstance(value, Instance):
        return value.cls
    if isinstance(value, ModuleValue):
        return value.module
    return value if isinstance(value, Class) else None


def _is_own(store: Site, attr: str) -> bool:
    """``self.how = how``"""
    method = store.module.function(store.node)
    owner = store.module.class_of(method) if method is not None else None
    own = method.params[0].name if method is not None and owner is not None and method.params else ""
    targets = [each for each in s.targets_of(store.node) if isinstance(each, s.Attribute)]
    return all(s.is_named(each.value, own) for each in targets if each.attr == attr)


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

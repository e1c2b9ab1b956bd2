"""Where a value, or what is made of it, may come to, by names alone: more places than it does, but cheaply.

To ask the resolver of every sum and call of a large program whether a lifetime is in it takes minutes. What
is tainted here is asked; of the rest it is known that nothing can come there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ..facts import syntax as s
from ..facts.bindings import MUTATORS
from ..facts.leaves import ATTRIBUTE, KEY, LIKE_A_KEY, MEMBER, WORD, Named, name_in, named
from ..facts.modules import Module
from ..facts.scopes import Scope
from ..facts.values import Class, Function, ModuleValue, Site
from ..resolve import Resolver
from ..resolve.base import COMMON_METHODS
from ..resolve.shared import fields_of
from .forward import Forward

_STORES = MUTATORS | {"put", "put_nowait", "set", "hset", "send", "push", "write", "save", "setex"}
"""Methods that keep what they are given."""
_ASKING = frozenset({"get", "pop", "setdefault", "getattr", "attrgetter", "itemgetter", "hget"})
_WEAK, _STRONG = 1, 2
"""Weak is what a function makes of its arguments: a call that is given something tainted is tainted itself,
and other calls of the function are not."""
_SOME = 6
"""So many functions of one name need not be told apart."""
FEW = 60
"""Of so few modules, everything is asked."""
_MANY = 60
"""An attribute or key that stands in more places says little: objects that hold it are followed instead."""


class Taint:
    """What is tainted among ``modules``, after each call of ``at`` and ``by``."""

    def __init__(self, resolver: Resolver, modules: Sequence[Module]) -> None:
        self.resolver = resolver
        self._is_small = len(modules) <= FEW
        self._forward = Forward(resolver)
        self._leaves = {module: module.leaves for module in modules}
        values = resolver.rules.values
        self._making = {"dict", "update", "create", "cls", *values.makers, *values.copiers.methods}
        self._making |= {name.rpartition(".")[2] for name in values.copiers.names}
        self._functions: dict[str, list[Function]] | None = None
        self._stored: set[str] = set()
        """Names under which something is put that may be called."""
        self._names: dict[Named, int] = {}
        self._reached: dict[s.Node, int] = {}
        self._around: dict[Module, set[s.FuncDef | None]] = defaultdict(set)
        self._waiting: list[tuple[Module, s.Node, int]] = []

    def holds(self, site: Site) -> bool:
        """Is there anything tainted in what stands at ``site``?"""
        return self._is_small or site.node in self._reached or site.module not in self._leaves

    def is_near(self, site: Site) -> bool:
        """Is there anything tainted in the function that holds ``site``, or beside it outside of any?"""
        if self._is_small or site.module not in self._leaves:
            return True
        return site.module.function(site.node) in self._around[site.module]

    def at(self, nodes: Iterable[tuple[Module, s.Node]]) -> None:
        """Take what stands there for tainted, and whatever is made of it."""
        self._waiting += () if self._is_small else ((*each, _STRONG) for each in nodes)
        self._follow()

    def by(self, words: Iterable[str]) -> None:
        """Take for tainted what goes by one of ``words``: an attribute, a key."""
        for word in words if not self._is_small else ():
            self._anywhere(ATTRIBUTE, word, at_most=None)
            self._anywhere(KEY, word, at_most=None)
        self._follow()

    def _follow(self) -> None:
        with self.resolver.sparing():
            while self._waiting:
                self._climb(*self._waiting.pop())

    # -- names ----------------------------------------------------------------------------------------

    def _taint(self, module: Module, name: Named, force: int = _STRONG) -> None:
        """Follow a name of ``module``; what is global is followed into others, too."""
        scope, word = name
        if scope == ATTRIBUTE:
            self._anywhere(ATTRIBUTE, word)
            return
        is_global = isinstance(scope, Scope) and scope.is_module
        force = _STRONG if is_global else force
        if self._names.get(name, 0) >= force or module not in self._leaves:
            return
        self._names[name] = force
        self._waiting += ((module, node, force) for node in self._leaves[module].of(name))
        if is_global:
            self._import(module, word)

    def _import(self, module: Module, word: str) -> None:
        """Follow a global into the modules that take it from there."""
        for other, stmt in self._forward.importing(module, word):
            for alias in stmt.aliases:
                if alias.name == word:
                    self._bind(other, stmt, [alias.asname or word])
        for other in self._forward.starred_by(module, word):
            self._taint(other, (other.scopes.module, word))
        for each, leaves in self._leaves.items():
            for node in leaves.of((MEMBER, word)) if word in each.words else ():
                assert isinstance(node, s.Attribute)
                owners = self.resolver.resolve(Site(each, node.value))
                if any(isinstance(owner, ModuleValue) and owner.module is module for owner in owners):
                    self._waiting.append((each, node, _STRONG))

    def _anywhere(self, kind: str, word: str, at_most: int | None = _MANY) -> bool:
        """Follow a name of such a kind, unless it stands in too many places; False then."""
        if (kind, word) in self._names:
            return True
        found = [
            (module, node, _WEAK if kind == KEY and not _asks(module, node) else _STRONG)
            for module, leaves in self._leaves.items()
            if word in module.words
            for node in leaves.of((kind, word))
        ]
        if at_most is not None and len(found) > at_most:
            return False
        self._names[(kind, word)] = _STRONG
        self._waiting += found
        return True

    def _bind(self, module: Module, at: s.Node, names: Iterable[str], force: int = _STRONG) -> None:
        scope = module.scope(at)
        for name in names:
            self._taint(module, named(scope, name), force)

    # -- up from a node, as far as its statement ------------------------------------------------------

    def _climb(self, module: Module, node: s.Node, force: int) -> None:
        here = node
        self._around[module].add(module.function(node))
        if isinstance(node, s.Param):
            self._fill(module, node, force)
        elif isinstance(node, s.Case):
            self._bind(module, node, node.names, force)
        while self._reached.get(here, 0) < force:
            self._reached[here] = force
            parent = module.parents.get(here)
            if parent is None or isinstance(parent, s.Block):
                return
            self._carry(module, here, parent, force)
            here = parent

    def _carry(self, module: Module, node: s.Node, parent: s.Node, force: int) -> None:
        """Taint what ``parent`` puts ``node``, which is tainted, into."""
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
                    self._bind(module, parent, case.names, force)
            case s.Case():
                self._bind(module, parent, parent.names, force)
            case s.Handler() if node is parent.type and parent.name:
                self._bind(module, parent, (parent.name,), force)
            case s.Return() | s.Yield() if force == _STRONG:
                self._give(module, module.function(parent))
            case s.Raise() if isinstance(parent.value, s.Call) and isinstance(parent.value.func, s.Name):
                self._taint(module, name_in(module, parent.value.func))
            case s.FuncDef() if node in parent.decorators:
                self._bind(module, parent, (parent.name,), force)
                for param in parent.params:
                    self._fill(module, param, force)
            case s.ClassDef():
                self._bind(module, parent, (parent.name,), force)
            case s.Param():
                self._fill(module, parent, force)
            case s.Item() if parent.key is not None:
                self._put(module, node, parent)
            case s.Arg():
                call = module.parents[parent]
                if isinstance(call, s.Call):
                    self._pass(module, call, parent, force)
            case _:
                pass

    def _store(self, module: Module, target: s.Expr, force: int) -> None:
        match target:
            case s.Name():
                name = name_in(module, target)
                self._taint(module, name, force)
                if name[0] == ATTRIBUTE:  # a field, which a library may fill or name by a key
                    self._anywhere(KEY, target.id)
            case s.Attribute() if target.attr == "__dict__":
                self._store_somewhere(module, target.value, force)
            case s.Attribute():
                function = module.function(target)
                owner = module.class_of(function) if function is not None else None
                if not self._anywhere(ATTRIBUTE, target.attr) and owner is not None:
                    self._object(module, owner, target.attr)
                if isinstance(target.value, s.Name) and module.imports(target.value):
                    for value in self.resolver.resolve(Site(module, target.value)):
                        if isinstance(value, ModuleValue):
                            self._taint(value.module, (value.module.scopes.module, target.attr))
                elif s.last_name(target.value) not in ("self", "cls"):
                    self._store(module, target.value, force)
            case s.Subscript():
                self._store(module, target.value, force)
                self._key(module, target.index)
            case s.Sequence():
                for item in target.items:
                    self._store(module, item, force)
            case s.Starred():
                self._store(module, target.value, force)
            case _:
                pass

    def _set(self, module: Module, holder: s.Expr, name: s.Expr, force: int) -> None:
        """``setattr(holder, name, tainted)``"""
        if isinstance(name, s.Str):
            self._key(module, name)
            self._anywhere(ATTRIBUTE, str(name.value))
        else:
            self._store_somewhere(module, holder, force)

    def _store_somewhere(self, module: Module, holder: s.Expr, force: int) -> None:
        """``setattr(self, "_" + name, value)``, ``self.__dict__.update(reply)``: under whatever name."""
        function = module.function(holder)
        owner = module.class_of(function) if function is not None else None
        self._store(module, holder, force)
        if owner is not None and s.last_name(holder) in ("self", "cls"):
            self._bind(module, owner, (owner.name,))
            for node in s.walk(owner):
                if isinstance(node, s.Attribute) and s.last_name(node.value) in ("self", "cls"):
                    self._waiting.append((module, node, _STRONG))

    def _key(self, module: Module, key: s.Expr) -> None:
        """Something tainted can be had by that key."""
        for node in key.parts if isinstance(key, s.FString) else (key,):
            if isinstance(node, s.Str) and isinstance(node.value, str) and LIKE_A_KEY.fullmatch(node.value):
                for word in WORD.findall(node.value):
                    self._anywhere(KEY, word)
            elif isinstance(node, s.Name):
                self._taint(module, name_in(module, node))
            elif isinstance(node, s.Attribute):
                self._anywhere(ATTRIBUTE, node.attr)

    def _put(self, module: Module, node: s.Node, item: s.Item) -> None:
        """``{"life": tainted}``; of ``{"life": "expires_in"}`` each may be another name for the other."""
        assert item.key is not None
        if isinstance(item.key, s.Str) and isinstance(item.value, s.Str):
            for text in (item.key, item.value):
                self._key(module, text)
                self._anywhere(ATTRIBUTE, str(text.value))
        elif node is item.value:
            self._key(module, item.key)

    def _fill(self, module: Module, param: s.Param, force: int) -> None:
        owner = module.parents[param]
        scope = module.scopes.inner[owner] if isinstance(owner, s.FuncDef) else module.scope(owner)
        self._taint(module, named(scope, param.name), force)

    # -- functions and objects ------------------------------------------------------------------------

    def _give(self, module: Module, function: s.FuncDef | None) -> None:
        """What calls of a function give is tainted."""
        owner = module.class_of(function) if function is not None else None
        if function is not None and owner is None:
            self._bind(module, function, (function.name,))
        elif function is not None and owner is not None:
            name = function.name
            if name in COMMON_METHODS or name.startswith("__") or not self._anywhere(ATTRIBUTE, name):
                self._object(module, owner, name)
        for each in function.decorators if function is not None else ():
            self._call_all(each.func if isinstance(each, s.Call) else each)

    def _convert(self, module: Module, field: s.Assign) -> None:
        """What a field is given goes through functions that its declaration names."""
        owner, name = module.scope(field).node, field.targets[0]
        if isinstance(owner, s.ClassDef) and isinstance(name, s.Name):
            made = self.resolver.converter(Class(module, owner), name.id)
            if isinstance(made, Function):
                for param in made.node.params:
                    self._fill(made.module, param, _WEAK)
        for said in (field.value, field.annotation):
            for node in s.walk(said) if said is not None else ():
                self._call_all(node)
                for param in node.params if isinstance(node, s.Lambda) else ():
                    self._fill(module, param, _WEAK)

    def _call_all(self, said: s.Node) -> None:
        """A function that is named, or one within it, may be given something tainted."""
        for callee in self._named_so(s.last_name(said)) if isinstance(said, s.Name | s.Attribute) else ():
            for node in s.walk(callee.node):
                for param in node.params if isinstance(node, s.FuncDef | s.Lambda) else ():
                    self._fill(callee.module, param, _WEAK)

    def _object(self, module: Module, owner: s.ClassDef, member: str) -> None:
        """Objects of a class are tainted, for what they give by that name."""
        self._bind(module, owner, (owner.name,))
        family = {owner.name, *(s.last_name(base.value) for base in owner.bases)}
        for each, leaves in self._leaves.items():
            if not family.isdisjoint(each.words):
                self._waiting += ((each, node, _STRONG) for node in leaves.asked_of_itself(member))

    def _pass(self, module: Module, call: s.Call, arg: s.Arg, force: int) -> None:
        """What a call does with an argument."""
        site = Site(module, call)
        last = s.last_name(call.func)
        for callee in self._entered(site, last):
            self._take(callee, arg)
        for other in call.args:
            for node in s.walk(other.value) if other is not arg else ():
                if isinstance(node, s.Lambda):
                    for param in node.params:
                        self._fill(module, param, _WEAK)
                elif isinstance(node, s.Name | s.Attribute):
                    for callee in self._named_so(s.last_name(node)):
                        self._take(callee, arg)
        if isinstance(call.func, s.Attribute) and last in _STORES:
            self._store(module, call.func.value, force)
        if last in _STORES:
            for other in call.args:
                if other is not arg:
                    self._key(module, other.value)
        if last in ("setattr", "__setattr__") and len(call.args) > 1:
            self._set(module, call.args[0].value, call.args[-2].value, force)
        if last in self._making or last[:1].isupper():
            for name in [arg.keyword] if arg.keyword else self._fields(site.at(call.func)):
                self._anywhere(ATTRIBUTE, name)
                self._anywhere(KEY, name)

    def _entered(self, call: Site, name: str) -> Sequence[Function]:
        """What a call may enter: all that goes by its name, if that is little; else it is asked for."""
        found = self._named_so(name)
        if 0 < len(found) <= _SOME and name not in COMMON_METHODS:
            return found
        func = call.call.func
        bound = call.module.scopes.bindings_of(func) if isinstance(func, s.Name) else frozenset()
        is_held = any(binding.kind not in ("def", "class", "import") for binding in bound)
        if isinstance(func, s.Attribute):
            is_held = name in self._stored or name.startswith("__")
        if not found and not is_held and isinstance(func, s.Name | s.Attribute):
            return ()
        return self.resolver.callees(call)

    def _fields(self, made: Site) -> Iterator[str]:
        """The fields that are filled by their places."""
        for value in self.resolver.resolve(made):
            for cls in self.resolver.mro(value) if isinstance(value, Class) else ():
                yield from fields_of(cls)

    def _take(self, callee: Function, arg: s.Arg) -> None:
        """Taint the parameters that an argument may fill."""
        module, params = callee.module, callee.node.params
        by_name = [param for param in params if param.name == arg.keyword]
        for param in by_name or params:
            if param.name not in ("self", "cls"):
                self._fill(module, param, _WEAK)

    def _named_so(self, name: str) -> Sequence[Function]:
        if self._functions is None:
            self._functions = defaultdict(list)
            for module in self._leaves:
                for node in module.each(s.FuncDef):
                    owner = module.class_of(node) if node.name in ("__init__", "__set__") else None
                    called = owner.name if owner is not None else node.name
                    self._functions[called].append(Function(module, node))
                for stmt in module.each(s.Assign):
                    self._stored.update(map(s.last_name, stmt.targets))
        return self._functions.get(name, ())


def _asks(module: Module, key: s.Node) -> bool:
    """Is something asked for by the key, or is the key given a name? Else it only stands beside others."""
    parent = module.parents.get(key)
    if isinstance(parent, s.Arg):
        call = module.parents[parent]
        return isinstance(call, s.Call) and s.last_name(call.func) in _ASKING
    return not isinstance(parent, s.Sequence)

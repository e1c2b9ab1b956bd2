"""Where a value, or what is made of it, may come to, by names alone: more places than it does, but cheaply.

To ask the resolver of every sum and call of a large program whether a lifetime is in it takes minutes. What
is tainted here is asked; of the rest it is known that nothing can come there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from ..facts import syntax as s
from ..facts.bindings import MUTATORS
from ..facts.leaves import ATTRIBUTE, KEY, LIKE_A_KEY, MEMBER, WORD, Named, name_in, named
from ..facts.modules import Module
from ..facts.scopes import Scope, path_of
from ..facts.values import Class, Function, ModuleValue, Site, text_of
from ..resolve import Resolver
from ..resolve.base import COMMON_METHODS
from ..resolve.shared import fields_of
from .forward import Forward

_STORES = MUTATORS | {"put", "put_nowait", "set", "hset", "send", "push", "write", "save", "setex"}
"""Methods that keep what they are given."""
_ASKING = frozenset({"get", "pop", "setdefault", "getattr", "attrgetter", "itemgetter", "hget"})
_WEAK, _STRONG, _WHOLE = 1, 3, 4
"""Weak is what a function makes of its arguments: a call that is given something tainted is tainted itself,
and other calls of the function are not. Whole is what a lifetime is itself; a mapping or an object that is
not whole only has it under names that are tainted for themselves."""
_READING = frozenset(
    {"text", "json", "content", "data", "body", "raw", "result", "value", "read", "__dict__"}
)
"""What gives all that an object or a reply holds."""
_OPENING = frozenset({"values", "items", "popitem", "__getitem__", "get", "pop", "setdefault", "__iter__"})
"""Methods of a mapping that give what is in it."""
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
        self._registered: dict[str, list[Function]] = defaultdict(list)
        """Functions by the names of what decorates them: ``@of_seconds.register``."""
        self._stored: set[str] = set()
        """Names under which something is put that may be called."""
        self._names: dict[Named, int] = {}
        self._reached: dict[s.Node, int] = {}
        self._around: dict[Module, set[s.FuncDef | None]] = defaultdict(set)
        self._waiting: list[tuple[Module, s.Node, int]] = []
        self._stops: Callable[[s.Node], bool] = lambda _: False
        self._loosely = False
        """Were the functions entered that are not only called?"""
        self._giving: dict[s.FuncDef, int] = {}
        """Functions that give what they are given."""
        self._given: dict[s.FuncDef, list[tuple[Module, s.Call, int]]] = defaultdict(list)
        """Functions → calls that give them something tainted."""

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
        force = _STRONG | _WHOLE if whole else _STRONG
        self._waiting += () if self._is_small else ((*each, force) for each in nodes)
        self._follow()

    def by(self, words: Iterable[str]) -> None:
        """Take for tainted what goes by one of ``words``: an attribute, a key."""
        for word in words if not self._is_small else ():
            self._anywhere(ATTRIBUTE, word, _STRONG | _WHOLE, at_most=None)
            self._anywhere(KEY, word, _STRONG | _WHOLE, at_most=None)
        self._follow()

    def _follow(self) -> None:
        with self.resolver.sparing():
            while self._waiting:
                self._climb(*self._waiting.pop())

    # -- names ----------------------------------------------------------------------------------------

    def _taint(self, module: Module, name: Named, force: int) -> None:
        """Follow a name of ``module``; what is global is followed into others, too."""
        scope, word = name
        if scope == ATTRIBUTE:
            self._anywhere(ATTRIBUTE, word, force)
            return
        is_global = isinstance(scope, Scope) and scope.is_module
        force |= _STRONG if is_global else 0
        known = self._names.get(name, 0)
        if not force & ~known or module not in self._leaves:
            return
        self._names[name] = known | force
        self._waiting += ((module, node, force) for node in self._leaves[module].of(name))
        if is_global:
            self._import(module, word, force)

    def _import(self, module: Module, word: str, force: int) -> None:
        """Follow a global into the modules that take it from there."""
        for other, stmt in self._forward.importing(module, word):
            for alias in stmt.aliases:
                if alias.name == word:
                    self._bind(other, stmt, [alias.asname or word], force)
        for other in self._forward.starred_by(module, word):
            self._taint(other, (other.scopes.module, word), force)
        for each, leaves in self._leaves.items():
            for node in leaves.of((MEMBER, word)) if word in each.words else ():
                assert isinstance(node, s.Attribute)
                owners = self.resolver.resolve(Site(each, node.value))
                if any(isinstance(owner, ModuleValue) and owner.module is module for owner in owners):
                    self._waiting.append((each, node, force))

    def _anywhere(self, kind: str, word: str, force: int, at_most: int | None = _MANY) -> bool:
        """Follow a name of such a kind, unless it stands in too many places; False then."""
        known, force = self._names.get((kind, word), 0), force | _STRONG
        if not force & ~known:
            return True
        found = [
            (module, node, force & ~_STRONG | _WEAK if kind == KEY and not _asks(module, node) else force)
            for module, leaves in self._leaves.items()
            if word in module.words
            for node in leaves.of((kind, word))
        ]
        if at_most is not None and len(found) > at_most:
            return False
        self._names[(kind, word)] = known | force
        self._waiting += found
        return True

    def _bind(self, module: Module, at: s.Node, names: Iterable[str], force: int) -> None:
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
        if isinstance(parent, s.Subscript) and node is parent.value and not force & _WHOLE:
            return 0 if isinstance(parent.index, s.Str) else force | _WHOLE
        if isinstance(parent, s.Attribute) and not force & _WHOLE:
            call = module.parents.get(parent)
            if not isinstance(call, s.Call) or call.func is not parent:
                return self._by_attribute(parent.attr, force)
            if parent.attr in _ASKING and call.args and isinstance(call.args[0].value, s.Str):
                return 0
            return force | _WHOLE if parent.attr in _OPENING else force
        if isinstance(parent, s.Arg) and not force & _WHOLE:
            call = module.parents[parent]
            func = call.func if isinstance(call, s.Call) else None
            if s.is_named(func, "getattr") and isinstance(call, s.Call) and len(call.args) > 1:
                return 0 if isinstance(call.args[1].value, s.Str) else force | _WHOLE
            return force if isinstance(func, s.Name | s.Attribute) else force | _WHOLE
        return force

    def _by_attribute(self, name: str, force: int) -> int:
        """What ``name`` gives of an object that holds something tainted: what the program keeps so is tainted
        for itself.
        """
        if name in _OPENING:
            return force | _WHOLE  # map(reply.get, names)
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
                    self._bind(module, parent, case.names, force | _WHOLE)
            case s.Case():
                self._bind(module, parent, parent.names, force | _WHOLE)
            case s.Handler() if node is parent.type and parent.name:
                self._bind(module, parent, (parent.name,), force)
            case s.Return() | s.Yield():
                self._give(module, module.function(parent), force)
            case s.Raise() if isinstance(parent.value, s.Call) and isinstance(parent.value.func, s.Name):
                self._taint(module, name_in(module, parent.value.func), force | _STRONG)
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
                return force & ~_WHOLE if is_known else force | _WHOLE
            case s.Arg():
                call = module.parents[parent]
                if isinstance(call, s.Call):
                    return self._pass(module, call, parent, force)
                if parent.keyword:  # class Kept(life=tainted)
                    self._anywhere(KEY, parent.keyword, force)
            case _:
                pass
        return force

    def _store(self, module: Module, target: s.Expr, force: int) -> None:
        match target:
            case s.Name():
                name, owner = name_in(module, target), module.scope(target).node
                self._taint(module, name, force)
                if name[0] == ATTRIBUTE:  # a field, which a library may fill or name by a key
                    is_known = self._anywhere(ATTRIBUTE, target.id, force)
                    is_known &= self._anywhere(KEY, target.id, force)
                    if not is_known and isinstance(owner, s.ClassDef):
                        self._object(module, owner, target.id, force | _WHOLE)
            case s.Attribute() if target.attr == "__dict__":
                self._store_somewhere(module, target.value, force)
            case s.Attribute():
                self._store_attribute(module, target, force)
            case s.Subscript():
                is_known = self._key(module, target.index, force)
                self._fill_up(module, target.value, force & ~_WHOLE if is_known else force | _WHOLE)
            case s.Sequence():
                for item in target.items:
                    self._store(module, item, force | _WHOLE)
            case s.Starred():
                self._store(module, target.value, force)
            case _:
                pass

    def _fill_up(self, module: Module, holder: s.Expr, force: int) -> None:
        """Something tainted is put into ``holder``; where that is a parameter, into what callers give."""
        self._store(module, holder, force)
        if not isinstance(holder, s.Name):
            return
        for bound in module.scopes.bindings_of(holder):
            function, value = bound.scope.node, bound.value
            if isinstance(value, s.Call) and isinstance(value.func, s.Attribute) and not bound.unpack:
                value = value.func.value if value.func.attr in _ASKING else None  # CACHE.setdefault(key, {})
            if isinstance(value, s.Name | s.Attribute | s.Subscript):
                self._store(module, value, force)
            for target in bound.node.targets if isinstance(bound.node, s.Assign) else ():
                if isinstance(target, s.Name | s.Attribute):
                    self._store(module, target, force)
            if bound.kind == "param" and isinstance(function, s.FuncDef):
                for other, call in self._calls.get(function.name, ()):
                    for arg in call.args:
                        self._store(other, arg.value, force)

    @cached_property
    def _calls(self) -> Mapping[str, Sequence[tuple[Module, s.Call]]]:
        found = defaultdict(list)
        for module in self._leaves:
            for call in module.each(s.Call):
                found[s.last_name(call.func)].append((module, call))
        return found

    def _store_attribute(self, module: Module, target: s.Attribute, force: int) -> None:
        function = module.function(target)
        owner = module.class_of(function) if function is not None else None
        is_known = self._anywhere(ATTRIBUTE, target.attr, force)
        is_known &= self._anywhere(KEY, target.attr, force)  # vars(self)["until"]
        held = force & ~_WHOLE if is_known else force | _WHOLE
        if not is_known and owner is not None:
            self._object(module, owner, target.attr, held)
        if isinstance(target.value, s.Name) and module.imports(target.value):
            for value in self.resolver.resolve(Site(module, target.value)):
                if isinstance(value, ModuleValue):
                    self._taint(value.module, (value.module.scopes.module, target.attr), force)
        elif not isinstance(target.value, s.Name | s.Attribute):
            for each in self._leaves:  # sys.modules[name].LIFE
                if target.attr in each.words:
                    self._taint(each, (each.scopes.module, target.attr), force)
        elif s.last_name(target.value) not in ("self", "cls"):
            self._fill_up(module, target.value, held)

    def _set(self, module: Module, holder: s.Expr, name: s.Expr, force: int) -> None:
        """``setattr(holder, name, tainted)``"""
        names = [text_of(value) for value in self.resolver.resolve(Site(module, name))]
        self._key(module, name, force)
        followed = [
            text is not None and self._anywhere(kind, text, force)
            for text in names
            for kind in (KEY, ATTRIBUTE)
        ]
        if not all(followed):
            self._store_somewhere(module, holder, force)

    def _store_somewhere(self, module: Module, holder: s.Expr, force: int) -> None:
        """``setattr(self, "_" + name, value)``, ``self.__dict__.update(reply)``: under whatever name."""
        function, force = module.function(holder), force | _STRONG | _WHOLE
        owner = module.class_of(function) if function is not None else None
        self._store(module, holder, force)
        if owner is not None and s.last_name(holder) in ("self", "cls"):
            self._bind(module, owner, (owner.name,), force)
            for node in s.walk(owner):
                if isinstance(node, s.Attribute) and s.last_name(node.value) in ("self", "cls"):
                    self._waiting.append((module, node, force))

    def _key(self, module: Module, key: s.Expr, force: int) -> bool:
        """Something tainted can be had by that key; says whether all who ask by it are followed."""
        is_known = isinstance(key, s.Str)
        for node in key.parts if isinstance(key, s.FString) else (key,):
            if isinstance(node, s.Str) and isinstance(node.value, str) and LIKE_A_KEY.fullmatch(node.value):
                for word in WORD.findall(node.value):
                    is_known &= self._anywhere(KEY, word, force)
            elif isinstance(node, s.Name):
                self._taint(module, name_in(module, node), force)
            elif isinstance(node, s.Attribute):
                self._anywhere(ATTRIBUTE, node.attr, force)
            else:
                is_known = False
        return is_known

    def _put(self, module: Module, node: s.Node, item: s.Item, force: int) -> bool:
        """``{"life": tainted}``; of ``{"life": "expires_in"}`` each may be another name for the other."""
        assert item.key is not None
        if isinstance(item.key, s.Str) and isinstance(item.value, s.Str):
            for text in (item.key, item.value):
                self._key(module, text, force)
                self._anywhere(ATTRIBUTE, str(text.value), force)
            return False
        return node is item.value and self._key(module, item.key, force)

    def _fill(self, module: Module, param: s.Param, force: int) -> None:
        owner = module.parents[param]
        scope = module.scopes.inner[owner] if isinstance(owner, s.FuncDef) else module.scope(owner)
        self._taint(module, named(scope, param.name), force)

    # -- functions and objects ------------------------------------------------------------------------

    def _give(self, module: Module, function: s.FuncDef | None, force: int) -> None:
        """What calls of a function give is tainted; if it is only what they gave it, of those calls."""
        if function is None:
            return
        known = self._giving.get(function, 0)
        if force & ~known:
            self._giving[function] = known | force
            self._waiting += self._given[function]
        if force & _STRONG != _STRONG:
            return
        owner, name = module.class_of(function), function.name
        if owner is None:
            self._bind(module, function, (name,), force)
        else:
            is_common = name in COMMON_METHODS or name.startswith("__")
            if is_common or not self._anywhere(ATTRIBUTE, name, force):
                self._object(module, owner, name, force | _WHOLE)
        for each in function.decorators:
            self._call_all(each.func if isinstance(each, s.Call) else each, force)

    def _convert(self, module: Module, field: s.Assign) -> None:
        """What a field is given goes through functions that its declaration names."""
        owner, name, force = module.scope(field).node, field.targets[0], _WEAK | _WHOLE
        if isinstance(owner, s.ClassDef) and isinstance(name, s.Name):
            made = self.resolver.converter(Class(module, owner), name.id)
            if isinstance(made, Function):
                for param in made.node.params:
                    self._fill(made.module, param, force)
        for said in (field.value, field.annotation):
            for node in s.walk(said) if said is not None else ():
                self._call_all(node, force)
                for param in node.params if isinstance(node, s.Lambda) else ():
                    self._fill(module, param, force)

    def _call_all(self, said: s.Node, force: int) -> None:
        """A function that is named, or one within it, may be given something tainted."""
        for callee in self._named_so(s.last_name(said)) if isinstance(said, s.Name | s.Attribute) else ():
            for node in s.walk(callee.node):
                for param in node.params if isinstance(node, s.FuncDef | s.Lambda) else ():
                    self._fill(callee.module, param, _weak(force))

    def _object(self, module: Module, owner: s.ClassDef, member: str, force: int) -> None:
        """Objects of a class are tainted, for what they give by that name."""
        self._bind(module, owner, (owner.name,), force)
        family = {owner.name, *(s.last_name(base.value) for base in owner.bases)}
        for each, leaves in self._leaves.items():
            if not family.isdisjoint(each.words):
                self._waiting += ((each, node, force | _STRONG) for node in leaves.asked_of_itself(member))

    def _pass(self, module: Module, call: s.Call, arg: s.Arg, force: int) -> int:
        """What a call does with an argument; gives with what force it is tainted itself."""
        site = Site(module, call)
        last = s.last_name(call.func)
        entered = self._entered(site, last)
        for callee in entered:
            self._take(callee, arg, force)
        is_all = bool(entered) and self._enters_only(site, entered)
        for callee in entered if is_all else ():
            self._given[callee.node].append((module, call, force))
        for other in call.args:
            for node in s.walk(other.value) if other is not arg else ():
                if isinstance(node, s.Lambda):
                    for param in node.params:
                        self._fill(module, param, _weak(force))
                elif isinstance(node, s.Name | s.Attribute | s.Str):  # deserialize="seconds"
                    called = node.value if isinstance(node, s.Str) else s.last_name(node)
                    for callee in self._named_so(str(called)):
                        self._take(callee, arg, force)
        if isinstance(call.func, s.Attribute) and last in _STORES:
            self._fill_up(module, call.func.value, self._put_by(module, call, arg, force))
        if last in ("send", "asend"):
            self._waiting += (
                (each, node, _WEAK | _WHOLE)
                for each in self._leaves
                for node in each.each(s.Yield)
                if not isinstance(each.parents[node], s.ExprStmt)
            )
        if last in ("setattr", "__setattr__") and len(call.args) > 1:
            self._set(module, call.args[0].value, call.args[-2].value, force)
        if last in self._making or last[:1].isupper():
            names = [arg.keyword] if arg.keyword else list(self._fields(site.at(call.func)))
            if not names:
                self._be(last, force)
            followed = [self._anywhere(kind, name, force) for name in names for kind in (ATTRIBUTE, KEY)]
            is_ours = last in self._making or any(each.node.name == "__init__" for each in entered)
            if names and all(followed) and is_ours:
                return force & ~_WHOLE
        return force if not is_all or any(each.node in self._giving for each in entered) else 0

    def _be(self, kind: str, force: int) -> None:
        """Objects of the classes of that name may be tainted themselves: ``class Millis(int)``."""
        for module in self._leaves:
            for cls in module.each(s.ClassDef) if kind in module.words else ():
                for method in cls.body.body if cls.name == kind else ():
                    if isinstance(method, s.FuncDef) and method.params:
                        self._fill(module, method.params[0], _weak(force))

    def _enters_only(self, call: Site, entered: Sequence[Function]) -> bool:
        """Is nothing entered but these, of which each gives back what it returns?"""
        func = call.call.func
        if any(each.node.decorators or each.node.name.startswith("__") for each in entered):
            return False
        if isinstance(func, s.Attribute):
            if isinstance(func.value, s.Name) and func.value.id in ("self", "cls"):
                return func.attr not in self._stored
            if not isinstance(func.value, s.Name) or not call.module.imports(func.value):
                return False
        nodes = {each.node for each in entered}
        found = self.resolver.resolve(call.at(func), callers=False)
        return bool(found) and all(isinstance(each, Function) and each.node in nodes for each in found)

    def _put_by(self, module: Module, call: s.Call, arg: s.Arg, force: int) -> int:
        """``cache.set("until", tainted)``, ``held.update(until=tainted)``: with what force it is held."""
        keys = [self._key(module, other.value, force) for other in call.args if other is not arg]
        if arg.keyword and s.last_name(call.func) == "update":
            keys = [self._anywhere(KEY, arg.keyword, force)]
        return force & ~_WHOLE if keys and keys[0] else force

    def _entered(self, call: Site, name: str) -> Sequence[Function]:
        """What a call may enter: all that goes by its name, if that is little; else it is asked for.

        What is chosen while the program runs may be whatever function is not only called.
        """
        if not isinstance(call.call.func, s.Name | s.Attribute):
            self._enter_loose()
            return self.resolver.callees(call)
        found = self._named_so(name)
        if 0 < len(found) <= _SOME:
            return found
        func = call.call.func
        bound = call.module.scopes.bindings_of(func) if isinstance(func, s.Name) else frozenset()
        is_held = any(binding.kind not in ("def", "class", "import") for binding in bound)
        if isinstance(func, s.Attribute):
            is_held = name in self._stored or name.startswith("__")
        if not found and not is_held:
            return ()
        entered = self.resolver.callees(call)
        if entered or not is_held:
            return entered
        self._enter_loose()
        return self._named_so("__call__")

    def _enter_loose(self) -> None:
        """Whatever function stands somewhere as a value may be given something tainted."""
        if self._loosely:
            return
        self._loosely, force = True, _WEAK | _WHOLE
        for module in self._leaves:
            for node in module.each(s.Name, s.Attribute, s.Lambda):
                around = module.parents.get(node)
                is_put = isinstance(around, s.Assign) and around.value is node
                if not is_put and not isinstance(around, s.Item | s.Sequence | s.Arg | s.Return):
                    continue
                self._call_all(node, force)
                for param in node.params if isinstance(node, s.Lambda) else ():
                    self._fill(module, param, force)
                if isinstance(node, s.Attribute) and node.attr in _STORES:
                    self._fill_up(module, node.value, force | _STRONG)

    def _fields(self, made: Site) -> Iterator[str]:
        """The fields that are filled by their places."""
        for value in self.resolver.resolve(made):
            for cls in self.resolver.mro(value) if isinstance(value, Class) else ():
                yield from fields_of(cls)

    def _take(self, callee: Function, arg: s.Arg, force: int) -> None:
        """Taint the parameters that an argument may fill, of what is registered with the callee as well."""
        for decorator in callee.node.decorators:
            self._call_all(decorator.func if isinstance(decorator, s.Call) else decorator, force)
        for each in (callee, *self._registered.get(callee.node.name, ())):
            params = each.node.params
            by_name = [param for param in params if param.name == arg.keyword]
            for param in by_name or params:
                if param.name not in ("self", "cls"):
                    self._fill(each.module, param, _weak(force))

    def _named_so(self, name: str) -> Sequence[Function]:
        if self._functions is None:
            self._functions = defaultdict(list)
            for module in self._leaves:
                for node in module.each(s.FuncDef):
                    owner = module.class_of(node) if node.name in ("__init__", "__set__") else None
                    called = owner.name if owner is not None else node.name
                    self._functions[called].append(Function(module, node))
                    for way in node.decorators:
                        root = (path_of(way.func if isinstance(way, s.Call) else way) or "").partition(".")[0]
                        self._registered[root].append(Function(module, node))
                for stmt in module.each(s.Assign):
                    self._stored.update(map(s.last_name, stmt.targets))
        return self._functions.get(name, ())


def _weak(force: int) -> int:
    """The force of a parameter that is filled with what is tainted so."""
    return _WEAK | force & _WHOLE


def _asks(module: Module, key: s.Node) -> bool:
    """Is something asked for by the key, or is the key given a name? Else it only stands beside others."""
    parent = module.parents.get(key)
    if isinstance(parent, s.Arg):
        call = module.parents[parent]
        return isinstance(call, s.Call) and s.last_name(call.func) in _ASKING
    return not isinstance(parent, s.Sequence)

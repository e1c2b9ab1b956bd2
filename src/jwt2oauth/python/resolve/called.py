"""Which functions a call may enter, and which calls may enter a function or make an object."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from ...rules.values import Builder
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import path_of
from ..facts.values import Class, Function, Instance, Lib, Member, Result, Site, Unknown, Value, name_of
from .base import Base
from .keyed import BY_CONSTANT, by_any, is_constant
from .shared import NAMED_TUPLES, TAKES_HEIRS, Values, argument_of, method_of

_CHOSEN = "[]"
"""The name of what is made where its class is computed: ``REGISTER[kind](config)``."""
_OWN_CLASS = ("cls", "__class__")
"""How a class calls itself: ``cls(…)``, ``self.__class__(…)``, ``type(self)(…)``."""
_MADE = "()"
"""The name of what another call gives: ``getattr(requests, method)(url)``."""


class Called(Base):
    """Which functions a call may enter, and which calls may enter a function or make an object."""

    def callees(self, site: Site) -> list[Function]:
        """The functions of the project that the call at ``site`` may enter."""
        found = self._once(("callees", site, self._callers), lambda: self._callees(site))
        return [each for each in found if isinstance(each, Function)]

    def _callees(self, site: Site) -> Values:
        assert isinstance(site.node, s.Call)
        found: list[Function] = []
        for value in self._safe(site.at(site.node.func)):
            if isinstance(value, Function):
                found.append(value)
            elif isinstance(value, Class):
                found += self._makers(value, site)
            elif isinstance(value, Instance):
                called = self._instance_attribute(value, "__call__", site)
                found.extend(inner for inner in called if isinstance(inner, Function))
            elif isinstance(value, Member) and value.attribute:
                fallback = self._by_method_name(value, value.key)
                if fallback is not None:
                    found.append(fallback)
            elif isinstance(value, Lib) and value.name in ("functools.partial",):
                continue
        return tuple(found)

    def _makers(self, value: Class, site: Site) -> Iterator[Function]:
        """``__init__`` of a class, and ``__new__`` where that takes more than the class."""
        for name in ("__init__", "__new__"):
            made = ((cls, method) for cls in self.mro(value) if (method := method_of(cls, name)) is not None)
            for cls, method in itertools.islice(made, 1):
                if name == "__init__" or any(not param.kind for param in method.params[1:]):
                    yield Function(cls.module, method, Instance(value, site))

    def _super(self, site: Site) -> Values | None:
        """What ``super()`` at ``site`` is in a method: of a mixin, what stands after it in its heirs.

        It is made by this very call: what subclasses override does not count.
        """
        function = site.module.function(site.node)
        owner = site.module.class_of(function) if function else None
        if owner is None:
            return None
        cls, asked = Class(site.module, owner), site.module.parents.get(site.node)
        lines = [self.mro(cls), *(self.mro(heir) for heir in self.subclasses(cls) if self.beside(cls))]
        after = [line[line.index(cls) + 1 :] for line in lines]
        name = asked.attr if isinstance(asked, s.Attribute) else ""
        above = [next((c for c in rest if method_of(c, name)), rest[0]) for rest in after if rest]
        if above:
            return tuple(Instance(each, site) for each in dict.fromkeys(above))
        foreign = self.foreign_bases(cls)
        return (Result(foreign[0], site) if foreign else Unknown("super()", site),)

    def _safe(self, site: Site) -> Values:
        previous = self._callers
        try:
            return self.resolve(site, callers=True)
        finally:
            self._callers = previous

    def callers(self, module: Module, function: s.FuncDef) -> list[Site]:
        """The calls in the loaded modules that may enter ``function``."""
        self._refresh()
        return self._sites(("callers", function), lambda: self._entering(module, function))

    def _sites(self, key: tuple[object, ...], answer: Callable[[], Iterable[Site]]) -> list[Site]:
        """Places, each once, that are asked for again and again: see ``_once``."""
        found = self._once((*key, self._callers), lambda: cast("Values", tuple(dict.fromkeys(answer()))))
        return list(cast("tuple[Site, ...]", found))

    def _entering(self, module: Module, function: s.FuncDef) -> Iterator[Site]:
        names = [function.name]
        owner = module.class_of(function)
        if owner is not None and function.name in ("__init__", "__call__", "__new__"):
            names = self._called_by(Class(module, owner))
            if function.name == "__call__":
                for calls in list(self._calls.values()):
                    for call in self.near(module, calls):
                        if any(f.node is function for f in self.callees(call)):
                            yield call
                return
            if owner is not None:
                names.append("super")
                names.append("__init__")
                names += _OWN_CLASS
        maker = module.function(module.parents[function]) if self.is_test(module) else None
        if maker is not None:
            names += sorted(self._fixture_names(module, maker))  # a fixture that gives a factory
        for name in dict.fromkeys(names):
            for call in self.near(module, self._calls.get(name, ())):
                if any(f.node is function for f in self.callees(call)):
                    yield call
        yield from self._below_decorators(module, function)

    def is_asked_of_unknown(self, module: Module, function: s.FuncDef) -> bool:
        """``KINDS[name]().send()``: does the program call that method, or one that calls it, of what nobody
        can tell?
        """
        self._refresh()
        names = self._leading_to(module, function)
        calls = (call for name in sorted(names) for call in self._calls.get(name, ()))
        for call in self.near(module, calls):
            func = call.node.func if isinstance(call.node, s.Call) else None
            if isinstance(func, s.Attribute) and not self.is_test(call.module):
                owners = self._safe(call.at(func.value))
                if not owners or any(isinstance(v, Unknown) for v in owners):
                    return True
        return "__call__" in names

    def _leading_to(self, module: Module, function: s.FuncDef) -> set[str]:
        """The names of a method and of those of its class and of heirs that ask for it, by whatever way."""
        owner = module.class_of(function)
        own = Class(module, owner) if owner is not None else None
        family = [own, *self.subclasses(own)] if own is not None else []
        methods = [each for cls in family for each in cls.node.body.body if isinstance(each, s.FuncDef)]
        asked = [
            (each.name, {node.attr for node in s.walk(each.body) if isinstance(node, s.Attribute)})
            for each in methods
            if each.name != "__init__"
        ]
        names = {function.name}
        while more := {name for name, inside in asked if name not in names and not inside.isdisjoint(names)}:
            names |= more
        return names

    def _below_decorators(self, module: Module, function: s.FuncDef) -> Iterator[Site]:
        """``func(key)`` in a decorator of the project that says itself what the function below it gets."""
        for decorator in function.decorators:
            for made in self._safe(Site(module, decorator)):
                if not isinstance(made, Function) or not made.node.params:
                    continue
                name = made.node.params[0].name
                for call in self.near(made.module, self._calls.get(name, ())):
                    assert isinstance(call.node, s.Call)
                    inside = call.module is made.module and made.node in call.module.ancestors(call.node)
                    if not inside or not call.node.args or any(arg.star for arg in call.node.args):
                        continue
                    if any(f.node is function for f in self.callees(call)):
                        yield call

    def _chosen(self, cls: Class) -> list[str]:
        """The name for calls of what is chosen, if the class stands in a table, or may get into one."""
        may = cls.node.name in self._tabled or cls.node.decorators or self.is_taken_by_base(cls)
        return [_CHOSEN] if may else []

    def _called_by(self, cls: Class) -> list[str]:
        """The names by which it, or an heir, may be called."""
        kinds = [cls.node.name, *(each.node.name for each in self.subclasses(cls))]
        return [*kinds, *self._chosen(cls), *(name for kind in kinds for name in self._held_as.get(kind, ()))]

    def is_taken_by_base(self, cls: Class) -> bool:
        """Does a base class learn of it, by ``__init_subclass__``?"""
        return any(method_of(base, TAKES_HEIRS) is not None for base in self.mro(cls)[1:])

    def program_callers(self, module: Module, function: s.FuncDef) -> list[Site]:
        """The callers whose arguments say what the program does: tests call with values of their own."""
        if function.decorators and self.is_command(Site(module, function), function):
            return []
        found = self.callers(module, function)
        return found if self.is_test(module) else [c for c in found if not self.is_test(c.module)]

    def constructions(self, cls: Class) -> list[Site]:
        """The calls that make an object of ``cls``."""
        self._refresh()
        return self._sites(("constructions", cls), lambda: self._constructing(cls))

    def _constructing(self, cls: Class) -> Iterator[Site]:
        for name in dict.fromkeys([*self._called_by(cls), *_OWN_CLASS, *self.rules.values.makers]):
            for call in self.near(cls.module, self._calls.get(name, ())):
                assert isinstance(call.node, s.Call)
                if any(cls in self.mro(v) for v in map(_made, self._safe(call.at(call.node.func))) if v):
                    yield call
        yield from self._built_elsewhere(cls)

    def copies(self, cls: Class) -> Iterator[Site]:
        """The calls that copy an object of ``cls`` with other values for some fields, which they name."""
        self._refresh()
        copiers = self.rules.values.copiers
        for last in (*(name.rpartition(".")[2] for name in copiers.names), *copiers.methods):
            for site in self.near(cls.module, self._calls.get(last, ())):
                call = site.node
                if not isinstance(call, s.Call) or not any(arg.keyword for arg in call.args):
                    continue
                by_method = isinstance(call.func, s.Attribute) and last in copiers.methods
                copied = call.func.value if isinstance(call.func, s.Attribute) and by_method else None
                if copied is None and call.args and not call.args[0].keyword:
                    copied = call.args[0].value
                owners = self._safe(site.at(copied)) if copied is not None else ()
                if any(isinstance(v, Instance) and cls in self.mro(v.cls) for v in owners):
                    yield site

    def _built_elsewhere(self, cls: Class) -> Iterator[Site]:
        """The calls of libraries that make an object of ``cls``: ``dacite.from_dict(cls, raw)``."""
        for last in self._building:
            for call in self.near(cls.module, self._calls.get(last, ())):
                builder = self.builder(call)
                kinds = self.built_kinds(builder, call) if builder is not None else ()
                if any(cls in self.mro(kind) for kind in kinds):
                    yield call

    def built_kinds(self, builder: Builder, call: Site) -> Iterator[Class]:
        """The classes of which a call that makes objects may make one."""
        makers = [call]
        if builder.by_object and isinstance(call.node, s.Call) and isinstance(call.node.func, s.Attribute):
            made = self._safe(call.at(call.node.func.value))
            makers = [value.site for value in made if isinstance(value, Result)]
        for maker in makers:
            kind = argument_of(maker.node, builder.kind) if isinstance(maker.node, s.Call) else None
            found = self._safe(maker.at(kind.value)) if kind is not None else ()
            yield from (value for value in found if isinstance(value, Class))

    def builder(self, call: Site) -> Builder | None:
        """What the rules say of a call that makes an object of a class that it is given."""
        func = call.node.func if isinstance(call.node, s.Call) else None
        last = s.last_name(func)
        if func is None or (last not in self._building and isinstance(func, s.Attribute)):
            return None
        names = {name_of(v) or "" for v in self._safe(call.at(func))}
        return next((self._builders[name] for name in names if name in self._builders), None)

    def forget(self) -> None:
        """More modules are loaded: what was concluded may be wrong."""
        self._loaded = -1
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._memo.clear()
        self._converters = None
        self._calls, self._classes = defaultdict(list), defaultdict(list)
        self._subscripts, self._attribute_stores = defaultdict(list), defaultdict(list)
        self._held_as = defaultdict(dict)
        self._mixed, self._merges, self._tabled = [], [], set()

    def _refresh(self) -> None:
        """Index calls and classes of the modules loaded so far, by the last part of their names."""
        loaded = self.index.loaded
        if len(loaded) == self._loaded:
            return
        self._loaded = len(loaded)
        self._begin_anew()
        for module in loaded:
            originals = {
                a.asname: a.name for node in module.each(s.ImportFrom) for a in node.aliases if a.asname
            }
            for node in module.each(s.Call):
                relayed = self.relayed(module, node)
                for call in (node, relayed) if relayed is not None else (node,):
                    for name in _last_names(call.func, originals):
                        self._calls[name].append(Site(module, call))
                key = node.args[0].value if len(node.args) == 2 else None
                if key is not None and _last_names(node.func, {}) == ["setdefault"]:
                    holder = node.func.value if isinstance(node.func, s.Attribute) else node.func
                    self._stored_under(holder, key, Site(module, node))
            self._tabled.update(_in_tables(module))
            for cls in module.each(s.ClassDef):
                self._classes[cls.name].append(Class(module, cls))
                if len(cls.bases) > 1:
                    self._mixed.append(Class(module, cls))
            for stmt in module.each(s.Assign):
                if isinstance(stmt.value, s.Name | s.Attribute):
                    self._hold(stmt.value, map(s.last_name, stmt.targets))
                for target, _ in s.stores(stmt):
                    if isinstance(target, s.Subscript):
                        self._stored_under(target.value, target.index, Site(module, stmt))
                    elif isinstance(target, s.Attribute) and target in stmt.targets:
                        self._attribute_stores[target.attr].append(Site(module, stmt))
            self._merges += (Site(module, stmt) for stmt in module.each(s.AugAssign) if stmt.op == "|")

    def _hold(self, value: s.Expr, names: Iterable[str]) -> None:
        """``authenticator_class = AdobeAuthenticator``: under which other names a class is called."""
        kind = s.last_name(value)
        if kind.lstrip("_")[:1].isupper():
            self._held_as[kind].update((name, None) for name in names if name and name != kind)

    def _stored_under(self, holder: s.Expr, key: s.Expr, store: Site) -> None:
        """Remember a store by its key; what a constant is, is looked up later."""
        if isinstance(key, s.Str):
            self._subscripts[str(key.value)].append(store)
        elif is_constant(key):
            self._subscripts[BY_CONSTANT].append(store)
        else:
            self._subscripts[by_any((path_of(holder) or "").rpartition(".")[2])].append(store)

    def relayed(self, module: Module, call: s.Call) -> s.Call | None:
        """The call that ``call`` makes elsewhere, by the look of it: ``f(x)`` for ``to_thread(f, x)``."""
        if call not in self._relayed:
            filled = self._filled_in(module, call)
            names = set(_last_names(call.func, {})) & self._relay_methods if filled is None else set()
            places = [at for name, at in self._relays.items() if name.rpartition(".")[2] in names]
            made = filled
            if places and len(call.args) > places[0] and not any(a.star for a in call.args):
                given = call.args[places[0]]
                if given.keyword is None:
                    func, before, named = _taken_apart(given.value)
                    args = (*before, *call.args[places[0] + 1 :], *named)
                    made = s.Call(call.span, call.outer, func, args)
            if made is not None:
                module.parents[made] = call
            self._relayed[call] = made
        return self._relayed[call]

    def _filled_in(self, module: Module, call: s.Call) -> s.Call | None:
        """By the look of it, ``f(url, data=d)`` for ``send(data=d)`` after ``send = partial(f, url)``."""
        if not isinstance(call.func, s.Name) or not module.holds("partial"):
            return None
        bound = [b.value for b in module.scopes.bindings_of(call.func)]
        made = bound[0] if len(bound) == 1 else None
        if not isinstance(made, s.Call) or _last_names(made.func, {}) != ["partial"] or not made.args:
            return None
        if any(a.star for a in (*made.args, *call.args)) or made.args[0].keyword is not None:
            return None
        again = {a.keyword for a in call.args if a.keyword}
        func, before, named = _taken_apart(made)
        named = tuple(a for a in named if a.keyword not in again)
        return s.Call(call.span, call.outer, func, (*before, *call.args, *named))

    def tuples(self, module: Module) -> Iterator[Result]:
        """The calls of a module that define named tuples: ``namedtuple("Token", "value lifetime")``."""
        last = {name.rpartition(".")[2] for name in NAMED_TUPLES}
        if any(map(module.holds, last)):
            aliases = (alias for stmt in module.each(s.ImportFrom) for alias in stmt.aliases)
            last |= {alias.asname or "" for alias in aliases if alias.name in last}
            for node in module.each(s.Call):
                is_one = len(node.args) == 2 and s.last_name(node.func) in last
                made = self._safe(Site(module, node)) if is_one else ()
                yield from (v for v in made if isinstance(v, Result) and v.name in NAMED_TUPLES)

    def fillings(self, definition: s.Node) -> list[Site]:
        """The calls that make a named tuple that ``definition`` defines."""
        return [
            call
            for call in self.calls
            if isinstance(call.node, s.Call)
            and any(
                isinstance(value, Result) and value.site.node is definition
                for value in self._safe(call.at(call.node.func))
            )
        ]

    @property
    def calls(self) -> Iterator[Site]:
        """Every call of the world."""
        self._refresh()
        seen: set[s.Node] = set()
        world = {*self.world}
        for sites in list(self._calls.values()):
            for site in sites:
                if site.node not in seen and site.module in world:
                    seen.add(site.node)
                    yield site


def _made(callee: Value) -> Class | None:
    """The class of the object that a call gives."""
    if isinstance(callee, Lib) and isinstance(callee.base, Class):
        return callee.base
    return callee if isinstance(callee, Class) else None


def _in_tables(module: Module) -> Iterator[str]:
    """The names whose values stand in lists and tables: ``(First, Second)``, ``TABLE["x"] = First``."""
    put = [node.value for node in module.each(s.Assign) if isinstance(node.targets[0], s.Subscript)]
    put += [node.value for node in module.each(s.Item)]
    for node in module.each(s.Sequence):
        put += node.items
    for value in put:
        yield from _last_names(value, {}) if isinstance(value, s.Name | s.Attribute) else ()


def _taken_apart(node: s.Expr) -> tuple[s.Expr, tuple[s.Arg, ...], tuple[s.Arg, ...]]:
    """What ``partial(f, url, data=d)`` calls, and with what; another function as it is."""
    made = isinstance(node, s.Call) and _last_names(node.func, {}) == ["partial"] and node.args
    if not made or not isinstance(node, s.Call) or any(a.star for a in node.args) or node.args[0].keyword:
        return node, (), ()
    rest = node.args[1:]
    by_place, named = (tuple(a for a in rest if (a.keyword is not None) is kind) for kind in (False, True))
    return node.args[0].value, by_place, named


def _last_names(func: s.Expr, originals: Mapping[str, str]) -> list[str]:
    if isinstance(func, s.Name):
        return list(dict.fromkeys((func.id, originals.get(func.id, func.id))))
    if isinstance(func, s.Attribute):
        return [func.attr]
    if isinstance(func, s.Call):
        return ["__class__" if s.last_name(func.func) == "type" else _MADE]
    return [_CHOSEN] if isinstance(func, s.Subscript) else []

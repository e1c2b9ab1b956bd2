"""Parameters, and the calls that fill them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ...rules.calls import Argument
from ...rules.values import Builder
from .. import syntax as s
from ..index import Module
from ..scopes import Scope
from ..values import (
    Class,
    Entry,
    Fields,
    Function,
    Given,
    Instance,
    Items,
    Lib,
    Lit,
    Member,
    Param,
    Result,
    Site,
    Text,
    Unknown,
    Value,
    name_of,
    text_of,
)
from .base import Base
from .shared import (
    Values,
    argument_for,
    argument_of,
    by_place,
    fills,
    is_classmethod,
    is_setter,
    is_static,
    method_of,
)


def _behind(partial: s.Node, argument: Argument) -> Argument:
    """Where a call takes what ``partial`` leaves out."""
    assert isinstance(partial, s.Call)
    filled = sum(arg.keyword is None for arg in partial.args[1:])
    place = argument.position
    return replace(argument, position=place - filled if place is not None and place >= filled else None)


_CHOSEN = ""
"""The name of what is made where its class is computed: ``REGISTER[kind](config)``."""


class Callers(Base):
    """Parameters, and the calls that fill them."""

    def _param(self, site: Site, node: s.Param, scope: Scope) -> Iterator[Value]:
        function = scope.node
        owner = site.module.parents.get(node)
        if isinstance(owner, s.Lambda):
            yield from self._lambda_param(site, owner, node)
            return
        if not isinstance(function, s.FuncDef) or node not in function.params:
            yield Unknown("a parameter of something else", site)
            return
        home = site.module.class_of(function)
        filled = next((call for f, call in reversed(site.ctx) if f is function), None)
        is_first = home is not None and node is function.params[0] and not is_static(function)
        if home is not None and is_first and not self._is_given(site, node, filled):
            cls = Class(site.module, home)
            if is_classmethod(function):
                yield from (cls, *self.subclasses(cls))
            else:
                yield from self._receivers(cls, filled) or [Instance(cls)]
            return
        if filled is not None:
            yield from self._argument(function, site.module, node, filled)
            return
        if home is not None and is_setter(function):
            stored = list(self._assigned(Class(site.module, home), function.name))
            for value in stored:
                yield from self._again(value)
            if stored:
                return
        if home is not None and function.name == "__post_init__":
            cls = Class(site.module, home)
            made = list(self._constructed(cls, node.name, Instance(cls)))
            yield from made
            if made:
                return
        callers = self.program_callers(site.module, function) if self._callers else []
        for call in callers:
            yield from self._argument(function, site.module, node, call)
        if not callers:
            decorated = self._under(site.module, function) if node is function.params[0] else ()
            given = (
                *self._given(site, function, node.name),
                *self._handed_object(site, function, node),
                *decorated,
            )
            if given:
                yield from given
                return
            yield Param(function, node, site)
            default = Site(site.module, node.default) if node.default is not None else None
            default = default or self.option_default(Site(site.module, function), function, node)
            if default is not None:
                yield from self._again(default)

    def _is_given(self, site: Site, node: s.Param, filled: Site | None) -> bool:
        """Is the first parameter of what stands in a class no ``self``: is it called by the class alone?"""
        function = site.module.function(node)
        if node.name in ("self", "cls") or function is None or is_classmethod(function):
            return False
        calls = [filled] if filled is not None else self.program_callers(site.module, function)
        callees = [callee for call in calls for callee in self.callees(call) if callee.node is function]
        return bool(callees) and all(isinstance(callee.receiver, Class) for callee in callees)

    def _under(self, module: Module, decorator: s.FuncDef) -> Iterator[Value]:
        """The functions above which ``@decorator`` stands, or ``@factory(…)`` that gives it."""
        around = (a.name for a in module.ancestors(decorator) if isinstance(a, s.FuncDef))
        names = {decorator.name, *around}
        for other in self.index.kin((module,)):
            if not any(name in other.text for name in names):
                continue
            for node in other.nodes.get(s.FuncDef, ()):
                assert isinstance(node, s.FuncDef)
                for written in node.decorators:
                    maker = written.func if isinstance(written, s.Call) else written
                    last = maker.attr if isinstance(maker, s.Attribute) else getattr(maker, "id", "")
                    if last not in names:
                        continue
                    found = self._again(Site(other, written))
                    if any(isinstance(v, Function) and v.node is decorator for v in found):
                        owner = other.class_of(node)
                        yield Function(
                            other, node, Instance(Class(other, owner)) if owner is not None else None
                        )

    def _assigned(self, cls: Class, name: str) -> Iterator[Site]:
        """What is assigned to a property of ``cls``."""
        self._refresh()
        assert self._attribute_stores is not None
        for site in self.near(cls.module, self._attribute_stores.get(name, ())):
            stmt = site.node
            assert isinstance(stmt, s.Assign)
            assert stmt.value is not None
            bases = [t.value for t in stmt.targets if isinstance(t, s.Attribute) and t.attr == name]
            owners = [v for base in bases for v in self._safe(site.at(base))]
            if any(isinstance(v, Instance) and cls in self.mro(v.cls) for v in owners):
                yield site.at(stmt.value)

    def _lambda_param(self, site: Site, owner: s.Lambda, node: s.Param) -> Iterator[Value]:
        call = next((call for f, call in reversed(site.ctx) if f is owner), None)
        arg = fills(list(owner.params), call.node, node) if call and isinstance(call.node, s.Call) else None
        if call is not None and arg is not None:
            yield from self._again(call.at(arg.value))
        elif node.default is not None:
            yield from self._again(site.at(node.default))
        else:
            yield Unknown("a parameter of a lambda", site)

    def _receivers(self, cls: Class, call: Site | None) -> list[Value]:
        """What ``self`` is in a method of ``cls`` that ``call`` entered: perhaps of a subclass."""
        func = call.node.func if call is not None and isinstance(call.node, s.Call) else None
        if call is None or not isinstance(func, s.Attribute) or _is_super(func.value):
            return []
        found = [v for v in self._again(call.at(func.value)) if isinstance(v, Instance)]
        return [Instance(v.cls) for v in found if v.cls != cls and cls in self.mro(v.cls)]

    def _argument(self, function: s.FuncDef, module: Module, node: s.Param, call: Site) -> Iterator[Value]:
        assert isinstance(call.node, s.Call)
        for callee in self.callees(call):
            if callee.node is not function:
                continue
            if node.kind:
                extra = {"*": self._rest, "**": self._extra}.get(node.kind)
                if extra is not None:
                    yield extra(callee, call)
                    return
            arg = argument_for(callee, call.node, node)
            if arg is not None:
                yield from self._again(call.at(arg.value))
                return
            params = by_place(callee)
            if node in params and any(a.star == "*" for a in call.node.args):
                places, _ = self._positional(call, self._callers)
                for place in places[params.index(node) :][:1]:
                    yield from self._again(place.value)
                    return
            for spread in call.node.args:
                if spread.star == "**":
                    for base in self._again(call.at(spread.value)):
                        yield from self.item(base, Text((Lit(node.name, call),)), call)
                    return
            break
        if node.default is not None:
            yield from self._again(Site(module, node.default))
        elif node.kind not in ("*", "**"):
            yield Unknown("no argument", call)

    def arguments(self, param: Param, call: Site) -> list[Site]:
        """The expressions that may fill a parameter at ``call``: its argument, a spread one, its default."""
        assert isinstance(call.node, s.Call)
        for callee in self.callees(call):
            if callee.node is param.function:
                arg = argument_for(callee, call.node, param.param)
                if arg is not None:
                    return [call.at(arg.value)]
        spread = [call.at(a.value) for a in call.node.args if a.star]
        if spread or param.param.default is None:
            return spread
        return [Site(param.site.module, param.param.default)]

    def _extra(self, callee: Function, call: Site) -> Fields:
        """What ``**kwargs`` holds: the keywords that no parameter takes, and what was spread."""
        assert isinstance(call.node, s.Call)
        named = {p.name for p in callee.node.params if p.kind not in ("*", "**")}
        entries: list[Entry] = []
        rest: list[Value] = []
        is_open = False
        for arg in call.node.args:
            if arg.keyword is not None and arg.keyword not in named:
                key = Text((Lit(arg.keyword, call.at(arg)),))
                entries.append(Entry(key, call.at(arg.value), call.at(arg)))
            elif arg.star == "**":
                values = self._again(call.at(arg.value))
                mappings = [v for v in values if isinstance(v, Fields)]
                is_open |= len(mappings) != 1
                rest += [v for v in values if not isinstance(v, Fields)]
                for fields in mappings:
                    entries += fields.entries
                    rest += fields.rest
        return Fields(tuple(entries), call, is_open, tuple(rest))

    def _rest(self, callee: Function, call: Site) -> Items:
        """What ``*args`` holds: the positional arguments that no parameter takes."""
        assert isinstance(call.node, s.Call)
        taken = {id(argument_for(callee, call.node, p)) for p in callee.node.params if not p.kind}
        places, is_open = self._positional(call, self._callers)
        return Items(tuple(g.value for g in places if id(g.written.node) not in taken), call, is_open)

    def _positional(self, call: Site, callers: bool) -> tuple[list[Given], bool]:
        """The positional arguments of a call, spread lists taken apart as far as they are known."""
        assert isinstance(call.node, s.Call)
        found: list[Given] = []
        for arg in call.node.args:
            if arg.star == "*":
                values = self.resolve(call.at(arg.value), callers=callers)
                value = values[0] if len(values) == 1 else None
                if not isinstance(value, Items):
                    return found, True
                found += [Given(site, site) for site in value.sites]
                if value.open:
                    return found, True
            elif arg.keyword is None and not arg.star:
                found.append(Given(call.at(arg.value), call.at(arg)))
        return found, False

    def given(self, call: Site, argument: Argument | None, *, callers: bool = True) -> Given | None:
        """What a library's call is given for ``argument``, by way of ``*args`` and ``**kwargs`` too."""
        assert isinstance(call.node, s.Call)
        made = self._partial_of(call) if argument is not None else None
        if made is not None and argument is not None:
            return self._given_before(made, call, argument) or self._passed(
                call, _behind(made.node, argument), callers=callers
            )
        return self._passed(call, argument, callers=callers)

    def _partial_of(self, call: Site) -> Site | None:
        """The ``functools.partial(…)`` that is called there."""
        assert isinstance(call.node, s.Call)
        values = (
            self._safe(call.at(call.node.func)) if isinstance(call.node.func, s.Name | s.Attribute) else ()
        )
        return next((v.site for v in values if isinstance(v, Result) and v.name == "functools.partial"), None)

    def _given_before(self, made: Site, call: Site, argument: Argument) -> Given | None:
        """What the partial holds already, if the call does not say it again."""
        assert isinstance(made.node, s.Call)
        assert isinstance(call.node, s.Call)
        if any(argument.keyword == arg.keyword for arg in call.node.args if arg.keyword):
            return None
        place = argument.position + 1 if argument.position is not None else None
        arg = argument_of(made.node, replace(argument, position=place))
        return Given(made.at(arg.value), made.at(arg)) if arg is not None else None

    def _passed(self, call: Site, argument: Argument | None, *, callers: bool) -> Given | None:
        assert isinstance(call.node, s.Call)
        arg = argument_of(call.node, argument)
        if arg is not None:
            return Given(call.at(arg.value), call.at(arg))
        if argument is None or not any(a.star for a in call.node.args):
            return None
        if argument.position is not None:
            places, _ = self._positional(call, callers)
            if argument.position < len(places):
                return places[argument.position]
        for spread in call.node.args:
            if spread.star != "**":
                continue
            for value in self.resolve(call.at(spread.value), callers=callers):
                entries = value.entries if isinstance(value, Fields) else ()
                for entry in reversed(entries):
                    if text_of(entry.key) == argument.keyword and entry.value is not None:
                        return Given(entry.value, entry.site)
        return None

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
                for cls in self.mro(value):
                    init = method_of(cls, "__init__")
                    if init is not None:
                        found.append(Function(cls.module, init, Instance(value, site)))
                        break
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

    def _safe(self, site: Site) -> Values:
        previous = self._callers
        try:
            return self.resolve(site, callers=True)
        finally:
            self._callers = previous

    def callers(self, module: Module, function: s.FuncDef) -> list[Site]:
        """The calls in the loaded modules that may enter ``function``."""
        self._refresh()
        assert self._calls is not None
        names = [function.name]
        owner = module.class_of(function)
        if owner is not None and function.name in ("__init__", "__call__", "__new__"):
            names = [owner.name, _CHOSEN]
            names += [c.node.name for c in self.subclasses(Class(module, owner))]
            if function.name == "__call__":
                return [
                    c
                    for calls in list(self._calls.values())
                    for c in self.near(module, calls)
                    if any(f.node is function for f in self.callees(c))
                ]
            if owner is not None:
                names.append("super")
                names.append("__init__")
                names.append("cls")
        found: list[Site] = []
        for name in dict.fromkeys(names):
            for call in self.near(module, self._calls.get(name, ())):
                if any(f.node is function for f in self.callees(call)) and call not in found:
                    found.append(call)
        return found

    def program_callers(self, module: Module, function: s.FuncDef) -> list[Site]:
        """The callers whose arguments say what the program does: tests call with values of their own."""
        if function.decorators and self.is_command(Site(module, function), function):
            return []
        found = self.callers(module, function)
        return found if self.is_test(module) else [c for c in found if not self.is_test(c.module)]

    def constructions(self, cls: Class) -> list[Site]:
        """The calls that make an object of ``cls``."""
        self._refresh()
        assert self._calls is not None
        names = [cls.node.name, "cls", _CHOSEN, *(c.node.name for c in self.subclasses(cls))]
        found = [
            call
            for name in dict.fromkeys([*names, *self.rules.values.makers])
            for call in self.near(cls.module, self._calls.get(name, ()))
            if isinstance(call.node, s.Call)
            and any(cls in self.mro(v) for v in map(_made, self._safe(call.at(call.node.func))) if v)
        ]
        return found + [call for call in self._built_elsewhere(cls) if call not in found]

    def _built_elsewhere(self, cls: Class) -> Iterator[Site]:
        """The calls of libraries that make an object of ``cls``: ``dacite.from_dict(cls, raw)``."""
        assert self._calls is not None
        for last in self._building:
            for call in self.near(cls.module, self._calls.get(last, ())):
                builder = self.builder(call)
                node = call.node
                kind = argument_of(node, builder.kind) if builder and isinstance(node, s.Call) else None
                kinds = self._safe(call.at(kind.value)) if kind is not None else ()
                if any(isinstance(v, Class) and cls in self.mro(v) for v in kinds):
                    yield call

    def builder(self, call: Site) -> Builder | None:
        """What the rules say of a call that makes an object of a class that it is given."""
        func = call.node.func if isinstance(call.node, s.Call) else None
        last = func.attr if isinstance(func, s.Attribute) else func.id if isinstance(func, s.Name) else ""
        if func is None or (last not in self._building and isinstance(func, s.Attribute)):
            return None
        names = {name_of(v) or "" for v in self._safe(call.at(func))}
        return next((self._builders[name] for name in names if name in self._builders), None)

    def forget(self) -> None:
        """More modules are loaded: what was concluded may be wrong."""
        self._memo.clear()
        self._calls = self._classes = self._subscripts = self._attribute_stores = None

    def _refresh(self) -> None:
        """Index calls and classes of the modules loaded so far, by the last part of their names."""
        loaded = self.index.loaded
        if self._calls is not None and len(loaded) == self._loaded:
            return
        self._loaded = len(loaded)
        self._memo.clear()
        self._calls = defaultdict(list)
        self._classes = defaultdict(list)
        self._subscripts = defaultdict(list)
        self._attribute_stores = defaultdict(list)
        for module in loaded:
            originals = {
                a.asname: a.name
                for node in module.nodes.get(s.ImportFrom, ())
                if isinstance(node, s.ImportFrom)
                for a in node.aliases
                if a.asname
            }
            for node in module.nodes.get(s.Call, ()):
                if not isinstance(node, s.Call):
                    continue
                relayed = self.relayed(module, node)
                for call in (node, relayed) if relayed is not None else (node,):
                    for name in _last_names(call.func, originals):
                        self._calls[name].append(Site(module, call))
                key = node.args[0].value if len(node.args) == 2 else None
                if _last_names(node.func, {}) == ["setdefault"] and isinstance(key, s.Str):
                    self._subscripts[str(key.value)].append(Site(module, node))
            for node in module.nodes.get(s.ClassDef, ()):
                if isinstance(node, s.ClassDef):
                    self._classes[node.name].append(Class(module, node))
            for node in module.nodes.get(s.Assign, ()):
                for target in node.targets if isinstance(node, s.Assign) and node.value is not None else ():
                    if isinstance(target, s.Subscript) and isinstance(target.index, s.Str):
                        self._subscripts[str(target.index.value)].append(Site(module, node))
                    elif isinstance(target, s.Attribute):
                        self._attribute_stores[target.attr].append(Site(module, node))

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
                    made = s.Call(call.span, call.outer, given.value, call.args[places[0] + 1 :])
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
        before = [a for a in made.args[1:] if a.keyword is None]
        named = [a for a in made.args[1:] if a.keyword is not None and a.keyword not in again]
        return s.Call(call.span, call.outer, made.args[0].value, (*before, *call.args, *named))

    @property
    def calls(self) -> Iterator[Site]:
        """Every call of the world."""
        self._refresh()
        assert self._calls is not None
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


def _last_names(func: s.Expr, originals: Mapping[str, str]) -> list[str]:
    if isinstance(func, s.Name):
        return list(dict.fromkeys((func.id, originals.get(func.id, func.id))))
    if isinstance(func, s.Attribute):
        return [func.attr]
    return [_CHOSEN]


def _is_super(node: s.Expr) -> bool:
    """``super()``: ``self`` stays what it was."""
    return isinstance(node, s.Call) and isinstance(node.func, s.Name) and node.func.id == "super"

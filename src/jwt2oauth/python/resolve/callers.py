"""Parameters, and what fills them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...rules.calls import Argument
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Scope, path_of
from ..facts.values import (
    Class,
    Entry,
    Fields,
    Function,
    Given,
    Instance,
    Items,
    Lit,
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
    HOOKED,
    TAKES_HEIRS,
    argument_for,
    argument_of,
    by_place,
    fills,
    is_classmethod,
    is_setter,
    is_static,
)

_HOOKS = "hooks"
"""The end of the names by which clients of HTTP are told whom to call with a reply."""
_APPLY = ("map", "imap", "imap_unordered", "map_async")
"""Last names of calls that apply a function to each element of what else they are given."""
_APPLY_ROWS = ("starmap", "starmap_async")
"""Of those that give it all that an element holds."""
_DEFAULTS = ("__defaults__", "__kwdefaults__")


def _behind(partial: s.Node, argument: Argument) -> Argument:
    """Where a call takes what ``partial`` leaves out."""
    assert isinstance(partial, s.Call)
    filled = sum(arg.keyword is None for arg in partial.args[1:])
    place = argument.position
    return replace(argument, position=place - filled if place is not None and place >= filled else None)


class Callers(Base):
    """Parameters, and what fills them."""

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
        entered = [call for f, call in reversed(site.ctx) if f is function]
        filled = next((call for call in entered if isinstance(call.node, s.Call)), None)
        is_first = home is not None and node is function.params[0] and not is_static(function)
        if home is not None and is_first and not self._is_given(site, node, filled):
            cls = Class(site.module, home)
            if is_classmethod(function):
                heirs = self.subclasses(cls)
                yield from heirs if function.name == TAKES_HEIRS else (cls, *heirs)
            else:
                kinds = [Class(c.module, c.node) for c in entered if isinstance(c.node, s.ClassDef)]
                yield from map(Instance, kinds) if kinds else self._receivers(cls, filled) or [Instance(cls)]
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
        hooked = [*self._hooked(site.module, function, node)] if self._callers else []
        yield from hooked
        callers = self.program_callers(site.module, function) if self._callers else []
        if home is not None:
            callers = [self._by_itself(Class(site.module, home), call) for call in callers]
        passed = [value for call in callers for value in self._argument(function, site.module, node, call)]
        if passed and all(isinstance(value, Param | Unknown) for value in passed):
            kind = self._declared_kind(site, node)
            passed = [kind] if kind is not None else passed
        yield from passed
        if callers and self._callers:
            yield from self._applied(site.module, function, node)
        if not callers:
            decorated = self._under(site.module, function) if node is function.params[0] else ()
            given = (
                *self._given(site, function, node.name),
                *self._handed_object(site, function, node),
                *(filter(_is_known, self._applied(site.module, function, node)) if self._callers else ()),
                *(self._taken(function, node, _filled(function, home)) if self._callers else ()),
                *decorated,
            )
            if given or hooked:
                yield from given
                return
            kind = self._declared_kind(site, node)
            if kind is not None:
                yield kind
                return
            yield Param(function, node, site)
            default = self.option_default(Site(site.module, function), function, node)
            if node.default is not None or default is None:
                yield from self._default_of(site.module, function, node)
            else:
                yield from self._again(default)

    def _hooked(self, module: Module, function: s.FuncDef, param: s.Param) -> Iterator[Value]:
        """What ``post(…, hooks={"response": function})`` gives the function first: its own reply.

        Of a session's hooks, nobody says to which of its requests it is a reply.
        """
        bound = module.class_of(function) is not None and not is_static(function)
        if function.params.index(param) != bound:
            return
        is_object = function.name == "__call__"
        for other in self.index.loaded:
            if not other.holds(_HOOKS) or not (is_object or other.holds(function.name)):
                continue
            texts = other.each(s.Str) if self.index.related(other, module) else ()
            for node in texts:
                if node.value != "response":
                    continue
                call, given = _hooks(other, node)
                for each in given:
                    named = is_object or s.last_name(each) == function.name
                    found = self._again(Site(other, each)) if named else ()
                    if any(_is_called_so(value, function) for value in found):
                        reply = self._again(Site(other, call)) if call is not None else ()
                        yield from reply or [Unknown(HOOKED, Site(other, each))]

    def _by_itself(self, cls: Class, call: Site) -> Site:
        """``self.lifetime(reply)`` of a method that ``cls`` inherits: as its own objects come there."""
        func = call.node.func if isinstance(call.node, s.Call) else None
        method = call.module.function(call.node)
        owner = call.module.class_of(method) if method is not None else None
        if call.ctx or method is None or owner is None or owner is cls.node or not method.params:
            return call
        if not isinstance(func, s.Attribute) or not s.is_named(func.value, method.params[0].name):
            return call
        if is_static(method) or is_classmethod(method) or Class(call.module, owner) not in self.mro(cls):
            return call
        return Site(call.module, call.node, ((method, Site(cls.module, cls.node)),))

    def _declared_kind(self, site: Site, param: s.Param) -> Instance | Result | None:
        """An object of the class that a parameter is declared to be of, where nothing else tells what it is:
        of the project's own, if it makes such objects, or a client of a library of HTTP."""
        cls = self.declared(site, param) if self._callers else None
        if cls is not None:
            return Instance(cls) if self.constructions(cls) else None
        kind = param.annotation if isinstance(param.annotation, s.Name | s.Attribute) else None
        names = map(name_of, self._safe(site.at(kind))) if kind is not None and self._callers else ()
        client = next((name for name in names if name in self._clients), None)
        return Result(client, site) if client is not None else None

    def declared(self, site: Site, param: s.Param) -> Class | None:
        """The class of the project that a parameter is declared to be of: ``config: Config``.

        None where that may be any: whatever has the attributes is of a ``Protocol``.
        """
        kind = self._named(site.at(param.annotation)) if param.annotation is not None else None
        found = self._safe(kind) if kind is not None else ()
        cls = found[0] if len(found) == 1 else None
        if not isinstance(cls, Class):
            return None
        bases = (arg.value for each in self.mro(cls) for arg in each.node.bases)
        named = (base.value if isinstance(base, s.Subscript) else base for base in bases)
        return None if any((path_of(base) or "").endswith("Protocol") for base in named) else cls

    def _named(self, said: Site) -> Site | None:
        """``Config`` of ``Annotated[Config, Depends(load)]``, also where a name stands for all of that."""
        node = said.node
        for binding in said.module.scopes.bindings_of(node) if isinstance(node, s.Name) else ():
            for written in self._written(said, binding.node, binding.value):
                if isinstance(written.node, s.Subscript):
                    return self._named(written)
        if isinstance(node, s.Subscript) and s.last_name(node.value) == "Annotated":
            return said.at(node.index.items[0]) if isinstance(node.index, s.Sequence) else None
        return said if isinstance(node, s.Name | s.Attribute) else None

    def _is_given(self, site: Site, node: s.Param, filled: Site | None) -> bool:
        """Is the first parameter of what stands in a class no ``self``: is it called by the class alone?"""
        function = site.module.function(node)
        if node.name in ("self", "cls") or function is None or is_classmethod(function):
            return False
        calls = [filled] if filled is not None else self.program_callers(site.module, function)
        callees = [callee for call in calls for callee in self.callees(call) if callee.node is function]
        return bool(callees) and all(isinstance(callee.receiver, Class) for callee in callees)

    def _applied(self, module: Module, function: s.FuncDef, param: s.Param) -> Iterator[Value]:
        """Each of the tenants, for ``pool.map(login, tenants)`` and ``starmap(Login, tenants)``."""
        self._refresh()
        params = [p for p in function.params if not p.kind]
        if module.class_of(function) is not None and not is_static(function):
            params = params[1:]
        if param not in params:
            return
        index, home = params.index(param), module.class_of(function)
        makes = home is not None and function.name == "__init__"
        for name in (*_APPLY, *_APPLY_ROWS):
            place, unpack = (1, (index,)) if name in _APPLY_ROWS else (index + 1, ())
            for call in self.near(module, self._calls.get(name, ())):
                given = call.node.args if isinstance(call.node, s.Call) else ()
                if len(given) <= place or any(a.star for a in given) or given[place].keyword is not None:
                    continue
                if s.last_name(given[0].value) not in (function.name, home.name if home and makes else ""):
                    continue
                applied = self._again(call.at(given[0].value))
                if any(
                    (isinstance(v, Function) and v.node is function)
                    or (isinstance(v, Class) and makes and v.node is home)
                    for v in applied
                ):
                    yield from self._elements(unpack, call.at(given[place].value))

    def _default_of(self, module: Module, function: s.FuncDef, param: s.Param) -> Iterator[Value]:
        """What a parameter is without an argument; ``lifetime.__defaults__ = (1000,)`` says it anew."""
        here = Site(module, param.default or param)
        if param.default is not None:
            yield from self._again(here)
        self._refresh()
        stores = (each for name in _DEFAULTS for each in self._attribute_stores.get(name, ()))
        for store in self.near(module, stores):
            named = (t.value for t in s.targets_of(store.node) if isinstance(t, s.Attribute))
            if any(s.last_name(each) == function.name for each in named):
                yield Unknown("a default that is set elsewhere", here)

    def _under(self, module: Module, decorator: s.FuncDef) -> Iterator[Value]:
        """The functions above which ``@decorator`` stands, or ``@factory(…)`` that gives it."""
        around = (a.name for a in module.ancestors(decorator) if isinstance(a, s.FuncDef))
        names = {decorator.name, *around}
        for other in self.index.kin((module,)):
            if not any(name in other.text for name in names):
                continue
            for node in other.each(s.FuncDef):
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
            taken = tuple(self._taken(owner, node, owner.params)) if self._callers else ()
            yield from taken or (Unknown("a parameter of a lambda", site),)

    def _receivers(self, cls: Class, call: Site | None) -> list[Value]:
        """What ``self`` is in a method of ``cls`` that ``call`` entered: whose, perhaps of a subclass."""
        func = call.node.func if call is not None and isinstance(call.node, s.Call) else None
        if call is None or not isinstance(func, s.Attribute) or _is_super(func.value):
            return []
        found = [v for v in self._again(call.at(func.value)) if isinstance(v, Instance)]
        known = [v for v in found if cls in self.mro(v.cls) and (v.cls != cls or v.site is not None)]
        return [Instance(v.cls, v.site) for v in known]

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
                        held = self.keyed(base, node.name, call) if isinstance(base, Fields) else None
                        default = tuple(self._default_of(module, function, node)) if held is None else ()
                        yield from default
                        if not default or not isinstance(base, Fields) or base.open:
                            yield from self.item(base, Text((Lit(node.name, call),)), call)
                    return
            break
        found = tuple(self._default_of(module, function, node))
        if found or node.kind in ("*", "**"):
            yield from found
        else:
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


def _filled(function: s.FuncDef, home: s.ClassDef | None) -> tuple[s.Param, ...]:
    """The parameters that arguments fill by their places."""
    bound = home is not None and not is_static(function)
    return tuple(p for p in function.params[1 if bound else 0 :] if not p.kind)


def _is_known(value: Value) -> bool:
    """Objects and mappings: of a number, which may be one of several, nobody is to think that it is alone."""
    return isinstance(value, Instance | Fields)


def _is_super(node: s.Expr) -> bool:
    """``super()``: ``self`` stays what it was."""
    return isinstance(node, s.Call) and isinstance(node.func, s.Name) and node.func.id == "super"


def _is_called_so(value: Value, function: s.FuncDef) -> bool:
    """Is it the function, or an object whose ``__call__`` it is?"""
    if isinstance(value, Instance):
        return function in value.cls.node.body.body
    return isinstance(value, Function) and value.node is function


def _hooks(module: Module, word: s.Str) -> tuple[s.Call | None, tuple[s.Expr, ...]]:
    """The functions that are given replies, and the one call whose replies they are, if it is one.

    ``hooks={"response": [function]}``, ``session.hooks["response"].append(function)``
    """
    parent, call = module.parents[word], None
    given: s.Node | None = None
    if isinstance(parent, s.Item) and parent.key is word:
        given = parent.value
        arg = module.parents[module.parents[parent]]
        made = module.parents[arg] if isinstance(arg, s.Arg) and arg.keyword == _HOOKS else None
        call = made if isinstance(made, s.Call) else None
    elif isinstance(parent, s.Subscript) and s.last_name(parent.value).endswith(_HOOKS):
        outer = module.parents[parent]
        filled = module.parents[outer] if isinstance(outer, s.Attribute) else outer
        if isinstance(filled, s.Call) and filled.args:
            given = filled.args[0].value
        elif isinstance(filled, s.Assign):
            given = filled.value
    several = given.items if isinstance(given, s.Sequence) else (given,)
    return call, tuple(each for each in several if isinstance(each, s.Expr))

"""Where a lifetime may come to on ways that are not followed value by value.

Whatever is made of it may hold it: through containers and what fills them, texts that are taken apart again,
calls of libraries, exceptions, loops over a whole reply. What is converted there may be the lifetime, or what
was beside it: a conversion of what is not known otherwise is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding, made_with
from ..facts.values import Class, Closure, Fields, Function, Instance, Param, Site, Text, text_of
from ..following.effects import Effects
from ..following.forward import uses_of
from ..following.unseen_calls import Unseen
from ..roles.exchange import Exchange
from .escapes import WHOLE, Escapes, bound_by, named_by
from .lost_values import Ignorance

_COMPUTING = (s.Binary, s.Unary, s.Bool, s.Choice, s.Comprehension, s.Await)
"""What makes another value of one."""
_ASKING = frozenset({"len", "isinstance", "bool", "hash", "id", "type", "callable", "sleep"})
"""Calls that give nothing of what they are given."""
_SENDING = frozenset({"send", "asend"})
"""Methods that give a generator what ``yield`` stands for in it."""
_SETTERS: dict[type[s.Expr], tuple[str, ...]] = {
    s.Attribute: ("__set__", "__setattr__"),
    s.Subscript: ("__setitem__",),
}
"""What Python calls where something is assigned."""
_STEPS = 4
"""So many elements of elements are followed to what they stand in."""
_NOT_FILLED = frozenset({"import", "def", "class"})


class Adrift:
    """Follows them; one per planner."""

    def __init__(self, escapes: Escapes, effects: Effects) -> None:
        self.escapes, self.effects = escapes, effects
        self.forward, self.resolver = escapes.forward, escapes.resolver
        self.unseen = Unseen(escapes.resolver)
        self._names = {escapes.field}
        """The names under which it is put into mappings."""
        self.ignorance = Ignorance(escapes.resolver, self.unseen, self._names)

    def reached(self, exchange: Exchange, mended: AbstractSet[s.Node]) -> set[s.Node]:
        """The expressions that may hold the lifetime, but for what is made of the ``mended`` ones."""
        seen = set(mended)
        stack = [*self.escapes.lifetimes(exchange), *self._whole(exchange), *self.escapes.bodies(exchange)]
        passed: list[tuple[str, Site]] = []
        while stack:
            site = stack.pop()
            if site.node not in seen:
                seen.add(site.node)
                self._names.update(self._put_under(site))
                stack += self.escapes.onward(site, set())
                other = self._of_another(site, seen)
                if other is not None:
                    passed.append((other, site))
                else:
                    stack += self._loosely(site)
            for name, holder in passed if not stack else ():
                stack += self._loosely(holder) if name in self._names else ()
            passed = [each for each in passed if each[0] not in self._names]
        return seen - mended

    def _of_another(self, site: Site, seen: AbstractSet[s.Node]) -> str | None:
        """``token`` of ``found["token"]``, where what ``found`` is made of holds the lifetime elsewhere."""
        asked = _asked_for(site)
        name = self.resolver.spelled(site.module, asked) if asked is not None else None
        if name is None or name in self._names:
            return None
        if name == self.resolver.rules.provider.token_field:
            return name
        for value in (values := self.resolver.resolve(site)):
            if not isinstance(value, Fields) or value.open or value.rest:
                return None
            found = [entry.value for entry in value.entries if text_of(entry.key) == name]
            if not found or any(each is not None and each.node in seen for each in found):
                return None
        return name if values else None

    def _put_under(self, site: Site) -> Iterator[str]:
        """``{"life": lifetime}``, ``entry["life"] = lifetime``, ``update(life=lifetime)``"""
        parent = site.module.parents[site.node]
        keys = [parent.key] if isinstance(parent, s.Item) else []
        targets = parent.targets if isinstance(parent, s.Assign) and parent.value is site.node else ()
        keys += [target.index for target in targets if isinstance(target, s.Subscript)]
        yield from (name for key in keys if (name := self.resolver.spelled(site.module, key)) is not None)
        if isinstance(parent, s.Arg) and parent.keyword is not None:
            yield parent.keyword

    def _whole(self, exchange: Exchange) -> Iterator[Site]:
        """``reply.items()``, ``case {"access_token": token, **rest}``, ``reply[name]``, ``NONE | reply``"""
        for use in self.escapes.whole(exchange):
            parent, module = use.parent, use.module
            for step in use.path:
                yield from self._through_register(step)
            if isinstance(parent, s.Subscript) and self.resolver.spelled(module, parent.index) is None:
                yield Site(module, parent)
            if isinstance(parent, s.Attribute) and parent.value is use.node:
                yield from self._by_attribute(module, parent)
            if isinstance(parent, s.Arg):
                yield from self._through(module, parent)
            if isinstance(parent, s.Item | s.Sequence | s.Comprehension | s.Binary):
                yield Site(module, parent)
            function = module.function(parent) if isinstance(parent, s.Yield) else None
            if function is not None:
                yield from self.forward.entries(module, function)  # next(replies())
            for target in parent.targets if isinstance(parent, s.Assign) else ():
                if isinstance(target, s.Subscript):
                    yield from self._filled(module, target)  # replies[name] = reply
            for case in parent.cases if isinstance(parent, s.Match) else ():
                yield from named_by(module, case, {*case.names} - {*case.paths})

    def _by_attribute(self, module: Module, node: s.Attribute) -> Iterator[Site]:
        """``reply.values()``, ``reply.__getitem__("expires_in")``, ``reply.expires_in`` of objects"""
        call = module.parents[node]
        if not isinstance(call, s.Call) or call.func is not node:
            yield from [Site(module, node)] if node.attr in self._names else ()
        elif node.attr in WHOLE or any(
            self.resolver.spelled(module, arg.value) in self._names for arg in call.args
        ):
            yield Site(module, call)

    def _loosely(self, site: Site) -> Iterator[Site]:
        module, node = site.module, site.node
        for case in node.cases if isinstance(node, s.Match) else ():
            taken = {name for name in case.names if not {*case.paths.get(name, ())} - self._names}
            yield from named_by(module, case, taken)
        parent = module.parents[node]
        if isinstance(parent, _COMPUTING) or (isinstance(parent, s.Subscript) and parent.value is node):
            yield Site(module, parent)
        elif isinstance(parent, s.Call) and parent.func is node:
            yield Site(module, parent)  # ``kept()`` of ``kept = lambda: lifetime``
        elif isinstance(parent, s.Attribute):
            outer = module.parents[parent]
            is_method = isinstance(outer, s.Call) and outer.func is parent
            yield Site(module, outer if is_method else parent)
        elif isinstance(parent, s.For | s.Clause) and parent.iter is node:
            yield from bound_by(module, parent, parent.target)
            if isinstance(parent, s.Clause):
                yield Site(module, module.parents[parent])
        elif isinstance(parent, s.Assign) and parent.value is node:
            for target in parent.targets:
                yield from bound_by(module, parent, target) if isinstance(target, s.Sequence) else ()
                yield from self._set(target)
                yield from self._put(module, target)
        elif isinstance(parent, s.Sequence):
            for target in _beside(module, parent, node):
                yield from self._set(target)
                yield from self._put(module, target)
        elif isinstance(parent, s.AugAssign) and parent.value is node:
            yield from self._filled(module, parent.target)
        elif isinstance(parent, s.Return):
            function = module.function(parent)
            if function is not None:
                yield from self.unseen.below(Function(module, function))
                yield from self.unseen.called(Function(module, function))
        elif isinstance(parent, s.Yield):
            yield Site(module, parent)  # ``yield from login()``
        elif isinstance(parent, s.Match):
            for case in parent.cases:
                yield from named_by(module, case, {*case.names})
        elif isinstance(parent, s.Raise):
            yield from self._caught()
        elif isinstance(parent, s.Arg):
            yield from self._through(module, parent)

    def _through(self, module: Module, arg: s.Arg) -> Iterator[Site]:
        """What a call gives that is given it, and what it may have put it into."""
        call = module.parents[arg]
        if isinstance(call, s.ClassDef) and arg.keyword is not None:
            yield from self._of_class(module, arg.keyword)
        if not isinstance(call, s.Call):
            return
        site = Site(module, call)
        callees = self.resolver.callees(site)
        for callee in callees:
            yield from self._registered(callee, call, arg)
            yield from self._poured(callee, call, arg)
            yield from self.unseen.below(callee)
            for param in callee.node.params if arg.star else ():
                yield from named_by(callee.module, param, {param.name})
        yield from self.unseen.itself(site)
        if s.last_name(call.func) in _SENDING:
            yield from (Site(other, node) for other in self.resolver.world for node in other.each(s.Yield))
        if callees and not arg.star:
            return  # it is followed there
        if isinstance(module.parents[call], s.Raise):
            yield site
            return
        if (s.last_name(call.func) in _ASKING and len(call.args) == 1) or self.effects.is_log(module, call):
            return
        yield from self._by_name(call, arg)
        if not callees and self.unseen.is_unseen(site):
            yield from self.unseen.given(arg, call)
            for filled in self.unseen.filled():
                assert isinstance(filled.node, s.Expr)
                yield from self._filled(filled.module, filled.node)
        if s.last_name(call.func) == "setattr" and len(call.args) == 3:
            yield from self._set_by_name(module, call.args[1].value)
        for value in self.resolver.resolve(site.at(call.func)):
            if isinstance(value, Closure):
                yield from _in_lambda(value.site)
        for other in call.args:
            yield from _in_lambda(site.at(other.value)) if other is not arg else ()
            if other is not arg and not callees:
                yield from self._filled_by(module, other.value)
        yield site
        if isinstance(call.func, s.Attribute):
            yield from self._filled(module, call.func.value)

    def _of_class(self, module: Module, keyword: str) -> Iterator[Site]:
        """``class Kept(metaclass=Keeps, life=lifetime)``: parameters and attributes of that name."""
        yield from self.forward.loads_of(keyword, module)
        for other in self.resolver.world:
            for node in other.each(s.FuncDef) if other.holds(keyword) else ():
                for param in node.params:
                    yield from named_by(other, param, {keyword}) if param.name == keyword else ()

    def _filled_by(self, module: Module, node: s.Expr) -> Iterator[Site]:
        """``heappush(rows, lifetime)``, ``Thread(target=rows.append, args=(lifetime,))``"""
        if isinstance(node, s.Name):
            yield from self._filled(module, node)
        elif isinstance(node, s.Attribute):
            yield from self._filled(module, node if _is_of_self(node) else node.value)

    def _by_name(self, call: s.Call, arg: s.Arg) -> Iterator[Site]:
        """What each method of that name makes of it: of whose object it is one, is not known."""
        name = call.func.attr if isinstance(call.func, s.Attribute) else ""
        for other in self.resolver.world if name else ():
            for node in other.each(s.FuncDef) if other.holds(name) else ():
                owner = other.class_of(node) if node.name == name else None
                if owner is None:
                    continue
                method = Function(other, node, Instance(Class(other, owner)))
                param = self.forward.param_of(method, call, arg)
                if param is not None:
                    yield from named_by(other, param, {param.name})

    def _poured(self, callee: Function, call: s.Call, arg: s.Arg) -> Iterator[Site]:
        """``Grant(life=lifetime)`` of ``def __init__(self, **fields)``: where attributes of that name are."""
        takes = any(param.kind == "**" for param in callee.node.params)
        param = self.forward.param_of(callee, call, arg)
        if takes and arg.keyword is not None and (param is None or param.kind == "**"):
            yield from self.forward.loads_of(arg.keyword, callee.module)

    def _through_register(self, step: Site) -> Iterator[Site]:
        """``seconds(reply)`` of a function that others are registered for."""
        arg = step.module.parents[step.node]
        call = step.module.parents[arg] if isinstance(arg, s.Arg) else None
        if isinstance(arg, s.Arg) and isinstance(call, s.Call):
            for callee in self.resolver.callees(Site(step.module, call)):
                yield from self._registered(callee, call, arg)

    def _registered(self, callee: Function, call: s.Call, arg: s.Arg) -> Iterator[Site]:
        """What may be called in its stead: below ``@seconds.register``."""
        param = self.forward.param_of(callee, call, arg) if callee.node.decorators else None
        place = callee.node.params.index(param) if param is not None else -1
        for module in self.resolver.world if param is not None else ():
            for node in module.each(s.FuncDef) if module.holds(".register") else ():
                if place >= len(node.params):
                    continue
                if callee.node.name in map(_register, node.decorators):
                    yield from named_by(module, node.params[place], {node.params[place].name})

    def _set_by_name(self, module: Module, name: s.Expr) -> Iterator[Site]:
        """``setattr(self, name, lifetime)``: what asks for attributes by names, or for this one."""
        said = self.resolver.spelled(module, name)
        if said is not None:
            yield from self.forward.loads_of(said, module)
        for other in self.resolver.world:
            for call in other.each(s.Call) if other.holds("getattr") else ():
                if s.last_name(call.func) == "getattr":
                    yield Site(other, call)

    def _set(self, target: s.Expr) -> Iterator[Site]:
        """What Python itself may call with what is assigned: ``__set__``, ``__setitem__``"""
        names = _SETTERS.get(type(target), ())
        for module in self.resolver.world if names else ():
            for node in module.each(s.FuncDef) if any(map(module.holds, names)) else ():
                if node.name in names and node.params:
                    yield from named_by(module, node.params[-1], {node.params[-1].name})

    def _put(self, module: Module, target: s.Expr) -> Iterator[Site]:
        """Where what is put into ``rows[2]``, ``entry["life"]``, ``function.life`` is read, by whomever."""
        for each in target.items if isinstance(target, s.Sequence) else (target,):
            if isinstance(each, s.Subscript):
                yield from self._filled(module, each)
                yield from self._of_namespace(module, each)
            elif isinstance(each, s.Attribute):
                yield from self._loads(module, each)

    def _of_namespace(self, module: Module, target: s.Subscript) -> Iterator[Site]:
        """``globals()["life"]``, ``vars(self)["life"]``, ``self.__dict__["life"]``: what reads that name."""
        whose = target.value.func if isinstance(target.value, s.Call) else target.value
        name, owner = self.resolver.spelled(module, target.index), s.last_name(whose)
        if owner == "globals" and name is not None:
            yield from (Site(module, node) for node in module.names.get(name, ()))
        if owner in ("globals", "vars", "__dict__") and name is not None:
            yield from self.forward.loads_of(name, module)

    def _handed_in(self, module: Module, param: s.Param, steps: int) -> Iterator[Site]:
        """``put(queue)``: what a function fills that its callers hand to it."""
        function = module.parents.get(param)
        if isinstance(function, s.FuncDef):
            given = Param(function, param, Site(module, param))
            for call in self.resolver.callers(module, function):
                for site in self.resolver.arguments(given, call):
                    if isinstance(site.node, s.Name | s.Attribute):
                        yield from self._filled(site.module, site.node, steps)

    def _loads(self, module: Module, target: s.Attribute) -> Iterable[Site]:
        """The loads of an attribute; of ``function.life`` and ``os.environ`` all of that name."""
        found = [*self.forward.attribute_loads(module, target)]
        if found:
            return found
        free = [Site(module, n) for n in module.names.get(target.attr, ()) if _is_global(module, n)]
        return [*self.forward.loads_of(target.attr, module), *free]  # of ``sys.modules[__name__]``, too

    def _filled(self, module: Module, holder: s.Expr, steps: int = _STEPS) -> Iterator[Site]:
        """Where ``rows`` of ``rows.setdefault(…).append(…)`` is read, into which something was put.

        Where it is an element of something, ``entry = rows[name]``, that is read as well.
        """
        while isinstance(holder, s.Call | s.Subscript) or (
            isinstance(holder, s.Attribute) and isinstance(holder.value, s.Call | s.Subscript)
        ):
            is_index = isinstance(holder, s.Subscript)
            for arg in holder.args if steps and isinstance(holder, s.Call) else ():
                name = Site(module, arg.value)  # ``csv.writer(file).writerow(row)``, not ``open(PATH)``
                is_file = any(isinstance(value, Text) for value in self.resolver.resolve(name))
                if isinstance(arg.value, s.Name) and not is_file:
                    yield from self._filled(module, arg.value, steps - 1)
            holder = holder.func if isinstance(holder, s.Call) else holder.value
            if isinstance(holder, s.Attribute) and not is_index and not _is_of_self(holder):
                holder = holder.value
        if isinstance(holder, s.Attribute):
            yield from self._loads(module, holder)
        elif isinstance(holder, s.Name):
            bound = _before(module.scopes.bindings_of(holder))
            for binding in bound if not any(each.kind in _NOT_FILLED for each in bound) else ():
                for each in made_with(binding):
                    yield from (Site(module, node) for node in uses_of(module, each))
                if steps and isinstance(binding.value, s.Subscript | s.Call):
                    yield from self._filled(module, binding.value, steps - 1)
                if steps and isinstance(binding.node, s.Param):
                    yield from self._handed_in(module, binding.node, steps - 1)

    def _caught(self) -> Iterator[Site]:
        """What exceptions are called where they are caught."""
        for module in self.resolver.world:
            for node in module.each(s.Handler):
                if node.name:
                    yield from named_by(module, node, {node.name})


def _beside(module: Module, values: s.Sequence, node: s.Node) -> Iterator[s.Expr]:
    """``self.life`` of ``self.token, self.life = reply["access_token"], reply["expires_in"]``."""
    statement = module.parents[values]
    for target in statement.targets if isinstance(statement, s.Assign) and statement.value is values else ():
        if isinstance(target, s.Sequence) and len(target.items) == len(values.items):
            yield target.items[values.items.index(node)]


def _in_lambda(site: Site) -> Iterator[Site]:
    """Where a ``lambda`` reads what it is given: ``map(lambda ms: ms / 1000, lifetimes)``."""
    if isinstance(site.node, s.Lambda):
        names = {param.name for param in site.node.params}
        used = (node for node in s.walk(site.node.body) if isinstance(node, s.Name) and node.id in names)
        yield from map(site.at, used)


def _before(bindings: Iterable[Binding]) -> list[Binding]:
    """The bindings, and those of the same object before something was put into it."""
    found = dict.fromkeys(bindings)
    for here in (stack := list(found)):
        if here.kind in ("item", "call"):
            stack += (each for each in here.prev if each not in found)
            found.update(dict.fromkeys(here.prev))
    return list(found)


def _asked_for(site: Site) -> s.Expr | None:
    """``"token"`` of ``found["token"]`` and ``found.get("token")``."""
    parent, parents = site.module.parents[site.node], site.module.parents
    if isinstance(parent, s.Subscript):
        return parent.index if parent.value is site.node else None
    call = parents[parent] if isinstance(parent, s.Attribute) and parent.attr in ("get", "pop") else None
    return call.args[0].value if isinstance(call, s.Call) and call.func is parent and call.args else None


def _register(decorator: s.Expr) -> str:
    """``seconds`` of ``@seconds.register`` and ``@seconds.register(int)``."""
    made = decorator.func if isinstance(decorator, s.Call) else decorator
    is_one = isinstance(made, s.Attribute) and made.attr == "register"
    return s.last_name(made.value) if isinstance(made, s.Attribute) and is_one else ""


def _is_global(module: Module, node: s.Node) -> bool:
    """Is a name one of the module, or bound by nothing that was seen?"""
    bound = module.scopes.bindings_of(node) if isinstance(node, s.Name) else ()
    return all(isinstance(module.scope(each.node).node, s.Source) for each in bound)


def _is_of_self(node: s.Attribute) -> bool:
    return isinstance(node.value, s.Name) and node.value.id in ("self", "cls")

"""Functions that are not called but given away: to ``map``, as a key, into a table, above another one.

What such a function gets is not said at its calls. Where Python itself calls it with what it goes through,
that can be known; everywhere else nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Scope
from ..facts.values import Class, Function, Items, Param, Site
from ..resolve import Resolver
from ..resolve.shared import is_setter, is_static
from .forward import Forward, Use, is_property

_EACH = {"map": (0, 1), "filter": (0, 1), "sorted": ("key", 0), "min": ("key", 0), "max": ("key", 0)}
"""What Python calls for each element: where the function is given, and where what is gone through."""

_BY_CONSTRUCTION = frozenset({"__init__", "__call__", "__post_init__", "__attrs_post_init__"})
"""Methods whose calls are found."""


class Handed:
    """Finds them; one per project."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.forward = Forward(resolver)

    def given(self, module: Module, function: s.FuncDef, param: s.Param) -> list[Site] | None:
        """What ``param`` gets where the function is given away: nothing if it never is, None if unknown."""
        found: list[Site] = []
        if _is_spelled_in_class(module, function):
            return None
        for site in self._loads(module, function):
            if _is_called(site) or self._converts_a_field(site, function) or _is_hook(site):
                continue
            if isinstance(site.module.parents[site.node], s.FuncDef):
                return None  # it is a decorator
            for use in self.forward.uses(site):
                passed = self._passed(use, Function(module, function), param)
                if not passed:
                    return None
                found += passed
        return found

    def is_given(self, function: Function) -> bool:
        """Is it given away anywhere, so that nobody sees what it is called with?"""
        return not all(map(_is_called, self._loads(function.module, function.node)))

    def _converts_a_field(self, site: Site, function: s.FuncDef) -> bool:
        """``field(converter=function)``: what it gets there is known."""
        return self.resolver.is_fed(function) and self.resolver.is_converter_there(site)

    def around(self, site: Site) -> Iterator[tuple[s.FuncDef, s.Param, s.Name]]:
        """The parameters of which the expression at ``site`` is made, and the names that stand for them."""
        for node in s.walk(site.node):
            if not isinstance(node, s.Name):
                continue
            for binding in site.module.scopes.bindings_of(node):
                owner = site.module.parents.get(binding.node)
                if not isinstance(owner, s.FuncDef) or not isinstance(binding.node, s.Param):
                    continue
                is_self = owner.params[0] is binding.node and site.module.class_of(owner) is not None
                if not is_self or is_static(owner):
                    yield owner, binding.node, node

    def is_lost(self, site: Site) -> bool:
        """Is what is converted there made of a parameter of which nobody knows what it gets?"""
        return any(
            _is_called_by_python(owner) or self.given(site.module, owner, param) is None
            for owner, param, _ in self.around(site)
        )

    def _loads(self, module: Module, function: s.FuncDef) -> Iterator[Site]:
        """Each place that says the function's name, and means it."""
        scope = module.scope(function)
        owner = scope.node
        if any(map(is_property, function.decorators)) or is_setter(function):
            return  # it is read or assigned to, not given away
        if isinstance(owner, s.ClassDef):
            yield from self.forward.reads_of(Class(module, owner), function.name)
        yield from (Site(module, node) for node in _in_scope(module, scope, function))
        if scope.is_module:
            yield from (Site(*found) for found in self.forward.imports_of(module, function.name))

    def _passed(self, use: Use, function: Function, param: s.Param) -> list[Site] | None:
        parent = use.parent
        if isinstance(parent, s.Call) and parent.func is use.node:
            called = Site(use.module, parent)
            only = all(callee.node is function.node for callee in self.resolver.callees(called))
            return self._arguments(called, function, param) if only else None
        call = use.module.call_of(parent)
        if call is None or not isinstance(parent, s.Arg):
            return None
        relayed = self.resolver.relayed(use.module, call)
        if relayed is not None and relayed.func is use.node:
            return self._arguments(Site(use.module, relayed), function, param)
        place = function.node.params.index(param)
        if function.module.class_of(function.node) is not None and not is_static(function.node):
            place -= 1  # ``self`` comes with the method
        return self._elements(use.module, call, parent, place)

    def _arguments(self, call: Site, function: Function, param: s.Param) -> list[Site]:
        return self.resolver.arguments(Param(function.node, param, Site(function.module, param)), call)

    def _elements(self, module: Module, call: s.Call, arg: s.Arg, place: int) -> list[Site] | None:
        """Each of what ``map(function, values)`` goes through."""
        name = call.func.id if isinstance(call.func, s.Name) else ""
        where, first = _EACH.get(name, (None, 0))
        if where != (arg.keyword or call.args.index(arg)) or any(a.star for a in call.args):
            return None
        index = first + place
        if index >= len(call.args) or call.args[index].keyword is not None:
            return None
        found: list[Site] = []
        for values in self.resolver.resolve(Site(module, call.args[index].value)):
            if not isinstance(values, Items) or (
                values.open and not isinstance(values.site.node, s.Comprehension)
            ):
                return None
            found += values.sites
        return found


def _is_called_by_python(function: s.FuncDef) -> bool:
    """``def __new__(cls, raw)``, ``def __missing__(self, key)``: no call says the name."""
    name = function.name
    return name.startswith("__") and name.endswith("__") and name not in _BY_CONSTRUCTION


def _is_spelled_in_class(module: Module, function: s.FuncDef) -> bool:
    """``lifetime = fields.Method(deserialize="to_seconds")``: a library finds it by its name."""
    owner = module.class_of(function)
    declared = (stmt for stmt in owner.body.body if isinstance(stmt, s.Assign)) if owner is not None else ()
    return any(
        isinstance(each, s.Str) and each.value == function.name
        for stmt in declared
        if isinstance(stmt.value, s.Call)
        for each in s.walk(stmt.value)
    )


def _in_scope(module: Module, scope: Scope, function: s.FuncDef) -> Iterator[s.Node]:
    for binding in scope.bindings.get(function.name, ()):
        if binding.node is function:
            yield from module.uses.get(binding, ())


def _is_called(site: Site) -> bool:
    parent = site.module.parents[site.node]
    return isinstance(parent, s.Call) and parent.func is site.node


def _is_hook(site: Site) -> bool:
    """``post(…, hooks={"response": function})``: it gets the reply of that call."""
    module, node = site.module, site.module.parents[site.node]
    node = module.parents[node] if isinstance(node, s.Sequence) else node
    arg = module.parents[module.parents[node]] if isinstance(node, s.Item) else None
    return isinstance(arg, s.Arg) and arg.keyword == "hooks" and isinstance(module.parents[arg], s.Call)

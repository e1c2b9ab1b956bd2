"""What calls do with something tainted: which functions they enter with it, and what these give back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ..facts import syntax as s
from ..facts.leaves import ATTRIBUTE, KEY
from ..facts.modules import Module
from ..facts.scopes import path_of
from ..facts.values import Class, Function, Lib, Site
from ..resolve.base import COMMON_METHODS
from ..resolve.shared import fields_of
from .tainted_names import STRONG, WEAK, WHOLE
from .tainted_stores import STORES, Stores

_SOME = 6
"""So many functions of one name need not be told apart."""


class Calls(Stores):
    """Taints what is entered, and what is given back."""

    def _give(self, module: Module, function: s.FuncDef | None, force: int) -> None:
        """What calls of a function give is tainted; if it is only what they gave it, of those calls."""
        if function is None:
            return
        known = self._giving.get(function, 0)
        if force & ~known:
            self._giving[function] = known | force
            self._waiting += self._given[function]
        if force & STRONG != STRONG:
            return
        owner, name = module.class_of(function), function.name
        if owner is None:
            self._bind(module, function, (name,), force)
        else:
            is_common = name in COMMON_METHODS or name.startswith("__")
            if is_common or not self._anywhere(ATTRIBUTE, name, force):
                self._object(module, owner, name, force | WHOLE)
        for each in function.decorators:
            self._call_all(each.func if isinstance(each, s.Call) else each, force)

    def _convert(self, module: Module, field: s.Assign) -> None:
        """What a field is given goes through functions that its declaration names."""
        owner, name, force = module.scope(field).node, field.targets[0], WEAK | WHOLE
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
                    self._fill(callee.module, param, weak(force))

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
                        self._fill(module, param, weak(force))
                elif isinstance(node, s.Name | s.Attribute | s.Str):  # deserialize="seconds"
                    called = node.value if isinstance(node, s.Str) else s.last_name(node)
                    for callee in self._named_so(str(called)):
                        self._take(callee, arg, force)
        if isinstance(call.func, s.Attribute) and last in STORES:
            self._fill_up(module, call.func.value, self._put_by(module, call, arg, force))
        if last in ("send", "asend"):
            self._waiting += (
                (each, node, WEAK | WHOLE)
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
                return force & ~WHOLE
        return force if not is_all or any(each.node in self._giving for each in entered) else 0

    def _be(self, kind: str, force: int) -> None:
        """Objects of the classes of that name may be tainted themselves: ``class Millis(int)``."""
        for module in self._leaves:
            for cls in module.each(s.ClassDef) if kind in module.words else ():
                for method in cls.body.body if cls.name == kind else ():
                    if isinstance(method, s.FuncDef) and method.params:
                        self._fill(module, method.params[0], weak(force))

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

    def _entered(self, call: Site, name: str) -> Sequence[Function]:
        """What a call may enter: all that goes by its name, if that is little; else it is asked for.

        What is chosen while the program runs may be whatever function is not only called.
        """
        if not isinstance(call.call.func, s.Name | s.Attribute):
            self._enter_loose()
            return self.resolver.callees(call)
        if self._is_of_library(call):
            return ()
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

    def _is_of_library(self, call: Site) -> bool:
        """``jwt.encode(…)``, ``open(…)``, where the program has functions of that name itself."""
        func = call.call.func
        name = func.value if isinstance(func, s.Attribute) else func
        bound = call.module.scopes.bindings_of(name) if isinstance(name, s.Name) else ()
        if not isinstance(name, s.Name) or any(each.kind != "import" for each in bound):
            return False
        found = self.resolver.resolve(call.at(name))
        return bool(found) and all(isinstance(value, Lib) for value in found)

    def _enter_loose(self) -> None:
        """Whatever function stands somewhere as a value may be given something tainted."""
        if self._loosely:
            return
        self._loosely, force = True, WEAK | WHOLE
        for module in self._leaves:
            for node in module.each(s.Name, s.Attribute, s.Lambda):
                around = module.parents.get(node)
                is_put = isinstance(around, s.Assign) and around.value is node
                if not is_put and not isinstance(around, s.Item | s.Sequence | s.Arg | s.Return):
                    continue
                self._call_all(node, force)
                for param in node.params if isinstance(node, s.Lambda) else ():
                    self._fill(module, param, force)
                if isinstance(node, s.Attribute) and node.attr in STORES:
                    self._fill_up(module, node.value, force | STRONG)

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
                    self._fill(each.module, param, weak(force))

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


def weak(force: int) -> int:
    """The force of a parameter that is filled with what is tainted so."""
    return WEAK | force & WHOLE

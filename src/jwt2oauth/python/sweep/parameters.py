"""Parameters and entries that only carried the key, the claims or the assertion."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding, path_of
from ..facts.values import (
    Class,
    Closure,
    Constant,
    Environ,
    Fields,
    Function,
    Instance,
    Member,
    Param,
    Result,
    Site,
    Unknown,
    Value,
    name_of,
    text_of,
)
from ..resolve import argument_for, is_static
from ..roles.trace import label_of
from ..writing.docstrings import forget
from .entries import MappedEntries

_LOADERS = ("importlib.import_module()", "__import__()")
"""What gives a module by a name that is made."""


class Parameters(MappedEntries):
    """Parameters and entries that only carried the key, the claims or the assertion."""

    def _made_of_key(self, site: Site) -> bool:
        """``base64.b64encode(pem)``"""
        return not self.key_reads.isdisjoint(self.signatures.reads(site))

    def still_fed(self) -> Iterator[Site]:
        """Parameters and fields that stay, unused, and for whose sake the key is still read here."""
        for param, (module, function) in self.kept_params.items():
            if self.changes.is_dead(module, param):
                continue
            for call in self.resolver.callers(module, function):
                sites = self.resolver.arguments(Param(function, param, Site(module, param)), call)
                if any(self._reads_key(site, param.name) for site in sites):
                    yield Site(module, param)
        for field, cls in self.kept_fields.items():
            if self.changes.is_dead(cls.module, field) or not isinstance(field.targets[0], s.Name):
                continue
            for call in self.resolver.constructions(cls):
                own = self._constructor_arg(cls, call, field.targets[0].id)
                given = [arg.value for arg in call.call.args if arg.star or arg is own]
                if any(self._reads_key(call.at(value), field.targets[0].id) for value in given):
                    yield Site(cls.module, field)

    def _reads_key(self, site: Site, name: str) -> bool:
        """Does an argument, perhaps under ``name`` in a spread mapping, come from reading the key?"""
        if self.resolver.is_test(site.module) or self.changes.is_dead(site.module, site.node):
            return False
        places = [site]
        for value in self.resolver.resolve(site):
            entries = value.entries if isinstance(value, Fields) else ()
            places += [e.value for e in entries if e.value is not None and text_of(e.key) == name]
        found = {node for place in places for node in self.signatures.reads(place)} & self.key_reads
        modules = (site.module, *self.resolver.world) if found else ()
        return any(
            node in module.parents and not self.changes.is_dead(module, node)
            for node in found
            for module in modules
        )

    def _is_key(self, value: Value) -> bool:
        return self._is_secret(value) or (value in self._key_values and not isinstance(value, Constant))

    def _keys_read(self) -> dict[str, bool]:
        """String keys that are read somewhere → whether any such place stays."""
        found: dict[str, bool] = {}
        for module in self.resolver.world:
            for key, nodes in self.resolver.lookups(module).items():
                stays = any(not self.changes.is_dead(module, node) for node in nodes)
                found[key] = found.get(key, False) or stays
        return found

    def _is_heavy(self, site: Site) -> bool:
        for value in self.resolver.resolve(site):
            if self._is_secret(value):
                return True
            if value in self._key_values and isinstance(value, Environ | Member | Result):
                return True
            if isinstance(value, Result) and value.name.endswith(".read") and value in self._key_sources:
                return True
            if isinstance(value, Environ) and value.name in self._key_variables:
                return True
            if isinstance(value, Result) and self._is_fetched_in(site, value):
                return True
            if self._signs(value):
                return True
        return False

    def _is_fetched_in(self, site: Site, value: Result) -> bool:
        """Does the very call stand there that gave the key, on whichever way it was come to?"""
        module, node = value.site.module, value.site.node
        return node in self._key_calls and module is site.module and self._within(module, node, site.node)

    def _signs(self, value: Value) -> bool:
        """Is it a function, or an object with a method, that signs the assertion of the flow?"""
        if isinstance(value, Function):
            return self._holds_signing(value.module, value.node)
        if isinstance(value, Instance):
            return any(self._holds_signing(c.module, c.node) for c in self.resolver.mro(value.cls))
        if isinstance(value, Closure) and isinstance(value.site.node, s.Lambda):
            body = value.site.at(value.site.node.body)
            return any(self._is_secret(v) for v in self.resolver.resolve(body))
        return False

    def read_for_nobody(self) -> Iterator[Site]:
        """Where the key is still taken from somewhere, beside other things, for a name that nobody uses."""
        for module in self.changes.touched:
            scopes = module.scopes.module.every()
            for binding in (b for scope in scopes for each in scope.bindings.values() for b in each):
                node = binding.node
                within = isinstance(node, s.Walrus)
                if binding.kind != "assign" or not (binding.unpack or within):
                    continue
                if self.changes.is_dead(module, node):
                    continue
                loads = self.loads(binding)
                if not loads or not all(self.changes.is_dead(p.module, p.node) for p in loads):
                    continue
                targets = [n for n in s.walk(node) if isinstance(n, s.Name | s.Attribute)]
                if isinstance(node, s.Assign) and not self.changes.replaced.keys().isdisjoint(node.targets):
                    continue
                if any(path_of(n) == binding.path and self.changes.is_dead(module, n) for n in targets):
                    continue
                found = list(self.resolver.binding(binding, Site(module, node)))
                names = [value.name for value in found if isinstance(value, Environ)]
                named = within and not self._key_variables.isdisjoint(names)
                if named or any(value in self._key_values for value in found):
                    yield Site(module, node)

    def _holds_signing(self, module: Module, definition: s.FuncDef | s.ClassDef) -> bool:
        return any(
            definition in module.ancestors(node) for node in self.effects.excused if node in module.parents
        )

    def _kill_param(self, module: Module, binding: Binding) -> bool:
        param, function = binding.node, binding.scope.node
        if not isinstance(param, s.Param) or not isinstance(function, s.FuncDef):
            return False
        if param.kind in ("*", "**"):
            self.kept_params[param] = (module, function)
            return False
        owner = module.class_of(function)
        if owner is not None and param is function.params[0] and not is_static(function):
            return False
        callers = self.resolver.callers(module, function)
        cls = Class(module, owner) if owner is not None else None
        found = [self._stores_for(call, param.name, cls, function) for call in callers]
        stores = [store for each in found for store in each or ()]
        heavy = any(self._heavy(c, function, param) for c in callers)
        heavy = heavy or any(map(self._is_heavy, self._spread_values(stores)))
        private = function.name.startswith("_") and not function.name.startswith("__")
        given = [call.at(arg.value) for call in callers for arg in self._args(call, function, param)]
        given += [Site(module, param.default)] if param.default is not None else []
        given += self._spread_values(stores)
        is_ours = bool(callers) and not self.offers.by_path(module, function)
        free = is_ours and self._is_free(given, function.params)
        free = free and not self._is_called_unseen(module, function, callers)
        free = free or (private and bool(callers))
        if not heavy and not free:
            self.kept_params[param] = (module, function)
            return False
        wanted = any(self._is_wanted(call, function, param) for call in callers)
        if None in found or wanted or not self._droppable(module, function, callers):
            self.kept_params[param] = (module, function)
            return False
        offered = self.offers.function(module, function)
        kept = offered and self._default(module, function, param)
        if kept or (offered and self.offers.binds(module)):
            self.kept_params[param] = (module, function)
        if not kept and param in self.kept_params:
            self.bound.append(Site(module, param))
            return False
        for call in callers:
            for arg in self._args(call, function, param):
                self._give_up(call, arg, self._empty(module, param.annotation) if kept else "")
        self._let_go_of(stores, param.name, cls)
        if not kept:
            self._tell_lost(offered, module, param, param.name)
            self.changes.remove(module, param)
            self._ask_again(module, function)
            self._describe_no_more(module, function, param.name)
        return True

    def _describe_no_more(self, module: Module, function: s.FuncDef, name: str) -> None:
        """Take a parameter out of the docstring; what makes an object may be described at its class."""
        owner = module.class_of(function) if function.name == "__init__" else None
        for described in (function, owner) if owner is not None else (function,):
            forget(self.changes, module, described, name)

    def _is_called_unseen(self, module: Module, function: s.FuncDef, callers: list[Site]) -> bool:
        """``import_module(name).login(…)``: may calls mean the function that are not seen to?"""
        owner = module.class_of(function)
        name = owner.name if owner is not None and function.name == "__init__" else function.name
        known = {call.node for call in callers}
        calls = rb"%s\b(?<=[.'\"]%s)" % (name.encode(), name.encode())
        _, are_all = self.resolver.index.mentioning("import_module", module.path, calls)
        if not are_all:
            return True
        for site in list(self.resolver.calls):
            call = site.node
            assert isinstance(call, s.Call)
            func = call.func
            if isinstance(func, s.Name) and func.id == "getattr":
                if any(isinstance(arg.value, s.Str) and arg.value.value == name for arg in call.args):
                    return True
            elif isinstance(func, s.Attribute) and func.attr == name and call not in known:
                owners = self.resolver.resolve(site.at(func.value))
                unseen = any(
                    isinstance(v, Unknown | Param | Member) or name_of(v) in _LOADERS for v in owners
                )
                if (unseen or not owners) and not self.resolver.callees(site):
                    return True
        return False

    def _ask_again(self, module: Module, function: s.FuncDef) -> None:
        """Other parameters that were kept for the callers: these change now."""
        scope = module.scopes.inner[function]
        for param in (p for p in function.params if p in self.kept_params and p not in self.changes.removed):
            del self.kept_params[param]
            self.pinned -= {b for b in scope.bindings.get(param.name, ()) if b.node is param}

    def _tell_lost(self, offered: bool, module: Module, node: s.Node, name: str) -> None:
        if offered:
            self.notes.append(
                f"{name} is gone although __all__ offers what it belongs to: "
                f"nothing here makes a package that others install ({label_of(module, node)})."
            )

    def _args(self, call: Site, function: s.FuncDef, param: s.Param) -> Iterator[s.Arg]:
        for callee in self.resolver.callees(call):
            if callee.node is function:
                arg = argument_for(callee, call.call, param)
                if arg is not None:
                    yield arg
                return

    def _is_wanted(self, call: Site, function: s.FuncDef, param: s.Param) -> bool:
        """Does a call hand the same argument to another function as well, which goes on to need it?"""
        others = [callee for callee in self.resolver.callees(call) if callee.node is not function]
        for arg in self._args(call, function, param) if others else ():
            for other in others:
                takes = [p for p in other.node.params if argument_for(other, call.call, p) is arg]
                if any(
                    self._needs(other, p) for p in takes or (p for p in other.node.params if p.kind == "**")
                ):
                    return True
        return False

    def _needs(self, function: Function, param: s.Param) -> bool:
        """Does what stays of a function use its parameter?"""
        scope = function.module.scopes.inner.get(function.node)
        bound = scope.bindings.get(param.name, ()) if scope is not None else ()
        gone = self.changes.is_dead(function.module, param)
        return not gone and any(self.live(b) for b in bound if b.node is param)

    def _heavy(self, call: Site, function: s.FuncDef, param: s.Param) -> bool:
        """Does the argument do what cannot be done any more: read the key, sign, build the claims?"""
        if self.changes.is_dead(call.module, call.node):
            return False
        return any(self._is_heavy(call.at(arg.value)) for arg in self._args(call, function, param))

    def _let_be_missing(self) -> None:
        """``cls(**found)`` of settings whose names nobody sees need not have what is not used any more."""
        functions = dict.fromkeys(self.kept_params.values())
        for module, function in functions:
            spread = [
                call.at(arg.value)
                for call in self.resolver.callers(module, function)
                for arg in (call.node.args if isinstance(call.node, s.Call) else ())
                if arg.star == "**"
            ]
            if not any(map(self._is_of_unseen_names, spread)) or self.changes.is_dead(module, function):
                continue
            for param in reversed(function.params):
                kept = param in self.kept_params and param.kind not in ("*", "**")
                if kept and not self.changes.is_dead(module, param):
                    self._default(module, function, param, with_those_behind=True)

    def _is_of_unseen_names(self, mapping: Site) -> bool:
        values = self.resolver.resolve(mapping)
        seen = [text_of(e.key) for v in values if isinstance(v, Fields) for e in v.entries]
        return not any(seen)

    def _default(
        self, module: Module, function: s.FuncDef, param: s.Param, *, with_those_behind: bool = False
    ) -> bool:
        """Give a parameter that nobody here fills any more a default, if its place allows one.

        ``with_those_behind``: those behind it that have got one themselves are in nobody's way.
        """
        if param.default is not None:
            return True
        index = function.params.index(param)
        behind = [p for p in function.params[index + 1 :] if p.kind == "" and p.default is None]
        behind = [p for p in behind if not self.changes.is_dead(module, p)]
        made = {p for p in behind if any("=" in text for _, text in self.changes.patched.get(p, ()))}
        if param.kind == "" and behind and not (with_those_behind and len(made) == len(behind)):
            return False
        end = param.span.end
        equals, empty = " = " if param.annotation is not None else "=", self._empty(module, param.annotation)
        bar = self._let_be_none(module, param) if empty == "None" else ""
        self.changes.patch(module, param, Span(end, end), bar + equals + empty)
        return True

    def _droppable(self, module: Module, function: s.FuncDef, callers: list[Site]) -> bool:
        owner = module.class_of(function)
        if (
            owner is not None
            and len(self._family(module, owner, function.name)) > 1
            and function.name != "__init__"
        ):
            return False
        return bool(callers) and not self._by_value(module, function)

    def _family(self, module: Module, owner: s.ClassDef, name: str) -> list[Class]:
        cls = Class(module, owner)
        family = {*self.resolver.mro(cls), *self.resolver.subclasses(cls)}
        return [
            c for c in family if any(isinstance(n, s.FuncDef) and n.name == name for n in c.node.body.body)
        ]

    def _by_value(self, module: Module, function: s.FuncDef) -> bool:
        """Is the function handed on as a value, and not with its arguments, to somebody who calls it?"""
        called = {c.node.func for c in self.resolver.callers(module, function) if isinstance(c.node, s.Call)}
        for binding in module.scope(function).bindings.get(function.name, ()):
            if binding.node is not function:
                continue
            for site in self.loads(binding):
                parent = site.module.parents.get(site.node)
                if not (isinstance(parent, s.Call) and parent.func is site.node) and site.node not in called:
                    return True
        return False

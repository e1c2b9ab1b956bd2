"""What something tainted is put into: names, attributes, keys, objects, and what callers hand in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from ..facts import syntax as s
from ..facts.bindings import MUTATORS
from ..facts.leaves import ATTRIBUTE, KEY, name_in
from ..facts.modules import Module
from ..facts.values import ModuleValue, Site, text_of
from .tainted_names import ASKING, STRONG, WHOLE, Names

STORES = MUTATORS | {"put", "put_nowait", "set", "hset", "send", "push", "write", "save", "setex"}
"""Methods that keep what they are given."""


class Stores(Names):
    """Taints what is stored to."""

    def _store(self, module: Module, target: s.Expr, force: int) -> None:
        match target:
            case s.Name():
                name, owner = name_in(module, target), module.scope(target).node
                self._taint(module, name, force)
                if name[0] == ATTRIBUTE:  # a field, which a library may fill or name by a key
                    is_known = self._anywhere(ATTRIBUTE, target.id, force)
                    is_known &= self._anywhere(KEY, target.id, force)
                    if not is_known and isinstance(owner, s.ClassDef):
                        self._object(module, owner, target.id, force | WHOLE)
            case s.Attribute() if target.attr == "__dict__":
                self._store_somewhere(module, target.value, force)
            case s.Attribute():
                self._store_attribute(module, target, force)
            case s.Subscript():
                is_known = self._key(module, target.index, force)
                self._fill_up(module, target.value, force & ~WHOLE if is_known else force | WHOLE)
            case s.Sequence():
                for item in target.items:
                    self._store(module, item, force | WHOLE)
            case s.Starred():
                self._store(module, target.value, force)
            case _:
                pass

    def _fill_up(self, module: Module, holder: s.Expr, force: int) -> None:
        """Something tainted is put into ``holder``; where that is a parameter, into what callers give."""
        known = self._filled.get(holder, 0)
        if not force & ~known:
            return  # node = node.above
        self._filled[holder] = known | force
        self._store(module, holder, force)
        if not isinstance(holder, s.Name):
            return
        for bound in module.scopes.bindings_of(holder):
            function, value = bound.scope.node, bound.value if bound.kind == "assign" else None
            if isinstance(value, s.Call) and isinstance(value.func, s.Attribute) and not bound.unpack:
                value = value.func.value if value.func.attr in ASKING else None  # CACHE.setdefault(key, {})
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
        held = force & ~WHOLE if is_known else force | WHOLE
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
        function, force = module.function(holder), force | STRONG | WHOLE
        owner = module.class_of(function) if function is not None else None
        self._store(module, holder, force)
        if owner is not None and s.last_name(holder) in ("self", "cls"):
            self._bind(module, owner, (owner.name,), force)
            for node in s.walk(owner):
                if isinstance(node, s.Attribute) and s.last_name(node.value) in ("self", "cls"):
                    self._waiting.append((module, node, force))

    def _put(self, module: Module, node: s.Node, item: s.Item, force: int) -> bool:
        """``{"life": tainted}``; of ``{"life": "expires_in"}`` each may be another name for the other."""
        assert item.key is not None
        if isinstance(item.key, s.Str) and isinstance(item.value, s.Str):
            for text in (item.key, item.value):
                self._key(module, text, force)
                self._anywhere(ATTRIBUTE, str(text.value), force)
            return False
        return isinstance(item.key, s.Str) if node is item.key else self._key(module, item.key, force)

    def _put_by(self, module: Module, call: s.Call, arg: s.Arg, force: int) -> int:
        """``cache.set("until", tainted)``, ``held.update(until=tainted)``: with what force it is held."""
        keys = [self._key(module, other.value, force) for other in call.args if other is not arg]
        if arg.keyword and s.last_name(call.func) == "update":
            keys = [self._anywhere(KEY, arg.keyword, force)]
        return force & ~WHOLE if keys and keys[0] else force

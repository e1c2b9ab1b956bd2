"""Methods that only an inherited one asks for, on behalf of whom: ``self.claims()`` of a shared signer."""

from __future__ import annotations

from ..facts import syntax as s
from ..facts.scopes import Binding, path_of
from ..facts.values import Class, Instance, Site
from ..resolve.shared import argument_for, method_of
from .base import Base

_CALLED_BY_OBJECTS = frozenset({"__init__", "__new__", "__post_init__", "__call__"})
"""Methods that are called by no name of theirs."""


class Inherited(Base):
    """A method of a subclass, and the method of its base class that calls it."""

    def _is_passed_by(self, site: Site, binding: Binding) -> bool:
        """Is ``self.claims`` at ``site`` never that of ``binding``'s class any more?

        It stands in a method of a base class that removed code called for this class, and that what stays
        calls for other classes alone.
        """
        owner, node = binding.scope.node, site.node
        if binding.kind != "def" or not isinstance(owner, s.ClassDef):
            return False
        method = site.module.function(node)
        home = site.module.class_of(method) if method is not None else None
        if method is None or home is None:
            return False
        mine, base = Class(self.module_of(binding), owner), Class(site.module, home)
        if mine == base or base not in self.resolver.mro(mine) or not method.params:
            return False
        asked = node.value if isinstance(node, s.Attribute) else None
        if not isinstance(asked, s.Name) or asked.id != method.params[0].name:
            return False
        if self._is_replaced(method, base, mine):
            return True
        calls = self.resolver.callers(site.module, method)
        alive = [call for call in calls if not self.changes.is_dead(call.module, call.node)]
        gone = [call for call in calls if call not in alive and self._may_be_for(call, mine)]
        return bool(gone) and not any(self._may_be_for(call, mine) for call in alive)

    def _may_be_passed_by(self, binding: Binding) -> bool:
        """The same of any place, by names alone: does code that changes call such a method of a base?"""
        name, owner = binding.path, binding.scope.node
        if binding.kind != "def" or not isinstance(owner, s.ClassDef):
            return False
        cls = Class(self.module_of(binding), owner)
        for base in self.resolver.mro(cls):
            for node in base.module.attributes.get(name, ()) if base != cls else ():
                method = base.module.function(node)
                if method is None or base.module.class_of(method) is not base.node:
                    continue
                called = method.name in _CALLED_BY_OBJECTS or self._spells(method.name)
                if called or self._is_replaced(method, base, cls):
                    return True
        return False

    def _goes_nowhere(self, site: Site, binding: Binding) -> bool:
        """Is it passed by, or only handed to a copy of its own object: ``type(self)(self.org, self.key)``?"""
        return self._is_passed_by(site, binding) or self._goes_round(site, binding)

    def _goes_round(self, site: Site, binding: Binding) -> bool:
        """Does a constructor get an attribute back which does nothing with it but store it there again?"""
        module, node = site.module, site.node
        arg = module.parents[node]
        call = module.parents[arg] if isinstance(arg, s.Arg) and not arg.star else None
        root, _, attr = binding.path.rpartition(".")
        owner = binding.scope.node
        cls = self.module_of(binding).class_of(owner) if isinstance(owner, s.FuncDef) and root else None
        if (
            not isinstance(call, s.Call)
            or not isinstance(arg, s.Arg)
            or cls is None
            or binding.kind != "assign"
        ):
            return False
        for callee in self.resolver.callees(Site(module, call)):
            takes = [p for p in callee.node.params if argument_for(callee, call, p) is arg]
            if len(takes) != 1 or callee.node is not owner:
                return False
            bound = callee.module.scopes.inner[callee.node].bindings.get(takes[0].name, ())
            loads = [load for b in bound if b.node is takes[0] for load in self.loads(b)]
            alive = [load for load in loads if not self.changes.is_dead(load.module, load.node)]
            if not alive or any(_stored_as(load) != f"{root}.{attr}" for load in alive):
                return False
        return bool(self.resolver.callees(Site(module, call)))

    def _is_replaced(self, method: s.FuncDef, base: Class, mine: Class) -> bool:
        """Has a class between ``mine`` and its base a method of its own instead, which does not call it?

        Something of what that did is gone: else nothing has changed.
        """
        line = self.resolver.mro(mine)
        nearer = ((cls.module, method_of(cls, method.name)) for cls in line[: line.index(base)])
        instead = [Site(module, each) for module, each in nearer if each is not None]
        names = [site.at(node) for site in instead for node in s.walk(site.node) if isinstance(node, s.Name)]
        if any(isinstance(n.node, s.Name) and n.node.id in ("super", base.node.name) for n in names):
            return False
        return any(self.changes.is_dead(name.module, name.node) for name in names)

    def _is_asked_by_shape(self, binding: Binding) -> bool:
        """``class LocalVault: def read(self, path)``, where a ``Vault(Protocol)`` that stays asks for it."""
        owner = binding.scope.node
        if binding.kind != "def" or not isinstance(owner, s.ClassDef) or self._is_signing(binding):
            return False
        mine = {node.name for node in owner.body.body if isinstance(node, s.FuncDef)}
        for module in self.resolver.world:
            for node in module.each(s.ClassDef):
                bases = [base.value for base in node.bases]
                bases = [base.value if isinstance(base, s.Subscript) else base for base in bases]
                if node is owner or not any(s.last_name(base) == "Protocol" for base in bases):
                    continue
                asked = {each.name: each for each in node.body.body if isinstance(each, s.FuncDef)}
                wanted = asked.get(binding.path.rpartition(".")[2])
                if wanted is not None and asked.keys() <= mine and not self.changes.is_dead(module, wanted):
                    return True
        return False

    def _is_signing(self, binding: Binding) -> bool:
        module = self.module_of(binding)
        calls = (node for node in s.walk(binding.node) if isinstance(node, s.Call))
        return any(self.signatures.signs(Site(module, call)) for call in calls)

    def _may_be_for(self, call: Site, mine: Class) -> bool:
        """May a method be called of an object of this class?"""
        func = call.node.func if isinstance(call.node, s.Call) else None
        if not isinstance(func, s.Attribute):
            return True
        for value in self.resolver.resolve(call.at(func.value)):
            if not isinstance(value, Instance):
                return True
            if value.cls in self.resolver.mro(mine) or mine in self.resolver.mro(value.cls):
                return True
        return False


def _stored_as(load: Site) -> str | None:
    """``self.key`` of ``self.key = key`` and of ``self.id, self.key = id, key``."""
    module, node = load.module, load.node
    stmt, at = module.parents[node], None
    if isinstance(stmt, s.Sequence):
        at, stmt = stmt.items.index(node), module.parents[stmt]
    if not isinstance(stmt, s.Assign) or len(stmt.targets) != 1:
        return None
    target = stmt.targets[0]
    if at is not None:
        aside = not isinstance(target, s.Sequence) or any(isinstance(i, s.Starred) for i in target.items)
        if aside or not isinstance(target, s.Sequence) or len(target.items) <= at:
            return None
        target = target.items[at]
    return path_of(target)

"""The one place where a name, or an attribute, gets its value: in this module or in another one."""

from __future__ import annotations

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import Instance, ModuleValue, Site
from ..resolve import Resolver
from .offers import listed


class Definitions:
    """Finds single definitions; where there are several, or none, there is no answer."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def of(self, site: Site, node: s.Name | s.Attribute) -> tuple[Module, Binding] | None:
        """The module and the assignment, if they are known."""
        bindings = site.module.scopes.bindings_of(node)
        if isinstance(node, s.Name) and len(bindings) == 1:
            binding = next(iter(bindings))
            if binding.kind == "assign" and not binding.unpack:
                return site.module, binding
            if binding.kind == "import":
                return self._imported(site.module, binding)
        if isinstance(node, s.Name) and not bindings:
            return self._starred(site.module, node.id)
        if isinstance(node, s.Attribute):
            return self._attribute_definition(site, node)
        return None

    def _imported(self, module: Module, binding: Binding) -> tuple[Module, Binding] | None:
        statement = module.parents.get(binding.node)
        if not isinstance(statement, s.ImportFrom) or not isinstance(binding.node, s.Alias):
            return None
        other = self.resolver.index.imported(module.path, statement.module, statement.level)
        return _only(other, binding.node.name) if other is not None else None

    def _starred(self, module: Module, name: str) -> tuple[Module, Binding] | None:
        """``from settings import *``, where the settings do not list what they give."""
        for node in module.each(s.ImportFrom):
            if node.star:
                other = self.resolver.index.imported(module.path, node.module, node.level)
                if other is not None and name in other.scopes.module.bindings:
                    return _only(other, name) if not listed(other) else None
        return None

    def _attribute_definition(self, site: Site, node: s.Attribute) -> tuple[Module, Binding] | None:
        for value in self.resolver.resolve(site.at(node.value)):
            if isinstance(value, ModuleValue):
                return _only(value.module, node.attr)
            if isinstance(value, Instance):
                scopes = value.cls.module.scopes
                found = [
                    b
                    for stmt in value.cls.node.body.body
                    if isinstance(stmt, s.FuncDef) and stmt.params
                    for b in scopes.inner[stmt].bindings.get(f"{stmt.params[0].name}.{node.attr}", ())
                    if b.kind == "assign"
                ]
                return (value.cls.module, found[0]) if len(found) == 1 else None
        return None


def _only(module: Module, name: str) -> tuple[Module, Binding] | None:
    found = [b for b in module.scopes.module.bindings.get(name, ()) if b.kind == "assign"]
    return (module, found[0]) if len(found) == 1 else None

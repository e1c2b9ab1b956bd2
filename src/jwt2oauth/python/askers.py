"""Code that asks a form for the assertion's field, which is no longer in it."""

from __future__ import annotations

from ..rules.tables import Rules
from . import syntax as s
from .changes import Changes
from .demands import Demands
from .exchange import Exchange
from .index import Module
from .resolve import Resolver
from .values import Fields, Site


class Askers:
    """Looks for what would fail, or find something missing; one for each plan."""

    def __init__(self, resolver: Resolver, demands: Demands, changes: Changes, rules: Rules) -> None:
        self.resolver, self.demands, self.changes = resolver, demands, changes
        self.fields = rules.provider.fields

    def settle(self, exchange: Exchange) -> Site | None:
        """Where the form of ``exchange`` is asked for the field; a list of what must be in it loses it."""
        forms = {form.fields.site.node for form in exchange.forms}
        for module in self.resolver.world:
            for node in () if self.resolver.is_test(module) else module.nodes.get(s.Str, ()):
                assert isinstance(node, s.Str)
                if node.value != self.fields.assertion:
                    continue
                for site in self.demands.forward.said(Site(module, node)):
                    asked = None if self.changes.is_dead(site.module, site.node) else _asked(site)
                    if asked is not None and self._is_form(site.at(asked), forms):
                        return site
                listed = module in exchange.modules and self._is_listed(module, node)
                if listed and not self.changes.is_dead(module, node):
                    self.demands.drop(Site(module, node))
        return None

    def _is_form(self, site: Site, forms: set[s.Node]) -> bool:
        return any(isinstance(v, Fields) and v.site.node in forms for v in self.resolver.resolve(site))

    def _is_listed(self, module: Module, node: s.Str) -> bool:
        """Does it stand in a list, beside the client id: ``REQUIRED = ("client_id", "jwt_token")``?"""
        row = module.parents[node]
        others = row.items if isinstance(row, s.Sequence) else ()
        return any(isinstance(other, s.Str) and other.value == self.fields.client_id for other in others)


def _asked(site: Site) -> s.Expr | None:
    """The mapping that ``form["jwt_token"]``, ``form.pop("jwt_token")`` or ``"jwt_token" in form`` asks."""
    module, node = site.module, site.node
    parent = module.parents[node]
    if isinstance(parent, s.Subscript) and node is parent.index:
        holder = module.parents[parent]
        stored = isinstance(holder, s.Delete) or (isinstance(holder, s.Assign) and parent in holder.targets)
        return None if stored else parent.value
    if isinstance(parent, s.Compare) and node is parent.left and parent.ops[0] in ("in", "not in"):
        return parent.rights[0]
    call = module.parents[parent] if isinstance(parent, s.Arg) else None
    if isinstance(call, s.Call) and isinstance(call.func, s.Attribute) and len(call.args) == 1:
        return call.func.value if call.func.attr in ("get", "pop") else None
    return None

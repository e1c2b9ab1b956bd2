"""Code that asks a form for the assertion's field, which is no longer in it."""

from __future__ import annotations

from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.values import Fields, Site
from ..leftovers.demands import Demands
from ..resolve import Resolver, is_target, key_of
from ..roles.exchange import Exchange
from ..writing.changes import Changes


class Askers:
    """Looks for what would fail, or find something missing; one for each plan."""

    def __init__(self, resolver: Resolver, demands: Demands, changes: Changes, rules: Rules) -> None:
        self.resolver, self.demands, self.changes = resolver, demands, changes
        self.fields = rules.provider.fields

    def settle(self, exchange: Exchange) -> Site | None:
        """Where the form of ``exchange`` is asked for the field; a list of what must be in it loses it."""
        forms = {form.fields.site.node for form in exchange.forms}
        for module in self.resolver.world:
            for node in () if self.resolver.is_test(module) else module.each(s.Str):
                if node.value != self.fields.assertion:
                    continue
                for site in self.demands.forward.said(Site(module, node)):
                    if self.changes.is_dead(site.module, site.node):
                        continue
                    asked = _asked(site)
                    if asked is not None and self._is_form(site.at(asked), forms):
                        return site
                    if site.module in exchange.modules and self._is_listed(site):
                        self.demands.drop(site)
        return None

    def _is_form(self, site: Site, forms: set[s.Node]) -> bool:
        return any(isinstance(v, Fields) and v.site.node in forms for v in self.resolver.resolve(site))

    def _is_listed(self, site: Site) -> bool:
        """Does it stand in a list, beside the client id: ``REQUIRED = ("client_id", "jwt_token")``?"""
        row = site.module.parents[site.node]
        others = row.items if isinstance(row, s.Sequence) else ()
        return any(self.resolver.spelled(site.module, each) == self.fields.client_id for each in others)


def _asked(site: Site) -> s.Expr | None:
    """The mapping that ``form["jwt_token"]``, ``form.pop("jwt_token")`` or ``"jwt_token" in form`` asks."""
    module, node = site.module, site.node
    parent = module.parents[node]
    if isinstance(parent, s.Compare) and node is parent.left and parent.ops[0] in ("in", "not in"):
        return parent.rights[0]
    look = module.parents[parent] if isinstance(parent, s.Arg) else parent
    if key_of(look) is not node or is_target(module, look):
        return None
    if isinstance(look, s.Subscript):
        return look.value
    method = look.func if isinstance(look, s.Call) and len(look.args) == 1 else None
    return method.value if isinstance(method, s.Attribute) else None

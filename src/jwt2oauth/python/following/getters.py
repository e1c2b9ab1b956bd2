"""How the calls that read configuration take a key and a default, and how a module spells them."""

from __future__ import annotations

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Function, Member, Param, Result, Site
from ..resolve import Resolver


def default_of(helper: Function, asked: int = 1) -> str | None:
    """How a helper takes a default behind what it asks: by position, by keyword; None where it takes none."""
    params = [p for p in helper.node.params if p.kind in ("", "kw")]
    if helper.receiver is not None:
        params = params[1:]
    named = [p for p in params[asked:] if _gives(helper, p)]
    if not named:
        return None
    return "" if named[0] is params[asked] and not named[0].kind else f"{named[0].name}="


def _gives(helper: Function, param: s.Param) -> bool:
    """Does the helper give ``param`` where there is nothing else to give? A section, say, it does not."""
    if any(word in param.name for word in ("default", "fallback")):
        return True
    if len(helper.module.scopes.inner[helper.node].bindings.get(param.name, ())) > 1:
        return False  # where it begins to look, and how far it has come
    parents = helper.module.parents
    for node in s.walk(helper.node.body) if param.default is not None else ():
        if not isinstance(node, s.Name) or node.id != param.name:
            continue
        parent = parents[node]
        chosen = isinstance(parent, s.Choice) and node is not parent.test
        instead = isinstance(parent, s.Bool) and parent.op == "or" and node is parent.right
        if isinstance(parent, s.Return) or chosen or instead:
            return True
        call = parents[parent] if isinstance(parent, s.Arg) else None
        if isinstance(call, s.Call) and isinstance(parent, s.Arg) and call.args[0] is not parent:
            return parent.keyword is None or parent.keyword in ("default", "fallback", "d", "fallback_value")
    return False


def environ_name(module: Module) -> str | None:
    """How this module spells ``os.environ``, if it can."""
    for binding_name, bindings in module.scopes.module.bindings.items():
        for binding in bindings:
            node = binding.node
            if binding.kind == "import" and isinstance(node, s.Alias):
                parent = module.parents.get(node)
                if isinstance(parent, s.Import) and node.name == "os":
                    return f"{binding_name}.environ"
                if isinstance(parent, s.ImportFrom) and parent.module == "os" and node.name == "environ":
                    return binding_name
    return None


def section_option(resolver: Resolver, site: Site) -> bool:
    """``config.get("section", "option")`` of configparser?"""
    node = site.node
    if isinstance(node, s.Call) and isinstance(node.func, s.Attribute):
        for base in resolver.resolve(site.at(node.func.value)):
            if isinstance(base, Result) and base.name.endswith("ConfigParser"):
                return True
    for value in resolver.resolve(site):
        if isinstance(value, Member) and isinstance(value.base, Member):
            return True
        if isinstance(value, Param):
            return False
    return False

"""Functions that remember in a mapping of their module what they have found: it can be found again."""

from __future__ import annotations

from . import syntax as s
from .index import Index
from .modules import Module
from .scopes import Binding

_LOOKS = frozenset({"get", "pop", "setdefault"})


def remembers_in_mapping(module: Module, target: s.Expr, index: Index) -> bool:
    """Is it ``_cache[key] = …`` where nothing stood, of a mapping that others ask for other, literal keys?"""
    base = target.value if isinstance(target, s.Subscript) else None
    function = module.function(target)
    if not isinstance(target, s.Subscript) or not isinstance(base, s.Name) or function is None:
        return False
    bound = [b for b in module.scopes.bindings_of(base) if b.kind == "assign" and b.scope.is_module]
    if not bound or not _is_missing(module, target) or _is_shared(module, base.id, index):
        return False
    return all(_asks_otherwise(module, binding, function) for binding in bound)


def _is_missing(module: Module, target: s.Subscript) -> bool:
    """``if key not in cache: cache[key] = …``, ``try: return cache[key]`` / ``except KeyError: …``"""
    key, mapping = module.snippet(target.index), module.snippet(target.value)
    for around in module.ancestors(target):
        if isinstance(around, s.If) and isinstance(around.test, s.Compare):
            test = around.test
            sides = [module.snippet(test.left), *map(module.snippet, test.rights)]
            if test.ops == ("not in",) and sides == [key, mapping]:
                return True
        tried = module.parents.get(around) if isinstance(around, s.Handler) else None
        if isinstance(tried, s.Try) and module.snippet(target) in module.snippet(tried.body):
            return True
    return False


def _is_shared(module: Module, name: str, index: Index) -> bool:
    """May another module bring the mapping in?"""
    if name.startswith("_"):
        return False
    others, are_all = index.mentioning(name, module.path)
    nodes = (node for other in others if other is not module for node in other.each(s.ImportFrom))
    named = (a.name for node in nodes for a in node.aliases)
    return not are_all or name in named


def _asks_otherwise(module: Module, mapping: Binding, function: s.FuncDef) -> bool:
    for use in module.uses.get(mapping, ()):
        if function in module.ancestors(use):
            continue
        parent = module.parents[use]
        key = parent.index if isinstance(parent, s.Subscript) else None
        if isinstance(parent, s.Attribute) and parent.attr in _LOOKS:
            call = module.parents[parent]
            key = call.args[0].value if isinstance(call, s.Call) and call.args else None
        if not isinstance(key, s.Str):
            return False
    return True

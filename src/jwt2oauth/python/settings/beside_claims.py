"""Scopes beside the claims: where the client id comes from has no place for them, but what the claims do has.

``connection.login`` of Airflow is the client id, and ``extra["org_id"]`` stands in the claims: the scopes are
``extra.get("scopes", …)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...paths import is_program
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import Fields, Instance, Lib, Result, Site, Value
from ..resolve import LOADERS, Resolver, is_configparser, prescribed
from ..resolve.shared import method_of
from ..roles.exchange import Exchange
from ..writing.changes import Changes
from .setting import Setting
from .wording import Wording


def beside_claims(
    exchange: Exchange, at: Site, words: Wording, resolver: Resolver, changes: Changes
) -> Setting | None:
    """The scopes from the mapping that the claims are made of, if the request at ``at`` can ask it."""
    for asked in _asked(exchange):
        base, key = _base(asked.node), _key(asked.node)
        values = resolver.resolve(asked.at(base)) if base is not None else ()
        if base is None or key is None or not values:
            continue
        if any(isinstance(v, Fields) and is_program(v.site.module.path) for v in values):
            continue
        if any(prescribed(value, key) is not None for value in values):
            continue  # a schema says what is in it
        if any(is_only_indexed(resolver, value) for value in values):
            continue
        bound = _visible(asked.at(base), at)
        if not bound:
            continue
        changes.kept.update(binding.node for binding in bound)
        name = words.free("SCOPES" if key.isupper() else "scopes")
        shown, quoted = asked.module.snippet(base), words.quoted(name)
        return words.got(f"{shown}.get", f"{shown}[{quoted}]", quoted, name)
    return None


def is_only_indexed(resolver: Resolver, value: Value) -> bool:
    """Is it an object of the project with ``__getitem__`` of its own, and no ``get``?"""
    family = resolver.mro(value.cls) if isinstance(value, Instance) else []
    own = any(method_of(cls, "__getitem__") is not None for cls in family)
    return own and not any(method_of(cls, "get") is not None for cls in family)


def _asked(exchange: Exchange) -> Iterator[Site]:
    """What claims ask for by a name."""
    for encoding in exchange.encodings:
        for claims in encoding.claims:
            for entry in claims.entries if isinstance(claims, Fields) else ():
                if entry.value is not None and _key(entry.value.node) is not None:
                    yield entry.value


def is_of_library(values: Iterable[Value]) -> bool:
    """``root.find("adobe").get("client")`` of XML, ``Variable.get("client")``: it may be no mapping."""
    found = list(values)
    return bool(found) and all(
        isinstance(value, Lib | Result) and "." in value.name and not _gives_mappings(value)
        for value in found
    )


def _gives_mappings(value: Lib | Result) -> bool:
    loaded = value.name in LOADERS or value.name.endswith(".json")
    return isinstance(value, Result) and (loaded or is_configparser(value))


def _base(node: s.Node) -> s.Expr | None:
    if isinstance(node, s.Subscript):
        return node.value
    if isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and node.func.attr == "get":
        return node.func.value
    return None


def _key(node: s.Node) -> str | None:
    if isinstance(node, s.Subscript):
        return str(node.index.value) if isinstance(node.index, s.Str) else None
    if _base(node) is not None and isinstance(node, s.Call) and node.args:
        first = node.args[0].value
        return str(first.value) if isinstance(first, s.Str) else None
    return None


def _visible(base: Site, at: Site) -> list[Binding]:
    """What binds the mapping, if that has the same name where the request is; else nothing."""
    here, there = base.module.function(base.node), at.module.function(at.node)
    if base.module is not at.module or here is None or there is None:
        return []
    if isinstance(base.node, s.Name):
        bound = base.module.scopes.inner[here].bindings.get(base.node.id, [])
        same = here is there and len(bound) == 1 and isinstance(bound[0].node, s.Param)
        return bound if same else []
    return _of_self(base.module, base.node, here, there)


def _of_self(module: Module, node: s.Node, here: s.FuncDef, there: s.FuncDef) -> list[Binding]:
    """The stores of ``self.extra``, of which both methods speak."""
    owner = module.class_of(here)
    if not isinstance(node, s.Attribute) or not isinstance(node.value, s.Name) or owner is None:
        return []
    if module.class_of(there) is not owner or not here.params or not there.params:
        return []
    if not node.value.id == here.params[0].name == there.params[0].name:
        return []
    return [
        binding
        for method in owner.body.body
        if isinstance(method, s.FuncDef) and method.params
        for binding in module.scopes.inner[method].bindings.get(f"{method.params[0].name}.{node.attr}", ())
        if binding.kind == "assign"
    ]

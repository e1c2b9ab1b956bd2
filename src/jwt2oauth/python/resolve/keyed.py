"""Keys: as texts, constants that are meant by their names, and what others put under one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import path_of
from ..facts.values import Class, Fields, Site, text_of
from .base import Base
from .shared import Values, is_target

_ALIASES = ("validation_alias", "alias")
"""Arguments of what declares a field that say under which key it is taken."""
BY_CONSTANT = "[…]"
"""Under this stand the stores whose keys are constants: what these are is looked up when somebody asks."""


def by_any(name: str) -> str:
    """Say under what the stores into a mapping of this name stand whose keys are computed."""
    return f"[{name}]"


class Keyed(Base):
    """Keys of mappings, as texts, and what stands in those that are filled elsewhere."""

    def spelled(self, module: Module, node: s.Node | None) -> str | None:
        """The text of a key: written at ``node``, or that of the constant that is named there.

        A constant has a name of capitals, and is one text wherever it comes from.
        """
        if isinstance(node, s.Str):
            return str(node.value)
        values = self.resolve(Site(module, node)) if node is not None and is_constant(node) else ()
        return text_of(values[0]) if len(values) == 1 else None

    def field_key(self, cls: Class, attr: str) -> str:
        """The key under which a model takes a field: ``lifetime: int = Field(alias="expires_in")``.

        Of several the one that IMS gives; ``rename={"lifetime": "expires_in"}`` stands beside the bases.
        """
        for arg in cls.node.bases:
            table = arg.value if arg.keyword == "rename" else None
            for item in table.items if isinstance(table, s.Dict) else ():
                if s.key_text(item) == attr and (key := self.spelled(cls.module, item.value)) is not None:
                    return key
        stmts = (stmt for stmt in cls.node.body.body if isinstance(stmt, s.Assign))
        made = (call for stmt in stmts if s.is_named(stmt.targets[0], attr) for call in _calls_at(stmt))
        for call in made:
            for arg in call.args:
                is_name = arg.keyword == "name" and s.last_name(call.func) == "field"
                if arg.keyword in _ALIASES or is_name:
                    keys = [key for each in _choices(arg.value) if (key := self.spelled(cls.module, each))]
                    known = (self.rules.provider.token_field, self.rules.provider.lifetime_field)
                    return next((key for key in keys if key in known), keys[0] if keys else attr)
        return attr

    def lookups(self, module: Module) -> Mapping[str, Sequence[s.Expr]]:
        """Where a module looks something up under a known key: ``x[key]``, ``x.get(key)``, ``x.pop(key)``."""
        if module not in self._looked_up:
            found: dict[str, list[s.Expr]] = defaultdict(list)
            for node in module.each(s.Subscript, s.Call):
                key = None if is_target(module, node) else self.spelled(module, key_of(node))
                if key is not None and isinstance(node, s.Expr):
                    found[key].append(node)
            self._looked_up[module] = found
        return self._looked_up[module]

    def filed(self, fields: Fields) -> Values:
        """What may stand under any name in a mapping that begins empty, and that gets all names computed."""
        name = self.shared_name(fields)
        if not name or not _begins_empty(fields.site.node):
            return ()
        if any(text_of(entry.key) is not None for entry in fields.entries) or fields.rest:
            return ()
        self._refresh()
        stores = [site for site in self._subscripts.get(by_any(name), ()) if self._is_stored(site, fields)]
        found = [entry.value for entry in fields.entries if entry.value is not None]
        found += [site.at(value) for site in stores if (value := _stored(site.node)) is not None]
        return tuple(dict.fromkeys(value for site in found for value in self._again(site)))

    def assigned(self, fields: Fields, attr: str) -> Values:
        """What is assigned to an attribute of ``state = SimpleNamespace(life=0)``, wherever."""
        name = self.shared_name(fields)
        if not name or not isinstance(fields.site.node, s.Call):
            return ()
        self._refresh()
        found: list[Site] = []
        for site in self._attribute_stores.get(attr, ()):
            assert isinstance(site.node, s.Assign)
            holders = [each.value for each in site.node.targets if isinstance(each, s.Attribute)]
            named = [each for each in holders if (path_of(each) or "").rpartition(".")[2] == name]
            if site.node.value is not None and any(self.is_mapping(site.at(each), fields) for each in named):
                found.append(site.at(site.node.value))
        return tuple(dict.fromkeys(value for site in found for value in self._again(site)))

    def _is_stored(self, site: Site, fields: Fields) -> bool:
        node = site.node
        if isinstance(node, s.Call):
            holders = [node.func.value] if isinstance(node.func, s.Attribute) else []
        else:
            assert isinstance(node, s.Assign)
            holders = [each.value for each in node.targets if isinstance(each, s.Subscript)]
        named = [each for each in holders if path_of(each) is not None]
        return any(self.is_mapping(site.at(each), fields) for each in named)


def _choices(alias: s.Expr) -> tuple[s.Expr, ...]:
    """``AliasChoices("expires_in", "expiresIn")``"""
    several = isinstance(alias, s.Call) and s.last_name(alias.func) == "AliasChoices"
    return tuple(arg.value for arg in alias.args) if isinstance(alias, s.Call) and several else (alias,)


def _calls_at(stmt: s.Assign) -> Iterator[s.Call]:
    """``Field(…)`` of ``life: Annotated[int, Field(…)] = Field(…)``"""
    for part in (stmt.value, *(s.walk(stmt.annotation) if stmt.annotation is not None else ())):
        if isinstance(part, s.Call):
            yield part


def key_of(node: s.Node) -> s.Expr | None:
    """What stands where a key does: ``x[key]``, ``x.get(key)``, ``x.pop(key)``."""
    if isinstance(node, s.Subscript):
        return node.index
    asks = (
        isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and node.func.attr in ("get", "pop")
    )
    return node.args[0].value if asks and isinstance(node, s.Call) and node.args else None


def is_constant(node: s.Node) -> bool:
    """Is it the name of a constant, as PEP 8 has them?"""
    name = node.id if isinstance(node, s.Name) else node.attr if isinstance(node, s.Attribute) else ""
    return name.isupper()


def _begins_empty(node: s.Node) -> bool:
    """``{}``, ``dict()``"""
    if isinstance(node, s.Call):
        return isinstance(node.func, s.Name) and node.func.id == "dict" and not node.args
    return isinstance(node, s.Dict) and not node.items


def _stored(node: s.Node) -> s.Expr | None:
    """What a store stores: ``TOKENS[tenant] = grant``, ``TOKENS.setdefault(tenant, grant)``"""
    if isinstance(node, s.Call):
        return node.args[1].value
    return node.value if isinstance(node, s.Assign) else None

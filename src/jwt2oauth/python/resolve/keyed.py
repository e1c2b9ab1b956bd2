"""Keys: as texts, constants that are meant by their names, and what others put under one.

And nested mappings that a path of keys leads down into: ``dictor(config, "server.ims_host")``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from ...rules.values import PathReader
from ..facts import syntax as s
from ..facts.descending import Descent, descent_of
from ..facts.modules import Module
from ..facts.scopes import path_of
from ..facts.values import (
    Class,
    Constant,
    Fields,
    Function,
    Items,
    Lit,
    Site,
    Text,
    Unknown,
    Value,
    name_of,
    text_of,
)
from .base import Base
from .shared import Values, argument_for, argument_of, is_target

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


class Descents(Base):
    """What lies at the end of a path, got by a library or by a function of the project's own."""

    def path_asked(self, site: Site, node: s.Call) -> Site | None:
        """Where a call that goes down into nested mappings by one text has that text, if it is one."""
        if not any(map(site.module.holds, self._path_packages)):
            return None
        ways = (self._paths.get(name_of(callee) or "") for callee in self._again(site.at(node.func)))
        given = (argument_of(node, way.path) for way in ways if way is not None)
        return next((site.at(path.value) for path in given if path is not None), None)

    def _by_path(self, way: PathReader, site: Site, node: s.Call) -> Iterator[Value]:
        """``dictor(config, "server.ims_host")``: key by key, as if each were asked for."""
        mapping, path, default = (argument_of(node, each) for each in (way.mapping, way.path, way.default))
        for keys in self._again(site.at(path.value)) if path is not None else ():
            text = text_of(keys)
            if text is None or mapping is None:
                yield Unknown("a computed path", site)
                continue
            found: Values = self._again(site.at(mapping.value))
            for key in text.split("."):
                asked = Text((Lit(key, site),))
                found = tuple(value for base in found for value in self.item(base, asked, site))
            yield from found
        if default is not None:
            yield from self._again(site.at(default.value))

    def descent(self, module: Module, function: s.FuncDef) -> Descent | None:
        """How a function of the project's own goes down into nested mappings, if it does."""
        if function not in self._descents:
            found = descent_of(function, module.scopes.inner[function].bindings)
            self._descents[function] = found
            self._descending |= {function.name} if found is not None else set()
        return self._descents[function]

    def last_keys(self, site: Site, node: s.Call) -> Iterator[str]:
        """By which keys a call that goes down asks at the end of its way, as far as these are known."""
        way = self.path_asked(site, node)
        for value in self._again(way) if way is not None else ():
            yield (text_of(value) or "").rpartition(".")[2]
        if self._descending.intersection((s.last_name(node.func), "__call__")):
            yield from filter(None, (keys[-1] for keys in self.ways_down(site) if keys))

    def ways_down(self, site: Site) -> Iterator[list[str | None]]:
        """By which keys a call of a function goes down; None is one that is not known."""
        for callee in self.callees(site):
            descent = self.descent(callee.module, callee.node)
            if descent is None:
                continue
            for keys in self._again(Site(callee.module, descent.keys, (*site.ctx, (callee.node, site)))):
                sites = keys.sites if isinstance(keys, Items) and not keys.open else None
                yield [None] if sites is None else [text_of(self.one(key)) for key in sites]

    def _descended(self, descent: Descent, callee: Function, site: Site, node: s.Call) -> Iterator[Value]:
        """What a call of such a function gives: what lies there, and the default that it was given."""
        ctx = (*site.ctx, (callee.node, site))
        for keys in self._again(Site(callee.module, descent.keys, ctx)):
            if not isinstance(keys, Items) or keys.open:
                yield Unknown("a computed path", site)
                continue
            found = tuple(v for each in self._starts(descent, callee, site, node) for v in self._again(each))
            found = tuple(v for v in found if not isinstance(v, Constant))  # where None stands for another
            for key in keys.sites:
                asked = self._again(key)
                found = tuple(v for base in found for each in asked for v in self.item(base, each, key))
            yield from found
        for param in callee.node.params:
            given = argument_for(callee, node, param) if param.name in descent.defaults else None
            if given is not None:
                yield from self._again(site.at(given.value))

    def _starts(self, descent: Descent, callee: Function, site: Site, node: s.Call) -> Iterator[Site]:
        for start in descent.starts:
            given = argument_for(callee, node, start) if isinstance(start, s.Param) else None
            if isinstance(start, s.Expr):
                yield Site(callee.module, start, (*site.ctx, (callee.node, site)))
            elif given is not None:
                yield site.at(given.value)
            elif start.default is not None and len(descent.starts) == 1:
                yield Site(callee.module, start.default)

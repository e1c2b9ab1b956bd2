"""Where the scopes come from: a setting beside the client id, in the idiom of this code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding, path_of
from ..facts.values import Class, Instance, Param, Result, Site
from ..following.forward import is_property
from ..following.whole_objects import Wholes
from ..resolve.shared import method_of
from .idioms import Idioms
from .mappings import fill_in_tests
from .setting import Setting, instead, unused


class Settings(Idioms):
    """Makes the setting for one exchange."""

    def make(self, site: Site, at: Site) -> Setting:
        """For the client id at ``site``, used at ``at``; adds what must stand elsewhere."""
        return self.beside(site, at) or self.words.plain(at)

    def beside(self, site: Site, at: Site) -> Setting | None:
        """The same, where something can stand beside the client id."""
        site = site.at(_bare(site.node))
        return self.idiom(site) or self._beside(site, at) or self._of_property(site)

    # -- a definition beside the client id's ----------------------------------------------------------

    def _beside(self, site: Site, at: Site) -> Setting | None:
        """``CLIENT_ID = os.environ["…"]`` gets ``SCOPES = …`` below it."""
        node = site.node
        if not isinstance(node, s.Name | s.Attribute):
            return None
        field = self._settings_field(site, node) if isinstance(node, s.Attribute) else None
        if field is not None:
            return field
        found = self.definitions.of(site, node)
        if found is None:
            return None
        module, binding = found
        statement = binding.node
        if not isinstance(statement, s.Assign) or statement.value is None or len(statement.targets) != 1:
            return None
        source = self._source(module, binding)
        if source is None or (self.default is None and isinstance(statement.value, s.Str)):
            return None
        if module is at.module and binding.scope.node is at.module.function(at.node):
            return source if not source.literal else None
        if "." not in binding.path and not binding.scope.is_module:
            return None
        if "." not in binding.path and module is not at.module:
            return self._elsewhere(node, site, module, binding, source)
        return self._add_definition(module, binding, source, node)

    def _settings_field(self, site: Site, node: s.Attribute) -> Setting | None:
        """``settings.client_id`` of a class that reads the environment: one field more."""
        values = self.resolver.resolve(site.at(node.value))
        owners = [v.cls for v in values if isinstance(v, Instance)]
        if all(isinstance(v, Param | Result) for v in values):
            owners += [cls for v in values if isinstance(v, Param) for cls in self._annotated(v)]
        shown = f"{site.module.snippet(node.value)}.{self.words.named(node.attr)}"
        return self._field_of(owners, node.attr, site, shown)

    def _field_of(self, owners: Iterable[Class], key: str, site: Site, shown: str) -> Setting | None:
        """A field beside ``key`` of the first that reads it from the environment, got as ``shown``.

        Where all fields are handed to a call that takes no more of them the environment is asked.
        """
        for owner in owners:
            beside = self.resolver.setting_field(owner, key)
            if beside is None:
                continue
            name, statement, module = self.words.named(key), beside.site.node, beside.site.module
            assert isinstance(statement, s.Assign)
            variable = self.resolver.variable_prefix(owner) + name.upper()
            if self.resolver.setting_field(owner, name) is None:
                if Wholes(self.resolver, self.forward).are_counted(owner):
                    return self._from_environment(variable, beside.name, site.module)
                self.below.insert(module, statement, f"{name}: str", partial(_given, module.quote()))
                if self.default is None:
                    fill_in_tests(self.resolver, self.changes, owner, key, name)
            where = f"the environment variable {variable}"
            return Setting((shown,), where, variable=variable, sibling=beside.name)
        return None

    def _annotated(self, value: Param) -> Iterator[Class]:
        """``settings: Settings``, ``settings: Annotated[Settings, Depends(get_settings)]``"""
        for node in s.walk(value.param.annotation) if value.param.annotation is not None else ():
            if isinstance(node, s.Name | s.Attribute):
                found = self.resolver.resolve(value.site.at(node))
                yield from (each for each in found if isinstance(each, Class))

    def _of_property(self, site: Site) -> Setting | None:
        """``self.client_id`` of a property that gives ``self.config["client"]["id"]``: asked as there."""
        node = site.node
        owners = self.resolver.resolve(site.at(node.value)) if isinstance(node, s.Attribute) else ()
        for cls in (c for v in owners if isinstance(v, Instance) for c in self.resolver.mro(v.cls)):
            assert isinstance(node, s.Attribute)
            method = method_of(cls, node.attr)
            said = method.body.body[-1] if method is not None and len(method.body.body) == 1 else None
            if method is None or not isinstance(said, s.Return) or said.value is None:
                continue
            if cls.module is not site.module or not any(map(is_property, method.decorators)):
                return None
            made = self.idiom(site.at(said.value))
            if made is None or made.literal:
                return None
            me, base = re.compile(rf"\b{re.escape(method.params[0].name)}\b"), site.module.snippet(node.value)
            shown = (me.sub(base, part) if isinstance(part, str) else part for part in made.template)
            return replace(made, template=tuple(shown))
        return None

    def _elsewhere(
        self, node: s.Name | s.Attribute, site: Site, module: Module, binding: Binding, source: Setting
    ) -> Setting | None:
        """A constant of another module."""
        name = unused(module, self.words.named(binding.path))
        if isinstance(node, s.Attribute):
            made = self.below.define(module, binding, name, source)
            base = site.module.snippet(node.value)
            return instead(made, f"{base}.{name}")
        bound = next(iter(site.module.scopes.bindings_of(node)), None)
        if bound is None:  # it comes by a star, and so does its neighbour
            taken = name in site.module.scopes.module.bindings
            return instead(self.below.define(module, binding, name, source), name) if not taken else None
        alias = bound.node
        statement = site.module.parents.get(alias)
        if not isinstance(alias, s.Alias) or not isinstance(statement, s.ImportFrom) or alias.asname:
            return None
        if name in site.module.scopes.module.bindings:
            return None
        made = self.below.define(module, binding, name, source)
        self.changes.names.setdefault((site.module, statement), []).append(name)
        self.changes.modules[site.module.path] = site.module
        return instead(made, name)

    def _add_definition(
        self, module: Module, binding: Binding, source: Setting, node: s.Expr
    ) -> Setting | None:
        name = self.words.named(binding.path.rpartition(".")[2])
        root = binding.path.rpartition(".")[0]
        if not root:
            name = unused(module, name)
        elif not self.below.slot(module, binding, name):
            return None
        full = f"{root}.{name}" if root else name
        made = self.below.define(module, binding, full, source)
        shown = path_of(node) or full
        base = shown.rpartition(".")[0]
        return instead(made, f"{base}.{name}" if base else name)


def _bare(node: s.Node) -> s.Node:
    """The value in ``f"{value}"``, ``str(value)`` and ``value.strip()``: what stands beside it is a text."""
    while True:
        inner: s.Node | None = None
        if isinstance(node, s.FString) and len(node.parts) == 1:
            hole = node.parts[0]
            inner = hole.value if isinstance(hole, s.Hole) and hole.plain else None
        elif isinstance(node, s.Call) and isinstance(node.func, s.Name) and node.func.id == "str":
            inner = node.args[0].value if len(node.args) == 1 else None
        elif isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and not node.args:
            inner = node.func.value if node.func.attr == "strip" else None
        if inner is None:
            return node
        node = inner


def _given(quote: str, default: str | None) -> str:
    return f" = {quote}{default}{quote}" if default is not None else ""

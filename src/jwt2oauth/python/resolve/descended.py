"""Nested mappings that a path of keys leads down into: ``dictor(config, "server.ims_host")``."""

from __future__ import annotations

from collections.abc import Iterator

from ...rules.values import PathReader
from ..facts import syntax as s
from ..facts.descending import Descent, descent_of
from ..facts.modules import Module
from ..facts.values import Constant, Function, Items, Lit, Site, Text, Unknown, Value, name_of, text_of
from .base import Base
from .shared import Values, argument_for, argument_of


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

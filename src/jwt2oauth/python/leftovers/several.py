"""What is asked of several things alike, of which some have it: ``for config in files: if "org" in config``.

It tells those that are Adobe's from others, whatever else it was for.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.values import Fields, Member, Site, Text, chain, text_of
from ..following.lookups import look
from ..resolve import Resolver
from ..resolve.shared import list_of

_DEEP = 4
"""Names and functions on the way to where something is looked up."""


class Several:
    """Knows what is one of several; one per plan."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def tells_apart(self, name: str) -> bool:
        """Is ``name`` looked up in several things, of which some have it and some may not?"""
        found = (
            Site(module, node)
            for module in self.resolver.world
            for node in self.resolver.lookups(module).get(name, ())
        )
        return any(map(self.is_of_some, found))

    def is_of_some(self, site: Site) -> bool:
        """Does ``site`` stand for what some of several things have?"""
        return any(self._is_of_some(*each) for each in self.looked(site)) or any(
            self._is_of_others(text.parts[0].site) for text in self._filed(site)
        )

    def _is_of_some(self, name: str, mapping: Site) -> bool:
        found = self.resolver.resolve(mapping)
        fields = [value for value in found if isinstance(value, Fields)]
        having = {_rows(v) for v in fields if name in map(text_of, (e.key for e in v.entries))} - {None}
        lacking = {_rows(v) for v in fields if name not in map(text_of, (e.key for e in v.entries))}
        if having & lacking or any(self.resolver.may_lack(value.site.module, name) for value in fields):
            return True
        way = [*chain(found[0])] if len(found) == 1 else []
        return any(isinstance(value, Member) and value.key == "*" for value in way)

    def _filed(self, site: Site) -> Iterator[Text]:
        """The texts, of configuration files perhaps, that a name stands for."""
        values = self.resolver.resolve(site) if isinstance(site.node, s.Name | s.Attribute) else ()
        return (v for v in values if isinstance(v, Text) and len(v.parts) == 1 and v.known)

    def _is_of_others(self, literal: Site) -> bool:
        """Is it an entry that files, or rows, of the same kind may do without?"""
        item = literal.module.parents.get(literal.node)
        if not isinstance(item, s.Item) or not isinstance(item.key, s.Str):
            return False
        name = item.key.value
        rows = literal.module.parents.get(literal.module.parents[item])
        beside = rows.items if isinstance(rows, s.Sequence) else ()
        lacking = (each for each in beside if isinstance(each, s.Dict) and name not in _names(each))
        return any(lacking) or self.resolver.may_lack(literal.module, str(name))

    def looked(self, site: Site, depth: int = _DEEP) -> Iterator[tuple[str, Site]]:
        """The names that are looked up for what stands at ``site``, and in what."""
        module, node = site.module, site.node
        mapping, key = look(node)
        name = self.resolver.spelled(module, key) if key is not None else None
        if mapping is not None and name is not None:
            yield name, site.at(mapping)
        elif depth and isinstance(node, s.Name | s.Attribute):
            for binding in module.scopes.bindings_of(node):
                if isinstance(binding.value, s.Expr):
                    yield from self.looked(Site(module, binding.value, site.ctx), depth - 1)
        elif depth and isinstance(node, s.Call):
            for callee in self.resolver.callees(site):
                for stmt in s.walk(callee.node.body):
                    if isinstance(stmt, s.Return) and stmt.value is not None:
                        inside = Site(callee.module, stmt.value, site.ctx)
                        yield from self.looked(inside, depth - 1)


def _rows(fields: Fields) -> s.Node | None:
    """The list, or the mapping of mappings, of which it is one."""
    module, node = fields.site.module, fields.site.node
    rows = list_of(module, node) if node in module.parents else None
    return rows if isinstance(rows, s.Sequence | s.Dict) else None


def _names(mapping: s.Dict) -> set[object]:
    return {item.key.value for item in mapping.items if isinstance(item.key, s.Str)}

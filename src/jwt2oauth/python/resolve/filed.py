"""What is put into mappings and objects that others share: ``TOKENS[tenant] = grant``, ``state.life = 1``."""

from __future__ import annotations

from ..facts import syntax as s
from ..facts.scopes import path_of
from ..facts.values import Fields, Site, text_of
from .base import Base
from .keyed import by_any
from .shared import Values


class Filed(Base):
    """What stands in what is filled elsewhere."""

    def filed(self, fields: Fields) -> Values:
        """What may stand under any name in a mapping that begins empty, and that gets all names computed."""
        name = self.shared_name(fields)
        if not name or not _begins_empty(fields.site.node):
            return ()
        if any(text_of(entry.key) is not None for entry in fields.entries) or fields.rest:
            return ()
        self._refresh()
        assert self._subscripts is not None
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
        assert self._attribute_stores is not None
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

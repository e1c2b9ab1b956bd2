"""Claims of which something else is read as well: ``payload["iss"]`` in a header, when nothing is signed."""

from __future__ import annotations

from ..facts import syntax as s
from ..facts.values import Site, text_of
from ..resolve import is_target, key_of
from .entries import MappedEntries


class Claimed(MappedEntries):
    """Takes out of the claims what nobody asks for by its name."""

    def _claims(self) -> None:
        for claims in self.claims:
            for entry in claims.entries:
                module, node = entry.site.module, entry.site.node
                if not isinstance(node, s.Item | s.Assign) or self.changes.is_dead(module, node):
                    continue
                record = Site(module, module.parents[node]) if isinstance(node, s.Item) else claims.site
                asked = self._asked_of(record)
                if not asked or text_of(entry.key) in asked or node.value is None:
                    continue
                if self.effects.harmless(module, node.value) and self._let_go(module, node):
                    self.changes.remove(module, node)

    def _asked_of(self, record: Site) -> set[str]:
        """The names for which what stays asks; none where it takes the claims otherwise, or not at all."""
        asked: set[str] = set()
        for use in self.forward.uses(record) if isinstance(record.node, s.Dict) else ():
            module, parent = use.module, use.parent
            if self.changes.is_dead(module, use.node) or (
                isinstance(parent, s.Subscript) and is_target(module, parent)
            ):
                continue
            if not self._takes_one(use):
                return set()
            index = parent.index if isinstance(parent, s.Subscript) else key_of(module.parents[parent])
            asked.add(self.resolver.spelled(module, index) or "")
        return asked if not any("/" in name for name in asked) else set()

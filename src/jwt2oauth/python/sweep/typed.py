"""Mappings whose keys a class declares: ``class Config(TypedDict)``."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Fields, Site
from ..resolve import declared
from .base import Base


class Typed(Base):
    """Keys that are given to a constructor of mappings, and the declarations of keys that nobody fills."""

    def _given_keys(self, keys: dict[str, bool]) -> Iterator[tuple[Module, s.Arg]]:
        """``dict(pem=…)``, ``Config(pem=…)``: what is given under a key that only removed code read."""
        for module in self.resolver.world:
            for call in module.each(s.Call):
                for arg in call.args:
                    if arg.keyword is not None and keys.get(arg.keyword) is False:
                        values = self.resolver.resolve(Site(module, call))
                        if any(isinstance(v, Fields) and v.site.node is call for v in values):
                            yield module, arg

    def _undeclare(self, keys: dict[str, bool]) -> None:
        """Take the key of a ``TypedDict`` away that nobody asks for and nobody fills any more."""
        for module in self.resolver.world:
            for node in module.each(s.ClassDef):
                cls = Class(module, node)
                if not self.resolver.is_typed_dict(cls) or self.changes.is_dead(module, node):
                    continue
                for stmt in declared(cls):
                    name = stmt.targets[0]
                    assert isinstance(name, s.Name)
                    if keys.get(name.id) is False and not self.changes.is_dead(module, stmt):
                        filled = list(self._fillings(name.id))
                        dead = all(self.changes.is_dead(p.module, p.node) for p in filled)
                        if dead and (filled or self._is_in_a_file(name.id)):
                            self.changes.remove(module, stmt)

    def _fillings(self, key: str) -> Iterator[Site]:
        """Everything that is put under ``key``, in whatever mapping."""
        for module in self.resolver.world:
            for node in module.each(s.Item):
                if isinstance(node.key, s.Str) and node.key.value == key:
                    yield Site(module, node)
            for call in module.each(s.Call):
                yield from (Site(module, arg) for arg in call.args if arg.keyword == key)

    def _is_in_a_file(self, key: str) -> bool:
        """Does a file of configuration that the program reads have ``key``, which leaves it as well?"""
        documents = self.resolver.documents
        items = (i for d in (documents.used if documents else ()) for i in d.each(s.Item))
        return any(isinstance(i.key, s.Str) and i.key.value == key for i in items)

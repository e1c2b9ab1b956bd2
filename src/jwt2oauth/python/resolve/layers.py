"""Settings that a library makes of several files, one over the other: ``Dynaconf(settings_files=[…])``."""

from __future__ import annotations

from collections.abc import Iterator

from ...rules.values import Layers as Row
from ..facts import syntax as s
from ..facts.values import Entry, Environ, Fields, Items, Lit, Site, Text, Value, name_of, text_of
from .base import Base
from .shared import argument_of

_KINDS = ("toml", "yaml", "json", "ini")


class Layers(Base):
    """What such an object is made of; what is set elsewhere may lie above it."""

    def layers_at(self, site: Site) -> Row | None:
        """The row of the rules of which the call at ``site`` is."""
        func = site.node.func if isinstance(site.node, s.Call) else None
        names = map(name_of, self._again(site.at(func))) if func is not None else ()
        return next((self._layers[name] for name in names if name in self._layers), None)

    def _layered(self, row: Row, site: Site, node: s.Call) -> Fields:
        """The keys of all its files, at the top in small letters and capitals as well."""
        entries: list[Entry] = []
        self._layered_calls[node] = row
        staged = argument_of(node, row.staged)
        for layer in self._layers_of(row, site, node):
            for entry in layer.entries:
                entries += self._of_stage(entry) if staged is not None else _in_any_case(entry)
        return Fields(tuple(entries), site, open=True)

    def _above(self, fields: Fields, name: str, site: Site) -> tuple[Value, ...] | None:
        """The variable that sets what no file does: ``DYNACONF_ADOBE_KEY`` for ``settings.ADOBE_KEY``."""
        node = fields.site.node
        row = self._layered_calls.get(node)
        if row is None or not isinstance(node, s.Call) or not name.isupper():
            return None
        arg = argument_of(node, row.prefix)
        prefix = text_of(self.one(fields.site.at(arg.value))) if arg is not None else row.default_prefix
        return (Environ(f"{prefix}_{name}", None, site),) if prefix else None

    def _layers_of(self, row: Row, site: Site, node: s.Call) -> Iterator[Fields]:
        for argument in row.files:
            arg = argument_of(node, argument)
            for value in self._again(site.at(arg.value)) if arg is not None else ():
                named = value.sites if isinstance(value, Items) else (site.at(arg.value),) if arg else ()
                for name in (file for each in named for file in self.file_names(each)):
                    found = self._mapping(site.module, name, *_KINDS)
                    yield from (each for each in found if isinstance(each, Fields))

    def _of_stage(self, stage: Entry) -> Iterator[Entry]:
        """``[production]``: which of the stages counts is chosen where this runs."""
        held: tuple[Value, ...] = self._again(stage.value) if stage.value is not None else ()
        for fields in held:
            for entry in fields.entries if isinstance(fields, Fields) else ():
                yield from _in_any_case(entry)


def _in_any_case(entry: Entry) -> Iterator[Entry]:
    name = text_of(entry.key)
    place = entry.key.parts[0].site if isinstance(entry.key, Text) and entry.key.parts else entry.site
    for shown in dict.fromkeys((name, name.lower(), name.upper())) if name is not None else ():
        yield Entry(Text((Lit(shown, place),)), entry.value, entry.site, certain=False)

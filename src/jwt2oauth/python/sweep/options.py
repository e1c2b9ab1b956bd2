"""Options of a command line of which removed code took the value: who asks only whether they were given."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.values import Site
from ..resolve.shared import destination, parsed_option
from .base import Base

_ADDS = ("add_argument", "add_option")


class Options(Base):
    """Options of a command line, as ``argparse`` and ``optparse`` give them."""

    def _options_asked(self) -> Iterator[tuple[str, list[Site]]]:
        """Options that removed code read, and what reads them still."""
        for flag, name, where in self._added():
            loads = self.forward.loads_of(name, where.module)
            if not any(self.changes.is_dead(load.module, load.node) for load in loads):
                continue
            loads = [load for load in loads if self._is_of_options(load)]
            alive = [load for load in loads if not self.changes.is_dead(load.module, load.node)]
            if alive and len(alive) < len(loads):
                yield flag, alive

    def _added(self) -> Iterator[tuple[str, str, Site]]:
        """Each option that is declared: how it is given, and the attribute that it becomes."""
        for module in self.resolver.world:
            for node in module.each(s.Call):
                if s.last_name(node.func) not in _ADDS:
                    continue
                given = [arg.value for arg in node.args if not arg.keyword]
                texts = [str(text.value) for text in given if isinstance(text, s.Str)]
                named = next((a.value for a in node.args if a.keyword == "dest"), None)
                name = str(named.value) if isinstance(named, s.Str) else destination(texts)
                if name:
                    flag = next((text for text in texts if text.startswith("--")), name)
                    yield flag, name, Site(module, node)

    def _is_of_options(self, load: Site) -> bool:
        return not self.resolver.is_test(load.module) and any(
            parsed_option(value) is not None for value in self.resolver.resolve(load)
        )

"""What else a program does with an SDK that the version which speaks OAuth wants otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...sdk import Sdk, SdkCall
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from ..resolve import Resolver
from ..roles.trace import label_of
from ..writing.changes import Changes
from .calls import CallWriter
from .names import Names


class Companions:
    """Changes what is mechanical in the modules that use an SDK beside a plan, and tells of the rest."""

    def __init__(
        self, resolver: Resolver, changes: Changes, writer: CallWriter, modules: Sequence[Module]
    ) -> None:
        self.changes = changes
        self.modules = modules
        self.writer = writer
        self.names = Names(resolver)
        self.todos: list[str] = []

    def move(self, sdk: Sdk, *, changes: bool = True) -> None:
        """Go through all modules; without ``changes`` only tell."""
        rows = {name: row for row in sdk.companions for name in row.names}
        for module in self.modules:
            if not self.names.mentions(module, sdk):
                continue
            for site, name in self._called(module, rows):
                self._call(site, name, rows[name], changes=changes)
            for row in sdk.companions if changes else ():
                if row.becomes and not row.parameters:
                    self._renamed(module, row)

    def _called(self, module: Module, rows: dict[str, SdkCall]) -> Iterator[tuple[Site, str]]:
        last = {name.rpartition(".")[2] for name in rows}
        for node in module.each(s.Call):
            if isinstance(node.func, s.Attribute) and node.func.attr not in last:
                continue
            site = Site(module, node)
            name = next((n for n in self.names.of(site.at(node.func)) if n in rows), None)
            if name is not None:
                yield site, name

    def _call(self, site: Site, name: str, row: SdkCall, *, changes: bool) -> None:
        where = label_of(site.module, site.node)
        told = [text for parameter, text in row.manual.items() if self.names.given(site, row, parameter)]
        if row.told:
            told.insert(0, row.told)
        self.todos += [f"{text} ({where})." for text in told]
        if not told and changes and row.parameters:
            self.writer.companion(site, name, row)

    def _renamed(self, module: Module, row: SdkCall) -> None:
        """A name of the SDK that is another now, wherever it stands."""
        new, old = row.becomes.rpartition(".")[2], row.names[0].rpartition(".")[2]
        for node in module.each(s.ImportFrom):
            for alias in node.aliases:
                if f"{node.module}.{alias.name}" in row.names:
                    tail = f" as {alias.asname}" if alias.asname else ""
                    self.changes.replace(module, alias, new + tail)
                    if not alias.asname:
                        self._uses(module, alias, new)
        for access in module.each(s.Attribute):
            if access.attr == old and any(n in row.names for n in self.names.of(Site(module, access))):
                self.changes.patch(module, access, access.attr_span, new)

    def _uses(self, module: Module, alias: s.Alias, new: str) -> None:
        for bindings in module.scopes.module.bindings.values():
            for binding in bindings:
                if binding.node is alias:
                    for use in module.uses.get(binding, ()):
                        if isinstance(use, s.Name):
                            self.changes.replace(module, use, new)

"""Bounds in what declares a field that holds the lifetime: ``Field(alias="expires_in", ge=60000)``."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Site
from .margins import Margins, is_milliseconds
from .units import Units

_KEYWORDS = frozenset({"gt", "ge", "lt", "le", "min", "max", "minimum", "maximum"})
_CALLS = frozenset({"gt", "ge", "lt", "le", "Gt", "Ge", "Lt", "Le"})
"""``attrs.validators.ge(60000)``, ``annotated_types.Ge(60000)``"""


class Bounded:
    """Scales them; one for each plan."""

    def __init__(self, units: Units, margins: Margins) -> None:
        self.units, self.margins = units, margins
        self.resolver = units.resolver

    def mend(self, module: Module) -> Iterator[tuple[Site, bool]]:
        """Each field of which a bound was in milliseconds; and whether it is mended, or another's as well."""
        for node in module.each(s.ClassDef):
            for stmt in node.body.body:
                bounds = list(self._bounds(module, stmt)) if isinstance(stmt, s.Assign) else []
                if not bounds or not isinstance(stmt, s.Assign):
                    continue
                held = self._held(Class(module, node), stmt)
                if held == {"ms"}:
                    for bound in bounds:
                        self.margins.scale(bound)
                if not held.isdisjoint({"ms", "mixed"}):
                    yield Site(module, stmt), held == {"ms"}

    def _bounds(self, module: Module, stmt: s.Assign) -> Iterator[Site]:
        parts = [part for part in (stmt.annotation, stmt.value) if part is not None]
        for call in (node for part in parts for node in s.walk(part)):
            for arg in call.args if isinstance(call, s.Call) else ():
                assert isinstance(call, s.Call)
                if arg.keyword in _KEYWORDS or (not arg.keyword and s.last_name(call.func) in _CALLS):
                    site = Site(module, arg.value)
                    if is_milliseconds(self.units.constant(site) or 0):
                        yield site

    def _held(self, cls: Class, stmt: s.Assign) -> set[str]:
        """The units of what the field is read as, and filled with."""
        target = stmt.targets[0]
        if not isinstance(target, s.Name):
            return set()
        reads = self.margins.forward.reads_of(cls, target.id)
        made = [call for call in self.resolver.constructions(cls) if isinstance(call.node, s.Call)]
        fills = [
            call.at(arg.value)
            for call in made
            for arg in (call.node.args if isinstance(call.node, s.Call) else ())
            if arg.keyword == target.id
        ]
        return {self.units.kind(each) for each in (*reads, *fills)} - {""}

"""The places where a lifetime's unit shows, and what became of them."""

from __future__ import annotations

from dataclasses import field

from ...records import dataclass
from ..facts import syntax as s
from ..facts.values import Site
from ..prose.remarks import Remarks
from ..writing.answers import NoAnswer
from ..writing.changes import Changes


@dataclass(slots=True)
class Lifetimes:
    """The places where the unit shows."""

    conversions: list[Site] = field(default_factory=list)
    """What is mended."""
    conflicts: list[Site] = field(default_factory=list)
    """A lifetime of ours mixed with another's: cannot be decided."""
    shared: set[s.Node] = field(default_factory=set)
    """Those of them where another login's lifetime comes to, too."""
    reckoned: set[s.Node] = field(default_factory=set)
    """Those of them where something is done with it that only fits milliseconds."""
    given: list[Site] = field(default_factory=list)
    """Those of them that get milliseconds from now on, made of seconds."""
    renamed: set[s.Node] = field(default_factory=set)
    """Names that said milliseconds, and are called by their seconds from now on."""
    remarks: Remarks = field(default_factory=lambda: Remarks(Changes()))
    """What is said beside them."""
    cached: bool = False
    """A lifetime is read back from a file that an earlier run may have written, in milliseconds."""

    def check(self, changes: Changes) -> None:
        """Raise ``NoAnswer`` where a place that stays needs our unit and another's."""
        for site in self.conflicts:
            if not changes.is_dead(site.module, site.node):
                reason = "expiry-reckoned" if site.node in self.reckoned else "expiry-unknown"
                raise NoAnswer("expiry-shared" if site.node in self.shared else reason, site)

"""What is planned for a group of exchanges that are changed together, or why they are left alone."""

from __future__ import annotations

from dataclasses import field

from ...model import Edit
from ...records import dataclass
from ..facts.values import Site
from ..lifetime.outcome import Lifetimes
from ..rendering import edits_of
from ..roles.exchange import Exchange
from ..settings.setting import Setting
from ..writing.changes import Changes


@dataclass(slots=True)
class Refusal:
    """Why a flow is left alone."""

    reason: str
    site: Site
    detail: str = ""
    next_step: str = ""
    """What a person does instead, where that is not what the reason always says."""


@dataclass(slots=True)
class Plan:
    """The result for one group of exchanges that are changed together."""

    exchanges: list[Exchange]
    changes: Changes = field(default_factory=Changes)
    client: str = "authlib"
    refusal: Refusal | None = None
    notes: list[str] = field(default_factory=list)
    todos: list[str] = field(default_factory=list)
    preminted: list[str] = field(default_factory=list)
    """Variables that hold an assertion which somebody else signs."""
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    settings: list[Setting] = field(default_factory=list)
    dropped: list[Exchange] = field(default_factory=list)
    """Those that only the JWT side of a choice made: it goes, the other side stays as it is."""
    remains: list[Site] = field(default_factory=list)
    """Expressions that nobody needs any more and that stay for what else they may do."""
    deleted: list[str] = field(default_factory=list)
    """Modules of which nothing is left."""
    unread: list[str] = field(default_factory=list)
    """Variables of the environment that only removed code read."""
    resting: list[tuple[str, str]] = field(default_factory=list)
    """Settings that stay although no flow needs them, each with its file, unless its name says enough."""
    asked: dict[str, Site] = field(default_factory=dict)
    """Notes of what still asks for a setting that no flow needs, unless another plan takes that away."""
    relaxed: list[str] = field(default_factory=list)
    """Options that had to be given, and need not be any more."""
    unopened: list[str] = field(default_factory=list)
    """Options whose file had to be there, and the files that they mean."""
    closed: list[str] = field(default_factory=list)
    """All of these options, also those that are called as others are."""
    lost_fields: list[str] = field(default_factory=list)
    """Fields that went from classes which are filled by the names of all of their fields."""
    additions: list[Edit] = field(default_factory=list)
    """Edits of files that no value came from: templates of the environment."""

    def edits(self) -> list[Edit]:
        """All edits, in code, configuration and templates."""
        return [*edits_of(self.changes), *self.additions]

    @property
    def entry(self) -> Site:
        """The first exchange's place."""
        return self.exchanges[0].entry

"""What is planned for what is changed together, or why it is left alone."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

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
class Planned:
    """What every plan says, be it of exchanges or of the logins of SDKs."""

    changes: Changes = field(default_factory=Changes, kw_only=True)
    refusal: Refusal | None = field(default=None, kw_only=True)
    notes: list[str] = field(default_factory=list, kw_only=True)
    todos: list[str] = field(default_factory=list, kw_only=True)
    preminted: list[str] = field(default_factory=list, kw_only=True)
    """Variables that hold an assertion which somebody else signs."""
    settings: list[Setting] = field(default_factory=list, kw_only=True)
    unread: list[str] = field(default_factory=list, kw_only=True)
    """Variables of the environment, and keys of configuration, that only removed code read."""
    resting: list[tuple[str, str]] = field(default_factory=list, kw_only=True)
    """Settings that stay although no flow needs them, each with its file, unless its name says enough."""
    additions: list[Edit] = field(default_factory=list, kw_only=True)
    """Edits of files that no value came from: configuration, templates of the environment."""
    asked: dict[str, Site] = field(default_factory=dict, kw_only=True)
    """Notes of what still asks for a setting that no flow needs, unless another plan takes that away."""
    deleted: list[str] = field(default_factory=list, kw_only=True)
    """Files of which nothing is left."""

    upon: list[Planned] = field(default_factory=list, kw_only=True)
    """Plans that are carried out first: what they take away is gone, and ``changes`` holds theirs."""

    if TYPE_CHECKING:  # each kind of plan has them

        @property
        def entry(self) -> Site: ...
        @property
        def title(self) -> str: ...

    def edits(self) -> list[Edit]:
        """All edits, in code, configuration and templates, but those of the plans that it is made upon."""
        before = {edit for each in self.upon for edit in each.edits()}
        return [edit for edit in (*edits_of(self.changes), *self.additions) if edit not in before]

    def instead(self) -> list[Edit]:
        """Edits of the plans that it is made upon which it makes in its own way, with more."""
        made = set(edits_of(self.changes)) if self.upon else ()
        return [edit for each in self.upon for edit in edits_of(each.changes) if edit not in made]


@dataclass(slots=True)
class Plan(Planned):
    """The result for one group of exchanges that are changed together."""

    exchanges: list[Exchange]
    client: str = "authlib"
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    dropped: list[Exchange] = field(default_factory=list)
    """Those that only the JWT side of a choice made: it goes, the other side stays as it is."""
    remains: list[Site] = field(default_factory=list)
    """Expressions that nobody needs any more and that stay for what else they may do."""
    relaxed: list[str] = field(default_factory=list)
    """Options that had to be given, and need not be any more."""
    unopened: list[str] = field(default_factory=list)
    """Options whose file had to be there, and the files that they mean."""
    closed: list[str] = field(default_factory=list)
    """All of these options, also those that are called as others are."""
    lost_fields: list[str] = field(default_factory=list)
    """Fields that went from classes which are filled by the names of all of their fields."""

    @property
    def entry(self) -> Site:
        """The first exchange's place."""
        return self.exchanges[0].entry

    @property
    def title(self) -> str:
        """What the change does, in a few words."""
        if len(self.dropped) == len(self.exchanges):
            return "Drop the JWT side of a choice; the side with client_credentials stays as it is"
        if self.client == "authlib":
            return "Get the token with client_credentials through Authlib"
        return "Get the token with client_credentials; the HTTP client stays"

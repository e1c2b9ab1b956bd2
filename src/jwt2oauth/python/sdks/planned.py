"""What becomes of the logins of SDKs; it is made by ``plan``, which is loaded where there are any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace

from ...records import dataclass
from ...sdk import Sdk
from ..facts.values import Site
from ..leftovers.settings import Unread
from ..planning.plan import Planned
from ..roles.trace import Mark, Tracer
from . import documents
from .find import Login


@dataclass(slots=True)
class SdkPlan(Planned):
    """The result for logins that are changed together."""

    logins: list[Login]
    unneeded: list[Unread] = field(default_factory=list)
    """Keys of configuration files that went into a call as part of a mapping, for the JWT credential only."""
    is_of_our_own: bool = False
    """Is it a file like that of a program that others wrote, and read by the project's own instead?"""
    alone: SdkPlan | None = None
    """What is planned, or why nothing is, where not all plans are carried out that it is made upon."""

    @property
    def entry(self) -> Site:
        """The first login's place."""
        return self.logins[0].site

    @property
    def sdks(self) -> list[Sdk]:
        """The libraries, each once."""
        return list({login.sdk.name: login.sdk for login in self.logins}.values())

    def bound(self, sdk: Sdk) -> str:
        """The first version that the change is for; another one where a file holds a list."""
        mine = (config for login in self.logins if login.sdk is sdk for config in login.configs)
        return sdk.lists if any(documents.top(config.module) is None for config in mine) else sdk.bound

    @property
    def title(self) -> str:
        """What the change does, in a few words."""
        names = " and ".join(sdk.name for sdk in self.sdks)
        return f"Let {names} log in with OAuth Server-to-Server"

    def marks(self, tracer: Tracer) -> Iterator[Mark]:
        """The places to report, the key first."""
        for login in self.logins:
            for site in login.secrets(tracer.resolver):
                yield from tracer.key(site)
            files = login.key_files(tracer.resolver)
            yield from (replace(mark, files=files) for mark in login.marks())

"""The scopes that stand for metascopes, and what a person is told of where they come from."""

from __future__ import annotations

from collections.abc import Iterable

from ...records import dataclass
from ...rules.tables import Rules
from .setting import Setting


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person asked for."""

    client: str = "authlib"
    scopes: str | None = None
    scope_settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """What the rules and the person say of metascopes."""

    rules: Rules
    wishes: Wishes

    def scopes(self, metascopes: Iterable[str], conditional: Iterable[str]) -> tuple[str | None, list[str]]:
        """Give the scopes to ask for and, for the to-do, where they come from; None where that is not known.

        Some metascopes are ``conditional``: they are not asked for on every path.
        """
        if self.wishes.scopes:
            return self.wishes.scopes, ["as you asked with --scopes"]
        names = list(dict.fromkeys(metascopes))
        own = dict(self.wishes.scope_settings)
        wanted: list[str] = []
        origins: list[str] = []
        certain = bool(names)
        companions = {
            c for row in self.rules.scopes for c in row.companions if set(row.metascopes) & set(names)
        }
        for name in names:
            if name in own:
                wanted += [w.strip() for w in own[name].split(",")]
                origins.append(f"[tool.jwt2oauth.scopes] {name}")
                continue
            if name in companions:
                continue
            row = next((r for r in self.rules.scopes if name in r.metascopes), None)
            if row is None or row.evidence not in ("official-mapping", "official-sample"):
                certain = certain and name in conditional
                if row is not None and row.scopes:
                    others = ",".join(row.scopes)
                    origins.append(f"nobody at Adobe publishes scopes for {name}; third parties use {others}")
                else:
                    origins.append(f"no scopes are published for {name}")
                continue
            wanted += row.scopes
            scopes = ",".join(row.scopes)
            if row.evidence == "official-mapping":
                origins.append(f"Adobe's mapping for {name}: {scopes}")
            else:
                origins.append(f"Adobe's own for {name}: {scopes}")
        if not certain or not wanted:
            return None, origins or ["the metascope could not be read from the code"]
        full = [*self.rules.provider.base_scopes, *wanted]
        return ",".join(_base_first(dict.fromkeys(full), wanted)), origins


def scopes_todo(default: str | None, origins: list[str], setting: Setting, what: str = "") -> str:
    """What a person is told about scopes and where they come from; ``what`` says whose they are."""
    if default is None:
        where = f"in {setting.where}" if setting.where else "in"
        return (
            f"Put the scopes{what} {where} from the credential's page in the Adobe Developer Console "
            f"(comma separated): {'; '.join(origins)}."
        )
    origins = [origin.removesuffix(f": {default}") for origin in origins]  # said already
    if setting.required and setting.where:  # which the code reads already, and without a default
        return (
            f"See that {setting.where} holds the scopes{what} of the credential's page in the Adobe "
            f"Developer Console, such as {default} ({'; '.join(origins)})."
        )
    return (
        f"Compare the scopes {default}{what} with the credential's page in the Adobe Developer Console "
        f"({'; '.join(origins)})" + (f"; {setting.where} overrides them." if setting.where else ".")
    )


def _base_first(full: dict[str, None], wanted: list[str]) -> list[str]:
    """Adobe's own order, with openid and AdobeID put first only where they were missing."""
    ordered = list(dict.fromkeys(wanted))
    missing = [f for f in full if f not in ordered]
    return [*missing, *ordered]

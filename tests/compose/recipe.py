"""What a program is composed of: the world it lives in, and one part for each question."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from trees import PLACEHOLDER

Lines = list[str]

PEM_LINES = ["-----BEGIN PRIVATE KEY-----", PLACEHOLDER.decode(), "-----END PRIVATE KEY-----"]
PEM_ESCAPED = "\\n".join([PEM_LINES[0], f"{PEM_LINES[1]}-ESCAPED", PEM_LINES[2]]) + "\\n"
SCOPES = "openid,AdobeID,user_management_sdk"


# The world: whose credential it is


@dataclass(frozen=True, slots=True)
class World:
    """The service that the program gets its token from, and what it calls things."""

    adobe: bool
    host: str = "ims-na1.adobelogin.com"
    path: str = "/ims/exchange/jwt"
    audience: str = "/c/"
    scope: str = "/s/"
    metascope: str = "ent_user_sdk"
    org: str = "0123456789ABCDEF@AdobeOrg"
    account: str = "FEDCBA9876543210@techacct.adobe.com"
    id_field: str = "client_id"
    secret_field: str = "client_secret"
    assertion_field: str = "jwt_token"
    api: str = "https://usermanagement.adobe.io/v2/usermanagement/users"
    brand: str = "adobe"


WORLDS = {
    "adobe": World(adobe=True),
    "twin": World(
        adobe=False,
        host="sso.partner.example",
        path="/token/exchange",
        audience="/clients/",
        scope="/grants/",
        metascope="read",
        org="corp",
        account="robot@corp.example",
        id_field="kid",
        secret_field="signature",
        api="https://api.partner.example/users",
        brand="partner",
    ),
    "rfc7523": World(
        adobe=False,
        host="login.partner.example",
        path="/v1/exchange/jwt",
        audience="/c/",
        scope="/s/",
        metascope="write",
        org="corp",
        account="robot@corp.example",
        assertion_field="assertion",
        api="https://api.partner.example/users",
        brand="partner",
    ),
    "same-fields": World(
        adobe=False,
        host="sso.partner.example",
        path="/exchange",
        audience="/realm/",
        scope="/scope/",
        metascope="read",
        org="corp",
        account="robot@corp.example",
        api="https://api.partner.example/users",
        brand="partner",
    ),
    "same-claims": World(
        adobe=False,
        host="sso.partner.example",
        path="/exchange",
        metascope="read",
        org="corp",
        account="robot@corp.example",
        api="https://api.partner.example/users",
        brand="partner",
    ),
}
"""Adobe's first; the others are near misses."""


# The recipe


@dataclass(frozen=True, slots=True)
class Recipe:
    """The name of one part for each question."""

    values: str = "constants"
    passing: str = "globals"
    structure: str = "function"
    layout: str = "single"
    imports: str = "from"
    entry: str = "plain"
    key: str = "open"
    exp: str = "int-time"
    claims: str = "literal"
    metascope: str = "literal"
    text: str = "literal"
    encoder: str = "pyjwt"
    habit: str = "none"
    url: str = "literal"
    body: str = "dict"
    client: str = "requests"
    extras: str = "none"
    check: str = "none"
    read: str = "data"
    result: str = "token"
    expiry: str = "none"
    cache: str = "none"
    guard: str = "none"
    retry: str = "none"
    use: str = "requests"
    dress: str = "bare"
    bystander: str = "none"
    names: str = "snake"
    form: str = "black"
    path: str = "plain"
    fix: str = "authlib"
    world: str = "adobe"

    @property
    def remarkable(self) -> int:
        """How many parts are not the plainest."""
        return len([part for part in dataclasses.fields(self) if getattr(self, part.name) != part.default])

    def __str__(self) -> str:
        changed = [
            f"{part.name}={getattr(self, part.name)}"
            for part in dataclasses.fields(self)
            if getattr(self, part.name) != part.default
        ]
        return " ".join(changed) or "plainest"


def read(text: str) -> Recipe:
    """The recipe that ``str()`` made a text of."""
    return Recipe(**dict(part.split("=") for part in text.split()))


@dataclass(frozen=True, slots=True)
class Program:
    """A customer's tree, how it is run, what it prints, and how it is fixed."""

    files: Mapping[str, bytes]
    argv: tuple[str, ...]
    env: Mapping[str, str]
    key_files: tuple[str, ...]
    key_env: tuple[str, ...]
    stdout: str
    old_pyjwt: bool
    client: str
    scopes: str | None

    @property
    def story(self) -> str:
        """The tree, for the message of a failed test: ready to become a fixture."""
        parts = [f"argv: {' '.join(self.argv)}", f"env: {dict(self.env)}", f"stdout: {self.stdout!r}"]
        parts += [
            f"--- {path}\n{data.decode('utf-8', 'replace')}" for path, data in sorted(self.files.items())
        ]
        return "\n".join(parts)

"""A program while it is being written, and the words that it is written with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ims import SECRET_PREFIX

from .recipe import Lines, Recipe, World

VALUES = ("client_id", "client_secret", "org_id", "account", "metascope", "host", "key_path")


class Values:
    """Gives expressions for values and remembers which were asked for."""

    def __init__(self, expression: Callable[[str], str]) -> None:
        self._expression = expression
        self.used: dict[str, None] = {}

    def __getitem__(self, name: str) -> str:
        self.used[name] = None
        return self._expression(name)


@dataclass(slots=True)
class Chunk:
    """Some lines at the top level of a module."""

    role: str
    """``settings``, ``helper``, ``sign``, ``exchange`` or ``main``: the layout says where that lives."""
    lines: Lines


@dataclass(slots=True)
class Reply:
    """How the reply of a client is read."""

    json: str
    text: str
    content: str
    status: str | None = None
    ok: str | None = None
    raises: str | None = None
    error: str = "requests.RequestException"


@dataclass(slots=True)
class Sent:
    """A request body: ``form`` (a dict or list of pairs), ``text``, ``query`` or ``multipart``."""

    kind: str
    expression: str


@dataclass(slots=True)
class Draft:
    """A program while it is being written."""

    recipe: Recipe
    world: World
    is_async: bool = False
    """Must the exchange be awaited?"""
    chunks: list[Chunk] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    key_files: list[str] = field(default_factory=list)
    key_env: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    externals: dict[str, str] = field(default_factory=lambda: dict(EXTERNALS))
    source: Callable[[str], str] = lambda _: ""

    def above(self, role: str, *lines: str) -> None:
        """Put lines at the top level, once."""
        if not any(chunk.lines == list(lines) for chunk in self.chunks):
            self.chunks.append(Chunk(role, list(lines)))

    def real(self, name: str) -> str:
        """The value itself."""
        world = self.world
        return {
            "client_id": "c0ffee0123456789",
            "client_secret": f"{SECRET_PREFIX}0123456789",
            "org_id": world.org,
            "account": world.account,
            "metascope": world.metascope,
            "host": world.host,
            "key_path": "private.key",
        }[name]


_MODULES = """
    aiohttp argparse asyncio backoff base64 calendar configparser copy dataclasses datetime functools
    http.client httpx io json jwt logging math os requests sys time tomllib urllib.error urllib.parse
    urllib.request urllib3 uuid yaml
"""
EXTERNALS: dict[str, str] = {name: f"import {name}" for name in _MODULES.split()} | {
    "Path": "from pathlib import Path",
    "dataclass": "from dataclasses import dataclass",
    "asdict": "from dataclasses import asdict",
    "MultipartEncoder": "from requests_toolbelt import MultipartEncoder",
    "NamedTuple": "from typing import NamedTuple",
    "Any": "from typing import Any",
    "SimpleNamespace": "from types import SimpleNamespace",
    "urlencode": "from urllib.parse import urlencode",
    "urljoin": "from urllib.parse import urljoin",
    "lru_cache": "from functools import lru_cache",
    "wraps": "from functools import wraps",
    "serialization": "from cryptography.hazmat.primitives import serialization",
    "hashes": "from cryptography.hazmat.primitives import hashes",
    "padding": "from cryptography.hazmat.primitives.asymmetric import padding",
    "Request": "from urllib.request import Request",
    "urlopen": "from urllib.request import urlopen",
    "RSAKey": "from joserfc.jwk import RSAKey",
    "jwk": "from jwcrypto import jwk",
    "jws": "from jose import jws",
    "HTTPSConnection": "from http.client import HTTPSConnection",
    "BaseSettings": "from pydantic_settings import BaseSettings",
    "SettingsConfigDict": "from pydantic_settings import SettingsConfigDict",
}
"""The import of every name that a part may use; parts may replace some."""


def quoted(text: str) -> str:
    """A string literal."""
    return json.dumps(text)


def joined(style: str, *parts: str | tuple[str, str]) -> str:
    """A string of literal parts and (value, expression) parts, written in a style."""
    if style == "literal":
        return quoted("".join(part if isinstance(part, str) else part[0] for part in parts))
    literal = [part if isinstance(part, str) else part[1] for part in parts]
    holes = [part[1] for part in parts if not isinstance(part, str)]
    if style == "fstring":
        inner = "".join(
            part if isinstance(part, str) else "{" + part[1].replace('"', "'") + "}" for part in parts
        )
        return f'f"{inner}"'
    if style == "format":
        frame = "".join(part if isinstance(part, str) else "{}" for part in parts)
        return f'"{frame}".format({", ".join(holes)})'
    if style == "percent":
        frame = "".join(part if isinstance(part, str) else "%s" for part in parts)
        return f'"{frame}" % ({", ".join(holes)}{"," if len(holes) == 1 else ""})'
    words = [quoted(part) if isinstance(part, str) else part[1] for part in parts]
    if style == "join":
        return f'"".join([{", ".join(words)}])'
    assert style == "plus", literal
    return " + ".join(words)


def indent(lines: Iterable[str], depth: int = 1) -> Lines:
    """The same lines, deeper; what is inside a triple-quoted string must not be given here."""
    return [("    " * depth + line) if line else line for line in lines]

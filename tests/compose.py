"""Customers' programs, composed of parts that know nothing of each other.

A ``Recipe`` names one part for each question (where the values come from, how the claims are written, what
signs them, what posts them …); ``mend`` replaces parts that cannot stand together; ``write`` makes a
customer's tree of it, which prints what the recipe says. The first part of each question is the plainest, so
that a failing recipe shrinks to a small tree.

The parts are written with placeholders for names (``V_`` a variable or parameter, ``K_`` a constant of a
module, ``F_`` a function, ``C_`` a class); naming, quotes, indentation and line ends are put on at the end.
"""

from __future__ import annotations

import ast
import dataclasses
import io
import json
import re
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ims import SECRET_PREFIX
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


# Values: how an expression for a client id, a host … looks where it is used

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

    @property
    def is_async(self) -> bool:
        """Must the exchange be awaited?"""
        return CLIENTS[self.recipe.client].is_async


_MODULES = """
    aiohttp argparse asyncio base64 calendar configparser copy dataclasses datetime functools http.client
    httpx io json jwt logging math os requests sys time tomllib urllib.error urllib.parse urllib.request
    urllib3 uuid yaml
"""
EXTERNALS: dict[str, str] = {name: f"import {name}" for name in _MODULES.split()} | {
    "Path": "from pathlib import Path",
    "dataclass": "from dataclasses import dataclass",
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


# Where the values come from: chunks and files, and an expression for each value


def _constants(d: Draft) -> Callable[[str], str]:
    d.above("settings", *[f"K_{name} = {quoted(d.real(name))}" for name in VALUES])
    return lambda name: f"K_{name}"


def _literals(d: Draft) -> Callable[[str], str]:
    return lambda name: quoted(d.real(name))


def _variable(d: Draft, name: str) -> str:
    variable = f"{d.world.brand.upper()}_{name.upper()}"
    d.env[variable] = d.real(name)
    return variable


def _env_constants(d: Draft) -> Callable[[str], str]:
    lines = [f"K_{name} = os.environ[{quoted(_variable(d, name))}]" for name in VALUES[:4]]
    lines += [f"K_{name} = {quoted(d.real(name))}" for name in VALUES[4:]]
    d.above("settings", *lines)
    return lambda name: f"K_{name}"


def _getenv(d: Draft) -> Callable[[str], str]:
    d.above("settings", *[f"K_{name} = {quoted(d.real(name))}" for name in VALUES[4:]])
    return lambda name: f"K_{name}" if name in VALUES[4:] else f"os.getenv({quoted(_variable(d, name))})"


def _environ(d: Draft) -> Callable[[str], str]:
    return lambda name: (
        quoted(d.real(name)) if name in VALUES[4:6] else f"os.environ[{quoted(_variable(d, name))}]"
    )


def _dict(d: Draft) -> Callable[[str], str]:
    rows = [f"{quoted(name)}: {quoted(d.real(name))}," for name in VALUES]
    d.above("settings", "K_config = {", *indent(rows), "}")
    return lambda name: f"K_config[{quoted(name)}]"


def _json(d: Draft) -> Callable[[str], str]:
    page = {name: d.real(name) for name in VALUES}
    d.files["config.json"] = (json.dumps(page, indent=2) + "\n").encode()
    d.above("settings", 'with open("config.json") as V_file:', "    K_config = json.load(V_file)")
    return lambda name: f"K_config[{quoted(name)}]"


def _json_function(d: Draft) -> Callable[[str], str]:
    page = {d.world.brand: {name: d.real(name) for name in VALUES}}
    d.files["config.json"] = (json.dumps(page, indent=2) + "\n").encode()
    d.above(
        "settings",
        "def F_load(V_name):",
        "    with open(V_name) as V_file:",
        f"        return json.load(V_file)[{quoted(d.world.brand)}]",
    )
    d.above("settings", 'K_config = F_load("config.json")')
    return lambda name: f"K_config[{quoted(name)}]"


def _ini(d: Draft) -> Callable[[str], str]:
    rows = [f"{name} = {d.real(name)}" for name in VALUES]
    d.files["config.ini"] = "\n".join([f"[{d.world.brand}]", *rows, ""]).encode()
    d.above("settings", "K_config = configparser.ConfigParser()", 'K_config.read("config.ini")')
    return lambda name: f"K_config[{quoted(d.world.brand)}][{quoted(name)}]"


def _ini_get(d: Draft) -> Callable[[str], str]:
    _ini(d)
    return lambda name: f"K_config.get({quoted(d.world.brand)}, {quoted(name)})"


def _ini_section(d: Draft) -> Callable[[str], str]:
    rows = [f"{name} = {d.real(name)}" for name in VALUES]
    d.files["config.ini"] = "\n".join([f"[{d.world.brand}]", *rows, ""]).encode()
    d.above(
        "settings",
        "K_parser = configparser.ConfigParser()",
        'K_parser.read("config.ini")',
        f"K_config = K_parser[{quoted(d.world.brand)}]",
    )
    return lambda name: f"K_config[{quoted(name)}]"


def _yaml(d: Draft) -> Callable[[str], str]:
    rows = [f"  {name}: {quoted(d.real(name))}" for name in VALUES]
    d.files["config.yml"] = "\n".join([f"{d.world.brand}:", *rows, ""]).encode()
    d.above(
        "settings",
        'with open("config.yml") as V_file:',
        f"    K_config = yaml.safe_load(V_file)[{quoted(d.world.brand)}]",
    )
    return lambda name: f"K_config[{quoted(name)}]"


def _toml(d: Draft) -> Callable[[str], str]:
    rows = [f"{name} = {quoted(d.real(name))}" for name in VALUES]
    d.files["config.toml"] = "\n".join([f"[{d.world.brand}]", *rows, ""]).encode()
    d.above(
        "settings",
        'with open("config.toml", "rb") as V_file:',
        f"    K_config = tomllib.load(V_file)[{quoted(d.world.brand)}]",
    )
    return lambda name: f"K_config[{quoted(name)}]"


def _dotenv(d: Draft) -> Callable[[str], str]:
    rows = [f"{name.upper()}={d.real(name)}" for name in VALUES]
    d.files["settings.env"] = "\n".join([*rows, ""]).encode()
    d.above(
        "settings",
        "K_config = {}",
        'with open("settings.env") as V_file:',
        "    for V_line in V_file:",
        '        V_name, _, V_value = V_line.strip().partition("=")',
        "        K_config[V_name] = V_value",
    )
    return lambda name: f"K_config[{quoted(name.upper())}]"


def _dataclass(d: Draft) -> Callable[[str], str]:
    d.above("settings", "@dataclass", "class C_config:", *indent(f"V_{name}: str" for name in VALUES))
    rows = [f"V_{name}={quoted(d.real(name))}," for name in VALUES]
    d.above("settings", "K_config = C_config(", *indent(rows), ")")
    return lambda name: f"K_config.V_{name}"


def _dataclass_defaults(d: Draft) -> Callable[[str], str]:
    rows = [f"V_{name}: str = {quoted(d.real(name))}" for name in VALUES]
    d.above("settings", "@dataclass(frozen=True)", "class C_config:", *indent(rows))
    d.above("settings", "K_config = C_config()")
    return lambda name: f"K_config.V_{name}"


def _named_tuple(d: Draft) -> Callable[[str], str]:
    d.above("settings", "class C_config(NamedTuple):", *indent(f"V_{name}: str" for name in VALUES))
    rows = [f"{quoted(d.real(name))}," for name in VALUES]
    d.above("settings", "K_config = C_config(", *indent(rows), ")")
    return lambda name: f"K_config.V_{name}"


def _class_attributes(d: Draft) -> Callable[[str], str]:
    d.above("settings", "class C_config:", *indent(f"K_{name} = {quoted(d.real(name))}" for name in VALUES))
    return lambda name: f"C_config.K_{name}"


def _namespace(d: Draft) -> Callable[[str], str]:
    rows = [f"V_{name}={quoted(d.real(name))}," for name in VALUES]
    d.above("settings", "K_config = SimpleNamespace(", *indent(rows), ")")
    return lambda name: f"K_config.V_{name}"


def _arguments(d: Draft) -> Callable[[str], str]:
    rows = [
        f'K_parser.add_argument("--{name}", dest="V_{name}", default={quoted(d.real(name))})'
        for name in VALUES
    ]
    d.above("settings", "K_parser = argparse.ArgumentParser()", *rows)
    d.above("settings", "K_config = K_parser.parse_args()")
    return lambda name: f"K_config.V_{name}"


SOURCES: dict[str, Callable[[Draft], Callable[[str], str]]] = {
    "constants": _constants,
    "literals": _literals,
    "env-constants": _env_constants,
    "environ": _environ,
    "getenv": _getenv,
    "dict": _dict,
    "class-attributes": _class_attributes,
    "dataclass": _dataclass,
    "dataclass-defaults": _dataclass_defaults,
    "namespace": _namespace,
    "named-tuple": _named_tuple,
    "json": _json,
    "json-function": _json_function,
    "ini": _ini,
    "ini-get": _ini_get,
    "ini-section": _ini_section,
    "yaml": _yaml,
    "toml": _toml,
    "dotenv": _dotenv,
    "arguments": _arguments,
}
OBJECTS = frozenset(SOURCES) - {
    "constants",
    "literals",
    "env-constants",
    "environ",
    "getenv",
    "class-attributes",
}
"""Sources that give one object, which can be handed on."""
READ_AT_RUN_TIME = OBJECTS - {"dict", "dataclass", "dataclass-defaults", "namespace", "named-tuple"}


# The private key: lines, and an expression for it


def _key_file(d: Draft) -> None:
    path = "private.key"
    d.files[path] = ("\n".join(PEM_LINES) + "\n").encode()
    d.key_files.append(path)


def _key_open(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [], f"open({v['key_path']}).read()"


def _key_variable(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [f'V_key = open({v["key_path"]}, "r").read()'], "V_key"


def _key_with(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [f"with open({v['key_path']}) as V_file:", "    V_key = V_file.read()"], "V_key"


def _key_bytes(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [f'with open({v["key_path"]}, "rb") as V_file:', "    V_key = V_file.read()"], "V_key"


def _key_close(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [f"V_file = open({v['key_path']})", "V_key = V_file.read()", "V_file.close()"], "V_key"


def _key_lines(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    lines = [f"with open({v['key_path']}) as V_file:", '    V_key = "".join(V_file.readlines())']
    return lines, "V_key"


def _key_path(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [], f"Path({v['key_path']}).read_text()"


def _key_path_bytes(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [f"V_key = Path({v['key_path']}).read_bytes()"], "V_key"


def _key_path_open(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    lines = [f"with Path({v['key_path']}).expanduser().open() as V_file:", "    V_key = V_file.read()"]
    return lines, "V_key"


def _key_checked(d: Draft, v: Values) -> tuple[Lines, str]:
    lines, key = _key_with(d, v)
    path = v["key_path"]
    return [
        f"if not os.path.exists({path}):",
        f"    raise FileNotFoundError({path})",
        *lines,
    ], key


def _key_tried(d: Draft, v: Values) -> tuple[Lines, str]:
    lines, key = _key_with(d, v)
    return [
        "try:",
        *indent(lines),
        "except OSError as V_error:",
        '    raise SystemExit("no private key") from V_error',
    ], key


def _key_inline(d: Draft, v: Values) -> tuple[Lines, str]:
    d.above("settings", f'K_private_key = """{PEM_LINES[0]}', PEM_LINES[1], f'{PEM_LINES[2]}"""')
    return [], "K_private_key"


def _key_env(d: Draft, v: Values) -> tuple[Lines, str]:
    variable = f"{d.world.brand.upper()}_PRIVATE_KEY"
    d.env[variable] = PEM_ESCAPED
    d.key_env.append(variable)
    return [f'V_key = os.environ["{variable}"].replace("\\\\n", "\\n")'], "V_key"


def _key_env_base64(d: Draft, v: Values) -> tuple[Lines, str]:
    lines, key = _key_env(d, v)
    return [*lines, "V_key = V_key.strip().encode()"], key


def _key_loaded(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [
        f'with open({v["key_path"]}, "rb") as V_file:',
        "    V_key = serialization.load_pem_private_key(V_file.read(), password=None)",
    ], "V_key"


def _key_function(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    d.above("sign", "def F_read(V_name):", "    with open(V_name) as V_file:", "        return V_file.read()")
    return [], f"F_read({v['key_path']})"


def _key_joined(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    lines = [
        f"V_path = os.path.join(os.getcwd(), {v['key_path']})",
        'with open(V_path, "r", encoding="utf-8") as V_file:',
        "    V_key = V_file.read()",
    ]
    return lines, "V_key"


def _key_or_file(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    variable = f"{d.world.brand.upper()}_PRIVATE_KEY"
    return [f'V_key = os.environ.get("{variable}") or open({v["key_path"]}).read()'], "V_key"


def _key_choice(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    variable = f"{d.world.brand.upper()}_PRIVATE_KEY"
    return [
        f'if "{variable}" in os.environ:',
        f'    V_key = os.environ["{variable}"]',
        "else:",
        f"    with open({v['key_path']}) as V_file:",
        "        V_key = V_file.read()",
    ], "V_key"


def _key_beside(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    lines = [
        f"V_path = os.path.abspath(os.path.expanduser({v['key_path']}))",
        "V_key = open(V_path).read().strip()",
    ]
    return lines, "V_key"


def _key_asked(d: Draft, v: Values) -> tuple[Lines, str]:
    lines, key = _key_with(d, v)
    return [*lines, f"if not {key}:", '    raise ValueError("the private key is empty")'], key


def _key_module(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    d.above("settings", 'with open("private.key") as V_file:', "    K_private_key = V_file.read()")
    return [], "K_private_key"


def _key_lambda(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    d.above("helper", "K_reader = lambda V_name: open(V_name).read()")
    return [], f"K_reader({v['key_path']})"


KEYS: dict[str, Callable[[Draft, Values], tuple[Lines, str]]] = {
    "open": _key_open,
    "variable": _key_variable,
    "with": _key_with,
    "bytes": _key_bytes,
    "close": _key_close,
    "lines": _key_lines,
    "path": _key_path,
    "path-bytes": _key_path_bytes,
    "path-open": _key_path_open,
    "checked": _key_checked,
    "tried": _key_tried,
    "inline": _key_inline,
    "env": _key_env,
    "env-bytes": _key_env_base64,
    "loaded": _key_loaded,
    "function": _key_function,
    "joined": _key_joined,
    "or-file": _key_or_file,
    "choice": _key_choice,
    "beside": _key_beside,
    "asked": _key_asked,
    "module": _key_module,
    "lambda": _key_lambda,
}
BYTES_KEYS = frozenset({"bytes", "path-bytes", "env-bytes"})


# When the assertion ends: lines, and an expression

NOW = "datetime.datetime.now(datetime.timezone.utc)"
EXPS: dict[str, tuple[Lines, str]] = {
    "int-time": ([], "int(time.time()) + 86400"),
    "round": ([], "round(time.time()) + 24 * 60 * 60"),
    "int-sum": ([], "int(time.time() + 3600)"),
    "variable": (["V_exp = int(time.time()) + 60 * 60"], "V_exp"),
    "ceil": ([], "math.ceil(time.time() + 300)"),
    "constant": ([], "int(time.time()) + K_lifetime"),
    "datetime": ([], f"{NOW} + datetime.timedelta(hours=12)"),
    "utcnow": ([], "datetime.datetime.utcnow() + datetime.timedelta(seconds=300)"),
    "datetime-variable": (
        [f"V_now = {NOW}", "V_exp = V_now + datetime.timedelta(minutes=30)"],
        "int(V_exp.timestamp())",
    ),
    "timegm": (
        ["V_exp = datetime.datetime.utcnow() + datetime.timedelta(minutes=5)"],
        "calendar.timegm(V_exp.utctimetuple())",
    ),
    "timegm-time": ([], "calendar.timegm(time.gmtime()) + 300"),
    "mktime": (
        ["V_exp = datetime.datetime.now() + datetime.timedelta(hours=8)"],
        "int(time.mktime(V_exp.timetuple()))",
    ),
    "milliseconds": (["V_now = int(time.time() * 1000)"], "V_now // 1000 + 600"),
    "strftime": ([], 'int(datetime.datetime.now().strftime("%s")) + 900'),
    "from-parts": (["V_now = time.time()", "V_exp = int(V_now + 60 * 60 * 8)"], "V_exp"),
    "time-ns": ([], "time.time_ns() // 10**9 + 120"),
    "function": ([], "F_expiry(10)"),
}
DATETIME_EXPS = frozenset({"datetime", "utcnow"})


def exp_of(d: Draft) -> tuple[Lines, str]:
    """When the assertion ends."""
    name = d.recipe.exp
    if name == "constant":
        d.above("settings", "K_lifetime = 60 * 60 * 4")
    if name == "function":
        d.above("sign", "def F_expiry(V_minutes=5):", "    return int(time.time()) + V_minutes * 60")
    return EXPS[name]


# The claims: lines, and an expression


@dataclass(slots=True)
class Claims:
    """What the claims are made of."""

    exp: str
    iss: str
    sub: str
    aud: str
    meta: str
    one: Callable[[str], str]
    """The claim of a metascope that is in a variable."""
    metascope: str
    extra: Lines

    @property
    def rows(self) -> Lines:
        """The four that everybody needs."""
        return [
            f'"exp": {self.exp},',
            f'"iss": {self.iss},',
            f'"sub": {self.sub},',
            f'"aud": {self.aud},',
            *self.extra,
        ]

    @property
    def meta_row(self) -> str:
        """The metascope as a row of a dict."""
        return f"{self.meta}: True,"


Part = Callable[[Draft, Claims], tuple[Lines, str]]


def _claims_literal(d: Draft, c: Claims) -> tuple[Lines, str]:
    return ["V_claims = {", *indent([*c.rows, c.meta_row]), "}"], "V_claims"


def _claims_inline(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [], "{" + " ".join([*c.rows, c.meta_row]).rstrip(",") + "}"


def _claims_steps(d: Draft, c: Claims) -> tuple[Lines, str]:
    rows = [row.rstrip(",").partition(": ") for row in c.rows]
    steps = [f"V_claims[{name}] = {value}" for name, _, value in rows]
    return ["V_claims = {}", *steps, f"V_claims[{c.meta}] = True"], "V_claims"


def _claims_later(d: Draft, c: Claims) -> tuple[Lines, str]:
    lines = ["V_claims = {", *indent(c.rows[1:]), "}", f"V_claims[{c.meta}] = True"]
    return [*lines, f'V_claims["exp"] = {c.exp}'], "V_claims"


def _claims_call(d: Draft, c: Claims) -> tuple[Lines, str]:
    rows = [row.replace('"', "", 2).replace(": ", "=", 1) for row in c.rows]
    return ["V_claims = dict(", *indent(rows), ")", f"V_claims[{c.meta}] = True"], "V_claims"


def _claims_update(d: Draft, c: Claims) -> tuple[Lines, str]:
    lines = ["V_claims = {", *indent(c.rows), "}", "V_claims.update({" + c.meta_row.rstrip(",") + "})"]
    return lines, "V_claims"


def _claims_json(d: Draft, c: Claims) -> tuple[Lines, str]:
    page = {"iss": d.real("org_id"), "sub": d.real("account")}
    page["aud"] = f"https://{d.world.host}{d.world.audience}{d.real('client_id')}"
    lines = [f"V_claims = json.loads('{json.dumps(page)}')", f'V_claims["exp"] = {c.exp}']
    return [*lines, f"V_claims[{c.meta}] = True"], "V_claims"


def _claims_loop(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [
        "V_claims = {",
        *indent(c.rows),
        "}",
        f'for V_name in {c.metascope}.split(","):',
        f"    V_claims[{c.one('V_name')}] = True",
    ], "V_claims"


def _claims_comprehension(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [
        f"V_scopes = [{c.metascope}]",
        "V_claims = {",
        *indent(c.rows),
        f"    **{{{c.one('V_name')}: True for V_name in V_scopes}},",
        "}",
    ], "V_claims"


def _claims_spread(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [
        "V_scopes = {" + c.meta_row.rstrip(",") + "}",
        "V_claims = {",
        *indent([*c.rows, "**V_scopes,"]),
        "}",
    ], "V_claims"


def _claims_merge(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [
        "V_claims = {",
        *indent(c.rows),
        "} | {" + c.meta_row.rstrip(",") + "}",
    ], "V_claims"


def _claims_condition(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [
        "V_claims = {",
        *indent(c.rows),
        "}",
        f"if {c.metascope}:",
        f"    V_claims[{c.meta}] = True",
    ], "V_claims"


def _claims_variables(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [
        f"V_audience = {c.aud}",
        f"V_scope = {c.meta}",
        "V_claims = {",
        *indent([f'"exp": {c.exp},', f'"iss": {c.iss},', f'"sub": {c.sub},', '"aud": V_audience,']),
        *indent([*c.extra, "V_scope: True,"]),
        "}",
    ], "V_claims"


def _claims_copy(d: Draft, c: Claims) -> tuple[Lines, str]:
    page = {"iss": d.real("org_id"), "sub": d.real("account")}
    rows = [f"{quoted(name)}: {quoted(value)}," for name, value in page.items()]
    d.above("sign", "K_claims = {", *indent(rows), "}")
    return [
        "V_claims = dict(K_claims)",
        f'V_claims["aud"] = {c.aud}',
        f'V_claims["exp"] = {c.exp}',
        f"V_claims[{c.meta}] = True",
    ], "V_claims"


def _claims_annotated(d: Draft, c: Claims) -> tuple[Lines, str]:
    return ["V_claims: dict[str, Any] = {", *indent([*c.rows, c.meta_row]), "}"], "V_claims"


def _claims_more(d: Draft, c: Claims) -> tuple[Lines, str]:
    c.extra = ['"iat": int(time.time()),', '"nbf": int(time.time()) - 10,']
    return _claims_literal(d, c)


def _claims_zip(d: Draft, c: Claims) -> tuple[Lines, str]:
    lines = [f'V_claims = dict(zip(("exp", "iss", "sub"), ({c.exp}, {c.iss}, {c.sub})))']
    return [*lines, f'V_claims["aud"] = {c.aud}', f"V_claims[{c.meta}] = True"], "V_claims"


def _claims_default(d: Draft, c: Claims) -> tuple[Lines, str]:
    lines = ["V_claims = {", *indent(c.rows), "}", f"V_claims.setdefault({c.meta}, True)"]
    return lines, "V_claims"


def _claims_two(d: Draft, c: Claims) -> tuple[Lines, str]:
    d.above(
        "helper",
        "def F_scope(V_host, V_scope):",
        f'    return "https://" + V_host + "{d.world.scope}" + V_scope',
    )
    meta = f"F_scope({quoted(d.world.host)}, {c.metascope})"
    return ["V_claims = {", *indent([*c.rows, f"{meta}: True,"]), "}"], "V_claims"


def _claims_shown(d: Draft, c: Claims) -> tuple[Lines, str]:
    lines, claims = _claims_literal(d, c)
    return [*lines, f'logging.debug("claims: %s", {claims})'], claims


def _claims_commented(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [
        "# The claims, see the console",
        "V_claims = {",
        *indent([f"{c.rows[0]}  # not too long", *c.rows[1:], "# the metascope", c.meta_row]),
        "}",
    ], "V_claims"


CLAIMS: dict[str, Part] = {
    "literal": _claims_literal,
    "inline": _claims_inline,
    "steps": _claims_steps,
    "later": _claims_later,
    "call": _claims_call,
    "update": _claims_update,
    "json": _claims_json,
    "loop": _claims_loop,
    "comprehension": _claims_comprehension,
    "spread": _claims_spread,
    "merge": _claims_merge,
    "condition": _claims_condition,
    "variables": _claims_variables,
    "copy": _claims_copy,
    "annotated": _claims_annotated,
    "more": _claims_more,
    "zip": _claims_zip,
    "default": _claims_default,
    "two": _claims_two,
    "shown": _claims_shown,
    "commented": _claims_commented,
}
OPAQUE_CLAIMS = frozenset({"loop", "comprehension", "condition"})


def claims_of(d: Draft, v: Values) -> tuple[Lines, str]:
    """The claims."""
    world, style = d.world, d.recipe.text
    lines, exp = exp_of(d)
    host = (world.host, v["host"] if style != "literal" else "")
    client = (d.real("client_id"), v["client_id"] if style != "literal" else "")
    meta_style = style if d.recipe.metascope != "literal" else "literal"
    meta_style = "fstring" if meta_style == "literal" and d.recipe.metascope == "value" else meta_style
    needs_value = d.recipe.metascope == "value" or d.recipe.claims in OPAQUE_CLAIMS
    metascope = v["metascope"] if needs_value else quoted(world.metascope)
    scope: str | tuple[str, str] = (world.metascope, metascope) if needs_value else world.metascope

    def one(variable: str) -> str:
        way = "fstring" if style == "literal" else style
        return joined(way, "https://", (world.host, v["host"]), world.scope, ("", variable))

    claims = Claims(
        exp=exp,
        iss=v["org_id"],
        sub=v["account"],
        aud=joined(style, "https://", host, world.audience, client),
        meta=joined(
            meta_style,
            "https://",
            (world.host, v["host"] if meta_style != "literal" else ""),
            world.scope,
            scope,
        ),
        one=one,
        metascope=metascope,
        extra=[],
    )
    more, expression = CLAIMS[d.recipe.claims](d, claims)
    return [*lines, *more], expression


# What signs: lines, and an expression of the assertion


def _pyjwt(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    return [], f'jwt.encode({claims}, {key}, algorithm="RS256")'


def _pyjwt_positional(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    return [], f'jwt.encode({claims}, {key}, "RS256")'


def _pyjwt_keywords(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    return [], f'jwt.encode(payload={claims}, key={key}, algorithm="RS256")'


def _pyjwt_headers(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    return [], f'jwt.encode({claims}, {key}, algorithm="RS256", headers={{"typ": "JWT"}})'


def _pyjwt_from(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.externals["encode"] = "from jwt import encode"
    return [], f'encode({claims}, {key}, algorithm="RS256")'


def _pyjwt_from_alias(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.externals["jwt_encode"] = "from jwt import encode as jwt_encode"
    return [], f'jwt_encode({claims}, {key}, algorithm="RS256")'


def _pyjwt_alias(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.externals["pyjwt"] = "import jwt as pyjwt"
    return [], f'pyjwt.encode({claims}, {key}, algorithm="RS256")'


def _pyjwt_object(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    return [], f'jwt.PyJWT().encode({claims}, {key}, algorithm="RS256")'


def _jose(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.externals["jwt"] = "from jose import jwt"
    return [], f'jwt.encode({claims}, {key}, algorithm="RS256")'


def _jws(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    return [], f'jws.sign({claims}, {key}, algorithm="RS256")'


def _authlib(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.externals["jwt"] = "from authlib.jose import jwt"
    return [], f'jwt.encode({{"alg": "RS256"}}, {claims}, {key}).decode("ascii")'


def _joserfc(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.externals["jwt"] = "from joserfc import jwt"
    return [f"V_rsa = RSAKey.import_key({key})"], f'jwt.encode({{"alg": "RS256"}}, {claims}, V_rsa)'


def _jwcrypto(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.externals["jwt"] = "from jwcrypto import jwt"
    return [
        f"V_rsa = jwk.JWK.from_pem({key})",
        f'V_unsigned = jwt.JWT(header={{"alg": "RS256", "typ": "JWT"}}, claims={claims})',
        "V_unsigned.make_signed_token(V_rsa)",
    ], "V_unsigned.serialize()"


def _by_hand(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    d.above(
        "sign",
        "def F_base64url(V_part):",
        '    return base64.urlsafe_b64encode(V_part).rstrip(b"=")',
    )
    return [
        'V_head = F_base64url(json.dumps({"alg": "RS256", "typ": "JWT"}).encode())',
        f'V_signed = V_head + b"." + F_base64url(json.dumps({claims}).encode("utf-8"))',
        f"V_rsa = serialization.load_pem_private_key({key}, password=None)",
        "V_signature = V_rsa.sign(V_signed, padding.PKCS1v15(), hashes.SHA256())",
    ], '(V_signed + b"." + F_base64url(V_signature)).decode()'


@dataclass(frozen=True, slots=True)
class Encoder:
    """What signs, and what it takes."""

    write: Callable[[Draft, str, str], tuple[Lines, str]]
    is_pyjwt: bool = False
    takes_datetime: bool = True
    keys: str = "any"
    """``text``, ``bytes`` or ``any`` (loaded keys, too)."""


ENCODERS: dict[str, Encoder] = {
    "pyjwt": Encoder(_pyjwt, is_pyjwt=True),
    "pyjwt-positional": Encoder(_pyjwt_positional, is_pyjwt=True),
    "pyjwt-keywords": Encoder(_pyjwt_keywords, is_pyjwt=True),
    "pyjwt-headers": Encoder(_pyjwt_headers, is_pyjwt=True),
    "pyjwt-from": Encoder(_pyjwt_from),
    "pyjwt-from-alias": Encoder(_pyjwt_from_alias),
    "pyjwt-alias": Encoder(_pyjwt_alias),
    "pyjwt-object": Encoder(_pyjwt_object),
    "jose": Encoder(_jose, keys="text"),
    "jws": Encoder(_jws, takes_datetime=False, keys="text"),
    "authlib": Encoder(_authlib, keys="text"),
    "joserfc": Encoder(_joserfc, keys="text"),
    "jwcrypto": Encoder(_jwcrypto, takes_datetime=False, keys="bytes"),
    "by-hand": Encoder(_by_hand, takes_datetime=False, keys="bytes"),
}


def sign_of(d: Draft, claims: str, key: str) -> tuple[Lines, str]:
    """The assertion, with the habits of its time."""
    lines, expression = ENCODERS[d.recipe.encoder].write(d, claims, key)
    habit = d.recipe.habit
    if habit == "decode":
        return lines, f'{expression}.decode("utf-8")'
    if habit == "str":
        return [
            *lines,
            f"V_assertion = {expression}",
            'V_assertion = str(V_assertion, "utf-8")',
        ], "V_assertion"
    if habit == "isinstance":
        return [
            *lines,
            f"V_assertion = {expression}",
            "if isinstance(V_assertion, bytes):",
            '    V_assertion = V_assertion.decode("utf-8")',
        ], "V_assertion"
    return lines, expression


HABITS = ("none", "decode", "str", "isinstance")


# Where it is sent


def url_of(d: Draft, v: Values) -> tuple[Lines, str]:
    """The address of the exchange."""
    world, style = d.world, d.recipe.url
    slash = "/" if d.recipe.path == "slash" else ""
    path = world.path.replace("exchange/jwt", "exchange/v1/jwt") if d.recipe.path == "v1" else world.path
    host = (world.host, "" if style in ("literal", "constant", "variable", "table", "urljoin") else v["host"])
    whole = joined("literal", "https://", host, path + slash)
    if style == "literal":
        return [], whole
    if style == "constant":
        d.above("settings", f"K_url = {whole}")
        return [], "K_url"
    if style == "variable":
        return [f"V_url = {whole}"], "V_url"
    if style == "table":
        d.above("settings", f'K_endpoints = {{"exchange": {whole}, "api": {quoted(world.api)}}}')
        return [], 'K_endpoints["exchange"]'
    if style == "urljoin":
        base = quoted(f"https://{world.host}")
        return [], f"urljoin({base}, {quoted(path + slash)})"
    if style == "base":
        d.above("settings", f"K_base = {quoted('https://' + world.host)}")
        return [], f"K_base + {quoted(path + slash)}"
    expression = joined(style, "https://", host, path + slash)
    return [f"V_url = {expression}"], "V_url"


URLS = (
    "literal",
    "constant",
    "variable",
    "fstring",
    "format",
    "percent",
    "plus",
    "join",
    "urljoin",
    "base",
    "table",
)


# The body


@dataclass(slots=True)
class Fields:
    """What is sent: name and expression of each field."""

    client_id: tuple[str, str]
    client_secret: tuple[str, str]
    assertion: tuple[str, str]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        yield from (self.client_id, self.client_secret, self.assertion)

    @property
    def rows(self) -> Lines:
        """As rows of a dict."""
        return [f"{quoted(name)}: {value}," for name, value in self]


def _body_dict(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    return ["V_body = {", *indent(f.rows), "}"], Sent("form", "V_body")


def _body_inline(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    return [], Sent("form", "{" + " ".join(f.rows).rstrip(",") + "}")


def _body_steps(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    return ["V_body = {}", *[f"V_body[{quoted(n)}] = {e}" for n, e in f]], Sent("form", "V_body")


def _body_later(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    name, value = f.assertion
    lines = ["V_body = {", *indent(f.rows[:2]), "}", f"V_body[{quoted(name)}] = {value}"]
    return lines, Sent("form", "V_body")


def _body_call(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    rows = [f"{name}={value}," for name, value in f]
    return ["V_body = dict(", *indent(rows), ")"], Sent("form", "V_body")


def _body_spread(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    name, value = f.assertion
    return [
        "V_pair = {" + " ".join(f.rows[:2]).rstrip(",") + "}",
        f"V_body = {{**V_pair, {quoted(name)}: {value}}}",
    ], Sent("form", "V_body")


def _body_update(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    lines = ["V_body = {" + " ".join(f.rows[:2]).rstrip(",") + "}"]
    return [*lines, "V_body.update({" + f.rows[2].rstrip(",") + "})"], Sent("form", "V_body")


def _body_pairs(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    rows = [f"({quoted(name)}, {value})," for name, value in f]
    return ["V_body = [", *indent(rows), "]"], Sent("form", "V_body")


def _body_urlencoded(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    lines, sent = _body_dict(d, f)
    return [*lines, f"V_text = urlencode({sent.expression})"], Sent("text", "V_text")


def _body_urlencoded_inline(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    lines, sent = _body_dict(d, f)
    return lines, Sent("text", f"urllib.parse.urlencode({sent.expression})")


def _body_fstring(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    inner = "&".join(f"{name}={{{value}}}".replace('"', "'") for name, value in f)
    return [f'V_text = f"{inner}"'], Sent("text", "V_text")


def _body_plus(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    (a, i), (b, s), (c, j) = f
    return [f'V_text = "{a}=" + {i} + "&{b}=" + {s} + "&{c}=" + {j}'], Sent("text", "V_text")


def _body_query(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    lines, sent = _body_dict(d, f)
    return lines, Sent("query", sent.expression)


def _body_multipart(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    rows = [f"{quoted(name)}: (None, {value})," for name, value in f]
    return ["V_body = {", *indent(rows), "}"], Sent("multipart", "V_body")


def _body_url(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    inner = "&".join(f"{name}={{{value}}}".replace('"', "'") for name, value in f)
    return [f'V_query = f"?{inner}"'], Sent("url", "V_query")


def _body_function(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    d.above(
        "helper",
        "def F_token_form(V_client_id, V_client_secret, V_signed):",
        "    return {",
        *[
            f"        {quoted(name)}: V_{part},"
            for (name, _), part in zip(f, ("client_id", "client_secret", "signed"), strict=True)
        ],
        "    }",
    )
    return [], Sent("form", f"F_token_form({', '.join(value for _, value in f)})")


def _body_string(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    frame = "&".join(f"{name}=%s" for name, _ in f)
    return [f'V_text = "{frame}" % ({", ".join(value for _, value in f)})'], Sent("text", "V_text")


def _body_format(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    frame = "&".join(f"{name}={{}}" for name, _ in f)
    return [f'V_text = "{frame}".format({", ".join(value for _, value in f)})'], Sent("text", "V_text")


def _body_joined(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    rows = [f'"{name}=" + {value},' for name, value in f]
    return ['V_text = "&".join([', *indent(rows), "])"], Sent("text", "V_text")


BODIES: dict[str, Callable[[Draft, Fields], tuple[Lines, Sent]]] = {
    "dict": _body_dict,
    "inline": _body_inline,
    "steps": _body_steps,
    "later": _body_later,
    "call": _body_call,
    "spread": _body_spread,
    "update": _body_update,
    "pairs": _body_pairs,
    "urlencoded": _body_urlencoded,
    "urlencoded-inline": _body_urlencoded_inline,
    "fstring": _body_fstring,
    "plus": _body_plus,
    "query": _body_query,
    "multipart": _body_multipart,
    "function": _body_function,
    "percent": _body_string,
    "format": _body_format,
    "joined": _body_joined,
    "url": _body_url,
}
TEXTS = frozenset({"urlencoded", "urlencoded-inline", "fstring", "plus", "percent", "format", "joined"})


# What posts: lines, an expression of the reply, and how deep the lines after it stand

FORM_TYPE = '{"Content-Type": "application/x-www-form-urlencoded"}'
Posted = tuple[Lines, str, int, Reply]


def _response(name: str = "V_reply") -> Reply:
    return Reply(
        json=f"{name}.json()",
        text=f"{name}.text",
        content=f"{name}.content",
        status=f"{name}.status_code",
        ok=f"{name}.ok",
        raises=f"{name}.raise_for_status()",
    )


EXTRAS = {
    "none": "",
    "timeout": ", timeout=30",
    "headers": "",
    "verify": ', verify=os.environ["REQUESTS_CA_BUNDLE"]',
    "proxies": ", proxies={}",
    "redirects": ", allow_redirects=False, timeout=(3.05, 27)",
}


def _arguments_of(d: Draft, sent: Sent, word: str = "data") -> str:
    keyword = {"form": word, "text": "content" if word == "form" else "data"}
    keyword |= {"query": "params", "multipart": "files"}
    arguments = f"{keyword[sent.kind]}={sent.expression}" if sent.expression else "timeout=60"
    if not sent.expression:
        return arguments
    if sent.kind == "text":
        arguments += f", headers={FORM_TYPE}"
    elif d.recipe.extras == "headers":
        extra = FORM_TYPE if sent.kind == "form" else '{"Cache-Control": "no-cache"}'
        arguments += f", headers={extra}"
    return arguments + EXTRAS[d.recipe.extras]


def _requests(d: Draft, url: str, sent: Sent) -> Posted:
    return [], f"requests.post({url}, {_arguments_of(d, sent)})", 0, _response()


def _requests_keyword(d: Draft, url: str, sent: Sent) -> Posted:
    return [], f"requests.post(url={url}, {_arguments_of(d, sent)})", 0, _response()


def _requests_positional(d: Draft, url: str, sent: Sent) -> Posted:
    if sent.kind != "form":
        return _requests(d, url, sent)
    rest = _arguments_of(d, sent).removeprefix("data=")
    return [], f"requests.post({url}, {rest})", 0, _response()


def _requests_from(d: Draft, url: str, sent: Sent) -> Posted:
    d.externals["post"] = "from requests import post"
    return [], f"post({url}, {_arguments_of(d, sent)})", 0, _response()


def _requests_alias(d: Draft, url: str, sent: Sent) -> Posted:
    d.externals["rq"] = "import requests as rq"
    return [], f"rq.post({url}, {_arguments_of(d, sent)})", 0, _response()


def _requests_request(d: Draft, url: str, sent: Sent) -> Posted:
    return [], f'requests.request("POST", {url}, {_arguments_of(d, sent)})', 0, _response()


def _session(d: Draft, url: str, sent: Sent) -> Posted:
    lines = ["V_session = requests.Session()"]
    return lines, f"V_session.post({url}, {_arguments_of(d, sent)})", 0, _response()


def _with_session(d: Draft, url: str, sent: Sent) -> Posted:
    lines = ["with requests.Session() as V_session:"]
    return lines, f"V_session.post({url}, {_arguments_of(d, sent)})", 1, _response()


def _global_session(d: Draft, url: str, sent: Sent) -> Posted:
    d.above("exchange", "K_session = requests.Session()")
    return [], f"K_session.post({url}, {_arguments_of(d, sent)})", 0, _response()


def _wrapper(d: Draft, url: str, sent: Sent) -> Posted:
    keyword = {"form": "data", "text": "data", "query": "params", "multipart": "files"}[sent.kind]
    headers = f", headers={FORM_TYPE}" if sent.kind == "text" else ""
    d.above(
        "helper",
        "def F_post(V_url, V_form):",
        f"    V_answer = requests.post(V_url, {keyword}=V_form{headers})",
        "    V_answer.raise_for_status()",
        "    return V_answer",
    )
    return [], f"F_post({url}, {sent.expression})", 0, _response()


def _wrapper_json(d: Draft, url: str, sent: Sent) -> Posted:
    """A wrapper that gives the data."""
    d.above(
        "helper",
        "def F_post(V_url, **kwargs):",
        "    V_answer = requests.post(V_url, **kwargs)",
        "    V_answer.raise_for_status()",
        "    return V_answer.json()",
    )
    reply = Reply(json="V_reply", text="json.dumps(V_reply)", content="json.dumps(V_reply).encode()")
    return [], f"F_post({url}, data={sent.expression})", 0, reply


def _wrapper_verb(d: Draft, url: str, sent: Sent) -> Posted:
    """A wrapper that is told the verb."""
    d.above(
        "helper",
        "def F_send(V_verb, V_url, V_headers=None, V_form=None):",
        "    return requests.request(V_verb, V_url, headers=V_headers, data=V_form, timeout=10)",
    )
    return [], f'F_send("POST", {url}, V_form={sent.expression})', 0, _response()


def _httpx_response() -> Reply:
    reply = _response()
    reply.ok = "V_reply.is_success"
    reply.error = "httpx.HTTPError"
    return reply


def _httpx(d: Draft, url: str, sent: Sent) -> Posted:
    return [], f"httpx.post({url}, {_httpx_arguments(d, sent)})", 0, _httpx_response()


def _httpx_arguments(d: Draft, sent: Sent) -> str:
    arguments = _arguments_of(d, sent)
    return arguments.replace("data=", "content=", 1) if sent.kind == "text" else arguments


def _httpx_client(d: Draft, url: str, sent: Sent) -> Posted:
    lines = ["with httpx.Client() as V_http:"]
    return lines, f"V_http.post({url}, {_httpx_arguments(d, sent)})", 1, _httpx_response()


def _httpx_async(d: Draft, url: str, sent: Sent) -> Posted:
    lines = ["async with httpx.AsyncClient() as V_http:"]
    return lines, f"await V_http.post({url}, {_httpx_arguments(d, sent)})", 1, _httpx_response()


def _aiohttp(d: Draft, url: str, sent: Sent) -> Posted:
    reply = Reply(
        json="await V_reply.json()",
        text="await V_reply.text()",
        content="await V_reply.read()",
        status="V_reply.status",
        ok="V_reply.ok",
        raises="V_reply.raise_for_status()",
        error="aiohttp.ClientError",
    )
    arguments = _arguments_of(d, sent).replace(", timeout=30", "")
    lines = [
        "async with aiohttp.ClientSession(trust_env=True) as V_http:",
        f"    async with V_http.post({url}, {arguments}) as V_reply:",
    ]
    return lines, "", 2, reply


def _sent_bytes(sent: Sent) -> str:
    if sent.kind == "form":
        return f'urllib.parse.urlencode({sent.expression}).encode("utf-8")'
    return f'{sent.expression}.encode("utf-8")'


def _urllib_reply() -> Reply:
    return Reply(
        json="json.load(V_reply)",
        text="V_reply.read().decode()",
        content="V_reply.read()",
        status="V_reply.status",
        error="urllib.error.URLError",
    )


def _urllib(d: Draft, url: str, sent: Sent) -> Posted:
    lines = [f"V_request = urllib.request.Request({url}, data={_sent_bytes(sent)})"]
    return lines, "urllib.request.urlopen(V_request)", 0, _urllib_reply()


def _urllib_method(d: Draft, url: str, sent: Sent) -> Posted:
    lines = [
        f'V_request = urllib.request.Request({url}, data={_sent_bytes(sent)}, method="POST")',
        'V_request.add_header("Content-Type", "application/x-www-form-urlencoded")',
        "with urllib.request.urlopen(V_request, timeout=30) as V_reply:",
    ]
    return lines, "", 1, _urllib_reply()


def _urllib_direct(d: Draft, url: str, sent: Sent) -> Posted:
    return [], f"urlopen({url}, {_sent_bytes(sent)})", 0, _urllib_reply()


def _urllib3_reply() -> Reply:
    return Reply(
        json="json.loads(V_reply.data)",
        text="V_reply.data.decode()",
        content="V_reply.data",
        status="V_reply.status",
        error="urllib3.exceptions.HTTPError",
    )


def _urllib3(d: Draft, url: str, sent: Sent) -> Posted:
    lines = ['V_http = urllib3.PoolManager(ca_certs=os.environ["SSL_CERT_FILE"])']
    more = ", encode_multipart=False" if sent.kind == "form" else ""
    return lines, f'V_http.request("POST", {url}, fields={sent.expression}{more})', 0, _urllib3_reply()


def _urllib3_body(d: Draft, url: str, sent: Sent) -> Posted:
    lines = ['V_http = urllib3.PoolManager(ca_certs=os.environ["SSL_CERT_FILE"])']
    body = f"urlencode({sent.expression})" if sent.kind == "form" else sent.expression
    call = f'V_http.request("POST", {url}, body={body}, headers={FORM_TYPE})'
    return lines, call, 0, _urllib3_reply()


def _http_client(d: Draft, url: str, sent: Sent) -> Posted:
    body = f"urlencode({sent.expression})" if sent.kind == "form" else sent.expression
    slash = "/" if d.recipe.path == "slash" else ""
    path = d.world.path.replace("/jwt", "/v1/jwt") if d.recipe.path == "v1" else d.world.path
    lines = [
        f"V_connection = http.client.HTTPSConnection({quoted(d.world.host)})",
        f'V_connection.request("POST", {quoted(path + slash)}, {body}, {FORM_TYPE})',
    ]
    reply = _urllib_reply()
    reply.error = "OSError"
    return lines, "V_connection.getresponse()", 0, reply


@dataclass(frozen=True, slots=True)
class Client:
    """What posts, and what it can post."""

    write: Callable[[Draft, str, Sent], Posted]
    kinds: frozenset[str] = frozenset({"form", "text", "query", "multipart", "url"})
    is_async: bool = False
    chains: bool = True
    """Can the reply be read where it is got (``.post(…).json()``)?"""
    dict_only: bool = False
    """Takes no list of pairs."""
    own_address: bool = False


_PLAIN = frozenset({"form", "text"})
CLIENTS: dict[str, Client] = {
    "requests": Client(_requests),
    "requests-keyword": Client(_requests_keyword),
    "requests-positional": Client(_requests_positional),
    "requests-from": Client(_requests_from),
    "requests-alias": Client(_requests_alias),
    "requests-request": Client(_requests_request),
    "session": Client(_session),
    "with-session": Client(_with_session),
    "global-session": Client(_global_session),
    "wrapper": Client(_wrapper, kinds=frozenset({"form", "text", "query", "multipart"})),
    "wrapper-json": Client(_wrapper_json, kinds=frozenset({"form"}), chains=False),
    "wrapper-verb": Client(_wrapper_verb, kinds=frozenset({"form"})),
    "httpx": Client(_httpx, dict_only=True),
    "httpx-client": Client(_httpx_client, dict_only=True),
    "httpx-async": Client(_httpx_async, is_async=True, chains=False, dict_only=True),
    "aiohttp": Client(_aiohttp, kinds=frozenset({"form", "text", "query"}), is_async=True, chains=False),
    "urllib": Client(_urllib, kinds=_PLAIN, chains=False),
    "urllib-method": Client(_urllib_method, kinds=_PLAIN, chains=False),
    "urllib-direct": Client(_urllib_direct, kinds=_PLAIN, chains=False),
    "urllib3": Client(_urllib3, kinds=frozenset({"form"}), chains=False),
    "urllib3-body": Client(_urllib3_body, kinds=_PLAIN, chains=False),
    "http-client": Client(_http_client, kinds=_PLAIN, chains=False, own_address=True),
}
REQUESTS = frozenset(name for name, client in CLIENTS.items() if client.write in (
    _requests, _requests_keyword, _requests_positional, _requests_from, _requests_alias,
    _requests_request, _session, _with_session, _global_session, _wrapper,
))  # fmt: skip


# How the reply is checked and read

CHECKS = ("none", "raise", "status", "status-exit", "ok", "assert", "field", "error-field", "status-log")


def check_of(d: Draft, reply: Reply) -> Lines:
    """What is asked of the reply before it is read."""
    kind = d.recipe.check
    if kind == "raise" and reply.raises:
        return [reply.raises]
    if kind == "status" and reply.status:
        return [f"if {reply.status} != 200:", '    raise RuntimeError("no token")']
    if kind == "status-exit" and reply.status:
        return [f"if {reply.status} != 200:", f'    sys.exit(f"no token: {{{reply.status}}}")']
    if kind == "ok" and reply.ok:
        return [f"if not {reply.ok}:", f'    raise RuntimeError(f"no token: {{{reply.text}}}")']
    if kind == "assert" and reply.status:
        return [f"assert {reply.status} == 200, {reply.text}"]
    if kind == "status-log" and reply.status:
        return [f'logging.debug("the exchange said %s", {reply.status})']
    return []


def field_check_of(d: Draft, data: str) -> Lines:
    """What is asked of the data before it is used."""
    if d.recipe.check == "field":
        return [f'if "access_token" not in {data}:', '    raise RuntimeError("no token")']
    if d.recipe.check == "error-field":
        return [f'if {data}.get("error"):', f'    raise RuntimeError({data}["error"])']
    return []


READS = (
    "data",
    "loads",
    "loads-content",
    "chained",
    "direct",
    "get",
    "variable",
    "pop",
    "walrus",
    "unpacked",
)


@dataclass(slots=True)
class Reading:
    """The lines so far, and expressions of the token, of its lifetime and of the whole."""

    lines: Lines
    token: str
    expires: str
    data: str


def exchange_of(d: Draft, v: Values, assertion: str) -> tuple[Lines, int, Reading]:
    """Post and read: the lines, how deep the reading stands, and the reading."""
    client, read = CLIENTS[d.recipe.client], d.recipe.read
    fields = Fields(
        (d.world.id_field, v["client_id"]),
        (d.world.secret_field, v["client_secret"]),
        (d.world.assertion_field, assertion),
    )
    url_lines, url = ([], "") if client.own_address else url_of(d, v)
    body_lines, sent = BODIES[d.recipe.body](d, fields)
    if sent.kind == "url":
        url, sent = f"{url} + {sent.expression}", Sent("url", "")
    lines, call, depth, reply = client.write(d, url, sent)
    checks = check_of(d, reply)
    before = [*url_lines, *body_lines, *lines]
    inner: Lines = []
    if client.chains and not checks and read in ("chained", "direct") and d.recipe.retry != "loop":
        data = f"{call}{reply.json.removeprefix('V_reply')}"
    else:
        got = [f"V_reply = {call}"] if call else []
        if d.recipe.retry == "loop" and got and reply.status:
            got = [
                "for V_attempt in range(3):",
                *indent(got),
                f"    if {reply.status} != 429:",
                "        break",
                "    time.sleep(V_attempt)",
            ]
        inner += got
        inner += checks
        data = {"loads": f"json.loads({reply.text})", "loads-content": f"json.loads({reply.content})"}.get(
            read, reply.json
        )
    if read != "direct" or needs_data(d.recipe):
        inner += [f"V_data = {data}"]
        inner += field_check_of(d, "V_data")
        data = "V_data"
    elif data.startswith("await "):
        data = f"({data})"
    token = f'{data}.get("access_token")' if read == "get" else f'{data}["access_token"]'
    if read == "variable":
        inner += [f"V_token = {token}"]
        token = "V_token"
    if read == "walrus":
        inner += [f'if not (V_token := {data}.get("access_token")):', '    raise RuntimeError("no token")']
        token = "V_token"
    if read == "pop":
        inner += [f'V_token = {data}.pop("access_token")']
        token = "V_token"
    if read == "unpacked":
        inner += [f'V_token, V_expires = {data}["access_token"], {data}["expires_in"]']
        return before, depth, Reading(inner, "V_token", "V_expires", data)
    return before, depth, Reading(inner, token, f'{data}["expires_in"]', data)


def needs_data(recipe: Recipe) -> bool:
    """Is more than the token wanted?"""
    return (
        recipe.expiry != "none"
        or recipe.result in ("data", "pair")
        or recipe.check in ("field", "error-field")
    )


# The lifetime: lines, and an expression in seconds


def seconds_of(d: Draft, expires: str) -> tuple[Lines, str]:
    """Milliseconds as seconds, in many ways."""
    kind = d.recipe.expiry
    if kind == "minus":
        return [f"V_left = ({expires} - 60000) / 1000"], "(V_left + 60)"
    if kind == "in-place" and expires != "V_left":
        return [f"V_left = {expires}", "V_left /= 1000"], "V_left"
    if kind == "cast":
        return [f"V_left = int({expires})", "V_left = V_left // 1000"], "V_left"
    if kind == "created":
        return [
            "V_created = int(time.time() * 1000)",
            f"V_until = datetime.datetime.fromtimestamp((V_created + {expires}) / 1000)",
        ], "(V_until - datetime.datetime.now()).total_seconds()"
    if kind == "hours":
        return [f"V_left = {expires} / 3600000"], "(V_left * 3600)"
    if kind == "variable":
        return [f"V_expires = {expires}", "V_expires = V_expires / 1000"], "V_expires"
    if kind == "clock":
        return [f"V_until = time.time() * 1000 + {expires}"], "(V_until / 1000 - time.time())"
    if kind == "clock-int":
        return [
            f"V_until = int(round(time.time() * 1000)) + int({expires})"
        ], "((V_until - time.time() * 1000) / 1000)"
    if kind == "until":
        return [f"V_until = time.time() + {expires} / 1000"], "(V_until - time.time())"
    if kind == "datetime":
        return [
            f"V_until = datetime.datetime.now() + datetime.timedelta(milliseconds={expires})"
        ], "(V_until - datetime.datetime.now()).total_seconds()"
    if kind == "datetime-seconds":
        return [
            f"V_until = datetime.datetime.now() + datetime.timedelta(seconds={expires} / 1000)"
        ], "(V_until - datetime.datetime.now()).total_seconds()"
    if kind == "constant":
        d.above("settings", "K_millis = 1000")
        return [], f"({expires} / K_millis)"
    if kind == "default" and expires.endswith('["expires_in"]'):
        return [], f'({expires.removesuffix("""["expires_in"]""")}.get("expires_in", 86400000) / 1000)'
    if kind == "function":
        d.above("helper", "def F_seconds(V_millis):", "    return V_millis / 1000")
        return [], f"F_seconds({expires})"
    shape = EXPIRIES[kind]
    return [], shape.format(expires)


EXPIRIES = {
    "none": "({} / 1000)",
    "slash": "({} / 1000)",
    "power": "({} / 10**3)",
    "float-int": "(float({}) / 1000.0)",
    "minus": "",
    "in-place": "",
    "cast": "",
    "created": "",
    "hours": "",
    "floor": "({} // 1000)",
    "int": "int({} / 1000)",
    "int-int": "(int({}) // 1000)",
    "variable": "",
    "times": "({} * 0.001)",
    "float": "({} / 1e3)",
    "round": "round({} / 1000.0)",
    "timedelta": "datetime.timedelta(milliseconds={}).total_seconds()",
    "divmod": "divmod({}, 1000)[0]",
    "minutes": "({} / 1000 / 60 * 60)",
    "until": "",
    "clock": "",
    "clock-int": "",
    "datetime": "",
    "datetime-seconds": "",
    "constant": "",
    "default": "({} / 1000)",
    "function": "",
}


def show_expiry(d: Draft, expires: str, *, seconds: bool = False) -> Lines:
    """Print how many minutes the token lives."""
    if d.recipe.expiry == "none":
        return []
    lines, expression = ([], expires) if seconds else seconds_of(d, expires)
    d.out.append("1440 minutes")
    return [*lines, f'print(round({expression} / 60), "minutes")']


# What the flow gives back, and how the caller reads it

RESULTS = ("token", "data", "pair", "pair-seconds", "named", "object", "dict", "headers", "bearer")


def give(d: Draft, r: Reading, v: Values) -> Lines:
    """The end of the exchanging function."""
    kind = d.recipe.result
    if kind == "data":
        return [f"return {r.data}"]
    if kind == "pair":
        return [f"return {r.token}, {r.expires}"]
    if kind == "pair-seconds":
        lines, seconds = seconds_of(d, r.expires)
        return [*lines, f"return {r.token}, {seconds}"]
    if kind == "named":
        d.above("helper", "class C_token(NamedTuple):", "    V_value: str", "    V_expires: float")
        lines, seconds = seconds_of(d, r.expires)
        return [*lines, f"return C_token({r.token}, {seconds})"]
    if kind == "object":
        lines, seconds = seconds_of(d, "self.V_expires")
        d.above(
            "helper",
            "@dataclass",
            "class C_token:",
            "    V_value: str",
            "    V_expires: int",
            "",
            "    @property",
            "    def V_seconds(self):",
            *indent([*lines, f"return {seconds}"], 2),
        )
        return [f"return C_token(V_value={r.token}, V_expires={r.expires})"]
    if kind == "bearer":
        return [*_inner_expiry(d, r), f"return {joined('plus', 'Bearer ', ('', r.token))}"]
    if kind == "dict":
        lines, seconds = seconds_of(d, r.expires)
        return [*lines, "return {", f'    "token": {r.token},', f'    "seconds": {seconds},', "}"]
    if kind == "headers":
        bearer = joined("plus", "Bearer ", ("", r.token))
        rows = [f'"Authorization": {bearer},', f'"x-api-key": {v["client_id"]},']
        return [*_inner_expiry(d, r), "return {", *indent(rows), "}"]
    return [*_inner_expiry(d, r), f"return {r.token}"]


def _inner_expiry(d: Draft, r: Reading) -> Lines:
    return show_expiry(d, r.expires)


def take(d: Draft, call: str) -> tuple[Lines, str]:
    """At the caller: get the result, show its lifetime; the lines and an expression of the token."""
    kind = d.recipe.result
    if kind == "data":
        return [f"V_data = {call}", *show_expiry(d, 'V_data["expires_in"]')], 'V_data["access_token"]'
    if kind == "pair":
        return [f"V_token, V_expires = {call}", *show_expiry(d, "V_expires")], "V_token"
    if kind == "pair-seconds":
        return [f"V_token, V_seconds = {call}", *show_expiry(d, "V_seconds", seconds=True)], "V_token"
    if kind == "named":
        lines = [f"V_granted = {call}", *show_expiry(d, "V_granted.V_expires", seconds=True)]
        return lines, "V_granted.V_value"
    if kind == "object":
        lines = [f"V_granted = {call}", *show_expiry(d, "V_granted.V_seconds", seconds=True)]
        return lines, "V_granted.V_value"
    if kind == "dict":
        lines = [f"V_granted = {call}", *show_expiry(d, 'V_granted["seconds"]', seconds=True)]
        return lines, 'V_granted["token"]'
    name = "V_headers" if kind == "headers" else "V_token"
    return [f"{name} = {call}"], name


def use_of(d: Draft, token: str, v: Values) -> Lines:
    """Call an API with the token."""
    url = joined("plus", f"{d.world.api}/", (d.real("org_id"), v["org_id"]))
    d.out.append("2 people")
    if d.recipe.result == "headers":
        headers = token
    else:
        bearer = joined("fstring", "Bearer ", ("", token)) if "[" not in token else f'"Bearer " + {token}'
        bearer = token if d.recipe.result == "bearer" else bearer
        rows = [f'"Authorization": {bearer}', f'"x-api-key": {v["client_id"]}']
        headers = "{" + ", ".join([*rows, f'"x-gw-ims-org-id": {v["org_id"]}']) + "}"
    if d.recipe.use == "urllib":
        return [
            f"V_call = urllib.request.Request({url}, headers={headers})",
            "with urllib.request.urlopen(V_call) as V_answer:",
            '    print(len(json.load(V_answer)["users"]), "people")',
        ]
    if d.recipe.use == "httpx":
        return [
            f"V_answer = httpx.get({url}, headers={headers})",
            'print(len(V_answer.json()["users"]), "people")',
        ]
    if d.recipe.use == "session":
        return [
            "V_api = requests.Session()",
            f"V_api.headers.update({headers})",
            f"V_answer = V_api.get({url})",
            "V_answer.raise_for_status()",
            'print(len(V_answer.json()["users"]), "people")',
        ]
    return [
        f"V_answer = requests.get({url}, headers={headers})",
        "V_answer.raise_for_status()",
        'print(len(V_answer.json()["users"]), "people")',
    ]


USES = ("requests", "urllib", "session", "httpx")


# Functions: what they take, and how they are called


class Scope(Values):
    """Values as a function, a method or a module sees them."""

    def __init__(self, expression: Callable[[str], str], config: str = "K_config") -> None:
        super().__init__(expression)
        self.config = config


def outside(d: Draft) -> Scope:
    """Values at the top level."""
    return Scope(d.source)


def inside(d: Draft) -> Scope:
    """Values in a function."""
    if d.recipe.passing == "params":
        return Scope(lambda name: f"V_{name}")
    if d.recipe.passing == "object":
        return Scope(lambda name: d.source(name).replace("K_config", "V_config"), "V_config")
    return outside(d)


def parameters(d: Draft, scope: Scope) -> Lines:
    """The parameters that a function with this scope needs."""
    if d.recipe.passing == "params":
        return [f"V_{name}" for name in scope.used]
    return ["V_config"] if d.recipe.passing == "object" and scope.used else []


def arguments(d: Draft, scope: Scope, caller: Scope) -> Lines:
    """What a caller gives for them."""
    if d.recipe.passing == "params":
        return [caller[name] for name in scope.used]
    if not parameters(d, scope):
        return []
    caller.used.update(scope.used)
    return [caller.config]


@dataclass(slots=True)
class Function:
    """A function that was written: how it is called."""

    name: str
    scope: Scope
    is_async: bool = False

    def call(self, d: Draft, caller: Scope, *first: str, top: bool = False) -> str:
        """A call from another scope; ``top``: from outside of any function."""
        call = f"{self.name}({', '.join([*first, *arguments(d, self.scope, caller)])})"
        if not self.is_async:
            return call
        return f"asyncio.run({call})" if top else f"await {call}"


ABOUT = {
    "F_claims": "Say who we are.",
    "F_key": "Read the private key.",
    "F_assertion": "Sign a JWT with our private key.",
    "F_exchange": "Exchange the JWT for an access token.",
    "F_token": "Get an access token.",
    "F_cached": "Get an access token that is still good.",
}


def head(d: Draft, name: str, params: Sequence[str], *, is_async: bool = False) -> Lines:
    """The first lines of a definition."""
    annotated = d.recipe.dress == "annotated"
    shown = [
        f"{p}: str" if annotated and p not in ("self", "cls", "V_config", "V_claims") else p for p in params
    ]
    arrow = " -> None" if annotated and name == "__init__" else " -> Any" if annotated else ""
    lines = [f"{'async ' if is_async else ''}def {name}({', '.join(shown)}){arrow}:"]
    about = ABOUT.get(name)
    if about and d.recipe.dress == "docstrings":
        lines.append(f'    """{about}"""')
    if about and d.recipe.dress == "comments":
        lines.append(f"    # {about}")
    if about and d.recipe.dress == "logging":
        lines.append(f'    logging.getLogger(__name__).debug("{about}")')
    return lines


def define(
    d: Draft,
    role: str,
    name: str,
    body: Callable[[Scope], Lines],
    first: Sequence[str] = (),
    *,
    is_async: bool = False,
    decorators: Sequence[str] = (),
) -> Function:
    """Write a function; its parameters are what its body asks for."""
    scope = inside(d)
    lines = body(scope)
    params = [*first, *parameters(d, scope)]
    d.above(role, *decorators, *head(d, name, params, is_async=is_async), *indent(lines))
    return Function(name, scope, is_async)


# The two halves of a flow


def key_of(d: Draft, v: Values) -> tuple[Lines, str]:
    """The private key."""
    lines, key = KEYS[d.recipe.key](d, v)
    if ENCODERS[d.recipe.encoder].keys == "bytes" and d.recipe.key not in BYTES_KEYS:
        key = f"{key}.encode()"
    return lines, key


def assertion_of(d: Draft, claims: tuple[Lines, str], key: tuple[Lines, str]) -> tuple[Lines, str]:
    """Sign, with what surrounds that."""
    lines, expression = sign_of(d, claims[1], key[1])
    lines = [*claims[0], *key[0], *lines]
    guard = d.recipe.guard
    if guard == "log":
        return [
            *lines,
            f"V_assertion = {expression}",
            'logging.info("signed %d characters", len(V_assertion))',
        ], "V_assertion"
    if guard == "assertion":
        return [
            *lines,
            f"V_assertion = {expression}",
            "if not V_assertion:",
            '    raise ValueError("no assertion")',
        ], "V_assertion"
    if guard == "is-none":
        return [
            *lines,
            f"V_assertion = {expression}",
            "if V_assertion is None:",
            '    raise RuntimeError("no assertion")',
        ], "V_assertion"
    if guard == "assert":
        return [
            *lines,
            f"V_assertion = {expression}",
            "assert isinstance(V_assertion, (str, bytes))",
        ], "V_assertion"
    if guard == "print":
        return [*lines, f"V_assertion = {expression}", 'print("signed", file=sys.stderr)'], "V_assertion"
    if guard in ("try-jwt", "try-any", "try-exception"):
        errors = {
            "try-jwt": "jwt.PyJWTError",
            "try-any": "(ValueError, TypeError)",
            "try-exception": "Exception",
        }
        error = errors[guard]
        return [
            "try:",
            *indent([*lines, f"V_assertion = {expression}"]),
            f"except {error} as V_error:",
            '    raise RuntimeError("cannot sign") from V_error',
        ], "V_assertion"
    return lines, expression


def whole_assertion(d: Draft, v: Values) -> tuple[Lines, str]:
    """Claims, key and signature in one place."""
    return assertion_of(d, claims_of(d, v), key_of(d, v))


def named(lines_and: tuple[Lines, str], name: str = "V_assertion") -> Lines:
    """Lines that end with the assertion in a variable."""
    lines, expression = lines_and
    return lines if expression == name else [*lines, f"{name} = {expression}"]


def returned(lines_and: tuple[Lines, str]) -> Lines:
    """Lines that end with a return."""
    return [*lines_and[0], f"return {lines_and[1]}"]


def exchanged(d: Draft, v: Values, assertion: str, end: Callable[[Reading], Lines]) -> Lines:
    """Post, read, and do something with it."""
    lines, depth, reading = exchange_of(d, v, assertion)
    inner = [*reading.lines, *end(reading)]
    guard = d.recipe.guard
    if guard == "key-error" and any(line.startswith("return ") for line in inner):
        inner = ["try:", *indent(inner), "except KeyError as V_error:"]
        inner.append('    raise RuntimeError("no token in the reply") from V_error')
    lines = [*lines, *indent(inner, depth)]
    if guard == "try-log":
        logged = ['    logging.exception("no token")', "    raise"]
        return ["try:", *indent(lines), f"except {ERRORS[d.recipe.client]}:", *logged]
    if guard in ("try-request", "try-exit"):
        error = ERRORS[d.recipe.client]
        ending = (
            '    raise RuntimeError("no reply") from V_error'
            if guard == "try-request"
            else '    sys.exit(f"no reply: {V_error}")'
        )
        return ["try:", *indent(lines), f"except {error} as V_error:", ending]
    return lines


def _error_of(name: str) -> str:
    if name == "requests-from":
        return "OSError"
    if name == "requests-alias":
        return "rq.RequestException"
    for start, error in (("httpx", "httpx.HTTPError"), ("aiohttp", "aiohttp.ClientError")):
        if name.startswith(start):
            return error
    if name.startswith("urllib3"):
        return "urllib3.exceptions.HTTPError"
    if name.startswith("urllib"):
        return "urllib.error.URLError"
    return "OSError" if name == "http-client" else "requests.exceptions.RequestException"


ERRORS = {name: _error_of(name) for name in CLIENTS}
GUARDS = (
    "none",
    "assertion",
    "is-none",
    "assert",
    "print",
    "log",
    "try-any",
    "try-exception",
    "try-jwt",
    "key-error",
    "try-request",
    "try-exit",
    "try-log",
)


def decorators_of(d: Draft) -> Lines:
    """What stands above the exchanging function."""
    lines = []
    if d.recipe.cache == "lru":
        lines.append("@lru_cache(maxsize=None)")
    if d.recipe.cache == "functools":
        lines.append("@functools.cache")
    if d.recipe.retry == "decorator":
        d.above(
            "helper",
            "def F_retry(V_function):",
            "    @functools.wraps(V_function)",
            "    def V_wrapped(*args, **kwargs):",
            "        for V_attempt in range(3):",
            "            try:",
            "                return V_function(*args, **kwargs)",
            "            except OSError:",
            "                time.sleep(V_attempt)",
            '        raise RuntimeError("gave up")',
            "",
            "    return V_wrapped",
        )
        lines.append("@F_retry")
    return lines


# The structures: each writes the flow and gives the lines of the main program


def _function(d: Draft) -> Lines:
    def body(v: Scope) -> Lines:
        return [
            *named(whole_assertion(d, v)),
            *exchanged(d, v, "V_assertion", lambda r: give(d, r, v)),
        ]

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _script(d: Draft) -> Lines:
    v = outside(d)
    tail: Lines = []

    def end(r: Reading) -> Lines:
        tail.extend(use_of(d, "V_token", v))
        return [f"V_token = {r.token}" if r.token != "V_token" else "", *show_expiry(d, r.expires)]

    lines = [*named(whole_assertion(d, v)), *exchanged(d, v, "V_assertion", end)]
    return [line for line in [*lines, *tail] if line]


def _inline(d: Draft) -> Lines:
    """The assertion is signed inside the call or the body."""

    def body(v: Scope) -> Lines:
        lines, expression = whole_assertion(d, v)
        return [*lines, *exchanged(d, v, expression, lambda r: give(d, r, v))]

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _two(d: Draft) -> Lines:
    sign, exchange = _halves(d)
    v = outside(d)
    assertion = sign.call(d, v)
    if d.recipe.cache != "none":
        return finish(d, exchange, assertion)
    lines = [f"V_assertion = {assertion}"]
    return [*lines, *finish(d, exchange, "V_assertion")]


def _two_nested(d: Draft) -> Lines:
    sign, exchange = _halves(d)
    return finish(d, exchange, sign.call(d, outside(d)))


def _halves(d: Draft) -> tuple[Function, Function]:
    sign = define(d, "sign", "F_assertion", lambda v: returned(whole_assertion(d, v)))
    exchange = define(
        d,
        "exchange",
        "F_exchange",
        lambda v: exchanged(d, v, "V_assertion", lambda r: give(d, r, v)),
        ["V_assertion"],
        is_async=d.is_async,
        decorators=decorators_of(d),
    )
    return sign, exchange


def _calls(d: Draft) -> Lines:
    """One function calls the other."""
    sign = define(d, "sign", "F_assertion", lambda v: returned(whole_assertion(d, v)))

    def body(v: Scope) -> Lines:
        call = sign.call(d, v)
        return [f"V_assertion = {call}", *exchanged(d, v, "V_assertion", lambda r: give(d, r, v))]

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _inner_call(d: Draft) -> Lines:
    """The other function is called inside the body."""
    sign = define(d, "sign", "F_assertion", lambda v: returned(whole_assertion(d, v)))

    def body(v: Scope) -> Lines:
        return exchanged(d, v, sign.call(d, v), lambda r: give(d, r, v))

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _chain(d: Draft) -> Lines:
    """A function over two."""
    sign, exchange = _halves(d)
    function = define(
        d,
        "exchange",
        "F_token",
        lambda v: [f"return {exchange.call(d, v, sign.call(d, v))}"],
        is_async=d.is_async,
    )
    return finish(d, function)


def _three(d: Draft) -> Lines:
    """Claims, key and assertion each have their function."""
    claims = define(d, "sign", "F_claims", lambda v: returned(claims_of(d, v)))
    key = define(d, "sign", "F_key", lambda v: returned(key_of(d, v)))
    sign = define(
        d,
        "sign",
        "F_assertion",
        lambda v: returned(assertion_of(d, ([], "V_claims"), ([], "V_key"))),
        ["V_claims", "V_key"],
    )

    def body(v: Scope) -> Lines:
        call = sign.call(d, v, claims.call(d, v), key.call(d, v))
        return [f"V_assertion = {call}", *exchanged(d, v, "V_assertion", lambda r: give(d, r, v))]

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _inner(d: Draft) -> Lines:
    """A function in the function."""

    def body(v: Scope) -> Lines:
        return [
            "def F_assertion():",
            *indent(returned(whole_assertion(d, v))),
            "",
            *exchanged(d, v, "F_assertion()", lambda r: give(d, r, v)),
        ]

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _tuple(d: Draft) -> Lines:
    """The claims and the key come back together."""

    def parts(v: Scope) -> Lines:
        claims, key = claims_of(d, v), key_of(d, v)
        return [*claims[0], *key[0], f"return {claims[1]}, {key[1]}"]

    both = define(d, "sign", "F_claims", parts)

    def body(v: Scope) -> Lines:
        assertion = assertion_of(d, ([f"V_claims, V_key = {both.call(d, v)}"], "V_claims"), ([], "V_key"))
        return [*named(assertion), *exchanged(d, v, "V_assertion", lambda r: give(d, r, v))]

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _default(d: Draft) -> Lines:
    """The assertion may be given; it is made if it is not."""
    sign = define(d, "sign", "F_assertion", lambda v: returned(whole_assertion(d, v)))

    def body(v: Scope) -> Lines:
        return [
            f"V_assertion = {sign.call(d, v)}",
            "V_form_assertion = V_assertion",
            *exchanged(d, v, "V_form_assertion", lambda r: give(d, r, v)),
        ]

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _factory(d: Draft) -> Lines:
    """A function makes the function that gets the token."""
    sign = define(d, "sign", "F_assertion", lambda v: returned(whole_assertion(d, v)))

    def body(v: Scope) -> Lines:
        call = sign.call(d, v)
        inner = [f"V_assertion = {call}", *exchanged(d, v, "V_assertion", lambda r: give(d, r, v))]
        return ["def F_get():", *indent(inner), "", "return F_get"]

    made = define(d, "exchange", "F_token", body)
    v = outside(d)
    lines, token = take(d, f"{made.call(d, v)}()")
    return [*lines, *use_of(d, token, v)]


def _parameter_twice(d: Draft) -> Lines:
    """A parameter that is the claims first and the assertion later."""
    claims = define(d, "sign", "F_claims", lambda v: returned(claims_of(d, v)))

    def body(v: Scope) -> Lines:
        lines, key = key_of(d, v)
        assertion = assertion_of(d, ([], "V_subject"), (lines, key))
        return [
            *named(assertion, "V_subject"),
            *exchanged(d, v, "V_subject", lambda r: give(d, r, v)),
        ]

    exchange = define(
        d, "exchange", "F_exchange", body, ["V_subject"], is_async=d.is_async, decorators=decorators_of(d)
    )
    return finish(d, exchange, claims.call(d, outside(d)))


def _keyword_only(d: Draft) -> Lines:
    """The assertion is given by its name."""
    sign = define(d, "sign", "F_assertion", lambda v: returned(whole_assertion(d, v)))

    def body(v: Scope) -> Lines:
        return exchanged(d, v, "V_assertion", lambda r: give(d, r, v))

    exchange = define(
        d, "exchange", "F_exchange", body, ["V_assertion"], is_async=d.is_async, decorators=decorators_of(d)
    )
    return finish(d, exchange, sign.call(d, outside(d)))


# Classes


@dataclass(slots=True)
class Class:
    """A class that is being written."""

    name: str
    scope: Scope
    methods: list[Lines] = field(default_factory=list)
    more: Lines = field(default_factory=list)
    """More lines of ``__init__``."""

    def method(self, d: Draft, name: str, lines: Lines, params: Sequence[str] = (), **options: bool) -> None:
        """Add a method."""
        is_async = options.get("is_async", False)
        self.methods.append([*head(d, name, ["self", *params], is_async=is_async), *indent(lines)])

    def write(self, d: Draft, role: str, base: str = "") -> Function:
        """Put the class at the top level; calling it makes an object."""
        first: list[Lines] = []
        params, lines = self._init(d)
        if lines or self.more:
            first = [[*head(d, "__init__", ["self", *params]), *indent([*lines, *self.more])]]
        bodies = [*first, *self.methods]
        inner = [line for body in bodies for line in ["", *body]][1:]
        d.above(role, f"class {self.name}{f'({base})' if base else ''}:", *indent(inner))
        return Function(self.name, self.scope)

    def _init(self, d: Draft) -> tuple[Lines, Lines]:
        if d.recipe.passing == "object" and self.scope.used:
            return ["V_config"], ["self.V_config = V_config"]
        if d.recipe.passing == "params":
            names = [f"V_{name}" for name in self.scope.used]
            return names, [f"self.{name} = {name}" for name in names]
        return [], [f"self.V_{name} = {d.source(name)}" for name in self.scope.used]


def new_class(d: Draft, name: str) -> Class:
    """A class whose objects hold the values."""
    if d.recipe.passing == "object":
        return Class(name, Scope(lambda n: d.source(n).replace("K_config", "self.V_config"), "self.V_config"))
    return Class(name, Scope(lambda n: f"self.V_{n}"))


def finish_object(d: Draft, cls: Function, call: str = "V_client.F_token()") -> Lines:
    """Make an object and use its token."""
    v = outside(d)
    made = [f"V_client = {cls.call(d, v)}"]
    call = f"asyncio.run({call})" if d.is_async else call
    lines, token = take(d, call)
    return [*made, *lines, *use_of(d, token, v)]


def _class(d: Draft) -> Lines:
    cls = new_class(d, "C_client")
    v = cls.scope
    cls.method(d, "F_assertion", returned(whole_assertion(d, v)))
    lines = ["V_assertion = self.F_assertion()"]
    lines += exchanged(d, v, "V_assertion", lambda r: give(d, r, v))
    cls.method(d, "F_token", lines, is_async=d.is_async)
    return finish_object(d, cls.write(d, "exchange"))


def _class_one(d: Draft) -> Lines:
    cls = new_class(d, "C_client")
    v = cls.scope
    lines = named(whole_assertion(d, v))
    lines += exchanged(d, v, "V_assertion", lambda r: give(d, r, v))
    cls.method(d, "F_token", lines, is_async=d.is_async)
    return finish_object(d, cls.write(d, "exchange"))


def _class_state(d: Draft) -> Lines:
    cls = new_class(d, "C_client")
    v = cls.scope
    lines, expression = whole_assertion(d, v)
    cls.more = ["self.V_assertion = None"]
    cls.method(d, "F_assertion", [*lines, f"self.V_assertion = {expression}"])
    lines = ["self.F_assertion()", *exchanged(d, v, "self.V_assertion", lambda r: give(d, r, v))]
    cls.method(d, "F_token", lines, is_async=d.is_async)
    return finish_object(d, cls.write(d, "exchange"))


def _class_init(d: Draft) -> Lines:
    cls = new_class(d, "C_client")
    v = cls.scope
    lines, expression = whole_assertion(d, v)
    cls.more = [*lines, f"self.V_assertion = {expression}"]
    cls.method(
        d, "F_token", exchanged(d, v, "self.V_assertion", lambda r: give(d, r, v)), is_async=d.is_async
    )
    return finish_object(d, cls.write(d, "exchange"))


def _class_key(d: Draft) -> Lines:
    """The key is read when the object is made."""
    cls = new_class(d, "C_client")
    v = cls.scope
    lines, key = key_of(d, v)
    cls.more = [*lines, f"self.V_key = {key}"]
    cls.method(d, "F_claims", returned(claims_of(d, v)))
    cls.method(d, "F_assertion", returned(assertion_of(d, ([], "self.F_claims()"), ([], "self.V_key"))))
    lines = exchanged(d, v, "self.F_assertion()", lambda r: give(d, r, v))
    cls.method(d, "F_token", lines, is_async=d.is_async)
    return finish_object(d, cls.write(d, "exchange"))


def _class_cached(d: Draft) -> Lines:
    cls = new_class(d, "C_client")
    v = cls.scope
    cls.more = ["self.V_token = None", "self.V_until = 0"]
    cls.method(d, "F_assertion", returned(whole_assertion(d, v)))

    def end(r: Reading) -> Lines:
        lines, seconds = seconds_of(d, r.expires)
        return [
            f"self.V_token = {r.token}",
            *lines,
            f"self.V_until = time.time() + {seconds} - 60",
            "return self.V_token",
        ]

    lines = ["if self.V_token and time.time() < self.V_until:", "    return self.V_token"]
    lines += exchanged(d, v, "self.F_assertion()", end)
    cls.method(d, "F_token", lines, is_async=d.is_async)
    main = finish_object(d, cls.write(d, "exchange"))
    d.out.append("1440 minutes")
    return [*main, 'print(round((V_client.V_until + 60 - time.time()) / 60), "minutes")']


def _class_expiry_method(d: Draft) -> Lines:
    """The lifetime is set by a method of its own."""
    cls = new_class(d, "C_client")
    v = cls.scope
    cls.more = ["self.V_token = None", "self.V_until = 0"]
    cls.method(d, "F_assertion", returned(whole_assertion(d, v)))
    lines, seconds = seconds_of(d, "V_expires")
    cls.method(d, "F_remember", [*lines, f"self.V_until = time.time() + {seconds}"], ["V_expires"])

    def end(r: Reading) -> Lines:
        return [f"self.V_token = {r.token}", f"self.F_remember({r.expires})", "return self.V_token"]

    lines = ["if self.V_until > time.time():", "    return self.V_token"]
    lines += exchanged(d, v, "self.F_assertion()", end)
    cls.method(d, "F_token", lines, is_async=d.is_async)
    main = finish_object(d, cls.write(d, "exchange"))
    d.out.append("1440 minutes")
    return [*main, 'print(round((V_client.V_until - time.time()) / 60), "minutes")']


def _class_property(d: Draft) -> Lines:
    cls = new_class(d, "C_client")
    v = cls.scope
    lines = returned(whole_assertion(d, v))
    cls.methods.append(["@property", *head(d, "V_assertion", ["self"]), *indent(lines)])
    lines = exchanged(d, v, "self.V_assertion", lambda r: give(d, r, v))
    cls.methods.append(["@property", *head(d, "V_granted", ["self"]), *indent(lines)])
    return finish_object(d, cls.write(d, "exchange"), "V_client.V_granted")


def _class_static(d: Draft) -> Lines:
    sign = inside(d)
    body = returned(whole_assertion(d, sign))
    cls = new_class(d, "C_client")
    v = cls.scope
    lines = ["@staticmethod", *head(d, "F_assertion", parameters(d, sign)), *indent(body)]
    cls.methods.append(lines)
    call = f"self.F_assertion({', '.join(arguments(d, sign, v))})"
    lines = [f"V_assertion = {call}", *exchanged(d, v, "V_assertion", lambda r: give(d, r, v))]
    cls.method(d, "F_token", lines, is_async=d.is_async)
    return finish_object(d, cls.write(d, "exchange"))


def _class_methods(d: Draft) -> Lines:
    """Nobody makes an object."""
    cls = Class("C_client", outside(d))
    v = cls.scope
    one = ["@classmethod", *head(d, "F_assertion", ["cls"]), *indent(returned(whole_assertion(d, v)))]
    lines = ["V_assertion = cls.F_assertion()"]
    lines += exchanged(d, v, "V_assertion", lambda r: give(d, r, v))
    two = ["@classmethod", *head(d, "F_token", ["cls"], is_async=d.is_async), *indent(lines)]
    d.above("exchange", "class C_client:", *indent([*one, "", *two]))
    call = "asyncio.run(C_client.F_token())" if d.is_async else "C_client.F_token()"
    more, token = take(d, call)
    return [*more, *use_of(d, token, outside(d))]


def _class_helper(d: Draft) -> Lines:
    """The object has another one that signs."""
    one, two = new_class(d, "C_base"), new_class(d, "C_client")
    one.method(d, "F_assertion", returned(whole_assertion(d, one.scope)))
    signer = one.write(d, "sign")
    v = two.scope
    lines = exchanged(d, v, "self.V_signer.F_assertion()", lambda r: give(d, r, v))
    two.method(d, "F_token", lines, is_async=d.is_async)
    v[next(iter(signer.scope.used))]
    arguments(d, signer.scope, v)
    two.more = [f"self.V_signer = {signer.call(d, v)}"]
    return finish_object(d, two.write(d, "exchange"))


def _class_session(d: Draft) -> Lines:
    """The object is a requests session that authorises itself."""
    cls = new_class(d, "C_client")
    v = cls.scope
    cls.more = ["self.V_api = requests.Session()"]
    cls.method(d, "F_assertion", returned(whole_assertion(d, v)))
    client = v["client_id"]

    def end(r: Reading) -> Lines:
        return [
            *show_expiry(d, r.expires),
            f'self.V_api.headers["Authorization"] = "Bearer " + {r.token}',
            f'self.V_api.headers["x-api-key"] = {client}',
        ]

    cls.method(d, "F_authorise", exchanged(d, v, "self.F_assertion()", end))
    url = f'"{d.world.api}/" + {v["org_id"]}'
    cls.method(d, "F_people", [f'return self.V_api.get({url}).json()["users"]'])
    made = cls.write(d, "exchange")
    d.out.append("2 people")
    return [
        f"V_client = {made.call(d, outside(d))}",
        "V_client.F_authorise()",
        'print(len(V_client.F_people()), "people")',
    ]


def _inheritance(d: Draft) -> Lines:
    base, cls = new_class(d, "C_base"), new_class(d, "C_client")
    v = base.scope
    base.method(d, "F_assertion", returned(whole_assertion(d, v)))
    lines = exchanged(d, v, "self.F_assertion()", lambda r: give(d, r, v))
    cls.method(d, "F_token", lines, is_async=d.is_async)
    made = base.write(d, "sign")
    cls.write(d, "exchange", "C_base")
    return finish_object(d, Function("C_client", made.scope))


def _callables(d: Draft) -> Lines:
    """Objects that are called."""
    one, two = new_class(d, "C_assertion"), new_class(d, "C_request")
    one.method(d, "__call__", returned(whole_assertion(d, one.scope)))
    first = one.write(d, "sign")
    lines = exchanged(d, two.scope, "self.V_assertion", lambda r: give(d, r, two.scope))
    two.method(d, "__call__", lines)
    two.more = ["self.V_assertion = V_assertion"]
    params, inits = two._init(d)
    inner = [*head(d, "__init__", ["self", "V_assertion", *params]), *indent([*inits, *two.more]), ""]
    d.above("exchange", "class C_request:", *indent([*inner, *two.methods[0]]))
    v = outside(d)
    call = Function("C_request", two.scope).call(d, v, f"{first.call(d, v)}()") + "()"
    more, token = take(d, call)
    return [*more, *use_of(d, token, v)]


STRUCTURES: dict[str, Callable[[Draft], Lines]] = {
    "function": _function,
    "script": _script,
    "inline": _inline,
    "two": _two,
    "two-nested": _two_nested,
    "calls": _calls,
    "inner-call": _inner_call,
    "chain": _chain,
    "three": _three,
    "tuple": _tuple,
    "inner": _inner,
    "rename": _default,
    "factory": _factory,
    "parameter-twice": _parameter_twice,
    "given": _keyword_only,
    "class-one": _class_one,
    "class": _class,
    "class-state": _class_state,
    "class-init": _class_init,
    "class-key": _class_key,
    "class-cached": _class_cached,
    "class-expiry-method": _class_expiry_method,
    "class-property": _class_property,
    "class-static": _class_static,
    "class-methods": _class_methods,
    "class-helper": _class_helper,
    "class-session": _class_session,
    "inheritance": _inheritance,
    "callables": _callables,
}
CLASSES = frozenset(name for name in STRUCTURES if name.startswith("class")) | {"inheritance", "callables"}
OWN_EXPIRY = frozenset({"class-cached", "class-expiry-method"})


def finish(d: Draft, function: Function, *first: str) -> Lines:
    """Call the exchanging function, through a cache perhaps, and use the token."""
    v = outside(d)
    if d.recipe.cache in CACHES:
        function = CACHES[d.recipe.cache](d, function, *first)
        return [f"V_token = {function.call(d, v, top=True)}", *use_of(d, "V_token", v)]
    lines, token = take(d, function.call(d, v, *first, top=True))
    return [*lines, *use_of(d, token, v)]


def _fresh(d: Draft, call: str) -> Lines:
    """Get a token and its end."""
    kind = d.recipe.result
    if kind == "token":
        return [f"V_token = {call}", "V_until = time.time() + 3600"]
    if kind == "data":
        lines, seconds = seconds_of(d, 'V_data["expires_in"]')
        lines = [f"V_data = {call}", 'V_token = V_data["access_token"]', *lines]
    elif kind == "pair":
        lines, seconds = seconds_of(d, "V_expires")
        lines = [f"V_token, V_expires = {call}", *lines]
    else:
        lines, seconds = [f"V_token, V_seconds = {call}"], "V_seconds"
    d.out.append("1440 minutes")
    return [
        *lines,
        f"V_until = time.time() + {seconds}",
        'print(round((V_until - time.time()) / 60), "minutes")',
    ]


def _cache_global(d: Draft, function: Function, *first: str) -> Function:
    d.above("exchange", "K_token = None", "K_until = 0")

    def body(v: Scope) -> Lines:
        return [
            "global K_token, K_until",
            "if K_token is None or time.time() > K_until:",
            *indent(_fresh(d, function.call(d, v, *_inside_arguments(d, v, first)))),
            "    K_token = V_token",
            "    K_until = V_until - 60",
            "return K_token",
        ]

    return define(d, "exchange", "F_cached", body, is_async=d.is_async)


def _cache_file(d: Draft, function: Function, *first: str) -> Function:
    def body(v: Scope) -> Lines:
        return [
            'if os.path.exists("token.json"):',
            '    with open("token.json") as V_file:',
            "        V_saved = json.load(V_file)",
            '    if V_saved["until"] > time.time():',
            '        return V_saved["token"]',
            *_fresh(d, function.call(d, v, *_inside_arguments(d, v, first))),
            'with open("token.json", "w") as V_file:',
            '    json.dump({"token": V_token, "until": V_until}, V_file)',
            "return V_token",
        ]

    return define(d, "exchange", "F_cached", body, is_async=d.is_async)


def _inside_arguments(d: Draft, v: Scope, first: Sequence[str]) -> Lines:
    """The arguments of a call, as they are written inside a function."""
    if d.recipe.passing == "object" and any("K_config" in text for text in first):
        v["client_id"]
        return [text.replace("K_config", "V_config") for text in first]
    return list(first)


CACHES: dict[str, Callable[..., Function]] = {"global": _cache_global, "file": _cache_file}
CACHE_NAMES = ("none", "lru", "functools", "global", "file")


# What else the program does


def bystander_of(d: Draft) -> Lines:
    """Code that has nothing to do with the flow; it must go on working."""
    kind = d.recipe.bystander
    if kind == "login":
        d.above(
            "main",
            "def F_login(V_user):",
            '    V_claims = {"sub": V_user, "exp": int(time.time()) + 60}',
            '    return jwt.encode(V_claims, "a secret of our own that is long", algorithm="HS256")',
        )
        d.out.append("2 dots")
        return ['print(str(F_login("ada")).count("."), "dots")']
    if kind == "clock":
        d.above("main", "def F_clock():", '    return json.dumps({"late": time.time() > 1})')
        d.out.append('{"late": true}')
        return ["print(F_clock())"]
    if kind == "notes":
        d.files["notes.txt"] = b"hello\n"
        d.above(
            "main", "def F_notes(V_name):", "    with open(V_name) as V_file:", "        return V_file.read()"
        )
        d.out.append("hello")
        return ['print(F_notes("notes.txt").strip())']
    if kind == "hook":
        d.above(
            "main",
            "def F_hook(V_text):",
            '    V_reply = requests.post("https://hooks.partner.example/ping", data={"text": V_text})',
            '    return V_reply.json()["total"]',
        )
        d.out.append("1 heard")
        return ['print(F_hook("done"), "heard")']
    if kind == "organisation":
        d.out.append(d.real("org_id"))
        return [f"print({outside(d)['org_id']})"]
    return []


BYSTANDERS = ("none", "clock", "login", "notes", "hook", "organisation")


# Layout: which module each role lives in

LAYOUTS: dict[str, dict[str, str]] = {
    "single": {},
    "settings": {"settings": "settings"},
    "auth": {"settings": "auth", "helper": "auth", "sign": "auth", "exchange": "auth"},
    "auth-settings": {"settings": "settings", "helper": "auth", "sign": "auth", "exchange": "auth"},
    "split": {"settings": "settings", "helper": "helpers", "sign": "assertion", "exchange": "auth"},
    "package": {
        "settings": "ims.settings",
        "helper": "ims.helpers",
        "sign": "ims.auth",
        "exchange": "ims.auth",
    },
    "package-split": {
        "settings": "ims.settings",
        "helper": "ims.helpers",
        "sign": "ims.assertion",
        "exchange": "ims.auth",
    },
    "deep": {
        "settings": "ims.conf.values",
        "helper": "ims.util.web",
        "sign": "ims.auth.sign",
        "exchange": "ims.auth.flow",
    },
    "run-module": {
        "settings": "ims.settings",
        "helper": "ims.helpers",
        "sign": "ims.auth",
        "exchange": "ims.auth",
        "main": "ims.__main__",
    },
}
IMPORTS = ("from", "module", "alias", "reexport")
ENTRIES = ("plain", "guarded", "function")
FUTURE = "from __future__ import annotations"


@dataclass(slots=True)
class Module:
    """A module that is being written."""

    name: str
    body: Lines
    exports: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Its file."""
        return self.name.replace(".", "/") + ".py"

    @property
    def package(self) -> str:
        """The package that it is in."""
        return self.name.rpartition(".")[0]


_PLACEHOLDER = re.compile(r"(?<!\.)\b[KFC]_\w+")
_ORDER = ("settings", "helper", "sign", "exchange", "main")


def modules_of(d: Draft, main: Lines) -> list[Module]:
    """Lay the chunks out in modules and link them with imports."""
    places = LAYOUTS[d.recipe.layout]
    bodies: dict[str, list[Lines]] = {}
    for role in _ORDER:
        for chunk in d.chunks:
            if chunk.role == role:
                bodies.setdefault(places.get(role, "main"), []).append(chunk.lines)
    bodies.setdefault(places.get("main", "main"), []).append(entered(d, main))
    modules = [Module(name, spaced(chunks)) for name, chunks in bodies.items()]
    owners = {name: module for module in modules for name in bound("\n".join(module.body))}
    return [*(linked(d, module, owners) for module in modules), *packages(d, modules, owners)]


def bound(text: str) -> Iterator[str]:
    """The names that a module has."""
    waiting: list[ast.AST] = list(ast.parse(text).body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id.startswith("K_"):
            yield node.id
        else:
            waiting += ast.iter_child_nodes(node)


def entered(d: Draft, main: Lines) -> Lines:
    """The main program, as scripts are entered."""
    if d.recipe.entry == "guarded":
        return ['if __name__ == "__main__":', *indent(main)]
    if d.recipe.entry == "function":
        return ["def F_main():", *indent(main), "", "", 'if __name__ == "__main__":', "    F_main()"]
    return main


def spaced(chunks: Sequence[Lines]) -> Lines:
    """Chunks with blank lines between them, as black has them."""
    lines: Lines = []
    for number, chunk in enumerate(chunks):
        defines = any(
            part[:1] and re.match(r"@|(async )?(def|class) ", part[0]) for part in (chunk, chunks[number - 1])
        )
        lines += ["", ""] if number and defines else [""] if number else []
        lines += chunk
    return lines


def linked(d: Draft, module: Module, owners: Mapping[str, Module]) -> Module:
    """The same module with its imports."""
    text = "\n".join(module.body)
    own = sorted(
        name for name in set(_PLACEHOLDER.findall(text)) if name in owners and owners[name] is not module
    )
    local: list[str] = []
    groups: dict[str, list[str]] = {}
    for name in own:
        groups.setdefault(owners[name].name, []).append(name)
    for target, names in sorted(groups.items()):
        text = _link(d, module, target, names, text, local)
    outer = externals_of(d, text)
    blocks = [sorted(block, key=_import_key) for block in (*_split(outer), local) if block]
    header = [line for block in blocks for line in ["", *block]][1:]
    is_definition = re.match(r"@|(async )?(def|class) ", text) is not None
    gap = ["", ""] if is_definition else [""]
    return Module(module.name, [*header, *(gap if header else []), *text.split("\n")])


def _link(d: Draft, module: Module, target: str, names: Lines, text: str, local: list[str]) -> str:
    """Import what another module has; give the text in which it is named."""
    rebound = any(name in ("K_token", "K_until") for name in names)
    style = "module" if rebound else d.recipe.imports
    package, _, last = target.rpartition(".")
    same = package and module.package == package
    if style == "reexport" and package and module.package != package:
        root = package.split(".")[0]
        local.append(f"from {root} import {', '.join(names)}")
        return text
    if style in ("from", "reexport"):
        local.append(f"from {'.' + last if same else target} import {', '.join(names)}")
        return text
    name = last
    if style == "alias":
        name = f"V_{last}_module"
        local.append(
            f"from {'.' if same else package} import {last} as {name}"
            if package
            else f"import {last} as {name}"
        )
    else:
        local.append(f"from {'.' if same else package} import {last}" if package else f"import {last}")
    for each in names:
        text = re.sub(rf"(?<!\.)\b{each}\b", f"{name}.{each}", text)
    return text


def packages(d: Draft, modules: Sequence[Module], owners: Mapping[str, Module]) -> Iterator[Module]:
    """The ``__init__`` of every package, which may hand on what its modules have."""
    names = {module.package for module in modules if module.package}
    names |= {name.rpartition(".")[0] for name in names if "." in name}
    for name in sorted(names - {""}):
        lines: Lines = []
        if d.recipe.imports == "reexport" and "." not in name:
            grouped: dict[str, list[str]] = {}
            for each, owner in owners.items():
                if owner.package.split(".")[0] == name and not owner.name.endswith("__main__"):
                    grouped.setdefault(owner.name.removeprefix(name + "."), []).append(each)
            order = ["conf.values", "settings", "util.web", "helpers"]
            ranked = sorted(grouped, key=lambda n: (order.index(n) if n in order else 9, n))
            lines = [f"from .{target} import {', '.join(sorted(grouped[target]))}" for target in ranked]
        yield Module(f"{name}.__init__", lines)


def externals_of(d: Draft, text: str) -> set[str]:
    """The imports that a text needs, as it uses the names."""
    tree = ast.parse(text)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    dotted = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found = {d.externals[name] for name in names if name in d.externals}
    return found | {d.externals[name] for name in dotted if name in d.externals}


_STANDARD = sys.stdlib_module_names


def _split(imports: Iterable[str]) -> tuple[list[str], list[str]]:
    blocks: tuple[list[str], list[str]] = ([], [])
    for line in imports:
        blocks[line.split()[1].split(".")[0] not in _STANDARD].append(line)
    return blocks


def _import_key(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line


# Style: names, quotes, indentation, line ends

THEMES: dict[str, dict[str, str]] = {
    "snake": {
        "V_key": "private_key",
        "V_claims": "payload",
        "V_assertion": "jwt_token",
        "V_body": "data",
        "V_reply": "response",
        "V_data": "body",
        "V_token": "access_token",
        "V_account": "technical_account_id",
        "K_account": "TECHNICAL_ACCOUNT_ID",
        "K_config": "config",
        "K_url": "EXCHANGE_URL",
        "V_name": "name",
        "F_claims": "build_claims",
        "F_key": "read_private_key",
        "F_assertion": "create_jwt",
        "F_exchange": "exchange_jwt",
        "F_token": "get_access_token",
        "F_cached": "current_token",
        "C_client": "AdobeClient",
        "C_base": "Signer",
        "C_token": "Token",
        "C_config": "Settings",
        "C_assertion": "Assertion",
        "C_request": "AccessRequest",
        "V_form": "form",
        "V_form_assertion": "signed",
    },
    "terse": {
        "V_key": "k",
        "V_claims": "p",
        "V_assertion": "t",
        "V_body": "d",
        "V_reply": "r",
        "V_data": "j",
        "V_token": "tok",
        "V_config": "c",
        "K_config": "cfg",
        "V_url": "u",
        "V_client_id": "cid",
        "V_client_secret": "sec",
        "V_org_id": "org",
        "V_account": "tech",
        "V_key_path": "kp",
        "V_host": "h",
        "V_expires": "e",
        "V_until": "x",
        "V_file": "f",
        "V_exp": "ex",
        "V_name": "n",
        "V_client": "a",
        "V_answer": "q",
        "F_claims": "claims",
        "F_key": "key",
        "F_assertion": "sign",
        "F_exchange": "exchange",
        "F_token": "token",
        "F_cached": "cached",
        "C_client": "Ims",
        "C_base": "Base",
        "C_token": "T",
        "C_config": "Conf",
        "C_assertion": "A",
        "C_request": "R",
        "V_form": "fm",
        "V_form_assertion": "t2",
    },
    "camel": {
        "V_key": "privateKey",
        "V_claims": "jwtPayload",
        "V_assertion": "encodedJwt",
        "V_body": "tokenBody",
        "V_reply": "resp",
        "V_data": "respJson",
        "V_token": "accessToken",
        "V_config": "conf",
        "K_config": "conf",
        "V_url": "exchangeUrl",
        "V_client_id": "apiKey",
        "V_client_secret": "clientSecret",
        "V_org_id": "orgId",
        "V_account": "techAcct",
        "V_key_path": "pathToKey",
        "V_host": "imsHost",
        "V_expires": "expiresIn",
        "V_until": "expiryTime",
        "V_file": "fh",
        "V_exp": "expTime",
        "V_client": "client",
        "F_claims": "buildPayload",
        "F_key": "loadKey",
        "F_assertion": "getJwt",
        "F_exchange": "authorize",
        "F_token": "getAccessToken",
        "F_cached": "ensureToken",
        "C_client": "AdobeAuth",
        "C_base": "AuthBase",
        "C_token": "TokenData",
        "C_config": "Config",
        "C_assertion": "JwtMaker",
        "C_request": "TokenRequest",
        "V_form": "formData",
        "V_form_assertion": "signedJwt",
    },
    "lying": {
        "V_key": "token",
        "V_claims": "jwt_token",
        "V_assertion": "payload",
        "V_body": "params",
        "V_reply": "result",
        "V_data": "response",
        "V_token": "jwt_access",
        "V_config": "private",
        "K_config": "secrets_",
        "V_url": "path",
        "V_exp": "iat",
        "F_claims": "jwt_claims_token",
        "F_key": "get_secret",
        "F_assertion": "get_token",
        "F_exchange": "send",
        "F_token": "create_jwt",
        "F_cached": "refresh_jwt",
        "V_expires": "millis",
        "V_until": "issued",
        "C_client": "JWT",
        "C_base": "Token",
        "C_token": "Secret",
        "C_config": "Key",
        "C_assertion": "Private",
        "C_request": "Signer",
        "V_form": "query",
        "V_form_assertion": "private_key",
    },
    "underscore": {
        "V_key": "_pem",
        "V_claims": "_claims",
        "V_assertion": "_jwt",
        "V_body": "_payload",
        "V_token": "_token",
        "F_claims": "_claims_for",
        "F_key": "_key_text",
        "F_assertion": "_signed",
        "F_exchange": "_swap",
        "F_token": "_authenticate",
        "F_cached": "_cached_token",
        "C_client": "_Client",
        "C_base": "_Base",
        "K_config": "_config",
        "K_client_id": "_CLIENT_ID",
        "K_client_secret": "_CLIENT_SECRET",
        "K_org_id": "_ORG",
        "K_account": "_TECH",
        "K_host": "_HOST",
        "K_key_path": "_KEY_PATH",
        "K_url": "_URL",
        "V_form": "_form",
    },
}
_NAMES = re.compile(r"\b([VKFC])_(\w+)")


def rename(text: str, theme: str) -> str:
    """Put names where the placeholders are."""
    chosen = THEMES[theme]

    def name(match: re.Match[str]) -> str:
        kind, plain = match.groups()
        default = plain.upper() if kind == "K" else plain.title() if kind == "C" else plain
        return chosen.get(match[0], default)

    return _NAMES.sub(name, text)


FORMS = ("black", "single", "two-spaces", "tabs", "crlf", "no-newline", "bom", "latin-1")


def formed(text: str, form: str) -> bytes:
    """The text as a customer's editor leaves it."""
    if form == "single":
        text = _single_quotes(text)
    if form in ("two-spaces", "tabs"):
        unit = "  " if form == "two-spaces" else "\t"
        text = re.sub(r"^( {4})+", lambda m: unit * (len(m[0]) // 4), text, flags=re.M)
    if form == "crlf":
        text = text.replace("\n", "\r\n")
    if form == "no-newline":
        text = text.rstrip("\n")
    if form == "latin-1":
        return f"# -*- coding: latin-1 -*-\n# Zürich\n{text}".encode("latin-1")
    return text.encode("utf-8-sig" if form == "bom" and text else "utf-8")


def _single_quotes(text: str) -> str:
    lines = text.split("\n")
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(text).readline))):
        body = token.string
        if (
            token.type == tokenize.STRING
            and body[0] == '"'
            and not body.startswith('"""')
            and "'" not in body
        ):
            (row, start), (_, end) = token.start, token.end
            if "\\" not in body:
                lines[row - 1] = f"{lines[row - 1][:start]}'{body[1:-1]}'{lines[row - 1][end:]}"
    return "\n".join(lines)


# A recipe that holds together, and its program

CHOICES: dict[str, tuple[str, ...]] = {
    "values": tuple(SOURCES),
    "passing": ("globals", "params", "object"),
    "structure": tuple(STRUCTURES),
    "layout": tuple(LAYOUTS),
    "imports": IMPORTS,
    "entry": ENTRIES,
    "key": tuple(KEYS),
    "exp": tuple(EXPS),
    "claims": tuple(CLAIMS),
    "metascope": ("literal", "text", "value"),
    "text": ("literal", "fstring", "format", "percent", "plus", "join"),
    "encoder": tuple(ENCODERS),
    "habit": HABITS,
    "url": URLS,
    "body": tuple(BODIES),
    "client": tuple(CLIENTS),
    "extras": tuple(EXTRAS),
    "check": CHECKS,
    "read": READS,
    "result": RESULTS,
    "expiry": tuple(EXPIRIES),
    "cache": CACHE_NAMES,
    "guard": GUARDS,
    "retry": ("none", "decorator", "loop"),
    "use": USES,
    "dress": ("bare", "docstrings", "comments", "annotated", "logging"),
    "bystander": BYSTANDERS,
    "names": tuple(THEMES),
    "form": FORMS,
    "path": ("plain", "slash", "v1"),
    "fix": ("authlib", "keep"),
    "world": tuple(WORLDS),
}
"""What may be answered to each question, the plainest first."""


def mend(recipe: Recipe) -> Recipe:
    """Replace parts that cannot stand beside the others by plainer ones."""
    for _ in range(4):
        changed = dataclasses.replace(recipe, **_misfits(recipe))
        if changed == recipe:
            return recipe
        recipe = changed
    raise AssertionError(f"no recipe comes of {recipe}")


def _misfits(r: Recipe) -> dict[str, str]:
    """The parts that do not fit, and what stands for them."""
    return {**_misfits_of_flow(r), **_misfits_of_shape(r)}


def _misfits_of_flow(r: Recipe) -> dict[str, str]:
    client, encoder = CLIENTS[r.client], ENCODERS[r.encoder]
    new: dict[str, str] = {}
    kind = "text" if r.body in TEXTS else r.body if r.body in ("query", "multipart", "url") else "form"
    if r.extras not in ("none", "timeout", "headers") and r.client not in REQUESTS:
        new["extras"] = "none"
    if r.result == "token" and r.read == "unpacked" and r.expiry == "none":
        new["read"] = "data"
    if kind not in client.kinds or (client.dict_only and r.body == "pairs"):
        new["body"] = "dict"
    if r.exp in DATETIME_EXPS and not encoder.takes_datetime:
        new["exp"] = "int-time"
    if r.key == "loaded" and encoder.keys != "any":
        new["key"] = "with"
    if r.key in BYTES_KEYS and encoder.keys == "text":
        new["key"] = "with"
    if r.habit != "none" and not encoder.is_pyjwt:
        new["habit"] = "none"
    if r.guard == "try-jwt" and not (encoder.is_pyjwt and encoder.write is not _pyjwt_alias):
        new["guard"] = "none"
    if r.bystander == "login" and not encoder.is_pyjwt:
        new["bystander"] = "none"
    if r.read == "pop" and (r.result == "data" or r.structure == "script"):
        new["read"] = "data"
    if r.metascope == "value" and r.claims in OPAQUE_CLAIMS:
        new["metascope"] = "text"
    if r.path == "v1" and r.world != "adobe":
        new["path"] = "plain"
    return new


def _misfits_of_shape(r: Recipe) -> dict[str, str]:
    new: dict[str, str] = {}
    is_class, is_async = r.structure in CLASSES, CLIENTS[r.client].is_async
    if r.passing == "object" and r.values not in OBJECTS:
        new["passing"] = "globals"
    if r.structure in ("script", "class-methods"):
        new["passing"] = "globals"
    if r.structure == "script" and (r.result != "token" or is_async):
        new |= {"result": "token"} if not is_async else {"structure": "function"}
    if is_async and r.structure in ("class-property", "callables", "class-session", "factory"):
        new["structure"] = "class"
    if (is_class or r.structure == "script" or is_async) and r.cache in CACHE_NAMES[1:]:
        new["cache"] = "none"
    if (is_class or r.structure == "script" or is_async) and r.retry == "decorator":
        new["retry"] = "none"
    if r.cache in ("lru", "functools") and (r.passing == "object" or r.structure == "parameter-twice"):
        new["cache"] = "none"
    if r.cache in ("global", "file"):
        if r.result not in ("token", "data", "pair", "pair-seconds"):
            new["result"] = "token"
        if r.passing == "params" and r.structure in ("two", "two-nested"):
            new["passing"] = "globals"
    if r.structure == "class-session":
        new["result"] = "token"
    if r.structure == "factory":
        new |= {"cache": "none"} | ({"retry": "none"} if r.retry == "decorator" else {})
    if r.structure in OWN_EXPIRY:
        new["result"] = "token"
        if r.expiry == "none":
            new["expiry"] = "slash"
    if r.result in ("pair", "pair-seconds", "named", "object", "dict") and r.expiry == "none":
        new["expiry"] = "slash"
    if r.layout != "single" and r.structure == "script" and r.layout != "settings":
        new["layout"] = "settings"
    if r.world != "adobe" and r.bystander == "organisation":
        new["bystander"] = "none"
    return new


def write(recipe: Recipe) -> Program:
    """The program of a recipe that was mended."""
    d = Draft(recipe, WORLDS[recipe.world])
    d.source = SOURCES[recipe.values](d)
    d.env = {}
    main = STRUCTURES[recipe.structure](d)
    modules = modules_of(d, [*main, *bystander_of(d)])
    for module in modules:
        text = "\n".join(module.body)
        text = rename(text, recipe.names)
        d.files[module.path] = formed(text + "\n" if text else "", recipe.form)
    used = b"\n".join(d.files.values()).decode("latin-1")
    for name in VALUES[:4]:
        variable = f"{d.world.brand.upper()}_{name.upper()}"
        if variable in used:
            d.env[variable] = d.real(name)
    opaque = recipe.metascope != "literal" and recipe.values in READ_AT_RUN_TIME
    opaque |= recipe.claims in OPAQUE_CLAIMS and recipe.values in READ_AT_RUN_TIME
    return Program(
        files=dict(sorted(d.files.items())),
        argv=("-m", "ims") if recipe.layout == "run-module" else ("main.py",),
        env=d.env,
        key_files=tuple(dict.fromkeys(d.key_files)),
        key_env=tuple(dict.fromkeys(d.key_env)),
        stdout="".join(line + "\n" for line in sorted(d.out)),
        old_pyjwt=recipe.habit in ("decode", "str"),
        client=recipe.fix,
        scopes=SCOPES if opaque else None,
    )

"""``[tool.jwt2oauth]`` in pyproject.toml: strict, because a setting that is not heard is a trap."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .engine import Settings, UsageError
from .files import read
from .strict import toml
from .tree.listing import refused

CLIENTS = ("authlib", "keep")
_HINT = b"tool.jwt2oauth"


def find(root: Path) -> Path | None:
    """Give the nearest pyproject.toml at or above ``root`` that speaks of this tool."""
    for folder in (root, *root.parents):
        file = folder / "pyproject.toml"
        try:
            if _HINT in read(file):
                return file
        except OSError as error:
            # A setting that is not heard is a trap; further up lies much that is nobody's business here.
            if folder == root and error.errno in (errno.EACCES, errno.EFBIG):
                raise UsageError(f"{file}: {(error.strerror or 'cannot be read').lower()}") from error
    return None


def load(file: Path) -> Settings:
    """Read the settings; raise ``UsageError`` naming file and key for whatever is not understood."""
    try:
        document = toml(read(file).decode())
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else f"is not TOML ({error})"
        raise UsageError(f"{file}: {why}") from error
    tools = document.get("tool")
    table = tools.get("jwt2oauth") if isinstance(tools, dict) else None
    if not isinstance(table, dict):
        raise UsageError(f"{file}: there is no table [tool.jwt2oauth]")
    settings = Settings()
    for key, value in table.items():
        if key not in _KEYS:
            raise UsageError(f"{file}: tool.jwt2oauth.{key}: unknown key; the keys are {', '.join(_KEYS)}")
        try:
            settings = replace(settings, **_KEYS[key](value))
        except (TypeError, ValueError) as error:
            raise UsageError(f"{file}: tool.jwt2oauth.{key}: {error}") from error
    try:
        settings = replace(settings, rules=tuple(_inside(file.parent, name) for name in settings.rules))
    except (ValueError, OSError) as error:
        raise UsageError(f"{file}: tool.jwt2oauth.rules: {error}") from error
    if settings.baseline is not None:
        settings = replace(settings, baseline=file.parent / settings.baseline)
    return settings


def _client(value: object) -> Mapping[str, Any]:
    if value not in CLIENTS:
        raise ValueError(f"must be one of {', '.join(CLIENTS)}")
    return {"client": value}


def _names(field: str) -> Callable[[object], Mapping[str, Any]]:
    def read(value: object) -> Mapping[str, Any]:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise TypeError("must be a list of strings")
        return {field: tuple(value)}

    return read


def _excluded(value: object) -> Mapping[str, Any]:
    found = _names("exclude")(value)
    _refuse_patterns(found["exclude"])
    return found


def _refuse_patterns(patterns: Sequence[str]) -> None:
    for pattern in refused(patterns):
        raise ValueError(f"{pattern} is no pattern as in a .gitignore")


def scopes_of(text: str) -> str:
    """Give scopes joined by commas: so they are documented, and SDKs take the spaces out."""
    return ",".join(text.replace(",", " ").split())


def _scopes(value: object) -> Mapping[str, Any]:
    """A string for every flow, or a table from metascope to scopes."""
    if isinstance(value, str):
        return {"scopes": scopes_of(value)}
    if not isinstance(value, dict) or not all(isinstance(scopes, str) for scopes in value.values()):
        raise TypeError('must be a table from metascope to scopes, as in ent_user_sdk = "openid,AdobeID,…"')
    return {"scope_settings": {name: scopes_of(scopes) for name, scopes in sorted(value.items())}}


def _baseline(value: object) -> Mapping[str, Any]:
    if not isinstance(value, str) or not value:
        raise TypeError("must be the path of a file")
    return {"baseline": Path(value)}


def _per_path(value: object) -> Mapping[str, Any]:
    """A table from pattern to rules."""
    if not isinstance(value, dict):
        raise TypeError('must be a table from pattern to rules, as in "tests/" = ["jwt-assertion"]')
    _refuse_patterns(tuple(value))
    read = _names("rules")
    return {"per_path": {pattern: read(rules)["rules"] for pattern, rules in sorted(value.items())}}


def _rules(value: object) -> Mapping[str, Any]:
    """Files of one's own rules, relative to the pyproject.toml."""
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        raise TypeError('must be a list of files, as in ["our_auth.toml"]')
    for name in value:
        if not name.endswith(".toml"):
            raise ValueError(f"{name} is not called *.toml")
    return {"rules": tuple(Path(name) for name in value)}


def _inside(folder: Path, name: Path) -> Path:
    """The place of a file of rules; ``ValueError`` unless it lies below ``folder``, its links followed."""
    place = folder / name
    if not place.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{name} lies outside of the folder of this file")
    if not place.is_file():
        raise ValueError(f"there is no file {name}")
    return place


_KEYS: Mapping[str, Callable[[object], Mapping[str, Any]]] = {
    "baseline": _baseline,
    "client": _client,
    "exclude": _excluded,
    "ignore": _names("ignore"),
    "per-path-ignores": _per_path,
    "rules": _rules,
    "scopes": _scopes,
    "select": _names("select"),
}

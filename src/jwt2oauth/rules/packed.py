"""The tables of all rules in one file, which is read in a twentieth of the time that their TOML takes.

It is made when the package is built, by ``src/hatch_build.py``: that is why nothing of ours is imported here.
It counts only as long as the files are what it was made of, byte for byte.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
from collections.abc import Iterable
from typing import Any

NAME = "tables.packed"
"""No name of a file that is examined: what is installed may be looked at, too."""
_DATE = "a date"


def pack(root: str) -> bytes:
    """Give the contents of the file for the rules in the folder ``root``."""
    import tomllib  # who unpacks needs none

    names = sorted(_below(root))
    tables = {
        name: tomllib.loads(data.decode()) for name, data in zip(names, _read(root, names), strict=True)
    }
    return json.dumps({"of": _digest(root, names), "tables": tables}, default=_plain).encode()


def unpack(root: str) -> dict[str, Any]:
    """Give the tables by the names of their files; none where they have changed, or were never packed."""
    try:
        (data,) = _read(root, [NAME])
        packed = json.loads(data, object_hook=_dated)
        return packed["tables"] if packed["of"] == _digest(root, packed["tables"]) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _below(root: str) -> Iterable[str]:
    for folder, _, names in os.walk(root):
        for name in names:
            if name.endswith(".toml"):
                yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")


def _read(root: str, names: Iterable[str]) -> Iterable[bytes]:
    for name in names:
        with open(os.path.join(root, name), "rb") as file:
            yield file.read()


def _digest(root: str, names: Iterable[str]) -> str:
    found = hashlib.sha256()
    for data in _read(root, names):
        found.update(b"%d\n%s" % (len(data), data))
    return found.hexdigest()


def _plain(value: object) -> dict[str, str]:
    assert isinstance(value, datetime.date), "TOML has nothing else that JSON has not"
    return {_DATE: value.isoformat()}


def _dated(table: dict[str, Any]) -> object:
    return datetime.date.fromisoformat(table[_DATE]) if _DATE in table else table

"""Configuration files as trees of mappings and scalars, each with its span in the text.

Nothing is ever re-dumped: a value is changed where it stands, by an edit. JSON is read by a scanner
(``objects``); YAML by PyYAML's composer, which builds no objects (``composed``); TOML by a scanner that must
agree with tomllib (``tables``); INI and .env line by line, the former after configparser has said that the
file is well-formed (``lines``).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..model import Span
from ..records import dataclass


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value; ``span`` takes quotes in."""

    text: str
    span: Span
    pieces: tuple[Scalar, ...] = ()
    """What it is put together of, here and elsewhere, where it takes other values in."""


@dataclass(frozen=True, slots=True)
class Field:
    """One key with its value."""

    key: Scalar
    value: Scalar | Mapping | Listing


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the text."""

    fields: tuple[Field, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    items: tuple[Scalar | Mapping | Listing, ...]
    span: Span


Tree = Scalar | Mapping | Listing
NODES, DEPTH = 100_000, 40
"""Values of a file, aliases written out, and how many may lie in each other: one that has more is not read,
and what lies deeper is left out."""
KINDS = {
    ".json": "json", ".yaml": "yaml", ".yml": "yaml", ".toml": "toml", ".ini": "ini", ".cfg": "ini",
    ".config": "ini", ".conf": "ini", ".properties": "ini",
}  # fmt: skip


_COPIED = re.compile(
    r"(?:^|(?<=[._-]))(?:example|sample|template|dist|tmpl|default)[._-]|[._-](?:example|sample|template|dist|te?mpl|tpl)$"
)


def is_copied_to(template: str, name: str) -> bool:
    """Do people copy a file of the one name to the other: ``config.sample.ini`` to ``config.ini``?"""
    bare = _COPIED.sub("", template).strip("._-")
    return template != name and _COPIED.search(template) is not None and bare == name.strip("._-")


def kind_of(path: str) -> str | None:
    """``json``, ``yaml``, ``toml``, ``ini``, ``env``, or None for no configuration file."""
    name = path.rpartition("/")[2]
    if name.startswith(".env") or name.endswith(".env"):
        return "env"
    for suffix in (".example", ".sample", ".template", ".dist", ".tmpl", ".tpl"):
        name = name.removesuffix(suffix)
    if name in ("env", "dotenv") or name.endswith(".env"):
        return "env"
    dot = name.rfind(".")
    return KINDS.get(name[dot:].lower()) if dot >= 0 else None


class Malformed(ValueError):
    """A file is not what its name says."""


def parsed(kind: str, text: str) -> Mapping | Listing | None:
    """The tree of a file; None where it holds a single value. Raises ``Malformed``."""
    if kind != "json" and text.count("\r") > text.count("\r\n"):  # who writes a line would look for its start
        raise Malformed("a carriage return alone ends a line of it")
    try:
        return _reader(kind)(text)
    except (RecursionError, ValueError):
        raise Malformed(f"it is not {kind.upper()} that can be read") from None  # what says more may quote it


def read(kind: str, text: str) -> Mapping | Listing | None:
    """The tree of a file; None where it is not well-formed or holds a single value."""
    try:
        return parsed(kind, text)
    except Malformed:
        return None


def _reader(kind: str) -> Callable[[str], Mapping | Listing | None]:
    """Each is loaded with the first file of its kind: to load PyYAML takes longer than to read most files."""
    if kind == "json":
        from .objects import tree
    elif kind == "yaml":
        from .composed import tree
    elif kind == "toml":
        from .tables import tree
    elif kind == "ini":
        from .lines import sections as tree
    else:
        from .lines import variables as tree
    return tree

"""The scopes' setting: an expression at the place of the request, and how such settings are named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ...records import dataclass
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from ..writing.changes import Template

_SUFFIX = re.compile(
    r"(?i:(?:client|api|app)(?:[_-]?(?:id|key))?$|(?:^|(?<=[_.-]))(?:id|key)$)|(?<=[a-z])(?:Id|ID|Key)$"
)


_WORD = re.compile(r"(?<=_)(?:ID|KEY)$")
_PYTHON_2 = re.compile(r"^[ \t]*(?:from|import) (?:ConfigParser|six\.moves\.configparser)\b", re.MULTILINE)
_ENTRY = re.compile(r"\[([\"'])([\w-]+)\1\]$")
_FETCHED = re.compile(r"\(([\"'])([\w-]+)\1\)$")
_NAMED = re.compile(r'"([\w.-]+)" in ')
_CALL = re.compile(r"([\w.\[\]\"']+)\((.*)\)")


def _arguments(text: str) -> list[str]:
    """Split at the commas that stand outside of quotes."""
    return [a.strip() for a in re.findall(r"(?:[^,\"']|\"[^\"]*\"|'[^']*')+", text)]


@dataclass(frozen=True, slots=True)
class Setting:
    """An expression that gives the scopes at the place of the request."""

    template: Template
    where: str
    """For the to-do: ``environment variable ADOBE_SCOPES``, ``"scopes" in the configuration``, ``""``."""
    variable: str = ""
    """The environment variable, if it is one."""
    sibling: str = ""
    """The environment variable of the client id, or else that of the client secret."""
    beside: str = ""
    """The key by which the client id is asked for, if it is asked for by one."""
    value: str = ""
    """The scopes that stand there as a default, or nothing."""
    required: bool = False
    """Does the program fail without the variable?"""
    imports_os: bool = False
    literal: bool = False
    binary: bool = False
    """Is it defined as bytes, as the client id beside it is?"""
    key: str = ""
    """The entry of what the definition asks for that ``template`` only names."""

    @property
    def entry(self) -> str:
        """The key by which a mapping is asked for the scopes, and fails without: of ``config["SCOPES"]``.

        Or a store: of ``secrets.get("adobe-scopes")``.
        """
        text = "".join(p for p in self.template if isinstance(p, str))
        match = _ENTRY.search(text) or (_FETCHED.search(text) if not self.variable else None)
        return self.key or (match[2] if match is not None and self.beside else "")

    @property
    def pair(self) -> tuple[str, str]:
        """The names by which the client's id and the scopes are asked for; what is not known is empty."""
        if self.variable:
            return self.sibling, self.variable
        match = _NAMED.match(self.where)
        return self.beside, match[1] if match is not None else ""

    def standing_by(self, variables: Sequence[str]) -> Setting:
        """A variable that no client id is a sibling of stands beside the first of these."""
        if not self.variable or self.sibling or not variables:
            return self
        return replace(self, sibling=variables[0])

    def lines(self, room: int, indent: str, unit: str) -> str:
        """The expression as text; a call that does not fit ``room`` columns is broken up."""
        text = "".join(p for p in self.template if isinstance(p, str))
        match = _CALL.fullmatch(text)
        if len(text) <= room or match is None:
            return text
        inner = indent + unit
        arguments = "".join(f"{inner}{a},\n" for a in _arguments(match[2]))
        return f"{match[1]}(\n{arguments}{indent})"


def room_in(module: Module) -> int:
    """How long a line may be here: 88 columns, or as long as the file's own lines, up to 120."""
    longest = max((len(line) for line in module.text.splitlines()), default=0)
    return max(88, min(longest, 120))


def runs_in_python_2(module: Module) -> bool:
    """Does it import ``ConfigParser`` by the name that Python 2 has for the module, or by way of six?"""
    return _PYTHON_2.search(module.text) is not None


def renamed(key: str) -> str:
    """The name of the scopes' setting beside ``key``: ``ADOBE_CLIENT_ID`` → ``ADOBE_SCOPES``."""
    scopes = "SCOPES" if key.isupper() else "scopes"
    alone = scopes.capitalize() if key[:1].isupper() and not key.isupper() else scopes
    match = _SUFFIX.search(key)
    if match is None:
        return alone
    stem = key[: match.start()]
    word = _WORD.search(key)
    if key.isupper() and stem and stem[-1].isalnum() and word is not None:
        stem = key[: word.start()]  # UMAPI_KEY is no key of UM
    if re.fullmatch(r"(?i)x[_-]", stem):
        return alone  # the header X-Api-Key
    if not stem or not stem.rstrip("_-."):
        return stem + scopes if stem else alone
    if stem[-1] in "_-.":
        return stem + scopes
    if key.isupper():
        return stem + scopes
    return stem + scopes.capitalize()


def quote_at(site: Site) -> str:
    """The quote of the first literal at ``site``, if there is one."""
    literals = (n for n in s.walk(site.node) if isinstance(n, s.Str) and n.quote in ("'", '"'))
    first = next(literals, None)
    return first.quote if first is not None else ""


def quote_beside(site: Site) -> str:
    """The quote for a new field beside the one at ``site``: that of its key, or what the file uses most."""
    key = site.node.key if isinstance(site.node, s.Item) else None
    return (quote_at(site.at(key)) if key is not None else "") or site.module.quote()


def unused(module: Module, name: str) -> str:
    """``name``, or a variation of it that this module does not use."""
    taken = {n.id for n in module.each(s.Name)}
    if name not in taken:
        return name
    prefix = "OAUTH_" if name.isupper() else "oauth_"
    return prefix + name


def instead(made: Setting, text: str) -> Setting:
    """The same, of which only the name ``text`` stands at the request: it is defined elsewhere."""
    return replace(made, template=(text,), literal=False, key=made.entry)

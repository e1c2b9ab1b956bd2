"""What the tables in ``rules/sdks/`` say of a library that logs in to Adobe by itself.

An argument is named by its parameter, whether a call gives it by position or by keyword. A key of a
configuration file is named by its dotted path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Literal

from .records import dataclass

_VERSION = re.compile(r"\d+(\.\d+)*((a|b|rc|\.post)\d+)?")


@dataclass(frozen=True, slots=True)
class SdkFile:
    """A configuration file that a call of an SDK reads, or that a program reads by its name."""

    jwt: tuple[str, ...]
    """Keys of which one means the JWT credential."""
    drop: tuple[str, ...]
    """Keys that go, those of ``jwt`` included."""
    argument: str = ""
    """The parameter that names the file."""
    names: tuple[str, ...] = ()
    """Or patterns of its name …"""
    listed: str = ""
    """… or of the name of a file in which it stands by name."""
    kind: Literal["json", "yaml"] = "json"
    oauth: tuple[str, ...] = ()
    """Keys that, set to anything (``key``) or to a value (``key=value``), mean that it has migrated."""
    scopes: str = ""
    """The key of the scopes, if it takes any …"""
    beside: tuple[str, ...] = ()
    """… which stands below the last of these."""
    add: Mapping[str, str] = field(default_factory=dict)
    """Keys at the top of the file, and their values."""
    drop_values: Mapping[str, str] = field(default_factory=dict)
    """Keys that go if their value holds this text."""


@dataclass(frozen=True, slots=True)
class SdkInner:
    """A mapping that is passed for one argument becomes a call that makes an object for another."""

    argument: str
    becomes: str
    call: str
    """What makes the object, by dotted name."""
    fields: Mapping[str, str]
    """The parameters of that call, and the mapping's keys, the first that is there (``a|b``)."""
    moves: Mapping[str, str] = field(default_factory=dict)
    """Arguments of the outer call → parameters of the inner one that they fill then."""
    copies: Mapping[str, str] = field(default_factory=dict)
    """The same for arguments that stay as well."""
    keys: tuple[str, ...] = ()
    """The keys of the mapping that only the JWT credential needs."""
    key: tuple[str, ...] = ()
    """Those of them that hold the private key itself."""


@dataclass(frozen=True, slots=True)
class SdkCall:
    """A call, and what becomes of it."""

    names: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    """In the order of their positions, in the versions that speak JWT."""
    jwt: tuple[str, ...] = ()
    """Parameters that mean the JWT credential if they are given."""
    key: tuple[str, ...] = ()
    """Those of them that take the private key itself, not its path."""
    jwt_values: Mapping[str, str] = field(default_factory=dict)
    """Parameters that mean it if they have this value."""
    oauth: Mapping[str, str] = field(default_factory=dict)
    """Parameters that, with this value, say that the file read is an OAuth one."""
    becomes: str = ""
    """The dotted name of what is called instead."""
    after: tuple[str, ...] = ()
    """The parameters of the version that the recipe aims at; those that it does not know go."""
    drop: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    scopes: str = ""
    """The parameter for the scopes, if it takes any …"""
    client_id: str = ""
    """… and the one beside which they are found."""
    file: SdkFile | None = None
    inner: SdkInner | None = None
    manual: Mapping[str, str] = field(default_factory=dict)
    """Parameters that leave a call to a person, and what the person has to do."""
    told: str = ""
    """What a person has to do at every such call."""
    upgrade: bool = False
    """To change this call is to move to the version of ``bound``: the ``companions`` move with it."""

    def problems(self) -> Iterator[tuple[str, str]]:
        """Where the row contradicts itself."""
        named = {"jwt": self.jwt, "key": self.key, "jwt_values": self.jwt_values, "manual": self.manual}
        for key, parameters in named.items():
            for name in parameters:
                if name not in self.parameters:
                    yield key, f"{name!r} is not among the parameters"
        if self.scopes and not self.client_id:
            yield "client_id", "missing: the scopes stand beside it"
        for key, name in (("scopes", self.scopes), *(("rename", name) for name in self.rename.values())):
            if name and self.after and name not in self.after:
                yield key, f"{name!r} is not among the parameters after"
        if self.file is not None and self.file.argument not in self.parameters:
            yield "file.argument", f"{self.file.argument!r} is not among the parameters"


@dataclass(frozen=True, slots=True)
class SdkBuilder:
    """A chain of calls: ``Credentials.builder().with_client_id(…).build()``."""

    names: tuple[str, ...]
    becomes: str
    """The dotted name of what begins the chain instead."""
    end: str
    """The method that ends it."""
    drop: tuple[str, ...] = ()
    """Methods that go."""
    key: tuple[str, ...] = ()
    """Those of them that take the private key itself."""
    reads: str = ""
    """The method that reads ``file``; its argument names it."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Methods that take its place, and the key that each is given."""
    file: SdkFile | None = None


@dataclass(frozen=True, slots=True)
class Sdk:
    """A library that logs in to Adobe."""

    name: str
    distribution: str
    """Its name on the package index."""
    modules: tuple[str, ...] = ()
    """What is imported; a file without any of these words does not call it."""
    bound: str = ""
    """The first version that the recipe is for, as in ``3.0.1``: the manifests are raised to it.

    One recipe serves all from there on, since arguments that some of them do not know go
    (``tests/test_real_sdks.py`` runs it with the lowest and the latest).
    """
    since: str = ""
    """The first version that knows OAuth at all, if it is not ``bound``."""
    removed: str = ""
    """From this version on there is no JWT any more."""
    lists: str = ""
    """From this version on a configuration file may hold several sets of keys; empty: it never may."""
    metascopes: tuple[str, ...] = ()
    """What it signs for, by which scopes are suggested."""
    never_with: tuple[str, ...] = ()
    """Distributions that cannot be installed beside it."""
    takes: Mapping[str, str] = field(default_factory=dict)
    """Distributions of which it takes few versions, and one of these."""
    workaround: str = ""
    """What a person can do where there is no OAuth: nothing is rewritten then."""
    notes: tuple[str, ...] = ()
    """What a reviewer should know."""
    calls: tuple[SdkCall, ...] = ()
    builders: tuple[SdkBuilder, ...] = ()
    files: tuple[SdkFile, ...] = ()
    companions: tuple[SdkCall, ...] = ()
    """Other calls that the version of ``bound`` wants otherwise."""

    @property
    def needles(self) -> tuple[str, ...]:
        """Words of which a file that uses it holds at least one."""
        return (*self.modules, *(key.rpartition(".")[2] for row in self.files for key in row.jwt))

    def may_ask_for(self, key: str) -> bool:
        """May it want this of a configuration file? Where no call tells what there is: anything."""
        calls = [set(call.parameters) for call in self.calls if call.file is None]
        files = [each.file for each in self.calls if each.file is not None]
        known = set().union(*calls, *((*file.drop, *file.beside, file.scopes) for file in files)) - {""}
        word = key.replace("-", "_")  # sandbox-name
        return self.builders != () or any(word == each or word.startswith(f"{each}_") for each in known)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Where the table contradicts itself: dotted keys, and what is wrong there."""
        if not self.modules and not self.files:
            yield "modules", "nothing would ever be looked at: name what is imported"
        for key in ("bound", "since", "removed", "lists"):
            if getattr(self, key) and not _VERSION.fullmatch(getattr(self, key)):
                yield key, "must be a version, as in '3.0.1'"
        for index, call in enumerate(self.calls):
            for inner, problem in call.problems():
                yield f"calls[{index}].{inner}", problem
            if not (call.jwt or call.jwt_values or call.file):
                yield f"calls[{index}].jwt", "missing: what means the JWT credential"
        for index, call in enumerate(self.companions):
            for inner, problem in call.problems():
                yield f"companions[{index}].{inner}", problem

"""The fixtures: customers' trees in small, what is to be found in them, and how they are run.

A fixture is a folder of ``fixtures/``: ``before/`` (the tree), ``after/`` (what ``fix`` must make of it;
absent: unchanged), ``site/`` (libraries that the customer has installed) and ``expect.toml``. No key is kept
there: a line with a placeholder becomes the lines of a key or certificate when the tree is written out.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import shutil
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest
from ims import Mode

FIXTURES = Path(__file__).parent.parent / "fixtures"
LIBRARIES = Path(__file__).parent / "libraries"
PLACEHOLDER = b"NOT-A-KEY-THE-TESTS-PUT-ONE-HERE"
SIGNED = "NOT-AN-ASSERTION-THE-TESTS-SIGN-ONE-FOR-"


@dataclass(frozen=True, slots=True)
class Expected:
    """One finding that must be reported."""

    rule: str
    path: str
    at: str
    """A piece of the line where it is; the first line that holds it counts."""
    cell: int = 0
    """The number of the cell in a notebook."""
    suppressed: bool = False
    """Marked as known by a comment."""

    def line(self, tree: Mapping[str, bytes]) -> int:
        """The number of that line, in its cell if it has one."""
        text = tree[self.path].decode("latin-1")
        if self.cell:
            text = "".join(json.loads(text)["cells"][self.cell - 1]["source"])
        return next(number for number, line in enumerate(text.splitlines(), 1) if self.at in line)


@dataclass(frozen=True, slots=True, eq=False)
class Fixture:
    """What ``expect.toml`` says, checked."""

    folder: Path
    shape: str
    shapes: tuple[int, ...] = ()
    argv: tuple[str, ...] = ("main.py",)
    env: Mapping[str, str] = dataclasses.field(default_factory=dict)
    key: tuple[str, ...] = ()
    """Files that are gone after the migration, as are the variables of ``key_env``."""
    key_env: tuple[str, ...] = ()
    modes: tuple[Mode, ...] = ()
    """Moods of IMS, besides the normal one, in which before and after must say the same."""
    libraries: tuple[str, ...] = ()
    """Folders of ``tests/libraries`` with what the customer has installed, where several have it."""
    old_pyjwt: bool = False
    skip: str = ""
    """Why it cannot be run at all."""
    after_env: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What the customer has to set, as the to-dos say."""
    left: str = ""
    """The reason with which a second run finds something that is left for a person to remove."""
    fix_args: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    """What the notes or to-dos must say, among other things."""
    untold: tuple[str, ...] = ()
    """And what none of them may say."""
    findings: tuple[Expected, ...] = ()
    near_miss_for: tuple[str, ...] = ()
    """Rules that must stay silent here."""
    unfixed: str = ""
    """The reason that must be given for leaving it alone."""

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.name

    @property
    def changes(self) -> bool:
        """Must ``fix`` change it?"""
        return not self.near_miss_for and not self.unfixed

    @property
    def before(self) -> Path:
        """The customer's tree."""
        return self.folder / "before"

    @property
    def after(self) -> Path:
        """The tree that ``fix`` must make of it; need not exist."""
        return self.folder / "after"

    @property
    def site(self) -> Path:
        """What only this customer has installed; need not exist."""
        return self.folder / "site"

    @property
    def sites(self) -> tuple[Path, ...]:
        """All that the customer has installed."""
        return (*(LIBRARIES / name for name in self.libraries), *([self.site] if self.site.exists() else []))

    @property
    def inline_key(self) -> frozenset[str]:
        """Files of ``before`` other than the key files that hold a private key."""
        return frozenset(
            path
            for path, data in read(self.before).items()
            if PLACEHOLDER in data and path not in self.key and not path.endswith(".pem")
        )


@functools.cache
def load_all() -> tuple[Fixture, ...]:
    """Every fixture, by name."""
    return tuple(load(path.parent) for path in sorted(FIXTURES.glob("*/expect.toml")))


def each(
    fixtures: Sequence[Fixture],
    *,
    fast: int = 1,
    slow: int = 1,
    always: Callable[[Fixture], bool] = lambda _: False,
) -> pytest.MarkDecorator:
    """Call a test with each of these fixtures.

    One in ``fast`` of all fixtures, and those that are ``always`` tried, have no mark; of the others one in
    ``slow`` is slow, and what is left is tried by hand. They are the same ones for each test, so that one
    analysis does for several.
    """
    numbers = {fixture.name: number for number, fixture in enumerate(load_all())}

    def marks(fixture: Fixture) -> list[pytest.MarkDecorator]:
        number = numbers[fixture.name]
        if number % fast == 0 or always(fixture):
            return []
        return [pytest.mark.by_hand if number // fast % slow else pytest.mark.slow]

    cases = [pytest.param(fixture, id=fixture.name, marks=marks(fixture)) for fixture in fixtures]
    return pytest.mark.parametrize("fixture", cases)


def load(folder: Path) -> Fixture:
    """Read one fixture; an unknown key is an error."""
    page = tomllib.loads((folder / "expect.toml").read_text("utf-8"))
    run, after, fix = page.pop("run", {}), page.pop("after", {}), page.pop("fix", {})
    fields: dict[str, Any] = {
        "findings": tuple(Expected(**finding) for finding in page.pop("findings", ())),
        "fix_args": fix.get("args", ()),
        "told": fix.get("told", ()),
        "untold": fix.get("untold", ()),
        "after_env": after.get("env", {}),
        "left": after.get("left", ""),
        "unfixed": page.pop("unfixed", {}).get("reason", ""),
        "modes": tuple(Mode(mode) for mode in run.pop("modes", ())),
        **page,
        **run,
    }
    lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    return Fixture(folder, **{**fields, **lists})


def read(tree: Path) -> dict[str, bytes]:
    """Every file of a tree, by relative posix path."""
    return {path.relative_to(tree).as_posix(): path.read_bytes() for path in _files(tree)}


def write(files: Mapping[str, bytes], tree: Path) -> Path:
    """Make ``tree`` hold exactly these files."""
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for path, data in files.items():
        target = tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return tree


class Keyring:
    """Puts the session's keys where the placeholders are, and takes them out again."""

    def __init__(self, rsa: bytes, ec: bytes, authority: bytes) -> None:
        self._rsa = rsa
        pems = {b"-EC": ec, b"-CA": authority, b"": rsa}
        self._bodies = {suffix: pem.split(b"\n")[1:-2] for suffix, pem in pems.items()}

    @property
    def key_lines(self) -> tuple[bytes, ...]:
        """Every full line of a private key: what must never be shown."""
        return tuple(line for suffix in (b"", b"-EC") for line in self._bodies[suffix] if len(line) == 64)

    def fill(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """The same files with real keys."""
        return {path: self._fill(data) if PLACEHOLDER in data else data for path, data in files.items()}

    def fill_env(self, env: Mapping[str, str]) -> dict[str, str]:
        """The same environment with real keys, and with assertions that were signed a moment ago."""
        return {
            name: self._assertion(value.removeprefix(SIGNED))
            if value.startswith(SIGNED)
            else self._fill(value.encode()).decode()
            for name, value in env.items()
        }

    def empty(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """The same files with placeholders: no key of a session is ever kept."""
        return {path: self._empty(data) for path, data in files.items()}

    def _assertion(self, client: str) -> str:
        ims = "https://ims-na1.adobelogin.com"
        claims = {
            "exp": int(time.time()) + 300,
            "iss": "3B5D7F9A5C8E0A2B0A495B3C@AdobeOrg",
            "sub": "4C6E8A0B5C8E0A3C0A495B4D@techacct.adobe.com",
            "aud": f"{ims}/c/{client}",
            f"{ims}/s/ent_dataservices_sdk": True,
        }
        return jwt.encode(claims, self._rsa, algorithm="RS256")

    def _fill(self, data: bytes) -> bytes:
        data = data.replace(PLACEHOLDER + b"-ESCAPED", b"\\n".join(self._bodies[b""]))
        lines = []
        for line in data.splitlines(keepends=True):
            suffix = next((s for s in self._bodies if PLACEHOLDER + s in line), None)
            body = [] if suffix is None else self._bodies[suffix]
            lines += [line.replace(PLACEHOLDER + (suffix or b""), part) for part in body] or [line]
        return b"".join(lines)

    def _empty(self, data: bytes) -> bytes:
        data = data.replace(b"\\n".join(self._bodies[b""]), PLACEHOLDER + b"-ESCAPED")
        for suffix, (first, *rest) in self._bodies.items():
            if first in data:
                kept = [
                    line for line in data.splitlines(keepends=True) if not any(part in line for part in rest)
                ]
                data = b"".join(kept).replace(first, PLACEHOLDER + suffix)
        return data


def _files(tree: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(tree):
        folders[:] = sorted(name for name in folders if name not in (".git", "__pycache__"))
        yield from (Path(folder, name) for name in sorted(names))

"""No regular expression of ours takes the square of what it reads: a tree may hold texts made for that."""

from __future__ import annotations

import ast
import functools
import importlib
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from adversary import hardest

import jwt2oauth

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src" / "jwt2oauth"
RULES = HERE.parent / "rules"
METHODS = "search|match|fullmatch|sub|subn|split|findall|finditer"
_USE = re.compile(rf"\b(\w+)\.({METHODS})\b")
_INLINE = re.compile(rf"\bre\s*\.\s*(?:{METHODS})\b")
PATH, JSON, GAP = (
    "the path of a file has 4,096 characters at most",
    "JSON that has been read: every string in it is closed",
    "the end of a gap in a line, 400 characters with single blanks",
)
SHORT = {
    "config.manifests._REQUIREMENTS": PATH,
    "python.facts.kinship._SETTINGS": PATH,
    "config.objects._TOKEN": JSON,
    "sources._JSON_STRING": JSON,
    """notebook/writer.py: '"(?:\\\\\\\\.|[^"\\\\\\\\])*"'""": JSON,
    "redact._AFTER_BOUND": GAP,
    "redact._AFTER_NAME": GAP,
    "redact._AFTER_STRING": GAP,
}
"""Those that never meet a long text that somebody made for them, and why."""


def named() -> Iterator[tuple[str, re.Pattern[Any], tuple[str, ...]]]:
    """The patterns that modules hold, and by which methods they are used."""
    texts = {path: path.read_text("utf-8") for path in SOURCE.rglob("*.py")}
    uses = {path: set(_USE.findall(text)) for path, text in texts.items()}
    everywhere = set().union(*uses.values())
    for info in pkgutil.walk_packages(jwt2oauth.__path__, "jwt2oauth."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        own = Path(str(module.__file__))
        for name, value in sorted(vars(module).items()):
            if isinstance(value, re.Pattern) and f"{name} = re.compile" in texts[own]:
                found = uses[own] if name.startswith("_") else everywhere
                used = tuple(sorted(method for of, method in found if of == name)) or ("search",)
                yield f"{info.name.removeprefix('jwt2oauth.')}.{name}", value, used


def inline() -> Iterator[tuple[str, re.Pattern[Any], tuple[str, ...]]]:
    """Those that are written where they are used."""
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if _INLINE.search(text) else ():
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
                continue
            owner, first = node.func.value, node.args[0]
            if _is_re(owner, node.func.attr) and isinstance(first, ast.Constant):
                name = f"{path.relative_to(SOURCE)}: {first.value!r}"
                yield name, re.compile(first.value), (node.func.attr,)


def _is_re(owner: ast.expr, method: str) -> bool:
    return isinstance(owner, ast.Name) and owner.id == "re" and method in METHODS.split("|")


def ruled() -> Iterator[tuple[str, re.Pattern[Any], tuple[str, ...]]]:
    """Those of the rules."""
    for path in sorted(RULES.rglob("*.toml")):
        for pattern in _regular(tomllib.loads(path.read_text("utf-8"))):
            yield f"{path.name}: {pattern!r}", re.compile(pattern), ("search",)


def _regular(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if "pattern" in key and isinstance(inner, str):
                yield inner
            yield from _regular(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _regular(inner)


@functools.cache
def every() -> dict[str, tuple[re.Pattern[Any], tuple[str, ...]]]:
    """All of them, by name."""
    return {name: (pattern, methods) for name, pattern, methods in (*named(), *inline(), *ruled())}


@pytest.mark.slow
def test_no_pattern_backtracks() -> None:
    hard = {name: hardest(*each) for name, each in every().items() if name not in SHORT}
    assert not {name: found for name, found in hard.items() if found}


def test_no_group_is_repeated_possessively() -> None:
    """Python 3.11.0 to 3.11.4 (Debian 12 has 3.11.2) match ``(?:…)*+`` wrongly where the group backtracks.

    See https://github.com/python/cpython/issues/106052: importers were not found there, without a word.
    """
    possessive = re.compile(r"\)(?:[*+?]|\{[\d,]+\})\+")
    assert not [name for name, (pattern, _) in every().items() if possessive.search(str(pattern.pattern))]


@pytest.mark.parametrize(
    "pattern",
    [r"(?:a+)+b", r"\s+$", r"a[^)]*\)", r"x*y", r"(?m)^\s*%", r"\((?:<=?[^,)]+,?)*\)", r'"(?:\\.|[^"])*"'],
)
def test_those_that_do_are_seen(pattern: str) -> None:
    # It is told by the clock: beside other tests one look may not be enough.
    assert any(hardest(re.compile(pattern), ("search",)) for _ in range(3))


def test_those_that_are_excused_are_there() -> None:
    assert not SHORT.keys() - every().keys()

"""Version specifiers in the dialects of the manifests: what they allow, and how to raise the lower bound.

``packaging`` is loaded by what is asked of a manifest: many a tree with a flow has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.specifiers import Specifier, SpecifierSet
    from packaging.version import Version

PEP508 = "pep508"
POETRY = "poetry"
"""Also Pipfile's: carets, tildes, ``*``, a bare version."""
CONDA = "conda"

_CLAUSE = re.compile(r"(?P<operator>===|[=!~<>]=|[<>=^~])?\s*(?P<version>[^\s,=<>!~^|]+)")


def version(text: str) -> Version:
    """Read a version; raise ``ValueError`` if it is none."""
    from packaging.version import Version

    return Version(text)


def any_version() -> SpecifierSet:
    """Give the specifier that allows everything."""
    from packaging.specifiers import SpecifierSet

    return SpecifierSet()


def allowed(text: str, dialect: str) -> SpecifierSet | None:
    """Give the versions that a specifier allows, in the words of PEP 440; None if it is none of the dialect.

    Alternatives (``|``) are not taken apart: they allow anything.
    """
    if "|" in text:
        return any_version()
    from packaging.specifiers import SpecifierSet

    try:
        return SpecifierSet(",".join(_clauses(text, dialect)))
    except ValueError:  # it is no specifier, or no version
        return None


def _clauses(text: str, dialect: str) -> Iterator[str]:
    body = text.strip().removeprefix("(").removesuffix(")").strip()
    if dialect == PEP508:
        yield from (part for part in body.split(",") if part.strip())
        return
    for part in body.split(","):
        match = _CLAUSE.fullmatch(part.strip())
        if match is None or match["version"] == "*":
            continue
        yield from _translated(match["operator"] or "", match["version"], dialect)


def _translated(operator: str, text: str, dialect: str) -> Iterator[str]:
    if operator == "^" or (operator == "~" and dialect == POETRY):
        release = version(text).release
        fixed = next((n for n, part in enumerate(release) if part), len(release) - 1)
        place = fixed if operator == "^" else min(1, len(release) - 1)
        above = [*release[:place], release[place] + 1]
        yield f">={text}"
        yield f"<{'.'.join(map(str, above))}"
    elif operator == "=":
        yield f"=={text.removesuffix('.*')}.*"
    elif operator:
        yield f"{operator}{text}"
    else:
        yield f"=={text}"


def can_be_below(versions: SpecifierSet, bound: Version) -> bool:
    """Say whether a version lower than ``bound`` may satisfy ``versions``."""
    return not any(_is_at_least(each, bound) for each in versions)


def _is_at_least(specifier: Specifier, bound: Version) -> bool:
    if specifier.operator not in (">=", ">", "==", "===", "~="):
        return False
    try:
        return version(specifier.version.removesuffix(".*")) >= bound
    except ValueError:
        return False


def can_be_at_least(versions: SpecifierSet, bound: Version) -> bool:
    """Say whether ``bound`` or a later version may satisfy ``versions``."""
    return not any(_is_below(each, bound) for each in versions)


def _is_below(specifier: Specifier, bound: Version) -> bool:
    operator, text = specifier.operator, specifier.version
    try:
        named = version(text.removesuffix(".*"))
    except ValueError:
        return False
    if operator == "<":
        return named <= bound
    if operator in ("<=", "==="):
        return named < bound
    if operator == "==" and not text.endswith(".*"):
        return named < bound
    if operator == "==" or operator == "~=":
        release = named.release if operator == "==" else named.release[:-1]
        return named < bound and bound.release[: len(release)] > release
    return False


def raised(text: str, dialect: str, bound: Version) -> str | None:
    """Give a specifier of the same style that allows nothing below ``bound``; None if ``text`` already does.

    What names one version or one series of them goes on to do so; an upper bound that leaves nothing goes.
    """
    versions = allowed(text, dialect)
    if versions is None or not can_be_below(versions, bound):
        return None
    body = text.strip()
    bare = body.removeprefix("(").removesuffix(")").strip()
    clauses = [part.strip() for part in bare.split(",") if part.strip() not in ("", "*")]
    kept = [part for part in clauses if part.startswith(("<", "!="))]
    if not can_be_at_least(versions, bound):
        kept = []
    joint = ", " if ", " in bare else ","
    lower = next((made for part in clauses if (made := _raised(part, dialect, bound, len(clauses)))), None)
    gap = " " if re.match(r"[<>=!~^]+ ", bare) else ""
    result = joint.join([*(lower or (f">={gap}{bound}",)), *kept])
    return f"({result})" if body.startswith("(") else result


def _raised(clause: str, dialect: str, bound: Version, among: int) -> tuple[str, ...]:
    """Raise a clause that names one version or one series of them; nothing if it is none of these."""
    match = _CLAUSE.fullmatch(clause)
    if match is None:
        return ()
    operator, version = match["operator"] or "", match["version"]
    lead = clause[: match.start("version")]
    release = bound.release
    if operator == "^":
        return (f"{lead}{bound}",)
    if operator in ("~=", "~") or version.endswith(".*"):
        length = len(version.removesuffix(".*").split("."))
        star = ".*" if version.endswith(".*") else ""
        fixed = length if star else max(1, length - 1) if operator == "~=" else min(length, 2)
        if operator == "~" and length > 1:
            return (f"{lead}{bound}",)
        if not any(release[length:]):
            padded = (*release, *([0] * length))[:length]
            return (f"{lead}{'.'.join(map(str, padded))}{star}",)
        above = [*release[: fixed - 1], release[fixed - 1] + 1]
        return f">={bound}", f"<{'.'.join(map(str, above))}"
    if among == 1 and (operator in ("==", "===", "=") or (not operator and dialect == POETRY)):
        return (f"{lead}{bound}",)
    return ()

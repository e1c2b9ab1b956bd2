"""Version specifiers in the dialects of the manifests: what they allow, and how to raise the lower bound."""

from __future__ import annotations

import re
from collections.abc import Iterator

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version

PEP508 = "pep508"
POETRY = "poetry"
"""Also Pipfile's: carets, tildes, ``*``, a bare version."""
CONDA = "conda"

_CLAUSE = re.compile(r"(?P<operator>===|[=!~<>]=|[<>=^~])?\s*(?P<version>[^\s,=<>!~^|]+)")


def allowed(text: str, dialect: str) -> SpecifierSet | None:
    """Give the versions that a specifier allows, in the words of PEP 440; None if it is none of the dialect.

    Alternatives (``|``) are not taken apart: they allow anything.
    """
    if "|" in text:
        return SpecifierSet()
    try:
        return SpecifierSet(",".join(_clauses(text, dialect)))
    except (InvalidSpecifier, InvalidVersion):
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


def _translated(operator: str, version: str, dialect: str) -> Iterator[str]:
    if operator == "^" or (operator == "~" and dialect == POETRY):
        release = Version(version).release
        fixed = next((n for n, part in enumerate(release) if part), len(release) - 1)
        place = fixed if operator == "^" else min(1, len(release) - 1)
        above = [*release[:place], release[place] + 1]
        yield f">={version}"
        yield f"<{'.'.join(map(str, above))}"
    elif operator == "=":
        yield f"=={version.removesuffix('.*')}.*"
    elif operator:
        yield f"{operator}{version}"
    else:
        yield f"=={version}"


def can_be_below(versions: SpecifierSet, bound: Version) -> bool:
    """Say whether a version lower than ``bound`` may satisfy ``versions``."""
    return not any(_is_at_least(each, bound) for each in versions)


def _is_at_least(specifier: Specifier, bound: Version) -> bool:
    if specifier.operator not in (">=", ">", "==", "===", "~="):
        return False
    try:
        return Version(specifier.version.removesuffix(".*")) >= bound
    except InvalidVersion:
        return False


def can_be_at_least(versions: SpecifierSet, bound: Version) -> bool:
    """Say whether ``bound`` or a later version may satisfy ``versions``."""
    return not any(_is_below(each, bound) for each in versions)


def _is_below(specifier: Specifier, bound: Version) -> bool:
    operator, text = specifier.operator, specifier.version
    try:
        version = Version(text.removesuffix(".*"))
    except InvalidVersion:
        return False
    if operator == "<":
        return version <= bound
    if operator in ("<=", "==="):
        return version < bound
    if operator == "==" and not text.endswith(".*"):
        return version < bound
    if operator == "==" or operator == "~=":
        release = version.release if operator == "==" else version.release[:-1]
        return version < bound and bound.release[: len(release)] > release
    return False


def raised(text: str, dialect: str, bound: Version) -> str | None:
    """Give a specifier of the same style that allows nothing below ``bound``; None if ``text`` already does.

    What names one version goes on to do so; an upper bound that leaves nothing goes.
    """
    versions = allowed(text, dialect)
    if versions is None:
        return None
    if not can_be_below(versions, bound):
        return None
    if not can_be_at_least(versions, bound):
        return f"{_pin(text, dialect)}{bound}"
    body = text.strip()
    bare = body.removeprefix("(").removesuffix(")").strip()
    clauses = [part.strip() for part in bare.split(",") if part.strip() not in ("", "*")]
    kept = [part for part in clauses if part.startswith(("<", "!="))]
    caret = next((part[0] for part in clauses if part[0] in "^"), "")
    lower = f"{caret or '>='}{bound}"
    joint = ", " if ", " in bare else ","
    made = joint.join([lower, *kept])
    return f"({made})" if body.startswith("(") else made


def _pin(text: str, dialect: str) -> str:
    """Give the operator of a specifier that names one version or one series, to name another."""
    match = _CLAUSE.match(text.strip().removeprefix("("))
    operator = (match["operator"] or "") if match is not None else ""
    alone = "," not in text
    if alone and operator in ("==", "===", "^", "=") and "*" not in text:
        return operator
    if alone and not operator and dialect == POETRY:
        return ""
    return ">="

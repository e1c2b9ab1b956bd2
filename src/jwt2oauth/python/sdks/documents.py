"""Configuration files of an SDK: which keys they hold, and where their templates are."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from functools import cache

from ...sdk import SdkFile
from ..facts import syntax as s
from ..facts.modules import Module


def top(module: Module) -> s.Dict | None:
    """Give the mapping that a configuration file is."""
    statement = module.source.body.body[0]
    value = statement.value if isinstance(statement, s.ExprStmt) else None
    return value if isinstance(value, s.Dict) else None


def sets(module: Module) -> dict[str, s.Dict]:
    """Give the sets of keys that a file holds, by what stands before their paths (``[0].`` in a list)."""
    whole = top(module)
    if whole is not None:
        return {"": whole}
    statement = module.source.body.body[0]
    several = statement.value if isinstance(statement, s.ExprStmt) else None
    inner = several.items if isinstance(several, s.Sequence) else ()
    return {f"[{number}].": each for number, each in enumerate(inner) if isinstance(each, s.Dict)}


def items(module: Module) -> dict[str, s.Item]:
    """Give every entry by its dotted path, those of inner mappings too."""
    found: dict[str, s.Item] = {}
    stack = list(sets(module).items())
    while stack:
        path, here = stack.pop()
        for item in here.items:
            key = path + s.key_text(item)
            found[key] = item
            if isinstance(item.value, s.Dict):
                stack.append((key + ".", item.value))
    return found


def held(module: Module, key: str) -> list[str]:
    """Give a to-do for scopes that every set of keys has already; none where one has none."""
    entries = items(module)
    if not all(before + key in entries and value_of(entries[before + key]) for before in sets(module)):
        return []
    page = "the credential's page in the Adobe Developer Console (comma separated)"
    return [f"Compare the scopes that {module.path} holds already with {page}."]


def value_of(item: s.Item) -> str:
    """Give the value of an entry, if it is a plain one."""
    return str(item.value.value) if isinstance(item.value, s.Str) else ""


def texts(module: Module | None) -> Iterator[str]:
    """Give all texts of a file."""
    nodes = s.walk(module.source.body) if module is not None else ()
    return (str(node.value) for node in nodes if isinstance(node, s.Str))


def names_in(item: s.Item) -> list[str]:
    """Give the key files that the values of an entry name, and the variables that are filled in there."""
    values = [str(node.value) for node in s.walk(item.value) if isinstance(node, s.Str)]
    files = [value.replace("\\", "/").rpartition("/")[2] for value in values if _KEY_FILE.search(value)]
    return [*files, *(name for value in values for name in _FILLED_IN.findall(value))]


def evidence(module: Module, row: SdkFile, *, too_old: bool = False) -> list[s.Item]:
    """Give the entries that mean the JWT credential; none of a set of keys that has migrated.

    ``too_old`` is a library that knows nothing of the scopes that stand beside them.
    """
    entries = items(module)
    return [
        entries[before + key]
        for before in sets(module)
        for key in row.jwt
        if before + key in entries and (too_old or not has_migrated(entries, before, row))
    ]


def has_migrated(entries: Mapping[str, s.Item], before: str, row: SdkFile) -> bool:
    """Say whether the set of keys whose paths begin with ``before`` is for OAuth."""
    for sign in row.oauth:
        key, is_value, value = sign.partition("=")
        item = entries.get(before + key)
        if item is not None and (not is_value or value_of(item) == value):
            return True
    return False


def is_named(path: str, row: SdkFile) -> bool:
    """Say whether a file has one of the names of ``row``, or is a template of one."""
    name = path.rpartition("/")[2]
    if name.endswith(_TEMPLATES):
        for suffix in _TEMPLATES:
            name = name.removesuffix(suffix)
    return _pattern(row.names).match(name) is not None


@cache
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(fnmatch.translate, names)) or "(?!)")


def templates(path: str) -> Iterator[str]:
    """Give the paths at which a template of a configuration file may be."""
    stem, dot, ending = path.rpartition(".")
    for suffix in _TEMPLATES:
        yield path + suffix
        yield f"{stem}{suffix}{dot}{ending}"
        yield f"{stem}{suffix.replace('.', '_')}{dot}{ending}"
        yield f"{stem}{suffix.replace('.', '-')}{dot}{ending}"


_KEY_FILE = re.compile(r"^[^@$<>{}\s]+\.(?:key|pem)$")
_FILLED_IN = re.compile(r"(?:\$\{?|\{\{ *(?:\w+(?:\.|[\[(][\"']))?)([A-Za-z]\w*_\w+)")
_TEMPLATES = (".example", ".sample", ".template", ".dist", ".tmpl", ".tpl")

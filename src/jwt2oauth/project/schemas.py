"""JSON schemas of configuration files: what they say of a key that goes, and of one that comes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..config.removal import Path, place
from ..python.facts import syntax as s
from ..python.facts.modules import Module
from ..python.facts.values import Site
from ..python.settings.entries import add_item, add_to_document
from ..python.settings.setting import Setting
from ..python.writing.changes import Changes
from .documents import Documents

DESCRIBED = '{"type": "string"}'
"""What a schema says of the scopes."""

_LINK = re.compile(r"\$schema[\"']?\s*[=:]\s*[\"']?(?P<file>[\w./-]+\.json)")
_ELSEWHERE = re.compile(r'"(?:\$ref|allOf|anyOf|oneOf|if|patternProperties|dependencies)"')
"""Words with which a schema describes a mapping in another place than at its path."""
_KEYED = re.compile(r'"(\w+)" in the configuration$')
_CREDENTIAL = re.compile(r"jwt|private|tech|metascope|key_?(?:path|file)", re.IGNORECASE)
"""A schema that describes such a key, too, is one of this credential's configuration."""
_WORD = re.compile(r"[._-]?schema(?:[._-]|$)")


def is_schema(path: str) -> bool:
    """Say whether a file is a JSON schema by its name, or by that of its folder."""
    return (
        path.endswith(".json") and re.search(r"schema[^/]*$|(?:^|/)schemas?/[^/]*$", path.lower()) is not None
    )


def schema_of(files: Documents, paths: Sequence[str], document: Module) -> Module | None:
    """Give the schema that belongs to a configuration file: by its ``$schema``, or by its name."""
    folder, _, name = document.path.rpartition("/")
    link = _LINK.search(document.text)
    linked = link["file"].rpartition("/")[2] if link is not None else ""
    stem = name.partition(".")[0]
    found = []
    for path in paths:
        own = path.rpartition("/")[2]
        near = path.rpartition("/")[0] in (
            folder,
            f"{folder}/schema".strip("/"),
            f"{folder}/schemas".strip("/"),
        )
        said = _WORD.sub("", own.removesuffix(".json")) if near and is_schema(path) else None
        named = said == stem or (said == "" and _knows(files.module(path), document))
        if path != document.path and (own == linked or (named and not linked)):
            found.append(path)
    return files.module(found[0]) if len(found) == 1 else None


def _knows(schema: Module | None, document: Module) -> bool:
    """Does ``schema.json`` speak of all that a file beside it has at its top?"""
    entries = dict(_items(schema)) if schema is not None else {}
    keys = [path for path, _ in _items(document) if len(path) == 1]
    return bool(keys) and all(("properties", *key) in entries for key in keys)


def described(schema: Module, path: Path) -> list[Path]:
    """Give the parts of a schema that speak of the key at ``path``: its description, its being required."""
    found: list[Path] = []
    entries = dict(_items(schema))
    above = _followed((), entries, schema)
    for key in path[:-1]:
        above = _followed(
            (*above, "items") if key.startswith("[") else (*above, "properties", key), entries, schema
        )
    if (*above, "properties", path[-1]) in entries:
        found.append((*above, "properties", path[-1]))
    names = _required(entries.get((*above, "required")))
    if names == [path[-1]]:
        found.append((*above, "required"))
    elif path[-1] in names:
        found.append((*above, "required", place(names.index(path[-1]))))
    return found


def demands(schema: Module, path: Path) -> bool:
    """May a schema ask for the key at ``path`` in words that do not go with it?"""
    name = path[-1]
    entries = dict(_items(schema))
    known = sum(each[-2:] == ("properties", name) for each in entries)
    known += sum(_required(item).count(name) for each, item in entries.items() if each[-1] == "required")
    if schema.text.count(f'"{name}"') != known:
        return True
    return bool(known) and not described(schema, path) and _ELSEWHERE.search(schema.text) is not None


def _followed(path: Path, entries: Mapping[Path, s.Item], schema: Module) -> Path:
    """Where what is at ``path`` is written: itself, or what it alone refers to (``$ref``)."""
    item = entries.get((*path, "$ref"))
    target = str(item.value.value) if item is not None and isinstance(item.value, s.Str) else ""
    if not target.startswith("#/") or schema.text.count(f'"{target}"') != 1:
        return path
    return tuple(target[2:].split("/"))


def _required(item: s.Item | None) -> list[str]:
    if item is None or not isinstance(item.value, s.Sequence):
        return []
    return [str(each.value) if isinstance(each, s.Str) else "" for each in item.value.items]


def fill_schemas(changes: Changes, files: Documents, paths: Sequence[str]) -> None:
    """Let the schemas know the keys that configuration files gain, or that a person is to add there."""
    gained = [(document, item, name) for document, item, name, _ in changes.documented]
    found: dict[tuple[Module, s.Item, str], None] = {}
    for document, item, name in [*gained, *changes.awaited]:
        schema = schema_of(files, paths, document)
        if schema is None or not isinstance(item.key, s.Str):
            continue
        for path, beside in _items(schema):
            if path[-2:] == ("properties", str(item.key.value)):
                found[schema, beside, name] = None
    for schema, beside, name in found:
        add_to_document(changes, Site(schema, beside), name, DESCRIBED, raw=True)


def fill_written(changes: Changes, settings: Iterable[Setting], modules: Iterable[Module]) -> None:
    """Let the schemas that are written in the code know the keys of new settings."""
    named = [(each.beside, _KEYED.match(each.where)) for each in settings if each.beside]
    wanted = {(beside, match[1]) for beside, match in named if match is not None}
    for module in modules if wanted else ():
        for item in module.each(s.Item):
            properties = item.value if s.key_text(item) == "properties" else None
            keys = (
                {s.key_text(each): each for each in properties.items}
                if isinstance(properties, s.Dict)
                else {}
            )
            for beside, name in wanted:
                if beside in keys and name not in keys and any(map(_CREDENTIAL.search, keys)):
                    add_item(changes, Site(module, keys[beside]), name, (DESCRIBED,), module.quote())


def _items(schema: Module) -> Iterator[tuple[Path, s.Item]]:
    """The entries of all mappings outside of lists, by path."""
    top = schema.source.body.body[0]
    stack: list[tuple[Path, s.Expr]] = [((), top.value)] if isinstance(top, s.ExprStmt) else []
    while stack:
        above, here = stack.pop()
        for item in here.items if isinstance(here, s.Dict) else ():
            if isinstance(item.key, s.Str):
                yield (*above, str(item.key.value)), item
                stack.append(((*above, str(item.key.value)), item.value))

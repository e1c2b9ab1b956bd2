"""What becomes of a configuration file that an SDK reads: keys go, the scopes and what else it wants come."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ..config.documents import kind_of
from ..config.removal import without
from ..model import Edit, Span
from ..python.facts import syntax as s
from ..python.facts.modules import Module
from ..python.rendering import is_about_the_flow
from ..python.sdks import documents
from ..sdk import SdkFile

Change = tuple[Span, str]
_ACCOUNT = re.compile(r"technical.account", re.IGNORECASE)


def edits(module: Module, row: SdkFile, scopes: str) -> list[Edit] | None:
    """Give the edits of one file; None where it cannot be said for certain which characters go.

    Comments, order, quotes and line ends of what stays are not touched.
    """
    entries = documents.items(module)
    sets = documents.sets(module)
    lost = [before + key for before in sets for key in row.drop if before + key in entries]
    for key, sign in ((before + key, sign) for before in sets for key, sign in row.drop_values.items()):
        if key in entries and sign in documents.value_of(entries[key]):
            lost.append(key)
    kind = kind_of(module.path)
    paths = [tuple(key.split(".")) for key in _with_emptied(entries, lost)]
    changes = without(kind or "", module.text, paths, _is_about)
    if changes is None:
        return None
    for before in sets if row.scopes else ():
        anchor = next(
            (entries[before + key] for key in reversed(row.beside) if before + key in entries), None
        )
        if before + row.scopes not in entries and anchor is not None:
            changes.append(_beside(module, anchor, row.scopes, scopes))
    missing = {key: value for key, value in row.add.items() if key not in entries}
    changes += _above(module, missing)
    newline = module.source.newline
    return [Edit(module.path, span, text.replace("\n", newline)) for span, text in changes]


def _with_emptied(entries: Mapping[str, s.Item], lost: Sequence[str]) -> list[str]:
    """A mapping of which nothing would be left goes as a whole."""
    left = dict.fromkeys(lost)
    for key, item in entries.items():
        if isinstance(item.value, s.Dict) and item.value.items:
            inner = [f"{key}.{s.key_text(each)}" for each in item.value.items]
            if all(each in left for each in inner):
                left = {each: None for each in left if each not in inner} | {key: None}
    return list(left)


def _is_about(comment: str) -> bool:
    return is_about_the_flow(comment) or _ACCOUNT.search(comment) is not None


def _beside(module: Module, item: s.Item, name: str, value: str) -> Change:
    """An entry behind another one, in its manner."""
    assert item.key is not None
    text = module.text
    start = module.line_start(item.span.start)
    lead = text[start : item.span.start]
    key, shown = module.snippet(item.key), module.snippet(item.value)
    quotes = ("'", '"')
    mark = shown[0] if shown[:1] in quotes else '"' if kind_of(module.path) == "json" else ""
    pair = (key[0] if key[:1] in quotes else "", text[item.key.span.end : item.value.span.start])
    written = f"{pair[0]}{name}{pair[0]}{pair[1]}{mark}{value}{mark}"
    end = item.span.end
    if _is_in_braces(module, item):
        return Span(end, end), (", " if lead.strip() else ",\n" + lead) + written
    line = text.find("\n", end)
    end = len(text) if line < 0 else line
    return Span(end, end), f"\n{lead}{written}"


def _is_in_braces(module: Module, item: s.Item) -> bool:
    parent = module.parents[item]
    return module.text.startswith("{", parent.span.start)


def _above(module: Module, wanted: Mapping[str, str]) -> Iterator[Change]:
    """Entries at the top of a block, above the first one and the remarks that belong to it."""
    whole = documents.top(module)
    if not wanted or whole is None or not whole.items:
        return
    text = module.text
    at = here = module.line_start(whole.items[0].span.start)
    while here > 0:
        line = module.line_start(here - 1)
        if not text[line:here].lstrip().startswith("#"):
            break
        here = line
    at = here if here > 0 and not text[:here].strip().endswith("---") else at
    apart = "\n" if at > 0 and not text[module.line_start(at - 1) : at].strip() else ""
    lines = "".join(f"{key}: {value}\n" for key, value in wanted.items())
    yield Span(at, at), lines + apart

"""Files of the environment (``.env``, ``.env.example``) gain the variable that the code now reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..config.documents import kind_of
from ..model import Edit, Span
from ..python.facts import syntax as s
from ..python.facts.modules import Module
from .documents import Documents

_TEMPLATE = re.compile(
    r"(?:^|/)(?:\.?env[\w.-]*\.(?:example|sample|template|dist|tmpl)|(?:example|sample|template)\.env|\.env\.\w*example)$"
)


_MAPPING = re.compile(r"(?:^|/)local\.settings\.json(?:\.\w+)?$")
"""Where Azure Functions keep the variables of the environment of their developers."""


def is_template(path: str) -> bool:
    """Is this a file that people copy to ``.env``, or one that sets variables for them as JSON?"""
    return _TEMPLATE.search(path) is not None or _MAPPING.search(path) is not None


def additions(
    documents: Documents, paths: Sequence[str], beside: str, name: str, value: str
) -> Iterator[Edit]:
    """One edit a file that sets ``beside`` and not yet ``name``: a line below it, in its style.

    ``value`` is what stands behind the equals sign; empty where nobody published the scopes: then only
    templates gain the line.
    """
    for path in paths:
        wanted = is_template(path) or (bool(value) and kind_of(path) == "env")
        module = documents.module(path) if wanted else None
        if module is None:
            continue
        items = variables_of(module)
        known = {key.upper(): item for key, item in items.items()}
        if beside.upper() not in known or name.upper() in known:
            continue
        anchor = known[beside.upper()]
        shown = name.lower() if s.key_text(anchor).islower() else name
        following = [i for i in items.values() if i.span.start > anchor.span.start]
        if following and "SECRET" in s.key_text(following[0]).upper():
            anchor = min(following, key=lambda i: i.span.start)
        end = anchor.span.end
        lead = module.text[module.line_start(anchor.span.start) : anchor.span.start]
        if _MAPPING.search(path):
            if not lead.strip():
                yield Edit(path, Span(end, end), f',{module.source.newline}{lead}"{shown}": "{value}"')
            continue
        while end < len(module.text) and module.text[end] not in "\r\n":
            end += 1
        yield Edit(path, Span(end, end), f"{module.source.newline}{lead}{shown}={value}")


def merged(one: Edit, other: Edit) -> Edit:
    """Give the edit ``one`` with the scopes of both."""
    mark, quote = ('": "', '"') if _MAPPING.search(one.path) else ("=", "")
    head, _, scopes = one.text.removesuffix(quote).partition(mark)
    more = other.text.removesuffix(quote).partition(mark)[2]
    together = dict.fromkeys(scope for scope in [*scopes.split(","), *more.split(",")] if scope)
    return Edit(one.path, one.span, f"{head}{mark}{','.join(together)}{quote}")


def variables_of(module: Module) -> dict[str, s.Item]:
    """Give the variables that a file of the environment sets, by name."""
    return {s.key_text(node): node for node in module.each(s.Item)}

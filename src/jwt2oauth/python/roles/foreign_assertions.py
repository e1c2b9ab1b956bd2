"""Assertions that are not signed here: by whom else, and what to do about that."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts.values import Environ, Items, Value, name_of
from ..resolve import Resolver
from .exchange import Exchange
from .trace import label_of

_RUN = ("subprocess.", "os.popen", "os.system", "asyncio.create_subprocess_")


def variables(resolver: Resolver, exchange: Exchange, field: str) -> Iterator[str]:
    """The variables of the environment that bring an assertion which somebody else has signed."""
    for form in exchange.forms:
        for entry in form.entries(field):
            found: list[Value] = list(resolver.resolve(entry.value)) if entry.value is not None else []
            for value in found:
                if isinstance(value, Items):  # a part of a multipart form: ``(None, assertion)``
                    found += [inner for item in value.sites for inner in resolver.resolve(item)]
                elif isinstance(value, Environ):
                    yield value.name


def left_behind(resolver: Resolver, exchange: Exchange) -> Iterator[str]:
    """What a person is to look at where a command that no table knows has made the assertion."""
    for encoding in exchange.encodings:
        node = encoding.site.node
        func = getattr(node, "func", None)
        names = (
            [name_of(v) or "" for v in resolver.resolve(encoding.site.at(func))] if func is not None else []
        )
        if not encoding.library and any(name.startswith(_RUN) for name in names):
            yield (
                f"The program that {label_of(encoding.site.module, node)} ran to sign is run there no more: "
                "see whether it and the key that it reads can go."
            )

"""Whose host a request goes to: Adobe's, a stand-in's for tests and development, or one that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...rules.tables import Provider
from ..facts.values import Text
from .exchange import Exchange

_HOST = re.compile(r"https?://(?P<host>[^/?#:\x00]+)(?::\d+)?(?=[/?#]|$)")
_NOBODYS = frozenset({"test", "example", "invalid", "localhost", "local", "testserver"})
"""Last parts of names that nobody but a test or a developer's machine answers to (RFC 6761 has most)."""
_STAND_INS = frozenset({"mock", "fake", "stub", "wiremock"})
"""Words in the names of such hosts."""


def host_of(url: Text) -> str | None:
    """The host of an address; None where it is not known."""
    match = _HOST.match(url.fold("\x00"))
    return match["host"] if match is not None else None


def is_adobes(host: str, provider: Provider) -> bool:
    """Does it belong to one of Adobe's domains?"""
    return any(f".{host}".endswith(f".{domain}") for domain in provider.domains)


def is_stand_in(host: str, exchange: Exchange, provider: Provider) -> bool:
    """Is it a host for tests, where the same request goes to Adobe otherwise?"""
    others = filter(None, map(host_of, exchange.urls))
    parts = host.lower().split(".")
    words = {word for part in parts for word in part.split("-")}
    for_tests = parts[-1] in _NOBODYS or parts[0] == "127" or "example" in parts[-2:] or words & _STAND_INS
    return bool(for_tests) and any(is_adobes(each, provider) for each in others)


def notes(exchange: Exchange, provider: Provider) -> Iterator[str]:
    """What there is to say of the hosts."""
    documented, found = provider.default_host, []
    for url in exchange.urls:
        text = url.fold("\x00")
        if text.startswith("https://") and "\x00" not in text.split("/ims/")[0]:
            found.append(text.split("/")[2])
    # Where the documented host is among them, the others are those of other requests.
    for host in () if documented in found else dict.fromkeys(found):
        if host not in provider.hosts:
            yield f"The host {host} is kept as it is; the documented one is {documented}."
    for host in dict.fromkeys(filter(None, map(host_of, exchange.urls))):
        if is_stand_in(host, exchange, provider):
            path = provider.token_path
            yield f"What stands in for IMS at {host} is asked for {path} now, and answers in seconds."

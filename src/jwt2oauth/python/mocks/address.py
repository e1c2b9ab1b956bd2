"""The exchange's address as tests write it: whole, as a path, as a piece of a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator
from os.path import commonpath

from ...rules.tables import Rules
from .. import syntax as s
from ..index import Module


class Address:
    """Recognises and rewrites the address in single literals."""

    def __init__(self, rules: Rules) -> None:
        provider = rules.provider
        shared = commonpath([provider.token_path, *provider.exchange_paths])
        self.tails = [p[len(shared) :].lstrip("/") for p in provider.exchange_paths]
        self.lead = shared.strip("/")
        self.new = provider.token_path[len(shared) :].lstrip("/")
        # "…/ims/exchange/jwt" anywhere; "exchange/jwt" where the literal begins, behind whatever host.
        joined = "|".join(re.escape(t) for t in sorted(self.tails, key=len, reverse=True))
        self._path = re.compile(rf"(?:(?<={re.escape(self.lead)}/)|(?:(?<=^)|(?<=^/)))(?:{joined})(?![\w-])")

    def holds(self, text: str) -> bool:
        """Is the exchange's path in ``text``?"""
        return self._path.search(text) is not None

    def in_module(self, module: Module) -> bool:
        """May the address be in the text of ``module``?"""
        return any(map(module.holds, self.tails))

    def spans(self, raw: str, node: s.Str) -> Iterator[tuple[int, int]]:
        """Where the part that changes stands in the source text of a literal (a slash behind it with it)."""
        body = len(node.prefix) + len(node.quote)
        for match in self._path.finditer(raw[body : len(raw) - len(node.quote)]):
            end = match.end() + body
            is_pattern = "r" in node.prefix.lower()
            if raw[end : end + 1] == "/" and not is_pattern and not re.match(r"[\w-]", raw[end + 1 :]):
                end += 1
            yield match.start() + body, end

"""The exchange's address as tests write it: whole, as a path, as a piece of a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterator
from os.path import commonpath

from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module


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
        self.first, self.first_new = (each.partition("/")[0] for each in (self.tails[0], self.new))
        self._begins = re.compile(rf"(?<={re.escape(self.lead)}/){re.escape(self.first)}(?=/?$)")
        self._path = re.compile(rf"(?:(?<={re.escape(self.lead)}/)|(?:(?<=^)|(?<=^/)))(?:{joined})(?![\w-])")

    def holds(self, text: str) -> bool:
        """Is the exchange's path in ``text``?"""
        return self._path.search(text) is not None

    def in_module(self, module: Module) -> bool:
        """May the address be in the text of ``module``?"""
        return any(map(module.holds, self.tails)) or module.holds(f"{self.lead}/{self.first}")

    def beginning(self, raw: str, module: Module, node: s.Str) -> Iterator[tuple[int, int]]:
        """Where a literal names how the path begins: ``path__startswith="/ims/exchange"``, ``… in url``."""
        parent = module.parents[node]
        if isinstance(parent, s.Arg):
            call = module.parents[parent]
            asked = parent.keyword or (s.last_name(call.func) if isinstance(call, s.Call) else "")
        else:
            asked = "contains" if isinstance(parent, s.Compare) and parent.ops == ("in",) else ""
        if asked.lower().endswith(("startswith", "contains", "assertin")):
            body = len(node.prefix) + len(node.quote)
            for match in self._begins.finditer(raw[body : len(raw) - len(node.quote)]):
                yield match.start() + body, match.end() + body

    def spans(self, raw: str, node: s.Str) -> Iterator[tuple[int, int]]:
        """Where the part that changes stands in the source text of a literal (a slash behind it with it)."""
        body = len(node.prefix) + len(node.quote)
        for match in self._path.finditer(raw[body : len(raw) - len(node.quote)]):
            end = match.end() + body
            is_pattern = "r" in node.prefix.lower()
            if raw[end : end + 1] == "/" and not is_pattern and not re.match(r"[\w-]", raw[end + 1 :]):
                end += 1
            yield match.start() + body, end

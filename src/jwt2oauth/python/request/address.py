"""The address of an exchange becomes that of the token request, in pieces or as tests write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from os.path import commonpath

from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Environ, Gap, Instance, Lit, Member, Param, Text, Value
from ..roles.evidence import Evidence
from ..roles.exchange import Exchange
from ..writing.answers import NoAnswer, replace_in_literal
from ..writing.changes import Changes


def owner_of(value: Value) -> Value:
    """The value of which ``value`` is a part: ``config`` of ``config["ims"]["endpoint"]``."""
    while isinstance(value, Member):
        value = value.base
    return value


class AddressEditor:
    """Puts the edits of the addresses of one exchange into ``changes``."""

    def __init__(self, evidence: Evidence, rules: Rules, changes: Changes) -> None:
        self.evidence = evidence
        self.provider = rules.provider
        self.changes = changes

    def change(self, exchange: Exchange) -> None:
        """Make every alternative of the URL end in the token path."""
        for url in exchange.urls:
            if not self.evidence.path_in(url):
                on_its_way = any(path in url.fold() for path in self.provider.token_paths)
                if on_its_way or self._from_outside(url):
                    continue
                raise NoAnswer("url-unknown", exchange.entry)
            self._path(url)

    def _from_outside(self, url: Text) -> bool:
        """An address whose path a caller or the environment may give, perhaps in a mapping: what is written
        instead is what we change."""
        part = url.parts[-1] if url.parts else None
        return isinstance(part, Gap) and isinstance(owner_of(part.value), Param | Environ | Instance)

    def _path(self, url: Text) -> None:
        match = self.evidence.match_path(url)
        assert match is not None
        new = self.provider.token_path if match[0].startswith("/") else self.provider.token_path.lstrip("/")
        pieces = self._by_segment(url, match.start(), match[0], new)
        if pieces is None:
            pieces = self._in_first(url, match.start(), match[0], new)
        for part, old, new in pieces:
            if url.parts.count(part) > 1:
                raise NoAnswer("url-unknown", part.site)  # the separator of a join()
            replace_in_literal(self.changes, part.site, old, new)

    def _by_segment(self, url: Text, start: int, path: str, new: str) -> list[tuple[Lit, str, str]] | None:
        """Old and new text of each literal, where every segment of the path has its like in the new one."""
        olds, news = path.rstrip("/").split("/"), new.split("/")
        if len(olds) != len(news):
            return None
        segments: list[tuple[int, str, str]] = []
        at = start
        for old, new in zip(olds, news, strict=True):
            segments.append((at, old, new))
            at += len(old) + 1
        if path.endswith("/"):
            segments.append((at - 1, "/", ""))
        found: list[tuple[Lit, str, str]] = []
        at = 0
        for part in url.parts:
            begin, at = at, at + (len(part.text) if isinstance(part, Lit) else 1)
            inside = [g for g in segments if g[1] != g[2] and begin <= g[0] and g[0] + len(g[1]) <= at]
            if any(g[0] < at < g[0] + len(g[1]) for g in segments):
                return None
            if isinstance(part, Lit) and inside:
                first, last = inside[0], inside[-1]
                old = part.text[first[0] - begin : last[0] + len(last[1]) - begin]
                found.append((part, old, _rewritten(old, first[0], inside)))
        return found

    def _in_first(self, url: Text, start: int, path: str, whole: str) -> list[tuple[Lit, str, str]]:
        """The new path in the first literal that holds a part of the old one, nothing in the others."""
        found: list[tuple[Lit, str, str]] = []
        # What old and new path share ("/ims/") may stand in another literal: it stays.
        shared = len(commonpath([path, whole]))
        new, at = whole[shared:], 0
        for part in url.parts:
            length = len(part.text) if isinstance(part, Lit) else 1
            begin, end = max(start + shared, at), min(start + len(path), at + length)
            if isinstance(part, Lit) and begin < end:
                found.append((part, part.text[begin - at : end - at], new))
                new = ""
            at += length
        return found


def _rewritten(old: str, start: int, segments: list[tuple[int, str, str]]) -> str:
    """``old``, which begins at ``start``, with each segment in place of its like."""
    for at, before, after in reversed(segments):
        old = old[: at - start] + after + old[at - start + len(before) :]
    return old


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

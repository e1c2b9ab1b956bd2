"""By what a program tells the login's request from its others: the address, or field, becomes the new one.

``if "/exchange/jwt" in response.url``, ``url.endswith("/jwt")`` in a session that logs in by itself: left as
they were, the login would be taken for any other request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site, Text, name_of
from ..following.forward import Forward
from ..resolve import Resolver
from ..roles.exchange import Exchange
from ..roles.trace import label_of
from ..writing.answers import replace_in_literal
from ..writing.changes import Changes
from .address import Address

_ASKS = frozenset({"endswith", "startswith", "find", "rfind", "index", "count", "partition", "rpartition"})
_ADDRESS = re.compile(r"(?:^|_)(?:url|uri|path|endpoint|href|address)s?(?:$|_)", re.IGNORECASE)
_HOST = re.compile(r"https?://([\w.-]+)")
_SERVER = re.compile(r"(?:https?://)?([\w-]+(?:\.[\w-]+)+)(?::\d+)?/?")
_WHAT = "What tells requests apart by the address, or a field, of the login"
_COMPARES = frozenset({("in",), ("not in",), ("==",), ("!=",)})


class Apart:
    """Looks through the program of one plan."""

    def __init__(self, resolver: Resolver, forward: Forward, rules: Rules, changes: Changes) -> None:
        self.resolver, self.forward, self.changes = resolver, forward, changes
        provider, address = rules.provider, Address(rules)
        tails = set(address.tails)
        last = {tail.rpartition("/")[2] for tail in tails}
        firsts = {tail.partition("/")[0] for tail in tails}
        self.fields = provider.fields
        self.new = address.new
        lead = re.escape(address.lead)
        self._hosts = provider.hosts
        self._elsewhere = re.compile(rf"(?<![\w.-])(?!{lead}/)[\w.-]{{1,99}}/$")
        self._words = sorted(last | firsts)
        self._whole = _either(tails, r"(?<![\w-])", r"(?![\w-])/?(?!\?)")
        self._front = _either(firsts, rf"(?<=(?<![\w-]){lead}/)", r"(?=/?$)")
        self._end = _either(last, "^/", "/?$")
        self._bare = _either(last, "^", "/?$")

    def change(
        self, exchanges: Sequence[Exchange], others: Sequence[Exchange], left: Sequence[Exchange]
    ) -> Iterator[str]:
        """Change what can be, unless a flow that is ``left`` alone needs it; gives what there is to say.

        ``others`` are all exchanges of the project: where they write their addresses is their own affair.
        """
        own = {module.path for exchange in exchanges for module in exchange.modules}
        theirs = {part.site.node for each in others for url in each.urls for part in url.parts}
        done: dict[str, None] = {}
        stays: dict[str, None] = {}
        names: dict[str, None] = {}
        for module, node in self._texts():
            piece = self._field(module, node) or self._piece(module, node, near=module.path in own)
            if not self._is_left(module, node):
                continue
            if piece is None:
                if node not in theirs and self._names(module, node):
                    names[label_of(module, node)] = None
            elif any(self.resolver.index.related(module, each.entry.module) for each in left):
                stays[label_of(module, node)] = None
            else:
                replace_in_literal(self.changes, Site(module, node), *piece)
                done[label_of(module, node)] = None
        if done:
            yield f"{_WHAT} knows the new one: {', '.join(done)}."
        if stays:
            places = ", ".join(stays)
            yield f"{_WHAT} knows the old one only, for a flow that is left alone as well: {places}."
        if names:
            places = ", ".join(names)
            yield f"The address of the exchange is still written in {places}: see if it has to follow."

    def _texts(self) -> Iterator[tuple[Module, s.Str]]:
        """The literals of the program that may be a part of the address, or the name of the field."""
        for module in self.resolver.world:
            if self.resolver.is_test(module) or not any(map(module.holds, self._words)):
                continue
            for node in module.each(s.Str):
                if any(word in str(node.value) for word in self._words):
                    yield module, node

    def _names(self, module: Module, node: s.Str) -> bool:
        """Is it the address, for whoever, and no text for people?"""
        text = str(node.value)
        match = self._whole.search(text)
        prose = len(text.split()) > 1 or isinstance(module.parents[node], s.ExprStmt)
        if match is None or prose or self._is_anothers(text, match):
            return False
        around = Site(module, _whole(module, node))
        texts = [value.fold("\0") for value in self.resolver.resolve(around) if isinstance(value, Text)]
        if texts and all(self._is_anothers(each, match) for each in texts):
            return False
        hosts = {found[1] for each in _beside(module, node) if (found := _SERVER.fullmatch(each)) is not None}
        return not hosts or not hosts.isdisjoint(self._hosts)

    def _is_anothers(self, text: str, match: re.Match[str]) -> bool:
        """``https://partner.example/ims/exchange/jwt``, ``/v1/exchange/jwt``"""
        host = _HOST.match(text)
        foreign = host is not None and host[1] not in self._hosts
        return foreign or (match.re is self._whole and bool(self._elsewhere.search(text, 0, match.start())))

    def _is_left(self, module: Module, node: s.Node) -> bool:
        return not (
            node in self.changes.patched
            or node in self.changes.replaced
            or self.changes.is_dead(module, node)
        )

    def _field(self, module: Module, node: s.Str) -> tuple[str, str] | None:
        """``"jwt_token" in data``, where no other request of the program says its grant."""
        parent = module.parents[node]
        asks = isinstance(parent, s.Compare) and parent.left is node and parent.ops in (("in",), ("not in",))
        if not asks or node.value != self.fields.assertion or self._grants():
            return None
        return self.fields.assertion, self.fields.grant_type

    def _grants(self) -> bool:
        """Does a request that is not the plan's say its grant?"""
        return any(
            node.value == self.fields.grant_type
            for module in self.resolver.world
            for node in module.each(s.Str)
            if not self.resolver.is_test(module)
        )

    def _piece(self, module: Module, node: s.Str, *, near: bool) -> tuple[str, str] | None:
        """What of a literal belongs to the old address, and what comes in its place."""
        text = node.value if isinstance(node.value, str) else ""
        for pattern, new in ((self._whole, self.new), (self._front, self.new.partition("/")[0])):
            match = pattern.search(text)
            if match is not None and not self._is_anothers(text, match):
                return (match[0], new) if self._asked(module, node, known=True) else None
        match = self._end.search(text) if near else None
        if match is not None:
            return (match[0], f"/{self.new}") if self._asked(module, node, known=False) else None
        match = self._bare.search(text) if near else None
        if match is not None and self._ends(module, node) and self._asked(module, node, known=False):
            return match[0], self.new
        return None

    def _asked(self, module: Module, node: s.Str, *, known: bool) -> bool:
        """Do all who use a text only compare it, and with an address unless it is ``known`` for one?"""
        asked = [
            self._compared(use.module, use.node, known=known)
            for use in self.forward.said(Site(module, node))
            if not (use.node is node and isinstance(module.parents[node], s.Assign))
        ]
        return bool(asked) and all(asked)

    def _compared(self, module: Module, node: s.Node, *, known: bool) -> bool:
        """``node in url``, ``url.endswith(node)``, ``re.search(node, url)``, a key of a table."""
        parent = module.parents[node]
        if isinstance(parent, s.Sequence | s.FString | s.Joined) or (
            isinstance(parent, s.Binary) and parent.op == "+"
        ):
            return self._compared(module, parent, known=known)
        if isinstance(parent, s.Compare):
            others = [side for side in (parent.left, *parent.rights) if side is not node]
            return parent.ops in _COMPARES and (known or any(map(is_address, others)))
        if isinstance(parent, s.Item | s.Subscript):
            return known and node is (parent.key if isinstance(parent, s.Item) else parent.index)
        call = module.call_of(parent)
        if call is None or call.args[0] is not parent:
            return False
        if isinstance(call.func, s.Attribute) and call.func.attr in _ASKS:
            return known or is_address(call.func.value)
        names = [name_of(value) or "" for value in self.resolver.resolve(Site(module, call.func))]
        return known and any(name == "dict" or name.startswith("re.") for name in names)

    def _ends(self, module: Module, node: s.Node) -> bool:
        """``url.endswith(node)``"""
        call = module.call_given(node)
        return call is not None and s.last_name(call.func) == "endswith"


def _whole(module: Module, node: s.Node) -> s.Node:
    """The text that a literal is a part of: ``f"{PARTNER}/exchange/jwt"``, ``PARTNER + "/exchange/jwt"``."""
    parent = module.parents[node]
    parts = s.FString | s.Joined | s.Hole
    is_part = isinstance(parent, parts) or (isinstance(parent, s.Binary) and parent.op in ("+", "%"))
    return _whole(module, parent) if is_part else node


def _beside(module: Module, node: s.Str) -> Iterator[str]:
    """The other texts in the same call, mapping or list: ``("crm.example", "/exchange/jwt")``."""
    inner = module.parents[node]
    holder = module.parents[inner] if isinstance(inner, s.Arg | s.Item) else inner
    parts = holder.args if isinstance(holder, s.Call) else getattr(holder, "items", ())
    values = (part.value if isinstance(part, s.Arg | s.Item) else part for part in parts)
    return (str(each.value) for each in values if isinstance(each, s.Str) and each is not node)


def is_address(node: s.Expr) -> bool:
    """Is it called an address, or a part of what is: ``url.rstrip("/")``, ``urlsplit(url).path``?"""
    if isinstance(node, s.Call):
        inner = [node.func.value] if isinstance(node.func, s.Attribute) else []
        return any(map(is_address, (*inner, *(arg.value for arg in node.args))))
    if isinstance(node, s.Attribute):
        return bool(_ADDRESS.search(node.attr)) or is_address(node.value)
    if isinstance(node, s.Subscript):
        return is_address(node.value)
    return isinstance(node, s.Name) and bool(_ADDRESS.search(node.id))


def _either(words: set[str], before: str, behind: str) -> re.Pattern[str]:
    joined = "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))
    return re.compile(f"{before}(?:{joined}){behind}")

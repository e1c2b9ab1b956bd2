"""What becomes of a reply: read as a token, checked, or used as a response."""

from __future__ import annotations

from dataclasses import field

from ...records import dataclass
from ...rules.calls import Reply
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site, name_of, text_of
from ..following.forward import Forward, Use
from ..resolve import Resolver
from .exchange import Exchange

WHOLE = "the response itself"
"""What is used where the response is passed on."""


@dataclass(slots=True)
class Replies:
    """The uses of one exchange's reply."""

    tokens: list[Site] = field(default_factory=list)
    """Expressions whose value is the parsed reply."""
    raises: list[Site] = field(default_factory=list)
    """``raise_for_status()`` as a statement."""
    others: list[tuple[Site, str]] = field(default_factory=list)
    """Uses that need a response, and what they use."""
    bodies: list[Site] = field(default_factory=list)
    """Those of them that take the body as text, or the response itself, to look for something in it."""
    sliced: list[Site] = field(default_factory=list)
    """The token is cut out of the text by position."""


class ReplyReader:
    """Classifies uses; one per project."""

    def __init__(self, forward: Forward, resolver: Resolver) -> None:
        self.forward = forward
        self.resolver = resolver

    def read(self, exchange: Exchange) -> Replies:
        """All uses of the reply of ``exchange``."""
        found = Replies()
        for start in exchange.replies:
            for use in self.forward.uses(Site(start.module, start.node)):
                self._classify(use, exchange, found)
        found.tokens.sort(key=lambda p: p.key)
        return found

    def _classify(self, use: Use, exchange: Exchange, found: Replies) -> None:
        reply = exchange.client.reply
        parent = use.parent
        here = Site(use.module, use.node)
        if reply.pair and self._apart(use, reply, found):
            return
        if isinstance(parent, s.ExprStmt) and isinstance(use.node, s.Call | s.Await | s.Yield):
            return
        parsed = self._parsed(use)
        if parsed is not None:
            if parsed not in found.tokens:
                found.tokens.append(parsed)
            return
        if not isinstance(parent, s.Attribute):
            found.others.append((here, WHOLE))
            found.bodies.append(here)
            return
        call = use.module.parents.get(parent)
        called = isinstance(call, s.Call) and call.func is parent
        if parent.attr in reply.json and called:
            assert isinstance(call, s.Call)
            awaited = use.module.parents.get(call)
            node = awaited if isinstance(awaited, s.Await) else call
            found.tokens.append(Site(use.module, node))
        elif parent.attr in reply.raises and called:
            assert isinstance(call, s.Call)
            if isinstance(use.module.parents.get(call), s.ExprStmt):
                found.raises.append(Site(use.module, call))
            else:
                found.others.append((here, parent.attr))
        elif parent.attr in (*reply.text, *reply.content, *reply.text_methods, *reply.content_methods):
            whole = call if called and call is not None else parent
            self._body(Site(use.module, whole), parent.attr, found)
        else:
            found.others.append((here, parent.attr))

    def _apart(self, use: Use, reply: Reply, found: Replies) -> bool:
        """``response, content = http.request(…)``: each of the two for itself; False if it is kept whole."""
        parts = [self.forward.element(use, index) for index in range(len(reply.pair))]
        for what, places in zip(reply.pair, parts, strict=True):
            for module, node in places or ():
                if what == "content":
                    self._body(Site(module, node), what, found)
                elif not isinstance(module.parents[node], s.ExprStmt):
                    found.others.append((Site(module, node), what))
        return None not in parts

    def _body(self, site: Site, attr: str, found: Replies) -> None:
        """``json.loads(r.text)``, perhaps by way of a name or ``.decode()``."""
        for use in self.forward.uses(site):
            parsed = self._parsed(use)
            if parsed is not None:
                if parsed not in found.tokens:
                    found.tokens.append(parsed)
            elif isinstance(use.parent, s.Subscript) and isinstance(use.parent.index, s.Opaque):
                found.sliced.append(Site(use.module, use.parent))
            else:
                found.others.append((Site(use.module, use.node), attr))
                found.bodies.append(Site(use.module, use.node))

    def _parsed(self, use: Use) -> Site | None:
        """The ``json.load(s)`` call on the way from the reply to its use."""
        for step in (*use.path, Site(use.module, use.node)):
            if isinstance(step.node, s.Call) and self._parses(step.module, step.node):
                return step
        return None

    def _parses(self, module: Module, call: s.Call) -> bool:
        values = self.resolver.resolve(Site(module, call.func))
        return any((name_of(v) or "").endswith((".loads", "json.load")) for v in values)

    def fields_used(self, tokens: list[Site]) -> list[tuple[Use, str]]:
        """How the parsed reply is used: pairs of use and field, ``""`` where it is not a field's reading."""
        found: list[tuple[Use, str]] = []
        for token in tokens:
            for use in self.forward.uses(token):
                beside = isinstance(use.parent, s.Sequence)
                matched = use.module.parents[use.parent] if beside else use.parent
                if isinstance(matched, s.Match):
                    found += [(use, key) for case in matched.cases for key in case.keys]
                else:
                    found.append((use, self._field(use)))
        return found

    def _field(self, use: Use) -> str:
        parent = use.parent
        if isinstance(parent, s.Subscript) and parent.value is use.node:
            return text_of(self.resolver.one(Site(use.module, parent.index))) or ""
        if isinstance(parent, s.Attribute) and parent.attr in ("get", "pop"):
            call = use.module.parents.get(parent)
            if isinstance(call, s.Call) and call.args:
                return text_of(self.resolver.one(Site(use.module, call.args[0].value))) or ""
        if isinstance(parent, s.Compare) and use.node in parent.rights:
            index = parent.rights.index(use.node)
            if parent.ops[index] in ("in", "not in"):
                left = parent.left if index == 0 else parent.rights[index - 1]
                return "?" + (text_of(self.resolver.one(Site(use.module, left))) or "")
        return ""


__all__ = ["Replies", "ReplyReader"]

"""Code through which requests of others go, too: what it does with our reply, it does with theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Entered, Instance, Site
from ..resolve import Resolver
from .exchange import Exchange


class Common:
    """Tells whose a reply is, for a set of exchanges that are changed together."""

    def __init__(self, resolver: Resolver, exchanges: Sequence[Exchange]) -> None:
        self.resolver = resolver
        self._senders: dict[s.Node, list[Exchange]] = {}
        for exchange in exchanges:
            for reply in exchange.replies:
                self._senders.setdefault(reply.node, []).append(exchange)
        self._ours = {call.node for exchange in exchanges for _, call in exchange.sender.ctx}
        self._entries = {e.entry.node for e in exchanges if e.entry.node is not e.sender.node}
        self._shared: dict[s.FuncDef, bool] = {}

    def exchange(self, site: Site) -> Exchange | None:
        """The exchange whose reply the call at ``site`` may give, seen through the calls that led there."""
        return next((e for e in self._senders.get(site.node, ()) if self._may_be(e, site)), None)

    def is_shared(self, exchange: Exchange, site: Site) -> bool:
        """Is that seen from within functions into which calls of others come, too?"""
        known = {function for function, _ in site.ctx} | self._made_for(exchange, site)
        return any(
            self._is_entered(module, function)
            for module, function in _functions(exchange)
            if function not in known
        )

    def is_beside(self, site: Site) -> bool:
        """Is it another request of a function that sends ours, seen from the very call that sends it?

        ``if method == "GET": reply = get(url, params=fields)``: that is not done for the exchange.
        """
        around = any(call.node in self._entries for _, call in site.ctx)
        return around and site.node not in self._senders

    def _may_be(self, exchange: Exchange, site: Site) -> bool:
        entry, way = exchange.entry.node, {function: call.node for function, call in exchange.sender.ctx}
        if not way or any(call.node is entry for _, call in site.ctx):
            return True
        made = self._made_for(exchange, site)
        return bool(made) or all(way.get(function) is call.node for function, call in site.ctx)

    def _made_for(self, exchange: Exchange, site: Site) -> set[Entered]:
        """``Request("POST", URL).send()``: what tells the objects of the exchange from others of their class,
        or of its base, where it is one of them that is seen there: the constructor, or the method."""
        found = set[Entered]()
        ways = [(f, by.node) for f, by in exchange.sender.ctx if _is_by_object(f, by.node)]
        for _, call in site.ctx if ways else ():
            func = call.node.func if isinstance(call.node, s.Call) else None
            owner = func.value if isinstance(func, s.Attribute) else func
            owners = self.resolver.resolve(call.at(owner)) if owner is not None else ()
            objects = [value for value in owners if isinstance(value, Instance)]
            if len(objects) == len(owners) == 1:
                made = [objects[0].site.node] if objects[0].site is not None else []
                made += [cls.node for cls in self.resolver.mro(objects[0].cls)]
                found |= {f for f, by in ways if by in made}
        return found

    def _is_entered(self, module: Module, function: s.FuncDef) -> bool:
        if function not in self._shared:
            self._shared[function] = False  # the look-up below may come back here
            calls = self.resolver.program_callers(module, function)
            self._shared[function] = any(call.node not in self._ours for call in calls)
        return self._shared[function]


def _is_by_object(function: Entered, by: s.Node) -> bool:
    return isinstance(by, s.ClassDef) or (isinstance(function, s.FuncDef) and function.name == "__init__")


def _functions(exchange: Exchange) -> Iterator[tuple[Module, s.FuncDef]]:
    """Those through which the request goes, from the inside out, each in its module."""
    module = exchange.sender.module
    for function, call in reversed(exchange.sender.ctx):
        if isinstance(function, s.FuncDef):
            yield module, function
        module = call.module

"""Where a program chooses between the JWT and the OAuth flow, and whose choice that is.

Where the choice is the project's own, the JWT side is dead: it goes, and the OAuth side stays as it is.
Where a caller or the command line chooses, the flow is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import field

from ...records import dataclass
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Function, Site, Text
from ..resolve import Resolver
from ..roles.exchange import Exchange
from ..roles.finder import Finder
from ..roles.trace import label_of
from ..writing.answers import NoAnswer
from .reach import Guard, Reach, Terms
from .switches import Fact, Facts, Switches

_URL = re.compile(r"https?://[^/?#\x00]+")
_FLOWS = re.compile(
    r"jwt|oauth|service.?account|client.?cred|s2s|server.?to.?server|grant|priv(?:ate)?.?key|\bpem\b|assertion",
    re.IGNORECASE,
)
_WAYS = 4
"""Functions through which ways are told apart."""


@dataclass(slots=True)
class Choice:
    """The JWT flow lies on one side of something, client_credentials on another."""

    guards: tuple[Guard, ...]
    """The sides on which the JWT flow lies."""
    fact: Fact | None
    """What holds on these sides, if that can be said of a source."""
    known: Facts
    """What holds when the JWT flow is gone."""
    grant: Site
    """Where client_credentials is asked for."""
    instead: object = None
    """The value by which client_credentials is chosen, where still other flows can be."""
    others: tuple[Choice, ...] = ()
    """The choices on the other ways to the JWT flow, where each way has one of its own."""


@dataclass(slots=True)
class _Region:
    """What is found on the other side."""

    grant: Site | None = None
    via: Site | None = None
    """What on the other side itself leads to the grant."""
    adobe: bool = False
    foreign: bool = False
    clients: set[object] = field(default_factory=set)
    seen: set[s.Node] = field(default_factory=set)
    mine: list[tuple[Module, s.FuncDef]] = field(default_factory=list)
    """The functions that make the JWT's request."""
    by_mine: bool = False
    """They make this one, too: ``post("token/v3", grant_type="client_credentials")``"""


class Choices:
    """Finds choices; one per project."""

    def __init__(
        self, resolver: Resolver, finder: Finder, reach: Reach, switches: Switches, rules: Rules
    ) -> None:
        self.resolver = resolver
        self.finder = finder
        self.reach = reach
        self.switches = switches
        self.provider = rules.provider
        self._bodies: dict[s.FuncDef, _Region] = {}

    def find(self, exchange: Exchange) -> Choice | None:
        """The choice that keeps ``exchange`` apart from a request with client_credentials, if there is one.

        Raises ``NoAnswer``: ``public-choice`` where a caller chooses, ``choice-unknown`` where it cannot
        be seen who does.
        """
        found = self._among(self._terms(exchange), exchange)
        if found is None:
            ways = self._by_ways(exchange.entry, exchange, frozenset())
            if ways is not None:
                found = ways[0]
                found.others = tuple(ways[1:])
        return found

    def _among(self, terms: Terms, exchange: Exchange) -> Choice | None:
        """The first of ``terms`` on whose other side client_credentials is asked for; raises as ``find``."""
        strange: tuple[str, Site, Site] | None = None
        for term in sorted(terms, key=_plainness):
            region = self._opposite(terms[term], exchange)
            if region is None or region.grant is None:
                continue
            who = self._stranger(terms[term])
            if who is None:
                return self._choice(terms[term], _positive(term, terms), region)
            strange = strange or (*who, region.grant)
        if strange is not None:
            who_is, site, grant = strange
            other = label_of(grant.module, grant.node)
            reason = "public-choice" if who_is == "public" else "choice-unknown"
            raise NoAnswer(reason, site, f"the request with client_credentials is at {other}")
        return None

    def _by_ways(self, site: Site, exchange: Exchange, entered: frozenset[s.FuncDef]) -> list[Choice] | None:
        """A choice for each way to ``site``: a class logs in by one condition and renews by another.

        None if some way has none, or somebody else may come by one that is not seen.
        """
        function = site.module.function(site.node)
        if function is None or function in entered or len(entered) >= _WAYS:
            return None
        found: list[Choice] = []
        for use in self.reach.uses(site.module, function):
            mine = self._among(self.reach.terms(use), exchange)
            ways = [mine] if mine is not None else self._by_ways(use, exchange, entered | {function})
            if ways is None:
                return None
            found += ways
        return found or None

    def check_rivals(self, exchange: Exchange) -> None:
        """Refuse where the same module asks with client_credentials for the same purpose, by no choice that
        could be found: a second such request would be one too many."""
        entry = exchange.entry
        if not any(module.holds(self.provider.grant) for module in self._read()):
            return
        module, mine = entry.module, entry.module.function(entry.node)
        for function in module.each(s.FuncDef):
            region = self._body(module, function)
            if region.grant is None or not self._same_purpose(region, exchange):
                continue
            public = mine is not None and function is not mine and not self._by_name(module)
            reason = "public-choice" if public and self._is_door(module, mine) else "choice-unknown"
            if reason == "public-choice" and self._is_left_over(module, mine):
                reason = "left-over"
            elif reason == "choice-unknown" and self._waits(module, function, mine):
                reason = "not-called-yet"
            where = label_of(region.grant.module, region.grant.node)
            raise NoAnswer(reason, entry, f"the request with client_credentials is at {where}")

    def _read(self) -> Iterator[Module]:
        """The programs and the configuration that speak of the flow at hand."""
        yield from self.resolver.world
        if self.resolver.documents is not None:
            yield from self.resolver.documents.used

    def _body(self, module: Module, function: s.FuncDef) -> _Region:
        """What a function itself speaks of: every exchange of its module asks."""
        if function not in self._bodies:
            region = self._bodies[function] = _Region(seen={function})
            self._explore(module, function.body, region, deep=False)
        return self._bodies[function]

    def _is_door(self, module: Module, function: s.FuncDef | None) -> bool:
        """Is it for callers that are not here?"""
        return function is not None and not self.reach.references(module, function)

    def _waits(self, module: Module, function: s.FuncDef, mine: s.FuncDef | None) -> bool:
        """Is it written for later: does nobody call it yet, neither here nor from elsewhere?"""
        alone = function is not mine and self._is_door(module, function) and not self._by_name(module)
        return alone and module.class_of(function) is None and not self._is_door(module, mine)

    def _is_left_over(self, module: Module, function: s.FuncDef | None) -> bool:
        """Does nobody here call it, or make an object of its class, and is nothing offered to others?"""
        if function is None or self.reach.offers.by_path(module, function):
            return False
        owner = module.class_of(function)
        return owner is None or not self.resolver.constructions(Class(module, owner))

    def _by_name(self, module: Module) -> bool:
        """Does the module look functions up by names made at run time?"""
        for node in module.each(s.Call):
            if isinstance(node.func, s.Name) and node.func.id in ("getattr", "globals", "vars", "eval"):
                return True
        return False

    def _same_purpose(self, region: _Region, exchange: Exchange) -> bool:
        """The same client id, or Adobe's endpoint with a client id that may be the same."""
        mine = self._clients(exchange)
        if mine & region.clients:
            return region.adobe or not region.foreign
        return region.adobe and not (mine and region.clients)

    def _clients(self, exchange: Exchange) -> set[object]:
        name = self.provider.fields.client_id
        entries = [e.value for f in exchange.forms for e in f.entries(name) if e.value is not None]
        return {atom for value in entries for atom in self.switches.source(value)}

    def _terms(self, exchange: Exchange) -> Terms:
        """What holds where the request is made, and where the assertion is put into it."""
        found = self.reach.terms(exchange.entry)
        name = self.provider.fields.assertion
        sites = [e.site for f in exchange.forms for e in f.entries(name)]
        ways = [self.reach.terms(site) for site in sites]
        for term in ways[0] if ways else ():
            if all(term in way for way in ways):
                found[term] = (*found.get(term, ()), *(g for way in ways for g in way[term]))
        return found

    # -- the other side ---------------------------------------------------------------------------

    def _opposite(self, guards: Iterable[Guard], exchange: Exchange) -> _Region | None:
        for guard in guards:
            region = _Region()
            mine = (exchange.entry, exchange.sender)
            region.mine = [(p.module, f) for p in mine if (f := p.module.function(p.node)) is not None]
            region.seen |= {function for _, function in region.mine}
            for node in self._sides(guard):
                self._explore(guard.module, node, region, top=True)
            if region.grant is not None and self._is_ours(region, guard, exchange):
                return region
        return None

    def _sides(self, guard: Guard) -> Iterator[s.Node]:
        node, module = guard.node, guard.module
        if isinstance(node, s.If):
            other = node.orelse if guard.side == "body" else node.body
            mine = node.body if guard.side == "body" else node.orelse
            if other is not None:
                yield other
            if mine is not None and self.reach.leaves(module, mine):
                yield from following(module, node)
        elif isinstance(node, s.Choice):
            yield node.orelse if guard.side == "body" else node.body
        elif isinstance(node, s.Try):
            yield from [node.body] if guard.side != "body" else [h.body for h in node.handlers]
        elif isinstance(node, s.Match):
            yield from [c.body for c in node.cases if c is not guard.side]
        elif isinstance(node, s.Dict):
            yield from [i.value for i in node.items if i is not guard.side]
        elif isinstance(node, s.Bool):
            yield node.left

    def _explore(
        self, module: Module, top_node: s.Node, region: _Region, *, top: bool = False, deep: bool = True
    ) -> None:
        """Look for client_credentials in a part of the program and in all that it calls or makes."""
        for node in s.walk(top_node):
            before = region.grant
            if isinstance(node, s.Str | s.Name | s.Attribute):
                for value in self.resolver.resolve(Site(module, node)):
                    if isinstance(value, Text):
                        self._text(Site(module, node), value, region)
                    elif not deep:
                        continue
                    elif isinstance(value, Function):
                        self._enter(value.module, value.node, region)
                    elif isinstance(value, Class):
                        for method in value.node.body.body:
                            self._enter(value.module, method, region)
            elif isinstance(node, s.Item | s.Arg):
                self._client(module, node, region)
            if top and before is None and region.grant is not None:
                region.via = Site(module, node)

    def _enter(self, module: Module, node: s.Node, region: _Region) -> None:
        region.by_mine = region.by_mine or any(node is function for _, function in region.mine)
        if node not in region.seen and isinstance(node, s.FuncDef) and len(region.seen) < 40:
            region.seen.add(node)
            self._explore(module, node.body, region)

    def _text(self, site: Site, value: Text, region: _Region) -> None:
        shown = value.fold("\x00")
        if self.finder.evidence.is_token_url(value) and not self.finder.evidence.path_in(value):
            region.adobe = True
        elif _URL.match(shown) and "adobe" not in shown.lower():
            region.foreign = True
        if self.provider.grant in shown and region.grant is None:
            region.grant = site

    def _client(self, module: Module, node: s.Item | s.Arg, region: _Region) -> None:
        name = node.keyword if isinstance(node, s.Arg) else None
        if isinstance(node, s.Item) and isinstance(node.key, s.Str):
            name = str(node.key.value)
        if name == self.provider.fields.client_id:
            region.clients |= self.switches.source(Site(module, node.value))

    def _is_ours(self, region: _Region, guard: Guard, exchange: Exchange) -> bool:
        """Is it Adobe's client_credentials for the same purpose, not another provider or integration?"""
        evidence = self.finder.evidence
        both = any(evidence.is_token_url(url) and not evidence.path_in(url) for url in exchange.urls)
        adobe = region.adobe or both  # one request goes to either address
        if region.foreign and not adobe:
            return False
        if region.by_mine and not region.foreign and self._clients(exchange) & self._own_clients(region):
            return True
        return bool(self._clients(exchange) & region.clients) or (adobe and self._speaks(guard))

    def _own_clients(self, region: _Region) -> set[object]:
        """The client ids that the functions behind both requests bring along, whoever calls them."""
        found = _Region()
        for module, function in region.mine:
            params = {param.name for param in function.params if param.name not in ("self", "cls")}
            for node in s.walk(function.body):
                if isinstance(node, s.Item | s.Arg) and not params & set(_names(node)):
                    self._client(module, node, found)
        return found.clients

    def _speaks(self, guard: Guard) -> bool:
        """Does the condition itself speak of the flows?"""
        node, module = guard.node, guard.module
        if isinstance(node, s.Try | s.Bool):
            return True
        if isinstance(node, s.If | s.Choice):
            return _FLOWS.search(module.snippet(node.test)) is not None
        if isinstance(node, s.Match):
            return any(_FLOWS.search(module.snippet(v)) for case in node.cases for v in case.values)
        keys = [i.key for i in node.items if i.key is not None] if isinstance(node, s.Dict) else []
        return any(_FLOWS.search(module.snippet(key)) for key in keys)

    # -- whose choice -----------------------------------------------------------------------------

    def _stranger(self, guards: Iterable[Guard]) -> tuple[str, Site] | None:
        for guard in guards:
            for operand in self._operands(guard):
                found = self.switches.stranger(operand)
                if found is not None:
                    return found
        return None

    def _operands(self, guard: Guard) -> Iterator[Site]:
        node, module = guard.node, guard.module
        if isinstance(node, s.If | s.Choice):
            yield from self.switches.operands(Site(module, node.test))
        elif isinstance(node, s.Match):
            yield Site(module, node.subject)
        elif isinstance(node, s.Dict):
            yield from (key for _, key in self.reach.selections(node))

    def _choice(self, guards: tuple[Guard, ...], fact: Fact | None, region: _Region) -> Choice:
        assert region.grant is not None
        if fact is None:
            return Choice(guards, None, frozenset(), region.grant)
        theirs: set[Fact] = set()
        if region.via is not None:
            for guard in self.reach.local(region.via.module, region.via.node):
                theirs |= {f for f in self.reach.facts(guard) if f.source == fact.source and f.excludes(fact)}
        chosen = next((f for f in theirs if f.holds), None)
        if not self._more_flows(fact, chosen):
            return Choice(guards, fact, frozenset({fact.opposite, *theirs}), region.grant)
        if not fact.holds or chosen is None or len(fact.values) != 1 or len(chosen.values) != 1:
            raise NoAnswer("choice-unknown", Site(guards[0].module, guards[0].node))
        (instead,) = chosen.values
        return Choice(guards, fact, frozenset({fact.opposite}), region.grant, instead)

    def _more_flows(self, fact: Fact, chosen: Fact | None) -> bool:
        """Does another value of the same source choose something else that is not an error?"""
        named = fact.values | (chosen.values if chosen is not None else frozenset())
        for module in self.resolver.world:
            for node in module.each(s.If):
                for other in self.reach.facts(Guard(module, node, "body")):
                    if other.source == fact.source and other.holds and not other.values & named:
                        return not self.reach.refuses(module, node.body)
        return False


def _positive(term: Guard | Fact, terms: Terms) -> Fact | None:
    """What ``term`` says of its source; where it says what that is not, and another what it is, the other."""
    if not isinstance(term, Fact):
        return None
    known = (each for each in terms if isinstance(each, Fact) and each.source == term.source)
    return term if term.holds else next((each for each in known if each.holds), term)


def _plainness(term: Guard | Fact) -> int:
    """What a source is says more than what it is not, and that more than the bare side of a condition."""
    return 2 if isinstance(term, Guard) else 1 - term.holds


def _names(node: s.Node) -> Iterator[str]:
    return (each.id for each in s.walk(node) if isinstance(each, s.Name))


def following(module: Module, node: s.Stmt) -> tuple[s.Stmt, ...]:
    """The statements behind ``node`` in its block; behind the whole chain for an ``elif``."""
    here = node
    while isinstance(here, s.If) and here.is_elif:
        above = module.parents[module.parents[here]]
        assert isinstance(above, s.Stmt)
        here = above
    block = module.parents[here]
    assert isinstance(block, s.Block)
    return block.body[block.body.index(here) + 1 :]

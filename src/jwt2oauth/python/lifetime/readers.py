"""Forwards from the lifetime of a reply to those who read it, for what a reviewer must know of them."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from ...records import dataclass
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Class,
    Constant,
    Fields,
    Function,
    Instance,
    Lib,
    Member,
    Param,
    Result,
    Site,
    Unknown,
    Value,
    chain,
    name_of,
    text_of,
)
from ..following.callbacks import Handed
from ..following.effects import Effects
from ..following.forward import Forward, Use
from ..following.unseen_calls import NUMBERS
from ..roles.exchange import Exchange
from ..roles.replies import ReplyReader
from ..writing.changes import Changes
from .converting import EXPIRES, Converting, divides
from .escapes import Escapes, says_unit
from .lost_values import LostValues, parts_of
from .outcome import Lifetimes
from .told_readers import Unmended, passed
from .unit_names import SPEAKS, told, told_of_all
from .units import Units
from .untracked import Adrift

_LONG = re.compile(r"p?ex(?:at)?$|px$|p?setex$|p?expire|set$|add$|touch$|t?ime|ttl|max_?age|seconds|lifetime")
"""Arguments and methods that say how long: in seconds everywhere, or in milliseconds, see units."""
_PROGRAMS = ("subprocess.", "os.system", "os.popen", "os.exec", "os.spawn", "asyncio.create_subprocess")
_SECONDS = 100_000
"""More seconds than a token lives: whoever asks for so many asks for milliseconds."""
_FACTORS = (1000, 0.001)
"""Between milliseconds and seconds."""
_VALUES = (s.Name, s.Attribute, s.Subscript, s.Call, s.Await)
_OWN = frozenset({"dict", "list", "str"})


@dataclass(frozen=True, slots=True)
class _Way:
    """Where the lifetime of one exchange went."""

    replies: AbstractSet[s.Node]
    whole: bool
    """The reply as a whole is used."""
    given_to: frozenset[str]
    """The libraries that may give it back."""
    given: AbstractSet[s.Node]
    """What gets milliseconds from now on."""
    reached: AbstractSet[s.Node]
    """What may hold it, see ``untracked``."""
    converted: AbstractSet[s.Node]
    """Where it is mended."""
    followed: bool
    """It was followed to all its ends, and is mended there."""
    modules: AbstractSet[Module]
    """Where it may be."""


_SEEING = ("hooks", "super().request(", "super().send(", "super().post(")
"""What code has that a client of HTTP shows its replies, or that stands before one."""
_BESIDE = frozenset({"headers", "cookies", "elapsed", "access_token", "token_type"})
"""What else a reply has."""


class LifetimeReaders:
    """Those who read the lifetime; one per planner."""

    def __init__(self, reader: ReplyReader, forward: Forward, effects: Effects, rules: Rules) -> None:
        self.reader = reader
        self.forward = forward
        self.effects = effects
        self.resolver = forward.resolver
        self.field = rules.provider.lifetime_field
        self.values = LostValues(self.resolver, self.field)
        self.handed = Handed(self.resolver)
        self.durations = frozenset(name for row in rules.values.durations for name in row.names)
        self.escapes = Escapes(reader, forward, effects, self.field)
        self.adrift = Adrift(self.escapes, effects)
        self.ignorance = self.adrift.ignorance
        self.converting = Converting(self.resolver)

    def stranger(self, exchange: Exchange) -> Site | None:
        """Where the lifetime goes into code that nobody here can read. Loads what it goes through."""
        found = None
        for end in self._ends(exchange):
            function = end.module.function(end.node)
            if function is not None and isinstance(end.module.statement(end.node), s.Return):
                self.adrift.unseen.load(Function(end.module, function))
            if found is None and not self.resolver.is_test(end.module) and self._handed_to_stranger(end):
                found = Site(end.module, end.node)
        return found or self._handed_getter(exchange)

    def _handed_getter(self, exchange: Exchange) -> Site | None:
        """``map(reply.get, names)``: what is asked for is not seen."""
        for use, name in self.reader.fields_used(self.reader.read(exchange).tokens):
            method = use.parent if isinstance(use.parent, s.Attribute) and not name else None
            if method is None or method.attr not in ("get", "pop") or self.resolver.is_test(use.module):
                continue
            if isinstance(use.module.parents[method], s.Arg):
                return Site(use.module, method)
        return None

    def lost(
        self, exchange: Exchange, mended: Lifetimes, changes: Changes, units: Units, *, goes: bool = False
    ) -> Site | None:
        """Where milliseconds become seconds of what may be the lifetime, on a way that was not followed.

        ``goes``: the request is not made any more, another one is.
        """
        used = {name for _, name in self.reader.fields_used(self.reader.read(exchange).tokens)}
        given_to = self.escapes.libraries(exchange, mended.given)
        if "subprocess" in given_to:
            return exchange.entry  # what another program makes of it is not seen
        elsewhere = self.escapes.readers(exchange, mended.given) if given_to else ()
        given, converted = ({site.node for site in each} for each in (mended.given, mended.conversions))
        into = {arg.value for node in converted if isinstance(node, s.Call) for arg in node.args}
        reached = self.adrift.reached(exchange, given | converted | into)
        if not given_to and not reached and not used & {"", self.field} and not self._is_hooked():
            return None
        followed = not given_to and "" not in used and self._all_mended(exchange, converted, changes)
        replies = set() if goes else {site.node for site in exchange.replies}
        modules = {module for module in self.resolver.world if not reached.isdisjoint(module.parents)}
        way = _Way(replies, "" in used, given_to, given, reached, converted, followed, modules)
        others = converted | changes.replaced.keys() | changes.patched.keys()
        near = units.nearness(given_to)
        for module in (each for each in self.resolver.world if not self.resolver.is_test(each)):
            for arg in module.each(s.Arg) if given_to else ():
                if says_unit(self.resolver, module, arg, given_to):
                    return Site(module, arg)
            for text in module.each(s.Str) if given_to or module in modules else ():
                if not divides(text) or isinstance(module.parents[text], s.ExprStmt):
                    continue
                if given_to or not reached.isdisjoint(s.walk(module.statement(text))):
                    return Site(module, text)
            for node, value in self.converting.conversions(module, others, near):
                whole = node if isinstance(node, s.Binary | s.Compare) else value  # a sum has one unit
                around = itertools.takewhile(lambda a: isinstance(a, s.Expr | s.Arg), module.ancestors(node))
                if {node, *around, *s.walk(whole)} & converted or changes.is_dead(module, node):
                    continue  # it is mended, or what is in it
                if self._may_be_it(node, Site(module, value), way):
                    return Site(module, node)
            unseen = self._by_unknown, self._by_libraries, self._by_programs
            for node in (node for found in unseen for node in found(module, way)):
                if node not in converted and not changes.is_dead(module, node):
                    return Site(module, node)
        return self._elsewhere(elsewhere, given_to)

    def _elsewhere(self, programs: Iterable[Module], libraries: frozenset[str]) -> Site | None:
        """Where another program converts what comes out of one of the ``libraries`` that were given it."""
        for module in (each for each in programs if each not in self.resolver.world):
            for node, value in self.converting.conversions(module):
                if self.values.comes_back(Site(module, value), libraries):
                    return Site(module, node)
        return None

    def _is_hooked(self) -> bool:
        """``session.hooks["response"].append(…)``, ``super().request(…)``: does anybody else see replies?"""
        return any(any(map(module.holds, _SEEING)) for module in self.resolver.world)

    def _by_unknown(self, module: Module, way: _Way) -> Iterator[s.Node]:
        """What may be the lifetime, by a factor that is not known: ``value / field.metadata["divide"]``.

        Also what is shown as milliseconds: ``f"{value} ms"``.
        """
        for site in told(module) if way.reached else ():
            back = any(self.ignorance.comes_back(site.at(part)) for part in parts_of(site.node))
            if back or self._is_adrift(site, way.reached, way.given):
                yield site.node
        for site in told_of_all(module, self.field) if way.whole else ():
            values = self.resolver.resolve(site)
            entries = [v.entries if isinstance(v, Fields) and not v.open else () for v in values]
            own = [any(text_of(each.key) == self.field for each in found) for found in entries]
            if not own or not all(own):  # else what is put there is followed
                yield site.node
        for node, value, factor in self.converting.products(module) if way.reached else ():
            if way.reached.isdisjoint(parts_of(value)) or self.converting.is_number(Site(module, factor)):
                continue
            if self._is_adrift(Site(module, value), way.reached, way.given):
                yield node

    def _by_libraries(self, module: Module, way: _Way) -> Iterator[s.Node]:
        """What may be the lifetime, and is given to a library beside a factor, see ``_beside_factor``."""
        for arg in module.each(s.Arg) if way.reached else ():
            call = module.parents[arg]
            if arg.value not in way.reached or not isinstance(call, s.Call):
                continue
            callees = self.resolver.resolve(Site(module, call.func))
            if not self._beside_factor(Site(module, call), callees):
                continue
            for node in _held(arg.value):
                site = Site(module, node)
                if self._is_itself(site, way) or self._is_adrift(site, way.reached, way.given):
                    yield call
                    break

    def _by_programs(self, module: Module, way: _Way) -> Iterator[s.Node]:
        """What may be the lifetime, and is given to another program."""
        for node in module.each(s.Call) if module in way.modules else ():
            callees = self.resolver.resolve(Site(module, node.func))
            if any((name_of(callee) or "").startswith(_PROGRAMS) for callee in callees):
                parts = [part for part in s.walk(node) if part in way.reached]
                if any(self.ignorance.is_open(Site(module, part), way.reached, way.given) for part in parts):
                    yield node

    def _is_itself(self, site: Site, way: _Way) -> bool:
        """Is it the lifetime, which was not mended there? Nor where a helper was called, which stays."""
        helper = site.module.function(site.node)
        called = self.resolver.callers(site.module, helper) if helper is not None else []
        if any(call.node in way.converted for call in called):
            return False
        if not way.given.isdisjoint((site.node, *site.module.ancestors(site.node))):
            return False  # it gets milliseconds, or what it is in
        with self.resolver.thousandfold(way.given):
            values = self.resolver.resolve(site)
        return any(
            isinstance(value, Member)
            and value.key == self.field
            and any(isinstance(inner, Result) and inner.site.node in way.replies for inner in chain(value))
            for value in values
        )

    def _may_be_it(self, node: s.Node, site: Site, way: _Way) -> bool:
        """May what is converted at ``site`` be the lifetime that went that way?"""
        if way.given_to and (
            self.values.comes_back(site, way.given_to) or self.values.is_asked_by(site, way.given_to)
        ):
            return True
        if self._is_itself(site, way) or any(
            self.values.may_be_field(site.at(p)) for p in parts_of(site.node)
        ):
            return True
        parts = [value for part in parts_of(site.node) for value in self.resolver.resolve(site.at(part))]
        if any(_is_under_another_name(value, way.replies, self.field) for value in parts):
            return True
        if self._is_adrift(site, way.reached, way.given) or self._is_loose(node, site, way):
            return True
        if any(_is_reply_itself(value, way.replies) for value in self.resolver.resolve(site)):
            return True  # no reply is a number: it is what a helper found in it
        lost = self.handed.is_lost(site) or self.values.is_given_away(site)
        if lost and (way.whole or self._is_for_library(site, way.given_to)):
            return True
        if not EXPIRES.search(_words(site.module, node, site.node)):
            return False
        with self.resolver.thousandfold(way.given):
            if lost or self.values.holds(site, way.replies):
                return True
        return not way.followed and self.values.is_nobodys(site, way.given_to)

    def _is_for_library(self, site: Site, given_to: AbstractSet[str]) -> bool:
        """Is it in a class that a library asks which got the reply: ``class TokenSchema(Schema)``?"""
        function = site.module.function(site.node)
        owner = site.module.class_of(function) if function is not None else None
        foreign = self.resolver.foreign_bases(Class(site.module, owner)) if owner is not None else ()
        return any(name.partition(".")[0] in given_to for name in foreign)

    def _is_loose(self, node: s.Node, site: Site, way: _Way) -> bool:
        """Is it below an object of ours, where nothing was put, and the lifetime was not followed?"""
        if way.followed or site.module not in way.modules:
            return False
        if isinstance(node, s.Compare) and not self.converting.is_large(Site(site.module, node), _SECONDS):
            return False
        parts = [site.at(part) for part in parts_of(site.node) if isinstance(part, _VALUES)]
        return any(self.ignorance.is_unfound(part) for part in parts)

    def _all_mended(self, exchange: Exchange, converted: set[s.Node], changes: Changes) -> bool:
        """Was the lifetime followed to all its ends, and is it mended there?"""
        ends = [e for e in self._ends(exchange) if not self.resolver.is_test(e.module)]
        return bool(ends) and all(
            converted & {e.node, *e.module.ancestors(e.node), *passed(e)} or changes.is_dead(e.module, e.node)
            for e in ends
        )

    def _is_adrift(self, site: Site, reached: AbstractSet[s.Node], given: AbstractSet[s.Node]) -> bool:
        parts = [part for part in parts_of(site.node) if part in reached]
        return any(self.ignorance.is_open(site.at(part), reached, given) for part in parts)

    def notes(self, exchange: Exchange, mended: Lifetimes, changes: Changes) -> Iterator[str]:
        """What was not mended and reads other numbers now, in words for a reviewer."""
        unmended = Unmended(self.resolver, self.effects, changes)
        said = list(unmended.notes(self._ends(exchange), mended))
        yield from said
        converted = {site.node for site in mended.conversions}
        if not said and not self._all_mended(exchange, converted, changes):
            fields = self.reader.fields_used(self.reader.read(exchange).tokens)
            ends = [*self._ends(exchange)]
            asked = () if converted else ("",) if ends else ("", self.field)
            ends += [use for use, name in fields if name in asked and not self.resolver.is_test(use.module)]
            yield from unmended.onward((*ends, *self.escapes.searched(exchange)), converted)

    def taken(self, exchange: Exchange) -> Iterator[Site]:
        """Where the lifetime is taken from the reply."""
        fields = self.reader.fields_used(self.reader.read(exchange).tokens)
        taken = (use for use, name in fields if name == self.field)
        yield from (Site(use.module, use.node) for use in taken if not self.resolver.is_test(use.module))

    def passed(self, exchange: Exchange) -> Iterator[Site]:
        """What the lifetime goes through outside tests, under names that do not say milliseconds."""
        for end in self._ends(exchange):
            for site in (*end.path, Site(end.module, end.node)):
                if not self.resolver.is_test(site.module) and not SPEAKS.search(
                    site.module.snippet(site.node)
                ):
                    yield site

    def _ends(self, exchange: Exchange) -> Iterator[Use]:
        for use, name in self.reader.fields_used(self.reader.read(exchange).tokens):
            if name == self.field:
                taken = use.module.parents[use.parent] if isinstance(use.parent, s.Attribute) else use.parent
                yield from self.forward.uses(Site(use.module, taken))

    def _handed_to_stranger(self, use: Use) -> bool:
        """``self.cache.put(token, lifetime)`` of an object that the caller brings along, or of a library."""
        arg = use.parent
        while isinstance(arg, s.Sequence | s.Starred):
            arg = use.module.parents[arg]  # map(by, [lifetime], [1000])
        call = use.module.call_of(arg)
        if call is None or self.effects.is_log(use.module, call):
            return False
        assert isinstance(arg, s.Arg)
        callees = self.resolver.resolve(Site(use.module, call.func))
        if arg.keyword and any(name_of(callee) in self.durations for callee in callees):
            return False  # timedelta(milliseconds=lifetime): it is mended there
        if any(isinstance(list(chain(callee))[-1], Param) for callee in callees):
            return True
        if self._beside_factor(Site(use.module, call), callees):
            return True
        if any(isinstance(c, Class) and NUMBERS & {*self.resolver.foreign_bases(c)} for c in callees):
            return True  # ``class Millis(int)``: what its methods make of it is ``self``
        last = call.func.attr if isinstance(call.func, s.Attribute) else ""
        if _LONG.match(arg.keyword or last) or self.effects.harmless_call(use.module, call):
            return False
        return any(_is_unknown(callee) or _is_foreign(name_of(callee) or "") for callee in callees)

    def _beside_factor(self, site: Site, callees: Iterable[Value]) -> bool:
        """``operator.truediv(lifetime, 1000)``, ``partial(by, 1000)(lifetime)``: is a factor given, too?

        Or what divides: ``reduce(truediv, [lifetime, 10, 10, 10])``, ``partial(timedelta, 0, 0, 0)``.
        """
        made = [v for v in callees if isinstance(v, Result) and isinstance(v.site.node, s.Call)]
        calls = [site, *(value.site for value in made)]
        given = [each.at(part) for each in calls for part in _given_in(each.node)]
        foreign = any(
            isinstance(v, Result) or (isinstance(v, Lib) and ("." in v.name or v.name == "map"))
            for v in callees
        )
        return foreign and any(
            (isinstance(number, Constant) and number.value in _FACTORS)
            or name_of(number) in self.converting.dividing | {"datetime.timedelta"}
            for each in given
            for number in self.resolver.resolve(each)
        )


def _given_in(call: s.Node) -> Iterator[s.Node]:
    """What a call is given, and what is in the lists that it is given."""
    for arg in call.args if isinstance(call, s.Call) else ():
        yield from _held(arg.value)


def _held(node: s.Node) -> Iterator[s.Node]:
    """What is given, or what is in the lists that are."""
    stack = [node]
    while stack:
        here = stack.pop()
        if isinstance(here, s.Sequence):
            stack += here.items
        else:
            yield here


def _words(module: Module, node: s.Node, value: s.Node) -> str:
    """What a conversion is of, and of which field it is the validator or the converter."""
    words = [module.snippet(value)]
    function = module.function(node)
    words += [module.snippet(each) for each in function.decorators] if function is not None else []
    stmt = module.statement(node)
    if isinstance(stmt, s.Assign) and isinstance(module.scope(stmt).node, s.ClassDef):
        words += [module.snippet(target) for target in stmt.targets]
    return " ".join(words)


def _is_foreign(name: str) -> bool:
    """Is it of a library that is neither Python's own nor the project's?"""
    top = name.partition(".")[0].partition("()")[0]
    own = top in sys.stdlib_module_names or top in _OWN
    return "." in name and (not own or name.startswith("importlib."))


def _is_unknown(callee: Value) -> bool:
    """Is it not known at all what is called: a plugin, an attribute that nobody here sets?"""
    return isinstance(callee, Unknown) or (isinstance(callee, Member) and isinstance(callee.base, Instance))


def _is_reply_itself(value: Value, replies: AbstractSet[s.Node]) -> bool:
    """``dig(reply, "token.expires_in")`` of a helper that takes the name apart."""
    way = list(chain(value))
    return (
        isinstance(value, Result)
        and any(isinstance(v, Result) and v.site.node in replies for v in way)
        and not any(isinstance(v, Member) and not v.attribute for v in way)
    )


def _is_under_another_name(value: Value, replies: AbstractSet[s.Node], field: str) -> bool:
    """``reply.life / 1000`` of a model that a library fills from a reply: IMS gives no other number."""
    way = list(chain(value))
    keys = {inner.key for inner in way if isinstance(inner, Member)}
    names = {inner.name.rpartition(".")[2] for inner in way if isinstance(inner, Lib | Result)}
    ours = any(isinstance(inner, Result) and inner.site.node in replies for inner in way)
    return ours and bool(keys) and keys.isdisjoint({field, "*"}) and (keys | names).isdisjoint(_BESIDE)

"""What a number is: a lifetime in milliseconds, in seconds, a time of a clock, or another's.

``expires_in`` of the exchange is milliseconds, of the token endpoint seconds. The unit travels with the
value through names, attributes, returns, modules and files.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from ...paths import is_program
from ...rules.tables import Rules
from ...rules.values import Duration
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Arithmetic,
    Constant,
    Environ,
    Fields,
    Gap,
    Items,
    Lib,
    Lit,
    Member,
    Param,
    Result,
    Site,
    Text,
    Unknown,
    Value,
    chain,
    name_of,
    number_of,
    text_of,
)
from ..following.callbacks import Handed
from ..following.clocks import is_clock
from ..following.taint import Taint
from ..resolve import Resolver
from ..resolve.base import LOADERS
from ..resolve.shared import HOOKED
from ..roles.exchange import Exchange
from ..roles.shared_requests import Common

EXTREMES = ("min", "max")
SPANS = (3600, 86400)
"""Seconds of an hour, of a day."""
_OPEN = frozenset(
    {"open", "io.open", "codecs.open", "open().read"}
    | {f"pathlib.Path().{name}" for name in ("open", "read_text", "read_bytes")}
)
_LOADERS = frozenset({*LOADERS, "pickle.load", "pickle.loads"})


class Units:
    """Knows the units of numbers, for a set of exchanges."""

    def __init__(
        self,
        resolver: Resolver,
        rules: Rules,
        exchanges: Iterable[Exchange],
        dropped: Iterable[Exchange] = (),
    ) -> None:
        self.resolver = resolver
        self.handed = Handed(resolver)
        self.field = rules.provider.lifetime_field
        self.durations = {name: row for row in rules.values.durations for name in row.names}
        """The calls that take a length of time, by name."""
        self.whole_milliseconds = rules.values.whole_milliseconds
        self.exchanges = list(exchanges)
        self.everyone = [*self.exchanges, *dropped]
        self.dropped = {r.node for e in self.everyone[len(self.exchanges) :] for r in e.replies}
        """Calls that are no longer made: only other replies' lifetimes, in seconds, arrive from now on."""
        self.mocked: frozenset[s.Node] = frozenset()
        """Numbers in tests that stand for a lifetime in milliseconds."""
        self._dumped: set[str] | None = None
        self._foreign: bool | None = None
        self.read_back = False
        """A lifetime is read back from a file that an earlier run may have written, in milliseconds."""
        self.given: frozenset[s.Node] = frozenset()
        """What gets milliseconds from now on, made of seconds, see ``giving``."""
        self._stored: dict[s.Node | None, str] | None = None
        self._choosing: set[Result] = set()
        """Choices that are looked into at this moment."""
        self._taint: tuple[Taint | None, object, object, object] = (None, None, None, None)
        """With what it was made for: the modules, the names in files, the numbers in tests."""
        self._modules_of: list[Module] | None = None
        self._modules: list[Module] = []
        self._reading: set[Module] = set()
        """Those who may read back what others write."""
        self.senders = {r.node for e in self.exchanges for r in e.replies}
        self.common = Common(resolver, self.exchanges)

    def duration(self, call: Site) -> Duration | None:
        """Give what is known of a call at ``call`` that takes a length of time."""
        names = map(name_of, self.resolver.resolve(call.at(call.call.func)))
        return next((self.durations[name] for name in names if name in self.durations), None)

    def modules(self) -> list[Module]:
        """Where a lifetime may come to: the exchanges' kin, and who may read it back from a file."""
        if self._modules_of is not self.resolver.index.loaded:
            self._modules_of = self.resolver.index.loaded
            kin = {*self.resolver.index.kin(set[Module]().union(*(e.modules for e in self.exchanges)))}
            self._modules = [m for m in self._modules_of if m in kin or m in self._reading]
        return self._modules

    def may_hold(self, site: Site) -> bool:
        """May a lifetime be in what stands at ``site``? It is asked by names alone, see ``Taint``."""
        return self._tainted.holds(site)

    def nearness(self, libraries: Iterable[str]) -> Callable[[Site], bool]:
        """Say of a place whether a lifetime may be in the function that holds it.

        The ``libraries`` were given it, and may give it to any module that speaks of them.
        """
        taint = self._tainted
        speaking = (m for m in self.modules() if any(map(m.holds, libraries)))
        taint.at((module, call) for module in speaking for call in module.each(s.Call))
        return taint.is_near

    @property
    def _tainted(self) -> Taint:
        modules, words = self.modules(), frozenset({self.field, *(self._dumped or ())})
        taint, *known = self._taint
        if taint is None or known[0] is not modules:
            taint, known = Taint(self.resolver, modules), [modules]
            taint.at(((r.module, r.node) for e in self.everyone for r in e.replies), whole=False)
        if known[1:] != [words, self.mocked]:
            taint.by(words)
            taint.at((m, node) for node in self.mocked for m in modules if node in m.parents)
            self._taint = taint, modules, words, self.mocked
        return taint

    # -- which values are lifetimes ---------------------------------------------------------------

    def origin(self, value: Value) -> Exchange | None:
        """The exchange from whose reply ``value`` is the lifetime."""
        if isinstance(value, Text) and len(value.parts) == 1 and isinstance(value.parts[0], Gap):
            return self.origin(value.parts[0].value)  # ``f"{lifetime}"``
        found = list(chain(value))
        keys = {v.key for v in found if isinstance(v, Member)}
        keys |= {v.name.rpartition(".")[2] for v in found if isinstance(v, Lib) and v.base is not None}
        if keys and self._from_cache(found, keys):
            return self.exchanges[0]
        if isinstance(value, Text) and self._kept(value):
            return self.exchanges[0]
        if self.field not in keys:
            return None
        if is_callback(found[-1]) and not self._others():
            return self.exchanges[0]
        return next((e for e, _ in self._asked(found)), None)

    def _asked(self, way: list[Value]) -> Iterator[tuple[Exchange, Site]]:
        """The exchanges of whose replies it is, each with the call that gave the reply."""
        for inner in way:
            exchange = self.common.exchange(inner.site) if isinstance(inner, Result) else None
            if isinstance(inner, Result) and exchange is not None:
                yield exchange, inner.site

    def _others(self) -> bool:
        """Does the project read the lifetime in the reply of anybody else?"""
        if self._foreign is None:
            self._foreign = False  # the look-up below may come back here
            self._foreign = any(map(self._is_foreign, self._readings()))
        return self._foreign

    def _readings(self) -> Iterator[Site]:
        for module in self.modules():
            if not self.resolver.is_test(module):
                yield from (Site(module, node) for node in self.resolver.lookups(module).get(self.field, ()))

    def _is_foreign(self, site: Site) -> bool:
        found = [list(chain(value)) for value in self.resolver.resolve(site)]
        return any(
            isinstance(values[-1], Result | Lib)
            and not any(isinstance(v, Result) and v.site.node in self.senders for v in values)
            for values in found
        )

    def _from_cache(self, way: list[Value], keys: set[str]) -> bool:
        """Read back from a file into which the lifetime was put under one of ``keys``."""
        found = any(map(self._is_read, way)) and not keys.isdisjoint(self.written())
        self.read_back |= found
        return found

    def _is_read(self, value: Value) -> bool:
        """Is it what a file holds: ``open(path)``, ``yaml.safe_load(path.read_text())``?"""
        if not isinstance(value, Result) or is_opened(value):
            return isinstance(value, Result)
        args = value.site.node.args if isinstance(value.site.node, s.Call) else ()
        if value.name not in _LOADERS or not args:
            return False
        given = self.resolver.resolve(value.site.at(args[0].value))
        return any(isinstance(each, Result) and is_opened(each) for v in given for each in chain(v))

    def _kept(self, value: Text) -> bool:
        """Read back from such a file that lies in the tree: an earlier run wrote it."""
        piece = value.parts[0] if len(value.parts) == 1 else None
        if not isinstance(piece, Lit) or not piece.text.strip().isdigit():
            return False
        if is_program(piece.site.module.path):
            return False
        item = piece.site.module.parents.get(piece.site.node)
        key = item.key if isinstance(item, s.Item) else None
        found = isinstance(key, s.Str) and key.value in self.written()
        self.read_back |= found
        return found

    def written(self) -> set[str]:
        """The names under which files hold a lifetime as it came; loads whoever else may read them."""
        if self._dumped is None:
            self._dumped = set()  # the look-up below may come back here
            ours = {*self.modules()}
            calls = [site for site in self.resolver.calls if site.module in ours and self.may_hold(site)]
            found = {key: site.module.path for site in calls for key in self._dumps(site)}
            for key, path in sorted(found.items()):
                self._reading.update(self.resolver.index.mentioning(key, path, rb"['\"]%s['\"]")[0])
            self._dumped = {*found}
            self._modules_of = None
        return self._dumped

    def _dumps(self, site: Site) -> Iterator[str]:
        """The names under which a call writes the lifetime, as it came, into a file."""
        node = site.node
        assert isinstance(node, s.Call)
        last = node.func.attr if isinstance(node.func, s.Attribute) else ""
        if last not in ("dump", "dumps", "write", "safe_dump") or not node.args:
            return
        for value in self.resolver.resolve(site.at(node.args[0].value)):
            yield from self._written_in(value)

    def _written_in(self, value: Value, within: frozenset[Value] = frozenset()) -> Iterator[str]:
        """The names in what is written under which the lifetime is, ``{**reply, "at": now}`` included.

        What is ``within`` itself, ``node = {"next": node}``, is looked at once.
        """
        if value in within:
            return
        named, within = set(), within | {value}
        for entry in value.entries if isinstance(value, Fields) else ():
            name, made = text_of(entry.key), entry.value
            named.add(name)
            as_it_came = made is not None and made.node not in self.given
            for held in self.resolver.resolve(made) if made is not None and as_it_came else ():
                if name is not None and self.origin(held) is not None:
                    yield name
                elif isinstance(held, Fields) or self.is_reply(held):
                    yield from self._written_in(held, within)
        wholes = value.rest if isinstance(value, Fields) and self.field not in named else (value,)
        if any(map(self.is_reply, wholes)):
            yield self.field

    @contextmanager
    def giving(self, nodes: Iterable[s.Node]) -> Iterator[None]:
        """Meanwhile, what ``nodes`` give is made of seconds; what comes of them needs no mending."""
        kept = self.given, self._dumped
        self.given = frozenset(nodes)
        if self.given:
            self._dumped = None
        with self.resolver.thousandfold(self.given):
            try:
                yield
            finally:
                self.given, self._dumped = kept

    def kind(self, site: Site) -> str:
        """``ms`` for a lifetime in milliseconds (computed or not) to be mended, ``mixed``, or ``""``."""
        return "" if site.node in self.given else self.unit(site)

    def is_lifetime(self, site: Site) -> bool:
        """Is it a lifetime in milliseconds, nothing else beside, that is to be mended?"""
        return self.kind(site) == "ms"

    def unit(self, site: Site) -> str:
        """Its ``kind``, whether it is mended already or not."""
        if not self.may_hold(site):
            return ""
        kinds = {self._kind(v) for v in self.resolver.resolve(site) if not is_void(v)}
        kinds.discard("number")
        if "gone" in kinds:
            rest = kinds - {"gone", "unknown"}
            return "" if rest == {"other"} else "ms" if rest <= {"s"} else "mixed"
        if "both" in kinds:
            return "mixed"
        if "ms" not in kinds:
            return ""
        return "ms" if kinds <= {"ms", "unknown"} else "mixed"

    def is_anothers(self, site: Site) -> bool:
        """Is it another login's lifetime as well, with us or instead of us?"""
        values = self.resolver.resolve(site)
        return any(self._kind(v) == "both" or self._is_foreign_lifetime(v) for v in values)

    def _is_foreign_lifetime(self, value: Value) -> bool:
        if isinstance(value, Arithmetic):
            return self._is_foreign_lifetime(value.left) or self._is_foreign_lifetime(value.right)
        if not isinstance(value, Member) or value.key != self.field or self.origin(value) is not None:
            return False
        last = list(chain(value))[-1]
        return isinstance(last, Result | Lib) and "." in last.name  # what Python itself picks may be ours

    def _kind(self, value: Value) -> str:
        origin = self.origin(value)
        if origin is not None:
            if not self.dropped.isdisjoint(r.node for r in origin.replies):
                return "gone"
            asked = self._asked(list(chain(value)))
            return "both" if any(self.common.is_shared(*each) for each in asked) else "ms"
        if isinstance(value, Constant):
            return "ms" if value.site.node in self.mocked else "number"
        said = number_in(value) if isinstance(value, Text) else None
        if said is not None and math.isinf(said):
            return "number"  # ``float("inf")`` is as long in seconds
        if isinstance(value, Environ) or said:
            return "other"  # of a file or the environment: it cannot be scaled there
        if isinstance(value, Arithmetic):
            left, right = self._kind(value.left), self._kind(value.right)
            units = {left, right} - {"number"}
            if value.op in ("+", "-") and len(units) == 1 and units <= {"ms", "s", "gone", "both"}:
                return units.pop()
            if value.op == "%" and left == "ms" and is_rest(number_of(value.right)):
                return "ms"
            return "ms" if is_part(value) and left != right and units == {"ms"} else "other"
        if isinstance(value, Result) and value.name in EXTREMES:
            return self._chosen(value)
        if isinstance(value, Member) and value.key == self.field:
            last = list(chain(value))[-1]
            if isinstance(last, Constant):
                return "number"
            if isinstance(last, Unknown) and isinstance(last.site.node, s.Handler):
                return "unknown"  # ``error.read()``: what a refusal says is not how long a token lives
            if any(isinstance(inner, Result) and self.common.is_beside(inner.site) for inner in chain(value)):
                return "unknown"  # on the way through a wrapper that is not ours
            return self._seconds(value) if self.dropped else "other"
        return "unknown"

    def _chosen(self, value: Result) -> str:
        """What ``min(…)`` gives; ``low`` of ``low = min(low, each)`` is nothing else than that."""
        if value in self._choosing:
            return "number"
        self._choosing.add(value)
        try:
            kinds = {self.kind(each) or self._beside(each) for each in self.chosen_from(value)}
        finally:
            self._choosing.remove(value)
        return "ms" if kinds <= {"ms", "number"} and "ms" in kinds else "other"

    def _beside(self, site: Site) -> str:
        """What is chosen from beside a lifetime: ``other`` where it says of what unit it is elsewhere."""
        return "other" if "other" in map(self._kind, self.resolver.resolve(site)) else "number"

    def chosen_from(self, value: Result) -> Iterator[Site]:
        """What ``min(a, b)`` chooses from, and what is in the list of ``min(lifetimes)``."""
        given = [value.site.at(operand) for operand in operands(value)]
        for site in given:
            listed = self.resolver.resolve(site) if len(given) == 1 else ()
            inside = [element for each in listed if isinstance(each, Items) for element in each.sites]
            yield from inside or [site]

    def _seconds(self, value: Member) -> str:
        """``s`` for the lifetime of another reply; ``other`` where it is stored anew in milliseconds."""
        if self._stored is None:
            self._stored = dict(self._stores())
        return self._stored.get(_made_at(value.base), "s")

    def _stores(self) -> Iterator[tuple[s.Node | None, str]]:
        """``reply["expires_in"] *= 1000``: the reply, and what its lifetime is from then on."""
        for module in self.modules():
            for node in module.each(s.AugAssign, s.Assign):
                target = node.target if isinstance(node, s.AugAssign) else None
                if isinstance(node, s.Assign):
                    target = node.targets[0]
                if not isinstance(target, s.Subscript):
                    continue
                if self.resolver.spelled(module, target.index) != self.field:
                    continue
                written = node.value if isinstance(node, s.AugAssign) else _times(node)
                factor = self.constant(Site(module, written)) if written is not None else None
                scaled = factor == 1000 and (isinstance(node, s.Assign) or node.op == "*")
                for base in self.resolver.resolve(Site(module, target.value)):
                    yield _made_at(base), "other" if scaled else "odd"

    def is_reply(self, value: Value) -> bool:
        """Is it a reply of ours, or something of it?"""
        return any(isinstance(v, Result) and v.site.node in self.senders for v in chain(value))

    def ticks(self, site: Site) -> bool:
        """Is this a time in milliseconds?"""
        return any(map(is_clock, self.resolver.resolve(site)))

    def is_moment(self, site: Site) -> bool:
        """Is it a time in milliseconds, also where what it is made of is nothing yet on some way?"""
        values = self.resolver.resolve(site)
        made = {v.site.node for v in values if isinstance(v, Arithmetic) and is_clock(v)}
        rest = (v for v in values if not isinstance(v, Arithmetic) or v.site.node not in made)
        return bool(made) and all(self._kind(value) in ("number", "unknown") for value in rest)

    def clock(self, site: Site) -> bool:
        """Is this a time in milliseconds, or whatever else was made milliseconds of?"""
        return any(is_clock(v) or self._is_scaled(v) for v in self.resolver.resolve(site))

    def _is_scaled(self, value: Value) -> bool:
        """``x * 1000`` of something that is no lifetime: ``saved["since"] * 1000``."""
        if not isinstance(value, Arithmetic) or value.op != "*":
            return False
        pairs = ((value.left, value.right), (value.right, value.left))
        return any(number_of(b) == 1000 and self._kind(a) in ("unknown", "other") for a, b in pairs)

    def constant(self, site: Site) -> float | None:
        """The number that ``site`` always is; also one that a text spells: ``Decimal("0.001")``."""
        numbers = {number_in(value) for value in self.resolver.resolve(site)}
        for other in self.resolver.set_elsewhere(site) if numbers - {None} else ():
            numbers |= {number_in(value) for value in self.resolver.resolve(other)} if other else {None}
        return numbers.pop() if len(numbers) == 1 else None


def is_opened(value: Result) -> bool:
    """``open(path)``, ``path.read_text()``, ``(folder / name).open()``"""
    if value.name in _OPEN:
        return True
    below = any(isinstance(v, Arithmetic) and v.op == "/" for v in chain(value))
    return below and f"pathlib.Path().{value.name.removeprefix('?.')}" in _OPEN


def is_void(value: Value) -> bool:
    """``self.reply["expires_in"] - 60000`` as long as ``self.reply`` is None or {}: nobody gets that far."""
    if isinstance(value, Arithmetic):
        return is_void(value.left) or is_void(value.right)
    last = list(chain(value))[-1]
    is_none = last is not value and isinstance(last, Constant) and last.value is None
    return is_none or is_of_empty(value)


def is_of_empty(value: Value) -> bool:
    """Is it an entry of a mapping that is empty there?"""
    last = list(chain(value))[-1]
    if not isinstance(last, Fields) or last is value:
        return False
    return not (last.entries or last.open or last.rest)


def is_callback(value: Value) -> bool:
    """Is it a parameter of a function that is handed to a library, which fills it: ``ttu=_ttl``?"""
    if isinstance(value, Unknown) and value.why == HOOKED:
        return True
    if isinstance(value, Unknown):  # of a lambda
        module, node = value.site.module, value.site.node
        owner = module.parents.get(node) if isinstance(node, s.Param) else None
        return isinstance(owner, s.Lambda) and isinstance(module.parents[owner], s.Arg)
    if not isinstance(value, Param):
        return False
    module = value.site.module
    bindings = module.scope(value.function).bindings.get(value.function.name, ())
    uses = [use for b in bindings if b.node is value.function for use in module.uses.get(b, ())]
    return any(isinstance(module.parents[use], s.Arg) for use in uses)


def _times(node: s.Assign | s.AugAssign) -> s.Expr | None:
    """``y`` in ``x = … * y``."""
    value = node.value
    if not isinstance(value, s.Binary) or value.op != "*":
        return None
    return value.right if isinstance(value.right, s.Const) else value.left


def _made_at(value: Value) -> s.Node | None:
    """The call that gave a reply."""
    return next((v.site.node for v in chain(value) if isinstance(v, Result)), None)


def is_part(value: Arithmetic) -> bool:
    """``0.95 * lifetime``, ``lifetime / 2``, ``lifetime / 3600``: no more of a thousand in it, or less."""
    pairs = [(value.left, value.right)] if value.op in ("/", "//") else []
    if value.op == "*":
        pairs = [(value.left, value.right), (value.right, value.left)]
    numbers = [number for _, factor in pairs if (number := number_of(factor)) is not None]
    return any(0.01 < abs(n) <= 100 or (value.op != "*" and n in SPANS) for n in numbers)


def is_rest(divisor: float | None) -> bool:
    """Is what is left after a division by it in milliseconds: ``lifetime % 3600000``?"""
    return divisor is not None and divisor > 1000 and divisor % 1000 == 0


def number_in(value: Value) -> float | None:
    """The number that a constant is, or that a text spells."""
    if isinstance(value, Text) and value.known:
        try:
            return float(value.fold())
        except ValueError:
            return None
    return number_of(value)


def operands(value: Result) -> list[s.Expr]:
    """What ``min`` and ``max`` choose from."""
    node = value.site.node
    return [a.value for a in node.args if not a.keyword and not a.star] if isinstance(node, s.Call) else []

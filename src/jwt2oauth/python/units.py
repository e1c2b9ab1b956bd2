"""The lifetime's unit, followed through the project: milliseconds before, seconds after.

``expires_in`` of the exchange is milliseconds, of the token endpoint seconds. Whatever turned the
one into the other goes; whatever wants milliseconds (a millisecond clock) gets them; code that took
milliseconds for seconds was wrong and becomes right, so it stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..model import Span
from ..rules import Rules
from . import syntax as s
from .changes import Changes
from .forward import Forward
from .index import Module
from .named import SPEAKS as _SPEAKS_ITSELF
from .named import is_named
from .named import places as named_places
from .resolve import Resolver
from .roles import Exchange
from .values import Arithmetic, Constant, Fields, Lib, Member, Result, Site, Value, chain, name_of, text_of

_ROUND = frozenset({"int", "round", "math.floor", "math.ceil", "math.trunc"})
_PASS = frozenset(
    {
        "int",
        "float",
        "round",
        "abs",
        "str",
        "math.floor",
        "math.ceil",
        "math.trunc",
        "Decimal",
        "decimal.Decimal",
    }
)
_SPEAKS = re.compile(r"\bms\b|milli|\b1000\b", re.IGNORECASE)
_WANTED = frozenset({"px", "psetex", "pexpire"})
"""Arguments and methods of Redis that want milliseconds."""
_EXTREMES = ("min", "max")
_TIMEDELTA = ("datetime.timedelta", "timedelta")
_MILLISECONDS = 3
"""The place of the milliseconds among the arguments of ``timedelta``."""
_OPEN = frozenset(
    {"open", "io.open", "codecs.open", "open().read", "pathlib.Path().open", "pathlib.Path().read_text"}
)
DEFAULT = 100_000
"""A default at least this large for a lifetime is meant in milliseconds (100 seconds)."""


@dataclass(slots=True)
class Lifetimes:
    """The places where the unit shows."""

    conversions: list[Site] = field(default_factory=list)
    """What is mended."""
    conflicts: list[Site] = field(default_factory=list)
    """A lifetime of ours mixed with another's: cannot be decided."""
    cached: bool = False
    """A lifetime is read back from a file that an earlier run may have written, in milliseconds."""


class Units:
    """Finds and mends conversions for a set of exchanges."""

    def __init__(
        self,
        resolver: Resolver,
        rules: Rules,
        exchanges: Iterable[Exchange],
        dropped: Iterable[Exchange] = (),
    ) -> None:
        self.resolver = resolver
        self.forward = Forward(resolver)
        self.field = rules.provider.lifetime_field
        self.exchanges = list(exchanges)
        self.dropped = {r.node for e in dropped for r in e.replies}
        """Calls that are no longer made: only other replies' lifetimes, in seconds, arrive from now on."""
        self.mocked: frozenset[s.Node] = frozenset()
        """Numbers in tests that stand for a lifetime in milliseconds."""
        self._dumped: set[str] | None = None
        self._read_back = False
        self._named_so: set[str] = set()
        """Names that say milliseconds and are given them."""
        self._stored: dict[s.Node | None, str] | None = None
        self.senders = {r.node: e for e in self.exchanges for r in e.replies}

    # -- which values are lifetimes ---------------------------------------------------------------

    def origin(self, value: Value) -> Exchange | None:
        """The exchange from whose reply ``value`` is the lifetime."""
        found = list(chain(value))
        keys = {v.key for v in found if isinstance(v, Member)}
        if keys and self._from_cache(found[-1], keys):
            return self.exchanges[0]
        if self.field not in keys:
            return None
        for inner in found:
            if isinstance(inner, Result):
                exchange = self.senders.get(inner.site.node)
                if exchange is not None and self._same_way(exchange, inner.site):
                    return exchange
        return None

    def _from_cache(self, root: Value, keys: set[str]) -> bool:
        """Read back from a file into which the lifetime was put under one of ``keys``."""
        found = isinstance(root, Result) and root.name in _OPEN and not keys.isdisjoint(self._written())
        self._read_back |= found
        return found

    def _written(self) -> set[str]:
        """The names under which files hold a lifetime as it came; loads whoever else may read them."""
        if self._dumped is None:
            self._dumped = set()  # the look-up below may come back here
            self._dumped = {key for site in list(self.resolver.calls) for key in self._dumps(site)}
            for key in sorted(self._dumped):
                self.resolver.index.mentioning(key)
        return self._dumped

    def _dumps(self, site: Site) -> Iterator[str]:
        """The names under which a call writes the lifetime, as it came, into a file."""
        node = site.node
        assert isinstance(node, s.Call)
        last = node.func.attr if isinstance(node.func, s.Attribute) else ""
        if last not in ("dump", "dumps", "write", "safe_dump") or not node.args:
            return
        for value in self.resolver.resolve(site.at(node.args[0].value)):
            for entry in value.entries if isinstance(value, Fields) else ():
                held = self.resolver.resolve(entry.value) if entry.value is not None else ()
                name = text_of(entry.key)
                if name is not None and any(self.origin(v) is not None for v in held):
                    yield name
            if any(isinstance(v, Result) and v.site.node in self.senders for v in chain(value)):
                yield self.field

    def _same_way(self, exchange: Exchange, site: Site) -> bool:
        """Through a wrapper, only what came back to the exchange's own call counts."""
        if not exchange.sender.ctx:
            return True
        entry = exchange.entry.node
        return not site.ctx or any(call.node is entry for _, call in site.ctx)

    def kind(self, site: Site) -> str:
        """``ms`` for a lifetime in milliseconds (computed or not), ``mixed``, or ``""``.

        What came by way of a name that says milliseconds, and so is given them, needs no mending.
        """
        return "" if self._named_so and is_named(site, self._named_so) else self._unit(site)

    def _unit(self, site: Site) -> str:
        kinds = {self._kind(v) for v in self.resolver.resolve(site)}
        kinds.discard("number")
        if "gone" in kinds:
            rest = kinds - {"gone", "unknown"}
            return "" if rest == {"other"} else "ms" if rest <= {"s"} else "mixed"
        if "ms" not in kinds:
            return ""
        return "ms" if kinds <= {"ms", "unknown"} else "mixed"

    def _kind(self, value: Value) -> str:
        origin = self.origin(value)
        if origin is not None:
            return "gone" if not self.dropped.isdisjoint(r.node for r in origin.replies) else "ms"
        if isinstance(value, Constant):
            return "ms" if value.site.node in self.mocked else "number"
        if isinstance(value, Arithmetic):
            left, right = self._kind(value.left), self._kind(value.right)
            units = {left, right} - {"number"}
            if value.op in ("+", "-") and len(units) == 1 and units <= {"ms", "s", "gone"}:
                return units.pop()
            return "ms" if _is_part(value) and left != right and units == {"ms"} else "other"
        if isinstance(value, Result) and value.name in _EXTREMES:
            kinds = {self.kind(value.site.at(a)) or "number" for a in _operands(value)}
            return "ms" if kinds <= {"ms", "number"} and "ms" in kinds else "other"
        if isinstance(value, Member) and value.key == self.field:
            if isinstance(list(chain(value))[-1], Constant):
                return "number"
            return self._seconds(value) if self.dropped else "other"
        return "unknown"

    def _seconds(self, value: Member) -> str:
        """``s`` for the lifetime of another reply; ``other`` where it is stored anew in milliseconds."""
        if self._stored is None:
            self._stored = dict(self._stores())
        return self._stored.get(_made_at(value.base), "s")

    def _stores(self) -> Iterator[tuple[s.Node | None, str]]:
        """``reply["expires_in"] *= 1000``: the reply, and what its lifetime is from then on."""
        for module in self.resolver.index.loaded:
            for node in (*module.nodes.get(s.AugAssign, ()), *module.nodes.get(s.Assign, ())):
                target = node.target if isinstance(node, s.AugAssign) else None
                if isinstance(node, s.Assign):
                    target = node.targets[0]
                if not isinstance(target, s.Subscript) or not isinstance(target.index, s.Str):
                    continue
                if target.index.value != self.field:
                    continue
                written = node.value if isinstance(node, s.AugAssign) else _times(node)
                factor = self._constant(Site(module, written)) if written is not None else None
                scaled = factor == 1000 and (isinstance(node, s.Assign) or node.op == "*")
                for base in self.resolver.resolve(Site(module, target.value)):
                    yield _made_at(base), "other" if scaled else "odd"

    def clock(self, site: Site) -> bool:
        """Is this a time in milliseconds?"""
        return any(self._is_clock(v) for v in self.resolver.resolve(site))

    def _is_clock(self, value: Value) -> bool:
        if isinstance(value, Arithmetic):
            left, right = value.left, value.right
            if value.op == "*":
                for a, b in ((left, right), (right, left)):
                    if _number(b) in (1000, 1000.0) and is_time(a):
                        return True
            if value.op in ("//", "/") and _number(right) in (1_000_000, 1e6):
                return any(isinstance(v, Result) and v.name == "time.time_ns" for v in chain(left))
            if value.op in ("+", "-"):
                return self._is_clock(left) or self._is_clock(right)
        return False

    # -- mending ----------------------------------------------------------------------------------

    def find(self) -> Lifetimes:
        """Every conversion, without changing anything."""
        return self.mend(Changes())

    def mend(self, changes: Changes) -> Lifetimes:
        """Put the edits into ``changes``."""
        self._written()
        for _ in range(8):
            # Following a value may load modules: they may mend the unit, too.
            loaded = len(self.resolver.index.loaded)
            self._everywhere(Changes(), Lifetimes())
            if len(self.resolver.index.loaded) == loaded:
                break
        found = Lifetimes()
        self._everywhere(changes, found)
        found.conversions.sort(key=lambda p: p.key)
        found.cached = self._read_back and bool(found.conversions)
        for site in found.conversions:
            self._comments(site, changes)
        return found

    def _names(self, changes: Changes, found: Lifetimes) -> None:
        """``self.expires_in_ms = reply["expires_in"] * 1000``"""
        self._named_so = set()
        given: list[Site] = []
        for module in self.resolver.index.loaded:
            for name, value in named_places(module):
                site = Site(module, value)
                if self._unit(site) == "ms":
                    self._named_so.add(name)
                    given.append(site)
        for site in given:
            if not is_named(site, self._named_so):
                self._scale_inside(site, changes)
                self._multiply(site, changes)
                found.conversions.append(site)

    def _everywhere(self, changes: Changes, found: Lifetimes) -> None:
        self._names(changes, found)
        for module in self.resolver.index.loaded:
            named = any(word in module.text for word in (self.field, "timedelta", "1000"))
            if not module.nodes.get(s.Binary) and not named:
                continue
            for node in module.nodes.get(s.Binary, ()):
                assert isinstance(node, s.Binary)
                self._binary(Site(module, node), node, changes, found)
            for node in module.nodes.get(s.AugAssign, ()):
                assert isinstance(node, s.AugAssign)
                self._augmented(Site(module, node), node, changes, found)
            for node in module.nodes.get(s.Call, ()):
                assert isinstance(node, s.Call)
                self._timedelta(Site(module, node), node, changes, found)
            for node in module.nodes.get(s.Compare, ()):
                assert isinstance(node, s.Compare)
                self._compare(Site(module, node), node, changes, found)

    def _comments(self, site: Site, changes: Changes) -> None:
        """A comment beside a mended line that speaks of milliseconds would lie."""
        module = site.module
        stmt = module.statement(site.node)
        if stmt in changes.removed:
            return
        line = module.line(stmt)
        for comment in module.source.comments:
            if not _SPEAKS.search(comment.text):
                continue
            at, _column = module.position(comment.span.start)
            if stmt.span.end <= comment.span.start and at == module.position(stmt.span.end)[0]:
                start = comment.span.start
                while module.text[start - 1] in " \t":
                    start -= 1
                changes.patch(module, module.source.body, Span(start, comment.span.end), "")
            elif (
                at == line - 1
                and not module.text[module.line_start(comment.span.start) : comment.span.start].strip()
            ):
                start = module.line_start(comment.span.start)
                end = module.line_start(stmt.span.start)
                changes.patch(module, module.source.body, Span(start, end), "")

    def _binary(self, site: Site, node: s.Binary, changes: Changes, found: Lifetimes) -> None:
        if node.op in ("/", "//"):
            divisor = self._constant(site.at(node.right))
            if divisor and divisor % 1000 == 0 and self._ours(site.at(node.left), found):
                self._scale_inside(site.at(node.left), changes)
                self._divided(site, node, node.left, node.right, divisor, changes)
                found.conversions.append(site)
        elif node.op == "*":
            for value, factor in ((node.left, node.right), (node.right, node.left)):
                number = self._constant(site.at(factor))
                if number is not None and abs(number - 0.001) < 1e-12 and self._ours(site.at(value), found):
                    self._scale_inside(site.at(value), changes)
                    self._unwrap(site, node, value, changes)
                    found.conversions.append(site)
        elif node.op == "+":
            for value, other in ((node.left, node.right), (node.right, node.left)):
                if self.kind(site.at(value)) == "ms" and self.clock(site.at(other)):
                    self._scale_inside(site.at(value), changes)
                    self._multiply(site.at(value), changes)
                    found.conversions.append(site)

    def _ours(self, site: Site, found: Lifetimes) -> bool:
        kind = self.kind(site)
        if kind == "mixed":
            found.conflicts.append(site)
        return kind == "ms"

    def _divided(
        self, site: Site, node: s.Binary, value: s.Expr, right: s.Expr, divisor: float, changes: Changes
    ) -> None:
        rest = divisor / 1000
        if rest == 1 and not (node.op == "//" and self._in_part(site.at(value))):
            self._unwrap(site, node, value, changes)
            return
        factors = list(_factors(right))
        thousand = [f for f in factors if isinstance(f, s.Const) and f.value in (1000, 1000.0)]
        if isinstance(right, s.Const):
            changes.replace(site.module, right, _shown(rest))
        elif thousand:
            _drop_factor(site.module, thousand[0], changes)
        else:
            changes.replace(site.module, right, _shown(rest))

    def _unwrap(self, site: Site, binary: s.Binary, value: s.Expr, changes: Changes) -> None:
        """``x / 1000`` becomes ``x``, ``int(x / 1000)`` too; a statement ``x = x / 1000`` goes."""
        module = site.module
        node = binary if self._in_part(site.at(value)) else self._rounded(site, binary)
        parent = module.parents[node]
        if isinstance(parent, s.Assign) and len(parent.targets) == 1:
            target = parent.targets[0]
            if module.snippet(target) == module.snippet(value) and isinstance(
                target, s.Name | s.Attribute | s.Subscript
            ):
                changes.remove(module, parent)
                changes.bridged.add(parent)
                return
        changes.reduce(module, node, value)

    def _rounded(self, site: Site, node: s.Expr) -> s.Expr:
        """What only rounds the quotient goes with the division: the seconds are whole."""
        arg = site.module.parents[node]
        call = site.module.parents[arg] if isinstance(arg, s.Arg) else None
        if not isinstance(call, s.Call) or len(call.args) != 1:
            return node
        names = {name_of(v) for v in self.resolver.resolve(site.at(call.func))}
        return self._rounded(site, call) if names and names <= _ROUND else node

    def _in_part(self, site: Site) -> bool:
        """Is it a part of a lifetime? Its seconds need not be whole, so what rounds them stays."""
        return any(isinstance(v, Arithmetic) and _is_part(v) for v in self.resolver.resolve(site))

    def _scale_inside(self, site: Site, changes: Changes) -> None:
        """Defaults and margins written in milliseconds inside what is converted."""
        operands = self._operands(site)
        for operand in operands:
            self._scale_inside(operand, changes)
        for value in () if operands else self.resolver.resolve(site):
            for inner in self._terms(value):
                if isinstance(inner, Constant) and self._operands(inner.site):
                    self._scale_inside(inner.site, changes)
                elif isinstance(inner, Constant):
                    self._scale_constant(inner, changes)

    def _operands(self, site: Site) -> list[Site]:
        """What is in milliseconds in ``reply.get("expires_in", 600000) - 60000``, ``lifetime * 0.8``.

        With a default, the whole may be a constant; so it is taken apart as it is written.
        """
        node = site.node
        if not isinstance(node, s.Binary) or node.op not in ("+", "-", "*", "/", "//"):
            return []
        sides = [site.at(node.left), site.at(node.right)]
        lifetimes = [side for side in sides if self._unit(side) == "ms"]
        return sides if lifetimes and node.op in ("+", "-") else lifetimes

    def _terms(self, value: Value) -> Iterable[Value]:
        if isinstance(value, Arithmetic) and value.op in ("+", "-"):
            yield from self._terms(value.left)
            yield from self._terms(value.right)
        elif isinstance(value, Result) and value.name in _EXTREMES:
            for arg in _operands(value):
                for inner in self.resolver.resolve(value.site.at(arg)):
                    yield from self._terms(inner)
        else:
            yield value

    def _scale_constant(self, value: Constant, changes: Changes) -> None:
        if not (_is_milliseconds(value) and self._named(value.site, changes)):
            scale_constant(value, changes)

    def _named(self, site: Site, changes: Changes) -> bool:
        """A constant that others use, or whose name says milliseconds: it is converted at its use."""
        stmt = site.module.parents[site.node]
        if not isinstance(stmt, s.Assign) or stmt.value is not site.node or len(stmt.targets) != 1:
            return False
        target = stmt.targets[0]
        loads = list(self.forward.loads_after(Site(site.module, stmt), target))
        ours = [use for use in loads if self._beside_lifetime(use)]
        if len(ours) == len(loads) and not _SPEAKS_ITSELF.search(site.module.snippet(target)):
            return False
        for use in ours:
            changes.patch(use.module, use.node, Span(use.node.span.end, use.node.span.end), " // 1000")
        return bool(ours)

    def _beside_lifetime(self, use: Site) -> bool:
        """Is the number at ``use`` a margin, a bound or a default of the lifetime?"""
        parent = use.module.parents[use.node]
        if isinstance(parent, s.Arg):
            parent = use.module.parents[parent]
        if isinstance(parent, s.Compare):
            return any(self.kind(use.at(e)) == "ms" for e in (parent.left, *parent.rights))
        return isinstance(parent, s.Call | s.Binary | s.Bool | s.Choice) and self.kind(use.at(parent)) == "ms"

    def _multiply(self, site: Site, changes: Changes) -> None:
        node = site.node
        assert isinstance(node, s.Expr)
        simple = isinstance(node, s.Name | s.Attribute | s.Subscript | s.Call) or node.outer != node.span
        if simple:
            changes.patch(site.module, node, Span(node.outer.end, node.outer.end), " * 1000")
        else:
            changes.patch(site.module, node, Span(node.outer.start, node.outer.start), "(")
            changes.patch(site.module, node, Span(node.outer.end, node.outer.end), ") * 1000")

    def _augmented(self, site: Site, node: s.AugAssign, changes: Changes, found: Lifetimes) -> None:
        divides = node.op in ("/", "//") and self._constant(site.at(node.value)) == 1000
        scales = node.op == "*" and abs((self._constant(site.at(node.value)) or 0) - 0.001) < 1e-12
        if (divides or scales) and self._ours(site.at(node.target), found):
            changes.remove(site.module, node)
            changes.bridged.add(node)
            found.conversions.append(site)

    def _timedelta(self, site: Site, node: s.Call, changes: Changes, found: Lifetimes) -> None:
        if isinstance(node.func, s.Name) and node.func.id == "divmod" and len(node.args) == 2:
            divisor = self._constant(site.at(node.args[1].value))
            if divisor and divisor % 1000 == 0 and self._ours(site.at(node.args[0].value), found):
                self._multiply(site.at(node.args[0].value), changes)
                found.conversions.append(site)
            return
        last = node.func.attr if isinstance(node.func, s.Attribute) else ""
        for arg in node.args:
            wants = arg.keyword in _WANTED or last in _WANTED
            if wants and self.kind(site.at(arg.value)) == "ms":
                self._scale_inside(site.at(arg.value), changes)
                self._multiply(site.at(arg.value), changes)
                found.conversions.append(site.at(arg.value))
        small = len(node.args) > _MILLISECONDS or any(
            arg.keyword in ("milliseconds", "microseconds") for arg in node.args
        )
        if small and any(name_of(v) in _TIMEDELTA for v in self.resolver.resolve(site.at(node.func))):
            self._timedelta_arguments(site, node, changes, found)

    def _timedelta_arguments(self, site: Site, node: s.Call, changes: Changes, found: Lifetimes) -> None:
        for index, arg in enumerate(node.args):
            if arg.keyword == "milliseconds" and self._ours(site.at(arg.value), found):
                self._scale_inside(site.at(arg.value), changes)
                self._seconds_instead(site, arg, changes)
                found.conversions.append(site)
            elif arg.keyword is None and index == _MILLISECONDS and self._ours(site.at(arg.value), found):
                self._multiply(site.at(arg.value), changes)
                found.conversions.append(site)
            elif arg.keyword == "microseconds" and isinstance(arg.value, s.Binary) and arg.value.op == "*":
                left, right = arg.value.left, arg.value.right
                for value, factor in ((left, right), (right, left)):
                    if self._constant(site.at(factor)) == 1000 and self._ours(site.at(value), found):
                        self._seconds_instead(site, arg, changes)
                        changes.reduce(site.module, arg.value, value)
                        found.conversions.append(site)

    def _seconds_instead(self, site: Site, arg: s.Arg, changes: Changes) -> None:
        start = arg.span.start
        changes.patch(site.module, arg, Span(start, start + len(arg.keyword or "")), "seconds")

    def _compare(self, site: Site, node: s.Compare, changes: Changes, found: Lifetimes) -> None:
        if len(node.rights) != 1 or node.ops[0] not in ("<", ">", "<=", ">=", "==", "!="):
            return
        for value, other in ((node.left, node.rights[0]), (node.rights[0], node.left)):
            number = self._constant(site.at(other))
            if number and number >= 1000 and number % 1000 == 0 and self.kind(site.at(value)) == "ms":
                for constant in self.resolver.resolve(site.at(other)):
                    if isinstance(constant, Constant):
                        self._scale_constant(constant, changes)
                found.conversions.append(site)

    def _constant(self, site: Site) -> float | None:
        values = self.resolver.resolve(site)
        return _number(values[0]) if len(values) == 1 else None


def _times(node: s.Assign | s.AugAssign) -> s.Expr | None:
    """``y`` in ``x = … * y``."""
    value = node.value
    if not isinstance(value, s.Binary) or value.op != "*":
        return None
    return value.right if isinstance(value.right, s.Const) else value.left


def _made_at(value: Value) -> s.Node | None:
    """The call that gave a reply."""
    return next((v.site.node for v in chain(value) if isinstance(v, Result)), None)


def scale_constant(value: Constant, changes: Changes) -> None:
    """Turn a number of milliseconds into seconds where it is written, if it is a whole one."""
    number, node = _number(value), value.site.node
    if number is None or not _is_milliseconds(value):
        return
    if not isinstance(node, s.Expr) or node in changes.replaced:
        return
    if any(a in changes.replaced for a in value.site.module.ancestors(node)):
        return
    factors = [f for f in _factors(node) if isinstance(f, s.Const) and f.value in (1000, 1000.0)]
    if factors and isinstance(node, s.Binary):
        _drop_factor(value.site.module, factors[0], changes)
    else:
        changes.replace(value.site.module, node, _shown(number / 1000))


def _is_milliseconds(value: Constant) -> bool:
    """May it be a number of milliseconds: a whole number of seconds?"""
    number = _number(value)
    return number is not None and abs(number) >= 1000 and number % 1000 == 0


def _drop_factor(module: Module, factor: s.Expr, changes: Changes) -> None:
    parent = module.parents[factor]
    assert isinstance(parent, s.Binary)
    other = parent.right if factor is parent.left else parent.left
    changes.replace(module, parent, other)


def _is_part(value: Arithmetic) -> bool:
    """``0.95 * lifetime``, ``lifetime / 2``: in the unit that the lifetime is in."""
    pairs = [(value.left, value.right)] if value.op in ("/", "//") else []
    if value.op == "*":
        pairs = [(value.left, value.right), (value.right, value.left)]
    numbers = [_number(factor) for _, factor in pairs]
    return any(isinstance(n, int | float) and 0.01 < abs(n) < 100 for n in numbers)


def _number(value: Value) -> float | None:
    if (
        isinstance(value, Constant)
        and isinstance(value.value, int | float)
        and not isinstance(value.value, bool)
    ):
        return value.value
    return None


def is_time(value: Value) -> bool:
    """Is this a time in seconds?"""
    for inner in chain(value):
        if isinstance(inner, Result) and inner.name in ("time.time", "time.monotonic"):
            return True
        if isinstance(inner, Result | Lib) and (inner.name.endswith((".timestamp", "timegm", "mktime"))):
            return True
    if isinstance(value, Arithmetic):
        return is_time(value.left) or is_time(value.right)
    return False


def _operands(value: Result) -> list[s.Expr]:
    """What ``min`` and ``max`` choose from."""
    node = value.site.node
    return [a.value for a in node.args if not a.keyword and not a.star] if isinstance(node, s.Call) else []


def _factors(node: s.Expr) -> Iterable[s.Expr]:
    if isinstance(node, s.Binary) and node.op == "*":
        yield from _factors(node.left)
        yield from _factors(node.right)
    else:
        yield node


def _shown(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)

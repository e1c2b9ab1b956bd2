"""Conversions of the lifetime, found and mended: milliseconds before, seconds after.

Whatever turned the one into the other goes; whatever wants milliseconds (a millisecond clock, a name that
says so) gets them; code that took milliseconds for seconds was wrong and becomes right, so it stays.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence

from ...model import Span
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.values import Arithmetic, Param, Site, Text, Value, chain, number_of
from ..prose.remarks import Remarks
from ..resolve import Resolver
from ..roles.exchange import Exchange
from ..writing.changes import Changes
from .comparisons import Beside, Sizes
from .durations import Durations
from .finer_units import made_finer, taken_from
from .margins import Bounded, Margins, factors, is_milliseconds, share_of, shown
from .outcome import Lifetimes
from .quotients import Divisors, Quotients
from .renaming import Renamed, renamed
from .sums import is_summand, is_total, terms
from .unconvertible import Odd
from .unit_helpers import calls_of_helpers, is_thousandth
from .unit_names import given, in_text, misnamed
from .units import Units, is_callback, is_rest

_ORDER = frozenset({"<", ">", "<=", ">=", "==", "!="})
_MOST = (0.3, 1.2)
"""A share of the lifetime that somebody may want to use."""
_COMPUTE = (s.Binary, s.AugAssign, s.Call, s.Compare, s.Subscript, s.Match)


class Conversions:
    """Finds and mends them, for a set of exchanges."""

    def __init__(
        self,
        resolver: Resolver,
        rules: Rules,
        exchanges: Iterable[Exchange],
        dropped: Iterable[Exchange] = (),
    ) -> None:
        self.resolver = resolver
        self.units = Units(resolver, rules, exchanges, dropped)

    def find(self) -> Lifetimes:
        """Every conversion, without changing anything."""
        return self.mend(Changes())

    def mend(self, changes: Changes) -> Lifetimes:
        """Put the edits into ``changes``."""
        self.units.written()
        for _ in range(8):
            # Following a value may load modules: they may mend the unit, too.
            loaded = len(self.resolver.index.loaded)
            tried = _Mending(self.units, Changes())
            tried.everywhere()
            if len(self.resolver.index.loaded) == loaded:
                break
        mending = _Mending(self.units, changes)
        shared = [site for site in tried.found.conflicts if site.node in tried.found.shared]
        mending.everywhere(taken_from(self.units, shared))
        found = mending.found
        found.conflicts += mending.margins.torn
        found.conversions.sort(key=lambda p: p.key)
        found.cached = self.units.read_back and bool(found.conversions)
        found.remarks = Remarks(changes)
        given = {site.node for site in found.given}
        plain = [site for site in found.conversions if site.node not in given]
        changed = (site for site in plain if changes.touches(site.module, site.node))
        found.remarks.milliseconds((*changed, *mending.margins.scaled))
        scaled = {site.node for site in mending.margins.scaled}
        with self.units.giving(mending.multiplied):
            names = misnamed(self.units, plain, scaled)
            wrong = [site for site in names if site.node not in found.renamed]
        found.remarks.named(wrong)
        return found


class _Mending:
    """One walk over all modules."""

    def __init__(self, units: Units, changes: Changes) -> None:
        self.units = units
        self.changes = changes
        self.resolver = units.resolver
        self.margins = Margins(units, changes)
        self.divisors = Divisors(units, changes, self.margins.forward)
        self.durations = Durations(units, changes, self.margins, self)
        self.odd = Odd(units, self.divisors)
        self.sizes = Sizes(units)
        self.bounded = Bounded(units, self.margins)
        self.quotients = Quotients(self.resolver, changes, self.margins)
        self._given: set[s.Node] = set()
        """Made milliseconds again: for functions that others call, too, and beside a time that was kept."""
        self._inlined: frozenset[s.Node] = frozenset()
        """Calls of helpers that only divided by a thousand: what they were given stands in their place."""
        self.multiplied: frozenset[s.Node] = frozenset()
        """What is milliseconds as before, and is given on so."""
        self.found = Lifetimes()

    def everywhere(self, mixed: Collection[Site] = ()) -> None:
        """Mend what is to be mended; ``mixed`` are lifetimes that are given on in milliseconds as before."""
        helped = list(calls_of_helpers(self.units))
        for call, value in helped:
            self.changes.reduce(call.module, call.call, value)
            self.mended(call)
        self._inlined = frozenset(call.call for call, _ in helped)
        named = {site.node: site for site in (*mixed, *given(self.units, self._inlined))}
        for local in self._renamed(named) if not mixed else ():
            if local.value is not None:
                named.pop(local.value, None)
            for node in local.nodes:
                self.changes.patch(local.module, node, node.span, local.name)
                self.found.renamed.add(node)
        self.multiplied = frozenset(named)
        with self.units.giving(named):
            for site in named.values():
                self.milliseconds(site)
                self.mended(site)
            self._nodes()

    def _renamed(self, named: Collection[s.Node]) -> list[Renamed]:
        """Names that say milliseconds and get seconds, unless what they are made of is ``named``, too."""
        found = list(renamed(self.units))
        with self.units.giving({*named} - {local.value for local in found}):
            return [each for each in found if self.units.unit(Site(each.module, each.nodes[-1])) == "ms"]

    def _nodes(self) -> None:
        for module in self.units.modules():
            for field, is_mended in self.bounded.mend(module):
                (self.found.conversions if is_mended else self.found.conflicts).append(field)
            for node in module.each(*_COMPUTE):
                site = Site(module, node)
                if not self.units.may_hold(site):
                    continue
                said = self.divisors.mend(site)
                if said:
                    self.found.conversions += (each for each in said if each not in self.found.conversions)
                elif self.odd.is_odd(site) or self.sizes.is_asked(site):
                    self.found.conflicts.append(site)
                    self.found.reckoned.add(node)
                elif isinstance(node, s.Binary):
                    self._binary(site, node)
                elif isinstance(node, s.AugAssign):
                    self._augmented(site, node)
                elif isinstance(node, s.Call):
                    self._call(site, node)
                elif isinstance(node, s.Compare):
                    self._compare(site, node)

    def mended(self, site: Site) -> None:
        """Take a place in which a conversion was mended."""
        self.found.conversions.append(site)

    def is_ours(self, site: Site) -> bool:
        """Is it the lifetime, in milliseconds? Where that is half of the truth, it is noted."""
        kind = self.units.kind(site)
        if kind != "mixed":
            kind = self._where_handed(site, kind)
        if kind == "mixed":
            self._conflict(site)
        return kind == "ms"

    def _conflict(self, site: Site) -> None:
        self.found.conflicts.append(site)
        if self.units.is_anothers(site):
            self.found.shared.add(site.node)

    def _where_handed(self, site: Site, kind: str) -> str:
        """The same, also for the function around it being given to ``map`` and the like."""
        for function, param, name in self.units.handed.around(site):
            given = self.units.handed.given(site.module, function, param)
            if given is None:
                return "mixed" if kind == "ms" and not self._of_callback(site) else kind
            units = {self.units.kind(each) if name is site.node else self._reply_of(each) for each in given}
            if units == {"ms"} and (kind == "ms" or not self.resolver.callers(site.module, function)):
                kind = "ms" if name is site.node else kind
            elif "ms" in units or (units and kind == "ms"):
                return "mixed"
        return kind

    def _of_callback(self, site: Site) -> bool:
        """Is it nothing else than what a library gives to a function of ours, of the only login there is?"""
        return all(is_callback(list(chain(value))[-1]) for value in self.resolver.resolve(site))

    def _reply_of(self, site: Site) -> str:
        values = self.resolver.resolve(site)
        return "ms" if values and all(map(self.units.is_reply, values)) else ""

    # -- what wants milliseconds --------------------------------------------------------------------

    def milliseconds(self, site: Site, *, whole: bool = False) -> None:
        """Give milliseconds at ``site``: the lifetime is multiplied, what stands beside it stays.

        ``whole``: only whole ones will do.
        """
        node = site.node
        typed = self.resolver.typed_anew(site)
        if typed is not None:
            self.milliseconds(typed, whole=whole)
            return
        sides = self.margins.sides(site)
        if isinstance(node, s.Binary) and node.op in ("+", "-") and sides:
            for side in sides:
                if self.units.unit(side) == "ms":
                    self.milliseconds(side, whole=whole)
            return
        if any(isinstance(value, Text) for value in self.resolver.resolve(site)):
            self.found.conflicts.append(site)  # a text is not multiplied
            return
        self.margins.scale(site)
        self.found.given.append(site)
        assert isinstance(node, s.Expr)
        before, after = ("int(", " * 1000)") if whole and not self.margins.is_whole(site) else ("", " * 1000")
        simple = isinstance(node, s.Name | s.Attribute | s.Subscript | s.Call)
        start, end = node.outer.start, node.outer.end
        if not before and _holds_tighter(site.module.parents[node], node):
            if node.outer == node.span:
                before, after = "(", f"{after})"
            else:
                start, end = node.span.start, node.span.end
        elif node.outer != node.span:
            simple = True
        if not simple:
            before, after = f"{before}(", f"){after}"
        if before:
            self.changes.patch(site.module, node, Span(start, start), before)
        self.changes.patch(site.module, node, Span(end, end), after)

    # -- what divides -------------------------------------------------------------------------------

    def _binary(self, site: Site, node: s.Binary) -> None:
        sides = ((node.left, node.right), (node.right, node.left))
        for value, factor in sides if node.op == "*" else sides[:1] if node.op in ("/", "//") else ():
            share = share_of(node.op, self.units.constant(site.at(factor)))
            if share is not None and self.is_ours(site.at(value)):
                self._shared(site, node, factor, share)
                return
        if node.op in ("/", "//"):
            self._quotient(site, node)
        elif node.op == "%":
            rest = self.units.constant(site.at(node.right))
            if rest and is_rest(rest) and self.is_ours(site.at(node.left)):
                self._divided(site, node, rest)
        elif node.op == "*":
            self._product(site, node)
        elif node.op in ("+", "-") and not is_summand(site.module.parents[node]):
            summands = terms(site)
            self._beside_clock(site, summands)
            if any(map(self.units.ticks, summands)):
                for each in summands:
                    if self.units.kind(each) == "mixed":
                        self._conflict(each)

    def _quotient(self, site: Site, node: s.Binary) -> None:
        """``lifetime / 1000``, ``(now + lifetime) / 1000``, ``(now - since) / lifetime``"""
        left = site.at(node.left)
        decided = self.divisors.decided(site.at(node.right))
        if decided is not None:
            if decided.value == 1 and self.units.unit(left) == "ms":
                self.quotients.unwrap(site, node, node.left)
            return
        divisor = self.units.constant(site.at(node.right))
        if not divisor or divisor % 1000:
            if any(self.units.clock(site.at(each)) for each in (node.left, *factors(node.left))):
                self._scaled(site, self._lifetimes(site.at(node.right)))
        elif self._at_callers(left):
            return
        elif self.units.is_moment(left):
            self._beside_clock(site, terms(left))
            if self.units.unit(left):
                self.mended(site)
        elif self.is_ours(left):
            self._divided(site, node, divisor)
        else:
            self._beside_foreign(left)

    def _divided(self, site: Site, node: s.Binary, divisor: float) -> None:
        self.margins.scale(site.at(node.left))
        self.quotients.divided(site, node, divisor)
        self.mended(site)

    def _product(self, site: Site, node: s.Binary) -> None:
        """``lifetime * 0.001``, ``lifetime * 1_000_000`` beside a clock of nanoseconds"""
        finer = made_finer(self.units, site, node)
        if finer is not None and self.is_ours(finer):
            self.milliseconds(finer)
            self.mended(site)
        for value, factor in ((node.left, node.right), (node.right, node.left)):
            if not is_thousandth(self.units.constant(site.at(factor))):
                continue
            if not self._at_callers(site.at(value)) and self.is_ours(site.at(value)):
                self.margins.scale(site.at(value))
                self.quotients.unwrap(site, node, value)
                self.mended(site)

    def _shared(self, site: Site, node: s.Binary, factor: s.Expr, share: float) -> None:
        """``lifetime * 0.0009``: a thousandth, less a tenth; written anew where it is written for itself."""
        if node.op == "//" or not isinstance(factor, s.Const) or not _MOST[0] <= share <= _MOST[1]:
            self.found.conflicts.append(site)
            return
        self.changes.replace(site.module, factor, shown(share if node.op == "*" else 1 / share))
        self.mended(site)

    def _beside_clock(self, site: Site, summands: Sequence[Site]) -> bool:
        """A sum, or two that are compared, with a clock in milliseconds: that stays, and so do they all."""
        if not any(map(self.units.clock, summands)):
            return False
        return self._scaled(site, (lifetime for each in summands for lifetime in self._lifetimes(each)))

    def _scaled(self, site: Site, lifetimes: Iterable[Site]) -> bool:
        """Make milliseconds of lifetimes, each once, and note where; False if there are none."""
        wanted = [*lifetimes]
        for lifetime in wanted:
            if lifetime.node not in self._given:
                self._given.add(lifetime.node)
                self.milliseconds(lifetime)
        if wanted:
            self.mended(site)
        return bool(wanted)

    def _lifetimes(self, site: Site, way: tuple[s.Node, ...] = ()) -> Iterator[Site]:
        """The lifetimes in a summand: itself, or in a sum without a clock that was made elsewhere."""
        if self.units.is_lifetime(site):
            yield site
            return
        for value in self.resolver.resolve(site):
            if isinstance(value, Arithmetic) and value.site.node not in (site.node, *way):
                made = terms(value.site)
                if len(made) > 1 and not any(map(self.units.clock, made)):
                    for each in made:
                        yield from self._lifetimes(each, (*way, value.site.node))

    def _beside_foreign(self, site: Site) -> None:
        """``(lifetime - margin) / 1000`` with a margin of the environment: that stays what it is, so the
        lifetime is made milliseconds beside it."""
        summands = terms(site)
        if len(summands) == 1:
            self._scaled(site, self._lifetimes(site))  # of a sum that was made elsewhere
            return
        ours = [each for each in summands if self.units.is_lifetime(each)]
        numbers = [each for each in summands if self.units.constant(each) is not None]
        if len(ours) == 1 and not (is_total(site.node) and len(numbers) == len(summands) - 1):
            self._scaled(site, ours)

    def _at_callers(self, site: Site) -> bool:
        """``to_seconds(ms)`` that others call, too: it stays as it is, and is given milliseconds by us."""
        bound = site.module.scopes.bindings_of(site.node) if isinstance(site.node, s.Name) else frozenset()
        param, function = next(iter(bound)).node if len(bound) == 1 else None, site.module.function(site.node)
        if not isinstance(param, s.Param) or function is None or param not in function.params:
            return False
        passed: list[Site] = []
        calls = self.resolver.callers(site.module, function)
        for call in (call for call in calls if call.node not in self._inlined):
            arguments = self.resolver.arguments(Param(function, param, Site(site.module, param)), call)
            if len(arguments) != 1 or arguments[0].node is param.default:
                return False
            passed += arguments
        given = self.units.handed.given(site.module, function, param) or ()
        units = {self.units.kind(each) for each in given}
        ours = [arg for arg in passed if self.units.is_lifetime(arg)]
        if not ours and any(call.node in self._inlined for call in calls):
            return True
        others = [arg for arg in passed if arg not in ours and self.units.constant(arg) != 0]
        units |= {self.units.unit(arg) for arg in others}
        if not ours or units != {""}:
            return False
        for arg in ours:
            if arg.node not in self._given:
                self._given.add(arg.node)
                self.milliseconds(arg)
                self.mended(arg)
        return True

    def _augmented(self, site: Site, node: s.AugAssign) -> None:
        """``lifetime //= 1000``"""
        number = self.units.constant(site.at(node.value))
        divides = node.op in ("/", "//") and number == 1000
        if not (divides or (node.op == "*" and is_thousandth(number))) or not self.is_ours(
            site.at(node.target)
        ):
            return
        whole = node.op != "//" or self.margins.is_whole(site.at(node.target))
        if not whole and self.margins.is_broken(site.at(node.target)):
            self.changes.replace(site.module, node.value, "1")
        elif not whole:
            name = site.module.snippet(node.target)
            self.changes.replace(site.module, node, f"{name} = int({name})")
        else:
            self.changes.remove(site.module, node)
            self.changes.bridged.add(node)
        self.margins.scale(site.at(node.target))
        self.mended(site)

    # -- calls and comparisons ----------------------------------------------------------------------

    def _call(self, site: Site, node: s.Call) -> None:
        if isinstance(node.func, s.Name) and node.func.id == "divmod" and len(node.args) == 2:
            divisor = self.units.constant(site.at(node.args[1].value))
            if divisor and divisor % 1000 == 0 and self.is_ours(site.at(node.args[0].value)):
                if divisor == 1000:
                    done = self.quotients.whole_part(site, node.args[0].value)
                else:
                    done = self.quotients.lower(site, divisor)
                if not done:
                    self.milliseconds(site.at(node.args[0].value))
                self.mended(site)
            return
        if is_total(node):
            self._beside_clock(site, terms(site))
        self.durations.mend(site, node)

    def _compare(self, site: Site, node: s.Compare) -> None:
        sides = itertools.pairwise((node.left, *node.rights))
        for op, (left, right) in zip(node.ops, sides, strict=True):
            if op in ("in", "not in"):
                self._placed(site, left, self.sizes.within(site.at(left), site.at(right)))
            elif op in _ORDER and not self._beside_clock(
                site, (*terms(site.at(left)), *terms(site.at(right)))
            ):
                self._bound(site, left, right)
                self._bound(site, right, left)

    def _bound(self, site: Site, value: s.Expr, other: s.Expr) -> None:
        """``lifetime < 60000``, ``lifetime < settings.least``"""
        number = self.sizes.number(site.at(other))
        if number and is_milliseconds(number) and self.units.is_lifetime(site.at(value)):
            self.margins.scale(site.at(value))
            self.margins.scale(site.at(other))
            self.mended(site)
        elif number is not None and self._is_with_margin(site.at(value)):
            self.margins.scale(site.at(value))
            self.margins.scale(site.at(other), beside=True)
            self.mended(site)
        elif number is None:
            self._placed(site, value, self.sizes.compared(site.at(value), site.at(other)))

    def _is_with_margin(self, site: Site) -> bool:
        """``lifetime - 60000`` in ``lifetime - 60000 > 500``, or ``lifetime % 60000``: of whatever size."""
        if not self.units.is_lifetime(site):
            return False
        if is_summand(site.node):
            return any(is_milliseconds(abs(self.sizes.number(each) or 0)) for each in terms(site))
        return any(_is_less(value) for value in self.resolver.resolve(site))

    def _placed(self, site: Site, value: s.Expr, beside: Beside) -> None:
        """Do with the lifetime ``value`` what is to be done beside what it is compared with."""
        if beside is Beside.GIVEN:
            self._scaled(site, [in_text(self.resolver, site.at(value)) or site.at(value)])
        elif beside is Beside.UNKNOWN:
            self._conflict(site)


def _is_less(value: Value) -> bool:
    """``left`` of ``left = lifetime - 60000``, and what is left of minutes"""
    if not isinstance(value, Arithmetic) or value.op not in ("+", "-", "%"):
        return False
    numbers = (number_of(each) for each in (value.left, value.right))
    return any(is_milliseconds(abs(number or 0)) for number in numbers)


def _holds_tighter(parent: s.Node, node: s.Expr) -> bool:
    """Would ``node * 1000`` fall apart there, as in ``"%d ms" % node * 1000``?"""
    if not isinstance(parent, s.Binary):
        return False
    return parent.op == "**" or (parent.op in ("*", "/", "//", "%", "@") and node is parent.right)

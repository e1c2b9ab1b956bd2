"""Defaults, margins and bounds of the lifetime: numbers of milliseconds, scaled where they are written.

And bounds in what declares a field that holds the lifetime: ``Field(alias="expires_in", ge=60000)``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Arithmetic, Class, Constant, Result, Site, Value, number_of
from ..following.forward import Forward
from ..resolve.keyed import key_of
from ..writing.changes import Changes
from .unit_names import SPEAKS
from .units import EXTREMES, SPANS, Units, is_part

DEFAULT = 100_000
"""A default at least this large for a lifetime is meant in milliseconds (100 seconds)."""


class Margins:
    """Scales them; one for each plan."""

    def __init__(self, units: Units, changes: Changes) -> None:
        self.units = units
        self.changes = changes
        self.resolver = units.resolver
        self.forward = Forward(units.resolver)
        self.torn: list[Site] = []
        """What reads either the lifetime or a number that others read as well."""
        self.scaled: list[Site] = []
        """The numbers that are in seconds now."""

    def is_whole(self, site: Site) -> bool:
        """Are the lifetime's seconds whole there? Not a part of it, nor what is less by half a second."""
        for value in self.resolver.resolve(site):
            if isinstance(value, Arithmetic) and is_part(value) and not _keeps_whole(value):
                return False
            numbers = [number_of(inner) for inner, beside in self._terms(value) if beside]
            if any(number is not None and number % 1000 for number in numbers):
                return False
        return all(self.is_whole(side) for side in self.sides(site))

    def is_broken(self, site: Site) -> bool:
        """Are the milliseconds no whole number there, so that what rounds them gives no ``int``?"""
        return any(_is_broken(value) for value in self.resolver.resolve(site))

    def scale(self, site: Site, *, beside: bool = False) -> None:
        """Turn the milliseconds in what is converted at ``site`` into seconds.

        ``beside``: it is added to a lifetime, so it is in milliseconds whatever its size.
        """
        sides = self.sides(site)
        for side in sides:
            self.scale(side, beside=self.units.unit(side) != "ms")
        for value in () if sides else self.resolver.resolve(site):
            for inner, within in self._terms(value):
                if isinstance(inner, Constant) and self.sides(inner.site):
                    self.scale(inner.site)
                elif isinstance(inner, Constant) and (beside or within or _is_default(inner)):
                    self._scale(inner)

    def sides(self, site: Site) -> list[Site]:
        """What is in milliseconds in ``reply.get("expires_in", 600000) - 60000``, ``lifetime * 0.8``.

        With a default, the whole may be a constant; so it is taken apart as it is written.
        """
        node = site.node
        if not isinstance(node, s.Binary) or node.op not in ("+", "-", "*", "/", "//"):
            return []
        sides = [site.at(node.left), site.at(node.right)]
        lifetimes = [side for side in sides if self.units.unit(side) == "ms"]
        return sides if lifetimes and node.op in ("+", "-") else lifetimes

    def _terms(
        self, value: Value, chosen: frozenset[Value] = frozenset(), *, beside: bool = False
    ) -> Iterable[tuple[Value, bool]]:
        """What is added up or chosen from, and whether it stands beside a lifetime or in its place.

        Nothing of those ``chosen`` that it is part of: ``low = min(low, each)``.
        """
        if isinstance(value, Arithmetic) and value.op in ("+", "-"):
            yield from self._terms(value.left, chosen, beside=True)
            yield from self._terms(value.right, chosen, beside=True)
        elif isinstance(value, Result) and value.name in EXTREMES:
            if value in chosen:
                return
            for each in self.units.chosen_from(value):
                for inner in self.resolver.resolve(each):
                    yield from self._terms(inner, chosen | {value}, beside=True)
        else:
            yield value, beside

    def _scale(self, value: Constant) -> None:
        if not self._named(value) and not self._listed(value):
            self.scaled.append(value.site)
            scale_constant(value, self.changes)

    def _named(self, value: Constant) -> bool:
        """A constant that others use, or whose name says milliseconds: it is converted at its use."""
        site = value.site
        stmt = site.module.parents[site.node]
        if not isinstance(stmt, s.Assign) or stmt.value is not site.node or len(stmt.targets) != 1:
            return False
        target = stmt.targets[0]
        loads = list(self.forward.loads_after(Site(site.module, stmt), target))
        merged = [use for use in loads if self.units.unit(use) == "ms"]
        ours = [use for use in loads if use in merged or self._beside_lifetime(use)]
        if len(ours) == len(loads) and not SPEAKS.search(site.module.snippet(target)):
            return False
        if merged:
            self.torn += merged  # ``left = min(left, lifetime)`` again and again: no use has the number alone
            return True
        self._divide(ours, value)
        return bool(ours)

    def _listed(self, value: Constant) -> bool:
        """A number in a table that others read as well: it is converted where it is looked up."""
        item = value.site.module.parents[value.site.node]
        key = item.key.value if isinstance(item, s.Item) and isinstance(item.key, s.Str) else None
        if not isinstance(key, str):
            return False
        asking = [
            Site(module, node)
            for module in self.units.modules()
            for node in self.resolver.lookups(module).get(key, ())
            if any(each.site.node is value.site.node for each in self._numbers(Site(module, node)))
        ]
        ours = [use for use in asking if self._beside_lifetime(use) or self._is_kept_beside(use)]
        merged = [use for use in asking if self.units.unit(use) == "ms"]
        if merged and any(use not in merged for use in asking):
            self.torn += merged  # ``(DEFAULTS | reply)["expires_in"]`` of defaults that others read
            return True
        table = Site(value.site.module, item)
        if merged or (len(ours) == len(asking) and not self._is_gone_through(table)):
            return False
        self._divide(ours, value)
        return bool(ours)

    def _divide(self, uses: Iterable[Site], value: Constant) -> None:
        """Let those who use ``value`` have seconds, whole ones where they come out whole."""
        by = " / 1000" if (number_of(value) or 0) % 1000 else " // 1000"
        for use in uses:
            self.changes.patch(use.module, use.node, Span(use.node.span.end, use.node.span.end), by)

    def _is_kept_beside(self, use: Site) -> bool:
        """``least = LIMITS["least"]``, which is only used beside a lifetime"""
        stmt = use.module.parents[use.node]
        if not isinstance(stmt, s.Assign) or stmt.value is not use.node or len(stmt.targets) != 1:
            return False
        loads = list(self.forward.loads_after(Site(use.module, stmt), stmt.targets[0]))
        return bool(loads) and all(map(self._beside_lifetime, loads))

    def _numbers(self, site: Site) -> list[Constant]:
        return [each for each in self.resolver.resolve(site) if isinstance(each, Constant)]

    def _is_gone_through(self, item: Site) -> bool:
        """Does anybody use the table of an ``item`` but to look something up: ``for name in LIMITS:``?"""
        uses = self.forward.uses(item.at(item.module.parents[item.node]))
        return any(not _looks_up(use.module, use.node) for use in uses)

    def _beside_lifetime(self, use: Site) -> bool:
        """Is the number at ``use`` a margin, a bound or a default of the lifetime?"""
        parent = use.module.parents[use.node]
        if isinstance(parent, s.Arg):
            parent = use.module.parents[parent]
        if isinstance(parent, s.Assign) and len(parent.targets) == 1:
            after = self.forward.loads_after(Site(use.module, parent), parent.targets[0])
            return any(self.units.unit(each) == "ms" for each in after)  # where it is too large: life = LIMIT
        if isinstance(parent, s.Return):
            function = use.module.function(parent)
            calls = self.resolver.callers(use.module, function) if function is not None else []
            return any(self.units.unit(call) == "ms" for call in calls)
        if isinstance(parent, s.Compare):
            return any(self.units.is_lifetime(use.at(e)) for e in (parent.left, *parent.rights))
        wide = s.Call | s.Binary | s.Bool | s.Choice
        return isinstance(parent, wide) and self.units.is_lifetime(use.at(parent))


def _looks_up(module: Module, table: s.Node) -> bool:
    """``LIMITS["least"]``, ``LIMITS.get("least")``"""
    around = module.parents[table]
    if isinstance(around, s.Attribute):
        around = module.parents[around]
    return key_of(around) is not None


def scale_constant(value: Constant, changes: Changes) -> None:
    """Turn a number of milliseconds into seconds where it is written."""
    number, node = number_of(value), value.site.node
    if not number or not isinstance(node, s.Expr) or node in changes.replaced:
        return
    if _is_rewritten(value.site, changes):
        return
    thousand = [f for f in factors(node) if isinstance(f, s.Const) and f.value in (1000, 1000.0)]
    if thousand and isinstance(node, s.Binary):
        drop_factor(value.site.module, thousand[0], changes)
    else:
        changes.replace(value.site.module, node, shown(number / 1000))


def _is_rewritten(site: Site, changes: Changes) -> bool:
    """Is what stands around it written anew, without it?"""
    around = list(site.module.ancestors(site.node))
    kept = {site.node, *around}
    return any(a in changes.replaced and kept.isdisjoint(changes.replaced[a]) for a in around)


def is_milliseconds(number: float) -> bool:
    """Is what a lifetime is compared with meant in milliseconds? A smaller one was taken for seconds."""
    return number >= DEFAULT or (number >= 1000 and number % 1000 == 0)


def is_whole_seconds(value: Constant) -> bool:
    """Is it a number of milliseconds that makes whole seconds?"""
    number = number_of(value)
    return number is not None and abs(number) >= 1000 and number % 1000 == 0


def _keeps_whole(value: Arithmetic) -> bool:
    """``2 * lifetime``, ``lifetime // 2``"""
    if value.op == "*":
        sides = (value.left, value.right)
        factors = [number for number in map(number_of, sides) if number is not None]
        parts = [side for side in sides if isinstance(side, Arithmetic) and is_part(side)]
        return all(number % 1 == 0 for number in factors) and all(map(_keeps_whole, parts))
    return value.op == "//"


def _is_broken(value: Value) -> bool:
    if isinstance(value, Arithmetic):
        return value.op == "/" or _is_broken(value.left) or _is_broken(value.right)
    return isinstance(number_of(value), float)


def _is_default(value: Constant) -> bool:
    """May it be a lifetime in milliseconds? A smaller one was taken for seconds, and is right then."""
    return is_whole_seconds(value) or (number_of(value) or 0) >= DEFAULT


def factors(node: s.Expr) -> Iterable[s.Expr]:
    """What is multiplied in ``24 * 3600 * 1000``."""
    if isinstance(node, s.Binary) and node.op == "*":
        yield from factors(node.left)
        yield from factors(node.right)
    else:
        yield node


def drop_factor(module: Module, factor: s.Expr, changes: Changes) -> None:
    """Take one of them away."""
    parent = module.parents[factor]
    assert isinstance(parent, s.Binary)
    other = parent.right if factor is parent.left else parent.left
    changes.replace(module, parent, other)


def share_of(op: str, number: float | None) -> float | None:
    """The share of the seconds that ``lifetime * 0.0009`` is, and ``lifetime / 1100``; None of any other."""
    if not number or (op != "*" and (number % 1000 == 0 or number in SPANS)):
        return None
    share = number * 1000 if op == "*" else 1000 / number
    return round(share, 9) if 0.01 < share < 10 and round(share, 9) != 1 else None


def shown(number: float) -> str:
    """A number as one writes it."""
    return str(int(number)) if number == int(number) else repr(round(number, 9))


_KEYWORDS = frozenset({"gt", "ge", "lt", "le", "min", "max", "minimum", "maximum"})
_CALLS = frozenset({"gt", "ge", "lt", "le", "Gt", "Ge", "Lt", "Le"})
"""``attrs.validators.ge(60000)``, ``annotated_types.Ge(60000)``"""


class Bounded:
    """Scales them; one for each plan."""

    def __init__(self, units: Units, margins: Margins) -> None:
        self.units, self.margins = units, margins
        self.resolver = units.resolver

    def mend(self, module: Module) -> Iterator[tuple[Site, bool]]:
        """Each field of which a bound was in milliseconds; and whether it is mended, or another's as well."""
        for node in module.each(s.ClassDef):
            for stmt in node.body.body:
                bounds = list(self._bounds(module, stmt)) if isinstance(stmt, s.Assign) else []
                if not bounds or not isinstance(stmt, s.Assign):
                    continue
                held = self._held(Class(module, node), stmt)
                if held == {"ms"}:
                    for bound in bounds:
                        self.margins.scale(bound)
                if not held.isdisjoint({"ms", "mixed"}):
                    yield Site(module, stmt), held == {"ms"}

    def _bounds(self, module: Module, stmt: s.Assign) -> Iterator[Site]:
        parts = [part for part in (stmt.annotation, stmt.value) if part is not None]
        for call in (node for part in parts for node in s.walk(part)):
            for arg in call.args if isinstance(call, s.Call) else ():
                assert isinstance(call, s.Call)
                if arg.keyword in _KEYWORDS or (not arg.keyword and s.last_name(call.func) in _CALLS):
                    site = Site(module, arg.value)
                    if is_milliseconds(self.units.constant(site) or 0):
                        yield site

    def _held(self, cls: Class, stmt: s.Assign) -> set[str]:
        """The units of what the field is read as, and filled with."""
        target = stmt.targets[0]
        if not isinstance(target, s.Name):
            return set()
        reads = self.margins.forward.reads_of(cls, target.id)
        made = [call for call in self.resolver.constructions(cls) if isinstance(call.node, s.Call)]
        fills = [
            call.at(arg.value)
            for call in made
            for arg in (call.node.args if isinstance(call.node, s.Call) else ())
            if arg.keyword == target.id
        ]
        return {self.units.kind(each) for each in (*reads, *fills)} - {""}

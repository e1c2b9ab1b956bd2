"""Quotients of the lifetime that were seconds: what divided it goes, and what only rounded it then.

And divisors that each provider says for itself: ``ticks = 1000`` of a class, ``ticks = 1`` of another.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Constant, Param, Site, name_of, number_of
from ..following.forward import Forward
from ..resolve import Resolver
from ..writing.changes import Changes
from .margins import Margins, drop_factor, factors, shown
from .unit_helpers import ROUNDING
from .units import Units

_BROKEN = frozenset({"float", "decimal.Decimal", "fractions.Fraction"})
"""What makes something else than an ``int`` of a whole number."""

_ATOMS = (s.Const, s.Name, s.Attribute, s.Subscript, s.Call)
"""They need no parentheses."""


class Quotients:
    """Takes the divisions out of them, in one plan's changes."""

    def __init__(self, resolver: Resolver, changes: Changes, margins: Margins) -> None:
        self.resolver, self.changes, self.margins = resolver, changes, margins

    def whole_part(self, site: Site, value: s.Expr) -> bool:
        """``seconds, _ = divmod(lifetime, 1000)`` and ``divmod(lifetime, 1000)[0]``: the lifetime itself.

        Say whether it is one of them.
        """
        module, parent = site.module, site.module.parents[site.node]
        if isinstance(parent, s.Subscript) and isinstance(parent.index, s.Const) and parent.index.value == 0:
            self.changes.reduce(module, parent, value)
            return True
        whole = self._without_rest(site)
        if whole is None:
            return False
        self.changes.replace(module, parent, whole, " = ", value)
        return True

    def lower(self, site: Site, divisor: float) -> bool:
        """``minutes, _ = divmod(lifetime, 60000)``: by 60 now, where nobody looks at the rest.

        Say whether it was done.
        """
        module, parent, node = site.module, site.module.parents[site.node], site.node
        first = isinstance(parent, s.Subscript) and isinstance(parent.index, s.Const)
        alone = first and isinstance(parent, s.Subscript) and module.snippet(parent.index) == "0"
        if not isinstance(node, s.Call) or not (alone or self._without_rest(site) is not None):
            return False
        self._by_less(site.at(node.args[1].value), node, divisor / 1000)
        return True

    def _without_rest(self, site: Site) -> s.Expr | None:
        """``seconds`` of ``seconds, _ = divmod(lifetime, 1000)``, if nobody looks at the rest."""
        module, parent = site.module, site.module.parents[site.node]
        target = parent.targets[0] if isinstance(parent, s.Assign) and len(parent.targets) == 1 else None
        names = target.items if isinstance(target, s.Sequence) else ()
        if len(names) != 2 or not isinstance(parent, s.Assign) or not isinstance(names[1], s.Name):
            return None
        scope = module.scope(parent)
        bound = [b for b in scope.bindings.get(names[1].id, ()) if b.node is parent]
        return None if scope.is_module or any(module.uses.get(b) for b in bound) else names[0]

    def divided(self, site: Site, node: s.Binary, divisor: float) -> None:
        """``lifetime / 60000`` is ``lifetime / 60``, and by a thousand alone the lifetime itself."""
        rest = divisor / 1000
        if rest == 1:
            self.unwrap(site, node, node.left)
            return
        self._by_less(site.at(node.right), node, rest)

    def _by_less(self, divisor: Site, holder: s.Expr, rest: float) -> None:
        """Divide by ``rest`` instead, in the customer's own words where they name the thousand."""
        module, written = divisor.module, divisor.node
        assert isinstance(written, s.Expr)
        thousand = [f for f in factors(written) if isinstance(f, s.Const) and f.value in (1000, 1000.0)]
        if thousand and not isinstance(written, s.Const):
            drop_factor(module, thousand[0], self.changes)
            sides = (written.left, written.right) if isinstance(written, s.Binary) else ()
            is_bare = thousand[0] in sides and all(isinstance(each, _ATOMS) for each in sides)
        else:
            self.changes.replace(module, written, shown(rest))
            is_bare = True
        if is_bare and written.outer != written.span:
            around = Span(written.outer.start, written.span.start), Span(written.span.end, written.outer.end)
            for span in around if "\n" not in module.text[written.outer.start : written.outer.end] else ():
                self.changes.patch(module, holder, span, "")

    def unwrap(self, site: Site, binary: s.Binary, value: s.Expr) -> None:
        """``x / 1000`` becomes ``x``, ``int(x / 1000)`` too; a statement ``x = x / 1000`` goes.

        Where the seconds need not be whole, what rounds them stays: ``x // 1000`` becomes ``int(x)``, or
        ``x // 1`` where that is no ``int`` either.
        """
        module = site.module
        rounded = self._rounded(site, binary)
        if not self.margins.is_whole(site.at(value)):
            if binary.op == "//" and rounded is binary and self.margins.is_broken(site.at(value)):
                self.changes.replace(module, binary.right, "1")
            elif binary.op == "//" and rounded is binary:
                self.changes.call(module, binary, "int", value)
            else:
                self.changes.reduce(module, binary, value)
            return
        rounded = self._either_way(module, rounded, value)
        parent = module.parents[rounded]
        method = module.function(parent) if isinstance(parent, s.Return) else None
        if method is not None and method.name == "__float__":
            self.changes.call(module, rounded, "float", value)
            return
        if isinstance(parent, s.Assign) and len(parent.targets) == 1:
            target = parent.targets[0]
            if module.snippet(target) == module.snippet(value) and isinstance(
                target, s.Name | s.Attribute | s.Subscript
            ):
                self.changes.remove(module, parent)
                self.changes.bridged.add(parent)
                return
        self.changes.reduce(module, rounded, value)

    def _either_way(self, module: Module, quotient: s.Expr, value: s.Expr) -> s.Expr:
        """``x if x < 100000 else x / 1000`` is ``x`` either way."""
        parent = module.parents[quotient]
        if not isinstance(parent, s.Choice) or quotient is parent.test:
            return quotient
        other = parent.body if quotient is parent.orelse else parent.orelse
        asks = any(isinstance(inner, s.Call | s.Await | s.Walrus) for inner in s.walk(parent.test))
        return parent if not asks and module.snippet(other) == module.snippet(value) else quotient

    def _rounded(self, site: Site, node: s.Expr) -> s.Expr:
        """What only rounds the quotient goes with the division: the seconds are whole."""
        call = site.module.call_given(node)
        if call is None or len(call.args) != 1:
            return node
        names = {name_of(v) for v in self.resolver.resolve(site.at(call.func))}
        inner = node.left if isinstance(node, s.Binary) else None
        made = self.resolver.resolve(site.at(inner.func)) if isinstance(inner, s.Call) else ()
        if any(name_of(v) in _BROKEN for v in made):
            return node  # what makes a broken number of it stays, and so does what rounds that
        return self._rounded(site, call) if names and names <= ROUNDING else node


_NEUTRAL = 1
_FACTORS = {"/": 1000, "//": 1000, "*": 0.001}
"""What makes seconds of milliseconds."""
_LIFETIMES = ("ms", "mixed")


class Divisors:
    """Finds and mends them; one for each plan."""

    def __init__(self, units: Units, changes: Changes, forward: Forward) -> None:
        self.units, self.changes, self.forward = units, changes, forward
        self.resolver = units.resolver

    def is_choice(self, site: Site, op: str) -> bool:
        """Is it one of several numbers, of which some make seconds of milliseconds?"""
        if self.decided(site) is not None:
            return False
        numbers = {number_of(value) for value in self.resolver.resolve(site)}
        return len(numbers) > 1 and _FACTORS.get(op) in numbers

    def decided(self, site: Site) -> s.Const | None:
        """The number that is left of ``1000 if by_jwt else 1``, or of a name, where a choice goes."""
        node, module = site.node, site.module
        left: tuple[object, ...] = ()
        if isinstance(node, s.Choice):
            left = self.changes.replaced.get(node, ())
        elif isinstance(node, s.Name):
            bound = [b.node for b in module.scopes.bindings_of(node)]
            stays = [each for each in bound if not self.changes.is_dead(module, each)]
            plain = len(stays) < len(bound) and all(isinstance(each, s.Assign) for each in stays)
            left = tuple(each.value for each in stays if isinstance(each, s.Assign)) if plain else ()
        return left[0] if len(left) == 1 and isinstance(left[0], s.Const) else None

    def mend(self, site: Site) -> list[Site]:
        """Let the class that speaks of milliseconds speak of seconds; return where it does.

        Nothing where the quotient at ``site`` is another, or where it cannot be told whose number it is.
        """
        node = site.node
        if not isinstance(node, s.Binary) or not self._divides(site, node):
            return []
        values = self.resolver.resolve(site.at(node.right))
        spoken = [v for v in values if isinstance(v, Constant) and number_of(v) == _FACTORS[node.op]]
        others = [v for v in values if v not in spoken]
        if not all(number_of(v) == _NEUTRAL for v in others):
            return []
        by_calls = self._by_calls(site, node)
        if by_calls:
            for call, arg in by_calls:
                self._say_nothing(call, arg)
            return [call for call, _ in by_calls]
        owners = [owner for value in spoken if (owner := self._owner(value)) is not None]
        if len(owners) != len(spoken) or not all(self._is_ours(*owner) for owner in owners):
            return []
        for value, owner in zip(spoken, owners, strict=True):
            self._speak_of_seconds(value, *owner)
        return [value.site for value in spoken]

    def _by_calls(self, site: Site, node: s.Binary) -> list[tuple[Site, s.Arg]]:
        """``store(reply, scale=1000)``: the calls that bring our lifetime, with what they say of its unit.

        Nothing where one of them says nothing, or where it cannot be told whose lifetime it brings.
        """
        param = _param(site.at(node.right))
        function = site.module.function(node)
        found: list[tuple[Site, s.Arg]] = []
        if param is None or function is None:
            return found
        for call in self.resolver.program_callers(site.module, function):
            seen = Site(site.module, node, ((function, call),))
            unit, number = self.units.unit(seen.at(node.left)), self.units.constant(seen.at(node.right))
            given = self.resolver.arguments(Param(function, param, Site(site.module, param)), call)
            arg = call.module.parents[given[0].node] if len(given) == 1 else None
            if unit == "ms" and number == _FACTORS[node.op]:
                if not isinstance(arg, s.Arg) or call.module.parents[arg] is not call.node:
                    return []
                found.append((call, arg))
            elif unit or (number != _NEUTRAL and not self.units.is_anothers(seen.at(node.left))):
                return []
        return found

    def _say_nothing(self, call: Site, arg: s.Arg) -> None:
        """Take the unit out of a call; where there is no other default, say that there is nothing to do."""
        callee = next(iter(self.resolver.callees(call)), None)
        param = self.forward.param_of(callee, call.call, arg) if callee is not None else None
        default = param.default if param is not None else None
        is_last = arg.keyword is not None or arg is call.call.args[-1]
        if is_last and isinstance(default, s.Const) and default.value == _NEUTRAL:
            self.changes.remove(call.module, arg)
        else:
            self.changes.replace(call.module, arg.value, str(_NEUTRAL))

    def _divides(self, site: Site, node: s.Binary) -> bool:
        by_choice = node.op in _FACTORS and self.is_choice(site.at(node.right), node.op)
        return by_choice and self.units.unit(site.at(node.left)) in _LIFETIMES

    def _owner(self, value: Constant) -> tuple[Class, str] | None:
        """The class that says so, and under which name."""
        module, stmt = value.site.module, value.site.module.parents[value.site.node]
        scope = module.scope(stmt)
        target = stmt.targets[0] if isinstance(stmt, s.Assign) and len(stmt.targets) == 1 else None
        if not isinstance(target, s.Name) or not isinstance(scope.node, s.ClassDef):
            return None
        return Class(module, scope.node), target.id

    def _is_ours(self, cls: Class, name: str) -> bool:
        """Does the class log in to Adobe and to nobody else, and is its number only there to divide by?"""
        homes = set(self._homes())
        reads = [site for site in self.forward.reads_of(cls, name) if not self.resolver.is_test(site.module)]
        heirs = (each for each in self.resolver.subclasses(cls) if not any(self._said(each, name)))
        return homes.issuperset((cls, *heirs)) and all(map(self._only_divides, reads))

    def _homes(self) -> Iterator[Class]:
        """The classes in which the exchanges are put together or sent."""
        for exchange in self.units.exchanges:
            sites = [exchange.entry, exchange.sender, *(form.fields.site for form in exchange.forms)]
            for site in sites:
                function = site.module.function(site.node)
                owner = site.module.class_of(function) if function is not None else None
                if owner is not None:
                    yield Class(site.module, owner)

    def _only_divides(self, site: Site) -> bool:
        parent = site.module.parents[site.node]
        return (
            isinstance(parent, s.Binary)
            and parent.right is site.node
            and self._divides(Site(site.module, parent), parent)
        )

    def _speak_of_seconds(self, value: Constant, cls: Class, name: str) -> None:
        """A class that says what its base class says need not say it."""
        stmt = value.site.module.parents[value.site.node]
        inherited = next(
            (number for base in self.resolver.mro(cls)[1:] for number in self._said(base, name)), None
        )
        alone = all(other is stmt or s.is_bare_text(other) for other in cls.node.body.body)
        if inherited == _NEUTRAL and not alone:
            self.changes.remove(value.site.module, stmt)
        else:
            self.changes.replace(value.site.module, value.site.node, str(_NEUTRAL))

    def _said(self, cls: Class, name: str) -> Iterator[object]:
        """The number that the class itself gives to the attribute."""
        for stmt in cls.node.body.body:
            target = stmt.targets[0] if isinstance(stmt, s.Assign) and stmt.value is not None else None
            if isinstance(target, s.Name) and target.id == name and isinstance(stmt, s.Assign):
                yield stmt.value.value if isinstance(stmt.value, s.Const) else None


def _param(site: Site) -> s.Param | None:
    """The parameter that a name stands for."""
    bound = site.module.scopes.bindings_of(site.node) if isinstance(site.node, s.Name) else frozenset()
    node = next(iter(bound)).node if len(bound) == 1 else None
    return node if isinstance(node, s.Param) else None

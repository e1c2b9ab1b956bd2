"""Divisors that each provider says for itself: ``ticks = 1000`` of a class, ``ticks = 1`` of another."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.values import Class, Constant, Param, Site, number_of
from ..following.forward import Forward
from ..writing.changes import Changes
from .units import Units

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
        alone = all(other is stmt or s.is_text(other) for other in cls.node.body.body)
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

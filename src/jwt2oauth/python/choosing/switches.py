"""What a condition says: a source (a setting, a variable of the environment, a parameter) and a value.

Two conditions on the same source can be decided together, wherever they stand. Whose the source is
decides whether the choice may be made here: the project's own, or its callers'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ...records import dataclass
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Arithmetic,
    Class,
    Constant,
    Environ,
    Fields,
    Gap,
    Instance,
    Lib,
    Lit,
    Member,
    Param,
    Result,
    Site,
    Text,
    Unknown,
    Value,
    name_of,
    text_of,
)
from ..resolve import Resolver

TRUE = True
"""The value of a fact about the truth of its source: it is set, it is not empty."""


@dataclass(frozen=True, slots=True)
class Fact:
    """``source`` is (or is not) one of ``values``."""

    source: frozenset[object]
    values: frozenset[object]
    holds: bool

    def excludes(self, other: Fact) -> bool:
        """Can the two not both be?"""
        if self.source != other.source:
            return False
        if self.holds and other.holds:
            return not self.values & other.values
        if self.holds != other.holds:
            yes, no = (self, other) if self.holds else (other, self)
            return yes.values <= no.values
        return False

    @property
    def opposite(self) -> Fact:
        """The same, the other way round."""
        return Fact(self.source, self.values, not self.holds)


Facts = frozenset[Fact]
NONE: Facts = frozenset()


class Switches:
    """Reads conditions; one per project."""

    def __init__(
        self, resolver: Resolver, rules: Rules, offered: Callable[[Module, s.FuncDef], bool]
    ) -> None:
        self.resolver = resolver
        self.options = rules.values.options
        self.offered = offered

    # -- what a condition says --------------------------------------------------------------------

    def facts(self, site: Site, depth: int = 0) -> tuple[Facts, Facts]:
        """What holds where the condition at ``site`` is true, and where it is false."""
        node = site.node
        if isinstance(node, s.Unary) and node.op == "not":
            yes, no = self.facts(site.at(node.value), depth)
            return no, yes
        if isinstance(node, s.Bool):
            left, right = self.facts(site.at(node.left), depth), self.facts(site.at(node.right), depth)
            if node.op == "and":
                return left[0] | right[0], NONE
            return NONE, left[1] | right[1]
        if isinstance(node, s.Compare):
            return self._compared(site, node)
        if depth < 4:
            inner = self._stands_for(site)
            if inner is not None:
                return self.facts(inner, depth + 1)
        return self._about(self.source(site), TRUE)

    def _about(self, source: frozenset[object], *values: object) -> tuple[Facts, Facts]:
        if not source:
            return NONE, NONE
        fact = Fact(source, frozenset(values), True)
        return frozenset({fact}), frozenset({fact.opposite})

    def _compared(self, site: Site, node: s.Compare) -> tuple[Facts, Facts]:
        if len(node.ops) != 1:
            return NONE, NONE
        op, left, right = node.ops[0], site.at(node.left), site.at(node.rights[0])
        found = (NONE, NONE)
        if op in ("in", "not in"):
            found = self._within(left, right)
        elif op in ("==", "!=", "is", "is not"):
            if self.literal(right) is None and self.literal(left) is not None:
                left, right = right, left
            value = self.literal(right)
            if value in ((None,), (False,)):
                yes, no = self.facts(left)
                found = no, yes
            elif value == (True,):
                found = self.facts(left)
            elif value is not None:
                found = self._about(self.source(left), *value)
        return (found[1], found[0]) if op in ("!=", "is not", "not in") else found

    def _within(self, left: Site, right: Site) -> tuple[Facts, Facts]:
        """``kind in ("jwt", "oauth")``, and ``"private_key" in config``."""
        if isinstance(right.node, s.Sequence):
            values = [self.literal(right.at(item)) for item in right.node.items]
            if values and all(v is not None for v in values):
                return self._about(self.source(left), *(x for v in values if v for x in v))
            return NONE, NONE
        key = text_of(self.resolver.one(left))
        if key is None:
            return NONE, NONE
        name = Text((Lit(key, right),))
        found = [v for base in self.resolver.resolve(right) for v in self.resolver.item(base, name, right)]
        return self._about(self._atoms(found), TRUE)

    def literal(self, site: Site) -> tuple[object, ...] | None:
        """The value that is written at ``site``, or that a constant or a member of an Enum stands for."""
        node = site.node
        if isinstance(node, s.Str):
            return (node.value,)
        if isinstance(node, s.Const):
            return (node.value,)
        if isinstance(node, s.Attribute | s.Name):
            name = node.attr if isinstance(node, s.Attribute) else node.id
            if not name.isupper() and not isinstance(node, s.Attribute):
                return None
            values = self.resolver.resolve(site)
            known = [text_of(v) for v in values]
            if len(known) == 1 and known[0] is not None and (name.isupper() or self._is_member(site)):
                return (known[0],)
        return None

    def _is_member(self, site: Site) -> bool:
        """``Kind.jwt`` of an Enum?"""
        owners = self.resolver.resolve(site.at(site.node.value)) if isinstance(site.node, s.Attribute) else ()
        return any(isinstance(v, Class) and self.resolver.is_enumeration(v) for v in owners)

    def _stands_for(self, site: Site) -> Site | None:
        """The condition behind a name, a property or a function that only returns one."""
        if isinstance(site.node, s.Call):
            for callee in self.resolver.callees(site):
                body = [x for x in callee.node.body.body if not s.is_bare_text(x)]
                if len(body) == 1 and isinstance(body[0], s.Return) and body[0].value is not None:
                    return Site(callee.module, body[0].value, (*site.ctx, (callee.node, site)))
            return None
        values = self.resolver.resolve(site)
        if len(values) == 1 and isinstance(values[0], Unknown):
            node = values[0].site.node
            if isinstance(node, s.Compare) or (isinstance(node, s.Unary) and node.op == "not"):
                return values[0].site if node is not site.node else None
        return None

    # -- where its source is ----------------------------------------------------------------------

    def source(self, site: Site) -> frozenset[object]:
        """What two expressions for the same setting share; empty where that is not known."""
        return self._atoms(self.resolver.resolve(site))

    def _atoms(self, values: Iterable[Value]) -> frozenset[object]:
        found: set[object] = set()
        for value in values:
            member = self._of_enum(value)
            atoms = self.source(member) if member is not None else frozenset({_atom(value)})
            if not atoms or None in atoms:
                return frozenset()
            found |= atoms
        return frozenset(found)

    def _of_enum(self, value: Value) -> Site | None:
        """``AuthType(config["auth"])``: what the member is looked up by."""
        if not isinstance(value, Instance) or value.site is None or not isinstance(value.site.node, s.Call):
            return None
        args = value.site.node.args
        if len(args) != 1 or not any(b.startswith("enum.") for b in self.resolver.foreign_bases(value.cls)):
            return None
        return value.site.at(args[0].value)

    def operands(self, site: Site, depth: int = 0) -> Iterator[Site]:
        """The expressions on which the condition at ``site`` depends."""
        node = site.node
        inner = self._stands_for(site) if depth < 4 else None
        if inner is not None:
            yield from self.operands(inner, depth + 1)
        elif isinstance(node, s.Unary):
            yield from self.operands(site.at(node.value), depth)
        elif isinstance(node, s.Bool):
            yield from self.operands(site.at(node.left), depth)
            yield from self.operands(site.at(node.right), depth)
        elif isinstance(node, s.Compare):
            for side in (node.left, *node.rights):
                if not isinstance(side, s.Str | s.Const | s.Sequence):
                    yield from self.operands(site.at(side), depth)
        else:
            yield site

    def stranger(self, site: Site) -> tuple[str, Site] | None:
        """Who decides ``site`` if it is not the project: ``public`` or ``unknown``, and where that shows."""
        return self._stranger(site, set())

    def _stranger(self, site: Site, seen: set[s.Node]) -> tuple[str, Site] | None:
        if site.node in seen:
            return None
        seen.add(site.node)
        for value in self.resolver.resolve(site, callers=False):
            found = self._who(value, site, seen)
            if found is not None:
                return found
        return None

    def _who(self, value: Value, site: Site, seen: set[s.Node]) -> tuple[str, Site] | None:
        if isinstance(value, Param):
            return self._filled(value, seen)
        if isinstance(value, Member | Result | Lib):
            name = name_of(value) or ""
            if any(name == o or name.startswith((o + "()", o + ".")) for o in self.options):
                return "public", value.site if isinstance(value, Member | Result) else site
            found = self._who(value.base, site, seen) if value.base is not None else None
            if found is None and isinstance(value, Result) and isinstance(value.site.node, s.Call):
                return self._first(value.site, seen)
            return found
        if isinstance(value, Text):
            gaps = [p for p in value.parts if isinstance(p, Gap)]
            return next((w for p in gaps if (w := self._who(p.value, p.site, seen)) is not None), None)
        if isinstance(value, Instance) and value.site is not None and isinstance(value.site.node, s.Call):
            return self._first(value.site, seen)
        if isinstance(value, Arithmetic):
            return self._who(value.left, site, seen) or self._who(value.right, site, seen)
        if isinstance(value, Unknown):
            if isinstance(value.site.node, s.Compare | s.Unary):
                inner = self.operands(value.site)
                return next((w for i in inner if (w := self._stranger(i, seen)) is not None), None)
            return "unknown", site
        return None

    def _first(self, call: Site, seen: set[s.Node]) -> tuple[str, Site] | None:
        """Of the arguments of a call, one that a stranger decides."""
        args = [call.at(a.value) for a in call.call.args]
        return next((w for a in args if (w := self._stranger(a, seen)) is not None), None)

    def _filled(self, value: Param, seen: set[s.Node]) -> tuple[str, Site] | None:
        """A parameter is the project's own if nobody outside can fill it."""
        module, function = value.site.module, value.function
        place = Site(module, value.param)
        if any(self._is_option(Site(module, d)) for d in function.decorators):
            return "public", place
        callers = self.resolver.callers(module, function)
        if not callers or self.offered(module, function):
            return "public", place
        for call in callers:
            for arg in self.resolver.arguments(value, call):
                found = self._stranger(arg, seen)
                if found is not None:
                    return found
        return None

    def _is_option(self, site: Site) -> bool:
        """``@click.option(…)``, ``@app.command()``: the command line fills the parameters."""
        func = site.node.func if isinstance(site.node, s.Call) else site.node
        return isinstance(func, s.Attribute | s.Name) and any(
            (name_of(v) or "").rpartition(".")[2] in ("option", "argument", "command", "group")
            for v in self.resolver.resolve(site.at(func))
        )


def _atom(value: Value) -> object | None:
    """What a value is for ever, whoever asks for it."""
    if isinstance(value, Environ):
        return ("environment", value.name)
    if isinstance(value, Text):
        return ("text", value.parts[0].site.node) if value.known and value.parts else None
    if isinstance(value, Constant):
        return ("constant", value.site.node)
    if isinstance(value, Member):
        base = _atom(value.base)
        return None if base is None else (base, value.key)
    if isinstance(value, Param):
        return ("parameter", value.param)
    if isinstance(value, Lib):
        return ("library", value.name)
    if isinstance(value, Result):
        return ("call", value.site.node)
    if isinstance(value, Fields):
        return ("mapping", value.site.node)
    if isinstance(value, Instance) and value.site is not None:
        return ("object", value.site.node)
    return None

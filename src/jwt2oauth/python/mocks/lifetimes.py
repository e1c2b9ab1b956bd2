"""The lifetimes in mocked replies, and what tests expect to come of them: seconds, not milliseconds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from ...model import Span
from ...paths import is_program
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Constant, Fields, Items, Param, Site, Text, Value, number_of, text_of
from ..lifetime.conversions import Conversions
from ..lifetime.margins import DEFAULT, scale_constant
from ..lifetime.unit_names import is_called_milliseconds, says_milliseconds
from ..lifetime.units import Units
from ..resolve import Resolver
from ..roles.trace import label_of
from ..writing.changes import Changes
from .checks import is_check, is_expecting, label_in_test
from .replies import Reply


class MockedLifetimes:
    """Scales in one plan's changes; ``conversions``: where the program turned milliseconds into seconds.

    What is ``given`` on in milliseconds as before, its tests expect so.
    """

    def __init__(
        self,
        resolver: Resolver,
        rules: Rules,
        changes: Changes,
        conversions: Collection[Site],
        given: Collection[s.Node] = (),
    ) -> None:
        self.resolver = resolver
        self.changes = changes
        self.converted = bool(conversions)
        self.whole = any(isinstance(c.node, s.Binary) and c.node.op == "//" for c in conversions)
        """Tests expect whole seconds of any number."""
        self.scaled: dict[s.Node, Module] = {}
        """The numbers that are seconds now."""
        self.todos: list[str] = []
        self._given = given
        self._kept: set[s.Node] = set()
        """The numbers that are expected as before."""
        self._numbers: set[float] = set()
        self._seen: set[tuple[s.Node, object]] = set()
        self._meant: set[s.Node] = set()
        """Where a mocked reply gives milliseconds."""
        self._field = rules.provider.lifetime_field
        self._written = re.compile(rf'"{re.escape(rules.provider.lifetime_field)}\\?"\s*:\s*(\d+)')

    def reply(self, reply: Reply) -> None:
        """Scale the lifetimes of a mocked reply; one that cannot be read is for a person to look at."""
        for site in reply.lifetimes:
            self.scale(site)
        if self.converted and not reply.mappings and not (reply.refused or reply.raises):
            where = label_of(reply.site.module, reply.site.node)
            self.todos.append(f"See what lifetime the mocked reply gives ({where}): it is in seconds now.")

    def scale(self, site: Site, *, written: bool = False, handed: bool = False) -> None:
        """Scale the lifetime at ``site``; one that is only ``written`` somewhere must look like one.

        One that is ``handed`` to a conversion is in milliseconds, whatever it looks like.
        """
        if (site.node, site.ctx) in self._seen or self.changes.is_dead(site.module, site.node):
            return
        self._seen.add((site.node, site.ctx))
        here, node = site.module, site.node
        if isinstance(node, s.Str) and is_program(here.path) and not str(node.value).isdecimal():
            self._in_text(here, node, written=written)
            return
        found = self.resolver.resolve(site)
        written = written and not any(_is_milliseconds(value) for value in found)
        spelled = any(_digits(value) is not None for value in found)  # "5000" // 1000 is none
        for value in found:
            there = value.parts[0].site if isinstance(value, Text) and len(value.parts) == 1 else None
            if there is not None and not is_program(there.module.path):
                self._in_file(there.module, there.node)
            elif isinstance(value, Constant):
                self._number(value, site, written=written, handed=handed, spelled=spelled)
            elif (digits := _digits(value)) is not None:
                self._spelled(digits)
            elif isinstance(value, Fields) and all(text_of(e.key) is not None for e in value.entries):
                for entry in value.entries:  # the reply itself, of which all is written out
                    if text_of(entry.key) == self._field and entry.value is not None:
                        self.scale(entry.value, written=written, handed=handed)
            elif not isinstance(value, Param) and not written:
                where = label_of(site.module, site.node)
                self.todos.append(
                    f"See what lifetime the mocked reply gives ({where}): it is in seconds now."
                )
        if site.node in self._meant:
            for other in self._overridden(site):
                self.scale(other)

    def _spelled(self, site: Site) -> None:
        """``"expires_in": "86399000"``"""
        node = site.node
        assert isinstance(node, s.Str)
        number = int(node.value)
        if node not in self.scaled and self._means_milliseconds(number, written=False):
            text = f"{node.prefix}{node.quote}{self._seconds(site.module, number)}{node.quote}"
            self.changes.replace(site.module, node, text)
            self.scaled[node] = site.module
            self._numbers.add(number)
        elif node not in self.scaled and self.converted and number >= 1000:
            self._ask(number, site)

    def doubt(self, site: Site) -> None:
        """Ask about a number that may be handed to what was converted, and is as it was."""
        number = site.node.value if isinstance(site.node, s.Const) else None
        if isinstance(number, int | float) and number and site.node not in self.scaled:
            self._ask(number, site)

    def _ask(self, number: float, site: Site) -> None:
        where = label_in_test(site.module, site.node)
        self.todos.append(f"The mocked lifetime {number} was milliseconds: is it right in seconds ({where})?")

    def _overridden(self, site: Site) -> Iterator[Site]:
        """What callers put in its place: ``reply(expires_in=1000)`` of ``{"expires_in": DAY, **fields}``."""
        module, item = site.module, site.module.parents[site.node]
        record, function = module.parents[item], module.function(site.node)
        items = [each.value for each in s.children(record) if isinstance(each, s.Item) and each.key is None]
        items += [each.value for each in s.children(record) if isinstance(each, s.Arg) and each.star == "**"]
        names = {each.id for each in items if isinstance(each, s.Name)}
        if function is None or not any(p.kind == "**" and p.name in names for p in function.params):
            return
        for call in self.resolver.callers(module, function):
            args = call.node.args if isinstance(call.node, s.Call) else ()
            yield from (call.at(arg.value) for arg in args if arg.keyword == self._field)

    def _means_milliseconds(self, number: float, *, written: bool) -> bool:
        """Below a day's worth, a number is believed only where the program divided it."""
        if number >= DEFAULT:
            return True
        return self.converted and number >= (DEFAULT / 10 if written else 1000) and number % 1000 == 0

    def _number(self, value: Constant, site: Site, *, written: bool, handed: bool, spelled: bool) -> None:
        number, node, module = value.value, value.site.node, value.site.module
        if isinstance(number, bool) or not isinstance(number, int | float) or node in self.scaled:
            return
        if not self._means_milliseconds(number, written=written):
            fails = any(map(is_expecting, _entered(module, node)))  # with raises(…): Reply(expires_in=1)
            if self.converted and (number >= 1000 or (handed and number > 0 and not fails)):
                self._ask(number, value.site)
            return
        self._meant.add(site.node)
        self._numbers.add(number)
        named = is_called_milliseconds(site.node) and not spelled
        if node is not site.node and (named or (number % 1000 == 0 and says_milliseconds(module, node))):
            if site.node not in self.scaled:
                by = " // 1000" if self.whole or self._are_whole(site) else " / 1000"
                end = site.node.span.end
                self.changes.patch(site.module, site.node, Span(end, end), by)
            self.scaled[site.node] = site.module
            return
        if number % 1000 == 0:
            scale_constant(value, self.changes)
        elif isinstance(node, s.Expr) and node not in self.changes.replaced:
            self.changes.replace(module, node, self._seconds(module, number))
        self.scaled[node] = module

    def _are_whole(self, site: Site) -> bool:
        """Is everything that may stand there a number of whole seconds?"""
        return all((number_of(v) or 0) % 1000 == 0 for v in self.resolver.resolve(site))

    def _seconds(self, module: Module, number: float) -> str:
        """Whole seconds, unless the tests look at the fraction; one more where they expect it rounded."""
        exact, whole = number / 1000, int(number // 1000)
        tests = (m for m in self.resolver.world if m is not module and self.resolver.is_test(m))
        nodes = [(m, n) for m in (module, *tests) for n in m.each(s.Const)]
        if any(isinstance(n.value, float) and abs(n.value - exact) < 1e-6 for _, n in nodes):
            return repr(exact)
        checked = {n.value for m, n in nodes if type(n.value) is int and _is_equal(m, n)}
        is_rounded = round(exact) > whole and whole + 1 in checked and whole not in checked
        return str(whole + is_rounded)

    def _in_file(self, module: Module, node: s.Node) -> None:
        """A number in a file of JSON."""
        if not isinstance(node, s.Str) or node in self.scaled:
            return
        if str(node.value).isdigit() and self._means_milliseconds(int(node.value), written=False):
            self.changes.replace(module, node, str(int(node.value) // 1000))
            self.scaled[node] = module
            self._numbers.add(int(node.value))

    def _in_text(self, module: Module, node: s.Str, *, written: bool) -> None:
        """``'{"expires_in": 86399999}'``"""
        raw = module.text[node.span.start : node.span.end]
        for match in self._written.finditer(raw):
            number = int(match[1])
            if self._means_milliseconds(number, written=written):
                at = node.span.start
                text = self._seconds(module, number)
                self.changes.patch(module, node, Span(at + match.start(1), at + match.end(1)), text)
                self.scaled[node] = module
                self._numbers.add(number)

    # -- what is expected -----------------------------------------------------------------------------

    def expectations(self, modules: Iterable[Module], conversions: Conversions) -> None:
        """``EXPIRES_IN / 1000`` of a mocked number, and a raw number that is compared with a lifetime."""
        if not self.scaled:
            return
        units = conversions.units
        units.mocked = frozenset(self.scaled)
        conversions.mend(self.changes)
        for module in modules:
            for node in module.each(s.Compare):
                if node.ops == ("==",):
                    self._expected(module, node.left, node.rights[0], units)
                    self._expected(module, node.rights[0], node.left, units)
            for call in module.each(s.Call):
                if s.last_name(call.func) in ("assertEqual", "assertEquals") and len(call.args) >= 2:
                    first, second = call.args[0].value, call.args[1].value
                    self._expected(module, first, second, units)
                    self._expected(module, second, first, units)

            self._left(module)

    def _left(self, module: Module) -> None:
        """``assert token == Token("t", 86399985)``: the mocked number within what a check expects.

        And one that nothing but that number can mean, compared with what nobody knows to be a lifetime.
        """
        for node in module.each(s.Const):
            known = node.value in self._numbers
            if not known or node in self.changes.replaced or self.changes.is_dead(module, node):
                continue
            if node in self._kept:
                continue
            call = module.call_given(node)
            made = self.resolver.resolve(Site(module, call.func)) if call is not None else ()
            within = any(isinstance(v, Class) for v in made) and isinstance(module.statement(node), s.Assert)
            alone = is_check(module.statement(node)) and _is_equal(module, node)
            if within or (alone and isinstance(node.value, int) and node.value >= DEFAULT):
                self.todos.append(
                    f"{label_in_test(module, node)} expects {module.snippet(node)}: "
                    "the mocked lifetime is in seconds now."
                )

    def _expected(self, module: Module, value: s.Expr, other: s.Expr, units: Units) -> None:
        if isinstance(other, s.Sequence):  # assert login() == ("t", 86399985)
            for given in self.resolver.resolve(Site(module, value)):
                if isinstance(given, Items) and len(given.sites) == len(other.items) and not given.open:
                    for element, item in zip(given.sites, other.items, strict=True):
                        self._compared(module, element, item, units)
        else:
            self._compared(module, Site(module, value), other, units)

    def _compared(self, module: Module, value: Site, other: s.Expr, units: Units) -> None:
        known = isinstance(other, s.Const) and other.value in self._numbers
        if known and other not in self.changes.replaced and units.is_lifetime(value):
            assert isinstance(other, s.Const)
            assert isinstance(other.value, int | float)
            with units.giving(self._given):
                changed = units.is_lifetime(value)
            if changed:
                self.changes.replace(module, other, self._seconds(module, other.value))
            else:
                self._kept.add(other)

    def notes(self) -> list[str]:
        """For the reviewer."""
        scaled = sorted(self.scaled.items(), key=lambda item: (item[1].path, item[0].span))
        places = dict.fromkeys(label_of(module, node) for node, module in scaled)
        return [f"The mocked replies of the tests say seconds now: {', '.join(places)}."] if places else []


def _is_milliseconds(value: Value) -> bool:
    """Is it a lifetime in milliseconds, so that what else is given in its place is as well?"""
    return isinstance(value, Constant) and (number_of(value) or 0) >= DEFAULT


def _entered(module: Module, node: s.Node) -> Iterator[s.Call]:
    """What the ``with`` statements around it call."""
    items = (item for n in module.ancestors(node) if isinstance(n, s.With) for item in n.items)
    yield from (item.value for item in items if isinstance(item.value, s.Call))


def _is_equal(module: Module, node: s.Node) -> bool:
    """``seconds == 86400``, ``assertEqual(seconds, 86400)``"""
    parent = module.parents[node]
    if isinstance(parent, s.Compare):
        return parent.ops == ("==",)
    call = module.call_of(parent)
    return call is not None and s.last_name(call.func) in ("assertEqual", "assertEquals")


def _digits(value: Value) -> Site | None:
    """The text that a number is written as."""
    site = value.parts[0].site if isinstance(value, Text) and len(value.parts) == 1 else None
    is_number = site is not None and isinstance(site.node, s.Str) and str(site.node.value).isdecimal()
    return site if is_number else None

"""Quotients of the lifetime that were seconds: what divided it goes, and what only rounded it then."""

from __future__ import annotations

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site, name_of
from ..resolve import Resolver
from ..writing.changes import Changes
from .margins import Margins, drop_factor, factors, shown
from .unit_helpers import ROUNDING

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

"""What holds wherever a place of the program is reached: the sides of the conditions on every way to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ...records import dataclass
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Fields, Function, Site
from ..following.effects import Effects
from ..following.forward import Forward
from ..following.offers import Offers
from ..resolve import Resolver
from .switches import Fact, Switches

DEPTH = 12
"""Functions entered on the way back to where a program begins."""
PLACES = 2000
"""Functions and classes looked at for one answer: of a class whose methods all call each other the ways are
too many, and what is known then is what holds close by."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A place is reached only by way of one side of ``node``.

    ``side`` is ``body`` or ``orelse`` of an ``If`` or ``Choice``, a handler or ``body`` of a ``Try``, a
    case of a ``Match``, an item of a table of functions, ``right`` of an ``or``.
    """

    module: Module
    node: s.Node
    side: str | s.Node


Terms = dict["Guard | Fact", tuple[Guard, ...]]
"""What holds → the sides from which that is known."""


class Reach:
    """Answers for places; one per project."""

    def __init__(
        self,
        resolver: Resolver,
        forward: Forward,
        effects: Effects,
        switches: Switches,
        importers: Callable[[str], bool],
        offers: Offers,
    ) -> None:
        self.resolver = resolver
        self.forward = forward
        self.effects = effects
        self.switches = switches
        self.importers = importers
        self.offers = offers
        self._known: dict[s.Node, Terms] = {}
        """What one answer has found, whatever way led there."""
        self._cuts, self._left = 0, PLACES
        """How often one was not followed further; how many may still be looked at."""

    def terms(self, site: Site) -> Terms:
        """All that holds at ``site``, the nearest first."""
        self._known, self._cuts, self._left = {}, 0, PLACES
        return self._terms(site.module, site.node, frozenset()) or {}

    def _terms(self, module: Module, node: s.Node, entered: frozenset[s.Node]) -> Terms | None:
        """None where every way leads back to itself."""
        found: Terms = {}
        for guard in self.local(module, node):
            found.setdefault(guard, (guard,))
            for fact in self.facts(guard):
                found[fact] = (*found.get(fact, ()), guard)
        function = module.function(node)
        if function is None:
            return found
        if function in entered or len(entered) > DEPTH or not self._left:
            self._cuts += 1
            return None if function in entered else found
        entered |= {function}
        for place in (function, module.class_of(function)):
            if place is not None:
                for term, guards in self._around(module, place, entered).items():
                    found[term] = (*found.get(term, ()), *guards)
        return found

    def _around(self, module: Module, place: s.FuncDef | s.ClassDef, entered: frozenset[s.Node]) -> Terms:
        """What holds wherever a function is named, or an object of a class made."""
        if place in self._known:
            return self._known[place]
        cuts, shared = self._cuts, None
        self._left = max(0, self._left - 1)
        for site in self.uses(module, place):
            way = self._terms(site.module, site.node, entered)
            if way is None:
                continue
            shared = way if shared is None else _both(shared, way)
            if not shared:
                break
        if cuts == self._cuts:
            self._known[place] = shared or {}
        return shared or {}

    def uses(self, module: Module, place: s.FuncDef | s.ClassDef) -> list[Site]:
        """Where a function or class is named for use; nothing where somebody else may do so unseen."""
        if isinstance(place, s.FuncDef) and place.name.startswith("__"):
            return []
        while self.importers(module.path):
            self.resolver.forget()
        owner = module.class_of(place) if isinstance(place, s.FuncDef) else None
        name = owner.name if owner is not None else place.name
        if not place.name.startswith("_") and self.offers.name(module, name):
            return []
        # What a test tries out of turn is nobody's choice.
        is_test = self.resolver.is_test
        return [
            each for each in self.references(module, place) if is_test(module) or not is_test(each.module)
        ]

    def references(self, module: Module, place: s.FuncDef | s.ClassDef) -> list[Site]:
        """Where a function or class is named for use: called, or handed on."""
        owner = module.class_of(place) if isinstance(place, s.FuncDef) else None
        found: list[Site] = []
        if owner is not None:
            cls = Class(module, owner)
            found += self.forward.reads_of(cls, place.name)
        scope = module.scope(place)
        for binding in scope.bindings.get(place.name, ()):
            if binding.node is place:
                found += [Site(module, use) for use in module.uses.get(binding, ())]
        if scope.is_module:
            found += [Site(other, use) for other, use in self.forward.imports_of(module, place.name)]
        distinct = {site.node: site for site in found}
        return [site for site in distinct.values() if self._is_use(site)]

    def _is_use(self, site: Site) -> bool:
        """No annotation, no ``Union[…]``, no check by ``isinstance``."""
        child: s.Node = site.node
        for parent in site.module.ancestors(site.node):
            if isinstance(parent, s.Param) and child is parent.annotation:
                return False
            if isinstance(parent, s.FuncDef) and child is parent.returns:
                return False
            if isinstance(parent, s.Assign) and child is parent.annotation:
                return False
            if isinstance(parent, s.Subscript) and child is parent.index:
                return False
            if isinstance(parent, s.Call) and isinstance(child, s.Arg):
                name = parent.func.id if isinstance(parent.func, s.Name) else ""
                if name in ("isinstance", "issubclass", "super"):
                    return False
            if isinstance(parent, s.Stmt):
                break
            child = parent
        return True

    # -- within one function ----------------------------------------------------------------------

    def local(self, module: Module, node: s.Node) -> Iterator[Guard]:
        """The sides within the function, class body or module that holds ``node``."""
        child = node
        for parent in module.ancestors(node):
            if isinstance(parent, s.FuncDef):
                return
            if isinstance(parent, s.Block) and isinstance(child, s.Stmt):
                for before in reversed(parent.body[: parent.body.index(child)]):
                    yield from self._passed(module, before)
            elif isinstance(parent, s.If | s.Choice) and child is not parent.test:
                yield Guard(module, parent, "body" if child is parent.body else "orelse")
            elif isinstance(parent, s.Try):
                if isinstance(child, s.Handler):
                    yield Guard(module, parent, child)
                elif child is parent.body:
                    yield Guard(module, parent, "body")
            elif isinstance(parent, s.Match) and isinstance(child, s.Case):
                yield Guard(module, parent, child)
            elif isinstance(parent, s.Dict) and isinstance(child, s.Item):
                if child.key is not None and self._is_called(module, child.value):
                    yield Guard(module, parent, child)
            elif isinstance(parent, s.Bool) and parent.op == "or" and child is parent.right:
                yield Guard(module, parent, "right")
            child = parent

    def _is_called(self, module: Module, value: s.Expr) -> bool:
        """Is it what a table of functions holds?"""
        if isinstance(value, s.Name | s.Attribute):
            return any(isinstance(v, Function | Class) for v in self.resolver.resolve(Site(module, value)))
        return isinstance(value, s.Lambda)

    def _passed(self, module: Module, stmt: s.Stmt) -> Iterator[Guard]:
        """What is known behind a statement that leaves on one of its sides."""
        if isinstance(stmt, s.If):
            if self.leaves(module, stmt.body):
                yield Guard(module, stmt, "orelse")
                if stmt.orelse is not None and len(stmt.orelse.body) == 1:
                    yield from self._passed(module, stmt.orelse.body[0])
            elif stmt.orelse is not None and self.leaves(module, stmt.orelse):
                yield Guard(module, stmt, "body")
        elif isinstance(stmt, s.Try) and self.leaves(module, stmt.body) and stmt.final is None:
            staying = [h for h in stmt.handlers if not self.leaves(module, h.body)]
            if len(staying) == 1:
                yield Guard(module, stmt, staying[0])

    def leaves(self, module: Module, block: s.Block) -> bool:
        """Does no way lead out of the end of ``block``?"""
        last = block.body[-1]
        if isinstance(last, s.Return | s.Raise):
            return True
        if isinstance(last, s.Plain):
            return last.word in ("break", "continue")
        if isinstance(last, s.If):
            return (
                last.orelse is not None
                and self.leaves(module, last.body)
                and self.leaves(module, last.orelse)
            )
        if isinstance(last, s.With):
            return self.leaves(module, last.body)
        if isinstance(last, s.Try):
            ends = [last.orelse or last.body, *(h.body for h in last.handlers)]
            return all(self.leaves(module, end) for end in ends)
        if isinstance(last, s.ExprStmt):
            return self.effects.is_exit(last, module) and not self.effects.is_log(module, last.value)
        return False

    def refuses(self, module: Module, block: s.Block) -> bool:
        """Only ``raise ValueError(kind)``, perhaps with a line that says so?"""
        return isinstance(block.body[-1], s.Raise) and all(
            self.effects.is_exit(stmt, module) for stmt in block.body
        )

    # -- what a side says -------------------------------------------------------------------------

    def facts(self, guard: Guard) -> frozenset[Fact]:
        """The conditions that hold on one side."""
        node, module = guard.node, guard.module
        if isinstance(node, s.If | s.Choice):
            yes, no = self.switches.facts(Site(module, node.test))
            return yes if guard.side == "body" else no
        if isinstance(node, s.Match) and isinstance(guard.side, s.Case):
            source = self.switches.source(Site(module, node.subject))
            said = [self.switches.literal(Site(module, each)) for each in guard.side.values]
            values = frozenset(value for each in said for value in each or ())
            return frozenset({Fact(source, values, True)}) if source and values else frozenset()
        if isinstance(node, s.Dict) and isinstance(guard.side, s.Item) and guard.side.key is not None:
            values = frozenset(self.switches.literal(Site(module, guard.side.key)) or ())
            sources = {self.switches.source(key) for _, key in self.selections(node)}
            if len(sources) == 1 and values:
                return frozenset(Fact(source, values, True) for source in sources if source)
        return frozenset()

    def selections(self, table: s.Dict) -> Iterator[tuple[Site, Site]]:
        """``TABLE[kind]`` and ``TABLE.get(kind)``: each with its key."""
        for other in self.resolver.world:
            for node in other.each(s.Subscript, s.Call):
                parts = _selection(node)
                if parts is None:
                    continue
                for value in self.resolver.resolve(Site(other, parts[0])):
                    if isinstance(value, Fields) and value.site.node is table:
                        yield Site(other, node), Site(other, parts[1])
                        break


def _both(one: Terms, other: Terms) -> Terms:
    """What holds on two ways."""
    return {term: tuple(dict.fromkeys((*one[term], *other[term]))) for term in one if term in other}


def _selection(node: s.Node) -> tuple[s.Expr, s.Expr] | None:
    if isinstance(node, s.Subscript):
        return node.value, node.index
    if (
        isinstance(node, s.Call)
        and isinstance(node.func, s.Attribute)
        and node.func.attr == "get"
        and node.args
    ):
        return node.func.value, node.args[0].value
    return None

"""Take the JWT side of a choice away, wherever its condition is asked: what is left reads as if the
other side had been there alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import path_of
from ..facts.values import Environ, Lit, Member, Site, Text, Value, text_of
from ..following.effects import Effects
from ..resolve import Resolver
from ..roles.trace import label_of
from ..writing.answers import NoAnswer
from ..writing.changes import Changes
from .choices import Choice, following
from .reach import Guard, Reach
from .switches import Fact, Facts, Switches


class Collapse:
    """Writes one choice's end into ``changes``."""

    def __init__(
        self, resolver: Resolver, reach: Reach, switches: Switches, effects: Effects, changes: Changes
    ) -> None:
        self.resolver = resolver
        self.reach = reach
        self.switches = switches
        self.effects = effects
        self.changes = changes
        self.notes: list[str] = []
        self.todos: list[str] = []
        self._decided: dict[s.Node, bool] = {}

    def apply(self, choice: Choice) -> None:
        """Decide every condition that ``choice`` decides; ``NoAnswer`` where that cannot be written."""
        every = (choice, *choice.others)
        for each in every:
            for guard in each.guards:
                self._side(guard, each)
        for each in every:
            if each.fact is not None:
                self._conditions(each.known)
        for module, head in self._chains():
            self._chain(module, head)
        for each in every:
            if each.instead is not None:
                self._select(each)

    # -- what is decided --------------------------------------------------------------------------

    def _side(self, guard: Guard, choice: Choice) -> None:
        """The JWT flow lies on this side: it is not taken any more."""
        node, module = guard.node, guard.module
        if isinstance(node, s.If | s.Choice):
            self._decided[node] = guard.side != "body"
        elif isinstance(node, s.Match) and isinstance(guard.side, s.Case):
            self._case(module, node, guard.side)
        elif isinstance(node, s.Try):
            self._attempt(module, node, guard.side)
        elif isinstance(node, s.Dict) and isinstance(guard.side, s.Item):
            self._table(module, node, choice)
        elif isinstance(node, s.Bool):
            self.changes.reduce(module, node, node.left)
        if isinstance(node, s.Choice):
            self.changes.reduce(module, node, node.orelse if guard.side == "body" else node.body)

    def _conditions(self, known: Facts) -> None:
        for module in self.resolver.world:
            for node in module.each(s.If, s.Choice, s.Assert):
                if node in self._decided or self.changes.is_dead(module, node):
                    continue
                truth = self._truth(Site(module, node.test), known)
                if truth is None:
                    self._operands(module, node.test, known)
                elif isinstance(node, s.If):
                    self._decided[node] = truth
                elif isinstance(node, s.Choice):
                    self._decided[node] = truth
                    self.changes.reduce(module, node, node.body if truth else node.orelse)
                elif truth:
                    self.changes.remove(module, node)

    def _truth(self, site: Site, known: Facts) -> bool | None:
        yes, no = self.switches.facts(site)
        if any(f.excludes(k) for f in yes for k in known):
            return False
        if any(f.excludes(k) for f in no for k in known):
            return True
        return None

    def _operands(self, module: Module, test: s.Expr, known: Facts) -> None:
        """``kind == "oauth" and verbose`` → ``verbose``."""
        for node in s.walk(test):
            if not isinstance(node, s.Bool):
                continue
            for part, other in ((node.left, node.right), (node.right, node.left)):
                if self._truth(Site(module, part), known) is (node.op == "and"):
                    self.changes.reduce(module, node, other)
                    break

    def _select(self, choice: Choice) -> None:
        """Other flows can still be chosen: where the JWT was, choose client_credentials."""
        assert choice.fact is not None
        (old,) = choice.fact.values
        for site in self._operands_of(choice):
            for value in self.resolver.resolve(site):
                if isinstance(value, Environ):
                    self.todos.append(f"Where {value.name} is set to {old}, set it to {choice.instead}.")
                    written = self.resolver.resolve(value.default) if value.default is not None else ()
                elif isinstance(value, Member):
                    self.todos.append(
                        f"Where {value.key} is {old} in the settings, make it {choice.instead}."
                    )
                    written = ()
                else:
                    written = (value,)
                for text in written:
                    if text_of(text) == old:
                        self._rewrite(text, str(choice.instead))

    def _operands_of(self, choice: Choice) -> Iterator[Site]:
        for guard in choice.guards:
            if isinstance(guard.node, s.If | s.Choice):
                yield from self.switches.operands(Site(guard.module, guard.node.test))
            elif isinstance(guard.node, s.Match):
                yield Site(guard.module, guard.node.subject)

    def _rewrite(self, value: Value, new: str) -> None:
        """Another word in the same quotes."""
        if not isinstance(value, Text) or len(value.parts) != 1 or not isinstance(value.parts[0], Lit):
            return
        site = value.parts[0].site
        shown = site.module.snippet(site.node)
        at = shown.find(value.parts[0].text)
        start = site.node.span.start + at
        self.changes.patch(site.module, site.node, Span(start, start + len(value.parts[0].text)), new)

    # -- if, elif, else ---------------------------------------------------------------------------

    def _chains(self) -> Iterable[tuple[Module, s.If]]:
        for module in self.resolver.world:
            for node in module.each(s.If):
                if not node.is_elif and any(arm in self._decided for arm in chain_of(node)):
                    yield module, node

    def _chain(self, module: Module, head: s.If) -> None:
        arms = list(chain_of(head))
        kept = [arm for arm in arms if self._decided.get(arm) is not False]
        always = next((arm for arm in kept if self._decided.get(arm) is True), None)
        if always is not None:
            kept = kept[: kept.index(always)]
        last = always.body if always is not None else arms[-1].orelse
        if kept:
            self._narrow(module, arms, kept, always)
            return
        if last is None or (always is not None and self.reach.refuses(module, last)):
            self.changes.remove(module, head)
            return
        for arm in arms:
            if arm is always or arm.orelse is None:
                break
            self.changes.unwrap(module, arm, arm.orelse)
        if always is not None:
            self.changes.unwrap(module, always, always.body)
        if self.reach.leaves(module, last):
            for stmt in following(module, head):
                self.changes.remove(module, stmt)

    def _narrow(self, module: Module, arms: list[s.If], kept: list[s.If], always: s.If | None) -> None:
        """Some conditions stay: take the other arms out of the chain."""
        for arm in arms:
            if arm in kept:
                continue
            self.changes.remove(module, arm.test)
            if arm is always:
                if arm.orelse is not None:
                    self.changes.remove(module, arm.orelse)
                return
            self.changes.remove(module, arm.body)

    # -- other ways to choose ---------------------------------------------------------------------

    def _case(self, module: Module, node: s.Match, mine: s.Case) -> None:
        others = [c for c in node.cases if c is not mine and not self.reach.refuses(module, c.body)]
        if len(others) != 1 or others[0].names or others[0].guard is not None:
            raise NoAnswer("choice-unknown", Site(module, node))
        self.changes.unwrap(module, node, others[0].body)
        if self.reach.leaves(module, others[0].body):
            for stmt in following(module, node):
                self.changes.remove(module, stmt)

    def _attempt(self, module: Module, node: s.Try, side: str | s.Node) -> None:
        if node.final is not None:
            raise NoAnswer("choice-unknown", Site(module, node))
        if not isinstance(side, s.Handler):
            self._second(module, node)
            return
        self.changes.remove(module, side)
        where = label_of(module, node)
        self.notes.append(
            f"Where client_credentials fails, the JWT was tried instead; the error is now raised: {where}."
        )
        if self.reach.leaves(module, node.body):
            for stmt in following(module, node):
                self.changes.remove(module, stmt)
        if all(handler in self.changes.removed for handler in node.handlers):
            bodies = [node.body, *([node.orelse] if node.orelse is not None else [])]
            self.changes.unwrap(module, node, *bodies)

    def _second(self, module: Module, node: s.Try) -> None:
        """The JWT first, client_credentials where that fails: only the handler is left."""
        useful = [h for h in node.handlers if not self.reach.refuses(module, h.body)]
        if len(useful) != 1:
            raise NoAnswer("choice-unknown", Site(module, node))
        handler = useful[0]
        for stmt in handler.body.body:
            if isinstance(stmt, s.ExprStmt) and self.effects.is_log(module, stmt.value):
                self.changes.remove(module, stmt)
                self.notes.append(f"A line that told of the JWT's failure is gone: {label_of(module, stmt)}.")
        if handler.name is not None and any(
            isinstance(n, s.Name) and n.id == handler.name and not self.changes.is_dead(module, n)
            for n in s.walk(handler.body)
        ):
            raise NoAnswer("choice-unknown", Site(module, handler))
        self.changes.unwrap(module, node, handler.body)
        if self.reach.leaves(module, handler.body):
            for stmt in following(module, node):
                self.changes.remove(module, stmt)

    def _table(self, module: Module, table: s.Dict, choice: Choice) -> None:
        """``{"jwt": by_jwt, "oauth": by_oauth}[kind](config)`` → ``by_oauth(config)``."""
        left = [
            item
            for item in table.items
            if item.key is not None
            and all(not self._excluded(module, table, item, fact) for fact in choice.known)
        ]
        target = left[0].value if len(left) == 1 else None
        if target is None or path_of(target) is None:
            raise NoAnswer("choice-unknown", Site(module, table))
        for site, _ in self.reach.selections(table):
            assert isinstance(site.node, s.Expr)
            if not self._means_the_same(module, target, site):
                raise NoAnswer("choice-unknown", site)
            self.changes.replace(site.module, site.node, target)
            self.resolver.also[site.node] = site.at(target)
            self._found(site)
        self.resolver.forget()

    def _found(self, site: Site) -> None:
        """``try: flow = TABLE[kind]`` and ``except KeyError: raise …``: no key can be missed any more."""
        module = site.module
        block = module.parents[module.statement(site.node)]
        attempt = module.parents[block]
        if not isinstance(attempt, s.Try) or attempt.body is not block or len(attempt.body.body) != 1:
            return
        missed = [h for h in attempt.handlers if h.type is not None and module.snippet(h.type) == "KeyError"]
        if len(missed) == len(attempt.handlers) and all(self.reach.refuses(module, h.body) for h in missed):
            bodies = [attempt.body, *([attempt.orelse] if attempt.orelse is not None else [])]
            self.changes.unwrap(module, attempt, *bodies)

    def _excluded(self, module: Module, table: s.Dict, item: s.Item, known: Fact) -> bool:
        return any(f.excludes(known) for f in self.reach.facts(Guard(module, table, item)))

    def _means_the_same(self, module: Module, target: s.Expr, site: Site) -> bool:
        """Does the name stand for the same thing where the table is used?"""
        if site.module is not module:
            return False
        return self.resolver.resolve(Site(module, target)) == self.resolver.resolve(site.at(target)) and (
            isinstance(target, s.Name) or module.function(target) is module.function(site.node)
        )


def chain_of(head: s.If) -> Iterable[s.If]:
    """``if`` and every ``elif`` of it."""
    here: s.If | None = head
    while here is not None:
        yield here
        nested = here.orelse.body[0] if here.orelse is not None and len(here.orelse.body) == 1 else None
        here = nested if isinstance(nested, s.If) and nested.is_elif else None

"""A project's own tests move with the flow that they speak of.

What is mechanical is changed: the address, the lifetime in a mocked reply, what is expected to be
posted, stand-ins for names that are gone. The rest is a to-do that names the place. What tests do
also decides: where they put something in the place of the client, the client stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from ...model import Span
from ...paths import depth
from ...records import dataclass
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Environ, Site, Text
from ..following.effects import Effects
from ..lifetime.conversions import Conversions
from ..lifetime.outcome import Lifetimes
from ..request.address import Address
from ..resolve import Resolver
from ..roles.exchange import Exchange
from ..roles.finder import Finder
from ..roles.trace import label_of
from ..settings.setting import Setting
from ..writing.changes import Changes
from .checks import is_check, is_test_of_nothing, label_in_test, posts_itself, test_around
from .environment import Environment, keys_asked
from .examples import outdated_examples
from .fitted import Fitted, rename
from .given import Given, Standing
from .keys import held
from .lifetimes import MockedLifetimes
from .patches import Name, Patches, stands_for_nothing
from .posted import Posted
from .prune import Pruner
from .reach import Reach
from .replies import Mocks
from .subjects import Subjects, Tested
from .unraised import Unraised

_SENT = re.compile(r"(?i)request|body|form\b|posted|sent\b|payload|claims")
"""What a check says that looks at what was sent."""
_ASKING = rb"\bdef \w+\([^)]*\b%s\b|\b(?:usefixtures|getfixturevalue)\([^)]*[\"']%s[\"']"
"""How a module of tests asks for a fixture."""


@dataclass(slots=True)
class Moved:
    """What was done in the tests of one plan."""

    modules: list[Module] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    todos: list[str] = field(default_factory=list)
    emptied: list[tuple[Module, s.FuncDef]] = field(default_factory=list)
    """Tests that lost a check."""
    orphans: list[tuple[Site, Name]] = field(default_factory=list)
    """What looked at stand-ins that are gone when these went: it may be gone since."""
    idle: dict[Site, None] = field(default_factory=dict)
    """Parameters of tests that only stand-ins which are gone were made of."""
    unset: list[str] = field(default_factory=list)
    """Variables that the program needs from now on, and that not every test sets."""


class Tests:
    """What the project's tests say of the exchanges; one per project."""

    __test__ = False  # for pytest: this is none

    def __init__(
        self,
        resolver: Resolver,
        finder: Finder,
        effects: Effects,
        rules: Rules,
        importers: Callable[[str], bool],
    ) -> None:
        self.importers = importers
        self.resolver = resolver
        self.finder = finder
        self.effects = effects
        self.rules = rules
        self.exchanges: Sequence[Exchange] = ()
        """All of the project."""
        self.refused: set[s.Node] = set()
        """The senders of those that are left alone."""
        self.reach = Reach(resolver)
        self.address = Address(rules)
        self.mocks = Mocks(resolver, rules, self.address)
        self.patches = Patches(resolver, rules, self.reach)

    def left_alone(self) -> list[Exchange]:
        """The exchanges of the project that nothing is changed for."""
        return [e for e in self.exchanges if e.sender.node in self.refused]

    # -- whose tests ------------------------------------------------------------------------------------

    def modules_of(self, exchanges: Sequence[Exchange], also: Iterable[Site] = ()) -> list[Module]:
        """The test modules that speak of one of the exchanges, or get to what is mended ``also``."""
        found = {m.path: m for e in exchanges for m in self.reach.tests_of(e)}
        found |= {m.path: m for m in self.reach.tests_at(also)}
        claimed = {m.path for e in self.exchanges for m in self.reach.tests_of(e)}
        mine = {e.sender.node for e in exchanges}
        for module in self.resolver.index.loaded:
            if module.path in claimed or not self.resolver.is_test(module):
                continue
            # The program may be run in a way that no import shows: then the address says whose mock it is.
            if self._mocks_us(module) and any(e.sender.node in mine for e in self._nearest(module)):
                found[module.path] = module
        return [found[path] for path in sorted(found)]

    def _servers(self, exchanges: Sequence[Exchange]) -> Iterator[Module]:
        """What answers as IMS does and has no name of a test: what tests import, a server to try with."""
        own = {module.path for exchange in self.exchanges for module in exchange.modules}
        for module in sorted(self.resolver.world, key=lambda each: each.path):
            if module.path in own or self.resolver.is_test(module) or not self.address.in_module(module):
                continue
            if self._share(module, exchanges) == "mine" and any(self.mocks.written(module)):
                yield module

    def _nearest(self, module: Module) -> list[Exchange]:
        """The exchanges that a test may speak of by no import: the nearest; none, if it tests others."""
        index = self.resolver.index
        imported = (index.module(path) for path in self.reach.imports(module))
        if any(each is not None and not self.resolver.is_test(each) for each in imported):
            found = [e for e in self.exchanges if index.related(module, e.entry.module)]
        else:
            found = list(self.exchanges)
        depths = [depth(module.path, e.entry.module.path) for e in found]
        return [e for e, near in zip(found, depths, strict=True) if near == max(depths)]

    def _mocks_us(self, module: Module) -> bool:
        return self.address.in_module(module) and any(m.ours for m in self.mocks.of(module))

    def _share(self, module: Module, exchanges: Sequence[Exchange], url: str = "") -> str:
        """``mine``, ``other`` or ``shared`` with a flow that is left alone."""
        owners = [e for e in self.exchanges if module in self.reach.tests_of(e)] or self._nearest(module)
        same = [e for e in owners if url and url in {u.fold().rstrip("/") for u in e.urls}]
        owners = same or owners
        mine = {e.sender.node for e in exchanges}
        if not any(e.sender.node in mine for e in owners):
            return "other"
        return "shared" if any(e.sender.node in self.refused for e in owners) else "mine"

    # -- what tests ask of the client -------------------------------------------------------------------

    def obstacles(self, exchange: Exchange) -> Iterator[str]:
        """Why the client must stay for the tests' sake."""
        for module in self.modules_of([exchange]):
            for site in self.patches.of_library(module, exchange.client.name):
                yield f"tests put something else in its place ({label_of(module, site.node)})"
                return
            for mock in self.mocks.of(module):
                if mock.ours and self.mocks.reply(mock).refused:
                    where = label_of(module, mock.site.node)
                    yield f"tests expect how it reports a refusal ({where})"
                    return

    # -- address, replies, what is posted -----------------------------------------------------------------

    def move(
        self,
        exchanges: Sequence[Exchange],
        changes: Changes,
        lifetimes: Lifetimes,
        scopes: str | None,
        settings: Sequence[Setting],
    ) -> Moved:
        """Change what is mechanical, before anything is swept."""
        self._load(lifetimes)
        tests = self.modules_of(exchanges, lifetimes.conversions)
        if self._load_asking(tests):
            tests = self.modules_of(exchanges, lifetimes.conversions)
        moved = Moved([*tests, *self._servers(exchanges)])
        environment = Environment(self.resolver, self.rules, changes, scopes)
        clients = {exchange.client.name for exchange in exchanges}
        for setting in settings:
            siblings = (setting.sibling, *self.finder.secret_variables(exchanges))
            added = setting.required and environment.add(moved.modules, siblings, setting)
            if setting.required and not (added and self._is_needed_already(exchanges)):
                moved.unset.append(setting.variable)
            environment.fill(moved.modules, setting, keys_asked(exchanges))
            patched = {m for m in moved.modules for name in clients for _ in self.patches.of_library(m, name)}
            mocking = [module for module in moved.modules if self._mocks_us(module) or module in patched]
            if not setting.variable:
                moved.todos += environment.lacking(moved.modules, setting.entry, mocking)
        for module in (*moved.modules, *self._of_address(moved.modules, changes)):
            self._addresses(module, exchanges, changes, moved)
        flow = [*changes.touched, *(site.module for site in lifetimes.conversions)]
        flow += [module for exchange in exchanges for module in exchange.modules]
        own = {module.path for module in flow if not self.resolver.is_test(module)}
        others = {test for each in moved.modules for test in self.reach.of_others(each, own)}
        others |= {*self.mocks.of_others(moved.modules)}
        self._lifetimes(exchanges, changes, lifetimes, moved, others)
        posted = Posted(self.resolver, self.rules, changes, scopes, exchanges)
        field = self.rules.provider.fields.assertion
        moved.todos += rename(self.resolver, self.patches, changes, moved.modules, posted.renamed, field)
        for module in moved.modules:
            if self._share(module, exchanges) != "mine":
                continue
            for node in posted.rewrite(module, others):
                if not _is_prose(module, node):
                    moved.todos.append(
                        f"{label_in_test(module, node)} expects an assertion in what is posted: "
                        "there are grant_type and scope now."
                    )
            for node in posted.sought(module):
                where = label_in_test(module, node)
                moved.todos.append(f"{where} looks for {node.value!s} in the address: it is in the body now.")
        if posted.opened:
            places = ", ".join(label_of(p.module, p.node) for p in posted.opened)
            moved.notes.append(f"What looked at the claims of the posted assertion is gone: {places}.")
        return moved

    def _is_needed_already(self, exchanges: Sequence[Exchange]) -> bool:
        """Did the program fail without a variable where it sends the request, so that each test sets it?"""
        fields = self.rules.provider.fields
        for exchange in exchanges:
            entries = [
                e
                for f in exchange.forms
                for n in (fields.client_id, fields.client_secret)
                for e in f.entries(n)
            ]
            if not any(e.value is not None and self._asks_variable(exchange, e.value) for e in entries):
                return False
        return True

    def _asks_variable(self, exchange: Exchange, given: Site) -> bool:
        sender = exchange.sender.module.function(exchange.sender.node)
        for value in self.resolver.resolve(given):
            if isinstance(value, Environ) and value.default is None:
                written = {n.value for n in s.walk(given.node) if isinstance(n, s.Str)}
                site = value.site
                if value.name in written or (
                    isinstance(site.node, s.Subscript) and site.module.function(site.node) is sender
                ):
                    return True
        return False

    def set_everywhere(self, moved: Moved, changes: Changes, scopes: str | None) -> None:
        """Let all tests have the variables that the program needs now, when all that goes is gone."""
        environment = Environment(self.resolver, self.rules, changes, scopes)
        notes, todos = environment.for_all(moved.modules, moved.unset)
        moved.notes += notes
        moved.todos += todos

    def _load(self, lifetimes: Lifetimes) -> None:
        """Tests may call a mended conversion itself, in a module that knows nothing of Adobe."""
        inner = [site.module for site in lifetimes.conversions if site.module.function(site.node) is not None]
        new = [path for path in sorted({module.path for module in inner}) if self.importers(path)]
        if new:
            self.resolver.forget()

    def _load_asking(self, tests: Iterable[Module]) -> bool:
        """Tests ask for stand-ins of a conftest by name, in modules that know nothing of Adobe, either."""
        count = len(self.resolver.index.loaded)
        for module in (m for m in tests if m.path.rpartition("/")[2] == "conftest.py"):
            patches = (module.function(patch.site.node) for patch in self.patches.of(module))
            for fixture in dict.fromkeys(patches):
                if fixture is not None and self.resolver.is_fixture(module, fixture):
                    self.resolver.index.mentioning(fixture.name, module.path, _ASKING)
        new = len(self.resolver.index.loaded) > count
        if new:
            self.resolver.forget()
        return new

    def _of_address(self, known: Sequence[Module], changes: Changes) -> Iterator[Module]:
        """Tests of nothing but modules in which the address was written: of settings and their defaults."""
        written = {module.path for module in changes.touched if not self.resolver.is_test(module)}
        for module in self.resolver.world:
            new = self.resolver.is_test(module) and module not in known and self.address.in_module(module)
            if new and written & {*self.reach.imports(module)}:
                yield module

    def _addresses(
        self, module: Module, exchanges: Sequence[Exchange], changes: Changes, moved: Moved
    ) -> None:
        if not self.address.in_module(module):
            return
        for node in module.each(s.Str):
            raw = module.text[node.span.start : node.span.end]
            spans = [(*span, self.address.new) for span in self.address.spans(raw, node)]
            begun = self.address.beginning(raw, module, node) if not spans else ()
            spans += [(*span, self.address.first_new) for span in begun]
            if not spans or _is_prose(module, node) or not self._is_address(module, node, exchanges):
                continue
            if node in changes.patched or node in changes.replaced:
                continue  # it is the flow's own
            share = self._share(module, exchanges, self._whole(module, node).rstrip("/"))
            if share == "shared":
                moved.todos.append(
                    f"{label_of(module, node)} names the exchange for a flow that was left alone as well."
                )
            elif share == "mine" and not changes.is_dead(module, node):
                for start, end, new in spans:
                    at = node.span.start
                    changes.patch(module, node, Span(at + start, at + end), new)

    def _is_address(self, module: Module, node: s.Str, exchanges: Sequence[Exchange]) -> bool:
        """Somebody else's host may stand before ``/exchange/jwt`` in another literal."""
        whole = self._whole(module, node)
        if not whole.startswith("http") or self.address.holds(whole):
            return True
        return any(url.fold().startswith(whole) for exchange in exchanges for url in exchange.urls)

    def _whole(self, module: Module, node: s.Node) -> str:
        """The text that a literal is a part of."""
        top = node
        for ancestor in module.ancestors(node):
            if not isinstance(ancestor, s.FString | s.Joined | s.Binary | s.Hole):
                break
            top = ancestor
        values = self.resolver.resolve(Site(module, top))
        return next((v.fold() for v in values if isinstance(v, Text)), "")

    def _lifetimes(
        self,
        exchanges: Sequence[Exchange],
        changes: Changes,
        lifetimes: Lifetimes,
        moved: Moved,
        others: Collection[s.FuncDef],
    ) -> None:
        program = [c for c in lifetimes.conversions if not self.resolver.is_test(c.module)]
        given = {site.node for site in lifetimes.given}
        mocked = MockedLifetimes(self.resolver, self.rules, changes, program, given)
        again = Conversions(self.resolver, self.rules, exchanges)
        foreign = {node for module in moved.modules for node in self._replies(module, exchanges, mocked)}
        handed = Given(self.resolver, again.units, Standing(self.resolver, self.patches, moved.modules))
        mended = [c for c in program if c.node not in given and changes.touches(c.module, c.node)]
        for site in handed.lifetimes(mended):
            if site.module in moved.modules and test_around(site.module, site.node) not in others:
                mocked.scale(site, handed=True)
        for module in moved.modules:
            if self._share(module, exchanges) != "mine":
                continue
            for node, site in self.mocks.written(module):
                is_foreign = node in foreign or test_around(module, node) in others
                if not is_foreign and not self._posts_itself(module, node):
                    mocked.scale(site, written=True)
        for site in (site for conversion in mended for site in handed.unsure(conversion)):
            mocked.doubt(site)
        mocked.expectations(moved.modules, again)
        moved.notes += mocked.notes()
        moved.todos += mocked.todos

    def _posts_itself(self, module: Module, node: s.Node) -> bool:
        return posts_itself(self.resolver, module, node, self.rules.provider.fields)

    def _replies(self, module: Module, exchanges: Sequence[Exchange], mocked: MockedLifetimes) -> set[s.Node]:
        """Scale the replies at our address; gives the mappings of replies at others'."""
        foreign: set[s.Node] = set()
        own = {m.path for exchange in exchanges for m in exchange.modules}
        for mock in self.mocks.of(module):
            reply = self.mocks.reply(mock)
            urls = [u.fold().rstrip("/") for u in mock.urls] or [""]
            apart = self._posts_itself(module, mock.site.node)
            if mock.ours and not apart and all(self._share(module, exchanges, u) == "mine" for u in urls):
                mocked.reply(reply)
            elif mock.ours is not None or apart:
                foreign |= set(reply.mappings)
            elif reply.mappings and self.reach.reads_beside(module, self.rules.provider.lifetime_field, own):
                where = label_in_test(mock.site.module, mock.site.node)
                others = "it may answer others than Adobe, for whom it said milliseconds"
                mocked.todos.append(f"The mocked reply at {where} says seconds now, but {others}.")
        return foreign

    # -- names that are gone ------------------------------------------------------------------------------

    def prune(self, moved: Moved, changes: Changes) -> bool:
        """Take stand-ins for names away that are gone; says whether there were any."""
        pruner = self._pruner(changes)
        pruned = pruner.prune(moved.modules)
        gone = [p for p in pruner.checks if changes.is_dead(p.module, p.node)]
        if gone:
            gone.sort(key=lambda place: (place.module.path, place.node.span))
            places = ", ".join(dict.fromkeys(label_of(p.module, p.node) for p in gone))
            moved.notes.append(f"What looked at stand-ins for the signing is gone: {places}.")
        moved.emptied += ((p.module, test) for p in gone if (test := p.module.function(p.node)) is not None)
        moved.orphans += pruner.orphans
        moved.idle |= dict.fromkeys(pruner.idle)
        return pruned

    def drop(
        self,
        moved: Moved,
        changes: Changes,
        tested: Tested,
        only_tested: Callable[[Site], bool],
        looked_at: Mapping[str, Sequence[Sequence[Site]]],
    ) -> bool:
        """Take away the tests of what only they use, and looks at the key; says whether there were any."""
        defined = [(b, uses) for b, uses in tested if b.kind in ("def", "class")]
        here = [(b, uses) for b, uses in defined if all(use.module in moved.modules for use in uses)]
        subjects = Subjects(self.resolver, self.patches, self._pruner(changes), changes)
        gone = subjects.drop(moved.modules, here, only_tested)
        looks = []
        for what, things in looked_at.items():
            lost = subjects.drop_looks(things)
            looks += lost
            places = ", ".join(label_of(site.module, site.node) for site in lost)
            moved.notes += [f"What looked at the {what} is gone: {places}."] if lost else []
        if looks:
            moved.modules += dict.fromkeys(p.module for p in looks if p.module not in moved.modules)
            around = ((p.module, p.module.function(p.node)) for p in looks)
            moved.emptied += ((module, test) for module, test in around if test is not None)
        if gone:
            places = ", ".join(label_of(site.module, site.node) for site in gone)
            moved.notes.append(f"Tests of nothing but the signing are gone: {places}.")
        return bool(gone or looks)

    def fit(self, moved: Moved, changes: Changes) -> None:
        """Let stand-ins take and expect no more than the functions of the program are called with now."""
        fitted = Fitted(self.resolver, self.patches, changes)
        moved.todos += fitted.fit([m for m in self.resolver.world if self.resolver.is_test(m)])
        if fitted.notes:
            places = ", ".join(dict.fromkeys(label_of(p.module, p.node) for p in fitted.notes))
            moved.notes.append(f"What looked at arguments that went is gone: {places}.")

    def aims(self, moved: Moved) -> set[s.Node]:
        """The expressions that only say in whose place something is put: they use nothing."""
        found: set[s.Node] = set()
        for module in moved.modules:
            for patch in self.patches.of(module):
                found.update(patch.aim)
        return found

    def left(
        self,
        moved: Moved,
        exchanges: Sequence[Exchange],
        changes: Changes,
        only_tested: Callable[[Site], bool],
    ) -> Iterator[str]:
        """What a person must see to in the tests; ``only_tested`` knows the code that only tests run."""
        pruner = self._pruner(changes)
        taken = {e.site.node for x in exchanges for e in x.encodings}
        signed = self.finder.signatures.lone(taken, self.finder.claiming())
        unraised = Unraised(self.resolver, changes)
        for site, name in moved.orphans:
            if not changes.is_dead(site.module, site.node):
                yield (
                    f"{label_in_test(site.module, site.node)} looks at the stand-in for {name.shown}, "
                    "which is gone with the signing: change or remove that test."
                )
        for site in (each for each in moved.idle if not changes.is_dead(each.module, each.node)):
            where, given = label_in_test(site.module, site.node), site.module.snippet(site.node)
            yield f"{where} is given {given}, which nothing uses any more: change or remove that test."
        for module, test in dict.fromkeys(moved.emptied):
            if is_test_of_nothing(self.resolver, changes, module, test):
                said = f"{test.name} checks nothing any more ({label_of(module, test)})"
                yield f"{said}: remove it, or check the form."
        for module in filter(self.resolver.is_test, self.resolver.world):
            for call in unraised.expected(module):
                yield (
                    f"{label_in_test(module, call)} expects an error that is raised no more: "
                    "change or remove that test."
                )
        for module in moved.modules:
            for patch in self.patches.of(module):
                if not changes.is_dead(module, patch.site.node) and pruner.is_over(patch, only_tested):
                    yield stands_for_nothing(module, patch)
            yield from (said for node, said in held(module) if not changes.is_dead(module, node))
            for site in (e.site for e in signed):
                if site.module is module and not changes.is_dead(module, site.node):
                    yield f"{label_of(module, site.node)} signs an assertion of its own."
            yield from self._metascopes(module, changes)
        examples = list(outdated_examples(changes, self.rules))
        if examples:
            shown = "Examples in docstrings show what was before, and doctest may run them"
            yield f"{shown}: {', '.join(examples)}."

    def _metascopes(self, module: Module, changes: Changes) -> Iterator[str]:
        """Checks that look for a metascope in what is sent."""
        prefix = self.rules.provider.metascope_prefix
        named = re.compile(rf"(?<![A-Za-z]){re.escape(prefix)}\w")
        for node in module.each(s.Str) if prefix in module.text else ():
            if named.search(str(node.value)) is None or changes.is_dead(module, node):
                continue
            stmt = module.statement(node)
            if is_check(stmt) and _SENT.search(module.snippet(stmt)):
                where = label_in_test(module, node)
                yield f"{where} expects a metascope in what is posted: there are scopes now."

    def _pruner(self, changes: Changes) -> Pruner:
        return Pruner(self.resolver, self.effects, self.patches, changes)


def _is_prose(module: Module, node: s.Node) -> bool:
    """A docstring."""
    parent = module.parents[node]
    if isinstance(parent, s.Joined):
        parent = module.parents[parent]
    return isinstance(parent, s.ExprStmt)

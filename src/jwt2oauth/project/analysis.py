"""From the facts of all files to flows, each with a proved rewrite or a reason.

Load what holds a needle, then what imports it; find exchanges; plan those that belong together;
prove each plan by applying it in memory and looking again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..dependencies import Declared
from ..dependencies.imports import Imports
from ..model import Progress
from ..net import Net, NoNet
from ..paths import is_program
from ..python.facts import syntax as s
from ..python.facts.modules import Module
from ..python.facts.parser import Parser
from ..python.following.effects import Effects
from ..python.following.forward import Forward
from ..python.following.offers import Offers
from ..python.leftovers.settings import Unread
from ..python.planning.half_flows import LoneFinder
from ..python.planning.plan import Plan, Planned, Refusal
from ..python.planning.planner import Planner
from ..python.resolve import Resolver
from ..python.roles.exchange import Exchange
from ..python.roles.finder import Finder
from ..python.roles.trace import Tracer
from ..python.roles.unsigned import Unsigned
from ..python.sdks import Login, SdkFinder, SdkPlan
from ..python.settings.metascopes import Wishes
from ..python.writing.changes import Changes, Together
from ..python.writing.wordlists import has_left
from ..records import dataclass
from ..rules.tables import Rules
from ..tree.search import Words
from ..tree.walk import Tree
from .building import Analysis, Builder
from .clearing import Cleared
from .documents import Documents
from .finishing import Finisher, programs_of
from .loading import NOTHING, Known, Loader
from .proving import Proof

if TYPE_CHECKING:
    from ..python.sdks.plan import SdkPlanner

CLAIMS = 1024 * 1024
"""Bytes of a file in which claims are looked for."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the person asked for."""

    client: str = "authlib"
    scopes: str | None = None
    scope_settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def analyse(
    tree: Tree,
    hits: Sequence[str],
    rules: Rules,
    options: Options,
    parser: Parser,
    progress: Progress | None = None,
    words: Words | None = None,
    net: Net | None = None,
) -> Analysis:
    """Find the flows of a tree whose files ``hits`` hold a needle; rewrites are proved.

    With something in the ``net`` all begins anew, without the files that it has set aside; a net that has
    caught enough lets the next thing out.
    """
    net, words = net or NoNet(), words or Words(tree)
    while True:
        known = len(net.aside)
        analysis: Analysis | None = None
        with net.over(""):
            project = _Project(tree, hits, rules, options, progress or _silent, parser, words, net)
            analysis = project.analysis()
        if len(net.aside) == known:
            assert analysis is not None, "nothing was caught"
            return analysis


def _silent(stage: str, done: int, total: int, what: str) -> None:
    pass


class _Project:
    def __init__(
        self,
        tree: Tree,
        hits: Sequence[str],
        rules: Rules,
        options: Options,
        progress: Progress,
        parser: Parser,
        words: Words,
        net: Net,
        known: Known = NOTHING,
    ) -> None:
        self.tree = tree
        self.net = net
        self.progress = progress
        self.rules = rules
        self.options = options
        self.parse = parser
        self.words = words
        self.loader = Loader(tree, hits, rules, parser, words, progress, net, known)
        self.hits, self.index = self.loader.hits, self.loader.index
        self.broken, self.failed = self.loader.broken, self.loader.failed
        self.documents = Documents(tree, hits, net.aside, self.index.is_others)
        self.declared = Declared(tree, rules.dependencies)
        self.resolver = Resolver(self.index, rules, self.documents, net)
        self.finder = Finder(self.resolver, rules)
        self.forward = Forward(self.resolver)
        self.offers = Offers(self.forward, self.loader.published)
        self.effects = Effects(self.resolver, rules)
        self.naming: list[Module] = []
        """Programs that name a file of claims: they may sign them, though nothing in them says so."""
        self.templates = tuple(self._claims_in_files())
        self.tracer = Tracer(self.resolver, self.finder, rules)
        self.finisher = Finisher(self)
        self.sdk_finder = SdkFinder(self.resolver, rules, self.documents, tree.others, self.declared.versions)

    def _claims_in_files(self) -> Iterator[Module]:
        """Files of configuration that hold claims; the programs that name them are loaded."""
        unsigned = Unsigned(self.resolver, self.finder, self.rules)
        for path in self.documents.likely:
            data = self.words.read(path)
            if len(data) > CLAIMS or not _CLAIMS.search(data):
                continue  # reading it would take longer than it is worth
            with self.net.over(path):
                module = self.documents.module(path)
                if module is None or not unsigned.in_file(module):
                    continue
                name = path.rpartition("/")[2]
                self.naming += self.index.mentioning(name, path)[0]
                yield module

    def contents(self, path: str) -> bytes:
        """What a file of the tree holds; nothing, if it cannot be read."""
        return self.words.read(path)

    # -- the answer ---------------------------------------------------------------------------------

    def analysis(self) -> Analysis:
        """Everything, with rewrites."""
        exchanges = self.exchanges()
        wishes = Wishes(
            self.options.client, self.options.scopes, tuple(sorted(self.options.scope_settings.items()))
        )
        planner = self._planner(exchanges, wishes)
        plans = self._plans(planner, exchanges)
        logins = self.logins()
        sdk_planner = self._sdk_planner(planner) if logins else None
        sdk_plans = sdk_planner.plans(logins) if sdk_planner is not None else []
        self._finish(sdk_plans)
        together: list[Planned] = [*plans, *sdk_plans]
        for plan in together:
            modules = [self.index.module(path) for path in programs_of([plan])]
            if plan.refusal is None and not self.loader.has_seen(filter(None, modules)):
                plan.refusal = Refusal("too-many-users", plan.entry)
        with self.resolver.about([*self.loader.begun, *self.naming]):
            alone = LoneFinder(self.resolver, self.finder, self.offers, self.rules)
            lone = alone.find(exchanges, self.templates)
            for plan in plans:
                ways = [alone.unseen(lone, each) for each in plan.exchanges if plan.refusal is None]
                way = next((each for each in ways if each is not None), None)
                if way is not None:
                    plan.refusal = Refusal("assertion-unseen", plan.entry, way)
        self.progress("Proving the rewrites", 0, len(plans), "")
        self._proof(together).run()
        if sdk_planner is not None:
            sdk_plans = self._upon_flows(sdk_planner, plans, sdk_plans)
        others = [plan for plan in sdk_plans if not plan.is_of_our_own]
        sdk_plans = others if plans or others else sdk_plans
        builder = Builder(self, plans, sdk_plans, lone)
        return builder.build()

    def _proof(self, plans: Sequence[Planned]) -> Proof:
        """What holds when it is applied in memory and everything is looked at again."""

        def again(tree: Tree, hits: list[str], words: Words, known: Known) -> _Project:
            return _Project(tree, hits, self.rules, self.options, _silent, self.parse, words, self.net, known)

        return Proof(self, again, plans)

    def _upon_flows(
        self, planner: SdkPlanner, plans: Sequence[Plan], sdk_plans: Sequence[SdkPlan]
    ) -> list[SdkPlan]:
        """Let logins of SDKs go on with the flows of their program: what both needed goes with both."""
        found: list[SdkPlan] = list(sdk_plans)
        for number, alone in enumerate(sdk_plans):
            family = self.index.family
            homes = {family(login.module) for login in alone.logins if is_program(login.module.path)}
            near = [
                p for p in (*plans, *found[:number]) if p.refusal is None and not _is_apart(p, homes, family)
            ]
            is_known = alone.refusal is None or alone.refusal.reason == "sdk-config-shared"
            if not is_known or not any(isinstance(each, Plan) for each in near):
                continue
            with self.net.over(alone.entry.module.path):
                plan = planner.plan(alone.logins, near)
                self._finish([plan])
                if plan.refusal is not None and alone.refusal is not None:
                    alone.refusal = plan.refusal  # which says who stays
                if plan.refusal is not None or (
                    alone.refusal is None and {*plan.edits()} == {*alone.edits()}
                ):
                    continue
                plan.alone, found[number] = alone, plan
                if not self._proof([*plans, *found]).holds():
                    found[number] = alone
                    continue
                for other in near:
                    other.notes = [
                        note for note in other.notes if not _is_answered(note, other, plan.changes)
                    ]
        for left in found:
            for flow in plans if left.refusal is not None else ():
                flow.todos += planner.switched(left, flow.changes) if flow.refusal is None else ()
        return found

    def begins(self, path: str) -> bool:
        """Say whether a flow may begin in a file."""
        return self.loader.begins(path)

    def logins(self) -> list[Login]:
        """Those of SDKs."""
        return self.sdk_finder.logins()

    def exchanges(self) -> list[Exchange]:
        """Those where a flow may begin, and of their kin: other modules were loaded for a word."""
        with self.resolver.about([*self.loader.begun, *self.naming]):
            return self.finder.exchanges()

    def joint(self, plans: Sequence[Planned]) -> Iterator[tuple[list[Planned], list[Unread], Cleared]]:
        """What goes when several plans are carried out, and with none of them alone."""
        return self.finisher.joint(plans)

    def _sdk_planner(self, planner: Planner) -> SdkPlanner:
        from ..python.sdks.plan import SdkPlanner
        from ..python.sdks.readers import FileReaders
        from . import sdk_files  # most projects use none

        return SdkPlanner(
            self.sdk_finder,
            self.forward,
            self.effects,
            self.offers,
            planner.wanted,
            self.rules,
            self.loader.importers_of,
            FileReaders(self.resolver, self.forward, self.tree.others, self.words.read),
            planner.is_own,
            sdk_files.edits,
            self.declared.shares,
            planner.tests,
        )

    def _finish(self, plans: Sequence[SdkPlan]) -> None:
        for plan in plans:
            if plan.refusal is None:
                with self.net.over(plan.entry.module.path):
                    self._required(plan)
                    self.finisher.finish(plan)

    def _required(self, plan: SdkPlan) -> None:
        """Let the manifests ask for the version of each SDK that the change is made for."""
        paths = [login.module.path for login in plan.logins if is_program(login.module.path)]
        for sdk in plan.sdks if paths else ():
            bound = plan.bound(sdk)
            raised = [self.declared.raised(path, sdk.distribution, bound) for path in paths if bound]
            for each in raised:
                plan.additions += [edit for edit in each.edits if edit not in plan.additions]
                plan.todos += [todo for todo in each.todos if todo not in plan.todos]
                plan.notes += [note for note in each.notes if note not in plan.notes]
            if any(each.edits for each in raised):
                self._free(plan, sdk.takes, f"{sdk.distribution} {bound}", paths[0])
            known = self.declared.versions(paths[0], sdk.distribution) is not None
            if bound and not (known or self.declared.installed(paths[0], sdk.distribution)):
                plan.todos.append(f"See that {sdk.distribution}>={bound} is what this runs with.")
            for other in sdk.never_with:
                if any(self.declared.declares(path, other) for path in paths):
                    plan.todos.append(
                        f"{sdk.distribution} and {other} cannot be installed together: let only one of them "
                        "be in the environment in which this runs."
                    )

    def _free(self, plan: SdkPlan, takes: Mapping[str, str], what: str, path: str) -> None:
        """``pyjwt==1.7.1`` beside what wants 2.4.0: nothing could be installed any more."""
        for name, wanted in takes.items():
            freed = self.declared.freed(path, name, wanted, partial(self._is_imported, name, plan))
            plan.additions += freed.edits
            plan.todos += [f"{todo[:-1]}: {what} takes no other." for todo in freed.todos]
            files = ", ".join(dict.fromkeys(edit.path for edit in freed.edits))
            if files:
                plan.notes.append(f"{name} leaves {files}: {what} takes {wanted}.")

    def _is_imported(self, distribution: str, plan: SdkPlan) -> bool:
        """Does a program import it that goes on to, when the flows before ``plan`` are rewritten?"""
        libraries = (row for row in self.rules.dependencies.libraries if row.distribution == distribution)
        modules = {module for row in libraries for module in row.modules}
        paths = Imports(self.words, self.rules.dependencies).importing(modules)
        return any(not plan.upon or self._goes_on(path, modules, plan) for path in paths)

    def _goes_on(self, path: str, names: set[str], plan: SdkPlan) -> bool:
        """Does any import of these modules stay in a program?"""
        module = self.index.module(path) if path in plan.changes.modules else None
        if module is None:
            return True
        brought: list[tuple[s.Node, str]] = [
            (node, node.module) for node in module.each(s.ImportFrom) if not node.level
        ]
        brought += [(each, each.name) for node in module.each(s.Import) for each in node.aliases]
        mine = [node for node, name in brought if name.partition(".")[0] in names]
        return any(not plan.changes.is_dead(module, node) for node in mine) or not mine

    def _planner(self, exchanges: list[Exchange], wishes: Wishes) -> Planner:
        return Planner(
            self.resolver,
            self.forward,
            self.finder,
            self.effects,
            self.rules,
            wishes,
            self.loader.importers_of,
            self.offers,
            exchanges,
            self.declared.declares,
        )

    def _plans(self, planner: Planner, exchanges: list[Exchange]) -> list[Plan]:
        refused: list[Plan] = []
        groups: list[list[Exchange]] = []
        for exchange in exchanges:
            with self.net.over(exchange.entry.module.path):
                refusal = planner.refuses(exchange)
                if refusal is not None:
                    refused.append(Plan([exchange], refusal=refusal))
                else:
                    groups.append([exchange])
        groups = _joined(groups)
        plans: list[Plan] = []
        for number, group in enumerate(groups):
            self.progress("Following the flows", number, len(groups), group[0].entry.module.path)
            with self.net.over(group[0].entry.module.path):
                plans.append(planner.plan(group))
        while True:
            merged = _overlapping(plans)
            if merged is None:
                break
            left, right = merged
            plans = [p for p in plans if p not in (left, right)]
            with self.net.over(left.entry.module.path):
                plans.append(planner.plan([*left.exchanges, *right.exchanges]))
        final: list[Plan] = []
        for plan in plans:
            with self.net.over(plan.entry.module.path):
                final += self._apart(planner, plan) if plan.refusal and len(plan.exchanges) > 1 else [plan]
        good = [plan for plan in final if plan.refusal is None]
        if good:
            self.loader.learn(self.finisher.asked_for([plan.changes for plan in good]))
        together = Together([plan.changes for plan in good])
        for plan in good:
            plan.notes += [n for n, at in plan.asked.items() if not together.is_dead(at.module, at.node)]
            with self.net.over(plan.entry.module.path):
                self.finisher.finish(plan)
            plan.notes = [note for note in plan.notes if not _is_answered(note, plan, plan.changes)]
            plan.todos += map(_to_look_at, self.loader.unexamined(plan.changes.touched))
        return sorted([*final, *refused], key=lambda p: p.exchanges[0].key)

    def _apart(self, planner: Planner, plan: Plan) -> list[Plan]:
        """What cannot be changed together may be changed one by one."""
        singles = [planner.plan([exchange]) for exchange in plan.exchanges]
        taken: set[str] = set()
        for single in singles:
            paths = {m.path for m in single.changes.touched}
            if single.refusal is None and paths & taken:
                single.refusal = Refusal("conflict", single.exchanges[0].entry)
                continue
            taken |= paths
        return singles


def _joined(groups: list[list[Exchange]]) -> list[list[Exchange]]:
    """Exchanges of one module, or of one assertion, belong together."""
    found: list[list[Exchange]] = []
    keys: list[set[object]] = []
    for group in groups:
        mine: set[object] = {e.entry.module.path for e in group}
        mine |= {e.site.node for x in group for e in x.encodings}
        same = [i for i, k in enumerate(keys) if k & mine]
        if not same:
            found.append(list(group))
            keys.append(mine)
            continue
        first = same[0]
        found[first] += group
        keys[first] |= mine
        for other in reversed(same[1:]):
            found[first] += found.pop(other)
            keys[first] |= keys.pop(other)
    return found


def _overlapping(plans: list[Plan]) -> tuple[Plan, Plan] | None:
    for i, left in enumerate(plans):
        for right in plans[i + 1 :]:
            if left.refusal is None and right.refusal is None:
                paths = {m.path for m in left.changes.touched} & {m.path for m in right.changes.touched}
                if paths:
                    return left, right
    return None


def _is_answered(note: str, plan: Planned, changes: Changes) -> bool:
    """Does a note say that something is still asked for which is taken away since?"""
    at = plan.asked.get(note)
    return at is not None and (changes.is_dead(at.module, at.node) or has_left(at.module, changes, at.node))


def _is_apart(plan: Planned, families: set[str], family: Callable[[Module], str]) -> bool:
    """Is nothing that a plan changes kin to these?"""
    programs = [m for m in (plan.entry.module, *plan.changes.touched) if is_program(m.path)]
    return families.isdisjoint(map(family, programs))


_CLAIMS = re.compile(rb"\b(?:iss|aud|sub)\b")


__all__ = ["Analysis", "Options", "analyse"]


def _to_look_at(importer: tuple[str, str]) -> str:
    path, module = importer
    return (
        f"{path} imports {module} and could not be examined: see that it neither takes the lifetime for"
        " milliseconds nor asks for what went."
    )

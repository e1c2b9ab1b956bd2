"""From the facts of all files to flows, each with a proved rewrite or a reason.

Load what holds a needle, then what imports it; find exchanges; plan those that belong together;
prove each plan by applying it in memory and looking again.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType

from .building import Analysis, Builder
from .clearing import Cleared, Clearing, fill_templates, is_telling, mirrored
from .config.documents import kind_of
from .dependencies import Declared, modules_of
from .documents import Documents
from .edits import apply
from .keyfiles import BINARY, holds_key, search_words
from .loading import Loader, Progress
from .model import Edit
from .net import Net, NoNet
from .notebook import Notebook
from .proving import Proof, by_path
from .python import syntax as s
from .python.changes import Changes, Together
from .python.effects import Effects
from .python.emptied import emptied_modules
from .python.exchange import Exchange
from .python.forward import Forward
from .python.index import Module
from .python.leftovers import Leftovers, Unread, listed, removed_names, told
from .python.lone import LoneFinder
from .python.offers import Offers
from .python.parser import Parser
from .python.plan import Plan, Planner, Refusal, Wishes
from .python.rendering import edits_of
from .python.resolve import Resolver
from .python.resolve.shared import is_program
from .python.roles import Finder
from .python.sdks import Login, SdkFinder, SdkPlan
from .python.shared import Orphan, orphans, without
from .python.trace import Tracer
from .python.unsigned import Unsigned
from .records import dataclass
from .rules.tables import Rules
from .search import Words
from .templates import additions, is_template, merged
from .walk import CODE, Tree

SOME = 32
"""Names of key files that are looked for at once."""
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
        same: Mapping[str, Module] = MappingProxyType({}),
    ) -> None:
        self.tree = tree
        self.net = net
        self.progress = progress
        self.rules = rules
        self.options = options
        self.parse = parser
        self.words = words
        self._lines: dict[tuple[str, str], tuple[list[Plan | SdkPlan], Edit]] = {}
        self._read_before: list[tuple[Plan | SdkPlan, dict[object, Unread]]] = []
        self.loader = Loader(tree, hits, rules, parser, words, progress, net, same)
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
        sdk_plans = self._sdk_plans(planner)
        together: list[Plan | SdkPlan] = [*plans, *sdk_plans]
        for plan in together:
            modules = [self.index.module(path) for path in _programs([plan])]
            if plan.refusal is None and not self.loader.has_seen(filter(None, modules)):
                plan.refusal = Refusal("too-many-users", plan.entry)
        self._prove(together)
        with self.resolver.about([*self.loader.begun, *self.naming]):
            alone = LoneFinder(self.resolver, self.finder, self.offers, self.rules)
            lone = alone.find(exchanges, self.templates)
        builder = Builder(self, plans, sdk_plans, lone)
        return builder.build()

    def _prove(self, plans: Sequence[Plan | SdkPlan]) -> None:
        """Refuse what does not hold when it is applied in memory and everything is looked at again."""

        def again(tree: Tree, hits: list[str], words: Words, same: Mapping[str, Module]) -> _Project:
            return _Project(tree, hits, self.rules, self.options, _silent, self.parse, words, self.net, same)

        self.progress("Proving the rewrites", 0, len(plans), "")
        Proof(self, again, plans).run()

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

    def joint(self) -> Iterator[tuple[list[Plan | SdkPlan], list[Unread], Cleared]]:
        """What goes when several plans are carried out, and with none of them alone."""
        good = [(plan, read) for plan, read in self._read_before if plan.refusal is None]
        together = Together([plan.changes for plan, _ in good])
        leftovers = Leftovers(
            self.resolver, self.forward, together, self.loader.mentioned, self.loader.importers_of
        )
        made = [edit for plan, _ in good for edit in plan.edits()]
        groups: dict[tuple[int, ...], list[Unread]] = {}
        for key, each in leftovers.unread_by_key().items() if len(good) > 1 else ():
            users = tuple(number for number, (_, read) in enumerate(good) if key in read)
            if len(users) > 1:
                groups.setdefault(users, []).append(each)
        mixed = len({type(plan) for plan, _ in good}) > 1
        for users, constants in self._shared(together).items() if mixed else ():
            alone = Cleared(edits_of(without(constants)))
            made += alone.edits
            yield [good[number][0] for number in users], [], alone
        for users, unread in groups.items():
            flows = [good[number][0] for number in users]
            with self.net.over(flows[0].entry.module.path):
                paths = self.index.ours(self.tree.others, _programs(flows))
                clearing = Clearing(
                    self.documents, paths, self.resolver, self.forward, together, leftovers, made
                )
                unread = [leftovers.demanded(each) for each in unread]
                cleared = clearing.clear(unread, self._takes_environment)
                made += cleared.edits
                yield flows, unread, cleared

    def _shared(self, together: Together) -> dict[tuple[int, ...], list[Orphan]]:
        """Constants that an SDK and a flow written by hand used; flows written by hand are planned as one."""
        found: dict[tuple[int, ...], list[Orphan]] = {}
        for each in orphans(together, self.forward, self.effects, self.offers):
            found.setdefault(each.users, []).append(each)
        return found

    def _sdk_plans(self, planner: Planner) -> list[SdkPlan]:
        logins = self.logins()
        if not logins:
            return []
        from . import sdk_files  # most projects use none
        from .python.sdks.plan import SdkPlanner
        from .python.sdks.readers import Readers

        plans = SdkPlanner(
            self.sdk_finder,
            self.forward,
            self.effects,
            self.offers,
            planner.wanted,
            self.rules,
            self.loader.importers_of,
            Readers(self.resolver, self.tree.others, self.words.read),
            planner.is_own,
            sdk_files.edits,
            self.declared.shares,
        ).plans(logins)
        for plan in plans:
            if plan.refusal is None:
                with self.net.over(plan.entry.module.path):
                    self._required(plan)
                    self._finish(plan)
        return plans

    def _required(self, plan: SdkPlan) -> None:
        """Let the manifests ask for the version of each SDK that the change is made for."""
        paths = [login.module.path for login in plan.logins if login.module.path.endswith(CODE)]
        for sdk in plan.sdks if paths else ():
            bound = plan.bound(sdk)
            raised = [self.declared.raised(path, sdk.distribution, bound) for path in paths if bound]
            for each in raised:
                plan.additions += [edit for edit in each.edits if edit not in plan.additions]
                plan.todos += [todo for todo in each.todos if todo not in plan.todos]
                plan.notes += [note for note in each.notes if note not in plan.notes]
            known = self.declared.versions(paths[0], sdk.distribution) is not None
            if bound and not (known or self.declared.installed(paths[0], sdk.distribution)):
                plan.todos.append(f"See that {sdk.distribution}>={bound} is what this runs with.")
            for other in sdk.never_with:
                if any(self.declared.declares(path, other) for path in paths):
                    plan.todos.append(
                        f"{sdk.distribution} and {other} cannot be installed together: let only one of them "
                        "be in the environment in which this runs."
                    )

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
            self.loader.learn(self._asked_for([plan.changes for plan in good]))
        for plan in good:
            with self.net.over(plan.entry.module.path):
                self._finish(plan)
        return sorted([*final, *refused], key=lambda p: p.exchanges[0].key)

    def _finish(self, plan: Plan | SdkPlan) -> None:
        """Look over what a plan leaves in configuration and templates."""
        programs = _programs([plan])
        paths = self.index.ours(self.tree.others, programs)
        loaded = {module.path: module for module in self.index.loaded}
        modules = [loaded[path] for path in self.index.ours(loaded, programs)]
        fill_templates(plan.changes, self.documents, paths, plan.settings, modules)
        plan.additions += self._template_lines(plan, paths)
        copied = mirrored(self.documents, paths, plan.edits())
        plan.additions += [edit for edit in copied if edit not in plan.additions]
        leftovers = Leftovers(
            self.resolver, self.forward, plan.changes, self.loader.mentioned, self.loader.importers_of
        )
        self._read_before.append((plan, leftovers.read_before()))
        plan.deleted += emptied_modules(plan.changes, self.index, self.loader.importers_of)
        unread = leftovers.unread()
        unread += plan.unneeded if isinstance(plan, SdkPlan) else []
        clearing = Clearing(
            self.documents, paths, self.resolver, self.forward, plan.changes, leftovers, plan.edits()
        )
        emptied = clearing.unread_claims(self.templates)
        plan.additions += emptied
        plan.deleted += [edit.path for edit in emptied]
        cleared = clearing.clear(unread, self._takes_environment)
        plan.unread += [e.name for e in unread if e.variable or (e.item is None and is_telling(e.name))]
        plan.unread += cleared.telling
        plan.additions += cleared.edits
        plan.notes += [*leftovers.notes, *cleared.notes]
        secrets = self._unfetched(plan) if isinstance(plan, Plan) else []
        plan.todos += [*told(unread, plan.preminted, secrets), *cleared.todos, *self._empty_cells(plan)]
        plan.todos += self._chosen_keys(plan) if isinstance(plan, Plan) else ()
        for path in sorted({edit.path for edit in plan.edits()} & self.documents.absent.keys()):
            name = self.documents.absent[path]
            plan.todos.append(f"Change {name} as {path} changes, wherever it is kept: it is not here.")

    def _unfetched(self, plan: Plan) -> list[str]:
        """Secrets that nothing fetches any more; those with telling names are looked for in deployment."""
        encodings = [encoding for exchange in plan.exchanges for encoding in exchange.encodings]
        secrets = self.tracer.stores.unfetched(encodings, plan.changes)
        plan.unread += filter(is_telling, secrets)
        return secrets

    def _chosen_keys(self, plan: Plan) -> Iterator[str]:
        """Files of which one is chosen at run time to read the key from."""
        encodings = [encoding for exchange in plan.exchanges for encoding in exchange.encodings]
        for pattern, module in dict.fromkeys(self.tracer.patterns(encodings)):
            folder = module.path.rpartition("/")[0]
            ends = [pattern, f"{folder}/{pattern}".lstrip("/")]
            found = [
                path
                for path in self.tree.others
                if any(_fits(path, end) for end in ends) and holds_key(path, self.contents(path))
            ]
            if found:
                them = "it" if len(found) == 1 else "them"
                yield (
                    f"Delete {listed(found)}, if nothing else needs {them}: "
                    f"the private key was read from {pattern}, whichever was chosen."
                )

    def _asked_for(self, changes: Sequence[Changes]) -> Iterator[str]:
        """What all files will be searched for when flows change so."""
        for each in changes:
            yield from removed_names(each)
        yield from (document.path.rpartition("/")[2] for document in self.documents.used)
        declared = modules_of(self.rules.dependencies)
        touched = (module for each in changes for module in each.touched)
        yield from declared & {name.partition(".")[0] for module in touched for name in _imported(module)}
        keys = [path for path in self.tree.others if path.endswith((*BINARY, ".pem"))]
        for key in keys if len(keys) <= SOME else ():
            yield key.rpartition("/")[2]
            yield from search_words(key)
        if any(kind_of(path) == "env" or is_template(path) for path in self.tree.others):
            yield _ALL_VARIABLES

    def _empty_cells(self, plan: Plan | SdkPlan) -> Iterator[str]:
        """Cells of which nothing is left stay, as do those around them; a person takes them away."""
        for path, edits in by_path(plan.edits()).items():
            if path.endswith(Notebook.SUFFIX):
                notebook = Notebook(self.tree.read(path))
                cells = [str(number) for number in notebook.emptied(apply(notebook.text, edits))]
                if cells:
                    what = f"Cell {cells[0]} of {path} is empty now: delete it."
                    if len(cells) > 1:
                        what = f"Cells {', '.join(cells)} of {path} are empty now: delete them."
                    yield what

    def _template_lines(self, plan: Plan | SdkPlan, paths: Sequence[str]) -> list[Edit]:
        """``.env.example`` gains what the code now reads from the environment."""
        found: dict[tuple[str, str], None] = {}
        for setting in plan.settings:
            if setting.variable and setting.sibling:
                name, value = setting.variable, setting.value
                for edit in additions(self.documents, paths, setting.sibling, name, value):
                    found[edit.path, name.upper()] = None
                    self._set_once(plan, name.upper(), edit)
        return [self._lines[key][1] for key in found]

    def _set_once(self, plan: Plan | SdkPlan, name: str, edit: Edit) -> None:
        """Let plans that set the same variable in the same file share the line."""
        plans, there = self._lines.get((edit.path, name), ([], edit))
        line = merged(there, edit)
        for other in plans if line != there else ():
            other.additions = [line if each == there else each for each in other.additions]
        self._lines[edit.path, name] = ([*plans, plan], line)

    def _takes_environment(self) -> bool:
        """Does a program that is not loaded take all variables of the environment at once?"""
        loaded = {module.path for module in self.index.loaded}
        takers = self.loader.mentioning((_ALL_VARIABLES,), _ENVIRONMENT, None)
        return any(path not in loaded for path in takers)

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


def _programs(plans: Sequence[Plan | SdkPlan]) -> list[str]:
    """The paths of the modules that plans change, and in which their flows begin."""
    modules = (module for plan in plans for module in (plan.entry.module, *plan.changes.touched))
    return list(dict.fromkeys(module.path for module in modules if is_program(module.path)))


def _imported(module: Module) -> Iterator[str]:
    for node in module.nodes.get(s.Import, ()):
        assert isinstance(node, s.Import)
        yield from (alias.name for alias in node.aliases)
    for node in module.nodes.get(s.ImportFrom, ()):
        assert isinstance(node, s.ImportFrom)
        yield node.module


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


def _fits(path: str, pattern: str) -> bool:
    """Does a path fit a pattern, folder by folder?"""
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)


_ALL_VARIABLES = "os.environ"
_ENVIRONMENT = re.compile(rb"(?<![\"'] in )\bos\.environ\b(?!\s*(?:\[|\.\s*(?:get|setdefault|pop)\b))")
_CLAIMS = re.compile(rb"\b(?:iss|aud|sub)\b")


__all__ = ["Analysis", "Options", "analyse", "s"]

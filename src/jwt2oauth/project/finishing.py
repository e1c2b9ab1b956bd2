"""What plans leave in configuration, templates and notebooks, when they are complete: cleared, or told."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterator, Sequence

from ..config.documents import kind_of
from ..dependencies import modules_of
from ..edits import apply
from ..model import Edit
from ..notebook import Notebook
from ..paths import is_program
from ..python.facts import syntax as s
from ..python.facts.modules import Module
from ..python.facts.values import Fields, Site
from ..python.following.lookups import ASKS
from ..python.leftovers.samples import still_made
from ..python.leftovers.settings import Unread, listed, told
from ..python.leftovers.unread import Leftovers, removed_names
from ..python.mocks.environment import Environment
from ..python.mocks.unset import Unset
from ..python.planning.plan import Plan, Planned
from ..python.prose.outdated import emptied_modules, still_named
from ..python.roles.secret_stores import signed_with
from ..python.roles.trace import label_of
from ..python.sdks import SdkPlan
from ..python.writing.changes import Changes, Together
from .clearing import Cleared, Clearing, fill_templates, is_telling, mirrored
from .keyfiles import BINARY, holds_key, search_words
from .known import Known
from .named_in_tests import NamedInTests, test_of
from .proving import by_path
from .templates import additions, is_template, merged

_NAMED = 6
"""Places that are named; of the others only the number."""
SOME = 32
"""Names of key files that are looked for at once."""
_ALL_VARIABLES = "os.environ"
_ENVIRONMENT = re.compile(rb"(?<![\"'] in )\bos\.environ\b(?!\s*(?:\[|\.\s*(?:get|setdefault|pop)\b))")


class Finisher:
    """Looks over what plans leave, one after the other; one per project."""

    def __init__(self, known: Known) -> None:
        """Look at nothing yet."""
        self.known = known
        self._named = NamedInTests(known)
        self._lines: dict[tuple[str, str], tuple[list[Planned], Edit]] = {}
        self._read_before: list[tuple[Planned, dict[object, Unread]]] = []
        self._unread: dict[int, list[Unread]] = {}
        """What was found to be unread after each plan."""

    def finish(self, plan: Planned) -> None:
        """Look over what a plan leaves in configuration and templates."""
        programs = programs_of([plan])
        paths = self.known.index.ours(self.known.tree.others, programs)
        loaded = {module.path: module for module in self.known.index.loaded}
        modules = [loaded[path] for path in self.known.index.ours(loaded, programs)]
        tests = [module for module in modules if self.known.resolver.is_test(module)]
        self._fill(plan, paths, modules)
        leftovers = self._leftovers(plan.changes)
        self._read_before.append((plan, leftovers.read_before()))
        code, importers = self.known.tree.code_paths, self.known.loader.importers_of
        for path, by in emptied_modules(plan.changes, self.known.index, importers, code):
            plan.deleted += [path] if by is None else []
            plan.todos += [still_named(path, by)] if by is not None else []
        unread = leftovers.unread()
        said = [each for other in plan.upon for each in self._unread.get(id(other), ())]
        self._unread[id(plan)] = unread = [each for each in unread if each not in said]
        if isinstance(plan, Plan):
            names = {e.name for e in unread if e.still is None and (e.variable or e.item is None)}
            Unset(self.known.effects, plan.changes).forget(tests, names)
            self._set_in_tests(plan, tests)
        unread += plan.unneeded if isinstance(plan, SdkPlan) else []
        cleared = self._clear(plan, paths, leftovers, unread)
        if isinstance(plan, Plan):
            documents, unset = (
                {document for document, _ in cleared.taken},
                Unset(self.known.effects, plan.changes),
            )
            unset.forget_items(tests, cleared.telling, lambda site: self._comes_from(site, documents))
            plan.todos = unset.still_told(tests, plan.todos)
        self._tell(plan, leftovers, unread, cleared)

    def _fill(self, plan: Planned, paths: Sequence[str], modules: Sequence[Module]) -> None:
        """Put what is wanted from now on into templates, and what changed into copies of its file."""
        plan.todos += fill_templates(
            plan.changes, self.known.documents, paths, plan.settings, modules, self.known.forward
        )
        plan.additions += self._template_lines(plan, paths)
        copied = mirrored(self.known.documents, paths, plan.edits())
        plan.additions += [edit for edit in copied if edit not in plan.additions]

    def _clear(
        self, plan: Planned, paths: Sequence[str], leftovers: Leftovers, unread: Sequence[Unread]
    ) -> Cleared:
        """Clear configuration of what is unread, and say what that leaves."""
        made = [edit for each in (plan, *plan.upon) for edit in each.edits()]
        clearing = self._clearing(paths, plan.changes, leftovers, made)
        emptied = clearing.unread_claims(self.known.templates)
        plan.additions += emptied
        plan.deleted += [edit.path for edit in emptied]
        cleared = clearing.clear(unread, self._takes_environment)
        free = [e for e in unread if e.still is None or not ASKS.search(e.still.module.text)]
        plan.unread += [e.name for e in free if e.variable or (e.item is None and is_telling(e.name))]
        plan.unread += [*cleared.telling, *self._gone(plan.changes)]
        return cleared

    def _tell(self, plan: Planned, leftovers: Leftovers, unread: Sequence[Unread], cleared: Cleared) -> None:
        """Say what a person has to know and to do about all that."""
        plan.resting += cleared.resting
        plan.additions += cleared.edits
        plan.notes += [*leftovers.notes, *cleared.notes]
        secrets = self._unfetched(plan)
        left = [e for e in unread if e.still is None and e.item is None]
        named = [e.name for e in left if is_telling(e.name) or (e.variable and "_" in e.name)]
        named = [name for name in named if not self._is_in_a_table(plan, name)]
        dropped = plan.unread if isinstance(plan, SdkPlan) else []
        names = [*cleared.telling, *named, *leftovers.undemanded, *dropped]
        plan.todos += [
            *self._named.keys(plan, names, secrets, cleared.taken, self._read_before[-1][1].values()),
            *told(unread, plan.preminted, secrets),
            *leftovers.doubts,
            *cleared.todos,
            *self._still_made(plan, {name for _, name in cleared.resting}, unread),
            *self._empty_cells(plan),
        ]
        plan.unread += filter(is_telling, self._named.lost_constants(plan))
        if isinstance(plan, Plan):
            plan.unread += filter(is_telling, plan.lost_fields)
            plan.todos += [*self._named_still(plan, {each.name for each in unread}), *self._chosen_keys(plan)]
        plan.notes += self._in_docstrings(plan)
        said = {text for each in plan.upon for text in (*each.notes, *each.todos)}
        plan.notes = [note for note in plan.notes if note not in plan.todos and note not in said]
        reasons = {test_of(todo) for todo in plan.todos if " expects an error because " in todo}
        said |= {t for t in plan.todos if " expects an error that " in t and test_of(t) in reasons}
        plan.todos = [todo for todo in plan.todos if todo not in said]
        for path in sorted({edit.path for edit in plan.edits()} & self.known.documents.absent.keys()):
            name = self.known.documents.absent[path]
            plan.todos.append(f"Change {name} as {path} changes, wherever it is kept: it is not here.")

    def _leftovers(self, changes: Changes) -> Leftovers:
        loader, wants = self.known.loader, self.known.sdk_finder.wants
        resolver, forward = self.known.resolver, self.known.forward
        return Leftovers(resolver, forward, changes, loader.mentioned, loader.importers_of, wants)

    def _clearing(
        self, paths: Sequence[str], changes: Changes, leftovers: Leftovers, made: Sequence[Edit]
    ) -> Clearing:
        known = self.known
        return Clearing(known.documents, paths, known.resolver, known.forward, changes, leftovers, made)

    def _set_in_tests(self, plan: Plan, tests: Sequence[Module]) -> None:
        """Tests of the settings alone set what the program needs now, as those of the exchange do."""
        for setting in plan.settings:
            if setting.variable and not setting.value:
                environment = Environment(self.known.resolver, self.known.rules, plan.changes, None)
                environment.add(tests, [setting.sibling], setting)

    def _comes_from(self, site: Site, documents: Collection[Module]) -> bool:
        """Is it a mapping that was read from one of these files?"""
        found = (value for value in self.known.resolver.resolve(site) if isinstance(value, Fields))
        return any(entry.site.module in documents for value in found for entry in value.entries)

    def _is_in_a_table(self, plan: Planned, name: str) -> bool:
        """Does a table of the program keep an entry of this name, for a test to look at?"""
        modules = (m for m in self.known.index.kin([plan.entry.module]) if is_program(m.path))
        return any(
            isinstance(node, s.Str) and node.value == name and not plan.changes.is_dead(module, node)
            for module in modules
            if not self.known.resolver.is_test(module) and module.holds(name)
            for item in module.each(s.Item)
            for node in (item.key,)
        )

    def _unfetched(self, plan: Planned) -> list[str]:
        """Secrets that nothing fetches any more; those with telling names are looked for in deployment."""
        secrets = self.known.tracer.stores.unfetched(self._lost_parts(plan), plan.changes)
        plan.unread += filter(is_telling, secrets)
        return secrets

    def _lost_parts(self, plan: Planned) -> Iterator[Site]:
        """What the login with the JWT credential was made of."""
        if isinstance(plan, Plan):
            for encoding in (each for exchange in plan.exchanges for each in exchange.encodings):
                yield from signed_with(encoding)
        for login in plan.logins if isinstance(plan, SdkPlan) else ():
            yield from login.lost(self.known.resolver)

    def _gone(self, changes: Changes) -> Iterator[str]:
        """Functions and classes of the program that are gone: documentation may show them, scripts call them.

        Where the name says too little, with that of its module.
        """
        gone: dict[str, list[str]] = {}
        alive: set[str] = set()
        for module in self.known.index.loaded:
            for node in module.each(s.FuncDef, s.ClassDef):
                if not changes.is_dead(module, node):
                    alive.add(node.name)
                elif not self.known.resolver.is_test(module) and not node.name.startswith("_"):
                    home = module.path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
                    is_above = module.scope(node).is_module
                    ways = [f"{home}.{node.name}", f"{home} import {node.name}"] if is_above else []
                    gone.setdefault(node.name, []).extend([node.name] if is_telling(node.name) else ways)
        yield from (way for name, ways in gone.items() if name not in alive for way in ways)

    def _named_still(self, plan: Plan, said: Collection[str]) -> Iterator[str]:
        """Secrets that nothing fetches any more, where what fills the store or lists it still names them."""
        named = self.known.tracer.stores.still_named(self._lost_parts(plan), plan.changes)
        telling = {name: sites for name, sites in named.items() if is_telling(name) and name not in said}
        plan.unread += telling
        sites = [site for each in telling.values() for site in each]
        is_test = self.known.resolver.is_test
        sites.sort(key=lambda each: (is_test(each.module), each.module.path, each.node.span))
        places = list(dict.fromkeys(label_of(site.module, site.node) for site in sites))
        if places:
            more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
            where = ", ".join(places[:_NAMED]) + more
            them = "it is" if len(telling) == 1 else "they are"
            yield f"Nothing here fetches {listed(list(telling))} any more, but {them} still named: {where}."

    def _in_docstrings(self, plan: Planned) -> Iterator[str]:
        """Settings that went, where a docstring beside the change tells of them: ``tech_id and key_path``."""
        gone = "|".join(re.escape(name) for name in dict.fromkeys(plan.unread) if "_" in name)
        if not gone:
            return
        word = re.compile(rf"(?<![\w.])(?:{gone})(?!\w)")
        made = [(edit.path, edit.span) for edit in plan.edits()]
        named: dict[str, None] = {}
        places: dict[str, None] = {}
        for module in plan.changes.touched:
            texts = (s.docstring(node) for node in s.walk(module.source)) if is_program(module.path) else ()
            for text in texts:
                if text is None or self.known.resolver.is_test(module):
                    continue
                for match in word.finditer(module.text, text.span.start, text.span.end):
                    at = match.start()
                    if any(match[0] in note and label_of(module, text) in note for note in plan.notes):
                        continue  # it is told as a definition that went
                    if not any(path == module.path and span.start <= at < span.end for path, span in made):
                        named[match[0]] = None
                        places[label_of(module, text)] = None
        if named:
            yield f"A docstring still names {listed(list(named))}: {', '.join(places)}."

    def _still_made(self, plan: Planned, names: Collection[str], unread: Sequence[Unread]) -> Iterator[str]:
        """What programs make for keys that stay, as the whole is taken; a module that has the key is told."""
        told = {(each.name, each.item.module) for each in unread if each.item is not None}
        index, is_test = self.known.index, self.known.resolver.is_test
        ours = [m for m in index.kin([plan.entry.module]) if is_program(m.path) and not is_test(m)]
        for name, site in still_made(ours, plan.changes, names):
            where = label_of(site.module, site.node)
            if (name, site.module) not in told:
                yield f"{where} still makes {name}, which no flow needs any more: take it out there."

    def _chosen_keys(self, plan: Plan) -> Iterator[str]:
        """Files of which one is chosen at run time to read the key from."""
        encodings = [encoding for exchange in plan.exchanges for encoding in exchange.encodings]
        for pattern, module in dict.fromkeys(self.known.tracer.patterns(encodings)):
            folder = module.path.rpartition("/")[0]
            ends = [pattern, f"{folder}/{pattern}".lstrip("/")]
            found = [
                path
                for path in self.known.tree.others
                if any(_fits(path, end) for end in ends) and holds_key(path, self.known.contents(path))
            ]
            if found:
                them = "it" if len(found) == 1 else "them"
                yield (
                    f"Delete {listed(found)}, if nothing else needs {them}: "
                    f"the private key was read from {pattern}, whichever was chosen."
                )

    def asked_for(self, changes: Sequence[Changes]) -> Iterator[str]:
        """What all files will be searched for when flows change so."""
        for each in changes:
            yield from removed_names(each, self.known.resolver)
        yield from (document.path.rpartition("/")[2] for document in self.known.documents.used)
        declared = modules_of(self.known.rules.dependencies)
        touched = (module for each in changes for module in each.touched)
        yield from declared & {name.partition(".")[0] for module in touched for name in _imported(module)}
        keys = [path for path in self.known.tree.others if path.endswith((*BINARY, ".pem"))]
        for key in keys if len(keys) <= SOME else ():
            yield key.rpartition("/")[2]
            yield from search_words(key)
        if any(kind_of(path) == "env" or is_template(path) for path in self.known.tree.others):
            yield _ALL_VARIABLES

    def _empty_cells(self, plan: Planned) -> Iterator[str]:
        """Cells of which nothing is left stay, as do those around them; a person takes them away."""
        for path, edits in by_path(plan.edits()).items():
            if path.endswith(Notebook.SUFFIX):
                notebook = Notebook(self.known.tree.read(path))
                numbers = notebook.emptied(apply(notebook.text, edits))
                cells = [str(number) for number in numbers]
                above = [str(number) for number in notebook.headings(numbers)]
                what = f"Cell {''.join(cells)} of {path} is empty now: delete it"
                if len(cells) > 1:
                    what = f"Cells {', '.join(cells)} of {path} are empty now: delete them"
                if above:
                    what += (
                        f", and see to what is said above (cell{'s' * (len(above) > 1)} {', '.join(above)})"
                    )
                yield from [f"{what}."] if cells else []

    def _template_lines(self, plan: Planned, paths: Sequence[str]) -> list[Edit]:
        """``.env.example`` gains what the code now reads from the environment."""
        found: dict[tuple[str, str], None] = {}
        for setting in plan.settings:
            if setting.variable and setting.sibling:
                name, value = setting.variable, setting.value
                for edit in additions(self.known.documents, paths, setting.sibling, name, value):
                    found[edit.path, name.upper()] = None
                    self._set_once(plan, name.upper(), edit)
        return [self._lines[key][1] for key in found]

    def _set_once(self, plan: Planned, name: str, edit: Edit) -> None:
        """Let plans that set the same variable in the same file share the line."""
        plans, there = self._lines.get((edit.path, name), ([], edit))
        line = merged(there, edit)
        for other in plans if line != there else ():
            other.additions = [line if each == there else each for each in other.additions]
        self._lines[edit.path, name] = ([*plans, plan], line)

    def _takes_environment(self) -> bool:
        """Does a program that is not loaded take all variables of the environment at once?"""
        loaded = {module.path for module in self.known.index.loaded}
        takers = self.known.loader.mentioning((_ALL_VARIABLES,), _ENVIRONMENT, None)
        return any(path not in loaded for path in takers)

    def joint(self, plans: Collection[Planned]) -> Iterator[tuple[list[Planned], list[Unread], Cleared]]:
        """What goes when several of these plans are carried out, and with none of them alone."""
        done = {id(plan) for plan in plans if plan.refusal is None}
        good = [(plan, read) for plan, read in self._read_before if id(plan) in done]
        upon = set().union(*(read for plan, read in good if plan.upon))
        together = Together([plan.changes for plan, _ in good])
        leftovers = self._leftovers(together)
        made = [edit for plan, _ in good for edit in plan.edits()]
        groups: dict[tuple[int, ...], list[Unread]] = {}
        for key, each in leftovers.unread_by_key().items() if len(good) > 1 else ():
            users = tuple(number for number, (_, read) in enumerate(good) if key in read)
            if len(users) > 1 and key not in upon:
                groups.setdefault(users, []).append(each)
        for users, unread in groups.items():
            flows = [good[number][0] for number in users]
            with self.known.net.over(flows[0].entry.module.path):
                paths = self.known.index.ours(self.known.tree.others, programs_of(flows))
                clearing = self._clearing(paths, together, leftovers, made)
                unread = [leftovers.demanded(each) for each in unread]
                cleared = clearing.clear(unread, self._takes_environment)
                made += cleared.edits
                yield flows, unread, cleared


def programs_of(plans: Sequence[Planned]) -> list[str]:
    """The paths of the modules that plans change, and in which their flows begin."""
    modules = (module for plan in plans for module in (plan.entry.module, *plan.changes.touched))
    return list(dict.fromkeys(module.path for module in modules if is_program(module.path)))


def _imported(module: Module) -> Iterator[str]:
    for node in module.each(s.Import):
        yield from (alias.name for alias in node.aliases)
    for stmt in module.each(s.ImportFrom):
        yield from () if stmt.level else (stmt.module,)


def _fits(path: str, pattern: str) -> bool:
    """Does a path fit a pattern, folder by folder?"""
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)

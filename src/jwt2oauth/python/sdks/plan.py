"""Plans for logins through SDKs: what changes in code and configuration, or why nothing does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from ...model import Edit
from ...paths import is_program
from ...rules.tables import Rules
from ...sdk import Sdk, SdkBuilder, SdkCall, SdkFile
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from ..following.effects import Effects
from ..following.forward import Forward
from ..following.offers import Offers
from ..leftovers.settings import Unread, listed
from ..mocks.checks import is_check
from ..mocks.patches import stands_for_nothing
from ..mocks.prune import Pruner
from ..mocks.tests import Moved, Tests
from ..planning.plan import Planned, Refusal
from ..prose.outdated import overwritten
from ..prose.remarks import Remarks
from ..resolve import Resolver
from ..roles.trace import label_of
from ..settings.beside_client import Settings
from ..settings.entries import add_to_document
from ..settings.metascopes import scopes_todo
from ..settings.setting import Setting, quote_at
from ..settings.wanted_scopes import Wanted
from ..sweep import Sweep
from ..sweep.kept import Kept
from ..writing.answers import NoAnswer
from ..writing.changes import Changes
from ..writing.imports import Own, place_imports
from . import documents
from .calls import CallWriter
from .chains import ChainWriter
from .companions import Companions
from .find import Config, Login, SdkFinder, chain
from .names import Names
from .planned import SdkPlan
from .readers import FileReaders

PLACEHOLDER = "<scopes>"
"""What stands in a configuration file where nobody publishes the scopes, as in the SDKs' own templates."""


class SdkPlanner:
    """Plans; one per project."""

    def __init__(
        self,
        finder: SdkFinder,
        forward: Forward,
        effects: Effects,
        offers: Offers,
        wanted: Wanted,
        rules: Rules,
        importers: Callable[[str], bool],
        readers: FileReaders,
        is_own: Own,
        rewritten: Callable[[Module, SdkFile, str], list[Edit] | None],
        shares: Callable[[str, str, str], bool],
        tests: Tests,
    ) -> None:
        self.finder = finder
        self.resolver: Resolver = finder.resolver
        self.forward = forward
        self.effects = effects
        self.offers = offers
        self.wanted = wanted
        self.rules = rules
        self.importers = importers
        self.readers = readers
        self.is_own = is_own
        self.rewritten = rewritten
        """Gives the edits of a configuration file, or None where they are not certain."""
        self.shares = shares
        """Says whether the same line installs a distribution for two files."""
        self.tests = tests

    def plans(self, logins: Sequence[Login]) -> list[SdkPlan]:
        """One plan for logins of one module or one configuration file."""
        self._known = [
            site.node for module in self.resolver.index.loaded for site, name in self.finder.called(module)
            if self._takes_files(name)
        ]  # fmt: skip
        plans = []
        for group in _grouped(logins):
            with self.resolver.net.over(group[0].site.module.path):
                plans.append(self.plan(group))
        return plans

    def _takes_files(self, name: str) -> bool:
        _, row = self.finder.calls[name]
        return isinstance(row, SdkBuilder) or row.file is not None

    def plan(self, logins: list[Login], upon: Sequence[Planned] = ()) -> SdkPlan:
        """Plan logins that belong together; what the plans remove that are carried out before is gone."""
        with self.resolver.about(login.module for login in logins):
            return self._planned(logins, upon)

    def _planned(self, logins: list[Login], upon: Sequence[Planned]) -> SdkPlan:
        plan = SdkPlan(logins, upon=list(upon), changes=Changes.upon([each.changes for each in upon]))
        self.effects.gone = plan.changes.is_dead
        try:
            for login in logins:
                self._check(login, plan.changes)
            for login in logins:
                self._login(login, plan)
            self._configs(plan)
            for sdk in plan.sdks:
                self._companions(sdk, plan)
                plan.notes += sdk.notes
            self._sweep(plan)
            plan.todos += self._expected_by_tests(plan)
        except NoAnswer as error:
            step = error.sdk.workaround if isinstance(error, _JwtOnly) else ""
            plan.refusal = Refusal(error.reason, error.site, error.detail, next_step=_sentence(step))
            plan.is_of_our_own = error.reason == "sdk-config-shared" and all(
                isinstance(login.row, SdkFile) and all(map(self.readers.is_of_our_own, login.configs))
                for login in logins
            )
            plan.changes, plan.additions = Changes(), []
        return plan

    def _check(self, login: Login, changes: Changes) -> None:
        """Refuse what is not to be changed here."""
        row = login.row
        if login.sdk.workaround:
            raise _JwtOnly(login)
        if login.is_handed_on:
            raise NoAnswer("sdk-call-unknown", login.site, "it is handed on, to be called elsewhere")
        if login.unseen is not None and not login.configs:
            raise NoAnswer("sdk-config-unknown", login.site, self._what_is_asked_of_others(login))
        if login.beside_oauth:
            raise NoAnswer("public-choice", login.site)
        if isinstance(row, SdkCall):
            for parameter, text in row.manual.items():
                if parameter in login.given:
                    raise NoAnswer("sdk-call-unknown", login.site, text)
        for config in login.configs:
            if documents.top(config.module) is None and not login.sdk.lists:
                raise NoAnswer("sdk-config-unknown", login.site, _what_to_change(login))
            other = ""
            if isinstance(row, SdkFile):
                other = self.readers.own(config)
            elif not isinstance(row, SdkBuilder):
                other = self.readers.other(config, self._known, changes)
            if other:
                raise NoAnswer("sdk-config-shared", Site(config.module, config.keys[0]), f"see {other}")

    def _what_is_asked_of_others(self, login: Login) -> str:
        """What a person does in a file that is not here, and where a program of ours may write it."""
        file = login.row.file if isinstance(login.row, SdkCall) else None
        written = self._written_at(login, file) if file is not None else []
        return _what_to_change(login) + (f"; see what {listed(written)} writes" if written else "")

    def _login(self, login: Login, plan: SdkPlan) -> None:
        row = login.row
        default, origins = self.wanted.table.scopes(login.sdk.metascopes, ())
        if isinstance(row, SdkCall):
            setting = self._setting(login, row, plan, default, origins) if row.scopes else None
            writer = CallWriter(self.resolver, self.forward, plan.changes)
            writer.login(login, setting)
            for key, entry in login.entries(self.resolver):
                if not is_program(entry.site.module.path) and isinstance(entry.site.node, s.Item):
                    plan.unneeded.append(Unread(key, item=entry.site))
        elif isinstance(row, SdkBuilder):
            ChainWriter(plan.changes).login(login)
            plan.todos += self._kept_elsewhere(login, row)
        if login.unseen and login.configs:
            plan.todos.append(f"Where {login.unseen} is kept, {_what_to_change(login)}.")

    def _kept_elsewhere(self, login: Login, row: SdkBuilder) -> Iterator[str]:
        """What is left in a file that a builder read and that is not here, or in what writes it."""
        if row.file is None or login.configs or row.reads not in {name for name, _ in chain(login.site)}:
            return
        gone, here = f"Take {listed(row.file.drop)} out of", label_of(login.module, login.site.node)
        written = self._written_at(login, row.file)
        for place in written:
            yield f"{gone} what is written at {place}, with all that only it needs: nothing reads it."
        if not written:
            yield f"{gone} the file that is read at {here}, wherever it is kept."

    def _written_at(self, login: Login, file: SdkFile) -> list[str]:
        """Where a program has a mapping with the keys of the JWT credential: it may make the file of it."""
        return [
            label_of(module, item)
            for module in self.resolver.index.loaded
            if self.resolver.index.ours([module.path], [login.module.path])
            for item in module.each(s.Item)
            if isinstance(item.key, s.Str) and item.key.value in file.jwt
        ]

    def _setting(
        self, login: Login, row: SdkCall, plan: SdkPlan, default: str | None, origins: list[str]
    ) -> Setting | None:
        """The scopes beside the client id, in the way in which this code gets it."""
        names = Names(self.resolver)
        if names.given(login.site, row, row.scopes) is not None:
            return None
        place = next(iter(login.given.values())).written
        quote = quote_at(place) or place.module.quote()
        settings = Settings(self.resolver, self.forward, plan.changes, default, quote)
        client = names.given(login.site, row, row.client_id)
        made = settings.make(client.value, place) if client is not None else settings.words.plain(place)
        if made.imports_os:
            plan.changes.add_import(place.module, "import os", "os", "os")
        plan.settings.append(made)
        plan.todos.append(scopes_todo(default, origins, made))
        return made

    def _configs(self, plan: SdkPlan) -> None:
        """Change each configuration file once, for all that read it."""
        found: dict[str, list[tuple[Login, Config]]] = {}
        for login in plan.logins:
            for config in login.configs:
                found.setdefault(config.module.path, []).append((login, config))
        asked: dict[tuple[str, str | None, tuple[str, ...]], list[str]] = {}
        for path, uses in found.items():
            metascopes = dict.fromkeys(name for login, _ in uses for name in login.sdk.metascopes)
            default, origins = self.wanted.table.scopes(metascopes, ())
            name = self._config(uses, plan, default)
            plan.todos += (held := documents.held(uses[0][1].module, name))
            if name and not held:
                asked.setdefault((name, default, tuple(origins)), []).append(path)
        for (name, scopes, reasons), paths in asked.items():
            where = f'"{name}" in {listed(paths)}' if scopes is None else ""
            what = f" in {listed(paths)}" if scopes is not None else ""
            plan.todos.append(scopes_todo(scopes, list(reasons), Setting((), where), what))

    def _config(self, uses: list[tuple[Login, Config]], plan: SdkPlan, default: str | None) -> str:
        """Change a configuration file, if nobody else lives from what goes; the key that holds scopes now."""
        login, config = uses[0]
        path, rows = config.module.path, [each.row for _, each in uses]
        if isinstance(login.row, SdkBuilder):
            other = self.readers.other(config, self._known, plan.changes)
            if other:
                kept = ", ".join(config.row.jwt)
                plan.notes.append(f"{path} keeps {kept}: something else reads it ({other}).")
                return ""
        row = replace(rows[0], drop=tuple(dict.fromkeys(key for each in rows for key in each.drop)))
        gained, asked = plan.changes.gained(config.module, row.scopes), row.scopes
        for item in gained if default is not None else ():  # a flow that goes before brings its own
            add_to_document(plan.changes, Site(config.module, item), asked, default or "")
        if any((module, name) == (config.module, asked) for module, _, name in plan.changes.awaited):
            asked = ""
        if gained or not asked:
            row = replace(row, scopes="")
        made = self.rewritten(config.module, row, default or PLACEHOLDER)
        if made is None:
            site = Site(config.module, config.keys[0])
            raise NoAnswer("sdk-call-unknown", site, "this file cannot be taken apart for certain")
        plan.additions += made
        plan.notes.append(f"{path} loses what only the JWT credential needed.")
        entries, sets = documents.items(config.module), documents.sets(config.module)
        lost = {before + key: key for key in row.drop for before in sets if before + key in entries}
        plan.unread += [key.rpartition(".")[2] for key in dict.fromkeys(lost.values())]
        plan.unread += [name for path in lost for name in documents.names_in(entries[path])]
        return asked

    def switched(self, plan: SdkPlan, changes: Changes) -> Iterator[str]:
        """What a flow puts into a file makes a login go over to OAuth for which nothing is changed."""
        for login in plan.logins:
            for config in login.configs:
                key = config.row.scopes
                if key in config.row.oauth and changes.gained(config.module, key):
                    where, path = label_of(login.module, login.site.node), config.module.path
                    yield (
                        f"{login.sdk.name} finds {key} in {path} from now on and logs in with OAuth as well "
                        f"({where}): see that they are enough for it."
                    )

    # -- the rest of the program ------------------------------------------------------------------

    def _companions(self, sdk: Sdk, plan: SdkPlan) -> None:
        rows = [login.row for login in plan.logins if login.sdk is sdk]
        upgrade = any(isinstance(row, SdkCall) and row.upgrade for row in rows)
        writer = CallWriter(self.resolver, self.forward, plan.changes)
        modules = [m for m in self.resolver.index.loaded if self._runs_with(m, plan, sdk)]
        companions = Companions(self.resolver, plan.changes, writer, modules)
        companions.move(sdk, changes=upgrade)
        plan.todos += dict.fromkeys(companions.todos)
        mine = {login.site.node for login in plan.logins}
        for module in modules if upgrade else ():
            for site, name in self.finder.called(module):
                owner, row = self.finder.calls[name]
                if (
                    owner is sdk
                    and isinstance(row, SdkCall)
                    and site.node not in mine
                    and _is_older(site, row)
                ):
                    where = label_of(module, site.node)
                    plan.todos.append(f"See that this call suits {sdk.name} {sdk.bound}, too ({where}).")

    def _runs_with(self, module: Module, plan: SdkPlan, sdk: Sdk) -> bool:
        """Is a module of a plan's program, or does it have the SDK from the same line of a manifest?"""
        programs = [login.module.path for login in plan.logins if is_program(login.module.path)]
        if self.resolver.index.ours([module.path], programs):
            return True
        return any(self.shares(module.path, program, sdk.distribution) for program in programs)

    def _sweep(self, plan: SdkPlan) -> None:
        """What only the JWT credential needed goes with it."""
        keys = [given.value for login in plan.logins for given in login.given.values()]
        keys += [key for login in plan.logins for key in login.secrets(self.resolver)]
        moved = Moved([*filter(self.resolver.is_test, self.resolver.world)])
        sweep = Sweep(
            plan.changes,
            self.forward,
            self.effects,
            self.resolver,
            self.rules,
            keys,
            self.wanted.finder.signatures,
            self.importers,
            self.offers,
            self.tests.aims(moved),
        )
        sweep.paths += [path for login in plan.logins for path in login.paths(self.resolver)]
        sweep.run()
        kept = Kept(self.resolver, self.forward, plan.changes, sweep.kept_params, sweep.kept_fields)
        again = kept.relax()
        while again or self.tests.prune(moved, plan.changes):
            again = False
            sweep.run()
        for opened in filter(None, map(sweep.opened_for_nothing, keys)):
            raise NoAnswer("key-kept", opened)
        plan.notes += moved.notes
        plan.todos += [*sweep.tested_still(), *self._stand_ins(moved, plan.changes)]
        plan.unread += kept.names
        plan.todos += [*self._still_made(sweep), *self._still_demanded(plan, sweep)]
        place_imports(plan.changes, self.is_own)
        plan.notes += [*dict.fromkeys(sweep.notes), *sweep.asked_notes(), *sweep.let_be_unset()]
        plan.asked = dict(sweep.asked_still())
        plan.notes += plan.asked
        remarks = Remarks(plan.changes)
        remarks.around(plan.changes.touched)
        plan.notes += [*kept.notes(), *remarks.notes(), *overwritten(plan.changes.touched)]

    def _stand_ins(self, moved: Moved, changes: Changes) -> Iterator[str]:
        """What tests put in the place of what is gone, where it could not go with that."""
        pruner = Pruner(self.resolver, self.effects, self.tests.patches, changes)
        for module in moved.modules:
            for patch in self.tests.patches.of(module):
                if not changes.is_dead(module, patch.site.node) and pruner.is_over(patch):
                    yield stands_for_nothing(module, patch)

    def _still_made(self, sweep: Sweep) -> Iterator[str]:
        """``with key_file() as path:``, ``path = write_key()``: who needs it no more, and still makes it."""
        made = [*sweep.remains, *(Site(module, node) for node, module in sweep.entered_for_nothing.items())]
        for site in made:
            dead = self.resolver.is_test(site.module) or sweep.changes.is_dead(site.module, site.node)
            if not dead:
                where = label_of(site.module, site.node)
                yield (
                    f"Nobody needs what is made at {where} any more: take that out with what only it asks "
                    "for, unless it does something besides."
                )

    def _still_demanded(self, plan: SdkPlan, sweep: Sweep) -> Iterator[str]:
        """``FIELDS = {"key": "AEP_KEY"}`` of a class that sets attributes by it: ``path_to_key=env.key``."""
        names = Names(self.resolver)
        for login in plan.logins:
            row = login.row if isinstance(login.row, SdkCall) else None
            given = [names.given(login.site, row, each) for each in (*row.jwt, *row.drop)] if row else []
            for node in (each.value.node for each in given if each is not None):
                if not isinstance(node, s.Attribute):
                    continue
                for place in sweep.demands.places(node.attr):
                    if self._is_read_by_nobody_else(node.attr, login.module, place.module, plan.changes):
                        yield (
                            f"{label_of(place.module, place.node)} still asks for {node.attr}, which nothing "
                            "needs any more: take it out there, with what checks it."
                        )

    def _is_read_by_nobody_else(self, attr: str, module: Module, asking: Module, changes: Changes) -> bool:
        """Is an attribute only told of, and looked at where it is asked for?"""
        loads = [load for load in self.forward.loads_of(attr, module) if load.module is not asking]
        alive = [load for load in loads if not changes.is_dead(load.module, load.node)]
        return all(self.resolver.is_test(load.module) or self._is_told(load) for load in alive)

    def _is_told(self, load: Site) -> bool:
        stmt = load.module.statement(load.node)
        return isinstance(stmt, s.ExprStmt) and self.effects.only_tells(load.module, stmt.value)

    def _expected_by_tests(self, plan: SdkPlan) -> Iterator[str]:
        """Tests that look at what a call is given, where it is not given it any more."""
        names = Names(self.resolver)
        for login in plan.logins:
            row, module = login.row, login.module
            if not is_program(module.path):
                continue
            if self.importers(module.path):
                self.resolver.forget()
            if isinstance(row, SdkBuilder):
                yield from self._built_by_tests(plan, login, row)
            if not isinstance(row, SdkCall):
                continue
            lost = [p for p in row.parameters if p in (*row.jwt, *row.drop) or p not in (row.after or [p])]
            gone = {p for p in lost if names.given(login.site, row, p) is not None} | {*login.given}
            found = [
                (label_of(test, node), name)
                for test in self.resolver.index.loaded
                if self.resolver.is_test(test) and self.resolver.index.related(test, module)
                for node, name in _checked(test, gone)
                if not plan.changes.is_dead(test, node)
            ]
            if found:
                places, missed = (listed(list(dict.fromkeys(each))) for each in zip(*found, strict=True))
                call = f"{login.name.rpartition('.')[2]}() at {label_of(module, login.site.node)}"
                expect = "expects" if len({place for place, _ in found}) == 1 else "expect"
                yield f"Change what {places} {expect}: {call} is not given {missed} any more."

    def _built_by_tests(self, plan: SdkPlan, login: Login, row: SdkBuilder) -> Iterator[str]:
        """Tests that stand in for steps of a chain that are taken no more."""
        lost = {name.rpartition(".")[2] for name in row.names} | {row.reads, *row.drop} - {""}
        tests = (m for m in self.resolver.index.loaded if self.resolver.is_test(m))
        found = [
            (label_of(test, node), node.attr)
            for test in tests
            if self.resolver.index.related(test, login.module)
            for node in test.each(s.Attribute)
            if node.attr in lost and not plan.changes.is_dead(test, node)
        ]
        if found:
            places, names = (listed(list(dict.fromkeys(each))) for each in zip(*found, strict=True))
            where = label_of(login.module, login.site.node)
            yield f"Change what {places} stands in for: {where} no longer calls {names}."


class _JwtOnly(NoAnswer):
    """A library that knows no OAuth."""

    def __init__(self, login: Login) -> None:
        super().__init__("sdk-jwt-only", login.site, login.sdk.name)
        self.sdk = login.sdk


def _checked(module: Module, names: Collection[str]) -> Iterator[tuple[s.Node, str]]:
    """What a test checks by a name: ``assert_called_with(name=…)``, ``assert kwargs[name] == …``."""
    for arg in module.each(s.Arg):
        keyword = arg.keyword
        if keyword is not None and keyword in names and is_check(module.statement(arg)):
            yield arg, keyword
    for text in module.each(s.Str):
        if text.value in names and is_check(module.statement(text)):
            yield text, str(text.value)


def _is_older(site: Site, row: SdkCall) -> bool:
    """May a call have arguments that the version of the recipe does not take?"""
    names = [arg.keyword for arg in site.call.args if arg.keyword is not None]
    spread = any(arg.star for arg in site.call.args)
    return row.upgrade and (spread or any(name not in row.after for name in names))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _what_to_change(login: Login) -> str:
    """What a person does in a configuration file that is not here."""
    row = login.row.file if isinstance(login.row, SdkCall) else None
    if row is None:
        return "delete what belongs to the JWT credential"
    added = f' and add "{row.scopes}", joined by commas without spaces' if row.scopes else ""
    return f"delete {', '.join(row.drop)}{added}"


def _grouped(logins: Sequence[Login]) -> list[list[Login]]:
    """Logins that share a module or a configuration file; those that are refused at once stand alone."""
    groups: list[tuple[set[str], list[Login]]] = []
    alone: list[list[Login]] = []
    for login in logins:
        if login.sdk.workaround or (login.unseen is not None and not login.configs):
            alone.append([login])
            continue
        mine = {login.module.path, *(config.module.path for config in login.configs)}
        same = [group for group in groups if group[0] & mine]
        merged = (set().union(mine, *(g[0] for g in same)), [x for g in same for x in g[1]] + [login])
        groups = [group for group in groups if group not in same] + [merged]
    left = [group for _, group in groups]
    for refused in alone:
        written = [group for group in left if all(_writes_for(login, refused[0]) for login in group)]
        left = [group for group in left if group not in written]
        refused += [login for group in written for login in group]
    return [*left, *alone]


def _writes_for(login: Login, reader: Login) -> bool:
    """``createConfigFile(auth_type="jwt")`` of a program that is told which file it reads: both or none."""
    row = login.row
    writes = isinstance(row, SdkCall) and row.file is None and not row.jwt
    return writes and login.sdk is reader.sdk and login.module is reader.module

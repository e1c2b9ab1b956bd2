"""Fields of classes that only carried the key, the claims or the assertion, and what fills them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import path_of
from ..facts.values import Class, Environ, Function, Site, name_of
from ..resolve import declared
from ..roles.trace import label_of
from .filled import Filled
from .shared import dotted, types_said

_EXISTING = frozenset({"FilePath", "DirectoryPath"})
"""Types of pydantic whose values have to be there."""


class ClassFields(Filled):
    """Fields of classes that only carried the key, the claims or the assertion."""

    def _fields(self) -> None:
        """``private_key: str`` of a dataclass: the field and what constructors pass for it."""
        for cls in self._classes():
            is_settings = self._is_settings(cls)
            if not self._has_fields(cls) and not is_settings:
                self._announced(cls)
                continue
            kill = self._variable if is_settings else self._field
            for stmt in declared(cls):
                assert isinstance(stmt.targets[0], s.Name)
                kill(cls, stmt, stmt.targets[0].id)

    def _classes(self) -> Iterator[Class]:
        """The classes that stay."""
        for module in self.resolver.world:
            for node in module.each(s.ClassDef):
                if not self.changes.is_dead(module, node):
                    yield Class(module, node)

    def _with_fields(self) -> Iterator[Class]:
        """Those of them that declare fields."""
        return (cls for cls in self._classes() if self._has_fields(cls) or self._is_settings(cls))

    def _announced(self, cls: Class) -> None:
        """``metascope: str``, which subclasses have to say, and which only removed code asked for.

        A base that nobody here can read may want it, as a column of a table, say; so may who makes objects.
        """
        if any(dotted(base.value).endswith("Protocol") for base in cls.node.bases):
            return
        for stmt in cls.node.body.body:
            if not isinstance(stmt, s.Assign) or not self._only_announces(cls, stmt):
                continue
            name = stmt.targets[0]
            if not isinstance(name, s.Name) or self.changes.is_dead(cls.module, stmt):
                continue
            loads = self.forward.reads_of(cls, name.id) if self._spells(name.id) else ()
            if not loads or not all(self.changes.is_dead(p.module, p.node) for p in loads):
                continue
            made = [site.node for site in self.resolver.constructions(cls)]
            given = [arg for call in made if isinstance(call, s.Call) for arg in call.args]
            if self.resolver.foreign_bases(cls) or any(arg.keyword == name.id or arg.star for arg in given):
                self.kept_fields[stmt] = cls
            else:
                self.changes.remove(cls.module, stmt)

    def _only_announces(self, cls: Class, stmt: s.Assign) -> bool:
        """``name: str``, ``name: str = Field(description="…")``"""
        if stmt.value is None:
            return True
        names = {name for row in self.rules.values.declares for name in row.names}
        func = stmt.value.func if isinstance(stmt.value, s.Call) and stmt.annotation is not None else None
        called = self.resolver.resolve(Site(cls.module, func)) if func is not None else []
        return any(name_of(value) in names for value in called)

    def _field(self, cls: Class, stmt: s.Assign, name: str) -> None:
        module = cls.module
        if self.changes.is_dead(module, stmt) or stmt in self.kept_fields or stmt in self.changes.kept:
            return
        if not self._spells(name):
            return
        loads = self._reads(cls, name)
        alive = [p for p in loads if not self.changes.is_dead(p.module, p.node)]
        if len(alive) < len(loads) and not self._knows_importers(module):
            self._field(cls, stmt, name)
            return
        if len(alive) < len(loads) and self._released(alive):
            alive = []
        if not alive and loads and self._is_seen_whole(cls, stmt, name):
            return
        only_own = [self._only_prepares(p, name) for p in alive] if len(alive) < len(loads) else [None]
        if not loads or (alive and None in only_own):
            if len(alive) < len(loads) and all(self.resolver.is_test(p.module) for p in alive):
                self.for_tests[stmt] = cls
            return
        for statement in dict.fromkeys(filter(None, only_own)) if alive else ():
            self._drop_preparation(module, statement)
        made = self.resolver.constructions(cls)
        passed = [(site, a) for site in made if (a := self._constructor_arg(cls, site, name)) is not None]
        passed += self._copied_with(cls, name)
        if self._drop_from_model(cls, stmt, name, passed):
            return
        if _is_made_inside(stmt):
            made_at = [b for b in self._stores_of(name) if b.node is not stmt]
            if all(self.changes.is_dead(self.module_of(b), b.node) for b in made_at):
                self.changes.remove(module, stmt)
            return
        self._filled(cls, stmt, made, passed)

    def _filled(
        self, cls: Class, stmt: s.Assign, made: Sequence[Site], passed: Sequence[tuple[Site, s.Arg]]
    ) -> None:
        """A field that nothing reads any more goes with what fills it, or it is kept for who fills it."""
        module, name = cls.module, cls.module.snippet(stmt.targets[0])
        found = [self._stores_for(site, name, cls) for site in made]
        stores = [store for each in found for store in each or ()]
        given = [*(site.at(a.value) for site, a in passed), *self._spread_values(stores)]
        # It would be asked for although nobody needs it.
        by_names = self._filled_by_names(made)
        goes = by_names or self._field_costs(cls, stmt, given) or self._is_private(cls)
        if not goes or None in found or self._is_taken_as_tuple(cls, made):
            self.kept_fields[stmt] = cls
            unclear = (site for site, known in zip(made, found, strict=True) if known is None)
            if goes and None in found and all(self.resolver.is_test(site.module) for site in unclear):
                self._leave_to_tests(cls, stmt, passed)
            return
        if not all(self.effects.harmless(site.module, a) for site, a in passed):
            self.kept_fields[stmt] = cls
            return
        offered = self._offers_class(cls)
        kept = offered and not (by_names and not self.offers.binds(module)) and self._field_default(cls, stmt)
        if kept or (offered and self.offers.binds(module)):
            self.kept_fields[stmt] = cls
        if not kept and stmt in self.kept_fields:
            return
        if not kept:
            self._tell_lost(offered, module, stmt, name)
            self.changes.remove(module, stmt)
            self._drop_checks(cls, name)
            for field in [each for each, owner in self.kept_fields.items() if owner == cls]:
                del self.kept_fields[field]  # who fills it changes now
            if by_names:
                self.by_name.setdefault(cls, []).append(name)
        for site, arg in passed:
            self._give_up(site, arg, self._empty(module, stmt.annotation) if kept else "")
        self._let_go_of(stores, name, cls)
        self._drop_copies(cls)

    def _leave_to_tests(self, cls: Class, stmt: s.Assign, passed: Sequence[tuple[Site, s.Arg]]) -> None:
        """``Settings(**{"key": "k", **changed})`` in a test: the program fills the field no more."""
        filled = [(site, arg) for site, arg in passed if not self.resolver.is_test(site.module)]
        harmless = all(self.effects.harmless(site.module, arg) for site, arg in filled)
        if filled and harmless and self._field_default(cls, stmt):
            for site, arg in filled:
                self._give_up(site, arg, self._empty(cls.module, stmt.annotation))

    def _field_costs(self, cls: Class, stmt: s.Assign, given: Sequence[Site]) -> bool:
        """Must the field go, or may it, as nobody who is not here fills it?"""
        default = [Site(cls.module, stmt.value)] if stmt.value is not None else []
        if any(map(self._is_heavy, (*given, *default))) or (not given and self._is_asked_for(cls, stmt)):
            return True
        is_ours = not self._offers_class(cls) and not self.offers.binds(cls.module)
        return is_ours and self._is_free(given, tuple(declared(cls)))

    def _is_seen_whole(self, cls: Class, stmt: s.Assign, name: str) -> bool:
        """Does somebody who stays see the field among all others?"""
        for site in self._seers(cls, name):
            if not self.changes.is_dead(site.module, site.node):
                self.taken_whole[stmt] = cls, site
                return True
        return False

    def _seers(self, cls: Class, name: str) -> Iterator[Site]:
        """Who sees the field among all others; a log is nobody."""
        for site in self.wholes.reads(cls, name):
            stmt = site.module.statement(site.node)
            call = stmt.value if isinstance(stmt, s.ExprStmt) else None
            if not (isinstance(call, s.Call) and self._only_logs(site.module, call)):
                yield site

    def _only_logs(self, module: Module, call: s.Call) -> bool:
        return self.effects.is_log(module, call) and not self.effects.is_print(module, call)

    def _give_up(self, call: Site, arg: s.Arg, empty: str) -> None:
        """Take an argument away; ``empty`` takes its place where what is filled stays, and others follow."""
        behind = call.call.args[call.call.args.index(arg) + 1 :]
        if empty and not arg.keyword and any(not other.keyword and other.star != "**" for other in behind):
            self.changes.replace(call.module, arg, empty)
        else:
            self.changes.remove(call.module, arg)

    def _is_asked_for(self, cls: Class, stmt: s.Assign) -> bool:
        """``key: str = field(default_factory=lambda: os.environ["KEY"])``, which nobody gives otherwise?

        Or one that reads the key from its file.
        """
        sites = list(self._defaults_of(Site(cls.module, stmt.value))) if stmt.value is not None else []
        return any(
            isinstance(value, Environ) for site in sites for value in self.resolver.resolve(site)
        ) or any(self._is_heavy(site) for site in sites)

    def _defaults_of(self, made: Site) -> Iterator[Site]:
        """What a field is where nobody fills it, also where a function of the project describes the field:
        ``key: str = from_environment("KEY")``.
        """
        if not isinstance(made.node, s.Call):
            yield made
            return
        given = _given_defaults(made.node)
        yield from (made.at(each) for each in given)
        for value in () if given else self.resolver.resolve(made.at(made.node.func)):
            for node in s.walk(value.node.body) if isinstance(value, Function) else ():
                if isinstance(value, Function) and isinstance(node, s.Return):
                    described = node.value if isinstance(node.value, s.Call) else None
                    yield from (Site(value.module, each) for each in _given_defaults(described))

    def _only_prepares(self, load: Site, name: str) -> s.Stmt | None:
        """The statement of ``__post_init__`` that does nothing but make the field of itself."""
        module, found = load.module, None
        function = module.function(load.node)
        if function is None or function.name not in _PREPARES:
            return None
        for stmt in function.body.body:
            if load.node in set(s.walk(stmt)):
                found = stmt
        targets = [t for n in s.walk(found) for t in s.targets_of(n)] if found is not None else []
        own = all(isinstance(t, s.Attribute) and t.attr == name for t in targets)
        if found is None or not targets or not own or not isinstance(found, s.If | s.Assign):
            return None
        parts = [n for n in s.walk(found) if isinstance(n, s.Call)]
        plain = all(isinstance(n, s.If | s.Assign) for n in s.walk(found) if isinstance(n, s.Stmt))
        return found if plain and all(self.effects.harmless(module, n) for n in parts) else None

    def _drop_preparation(self, module: Module, statement: s.Stmt) -> None:
        self.changes.remove(module, statement)
        function = module.function(statement)
        if function is not None and all(stmt in self.changes.removed for stmt in function.body.body):
            self.changes.remove(module, function)

    def _drop_from_model(
        self, cls: Class, stmt: s.Assign, name: str, passed: list[tuple[Site, s.Arg]]
    ) -> bool:
        """A field of a model that takes what it needs out of a mapping and passes over the rest."""
        dumped = any(_DUMPED.search(m.text) for m in self.resolver.world)
        if dumped or self._offers_class(cls) or not self.resolver.passes_over(cls):
            return False
        self.changes.remove(cls.module, stmt)
        self._drop_checks(cls, name)
        for site, arg in passed:
            if self.effects.harmless(site.module, arg):
                self.changes.remove(site.module, arg)
        return True

    def _drop_checks(self, cls: Class, name: str) -> None:
        """``@field_validator("key_path")``: the function goes, or the field among others it is for."""
        for node in cls.node.body.body:
            for decorator in node.decorators if isinstance(node, s.FuncDef) else ():
                given = decorator.args if isinstance(decorator, s.Call) else ()
                named = [a for a in given if isinstance(a.value, s.Str) and not a.keyword]
                left = [a for a in named if a not in self.changes.removed]
                mine = [a for a in left if isinstance(a.value, s.Str) and a.value.value == name]
                for arg in mine:
                    self.changes.remove(cls.module, node if mine == left else arg)
                if isinstance(decorator, s.Attribute) and path_of(decorator.value) == name:
                    self.changes.remove(cls.module, node)  # @key_path.validator of attrs

    def _is_settings(self, cls: Class) -> bool:
        return bool(cls.node.bases) and self.resolver.is_settings(cls)

    def _variable(self, cls: Class, stmt: s.Assign, name: str) -> None:
        """A field of a class that reads the environment: it would be asked for although nobody needs it."""
        module = cls.module
        if self.changes.is_dead(module, stmt) or name == "model_config":
            return
        whole = list(self._seers(cls, name))
        loads = [*self._reads(cls, name), *whole]
        if not any(self.changes.is_dead(p.module, p.node) for p in loads):
            return
        made = self.resolver.constructions(cls)
        passed = [(site, a) for site in made if (a := self._constructor_arg(cls, site, name)) is not None]
        given_up = all(self.effects.harmless(site.module, arg) for site, arg in passed)
        if not self._released(loads) or not given_up:
            alive = [p for p in loads if not self.changes.is_dead(p.module, p.node)]
            if all(self.resolver.is_test(p.module) for p in alive):
                self.for_tests[stmt] = cls
            elif all(p in whole for p in alive):
                self.taken_whole[stmt] = cls, alive[0]
            return
        extra, filed = (self.resolver.settings_option(cls, option) for option in ("extra", "env_file"))
        if (filed or self._is_poured_in(made, name, cls)) and extra not in ("ignore", "allow"):
            # A line of that file without a field is an error.
            where = label_of(module, stmt)
            open_ = not _has_default(stmt) and self._field_default(cls, stmt, ordered=False)
            open_ = self._let_be_absent(cls, stmt, name) or open_
            unused = "no longer used and may be left out" if open_ else "no longer used"
            note = f"The setting {name} is {unused}; it can go together with its line in the file: {where}."
            self.notes += [note] if open_ or note not in self.notes else []
            return
        self.changes.remove(module, stmt)
        self._drop_checks(cls, name)
        for site, arg in passed:
            self._give_up(site, arg, "")

    def _is_poured_in(self, made: Sequence[Site], name: str, cls: Class) -> bool:
        """``Settings(**tomllib.load(file))``, ``Settings.model_validate(…)``: that may have the key."""
        calls = [
            site for site in made if isinstance(site.node, s.Call) and not self.resolver.is_test(site.module)
        ]
        return any(
            s.last_name(site.node.func) in self.rules.values.makers
            or (any(a.star for a in site.node.args) and self._stores_for(site, name, cls) != [])
            for site in calls
            if isinstance(site.node, s.Call)
        )

    def let_be_unset(self) -> Iterator[str]:
        """Settings that only tests need stay for them, and need not be there for the program."""
        for stmt, cls in self.for_tests.items():
            if self.changes.is_dead(cls.module, stmt) or _has_default(stmt):
                continue
            reads = self._reads(cls, cls.module.snippet(stmt.targets[0]))
            if all(self.changes.is_dead(p.module, p.node) for p in reads):
                continue
            if not self._is_settings(cls):
                name, where = cls.module.snippet(stmt.targets[0]), label_of(cls.module, stmt)
                yield f"Only tests read {name} of {cls.node.name} now; it is filled as before ({where})."
            elif self._field_default(cls, stmt, ordered=False):
                name, where = cls.module.snippet(stmt.targets[0]), label_of(cls.module, stmt)
                yield f"Only tests need the setting {name} now: it may be left out ({where})."

    def _is_private(self, cls: Class) -> bool:
        """May a field go although it costs nothing: do only these constructors fill it?"""
        texts = (m.text for m in self.resolver.world)
        return cls.node.name.startswith("_") and not any(_DYNAMIC.search(text) for text in texts)

    def _offers_class(self, cls: Class) -> bool:
        return self.offers.name(cls.module, cls.node.name)

    def _field_default(self, cls: Class, stmt: s.Assign, *, ordered: bool = True) -> bool:
        """Give a field that callers elsewhere may still fill a default, if its place allows one.

        Where fields are not ``ordered`` those without a default may follow those that have one.
        """
        if _has_default(stmt):
            return True
        fields = list(declared(cls))
        if ordered and not all(map(_has_default, fields[fields.index(stmt) + 1 :])):
            return False
        end, empty = stmt.span.end, self._empty(cls.module, stmt.annotation)
        bar = self._let_be_none(cls.module, stmt) if empty == "None" else ""
        if not isinstance(stmt.value, s.Call):
            self.changes.patch(cls.module, stmt, Span(end, end), f"{bar} = {empty}")
        elif _is_required(stmt.value):
            self.changes.replace(cls.module, stmt.value.args[0], empty)
        else:
            comma = ", " if stmt.value.args else ""
            self.changes.patch(cls.module, stmt, Span(end - 1, end - 1), f"{comma}default={empty}")
        return True

    def _let_be_absent(self, cls: Class, stmt: s.Assign, name: str) -> bool:
        """``key: FilePath = Path("key.pem")``: pydantic looks for the file, which may be named still."""
        module, default, kind = cls.module, _default_of(stmt), stmt.annotation
        wanted = [n for n in s.walk(kind) if isinstance(n, s.Name) and n.id in _EXISTING] if kind else []
        for each in wanted:
            self.changes.replace(module, each, self.changes.imported(module, "pathlib", "Path"))
        if not wanted:
            return False
        if default is not None and not isinstance(default, s.Const):
            self._let_be_none(module, stmt)
            self.changes.replace(module, default, "None")
        self._drop_checks(cls, name)
        return True

    def _let_be_none(self, module: Module, stmt: s.Assign | s.Param) -> str:
        """``key: SecretStr`` becomes ``key: Optional[SecretStr]``: type checkers want it, and models, which
        look at their defaults as well.

        ``SecretStr | None`` in a module that says so elsewhere; Python before 3.10 has no such types. What
        comes at the end of the statement is given back.
        """
        wanted = stmt.annotation
        if wanted is None or isinstance(wanted, s.Str) or _OPEN.search(module.snippet(wanted)):
            return ""
        start, end = wanted.outer.start, wanted.outer.end
        if any(isinstance(each, s.Binary) and each.op == "|" for each in types_said(module)):
            if end == stmt.span.end:
                return " | None"
            self.changes.patch(module, stmt, Span(end, end), " | None")
            return ""
        name = self.changes.imported(module, "typing", "Optional")
        self.changes.patch(module, stmt, Span(start, start), f"{name}[")
        if end == stmt.span.end:
            return "]"
        self.changes.patch(module, stmt, Span(end, end), "]")
        return ""

    def _constructor_arg(self, cls: Class, site: Site, name: str) -> s.Arg | None:
        """What a constructor gives to a field, by name or by its place."""
        by_name = next((a for a in site.call.args if a.keyword == name), None)
        if by_name is not None or len(self.resolver.mro(cls)) > 1:
            return by_name
        names = [f.targets[0].id for f in declared(cls) if isinstance(f.targets[0], s.Name)]
        index = names.index(name)
        given = site.call.args[: index + 1]
        plain = len(given) > index and all(a.keyword is None and not a.star for a in given)
        return given[index] if plain else None

    def _empty(self, module: Module, annotation: s.Expr | None) -> str:
        """Nothing, of the type that the annotation wants."""
        wanted = module.snippet(annotation) if annotation is not None else ""
        return {"str": '""', "bytes": 'b""'}.get(wanted, "None")


def _has_default(field: s.Assign) -> bool:
    """Need nobody fill it? ``field(repr=False)`` and ``Field(...)`` only describe it."""
    made = field.value
    if not isinstance(made, s.Call) or (path_of(made.func) or "").rpartition(".")[2] not in _DESCRIBES:
        return made is not None
    plain = bool(made.args) and not made.args[0].keyword and not _is_required(made)
    return plain or any(arg.keyword in _DEFAULTS for arg in made.args)


def _default_of(field: s.Assign) -> s.Expr | None:
    """What a field is where nobody fills it."""
    made = field.value
    if not isinstance(made, s.Call) or (path_of(made.func) or "").rpartition(".")[2] not in _DESCRIBES:
        return made
    plain = (arg.value for arg in made.args[:1] if not arg.keyword and not _is_required(made))
    given = [*plain, *(arg.value for arg in made.args if arg.keyword == "default")]
    return given[0] if given else None


def _given_defaults(made: s.Call | None) -> list[s.Expr]:
    """``os.environ["KEY"]`` of ``field(default_factory=lambda: os.environ["KEY"])``"""
    given = [arg.value for arg in made.args if arg.keyword in _DEFAULTS] if made is not None else []
    return [each.body if isinstance(each, s.Lambda) else each for each in given]


def _is_required(made: s.Call) -> bool:
    """``Field(..., repr=False)``"""
    first = made.args[0] if made.args and not made.args[0].keyword else None
    return first is not None and isinstance(first.value, s.Opaque) and not first.value.parts


_DYNAMIC = re.compile(r"\b(?:_fields|fields)\b")
"""What may ask for fields by names that it gets from the class."""

_OPEN = re.compile(r"\b(?:None|Optional|Any|object)\b")
"""An annotation with one of these takes None."""
_DEFAULTS = ("default_factory", "factory", "default")
_DESCRIBES = frozenset({"field", "Field", "ib", "attrib"})
_PREPARES = ("__post_init__", "__attrs_post_init__")

_DUMPED = re.compile(rf"{_DYNAMIC.pattern}|\bmodel_(?:fields|json_schema|copy)")


def _is_made_inside(stmt: s.Assign) -> bool:
    """``field(init=False)``: nobody can give it to the constructor."""
    args = stmt.value.args if isinstance(stmt.value, s.Call) else ()
    return any(a.keyword == "init" and isinstance(a.value, s.Const) and a.value.value is False for a in args)

"""Which expressions and statements nobody would miss: the table of harmless calls, applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.bindings import MUTATORS
from ..facts.memoized import remembers_in_mapping
from ..facts.modules import Module
from ..facts.values import (
    Class,
    Closure,
    Constant,
    Fields,
    Function,
    Instance,
    Lib,
    Member,
    Param,
    Result,
    Site,
    Text,
    Value,
    name_of,
    text_of,
)
from ..resolve import Resolver, is_target
from .clocks import ASKED

_OF_FILES = ("close", "read", "readline", "readlines")

_EXITS = ("sys.exit", "exit", "quit", "os._exit", "pytest.skip")


def _is_nothing(value: Value) -> bool:
    """``default_backend = None`` below ``except ImportError``: nobody calls that, or what it would have."""
    base = value.base if isinstance(value, Member) and value.attribute else value
    return isinstance(base, Constant) and base.value is None


class Effects:
    """Judges expressions; one per project."""

    def __init__(self, resolver: Resolver, rules: Rules) -> None:
        self.resolver = resolver
        values = rules.values
        self._openers = frozenset(values.openers)
        self._of_files = {f"{name}().{method}" for name in values.openers for method in _OF_FILES}
        self._harmless = frozenset(values.harmless.names) | frozenset(values.unfolding.names)
        self._methods = frozenset(values.harmless.methods) | frozenset(values.transparent_methods)
        self._transparent = frozenset(n for t in values.transparent for n in t.names)
        self._transparent |= frozenset(n for e in values.form_encoders for n in e.names)
        self._logging = frozenset(values.logging.names)
        self._printing = frozenset(values.printing)
        self._log_methods = frozenset(values.logging.methods)
        self._pure_libraries = frozenset(values.pure_libraries)
        self._known_bases = {name for row in values.bases for name in row.names}
        """Base classes of libraries that read no attributes which a subclass thinks up."""
        self._active: set[s.Node] = set()
        self._judged: dict[tuple[str, s.Node], bool] = {}
        """What was found meanwhile, for the question at hand alone: functions that call each other are many
        ways long, and on each of them the same are met."""
        self.excused: set[s.Node] = set()
        """Calls that only sign the assertion of the flow that goes: nobody misses what else they do."""
        self.idle: set[s.Node] = set()
        """Calls that change what nobody looks at: ``config.pop("key_path")``."""
        self.gone: Callable[[Module, s.Node], bool] = lambda _module, _node: False
        """Says of a record whether the change at hand takes it away."""

    def _judge(self, kind: str, node: s.Node, answer: Callable[[], bool]) -> bool:
        """Ask of a function what is not asked of it already, once for each question from outside.

        Of who is asked already each kind takes something for granted. Where that was wrong, what was found
        to be so since is asked anew.
        """
        known = self._judged.get((kind, node))
        if known is not None:
            return known
        since = len(self._judged)
        self._active.add(node)
        try:
            found = answer()
        finally:
            self._active.discard(node)
            if not self._active:
                self._judged.clear()
        if self._active and not found:
            for later in [key for key in list(self._judged)[since:] if self._judged[key]]:
                del self._judged[later]
        if self._active:
            self._judged[kind, node] = found
        return found

    def harmless(self, module: Module, node: s.Node) -> bool:
        """Would nothing that anybody can see change if ``node`` were not evaluated?"""
        if isinstance(node, s.Yield | s.Walrus):
            return False
        if isinstance(node, s.Call) and not self.harmless_call(module, node):
            return False
        # What is in a lambda is not evaluated where it stands.
        parts = [p.default for p in node.params] if isinstance(node, s.Lambda) else s.children(node)
        return all(part is None or self.harmless(module, part) for part in parts)

    @contextmanager
    def without(self, node: s.Node) -> Iterator[None]:
        """Meanwhile, what asks whether there is something already counts as gone."""
        gone = self.gone
        self.gone = lambda module, other: other is node or gone(module, other)
        try:
            yield
        finally:
            self.gone = gone

    def harmless_call(self, module: Module, node: s.Call) -> bool:
        """The call itself, its arguments apart."""
        if node in self.excused or node in self.idle:
            return True
        site = Site(module, node)
        values = [v for v in self.resolver.resolve(site.at(node.func)) if not _is_nothing(v)]
        if not values:
            return self._known_method(node)
        return all(self._harmless_callee(site, node, value) for value in values)

    def _harmless_callee(self, site: Site, node: s.Call, value: object) -> bool:
        if isinstance(value, Function):
            return self.pure(value.module, value.node, constructor=self._is_of_fresh(site, node))
        if isinstance(value, Closure) and isinstance(value.site.node, s.Lambda):
            return self._pure_lambda(value.site.module, value.site.node)
        if isinstance(value, Class):
            for cls in self.resolver.mro(value):
                for stmt in cls.node.body.body:
                    if isinstance(stmt, s.FuncDef) and stmt.name == "__init__":
                        return self.pure(cls.module, stmt, constructor=True)
            foreign = self.resolver.foreign_bases(value)
            return not foreign or _is_plain(foreign) or self.resolver.is_settings(value)
        if isinstance(value, Instance):
            return any(self.pure(f.module, f.node) for f in self.resolver.callees(site))
        if isinstance(value, Param):
            return self._is_clock(value)
        name = name_of(value) if isinstance(value, Lib | Member | Result) else None
        if name in self._openers:
            return self._only_reads(site, node)
        if name == "pathlib.Path().open":
            return self._only_reads(site, node, position=0)
        if name == "next":
            return self._is_first(site, node)
        relayed = self.resolver.relayed(site.module, node)
        if relayed is not None:
            return self.harmless_call(site.module, relayed)
        if name in self._harmless or name in self._transparent or name in self._of_files:
            return True
        if name is not None and name.partition(".")[0] in self._pure_libraries:
            return True
        if isinstance(value, Lib) and isinstance(value.base, Text | Fields):
            if isinstance(node.func, s.Attribute) and node.func.attr == "open":
                return self._only_reads(site, node, position=0)
            return self._known_method(node)
        if isinstance(value, Lib) and value.base is None:
            is_settings = value.name.rpartition(".")[0] in self.resolver.rules.values.settings
            return (is_settings or value.name.startswith("__file__.")) and self._known_method(node)
        return self._known_method(node)

    def _is_clock(self, value: Param) -> bool:
        """``clock=time.time``: what others bring along in its place tells the time, too."""
        default = value.param.default
        found = self.resolver.resolve(value.site.at(default)) if default is not None else []
        return bool(found) and all(name_of(each) in ASKED for each in found)

    def _is_of_fresh(self, site: Site, node: s.Call) -> bool:
        """``Claims(host).issuer(org).build()``: a method of an object that nobody else has seen."""
        made = node.func.value if isinstance(node.func, s.Attribute) else None
        if not isinstance(made, s.Call):
            return False
        values = self.resolver.resolve(site.at(made.func))
        return all(isinstance(v, Class) for v in values) or self._is_of_fresh(site, made)

    def _is_first(self, site: Site, node: s.Call) -> bool:
        """``next(folder.glob("*.key"))``: of an iterator that nobody else goes on with."""
        made = node.args[0].value if node.args else None
        if isinstance(made, s.Call):
            return all(isinstance(v, Lib) for v in self.resolver.resolve(site.at(made.func)))
        return isinstance(made, s.Comprehension)

    def _known_method(self, node: s.Call) -> bool:
        return isinstance(node.func, s.Attribute) and (
            node.func.attr in self._methods or node.func.attr in ("close", "read", "readlines", "seek")
        )

    def _only_reads(self, site: Site, node: s.Call, position: int = 1) -> bool:
        mode = next((a for a in node.args if a.keyword == "mode"), None)
        if mode is None and len(node.args) > position and node.args[position].keyword is None:
            mode = node.args[position]
        if mode is None:
            return True
        text = text_of(self.resolver.one(site.at(mode.value)))
        return text is not None and not set(text) & set("wax+")

    def is_log(self, module: Module, node: s.Expr) -> bool:
        """Does ``node`` only tell a person something: a call, or a bare name, which a notebook shows?"""
        if not isinstance(node, s.Call):
            return isinstance(node, s.Name)
        for value in self.resolver.resolve(Site(module, node.func)):
            if isinstance(value, Function):
                return self._only_says(value)
            name = name_of(value)
            if name in self._logging:
                return True
            if isinstance(value, Member) and value.attribute and value.key in self._log_methods:
                return True
            if (
                isinstance(value, Lib)
                and value.base is not None
                and name is not None
                and name.rpartition(".")[2] in self._log_methods
                and "og" in name
            ):
                return True
        return False

    def _only_says(self, function: Function) -> bool:
        """``def say(what): print(what)``: does a function of the project only tell what it is given?"""
        module, node = function.module, function.node
        return node not in self._active and self._judge("says", node, lambda: self._says(module, node))

    def _says(self, module: Module, node: s.FuncDef) -> bool:
        said = [stmt for stmt in _flat(node.body) if not s.is_bare_text(stmt)]
        tells = [
            isinstance(stmt, s.ExprStmt)
            and isinstance(stmt.value, s.Call)
            and self.is_log(module, stmt.value)
            for stmt in said
        ]
        return any(tells) and all(
            told or isinstance(stmt, s.Plain) or self._is_step(module, stmt)
            for told, stmt in zip(tells, said, strict=True)
        )

    def _is_step(self, module: Module, stmt: s.Stmt) -> bool:
        """On the way to what is told: a local name, a condition, a return of nothing."""
        if isinstance(stmt, s.Assign):
            names = all(isinstance(target, s.Name) for target in stmt.targets)
            return names and (stmt.value is None or self.harmless(module, stmt.value))
        if isinstance(stmt, s.If):
            return self.harmless(module, stmt.test)
        return isinstance(stmt, s.Return) and stmt.value is None

    def only_tells(self, module: Module, node: s.Expr) -> bool:
        """Is ``node`` such a line, and does nothing happen on the way to what it tells?"""
        parts = node.args if isinstance(node, s.Call) else ()
        return self.is_log(module, node) and all(self.harmless(module, arg.value) for arg in parts)

    def is_print(self, module: Module, node: s.Expr) -> bool:
        """Does ``node`` write to standard output, be it by a function of the project that does only that?"""
        values = self.resolver.resolve(Site(module, node.func)) if isinstance(node, s.Call) else ()
        return any(
            name_of(value) in self._printing or (isinstance(value, Function) and self._only_prints(value))
            for value in values
        )

    def _only_prints(self, function: Function) -> bool:
        said = [stmt.value for stmt in _flat(function.node.body) if isinstance(stmt, s.ExprStmt)]
        return self._only_says(function) and any(self.is_print(function.module, each) for each in said)

    def is_exit(self, stmt: s.Stmt, module: Module) -> bool:
        """A statement that only says so and leaves: raise, return of a constant, sys.exit, log, pass."""
        if isinstance(stmt, s.Raise | s.Assert | s.Plain | s.Import | s.ImportFrom):
            return True
        if isinstance(stmt, s.Return):
            return stmt.value is None or isinstance(stmt.value, s.Const | s.Str)
        if isinstance(stmt, s.ExprStmt):
            if self.only_tells(module, stmt.value):
                return True
            if isinstance(stmt.value, s.Call):
                called = self.resolver.resolve(Site(module, stmt.value.func))
                return any(
                    name_of(v) in _EXITS
                    or (name_of(v) or "").endswith((".error", ".exit", ".fail", ".skipTest"))
                    for v in called
                ) or (bool(called) and all(isinstance(v, Function) and self._gives_up(v) for v in called))
        return False

    def _gives_up(self, function: Function) -> bool:
        """``def die(why): print(why); sys.exit(1)``: does it only say so, and never return?

        What a subclass has to write raises ``NotImplementedError``; that is no way out.
        """
        module, node = function.module, function.node
        if node in self._active:
            return False
        said = [stmt for stmt in node.body.body if not s.is_bare_text(stmt)]
        last = said[-1] if said else None
        if isinstance(last, s.Raise):
            ends = "NotImplementedError" not in module.snippet(last)
        else:
            ends = isinstance(last, s.ExprStmt) and not self.is_log(module, last.value)
        return ends and self._judge(
            "gives up", node, lambda: all(self.is_exit(stmt, module) for stmt in said)
        )

    def pure(self, module: Module, function: s.FuncDef, *, constructor: bool = False) -> bool:
        """Does calling ``function`` only compute and return (or raise)?"""
        me = function.params[0].name if constructor and function.params else None
        return function in self._active or self._judge(
            "makes" if constructor else "pure",
            function,
            lambda: all(self._pure_statement(module, stmt, me) for stmt in function.body.body),
        )

    def computes(self, module: Module, stmt: s.Stmt) -> bool:
        """Does the statement of a function only compute and return?"""
        return self._pure_statement(module, stmt, None)

    def wraps(self, decorator: Function) -> bool:
        """Does the decorator put what it is given nowhere but into the function that it returns?"""
        module, node = decorator.module, decorator.node
        own = module.scopes.inner[node].bindings
        return self.pure(module, node) and all(root in own for root in _changed(node.body))

    def _pure_lambda(self, module: Module, node: s.Lambda) -> bool:
        return node in self._active or self._judge("pure", node, lambda: self.harmless(module, node.body))

    def _pure_statement(self, module: Module, stmt: s.Stmt, me: str | None) -> bool:
        if isinstance(stmt, s.Assign):
            targets = all(
                (_local(t, me) and not _is_of_all(module, t))
                or self._remembers(module, t)
                or remembers_in_mapping(module, t, self.resolver.index)
                for t in stmt.targets
            )
            return targets and (stmt.value is None or self.harmless(module, stmt.value))
        if isinstance(stmt, s.AugAssign):
            own = _local(stmt.target, me) and not _is_of_all(module, stmt.target)
            return own and self.harmless(module, stmt.value)
        if isinstance(stmt, s.Raise):
            return True
        if isinstance(stmt, s.Return):
            return all(self.harmless(module, c) for c in s.children(stmt))
        if isinstance(stmt, s.ExprStmt):
            return (
                self.harmless(module, stmt.value)
                or self.only_tells(module, stmt.value)
                or self._local_mutation(module, stmt.value, me)
                or self._only_yields(module, stmt.value)
            )
        if isinstance(stmt, s.Plain | s.Assert | s.Import | s.ImportFrom | s.FuncDef | s.Delete):
            return True
        if isinstance(stmt, s.If | s.For | s.While | s.With | s.Try):
            for child in s.children(stmt):
                if isinstance(child, s.Block):
                    leaves = isinstance(stmt, s.If) and self._only_gives_up(module, child)
                    if not leaves and not all(self._pure_statement(module, each, me) for each in child.body):
                        return False
                elif isinstance(child, s.Handler):
                    leaves = self._only_gives_up(module, child.body)
                    if not leaves and not all(
                        self._pure_statement(module, each, me) for each in child.body.body
                    ):
                        return False
                elif not self.harmless(module, child):
                    return False
            return True
        return False

    def _only_gives_up(self, module: Module, block: s.Block) -> bool:
        """``print("KEY is not set"); sys.exit(1)``, as good as an exception"""
        last = block.body[-1]
        call = last.value if isinstance(last, s.ExprStmt) else None
        called = self.resolver.resolve(Site(module, call.func)) if isinstance(call, s.Call) else []
        ends = any(name_of(value) in _EXITS for value in called)
        return ends and all(self.is_exit(stmt, module) for stmt in block.body)

    def _remembers(self, module: Module, target: s.Expr) -> bool:
        """``self._conn = …`` that only this method reads, or nobody any more: it can be made again."""
        if not isinstance(target, s.Attribute) or not isinstance(target.value, s.Name):
            return False
        method = module.function(target)
        cls = module.class_of(method) if method is not None else None
        if method is None or cls is None or not method.params or method.params[0].name != target.value.id:
            return False
        if not {*self.resolver.foreign_bases(Class(module, cls))} <= self._known_bases:
            return False
        others, are_all = self.resolver.index.mentioning(target.attr, module.path)
        return are_all and not any(
            (isinstance(node, s.FuncDef) and node.name == target.attr)
            or (
                isinstance(node, s.Attribute)
                and node.attr == target.attr
                and not is_target(other, node)
                and method not in other.ancestors(node)
                and not self.gone(other, node)
            )
            for other in others
            if self.resolver.index.related(other, module)
            for node in other.each(s.Attribute, s.FuncDef)
        )

    def _only_yields(self, module: Module, node: s.Expr) -> bool:
        """``yield "iss", org``: what a generator gives, it gives to who goes through it."""
        return isinstance(node, s.Yield) and (node.value is None or self.harmless(module, node.value))

    def _local_mutation(self, module: Module, node: s.Expr, me: str | None) -> bool:
        return (
            isinstance(node, s.Call)
            and isinstance(node.func, s.Attribute)
            and (isinstance(node.func.value, s.Name) or _is_own(node.func.value, me))
            and not _is_of_all(module, node.func)
            and node.func.attr in MUTATORS
        )


def _local(target: s.Expr, me: str | None) -> bool:
    if isinstance(target, s.Name):
        return True
    if isinstance(target, s.Subscript):
        return isinstance(target.value, s.Name) or _is_own(target.value, me)
    if isinstance(target, s.Sequence):
        return all(_local(t, me) for t in target.items)
    return _is_own(target, me)


def _is_of_all(module: Module, target: s.Expr) -> bool:
    """Is what is changed (``CONFIG["key"]``) no function's own, but the module's, or another one's?"""
    base = target.value if isinstance(target, s.Subscript | s.Attribute) else None
    if not isinstance(base, s.Name):
        return False
    bindings = module.scopes.bindings_of(base)
    return bool(bindings) and all(binding.scope.is_module for binding in bindings)


def _is_own(node: s.Expr, me: str | None) -> bool:
    """``self.claims``"""
    return isinstance(node, s.Attribute) and isinstance(node.value, s.Name) and node.value.id == me


def _changed(block: s.Block) -> Iterator[str]:
    """The names whose contents statements change when they run; what functions in it do comes later."""
    for stmt in block.body:
        parts: list[s.Node] = list(s.children(stmt)) if not isinstance(stmt, s.FuncDef | s.ClassDef) else []
        if isinstance(stmt, s.ExprStmt) and isinstance(stmt.value, s.Call):
            parts.append(stmt.value.func)
        for part in parts:
            if isinstance(part, s.Block):
                yield from _changed(part)
            while isinstance(part, s.Attribute | s.Subscript):
                part = part.value
                if isinstance(part, s.Name):
                    yield part.id


def _is_plain(names: list[str]) -> bool:
    return all(n.startswith(("typing.", "enum.", "pydantic.", "NamedTuple", "Exception")) for n in names)


def _flat(block: s.Block) -> Iterator[s.Stmt]:
    """Statements, and those of the branches of conditions among them."""
    for stmt in block.body:
        yield stmt
        for inner in s.children(stmt) if isinstance(stmt, s.If) else ():
            if isinstance(inner, s.Block):
                yield from _flat(inner)

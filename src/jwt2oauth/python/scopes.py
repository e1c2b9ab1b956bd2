"""Definitions and uses of one file: which bindings reach which use.

Within a scope, straight-line order decides; after a branch every binding that may hold reaches.
Attribute paths (``self.token``) and stores into containers (``claims["exp"] = …``) are bindings
as well, so that "built step by step" and "written as a literal" end in the same answer.
Nothing here looks into another scope's values: that is the resolver's work (``values.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field

from ..records import dataclass
from . import syntax as s

MUTATORS = frozenset(
    {"update", "setdefault", "pop", "append", "extend", "insert", "add", "clear", "popitem", "add_field"}
)


@dataclass(slots=True, eq=False)
class Binding:
    """One way in which ``path`` gets a value.

    ``kind`` is one of: assign, param, import, iter, with, except, def, class, aug (``prev`` op
    value), item (a store, deletion or mutating call on what ``prev`` gave), call (handed to a
    function that may change it), entry (whatever it was before this scope ran), match (what the
    subject ``value`` has ``under`` these keys), other.
    """

    path: str
    kind: str
    node: s.Node
    scope: Scope
    value: s.Expr | None = None
    unpack: tuple[int, ...] = ()
    key: s.Expr | None = None
    prev: frozenset[Binding] = frozenset()
    order: int = 0
    under: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Scope:
    """A module, class or function with what it binds."""

    node: s.Source | s.FuncDef | s.ClassDef
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    outer_names: dict[str, str] = field(default_factory=dict)
    """Names declared ``global`` or ``nonlocal``."""
    ends: dict[str, frozenset[Binding]] = field(default_factory=dict)
    """What may be bound when the scope has run, attribute paths included."""
    returns: list[s.Return] = field(default_factory=list)
    children: list[Scope] = field(default_factory=list)
    is_generator: bool = False

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, s.ClassDef)

    @property
    def is_module(self) -> bool:
        return isinstance(self.node, s.Source)

    def every(self) -> Iterator[Scope]:
        """This scope and those in it."""
        yield self
        for child in self.children:
            yield from child.every()

    def module(self) -> Scope:
        """The outermost scope."""
        here = self
        while here.parent is not None:
            here = here.parent
        return here


Env = dict[str, frozenset[Binding]]


@dataclass(slots=True, eq=False)
class Scopes:
    """The answer for one file."""

    module: Scope
    reach: dict[s.Node, frozenset[Binding]]
    """Name and attribute-path loads → the local bindings that may reach; missing when free."""
    scope_of: dict[s.Node, Scope]
    """The scope in which a Name or Attribute load stands."""
    inner: dict[s.Node, Scope]
    """FuncDef, ClassDef → the scope that it opens."""

    def lookup(self, scope: Scope, name: str) -> tuple[Scope, frozenset[Binding]] | None:
        """What a free ``name`` of ``scope`` means: all bindings that its owner ends with."""
        here = scope.parent
        if scope.outer_names.get(name) == "global":
            here = scope.module()
        while here is not None:
            if not here.is_class and name in here.bindings and here.outer_names.get(name) is None:
                kept = frozenset(b for b in here.bindings[name] if b.kind in ("def", "class"))
                return here, (here.ends.get(name) or frozenset(here.bindings[name])) | kept
            here = here.parent
        return None

    def bindings_of(self, node: s.Name | s.Attribute) -> frozenset[Binding]:
        """All bindings that may reach a load, through enclosing scopes too."""
        local = self.reach.get(node)
        if local is None:
            if isinstance(node, s.Attribute):
                return frozenset()
            found = self.lookup(self.scope_of[node], node.id) if node in self.scope_of else None
            return found[1] if found else frozenset()
        if any(b.kind == "entry" for b in local):
            kept = {b for b in local if b.kind != "entry"}
            for entry in local - kept:
                if entry.scope.is_module:
                    kept |= {b for b in entry.scope.bindings.get(entry.path, ()) if b.kind != "entry"}
                    continue
                found = self.lookup(entry.scope, entry.path)
                kept |= found[1] if found else set()
            return frozenset(kept)
        return local


def path_of(node: s.Expr) -> str | None:
    """``self.cfg.id`` for a chain of attributes on a name, else None."""
    if isinstance(node, s.Name):
        return node.id
    if isinstance(node, s.Attribute):
        base = path_of(node.value)
        return f"{base}.{node.attr}" if base else None
    return None


def analyse(source: s.Source, scoping: Iterable[s.Node]) -> Scopes:
    """Follow every scope of ``source``, whose ``global`` and ``nonlocal`` statements are ``scoping``."""
    module = Scope(source, None)
    result = Scopes(module, {}, {}, {})
    run = _Run(result, _globals(scoping))
    run.scope(module, source.body.body, {})
    return result


def _locals(body: Iterable[s.Stmt]) -> tuple[set[str], dict[str, str]]:
    """The names that a function body binds itself, and those declared to live outside."""
    found: set[str] = set()
    outer: dict[str, str] = {}
    stack: list[s.Node] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, s.FuncDef | s.ClassDef):
            found.add(node.name)
            stack.extend(node.decorators)
            continue
        if isinstance(node, s.Scoping):
            outer.update(dict.fromkeys(node.names, node.kind))
        elif isinstance(node, s.Import):
            found.update(a.asname or a.name.split(".")[0] for a in node.aliases)
        elif isinstance(node, s.ImportFrom):
            found.update(a.asname or a.name for a in node.aliases)
        elif isinstance(node, s.Handler) and node.name:
            found.add(node.name)
        elif isinstance(node, s.Case):
            found.update(node.names)
        targets: tuple[s.Expr | None, ...] = ()
        if isinstance(node, s.Assign):
            targets = node.targets
        elif isinstance(node, s.AugAssign | s.For | s.Walrus | s.WithItem):
            targets = (node.target,)
        for target in targets:
            if target is not None:
                found.update(n.id for n in _stored(target))
        if isinstance(node, s.Lambda):
            continue
        stack.extend(s.children(node))
    return found - outer.keys(), outer


def _places(target: s.Expr, path: tuple[int, ...] = ()) -> Iterable[tuple[s.Name, tuple[int, ...]]]:
    """The names in a target, each with the indices that lead to it."""
    if isinstance(target, s.Name):
        yield target, path
    elif isinstance(target, s.Sequence):
        for index, item in enumerate(target.items):
            yield from _places(item, (*path, index))
    else:
        yield from ((name, path) for name in _stored(target))


def _stored(target: s.Expr) -> Iterable[s.Name]:
    if isinstance(target, s.Name):
        yield target
    elif isinstance(target, s.Sequence):
        for item in target.items:
            yield from _stored(item)
    elif isinstance(target, s.Starred):
        yield from _stored(target.value)


def _globals(scoping: Iterable[s.Node]) -> frozenset[str]:
    """Module names that some function rebinds."""
    found = (n for n in scoping if isinstance(n, s.Scoping) and n.kind == "global")
    return frozenset(name for node in found for name in node.names)


class _Loop:
    def __init__(self) -> None:
        self.breaks: list[Env] = []
        self.continues: list[Env] = []


class _Run:
    """Walks statements with an environment: path → bindings that may hold now."""

    def __init__(self, result: Scopes, shared: frozenset[str]) -> None:
        self.result = result
        self.shared = shared
        self.made: dict[tuple[s.Node, str, str], Binding] = {}
        self.entries: dict[tuple[Scope, str], Binding] = {}
        self.here: Scope = result.module
        self.locals: set[str] = set()
        self.loops: list[_Loop] = []
        self.exits: list[Env] = []
        self.deferred: list[tuple[Scope, s.FuncDef]] = []

    # -- scopes -------------------------------------------------------------------------------

    def scope(self, scope: Scope, body: tuple[s.Stmt, ...], env: Env) -> None:
        saved = (self.here, self.locals, self.loops, self.exits, self.deferred)
        self.here, self.loops, self.exits, self.deferred = scope, [], [], []
        self.locals, scope.outer_names = _locals(body)
        self.locals |= env.keys()
        end = self.block(body, env)
        ends = [e for e in (*self.exits, end) if e is not None]
        scope.ends = self.join(ends) if ends else {}
        for inner, node in self.deferred:
            start = self.params(inner, node)
            self.scope(inner, node.body.body, start)
        self.here, self.locals, self.loops, self.exits, self.deferred = saved
        for name, kind in scope.outer_names.items():
            owner = scope.module() if kind == "global" else self.owner(scope, name)
            if owner is not None and name in scope.bindings:
                owner.bindings[name] += [b for b in scope.bindings[name] if b not in owner.bindings[name]]
                owner.ends[name] = owner.ends.get(name, frozenset()) | frozenset(
                    b for b in scope.bindings[name] if b.kind != "entry"
                )

    def owner(self, scope: Scope, name: str) -> Scope | None:
        here = scope.parent
        while here is not None:
            if not here.is_class and name in here.bindings:
                return here
            here = here.parent
        return None

    def params(self, scope: Scope, node: s.FuncDef) -> Env:
        env: Env = {}
        for param in node.params:
            env[param.name] = frozenset({self.bind(param, param.name, "param", scope, value=param.default)})
        return env

    def bind(
        self,
        node: s.Node,
        path: str,
        kind: str,
        scope: Scope | None = None,
        *,
        value: s.Expr | None = None,
        unpack: tuple[int, ...] = (),
        key: s.Expr | None = None,
        prev: frozenset[Binding] = frozenset(),
        under: tuple[str, ...] = (),
    ) -> Binding:
        scope = scope or self.here
        made = self.made.get((node, path, kind))
        if made is None:
            made = Binding(path, kind, node, scope, value, unpack, key, prev, len(self.made), under)
            self.made[(node, path, kind)] = made
            scope.bindings[path].append(made)
        else:
            made.prev |= prev - {made}
        return made

    def entry(self, path: str) -> Binding:
        key = (self.here, path)
        if key not in self.entries:
            self.entries[key] = Binding(path, "entry", self.here.node, self.here)
        return self.entries[key]

    def is_outer(self, path: str) -> bool:
        return "." in path or path not in self.locals

    def current(self, env: Env, path: str) -> frozenset[Binding]:
        found = env.get(path)
        if found is None:
            return frozenset({self.entry(path)}) if self.is_outer(path) else frozenset()
        return found

    def join(self, envs: list[Env]) -> Env:
        if len(envs) == 1:
            return envs[0]
        keys = {key: None for env in envs for key in env}
        return {key: frozenset().union(*(self.current(env, key) for env in envs)) for key in keys}

    # -- statements ---------------------------------------------------------------------------

    def block(self, body: Iterable[s.Stmt], env: Env | None) -> Env | None:
        for stmt in body:
            if env is None:
                # Unreachable, but names in it are still uses.
                env = {}
                self.statement(stmt, env)
                env = None
                continue
            env = self.statement(stmt, env)
        return env

    def statement(self, node: s.Stmt, env: Env) -> Env | None:
        method = getattr(self, "do_" + type(node).__name__.lower(), None)
        if method is None:
            return env
        result: Env | None = method(node, env)
        return result

    def do_assign(self, node: s.Assign, env: Env) -> Env:
        if node.annotation is not None:
            self.load(node.annotation, env)
        if node.value is None:
            return env
        self.load(node.value, env)
        for target in node.targets:
            env = self.store(target, node, "assign", env, value=node.value)
        return env

    def do_augassign(self, node: s.AugAssign, env: Env) -> Env:
        self.load(node.target, env)
        self.load(node.value, env)
        if isinstance(node.target, s.Subscript):
            return self.store(node.target, node, "assign", env, value=node.value)
        path = path_of(node.target)
        if path is None:
            return env
        made = self.bind(node, path, "aug", value=node.value, prev=self.current(env, path))
        return {**env, path: frozenset({made})}

    def do_exprstmt(self, node: s.ExprStmt, env: Env) -> Env:
        return self.load(node.value, env)

    def do_return(self, node: s.Return, env: Env) -> None:
        if node.value is not None:
            self.load(node.value, env)
        if node not in self.here.returns:
            self.here.returns.append(node)
        self.exits.append(dict(env))

    def do_raise(self, node: s.Raise, env: Env) -> None:
        for value in (node.value, node.cause):
            if value is not None:
                self.load(value, env)

    def do_assert(self, node: s.Assert, env: Env) -> Env:
        self.load(node.test, env)
        if node.message is not None:
            self.load(node.message, env)
        return env

    def do_delete(self, node: s.Delete, env: Env) -> Env:
        for target in node.targets:
            if isinstance(target, s.Subscript):
                env = self.store(target, node, "item", env, value=None)
            else:
                self.load(target, env)
                path = path_of(target)
                if path is not None:
                    env = {k: v for k, v in env.items() if k != path}
        return env

    def do_plain(self, node: s.Plain, env: Env) -> Env | None:
        if node.word in ("break", "continue") and self.loops:
            loop = self.loops[-1]
            (loop.breaks if node.word == "break" else loop.continues).append(dict(env))
            return None
        return env

    def do_import(self, node: s.Import, env: Env) -> Env:
        env = dict(env)
        for alias in node.aliases:
            name = alias.asname or alias.name.split(".")[0]
            made = self.bind(alias, name, "import")
            previous = env.get(name, frozenset()) if not alias.asname and "." in alias.name else frozenset()
            env[name] = frozenset({made}) | frozenset(b for b in previous if b.kind == "import")
        return env

    def do_importfrom(self, node: s.ImportFrom, env: Env) -> Env:
        env = dict(env)
        for alias in node.aliases:
            name = alias.asname or alias.name
            env[name] = frozenset({self.bind(alias, name, "import")})
        return env

    def do_funcdef(self, node: s.FuncDef, env: Env) -> Env:
        for expr in node.decorators:
            self.load(expr, env)
        for param in node.params:
            for part in (param.default, param.annotation):
                if part is not None:
                    self.load(part, env)
        if node.returns is not None:
            self.load(node.returns, env)
        if node not in self.result.inner:
            inner = Scope(node, self.here)
            self.here.children.append(inner)
            self.result.inner[node] = inner
            self.deferred.append((inner, node))
        return {**env, node.name: frozenset({self.bind(node, node.name, "def")})}

    def do_classdef(self, node: s.ClassDef, env: Env) -> Env:
        for expr in (*node.decorators, *(a.value for a in node.bases)):
            self.load(expr, env)
        if node not in self.result.inner:
            inner = Scope(node, self.here)
            self.here.children.append(inner)
            self.result.inner[node] = inner
            self.scope(inner, node.body.body, {})
        return {**env, node.name: frozenset({self.bind(node, node.name, "class")})}

    def do_if(self, node: s.If, env: Env) -> Env | None:
        env = self.load(node.test, env)
        branches = [self.block(node.body.body, dict(env))]
        branches.append(self.block(node.orelse.body, dict(env)) if node.orelse else env)
        return self.merge(branches)

    def merge(self, branches: Iterable[Env | None]) -> Env | None:
        alive = [b for b in branches if b is not None]
        return self.join(alive) if alive else None

    def do_for(self, node: s.For, env: Env) -> Env | None:
        env = self.load(node.iter, env)
        return self.loop(node, env, node.body, node.orelse, target=node.target)

    def do_while(self, node: s.While, env: Env) -> Env | None:
        endless = isinstance(node.test, s.Const) and bool(node.test.value)
        return self.loop(node, env, node.body, node.orelse, test=node.test, endless=endless)

    def loop(
        self,
        node: s.For | s.While,
        env: Env,
        body: s.Block,
        orelse: s.Block | None,
        *,
        target: s.Expr | None = None,
        test: s.Expr | None = None,
        endless: bool = False,
    ) -> Env | None:
        breaks: list[Env] = []
        for _ in range(3):
            state = _Loop()
            self.loops.append(state)
            start = self.load(test, env) if test is not None else dict(env)
            if target is not None:
                start = self.store(target, node, "iter", start, value=getattr(node, "iter", None))
            end = self.block(body.body, start)
            self.loops.pop()
            breaks = state.breaks
            joined = self.merge([env, end, *state.continues])
            if joined is None or joined == env:
                break
            env = joined
        after: Env | None = None if endless else env
        if orelse is not None and after is not None:
            after = self.block(orelse.body, dict(after))
        return self.merge([after, *breaks])

    def do_with(self, node: s.With, env: Env) -> Env | None:
        for item in node.items:
            env = self.load(item.value, env)
            if item.target is not None:
                env = self.store(item.target, item, "with", env, value=item.value)
        return self.block(node.body.body, env)

    def do_try(self, node: s.Try, env: Env) -> Env | None:
        seen: list[Env] = [dict(env)]
        here: Env | None = dict(env)
        for stmt in node.body.body:
            here = self.block((stmt,), here)
            if here is not None:
                seen.append(dict(here))
        broken = self.join(seen)
        ends: list[Env | None] = [self.block(node.orelse.body, here) if node.orelse else here]
        for handler in node.handlers:
            start = dict(broken)
            if handler.type is not None:
                self.load(handler.type, start)
            if handler.name:
                start[handler.name] = frozenset({self.bind(handler, handler.name, "except")})
            ends.append(self.block(handler.body.body, start))
        after = self.merge(ends)
        if node.final is None:
            return after
        final = self.block(node.final.body, dict(after if after is not None else broken))
        return None if after is None else final

    def do_match(self, node: s.Match, env: Env) -> Env | None:
        env = self.load(node.subject, env)
        ends: list[Env | None] = [env]
        for case in node.cases:
            start = dict(env)
            for value in case.values:
                self.load(value, start)
            for name in case.names:
                path = case.paths.get(name)
                if path is None:
                    bound = self.bind(case, name, "other")
                else:
                    bound = self.bind(case, name, "match", value=node.subject, under=path)
                start[name] = frozenset({bound})
            if case.guard is not None:
                start = self.load(case.guard, start)
            ends.append(self.block(case.body.body, start))
        return self.merge(ends)

    # -- stores -------------------------------------------------------------------------------

    def store(
        self,
        target: s.Expr,
        node: s.Node,
        kind: str,
        env: Env,
        *,
        value: s.Expr | None,
        unpack: tuple[int, ...] = (),
    ) -> Env:
        if isinstance(target, s.Sequence):
            for index, item in enumerate(target.items):
                env = self.store(item, node, kind, env, value=value, unpack=(*unpack, index))
            return env
        if isinstance(target, s.Starred):
            return self.store(target.value, node, "other", env, value=value)
        if isinstance(target, s.Subscript):
            self.load(target.value, env)
            self.load(target.index, env)
            base = path_of(target.value)
            if base is None:
                return env
            if unpack or kind not in ("assign", "item"):
                value = None
            return self.mutate(base, node, env, value=value, key=target.index)
        path = path_of(target)
        if path is None:
            for child in s.children(target):
                if isinstance(child, s.Expr):
                    self.load(child, env)
            return env
        if isinstance(target, s.Attribute):
            self.load(target.value, env)
        made = self.bind(node, path, kind, value=value, unpack=unpack)
        fresh = {k: v for k, v in env.items() if not k.startswith(path + ".")}
        fresh[path] = frozenset({made})
        return fresh

    def mutate(
        self, path: str, node: s.Node, env: Env, *, value: s.Expr | None = None, key: s.Expr | None = None
    ) -> Env:
        made = self.bind(node, path, "item", value=value, key=key, prev=self.current(env, path))
        return {**env, path: frozenset({made})}

    # -- loads --------------------------------------------------------------------------------

    def load(self, node: s.Expr, env: Env) -> Env:
        """Note every use in ``node``; returns the environment after its effects."""
        if isinstance(node, s.Name):
            self.note(node, node.id, env)
            return env
        if isinstance(node, s.Attribute):
            path = path_of(node)
            if path is not None:
                self.result.scope_of[node] = self.here
                found = env.get(path)
                self.add(node, found if found is not None else frozenset({self.entry(path)}))
            return self.load(node.value, env)
        if isinstance(node, s.Walrus):
            env = self.load(node.value, env)
            return self.store(node.target, node, "assign", env, value=node.value)
        if isinstance(node, s.Lambda):
            inner = dict(env)
            for param in node.params:
                if param.default is not None:
                    env = self.load(param.default, env)
                inner[param.name] = frozenset({self.bind(param, param.name, "param")})
            self.load(node.body, inner)
            return env
        if isinstance(node, s.Comprehension):
            return self.comprehension(node, env)
        if isinstance(node, s.Call):
            return self.call(node, env)
        if isinstance(node, s.Yield):
            self.here.is_generator = True
        for child in s.children(node):
            env = self.load(child, env) if isinstance(child, s.Expr) else self.parts(child, env)
        return env

    def parts(self, node: s.Node, env: Env) -> Env:
        for child in s.children(node):
            env = self.load(child, env) if isinstance(child, s.Expr) else self.parts(child, env)
        return env

    def comprehension(self, node: s.Comprehension, env: Env) -> Env:
        inner = dict(env)
        for clause in node.clauses:
            self.load(clause.iter, inner)
            for name, unpack in _places(clause.target):
                bound = self.bind(clause, name.id, "iter", value=clause.iter, unpack=unpack)
                inner[name.id] = frozenset({bound})
            for test in clause.tests:
                inner = self.load(test, inner)
        for part in (node.key, node.value):
            if part is not None:
                self.load(part, inner)
        return env

    def call(self, node: s.Call, env: Env) -> Env:
        env = self.load(node.func, env)
        for arg in node.args:
            env = self.load(arg.value, env)
        touched = []
        if isinstance(node.func, s.Attribute):
            base = path_of(node.func.value)
            if base is not None:
                touched.append(base)
                if node.func.attr in MUTATORS and not (base in env and self.is_import(env[base])):
                    env = self.mutate(base, node, env)
        for arg in node.args:
            path = path_of(arg.value)
            if path is None:
                continue
            touched.append(path)
            if any(b.kind in ("item", "call") or isinstance(b.value, s.Dict) for b in env.get(path, ())):
                made = self.bind(node, path, "call", prev=self.current(env, path))
                env = {**env, path: frozenset({made})}
        return self.clobber(touched, env)

    @staticmethod
    def is_import(found: frozenset[Binding]) -> bool:
        return any(b.kind == "import" for b in found)

    def clobber(self, touched: list[str], env: Env) -> Env:
        """After a call, attributes of what it saw and globals may be something else."""
        changed: Env = {}
        for path, found in env.items():
            root = path.rpartition(".")[0]
            if (root and root in touched) or path in self.here.outer_names or self.is_shared(path):
                changed[path] = found | {self.entry(path)}
        return {**env, **changed} if changed else env

    def is_shared(self, path: str) -> bool:
        return self.here.is_module and path in self.shared

    def note(self, node: s.Name, name: str, env: Env) -> None:
        self.result.scope_of[node] = self.here
        found = env.get(name)
        if found is not None:
            self.add(node, found)
        elif name in self.locals and not self.here.is_class and not self.here.is_module:
            self.add(node, frozenset())
        elif name in self.locals:
            self.add(node, frozenset({self.entry(name)}))

    def add(self, node: s.Node, found: frozenset[Binding]) -> None:
        self.result.reach[node] = self.result.reach.get(node, frozenset()) | found


def uses(scopes: Scopes) -> Mapping[Binding, list[s.Node]]:
    """Binding → the loads that it may reach, in the order of the text."""
    found: dict[Binding, list[s.Node]] = defaultdict(list)
    for node in scopes.scope_of:
        if isinstance(node, s.Name | s.Attribute):
            for binding in scopes.bindings_of(node):
                found[binding].append(node)
    for nodes in found.values():
        nodes.sort(key=lambda n: n.span)
    return found

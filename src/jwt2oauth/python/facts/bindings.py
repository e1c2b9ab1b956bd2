"""What an expression uses and a store binds, given which bindings may hold where it stands."""

from __future__ import annotations

from collections.abc import Iterable

from . import syntax as s
from .scopes import Binding, Scope, Scopes, path_of

MUTATORS = frozenset(
    {"update", "setdefault", "pop", "append", "extend", "insert", "add", "clear", "popitem", "add_field"}
)


Env = dict[str, frozenset[Binding]]
"""Path → the bindings of it that may hold."""


class Bindings:
    """Notes the uses and the bindings of one file, scope by scope."""

    def __init__(self, result: Scopes, shared: frozenset[str]) -> None:
        """Begin in the module; ``shared`` are the names of it that some function rebinds."""
        self.result = result
        self.shared = shared
        self.made: dict[tuple[s.Node, str, str], Binding] = {}
        self.entries: dict[tuple[Scope, str], Binding] = {}
        self.here: Scope = result.module
        self.locals: set[str] = set()
        self.below: dict[str, dict[str, None]] = {}
        """The attributes that were bound, by each path that they begin with."""

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
            for dot in (place for place, letter in enumerate(path) if letter == "."):
                self.below.setdefault(path[:dot], {})[path] = None
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
        return {key: _union([self.current(env, key) for env in envs]) for key in keys}

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
            beside = s.beside(target, value) if not unpack else ()
            for index, item in enumerate(target.items):
                if beside and isinstance(item, s.Subscript):
                    env = self.store(item, node, kind, env, value=beside[index])
                else:
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
        fresh = {**env, path: frozenset({made})}
        for attribute in self.below.get(path, ()):
            fresh.pop(attribute, None)
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
        if isinstance(node, s.Str | s.Const):
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
        elsewhere = {*self.here.outer_names, *(self.shared if self.here.is_module else ())}
        held = (path for base in touched for path in self.below.get(base, ()) if _owner(path) == base)
        changed = {
            path: env[path] | {self.entry(path)} for path in sorted({*held, *elsewhere}) if path in env
        }
        return {**env, **changed} if changed else env

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
        known = self.result.reach.get(node)
        self.result.reach[node] = found if known is None else known | found


def _union(found: list[frozenset[Binding]]) -> frozenset[Binding]:
    """All of them, which mostly are the same one."""
    first = found[0]
    return first if all(each is first for each in found) else first.union(*found[1:])


def _places(target: s.Expr, path: tuple[int, ...] = ()) -> Iterable[tuple[s.Name, tuple[int, ...]]]:
    """The names in a target, each with the indices that lead to it."""
    if isinstance(target, s.Name):
        yield target, path
    elif isinstance(target, s.Sequence):
        for index, item in enumerate(target.items):
            yield from _places(item, (*path, index))
    else:
        yield from ((name, path) for name in stored(target))


def stored(target: s.Expr) -> Iterable[s.Name]:
    if isinstance(target, s.Name):
        yield target
    elif isinstance(target, s.Sequence):
        for item in target.items:
            yield from stored(item)
    elif isinstance(target, s.Starred):
        yield from stored(target.value)


def _owner(path: str) -> str:
    """``self.reply`` of ``self.reply.token``"""
    return path.rpartition(".")[0]

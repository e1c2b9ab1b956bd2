"""Which bindings reach which use: every scope of a file, statement by statement.

Within a scope, straight-line order decides; after a branch every binding that may hold reaches.
"""

from __future__ import annotations

from collections.abc import Iterable

from . import syntax as s
from .bindings import Bindings, Env, stored
from .scopes import Scope, Scopes, path_of


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
        if type(node) not in _BINDING:
            stack.extend(s.children(node))
            continue
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
                found.update(n.id for n in stored(target))
        if isinstance(node, s.Lambda):
            continue
        stack.extend(s.children(node))
    return found - outer.keys(), outer


_BINDING = frozenset(
    {
        s.FuncDef, s.ClassDef, s.Scoping, s.Import, s.ImportFrom, s.Handler, s.Case, s.Assign, s.AugAssign,
        s.For, s.Walrus, s.WithItem, s.Lambda,
    }
)  # fmt: skip
"""What may bind a name, or hides what does."""


def _globals(scoping: Iterable[s.Node]) -> frozenset[str]:
    """Module names that some function rebinds."""
    found = (n for n in scoping if isinstance(n, s.Scoping) and n.kind == "global")
    return frozenset(name for node in found for name in node.names)


class _Loop:
    def __init__(self) -> None:
        self.breaks: list[Env] = []
        self.continues: list[Env] = []


class _Run(Bindings):
    """Walks statements with an environment: path → bindings that may hold now."""

    def __init__(self, result: Scopes, shared: frozenset[str]) -> None:
        super().__init__(result, shared)
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

    # -- statements ---------------------------------------------------------------------------

    def block(self, body: Iterable[s.Stmt], env: Env | None) -> Env | None:
        dead = env is None
        for stmt in body:
            # What nothing reaches still names what it means: anything that was bound before may be that.
            env = self.statement(stmt, self.bound() if env is None else env)
            dead = dead or env is None
        return None if dead else env

    def bound(self) -> Env:
        """Every binding of the scope so far."""
        return {path: frozenset(made) for path, made in self.here.bindings.items() if made}

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
                    place = tuple(step for step in path if isinstance(step, int))
                    keys = tuple(step for step in path if isinstance(step, str))
                    bound = self.bind(case, name, "match", value=node.subject, unpack=place, under=keys)
                start[name] = frozenset({bound})
            if case.guard is not None:
                start = self.load(case.guard, start)
            ends.append(self.block(case.body.body, start))
        return self.merge(ends)

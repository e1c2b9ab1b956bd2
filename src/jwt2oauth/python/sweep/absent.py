"""Checks whether the key's file is there, or looks at it, where only dead code opens that file."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Arithmetic,
    Class,
    Environ,
    Gap,
    Instance,
    Lib,
    Lit,
    Member,
    Param,
    Result,
    Site,
    Text,
    Value,
    chain,
)
from ..following.lookups import look
from ..resolve.shared import fields_of
from .unions import Unions


class KeyFiles(Unions):
    """Checks of the key's file that do not count."""

    def _file_guards(self) -> None:
        """``if not os.path.exists(config["key_path"]): raise``, where only dead code opens that file."""
        paths = self._dead_paths()
        if not paths:
            return
        checks = [*self._checks_of_files(paths)]
        loose = any(self._takes_more(check) for check in checks)
        for check in checks:
            self._let_go_of_check(check, loose)
        for module in self.resolver.world:
            self._listed_files(module, paths)

    def _checks_of_files(self, paths: set[object]) -> Iterator[Site]:
        """The calls that stay and look for nothing but what lies at ``paths``."""
        for module in self.resolver.world:
            for node in module.each(s.Call):
                path = _checked_path(node) or _judged_path(module, node)
                if path is None or self.changes.is_dead(module, node):
                    continue
                words = self._words(Site(module, path))
                checked = self._signatures(Site(module, path)) - words
                asked = {*self._asked_for(Site(module, path))}
                same = words & paths or (asked and asked <= paths)
                if same or (checked and checked <= paths):  # else other files, too
                    yield Site(module, node)

    def _takes_more(self, check: Site) -> bool:
        """``return os.path.getmtime(KEY)``: is it more than asked, and would be missed?"""
        stmt = check.module.statement(check.node)
        return isinstance(stmt, s.Return) or (isinstance(stmt, s.Assign) and not self._is_plain(stmt))

    def _is_plain(self, stmt: s.Assign) -> bool:
        return all(isinstance(target, s.Name) for target in stmt.targets)

    def _let_go_of_check(self, check: Site, loose: bool) -> None:
        """What asks for the file goes; ``loose`` says that others go on to look at it where it is there."""
        module, node = check.module, check.node
        for ancestor in module.ancestors(node):
            if isinstance(ancestor, s.If) and self._within(module, node, ancestor.test):
                action = self._test(module, node, ancestor)
                guards = loose and not isinstance(module.parents[node], s.Unary)
                if action is not None and not (guards and action[0] in ("operand", "unwrap")):
                    self._act(action, module)
            if isinstance(ancestor, s.Stmt):
                self._looked_at(module, ancestor)
                break

    def _looked_at(self, module: Module, stmt: s.Stmt) -> None:
        """``mode = os.stat(KEY).st_mode``, which is only asked; a line that tells how large the file is."""
        if isinstance(stmt, s.ExprStmt) and self.effects.only_tells(module, stmt.value):
            self.changes.remove(module, stmt)
        elif isinstance(stmt, s.Assign) and stmt.value and self.effects.harmless(module, stmt.value):
            for deed in self._flag(module, stmt, either=True) or ():
                deed()

    def _listed_files(self, module: Module, paths: set[object]) -> None:
        """``for name in ["config.json", "private.key"]: if not Path(name).exists(): sys.exit(…)``"""
        for text in module.each(s.Str) if not self.resolver.is_test(module) else ():
            if text.value not in paths or self.changes.is_dead(module, text):
                continue
            holder = module.parents[text]
            uses = self.forward.uses(Site(module, holder)) if isinstance(holder, s.Sequence) else ()
            loops = [use.parent for use in uses if not self.changes.is_dead(use.module, use.parent)]
            if loops and all(map(_looks_for_files, loops)):
                self._unlist(Site(module, text))

    def _dead_paths(self) -> set[object]:
        given = (path for path in self.paths if self.changes.is_dead(path.module, path.node))
        found: set[object] = set().union(*map(self._meant, given))
        for value in self._key_sources:
            if not isinstance(value, Result) or not isinstance(value.site.node, s.Call):
                continue
            path = self.resolver.opened(value) if self.resolver.opens(value.name) else None
            if path is not None and self.changes.is_dead(value.site.module, value.site.node):
                found |= self._meant(path)
            elif (
                path is not None
                and any(self.changes.is_dead(call.module, call.node) for _, call in value.site.ctx)
                and self._is_said_by_dead(path)
            ):  # opened by what stays for others: its own words mean any file
                found |= self._signatures(path) - self._words(path) | self.resolver.paths_written(path)
        return found

    def _is_said_by_dead(self, path: Site) -> bool:
        """Is which file it is said where nothing stays: ``vault.secret("adobe-key")``?"""
        return any(
            self.changes.is_dead(said.module, said.node)
            for value in self.resolver.resolve(path)
            for said in self._spelling(value)
        )

    def _spelling(self, value: Value, within: frozenset[Value] = frozenset()) -> Iterator[Site]:
        """The texts that a path is made of; once of what it is ``within``: ``path = join(path, name)``."""
        if value in within:
            return
        for link in chain(value):
            inner: list[Value] = [link.left, link.right] if isinstance(link, Arithmetic) else []
            if isinstance(link, Text):
                yield from (part.site for part in link.parts if isinstance(part, Lit))
                inner = [part.value for part in link.parts if isinstance(part, Gap)]
            elif isinstance(link, Result) and isinstance(link.site.node, s.Call):
                args = (link.site.at(arg.value) for arg in link.site.node.args)
                inner = [each for arg in args for each in self.resolver.resolve(arg)]
            for each in inner:
                yield from self._spelling(each, within | {value})

    def _meant(self, path: Site) -> set[object]:
        return {*self._signatures(path), *self.resolver.paths_written(path), *self._asked_for(path)}

    def _asked_for(self, path: Site, depth: int = 2) -> Iterator[object]:
        """The settings that a path is made of: ``KEY`` of ``config`` in ``join(root, app.config["KEY"])``"""
        module = path.module
        for node in s.walk(path.node):
            mapping, key = look(node)
            name = self.resolver.spelled(module, key) if key is not None else None
            if mapping is not None and name is not None:
                yield ("setting", s.last_name(mapping), name)
            elif isinstance(node, s.Name) and depth:
                made = (b.value for b in module.scopes.bindings_of(node) if isinstance(b.value, s.Expr))
                yield from (each for value in made for each in self._asked_for(path.at(value), depth - 1))

    def _signatures(self, site: Site) -> set[object]:
        return {signature(value) or value for value in self.resolver.resolve(site)} | self._words(site)

    def _words(self, site: Site) -> set[object]:
        """The same words mean the same where they stand for the same definitions."""
        names = [name for name in s.walk(site.node) if isinstance(name, s.Name)]
        bindings = frozenset(b for name in names for b in site.module.scopes.bindings_of(name))
        words: set[object] = {(site.module.snippet(site.node), bindings)} if bindings else set()
        return words | set(self._field_checked(site))

    def _field_checked(self, site: Site) -> Iterator[object]:
        """``self.key_path``, ``config.key_path`` of one class that is asked for nothing but that file."""
        node = site.node
        if not isinstance(node, s.Attribute):
            return
        found = self.resolver.resolve(site.at(node.value))
        classes = [value.cls for value in found if isinstance(value, Instance)]
        if not classes and all(isinstance(value, Param) for value in found):
            classes = self._declaring(site.module, node.attr)[:2]  # whoever makes it and hands it in
        for cls in classes if len(classes) == 1 else ():
            if node.attr in fields_of(cls) and self._is_only_checked(cls, node.attr):
                yield cls.node, node.attr

    def _declaring(self, module: Module, attr: str) -> list[Class]:
        """The classes of the project that have a field of this name."""
        near = self.resolver.near(module, [Site(each, each.source) for each in self.resolver.world])
        nodes = (
            (each.module, node)
            for each in near
            if each.module.holds(attr)
            for node in each.module.each(s.ClassDef)
        )
        return [cls for cls in (Class(*found) for found in nodes) if attr in fields_of(cls)]

    def _is_only_checked(self, cls: Class, attr: str) -> bool:
        """Does what stays only look whether the file of this name is there, and tell of that?"""
        return all(
            self._is_about_a_check(load, attr)
            for load in self.forward.loads_of(attr, cls.module)
            if not self.resolver.is_test(load.module) and not self.changes.is_dead(load.module, load.node)
        )

    def _is_about_a_check(self, load: Site, attr: str) -> bool:
        stmt = load.module.statement(load.node)
        targets = stmt.targets if isinstance(stmt, s.Assign) else ()
        if any(isinstance(target, s.Attribute) and target.attr == attr for target in targets):
            return True  # self.key_path = Path(self.key_path)
        around = (each for each in load.module.ancestors(load.node) if isinstance(each, s.If))
        calls = (n for each in around for n in s.walk(each.test) if isinstance(n, s.Call))
        paths = (_checked_path(call) or _judged_path(load.module, call) for call in calls)
        return any(isinstance(path, s.Attribute) and path.attr == attr for path in paths)


def signature(value: Value, *, by_way: bool = True) -> object | None:
    """What two expressions for the same thing share, wherever they stand, or ``by_way`` of which calls."""
    if isinstance(value, Text):
        return value.fold("*") if value.known else None
    if isinstance(value, Environ):
        return ("env", value.name)
    if isinstance(value, Member):
        base = signature(value.base, by_way=by_way)
        return None if base is None else (base, value.key)
    if isinstance(value, Lib):
        return value.name if value.base is None else (signature(value.base), value.name)
    if isinstance(value, Param):
        return value.param
    if isinstance(value, Arithmetic):
        pair = signature(value.left), signature(value.right)
        return None if None in pair else (value.op, *pair)
    if isinstance(value, Result):
        return value.site.node, tuple(function for function, _ in value.site.ctx if by_way)
    return None


def _looks_for_files(node: s.Node) -> bool:
    """Is all that a loop does to ask, first of all, whether a file of each name is there?"""
    first = node.body.body[0] if isinstance(node, s.For) and len(node.body.body) == 1 else None
    tests = [first.test] if isinstance(first, s.If) and first.orelse is None else []
    tests += node.tests if isinstance(node, s.Clause) else ()
    calls = (n for test in tests for n in s.walk(test) if isinstance(n, s.Call))
    return any(_checked_path(call) is not None for call in calls)


def looks_for_file(test: s.Expr) -> bool:
    """``os.path.exists(p)``: true when the file is there."""
    return isinstance(test, s.Call) and _checked_path(test) is not None


def _checked_path(node: s.Call) -> s.Expr | None:
    """``p`` in ``os.path.exists(p)``, ``p.is_file()``."""
    if not isinstance(node.func, s.Attribute) or node.func.attr not in (
        "exists",
        "isfile",
        "is_file",
        "access",
        "stat",
        "lstat",
        "getsize",
        "getmtime",
    ):
        return None
    if node.args:
        return node.args[0].value
    return node.func.value


def _judged_path(module: Module, node: s.Call) -> s.Expr | None:
    """``p`` of ``if "PRIVATE KEY" not in p.read_text():``"""
    func = node.func
    inner: s.Node = node
    if not isinstance(func, s.Attribute) or func.attr not in ("read_text", "read_bytes"):
        return None
    for ancestor in module.ancestors(node):
        if isinstance(ancestor, s.Stmt):
            return func.value if isinstance(ancestor, s.If) and ancestor.test is inner else None
        inner = ancestor
    return None

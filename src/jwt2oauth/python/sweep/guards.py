"""Uses that do not count: checks of what is dying, and lines that only tell of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding, path_of
from ..facts.values import (
    Class,
    Fields,
    Function,
    Lib,
    ModuleValue,
    Result,
    Site,
    Text,
    Value,
    chain,
    name_of,
)
from ..following.elements import is_checked, name_beside
from ..resolve import is_read, is_static
from .absent import KeyFiles, looks_for_file
from .conditions import Conditions, fits

_NAMED = ("import", "def", "class")
_PARSERS = ("parse_args", "parse_known_args")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")


class Guards(Conditions, KeyFiles):
    """Uses that do not count: checks of what is dying, and lines that only tell of it."""

    def _ignorable(self, site: Site, binding: Binding) -> bool:
        return self._guard(site, binding) is not None

    def _guard(self, site: Site, binding: Binding) -> tuple[str, s.Node] | None:
        """What becomes of a use that only checks or tells: (action, statement or expression)."""
        found = self._action(site, binding)
        if found is None:
            return None
        what, node = found
        tested = (
            node if what in ("operand", "never") else node.test if isinstance(node, s.If | s.Assert) else None
        )
        if tested is None:
            return found
        return (
            found if self._only_about_the_dead(site, tested, binding) and not self._is_flag(binding) else None
        )

    def _is_flag(self, binding: Binding) -> bool:
        """Was it only ever asked whether it holds, by what is gone as well, and says it nothing of the flow?

        ``if verbose: print(claims)`` does not make ``verbose`` a thing of the flow.
        """
        used = [p for p in self.loads(binding) if self.changes.is_dead(p.module, p.node)]
        if not used or not all(_is_tested(p) for p in used):
            return False
        module = self.module_of(binding)
        names = (
            [n for n in s.walk(binding.value) if isinstance(n, s.Name)] if binding.value is not None else []
        )
        names = [n for n in names if not self._is_library(Site(module, n))]
        sources = (b for n in names for b in module.scopes.bindings_of(n))
        return not any(b is not binding and self.touched(b) for b in sources)

    def _is_library(self, site: Site) -> bool:
        """``os`` of ``os.environ``, of which everybody asks something"""
        values = self.resolver.resolve(site)
        return bool(values) and all(isinstance(v, Lib) for v in values)

    def _only_about_the_dead(self, site: Site, tested: s.Node, binding: Binding) -> bool:
        """Is nothing else tested there: no clock of a module, no variable that lives on?"""
        stack: list[s.Node] = [tested]
        while stack:
            node = stack.pop()
            if isinstance(node, s.Call) and isinstance(node.func, s.Name | s.Attribute):
                if self._within(site.module, site.node, node.func) and binding.kind in _NAMED:
                    return False
                stack += [a.value for a in node.args]
                if isinstance(node.func, s.Attribute) and not self._asks_only_arguments(site.at(node)):
                    stack.append(node.func.value)
            elif path_of(node) is None if isinstance(node, s.Expr) else True:
                stack += s.children(node)
            elif not self._within(site.module, site.node, node):
                if self._lives_on(site.at(node)):
                    return False
            elif self._asks_another(site, binding):
                return False
        return True

    def _asks_only_arguments(self, call: Site) -> bool:
        """``self.is_filled(key)``: does no method that may answer look at the object it belongs to?"""
        callees = self.resolver.callees(call)
        return bool(callees) and all(c.receiver is not None and not _looks_at_itself(c.node) for c in callees)

    def _asks_another(self, site: Site, binding: Binding) -> bool:
        """``environ``, ``settings.debug``, ``options["verbose"]``: asked for what no dead code asks for?

        A thing that carries settings of the flow carries others as well.
        """
        values = self.resolver.resolve(site)
        if binding.kind == "import" and values and all(isinstance(v, Lib) for v in values):
            signing = {name.partition(".")[0] for name in (*self._encoders, *self._readers)}
            return not any((name_of(v) or "").partition(".")[0] in signing for v in values)
        parsed = any((name_of(v) or "").endswith(_PARSERS) for v in values)
        if not values or any(isinstance(v, Result | Text) or self._is_secret(v) for v in values) > parsed:
            return False
        named = parsed or any(isinstance(v, Fields) for v in values)
        return any(not self._was_asked(site.at(step), named) for step in _steps(site))

    def _was_asked(self, site: Site, named: bool) -> bool:
        """Does dead code read this attribute, or what is under this key?

        What the project nowhere assigns is no setting, unless the thing is made by naming them.
        """
        step = site.node
        if isinstance(step, s.Attribute):
            loads = self.forward.loads_of(step.attr, site.module)
            dead = (p for p in loads if self.changes.is_dead(p.module, p.node))
            assigned = named or any(b.kind == "assign" for b in self._stores_of(step.attr))
            return not assigned or any(dead)
        key = self.resolver.spelled(site.module, step.index) if isinstance(step, s.Subscript) else None
        return key is None or any(
            self.changes.is_dead(module, node)
            for module in self.resolver.world
            for node in self.resolver.lookups(module).get(key, ())
        )

    def _lives_on(self, site: Site) -> bool:
        """Is the variable at ``site`` (a name, or an attribute's path) used by what stays?"""
        node = site.node
        assert isinstance(node, s.Name | s.Attribute)
        values = self.resolver.resolve(site)
        if values and all(isinstance(v, Lib | ModuleValue | Function | Class) for v in values):
            return False
        found = {b for b in site.module.scopes.bindings_of(node) if b.kind != "entry"}
        if not found and isinstance(node, s.Attribute):
            found = set(self._stores_of(node.attr))
            return not found or any(self.live(b) for b in found)
        return any(self.live(b) for b in found)

    def _stores_of(self, attr: str) -> Iterator[Binding]:
        """Everything that is stored under an attribute of this name, or under a global of a module."""
        for module in self.resolver.world:
            for scope in module.scopes.module.every():
                for path, bindings in scope.bindings.items():
                    if path.endswith("." + attr) or (path == attr and (scope.is_module or scope.is_class)):
                        yield from (b for b in bindings if b.kind != "entry")

    def _action(self, site: Site, binding: Binding) -> tuple[str, s.Node] | None:
        module, node = site.module, site.node
        if self.resolver.is_test(module):
            return None  # checking is what tests do
        if self._is_listed(site) and self.demands.may_drop(site):
            return "unlisted", node
        checked = self._checked(site)
        if checked is not None:
            return checked
        stmt = module.statement(node)
        if isinstance(stmt, s.Assert) and (part := self._operand(module, node, stmt.test)) is not None:
            fitting = fits(module, part) and self.effects.harmless(module, part)
            return ("operand", part) if fitting else None
        if isinstance(stmt, s.Delete | s.Assert):
            gone = self._deleted(module, stmt, node) if isinstance(stmt, s.Delete) else stmt
            return ("remove", gone) if self.effects.harmless(module, stmt) else None
        if isinstance(stmt, s.ExprStmt) and (self._closes(stmt.value, node) or self._only_signs(site, stmt)):
            return ("remove", stmt)
        if isinstance(stmt, s.ExprStmt) and binding.kind not in _NAMED and self._is_shown(site, stmt):
            return ("remove", stmt)
        if (
            isinstance(stmt, s.ExprStmt)
            and self.effects.only_tells(module, stmt.value)
            and ((self._whole(module, node) and self._carries_secret(site)) or self._is_of_emptied(binding))
            and not self._is_output(module, stmt)
            and not self._tells_of_reply(module, stmt)
        ):
            return ("remove", stmt)
        if self._alternative(module, node) is not None:
            return "alternative", node
        for ancestor in module.ancestors(node):
            if isinstance(ancestor, s.If):
                if self._within(module, node, ancestor.test):
                    return self._test(module, node, ancestor)
                if self._mentions(ancestor.test, binding.path) and self._only_leaves(module, ancestor.body):
                    found = self._test(module, node, ancestor)
                    return found if found and found[0] == "remove" else None
            if isinstance(ancestor, s.FuncDef | s.ClassDef):
                break
        if isinstance(stmt, s.If) and isinstance(node, s.Expr):
            return self._test(module, node, stmt)
        return None

    def _checked(self, site: Site) -> tuple[str, s.Node] | None:
        """``for name, value in (("key", key), …)``, ``all(value for value in (client, key))``"""
        module, node = site.module, site.node
        holder, name = module.parents[node], name_beside(site)
        if not isinstance(holder, s.Sequence | s.Item) or not is_checked(self.forward, site):
            return None
        if name is not None:
            return ("unlisted", name.node) if self.demands.may_drop(name) else None
        if not isinstance(holder, s.Sequence) or isinstance(module.parents[holder], s.Sequence):
            return None
        others = [each for each in holder.items if each is not node and each not in self.changes.removed]
        return ("operand", node) if others else None

    def _deleted(self, module: Module, stmt: s.Delete, node: s.Node) -> s.Node:
        """What goes of ``del key, reply`` with ``key``: the name alone while another one is left."""
        mine = next(target for target in stmt.targets if any(node is inner for inner in s.walk(target)))
        left = (t for t in stmt.targets if t is not mine and not self.changes.is_dead(module, t))
        return mine if any(left) else stmt

    def _is_of_emptied(self, binding: Binding) -> bool:
        """``t`` of ``with Timer() as t:`` around nothing but what is gone."""
        module = self.module_of(binding)
        around = module.parents.get(binding.node) if binding.kind == "with" else None
        return isinstance(around, s.With) and all(
            self.changes.is_dead(module, stmt) for stmt in around.body.body
        )

    def _closes(self, value: s.Expr, node: s.Node) -> bool:
        """``key_file.close()``"""
        return (
            isinstance(value, s.Call)
            and isinstance(value.func, s.Attribute)
            and value.func.value is node
            and value.func.attr in self._closers
        )

    def _only_signs(self, site: Site, stmt: s.ExprStmt) -> bool:
        """``self.sign()``, whose result nobody takes, as nobody reads what it remembers."""
        if not isinstance(stmt.value, s.Call) or stmt.value.func is not site.node:
            return False
        callees = self.resolver.callees(site.at(stmt.value))
        return (
            bool(callees)
            and all(self._holds_signing(c.module, c.node) for c in callees)
            and self.effects.harmless(site.module, stmt.value)
        )

    def _is_shown(self, site: Site, stmt: s.ExprStmt) -> bool:
        """``assertion[:10]`` on a line of its own, which a notebook shows and a program does not."""
        plain = isinstance(stmt.value, s.Name | s.Attribute | s.Subscript)
        return plain and self.effects.harmless(site.module, stmt.value)

    def _whole(self, module: Module, node: s.Node) -> bool:
        """Is it no field of it? ``token[:8]`` is it, but for most of its letters."""
        parent = module.parents[node]
        return not isinstance(parent, s.Subscript) or ":" in module.snippet(parent.index)

    def _is_output(self, module: Module, stmt: s.ExprStmt) -> bool:
        """Is it what a branch of the program is there for: printed, and then no more is done?"""
        if not self.effects.is_print(module, stmt.value):
            return False
        inner: s.Node = stmt
        for ancestor in module.ancestors(stmt):
            if isinstance(ancestor, s.FuncDef):
                return False
            if isinstance(ancestor, s.If):
                other = ancestor.orelse if inner is ancestor.body else ancestor.body
                assert isinstance(inner, s.Block)
                works = other is not None and not self._only_leaves(module, other)
                return works or _ends_well(module, inner.body[-1])
            inner = ancestor
        return False

    def _tells_of_reply(self, module: Module, stmt: s.ExprStmt) -> bool:
        """``print(reply["expires_in"], len(claims))``: is something printed that goes on to come?"""
        if not isinstance(stmt.value, s.Call) or not self.effects.is_print(module, stmt.value):
            return False
        parts = [n for n in s.walk(stmt.value) if isinstance(n, s.Name | s.Attribute | s.Subscript)]
        values = (value for node in parts for value in self.resolver.resolve(Site(module, node)))
        names = (link.name for value in values for link in chain(value) if isinstance(link, Result))
        return any(self.resolver.knows(name) and name not in self._encoders for name in names)

    def _carries_secret(self, site: Site) -> bool:
        """Is the value key material, claims or an assertion?"""
        return any(self._is_secret(value) for value in self.resolver.resolve(site))

    def _is_secret(self, value: Value) -> bool:
        """Is ``value`` key material, claims or an assertion, in whatever form?"""
        return any(self._is_part_of_secret(inner) for inner in self.signatures.converted(value))

    def _is_part_of_secret(self, value: Value) -> bool:
        if isinstance(value, Text):
            return _PEM.search(value.fold()) is not None
        if isinstance(value, Result):
            is_ours = value.site.node in self.effects.excused
            return (
                is_ours or value.name in self._encoders or value.name in self._readers or is_read(value.name)
            )
        if isinstance(value, Fields):
            path = self.rules.provider.metascope_path
            return any(path in e.key.fold() for e in value.entries if isinstance(e.key, Text))
        return False

    def _within(self, module: Module, node: s.Node, top: s.Node) -> bool:
        return node is top or any(a is top for a in module.ancestors(node))

    def _mentions(self, test: s.Expr, path: str) -> bool:
        return any(isinstance(n, s.Name | s.Attribute) and path_of(n) == path for n in s.walk(test))

    def _only_makes(self, module: Module, node: s.Node, block: s.Block) -> bool:
        """``if self.assertion is None: self.sign()``: is what is asked for only made there?"""
        path = path_of(node) if isinstance(node, s.Expr) else None
        with self.effects.without(node):
            return path is not None and self._makes(module, block, path)

    def _makes(self, module: Module, block: s.Block, path: str) -> bool:
        """Is something made there, and nothing else done but to look whether its file is there?"""
        rest = [stmt for stmt in block.body if not self._is_missed(module, stmt)]
        return bool(rest) and all(self._is_making(module, stmt, path) for stmt in rest)

    def _is_missed(self, module: Module, stmt: s.Stmt) -> bool:
        """``if not self.key_file.is_file(): raise …``"""
        if not isinstance(stmt, s.If) or stmt.orelse is not None or not self._only_leaves(module, stmt.body):
            return False
        looks = any(isinstance(each, s.Expr) and looks_for_file(each) for each in s.walk(stmt.test))
        return looks and self.effects.harmless(module, stmt.test)

    def _is_making(self, module: Module, stmt: s.Stmt, path: str) -> bool:
        if isinstance(stmt, s.ExprStmt) and isinstance(stmt.value, s.Call):
            return self._only_signs(Site(module, stmt.value.func), stmt)
        if isinstance(stmt, s.With):
            opened = all(self.effects.harmless(module, item.value) for item in stmt.items)
            return opened and self._makes(module, stmt.body, path)
        if isinstance(stmt, s.Try):
            left = all(self._only_leaves(module, handler.body) for handler in stmt.handlers)
            alone = stmt.orelse is None and stmt.final is None
            return left and alone and self._makes(module, stmt.body, path)
        value = stmt.value if isinstance(stmt, s.Assign) else None
        made = list(module.bound_by(stmt))
        same = bool(made) and all(binding.path == path for binding in made)
        return same and value is not None and self.effects.harmless(module, value)

    def _act(self, action: tuple[str, s.Node], module: Module) -> None:
        what, node = action
        if what == "remove":
            self.changes.remove(module, node)
        elif what == "unwrap" and isinstance(node, s.If):
            for stmt in self._behind(module, node) or ():
                self.changes.remove(module, stmt)
            self.changes.unwrap(module, node, node.body)
        elif what == "otherwise" and isinstance(node, s.If) and node.orelse is not None:
            self.changes.unwrap(module, node, node.orelse)
        elif what == "arm" and isinstance(node, s.If):
            self.changes.remove(module, node.test)
            self.changes.remove(module, node.body)
        elif what == "never":
            self.changes.remove(module, module.statement(node))
        elif what == "operand":
            self._drop_operand(module, node)
        elif what == "alternative":
            self._drop_alternative(module, node)
        elif what == "unlisted":
            self._unlist(Site(module, node))

    def _drop_operand(self, module: Module, node: s.Node) -> None:
        parent = module.parents[node]
        if isinstance(parent, s.Bool):
            other = parent.right if node is parent.left else parent.left
            if parent in self.changes.replaced or other in self.changes.removed:
                return
            self.changes.reduce(module, parent, other)
        elif isinstance(parent, s.Sequence):
            self.changes.remove(module, node)


def _steps(site: Site) -> Iterator[s.Attribute | s.Subscript]:
    """What the thing at ``site`` is asked for there, step by step."""
    inner: s.Node = site.node
    for ancestor in site.module.ancestors(site.node):
        if not isinstance(ancestor, s.Attribute | s.Subscript) or ancestor.value is not inner:
            return
        outer = site.module.parents[ancestor]
        if isinstance(outer, s.Call) and outer.func is ancestor:
            return  # a method
        yield ancestor
        inner = ancestor


def _looks_at_itself(method: s.FuncDef) -> bool:
    itself = "" if is_static(method) or not method.params else method.params[0].name
    return any(isinstance(node, s.Name) and node.id == itself for node in s.walk(method.body))


def _is_tested(site: Site) -> bool:
    """Does ``site`` stand in a condition, not in what is done then?"""
    inner: s.Node = site.node
    for ancestor in site.module.ancestors(site.node):
        if isinstance(ancestor, s.If | s.While | s.Choice | s.Assert) and ancestor.test is inner:
            return True
        if isinstance(ancestor, s.Stmt | s.Call):
            return False
        inner = ancestor
    return False


def _ends_well(module: Module, stmt: s.Stmt) -> bool:
    """``return``, ``return 0`` and ``sys.exit()``: there was nothing more to do."""
    if isinstance(stmt, s.Return):
        return not (isinstance(stmt.value, s.Const) and stmt.value.value)
    return isinstance(stmt, s.ExprStmt) and module.snippet(stmt).endswith(("exit()", "exit(0)"))

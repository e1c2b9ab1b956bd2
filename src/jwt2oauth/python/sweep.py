"""After a plan has taken the flow's heart out: what is dead now goes as well.

Death spreads from removed text to the definitions that only it used, if evaluating them has no
effect that somebody could miss, and on to helpers, parameters and imports. What lived before us
unused is none of our business and stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ..model import Span
from ..rules import Rules
from . import syntax as s
from .changes import Changes
from .effects import Effects
from .forward import Forward, is_target
from .index import Module
from .resolve import Resolver, argument_for, is_read
from .scopes import Binding, Scope, path_of
from .trace import place
from .values import (
    Class,
    Environ,
    Member,
    Param,
    Value,
    Fields,
    Function,
    Instance,
    Result,
    Site,
    Text,
    chain,
    name_of,
    text_of,
)

_DECORATORS = re.compile(
    r"(?:^|\.)(?:property|cached_property|staticmethod|classmethod|lru_cache|cache|cached|wraps|retry|backoff\.\w+|override|\w*retry\w*)(?:\(\))?$"
)
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")


class Sweep:
    """Spreads death through ``changes`` until nothing more dies."""

    def __init__(
        self,
        changes: Changes,
        forward: Forward,
        effects: Effects,
        resolver: Resolver,
        rules: Rules,
        keys: list[Site],
        importers: Callable[[str], bool],
        published: Callable[[str], bool],
    ) -> None:
        self.changes = changes
        self.forward = forward
        self.effects = effects
        self.resolver = resolver
        self.rules = rules
        self.importers = importers
        """Loads the modules that import a path; says whether there were any new ones."""
        self.published = published
        """Is the file at a path part of a package that others install?"""
        self.notes: list[str] = []
        self.kept_params: dict[s.Param, tuple[Module, s.FuncDef]] = {}
        self.pinned: set[Binding] = set()
        self.public: dict[s.FuncDef, Module] = {}
        """Functions that only removed code called, but which somebody outside may call."""
        self._loads: dict[Binding, list[Site]] = {}
        self._bases: dict[s.Node, Binding] = {}
        self._next: dict[Binding, list[Binding]] = {}
        self._live: dict[Binding, bool] = {}
        self._touched: dict[Binding, bool] = {}
        self._prepared: set[str] = set()
        self._keys = keys
        self._key_values = {v for key in keys for v in resolver.resolve(key)}
        self._closers = {"close", "seek", "flush", *(e.sign_method for e in rules.encoders)} - {""}
        self._encoders = frozenset(n for e in rules.encoders for n in e.names)
        self._readers = frozenset(n for k in rules.key_loaders for n in k.names)

    def run(self) -> None:
        """Until a round changes nothing."""
        for _ in range(40):
            self._prepare()
            self._live, self._touched = {}, {}
            before = self._size()
            for module in self.resolver.index.loaded:
                self._bindings(module)
            self._entries()
            self._fields()
            self._file_guards()
            self._structure()
            if self._size() == before:
                return

    def _size(self) -> tuple[int, int, int]:
        return (len(self.changes.removed), len(self.changes.replaced), len(self.changes.unwrapped))

    def _prepare(self) -> None:
        """Which loads are only the base of a store, and which bindings build on which."""
        for module in self.resolver.index.loaded:
            if module.path in self._prepared:
                continue
            self._prepared.add(module.path)
            for scope in _scopes(module.scopes.module):
                for bindings in scope.bindings.values():
                    for binding in bindings:
                        for previous in binding.prev:
                            self._next.setdefault(previous, []).append(binding)
                        base = self._base(module, binding)
                        if base is not None:
                            self._bases[base] = binding

    def _base(self, module: Module, binding: Binding) -> s.Node | None:
        node = binding.node
        if binding.kind == "aug" and isinstance(node, s.AugAssign):
            return node.target
        if binding.kind == "item":
            if isinstance(node, s.Call) and isinstance(node.func, s.Attribute):
                return node.func.value if isinstance(module.parents.get(node), s.ExprStmt) else None
            targets: tuple[s.Expr, ...] = ()
            if isinstance(node, s.Assign | s.Delete):
                targets = node.targets
            elif isinstance(node, s.AugAssign):
                targets = (node.target,)
            for target in targets:
                if isinstance(target, s.Subscript) and path_of(target.value) == binding.path:
                    return target.value
        if (
            binding.kind == "call"
            and isinstance(node, s.Call)
            and isinstance(module.parents.get(node), s.ExprStmt)
        ):
            callees = self.resolver.callees(Site(module, node))
            if callees and all(self.effects.pure(c.module, c.node) for c in callees):
                for arg in node.args:
                    if path_of(arg.value) == binding.path:
                        return arg.value
        return None

    # -- loads --------------------------------------------------------------------------------

    def module_of(self, binding: Binding) -> Module:
        """The module of a binding."""
        source = binding.scope.module().node
        assert isinstance(source, s.Source)
        module = self.resolver.index.module(source.path)
        assert module is not None
        return module

    def loads(self, binding: Binding) -> list[Site]:
        """Every place that may read ``binding``, in this module and others."""
        found = self._loads.get(binding)
        if found is None:
            module = self.module_of(binding)
            places = {node: module for node in module.uses.get(binding, ())}
            for other, node in self._far_loads(module, binding):
                places[node] = other
            found = self._loads[binding] = [Site(m, n) for n, m in places.items()]
        return found

    def _far_loads(self, module: Module, binding: Binding) -> Iterator[tuple[Module, s.Node]]:
        scope = binding.scope
        kind = scope.outer_names.get(binding.path)
        if "." not in binding.path:
            owner = scope.module() if kind == "global" else scope
            for node in module.nodes.get(s.Name, ()):
                assert isinstance(node, s.Name)
                if node.id != binding.path or node not in module.scopes.scope_of:
                    continue
                here = module.scopes.scope_of[node]
                reach = module.scopes.reach.get(node)
                if reach is not None and all(b.kind != "entry" for b in reach):
                    continue
                if (
                    (here is owner and kind != "nonlocal")
                    or self._owner(here, node.id) is owner
                    or kind == "nonlocal"
                ):
                    yield module, node
            if owner.is_module:
                yield from self.forward.imports_of(module, binding.path)
        if scope.is_class and isinstance(scope.node, s.ClassDef):
            cls = Class(module, scope.node)
            for site in self.forward.loads_of(binding.path):
                if self.forward.may_be(site, cls):
                    yield site.module, site.node
        if "." in binding.path:
            target = self._target(binding)
            if target is not None:
                for site in self.forward.attribute_loads(module, target):
                    yield site.module, site.node

    def _owner(self, scope: Scope, name: str) -> Scope | None:
        here = scope.parent
        if scope.outer_names.get(name) == "global":
            return scope.module()
        while here is not None:
            if not here.is_class and name in here.bindings and name not in here.outer_names:
                return here
            here = here.parent
        return None

    def _target(self, binding: Binding) -> s.Attribute | None:
        node = binding.node
        targets: tuple[s.Expr, ...] = ()
        if isinstance(node, s.Assign):
            targets = node.targets
        elif isinstance(node, s.AugAssign):
            targets = (node.target,)
        elif isinstance(node, s.WithItem) and node.target is not None:
            targets = (node.target,)
        for target in targets:
            inner = target.value if isinstance(target, s.Subscript) else target
            if isinstance(inner, s.Attribute) and path_of(inner) == binding.path:
                return inner
        if isinstance(node, s.Call) and isinstance(node.func, s.Attribute):
            inner = node.func.value
            if isinstance(inner, s.Attribute):
                return inner
        return None

    # -- life -----------------------------------------------------------------------------------

    def live(self, binding: Binding) -> bool:
        """Does text that stays still use ``binding``?"""
        known = self._live.get(binding)
        if known is not None:
            return known
        self._live[binding] = False
        result = binding in self.pinned or self._is_mentioned(binding) or self._is_live(binding)
        self._live[binding] = result
        return result

    def _is_mentioned(self, binding: Binding) -> bool:
        """Does new text use the imported name?"""
        if binding.kind != "import":
            return False
        module = self.module_of(binding)
        return binding.path.split(".")[0] in self.changes.mentioned.get(module, ())

    def _is_live(self, binding: Binding) -> bool:
        for site in self.loads(binding):
            if self.changes.is_dead(site.module, site.node):
                if self._bridged(site):
                    return True
                continue
            through = self._bases.get(site.node)
            if through is not None:
                if through is not binding and self.live(through):
                    return True
                continue
            if not self._ignorable(site, binding):
                return True
        if self._exported(binding):
            return True
        return any(self.live(later) for later in self._next.get(binding, ()))

    def _bridged(self, site: Site) -> bool:
        """Is the load in a removed ``x = x / 1000`` whose target lives?"""
        stmt = site.module.statement(site.node)
        return stmt in self.changes.bridged and any(self.live(b) for b in self._bound_by(site.module, stmt))

    def touched(self, binding: Binding) -> bool:
        """Did anything that is now dead use ``binding``?"""
        known = self._touched.get(binding)
        if known is None:
            self._touched[binding] = False
            known = any(self.changes.is_dead(p.module, p.node) for p in self.loads(binding)) or any(
                self.touched(later) for later in self._next.get(binding, ())
            )
            self._touched[binding] = known
        return known

    def _exported(self, binding: Binding) -> bool:
        if not binding.scope.is_module or binding.kind not in ("def", "class", "import", "assign"):
            return False
        module = self.module_of(binding)
        if binding.path in _dunder_all(module):
            return True
        if binding.kind == "import":
            if not module.path.endswith("__init__.py") or module.uses.get(binding):
                return False
            return self.published(module.path) or not self.loads(binding)
        return self._reexported(module, binding.path)

    def _reexported(self, module: Module, name: str) -> bool:
        """Does a package offer the name to code that is not here?"""
        for other, binding in self.forward.aliases_of(module, name):
            if self.changes.is_dead(other, binding.node) or not other.path.endswith("__init__.py"):
                continue
            if other.uses.get(binding):
                continue
            if self.published(other.path) or not self.forward.imports_of(other, binding.path):
                return True
        return False

    # -- uses that do not count: guards and logs ------------------------------------------------------

    def _ignorable(self, site: Site, binding: Binding) -> bool:
        return self._guard(site, binding) is not None

    def _guard(self, site: Site, binding: Binding) -> tuple[str, s.Node] | None:
        """What becomes of a use that only checks or tells: (action, statement or expression)."""
        module, node = site.module, site.node
        stmt = module.statement(node)
        if isinstance(stmt, s.Delete | s.Assert):
            return ("remove", stmt) if self.effects.harmless(module, stmt) else None
        if isinstance(stmt, s.ExprStmt) and self._closes(stmt.value, node):
            return ("remove", stmt)
        if (
            isinstance(stmt, s.ExprStmt)
            and self.effects.is_log(module, stmt.value)
            and self._whole(module, node)
        ):
            if self._carries_secret(site):
                return ("remove", stmt)
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

    def _closes(self, value: s.Expr, node: s.Node) -> bool:
        """``key_file.close()``"""
        return (
            isinstance(value, s.Call)
            and isinstance(value.func, s.Attribute)
            and value.func.value is node
            and value.func.attr in self._closers
        )

    def _whole(self, module: Module, node: s.Node) -> bool:
        parent = module.parents[node]
        return not isinstance(parent, s.Subscript)

    def _carries_secret(self, site: Site) -> bool:
        """Is the value key material, claims or an assertion?"""
        for value in self.resolver.resolve(site):
            if self._is_secret(value):
                return True
        return False

    def _is_secret(self, value: object) -> bool:
        if isinstance(value, Text):
            return bool(_PEM.search(value.fold())) or any(
                self._is_secret(p.value) for p in value.parts if hasattr(p, "value")
            )
        if isinstance(value, Result):
            return any(
                isinstance(v, Result)
                and (v.name in self._encoders or v.name in self._readers or is_read(v.name))
                for v in chain(value)
            )
        if isinstance(value, Fields):
            return any(
                self.rules.provider.metascope_path in (e.key.fold() if isinstance(e.key, Text) else "")
                for e in value.entries
            )
        return False

    def _within(self, module: Module, node: s.Node, top: s.Node) -> bool:
        return node is top or any(a is top for a in module.ancestors(node))

    def _mentions(self, test: s.Expr, path: str) -> bool:
        return any(isinstance(n, s.Name | s.Attribute) and path_of(n) == path for n in s.walk(test))

    def _test(self, module: Module, node: s.Node, stmt: s.If) -> tuple[str, s.Node] | None:
        """A condition on something that is dying."""
        operand = self._operand(module, node, stmt.test)
        if operand is not None:
            return ("operand", operand) if self.effects.harmless(module, operand) else None
        if not self.effects.harmless(module, stmt.test):
            return None
        leaves = self._only_leaves(module, stmt.body)
        if stmt.orelse is None:
            if leaves:
                return ("remove", stmt)
            if _truthy(stmt.test):
                return ("unwrap", stmt)
            return None
        if _truthy(stmt.test) and self._only_leaves(module, stmt.orelse) and not stmt.is_elif:
            return ("unwrap", stmt)
        if leaves and not stmt.is_elif and not _truthy(stmt.test):
            return ("otherwise", stmt)
        return None

    def _operand(self, module: Module, node: s.Node, test: s.Expr) -> s.Expr | None:
        """The part of ``a and b``, ``not (a or b)``, ``all([a, b])`` that can go on its own."""
        child: s.Node = node
        for ancestor in module.ancestors(node):
            if isinstance(ancestor, s.Bool) and isinstance(child, s.Expr):
                return child
            if isinstance(ancestor, s.Sequence) and isinstance(child, s.Expr) and len(ancestor.items) > 1:
                holder = module.parents.get(ancestor)
                call = module.parents.get(holder) if isinstance(holder, s.Arg) else None
                if (
                    isinstance(call, s.Call)
                    and isinstance(call.func, s.Name)
                    and call.func.id in ("all", "any")
                ):
                    return child
                if isinstance(holder, s.Compare) and ancestor in holder.rights:
                    return child
            if ancestor is test or isinstance(ancestor, s.Stmt):
                return None
            child = ancestor
        return None

    def _only_leaves(self, module: Module, block: s.Block) -> bool:
        return all(
            stmt in self.changes.removed or self.effects.is_exit(stmt, module) or self._dies(module, stmt)
            for stmt in block.body
        )

    def _dies(self, module: Module, stmt: s.Stmt) -> bool:
        """An assignment to something that nobody needs any more."""
        if (
            not isinstance(stmt, s.Assign)
            or stmt.value is None
            or not self.effects.harmless(module, stmt.value)
        ):
            return False
        found = [b for b in self._bound_by(module, stmt)]
        return bool(found) and all(not self.live(b) for b in found)

    def _bound_by(self, module: Module, stmt: s.Node) -> Iterator[Binding]:
        for bindings in module.scope(stmt).bindings.values():
            for binding in bindings:
                if binding.node is stmt:
                    yield binding

    def _act(self, action: tuple[str, s.Node], module: Module) -> None:
        what, node = action
        if what == "remove":
            self.changes.remove(module, node)
            if isinstance(node, s.ExprStmt) and self.effects.is_log(module, node.value):
                self.notes.append(
                    f"A line that logged the assertion, its claims or the key is gone: {_where(module, node)}."
                )
        elif what == "unwrap" and isinstance(node, s.If):
            self.changes.unwrap(module, node, node.body)
        elif what == "otherwise" and isinstance(node, s.If) and node.orelse is not None:
            self.changes.unwrap(module, node, node.orelse)
        elif what == "operand":
            self._drop_operand(module, node)

    def _drop_operand(self, module: Module, node: s.Node) -> None:
        parent = module.parents[node]
        if isinstance(parent, s.Bool):
            other = parent.right if node is parent.left else parent.left
            if parent in self.changes.replaced or other in self.changes.removed:
                return
            self.changes.replace(module, parent, other)
        elif isinstance(parent, s.Sequence):
            self.changes.remove(module, node)

    # -- bindings -------------------------------------------------------------------------------

    def _bindings(self, module: Module) -> None:
        for scope in _scopes(module.scopes.module):
            for bindings in list(scope.bindings.values()):
                for binding in bindings:
                    self._consider(module, binding)

    def _all_known(self, module: Module, binding: Binding) -> bool:
        """Are all modules loaded that may use ``binding``? If not, load them and look again."""
        if binding.scope.is_module or binding.scope.is_class or "." in binding.path:
            if self.importers(module.path):
                self.resolver.forget()
                self._loads.clear()
                self._live.clear()
                self._touched.clear()
                self._prepare()
                return False
        return True

    def _consider(self, module: Module, binding: Binding) -> None:
        if binding in self.pinned or binding.kind in ("entry", "other", "except", "iter"):
            return
        if self.changes.is_dead(module, binding.node) or not self.touched(binding) or self.live(binding):
            return
        if not self._all_known(module, binding) and self.live(binding):
            return
        kill = getattr(self, "_kill_" + binding.kind, None)
        if kill is None or not kill(module, binding):
            self.pinned.add(binding)
            return
        for site in self.loads(binding):
            if not self.changes.is_dead(site.module, site.node):
                action = self._guard(site, binding)
                if action is not None:
                    self._act(action, site.module)

    def _kill_assign(self, module: Module, binding: Binding) -> bool:
        node = binding.node
        if isinstance(node, s.Walrus):
            return False
        if not isinstance(node, s.Assign):
            return False
        owner = binding.scope.node
        if isinstance(owner, s.ClassDef) and _declares(owner):
            return False  # a field: see _fields
        siblings = list(self._bound_by(module, node))
        if any(
            b is not binding and (self.live(b) or not (self.touched(b) or binding.unpack)) for b in siblings
        ):
            return False
        if node.value is not None and not self.effects.harmless(module, node.value):
            self.notes.append(
                f"`{_leaf(binding.path)}` is no longer used, but what computes it may have an effect: {_where(module, node)}."
            )
            return False
        self._drop_global(module, binding)
        self.changes.remove(module, node)
        if binding.scope.is_module and "." not in binding.path:
            self._drop_dangling_imports(module, binding.path)
        return True

    def _drop_global(self, module: Module, binding: Binding) -> None:
        scope = binding.scope
        if binding.path not in scope.outer_names or not isinstance(scope.node, s.FuncDef):
            return
        stores = [b for b in scope.bindings.get(binding.path, ()) if b is not binding]
        if any(not self.changes.is_dead(module, b.node) for b in stores):
            return
        for node in s.walk(scope.node):
            if isinstance(node, s.Scoping) and binding.path in node.names:
                rest = [n for n in node.names if n != binding.path]
                if rest:
                    self.changes.replace(module, node, f"{node.kind} {', '.join(rest)}")
                else:
                    self.changes.remove(module, node)

    def _kill_item(self, module: Module, binding: Binding) -> bool:
        node = binding.node
        parts = [p for p in (binding.key, binding.value) if p is not None]
        if isinstance(node, s.Call):
            parts = [a.value for a in node.args]
            stmt = module.parents.get(node)
            if not isinstance(stmt, s.ExprStmt):
                return False
            node = stmt
        if not all(self.effects.harmless(module, p) for p in parts):
            return False
        if isinstance(node, s.Assign | s.AugAssign | s.ExprStmt | s.Delete):
            self.changes.remove(module, node)
            return True
        return False

    def _kill_call(self, module: Module, binding: Binding) -> bool:
        stmt = module.parents.get(binding.node)
        if isinstance(stmt, s.ExprStmt) and self.effects.harmless(module, stmt.value):
            self.changes.remove(module, stmt)
            return True
        return True

    def _kill_aug(self, module: Module, binding: Binding) -> bool:
        if binding.value is not None and self.effects.harmless(module, binding.value):
            self.changes.remove(module, binding.node)
            return True
        return False

    def _kill_with(self, module: Module, binding: Binding) -> bool:
        return True  # the statement goes when its body is empty, see _structure

    def _kill_import(self, module: Module, binding: Binding) -> bool:
        statement = module.parents.get(binding.node)
        if not isinstance(statement, s.Import | s.ImportFrom):
            return False
        self.changes.remove(module, binding.node)
        if all(a in self.changes.removed for a in statement.aliases):
            self.changes.remove(module, statement)
        if binding.scope.is_module:
            self._drop_dangling_imports(module, binding.path)
        return True

    def _kill_def(self, module: Module, binding: Binding) -> bool:
        node = binding.node
        assert isinstance(node, s.FuncDef)
        owner = module.class_of(node)
        if any(not _DECORATORS.search(_dotted(d)) for d in node.decorators):
            return False
        if owner is not None:
            foreign = self.resolver.foreign_bases(Class(module, owner))
            if (
                foreign
                and not node.name.startswith("_")
                and not all(f.startswith("typing.") for f in foreign)
            ):
                return False
            if node.name.startswith("__") and node.name.endswith("__"):
                return False
        self.changes.remove(module, node)
        self._drop_dangling_imports(module, binding.path)
        return True

    _kill_class_decorators = _DECORATORS

    def _kill_class(self, module: Module, binding: Binding) -> bool:
        assert isinstance(binding.node, s.ClassDef)
        if binding.node.decorators and not all("dataclass" in _dotted(d) for d in binding.node.decorators):
            return False
        self.changes.remove(module, binding.node)
        self._drop_dangling_imports(module, binding.path)
        return True

    def _drop_dangling_imports(self, module: Module, name: str) -> None:
        """``from a import b`` elsewhere, of a ``b`` that is no more and that nobody there uses."""
        for other, binding in self.forward.aliases_of(module, name):
            statement = other.parents[binding.node]
            assert isinstance(statement, s.ImportFrom)
            self.changes.remove(other, binding.node)
            if all(a in self.changes.removed for a in statement.aliases):
                self.changes.remove(other, statement)
            if binding.scope.is_module:
                self._drop_dangling_imports(other, binding.path)

    # -- is the key there? --------------------------------------------------------------------------

    def _file_guards(self) -> None:
        """``if not os.path.exists(config["key_path"]): raise``, where only dead code opens that file."""
        paths = self._dead_paths()
        if not paths:
            return
        for module in self.changes.touched:
            for node in module.nodes.get(s.Call, ()):
                assert isinstance(node, s.Call)
                path = _checked_path(node)
                if path is None or self.changes.is_dead(module, node):
                    continue
                if not paths & self._signatures(Site(module, path)):
                    continue
                for ancestor in module.ancestors(node):
                    if isinstance(ancestor, s.If) and self._within(module, node, ancestor.test):
                        action = self._test(module, node, ancestor)
                        if action is not None:
                            self._act(action, module)
                    if isinstance(ancestor, s.Stmt):
                        break

    def _dead_paths(self) -> set[object]:
        found: set[object] = set()
        for key in self._keys:
            for value in self.resolver.resolve(key):
                for inner in chain(value):
                    if not isinstance(inner, Result) or not isinstance(inner.site.node, s.Call):
                        continue
                    if not self.changes.is_dead(inner.site.module, inner.site.node):
                        continue
                    call = inner.site.node
                    if inner.name.endswith("open") and call.args:
                        found |= self._signatures(inner.site.at(call.args[0].value))
                    elif is_read(inner.name) and isinstance(call.func, s.Attribute):
                        found |= self._signatures(inner.site.at(call.func.value))
        return found

    def _signatures(self, site: Site) -> set[object]:
        return {sig for v in self.resolver.resolve(site) if (sig := _signature(v)) is not None}

    # -- entries of dictionaries --------------------------------------------------------------------

    def _entries(self) -> None:
        """``{"pem": f.read()}``: an entry with key material that only removed code read."""
        keys = self._keys_read()
        for module in self.resolver.index.loaded:
            for node in module.nodes.get(s.Item, ()):
                assert isinstance(node, s.Item)
                if not isinstance(node.key, s.Str) or keys.get(str(node.key.value)) is not False:
                    continue
                if self.changes.is_dead(module, node) or not self.effects.harmless(module, node.value):
                    continue
                values = self.resolver.resolve(Site(module, node.value))
                if any(self._is_secret(v) or v in self._key_values for v in values):
                    self.changes.remove(module, node)

    def _keys_read(self) -> dict[str, bool]:
        """String keys that are read somewhere → whether any such place stays."""
        found: dict[str, bool] = {}
        for module in self.resolver.index.loaded:
            for node in (*module.nodes.get(s.Subscript, ()), *module.nodes.get(s.Call, ())):
                key = _read_key(module, node)
                if key is not None:
                    found[key] = found.get(key, False) or not self.changes.is_dead(module, node)
        return found

    def _fields(self) -> None:
        """``private_key: str`` of a dataclass: the field and what constructors pass for it."""
        for module in self.resolver.index.loaded:
            for node in module.nodes.get(s.ClassDef, ()):
                assert isinstance(node, s.ClassDef)
                if self.changes.is_dead(module, node) or not _declares(node):
                    continue
                for stmt in node.body.body:
                    if isinstance(stmt, s.Assign) and stmt.annotation and isinstance(stmt.targets[0], s.Name):
                        self._field(Class(module, node), stmt, stmt.targets[0].id)

    def _field(self, cls: Class, stmt: s.Assign, name: str) -> None:
        module = cls.module
        if self.changes.is_dead(module, stmt):
            return
        loads = [p for p in self.forward.loads_of(name) if self.forward.may_be(p, cls)]
        if not loads or not all(self.changes.is_dead(p.module, p.node) for p in loads):
            return
        made = self.resolver.constructions(cls)
        args = [self._constructor_arg(site, cls, name) for site in made]
        passed = [(site, a) for site, a in zip(made, args, strict=True) if a is not None]
        if not any(self._is_heavy(site.at(a.value)) for site, a in passed):
            return
        if any(self._spreads(site) for site in made) or any(a.keyword is None for _, a in passed):
            return
        for site, arg in passed:
            self.changes.remove(site.module, arg)
        self.changes.remove(module, stmt)

    def _constructor_arg(self, site: Site, cls: Class, name: str) -> s.Arg | None:
        assert isinstance(site.node, s.Call)
        return next((a for a in site.node.args if a.keyword == name), None)

    def _is_heavy(self, site: Site) -> bool:
        for value in self.resolver.resolve(site):
            if self._is_secret(value):
                return True
            if value in self._key_values and isinstance(value, Environ | Member):
                return True
        return False

    # -- parameters -------------------------------------------------------------------------------

    def _kill_param(self, module: Module, binding: Binding) -> bool:
        param, function = binding.node, binding.scope.node
        if not isinstance(param, s.Param) or not isinstance(function, s.FuncDef) or param.kind in ("*", "**"):
            return False
        owner = module.class_of(function)
        if owner is not None and param is function.params[0]:
            return False
        callers = self.resolver.callers(module, function)
        heavy = [c for c in callers if self._heavy(c, function, param)]
        private = function.name.startswith("_") and not function.name.startswith("__")
        if not heavy and not (private and callers):
            self.kept_params[param] = (module, function)
            return False
        if not self._droppable(module, function, callers):
            self.kept_params[param] = (module, function)
            return False
        if self._offered(module, function):
            self.kept_params[param] = (module, function)
            if not self._default(module, function, param):
                return False
            for call in callers:
                for arg in self._args(call, function, param):
                    self.changes.remove(call.module, arg)
            return True
        for call in callers:
            for arg in self._args(call, function, param):
                self.changes.remove(call.module, arg)
        self.changes.remove(module, param)
        return True

    def _args(self, call: Site, function: s.FuncDef, param: s.Param) -> Iterator[s.Arg]:
        assert isinstance(call.node, s.Call)
        for callee in self.resolver.callees(call):
            if callee.node is function:
                arg = argument_for(callee, call.node, param)
                if arg is not None:
                    yield arg
                return

    def _heavy(self, call: Site, function: s.FuncDef, param: s.Param) -> bool:
        """Does the argument do what cannot be done any more: read the key, sign, build the claims?"""
        if self.changes.is_dead(call.module, call.node):
            return False
        return any(self._is_heavy(call.at(arg.value)) for arg in self._args(call, function, param))

    def _offered(self, module: Module, function: s.FuncDef) -> bool:
        """May code that is not here call it: is it re-exported by a package, or in ``__all__``?"""
        owner = module.class_of(function)
        name = owner.name if owner is not None else function.name
        if name in _dunder_all(module):
            return True
        return any(
            other.path.endswith("__init__.py") and not other.uses.get(binding)
            for other, binding in self.forward.aliases_of(module, name)
        )

    def _default(self, module: Module, function: s.FuncDef, param: s.Param) -> bool:
        """Give a parameter that nobody here fills any more a default, if its place allows one."""
        if param.default is not None:
            return True
        index = function.params.index(param)
        if param.kind == "" and any(p.kind == "" and p.default is None for p in function.params[index + 1 :]):
            return False
        annotation = module.snippet(param.annotation) if param.annotation is not None else ""
        value = '""' if annotation == "str" else 'b""' if annotation == "bytes" else "None"
        end = param.span.end
        equals = " = " if annotation else "="
        self.changes.patch(module, param, Span(end, end), equals + value)
        return True

    def _droppable(self, module: Module, function: s.FuncDef, callers: list[Site]) -> bool:
        if any(self._spreads(c) for c in callers):
            return False
        owner = module.class_of(function)
        if (
            owner is not None
            and len(self._family(module, owner, function.name)) > 1
            and function.name != "__init__"
        ):
            return False
        return bool(callers) and not self._by_value(module, function)

    def _family(self, module: Module, owner: s.ClassDef, name: str) -> list[Class]:
        cls = Class(module, owner)
        family = {*self.resolver.mro(cls), *self.resolver.subclasses(cls)}
        return [
            c for c in family if any(isinstance(n, s.FuncDef) and n.name == name for n in c.node.body.body)
        ]

    def _spreads(self, call: Site) -> bool:
        assert isinstance(call.node, s.Call)
        return any(a.star for a in call.node.args)

    def _by_value(self, module: Module, function: s.FuncDef) -> bool:
        """Is the function handed on as a value somewhere?"""
        for binding in module.scope(function).bindings.get(function.name, ()):
            if binding.node is not function:
                continue
            for site in self.loads(binding):
                parent = site.module.parents.get(site.node)
                if not (isinstance(parent, s.Call) and parent.func is site.node):
                    return True
        return False

    # -- structure --------------------------------------------------------------------------------

    def _structure(self) -> None:
        for module in self.changes.touched:
            for kind in (s.With, s.For, s.If, s.Try, s.FuncDef):
                for node in reversed(module.nodes.get(kind, [])):
                    if isinstance(node, s.Stmt) and not self.changes.is_dead(module, node):
                        self._emptied(module, node)

    def _gone(self, block: s.Block) -> bool:
        return all(
            stmt in self.changes.removed or (isinstance(stmt, s.Plain) and stmt.word == "pass")
            for stmt in block.body
        ) and any(stmt in self.changes.removed for stmt in block.body)

    def _emptied(self, module: Module, node: s.Stmt) -> None:
        if isinstance(node, s.With):
            self._emptied_with(module, node)
        elif isinstance(node, s.For):
            if self._gone(node.body) and node.orelse is None and self.effects.harmless(module, node.iter):
                self.changes.remove(module, node)
        elif isinstance(node, s.If):
            self._emptied_if(module, node)
        elif isinstance(node, s.Try):
            self._emptied_try(module, node)
        elif isinstance(node, s.FuncDef):
            self._emptied_function(module, node)

    def _emptied_with(self, module: Module, node: s.With) -> None:
        if node in self.changes.unwrapped:
            return
        if self._gone(node.body):
            if all(self.effects.harmless(module, item.value) for item in node.items):
                self.changes.remove(module, node)
            return
        if not any(self.changes.is_dead(module, n) for n in s.walk(node.body)):
            return
        if not all(self.effects.harmless(module, item.value) for item in node.items):
            return
        bound = [b for item in node.items for b in self._bound_by(module, item)]
        if bound and all(self.touched(b) and not self.live(b) for b in bound):
            self.changes.unwrap(module, node, node.body)

    def _emptied_if(self, module: Module, node: s.If) -> None:
        if node in self.changes.unwrapped or not self._gone(node.body):
            if (
                node.orelse is not None
                and self._gone(node.orelse)
                and node.orelse not in self.changes.removed
            ):
                nested = node.orelse.body[0]
                if not (len(node.orelse.body) == 1 and isinstance(nested, s.If) and nested.is_elif):
                    self.changes.remove(module, node.orelse)
                elif nested in self.changes.removed:
                    self.changes.remove(module, node.orelse)
            return
        alive = node.orelse is not None and not self._gone(node.orelse)
        if not alive and self.effects.harmless(module, node.test):
            self.changes.remove(module, node)

    def _emptied_try(self, module: Module, node: s.Try) -> None:
        if node in self.changes.unwrapped:
            return
        if self._gone(node.body):
            alive = [b for b in (node.orelse, node.final) if b is not None and not self._gone(b)]
            if not alive:
                self.changes.remove(module, node)
            else:
                self.changes.unwrap(module, node, *alive)
            return
        if not any(self.changes.is_dead(module, n) for n in s.walk(node.body)):
            return
        for handler in node.handlers:
            if handler not in self.changes.removed and handler.type is not None:
                self._narrow(module, node, handler)
        if node.handlers and all(h in self.changes.removed for h in node.handlers) and node.final is None:
            bodies = [node.body, *([node.orelse] if node.orelse else [])]
            self.changes.unwrap(module, node, *bodies)

    def _narrow(self, module: Module, node: s.Try, handler: s.Handler) -> None:
        """``except jwt.PyJWTError`` around code that no longer signs."""
        assert handler.type is not None
        types = handler.type.items if isinstance(handler.type, s.Sequence) else (handler.type,)
        gone = [t for t in types if self._only_signing(module, t, node)]
        if len(gone) == len(types):
            self.changes.remove(module, handler)
            self.notes.append(
                f"A handler for errors of signing is gone, nothing raises them any more: {_where(module, handler)}."
            )
        else:
            for item in gone:
                self.changes.remove(module, item)

    def _only_signing(self, module: Module, node: s.Expr, around: s.Try) -> bool:
        """An exception of a library that the body no longer calls."""
        libraries = {n.split(".")[0] for n in self._encoders}
        for value in self.resolver.resolve(Site(module, node)):
            name = name_of(value) or ""
            root = name.split(".")[0]
            if root not in libraries or "." not in name:
                return False
            for inner in s.walk(around.body):
                if isinstance(inner, s.Call) and not self.changes.is_dead(module, inner):
                    for callee in self.resolver.resolve(Site(module, inner.func)):
                        if (name_of(callee) or "").split(".")[0] == root:
                            return False
            return True
        return False

    def _emptied_function(self, module: Module, node: s.FuncDef) -> None:
        """A helper that does nothing any more: its calls go, then it goes itself."""
        body = node.body.body
        if body and isinstance(body[0], s.ExprStmt) and isinstance(body[0].value, s.Str):
            body = body[1:]

        def idle(stmt: s.Stmt) -> bool:
            return (
                stmt in self.changes.removed
                or (isinstance(stmt, s.ExprStmt) and self.effects.is_log(module, stmt.value))
                or (isinstance(stmt, s.Return) and (stmt.value is None or isinstance(stmt.value, s.Const)))
            )

        if not body or not any(stmt in self.changes.removed for stmt in body) or not all(map(idle, body)):
            return
        if node.name == "__init__":
            return
        for call in self.resolver.callers(module, node):
            stmt = call.module.parents.get(call.node)
            if isinstance(stmt, s.Await):
                stmt = call.module.parents.get(stmt)
            if isinstance(stmt, s.ExprStmt) and not self.changes.is_dead(call.module, stmt):
                assert isinstance(call.node, s.Call)
                if all(self.effects.harmless(call.module, a.value) for a in call.node.args):
                    self.changes.remove(call.module, stmt)


def _signature(value: Value) -> object | None:
    """What two expressions for the same thing share, wherever they stand."""
    if isinstance(value, Text):
        return value.fold("*") if value.known else None
    if isinstance(value, Environ):
        return ("env", value.name)
    if isinstance(value, Member):
        base = _signature(value.base)
        return None if base is None else (base, value.key)
    if isinstance(value, Param):
        return value.param
    if isinstance(value, Result):
        return value.site.node
    return None


def _checked_path(node: s.Call) -> s.Expr | None:
    """``p`` in ``os.path.exists(p)``, ``p.is_file()``."""
    if not isinstance(node.func, s.Attribute) or node.func.attr not in (
        "exists",
        "isfile",
        "is_file",
        "access",
    ):
        return None
    if node.args:
        return node.args[0].value
    return node.func.value


def _declares(node: s.ClassDef) -> bool:
    """A dataclass, a NamedTuple, an attrs class."""
    names = [_dotted(d) for d in node.decorators] + [_dotted(b.value) for b in node.bases]
    return any(
        n.removesuffix("()").endswith(("dataclass", "NamedTuple", "define", "attr.s", "frozen"))
        for n in names
    )


def _read_key(module: Module, node: s.Node) -> str | None:
    if isinstance(node, s.Subscript) and isinstance(node.index, s.Str) and not is_target(module, node):
        return str(node.index.value)
    if isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and node.func.attr in ("get", "pop"):
        if node.args and isinstance(node.args[0].value, s.Str):
            return str(node.args[0].value.value)
    return None


def _scopes(scope: Scope) -> Iterator[Scope]:
    yield scope
    for child in scope.children:
        yield from _scopes(child)


def _dunder_all(module: Module) -> set[str]:
    found: set[str] = set()
    for binding in module.scopes.module.bindings.get("__all__", ()):
        if isinstance(binding.value, s.Sequence):
            for item in binding.value.items:
                if isinstance(item, s.Str) and isinstance(item.value, str):
                    found.add(item.value)
    return found


def _truthy(test: s.Expr) -> bool:
    """``x`` and ``x is not None``: true when there is something."""
    if isinstance(test, s.Name | s.Attribute):
        return True
    return (
        isinstance(test, s.Compare)
        and test.ops in (("is not",), ("!=",))
        and isinstance(test.rights[0], s.Const | s.Str)
    )


def _dotted(node: s.Expr) -> str:
    if isinstance(node, s.Call):
        return _dotted(node.func) + "()"
    return path_of(node) or ""


def _leaf(path: str) -> str:
    return path


def _where(module: Module, node: s.Node) -> str:
    return place(Site(module, node)).label


__all__ = ["Sweep", "Function", "Instance", "is_target", "text_of"]

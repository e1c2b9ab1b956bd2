"""What still uses a definition: liveness over all loaded modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding, path_of
from ..facts.values import Class, Environ, Function, Lib, ModuleValue, Result, Site
from ..following.offers import listed
from .base import Base
from .shared import changed_by, changes_what_came_in, named_in_annotations


class Life(Base):
    """What still uses a definition: liveness over all loaded modules."""

    def _prepare(self) -> None:
        """Which loads are only the base of a store, and which bindings build on which."""
        for module in self.resolver.world:
            if module.path in self._prepared:
                continue
            self._prepared.add(module.path)
            for scope in module.scopes.module.every():
                for bindings in scope.bindings.values():
                    for binding in bindings:
                        for previous in binding.prev:
                            self._next.setdefault(previous, []).append(binding)
                        for base in changed_by(module, binding):
                            self._bases[base] = binding

    def _only_changes(self, module: Module, binding: Binding) -> bool:
        """Does a call do nothing but change what it is handed?"""
        if binding.kind != "call":
            return True
        callees = self.resolver.callees(Site(module, binding.node))
        return bool(callees) and all(self.effects.pure(c.module, c.node) for c in callees)

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
            places = dict.fromkeys(module.uses.get(binding, ()), module)
            for other, node in self._far_loads(module, binding):
                places[node] = other
            found = self._loads[binding] = [Site(m, n) for n, m in places.items()]
        return found

    def _each_load(self, binding: Binding) -> Iterator[Site]:
        """The same, those of its own scope first: others are only looked for where these do not tell."""
        module = self.module_of(binding)
        near = {node: Site(module, node) for node in module.uses.get(binding, ())}
        yield from near.values()
        yield from (site for site in self.loads(binding) if site.node not in near)

    def _far_loads(self, module: Module, binding: Binding) -> Iterator[tuple[Module, s.Node]]:
        scope = binding.scope
        kind = scope.outer_names.get(binding.path)
        if "." not in binding.path and changes_what_came_in(binding):
            # What it changes is another scope's, and whoever reads it there reads the change.
            outer = module.scopes.lookup(scope, binding.path)
            for each in (b for b in outer[1] if b.scope is outer[0]) if outer is not None else ():
                for known in (each, *self._origin(module, each)):
                    yield from ((site.module, site.node) for site in self.loads(known))
        if "." not in binding.path:
            owner = scope.module() if kind == "global" else scope
            for node in module.open_names.get(binding.path, ()):
                here = module.scopes.scope_of[node]
                if kind == "nonlocal" or here is owner or module.scopes.owner(here, node.id) is owner:
                    yield module, node
            if owner.is_module:
                yield from ((module, text) for text in self._named_in_texts(module).get(binding.path, ()))
                yield from self.forward.imports_of(module, binding.path)
                asked = self._asked(binding.path, module)
                yield from ((site.module, site.node) for site in asked)
        if (scope.is_module or scope.is_class) and binding.path.isupper():
            yield from self._setting_loads(module, binding)
        if scope.is_class and isinstance(scope.node, s.ClassDef):
            cls = Class(module, scope.node)
            for site in self.forward.reads_of(cls, binding.path):
                yield site.module, site.node
            yield from ((site.module, site.node) for site in self._asked(binding.path, cls))
            if isinstance(binding.node, s.Assign) and self.resolver.is_enumeration(cls):
                yield from ((site.module, site.node) for site in self._looked_up(cls))
        if "." in binding.path:
            asked = self._asked(binding.path.rpartition(".")[2], None)
            yield from ((site.module, site.node) for site in asked)
            target = self._target(binding)
            if target is not None:
                for site in self.forward.attribute_loads(module, target):
                    yield site.module, site.node
                yield from self._global_loads(module, target)

    def _named_in_texts(self, module: Module) -> dict[str, list[s.Str]]:
        """Annotations that are texts: what reads them finds there the names of the module."""
        if module not in self._in_texts:
            self._in_texts[module] = named_in_annotations(module)
        return self._in_texts[module]

    def _looked_up(self, cls: Class) -> Iterator[Site]:
        """``Kind(os.environ["KIND"])``, ``list(Kind)``, ``kind: Kind`` of a model: it may mean any member."""
        named = cls.module.scope(cls.node).bindings.get(cls.node.name, ())
        for site in (site for each in named if each.node is cls.node for site in self.loads(each)):
            module, node, parent = site.module, site.node, site.module.parents[site.node]
            if isinstance(parent, s.Attribute) and parent.attr != "__members__":
                continue
            if isinstance(parent, s.Param) and node is parent.annotation:
                function = module.parents[parent]
                if not isinstance(function, s.FuncDef) or not function.decorators:
                    continue
            if isinstance(parent, s.Assign) and node is parent.annotation:
                owner = module.scope(parent).node
                if not isinstance(owner, s.ClassDef) or not self.resolver.foreign_bases(Class(module, owner)):
                    continue
            if not isinstance(parent, s.FuncDef | s.Alias):
                yield site

    def _origin(self, module: Module, binding: Binding) -> list[Binding]:
        """The global of another module that ``from .config import settings`` brings in."""
        alias, statement = binding.node, module.parents.get(binding.node)
        if not isinstance(statement, s.ImportFrom) or not isinstance(alias, s.Alias):
            return []
        path = self.resolver.index.find(module.path, statement.module, statement.level)
        source = self.resolver.index.module(path) if path is not None else None
        return source.scopes.module.bindings.get(alias.name, []) if source is not None else []

    def _global_loads(self, module: Module, target: s.Attribute) -> Iterator[tuple[Module, s.Node]]:
        """What reads the global of another module that is filled from here: ``config.token = …``."""
        for owner in self._modules_at(Site(module, target.value)):
            for each in owner.scopes.module.bindings.get(target.attr, ()):
                yield from ((site.module, site.node) for site in self.loads(each))

    def _modules_at(self, site: Site) -> list[Module]:
        return [v.module for v in self.resolver.resolve(site) if isinstance(v, ModuleValue)]

    def _global_of(self, binding: Binding) -> tuple[Module, str] | None:
        """Of which module is it a global, be it one that is filled from another module?"""
        module = self.module_of(binding)
        if "." not in binding.path:
            is_global = binding.scope.is_module or binding.scope.outer_names.get(binding.path) == "global"
            return (module, binding.path) if is_global else None
        target = self._target(binding)
        owners = self._modules_at(Site(module, target.value)) if target is not None else []
        return (owners[0], target.attr) if target is not None and len(owners) == 1 else None

    def _setting_loads(self, module: Module, binding: Binding) -> Iterator[tuple[Module, s.Node]]:
        """What reads a setting off the settings; where anything does, every mention of its name counts."""
        name = binding.path
        read = self.forward.settings_of(module, binding.scope, name)
        if not read:
            return
        yield from read
        known = {node for _, node in read}
        index = self.resolver.index
        for other in (each for each in index.asking(name) if not index.means_another(name, each, module)):
            yield from ((other, node) for node in other.attributes.get(name, ()) if node not in known)
            for literal in other.each(s.Str) if other is not module else ():
                if literal.value == name and not self._asks_environment(other, literal):
                    yield other, literal

    def _asks_environment(self, module: Module, name: s.Str) -> bool:
        """``os.environ["KEY"]``, ``os.getenv("KEY")``: is a variable meant, and no setting?"""
        around = module.parents[name]
        read = module.parents[around] if isinstance(around, s.Arg) else around
        values = self.resolver.resolve(Site(module, read)) if isinstance(read, s.Call | s.Subscript) else ()
        return bool(values) and all(isinstance(value, Environ) for value in values)

    def _target(self, binding: Binding) -> s.Attribute | None:
        node = binding.node
        targets: tuple[s.Expr, ...] = ()
        if isinstance(node, s.Assign):
            targets = node.targets
        elif isinstance(node, s.AugAssign | s.WithItem) and node.target is not None:
            targets = (node.target,)
        for target in _flat(targets):
            inner = target.value if isinstance(target, s.Subscript) else target
            if isinstance(inner, s.Attribute) and path_of(inner) == binding.path:
                return inner
        if isinstance(node, s.Call) and isinstance(node.func, s.Attribute):
            inner = node.func.value
            if isinstance(inner, s.Attribute):
                return inner
        return None

    def live(self, binding: Binding) -> bool:
        """Does text that stays still use ``binding``?"""
        known = self._live.get(binding)
        if known is not None:
            return known
        self._live[binding] = False
        is_pinned = binding in self.pinned and binding.node not in self.changes.removed
        result = is_pinned or self._is_mentioned(binding) or self._is_live(binding)
        self._live[binding] = result
        return result

    def _is_mentioned(self, binding: Binding) -> bool:
        """Does new text use the imported name, or the definition?"""
        if binding.kind != "import":
            return binding.node in self.changes.kept
        module = self.module_of(binding)
        return binding.path.split(".")[0] in self.changes.mentioned.get(module, ())

    def _is_live(self, binding: Binding) -> bool:
        for site in self._each_load(binding):
            if site.node in self.aims:
                if self._is_aimed_through(site, binding):
                    return True
                continue
            if self._aside is not None and self._is_aside(site, binding):
                continue
            if self.changes.is_dead(site.module, site.node):
                if self._bridged(site) or self._is_used_after(site, binding):
                    return True
                continue
            through = self._bases.get(site.node)
            if through is not None and not self._only_changes(site.module, through):
                through = None
            if through is not None:
                if through is not binding and self.live(through):
                    return True
                continue
            if self._ignorable(site, binding) or self._goes_nowhere(site, binding):
                continue
            if not self._only_goes_on(site, binding):
                return True
        if self._exported(binding) or self._is_asked_by_shape(binding) or self._is_handed_in(binding):
            return True
        later = (*self._next.get(binding, ()), *_of_functions(binding))
        return any(self.live(each) for each in later)

    def _is_handed_in(self, binding: Binding) -> bool:
        """``app.config.setdefault(…)`` of an ``app`` that a library made: it, and who made it, read that."""
        root = binding.path.partition(".")[0]
        came_in = any(isinstance(b.node, s.Param) for b in binding.scope.bindings.get(root, ()))
        target = self._target(binding) if came_in and root != binding.path else None
        if target is None or binding.kind == "entry":
            return False
        made = self.resolver.resolve(Site(self.module_of(binding), target.value))
        return any(isinstance(value, Result | Lib) for value in made)

    def _is_aimed_through(self, site: Site, binding: Binding) -> bool:
        """Is it the import by which a test reaches what lives, to put something in the place of its parts?"""
        if binding.kind != "import" or self.changes.is_dead(site.module, site.node):
            return False
        for value in self.resolver.binding(binding, Site(self.module_of(binding), binding.node)):
            if isinstance(value, ModuleValue | Lib):
                return True
            if isinstance(value, Class | Function):
                own = value.module.scopes.module.bindings.get(value.node.name, ())
                if any(self.live(each) for each in own if each.node is value.node):
                    return True
        return False

    def _only_goes_on(self, site: Site, binding: Binding) -> bool:
        """``text = text.replace(…)``: is the variable only made into itself, which nobody reads?"""
        stmt = site.module.statement(site.node)
        if (
            not isinstance(stmt, s.Assign)
            or stmt.value is None
            or not self._within(site.module, site.node, stmt.value)
        ):
            return False
        made = list(site.module.bound_by(stmt))
        same = bool(made) and all(b.path == binding.path and b.scope is binding.scope for b in made)
        if not same or "." in binding.path:
            whose = self._global_of(binding)
            same = whose is not None and bool(made) and all(self._global_of(b) == whose for b in made)
        return (
            same
            and self.effects.harmless(site.module, stmt.value)
            and not any(self.live(b) for b in made if b is not binding)
        )

    # -- what else may use it --------------------------------------------------------------------

    def _bridged(self, site: Site) -> bool:
        """Is the load in a removed ``x = x / 1000`` whose target lives?"""
        stmt = site.module.statement(site.node)
        return stmt in self.changes.bridged and any(self.live(b) for b in site.module.bound_by(stmt))

    def _is_used_after(self, site: Site, binding: Binding) -> bool:
        """Is the load in a removed ``SETTINGS["pem"] = …`` of a function that goes on with the mapping?"""
        store = self._bases.get(site.node)
        if store is None or store is binding or store.kind != "item":
            return False
        return changes_what_came_in(store) and self.live(store)

    def _exported(self, binding: Binding) -> bool:
        if not binding.scope.is_module or binding.kind not in ("def", "class", "import", "assign"):
            return False
        module = self.module_of(binding)
        by_habit = self._is_offered_by_habit(module, binding)
        if binding.path in listed(module) and not by_habit:
            return True
        if binding.kind == "import":
            return not module.uses.get(binding) and self.offers.offers(module, binding.path)
        if self.offers.starred(module, binding.path):
            return True
        packages = () if by_habit else self.offers.packages(module, binding.path)
        return any(not self.changes.is_dead(other, bound.node) for other, bound in packages)

    def _is_offered_by_habit(self, module: Module, binding: Binding) -> bool:
        """Is it what signs, in ``__all__`` of an application that nobody installs?"""
        return binding.kind == "def" and not self.offers.binds(module) and self._signs_for_us(binding)

    def _dies(self, module: Module, stmt: s.Stmt) -> bool:
        """An assignment to something that nobody needs any more."""
        if (
            not isinstance(stmt, s.Assign)
            or stmt.value is None
            or not self.effects.harmless(module, stmt.value)
        ):
            return False
        found = list(module.bound_by(stmt))
        return bool(found) and all(not self.live(b) for b in found)


def _of_functions(binding: Binding) -> Iterator[Binding]:
    """What functions put in the place of a global: it is set up where it stands first."""
    if binding.scope.is_module and binding.kind == "assign":
        for scope in binding.scope.every():
            if scope.outer_names.get(binding.path) == "global":
                yield from (b for b in scope.bindings.get(binding.path, ()) if b.kind != "entry")


def _flat(targets: Iterable[s.Expr]) -> Iterator[s.Expr]:
    """``a``, ``b`` and ``c`` of ``a, (b, c) = …``"""
    for target in targets:
        if isinstance(target, s.Sequence):
            yield from _flat(target.items)
        else:
            yield target

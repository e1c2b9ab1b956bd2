"""Names: what the bindings that reach a use may give, imports included."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import (
    Class,
    Constant,
    Environ,
    Fields,
    Function,
    Items,
    Lib,
    Member,
    ModuleValue,
    Result,
    Site,
    Text,
    Unknown,
    Value,
)
from .base import DEPTH, TOO_DEEP, Base, first
from .shared import as_text, compute, merge_fields


class Names(Base):
    """Names: what the bindings that reach a use may give, imports included."""

    def _name(self, site: Site, node: s.Name) -> Iterator[Value]:
        bindings = site.module.scopes.bindings_of(node)
        if not bindings:
            yield from self._star_import(site, node.id)
            return
        for binding in sorted(bindings, key=lambda b: b.order):
            if len(bindings) == 1 or not self.passed_over(binding, site):
                yield from self.binding(binding, site)
        yield from self._set_by_functions(site, node, bindings)
        yield from self._set_by_others(site.module, node.id, bindings)

    def _set_by_others(self, module: Module, name: str, bindings: frozenset[Binding]) -> Iterator[Value]:
        """``app.KEY = args.key.read()`` elsewhere, where ``KEY = None`` or ``UNIT = 1`` is all."""
        if len(bindings) != 1 or not all(b.scope.is_module and _is_constant(b) for b in bindings):
            return
        self._refresh()
        for store in self.near(module, self._attribute_stores.get(name, ())):
            for target in s.targets_of(store.node) if not self.is_test(store.module) else ():
                base = target.value if isinstance(target, s.Attribute) and target.attr == name else None
                owners = self._again(store.at(base)) if base is not None else ()
                if any(isinstance(owner, ModuleValue) and owner.module is module for owner in owners):
                    assert isinstance(store.node, s.Assign)
                    yield from self._again(store.at(store.node.value)) if store.node.value is not None else ()

    def _set_by_functions(self, site: Site, node: s.Name, bindings: frozenset[Binding]) -> Iterator[Value]:
        """What a function has put into a global since: ``login()`` before ``print(LIFETIME / 1000)``."""
        scope = site.module.scopes.scope_of.get(node)
        if scope is None or not scope.is_module or any(b.kind != "assign" for b in bindings):
            return
        for inner in scope.children:
            if inner.outer_names.get(node.id) == "global":
                for binding in inner.bindings.get(node.id, ()):
                    if binding.kind == "assign" and binding not in bindings:
                        yield from self.binding(binding, site)

    def _star_import(self, site: Site, name: str) -> Iterator[Value]:
        other = self._star_of(site.module, name)
        stored = self.stored_by_names(site.module).get(name) if other is None else None
        if other is not None:
            yield from self._global(other, name)
        elif stored is not None:
            yield from self._again(stored)
        else:
            yield Lib(name)

    def stored_by_names(self, module: Module) -> dict[str, Site]:
        """``for name in ("A", "B"): globals()[name] = environ[name]``: what each name stands for."""
        found: dict[str, Site] = {}
        for loop in module.each(s.For) if module.holds("globals") or module.holds("vars") else ():
            stores = [
                node
                for node in s.walk(loop.body)
                if isinstance(node, s.Assign)
                and isinstance(target := node.targets[0], s.Subscript)
                and isinstance(target.value, s.Call)
                and isinstance(target.value.func, s.Name)
                and target.value.func.id in ("globals", "vars")
                and not target.value.args
                and isinstance(loop.target, s.Name)
                and s.is_named(target.index, loop.target.id)
            ]
            if len(stores) != 1 or stores[0].value is None or module.scope(loop) is not module.scopes.module:
                continue
            for value in self._again(Site(module, loop.iter)):
                for element in value.sites if isinstance(value, Items) else ():
                    for text in self._again(element):
                        name = text.fold("\0") if isinstance(text, Text) else "\0"
                        if "\0" not in name:
                            found[name] = Site(module, stores[0].value, ((loop, element),))
        return found

    def _star_of(self, module: Module, name: str) -> Module | None:
        """Who binds ``name``, of those that ``from a import *`` brings in, and what they bring in so."""
        seen, asked = {module}, [module]
        while asked:
            here = asked.pop(0)
            for node in here.each(s.ImportFrom):
                if not node.star:
                    continue
                other = self.index.imported(here.path, node.module, node.level)
                if other is None or other in seen:
                    continue
                if name in other.scopes.module.bindings:
                    return other
                seen.add(other)
                asked.append(other)
        return None

    def _global(self, module: Module, name: str) -> Iterator[Value]:
        scope = module.scopes.module
        bindings = scope.ends.get(name) or frozenset(scope.bindings.get(name, ()))
        for binding in sorted(bindings, key=lambda b: b.order):
            if binding.kind != "entry":
                yield from self.binding(binding, Site(module, binding.node))
        yield from self._set_by_others(module, name, frozenset(bindings))

    def binding(self, binding: Binding, site: Site) -> Iterator[Value]:
        """What ``binding`` gives, seen from ``site`` (for its module and context)."""
        site = site if binding.kind == "entry" else site.at(binding.node)
        key = (binding, site, self._callers)
        found = self._memo.get(key)
        if found is None:
            if binding in self._entered_bindings or self._depth > DEPTH:
                self.cut(self._entered_bindings.get(binding, TOO_DEEP))
                return
            known = self._on_the_way(key, site)
            if known is not None:
                yield from known
                return
            self._entered_bindings[binding] = self._level
            began = self._begin()
            try:
                found = first(self._binding(binding, site), site)
            finally:
                back = self._end(began)
                del self._entered_bindings[binding]
            found = self._remembered(key, found, back)
        yield from found

    def _binding(self, binding: Binding, site: Site) -> Iterator[Value]:
        here = site.at(binding.node)
        node = binding.node
        if binding.kind == "import":
            yield from self._import(here, node)
        elif binding.kind == "def" and isinstance(node, s.FuncDef):
            yield Function(site.module, node)
        elif binding.kind == "class" and isinstance(node, s.ClassDef):
            yield Class(site.module, node)
        elif binding.kind == "param" and isinstance(node, s.Param):
            yield from self._param(here, node, binding.scope)
        elif binding.kind in ("item", "call"):
            yield from self._changed(binding, site)
        elif binding.kind == "aug" and binding.value is not None:
            yield from self._augmented(binding, site)
        elif binding.kind == "iter" and binding.value is not None:
            yield from self._elements(binding.unpack, site.at(binding.value))
        elif binding.value is not None and binding.kind in ("assign", "with", "match"):
            yield from self._unpacked(binding, site.at(binding.value))
        elif binding.kind == "entry":
            yield from self._entered(binding, site)
        else:
            yield Unknown("bound by " + binding.kind, here)

    def _unpacked(self, binding: Binding, site: Site) -> Iterator[Value]:
        values = self._again(site)
        for index in binding.unpack:
            values = tuple(v for value in values for v in self.item(value, Constant(index, site), site))
        for key in binding.under:
            values = tuple(v for value in values for v in self.keyed_by(value, key, site))
        yield from values

    def _elements(self, unpack: tuple[int, ...], site: Site) -> Iterator[Value]:
        """What a loop through the expression at ``site`` meets, or which part of it."""
        clause = site.module.parents.get(site.node)
        around = site.module.parents.get(clause) if isinstance(clause, s.Clause) else clause
        met = next((element for owner, element in reversed(site.ctx) if owner is around), None)
        if met is not None and not unpack:
            yield from self._again(met)
            return
        for value in (listed for given in self._again(site) for listed in self._listed(given, site)):
            if isinstance(value, Items):
                for element in value.sites:
                    pair = element.node.items if isinstance(element.node, s.Sequence) else ()
                    if met is not None and pair and met.node is not pair[0]:
                        continue
                    for found in self._again(element):
                        yield from self._picked(found, unpack, site)
            elif isinstance(value, Text) and value.known:
                yield Unknown("a character", site)
            elif isinstance(value, Fields) and unpack and _asks_items(site.node):  # of a parser's section
                yield from self._contents(value, "items", unpack, site, met)
            elif isinstance(value, Fields):
                yield from (e.key for e in value.entries)
            elif isinstance(value, Result) and value.name == "zip" and unpack:
                yield from self._zipped(value, unpack)
            elif isinstance(value, Member) and isinstance(value.base, Fields) and _is_whole(value):
                yield from self._contents(value.base, value.key, unpack, site, met)
            else:
                yield Member(value, "*", site)

    def _zipped(self, zipped: Result, unpack: tuple[int, ...]) -> Iterator[Value]:
        """``for tenant, reply in zip(tenants, replies)``: each of those that are taken at that place."""
        node = zipped.site.node
        given = node.args if isinstance(node, s.Call) else ()
        if unpack[0] < len(given) and not any(arg.star for arg in given):
            yield from self._elements(unpack[1:], zipped.site.at(given[unpack[0]].value))
        else:
            yield Member(zipped, "*", zipped.site)

    def _listed(self, value: Value, site: Site) -> Iterator[Value]:
        """What is written down for a variable of the environment that is read as a list (``cast=Csv()``)."""
        if not isinstance(value, Environ):
            yield value
            return
        for written in self.readings(value):
            if isinstance(written, Text) and written.known:
                yield self.words(written, ",", site)
            else:
                yield written

    def _contents(
        self, fields: Fields, method: str, path: tuple[int, ...], site: Site, met: Site | None
    ) -> Iterator[Value]:
        """What a loop through ``fields.items()`` or ``fields.values()`` meets, where it has ``met`` a key."""
        for entry in fields.entries:
            parts = entry.key.parts if isinstance(entry.key, Text) else ()
            if met is not None and method == "items" and met.node not in [p.site.node for p in parts]:
                continue
            if method == "items" and path[:1] == (0,):
                yield from self._picked(entry.key, path[1:], site)
            elif entry.value is not None and (method == "values" or path[:1] == (1,)):
                for found in self._again(entry.value):
                    yield from self._picked(found, path[1:] if method == "items" else path, site)

    def _picked(self, value: Value, path: tuple[int, ...], site: Site) -> Iterator[Value]:
        if not path:
            yield value
            return
        for found in self.item(value, Constant(path[0], site), site):
            yield from self._picked(found, path[1:], site)

    def _augmented(self, binding: Binding, site: Site) -> Iterator[Value]:
        node = binding.node
        assert isinstance(node, s.AugAssign)
        assert binding.value is not None
        earlier = (b for b in sorted(binding.prev, key=lambda b: b.order) if not self.passed_over(b, site))
        befores = [value for each in earlier for value in self.binding(each, site)]
        rights = self._again(site.at(binding.value))
        for before in befores:
            for right in rights:
                if node.op == "+" and (isinstance(before, Text) or isinstance(right, Text)):
                    pieces = (
                        (as_text(before, site.at(node.target)),),
                        (as_text(right, site.at(binding.value)),),
                    )
                    yield from self._concat(list(pieces))
                elif isinstance(before, Fields) and isinstance(right, Fields):
                    yield from merge_fields(before.site, [[before], [right]])
                elif isinstance(before, Items) and isinstance(right, Items):
                    yield Items(before.sites + right.sites, before.site, before.open or right.open)
                else:
                    yield compute(node.op, before, right, site.at(node))

    def _entered(self, binding: Binding, site: Site) -> Iterator[Value]:
        """A path whose value was made before this scope ran."""
        if "." in binding.path:
            return
        found = site.module.scopes.lookup(binding.scope, binding.path)
        if binding.scope.is_module:
            yield from self._global(site.module, binding.path)
        elif found is not None:
            for other in sorted(found[1], key=lambda b: b.order):
                yield from self.binding(other, site)

    def _import(self, site: Site, node: s.Node) -> Iterator[Value]:
        statement = site.module.parents.get(node)
        if not isinstance(node, s.Alias):
            return
        if isinstance(statement, s.Import):
            dotted = node.name if node.asname else node.name.split(".")[0]
            other = self.index.imported(site.module.path, dotted, 0)
            yield ModuleValue(other) if other is not None and other is not site.module else Lib(dotted)
        elif isinstance(statement, s.ImportFrom):
            yield from self.imported_name(site.module, statement, node.name)

    def imported_name(self, module: Module, statement: s.ImportFrom, name: str) -> Iterator[Value]:
        """What ``from module import name`` gives."""
        full = f"{statement.module}.{name}" if statement.module else name
        other = self.index.imported(module.path, statement.module, statement.level)
        if other is not None and other is not module and name in other.scopes.module.bindings:
            yield from self._global(other, name)
            return
        submodule = self.index.imported(module.path, full, statement.level)
        if submodule is not None and submodule is not module:
            yield ModuleValue(submodule)
        elif other is not None and other is not module:
            yield from self._member_of_module(other, name, Site(module, statement))
        else:
            yield Lib("." * statement.level + full)

    def _member_of_module(self, module: Module, name: str, site: Site) -> Iterator[Value]:
        if name in module.scopes.module.bindings:
            yield from self._global(module, name)
            return
        package = module.path.removesuffix("/__init__.py")
        if package != module.path:
            child = self.index.imported(module.path, name, 1)
            if child is not None:
                yield ModuleValue(child)
                return
        other = self._star_of(module, name)
        if other is not None:
            yield from self._global(other, name)
            return
        stored = self.stored_by_names(module).get(name)
        if stored is not None:
            yield from self._again(stored)
            return
        yield Unknown(f"{name} of {module.path}", site)


def _asks_items(node: s.Node) -> bool:
    return isinstance(node, s.Call) and s.last_name(node.func) == "items"


def _is_whole(value: Member) -> bool:
    """Is it all of a mapping whose entries are known?"""
    return isinstance(value.base, Fields) and not value.base.open and value.key in ("items", "values")


def _is_constant(binding: Binding) -> bool:
    """``KEY = None``, ``PER_SECOND = 1000``"""
    return binding.kind == "assign" and isinstance(binding.value, s.Const)

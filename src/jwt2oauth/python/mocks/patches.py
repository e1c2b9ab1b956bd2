"""What a project's tests put in the place of functions: by dotted names in texts, or as attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...records import dataclass
from ...rules.tables import Rules
from ...rules.values import Patcher
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import Class, Closure, Function, Instance, Lib, ModuleValue, Site, Value, name_of, text_of
from ..resolve import Resolver, argument_of
from ..roles.trace import label_of
from ..writing.changes import Changes
from .places import Place, Places, attributes_of, uses_of
from .reach import Reach
from .rows import instead, loop_around

_BUILTINS = frozenset({"open", "input", "print"})
_FILLING = frozenset({"append", "add", "update", "extend", "setdefault"})


@dataclass(frozen=True, slots=True)
class Name:
    """``names`` looked up in a module of the project, or (without one) a library's dotted name."""

    module: Module | None
    names: tuple[str, ...]

    @property
    def shown(self) -> str:
        """As a test would write it."""
        if self.module is None:
            return ".".join(self.names)
        stem = self.module.path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]
        return ".".join((stem, *self.names))


@dataclass(frozen=True, slots=True)
class Patch:
    """Something is put in the place of ``name`` by the call or assignment at ``site``."""

    site: Site
    name: Name
    place: Place
    aim: tuple[s.Node, ...] = ()
    """The expression that says in whose place, and what is in it."""


class Patches:
    """Finds patches; one per project."""

    def __init__(self, resolver: Resolver, rules: Rules, reach: Reach) -> None:
        self.resolver = resolver
        self.reach = reach
        rows = {name: row for row in rules.mocks.patchers for name in row.names}
        self._patchers = {name: row for name, row in rows.items() if not row.several}
        self._several = {name: row for name, row in rows.items() if row.several}
        self._last = frozenset(name.rpartition(".")[2] for name in rows)
        self.places = Places(resolver, rules, self._patchers)
        self._found: dict[str, list[Patch]] = {}

    def of(self, module: Module) -> list[Patch]:
        """The patches in ``module``, in the order of the text."""
        found = self._found.get(module.path)
        if found is None:
            found = self._found[module.path] = [*self._calls(module), *self._stores(module)]
        return found

    def _calls(self, module: Module) -> Iterator[Patch]:
        for node in module.each(s.Call):
            last = s.last_name(node.func)
            if last not in self._last and not self._is_renamed(module, node.func):
                continue
            site = Site(module, node)
            for value in self.resolver.resolve(site.at(node.func)):
                row, several = (rows.get(name_of(value) or "") for rows in (self._patchers, self._several))
                if row is not None:
                    yield from self._patch(site, node, row)
                    break
                if several is not None:
                    yield from self._each(site, node, several)
                    break

    def _is_renamed(self, module: Module, func: s.Expr) -> bool:
        """May it be a patcher under another name: imported, stored, or what a fixture gives?"""
        if not isinstance(func, s.Name):
            return False
        bound = module.scopes.bindings_of(func)
        return any(each.kind in ("param", "assign") or self._brings_in(module, each) for each in bound)

    def _brings_in(self, module: Module, binding: Binding) -> bool:
        """May an import bring one in: by its own name, or from a module of the project?"""
        alias, stmt = binding.node, module.parents.get(binding.node)
        if not isinstance(alias, s.Alias) or not isinstance(stmt, s.ImportFrom):
            return binding.kind == "import"
        is_ours = self.resolver.index.find(module.path, stmt.module, stmt.level) is not None
        return is_ours or alias.name in self._last

    def _each(self, site: Site, node: s.Call, row: Patcher) -> Iterator[Patch]:
        """``patch.multiple("app.auth", sign=fake, requests=DEFAULT)``: a patch for each keyword."""
        owner = argument_of(node, row.owner)
        if owner is None:
            return
        texts = [text_of(v) for v in self.resolver.resolve(site.at(owner.value))]
        attributes = attributes_of(node)
        for arg in attributes:
            found = [self._by_text(site.module, f"{text}.{arg.keyword}") for text in filter(None, texts)]
            names = [*filter(None, found)] or [*self.path(site.at(owner.value), arg.keyword or "")]
            place = self.places.each(site, node, arg)
            for name in names:
                yield Patch(site.at(arg), name, place, tuple(s.walk(owner.value)))

    def _patch(self, site: Site, node: s.Call, row: Patcher) -> Iterator[Patch]:
        loop = loop_around(site.module, node)
        if loop is not None:
            for element, given in loop.rows:
                holder = element if loop.only_patches else None
                for name in self._named(site, node, row, given):
                    yield Patch(site.at(element), name, Place(holder), tuple(s.walk(element)))
            return
        names = list(self._named(site, node, row, {}))
        if not names:
            return
        place = self.places.of(site, has_new=argument_of(node, row.new) is not None)
        owner = argument_of(node, row.owner)
        aim = tuple(s.walk(owner.value)) if owner is not None else ()
        for name in names:
            yield Patch(site, name, place, aim)

    def _named(self, site: Site, node: s.Call, row: Patcher, given: Mapping[str, s.Expr]) -> Iterator[Name]:
        """Whose place is taken; ``given`` are the values of a loop's names."""
        target = argument_of(node, row.target)
        if target is not None:
            texts = [text_of(v) for v in self.resolver.resolve(site.at(instead(target.value, given)))]
            if any(texts):
                yield from filter(None, (self._by_text(site.module, t) for t in texts if t))
                return
        owner, attribute = argument_of(node, row.owner), argument_of(node, row.attribute)
        if owner is None or attribute is None:
            return
        for value in self.resolver.resolve(site.at(instead(attribute.value, given))):
            attr = text_of(value)
            if attr:
                yield from self.path(site.at(instead(owner.value, given)), attr)

    def _by_text(self, module: Module, text: str) -> Name | None:
        """What a dotted name in a text of a test means."""
        place = self.reach.named(module, text)
        if place is None:
            return Name(None, tuple(text.split(".")))
        found = self.resolver.index.module(place[0])
        return Name(found, place[1]) if found is not None else None

    def path(self, site: Site, *attrs: str) -> Iterator[Name]:
        """The attributes ``attrs`` of the expression at ``site``."""
        node = site.node
        if isinstance(node, s.Attribute):
            through = [
                Name(v.module, (node.attr, *attrs))
                for v in self.resolver.resolve(site.at(node.value))
                if isinstance(v, ModuleValue) and node.attr in v.module.scopes.module.bindings
            ]
            if through:
                yield from through
                return
        for value in self.resolver.resolve(site):
            if isinstance(value, ModuleValue):
                yield Name(value.module, attrs)
            elif isinstance(value, Class | Instance):
                cls = value.cls if isinstance(value, Instance) else value
                yield Name(cls.module, (cls.node.name, *attrs))
            elif isinstance(value, Lib):
                yield Name(None, (*value.name.split("."), *attrs))

    def _stores(self, module: Module) -> Iterator[Patch]:
        """``auth.requests.post = fake``, ``client._sign = Mock()``."""
        for node in module.each(s.Assign):
            if len(node.targets) != 1 or not isinstance(node.targets[0], s.Attribute):
                continue
            target = node.targets[0]
            if isinstance(target.value, s.Name) and target.value.id in ("self", "cls"):
                continue
            with self.resolver.sparing():
                names = list(self.path(Site(module, target.value), target.attr))
            for name in names:
                yield Patch(Site(module, node), name, Place(node), tuple(s.walk(target)))

    # -- what became of the name ------------------------------------------------------------------------

    def is_gone(self, name: Name, changes: Changes) -> bool:
        """Would looking the name up fail after the changes?"""
        module, names = name.module, name.names
        if module is None or not names:
            return False
        bindings = [b for b in module.scopes.module.bindings.get(names[0], ()) if b.kind != "entry"]
        if not bindings and len(names) == 1 and names[0] in _BUILTINS:
            used = module.open_names.get(names[0], [])
            return bool(used) and all(changes.is_dead(module, node) for node in used)
        if not bindings:
            inner = self.resolver.index.imported(module.path, names[0], 1) if names[1:] else None
            return inner is not None and self.is_gone(Name(inner, names[1:]), changes)
        if all(changes.is_dead(module, b.node) for b in bindings):
            return True
        return len(names) > 1 and any(
            self._is_gone_below(value, names[1:], changes)
            for binding in bindings
            for value in self.resolver.binding(binding, Site(module, binding.node))
        )

    def _is_gone_below(self, value: Value, names: tuple[str, ...], changes: Changes) -> bool:
        if isinstance(value, ModuleValue):
            return self.is_gone(Name(value.module, names), changes)
        if not isinstance(value, Class):
            return False
        heirs = self.resolver.mro(value) or [value]
        inside = [
            (cls.module, binding)
            for cls in heirs
            for binding in cls.module.scopes.inner[cls.node].bindings.get(names[0], ())
            if binding.kind != "entry"
        ]
        return bool(inside) and all(changes.is_dead(module, b.node) for module, b in inside)

    def of_library(self, module: Module, library: str) -> Iterator[Site]:
        """Where a test puts something else in the place of a library, or of a part of it."""
        for patch in self.of(module):
            if f"{self.library_of(patch.name)}.".startswith(f"{library}."):
                yield patch.site

    def library_of(self, name: Name) -> str:
        """The dotted library name that is replaced, through the project's own import of it."""
        if name.module is None:
            return ".".join(name.names)
        for binding in name.module.scopes.module.bindings.get(name.names[0] if name.names else "", ()):
            if binding.kind != "import":
                continue
            for value in self.resolver.binding(binding, Site(name.module, binding.node)):
                if isinstance(value, Lib):
                    return ".".join((value.name, *name.names[1:]))
        return ""


def stands_for_nothing(module: Module, patch: Patch) -> str:
    """Say that tests put something in the place of what is gone."""
    return (
        f"{label_of(module, patch.site.node)} stands in for {patch.name.shown}, which the program no longer "
        "uses: change or remove what the tests do with it."
    )


def recorded(resolver: Resolver, places: Places, patch: Patch) -> Iterator[Site]:
    """The loads of the lists and mappings that the function which ``patch`` puts in a place fills."""
    module, node = patch.site.module, patch.site.node
    given = [a.value for a in node.args] if isinstance(node, s.Call) else []
    if isinstance(node, s.Assign) and node.value is not None:
        given = [node.value]
    for value in (v for each in given for v in resolver.resolve(Site(module, each))):
        body: s.Node | None = value.node if isinstance(value, Function) and value.module is module else None
        if isinstance(value, Closure) and value.site.module is module:
            body = value.site.node
        inside = set(s.walk(body)) if body is not None else set()
        for name in (n for each in inside if (n := _filled(each)) is not None):
            yield from _loads(places, module, name, inside)


def _filled(node: s.Node) -> s.Name | None:
    """The name of what a call or an assignment puts something into."""
    base: s.Expr | None = None
    if isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and node.func.attr in _FILLING:
        base = node.func.value
    elif isinstance(node, s.Assign) and isinstance(node.targets[0], s.Subscript):
        base = node.targets[0].value
    return base if isinstance(base, s.Name) else None


def _loads(places: Places, module: Module, name: s.Name, inside: set[s.Node]) -> Iterator[Site]:
    """The loads outside of the stand-in; where a fixture gives it away, those of who asks for the fixture."""
    for binding in module.scopes.bindings_of(name):
        for use in module.uses.get(binding, ()) if binding.node not in inside else ():
            fixture = module.function(use)
            given = isinstance(module.parents[use], s.Return | s.Yield) and fixture is not None
            if given and fixture is not None:
                for other, param in places.asking(fixture):
                    yield from uses_of(other, param)
            elif use not in inside:
                yield Site(module, use)

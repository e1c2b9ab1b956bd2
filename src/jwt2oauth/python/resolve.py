"""Backwards from an expression to what it may stand for, across functions, classes and modules.

Depth and fan-out are bounded; where a bound is hit the answer is ``Unknown``, which the planner
sees. Nothing is ever run or imported.
"""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from ..rules import Argument, Rules
from . import syntax as s
from .formats import braces, percents
from .index import Index, Module
from .scopes import Binding, Scope, path_of
from .values import (
    Arithmetic,
    Class,
    Closure,
    Constant,
    Context,
    Entry,
    Environ,
    Fields,
    Function,
    Gap,
    Instance,
    Items,
    Lib,
    Lit,
    Member,
    ModuleValue,
    Param,
    Result,
    Site,
    Text,
    Unknown,
    Value,
    name_of,
    text_of,
)

WIDTH = 12
"""Alternatives kept for one expression."""
DEPTH = 60
"""Steps followed through names, calls and attributes."""
CALLS = 6
"""Calls entered on the way to a returned value."""

Values = tuple[Value, ...]

ENVIRONMENT = {"os.environ", "environ", "os.environ.copy()"}
_TRANSPARENT_DECORATORS = frozenset({"property", "cached_property", "functools.cached_property"})
_COMMON_METHODS = frozenset(
    "get post put request send read write close open run main update items keys values pop add append"
    " json text copy format join split strip encode decode start stop call execute".split()
)


class Documents(Protocol):
    """The project's configuration files, as modules that hold one mapping."""

    def find(self, importer: str, name: str | None, kinds: tuple[str, ...]) -> Module | None:
        """The file that ``importer`` means by ``name``; without a name, the only likely one."""


LOADERS = {
    "json.load": "json", "json.loads": "json", "simplejson.load": "json", "simplejson.loads": "json",
    "yaml.load": "yaml", "yaml.safe_load": "yaml", "yaml.full_load": "yaml", "yaml.unsafe_load": "yaml",
    "toml.load": "toml", "toml.loads": "toml", "tomllib.load": "toml", "tomllib.loads": "toml",
    "tomli.load": "toml", "tomli.loads": "toml", "dotenv.dotenv_values": "env",
}  # fmt: skip
"""Calls that turn a configuration file into a mapping."""


class Resolver:
    """Answers ``resolve(site)``; one per project."""

    def __init__(self, index: Index, rules: Rules, documents: Documents | None = None) -> None:
        self.index = index
        self.documents = documents
        self.rules = rules
        self._memo: dict[tuple[Site, bool], Values] = {}
        self._active: set[Site] = set()
        self._entered_bindings: set[Binding] = set()
        self._cut = 0
        self._depth = 0
        self._calls: dict[str, list[Site]] | None = None
        self._classes: dict[str, list[Class]] | None = None
        self._loaded = 0
        self._transparent = {n: t.argument for t in rules.values.transparent for n in t.names}
        self._known = {n for c in rules.clients for call in c.calls for n in call.names}
        self._known |= {n for e in rules.encoders for n in e.names}
        self._form_encoders = {n: t.argument for t in rules.values.form_encoders for n in t.names}

    # -- the front door -----------------------------------------------------------------------

    def resolve(self, site: Site, *, callers: bool = True) -> Values:
        """What ``site.node`` may stand for; empty only for code that cannot run.

        With ``callers`` off a parameter that the context does not fill stays a ``Param``.
        """
        key = (site, callers)
        found = self._memo.get(key)
        if found is not None:
            return found
        if site in self._active or self._depth > DEPTH:
            self._cut += 1
            return ()
        cut = self._cut
        self._active.add(site)
        self._depth += 1
        previous, self._callers = getattr(self, "_callers", True), callers
        try:
            values = tuple(itertools.islice(dict.fromkeys(self._expression(site)), WIDTH))
        finally:
            self._callers = previous
            self._depth -= 1
            self._active.discard(site)
        if cut == self._cut or not self._active:
            self._memo[key] = values
        return values

    def one(self, site: Site) -> Value:
        """The only value of ``site``, else ``Unknown``."""
        values = self.resolve(site)
        return values[0] if len(values) == 1 else Unknown("several values", site)

    def _again(self, site: Site) -> Values:
        return self.resolve(site, callers=self._callers)

    def _expression(self, site: Site) -> Iterable[Value]:
        method = getattr(self, "_" + type(site.node).__name__.lower(), None)
        if method is None:
            return (Unknown("not followed", site),)
        result: Iterable[Value] = method(site, site.node)
        return result

    # -- literals -----------------------------------------------------------------------------

    def _const(self, site: Site, node: s.Const) -> Values:
        return (Constant(node.value, site),)

    def _str(self, site: Site, node: s.Str) -> Values:
        value = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
        return (Text((Lit(value, site),)),)

    def _fstring(self, site: Site, node: s.FString) -> Iterator[Value]:
        pieces: list[Values] = []
        for part in node.parts:
            if isinstance(part, s.Str):
                pieces.append(self._str(site.at(part), part))
            else:
                pieces.append(self._piece(site.at(part.value)))
        return self._concat(pieces)

    def _joined(self, site: Site, node: s.Joined) -> Iterator[Value]:
        return self._concat([self._again(site.at(part)) for part in node.parts])

    def _piece(self, site: Site) -> Values:
        """Values as pieces of a text: texts stay, everything else becomes a gap."""
        found = tuple(_as_text(v, site) for v in self._again(site))
        if not isinstance(site.node, s.Str | s.FString | s.Joined | s.Binary):
            found = tuple(_through(v, site) for v in found)
        return found or (Text((Gap(Unknown("no value", site), site),)),)

    def _concat(self, pieces: list[Values]) -> Iterator[Value]:
        for combination in itertools.islice(itertools.product(*pieces), WIDTH):
            parts: list[Lit | Gap] = []
            for value in combination:
                if isinstance(value, Text):
                    parts += value.parts
            yield Text(tuple(parts))

    def _dict(self, site: Site, node: s.Dict) -> Iterator[Value]:
        """``{"a": 1, **base}``; alternatives of ``base`` multiply."""
        stretches: list[list[Fields]] = []
        for item in node.items:
            if item.key is None:
                inner = [f for f in self._again(site.at(item.value)) if isinstance(f, Fields)]
                stretches.append(inner or [Fields((), site.at(item.value), open=True)])
                continue
            entries = [
                Entry(key, site.at(item.value), site.at(item)) for key in self._again(site.at(item.key))
            ]
            certain = len(entries) == 1
            stretch = tuple(Entry(e.key, e.value, e.site, certain) for e in entries)
            stretches.append([Fields(stretch, site)])
        yield from _merge_fields(site, stretches)

    def _sequence(self, site: Site, node: s.Sequence) -> Values:
        sites: list[Site] = []
        is_open = False
        for item in node.items:
            if isinstance(item, s.Starred):
                is_open = True
            else:
                sites.append(site.at(item))
        return (Items(tuple(sites), site, is_open),)

    # -- operators ----------------------------------------------------------------------------

    def _binary(self, site: Site, node: s.Binary) -> Iterable[Value]:
        left, right = self._again(site.at(node.left)), self._again(site.at(node.right))
        if node.op == "+" and _any(left + right, Text):
            return self._concat([self._piece(site.at(node.left)), self._piece(site.at(node.right))])
        if node.op == "%" and _any(left, Text):
            return self._percent(site, left, node.right)
        if node.op == "|" and _any(left, Fields):
            lefts = [f for f in left if isinstance(f, Fields)]
            rights = [f for f in right if isinstance(f, Fields)]
            return _merge_fields(site, [lefts, rights or [Fields((), site, open=True)]])
        if node.op == "+" and _any(left, Items) and _any(right, Items):
            pairs = itertools.product(left, right)
            return [
                Items(a.sites + b.sites, site, a.open or b.open)
                for a, b in pairs
                if isinstance(a, Items) and isinstance(b, Items)
            ]
        if node.op == "/" and _is_path(left):
            return (Member(left[0], "/", site),)
        return [_compute(node.op, a, b, site) for a, b in itertools.product(left, right)]

    def _percent(self, site: Site, formats: Values, right: s.Expr) -> Iterator[Value]:
        for value in formats:
            if not isinstance(value, Text):
                continue
            names = None
            if isinstance(right, s.Sequence) and right.kind == "tuple":
                arguments = [self._piece(site.at(item)) for item in right.items]
            else:
                for fields in self._again(site.at(right)):
                    if isinstance(fields, Fields):
                        names = fields
                arguments = [self._piece(site.at(right))]
            yield from self._fill(site, value, percents, arguments, names)

    def _fill(
        self,
        site: Site,
        template: Text,
        split: object,
        arguments: list[Values],
        names: Fields | None,
    ) -> Iterator[Value]:
        """A ``%`` or ``format`` template with its arguments put in."""
        pieces: list[Values] = []
        position = 0
        for part in template.parts:
            if isinstance(part, Gap):
                pieces.append((Text((part,)),))
                continue
            for literal, field in split(part.text):  # type: ignore[operator]
                if literal:
                    pieces.append((Text((Lit(literal, part.site),)),))
                if field is None:
                    continue
                if field == "":
                    field, position = str(position), position + 1
                pieces.append(self._field(site, field, arguments, names))
        return self._concat(pieces)

    def _field(self, site: Site, field: str, arguments: list[Values], names: Fields | None) -> Values:
        missing = (Text((Gap(Unknown("a missing argument", site), site),)),)
        if field.isdigit():
            return arguments[int(field)] if int(field) < len(arguments) else missing
        head = field.split(".")[0].split("[")[0]
        if head != field or names is None:
            return missing
        found = [e for e in names.entries if text_of(e.key) == field and e.value is not None]
        return self._piece(found[-1].value) if found and found[-1].value else missing

    def _bool(self, site: Site, node: s.Bool) -> Values:
        left, right = self._again(site.at(node.left)), self._again(site.at(node.right))
        if node.op == "and":
            return right
        return tuple(v for v in left if not (isinstance(v, Constant) and not v.value)) + right

    def _choice(self, site: Site, node: s.Choice) -> Values:
        return self._again(site.at(node.body)) + self._again(site.at(node.orelse))

    def _unary(self, site: Site, node: s.Unary) -> Values:
        if node.op == "-":
            found = self._again(site.at(node.value))
            return tuple(
                Constant(-v.value, site)
                if isinstance(v, Constant) and isinstance(v.value, int | float)
                else Unknown("negated", site)
                for v in found
            )
        return (Unknown("a truth value", site),)

    def _await(self, site: Site, node: s.Await) -> Values:
        return self._again(site.at(node.value))

    def _walrus(self, site: Site, node: s.Walrus) -> Values:
        return self._again(site.at(node.value))

    def _starred(self, site: Site, node: s.Starred) -> Values:
        return (Unknown("unpacked", site),)

    def _lambda(self, site: Site, node: s.Lambda) -> Values:
        return (Closure(site),)

    def _comprehension(self, site: Site, node: s.Comprehension) -> Iterable[Value]:
        """``{f"{base}{m}": True for m in metascopes}`` and friends: one field an element."""
        if node.key is not None:
            entries = [
                Entry(key, site.at(node.value), site.at(node.value), certain=False)
                for key in self._again(site.at(node.key))
            ]
            return (Fields(tuple(entries), site, open=True),)
        return (Items((site.at(node.value),), site, open=True),)

    def _subscript(self, site: Site, node: s.Subscript) -> Iterator[Value]:
        keys = self._again(site.at(node.index))
        for base in self._again(site.at(node.value)):
            if isinstance(base, Lib) and base.name in ENVIRONMENT:
                for key in keys:
                    name = text_of(key)
                    yield Environ(name, None, site) if name else Unknown("an environment variable", site)
                continue
            for key in keys:
                yield from self.item(base, key, site)

    def item(self, base: Value, key: Value, site: Site) -> Iterator[Value]:
        """``base[key]``."""
        name = text_of(key)
        if isinstance(base, Fields) and name is not None:
            found = self.field(base, name)
            if found is not None:
                yield from found
                return
            if not base.open:
                yield Unknown("no such field", site)
                return
        if isinstance(base, Result) and name is not None and _is_configparser(base):
            read = tuple(self._configparser(base, name))
            if read:
                yield from read
                return
        if isinstance(base, Items) and isinstance(key, Constant) and isinstance(key.value, int):
            if not base.open and -len(base.sites) <= key.value < len(base.sites):
                yield from self._again(base.sites[key.value])
                return
        if isinstance(base, Instance):
            for cls in self.mro(base.cls):
                getter = _method(cls, "__getitem__")
                if getter is not None:
                    yield from self._returns(Function(cls.module, getter, base), site, None)
                    return
        if name is None and isinstance(key, Constant):
            name = str(key.value)
        yield Member(base, name, site) if name is not None else Unknown("a computed key", site)

    def field(self, fields: Fields, name: str) -> Values | None:
        """The values that the field ``name`` may have, or None if it is not there."""
        found: list[Value] = []
        present = False
        for entry in reversed(fields.entries):
            if text_of(entry.key) != name:
                continue
            if entry.value is not None:
                present = True
                found += self._again(entry.value) if not _is_keyed(entry) else []
            if entry.certain:
                return tuple(found) if present else None
        return tuple(found) if present else None

    # -- names --------------------------------------------------------------------------------

    def _name(self, site: Site, node: s.Name) -> Iterator[Value]:
        bindings = site.module.scopes.bindings_of(node)
        if not bindings:
            yield from self._star_import(site, node.id)
            return
        for binding in sorted(bindings, key=lambda b: b.order):
            yield from self.binding(binding, site)

    def _star_import(self, site: Site, name: str) -> Iterator[Value]:
        for node in site.module.nodes.get(s.ImportFrom, ()):
            if isinstance(node, s.ImportFrom) and node.star:
                other = self.index.imported(site.module.path, node.module, node.level)
                if other is not None and name in other.scopes.module.bindings:
                    yield from self._global(other, name)
                    return
        yield Lib(name)

    def _global(self, module: Module, name: str) -> Iterator[Value]:
        scope = module.scopes.module
        bindings = scope.ends.get(name) or frozenset(scope.bindings.get(name, ()))
        for binding in sorted(bindings, key=lambda b: b.order):
            if binding.kind != "entry":
                yield from self.binding(binding, Site(module, binding.node))

    def binding(self, binding: Binding, site: Site) -> Iterator[Value]:
        """What ``binding`` gives, seen from ``site`` (for its module and context)."""
        if binding in self._entered_bindings or self._depth > DEPTH:
            self._cut += 1
            return
        self._entered_bindings.add(binding)
        try:
            found = tuple(self._binding(binding, site))
        finally:
            self._entered_bindings.discard(binding)
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
            yield from self._elements(binding, site.at(binding.value))
        elif binding.value is not None and binding.kind in ("assign", "with"):
            yield from self._unpacked(binding, site.at(binding.value))
        elif binding.kind == "entry":
            yield from self._entered(binding, site)
        else:
            yield Unknown("bound by " + binding.kind, here)

    def _unpacked(self, binding: Binding, site: Site) -> Iterator[Value]:
        values = self._again(site)
        for index in binding.unpack:
            values = tuple(
                v for value in values for v in self.item(value, Constant(index, site), site)
            )
        yield from values

    def _elements(self, binding: Binding, site: Site) -> Iterator[Value]:
        for value in self._again(site):
            if isinstance(value, Items):
                for element in value.sites:
                    for found in self._again(element):
                        yield from self._picked(found, binding.unpack, site)
            elif isinstance(value, Text) and value.known:
                yield Unknown("a character", site)
            elif isinstance(value, Fields):
                yield from (e.key for e in value.entries)
            else:
                yield Member(value, "*", site)

    def _picked(self, value: Value, path: tuple[int, ...], site: Site) -> Iterator[Value]:
        if not path:
            yield value
            return
        for found in self.item(value, Constant(path[0], site), site):
            yield from self._picked(found, path[1:], site)

    def _augmented(self, binding: Binding, site: Site) -> Iterator[Value]:
        node = binding.node
        assert isinstance(node, s.AugAssign) and binding.value is not None
        befores = [v for b in sorted(binding.prev, key=lambda b: b.order) for v in self.binding(b, site)]
        rights = self._again(site.at(binding.value))
        for before in befores:
            for right in rights:
                if node.op == "+" and (isinstance(before, Text) or isinstance(right, Text)):
                    pieces = (
                        (_as_text(before, site.at(node.target)),),
                        (_as_text(right, site.at(binding.value)),),
                    )
                    yield from self._concat(list(pieces))
                elif isinstance(before, Fields) and isinstance(right, Fields):
                    yield from _merge_fields(before.site, [[before], [right]])
                elif isinstance(before, Items) and isinstance(right, Items):
                    yield Items(before.sites + right.sites, before.site, before.open or right.open)
                else:
                    yield _compute(node.op, before, right, site.at(node))

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

    # -- containers built step by step -----------------------------------------------------------

    def _changed(self, binding: Binding, site: Site) -> Iterator[Value]:
        befores: list[Value] = []
        for previous in sorted(binding.prev, key=lambda b: b.order):
            if previous.kind == "entry" and "." in previous.path:
                befores += self._attribute_entry(previous, site)
            else:
                befores += self.binding(previous, site)
        for before in dict.fromkeys(befores):
            yield self._change(before, binding, site)

    def _change(self, before: Value, binding: Binding, site: Site) -> Value:
        node = binding.node
        here = site.at(node)
        if isinstance(before, Items) and isinstance(node, s.Call):
            return self._grown(before, node, here)
        if not isinstance(before, Fields):
            return before
        if isinstance(node, s.Call):
            if binding.kind == "call":
                return self._handed(before, node, here, binding)
            return self._called(before, node, here)
        if binding.key is None:
            return before
        value = site.at(binding.value) if binding.value is not None else None
        keys = self._again(site.at(binding.key))
        certain = len(keys) == 1
        added = tuple(Entry(key, value, here, certain) for key in keys)
        return Fields(before.entries + added, before.site, before.open)

    def _called(self, before: Fields, node: s.Call, here: Site) -> Fields:
        """``d.update(…)``, ``d.setdefault(k, v)``, ``d.pop(k)``, ``d.clear()``."""
        method = node.func.attr if isinstance(node.func, s.Attribute) else ""
        if method == "clear":
            return Fields((), before.site)
        if method == "update":
            entries, is_open = self._update(node, here)
            return Fields(before.entries + entries, before.site, before.open or is_open)
        if method in ("setdefault", "pop") and node.args:
            keys = self._again(here.at(node.args[0].value))
            value = here.at(node.args[1].value) if method == "setdefault" and len(node.args) > 1 else None
            if method == "pop" or value is not None:
                certain = len(keys) == 1
                added = tuple(Entry(k, value, here, certain) for k in keys)
                return Fields(before.entries + added, before.site, before.open)
        return Fields(before.entries, before.site, open=True)

    def _update(self, node: s.Call, here: Site) -> tuple[tuple[Entry, ...], bool]:
        entries: list[Entry] = []
        is_open = False
        for arg in node.args:
            if arg.keyword is not None:
                key = Text((Lit(arg.keyword, here.at(arg)),))
                entries.append(Entry(key, here.at(arg.value), here.at(arg)))
                continue
            found = [v for v in self._again(here.at(arg.value)) if isinstance(v, Fields)]
            if not found:
                is_open = True
            for fields in found:
                certain = len(found) == 1
                entries += [Entry(e.key, e.value, e.site, e.certain and certain) for e in fields.entries]
                is_open |= fields.open
        return tuple(entries), is_open

    def _handed(self, before: Fields, node: s.Call, here: Site, binding: Binding) -> Fields:
        """``fill(d)``: what a function of the project stores into its parameter."""
        added: list[Entry] = []
        for callee in self.callees(here):
            param = self._param_for(callee, node, binding.path)
            if param is None:
                continue
            scope = callee.module.scopes.inner[callee.node]
            ctx: Context = (*here.ctx, (callee.node, here))
            for end in scope.ends.get(param.name, ()):
                added += self._stores(end, Site(callee.module, node, ctx))
        return Fields(before.entries + tuple(added), before.site, before.open)

    def _stores(self, binding: Binding, site: Site) -> list[Entry]:
        found: list[Entry] = []
        for previous in sorted(binding.prev, key=lambda b: b.order):
            if previous.kind == "item":
                found += self._stores(previous, site)
        if binding.kind == "item":
            empty = Fields((), site.at(binding.node))
            changed = self._change(empty, binding, site)
            if isinstance(changed, Fields):
                found += changed.entries
        return found

    def _param_for(self, callee: Function, node: s.Call, path: str) -> s.Param | None:
        for param in callee.node.params:
            arg = argument_for(callee, node, param)
            if arg is not None and path_of(arg.value) == path:
                return param
        return None

    def _grown(self, before: Items, node: s.Call, here: Site) -> Items:
        method = node.func.attr if isinstance(node.func, s.Attribute) else ""
        if method in ("append", "add", "insert") and node.args:
            return Items((*before.sites, here.at(node.args[-1].value)), before.site, before.open)
        if method == "extend" and node.args:
            for value in self._again(here.at(node.args[0].value)):
                if isinstance(value, Items):
                    return Items(before.sites + value.sites, before.site, before.open or value.open)
        return Items(before.sites, before.site, open=True)

    # -- imports ------------------------------------------------------------------------------

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
        for node in module.nodes.get(s.ImportFrom, ()):
            if isinstance(node, s.ImportFrom) and node.star:
                other = self.index.imported(module.path, node.module, node.level)
                if other is not None and name in other.scopes.module.bindings:
                    yield from self._global(other, name)
                    return
        yield Unknown(f"{name} of {module.path}", site)

    # -- attributes ---------------------------------------------------------------------------

    def _attribute(self, site: Site, node: s.Attribute) -> Iterator[Value]:
        local = site.module.scopes.reach.get(node, frozenset())
        stored = [b for b in local if b.kind != "entry"]
        for binding in sorted(stored, key=lambda b: b.order):
            yield from self.binding(binding, site)
        if stored and len(stored) == len(local):
            return
        for base in self._again(site.at(node.value)):
            yield from self.attribute(base, node.attr, site)

    def _attribute_entry(self, entry: Binding, site: Site) -> Iterator[Value]:
        """``self.payload`` as it was before this method ran."""
        root, _, attr = entry.path.rpartition(".")
        scope = entry.scope
        if "." in root or root not in scope.bindings:
            return
        for binding in scope.bindings[root]:
            for base in self.binding(binding, site):
                yield from self.attribute(base, attr, site)

    def attribute(self, base: Value, attr: str, site: Site) -> Iterator[Value]:
        """``base.attr``."""
        if isinstance(base, ModuleValue):
            yield from self._member_of_module(base.module, attr, site)
        elif isinstance(base, Lib):
            yield Lib(f"{base.name}.{attr}", base.base)
        elif isinstance(base, Result):
            yield Lib(f"{base.name}().{attr}", base)
        elif isinstance(base, Instance):
            yield from self._instance_attribute(base, attr, site)
        elif isinstance(base, Class):
            yield from self._class_attribute(base, attr, site)
        elif isinstance(base, Fields):
            named = self.field(base, attr) if isinstance(base.site.node, s.Call) else None
            yield from named if named is not None else (Lib(f"dict.{attr}", base),)
        elif isinstance(base, Text):
            yield Lib(f"str.{attr}", base)
        else:
            yield Member(base, attr, site, attribute=True)

    def _instance_attribute(self, base: Instance, attr: str, site: Site) -> Iterator[Value]:
        found = False
        for cls in self.mro(base.cls):
            method = _method(cls, attr)
            if method is not None:
                function = Function(cls.module, method, base)
                is_property = any(
                    name_of(v) in _TRANSPARENT_DECORATORS or "property" in (name_of(v) or "")
                    for d in method.decorators
                    for v in self._again(Site(cls.module, d))
                )
                if is_property:
                    yield from self._returns(function, site, None)
                else:
                    yield function
                    yield from self._overrides(base, cls, attr)
                return
        for cls in (*self.mro(base.cls), *self.subclasses(base.cls)):
            for value in self._stored(cls, attr, base):
                found = True
                yield value
        if not found:
            yield Member(base, attr, site, attribute=True)

    def _overrides(self, base: Instance, cls: Class, attr: str) -> Iterator[Value]:
        if base.site is not None:
            return
        for sub in self.subclasses(base.cls):
            method = _method(sub, attr)
            if method is not None and sub != cls:
                yield Function(sub.module, method, Instance(sub))

    def _stored(self, cls: Class, attr: str, base: Instance) -> Iterator[Value]:
        """What the methods and the body of ``cls`` store under ``attr``."""
        scope = cls.module.scopes.inner[cls.node]
        for binding in sorted(scope.ends.get(attr, ()), key=lambda b: b.order):
            if binding.kind != "entry":
                yield from self.binding(binding, Site(cls.module, binding.node))
        yield from self._declared(cls, attr, base)
        for method in _methods(cls):
            me = _self_name(method)
            if me is None:
                continue
            inner = cls.module.scopes.inner[method]
            for binding in sorted(inner.ends.get(f"{me}.{attr}", ()), key=lambda b: b.order):
                if binding.kind != "entry":
                    yield from self.binding(binding, Site(cls.module, binding.node))

    def _declared(self, cls: Class, attr: str, base: Instance) -> Iterator[Value]:
        """``attr: str`` in a dataclass: the argument of the constructor."""
        names = [
            stmt.targets[0].id
            for stmt in cls.node.body.body
            if isinstance(stmt, s.Assign) and stmt.annotation and isinstance(stmt.targets[0], s.Name)
        ]
        if attr not in names or _method(cls, "__init__") is not None:
            return
        made = [base.site] if base.site is not None else self.constructions(cls)
        for site in made:
            call = site.node
            if not isinstance(call, s.Call):
                continue
            by_name = [a for a in call.args if a.keyword == attr]
            positional = [a for a in call.args if a.keyword is None and not a.star]
            if by_name:
                yield from self._again(site.at(by_name[0].value))
            elif names.index(attr) < len(positional):
                yield from self._again(site.at(positional[names.index(attr)].value))

    def _class_attribute(self, base: Class, attr: str, site: Site) -> Iterator[Value]:
        for cls in self.mro(base):
            method = _method(cls, attr)
            if method is not None:
                yield Function(cls.module, method, base)
                return
            scope = cls.module.scopes.inner[cls.node]
            if attr in scope.bindings:
                for binding in sorted(scope.ends.get(attr, ()), key=lambda b: b.order):
                    yield from self.binding(binding, Site(cls.module, binding.node))
                return
        yield from self._stored(base, attr, Instance(base))

    def mro(self, cls: Class) -> list[Class]:
        """``cls`` and its bases of the project, nearest first."""
        found = [cls]
        for arg in cls.node.bases:
            if arg.keyword is None:
                for value in self._again(Site(cls.module, arg.value)):
                    if isinstance(value, Class) and value not in found:
                        found += [c for c in self.mro(value) if c not in found]
        return found

    def foreign_bases(self, cls: Class) -> list[str]:
        """The names of bases that are not of the project."""
        names = []
        for base in self.mro(cls):
            for arg in base.node.bases:
                if arg.keyword is None:
                    for value in self._again(Site(base.module, arg.value)):
                        name = name_of(value)
                        if name and name not in ("object", "abc.ABC", "typing.Generic", "typing.Protocol"):
                            names.append(name)
        return names

    def subclasses(self, cls: Class) -> list[Class]:
        """The loaded classes that derive from ``cls``."""
        self._refresh()
        assert self._classes is not None
        found = []
        for candidates in self._classes.values():
            for candidate in candidates:
                if candidate != cls and candidate.node.bases and cls in self.mro(candidate):
                    found.append(candidate)
        return found

    # -- calls --------------------------------------------------------------------------------

    def _call(self, site: Site, node: s.Call) -> Iterator[Value]:
        special = self._super(site, node)
        if special is not None:
            yield special
            return
        for callee in self._again(site.at(node.func)):
            yield from self._apply(callee, site, node)

    def _super(self, site: Site, node: s.Call) -> Value | None:
        if not (isinstance(node.func, s.Name) and node.func.id == "super"):
            return None
        function = site.module.function(node)
        owner = site.module.class_of(function) if function else None
        if owner is None:
            return None
        bases = self.mro(Class(site.module, owner))[1:]
        return Instance(bases[0]) if bases else Unknown("super()", site)

    def _apply(self, callee: Value, site: Site, node: s.Call) -> Iterator[Value]:
        if isinstance(callee, Function):
            yield from self._returns(callee, site, node)
        elif isinstance(callee, Class):
            yield Instance(callee, site)
        elif isinstance(callee, Closure) and isinstance(callee.site.node, s.Lambda):
            yield from self._again(callee.site.at(callee.site.node.body))
        elif isinstance(callee, Instance):
            for found in self._instance_attribute(callee, "__call__", site):
                if isinstance(found, Function):
                    yield from self._returns(found, site, node)
        elif isinstance(callee, Lib):
            yield from self._library(callee, site, node)
        elif isinstance(callee, Member) and callee.attribute:
            yield from self._method_of_opaque(callee, site, node)
        else:
            yield Unknown("a call that is not followed", site)

    def _returns(self, callee: Function, site: Site, node: s.Call | None) -> Iterator[Value]:
        if len(site.ctx) >= CALLS or any(f is callee.node for f, _ in site.ctx):
            self._cut += 1
            return
        scope = callee.module.scopes.inner[callee.node]
        ctx = (*site.ctx, (callee.node, site)) if node is not None else site.ctx
        for statement in scope.returns:
            if statement.value is not None:
                yield from self._again(Site(callee.module, statement.value, ctx))
        if scope.is_generator:
            yield Unknown("a generator", site)

    def _library(self, callee: Lib, site: Site, node: s.Call) -> Iterator[Value]:
        name = callee.name
        if name in self._known:
            yield Result(name, site, callee.base)
            return
        if name in ("dict", "collections.OrderedDict", "types.SimpleNamespace", "argparse.Namespace"):
            made = self._make_dict(site, node)
            if made is not None:
                yield made
                return
        if isinstance(callee.base, Fields) and name.startswith("dict."):
            yield from self._dict_method(callee.base, name[5:], site, node)
            return
        if isinstance(callee.base, Text) and name.startswith("str."):
            yield from self._text_method(callee.base, name[4:], site, node)
            return
        if name in ("os.environ.get", "os.getenv", "environ.get", "getenv"):
            yield from self._environment(site, node)
            return
        if name in ("urllib.parse.urljoin", "urlparse.urljoin", "six.moves.urllib.parse.urljoin", "urljoin"):
            yield from self._urljoin(site, node)
            return
        if name == "getattr" and len(node.args) >= 2:
            yield from self._getattr(site, node)
            return
        if name in LOADERS and node.args:
            loaded = tuple(self._document(site, node, LOADERS[name]))
            if loaded:
                yield from loaded
                return
        argument = self._transparent.get(name) or self._form_encoders.get(name)
        if argument is not None:
            found = argument_of(node, argument)
            if found is not None:
                yield from self._through(site, site.at(found.value), name)
                return
        method = name.rpartition(".")[2]
        base = callee.base
        if base is not None and not isinstance(base, Fields | Text):
            if method in self.rules.values.transparent_methods:
                yield base
                return
            if method == "get" and node.args and not _posts(name, self.rules):
                yield from self._get(base, site, node)
                return
        yield Result(name, site, base)

    # -- configuration files ------------------------------------------------------------------------

    def _document(self, site: Site, node: s.Call, kind: str) -> Iterator[Value]:
        """``json.load(open("config.json"))``: the mapping in that file."""
        if self.documents is None:
            return
        for value in self._again(site.at(node.args[0].value)):
            here: Value | None = value
            while isinstance(here, Result | Lib):
                if isinstance(here, Result) and here.name.rpartition(".")[2] in ("open", "read_text", "read_bytes"):
                    yield from self._opened(here, kind)
                    return
                here = here.base
            if kind == "env":
                yield from self._mapping(site.module, self._file_name(site.at(node.args[0].value)), kind)

    def _opened(self, opened: Result, kind: str) -> Iterator[Value]:
        call = opened.site.node
        assert isinstance(call, s.Call)
        if opened.name == "open" or not isinstance(call.func, s.Attribute):
            target = call.args[0].value if call.args else None
        else:
            target = call.args[0].value if call.args and opened.name.endswith("open") else call.func.value
        name = self._file_name(opened.site.at(target)) if target is not None else None
        kinds = (kind, "yaml") if kind == "json" else (kind, "json") if kind == "yaml" else (kind,)
        yield from self._mapping(opened.site.module, name, *kinds)

    def _mapping(self, module: Module, name: str | None, *kinds: str) -> Iterator[Value]:
        assert self.documents is not None
        document = self.documents.find(module.path, name, kinds)
        if document is not None:
            statement = document.source.body.body[0]
            assert isinstance(statement, s.ExprStmt)
            yield from self._again(Site(document, statement.value))

    def _file_name(self, site: Site) -> str | None:
        """The end of a path as far as it is written out: ``os.path.join(HERE, "ims.json")``."""
        for value in self._again(site):
            if isinstance(value, Text):
                last = value.parts[-1] if value.parts else None
                if isinstance(last, Lit) and last.text.strip("/. "):
                    return value.fold("").replace("\\", "/")
            if isinstance(value, Result | Member | Arithmetic):
                node = value.site.node
                texts = [n.value for n in s.walk(node) if isinstance(n, s.Str) and isinstance(n.value, str)]
                if texts:
                    return texts[-1]
            if isinstance(value, Environ) and value.default is not None:
                return self._file_name(value.default)
        return None

    def _configparser(self, base: Result, name: str) -> Iterator[Value]:
        """``parser[section]`` of what ``parser.read(…)`` has read."""
        if self.documents is None:
            return
        module = base.site.module
        for node in module.nodes.get(s.Call, ()):
            assert isinstance(node, s.Call)
            if not (isinstance(node.func, s.Attribute) and node.func.attr in ("read", "read_file", "readfp")):
                continue
            if not node.args or not any(
                isinstance(v, Result) and v.site.node is base.site.node
                for v in self._again(Site(module, node.func.value, base.site.ctx))
            ):
                continue
            file = self._file_name(Site(module, node.args[0].value, base.site.ctx))
            for value in self._mapping(module, file, "ini"):
                if isinstance(value, Fields):
                    found = self.field(value, name)
                    if found is not None:
                        yield from found
            return

    def _through(self, site: Site, inner: Site, name: str) -> Iterator[Value]:
        for value in self._again(inner):
            if name.endswith((".loads", "literal_eval")) and isinstance(value, Text):
                yield _json_fields(value, inner)
            elif name in ("list", "tuple", "set", "sorted") and isinstance(value, Fields):
                yield Member(value, "*", site)
            elif isinstance(value, Items) and name in self._form_encoders:
                yield self._pairs(value)
            elif isinstance(value, Items) and name in ("dict", "collections.OrderedDict"):
                yield self._pairs(value)
            else:
                yield value

    def _pairs(self, value: Items) -> Value:
        """``[("a", 1), ("b", 2)]`` as fields."""
        entries = []
        for element in value.sites:
            node = element.node
            if isinstance(node, s.Sequence) and len(node.items) == 2:
                for key in self._again(element.at(node.items[0])):
                    entries.append(Entry(key, element.at(node.items[1]), element))
        return Fields(tuple(entries), value.site, value.open)

    def as_fields(self, value: Value) -> Value:
        """A list of pairs is a form as well."""
        if isinstance(value, Items) and value.sites:
            pairs = self._pairs(value)
            if isinstance(pairs, Fields) and pairs.entries:
                return pairs
        return value

    def _make_dict(self, site: Site, node: s.Call) -> Fields | None:
        stretches: list[Entry] = []
        is_open = False
        for arg in node.args:
            if arg.keyword is not None:
                key = Text((Lit(arg.keyword, site.at(arg)),))
                stretches.append(Entry(key, site.at(arg.value), site.at(arg)))
                continue
            values = [self.as_fields(v) for v in self._again(site.at(arg.value))]
            fields = [f for f in values if isinstance(f, Fields)]
            if len(fields) != 1:
                is_open = True
            for found in fields:
                stretches += found.entries
                is_open |= found.open
        return Fields(tuple(stretches), site, is_open)

    def _dict_method(self, base: Fields, method: str, site: Site, node: s.Call) -> Iterator[Value]:
        if method in ("get", "pop", "setdefault") and node.args:
            for key in self._again(site.at(node.args[0].value)):
                name = text_of(key)
                found = self.field(base, name) if name is not None else None
                if found is not None:
                    yield from found
                elif len(node.args) > 1:
                    yield from self._again(site.at(node.args[1].value))
                    if base.open and name is not None:
                        yield Member(base, name, site)
                else:
                    yield Member(base, name or "*", site)
        elif method == "copy" or method in self.rules.values.transparent_methods:
            yield base
        elif method == "keys":
            yield Items(tuple(e.site for e in base.entries), base.site, open=True)
        elif method in ("items", "values"):
            yield Member(base, method, site)
        else:
            yield Unknown(f"dict.{method}", site)

    def _get(self, base: Value, site: Site, node: s.Call) -> Iterator[Value]:
        """``.get(key)`` of something opaque; configparser takes section and option."""
        keys = [a for a in node.args if a.keyword is None and not a.star]
        first = [text_of(v) for v in self._again(site.at(keys[0].value))]
        for name in first:
            if name is None:
                yield Unknown("a computed key", site)
                continue
            member = Member(base, name, site)
            if len(keys) > 1 and not _is_configparser(base):
                yield member
                yield from self._again(site.at(keys[1].value))
            elif len(keys) > 1:
                for second in self._again(site.at(keys[1].value)):
                    for section in tuple(self._configparser(base, name)) if isinstance(base, Result) else ():
                        if isinstance(section, Fields):
                            yield from self.item(section, second, site)
                            return
                    option = text_of(second)
                    yield Member(member, option, site) if option else Unknown("an option", site)
            else:
                yield member

    def _text_method(self, base: Text, method: str, site: Site, node: s.Call) -> Iterator[Value]:
        positional = [a for a in node.args if a.keyword is None and not a.star]
        if method == "format":
            arguments = [self._piece(site.at(a.value)) for a in positional]
            names = Fields(
                tuple(
                    Entry(Text((Lit(a.keyword, site.at(a)),)), site.at(a.value), site.at(a))
                    for a in node.args
                    if a.keyword
                ),
                site,
            )
            yield from self._fill(site, base, braces, arguments, self._spread(site, node, names))
        elif method == "join" and positional:
            yield from self._join(base, site.at(positional[0].value))
        elif method == "split" and base.known:
            yield self._split(base, site, node)
        elif method in ("rstrip", "lstrip", "strip") and positional:
            yield _stripped(base, method, [text_of(v) for v in self._again(site.at(positional[0].value))])
        elif method in self.rules.values.transparent_methods:
            yield base
        elif method in ("lower", "upper", "title"):
            yield base
        elif method in ("read_text", "read_bytes", "open"):
            yield Result(f"pathlib.Path().{method}", site)
        else:
            yield Unknown(f"str.{method}", site)

    def _spread(self, site: Site, node: s.Call, names: Fields) -> Fields:
        for arg in node.args:
            if arg.star == "**":
                for value in self._again(site.at(arg.value)):
                    if isinstance(value, Fields):
                        return Fields(names.entries + value.entries, site)
        return names

    def _join(self, separator: Text, site: Site) -> Iterator[Value]:
        for value in self._again(site):
            if isinstance(value, Items) and not value.open:
                pieces: list[Values] = []
                for index, element in enumerate(value.sites):
                    if index:
                        pieces.append((separator,))
                    pieces.append(self._piece(element))
                yield from self._concat(pieces)
            else:
                yield Text((Gap(value, site),))

    def _split(self, base: Text, site: Site, node: s.Call) -> Value:
        separator = None
        if node.args:
            separator = text_of(self.one(site.at(node.args[0].value)))
            if separator is None:
                return Unknown("split", site)
        words = base.fold().split(separator)
        lit = base.parts[0].site if base.parts else site
        span = lit.node.span
        made = [s.Str(span, span, word, "", "") for word in words]
        return Items(tuple(Site(lit.module, m, lit.ctx) for m in made), site)

    def _environment(self, site: Site, node: s.Call) -> Iterator[Value]:
        if not node.args:
            return
        default = node.args[1].value if len(node.args) > 1 else None
        for key in self._again(site.at(node.args[0].value)):
            name = text_of(key)
            if name is None:
                yield Unknown("an environment variable", site)
            else:
                yield Environ(name, site.at(default) if default is not None else None, site)

    def _urljoin(self, site: Site, node: s.Call) -> Iterator[Value]:
        if len(node.args) < 2:
            return
        for base in self._piece(site.at(node.args[0].value)):
            for path in self._piece(site.at(node.args[1].value)):
                if isinstance(base, Text) and isinstance(path, Text):
                    folded = path.fold()
                    if folded.startswith(("http://", "https://")):
                        yield path
                    else:
                        yield Text(base.parts + path.parts)

    def _getattr(self, site: Site, node: s.Call) -> Iterator[Value]:
        for key in self._again(site.at(node.args[1].value)):
            name = text_of(key)
            for base in self._again(site.at(node.args[0].value)):
                if name is None:
                    yield Unknown("a computed attribute", site)
                else:
                    yield from self.attribute(base, name, site)

    def _method_of_opaque(self, callee: Member, site: Site, node: s.Call) -> Iterator[Value]:
        method = callee.key
        if method in self.rules.values.transparent_methods:
            yield callee.base
        elif method == "get" and node.args:
            yield from self._get(callee.base, site, node)
        else:
            fallback = self._by_method_name(callee, method)
            if fallback is not None:
                yield from self._returns(fallback, site, node)
            else:
                yield Result(name_of(callee) or f"?.{method}", site, callee.base)

    def _by_method_name(self, callee: Member, method: str) -> Function | None:
        """The one method of the project with this name, for a receiver that is not known."""
        if method in _COMMON_METHODS or not isinstance(callee.base, Param | Unknown):
            return None
        self._refresh()
        assert self._classes is not None
        found = [
            Function(cls.module, node, Instance(cls))
            for classes in self._classes.values()
            for cls in classes
            for node in [_method(cls, method)]
            if node is not None
        ]
        return found[0] if len(found) == 1 else None

    # -- parameters and callers -----------------------------------------------------------------

    def _param(self, site: Site, node: s.Param, scope: Scope) -> Iterator[Value]:
        function = scope.node
        if not isinstance(function, s.FuncDef) or node not in function.params:
            yield Unknown("a parameter of a lambda", site)
            return
        owner = site.module.class_of(function)
        if owner is not None and node is function.params[0] and not _is_static(function):
            cls = Class(site.module, owner)
            yield cls if _is_classmethod(function) else Instance(cls)
            return
        filled = next((call for f, call in reversed(site.ctx) if f is function), None)
        if filled is not None:
            yield from self._argument(function, site.module, node, filled)
            return
        if node.kind in ("*", "**"):
            yield Unknown("arguments", site)
            return
        callers = self.callers(site.module, function) if self._callers else []
        for call in callers:
            yield from self._argument(function, site.module, node, call)
        if not callers:
            yield Param(function, node, site)
            if node.default is not None:
                yield from self._again(Site(site.module, node.default))

    def _argument(self, function: s.FuncDef, module: Module, node: s.Param, call: Site) -> Iterator[Value]:
        assert isinstance(call.node, s.Call)
        for callee in self.callees(call):
            if callee.node is not function:
                continue
            if node.kind == "**":
                yield self._extra(callee, call)
                return
            arg = argument_for(callee, call.node, node)
            if arg is not None:
                yield from self._again(call.at(arg.value))
                return
            for spread in call.node.args:
                if spread.star == "**":
                    for base in self._again(call.at(spread.value)):
                        yield from self.item(base, Text((Lit(node.name, call),)), call)
                    return
            break
        if node.default is not None:
            yield from self._again(Site(module, node.default))
        elif node.kind not in ("*", "**"):
            yield Unknown("no argument", call)

    def _extra(self, callee: Function, call: Site) -> Fields:
        """What ``**kwargs`` holds: the keywords that no parameter takes, and what was spread."""
        assert isinstance(call.node, s.Call)
        named = {p.name for p in callee.node.params if p.kind not in ("*", "**")}
        entries: list[Entry] = []
        is_open = False
        for arg in call.node.args:
            if arg.keyword is not None and arg.keyword not in named:
                key = Text((Lit(arg.keyword, call.at(arg)),))
                entries.append(Entry(key, call.at(arg.value), call.at(arg)))
            elif arg.star == "**":
                values = [v for v in self._again(call.at(arg.value)) if isinstance(v, Fields)]
                is_open |= len(values) != 1
                for fields in values:
                    entries += fields.entries
        return Fields(tuple(entries), call, is_open)

    def callees(self, site: Site) -> list[Function]:
        """The functions of the project that the call at ``site`` may enter."""
        assert isinstance(site.node, s.Call)
        found: list[Function] = []
        for value in self._safe(site.at(site.node.func)):
            if isinstance(value, Function):
                found.append(value)
            elif isinstance(value, Class):
                for cls in self.mro(value):
                    init = _method(cls, "__init__")
                    if init is not None:
                        found.append(Function(cls.module, init, Instance(value, site)))
                        break
            elif isinstance(value, Instance):
                for inner in self._instance_attribute(value, "__call__", site):
                    if isinstance(inner, Function):
                        found.append(inner)
            elif isinstance(value, Member) and value.attribute:
                fallback = self._by_method_name(value, value.key)
                if fallback is not None:
                    found.append(fallback)
            elif isinstance(value, Lib) and value.name in ("functools.partial",):
                continue
        return found

    def _safe(self, site: Site) -> Values:
        previous = getattr(self, "_callers", True)
        try:
            return self.resolve(site, callers=True)
        finally:
            self._callers = previous

    def callers(self, module: Module, function: s.FuncDef) -> list[Site]:
        """The calls in the loaded modules that may enter ``function``."""
        self._refresh()
        assert self._calls is not None
        names = [function.name]
        owner = module.class_of(function)
        if owner is not None and function.name in ("__init__", "__call__", "__new__"):
            names = [owner.name]
            names += [c.node.name for c in self.subclasses(Class(module, owner))]
            if function.name == "__call__":
                return [
                    c
                    for calls in list(self._calls.values())
                    for c in calls
                    if any(f.node is function for f in self.callees(c))
                ]
            if owner is not None:
                names.append("super")
                names.append("__init__")
                names.append("cls")
        found: list[Site] = []
        for name in dict.fromkeys(names):
            for call in list(self._calls.get(name, ())):
                if any(f.node is function for f in self.callees(call)) and call not in found:
                    found.append(call)
        return found

    def constructions(self, cls: Class) -> list[Site]:
        """The calls that make an object of ``cls``."""
        self._refresh()
        assert self._calls is not None
        names = [cls.node.name, "cls", *(c.node.name for c in self.subclasses(cls))]
        return [
            call
            for name in dict.fromkeys(names)
            for call in list(self._calls.get(name, ()))
            if isinstance(call.node, s.Call)
            and any(isinstance(v, Class) and cls in self.mro(v) for v in self._safe(call.at(call.node.func)))
        ]

    def forget(self) -> None:
        """More modules are loaded: what was concluded may be wrong."""
        self._memo.clear()
        self._calls = self._classes = None

    def _refresh(self) -> None:
        """Index calls and classes of the modules loaded so far, by the last part of their names."""
        loaded = self.index.loaded
        if self._calls is not None and len(loaded) == self._loaded:
            return
        self._loaded = len(loaded)
        self._memo.clear()
        self._calls = defaultdict(list)
        self._classes = defaultdict(list)
        for module in loaded:
            originals = {
                a.asname: a.name
                for node in module.nodes.get(s.ImportFrom, ())
                if isinstance(node, s.ImportFrom)
                for a in node.aliases
                if a.asname
            }
            for node in module.nodes.get(s.Call, ()):
                if isinstance(node, s.Call):
                    for name in _last_names(node.func, originals):
                        self._calls[name].append(Site(module, node))
            for node in module.nodes.get(s.ClassDef, ()):
                if isinstance(node, s.ClassDef):
                    self._classes[node.name].append(Class(module, node))

    @property
    def calls(self) -> Iterator[Site]:
        """Every call of the loaded modules."""
        self._refresh()
        assert self._calls is not None
        seen: set[s.Node] = set()
        for sites in list(self._calls.values()):
            for site in sites:
                if site.node not in seen:
                    seen.add(site.node)
                    yield site


# -- helpers that need no resolver --------------------------------------------------------------


def argument_of(node: s.Call, argument: Argument | None) -> s.Arg | None:
    """The argument of a library call that the rules describe; None if it is not given."""
    if argument is None:
        return None
    if argument.keyword is not None:
        for arg in node.args:
            if arg.keyword == argument.keyword:
                return arg
    if argument.position is not None:
        for index, arg in enumerate(node.args):
            if arg.star or arg.keyword is not None:
                return None
            if index == argument.position:
                return arg
    return None


def is_read(name: str) -> bool:
    """Does a call of this name read a whole file (``(HERE / "private.key").read_text()``)?"""
    return name.endswith((".read_text", ".read_bytes"))


def argument_for(callee: Function, node: s.Call, param: s.Param) -> s.Arg | None:
    """The argument of a call of the project's own function that fills ``param``."""
    for arg in node.args:
        if arg.keyword == param.name:
            return arg
    if param.kind:
        return None
    params = [p for p in callee.node.params if not p.kind]
    unbound = isinstance(callee.receiver, Class) and not _is_classmethod(callee.node)
    if callee.receiver is not None and params and not unbound and not _is_static(callee.node):
        params = params[1:]
    position = params.index(param) if param in params else -1
    if position < 0:
        return None
    for index, arg in enumerate(node.args):
        if arg.star or arg.keyword is not None:
            return None
        if index == position:
            return arg
    return None


def _last_names(func: s.Expr, originals: Mapping[str, str]) -> list[str]:
    if isinstance(func, s.Name):
        return [n for n in dict.fromkeys((func.id, originals.get(func.id, func.id)))]
    if isinstance(func, s.Attribute):
        return [func.attr]
    return [""]


def _any(values: Values, kind: type[Value]) -> bool:
    return any(isinstance(v, kind) for v in values)


def _as_text(value: Value, site: Site) -> Value:
    if isinstance(value, Text):
        return value
    if isinstance(value, Constant) and isinstance(value.value, int | float) and value.value is not None:
        return Text((Lit(str(value.value), value.site),))
    return Text((Gap(value, site),))


def _through(value: Value, site: Site) -> Value:
    """A text whose literal pieces remember the expression that put them in."""
    if not isinstance(value, Text):
        return value
    return Text(
        tuple(Lit(p.text, p.site, p.via or site) if isinstance(p, Lit) else p for p in value.parts)
    )


def _merge_fields(site: Site, stretches: list[list[Fields]]) -> Iterator[Value]:
    for combination in itertools.islice(itertools.product(*stretches), WIDTH):
        entries = tuple(e for fields in combination for e in fields.entries)
        yield Fields(entries, site, any(f.open for f in combination))


def _compute(op: str, left: Value, right: Value, site: Site) -> Value:
    if isinstance(left, Constant) and isinstance(right, Constant):
        a, b = left.value, right.value
        if isinstance(a, int | float) and isinstance(b, int | float):
            try:
                if op == "+":
                    return Constant(a + b, site)
                if op == "-":
                    return Constant(a - b, site)
                if op == "*":
                    return Constant(a * b, site)
                if op == "/":
                    return Constant(a / b, site)
                if op == "//":
                    return Constant(a // b, site)
                if op == "**" and abs(b) < 16 and abs(a) < 1e6:
                    return Constant(a**b, site)
            except (ArithmeticError, ValueError):
                return Unknown("arithmetic", site)
    return Arithmetic(op, left, right, site)


def _is_keyed(entry: Entry) -> bool:
    """The value of a JSON text's field has no expression of its own."""
    return entry.value is not None and entry.value.node is entry.site.node and isinstance(
        entry.site.node, s.Str | s.FString | s.Joined
    )


def _json_fields(value: Text, site: Site) -> Value:
    """A literal JSON object as fields; gaps inside strings stay gaps of unknown text."""
    text = "".join(p.text if isinstance(p, Lit) else "\\u0000" for p in value.parts)
    if not value.known:
        quoted = value.fold("\x00")
        text = quoted.replace("\x00", "\\u0000")
    try:
        data = json.loads(text)
    except ValueError:
        return Fields((), site, open=True)
    if not isinstance(data, dict):
        return Unknown("JSON", site)
    lit = value.parts[0].site if value.parts else site
    entries = []
    for key, content in data.items():
        shown = content if isinstance(content, str) else json.dumps(content)
        made = s.Str(lit.node.span, lit.node.span, shown, "", "")
        entries.append(Entry(Text((Lit(str(key), lit),)), Site(lit.module, made, lit.ctx), lit))
    return Fields(tuple(entries), lit)


def _stripped(base: Text, method: str, characters: list[str | None]) -> Text:
    """``rstrip("/")`` of a text that ends in a literal."""
    if len(characters) != 1 or characters[0] is None or not base.parts:
        return base
    parts = list(base.parts)
    last = parts[-1]
    if method in ("rstrip", "strip") and isinstance(last, Lit):
        parts[-1] = Lit(last.text.rstrip(characters[0]), last.site)
    first = parts[0]
    if method in ("lstrip", "strip") and isinstance(first, Lit):
        parts[0] = Lit(first.text.lstrip(characters[0]), first.site)
    return Text(tuple(parts))


def _is_path(values: Values) -> bool:
    for value in values:
        here: Value | None = value
        while here is not None:
            if isinstance(here, Result) and here.name.startswith("pathlib."):
                return True
            here = here.base if isinstance(here, Lib | Result | Member) else None
    return False


def _is_configparser(base: Value) -> bool:
    return isinstance(base, Result) and base.name.endswith("ConfigParser")


def _posts(name: str, rules: Rules) -> bool:
    return any(name in call.names for client in rules.clients for call in client.calls)


def _methods(cls: Class) -> Iterator[s.FuncDef]:
    stack: list[s.Stmt] = list(cls.node.body.body)
    while stack:
        node = stack.pop(0)
        if isinstance(node, s.FuncDef):
            yield node
        elif isinstance(node, s.If):
            stack += [*node.body.body, *(node.orelse.body if node.orelse else ())]


def _method(cls: Class, name: str) -> s.FuncDef | None:
    found = None
    for node in _methods(cls):
        if node.name == name and not any(
            isinstance(d, s.Attribute) and d.attr in ("setter", "deleter") for d in node.decorators
        ):
            found = node
    return found


def _self_name(method: s.FuncDef) -> str | None:
    if not method.params or _is_static(method):
        return None
    return method.params[0].name


def _is_static(function: s.FuncDef) -> bool:
    return any(isinstance(d, s.Name) and d.id == "staticmethod" for d in function.decorators)


def _is_classmethod(function: s.FuncDef) -> bool:
    return any(isinstance(d, s.Name) and d.id == "classmethod" for d in function.decorators)

"""Mappings and lists, built at once or step by step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...rules.calls import Argument
from ...rules.values import FormEncoder
from ..facts import syntax as s
from ..facts.scopes import Binding, path_of
from ..facts.values import (
    Class,
    Context,
    Entry,
    Fields,
    Function,
    Instance,
    Items,
    Lit,
    Member,
    Result,
    Site,
    Text,
    Unknown,
    Value,
    text_of,
)
from .base import Base
from .keyed import BY_CONSTANT
from .shared import (
    NAMED_TUPLES,
    WIDTH,
    Values,
    argument_for,
    argument_of,
    covered,
    fields_of,
    merge_fields,
    met_by,
    one_of,
    opaque,
)

ENTRIES = 100
"""Entries that a mapping or list gets step by step at most; one that grows beyond may hold more."""
TYPED_DICTS = ("typing.TypedDict", "typing_extensions.TypedDict")

_GETTERS = ("get", "pop", "setdefault", "getint", "getfloat", "getboolean")
"""Methods of mappings, and of the sections of configparser, that give what is under a key."""


class Containers(Base):
    """Mappings and lists, built at once or step by step."""

    def _changed(self, binding: Binding, site: Site) -> Iterator[Value]:
        befores: list[Value] = []
        for previous in sorted(binding.prev, key=lambda b: b.order):
            if previous.kind == "entry" and "." in previous.path:
                befores += self._attribute_entry(previous, site)
            else:
                befores += self.binding(previous, site)
        for before in joined(tuple(dict.fromkeys(befores))):
            yield self._change(before, binding, site)

    def _change(self, before: Value, binding: Binding, site: Site) -> Value:
        node = binding.node
        here = site.at(node)
        if isinstance(before, Items) and isinstance(node, s.Call):
            return self._grown(before, node, here)
        if not isinstance(before, Fields):
            return before
        if len(before.entries) > ENTRIES:
            return before if before.open else replace(before, open=True)
        if isinstance(node, s.Call):
            if binding.kind == "call":
                return self._handed(before, node, here, binding)
            return self._called(before, node, here)
        if binding.key is None:
            return before
        keys = self._again(site.at(binding.key))
        certain = len(keys) == 1
        loop = next((each for each in here.module.ancestors(node) if isinstance(each, s.For)), None)
        added = []
        for key in keys:
            ctx = (*site.ctx, *met_by(binding.key, key, loop)) if not certain else site.ctx
            value = Site(site.module, binding.value, ctx) if binding.value is not None else None
            added.append(Entry(key, value, here, certain))
        return replace(before, entries=(*before.entries, *added))

    def _called(self, before: Fields, node: s.Call, here: Site) -> Fields:
        """``d.update(…)``, ``d.setdefault(k, v)``, ``d.pop(k)``, ``d.clear()``."""
        method = node.func.attr if isinstance(node.func, s.Attribute) else ""
        if method == "clear":
            return replace(before, entries=(), open=False)
        if method == "update":
            more = self.updated(node, here)
            return replace(
                before,
                entries=covered(before.entries, more) + more.entries,
                open=before.open or more.open,
                rest=before.rest + more.rest,
            )
        if method == "add_field":
            return self._added(before, node, here)
        if method in ("setdefault", "pop") and node.args:
            keys = self._again(here.at(node.args[0].value))
            value = here.at(node.args[1].value) if method == "setdefault" and len(node.args) > 1 else None
            if method == "pop" or value is not None:
                certain = len(keys) == 1
                added = tuple(Entry(k, value, here, certain) for k in keys)
                return replace(before, entries=before.entries + added)
        return replace(before, open=True)

    def _added(self, before: Fields, node: s.Call, here: Site) -> Fields:
        """``form.add_field(name, value)``"""
        name, value = (argument_of(node, Argument(i, k)) for i, k in enumerate(("name", "value")))
        if name is None or value is None:
            return replace(before, open=True)
        keys = self._again(here.at(name.value))
        added = tuple(Entry(k, here.at(value.value), here, len(keys) == 1) for k in keys)
        return replace(before, entries=before.entries + added)

    def updated(self, node: s.Node, here: Site) -> Fields:
        """What ``d.update(…)``, or ``d |= …``, puts into ``d``."""
        entries: list[Entry] = []
        rest: list[Value] = []
        is_open = False
        for arg in node.args if isinstance(node, s.Call) else (node,):
            value = arg.value if isinstance(arg, s.Arg | s.AugAssign) else arg
            if isinstance(arg, s.Arg) and arg.keyword is not None:
                key = Text((Lit(arg.keyword, here.at(arg)),))
                entries.append(Entry(key, here.at(value), here.at(arg)))
                continue
            values = tuple(map(self.as_fields, self._again(here.at(value))))
            found = [v for v in values if isinstance(v, Fields)] or [opaque(here, values)]
            for fields in found:
                certain = len(found) == 1
                entries += [Entry(e.key, e.value, e.site, e.certain and certain) for e in fields.entries]
                rest += fields.rest
                is_open |= fields.open
        return Fields(tuple(entries), here, is_open, tuple(rest))

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
        return replace(before, entries=before.entries + tuple(added))

    def _stores(self, binding: Binding, site: Site) -> list[Entry]:
        """What was stored up to ``binding``, the first store first."""
        found: list[Entry] = []
        for item in sorted(_items_up_to(binding), key=lambda b: b.order):
            changed = self._change(Fields((), site.at(item.node)), item, site)
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
        if len(before.sites) > ENTRIES:
            return Items(before.sites, before.site, open=True)
        if method in ("append", "add", "insert") and node.args:
            return Items((*before.sites, here.at(node.args[-1].value)), before.site, before.open)
        if method == "extend" and node.args:
            for value in self._again(here.at(node.args[0].value)):
                if isinstance(value, Items):
                    return Items(before.sites + value.sites, before.site, before.open or value.open)
        return Items(before.sites, before.site, open=True)

    def stores_of(self, fields: Fields, name: str) -> Iterator[Site]:
        """What is stored under ``name`` into the mapping itself, wherever: ``CACHE[name] = …``."""
        self._refresh()
        for site in [*self._subscripts.get(name, ()), *self._subscripts.get(BY_CONSTANT, ())]:
            stmt = site.node
            if isinstance(stmt, s.Call):  # CACHE.setdefault(name, …)
                assert isinstance(stmt.func, s.Attribute)
                known = self.spelled(site.module, stmt.args[0].value) == name
                if known and self.is_mapping(site.at(stmt.func.value), fields):
                    yield site.at(stmt.args[1].value)
                continue
            assert isinstance(stmt, s.Assign)
            for target, value in s.stores(stmt):
                if not isinstance(target, s.Subscript) or self.spelled(site.module, target.index) != name:
                    continue
                if self.is_mapping(site.at(target.value), fields):
                    yield site.at(value)

    def merged_into(self, fields: Fields, reader: Site) -> Iterator[Fields]:
        """What other functions than the reader's put into the mapping as a whole.

        ``CACHE.update(reply)``, ``CACHE |= reply``
        """
        name = self.shared_name(fields)
        if not name:
            return
        self._refresh()
        here = reader.module.function(reader.node)
        for site in [*self._calls.get("update", ()), *self._merges]:
            node = site.node
            into = node.target if isinstance(node, s.AugAssign) else None
            if isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and node.args:
                into = node.func.value
            if into is None or (path_of(into) or "").rpartition(".")[2] != name:
                continue
            if site.module.function(node) is not here and self.is_mapping(site.at(into), fields):
                yield self.updated(node, site)

    def shared_name(self, fields: Fields) -> str:
        """The name under which other functions find a mapping: a module's, a class's, an object's."""
        module, node = fields.site.module, fields.site.node
        if node not in module.parents:
            return ""
        stmt = module.statement(node)
        target = stmt.targets[0] if isinstance(stmt, s.Assign) and stmt.value is node else None
        if isinstance(target, s.Attribute):
            return target.attr
        is_local = isinstance(target, s.Name) and module.function(stmt) is not None
        return target.id if isinstance(target, s.Name) and not is_local else ""

    def is_mapping(self, site: Site, fields: Fields) -> bool:
        if not self.index.related(site.module, fields.site.module):
            return False
        return any(isinstance(v, Fields) and v.site.node is fields.site.node for v in self._safe(site))

    def element(self, base: Fields | Instance, index: int, site: Site) -> Iterator[Value]:
        """The element of a named tuple at a position."""
        if isinstance(base, Fields):
            if isinstance(base.site.node, s.Call) and 0 <= index < len(base.entries) and not base.open:
                content = base.entries[index].value
                yield from self._again(content) if content is not None else ()
            return
        for cls in self.mro(base.cls):
            if any(n in NAMED_TUPLES for n in self.foreign_bases(cls)):
                names = fields_of(cls)
                if 0 <= index < len(names):
                    yield from self.attribute(base, names[index], site)
                return

    def is_typed_dict(self, cls: Class) -> bool:
        """Does the class declare the keys of a mapping?"""
        return bool(cls.node.bases) and any(name in TYPED_DICTS for name in self.foreign_bases(cls))

    def named_tuple(self, made: Result, site: Site, node: s.Call) -> Fields:
        """``Token(a, b)`` of ``Token = namedtuple("Token", "value lifetime")``."""
        names = list(self.tuple_names(made))
        places, _ = self._positional(site, self._callers)
        given = [(name, g.value, g.written) for name, g in zip(names, places, strict=False)]
        given += [(a.keyword, site.at(a.value), site.at(a)) for a in node.args if a.keyword]
        entries = [Entry(Text((Lit(name, where),)), value, where) for name, value, where in given]
        spread = [v for a in node.args if a.star == "**" for v in self._again(site.at(a.value))]
        entries += [e for v in one_of([v for v in spread if isinstance(v, Fields)]) for e in v.entries]
        rest = tuple(v for v in spread if not isinstance(v, Fields))
        return Fields(tuple(entries), site, open=len(entries) != len(names), rest=rest)

    def made_tuple(self, made: Result, site: Site, node: s.Call) -> Iterator[Fields]:
        """``Token._make((a, b))``"""
        names = list(self.tuple_names(made))
        for value in self._again(site.at(node.args[0].value)) if node.args else ():
            given = list(zip(names, value.sites, strict=False)) if isinstance(value, Items) else []
            entries = (Entry(Text((Lit(name, each),)), each, each) for name, each in given)
            yield Fields(tuple(entries), site, open=len(given) != len(names))

    def tuple_names(self, made: Result) -> Iterator[str]:
        """The fields of the named tuple that the call ``made`` defines."""
        call = made.site.node
        assert isinstance(call, s.Call)
        for value in self._again(made.site.at(call.args[1].value)) if len(call.args) > 1 else ():
            if isinstance(value, Text) and value.known:
                yield from value.fold().replace(",", " ").split()
            for element in value.sites if isinstance(value, Items) else ():
                node = element.node
                if isinstance(node, s.Sequence) and node.items:
                    element = element.at(node.items[0])
                name = text_of(self._again(element)[0])
                if name is not None:
                    yield name

    def _pairs(self, value: Items) -> Value:
        """``[("a", 1), ("b", 2)]`` as fields."""
        entries: list[Entry] = []
        for element in value.sites:
            node = element.node
            if isinstance(node, s.Sequence) and len(node.items) == 2:
                key, content = (element.at(item) for item in node.items)
                parents = element.module.parents
                place = element if node in parents else element.at(parents[key.node])  # of ``items()``
                owner = parents.get(node)
                for name in self._again(key):
                    met = met_by(node.items[0], name, owner) if isinstance(owner, s.Comprehension) else ()
                    value_of = Site(content.module, content.node, (*content.ctx, *met))
                    entries.append(Entry(name, value_of, place))
        return Fields(tuple(entries), value.site, value.open)

    def as_fields(self, value: Value) -> Value:
        """A list of pairs is a form as well, and so are a mapping's ``items()``, listed or not."""
        if isinstance(value, Member) and value.key == "items" and isinstance(value.base, Fields):
            return value.base
        if isinstance(value, Items) and value.sites:
            pairs = self._pairs(value)
            if isinstance(pairs, Fields) and pairs.entries:
                return pairs
        return value

    def _encoded(self, site: Site, node: s.Call, encoder: FormEncoder) -> Iterator[Value]:
        """``urlencode(fields)``, ``MultipartEncoder(fields=…)``; or empty, for fields that are added."""
        arg = argument_of(node, encoder.argument)
        if arg is None:
            yield Fields((), site, encoder=site)
            return
        for value in self._again(site.at(arg.value)):
            fields = self._pairs(value) if isinstance(value, Items) else self.as_fields(value)
            yield replace(fields, encoder=site) if isinstance(fields, Fields) else fields

    def _make_dict(self, site: Site, node: s.Call) -> Fields | None:
        stretches: list[Entry] = []
        rest: list[Value] = []
        is_open = False
        for arg in node.args:
            if arg.keyword is not None:
                key = Text((Lit(arg.keyword, site.at(arg)),))
                stretches.append(Entry(key, site.at(arg.value), site.at(arg)))
                continue
            values = tuple(self.as_fields(v) for v in self._again(site.at(arg.value)))
            fields = [f for f in values if isinstance(f, Fields)]
            is_open |= len(fields) != 1
            for found in one_of(fields) or [opaque(site, values)]:
                stretches = [*covered(tuple(stretches), found), *found.entries]
                rest += found.rest
                is_open |= found.open
        return Fields(tuple(stretches), site, is_open, tuple(rest))

    def _unfolded(self, value: Instance) -> Fields:
        """``asdict(request)``: what its constructor was given, by the names of the fields."""
        made = [value.site] if value.site is not None else self.constructions(value.cls)
        call = made[0].node if len(made) == 1 else None
        names = fields_of(value.cls)
        if not isinstance(call, s.Call) or any(a.star for a in call.args):
            return Fields((), Site(value.cls.module, value.cls.node), open=True, rest=(value,))
        entries: list[Entry] = []
        for index, arg in enumerate(call.args):
            name = arg.keyword or (names[index] if index < len(names) else None)
            if name in names:
                here = made[0].at(arg)
                entries.append(Entry(Text((Lit(str(name), here),)), here.at(arg.value), here))
        left = () if len(entries) == len(names) else (value,)
        return Fields(tuple(entries), made[0], bool(left), left)

    def _chain_map(self, site: Site, node: s.Call) -> Iterator[Value]:
        """``ChainMap(given, DEFAULTS)``: what comes first wins."""
        stretches: list[list[Fields]] = []
        for arg in reversed(node.args):
            values = self._again(site.at(arg.value))
            inner = [f for f in values if isinstance(f, Fields)]
            stretches.append(inner or [opaque(site.at(arg.value), values)])
        yield from merge_fields(site, stretches)

    def _dict_method(self, base: Fields, method: str, site: Site, node: s.Call) -> Iterator[Value]:
        if method in _GETTERS and node.args:
            for key in self._again(site.at(node.args[0].value)):
                name = text_of(key)
                found = self.keyed(base, name, site) if name is not None else None
                filed = () if found is not None else self.filed(base) if name else self.under_any(base)
                if found is not None:
                    yield from found
                elif filed:
                    yield from filed
                    yield from self._again(site.at(node.args[1].value)) if len(node.args) > 1 else ()
                elif len(node.args) > 1:
                    yield from self._again(site.at(node.args[1].value))
                    if base.open and name is not None:
                        yield Member(base, name, site)
                else:
                    yield Member(base, name or "*", site)
        elif method == "copy" or method in self.rules.values.transparent_methods:
            yield base
        elif method == "keys":
            yield Items(tuple(map(_key_of, base.entries)), base.site, open=True)
        elif method in ("items", "values"):
            yield Member(base, method, site)
        else:
            yield Unknown(f"dict.{method}", site)

    def _gathered(self, site: Site, node: s.Call) -> Iterable[Value]:
        """``asyncio.gather(one(), two())``, ``asyncio.gather(*[login(each) for each in tenants])``"""
        given = [arg for arg in node.args if arg.keyword is None]
        if len(given) == 1 and given[0].star:
            return self._again(site.at(given[0].value))
        places, is_open = self._positional(site, self._callers)
        return (Items(tuple(each.value for each in places), site, is_open),)

    def _for_each(self, site: Site, node: s.Call) -> Iterator[Items]:
        """``pool.map(login, tenants)``: as many as there are tenants."""
        for made in self._again(site.at(node.args[0].value)):
            returns = made.module.scopes.inner[made.node].returns if isinstance(made, Function) else ()
            given = [stmt.value for stmt in returns if stmt.value is not None]
            if isinstance(made, Function) and given:
                yield Items(tuple(Site(made.module, value, site.ctx) for value in given), site, open=True)


def _key_of(entry: Entry) -> Site:
    """Where the key of an entry is written, or else the entry."""
    node = entry.site.node
    if isinstance(node, s.Item) and node.key is not None:
        return entry.site.at(node.key)
    target = node.targets[0] if isinstance(node, s.Assign) and node.targets else None
    return entry.site.at(target.index) if isinstance(target, s.Subscript) else entry.site


def _items_up_to(binding: Binding) -> set[Binding]:
    """The stores, deletions and mutating calls that lead to ``binding``, itself included; loops lead back."""
    found: set[Binding] = set()
    stack = [binding]
    while stack:
        here = stack.pop()
        if here not in found:
            if here.kind == "item":
                found.add(here)
            elif here is not binding:
                continue
            stack += here.prev
    return found


def joined(values: Values) -> Values:
    """One mapping, or list, with what may be in it, where more come about than can be followed apart.

    Each condition on the way doubles them.
    """
    if len(values) <= WIDTH:
        return values
    mappings: dict[Site, list[Fields]] = {}
    lists: dict[Site, list[Items]] = {}
    for value in values:
        if isinstance(value, Fields):
            mappings.setdefault(value.site, []).append(value)
        elif isinstance(value, Items):
            lists.setdefault(value.site, []).append(value)
    others = tuple(v for v in values if not isinstance(v, Fields | Items))
    return (*map(_together, mappings.values()), *map(_listed_together, lists.values()), *others)


def _listed_together(lists: list[Items]) -> Items:
    sites = dict.fromkeys(site for each in lists for site in each.sites)
    return Items(tuple(sites)[:ENTRIES], lists[0].site, open=True)


def _together(mappings: list[Fields]) -> Fields:
    first = max(mappings, key=lambda m: len(m.entries))
    entries = dict.fromkeys(entry for mapping in (first, *mappings) for entry in mapping.entries)
    always = set(first.entries).intersection(*(m.entries for m in mappings))
    return replace(
        first,
        entries=tuple(e if e in always or not e.certain else replace(e, certain=False) for e in entries),
        open=any(m.open for m in mappings),
        rest=tuple(dict.fromkeys(v for m in mappings for v in m.rest)),
    )

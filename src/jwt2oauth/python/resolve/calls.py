"""Calls: of the project's functions, and of libraries by the tables of the rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...rules.tables import Rules
from ...rules.values import Builder, Declares, Reader
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Class,
    Closure,
    Context,
    Entry,
    Fields,
    Function,
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
from .base import CALLS, COMMON_METHODS, LOADERS, Base
from .shared import NAMED_TUPLES, Values, argument_of, compute, is_configparser, method_of

_IMPORTERS = frozenset({"importlib.import_module", "importlib.util.module_from_spec"})
_SPEC = "importlib.util.spec_from_file_location"
_NEW_TYPES = ("typing.NewType", "typing_extensions.NewType")
_UNORDERED = (
    *("set", "frozenset", "sorted", "reversed"),
    *("asyncio.as_completed", "concurrent.futures.as_completed"),
)
_TYPED = frozenset({"getboolean", "getfloat", "getint"})
"""What configparser gives of a section and an option, made a value of another kind."""
_EVENT_LOOPS = frozenset({"asyncio.get_event_loop", "asyncio.new_event_loop", "asyncio.get_running_loop"})


class Calls(Base):
    """Calls: of the project's functions, and of libraries by the tables of the rules."""

    def _call(self, site: Site, node: s.Call) -> Iterator[Value]:
        if s.is_named(node.func, "super") and (above := self._super(site)) is not None:
            yield from above
            return
        for callee in self._again(site.at(node.func)):
            yield from self._apply(callee, site, node)

    def _apply(self, callee: Value, site: Site, node: s.Call) -> Iterator[Value]:
        if isinstance(callee, Function):
            yield from self._returns(callee, site, node)
        elif isinstance(callee, Class):
            made = self._make_dict(site, node) if self.is_typed_dict(callee) else None
            yield made if made is not None else Instance(callee, site)
        elif isinstance(callee, Closure) and isinstance(callee.site.node, s.Lambda):
            yield from self._evaluated(callee.site, callee.site.node, site)
        elif isinstance(callee, Instance):
            for found in self._instance_attribute(callee, "__call__", site):
                if isinstance(found, Function):
                    yield from self._returns(found, site, node)
        elif (
            isinstance(callee, Lib)
            and isinstance(callee.base, Result)
            and callee.name in _MAKERS
            and node.args
        ):
            yield from self.made_tuple(callee.base, site, node)
        elif isinstance(callee, Lib):
            yield from self._library(callee, site, node)
        elif isinstance(callee, Result) and callee.name == "functools.partial":
            yield from self._partly_filled(callee, site, node)
        elif isinstance(callee, Result) and callee.name in _NEW_TYPES and node.args:
            yield from self._again(site.at(node.args[0].value))
        elif isinstance(callee, Result) and callee.name in NAMED_TUPLES:
            yield self.named_tuple(callee, site, node)
        elif isinstance(callee, Member) and callee.attribute:
            yield from self._method_of_opaque(callee, site, node)
        elif isinstance(callee, Result) and (reader := self.reader(callee)) is not None:
            yield from self._environment(reader, site, node, callee)
        else:
            yield Unknown("a call that is not followed", site)

    def typed_anew(self, site: Site) -> Site | None:
        """``lifetime`` in ``Millis(lifetime)`` after ``Millis = NewType("Millis", int)``."""
        func = site.node.func if isinstance(site.node, s.Call) and site.node.args else None
        values = self.resolve(site.at(func)) if func is not None else ()
        is_type = any(isinstance(v, Result) and v.name in _NEW_TYPES for v in values)
        if not is_type or not isinstance(site.node, s.Call):
            return None
        return site.at(site.node.args[0].value)

    def _partly_filled(self, callee: Result, site: Site, node: s.Call) -> Iterator[Value]:
        """A call of ``functools.partial(f, url)``, by way of the whole call where that can be seen."""
        whole = self.relayed(site.module, node)
        if whole is not None:
            yield from self._again(site.at(whole))
            return
        made = callee.site.node
        shifts = isinstance(made, s.Call) and any(a.keyword is None for a in made.args[1:])
        for inner in self.bound(callee):
            if isinstance(inner, Lib) or not shifts:
                yield from self._apply(inner, site, node)
            else:
                yield Unknown("a partial call", site)

    def bound(self, value: Value) -> Values:
        """What ``functools.partial(f, …)`` calls; its arguments are found by ``given``."""
        call = value.site.node if isinstance(value, Result) and value.name == "functools.partial" else None
        if not isinstance(value, Result) or not isinstance(call, s.Call) or not call.args:
            return ()
        return self._again(value.site.at(call.args[0].value))

    def _evaluated(self, made: Site, node: s.Lambda, site: Site) -> Iterator[Value]:
        """The body of a lambda that was made at one site and is called at another."""
        if len(site.ctx) >= CALLS or any(f is node for f, _ in site.ctx):
            return
        around = tuple(pair for pair in made.ctx if pair not in site.ctx)
        yield from self._again(Site(made.module, node.body, (*around, *site.ctx, (node, site))))

    def _returns(self, callee: Function, site: Site, node: s.Call | None) -> Iterator[Value]:
        if len(site.ctx) >= CALLS or any(f is callee.node for f, _ in site.ctx):
            return
        scope = callee.module.scopes.inner[callee.node]
        ctx = (*site.ctx, (callee.node, site)) if node is not None else site.ctx
        descent = self.descent(callee.module, callee.node) if node is not None else None
        if descent is not None and node is not None:
            yield from self._descended(descent, callee, site, node)
        for statement in scope.returns:
            if statement.value is not None and (descent is None or statement not in descent.answers):
                yield from self._again(Site(callee.module, statement.value, ctx))
        if scope.is_generator:
            yield from self._generated(callee, site, ctx)

    def _generated(self, callee: Function, site: Site, ctx: Context) -> Iterator[Value]:
        """What a generator gives, one by one; of a context manager, what its ``with`` is given."""
        module, node = callee.module, callee.node
        given: list[Site] = []
        for each in s.walk(node.body):
            if not isinstance(each, s.Yield) or each.value is None or module.function(each) is not node:
                continue
            here = Site(module, each.value, ctx)
            given += self._handed_on(here) if module.snippet(each).startswith("yield from") else [here]
        if any(module.snippet(d).endswith("contextmanager") for d in node.decorators):
            for site_given in given:
                yield from self._again(site_given)
        else:
            yield Items(tuple(given), site, open=True) if given else Unknown("a generator", site)

    def _handed_on(self, site: Site) -> Iterator[Site]:
        """``yield from pairs``, ``yield from {…}.items()``: each of them."""
        for value in self._again(site):
            if isinstance(value, Items):
                yield from value.sites
            of = value.base if isinstance(value, Member) and value.key == "items" else None
            for entry in of.entries if isinstance(of, Fields) else ():
                item = entry.site.node
                if isinstance(item, s.Item) and item.key is not None:
                    pair = s.Sequence(item.span, item.span, "tuple", (item.key, item.value))
                    yield entry.site.at(pair)

    def _library(self, callee: Lib, site: Site, node: s.Call) -> Iterator[Value]:
        """What a call of a library gives, as far as anybody knows."""
        for ask in (self._as_known, self._of_python, self._by_table, self._by_method):
            found = ask(callee, site, node)
            if found is not None:
                yield from found
                return
        yield Result(callee.name, site, callee.base)

    def _as_known(self, callee: Lib, site: Site, node: s.Call) -> Iterable[Value] | None:
        """A call that is asked for by its name elsewhere: what signs, sends or reads a key."""
        name = callee.name
        if name in _EVENT_LOOPS:
            return (Result("asyncio.AbstractEventLoop", site),)
        if isinstance(callee.base, Class):
            return (Instance(callee.base, site),)
        relayed = self.relayed(site.module, node) if name in self._relays else None
        if relayed is not None:
            return self._again(site.at(relayed))
        return (Result(name, site, callee.base),) if name in self._known else None

    def _copies(self, site: Site, node: s.Call) -> tuple[Value, ...]:
        """``dict(ini[name])`` of a name or a file that is not known: a copy of one section, or of another."""
        given = node.args[0].value if len(node.args) == 1 and node.args[0].keyword is None else None
        if not isinstance(given, s.Subscript):
            return ()
        fields = [value for value in self._again(site.at(given)) if isinstance(value, Fields)]
        is_named = any(map(text_of, self._again(site.at(given.index))))
        if len(fields) < 2 or (is_named and len({each.site.module for each in fields}) < 2):
            return ()
        return tuple(replace(each, site=site) for each in fields)

    def _of_python(self, callee: Lib, site: Site, node: s.Call) -> Iterable[Value] | None:
        """A call of Python's own, or of its like, that this resolver carries out."""
        name = callee.name
        if name in ("dict", "collections.OrderedDict", "types.SimpleNamespace", "argparse.Namespace"):
            made = self._make_dict(site, node)
            return self._copies(site, node) or ((made,) if made is not None else None)
        if name == "dict.fromkeys" and node.args:
            return self._from_keys(site, node)
        if name == "collections.ChainMap":
            return self._chain_map(site, node)
        if name == "asyncio.gather":
            return self._gathered(site, node)
        if name in self.rules.values.appliers and node.args:
            return tuple(self._for_each(site, node)) or None
        if isinstance(callee.base, Fields) and name.startswith("dict."):
            return self._dict_method(callee.base, name[5:], site, node)
        if isinstance(callee.base, Text) and name.startswith("str."):
            return self._text_method(callee.base, name[4:], site, node)
        if name in ("string.Template().substitute", "string.Template().safe_substitute"):
            return self._substituted(callee.base, site, node)
        address = self._address(name, site, node)
        if address is not None:
            return address
        if name in ("pow", "math.pow", "operator.pow") and len(node.args) == 2:
            base, exponent = (self._again(site.at(arg.value)) for arg in node.args)
            return [compute("**", a, b, site) for a in base for b in exponent]
        if name == "getattr" and len(node.args) >= 2:
            return self._getattr(site, node)
        if name == "type" and len(node.args) == 1:
            objects = [v for v in self._again(site.at(node.args[0].value)) if isinstance(v, Instance)]
            return [cls for each in objects for cls in self._class_of(each)] or None
        if name in _IMPORTERS and node.args:
            other = self._imported(site, node)
            if isinstance(other, Module):
                return (ModuleValue(other),)
            return (Lib(other),) if other is not None else None
        if name in LOADERS and node.args:
            return tuple(self._document(site, node, LOADERS[name])) or None
        return None

    def _by_table(self, callee: Lib, site: Site, node: s.Call) -> Iterable[Value] | None:
        """A call of which the rules say what becomes of its arguments."""
        name = callee.name
        first = site.at(node.args[0].value) if node.args else None
        if name in self._unfolding.names and first is not None:
            return [self._unfolded(v) if isinstance(v, Instance) else v for v in self._again(first)]
        declares = self._declares.get(name)
        if declares is not None:
            return self._default(declares, site, node)
        reader = self.reader(callee)
        if reader is not None:
            return self._environment(reader, site, node)
        encoder = self._form_encoders.get(name)
        if encoder is not None:
            return self._encoded(site, node, encoder)
        layers = self._layers.get(name)
        if layers is not None and self.documents is not None:
            return (self._layered(layers, site, node),)
        way = self._paths.get(name)
        if way is not None:
            return self._by_path(way, site, node)
        builder = self._builders.get(name)
        made_of = tuple(self._built(builder, site, node)) if builder is not None else ()
        if made_of:
            return made_of
        if name in self.rules.values.copiers.names and first is not None:
            return [Instance(v.cls) if isinstance(v, Instance) else v for v in self._again(first)]
        row = self._transparent.get(name)
        found = argument_of(node, row.argument) if row is not None else None
        if row is None or found is None:
            return None
        return self._answered(self._transparently(site, site.at(found.value), name), row.method, site)

    def _by_method(self, callee: Lib, site: Site, node: s.Call) -> Iterable[Value] | None:
        """A method of an object of a library, by what methods of that name do."""
        method, base = callee.name.rpartition(".")[2], callee.base
        if base is None or isinstance(base, Fields | Text):
            return None
        if method in self.rules.values.transparent_methods and callee.name not in self._fetching:
            return (base,)
        if method == "items" and node.args and isinstance(base, Result) and is_configparser(base):
            keys = self._again(site.at(node.args[0].value))
            return [value for key in keys for value in self.section(base, key)]
        if isinstance(base, Result) and is_configparser(base) and method in _TYPED:
            return self._get(base, site, node) if len(node.args) > 1 else None
        if self._asks(method, site, node) and not _posts(callee.name, self.rules):
            return self._get(base, site, node)
        return None

    def _from_keys(self, site: Site, node: s.Call) -> Iterator[Value]:
        """``dict.fromkeys((f"{base}{m}" for m in metascopes), True)``: one field an element."""
        content = site.at(node.args[1].value) if len(node.args) > 1 else None
        for given in self._again(site.at(node.args[0].value)):
            if not isinstance(given, Items):
                yield Fields((), site, open=True)
                continue
            entries = [
                Entry(key, content, element, certain=not given.open)
                for element in given.sites
                for key in self._again(element)
            ]
            yield Fields(tuple(entries), site, open=given.open)

    def _imported(self, site: Site, node: s.Call) -> Module | str | None:
        """``import_module("acme.auth")``, and the module of a file that is loaded by its path.

        The name of a library, where that is one.
        """
        for value in self._again(site.at(node.args[0].value)):
            dotted = text_of(value)
            if dotted is not None:
                is_library = all(map(str.isidentifier, dotted.split(".")))
                return self.index.imported(site.module.path, dotted, 0) or (dotted if is_library else None)
            spec = value.site if isinstance(value, Result) and value.name == _SPEC else None
            if spec is not None and isinstance(spec.node, s.Call) and len(spec.node.args) > 1:
                name = self._file_name(spec.at(spec.node.args[1].value))
                return self.index.ending(name) if name else None
        return None

    def _transparently(self, site: Site, inner: Site, name: str) -> Iterator[Value]:
        for value in self._again(inner):
            if name.endswith((".loads", "literal_eval")) and isinstance(value, Text):
                yield _json_fields(value, inner)
            elif name in (*_UNORDERED, "list", "tuple") and isinstance(value, Fields):
                yield Member(value, "*", site)
            elif name in _UNORDERED and isinstance(value, Items):
                yield Items(value.sites, value.site, open=True)
            elif isinstance(value, Items) and name in ("dict", "collections.OrderedDict"):
                yield self._pairs(value)
            else:
                yield value

    def _built(self, builder: Builder, site: Site, node: s.Call) -> Iterator[Value]:
        """``dacite.from_dict(Config, raw)``: an object whose fields are those of the mapping."""
        mapping = argument_of(node, builder.mapping)
        classes = [*self.built_kinds(builder, site.at(node))] if mapping is not None else []
        for value in self._again(site.at(mapping.value)) if mapping is not None and classes else ():
            yield from (Instance(cls, mapping=value) for cls in classes)

    def _asks(self, method: str, site: Site, node: s.Call) -> bool:
        """``.get(key)``; also ``.pop(key)`` and ``.setdefault(key, …)``, if the key is a text."""
        is_given = bool(node.args) and node.args[0].keyword is None and not node.args[0].star
        if not is_given or method not in ("get", "pop", "setdefault"):
            return False
        return method == "get" or any(isinstance(v, Text) for v in self._again(site.at(node.args[0].value)))

    def _get(self, base: Value, site: Site, node: s.Call) -> Iterator[Value]:
        """``.get(key)`` of something opaque; configparser takes section and option."""
        keys = [a for a in node.args if a.keyword is None and not a.star]
        for first in self._again(site.at(keys[0].value)):
            name = text_of(first)
            if len(keys) > 1 and isinstance(base, Result) and is_configparser(base):
                read = tuple(v for v in self.section(base, first) if isinstance(v, Fields))
                seconds = self._again(site.at(keys[1].value)) if read else ()
                if read:
                    yield from (v for part in read for key in seconds for v in self.item(part, key, site))
                    continue
            if name is None:
                yield Unknown("a computed key", site)
                continue
            if self.hands_out_settings(base) and self.index.settings(name, site.module):
                yield from self.setting(name, site)
                yield from self._again(site.at(keys[1].value)) if len(keys) > 1 else ()
                continue
            member = Member(base, name, site)
            if len(keys) > 1 and not is_configparser(base):
                yield member
                yield from self._again(site.at(keys[1].value))
            elif len(keys) > 1:
                for second in self._again(site.at(keys[1].value)):
                    option = text_of(second)
                    yield Member(member, option, site) if option else Unknown("an option", site)
            else:
                yield member

    def reader(self, callee: Value) -> Reader | None:
        """The rules' entry for a call of ``callee`` that reads the environment."""
        return self._readers.get(name_of(callee) or "")

    def _environment(
        self, reader: Reader, site: Site, node: s.Call, made: Result | None = None
    ) -> Iterator[Value]:
        asked, default = argument_of(node, reader.name), argument_of(node, reader.default)
        for key in self._again(site.at(asked.value)) if asked is not None else ():
            name = text_of(key)
            if name is None:
                yield Unknown("an environment variable", site)
            else:
                given = site.at(default.value) if default is not None else None
                yield self._environ(self._prefix(site, reader, made) + name, given, site)

    def _default(self, row: Declares, site: Site, node: s.Call) -> Iterator[Value]:
        """``field(default_factory=lambda: ["ent_user_sdk"])``"""
        given, factory = argument_of(node, row.default), argument_of(node, row.factory)
        if given is not None and not (isinstance(given.value, s.Const) and given.value.value is Ellipsis):
            yield from self._again(site.at(given.value))
        for maker in self._again(site.at(factory.value)) if factory is not None else ():
            if isinstance(maker, Function | Closure | Class):
                yield from self._apply(maker, site, node)
            elif isinstance(maker, Lib) and "." in maker.name:
                yield Result(maker.name, site)  # field(default_factory=requests.Session)

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
        written = self.readings(callee.base)[0] if method == "split" else None
        if isinstance(written, Text) and written.known:
            yield from self._text_method(written, method, site, node)
        elif isinstance(callee.base, Instance) and method in self._unfolding.methods:
            yield self._unfolded(callee.base)
        elif isinstance(callee.base, Instance) and method in self.rules.values.copiers.methods:
            yield Instance(callee.base.cls)
        elif method in self.rules.values.transparent_methods:
            yield callee.base
        elif self._asks(method, site, node):
            yield from self._get(callee.base, site, node)
        else:
            fallback = self._by_method_name(callee, method)
            if fallback is not None:
                yield from self._returns(fallback, site, node)
            else:
                yield Result(name_of(callee) or f"?.{method}", site, callee.base)

    def _by_method_name(self, callee: Member, method: str) -> Function | None:
        """The one method of the program with this name, for a receiver that is not known."""
        if method in COMMON_METHODS or not isinstance(callee.base, Param | Unknown):
            return None
        self._refresh()
        found = [
            Function(cls.module, node, Instance(cls))
            for classes in self._classes.values()
            for cls in classes
            if self.index.related(cls.module, callee.site.module)
            for node in [method_of(cls, method)]
            if node is not None
        ]
        return found[0] if len(found) == 1 else None


_MAKERS = tuple(f"{name}()._make" for name in NAMED_TUPLES)
_QUOTE = re.compile(r'(?<!\\)(?:\\\\)*"')
"""One that is not escaped."""


def _json_fields(value: Text, site: Site) -> Value:
    """A literal JSON object as fields; gaps inside strings stay gaps of unknown text, others are null."""
    pieces: list[str] = []
    is_open = False
    for part in value.parts:
        if isinstance(part, Lit):
            pieces.append(part.text)
            is_open ^= len(_QUOTE.findall(part.text)) % 2 == 1
        else:
            pieces.append("\\u0000" if is_open else "null")
    text = "".join(pieces)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
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


def _posts(name: str, rules: Rules) -> bool:
    return any(name in call.names for client in rules.clients for call in client.calls)

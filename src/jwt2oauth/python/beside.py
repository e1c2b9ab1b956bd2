"""Where the scopes come from: a setting beside the client id, in the idiom of this code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial

from ..model import Span
from ..rules.calls import NOWHERE
from . import syntax as s
from .changes import Changes
from .demands import is_listed
from .entries import add_item, add_to_document, is_python
from .forward import Forward, is_property
from .index import Module
from .offers import listed
from .resolve import ENVIRONMENT, Resolver, argument_for, declared
from .resolve.shared import method_of
from .scopes import Binding, path_of
from .setting import Setting, quote_at, renamed, room_in
from .stored import fetched
from .values import (
    Class,
    Entry,
    Environ,
    Fields,
    Function,
    Instance,
    Lib,
    Lit,
    Member,
    ModuleValue,
    Param,
    Result,
    Site,
    Text,
    Value,
    text_of,
)


class Settings:
    """Makes the setting for one exchange."""

    def __init__(
        self,
        resolver: Resolver,
        forward: Forward,
        changes: Changes,
        default: str | None,
        quote: str,
        taken: AbstractSet[str] = frozenset(),
    ) -> None:
        self.resolver = resolver
        self.forward = forward
        self.changes = changes
        self.default = default
        self.quote = quote
        self.taken = taken
        """Names that the metascopes go by: a setting of the same name would be read as scopes."""

    def make(self, site: Site, at: Site) -> Setting:
        """For the client id at ``site``, used at ``at``; adds what must stand elsewhere."""
        direct = self.idiom(site)
        if direct is not None:
            return direct
        beside = self._beside(site, at)
        if beside is not None:
            return beside
        return self._of_property(site) or self.plain(at)

    def quoted(self, text: str) -> str:
        """``text`` as a literal in the quotes of this code."""
        return f"{self.quote}{text}{self.quote}"

    def named(self, key: str) -> str:
        """The name of the setting beside ``key``."""
        return self._free(renamed(key))

    def _free(self, name: str) -> str:
        if name not in self.taken:
            return name
        stem, word = name[: -len("scopes")], name[-len("scopes") :]
        if word.isupper():
            return f"{stem}OAUTH_{word}"
        return f"{stem}oauth_{word}" if word.islower() else f"{stem}Oauth{word}"

    def plain(self, at: Site) -> Setting:
        """A literal, or an environment variable that has to be set where no scopes are published."""
        if self.default is not None:
            return Setting((self.quoted(self.default),), "", literal=True)
        base = _environ_name(at.module)
        name = self._free("ADOBE_SCOPES")
        return Setting(
            (f"{base or 'os.environ'}[{self.quoted(name)}]",),
            f"the environment variable {name}",
            variable=name,
            required=True,
            imports_os=base is None,
        )

    # -- idioms -----------------------------------------------------------------------------------

    def idiom(self, site: Site) -> Setting | None:
        """The same way of reading as the client id's expression at ``site``, in the same quotes."""
        node = site.node
        if self._is_from_store(site):
            return None
        quote, self.quote = self.quote, quote_at(site) or self.quote
        try:
            if isinstance(node, s.Subscript):
                made = self._subscript(site, node)
                return replace(made, beside=_last_word(node.index)) if made is not None else None
            if isinstance(node, s.Call):
                made = self._call(site, node)
                given = (_last_word(a.value) for a in reversed(node.args) if a.keyword is None)
                return replace(made, beside=next(filter(None, given), "")) if made is not None else None
            if isinstance(node, s.Attribute):
                return self._attribute(site, node)
            if isinstance(node, s.Bool) and node.op == "or":
                return self._alternative(site, node)
            return None
        finally:
            self.quote = quote

    def _is_from_store(self, site: Site) -> bool:
        """Is it fetched by its name from where secrets are kept, which may hold nothing for another name?"""
        stores = [row for row in self.resolver.rules.values.secret_stores if row.default == NOWHERE]
        return any(fetched(value, stores) is not None for value in self.resolver.resolve(site))

    def _alternative(self, site: Site, node: s.Bool) -> Setting | None:
        """``os.getenv("CLIENT_ID") or "…"``"""
        left = self.idiom(site.at(node.left))
        call = node.left
        if left is None or self.default is None or not left.variable or not isinstance(call, s.Call):
            return left
        asked = f"{site.module.snippet(call.func)}({self.quoted(left.variable)})"
        return replace(left, template=(f"{asked} or {self.quoted(self.default)}",))

    def _subscript(self, site: Site, node: s.Subscript) -> Setting | None:
        key = text_of(self.resolver.one(site.at(node.index)))
        if key is None or not isinstance(node.index, s.Str):
            return None
        base = site.module.text[node.value.outer.start : node.value.outer.end]
        name = self.named(key)
        values = self.resolver.resolve(site.at(node.value))
        read = self.resolver.resolve(site)
        if any(isinstance(value, Environ) and value.name == key and is_listed(value) for value in read):
            # The mapping has what a list names, and nothing else.
            known = _environ_name(site.module)
            return replace(self._environment(known or "os.environ", name, key), imports_os=known is None)
        for value in values:
            if isinstance(value, Lib) and value.name in ENVIRONMENT:
                return self._environment(base, name, key)
            if self.resolver.hands_out_settings(value):
                found = self._in_settings(key, name)
                if found is not None:
                    return replace(found, template=(f"{base}[{self._key(node, name)}]",))
            if isinstance(value, Fields) and not _filled(values, key):
                made = self._literal_dict(value, site, base, key, name)
                for other in values:
                    if isinstance(other, Fields) and other is not value and not is_python(other.site.module):
                        self._literal_dict(other, site, base, key, name)
                return (
                    self._or_default(made, base, node, name)
                    if self._may_be_another(site.at(node.value))
                    else made
                )
        return self._got(f"{base}.get", f"{base}[{self._key(node, name)}]", self._key(node, name), name)

    def _may_be_another(self, site: Site) -> bool:
        """May a caller that is not here, or a test, hand in a mapping of its own?"""
        if any(isinstance(value, Param) for value in self.resolver.resolve(site)):
            return True
        return any(
            self.resolver.is_test(caller.module)
            for value in self.resolver.resolve(site, callers=False)
            if isinstance(value, Param) and not self.resolver.is_test(value.site.module)
            for caller in self.resolver.callers(value.site.module, value.function)
        )

    def _or_default(self, made: Setting | None, base: str, node: s.Subscript, name: str) -> Setting | None:
        """The same setting, for a mapping that may lack the new entry."""
        if made is None:
            return None
        asked = self._got(f"{base}.get", f"{base}[{self._key(node, name)}]", self._key(node, name), name)
        return replace(made, template=asked.template)

    def _key(self, node: s.Subscript, name: str) -> str:
        quote = node.index.quote if isinstance(node.index, s.Str) else self.quote
        return f"{quote}{name}{quote}"

    def _environment(self, base: str, name: str, key: str) -> Setting:
        """``os.environ`` itself."""
        where = f"the environment variable {name}"
        if self.default is None:
            template = f"{base}[{self.quoted(name)}]"
        else:
            template = f"{base}.get({self.quoted(name)}, {self.quoted(self.default)})"
        return Setting((template,), where, variable=name, sibling=key, required=self.default is None)

    def _got(self, getter: str, required: str, key: str, name: str, extra: str = "") -> Setting:
        where = f'"{name}" in the configuration'
        if self.default is None:
            return Setting((required,), where)
        return Setting((f"{getter}({extra}{key}, {self.quoted(self.default)})",), where)

    def _literal_dict(self, value: Fields, site: Site, base: str, key: str, name: str) -> Setting | None:
        """``CONFIG = {"client_id": "…"}``: an entry beside it."""
        assert isinstance(site.node, s.Subscript)
        entries = [e for e in value.entries if text_of(e.key) == key]
        existing = [e for e in value.entries if text_of(e.key) == name and e.value is not None]
        shown = f"{base}[{self._key(site.node, name)}]"
        if existing and is_python(existing[-1].site.module):
            return Setting((shown,), f'"{name}" in {base}')
        entry = entries[-1] if entries else None
        if entry is not None and not is_python(entry.site.module):
            self._into_document(entry, name)
            return self._got(f"{base}.get", shown, self._key(site.node, name), name)
        asked = self._got(f"{base}.get", shown, self._key(site.node, name), name)
        if entry is None:
            return asked  # what fills it fills the new entry as well
        got = asked if self.default else None
        if not isinstance(entry.site.node, s.Item) or entry.value is None:
            return got
        if not self.only_subscripted(value.site):
            return got
        content = self._content(entry.value, entry.site)
        if content is None or (content.imports_os and entry.site.module is not site.module):
            return got
        add_item(self.changes, entry.site, name, content.template, self.quote)
        self._declare_key(key, name)
        where = content.where or f'"{name}" in {base}'
        return replace(content, template=(shown,), where=where, literal=False)

    def _declare_key(self, key: str, name: str) -> None:
        """``class Config(TypedDict)`` that declares the client id's key declares this one as well."""
        for module in self.resolver.world:
            for node in module.nodes.get(s.ClassDef, ()):
                assert isinstance(node, s.ClassDef)
                cls = Class(module, node)
                if not self.resolver.is_typed_dict(cls):
                    continue
                fields = {t.id: f for f in declared(cls) for t in f.targets if isinstance(t, s.Name)}
                if key in fields and name not in fields:
                    self._insert_below(module, fields[key], f"{name}: str", lambda _default: "")

    def _content(self, value: Site, at: Site) -> Setting | None:
        """What stands beside the client id's value in a dictionary."""
        if isinstance(value.node, s.Str):
            return self.plain(at)
        return self.idiom(value) or self._beside(value, at)

    def only_subscripted(self, site: Site) -> bool:
        """Is the dictionary only ever asked for single keys, so that one more is not noticed?"""
        for use in self.forward.uses(Site(site.module, site.node)):
            parent = use.parent
            if isinstance(parent, s.Subscript) and parent.value is use.node:
                continue
            if isinstance(parent, s.Attribute) and parent.attr == "get":
                continue
            return False
        return True

    def _into_document(self, entry: Entry, name: str) -> None:
        if self.default is not None:
            add_to_document(self.changes, entry.site, name, self.default)

    def _option(self, site: Site, name: str) -> bool:
        """``config.get("section", "client_id")``: the file's section gains the setting, if there is one."""
        found = False
        for value in self.resolver.resolve(site):
            if isinstance(value, Text) and value.parts and not is_python(value.parts[0].site.module):
                place = value.parts[0].site
                item = place.module.parents.get(place.node)
                if isinstance(item, s.Item) and item.key is not None:
                    key = Text((Lit(name, place),))
                    self._into_document(Entry(key, place, place.at(item)), name)
                    found = True
        return found

    def _call(self, site: Site, node: s.Call) -> Setting | None:
        if not isinstance(node.func, s.Attribute | s.Name) or not node.args:
            return None
        func = site.module.snippet(node.func)
        keys = [a for a in node.args if a.keyword is None and isinstance(a.value, s.Str)]
        if not keys:
            return None
        last = keys[-1] if len(keys) > 1 and _section_option(self.resolver, site) else keys[0]
        assert isinstance(last.value, s.Str)
        name = self.named(str(last.value.value))
        for value in self.resolver.resolve(site):
            if isinstance(value, Environ):
                return self._variable(site, node, str(last.value.value), value)
        helper = next((v for v in self.resolver.resolve(site.at(node.func)) if isinstance(v, Function)), None)
        if helper is not None:
            return self._asked(site, node, helper)
        if not isinstance(node.func, s.Attribute) or node.func.attr != "get":
            return None
        key = f"{last.value.quote}{name}{last.value.quote}"
        self._option(site, name)
        if _section_option(self.resolver, site):
            section = site.module.snippet(keys[0].value)
            if self.default is None:
                return Setting((f"{func}({section}, {key})",), f'"{name}" in the configuration')
            template = f"{func}({section}, {key}, fallback={self.quoted(self.default)})"
            return Setting((template,), f'"{name}" in the configuration')
        base = site.module.snippet(node.func.value)
        return self._got(func, f"{base}[{key}]", key, name)

    def _asked(self, site: Site, node: s.Call, helper: Function) -> Setting | None:
        """``settings.get("app", "client_id")``: a getter of the project's own around its configuration."""
        asked = [p for p in helper.node.params if p.default is None and "default" not in p.name]
        given = [argument_for(helper, node, param) for param in asked]
        keys = [arg for arg in given if arg is not None]
        if not keys or not isinstance(keys[-1].value, s.Str):
            return None
        last = keys[-1].value
        name = self.named(str(last.value))
        is_there = self._option(site, name)
        lead = _default_of(helper, len(keys))
        shown = [site.module.snippet(arg) for arg in keys[:-1]] + [f"{last.quote}{name}{last.quote}"]
        if self.default is not None and lead is not None:
            shown.append(lead + self.quoted(self.default))
        elif not is_there and self.default is not None:
            return None
        asking = f"{site.module.snippet(node.func)}({', '.join(shown)})"
        return Setting((asking,), f'"{name}" in the configuration')

    def _variable(self, site: Site, node: s.Call, key: str, value: Environ) -> Setting:
        """``os.getenv("CLIENT_ID")``, its like in a library, or a helper of the project."""
        name = self.named(key)
        variable = value.name.removesuffix(key) + name if value.name.endswith(key) else self.named(value.name)
        made = Setting(
            (),
            f"the environment variable {variable}",
            variable=variable,
            sibling=value.name,
            required=self.default is None,
        )
        func, environ = site.module.snippet(node.func), _environ_name(site.module)
        lead, insists = self._takes_default(site, node)
        if self.default is None and (insists or site.module.function(node) is None):
            return replace(made, template=(f"{func}({self.quoted(name)})",))
        if self.default is None:
            asked = f"{environ or 'os.environ'}[{self.quoted(variable)}]"
            return replace(made, template=(asked,), imports_os=environ is None)
        if lead is None:
            asked = f"{environ or 'os.environ'}.get({self.quoted(variable)}, {self.quoted(self.default)})"
            return replace(made, template=(asked,), imports_os=environ is None)
        return replace(made, template=(f"{func}({self.quoted(name)}, {lead}{self.quoted(self.default)})",))

    def _takes_default(self, site: Site, node: s.Call) -> tuple[str | None, bool]:
        """How the call takes a default (``""``, ``default=``, not at all); does it insist on a value?"""
        for callee in self.resolver.resolve(site.at(node.func)):
            if isinstance(callee, Function):
                return _default_of(callee), True
            reader = self.resolver.reader(callee)
            if reader is not None:
                beside = reader.default.position == 1
                return ("" if beside else f"{reader.default.keyword}=", reader.required)
        return None, False

    def _attribute(self, site: Site, node: s.Attribute) -> Setting | None:
        """``settings.ADOBE_CLIENT_ID`` of Django and its like."""
        base, name = site.module.snippet(node.value), self.named(node.attr)
        if not any(self.resolver.hands_out_settings(v) for v in self.resolver.resolve(site.at(node.value))):
            return None
        found = self._in_settings(node.attr, name)
        if found is not None or self.default is None:
            found = found or Setting((), f"{name} in the settings")
            return replace(found, template=(f"{base}.{name}",))
        shown = f"getattr({base}, {self.quoted(name)}, {self.quoted(self.default)})"
        return Setting((shown,), f"{name} in the settings")

    def _in_settings(self, key: str, name: str) -> Setting | None:
        """Have the project's settings define ``name`` beside ``key``, if they can."""
        found = Setting((), f"{name} in the settings")
        if self.resolver.index.settings(name):
            return found
        for module, scope in self.resolver.index.settings(key):
            bindings = [b for b in scope.bindings.get(key, ()) if b.kind == "assign"]
            source = self._source(module, bindings[0]) if len(bindings) == 1 else None
            if source is None:
                return None
            source = self._define(module, bindings[0], name, source)
            found = replace(found, variable=source.variable, sibling=source.sibling)
        return found if self.resolver.index.settings(key) else None

    def _source(self, module: Module, binding: Binding) -> Setting | None:
        """What a definition of the scopes beside this one of the client id reads, or is."""
        statement = binding.node
        if not isinstance(statement, s.Assign) or statement.value is None or len(statement.targets) != 1:
            return None
        source = self.idiom(Site(module, statement.value))
        if source is None and isinstance(statement.value, s.Str):
            if self.default is None:
                return self.plain(Site(module, statement.value))
            source = Setting((statement.value.prefix + self.quoted(self.default),), "", literal=True)
        return source

    # -- a definition beside the client id's ----------------------------------------------------------

    def _beside(self, site: Site, at: Site) -> Setting | None:
        """``CLIENT_ID = os.environ["…"]`` gets ``SCOPES = …`` below it."""
        node = site.node
        if not isinstance(node, s.Name | s.Attribute):
            return None
        field = self._settings_field(site, node) if isinstance(node, s.Attribute) else None
        if field is not None:
            return field
        found = self._definition(site, node)
        if found is None:
            return None
        module, binding = found
        statement = binding.node
        if not isinstance(statement, s.Assign) or statement.value is None or len(statement.targets) != 1:
            return None
        source = self._source(module, binding)
        if source is None or (self.default is None and isinstance(statement.value, s.Str)):
            return None
        if module is at.module and binding.scope.node is at.module.function(at.node):
            return source if not source.literal else None
        if "." not in binding.path and not binding.scope.is_module:
            return None
        if "." not in binding.path and module is not at.module:
            return self._elsewhere(node, site, module, binding, source)
        return self._add_definition(module, binding, source, node)

    def _settings_field(self, site: Site, node: s.Attribute) -> Setting | None:
        """``settings.client_id`` of a class that reads the environment: one field more."""
        values = self.resolver.resolve(site.at(node.value))
        owners = [v.cls for v in values if isinstance(v, Instance)]
        if all(isinstance(v, Param | Result) for v in values):
            owners += [cls for v in values if isinstance(v, Param) for cls in self._annotated(v)]
        for owner in owners:
            beside = self.resolver.setting_field(owner, node.attr)
            if beside is None:
                continue
            name, statement, module = self.named(node.attr), beside.site.node, beside.site.module
            assert isinstance(statement, s.Assign)
            variable = self.resolver.variable_prefix(owner) + name.upper()
            base = site.module.snippet(node.value)
            if self.resolver.setting_field(owner, name) is None:
                self._insert_below(module, statement, f"{name}: str", partial(_given, module.quote()))
            where = f"the environment variable {variable}"
            return Setting((f"{base}.{name}",), where, variable=variable, sibling=beside.name)
        return None

    def _annotated(self, value: Param) -> Iterator[Class]:
        """``settings: Settings``, ``settings: Annotated[Settings, Depends(get_settings)]``"""
        for node in s.walk(value.param.annotation) if value.param.annotation is not None else ():
            if isinstance(node, s.Name | s.Attribute):
                found = self.resolver.resolve(value.site.at(node))
                yield from (each for each in found if isinstance(each, Class))

    def _of_property(self, site: Site) -> Setting | None:
        """``self.client_id`` of a property that gives ``self.config["client"]["id"]``: asked as there."""
        node = site.node
        owners = self.resolver.resolve(site.at(node.value)) if isinstance(node, s.Attribute) else ()
        for cls in (c for v in owners if isinstance(v, Instance) for c in self.resolver.mro(v.cls)):
            assert isinstance(node, s.Attribute)
            method = method_of(cls, node.attr)
            said = method.body.body[-1] if method is not None and len(method.body.body) == 1 else None
            if method is None or not isinstance(said, s.Return) or said.value is None:
                continue
            if cls.module is not site.module or not any(map(is_property, method.decorators)):
                return None
            made = self.idiom(site.at(said.value))
            if made is None or made.literal:
                return None
            me, base = re.compile(rf"\b{re.escape(method.params[0].name)}\b"), site.module.snippet(node.value)
            shown = (me.sub(base, part) if isinstance(part, str) else part for part in made.template)
            return replace(made, template=tuple(shown))
        return None

    def _definition(self, site: Site, node: s.Name | s.Attribute) -> tuple[Module, Binding] | None:
        bindings = site.module.scopes.bindings_of(node)
        if isinstance(node, s.Name) and len(bindings) == 1:
            binding = next(iter(bindings))
            if binding.kind == "assign" and not binding.unpack:
                return site.module, binding
            if binding.kind == "import":
                return self._imported(site.module, binding)
        if isinstance(node, s.Name) and not bindings:
            return self._starred(site.module, node.id)
        if isinstance(node, s.Attribute):
            return self._attribute_definition(site, node)
        return None

    def _imported(self, module: Module, binding: Binding) -> tuple[Module, Binding] | None:
        statement = module.parents.get(binding.node)
        if not isinstance(statement, s.ImportFrom) or not isinstance(binding.node, s.Alias):
            return None
        other = self.resolver.index.imported(module.path, statement.module, statement.level)
        return _only(other, binding.node.name) if other is not None else None

    def _starred(self, module: Module, name: str) -> tuple[Module, Binding] | None:
        """``from settings import *``, where the settings do not list what they give."""
        for node in module.nodes.get(s.ImportFrom, ()):
            if isinstance(node, s.ImportFrom) and node.star:
                other = self.resolver.index.imported(module.path, node.module, node.level)
                if other is not None and name in other.scopes.module.bindings:
                    return _only(other, name) if not listed(other) else None
        return None

    def _attribute_definition(self, site: Site, node: s.Attribute) -> tuple[Module, Binding] | None:
        for value in self.resolver.resolve(site.at(node.value)):
            if isinstance(value, ModuleValue):
                return _only(value.module, node.attr)
            if isinstance(value, Instance):
                scopes = value.cls.module.scopes
                found = [
                    b
                    for stmt in value.cls.node.body.body
                    if isinstance(stmt, s.FuncDef) and stmt.params
                    for b in scopes.inner[stmt].bindings.get(f"{stmt.params[0].name}.{node.attr}", ())
                    if b.kind == "assign"
                ]
                return (value.cls.module, found[0]) if len(found) == 1 else None
        return None

    def _elsewhere(
        self, node: s.Name | s.Attribute, site: Site, module: Module, binding: Binding, source: Setting
    ) -> Setting | None:
        """A constant of another module."""
        name = _unused(module, self.named(binding.path))
        if isinstance(node, s.Attribute):
            made = self._define(module, binding, name, source)
            base = site.module.snippet(node.value)
            return _instead(made, f"{base}.{name}")
        bound = next(iter(site.module.scopes.bindings_of(node)), None)
        if bound is None:  # it comes by a star, and so does its neighbour
            taken = name in site.module.scopes.module.bindings
            return _instead(self._define(module, binding, name, source), name) if not taken else None
        alias = bound.node
        statement = site.module.parents.get(alias)
        if not isinstance(alias, s.Alias) or not isinstance(statement, s.ImportFrom) or alias.asname:
            return None
        if name in site.module.scopes.module.bindings:
            return None
        made = self._define(module, binding, name, source)
        self.changes.names.setdefault((site.module, statement), []).append(name)
        self.changes.modules[site.module.path] = site.module
        return _instead(made, name)

    def _slot(self, module: Module, binding: Binding, name: str) -> bool:
        """Make room for an attribute in ``__slots__``; says whether there is any."""
        function = binding.scope.node
        owner = module.class_of(function) if isinstance(function, s.FuncDef) else None
        for stmt in owner.body.body if owner is not None else ():
            if not isinstance(stmt, s.Assign) or module.snippet(stmt.targets[0]) != "__slots__":
                continue
            slots = stmt.value
            if not isinstance(slots, s.Sequence) or not all(isinstance(i, s.Str) for i in slots.items):
                return False
            last = slots.items[-1] if slots.items else None
            if not isinstance(last, s.Str):
                return False
            line = module.text[module.line_start(last.span.start) : last.span.start]
            between = ", " if line.strip() else f",\n{line}"
            end = last.span.end
            self.changes.patch(module, slots, Span(end, end), f"{between}{last.quote}{name}{last.quote}")
        return True

    def _add_definition(
        self, module: Module, binding: Binding, source: Setting, node: s.Expr
    ) -> Setting | None:
        name = self.named(binding.path.rpartition(".")[2])
        root = binding.path.rpartition(".")[0]
        if not root:
            name = _unused(module, name)
        elif not self._slot(module, binding, name):
            return None
        full = f"{root}.{name}" if root else name
        made = self._define(module, binding, full, source)
        shown = path_of(node) or full
        base = shown.rpartition(".")[0]
        return _instead(made, f"{base}.{name}" if base else name)

    def _define(self, module: Module, binding: Binding, name: str, source: Setting) -> Setting:
        """Put ``name = …`` below the statement that defines the client id (or the secret's, next to it)."""
        statement = binding.node
        assert isinstance(statement, s.Assign)
        start = module.text.rfind("\n", 0, _start(statement)) + 1
        indent = module.text[start : _start(statement)]
        room = room_in(module) - len(indent) - len(name) - 3

        def shown(default: str | None) -> str:
            text = "".join(p for p in source.template if isinstance(p, str))
            if default is not None and self.default is not None:
                text = text.replace(self.default, default)
            return replace(source, template=(text,)).lines(room, indent, module.source.indent or "    ")

        self._insert_below(module, statement, f"{name} = ", shown)
        if source.imports_os:
            self.changes.add_import(module, "import os", "os", "os")
        return replace(source, imports_os=False)

    def _insert_below(
        self, module: Module, statement: s.Assign, head: str, shown: Callable[[str | None], str]
    ) -> None:
        """A line below a definition, or below the secret's where that comes next.

        Requests that share it ask for the scopes of all of them.
        """
        block = module.parents[statement]
        assert isinstance(block, s.Block | s.Source)
        body = block.body.body if isinstance(block, s.Source) else block.body
        index = body.index(statement)
        after: s.Stmt = statement
        if index + 1 < len(body):
            following = body[index + 1]
            if isinstance(following, s.Assign) and "secret" in module.snippet(following.targets[0]).lower():
                after = following
        default = self.default
        known = self.changes.defined.get((after, head))
        if known is not None:
            piece, there = known
            default = _together(there, default)
            if default == there:
                return
            self.changes.patched[after].remove(piece)
        start = module.text.rfind("\n", 0, _start(after)) + 1
        indent = module.text[start : _start(after)]
        line_end = after.span.end
        while line_end < len(module.text) and module.text[line_end] not in "\r\n":
            line_end += 1
        span, text = Span(line_end, line_end), f"{module.source.newline}{indent}{head}{shown(default)}"
        self.changes.patch(module, after, span, text)
        self.changes.defined[after, head] = (span, text), default


def _given(quote: str, default: str | None) -> str:
    return f" = {quote}{default}{quote}" if default is not None else ""


def _together(there: str | None, more: str | None) -> str | None:
    """The scopes of both; None where those of one are not known."""
    if there is None or more is None:
        return None
    return ",".join(dict.fromkeys([*there.split(","), *more.split(",")]))


def _last_word(node: s.Expr) -> str:
    return str(node.value) if isinstance(node, s.Str) else ""


def _filled(values: Iterable[Value], key: str) -> bool:
    """Is it a mapping that the program fills while it runs, from a file of its own format perhaps?"""
    entries = [e for v in values if isinstance(v, Fields) for e in v.entries]
    names = {text_of(e.key) for e in entries}
    return None in names and key not in names


def _default_of(helper: Function, asked: int = 1) -> str | None:
    """How a helper takes a default behind what it asks: by position, by keyword; None where it takes none."""
    params = [p for p in helper.node.params if p.kind in ("", "kw")]
    if helper.receiver is not None:
        params = params[1:]
    named = [p for p in params[asked:] if _gives(helper, p)]
    if not named:
        return None
    return "" if named[0] is params[asked] and not named[0].kind else f"{named[0].name}="


def _gives(helper: Function, param: s.Param) -> bool:
    """Does the helper give ``param`` where there is nothing else to give? A section, say, it does not."""
    if any(word in param.name for word in ("default", "fallback")):
        return True
    parents = helper.module.parents
    for node in s.walk(helper.node.body) if param.default is not None else ():
        if not isinstance(node, s.Name) or node.id != param.name:
            continue
        parent = parents[node]
        if isinstance(parent, s.Return | s.Choice) or (isinstance(parent, s.Bool) and node is parent.right):
            return True
        call = parents[parent] if isinstance(parent, s.Arg) else None
        if isinstance(call, s.Call) and isinstance(parent, s.Arg) and call.args[0] is not parent:
            return parent.keyword is None or parent.keyword in ("default", "fallback", "d", "fallback_value")
    return False


def _unused(module: Module, name: str) -> str:
    """``name``, or a variation of it that this module does not use."""
    taken = {n.id for n in module.nodes.get(s.Name, ()) if isinstance(n, s.Name)}
    if name not in taken:
        return name
    prefix = "OAUTH_" if name.isupper() else "oauth_"
    return prefix + name


def _start(node: s.Stmt) -> int:
    return node.head.start if isinstance(node, s.FuncDef | s.ClassDef) else node.span.start


def _only(module: Module, name: str) -> tuple[Module, Binding] | None:
    found = [b for b in module.scopes.module.bindings.get(name, ()) if b.kind == "assign"]
    return (module, found[0]) if len(found) == 1 else None


def _instead(made: Setting, text: str) -> Setting:
    return replace(made, template=(text,), literal=False)


def _environ_name(module: Module) -> str | None:
    """How this module spells ``os.environ``, if it can."""
    for binding_name, bindings in module.scopes.module.bindings.items():
        for binding in bindings:
            node = binding.node
            if binding.kind == "import" and isinstance(node, s.Alias):
                parent = module.parents.get(node)
                if isinstance(parent, s.Import) and node.name == "os":
                    return f"{binding_name}.environ"
                if isinstance(parent, s.ImportFrom) and parent.module == "os" and node.name == "environ":
                    return binding_name
    return None


def _section_option(resolver: Resolver, site: Site) -> bool:
    """``config.get("section", "option")`` of configparser?"""
    node = site.node
    if isinstance(node, s.Call) and isinstance(node.func, s.Attribute):
        for base in resolver.resolve(site.at(node.func.value)):
            if isinstance(base, Result) and base.name.endswith("ConfigParser"):
                return True
    for value in resolver.resolve(site):
        if isinstance(value, Member) and isinstance(value.base, Member):
            return True
        if isinstance(value, Param):
            return False
    return False

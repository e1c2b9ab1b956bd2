"""The scopes are read in the idiom in which this code reads the client id: the same call, another name."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import TYPE_CHECKING

from ...paths import is_program
from ...rules.calls import NOWHERE
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import (
    Class,
    Environ,
    Fields,
    Function,
    Instance,
    Lib,
    Result,
    Site,
    Value,
    chain,
    text_of,
)
from ..following.forward import Forward
from ..following.lookups import default_of, environ_name, section_option
from ..leftovers.demands import is_listed
from ..resolve import ENVIRONMENT, Resolver, argument_for, prescribed
from ..resolve.shared import NAMED_TUPLES, not_empty
from ..roles.secret_stores import fetched
from ..writing.answers import NoAnswer
from ..writing.changes import Changes
from .beside_claims import is_of_library, is_only_indexed
from .mappings import Mappings, is_another
from .new_definitions import Below, Definitions
from .setting import Setting, quote_at, runs_in_python_2
from .wording import Wording


class Idioms:
    """Words a setting as the client id's expression is worded; one for one exchange."""

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
        self.words = Wording(default, quote, taken)
        self.definitions = Definitions(resolver)
        self.below = Below(changes, default)
        self.mappings = Mappings(resolver, forward, changes, self.words, self.below, self._content)

    if TYPE_CHECKING:  # a definition beside the client id's, see ``Settings``

        def _beside(self, site: Site, at: Site) -> Setting | None: ...
        def _field_of(self, owners: Iterable[Class], key: str, site: Site, shown: str) -> Setting | None: ...

    def idiom(self, site: Site) -> Setting | None:
        """The same way of reading as the client id's expression at ``site``, in the same quotes."""
        node = site.node
        if self._is_from_store(site):
            return None
        quote, self.words.quote = self.words.quote, quote_at(site) or self.words.quote
        try:
            if isinstance(node, s.Subscript):
                made = self._subscript(site, node)
                return replace(made, beside=_last_word(node.index)) if made is not None else None
            if isinstance(node, s.Call):
                made = self._call(site, node)
                given = (_last_word(a.value) for a in reversed(node.args) if a.keyword is None)
                word = made.beside if made is not None else ""
                return (
                    replace(made, beside=word or next(filter(None, given), "")) if made is not None else None
                )
            if isinstance(node, s.Attribute):
                return self._attribute(site, node)
            if isinstance(node, s.Bool) and node.op == "or":
                return self._alternative(site, node)
            return None
        finally:
            self.words.quote = quote

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
        asked = f"{site.module.snippet(call.func)}({self.words.quoted(left.variable)})"
        return replace(left, template=(f"{asked} or {self.words.quoted(self.default)}",))

    def _subscript(self, site: Site, node: s.Subscript) -> Setting | None:
        key = self.resolver.spelled(site.module, node.index)
        if key is None:
            return None
        base = site.module.text[node.value.outer.start : node.value.outer.end]
        name = self.words.named(key)
        values = not_empty(self.resolver.resolve(site.at(node.value)))
        read = self.resolver.resolve(site)
        quoted = self._quoted(node.index, name)
        asked = self.words.got(f"{base}.get", f"{base}[{quoted}]", quoted, name)
        asked = replace(asked, where=asked.where + self._split_by(read))
        for value in read:
            if isinstance(value, Environ) and value.name.endswith(key) and is_listed(value):
                # The mapping has what a list names, and nothing else.
                variable = value.name.removesuffix(key) + name
                return self._from_environment(variable, value.name, site.module)
        if any(prescribed(value, key) is not None for value in values):
            return None
        if any(is_only_indexed(self.resolver, value) for value in values):
            return replace(asked, template=(f"{base}[{quoted}]",)) if self.default is None else None
        for value in values:
            if isinstance(value, Lib) and value.name in ENVIRONMENT:
                return self.words.environment(base, name, key)
            if self.resolver.hands_out_settings(value):
                found = self._in_settings(key, name, site.module)
                if found is not None:
                    return replace(found, template=(f"{base}[{quoted}]",))
            if isinstance(value, Fields) and value.open:
                owners = [each.cls for each in value.rest if isinstance(each, Instance)]
                found = self._field_of(owners, key, site, f"{base}[{quoted}]")
                if found is not None:
                    return found
            if isinstance(value, Fields) and not _filled(values, key):
                made = self.mappings.entry(value, site, base, key, name, quoted)
                others = [v for v in values if isinstance(v, Fields) and is_another(v, value, key)]
                lacking = not self.mappings.entries(others, site, base, key, name, quoted)
                if made is not None and lacking and self.default is None:
                    raise NoAnswer("scope-unknown", site)
                if made is not None and (lacking or self.mappings.may_be_another(site.at(node.value))):
                    return replace(made, template=asked.template)  # another may lack the new entry
                return made
        return asked

    def _split_by(self, read: Iterable[Value]) -> str:
        """What to mind where a reader makes a list of a value with commas."""
        made = [each.name for value in read for each in chain(value) if isinstance(each, Result)]
        for name in set(made).intersection(self.resolver.rules.values.splitters):
            return f" (in quotes, for {name.rpartition('.')[2]} makes a list of what has commas)"
        return ""

    def _quoted(self, beside: s.Expr, name: str) -> str:
        """``name`` in the quotes of the key ``beside`` it."""
        quote = beside.quote if isinstance(beside, s.Str) else self.words.quote
        return f"{quote}{name}{quote}"

    def _content(self, value: Site, at: Site) -> Setting | None:
        """What stands beside the client id's value in a dictionary."""
        if isinstance(value.node, s.Str):
            return self.words.plain(at)
        return self.idiom(value) or self._beside(value, at)

    def _call(self, site: Site, node: s.Call) -> Setting | None:
        if not isinstance(node.func, s.Attribute | s.Name) or not node.args:
            return None
        func = site.module.snippet(node.func)
        given = ((a, self.resolver.spelled(site.module, a.value)) for a in node.args if a.keyword is None)
        keys = [(arg, key) for arg, key in given if key is not None]
        if not keys:
            return None
        last, asked = keys[-1] if len(keys) > 1 and section_option(self.resolver, site) else keys[0]
        name = self.words.named(asked)
        for value in self.resolver.resolve(site):
            if isinstance(value, Environ):
                fits = (pair for pair in keys if pair[1] and value.name.upper().endswith(pair[1].upper()))
                return self._variable(site, node, next(fits, keys[0]), value)
        helper = next((v for v in self.resolver.resolve(site.at(node.func)) if isinstance(v, Function)), None)
        if helper is not None:
            return self._asked(site, node, helper)
        if not isinstance(node.func, s.Attribute) or node.func.attr != "get":
            return None
        if self.resolver.path_asked(site, node) is not None:
            return None  # pydash.get(config, "client.id")
        key = self._quoted(last.value, name)
        self.mappings.option(site, name)
        if section_option(self.resolver, site):
            section = site.module.snippet(keys[0][0].value)
            if self.default is None:
                return Setting((f"{func}({section}, {key})",), f'"{name}" in the configuration')
            template = f"{func}({section}, {key}, fallback={self.words.quoted(self.default)})"
            if runs_in_python_2(site.module):  # which knows no fallback
                has = f"{site.module.snippet(node.func.value)}.has_option({section}, {key})"
                template = f"{func}({section}, {key}) if {has} else {self.words.quoted(self.default)}"
            return Setting((template,), f'"{name}" in the configuration')
        base = site.module.snippet(node.func.value)
        held = self.resolver.resolve(site.at(node.func.value))
        surely = f"{func}({key})" if is_of_library(held) else f"{base}[{key}]"
        return self.words.got(func, surely, key, name)

    def _asked(self, site: Site, node: s.Call, helper: Function) -> Setting | None:
        """``settings.get("app", "client_id")``: a getter of the project's own around its configuration."""
        asked = [p for p in helper.node.params if p.default is None and "default" not in p.name]
        given = [argument_for(helper, node, param) for param in asked]
        keys = [arg for arg in given if arg is not None]
        if not keys or not isinstance(keys[-1].value, s.Str):
            return None
        last = keys[-1].value
        above, word = self.mappings.parted(site, str(last.value))
        entry = self.words.named(word)
        name = above + entry
        is_there = self.mappings.option(site, entry)
        lead = default_of(helper, len(keys))
        shown = [site.module.snippet(arg) for arg in keys[:-1]] + [f"{last.quote}{name}{last.quote}"]
        if self.default is not None and lead is not None:
            shown.append(lead + self.words.quoted(self.default))
        elif not is_there and self.default is not None:
            return None
        asking = f"{site.module.snippet(node.func)}({', '.join(shown)})"
        insists = above and lead is None
        return Setting((asking,), f'"{name}" in the configuration', beside=word, key=entry if insists else "")

    def _variable(self, site: Site, node: s.Call, asked: tuple[s.Arg, str], value: Environ) -> Setting:
        """``os.getenv("CLIENT_ID")``, its like in a library, or a helper of the project.

        A helper may be given more before the key that is ``asked`` for, as ``get("app", "client_id")`` is.
        """
        arg, key = asked
        name, quoted = self.words.named(key), self.words.quoted
        whole = value.name.endswith(key)
        variable = value.name.removesuffix(key) + name if whole else self.words.named(value.name)
        made = Setting(
            (),
            f"the environment variable {variable}",
            variable=variable,
            sibling=value.name,
            required=self.default is None,
        )
        func, environ = site.module.snippet(node.func), self._environ(site, node)
        before = node.args[: node.args.index(arg)]
        given = "".join(f"{site.module.snippet(each)}, " for each in before) + quoted(name)
        lead, insists = self._takes_default(site, node, len(before) + 1)
        if self.default is None and (insists or site.module.function(node) is None):
            return replace(made, template=(f"{func}({given})",))
        if self.default is None:
            shown = f"{environ or 'os.environ'}[{quoted(variable)}]"
            return replace(made, template=(shown,), imports_os=environ is None)
        if lead is None:
            shown = f"{environ or 'os.environ'}.get({quoted(variable)}, {quoted(self.default)})"
            return replace(made, template=(shown,), imports_os=environ is None)
        return replace(made, template=(f"{func}({given}, {lead}{quoted(self.default)})",))

    def _environ(self, site: Site, node: s.Call) -> str | None:
        """How the module calls the environment; ``environ`` of ``environ.get(…)``, which may be handed in."""
        asked = node.func.value if isinstance(node.func, s.Attribute) and node.func.attr == "get" else None
        values = self.resolver.resolve(site.at(asked)) if asked is not None else ()
        if asked is not None and any(isinstance(v, Lib) and v.name in ENVIRONMENT for v in values):
            return site.module.snippet(asked)
        return environ_name(site.module)

    def _takes_default(self, site: Site, node: s.Call, asked: int) -> tuple[str | None, bool]:
        """How the call takes a default (``""``, ``default=``, not at all); does it insist on a value?"""
        for callee in self.resolver.resolve(site.at(node.func)):
            if isinstance(callee, Function):
                return default_of(callee, asked), True
            reader = self.resolver.reader(callee)
            if reader is not None:
                beside = reader.default.position == 1
                return ("" if beside else f"{reader.default.keyword}=", reader.required)
        return None, False

    def _attribute(self, site: Site, node: s.Attribute) -> Setting | None:
        """``settings.ADOBE_CLIENT_ID`` of Django and its like."""
        base, name = site.module.snippet(node.value), self.words.named(node.attr)
        for value in self.resolver.resolve(site.at(node.value)):
            if isinstance(value, Fields) and self._is_of_named_tuple(value.site):
                return None  # it takes no more than its fields
            entries = value.entries if isinstance(value, Fields) and value.open else ()
            if isinstance(value, Fields) and any(text_of(e.key) == node.attr for e in entries):
                quoted = self.words.quoted(name)
                made = self.mappings.entry(value, site, base, node.attr, name, quoted)
                named = (e for e in entries if text_of(e.key) == node.attr)
                is_filed = any(not is_program(e.site.module.path) for e in named)
                if made is None or not (is_filed or made.template == (f"{base}[{quoted}]",)):
                    return None
                return replace(made, template=(f"{base}.{name}",))
        if not any(self.resolver.hands_out_settings(v) for v in self.resolver.resolve(site.at(node.value))):
            return None
        found = self._in_settings(node.attr, name, site.module)
        if found is not None or self.default is None:
            found = found or Setting((), f"{name} in the settings")
            return replace(found, template=(f"{base}.{name}",))
        shown = f"getattr({base}, {self.words.quoted(name)}, {self.words.quoted(self.default)})"
        return Setting((shown,), f"{name} in the settings")

    def _is_of_named_tuple(self, made: Site) -> bool:
        """``Account(**entry)`` of ``Account = namedtuple("Account", "client_id secret")``"""
        node = made.node
        makers = self.resolver.resolve(made.at(node.func)) if isinstance(node, s.Call) else ()
        return any(isinstance(m, Result) and m.name in NAMED_TUPLES for m in makers)

    def _in_settings(self, key: str, name: str, program: Module) -> Setting | None:
        """Have a program's settings define ``name`` beside ``key``, if they can."""
        found = Setting((), f"{name} in the settings")
        if self.resolver.index.settings(name, program):
            return found
        defining = self.resolver.index.settings(key, program)
        owners = {scope.node for _, scope in defining}
        for module, scope in defining:
            bindings = [b for b in scope.bindings.get(key, ()) if b.kind == "assign"]
            source = self._source(module, bindings[0]) if len(bindings) == 1 else None
            if source is None:
                return None
            node = scope.node
            above = self.resolver.mro(Class(module, node))[1:] if isinstance(node, s.ClassDef) else []
            if source.literal and any(cls.node in owners for cls in above):
                continue  # the class above has the same
            source = self.below.define(module, bindings[0], name, source)
            found = replace(found, variable=source.variable, sibling=source.sibling)
        return found if defining else None

    def _source(self, module: Module, binding: Binding) -> Setting | None:
        """What a definition of the scopes beside this one of the client id reads, or is."""
        statement = binding.node
        if not isinstance(statement, s.Assign) or statement.value is None or len(statement.targets) != 1:
            return None
        source = self.idiom(Site(module, statement.value))
        if source is None and isinstance(statement.value, s.Str):
            if self.default is None:
                return self.words.plain(Site(module, statement.value))
            quote = quote_at(Site(module, statement.value)) or self.words.quote
            prefix = statement.value.prefix
            binary = isinstance(statement.value.value, bytes)
            source = Setting((f"{prefix}{quote}{self.default}{quote}",), "", literal=True, binary=binary)
        return source

    def _from_environment(self, variable: str, sibling: str, module: Module) -> Setting:
        known = environ_name(module)
        asked = self.words.environment(known or "os.environ", variable, sibling)
        return replace(asked, imports_os=known is None)


def _last_word(node: s.Expr) -> str:
    return str(node.value) if isinstance(node, s.Str) else ""


def _filled(values: Iterable[Value], key: str) -> bool:
    """Is it a mapping that the program fills while it runs, from a file of its own format perhaps?"""
    entries = [e for v in values if isinstance(v, Fields) for e in v.entries]
    names = {text_of(e.key) for e in entries}
    return None in names and key not in names

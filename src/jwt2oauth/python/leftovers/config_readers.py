"""Who reads a configuration file: whether anybody but removed code may want one of its keys.

The file's mapping is followed forwards from every place that loads it. A key that is asked for by name is a
reader of that key; whoever takes the mapping as a whole, or asks for what is only known at run time, may want
any of them.
"""

from __future__ import annotations

import re

from ...records import dataclass
from ..facts import syntax as s
from ..facts.formats import braces, percents
from ..facts.modules import Module
from ..facts.values import (
    Class,
    Constant,
    Fields,
    Function,
    Param,
    Result,
    Site,
    Text,
    Unknown,
    Value,
    name_of,
    text_of,
)
from ..following.callbacks import Handed
from ..following.effects import Effects
from ..following.elements import element_of, is_shown, only_names, uses_in_turn
from ..following.forward import Forward, Use
from ..following.lookups import is_option, is_packed, only_puts_in, unpacked
from ..resolve import INI_READERS, Resolver, is_configparser, is_target
from ..roles.trace import label_of
from ..writing.changes import Changes
from ..writing.wordlists import has_left
from .loads import Loads
from .temporary_files import lies_in_temporary_folder
from .unread import Leftovers

Path = tuple[str, ...]
WHOLE = "takes it as a whole"
"""What is said of who takes a mapping with all that is in it."""
READS = "reads it"

_ASKS = frozenset(
    {"get", "getint", "getfloat", "getboolean", "pop", "setdefault", "has_option", "__getitem__"}
)
_HARMLESS = frozenset({*INI_READERS, "has_section", "add_section", "sections", "set", "update"})
_VALIDATORS = frozenset({"jsonschema.validate", "fastjsonschema.validate"})
_BELOW = re.compile(r"[.\[]")
"""``{conf.host}``, ``{conf[host]}``"""
_DYNAMIC = ("getattr", "__dict__", "vars", "__getattr__")
"""Ways to ask an object for what no text names."""
_SAME = frozenset({"dict", "OrderedDict", "deepcopy", "copy"})


@dataclass(frozen=True, slots=True)
class Reader:
    """A place that may read a key, and how."""

    site: Site
    why: str

    @property
    def label(self) -> str:
        """``app/config.py:12 hands it on as a whole``."""
        return f"{label_of(self.site.module, self.site.node)} {self.why}"


class KeyReaders:
    """Looks for those who read one file; what ``changes`` remove reads nothing."""

    def __init__(
        self,
        resolver: Resolver,
        forward: Forward,
        changes: Changes,
        document: Module,
        kind: str,
        leftovers: Leftovers,
    ) -> None:
        """Load the programs that name the file, which is of a ``kind``, and find those that load it."""
        self.resolver, self.forward, self.changes = resolver, forward, changes
        self.effects = Effects(resolver, resolver.rules)
        self.document = document
        self.loads = Loads(resolver, changes, document, kind, leftovers)
        self.starts = self.loads.starts

    def of(self, path: Path) -> Reader | None:
        """Give somebody who may read what stands at ``path`` and stays; None if there is nobody."""
        if not self.starts or self.loads.is_common:
            why = (
                "is named by too many programs"
                if self.loads.is_common
                else "is loaded where that cannot be followed"
            )
            return Reader(Site(self.document, self.document.source), why)
        for start in self.starts:
            inner = path[1:] if start.node in self.loads.staged else path
            found = self._reader(start, inner, 0)
            if found is None and self.loads.by_name:
                found = self._demanded(start, inner)
            if found is not None:
                return found
        asked = (self._reader(guess, path, 0) for guess in self.loads.guesses)
        by_name = (each for each in asked if each is not None and each.why == READS)
        return next((Reader(each.site, "may read it") for each in by_name), None) or self._stranger()

    def are_gone(self) -> bool:
        """Did the program load the file, and does nothing of it any more?"""
        gone = all(self.changes.is_dead(start.module, start.node) for start in self.starts)
        return bool(self.starts) and gone and not self.loads.is_common and self._stranger() is None

    def _stranger(self) -> Reader | None:
        """Who names the file and does something else with it."""
        known = {start.module for start in self.starts}
        for module in self.resolver.index.loaded:
            for node in module.each(s.Str):
                if not str(node.value).endswith(self.loads.names) or self.changes.is_dead(module, node):
                    continue
                if module in known or module is self.document:
                    continue
                if self.loads.is_another(module, str(node.value)):
                    continue
                if self.resolver.is_test(module) and lies_in_temporary_folder(module, node):
                    continue
                if is_packed(module, node) or is_option(module, node):
                    continue
                uses = uses_in_turn(self.forward, Site(module, node))
                if any(use.module not in known and not is_shown(self.effects, use) for use in uses):
                    return Reader(Site(module, node), "names the file as well")
        return None

    # -- where it goes ----------------------------------------------------------------------------

    def _reader(self, site: Site, path: Path, depth: int) -> Reader | None:
        if depth > 12:
            return Reader(site, "hands it on")
        for use in self.forward.uses(site):
            if not self.changes.is_dead(use.module, use.parent) and not self._came_out(use):
                found = self._use(use, path, depth)
                if found is not None:
                    return found
        return None

    def _use(self, use: Use, path: Path, depth: int) -> Reader | None:
        module, node, parent = use.module, use.node, use.parent
        place = Site(module, parent)
        if isinstance(parent, s.ExprStmt | s.Unary | s.If | s.Bool | s.Delete):
            return None
        if self._is_on_its_way(use):
            return self._by_callers(use, path, depth)
        if isinstance(parent, s.Subscript) and parent.value is node:
            return self._asked(place, [parent.index], path, depth)
        if isinstance(parent, s.Attribute):
            return self._method(module, parent, path, depth)
        if isinstance(parent, s.Compare) and node in parent.rights and set(parent.ops) <= {"in", "not in"}:
            return self._asked(place, [parent.left], path, depth)
        if isinstance(parent, s.Compare):
            return None
        if self._is_of_mappings(path) and only_names(module, node, parent):
            return None
        filled = self._filled_in(use)
        if filled is not None and path:
            return Reader(place, READS) if any(self._same(name, path[0]) for name in filled) else None
        if isinstance(parent, s.For) and parent.iter is node and path and path[0][:1] == "[":
            elements = self.forward.loads_after(place, parent.target)
            return next(filter(None, (self._reader(each, path[1:], depth + 1) for each in elements)), None)
        if isinstance(parent, s.Arg):
            call = module.parents[parent]
            same = isinstance(call, s.Call) and (
                s.last_name(call.func) in _SAME or _is_fallback(call, parent)
            )
            if same and not parent.star:
                return self._reader(Site(module, call), path, depth + 1)
            if isinstance(call, s.Call) and self.resolver.is_test(module) and only_puts_in(call, parent):
                return None
            way = self.resolver.path_asked(Site(module, call), call) if isinstance(call, s.Call) else None
            if way is not None:
                return self._asked_by_path(Site(module, call), way, path, depth)
            if isinstance(call, s.Call) and self._validates(Site(module, call), call, parent):
                return None
        if isinstance(parent, s.Sequence):
            put = unpacked(module, parent, node)
            if put is not None:
                loads = self.forward.loads_after(Site(module, module.parents[parent]), put)
                return next(filter(None, (self._reader(load, path, depth + 1) for load in loads)), None)
        return Reader(place, WHOLE)

    def _filled_in(self, use: Use) -> list[str] | None:
        """The names that ``"{host}".format(**conf)`` and ``"%(host)s" % conf`` take of a mapping."""
        parent = use.parent
        call = use.module.parents[parent] if isinstance(parent, s.Arg) and parent.star == "**" else None
        if isinstance(call, s.Call) and isinstance(call.func, s.Attribute) and call.func.attr == "format":
            split, template = braces, call.func.value
        elif isinstance(parent, s.Binary) and parent.op == "%" and parent.right is use.node:
            split, template = percents, parent.left
        else:
            return None
        found = self.resolver.resolve(Site(use.module, template))
        texts = [text_of(v) for v in found if not isinstance(v, Constant) or v.value is not None]
        if not texts or any(text is None or ":{" in text for text in texts):
            return None
        return [_BELOW.split(field)[0] for text in texts for _, field in split(text or "") if field]

    def _is_of_mappings(self, path: Path) -> bool:
        """Do mappings lie under the names of the one from where ``path`` leads to the key?"""
        return len(path) > 1 and path[0][:1] != "["

    def _validates(self, site: Site, call: s.Call, config: s.Arg) -> bool:
        """``jsonschema.validate(config, schema)``: what the schema's file demands is asked of that file."""
        if not any(name_of(value) in _VALIDATORS for value in self.resolver.resolve(site.at(call.func))):
            return False
        schemas = [
            value
            for arg in call.args
            if arg is not config
            for value in self.resolver.resolve(site.at(arg.value))
        ]
        return bool(schemas) and all(
            isinstance(value, Fields) and value.site.module.path.endswith(".json") for value in schemas
        )

    def _method(self, module: Module, func: s.Attribute, path: Path, depth: int) -> Reader | None:
        call = module.parents[func]
        place = Site(module, call if isinstance(call, s.Call) else func)
        if self.loads.by_name and (not isinstance(call, s.Call) or call.func is not func):
            return self._named(Site(module, func), func.attr, path, depth)
        if not isinstance(call, s.Call) or call.func is not func:
            return Reader(place, WHOLE)
        if func.attr in _HARMLESS:
            return None
        if func.attr == "copy":
            return self._reader(place, path, depth + 1)
        loads = self._poured(module, func, call, path)
        if loads is not None:
            return Reader(loads[0], READS) if loads else None
        if self._is_of_mappings(path):
            if func.attr == "keys":
                return None
            element = element_of(module, call)
            if element is not None:
                loads = self.forward.loads_after(Site(module, element[0]), element[1])
                return next(filter(None, (self._reader(load, path[1:], depth + 1) for load in loads)), None)
        test = module.parents[call]
        if func.attr == "keys" and isinstance(test, s.Compare) and set(test.ops) <= {"in", "not in"}:
            return self._asked(Site(module, test), [test.left], path, depth)
        if func.attr == "items" and call.args and len(path) > 1:
            if not self._may_be(place, call.args[0].value, path[0]):
                return None
            made = module.parents[test] if isinstance(test, s.Arg) and not test.star else None
            if isinstance(made, s.Call) and s.last_name(made.func) in _SAME:
                return self._reader(Site(module, made), path[1:], depth + 1)
            return Reader(place, WHOLE)
        if func.attr in _ASKS and call.args:
            keys = [arg.value for arg in call.args if not arg.keyword and not arg.star]
            is_parser = any(
                isinstance(v, Result) and is_configparser(v)
                for v in self.resolver.resolve(place.at(func.value))
            )
            return self._asked(place, keys[: 2 if is_parser and len(path) > 1 else 1], path, depth)
        return Reader(place, WHOLE)

    def _poured(self, module: Module, func: s.Attribute, call: s.Call, path: Path) -> list[Site] | None:
        """``for name, value in ini.items("adobe"): setattr(self, name, value)``: who reads it then."""
        method = module.function(call)
        owner = module.class_of(method) if method is not None and func.attr == "items" else None
        if owner is None or len(path) != (2 if call.args else 1) or any(map(module.holds, _DYNAMIC)):
            return None
        if call.args and not self._may_be(Site(module, call), call.args[0].value, path[0]):
            return []
        for mapping, prefix in self.resolver.pours(Class(module, owner)):
            if prefix in ("", "_") and (mapping is call or mapping is func.value):
                loads = self.forward.loads_of(f"{prefix}{path[-1]}", module)
                return [load for load in loads if not self.changes.is_dead(load.module, load.node)]
        return None

    def _named(self, place: Site, name: str, path: Path, depth: int) -> Reader | None:
        """``settings.ADOBE_KEY``, ``settings.adobe.key``"""
        if not path or not self._same(name, path[0]):
            return self._demanded(place, path)
        if len(path) > 1:
            return self._reader(place, path[1:], depth + 1)
        return None if is_target(place.module, place.node) else Reader(place, READS)

    def _demanded(self, place: Site, path: Path) -> Reader | None:
        """``Validator("ADOBE_KEY", must_exist=True)``, in what makes the settings or asks them."""
        for node in s.walk(place.module.statement(place.node)):
            names = str(node.value).split(".") if isinstance(node, s.Str) else []
            is_meant = len(names) == len(path) and all(map(self._same, names, path))
            if is_meant and not self.changes.is_dead(place.module, node):
                return Reader(place.at(node), "asks for it")
        return None

    def _asked(self, place: Site, keys: list[s.Expr], path: Path, depth: int) -> Reader | None:
        """``mapping[key]``, ``mapping.get(key)``, ``parser.get(section, key)``, ``key in mapping``."""
        for key, wanted in zip(keys, path, strict=False):
            texts = self._names(place.at(key))
            if texts is None and len(keys) >= len(path):
                return Reader(place, "asks for a key that is only known at run time")
            if texts is not None and not any(self._same(text, wanted) for text in texts):
                return self._unseen(place.at(key), wanted)
        rest = path[len(keys) :]
        if not rest:
            return None if is_target(place.module, place.node) else Reader(place, READS)
        return self._reader(place, rest, depth + 1)

    def _unseen(self, key: Site, wanted: str) -> Reader | None:
        """``ctx.option("host")`` of who knows what, where ``option(key)`` is a method that asks for it."""
        bound = key.module.scopes.bindings_of(key.node) if isinstance(key.node, s.Name) else ()
        getter = key.module.function(key.node) if any(b.kind == "param" for b in bound) else None
        if getter is None or key.module.class_of(getter) is None:
            return None
        for module in self.resolver.index.loaded:
            for node in module.each(s.Call):
                func = node.func
                if not isinstance(func, s.Attribute) or func.attr != getter.name:
                    continue
                said = (a.value.value for a in node.args if isinstance(a.value, s.Str))
                if not any(self._same(str(text), wanted) for text in said):
                    continue
                owners = self.resolver.resolve(Site(module, func.value))
                if any(isinstance(v, Param | Unknown) for v in owners) and not self.changes.is_dead(
                    module, node
                ):
                    return Reader(Site(module, node), "may ask for it")
        return None

    def _asked_by_path(self, place: Site, way: Site, path: Path, depth: int) -> Reader | None:
        """``dictor(mapping, "server.host")``."""
        texts = self._names(way)
        if texts is None:
            return Reader(place, "asks for a key that is only known at run time")
        for keys in (text.split(".") for text in texts):
            if all(map(self._same, keys, path)):
                rest = path[len(keys) :]
                return self._reader(place, rest, depth + 1) if rest else Reader(place, READS)
        return None

    def _is_on_its_way(self, use: Use) -> bool:
        """``node[part]`` in a function that goes down by the keys which its callers give."""
        if not self._goes_down(Site(use.module, use.node)):
            return False
        call = use.module.call_of(use.parent)
        is_asked = call is not None and s.last_name(call.func) in ("isinstance", "reduce")
        return is_asked or isinstance(use.parent, s.Subscript | s.Attribute | s.Compare | s.Return)

    def _came_out(self, use: Use) -> bool:
        """Is it what such a function gives? That is no longer the mapping with which it began."""
        return any(map(self._goes_down, use.path)) and not self._goes_down(Site(use.module, use.node))

    def _goes_down(self, site: Site) -> bool:
        function = site.module.function(site.node)
        return isinstance(function, s.FuncDef) and self.resolver.descent(site.module, function) is not None

    def _by_callers(self, use: Use, path: Path, depth: int) -> Reader | None:
        """``setting("adobe.ims.host")``: who asks for the key, or for what it lies in."""
        function = use.module.function(use.node)
        assert isinstance(function, s.FuncDef)
        while self.loads.leftovers.importers(use.module.path):
            self.resolver.forget()
        if Handed(self.resolver).is_given(Function(use.module, function)):
            return Reader(Site(use.module, function), "is given away")
        for call in self.resolver.callers(use.module, function):
            if self.changes.is_dead(call.module, call.call):
                continue
            for keys in self.resolver.ways_down(call):
                if None in keys:
                    return Reader(call, "asks for a key that is only known at run time")
                if not all(self._same(key or "", wanted) for key, wanted in zip(keys, path, strict=False)):
                    continue
                rest = path[len(keys) :]
                found = self._reader(call, rest, depth + 1) if rest else Reader(call, READS)
                if found is not None:
                    return found
        return None

    def _names(self, site: Site) -> list[str] | None:
        """What ``site`` may say, but for what has left a list; None if that is not known."""
        values = self.resolver.resolve(site)
        if any(map(self._is_gone, values)) and self.loads.leftovers.importers(site.module.path):
            self.resolver.forget()
            values = self.resolver.resolve(site)
        texts = [f"[{v.value}]" if isinstance(v, Constant) else text_of(v) for v in values]
        if None in texts or not texts:
            return None
        return [t or "" for t, value in zip(texts, values, strict=True) if not self._is_gone(value)]

    def _is_gone(self, value: Value) -> bool:
        """Is it what a removed call asked for: ``conf("private_key")`` of a getter of the project's own?"""
        parts = value.parts if isinstance(value, Text) else ()
        return any(
            self.changes.is_dead(p.site.module, p.site.node)
            or has_left(p.site.module, self.changes, p.site.node)
            for p in parts
        )

    def _may_be(self, place: Site, key: s.Expr, wanted: str) -> bool:
        texts = [text_of(value) for value in self.resolver.resolve(place.at(key))]
        return not texts or any(text is None or self._same(text, wanted) for text in texts)

    def _same(self, text: str, wanted: str) -> bool:
        return text.lower() == wanted.lower() if self.loads.folds else text == wanted


def _is_fallback(call: s.Call, arg: s.Arg) -> bool:
    """``STAGES.get(stage, STAGES["prod"])``"""
    return isinstance(call.func, s.Attribute) and call.func.attr == "get" and call.args[1:2] == (arg,)

"""Entries of mappings that only carried the key, the claims or the assertion."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...model import Span
from ..facts import syntax as s
from ..facts.formats import braces
from ..facts.modules import Module
from ..facts.scopes import path_of
from ..facts.values import Class, Fields, Function, Result, Site, Text, Value, text_of
from ..following.forward import Use, uses_of
from ..following.lookups import look
from ..resolve import is_target, key_of
from ..resolve.shared import WIDTH
from .absent import signature
from .fields import ClassFields

_TAKES_ONE = frozenset({"get", "pop", "setdefault", "update"})
_PLAIN = s.Name | s.Attribute | s.Subscript
_WRITERS = frozenset({"dump", "dumps", "safe_dump", "print", "pprint", "pp", "write", "put", "send", "set"})
_PERCENT = re.compile(r"%\((\w+)\)")
_ORDERS = ("sorted", "list", "tuple", "reversed")
_OF_KEYS = ("len", "set", "frozenset", "iter", "join")


class MappedEntries(ClassFields):
    """Entries of mappings that only carried the key, the claims or the assertion."""

    def _entries(self) -> None:
        """``{"pem": f.read()}``, ``config["pem"] = f.read()``: key material that only removed code read.

        What else only removed code read goes from a mapping that is asked for single keys alone.
        """
        self._excuse_pops()
        keys = self._keys_read()
        lost = self._lookups_gone()
        by_name = self._taken_by_name() - keys.keys()
        arguments = list(self._given_keys({**keys, **dict.fromkeys(by_name, False)}))
        for module in self.resolver.world:
            given = [arg for other, arg in arguments if other is module]
            pairs = (node for node in module.each(s.Sequence) if _made_of_pairs(module, node))
            for node in (*module.each(s.Item), *module.each(s.Assign), *pairs, *given):
                key, value = self._written(module, node)
                if value is None or self.changes.is_dead(module, node):
                    continue
                poured = key not in keys and self._is_poured(module, node, key)
                own_feed = key in lost and self._is_own_feed(key, module, node)
                own_feed = own_feed and not self._is_argument(module, node)
                if not (keys.get(key) is False or own_feed or poured or key in by_name):
                    continue
                place = Site(module, value)
                is_key = any(map(self._is_ours, self.resolver.resolve(place))) or self._made_of_key(place)
                plain = is_key or poured or self._is_record(module, node)
                if not (plain or self._is_stored_for(module, node, lost.get(key, ()))):
                    continue
                known = self.resolver.index.known([key])  # loads whoever else may read it
                is_read = not known or (
                    self._keys_read().get(key, not poured and key not in by_name)
                    and not self._is_own_feed(key, module, node)
                )
                if is_read or self._is_written_out(Site(module, node)):
                    continue
                if not self.effects.harmless(module, value):
                    self.doubtful_entries[node] = module, key
                elif self._let_go(module, node):
                    asked = self._keys_asked(Site(module, node), key, None)
                    self.changes.remove(module, node)
                    for text in asked:
                        self._unlist(text)
                    if not plain:
                        self._pin_others(module, node)
        self._undeclare(keys)
        self._taken_out()

    def _excuse_pops(self) -> None:
        """``open(config.pop("key_path"))``: nobody asks for that one else, or takes all of the mapping."""
        for site in list(self.resolver.calls):
            call, func = site.call, site.call.func
            is_pop = isinstance(func, s.Attribute) and func.attr == "pop" and len(call.args) == 1
            if not is_pop or site.module not in self.changes.touched or call in self.effects.idle:
                continue
            assert isinstance(func, s.Attribute)
            asked = self.resolver.spelled(site.module, key_of(call)) or ""
            ways = [node for m in self.resolver.world for node in self.resolver.lookups(m).get(asked, ())]
            if ways == [call] and not self._is_taken_whole(self._mappings(site.at(func.value))):
                self.effects.idle.add(call)

    def _taken_out(self) -> None:
        """``log.debug("sent %s", form["jwt_token"])``: what tells of the assertion by way of the form."""
        for module in self.resolver.world:
            for node in self.resolver.lookups(module).get(self.rules.provider.fields.assertion, ()):
                stmt = module.statement(node)
                if self.changes.is_dead(module, node) or not isinstance(stmt, s.ExprStmt):
                    continue
                found = self.resolver.resolve(Site(module, node))
                ours = any(isinstance(value, Result) and self._is_ours(value) for value in found)
                if ours and self.effects.only_tells(module, stmt.value) and not self._is_output(module, stmt):
                    self.changes.remove(module, stmt)

    def _is_ours(self, value: Value) -> bool:
        """Is it key material, claims or an assertion, and no assertion that another flow signs?"""
        if isinstance(value, Result) and value.name in self._encoders:
            return value.site.node in self.effects.excused
        return self._is_key(value)

    def _pin_others(self, module: Module, store: s.Node) -> None:
        """What else is put into the mapping stays: who reads it there may not be known."""
        target = store.targets[0] if isinstance(store, s.Assign) else None
        path = path_of(target.value) if isinstance(target, s.Subscript) else None
        for binding in module.scope(store).bindings.get(path or "", ()):
            if binding.kind == "item" and binding.node not in self.changes.removed:
                self.pinned.add(binding)

    def _is_argument(self, module: Module, item: s.Node) -> bool:
        """``Mailer(**{"key": key})``: it goes with the parameter, or stays with it."""
        record = module.parents[item]
        uses = self.forward.uses(Site(module, record)) if isinstance(record, s.Dict) else ()
        return any(
            isinstance(use.parent, s.Arg)
            and use.parent.star == "**"
            and not self.changes.is_dead(use.module, use.parent)
            for use in uses
        )

    def _is_own_feed(self, key: str, module: Module, store: s.Node) -> bool:
        """``config["pem"] = given["pem"]``: is ``key`` read nowhere else any more?"""
        alive = (
            Site(other, node)
            for other in self.resolver.world
            for node in self.resolver.lookups(other).get(key, ())
            if not self.changes.is_dead(other, node)
        )
        return all(site.module is module and self._within(module, site.node, store) for site in alive)

    def _is_poured(self, module: Module, item: s.Node, key: str) -> bool:
        """Is it an entry of what becomes attributes, of which only removed code read this one?"""
        record = module.parents[item]
        if not isinstance(record, s.Dict) or not self._spells(key) or not self.forward.loads_of(key, module):
            return False
        uses = [use for use in self.forward.uses(Site(module, record)) if not self._takes_one(use)]
        owners = [self._poured_into(use) for use in uses]
        loads = [load for cls in owners if cls is not None for load in self._reads(cls, key)]
        return (
            bool(loads) and None not in owners and all(self.changes.is_dead(p.module, p.node) for p in loads)
        )

    def _poured_into(self, use: Use) -> Class | None:
        """``for name, value in settings.items(): setattr(self, name, value)``"""
        method = use.module.function(use.node)
        owner = use.module.class_of(method) if method is not None else None
        if owner is None:
            return None
        cls = Class(use.module, owner)
        whole = any(mapping is use.node and not prefix for mapping, prefix in self.resolver.pours(cls))
        return cls if whole else None

    def _is_stored_for(self, module: Module, store: s.Node, lost: Iterable[Site]) -> bool:
        """``config["pem"] = …`` into a mapping of which removed code took it, and nobody else all of it?"""
        target = store.targets[0] if isinstance(store, s.Assign) else None
        if not isinstance(target, s.Subscript):
            return False
        mine = self._mappings(Site(module, target.value))
        taken = (base for look in lost if (base := _base_of(look)) is not None)
        return any(mine & self._mappings(base) for base in taken) and not self._is_taken_whole(mine)

    def _mappings(self, site: Site) -> set[object]:
        """The mappings that may stand at ``site``, to be compared: inside of what makes them, or outside."""
        values = self.resolver.resolve(site)
        return {v.site.node if isinstance(v, Fields) else signature(v, by_way=False) or v for v in values}

    def _is_taken_whole(self, mappings: set[object]) -> bool:
        """Does a library get one of these mappings, or is one gone through?"""
        for site in list(self.resolver.calls):
            call = site.node
            assert isinstance(call, s.Call)
            if self.changes.is_dead(site.module, call):
                continue
            given = [a for a in call.args if isinstance(a.value, _PLAIN)]
            handed = [a for a in given if mappings & self._mappings(site.at(a.value))]
            if handed and s.last_name(call.func) not in _WRITERS and mappings & self._mappings(site):
                continue  # what makes it: ``json.load(file)``
            if handed and (any(a.star for a in handed) or not self.resolver.callees(site)):
                return True
            func = call.func
            if not isinstance(func, s.Attribute) or func.attr in _TAKES_ONE:
                continue
            if isinstance(func.value, _PLAIN) and mappings & self._mappings(site.at(func.value)):
                return True
        return False

    def _let_go(self, module: Module, item: s.Node) -> bool:
        """Let a new entry below ``item`` stand below another; is ``item`` free to go then?"""
        patches = self.changes.patched.get(item)
        record = module.parents[item]
        if not patches or not isinstance(record, s.Dict) or not isinstance(item, s.Item):
            return not patches
        stays = [i for i in record.items if i is not item and not self.changes.is_dead(module, i)]
        above = [i for i in stays if i.span.start < item.span.start]
        if not above or any(span.start != item.span.end for span, _ in patches):
            return False
        end = above[-1].span.end
        for _, text in self.changes.patched.pop(item):
            self.changes.patch(module, above[-1], Span(end, end), text)
        return True

    def _is_record(self, module: Module, item: s.Node) -> bool:
        """Does an entry stand in a dictionary display of which only single entries are ever asked for?"""
        record = _made_of_pairs(module, item) or module.parents[item]
        if not isinstance(record, s.Dict | s.Call):
            return False
        uses = list(self.forward.uses(Site(module, _merged(module, record))))
        left = [use for use in uses if not self.changes.is_dead(use.module, use.node)]
        key, _ = self._written(module, item)
        if uses and all(self._takes_one(use) or self._takes_others(use, key) for use in left):
            return True
        outer = module.parents[record]
        table = module.parents[outer] if isinstance(outer, s.Item) else None
        return isinstance(table, s.Dict) and self._is_table(module, table, key)

    def _takes_others(self, use: Use, key: str) -> bool:
        """Is it asked for others, by known names: ``"{host}/ims".format(**config)``, ``config[name]``?"""
        arg, call = use.parent, use.module.parents[use.parent]
        if isinstance(arg, s.Arg) and arg.star == "**" and isinstance(call, s.Call):
            callees = self.resolver.callees(Site(use.module, call))
            if callees:
                return all(self._does_without(callee, key) for callee in callees)
        names = self._filled_in(use)
        asked = self._asked_for_by(use)
        if asked is not None:
            values = self.resolver.resolve(asked)
            left = [value for value in values if not self._is_given_up(value, key)]
            names = [text_of(value) for value in left] if len(values) < WIDTH else []
        return bool(names) and all(name is not None and name != key for name in names)

    def _taken_by_name(self) -> set[str]:
        """The parameters of functions that are gone, for which a mapping was spread: ``sign(**account)``."""
        found: set[str] = set()
        for module in self.changes.modules.values():
            for function in module.each(s.FuncDef):
                names = {param.name for param in function.params if param.kind in ("", "kw")}
                if names and self.changes.is_dead(module, function):
                    callers = self.resolver.callers(module, function)
                    is_spread = any(arg.star == "**" for call in callers for arg in call.call.args)
                    found |= names if is_spread else set()
        return found

    def _does_without(self, function: Function, key: str) -> bool:
        """Is a function that a mapping is spread for never asked for this one of its entries?"""
        params = {p.name: p for p in function.node.params if p not in self.changes.removed}
        rest = next((p for p in params.values() if p.kind == "**"), None)
        if key in params or rest is None:
            return False
        if (function.node, key) in self._followed:
            return True  # it calls itself
        self._followed.add((function.node, key))
        try:
            module, scope = function.module, function.module.scopes.inner[function.node]
            named = [n for b in scope.bindings.get(rest.name, ()) for n in uses_of(module, b)]
            uses = [use for node in named for use in self.forward.uses(Site(module, node))]
            left = [use for use in uses if not self.changes.is_dead(use.module, use.node)]
            return all(self._takes_one(use) or self._takes_others(use, key) for use in left)
        finally:
            self._followed.remove((function.node, key))

    def _asked_for_by(self, use: Use) -> Site | None:
        """The key in ``config[name]``, ``config.get(name)`` and ``name in config``."""
        looks = (use.parent, use.module.parents[use.parent])
        found = next((key for mapping, key in map(look, looks) if mapping is use.node), None)
        return Site(use.module, found) if found is not None else None

    def _is_given_up(self, name: Value, key: str) -> bool:
        """Does a name that is data come from a list that has lost it, or that can do without ``key``?"""
        if not isinstance(name, Text) or not name.parts:
            return False
        text = name.parts[0].site
        if self.changes.is_dead(text.module, text.node):
            return True
        return name.fold("\0") == key and self.demands.may_drop(text)

    def _filled_in(self, use: Use) -> list[str | None]:
        """What ``"{host}".format(**config)``, ``.format_map(config)`` and ``"%(host)s" % config`` take."""
        parent = use.parent
        if isinstance(parent, s.Binary) and parent.op == "%" and parent.right is use.node:
            template = text_of(self.resolver.one(Site(use.module, parent.left)))
            return [*_PERCENT.findall(template or "")]
        call = use.module.parents[parent]
        func = call.func if isinstance(call, s.Call) else None
        if not isinstance(parent, s.Arg) or not isinstance(func, s.Attribute):
            return []
        if (func.attr, parent.star) not in (("format", "**"), ("format_map", "")):
            return []
        template = text_of(self.resolver.one(Site(use.module, func.value)))
        fields = [field for _, field in braces(template or "") if field is not None]
        return [field if field.isidentifier() else None for field in fields]

    def _is_table(self, module: Module, table: s.Dict, key: str) -> bool:
        """A dictionary of records of which only single entries are asked for: ``CLIENTS[name]["org"]``.

        Or several, by names that are known and not ``key``.
        """
        taken = 0
        for use in self.forward.uses(Site(module, table)):
            records = self._records(use)
            left = [each for each in records or () if not self.changes.is_dead(each.module, each.node)]
            if records is None or not all(self._takes_one(r) or self._takes_others(r, key) for r in left):
                return False
            taken += len(records)
        return taken > 0

    def _records(self, use: Use) -> list[Use] | None:
        """How the records are used that a use of their table gives; None where it gives all of it away."""
        module, parent = use.module, use.parent
        call = module.parents[parent] if isinstance(parent, s.Arg | s.Attribute) else None
        if isinstance(parent, s.For | s.Clause | s.Compare):
            return []  # its keys
        if isinstance(parent, s.Subscript) and parent.value is use.node:
            inner = list(self.forward.uses(Site(module, parent)))
            return inner if inner and not is_target(module, parent) else None
        if isinstance(parent, s.Arg) and isinstance(call, s.Call):
            return [] if s.last_name(call.func) in (*_ORDERS, *_OF_KEYS) else None
        if not isinstance(parent, s.Attribute) or not isinstance(call, s.Call) or call.func is not parent:
            return None
        if parent.attr in ("items", "values"):
            return self._gone_through(module, call, (1,) if parent.attr == "items" else ())
        if parent.attr == "get":
            return list(self.forward.uses(Site(module, call)))
        return [] if parent.attr == "keys" else None

    def _gone_through(self, module: Module, call: s.Expr, place: tuple[int, ...]) -> list[Use] | None:
        """The uses of each record in ``for name, record in CLIENTS.items()``; ``place`` is where it is."""
        parent = module.parents[call]
        around = module.call_of(parent)
        if around is not None and s.last_name(around.func) in _ORDERS and around.args[0] is parent:
            return self._gone_through(module, around, place)
        if not isinstance(parent, s.For | s.Clause) or parent.iter is not call:
            return None
        found = []
        for binding, uses in module.uses.items():
            if binding.kind == "iter" and binding.value is call and binding.unpack in (place, ()):
                if binding.unpack != place:
                    return None
                found += [each for use in uses for each in self.forward.uses(Site(module, use))]
        return found

    def _takes_one(self, use: Use) -> bool:
        """``config["key"]``, ``config.get("key")``, ``config["key"] = …``"""
        if isinstance(use.parent, s.Subscript):
            known = self.resolver.spelled(use.module, use.parent.index) is not None
            return use.parent.value is use.node and known
        call = use.module.parents[use.parent]
        asks = isinstance(use.parent, s.Attribute) and use.parent.attr == "get"
        return asks and self.resolver.spelled(use.module, key_of(call)) is not None

    def _written(self, module: Module, node: s.Node) -> tuple[str, s.Expr | None]:
        """The known key, and what is put under it."""
        key: s.Expr | None = None
        if isinstance(node, s.Arg) and node.keyword is not None:
            return node.keyword, node.value
        if isinstance(node, s.Sequence):
            name = self.resolver.spelled(module, node.items[0])
            return (name or "", node.items[1] if name is not None else None)
        if isinstance(node, s.Item):
            key = node.key
        elif isinstance(node, s.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            key = target.index if isinstance(target, s.Subscript) else None
        name = self.resolver.spelled(module, key)
        known = name is not None and isinstance(node, s.Item | s.Assign)
        return (name or "", node.value) if known and isinstance(node, s.Item | s.Assign) else ("", None)

    def _is_written_out(self, store: Site) -> bool:
        """Is the mapping that holds it, or into which a statement puts it, written out as a whole?"""
        if isinstance(store.node, s.Item):
            mine: set[object] = {store.module.parents[store.node]}
        elif isinstance(store.node, s.Assign) and isinstance(store.node.targets[0], s.Subscript):
            mine = self._mappings(store.at(store.node.targets[0].value))
        else:
            return False
        for site in list(self.resolver.calls):
            if s.last_name(site.call.func) not in _WRITERS or self.changes.is_dead(site.module, site.call):
                continue
            if any(mine & self._mappings(site.at(arg.value)) for arg in site.call.args):
                return True
        return False

    def _claims(self) -> None:
        for claims in self.claims:
            for entry in claims.entries:
                module, node = entry.site.module, entry.site.node
                if not isinstance(node, s.Item | s.Assign) or self.changes.is_dead(module, node):
                    continue
                record = Site(module, module.parents[node]) if isinstance(node, s.Item) else claims.site
                asked = self._asked_of(record)
                if not asked or text_of(entry.key) in asked or node.value is None:
                    continue
                if self.effects.harmless(module, node.value) and self._let_go(module, node):
                    self.changes.remove(module, node)

    def _asked_of(self, record: Site) -> set[str]:
        """The names for which what stays asks; none where it takes the claims otherwise, or not at all."""
        asked: set[str] = set()
        for use in self.forward.uses(record) if isinstance(record.node, s.Dict) else ():
            module, parent = use.module, use.parent
            if self.changes.is_dead(module, use.node) or (
                isinstance(parent, s.Subscript) and is_target(module, parent)
            ):
                continue
            if not self._takes_one(use):
                return set()
            index = parent.index if isinstance(parent, s.Subscript) else key_of(module.parents[parent])
            asked.add(self.resolver.spelled(module, index) or "")
        return asked if not any("/" in name for name in asked) else set()


def _made_of_pairs(module: Module, pair: s.Node) -> s.Call | None:
    """The call in ``dict([("key", value), …])``, for one of its pairs."""
    pairs = module.parents[pair]
    arg = module.parents[pairs] if isinstance(pairs, s.Sequence) else None
    call = module.parents[arg] if isinstance(arg, s.Arg) and arg.keyword is None else None
    if not isinstance(call, s.Call) or s.last_name(call.func) != "dict" or len(call.args) != 1:
        return None
    return call if isinstance(pair, s.Sequence) and len(pair.items) == 2 else None


def _merged(module: Module, mapping: s.Expr) -> s.Expr:
    """What a mapping becomes a part of where it stands: ``{…} | {…}``, ``{**{…}}``."""
    parent = module.parents[mapping]
    outer = module.parents[parent] if isinstance(parent, s.Item) and parent.key is None else parent
    if (isinstance(parent, s.Binary) and parent.op == "|") or (
        outer is not parent and isinstance(outer, s.Dict)
    ):
        assert isinstance(outer, s.Expr)
        return _merged(module, outer)
    return mapping


def _base_of(look: Site) -> Site | None:
    """What is asked there for something under a key."""
    node = look.node
    if isinstance(node, s.Subscript):
        return look.at(node.value)
    if isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and node.func.attr in _TAKES_ONE:
        return look.at(node.func.value)
    return None

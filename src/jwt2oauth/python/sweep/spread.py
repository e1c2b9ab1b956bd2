"""What a spread mapping hands to a call: ``config["key"] = f.read()`` before ``Credentials(**config)``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...paths import is_program
from ..facts import syntax as s
from ..facts.values import Class, Entry, Fields, Function, Result, Site, Value, chain, text_of
from .base import Base

_FIELDS = frozenset(
    {"dataclasses.fields", "attrs.fields", "attr.fields", "attrs.fields_dict", "attr.fields_dict"}
)
"""Calls that list the fields of a class."""
_LISTED = frozenset({"__dataclass_fields__", "__annotations__", "__attrs_attrs__", "model_fields"})
"""Attributes of a class that do so."""
_STORES = s.Item | s.Assign | s.Arg


class Spread(Base):
    """Entries of spread mappings."""

    def _stores_for(
        self, call: Site, name: str, owner: Class | None, function: s.FuncDef | None = None
    ) -> list[Site] | None:
        """What puts ``name`` into the mappings that a call spreads; None where that cannot be told.

        The call makes an object of ``owner``, or enters a function of it; where it may enter others as well,
        only what is for ``function`` counts.
        """
        spread = [arg for arg in call.call.args if arg.star]
        if any(arg.keyword == name for arg in call.call.args):
            return []  # what is spread has no such key then
        if any(arg.star == "*" for arg in spread):
            return None
        found: list[Site] = []
        for arg in spread:
            stores = self._entries_for(call.at(arg.value), name, owner, self._takers(call, function))
            if stores is None:
                return None
            found += stores
        return found

    def _takers(self, call: Site, function: s.FuncDef | None) -> list[Function]:
        """The functions that a call may enter, the given one first; none where there are no others."""
        callees = self.resolver.callees(call) if function is not None else []
        mine = [callee for callee in callees if callee.node is function]
        others = [callee for callee in callees if callee.node is not function]
        return [*mine, *others] if others else []

    def _entries_for(
        self, mapping: Site, name: str, owner: Class | None, takers: Sequence[Function]
    ) -> list[Site] | None:
        values = self.resolver.resolve(mapping)
        found: list[Site] = []
        for value in values:
            if takers and not _fits(value, takers[0]):
                continue  # for another one
            if any(_fits(value, other) and self._needs_named(other, name) for other in takers[1:]):
                return None
            if not isinstance(value, Fields):
                return None
            if _goes_through_fields(value.site) or (
                value.entries and all(map(self._is_of_fields, value.entries))
            ):
                continue  # one entry a field: it goes with the field
            if value.open or value.rest:
                return None
            for entry in value.entries:
                if text_of(entry.key) is None:
                    return None
                if text_of(entry.key) == name:
                    if entry.value is None or not self._can_go(entry.site, entry.value, name, owner):
                        return None
                    found.append(entry.site)
        return found if values else None

    def _needs_named(self, function: Function, name: str) -> bool:
        """Does a function need what it is given under a name?"""
        return any(
            p.kind == "**" or (p.name == name and self._needs(function, p)) for p in function.node.params
        )

    def _is_of_fields(self, entry: Entry) -> bool:
        """``values[field.name] = …`` in a loop over the fields of a class."""
        return any(isinstance(link, Result) and link.name in _FIELDS for link in chain(entry.key))

    def _filled_by_names(self, made: Iterable[Site]) -> bool:
        """Do constructors get what stands somewhere under the names of the fields, in the environment say?"""
        return any(
            isinstance(value, Fields)
            and (_goes_through_fields(value.site) or any(map(self._is_of_fields, value.entries)))
            for site in made
            if isinstance(site.node, s.Call)
            for arg in site.node.args
            if arg.star == "**"
            for value in self.resolver.resolve(site.at(arg.value))
        )

    def _can_go(self, store: Site, value: Site, name: str, owner: Class | None) -> bool:
        """Is it written in the program, for nobody but who spreads it?"""
        shared = self._is_for_several(store)
        if not is_program(store.module.path) or not (shared or isinstance(store.node, _STORES)):
            return False
        harmless = self.effects.harmless(value.module, value.node)
        free = harmless and not self._is_written_out(store) and not self._may_be_asked(name, store)
        asked = self._keys_asked(store, name, owner)
        return (
            free
            and (bool(asked) or not shared)
            and all(self.demands.may_drop(each, handed=True) for each in asked)
        )

    def _may_be_asked(self, name: str, store: Site) -> bool:
        """May code that stays ask for ``name`` the mapping that is written at ``store``?"""
        written = not isinstance(store.node, s.Assign)
        return any(
            not (self.changes.is_dead(module, node) or (written and self._is_of_a_file(Site(module, node))))
            for module in self.resolver.world
            for node in self.resolver.lookups(module).get(name, ())
        )

    def _is_of_a_file(self, look: Site) -> bool:
        """``config["key"]`` of what the project's files of settings hold, and no program"""
        node = look.node.func if isinstance(look.node, s.Call) else look.node
        base = node.value if isinstance(node, s.Subscript | s.Attribute) else None
        values = self.resolver.resolve(look.at(base)) if base is not None else []
        return bool(values) and all(
            isinstance(value, Fields) and not is_program(value.site.module.path) for value in values
        )

    def _is_for_several(self, store: Site) -> bool:
        """``info[name] = …``, ``{name: … for name in NAMES}``: an entry goes with its name in the list."""
        node = store.node
        key = node.key if isinstance(node, s.Item | s.Comprehension) else None
        target = node.targets[0] if isinstance(node, s.Assign) else None
        key = target.index if isinstance(target, s.Subscript) else key
        return key is not None and self.resolver.spelled(store.module, key) is None

    def _let_go_of(self, stores: Iterable[Site], name: str, owner: Class | None) -> None:
        """Take entries out of the mappings, and ``name`` out of the lists of what they have to hold."""
        for store in stores:
            asked = self._keys_asked(store, name, owner)
            if not self._is_for_several(store):
                self.changes.remove(store.module, store.node)
            for text in asked:
                self._unlist(text, handed=True)

    def _spread_values(self, stores: list[Site]) -> Iterator[Site]:
        """What is put into the mappings."""
        for store in stores:
            if isinstance(store.node, s.Comprehension | _STORES) and store.node.value is not None:
                yield store.at(store.node.value)


def _fits(mapping: Value, function: Function) -> bool:
    """May a function be given a mapping, as far as its parameters tell?"""
    if not isinstance(mapping, Fields) or mapping.open or mapping.rest:
        return True
    params = function.node.params
    given = {text_of(entry.key) for entry in mapping.entries}
    return any(p.kind == "**" for p in params) or given <= {p.name for p in params}


def _goes_through_fields(mapping: Site) -> bool:
    """``{name: environ[name] for name in Config.__annotations__}``"""
    node = mapping.node
    sources = [clause.iter for clause in node.clauses] if isinstance(node, s.Comprehension) else []
    return any(isinstance(each, s.Attribute) and each.attr in _LISTED for each in sources)

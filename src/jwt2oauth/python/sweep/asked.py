"""What is asked for by a name that is data, attributes and keys: ``getattr(cls, name) for name in NAMES``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Environ, Fields, Instance, ModuleValue, Site, Text, Value
from ..following.lookups import look
from .base import Base

_ASKS = frozenset({"getattr", "hasattr"})
_GETTERS = frozenset({"attrgetter"})
_NAMESPACES = ("globals", "vars", "__dict__")


class Asked(Base):
    """Attributes and keys that are asked for by a name that is data."""

    def _asked(self, name: str, of: Class | Module | None) -> list[Site]:
        """The texts by which an attribute ``name`` is asked for, of that class or module if it is known.

        One in a list counts where anything is asked for a name that is not written where it asks.
        """
        if not self._spells(name):
            return []
        return [site for site, owner in self._questions().get(name, ()) if self._may_answer(owner, of)]

    def _questions(self) -> dict[str, list[tuple[Site, Site | None]]]:
        """By name: the text, and the object that is asked where that can be told."""
        world = self.resolver.world
        if self._asking is None or self._asking[0] != len(world):
            found: dict[str, list[tuple[Site, Site | None]]] = {}
            asking = [m for m in world if any(map(m.holds, (*_ASKS, *_GETTERS, *_NAMESPACES)))]
            questions = [each for m in asking for each in (*_calls(m), *_looks(m))]
            owners = [owner for name, owner in questions if not isinstance(name.node, s.Str)]
            for name, owner in questions:
                if isinstance(name.node, s.Str):
                    found.setdefault(str(name.node.value), []).append((name, owner))
            for module in world if owners else ():
                for text in () if self.resolver.is_test(module) else _listed(module):
                    at = found.setdefault(str(text.value), [])
                    is_own = str(text.value) in module.scopes.module.bindings
                    at += [(Site(module, text), o) for o in owners if not is_own or _may_mean(o, module)]
            self._asking = len(world), found
        return self._asking[1]

    def _may_answer(self, owner: Site | None, of: Class | Module | None) -> bool:
        if owner is None or of is None:
            return True
        if _is_own(owner.node):
            return of is owner.module
        with self.resolver.sparing():
            values = self.resolver.resolve(owner)
        if isinstance(of, Module):
            return any(isinstance(v, ModuleValue) and v.module is of for v in values)
        kinds = [v.cls if isinstance(v, Instance) else v for v in values if isinstance(v, Instance | Class)]
        if len(kinds) < len(values) or not values:
            return True
        family = {*self.resolver.mro(of), *self.resolver.subclasses(of)}
        return any(kind in family or of in self.resolver.mro(kind) for kind in kinds)

    def _reads(self, cls: Class, name: str) -> list[Site]:
        """What may read the attribute of an instance of ``cls``, the texts that name it among them."""
        return [*self.forward.reads_of(cls, name), *self._asked(name, cls)]

    def _keys_asked(self, store: Site, name: str, owner: Class | None) -> list[Site]:
        """The texts by which an entry of a mapping is asked for, where it is asked for ``name`` as data.

        What a class says that is not kin to the ``owner`` of the entry, speaks of other mappings.
        """
        found: list[Site] = []
        for mapping, key in self._lookups():
            if self.changes.is_dead(key.module, key.node):
                continue
            values = self.resolver.resolve(key)
            texts = [v.parts[0].site for v in values if isinstance(v, Text) and v.fold("\0") == name]
            if texts and any(_holds(value, store) for value in self.resolver.resolve(mapping)):
                found += texts
        return [text for text in dict.fromkeys(found) if self._is_said_of(text, owner)]

    def _is_said_of(self, text: Site, owner: Class | None) -> bool:
        said = next((a for a in text.module.ancestors(text.node) if isinstance(a, s.ClassDef)), None)
        if said is None or owner is None:
            return True
        return Class(text.module, said) in {*self.resolver.mro(owner), *self.resolver.subclasses(owner)}

    def _lookups(self) -> Iterator[tuple[Site, Site]]:
        """A mapping and a key, wherever one is asked for another that is not written there."""
        for module in self.resolver.world:
            for node in module.each(*_LOOKS):
                mapping, key = look(node)
                if mapping is not None and isinstance(key, s.Name):
                    yield Site(module, mapping), Site(module, key)

    def _released(self, loads: Iterable[Site]) -> bool:
        """Is all that reads it gone, but for lists that can do without it? Then they do."""
        alive = [load for load in loads if not self.changes.is_dead(load.module, load.node)]
        if not all(self._is_listed(load) and self.demands.may_drop(load) for load in alive):
            return False
        for load in dict.fromkeys(alive):
            self._unlist(load)
        return True

    def _is_listed(self, place: Site) -> bool:
        """Is it a name, written out or as a constant in a list?

        A constant is a name if code that is gone looked something up by it: any other text may be put
        together with its neighbours, ``"-".join([TENANT, REGION])``.
        """
        if isinstance(place.node, s.Str):
            return True
        in_list = isinstance(place.module.parents[place.node], s.Sequence)
        name = self.resolver.spelled(place.module, place.node) if in_list else None
        return name is not None and any(
            self._is_looked_up(site, name) for site in self._lookups_gone().get(name, ())
        )

    def _is_looked_up(self, site: Site, name: str) -> bool:
        """``settings[name]``, ``os.getenv(name)``: any other call may do with a text what it likes."""
        if site.node in self.resolver.lookups(site.module).get(name, ()):
            return True
        return any(isinstance(v, Environ) and v.name == name for v in self.resolver.resolve(site))

    def _unlist(self, place: Site, *, handed: bool = False) -> None:
        """Take a name out of the list of what has to be there."""
        name = self.resolver.spelled(place.module, place.node)
        if name is not None and self.demands.drop(place, handed=handed):
            self.unlisted.append((name, place))


_LOOKS = (s.Compare, s.Subscript, s.Call)


def _holds(mapping: Value, store: Site) -> bool:
    return isinstance(mapping, Fields) and any(entry.site.node is store.node for entry in mapping.entries)


def _calls(module: Module) -> Iterator[tuple[Site, Site | None]]:
    """``getattr(owner, name)``, ``attrgetter(name)``: the name, and whose it is where that is said."""
    for node in module.each(s.Call):
        last = _last(node)
        if node.args and last in _ASKS:
            owner = Site(module, node.args[0].value)
            yield from ((Site(module, arg.value), owner) for arg in node.args[1:2] if not arg.star)
        elif last in _GETTERS:
            yield from ((Site(module, arg.value), None) for arg in node.args)


def _looks(module: Module) -> Iterator[tuple[Site, Site]]:
    """``globals()[name]``, ``vars(owner)[name]``, ``name in owner.__dict__``: the name, and whose it is."""
    if any(map(module.holds, _NAMESPACES)):
        for node in module.each(*_LOOKS):
            mapping, name = look(node)
            owner = _namespace(mapping)
            if owner is not None and name is not None:
                yield Site(module, name), Site(module, owner)


def _namespace(mapping: s.Expr | None) -> s.Expr | None:
    """Whose names a mapping holds; the call itself if they are the module's own."""
    if isinstance(mapping, s.Attribute):
        return mapping.value if mapping.attr == "__dict__" else None
    if isinstance(mapping, s.Call) and isinstance(mapping.func, s.Name) and mapping.func.id in _NAMESPACES:
        return mapping.args[0].value if mapping.args else mapping
    return None


def _is_own(node: s.Node) -> bool:
    """``globals()``, ``vars()``, ``sys.modules[__name__]``"""
    if isinstance(node, s.Subscript):
        named = isinstance(node.index, s.Name) and node.index.id == "__name__"
        return named and s.last_name(node.value) == "modules"
    return isinstance(node, s.Call) and not node.args and _last(node) in _NAMESPACES


def _may_mean(owner: Site | None, module: Module) -> bool:
    """May a name that is a global of ``module``, in a list there, be asked of that owner?"""
    return owner is None or owner.module is module or not _is_own(owner.node)


def _last(call: s.Node) -> str:
    func = call.func if isinstance(call, s.Call) else None
    if isinstance(func, s.Attribute):
        return func.attr if func.attr in _GETTERS else ""
    return func.id if isinstance(func, s.Name) else ""


def _listed(module: Module) -> Iterator[s.Str]:
    """The names in lists, but for ``__all__``, ``__slots__`` and their like."""
    for node in module.each(s.Sequence):
        holder = module.parents[node]
        target = holder.targets[0] if isinstance(holder, s.Assign) else None
        if isinstance(target, s.Name) and target.id.startswith("__"):
            continue
        yield from (item for item in node.items if isinstance(item, s.Str))

"""Attributes of objects, classes and modules."""

from __future__ import annotations

from collections.abc import Iterator

from ...paths import is_program
from ..facts import syntax as s
from ..facts.scopes import Binding
from ..facts.values import (
    Class,
    Constant,
    Fields,
    Function,
    Instance,
    Lib,
    Member,
    ModuleValue,
    Result,
    Site,
    Text,
    Value,
    name_of,
)
from .base import TRANSPARENT_DECORATORS, Base
from .shared import is_abstract, method_of

_PATHS = frozenset({*(f"pathlib.{n}" for n in ("Path", "PosixPath", "WindowsPath")), "anyio.Path"})
"""What is awaited of anyio's is known by the names of the others."""
_READS = frozenset({"open", "read_text", "read_bytes"})


class Attributes(Base):
    """Attributes of objects, classes and modules."""

    def _attribute(self, site: Site, node: s.Attribute) -> Iterator[Value]:
        local = site.module.scopes.reach.get(node, frozenset())
        stored = [b for b in local if b.kind != "entry"]
        for binding in sorted(stored, key=lambda b: b.order):
            yield from self.binding(binding, site)
        if stored and len(stored) == len(local):
            return
        is_read = node.attr in _READS and self._is_path(site.at(node.value))
        for base in self._again(site.at(node.value)):
            if is_read and not isinstance(base, ModuleValue | Instance | Class):
                yield Lib(f"pathlib.Path().{node.attr}", base)
            else:
                yield from self.attribute(base, node.attr, site)

    def _is_path(self, site: Site, depth: int = 4) -> bool:
        """Was the object made by ``Path(…)``? Its value is the path's own, so only the text tells."""
        node = site.node
        if not depth:
            return False
        if isinstance(node, s.Name | s.Attribute):
            bound = site.module.scopes.bindings_of(node)
            values = [b.value for b in bound if b.kind in ("assign", "with") and b.value is not None]
            return any(self._is_path(site.at(v), depth - 1) for v in values)
        if isinstance(node, s.Binary):
            return node.op == "/" and self._is_path(site.at(node.left), depth - 1)
        if not isinstance(node, s.Call):
            return False
        if isinstance(node.func, s.Attribute) and node.func.attr in self.rules.values.transparent_methods:
            return self._is_path(site.at(node.func.value), depth - 1)
        return any(name_of(v) in _PATHS for v in self._again(site.at(node.func)))

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
        elif self.hands_out_settings(base) and self.index.settings(attr, site.module):
            yield from self.setting(attr, site)
        elif isinstance(base, Lib):
            yield Lib(f"{base.name}.{attr}", base.base)
        elif isinstance(base, Result):
            yield Lib(f"{base.name}().{attr}", base)
        elif isinstance(base, Instance):
            yield from self._class_of(base, attr) or self._instance_attribute(base, attr, site)
        elif isinstance(base, Class):
            yield from self._class_attribute(base, attr)
        elif isinstance(base, Fields):
            # A named tuple, or a file's mapping that a library made an object of: SimpleNamespace, Box.
            by_name = isinstance(base.site.node, s.Call) or not is_program(base.site.module.path)
            named = self.keyed(base, attr, site) if by_name else None
            stored = self.assigned(base, attr) if by_name else ()
            yield from (*(named or ()), *stored) or (Lib(f"dict.{attr}", base),)
        elif attr == "obj" and self.is_context(base) and (held := tuple(self.context_objects(site.module))):
            yield from held
        elif attr == "value" and (isinstance(base, Text) or self._enumeration_around(base) is not None):
            yield base  # a member of an Enum
        elif isinstance(base, Text | Constant) and (member := self._enumeration_of(base, attr)) is not None:
            yield from self._instance_attribute(member, attr, site)
        elif isinstance(base, Text):
            yield Lib(f"str.{attr}", base)
        else:
            yield Member(base, attr, site, attribute=True)

    def is_enumeration(self, cls: Class) -> bool:
        """Is it an ``Enum``?"""
        enumerations = self.rules.values.enumerations
        return bool(cls.node.bases) and any(name in enumerations for name in self.foreign_bases(cls))

    def _enumeration_of(self, value: Value, attr: str) -> Instance | None:
        """The member of an ``Enum`` of which this is the value, if such members have the method ``attr``."""
        cls = self._enumeration_around(value)
        return Instance(cls) if cls is not None and method_of(cls, attr) is not None else None

    def _enumeration_around(self, value: Value) -> Class | None:
        """The ``Enum`` whose member has this text or number as its value."""
        site = value.site if isinstance(value, Constant) else None
        if isinstance(value, Text) and len(value.parts) == 1:
            site = value.parts[0].site
        above = list(site.module.ancestors(site.node))[:3] if site is not None else []
        owner = next((node for node in above if isinstance(node, s.ClassDef)), None)
        cls = Class(site.module, owner) if site is not None and owner is not None else None
        return cls if cls is not None and self.is_enumeration(cls) else None

    def hands_out_settings(self, base: Value) -> bool:
        """Is it an object like ``django.conf.settings``?"""
        return isinstance(base, Lib) and base.name in self.rules.values.settings

    def setting(self, name: str, site: Site) -> Iterator[Value]:
        """What the project's settings define under ``name``."""
        for module, scope in self.index.settings(name, site.module):
            for binding in sorted(scope.ends.get(name, ()), key=lambda b: b.order):
                yield from self.binding(binding, Site(module, binding.node))

    def _instance_attribute(self, base: Instance, attr: str, site: Site) -> Iterator[Value]:
        found = False
        for cls in self.mro(base.cls):
            method = method_of(cls, attr)
            if method is not None:
                function = Function(cls.module, method, base)
                if self._is_property(function):
                    others = [
                        v for f in self._overrides(base, cls, attr) for v in self._returns(f, site, None)
                    ]
                    others += self._attributes_instead(base, cls, attr, site)
                    if not others or not is_abstract(method):
                        yield from self._returns(function, site, None)
                    yield from others
                else:
                    yield function
                    yield from self._overrides(base, cls, attr)
                return
        heirs = tuple(self._overrides(base, base.cls, attr))
        for function in heirs:  # of which the class itself has nothing
            yield from self._returns(function, site, None) if self._is_property(function) else (function,)
        if heirs:
            return
        beside = self.beside(base.cls)
        methods = [(cls, method) for cls in beside if (method := method_of(cls, attr)) is not None]
        if methods:
            yield from (Function(cls.module, method, Instance(cls)) for cls, method in methods)
            return
        if attr == "value" and self.is_enumeration(base.cls):
            for stmt in base.cls.node.body.body:
                if isinstance(stmt, s.Assign) and stmt.value is not None:
                    yield from self._again(Site(base.cls.module, stmt.value))
            return
        group = self.group(base.cls, attr)
        if group is not None:
            yield Instance(group)
            return
        variable = self.setting_field(base.cls, attr)
        if variable is not None:
            model = self.held_in_one(base.cls, attr)
            yield variable if model is None else Instance(model, mapping=variable)
            return
        mro, is_said, begun = self.mro(base.cls), False, True
        for cls in (*mro, *self.subclasses(base.cls), *beside):
            for value in self._stored(cls, attr, base, site.ctx, inside=cls not in mro or not is_said):
                found = True
                begun &= isinstance(value, Constant) and not value.value  # ``self.life = 0``
                yield value
            is_said |= bool(cls.module.scopes.inner[cls.node].ends.get(attr))
        if begun:
            for cls in self.mro(base.cls):
                for value in self._poured(cls, attr, site):
                    found = True
                    yield value
        if not found:
            for value in self._gotten(base, attr):
                found = True
                yield value
        if not found:
            kinds = (base.cls, *self._mixing(base.cls))
            inherited = [f"{name}().{attr}" for cls in kinds for name in self.foreign_bases(cls)]
            known = [name for name in inherited if name in self._known]
            yield Lib(known[0], base) if known else Member(base, attr, site, attribute=True)

    def _is_property(self, function: Function) -> bool:
        names = (
            name_of(value)
            for decorator in function.node.decorators
            for value in self._again(Site(function.module, decorator))
        )
        return any(name in TRANSPARENT_DECORATORS or "property" in (name or "") for name in names)

    def _attributes_instead(self, base: Instance, cls: Class, attr: str, site: Site) -> Iterator[Value]:
        """``metascopes = ["…"]`` in a heir's body, in the place of a property of ``cls``."""
        mro = self.mro(base.cls)
        nearer = mro[: mro.index(cls)] if cls in mro else []
        for heir in (*nearer, *(self.subclasses(base.cls) if base.site is None else ())):
            if method_of(heir, attr) is None and heir.module.scopes.inner[heir.node].ends.get(attr):
                yield from self._stored(heir, attr, base, site.ctx)

    def _gotten(self, base: Instance, attr: str) -> Iterator[Value]:
        """``def __getattr__(self, name): return self._raw[name]``: what stands there under that name."""
        cls = next((c for c in self.mro(base.cls) if method_of(c, "__getattr__") is not None), None)
        getter = method_of(cls, "__getattr__") if cls is not None else None
        if cls is None or getter is None or len(getter.params) < 2:
            return
        for statement in cls.module.scopes.inner[getter].returns:
            looked = statement.value
            if not isinstance(looked, s.Subscript) or not s.is_named(looked.index, getter.params[1].name):
                continue
            for mapping in self._again(Site(cls.module, looked.value)):
                if isinstance(mapping, Fields):
                    yield from self.field(mapping, attr) or ()

    def _overrides(self, base: Instance, cls: Class, attr: str) -> Iterator[Function]:
        if base.site is not None:
            return
        for sub in self.subclasses(base.cls):
            method = method_of(sub, attr)
            if method is not None and sub != cls:
                yield Function(sub.module, method, Instance(sub))

    def _class_attribute(self, base: Class, attr: str) -> Iterator[Value]:
        for cls in self.mro(base):
            method = method_of(cls, attr)
            if method is not None:
                yield Function(cls.module, method, base)
                return
            scope = cls.module.scopes.inner[cls.node]
            if attr in scope.bindings:
                for binding in sorted(scope.ends.get(attr, ()), key=lambda b: b.order):
                    yield from self.binding(binding, Site(cls.module, binding.node))
                return
        if attr in self.rules.values.makers:
            yield Lib(f"{base.node.name}.{attr}", base)
            return
        yield from self._stored(base, attr, Instance(base))

"""Attributes of objects, classes and modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from ...paths import is_program
from ..facts import syntax as s
from ..facts.scopes import Binding
from ..facts.values import (
    Class,
    Constant,
    Context,
    Fields,
    Function,
    Instance,
    Lib,
    Lit,
    Member,
    ModuleValue,
    Result,
    Site,
    Text,
    Value,
    name_of,
)
from .base import TRANSPARENT_DECORATORS, Base
from .shared import argument_of, fields_of, is_abstract, members, method_of

_PATHS = frozenset({*(f"pathlib.{n}" for n in ("Path", "PosixPath", "WindowsPath")), "anyio.Path"})
"""What is awaited of anyio's is known by the names of the others."""
_READS = frozenset({"open", "read_text", "read_bytes"})

_FROM_JSON = frozenset({"model_validate_json", "parse_raw", "from_json"})
"""Methods of models that are given a text: that of a file, perhaps."""


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
            yield variable
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

    def _stored(
        self, cls: Class, attr: str, base: Instance, ctx: Context = (), *, inside: bool = True
    ) -> Iterator[Value]:
        """What the methods and the body of ``cls`` store under ``attr``, as made by the calls in ``ctx``.

        Without what stands ``inside`` the body where a heir of it says something else.
        """
        scope = cls.module.scopes.inner[cls.node]
        for binding in sorted(scope.ends.get(attr, ()), key=lambda b: b.order):
            if binding.kind != "entry" and inside:
                yield from self.binding(binding, Site(cls.module, binding.node))
        for value in self._declared(cls, attr, base):
            yield self._modelled(cls, attr, value)
        for method, made in members(cls).stores.get(attr, ()):
            known = any(function is method for function, _ in ctx)
            seen = ctx if known else self._made_by(cls, method, base)
            for binding in made:
                yield from self.binding(binding, Site(cls.module, binding.node, seen))

    def _made_by(self, cls: Class, method: s.FuncDef, made: Instance) -> Context:
        """The call that made an object, and ``super().__init__(URL)`` of a heir: nobody else calls that
        constructor for it.
        """
        mro = self.mro(made.cls)
        if method.name != "__init__" or cls not in mro:
            return ()
        makers = [(each, init) for each in mro[: mro.index(cls)] if (init := method_of(each, "__init__"))]
        if not makers:
            calls = [made.site] if made.site is not None else []
            if not calls and made.cls != cls:  # ``Heir(URL)``, where there is one
                calls = [call for call in self.constructions(made.cls) if not self.is_test(call.module)]
            call = calls[0] if len(calls) == 1 else None
            is_called = call is not None and isinstance(call.node, s.Call)
            return (*call.ctx, (method, call)) if is_called and call is not None else ()
        nearest, init = makers[-1]
        around = self._made_by(nearest, init, made)
        calls = [
            Site(nearest.module, call, around)
            for call in s.walk(init.body)
            if isinstance(call, s.Call) and s.last_name(call.func) == "__init__"
            if nearest.module.function(call) is init
        ]
        return (*around, (method, calls[0])) if len(calls) == 1 else ()

    def _declared(self, cls: Class, attr: str, base: Instance) -> Iterator[Value]:
        """``attr: str`` in a dataclass: the argument of the constructor, made an object of its type."""
        converted = tuple(self._converted(cls, attr))
        if converted:
            yield from converted
            return
        kind = self._kind_of(cls, attr)
        for value in self._constructed(cls, attr, base):
            yield self._made_from(value, kind) if isinstance(value, Fields) and kind is not None else value

    def _kind_of(self, cls: Class, attr: str) -> Class | None:
        """The class of the project that a field is declared to be of."""
        for stmt in cls.node.body.body:
            kind = (
                stmt.annotation if isinstance(stmt, s.Assign) and s.is_named(stmt.targets[0], attr) else None
            )
            if isinstance(kind, s.Name | s.Attribute):
                found = [v for v in self._again(Site(cls.module, kind)) if isinstance(v, Class)]
                return found[0] if len(found) == 1 and fields_of(found[0]) else None
        return None

    def _made_from(self, fields: Fields, kind: Class) -> Instance:
        """``Kind(**fields)``, which a library calls for us."""
        node = fields.site.node
        made = self._nested.get((node, kind))
        if made is None:
            arg = s.Arg(node.span, cast(s.Expr, node), None, "**")
            made = s.Call(node.span, node.span, s.Name(node.span, node.span, kind.node.name), (arg,))
            fields.site.module.parents[made] = node
            self._nested[(node, kind)] = made
        return Instance(kind, fields.site.at(made))

    def _constructed(self, cls: Class, attr: str, base: Instance) -> Iterator[Value]:
        names = fields_of(cls)
        if attr not in names or method_of(cls, "__init__") is not None:
            return
        key = self.field_key(cls, attr)
        if base.mapping is not None:
            here = Site(cls.module, cls.node)
            yield from self.item(base.mapping, Text((Lit(key, here),)), here)
            return
        made = [base.site] if base.site is not None else self.constructions(cls)
        for site in made:
            if base.site is None and self.is_test(site.module) and not self.is_test(cls.module):
                continue
            call = site.node
            if not isinstance(call, s.Call):
                continue
            if self._made_of(site, call) is not None:
                yield from self._spread_field(site, call, key)
                continue
            by_name = [a for a in call.args if a.keyword in (attr, key)]
            positional, _ = self._positional(site, self._callers)
            if by_name:
                yield from self._again(site.at(by_name[0].value))
            elif names.index(attr) < len(positional):
                yield from self._again(positional[names.index(attr)].value)
            else:
                yield from self._spread_field(site, call, key)
        if base.site is None:
            yield from self._replaced(cls, attr)

    def _replaced(self, cls: Class, attr: str) -> Iterator[Value]:
        """``dataclasses.replace(config, attr=…)``"""
        for site in self.copies(cls):
            assert isinstance(site.node, s.Call)
            for arg in site.node.args:
                if arg.keyword == attr:
                    yield from self._again(site.at(arg.value))

    def _modelled(self, cls: Class, attr: str, value: Value) -> Value:
        """A mapping for a field that is a model becomes an object of that model."""
        if not isinstance(value, Fields | Member) or not self.passes_over(cls):
            return value
        for stmt in cls.node.body.body:
            target = stmt.targets[0] if isinstance(stmt, s.Assign) and stmt.annotation else None
            if (
                isinstance(stmt, s.Assign)
                and stmt.annotation
                and isinstance(target, s.Name)
                and target.id == attr
            ):
                kinds = self._again(Site(cls.module, stmt.annotation))
                if len(kinds) == 1 and isinstance(kinds[0], Class) and self.passes_over(kinds[0]):
                    return Instance(kinds[0], mapping=value)
        return value

    def _spread_field(self, site: Site, call: s.Call, attr: str) -> Iterator[Value]:
        """``Config(**yaml.safe_load(stream))``"""
        made = self._made_of(site, call)
        is_text = made is not None and s.last_name(call.func) in _FROM_JSON
        read = tuple(self._document(site, call, "json")) if is_text else ()
        given = (made,) if made is not None else (arg for arg in call.args if arg.star == "**")
        for base in read or (value for arg in given for value in self._again(site.at(arg.value))):
            yield from self.item(base, Text((Lit(attr, site),)), site)

    def _made_of(self, site: Site, call: s.Call) -> s.Arg | None:
        """The one mapping of which a call makes an object: ``Config.from_dict(raw)``."""
        builder = self.builder(site)
        if builder is not None:
            return argument_of(call, builder.mapping)
        maker = isinstance(call.func, s.Attribute) and call.func.attr in self.rules.values.makers
        return call.args[0] if maker and call.args else None

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

    def mro(self, cls: Class) -> list[Class]:
        """``cls`` and its bases of the project, nearest first."""
        if not cls.node.bases:
            return [cls]
        if cls in self._mro_of:  # a class whose base goes by its own name
            self.cut(0)
            return [cls]
        found = self._once(("mro", cls, self._callers), lambda: self._mro(cls))
        return [each for each in found if isinstance(each, Class)]

    def _mro(self, cls: Class) -> tuple[Class, ...]:
        found = [cls]
        self._mro_of.add(cls)
        try:
            for arg in cls.node.bases:
                if arg.keyword is None:
                    for value in self._again(Site(cls.module, _plain(arg.value))):
                        if isinstance(value, Class) and value not in found:
                            found += [c for c in self.mro(value) if c not in found]
        finally:
            self._mro_of.remove(cls)
        return tuple(found)

    def load_bases(self) -> None:
        """Load the modules of the project in which the loaded classes' bases are."""
        for module in self.world:
            for node in module.nodes.get(s.ClassDef, ()):
                assert isinstance(node, s.ClassDef)
                self.mro(Class(module, node))

    def foreign_bases(self, cls: Class) -> list[str]:
        """The names of bases that are not of the project."""
        names = []
        for base in self.mro(cls):
            for arg in base.node.bases:
                if arg.keyword is None:
                    for value in self._again(Site(base.module, _plain(arg.value))):
                        name = name_of(value)
                        if name and name not in ("object", "abc.ABC", "typing.Generic", "typing.Protocol"):
                            names.append(name)
        return names

    def subclasses(self, cls: Class) -> list[Class]:
        """The loaded classes that derive from ``cls``."""
        self._refresh()
        found = self._once(("subclasses", cls, self._callers), lambda: self._subclasses(cls))
        return [each for each in found if isinstance(each, Class)]

    def _subclasses(self, cls: Class) -> tuple[Class, ...]:
        if self._mro_of:  # what a class derives from does not hang on what derives from another
            self.cut(0)
            return ()
        assert self._classes is not None
        return tuple(
            candidate
            for candidates in self._classes.values()
            for candidate in candidates
            if candidate != cls and candidate.node.bases and self.index.related(candidate.module, cls.module)
            if cls in self.mro(candidate)
        )

    def beside(self, cls: Class) -> list[Class]:
        """The other bases of what derives from ``cls``: a mixin calls what stands beside it."""
        self._refresh()
        found = self._once(("beside", cls, self._callers), lambda: self._beside(cls))
        return [each for each in found if isinstance(each, Class)]

    def _beside(self, cls: Class) -> tuple[Class, ...]:
        kinds = {cls, *self.mro(cls)}
        others = dict.fromkeys(other for sub in self._mixing(cls) for other in self.mro(sub)[1:])
        return tuple(other for other in others if other not in kinds and cls not in self.mro(other))

    def _mixing(self, cls: Class) -> Iterator[Class]:
        """What derives from ``cls`` and from others."""
        if self._mro_of:  # as above
            self.cut(0)
            return
        self._refresh()
        assert self._mixed is not None
        for sub in self._mixed:
            if sub != cls and self.index.related(sub.module, cls.module) and cls in self.mro(sub):
                yield sub


def _plain(base: s.Expr) -> s.Expr:
    """``Provider`` of ``class Adobe(Provider[Reply])``"""
    return base.value if isinstance(base, s.Subscript) else base

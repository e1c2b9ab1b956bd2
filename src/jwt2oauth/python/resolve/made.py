"""What an object holds from the time it was made: stored by its methods, or given to its fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from ..facts import syntax as s
from ..facts.values import Class, Context, Fields, Instance, Lit, Member, Site, Text, Value
from .base import Base
from .shared import argument_of, fields_of, members, method_of

_FROM_JSON = frozenset({"model_validate_json", "parse_raw", "from_json"})
"""Methods of models that are given a text: that of a file, perhaps."""


class Made(Base):
    """What an object holds from the time it was made."""

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

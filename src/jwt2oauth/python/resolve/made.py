"""What an object holds from the time it was made: stored by its methods, or given to its fields.

And attributes that an object gets out of a mapping, whatever is in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
        constructed = tuple(self._constructed(cls, attr, base))
        kind = self._kind_of(cls, attr) if constructed else None
        for value in constructed:
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


class Poured(Base):
    """``self.__dict__.update(reply)``, ``for k, v in reply.items(): setattr(self, k, v)``."""

    def _poured(self, cls: Class, attr: str, site: Site) -> Iterator[Value]:
        """What an attribute is that some method of ``cls`` takes out of a mapping."""
        for mapping, prefix in self.pours(cls):
            if not attr.startswith(prefix):
                continue
            key = Text((Lit(attr.removeprefix(prefix), site),))
            for base in self._poured_from(Site(cls.module, mapping)):
                yield from self.item(base, key, site)

    def _poured_from(self, site: Site) -> Iterator[Value]:
        """What is gone through; of ``parser.items("adobe")`` that section."""
        node = site.node
        if isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and node.func.attr == "items":
            for whole in self._again(site.at(node.func.value)):
                for name in self._again(site.at(node.args[0].value)):
                    yield from self.item(whole, name, site)
        else:
            yield from self._again(site)

    def pours(self, cls: Class) -> Sequence[tuple[s.Expr, str]]:
        """The mappings of which methods of ``cls`` make attributes, and what they put before the keys."""
        if not cls.module.holds("setattr") and not cls.module.holds("__dict__"):
            return ()
        found = self._pours.get(cls.node)
        if found is None:
            calls = ((m, n) for m in members(cls).methods for n in s.walk(m) if isinstance(n, s.Call))
            sources = (self._source(cls, method, call) for method, call in calls)
            found = self._pours[cls.node] = [each for each in sources if each is not None]
        return found

    def _source(self, cls: Class, method: s.FuncDef, node: s.Call) -> tuple[s.Expr, str] | None:
        """The mapping, and what is put before its keys."""
        me = method.params[0].name if method.params else ""
        func = node.func
        if isinstance(func, s.Attribute) and func.attr == "update" and len(node.args) == 1:
            arg = node.args[0]
            into = cls.module.snippet(func.value)
            return (arg.value, "") if into in (f"{me}.__dict__", f"vars({me})") else None
        if not isinstance(func, s.Name) or func.id != "setattr" or len(node.args) != 3:
            return None
        target, key, value = (arg.value for arg in node.args)
        loop = next((a for a in cls.module.ancestors(node) if isinstance(a, s.For)), None)
        if loop is None or not (isinstance(target, s.Name) and target.id == me):
            return None
        names = loop.target.items if isinstance(loop.target, s.Sequence) else ()
        pairs = loop.iter.func if isinstance(loop.iter, s.Call) else None
        if len(names) != 2 or not isinstance(pairs, s.Attribute) or pairs.attr != "items":
            return None
        if cls.module.snippet(value) != cls.module.snippet(names[1]):
            return None
        prefix = self._prefix_of(Site(cls.module, key), cls.module.snippet(names[0]))
        assert isinstance(loop.iter, s.Call)
        section = len(loop.iter.args) == 1 and not loop.iter.args[0].star and not loop.iter.args[0].keyword
        mapping = loop.iter if section else pairs.value
        return (mapping, prefix) if prefix is not None else None

    def _prefix_of(self, key: Site, name: str) -> str | None:
        """``_`` in ``"_" + key``, ``f"_{key}"``; empty for the key itself, None for anything else."""
        node, text = key.node, key.module.snippet(key.node)
        if text == name:
            return ""
        if isinstance(node, s.Binary) and node.op == "+" and isinstance(node.left, s.Str):
            return str(node.left.value) if key.module.snippet(node.right) == name else None
        if isinstance(node, s.FString) and text.endswith("{" + name + "}" + node.quote):
            before = text[text.index(node.quote) + len(node.quote) : -len(name) - 2 - len(node.quote)]
            return before if "{" not in before else None
        return None

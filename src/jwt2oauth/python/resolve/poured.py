"""Attributes that an object gets out of a mapping, whatever is in it."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.values import Class, Lit, Site, Text, Value
from .base import Base
from .shared import members


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

    def pours(self, cls: Class) -> Iterator[tuple[s.Expr, str]]:
        """The mappings of which methods of ``cls`` make attributes, and what they put before the keys."""
        if "setattr" not in cls.module.text and "__dict__" not in cls.module.text:
            return
        for method in members(cls).methods:
            for node in s.walk(method):
                found = self._source(cls, method, node) if isinstance(node, s.Call) else None
                if found is not None:
                    yield found

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

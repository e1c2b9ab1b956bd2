"""What carries the metascopes of several credentials to the claims: it can carry their scopes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..records import dataclass
from . import syntax as s
from .answers import replace_in_literal
from .changes import Changes
from .entries import is_python
from .exchange import Exchange
from .forward import Forward
from .roles import Finder
from .scopes import path_of
from .values import Entry, Fields, Instance, Lit, Site, Text


@dataclass(frozen=True, slots=True)
class Carrier:
    """An expression of the claims, and what is written down for it at several places."""

    expression: Site
    """``self.metascope``, or what a loop goes through: ``self.metascopes``."""
    holders: dict[Site, list[str]]
    """A literal, or a tuple or list of literals → the metascopes in it."""
    stores: tuple[s.Node, ...]
    """What stores the attribute: it lives on."""


class Carriers:
    """Finds carriers; one per project."""

    def __init__(self, forward: Forward, finder: Finder) -> None:
        self.forward = forward
        self.finder = finder

    def find(self, exchange: Exchange, at: Site) -> Carrier | None:
        """The carrier of all metascopes, where several credentials share the request at ``at``."""
        expressions: dict[s.Node, Site] = {}
        holders: dict[s.Node, tuple[Site, list[str]]] = {}
        for name, literal in self._literals(exchange):
            found = self._source(literal)
            if literal.text != name or found is None:
                return None
            expression, holder = found
            expressions[expression.node] = expression
            names = holders.setdefault(holder.node, (holder, []))[1]
            if name not in names:
                names.append(name)
        if len(expressions) != 1 or len({tuple(names) for _, names in holders.values()}) < 2:
            return None
        expression = next(iter(expressions.values()))
        if not self._reaches(expression, at) or not self._only_claims(expression):
            return None
        stores = tuple(self._stores(expression))
        return Carrier(expression, dict(holders.values()), stores)

    def sections(self, exchange: Exchange, client: Site) -> list[tuple[Entry, list[str]]]:
        """The client id's entry and the metascopes of each section of a mapping that is written out.

        Empty unless several sections are a credential each, with metascopes that differ.
        """
        literals = self._literals(exchange)
        found: list[tuple[Entry, list[str]]] = []
        for value in self.forward.resolver.resolve(client):
            part = value.parts[0] if isinstance(value, Text) and len(value.parts) == 1 else None
            if not isinstance(part, Lit):
                return []
            item = part.site.module.parents.get(part.site.node)
            section = part.site.module.parents.get(item) if isinstance(item, s.Item) else None
            names = [n for n, lit in literals if section in set(lit.site.module.ancestors(lit.site.node))]
            if not isinstance(section, s.Dict) or item is None or not names or self._is_spread(section):
                return []
            entry = Entry(value, part.site, part.site.at(item))
            found.append((entry, list(dict.fromkeys(names))))
        return found if len({tuple(names) for _, names in found}) > 1 else []

    def _is_spread(self, section: s.Dict) -> bool:
        """``Client(**PROFILE)``: would a new entry be an argument?"""
        resolver = self.forward.resolver
        for call in list(resolver.calls):
            for arg in call.node.args if isinstance(call.node, s.Call) else ():
                values = resolver.resolve(call.at(arg.value)) if arg.star == "**" else ()
                if any(isinstance(v, Fields) and v.site.node is section for v in values):
                    return True
        return False

    def _literals(self, exchange: Exchange) -> list[tuple[str, Lit]]:
        found = []
        for encoding in exchange.encodings:
            for claims in encoding.claims:
                for entry in claims.entries if isinstance(claims, Fields) else ():
                    for name, _ in self.finder.evidence.metascopes((Fields((entry,), encoding.site),)):
                        last = (
                            entry.key.parts[-1] if isinstance(entry.key, Text) and entry.key.parts else None
                        )
                        if isinstance(last, Lit):
                            found.append((name, last))
        return found

    def _source(self, literal: Lit) -> tuple[Site, Site] | None:
        """The expression that brought the literal into the claims, and what holds it where it is written."""
        via, module = literal.via, literal.site.module
        if via is None or not is_python(module):
            return None
        node: s.Node = via.node
        holder: s.Node = literal.site.node
        if isinstance(node, s.Name):
            bound = list(via.module.scopes.bindings_of(node))
            if len(bound) == 1 and bound[0].kind == "iter" and bound[0].value is not None:
                sequence = module.parents.get(holder)  # none for a word that split() found
                if not isinstance(sequence, s.Sequence):
                    return None
                node, holder = bound[0].value, sequence
        if holder not in module.parents:
            return None
        return via.at(node), literal.site.at(holder)

    def _reaches(self, expression: Site, at: Site) -> bool:
        """Does the expression mean the same where the request is?"""
        if expression.module is not at.module or not isinstance(expression.node, s.Attribute):
            return False
        here, there = (p.module.function(p.node) for p in (expression, at))
        root = (path_of(expression.node) or "").split(".")[0]
        if here is None or there is None or not here.params or not there.params:
            return False
        if here is there and self._is_parameter(expression, root):
            return True
        owner = at.module.class_of(there)
        same = owner is not None and at.module.class_of(here) is owner
        return same and root == here.params[0].name == there.params[0].name

    def _is_parameter(self, expression: Site, root: str) -> bool:
        """``account.metascope`` of a parameter that is the same from the first line to the last."""
        function = expression.module.function(expression.node)
        if function is None:
            return False
        bound = expression.module.scopes.inner[function].bindings.get(root, ())
        return len(bound) == 1 and isinstance(bound[0].node, s.Param)

    def _stores(self, expression: Site) -> Iterator[s.Node]:
        """The statements that give the attribute its value, in the classes of its family."""
        resolver, node = self.forward.resolver, expression.node
        assert isinstance(node, s.Attribute)
        classes = [v.cls for v in resolver.resolve(expression.at(node.value)) if isinstance(v, Instance)]
        for cls in dict.fromkeys(c for o in classes for c in (*resolver.mro(o), *resolver.subclasses(o))):
            scopes = cls.module.scopes
            yield from (b.node for b in scopes.inner[cls.node].bindings.get(node.attr, ()))
            for method in cls.node.body.body:
                if isinstance(method, s.FuncDef) and method.params:
                    path = f"{method.params[0].name}.{node.attr}"
                    yield from (b.node for b in scopes.inner[method].bindings.get(path, ()))

    def _only_claims(self, expression: Site) -> bool:
        """Is the attribute read for the claims alone?"""
        node = expression.node
        assert isinstance(node, s.Attribute)
        function = expression.module.function(node)
        loads = self.forward.attribute_loads(expression.module, node)
        return all(load.module.function(load.node) is function for load in loads)


def carry(carrier: Carrier, changes: Changes, scopes: Callable[[list[str]], str | None]) -> str | None:
    """Write the scopes where the metascopes are; gives what to ask for, or None if one is unknown."""
    texts = {holder: scopes(names) for holder, names in carrier.holders.items()}
    if not all(texts.values()):
        return None
    for holder, text in texts.items():
        module, node = holder.module, holder.node
        if isinstance(node, s.Str) and text is not None:
            replace_in_literal(changes, holder, str(node.value), text)
        else:
            quote = module.quote()
            changes.replace(module, node, f"{quote}{text}{quote}")
    changes.kept.update(carrier.stores)
    return carrier.expression.module.snippet(carrier.expression.node)

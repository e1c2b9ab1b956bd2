"""What carries the metascopes of several credentials to the claims: it can carry their scopes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from ...paths import is_program
from ...records import dataclass
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding, path_of
from ..facts.values import Entry, Fields, Instance, Lit, Param, Site, Text
from ..following.forward import Forward
from ..roles.exchange import Exchange
from ..roles.finder import Finder
from ..writing.answers import replace_in_literal
from ..writing.changes import Changes
from .setting import Setting


@dataclass(frozen=True, slots=True)
class Carrier:
    """An expression of the claims, and what is written down for it at several places."""

    expression: Site
    """``self.metascope``, or what a loop goes through: ``self.metascopes``."""
    shown: str
    """The same as it is written where the request is."""
    holders: dict[Site, list[str]]
    """A literal, or a tuple or list of literals → the metascopes in it."""
    stores: tuple[s.Node, ...]
    """What stores the attribute: it lives on."""
    declared: tuple[tuple[Module, s.Assign | s.Param], ...]
    """Where the attribute's type is declared, or that of the parameter that fills it."""


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
        shown = self._seen_from(expression, at)
        if shown is None or not self._only_claims(expression):
            return None
        stores = tuple(self._stores(expression))
        return Carrier(expression, shown, dict(holders.values()), stores, tuple(self._declared(expression)))

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

    def are_apart(self, exchange: Exchange, client: Site) -> bool:
        """Say whether several sections or files have a client id and metascopes of their own each."""
        clients = {
            part.site.module.parents.get(part.site.module.parents.get(part.site.node, part.site.node))
            for each in self.forward.resolver.resolve(client)
            for part in (each.parts if isinstance(each, Text) else ())
        }
        found: dict[s.Node, set[str]] = {}
        for name, literal in self._literals(exchange):
            above = literal.site.module.ancestors(literal.site.node)
            section = next((node for node in above if isinstance(node, s.Dict)), None)
            if section in clients and section is not None:
                found.setdefault(section, set()).add(name)
        return len({frozenset(names) for names in found.values()}) > 1

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
        is_test = self.forward.resolver.is_test
        return [(name, lit) for name, lit in found if not is_test(lit.site.module)] or found

    def _source(self, literal: Lit) -> tuple[Site, Site] | None:
        """The expression that brought the literal into the claims, and what holds it where it is written."""
        via, module = literal.via, literal.site.module
        if via is None:
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
        if holder not in module.parents or not can_hold(literal.site.at(holder)):
            return None
        return via.at(node), literal.site.at(holder)

    def _seen_from(self, expression: Site, at: Site) -> str | None:
        """How the request at ``at`` writes what the expression means; None if it cannot."""
        if not isinstance(expression.node, s.Attribute):
            return None
        here, there = (p.module.function(p.node) for p in (expression, at))
        path = path_of(expression.node) or ""
        root = path.split(".")[0]
        if here is None or there is None or not here.params or not there.params:
            return None
        written = expression.module.snippet(expression.node)
        if expression.module is at.module and here is there and self._is_parameter(expression, root):
            return written
        owner = at.module.class_of(there)
        same = owner is not None and at.module.class_of(here) is owner
        if expression.module is at.module and same and root == here.params[0].name == there.params[0].name:
            return written
        handed = self._handed_in(expression, here, root, at, there)
        return handed + written.removeprefix(root) if handed is not None else None

    def _handed_in(
        self, expression: Site, here: s.FuncDef, root: str, at: Site, there: s.FuncDef
    ) -> str | None:
        """``account``, where the request's function calls ``assertion(account)``, which signs."""
        resolver, module = self.forward.resolver, expression.module
        param = next((p for p in here.params if p.name == root), None)
        if param is None or not self._is_parameter(expression, root):
            return None
        calls = [
            call
            for call in resolver.callers(module, here)
            if call.module is at.module and at.module.function(call.node) is there
        ]
        given = [a for c in calls for a in resolver.arguments(Param(here, param, Site(module, param)), c)]
        if len(given) != 1 or given[0].module is not at.module:
            return None
        path = path_of(given[0].node) if isinstance(given[0].node, s.Expr) else None
        start = (path or "").split(".")[0]
        bound = at.module.scopes.inner[there].bindings.get(start, ())
        return path if len(bound) == 1 and isinstance(bound[0].node, s.Param) else None

    def _is_parameter(self, expression: Site, root: str) -> bool:
        """``account.metascope`` of a parameter that is the same from the first line to the last."""
        function = expression.module.function(expression.node)
        if function is None:
            return False
        bound = expression.module.scopes.inner[function].bindings.get(root, ())
        return len(bound) == 1 and isinstance(bound[0].node, s.Param)

    def _stores(self, expression: Site) -> Iterator[s.Node]:
        """The statements that give the attribute its value, in the classes of its family."""
        yield from (binding.node for _, binding in self._bound(expression))

    def _declared(self, expression: Site) -> Iterator[tuple[Module, s.Assign | s.Param]]:
        for module, binding in self._bound(expression):
            if not isinstance(binding.node, s.Assign):
                continue
            if binding.scope.is_class:
                yield module, binding.node
            elif isinstance(binding.value, s.Name):
                params = (b.node for b in module.scopes.bindings_of(binding.value))
                yield from ((module, param) for param in params if isinstance(param, s.Param))

    def _bound(self, expression: Site) -> Iterator[tuple[Module, Binding]]:
        resolver, node = self.forward.resolver, expression.node
        assert isinstance(node, s.Attribute)
        classes = [v.cls for v in resolver.resolve(expression.at(node.value)) if isinstance(v, Instance)]
        for cls in dict.fromkeys(c for o in classes for c in (*resolver.mro(o), *resolver.subclasses(o))):
            scopes = cls.module.scopes
            yield from ((cls.module, b) for b in scopes.inner[cls.node].bindings.get(node.attr, ()))
            for method in cls.node.body.body:
                if isinstance(method, s.FuncDef) and method.params:
                    path = f"{method.params[0].name}.{node.attr}"
                    yield from ((cls.module, b) for b in scopes.inner[method].bindings.get(path, ()))

    def _only_claims(self, expression: Site) -> bool:
        """Is the attribute read for the claims alone?"""
        node = expression.node
        assert isinstance(node, s.Attribute)
        function = expression.module.function(node)
        loads = self.forward.attribute_loads(expression.module, node)
        return all(load.module.function(load.node) is function for load in loads)


def can_hold(value: Site) -> bool:
    """Can a text with commas take the place of this value, of a program or a configuration file?"""
    module, node = value.module, value.node
    first = module.text[node.span.start : node.span.start + 1]
    return is_program(module.path) or first == "[" or (isinstance(node, s.Str) and first in ("'", '"'))


def carry(carrier: Carrier, changes: Changes, asked: Mapping[Site, Setting]) -> None:
    """Write the scopes where the metascopes are: a text, or what asks for it."""
    for holder, setting in asked.items():
        module, node = holder.module, holder.node
        if setting.value and isinstance(node, s.Str):
            replace_in_literal(changes, holder, str(node.value), setting.value)
        elif setting.value:
            quote = module.quote() if is_program(module.path) else '"'
            changes.replace(module, node, f"{quote}{setting.value}{quote}")
        else:
            changes.replace(module, node, "".join(p for p in setting.template if isinstance(p, str)))
    changes.kept.update(carrier.stores)
    if any(isinstance(holder.node, s.Sequence) for holder in asked):
        written = {holder.node for holder in asked}
        for module, declaration in carrier.declared:
            _as_text(changes, module, declaration, written)


def _as_text(
    changes: Changes, module: Module, declared: s.Assign | s.Param, written: AbstractSet[s.Node]
) -> None:
    """``metascopes: list[str] = field(default_factory=list)`` says that it is a text.

    What is ``written`` there is one by now.
    """
    quote = module.quote()
    default = declared.value if isinstance(declared, s.Assign) else declared.default
    if declared.annotation is not None:
        changes.replace(module, declared.annotation, "str")
    if default is None or not written.isdisjoint(s.walk(default)):
        return
    if isinstance(default, s.Call) or (isinstance(default, s.Sequence) and not default.items):
        changes.replace(module, default, f"{quote}{quote}")

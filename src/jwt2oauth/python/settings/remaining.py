"""The scopes of the request that remains where the JWT side of a choice goes: what it reads must be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...paths import is_program
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import path_of
from ..facts.values import Class, Constant, Environ, Fields, Member, Site, Text, Unknown
from ..resolve import Resolver
from ..roles.exchange import Exchange
from ..writing.answers import NoAnswer
from ..writing.changes import Changes
from .entries import add_to_document
from .metascopes import scopes_todo
from .setting import Setting
from .wanted_scopes import Answer, Wanted


class Remaining:
    """Answers for exchanges that go; one per planner."""

    def __init__(self, resolver: Resolver, wanted: Wanted, rules: Rules) -> None:
        self.resolver = resolver
        self.wanted = wanted
        self.field = rules.provider.fields.scope

    def answer(self, exchange: Exchange, grant: Site, changes: Changes) -> Answer | None:
        """Give the configuration the scopes for the request at ``grant``; None where nothing is missing.

        Raises ``NoAnswer``: ``scopes-missing`` where the logins that had metascopes leave the scopes empty.
        """
        site = self._asked(grant)
        values = self.resolver.resolve(site) if site is not None else ()
        if site is None or any(isinstance(v, Text) and v.fold("?") for v in values):
            self._check_empty(values)
            return None
        default, origins = self.wanted.scopes_for(exchange)
        made = self._variable(site, exchange, default) or self._entry(site, exchange, default, changes)
        return Answer(made, [], [scopes_todo(default, origins, made)], []) if made is not None else None

    def _check_empty(self, values: Iterable[object]) -> None:
        """Some objects bring scopes: those that leave ``scopes: str | None = None`` would ask for none."""
        for value in values:
            if isinstance(value, Constant) and value.value is None and self._is_left(value.site):
                raise NoAnswer("scopes-missing", value.site)

    def _is_left(self, default: Site) -> bool:
        """Does nothing else count where an object is made? A default does not, if all are given another."""
        module, field = default.module, default.module.parents[default.node]
        owner = next((a for a in module.ancestors(default.node) if isinstance(a, s.ClassDef)), None)
        target = field.targets[0] if isinstance(field, s.Assign) else None
        name = target.id if isinstance(target, s.Name) else field.name if isinstance(field, s.Param) else ""
        if owner is None or not name:
            return True
        made = [call.node for call in self.resolver.constructions(Class(module, owner))]
        given = [{arg.keyword for arg in call.args} for call in made if isinstance(call, s.Call)]
        return not given or not all(name in keywords for keywords in given)

    def _asked(self, grant: Site) -> Site | None:
        """What stands as the scopes beside ``grant_type``."""
        around = grant.module.parents[grant.node]
        if isinstance(around, s.Assign):
            return self._stored(grant.at(around))
        whole = grant.module.parents[around]
        for key, value in _entries(whole):
            if key == self.field or (isinstance(key, s.Node) and self._is_scope(grant.module, key)):
                return grant.at(value)
        return self._apart(grant)

    def _is_scope(self, module: Module, key: s.Node) -> bool:
        return self.resolver.spelled(module, key) == self.field

    def _apart(self, grant: Site) -> Site | None:
        """``form.update({"scope": …})``, ``{…} | {"scope": …}``: the only one in the function."""
        module = grant.module
        function = module.function(grant.node)
        entries = [
            node.value
            for node in module.each(s.Item)
            if node.key is not None and self._is_scope(module, node.key)
            if function is not None and module.function(node) is function
        ]
        return grant.at(entries[0]) if len(entries) == 1 else None

    def _stored(self, grant: Site) -> Site | None:
        """``form["scope"] = …`` beside ``form["grant_type"] = …``"""
        module, own = grant.module, _target(grant.node)
        for stmt in module.each(s.Assign) if own is not None else ():
            other = _target(stmt)
            if own is None or other is None or module.function(stmt) is not module.function(grant.node):
                continue
            same = path_of(other.value) is not None and path_of(other.value) == path_of(own.value)
            if same and self.resolver.spelled(module, other.index) == self.field:
                assert stmt.value is not None
                return grant.at(stmt.value)
        return None

    def _variable(self, site: Site, exchange: Exchange, default: str | None) -> Setting | None:
        for value in self.resolver.resolve(site):
            if isinstance(value, Environ) and value.default is None:
                where = f"the environment variable {value.name}"
                siblings = [v.name for v in self._clients(exchange) if isinstance(v, Environ)]
                return Setting((), where, value.name, (siblings or [""])[0], default or "", required=True)
        return None

    def _clients(self, exchange: Exchange) -> Iterator[object]:
        for client in self.wanted.client_ids(exchange):
            yield from self.resolver.resolve(client)

    def _entry(self, site: Site, exchange: Exchange, default: str | None, changes: Changes) -> Setting | None:
        """A key that the file with the client id has not yet, however it comes to be ``cfg["scopes"]``."""
        clients = {*_written(self._clients(exchange))}
        for mapping, name in self._looked_up(site):
            for entry in mapping.entries:
                if is_program(entry.site.module.path) or entry.value is None:
                    continue
                if clients.intersection(_written(self.resolver.resolve(entry.value))):
                    if default is not None:
                        add_to_document(changes, entry.site, name, default)
                    return Setting((), f'"{name}" in {entry.site.module.path}')
        return None

    def _looked_up(self, site: Site) -> Iterator[tuple[Fields, str]]:
        """The mappings that are asked for the value at ``site`` and have none, with the name."""
        for value in self.resolver.resolve(site):
            if isinstance(value, Member) and isinstance(value.base, Fields):
                yield value.base, value.key
            elif isinstance(value, Unknown) and isinstance(value.site.node, s.Subscript):
                node = value.site.node
                name = self.resolver.spelled(value.site.module, node.index)
                for base in self.resolver.resolve(value.site.at(node.value)):
                    if isinstance(base, Fields) and name is not None:
                        yield base, name


def _written(values: Iterable[object]) -> Iterator[s.Node]:
    """The texts of which the values are made."""
    for value in values:
        if isinstance(value, Text):
            yield from (part.site.node for part in value.parts)


def _target(stmt: s.Node) -> s.Subscript | None:
    """``form["scope"]`` in ``form["scope"] = …``"""
    target = stmt.targets[0] if isinstance(stmt, s.Assign) and stmt.value is not None else None
    return target if isinstance(target, s.Subscript) else None


def _entries(mapping: s.Node) -> Iterator[tuple[s.Node | str, s.Expr]]:
    """Keys and values of ``{key: value}``, ``dict(key=value)`` and ``[(key, value)]``."""
    if isinstance(mapping, s.Dict):
        yield from ((item.key, item.value) for item in mapping.items if item.key is not None)
    elif isinstance(mapping, s.Call):
        yield from ((arg.keyword, arg.value) for arg in mapping.args if arg.keyword is not None)
    elif isinstance(mapping, s.Sequence):
        pairs = (item for item in mapping.items if isinstance(item, s.Sequence) and len(item.items) == 2)
        yield from ((pair.items[0], pair.items[1]) for pair in pairs)

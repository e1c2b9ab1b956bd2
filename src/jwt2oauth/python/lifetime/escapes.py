"""Libraries that are handed the lifetime, or the reply that holds it, and that may hand it out again.

A queue, a database, a cache, a file that is no configuration: what is put there is read back somewhere else,
on no way that could be followed. A conversion of what comes out of the same library may be the lifetime's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Arithmetic,
    Environ,
    Fields,
    Gap,
    Instance,
    Items,
    Lib,
    Member,
    Result,
    Site,
    Text,
    Value,
    chain,
    name_of,
    text_of,
)
from ..following.effects import Effects
from ..following.forward import Forward, Use, uses_of
from ..resolve import Resolver, is_constant
from ..roles.exchange import Exchange
from ..roles.replies import ReplyReader
from .unit_names import UNIT

UNKNOWN = "?"
"""What nothing is known of: ``Token.objects.create(…)``, which a base class brings along."""
_HOLDERS = (
    *(s.Sequence, s.Item, s.Dict, s.Starred, s.Choice, s.FString, s.Hole, s.Joined, s.Lambda, s.Await),
    s.Comprehension,
)
"""What holds a value as one of its parts."""
_MAKERS = frozenset(
    {"dumps", "str", "repr", "int", "float", "dict", "tuple", "list", "copy", "encode", "format", "join"}
)
"""Calls whose results hold what they are given."""
WHOLE = frozenset({"items", "values"})
"""Methods of a reply that give all that is in it."""

_TABLE = re.compile(r"(?i)\b(?:into|update|table) +[`\"\[]?(\w+)")
"""What a query fills, see ``Escapes.readers``."""
_SHORT = 2
_WRITERS = frozenset({"write", "writelines", "write_text", "write_bytes"})
_FILES = ("open", "pathlib", "io")
"""What is written by one of them may be read by another."""


class Escapes:
    """Follows what leaves the project; one per planner."""

    def __init__(self, reader: ReplyReader, forward: Forward, effects: Effects, field: str) -> None:
        self.reader = reader
        self.forward = forward
        self.resolver = forward.resolver
        self.effects = effects
        self.field = field

    def libraries(self, exchange: Exchange, given: Iterable[Site] = ()) -> frozenset[str]:
        """The libraries that may give back the lifetime as it came, by their first names.

        What is made of ``given`` is in milliseconds as it was before.
        """
        return frozenset().union(*(libraries for _, libraries in self._given_to(exchange, given)))

    def _given_to(self, exchange: Exchange, given: Iterable[Site]) -> Iterator[tuple[Site, set[str]]]:
        """Where the lifetime is given to libraries, each time with those."""
        seen = {site.node for site in given}
        stack = list(self._starts(exchange))
        while stack:
            site = stack.pop()
            if site.node not in seen:
                seen.add(site.node)
                found: set[str] = set()
                stack += self.onward(site, found)
                if found:
                    yield site, found

    def readers(self, exchange: Exchange, given: Iterable[Site] = ()) -> list[Module]:
        """Other programs that may read it back: they use such a library, and a name by which it was put.

        A file, a key, a table of a database. Loads them.
        """
        found: dict[Module, None] = {}
        for site, libraries in self._given_to(exchange, given):
            named = b"|".join(re.escape(name).encode() for name in sorted(libraries - {UNKNOWN, "os"}))
            if not named:
                continue
            form = rb"\A(?s:(?=.*\b(?:%s)\b).*\b%%s\b)" % named
            for word in dict.fromkeys(self._names_at(site)):
                loaded, _ = self.resolver.index.mentioning(word, site.module.path, form)
                found |= dict.fromkeys(module for module in loaded if not self.resolver.is_test(module))
        return [*found]

    def _names_at(self, site: Site) -> Iterator[str]:
        """By which names something is put there: the texts in the statement, and where its file is opened."""
        module, stmt = site.module, site.module.statement(site.node)
        around = [each for each in module.ancestors(stmt) if isinstance(each, s.With)][:1]
        parts = [stmt, *(item.value for each in around for item in each.items)]
        for node in (node for part in parts for node in s.walk(part) if isinstance(node, s.Str | s.Name)):
            known = isinstance(node, s.Str) or is_constant(node)
            for value in self.resolver.resolve(Site(module, node, site.ctx)) if known else ():
                said = text_of(value) or ""
                table = _TABLE.search(said)
                name = table[1] if table else said
                if len(name) > _SHORT and not re.search(r"\s", name):
                    yield name

    def _starts(self, exchange: Exchange) -> Iterator[Site]:
        """Each reading of the lifetime, and the reply as a whole."""
        yield from self.reader.read(exchange).tokens
        yield from self.bodies(exchange)
        yield from self.lifetimes(exchange)

    def bodies(self, exchange: Exchange) -> Iterator[Site]:
        """Each use of the reply's text, or of the response, in which somebody may look for the lifetime."""
        for site in self.reader.read(exchange).bodies:
            around = (a for a in site.module.ancestors(site.node) if isinstance(a, s.Call))
            taker = next(around, None)
            shown = taker is not None and self.effects.is_log(site.module, taker)
            if not self.resolver.is_test(site.module) and not shown:
                yield site

    def searched(self, exchange: Exchange) -> Iterator[Use]:
        """Each search for the lifetime in the reply's text: ``re.search('"expires_in": (.*)', r.text)``"""
        for site in self.bodies(exchange):
            texts = (node for node in s.walk(site.module.statement(site.node)) if isinstance(node, s.Str))
            if any(self.field in str(text.value) for text in texts):
                yield Use(site.module, site.node, site.module.parents[site.node])

    def lifetimes(self, exchange: Exchange) -> Iterator[Site]:
        """Each reading of the lifetime."""
        for use, name in self.reader.fields_used(self.reader.read(exchange).tokens):
            if name == self.field and not self.resolver.is_test(use.module):
                taken = use.module.parents[use.parent] if isinstance(use.parent, s.Attribute) else use.parent
                yield Site(use.module, taken)

    def whole(self, exchange: Exchange) -> Iterator[Use]:
        """Each use of the reply that may be one of all that is in it."""
        for token in self.reader.read(exchange).tokens:
            yield from (use for use in self.forward.uses(token) if not self.resolver.is_test(use.module))

    def onward(self, site: Site, found: set[str]) -> Iterator[Site]:
        """Where the value goes from ``site``; ``found`` gets the library that it is given to."""
        module, node = site.module, site.node
        parent = module.parents[node]
        if isinstance(parent, s.Assign) and node is parent.value:
            for target in parent.targets:
                yield from self._stored(module, parent, target, found)
        for other, onward in self.forward.onward(module, node, parent) or ():
            yield Site(other, onward)
        if isinstance(parent, s.Return):
            found.update(self._called_by(module, parent))
        function = module.function(parent) if isinstance(parent, s.Yield) else None
        if function is not None:
            yield from self.forward.entries(module, function)
        if isinstance(parent, _HOLDERS) or (isinstance(parent, s.Binary) and parent.op in ("+", "-", "%")):
            yield Site(module, parent)
        call = module.call_of(parent)
        if call is not None:
            assert isinstance(parent, s.Arg)
            yield from self._poured(module, call, parent)
            yield from self._handed(module, call, found)
        method = module.parents.get(parent) if isinstance(parent, s.Attribute) else None
        if isinstance(method, s.Call) and isinstance(parent, s.Attribute) and parent.attr in _MAKERS | WHOLE:
            yield Site(module, method)
        if isinstance(parent, s.For | s.Clause) and parent.iter is node:
            yield from bound_by(module, parent, parent.target)

    def _called_by(self, module: Module, node: s.Return) -> Iterator[str]:
        """The libraries that are handed the function, and so get what it gives: ``pool.map(login, ids)``."""
        function = module.function(node)
        scope = module.scope(function) if function is not None else None
        for binding in scope.bindings.get(function.name, ()) if scope is not None and function else ():
            for use in module.uses.get(binding, ()) if binding.node is function else ():
                call = module.call_given(use)
                if call is not None:
                    yield from (UNKNOWN, *_tops(self.resolver.resolve(Site(module, call.func))))

    def _poured(self, module: Module, call: s.Call, arg: s.Arg) -> Iterator[Site]:
        """``write(expires_in=…)`` of a function of the project's own that takes ``**values``: their uses."""
        for callee in self.resolver.callees(Site(module, call)) if arg.keyword else ():
            if self.forward.param_of(callee, call, arg) is not None:
                continue
            scope = callee.module.scopes.inner[callee.node]
            for param in (each for each in callee.node.params if each.kind == "**"):
                bound = (b for b in scope.bindings.get(param.name, ()) if b.node is param)
                yield from (Site(callee.module, use) for b in bound for use in uses_of(callee.module, b))

    def _handed(self, module: Module, call: s.Call, found: set[str]) -> Iterator[Site]:
        func = call.func
        last = s.last_name(func)
        file = next((arg for arg in call.args if arg.keyword == "file"), None)
        if file is not None and last == "print":
            files = self.resolver.resolve(Site(module, file.value))
            found.update(_top(name) for name in map(name_of, files) if name is not None)
        elif last == "setattr":
            found.add(UNKNOWN)
        elif last in _MAKERS:
            yield Site(module, call)
        elif not self.effects.is_log(module, call) and not self.effects.harmless_call(module, call):
            callees = self.resolver.resolve(Site(module, func))
            found.update(_tops(callees) if callees else (UNKNOWN,))
            if last in _WRITERS and not self._is_followed_by_keys(module, call):
                found.update(_FILES)
            found.update(self._inherited(callees))

    def _is_followed_by_keys(self, module: Module, call: s.Call) -> bool:
        """``path.write_text(json.dumps(reply))``: see ``Units.written``."""
        given = [v for arg in call.args for v in self.resolver.resolve(Site(module, arg.value))]
        return any(isinstance(v, Fields) or _top(name_of(v) or "") in ("json", "yaml") for v in given)

    def _inherited(self, callees: Iterable[Value]) -> Iterator[str]:
        """``TokenSchema().load(reply)``: the libraries whose method an object of the project's class has."""
        for callee in callees:
            if isinstance(callee, Member) and isinstance(callee.base, Instance):
                yield from (
                    _top(base) for base in self.resolver.foreign_bases(callee.base.cls) if "." in base
                )

    def _stored(self, module: Module, stmt: s.Assign, target: s.Expr, found: set[str]) -> Iterator[Site]:
        """``rows["adobe"] = (token, lifetime)``, ``local.reply = reply``, ``os.environ["TTL"] = lifetime``"""
        if not isinstance(target, s.Subscript | s.Attribute):
            return
        values = self.resolver.resolve(Site(module, target.value))
        if isinstance(target, s.Subscript):
            yield from self.forward.loads_after(Site(module, stmt), target.value)
            found.update({"os"} if s.last_name(target.value) == "environ" else ())
        found.update(_tops(v for v in values if isinstance(v, Result | Lib)))


def bound_by(module: Module, binder: s.Node, target: s.Expr) -> Iterator[Site]:
    """Where the names of a target are read."""
    names = {node.id for node in s.walk(target) if isinstance(node, s.Name)}
    return named_by(module, binder, names)


def named_by(module: Module, binder: s.Node, names: set[str]) -> Iterator[Site]:
    for name in names:
        for node in module.names.get(name, ()):
            if any(b.node is binder for b in module.scopes.bindings_of(node)):
                yield Site(module, node)


def says_unit(resolver: Resolver, module: Module, arg: s.Arg, libraries: frozenset[str]) -> bool:
    """``fields.TimeDelta(precision="milliseconds")``: is one of ``libraries`` told that numbers are such?"""
    call = module.parents[arg]
    said = str(arg.value.value) if isinstance(arg.value, s.Str) else ""
    if not UNIT.fullmatch(said) or not isinstance(call, s.Call):
        return False
    return not libraries.isdisjoint(_tops(resolver.resolve(Site(module, call.func))))


def comes_from(values: Iterable[Value], libraries: frozenset[str]) -> bool:
    """May one of ``values`` have come out of one of these libraries?"""
    return any(
        (isinstance(inner, Result | Lib) and _top(inner.name) in libraries)
        or (isinstance(inner, Environ) and "os" in libraries)
        for value in values
        for inner in _within(value)
    )


def _within(value: Value) -> Iterator[Value]:
    if isinstance(value, Arithmetic):
        yield from _within(value.left)
        yield from _within(value.right)
    elif isinstance(value, Text):
        for part in value.parts:
            yield from _within(part.value) if isinstance(part, Gap) else ()
    elif not isinstance(value, Fields | Items):
        yield from chain(value)


def _tops(values: Iterable[Value]) -> Iterator[str]:
    """First names. What is read from JSON and its like is followed by its keys, see ``Units.written``."""
    for name in map(name_of, values):
        if name is not None and "." in name and _top(name) not in ("json", "yaml"):
            yield _top(name)


def _top(name: str) -> str:
    return name.partition(".")[0].partition("()")[0]

"""Replies that a project's tests put in the place of IMS's own, and the lifetimes in them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import field

from ...records import dataclass
from ...rules.tables import Rules
from ...rules.values import MockCall, MockLibrary
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Class,
    Closure,
    Constant,
    Fields,
    Function,
    Instance,
    Items,
    Lit,
    Result,
    Site,
    Text,
    Value,
    name_of,
    text_of,
)
from ..request.address import Address
from ..resolve import Resolver, argument_of
from .checks import is_error
from .places import is_automatic

DEPTH = 6
"""Mappings in mappings, calls in calls."""


@dataclass(slots=True)
class Reply:
    """What a test answers: where its lifetime stands, and whether it is a refusal."""

    site: Site
    lifetimes: list[Site] = field(default_factory=list)
    """Expressions, or literals of JSON, that give the lifetime."""
    mappings: list[s.Node] = field(default_factory=list)
    tokens: int = 0
    """Mappings with a token in them."""
    refused: bool = False
    raises: bool = False
    """No reply comes: ``exc=requests.ConnectTimeout``."""


@dataclass(frozen=True, slots=True)
class Mock:
    """A call that puts a reply at an address; ``ours`` is None where the address is not known."""

    site: Site
    library: MockLibrary
    urls: tuple[Text, ...]
    ours: bool | None


class Mocks:
    """Finds and reads mocks; one per project."""

    def __init__(self, resolver: Resolver, rules: Rules, address: Address) -> None:
        self.resolver = resolver
        self.address = address
        self.token = rules.provider.token_field
        self.lifetime = rules.provider.lifetime_field
        self._calls: dict[str, tuple[MockLibrary, MockCall]] = {
            f"{name}.{method}": (library, call)
            for library in rules.mocks.libraries
            for name in library.objects
            for call in library.calls
            for method in call.methods
        }
        fixtures = [(row.gives.partition(".")[0], row.names) for row in rules.mocks.fixtures]
        self._roots: dict[str, set[str]] = defaultdict(set)
        """Names by which a module has a library: its own, and those of pytest's fixtures → its methods."""
        for name in self._calls:
            root = name.partition(".")[0]
            for known in (root, *(each for gives, names in fixtures if gives == root for each in names)):
                self._roots[known].add(name.rpartition(".")[2])
        self._used: tuple[Sequence[Module], set[str]] = ((), set())
        self._written = re.compile(rf'"{re.escape(self.lifetime)}\\?"\s*:\s*(\d+)')

    def of(self, module: Module) -> list[Mock]:
        """The mocks in ``module``."""
        found = []
        methods = self._methods()
        for node in module.each(s.Call) if methods else ():
            if not isinstance(node.func, s.Attribute | s.Name) or s.last_name(node.func) not in methods:
                continue
            site = Site(module, node)
            for value in self.resolver.resolve(site.at(node.func)):
                known = self._calls.get(name_of(value) or "")
                if known is not None:
                    found.append(self._mock(site, node, *known))
                    break
        return found

    def _methods(self) -> set[str]:
        """The methods of the libraries that a loaded module imports or has as a fixture."""
        loaded = self.resolver.index.loaded
        if self._used[0] is not loaded:
            found: set[str] = set()
            for module in (each for each in loaded if not self._roots.keys().isdisjoint(each.words)):
                named = {text.value for text in module.each(s.Str)} | {p.name for p in module.each(s.Param)}
                for stmt in module.each(s.Import, s.ImportFrom):
                    names = (
                        [stmt.module] if isinstance(stmt, s.ImportFrom) else [a.name for a in stmt.aliases]
                    )
                    named |= {name.partition(".")[0] for name in names}
                found |= {each for root in self._roots.keys() & named for each in self._roots[str(root)]}
            self._used = loaded, found
        return self._used[1]

    def of_others(self, tests: Sequence[Module]) -> Iterator[s.FuncDef]:
        """Give the tests that mock somebody else's address and not ours, by fixtures and helpers as well."""
        ours: dict[s.FuncDef | None, set[bool | None]] = {}
        for mock in (mock for module in tests for mock in self.of(module)):
            ours.setdefault(mock.site.module.function(mock.site.node), set()).add(mock.ours)
        for test in (f for module in tests for f in module.each(s.FuncDef) if f.name.startswith("test")):
            named = {n.id for n in s.walk(test) if isinstance(n, s.Name)} | {p.name for p in test.params}
            found = [
                own for f, own in ours.items() if f in (None, test) or f.name in named or is_automatic(f)
            ]
            if found and set().union(*found) == {False}:
                yield test

    def _mock(self, site: Site, node: s.Call, library: MockLibrary, call: MockCall) -> Mock:
        url = argument_of(node, call.url)
        values = list(self._texts(site, url.value)) if url is not None else []
        others = [t for a in node.args if a is not url for t in self._texts(site, a.value)]
        if any(self.address.holds(t.fold()) for t in (*values, *others)):
            return Mock(site, library, tuple(values), True)
        known = [v for v in values if _HOST.match(v.fold()) or (v.known and v.fold().startswith("/"))]
        return Mock(site, library, tuple(values), False if known and len(known) == len(values) else None)

    def _texts(self, site: Site, node: s.Expr) -> Iterator[Text]:
        for value in self.resolver.resolve(site.at(node)):
            if isinstance(value, Text):
                yield value
            elif isinstance(value, Result) and isinstance(value.site.node, s.Call) and value.site.node.args:
                # re.compile("…"), yarl.URL("…")
                for inner in self.resolver.resolve(value.site.at(value.site.node.args[0].value)):
                    if isinstance(inner, Text):
                        yield inner

    # -- the reply ------------------------------------------------------------------------------------

    def reply(self, mock: Mock) -> Reply:
        """What ``mock`` answers, in its own arguments and in what is chained to it."""
        reply = Reply(mock.site)
        for site in self._around(mock.site):
            node = site.node
            if isinstance(node, s.Call):
                for arg in node.args:
                    reply.raises = reply.raises or is_error(arg.value)
                    placed = arg.keyword is None and arg is node.args[0]  # respond(401)
                    may_say = placed or arg.keyword in mock.library.status
                    if may_say and self._is_refusal(site.at(arg.value)):
                        reply.refused = True
                    self._read(site.at(arg.value), reply, DEPTH)
            else:
                self._read(site, reply, DEPTH)
        reply.refused = reply.refused or bool(reply.mappings and not reply.tokens)
        return reply

    def _around(self, site: Site) -> Iterator[Site]:
        """The call, ``.mock(…)`` behind it, ``% reply``, and the same of the name that it is given."""
        module = site.module
        node: s.Node = site.node
        yield site
        while True:
            parent = module.parents.get(node)
            if isinstance(parent, s.Attribute):
                call = module.parents.get(parent)
                if not (isinstance(call, s.Call) and call.func is parent):
                    assign = call
                    if isinstance(assign, s.Assign) and parent in assign.targets and assign.value is not None:
                        yield site.at(assign.value)
                    return
                yield site.at(call)
                node = call
            elif isinstance(parent, s.Binary) and parent.left is node:
                yield site.at(parent.right)
                node = parent
            elif isinstance(parent, s.Assign) and parent.value is node and len(parent.targets) == 1:
                yield from self._of_name(site, parent)
                return
            else:
                return

    def _of_name(self, site: Site, stmt: s.Assign) -> Iterator[Site]:
        module = site.module
        for use in module.uses_of(stmt):
            if isinstance(module.parents.get(use), s.Attribute):
                around = list(self._around(site.at(use)))
                yield from around[1:]

    def _is_refusal(self, site: Site) -> bool:
        return any(
            isinstance(v, Constant) and isinstance(v.value, int) and v.value >= 400
            for v in self.resolver.resolve(site)
        )

    def _read(self, site: Site, reply: Reply, depth: int) -> None:
        for value in self.resolver.resolve(site):
            self._value(value, reply, depth)

    def _value(self, value: Value, reply: Reply, depth: int) -> None:
        if depth <= 0:
            return
        if isinstance(value, Fields):
            self._fields(value, reply, depth)
        elif isinstance(value, Items):
            for inner in value.sites:
                self._read(inner, reply, depth - 1)
        elif isinstance(value, Text):
            self._text(value, reply)
        elif isinstance(value, Result) and isinstance(value.site.node, s.Call):
            self._call(value.site, value.site.node, reply, depth)
        elif isinstance(value, Instance):
            self._instance(value, reply, depth)
        elif isinstance(value, Function):
            self._returned(Site(value.module, value.node.body), reply, depth)
        elif isinstance(value, Closure) and isinstance(value.site.node, s.Lambda):
            self._read(value.site.at(value.site.node.body), reply, depth - 1)

    def _fields(self, value: Fields, reply: Reply, depth: int) -> None:
        names = {text_of(e.key) for e in value.entries}
        if self.token in names or "error" in names:
            reply.mappings.append(value.site.node)
            reply.tokens += self.token in names
        for entry in value.entries:
            if entry.value is None:
                continue
            if text_of(entry.key) == self.lifetime:
                reply.lifetimes.append(entry.value)
            elif self.token not in names:
                self._read(entry.value, reply, depth - 1)

    def _text(self, value: Text, reply: Reply) -> None:
        text = value.fold()
        if f'"{self.token}"' in text or '"error"' in text:
            reply.mappings.append(value.parts[0].site.node)
            reply.tokens += f'"{self.token}"' in text
        for part in value.parts:
            if isinstance(part, Lit) and f'"{self.lifetime}"' in part.text:
                reply.lifetimes.append(part.site)

    def _call(self, site: Site, node: s.Call, reply: Reply, depth: int) -> None:
        """``httpx.Response(200, json=…)``, ``Mock(json=lambda: …)``."""
        for arg in node.args:
            self._read(site.at(arg.value), reply, depth - 1)
        if node.args and self._is_refusal(site.at(node.args[0].value)):
            reply.refused = True
        for arg in node.args:
            if arg.keyword in ("status", "status_code") and self._is_refusal(site.at(arg.value)):
                reply.refused = True

    def _instance(self, value: Instance, reply: Reply, depth: int) -> None:
        """``FakeReply({…})``, or a class whose ``json`` gives the mapping."""
        if value.site is not None and isinstance(value.site.node, s.Call):
            for arg in value.site.node.args:
                self._read(value.site.at(arg.value), reply, depth - 1)
        cls: Class = value.cls
        for stmt in cls.node.body.body:
            if isinstance(stmt, s.FuncDef):
                self._returned(Site(cls.module, stmt.body), reply, depth)

    def _returned(self, body: Site, reply: Reply, depth: int) -> None:
        for node in s.walk(body.node):
            if isinstance(node, s.Return) and node.value is not None:
                self._read(body.at(node.value), reply, depth - 1)

    # -- replies that are at no address -----------------------------------------------------------------

    def written(self, module: Module) -> Iterator[tuple[s.Node, Site]]:
        """Mappings and JSON texts that look like the reply, with the place of their lifetime."""
        for node in module.each(s.Dict, s.Call, s.Binary):
            assert isinstance(node, s.Expr)
            entries = self._entries(module, node)
            if self.lifetime in entries and (self.token in entries or _KIND in entries):
                yield node, Site(module, entries[self.lifetime])
        yield from self._filled(module)
        for literal in module.each(s.Str):
            if isinstance(literal.value, str | bytes):
                text = literal.value if isinstance(literal.value, str) else literal.value.decode("latin-1")
                if f'"{self.token}"' in text and self._written.search(text):
                    yield literal, Site(module, literal)

    def _filled(self, module: Module) -> Iterator[tuple[s.Node, Site]]:
        """``body["access_token"] = …; body["expires_in"] = …`` of one function."""
        filled: dict[tuple[s.Node | None, str], dict[str, s.Assign]] = {}
        for stmt in module.each(s.Assign):
            target = stmt.targets[0]
            if isinstance(target, s.Subscript) and isinstance(target.value, s.Name):
                key = self.resolver.spelled(module, target.index)
                if key is not None and stmt.value is not None:
                    filled.setdefault((module.function(stmt), target.value.id), {})[key] = stmt
        for stmts in filled.values():
            last = stmts.get(self.lifetime)
            if last is not None and last.value is not None and stmts.keys() & {self.token, _KIND}:
                yield last, Site(module, last.value)

    def _entries(self, module: Module, node: s.Expr) -> dict[str, s.Expr]:
        """What stands under known keys: ``{…, **{…}}``, ``{…} | {…}``, ``dict([("key", …)], other=…)``."""
        found: dict[str, s.Expr] = {}
        if isinstance(node, s.Binary) and node.op == "|":
            found = self._entries(module, node.left) | self._entries(module, node.right)
        for item in node.items if isinstance(node, s.Dict) else ():
            if item.key is None:
                found |= self._entries(module, item.value)
            elif (key := self.resolver.spelled(module, item.key)) is not None:
                found[key] = item.value
        for arg in node.args if isinstance(node, s.Call) else ():
            if arg.keyword:
                found[arg.keyword] = arg.value
            for pair in arg.value.items if isinstance(arg.value, s.Sequence) else ():
                parts = pair.items if isinstance(pair, s.Sequence) else ()
                key = self.resolver.spelled(module, parts[0]) if len(parts) == 2 else None
                if key is not None:
                    found[key] = parts[1]
        return found


_KIND = "token_type"
"""What else only a reply has."""
_HOST = re.compile(r"https?://[^/?#\x00]+")

"""Tests that set the client id in the environment set the scopes beside it, where the program needs them.

And what they set that nothing reads any more goes.

And in files of settings that tests write out in a text the scopes get a line of their own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from ...model import Span
from ...records import dataclass
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Scope
from ..facts.values import Site
from ..following.lookups import SETTERS
from ..leftovers.settings import listed
from ..resolve import Resolver
from ..roles.exchange import Exchange
from ..roles.trace import label_of
from ..settings.setting import Setting
from ..writing.answers import indent_of, own_line, separator_at
from ..writing.changes import Changes
from .places import is_automatic, is_conftest_of

SEVERAL = 3
"""Keys of the flow's settings that a mapping has which stands for them in a test."""


class Environment:
    """Adds variables in one plan's changes."""

    def __init__(self, resolver: Resolver, rules: Rules, changes: Changes, scopes: str | None) -> None:
        self.resolver = resolver
        self.rules = rules
        self.scopes = scopes or ",".join(rules.provider.base_scopes)
        """What tests that look at what is posted expect there."""
        self.changes = changes

    def add(self, modules: Iterable[Module], siblings: Sequence[str], setting: Setting) -> bool:
        """Wherever a test sets the first of ``siblings`` that it sets, let it set the variable as well.

        Says whether one does. A mapping that stands for the program's own settings is no environment.
        """
        variable = setting.variable
        beside = setting.beside if setting.entry != variable else ""
        free = [m for m in modules if variable not in m.text and not self._is_set(m, variable)]
        added = [any(self._add(module, sibling, variable, beside) for sibling in siblings) for module in free]
        return any(added)

    def _is_set(self, module: Module, variable: str) -> bool:
        """Has it been added already?"""
        here = (texts for node, texts in self.changes.patched.items() if node in module.parents)
        return any(variable in text for texts in here for _, text in texts)

    # -- for all tests ------------------------------------------------------------------------------

    def for_all(self, modules: Sequence[Module], variables: Iterable[str]) -> tuple[list[str], list[str]]:
        """Let all tests have ``variables``; gives notes and to-dos."""
        notes, todos = [], []
        for variable in dict.fromkeys(variables):
            late = [module.path for module in self.at_import(modules, variable)]
            places = self.everywhere(modules, variable) if not late else ()
            if late:
                todos.append(f"Set {variable} for the tests before they import {listed(late)}.")
            elif places:
                where = ", ".join(label_of(site.module, site.node) for site in places)
                notes.append(f"{variable} is set for the tests ({where}).")
        return notes, todos

    def everywhere(self, modules: Sequence[Module], variable: str) -> list[Site]:
        """Let every test find ``variable`` that may ask for a token; gives where it is set for them.

        For tests that hand in what the request is made of: those set none of its siblings.
        """
        done = {module.path for module in modules if self._is_set_for_all(module, variable)}
        token = self.rules.provider.token_field
        hosts: dict[str, Module] = {}
        for module in modules:
            above = [each for each in modules if is_conftest_of(each.path, {module.path})]
            speaks = any(
                token in each.text for each in (module, *above)
            )  # a server of the conftest's answers
            asks = speaks and any(self._tests(module))
            if asks and done.isdisjoint(each.path for each in (module, *above)):
                free = [each for each in above if self._anchor(each) is not None]
                host = max(free, key=lambda each: len(each.path), default=module)
                hosts[host.path] = host
        places = ((host, self._anchor(host)) for _, host in sorted(hosts.items()))
        return [self._set_for_all(host, anchor, variable) for host, anchor in places if anchor is not None]

    def at_import(self, modules: Sequence[Module], variable: str) -> list[Module]:
        """The programs that ask for ``variable`` as they are imported, for which no test sets it before."""
        if any(self._is_set_for_all(module, variable) for module in modules):
            return []
        asks = re.compile(rf"[\[(][\"']{re.escape(variable)}[\"'][\])]")
        imported = {name for module in modules for name in _imported_first(module)}
        programs = [module for module in self.changes.touched if not self.resolver.is_test(module)]
        if imported.isdisjoint(part for each in programs for part in re.split(r"[/.]", each.path)):
            return []
        return [
            module
            for module in programs
            for node, cuts in self.changes.patched.items()
            if node in module.parents and any(asks.search(text) for _, text in cuts)
            if not any(isinstance(each, s.FuncDef | s.ClassDef) for each in module.ancestors(node))
        ]

    def _tests(self, module: Module) -> Iterator[s.FuncDef]:
        for node in module.each(s.FuncDef):
            is_test = node.name.startswith("test")
            if is_test and not self.changes.is_dead(module, node):
                yield node

    def _is_set_for_all(self, module: Module, variable: str) -> bool:
        """Did the module set it for each test in it, or does it now?"""
        if variable in module.text:
            return True
        texts = ((node, text) for node, cuts in self.changes.patched.items() for _, text in cuts)
        added = [node for node, text in texts if variable in text and node in module.parents]
        return any(self._runs_always(module, node) for node in added)

    def _runs_always(self, module: Module, node: s.Node) -> bool:
        function = module.function(node)
        if function is None:
            loops = (each for each in module.ancestors(node) if isinstance(each, s.For))
            return isinstance(node, s.Stmt) or any(loops) or isinstance(module.statement(node), s.ExprStmt)
        fixture = self.resolver.is_fixture(module, function) and is_automatic(function)
        return fixture or function.name in self.rules.mocks.tests.hooks

    def _anchor(self, module: Module) -> s.Stmt | None:
        """The first of what the module defines that has no comment of its own above it."""
        defined = [
            stmt
            for stmt in module.source.body.body
            if isinstance(stmt, s.FuncDef | s.ClassDef) and stmt not in self.changes.removed
        ]
        free = (stmt for stmt in defined if module.text[: stmt.head.start].endswith(("\n\n", "\r\n\r\n")))
        return next(free, defined[0] if defined else None)

    def _set_for_all(self, module: Module, anchor: s.Stmt, variable: str) -> Site:
        quote = module.quote()
        name, value = (f"{quote}{text}{quote}" for text in (variable, self.scopes))
        bases = (base.value for node in module.each(s.ClassDef) for base in node.bases)
        library = "os" if any(s.last_name(base).endswith("TestCase") for base in bases) else "pytest"
        if library == "os":
            text = f"os.environ[{name}] = {value}\n\n"
        else:
            text = (
                f"@pytest.fixture(autouse=True)\ndef {variable.lower()}(monkeypatch):\n"
                f"    monkeypatch.setenv({name}, {value})\n\n"
            )
        self.changes.insert(module, anchor, text)
        aliases = (a for n in module.each(s.Import) for a in s.children(n) if isinstance(a, s.Alias))
        known = (a for a in aliases if a.name == library and a.asname is None)
        if not any(not self.changes.is_dead(module, alias) for alias in known):
            self.changes.add_import(module, f"import {library}", library, library)
        return Site(module, anchor)

    # -- beside its siblings ------------------------------------------------------------------------

    def _add(self, module: Module, sibling: str, variable: str, beside: str) -> bool:
        apart = {key for keys in self._mappings(module) if beside in keys for key in keys.values()}
        named = [n for n in module.each(s.Str) if n.value == sibling and n not in apart]
        alive = [node for node in named if sibling and not self.changes.is_dead(module, node)]
        added = [self._beside(module, node, variable) for node in alive]
        added.append(self._by_keyword(module, sibling, variable))
        return any(added) or (bool(sibling) and self._by_loop(module, sibling, variable))

    def fill(self, modules: Iterable[Module], setting: Setting, asked: Collection[str]) -> None:
        """Let mappings of tests that stand for the program's settings hold the scopes as well.

        ``asked`` are the keys that the flow asks for: a mapping with several of them stands for its settings.
        """
        fields = self.rules.provider.fields
        others = {fields.assertion, fields.grant_type, self.rules.provider.token_field}
        for module in modules if setting.entry else ():
            self._fill_by_calls(module, setting, asked)
            fill_texts(module, self.changes, setting.beside, setting.entry, self.scopes, asked, SEVERAL)
            for keys in self._mappings(module):
                beside = keys.get(setting.beside)
                if (
                    beside is None
                    or keys.keys() & {*others, setting.entry}
                    or len((keys.keys() | _keys_around(module, beside)) & {*asked}) < SEVERAL
                    or self.changes.is_dead(module, beside)
                ):
                    continue
                if isinstance(beside, s.Str):
                    self._beside(module, beside, setting.entry)
                elif isinstance(beside, s.Arg) and setting.entry.isidentifier():
                    text = f"{setting.entry}={module.quote()}{self.scopes}{module.quote()}"
                    self._next_to(module, beside, text, beside.value.outer.end)

    def lacking(self, modules: Sequence[Module], entry: str, mocking: Sequence[Module]) -> Iterator[str]:
        """Tell of modules that are ``mocking`` Adobe, where none names ``entry`` or was given it."""
        named = re.compile(rf"(?<!\w){re.escape(entry)}(?!\w)")
        if entry and mocking and not any(named.search(m.text) or self._is_set(m, entry) for m in modules):
            paths = ", ".join(module.path for module in mocking)
            yield f'Nothing that the tests hand in has "{entry}", which is asked for now: {paths}.'

    def _mappings(self, module: Module) -> Iterator[dict[str, s.Node]]:
        """The known keys of each mapping that is written out, ``{…}`` or ``dict(…)``, and where they are."""
        for node in module.each(s.Dict):
            yield {str(i.key.value): i.key for i in node.items if isinstance(i.key, s.Str)}
        for call in module.each(s.Call):
            if s.last_name(call.func) == "dict":
                yield {arg.keyword: arg for arg in call.args if arg.keyword is not None}

    def _fill_by_calls(self, module: Module, setting: Setting, asked: Collection[str]) -> None:
        """``app.config.setdefault("CLIENT_ID", "cid")``, and the like for others that the flow asks for."""
        texts = [n for n in module.each(s.Str) if n.value in asked]
        named = [n for n in texts if given_with(module.statement(n), module.parents[n]) is not None]
        if len({node.value for node in named}) < SEVERAL or setting.entry in module.text:
            return
        for node in named:
            if node.value == setting.beside and not self.changes.is_dead(module, node):
                self._beside(module, node, setting.entry)

    def _beside(self, module: Module, node: s.Str, variable: str) -> bool:
        parent = module.parents[node]
        name, value = (f"{node.quote}{text}{node.quote}" for text in (variable, self.scopes))
        if isinstance(parent, s.Item) and parent.key is node:
            return self._next_to(module, parent, f"{name}: {value}", parent.value.outer.end)
        if isinstance(parent, s.Sequence) and is_pair(module, node):
            left, right = ("(", ")") if parent.kind == "tuple" else ("[", "]")
            return self._next_to(module, parent, f"{left}{name}, {value}{right}", parent.outer.end)
        if isinstance(parent, s.Sequence) and is_set_in_loop(module, parent):
            last = _made_of_name(module, parent)
            if last is not None:
                return self._after_loop(module, last, name, value)
            return self._next_to(module, node, name, node.outer.end)
        stmt = module.statement(node)
        given = given_with(stmt, parent)
        if given is not None:
            cuts = [(node.span, name), (given.span, value)]
            return self._repeat(module, stmt, _with(module.text, stmt.span, cuts))
        if isinstance(parent, s.Subscript) and isinstance(stmt, s.Assign) and parent in stmt.targets:
            return self._repeat(module, stmt, f"{module.snippet(parent.value)}[{name}] = {value}")
        return False

    def _after_loop(self, module: Module, stmt: s.ExprStmt, name: str, value: str) -> bool:
        """``for n in NAMES: setenv(n, n.lower())`` sets another text than tests expect to be sent."""
        loop = module.parents[module.parents[stmt]]
        assert isinstance(stmt.value, s.Call)
        assert isinstance(loop, s.Stmt)
        end, start = stmt.span.end, s.head(loop)
        text = f"\n{indent_of(module, start)}{module.snippet(stmt.value.func)}({name}, {value})"
        self.changes.patch(module, stmt, Span(end, end), text)
        return True

    def _by_loop(self, module: Module, sibling: str, variable: str) -> bool:
        """``for name in NAMES: os.environ["ADOBE_" + name] = "x"``: a line of its own behind the loop."""
        quote = module.quote()
        name, value = (f"{quote}{text}{quote}" for text in (variable, self.scopes))
        for loop in module.each(s.For):
            stmt = loop.body.body[0]
            key = _set_in(loop)
            words = {word for text in _texts(module, loop.iter) for word in text.split()}
            if key is None or loop.body.inline or self.changes.is_dead(module, stmt):
                continue
            if sibling not in {prefix + word for prefix in _before(key, loop.target) for word in words}:
                continue
            left = module.text[stmt.span.start : key.outer.start] if isinstance(stmt, s.Assign) else ""
            if isinstance(stmt, s.ExprStmt) and isinstance(stmt.value, s.Call):
                left = f"{module.snippet(stmt.value.func)}("
            line = f"{left}{name}, {value})" if left.endswith("(") else f"{left}{name}] = {value}"
            end = stmt.span.end
            text = f"\n{indent_of(module, s.head(loop))}{line}"
            self.changes.patch(module, stmt, Span(end, end), text)
            return True
        return False

    def _next_to(self, module: Module, node: s.Node, text: str, end: int) -> bool:
        """One more entry below an entry of a list or a mapping, or behind it on its line."""
        start = node.outer.start if isinstance(node, s.Expr) else node.span.start
        self.changes.patch(module, node, Span(end, end), f"{separator_at(module, start)}{text}")
        return True

    def _by_keyword(self, module: Module, sibling: str, variable: str) -> bool:
        """``patch.dict(os.environ, CLIENT_ID="cid")``"""
        found = False
        for node in module.each(s.Arg) if sibling.isidentifier() and variable.isidentifier() else ():
            if is_keyword_of(module, node, sibling) and not self.changes.is_dead(module, node):
                text = f"{variable}={module.quote()}{self.scopes}{module.quote()}"
                found |= self._next_to(module, node, text, node.value.outer.end)
        return found

    def _repeat(self, module: Module, stmt: s.Stmt, text: str) -> bool:
        """The same statement for the new variable, on a line of its own."""
        end, start = stmt.span.end, stmt.span.start
        if not own_line(module, start):
            return False
        self.changes.patch(module, stmt, Span(end, end), "\n" + indent_of(module, start) + text)
        return True


def given_with(stmt: s.Stmt, arg: s.Node) -> s.Expr | None:
    """The value in ``monkeypatch.setenv("CLIENT_ID", "cid")``, ``config.setdefault("CLIENT_ID", "cid")``."""
    call = stmt.value if isinstance(stmt, s.ExprStmt) else None
    if not isinstance(call, s.Call) or not isinstance(arg, s.Arg) or not isinstance(call.func, s.Attribute):
        return None
    behind = call.args[call.args.index(arg) + 1 :] if arg in call.args else ()
    return behind[0].value if call.func.attr in SETTERS and len(behind) == 1 else None


def is_pair(module: Module, name: s.Str) -> bool:
    """``("CLIENT_ID", "cid")`` in a list of its like"""
    pair = module.parents[name]
    is_first = isinstance(pair, s.Sequence) and len(pair.items) == 2 and pair.items[0] is name
    return is_first and isinstance(module.parents[pair], s.Sequence)


def _keys_around(module: Module, key: s.Node) -> set[str]:
    """``ims`` and ``app`` of ``{"ims": {…}, "app": {"id": "cid", …}}``, for the ``key`` ``id``."""
    found: set[str] = set()
    for around in module.ancestors(key):
        if isinstance(around, s.Dict):
            found |= {str(item.key.value) for item in around.items if isinstance(item.key, s.Str)}
        elif not isinstance(around, s.Item):
            break
    return found


def is_keyword_of(module: Module, arg: s.Arg, name: str) -> bool:
    """``patch.dict(os.environ, CLIENT_ID="cid")``, ``environ.update(CLIENT_ID="cid")``

    Or ``override_settings(CLIENT_ID="cid")`` of Django.
    """
    call = module.parents[arg]
    func = call.func if isinstance(call, s.Call) else None
    sets = isinstance(func, s.Attribute) and func.attr in ("dict", "update")
    return arg.keyword == name and (sets or s.last_name(func) in ("override_settings", "modify_settings"))


def is_set_in_loop(module: Module, names: s.Sequence) -> bool:
    """``for name in ("CLIENT_ID", "CLIENT_SECRET"): monkeypatch.setenv(name, "x")``"""
    if not all(isinstance(item, s.Str) for item in names.items):
        return False
    held = module.parents[names]
    places: set[s.Node] = {names}
    if isinstance(held, s.Assign) and held.value is names:
        places |= {use for b in module.scopes.module.every() for use in _uses(module, b, held)}
    loops = [n for n in module.each(s.For) if n.iter in places]
    others = {place for place in places if place is not names} - {loop.iter for loop in loops}
    bodies = [stmt for loop in loops for stmt in loop.body.body]
    calls = [stmt.value for stmt in bodies if isinstance(stmt, s.ExprStmt)]
    return (
        bool(calls)
        and not others
        and len(calls) == len(bodies)
        and all(
            isinstance(c, s.Call) and isinstance(c.func, s.Attribute) and c.func.attr in SETTERS
            for c in calls
        )
    )


def _set_in(loop: s.For) -> s.Expr | None:
    """The name of the variable that the only line of a loop sets."""
    stmt = loop.body.body[0] if len(loop.body.body) == 1 else None
    if isinstance(stmt, s.Assign) and isinstance(target := stmt.targets[0], s.Subscript):
        return target.index
    call = stmt.value if isinstance(stmt, s.ExprStmt) else None
    if isinstance(call, s.Call) and isinstance(call.func, s.Attribute) and len(call.args) > 1:
        return call.args[0].value if call.func.attr in SETTERS else None
    return None


def _before(key: s.Expr, target: s.Expr) -> Iterator[str]:
    """``ADOBE_`` of ``"ADOBE_" + name`` and ``f"ADOBE_{name}"``; nothing of ``name`` itself."""
    name = target.id if isinstance(target, s.Name) else ""
    if name and s.is_named(key, name):
        yield ""
    elif isinstance(key, s.Binary) and isinstance(key.left, s.Str) and s.is_named(key.right, name):
        yield str(key.left.value)
    elif isinstance(key, s.FString) and len(key.parts) == 2:
        first, last = key.parts
        if isinstance(first, s.Str) and isinstance(last, s.Hole) and s.is_named(last.value, name):
            yield str(first.value)


def _texts(module: Module, names: s.Expr) -> Iterator[str]:
    """The texts that a loop goes through, or splits, also by the name of a variable of the module."""
    if isinstance(names, s.Name):
        bound = module.scopes.module.bindings.get(names.id, ())
        stmts = (b.node for b in bound) if len(bound) == 1 else ()
        names = next((n.value for n in stmts if isinstance(n, s.Assign) and n.value), names)
    yield from (str(node.value) for node in s.walk(names) if isinstance(node, s.Str))


def _imported_first(module: Module) -> Iterator[str]:
    """The parts of the names that a module imports before anything in it runs."""
    for stmt in module.source.body.body:
        if isinstance(stmt, s.Import | s.ImportFrom):
            names = [alias.name for alias in s.children(stmt) if isinstance(alias, s.Alias)]
            for name in [*names, stmt.module or ""] if isinstance(stmt, s.ImportFrom) else names:
                yield from filter(None, name.split("."))


def _made_of_name(module: Module, names: s.Sequence) -> s.ExprStmt | None:
    """The only line of the only loop over ``names``, if what it sets is made of each name."""
    loops = [n for n in module.each(s.For) if n.iter is names]
    body = loops[0].body.body if len(loops) == 1 else ()
    call = body[0].value if len(body) == 1 and isinstance(body[0], s.ExprStmt) else None
    target = loops[0].target if loops else None
    if not isinstance(call, s.Call) or not isinstance(target, s.Name) or not isinstance(body[0], s.ExprStmt):
        return None
    given = call.args[-1].value
    uses = (n for n in s.walk(given) if isinstance(n, s.Name) and n.id == target.id)
    return body[0] if any(uses) and not loops[0].body.inline else None


def _uses(module: Module, scope: Scope, stmt: s.Assign) -> list[s.Node]:
    bound = [b for bindings in scope.bindings.values() for b in bindings if b.node is stmt]
    return [use for b in bound for use in module.uses.get(b, ())]


def _with(text: str, whole: Span, cuts: Sequence[tuple[Span, str]]) -> str:
    """The text in ``whole`` with others in place of some of its parts."""
    made, at = "", whole.start
    for cut, new in sorted(cuts):
        made += text[at : cut.start] + new
        at = cut.end
    return made + text[at : whole.end]


def keys_asked(exchanges: Sequence[Exchange]) -> set[str]:
    """The keys that the modules of flows ask mappings for, or stores."""
    modules = {module for exchange in exchanges for module in exchange.modules}
    nodes = [node for module in modules for node in module.each(s.Subscript, s.Call)]
    indices = (node.index for node in nodes if isinstance(node, s.Subscript))
    given = (n.args[0].value for n in nodes if isinstance(n, s.Call) and n.args and not n.args[0].keyword)
    return {str(key.value) for key in (*indices, *given) if isinstance(key, s.Str)}


_OPENING = re.compile(r"[A-Za-z]{0,2}(?:\"\"\"|''')")
_KEY = re.compile(r"([ \t]*)([\"']?)([\w.-]{1,80})\2([ \t]*[:=][ \t]*)")


@dataclass(frozen=True, slots=True)
class _Line:
    """``"client_id": "cid",`` of JSON, or the like of INI, TOML and YAML."""

    start: int
    end: int
    indent: str
    quote: str
    key: str
    between: str
    value: str

    def like(self, key: str, value: str) -> tuple[int, str]:
        """The same for another key: where that line goes, and its text."""
        mark = self.value[:1] if self.value[:1] in ("'", '"') else ""
        text = f"{self.indent}{self.quote}{key}{self.quote}{self.between}{mark}{value}{mark}"
        if self.quote and not self.value.endswith(","):
            return self.start, f"{text},\n"  # the last one of an object
        return self.end, f"\n{text}{',' if self.value.endswith(',') else ''}"


def fill_texts(
    module: Module, changes: Changes, beside: str, entry: str, value: str, asked: Collection[str], enough: int
) -> None:
    """Put ``entry`` below ``beside`` where a text has ``enough`` of the keys that are ``asked``."""
    for node in module.each(s.Str, s.FString):
        is_part = isinstance(module.parents[node], s.FString)
        if is_part or "\n" not in module.snippet(node) or changes.is_dead(module, node):
            continue
        lines = {line.key: line for line in _lines(module, node)}
        if beside in lines and entry not in lines and len(lines.keys() & asked) >= enough:
            at, text = lines[beside].like(entry, value)
            changes.patch(module, node, Span(at, at), text.replace("\n", module.source.newline))


def _lines(module: Module, node: s.Node) -> Iterator[_Line]:
    opening = _OPENING.match(module.snippet(node))
    skipped = opening.end() if opening is not None else 0
    at = node.span.start + skipped
    for line in module.snippet(node)[skipped:].splitlines(keepends=True):
        text = line.rstrip()
        match = _KEY.match(text)
        if match is not None:
            indent, quote, key, between = match.groups()
            yield _Line(at, at + len(text), indent, quote, key, between, text[match.end() :])
        at += len(line)

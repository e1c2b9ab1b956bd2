"""What tests expect and nothing gives any more: errors, complaints, and so many of what is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from ..resolve import Resolver
from ..writing.changes import Changes
from .checks import is_check, is_expecting, label_in_test, test_around

_PLAIN = re.compile(r"[\w\s,:;'\"/@&=<>%!-]*")
"""Texts that mean themselves as a pattern."""
_PATTERN = 1
"""The place of a pattern of the message, where it has no name."""
_FILES = frozenset({"FileNotFoundError", "OSError", "IOError", "PermissionError", "IsADirectoryError"})
"""Errors of what opens a file."""
_OPENS = frozenset({"open", "read_text", "read_bytes", "get_data"})
_TELLING = 8
"""Letters of a message from which on nobody else will mean something else by it."""
_WORD = re.compile(r"[A-Za-z]+")
_ABOUT = frozenset({"key", "keys", "pem", "jwt", "sign", "signing", "assertion", "certificate", "metascope"})
"""Words for what goes with the signing."""
EXITS = frozenset({"exit", "_exit", "quit", "abort"})
_PART = 6
"""Letters from which on a part of a text means the whole."""


class Unraised:
    """Errors that tests expect, and that went with what raised them; once everything that goes is gone."""

    def __init__(self, resolver: Resolver, changes: Changes) -> None:
        self.changes = changes
        found = [
            Site(module, node)
            for module in resolver.world
            if not resolver.is_test(module)
            for node in (*module.each(s.Raise), *_calls(module, EXITS))
        ]
        self.gone = [r for r in found if changes.is_dead(r.module, r.node)]
        self.alive = [r for r in found if not changes.is_dead(r.module, r.node)]
        touched = [m for m in changes.touched if not resolver.is_test(m)]
        opened = {changes.is_dead(m, call) for m in touched for call in _calls(m, _OPENS)}
        self.opens_less, self.opens = True in opened, False in opened
        self._judged = {name for r in self.gone for name in _judged(r)}

    def expected(self, module: Module) -> Iterator[s.Call]:
        """``with pytest.raises(LoginError, match="no private key"):`` in a test module."""
        for node in module.each(s.Call):
            if is_expecting(node) and node.args and not self.changes.is_dead(module, node):
                names = {*_names(node.args[0].value)}
                pattern = _pattern(node)
                raised = _raises(self.gone, names, pattern) and not _raises(self.alive, names, pattern)
                raised = raised or self._is_said_no_more(pattern) or self._is_about(module, node, names)
                raised = raised or self._is_given_no_more(module, node)
                opened = names & _FILES and not _raises(self.alive, names, None)
                if raised or (opened and self._opens_no_more(module, node)):
                    yield node

    def _is_said_no_more(self, pattern: str | None) -> bool:
        """Did only what is gone say so, whatever error was made of it (a validator's ``ValueError``)?"""
        if pattern is None or len(pattern) < _TELLING:
            return False
        return any(_says(r.node, pattern) for r in self.gone) and not any(
            _says(r.node, pattern) for r in self.alive
        )

    def _is_about(self, module: Module, node: s.Call, names: set[str]) -> bool:
        """Other places raise the same error: does the test say by its name that it is about what is gone?

        ``def test_no_key`` of ``raise LoginError("this is no private key")``
        """
        test = module.function(node)
        if test is None or _pattern(node) is not None or not _raises(self.gone, names, None):
            return False
        words = _words(test.name)
        gone = {word for r in self.gone if names & {*_raised(r)} for word in _words(_said(r.node))}
        left = {word for r in self.alive if names & {*_raised(r)} for word in _words(_said(r.node))}
        return bool(words & (gone - left) & _ABOUT)

    def _is_given_no_more(self, module: Module, node: s.Call) -> bool:
        """Did what made it fail go with the field or the parameter that judged it?

        ``def test_key_must_be_pem``, ``with raises(ValueError): Account("id", key="nonsense")``; where its
        validator is gone, ``with raises(ValidationError): Settings(technical_account="nobody")``
        """
        test = module.function(node)
        around = next((each for each in module.ancestors(node) if isinstance(each, s.With)), None)
        if test is None or around is None:
            return False
        args = [each for each in s.walk(around.body) if isinstance(each, s.Arg)]
        lost = [a for a in args if a in self.changes.removed and isinstance(a.value, s.Str | s.Const)]
        return bool(lost and _words(test.name) & _ABOUT) or any(a.keyword in self._judged for a in lost)

    def _opens_no_more(self, module: Module, node: s.Node) -> bool:
        """Does nothing that is tested open a file any more, or is what made it fail gone from the test?"""
        test = module.function(node)
        lost = test is not None and any(each in self.changes.removed for each in s.walk(test))
        return self.opens_less and (lost or not self.opens)


def _calls(module: Module, names: frozenset[str]) -> Iterator[s.Call]:
    for node in module.each(s.Call):
        if s.last_name(node.func) in names:
            yield node


def _raises(sites: Iterable[Site], names: set[str], pattern: str | None) -> bool:
    """Does one of the ``raise`` statements raise such an error, with such a message?"""
    return any(names & {*_raised(site)} and (pattern is None or _says(site.node, pattern)) for site in sites)


def _judged(site: Site) -> Iterator[str]:
    """The fields that a validator is for which raises: ``@field_validator("key")``, ``@key.validator``"""
    around = site.module.function(site.node)
    for node in (n for each in (around.decorators if around is not None else ()) for n in s.walk(each)):
        if isinstance(node, s.Str | s.Name):
            yield str(node.value if isinstance(node, s.Str) else node.id)


def _raised(site: Site) -> Iterator[str]:
    return _names(site.node.value) if isinstance(site.node, s.Raise) else iter(("SystemExit",))


def _said(node: s.Node) -> str:
    return " ".join(str(each.value) for each in s.walk(node) if isinstance(each, s.Str))


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}


def _says(node: s.Node, pattern: str) -> bool:
    return any(pattern in str(each.value) for each in s.walk(node) if isinstance(each, s.Str))


def _names(node: s.Expr | None) -> Iterator[str]:
    """``LoginError`` of ``errors.LoginError("…")`` and of ``(LoginError, OSError)``."""
    for each in node.items if isinstance(node, s.Sequence) else (node,):
        bare = each.func if isinstance(each, s.Call) else each
        name = s.last_name(bare) if bare is not None else ""
        if name:
            yield name


def _pattern(call: s.Call) -> str | None:
    """What the message must hold; None if any will do, or if that is no plain text: it is not run here."""
    given = [a.value for a in call.args if a.keyword in ("match", "expected_regex")]
    if s.last_name(call.func).startswith("assertRaisesRegex"):
        given += [a.value for a in call.args[_PATTERN : _PATTERN + 1] if a.keyword is None]
    said = given[0].value if given and isinstance(given[0], s.Str) else None
    return said if isinstance(said, str) and _PLAIN.fullmatch(said) else None


class Unsaid:
    """Complaints that tests expect, and that went with what made them."""

    def __init__(self, changes: Changes, programs: Iterable[Module]) -> None:
        """Look at what the branches said that are gone from ``programs``."""
        self.changes = changes
        self._lost: set[str] = set()
        self._gathered: set[str] = set()
        self._pieces: set[str] = set()
        alive: set[str] = set()
        for module in programs:
            arms = [(n, arm) for n in module.each(s.If) for arm in (n.body, n.orelse) if arm is not None]
            gone = [arm for node, arm in arms if not changes.removed.isdisjoint((node, arm))]
            for stmt in (stmt for arm in gone for stmt in arm.body):
                said = {*_texts(s.walk(stmt))}
                self._lost |= said
                self._gathered |= set() if _leaves(stmt) else said
                self._pieces |= {*_texts(_pieces(stmt))}
            alive |= set(_texts(n for n in module.each(s.Str) if not changes.is_dead(module, n)))
        self._lost -= alive
        self._gathered -= alive
        self._pieces = {piece for piece in self._pieces - alive if len(piece.strip()) >= _TELLING}
        self._alive = alive

    def expected(self, modules: Iterable[Module]) -> Iterator[str]:
        """``assert "reports.E002" in [problem.id for problem in check()]`` in a module of tests."""
        for module in modules:
            for node in module.each(s.Str) if self._lost else ():
                whole = not _looks_within(module, node)
                if not self._was_said(str(node.value), whole) or self.changes.is_dead(module, node):
                    continue
                checks = is_check(module.statement(node)) or self._is_awaited(module, node)
                if checks and test_around(module, node) is not None:
                    yield (
                        f"{label_in_test(module, node)} expects what a check of the key said, and that check "
                        "is gone: change or remove that test."
                    )

    def _is_awaited(self, module: Module, node: s.Str) -> bool:
        """``with pytest.raises(SystemExit, match="no such key"):``, of several complaints in one error?

        What is gone with the ``raise`` itself is found there.
        """
        if not any(str(node.value) in said for said in self._gathered):
            return False
        arg = module.parents[node]
        if isinstance(arg, s.Arg):
            return is_expecting(module.parents[arg])
        above = [*module.ancestors(node)]
        test = next((each for each in above if isinstance(each, s.FuncDef)), None)
        return test is not None and any(each in above for each in test.decorators)

    def _was_said(self, text: str, whole: bool) -> bool:
        if text in self._lost or any(piece in text for piece in self._pieces):
            return True
        within = not whole and len(text) >= _PART and any(text in lost for lost in self._lost)
        return within and not any(text in left for left in self._alive)


def _looks_within(module: Module, node: s.Str) -> bool:
    """Is the text sought in another one, ``"missing" in err``, ``raises(E, match="missing")``?"""
    parent = module.parents[node]
    if isinstance(parent, s.Sequence):
        above = [*module.ancestors(node)]
        return any(
            decorator in above for n in above if isinstance(n, s.FuncDef) for decorator in n.decorators
        )
    return isinstance(parent, s.Arg) or (isinstance(parent, s.Compare) and parent.ops[0] in ("in", "not in"))


def _texts(nodes: Iterable[s.Node]) -> Iterator[str]:
    texts = (str(node.value) for node in nodes if isinstance(node, s.Str))
    return (text for text in texts if len(text) >= 4)


def _pieces(stmt: s.Stmt) -> Iterator[s.Node]:
    """`` does not exist`` of ``f"{path} does not exist"``"""
    return (part for node in s.walk(stmt) if isinstance(node, s.FString) for part in node.parts)


def _leaves(stmt: s.Stmt) -> bool:
    """``raise SystemExit("no key")``, ``sys.exit("no key")``"""
    call = stmt.value if isinstance(stmt, s.ExprStmt) else None
    return isinstance(stmt, s.Raise) or (isinstance(call, s.Call) and s.last_name(call.func) in EXITS)


class Counted:
    """Tests that count what is asked for, or complained of: there is less of it where names left a list."""

    def __init__(self, resolver: Resolver, changes: Changes, programs: Iterable[Module]) -> None:
        """Know the lists of names in ``programs`` that are shorter now, and the functions that hold one."""
        self.resolver, self.changes = resolver, changes
        self._functions: set[s.Node] = set()
        self._lists: set[str] = set()
        for module in programs:
            for node in module.each(s.Sequence, s.Dict):
                if self._is_shorter(module, node):
                    function = module.function(node)
                    stmt = module.statement(node)
                    targets = stmt.targets if isinstance(stmt, s.Assign) and function is None else ()
                    self._functions |= {function} if function is not None else set()
                    self._lists |= {t.id for t in targets if isinstance(t, s.Name)}
        for module in programs if self._lists else ():
            for name in module.each(s.Name):
                reads = name.id in self._lists
                around = module.function(name) if reads and not changes.is_dead(module, name) else None
                self._functions |= {around} if around is not None else set()

    def expected(self, modules: Iterable[Module]) -> Iterator[str]:
        """``assert len(REQUIRED) == 5``, ``assertEqual(len(check(None)), 5)`` in a module of tests."""
        for module in modules:
            for node in module.each(s.Call) if self._functions or self._lists else ():
                if (
                    s.last_name(node.func) != "len"
                    or len(node.args) != 1
                    or self.changes.is_dead(module, node)
                ):
                    continue
                stmt = module.statement(node)
                numbers = [n.value for n in s.walk(stmt) if isinstance(n, s.Const)]
                is_more = any(isinstance(number, int) and number > 1 for number in numbers)
                checked = is_more and is_check(stmt) and test_around(module, node) is not None
                if checked and self._is_shorter_now(Site(module, node.args[0].value)):
                    yield (
                        f"{label_in_test(module, node)} counts what is asked for, which is less now: "
                        "change that number."
                    )

    def _is_shorter(self, module: Module, node: s.Node) -> bool:
        """Is a list of names left, and has it lost some of them?"""
        if not isinstance(node, s.Sequence | s.Dict) or self.changes.is_dead(module, node):
            return False
        gone = [item for item in node.items if item in self.changes.removed]
        names = (item.key if isinstance(item, s.Item) else item for item in gone)
        return any(isinstance(name, s.Str | s.Name | s.Attribute | s.Sequence) for name in names)

    def _is_shorter_now(self, counted: Site) -> bool:
        module, node = counted.module, counted.node
        if isinstance(node, s.Name):
            bound = [b.value for b in module.scopes.bindings_of(node) if b.kind == "assign" and not b.unpack]
            if len(bound) == 1 and bound[0] is not None:
                return self._is_shorter_now(counted.at(bound[0]))
        if isinstance(node, s.Name | s.Attribute):
            return s.last_name(node) in self._lists
        calls = (call for call in s.walk(node) if isinstance(call, s.Call))
        return any(
            callee.node in self._functions
            for call in calls
            for callee in self.resolver.callees(counted.at(call))
        )

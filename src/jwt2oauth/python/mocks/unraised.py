"""Errors that tests expect, and that nothing raises any more: what raised them went with the signing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from ..resolve import Resolver
from ..writing.changes import Changes
from .checks import is_expecting

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


class Unraised:
    """Finds them, once everything that goes is gone."""

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

        ``def test_key_must_be_pem``, ``with raises(ValueError): Account("id", key="nonsense")``
        """
        test = module.function(node)
        around = next((each for each in module.ancestors(node) if isinstance(each, s.With)), None)
        if test is None or around is None or not _words(test.name) & _ABOUT:
            return False
        args = (each for each in s.walk(around.body) if isinstance(each, s.Arg))
        return any(arg in self.changes.removed and isinstance(arg.value, s.Str | s.Const) for arg in args)

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

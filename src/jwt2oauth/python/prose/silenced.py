"""What a program said and checked on the way to the assertion, and does not any more; what it says still."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Lib, Result, Site, chain, name_of
from ..following.effects import Effects
from ..leftovers.settings import listed
from ..resolve import Resolver
from ..roles.trace import label_of
from ..writing.changes import Changes
from .remarks import speaks_of_jwt, speaks_of_key

_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+")
_GETTERS = frozenset({"get", "getenv", "pop"})
_STEPS = 3
"""Locals that are gone through from the test of a check to what it looks at."""

_PUTS_TOGETHER = frozenset({"format", "join", "str"})
_SENTENCE = 3
"""Words from which on a text is for people, whatever is called with it."""


class Silenced:
    """Finds it, for the changes of one plan; tests have a voice of their own."""

    def __init__(self, resolver: Resolver, effects: Effects, changes: Changes) -> None:
        self.resolver, self.effects, self.changes = resolver, effects, changes
        self._read: set[str] | None = None
        self._signing: dict[Module, bool] = {}
        """Which sign a JWT for somebody else."""

    def notes(self) -> list[str]:
        """Give the notes for a reviewer."""
        found = self._messages()
        said = (f"A message still speaks of the {what}: {', '.join(at)}." for what, at in found.items() if at)
        return [*self._logged(), *self._checked(), *said]

    def messages(self) -> set[str]:
        """Give the places of the messages that a note tells of."""
        return {label for at in self._messages().values() for label in at}

    def _modules(self) -> list[Module]:
        return [module for module in self.changes.touched if not self.resolver.is_test(module)]

    def _logged(self) -> Iterator[str]:
        """What was said of the assertion, its claims or the key."""
        places = [
            label_of(module, node)
            for module in self._modules()
            for node in module.each(s.ExprStmt)
            if isinstance(node.value, s.Call)
            if self.changes.is_dead(module, node) and self.effects.is_log(module, node.value)
        ]
        if places:
            shown = ", ".join(dict.fromkeys(places))
            yield f"What was logged or printed on the way to the assertion is gone: {shown}."

    # -- checks -------------------------------------------------------------------------------------

    def _checked(self) -> Iterator[str]:
        """Checks in functions that are gone as a whole, of what the program still reads."""
        for module in self._modules():
            found: dict[str, s.Stmt] = {}
            for check in module.each(s.If, s.Assert):
                function = module.function(check)
                if function is None or not self.changes.is_dead(module, function):
                    continue
                if self._ends(module, check):
                    for name in self._looked_at(Site(module, check.test)):
                        found.setdefault(name, check)
            if found:
                where = ", ".join(dict.fromkeys(label_of(module, check) for check in found.values()))
                yield (
                    f"A check of {listed(list(found))} went with the code that made the assertion ({where}):"
                    " repeat it where the program starts, if it is to end so."
                )

    def _ends(self, module: Module, check: s.If | s.Assert) -> bool:
        """Does the program, or the function, end with an error there?"""
        if isinstance(check, s.Assert):
            return True
        last = check.body.body[-1]
        if not isinstance(last, s.ExprStmt):
            return isinstance(last, s.Raise)
        return self.effects.is_exit(last, module) and not self.effects.only_tells(module, last.value)

    def _looked_at(self, test: Site) -> Iterator[str]:
        """The settings that a check looks at and that are still read."""
        for site in self._parts(test, _STEPS) if not self._is_of_an_answer(test) else ():
            if (name := _name(site.node)) in self._still_read():
                yield name

    def _parts(self, site: Site, steps: int) -> Iterator[Site]:
        """The texts and attributes of an expression, and of the locals in it."""
        module = site.module
        for node in s.walk(site.node):
            if isinstance(node, s.Str) or self._is_field(Site(module, node)):
                yield Site(module, node)
            elif isinstance(node, s.Name) and steps:
                bound = [binding.node for binding in module.scopes.bindings_of(node)]
                if any(map(module.function, bound)):
                    for made in filter(None, (_made(module, each) for each in bound)):
                        yield from self._parts(Site(module, made), steps - 1)
                elif _is_judged(module, node, bound):
                    yield Site(module, node)

    def _is_of_an_answer(self, test: Site) -> bool:
        """``reply.status_code == 429``, ``"error" in reply.json()``: whatever it was asked with."""
        asked = (n for n in s.walk(test.node) if isinstance(n, s.Name | s.Call))
        values = (value for node in asked for value in self.resolver.resolve(test.at(node)))
        links = (link for value in values for link in chain(value))
        return any(isinstance(link, Result) and self.resolver.knows(link.name) for link in links)

    def _still_read(self) -> set[str]:
        """What the code that stays looks up by name, or reads as an attribute."""
        if self._read is None:
            self._read = set()
            for module in self.resolver.index.loaded:
                if self.resolver.is_test(module):
                    continue
                for node in module.each(s.Str, s.Attribute, s.Name):
                    name = _name(node)
                    if name in self._read or not _NAME.fullmatch(name) or _is_put(module, node):
                        continue
                    if isinstance(node, s.Str) and not _is_looked_up(module, node):
                        continue
                    if not self.changes.is_dead(module, node):
                        self._read.add(name)
        return self._read

    def _is_field(self, site: Site) -> bool:
        """``config.client_id``: neither a method that is called, nor something of a library."""
        node, parent = site.node, site.module.parents[site.node]
        if not isinstance(node, s.Attribute) or isinstance(parent, s.Attribute):
            return False
        if isinstance(parent, s.Call) and parent.func is node:
            return False
        return not any(isinstance(value, Lib) for value in self.resolver.resolve(site))

    # -- messages -----------------------------------------------------------------------------------

    def _messages(self) -> dict[str, dict[str, None]]:
        """What the program still says of the assertion, in so many words, or of the key where that was."""
        found: dict[str, dict[str, None]] = {"JWT": {}, "key": {}}
        for module in self._modules():
            changed = {module.function(node) for node in self.changes.removed if node in module.parents}
            for node in module.each(s.Str):
                what = "JWT" if speaks_of_jwt(node) else "key" if speaks_of_key(node) else ""
                if not what or (module.function(node) not in changed and self._has_another(module, what)):
                    continue
                same = not self.changes.is_dead(module, node) and not self.changes.patched.get(node)
                if same and self._is_message(
                    module, node
                ):  # the address in print(post(IMS + path)) is mended
                    found[what][label_of(module, node)] = None
        return found

    def _has_another(self, module: Module, what: str) -> bool:
        """May what is said elsewhere in ``module`` be of another key, or of a JWT that it signs still?"""
        if what == "key":
            return True
        if module in self._signing:
            return self._signing[module]
        names = {name for row in self.resolver.rules.encoders for name in row.names}
        calls = (call for call in module.each(s.Call) if not self.changes.is_dead(module, call))
        funcs = (Site(module, call.func) for call in calls if isinstance(call.func, s.Attribute | s.Name))
        signs = any(name_of(value) in names for func in funcs for value in self.resolver.resolve(func))
        self._signing[module] = signs
        return signs

    def _is_message(self, module: Module, node: s.Str) -> bool:
        """Is it for a person: what is logged, the text of an error, words of any other kind?"""
        statement = module.statement(node)
        value = statement.value if isinstance(statement, s.ExprStmt | s.Raise) else None
        if not isinstance(value, s.Call):
            return node is not value and len(str(node.value).split()) > 1
        inner = next(each for each in module.ancestors(node) if isinstance(each, s.Call))
        if (
            inner is not value
            and s.last_name(inner.func) not in _PUTS_TOGETHER
            and len(str(node.value).split()) < 2
        ):
            return False  # print(login("jwt")): it means a kind
        sentence = len(str(node.value).split()) >= _SENTENCE  # st.error("Choose your private key.")
        return sentence or isinstance(statement, s.Raise) or self.effects.is_log(module, value)


def _name(node: s.Node) -> str:
    if isinstance(node, s.Attribute):
        return node.attr
    return node.id if isinstance(node, s.Name) else str(getattr(node, "value", ""))


def _is_looked_up(module: Module, node: s.Str) -> bool:
    """``config["client_id"]``, ``require("CLIENT_ID")``: the name of a setting; others may be secrets."""
    parent = module.parents[node]
    call = module.call_of(parent)
    if call is None:
        return isinstance(parent, s.Subscript)
    return s.last_name(call.func) in _GETTERS or bool(_VARIABLE.fullmatch(str(node.value)))


def _is_put(module: Module, node: s.Node) -> bool:
    """Is it where something is put, not read?"""
    parent = module.parents[node]
    return isinstance(parent, s.Assign) and any(node is target for target in parent.targets)


def _is_judged(module: Module, node: s.Name, bound: list[s.Node]) -> bool:
    """``if not CLIENT_ID:`` of a value at the top of the module, not ``if not exists(KEY):``."""
    is_given = isinstance(module.parents[node], s.Arg)
    return not is_given and bool(bound) and all(_made(module, each) is not None for each in bound)


def _made(module: Module, node: s.Node) -> s.Expr | None:
    """What a local is made of: the value that it is given, or what a loop goes through."""
    parent = node if isinstance(node, s.Assign | s.For) else module.parents.get(node)
    if isinstance(parent, s.Assign):
        return parent.value
    return parent.iter if isinstance(parent, s.For) else None

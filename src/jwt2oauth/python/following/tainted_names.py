"""Which names something tainted goes by: of a scope, of attributes, of keys; and what follows from that.

A name is tainted with some force, see ``WEAK``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from ..facts import syntax as s
from ..facts.leaves import ATTRIBUTE, KEY, LIKE_A_KEY, MEMBER, WORD, Named, name_in, named
from ..facts.modules import Module
from ..facts.scopes import Scope
from ..facts.values import Function, ModuleValue, Site
from ..resolve import Resolver
from .forward import Forward

WEAK, STRONG, WHOLE = 1, 3, 4
"""Weak is what a function makes of its arguments: a call that is given something tainted is tainted itself,
and other calls of the function are not. Whole is what a lifetime is itself; a mapping or an object that is
not whole only has it under names that are tainted for themselves."""
ASKING = frozenset({"get", "pop", "setdefault", "getattr", "attrgetter", "itemgetter", "hget"})
"""What asks for something by a key that it is given."""
LITTLE = 200_000
"""Of so many characters of code, some 5,000 lines, everything is asked."""
_MANY = 60
"""An attribute or key that stands in more places says little: objects that hold it are followed instead."""


class Names:
    """The names, and what waits to be followed from where they stand."""

    def __init__(self, resolver: Resolver, modules: Sequence[Module]) -> None:
        self.resolver = resolver
        self._is_small = not is_large(modules)
        self._forward = Forward(resolver)
        self._leaves = {module: module.leaves for module in modules}
        values = resolver.rules.values
        self._making = {"dict", "update", "create", "cls", *values.makers, *values.copiers.methods}
        self._making |= {name.rpartition(".")[2] for name in values.copiers.names}
        self._functions: dict[str, list[Function]] | None = None
        self._registered: dict[str, list[Function]] = defaultdict(list)
        """Functions by the names of what decorates them: ``@of_seconds.register``."""
        self._stored: set[str] = set()
        """Names under which something is put that may be called."""
        self._names: dict[Named, int] = {}
        self._reached: dict[s.Node, int] = {}
        self._filled: dict[s.Node, int] = {}
        """Expressions into whose objects something tainted is put."""
        self._around: dict[Module, set[s.FuncDef | None]] = defaultdict(set)
        self._waiting: list[tuple[Module, s.Node, int]] = []
        self._stops: Callable[[s.Node], bool] = lambda _: False
        self._loosely = False
        """Were the functions entered that are not only called?"""
        self._giving: dict[s.FuncDef, int] = {}
        """Functions that give what they are given."""
        self._given: dict[s.FuncDef, list[tuple[Module, s.Call, int]]] = defaultdict(list)
        """Functions → calls that give them something tainted."""

    def _taint(self, module: Module, name: Named, force: int) -> None:
        """Follow a name of ``module``; what is global is followed into others, too."""
        scope, word = name
        if scope == ATTRIBUTE:
            self._anywhere(ATTRIBUTE, word, force)
            return
        is_global = isinstance(scope, Scope) and scope.is_module
        force |= STRONG if is_global else 0
        known = self._names.get(name, 0)
        if not force & ~known or module not in self._leaves:
            return
        self._names[name] = known | force
        self._waiting += ((module, node, force) for node in self._leaves[module].of(name))
        if is_global:
            self._import(module, word, force)

    def _import(self, module: Module, word: str, force: int) -> None:
        """Follow a global into the modules that take it from there."""
        for other, stmt in self._forward.importing(module, word):
            for alias in stmt.aliases:
                if alias.name == word:
                    self._bind(other, stmt, [alias.asname or word], force)
        for other in self._forward.starred_by(module, word):
            self._taint(other, (other.scopes.module, word), force)
        for each, leaves in self._leaves.items():
            for node in leaves.of((MEMBER, word)) if word in each.words else ():
                assert isinstance(node, s.Attribute)
                owners = self.resolver.resolve(Site(each, node.value))
                if any(isinstance(owner, ModuleValue) and owner.module is module for owner in owners):
                    self._waiting.append((each, node, force))

    def _anywhere(self, kind: str, word: str, force: int, at_most: int | None = _MANY) -> bool:
        """Follow a name of such a kind, unless it stands in too many places; False then."""
        known, force = self._names.get((kind, word), 0), force | STRONG
        if not force & ~known:
            return True
        found = [
            (module, node, force & ~STRONG | WEAK if kind == KEY and not asks(module, node) else force)
            for module, leaves in self._leaves.items()
            if word in module.words
            for node in leaves.of((kind, word))
        ]
        if at_most is not None and len(found) > at_most:
            return False
        self._names[(kind, word)] = known | force
        self._waiting += found
        return True

    def _bind(self, module: Module, at: s.Node, names: Iterable[str], force: int) -> None:
        scope = module.scope(at)
        for name in names:
            self._taint(module, named(scope, name), force)

    def _key(self, module: Module, key: s.Expr, force: int) -> bool:
        """Something tainted can be had by that key; says whether all who ask by it are followed."""
        is_known = isinstance(key, s.Str)
        for node in key.parts if isinstance(key, s.FString) else (key,):
            if isinstance(node, s.Str) and isinstance(node.value, str) and LIKE_A_KEY.fullmatch(node.value):
                for word in WORD.findall(node.value):
                    is_known &= self._anywhere(KEY, word, force)
            elif isinstance(node, s.Name):
                self._taint(module, name_in(module, node), force)
            elif isinstance(node, s.Attribute):
                self._anywhere(ATTRIBUTE, node.attr, force)
            else:
                is_known = False
        return is_known

    def _fill(self, module: Module, param: s.Param, force: int) -> None:
        owner = module.parents[param]
        scope = module.scopes.inner[owner] if isinstance(owner, s.FuncDef) else module.scope(owner)
        self._taint(module, named(scope, param.name), force)

    def _object(self, module: Module, owner: s.ClassDef, member: str, force: int) -> None:
        """Objects of a class are tainted, for what they give by that name."""
        self._bind(module, owner, (owner.name,), force)
        family = {owner.name, *(s.last_name(base.value) for base in owner.bases)}
        for each, leaves in self._leaves.items():
            if not family.isdisjoint(each.words):
                self._waiting += ((each, node, force | STRONG) for node in leaves.asked_of_itself(member))


def is_large(modules: Iterable[Module]) -> bool:
    """Is it too much code for everything in it to be asked of the resolver?"""
    return sum(len(module.text) for module in modules) > LITTLE


def asks(module: Module, key: s.Node) -> bool:
    """Is something asked for by the key, or is the key given a name? Else it only stands beside others."""
    parent = module.parents.get(key)
    if isinstance(parent, s.Arg):
        call = module.parents[parent]
        return isinstance(call, s.Call) and s.last_name(call.func) in ASKING
    return not isinstance(parent, s.Sequence)

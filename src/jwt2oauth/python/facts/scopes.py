"""Definitions and uses of one file: what is bound where, and which bindings reach which use.

Attribute paths (``self.token``) and stores into containers (``claims["exp"] = …``) are bindings
as well, so that "built step by step" and "written as a literal" end in the same answer.
Nothing here looks into another scope's values: that is the resolver's work.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import field

from ...records import dataclass
from . import syntax as s


@dataclass(slots=True, eq=False)
class Binding:
    """One way in which ``path`` gets a value.

    ``kind`` is one of: assign, param, import, iter, with, except, def, class, aug (``prev`` op
    value), item (a store, deletion or mutating call on what ``prev`` gave), call (handed to a
    function that may change it), entry (whatever it was before this scope ran), match (what the
    subject ``value`` has ``under`` these keys), other.
    """

    path: str
    kind: str
    node: s.Node
    scope: Scope
    value: s.Expr | None = None
    unpack: tuple[int, ...] = ()
    key: s.Expr | None = None
    prev: frozenset[Binding] = frozenset()
    order: int = 0
    under: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Scope:
    """A module, class or function with what it binds."""

    node: s.Source | s.FuncDef | s.ClassDef
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=lambda: defaultdict(list))
    outer_names: dict[str, str] = field(default_factory=dict)
    """Names declared ``global`` or ``nonlocal``."""
    ends: dict[str, frozenset[Binding]] = field(default_factory=dict)
    """What may be bound when the scope has run, attribute paths included."""
    returns: list[s.Return] = field(default_factory=list)
    children: list[Scope] = field(default_factory=list)
    is_generator: bool = False

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, s.ClassDef)

    @property
    def is_module(self) -> bool:
        return isinstance(self.node, s.Source)

    def every(self) -> Iterator[Scope]:
        """This scope and those in it."""
        yield self
        for child in self.children:
            yield from child.every()

    def module(self) -> Scope:
        """The outermost scope."""
        here = self
        while here.parent is not None:
            here = here.parent
        return here


@dataclass(slots=True, eq=False)
class Scopes:
    """The answer for one file."""

    module: Scope
    reach: dict[s.Node, frozenset[Binding]]
    """Name and attribute-path loads → the local bindings that may reach; missing when free."""
    scope_of: dict[s.Node, Scope]
    """The scope in which a Name or Attribute load stands."""
    inner: dict[s.Node, Scope]
    """FuncDef, ClassDef → the scope that it opens."""

    def lookup(self, scope: Scope, name: str) -> tuple[Scope, frozenset[Binding]] | None:
        """What a free ``name`` of ``scope`` means: all bindings that its owner ends with."""
        owner = self.owner(scope, name)
        if owner is None:
            return None
        kept = frozenset(b for b in owner.bindings[name] if b.kind in ("def", "class"))
        return owner, (owner.ends.get(name) or frozenset(owner.bindings[name])) | kept

    def owner(self, scope: Scope, name: str) -> Scope | None:
        """The scope to which a free ``name`` of ``scope`` belongs."""
        here = scope.module() if scope.outer_names.get(name) == "global" else scope.parent
        while here is not None and not here.is_module:
            if not here.is_class and name in here.bindings and name not in here.outer_names:
                return here
            here = here.parent
        return here if here is not None and name in here.bindings else None

    def bindings_of(self, node: s.Name | s.Attribute) -> frozenset[Binding]:
        """All bindings that may reach a load, through enclosing scopes too."""
        local = self.reach.get(node)
        if local is None:
            if isinstance(node, s.Attribute):
                return frozenset()
            found = self.lookup(self.scope_of[node], node.id) if node in self.scope_of else None
            return found[1] if found else frozenset()
        if any(b.kind == "entry" for b in local):
            kept = {b for b in local if b.kind != "entry"}
            for entry in local - kept:
                if entry.scope.is_module:
                    kept |= {b for b in entry.scope.bindings.get(entry.path, ()) if b.kind != "entry"}
                    continue
                found = self.lookup(entry.scope, entry.path)
                kept |= found[1] if found else set()
            return frozenset(kept)
        return local


def path_of(node: s.Expr) -> str | None:
    """``self.cfg.id`` for a chain of attributes on a name, else None."""
    if isinstance(node, s.Name):
        return node.id
    if isinstance(node, s.Attribute):
        base = path_of(node.value)
        return f"{base}.{node.attr}" if base else None
    return None


def uses(scopes: Scopes) -> Mapping[Binding, list[s.Node]]:
    """Binding → the loads that it may reach, in the order of the text."""
    found: dict[Binding, list[s.Node]] = defaultdict(list)
    for node in scopes.scope_of:
        if isinstance(node, s.Name | s.Attribute):
            for binding in scopes.bindings_of(node):
                found[binding].append(node)
    for nodes in found.values():
        nodes.sort(key=lambda n: n.span)
    return found


def made_with(binding: Binding) -> list[Binding]:
    """``ours, theirs = Pipe()``: what one call gave together may hand to each other what it is given."""
    if not binding.unpack or not isinstance(binding.value, s.Call):
        return [binding]
    return [each for made in binding.scope.bindings.values() for each in made if each.node is binding.node]

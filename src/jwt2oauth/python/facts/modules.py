"""One file of the project, and what its records say of each other: what is above, before, and bound where."""

from __future__ import annotations

import bisect
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar, overload

from . import syntax as s
from .leaves import Leaves
from .reaching import analyse
from .scopes import Binding, Scope, Scopes, uses

_A = TypeVar("_A", bound=s.Node)
_B = TypeVar("_B", bound=s.Node)
_C = TypeVar("_C", bound=s.Node)
_WORD, _NAMING = re.compile(r"\w+"), re.compile(r"[\w.\[\]|, \"']*")


@dataclass(slots=False, eq=False)
class Module:
    """One parsed file with the answers that are computed once."""

    source: s.Source
    borders: tuple[tuple[int, int], ...] = ()
    """In a notebook, the first line of each cell and the cell's number."""

    @cached_property
    def path(self) -> str:
        """Relative to the root of the tree, with forward slashes."""
        return self.source.path

    @property
    def text(self) -> str:
        """The decoded text."""
        return self.source.text

    @cached_property
    def scopes(self) -> Scopes:
        """Definitions and uses."""
        return analyse(self.source, self.each(s.Scoping))

    @cached_property
    def uses(self) -> dict[Binding, list[s.Node]]:
        """Binding → the loads that it may reach."""
        return dict(uses(self.scopes))

    @cached_property
    def words(self) -> frozenset[str]:
        """All names and words of the text."""
        return frozenset(re.findall(r"\w+", self.text))

    @cached_property
    def leaves(self) -> Leaves:
        """What goes by which name."""
        return Leaves(self)

    @cached_property
    def far(self) -> dict[str, list[Binding]]:
        """What other modules may use, by its own name: globals, members, attributes."""
        found: dict[str, list[Binding]] = defaultdict(list)
        for scope in self.scopes.module.every():
            for path, bindings in scope.bindings.items():
                if not isinstance(scope.node, s.FuncDef) or "." in path or path in scope.outer_names:
                    found[path.rpartition(".")[2]] += bindings
        return found

    @cached_property
    def members(self) -> dict[s.ClassDef, Members]:
        """Class → its methods and what they store, of those that somebody has asked for."""
        return {}

    @cached_property
    def _tree(self) -> tuple[dict[s.Node, s.Node], dict[type[s.Node], list[s.Node]]]:
        parents: dict[s.Node, s.Node] = {}
        nodes: dict[type[s.Node], list[s.Node]] = defaultdict(list)
        stack: list[s.Node] = [self.source]
        while stack:
            here = stack.pop()
            nodes[type(here)].append(here)
            below = s.children(here)
            for child in below:
                parents.setdefault(child, here)
            stack.extend(reversed(below))
        return parents, nodes

    @property
    def parents(self) -> dict[s.Node, s.Node]:
        """Record → the record that holds it; the first one, where an anchor of YAML has several."""
        return self._tree[0]

    @overload
    def each(self, kind: type[_A], /) -> Sequence[_A]: ...
    @overload
    def each(self, kind: type[_A], other: type[_B], /) -> Sequence[_A | _B]: ...
    @overload
    def each(self, kind: type[_A], other: type[_B], third: type[_C], /) -> Sequence[_A | _B | _C]: ...
    @overload
    def each(self, *kinds: type[s.Node]) -> Sequence[s.Node]: ...
    def each(self, *kinds: type[s.Node]) -> Sequence[s.Node]:
        """All records of one of ``kinds``, kind by kind in the order of the text."""
        found = [self._tree[1].get(kind, ()) for kind in kinds]
        return found[0] if len(found) == 1 else [node for nodes in found for node in nodes]

    def imports(self, name: s.Name) -> bool:
        """Does an import bind the name, as it is used there?"""
        return any(bound.kind == "import" for bound in self.scopes.bindings_of(name))

    def holds(self, word: str) -> bool:
        """Is ``word`` anywhere in the text? It is looked for once."""
        found = self._words.get(word)
        if found is None:
            found = self._words[word] = word in self.text
        return found

    @cached_property
    def _words(self) -> dict[str, bool]:
        return {}

    @cached_property
    def names(self) -> dict[str, list[s.Name]]:
        """The names in the text, by what they are."""
        found: dict[str, list[s.Name]] = defaultdict(list)
        for node in self.each(s.Name):
            found[node.id].append(node)
        return found

    @cached_property
    def attributes(self) -> dict[str, list[s.Attribute]]:
        """The attributes in the text, by what they are called."""
        found: dict[str, list[s.Attribute]] = defaultdict(list)
        for node in self.each(s.Attribute):
            found[node.attr].append(node)
        return found

    @cached_property
    def namings(self) -> dict[str, list[s.Str]]:
        """The texts that may be a name, a path of names or an annotation, by each name in them."""
        found: dict[str, list[s.Str]] = defaultdict(list)
        for node in self.each(s.Str):
            text = str(node.value)
            for name in {*_WORD.findall(text)} if _NAMING.fullmatch(text) else ():
                found[name].append(node)
        return found

    @cached_property
    def open_names(self) -> dict[str, list[s.Name]]:
        """The names whose value may come from outside of their scope, by what they are."""
        return {name: [node for node in nodes if self._is_open(node)] for name, nodes in self.names.items()}

    def _is_open(self, node: s.Name) -> bool:
        reach = self.scopes.reach.get(node)
        return node in self.scopes.scope_of and (reach is None or any(b.kind == "entry" for b in reach))

    @cached_property
    def returns(self) -> dict[s.FuncDef | None, list[s.Return]]:
        """The ``return`` of each function."""
        found: dict[s.FuncDef | None, list[s.Return]] = defaultdict(list)
        for node in self.each(s.Return):
            found[self.function(node)].append(node)
        return found

    def ancestors(self, node: s.Node) -> Iterator[s.Node]:
        """The records around ``node``, the nearest first."""
        here = self.parents.get(node)
        while here is not None:
            yield here
            here = self.parents.get(here)

    def call_of(self, arg: s.Node | None) -> s.Call | None:
        """The call of which ``arg`` is an argument."""
        call = self.parents.get(arg) if isinstance(arg, s.Arg) else None
        return call if isinstance(call, s.Call) else None

    def call_given(self, value: s.Node) -> s.Call | None:
        """The call that ``value`` is given to."""
        return self.call_of(self.parents.get(value))

    def statement(self, node: s.Node) -> s.Stmt:
        """The innermost statement that holds ``node`` (or is it)."""
        if isinstance(node, s.Stmt):
            return node
        return next(a for a in self.ancestors(node) if isinstance(a, s.Stmt))

    def bound_by(self, stmt: s.Node) -> Iterator[Binding]:
        """What a statement gives names to, or an item of a ``with``."""
        for bindings in self.scope(stmt).bindings.values():
            yield from (binding for binding in bindings if binding.node is stmt)

    def uses_of(self, stmt: s.Node) -> Iterator[s.Node]:
        """The loads of what a statement gives names to."""
        return (use for binding in self.bound_by(stmt) for use in self.uses.get(binding, ()))

    def in_other_branch(self, left: s.Node, right: s.Node) -> bool:
        """Do two nodes stand in different blocks of one ``if`` or ``try``?"""
        mine = {node: child for child, node in self._path(left)}
        for child, node in self._path(right):
            if node in mine:
                return isinstance(node, s.If | s.Try | s.Choice) and mine[node] is not child
        return False

    def _path(self, node: s.Node) -> Iterator[tuple[s.Node, s.Node]]:
        """The ancestors of a node, each behind the child through which it is reached."""
        child = node
        for ancestor in self.ancestors(node):
            yield child, ancestor
            child = ancestor

    def function(self, node: s.Node) -> s.FuncDef | None:
        """The innermost function around ``node``."""
        return next((a for a in self.ancestors(node) if isinstance(a, s.FuncDef)), None)

    def scope(self, node: s.Node) -> Scope:
        """The innermost module, class or function scope around ``node``."""
        for ancestor in self.ancestors(node):
            inner = self.scopes.inner.get(ancestor)
            if inner is not None:
                return inner
        return self.scopes.module

    def class_of(self, function: s.FuncDef) -> s.ClassDef | None:
        """The class of which ``function`` is a method."""
        parent = self.parents.get(function)
        owner = self.parents.get(parent) if parent is not None else None
        return owner if isinstance(owner, s.ClassDef) else None

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(m.end() for m in re.finditer(r"\r\n|\n|\r", self.text))]

    def position(self, at: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        line = bisect.bisect_right(self._lines, at)
        return line, at - self._lines[line - 1] + 1

    def line_start(self, at: int) -> int:
        """Where the line that holds offset ``at`` begins."""
        return self._lines[bisect.bisect_right(self._lines, at) - 1]

    def cell(self, line: int) -> tuple[int, int]:
        """The cell that holds a line, and the line's number in it; cell 0 where there are no cells."""
        return cell_of(self.borders, line)

    def line(self, node: s.Node) -> int:
        """The line on which ``node`` begins."""
        return self.position(node.span.start)[0]

    def quote(self) -> str:
        """The quote that this file uses most."""
        counts = {'"': 0, "'": 0}
        for node in self.each(s.Str):
            if node.quote in counts:
                counts[node.quote] += 1
        return "'" if counts["'"] > counts['"'] else '"'

    def snippet(self, node: s.Node) -> str:
        """The text of ``node``: for comparisons and for edits, never for a report."""
        span = node.span
        return self.text[span.start : span.end]


def cell_of(borders: tuple[tuple[int, int], ...], line: int) -> tuple[int, int]:
    """Turn a line of a notebook's text into the number of its cell and the line there."""
    index = bisect.bisect_right(borders, line, key=lambda border: border[0]) - 1
    return (borders[index][1], line - borders[index][0] + 1) if index >= 0 else (0, line)


@dataclass(frozen=True, slots=True)
class Members:
    """What a class defines, gathered once."""

    methods: tuple[s.FuncDef, ...]
    """Those under an ``if`` included."""
    stores: Mapping[str, tuple[tuple[s.FuncDef, tuple[Binding, ...]], ...]]
    """Attribute → the methods that store it on their first parameter, and with what they end."""
    fields: tuple[s.Assign, ...]
    """What the body declares of its objects, in order: ``value: str``, ``value = attr.ib()``."""

"""What a plan takes away, replaces and adds.

A plan speaks of records: remove this statement, replace this expression by that template. What that
means for the text, see rendering.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from ...model import Span
from ...paths import is_program
from ...records import dataclass
from ..facts import syntax as s
from ..facts.modules import Module

Template = tuple["str | s.Node", ...]
"""Text with records of the same module in it, whose own changes are made on the way."""
Piece = tuple[Span, str]
"""A stretch of a module's text, and what takes its place."""

_NAMES = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


@dataclass(frozen=True, slots=True)
class Placed:
    """What is done anew where other changes go on with these."""

    restored: frozenset[s.Node] = frozenset()
    replaced: frozenset[s.Node] = frozenset()
    patches: frozenset[tuple[s.Node, Piece]] = frozenset()


class Changes:
    """The state of one plan, over all modules that it touches."""

    def __init__(self) -> None:
        self.modules: dict[str, Module] = {}
        """Those with changes, by path."""
        self.removed: set[s.Node] = set()
        self.replaced: dict[s.Node, Template] = {}
        self.patched: dict[s.Node, list[tuple[Span, str]]] = defaultdict(list)
        self.inserted: dict[s.Stmt, list[Template]] = defaultdict(list)
        self.unwrapped: dict[s.Stmt, tuple[s.Block, ...]] = {}
        self.adopted: dict[s.Node, tuple[Module, s.Node]] = {}
        """Records that live on in a template elsewhere → where."""
        self.defined: dict[tuple[s.Node, str], tuple[Piece, str | None]] = {}
        """Settings for scopes that were put below a statement: the text, and the scopes in it."""
        self.documented: list[tuple[Module, s.Item, str, str]] = []
        """What configuration files gain: the file, the item beside it, its name and its content."""
        self.awaited: list[tuple[Module, s.Item, str]] = []
        """What a person is to add to them, as nobody knows its content."""
        self.lost_comments: list[tuple[Module, s.Comment]] = []
        self.bridged: set[s.Stmt] = set()
        """Removed conversions (``x = x / 1000``): what reads their target reads what went in."""
        self.kept: set[s.Node] = set()
        """Definitions that new text uses: they live."""
        self.mentioned: dict[Module, set[str]] = defaultdict(set)
        """Names that new text uses: what they stand for must live."""
        self.imports: dict[tuple[Module, str], tuple[str, str]] = {}
        """Wanted imports: (module, statement) → (what it imports, beside which import)."""
        self.imports_beside: dict[s.Stmt, tuple[Module, str]] = {}
        """Wanted imports of functions, by the import of theirs beside which they go."""
        self.names: dict[tuple[Module, s.ImportFrom], list[str]] = {}
        """Names that an import of the project's own must bring as well."""
        self.arguments: dict[str, str] = {}
        """Arguments of wrappers that the fields were handed as → those that they are handed as now."""
        self.placed = Placed()
        """What putting the wanted imports into their places did."""
        self._untouched: set[s.Node] = set()
        """Records that stand where they stood, with all around them, of those that somebody asked for."""

    @classmethod
    def upon(cls, parts: Sequence[Changes]) -> Changes:
        """What other plans change, to be gone on with: what they take away is gone."""
        made = cls()
        for part in parts:
            made.modules |= part.modules
            made.removed |= part.removed | part.placed.restored
            new = part.placed.replaced
            made.replaced |= {node: text for node, text in part.replaced.items() if node not in new}
            made.unwrapped |= part.unwrapped
            made.adopted |= part.adopted
            made.defined |= part.defined
            made.bridged |= part.bridged
            made.kept |= part.kept
            made.imports |= part.imports
            made.imports_beside |= part.imports_beside
            made.arguments |= part.arguments
            made.documented += part.documented
            made.awaited += part.awaited
            for node, pieces in part.patched.items():
                here = [
                    p for p in pieces if p not in made.patched[node] and (node, p) not in part.placed.patches
                ]
                made.patched[node] += here
            for before, templates in part.inserted.items():
                made.inserted[before] += [t for t in templates if t not in made.inserted[before]]
            for module, words in part.mentioned.items():
                made.mentioned[module] |= words
            for place, names in part.names.items():
                made.names[place] = list(dict.fromkeys((*made.names.get(place, ()), *names)))
        return made

    def touches(self, module: Module, node: s.Node) -> bool:
        """Is anything different in the expression that ``node`` is a part of, or in that simple statement?"""
        around = node
        while not isinstance(around, s.Stmt) and not isinstance(module.parents[around], s.Stmt):
            around = module.parents[around]
        changed = self.replaced.keys() | self.patched.keys() | self.removed
        return any(inner in changed for inner in s.walk(around)) or self.is_dead(module, node)

    def gained(self, document: Module, key: str) -> list[s.Item]:
        """Give the entries of a configuration file beside which ``key`` is put."""
        return [item for module, item, name, _ in self.documented if module is document and name == key]

    # -- what a plan says ---------------------------------------------------------------------

    def remove(self, module: Module, node: s.Node) -> None:
        """Take ``node`` (a statement, argument, item, parameter, alias, handler) away."""
        self._move(node)
        self.modules[module.path] = module
        self.removed.add(node)

    def restore(self, node: s.Node) -> None:
        """Let stand what was taken away."""
        self.removed.discard(node)

    def replace(self, module: Module, node: s.Node, *template: str | s.Node) -> None:
        """Put ``template`` where ``node`` stands."""
        self._move(node)
        self.modules[module.path] = module
        self.replaced[node] = template
        for part in template:
            if isinstance(part, str):
                self._mention(module, part)
        self._adopt(module, node, template)

    def reduce(self, module: Module, node: s.Expr, inner: s.Expr) -> None:
        """Leave only ``inner`` of ``node``, without parentheses that it does not need."""
        parent = module.parents[node]
        simple = isinstance(inner, s.Name | s.Attribute | s.Subscript | s.Call | s.Const | s.Str | s.FString)
        room = isinstance(parent, s.Binary | s.Assign | s.Arg | s.Return | s.Compare | s.If | s.Hole | s.Item)
        apart = not module.text[node.outer.start - 1 : node.outer.start].isalpha()  # ``not(a and b)``
        room = (room or isinstance(parent, s.Unary)) and apart
        if node.outer != node.span and simple and room:
            self.patch(module, parent, Span(node.outer.start, node.span.start), "")
            self.patch(module, parent, Span(node.span.end, node.outer.end), "")
        if isinstance(parent, s.Assign | s.Arg | s.Return | s.Hole | s.Item | s.Sequence):
            self.bare(module, inner)
        self.replace(module, node, inner)

    def call(self, module: Module, node: s.Expr, function: str, inner: s.Expr) -> None:
        """Put ``function(inner)`` where ``node`` stands; a call needs no parentheses around it."""
        parent = module.parents[node]
        if node.outer != node.span and "\n" not in module.text[node.outer.start : node.outer.end]:
            self.patch(module, parent, Span(node.outer.start, node.span.start), "")
            self.patch(module, parent, Span(node.span.end, node.outer.end), "")
        self.bare(module, inner)
        self.replace(module, node, f"{function}(", inner, ")")

    def bare(self, module: Module, node: s.Expr) -> None:
        """Take the parentheses away that ``node`` needed where it stood, if they hold no lines together."""
        if not isinstance(node, s.Binary) or "\n" in module.text[node.outer.start : node.outer.end]:
            return
        self.patch(module, node, Span(node.outer.start, node.span.start), "")
        self.patch(module, node, Span(node.span.end, node.outer.end), "")

    def patch(self, module: Module, node: s.Node, span: Span, text: str) -> None:
        """Replace a few characters inside ``node``."""
        self.modules[module.path] = module
        if "{" in text or not _is_inside_text(node, span):
            self._mention(module, text)
        if (span, text) not in self.patched[node]:
            self.patched[node].append((span, text))

    def insert(self, module: Module, before: s.Stmt, *template: str | s.Node) -> None:
        """Put a statement of its own before another; lines are indented like that one."""
        self.modules[module.path] = module
        self.inserted[before].append(template)
        for part in template:
            if isinstance(part, str):
                self._mention(module, part)
        self._adopt(module, before, template)

    def keep(self, module: Module, node: s.Node, host: s.Node) -> None:
        """``node`` is written anew as text at ``host``: what it uses lives on."""
        self._move(node)
        self.adopted[node] = (module, host)

    def _mention(self, module: Module, text: str) -> None:
        self.mentioned[module].update(_NAMES.findall(_QUOTED.sub("", text)))

    def _adopt(self, module: Module, host: s.Node, template: Template) -> None:
        for part in template:
            if not isinstance(part, str):
                self.keep(module, part, host)

    def add_import(self, module: Module, statement: str, path: str, beside: str) -> None:
        """Want an import at the top of ``module``; its place is found when all else is decided."""
        self.modules[module.path] = module
        self.imports.setdefault((module, statement), (path, beside))

    def add_import_beside(self, module: Module, statement: str, beside: s.Stmt) -> None:
        """Want an import in a function, beside another that may be gone by then."""
        self.modules[module.path] = module
        self.imports_beside[beside] = (module, statement)

    def imported(self, module: Module, home: str, name: str) -> str:
        """Give what ``module`` calls ``name`` of the module ``home``; imports it if need be."""
        for node in module.each(s.ImportFrom):
            if node.module == home and not node.level:
                for alias in node.aliases:
                    if alias.name == name:
                        return alias.asname or name
                names = self.names.setdefault((module, node), []) if node.aliases else [name]
                if name not in names:
                    names.append(name)
                    self.modules[module.path] = module
                return name
        self.add_import(module, f"from {home} import {name}", home, home.partition(".")[0])
        return name

    def unwrap(self, module: Module, node: s.Stmt, *bodies: s.Block) -> None:
        """Leave only ``bodies`` of a compound statement, dedented."""
        self._move(node)
        self.modules[module.path] = module
        self.unwrapped[node] = bodies

    def _move(self, node: s.Node) -> None:
        if node in self._untouched:  # what is around one of these is one itself: nothing below any other is
            self._untouched.difference_update(s.walk(node))

    # -- what is left -------------------------------------------------------------------------

    def is_dead(self, module: Module, node: s.Node) -> bool:
        """Does ``node`` no longer stand in the text?"""
        if node in self._untouched or module.path not in self.modules:
            return False
        return self._is_dead(module, node, set())

    def _is_dead(self, module: Module, node: s.Node, path: set[s.Node]) -> bool:
        """The same, for a node that was reached through those in ``path``."""
        here: s.Node | None = node
        seen: list[s.Node] = []
        moved = False
        while here is not None and here not in self._untouched:
            if here in self.removed:
                return True
            template = self.replaced.get(here)
            if template is not None:
                if not any(not isinstance(t, str) and t in path for t in template):
                    return True
                moved = True
            host = self.adopted.get(here)
            if host is not None:
                return host[1] in self.removed or self._is_dead(host[0], host[0].parents[host[1]], {host[1]})
            parent = module.parents.get(here)
            path.add(here)
            seen.append(here)
            bodies = self.unwrapped.get(parent) if isinstance(parent, s.Stmt) else None
            if bodies is not None:
                if path.isdisjoint(bodies):
                    return True
                moved = True
            here = parent
        if not moved:
            self._untouched.update(seen)
        return False

    @property
    def touched(self) -> list[Module]:
        """The modules with changes, by path."""
        return [module for _, module in sorted(self.modules.items())]

    def stirred(self, module: Module) -> set[s.Node]:
        """The records of a module that anything is done to, and those around them."""
        if not is_program(module.path):  # an anchor of YAML stands in several places: all are looked at
            return set(s.walk(module.source))
        found: set[s.Node] = set()
        for node in (*self.removed, *self.replaced, *self.patched, *self.inserted, *self.unwrapped):
            here: s.Node | None = node
            while here is not None and here not in found:
                found.add(here)
                here = module.parents.get(here)
        return found


class Together(Changes):
    """What several plans take away, as if all were carried out; it makes no edits of its own."""

    def __init__(self, parts: Sequence[Changes]) -> None:
        super().__init__()
        self.parts = parts

    def is_dead(self, module: Module, node: s.Node) -> bool:
        """Does ``node`` no longer stand in the text when all are carried out?"""
        return any(part.is_dead(module, node) for part in self.parts)

    @property
    def touched(self) -> list[Module]:
        """The modules that any of them changes, by path."""
        found = {module.path: module for part in self.parts for module in part.touched}
        return [module for _, module in sorted(found.items())]


def _is_inside_text(node: s.Node, span: Span) -> bool:
    """Is only what a literal says changed? It means no name: ``/ims/token/v3``."""
    if not isinstance(node, s.Str):
        return False
    return not node.quote or node.span.start < span.start <= span.end < node.span.end

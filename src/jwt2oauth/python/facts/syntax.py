"""The facts of one Python file: a lean syntax tree of frozen records with spans.

LibCST nodes never leave ``parse.py``. These records hold what the later steps ask for, can be
pickled, and compare by identity, so that each of them can be the key of a dictionary.
``span`` leaves out the parentheses around an expression, ``outer`` takes them in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any

from ...model import Span
from ...records import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Anything with a place in the text."""

    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Expr(Node):
    """An expression."""

    outer: Span


@dataclass(frozen=True, slots=True, eq=False)
class Name(Expr):
    """A variable, loaded or stored."""

    id: str


@dataclass(frozen=True, slots=True, eq=False)
class Const(Expr):
    """A number, ``True``, ``False``, ``None`` or ``...``; ``value`` is the Python value."""

    value: object


@dataclass(frozen=True, slots=True, eq=False)
class Str(Expr):
    """One string literal without placeholders; ``value`` is ``str`` or ``bytes``."""

    value: str | bytes
    prefix: str
    quote: str


@dataclass(frozen=True, slots=True, eq=False)
class Hole(Node):
    """``{value!r:spec}`` inside an f-string."""

    value: Expr
    plain: bool
    """No conversion, format or ``=``: the text is ``str(value)``."""
    labelled: bool = False
    """``{value=}``: the text of the expression is printed before it."""


@dataclass(frozen=True, slots=True, eq=False)
class FString(Expr):
    """An f-string: literal pieces (``Str`` with an empty quote) and holes."""

    parts: tuple[Str | Hole, ...]
    prefix: str
    quote: str


@dataclass(frozen=True, slots=True, eq=False)
class Joined(Expr):
    """Literals that Python joins because they stand side by side."""

    parts: tuple[Str | FString, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Attribute(Expr):
    """``value.attr``."""

    value: Expr
    attr: str
    attr_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Arg(Node):
    """One argument of a call; ``star`` is ``""``, ``"*"`` or ``"**"``."""

    value: Expr
    keyword: str | None
    star: str


@dataclass(frozen=True, slots=True, eq=False)
class Call(Expr):
    """``func(args)``."""

    func: Expr
    args: tuple[Arg, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Item(Node):
    """An entry of a dictionary display; ``key`` is None for ``**value``."""

    key: Expr | None
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Dict(Expr):
    """A dictionary display."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sequence(Expr):
    """A tuple, list or set display; ``kind`` says which."""

    kind: str
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Starred(Expr):
    """``*value`` in a display or an assignment."""

    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Expr):
    """Arithmetic and ``%``: ``left op right``."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Bool(Expr):
    """``left and right`` or ``left or right``."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Expr):
    """``not value``, ``-value``, ``+value``, ``~value``."""

    op: str
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Compare(Expr):
    """A chain of comparisons; ``ops[i]`` stands before ``rights[i]``."""

    left: Expr
    ops: tuple[str, ...]
    rights: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Subscript(Expr):
    """``value[index]``; ``index`` is ``Opaque`` for slices."""

    value: Expr
    index: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Choice(Expr):
    """``body if test else orelse``."""

    test: Expr
    body: Expr
    orelse: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Await(Expr):
    """``await value``."""

    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Walrus(Expr):
    """``target := value``."""

    target: Expr
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Yield(Expr):
    """``yield value`` and ``yield from value``."""

    value: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Param(Node):
    """A parameter; ``kind`` is ``""``, ``"*"``, ``"**"`` or ``"kw"`` (keyword only)."""

    name: str
    default: Expr | None
    annotation: Expr | None
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Lambda(Expr):
    """``lambda params: body``."""

    params: tuple[Param, ...]
    body: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Clause(Node):
    """``for target in iter if tests`` of a comprehension."""

    target: Expr
    iter: Expr
    tests: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Comprehension(Expr):
    """A list, set, dict or generator comprehension; ``key`` only for dict."""

    key: Expr | None
    value: Expr
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Opaque(Expr):
    """An expression of which only the parts matter (a slice, a template string)."""

    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Stmt(Node):
    """A statement; ``span`` is its own code, without comments above it."""


@dataclass(frozen=True, slots=True, eq=False)
class Block(Node):
    """A suite; ``inline`` when it stands on the line of its header."""

    body: tuple[Stmt, ...]
    inline: bool


@dataclass(frozen=True, slots=True, eq=False)
class Assign(Stmt):
    """``a = b = value``, and annotated assignments (``value`` may then be missing)."""

    targets: tuple[Expr, ...]
    value: Expr | None
    annotation: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class AugAssign(Stmt):
    """``target op= value``; ``op`` without the equals sign."""

    target: Expr
    op: str
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class ExprStmt(Stmt):
    """An expression for its effect (or a docstring)."""

    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Return(Stmt):
    """``return value``."""

    value: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Raise(Stmt):
    """``raise value from cause``."""

    value: Expr | None
    cause: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Assert(Stmt):
    """``assert test, message``."""

    test: Expr
    message: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Delete(Stmt):
    """``del targets``."""

    targets: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scoping(Stmt):
    """``global names`` or ``nonlocal names``."""

    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Plain(Stmt):
    """``pass``, ``break``, ``continue`` (``word``), or a statement that binds nothing of interest."""

    word: str


@dataclass(frozen=True, slots=True, eq=False)
class Alias(Node):
    """One name of an import; ``name`` is dotted, ``asname`` the local name if another."""

    name: str
    asname: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Import(Stmt):
    """``import a.b as c``."""

    aliases: tuple[Alias, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ImportFrom(Stmt):
    """``from ..module import names``; no aliases for ``*``."""

    module: str
    level: int
    aliases: tuple[Alias, ...]
    star: bool


@dataclass(frozen=True, slots=True, eq=False)
class FuncDef(Stmt):
    """A function; ``span`` begins at ``def``, ``head`` at the first decorator."""

    name: str
    params: tuple[Param, ...]
    body: Block
    decorators: tuple[Expr, ...]
    returns: Expr | None
    head: Span


@dataclass(frozen=True, slots=True, eq=False)
class ClassDef(Stmt):
    """A class."""

    name: str
    bases: tuple[Arg, ...]
    body: Block
    decorators: tuple[Expr, ...]
    head: Span


@dataclass(frozen=True, slots=True, eq=False)
class If(Stmt):
    """``if``/``elif``: an ``elif`` is an ``If`` alone in ``orelse`` with ``is_elif``."""

    test: Expr
    body: Block
    orelse: Block | None
    is_elif: bool


@dataclass(frozen=True, slots=True, eq=False)
class For(Stmt):
    """``for target in iter``."""

    target: Expr
    iter: Expr
    body: Block
    orelse: Block | None


@dataclass(frozen=True, slots=True, eq=False)
class While(Stmt):
    """``while test``."""

    test: Expr
    body: Block
    orelse: Block | None


@dataclass(frozen=True, slots=True, eq=False)
class WithItem(Node):
    """``value as target``."""

    value: Expr
    target: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class With(Stmt):
    """``with items``."""

    items: tuple[WithItem, ...]
    body: Block


@dataclass(frozen=True, slots=True, eq=False)
class Handler(Node):
    """``except type as name``."""

    type: Expr | None
    name: str | None
    body: Block


@dataclass(frozen=True, slots=True, eq=False)
class Try(Stmt):
    """``try`` with its handlers, ``else`` and ``finally``."""

    body: Block
    handlers: tuple[Handler, ...]
    orelse: Block | None
    final: Block | None


@dataclass(frozen=True, slots=True, eq=False)
class Case(Node):
    """``case pattern if guard``; the names that the pattern binds."""

    names: tuple[str, ...]
    paths: dict[str, tuple[str | int, ...]]
    """The names that take the subject, an element of it, or what has under keys, as it is → the way there."""
    keys: tuple[str, ...]
    """All keys that the pattern asks for."""
    values: tuple[Expr, ...]
    guard: Expr | None
    body: Block
    taken: tuple[tuple[str, Span], ...] = ()
    """The elements of a mapping that is all of the pattern: the name that takes each (or none), and where."""


@dataclass(frozen=True, slots=True, eq=False)
class Match(Stmt):
    """``match subject``."""

    subject: Expr
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its ``#``."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Source(Node):
    """A parsed file: its text, its statements, its comments.

    ``exact`` is false when LibCST does not give the text back byte for byte (a form feed, a
    lone carriage return): such a file is examined but never rewritten.
    """

    path: str
    text: str
    body: Block
    comments: tuple[Comment, ...]
    newline: str
    indent: str
    exact: bool


@cache
def _below(kind: Any) -> tuple[tuple[Callable[[Node], Any], bool], ...]:
    """What reads the fields that hold records, as they are declared, and whether they hold several."""
    declared = [(each.name, str(each.type)) for each in fields(kind)]
    held = [(name, said) for name, said in declared if not _kinds().isdisjoint(re.findall(r"\w+", said))]
    return tuple((attrgetter(name), said.startswith("tuple")) for name, said in held)


@cache
def _kinds() -> frozenset[str]:
    """The names of all kinds of records."""
    return frozenset(
        name for name, kind in globals().items() if isinstance(kind, type) and issubclass(kind, Node)
    )


def head(node: Node | Comment) -> int:
    """Where a record begins, decorators included."""
    return node.head.start if isinstance(node, FuncDef | ClassDef) else node.span.start


def docstring(node: Node) -> Str | None:
    """The docstring of a function, class or module."""
    body = node.body if isinstance(node, FuncDef | ClassDef | Source) else None
    first = body.body[0] if body is not None and body.body else None
    value = first.value if isinstance(first, ExprStmt) else None
    return value if isinstance(value, Str) else None


def last_name(func: Expr | None) -> str:
    """``encode`` of ``jwt.encode``, as it is called; empty where what is called has no name."""
    return func.attr if isinstance(func, Attribute) else func.id if isinstance(func, Name) else ""


def is_named(node: Expr | None, name: str) -> bool:
    """Is it that name, alone?"""
    return isinstance(node, Name) and node.id == name


def is_bare_text(stmt: Stmt) -> bool:
    """A docstring, or a string that stands alone."""
    return isinstance(stmt, ExprStmt) and isinstance(stmt.value, Str)


def targets_of(node: Node) -> tuple[Expr, ...]:
    """What an assignment stores to."""
    return node.targets if isinstance(node, Assign) else ()


def key_text(item: Item) -> str:
    """The key of an entry; empty where it is no text."""
    return str(item.key.value) if isinstance(item.key, Str) else ""


def beside(target: Expr, value: Expr | None) -> tuple[Expr, ...]:
    """The values of ``a, b = 1, 2``, one for each target; nothing where they cannot be told apart."""
    if not isinstance(target, Sequence) or not isinstance(value, Sequence):
        return ()
    starred = any(isinstance(item, Starred) for item in (*target.items, *value.items))
    return value.items if len(target.items) == len(value.items) and not starred else ()


def stores(stmt: Assign) -> list[tuple[Expr, Expr]]:
    """What an assignment stores where: each target of ``a, b["k"] = 1, 2`` with its own value."""
    found: list[tuple[Expr, Expr]] = []
    for target in stmt.targets if stmt.value is not None else ():
        assert stmt.value is not None
        values = beside(target, stmt.value)
        if values and isinstance(target, Sequence):
            found += zip(target.items, values, strict=True)
        else:
            found.append((target, stmt.value))
    return found


def children(node: Node) -> list[Node]:
    """The records directly below ``node``, in the order of the fields."""
    kind: Any = type(node)
    found: list[Node] = []
    for read, are_several in _below(kind):
        held = read(node)
        if are_several:
            found += held
        elif held is not None:
            found.append(held)
    return found


def walk(node: Node) -> Iterator[Node]:
    """``node`` and everything below it, parents first."""
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        stack.extend(reversed(children(here)))

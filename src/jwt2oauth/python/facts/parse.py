"""Text of a Python file in, ``syntax.Source`` out.

LibCST is known here and in what this is made of (``lowering``, ``patterns``, ``positions``), nowhere else.

The patterns of ``match``: what each binds, and where it takes that from.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any, cast

import libcst as cst

from ...model import Span
from . import syntax as s
from .lowering import Expressions
from .parser_limits import TALL, is_tall
from .unparsable import TOO_DEEP, Unparsable

RECORDS = 2
"""Records within each other that come of one node of LibCST, at most: the block of an ``elif`` and itself."""


def parse(path: str, text: str) -> s.Source:
    """Parse ``text``; raises ``Unparsable`` for bad syntax and for nesting beyond the stack."""
    try:
        module = cst.parse_module(text)
        lowering = _Lowering(path, text, module)
        source = lowering.source()
        if lowering.state.depth * RECORDS > TALL and is_tall(source):
            raise Unparsable(TOO_DEEP, 1)
        return source
    except cst.ParserSyntaxError as error:
        raise _explained(text, error) from None
    except SyntaxError as error:
        raise Unparsable(error.msg, error.lineno or 1) from None
    except RecursionError:
        raise Unparsable(TOO_DEEP, 1) from None
    except ValueError as error:
        raise Unparsable(f"LibCST cannot read it ({type(error).__name__})", 1) from None


def _explained(text: str, error: cst.ParserSyntaxError) -> Unparsable:
    """CPython's words for what is wrong; LibCST's own message lists every token it would have liked."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as told:
        return Unparsable(told.msg, told.lineno or 1)
    except (ValueError, RecursionError, MemoryError):
        pass
    at = re.search(r"error at (\d+)", error.message)
    return Unparsable("LibCST cannot read it", int(at[1]) if at else error.raw_line)


_AUGMENTED = {
    cst.AddAssign: "+", cst.SubtractAssign: "-", cst.MultiplyAssign: "*", cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//", cst.ModuloAssign: "%", cst.PowerAssign: "**", cst.BitOrAssign: "|",
    cst.BitAndAssign: "&", cst.BitXorAssign: "^", cst.LeftShiftAssign: "<<",
    cst.RightShiftAssign: ">>", cst.MatrixMultiplyAssign: "@",
}  # fmt: skip


def _dotted(node: cst.BaseExpression | None) -> str:
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return ""


class _Lowering(Expressions):
    """Turns the nodes of one module into records."""

    def source(self) -> s.Source:
        body = self.statements(self.module.body)
        comments = tuple(s.Comment(Span(at, at + len(c)), c) for at, c in self.state.comments)
        return s.Source(
            Span(0, len(self.text)),
            self.path,
            self.text,
            s.Block(Span(0, len(self.text)), body, inline=False),
            comments,
            self.module.default_newline,
            self.module.default_indent,
            exact="".join(self.state.tokens) == self.text,
        )

    # -- statements ---------------------------------------------------------------------------

    def statements(self, body: Any) -> tuple[s.Stmt, ...]:
        found: list[s.Stmt] = []
        for node in body:
            if isinstance(node, cst.SimpleStatementLine):
                found += [self.statement(small) for small in node.body]
            else:
                found.append(self.statement(node))
        return tuple(found)

    def block(self, node: cst.BaseSuite) -> s.Block:
        if isinstance(node, cst.SimpleStatementSuite):
            body = tuple(self.statement(small) for small in node.body)
            return s.Block(Span(body[0].span.start, body[-1].span.end), body, inline=True)
        body = self.statements(cast(cst.IndentedBlock, node).body)
        return s.Block(Span(s.head(body[0]), body[-1].span.end), body, inline=False)

    def otherwise(self, node: cst.If | cst.Else | None) -> s.Block | None:
        if node is None:
            return None
        if isinstance(node, cst.If):
            nested = self.conditional(node, is_elif=True)
            return s.Block(nested.span, (nested,), inline=False)
        return self.block(node.body)

    def statement(self, node: cst.CSTNode) -> s.Stmt:
        make = _STATEMENTS.get(type(node))
        if make is not None:
            return cast(s.Stmt, make(self, node))
        parts = [c for c in node.children if isinstance(c, cst.BaseExpression)]
        if parts:
            span = self.span(node)
            return s.ExprStmt(span, s.Opaque(span, span, tuple(self.expr(p) for p in parts)))
        return s.Plain(self.span(node), type(node).__name__.lower())

    def assign(self, node: cst.Assign) -> s.Assign:
        targets = tuple(self.expr(t.target) for t in node.targets)
        return s.Assign(self.span(node), targets, self.expr(node.value), None)

    def annotated(self, node: cst.AnnAssign) -> s.Assign:
        note = self.expr(node.annotation.annotation)
        return s.Assign(self.span(node), (self.expr(node.target),), self.optional(node.value), note)

    def augmented(self, node: cst.AugAssign) -> s.AugAssign:
        op = _AUGMENTED[type(node.operator)]
        return s.AugAssign(self.span(node), self.expr(node.target), op, self.expr(node.value))

    def expression(self, node: cst.Expr) -> s.ExprStmt:
        return s.ExprStmt(self.span(node), self.expr(node.value))

    def returned(self, node: cst.Return) -> s.Return:
        return s.Return(self.span(node), self.optional(node.value))

    def raised(self, node: cst.Raise) -> s.Raise:
        cause = self.expr(node.cause.item) if node.cause else None
        return s.Raise(self.span(node), self.optional(node.exc), cause)

    def asserted(self, node: cst.Assert) -> s.Assert:
        return s.Assert(self.span(node), self.expr(node.test), self.optional(node.msg))

    def deleted(self, node: cst.Del) -> s.Delete:
        target = self.expr(node.target)
        targets = target.items if isinstance(target, s.Sequence) else (target,)
        return s.Delete(self.span(node), targets)

    def scoping(self, node: cst.Global | cst.Nonlocal) -> s.Scoping:
        names = tuple(item.name.value for item in node.names)
        return s.Scoping(self.span(node), type(node).__name__.lower(), names)

    def alias(self, node: cst.ImportAlias) -> s.Alias:
        asname = node.asname.name.value if node.asname and isinstance(node.asname.name, cst.Name) else None
        end = self.outer(node.asname).end if node.asname else self.span(node.name).end
        return s.Alias(Span(self.span(node.name).start, end), _dotted(node.name), asname)

    def imported(self, node: cst.Import) -> s.Import:
        return s.Import(self.span(node), tuple(self.alias(a) for a in node.names))

    def imported_from(self, node: cst.ImportFrom) -> s.ImportFrom:
        star = isinstance(node.names, cst.ImportStar)
        aliases = () if isinstance(node.names, cst.ImportStar) else tuple(self.alias(a) for a in node.names)
        return s.ImportFrom(self.span(node), _dotted(node.module), len(node.relative), aliases, star)

    def definition(self, node: cst.FunctionDef) -> s.FuncDef:
        span = self.span(node)
        first = node.decorators[0] if node.decorators else None
        start = self.span(first).start if first else span.start
        return s.FuncDef(
            span,
            node.name.value,
            self.params(node.params),
            self.block(node.body),
            tuple(self.expr(d.decorator) for d in node.decorators),
            self.expr(node.returns.annotation) if node.returns else None,
            Span(start, span.end),
        )

    def class_(self, node: cst.ClassDef) -> s.ClassDef:
        span = self.span(node)
        first = node.decorators[0] if node.decorators else None
        start = self.span(first).start if first else span.start
        return s.ClassDef(
            span,
            node.name.value,
            tuple(self.arg(a) for a in (*node.bases, *node.keywords)),
            self.block(node.body),
            tuple(self.expr(d.decorator) for d in node.decorators),
            Span(start, span.end),
        )

    def conditional(self, node: cst.If, *, is_elif: bool = False) -> s.If:
        body, orelse = self.block(node.body), self.otherwise(node.orelse)
        return s.If(self.span(node), self.expr(node.test), body, orelse, is_elif)

    def loop(self, node: cst.For) -> s.For:
        target, it = self.expr(node.target), self.expr(node.iter)
        return s.For(self.span(node), target, it, self.block(node.body), self.otherwise(node.orelse))

    def repeat(self, node: cst.While) -> s.While:
        orelse = self.otherwise(node.orelse)
        return s.While(self.span(node), self.expr(node.test), self.block(node.body), orelse)

    def with_(self, node: cst.With) -> s.With:
        items = []
        for item in node.items:
            target = self.expr(item.asname.name) if item.asname else None
            last = item.asname.name if item.asname else item.item  # the comma is not part of it
            span = Span(self.outer(item.item).start, self.outer(last).end)
            items.append(s.WithItem(span, self.expr(item.item), target))
        return s.With(self.span(node), tuple(items), self.block(node.body))

    def handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler) -> s.Handler:
        name = _dotted(cast(Any, node.name.name)) if node.name else None
        return s.Handler(self.span(node), self.optional(node.type), name, self.block(node.body))

    def tried(self, node: cst.Try | cst.TryStar) -> s.Try:
        final = self.block(node.finalbody.body) if node.finalbody else None
        handlers = tuple(self.handler(h) for h in node.handlers)
        return s.Try(self.span(node), self.block(node.body), handlers, self.otherwise(node.orelse), final)

    def matched(self, node: cst.Match) -> s.Match:
        return s.Match(self.span(node), self.expr(node.subject), tuple(map(self.case, node.cases)))

    def case(self, node: cst.MatchCase) -> s.Case:
        found = Pattern(self.expr)
        found.read(node.pattern, ())
        whole = node.pattern if isinstance(node.pattern, cst.MatchMapping) else None
        elements = whole.elements if whole is not None and whole.rest is None else ()
        guard = self.optional(node.guard)
        return s.Case(
            self.span(node),
            tuple(found.names),
            found.paths,
            tuple(found.keys),
            tuple(found.values),
            guard,
            self.block(node.body),
            tuple(
                (_capture(each.pattern), Span(self.span(each.key).start, self.span(each.pattern).end))
                for each in elements
            ),
        )


def _capture(pattern: cst.CSTNode) -> str:
    """``name`` of ``"key": name``; empty for any other pattern."""
    plain = isinstance(pattern, cst.MatchAs) and pattern.pattern is None and pattern.name is not None
    return pattern.name.value if plain and isinstance(pattern, cst.MatchAs) and pattern.name else ""


_Make = Callable[[_Lowering, Any], Any]
_STATEMENTS: dict[type[cst.CSTNode], _Make] = {
    cst.Assign: _Lowering.assign,
    cst.AnnAssign: _Lowering.annotated,
    cst.AugAssign: _Lowering.augmented,
    cst.Expr: _Lowering.expression,
    cst.Return: _Lowering.returned,
    cst.Raise: _Lowering.raised,
    cst.Assert: _Lowering.asserted,
    cst.Del: _Lowering.deleted,
    cst.Global: _Lowering.scoping,
    cst.Nonlocal: _Lowering.scoping,
    cst.Import: _Lowering.imported,
    cst.ImportFrom: _Lowering.imported_from,
    cst.FunctionDef: _Lowering.definition,
    cst.ClassDef: _Lowering.class_,
    cst.If: _Lowering.conditional,
    cst.For: _Lowering.loop,
    cst.While: _Lowering.repeat,
    cst.With: _Lowering.with_,
    cst.Try: _Lowering.tried,
    cst.TryStar: _Lowering.tried,
    cst.Match: _Lowering.matched,
}


Path = tuple[str | int, ...]
"""Keys that lead from the subject to a part of it; first perhaps the place of an element."""


class Pattern:
    """What a pattern of ``match`` binds, and where it takes that from."""

    def __init__(self, lowered: Callable[[cst.BaseExpression], s.Expr]) -> None:
        """Begin with nothing bound; ``lowered`` turns an expression into a record."""
        self.lowered = lowered
        self.names: list[str] = []
        self.paths: dict[str, Path] = {}
        self.keys: list[str] = []
        self.values: list[s.Expr] = []

    def read(self, node: cst.CSTNode, path: Path | None) -> None:
        """``path`` leads from the subject to what ``node`` is compared with, if that is known."""
        if isinstance(node, cst.MatchValue):
            self.values.append(self.lowered(node.value))
        elif isinstance(node, cst.MatchMapping):
            self._mapping(node, path)
        elif isinstance(node, cst.MatchList | cst.MatchTuple):
            self._sequence(node.patterns, path)
        elif isinstance(node, cst.MatchClass):
            self.values.append(self.lowered(node.cls))
            alone = len(node.patterns) == 1 and not node.kwds
            builtin = isinstance(node.cls, cst.Name) and node.cls.value in _TAKE_THEMSELVES
            for child in (*node.patterns, *node.kwds):
                self.read(child, path if alone and builtin else None)
        else:
            name = getattr(node, "name", None)
            if isinstance(node, cst.MatchAs | cst.MatchStar) and isinstance(name, cst.Name):
                self._bind(name.value, path if isinstance(node, cst.MatchAs) else None)
            through = isinstance(
                node, cst.MatchAs | cst.MatchOr | cst.MatchOrElement | cst.MatchSequenceElement
            )
            for child in node.children:
                if type(child).__name__.startswith("Match"):
                    self.read(child, path if through else None)

    def _sequence(self, elements: Sequence[cst.CSTNode], path: Path | None) -> None:
        """``case 200, {"access_token": token}``: elements of the subject itself, none starred."""
        whole = path == () and all(isinstance(each, cst.MatchSequenceElement) for each in elements)
        for index, element in enumerate(elements):
            inner = element.value if isinstance(element, cst.MatchSequenceElement) else element
            self.read(inner, (index,) if whole else None)

    def _mapping(self, node: cst.MatchMapping, path: Path | None) -> None:
        if node.rest is not None:
            self._bind(node.rest.value, None)
        for element in node.elements:
            key = element.key.evaluated_value if isinstance(element.key, cst.SimpleString) else None
            if isinstance(key, str):
                self.keys.append(key)
            known = path is not None and isinstance(key, str)
            self.read(element.pattern, (*(path or ()), str(key)) if known else None)

    def _bind(self, name: str, path: Path | None) -> None:
        self.names.append(name)
        if path is not None:
            self.paths[name] = path


_TAKE_THEMSELVES = frozenset(
    ("bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str")
)
"""Builtin classes whose one positional pattern stands for the whole object."""

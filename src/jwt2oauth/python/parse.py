"""Text of a Python file in, ``syntax.Source`` out; LibCST is known here and nowhere else.

Positions come from one run of LibCST's own code generator with a state that counts code points:
it costs less than a parse, where ``PositionProvider`` costs two to four, and says at the same
time whether the text survives the round trip.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from typing import Any, cast

import libcst as cst
from libcst._nodes.internal import CodegenState

from ..model import Span
from . import syntax as s


class Unparsable(ValueError):
    """The text is no Python that LibCST can read; ``line`` counts from 1, in the ``cell`` of a notebook."""

    def __init__(self, message: str, line: int, cell: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.cell = cell

    def __reduce__(self) -> tuple[type[Unparsable], tuple[str, int, int]]:
        """Go from one process to another."""
        return Unparsable, (str(self), self.line, self.cell)


def parse(path: str, text: str) -> s.Source:
    """Parse ``text``; raises ``Unparsable`` for bad syntax and for nesting beyond the stack."""
    try:
        module = cst.parse_module(text)
        return _Lowering(path, text, module).source()
    except cst.ParserSyntaxError as error:
        raise _explained(text, error) from None
    except SyntaxError as error:
        raise Unparsable(error.msg, error.lineno or 1) from None
    except RecursionError:
        raise Unparsable("an expression is nested too deeply", 1) from None
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


class _Recorder:
    """What ``record_syntactic_position`` returns: notes where its node begins and ends."""

    __slots__ = ("end_node", "node", "start", "state")

    def __init__(self, state: _Positions, node: cst.CSTNode, end_node: cst.CSTNode | None) -> None:
        self.state = state
        self.node = node
        self.end_node = end_node

    def __enter__(self) -> None:
        self.start = self.state.offset

    def __exit__(self, *_: object) -> None:
        state = self.state
        end = state.offset
        if self.end_node is not None:
            end = state.inner.get(id(self.end_node), state.spans.get(id(self.end_node), (0, end)))[1]
        state.inner[id(self.node)] = (self.start, end)


class _Positions(CodegenState):
    """Counts code points while LibCST writes the module out."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.offset = 0
        self.spans: dict[int, tuple[int, int]] = {}
        self.inner: dict[int, tuple[int, int]] = {}
        self.comments: list[tuple[int, str]] = []

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.add_token(token)

    def add_token(self, value: str) -> None:
        self.tokens.append(value)
        self.offset += len(value)

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.spans[id(node)] = (self.offset, self.offset)
        if type(node) is cst.Comment:
            self.comments.append((self.offset, node.value))

    def after_codegen(self, node: cst.CSTNode) -> None:
        key = id(node)
        self.spans[key] = (self.spans[key][0], self.offset)

    def record_syntactic_position(  # type: ignore[override]
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,  # noqa: ARG002 (LibCST names it)
        end_node: cst.CSTNode | None = None,
    ) -> _Recorder:
        return _Recorder(self, node, end_node)


_BINARY = {
    cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*", cst.Divide: "/", cst.FloorDivide: "//",
    cst.Modulo: "%", cst.Power: "**", cst.BitOr: "|", cst.BitAnd: "&", cst.BitXor: "^",
    cst.LeftShift: "<<", cst.RightShift: ">>", cst.MatrixMultiply: "@",
}  # fmt: skip
_AUGMENTED = {
    cst.AddAssign: "+", cst.SubtractAssign: "-", cst.MultiplyAssign: "*", cst.DivideAssign: "/",
    cst.FloorDivideAssign: "//", cst.ModuloAssign: "%", cst.PowerAssign: "**", cst.BitOrAssign: "|",
    cst.BitAndAssign: "&", cst.BitXorAssign: "^", cst.LeftShiftAssign: "<<",
    cst.RightShiftAssign: ">>", cst.MatrixMultiplyAssign: "@",
}  # fmt: skip
_UNARY = {cst.Not: "not", cst.Minus: "-", cst.Plus: "+", cst.BitInvert: "~"}
_COMPARE = {
    cst.LessThan: "<", cst.GreaterThan: ">", cst.LessThanEqual: "<=", cst.GreaterThanEqual: ">=",
    cst.Equal: "==", cst.NotEqual: "!=", cst.In: "in", cst.NotIn: "not in", cst.Is: "is",
    cst.IsNot: "is not",
}  # fmt: skip
_WORDS = {"True": True, "False": False, "None": None}


def _dotted(node: cst.BaseExpression | None) -> str:
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return ""


class _Lowering:
    """Turns the nodes of one module into records."""

    def __init__(self, path: str, text: str, module: cst.Module) -> None:
        self.path = path
        self.text = text
        self.module = module
        self.state = _Positions(module)
        module._codegen(self.state)

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

    # -- places -------------------------------------------------------------------------------

    def outer(self, node: cst.CSTNode) -> Span:
        return Span(*self.state.spans[id(node)])

    def span(self, node: cst.CSTNode) -> Span:
        key = id(node)
        found = self.state.inner.get(key)
        return Span(*(found if found is not None else self.state.spans[key]))

    def both(self, node: cst.BaseExpression) -> tuple[Span, Span]:
        inner = self.span(node)
        outer = self.state.spans[id(node)]
        if outer == (inner.start, inner.end):
            return inner, inner
        return inner, Span(*outer)

    # -- expressions --------------------------------------------------------------------------

    def expr(self, node: cst.BaseExpression) -> s.Expr:
        make = _EXPRESSIONS.get(type(node))
        if make is not None:
            return cast(s.Expr, make(self, node))
        if isinstance(node, cst.BaseNumber):
            return s.Const(*self.both(node), getattr(node, "evaluated_value", None))
        if isinstance(node, cst.BaseComp):
            return self.comprehension(node)
        parts = tuple(self.expr(c) for c in node.children if isinstance(c, cst.BaseExpression))
        return s.Opaque(*self.both(node), parts)

    def optional(self, node: cst.BaseExpression | None) -> s.Expr | None:
        return None if node is None else self.expr(node)

    def name(self, node: cst.Name) -> s.Expr:
        if node.value in _WORDS:
            return s.Const(*self.both(node), _WORDS[node.value])
        return s.Name(*self.both(node), node.value)

    def string(self, node: cst.SimpleString) -> s.Str:
        value = ast.literal_eval(node.value)
        return s.Str(*self.both(node), value, node.prefix, node.quote)

    def fstring(self, node: cst.FormattedString) -> s.FString:
        raw = "r" in node.prefix.lower()
        parts: list[s.Str | s.Hole] = []
        for part in node.parts:
            span = self.outer(part)
            if isinstance(part, cst.FormattedStringText):
                text = part.value.replace("{{", "{").replace("}}", "}")
                if "\\" in text and not raw:
                    text = _unescape(text)
                parts.append(s.Str(span, span, text, "", ""))
            elif isinstance(part, cst.FormattedStringExpression):
                plain = part.conversion in (None, "s") and not part.format_spec and part.equal is None
                parts.append(s.Hole(span, self.expr(part.expression), plain))
        return s.FString(*self.both(node), tuple(parts), node.prefix, node.quote)

    def joined(self, node: cst.ConcatenatedString) -> s.Joined:
        parts: list[s.Str | s.FString] = []
        here: cst.BaseString = node
        while isinstance(here, cst.ConcatenatedString):
            parts.append(cast("s.Str | s.FString", self.expr(here.left)))
            here = here.right
        parts.append(cast("s.Str | s.FString", self.expr(here)))
        return s.Joined(*self.both(node), tuple(parts))

    def attribute(self, node: cst.Attribute) -> s.Attribute:
        return s.Attribute(*self.both(node), self.expr(node.value), node.attr.value, self.span(node.attr))

    def arg(self, node: cst.Arg) -> s.Arg:
        value = self.expr(node.value)
        start = self.span(node.keyword).start if node.keyword else value.outer.start - len(node.star)
        keyword = node.keyword.value if node.keyword else None
        return s.Arg(Span(start, value.outer.end), value, keyword, node.star)

    def call(self, node: cst.Call) -> s.Call:
        return s.Call(*self.both(node), self.expr(node.func), tuple(self.arg(a) for a in node.args))

    def dict(self, node: cst.Dict) -> s.Dict:
        items = []
        for element in node.elements:
            value = self.expr(element.value)
            if isinstance(element, cst.DictElement):
                key: s.Expr | None = self.expr(element.key)
                start = cast("s.Expr", key).outer.start
            else:
                key, start = None, self.outer(element).start
            items.append(s.Item(Span(start, value.outer.end), key, value))
        return s.Dict(*self.both(node), tuple(items))

    def sequence(self, node: cst.Tuple | cst.List | cst.Set) -> s.Sequence:
        items: list[s.Expr] = []
        for element in node.elements:
            value = self.expr(element.value)
            if isinstance(element, cst.StarredElement):
                span = self.outer(element)
                value = s.Starred(span, span, value)
            items.append(value)
        return s.Sequence(*self.both(node), type(node).__name__.lower(), tuple(items))

    def binary(self, node: cst.BinaryOperation) -> s.Binary:
        op = _BINARY[type(node.operator)]
        return s.Binary(*self.both(node), op, self.expr(node.left), self.expr(node.right))

    def boolean(self, node: cst.BooleanOperation) -> s.Bool:
        op = "and" if isinstance(node.operator, cst.And) else "or"
        return s.Bool(*self.both(node), op, self.expr(node.left), self.expr(node.right))

    def unary(self, node: cst.UnaryOperation) -> s.Unary:
        return s.Unary(*self.both(node), _UNARY[type(node.operator)], self.expr(node.expression))

    def compare(self, node: cst.Comparison) -> s.Compare:
        ops = tuple(_COMPARE[type(c.operator)] for c in node.comparisons)
        rights = tuple(self.expr(c.comparator) for c in node.comparisons)
        return s.Compare(*self.both(node), self.expr(node.left), ops, rights)

    def subscript(self, node: cst.Subscript) -> s.Subscript:
        first = node.slice[0].slice
        if len(node.slice) == 1 and isinstance(first, cst.Index):
            index = self.expr(first.value)
        else:
            span = Span(self.outer(node.slice[0]).start, self.outer(node.slice[-1]).end)
            parts = [c for e in node.slice for c in e.slice.children if isinstance(c, cst.BaseExpression)]
            items = tuple(self.expr(p) for p in parts)
            plain = all(isinstance(e.slice, cst.Index) and e.slice.star is None for e in node.slice)
            index = s.Sequence(span, span, "tuple", items) if plain else s.Opaque(span, span, items)
        return s.Subscript(*self.both(node), self.expr(node.value), index)

    def choice(self, node: cst.IfExp) -> s.Choice:
        return s.Choice(*self.both(node), self.expr(node.test), self.expr(node.body), self.expr(node.orelse))

    def wait(self, node: cst.Await) -> s.Await:
        return s.Await(*self.both(node), self.expr(node.expression))

    def walrus(self, node: cst.NamedExpr) -> s.Walrus:
        return s.Walrus(*self.both(node), self.expr(node.target), self.expr(node.value))

    def yielded(self, node: cst.Yield) -> s.Yield:
        value = node.value.item if isinstance(node.value, cst.From) else node.value
        return s.Yield(*self.both(node), self.optional(value))

    def function(self, node: cst.Lambda) -> s.Lambda:
        return s.Lambda(*self.both(node), self.params(node.params), self.expr(node.body))

    def comprehension(self, node: cst.BaseComp) -> s.Comprehension:
        clauses: list[s.Clause] = []
        clause: cst.CompFor | None = node.for_in
        while clause is not None:
            tests = tuple(self.expr(i.test) for i in clause.ifs)
            clauses.append(
                s.Clause(self.outer(clause), self.expr(clause.target), self.expr(clause.iter), tests)
            )
            clause = clause.inner_for_in
        key = self.expr(node.key) if isinstance(node, cst.DictComp) else None
        value = node.value if isinstance(node, cst.DictComp) else cast(Any, node).elt
        kind = type(node).__name__
        return s.Comprehension(*self.both(node), kind, key, self.expr(value), tuple(clauses))

    def params(self, node: cst.Parameters) -> tuple[s.Param, ...]:
        found: list[tuple[cst.Param, str]] = [(p, "") for p in (*node.posonly_params, *node.params)]
        if isinstance(node.star_arg, cst.Param):
            found.append((node.star_arg, "*"))
        found += [(p, "kw") for p in node.kwonly_params]
        if node.star_kwarg is not None:
            found.append((node.star_kwarg, "**"))
        return tuple(self.param(p, kind) for p, kind in found)

    def param(self, node: cst.Param, kind: str) -> s.Param:
        default = self.optional(node.default)
        annotation = self.optional(node.annotation.annotation) if node.annotation else None
        last = default.outer if default else annotation.outer if annotation else self.span(node.name)
        start = self.outer(node).start
        return s.Param(Span(start, last.end), node.name.value, default, annotation, kind)

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
        return s.Block(Span(_head(body[0]), body[-1].span.end), body, inline=False)

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
            self.span(node.name),
            self.params(node.params),
            self.block(node.body),
            tuple(self.expr(d.decorator) for d in node.decorators),
            self.expr(node.returns.annotation) if node.returns else None,
            node.asynchronous is not None,
            Span(start, span.end),
        )

    def class_(self, node: cst.ClassDef) -> s.ClassDef:
        span = self.span(node)
        first = node.decorators[0] if node.decorators else None
        start = self.span(first).start if first else span.start
        return s.ClassDef(
            span,
            node.name.value,
            self.span(node.name),
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
        return s.With(self.span(node), tuple(items), self.block(node.body), node.asynchronous is not None)

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
        found = _Pattern(self)
        found.read(node.pattern, ())
        guard = self.optional(node.guard)
        return s.Case(
            self.span(node),
            tuple(found.names),
            found.paths,
            tuple(found.keys),
            tuple(found.values),
            guard,
            self.block(node.body),
        )


class _Pattern:
    """What a pattern of ``match`` binds, and where it takes that from."""

    def __init__(self, lowering: _Lowering) -> None:
        self.lowering = lowering
        self.names: list[str] = []
        self.paths: dict[str, tuple[str, ...]] = {}
        self.keys: list[str] = []
        self.values: list[s.Expr] = []

    def read(self, node: cst.CSTNode, path: tuple[str, ...] | None) -> None:
        """``path`` leads from the subject to what ``node`` is compared with, if that is known."""
        if isinstance(node, cst.MatchValue):
            self.values.append(self.lowering.expr(node.value))
        elif isinstance(node, cst.MatchMapping):
            self._mapping(node, path)
        elif isinstance(node, cst.MatchClass):
            self.values.append(self.lowering.expr(node.cls))
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

    def _mapping(self, node: cst.MatchMapping, path: tuple[str, ...] | None) -> None:
        if node.rest is not None:
            self._bind(node.rest.value, None)
        for element in node.elements:
            key = element.key.evaluated_value if isinstance(element.key, cst.SimpleString) else None
            if isinstance(key, str):
                self.keys.append(key)
            known = path is not None and isinstance(key, str)
            self.read(element.pattern, (*(path or ()), str(key)) if known else None)

    def _bind(self, name: str, path: tuple[str, ...] | None) -> None:
        self.names.append(name)
        if path is not None:
            self.paths[name] = path


_TAKE_THEMSELVES = frozenset(
    ("bool", "bytearray", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str")
)
"""Builtin classes whose one positional pattern stands for the whole object."""


def _head(node: s.Stmt) -> int:
    return node.head.start if isinstance(node, s.FuncDef | s.ClassDef) else node.span.start


def _unescape(text: str) -> str:
    try:
        return cast(str, ast.literal_eval('"""' + text.replace('"', '\\"') + '"""'))
    except (SyntaxError, ValueError):
        return text


_Make = Callable[[_Lowering, Any], Any]
_EXPRESSIONS: dict[type[cst.CSTNode], _Make] = {
    cst.Name: _Lowering.name,
    cst.SimpleString: _Lowering.string,
    cst.FormattedString: _Lowering.fstring,
    cst.ConcatenatedString: _Lowering.joined,
    cst.Attribute: _Lowering.attribute,
    cst.Call: _Lowering.call,
    cst.Dict: _Lowering.dict,
    cst.Tuple: _Lowering.sequence,
    cst.List: _Lowering.sequence,
    cst.Set: _Lowering.sequence,
    cst.BinaryOperation: _Lowering.binary,
    cst.BooleanOperation: _Lowering.boolean,
    cst.UnaryOperation: _Lowering.unary,
    cst.Comparison: _Lowering.compare,
    cst.Subscript: _Lowering.subscript,
    cst.IfExp: _Lowering.choice,
    cst.Await: _Lowering.wait,
    cst.NamedExpr: _Lowering.walrus,
    cst.Yield: _Lowering.yielded,
    cst.Lambda: _Lowering.function,
}
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

"""Expressions of LibCST in, expressions of ``syntax`` out."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import libcst as cst

from ...model import Span
from . import syntax as s
from .positions import Positions

_BINARY = {
    cst.Add: "+", cst.Subtract: "-", cst.Multiply: "*", cst.Divide: "/", cst.FloorDivide: "//",
    cst.Modulo: "%", cst.Power: "**", cst.BitOr: "|", cst.BitAnd: "&", cst.BitXor: "^",
    cst.LeftShift: "<<", cst.RightShift: ">>", cst.MatrixMultiply: "@",
}  # fmt: skip
_UNARY = {cst.Not: "not", cst.Minus: "-", cst.Plus: "+", cst.BitInvert: "~"}
_COMPARE = {
    cst.LessThan: "<", cst.GreaterThan: ">", cst.LessThanEqual: "<=", cst.GreaterThanEqual: ">=",
    cst.Equal: "==", cst.NotEqual: "!=", cst.In: "in", cst.NotIn: "not in", cst.Is: "is",
    cst.IsNot: "is not",
}  # fmt: skip
_span = cast(Callable[[tuple[int, int]], Span], partial(tuple.__new__, Span))
"""What ``Span(*pair)`` gives, at half the price."""
_WORDS = {"True": True, "False": False, "None": None}


class Expressions:
    """Turns the expressions of one module into records."""

    def __init__(self, path: str, text: str, module: cst.Module) -> None:
        self.path = path
        self.text = text
        self.module = module
        self.state = Positions(module)
        module._codegen(self.state)

    # -- places -------------------------------------------------------------------------------

    def outer(self, node: cst.CSTNode) -> Span:
        return _span(self.state.spans[id(node)])

    def span(self, node: cst.CSTNode) -> Span:
        key = id(node)
        found = self.state.inner.get(key)
        return _span(found if found is not None else self.state.spans[key])

    def both(self, node: cst.BaseExpression) -> tuple[Span, Span]:
        inner = self.span(node)
        outer = self.state.spans[id(node)]
        return inner, inner if outer == inner else _span(outer)

    # -- expressions --------------------------------------------------------------------------

    def expr(self, node: cst.BaseExpression) -> s.Expr:
        make = _EXPRESSIONS.get(type(node))
        if make is not None:
            return make(self, node)
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
        prefix, quote, text = node.prefix, node.quote, node.value
        plain = not prefix and "\\" not in text and text.isprintable()
        value = text[len(quote) : -len(quote)] if plain else ast.literal_eval(text)
        return s.Str(*self.both(node), value, prefix, quote)

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
                parts.append(s.Hole(span, self.expr(part.expression), plain, part.equal is not None))
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
                # LibCST counts its comma in.
                span = Span(self.outer(element).start, value.outer.end)
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
        return s.Comprehension(*self.both(node), key, self.expr(value), tuple(clauses))

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


def _unescape(text: str) -> str:
    try:
        return cast(str, ast.literal_eval('"""' + text.replace('"', '\\"') + '"""'))
    except (SyntaxError, ValueError):
        return text


_Make = Callable[[Expressions, Any], s.Expr]
_EXPRESSIONS: dict[type[cst.CSTNode], _Make] = {
    cst.Name: Expressions.name,
    cst.SimpleString: Expressions.string,
    cst.FormattedString: Expressions.fstring,
    cst.ConcatenatedString: Expressions.joined,
    cst.Attribute: Expressions.attribute,
    cst.Call: Expressions.call,
    cst.Dict: Expressions.dict,
    cst.Tuple: Expressions.sequence,
    cst.List: Expressions.sequence,
    cst.Set: Expressions.sequence,
    cst.BinaryOperation: Expressions.binary,
    cst.BooleanOperation: Expressions.boolean,
    cst.UnaryOperation: Expressions.unary,
    cst.Comparison: Expressions.compare,
    cst.Subscript: Expressions.subscript,
    cst.IfExp: Expressions.choice,
    cst.Await: Expressions.wait,
    cst.NamedExpr: Expressions.walrus,
    cst.Yield: Expressions.yielded,
    cst.Lambda: Expressions.function,
}

"""One program in many shapes: changes to code that leave what it does as it was.

``KINDS`` are functions from the text of a module to another text that does the same, or the same text where
the change does not apply. They are applied to the fixtures, whose authors had one shape in mind each.
"""

from __future__ import annotations

import itertools
import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import libcst as cst

Kind = Callable[[str], str]
_FUTURE = "__future__"


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def _line(code: str) -> cst.SimpleStatementLine:
    return cast(cst.SimpleStatementLine, cst.parse_statement(code))


class _Change(cst.CSTTransformer):
    """A change that may need fresh names, and lines at the top of the module."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)
        self.top: list[str] = []
        """Lines for behind the imports that every module begins with."""

    def fresh(self, what: str) -> str:
        """Give a name that no fixture uses."""
        return f"{what}_{next(self._numbers)}_"

    def path(self, name: str) -> str:
        """Give what reads the file of that name by way of ``pathlib``."""
        line = "from pathlib import Path as Path_\n"
        self.top += [] if line in self.top else [line]
        return f"Path_({name}).read_text()"

    def leave_Module(self, original_node: cst.Module, updated_node: cst.Module) -> cst.Module:
        if not self.top:
            return updated_node
        body = list(updated_node.body)
        place = 0
        for number, statement in enumerate(body):
            if not _is_opening(statement, first=not number):
                break
            place = number + 1
        lines = [_line(line) for line in self.top]
        return updated_node.with_changes(body=[*body[:place], *lines, *body[place:]])


class _InCode(_Change):
    """Keeps out of where only a literal may stand, or where it is part of another one."""

    def _keep_out(self, node: cst.CSTNode) -> bool:
        return False

    visit_FormattedString = visit_ConcatenatedString = visit_Annotation = _keep_out  # noqa: N815
    visit_Decorator = visit_MatchCase = _keep_out  # noqa: N815


def _is_opening(statement: cst.CSTNode, *, first: bool) -> bool:
    """Is it the docstring, or an import from ``__future__``?"""
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    inner = statement.body[0]
    if first and isinstance(inner, cst.Expr) and isinstance(inner.value, cst.SimpleString):
        return True
    return isinstance(inner, cst.ImportFrom) and _code(inner).startswith(f"from {_FUTURE}")


def _value(line: cst.SimpleStatementLine) -> cst.BaseExpression | None:
    """What the only statement of a line assigns to one name or attribute, returns, or is."""
    if len(line.body) != 1:
        return None
    inner = line.body[0]
    if isinstance(inner, cst.Assign):
        return inner.value if len(inner.targets) == 1 else None
    return inner.value if isinstance(inner, cst.Return | cst.Expr) else None


def _name(line: cst.SimpleStatementLine) -> str | None:
    """The only name that a line assigns to."""
    inner = line.body[0] if len(line.body) == 1 else None
    if not isinstance(inner, cst.Assign) or len(inner.targets) != 1:
        return None
    target = inner.targets[0].target
    return target.value if isinstance(target, cst.Name) else None


def _in_lines(
    change: Callable[[_Change, cst.SimpleStatementLine], Sequence[str | cst.CSTNode] | None],
) -> Kind:
    """A change of one line into others; texts are parsed."""

    class Lines(_Change):
        def leave_SimpleStatementLine(
            self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
        ) -> cst.FlattenSentinel[cst.BaseStatement] | cst.SimpleStatementLine:
            made = change(self, updated_node)
            if made is None:
                return updated_node
            lines = [cst.parse_statement(each) if isinstance(each, str) else each for each in made]
            first = cast(cst.SimpleStatementLine, lines[0])
            lines[0] = first.with_changes(leading_lines=updated_node.leading_lines)
            return cst.FlattenSentinel(cast("list[cst.BaseStatement]", lines))

    return lambda text: cst.parse_module(text).visit(Lines()).code


def _in_expressions(change: Callable[[_Change, cst.BaseExpression], str | None]) -> Kind:
    """A change of one expression into another."""

    class Expressions(_InCode):
        def on_leave(self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT) -> cst.CSTNodeT:  # type: ignore[override]
            node = super().on_leave(original_node, updated_node)
            made = change(self, node) if isinstance(node, cst.BaseExpression) else None
            return node if made is None else cast(cst.CSTNodeT, cst.parse_expression(made))

    return lambda text: cst.parse_module(text).visit(Expressions()).code


# -- mappings ----------------------------------------------------------------------------------------


def _pairs(value: cst.BaseExpression | None) -> list[tuple[str, str]] | None:
    """Keys and values of a display of at least two, none of them spread."""
    if not isinstance(value, cst.Dict) or len(value.elements) < 2:
        return None
    found = []
    for element in value.elements:
        if not isinstance(element, cst.DictElement):
            return None
        found.append((_code(element.key), _code(element.value)))
    return found


def _has_comment(node: cst.CSTNode) -> bool:
    return "#" in _code(node)


def _steps(_: _Change, line: cst.SimpleStatementLine) -> list[str | cst.CSTNode] | None:
    name, pairs = _name(line), _pairs(_value(line))
    if name is None or pairs is None:
        return None
    return [f"{name} = {{}}\n", *(f"{name}[{key}] = {value}\n" for key, value in pairs)]


def _update(_: _Change, line: cst.SimpleStatementLine) -> list[str | cst.CSTNode] | None:
    name, pairs = _name(line), _pairs(_value(line))
    if name is None or pairs is None:
        return None
    half = len(pairs) // 2
    parts = ["{" + ", ".join(f"{k}: {v}" for k, v in part) + "}" for part in (pairs[:half], pairs[half:])]
    return [f"{name} = {parts[0]}\n", f"{name}.update({parts[1]})\n"]


def _dict_call(_: _Change, node: cst.BaseExpression) -> str | None:
    pairs = _pairs(node)
    if pairs is None:
        return None
    names = [re.fullmatch(r"[\"']([A-Za-z_]\w*)[\"']", key) for key, _ in pairs]
    if not all(name and not keyword.iskeyword(name[1]) for name in names):
        return None
    given = (f"{name[1]}={value}" for name, (_, value) in zip(names, pairs, strict=True) if name)
    return f"dict({', '.join(given)})"


def _pair_list(_: _Change, node: cst.BaseExpression) -> str | None:
    pairs = _pairs(node)
    return None if pairs is None else f"dict([{', '.join(f'({key}, {value})' for key, value in pairs)}])"


def _merged(_: _Change, node: cst.BaseExpression) -> str | None:
    pairs = _pairs(node)
    if pairs is None:
        return None
    half = len(pairs) // 2
    left, right = (
        "{" + ", ".join(f"{k}: {v}" for k, v in part) + "}" for part in (pairs[:half], pairs[half:])
    )
    return f"({left} | {right})"


def _starred(_: _Change, node: cst.BaseExpression) -> str | None:
    pairs = _pairs(node)
    if pairs is None:
        return None
    half = len(pairs) // 2
    left, right = (", ".join(f"{k}: {v}" for k, v in part) for part in (pairs[:half], pairs[half:]))
    return f"{{**{{{left}}}, {right}}}"


# -- calls -------------------------------------------------------------------------------------------

_SENDING = re.compile(r"(requests|session|self\.session|client|jwt|http|httpx)\.(post|request|encode|get)")


def _sending(line: cst.SimpleStatementLine) -> cst.Call | None:
    """The call of a line that signs or sends, whatever is then done with what it gives."""
    value = _value(line)
    while isinstance(value, cst.Call | cst.Attribute | cst.Subscript):
        if isinstance(value, cst.Call) and _SENDING.fullmatch(_code(value.func)):
            return value
        value = value.func if isinstance(value, cst.Call) else value.value
    return None


def _arguments(change: _Change, line: cst.SimpleStatementLine) -> list[str | cst.CSTNode] | None:
    value = _sending(line)
    if value is None:
        return None
    before, args = [], []
    for arg in value.args:
        if arg.star or isinstance(arg.value, cst.Name) or "await" in _code(arg):
            args.append(arg)
            continue
        name = change.fresh("given")
        before.append(f"{name} = {_code(arg.value)}\n")
        args.append(arg.with_changes(value=cst.Name(name)))
    return [*before, line.deep_replace(value, value.with_changes(args=args))] if before else None


def _kwargs(change: _Change, line: cst.SimpleStatementLine) -> list[str | cst.CSTNode] | None:
    value = _sending(line)
    if value is None:
        return None
    named = [arg for arg in value.args if arg.keyword is not None]
    if not named or "await" in _code(value) or any(arg.star for arg in value.args):
        return None
    name = change.fresh("options")
    pairs = ", ".join(f'"{arg.keyword.value}": {_code(arg.value)}' for arg in named if arg.keyword)
    rest = ", ".join(_code(arg.value) for arg in value.args if arg.keyword is None)
    call = cst.parse_expression(f"{_code(value.func)}({rest}{', ' if rest else ''}**{name})")
    return [f"{name} = {{{pairs}}}\n", line.deep_replace(value, call)]


def _requested(_: _Change, node: cst.BaseExpression) -> str | None:
    if not isinstance(node, cst.Call) or _code(node.func) not in (
        "requests.post",
        "session.post",
        "httpx.post",
    ):
        return None
    args = ", ".join(_code(arg.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for arg in node.args)
    return f'{_code(node.func).removesuffix("post")}request("POST", {args})'


def _session(_: _Change, node: cst.BaseExpression) -> str | None:
    if not isinstance(node, cst.Call) or _code(node.func) != "requests.post":
        return None
    args = ", ".join(_code(arg.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for arg in node.args)
    return f"requests.Session().post({args})"


# -- texts -------------------------------------------------------------------------------------------


def _is_text(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.SimpleString) and node.prefix == "" and node.quote in ('"', "'")


class _Constants(_InCode):
    """Texts become names at the top of the module."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, str] = {}

    def _named(self, node: cst.SimpleString) -> cst.BaseExpression:
        text = node.value
        if not _is_text(node) or len(text) < 8:
            return node
        if text not in self._known:
            self._known[text] = self.fresh("TEXT")
            self.top.append(f"{self._known[text]} = {text}\n")
        return cst.Name(self._known[text])

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        value = updated_node.value
        return (
            updated_node.with_changes(value=self._named(value))
            if isinstance(value, cst.SimpleString)
            else updated_node
        )

    def leave_DictElement(
        self, original_node: cst.DictElement, updated_node: cst.DictElement
    ) -> cst.DictElement:
        changes = {}
        for name in ("key", "value"):
            value = getattr(updated_node, name)
            if isinstance(value, cst.SimpleString):
                changes[name] = self._named(value)
        return updated_node.with_changes(**changes)

    def leave_Index(self, original_node: cst.Index, updated_node: cst.Index) -> cst.Index:
        value = updated_node.value
        return (
            updated_node.with_changes(value=self._named(value))
            if isinstance(value, cst.SimpleString)
            else updated_node
        )

    def visit_AnnAssign(self, node: cst.AnnAssign) -> bool:
        return False


def _formatted(node: cst.BaseExpression) -> tuple[str, list[str], list[str]] | None:
    """The quote of an f-string, its literal pieces, and the expressions between them, one fewer."""
    if not isinstance(node, cst.FormattedString) or node.start.lower() not in ('f"', "f'"):
        return None
    pieces, values = [""], []
    for part in node.parts:
        if isinstance(part, cst.FormattedStringText):
            pieces[-1] += part.value
        elif isinstance(part, cst.FormattedStringExpression):
            if part.format_spec is not None or part.conversion is not None or part.equal is not None:
                return None
            values.append(_code(part.expression))
            pieces.append("")
    plain = not any(brace in piece for piece in pieces for brace in "{}")
    return (node.start[-1], pieces, values) if values and plain else None


def _by_format(_: _Change, node: cst.BaseExpression) -> str | None:
    found = _formatted(node)
    return (
        None if found is None else f"{found[0]}{'{}'.join(found[1])}{found[0]}.format({', '.join(found[2])})"
    )


def _by_percent(_: _Change, node: cst.BaseExpression) -> str | None:
    found = _formatted(node)
    if found is None:
        return None
    quote, pieces, values = found
    return f"({quote}{'%s'.join(p.replace('%', '%%') for p in pieces)}{quote} % ({', '.join(values)},))"


def _parts(node: cst.BaseExpression) -> list[str] | None:
    """The texts that an f-string puts one behind the other."""
    found = _formatted(node)
    if found is None:
        return None
    quote, pieces, values = found
    parts = [f"{quote}{pieces[0]}{quote}"]
    for value, piece in zip(values, pieces[1:], strict=True):
        parts += [f"str({value})", *([f"{quote}{piece}{quote}"] if piece else [])]
    return parts


def _by_plus(_: _Change, node: cst.BaseExpression) -> str | None:
    parts = _parts(node)
    return None if parts is None else f"({' + '.join(parts)})"


def _by_join(_: _Change, node: cst.BaseExpression) -> str | None:
    parts = _parts(node)
    return None if parts is None else f'"".join([{", ".join(parts)}])'


# -- structure ---------------------------------------------------------------------------------------


def _returned(change: _Change, line: cst.SimpleStatementLine) -> list[str | cst.CSTNode] | None:
    inner = line.body[0]
    if not isinstance(inner, cst.Return) or inner.value is None or isinstance(inner.value, cst.Name):
        return None
    name = change.fresh("result")
    return [f"{name} = {_code(inner.value)}\n", f"return {name}\n"]


class _Swapped(_Change):
    """``if x: a else: b`` becomes ``if not x: b else: a``."""

    def leave_If(self, original_node: cst.If, updated_node: cst.If) -> cst.If:
        other = updated_node.orelse
        if not isinstance(other, cst.Else):
            return updated_node
        test = cst.parse_expression(f"not ({_code(updated_node.test)})")
        return updated_node.with_changes(
            test=test, body=other.body, orelse=other.with_changes(body=updated_node.body)
        )


class _Tried(_Change):
    """The body of every function stands in a ``try`` that raises what it catches."""

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        body = updated_node.body
        if not isinstance(body, cst.IndentedBlock):
            return updated_node
        has_doc = _is_docstring(body.body[0])
        doc, rest = ([body.body[0]], body.body[1:]) if has_doc else ([], body.body)
        if not rest:
            return updated_node
        tried = cst.Try(
            body=cst.IndentedBlock(rest),
            handlers=[
                cst.ExceptHandler(type=cst.Name("Exception"), body=cst.IndentedBlock([_line("raise\n")]))
            ],
        )
        return updated_node.with_changes(body=body.with_changes(body=[*doc, tried]))


def _is_docstring(statement: cst.CSTNode) -> bool:
    inner = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    return isinstance(inner, cst.Expr) and isinstance(inner.value, cst.SimpleString)


def _getenv(_: _Change, node: cst.BaseExpression) -> str | None:
    if isinstance(node, cst.Subscript) and _code(node.value) == "os.environ" and len(node.slice) == 1:
        return f"os.getenv({_code(node.slice[0].slice)})"
    return None


def _read_text(change: _Change, node: cst.BaseExpression) -> str | None:
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute) or node.args:
        return None
    opened = node.func.value
    is_open = isinstance(opened, cst.Call) and _code(opened.func) == "open" and node.func.attr.value == "read"
    if not is_open or not isinstance(opened, cst.Call) or len(opened.args) != 1:
        return None
    return change.path(_code(opened.args[0].value))


class _Opened(_Change):
    """``with open(p) as f: x = f.read()`` becomes ``x = Path(p).read_text()``."""

    def leave_With(self, original_node: cst.With, updated_node: cst.With) -> cst.BaseStatement:
        if len(updated_node.items) != 1 or len(updated_node.body.body) != 1:
            return updated_node
        item, line = updated_node.items[0], updated_node.body.body[0]
        call, asname = item.item, item.asname
        if (
            asname is None
            or not isinstance(call, cst.Call)
            or _code(call.func) != "open"
            or len(call.args) != 1
        ):
            return updated_node
        if not isinstance(line, cst.SimpleStatementLine) or not isinstance(asname.name, cst.Name):
            return updated_node
        reading = f"{asname.name.value}.read()"
        if _code(line).count(asname.name.value) != 1 or reading not in _code(line):
            return updated_node
        text = _code(line.with_changes(leading_lines=[])).strip()
        made = _line(text.replace(reading, self.path(_code(call.args[0].value))) + "\n")
        return made.with_changes(leading_lines=updated_node.leading_lines)


def _renamed(module: str, alias: str) -> Kind:
    """``import jwt`` becomes ``import jwt as …``."""

    def change(text: str) -> str:
        if not re.search(rf"^import {module}$", text, re.MULTILINE) or f'"{module}.' in text:
            return text
        text = re.sub(rf"^import {module}$", f"import {module} as {alias}", text, flags=re.MULTILINE)
        return re.sub(rf"(?<![\w.\"'/])\b{module}\.(?=\w)", f"{alias}.", text)

    return change


def _from_import(module: str, name: str) -> Kind:
    """``jwt.encode`` becomes a name of its own."""

    def change(text: str) -> str:
        if not re.search(rf"^import {module}$", text, re.MULTILINE) or f'"{module}.' in text:
            return text
        if not re.search(rf"(?<![\w.]){module}\.{name}\b", text):
            return text
        text = re.sub(rf"(?<![\w.\"']){module}\.{name}\b(?!\()", f"{module}.{name}", text)
        text = re.sub(rf"(?<![\w.\"']){module}\.{name}\(", f"{name}_it(", text)
        own = f"from {module} import {name} as {name}_it"
        rest = re.search(rf"(?<![\w.\"']){module}\.\w", text)
        new = f"import {module}\n{own}" if rest else own
        return re.sub(rf"^import {module}$", new, text, flags=re.MULTILINE)

    return change


def _visited(change: type[_Change]) -> Kind:
    return lambda text: cst.parse_module(text).visit(change()).code


KINDS: dict[str, Kind] = {
    "steps": _in_lines(_steps),
    "update": _in_lines(_update),
    "dict-call": _in_expressions(_dict_call),
    "pair-list": _in_expressions(_pair_list),
    "merged": _in_expressions(_merged),
    "starred": _in_expressions(_starred),
    "arguments": _in_lines(_arguments),
    "kwargs": _in_lines(_kwargs),
    "requested": _in_expressions(_requested),
    "session": _in_expressions(_session),
    "constants": _visited(_Constants),
    "format": _in_expressions(_by_format),
    "percent": _in_expressions(_by_percent),
    "plus": _in_expressions(_by_plus),
    "join": _in_expressions(_by_join),
    "returned": _in_lines(_returned),
    "swapped": _visited(_Swapped),
    "tried": _visited(_Tried),
    "getenv": _in_expressions(_getenv),
    "read-text": _in_expressions(_read_text),
    "opened": _visited(_Opened),
    "alias-jwt": _renamed("jwt", "pyjwt"),
    "alias-requests": _renamed("requests", "rq"),
    "from-jwt": _from_import("jwt", "encode"),
    "from-requests": _from_import("requests", "post"),
}


def applied(kind: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same tree with all its modules changed that can be read as UTF-8."""
    return {
        path: _applied(KINDS[kind], data) if path.endswith(".py") else data for path, data in files.items()
    }


def _applied(kind: Kind, data: bytes) -> bytes:
    try:
        return kind(data.decode("utf-8")).encode("utf-8")
    except (UnicodeDecodeError, cst.ParserSyntaxError):
        return data

"""Python, bent: statements and tokens moved, wrapped, renamed and written in another way."""

from __future__ import annotations

import ast
import io
import re
import textwrap
import tokenize
import warnings
from collections.abc import Callable, Iterator, Sequence
from random import Random

Statement = ast.stmt
_WRAPS = (
    "if flag:", "if not ready():", "while pending:", "for attempt in range(3):", "with guard() as held:",
    "with guard(), other as b:", "def inner():", "async def later():", "class Holder:",
    "match kind:\n    case 1:",
    "if (found := lookup()) is not None:", "async def later():\n    async with guard():",
)  # fmt: skip
_TAILS = ("", "", "else:\n    pass", "else:\n    raise SystemExit(1)")
_HANDLERS = (
    "except Exception:\n    raise", "except (KeyError, OSError) as error:\n    print(error)",
    "finally:\n    done()", "except* ValueError:\n    pass", "except Exception:\n    pass\nelse:\n    x = 1",
)  # fmt: skip
_COMMENTS = (
    "# private key",
    "#: x",
    "# type: ignore",
    "# jwt2oauth: ignore[jwt-exchange] why",
    "# é\u2028ü",
    "#\t",
)
_NAMES = (
    "x", "self", "jwt", "requests", "token", "data", "os", "é", "ᵢ", "print", "type", "match", "_", "__name",
    "json",
)  # fmt: skip
_LINES = (
    "del {0}", "{0} = None", "{0} += 1", "global {0}", "print({0})", "assert {0}", "return {0}", "yield {0}",
    "{0} = {0} or {{}}", "{0}: int = 0", "import {0}", "from {0} import *", "for {0} in ():\n    pass",
    "{0} = lambda {0}={0}: {0}", "{0}, *rest = {0}", "{0}[0] = 1", "{0}.update({0})", "await {0}",
    "type {0} = int",
    "{0} = f'{{{0}!r:>{{{0}}}}}'", "with {0} as {0}:\n    pass", "try:\n    {0}\nfinally:\n    {0}", "...",
    "{0} = {{**{0}, 'jwt_token': {0}}}", "{0} = [{0} for {0} in {0} if {0}]", "exec({0})",
    "locals()['{0}'] = 1",
)  # fmt: skip


def parsed(data: bytes | str) -> ast.Module | None:
    """The tree of a module in UTF-8; None where it is none."""
    try:
        text = data if isinstance(data, str) else data.decode()
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def mutate(data: bytes, random: Random, times: int) -> bytes:
    """Give a module that is about as well-formed as the old one; one time in ten it need not be."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    for _ in range(times):
        for _ in range(5):
            kind = random.choice(_MUTATIONS)
            new = kind(text, random)
            if new is not None and new != text and (parsed(new) is not None or random.random() < 0.02):
                text = new
                break
    if random.random() < 0.3:
        kind = random.choice(_LAST)
        text = kind(text, random)
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return data
    return b"\xef\xbb\xbf" + data if random.random() < 0.1 else data


def without(text: str, tree: ast.Module, node: Statement) -> str | None:
    """The text without one statement; ``pass`` where its block would be empty."""
    lines = text.splitlines(keepends=True) if _is_plain(text) else None
    found = next((body for body in _bodies(tree) if node in body), None)
    if lines is None or found is None or not _is_alone(lines, node):
        return None
    first, last = _extent(node)
    put = [_indent(lines[first]) + "pass\n"] if len(found) == 1 else []
    return "".join(lines[:first] + put + lines[last:])


# -- statements -----------------------------------------------------------------------------------------


def _bodies(tree: ast.AST) -> Iterator[list[Statement]]:
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body:
                yield body


def _extent(node: Statement) -> tuple[int, int]:
    decorators: Sequence[ast.expr] = getattr(node, "decorator_list", ())
    return min([node.lineno, *(each.lineno for each in decorators)]) - 1, node.end_lineno or node.lineno


def _is_plain(text: str) -> bool:
    """Do Python and ``splitlines`` agree on what a line is?"""
    return not re.search("[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", text)


def _is_alone(lines: Sequence[str], node: Statement) -> bool:
    first, last = _extent(node)
    head = lines[first].encode()[: node.col_offset].strip()
    tail = lines[last - 1].encode()[node.end_col_offset or 0 :].strip()
    return (not head or head == b"@") and (not tail or tail.startswith(b"#"))


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _some(text: str, random: Random) -> tuple[list[str], list[Statement], int] | None:
    """The lines, a block, and the number of a statement in it."""
    tree = parsed(text) if _is_plain(text) else None
    if tree is None:
        return None
    lines = (text if text.endswith("\n") else text + "\n").splitlines(keepends=True)
    bodies = [body for body in _bodies(tree) if all(_is_alone(lines, node) for node in body)]
    if not bodies:
        return None
    body = random.choice(bodies)
    return lines, body, random.randrange(len(body))


def _delete(text: str, random: Random) -> str | None:
    tree, some = parsed(text), _some(text, random)
    if some is None or tree is None:
        return None
    lines, body, at = some
    first, last = _extent(body[at])
    put = [_indent(lines[first]) + "pass\n"] if len(body) == 1 else []
    return "".join(lines[:first] + put + lines[last:])


def _duplicate(text: str, random: Random) -> str | None:
    some = _some(text, random)
    if some is None:
        return None
    lines, body, at = some
    (first, last), (_, end) = _extent(body[at]), _extent(random.choice(body[at:]))
    return "".join(lines[:end] + lines[first:last] + lines[end:])


def _swap(text: str, random: Random) -> str | None:
    some = _some(text, random)
    if some is None or len(some[1]) < 2:
        return None
    lines, body, _ = some
    one, other = sorted(random.sample(range(len(body)), 2))
    (a, b), (c, d) = _extent(body[one]), _extent(body[other])
    return "".join(lines[:a] + lines[c:d] + lines[b:c] + lines[a:b] + lines[d:])


def _move(text: str, random: Random) -> str | None:
    """Put a statement into another block."""
    some, to = _some(text, random), _some(text, random)
    if some is None or to is None:
        return None
    lines, body, at = some
    first, last = _extent(body[at])
    there, _ = _extent(to[1][to[2]])
    if first <= there < last:
        return None
    moved = textwrap.indent(textwrap.dedent("".join(lines[first:last])), _indent(lines[there]))
    left = [_indent(lines[first]) + "pass\n"] if len(body) == 1 else []
    lines[first:last] = [*left, *[""] * (last - first - len(left))]
    return "".join([*lines[:there], moved, *lines[there:]])


def _wrap(text: str, random: Random) -> str | None:
    some = _some(text, random)
    if some is None:
        return None
    lines, body, at = some
    first, _ = _extent(body[at])
    _, last = _extent(random.choice(body[at:]))
    indent = _indent(lines[first])
    if random.random() < 0.4:
        head, tail = "try:", random.choice(_HANDLERS)
    else:
        head = random.choice(_WRAPS)
        tail = random.choice(_TAILS) if head.startswith(("if", "while", "for")) else ""
    deeper = "        " if "\n" in head else "    "
    parts = [
        textwrap.indent(head, indent) + "\n",
        *(deeper + line if line.strip() else line for line in lines[first:last]),
        textwrap.indent(tail, indent) + "\n" if tail else "",
    ]
    return "".join([*lines[:first], *parts, *lines[last:]])


def _insert(text: str, random: Random) -> str | None:
    some = _some(text, random)
    names = re.findall(r"[^\W\d]\w*", text)
    if some is None or not names:
        return None
    lines, body, at = some
    first, _ = _extent(body[at])
    new = random.choice(_LINES).format(random.choice(names))
    return "".join([*lines[:first], textwrap.indent(new, _indent(lines[first])) + "\n", *lines[first:]])


def _one_line(text: str, random: Random) -> str | None:
    """Put two statements on one line."""
    some = _some(text, random)
    if some is None or len(some[1]) < 2:
        return None
    lines, body, _ = some
    at = random.randrange(len(body) - 1)
    (a, b), (c, d) = _extent(body[at]), _extent(body[at + 1])
    joined = lines[b - 1].rstrip() + "; " + lines[c].lstrip()
    return "".join([*lines[: b - 1], joined, *lines[c + 1 :]]) if b > a and d > c else None


# -- tokens ---------------------------------------------------------------------------------------------


def _tokens(text: str) -> list[tuple[int, int, int, str]]:
    """Type, start, end and text of each token."""
    starts = [0]
    for line in io.StringIO(text, newline="\n"):
        starts.append(starts[-1] + len(line))
    found = []
    try:
        with warnings.catch_warnings(action="ignore"):
            for token in tokenize.generate_tokens(io.StringIO(text, newline="\n").readline):
                (row, column), (last, end) = token.start, token.end
                if last < len(starts):
                    found.append((token.type, starts[row - 1] + column, starts[last - 1] + end, token.string))
    except (tokenize.TokenError, SyntaxError):
        return []
    return found


def _token(text: str, random: Random, *kinds: int) -> tuple[int, int, str] | None:
    tokens = [token for token in _tokens(text) if token[0] in kinds]
    return random.choice(tokens)[1:] if tokens else None


def _rename(text: str, random: Random) -> str | None:
    """Another name for all of one, or for one place of it."""
    token = _token(text, random, tokenize.NAME)
    if token is None:
        return None
    start, end, name = token
    new = random.choice((*_NAMES, *re.findall(r"[^\W\d]\w*", text)))
    if random.random() < 0.3:
        return text[:start] + new + text[end:]
    return re.sub(rf"\b{re.escape(name)}\b", new, text)


def _quotes(text: str, random: Random) -> str | None:
    token = _token(text, random, tokenize.STRING)
    if token is None:
        return None
    start, end, old = token
    match = re.fullmatch(r"(?is)([rbuf]*)('''|\"\"\"|'|\")(.*)\2", old)
    if match is None:
        return None
    quote = random.choice(("'", '"', "'''", '"""'))
    prefix = random.choice((match[1], match[1], "r", "f", "b", "u", "Rb", ""))
    middle = random.choice(
        (match[3], match[3], match[3], match[3] + f"{quote} {prefix}{quote}", match[3][1:])
    )
    return text[:start] + prefix + quote + middle + quote + text[end:]


def _string(text: str, random: Random) -> str | None:
    """Another text in place of a string, out of the same file."""
    one, other = _token(text, random, tokenize.STRING), _token(text, random, tokenize.STRING)
    if one is None or other is None:
        return None
    new = random.choice(
        (other[2], "''", '"jwt_token"', '"https://ims-na1.adobelogin.com/ims/exchange/jwt/"', "name")
    )
    return text[: one[0]] + new + text[one[1] :]


def _space(text: str, random: Random) -> str | None:
    """Comments, continuations, blank lines, form feeds, parentheses, where tokens meet."""
    tokens = _tokens(text)
    if not tokens:
        return None
    kind, start, end, string = random.choice(tokens)
    comment = random.choice(_COMMENTS)
    between = (" ", "\\\n", "\t", "\x0c", f"  {comment}\n", "\n", "\n\n\n", " \\\n   ", "\u00a0")
    if kind in (tokenize.NEWLINE, tokenize.NL):
        return text[:start] + random.choice((f"  {comment}", " ", "\t", ";", " \\\n", "\x0c")) + text[start:]
    if kind in (tokenize.NAME, tokenize.STRING, tokenize.NUMBER) and random.random() < 0.4:
        return (
            text[:start]
            + random.choice(("({})", "(\n{}\n)", "(  # why\n{})", "({},)")).format(string)
            + text[end:]
        )
    return text[:end] + random.choice(between) + text[end:]


def _commas(text: str, random: Random) -> str | None:
    places = [match.start() for match in re.finditer(r"[)\]}]", text)]
    if not places:
        return None
    at = random.choice(places)
    return (
        text[:at] + random.choice((",", ", **more", ", *rest", ", **{}", ", key=1", ", # end\n")) + text[at:]
    )


def _drop_argument(text: str, random: Random) -> str | None:
    """Take out, or double, an argument or an item."""
    places = list(re.finditer(r"(?<=[(\[{,])[^()\[\]{},]*,", text))
    if not places:
        return None
    match = random.choice(places)
    return text[: match.start()] + random.choice(("", match[0] * 2)) + text[match.end() :]


# -- the whole ------------------------------------------------------------------------------------------


def _crlf(text: str, random: Random) -> str:
    return text.replace("\n", "\r\n")


def _mixed(text: str, random: Random) -> str:
    return "".join(line + random.choice(("\n", "\r\n", "\r")) for line in text.split("\n"))


def _tabs(text: str, random: Random) -> str:
    return re.sub("(?m)^(    )+", lambda match: "\t" * (len(match[0]) // 4), text)


def _no_end(text: str, random: Random) -> str:
    return text.rstrip("\n") + random.choice(("", "\\\n", "\n\\\n", "\x0c", "    ", "\x1a", "\n#"))


def _head(text: str, random: Random) -> str:
    first = (
        "#!/usr/bin/python\n", "# coding: utf-8\n", "# coding: latin-1\n", '"""Doc."""\n', "\x0c\n", "\n\n",
        "from __future__ import annotations\n", "# vim: fileencoding=utf-16 :\n", "# coding: rot13\n",
    )  # fmt: skip
    return random.choice(first) + text


Mutation = Callable[[str, Random], str | None]
_MUTATIONS: tuple[Mutation, ...] = (
    _delete, _delete, _duplicate, _swap, _move, _wrap, _wrap, _insert, _insert, _one_line, _rename, _rename,
    _quotes, _string, _space, _space, _commas, _drop_argument,
)  # fmt: skip
_LAST: tuple[Callable[[str, Random], str], ...] = (_crlf, _mixed, _tabs, _no_end, _head)

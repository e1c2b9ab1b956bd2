"""Trees, bent as a whole: a login among what others wrote, names for each other, functions in other files."""

from __future__ import annotations

import ast
import codecs
import keyword
import re
import sysconfig
import textwrap
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from random import Random

from .python import _bodies, _extent, _indent, _is_alone, _is_plain, parsed

Files = Mapping[str, bytes]
LARGEST, SMALLEST = 60_000, 4_000
"""Bytes of a stranger's module: more takes too long, less is none to get lost in."""
_UNICODE = ("clé", "ключ", "鍵", "ﬁle", "µ", "ſ", "x\u0301", "Å", "𝐤𝐞𝐲", "_ᵢ")
_FRAMES = (
    ("if True:\n", ""), ("try:\n", "finally:\n    pass\n"), ("try:\n", "except ImportError:\n    raise\n"),
    ("class Everything:\n", ""), ("async def everything():\n", ""), ("def everything():\n", "everything()\n"),
    ("with open(__file__) as this:\n", ""), ("if __name__ == '__main__':\n", ""), ("for once in (1,):\n", ""),
    ("while True:\n", "    break\n"), ("match 1:\n  case _:\n", ""), ("class A:\n  class B:\n", ""),
)  # fmt: skip
_ENCODINGS = (
    "utf-8",
    "latin-1",
    "cp1252",
    "utf-8-sig",
    "utf-16",
    "iso-8859-15",
    "koi8-r",
    "shift_jis",
    "ascii",
)


def mutate(files: Files, random: Random, times: int) -> Files:
    """Give the tree with some of its Python mingled; most of what comes out is well-formed."""
    for _ in range(times):
        for _ in range(4):
            new = random.choice(_KINDS)(files, random)
            if new is not None and new != files:
                files = new
                break
    return files


@cache
def strangers() -> tuple[Path, ...]:
    """Modules that others wrote: of the standard library and of what is installed here."""
    folders = (Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib")))
    found = (
        path
        for folder in folders
        for pattern in ("*.py", "*/*.py", "*/*/*.py")
        for path in folder.glob(pattern)
    )
    return tuple(sorted({path for path in found if SMALLEST < path.stat().st_size < LARGEST}))


def _modules(files: Files) -> Iterator[tuple[str, str, ast.Module]]:
    for path, data in files.items():
        tree = parsed(data) if path.endswith(".py") else None
        if tree is not None and _is_plain(data.decode()):
            yield path, data.decode(), tree


def _some(files: Files, random: Random) -> tuple[str, str, ast.Module] | None:
    found = [*_modules(files)]
    return random.choice(found) if found else None


def _put(files: Files, path: str, text: str) -> Files | None:
    return {**files, path: text.encode("utf-8", "surrogatepass")} if parsed(text) is not None else None


def _spliced(files: Files, random: Random) -> Files | None:
    """The statements of a module, in their order, at random places of a stranger's."""
    some = _some(files, random)
    try:
        other = random.choice(strangers()).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    tree = parsed(other) if _is_plain(other) else None
    if some is None or tree is None:
        return None
    path, text, own = some
    pieces, lines = text.splitlines(keepends=True), (other + "\n").splitlines(keepends=True)
    body = random.choice([own.body, own.body, *_bodies(own)])
    bodies = [tree.body] if random.random() < 0.5 else list(_bodies(tree))
    spots = [node for each in bodies for node in each if _is_alone(lines, node)]
    after = sum(map(_is_future, tree.body)) + 1
    spots = [node for node in spots if node not in tree.body[:after]]
    if len(spots) < 2 or not all(_is_alone(pieces, node) for node in body):
        return None
    chosen = sorted(random.choices(spots, k=len(body)), key=lambda node: node.lineno)
    for node, spot in reversed([*zip(body, chosen, strict=True)]):
        if _is_future(node):
            continue
        first, last = _extent(node)
        at, _ = _extent(spot)
        moved = textwrap.dedent("".join(pieces[first:last]))
        lines[at:at] = [textwrap.indent(moved, _indent(lines[at])).rstrip("\n") + "\n"]
    return _put(files, path, "".join(lines))


def below(files: Files, random: Random) -> tuple[Files, str, str] | None:
    """Give the tree with a module of it at the end of a stranger's, its path, and what the stranger wrote.

    Nothing, where one has a name that means something else in the other.
    """
    some = _some(files, random)
    try:
        other = random.choice(strangers()).read_text("utf-8").rstrip() + "\n\n\n"
    except (OSError, UnicodeDecodeError):
        return None
    tree = parsed(other) if _is_plain(other) else None
    if some is None or tree is None or any(map(_is_future, some[2].body)):
        return None
    mine, theirs = _bound(some[2]), _bound(tree)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | theirs.keys()
    if "*" in theirs or any(name in used and theirs.get(name) != mine[name] for name in mine):
        return None
    put = _put(files, some[0], other + some[1])
    return (put, some[0], other) if put is not None else None


def _bound(tree: ast.Module) -> dict[str, str]:
    """Every name that a module binds anywhere; of an import with what it means."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            home = getattr(node, "module", None) or ""
            for alias in node.names:
                found[alias.asname or alias.name.partition(".")[0]] = f"{home} {alias.name}"
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = f"of line {node.lineno}"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = f"of line {node.lineno}"
    return found


def _names(text: str) -> list[str]:
    return sorted({n for n in re.findall(r"[^\W\d]\w*", text) if not keyword.iskeyword(n)})


def _renamed(files: Files, random: Random) -> Files | None:
    """Two names for each other, or one that is not of ASCII, in one module or in all."""
    some = _some(files, random)
    names = _names(some[1]) if some is not None else []
    if some is None or len(names) < 2:
        return None
    one, other = random.sample(names, 2)
    if random.random() < 0.4:
        other = random.choice(_UNICODE)
    swap = {one: other, other: one}
    pattern = re.compile(rf"(?<!\w)({re.escape(one)}|{re.escape(other)})(?!\w)")
    everywhere = random.random() < 0.5
    new: dict[str, bytes] = dict(files)
    for path, text, _ in _modules(files):
        if everywhere or path == some[0]:
            changed = pattern.sub(lambda match: swap[match[0]], text)
            if parsed(changed) is not None:
                new[path] = changed.encode()
    return new


def _moved(files: Files, random: Random) -> Files | None:
    """A function of one module and one of another (or the same) change places."""
    found = [*_modules(files)]
    defined = [
        (path, node)
        for path, text, tree in found
        for body in _bodies(tree)
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and _is_alone(text.splitlines(keepends=True), node)
    ]
    if len(defined) < 2:
        return None
    (path, node), (there, other) = random.sample(defined, 2)
    texts = {each: text.splitlines(keepends=True) for each, text, _ in found}
    (a, b), (c, d) = _extent(node), _extent(other)
    if path == there and not (b <= c or d <= a):
        return None
    mine, yours = texts[path][a:b], texts[there][c:d]
    to_there = _fit(mine, yours)
    to_here = _fit(yours, mine)
    for each, (first, last), new in sorted(
        ((path, (a, b), to_here), (there, (c, d), to_there)), key=lambda item: item[1], reverse=True
    ):
        texts[each][first:last] = new
    result: Files | None = files
    for each in {path, there}:
        result = _put(result, each, "".join(texts[each])) if result is not None else None
    return result


def _fit(lines: list[str], like: list[str]) -> list[str]:
    text = textwrap.indent(textwrap.dedent("".join(lines)), _indent(like[0]))
    return [text if text.endswith("\n") else text + "\n"]


def _cut(files: Files, random: Random) -> Files | None:
    """The end of a file is missing."""
    path = random.choice([*files])
    data = files[path]
    at = random.randrange(len(data) // 2, len(data) + 1) if data else 0
    return {**files, path: data[:at]}


def _framed(files: Files, random: Random) -> Files | None:
    """All of a module in one block."""
    some = _some(files, random)
    if some is None:
        return None
    path, text, tree = some
    head, tail = random.choice(_FRAMES)
    deeper = "    " if head.count("\n") == 1 else "      "
    first = max((node.end_lineno or 0 for node in tree.body if _is_future(node)), default=0)
    lines = text.splitlines(keepends=True)
    inner = [deeper + line if line.strip() else line for line in lines[first:]]
    ended = inner and not inner[-1].endswith("\n")
    return _put(files, path, "".join([*lines[:first], head, *inner, "\n" if ended else "", tail]))


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _rewritten(files: Files, random: Random) -> Files | None:
    """Every file with line ends, an indent and an encoding of its own."""
    new: dict[str, bytes] = {}
    for path, data in files.items():
        try:
            text = data.decode()
        except UnicodeDecodeError:
            new[path] = data
            continue
        end = random.choice(("\n", "\n", "\r\n", "\r"))
        new[path] = _encoded(_indented(text, random).replace("\n", end), path, end, random)
    return new


def _indented(text: str, random: Random) -> str:
    step = random.choice(("    ", "    ", "  ", "\t", " "))
    return re.sub(r"(?m)^(?:    )+", lambda match: step * (len(match[0]) // 4), text)


def _encoded(text: str, path: str, end: str, random: Random) -> bytes:
    encoding = random.choice(_ENCODINGS) if random.random() < 0.5 else "utf-8"
    if path.endswith(".py") and encoding not in ("utf-8", "utf-8-sig"):
        text = f"# -*- coding: {codecs.lookup(encoding).name} -*-{end}{text}"
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode()


_KINDS: tuple[Callable[[Files, Random], Files | None], ...] = (
    _spliced, _spliced, _spliced, _renamed, _renamed, _renamed, _moved, _moved, _cut, _framed, _framed,
    _rewritten,
)  # fmt: skip

"""What a docstring says of one parameter or attribute, in the manner of Sphinx, Google or NumPy."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from .changes import Changes

_FIELDS = r":(?:param|parameter|arg|argument|key|keyword|type)\b[^:\n]*\b{name}[ \t]*:"
_VARIABLES = r":(?:ivar|cvar|var|vartype)\b[^:\n]*\b{name}[ \t]*:"
_NAMED = r"{name}[ \t]*(?:\([^)\n]*\))?[ \t]*:"
_SECTION = re.compile(
    r"(?:args|arguments|parameters|keyword args|keyword arguments|params)[ \t]*:?", re.IGNORECASE
)
_ATTRIBUTES = re.compile(
    r"(?:(?:instance|class|public)[ \t]+)?(?:attributes|attrs|fields|variables)[ \t]*:?", re.IGNORECASE
)

_Line = tuple[int, int, str]
_Owner = s.FuncDef | s.ClassDef


def forget(changes: Changes, module: Module, owner: _Owner, name: str, *, attribute: bool = False) -> None:
    """Take the entry of a parameter, or an attribute, out of a docstring, and a heading that is left over."""
    for doc, lines in entries(module, owner, name, attribute=attribute):
        changes.patch(module, doc, lines, "")
        gone = [span for span, text in changes.patched.get(doc, ()) if not text]
        for further in left_over(module, doc, gone):
            if further not in gone:
                changes.patch(module, doc, further, "")


def forget_attributes(changes: Changes) -> None:
    """Take out of the docstrings of classes what describes attributes that nothing sets or reads any more."""
    for module in list(changes.touched):
        for cls in module.each(s.ClassDef):
            if s.docstring(cls) is not None and not changes.is_dead(module, cls):
                places: dict[str, list[s.Node]] = {}
                for node in s.walk(cls.body):
                    for name in _attributes(node):
                        places.setdefault(name, []).append(node)
                for name, nodes in places.items():
                    if all(changes.is_dead(module, node) for node in nodes):
                        forget(changes, module, cls, name, attribute=True)


def _attributes(node: s.Node) -> Iterator[str]:
    """``key`` of ``self.key``, and of ``key: str`` in the body of a class."""
    if isinstance(node, s.Attribute) and isinstance(node.value, s.Name) and node.value.id in ("self", "cls"):
        yield node.attr
    elif isinstance(node, s.Assign | s.FuncDef):
        targets = node.targets if isinstance(node, s.Assign) else ()
        yield from (target.id for target in targets if isinstance(target, s.Name))
        yield from (node.name,) if isinstance(node, s.FuncDef) else ()


def entries(
    module: Module, function: _Owner, name: str, *, attribute: bool = False
) -> Iterator[tuple[s.Str, Span]]:
    """Give the lines of a function's docstring, or its class's, that describe the parameter ``name``.

    With ``attribute``, those that describe the attribute. An entry goes on for as long as its lines are
    indented deeper than its first.
    """
    doc = s.docstring(function)
    if doc is None or "\n" not in module.snippet(doc):
        return
    field = re.compile((_VARIABLES if attribute else _FIELDS).format(name=re.escape(name)))
    section = _ATTRIBUTES if attribute else _SECTION
    named = re.compile(_NAMED.format(name=re.escape(name)))
    lines = list(_lines(module, doc))
    in_section = False
    for index, (start, end, text) in enumerate(lines):
        shown = text.strip()
        in_section = section.fullmatch(shown) is not None or (in_section and bool(shown))
        if not field.match(shown) and not (in_section and named.match(shown)):
            continue
        deep = _indent(text)
        for _, further, more in lines[index + 1 :]:
            if not more.strip() or _indent(more) <= deep:
                break
            end = further
        yield doc, Span(start, end)


def left_over(module: Module, doc: s.Str, gone: Collection[Span]) -> Iterator[Span]:
    """Give the lines that stand for nothing when those in ``gone`` go: headings, blank lines."""
    lines = list(_lines(module, doc))
    taken = {
        i for i, (start, _, _) in enumerate(lines) if any(span.start <= start < span.end for span in gone)
    }
    if not taken:
        return
    more: set[int] = set()
    for index in range(len(lines)):
        more.update(_empty_section(lines, index, taken) if index not in taken else ())
    closing = module.text[lines[-1][1] : doc.span.end].strip().strip(doc.quote)
    left = [i for i in range(len(lines)) if i not in taken | more]
    for place, index in enumerate(left):
        below = left[place + 1] if place + 1 < len(left) else None
        ends = below is None and not closing
        if not lines[index][2].strip() and below != index + 1 and (ends or _is_blank(lines, below)):
            more.add(index)
            while ends and place and left[place - 1] == index - 1 and _is_blank(lines, index - 1):
                place, index = place - 1, index - 1
                more.add(index)
    yield from (Span(*lines[index][:2]) for index in sorted(more))


def _empty_section(lines: list[_Line], index: int, taken: set[int]) -> Iterator[int]:
    """The heading at ``index``, and the rule below it, if all that it was a heading of is ``taken``."""
    shown = lines[index][2].strip()
    if _SECTION.fullmatch(shown) is None and _ATTRIBUTES.fullmatch(shown) is None:
        return
    ruled = (
        index + 1 < len(lines)
        and not lines[index + 1][2].strip().strip("-")
        and not _is_blank(lines, index + 1)
    )
    below = index + (2 if ruled else 1)
    if below not in taken:
        return
    while below in taken:
        below += 1
    more = below < len(lines) and not _is_blank(lines, below)
    if not more or (not ruled and _indent(lines[below][2]) <= _indent(lines[index][2])):
        yield from (index, index + 1) if ruled else (index,)


def _is_blank(lines: list[_Line], index: int | None) -> bool:
    return index is not None and not lines[index][2].strip()


def _lines(module: Module, doc: s.Str) -> Iterator[_Line]:
    """The whole lines inside of a docstring, where they begin and end, and their text."""
    here = module.text.find("\n", doc.span.start) + 1
    while here:
        end = module.text.find("\n", here, doc.span.end) + 1
        if not end:
            return
        yield here, end, module.text[here:end]
        here = end


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())

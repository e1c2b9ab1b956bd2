"""One more entry in a mapping that is written out: in a configuration file, or in a dictionary."""

from __future__ import annotations

from collections.abc import Sequence

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from ..writing.answers import indent_of, own_line
from ..writing.changes import Changes, Template
from .setting import room_in


def add_to_document(changes: Changes, site: Site, name: str, content: str, *, raw: bool = False) -> None:
    """Give a configuration file ``name`` below what is at ``site`` (or the secret), in its own style.

    ``raw`` content is no text that wants quotes.
    """
    node, module = site.node, site.module
    if not isinstance(node, s.Item) or node.key is None:
        return
    parent = module.parents[node]
    assert isinstance(parent, s.Dict)
    if any(isinstance(i.key, s.Str) and i.key.value == name for i in parent.items):
        return
    if not raw:
        changes.documented.append((module, node, name, content))
    secret = [i for i in parent.items if i.key is not None and "secret" in module.snippet(i.key).lower()]
    after = secret[-1] if secret else node
    key, value = module.snippet(node.key), module.snippet(node.value)
    between = module.text[node.key.span.end : node.value.span.start]
    if not value and not between.endswith(" ") and (between == ":" or between[:1] == " "):
        between += " "
    quote = key[0] if key[:1] in ("'", '"') else ""
    between = _aligned(module, parent, between, len(name) + 2 * len(quote))
    flow = module.text[parent.span.start : parent.span.start + 1] == "{"
    shown = value[0] + content + value[0] if value[:1] in ("'", '"') else content
    if raw:
        shown = content
    elif (flow or module.path.endswith(".json")) and shown[:1] not in ("'", '"'):
        shown = f'"{shown}"'  # in braces the commas would end it
    one_line = flow and "\n" not in module.snippet(parent)
    indent = indent_of(module, _leading(module, parent, after).span.start)
    if module.path.endswith(".toml") and not flow:
        indent = module.text[
            module.line_start(after.span.start) : after.span.start
        ]  # "adobe." of a dotted key
    separator = _comma(module, parent) if one_line else ("," if flow else "") + "\n" + indent
    end = after.span.end
    if not flow:
        while end < len(module.text) and module.text[end] not in "\r\n":
            end += 1
    _add(changes, module, after, Span(end, end), f"{separator}{quote}{name}{quote}{between}", shown)


def add_item(changes: Changes, site: Site, name: str, content: Template, quote: str) -> None:
    """Give the dictionary that holds the item at ``site`` one more, below it (or the secret).

    It may be a call: ``dict(client_id="…")``.
    """
    module, node = site.module, site.node
    assert isinstance(node, s.Item | s.Arg)
    quote = node.key.quote if isinstance(node, s.Item) and isinstance(node.key, s.Str) else quote
    parent = module.parents[node]
    assert isinstance(parent, s.Dict | s.Call)
    beside = parent.items if isinstance(parent, s.Dict) else parent.args
    secret = [each for each in beside if "secret" in _written_key(each).lower()]
    after = secret[-1] if secret else node
    end = after.span.end
    text = "".join(p for p in content if isinstance(p, str))
    key = f"{quote}{name}{quote}: " if isinstance(node, s.Item) else f"{name}="
    separator = _before_next(module, beside, after, len(key + text))
    _add(changes, module, after, Span(end, end), separator + key, text)


def _before_next(module: Module, beside: Sequence[s.Item | s.Arg], after: s.Item | s.Arg, width: int) -> str:
    """A comma, and a new line where entries have lines of their own or this one has no room for ``width``."""
    lines = [each for each in beside[1:] if own_line(module, each.span.start)]
    if own_line(module, after.span.start):
        return ",\n" + indent_of(module, after.span.start)
    end = module.text.find("\n", after.span.end)
    length = (end if end >= 0 else len(module.text)) - module.line_start(after.span.start) + width
    return ",\n" + indent_of(module, lines[0].span.start) if lines and length > room_in(module) else ", "


def _written_key(entry: s.Item | s.Arg) -> str:
    if isinstance(entry, s.Arg):
        return entry.keyword or ""
    return str(entry.key.value) if isinstance(entry.key, s.Str) else ""


def _add(changes: Changes, module: Module, after: s.Node, span: Span, key: str, value: str) -> None:
    """Two flows that share a mapping share its new entry."""
    for number, (at, text) in enumerate(changes.patched.get(after, ())):
        if at == span and text.startswith(key):
            changes.patched[after][number] = (span, key + _together(text.removeprefix(key), value))
            return
    changes.patch(module, after, span, key + value)


def _together(there: str, more: str) -> str:
    """The scopes that stand there and those that are to come, each once; what is no plain text stays."""
    quote = there[0] if there[:1] in ("'", '"') else ""
    if any(mark in there + more for mark in "[({"):
        return there
    scopes = dict.fromkeys([*there.strip("'\"").split(","), *more.strip("'\"").split(",")])
    return f"{quote}{','.join(scopes)}{quote}"


def _aligned(module: Module, parent: s.Dict, between: str, width: int) -> str:
    """What stands between a key of some ``width`` and its value, where signs or values stand in a column."""
    keys = [(i.key, i.value) for i in parent.items if i.key is not None and own_line(module, i.span.start)]
    texts = [(len(module.snippet(k)), module.text[k.span.end : v.span.start]) for k, v in keys]
    sign = between.strip(" ")
    if len({length for length, _ in texts}) < 2 or not sign or any(sign not in text for _, text in texts):
        return between
    before = {length + text.index(sign) for length, text in texts}
    values = {length + len(text) for length, text in texts}
    if len(before) == 1:
        return " " * max(before.pop() - width, 1) + between.lstrip(" ")
    return (
        between.rstrip(" ") + " " * max(values.pop() - width - len(sign), 1) if len(values) == 1 else between
    )


def _comma(module: Module, parent: s.Dict) -> str:
    """What stands between the entries of a mapping on one line."""
    ends = [item.span for item in parent.items]
    between = module.text[ends[0].end : ends[1].start] if len(ends) > 1 else ""
    return between if between.strip() == "," else ", "


def _leading(module: Module, parent: s.Dict, node: s.Item) -> s.Item:
    """``node``, or another item that begins its line where ``node`` does not."""
    begin = [
        i for i in parent.items if not module.text[module.line_start(i.span.start) : i.span.start].strip()
    ]
    return node if node in begin or not begin else begin[0]

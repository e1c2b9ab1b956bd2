"""TOML: trees with the spans of their values, from the statements of the scanner."""

from __future__ import annotations

from dataclasses import field

from ..model import Span
from ..records import dataclass
from . import toml
from .documents import Field, Listing, Mapping, Scalar, Tree


def tree(text: str) -> Mapping:
    """Give the tree of a file; raise ``ValueError`` where it is not well-formed."""
    statements = toml.scanned(text)
    if statements is None:
        raise ValueError("not well-formed")
    whole = table = _Table(0)
    for each in statements:
        if isinstance(each, toml.Pair):
            _assign(table, text, each)
            continue
        table = whole
        for key, span in each.keys[:-1]:
            table = table.inner(key, span, each.start)
        last, span = each.keys[-1]
        if each.several:
            tables = table.fields.setdefault(last, (Scalar(last, span), []))[1]
            assert isinstance(tables, list)
            tables.append(_Table(each.start))
        table = table.inner(last, span, each.start)
    return Mapping(whole.done().fields, Span(0, len(text)))


@dataclass(slots=True)
class _Table:
    """A table that is being put together."""

    start: int
    fields: dict[str, tuple[Scalar, _Table | list[_Table] | Tree]] = field(default_factory=dict)

    def inner(self, key: str, span: Span, start: int) -> _Table:
        """The table below ``key``: the one that is there, the last of several, or a new one."""
        _, value = self.fields.setdefault(key, (Scalar(key, span), _Table(start)))
        if isinstance(value, list):
            return value[-1]
        if not isinstance(value, _Table):
            raise ValueError(key)
        return value

    def done(self) -> Mapping:
        """The whole, from the header to the last value."""
        fields = tuple(Field(key, _done(value)) for key, value in self.fields.values())
        end = max((each.value.span.end for each in fields), default=self.start)
        return Mapping(fields, Span(self.start, end))


def _done(value: _Table | list[_Table] | Tree) -> Tree:
    if isinstance(value, list):
        items = tuple(table.done() for table in value)
        return Listing(items, Span(items[0].span.start, items[-1].span.end))
    return value.done() if isinstance(value, _Table) else value


def _assign(table: _Table, text: str, pair: toml.Pair) -> None:
    for key, span in pair.keys[:-1]:
        table = table.inner(key, span, span.start)
    last, span = pair.keys[-1]
    table.fields[last] = (Scalar(last, span), _written(text, pair.value))


def _written(text: str, raw: toml.Raw) -> Tree:
    if raw.pairs is not None:
        inside = _Table(raw.span.start)
        for pair in raw.pairs:
            _assign(inside, text, pair)
        return Mapping(inside.done().fields, raw.span)
    if raw.items is not None:
        return Listing(tuple(_written(text, item) for item in raw.items), raw.span)
    value = toml.plain(text, raw)
    shown = value if isinstance(value, str) else text[raw.span.start : raw.span.end]
    return Scalar(shown, raw.span)

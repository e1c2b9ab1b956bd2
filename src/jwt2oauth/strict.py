"""Records out of plain tables, strictly, and by the annotations of the records alone.

An unknown key, a missing key and a value of the wrong type are refused; a field with a default may be left
out. Understood are other records, ``tuple[X, ...]``, ``Mapping[str, X]``, ``X | None``, ``Literal``,
enumerations by their values, and the scalars of TOML.
"""

from __future__ import annotations

import dataclasses
import datetime
import enum
import functools
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

T = TypeVar("T")
Build = Callable[[object], Any]


DOTS = 5_000
"""The square root of what the parts of all dotted keys of a file may come to: ``tomllib`` keeps each part of
a key with all before it, and takes gigabytes for a key of some ten thousand."""


def toml(text: str) -> dict[str, Any]:
    """Read TOML; raise ``ValueError`` for what is none, and for what no memory or stack would hold."""
    import tomllib  # most files are none

    if text.count(".") > DOTS and sum(line.count(".") ** 2 for line in text.split("\n")) > DOTS**2:
        raise ValueError("a key has too many parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


class Unfit(ValueError):
    """A value cannot be used: the dotted ``key`` at which it stands, and the ``problem``."""

    def __init__(self, problem: str, key: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.key = key

    def below(self, key: str) -> Unfit:
        """Say that the place is one of what stands at ``key``."""
        return Unfit(self.problem, f"{key}{'.' if self.key and self.key[0] != '[' else ''}{self.key}")


def read(record: type[T], table: object) -> T:
    """Make a ``record`` of a table; raise ``Unfit``."""
    kind: Any = record
    made: T = _reader(kind)(table)
    return made


@functools.cache
def _reader(hint: Any) -> Build:
    """Give what makes a value of the type ``hint`` out of a plain one: each is understood once."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return _items(arguments[0])
    if origin is Mapping:
        return _table(arguments[1])
    if origin is Literal:
        return functools.partial(_chosen, arguments)
    if origin is types.UnionType:  # X | None: TOML has no null, so a value that is there is an X
        (inner,) = (arm for arm in arguments if arm is not type(None))
        return _reader(inner)
    if dataclasses.is_dataclass(hint):
        return _record(hint)
    if issubclass(hint, enum.Enum):
        values = tuple(member.value for member in hint)
        return lambda value: hint(_chosen(values, value))
    return functools.partial(_expected, hint)


def _record(record: Any) -> Build:
    fields = {field.name: field for field in dataclasses.fields(record)}
    missing = dataclasses.MISSING
    needed = [name for name, each in fields.items() if each.default is each.default_factory is missing]
    hints = typing.get_type_hints(record)

    def build(value: object) -> Any:
        table = _expected(dict, value)
        for key in table:
            if key not in fields:
                raise Unfit(f"unknown key; known are {', '.join(fields)}", key)
        for key in needed:
            if key not in table:
                raise Unfit("missing key", key)
        return record(**{key: _at(key, _reader(hints[key]), item) for key, item in table.items()})

    return build


def _table(hint: Any) -> Build:
    inner = _reader(hint)
    return lambda value: {key: _at(key, inner, item) for key, item in _expected(dict, value).items()}


def _items(hint: Any) -> Build:
    inner = _reader(hint)

    def build(value: object) -> tuple[Any, ...]:
        return tuple([_at(f"[{index}]", inner, item) for index, item in enumerate(_expected(list, value))])

    return build


def _at(key: str, build: Build, value: object) -> Any:
    try:
        return build(value)
    except Unfit as error:
        raise error.below(key) from None


def _chosen(choices: tuple[object, ...], value: object) -> object:
    if value not in choices:
        raise Unfit(f"must be one of {', '.join(map(repr, choices))}, not {value!r}")
    return value


def _expected(kind: type[T], value: object) -> T:
    """Return ``value`` if it is exactly of ``kind`` (``true`` is no integer)."""
    if type(value) is not kind:
        raise Unfit(f"must be {_WORDS[kind]}, not {_WORDS.get(type(value), 'something else')}")
    return value


_WORDS: Mapping[type[Any], str] = {
    str: "a string",
    int: "an integer",
    float: "a float",
    bool: "true or false",
    datetime.date: "a date",
    datetime.datetime: "a date with a time",
    list: "an array",
    dict: "a table",
}

"""``dataclass`` as the standard library has it, at a tenth of what it costs to define a class by it.

That one writes Python source for every method of every class and compiles it: half a millisecond for a frozen
record with slots, and a run that finds something defines two hundred of them. Here its fields, slots and
``__match_args__`` are taken, so that ``fields``, ``replace`` and ``asdict`` know these classes; the methods
are closures over the fields and do the same. The options are ``frozen``, ``eq`` and ``order``, the slots are
always there, there is no ``__post_init__``, and a field that is not given (``init=False``) has no default.
A record with a field ``_hash`` (not given, not compared) keeps its hash there once it was asked for: what
holds others that hold others is looked up often.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from itertools import takewhile
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass", "made_of", "values_of"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, slots, frozen=False, eq=True, order=False):
        """Make a dataclass of the class that is decorated."""
        assert slots, "the methods are bound to the slots"

        def finished(cls):
            written = frozenset(vars(cls))
            cls.__doc__ = cls.__doc__ or cls.__name__  # else the signature is parsed for one
            bare = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
            for name, method in _methods(bare, frozen, eq, order):
                if name not in written:
                    setattr(bare, name, method)
            return bare

        return finished


Record = Any
"""An instance of a class that is made here."""
Put = Callable[[Record, object], None]
Read = Callable[[Record], tuple[object, ...]]
Init = Callable[..., None]
Spread = Callable[[Record, Sequence[object], dict[str, object]], None]
_UNSET = object()
"""In the place of what is not given."""
_ORDER = (operator.lt, operator.le, operator.gt, operator.ge)


def values_of(record: Record) -> tuple[object, ...]:
    """The values of all fields, in their order."""
    values: tuple[object, ...] = record.__getstate__()
    return values


def made_of(cls: type[Record], values: Sequence[object]) -> Record:
    """A record of ``values_of`` another one, or of what they were made into."""
    made = object.__new__(cls)
    made.__setstate__(values)
    return made


def _methods(cls: type[Record], frozen: bool, eq: bool, order: bool) -> Iterator[tuple[str, object]]:
    whole = fields(cls)
    every = [each for each in whole if each.name != "_hash"]
    yield "__init__", _init(cls, [each for each in every if each.init])
    yield "__repr__", _repr
    yield "__getstate__", _bound(_reader(every))
    yield "__setstate__", _setstate(_puts(cls, every))
    if frozen:
        yield "__setattr__", _refuse_set
        yield "__delattr__", _refuse_delete
    if eq:
        read = _reader([each for each in every if each.compare])
        yield "__hash__", _hash(cls, read, kept=len(every) < len(whole)) if frozen else None
        for compare in (operator.eq, *(_ORDER if order else ())):
            yield f"__{compare.__name__}__", _comparison(compare, read)


def _puts(cls: type[Record], some: Sequence[Field[Any]]) -> tuple[Put, ...]:
    """Give what sets each of these fields, also where nobody else may."""
    return tuple(getattr(cls, each.name).__set__ for each in some)


def _reader(some: Sequence[Field[Any]]) -> Read:
    """Give what gives the values of these fields."""
    names = [each.name for each in some]
    if len(names) > 1:
        return operator.attrgetter(*names)
    return lambda self: tuple([getattr(self, name) for name in names])  # where attrgetter gives no tuple


def _bound(read: Read) -> Read:
    return lambda self: read(self)  # a function, which an attrgetter is not, becomes a method


def _init(cls: type[Record], taken: Sequence[Field[Any]]) -> Init:
    taken = sorted(taken, key=lambda each: bool(each.kw_only))
    puts = _puts(cls, [each for each in taken if not each.kw_only])
    whole = len(puts) if len(puts) == len(taken) else None
    rows = [
        (each.name, put, each.default, each.default_factory)
        for each, put in zip(taken, _puts(cls, taken), strict=True)
    ]

    def __init__(self: Record, *values: object, **named: object) -> None:  # noqa: N807
        for put, value in zip(puts, values):  # noqa: B905 (the rest is filled in)
            put(self, value)
        if named or len(values) != whole:
            fill(self, len(values), named)

    def fill(self: Record, count: int, named: dict[str, object]) -> None:
        if count > len(puts):
            raise TypeError(f"{cls.__name__} takes {len(puts)} values by place, not {count}")
        for name, put, default, factory in rows[count:]:
            if name in named:
                put(self, named.pop(name))
            elif default is not MISSING:
                put(self, default)
            elif factory is not MISSING:
                put(self, factory())
            else:
                raise TypeError(f"{cls.__name__} needs {name}")
        if named:
            raise TypeError(f"{cls.__name__} does not take {', '.join(named)}, or has it by place")

    short = _SHORT.get(whole or 0)
    return _shortened(__init__, short, puts, taken) if short is not None else __init__


def _shortened(
    init: Init, short: Callable[..., Init], puts: Sequence[Put], taken: Sequence[Field[Any]]
) -> Init:
    """Do as ``init`` does, without a loop where all is given by place, or has a value by default."""

    def spread(self: Record, values: Sequence[object], named: dict[str, object]) -> None:
        if values[0] is _UNSET:
            init(self, **named)
            return
        given = takewhile(
            lambda pair: pair[1] is not _UNSET and is_by_place(pair[0], named),
            zip(taken, values, strict=True),
        )
        init(self, *[value for _, value in given], **named)

    def is_by_place(each: Field[Any], named: dict[str, object]) -> bool:
        return each.name not in named or each.default is MISSING

    made = short(spread, *puts)
    made.__defaults__ = tuple([_UNSET if each.default is MISSING else each.default for each in taken])
    return made


def _of_two(spread: Spread, one: Put, two: Put) -> Init:
    def __init__(self: Record, a: object, b: object, /, **named: object) -> None:  # noqa: N807
        if named or a is _UNSET or b is _UNSET:
            spread(self, (a, b), named)
        else:
            one(self, a)
            two(self, b)

    return __init__


def _of_three(spread: Spread, one: Put, two: Put, three: Put) -> Init:
    def __init__(self: Record, a: object, b: object, c: object, /, **named: object) -> None:  # noqa: N807
        if named or a is _UNSET or b is _UNSET or c is _UNSET:
            spread(self, (a, b, c), named)
        else:
            one(self, a)
            two(self, b)
            three(self, c)

    return __init__


def _of_four(spread: Spread, one: Put, two: Put, three: Put, four: Put) -> Init:
    def __init__(self: Record, a: object, b: object, c: object, d: object, /, **named: object) -> None:  # noqa: N807
        if named or a is _UNSET or b is _UNSET or c is _UNSET or d is _UNSET:
            spread(self, (a, b, c, d), named)
        else:
            one(self, a)
            two(self, b)
            three(self, c)
            four(self, d)

    return __init__


_SHORT: dict[int, Callable[..., Init]] = {2: _of_two, 3: _of_three, 4: _of_four}
"""By the number of fields, of which most records have no more."""


def _setstate(puts: Sequence[Put]) -> Callable[[Record, Sequence[object]], None]:
    def __setstate__(self: Record, values: Sequence[object]) -> None:  # noqa: N807
        for put, value in zip(puts, values, strict=True):
            put(self, value)

    return __setstate__


def _hash(cls: type[Record], read: Read, *, kept: bool) -> Callable[[Record], int]:
    if not kept:
        return lambda self: hash(read(self))
    keep: Put = cls._hash.__set__

    def __hash__(self: Record) -> int:  # noqa: N807
        try:
            known: int = self._hash
        except AttributeError:
            known = hash(read(self))
            keep(self, known)
        return known

    return __hash__


def _comparison(compare: Callable[[object, object], bool], read: Read) -> Callable[[Record, object], bool]:
    def compared(self: Record, other: object) -> bool:
        return compare(read(self), read(other)) if other.__class__ is self.__class__ else NotImplemented

    return compared


@recursive_repr()
def _repr(self: Record) -> str:
    shown = (f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse_set(self: Record, name: str, value: object) -> None:  # noqa: ARG001
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_delete(self: Record, name: str) -> None:  # noqa: ARG001
    raise FrozenInstanceError(f"cannot delete field {name!r}")

"""What an expression may stand for: small symbolic values that keep their provenance.

A value is a tree of frozen records that end in literals (with the place where they were written)
or in sources: the environment, a file, a configuration key, a parameter nobody fills, unknown.
Every piece of a text and every field of a mapping remembers its ``Site``, so that "change the path
of the URL" is an edit at the place where that path was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field

from ...records import dataclass
from . import syntax as s
from .modules import Module

Entered = s.FuncDef | s.Lambda | s.Comprehension | s.For
Context = tuple[tuple[Entered, "Site"], ...]
"""Which call a parameter is to be read from: pairs of function and call. In the place of a call may stand
the definition of a class, of which the object is whose method it is; of a comprehension, or a loop, the text
that its variable is."""


@dataclass(frozen=True, slots=True)
class Site:
    """A record in its module, seen through a chain of calls."""

    module: Module
    node: s.Node
    ctx: Context = ()
    _hash: int = field(init=False, repr=False, compare=False)

    @property
    def call(self) -> s.Call:
        """The record, which is known to be a call."""
        assert isinstance(self.node, s.Call)
        return self.node

    def at(self, node: s.Node) -> Site:
        """Another record of the same module in the same context."""
        return Site(self.module, node, self.ctx)

    @property
    def key(self) -> tuple[str, int, int]:
        """Order by place."""
        return (self.module.path, self.node.span.start, self.node.span.end)


@dataclass(frozen=True, slots=True)
class Value:
    """Base of all values."""

    _hash: int = field(init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Lit(Value):
    """A literal piece of a text, written at ``site`` (a ``Str``)."""

    text: str
    site: Site
    via: Site | None = None
    """The expression that put it in, where that is not the literal itself."""


@dataclass(frozen=True, slots=True)
class Gap(Value):
    """A piece of a text that is not literal: ``value``, put in by the expression at ``site``."""

    value: Value
    site: Site


@dataclass(frozen=True, slots=True)
class Text(Value):
    """A text made of pieces."""

    parts: tuple[Lit | Gap, ...]

    def fold(self, hole: str = "\x00") -> str:
        """The text with ``hole`` where it is not known."""
        return "".join(p.text if isinstance(p, Lit) else hole for p in self.parts)

    @property
    def known(self) -> bool:
        """Nothing is missing."""
        return all(isinstance(p, Lit) for p in self.parts)


@dataclass(frozen=True, slots=True)
class Constant(Value):
    """A number, a truth value or None."""

    value: object
    site: Site


@dataclass(frozen=True, slots=True)
class Entry:
    """A field of a mapping: written by ``site.node`` (an ``Item``, ``Arg``, statement or call)."""

    key: Value
    value: Site | None
    """None where the field is deleted."""
    site: Site
    certain: bool = True
    _hash: int = field(init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Fields(Value):
    """A mapping (or pairs) in the order of its writing; ``open`` when more may be in it.

    ``rest`` are the mappings that went into it as a whole, of which only the outside is known.
    """

    entries: tuple[Entry, ...]
    site: Site
    open: bool = False
    rest: tuple[Value, ...] = ()
    encoder: Site | None = None
    """The call that made a body of them."""
    parted: Site | None = None
    """The comprehension that made parts of a multipart form of them: ``{k: (None, v) for k, v in …}``."""


@dataclass(frozen=True, slots=True)
class Items(Value):
    """A list, tuple or set of known elements."""

    sites: tuple[Site, ...]
    site: Site
    open: bool = False


@dataclass(frozen=True, slots=True)
class Lib(Value):
    """Something of a library, by dotted name; ``base`` is the object it was taken from."""

    name: str
    base: Value | None = None


@dataclass(frozen=True, slots=True)
class Result(Value):
    """What a call of a library gave; ``site.node`` is the ``Call``."""

    name: str
    site: Site
    base: Value | None = None


@dataclass(frozen=True, slots=True)
class Member(Value):
    """A part of a value that is known only from outside: ``base[key]`` or ``base.key``."""

    base: Value
    key: str
    site: Site
    attribute: bool = False


@dataclass(frozen=True, slots=True)
class Arithmetic(Value):
    """A number computed from others."""

    op: str
    left: Value
    right: Value
    site: Site


@dataclass(frozen=True, slots=True)
class Environ(Value):
    """An environment variable; ``default`` as written, if there is one."""

    name: str
    default: Site | None
    site: Site


@dataclass(frozen=True, slots=True)
class Param(Value):
    """A parameter that no call in the project fills."""

    function: s.FuncDef
    param: s.Param
    site: Site


@dataclass(frozen=True, slots=True)
class Function(Value):
    """A function of the project, bound to ``receiver`` if it is a method."""

    module: Module
    node: s.FuncDef
    receiver: Value | None = None


@dataclass(frozen=True, slots=True)
class Class(Value):
    """A class of the project."""

    module: Module
    node: s.ClassDef


@dataclass(frozen=True, slots=True)
class Instance(Value):
    """An object of a class of the project; ``site`` is the call that made it, if known."""

    cls: Class
    site: Site | None = None
    mapping: Value | None = None
    """What a model takes its fields from, where it is a field of another model."""


@dataclass(frozen=True, slots=True)
class ModuleValue(Value):
    """A module of the project."""

    module: Module


@dataclass(frozen=True, slots=True)
class Closure(Value):
    """A lambda."""

    site: Site


@dataclass(frozen=True, slots=True)
class Unknown(Value):
    """Not followed, and why."""

    why: str
    site: Site


@dataclass(frozen=True, slots=True)
class Given:
    """An argument that reaches a library's call, perhaps through ``*args`` or ``**kwargs``."""

    value: Site
    """The expression."""
    written: Site
    """What writes it: an ``Arg``, an ``Item`` or a store of a spread mapping, an element of a spread list."""


def number_of(value: Value) -> float | None:
    """The number that a constant is."""
    if (
        isinstance(value, Constant)
        and isinstance(value.value, int | float)
        and not isinstance(value.value, bool)
    ):
        return value.value
    return None


def text_of(value: Value) -> str | None:
    """The whole text of ``value``, if it is a text and all of it is known."""
    return value.fold() if isinstance(value, Text) and value.known else None


def chain(value: Value) -> Iterator[Value]:
    """``value`` and what it was taken from, outwards."""
    here: Value | None = value
    while here is not None:
        yield here
        here = here.base if isinstance(here, Lib | Result | Member) else None


def name_of(value: Value) -> str | None:
    """The dotted name under which the rules know ``value``."""
    if isinstance(value, Lib):
        return value.name
    if isinstance(value, Result):
        return value.name + "()"
    if isinstance(value, Member) and value.attribute:
        base = name_of(value.base)
        return f"{base}.{value.key}" if base else None
    return None

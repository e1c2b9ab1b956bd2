"""Our ``dataclass`` beside that of the standard library: the same classes, asked the same."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from jwt2oauth import records


def _classes(dataclass: Any) -> SimpleNamespace:
    @dataclass(frozen=True, slots=True)
    class Plain:
        """A frozen record."""

        a: int
        b: str = "b"
        c: list[int] = dataclasses.field(default_factory=list, compare=False, repr=False)

    @dataclass(frozen=True, slots=True)
    class Below(Plain):
        """One with a field more, and a hash of its own."""

        d: int = 4

        def __hash__(self) -> int:
            return 42

    @dataclass(frozen=True, slots=True, eq=False)
    class Same:
        """One that is equal only to itself."""

        a: int

    @dataclass(frozen=True, slots=True, order=True)
    class Ordered:
        """One that is sorted by a field that is given by name."""

        a: int
        b: int = dataclasses.field(default=0, kw_only=True)
        c: int

    @dataclass(slots=True)
    class Loose:
        """One that may change."""

        a: int
        later: int = dataclasses.field(init=False)

    @dataclass(frozen=True, slots=True)
    class Empty:
        """One without a field."""

    return SimpleNamespace(**{name: value for name, value in locals().items() if name != "dataclass"})


OURS, THEIRS = _classes(records.dataclass), _classes(dataclasses.dataclass)
for _name, _made in vars(OURS).items():
    _made.__qualname__ = f"OURS.{_name}"  # where pickle finds it

QUESTIONS: list[Callable[[Any], object]] = [
    lambda of: [(each.name, each.init, each.default) for each in dataclasses.fields(of.Below)],
    lambda of: [of.Below.__match_args__, of.Below.__slots__, of.Plain.__slots__, of.Ordered.__match_args__],
    lambda of: [getattr(of.Plain(1), name) for name in "abc"],
    lambda of: [getattr(of.Below(1, c=[2], b="x"), name) for name in "abcd"],
    lambda of: of.Plain(1).c is of.Plain(1).c,
    lambda of: [of.Plain(1) == of.Plain(1, c=[2]), of.Plain(1) == of.Plain(2), of.Plain(1) != of.Plain(2)],
    lambda of: [
        of.Plain(1) == of.Below(1),
        of.Below(1) == of.Plain(1),
        of.Plain(1) == 1,
        of.Empty() == of.Empty(),
    ],
    lambda of: [hash(of.Plain(1)), hash(of.Below(1)), hash(of.Empty()), hash(of.Ordered(1, 2))],
    lambda of: [of.Same(1) == of.Same(1), of.Same(1) in {of.Same(1)}, len({of.Same(1), of.Same(1)})],
    lambda of: hash(of.Loose(1)),
    lambda of: [dataclasses.astuple(each) for each in sorted(map(of.Ordered, (2, 2, 1, 1), (2, 1, 2, 1)))],
    lambda of: [each.b for each in sorted(of.Ordered(1, c, b=3 - c) for c in (1, 2))],
    lambda of: [of.Ordered(1, 2) <= of.Ordered(1, 2), of.Ordered(1, 2) > of.Ordered(1, 1)],
    lambda of: of.Ordered(1, 2) < 3,
    lambda of: of.Plain(1) < of.Plain(2),
    lambda of: of.Ordered(1, 2, 3),
    lambda of: [of.Plain(), of.Empty()],
    lambda of: of.Plain(1, 2, 3, 4),
    lambda of: of.Plain(1, a=2),
    lambda of: of.Plain(1, e=2),
    lambda of: of.Ordered(1),
    lambda of: setattr(of.Plain(1), "a", 2),
    lambda of: delattr(of.Plain(1), "a"),
    lambda of: setattr(of.Loose(1), "e", 2),
    lambda of: of.Loose(1).later,
    lambda of: [setattr(loose := of.Loose(1), "later", 2), loose.later, delattr(loose, "a")],
    lambda of: dataclasses.replace(of.Below(1, "x"), b="y").b,
    lambda of: dataclasses.asdict(of.Ordered(1, 2, b=3)),
    lambda of: [copy.copy(of.Ordered(1, 2, b=3)).b, copy.deepcopy(of.Plain(1, c=[5])).c],
    lambda of: dataclasses.is_dataclass(of.Empty),
]


@pytest.mark.parametrize(
    "question", QUESTIONS, ids=lambda question: f"line {question.__code__.co_firstlineno}"
)
def test_they_answer_alike(question: Callable[[Any], object]) -> None:
    assert _answer(question, OURS) == _answer(question, THEIRS)


def _answer(question: Callable[[Any], object], of: SimpleNamespace) -> object:
    try:
        return question(of)
    except (TypeError, AttributeError) as error:
        return type(error)


def test_they_show_themselves_alike() -> None:
    for ours, theirs in ((OURS.Plain(1, "x"), THEIRS.Plain(1, "x")), (OURS.Empty(), THEIRS.Empty())):
        assert repr(ours).replace("OURS", "_classes.<locals>") == repr(theirs)


@pytest.mark.parametrize("made", [OURS.Plain(1, c=[2]), OURS.Below(1), OURS.Ordered(1, 2, b=3), OURS.Empty()])
def test_they_can_go_to_another_process(made: Any) -> None:
    there = pickle.loads(pickle.dumps(made))
    assert there == made
    assert repr(there) == repr(made)

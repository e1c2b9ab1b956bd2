"""Texts that make a regular expression work hard, made of its own pieces; and a judgement of how hard."""

from __future__ import annotations

import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

ALPHABET = "a0A_ \t\n\"'\\([{-./=,#:;@<>*%$|!~+&?]})\r"
REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT)
END = "\x01\n"
WORK = 0.0015
"""Seconds of the processor below which nobody has worked hard, on any machine."""
STEEP = (10, 20)
"""How often a piece may be repeated before any pattern works hard."""
LONG = 2_000
"""Characters: a square of them is hard work."""
SQUARE = 2.7
"""Twice the text takes a square four times as long; a line twice."""
_CLASSES = {
    sre.CATEGORY_SPACE: " \t\n",
    sre.CATEGORY_DIGIT: "0",
    sre.CATEGORY_WORD: "a0_",
    sre.CATEGORY_NOT_SPACE: 'a."',
    sre.CATEGORY_NOT_DIGIT: "a ",
    sre.CATEGORY_NOT_WORD: " .\n",
}

Use = Callable[[str], object]


def uses(pattern: re.Pattern[Any], methods: Sequence[str]) -> Iterator[Use]:
    """How a pattern is used, with texts for either kind of pattern."""
    for method in methods:
        call = getattr(pattern, method if method in ("match", "fullmatch") else "finditer")

        def use(text: str, call: Callable[[Any], Any] = call) -> None:
            found = call(text.encode("latin-1") if isinstance(pattern.pattern, bytes) else text)
            if not isinstance(found, re.Match | None):
                for _ in found:
                    pass

        yield use


def hardest(pattern: re.Pattern[Any], methods: Sequence[str]) -> str:
    """Give a text, in words, that takes more than a line of its length; empty if none is known."""
    for use in uses(pattern, methods):
        for lead, word in attacks(pattern):

            def text(times: int, lead: str = lead, word: str = word) -> str:
                return lead + word * times + END

            if is_hard(use, text, max(1, LONG // len(word))):
                return f"{lead!r} + {word!r} * n + {END!r}"
    return ""


def is_hard(use: Use, text: Callable[[int], str], times: int) -> bool:
    """Say whether time grows faster than the text: by ratios within one run, never by the clock alone."""
    if any(taken(use, text(n)) > WORK and taken(use, text(n)) > WORK for n in STEEP):
        return True
    for n in (times // 8 + 1, times):
        if taken(use, text(n)) > WORK:
            return grows(use, text, n)
    return False


def grows(use: Use, text: Callable[[int], str], times: int) -> bool:
    """Say whether twice the text, and twice that, take more than twice as long, whenever it is tried.

    A busy machine may make any of them seem long.
    """
    return all(_grew(use, text, times) for _ in range(4))


def _grew(use: Use, text: Callable[[int], str], times: int) -> bool:
    one, two = (min(taken(use, text(n)) for _ in range(2)) for n in (times, 2 * times))
    return two > SQUARE * one and taken(use, text(4 * times)) > SQUARE * two


def taken(use: Use, text: str) -> float:
    """Seconds of the processor."""
    began = time.process_time()
    use(text)
    return time.process_time() - began


def attacks(pattern: re.Pattern[Any]) -> list[tuple[str, str]]:
    """Pairs of a lead and what is repeated after it."""
    source = pattern.pattern
    text = source.decode("latin-1") if isinstance(source, bytes) else source
    flags = pattern.flags & ~re.UNICODE if isinstance(source, bytes) else pattern.flags
    tree = list(parser.parse(text, flags))
    found = dict.fromkeys(("", char) for char in ALPHABET)
    repeated = list(_repeats(tree, ""))
    for lead, words in repeated:
        found.update(dict.fromkeys(pair for word in words for pair in ((lead, word), ("", lead + word))))
        found["", lead] = None
    words = list(dict.fromkeys(word for _, words in repeated for word in words if word))[:6]
    found.update(dict.fromkeys(("", one + other) for one in words for other in words if one != other))
    whole = _samples(tree, few=True)[0]
    found.update({("", whole): None, ("", whole[:-1]): None})
    return [pair for pair in found if pair[1]]


def _repeats(tree: Sequence[Any], lead: str) -> Iterator[tuple[str, list[str]]]:
    """What may be repeated without end, each with the shortest text before it."""
    for kind, value in tree:
        if kind in REPEATS:
            if value[1] > 100:
                yield lead, _samples(value[2], few=False)
            yield from _repeats(value[2], lead)
        else:
            for inner in _inner(kind, value):
                yield from _repeats(inner, lead)
        lead += _sample(kind, value, few=True)[0]


def _inner(kind: Any, value: Any) -> Sequence[Any]:
    if kind is sre.BRANCH:
        return tuple(value[1])
    if kind is sre.SUBPATTERN:
        return (value[3],)
    if kind is sre.ATOMIC_GROUP:
        return (value,)
    return (value[1],) if kind in (sre.ASSERT, sre.ASSERT_NOT) else ()


def _samples(tree: Sequence[Any], *, few: bool) -> list[str]:
    made = [""]
    for kind, value in tree:
        more = _sample(kind, value, few=few)
        made = [one + other for one in made for other in more[: 1 if few else None]][:20]
    return made


def _sample(kind: Any, value: Any, *, few: bool) -> list[str]:
    """Texts that one piece of a pattern matches, at least one."""
    if kind is sre.LITERAL:
        return [chr(value)]
    if kind in (sre.NOT_LITERAL, sre.ANY):
        return [char for char in 'a ".\n' if kind is sre.ANY or ord(char) != value]
    if kind is sre.IN:
        return list(islice(_members(value), 12)) or ["a"]
    if kind in REPEATS:
        inner = _samples(value[2], few=few)
        least = min(value[0], 400)
        return [text * least for text in inner] if least else ["", *([] if few else inner)]
    if kind in (sre.BRANCH, sre.SUBPATTERN, sre.ATOMIC_GROUP):
        return [text for inner in _inner(kind, value) for text in _samples(inner, few=few)][:20]
    return ['"' if kind is sre.GROUPREF else ""]


def _members(items: Sequence[Any]) -> Iterator[str]:
    if items[0][0] is sre.NEGATE:
        yield from (char for char in ALPHABET if not any(_holds(item, char) for item in items[1:]))
    for kind, value in items if items[0][0] is not sre.NEGATE else ():
        if kind is sre.CATEGORY:
            yield from _CLASSES.get(value, "")
        else:
            yield chr(value if kind is sre.LITERAL else value[0])


def _holds(item: Any, char: str) -> bool:
    kind, value = item
    if kind is sre.LITERAL:
        return ord(char) == value
    if kind is sre.RANGE:
        return bool(value[0] <= ord(char) <= value[1])
    return re.match(_SPELLED.get(value, r"[^\s\S]"), char) is not None


_SPELLED = {
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_NOT_WORD: r"\W",
}

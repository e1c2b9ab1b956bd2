"""Names in one text that is taken apart: ``REQUIRED = "client_id tech_id key".split()``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from .changes import Changes


class WordList(NamedTuple):
    """The call that takes the text apart, what it is taken apart at, and the literals of the text."""

    call: s.Call
    separator: str | None
    literals: tuple[s.Str, ...]


def word_list(module: Module, node: s.Node) -> WordList | None:
    """The list that a literal, or one of several side by side, is a part of; None where it is not known."""
    method = _method(module, node)
    call = module.parents[method] if method is not None else None
    if method is None or not isinstance(call, s.Call) or call.func is not method or len(call.args) > 1:
        return None
    text = method.value
    given = call.args[0].value if call.args else None
    if given is not None and not (isinstance(given, s.Str) and isinstance(given.value, str) and given.value):
        return None
    literals = tuple(text.parts if isinstance(text, s.Joined) else [node])
    if not all(isinstance(each, s.Str) and isinstance(each.value, str) for each in literals):
        return None
    separator = str(given.value) if isinstance(given, s.Str) else None
    return WordList(call, separator, tuple(each for each in literals if isinstance(each, s.Str)))


def is_taken_apart(module: Module, node: s.Node) -> bool:
    """Is a literal a part of a text that is taken apart, in whatever way?"""
    return _method(module, node) is not None


def _method(module: Module, node: s.Node) -> s.Attribute | None:
    around = module.parents[node]
    method = module.parents[around] if isinstance(around, s.Joined) else around
    return method if isinstance(method, s.Attribute) and method.attr == "split" else None


def literal_of(module: Module, word: s.Str) -> s.Str:
    """The literal that a word was taken from, where it is no literal itself."""
    if word in module.parents:
        return word
    literals = module.each(s.Str)
    return next((each for each in literals if each.span == word.span), word)


def has_left(module: Module, changes: Changes, word: s.Node) -> bool:
    """Was a word of a list taken out of it?"""
    if not isinstance(word, s.Str) or word in module.parents:
        return False
    literal = literal_of(module, word)
    found = word_list(module, literal) if literal is not word else None
    return found is not None and str(word.value) not in words(changes, found)


def words(changes: Changes, found: WordList) -> list[str]:
    """The names that are left."""
    return "".join(_now(changes, each) for each in found.literals).split(found.separator)


def shorter(
    module: Module, changes: Changes, found: WordList, name: str
) -> list[tuple[s.Str, Span, str]] | None:
    """What is written in which literals once ``name`` is gone; None where that cannot be done."""
    parts = [_now(changes, each) for each in found.literals]
    whole, left = "".join(parts), words(changes, found)
    if left.count(name) != 1 or len(left) < 2:
        return None
    start, end = _range(whole, left, name)
    made: list[str] = []
    at = 0
    for part in parts:
        made.append(part[: max(0, start - at)] + part[max(0, min(len(part), end - at)) :])
        at += len(part)
    if "".join(made).split(found.separator) != [word for word in left if word != name]:
        return None
    changed = [
        (each, _inside(each), text)
        for each, part, text in zip(found.literals, parts, made, strict=True)
        if text != part
    ]
    is_plain = all(module.text[span.start : span.end] == each.value for each, span, _ in changed)
    return changed if is_plain and all(text for _, _, text in changed) else None


def lengthen(changes: Changes, module: Module, found: WordList, beside: str, name: str) -> None:
    """Put ``name`` behind ``beside``, if that is one of the words and the other is none."""
    left = words(changes, found)
    for literal in found.literals if beside in left and name not in left else ():
        now = _now(changes, literal)
        place = next((end for word, end in _ends(now, found.separator) if word == beside), None)
        if place is not None and module.text[_inside(literal).start : _inside(literal).end] == literal.value:
            text = f"{now[:place]}{found.separator or ' '}{name}{now[place:]}"
            changes.patched[literal] = [(_inside(literal), text)]
            changes.modules[module.path] = module
            return


def _ends(text: str, separator: str | None) -> Iterator[tuple[str, int]]:
    left = text.split(separator)
    yield from zip(left, (place.end for place in _places(text, left)), strict=True)


def _range(whole: str, left: list[str], name: str) -> tuple[int, int]:
    """Where the name stands, with what parts it from the next one, or else from the one before."""
    places = list(_places(whole, left))
    index = left.index(name)
    if index + 1 < len(places):
        return places[index].start, places[index + 1].start
    return places[index - 1].end, places[index].end


def _places(whole: str, left: list[str]) -> Iterator[Span]:
    at = 0
    for word in left:
        start = whole.index(word, at)
        at = start + len(word)
        yield Span(start, at)


def _now(changes: Changes, literal: s.Str) -> str:
    """What a literal says, after what was changed in it."""
    for span, text in changes.patched.get(literal, ()):
        if span == _inside(literal):
            return text
    return str(literal.value)


def _inside(literal: s.Str) -> Span:
    begin = literal.span.start + len(literal.prefix) + len(literal.quote)
    return Span(begin, literal.span.end - len(literal.quote))

"""Texts put together: templates, ``join``, ``split``, and addresses by Python's own functions."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ..facts import syntax as s
from ..facts.formats import braces, dollars, percents
from ..facts.values import (
    Entry,
    Fields,
    Function,
    Gap,
    Instance,
    Items,
    Lit,
    Member,
    Result,
    Site,
    Text,
    Unknown,
    Value,
    text_of,
)
from .base import Base
from .shared import Values


class Texts(Base):
    """Texts put together: templates, ``join``, ``split``."""

    def _percent(self, site: Site, formats: Values, right: s.Expr) -> Iterator[Value]:
        for value in formats:
            if not isinstance(value, Text):
                continue
            names = None
            if isinstance(right, s.Sequence) and right.kind == "tuple":
                arguments = [self._piece(site.at(item)) for item in right.items]
            else:
                for fields in self._again(site.at(right)):
                    if isinstance(fields, Fields):
                        names = fields
                arguments = [self._piece(site.at(right))]
            yield from self._fill(site, value, percents, arguments, names)

    def said(self, value: Instance) -> Values:
        """What an object of the project says of itself where it becomes a text."""
        site = value.site
        found = self._answered((value,), "__str__", site) if site is not None else ()
        return tuple(each for each in found if each is not value)

    def _answered(self, values: Iterable[Value], method: str, site: Site) -> Iterator[Value]:
        """What objects of the project say of themselves by ``method``: ``str(assertion)``."""
        for value in values:
            said = self._instance_attribute(value, method, site) if isinstance(value, Instance) else ()
            functions = [each for each in said if isinstance(each, Function)] if method else []
            for function in functions:
                yield from self._returns(function, site, site.node if isinstance(site.node, s.Call) else None)
            if not functions:
                yield value

    def _fill(
        self,
        site: Site,
        template: Text,
        split: Callable[[str], Iterator[tuple[str, str | None]]],
        arguments: list[Values],
        names: Fields | None,
    ) -> Iterator[Value]:
        """A ``%`` or ``format`` template with its arguments put in."""
        pieces: list[Values] = []
        position = 0
        for part in template.parts:
            if isinstance(part, Gap):
                pieces.append((Text((part,)),))
                continue
            for literal, field in split(part.text):
                if literal:
                    pieces.append((Text((Lit(literal, part.site),)),))
                if field is None:
                    continue
                if field == "":
                    field, position = str(position), position + 1
                pieces.append(self._field(site, field, arguments, names))
        return self._concat(pieces)

    def _field(self, site: Site, field: str, arguments: list[Values], names: Fields | None) -> Values:
        missing = (Text((Gap(Unknown("a missing argument", site), site),)),)
        if field.isdigit():
            return arguments[int(field)] if int(field) < len(arguments) else missing
        head = field.split(".")[0].split("[")[0]
        if head != field or names is None:
            return missing
        found = [e for e in names.entries if text_of(e.key) == field and e.value is not None]
        return self._piece(found[-1].value) if found and found[-1].value else missing

    def _substituted(self, made: Value | None, site: Site, node: s.Call) -> list[Value] | None:
        """``Template("https://$host/").substitute(host=host)``, given what made the template."""
        call = made.site.node if isinstance(made, Result) else None
        if not isinstance(made, Result) or not isinstance(call, s.Call) or not call.args:
            return None
        names = self._spread(site, node, _by_keyword(site, node))
        for arg in node.args:
            given = self._again(site.at(arg.value)) if arg.keyword is None and not arg.star else ()
            for mapping in (each for each in given if isinstance(each, Fields)):
                names = Fields((*mapping.entries, *names.entries), site)
        templates = [v for v in self._again(made.site.at(call.args[0].value)) if isinstance(v, Text)]
        return [each for text in templates for each in self._fill(site, text, dollars, [], names)] or None

    def _text_method(self, base: Text, method: str, site: Site, node: s.Call) -> Iterator[Value]:
        positional = [a for a in node.args if a.keyword is None and not a.star]
        if method == "format":
            arguments = [self._piece(site.at(a.value)) for a in positional]
            names = self._spread(site, node, _by_keyword(site, node))
            yield from self._fill(site, base, braces, arguments, names)
        elif method == "format_map" and positional:
            for mapping in self._again(site.at(positional[0].value)):
                named = mapping if isinstance(mapping, Fields) else None
                yield from self._fill(site, base, braces, [], named)
        elif method == "join" and positional:
            yield from self._join(base, site.at(positional[0].value))
        elif method == "split" and base.known:
            yield self._split(base, site, node)
        elif method in ("rstrip", "lstrip", "strip"):
            given = [text_of(v) for a in positional for v in self._again(site.at(a.value))]
            yield _stripped(base, method, given if positional else [string.whitespace])
        elif method == "replace" and (swap := self._swap(site, positional)) and _may_hold(base, swap[0]):
            yield from self._swapped(base, *swap)
        elif method in ("lower", "upper"):
            cased = str.lower if method == "lower" else str.upper
            yield Text(
                tuple(Lit(cased(p.text), p.site, p.via) if isinstance(p, Lit) else p for p in base.parts)
            )
        elif method in self.rules.values.transparent_methods or method == "title":
            yield base
        elif method in ("read_text", "read_bytes", "open", "glob", "rglob", "iterdir"):
            yield Result(f"pathlib.Path().{method}", site)
        else:
            yield Unknown(f"str.{method}", site)

    def _swap(self, site: Site, given: list[s.Arg]) -> tuple[str, Values] | None:
        """What ``replace`` looks for, and what it may put there."""
        values = self._again(site.at(given[0].value)) if len(given) == 2 else ()
        old = text_of(values[0]) if len(values) == 1 else None
        return (old, self._piece(site.at(given[1].value))) if old else None

    def _swapped(self, base: Text, old: str, new: Values) -> Iterator[Value]:
        """``"https://HOST/ims".replace("HOST", host)``"""
        pieces: list[Values] = []
        for part in base.parts:
            texts = part.text.split(old) if isinstance(part, Lit) else []
            if not isinstance(part, Lit) or len(texts) == 1:
                pieces.append((Text((part,)),))
                continue
            for place, text in enumerate(texts):
                pieces += [new] if place else []
                pieces += [(Text((replace(part, text=text),)),)] if text else []
        yield from self._concat(pieces)

    def _spread(self, site: Site, node: s.Call, names: Fields) -> Fields:
        for arg in node.args:
            if arg.star == "**":
                for value in self._again(site.at(arg.value)):
                    if isinstance(value, Fields):
                        return Fields(names.entries + value.entries, site)
        return names

    def _join(self, separator: Text, site: Site) -> Iterator[Value]:
        form = self._form_by_hand(site) if separator.fold() == "&" else None
        if form is not None:
            yield replace(form, encoder=site)
            return
        for value in self._again(site):
            if isinstance(value, Items) and not value.open:
                pieces: list[Values] = []
                for index, element in enumerate(value.sites):
                    if index:
                        pieces.append((separator,))
                    pieces.append(self._piece(element))
                yield from self._concat(pieces)
            else:
                yield Text((Gap(value, site),))

    def _form_by_hand(self, site: Site) -> Fields | None:
        """``"&".join(f"{k}={v}" for k, v in fields.items())``: the fields."""
        node = site.node
        if not isinstance(node, s.Comprehension) or node.key is not None or len(node.clauses) != 1:
            return None
        for value in self._again(site.at(node.clauses[0].iter)):
            if isinstance(value, Member) and value.key == "items" and isinstance(value.base, Fields):
                return value.base
        return None

    def _split(self, base: Text, site: Site, node: s.Call) -> Value:
        separator = None
        if node.args:
            separator = text_of(self.one(site.at(node.args[0].value)))
            if separator is None:
                return Unknown("split", site)
        return self.words(base, separator, site)

    def words(self, base: Text, separator: str | None, site: Site) -> Items:
        """The pieces of a known text; a list may also be written as JSON has it."""
        text = base.fold()
        words = (_json_list(text) if separator == "," else None) or text.split(separator)
        lit = base.parts[0].site if base.parts else site
        span = lit.node.span
        made = [s.Str(span, span, word, "", "") for word in words]
        return Items(tuple(Site(lit.module, m, lit.ctx) for m in made), site)


def _json_list(text: str) -> list[str] | None:
    """``["one", "two"]``, as pydantic's settings and others take it from a variable."""
    if not (text.startswith("[") and text.endswith("]")):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if all(isinstance(each, str) for each in found) else None


def _may_hold(base: Text, old: str) -> bool:
    return any(isinstance(part, Lit) and old in part.text for part in base.parts)


def _by_keyword(site: Site, node: s.Call) -> Fields:
    """What a call is given by names."""
    named = ((arg, arg.keyword) for arg in node.args if arg.keyword)
    return Fields(
        tuple(
            Entry(Text((Lit(name, site.at(arg)),)), site.at(arg.value), site.at(arg)) for arg, name in named
        ),
        site,
    )


def _stripped(base: Text, method: str, characters: list[str | None]) -> Text:
    """``rstrip("/")`` of a text that ends in a literal; ``characters`` are what may be taken off."""
    if len(characters) != 1 or characters[0] is None or not base.parts:
        return base
    parts = list(base.parts)
    last = parts[-1]
    if method in ("rstrip", "strip") and isinstance(last, Lit):
        parts[-1] = Lit(last.text.rstrip(characters[0]), last.site)
    first = parts[0]
    if method in ("lstrip", "strip") and isinstance(first, Lit):
        parts[0] = Lit(first.text.lstrip(characters[0]), first.site)
    return Text(tuple(parts))


_JOINS = frozenset({"urllib.parse.urljoin", "urlparse.urljoin", "six.moves.urllib.parse.urljoin", "urljoin"})
_UNSPLITS = frozenset({"urllib.parse.urlunsplit", "urllib.parse.urlunparse"})
_PATHS = frozenset({"os.path.join", "posixpath.join"})


class Addresses(Base):
    """Addresses that Python's own functions put together."""

    def _address(self, name: str, site: Site, node: s.Call) -> Iterable[Value] | None:
        """What a call of such a function gives; None where it is none."""
        if name in _JOINS:
            return self._urljoin(site, node)
        if name in _UNSPLITS:
            return self._unsplit(site, node)
        return self._path(site, node) if name in _PATHS else None

    def _path(self, site: Site, node: s.Call) -> list[Value] | None:
        """``os.path.join("https://ims-na1.adobelogin.com", "ims/exchange/jwt")``"""
        if any(arg.star or arg.keyword for arg in node.args) or len(node.args) < 2:
            return None
        first, *others = [self._piece(site.at(arg.value)) for arg in node.args]
        hosts = [
            v.fold() for v in first if isinstance(v, Text) and not (v.parts and isinstance(v.parts[0], Gap))
        ]
        if not hosts or not all(host.startswith(("http://", "https://")) for host in hosts):
            return None  # what else a caller may give is such an address, too
        if any(isinstance(v, Text) and v.fold().startswith("/") for each in others for v in each):
            return None  # which is all that comes out then
        slash = (Text((Lit("/", site),)),)
        ends = all(host.endswith("/") for host in hosts)
        pieces = [first, *(() if ends else (slash,)), others[0]]
        for each in others[1:]:
            pieces += [slash, each]
        return list(self._concat(pieces))

    def _urljoin(self, site: Site, node: s.Call) -> Iterator[Value]:
        if len(node.args) < 2:
            return
        for base in self._piece(site.at(node.args[0].value)):
            for path in self._piece(site.at(node.args[1].value)):
                if isinstance(base, Text) and isinstance(path, Text):
                    folded = path.fold()
                    if folded.startswith(("http://", "https://")):
                        yield path
                    elif "/" in base.fold().partition("://")[2] or folded.startswith("/"):
                        yield Text(base.parts + path.parts)
                    else:
                        yield Text((*base.parts, Lit("/", site), *path.parts))

    def _unsplit(self, site: Site, node: s.Call) -> Iterator[Value]:
        """``urlunsplit(("https", HOST, path, "", ""))``, as far as the path."""
        given = self.one(site.at(node.args[0].value)) if node.args else None
        if not isinstance(given, Items) or given.open or len(given.sites) < 3:
            yield Unknown("a URL", site)
            return
        scheme, host, path = (self._piece(part) for part in given.sites[:3])
        between, slash = (Text((Lit("://", site),)),), (Text((Lit("/", site),)),)
        rooted = all(isinstance(p, Text) and p.fold().startswith("/") for p in path)
        yield from self._concat([scheme, between, host, *(() if rooted else (slash,)), path])

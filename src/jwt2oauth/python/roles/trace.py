"""The places of a flow, in order from the key to the expiry, as drafts of findings.

Which of several key files is ours, where one piece of code reads everybody's: the one named nearest.

Each login says the name of its file beside its client id: in the same class, section, branch or table row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ...model import Place, Span
from ...paths import is_program
from ...records import dataclass
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Environ, Fields, Gap, Lib, Lit, Member, Result, Site, Text, Value, text_of
from ..resolve import Resolver, argument_of, is_read
from .exchange import Exchange
from .finder import Finder
from .secret_stores import Stores
from .signing import PEM, Encoding, inside


@dataclass(frozen=True, slots=True)
class Mark:
    """A rule that holds at a place, and what happens there."""

    rule: str
    site: Site
    note: str
    files: tuple[str, ...] = ()
    """The name of the key's file, if it is written down; several, where a profile decides."""
    variables: tuple[str, ...] = ()
    """Those of the environment that only the JWT credential needs: they hold or name what is used here."""
    flags: tuple[str, ...] = ()
    """The options of the command line that name the key's file."""
    path: Site | None = None
    """The expression that names the file."""


class Tracer:
    """Marks the places of flows; one per project."""

    def __init__(self, resolver: Resolver, finder: Finder, rules: Rules) -> None:
        self.resolver = resolver
        self.finder = finder
        self._loaders = {n: k for k in rules.key_loaders for n in k.names}
        self.stores = Stores(resolver, finder.signatures, rules)
        self.nearest = Nearest(resolver, rules)

    def exchange(self, exchange: Exchange) -> Iterator[Mark]:
        """The marks of one exchange, without the expiry's."""
        if exchange.aem:
            yield Mark(
                "aem-service-credentials", exchange.entry, "service credentials of AEM are exchanged here"
            )
            return
        for encoding in exchange.encodings:
            yield from self.encoding(encoding)
        yield Mark("jwt-exchange", exchange.entry, "the assertion is exchanged for an access token")

    def ours(self, marks: Iterable[Mark], exchanges: Sequence[Exchange]) -> Iterator[Mark]:
        """The same marks; of files that one piece of code reads for several logins, the name of ours."""
        for mark in marks:
            path = mark.path if len(mark.files) > 1 else None
            yield mark if path is None else replace(mark, files=self.nearest.files(path, exchanges))

    def encoding(self, encoding: Encoding) -> Iterator[Mark]:
        """Key, claims, signature."""
        if encoding.key is not None and encoding.command:
            file = tuple(filter(None, [self.resolver.file_named(encoding.key)]))
            note = "the command reads the private key"
            yield Mark("private-key-read", encoding.key, note, file, *self.given(encoding.key))
        elif encoding.key is not None:
            yield from self.key(encoding.key)
        yield from self.claims(encoding)
        note = f"{encoding.library} signs the assertion" if encoding.library else "the assertion is signed"
        named = self.variables(*self._subjects(encoding))
        yield Mark("jwt-assertion", encoding.site, note, variables=named)

    def claims(self, encoding: Encoding) -> Iterator[Mark]:
        """The metascopes."""
        yield from self.metascopes(self.finder.evidence.metascopes(encoding.claims))

    def metascopes(self, named: Iterable[tuple[str, Site]]) -> Iterator[Mark]:
        """Metascopes with the places of their keys."""
        for name, site in named:
            yield Mark("metascope-claim", site, f"the claims name the metascope {name}")

    def _outermost(self, site: Site) -> Site:
        """Through helpers that take the file's name (``read_text(path)``), the call that names the key."""
        while site.ctx and isinstance(site.node, s.Call):
            function, call = site.ctx[-1]
            params = () if isinstance(function, s.Comprehension | s.For) else function.params
            names = {param.name for param in params}
            if not any(isinstance(a.value, s.Name) and a.value.id in names for a in site.node.args):
                break
            site = call
        return site

    def key(self, site: Site) -> Iterator[Mark]:
        """Where the private key comes from."""
        seen: set[s.Node] = set()
        for value in self.resolver.resolve(site):
            for mark in self._source(value):
                if mark.site.node not in seen:
                    seen.add(mark.site.node)
                    yield mark

    def patterns(self, encodings: Iterable[Encoding]) -> Iterator[tuple[str, Module]]:
        """The names of key files of which a part is chosen at run time, and who opens them."""
        for encoding in encodings:
            sources = self.finder.signatures.sources(encoding.key) if encoding.key is not None else ()
            for value in sources:
                if isinstance(value, Result) and (self.resolver.opens(value.name) or is_read(value.name)):
                    pattern = self.resolver.pattern_opened(value)
                    if pattern is not None:
                        yield pattern, value.site.module

    def given(self, site: Site) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The variables of the environment and the options that give what stands at ``site``."""
        return self.variables(site), tuple(dict.fromkeys(self.resolver.flags_at(site)))

    def variables(self, *sites: Site) -> tuple[str, ...]:
        """The variables of the environment that are read at ``sites``."""
        values = (value for site in sites for value in self.resolver.resolve(site))
        found = (each for value in values for each in inside(value))
        return tuple(dict.fromkeys(each.name for each in found if isinstance(each, Environ)))

    def _subjects(self, encoding: Encoding) -> Iterator[Site]:
        """What the claims say of the technical account (RFC 7519, 4.1.2)."""
        for claims in encoding.claims:
            for entry in claims.entries if isinstance(claims, Fields) else ():
                if text_of(entry.key) == "sub" and entry.value is not None:
                    yield entry.value

    def _source(self, value: Value, depth: int = 0) -> Iterator[Mark]:
        if depth > 6:
            return
        if isinstance(value, Text):
            within = [part.value for part in value.parts if isinstance(part, Gap)]
            if within and _WRAPPING.fullmatch(value.fold()):
                for inner in within:
                    yield from self._source(inner, depth + 1)
            elif is_key(value.fold()):
                yield written(_first(value))
            return
        fetched = self.stores.fetched(value)
        if fetched is not None:
            note = "the private key is fetched from where secrets are kept"
            yield Mark("private-key-read", self.stores.asked_at(fetched), note)
        elif isinstance(value, Environ):
            note = "the private key is read from the environment"
            yield Mark("private-key-read", value.site, note, variables=(value.name,))
        elif isinstance(value, Result):
            loader = self._loaders.get(value.name)
            if loader is not None and loader.kind == "parse":
                arg = (
                    argument_of(value.site.node, loader.source)
                    if isinstance(value.site.node, s.Call)
                    else None
                )
                if arg is not None:
                    for inner in self.resolver.resolve(value.site.at(arg.value)):
                        yield from self._source(inner, depth + 1)
            elif loader is not None or is_read(value.name) or value.name.endswith(".read"):
                base = value.base
                is_opened = isinstance(base, Result) and self.resolver.opens(base.name)
                opened = base.site if isinstance(base, Result) and is_opened else value.site
                reads = base if opened is not value.site and isinstance(base, Result) else value
                file = self.resolver.files_opened(reads)
                path = self.resolver.opened(reads)
                if loader is not None and value.base is None and isinstance(value.site.node, s.Call):
                    arg = argument_of(value.site.node, loader.source)  # pkgutil.get_data(package, name)
                    path = value.site.at(arg.value) if arg is not None else path
                    file = tuple(self.resolver.file_names(path)) if path is not None else file
                given = self.given(path) if path is not None else ((), ())
                note = "the private key is read from a file"
                yield Mark("private-key-read", self._outermost(opened), note, file, *given, path=path)
            elif isinstance(value.base, Result):
                yield from self._source(value.base, depth + 1)
        elif isinstance(value, Member):
            yield Mark("private-key-read", value.site, "the private key is read from the configuration")
        elif isinstance(value, Lib) and value.base is not None:
            for made, flags in self.resolver.made_of_option(value):
                marks = self._source(made, depth + 1)
                yield from (replace(mark, flags=(*flags, *mark.flags)) for mark in marks)
            yield from self._source(value.base, depth + 1)


def is_key(text: str) -> bool:
    """Say whether a text is a private key: PEM, or base64 of what PEM wraps (DER of some hundred bytes)."""
    return PEM.search(text) is not None or _DER.fullmatch(text) is not None


_WRAPPING = re.compile(r"[\s\x00]*(?:-----[^-\n]+-----[\s\x00]*)+")
"""Only the lines around a key: what is put in between them comes from elsewhere."""
_DER = re.compile(r"\s*MII[A-Za-z0-9+/]{40}[A-Za-z0-9+/=\s\\]{300,}")


def written(site: Site) -> Mark:
    """Mark a private key where it is written."""
    if is_program(site.module.path):
        return Mark("private-key-inline", site, "the private key is written in the code")
    return Mark("private-key-file", site, "the private key stands in the configuration")


def place(site: Site, note: str = "") -> Place:
    """Line and column of a record."""
    return place_of(site.module, site.node.span, note)


def label_of(module: Module, node: s.Node) -> str:
    """Where a record stands, for sentences."""
    return place(Site(module, node)).label


def place_of(module: Module, span: Span, note: str = "") -> Place:
    """Line and column of a part of the text, counted in its cell in a notebook."""
    line, column = module.position(span.start)
    end_line, end_column = module.position(span.end)
    cell, line = module.cell(line)
    _, end_line = module.cell(end_line)
    return Place(module.path, line, column, end_line, end_column, span, note, cell=cell)


def shape(node: s.Node) -> str:
    """The identifiers and operators of a record, without the text of any literal."""
    words: list[str] = []
    for inner in s.walk(node):
        if isinstance(inner, s.Name):
            words.append(inner.id)
        elif isinstance(inner, s.Attribute):
            words.append("." + inner.attr)
        elif isinstance(inner, s.Arg):
            words.append(f"{inner.star}{inner.keyword or ''}=")
        elif isinstance(inner, s.Binary):
            words.append(inner.op)
        else:
            words.append(type(inner).__name__[:2])
    return " ".join(words[:200])


def scope_name(module: Module, node: s.Node) -> str:
    """``Client.refresh`` for a record inside that method."""
    names = [a.name for a in module.ancestors(node) if isinstance(a, s.FuncDef | s.ClassDef)]
    return ".".join(reversed(names))


def _first(value: Text) -> Site:
    return value.parts[0].site


class Nearest:
    """Tells them; one per project."""

    def __init__(self, resolver: Resolver, rules: Rules) -> None:
        self.resolver = resolver
        self._fields = rules.provider.fields

    def files(self, path: Site, exchanges: Sequence[Exchange]) -> tuple[str, ...]:
        """The names that ``path`` has for the logins of ``exchanges``; all, where none stands beside one."""
        every = list(self.resolver.file_places(path))
        named = [(name, place) for name, place in every if not _is_looked_up(place)]
        places = [place for _, place in named]
        for said in (self._metascopes, self._accounts):
            ours = [site for exchange in exchanges for site in said(exchange)]
            near = [name for name, place in named if self._is_near(place, ours, places)]
            if near:
                return tuple(dict.fromkeys(near))
        return tuple(dict.fromkeys(name for name, _ in every))

    @staticmethod
    def _is_near(place: Site, ours: Sequence[Site], names: Sequence[Site]) -> bool:
        """Does a login of ours speak in something in which none of the other names is?"""
        apart = max((_shared(place, other) for other in names if other.node is not place.node), default=0)
        return any(_shared(place, site) > apart for site in ours)

    def _metascopes(self, exchange: Exchange) -> Iterator[Site]:
        """Where a login says what it asks for, which others never say."""
        return (site for _, site in exchange.metascopes)

    def _accounts(self, exchange: Exchange) -> Iterator[Site]:
        """Where it says who it is: its client id and secret."""
        for form in exchange.forms:
            for name in (self._fields.client_id, self._fields.client_secret):
                for entry in form.entries(name):
                    for value in self.resolver.resolve(entry.value) if entry.value is not None else ():
                        parts = value.parts if isinstance(value, Text) else ()
                        yield from (part.site for part in parts if isinstance(part, Lit))
                        if isinstance(value, Environ):
                            yield value.site


def _is_looked_up(place: Site) -> bool:
    """``config["private_key_path"]``, ``get("ims.private_key_path")``: a setting's name, not the file's."""
    parent = place.module.parents.get(place.node)
    if parent is None:
        return True  # a part of a text that is taken apart
    call = place.module.call_of(parent)
    return isinstance(parent, s.Subscript) or (call is not None and s.last_name(call.func) == "get")


def _shared(one: Site, other: Site) -> int:
    """How deep is the innermost thing in which both stand?"""
    if one.module is not other.module:
        return 0
    around = {*_around(other)}
    return sum(node in around for node in _around(one))


def _around(site: Site) -> Iterator[s.Node]:
    yield site.node
    yield from site.module.ancestors(site.node)

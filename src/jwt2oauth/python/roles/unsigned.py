"""Claims for Adobe that nothing in the project signs: a library returns them, a file holds them.

And assertions that are not signed here: by whom else, and what to do about that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...records import dataclass
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Environ, Fields, Items, Site, Text, Value, name_of, text_of
from ..following.taint import Taint
from ..resolve import Resolver
from .exchange import Exchange
from .finder import Finder
from .signing import Encoding
from .trace import label_of

_CLAIMS = frozenset({"iss", "sub", "aud", "exp"})


@dataclass(frozen=True, slots=True)
class Claims:
    """A mapping of claims, and the metascopes in it with the places of their keys."""

    site: Site
    metascopes: tuple[tuple[str, Site], ...]


class Unsigned:
    """Finds them once all signings are known."""

    def __init__(self, resolver: Resolver, finder: Finder, rules: Rules) -> None:
        self.resolver = resolver
        self.finder = finder
        self.provider = rules.provider

    def find(
        self, signed: Iterable[Encoding], templates: Iterable[Module], claiming: Taint
    ) -> Iterator[Claims]:
        """Those in programs, tests apart, and in ``templates``, files of configuration.

        In programs they are where ``claiming`` says that they may come to.
        """
        seen = {node for encoding in signed for claims in encoding.claims for node in _nodes(claims)}
        program = [m for m in self.resolver.index.loaded if not self.resolver.is_test(m)]
        found: dict[s.Node, Fields] = {}
        for module in (*program, *templates):
            with self.resolver.net.over(module.path):
                for value in self._written(module, claiming) if self._speaks(module.text) else ():
                    known = found.get(value.site.node)
                    if known is None or len(value.entries) > len(known.entries):
                        found[value.site.node] = value  # the more is in it, the later it is seen
        for value in found.values():
            with self.resolver.net.over(value.site.module.path):
                if seen.isdisjoint(_nodes(value)) and self._is_ours(value):
                    seen.update(_nodes(value))
                    yield Claims(value.site, tuple(self.finder.evidence.metascopes((value,))))

    def in_file(self, module: Module) -> bool:
        """Does a file of configuration hold claims?"""
        return self._speaks(module.text) and any(map(self._is_ours, self._written(module)))

    def _speaks(self, text: str) -> bool:
        return self.provider.metascope_path in text or self.provider.audience_path in text

    def _written(self, module: Module, claiming: Taint | None = None) -> Iterator[Fields]:
        for site in self._mappings(module):
            if claiming is None or claiming.holds(site):
                yield from (v for v in self.resolver.resolve(site) if isinstance(v, Fields))

    def _mappings(self, module: Module) -> Iterator[Site]:
        """Where a mapping is written, and where one that has gained its entries is handed on."""
        for node in module.each(s.Dict):
            yield Site(module, node)
        for call in module.each(s.Call):
            if isinstance(call.func, s.Name) and call.func.id == "dict":
                yield Site(module, call)
        for holder in module.each(s.Return, s.Arg):
            value = holder.value
            if isinstance(value, s.Name | s.Attribute):
                yield Site(module, value)

    def _is_ours(self, value: Fields) -> bool:
        """Are they claims, with a metascope of Adobe's, or its audience and an issuer?"""
        names = {text_of(entry.key) for entry in value.entries} & _CLAIMS
        if self.finder.evidence.metascopes((value,)):
            return bool(names)
        return {"iss", "aud"} <= names and any(
            self.finder.evidence.is_audience(content)
            for entry in value.entries
            if text_of(entry.key) == "aud" and entry.value is not None
            for content in self.resolver.resolve(entry.value)
        )


def _nodes(value: Value) -> Iterator[s.Node]:
    """The records that write a mapping."""
    if isinstance(value, Fields):
        yield value.site.node
        yield from (entry.site.node for entry in value.entries)
        yield from (entry.value.node for entry in value.entries if entry.value is not None)
        keys = (entry.key for entry in value.entries if isinstance(entry.key, Text))
        yield from (part.site.node for key in keys for part in key.parts)


_RUN = ("subprocess.", "os.popen", "os.system", "asyncio.create_subprocess_")


def variables(resolver: Resolver, exchange: Exchange, field: str) -> Iterator[str]:
    """The variables of the environment that bring an assertion which somebody else has signed."""
    for form in exchange.forms:
        for entry in form.entries(field):
            found: list[Value] = list(resolver.resolve(entry.value)) if entry.value is not None else []
            for value in found:
                if isinstance(value, Items):  # a part of a multipart form: ``(None, assertion)``
                    found += [inner for item in value.sites for inner in resolver.resolve(item)]
                elif isinstance(value, Environ):
                    yield value.name


def left_behind(resolver: Resolver, exchange: Exchange) -> Iterator[str]:
    """What a person is to look at where a command that no table knows has made the assertion."""
    for encoding in exchange.encodings:
        node = encoding.site.node
        func = getattr(node, "func", None)
        names = (
            [name_of(v) or "" for v in resolver.resolve(encoding.site.at(func))] if func is not None else []
        )
        if not encoding.library and any(name.startswith(_RUN) for name in names):
            yield (
                f"The program that {label_of(encoding.site.module, node)} ran to sign is run there no more: "
                "see whether it and the key that it reads can go."
            )

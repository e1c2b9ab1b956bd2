"""Who loads a configuration file: where its mapping begins, to be followed forwards from there."""

from __future__ import annotations

from collections.abc import Iterator

from ...paths import is_program
from ...rules.values import Layers
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Fields, Items, Lib, Result, Site, Text
from ..following.elements import of_some_file
from ..resolve import INI_READERS, LOADERS, Resolver, argument_of, is_configparser, may_hold
from ..writing.changes import Changes
from .unread import Leftovers

_LOADS = frozenset(name.rpartition(".")[2] for name in LOADERS)


class Loads:
    """Finds them for one file, which is of a ``kind``, among the programs that name it."""

    def __init__(
        self, resolver: Resolver, changes: Changes, document: Module, kind: str, leftovers: Leftovers
    ) -> None:
        """Load those programs, and look for it."""
        self.resolver, self.changes, self.leftovers = resolver, changes, leftovers
        self.document, self.kind = document, kind
        file = document.path.rpartition("/")[2]
        absent = resolver.documents.absent if resolver.documents is not None else {}
        self.names = tuple(filter(None, (file, absent.get(document.path))))
        """What programs call it: a template has the name of the file that is made of it, too."""
        self.folds = document.path.endswith((".ini", ".cfg", ".conf", ".config", ".properties"))
        self._layers = {n.rpartition(".")[2] for row in resolver.rules.values.layers for n in row.names}
        self.staged: set[s.Node] = set()
        """Starts that take one of the tables of the file for the whole."""
        self.by_name = False
        """Are its keys attributes as well, in whatever case?"""
        self.is_common = not all(resolver.index.mentioning(n, document.path)[1] for n in self.names)
        self.guesses: list[Site] = []
        """Who loads a file of which nothing is known: this one, perhaps."""
        self.starts = list(self._starts())

    def _starts(self) -> Iterator[Site]:
        for module in self.resolver.index.loaded:
            if not self.leftovers.may_load(module, self.document.path):
                continue
            for node in module.each(s.Call):
                name = s.last_name(node.func)
                site = Site(module, node)
                row = self.resolver.layers_at(site) if name in self._layers else None
                if row is not None:
                    yield from self._layered(site, row)
                elif name in _LOADS and self._may_load(site):
                    if any(map(self._is_mine, self.resolver.resolve(site))):
                        yield site
                    elif self._is_kin(module) and of_some_file(self.resolver, site):
                        self.guesses.append(site)
                elif name in INI_READERS and isinstance(node.func, s.Attribute) and node.args:
                    yield from self._parsers(module, node, node.func)

    def _layered(self, site: Site, row: Layers) -> Iterator[Site]:
        """``Dynaconf(settings_files=["settings.toml"])``, where the file is one of its layers."""
        values = self.resolver.resolve(site)
        if any(e.site.module is self.document for v in values if isinstance(v, Fields) for e in v.entries):
            self.folds = self.by_name = True
            if argument_of(site.call, row.staged) is not None:
                self.staged.add(site.call)
            yield site

    def _may_load(self, site: Site) -> bool:
        """Is it anything but a library's function for files of other kinds?"""
        return any(
            not isinstance(value, Lib)
            or value.name not in LOADERS
            or self.kind in may_hold(LOADERS[value.name])
            for value in self.resolver.resolve(site.at(site.call.func))
        )

    def _is_mine(self, value: object) -> bool:
        return isinstance(value, Fields | Items) and value.site.module is self.document

    def _parsers(self, module: Module, node: s.Call, func: s.Attribute) -> Iterator[Site]:
        """``parser.read("settings.ini")``: where the parser was made."""
        if self.kind in ("json", "yaml", "toml"):
            return
        for value in self.resolver.resolve(Site(module, func.value)):
            if isinstance(value, Result) and is_configparser(value):
                texts = self._texts(Site(module, node.args[0].value))
                named = [text for text in texts if text.rpartition("/")[2] in self.names]
                if any(not self.is_another(module, text) for text in named) or (
                    not texts and self._is_kin(module)
                ):
                    yield value.site

    def is_another(self, module: Module, name: str) -> bool:
        """Is it another file that a module means by the name of this one?"""
        documents = self.resolver.documents
        meant = documents.locate(module.path, name.split()[-1]) if documents is not None else None
        return meant is not None and meant != self.document.path

    def _is_kin(self, module: Module) -> bool:
        """May it be part of the program that changes, so that a file of which it hides the name is ours?"""
        ours = [each for each in self.changes.touched if is_program(each.path)]
        return not ours or any(self.resolver.index.related(module, each) for each in ours)

    def _texts(self, site: Site) -> list[str]:
        return [
            node.value
            for value in self.resolver.resolve(site)
            for place in (value.parts if isinstance(value, Text) else ())
            for node in [place.site.node]
            if isinstance(node, s.Str) and isinstance(node.value, str)
        ]

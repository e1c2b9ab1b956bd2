"""What code reads of settings: variables of the environment, entries of configuration, by which names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ...paths import is_program
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Class,
    Environ,
    Fields,
    Instance,
    Items,
    Lib,
    Member,
    Param,
    Result,
    Site,
    Text,
    Unknown,
    Value,
    chain,
    name_of,
    text_of,
)
from ..following.lookups import filling, is_called, is_in_turn, item_of, lookups, put_together
from ..resolve import Resolver, is_target, prescribed
from ..resolve.shared import is_poured, method_of
from ..roles.secret_stores import fetched
from ..writing.changes import Changes
from ..writing.wordlists import has_left
from .demands import is_beside, is_listed
from .settings import Unread

ENVIRONMENT = "environment"
_WORD = re.compile(r"[A-Z][A-Z0-9_]{3,}")


class Readings:
    """Tells what expressions read, of what stays and of what goes with the changes of a plan.

    ``programs`` are the paths of the modules of the flow.
    """

    def __init__(self, resolver: Resolver, changes: Changes, programs: Sequence[str]) -> None:
        """Look at nothing yet."""
        self.resolver, self.changes, self.programs = resolver, changes, programs

    def names(self, module: Module) -> Iterator[tuple[str, s.Expr]]:
        """The expressions of a module that may read a setting, each with the name that it reads."""
        for name, node in lookups(self.resolver, module):
            if not is_in_turn(module, node):
                yield name, node
                if "." in name and isinstance(node, s.Subscript):
                    yield name.rpartition(".")[2], node  # conf["adobe.key"] of a class that goes down
        yield from put_together(self.resolver, module)
        for node in module.each(s.Call):
            if node.args:
                yield from ((key, node) for key in self.resolver.last_keys(Site(module, node), node))
        stored = {name for each in self.resolver.world for name in self.resolver.stored_by_names(each)}
        for use in module.each(s.Name) if stored else ():
            if use.id in stored and not is_target(module, use):
                yield use.id, use  # globals()[name] = environ[name]
        for read in module.each(s.Attribute):
            if not is_target(module, read):
                yield read.attr, read  # of an object that a library made of a mapping
                if read.attr.startswith("_"):
                    yield read.attr.lstrip("_"), read  # setattr(self, "_" + name, value)

    def in_turn(self, module: Module) -> Iterator[tuple[object, Unread]]:
        """``client, secret = (config[k] for k in NAMES)``: entries whose names have left the list."""
        for node in module.each(s.Subscript):
            bound = module.scopes.bindings_of(node.index) if isinstance(node.index, s.Name) else ()
            met = any(binding.kind == "iter" for binding in bound) and not is_target(module, node)
            for value in self.resolver.resolve(Site(module, node.index)) if met else ():
                parts = value.parts if isinstance(value, Text) else ()
                gone = any(
                    self.changes.is_dead(p.site.module, p.site.node)
                    or has_left(p.site.module, self.changes, p.site.node)
                    for p in parts
                )
                name = text_of(value)
                found = self.settings(Site(module, node), name) if gone and name is not None else ()
                yield from (pair for pair in found if (at := pair[1].item) and not is_program(at.module.path))

    def claims(self, module: Module) -> Iterator[tuple[object, Unread]]:
        """Metascopes of the configuration that went into the claims as keys that are not written there."""
        stored = [node.index for node in module.each(s.Subscript)]
        made = [node.key for node in module.each(s.Comprehension)]
        for key in (*stored, *made):
            if not isinstance(key, s.Name) or not self.changes.is_dead(module, key):
                continue
            for value in self.resolver.resolve(Site(module, key)):
                name = text_of(value)
                site = value.parts[0].site if name and isinstance(value, Text) else None
                item = site.module.parents.get(site.node) if site is not None else None
                named = isinstance(item, s.Item) and self.resolver.rules.provider.metascope_path in (
                    name or ""
                )
                if site is not None and item is not None and named and not is_program(site.module.path):
                    yield item, Unread(name or "", item=site.at(item))

    def getters(self, dead: Iterable[object]) -> set[str]:
        """The modules whose functions read variables for others, under names that only these spell."""
        if not any(isinstance(key, tuple) and key[0] == ENVIRONMENT for key in dead):
            return set()
        return {
            value.site.module.path
            for module in self.changes.touched
            for _, node in lookups(self.resolver, module)
            if isinstance(node, s.Call) and self.changes.is_dead(module, node)
            for value in self.resolver.resolve(Site(module, node))
            if isinstance(value, Environ) and value.site.node is not node
        }

    def by_helpers(self, module: Module) -> Iterator[tuple[object, Unread]]:
        """``env("METASCOPES", cast=words)`` that is gone, of a helper that reads what it is told."""
        for node in module.each(s.Call):
            given = [arg.value.value for arg in node.args if isinstance(arg.value, s.Str)]
            names = tuple(name for name in given if isinstance(name, str) and _WORD.fullmatch(name))
            if not names or not self.changes.is_dead(module, node):
                continue
            here = Site(module, node)
            for callee in self.resolver.callees(here):
                for inner in s.walk(callee.node.body):
                    if not isinstance(inner, s.Subscript | s.Call):
                        continue
                    for value in self.resolver.resolve(Site(callee.module, inner, ((callee.node, here),))):
                        if isinstance(value, Environ) and value.name.endswith(names):
                            yield (ENVIRONMENT, value.name), Unread(value.name, variable=True)

    def settings(self, site: Site, name: str) -> Iterator[tuple[object, Unread]]:
        """What the expression at ``site`` reads: something to know it by, and where it is set."""
        if isinstance(site.node, s.Compare):
            asked_of = self.resolver.resolve(site.at(site.node.rights[0]))
            if any(name_of(v) == "os.environ" for v in asked_of):
                yield (ENVIRONMENT, name), Unread(name, variable=True)
            return
        yield from self._taken_in(site, name)
        values = self.resolver.resolve(site)
        is_written = any(
            isinstance(v, Text | Items | Fields) and item_of(v, name) is not None for v in values
        )
        for value in values:
            if isinstance(value, Environ):
                # Or by way of a getter of the project's own, which may put a prefix before the name.
                asked = value.site.node is site.node or isinstance(site.node, s.Call) or is_listed(value)
                if asked and value.name.lower().endswith(name.lower()):
                    yield (ENVIRONMENT, value.name), Unread(value.name, variable=True)
                elif asked and is_listed(value) and is_beside(value, name):
                    yield (ENVIRONMENT, value.name), Unread(value.name, variable=True, asked=name)
            elif isinstance(value, Text | Items | Fields):
                item = item_of(value, name)
                if item is not None and not self.changes.is_dead(item.module, item.node):
                    yield item.node, Unread(name, item=item)
            elif isinstance(site.node, s.Attribute):
                held = isinstance(value, Member) and not value.attribute and isinstance(value.base, Environ)
                if (held or is_poured(value, self.resolver.knows)) and not is_called(site):
                    yield ("key", name), Unread(name)
            elif not is_written and (self._is_setting(value, site, name) or self._is_filled(site, name)):
                yield ("key", name), Unread(name, still=prescribed(value, name))
            elif self._is_file_called(value, site, name):
                yield ("key", name), Unread(name)
            elif not is_written and (listed_at := self._is_listed(value, name)) is not None:
                yield ("key", name), Unread(name, still=listed_at)

    def _taken_in(self, site: Site, name: str) -> Iterator[tuple[object, Unread]]:
        """The entries ``name`` of each mapping that a text is filled with: ``"{host}".format(**config)``."""
        mapping = filling(site.node)
        for value in self.resolver.resolve(site.at(mapping)) if mapping is not None else ():
            for entry in value.entries if isinstance(value, Fields) else ():
                if text_of(entry.key) == name and isinstance(entry.site.node, s.Item):
                    yield entry.site.node, Unread(name, item=entry.site)

    def fields(self, module: Module, *, gone: bool) -> Iterator[tuple[object, Unread]]:
        """The variables behind the fields of settings classes, of those that are gone or of the others."""
        for node in module.each(s.ClassDef):
            cls = Class(module, node)
            for stmt in node.body.body if self.resolver.is_settings(cls) else ():
                if not isinstance(stmt, s.Assign) or self.changes.is_dead(module, stmt) is not gone:
                    continue
                target = stmt.targets[0]
                field = self.resolver.setting_field(cls, target.id) if isinstance(target, s.Name) else None
                if field is not None:
                    yield (ENVIRONMENT, field.name), Unread(field.name, variable=True)

    def _is_setting(self, value: Value, site: Site, name: str) -> bool:
        """Is it read here, from outside, and not from the reply of a request?"""
        own = isinstance(site.node, s.Call)  # a getter of the project's own
        if not isinstance(value, Member) or not (own or value.site.node is site.node) or value.key != name:
            return False
        links = list(chain(value))
        if any(isinstance(link, Result | Lib) and self.resolver.knows(link.name) for link in links):
            return False
        if fetched(value, self.resolver.rules.values.secret_stores) is not None:
            return False  # a secret as a whole, in what its store wraps around it
        if any(isinstance(link, Instance) and self.resolver.foreign_bases(link.cls) for link in links):
            return True  # a framework fills it
        tabled = isinstance(links[-1], Unknown) and isinstance(links[-1].site.node, s.Subscript)
        return tabled or any(isinstance(link, Param | Result | Lib | Environ) for link in links)

    def _is_file_called(self, value: Value, site: Site, name: str) -> bool:
        """``vault.secret("adobe-key")`` of a getter of the project's own that opens the file of that name."""
        opened = [v for v in chain(value) if isinstance(v, Result) and self.resolver.opens(v.name)]
        return any(
            v.site.node is not site.node and path.rpartition("/")[2] == name
            for v in opened
            for path in self.resolver.files_opened(v)
        )

    def _is_listed(self, value: Value, name: str) -> Site | None:
        """``{n.lower(): environ[n] for n in NAMES}["key"]``: where the program lists what that is made of."""
        made = [link.site for link in chain(value) if isinstance(link, Fields)]
        for site in made if isinstance(value, Member) else ():
            if isinstance(site.node, s.Comprehension) and site.module.path in self.programs:
                texts = site.module.each(s.Str)
                ends = (n for n in texts if str(n.value).lower().endswith(name.lower()))
                alive = (n for n in ends if not self.changes.is_dead(site.module, n))
                return next((Site(site.module, n) for n in alive), None)
        return None

    def _is_filled(self, site: Site, name: str) -> bool:
        """Is it an entry of a mapping that the program fills itself, perhaps from a file of its own?"""
        node = site.node
        base = node.value if isinstance(node, s.Subscript) else None
        if isinstance(node, s.Call) and isinstance(node.func, s.Attribute):
            base = node.func.value
        found = self.resolver.resolve(site.at(base)) if base is not None else ()
        if any(isinstance(value, Instance) and self._hands_out(value) for value in found):
            return True
        keys = [text_of(e.key) for v in found if isinstance(v, Fields) for e in v.entries]
        return None in keys and name not in keys

    def _hands_out(self, value: Instance) -> bool:
        """Is it an object of the project that is asked for entries, like a mapping?"""
        return any(method_of(cls, "__getitem__") is not None for cls in self.resolver.mro(value.cls))

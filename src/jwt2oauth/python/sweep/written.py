"""Files into which the program writes the key itself, to read it from there."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.values import Environ, Lib, Lit, Member, Param, Result, Site, Text, Value, chain, name_of
from ..following.taint import Taint
from ..roles.trace import label_of
from .absent import signature
from .base import Base

_READING = frozenset({"read", "read_text", "read_bytes", "readlines", "readline", "load", "loads"})

_HINTS = ("tempfile", "write_text", "write_bytes", "fdopen", '"w', "'w")
"""A program that has none of these writes no file."""


class KeyFiles(Base):
    """Files into which the program writes the key itself, to read it from there."""

    def _key_files(self) -> None:
        """What writes such a file and clears it away goes with what read it."""
        self.written = list(self._writers(self._key_paths()))
        self.effects.excused |= {site.node for site in self.written}
        for site in self.written:
            stmt = site.module.statement(site.node)
            function = site.module.function(site.node)
            whole = function is not None and site.module.scopes.inner[function].is_generator
            if not whole and isinstance(stmt, s.ExprStmt) and self.effects.harmless(site.module, stmt.value):
                self.changes.remove(site.module, stmt)

    def still_written(self) -> Iterator[Site]:
        """Where the key is still written into a file that nobody reads any more."""
        return (site for site in self.written if not self.changes.is_dead(site.module, site.node))

    def opened_for_nothing(self, key: Site | None) -> Site | None:
        """Where the key's file is still opened although nobody reads it any more."""
        for site in self.signatures.opens(key) if key is not None else ():
            if self.changes.is_dead(site.module, site.node) or self.resolver.is_test(site.module):
                continue
            uses = [*self.forward.uses(Site(site.module, site.node))]
            if all(self.changes.is_dead(use.module, use.node) for use in uses):
                return site
        return None

    def _key_paths(self) -> set[object]:
        """The files that only removed code read the key from, to be compared."""
        found: set[object] = set()
        if not any(hint in module.text for module in self.resolver.world for hint in _HINTS):
            return found
        for path in (path for key in self.keys for path in self.signatures.paths(key)):
            if self.changes.is_dead(path.module, path.node):
                found |= self._files(path)
        return found

    def _files(self, site: Site) -> set[object]:
        found: set[object] = set()
        for value in self.resolver.resolve(site):
            made = [v for v in self.signatures.converted(value) if self._is_made(v)]
            found |= {v.site.node for v in made if isinstance(v, Result)} or {signature(value)}
        return found - {None, ""}

    def _is_made(self, value: Value) -> bool:
        return isinstance(value, Result) and value.name in self.rules.values.own_files.makers

    def _writers(self, paths: set[object]) -> Iterator[Site]:
        """The calls that write these files or clear them away; none where anything else is done with them."""
        calls = [
            site
            for site in (self.resolver.calls if paths else ())
            if not self.changes.is_dead(site.module, site.node) and not self.resolver.is_test(site.module)
        ]
        taint = self._ways_of_paths() if calls else None
        near = [site for site in calls if taint is None or taint.is_near(site)]
        deeds = {site: deed for site in near if (deed := self._deed(site, paths))}
        opened = {site.node for site, deed in deeds.items() if deed == "open"}
        if not opened and not any(map(_writes, deeds)):
            return
        if len(near) < len(calls):  # nobody else may use it, by whatever way
            deeds = {site: deed for site in calls if (deed := self._deed(site, paths))}
        other = next((site for site, deed in deeds.items() if deed == "other"), None)
        if other is not None:
            where = label_of(other.module, other.node)
            self.notes.append(f"The file that the key is written into stays: {where} uses it as well.")
            return
        yield from deeds
        yield from (site for site in calls if site not in deeds and self._is_of(site, opened))

    def _ways_of_paths(self) -> Taint:
        """Where the names of the key's files may come to."""
        paths = [path for key in self.keys for path in self.signatures.paths(key)]
        origins = [
            each for path in paths for value in self.resolver.resolve(path) for each in _origins(value)
        ]
        names = {value.name for value in origins if isinstance(value, Environ)}
        names |= {value.text for value in origins if isinstance(value, Lit)}
        taint = Taint(self.resolver, self.resolver.world)
        taint.but(_is_reading)
        taint.at((value.site.module, value.site.node) for value in origins)
        taint.at((m, text) for m in self.resolver.world for text in m.each(s.Str) if text.value in names)
        return taint

    def _is_of(self, site: Site, opened: set[s.Node]) -> bool:
        """``file.write(…)``, of a file that is opened there?"""
        found = self.resolver.resolve(site.at(site.call.func))
        bases = (v.base for v in found if isinstance(v, Lib | Member | Result))
        return any(isinstance(base, Result) and base.site.node in opened for base in bases)

    def _deed(self, site: Site, paths: set[object]) -> str:
        """What is done with one of the files: it is opened to be written, or ``other`` things; or nothing."""
        node = site.node
        assert isinstance(node, s.Call)
        if node in paths:
            return "open"  # a temporary file
        func = node.func
        parts = (part for arg in node.args for part in s.walk(arg.value))
        parts = (part for part in parts if not self.changes.is_dead(site.module, part))
        on = [part for part in parts if isinstance(part, s.Name | s.Attribute | s.Subscript | s.Str)]
        touched = any(paths & self._files(site.at(each)) for each in on)
        if (
            isinstance(func, s.Attribute)
            and func.attr in self.rules.values.own_files.methods
            and paths & self._files(site.at(func.value))
        ):
            return "open" if func.attr == "open" else "on"
        if not touched:
            return ""
        names = {name_of(v) or "" for v in self.resolver.resolve(site.at(func))}
        if names & {*self.rules.values.openers} and not self.effects.harmless_call(site.module, node):
            return "open"
        if names.intersection(self.rules.values.own_files.functions):
            return "open" if names.intersection(self.rules.values.own_files.openers) else "on"
        known = self.resolver.callees(site) or self.effects.harmless_call(site.module, node)
        tells = self.effects.is_log(site.module, node) or self.effects.is_print(site.module, node)
        return "" if known or tells else "other"


def _is_reading(node: s.Node) -> bool:
    """Does it give what a file holds, which is no path any more?"""
    return isinstance(node, s.Call) and s.last_name(node.func) in _READING


def _origins(value: Value) -> Iterator[Environ | Result | Param | Lit]:
    """What a path is made of."""
    for link in chain(value):
        if isinstance(link, Environ | Result | Param):
            yield link
        for part in link.parts if isinstance(link, Text) else ():
            yield from (part,) if isinstance(part, Lit) else _origins(part.value)


def _writes(site: Site) -> bool:
    """``path.write_text(…)``"""
    func = site.node.func if isinstance(site.node, s.Call) else None
    return isinstance(func, s.Attribute) and func.attr.startswith("write_")

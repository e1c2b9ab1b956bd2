"""Values that come from the environment: read by name, or by the fields of a settings class.

What is written down for a variable, as a default in the code or in a file that the program loads into
its environment, is what is known of it. Somebody may set it to something else.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from ...rules.values import Reader
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Class,
    Entry,
    Environ,
    Fields,
    Gap,
    Lit,
    Result,
    Site,
    Text,
    Value,
    name_of,
    text_of,
)
from .base import Base
from .shared import WRITTEN, Values, argument_of, as_text, fields_of

_ALIASES = ("validation_alias", "alias", "env")
"""Arguments of a field that name its variable."""


class Environment(Base):
    """Values that come from the environment."""

    def _environ(self, name: str, default: Site | None, site: Site) -> Environ:
        return Environ(name, self._documented(name) or default, site)

    def _prefix(self, site: Site, reader: Reader, made: Result | None) -> str:
        """``with env.prefixed("ADOBE_"):`` around the call, or around that of a helper; what the reader was
        ``made`` with, ``Config(env_prefix="ADOBE_")``."""
        given = argument_of(made.site.call, reader.made_with) if made is not None else None
        begins = self.one(made.site.at(given.value)) if made is not None and given is not None else None
        found = text_of(begins) or "" if begins is not None else ""
        for place in (site, *(call for _, call in reversed(site.ctx))) if reader.prefix else ():
            for ancestor in place.module.ancestors(place.node):
                for item in ancestor.items if isinstance(ancestor, s.With) else ():
                    call = item.value
                    if isinstance(call, s.Call) and s.last_name(call.func) == reader.prefix and call.args:
                        found = (text_of(self.one(place.at(call.args[0].value))) or "") + found
        return found

    # -- files that are loaded into the environment ---------------------------------------------------

    def _documented(self, name: str) -> Site | None:
        """Where a file that the program loads sets the variable."""
        for importer, file in self._environment_files():
            entry = self._setting(importer, file, name)
            if entry is not None:
                return entry.value
        return None

    def sets_variables(self, path: str) -> bool:
        """Does a program load the file, or one of its name elsewhere, into the environment?"""
        name = path.rpartition("/")[2]
        return any(file.rpartition("/")[2] == name for _, file in self._environment_files())

    def _environment_files(self) -> list[tuple[Module, str]]:
        """Who loads which file; told by names alone, for this is asked in the midst of resolving."""
        loaded = self.index.loaded
        if self._loading is None or self._loading[0] != len(loaded):
            found = [(m, file) for m in loaded for file in self._files_loaded_by(m)]
            self._loading = (len(loaded), found)
        return self._loading[1]

    def _files_loaded_by(self, module: Module) -> Iterator[str]:
        packages = {name.split(".")[0] for name in _imported(module)}
        for row in self.rules.values.environment_files:
            if row.package not in packages:
                continue
            if not row.calls:
                yield from row.files
            for node in module.each(s.Call) if row.calls else ():
                if s.last_name(node.func) in row.calls:
                    texts = [
                        n.value for n in s.walk(node) if isinstance(n, s.Str) and isinstance(n.value, str)
                    ]
                    yield from texts[-1:] or row.files

    def _setting(self, importer: Module, file: str, name: str) -> Entry | None:
        """The entry of a variable in ``.env``, or in the section ``settings`` of an INI."""
        fields = next(iter(self._mapping(importer, file, "env", "ini")), None)
        if isinstance(fields, Fields) and file.endswith(".ini"):
            section = next((e.value for e in fields.entries if text_of(e.key) == "settings"), None)
            fields = self.one(section) if section is not None else None
        for entry in fields.entries if isinstance(fields, Fields) else ():
            if (text_of(entry.key) or "").upper() == name.upper():
                return entry
        return None

    # -- settings classes -----------------------------------------------------------------------------

    def is_settings(self, cls: Class) -> bool:
        """Are the fields of the class read from the environment?"""
        return self._reads_environment(cls) or self._holder(cls) is not None

    def _reads_environment(self, cls: Class) -> bool:
        return any(name in self.rules.values.settings_classes for name in self.foreign_bases(cls))

    def is_model(self, cls: Class) -> bool:
        """Is it a model of pydantic, perhaps by a base class of the project?"""
        return any(name in self.rules.values.models for name in self.foreign_bases(cls))

    def group(self, cls: Class, attr: str) -> Class | None:
        """The class of settings of their own that a field of settings is: ``adobe: AdobeSettings``."""
        if not self._reads_environment(cls):
            return None
        kind = next((k for owner in self.mro(cls) if (k := self._kind_of(owner, attr)) is not None), None)
        if kind is None or self._reads_environment(kind):
            return kind
        return kind if self.is_model(kind) and self.settings_option(cls, "env_nested_delimiter") else None

    def held_in_one(self, cls: Class, attr: str) -> Class | None:
        """The model whose fields one variable of settings holds, as JSON."""
        kind = next((k for owner in self.mro(cls) if (k := self._kind_of(owner, attr)) is not None), None)
        return kind if kind is not None and self.is_model(kind) and self._reads_environment(cls) else None

    def _holder(self, cls: Class) -> tuple[Class, str] | None:
        """The settings of which a model is a group, and the field that it is there."""
        if not cls.node.bases or not self.is_model(cls):
            return None
        if self._grouped is None or self._grouped[0] != len(self.index.loaded):
            self._refresh()
            owners = [owner for found in self._classes.values() for owner in found]
            self._grouped = (len(self.index.loaded), dict(self._groups(owners)))
        return self._grouped[1].get(cls)

    def _groups(self, owners: Iterable[Class]) -> Iterator[tuple[Class, tuple[Class, str]]]:
        for owner in owners:
            for name in fields_of(owner) if owner.node.bases and self._reads_environment(owner) else ():
                kind = self.group(owner, name)
                if kind is not None:
                    yield kind, (owner, name)

    def variable_prefix(self, cls: Class) -> str:
        """What stands before the field's name in the variables of a settings class: ``ADOBE__``."""
        holder = self._holder(cls)
        if holder is None:
            return self.settings_option(cls, "env_prefix").upper()
        owner, name = holder
        delimiter = self.settings_option(owner, "env_nested_delimiter")
        return f"{self.settings_option(owner, 'env_prefix')}{name}{delimiter}".upper()

    def passes_over(self, cls: Class) -> bool:
        """Is it a model that is made of a mapping and passes over what it has no field for?"""
        if not self.is_model(cls) or self.is_settings(cls):
            return False
        return self.settings_option(cls, "extra") in ("", "ignore")

    def setting_field(self, cls: Class, attr: str) -> Environ | None:
        """The variable behind a field of a settings class."""
        if not self.is_settings(cls):
            return None
        for owner in self.mro(cls):
            for stmt in owner.node.body.body:
                if isinstance(stmt, s.Assign) and stmt.annotation and s.is_named(stmt.targets[0], attr):
                    return self._field_variable(owner, stmt, attr)
        return None

    def _field_variable(self, cls: Class, stmt: s.Assign, attr: str) -> Environ:
        site = Site(cls.module, stmt)
        name = self.variable_prefix(cls) + attr.upper()
        default = site.at(stmt.value) if stmt.value is not None else None
        if isinstance(stmt.value, s.Call):
            default = self._field_default(site.at(stmt.value), stmt.value)
            for arg in stmt.value.args:
                if arg.keyword in _ALIASES:
                    name = text_of(self.one(site.at(arg.value))) or name
        file = self.settings_option(cls, "env_file")
        entry = self._setting(cls.module, file, name) if file and self.documents is not None else None
        return Environ(name, (entry.value if entry is not None else None) or default, site)

    def _field_default(self, site: Site, node: s.Call) -> Site | None:
        """``Field("…", description=…)``"""
        if not any((name_of(v) or "").endswith("Field") for v in self._again(site.at(node.func))):
            return site
        for arg in node.args:
            if arg.keyword == "default" or (arg.keyword is None and arg is node.args[0]):
                is_required = isinstance(arg.value, s.Const) and arg.value.value is Ellipsis
                return None if is_required else site.at(arg.value)
        return None

    def settings_option(self, cls: Class, option: str) -> str:
        """``env_prefix`` of ``model_config``, or of an inner class ``Config``."""
        for owner in self.mro(cls):
            for stmt in owner.node.body.body:
                if isinstance(stmt, s.ClassDef) and stmt.name == "Config":
                    for inner in stmt.body.body:
                        if (
                            isinstance(inner, s.Assign)
                            and s.is_named(inner.targets[0], option)
                            and inner.value
                        ):
                            return self._option_text(Site(owner.module, inner.value))
                if isinstance(stmt, s.Assign) and s.is_named(stmt.targets[0], "model_config") and stmt.value:
                    for value in s.walk(stmt.value):
                        if isinstance(value, s.Arg) and value.keyword == option:
                            return self._option_text(Site(owner.module, value.value))
                        if isinstance(value, s.Item) and _is_text(value.key, option):
                            return self._option_text(Site(owner.module, value.value))
        return ""

    def _option_text(self, site: Site) -> str:
        """A text, a path, or the member of an enumeration."""
        named = site.node.attr if isinstance(site.node, s.Attribute) else ""
        return self._file_name(site) or named

    # -- what is written ----------------------------------------------------------------------------

    def readings(self, value: Value) -> Values:
        """``value``; for a variable of the environment, what is written down for it."""
        if isinstance(value, Environ) and value.default is not None:
            return self.resolve(value.default) or (value,)
        return (value,)

    def written(self, text: Text) -> list[Text]:
        """The text with what is written down for variables in their place."""
        pieces: list[list[Text]] = []
        for part in text.parts:
            known: list[Text] = []
            if isinstance(part, Gap) and isinstance(part.value, Environ) and part.value.default is not None:
                for value in self.readings(part.value):
                    shown = as_text(value, part.site)
                    if isinstance(shown, Text) and shown.known:
                        known.append(_by_way_of(shown, part.site))
            pieces.append(known or [Text((part,))])
        combinations = itertools.islice(itertools.product(*pieces), WRITTEN + 1)
        return [Text(tuple(p for piece in combination for p in piece.parts)) for combination in combinations]


def _by_way_of(text: Text, site: Site) -> Text:
    return Text(tuple(Lit(p.text, p.site, p.via or site) for p in text.parts if isinstance(p, Lit)))


def _imported(module: Module) -> Iterator[str]:
    for node in module.each(s.Import):
        yield from (alias.name for alias in node.aliases)
    for stmt in module.each(s.ImportFrom):
        if not stmt.level:
            yield stmt.module


def _is_text(node: s.Expr | None, text: str) -> bool:
    return isinstance(node, s.Str) and node.value == text

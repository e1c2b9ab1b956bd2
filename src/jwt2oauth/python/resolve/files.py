"""Values that come from configuration files of the project.

And settings that a library makes of several files, one over the other: ``Dynaconf(settings_files=[…])``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...rules.values import Layers as Row
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Arithmetic,
    Entry,
    Environ,
    Fields,
    Function,
    Items,
    Lib,
    Lit,
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
from .base import Base
from .shared import INI_READERS, WIDTH, argument_of, destination, parsed_option


def may_hold(kind: str) -> tuple[str, ...]:
    """Give the kinds of files that the loader of one kind may read: JSON is YAML, nearly."""
    return {"json": ("json", "yaml"), "yaml": ("yaml", "json")}.get(kind, (kind,))


_PATHS = ("pathlib.Path", "pathlib.PurePath")
_LISTINGS = frozenset({"glob.glob", "glob.iglob", "os.listdir", "os.scandir"})
_OF_FOLDERS = frozenset({"glob", "rglob", "iterdir"})
"""The methods of a path that give those in a folder."""
_ANY = "**"
"""The name of a file in a folder that is listed without a pattern."""


class Files(Base):
    """Values that come from configuration files of the project."""

    def _document(self, site: Site, node: s.Call, kind: str) -> Iterator[Value]:
        """``json.load(open("config.json"))``: the mapping in that file."""
        if self.documents is None:
            return
        values = list(self._again(site.at(node.args[0].value)))
        for value in values:
            here: Value | None = value
            while isinstance(here, Result | Lib):
                if isinstance(here, Result) and self.opens(here.name):
                    yield from self._opened(here, kind)
                    return
                if isinstance(here, Result) and len(values) < WIDTH:
                    values += [v for v in self._before_filling(here) if v not in values]
                here = here.base
            if kind in ("env", "toml"):
                yield from self._meant(site.at(node.args[0].value), kind)

    def _before_filling(self, made: Result) -> Iterator[Value]:
        """The text in which a call fills something in: ``Template(text)``."""
        for filler in self.rules.values.fillers if isinstance(made.site.node, s.Call) else ():
            assert isinstance(made.site.node, s.Call)
            arg = argument_of(made.site.node, filler.argument) if made.name in filler.names else None
            if arg is not None:
                yield from self._again(made.site.at(arg.value))

    def may_lack(self, document: Module, name: str) -> bool:
        """Is a file one of several that are read alike, of which one does not spell ``name``?"""
        if self.documents is None:
            return False
        beside = self.documents.beside(document.path)
        return len(self.documents.holding(name, beside)) < len(beside)

    def opens(self, name: str) -> bool:
        """Does a call of this name open a file, or read the whole of it? ``opener.open(request)`` not."""
        reads = name.rpartition(".")[2] in ("open", "read_text", "read_bytes")
        return name in self.rules.values.openers or (reads and not self.knows(name))

    def file_named(self, site: Site) -> str | None:
        """The end of a file's path as far as it is written out."""
        return self._file_name(site)

    def files_opened(self, opened: Result) -> tuple[str, ...]:
        """The same of a file that is opened or read, for each that may be meant: one a profile."""
        target = self.opened(opened)
        return tuple(dict.fromkeys(self._file_names(target))) if target is not None else ()

    def pattern_opened(self, opened: Result) -> str | None:
        """``conf/*.key`` for a file whose name is chosen at run time, as far as it is written out."""
        target = self.opened(opened)
        for value in self._again(target) if target is not None else ():
            pattern = re.sub(r"\*+", "*", self._pattern(value).replace("\\", "/")).removeprefix("./")
            folder, _, name = pattern.rpartition("/")
            known = folder.lstrip("*/")
            if "*" in name and re.search(r"\w{2}", name) and "*" not in known:
                return f"{known}/{name}".lstrip("/")
        return None

    def paths_written(self, site: Site) -> set[str]:
        """The paths that ``site`` may mean, of those that are written out from end to end."""
        found = {self._pattern(value).replace("\\", "/") for value in self._again(site)}
        return {path for path in found if "*" not in path}

    def opened(self, opened: Result) -> Site | None:
        """What names a file that is opened or read."""
        call = opened.site.node
        if not isinstance(call, s.Call):
            return None
        target: s.Expr | None
        if opened.name in self.rules.values.openers or not isinstance(call.func, s.Attribute):
            target = call.args[0].value if call.args else None
        else:
            target = call.func.value
        return opened.site.at(target) if target is not None else None

    def _opened(self, opened: Result, kind: str) -> Iterator[Value]:
        target = self.opened(opened)
        if target is None:
            yield from self._mapping(opened.site.module, None, *may_hold(kind))
        else:
            yield from self._meant(target, *may_hold(kind))

    def _meant(self, target: Site, *kinds: str) -> Iterator[Value]:
        """What is in each of the files that ``target`` may name: one a profile, or all of a folder."""
        pattern = self.file_pattern(target)
        if pattern is None or self.documents is None:
            for name in self.file_names(target) or (None,):
                yield from self._mapping(target.module, name, *kinds)
            return
        for document in self.documents.like(target.module.path, pattern, kinds):
            yield from self._whole(document)

    def file_pattern(self, site: Site) -> str | None:
        """``envs/*.yaml`` for a path of which a part is chosen at run time, or that a listing gives."""
        for value in self._again(site):
            folder, _, name = self._pattern(value).replace("\\", "/").rpartition("/")
            if name == _ANY and folder.strip("*/."):
                return f"{folder}/*".lstrip("*/.")
            stem, _, ending = name.rpartition(".")
            chosen = "*" in stem or not isinstance(value, Text)
            if folder.strip("*/.") and stem and chosen and ending.isalpha():
                return f"{folder}/{name}".lstrip("*/.")
        return None

    def _pattern(self, value: Value, depth: int = 6) -> str:
        """A path with stars for what is not known of it."""
        if isinstance(value, Text):
            return value.fold("*")
        listing = _listing(value)
        if listing is not None and depth:
            return self._in_listing(listing, depth - 1)
        node = value.site.node if isinstance(value, Result | Arithmetic) else None
        parts: list[s.Expr] = []
        if isinstance(node, s.Call) and isinstance(value, Result) and value.name in ("os.path.join", *_PATHS):
            parts = [a.value for a in node.args]
        elif isinstance(node, s.Binary) and node.op == "/":
            parts = [node.left, node.right]
        if not parts or not depth or not isinstance(value, Result | Arithmetic):
            return "*"
        values = [self._again(value.site.at(part)) for part in parts]
        return "/".join(self._pattern(v[0], depth - 1) if len(v) == 1 else "*" for v in values)

    def _in_listing(self, listing: Result, depth: int) -> str:
        """``conf/*.json`` for one of ``glob.glob("conf/*.json")`` or ``Path("conf").glob("*.json")``."""
        call = listing.site.node
        assert isinstance(call, s.Call)
        if listing.name == "os.listdir":
            return _ANY
        is_method = listing.name not in _LISTINGS and isinstance(call.func, s.Attribute)
        parts = [call.func.value] if is_method and isinstance(call.func, s.Attribute) else []
        parts += [arg.value for arg in call.args[:1]]
        values = [self._again(listing.site.at(part)) for part in parts]
        found = [self._pattern(v[0], depth) if len(v) == 1 else "*" for v in values]
        return "/".join(found if listing.name.endswith("glob") else [*found, _ANY])

    def _whole(self, document: Module) -> Iterator[Value]:
        statement = document.source.body.body[0]
        assert isinstance(statement, s.ExprStmt)
        yield from self._again(Site(document, statement.value))

    def _mapping(self, module: Module, name: str | None, *kinds: str) -> Iterator[Value]:
        documents = self.documents
        kinds = (
            kinds if name is not None else kinds[:1]
        )  # a file that nobody names is of its loader's own kind
        document = documents.find_or_template(module.path, name, kinds) if documents is not None else None
        if document is not None:
            yield from self._whole(document)

    def file_names(self, site: Site) -> list[str]:
        """The same for each file that ``site`` may mean."""
        return list(dict.fromkeys(self._file_names(site)))

    def _file_name(self, site: Site) -> str | None:
        """The end of a path as far as it is written out: ``os.path.join(HERE, "ims.json")``."""
        return next(self._file_names(site), None)

    def _file_names(self, site: Site) -> Iterator[str]:
        """The same for each that ``site`` may mean."""
        return (name for name, _ in self.file_places(site))

    def file_places(self, site: Site, above: tuple[s.Node, ...] = ()) -> Iterator[tuple[str, Site]]:
        """The same, each with the place where it is written.

        ``above`` is what was asked for it: ``c[k] = os.environ.get(k, c[k])`` is its own default.
        """
        if site.node in above:
            return
        above = (*above, site.node)
        for value in self._again(site):
            if isinstance(value, Text):
                last = value.parts[-1] if value.parts else None
                if isinstance(last, Lit) and last.text.strip("/. "):
                    names = [p for p in value.parts if isinstance(p, Lit) and not _ENDING.match(p.text)]
                    yield value.fold("").replace("\\", "/"), (names[-1] if names else last).site
            if isinstance(value, Result | Member | Arithmetic):
                node = value.site.node
                texts = [n for n in s.walk(node) if isinstance(n, s.Str) and isinstance(n.value, str)]
                if isinstance(node, s.Binary) and node.op == "/":
                    yield from self.file_places(value.site.at(node.right), above)
                elif isinstance(node, s.Call) and _joins(node):
                    yield from self.file_places(value.site.at(node.args[-1].value), above)
                elif texts:
                    yield str(texts[-1].value), value.site.at(texts[-1])
            if isinstance(value, Environ) and value.default is not None:
                yield from self.file_places(value.default, above)
            if isinstance(value, Unknown) and isinstance(value.site.node, s.Subscript):
                yield from self._in_table(value.site.at(value.site.node.value), above)
            default = self._option_default(value)
            if default is not None:
                yield from self.file_places(default, above)

    def _in_table(self, table: Site, above: tuple[s.Node, ...]) -> Iterator[tuple[str, Site]]:
        """``FILES[stage]``: each of the files in a table that is written out."""
        for fields in self._again(table):
            for entry in fields.entries if isinstance(fields, Fields) and not fields.open else ():
                if entry.value is not None:
                    yield from self.file_places(entry.value, above)

    def flags_at(self, site: Site) -> Iterator[str]:
        """The options of the command line (``--private-key``) that give what stands at ``site``."""
        for value in (each for first in self._again(site) for each in chain(first)):
            for call in self._options(value):
                yield from _flags(call.node)
            if isinstance(value, Param):
                for decorator in value.function.decorators:
                    flags = list(_flags(decorator))
                    if flags and destination(_texts(decorator)) == value.param.name:
                        yield from flags

    def _option_default(self, value: Value) -> Site | None:
        """``args.config`` after ``parser.add_argument("--config", default="ims.ini")``."""
        for call in self._options(value):
            for arg in call.node.args if isinstance(call.node, s.Call) else ():
                if arg.keyword == "default":
                    return call.at(arg.value)
        return None

    def made_of_option(self, value: Value) -> Iterator[tuple[Value, tuple[str, ...]]]:
        """What a function of the project makes of an option, with its flags: ``type=read_key``."""
        for call in self._options(value):
            for arg in call.node.args if isinstance(call.node, s.Call) else ():
                if arg.keyword == "type":
                    made = (v for v in self._again(call.at(arg.value)) if isinstance(v, Function))
                    found = (each for function in made for each in self._returns(function, call, None))
                    yield from ((each, tuple(_flags(call.node))) for each in found)

    def _options(self, value: Value) -> Iterator[Site]:
        """The calls that declare what ``args.config`` gives."""
        parsed = parsed_option(value)
        if parsed is None:
            return
        module, name = parsed[0].site.module, parsed[1]
        for node in module.each(s.Call):
            if not isinstance(node.func, s.Attribute):
                continue
            if node.func.attr not in ("add_argument", "add_option"):
                continue
            named = next((arg.value for arg in node.args if arg.keyword == "dest"), None)
            if (str(named.value) if isinstance(named, s.Str) else destination(_texts(node))) == name:
                yield Site(module, node)

    def _parsed(self, base: Result) -> Iterator[Fields]:
        """What ``parser.read(…)`` has read: its sections."""
        if self.documents is None:
            return
        module = base.site.module
        for node in module.each(s.Call):
            if not (isinstance(node.func, s.Attribute) and node.func.attr in INI_READERS):
                continue
            if not node.args or not any(
                isinstance(v, Result) and v.site.node is base.site.node
                for v in self._again(Site(module, node.func.value, base.site.ctx))
            ):
                continue
            names_it = node.func.attr != "read_string"
            read = list(self._read_by(Site(module, node.args[0].value, base.site.ctx), names_it=names_it))
            yield from (value for value in read if isinstance(value, Fields))
            if read or names_it:
                return

    def _read_by(self, site: Site, *, names_it: bool) -> Iterator[Value]:
        """``parser.read("app.ini")``, ``parser.read(["a.ini", "b.ini"])``, ``parser.read_file(stream)``

        And ``parser.read_string(path.read_text())``, where a text that is written out ``names`` no file.
        """
        lists = [value for value in self._again(site) if isinstance(value, Items)]
        for item in lists[0].sites if lists else (site,):
            made = (v for value in self._again(item) for v in chain(value))
            opened = [v for v in made if isinstance(v, Result) and self.opens(v.name)]
            targets = [target for each in opened if (target := self.opened(each)) is not None]
            for target in targets or ((item,) if names_it else ()):
                yield from self._meant(target, "ini")


def _listing(value: Value) -> Result | None:
    """The listing of a folder of which ``value`` is an entry, or the path of one."""
    if isinstance(value, Member) and value.key == "path" and isinstance(value.base, Member):
        value = value.base
    made = value.base if isinstance(value, Member) and value.key == "*" else None
    if not isinstance(made, Result) or not isinstance(made.site.node, s.Call):
        return None
    is_one = made.name in _LISTINGS or made.name.rpartition(".")[2] in _OF_FOLDERS
    return made if is_one else None


def _texts(call: s.Node) -> list[str]:
    """The texts that a call is given by position."""
    args = call.args if isinstance(call, s.Call) else ()
    return [str(arg.value.value) for arg in args if isinstance(arg.value, s.Str) and not arg.keyword]


def _flags(call: s.Node) -> Iterator[str]:
    return (text.split("/")[0] for text in _texts(call) if text.startswith("-"))


_ENDING = re.compile(r"[/.]?(?:\.\w+)?\Z")
"""``.pem`` of ``f"{name}.pem"``, which names no file by itself."""


def _joins(node: s.Call) -> bool:
    """``folder.joinpath(name)``, ``file.with_name(name)``, ``os.path.join(folder, name)``"""
    joins = isinstance(node.func, s.Attribute) and node.func.attr in ("joinpath", "with_name", "join")
    return joins and bool(node.args) and not node.args[-1].star and node.args[-1].keyword is None


_KINDS = ("toml", "yaml", "json", "ini")


class Layers(Base):
    """What such an object is made of; what is set elsewhere may lie above it."""

    def layers_at(self, site: Site) -> Row | None:
        """The row of the rules of which the call at ``site`` is."""
        func = site.node.func if isinstance(site.node, s.Call) else None
        names = map(name_of, self._again(site.at(func))) if func is not None else ()
        return next((self._layers[name] for name in names if name in self._layers), None)

    def _layered(self, row: Row, site: Site, node: s.Call) -> Fields:
        """The keys of all its files, at the top in small letters and capitals as well."""
        entries: list[Entry] = []
        self._layered_calls[node] = row
        staged = argument_of(node, row.staged)
        for layer in self._layers_of(row, site, node):
            for entry in layer.entries:
                entries += self._of_stage(entry) if staged is not None else _in_any_case(entry)
        return Fields(tuple(entries), site, open=True)

    def _above(self, fields: Fields, name: str, site: Site) -> tuple[Value, ...] | None:
        """The variable that sets what no file does: ``DYNACONF_ADOBE_KEY`` for ``settings.ADOBE_KEY``."""
        node = fields.site.node
        row = self._layered_calls.get(node)
        if row is None or not isinstance(node, s.Call) or not name.isupper():
            return None
        arg = argument_of(node, row.prefix)
        prefix = text_of(self.one(fields.site.at(arg.value))) if arg is not None else row.default_prefix
        return (Environ(f"{prefix}_{name}", None, site),) if prefix else None

    def _layers_of(self, row: Row, site: Site, node: s.Call) -> Iterator[Fields]:
        for argument in row.files:
            arg = argument_of(node, argument)
            for value in self._again(site.at(arg.value)) if arg is not None else ():
                named = value.sites if isinstance(value, Items) else (site.at(arg.value),) if arg else ()
                for name in (file for each in named for file in self.file_names(each)):
                    found = self._mapping(site.module, name, *_KINDS)
                    yield from (each for each in found if isinstance(each, Fields))

    def _of_stage(self, stage: Entry) -> Iterator[Entry]:
        """``[production]``: which of the stages counts is chosen where this runs."""
        held: tuple[Value, ...] = self._again(stage.value) if stage.value is not None else ()
        for fields in held:
            for entry in fields.entries if isinstance(fields, Fields) else ():
                yield from _in_any_case(entry)


def _in_any_case(entry: Entry) -> Iterator[Entry]:
    name = text_of(entry.key)
    place = entry.key.parts[0].site if isinstance(entry.key, Text) and entry.key.parts else entry.site
    for shown in dict.fromkeys((name, name.lower(), name.upper())) if name is not None else ():
        yield Entry(Text((Lit(shown, place),)), entry.value, entry.site, certain=False)

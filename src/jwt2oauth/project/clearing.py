"""Keys that only removed code read leave the configuration files, and the templates that people copy."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field

from ..config.documents import is_copied_to, kind_of
from ..config.removal import Path, place, without
from ..model import Edit, Span
from ..paths import is_program
from ..python.facts import syntax as s
from ..python.facts.modules import Module
from ..python.facts.values import Site
from ..python.following.forward import Forward
from ..python.leftovers.config_readers import WHOLE, KeyReaders
from ..python.leftovers.settings import Unread, listed
from ..python.leftovers.unread import Leftovers
from ..python.rendering import is_about_the_flow
from ..python.resolve import Resolver
from ..python.sdks.documents import names_in
from ..python.settings.admitted import admit
from ..python.settings.entries import add_to_document
from ..python.settings.setting import Setting
from ..python.writing.changes import Changes
from ..records import dataclass
from .documents import Documents
from .other_languages import OtherLanguages
from .schemas import demands, described, fill_schemas, fill_written, is_schema, schema_of
from .templates import is_template

_EXAMPLE = re.compile(r"[ \t]*#[ \t]*(?:export[ \t]+)?\w+[ \t]*=")
"""A setting that is commented out."""
_TELLING = re.compile(
    r"(?i:jwt|metascope|assertion|techn?(?:ical)?acc|priv(?:ate)?key)|[A-Za-z][_-][A-Za-z]|[a-z][A-Z]"
)


def is_telling(name: str) -> bool:
    """Is a name of several words, or of the JWT credential: ``key_file``, ``technicalAccountId``?"""
    return _TELLING.search(name) is not None


@dataclass(slots=True)
class Cleared:
    """What leaves the configuration, and what is to be said."""

    edits: list[Edit] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    todos: list[str] = field(default_factory=list)
    telling: list[str] = field(default_factory=list)
    """The keys that go and whose names are no words of everyday: documentation that names one means it."""
    resting: list[tuple[str, str]] = field(default_factory=list)
    """What stays although no flow needs it: the file, unless the name is telling, and the key."""
    taken: list[tuple[Module, s.Item]] = field(default_factory=list)
    """All that goes of files of configuration."""

    def filled(self) -> list[str]:
        """Variables of the environment that only what goes asked for: ``key_file: ${ADOBE_KEY_FILE}``."""
        named = {name: document for document, item in self.taken for name in names_in(item)}
        gone = [(document, item.span) for document, item in self.taken]
        return [
            name
            for name, document in named.items()
            if name.isidentifier()
            and all(
                any(of is document and span.start <= found.start() < span.end for of, span in gone)
                for found in re.finditer(rf"\b{name}\b", document.text)
            )
        ]


class Clearing:
    """Clears up after one plan."""

    def __init__(
        self,
        files: Documents,
        paths: Sequence[str],
        resolver: Resolver,
        forward: Forward,
        changes: Changes,
        leftovers: Leftovers,
        made: Sequence[Edit] = (),
    ) -> None:
        self.files, self.paths = files, paths
        self.resolver, self.forward = resolver, forward
        self.changes, self.leftovers = changes, leftovers
        self.made = made
        """The edits of the plan so far: a key that one of them takes away needs no more."""
        self.others = OtherLanguages(files, set(paths), resolver.rules.mentions.programs)
        self.found = Cleared()

    def clear(self, unread: Sequence[Unread], takes_all: Callable[[], bool]) -> Cleared:
        """Take out what nothing reads; say who may still read the rest.

        ``takes_all`` says whether somebody takes all variables of the environment at once.
        """
        self._keys([each for each in unread if each.item is not None])
        self._entries([each for each in unread if each.item is not None])
        filled = [name for name in self.found.filled() if not self._is_named(name)]
        self.found.telling += filled
        if filled:
            self.found.todos.append(f"Nothing here is filled with {listed(filled)} any more.")
        self._variables([*(each.name for each in unread if each.variable), *filled], takes_all)
        return self.found

    def unread_claims(self, held: Sequence[Module]) -> list[Edit]:
        """Give the edits that empty the files that hold claims, and that only removed code loaded."""
        return [
            Edit(document.path, Span(0, len(document.text)), "")
            for document in held
            if self._readers(document).are_gone()
        ]

    def _readers(self, document: Module) -> KeyReaders:
        kind = kind_of(document.path) or "env"
        return KeyReaders(self.resolver, self.forward, self.changes, document, kind, self.leftovers)

    # -- keys of a file that the program reads ------------------------------------------------------

    def _keys(self, unread: Sequence[Unread]) -> None:
        by_file: dict[Module, list[Path]] = defaultdict(list)
        for each in unread:
            assert each.item is not None
            if not is_program(each.item.module.path):
                by_file[each.item.module].append(path_of(each.item.module, each.item.node))
        described_by: dict[Module, dict[Path, None]] = defaultdict(dict)
        for document, paths in by_file.items():
            readers = self._readers(document)
            lost = []
            kept: dict[str, list[str]] = defaultdict(list)
            for path in dict.fromkeys(paths):
                same = _written_once(document, path)
                reader = next(filter(None, map(readers.of, same)), None)
                schema = self._schema_with(path, document)
                stranger = self.others.reader_of(document.path, path[-1])
                if reader is not None:
                    kept[reader.label].append(path[-1])
                elif schema is not None:
                    kept[f"see the schema {schema}"].append(path[-1])
                elif stranger is not None:
                    kept[stranger].append(path[-1])
                elif not self._is_referred_to(document, path):
                    lost += [each for each in same if each not in lost]
            self._say_kept(document, kept)
            own = schema_of(self.files, self.paths, document)
            if own is not None:
                described_by[own] |= dict.fromkeys(each for path in lost for each in described(own, path))
            self.found.telling += [path[-1] for path in lost if is_telling(path[-1])]
            lost = _with_parents(document, lost, lambda path, r=readers: r.of(path) is None)
            self._cut(document, lost)
            for other in templates_of(self.files, self.paths, document.path):
                self._cut(other, [path for path in lost if _at(other, path) is not None])
        for own, said in described_by.items():
            self._take(own, list(said))

    def _entries(self, unread: Sequence[Unread]) -> None:
        """Entries of mappings in programs that could not be taken out: somebody hands all of them on."""
        kept: dict[str, list[str]] = defaultdict(list)
        for each in unread:
            assert each.item is not None
            module, node = each.item.module, each.item.node
            is_ours = is_program(module.path) and not self.resolver.is_test(module)
            if is_ours and isinstance(node, s.Item) and not self.changes.is_dead(module, node):
                kept[module.path].append(each.name)
        for path, names in kept.items():
            verb, them = ("stays", "it") if len(set(names)) == 1 else ("stay", "them")
            self.found.resting += [("" if is_telling(name) else path, name) for name in names]
            self.found.todos.append(f"{listed(names)} {verb} in {path}, where no flow needs {them} any more.")

    def _say_kept(self, document: Module, kept: Mapping[str, Sequence[str]]) -> None:
        for label, names in kept.items():
            verb, them = ("stays", "it") if len(set(names)) == 1 else ("stay", "them")
            if label.endswith(WHOLE):
                self.found.resting += [("" if is_telling(name) else document.path, name) for name in names]
            self.found.todos.append(
                f"{listed(names)} {verb} in {document.path}, where no flow needs {them} any more: {label}."
            )

    def _schema_with(self, key: Path, document: Module) -> str | None:
        """The JSON schema that speaks of a key and may demand it, where its words cannot go with the key."""
        own = schema_of(self.files, self.paths, document)
        for path in filter(is_schema, self.files.paths):
            module = self.files.module(path) if self._may_judge(path, document) else None
            if (
                module is not None
                and f'"{key[-1]}"' in module.text
                and (module is not own or demands(own, key))
            ):
                return path
        return None

    def _may_judge(self, schema: str, document: Module) -> bool:
        """Is a schema ours, or another program's that calls a document by its name?"""
        index, name = self.resolver.index, document.path.rpartition("/")[2]
        ours = self.leftovers.programs
        return bool(index.ours([schema], ours)) or any(index.is_others(schema, each, name) for each in ours)

    def _is_named(self, variable: str) -> bool:
        """Does a program name a variable, or is it filled into another file that does not set it itself?"""
        changed = {document.path for document, _ in self.found.taken}
        files = (self.files.module(path) for path in self.paths if path not in changed)
        fills = re.compile(rf"(?:\$\{{?|\{{\{{ ?){variable}\b")
        sets = re.compile(rf"(?m)^[ \t]*(?:- )?[\"']?{variable}[\"']?[ \t]*[:=]")
        texts = [file.text for file in files if file is not None and variable in file.text]
        named = any(fills.search(text) and not sets.search(text) for text in texts)
        programs = (module for module in self.resolver.index.loaded if is_program(module.path))
        return named or any(module.holds(variable) for module in programs)

    def _is_referred_to(self, document: Module, key: Path) -> bool:
        """Does another value of the file take this one in: ``%(host)s``, ``${host}``, ``${ims:host}``?

        Or ``${server.ims.host}``, ``${..host}``, ``{this.ims.host}``, as libraries for YAML and TOML have it.
        """
        name = re.escape(key[-1])
        above = rf"{re.escape(key[-2])}[:.]" if len(key) > 1 else r"\."
        way = rf"(?:(?:[\w.:-]{{0,80}}[.:])?{above}|\.{{1,9}})?"
        return re.search(rf"(?i)%\({name}\)|(?:\$\{{|\{{this\.){way}{name}\b", document.text) is not None

    # -- variables of the environment ---------------------------------------------------------------

    def _variables(self, names: Collection[str], takes_all: Callable[[], bool]) -> None:
        names = [name for name in names if not self.leftovers.is_variable_read(name)]
        places = [path for path in self.paths if self._sets_variables(path)]
        if not names or not places or takes_all():
            return
        for path in places:
            module = self.files.module(path)
            if module is None:
                continue
            found = [path_of(module, node) for node in module.each(s.Item)]
            if kind_of(path) == "ini":
                found = [each for each in found if each[0] == "settings" and each[-1].upper() in names]
            else:
                found = [each for each in found if each[-1] in names]
            asked = {name: self.others.asker_of(name, path) for name in dict.fromkeys(e[-1] for e in found)}
            kept: dict[str, list[str]] = defaultdict(list)
            for name, asker in asked.items():
                if asker is not None:
                    kept[asker].append(name)
            self._say_kept(module, kept)
            found = [each for each in found if asked[each[-1]] is None]
            self._cut(module, [each for each in found if not self._is_referred_to(module, each)])
            if kind_of(path) == "env":
                self._commented(module, [name for name in names if asked.get(name) is None])

    def _sets_variables(self, path: str) -> bool:
        kind = kind_of(path)
        return kind == "env" or is_template(path) or (kind == "ini" and self.resolver.sets_variables(path))

    def _commented(self, document: Module, names: Collection[str]) -> None:
        """``# ADOBE_KEY=…``, as an example of what may be set."""
        pattern = re.compile(
            rf"(?m)^[ \t]*#[ \t]*(?:export[ \t]+)?({'|'.join(map(re.escape, names))})[ \t]*=.*\n?"
        )
        for found in pattern.finditer(document.text):
            taken = (*self._made_in(document), *(e for e in self.found.edits if e.path == document.path))
            ends = {edit.span.end for edit in taken}
            span = Span(_remark_above(document.text, found.start(), ends), found.end())
            if not any(_overlaps(span, edit) for edit in taken):
                self.found.edits.append(Edit(document.path, span, ""))
                what = f"{found[1]} leaves {document.path}, where it was commented out"
                self.found.notes.append(f"{what}: nothing here reads it any more.")

    # -- edits ------------------------------------------------------------------------------------

    def _made_in(self, document: Module) -> Iterator[Edit]:
        return (edit for edit in self.made if edit.path == document.path)

    def _cut(self, document: Module, lost: Sequence[Path]) -> None:
        self._take(document, [path for path in lost if _at(document, path) is not None])

    def _meets_others(self, document: Module, changes: Sequence[tuple[Span, str]] | None) -> bool:
        return any(_overlaps(span, edit) for span, _ in changes or () for edit in self._made_in(document))

    def _take(self, document: Module, lost: Sequence[Path]) -> None:
        """Take out what is at some paths, elements of lists as well."""
        if not lost:
            return
        words = {"service account", "technical account", *(path[-1].lower() for path in lost)}
        if any("key" in word for word in words):
            words |= {"certificate", " key"}

        def is_about(comment: str) -> bool:
            return is_about_the_flow(comment) or any(word in comment.lower() for word in words)

        kind = kind_of(document.path) or "env"
        changes = without(kind, document.text, lost, is_about)
        if self._meets_others(document, changes):
            by_path = {path: without(kind, document.text, [path], is_about) for path in lost}
            free = [path for path, alone in by_path.items() if not self._meets_others(document, alone)]
            if 0 < len(free) < len(lost):
                self._take(document, free)
            return
        found = (_at(document, path) for path in lost if path[-1] != "required")
        items = sorted(filter(None, found), key=lambda item: item.span)
        names = dict.fromkeys(document.snippet(i.key).strip("\"'") for i in items if i.key is not None)
        shown, alone = listed(list(names)), len(names) == 1
        them = "it" if alone else "them"
        if changes is None:
            self.found.todos.append(f"Take {shown} out of {document.path}: nothing reads {them} any more.")
            return
        self.found.edits += [Edit(document.path, span, text) for span, text in changes]
        self.found.taken += [(document, item) for item in items]
        verb = "leaves" if alone else "leave"
        self.found.notes.append(f"{shown} {verb} {document.path}: nothing here reads {them} any more.")


def templates_of(files: Documents, paths: Sequence[str], path: str) -> Iterator[Module]:
    """``config.ini.example``, ``config.sample.ini``, ``example.config.ini`` beside ``config.ini``."""
    name = path.rpartition("/")[2]
    for other in paths:
        if is_copied_to(other.rpartition("/")[2], name):
            module = files.module(other)
            if module is not None:
                yield module


def fill_templates(
    changes: Changes,
    files: Documents,
    paths: Sequence[str],
    settings: Sequence[Setting],
    modules: Sequence[Module],
    forward: Forward,
) -> list[str]:
    """What a configuration file gains, the files that people copy to it gain as well; its schema knows it.

    So do the schemas that ``modules`` hold, of all ``settings``, and their lists of what may be there; say
    what of that is for a person to do.
    """
    fill_schemas(changes, files, paths)
    fill_written(changes, settings, modules)
    todos = admit(changes, forward, [each.pair for each in settings], modules)
    for document, item, name, content in list(changes.documented):
        for other in templates_of(files, paths, document.path):
            beside = _at(other, path_of(document, item))
            if beside is not None:
                add_to_document(changes, Site(other, beside), name, content)
    return todos


def mirrored(files: Documents, paths: Sequence[str], edits: Sequence[Edit]) -> Iterator[Edit]:
    """What changes in a value of a configuration file, in those that people copy to it."""
    for edit in edits:
        document = files.module(edit.path) if kind_of(edit.path) else None
        old = document.text[edit.span.start : edit.span.end] if document is not None else ""
        if document is None or not old:
            continue
        item = next((i for i in _items(document) if i.value.span.holds(edit.span)), None)
        if item is None:
            continue
        for other in templates_of(files, paths, edit.path):
            beside = _at(other, path_of(document, item))
            value = other.snippet(beside.value) if beside is not None else ""
            if beside is not None and value.count(old) == 1:
                start = beside.value.span.start + value.index(old)
                yield Edit(other.path, Span(start, start + len(old)), edit.text)


def _items(document: Module) -> Iterator[s.Item]:
    """The items whose values are no mappings or lists."""
    for node in document.each(s.Item):
        if isinstance(node.value, s.Str):
            yield node


def _overlaps(span: Span, edit: Edit) -> bool:
    return span.start < edit.span.end and edit.span.start < span.end


def path_of(document: Module, node: s.Node) -> Path:
    """The keys that lead to an item of a configuration file, with the numbers of the lists' elements."""
    keys: list[str] = []
    here: s.Node | None = node
    while here is not None:
        above = document.parents.get(here)
        if isinstance(here, s.Item) and isinstance(here.key, s.Str):
            keys.insert(0, str(here.key.value))
        elif isinstance(above, s.Sequence):
            keys.insert(0, place(next(number for number, item in enumerate(above.items) if item is here)))
        here = above
    return tuple(keys)


def _written_once(document: Module, path: Path) -> list[Path]:
    """All paths that lead to what stands at ``path``: aliases and merge keys of YAML repeat it."""
    item = _at(document, path)
    same = [
        node for node in document.each(s.Item)
        if item is not None and node.key is not None and item.key is not None
        and (node.key.span, node.value.span) == (item.key.span, item.value.span)
    ]  # fmt: skip
    return [path_of(document, node) for node in same] or [path]


def _at(document: Module, path: Path) -> s.Item | None:
    """The item at a path."""
    for node in document.each(s.Item):
        if path_of(document, node) == path:
            return node
    return None


def _with_parents(document: Module, lost: Sequence[Path], is_unread: object) -> list[Path]:
    """Take a mapping out as a whole where nothing would be left in it and nobody asks for it."""
    assert callable(is_unread)
    left = list(lost)
    for parent in dict.fromkeys(path[:-1] for path in lost if len(path) > 1):
        children = {path_of(document, n) for n in document.each(s.Item) if len(path_of(document, n)) > 1}
        mine = {path for path in children if path[:-1] == parent}
        if mine <= set(left) and is_unread(parent):
            left = [path for path in left if path[:-1] != parent] + [parent]
        elif mine <= set(left) and kind_of(document.path) == "yaml":
            left = [path for path in left if path[:-1] != parent]
    return left


__all__ = ["Cleared", "Clearing", "fill_templates", "mirrored"]


def _remark_above(text: str, at: int, ends: Collection[int]) -> int:
    """Where a remark begins that goes with the line at ``at``: it is about the flow, or follows a cut."""
    start = at
    while start > 0:
        line = text.rfind("\n", 0, start - 1) + 1
        if not text[line:start].lstrip().startswith("#") or _EXAMPLE.match(text, line):
            break
        start = line
    return start if start in ends or is_about_the_flow(text[start:at]) else at

"""A setting as an entry beside the client id's: in a dictionary, and in the document that fills one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from ...paths import is_program
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Entry, Fields, Lit, Param, Site, Text, text_of
from ..following.forward import Forward
from ..following.lookups import table_of
from ..resolve import Resolver, declared
from ..writing.changes import Changes
from .entries import add_item, add_to_document
from .new_definitions import Below
from .setting import Setting, quote_at
from .wording import Wording


class Mappings:
    """Adds entries in one plan's changes."""

    def __init__(
        self,
        resolver: Resolver,
        forward: Forward,
        changes: Changes,
        words: Wording,
        below: Below,
        content: Callable[[Site, Site], Setting | None],
    ) -> None:
        """Know what makes the ``content`` of an entry, given the client id's value and the request."""
        self.resolver = resolver
        self.forward = forward
        self.changes = changes
        self.words = words
        self.below = below
        self.content = content
        self.default = words.default
        self.contested: AbstractSet[s.Node] = frozenset()
        """Entries of files beside which nothing is put: it may be another flow that they are for."""

    def entry(self, value: Fields, site: Site, base: str, key: str, name: str, quoted: str) -> Setting | None:
        """``CONFIG = {"client_id": "…"}``: a ``name`` beside ``key``, asked for as ``base[quoted]``."""
        entries = [e for e in value.entries if _is_called(e, key)]
        existing = [e for e in value.entries if text_of(e.key) == name and e.value is not None]
        shown = f"{base}[{quoted}]"
        if existing and is_program(existing[-1].site.module.path):
            return Setting((shown,), f'"{name}" in {base}')
        entry = entries[-1] if entries else None
        if self._into_tables(entries, key, name):
            if entry is not None and not is_program(entry.site.module.path):
                self._into_document(entry, name)
            return Setting((shown,), f'"{name}" in the configuration')
        if entry is not None and not is_program(entry.site.module.path):
            for each in (e for e in entries if not is_program(e.site.module.path)):
                self._into_document(each, name)
            self._declare_key(value, key, name, site.module)
            return self.words.got(f"{base}.get", shown, quoted, name)
        asked = self.words.got(f"{base}.get", shown, quoted, name)
        stores = self._stores(value, key) if entry is None or isinstance(entry.site.node, s.Assign) else []
        if stores and self.only_subscripted(value.site):
            return self._stored(stores, shown, name) or (asked if self.default else None)
        if entry is None:
            return asked  # what fills it fills the new entry as well
        got = asked if self.default else None
        node = entry.site.node
        by_keyword = isinstance(node, s.Arg) and name.isidentifier()
        if not (isinstance(node, s.Item) or by_keyword) or entry.value is None:
            return got
        if not self.only_subscripted(value.site):
            return got
        quote, self.words.quote = self.words.quote, quote_at(entry.site) or self.words.quote
        content = self.content(entry.value, entry.site)
        self.words.quote = quote
        if content is None or (content.imports_os and entry.site.module is not site.module):
            return got
        add_item(self.changes, entry.site, name, content.template, self.words.quote)
        self._declare_key(value, key, name)
        where = content.where or f'"{name}" in {base}'
        return replace(content, template=(shown,), where=where, literal=False)

    def _into_tables(self, entries: Sequence[Entry], key: str, name: str) -> bool:
        """Give ``name`` to the table of defaults below the others: its keys may be all that are known."""
        written = [e for e in entries if is_program(e.site.module.path)]
        tables = [e for e in written if _is_placeholder(e) and table_of(self.forward, e) is not None]
        if not tables or len(tables) < len(written):
            return False
        for each in tables:
            quote = quote_at(each.site) or self.words.quote
            content = "None" if self.default is None else f"{quote}{self.default}{quote}"
            add_item(self.changes, each.site, name, (content,), quote)
            self._declare_key(Fields((each,), each.site), key, name)
        return True

    def _stores(self, value: Fields, key: str) -> list[Site]:
        """``credentials[CLIENT_ID] = …``, wherever the program fills the mapping so."""
        found = []
        for use in self.forward.uses(Site(value.site.module, value.site.node)):
            target, module = use.parent, use.module
            stmt = module.parents.get(target)
            named = isinstance(target, s.Subscript) and self.resolver.spelled(module, target.index) == key
            if named and isinstance(stmt, s.Assign) and stmt.targets == (target,) and stmt.value is not None:
                found.append(Site(module, stmt))
        return found

    def _stored(self, stores: Sequence[Site], shown: str, name: str) -> Setting | None:
        """Store the scopes, too, right below each of ``stores``; None where one has nothing to store."""
        made: list[tuple[Site, Setting]] = []
        for store in stores:
            assert isinstance(store.node, s.Assign)
            value = store.node.value
            content = self.content(store.at(value), store) if value is not None else None
            if content is None:
                return None
            made.append((store, content))
        for store, content in made:
            assert isinstance(store.node, s.Assign)
            target = store.node.targets[0]
            assert isinstance(target, s.Subscript)
            quote = quote_at(store.at(target)) or self.words.quote
            head = f"{store.module.snippet(target.value)}[{quote}{name}{quote}]"
            self.below.put(store.module, store.node, head, content)
        content = made[0][1]
        where = content.where or f'"{name}" in {shown.partition("[")[0]}'
        return replace(content, template=(shown,), where=where, literal=False, imports_os=False)

    def entries(
        self, others: Sequence[Fields], site: Site, base: str, key: str, name: str, quoted: str
    ) -> bool:
        """Put ``name`` beside ``key`` in all mappings that may be there as well; says whether all have it.

        Files have what their readers find there, or fall back upon.
        """
        complete = True
        for other in others:
            made = self.entry(other, site, base, key, name, quoted)
            here = is_program(other.site.module.path) and any(_is_called(e, key) for e in other.entries)
            if here and (made is None or made.template != (f"{base}[{quoted}]",)):
                complete = False
        return complete

    def _declare_key(self, filled: Fields, key: str, name: str, home: Module | None = None) -> None:
        """``class Config(TypedDict)`` that declares what is filled in declares this key as well.

        ``home`` asks for what a file fills in: such classes are looked for near it alone, for half of all
        programs may hold the key.
        """
        index = self.resolver.index
        keys = {text_of(entry.key) for entry in filled.entries}
        if home is not None and key.isidentifier():
            index.among(index.below(home.path), key, _DECLARES)
        elif key.isidentifier():
            index.mentioning(key, filled.site.module.path, _DECLARES)
        for module in index.kin([home or filled.site.module]):
            for node in module.each(s.ClassDef):
                family = self.resolver.mro(Class(module, node))
                if not self.resolver.is_typed_dict(family[0]) or not keys <= _fields(*family).keys():
                    continue
                owner = next((cls for cls in family if key in _fields(cls)), None)
                if owner is not None and name not in _fields(*family):
                    beside = _fields(owner)[key]
                    self.below.insert(owner.module, beside, f"{name}: str", lambda _default: "")

    def only_subscripted(self, site: Site) -> bool:
        """Is the dictionary only ever asked for single keys, so that one more is not noticed?"""
        for use in self.forward.uses(Site(site.module, site.node)):
            parent = use.parent
            if isinstance(parent, s.Subscript) and parent.value is use.node:
                continue
            if isinstance(parent, s.Attribute) and parent.attr == "get":
                continue
            if isinstance(parent, s.Arg) and parent.star == "**" and _formats(use.module.parents[parent]):
                continue
            return False
        return True

    def _into_document(self, entry: Entry, name: str) -> None:
        if entry.site.node in self.contested:
            return
        written = entry.site.node.key if isinstance(entry.site.node, s.Item) else None
        if isinstance(written, s.Str) and str(written.value).islower() and name.isupper():
            name = name.lower()  # who reads it does not mind
        if self.default is not None and self._is_handed_on(entry.site.module):
            return  # the tool takes no key that it does not know
        if self.default is not None:
            add_to_document(self.changes, entry.site, name, self.default)
        elif isinstance(entry.site.node, s.Item):
            self.changes.awaited.append((entry.site.module, entry.site.node, name))

    def _is_handed_on(self, document: Module) -> bool:
        """Does the configuration of a tool that is not here name it as well?"""
        files, tools = self.resolver.documents, self.resolver.rules.mentions.programs.hands
        return files is not None and any(files.handing(document.path, tools))

    def option(self, site: Site, name: str) -> bool:
        """``config.get("section", "client_id")``: the file's section gains the setting, if there is one."""
        found = list(self._documented(site))
        for place, item in found:
            self._into_document(Entry(Text((Lit(name, place),)), place, place.at(item)), name)
        return bool(found)

    def parted(self, site: Site, asked: str) -> tuple[str, str]:
        """``adobe.client.`` and ``id`` of what is asked for, where a file has it under ``id``."""
        for _, item in self._documented(site):
            key = str(item.key.value) if isinstance(item.key, s.Str) else ""
            if key and asked.endswith(key):
                return asked.removesuffix(key), key
        return "", asked

    def _documented(self, site: Site) -> Iterator[tuple[Site, s.Item]]:
        """The entries of files of configuration that ``site`` reads, and where their values are."""
        for value in self.resolver.resolve(site):
            if isinstance(value, Text) and value.parts and not is_program(value.parts[0].site.module.path):
                place = value.parts[0].site
                item = place.module.parents.get(place.node)
                if isinstance(item, s.Item) and item.key is not None:
                    yield place, item

    def may_be_another(self, site: Site) -> bool:
        """May a caller that is not here, or a test, hand in a mapping of its own?"""
        if any(isinstance(value, Param) for value in self.resolver.resolve(site)):
            return True
        return any(
            self.resolver.is_test(caller.module)
            for value in self.resolver.resolve(site, callers=False)
            if isinstance(value, Param) and not self.resolver.is_test(value.site.module)
            for caller in self.resolver.callers(value.site.module, value.function)
        )


_DECLARES = rb"\A(?s:(?=.*\bTypedDict\b).*\b%s *:)"
"""How a file that has a TypedDict may declare a key."""


def is_another(fields: Fields, value: Fields, key: str) -> bool:
    """Has another mapping the key, or what the same copy may be made of instead: ``dict(ini[name])``?"""
    ours, theirs = ({e.site.node for e in each.entries if _is_called(e, key)} for each in (value, fields))
    return fields.site.node is not value.site.node or bool(theirs and ours.isdisjoint(theirs))


def _fields(*classes: Class) -> dict[str, s.Assign]:
    """What classes declare, by its name."""
    found = ((target, stmt) for cls in classes for stmt in declared(cls) for target in stmt.targets)
    return {target.id: stmt for target, stmt in found if isinstance(target, s.Name)}


def fill_in_tests(resolver: Resolver, changes: Changes, owner: Class, key: str, name: str) -> None:
    """Let tests that make an object of ``owner`` of what they hand in give it ``name`` as well.

    It stands beside ``key``, or behind the rest where the client id has a default.
    """
    for call in resolver.constructions(owner) if name.isidentifier() else ():
        args = call.node.args if isinstance(call.node, s.Call) and resolver.is_test(call.module) else ()
        quote = call.module.quote()
        content = f"{quote}{','.join(resolver.rules.provider.base_scopes)}{quote}"
        named = [arg for arg in args if arg.keyword is not None]
        beside = next((arg for arg in named if arg.keyword == key), named[-1] if named else None)
        if beside is not None and not any(arg.star or arg.keyword == name for arg in args):
            add_item(changes, call.at(beside), name, (content,), quote)


def _is_placeholder(entry: Entry) -> bool:
    """``"client_id": None``, ``"client_id": ""``: what it is is said elsewhere."""
    node = entry.value.node if entry.value is not None else None
    return (isinstance(node, s.Const) and node.value is None) or (isinstance(node, s.Str) and not node.value)


def _is_called(entry: Entry, key: str) -> bool:
    """Is it the entry ``key``? configparser, and whoever writes for it, knows no capitals."""
    name = text_of(entry.key)
    return name == key or (not is_program(entry.site.module.path) and name == key.lower())


def _formats(node: s.Node) -> bool:
    """``"{host}/c/{client_id}".format(**config)``"""
    return isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and node.func.attr == "format"

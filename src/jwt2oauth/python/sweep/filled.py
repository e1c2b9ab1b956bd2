"""What fills fields and keys that classes declare, and whether it may go with one that nobody reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import (
    Class,
    Environ,
    Fields,
    Items,
    Lib,
    Member,
    Param,
    Result,
    Site,
    Value,
    name_of,
    text_of,
)
from ..following.forward import Use
from ..resolve import declared
from ..resolve.shared import NAMED_TUPLES
from .base import Base

_KEY_FILES = (".key", ".pem", ".p8", ".pk8")
"""How the names of files with private keys end."""
_VARIABLE = re.compile(r"\$\{\w+\}|\$[A-Za-z_]\w*|\{\{.*\}\}")
"""What a file of settings has where a variable is put in: ``${ADOBE_KEY}``, ``{{ env.ADOBE_KEY }}``."""


class Filled(Base):
    """What fills fields and keys that classes declare, and whether it may go with one that nobody reads."""

    def _copied_with(self, cls: Class, name: str) -> list[tuple[Site, s.Arg]]:
        """``account._replace(key=key)``, ``dataclasses.replace(account, key=key)``"""
        copies = ((site, site.node) for site in self.resolver.copies(cls))
        given = ((site, call.args) for site, call in copies if isinstance(call, s.Call))
        return [(site, arg) for site, args in given for arg in args if arg.keyword == name]

    def _drop_copies(self, cls: Class) -> None:
        """``account._replace()`` of what cannot be changed is ``account`` itself."""
        frozen = any("frozen=True" in cls.module.snippet(each) for each in cls.node.decorators)
        if not frozen and not any(name in NAMED_TUPLES for name in self.resolver.foreign_bases(cls)):
            return
        for site in self.resolver.copies(cls):
            call = site.node
            assert isinstance(call, s.Call)
            left = [arg for arg in call.args if arg not in self.changes.removed]
            if any(arg.keyword or arg.star for arg in left) or self.changes.is_dead(site.module, call):
                continue
            copied = call.func.value if isinstance(call.func, s.Attribute) and not left else None
            self.changes.reduce(site.module, call, copied if copied is not None else left[0].value)

    def _is_free(self, given: Sequence[Site], beside: Sequence[s.Node]) -> bool:
        """May what nobody needs go, although it costs nothing: do all who fill it change anyway?

        ``beside`` are the parameters or fields that stand together with it.
        """
        if not all(self.effects.harmless(site.module, site.node) for site in given):
            return False
        if any(each in self.changes.removed for each in beside):
            return True
        ours = (site for site in given if not self.resolver.is_test(site.module))
        asks = self._is_asked, self._tells_of_account, self._says_where_key_lies
        return any(asked(site) for site in ours for asked in asks)

    def _says_where_key_lies(self, site: Site) -> bool:
        """``args.key_file`` of the command line, of which the file was opened that holds the key?

        Or the same as a parameter of a command, which a library calls.
        """
        paths = [path for key in self.keys for path in self.signatures.paths(key)]
        opened = {value for path in paths for value in self.resolver.resolve(path)}
        values = self.resolver.resolve(site)
        return bool(values) and all(v in opened and _is_given(v) for v in values)

    def _is_asked(self, site: Site) -> bool:
        """``os.environ[f"{prefix}_ORG"]``: would it be missed where it is not set any more?"""
        if not isinstance(site.node, s.Subscript):
            return False
        if any(name_of(value) == "os.environ" for value in self.resolver.resolve(site.at(site.node.value))):
            return True
        asked = self.resolver.resolve(site)
        return any(isinstance(value, Environ) and value.default is None for value in asked)

    def _tells_of_account(self, site: Site) -> bool:
        """``"1A2B@techacct.adobe.com"``, ``["ent_user_sdk"]``, ``"private.key"``: only that login has it.

        Or a file of settings has a variable there, which would be missed where it is not set any more.
        """
        provider = self.rules.provider
        values = self.resolver.resolve(site)
        listed = (place for value in values if isinstance(value, Items) for place in value.sites)
        inner = [*values, *(value for place in listed for value in self.resolver.resolve(place))]
        return any(
            text.startswith(provider.metascope_prefix)
            or text.endswith((provider.subject_suffix, *_KEY_FILES))
            or _VARIABLE.fullmatch(text)
            for text in filter(None, map(text_of, inner))
        )

    def _is_taken_as_tuple(self, cls: Class, made: Sequence[Site]) -> bool:
        """Does anybody count the fields of a named tuple, or take them by their places?"""
        if not any(name in NAMED_TUPLES for name in self.resolver.foreign_bases(cls)):
            return False
        uses = [use for site in made for use in self.forward.uses(site)]
        alive = [use for use in uses if not self.changes.is_dead(use.module, use.parent)]
        listed = [use for use in alive if _is_appended(use)]
        if any(_by_place(use.parent) for use in alive if use not in listed):
            return True
        return bool(listed) and self._is_unpacked(cls, len(list(declared(cls))))

    def _is_unpacked(self, cls: Class, count: int) -> bool:
        """Does anything take as many things apart as the tuple has fields?"""
        for module in self.resolver.world:
            if not self.resolver.index.related(module, cls.module):
                continue
            for node in module.each(s.For, s.Clause, s.Assign):
                targets = node.targets if isinstance(node, s.Assign) else [node.target]
                if any(isinstance(t, s.Sequence) and len(t.items) >= count for t in targets):
                    return True
        return False

    def _given_keys(self, keys: dict[str, bool]) -> Iterator[tuple[Module, s.Arg]]:
        """``dict(pem=…)``, ``Config(pem=…)``: what is given under a key that only removed code read."""
        for module in self.resolver.world:
            for call in module.each(s.Call):
                for arg in call.args:
                    if arg.keyword is not None and keys.get(arg.keyword) is False:
                        values = self.resolver.resolve(Site(module, call))
                        if any(isinstance(v, Fields) and v.site.node is call for v in values):
                            yield module, arg

    def _undeclare(self, keys: dict[str, bool]) -> None:
        """Take the key of a ``TypedDict`` away that nobody asks for and nobody fills any more."""
        for module in self.resolver.world:
            for node in module.each(s.ClassDef):
                cls = Class(module, node)
                if not self.resolver.is_typed_dict(cls) or self.changes.is_dead(module, node):
                    continue
                for stmt in declared(cls):
                    name = stmt.targets[0]
                    assert isinstance(name, s.Name)
                    if keys.get(name.id) is False and not self.changes.is_dead(module, stmt):
                        filled = list(self._fillings(name.id))
                        dead = all(self.changes.is_dead(p.module, p.node) for p in filled)
                        if dead and (filled or self._is_in_a_file(name.id)):
                            self.changes.remove(module, stmt)

    def _fillings(self, key: str) -> Iterator[Site]:
        """Everything that is put under ``key``, in whatever mapping."""
        for module in self.resolver.world:
            for node in module.each(s.Item):
                if isinstance(node.key, s.Str) and node.key.value == key:
                    yield Site(module, node)
            for call in module.each(s.Call):
                yield from (Site(module, arg) for arg in call.args if arg.keyword == key)

    def _is_in_a_file(self, key: str) -> bool:
        """Does a file of configuration that the program reads have ``key``, which leaves it as well?"""
        documents = self.resolver.documents
        items = (i for d in (documents.used if documents else ()) for i in d.each(s.Item))
        return any(isinstance(i.key, s.Str) and i.key.value == key for i in items)


def _is_given(value: Value) -> bool:
    commanded = isinstance(value, Param) and bool(value.function.decorators)
    return commanded or isinstance(value, Lib | Member | Result)


def _is_appended(use: Use) -> bool:
    """``accounts.append(Account(…))``"""
    call = use.module.call_of(use.parent)
    func = call.func if call is not None else None
    return isinstance(func, s.Attribute) and func.attr in ("append", "add", "put")


def _by_place(parent: s.Node) -> bool:
    """``account[3]``, ``a, b = account``, ``len(account)``, ``account._fields``"""
    if isinstance(parent, s.Attribute):
        return parent.attr in ("_asdict", "_fields", "count", "index")
    if isinstance(parent, s.Assign):
        unpacked = [target for target in parent.targets if isinstance(target, s.Sequence)]
        return any(not any(isinstance(i, s.Starred) for i in each.items) for each in unpacked)
    return isinstance(parent, s.Subscript | s.For | s.Clause | s.Arg | s.Starred)

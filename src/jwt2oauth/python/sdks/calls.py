"""What becomes of a call of an SDK: arguments that go, are renamed or added, and what is called instead."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ...paths import is_program
from ...sdk import SdkCall, SdkInner
from ..facts import syntax as s
from ..facts.values import Entry, Fields, Function, Given, Site, text_of
from ..following.forward import Forward
from ..request.session import free_name
from ..resolve import Resolver
from ..settings.setting import Setting, room_in
from ..writing.answers import NoAnswer
from ..writing.changes import Changes, Template
from .find import Login
from .names import Names, instead, spelled


class CallWriter:
    """Changes the calls of one plan."""

    def __init__(self, resolver: Resolver, forward: Forward, changes: Changes) -> None:
        self.resolver = resolver
        self.forward = forward
        self.changes = changes
        self.names = Names(resolver)

    def login(self, login: Login, setting: Setting | None) -> None:
        """Let a call log in by OAuth, with the scopes of ``setting`` if it takes any."""
        row = login.row
        assert isinstance(row, SdkCall)
        self._plain(login)
        texts = {}
        if setting is not None:
            place = self._place(login)
            texts[id(place.node)] = self._scopes(place, row.scopes, setting)
        if row.inner is not None and row.inner.argument in login.given:
            self._inner(login, row, row.inner)
        self.arguments(login.site, row, texts)
        self._callee(login.site, login.name, row)

    def companion(self, site: Site, name: str, row: SdkCall) -> None:
        """Bring another call to the version that the login needs now."""
        self.arguments(site, row, {})
        self._callee(site, name, row)

    def _callee(self, site: Site, name: str, row: SdkCall) -> None:
        if row.becomes:
            made = instead(self.changes, site.module, site.call.func, name, row.becomes)
            self.changes.replace(site.module, site.call.func, *made)

    def _plain(self, login: Login) -> None:
        """Refuse a call whose arguments cannot be told apart."""
        node = login.site.node
        assert isinstance(node, s.Call)
        self._one_callee(login, node.func)
        for arg in node.args:
            if arg.star == "*" or (arg.star == "**" and not self._spread(login, login.site.at(arg.value))):
                raise NoAnswer("sdk-call-unknown", login.site, "its arguments are put together elsewhere")
        for given in login.given.values():
            if not isinstance(given.written.node, s.Arg | s.Item):
                raise NoAnswer(
                    "sdk-call-unknown", given.written, "this argument is put in apart from the others"
                )

    def _one_callee(self, login: Login, func: s.Expr) -> None:
        """Refuse ``LOGINS[name](path_to_key=key)`` where another function may be called as well."""
        site = login.site.at(func)
        for value in self.resolver.resolve(site):
            if isinstance(value, Function) and not _takes_anything(value.node):
                name = value.node.name
                raise NoAnswer("sdk-call-unknown", login.site, f"{name} may be called here as well")
        assert isinstance(login.row, SdkCall)
        is_named = isinstance(func, s.Name | s.Attribute)
        if not is_named and (login.row.becomes or login.name not in self.names.of(site)):
            raise NoAnswer("sdk-call-unknown", login.site, "what it calls is taken out of a table")

    def _spread(self, login: Login, site: Site) -> bool:
        """Is what is spread one dictionary, written out in a program and made for this call?

        Others may ask it for what stays.
        """
        values = self.resolver.resolve(site)
        value = values[0] if len(values) == 1 else None
        if not isinstance(value, Fields) or value.open or not is_program(value.site.module.path):
            return False
        if not isinstance(value.site.node, s.Dict) and not _is_made(value):
            return False
        row = login.row
        gone = {*row.jwt, *row.drop, *row.rename} if isinstance(row, SdkCall) else set[str]()
        return all(
            use.node is site.node
            or (isinstance(use.parent, s.Subscript) and _key_of(use.parent) not in {None, *gone})
            for use in self.forward.uses(value.site)
        )

    def _place(self, login: Login) -> Site:
        """The argument in whose place the scopes stand."""
        return next(iter(login.given.values())).written

    def _scopes(self, place: Site, parameter: str, setting: Setting) -> str:
        module = place.module
        start = module.line_start(place.node.span.start)
        lead = module.text[start : place.node.span.start]
        indent = lead[: len(lead) - len(lead.lstrip())]
        quote = (
            place.node.key.quote
            if isinstance(place.node, s.Item) and isinstance(place.node.key, s.Str)
            else ""
        )
        name = f"{quote}{parameter}{quote}: " if isinstance(place.node, s.Item) else f"{parameter}="
        room = room_in(module) - (place.node.span.start - start) - len(name) - 1
        unit = module.source.indent or "    "
        text = setting.lines(room, indent, unit)
        if "\n" in text and lead.strip():
            variable, statement = free_name(module, parameter), module.statement(place.node)
            start = module.line_start(statement.span.start)
            room = room_in(module) - (statement.span.start - start) - len(f"{variable} = ")
            self.changes.insert(module, statement, f"{variable} = {setting.lines(room, '', unit)}")
            text = variable
        return name + text

    # -- arguments --------------------------------------------------------------------------------

    def arguments(self, site: Site, row: SdkCall, texts: dict[int, str]) -> None:
        """Give a call the arguments of the version that the recipe is for; ``texts`` replace some."""
        moved = False
        for position, arg in enumerate(site.call.args):
            if arg.star == "**":
                for entry in self._entries(site.at(arg.value)):
                    self._argument(entry.site, text_of(entry.key) or "", row, texts)
                continue
            name = arg.keyword or (row.parameters[position] if position < len(row.parameters) else "")
            if arg.keyword is None and row.parameters[: position + 1] != row.after[: position + 1]:
                moved = True
            moved |= self._argument(
                site.at(arg), name, row, texts, positional=arg.keyword is None, moved=moved
            )

    def _entries(self, site: Site) -> Iterator[Entry]:
        for value in self.resolver.resolve(site):
            if isinstance(value, Fields):
                yield from (e for e in value.entries if isinstance(e.site.node, s.Item | s.Arg))

    def _argument(
        self,
        site: Site,
        name: str,
        row: SdkCall,
        texts: dict[int, str],
        *,
        positional: bool = False,
        moved: bool = False,
    ) -> bool:
        """Change one argument; say whether those behind it can no longer go by their position."""
        module, node = site.module, site.node
        assert isinstance(node, s.Arg | s.Item)
        if node in self.changes.replaced:
            return False
        if id(node) in texts:
            self.changes.replace(module, node, texts[id(node)])
            return True
        new = row.rename.get(name, name)
        known = not row.after or new in row.after or name not in (*row.parameters, *row.rename)
        if not known or name in row.drop or name in row.jwt_values:
            self.changes.remove(module, node)
            return True
        if isinstance(node, s.Arg) and ((new != name and not positional) or (positional and moved and name)):
            self.changes.replace(module, node, f"{new}=", node.value)
        elif isinstance(node, s.Item) and new != name and isinstance(node.key, s.Str):
            self.changes.replace(module, node.key, f"{node.key.quote}{new}{node.key.quote}")
        return False

    # -- an object in place of a mapping --------------------------------------------------------------

    def _inner(self, login: Login, row: SdkCall, inner: SdkInner) -> None:
        """``Connection(auth_dict=config)`` → ``Connection(auth=OAuthS2S(config["api_key"], …))``."""
        given = login.given[inner.argument]
        if given.written.module is not login.module or not isinstance(given.written.node, s.Arg):
            raise NoAnswer("sdk-call-unknown", login.site, f"{inner.argument} is put in elsewhere")
        parts: list[Template] = [
            (f"{parameter}=", *self._field(given, keys.split("|")))
            for parameter, keys in inner.fields.items()
        ]
        for source, parameter in inner.moves.items():
            moved = self.names.given(login.site, row, source)
            if moved is not None:
                parts.append((f"{parameter}=", moved.value.node))
        for source, parameter in inner.copies.items():
            copied = self.names.given(login.site, row, source)
            if copied is not None:
                parts.append((f"{parameter}=", login.module.snippet(copied.value.node)))
        made = spelled(self.changes, login.module, login.site.call.func, login.name, inner.call)
        head = f"{inner.becomes}={made}("
        self.changes.replace(
            login.module, given.written.node, head, *self._joined(login.site, given, head, parts), ")"
        )
        self._trimmed(given, inner)

    def _joined(self, site: Site, given: Given, head: str, parts: Sequence[Template]) -> Template:
        """Arguments on one line where there is room, else on a line each."""
        module, node = site.module, given.written.node
        length = sum(
            len(p) if isinstance(p, str) else p.span.end - p.span.start for part in parts for p in part
        )
        start = module.line_start(node.span.start)
        lead = module.text[start : node.span.start]
        fits = (node.span.start - start) + len(head) + length + 2 * len(parts) <= room_in(module)
        indent = lead[: len(lead) - len(lead.lstrip())] + (module.source.indent or "    ")
        made: list[str | s.Node] = []
        for number, part in enumerate(parts):
            made.append((", " if number else "") if fits else f"\n{indent}")
            made += [*part, *([] if fits else [","])]
        return (*made, *([] if fits else ["\n" + indent.removesuffix(module.source.indent or "    ")]))

    def _field(self, given: Given, keys: Sequence[str]) -> Template:
        """One entry of the mapping, by the first of ``keys`` that it has."""
        node, module = given.value.node, given.value.module
        fields = [v for v in self.resolver.resolve(given.value) if isinstance(v, Fields)]
        present = [text_of(entry.key) for value in fields for entry in value.entries]
        key = next((k for k in keys if k in present), keys[0])
        if isinstance(node, s.Dict):
            for item in reversed(node.items):
                if isinstance(item.key, s.Str) and item.key.value == key:
                    return (item.value,)
            raise NoAnswer("sdk-call-unknown", given.value, f"it has no {key}")
        for arg in node.args if isinstance(node, s.Call) and _is_dict(node) else ():
            if arg.keyword == key:
                return (arg.value,)
        quote = module.quote()
        return (f"{self._base(given)}[{quote}{key}{quote}]",)

    def _base(self, given: Given) -> str:
        """The mapping as an expression that may be written twice."""
        node, module = given.value.node, given.value.module
        if isinstance(node, s.Name | s.Attribute | s.Subscript):
            self.changes.keep(module, node, given.written.node)
            return module.snippet(node)
        name = free_name(module, "auth")
        statement = module.statement(node)
        if node not in self.changes.adopted:
            if not isinstance(statement, s.Assign | s.ExprStmt | s.Return):
                raise NoAnswer(
                    "sdk-call-unknown", given.value, "this mapping is made inside another statement"
                )
            self.changes.insert(module, statement, f"{name} = ", node)
        return name

    def _trimmed(self, given: Given, inner: SdkInner) -> None:
        """Take what only the JWT credential needed out of a dictionary that serves this call alone."""
        for value in self.resolver.resolve(given.value):
            if not isinstance(value, Fields):
                continue
            if not is_program(value.site.module.path):
                self._unfilled(value, inner)
                continue
            made = value.site.node
            if made is given.value.node or not (isinstance(made, s.Dict) or _is_dict(made)):
                continue
            asked = {name for names in inner.fields.values() for name in names.split("|")}
            for use in self.forward.uses(value.site):
                look = use.parent if isinstance(use.parent, s.Subscript) else None
                read = look is not None and look.value is use.node
                if not read and use.parent is not given.written.node:
                    return
                if look is not None and read:
                    asked.add(str(look.index.value) if isinstance(look.index, s.Str) else "")
            for entry in value.entries:  # also those of ``auth["private_key_data"] = …``
                if isinstance(entry.site.node, s.Item | s.Arg | s.Assign) and (
                    text_of(entry.key) in inner.keys or _is_idle(entry, asked)
                ):
                    self.changes.remove(entry.site.module, entry.site.node)

    def _unfilled(self, value: Fields, inner: SdkInner) -> None:
        """``config["private_key_data"] = file.read()`` of a mapping from a file, for this call alone."""
        for entry in value.entries:
            made, key = entry.site.node, text_of(entry.key)
            if not isinstance(made, s.Assign) or key not in inner.keys:
                continue
            modules = (module for module in self.resolver.world if not self.resolver.is_test(module))
            said = [node for module in modules for node in module.each(s.Str) if node.value == key]
            if all(made.span.holds(node.span) for node in said):
                self.changes.remove(entry.site.module, made)


def _is_idle(entry: Entry, asked: Collection[str]) -> bool:
    """``"org_id": org`` that only the call took, and of which it has one anyway?"""
    node = entry.site.node
    plain = isinstance(node, s.Item) and isinstance(node.value, s.Name | s.Attribute | s.Subscript | s.Str)
    return plain and "" not in asked and text_of(entry.key) not in asked


def _is_dict(node: s.Node) -> bool:
    """``dict(api_key=…)``"""
    return isinstance(node, s.Call) and isinstance(node.func, s.Name) and node.func.id == "dict"


def _is_made(value: Fields) -> bool:
    """Is it ``dict(org_id=…, secret=…)``, and nothing else?"""
    node = value.site.node
    return isinstance(node, s.Call) and [entry.site.node for entry in value.entries] == list(node.args)


def _key_of(looked: s.Subscript) -> str | None:
    return str(looked.index.value) if isinstance(looked.index, s.Str) else None


def _takes_anything(function: s.FuncDef) -> bool:
    """``def nothing(**_): …``: does it not mind what it is given?"""
    rest = next((param.name for param in function.params if param.kind == "**"), None)
    names = {node.id for node in s.walk(function.body) if isinstance(node, s.Name)}
    return rest is not None and rest not in names

"""Replace the request by Authlib's session, in the one form that IMS takes.

``scope`` is a comma-joined string; ``token_endpoint``, ``client_secret_post`` and ``grant_type`` go
in the constructor (facts about Authlib 1.9: its defaults send a Basic header, join lists by spaces
and lose the grant on renewal).
"""

from __future__ import annotations

from ...model import Span
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Entry, Fields, Site, text_of
from ..prose.remarks import remove_silencer
from ..rendering import is_about_the_flow
from ..resolve import Resolver
from ..roles.exchange import Exchange, Form
from ..roles.replies import Replies
from ..settings.setting import Setting, quote_beside, room_in
from ..writing.answers import NoAnswer, indent_of
from ..writing.changes import Changes, Template
from .obstacles import PASSED_ON


class SessionWriter:
    """Writes the session of one exchange into ``changes``."""

    def __init__(
        self, resolver: Resolver, rules: Rules, changes: Changes, exchange: Exchange, replies: Replies
    ) -> None:
        self.resolver = resolver
        self.rules = rules
        self.changes = changes
        self.exchange = exchange
        self.replies = replies
        self.module = exchange.sender.module
        self.call = exchange.sender.call

    def write(self, setting: Setting) -> None:
        """Put the session before the request and the token where the reply was."""
        assert self.exchange.client.authlib is not None
        path, _, cls = self.exchange.client.authlib.rpartition(".")
        name = free_name(self.module, "oauth")
        local = self._class_name(path, cls)
        session = self._constructor(local, setting)
        statement = self.module.statement(self.call)
        direct = self._is_direct(statement)
        if direct != "inside" and isinstance(statement, s.Assign):
            remove_silencer(self.module, statement, self.changes)
        fetch: Template = (f"{name}.fetch_token(", *self._passed_on(), ")")
        token = self.replies.tokens[0]
        if direct == "inside":
            self.changes.insert(self.module, statement, f"{name} = ", *session)
            self.changes.replace(self.module, token.node, *fetch)
        elif direct == "later":
            self.changes.replace(self.module, statement, f"{name} = ", *self._indented(session, statement))
            self.changes.replace(self.module, token.node, *fetch)
        elif direct == "named":
            later = self.module.statement(token.node)
            named = self.module.text[later.span.start : token.node.span.start]
            self.changes.insert(self.module, statement, f"{name} = ", *session)
            self.changes.replace(self.module, statement, named, *fetch)
            self.changes.remove(self.module, later)
        else:
            self.changes.insert(self.module, statement, f"{name} = ", *session)
            self.changes.replace(self.module, self.call, *fetch)
            if isinstance(statement, s.Assign) and statement.annotation is not None:  # it was a reply's
                told = Span(statement.targets[0].span.end, statement.annotation.span.end)
                self.changes.patch(self.module, statement.annotation, told, "")
            for site in self.replies.tokens:
                self.changes.replace(self.module, site.node, self._reply_of(site))
        for check in self.replies.raises:
            self.changes.remove(check.module, check.module.statement(check.node))

    def _indented(self, template: Template, statement: s.Stmt) -> Template:
        indent = indent_of(self.module, statement.span.start)
        return tuple(t.replace("\n", "\n" + indent) if isinstance(t, str) else t for t in template)

    def _constructor(self, cls: str, setting: Setting) -> Template:
        fields = self.rules.provider.fields
        form = next(f for f in self.exchange.forms if f.entries(fields.assertion))
        unit = self.module.source.indent or "    "
        quote = quote_beside(form.entries(fields.assertion)[0].site)
        url = self.exchange.url_given
        assert url is not None
        made: list[str | s.Node] = [f"{cls}(\n"]
        for name in (fields.client_id, fields.client_secret):
            above, behind = self._remarks(form.entries(name)[-1])
            made += [f"{unit}{remark}\n" for remark in above]
            made += [unit, self._field(form, name), f",  {behind}\n" if behind else ",\n"]
        scope = self._scope(setting, unit)
        if self._nested(self._field(form, fields.client_id)) and quote not in scope:
            scope = scope.replace("'", quote)
        lines: list[Template] = [
            ("scope=", scope),
            ("token_endpoint=", url.value.node),
            (f"token_endpoint_auth_method={quote}client_secret_post{quote}",),
            (f"grant_type={quote}{self.rules.provider.grant}{quote}",),
        ]
        for line in lines:
            made += [unit, *line, ",\n"]
        return (*made, ")")

    def _remarks(self, entry: Entry) -> tuple[list[str], str]:
        """The comments above a field that has its line for itself, and the one behind it."""
        node, module = entry.site.node, entry.site.module
        if module is not self.module or not isinstance(node, s.Item | s.Arg):
            return [], ""
        texts = {module.position(c.span.start)[0]: c for c in module.source.comments}
        line, last = module.line(node), module.position(node.span.end)[0]
        if module.text[module.line_start(node.span.start) : node.span.start].strip():
            return [], ""
        above: list[str] = []
        number = line - 1
        while number in texts and not self._shares_line(texts[number]):
            above.insert(0, texts[number].text)
            number -= 1
        behind = texts.get(last)
        between = module.text[node.span.end : behind.span.start] if behind is not None else ""
        shown = behind.text if behind is not None and not between.strip(", \t") else ""
        return [a for a in above if not is_about_the_flow(a)], "" if is_about_the_flow(shown) else shown

    def _shares_line(self, comment: s.Comment) -> bool:
        start = self.module.line_start(comment.span.start)
        return bool(self.module.text[start : comment.span.start].strip())

    def _scope(self, setting: Setting, unit: str) -> str:
        statement = self.module.statement(self.call)
        indent = indent_of(self.module, statement.span.start) + unit
        return setting.lines(room_in(self.module) - len(indent) - len("scope=,"), unit, unit)

    def _field(self, form: Form, name: str) -> s.Node:
        value = form.content(form.entries(name)[-1])
        assert value is not None
        if self._nested(value.node):
            self._own_quotes(value.node)
        return value.node

    def _nested(self, node: s.Node) -> bool:
        """Did it stand in an f-string, where its literals had to take the other quotes?"""
        return any(isinstance(a, s.FString) for a in self.module.ancestors(node))

    def _own_quotes(self, node: s.Node) -> None:
        """Give literals the quotes of this file."""
        quote, text = self.module.quote(), self.module.text
        for inner in s.walk(node):
            if isinstance(inner, s.Str) and inner.quote in ("'", '"') and inner.quote != quote:
                start, end = inner.span.start + len(inner.prefix), inner.span.end
                if not set(text[start + 1 : end - 1]) & {quote, "\\"}:
                    self.changes.patch(self.module, inner, Span(start, start + 1), quote)
                    self.changes.patch(self.module, inner, Span(end - 1, end), quote)

    def _passed_on(self) -> list[str | s.Node]:
        made: list[str | s.Node] = []
        for arg in self.call.args:
            if arg.keyword not in PASSED_ON or (arg.keyword == "headers" and self._only_content_type(arg)):
                continue
            if made:
                made.append(", ")
            made.append(arg)
        return made

    def _only_content_type(self, arg: s.Arg) -> bool:
        """Headers that only say "this is a form" need not be said to Authlib."""
        for value in self.resolver.resolve(self.exchange.sender.at(arg.value)):
            if not isinstance(value, Fields) or value.open:
                return False
            names = {(text_of(e.key) or "?").lower() for e in value.entries}
            if not names <= {"content-type", "accept", "cache-control"}:
                return False
        return True

    def _is_direct(self, statement: s.Stmt) -> str:
        """``inside``: the reply is read in the statement of the request; ``later``: once, further down the
        same block, and nothing is done between the two; ``named``: something is done between, and all that
        comes then is that the reply gets another name; else ``kept``."""
        if len(self.replies.tokens) != 1:
            return "kept"
        token = self.replies.tokens[0]
        if any(a is token.node for a in self.module.ancestors(self.call)):
            return "inside"
        other = self.module.statement(token.node)
        simple = (
            isinstance(statement, s.Assign) and statement.value is self.call and len(statement.targets) == 1
        )
        local = simple and isinstance(statement, s.Assign) and isinstance(statement.targets[0], s.Name)
        between = self._between(statement, other)
        if not local or between is None or not isinstance(other, s.Assign | s.Return | s.ExprStmt):
            return "kept"
        checks = {self.module.statement(check.node) for check in self.replies.raises}
        done = [each for each in between if each not in checks]
        if not done:
            return "later"
        beside = self.module.parents[other] is self.module.parents[statement]
        return "named" if beside and self._names_only(other, token.node, done) else "kept"

    def _between(self, statement: s.Stmt, other: s.Stmt) -> list[s.Stmt] | None:
        """What is done between the two in one block, or in the ``try`` that begins with ``other`` there."""
        block, home = self.module.parents[statement], self.module.parents[other]
        around = self.module.parents[home]
        before: tuple[s.Stmt, ...] = ()
        if isinstance(around, s.Try) and home is around.body and self.module.parents[around] is block:
            before = around.body.body[: around.body.body.index(other)]
            other = around
        if not isinstance(block, s.Block) or self.module.parents[other] is not block:
            return None
        return [*block.body[block.body.index(statement) + 1 : block.body.index(other)], *before]

    def _names_only(self, other: s.Stmt, token: s.Node, between: list[s.Stmt]) -> bool:
        """Is ``other`` the token's ``name = …``, of a name that nothing ``between`` speaks of?"""
        if not isinstance(other, s.Assign) or other.value is not token or len(other.targets) != 1:
            return False
        target = other.targets[0]
        return isinstance(target, s.Name) and not any(
            isinstance(inner, s.Name) and inner.id == target.id for each in between for inner in s.walk(each)
        )

    def _reply_of(self, site: Site) -> s.Node:
        """``r`` in ``r.json()``, ``json.loads(r.text)``."""
        for inner in s.walk(site.node):
            if isinstance(inner, s.Attribute):
                reply = self.exchange.client.reply
                if inner.attr in (*reply.json, *reply.text, *reply.content):
                    return inner.value
        raise NoAnswer("reply-unknown", site)

    # -- the import -----------------------------------------------------------------------------------

    def _class_name(self, path: str, cls: str) -> str:
        """The local name of Authlib's session, imported if it is not yet."""
        for name, bindings in self.module.scopes.module.bindings.items():
            for binding in bindings:
                parent = self.module.parents.get(binding.node)
                if (
                    binding.kind == "import"
                    and isinstance(binding.node, s.Alias)
                    and (
                        isinstance(parent, s.ImportFrom)
                        and parent.module == path
                        and binding.node.name == cls
                    )
                ):
                    return name
        local = cls if cls not in self.module.scopes.module.bindings else f"Adobe{cls}"
        suffix = "" if local == cls else f" as {local}"
        said, beside = f"from {path} import {cls}{suffix}", self._own_import()
        if beside is not None:
            self.changes.add_import_beside(self.module, said, beside)
        else:
            self.changes.add_import(self.module, said, path, self.exchange.client.name)
        return local

    def _own_import(self) -> s.Stmt | None:
        """``import requests`` in the function that sends, which may run without the rest of its module."""
        sender = self.exchange.sender.node
        root: s.Node = sender.func if isinstance(sender, s.Call) else sender
        while isinstance(root, s.Attribute | s.Call):
            root = root.func if isinstance(root, s.Call) else root.value
        function = self.module.function(sender)
        for binding in self.module.scopes.bindings_of(root) if isinstance(root, s.Name) else ():
            statement = self.module.parents.get(binding.node) if binding.kind == "import" else None
            if function is not None and isinstance(statement, s.Stmt) and statement in function.body.body:
                return statement
        return None


def free_name(module: Module, wish: str, at: s.Node | None = None) -> str:
    """``wish``, or a variation of it that nothing in ``module`` uses, or in the function around ``at``."""
    functions = [a for a in module.ancestors(at) if isinstance(a, s.FuncDef)] if at is not None else []
    nodes = s.walk(functions[-1]) if functions else module.each(s.Name)
    taken = {n.id for n in nodes if isinstance(n, s.Name)}
    taken |= {param.name for function in functions for param in function.params}
    taken |= set(module.scopes.module.bindings)
    for name in (wish, f"{wish}_session", f"ims_{wish}", f"adobe_{wish}"):
        if name not in taken:
            return name
    return f"{wish}2"

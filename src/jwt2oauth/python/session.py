"""Replace the request by Authlib's session, in the one form that IMS takes.

``scope`` is a comma-joined string; ``token_endpoint``, ``client_secret_post`` and ``grant_type`` go
in the constructor (facts about Authlib 1.9: its defaults send a Basic header, join lists by spaces
and lose the grant on renewal).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Span
from ..rules.tables import Rules
from . import syntax as s
from .answers import NoAnswer, indent_of
from .changes import Changes, Template
from .exchange import Exchange, Form
from .index import Module
from .remarks import remove_silencer
from .rendering import is_about_the_flow
from .replies import WHOLE, Reader, Replies
from .resolve import Resolver, argument_of
from .setting import Setting, quote_beside, room_in
from .trace import label_of, place
from .values import Entry, Fields, Site, name_of, text_of

PASSED_ON = frozenset(
    {"timeout", "verify", "proxies", "cert", "headers", "allow_redirects", "cookies", "hooks", "stream"}
)
"""Arguments of a request that ``fetch_token`` hands to its session (Authlib 1.9, SESSION_REQUEST_PARAMS)."""


_REFUSED = frozenset({"OSError", "IOError", "EnvironmentError"})
"""What requests' HTTPError is, and authlib's OAuthError is not."""
_NO_TOKEN = frozenset(
    {"KeyError", "LookupError", "TypeError", "AttributeError", "ValueError", "JSONDecodeError"}
)
"""What reading a token out of a refusal, or of a page of HTML, leads to."""


def obstacles(
    exchange: Exchange, replies: Replies, reader: Reader, resolver: Resolver, rules: Rules
) -> list[str]:
    """Why the customer's client must stay; empty where Authlib changes nothing that matters."""
    return list(_obstacles(exchange, replies, reader, resolver, rules))


def _obstacles(
    exchange: Exchange, replies: Replies, reader: Reader, resolver: Resolver, rules: Rules
) -> Iterator[str]:
    node = exchange.sender.node
    assert isinstance(node, s.Call)
    if exchange.client.authlib is None:
        yield f"Authlib would change how {exchange.client.name} behaves"
        return
    if exchange.maker.node is not node:
        yield "the request is made apart from its sending"
    if exchange.sender.ctx:
        yield f"the request goes through a function that others use as well ({place(exchange.sender).label})"
    if exchange.call.session:
        yield f"the session and what is configured on it stay in use ({place(exchange.sender).label})"
    elif _is_handed_in(exchange.sender, node.func):
        yield f"callers may hand in what sends the request ({place(exchange.sender).label})"
    around = exchange.sender.module.parents[node]
    if isinstance(around, s.Call) and resolver.relayed(exchange.sender.module, around) is node:
        partly = not set(node.args) <= set(around.args)
        how = (
            "some of its arguments are filled in elsewhere"
            if partly
            else "the request is sent by another thread"
        )
        yield f"{how} ({place(exchange.sender).label})"
    if exchange.call.is_async:
        yield "the request is asynchronous"
    yield from _reply(exchange, replies, reader, rules)
    yield from _handlers(exchange, replies, resolver)
    yield from _places(exchange)
    yield from _fields(exchange, rules)
    for rival in (name for need in rules.dependencies.needs for name in need.not_with):
        if any(m.startswith(rival.replace("-", "_")) for m in _imports(resolver)):
            yield together(rival)


def _is_handed_in(site: Site, func: s.Expr) -> bool:
    """``http.post(…)`` with ``http=requests`` among the parameters."""
    while isinstance(func, s.Attribute):
        func = func.value
    if not isinstance(func, s.Name) or func.id in ("self", "cls"):
        return False
    return any(b.kind == "param" for b in site.module.scopes.bindings_of(func))


def together(rival: str) -> str:
    """Say why Authlib cannot be used beside another distribution."""
    return f"{rival} and Authlib cannot be installed together"


def _reply(exchange: Exchange, replies: Replies, reader: Reader, rules: Rules) -> Iterator[str]:
    """What is done with the reply that a token alone cannot do."""
    module, node = exchange.sender.module, exchange.sender.node
    if replies.others:
        site, what = replies.others[0]
        names = ", ".join(dict.fromkeys(w for _, w in replies.others))
        used = f"{names} of the reply {'is' if names == what else 'are'}"
        yield f"{f'{WHOLE} is' if what == WHOLE else used} used ({place(site).label})"
    if not replies.tokens:
        yield "the reply is not read as a token here"
    for token in replies.tokens:
        if token.module is not module or token.module.function(token.node) is not module.function(node):
            yield f"the reply is read in another function ({place(token).label})"
            break
    for use, name in reader.fields_used(replies.tokens):
        if name not in (rules.provider.token_field, rules.provider.lifetime_field, "token_type"):
            shown = f"{name.removeprefix('?')} of the reply" if name.strip("?") else "the reply as a whole"
            yield f"{shown} is used ({label_of(use.module, use.node)})"
            break


def _handlers(exchange: Exchange, replies: Replies, resolver: Resolver) -> Iterator[str]:
    """Code that handles what only this client raises, or a reply without a token."""
    module, node = exchange.sender.module, exchange.sender.node
    for ancestor in module.ancestors(node):
        if isinstance(ancestor, s.FuncDef):
            break
        if isinstance(ancestor, s.Try) and any(a is ancestor.body for a in module.ancestors(node)):
            for handler in ancestor.handlers:
                for name in _exceptions(module, handler):
                    if name not in ("Exception", "BaseException", ""):
                        yield f"{name} of it is handled ({label_of(module, handler)})"
    yield from _callers_handle(exchange, resolver, refused=bool(replies.raises))
    library = exchange.client.name
    for other in resolver.world:
        for kind in (s.Attribute, s.Name):
            for inner in other.nodes.get(kind, ()):
                for value in _library_exception(other, inner, resolver, library):
                    yield f"{value} is named ({label_of(other, inner)})"
                    return


def _callers_handle(exchange: Exchange, resolver: Resolver, *, refused: bool) -> Iterator[str]:
    """Who calls the login and handles what a reply without a token leads to, or an HTTPError as OSError."""
    names = _REFUSED if refused else _NO_TOKEN
    calls, seen = [Site(exchange.sender.module, exchange.sender.node)], set[s.Node]()
    while calls:
        call = calls.pop()
        function = call.module.function(call.node)
        if function is None or function in seen or resolver.is_test(call.module):
            continue
        seen.add(function)
        for outer in resolver.callers(call.module, function):
            calls.append(outer)
            for handler in _around(outer):
                for name in _exceptions(outer.module, handler):
                    if name.rpartition(".")[2] in names:
                        yield f"{name} of it is handled ({label_of(outer.module, handler)})"
                        return


def _around(site: Site) -> Iterator[s.Handler]:
    """The handlers of the ``try`` blocks around a call, in its own function."""
    above: s.Node = site.node
    for ancestor in site.module.ancestors(site.node):
        if isinstance(ancestor, s.FuncDef):
            return
        if isinstance(ancestor, s.Try) and above is ancestor.body:
            yield from ancestor.handlers
        above = ancestor


def _library_exception(module: Module, node: s.Node, resolver: Resolver, library: str) -> list[str]:
    last = node.attr if isinstance(node, s.Attribute) else node.id if isinstance(node, s.Name) else ""
    if not last.endswith(("Error", "Exception", "Timeout", "exceptions")) or library not in module.text:
        return []
    names = [name_of(v) or "" for v in resolver.resolve(Site(module, node))]
    return [n for n in names if n.startswith(library + ".") and n != library + ".exceptions"]


def _exceptions(module: Module, handler: s.Handler) -> list[str]:
    if handler.type is None:
        return [""]
    types = handler.type.items if isinstance(handler.type, s.Sequence) else (handler.type,)
    return [module.snippet(t) for t in types]


def _places(exchange: Exchange) -> Iterator[str]:
    module, node = exchange.sender.module, exchange.sender.node
    statement = module.statement(node)
    if not isinstance(statement, s.Assign | s.Return | s.ExprStmt | s.AugAssign):
        yield f"the request is made inside another statement ({place(exchange.sender).label})"
        return
    for ancestor in module.ancestors(node):
        if ancestor is statement:
            break
        if isinstance(ancestor, s.Lambda | s.Comprehension | s.Choice | s.Bool):
            yield f"the request is made inside another expression ({place(exchange.sender).label})"
            return
    block = module.parents.get(statement)
    if isinstance(block, s.Block) and (block.inline or not _begins_line(module, statement)):
        yield f"the request shares its line with other code ({place(exchange.sender).label})"


def _fields(exchange: Exchange, rules: Rules) -> Iterator[str]:
    fields = rules.provider.fields
    node = exchange.sender.node
    assert isinstance(node, s.Call)
    carriers = [f for f in exchange.forms if f.entries(fields.assertion)]
    if any(f.how == "url" for f in carriers):
        yield "the fields leave the URL, which changes the request enough"
        return
    if len(carriers) != 1:
        yield "what is sent is put together from several forms"
        return
    form = carriers[0]
    known = {fields.client_id, fields.client_secret, fields.assertion}
    names = [text_of(e.key) for e in form.fields.entries]
    if form.fields.open or set(names) != known or len(names) != 3 or form.how == "json":
        yield f"more than the three fields of the exchange is sent ({place(exchange.sender).label})"
        return
    for entry in form.fields.entries:
        if entry.value is None or (text_of(entry.key) != fields.assertion and not _can_move(entry, exchange)):
            yield f"what is sent is put together elsewhere ({place(entry.site).label})"
            return
    described = [
        exchange.call.method,
        exchange.call.url,
        exchange.call.form,
        exchange.call.query,
        exchange.call.multipart,
    ]
    used = {id(a) for a in (argument_of(node, d) for d in described) if a is not None}
    for arg in node.args:
        if id(arg) in used:
            continue
        if arg.star or arg.keyword not in PASSED_ON:
            name = arg.keyword or "an argument"
            yield f"{name} is passed to it ({place(exchange.sender).label})"
            return


def _can_move(entry: Entry, exchange: Exchange) -> bool:
    """May the expression of a field be evaluated where the request is made?"""
    site = entry.value
    assert site is not None
    module = exchange.sender.module
    if site.module is not module or not isinstance(site.node, s.Expr) or site.node not in module.parents:
        return False
    if any(a is exchange.sender.node for a in module.ancestors(site.node)):
        return True
    if module.function(site.node) is not module.function(exchange.sender.node):
        return False
    scope = module.scope(exchange.sender.node)
    for inner in s.walk(site.node):
        if isinstance(inner, s.Call | s.Await | s.Yield | s.Walrus) and not _reads(module, inner):
            return False
        if isinstance(inner, s.Name) and len(scope.bindings.get(inner.id, ())) > 1:
            return False
    return True


def _reads(module: Module, node: s.Node) -> bool:
    return isinstance(node, s.Call) and module.snippet(node.func).endswith((".get", "getenv", "str"))


def _imports(resolver: Resolver) -> list[str]:
    found = []
    for module in resolver.world:
        for node in (*module.nodes.get(s.Import, ()), *module.nodes.get(s.ImportFrom, ())):
            if isinstance(node, s.Import):
                found += [a.name for a in node.aliases]
            elif isinstance(node, s.ImportFrom):
                found.append(node.module)
    return found


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
        assert isinstance(exchange.sender.node, s.Call)
        self.call = exchange.sender.node

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
        self.changes.add_import(
            self.module, f"from {path} import {cls}{suffix}", path, self.exchange.client.name
        )
        return local


def free_name(module: Module, wish: str) -> str:
    """``wish``, or a variation of it that nothing in ``module`` uses."""
    taken = {n.id for n in module.nodes.get(s.Name, ()) if isinstance(n, s.Name)}
    taken |= set(module.scopes.module.bindings)
    for name in (wish, f"{wish}_session", f"ims_{wish}", f"adobe_{wish}"):
        if name not in taken:
            return name
    return f"{wish}2"


def _begins_line(module: Module, node: s.Stmt) -> bool:
    start = module.text.rfind("\n", 0, node.span.start) + 1
    return not module.text[start : node.span.start].strip()

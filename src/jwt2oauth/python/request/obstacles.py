"""Why the customer's HTTP client must stay: what Authlib in its place would change for the program."""

from __future__ import annotations

from collections.abc import Iterator

from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Entry, Function, Site, name_of, text_of
from ..following.forward import Forward, Use
from ..resolve import Resolver, argument_of
from ..roles.exchange import Exchange
from ..roles.replies import WHOLE, Replies, ReplyReader
from ..roles.trace import label_of, place
from ..writing.answers import own_line

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
    exchange: Exchange, replies: Replies, reader: ReplyReader, resolver: Resolver, rules: Rules
) -> list[str]:
    """Why the customer's client must stay; empty where Authlib changes nothing that matters."""
    return list(_obstacles(exchange, replies, reader, resolver, rules))


def _obstacles(
    exchange: Exchange, replies: Replies, reader: ReplyReader, resolver: Resolver, rules: Rules
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
    yield from _handlers(exchange, replies, reader.forward)
    yield from _asked_for(exchange, replies, reader, rules.provider.token_field)
    yield from _places(exchange)
    yield from _fields(exchange, rules)
    for rival in (name for need in rules.dependencies.needs for name in need.not_with):
        if any(m.startswith(rival.replace("-", "_")) for m in _imports(resolver)):
            yield together(rival)


def _is_handed_in(site: Site, func: s.Expr) -> bool:
    """``http.post(…)`` with ``http=requests`` among the parameters, or kept from there: ``self.http``."""
    names: list[str] = []
    while isinstance(func, s.Attribute):
        names.append(func.attr)
        func = func.value
    if not isinstance(func, s.Name):
        return False
    if func.id in ("self", "cls"):
        return len(names) > 1 and _keeps_parameter(site, names[-1])
    return any(b.kind == "param" for b in site.module.scopes.bindings_of(func))


def _keeps_parameter(site: Site, name: str) -> bool:
    """``self.http = http`` in a method, ``http: Any = requests`` among a class's fields?"""
    module = site.module
    method = module.function(site.node)
    cls = module.class_of(method) if method is not None else None
    if cls is None:
        return False
    for stmt in s.walk(cls):
        if not isinstance(stmt, s.Assign) or stmt.value is None:
            continue
        for target in stmt.targets:
            is_field = stmt.annotation is not None and stmt in cls.body.body
            if is_field and isinstance(target, s.Name) and target.id == name:
                return True
            if isinstance(target, s.Attribute) and target.attr == name:
                loads = [n for n in s.walk(stmt.value) if isinstance(n, s.Name)]
                if any(b.kind == "param" for load in loads for b in module.scopes.bindings_of(load)):
                    return True
    return False


def together(rival: str) -> str:
    """Say why Authlib cannot be used beside another distribution."""
    return f"{rival} and Authlib cannot be installed together"


def _reply(exchange: Exchange, replies: Replies, reader: ReplyReader, rules: Rules) -> Iterator[str]:
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


def _handlers(exchange: Exchange, replies: Replies, forward: Forward) -> Iterator[str]:
    """Code that handles what only this client raises, or a reply without a token."""
    module = exchange.sender.module
    for handler in _around(exchange.sender):
        for name in _exceptions(module, handler):
            if name not in ("Exception", "BaseException", ""):
                yield f"{name} of it is handled ({label_of(module, handler)})"
    yield from _callers_handle(exchange, forward, refused=bool(replies.raises))
    library, resolver = exchange.client.name, forward.resolver
    for other in resolver.world:
        for inner in other.each(s.Attribute, s.Name):
            for value in _library_exception(other, inner, resolver, library):
                yield f"{value} is named ({label_of(other, inner)})"
                return


def _asked_for(exchange: Exchange, replies: Replies, reader: ReplyReader, field: str) -> Iterator[str]:
    """``reply.get("access_token")`` that is asked for after the login: a refusal is no error there."""
    calls, logins = [exchange.sender], dict[s.Node | None, list[int]]()
    while calls:
        call = calls.pop()
        function = call.module.function(call.node)
        if function not in logins and function is not None:
            calls += reader.forward.entries(call.module, function)
        logins.setdefault(function, []).append(call.node.span.end)
    for use, name in reader.fields_used(replies.tokens):
        got = use.module.parents.get(use.parent)
        if name != field or not isinstance(use.parent, s.Attribute) or not isinstance(got, s.Call):
            continue
        for end in reader.forward.uses(Site(use.module, got)):
            done = logins.get(end.module.function(end.node), ())
            if _is_tested(end) and any(login < end.node.span.start for login in done):
                yield f"a reply without {field} is handled ({label_of(end.module, end.node)})"
                return


def _is_tested(use: Use) -> bool:
    """``if not token``, ``if token is None``, ``x if token else y``, ``token or …``?"""
    above: s.Node = use.node
    for ancestor in use.module.ancestors(use.node):
        if isinstance(ancestor, s.If | s.While | s.Choice | s.Assert):
            return above is ancestor.test
        if isinstance(ancestor, s.Bool) and above is ancestor.left:
            return True
        if not isinstance(ancestor, s.Unary | s.Bool | s.Compare):
            return False
        above = ancestor
    return False


def _callers_handle(exchange: Exchange, forward: Forward, *, refused: bool) -> Iterator[str]:
    """Who calls the login and handles what a reply without a token leads to, or an HTTPError as OSError."""
    names = _REFUSED if refused else _NO_TOKEN
    calls, seen = [Site(exchange.sender.module, exchange.sender.node)], set[s.Node]()
    while calls:
        call = calls.pop()
        function = call.module.function(call.node)
        if function is None or function in seen or forward.resolver.is_test(call.module):
            continue
        seen.add(function)
        outside = list(forward.entries(call.module, function))
        calls += outside
        around = [outer.at(handler) for outer in outside for handler in _around(outer)]
        for site in (*around, *_decorating(call.module, function, forward.resolver)):
            assert isinstance(site.node, s.Handler)
            for name in _exceptions(site.module, site.node):
                if name.rpartition(".")[2] in names:
                    yield f"{name} of it is handled ({label_of(site.module, site.node)})"
                    return


def _decorating(module: Module, function: s.FuncDef, resolver: Resolver) -> Iterator[Site]:
    """The handlers in the project's own decorators of a function."""
    for decorator in function.decorators:
        bare = decorator.func if isinstance(decorator, s.Call) else decorator
        for value in resolver.resolve(Site(module, bare)):
            if isinstance(value, Function):
                inside = s.walk(value.node)
                yield from (Site(value.module, node) for node in inside if isinstance(node, s.Handler))


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
    if isinstance(block, s.Block) and (block.inline or not own_line(module, statement.span.start)):
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
        for node in module.each(s.Import, s.ImportFrom):
            if isinstance(node, s.Import):
                found += [a.name for a in node.aliases]
            elif isinstance(node, s.ImportFrom):
                found.append(node.module)
    return found

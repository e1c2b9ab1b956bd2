"""What tests expect to be posted: the assertion's field becomes the grant and the scopes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from urllib.parse import quote_plus

from ...model import Span
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Items, Site, Text
from ..request.forms import FormEditor
from ..resolve import Resolver, is_constant
from ..roles.exchange import Exchange
from ..writing.changes import Changes
from .checks import is_check, looks, posts_itself, test_around

_PARTS, _ENCODED = "multipart/form-data", "application/x-www-form-urlencoded"
FIELDS = 3
"""Fields of the exchange: the client's id, its secret and the assertion."""


class Posted:
    """Rewrites expectations in one plan's changes."""

    def __init__(
        self,
        resolver: Resolver,
        rules: Rules,
        changes: Changes,
        scopes: str | None,
        exchanges: Sequence[Exchange],
    ) -> None:
        self.resolver = resolver
        self.renamed = dict(_renamed(exchanges)) | changes.arguments
        """The argument in which the fields went out before, where it was not the body → the one now."""
        self.in_parts = any(form.how == "multipart" for x in exchanges for form in x.forms)
        self.queried = any(form.how in ("query", "url") for x in exchanges for form in x.forms)
        self.forms = FormEditor(resolver, rules, changes)
        self.fields = rules.provider.fields
        self.grant = rules.provider.grant
        self.changes = changes
        self.scopes = scopes
        self.opened: list[Site] = []
        """Where the posted assertion was taken apart: gone, with the checks of its claims."""
        self._pair = re.compile(rf"(?<![\w-]){re.escape(self.fields.assertion)}=[^&\s]*")

    def rewrite(self, module: Module, others: Collection[s.FuncDef]) -> Iterator[s.Node]:
        """Change what can be changed in ``module``; gives the literals that are left.

        Not in tests of ``others``' requests.
        """
        for node in module.each(s.Str):
            text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
            if self.in_parts and text == _PARTS and isinstance(module.statement(node), s.Assert):
                self._become(module, node, node, _ENCODED)
            if self.fields.assertion not in text or self.changes.is_dead(module, node):
                continue
            if posts_itself(self.resolver, module, node, self.fields) or test_around(module, node) in others:
                continue
            if self.queried and _WAY.search(module.snippet(module.statement(node))):
                done = False
            elif text == self.fields.assertion:
                done = self._by_constant(module, node) or self._named(module, node, node)
            else:
                done = self._in_text(module, node, text)
            hides = _HIDES.search(module.snippet(module.statement(node))) is not None
            if not done and not hides and not self._is_of_another(module, node, text):
                yield node
        for arg in module.each(s.Arg):
            mine = arg.keyword == self.fields.assertion and not self.changes.is_dead(module, arg)
            if mine and not self._keyword(module, arg):
                yield arg

        for part in module.each(s.Subscript) if self.renamed else ():
            self._way(module, part)
            self._part(module, part)
        for call in module.each(s.Call):
            if isinstance(call.func, s.Name) and call.func.id == "len" and len(call.args) == 1:
                self._counted(module, call)

    def sought(self, module: Module) -> Iterator[s.Str]:
        """What a check looks for in the address and finds in the body from now on, the assertion left out."""
        for node in module.each(s.Str) if self.queried else ():
            if node.value not in (self.fields.client_id, self.fields.client_secret):
                continue
            stmt = module.statement(node)
            text = module.snippet(stmt)
            if not is_check(stmt) or self.fields.assertion in text or not _WAY.search(text):
                continue
            if not self.changes.is_dead(module, node) and not posts_itself(
                self.resolver, module, node, self.fields
            ):
                yield node

    def _is_of_another(self, module: Module, node: s.Str, text: str) -> bool:
        """A whole form without a client, ``"kid=1&jwt_token=x"``, or ``setattr(self, "jwt_token", x)``."""
        call = module.parents[module.parents[node]]
        if isinstance(call, s.Call) and s.last_name(call.func) in ("setattr", "getattr", "hasattr"):
            return True
        names = {pair.partition("=")[0] for pair in text.strip("&").split("&")} if "&" in text else set()
        item = module.parents[node]
        form = module.parents[item] if isinstance(item, s.Item) else None
        if isinstance(form, s.Dict):
            names = {str(self.resolver.spelled(module, each.key)) for each in form.items if each.key}
        return len(names) > 1 and not names & {self.fields.client_id, self.fields.client_secret}

    def _counted(self, module: Module, call: s.Call) -> None:
        """``assert len(form) == 3``, of what is asked for the assertion or what goes with it: one more."""
        form, number, function = call.args[0].value, self._other(module, call), module.function(call)
        if not isinstance(form, s.Name) or not isinstance(number, s.Const) or function is None:
            return
        if type(number.value) is not int or number.value < FIELDS or self.changes.is_dead(module, call):
            return
        sent = {self.fields.assertion, self.fields.client_id, self.fields.client_secret}
        asked = (n for n in s.walk(function) if isinstance(n, s.Subscript))
        ours = (n for n in asked if isinstance(n.value, s.Name) and n.value.id == form.id)
        if any(self.resolver.spelled(module, n.index) in sent for n in ours):
            self.changes.replace(module, number, str(number.value + 1))

    def _way(self, module: Module, node: s.Subscript) -> None:
        """``post.call_args.kwargs["files"]``: the argument that is the body's now."""
        index = node.index
        if not isinstance(index, s.Str) or index.value not in self.renamed:
            return
        if _CALLED.search(module.snippet(node.value)) and not self.changes.is_dead(module, node):
            self._become(module, index, index, self.renamed[str(index.value)])

    def _part(self, module: Module, node: s.Subscript) -> None:
        """``files["client_id"] == (None, "cid")``: a field of a form is the text alone."""
        if not isinstance(node.index, s.Str) or self.changes.is_dead(module, node):
            return
        other = self._other(module, node)
        content = _content(other) if other is not None else None
        if node.index.value not in (self.fields.client_id, self.fields.client_secret):
            return
        if other is not None and content is not None:
            self.changes.replace(module, other, content)
        elif self._is_of_part(module, node):
            self.changes.replace(module, module.parents[node], node)

    def _is_of_part(self, module: Module, node: s.Expr) -> bool:
        """``files["client_id"][1]``: the text of a part."""
        outer = module.parents[node]
        index = outer.index if isinstance(outer, s.Subscript) and outer.value is node else None
        return self.in_parts and isinstance(index, s.Const) and index.value == 1

    def _keyword(self, module: Module, arg: s.Arg) -> bool:
        """``form == dict(client_id=…, jwt_token=…)``, ``send.assert_called_with(client_id=…, …)``

        False where it is left for a person.
        """
        call = module.parents[arg]
        last = s.last_name(call.func) if isinstance(call, s.Call) else ""
        expects = last.startswith("assert_") or (last == "call" and is_check(module.statement(arg)))
        if not isinstance(call, s.Call) or not (expects or last == "dict"):
            return True
        beside = {other.keyword for other in call.args} & {self.fields.client_id, self.fields.client_secret}
        if not beside or self._is_list(Site(module, arg.value)):
            return True
        if self.scopes is not None:
            self.forms.expected(module, arg, self.scopes)
        return self.scopes is not None

    # -- the field's name ---------------------------------------------------------------------------

    def _by_constant(self, module: Module, node: s.Str) -> bool:
        """``ASSERTION = "jwt_token"``, and all that looks at what is posted under that name."""
        stmt = module.parents[node]
        target = stmt.targets[0] if isinstance(stmt, s.Assign) and len(stmt.targets) == 1 else None
        if not isinstance(target, s.Name) or not is_constant(target):
            return False
        bound = module.scope(stmt).bindings.get(target.id, [])
        uses = [use for b in bound for use in module.uses.get(b, ()) if not self.changes.is_dead(module, use)]
        if len(bound) != 1 or not uses:
            return False
        done = [isinstance(use, s.Expr) and self._named(module, use, node) for use in uses]
        if all(done):
            self.changes.remove(module, stmt)
        return all(done)

    def _named(self, module: Module, node: s.Expr, spelled: s.Str) -> bool:
        return (
            self._name(module, node, spelled)
            or self._opened(module, node)
            or self._looked_at(module, node, spelled)
        )

    def _name(self, module: Module, node: s.Expr, spelled: s.Str) -> bool:
        parent = module.parents[node]
        if isinstance(parent, s.Item) and parent.key is node:
            return self._item(module, parent)
        if isinstance(parent, s.Sequence) and self._paired(module, parent, node):
            return True
        if isinstance(parent, s.Sequence) and parent.kind in ("set", "list", "tuple"):
            return self._among_names(module, parent, node, spelled)
        if isinstance(parent, s.Compare) and parent.left is node and parent.ops in (("in",), ("not in",)):
            self._become(module, node, spelled, self.fields.grant_type)
            return True
        if isinstance(parent, s.Arg):
            return self._argument(module, parent, node, spelled)
        if isinstance(parent, s.Subscript) and parent.index is node:
            return self._compared(module, parent, node, spelled)
        return False

    def _item(self, module: Module, item: s.Item) -> bool:
        """``{"client_id": …, "jwt_token": …}`` in an expectation or a matcher."""
        parent = module.parents[item]
        assert isinstance(parent, s.Dict)
        names = {self.resolver.spelled(module, i.key) for i in parent.items}
        if not names & {self.fields.client_id, self.fields.client_secret} or self.scopes is None:
            return False
        parts = [(i.value, _content(i.value)) for i in parent.items]
        if any(content is not None for _, content in parts) and not self._in_body(module, parent):
            return False
        for value, content in parts:
            if content is not None and value is not item.value:
                self.changes.replace(module, value, content)
        listed = _content(item.value) is None and self._is_list(Site(module, item.value))
        self.forms.expected(module, item, self.scopes, listed=listed)
        self._in_body(module, parent)
        return True

    def _in_body(self, module: Module, form: s.Dict) -> bool:
        """``post.assert_called_once_with(url, files={…})``: it is the body's argument from now on."""
        arg = module.parents[form]
        call = module.call_of(arg)
        if not isinstance(arg, s.Arg) or arg.keyword not in self.renamed or call is None:
            return False
        last = s.last_name(call.func)
        if last == "call" or last.startswith("assert"):
            end = arg.span.start + len(arg.keyword)
            self.changes.patch(module, arg, Span(arg.span.start, end), self.renamed[arg.keyword])
            return True
        return False

    def _is_list(self, site: Site) -> bool:
        return any(isinstance(v, Items) for v in self.resolver.resolve(site))

    def _paired(self, module: Module, pair: s.Sequence, node: s.Expr) -> bool:
        """``[("client_id", "cid"), ("jwt_token", "signed")]``, as ``parse_qsl`` gives them"""
        form = module.parents[pair]
        if not isinstance(form, s.Sequence) or len(pair.items) != 2 or pair.items[0] is not node:
            return False
        if _is_hidden(module, form):
            return self._shown(module, form, pair)
        firsts = [each.items[0] for each in form.items if isinstance(each, s.Sequence) and each.items]
        names = {self.resolver.spelled(module, first) for first in firsts}
        if self.scopes is None or not names & {self.fields.client_id, self.fields.client_secret}:
            return False
        self.forms.expected(module, pair, self.scopes)
        return True

    def _among_names(self, module: Module, parent: s.Sequence, node: s.Expr, spelled: s.Str) -> bool:
        """``{"client_id", "client_secret", "jwt_token"} == set(form)``"""
        if _is_hidden(module, parent):
            return self._shown(module, parent, node)
        names = {self.resolver.spelled(module, i) for i in parent.items}
        if not names & {self.fields.client_id, self.fields.client_secret}:
            return False
        names_now = (_like(spelled, self.fields.grant_type), _like(spelled, self.fields.scope))
        self.changes.replace(module, node, ", ".join(names_now))
        return True

    def _shown(self, module: Module, hidden: s.Sequence, item: s.Expr) -> bool:
        """What takes its place is no secret: nobody need hide it."""
        if len(hidden.items) > 1:
            self.changes.remove(module, item)
        return True

    def _argument(self, module: Module, arg: s.Arg, node: s.Expr, spelled: s.Str) -> bool:
        """``assertIn("jwt_token", form)``, ``form.get("jwt_token") == "signed"``"""
        call = module.parents[arg]
        if not isinstance(call, s.Call) or call.args[0] is not arg:
            return False
        last = call.func.attr if isinstance(call.func, s.Attribute) else ""
        if last in ("assertIn", "assertNotIn"):
            self._become(module, node, spelled, self.fields.grant_type)
            return True
        if last == "get" and isinstance(module.parents[call], s.Unary | s.If | s.Bool | s.Assert):
            self._become(module, node, spelled, self.fields.grant_type)
            return True
        return last in ("get", "pop", "getlist") and self._compared(module, call, node, spelled)

    def _compared(self, module: Module, value: s.Expr, name: s.Expr, spelled: s.Str) -> bool:
        """``form["jwt_token"] == "signed"``, ``assertEqual(form["jwt_token"], "signed")``"""
        other = self._other(module, value)
        if other is None:
            return False
        expected = _like(spelled, self.grant)
        content = _content(other) if self.renamed else None  # (None, "signed")
        values = self.resolver.resolve(Site(module, content or other))
        if any(isinstance(v, Items) for v in values):
            expected = f"[{expected}]"
        elif not any(isinstance(v, Text) for v in values):
            return False
        self._become(module, name, spelled, self.fields.grant_type)
        self.changes.replace(module, other, expected)
        if self._is_of_part(module, value):
            self.changes.replace(module, module.parents[value], value)
        return True

    def _opened(self, module: Module, name: s.Expr) -> bool:
        """``claims = jwt.decode(form["jwt_token"][0], …)``, where at most checks look at the claims."""
        stmt = module.statement(name)
        call = stmt.value if isinstance(stmt, s.ExprStmt) else None
        alone = isinstance(call, s.Call) and s.last_name(call.func) == "decode"
        checks = [] if alone else looks(module, stmt)
        opens = any(isinstance(a, s.Call) and s.last_name(a.func) == "decode" for a in module.ancestors(name))
        if checks is None or not opens:
            return False
        for gone in (stmt, *checks):
            self.changes.remove(module, gone)
        self.opened.append(Site(module, stmt))
        return True

    def _looked_at(self, module: Module, name: s.Expr, spelled: s.Str) -> bool:
        """``assert form["jwt_token"].count(".") == 2``, ``assertTrue(form["jwt_token"])``: it asks for the
        grant instead."""
        value = module.parents[name]
        if not isinstance(value, s.Subscript) or value.index is not name:
            return False
        first = module.parents[value]
        listed = (
            isinstance(first, s.Subscript) and first.value is value and not self._is_of_part(module, value)
        )
        top: s.Node = value
        while isinstance(module.parents[top], s.Expr | s.Arg) and not _is_claim(module, top):
            top = module.parents[top]
        whole = [n for n in s.walk(top) if isinstance(n, s.Str) and n.value == self.fields.assertion]
        if not isinstance(top, s.Expr) or not _is_claim(module, top) or len(whole) > 1:
            return False
        key = _like(spelled, self.fields.grant_type)
        tail = f"[{key}]{'[0]' if listed else ''} == {_like(spelled, self.grant)}"
        self.changes.replace(module, top, value.value, tail)
        return True

    def _other(self, module: Module, value: s.Expr) -> s.Expr | None:
        """The other side of an equality."""
        parent = module.parents[value]
        if isinstance(parent, s.Subscript) and parent.value is value:
            # form["jwt_token"][0] == "signed"
            return self._other(module, parent)
        if isinstance(parent, s.Compare) and parent.ops == ("==",):
            return parent.rights[0] if parent.left is value else parent.left
        if isinstance(parent, s.Arg):
            call = module.parents[parent]
            if (
                isinstance(call, s.Call)
                and isinstance(call.func, s.Attribute)
                and call.func.attr in ("assertEqual", "assertEquals", "assertListEqual")
                and len(call.args) >= 2
                and parent in call.args[:2]
            ):
                return call.args[1 if parent is call.args[0] else 0].value
        return None

    def _become(self, module: Module, node: s.Expr, spelled: s.Str, text: str) -> None:
        """Put ``text`` where ``node`` stands, in the quotes in which it is ``spelled``."""
        self.changes.replace(module, node, _like(spelled, text))

    # -- a body in a text ---------------------------------------------------------------------------

    def _in_text(self, module: Module, node: s.Str, text: str) -> bool:
        """``"jwt_token=signed" in body``; a whole body keeps its order only with the customer's client."""
        pair = text.strip("&")  # body.endswith("&jwt_token=signed")
        match = self._pair.search(pair)
        if match is None or "&" in pair or match.span() != (0, len(pair)):
            return False
        value = match[0].partition("=")[2]
        new = f"{self.fields.grant_type}={quote_plus(self.grant) if value else ''}"
        parent = module.parents[node]
        if isinstance(parent, s.FString | s.Joined | s.Binary):
            return False
        end = module.call_of(parent)
        if end is not None and isinstance(end.func, s.Attribute) and end.func.attr in _ENDS:
            return self._anywhere(module, end, end.func.value, _like(node, new))
        if pair == text:
            self._become(module, node, node, new)
        return pair == text

    def _anywhere(self, module: Module, call: s.Call, body: s.Expr, pair: str) -> bool:
        """``body.endswith("jwt_token=signed")``: in which order a body goes out now is the client's thing."""
        if len(call.args) != 1 or isinstance(module.parents[call], s.Compare):
            return False
        self.changes.replace(module, call, f"{pair} in ", body)
        return True


def _like(spelled: s.Str, text: str) -> str:
    """``text`` in the quotes of another literal, as bytes if that is of bytes."""
    return f"{spelled.prefix}{spelled.quote}{text}{spelled.quote}"


def _renamed(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, str]]:
    for exchange in exchanges:
        body = exchange.call.form.keyword if exchange.call.form is not None else None
        for form in exchange.forms if body is not None else ():
            node = form.given.written.node
            if form.how not in ("form", "text") and isinstance(node, s.Arg) and node.keyword and body:
                yield node.keyword, body


def _content(value: s.Expr) -> s.Expr | None:
    """``"cid"`` of ``(None, "cid")``, as multipart has it"""
    items = value.items if isinstance(value, s.Sequence) and value.kind == "tuple" else ()
    none = len(items) >= 2 and isinstance(items[0], s.Const) and items[0].value is None
    return items[1] if none else None


_WAY = re.compile(
    r"\b(?:qs|querystring|query_string|query_param_matcher|QueryParams)\b|\.(?:url|query|params)\b"
)
"""What a test says that looks for fields in the address."""
_CALLED = re.compile(r"\bkwargs\b|\bcall_args\b|\bcall_args_list\b")
_ENDS = frozenset({"startswith", "endswith"})
_HIDES = re.compile(r"(?i)filter|redact|scrub|mask|hide|hidden|sensitive|deny|black_?list|block_?list")


def _is_claim(module: Module, node: s.Node) -> bool:
    """Is it what a test says to be true: ``assert node``, ``assert node and …``, ``assertTrue(node)``?"""
    parent = module.parents[node]
    if isinstance(parent, s.Bool):
        return parent.op == "and" and _is_claim(module, parent)
    if isinstance(parent, s.Assert):
        return parent.test is node
    call = module.call_of(parent)
    return call is not None and call.args[0] is parent and s.last_name(call.func) == "assertTrue"


def _is_hidden(module: Module, names: s.Sequence) -> bool:
    """``filter_post_data_parameters=["client_secret", "jwt_token"]``: what a recording must not show."""
    holder = module.parents[names]
    key = holder.key if isinstance(holder, s.Item) else None
    said = holder.keyword if isinstance(holder, s.Arg) else key.value if isinstance(key, s.Str) else None
    return isinstance(said, str) and _HIDES.search(said) is not None

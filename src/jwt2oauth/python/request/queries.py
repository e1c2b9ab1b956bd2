"""Fields that are written into a URL leave it, however it was put together, and become the form.

The address stays as the customer wrote it, up to the literal in which the query begins; what stands behind
that, in the same literal, f-string, sum, template or list, or under a name of its own, is cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from ...model import Span
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.formats import braces, percents
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import Entry, Lit, Param, Result, Site, Text, Value, chain, name_of, text_of
from ..following.effects import Effects
from ..following.fillers import filled_by
from ..following.forward import Forward
from ..resolve import Resolver, argument_of
from ..roles.exchange import Exchange, Form
from ..settings.setting import Setting, room_in
from ..writing.answers import NoAnswer, indent_of, own_line, separator_at
from ..writing.changes import Changes

WHY = "the fields are written into the URL"


_TYPE = "content-type"
_SAID = "{0}Content-Type{0}: {0}application/x-www-form-urlencoded{0}"


class Left(Enum):
    """What cutting leaves of an expression."""

    ALL = "the query does not begin in it"
    SOME = "the address"
    NOTHING = "it was the query alone"


class QueryMover:
    """Moves the query of one exchange; its edits go into ``changes``."""

    def __init__(self, resolver: Resolver, forward: Forward, rules: Rules, changes: Changes) -> None:
        self.resolver = resolver
        self.forward = forward
        self.effects = Effects(resolver, rules)
        self.provider = rules.provider
        self.quoting = frozenset(rules.values.quoting)
        self.changes = changes
        self._address = ""
        """The address without the query, as far as it is known."""

    def move(self, exchange: Exchange, form: Form, setting: Setting) -> None:
        """Cut the query off and give its fields as the form; raise ``NoAnswer`` where that cannot be done."""
        given, argument = exchange.url_given, exchange.call.form
        is_text = argument is None and (exchange.client.says_form or self._may_say_form(exchange))
        if is_text:
            argument = exchange.call.body
        elif argument is None and exchange.call.urlencoded:  # fields=…, encode_multipart=False
            argument = exchange.call.multipart
        if given is None or argument is None or argument.keyword is None:
            raise NoAnswer("form-unknown", exchange.entry, WHY)
        module, call = exchange.maker.module, exchange.maker.node
        assert isinstance(call, s.Call)
        if given.written.module is not module or module.parents.get(given.written.node) is not call:
            raise NoAnswer("form-unknown", given.written, WHY)
        marks = {self._mark(f) for f in exchange.forms if f.how == "url"}
        if len(marks) != 1:
            raise NoAnswer("form-unknown", given.written, WHY)
        start = given.written.node.span.start
        alone = own_line(module, start)
        indent = indent_of(module, start if alone else call.span.start)
        body = self._encoding(exchange, form, setting, indent) if is_text else ""
        body = body or self._body(exchange, form, setting, indent)
        if self._cut(given.value, marks.pop()) is not Left.SOME:
            raise NoAnswer("form-unknown", given.written, WHY)
        between = f",\n{indent}" if alone else ", "
        said = self._say_form(exchange, between) if is_text and not exchange.client.says_form else ""
        before = argument_of(call, argument)
        if before is not None:
            if not _is_nothing(before.value):
                raise NoAnswer("form-unknown", given.value.at(before.value), "something else is sent as well")
            self.changes.replace(module, before.value, body)
            return
        if argument is exchange.call.multipart:
            body += f"{between}{exchange.call.urlencoded}=False"
        end = given.written.node.span.end
        self.changes.patch(module, call, Span(end, end), f"{between}{argument.keyword}={body}{said}")

    def _may_say_form(self, exchange: Exchange) -> bool:
        """Has the call a body, and headers that are written in it and say nothing of what the body is?"""
        call, call_of = exchange.maker.node, exchange.call
        if (
            call_of.body is None
            or call_of.headers is None
            or call_of.urlencoded
            or not isinstance(call, s.Call)
        ):
            return False
        given = argument_of(call, call_of.headers)
        if given is None:
            return argument_of(call, call_of.body) is None
        items = given.value.items if isinstance(given.value, s.Dict) else ()
        names = [item.key.value for item in items if isinstance(item.key, s.Str)]
        return bool(items) and len(names) == len(items) and _TYPE not in [str(name).lower() for name in names]

    def _say_form(self, exchange: Exchange, between: str) -> str:
        """Name the type of the body among the headers; the headers themselves, where the call has none."""
        module, call, headers = exchange.maker.module, exchange.maker.node, exchange.call.headers
        assert isinstance(call, s.Call)
        assert headers is not None
        given, said = argument_of(call, headers), _SAID.format(module.quote())
        if given is None:
            return f"{between}{headers.keyword}={{{said}}}"
        assert isinstance(given.value, s.Dict)
        start = given.value.items[0].span.start
        self.changes.patch(module, given.value, Span(start, start), said + separator_at(module, start))
        return ""

    def join(self, exchange: Exchange, beside: Form, form: Form) -> None:
        """Cut the query off and put its fields at the head of the display of the ``form``."""
        given, site = exchange.url_given, form.fields.site
        first = site.node.items[0] if isinstance(site.node, s.Dict) and site.node.items else None
        alone = first is not None and own_line(site.module, first.span.start)
        if given is None or first is None or not alone or not self._near(exchange, site):
            raise NoAnswer("form-unknown", beside.given.written, WHY)
        pairs = [(text_of(entry.key), self._value(exchange, entry)) for entry in beside.fields.entries]
        if beside.fields.open or self._cut(given.value, self._mark(beside)) is not Left.SOME:
            raise NoAnswer("form-unknown", given.written, WHY)
        between = ",\n" + indent_of(site.module, first.span.start)
        start, quote = first.span.start, site.module.quote()
        lines = "".join(f"{quote}{name}{quote}: {value}{between}" for name, value in pairs)
        self.changes.patch(site.module, site.node, Span(start, start), lines)

    def _mark(self, form: Form) -> s.Node:
        """The literal in which the query begins."""
        for part in form.text.parts if form.text is not None else ():
            if isinstance(part, Lit) and "?" in part.text:
                assert form.text is not None
                self._address = form.text.fold("\0").partition("?")[0]
                return part.site.node
        raise NoAnswer("form-unknown", form.given.written, WHY)

    # -- the form -------------------------------------------------------------------------------------

    def _encoding(self, exchange: Exchange, form: Form, setting: Setting, indent: str) -> str:
        """``query.encode()`` for a client that takes bytes: what encodes the fields stays, for the body."""
        module, encoder = exchange.maker.module, form.fields.encoder
        if encoder is None or not isinstance(encoder.node, s.Call) or not self._near(exchange, encoder):
            raise NoAnswer("form-unknown", exchange.entry, WHY)
        node, call = encoder.node, exchange.maker.node
        holder = module.parents[node]
        bound = [each for each in module.bound_by(holder) if each.value is node and not each.unpack]
        for name in s.walk(call) if len(bound) == 1 else ():
            if isinstance(name, s.Name) and module.scopes.bindings_of(name) == frozenset(bound):
                self.changes.keep(module, name, call)
                return f"{name.id}.encode()"
        fields = self._body(exchange, form, setting, indent)
        self.changes.keep(module, node.func, call)
        return f"{module.snippet(node.func)}({fields}).encode()"

    def _body(self, exchange: Exchange, form: Form, setting: Setting, indent: str) -> str:
        module, call = exchange.maker.module, exchange.maker.node
        encoder = form.fields.encoder
        if encoder is not None and not self._near(exchange, encoder):
            if form.fields.open or form.fields.rest:
                raise NoAnswer("form-unknown", encoder, WHY)
        elif encoder is not None:  # a function of the project that is handed the fields is left out instead
            node = encoder.node
            given = node.args[0].value if isinstance(node, s.Call) and len(node.args) == 1 else None
            if isinstance(node, s.Call) and isinstance(given, s.Name):
                self.changes.keep(module, node.args[0], call)
                return module.snippet(given)
            written = isinstance(given, s.Dict | s.Sequence)
            if not written or form.fields.open or form.fields.rest:
                raise NoAnswer("form-unknown", encoder, WHY)
        fields = self.provider.fields
        pairs = []
        unit = module.source.indent or "    "
        inner = indent + unit
        quote = module.quote()
        room = room_in(module) - len(f'{inner}"{fields.scope}": ,')
        for entry in form.fields.entries:
            name = text_of(entry.key)
            if name == fields.assertion:
                pairs.append(f"{quote}{fields.grant_type}{quote}: {quote}{self.provider.grant}{quote}")
                pairs.append(f"{quote}{fields.scope}{quote}: {setting.lines(room, inner, unit)}")
                continue
            value = self._value(exchange, entry)
            pairs.append(f"{quote}{name}{quote}: {value}")
        return "{\n" + "".join(f"{inner}{pair},\n" for pair in pairs) + indent + "}"

    def _value(self, exchange: Exchange, entry: Entry) -> str:
        module, call = exchange.maker.module, exchange.maker.node
        site = self._filler(entry)
        if isinstance(site.node, s.Str) and not site.node.quote:
            return f"{module.quote()}{site.node.value!s}{module.quote()}"
        if isinstance(site.node, s.Str) and site.module is module:
            self.changes.keep(module, site.node, call)
            return module.snippet(site.node)
        if not self._near(exchange, site) or not self._may_move(module, site.node, call):
            raise NoAnswer("form-unknown", site, WHY)
        encoded = self._encoded(site)
        if encoded is None and any(self._is_encoded(value) for value in self.resolver.resolve(site)):
            raise NoAnswer("form-unknown", site, "it is written for a URL, and a form encodes it")
        if encoded is not None and encoded is not site.node:
            raise NoAnswer("form-unknown", site.at(encoded), "it is written for a URL, and a form encodes it")
        inner = encoded.args[0].value if encoded is not None else site.node
        self.changes.keep(module, inner, call)
        return module.snippet(inner)

    def _encoded(self, site: Site, depth: int = 4) -> s.Call | None:
        """``quote(secret)`` of an expression, or of the names in it: a form does the same by itself."""
        for node in s.walk(site.node):
            if isinstance(node, s.Call) and node.args and self._quotes(site.at(node.func)):
                return node
            bindings = site.module.scopes.bindings_of(node) if isinstance(node, s.Name) and depth else ()
            for value in (each.value for each in bindings if each.value is not None):
                found = self._encoded(site.at(value), depth - 1)
                if found is not None:
                    return found
        return None

    def _is_encoded(self, value: Value) -> bool:
        """Is it what ``quote`` gave, wherever that was called?"""
        if isinstance(value, Param):
            calls = self.resolver.callers(value.site.module, value.function)
            given = [arg for call in calls for arg in self.resolver.arguments(value, call)]
            return any(self._encoded(arg) is not None for arg in given)
        return any(isinstance(each, Result) and each.name in self.quoting for each in chain(value))

    def _quotes(self, func: Site) -> bool:
        return any(name_of(value) in self.quoting for value in self.resolver.resolve(func))

    def _filler(self, entry: Entry) -> Site:
        """The expression that fills the field where the query is written."""
        assert entry.value is not None
        if isinstance(entry.value.node, s.Str) and not entry.value.node.quote:
            return entry.value
        name = text_of(entry.key)
        filler = filled_by(self.forward, entry.site, f"{name}=") if name is not None else None
        return filler or entry.value

    def _near(self, exchange: Exchange, site: Site) -> bool:
        module = exchange.maker.module
        return site.module is module and module.function(site.node) is module.function(exchange.maker.node)

    def _may_move(self, module: Module, node: s.Node, to: s.Node) -> bool:
        """May an expression be evaluated at ``to``, in the same function, instead of where it stands?"""
        scope = module.scope(to)
        names = [inner.id for inner in s.walk(node) if isinstance(inner, s.Name)]
        waits = any(isinstance(inner, s.Await) for inner in s.walk(node))
        rebound = any(len(scope.bindings.get(name, ())) > 1 for name in names)
        return not waits and not rebound and self.effects.harmless(module, node)

    # -- the address ----------------------------------------------------------------------------------

    def _cut(self, site: Site, mark: s.Node) -> Left:
        """Cut the expression off where ``mark`` says that the query begins."""
        node = site.node
        if isinstance(node, s.Str):
            return self._literal(site.module, node) if node is mark else Left.ALL
        if isinstance(node, s.FString | s.Joined):
            return self._pieces(site, node, mark)
        if isinstance(node, s.Binary) and node.op == "+":
            return self._sum(site, node, mark)
        if isinstance(node, s.Binary) and node.op == "%":
            left = self._cut(site.at(node.left), mark)
            return self._arguments(site, node, node.left, left, mark)
        if isinstance(node, s.Call):
            return self._call(site, node, mark)
        if isinstance(node, s.Name):
            return self._name(site, node, mark)
        return Left.ALL

    def _literal(self, module: Module, node: s.Str) -> Left:
        raw = module.text[node.span.start : node.span.end]
        if not isinstance(node.value, str) or node.value.startswith("?"):
            return Left.NOTHING
        at = node.span.start + raw.index("?")
        self.changes.patch(module, node, Span(at, node.span.end - len(node.quote)), "")
        return Left.SOME

    def _pieces(self, site: Site, node: s.FString | s.Joined, mark: s.Node) -> Left:
        for index, part in enumerate(node.parts):
            left = self._cut(site.at(part.value if isinstance(part, s.Hole) else part), mark)
            if left is Left.ALL:
                continue
            kept = node.parts[: index + (left is Left.SOME)]
            if not kept:
                return Left.NOTHING
            self._keep(site.module, node, kept)
            return Left.SOME
        return Left.ALL

    def _keep(self, module: Module, node: s.FString | s.Joined, kept: tuple[s.Node, ...]) -> None:
        """Only the first parts of a text."""
        only = kept[0] if len(kept) == 1 and isinstance(node, s.FString) else None
        if isinstance(only, s.Hole) and only.plain and self._is_text(Site(module, only.value)):
            self.changes.reduce(module, node, only.value)
            return
        if isinstance(node, s.FString):
            holes = any(isinstance(part, s.Hole) for part in kept)
            prefix = node.prefix if holes else node.prefix.lower().replace("f", "")
            self.changes.replace(module, node, prefix + node.quote, *kept, node.quote)
            return
        template: list[str | s.Node] = []
        for before, part in zip((None, *kept), kept, strict=False):
            if before is not None:
                template.append(module.text[before.span.end : part.span.start])
            template.append(part)
        if len(kept) == 1 and isinstance(kept[0], s.Expr):
            self.changes.reduce(module, node, kept[0])
        else:
            self.changes.replace(module, node, *template)

    def _sum(self, site: Site, node: s.Binary, mark: s.Node) -> Left:
        left = self._cut(site.at(node.left), mark)
        if left is Left.ALL:
            left = self._cut(site.at(node.right), mark)
            if left is not Left.NOTHING:
                return left
        elif left is Left.NOTHING:
            return left
        self.changes.reduce(site.module, node, node.left)
        return Left.SOME

    def _call(self, site: Site, node: s.Call, mark: s.Node) -> Left:
        func = node.func
        if isinstance(func, s.Attribute) and func.attr == "format":
            return self._arguments(site, node, func.value, self._cut(site.at(func.value), mark), mark)
        if isinstance(func, s.Attribute) and func.attr == "join" and len(node.args) == 1:
            items = node.args[0].value
            return self._items(site, node, items, mark) if isinstance(items, s.Sequence) else Left.ALL
        if any(mark in set(s.walk(callee.node)) for callee in self.resolver.callees(site)):
            return self._given_to_helper(site, node)
        for arg in node.args:
            left = self._cut(site.at(arg.value), mark)
            if left is not Left.ALL:
                if left is Left.NOTHING or self.resolver.callees(site):
                    raise NoAnswer("form-unknown", site, WHY)
                return left
        return Left.ALL

    def _given_to_helper(self, site: Site, node: s.Call) -> Left:
        """``with_query(URL, client_id=…)``: the address is what a function of the project is handed."""
        for arg in node.args:
            values = self.resolver.resolve(site.at(arg.value)) if not arg.star else ()
            if any(isinstance(v, Text) and v.fold("\0") == self._address for v in values):
                self.changes.reduce(site.module, node, arg.value)
                return Left.SOME
        raise NoAnswer("form-unknown", site, WHY)

    def _items(self, site: Site, call: s.Call, items: s.Sequence, mark: s.Node) -> Left:
        """``"".join([IMS, "?client_id=", …])``"""
        for index, item in enumerate(items.items):
            left = self._cut(site.at(item), mark)
            if left is Left.ALL:
                continue
            kept = items.items[: index + (left is Left.SOME)]
            if len(kept) == 1 and self._is_text(site.at(kept[0])):
                self.changes.reduce(site.module, call, kept[0])
            elif kept:
                self._shorten(site.module, items, kept)
            return Left.SOME if kept else Left.NOTHING
        return Left.ALL

    def _arguments(
        self, site: Site, node: s.Binary | s.Call, template: s.Expr, left: Left, mark: s.Node
    ) -> Left:
        """A template that was cut off needs fewer arguments."""
        if left is Left.ALL:
            return self._last_argument(site, node, template, mark)
        if left is Left.NOTHING:
            return left
        parts = template.parts if isinstance(template, s.Joined) else (template,)
        if not all(isinstance(p, s.Str) and isinstance(p.value, str) for p in parts):
            raise NoAnswer("form-unknown", site, WHY)
        text = "".join(str(p.value) for p in parts if isinstance(p, s.Str)).split("?", 1)[0]
        split = percents if isinstance(node, s.Binary) else braces
        names = [field for _, field in split(text) if field is not None]
        only = _only(node, text)
        if only is not None and self._is_text(site.at(only)):
            self.changes.reduce(site.module, node, only)
        elif isinstance(node, s.Call):
            self._fewer(site, node, template, names)
        elif not names:
            self.changes.reduce(site.module, node, node.left)
        elif isinstance(node.right, s.Dict):
            for each in node.right.items:
                if isinstance(each.key, s.Str) and each.key.value not in names:
                    self.changes.remove(site.module, each)
        elif isinstance(node.right, s.Sequence) and "" in names:
            kept = node.right.items[: len(names)]
            if len(kept) == 1:
                self.changes.replace(site.module, node.right, kept[0])
            else:
                self._shorten(site.module, node.right, kept)
        return Left.SOME

    def _shorten(self, module: Module, items: s.Sequence, kept: Sequence[s.Expr]) -> None:
        """Only the first items of a list; what the others say may stand elsewhere now."""
        text, at = module.text, items.outer.start
        template: list[str | s.Node] = []
        for each in kept:
            template += [text[at : each.outer.start], each]
            at = each.outer.end
        self.changes.replace(module, items, *template, text[items.items[-1].outer.end : items.outer.end])

    def _is_text(self, site: Site) -> bool:
        """Is it a text as it is, which a template of nothing else need not make?"""
        values = self.resolver.resolve(site)
        return bool(values) and all(isinstance(value, Text) for value in values)

    def _fewer(self, site: Site, node: s.Call, template: s.Expr, names: list[str]) -> None:
        if not names:
            self.changes.reduce(site.module, node, template)
            return
        count = len([n for n in names if not n]) or len({n for n in names if n.isdigit()})
        placed = [a for a in node.args if a.keyword is None and not a.star]
        for arg in node.args:
            if arg in placed[count:] or (arg.keyword is not None and arg.keyword not in names):
                self.changes.remove(site.module, arg)

    def _last_argument(self, site: Site, node: s.Binary | s.Call, template: s.Expr, mark: s.Node) -> Left:
        """``"%s%s" % (url, query)``: the placeholders of what is the query alone go."""
        if isinstance(node, s.Binary):
            values = node.right.items if isinstance(node.right, s.Sequence) else (node.right,)
        else:
            values = tuple(a.value for a in node.args)
        for index, value in enumerate(values):
            left = self._cut(site.at(value), mark)
            if left is Left.SOME and index == len(values) - 1:
                return left
            plain = isinstance(template, s.Str) and template.value in ("%s%s", "{}{}", "{0}{1}")
            if left is Left.NOTHING and plain and index == 1 == len(values) - 1:
                self.changes.reduce(site.module, node, values[0])
                return Left.SOME
            if left is not Left.ALL:
                raise NoAnswer("form-unknown", site, WHY)
        return Left.ALL

    def _name(self, site: Site, node: s.Name, mark: s.Node) -> Left:
        """A name that holds the URL, or the query alone."""
        found = [b for b in site.module.scopes.bindings_of(node) if self._holds(site, b, mark)]
        if not found:
            return Left.ALL
        binding = found[0]
        if len(site.module.scopes.bindings_of(node)) > 1 or binding.value is None:
            raise NoAnswer("form-unknown", site, WHY)
        left = self._cut(site.at(binding.value), mark)
        if binding.kind == "aug" and left is Left.NOTHING:
            self.changes.remove(site.module, binding.node)
            return Left.SOME
        if left is Left.SOME and len(site.module.uses.get(binding, ())) > 1:
            raise NoAnswer("form-unknown", site.at(binding.node), WHY)
        return left

    def _holds(self, site: Site, binding: Binding, mark: s.Node) -> bool:
        """Is the query's beginning written in what is bound?"""
        if binding.kind not in ("assign", "aug") or binding.value is None or binding.unpack:
            return False
        values = self.resolver.resolve(site.at(binding.value))
        parts = [p for v in values if isinstance(v, Text) for p in v.parts]
        return any(isinstance(p, Lit) and p.site.node is mark for p in parts)


def _is_nothing(node: s.Expr) -> bool:
    """``data={}``, ``data=""``, ``data=None``"""
    if isinstance(node, s.Str | s.Const):
        return not node.value
    return (isinstance(node, s.Dict) and not node.items) or (isinstance(node, s.Sequence) and not node.items)


def _only(node: s.Binary | s.Call, text: str) -> s.Expr | None:
    """``url`` of ``"%s" % (url, …)`` or ``"{}".format(url, …)``"""
    if isinstance(node, s.Call):
        first = node.args[0] if node.args else None
        fits = first is not None and not first.star and text == f"{{{first.keyword or ''}}}"
        return first.value if fits and first is not None else None
    items = node.right.items if isinstance(node.right, s.Sequence) else ()
    return items[0] if items and text == "%s" else None

"""How the form of the token request travels: urlencoded, in the body, and said to be that."""

from __future__ import annotations

from ...model import Span
from ...rules.calls import Argument
from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Entry, Fields, Site, text_of
from ..following.forward import Forward
from ..resolve import Resolver
from ..resolve.shared import argument_for, argument_of, filtered, parted
from ..roles.exchange import Exchange, Form
from ..settings.setting import Setting
from ..writing.answers import NoAnswer, replace_in_literal
from ..writing.changes import Changes
from .queries import QueryMover

PARTS = {"content_type", "filename", "content_transfer_encoding"}
"""What ``form.add_field(…)`` says of a part of a multipart form."""


class Transport:
    """Puts the edits that change how one exchange sends its form into ``changes``."""

    def __init__(self, resolver: Resolver, rules: Rules, changes: Changes) -> None:
        self.resolver = resolver
        self.forward = Forward(resolver)
        self.rules = rules
        self.changes = changes

    def change(self, exchange: Exchange, form: Form, setting: Setting) -> list[str]:
        target = exchange.call.form
        if form.how == "url":
            mover = QueryMover(self.resolver, self.forward, self.rules, self.changes)
            mover.move(exchange, form, setting)
            return ["client_secret left the query string: it now travels in the body."]
        self._out_of_url(exchange, form)
        if form.how in ("form", "text"):
            return self._plain_additions(form)
        if form.how == "multipart" and form.fields.encoder is not None:
            return self._without_encoder(form)
        if form.how == "multipart" and exchange.call.urlencoded:
            return self._urlencoded(exchange, form)
        if target is None or target.keyword is None:
            sent = "they are sent as multipart, and this call has no way to send them urlencoded"
            raise NoAnswer("form-unknown", form.given.written, sent if form.how == "multipart" else "")
        taken = [f for f in exchange.forms if f.how in ("form", "text") and f.given != form.given]
        if taken:
            raise NoAnswer("form-unknown", form.given.written)
        self._renamed(exchange, form.given.written, target.keyword)
        if form.how == "query":
            return ["client_secret left the query string: it now travels in the body."]
        self._parts(form)
        return ["The request is an urlencoded form now, it was multipart."]

    def _out_of_url(self, exchange: Exchange, form: Form) -> None:
        """``url + "?client_id=" + ID`` beside the form that has the rest: its fields belong there as well."""
        fields = self.rules.provider.fields
        for beside in exchange.forms:
            if beside.how == "url" and any(map(beside.entries, (fields.client_id, fields.client_secret))):
                QueryMover(self.resolver, self.forward, self.rules, self.changes).join(exchange, beside, form)

    def _renamed(self, exchange: Exchange, written: Site, keyword: str) -> None:
        """Give an argument another name, where it is written, or where a wrapper is handed it."""
        module, node = written.module, written.node
        beside = _beside(module, node, exchange.call.form)
        if beside is not None:
            written, keyword = self._handed(exchange, written, beside)
            module, node = written.module, written.node
            if isinstance(node, s.Arg) and node.keyword is not None:
                self.changes.arguments[node.keyword] = keyword
        if self._is_shared(exchange, written):
            raise NoAnswer("form-unknown", written, "others send their requests there, too")
        if isinstance(node, s.Arg):
            start = node.span.start
            if node.keyword is None:
                self.changes.patch(module, node, Span(start, start), f"{keyword}=")
            else:
                self.changes.patch(module, node, Span(start, start + len(node.keyword)), keyword)
        elif isinstance(node, s.Item) and isinstance(node.key, s.Str):
            replace_in_literal(self.changes, written.at(node.key), str(node.key.value), keyword)
        else:
            raise NoAnswer("form-unknown", written)

    def _handed(self, exchange: Exchange, written: Site, beside: s.Arg) -> tuple[Site, str]:
        """``request(url, query=form)`` of ``def request(url, body=None, query=None)``: as what it is handed.

        The wrapper sends both, the one as ``written``, the other ``beside`` it.
        """
        function = written.module.function(written.node)
        node = written.node
        values = (node.value if isinstance(node, s.Arg) else None, beside.value)
        own = {param.name: param for param in function.params} if function is not None else {}
        ours, other = (own.get(value.id) if isinstance(value, s.Name) else None for value in values)
        for inner, call in exchange.sender.ctx:
            if inner is not function or ours is None or other is None or not isinstance(call.node, s.Call):
                continue
            for callee in self.resolver.callees(call):
                arg = argument_for(callee, call.node, ours) if callee.node is function else None
                free = arg is not None and argument_for(callee, call.node, other) is None
                if free and arg is not None and (arg.keyword is not None or arg is call.node.args[-1]):
                    return call.at(arg), other.name
        raise NoAnswer("form-unknown", written, "something else is sent as the form there")

    def _is_shared(self, exchange: Exchange, written: Site) -> bool:
        """Does an argument stand in a function of the project through which others send as well?"""
        function = written.module.function(written.node)
        entered = [call.node for f, call in exchange.sender.ctx if f is function]
        if function is None or not entered:
            return False
        if any(isinstance(node, s.ClassDef) for node in entered):
            return True  # other heirs send theirs there
        return len(self.resolver.callers(written.module, function)) > 1

    def _without_encoder(self, form: Form) -> list[str]:
        """``MultipartEncoder(fields={…})``: the fields alone."""
        assert form.fields.encoder is not None
        module, node = form.fields.encoder.module, form.fields.encoder.node
        if not isinstance(node, s.Call) or len(node.args) != 1:
            raise NoAnswer("form-unknown", form.fields.encoder)
        self._parts(form)
        self.changes.replace(module, node, node.args[0].value)
        return ["The request is an urlencoded form now, it was multipart."]

    def _plain_additions(self, form: Form) -> list[str]:
        """``form.add_field(name, value, content_type=…)`` would make it multipart: name and value alone."""
        found: list[str] = []
        for entry in form.fields.entries if form.fields.encoder is not None else ():
            node = entry.site.node
            for arg in node.args if isinstance(node, s.Call) else ():
                if arg.keyword in PARTS:
                    self.changes.remove(entry.site.module, arg)
                    found.append("The request is an urlencoded form now, it was multipart.")
        return found

    def _urlencoded(self, exchange: Exchange, form: Form) -> list[str]:
        """urllib3's ``fields`` are multipart unless it is told otherwise."""
        node, keyword = exchange.maker.node, exchange.call.urlencoded
        assert isinstance(node, s.Call)
        self._parts(form)
        if self.resolver.given(exchange.maker, Argument(keyword=keyword)) is not None:
            return []
        module, last = exchange.maker.module, node.args[-1].span
        line = module.text[module.line_start(last.start) : last.start]
        between = ", " if line.strip() else f",\n{line}"
        self.changes.patch(module, node, Span(last.end, last.end), f"{between}{keyword}=False")
        return ["The request is an urlencoded form now, it was multipart."]

    def _parts(self, form: Form) -> None:
        """``files={"client_id": (None, x)}``: the values alone."""
        if form.fields.parted is not None:
            self._whole(form.fields.parted)
        for entry in form.fields.entries:
            node = entry.value.node if entry.value is not None else None
            if entry.value is None or entry.site.node in self.changes.replaced:
                continue
            if isinstance(node, s.Sequence) and len(node.items) >= 2 and isinstance(node.items[0], s.Const):
                self.changes.replace(entry.value.module, node, node.items[1])

    def _whole(self, site: Site) -> None:
        """``{k: (None, v) for k, v in fields.items()}``: the fields as they are."""
        node = site.node
        assert isinstance(node, s.Comprehension)
        fields, value = filtered(node), parted(node)
        assert isinstance(fields, s.Expr)
        if node.clauses[0].tests and value is not None:
            self.changes.replace(site.module, node.value, value)
        elif isinstance(site.module.parents[node], s.Arg):
            self.changes.replace(site.module, node, fields)
        else:
            self.changes.replace(site.module, node, "dict(", fields, ")")

    def content_type(self, exchange: Exchange) -> None:
        """A content type that is wrong for a form goes."""
        if not any(f.how in ("multipart", "query", "url") for f in exchange.forms):
            return
        given = self.resolver.given(exchange.maker, exchange.call.headers)
        values = self.resolver.resolve(given.value) if given is not None else ()
        for value in values:
            if isinstance(value, Fields) and given is not None:
                wrong = [e for e in value.entries if self._is_wrong_type(e)]
                for entry in wrong:
                    self.changes.remove(entry.site.module, entry.site.node)
                whole = wrong and len(wrong) == len(value.entries) and len(values) == 1 and not value.open
                if whole and not self._is_shared(exchange, given.written):
                    self.changes.remove(given.written.module, given.written.node)

    def _is_wrong_type(self, entry: Entry) -> bool:
        """Does the header name a content type that is none of an urlencoded form?"""
        key = text_of(entry.key)
        if key is None or key.lower() != "content-type" or entry.value is None:
            return False
        if not isinstance(entry.site.node, s.Item | s.Assign | s.Sequence):
            return False
        shown = [text_of(v) or "" for v in self.resolver.resolve(entry.value)]
        return not any("x-www-form-urlencoded" in v for v in shown)


def _beside(module: Module, node: s.Node, form: Argument | None) -> s.Arg | None:
    """What the same call is given as the form already."""
    call = module.call_of(node)
    given = argument_of(call, form) if call is not None else None
    return given if given is not node else None

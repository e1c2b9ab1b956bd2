"""Keep the client, change the form that it sends: the grant and the scope in place of the assertion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Entry, Gap, Lit, Site, Text, text_of
from ..following.fillers import filled_by
from ..following.forward import Forward
from ..resolve import Resolver
from ..roles.exchange import Exchange, Form
from ..settings.setting import Setting, room_in
from ..writing.answers import NoAnswer, indent_of, own_line, replace_in_literal, separator_at
from ..writing.changes import Changes
from .form_objects import Records
from .transport import PARTS, Transport

_N = TypeVar("_N", bound=s.Node)


class FormEditor:
    """Puts the edits of one exchange into ``changes``."""

    def __init__(self, resolver: Resolver, rules: Rules, changes: Changes) -> None:
        self.resolver = resolver
        self.forward = Forward(resolver)
        self.provider = rules.provider
        self.changes = changes
        self.transport = Transport(resolver, rules, changes)
        self.records = Records(resolver, self.forward, changes)

    def form(self, exchange: Exchange, setting: Setting) -> list[str]:
        """Change what is sent; gives notes for the reviewer."""
        notes: list[str] = []
        name = self.provider.fields.assertion
        done: set[s.Node] = set()
        found = False
        for form in exchange.forms:
            for entry in form.entries(name):
                if entry.value is None or entry.site.node in done:
                    continue
                done.add(entry.site.node)
                found = True
                for each in exchange.forms:
                    self._make_room(each, entry.site.node)
                self._entry(form, entry, setting)
        if not found:
            raise NoAnswer("form-unknown", exchange.entry)
        for form in exchange.forms:
            if form.entries(name):
                notes += self.transport.change(exchange, form, setting)
        self.transport.content_type(exchange)
        return list(dict.fromkeys(notes))

    def _entry(self, form: Form, entry: Entry, setting: Setting) -> None:
        node = entry.site.node
        module = entry.site.module
        if form.how == "json":
            raise NoAnswer("form-unknown", entry.site)
        if form.how == "url" and form.fields.encoder is None:
            return  # the whole query moves
        if form.text is not None and isinstance(node, s.Str) and form.how in ("text", "url"):
            self._text_entry(form.text, entry, setting)
        elif isinstance(node, s.Item):
            self._item(module, node, setting)
        elif (cls := self.records.made_by(entry.site)) is not None:
            self.records.declare(entry.site, cls, self.provider.fields.assertion, self.provider.grant)
            if isinstance(node, s.Arg) and node.keyword is not None:
                self._argument(module, node, setting)
            else:
                self._positional(module, node, setting)
        elif isinstance(node, s.Arg) and node.keyword is not None:
            self._argument(module, node, setting)
        elif isinstance(node, s.Sequence) and len(node.items) == 2:
            if isinstance(module.parents[node], s.Sequence):
                self._pair(module, node, setting)
            else:
                self._appended(module, node, entry, setting)
        elif isinstance(node, s.Assign) and isinstance(node.targets[0], s.Subscript):
            self._store(module, node, node.targets[0], setting)
        elif isinstance(node, s.Call) and isinstance(module.parents.get(node), s.ExprStmt):
            self._addition(module, node, entry, setting)
        else:
            raise NoAnswer("form-unknown", entry.site)

    def _make_room(self, form: Form, mine: s.Node) -> None:
        """Take away what would be sent in place of our grant and scope, or beside them."""
        entries = form.fields.entries
        ours = next((at for at, entry in enumerate(entries) if entry.site.node is mine), len(entries))
        for place, other in enumerate(entries if ours < len(entries) else ()):
            module, node = other.site.module, other.site.node
            if text_of(other.key) not in ("grant_type", "scope") or node in self.changes.removed:
                continue
            statement, here = module.statement(node), mine in module.parents
            near = here and (
                module.parents[node] is module.parents[mine]
                or module.parents[statement] is module.parents[module.statement(mine)]
            )
            if near and not isinstance(node, s.Str):
                self._take_away(module, node, statement)
            elif isinstance(node, s.Str) or (
                place > ours and not (here and module.in_other_branch(node, mine))
            ):
                raise NoAnswer("form-unknown", other.site)

    def _take_away(self, module: Module, node: s.Node, statement: s.Stmt) -> None:
        """``form["scope"] = …``, ``form.append(("scope", …))``, ``form.update(scope=…)``"""
        parent = module.parents[node]
        call = parent if isinstance(parent, s.Call) else None
        alone = isinstance(node, s.Arg) and call is not None and not set(self._left(call.args)) - {node}
        inside = isinstance(parent, s.Dict | s.Sequence) or call is not None
        alone |= isinstance(parent, s.Dict) and len(parent.items) == 1
        self.changes.remove(module, node if inside and not alone else statement)

    def _left(self, nodes: Iterable[_N]) -> list[_N]:
        return [node for node in nodes if node not in self.changes.removed]

    def expected(
        self, module: Module, node: s.Item | s.Arg | s.Sequence, scopes: str, *, listed: bool = False
    ) -> None:
        """The same entry where a test expects it to be sent, ``listed`` as a parsed form has it."""
        quote = _quote_of(node.key) if isinstance(node, s.Item) else module.quote()
        shown = f"{quote}{scopes}{quote}"
        setting = Setting((f"[{shown}]" if listed else shown,), "", literal=True)
        if isinstance(node, s.Arg):
            self._argument(module, node, setting)
            return
        if isinstance(node, s.Sequence):
            self._pair(module, node, setting)
            return
        grant = f"{quote}{self.provider.grant}{quote}"
        self._item(module, node, setting, f"[{grant}]" if listed else grant)

    def _item(self, module: Module, node: s.Item, setting: Setting, value: str = "") -> None:
        assert node.key is not None
        quote = _quote_of(node.key)
        colon = module.text[node.key.outer.end : node.value.outer.start]
        colon = colon if colon.strip() == ":" and "\n" not in colon else ": "
        parent = module.parents[node]
        assert isinstance(parent, s.Dict)
        grant = self._aligned(module, parent, node, f"{quote}grant_type{quote}", colon)
        grant += value or quote + self.provider.grant + quote
        scope = self._aligned(module, parent, node, f"{quote}scope{quote}", colon)
        self._both(module, node, grant, scope, setting)

    def _both(
        self,
        module: Module,
        node: s.Item | s.Arg | s.Sequence,
        grant: str,
        scope: str,
        setting: Setting,
        end: str = "",
    ) -> None:
        """The grant and the scope in the place of ``node``, which is made room for where it has no line."""
        parent = module.parents[node]
        start = node.outer.start if isinstance(node, s.Sequence) else node.span.start
        is_long = self._too_long(module, node, grant + scope + _text(setting))
        if is_long and isinstance(parent, s.Dict | s.Call | s.Sequence) and not own_line(module, start):

            def both(inner: str) -> str:
                return f"{grant},\n{inner}{scope}{self._inside(module, inner, scope, setting)}{end}"

            self._one_a_line(module, parent, node, both)
            return
        shown = scope + self._fitting(module, node, scope, setting) + end
        self.changes.replace(module, node, grant + separator_at(module, start) + shown)

    def _aligned(self, module: Module, parent: s.Dict, node: s.Item, key: str, colon: str) -> str:
        """``key`` and the colon as it stands in ``node``, in the same column if all of them stand in one."""
        if not colon.startswith((" ", "\t")) and not colon.endswith("  "):
            return key + colon
        keys = [item.key for item in parent.items if item.key is not None]
        ends = [module.position(k.outer.end)[1] for k in keys]
        marks = {module.position(module.text.find(":", k.outer.end))[1] for k in keys}
        values = {module.position(i.value.outer.start)[1] for i in parent.items}
        if len(keys) < 2 or len(set(ends)) < 2 or node.key is None:
            return key + colon
        width = node.key.outer.end - node.key.outer.start
        if len(marks) == 1:  # "key"   : value
            return key + " " * max(1, width + colon.index(":") - len(key)) + colon[colon.index(":") :]
        if len(values) == 1:  # "key":   value
            return f"{key}:" + " " * max(1, width + len(colon) - len(key) - 1)
        return key + colon

    def _pair(self, module: Module, node: s.Sequence, setting: Setting) -> None:
        """``("jwt_token", x)`` in a list of pairs."""
        quote = _quote_of(node.items[0])
        grant = f"({quote}grant_type{quote}, {quote}{self.provider.grant}{quote})"
        scope = f"({quote}scope{quote}, "
        self._both(module, node, grant, scope, setting, ")")

    def _appended(self, module: Module, node: s.Sequence, entry: Entry, setting: Setting) -> None:
        """``form.append(("jwt_token", x))``, ``yield "jwt_token", x``: once for each of the two."""
        parent = module.parents[node]
        giver = parent if isinstance(parent, s.Yield) else module.parents[parent]
        statement = module.parents.get(giver)
        if not isinstance(statement, s.ExprStmt) or len(getattr(giver, "args", (node,))) != 1:
            raise NoAnswer("form-unknown", entry.site)
        quote, text = _quote_of(node.items[0]), module.text
        lead, end = text[statement.span.start : node.items[0].span.start], node.items[1].span.end
        rest = text[end : statement.span.end]
        grant = f"{quote}grant_type{quote}, {quote}{self.provider.grant}{quote}"
        indent = indent_of(module, statement.span.start)
        scope = f"{indent}{lead}{quote}scope{quote}, "
        self.changes.replace(module, statement, f"{lead}{grant}{rest}\n{scope}", *setting.template, rest)

    def _fitting(self, module: Module, node: s.Node, scope: str, setting: Setting) -> str:
        return self._inside(module, indent_of(module, node.span.start), scope, setting)

    def _inside(self, module: Module, inner: str, scope: str, setting: Setting) -> str:
        room = room_in(module) - len(inner) - len(scope) - 1
        return setting.lines(room, inner, module.source.indent or "    ")

    def _argument(self, module: Module, node: s.Arg, setting: Setting) -> None:
        """``dict(client_id=…, jwt_token=…)``."""
        quote = module.quote()
        grant, scope = f"grant_type={quote}{self.provider.grant}{quote}", "scope="
        self._both(module, node, grant, scope, setting)

    def _positional(self, module: Module, node: s.Node, setting: Setting) -> None:
        """``ExchangeRequest(client_id, secret, assertion)``."""
        quote = module.quote()
        joint = separator_at(module, node.span.start)
        self.changes.replace(module, node, f"{quote}{self.provider.grant}{quote}{joint}", *setting.template)

    def _too_long(self, module: Module, node: s.Node, text: str) -> bool:
        start = module.text.rfind("\n", 0, node.span.start) + 1
        end = module.text.find("\n", node.span.end)
        end = len(module.text) if end < 0 else end
        length = end - start - (node.span.end - node.span.start) + len(text) + 2
        return length > room_in(module)

    def _store(self, module: Module, node: s.Assign, target: s.Subscript, setting: Setting) -> None:
        base = module.text[target.value.outer.start : target.value.outer.end]
        quote = _quote_of(target.index)
        indent = indent_of(module, node.span.start)
        self.changes.replace(
            module,
            node,
            f"{base}[{quote}grant_type{quote}] = {quote}{self.provider.grant}{quote}\n",
            f"{indent}{base}[{quote}scope{quote}] = ",
            self._fitting(module, node, f"{base}[scope] = ..", setting),
        )

    def _addition(self, module: Module, node: s.Call, entry: Entry, setting: Setting) -> None:
        """``form.add_field("jwt_token", x)``: once for the grant, once for the scope."""
        key = node.args[0].value
        apart = {arg.keyword for arg in node.args[2:]} <= PARTS and not any(arg.star for arg in node.args)
        if entry.value is None or self.resolver.spelled(module, key) is None or not apart:
            raise NoAnswer("form-unknown", entry.site)
        quote, value = _quote_of(key), entry.value.node
        start, stop = node.span.start, node.span.end
        between = module.text[key.span.end : value.span.start]
        lead, end = module.text[start : key.span.start], module.text[node.args[-1].span.end : stop]
        indent = indent_of(module, start)
        self.changes.replace(
            module,
            node,
            f"{lead}{quote}grant_type{quote}{between}{quote}{self.provider.grant}{quote}{end}\n",
            f"{indent}{lead}{quote}scope{quote}{between}",
            self._fitting(module, node, f"{lead}{quote}scope{quote}{between}", setting),
            end,
        )

    def _text_entry(self, text: Text, entry: Entry, setting: Setting) -> None:
        """``…&jwt_token={x}``: the literal and what fills the gap behind it."""
        name = self.provider.fields.assertion
        scope = _literal(setting)
        gap = self._gap_behind(text, entry)
        filler = filled_by(self.forward, entry.site, f"{name}=") or (
            gap.site if gap is not None and self._is_filled_at(entry.site, gap.site) else None
        )
        if filler is None:
            raise NoAnswer("form-unknown", entry.site)
        lead = f"grant_type={self.provider.grant}&scope="
        module = filler.module
        holder = module.parents.get(filler.node)
        if scope is not None and _joins(holder, entry.site.node, filler.node):
            # What was a literal and the assertion is one literal now.
            assert isinstance(holder, s.Binary)
            replace_in_literal(self.changes, entry.site, f"{name}=", lead + scope)
            self.changes.replace(module, holder, holder.left)
            return
        replace_in_literal(self.changes, entry.site, f"{name}=", lead)
        if isinstance(holder, s.Hole):
            if scope is not None:
                self.changes.replace(module, holder, scope)
                return
            quotes = {n.quote for n in module.ancestors(holder) if isinstance(n, s.FString)}
            shown = _text(setting)
            if any(q and q in shown for q in quotes):
                other = "'" if '"' in quotes else '"'
                shown = shown.replace('"', other) if other == "'" else shown.replace("'", other)
            self.changes.replace(module, filler.node, shown)
            return
        if isinstance(entry.site.node, s.Str) and isinstance(entry.site.node.value, bytes):
            prefix, suffix = ("b", "") if setting.literal else ("", "" if setting.binary else ".encode()")
            self.changes.replace(module, filler.node, prefix, *setting.template, suffix)
            return
        call = module.parents.get(holder) if isinstance(holder, s.Arg) and holder.keyword is None else None
        if isinstance(call, s.Call) and self._too_long(module, filler.node, _text(setting)):
            self._one_a_line(module, call, holder, lambda inner: self._inside(module, inner, "", setting))
            return
        self.changes.replace(module, filler.node, *setting.template)

    def _one_a_line(
        self,
        module: Module,
        parent: s.Dict | s.Call | s.Sequence,
        mine: s.Node | None,
        shown: Callable[[str], str],
    ) -> None:
        """Entries on one line that would grow too long: one a line, with what is shown for ``mine``."""
        around = parent.outer if isinstance(parent, s.Sequence) else parent.span
        indent = indent_of(module, around.start)
        inner = indent + (module.source.indent or "    ")
        template: list[str | s.Node] = [module.text[around.start]]
        if isinstance(parent, s.Call):
            template = [parent.func, "("]
        held: Sequence[s.Node] = parent.args if isinstance(parent, s.Call) else parent.items
        for each in self._left(held):
            template += ["\n", inner]
            if each is mine:
                template.append(shown(inner))
            elif isinstance(each, s.Item):
                template += ["**"] if each.key is None else [each.key, ": "]
                template.append(each.value)
            else:
                template.append(each)
            template.append(",")
        template.append("\n")
        self.changes.replace(module, parent, *template, indent + module.text[around.end - 1])

    def _is_filled_at(self, literal: Site, gap: Site) -> bool:
        """Does ``gap`` fill the literal there, or is the literal used nowhere but there?"""
        place = gap.module.statement(gap.node)
        if place is literal.module.statement(literal.node):
            return True
        whole, parents = literal.node, literal.module.parents
        while isinstance(over := parents[whole], s.Binary) and over.op == "+":
            whole = over
        uses = list(self.forward.uses(Site(literal.module, whole)))
        return bool(uses) and all(u.module.statement(u.node) is place for u in uses)

    def _gap_behind(self, text: Text, entry: Entry) -> Gap | None:
        for index, part in enumerate(text.parts[:-1]):
            following = text.parts[index + 1]
            if (
                isinstance(part, Lit)
                and part.site.node is entry.site.node
                and isinstance(following, Gap)
                and part.text.rstrip().endswith(f"{self.provider.fields.assertion}=")
            ):
                return following
        return None


def _joins(node: s.Node | None, literal: s.Node, filler: s.Node) -> bool:
    """``… + literal + filler``"""
    if not isinstance(node, s.Binary) or node.op != "+" or node.right is not filler:
        return False
    return node.left is literal or (isinstance(node.left, s.Binary) and node.left.right is literal)


def _quote_of(node: s.Expr | None) -> str:
    if isinstance(node, s.Str) and node.quote in ("'", '"'):
        return node.quote
    return '"'


def _text(setting: Setting) -> str:
    return "".join(p for p in setting.template if isinstance(p, str))


def _literal(setting: Setting) -> str | None:
    return _text(setting)[1:-1] if setting.literal else None

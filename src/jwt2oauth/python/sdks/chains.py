"""What becomes of a builder: ``Credentials.service_account_credentials_builder().from_file(…).build()``."""

from __future__ import annotations

from ...model import Span
from ...sdk import SdkBuilder
from ..facts import syntax as s
from ..facts.values import Site
from ..request.session import free_name
from ..writing.answers import NoAnswer, indent_of
from ..writing.changes import Changes, Template
from .find import Login, chain
from .names import instead


class ChainWriter:
    """Changes the builders of one plan."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes

    def login(self, login: Login) -> None:
        """Build the other credentials, of what the chain was given or its file holds."""
        row, module = login.row, login.module
        assert isinstance(row, SdkBuilder)
        links = list(chain(login.site))
        names = [method for method, _ in links]
        if row.end not in names:
            raise NoAnswer("sdk-call-unknown", login.site, f"the chain does not end in {row.end}() here")
        known = {*row.drop, *row.fields, row.reads, row.end}
        for method, call in links[: names.index(row.end)]:
            if method not in known:
                raise NoAnswer("sdk-call-unknown", login.site.at(call), f"{method}() is not known")
            if method in row.drop:
                self._drop(login.site.at(call), ())
            elif method == row.reads:
                missing = {m: key for m, key in row.fields.items() if m not in names}
                self._drop(login.site.at(call), self._read(login.site.at(call), missing))
        made = instead(self.changes, module, login.site.call.func, login.name, row.becomes)
        self.changes.replace(module, login.site.call.func, *made)

    def _drop(self, site: Site, instead: Template) -> None:
        """Take one call out of a chain."""
        assert isinstance(site.call.func, s.Attribute)
        self.changes.replace(site.module, site.call, site.call.func.value, *instead)

    def _read(self, site: Site, wanted: dict[str, str]) -> Template:
        """Read the file that the builder read, and give the methods what it holds."""
        module, call = site.module, site.node
        assert isinstance(call, s.Call)
        assert isinstance(call.func, s.Attribute)
        if not wanted:
            return ()
        statement = module.statement(call)
        if not isinstance(statement, s.Assign | s.ExprStmt | s.Return):
            raise NoAnswer("sdk-call-unknown", site, "this is built inside another statement")
        common = _common(list(wanted.values()))
        name = free_name(module, common[-1] if common else "credentials_json", statement)
        file = free_name(module, "file", statement)
        quote, unit = module.quote(), module.source.indent or "    "
        path = "".join(f"[{quote}{key}{quote}]" for key in common)
        load = f") as {file}:\n{unit}{name} = {self._json(site)}.load({file}){path}"
        self.changes.insert(module, statement, "with open(", call.args[0].value, load)
        inner = call.func.value
        joint = self._apart(site, statement) or module.text[inner.outer.end : call.func.attr_span.start - 1]
        texts = []
        for method, key in wanted.items():
            rest = "".join(f"[{quote}{k}{quote}]" for k in key.split(".")[len(common) :])
            texts.append(f"{joint}.{method}({name}{rest})")
        return tuple(texts)

    def _apart(self, site: Site, statement: s.Assign | s.ExprStmt | s.Return) -> str:
        """Put each call of a chain on a line of its own, between parentheses; what stands before each.

        Nothing where the chain is not all that its statement has on the right, or has lines of its own.
        """
        module, chained = site.module, statement.value
        calls = _back(chained) if chained is not None else []
        if chained is None or site.node not in calls or chained.outer != chained.span:
            return ""
        if "\n" in module.snippet(chained):
            return ""
        outer = indent_of(module, statement.span.start)
        inner = f"\n{outer}{module.source.indent or '    '}"
        start, end = chained.span.start, chained.span.end
        self.changes.patch(module, statement, Span(start, start), f"({inner}")
        for call in calls[: calls.index(site.node)]:
            assert isinstance(call.func, s.Attribute)
            dot = call.func.attr_span.start - 1
            self.changes.patch(module, call.func, Span(dot, dot), inner)
        self.changes.patch(module, statement, Span(end, end), f"\n{outer})")
        return inner

    def _json(self, site: Site) -> str:
        """How this module says ``json``."""
        for name, bindings in site.module.scopes.module.bindings.items():
            for binding in bindings:
                parent = site.module.parents.get(binding.node)
                node = binding.node
                if isinstance(parent, s.Import) and isinstance(node, s.Alias) and node.name == "json":
                    return name
        self.changes.add_import(site.module, "import json", "json", "json")
        return "json"


def _back(chained: s.Expr) -> list[s.Call]:
    """The calls of a chain, the last one first."""
    found = []
    here: s.Node = chained
    while isinstance(here, s.Call) and isinstance(here.func, s.Attribute):
        found.append(here)
        here = here.func.value
    return found


def _common(keys: list[str]) -> list[str]:
    """The keys of a path with which all of these begin, the last ones aside."""
    paths = [key.split(".")[:-1] for key in keys]
    shared: list[str] = []
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return shared

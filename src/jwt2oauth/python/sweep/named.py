"""Named tuples that carry the key: ``Account = namedtuple("Account", "client_id secret key")``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Environ, Fields, Items, Site, Text, Unknown, name_of
from ..leftovers.settings import listed
from ..roles.trace import label_of
from .base import Base

NAMESPACES = ("types.SimpleNamespace", "argparse.Namespace")
_ALL = re.compile(r"\b(?:vars|__dict__)\b")
_WHOLE = re.compile(r"\b(?:_asdict|_fields|_replace|_make|_field_defaults)\b")


class Named(Base):
    """Named tuples that carry the key."""

    def _named_tuples(self) -> None:
        for names, definition in self._definitions_of_tuples():
            if self.changes.is_dead(definition.module, definition.node) or not any(map(self._spells, names)):
                continue
            made = self.resolver.fillings(definition.node)
            made = [c for c in made if not self.changes.is_dead(c.module, c.node)]
            if not made or not all(map(self._is_taken_by_name, made)):
                continue
            for field in list(names):
                self._drop_from_tuple(definition, names, field, made)

    def idle_tuples(self) -> Iterator[str]:
        """Fields that were read for the JWT alone, and stay for those who fill them."""
        for names, definition in self._definitions_of_tuples():
            if not any(map(self._spells, names)) or not definition.call.args:
                continue
            idle = [name for name in names if (definition.node, name) not in self.unnamed]
            made = {c.node for c in self.resolver.fillings(definition.node)} if idle else set()
            idle = [name for name in idle if made and self._was_only_read(name, definition.module, made)]
            if idle:
                what = f"field {idle[0]}" if len(idle) == 1 else f"fields {listed(idle)}"
                of, where = label_of(definition.module, definition.node), definition.call.args[0].value
                kind = definition.module.snippet(where).strip("\"'")
                them, verb = ("it", "is") if len(idle) == 1 else ("them", "are")
                yield f"The {what} of {kind} {verb} no longer read and kept for those who fill {them} ({of})."

    def _was_only_read(self, field: str, module: Module, made: set[s.Node]) -> bool:
        loads = [p for p in self.forward.loads_of(field, module) if self._may_be_tuple(p, made)]
        return bool(loads) and all(self.changes.is_dead(p.module, p.node) for p in loads)

    def _namespaces(self) -> None:
        """``SimpleNamespace(private_key=os.environ["KEY"])``: an attribute that nobody asks for any more."""
        for call in self.resolver.calls:
            module, node = call.module, call.node
            if not isinstance(node, s.Call) or "Namespace" not in module.snippet(node.func):
                continue
            if any(name_of(v) not in NAMESPACES for v in self.resolver.resolve(call.at(node.func))):
                continue
            for arg in node.args:
                if arg.keyword is None or self.changes.is_dead(module, arg) or _ALL.search(module.text):
                    continue
                if not self._spells(arg.keyword):
                    continue
                loads = [
                    load
                    for load in self.forward.loads_of(arg.keyword, module)
                    if self._may_be_tuple(load, {node})
                ]
                given = call.at(arg.value)
                values, called = self.resolver.resolve(given), isinstance(arg.value, s.Call)
                asked = any(isinstance(v, Environ) or (called and isinstance(v, Items)) for v in values)
                gone = bool(loads) and all(self.changes.is_dead(p.module, p.node) for p in loads)
                idle = isinstance(arg.value, s.Str | s.Sequence) and self._is_taken_by_name(call)
                if not gone or not (asked or idle or self._is_heavy(given)):
                    continue
                if self.effects.harmless(module, arg.value):
                    self.changes.remove(module, arg)

    def _definitions_of_tuples(self) -> Iterator[tuple[list[str], Site]]:
        for module in self.resolver.world:
            for made in () if _WHOLE.search(module.text) else self.resolver.tuples(module):
                yield list(self.resolver.tuple_names(made)), made.site

    def _is_taken_by_name(self, made: Site) -> bool:
        """Are the elements of the tuple only ever asked for by their names, and all of them given plainly?"""
        if any(arg.star for arg in made.call.args):
            return False
        return all(
            isinstance(use.parent, s.Attribute) and use.parent.value is use.node
            for use in self.forward.uses(made)
        )

    def _drop_from_tuple(self, definition: Site, names: list[str], field: str, made: list[Site]) -> None:
        """A field that costs the reading of the key, and that nobody asks for any more."""
        index = names.index(field)
        given = [(call, self._given_to_tuple(call, field, index)) for call in made]
        args = [(call, arg) for call, arg in given if arg is not None]
        if len(args) != len(made) or not any(self._is_heavy(call.at(arg.value)) for call, arg in args):
            return
        mine = {call.node for call in made}
        loads = [p for p in self.forward.loads_of(field, definition.module) if self._may_be_tuple(p, mine)]
        if not loads or not all(self.changes.is_dead(p.module, p.node) for p in loads):
            return
        if not all(self.effects.harmless(call.module, arg) for call, arg in args):
            return
        if self._unname(definition, field):
            names.remove(field)
            self.unnamed.add((definition.node, field))
            for call, arg in args:
                self.changes.remove(call.module, arg)
        else:
            self.unnamed.add((definition.node, field))
            where = label_of(definition.module, definition.node)
            note = f"`{field}` of the named tuple stays ({where}), and what fills it goes on reading the key."
            if note not in self.notes:
                self.notes.append(note)

    def _given_to_tuple(self, call: Site, field: str, index: int) -> s.Arg | None:
        left = [a for a in call.call.args if a not in self.changes.removed]
        by_name = next((a for a in left if a.keyword == field), None)
        by_place = left[index] if index < len(left) and left[index].keyword is None else None
        return by_name or by_place

    def _may_be_tuple(self, load: Site, made: set[s.Node]) -> bool:
        assert isinstance(load.node, s.Attribute)
        values = self.resolver.resolve(load.at(load.node.value))
        return any(
            value.site.node in made if isinstance(value, Fields) else isinstance(value, Unknown)
            for value in values
        )

    def _unname(self, definition: Site, field: str) -> bool:
        """Take the name out of the definition; says whether that can be done."""
        names = definition.call.args[1].value
        if isinstance(names, s.Sequence):
            items = [i for i in names.items if isinstance(i, s.Str) and i.value == field]
            for item in items:
                self.changes.remove(definition.module, item)
            return bool(items)
        module, written = definition.module, self._written_names(definition.at(names))
        text = module.snippet(written) if written is not None else ""
        found = re.search(rf"(?:,\s*+|(?<!\s)\s++)\b{field}\b|\b{field}\b(?:,\s*|\s+)", text)
        if written is None or found is None:
            return False
        start = written.span.start
        span = Span(start + found.start(), start + found.end())
        self.changes.patch(module, written, span, "")
        return True

    def _written_names(self, names: Site) -> s.Str | None:
        """The text that spells the fields, also in a constant that nothing else uses."""
        value = self.resolver.one(names)
        node = value.parts[0].site.node if isinstance(value, Text) and len(value.parts) == 1 else None
        if not isinstance(node, s.Str) or node not in names.module.parents:
            return None
        uses = list(self.forward.uses(names.at(node))) if node is not names.node else []
        return node if all(use.node is names.node for use in uses) else None

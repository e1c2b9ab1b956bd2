"""Checks of tests that name all keys of a mapping in the configuration: they name those it has then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..writing.answers import indent_of, own_line
from ..writing.changes import Changes
from .checks import label_in_test
from .rows import is_compared, row_of

_FEW = 2


class Complete:
    """Finds them in one plan's changes."""

    def __init__(self, changes: Changes, taken: Sequence[tuple[Module, s.Item]]) -> None:
        """Know the mappings that lose what is ``taken`` of them, or gain a key."""
        self.changes = changes
        self._lost: dict[frozenset[str], set[str]] = {}
        self._gained: dict[frozenset[str], tuple[str, str]] = {}
        for document, item in taken:
            self._lost.setdefault(_keys_beside(document, item), set()).add(s.key_text(item))
        for document, item, name, _ in changes.documented:
            self._gained[_keys_beside(document, item)] = (s.key_text(item), name)

    def fill(self, modules: Iterable[Module]) -> Iterator[str]:
        """``assert set(config) == {"client_id", …}`` names what is left; gives what there is to say."""
        tables = [keys for keys in {**self._lost, **self._gained} if len(keys) >= _FEW]
        for module in modules:
            for node in module.each(s.Sequence) if tables else ():
                texts = {str(item.value): item for item in node.items if isinstance(item, s.Str)}
                meant = [
                    keys for keys in tables if _FEW <= len(texts) == len(node.items) and texts.keys() <= keys
                ]
                if not meant or self.changes.is_dead(module, node):
                    continue
                self._forget(module, [texts[name] for name in self._lost.get(meant[0], ()) if name in texts])
                if meant[0] == texts.keys() and meant[0] in self._gained:
                    yield from self._complete(module, node, *self._gained[meant[0]])

    def _forget(self, module: Module, texts: Iterable[s.Str]) -> None:
        for text in texts:
            row = row_of(module, text, keys=True)
            table = module.parents[row] if row is not None else None
            items = table.items if isinstance(table, s.Sequence) else ()
            if row is not None and any(i is not row and i not in self.changes.removed for i in items):
                self.changes.remove(module, row)

    def _complete(self, module: Module, node: s.Sequence, beside: str, name: str) -> Iterator[str]:
        if is_compared(module, node):
            known = next(item for item in node.items if isinstance(item, s.Str) and item.value == beside)
            self._add(module, _before(node, name, self.changes.removed) or known, name)
        elif self._is_compared_elsewhere(module, node):
            yield (
                f"{label_in_test(module, node)} names all keys of a mapping that has {name} as well now: "
                "change what compares the two."
            )

    def _is_compared_elsewhere(self, module: Module, names: s.Sequence) -> bool:
        held = module.parents[names]
        bound = module.bound_by(held) if isinstance(held, s.Assign) else []
        return any(is_compared(module, use) for binding in bound for use in module.uses.get(binding, ()))

    def _add(self, module: Module, beside: s.Str, name: str) -> None:
        start, end = beside.outer.start, beside.outer.end
        separator = ",\n" + indent_of(module, start) if own_line(module, start) else ", "
        text = f"{separator}{beside.quote}{name}{beside.quote}"
        self.changes.patch(module, beside, Span(end, end), text)


def _keys_beside(document: Module, item: s.Item) -> frozenset[str]:
    """The keys of the mapping that an item is of."""
    table = document.parents[item]
    return frozenset(map(s.key_text, table.items)) if isinstance(table, s.Dict) else frozenset()


def _before(names: s.Sequence, name: str, gone: Collection[s.Node]) -> s.Str | None:
    """The text behind which ``name`` belongs in a list that is in order; None if it is in none."""
    texts = [item for item in names.items if isinstance(item, s.Str)]
    said = [str(item.value) for item in texts]
    if names.kind == "set" or said != sorted(said):
        return None
    return next((item for item in reversed(texts) if item not in gone and str(item.value) < name), None)

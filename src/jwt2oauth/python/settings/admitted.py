"""Lists of what may be there, which refuse what they have not: the scopes join them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from ..following.forward import Forward
from ..leftovers.allowed import is_gone_through, looked_up, refuses
from ..roles.trace import label_of
from ..writing.changes import Changes
from ..writing.wordlists import lengthen, word_list
from .entries import add_item

_REQUIRED = re.compile(r"""(["']?required["']?\s?[:=]\s?)True\b""")


def admit(
    changes: Changes, forward: Forward, wanted: Iterable[tuple[str, str]], modules: Iterable[Module]
) -> list[str]:
    """Let the lists that have the first of each pair of names, and refuse others, have the second as well.

    Say of which of them a person has to see to that: who is in a list that is gone through as well, too, has
    to be there from then on, as it is where a file of configuration gained it.
    """
    gained = {name for _, _, name, _ in changes.documented}
    todos: dict[str, None] = {}
    pairs = [pair for pair in dict.fromkeys(wanted) if all(pair)]
    for module in (each for each in modules if any(beside in each.text for beside, _ in pairs)):
        for node in module.each(s.Str) if not forward.resolver.is_test(module) else ():
            for beside, name in pairs:
                holder = _holder(module, node, beside)
                if holder is None or changes.is_dead(module, node):
                    continue
                names = Site(module, holder)
                if not any(map(refuses, looked_up(forward, names))):
                    continue
                row = module.parents[node]
                says = isinstance(row, s.Item) and _relaxed(module, row) != module.snippet(row.value)
                if name in gained or says or not is_gone_through(forward, names):
                    _admit(changes, Site(module, node), holder, beside, name)
                else:
                    todos[f"Add {name} to the list in {label_of(module, node)} before you set it."] = None
    return list(todos)


def _holder(module: Module, node: s.Node, beside: str) -> s.Expr | None:
    """The list that has ``beside`` at ``node``."""
    if not isinstance(node, s.Str) or beside not in str(node.value):
        return None
    found, row = word_list(module, node), module.parents[node]
    holder = found.call if found is not None else module.parents[row] if isinstance(row, s.Item) else row
    named = found is not None or node.value == beside
    return holder if named and isinstance(holder, s.Call | s.Sequence | s.Dict) else None


def _admit(changes: Changes, place: Site, holder: s.Expr, beside: str, name: str) -> None:
    module, node = place.module, place.node
    assert isinstance(node, s.Str)
    found, row = word_list(module, node), module.parents[node]
    if found is not None:
        lengthen(changes, module, found, beside, name)
    elif isinstance(row, s.Item):
        has = isinstance(holder, s.Dict) and _has(changes, holder, name)
        if row.key is node and not has:
            add_item(changes, Site(module, row), name, (_relaxed(module, row),), module.quote())
    elif isinstance(holder, s.Sequence):
        _into_sequence(changes, module, holder, node, name)


def _relaxed(module: Module, row: s.Item) -> str:
    """What a table says of the client's id, but that it has to be there."""
    return _REQUIRED.sub(r"\1False", module.snippet(row.value))


def _has(changes: Changes, table: s.Dict, name: str) -> bool:
    """Is the name in the table, or was it put there?"""
    put = (text for item in table.items for _, text in changes.patched.get(item, ()))
    return name in map(s.key_text, table.items) or any(name in re.findall(r"[\w.-]+", text) for text in put)


def _into_sequence(changes: Changes, module: Module, holder: s.Sequence, node: s.Str, name: str) -> None:
    """Behind the client's secret, or its id: on a line of its own where they have such."""
    named = [each for each in holder.items if isinstance(each, s.Str)]
    if len(named) < len(holder.items) or name in {each.value for each in named}:
        return
    after = next((each for each in named if "secret" in str(each.value).lower()), node)
    start = module.line_start(after.span.start)
    leading = module.text[start : after.span.start]
    separator = ",\n" + leading if not leading.strip() and len(named) > 1 else ", "
    end = after.span.end
    changes.patch(module, after, Span(end, end), f"{separator}{after.quote}{name}{after.quote}")

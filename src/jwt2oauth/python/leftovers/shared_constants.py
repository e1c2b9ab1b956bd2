"""Constants that several plans used, each of which alone leaves them to the other: with the last they go."""

from __future__ import annotations

from collections.abc import Iterator

from ...records import dataclass
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..following.effects import Effects
from ..following.forward import Forward
from ..following.offers import Offers
from ..writing.changes import Changes, Together


@dataclass(frozen=True, slots=True)
class Orphan:
    """``KEY_FILE = "private.key"`` that only removed code read."""

    module: Module
    statement: s.Assign
    users: tuple[int, ...]
    """The numbers of the parts that removed what read it."""


def orphans(together: Together, forward: Forward, effects: Effects, offers: Offers) -> Iterator[Orphan]:
    """The constants that no part takes away, and that nothing reads when all parts are carried out."""
    for module in forward.resolver.index.loaded:
        if forward.resolver.is_test(module):
            continue
        for name, bindings in module.scopes.module.bindings.items():
            statement = _constant(bindings)
            if statement is None or together.is_dead(module, statement) or offers.name(module, name):
                continue
            loads = [(module, use) for use in module.uses.get(bindings[0], ())]
            loads += forward.imports_of(module, name)
            if any(not together.is_dead(m, b.node) for m, b in forward.aliases_of(module, name)):
                continue  # somebody has it from there
            dead = [
                {number for number, part in enumerate(together.parts) if part.is_dead(other, node)}
                for other, node in loads
            ]
            users = tuple(sorted(set[int]().union(*dead)))
            is_shared = len(users) > 1 and all(any(n not in each for each in dead) for n in users)
            value = statement.value
            if is_shared and all(dead) and value is not None and effects.harmless(module, value):
                yield Orphan(module, statement, users)


def without(found: list[Orphan]) -> Changes:
    """The changes that take them away."""
    changes = Changes()
    for each in found:
        changes.remove(each.module, each.statement)
    return changes


def _constant(bindings: list[Binding]) -> s.Assign | None:
    """The one statement that binds a name, if it binds nothing else."""
    only = bindings[0] if len(bindings) == 1 else None
    statement = only.node if only is not None and only.kind == "assign" else None
    plain = isinstance(statement, s.Assign) and len(statement.targets) == 1
    if not plain or not isinstance(statement, s.Assign) or not isinstance(statement.targets[0], s.Name):
        return None
    return statement

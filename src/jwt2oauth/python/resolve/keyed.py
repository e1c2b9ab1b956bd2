"""Keys: written where something is looked up, or constants that are meant by their names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site, text_of
from .base import Base
from .shared import is_target

BY_CONSTANT = "[…]"
"""Under this stand the stores whose keys are constants: what these are is looked up when somebody asks."""


def by_any(name: str) -> str:
    """Say under what the stores into a mapping of this name stand whose keys are computed."""
    return f"[{name}]"


class Keyed(Base):
    """Keys of mappings, as texts."""

    def spelled(self, module: Module, node: s.Node | None) -> str | None:
        """The text of a key: written at ``node``, or that of the constant that is named there.

        A constant has a name of capitals, and is one text wherever it comes from.
        """
        if isinstance(node, s.Str):
            return str(node.value)
        values = self.resolve(Site(module, node)) if node is not None and is_constant(node) else ()
        return text_of(values[0]) if len(values) == 1 else None

    def lookups(self, module: Module) -> Mapping[str, Sequence[s.Expr]]:
        """Where a module looks something up under a known key: ``x[key]``, ``x.get(key)``, ``x.pop(key)``."""
        if module not in self._looked_up:
            found: dict[str, list[s.Expr]] = defaultdict(list)
            for node in (*module.nodes.get(s.Subscript, ()), *module.nodes.get(s.Call, ())):
                key = None if is_target(module, node) else self.spelled(module, key_of(node))
                if key is not None and isinstance(node, s.Expr):
                    found[key].append(node)
            self._looked_up[module] = found
        return self._looked_up[module]


def key_of(node: s.Node) -> s.Expr | None:
    """What stands where a key does: ``x[key]``, ``x.get(key)``, ``x.pop(key)``."""
    if isinstance(node, s.Subscript):
        return node.index
    asks = (
        isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and node.func.attr in ("get", "pop")
    )
    return node.args[0].value if asks and isinstance(node, s.Call) and node.args else None


def is_constant(node: s.Node) -> bool:
    """Is it the name of a constant, as PEP 8 has them?"""
    name = node.id if isinstance(node, s.Name) else node.attr if isinstance(node, s.Attribute) else ""
    return name.isupper()

"""Types that stand beside others: ``Signer | None`` where ``Signer`` is gone."""

from __future__ import annotations

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Site, name_of
from .base import Base

_UNION = ("typing.Union", "typing_extensions.Union")
_OPTIONAL = ("typing.Optional", "typing_extensions.Optional")


class Unions(Base):
    """Takes a type out of what holds others as well."""

    def _alternative(self, module: Module, node: s.Node) -> s.Expr | None:
        """``Union[A, B]``, ``A | B`` or ``Optional[A]`` of types around one of its members."""
        parent = module.parents[node]
        if isinstance(parent, s.Subscript) and node is parent.index:
            values = self.resolver.resolve(Site(module, parent.value))
            return parent if any(name_of(v) in _OPTIONAL for v in values) else None
        if isinstance(parent, s.Sequence):
            holder = module.parents.get(parent)
            if isinstance(holder, s.Subscript) and parent is holder.index and len(parent.items) > 1:
                values = self.resolver.resolve(Site(module, holder.value))
                if any(name_of(v) in _UNION for v in values):
                    return holder
        if isinstance(parent, s.Binary) and parent.op == "|":
            values = self.resolver.resolve(Site(module, node)) if isinstance(node, s.Expr) else ()
            return parent if any(isinstance(v, Class) for v in values) else None
        return None

    def _drop_alternative(self, module: Module, node: s.Node) -> None:
        """The types that are left; one alone needs no ``Union``, and a parameter takes more than ``None``."""
        around = self._alternative(module, node)
        is_param = around is not None and isinstance(module.parents[around], s.Param)
        if isinstance(around, s.Binary):
            rest = around.right if node is around.left else around.left
            if is_param and isinstance(rest, s.Const) and rest.value is None:
                self.changes.replace(module, around, "object")
            else:
                self.changes.reduce(module, around, rest)
        elif isinstance(around, s.Subscript) and around.index is node:
            self.changes.replace(module, around, "object" if is_param else "None")
        elif isinstance(around, s.Subscript) and isinstance(around.index, s.Sequence):
            self.changes.remove(module, node)
            left = [item for item in around.index.items if item not in self.changes.removed]
            if len(left) == 1:
                self.changes.reduce(module, around, left[0])

"""Forms that are objects: a dataclass whose fields are sent as they are declared."""

from __future__ import annotations

from ..facts import syntax as s
from ..facts.values import Class, Site
from ..following.forward import Forward
from ..following.offers import listed
from ..resolve import Resolver
from ..writing.answers import NoAnswer, indent_of
from ..writing.changes import Changes


class Records:
    """Finds the class behind a form, and changes it."""

    def __init__(self, resolver: Resolver, forward: Forward, changes: Changes) -> None:
        self.resolver = resolver
        self.forward = forward
        self.changes = changes

    def made_by(self, site: Site) -> Class | None:
        """The class whose constructor takes the argument at ``site``."""
        call = site.module.parents.get(site.node)
        if not isinstance(site.node, s.Arg) or not isinstance(call, s.Call):
            return None
        values = self.resolver.resolve(site.at(call.func))
        return values[0] if len(values) == 1 and isinstance(values[0], Class) else None

    def declare(self, site: Site, cls: Class, name: str, grant: str) -> None:
        """Declare grant and scope where ``name`` was declared, for what is passed at ``site``.

        Raises ``NoAnswer`` where others make such objects or read the field.
        """
        stmt = next((f for f in cls.node.body.body if _declares(f, name)), None)
        reads = self.forward.reads_of(cls, name)
        alone = len(self.resolver.constructions(cls)) == 1 and cls.node.name not in listed(cls.module)
        if not isinstance(stmt, s.Assign) or reads or not alone:
            raise NoAnswer("form-unknown", site)
        module = cls.module
        assert stmt.annotation is not None
        quote, kind = module.quote(), module.snippet(stmt.annotation)
        indent = indent_of(module, stmt.span.start)
        first, second = (
            (f" = {quote}{grant}{quote}", f" = {quote}{quote}") if stmt.value is not None else ("", "")
        )
        self.changes.replace(module, stmt, f"grant_type: {kind}{first}\n{indent}scope: {kind}{second}")


def _declares(stmt: s.Stmt, name: str) -> bool:
    target = stmt.targets[0] if isinstance(stmt, s.Assign) and stmt.annotation is not None else None
    return isinstance(target, s.Name) and target.id == name

"""What programs that are not here may use: it does not go, and it keeps its parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from .forward import Forward


class Offers:
    """Judges names; one per project.

    ``published`` says whether the file at a path is part of a package that others install.
    """

    def __init__(self, forward: Forward, published: Callable[[str], bool]) -> None:
        self.forward = forward
        self.published = published

    def offers(self, module: Module, name: str) -> bool:
        """May others use a name that the package ``module`` brings in and does not use itself?"""
        return name in listed(module) or (module.path.endswith("__init__.py") and self.published(module.path))

    def packages(self, module: Module, name: str) -> Iterator[tuple[Module, Binding]]:
        """The packages that hand on what ``module`` calls ``name`` to programs that are not here."""
        for other, binding in self.forward.aliases_of(module, name):
            is_package = other.path.endswith("__init__.py")
            if is_package and not other.uses.get(binding) and self.offers(other, binding.path):
                yield other, binding

    def starred(self, module: Module, name: str) -> bool:
        """Does a package hand it on by ``from module import *``?"""
        return any(
            other.path.endswith("__init__.py") and self.published(other.path)
            for other in self.forward.starred_by(module, name)
        )

    def function(self, module: Module, function: s.FuncDef) -> bool:
        """May others call ``function``, or the class that it is a method of?"""
        owner = module.class_of(function)
        if owner is not None and _is_private(function.name) and not owner.name.startswith("_"):
            return False
        return self.name(module, owner.name if owner is not None else function.name)

    def name(self, module: Module, name: str) -> bool:
        """May others use what ``module`` calls ``name``?"""
        if module.path.endswith("__init__.py") and not _is_private(name) and self.published(module.path):
            return True
        return name in listed(module) or any(self.packages(module, name)) or self.starred(module, name)

    def binds(self, module: Module) -> bool:
        """Must what is offered stay as it is, as others install it? ``__all__`` alone may be a habit."""
        return self.published(module.path)

    def by_path(self, module: Module, function: s.FuncDef) -> bool:
        """May others call ``function``, be it only by the path of its module?"""
        owner = module.class_of(function)
        names = [function.name, *([owner.name] if owner is not None else [])]
        public = not any(map(_is_private, [*names, *module.path.removesuffix(".py").split("/")]))
        outermost = module.scope(owner or function).is_module
        return self.function(module, function) or (public and outermost and self.published(module.path))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def listed(module: Module) -> set[str]:
    """The names in ``__all__``."""
    found: set[str] = set()
    for binding in module.scopes.module.bindings.get("__all__", ()):
        if isinstance(binding.value, s.Sequence):
            for item in binding.value.items:
                if isinstance(item, s.Str) and isinstance(item.value, str):
                    found.add(item.value)
    return found

"""What classes derive from, and what derives from them."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Site, name_of
from .base import Base

_NONE = frozenset({"object", "abc.ABC", "typing.Generic", "typing.Protocol"})
"""Bases from which nothing comes."""


class Heirs(Base):
    """What classes derive from, and what derives from them."""

    def mro(self, cls: Class) -> list[Class]:
        """``cls`` and its bases of the project, nearest first."""
        if not cls.node.bases:
            return [cls]
        if cls in self._mro_of:  # a class whose base goes by its own name
            self.cut(0)
            return [cls]
        found = self._once(("mro", cls, self._callers), lambda: self._mro(cls))
        return [each for each in found if isinstance(each, Class)]

    def _mro(self, cls: Class) -> tuple[Class, ...]:
        self._mro_of.add(cls)
        try:
            named = [arg.value for arg in cls.node.bases if arg.keyword is None]
            values = [v for base in named for v in self._again(Site(cls.module, _plain(base)))]
            bases = [each for each in dict.fromkeys(values) if isinstance(each, Class) and each != cls]
            return cls, *_merged([*(self.mro(base) for base in bases), bases])
        finally:
            self._mro_of.remove(cls)

    def load_bases(self) -> None:
        """Load the modules of the project in which the loaded classes' bases are."""
        for module in self.world:
            for node in module.each(s.ClassDef):
                self.mro(Class(module, node))

    def load_imports(self) -> None:
        """Load what the modules at hand import, and what those do that import them."""
        at_hand = {module.path for module in self._about}
        for module in list(self.world):
            meant = {*self._brought_in(module)}
            for path in sorted(meant) if module.path in at_hand or not meant.isdisjoint(at_hand) else ():
                self.index.module(path)

    def _brought_in(self, module: Module) -> Iterator[str]:
        """The paths of the project's modules that a module imports."""
        names = [(alias.name, 0) for node in module.each(s.Import) for alias in node.aliases]
        for node in module.each(s.ImportFrom):
            inside = (f"{node.module}.{alias.name}".lstrip(".") for alias in node.aliases)
            names += ((name, node.level) for name in (node.module, *inside))
        found = (self.index.find(module.path, name, level) for name, level in names)
        yield from (path for path in found if path is not None)

    def foreign_bases(self, cls: Class) -> list[str]:
        """The names of bases that are not of the project."""
        names = []
        for base in self.mro(cls):
            for arg in base.node.bases:
                if arg.keyword is None:
                    for value in self._again(Site(base.module, _plain(arg.value))):
                        name = name_of(value)
                        if name and name not in _NONE:
                            names.append(name)
        return names

    def subclasses(self, cls: Class) -> list[Class]:
        """The loaded classes that derive from ``cls``."""
        self._refresh()
        found = self._once(("subclasses", cls, self._callers), lambda: self._subclasses(cls))
        return [each for each in found if isinstance(each, Class)]

    def _subclasses(self, cls: Class) -> tuple[Class, ...]:
        if self._mro_of:  # what a class derives from does not hang on what derives from another
            self.cut(0)
            return ()
        return tuple(
            candidate
            for candidates in self._classes.values()
            for candidate in candidates
            if candidate != cls and candidate.node.bases and self.index.related(candidate.module, cls.module)
            if cls in self.mro(candidate)
        )

    def beside(self, cls: Class) -> list[Class]:
        """The other bases of what derives from ``cls``: a mixin calls what stands beside it."""
        self._refresh()
        found = self._once(("beside", cls, self._callers), lambda: self._beside(cls))
        return [each for each in found if isinstance(each, Class)]

    def _beside(self, cls: Class) -> tuple[Class, ...]:
        kinds = {cls, *self.mro(cls)}
        others = dict.fromkeys(other for sub in self._mixing(cls) for other in self.mro(sub)[1:])
        return tuple(other for other in others if other not in kinds and cls not in self.mro(other))

    def _mixing(self, cls: Class) -> Iterator[Class]:
        """What derives from ``cls`` and from others."""
        if self._mro_of:  # as above
            self.cut(0)
            return
        self._refresh()
        for sub in self._mixed:
            if sub != cls and self.index.related(sub.module, cls.module) and cls in self.mro(sub):
                yield sub


def _plain(base: s.Expr) -> s.Expr:
    """``Provider`` of ``class Adobe(Provider[Reply])``"""
    return base.value if isinstance(base, s.Subscript) else base


def _merged(lines: list[list[Class]]) -> Iterator[Class]:
    """As Python merges them: a class comes before what it derives from, and bases as they are written."""
    while lines := [line for line in lines if line]:
        later = {cls for line in lines for cls in line[1:]}
        first = next((line[0] for line in lines if line[0] not in later), lines[0][0])
        yield first
        lines = [[cls for cls in line if cls != first] for line in lines]

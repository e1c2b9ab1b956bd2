"""What of an SDK a program calls, and how the same module would spell something else of it."""

from __future__ import annotations

from collections.abc import Iterator

from ...rules.calls import Argument
from ...sdk import Sdk, SdkCall
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Constant, Given, Lib, Site, name_of, text_of
from ..resolve import Resolver
from ..writing.changes import Changes, Template


class Names:
    """Dotted names of SDKs in one project."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def mentions(self, module: Module, sdk: Sdk) -> bool:
        """May a module use an SDK?"""
        return any(map(module.holds, sdk.modules))

    def of(self, site: Site) -> Iterator[str]:
        """The dotted names that an expression may stand for; ``from sdk import *`` is seen through."""
        for value in self.resolver.resolve(site):
            name = name_of(value)
            if name is None:
                continue
            yield name
            if isinstance(value, Lib) and "." not in name:
                for node in site.module.each(s.ImportFrom):
                    if node.star and not node.level:
                        yield f"{node.module}.{name}"

    def given(self, site: Site, row: SdkCall, parameter: str) -> Given | None:
        """What a call is given for a parameter, unless that is nothing."""
        position = row.parameters.index(parameter) if parameter in row.parameters else None
        given = self.resolver.given(site, Argument(position, parameter))
        if given is None:
            return None
        values = self.resolver.resolve(given.value)
        empty = [(isinstance(v, Constant) and v.value is None) or text_of(v) == "" for v in values]
        return None if values and all(empty) else given

    def is_text(self, given: Given, text: str) -> bool:
        """May an argument be this text?"""
        return any(text_of(value) == text for value in self.resolver.resolve(given.value))


def spelled(changes: Changes, module: Module, func: s.Expr, called: str, wanted: str) -> str:
    """How ``module`` says ``wanted``, given that it says ``func`` for ``called``; imports it if need be.

    Without a dot, ``wanted`` lives where ``called`` does.
    """
    home, _, last = wanted.rpartition(".")
    base = _home(func, called, wanted)
    if base is not None:
        return f"{module.snippet(base)}.{last}"
    return changes.imported(module, home or called.rpartition(".")[0], last)


def instead(changes: Changes, module: Module, func: s.Expr, called: str, wanted: str) -> Template:
    """The same, to stand in the place of ``func``: what it is taken from stays what it was."""
    base = _home(func, called, wanted)
    if base is not None:
        return (base, f".{wanted.rpartition('.')[2]}")
    return (spelled(changes, module, func, called, wanted),)


def _home(func: s.Expr, called: str, wanted: str) -> s.Expr | None:
    """``umapi_client`` of ``umapi_client.legacy.Connection``, if what is wanted lives there."""
    home = wanted.rpartition(".")[0] or called.rpartition(".")[0]
    if not isinstance(func, s.Attribute):
        return None
    base, levels = func.value, called.count(".") - home.count(".") - 1
    while levels > 0 and isinstance(base, s.Attribute):
        base, levels = base.value, levels - 1
    return base if levels == 0 else None

"""Methods that went though somebody may call them, and functions that stay though nobody does."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.values import Site, name_of
from ..following.offers import Offers
from ..resolve import Resolver
from ..roles.trace import label_of
from ..writing.changes import Changes
from .settings import listed

_ENTRIES = frozenset({"main", "handler", "lambda_handler", "run"})


def lost_methods(offers: Offers, changes: Changes) -> Iterator[str]:
    """Give a note for each class of a package that others install, if it stays and lost some."""
    for module in changes.touched:
        gone: dict[s.ClassDef, list[s.FuncDef]] = {}
        for node in module.each(s.FuncDef) if offers.binds(module) else ():
            owner = module.class_of(node)
            if owner is None or node not in changes.removed or changes.is_dead(module, owner):
                continue
            if not node.name.startswith("_") and offers.function(module, node):
                gone.setdefault(owner, []).append(node)
        for owner, methods in gone.items():
            verb, them = ("is", "it") if len(methods) == 1 else ("are", "them")
            yield (
                f"{listed([method.name for method in methods])} of {owner.name} {verb} gone: programs that "
                f"install this package may call {them} ({label_of(module, methods[0])})."
            )


def idle_signers(resolver: Resolver, changes: Changes) -> Iterator[str]:
    """Give a note for each function beside a change that still signs though nothing here names it."""
    libraries = {name: row.library for row in resolver.rules.encoders for name in row.names}
    named = Counter(word for module in resolver.index.loaded for word in re.findall(r"\w+", module.text))
    for module in (each for each in changes.touched if not resolver.is_test(each)):
        idle = {node for node in module.each(s.FuncDef) if _is_idle(node, named)}
        for call in module.each(s.Call) if idle else ():
            function = module.function(call)
            if function is None or function not in idle:
                continue
            if changes.is_dead(module, call):
                continue
            made = (libraries.get(name_of(v) or "") for v in resolver.resolve(Site(module, call.func)))
            for library in dict.fromkeys(filter(None, made)):
                where = label_of(module, call)
                yield f"{where} still signs, and {library} stays for it: nothing here calls {function.name}."


def _is_idle(node: s.Node, named: Counter[str]) -> bool:
    """Does nothing name a function? What is decorated a framework calls, an entry who runs the program."""
    if not isinstance(node, s.FuncDef) or node.decorators or node.name in _ENTRIES:
        return False
    return named[node.name] <= 1

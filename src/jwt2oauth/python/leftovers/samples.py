"""What programs make of settings that nobody reads: samples of a configuration, and what fills one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from ..following.forward import Forward
from ..following.lookups import lookups
from ..writing.changes import Changes

_WRITERS = frozenset({"dump", "dumps", "safe_dump", "write", "write_text"})
FEWEST = 2
"""So many keys that nobody reads any more make a dictionary of literals a sample of this configuration."""


def samples(forward: Forward, changes: Changes, unread: Collection[str]) -> Iterator[tuple[str, Site]]:
    """Give the entries of samples that nobody reads any more, by their names: ``createConfigFile()``.

    A sample has literals only, all that is done with it is to write it out, and something is left of it that
    a program still looks up: another system's settings may have keys of the same names.
    """
    resolver = forward.resolver
    for module in resolver.index.loaded if len(unread) >= FEWEST else ():
        for node in module.each(s.Dict) if not resolver.is_test(module) else ():
            items = {str(each.key.value): each for each in node.items if isinstance(each.key, s.Str)}
            gone = [name for name in unread if name in items]
            left = items.keys() - {*gone}
            if len(gone) < FEWEST or not left or not _is_written_out(forward, changes, Site(module, node)):
                continue
            if any(key in left for each in resolver.index.loaded for key, _ in lookups(resolver, each)):
                yield from ((name, Site(module, items[name])) for name in gone)


def _is_written_out(forward: Forward, changes: Changes, made: Site) -> bool:
    assert isinstance(made.node, s.Dict)
    if not all(isinstance(each.value, s.Str | s.Const) for each in made.node.items):
        return False
    if changes.is_dead(made.module, made.node):
        return False
    uses = list(forward.uses(made))
    calls = [use.module.parents[use.parent] for use in uses if isinstance(use.parent, s.Arg)]
    written = [isinstance(call, s.Call) and s.last_name(call.func) in _WRITERS for call in calls]
    return bool(uses) and len(written) == len(uses) and all(written)


def still_made(
    modules: Iterable[Module], changes: Changes, names: Collection[str]
) -> Iterator[tuple[str, Site]]:
    """``{"private_key": open(path).read()}``: entries that take something to make, for names nobody needs."""
    for module in modules if names else ():
        for item in module.each(s.Item):
            made = any(isinstance(node, s.Call | s.Subscript) for node in s.walk(item.value))
            if made and s.key_text(item) in names and not changes.is_dead(module, item):
                yield s.key_text(item), Site(module, item)

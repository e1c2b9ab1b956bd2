"""Sums and differences as they are written: all of their summands have one unit."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.values import Site

_OPS = ("+", "-")
_TOTALS = ("sum", "fsum")


def terms(site: Site) -> tuple[Site, ...]:
    """Give the summands of ``stored + lifetime - margin``, whatever the signs; of no sum itself."""
    return tuple(site.at(node) for node in _terms(site.node))


def is_summand(parent: s.Node) -> bool:
    """Say whether what stands directly in ``parent`` is a summand of it."""
    return isinstance(parent, s.Binary) and parent.op in _OPS


def together(site: Site) -> tuple[Site, ...]:
    """Give all summands of a comparison, or of a sum that is no part of a larger one nor compared."""
    node = site.node
    if isinstance(node, s.Compare):
        return tuple(each for side in (node.left, *node.rights) for each in terms(site.at(side)))
    parent = site.module.parents[node]
    if not (is_summand(node) or is_total(node)) or is_summand(parent) or isinstance(parent, s.Compare):
        return ()
    return terms(site)


def is_total(node: s.Node) -> bool:
    """Say whether it is ``sum([stored, lifetime, -margin])``, or ``fsum`` of what is written out there."""
    if not isinstance(node, s.Call) or s.last_name(node.func) not in _TOTALS or not node.args:
        return False
    given = node.args[0].value
    return isinstance(given, s.Sequence) and not any(isinstance(item, s.Starred) for item in given.items)


def _terms(node: s.Node) -> Iterator[s.Node]:
    if isinstance(node, s.Binary) and node.op in _OPS:
        yield from _terms(node.left)
        yield from _terms(node.right)
    elif isinstance(node, s.Call) and is_total(node):
        given = node.args[0].value
        for item in (
            *(given.items if isinstance(given, s.Sequence) else ()),
            *(a.value for a in node.args[1:]),
        ):
            yield from _terms(item)
    elif isinstance(node, s.Unary) and node.op in _OPS:
        yield from _terms(node.value)
    else:
        yield node

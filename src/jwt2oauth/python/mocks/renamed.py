"""Stand-ins for what posts, which name the argument of the fields: ``def post(url, files): …``.

The fields go out in another argument now, and the stand-in takes them under that name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Closure, Function
from ..resolve import Resolver
from ..writing.changes import Changes
from .checks import label_in_test
from .patches import Patch, Patches

_POSTS = frozenset({"post", "request"})
StandIn = tuple[str, Module, tuple[s.Param, ...], s.Node]
"""What it stands in for, where, and what it takes and does."""


def fakes(resolver: Resolver, patch: Patch) -> Iterator[tuple[Module, tuple[s.Param, ...], s.Node]]:
    """The functions and lambdas of tests that a patch puts in the place of something."""
    node = patch.site.node
    given = [a.value for a in node.args] if isinstance(node, s.Call) else []
    if isinstance(node, s.Assign) and node.value is not None:
        given = [node.value]
    for value in dict.fromkeys(v for g in given for v in resolver.resolve(patch.site.at(g))):
        if isinstance(value, Function) and resolver.is_test(value.module):
            yield value.module, value.node.params, value.node.body
        elif isinstance(value, Closure) and isinstance(value.site.node, s.Lambda):
            fake = value.site.node
            if resolver.is_test(value.site.module):
                yield value.site.module, fake.params, fake.body


def rename(
    resolver: Resolver,
    patches: Patches,
    changes: Changes,
    modules: Iterable[Module],
    renamed: Mapping[str, str],
    field: str,
) -> Iterator[str]:
    """Give parameters of such stand-ins the argument's new name; yields what a person must see to.

    A class of which nobody says in whose place its objects are is one where tests look for the ``field``.
    """
    done: set[s.Param] = set()
    for module in modules if renamed else ():
        objects = _objects(module) if field in module.text else ()
        for what, other, params, body in (*_patched(resolver, patches, module), *objects):
            for param in params:
                new = renamed.get(param.name) if param.kind in ("", "kw") else None
                if new is None or param in done or any(p.name == new for p in params):
                    continue
                done.add(param)
                names = [node for node in s.walk(body) if isinstance(node, s.Name)]
                if any(node.id == new for node in names):
                    yield (
                        f"{label_in_test(other, body)} stands in for {what} and takes "
                        f"{param.name}, which is {new} now: change that test."
                    )
                    continue
                start = param.span.start
                changes.patch(other, param, Span(start, start + len(param.name)), new)
                for node in names:
                    if node.id == param.name:
                        changes.replace(other, node, new)


def _patched(resolver: Resolver, patches: Patches, module: Module) -> Iterator[StandIn]:
    for patch in patches.of(module):
        if patch.name.names and patch.name.names[-1] in _POSTS:
            for other, params, body in fakes(resolver, patch):
                yield patch.name.shown, other, params, body


def _objects(module: Module) -> Iterator[StandIn]:
    """``class Client: def post(self, url, params)``, of which tests hand an object to the program."""
    for node in module.each(s.FuncDef):
        cls = module.class_of(node) if node.name in _POSTS else None
        if cls is not None:
            yield f"a client's {node.name}()", module, node.params, node.body

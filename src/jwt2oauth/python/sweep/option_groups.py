"""What options say of themselves beside their own call: groups of which one has to be given, types."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from ..writing.changes import Changes

_ONE_OF = "add_mutually_exclusive_group"
_OPENED = frozenset({"FileText", "FileBinaryRead"})
"""Types of typer whose values are open files."""


def demanding(changes: Changes, idle: Collection[Site]) -> Iterator[tuple[Module, s.Arg, list[Site]]]:
    """``required=True`` of ``parser.add_mutually_exclusive_group()`` with nothing in it but ``idle`` options.

    With each the declarations of its options.
    """
    seen: set[s.Node] = set()
    for option in idle:
        made, members = _group(option)
        if made is None or made in seen:
            continue
        seen.add(made)
        alive = [member for member in members if not changes.is_dead(option.module, member)]
        if all(any(each.node is member for each in idle) for member in alive):
            for arg in made.args:
                if arg.keyword == "required" and isinstance(arg.value, s.Const) and arg.value.value is True:
                    yield option.module, arg, [option.at(member) for member in alive]


def _group(option: Site) -> tuple[s.Call | None, list[s.Node]]:
    """What makes the group of an option, and all that is put into it; None if it has another use."""
    module, func = option.module, option.node.func if isinstance(option.node, s.Call) else None
    group = func.value if isinstance(func, s.Attribute) and func.attr == "add_argument" else None
    bound = [*module.scopes.bindings_of(group)] if isinstance(group, s.Name) else []
    made = [b.node.value for b in bound if isinstance(b.node, s.Assign)]
    if len(made) != len(bound) or len(made) != 1:
        return None, []
    call = made[0]
    if not isinstance(call, s.Call) or s.last_name(call.func) != _ONE_OF:
        return None, []
    methods = [module.parents[use] for use in module.uses.get(bound[0], ())]
    adding = all(isinstance(each, s.Attribute) and each.attr == "add_argument" for each in methods)
    return (call, [module.parents[each] for each in methods]) if adding else (None, [])


def file_type(option: Site) -> s.Expr | None:
    """``typer.FileText`` of ``key: typer.FileText = typer.Option(...)``, which opens what is given."""
    above = option.module.ancestors(option.node)
    param = next((each for each in above if isinstance(each, s.Param)), None)
    kinds = s.walk(param.annotation) if param is not None and param.annotation is not None else ()
    named = (n for n in kinds if isinstance(n, s.Name | s.Attribute) and s.last_name(n) in _OPENED)
    return next(named, None)

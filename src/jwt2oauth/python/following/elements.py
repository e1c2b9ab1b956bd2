"""Who goes through a mapping of mappings, or through names of files, and what for."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Fields, Items, Result, Site, chain, name_of
from ..resolve import Resolver
from .effects import Effects
from .forward import Forward, Use

_NAMING = frozenset(
    {"all", "any", "bool", "enumerate", "frozenset", "iter", "join", "len", "list", "set", "sorted", "tuple"}
)

_ORDERS = frozenset({"list", "reversed", "set", "sorted", "tuple"})

_LOOKS = frozenset({"exists", "is_file", "name", "stem", "parent", "suffix"})
_ASKS = frozenset({"os.path.basename", "os.path.exists", "os.path.isfile", "sys.exit", "exit"})


def only_names(module: Module, node: s.Node, parent: s.Node) -> bool:
    """``for name in profiles``, ``", ".join(profiles)``: is nothing of what lies below taken?"""
    if isinstance(parent, s.For | s.Clause):
        return parent.iter is node
    call = module.parents[parent] if isinstance(parent, s.Arg) and not parent.star else None
    func = call.func if isinstance(call, s.Call) else None
    last = s.last_name(func)
    return last in _NAMING


def element_of(module: Module, call: s.Call) -> tuple[s.Node, s.Expr] | None:
    """``for name, profile in profiles.items()``, ``for profile in profiles.values()``: what is called one."""
    loop = module.parents[call]
    if not isinstance(loop, s.For | s.Clause) or loop.iter is not call or call.args:
        return None
    method = call.func.attr if isinstance(call.func, s.Attribute) else ""
    if method == "values":
        return loop, loop.target
    pair = loop.target.items if isinstance(loop.target, s.Sequence) else ()
    return (loop, pair[1]) if method == "items" and len(pair) == 2 else None


def uses_in_turn(forward: Forward, site: Site, depth: int = 4) -> Iterator[Use]:
    """The uses of a value, also of one in a list or a mapping that is written out: of each in its turn.

    ``for path in ("prod.json", "stage.json")``, ``for name, path in {"prod": "prod.json"}.items()``
    """
    for use in forward.uses(site):
        loads = list(_in_turn(forward, use)) if depth else []
        if not loads:
            yield use
        for load in loads:
            yield from uses_in_turn(forward, load, depth - 1)


def _in_turn(forward: Forward, use: Use) -> Iterator[Site]:
    """Where what is in a container is read; nothing if anybody takes the container for something else."""
    module, container = use.module, use.parent
    row = container if isinstance(module.parents.get(container), s.Sequence) else None
    if isinstance(row, s.Sequence) or (isinstance(container, s.Item) and container.value is use.node):
        container = module.parents[container]
    if not isinstance(container, s.Sequence | s.Dict):
        return
    found: list[Site] = []
    for taken in forward.uses(Site(module, container)):
        picked = _picked(taken)
        if picked is not None:
            found.append(picked)
            continue
        if isinstance(container, s.Dict) and only_names(taken.module, taken.node, taken.parent):
            continue
        loop = _loop(taken, isinstance(container, s.Dict))
        target = loop[1] if loop is not None else None
        if isinstance(row, s.Sequence):
            names = target.items if isinstance(target, s.Sequence) else ()
            target = names[row.items.index(use.node)] if len(names) == len(row.items) else None
        if loop is None or target is None:
            return
        found += forward.loads_after(Site(taken.module, loop[0]), target)
    yield from found


def _picked(taken: Use) -> Site | None:
    """``FILES[stage]``, ``FILES.get(stage)``, ``all(FILES.values())``: one of what is in the container."""
    module, parent = taken.module, taken.parent
    if isinstance(parent, s.Subscript) and parent.value is taken.node:
        return Site(module, parent)
    call = module.parents[parent] if isinstance(parent, s.Attribute) else None
    if not isinstance(parent, s.Attribute) or not isinstance(call, s.Call) or call.func is not parent:
        return None
    is_one = parent.attr == "get" or (parent.attr == "values" and _in_all(module, call))
    return Site(module, call) if is_one else None


def _loop(taken: Use, is_mapping: bool) -> tuple[s.Node, s.Expr] | None:
    """The loop over a container, and what is called one of its elements there."""
    module, node, parent = taken.module, taken.node, taken.parent
    if is_mapping:
        call = module.parents[parent] if isinstance(parent, s.Attribute) else None
        return element_of(module, call) if isinstance(call, s.Call) and call.func is parent else None
    if isinstance(parent, s.Arg) and not parent.star:
        call = module.parents[parent]
        if not isinstance(call, s.Call) or s.last_name(call.func) not in _ORDERS:
            return None
        node, parent = call, module.parents[call]
    return (parent, parent.target) if isinstance(parent, s.For | s.Clause) and parent.iter is node else None


def is_shown(effects: Effects, use: Use) -> bool:
    """``print(path, count)``, ``os.path.exists(path)``: is the name told to a person, or only looked up?"""
    if isinstance(use.parent, s.Attribute) and use.parent.attr in _LOOKS:
        return True
    calls = (above for above in use.module.ancestors(use.node) if isinstance(above, s.Call))
    call = next(calls, None)
    if call is None:
        return False
    names = map(name_of, effects.resolver.resolve(Site(use.module, call.func)))
    return effects.is_log(use.module, call) or any(name in _ASKS for name in names)


def of_some_file(resolver: Resolver, load: Site) -> bool:
    """``json.load(open(path))``: is a file loaded of whose name nothing is known?"""
    if not isinstance(load.node, s.Call) or not load.node.args:
        return False
    if any(isinstance(value, Fields | Items) for value in resolver.resolve(load)):
        return False
    given = (step for v in resolver.resolve(load.at(load.node.args[0].value)) for step in chain(v))
    opened = [each for each in given if isinstance(each, Result) and resolver.opens(each.name)]
    names = [name for each in opened for name in resolver.files_opened(each)]
    return bool(opened) and all("*" in name for name in names)


def is_checked(forward: Forward, value: Site) -> bool:
    """Is it one of several values that are only gone through to see what is missing?"""
    uses = list(uses_in_turn(forward, value))
    return bool(uses) and all(map(_is_tested, uses))


def name_beside(value: Site) -> Site | None:
    """The name in ``("key", key)``, ``(key, "key")`` or ``{"key": key}``."""
    module, row = value.module, value.module.parents[value.node]
    pair = s.children(row) if isinstance(row, s.Item) else []
    if isinstance(row, s.Sequence) and len(row.items) == 2:
        pair += row.items
    name = next((each for each in pair if isinstance(each, s.Str) and each is not value.node), None)
    return Site(module, name) if name is not None else None


def _is_tested(use: Use) -> bool:
    """``if not value:``, ``[name for name, value in pairs if not value]``, ``all(value for value in …)``"""
    module, child, parent = use.module, use.node, use.parent
    while isinstance(parent, s.Unary | s.Bool | s.Compare):
        child, parent = parent, module.parents[parent]
    if isinstance(parent, s.Comprehension) and child is parent.value:
        child, parent = parent, module.parents[parent]
    if isinstance(parent, s.Arg):
        return _in_all(module, child)
    tests = (
        parent.tests if isinstance(parent, s.Clause) else (parent.test,) if isinstance(parent, s.If) else ()
    )
    return child in tests


def _in_all(module: Module, node: s.Node) -> bool:
    """``all(node)``, ``any(node)``"""
    arg = module.parents[node]
    call = module.parents[arg] if isinstance(arg, s.Arg) and not arg.star else None
    return isinstance(call, s.Call) and isinstance(call.func, s.Name) and call.func.id in ("all", "any")

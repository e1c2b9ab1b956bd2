"""Lists of what may be there: a program that gives up, or shows more, where it finds another name.

No name leaves such a list: where this runs, the configuration may hold it for long.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..facts import syntax as s
from ..facts.values import Site
from ..following.forward import Forward, Use

_COLLECT = frozenset({"set", "frozenset", "sorted", "list", "tuple", "keys", "union"})
"""Calls that give the names again."""
_BEHIND = frozenset({"difference", "issubset", "symmetric_difference"})
"""Methods of what is found that are given the list."""
_ACTING = frozenset({"pop", "discard", "remove", "unsetenv", "delenv", "add_argument", "add_option"})
"""Calls that do something by a name, for whoever may use that name."""
_DEPTH = 4

_GROWS = frozenset({"append", "extend", "insert"})


def looked_up(forward: Forward, names: Site, depth: int = 0) -> Iterator[Use]:
    """Where a list is asked about what was found: ``key not in KNOWN``, ``set(config) - KNOWN``."""
    for use in forward.uses(names) if depth < _DEPTH else ():
        module, node, parent = use.module, use.node, use.parent
        if isinstance(parent, s.Compare) and _is_asked(parent, node):
            yield use
        elif isinstance(parent, s.Binary) and parent.op == "-":
            if node is parent.right:
                yield use
        elif isinstance(parent, s.Item) and isinstance(table := module.parents[parent], s.Dict):
            for row in _rows(forward, Site(module, table)):
                yield from looked_up(forward, row, depth + 1)
        elif isinstance(parent, s.Binary):
            yield from looked_up(forward, Site(module, parent), depth + 1)
        elif isinstance(parent, s.Attribute) and parent.attr == "issuperset":
            yield use
        elif isinstance(parent, s.Attribute) and parent.attr in _COLLECT:
            yield from looked_up(forward, Site(module, module.parents[parent]), depth + 1)
        elif isinstance(parent, s.Arg) and isinstance(call := module.parents[parent], s.Call):
            if s.last_name(call.func) in _BEHIND and isinstance(call.func, s.Attribute):
                yield use
            elif s.last_name(call.func) in _COLLECT:
                yield from looked_up(forward, Site(module, call), depth + 1)


def _rows(forward: Forward, table: Site) -> Iterator[Site]:
    """``KNOWN[section]`` and ``KNOWN.get(section)`` of a table of lists."""
    for use in forward.uses(table):
        parent = use.parent
        if isinstance(parent, s.Subscript) and parent.value is use.node:
            yield Site(use.module, parent)
        elif isinstance(parent, s.Attribute) and parent.attr == "get":
            yield Site(use.module, use.module.parents[parent])


def is_gone_through(forward: Forward, names: Site, depth: int = 0) -> bool:
    """Is each of the names asked for: ``for name in NAMES:``, ``for name, text in NAMES.items():``?"""
    for use in forward.uses(names) if depth < _DEPTH else ():
        parent = use.parent
        if isinstance(parent, s.For | s.Clause):
            return True
        if isinstance(parent, s.Attribute) and parent.attr in ("items", "values"):
            return True
        call = use.module.parents[parent] if isinstance(parent, s.Attribute | s.Arg) else None
        if not isinstance(call, s.Call) or s.last_name(call.func) not in _COLLECT:
            continue
        if is_gone_through(forward, Site(use.module, call), depth + 1):
            return True
    return False


def _is_asked(test: s.Compare, node: s.Node) -> bool:
    if node is test.left:
        return not {">=", ">"}.isdisjoint(test.ops)
    return not {"in", "not in", "<=", "<"}.isdisjoint(test.ops)


def refuses(use: Use) -> bool:
    """Is a name that the list has not one too many? Who shows, or hides, what is under a name may not mind.

    ``if key not in KNOWN: raise``, but not ``if key not in SECRET: print(key, config[key])``.
    """
    test = use.parent
    if not isinstance(test, s.Compare):
        return True
    if {"in", "not in"}.isdisjoint(test.ops):
        return True
    if len(test.ops) != 1 or not isinstance(test.left, s.Name):
        return False
    module, node = use.module, use.parent
    while isinstance(module.parents[node], s.Bool | s.Unary):
        node = module.parents[node]
    around = module.parents[node]
    if isinstance(around, s.Assert):
        return test.ops == ("in",)
    if test.ops != ("not in",):
        return False
    done: tuple[s.Node, ...] = (around.body,) if isinstance(around, s.If) else ()
    loop: s.Node | None = next((a for a in module.ancestors(test) if isinstance(a, s.For)), None)
    if isinstance(around, s.Clause) and isinstance(made := module.parents[around], s.Comprehension):
        done, loop = (made.value,) if made.key is None else (made.key, made.value), around
    beside = _targets(loop) - {test.left.id}
    within = (node for each in done for node in s.walk(each))
    return bool(done) and not any(_shows(node, test.left.id, beside) for node in within)


def _targets(loop: s.Node | None) -> set[str]:
    target = loop.target if isinstance(loop, s.For | s.Clause) else None
    return {node.id for node in s.walk(target) if isinstance(node, s.Name)} if target is not None else set()


def _shows(node: s.Node, name: str, beside: Collection[str]) -> bool:
    """``config[key]``, or ``value`` of ``for key, value in config.items()``."""
    if isinstance(node, s.Subscript):
        return s.is_named(node.index, name)
    if isinstance(node, s.Call) and s.last_name(node.func) in ("get", "getattr", "getenv"):
        return any(s.is_named(arg.value, name) for arg in node.args)
    return isinstance(node, s.Name) and node.id in beside


def acts(loop: s.For, name: str) -> bool:
    """``config.pop(name)``, ``shown[name] = "***"``: is something done to whatever has that name?"""
    tests = (node for node in s.walk(loop.body) if isinstance(node, s.If) and _asks_for_missing(node.test))
    complaints = {node for test in tests for node in s.walk(test.body)}  # errors[name] = "required"
    own = {*_targets(loop)}
    for made in (node for node in s.walk(loop.body) if isinstance(node, s.Assign) and node.value is not None):
        if made.value is not None and any(_says(made.value, each) for each in own):  # value = environ[name]
            own |= {target.id for target in made.targets if isinstance(target, s.Name)}
    for node in s.walk(loop.body):
        takes = isinstance(node, s.Call) and s.last_name(node.func) in _ACTING
        if takes and isinstance(node, s.Call) and any(_says(arg.value, name) for arg in node.args):
            return True
        targets = node.targets if isinstance(node, s.Assign | s.Delete) else ()
        keyed = any(isinstance(target, s.Subscript) and s.is_named(target.index, name) for target in targets)
        value = node.value if isinstance(node, s.Assign) else None
        if (
            keyed
            and node not in complaints
            and not (value is not None and any(_says(value, each) for each in own))
        ):
            return True
    return False


def _asks_for_missing(test: s.Expr) -> bool:
    if isinstance(test, s.Compare):
        return not {"not in", "is"}.isdisjoint(test.ops)
    return isinstance(test, s.Unary) and test.op == "not"


def searches(call: s.Node, made: s.Comprehension, name: str) -> bool:
    """``any(name in line for name in HIDDEN)``: is one of the names looked for, not what is missing?"""
    test = made.value
    if not isinstance(test, s.Compare) or not s.is_named(test.left, name) or not isinstance(call, s.Call):
        return False
    return (s.last_name(call.func), test.ops) in (("any", ("in",)), ("all", ("not in",)))


def _says(value: s.Expr, name: str) -> bool:
    return any(isinstance(node, s.Name) and node.id == name for node in s.walk(value))


def _complaints(test: s.If) -> Iterator[s.Call]:
    """``errors.append(f"{name} is empty")``: what is gathered there says only that something is wrong."""
    for stmt in test.body.body:
        call = stmt.value if isinstance(stmt, s.ExprStmt) else None
        func = call.func if isinstance(call, s.Call) else None
        if not isinstance(call, s.Call) or not isinstance(func, s.Attribute) or func.attr != "append":
            continue
        parts = [part for arg in call.args for part in s.walk(arg.value)]
        said = any(isinstance(part, s.Str | s.FString) for part in parts)
        read = any(isinstance(part, s.Subscript) or _reads(part) for part in parts)
        if said and not read:
            yield call


def _reads(node: s.Node) -> bool:
    """``getattr(settings, name)``, ``config.get(name)``"""
    func = node.func if isinstance(node, s.Call) else None
    last = s.last_name(func)
    return last in ("getattr", "get", "getenv")


def collects(loop: s.For) -> bool:
    """Does a loop put anything but the names themselves one behind the other?"""
    complaints = {n for each in s.walk(loop.body) if isinstance(each, s.If) for n in _complaints(each)}
    for node in s.walk(loop.body):
        if node in complaints:
            continue
        if isinstance(node, s.Yield):
            return True
        if isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and node.func.attr in _GROWS:
            names = [a.value.id for a in node.args if isinstance(a.value, s.Name)]
            if names != [first_of(loop.target)]:
                return True
    return False


def first_of(target: s.Expr) -> str | None:
    """The variable that takes a name, or the first one of a row."""
    if isinstance(target, s.Sequence) and target.items:
        target = target.items[0]
    return target.id if isinstance(target, s.Name) else None

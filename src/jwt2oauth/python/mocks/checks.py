"""Statements of tests that only check something: they go with what they look at."""

from __future__ import annotations

from ...rules.tables import ClientFields
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Function, Site
from ..resolve import Resolver
from ..roles.trace import label_of
from ..writing.changes import Changes

EXPECTING = frozenset({"raises", "assertRaises", "assertRaisesRegex", "assertRaisesRegexp"})
"""Calls of a test that name the class of an error first."""


def is_check(stmt: s.Stmt) -> bool:
    """``assert …``, ``self.assertEqual(…)``, ``stand_in.assert_called_once()``"""
    if isinstance(stmt, s.Assert):
        return True
    call = stmt.value if isinstance(stmt, s.ExprStmt) else None
    return isinstance(call, s.Call) and s.last_name(call.func).startswith("assert")


def test_around(module: Module, node: s.Node) -> s.FuncDef | None:
    """The test that ``node`` stands in; None where it is a helper or a fixture, or of the module."""
    around = [each for each in (node, *module.ancestors(node)) if isinstance(each, s.FuncDef)]
    return around[-1] if around and around[-1].name.startswith("test") else None


def posts_itself(resolver: Resolver, module: Module, node: s.Node, fields: ClientFields) -> bool:
    """Does the test hand fields of its own to what sends them: ``post_form(url, {"jwt_token": "x"})``?

    What is expected then is what the test itself gave, not what the flow sends and gets.
    """
    test = test_around(module, node)
    for each in s.walk(test) if test is not None else ():
        if isinstance(each, s.Item) and resolver.spelled(module, each.key) == fields.assertion:
            form = module.parents[each]
            items = form.items if isinstance(form, s.Dict) else ()
            call, names = module.call_given(form), {resolver.spelled(module, item.key) for item in items}
        elif isinstance(each, s.Arg) and each.keyword == fields.assertion:
            call = module.call_of(each)
            names = {arg.keyword for arg in call.args} if call is not None else set()
        else:
            continue
        if call is None or names & {fields.client_id, fields.client_secret}:
            continue
        if any(not resolver.is_test(callee.module) for callee in resolver.callees(Site(module, call))):
            return True
    return False


def label_in_test(module: Module, node: s.Node) -> str:
    """Where a record stands, with the name of the test that it stands in."""
    test = test_around(module, node)
    label = label_of(module, node)
    return f"{label} ({test.name})" if test is not None else label


def is_expecting(node: s.Node) -> bool:
    """``pytest.raises(KeyError)``, ``self.assertRaises(KeyError)``"""
    return isinstance(node, s.Call) and s.last_name(node.func) in EXPECTING


def makes_fail(patch: s.Node) -> bool:
    """``patch("auth.sign", side_effect=OSError("no key"))``"""
    args = patch.args if isinstance(patch, s.Call) else ()
    return any(arg.keyword == "side_effect" and is_error(arg.value) for arg in args)


def fails_from_now_on(module: Module, stand_in: s.Node) -> bool:
    """``sign.side_effect = OSError("no key")``"""
    target = module.parents[stand_in]
    stmt = module.parents[target]
    sets = isinstance(target, s.Attribute) and target.attr == "side_effect" and isinstance(stmt, s.Assign)
    return sets and isinstance(stmt, s.Assign) and stmt.value is not None and is_error(stmt.value)


def is_error(value: s.Expr) -> bool:
    """``OSError("no key")``, ``requests.ConnectTimeout``"""
    name = s.last_name(value.func if isinstance(value, s.Call) else value)
    return name.endswith(("Error", "Exception", "Timeout"))


def looks(module: Module, stmt: s.Stmt) -> list[s.Stmt] | None:
    """The statements that use what the assignment ``stmt`` binds to names; None if one is no check.

    Or gives a part of it another name, which only checks use.
    """
    targets = stmt.targets if isinstance(stmt, s.Assign) and len(stmt.targets) == 1 else ()
    bound = _names_in(targets[0]) if targets else None
    if bound is None:
        return None
    found: dict[s.Stmt, None] = {}
    for each in map(module.statement, module.uses_of(stmt)):
        below: list[s.Stmt] | None = [] if is_check(each) else None
        if below is None and each.span.start > stmt.span.start and not isinstance(each, s.AugAssign):
            below = looks(module, each)
        if below is None:
            return None
        found.update(dict.fromkeys([each, *below]))
    return list(found)


def only_about(use: Site) -> list[s.Stmt] | None:
    """The checks that look at what is loaded at ``use`` and at nothing else; None if more than these does."""
    module = use.module
    stmt = module.statement(use.node)
    known = {_root(use.node), "self"}
    if is_check(stmt):
        return [stmt] if _names(module, stmt) <= known or _asks_itself(module, use.node, stmt) else None
    found = looks(module, stmt)
    if found is None:
        return None
    found = [stmt, *found]
    for each in found:
        known |= _names_in(each.targets[0]) or set() if isinstance(each, s.Assign) else set()
    return found if all(_names(module, each) <= known for each in found) else None


def is_only_look(resolver: Resolver, use: Site) -> bool:
    """Does a test compare what is loaded at ``use``, nothing else of its object, and call nothing of ours?

    ``assert settings.private_key == pem``
    """
    module = use.module
    stmt = module.statement(use.node)
    if not is_check(stmt) or test_around(module, use.node) is None:
        return False
    own = set(s.walk(use.node))
    parts = [n for n in s.walk(stmt) if n not in own]
    called = (c for n in parts if isinstance(n, s.Call) for c in resolver.callees(Site(module, n)))
    root = _root(use.node)
    return (
        not any(isinstance(n, s.Bool) for n in parts)
        and not any(isinstance(n, s.Name) and n.id == root for n in parts)
        and all(resolver.is_test(callee.module) for callee in called)
    )


def _asks_itself(module: Module, node: s.Node, stmt: s.Stmt) -> bool:
    """``encode.assert_called_once_with(auth.claims(), "KEY")``: whatever it is compared with."""
    method = module.parents[node]
    call = stmt.value if isinstance(stmt, s.ExprStmt) else None
    return isinstance(method, s.Attribute) and isinstance(call, s.Call) and call.func is method


def _names_in(target: s.Expr) -> set[str] | None:
    """``claims`` and ``key`` of ``(claims, key), rest = …``; None if it stores into anything but names."""
    if not isinstance(target, s.Sequence):
        return {target.id} if isinstance(target, s.Name) else None
    found: set[str] = set()
    for item in target.items:
        names = _names_in(item)
        if names is None:
            return None
        found |= names
    return found


def _names(module: Module, stmt: s.Stmt) -> set[str]:
    """The names of the function's own that a statement loads."""
    value = stmt.value if isinstance(stmt, s.Assign) and stmt.value is not None else stmt
    loads = [n for n in s.walk(value) if isinstance(n, s.Name)]
    return {n.id for n in loads if any(not b.scope.is_module for b in module.scopes.bindings_of(n))}


def _root(node: s.Node) -> str:
    while isinstance(node, s.Attribute):
        node = node.value
    return node.id if isinstance(node, s.Name) else ""


def is_test_of_nothing(resolver: Resolver, changes: Changes, module: Module, test: s.FuncDef) -> bool:
    """Is a test left without a check of its own, or one that it calls?"""
    if not test.name.startswith("test") or changes.is_dead(module, test):
        return False
    return not any(
        _may_fail(node)
        or (isinstance(node, s.Call) and any(_checks(c) for c in resolver.callees(Site(module, node))))
        for node in s.walk(test.body)
        if not changes.is_dead(module, node)
    )


def _checks(callee: Function) -> bool:
    return any(map(_may_fail, s.walk(callee.node.body)))


def _may_fail(node: s.Node) -> bool:
    name = s.last_name(node.func) if isinstance(node, s.Call) else ""
    return isinstance(node, s.Assert | s.Raise) or name.startswith("assert") or name in _RAISING


_RAISING = frozenset({"raises", "warns", "fail", "deprecated_call"})

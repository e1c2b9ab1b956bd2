"""Stand-ins for functions that are called with less now, or with another argument than before.

``monkeypatch.setattr(auth, "login", lambda client, key: …)``, ``login.assert_called_once_with(key="k")``; and
``def post(url, files): …`` for what posts the fields under another name now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Closure, Function, ModuleValue, Site, Value
from ..resolve import Resolver
from ..writing.changes import Changes
from .checks import is_check, label_in_test
from .patches import Name, Patch, Patches

_CALLS = frozenset({"call_args", "call_args_list", "mock_calls", "method_calls"})
_SELF = ("self", "cls", "_self")
_FILLED = ("*", "**")
_POSTS = frozenset({"post", "request"})
StandIn = tuple[str, Module, tuple[s.Param, ...], s.Node]
"""What it stands in for, where, and what it takes and does."""


class Fitted:
    """Fits stand-ins in one plan's changes."""

    def __init__(self, resolver: Resolver, patches: Patches, changes: Changes) -> None:
        self.resolver = resolver
        self.patches = patches
        self.changes = changes
        self.notes: list[Site] = []
        """What was taken out."""
        self._lost = dict(self._losing())

    def fit(self, modules: Sequence[Module]) -> Iterator[str]:
        """Change the tests in ``modules``; gives what a person must see to."""
        told: dict[str, None] = {}
        for module in modules if self._lost else ():
            for patch in self.patches.of(module):
                if self.changes.is_dead(module, patch.site.node):
                    continue
                for function in self._meant(patch.name):
                    for site in self._fit(patch, function):
                        names = ", ".join(param.name for param in self._lost[function])
                        told[
                            f"{label_in_test(site.module, site.node)} expects {function.name} to be called "
                            f"with what it takes no more ({names}): change or remove that test."
                        ] = None
        yield from told

    def _losing(self) -> Iterator[tuple[s.FuncDef, list[s.Param]]]:
        """The functions of the program that stay and lost parameters."""
        for module in self.changes.touched:
            for function in module.each(s.FuncDef) if not self.resolver.is_test(module) else ():
                gone = [param for param in function.params if param in self.changes.removed]
                if gone and not self.changes.is_dead(module, function):
                    yield function, gone

    def _meant(self, name: Name) -> Iterator[s.FuncDef]:
        """The functions that lost parameters and in whose place something is put."""
        if name.module is None or not name.names:
            return
        bindings = name.module.scopes.module.bindings.get(name.names[0], ())
        at = (self.resolver.binding(b, Site(name.module, b.node)) for b in bindings)
        for value in dict.fromkeys(v for values in at for v in values):
            yield from (f for f in self._below(value, name.names[1:]) if f in self._lost)

    def _below(self, value: Value, names: tuple[str, ...]) -> Iterator[s.FuncDef]:
        if isinstance(value, ModuleValue) and names:
            yield from self._meant(Name(value.module, names))
        elif isinstance(value, Function) and not names:
            yield value.node
        elif isinstance(value, Class) and len(names) <= 1:
            wanted = names[0] if names else "__init__"
            yield from (n for n in value.node.body.body if isinstance(n, s.FuncDef) and n.name == wanted)

    def _fit(self, patch: Patch, function: s.FuncDef) -> Iterator[Site]:
        """Fit one stand-in; gives the places where that cannot be done."""
        for module, params, body in fakes(self.resolver, patch):
            for param in self._taken(params, function):
                if self._is_used(module, param, body):
                    yield Site(module, body)
                else:
                    self.changes.remove(module, param)
        for use in patch.place.seen:
            if self.changes.is_dead(use.module, use.node):
                continue
            for call in self._expected(use):
                if not self._shorten(use.module, call, function):
                    yield use.at(call)
            yield from self._looks(use, function)

    def _taken(self, params: Sequence[s.Param], function: s.FuncDef) -> Iterator[s.Param]:
        """Those of a stand-in's parameters that nothing fills any more: by name, or by their places."""
        own = [p for p in params if p not in self.changes.removed]
        mine = [p for p in own if p.kind not in _FILLED]
        theirs = [p for p in function.params if p.kind not in _FILLED]
        if theirs and theirs[0].name in _SELF and not (mine and mine[0].name in _SELF):
            theirs = theirs[1:]
        known = {p.name for p in theirs}
        for param in self._lost[function]:
            named = next((p for p in mine if p.name == param.name), None)
            at = theirs.index(param) if param in theirs else len(mine)
            if named is None and at < len(mine) and mine[at].kind == "" and mine[at].name not in known:
                named = mine[at]
            if named is not None and named.default is None:
                yield named

    def _is_used(self, module: Module, param: s.Param, body: s.Node) -> bool:
        names = (n for n in s.walk(body) if isinstance(n, s.Name) and n.id == param.name)
        return any(not self.changes.is_dead(module, name) for name in names)

    def _expected(self, use: Site) -> Iterator[s.Call]:
        """``login.assert_called_once_with(…)``, and ``call(…)`` that its calls are compared with."""
        module = use.module
        method = module.parents[use.node]
        call = module.parents[method]
        stmt = module.statement(use.node)
        if isinstance(method, s.Attribute) and isinstance(call, s.Call) and call.func is method:
            if method.attr.startswith("assert_") and method.attr.endswith("_with"):
                yield call
            elif method.attr in ("assert_any_call", "assert_has_calls"):
                yield from [call] if method.attr == "assert_any_call" else _made(call)
        elif isinstance(method, s.Attribute) and method.attr in _CALLS and is_check(stmt):
            yield from _made(stmt)

    def _shorten(self, module: Module, call: s.Call, function: s.FuncDef) -> bool:
        """Take out what is given to parameters that went; says whether that is sure."""
        if any(arg.star for arg in call.args):
            return False
        params = [p for p in function.params if p.kind == ""]
        params = params[1:] if params and params[0].name in _SELF else params
        for param in self._lost[function]:
            place = params.index(param) if param in params else None
            plain = [arg for arg in call.args if not arg.keyword]
            given = next((arg for arg in call.args if arg.keyword == param.name), None)
            if given is None and place is not None and place < len(plain):
                given = plain[place]
            if given is not None:
                self.changes.remove(module, given)
        return True

    def _looks(self, use: Site, function: s.FuncDef) -> Iterator[Site]:
        """``login.call_args.kwargs["key"]``: such a check goes; what looks at places is told."""
        module = use.module
        stmt = module.statement(use.node)
        path = module.parents[use.node]
        if not (isinstance(path, s.Attribute) and path.attr in _CALLS) or any(_made(stmt)):
            return
        lost = {param.name for param in self._lost[function]}
        indices = (n.index for n in s.walk(stmt) if isinstance(n, s.Subscript))
        keys = [index.value for index in indices if isinstance(index, s.Str)]
        if any(key in lost for key in keys):
            if not is_check(stmt):
                yield use.at(stmt)
            else:
                self.changes.remove(module, stmt)
                self.notes.append(use.at(stmt))
        elif not keys and any(p.kind == "" for p in self._lost[function]):
            yield use.at(stmt)


def _made(node: s.Node) -> Iterator[s.Call]:
    """``call("signed", retries=2)``"""
    for each in s.walk(node):
        if isinstance(each, s.Call) and s.last_name(each.func) == "call":
            yield each


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

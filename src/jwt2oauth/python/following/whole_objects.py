"""Who takes all fields of an object at once: ``config.model_dump()``, ``vars(self)``, ``**asdict(self)``."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.values import Class, Instance, Param, Site, name_of
from ..resolve import Resolver
from .forward import Forward, Use

_SHORT = frozenset({"dict", "json"})
"""Methods that objects of other kinds have as well: what is asked must be known."""
_ITERATES = frozenset({"dict", "list", "tuple", "sorted", "set"})


class Wholes:
    """Finds them; one per set of changes, or per question."""

    def __init__(self, resolver: Resolver, forward: Forward) -> None:
        self.resolver = resolver
        self.forward = forward
        self._known: dict[Class, tuple[int, list[tuple[Site, Use]]]] = {}
        """By class, as of so many modules."""
        values = resolver.rules.values
        self._names = frozenset(values.unfolding.names) | frozenset(values.pouring.names)
        self._functions = frozenset(name.rpartition(".")[2] for name in self._names)
        self._mapping = (*values.unfolding.methods, "__dict__")
        self._methods = (*self._mapping, *values.pouring.methods)

    def reads(self, cls: Class, name: str) -> Iterator[Site]:
        """The places that may see the field ``name`` of an instance of ``cls`` among all others."""
        for taken, use in self._uses(cls):
            if self._is_copied(use, cls) or _leaves_out(taken.node, name):
                continue
            if self._asked(use) in (None, name):
                yield Site(use.module, use.parent)

    def are_counted(self, cls: Class) -> bool:
        """Would one field more break a call: ``Report(**settings.model_dump())``?"""
        return any(
            isinstance(use.parent, s.Arg) and use.parent.star == "**" and not self._takes_any(use)
            for _, use in self._uses(cls)
            if not self._is_copied(use, cls)
        )

    def _is_copied(self, use: Use, cls: Class) -> bool:
        """``Settings(**settings.model_dump())``: another object of the class, which has the same fields.

        Or ``Settings(**{**settings.model_dump(), "host": host})``.
        """
        arg, parents = use.parent, use.module.parents
        if isinstance(arg, s.Item) and arg.key is None:
            arg = parents[parents[arg]]
        call = parents[arg]
        if not isinstance(arg, s.Arg) or arg.star != "**" or not isinstance(call, s.Call):
            return False
        made = self.resolver.resolve(Site(use.module, call.func))
        return bool(made) and all(isinstance(value, Class) and value == cls for value in made)

    def _uses(self, cls: Class) -> list[tuple[Site, Use]]:
        """Where all fields are taken, and who gets them."""
        known = self._known.get(cls)
        if known is None or known[0] != len(self.resolver.index.loaded):
            found = [(taken, use) for taken in self._taken(cls) for use in self.forward.uses(taken)]
            known = self._known[cls] = (len(self.resolver.index.loaded), found)
        return known[1]

    def _takes_any(self, use: Use) -> bool:
        """``"{host}/c/{client_id}".format(**…)``, ``dict(**…)``, a function with ``**kwargs``"""
        call = use.module.parents[use.parent]
        if not isinstance(call, s.Call):
            return True
        last = call.func.attr if isinstance(call.func, s.Attribute) else ""
        if last in ("format", "update", "render") or (
            isinstance(call.func, s.Name) and call.func.id == "dict"
        ):
            return True
        callees = self.resolver.callees(Site(use.module, call))
        return bool(callees) and all(any(p.kind == "**" for p in c.node.params) for c in callees)

    def _asked(self, use: Use) -> str | None:
        """The one key that is asked for; None where it may be any, or all."""
        parent = use.parent
        key: s.Expr | None = None
        if isinstance(parent, s.Subscript) and parent.value is use.node:
            key = parent.index
        elif isinstance(parent, s.Attribute) and parent.attr in ("get", "pop"):
            call = use.module.parents[parent]
            key = call.args[0].value if isinstance(call, s.Call) and call.args else None
        elif isinstance(parent, s.Compare) and parent.ops in (("in",), ("not in",)):
            key = parent.left
        return self.resolver.spelled(use.module, key)

    # -- what makes a mapping, or a text, of an object ------------------------------------------------

    def _taken(self, cls: Class) -> Iterator[Site]:
        """The expressions that give all fields of an instance of ``cls``."""
        yield from self._iterated(cls)  # first: it may load modules
        for method in self._methods:
            for load in self.forward.loads_of(method, cls.module):
                assert isinstance(load.node, s.Attribute)
                call = load.module.parents[load.node]
                is_call = isinstance(call, s.Call) and call.func is load.node
                if is_call is (method != "__dict__") and self._is_of(load.at(load.node.value), cls, method):
                    yield load.at(call) if is_call else load
        for module in self.resolver.world:
            if not any(map(module.holds, self._functions)):
                continue
            if not self.resolver.index.related(module, cls.module):
                continue
            for node in module.each(s.Call):
                if node.args and s.last_name(node.func) in self._functions:
                    site = Site(module, node)
                    names = map(name_of, self.resolver.resolve(site.at(node.func)))
                    if not self._names.isdisjoint(names) and self._is_of(site.at(node.args[0].value), cls):
                        yield site

    def _is_of(self, obj: Site, cls: Class, method: str = "") -> bool:
        if method not in _SHORT:
            return self.forward.may_hold(obj, cls)
        values = self.resolver.resolve(obj)
        is_said = any(
            isinstance(v, Instance) or (isinstance(v, Param) and v.param.annotation) for v in values
        )
        return is_said and self.forward.may_hold(obj, cls)

    def _iterated(self, cls: Class) -> Iterator[Site]:
        """``for name, value in settings``, ``dict(settings)``: a model gives its fields one by one."""
        if not self.resolver.is_model(cls) and not self.resolver.is_settings(cls):
            return
        for made in self.resolver.constructions(cls):
            for use in self.forward.uses(made):
                parent = use.parent
                if isinstance(parent, s.For | s.Clause) and parent.iter is use.node:
                    yield Site(use.module, use.node)
                for hop in (*use.path, Site(use.module, use.node)):
                    call = _iterating(hop)
                    if call is not None:
                        yield hop.at(call)


def _iterating(hop: Site) -> s.Call | None:
    """``dict(settings)``, ``list(settings)``"""
    arg = hop.module.parents[hop.node]
    alone = isinstance(arg, s.Arg) and not arg.star and arg.keyword is None  # not dict(adobe=settings)
    call = hop.module.parents[arg] if alone else None
    is_one = isinstance(call, s.Call) and isinstance(call.func, s.Name) and call.func.id in _ITERATES
    return call if isinstance(call, s.Call) and is_one else None


def _leaves_out(node: s.Node, name: str) -> bool:
    """``model_dump(include={"client_id"})``, ``model_dump(exclude={"private_key"})``"""
    for arg in node.args if isinstance(node, s.Call) else ():
        if arg.keyword not in ("include", "exclude") or not isinstance(arg.value, s.Sequence):
            continue
        texts = [item.value for item in arg.value.items if isinstance(item, s.Str)]
        if len(texts) == len(arg.value.items) and (name in texts) is (arg.keyword == "exclude"):
            return True
    return False

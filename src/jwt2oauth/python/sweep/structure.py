"""Compound statements and functions whose insides are gone."""

from __future__ import annotations

import itertools

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Site, name_of
from ..prose.remarks import names_jwt_or_key
from ..rendering import is_about_the_flow
from ..resolve.shared import method_of
from ..roles.trace import label_of
from .base import Base

_HOOKS = ("__post_init__", "__attrs_post_init__")
"""What is called when an object has its fields."""
_QUIET = ("warnings.catch_warnings",)
_MISSING = ("FileNotFoundError", "PermissionError", "IsADirectoryError")
"""What is raised where a file cannot be opened, and hardly by anything else."""
_FILTERS = ("warnings.simplefilter", "warnings.filterwarnings", "warnings.resetwarnings")
"""What is said to be quiet in a block that is left again: ``with warnings.catch_warnings():``."""


class Structure(Base):
    """Compound statements and functions whose insides are gone."""

    def _structure(self) -> None:
        for module in self.changes.touched:
            for block in module.each(s.Block):
                if isinstance(block, s.Block):
                    self._announcements(module, block)
            for kind in (s.With, s.For, s.If, s.Try, s.FuncDef):
                for node in reversed(module.each(kind)):
                    if not self.changes.is_dead(module, node):
                        self._emptied(module, node)

    def _gone(self, module: Module, block: s.Block) -> bool:
        """Is all of it gone, but for what only tells of what is gone?"""
        return any(stmt in self.changes.removed for stmt in block.body) and all(
            stmt in self.changes.removed
            or (isinstance(stmt, s.Plain) and stmt.word == "pass")
            or self._tells_of_it(module, stmt)
            for stmt in block.body
        )

    def _tells_of_it(self, module: Module, stmt: s.Stmt) -> bool:
        """``logger.debug("reading the private key")``; what is printed may be what the program is for."""
        if not isinstance(stmt, s.ExprStmt) or not isinstance(stmt.value, s.Call):
            return False
        texts = [str(node.value) for node in s.walk(stmt) if isinstance(node, s.Str)]
        if not any(map(is_about_the_flow, texts)) or self.effects.is_print(module, stmt.value):
            return False
        return self.effects.only_tells(module, stmt.value)

    def _announcements(self, module: Module, block: s.Block) -> None:
        """``logger.info("Creating the JWT")`` directly above what created it."""
        for stmt, following in itertools.pairwise(block.body):
            if following not in self.changes.removed or stmt in self.changes.removed:
                continue
            if self._tells_of_it(module, stmt) and names_jwt_or_key(stmt):
                self.changes.remove(module, stmt)

    def _emptied(self, module: Module, node: s.Stmt) -> None:
        left = self.changes.unwrapped.get(node)
        if left is not None and all(self._gone(module, block) for block in left):
            self.changes.remove(module, node)
        elif isinstance(node, s.With):
            self._emptied_with(module, node)
        elif isinstance(node, s.For):
            if (
                self._gone(module, node.body)
                and node.orelse is None
                and self.effects.harmless(module, node.iter)
            ):
                self.changes.remove(module, node)
        elif isinstance(node, s.If):
            self._emptied_if(module, node)
        elif isinstance(node, s.Try):
            self._emptied_try(module, node)
        elif isinstance(node, s.FuncDef):
            self._emptied_function(module, node)

    def _emptied_with(self, module: Module, node: s.With) -> None:
        if node in self.changes.unwrapped:
            return
        if self._only_silences(module, node):
            self.changes.remove(module, node)
            return
        if self._gone(module, node.body):
            given = [b for item in node.items for b in module.bound_by(item)]
            harmless = all(self.effects.harmless(module, item.value) for item in node.items)
            if any(map(self.live, given)):
                return
            if harmless:
                self.changes.remove(module, node)
                for binding in given:
                    self._drop_guards(binding)
            elif given:
                self.entered_for_nothing[node] = module
            return
        if not any(self.changes.is_dead(module, n) for n in s.walk(node.body)):
            return
        if len(node.items) > 1 and self._emptied_items(module, node):
            return
        bound = [b for item in node.items for b in module.bound_by(item)]
        if not bound or not all(self.touched(b) and not self.live(b) for b in bound):
            return
        if all(self.effects.harmless(module, item.value) for item in node.items):
            self.changes.unwrap(module, node, node.body)
        else:
            self.entered_for_nothing[node] = module

    def _only_silences(self, module: Module, node: s.With) -> bool:
        """``with warnings.catch_warnings():`` in which only the filters are left, for nothing."""
        gone = [stmt for stmt in node.body.body if stmt in self.changes.removed]
        left = [stmt for stmt in node.body.body if stmt not in gone]
        calls = [stmt.value for stmt in left if isinstance(stmt, s.ExprStmt)]
        return (
            bool(gone)
            and len(calls) == len(left)
            and all(self._calls_one(module, item.value, _QUIET) for item in node.items)
            and not any(item.target for item in node.items)
            and all(self._calls_one(module, call, _FILTERS) for call in calls)
        )

    def _calls_one(self, module: Module, node: s.Expr, names: tuple[str, ...]) -> bool:
        """Is it a call of one of these functions of a library?"""
        found = self.resolver.resolve(Site(module, node.func)) if isinstance(node, s.Call) else ()
        return any(name_of(value) in names for value in found)

    def _emptied_items(self, module: Module, node: s.With) -> bool:
        """``with open(key) as f, Session() as http:``, of which only the one goes."""
        idle = []
        for item in node.items:
            bound = list(module.bound_by(item))
            unused = bound and all(self.touched(b) and not self.live(b) for b in bound)
            if unused and self.effects.harmless(module, item.value):
                idle.append(item)
        if len(idle) == len(node.items):
            return False
        for item in idle:
            self.changes.remove(module, item)
        return True

    def _emptied_if(self, module: Module, node: s.If) -> None:
        if node in self.changes.unwrapped or not self._gone(module, node.body):
            if (
                node.orelse is not None
                and self._gone(module, node.orelse)
                and node.orelse not in self.changes.removed
            ):
                nested = node.orelse.body[0]
                if (
                    not (len(node.orelse.body) == 1 and isinstance(nested, s.If) and nested.is_elif)
                    or nested in self.changes.removed
                ):
                    self.changes.remove(module, node.orelse)
            return
        alive = node.orelse is not None and not self._gone(module, node.orelse)
        if not alive and self.effects.harmless(module, node.test):
            self.changes.remove(module, node)

    def _emptied_try(self, module: Module, node: s.Try) -> None:
        if node in self.changes.unwrapped:
            return
        if self._gone(module, node.body):
            alive = [b for b in (node.orelse, node.final) if b is not None and not self._gone(module, b)]
            if not alive:
                self.changes.remove(module, node)
            else:
                self.changes.unwrap(module, node, *alive)
            return
        if not any(self.changes.is_dead(module, n) for n in s.walk(node.body)):
            return
        for handler in node.handlers:
            if handler not in self.changes.removed and handler.type is not None:
                self._narrow(module, node, handler)
                self._tell_of_missing_files(module, node, handler)
        if node.handlers and all(h in self.changes.removed for h in node.handlers) and node.final is None:
            bodies = [node.body, *([node.orelse] if node.orelse else [])]
            self.changes.unwrap(module, node, *bodies)

    def _narrow(self, module: Module, node: s.Try, handler: s.Handler) -> None:
        """``except jwt.PyJWTError`` around code that no longer signs."""
        assert handler.type is not None
        types = handler.type.items if isinstance(handler.type, s.Sequence) else (handler.type,)
        gone = [t for t in types if self._only_signing(module, t, node)]
        if len(gone) == len(types):
            self.changes.remove(module, handler)
            self.notes.append(
                "A handler for errors of signing is gone, "
                f"nothing raises them any more: {label_of(module, handler)}."
            )
        elif gone and len(types) - len(gone) == 1:
            self.changes.reduce(module, handler.type, next(t for t in types if t not in gone))
        else:
            for item in gone:
                self.changes.remove(module, item)

    def _tell_of_missing_files(self, module: Module, node: s.Try, handler: s.Handler) -> None:
        """``except FileNotFoundError`` around what opened the key's file, and opens nothing any more."""
        if handler in self.changes.removed or s.last_name(handler.type) not in _MISSING:
            return
        calls = [Site(module, each) for each in s.walk(node.body) if isinstance(each, s.Call)]
        gone = [each for each in calls if self.changes.is_dead(module, each.node)]
        if not any(map(self._may_open, gone)) or any(self._may_open(c) for c in calls if c not in gone):
            return
        note = f"Nothing opens the key's file any more, for which {label_of(module, handler)} has a handler."
        if note not in self.notes:
            self.notes.append(note)

    def _may_open(self, call: Site) -> bool:
        """May a call open a file, itself or by what it calls?"""
        names = [name_of(value) for value in self.resolver.resolve(call.at(call.call.func))]
        own = bool(self.resolver.callees(call))
        return own or not names or any(name is None or self.resolver.opens(name) for name in names)

    def _only_signing(self, module: Module, node: s.Expr, around: s.Try) -> bool:
        """An exception of a library that the body no longer calls."""
        libraries = {n.split(".")[0] for n in self._encoders}
        for value in self.resolver.resolve(Site(module, node)):
            name = name_of(value) or ""
            root = name.split(".")[0]
            if root not in libraries or "." not in name:
                return False
            for inner in s.walk(around.body):
                if isinstance(inner, s.Call) and not self.changes.is_dead(module, inner):
                    for callee in self.resolver.resolve(Site(module, inner.func)):
                        if (name_of(callee) or "").split(".")[0] == root:
                            return False
            return True
        return False

    def _emptied_function(self, module: Module, node: s.FuncDef) -> None:
        """A helper that does nothing any more: its calls go, then it goes itself."""
        body = node.body.body
        if body and isinstance(body[0], s.ExprStmt) and isinstance(body[0].value, s.Str):
            body = body[1:]

        if self._gives_back(module, node) or self._only_hands_on(module, node):
            self.changes.remove(module, node)
            return

        def idle(stmt: s.Stmt) -> bool:
            return (
                stmt in self.changes.removed
                or (isinstance(stmt, s.ExprStmt) and self.effects.only_tells(module, stmt.value))
                or (isinstance(stmt, s.Return) and (stmt.value is None or isinstance(stmt.value, s.Const)))
            )

        if not body or not any(stmt in self.changes.removed for stmt in body) or not all(map(idle, body)):
            return
        if node.name in ("__init__", *_HOOKS):
            if self._is_needless(module, node):
                self.changes.remove(module, node)
            return
        for call in self.resolver.callers(module, node):
            stmt = call.module.parents.get(call.node)
            while isinstance(stmt, s.Await | s.Call):  # ``await to_thread(self.sign)``
                stmt = call.module.parents.get(stmt)
            if (
                isinstance(stmt, s.ExprStmt)
                and not self.changes.is_dead(call.module, stmt)
                and all(self.effects.harmless(call.module, a.value) for a in call.call.args)
            ):
                self.changes.remove(call.module, stmt)

    def _gives_back(self, module: Module, node: s.FuncDef) -> bool:
        """A validator of a model of which ``return self`` is left."""
        rest = [
            stmt for stmt in node.body.body if stmt not in self.changes.removed and not s.is_bare_text(stmt)
        ]
        value = rest[0].value if len(rest) == 1 and isinstance(rest[0], s.Return) else None
        given = {param.name for param in node.params}
        if len(rest) == len(node.body.body) or not isinstance(value, s.Name) or value.id not in given:
            return False
        if not any(stmt in self.changes.removed for stmt in node.body.body):
            return False
        converters = self.rules.values.converters
        above = [each.func if isinstance(each, s.Call) else each for each in node.decorators]
        names = [name_of(value) for each in above for value in self.resolver.resolve(Site(module, each))]
        return not {*names}.isdisjoint((*converters.decorators, *converters.models))

    def _only_hands_on(self, module: Module, node: s.FuncDef) -> bool:
        """``super().__init__(config=config)`` of an ``__init__`` that took the key as well.

        The one that it calls takes the same, in the same order.
        """
        cls = module.class_of(node)
        left = [stmt for stmt in node.body.body if stmt not in self.changes.removed]
        params = [param for param in node.params if param not in self.changes.removed]
        call = left[0].value if len(left) == 1 and isinstance(left[0], s.ExprStmt) else None
        if cls is None or node.name != "__init__" or node.decorators or len(params) == len(node.params):
            return False
        if not isinstance(call, s.Call) or module.snippet(call.func) != "super().__init__":
            return False
        bases = self.resolver.mro(Class(module, cls))[1:]
        above = next((found for base in bases if (found := method_of(base, node.name)) is not None), None)
        if above is None or self.resolver.foreign_bases(Class(module, cls)):
            return False
        handed = [(p.name, p.kind, p.name if p.kind else None) for p in params[1:]]
        given = [
            (module.snippet(arg.value), "kw" if arg.keyword else arg.star, arg.keyword) for arg in call.args
        ]
        plain = all(param.default is None and param.kind in ("", "kw") for param in (*params, *above.params))
        return (
            plain
            and handed == given
            and [(p.name, p.kind) for p in above.params[1:]] == [(p.name, p.kind) for p in params[1:]]
        )

    def _is_needless(self, module: Module, node: s.FuncDef) -> bool:
        """``def __init__(self)`` of which nothing is left, in a class without bases that holds more.

        What a decorator makes calls its hooks where there are any; no other class may have one.
        """
        owner = module.class_of(node)
        left = [param for param in node.params if param not in self.changes.removed]
        if owner is None or owner.bases or len(left) != 1:
            return False
        if owner.decorators and node.name not in _HOOKS:
            return False
        if self.forward.loads_of(node.name, module):
            return False  # super().__post_init__()
        others = [stmt for stmt in owner.body.body if stmt is not node and stmt not in self.changes.removed]
        return all(stmt in self.changes.removed for stmt in node.body.body) and any(
            isinstance(stmt, s.FuncDef | s.Assign) for stmt in others
        )

"""What was touched: definitions that code which is gone used, or that only served such code."""

from __future__ import annotations

from collections.abc import Collection

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import Class, ModuleValue, Site, Unknown
from .base import Base
from .shared import CHANGES, changed_by, is_local


class Touched(Base):
    """Definitions that code which is gone used, or that only served such code."""

    def touched(self, binding: Binding) -> bool:
        """Did anything that is now dead use ``binding``, or is what it changes dead?"""
        known = self._touched.get(binding)
        if known is None:
            self._touched[binding] = False
            known = (
                (self._is_spelled(binding) and self._was_loaded(binding))
                or (binding.kind == "def" and self._signs_for_us(binding))
                or any(self.touched(later) for later in self._next.get(binding, ()))
                or (binding.kind in CHANGES and self._is_cut_off(binding))
                or (binding.kind == "import" and self._is_idle_beside(binding))
                or (binding.kind == "assign" and self._is_first_of(binding))
                or (binding.kind == "def" and self._is_of_no_object(binding))
            )
            self._touched[binding] = known
        return known

    def _was_loaded(self, binding: Binding) -> bool:
        module = self.module_of(binding)
        near = [node for node in module.uses.get(binding, ()) if self.changes.is_dead(module, node)]
        if "." not in binding.path and any(node not in self._bases for node in near):
            return True
        if not near and not is_local(binding) and not self._may_be_lost(binding):
            return False
        loads = self.loads(binding)
        dead = [p for p in loads if self.changes.is_dead(p.module, p.node)]
        if self._goes_on_changing(binding, dead):
            return False
        if any("." not in binding.path or not self._told(p) for p in dead):
            return True
        if binding.kind == "import" and self._was_patched(binding):
            return True
        return any(self._is_passed_by(p, binding) for p in loads)

    def _may_be_lost(self, binding: Binding) -> bool:
        """Does code that is gone name it, as far as can be told without looking for all that reads it?"""
        scope, word = binding.scope, binding.path.rpartition(".")[2]
        if scope.is_class and isinstance(scope.node, s.ClassDef):
            members = self.resolver.is_enumeration(Class(self.module_of(binding), scope.node))
            if members or self._may_be_passed_by(binding):
                return True
        changed = (each for each in self.changes.modules.values() if word in each.words)
        return any(self._lost(each, binding, word) for each in changed)

    def _lost(self, module: Module, binding: Binding, word: str) -> bool:
        """Does ``module`` name it by ``word`` in code that is gone?"""
        taken = [stmt for stmt in module.each(s.ImportFrom) if stmt.star or _takes(stmt, word)]
        if any(not stmt.star for stmt in taken):
            return True
        shares = taken or module is self.module_of(binding) or "." in binding.path
        names = module.names.get(word, ()) if shares else ()
        texts = module.namings.get(word, ())
        if any(self.changes.is_dead(module, node) for node in (*names, *texts)):
            return True
        loads = module.attributes.get(word, ())
        gone = (Site(module, node) for node in loads if self.changes.is_dead(module, node))
        return any(word.isupper() or self._may_mean(site, binding) for site in gone)

    def _may_mean(self, site: Site, binding: Binding) -> bool:
        """May the attribute at ``site`` be ``binding``? Settings, in upper case, are looked for elsewhere."""
        assert isinstance(site.node, s.Attribute)
        home = self.module_of(binding)
        if "." not in binding.path and isinstance(binding.scope.node, s.ClassDef):
            return self.forward.may_be(site, Class(home, binding.scope.node))
        target = self._target(binding) if "." in binding.path else None
        owners = self.forward.owners(Site(home, target.value)) if target is not None else []
        if any(self.forward.may_be(site, owner) for owner in owners):
            return True
        values = self.resolver.resolve(site.at(site.node.value))
        return not values or any(isinstance(v, ModuleValue | Unknown) for v in values)

    def _goes_on_changing(self, binding: Binding, dead: list[Site]) -> bool:
        """``problems.append("no key")`` went: do others add to it, and did nothing read it that is gone?"""
        if not dead or not all(site.node in self._bases for site in dead):
            return False
        changes = [self._bases[site.node] for site in dead]
        if any(each is not binding and self.touched(each) for each in changes):
            return False  # self.claims["exp"] = …, before another method signed what it had changed
        others = binding.scope.bindings.get(binding.path, ())
        left = [b for b in others if not self.changes.is_dead(self.module_of(b), b.node)]
        if any(isinstance(b.value, s.Comprehension) for b in left):
            return True  # missing = [name for name in NEEDED if name not in os.environ]
        return any([*changed_by(self.module_of(b), b)] for b in left)

    def _is_idle_beside(self, binding: Binding) -> bool:
        """``from jwt import DecodeError`` that nobody ever used, beside an ``import jwt`` that is gone now?

        One that is marked for linters is wanted for its own sake.
        """
        module, statement = self.module_of(binding), self.module_of(binding).parents.get(binding.node)
        library = _library(statement)
        if not binding.scope.is_module or library not in {name.partition(".")[0] for name in self._encoders}:
            return False
        if statement not in module.source.body.body or not isinstance(statement, s.Stmt):
            return False
        if "#" in module.text[statement.span.end :].partition("\n")[0]:
            return False
        beside = module.each(s.Import, s.ImportFrom)
        gone = any(_library(other) == library and self.changes.is_dead(module, other) for other in beside)
        return gone and not self.loads(binding)

    def _is_of_no_object(self, binding: Binding) -> bool:
        """``__call__`` of a class that signs, whose objects are all gone, and of which something is left?"""
        module, node = self.module_of(binding), binding.node
        owner = module.class_of(node) if isinstance(node, s.FuncDef) else None
        if owner is None or not (binding.path.startswith("__") and binding.path.endswith("__")):
            return False
        cls = Class(module, owner)
        if not self._holds_signing(module, owner) or self._offers_class(cls):
            return False
        made = self.resolver.constructions(cls)
        gone = bool(made) and all(self.changes.is_dead(site.module, site.node) for site in made)
        return gone and not self.resolver.subclasses(cls)

    def _is_first_of(self, binding: Binding) -> bool:
        """``self.signed = None`` before the method that signed, which read only what it had stored itself?"""
        module, attr = self.module_of(binding), binding.path.rpartition(".")[2]
        owner = binding.scope.node
        cls = module.class_of(owner) if isinstance(owner, s.FuncDef) else None
        if cls is None or "." not in binding.path or not self._spells(attr):
            return False
        scopes = (scope for scope in module.scopes.inner[cls].every() if scope is not binding.scope)
        others = [b for scope in scopes for b in scope.bindings.get(binding.path, ()) if b.kind == "assign"]
        gone = bool(others) and all(self.changes.is_dead(module, b.node) for b in others)
        return gone and not self.loads(binding) and all(map(self.loads, others))

    def _was_patched(self, binding: Binding) -> bool:
        """Did a test name a part of what it imports, ``"jwt.encode"``, to put something in its place?"""
        module = self.module_of(binding)
        texts = module.each(s.Str) if self.resolver.is_test(module) else ()
        return any(
            str(node.value).startswith(f"{binding.path}.") and self.changes.is_dead(module, node)
            for node in texts
        )

    def _signs_for_us(self, binding: Binding) -> bool:
        """Does this function sign the assertion and not send it, and is it called?

        What nobody calls is offered; what sends has something to do as before.
        """
        node, module = binding.node, self.module_of(binding)
        if not isinstance(node, s.FuncDef) or not self._holds_signing(module, node):
            return False
        sends = any(
            node in module.ancestors(new) and not self.changes.is_dead(module, module.parents[new])
            for new in self.changes.replaced
            if new in module.parents
        )
        return not sends and bool(self.loads(binding))

    def _is_spelled(self, binding: Binding) -> bool:
        """Does a module with changes hold the name? One that does not has no dead use of it."""
        return self._spells(binding.path.rpartition(".")[2])

    def _spells(self, name: str) -> bool:
        return name in self._words_of_changed()

    def _words_of_changed(self) -> Collection[str]:
        """What the modules that were changed spell."""
        if self._changed != self.changes.modules.keys():
            self._changed = set(self.changes.modules)
            self._spelled = {word for module in self.changes.modules.values() for word in module.words}
        return self._spelled

    def _is_cut_off(self, binding: Binding) -> bool:
        """Is all that it changes gone?"""
        module = self.module_of(binding)
        return bool(binding.prev) and all(self.changes.is_dead(module, b.node) for b in binding.prev)

    def _told(self, site: Site) -> bool:
        """Did the line only tell of an attribute, which is then the object's own and none of the flow's?"""
        stmt = site.module.statement(site.node)
        return isinstance(stmt, s.ExprStmt) and self.effects.is_log(site.module, stmt.value)


def _takes(stmt: s.ImportFrom, name: str) -> bool:
    return any(alias.name == name for alias in stmt.aliases)


def _library(statement: s.Node | None) -> str:
    """The library of an import of a single name: ``jwt`` of ``from jwt.exceptions import DecodeError``."""
    if isinstance(statement, s.ImportFrom):
        return "" if statement.level else statement.module.partition(".")[0]
    alone = isinstance(statement, s.Import) and len(statement.aliases) == 1
    return statement.aliases[0].name.partition(".")[0] if alone and isinstance(statement, s.Import) else ""

"""What only tests keep alive: definitions, and the checks of the program that ask for them."""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import syntax as s
from ..facts.scopes import Binding
from ..facts.values import Class, Result, Site
from ..roles.trace import label_of
from .base import Base


class Tested(Base):
    """What the flow needed, and now only tests use."""

    def only_tested(self) -> list[tuple[Binding, list[Site]]]:
        """What the flow needed, and now only tests use, with these uses; by place."""
        found = []
        for binding in self._tested():
            alive = [
                u
                for u in self.loads(binding)
                if self.resolver.is_test(u.module)
                and u.node not in self.aims
                and not self.changes.is_dead(u.module, u.node)
            ]
            if alive:
                found.append((binding, alive))
        return sorted(found, key=lambda pair: (self.module_of(pair[0]).path, pair[0].node.span.start))

    def tested_still(self) -> Iterator[str]:
        """To-dos: what only tests use now."""
        tested = self.only_tested() if any(map(self.resolver.is_test, self.resolver.world)) else []
        named = {binding.node for binding, _ in tested}
        found: dict[tuple[str, str], list[str]] = {}
        for binding, uses in tested:
            module = self.module_of(binding)
            if any(around in named for around in module.ancestors(binding.node)):
                continue  # it goes with its class
            places = ", ".join(dict.fromkeys(label_of(u.module, u.node) for u in uses))
            key = binding.path.rpartition(".")[2], places
            found.setdefault(key, []).append(label_of(module, binding.node))
        for (name, places), made in found.items():
            yield (
                f"Only tests use {name} now ({', '.join(made)}): "
                f"remove it together with what they do with it ({places})."
            )

    def looked_at_key(self) -> list[list[Site]]:
        """What tests do with what gave the flow its key, and nothing else asks for; thing by thing."""
        asked = [*self.keys, *(path for key in self.keys for path in self.signatures.paths(key))]
        parts = {node for site in asked for node in s.walk(site.node)}
        things = [(self.loads(b), uses) for b, uses in self.only_tested() if b.kind == "assign"]
        for stmt, cls in self.for_tests.items():
            target = stmt.targets[0]
            if not isinstance(target, s.Name) or self._is_poured_over(cls, target.id):
                continue  # it stays, and what looks at it finds it
            if not self.changes.is_dead(cls.module, stmt):
                loads = self._reads(cls, target.id)
                things.append((loads, [p for p in loads if not self.changes.is_dead(p.module, p.node)]))
        return [uses for loads, uses in things if uses and any(load.node in parts for load in loads)]

    def looked_at_assertion(self) -> list[list[Site]]:
        """What tests do with ``self.assertion``, which nothing else sends any more; thing by thing."""
        found = []
        for binding, uses in self.only_tested():
            value = binding.value if binding.kind == "assign" and not binding.unpack else None
            made = self.resolver.resolve(Site(self.module_of(binding), value)) if value is not None else ()
            if made and all(isinstance(v, Result) and v.site.node in self.effects.excused for v in made):
                found.append(uses)
        return found

    def _is_poured_over(self, cls: Class, name: str) -> bool:
        """``Tenant(**{**defaults, **table})``: does the program fill a field with what nobody can tell?"""
        made = (site for site in self.resolver.constructions(cls) if not self.resolver.is_test(site.module))
        return any(self._stores_for(site, name, cls) is None for site in made)

    def is_of_signing(self, binding: Binding) -> bool:
        """Does a definition read the key, make the claims, or sign them?"""
        module, node = self.module_of(binding), binding.node
        if not isinstance(node, s.FuncDef | s.ClassDef):
            return False
        held = [*self.keys, *(claims.site for claims in self.claims)]
        return self._holds_signing(module, node) or any(
            site.module is module and node in module.ancestors(site.node) for site in held
        )

    def is_only_tested(self, site: Site) -> bool:
        """Does the code at ``site`` run for tests alone?"""
        if self._for_tests is None:
            self._for_tests = {b.node for b in self._tested()}
        return any(a in self._for_tests for a in site.module.ancestors(site.node))

    def _tested(self) -> list[Binding]:
        """Definitions of the program that are dead but for tests, and for what those keep alive."""
        candidates = [
            b
            for module in self.resolver.world
            if not self.resolver.is_test(module)
            for scope in module.scopes.module.every()
            for bindings in scope.bindings.values()
            for b in bindings
            if b.kind in ("def", "class", "assign") and not self.changes.is_dead(module, b.node)
        ]
        found: list[Binding] = []
        self._aside = set()
        while True:
            self._live, self._touched = {}, {}
            homes = {self.module_of(b) for b in found}
            named = {*self._words_of_changed(), *(word for module in homes for word in module.words)}
            new = [
                b
                for b in candidates
                if b not in found
                and b.path.rpartition(".")[2] in named
                and self.loads(b)
                and self._was_needed(b)
                and not self.live(b)
            ]
            if not new:
                break
            found += new
            nodes = {b.node for b in found}
            beside = [b for b in candidates if b.node in nodes and b not in found]
            self._aside |= nodes - {b.node for b in beside if self.loads(b)}  # ``signed, audited = …``
        self._aside = None
        self._live, self._touched = {}, {}
        return found

    def _was_needed(self, binding: Binding) -> bool:
        """Did the flow use it, or does what the flow used?"""
        assert self._aside is not None
        loads = self.loads(binding)
        if any(a in self._aside for p in loads for a in p.module.ancestors(p.node)):
            return True
        gone = [p for p in loads if self.changes.is_dead(p.module, p.node)]
        if gone and all(self.resolver.is_test(p.module) for p in gone):
            return self._signs_for_us(binding)  # what else a library offers to others, it offers still
        return self.touched(binding)

    def _is_aside(self, site: Site, binding: Binding) -> bool:
        """Is this a use by tests, or by what only tests use?"""
        assert self._aside is not None
        if self.resolver.is_test(site.module):
            return not self.resolver.is_test(self.module_of(binding))
        return any(a in self._aside for a in site.module.ancestors(site.node))

    def _unguarded(self) -> bool:
        """Let the program no longer ask for what only tests need; says whether a check went."""
        if not any(map(self.resolver.is_test, self.resolver.world)):
            return False
        before = self._size()
        for binding, _ in self.only_tested():
            self._drop_guards(binding)
        return self._size() != before

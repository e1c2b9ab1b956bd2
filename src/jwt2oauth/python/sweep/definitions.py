"""Definitions that nobody needs any more: assignments, stores, imports, functions, classes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import Class, Function, Instance, Site, name_of
from ..leftovers.settings import listed
from ..resolve.shared import method_of
from ..roles.trace import label_of
from .base import Base
from .shared import dotted, only_declares

_DECORATORS = re.compile(
    r"(?:^|\.)(?:property|cached_property|staticmethod|classmethod|lru_cache|cache|cached|wraps|contextmanager|asynccontextmanager|abstract\w+|retry|backoff\.\w+|override|(?=\w*retry)\w++)(?:\(\))?$"
)

_ALL_MEMBERS = re.compile(r"\b(?:vars|dir|__dict__|getmembers)\b")
_READS = frozenset({"read", "readlines", "read_text", "splitlines", "split"})


def _parses(node: s.Expr) -> bool:
    return isinstance(node, s.Call) and s.last_name(node.func) == "parse_args"


class Definitions(Base):
    """Definitions that nobody needs any more: assignments, stores, imports, functions, classes."""

    def _bindings(self, module: Module) -> None:
        if module.path not in self.changes.modules:
            for name, far in module.far.items():
                for binding in far:
                    if binding.kind == "def" or self._spells(name):
                        self._consider(module, binding)
            return
        for scope in module.scopes.module.every():
            for bindings in list(scope.bindings.values()):
                for binding in bindings:
                    self._consider(module, binding)

    def _all_known(self, module: Module, binding: Binding) -> bool:
        """Are all modules loaded that may use ``binding``? If not, load them and look again."""
        visible = binding.scope.is_module or binding.scope.is_class or "." in binding.path
        return not visible or self._knows_importers(module)

    def _knows_importers(self, module: Module) -> bool:
        """Are all modules loaded that import ``module``? If not, load them, and let all be asked afresh."""
        if not self.importers(module.path):
            return True
        self.resolver.forget()
        self._loads.clear()
        self._live.clear()
        self._touched.clear()
        self._prepare()
        return False

    def _consider(self, module: Module, binding: Binding) -> None:
        if binding in self.pinned or binding.kind in ("entry", "other", "except", "iter"):
            return
        if self.changes.is_dead(module, binding.node) or not self.touched(binding) or self.live(binding):
            return
        if not self._all_known(module, binding) and self.live(binding):
            return
        # What was found on the way to another answer may rest on a guess: ask afresh.
        self._live.clear()
        if self.live(binding):
            return
        kill = getattr(self, "_kill_" + binding.kind, None)
        killed = kill(module, binding) if kill is not None else False
        if not killed:
            if killed is False:
                self.pinned.add(binding)
            param = binding.node
            if not isinstance(param, s.Param) or param.kind or param not in self.kept_params:
                return
        self._drop_guards(binding)

    def _drop_guards(self, binding: Binding) -> None:
        """Take away what only checks what ``binding`` gave, or tells of it."""
        for site in self.loads(binding):
            if not self.changes.is_dead(site.module, site.node):
                action = self._guard(site, binding)
                if action is not None:
                    self._act(action, site.module)

    def _kill_assign(self, module: Module, binding: Binding) -> bool | None:
        """None where what is bound beside it still lives: ask again later."""
        node = binding.node
        if isinstance(node, s.Walrus):
            return False
        if not isinstance(node, s.Assign):
            return False
        if binding.scope.is_module and any(
            binding.path in each.names and each.beside in module.text
            for each in self.rules.values.framework_settings
        ):
            return False
        owner = binding.scope.node
        cls = Class(module, owner) if isinstance(owner, s.ClassDef) else None
        if cls is not None and (
            self._has_fields(cls) or self._is_settings(cls) or self._only_announces(cls, node)
        ):
            return False  # a field: see _fields
        siblings = list(module.bound_by(node))
        if any(
            b is not binding and (self.live(b) or not (self.touched(b) or binding.unpack)) for b in siblings
        ):
            self.in_between[binding] = Site(module, node)
            return self._kill_element(module, binding, node)
        set_up = self._set_up(module, node, node.value) if node.value is not None else None
        if set_up is not None:
            self.changes.replace(module, node, set_up)
            return True
        if node.value is not None and self._only_prompts(module, node.value):
            self.unasked.append(Site(module, node))
        elif cls is not None and self._is_of_base(cls, Site(module, node.value or node)):
            self.doubtful[node] = (module, binding)
            return False
        elif node.value is not None and not self.effects.harmless(module, node.value):
            self.remains.append(Site(module, node.value))
            self.doubtful[node] = (module, binding)
            return False
        self._drop_global(module, binding)
        self.changes.remove(module, node)
        if binding.scope.is_module and "." not in binding.path:
            self._drop_dangling_imports(module, binding.path)
        return True

    def _is_of_base(self, cls: Class, value: Site) -> bool:
        """``private_key = Column()`` of a record, if a base class or a decorator of ours may take all."""
        family = self.resolver.mro(cls)[1:]
        near = bool(family or cls.node.decorators) and isinstance(value.node, s.Call)
        made = [v.cls for v in self.resolver.resolve(value) if isinstance(v, Instance)] if near else []
        stores = any(method_of(kind, "__set__") is not None for kind in made)
        takes = any(_ALL_MEMBERS.search(base.module.snippet(base.node)) for base in family)
        return bool(made) and (stores or takes or bool(cls.node.decorators) or self._is_made_known(cls))

    def doubt_notes(self) -> Iterator[str]:
        """What stays since what computes it may have an effect, or since a base class may use it."""
        fields: dict[s.ClassDef, list[str]] = {}
        placed = sorted(self.doubtful.items(), key=lambda item: (item[1][0].path, item[0].span))
        for node, (module, binding) in placed:
            owner, name = binding.scope.node, _leaf(binding.path)
            if self.changes.is_dead(module, node) or self.resolver.is_test(module):
                continue
            if isinstance(owner, s.ClassDef):
                fields.setdefault(owner, []).append(name)
                continue
            used = [use for use in module.uses.get(binding, ()) if not self.changes.is_dead(module, use)]
            how = f"only looked at now ({label_of(module, used[0])})" if used else "no longer used"
            yield f"`{name}` is {how}, but what computes it may have an effect: {label_of(module, node)}."
        for block, module in self.entered_for_nothing.items():
            if not self.changes.is_dead(module, block) and not self.resolver.is_test(module):
                what = listed([f"`{b.path}`" for item in block.items for b in module.bound_by(item)])
                where = label_of(module, block)
                yield f"{what} is no longer used, but what computes it may have an effect: {where}."
        for binding, site in self.in_between.items():
            stays = not self.changes.is_dead(site.module, site.node) and not self.live(binding)
            if stays and self._is_taken_apart(site) and not self.resolver.is_test(site.module):
                label = label_of(site.module, site.node)
                yield (
                    f"`{binding.path}` is no longer used, but {label} takes it apart with others, by its "
                    "place: something has to go on standing there."
                )
        for site in self.unasked:
            label = label_of(site.module, site.node)
            yield f"Nobody is asked in {label} any more: who pipes answers has a line too many."
        for entry, (module, key) in sorted(
            self.doubtful_entries.items(), key=lambda item: (item[1][0].path, item[0].span)
        ):
            if not self.changes.is_dead(module, entry) and not self.resolver.is_test(module):
                where = label_of(module, entry)
                yield f"`{key}` is no longer asked for, but what computes it may have an effect: {where}."
        modules = {binding.scope.node: module for module, binding in self.doubtful.values()}
        for owner, names in fields.items():
            verb, them = ("is", "it") if len(names) == 1 else ("are", "them")
            what = f"{listed(names)} of {owner.name} {verb} no longer read here"
            yield f"{what}, but its base class may use {them}: {label_of(modules[owner], owner)}."

    def idle_fields(self) -> Iterator[str]:
        """The names of those that belong to a class: files may set them."""
        for node, (module, binding) in self.doubtful.items():
            if isinstance(binding.scope.node, s.ClassDef) and not self.changes.is_dead(module, node):
                yield _leaf(binding.path)

    def _set_up(self, module: Module, node: s.Assign, value: s.Expr) -> s.Call | None:
        """``exchange = requests_mock.post(…)`` in a test: the stand-in is wanted, if not its name.

        So is what ``key = parser.parse_args().key.read()`` says of options that are unknown, and of ``-h``.
        """
        plain = len(node.targets) == 1 and isinstance(node.targets[0], s.Name) and node.annotation is None
        inner: s.Expr | None = value if plain else None
        while inner is not None and not _parses(inner) and not self.resolver.is_test(module):
            args = inner.args if isinstance(inner, s.Call) else ()
            below = inner.func if isinstance(inner, s.Call) else inner
            is_plain = isinstance(below, s.Attribute) and all(self.effects.harmless(module, a) for a in args)
            inner = below.value if isinstance(below, s.Attribute) and is_plain else None
        is_kept = isinstance(inner, s.Call) and not self.effects.harmless(module, inner)
        return inner if isinstance(inner, s.Call) and is_kept else None

    def _is_taken_apart(self, site: Site) -> bool:
        """``client, secret, key = f.read().split()``"""
        value = site.node.value if isinstance(site.node, s.Assign) else None
        calls = [call for call in s.walk(value) if isinstance(call, s.Call)] if value is not None else []
        return any(s.last_name(call.func) in _READS for call in calls)

    def _only_prompts(self, module: Module, value: s.Expr) -> bool:
        """``path = input("key: ")``, where nobody is asked anything behind it: who answers is not put off."""
        if not self._prompts_in(module, value):
            return False
        calls = [call for call in s.walk(value) if isinstance(call, s.Call | s.Await)]
        prompts = self._prompts_in(module, value)
        if not all(
            isinstance(c, s.Call) and (c in prompts or self.effects.harmless_call(module, c)) for c in calls
        ):
            return False
        if any(each.holds("stdin") for each in self.resolver.world):
            return False
        for each in self.resolver.world:
            for prompt in self._prompts_in(each, each.source) if not self.resolver.is_test(each) else ():
                stmt = each.statement(prompt)
                before = each is module and prompt.span.start <= value.span.end
                idle = isinstance(stmt, s.Assign) and not any(self.live(b) for b in each.bound_by(stmt))
                if not before and not idle and not self.changes.is_dead(each, prompt):
                    return False
        return True

    def _prompts_in(self, module: Module, node: s.Node) -> list[s.Node]:
        """The calls below ``node`` that ask a person something."""
        names = {name.rpartition(".")[2]: name for name in self.rules.values.prompts}
        calls = module.each(s.Call) if any(map(module.holds, names)) else ()
        asking = (call for call in calls if s.last_name(call.func) in names and node.span.holds(call.span))
        return [
            call
            for call in asking
            if any(name_of(v) in names.values() for v in self.resolver.resolve(Site(module, call.func)))
        ]

    def _kill_element(self, module: Module, binding: Binding, node: s.Assign) -> bool | None:
        """``a, b = x, y`` of which only ``b`` is dead."""
        target, value = node.targets[0], node.value
        if len(node.targets) > 1:
            return self._kill_target(module, binding, node)
        if isinstance(target, s.Sequence) and not isinstance(value, s.Sequence):
            return self._kill_listed(module, binding, node)
        if (
            len(binding.unpack) != 1
            or not isinstance(target, s.Sequence)
            or not isinstance(value, s.Sequence)
            or len(target.items) != len(value.items)
            or any(isinstance(item, s.Starred) for item in (*target.items, *value.items))
        ):
            return None
        name, content = (part.items[binding.unpack[0]] for part in (target, value))
        if name in self.changes.removed or not self.effects.harmless(module, content):
            return None
        self.changes.remove(module, name)
        self.changes.remove(module, content)
        return True

    def _kill_match(self, module: Module, binding: Binding) -> bool:
        """``case {"CLIENT_ID": client, "KEY_FILE": key}:``, where no other case asks for anything."""
        case = binding.node
        match = module.parents[case]
        if not isinstance(case, s.Case) or not isinstance(match, s.Match) or case.guard is not None:
            return False
        behind = match.cases[match.cases.index(case) + 1 :]
        names = [name for name, _ in case.taken]
        if names.count(binding.path) != 1 or any(other.keys or other.values for other in behind):
            return False
        places = [place for _, place in case.taken]
        cut = [span for span, _ in self.changes.patched.get(case, ())]
        gone = {dict(case.taken)[binding.path], *(p for p in places if any(span.holds(p) for span in cut))}
        left = [place for place in places if place not in gone]
        if not left:
            return False
        cuts: dict[Span, None] = {}
        for place, behind_it in zip(places, [*places[1:], None], strict=True):
            if place in gone and behind_it is not None and place.start < left[-1].start:
                cuts[Span(place.start, behind_it.start)] = None
            elif place in gone:
                cuts[Span(left[-1].end, places[-1].end)] = None
        self.changes.patched[case] = [(span, "") for span in cuts]
        self.changes.modules[module.path] = module
        return True

    def _kill_target(self, module: Module, binding: Binding, node: s.Assign) -> bool | None:
        """``a = b = None`` of which only ``b`` is dead."""
        assert node.value is not None
        chain = (*node.targets, node.value)
        for target, behind in itertools.pairwise(chain):
            if isinstance(target, s.Name) and target.id == binding.path:
                self.changes.patch(module, node, Span(target.outer.start, behind.outer.start), "")
                return True
        return None

    def _drop_global(self, module: Module, binding: Binding) -> None:
        scope = binding.scope
        if binding.path not in scope.outer_names or not isinstance(scope.node, s.FuncDef):
            return
        stores = [b for b in scope.bindings.get(binding.path, ()) if b is not binding]
        if any(not self.changes.is_dead(module, b.node) for b in stores):
            return
        for node in s.walk(scope.node):
            if isinstance(node, s.Scoping) and binding.path in node.names:
                gone = {n for n in node.names if self._is_unset(module, scope.bindings.get(n, ()))}
                rest = [n for n in node.names if n not in {binding.path, *gone}]
                if rest:
                    self.changes.replace(module, node, f"{node.kind} {', '.join(rest)}")
                else:
                    self.changes.remove(module, node)

    def _is_unset(self, module: Module, stores: Collection[Binding]) -> bool:
        return bool(stores) and all(self.changes.is_dead(module, store.node) for store in stores)

    def _kill_item(self, module: Module, binding: Binding) -> bool:
        node = binding.node
        parts = [p for p in (binding.key, binding.value) if p is not None]
        if isinstance(node, s.Call):
            parts = [a.value for a in node.args]
            stmt = module.parents.get(node)
            if not isinstance(stmt, s.ExprStmt):
                return False
            node = stmt
        if not all(self.effects.harmless(module, p) for p in parts):
            return False
        if isinstance(node, s.Assign | s.AugAssign | s.ExprStmt | s.Delete):
            self.changes.remove(module, node)
            return True
        return False

    def _kill_call(self, module: Module, binding: Binding) -> bool:
        stmt = module.parents.get(binding.node)
        if isinstance(stmt, s.ExprStmt) and self.effects.harmless(module, stmt.value):
            self.changes.remove(module, stmt)
            return True
        return True

    def _kill_aug(self, module: Module, binding: Binding) -> bool:
        if binding.value is not None and self.effects.harmless(module, binding.value):
            self.changes.remove(module, binding.node)
            return True
        return False

    def _kill_with(self, _module: Module, _binding: Binding) -> bool:
        return True  # the statement goes when its body is empty, see _structure

    def _kill_import(self, module: Module, binding: Binding) -> bool:
        statement = module.parents.get(binding.node)
        if not isinstance(statement, s.Import | s.ImportFrom):
            return False
        self.changes.remove(module, binding.node)
        # What it brought in may be dead as well: have it loaded.
        tuple(self.resolver.binding(binding, Site(module, binding.node)))
        if all(a in self.changes.removed for a in statement.aliases):
            self.changes.remove(module, statement)
        if binding.scope.is_module:
            self._drop_dangling_imports(module, binding.path)
        return True

    def _kill_def(self, module: Module, binding: Binding) -> bool | None:
        """None where a base class still demands it: ask again later."""
        node = binding.node
        assert isinstance(node, s.FuncDef)
        owner = module.class_of(node)
        if not all(self._only_wraps(module, d) for d in node.decorators):
            return False
        if owner is not None:
            foreign = self.resolver.foreign_bases(Class(module, owner))
            if not node.name.startswith("_") and any(self._may_call(base, node.name) for base in foreign):
                if self._makes_claims(node):
                    self.demanded[node] = module
                return False
            if node.name.startswith("__") and node.name.endswith("__") and not self._is_of_no_object(binding):
                return False
            if self._is_demanded(Class(module, owner), node.name):
                self.demanded[node] = module
                return None
        self.changes.remove(module, node)
        for other in binding.scope.bindings.get(node.name, ()):
            if isinstance(other.node, s.FuncDef) and "overload" in map(s.last_name, other.node.decorators):
                self.changes.remove(module, other.node)
        if binding.scope.is_module:
            self._unlist_name(module, binding.path)
            self._drop_dangling_imports(module, binding.path)
        return True

    def _makes_claims(self, function: s.FuncDef) -> bool:
        """Does it read the key of the flow, or write its claims?"""
        ours = self.key_reads | {claims.site.node for claims in self.claims}
        ours |= {entry.site.node for claims in self.claims for entry in claims.entries}
        return any(node in ours for node in s.walk(function))

    def _is_demanded(self, cls: Class, name: str) -> bool:
        """Does a base class that stays declare the method abstract? Without it, no object can be made."""
        return any(
            isinstance(binding.node, s.FuncDef)
            and not self.changes.is_dead(base.module, binding.node)
            and any("abstract" in dotted(d) for d in binding.node.decorators)
            for base in self.resolver.mro(cls)
            if base != cls
            for binding in base.module.scopes.inner[base.node].bindings.get(name, ())
        )

    def still_demanded(self) -> Site | None:
        """The first method that only stays because a base class demands it."""
        stays = (Site(m, node) for node, m in self.demanded.items() if not self.changes.is_dead(m, node))
        return next((site for site in stays if not self.resolver.is_test(site.module)), None)

    def _unlist_name(self, module: Module, name: str) -> None:
        """Take a name out of ``__all__``, in the module that defined it or handed it on."""
        for binding in module.scopes.module.bindings.get("__all__", ()):
            value = binding.value
            if not isinstance(value, s.Sequence) or self.changes.is_dead(module, binding.node):
                continue
            items = [item for item in value.items if isinstance(item, s.Str) and item.value == name]
            for item in items:
                self._tell_lost(True, module, item, name)
                self.changes.remove(module, item)
            if items and all(item in self.changes.removed for item in value.items):
                self.changes.remove(module, binding.node)

    def _only_wraps(self, module: Module, decorator: s.Expr) -> bool:
        """Does it make nothing known of the function that it decorates: a retry, ``@logged("signing")``?"""
        if _DECORATORS.search(dotted(decorator)):
            return True
        bare = decorator.func if isinstance(decorator, s.Call) else decorator
        if any(name_of(v) in self.rules.values.steps for v in self.resolver.resolve(Site(module, bare))):
            return True
        if isinstance(decorator, s.Call) and not self.effects.harmless(module, decorator):
            return False
        made = self.resolver.resolve(Site(module, decorator))
        return bool(made) and all(isinstance(v, Function) and self.effects.wraps(v) for v in made)

    def _may_call(self, base: str, name: str) -> bool:
        """May a base class of a library call a method of this name?"""
        known = next((row for row in self.rules.values.bases if base in row.names), None)
        return name in known.calls if known is not None else not base.startswith("typing.")

    def _kill_class(self, module: Module, binding: Binding) -> bool:
        assert isinstance(binding.node, s.ClassDef)
        if not only_declares(binding.node) or self._is_made_known(Class(module, binding.node)):
            return False
        self.changes.remove(module, binding.node)
        if binding.scope.is_module:
            self._drop_dangling_imports(module, binding.path)
        return True

    def _is_made_known(self, cls: Class) -> bool:
        """Do ``__init_subclass__``, a metaclass or ``__subclasses__()`` of its bases learn of a class?"""
        family = self.resolver.mro(cls)
        options = (arg for each in family for arg in each.node.bases if arg.keyword is not None)
        if any(arg.keyword != "metaclass" or not dotted(arg.value).endswith("ABCMeta") for arg in options):
            return True
        if self.resolver.is_taken_by_base(cls):
            return True
        kin = self.resolver.index.kin((cls.module,)) if family[1:] else ()
        return any(other.holds("__subclasses__") for other in kin)

    def _drop_dangling_imports(self, module: Module, name: str) -> None:
        """``from a import b`` elsewhere, of a ``b`` that is no more and that nobody there uses."""
        for other, binding in self.forward.aliases_of(module, name):
            statement = other.parents[binding.node]
            assert isinstance(statement, s.ImportFrom)
            self.changes.remove(other, binding.node)
            self._unlist_name(other, binding.path)
            if all(a in self.changes.removed for a in statement.aliases):
                self.changes.remove(other, statement)
            if binding.scope.is_module:
                self._drop_dangling_imports(other, binding.path)
        seen, handing = {module}, [module]
        while handing:  # by ``from a import *``, and from there on
            for other in self.forward.starred_by(handing.pop(), name):
                if other not in seen and name not in other.scopes.module.bindings:
                    seen.add(other)
                    handing.append(other)
                    self._unlist_name(other, name)


def _leaf(path: str) -> str:
    return path

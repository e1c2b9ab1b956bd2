"""Checks whether a setting is there, where only removed code took its value.

``if "ADOBE_KEY" not in os.environ: sys.exit(…)``: once the key is taken away, nothing would run any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Constant, Environ, Fields, Instance, Result, Site, Unknown, name_of, text_of
from ..following.lookups import table_of
from ..leftovers.settings import listed
from ..resolve import is_configparser, is_target
from ..resolve.shared import declared
from ..roles.trace import label_of
from ..writing.wordlists import has_left
from .absent import signature
from .conditions import holds, is_positive
from .options import Options

_ENVIRONMENT = ("os.environ", "environ")
_GETS = frozenset({"get", "getint", "getfloat", "getboolean", "pop"})
_OPENING = frozenset({"open", "read_text", "read_bytes", "Path"})
_SKIPS = (".skipif", ".skipIf", ".skipUnless", "skipIf", "skipUnless")

Deed = Callable[[], object]


class Presence(Options):
    """Checks whether a setting is there that nothing needs any more."""

    def _presence(self) -> bool:
        """Let the checks go whose settings nothing else reads; says whether any went."""
        before = self._size()
        self.still_asked = []
        for name, dead in self._lookups_gone().items():
            checks, taken = self._checks(name, dead)
            if any(self.resolver.is_test(check.module) for check in checks) and any(self._rows(name, dead)):
                checks = [check for check in checks if not self.resolver.is_test(check.module)]
                self.looked_at.add(name)
            if taken is None:
                self._ask_no_more(name, checks)
            elif is_target(taken.module, taken.node):
                continue  # what puts it there asks for nothing
            elif any(self._holds_key(each) or _opens(each) for each in dead):
                self.still_asked.append((name, taken))
        for name, alive, is_key in list(self._fields_asked()):
            asked = [Site(p.module, _revealed(p.module, p.node)) for p in alive]
            if all(isinstance(p.node, s.Expr) and self._is_check(p.module, p.node) for p in asked):
                self._ask_no_more(name, asked)
            elif is_key and not any(map(self._signs_more, alive)):
                self.still_asked.append((name, alive[0]))
        for flag, alive in list(self._options_asked()):
            if all(isinstance(p.node, s.Expr) and self._is_check(p.module, p.node) for p in alive):
                self._ask_no_more(flag, alive)
        return self._size() != before

    def _ask_no_more(self, name: str, checks: Iterable[Site]) -> None:
        """Let checks of one setting go, or remember that they stay."""
        for check in checks:
            deeds = self._deeds(check)
            if deeds is None:
                if not self._ask_for_secret(name, check):
                    self.still_asked.append((name, check))
                continue
            for deed in deeds:
                deed()
            self.unlisted.append((name, check))

    def _holds_key(self, site: Site) -> bool:
        """Is it the key, or a variable that holds it, and not just anything that was read from a file?"""
        found = self.resolver.resolve(site)
        asked = {(v.site.node, v.name) for v in found if isinstance(v, Environ)}
        many = [node for node, _ in asked]  # ``environ[PREFIX + name]`` for all names: not the key's alone
        alone = [v for v in found if not isinstance(v, Environ) or many.count(v.site.node) == 1]
        named = any(isinstance(value, Environ) and value.name in self._key_variables for value in alone)
        known = (v for v in alone if not isinstance(v, Constant | Unknown))
        return named or any(v in self._key_values for v in known)

    def _fields_asked(self) -> Iterator[tuple[str, list[Site], bool]]:
        """Fields of which removed code took the value, what reads them still, and whether it is the key's."""
        for cls in self._with_fields():
            for stmt in declared(cls):
                name = stmt.targets[0]
                if not isinstance(name, s.Name) or self.changes.is_dead(cls.module, stmt):
                    continue
                loads = [p for p in self._reads(cls, name.id) if not self.resolver.is_test(p.module)]
                alive = [p for p in loads if not self.changes.is_dead(p.module, p.node)]
                if alive and len(alive) < len(loads):
                    gone = [p for p in loads if p not in alive]
                    is_key = any(self._holds_key(p) or _opens(p) for p in gone)
                    yield name.id, alive, is_key and not self._is_group(cls, stmt)

    def _is_group(self, cls: Class, stmt: s.Assign) -> bool:
        """``ims: ImsSettings``: more than the key lies below."""
        kinds = self.resolver.resolve(Site(cls.module, stmt.annotation)) if stmt.annotation else ()
        return any(isinstance(kind, Class) for kind in kinds)

    def _signs_more(self, site: Site) -> bool:
        """Does somebody else sign with it, who is no flow of ours?"""
        calls = (a for a in site.module.ancestors(site.node) if isinstance(a, s.Call))
        names = {name for encoder in self.rules.encoders for name in encoder.names}
        return any(name_of(v) in names for c in calls for v in self.resolver.resolve(site.at(c.func)))

    def _ask_for_secret(self, name: str, check: Site) -> bool:
        """Whoever asks whether there is a key asks whether anybody can log in: now that is the secret's."""
        node, module = check.node, check.module
        text = node.left if isinstance(node, s.Compare) else _key_of_lookup(node)
        if len(self.secrets) != 1 or ("env", name) not in self._identity(check):
            return False
        if text is None or self.resolver.spelled(module, text) != name:
            return False
        secret, quote = next(iter(self.secrets)), text.quote if isinstance(text, s.Str) else '"'
        self.changes.replace(module, text, f"{quote}{secret}{quote}")
        self.swapped.append((name, secret, check))
        return True

    def asked_notes(self) -> Iterator[str]:
        """What still asks whether a setting is there that no flow needs, for a person to change."""
        yield from self._stay_whole()
        yield from self._in_tables()
        for cls, names in self.by_name.items():
            where = label_of(cls.module, cls.node)
            what = f"{listed(names)} of {cls.node.name}, which is filled by the names of its fields"
            yield f"{what}, went: what they were filled with need not be set any more ({where})."
        for name, secret, site in self.swapped:
            where = label_of(site.module, site.node)
            yield f"{where} asks for {secret} instead of {name}, which no flow needs any more."

    def asked_still(self) -> Iterator[tuple[str, Site]]:
        """The same of a single setting, with who asks for it: it may be another flow, and go as well."""
        yield from dict(self._still_read()).items()
        for name, site in dict.fromkeys([*self.still_asked, *self.demands.told_by]):
            if not self.changes.is_dead(site.module, site.node):
                where = label_of(site.module, site.node)
                needed = "" if self._is_optional(name, site) else ", so it must stay set"
                yield f"No flow needs {name} any more, but {where} still asks for it{needed}.", site

    def _is_optional(self, name: str, site: Site) -> bool:
        """``os.environ.get("KEY", "")``"""
        found = self.resolver.resolve(site) if isinstance(site.node, s.Expr) else ()
        return any(isinstance(v, Environ) and v.name == name and v.default is not None for v in found)

    def _still_read(self) -> Iterator[tuple[str, Site]]:
        """The variable that says where the key lies, where something that stays uses it as well."""
        asked: dict[s.Node, set[str]] = {}
        for value in self.names_of_key:
            asked.setdefault(value.site.node, set()).add(value.name)
        held = [v for v in self._key_values if isinstance(v, Environ)]
        held.sort(key=lambda v: (v.name, v.site.key))
        for value in dict.fromkeys([*self.names_of_key, *held]):
            module, node = value.site.module, value.site.node
            named = [x for owner, x in value.site.ctx if isinstance(owner, s.Comprehension | s.For)]
            if named:
                left = any(self.changes.is_dead(x.module, x.node) for x in named)
                left = left or any(has_left(x.module, self.changes, x.node) for x in named)
                if not left and not self.changes.is_dead(module, node):
                    where = label_of(module, node)
                    yield f"No flow needs {value.name} any more, but {where} still asks for it.", named[-1]
                continue
            if value not in self.names_of_key:
                continue
            if len(asked[node]) > 1:
                continue  # ``environ[name] for name in (…)``: which of them is the key's is not known
            if any(self.changes.is_dead(call.module, call.node) for _, call in value.site.ctx):
                continue  # ``setting(name)`` stays for others, and was asked for it by what is gone
            if self.changes.is_dead(module, node) or not isinstance(module.statement(node), s.Assign):
                continue
            loads = (load for b in module.bound_by(module.statement(node)) for load in self.loads(b))
            alive = [
                x
                for x in loads
                if not self.changes.is_dead(x.module, x.node) and not self.resolver.is_test(x.module)
            ]
            if alive:
                where, use = label_of(module, node), label_of(alive[0].module, alive[0].node)
                said = f"No flow needs {value.name} any more, but {where} still reads it, for {use}."
                yield said, value.site

    def _stay_whole(self) -> Iterator[str]:
        """Fields that stay because somebody takes all of them at once."""
        found: dict[tuple[str, str], list[str]] = {}
        for stmt, (cls, site) in self.taken_whole.items():
            if not self.changes.is_dead(cls.module, stmt) and not self.changes.is_dead(
                site.module, site.node
            ):
                at = cls.node.name, label_of(site.module, site.node)
                found.setdefault(at, []).append(cls.module.snippet(stmt.targets[0]))
        for (owner, where), names in found.items():
            what, stay = ("field", "stays") if len(names) == 1 else ("fields", "stay")
            them = "it" if len(names) == 1 else "them"
            said = f"The {what} {listed(names)} of {owner} {stay}, and what fills {them}"
            yield f"{said}: {where} takes all fields at once."

    def _in_tables(self) -> Iterator[str]:
        """Entries of tables of defaults: what is laid over these may name them still."""
        found: dict[Site, list[str]] = {}
        keys = self._keys_read()
        sent = (self.rules.provider.fields.client_id, self.rules.provider.fields.client_secret)
        for name, dead in self._lookups_gone().items():
            stays = name in self.looked_at or not keys.get(name)
            for table in self._rows(name, dead) if stays and name not in sent else ():
                found.setdefault(table, []).append(name)
        for table, names in found.items():
            stay, them = ("stays", "it") if len(set(names)) == 1 else ("stay", "them")
            where = f"{table.module.snippet(table.node)} ({label_of(table.module, table.node)})"
            what = f"{listed(names)} {stay} in {where}"
            yield f"{what}, though no flow needs {them}: files may still name {them}."

    def _rows(self, name: str, dead: Iterable[Site]) -> Iterator[Site]:
        """The tables of defaults that keep an entry of a name by which nothing is looked up any more."""
        bases = [site.at(b) for site in dead if (b := _looked_in(site.node)) is not None]
        values = (value for base in bases for value in self.resolver.resolve(base))
        for entry in (e for v in values if isinstance(v, Fields) for e in v.entries):
            place = entry.site
            if text_of(entry.key) == name and not self.changes.is_dead(place.module, place.node):
                table = table_of(self.forward, entry, inner=True)
                if table is not None:
                    yield table

    def _lookups_gone(self) -> dict[str, list[Site]]:
        """What removed code of the program looks up, by the names that it does so by."""
        found: dict[str, list[Site]] = {}
        for module in self.changes.touched:
            if self.resolver.is_test(module):
                continue
            for node in module.each(s.Subscript, s.Call):
                key = None if is_target(module, node) else _key_of_lookup(node)
                dead = key is not None and self.changes.is_dead(module, node)
                name = self.resolver.spelled(module, key) if dead else None
                if name is not None and not self._is_section(Site(module, node), name):
                    found.setdefault(name, []).append(Site(module, node))
        return found

    def _is_section(self, site: Site, name: str) -> bool:
        """``get("server", "host")`` of a file, or a variable that is called by the host: where to look."""
        more = [a for a in site.node.args[1:] if not a.keyword] if isinstance(site.node, s.Call) else []
        base = _looked_in(site.node) if more else None
        if base is not None and any(
            isinstance(v, Result) and is_configparser(v) for v in self.resolver.resolve(site.at(base))
        ):
            return True
        others = [
            str(arg.value.value).upper() for arg in more if isinstance(arg.value, s.Str) and arg.value.value
        ]
        found = (
            [v.name.upper() for v in self.resolver.resolve(site) if isinstance(v, Environ)] if others else []
        )
        by_name = any(each.endswith(name.upper()) for each in found)
        return not by_name and any(each.endswith(other) for each in found for other in others)

    def _checks(self, name: str, dead: list[Site]) -> tuple[list[Site], Site | None]:
        """The expressions that stay and ask whether the setting is there; and one that takes its value."""
        wanted = set[object]().union(*map(self._identity, dead))
        found: list[Site] = []
        for module in self.resolver.world:
            for text in module.each(s.Str) if wanted and module.holds(name) else ():
                for place in self.forward.said(Site(module, text)) if text.value == name else ():
                    asked = _asking(place)
                    if asked is None or self.changes.is_dead(place.module, place.node):
                        continue
                    if wanted.isdisjoint(self._identity(place.at(asked))):
                        continue
                    if not self._is_check(place.module, asked):
                        return found, place.at(asked)
                    found.append(place.at(asked))
        return found, None

    def _identity(self, site: Site) -> set[object]:
        """What is looked up there, of what, to be compared."""
        node = site.node
        base: s.Expr | None = None
        if isinstance(node, s.Compare):
            base = node.rights[0]
            if any(name_of(v) in _ENVIRONMENT for v in self.resolver.resolve(site.at(base))):
                return {("env", self.resolver.spelled(site.module, node.left) or "")}
        else:
            variables = {("env", v.name) for v in self.resolver.resolve(site) if isinstance(v, Environ)}
            if variables:
                return {*variables}
            base = node.value if isinstance(node, s.Subscript) else None
            if isinstance(node, s.Call) and isinstance(node.func, s.Attribute):
                ours = any(callee.receiver is not None for callee in self.resolver.callees(site))
                base = node.func.value if ours or node.func.attr in _GETS else None
        if base is None:
            return set()
        found: set[object] = {*self._words(site.at(base))}
        for value in self.resolver.resolve(site.at(base)):
            known = value.cls if isinstance(value, Instance) else signature(value) or value
            found.add(value.site.node if isinstance(value, Fields) else known)
        return found

    def _is_check(self, module: Module, node: s.Expr) -> bool:
        """Is it only asked whether it is there, or put under a name of which the same may be true?"""
        if isinstance(node, s.Compare):
            return True
        parent = module.parents[node]
        if isinstance(parent, s.Sequence):
            holder = module.parents[parent]
            judge = module.call_of(holder)
            return judge is not None and s.last_name(judge.func) in ("all", "any")
        if isinstance(parent, s.Assign):
            return self._flag(module, parent) is not None
        if isinstance(parent, s.Arg):
            call = module.parents[parent]
            return isinstance(call, s.Call) and isinstance(call.func, s.Name) and call.func.id == "bool"
        if isinstance(parent, s.Compare):
            return all(isinstance(right, s.Const | s.Str) for right in parent.rights)
        if isinstance(parent, s.Bool | s.If | s.Assert) or (
            isinstance(parent, s.Choice) and parent.test is node
        ):
            return True
        return isinstance(parent, s.Unary) and module.snippet(parent).startswith("not")

    # -- what becomes of a check ------------------------------------------------------------------

    def _deeds(self, check: Site) -> list[Deed] | None:
        """What makes the check unneeded; None where that cannot be told."""
        module, node = check.module, check.node
        assert isinstance(node, s.Expr)
        top = _whole(module, node)
        parent = module.parents[top]
        stmt = module.statement(node)
        if isinstance(stmt, s.Assert):
            return [lambda: self.changes.remove(module, stmt)]
        if self._is_one_of_all(module, top):
            return [lambda: self._drop_operand(module, top)]
        skip = self._skipping(module, top)
        if skip is not None:
            return [lambda: self.changes.remove(module, skip)]
        around = self._condition(module, node)
        if around is not None:
            return None if around[0] == "keep" else [lambda: self._act(around, module)]
        if isinstance(parent, s.Assign) and parent.value is top:
            return self._flag(module, parent)
        if isinstance(parent, s.Return):
            return self._answer(module, parent)
        return None

    def _is_one_of_all(self, module: Module, node: s.Expr) -> bool:
        """One of several in ``all([…])``, of what is asked as a whole whether it is there."""
        listed = module.parents[node]
        call = module.call_given(listed)
        beside = listed.items if isinstance(listed, s.Sequence) and holds(node) is True else ()
        several = any(item is not node and item not in self.changes.removed for item in beside)
        return several and call is not None and isinstance(call.func, s.Name) and call.func.id == "all"

    def _condition(self, module: Module, node: s.Expr, either: bool = False) -> tuple[str, s.Node] | None:
        """What becomes of the ``if`` that asks ``node``; ``keep`` if that cannot be told."""
        stmt = module.statement(node)
        if not isinstance(stmt, s.If) or not self._within(module, node, stmt.test):
            return None
        if either:
            return self._test(module, node, stmt) or ("keep", stmt)
        if self._tells_apart(module, node, stmt):
            return "keep", stmt
        operand = self._operand(module, node, stmt.test)
        if operand is not None:
            parent = module.parents[operand]
            fits = not isinstance(parent, s.Bool) or (parent.op == "and") is is_positive(operand)
            return (self._test(module, node, stmt) if fits else None) or ("keep", stmt)
        if not is_positive(self._left_of(stmt.test)):
            return self._test(module, node, stmt) or ("keep", stmt)
        other = stmt.orelse is None or self._only_leaves(module, stmt.orelse)
        ends = stmt.orelse is None or not self._leaves(module, stmt.orelse)
        if not other or stmt.is_elif or (ends and self._leaves(module, stmt.body)):
            return "keep", stmt
        if self._behind(module, stmt) is None:
            return "keep", stmt
        idle = all(isinstance(each, s.Plain) and each.word == "pass" for each in stmt.body.body)
        return ("remove" if idle else "unwrap"), stmt

    def _leaves(self, module: Module, block: s.Block) -> bool:
        """Does nothing that comes behind happen any more?"""
        last = block.body[-1]
        tells = isinstance(last, s.Plain) or (
            isinstance(last, s.ExprStmt) and self.effects.only_tells(module, last.value)
        )
        return (isinstance(last, s.Plain) and last.word != "pass") or (
            self.effects.is_exit(last, module) and not tells
        )

    def _skipping(self, module: Module, top: s.Expr) -> s.Node | None:
        """``@pytest.mark.skipif("KEY" not in os.environ, reason=…)``"""
        call = module.call_given(top)
        if call is None or not module.snippet(call.func).endswith(_SKIPS):
            return None
        holder = module.parents[call]
        if isinstance(holder, s.FuncDef | s.ClassDef):
            return call
        return holder if isinstance(holder, s.Assign) and holder.value is call else None

    def _flag(self, module: Module, stmt: s.Assign, *, either: bool = False) -> list[Deed] | None:
        """``ENABLED = "KEY" in os.environ``, where all that is done with it is to ask it.

        ``either``: to give up where it holds is as good a check as where it does not.
        """
        bindings = list(module.bound_by(stmt))
        plain = len(stmt.targets) == 1 and isinstance(stmt.targets[0], s.Name | s.Attribute)
        if not bindings or not plain or any(map(self._exported, bindings)):
            return None
        loads = [load for binding in bindings for load in self.loads(binding)]
        alive = [load for load in loads if not self.changes.is_dead(load.module, load.node)]
        deeds = [self._load_deed(load, either) for load in alive]
        found = [deed for deed in deeds if deed is not None]
        if len(found) < len(deeds) or not found:
            return None
        return [lambda: self.changes.remove(module, stmt), *found]

    def _load_deed(self, load: Site, either: bool) -> Deed | None:
        module, stmt = load.module, load.module.statement(load.node)
        assert isinstance(load.node, s.Expr)
        if isinstance(stmt, s.Assert):
            return lambda: self.changes.remove(module, stmt)
        around = self._condition(module, load.node, either)
        return None if around is None or around[0] == "keep" else lambda: self._act(around, module)

    def _answer(self, module: Module, stmt: s.Return) -> list[Deed] | None:
        """``def configured(): return bool(os.environ.get("KEY"))``, where callers only ask it."""
        function = module.function(stmt)
        said = [each for each in function.body.body if not s.is_bare_text(each)] if function else []
        if function is None or said != [stmt] or self.offers.function(module, function):
            return None
        calls = [
            c for c in self.resolver.callers(module, function) if not self.changes.is_dead(c.module, c.node)
        ]
        bindings = [b for b in module.scope(function).bindings.get(function.name, ()) if b.node is function]
        named = [load for b in bindings for load in self.loads(b)]
        deeds: list[Deed] = []
        for call in calls:
            more = self._deeds(call)
            if more is None:
                return None
            deeds += more
        if len(named) != len(calls) or not calls:
            return None
        return [*deeds, lambda: self._kill_def(module, bindings[0])]


def _opens(site: Site) -> bool:
    """``open(config["key"])``, ``Path(self.key_path).read_text()``; not the section of the path."""
    parent = site.module.parents[site.node]
    if isinstance(parent, s.Subscript) and parent.value is site.node:
        return False
    around = site.module.ancestors(site.node)
    return any(isinstance(each, s.Call) and s.last_name(each.func) in _OPENING for each in around)


def _revealed(module: Module, node: s.Node) -> s.Node:
    """``settings.private_key.get_secret_value()``, for the field in it."""
    method = module.parents[node]
    call = module.parents[method]
    reveals = isinstance(method, s.Attribute) and method.attr == "get_secret_value" and method.value is node
    return call if reveals and isinstance(call, s.Call) and call.func is method else node


def _looked_in(node: s.Node) -> s.Expr | None:
    """The mapping in ``x["NAME"]``, ``x.get("NAME")``."""
    if isinstance(node, s.Call):
        return node.func.value if isinstance(node.func, s.Attribute) else None
    return node.value if isinstance(node, s.Subscript) else None


def _key_of_lookup(node: s.Node) -> s.Expr | None:
    """The name in ``x["NAME"]``, ``x.get("NAME")``, ``getenv("NAME")``."""
    if isinstance(node, s.Subscript):
        return node.index
    first = node.args[0] if isinstance(node, s.Call) and node.args else None
    return first.value if first is not None and not first.keyword and not first.star else None


def _asking(text: Site) -> s.Expr | None:
    """The expression that looks ``text`` up, or asks whether it is there."""
    parent = text.module.parents[text.node]
    if isinstance(parent, s.Compare):
        plain = parent.left is text.node and parent.ops in (("in",), ("not in",))
        return parent if plain else None
    outer = text.module.parents[parent] if isinstance(parent, s.Arg) else parent
    is_lookup = isinstance(outer, s.Subscript | s.Call) and _key_of_lookup(outer) is text.node
    return outer if is_lookup and isinstance(outer, s.Expr) else None


def _whole(module: Module, node: s.Expr) -> s.Expr:
    """``not bool(x)`` and ``x is None`` around ``x``"""
    while True:
        parent = module.parents[node]
        outer = module.parents[parent] if isinstance(parent, s.Arg) else parent
        is_bool = isinstance(outer, s.Call) and isinstance(outer.func, s.Name) and outer.func.id == "bool"
        if not (isinstance(outer, s.Unary | s.Compare) or is_bool):
            return node
        assert isinstance(outer, s.Expr)
        node = outer

"""Checks whether a setting is there, where only removed code took its value.

``if "ADOBE_KEY" not in os.environ: sys.exit(…)``: once the key is taken away, nothing would run any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
from .checks import Checks, whole

_ENVIRONMENT = ("os.environ", "environ")
_GETS = frozenset({"get", "getint", "getfloat", "getboolean", "pop"})
_OPENING = frozenset({"open", "read_text", "read_bytes", "Path"})


class Presence(Checks):
    """Checks whether a setting is there that nothing needs any more."""

    def _presence(self) -> bool:
        """Let the checks go whose settings nothing else reads; says whether any went."""
        before = self._size()
        self.still_asked = []
        self._idle_checks.clear()
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
        options = [
            (flag, alive)
            for flag, alive in self._options_asked()
            if all(isinstance(p.node, s.Expr) and self._is_check(p.module, p.node) for p in alive)
        ]
        self._idle_checks |= {
            whole(p.module, p.node) for _, alive in options for p in alive if isinstance(p.node, s.Expr)
        }
        for flag, alive in options:
            self._ask_no_more(flag, alive)
        return self._size() != before

    def _ask_no_more(self, name: str, checks: Iterable[Site]) -> None:
        """Let checks of one setting go, or remember that they stay."""
        checks = list(checks)
        self._idle_checks |= {whole(c.module, c.node) for c in checks if isinstance(c.node, s.Expr)}
        for check in checks:
            if self.changes.is_dead(check.module, check.node):  # with another in the same condition
                self.unlisted.append((name, check))
                continue
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
                if not self._spells(name.id):
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
            if named and not _is_asked_by(value, named[-1]):
                continue  # the name stands beside: ``("key", "KEY_FILE")``; or a file has it as well
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
                if not self._within(x.module, x.node, module.statement(node))  # its own default
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


def _is_asked_by(value: Environ, text: Site) -> bool:
    """Is it by this text that a variable is asked for, which has to be there?"""
    said = str(text.node.value) if isinstance(text.node, s.Str) else ""
    return value.default is None and value.name.upper().endswith(said.upper())


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

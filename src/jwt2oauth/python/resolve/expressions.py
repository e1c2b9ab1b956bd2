"""Literals, operators and displays."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...paths import is_program
from ..facts import syntax as s
from ..facts.values import (
    Arithmetic,
    Class,
    Closure,
    Constant,
    Entry,
    Environ,
    Fields,
    Function,
    Gap,
    Instance,
    Items,
    Lib,
    Lit,
    Member,
    Result,
    Site,
    Text,
    Unknown,
    Value,
    text_of,
)
from .base import ENVIRONMENT, Base
from .shared import (
    WRITTEN,
    Values,
    as_text,
    compute,
    filtered,
    is_configparser,
    merge_fields,
    met_by,
    method_of,
    not_empty,
    opaque,
    parted,
    through,
)


class Expressions(Base):
    """Literals, operators and displays."""

    def _const(self, site: Site, node: s.Const) -> Values:
        return (Constant(node.value, site),)

    def _str(self, site: Site, node: s.Str) -> Values:
        value = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
        return (Text((Lit(value, site),)),)

    def _fstring(self, site: Site, node: s.FString) -> Iterator[Value]:
        pieces: list[Values] = []
        for part in node.parts:
            if isinstance(part, s.Str):
                pieces.append(self._str(site.at(part), part))
            else:
                pieces.append(self._piece(site.at(part.value)))
        return self._concat(pieces)

    def _joined(self, site: Site, node: s.Joined) -> Iterator[Value]:
        return self._concat([self._again(site.at(part)) for part in node.parts])

    def _piece(self, site: Site) -> Values:
        """Values as pieces of a text: texts stay, everything else becomes a gap."""
        written = self._answered(_written(self._again(site)), "__str__", site)
        found = tuple(as_text(v, site) for v in written)
        if not isinstance(site.node, s.Str | s.FString | s.Joined | s.Binary):
            found = tuple(through(v, site) for v in found)
        return found or (Text((Gap(Unknown("no value", site), site),)),)

    def _concat(self, pieces: list[Values]) -> Iterator[Value]:
        for combination in itertools.islice(itertools.product(*pieces), WRITTEN + 1):
            parts: list[Lit | Gap] = []
            for value in combination:
                if isinstance(value, Text):
                    parts += value.parts
            yield Text(tuple(parts))

    def _dict(self, site: Site, node: s.Dict) -> Iterator[Value]:
        """``{"a": 1, **base}``; alternatives of ``base`` multiply."""
        stretches: list[list[Fields]] = []
        for item in node.items:
            if item.key is None:
                values = self._again(site.at(item.value))
                inner = [f for f in values if isinstance(f, Fields)]
                stretches.append(inner or [opaque(site.at(item.value), values)])
                continue
            entries = [
                Entry(key, site.at(item.value), site.at(item)) for key in self._again(site.at(item.key))
            ]
            certain = len(entries) == 1
            stretch = tuple(Entry(e.key, e.value, e.site, certain) for e in entries)
            stretches.append([Fields(stretch, site)])
        yield from merge_fields(site, stretches)

    def _sequence(self, site: Site, node: s.Sequence) -> Values:
        sites: list[Site] = []
        is_open = False
        for item in node.items:
            if isinstance(item, s.Starred):
                is_open = True
            else:
                sites.append(site.at(item))
        return (Items(tuple(sites), site, is_open),)

    def _binary(self, site: Site, node: s.Binary) -> Iterable[Value]:
        left, right = self._again(site.at(node.left)), self._again(site.at(node.right))
        if node.op == "+" and _any(left + right, Text) and not (_are_sums(left) or _are_sums(right)):
            return self._concat([self._piece(site.at(node.left)), self._piece(site.at(node.right))])
        if node.op == "%" and _any(left, Text):
            return self._percent(site, left, node.right)
        if node.op == "|" and _any(left + right, Fields):
            lefts = [f for f in left if isinstance(f, Fields)] or [opaque(site, left)]
            rights = [f for f in right if isinstance(f, Fields)] or [opaque(site, right)]
            return merge_fields(site, [lefts, rights])
        if node.op == "+" and _any(left, Items) and _any(right, Items):
            pairs = itertools.product(left, right)
            return [
                Items(a.sites + b.sites, site, a.open or b.open)
                for a, b in pairs
                if isinstance(a, Items) and isinstance(b, Items)
            ]
        if node.op == "/" and _is_path(left):
            return (Member(left[0], "/", site),)
        return [compute(node.op, a, b, site) for a, b in itertools.product(left, right)]

    def _bool(self, site: Site, node: s.Bool) -> Values:
        left, right = self._again(site.at(node.left)), self._again(site.at(node.right))
        if node.op == "and":
            return right
        return tuple(v for v in left if not (isinstance(v, Constant) and not v.value)) + right

    def _choice(self, site: Site, node: s.Choice) -> Values:
        truth = self.truth(site.at(node.test)) if site.ctx else None
        if truth is not None:
            return self._again(site.at(node.body if truth else node.orelse))
        return self._again(site.at(node.body)) + self._again(site.at(node.orelse))

    def _unary(self, site: Site, node: s.Unary) -> Values:
        if node.op == "-":
            found = self._again(site.at(node.value))
            return tuple(
                Unknown("negated", site)
                if isinstance(v, Text | Fields | Items)
                else compute("*", v, Constant(-1, site), site)
                for v in found
            )
        return (Unknown("a truth value", site),)

    def _await(self, site: Site, node: s.Await) -> Values:
        return self._again(site.at(node.value))

    def _yield(self, site: Site, _node: s.Yield) -> Values:
        return (Result("yield", site),)

    def _walrus(self, site: Site, node: s.Walrus) -> Values:
        return self._again(site.at(node.value))

    def _lambda(self, site: Site, _node: s.Lambda) -> Values:
        return (Closure(site),)

    def _comprehension(self, site: Site, node: s.Comprehension) -> Iterable[Value]:
        """``{f"{base}{m}": True for m in metascopes}`` and friends: one field an element."""
        copied = filtered(node)
        if copied is not None:
            values = self._again(site.at(copied))
            pairs = site if parted(node) is not None else None
            return (replace(v, parted=pairs) if isinstance(v, Fields) and pairs else v for v in values)
        if node.key is not None:
            here, entries = site.at(node.value), []
            for key in self._again(site.at(node.key)):
                value = Site(site.module, node.value, (*site.ctx, *met_by(node.key, key, node)))
                entries.append(Entry(key, value, here, certain=False))
            return (Fields(tuple(entries), site, open=True),)
        return (self._variables(site, node) or Items((site.at(node.value),), site, open=True),)

    def _variables(self, site: Site, node: s.Comprehension) -> Items | None:
        """``[os.environ[name] for name in NAMES]``: a variable for each of the names, in their order.

        Likewise a text of a mapping for each: ``client, secret = (config[name] for name in NAMES)``.
        """
        clause = node.clauses[0]
        if len(node.clauses) > 1 or clause.tests or not isinstance(node.value, s.Subscript | s.Call):
            return None
        given = self._again(site.at(clause.iter))
        names = self._written_names(given[0]) if len(given) == 1 else ()
        each = [Site(site.module, node.value, (*site.ctx, (node, name))) for name in names]
        read = [self._again(variable) for variable in each]
        is_read = all(len(values) == 1 and isinstance(values[0], Environ | Text) for values in read)
        return Items(tuple(each), site) if each and is_read else None

    def _written_names(self, given: Value) -> tuple[Site, ...]:
        """Texts that are written out in a list, or as the members of an ``Enum``."""
        if isinstance(given, Class) and self.is_enumeration(given):
            values = (a.value for a in given.node.body.body if isinstance(a, s.Assign) and a.value)
            return tuple(Site(given.module, value) for value in values if isinstance(value, s.Str))
        sites = given.sites if isinstance(given, Items) and not given.open else ()
        return sites if all(isinstance(each.node, s.Str) for each in sites) else ()

    def _subscript(self, site: Site, node: s.Subscript) -> Iterator[Value]:
        keys = _written(self._again(site.at(node.index)))
        for base in not_empty(self._again(site.at(node.value))):
            for key in keys:
                yield from self.item(base, key, site)

    def keyed_by(self, base: Value, name: str, site: Site) -> Iterator[Value]:
        """``base["name"]``."""
        return self.item(base, Text((Lit(name, site),)), site)

    def item(self, base: Value, key: Value, site: Site) -> Iterator[Value]:
        """``base[key]``."""
        name = text_of(key)
        if isinstance(base, Lib) and base.name in ENVIRONMENT:
            yield self._environ(name, None, site) if name else Unknown("a variable", site)
            return
        number = key.value if isinstance(key, Constant) and isinstance(key.value, int) else None
        entry = self._entry(base, key, site) if isinstance(base, Fields) else None
        if entry is not None:
            yield from entry
            return
        if name is not None and self.hands_out_settings(base) and self.index.settings(name, site.module):
            yield from self.setting(name, site)
            return
        if isinstance(base, Result) and is_configparser(base):
            read = tuple(self.section(base, key))
            if read:
                yield from read
                return
        if isinstance(base, Fields | Instance) and number is not None:
            elements = tuple(self.element(base, number, site))
            if elements:
                yield from elements
                return
        known = base.sites if isinstance(base, Items) and not base.open else ()
        if number is not None and -len(known) <= number < len(known):
            yield from self._again(known[number])
            return
        if isinstance(base, Items) and isinstance(base.site.node, s.Comprehension) and base.open:
            for element in base.sites if isinstance(key, Constant) else ():
                yield from self._again(element)
            return
        if isinstance(base, Class) and self.is_enumeration(base):
            yield Instance(base)  # any of its members
            return
        if isinstance(base, Instance) and name is not None and self.is_typed_dict(base.cls):
            found = tuple(self._declared(base.cls, name, base))
            if found:
                yield from found
                return
        if isinstance(base, Instance):
            for cls in self.mro(base.cls):
                getter = method_of(cls, "__getitem__")
                if getter is not None:
                    call = self._as_call(site)
                    yield from self._returns(
                        Function(cls.module, getter, base), site.at(call or site.node), call
                    )
                    return
        if name is None and isinstance(key, Constant):
            name = str(key.value)
        yield Member(base, name, site) if name is not None else Unknown("a computed key", site)

    def _entry(self, base: Fields, key: Value, site: Site) -> Iterable[Value] | None:
        """What a mapping has under a key; None where that is not what is asked, or nobody knows."""
        name = text_of(key)
        if name is not None:
            found = self.keyed(base, name, site)
            if found is None and not is_program(base.site.module.path):
                found = self.keyed(base, name.lower(), site)  # configparser knows no capitals
            if found is not None:
                return found
            if filed := self.filed(base):
                return filed
            if not base.open:
                return (Unknown("no such field", site),)
        if isinstance(key, Text) and (alike := self._alike(base, key)):
            return alike
        if name is None:
            return self.under_any(base) or None
        return None

    def _as_call(self, site: Site) -> s.Call | None:
        """``base.__getitem__(key)`` for ``base[key]``."""
        node = site.node
        if not isinstance(node, s.Subscript):
            return None
        if node not in self._as_calls:
            getter = s.Attribute(node.span, node.span, node.value, "__getitem__", node.span)
            made = s.Call(node.span, node.span, getter, (s.Arg(node.span, node.index, None, ""),))
            site.module.parents[made] = node
            self._as_calls[node] = made
        return self._as_calls[node]

    def section(self, base: Result, key: Value) -> Iterator[Value]:
        """``parser[section]``, also of a section whose name is put together or chosen."""
        name = text_of(key)
        for fields in self._parsed(base):
            if name is not None:
                yield from self.field(fields, name) or ()
                continue
            alike = self._alike(fields, key) if isinstance(key, Text) else ()
            yield from alike or self._sections(fields) or self._of_one_kind(fields)

    def _of_one_kind(self, base: Fields) -> Values:
        """``[integration:target]`` and ``[integration:aep]``, where no other sections are called alike."""
        kinds: dict[str, list[Entry]] = {}
        for entry in base.entries:
            match = _KIND.match(text_of(entry.key) or "")
            if match is not None:
                kinds.setdefault(match[1], []).append(entry)
        several = [entries for entries in kinds.values() if len(entries) > 1]
        return self._sections(replace(base, entries=tuple(several[0]))) if len(several) == 1 else ()

    def _alike(self, base: Fields, key: Text) -> Values:
        """``config[f"{env}_metascope"]``: whatever stands under a key that fits."""
        words = [re.escape(p.text) if isinstance(p, Lit) else ".+" for p in key.parts]
        if base.open or not re.search(r"\w{2}", "".join(w for w in words if w != ".+")):
            return ()
        fits = re.compile("".join(words))
        named = [e for e in base.entries if fits.fullmatch(text_of(e.key) or "") and e.value is not None]
        return tuple(dict.fromkeys(v for e in named if e.value is not None for v in self._again(e.value)))

    def under_any(self, base: Fields) -> Values:
        """What a mapping has under a key that nobody knows, if all it has is alike."""
        return self._sections(base) or self._registered(base) or self.filed(base)

    def _registered(self, base: Fields) -> Values:
        """``CONFIGS[name]`` of a register of classes, or of objects of one class; or of addresses.

        It may be made of a list: ``{each.name: each for each in (First, Second)}``.
        """
        made = base.site.node
        if (base.open and not isinstance(made, s.Comprehension)) or not base.entries:
            return ()
        values = [v for e in base.entries if e.value is not None for v in self._again(e.value)]
        kinds = {v.cls if isinstance(v, Instance) else type(v) for v in values}
        alike = all(isinstance(v, Class | Instance) for v in values) and len(kinds) == 1
        alike = alike and (not isinstance(made, s.Comprehension) or isinstance(made.value, s.Name))
        alike = alike or all(isinstance(v, Text) and v.fold().startswith(("https://", "/")) for v in values)
        return tuple(dict.fromkeys(values)) if alike else ()

    def _sections(self, base: Fields) -> Values:
        """``profiles[args.profile]`` of a mapping that is written out and whose sections are all alike."""
        module = base.site.module
        if base.open or (is_program(module.path) and len(base.entries) < 2):
            return ()
        found: list[Fields] = []
        for entry in base.entries:
            for value in self._again(entry.value) if entry.value is not None else ():
                if not isinstance(value, Fields):
                    return ()
                found.append(value)
        if not is_program(module.path):
            found = [each for each in found if not _is_poured_into(each, found)]
        shapes = {frozenset(text_of(entry.key) for entry in each.entries) for each in found}
        return tuple(found) if len(shapes) == 1 else ()

    def keyed(self, fields: Fields, name: str, site: Site) -> Values | None:
        """``fields[name]`` as seen at ``site``: what is written, what was spread in, what others store."""
        written = [e for e in fields.entries if text_of(e.key) == name]
        certain = bool(written) and written[-1].certain
        found = self.field(fields, name)
        values = list(found or ())
        if not certain:
            values += [v for r in fields.rest for v in self._inside(r, name, site)]
        for store in self.stores_of(fields, name):
            if not certain or site.module.function(site.node) is not store.module.function(store.node):
                values += self._again(store)
        for more in self.merged_into(fields, site):
            values += self.field(more, name) or ()
            values += [v for r in more.rest for v in self._inside(r, name, site)]
        known = tuple(dict.fromkeys(values))
        return known if values or found is not None else self._above(fields, name, site)

    def _inside(self, whole: Value, name: str, site: Site) -> Iterator[Value]:
        """What a mapping that went in as a whole has under ``name``; or an object, by its fields."""
        if isinstance(whole, Instance):
            return self.attribute(whole, name, site)
        return self.item(whole, Text((Lit(name, site),)), site)

    def field(self, fields: Fields, name: str) -> Values | None:
        """The values that the field ``name`` may have, or None if it is not there."""
        found: list[Value] = []
        present = False
        for entry in reversed(fields.entries):
            if text_of(entry.key) != name:
                continue
            if entry.value is not None:
                present = True
                found += self._again(entry.value) if not _is_keyed(entry) else []
            if entry.certain:
                return tuple(found) if present else None
        return tuple(found) if present else None


_KIND = re.compile(r"(\w[\w-]*)[:./ ]")
"""What a section is, before which of them it is."""


def _are_sums(values: Values) -> bool:
    """Are they numbers that were computed? What a file of settings gives beside them is a number, too."""
    return bool(values) and all(
        isinstance(v, Arithmetic) and not isinstance(v.left, Text) and not isinstance(v.right, Text)
        for v in values
    )


def _any(values: Values, kind: type[Value]) -> bool:
    return any(isinstance(v, kind) for v in values)


def _is_poured_into(section: Fields, others: Iterable[Fields]) -> bool:
    """``defaults: &defaults`` of YAML, ``[DEFAULT]`` of INI: nobody chooses what the other sections take in.

    These may have more, and other values under some of its keys.
    """
    whole = section.site.node.span
    spans = (entry.site.node.span for entry in section.entries)
    own = {span for span in spans if whole.holds(span)}
    names = {text_of(entry.key) for entry in section.entries}
    return any(
        own & {entry.site.node.span for entry in other.entries}
        and names < {text_of(entry.key) for entry in other.entries}
        for other in others
        if other is not section
    )


def _is_keyed(entry: Entry) -> bool:
    """The value of a JSON text's field has no expression of its own."""
    return (
        entry.value is not None
        and entry.value.node is entry.site.node
        and isinstance(entry.site.node, s.Str | s.FString | s.Joined)
    )


def _is_path(values: Values) -> bool:
    for value in values:
        here: Value | None = value
        while here is not None:
            if isinstance(here, Result) and here.name.startswith("pathlib."):
                return True
            here = here.base if isinstance(here, Lib | Result | Member) else None
    return False


def _written(values: Values) -> Values:
    """Without the ``None`` of a class whose subclasses say more: ``name = None``."""
    said = tuple(v for v in values if not (isinstance(v, Constant) and v.value is None))
    return said or values

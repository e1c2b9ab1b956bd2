"""Lists of what has to be there: a program that checks its variables and keys before it starts.

What no flow needs any more must not be asked for any more, or the program ends as soon as somebody clears it
away. A name leaves such a list where all that is done with the list is to go through it or to compare it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Environ, Fields, Function, Lit, Site, Text
from ..following.forward import Forward, Use
from ..following.lookups import ASKS, is_in_turn, look
from ..resolve import Resolver, is_constant
from ..resolve.shared import declared, members
from ..writing.changes import Changes
from ..writing.wordlists import is_taken_apart, literal_of, shorter, word_list, words
from .allowed import acts, collects, first_of, is_gone_through, looked_up, searches
from .several import Several

_COLLECT = frozenset({"set", "frozenset", "sorted", "list", "tuple", "iter"})
"""Calls that give the names again."""
_JUDGE = frozenset({"all", "any", "len", "bool", "join", "print", "format", "max", "repr", "str"})
_COMPARE = frozenset(
    {
        "difference",
        "intersection",
        "isdisjoint",
        "issubset",
        "issuperset",
        "symmetric_difference",
        "union",
    }
)
_ENTRIES = frozenset({"items", "keys", "values"})
_PLACES = frozenset({"zip", "map", "enumerate", "dict", "namedtuple", "itemgetter", "attrgetter"})
"""Calls for which it matters what stands where."""
_DECLARED = frozenset({"__annotations__", "__required_keys__"})
_DEPTH = 6
_WORDS = re.compile(r"[\w.-]+")


class Demands:
    """Looks for the lists that name what a plan leaves unread."""

    def __init__(self, resolver: Resolver, forward: Forward, changes: Changes) -> None:
        self.resolver, self.forward, self.changes = resolver, forward, changes
        self.several = Several(resolver)
        self.told_by: dict[tuple[str, Site], None] = {}
        """Names by which things are told apart of which only some have them, and where that is done."""

    def places(self, name: str) -> list[Site]:
        """Where code of the program that stays has ``name`` as an element of a list, tuple or set.

        What stands there may get a prefix, or another case, before it is looked up. And where it is declared
        to be required: ``Property("key_file", StringType, required=True)``, or a table of defaults has none.
        """
        found: list[Site] = []
        last = name.rpartition("_")[2]
        for module in self.resolver.index.loaded:
            if not any(map(module.text.__contains__, (last, last.lower()))) or self.resolver.is_test(module):
                continue
            for node in module.each(s.Str):
                listed = (isinstance(module.parents[node], s.Sequence) or _is_left_open(module, node)) and (
                    node.value == name or self._is_prefixed(module, node, name)
                )
                listed = listed or (node.value == name and self._is_gone_through(module, node))
                listed = listed or self._says(module, node, name) or _is_required(module, node, name)
                if listed and not self.changes.is_dead(module, node):
                    found.append(Site(module, node))
                elif node.value == name:
                    found += self._named(Site(module, node))
        return found

    def _is_gone_through(self, module: Module, node: s.Node) -> bool:
        """``for field, name in VARIABLES.items():``, of a table that has the name as a key or as a value."""
        table = _table(module, node)
        uses = self.forward.uses(Site(module, table)) if table is not None else []
        parents = (use.parent for use in uses)
        return any(
            isinstance(each, s.For | s.Clause) or (isinstance(each, s.Attribute) and each.attr in _ENTRIES)
            for each in parents
        )

    def named(self, variable: str) -> Iterator[Site]:
        """Where code that stays spells a variable, in a module that asks the environment for something."""
        for module in self.resolver.index.loaded:
            if variable not in module.text or not ASKS.search(module.text) or self.resolver.is_test(module):
                continue
            for node in module.each(s.Str):
                if node.value == variable and not self.changes.is_dead(module, node):
                    yield Site(module, node)

    def declaring(self, name: str) -> Iterator[Site]:
        """Where it is asked what a class declares that has ``name``: ``Config.__annotations__``."""
        for module in self.resolver.world:
            asked = [n.value for n in module.each(s.Attribute) if n.attr in _DECLARED]
            calls = (n for n in module.each(s.Call) if s.last_name(n.func) == "get_type_hints")
            asked += [arg.value for call in calls for arg in call.args[:1]]
            for node in asked if not self.resolver.is_test(module) else ():
                for cls in self.resolver.resolve(Site(module, node)):
                    family = self.resolver.mro(cls) if isinstance(cls, Class) else ()
                    has_it = any(
                        s.is_named(stmt.targets[0], name) and not self.changes.is_dead(each.module, stmt)
                        for each in family
                        for stmt in declared(each)
                    )
                    if has_it and not self.changes.is_dead(module, node):
                        yield Site(module, node)

    def _named(self, text: Site) -> list[Site]:
        """Where constants of this text are elements."""
        said = (place for place in self.forward.said(text) if place.node is not text.node)
        listed = (
            p
            for p in said
            if isinstance(p.module.parents[p.node], s.Sequence) or self._is_gone_through(p.module, p.node)
        )
        return [place for place in listed if not self.changes.is_dead(place.module, place.node)]

    def _is_prefixed(self, module: Module, node: s.Str, name: str, word: str = "") -> bool:
        """Is it looked up here by a name that is put together: a variable of the environment, a setting?

        Or a ``word`` of it.
        """
        written = word or str(node.value)
        if not written.isidentifier() or not name.upper().endswith(f"_{written.upper()}"):
            return False
        keys = (look(each)[1] for each in module.each(s.Subscript, s.Call, s.Compare))
        made = (key for key in keys if isinstance(key, s.Binary | s.FString | s.Call))
        if any(self._is_made_of(Site(module, key), node, name) for key in made):
            return True
        asking = module.each(s.Subscript, s.Call) if ASKS.search(module.text) else ()
        looks = (each for each in asking if ASKS.search(module.snippet(each)))
        return any(
            isinstance(value, Environ) and value.name == name and is_listed(value)
            for each in looks
            for value in self.resolver.resolve(Site(module, each))
        )

    def _is_made_of(self, key: Site, node: s.Str, name: str) -> bool:
        """``"ADOBE_" + each``, where one of them is the text of ``node``"""
        return any(
            isinstance(value, Text)
            and value.fold() == name
            and any(isinstance(part, Lit) and part.site.node is node for part in value.parts)
            for value in self.resolver.resolve(key)
        )

    def _says(self, module: Module, node: s.Str, name: str) -> bool:
        """Is ``name`` still one of the words of a text that is taken apart?"""
        said = self._word(Site(module, node), name)
        found = word_list(module, node) if said else None
        return bool(said) and (found is None or any(said in word for word in words(self.changes, found)))

    def _word(self, place: Site, name: str) -> str:
        """The word of a text that is taken apart that says ``name``, perhaps without what begins it."""
        module, node = place.module, place.node
        if not isinstance(node, s.Str) or not is_taken_apart(module, node):
            return ""
        said = _WORDS.findall(str(node.value))
        begun = (word for word in said if name not in said and self._is_prefixed(module, node, name, word))
        return name if name in said else next(begun, "")

    def drop(self, place: Site, name: str = "", *, handed: bool = False) -> bool:
        """Take the name at ``place`` out of its list; say whether that could be done.

        Of a text that is taken apart it is one of the words.
        """
        if not self.may_drop(place, name, handed=handed):
            return False
        literal, name = _literal(place, name)
        shortened = self._shortened(literal, self._word(literal, name) or name)
        for each, span, text in shortened or ():
            self.changes.patched[each] = [(span, text)]
            self.changes.modules[place.module.path] = place.module
        if not shortened:
            self.changes.remove(place.module, _row(place.module, place.node))
        return True

    def _shortened(self, place: Site, name: str) -> list[tuple[s.Str, Span, str]] | None:
        found = word_list(place.module, place.node)
        return shorter(place.module, self.changes, found, name) if found is not None else None

    def may_drop(self, place: Site, name: str = "", *, handed: bool = False) -> bool:
        """Can the list do without the name at ``place``?

        If it is ``handed`` on, the parameter goes to which a loop over the list gives what it finds.
        """
        place, name = _literal(place, name)
        name = self._word(place, name) or name
        asked = name or self.resolver.spelled(place.module, place.node)
        if asked is not None and self.several.tells_apart(asked):
            self.told_by[asked, place] = None
            return False
        found = word_list(place.module, place.node)
        if found is not None:
            may = self._shortened(place, name) is not None
            return may and self._demands(Site(place.module, found.call), 0)
        row = _row(place.module, place.node)
        holder = place.module.parents[row]
        if not isinstance(holder, s.Sequence | s.Dict):
            return False
        left = [item for item in holder.items if item is not row and item not in self.changes.removed]
        names = row is not place.node or all(map(_is_name, s.children(holder)))
        here = Site(place.module, holder)
        return bool(left) and names and self._demands(here, 0) and (handed or not self._is_taken(here, row))

    def only_checks(self, names: Site, but: s.Node) -> bool:
        """Is all that is done with a list to check by it what is there, except at one place?"""
        uses = (use for use in self.forward.uses(names) if use.node is not but)
        alive = (use for use in uses if not self.changes.is_dead(use.module, use.parent))
        return all(self._is_check(use, 0, sifted=False) for use in alive)

    def allows(self, place: Site, name: str, *, alone: bool = False) -> bool:
        """Is the list at ``place`` asked whether it has what is found? Is that ``alone`` what it is for?"""
        place, name = _literal(place, name)
        found = word_list(place.module, place.node)
        row = _row(place.module, place.node)
        names = Site(place.module, found.call if found is not None else place.module.parents[row])
        if not isinstance(names.node, s.Call | s.Sequence | s.Dict):
            return False
        asked = [*looked_up(self.forward, names)]
        if all(self.changes.is_dead(use.module, use.parent) for use in asked):
            return False
        return not alone or not is_gone_through(self.forward, names)

    def _is_taken(self, table: Site, row: s.Node) -> bool:
        """``for name in NAMES: given[name] = …``, and ``connect(**given)`` cannot do without it?

        Or a method beside a list in a class cannot: somebody may do the same for its class.
        """
        keys = (
            row.items[:2] if isinstance(row, s.Sequence) else (row.key if isinstance(row, s.Item) else row,)
        )
        key = next((each for each in keys if each is not None and _is_name(each)), None)
        name = self.resolver.spelled(table.module, key)
        above = table.module.ancestors(table.node)
        owner = next((each for each in above if isinstance(each, s.ClassDef | s.FuncDef)), None)
        takers = [*self._fed(table)]
        if isinstance(owner, s.ClassDef):
            takers += [Function(table.module, each) for each in members(Class(table.module, owner)).methods]
        return any(
            param.name == name and param.default is None and not self.changes.is_dead(callee.module, param)
            for callee in takers
            if not self.changes.is_dead(callee.module, callee.node)
            for param in callee.node.params
        )

    def _fed(self, table: Site) -> Iterator[Function]:
        """Whom that is handed to, spread, which loops over a table gather."""
        loops = (_loop(use) for use in self.forward.uses(table))
        stores = (each for loop in loops if loop is not None for each in _stored(loop))
        for module, mapping in stores:
            for value in self.resolver.resolve(Site(module, mapping)):
                for use in self.forward.uses(value.site) if isinstance(value, Fields) else ():
                    if isinstance(use.parent, s.Arg) and use.parent.star == "**":
                        yield from self.resolver.callees(Site(use.module, use.module.parents[use.parent]))

    def _demands(self, site: Site, depth: int, *, sifted: bool = False) -> bool:
        """Is all that is done with these names to go through them, or to compare them?

        ``sifted`` are those of them that a condition chose: those that are missing.
        """
        uses = [u for u in self.forward.uses(site) if not self.changes.is_dead(u.module, u.parent)]
        return depth < _DEPTH and bool(uses) and all(self._is_check(use, depth, sifted) for use in uses)

    def _is_check(self, use: Use, depth: int, sifted: bool) -> bool:
        module, node, parent = use.module, use.node, use.parent
        if isinstance(parent, s.For):
            named = node is parent.iter and first_of(parent.target) is not None
            return (
                named
                and not collects(parent)
                and not acts(parent, first_of(parent.target) or "")
                and not self._leads_on(Site(module, parent))
            )
        if isinstance(parent, s.Clause):
            return node is parent.iter and self._is_gathered(module, parent, depth)
        if isinstance(parent, s.Compare):
            return sifted or not {"==", "!=", "is", "is not"} & set(parent.ops)
        if isinstance(parent, s.Hole | s.If | s.Unary | s.Bool):
            return True
        if isinstance(parent, s.Binary):
            return self._demands(Site(module, parent), depth + 1, sifted=sifted)
        if isinstance(parent, s.Item):
            return sifted or (isinstance(parent.key, s.Str) and parent.key.value == "required")
        if isinstance(parent, s.Attribute) and parent.attr in _ENTRIES:
            return self._demands(Site(module, module.parents[parent]), depth + 1, sifted=sifted)
        if isinstance(parent, s.Attribute):
            return parent.attr in _COMPARE
        if isinstance(parent, s.Subscript):
            return node is parent.value and is_in_turn(module, parent)
        if isinstance(parent, s.Arg) and parent.star:
            return parent.star == "*" and self._is_spread(module, parent, depth)
        if isinstance(parent, s.Arg):
            return self._is_passed(module, module.parents[parent], depth, sifted)
        return False

    def _leads_on(self, loop: Site) -> bool:
        """``for name in NAMES: setting("box." + name)``: whose entry of that name it asks for is not seen."""
        assert isinstance(loop.node, s.For)
        for call in (node for node in s.walk(loop.node.body) if isinstance(node, s.Call)):
            parts = (n for arg in call.args if not isinstance(arg.value, s.Name) for n in s.walk(arg.value))
            named = any(isinstance(n, s.Name) and n.id == first_of(loop.node.target) for n in parts)
            if named and any(self.resolver.ways_down(loop.at(call))):
                return True
        return False

    def _is_spread(self, module: Module, arg: s.Arg, depth: int) -> bool:
        """``check(*NAMES)`` of ``def check(*names)``: is that all that is done with them there?"""
        call = module.parents[arg]
        callees = self.resolver.callees(Site(module, call)) if isinstance(call, s.Call) else []
        loads: list[Site] = []
        for callee in callees:
            rest = next((param for param in callee.node.params if param.kind == "*"), None)
            places = [param for param in callee.node.params if not param.kind]
            if rest is None or len(places) > (callee.receiver is not None):
                return False
            scope = callee.module.scopes.inner[callee.node]
            found = (use for b in scope.bindings.get(rest.name, ()) for use in callee.module.uses.get(b, ()))
            loads += [Site(callee.module, use) for use in found]
        uses = [Use(load.module, load.node, load.module.parents[load.node], ()) for load in loads]
        return bool(uses) and all(self._is_check(use, depth + 1, sifted=False) for use in uses)

    def _is_passed(self, module: Module, call: s.Node, depth: int, sifted: bool) -> bool:
        if not isinstance(call, s.Call):
            return False
        name = call.func.id if isinstance(call.func, s.Name) else ""
        method = call.func.attr if isinstance(call.func, s.Attribute) else ""
        if name in _COLLECT:
            return self._demands(Site(module, call), depth + 1, sifted=sifted)
        if sifted and name not in _PLACES and method not in _PLACES:
            return True  # what was found to be missing, told in some way
        if method == "join" and isinstance(call.func, s.Attribute):
            return not (isinstance(call.func.value, s.Str) and "|" in str(call.func.value.value))
        return name in _JUDGE or method in _COMPARE or method in _JUDGE

    def _is_gathered(self, module: Module, clause: s.Clause, depth: int) -> bool:
        """``{n: environ[n] for n in NAMES}``, ``[n for n in NAMES if not environ.get(n)]``, ``all(…)``.

        A list of what stands under the names is none: somebody may count on the places in it.
        """
        made = module.parents[clause]
        name = first_of(clause.target)
        if not isinstance(made, s.Comprehension) or name is None:
            return False
        if clause.tests and made.key is None and _is_told(made.value, clause.target):
            return self._demands(Site(module, made), depth + 1, sifted=True)
        if made.key is not None:
            named = isinstance(made.key, s.Name) and made.key.id == name
            return named and all(map(_asks_one, self.forward.uses(Site(module, made))))
        if isinstance(made.value, s.Name) and made.value.id == name:
            return self._demands(Site(module, made), depth + 1, sifted=bool(clause.tests))
        holder = module.parents[made]
        call = module.parents[holder] if isinstance(holder, s.Arg) else holder
        judges = isinstance(call, s.Call) and isinstance(call.func, s.Name) and call.func.id in _JUDGE
        return judges and not searches(call, made, name)


def _is_left_open(module: Module, node: s.Str) -> bool:
    """``DEFAULTS = {"key_file": None}``: who looks for what is missing finds it there."""
    item = module.parents[node]
    if not isinstance(item, s.Item) or item.key is not node:
        return False
    is_none = isinstance(item.value, s.Const) and item.value.value is None
    holder = module.parents[item]
    return is_none and isinstance(holder, s.Dict) and isinstance(module.parents[holder], s.Assign)


def _is_required(module: Module, node: s.Str, name: str) -> bool:
    arg = module.parents[node]
    call = module.parents[arg] if isinstance(arg, s.Arg) and node.value == name else None
    if not isinstance(call, s.Call) or call.args[0] is not arg:
        return False
    said = (each.value for each in call.args if each.keyword == "required")
    return any(isinstance(value, s.Const) and value.value is True for value in said)


def _table(module: Module, name: s.Node) -> s.Dict | None:
    """``{"key_file": "ADOBE_KEY_FILE", …}`` around one of the texts in it."""
    item = module.parents[name]
    table = module.parents[item] if isinstance(item, s.Item) else None
    return table if isinstance(table, s.Dict) else None


def _row(module: Module, name: s.Node) -> s.Node:
    """The row that has a name where all rows of a table do, ``[("key", "str"), …]``; else the name.

    Or the entry of a mapping that has it.
    """
    row = module.parents[name]
    if _table(module, name) is not None:
        return row
    table = module.parents[row] if isinstance(row, s.Sequence) and name in row.items[:2] else None
    if not isinstance(row, s.Sequence) or not isinstance(table, s.Sequence):
        return name
    place = row.items.index(name)
    if place and isinstance(row.items[0], s.Str):  # the name of another thing, with what is asked for it
        return name
    beside = (each.items[place : place + 1] for each in table.items if isinstance(each, s.Sequence))
    return row if sum(_is_name(found[0]) for found in beside if found) == len(table.items) else name


def _is_name(node: s.Node) -> bool:
    """Is it a name that may be asked for: written out, or a constant?"""
    return isinstance(node, s.Str) or is_constant(node)


def _is_told(value: s.Expr, target: s.Expr) -> bool:
    """``f"{name} ({text})"`` of ``for name, text in NEEDED.items()``: nothing that stands under the name."""
    names = {node.id for node in s.walk(target) if isinstance(node, s.Name)}
    inside = [node for node in s.walk(value) if isinstance(node, s.Expr)]
    plain = all(isinstance(node, s.FString | s.Str | s.Name) for node in inside)
    return plain and isinstance(value, s.FString) and names >= {n.id for n in inside if isinstance(n, s.Name)}


def _loop(use: Use) -> tuple[Module, s.For] | None:
    """``for name in NAMES:``, ``for name, variable in VARIABLES.items():``"""
    parent: s.Node | None = use.parent
    if isinstance(parent, s.Attribute) and parent.attr in _ENTRIES:
        parent = use.module.parents.get(use.module.parents[parent])
    return (use.module, parent) if isinstance(parent, s.For) else None


def _stored(found: tuple[Module, s.For]) -> Iterator[tuple[Module, s.Expr]]:
    """The mappings in which a loop stores something under what it goes through."""
    module, loop = found
    for node in s.walk(loop.body):
        target = node.targets[0] if isinstance(node, s.Assign) else None
        key = target.index if isinstance(target, s.Subscript) else None
        if isinstance(target, s.Subscript) and isinstance(key, s.Name) and key.id == first_of(loop.target):
            yield module, target.value


def _literal(place: Site, name: str) -> tuple[Site, str]:
    """Where a name is written, if it is only a word of what is written there."""
    if not isinstance(place.node, s.Str):
        return place, name
    written = literal_of(place.module, place.node)
    return Site(place.module, written), name or str(place.node.value)


def _asks_one(use: Use) -> bool:
    """Is a mapping only asked for single entries, or whether they are there?"""
    parent = use.parent
    if isinstance(parent, s.Subscript):
        return parent.value is use.node
    if isinstance(parent, s.Compare):
        return set(parent.ops) <= {"in", "not in"}
    if isinstance(parent, s.Attribute) and parent.attr in ("values", "items"):
        call = use.module.parents[parent]
        judge = use.module.call_given(call)
        return judge is not None and isinstance(judge.func, s.Name) and judge.func.id in ("all", "any")
    return isinstance(parent, s.Attribute) and parent.attr in ("get", "keys")


def is_listed(value: Environ) -> bool:
    """Is the variable's name not written where it is read, but in a list perhaps?"""
    node = value.site.node
    key = node.index if isinstance(node, s.Subscript) else None
    if isinstance(node, s.Call) and node.args:
        key = node.args[0].value
    if isinstance(key, s.Binary | s.FString):
        return any(isinstance(part, s.Name) for part in s.walk(key))
    return isinstance(key, s.Name) or (key is not None and is_in_turn(value.site.module, key))


def is_beside(value: Environ, name: str) -> bool:
    """``{"key_path": "ADOBE_KEY"}``, ``[("key_path", "ADOBE_KEY")]``: is the variable read for this name?"""
    module = value.site.module
    for node in module.each(s.Str):
        row = module.parents[node]
        beside: tuple[s.Expr | None, ...] = ()
        if isinstance(row, s.Item):
            beside = (row.key, row.value)
        elif isinstance(row, s.Sequence) and isinstance(module.parents[row], s.Sequence):
            beside = row.items
        named = node.value == value.name
        if named and any(isinstance(each, s.Str) and each.value == name for each in beside):
            return True
    return False

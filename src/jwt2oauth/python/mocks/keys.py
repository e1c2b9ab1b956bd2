"""Keys that leave the files of configuration, and that tests name: rows of ``parametrize`` go with them.

Also what tests make of the names in their rows: ``monkeypatch.delenv(f"ADOBE_{name}")``.

Checks of tests that name all keys of a mapping in the configuration: they name those it has then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from ..leftovers.settings import listed
from ..resolve import Resolver, is_target
from ..roles.signing import PEM
from ..roles.trace import label_of
from ..writing.answers import separator_at
from ..writing.changes import Changes
from .checks import is_check, is_expecting, label_in_test, test_around
from .rows import are_left, is_compared, is_table, row_of, take_row

NAMES = rb"\A(?s:(?=.*\bparametrize\b).*[\"']%s[\"'])"
"""How a file of tests may name a key of its rows."""
_MISSED = re.compile(r"(?i)no such file|does not exist")
_TAKES = frozenset({"pop"})
_CHANGING = frozenset({"delenv", "delitem", "pop", "putenv", "setenv", "setitem", "unsetenv"})


def held(module: Module) -> Iterator[tuple[s.Str, str]]:
    """The private keys that a module of tests has in it, and what to say of each."""
    for node in module.each(s.Str):
        if isinstance(node.value, str) and PEM.search(node.value):
            yield node, f"{label_of(module, node)} holds a private key; see whether a test still needs it."


class Keys:
    """Takes them out in one plan's changes."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self._told: set[s.FuncDef | None] = set()
        """Tests of which it is told that they expect an error that comes no more."""
        self._asking: set[s.Node] = set()
        """What is told to ask for what leaves the configuration."""

    def forget(
        self,
        modules: Iterable[Module],
        lost: Collection[str],
        spoken: Callable[[Module, Collection[str]], Collection[str]],
    ) -> Iterator[str]:
        """Let the rows of tests go that name one of the ``lost``; gives what there is to say of the rest.

        Those stay that what the tests are of has ``spoken`` of for itself: a form that is filled in.
        """
        for module in modules:
            names = {*lost}.difference(spoken(module, lost) if any(map(module.holds, lost)) else ())
            spelled = any(map(module.holds, names))
            for node in module.each(s.Str) if spelled or names else ():
                meant = spelled and node.value in names
                if not meant and not any(name in names for name in composed(module, node)):
                    continue
                if self.changes.is_dead(module, node):
                    continue
                row = row_of(module, node) or _entry_of(module, node)
                if row is not None and are_left(self.changes, module, row):
                    take_row(self.changes, module, row)
                elif row is not None or _is_taken(module, node):
                    self._asking.add(node)
                    yield (
                        f"{label_in_test(module, node)} asks for {node.value!s}, which leaves the "
                        "configuration: change or remove that test."
                    )
                elif is_about_absence(module, node, names):
                    self._told.add(test_around(module, node))
                    yield (
                        f"{label_in_test(module, node)} expects an error because of {node.value!s}, which "
                        "nothing needs any more: change or remove that test."
                    )

    def said(self, modules: Iterable[Module], names: Collection[str], resolver: Resolver) -> Iterator[str]:
        """Checks of texts with one of ``names`` in them: ``match="KEY_FILE"``, ``== "missing: KEY_FILE"``."""
        word = re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in sorted(names)))
        for module in modules:
            for node in module.each(s.Str) if any(map(module.holds, names)) else ():
                found = word.search(str(node.value))
                if found is None or self.changes.is_dead(module, node) or not _is_expected(module, node):
                    continue
                if test_around(module, node) in self._told or node in self._asking:
                    continue
                if found[0].startswith("-") and _is_command(resolver, module, node):
                    continue
                yield (
                    f"{label_in_test(module, node)} expects {found[0]} to be spoken of, which nothing "
                    "needs any more: change or remove that check."
                )

    def undemanded(
        self, tests: Iterable[Module], programs: Iterable[Module], read: Collection[str]
    ) -> Iterator[str]:
        """Rows of ``parametrize`` with a name that left a list of what has to be there.

        Also tests that expect an error because a variable is missing that only others ``read`` from now on.
        """
        dead = (
            str(node.value)
            for module in programs
            for node in module.each(s.Str)
            if node in self.changes.removed and isinstance(module.parents[node], s.Sequence)
        )
        names = set(dead)
        for module in tests:
            for node in module.each(s.Str) if any(map(module.holds, {*names, *read})) else ():
                where = label_in_test(module, node) if node.value in {*names, *read} else ""
                if not where or node in self._asking or self.changes.is_dead(module, node):
                    continue
                row = row_of(module, node)
                if row is not None and node.value in names:
                    yield (
                        f"{where} names {node.value!s}, which is asked for no more: "
                        "see whether that row still holds."
                    )
                elif node.value in read and _is_missed(module, node, row, names):
                    yield (
                        f"{where} expects an error without {node.value!s}, which the login asks for no more: "
                        "see whether that still holds."
                    )

    def failing(self, modules: Iterable[Module], options: Collection[str]) -> Iterator[str]:
        """Checks of the exit code, in tests that name one of the ``options`` whose file had to be there."""
        spelled = {f"--{name.strip('-').replace('_', '-')}" for name in options}
        for module in modules:
            for node in module.each(s.Compare):
                test = test_around(module, node)
                if test is None or not _is_failure(node) or self.changes.is_dead(module, node):
                    continue
                if any(isinstance(n, s.Str) and n.value in spelled for n in s.walk(test.body)):
                    yield (
                        f"{label_in_test(module, node)} expects a failure, and the key's option asks for no "
                        "file any more: if it is for that, change or remove that test."
                    )

    def missed(self, modules: Iterable[Module]) -> Iterator[str]:
        """Checks of what is said of a file that an option names, where no option asks for one any more."""
        for module in modules:
            for node in module.each(s.Str):
                said = _MISSED.search(str(node.value)) is not None and _is_expected(module, node)
                if said and not self.changes.is_dead(module, node):
                    yield (
                        f"{label_in_test(module, node)} expects a file to be missed, and no option asks for "
                        "the key's any more: if it is that one, change or remove that test."
                    )

    def expected(self, modules: Iterable[Module], secrets: Collection[str]) -> Iterator[str]:
        """Tests that expect one of ``secrets`` to be fetched: ``assert store.asked == ["/prod/key"]``."""
        for module in modules:
            for node in module.each(s.Str) if any(map(module.holds, secrets)) else ():
                named = str(node.value).rpartition("/")[2] in secrets
                if named and is_check(module.statement(node)) and not self.changes.is_dead(module, node):
                    yield (
                        f"{label_of(module, node)} expects {node.value!s} to be asked for, which nothing "
                        "does any more: change or remove that check."
                    )

    def gone(self, modules: Iterable[Module], lost: Mapping[str, str]) -> Iterator[str]:
        """Tests that ask for constants that are ``lost``, of whatever object that may be."""
        for module in modules:
            names: dict[str, None] = {}
            places: dict[str, None] = {}
            for node in module.each(s.Attribute, s.Arg):
                name = _asked(node)
                if name in lost and not self.changes.is_dead(module, node):
                    names[f"{name} of {lost[name]}"] = places[label_of(module, node)] = None
            if names:
                where, what = listed([*places]), listed([*names])
                yield f"{what} went, and tests still speak of it ({where}): change or remove what they do."


def _asked(node: s.Node) -> str:
    """The name of ``settings.KEY_FILE`` and of ``reload(KEY_FILE="…")``."""
    return node.attr if isinstance(node, s.Attribute) else (isinstance(node, s.Arg) and node.keyword) or ""


def _entry_of(module: Module, name: s.Node) -> s.Node | None:
    """The entry of ``NEEDED = {"--key": "k"}`` where ``parametrize("name", list(NEEDED))`` makes rows of it.

    None where a test asks for the entry by its name.
    """
    entry = module.parents[name]
    table = module.parents[entry]
    held = module.parents[table]
    if not isinstance(entry, s.Item) or entry.key is not name or not isinstance(held, s.Assign):
        return None
    uses = [*module.uses_of(held)]
    for use in uses:
        outer = module.parents[use]
        key = outer.index if isinstance(outer, s.Subscript) else None
        if isinstance(key, s.Str) and isinstance(name, s.Str) and key.value == name.value:
            return None
    return entry if any(_makes_rows(module, use) for use in uses) else None


def _makes_rows(module: Module, use: s.Node) -> bool:
    """``list(NEEDED)``, ``sorted(NEEDED.items())`` and the like, as rows of a test."""
    for node in (use, *module.ancestors(use)):
        if isinstance(node, s.Expr) and is_table(module, node):
            return True
        if not isinstance(node, s.Attribute | s.Call | s.Arg | s.Name):
            return False
    return False


def _is_missed(module: Module, name: s.Node, row: s.Node | None, names: Collection[str]) -> bool:
    """``parametrize("name", ["ADOBE_ORG"])`` where the test takes ``name`` away and expects an error, or
    without rows."""
    if row is None:
        return is_about_absence(module, name, names)
    test = next((n for n in module.ancestors(name) if isinstance(n, s.FuncDef)), None)
    calls = [node for node in s.walk(test) if isinstance(node, s.Call)] if test is not None else []
    takes = (call for call in calls if s.last_name(call.func) in ("delenv", "unsetenv", "pop"))
    given = (arg.value for call in takes for arg in call.args)
    return any(map(is_expecting, calls)) and any(isinstance(value, s.Name) for value in given)


def is_about_absence(module: Module, name: s.Node, names: Collection[str]) -> bool:
    """Does a test expect an error because of a setting, and of that one alone?

    ``monkeypatch.delenv("KEY_FILE")``, or ``setenv("KEY_FILE", "")`` and nothing else that it sets.
    """
    test = test_around(module, name)
    if test is None or not any(map(is_expecting, s.walk(test))) or not _changes(module, name):
        return False
    texts = (node for node in s.walk(test) if isinstance(node, s.Str) and node.value not in names)
    return not any(_changes(module, node) for node in texts)


def _changes(module: Module, name: s.Node) -> bool:
    """``delenv("A")``, ``del environ["A"]``, ``setenv("A", "")``, ``{**known, "A": ""}``"""
    parent = module.parents[name]
    if isinstance(parent, s.Item):
        table = module.parents[parent]
        return isinstance(table, s.Dict) and any(item.key is None for item in table.items)
    if isinstance(parent, s.Subscript) and parent.index is name:
        return is_target(module, parent)
    call = module.call_of(parent)
    last = s.last_name(call.func) if call is not None else ""
    at = 1 if last in ("delitem", "setitem") else 0  # these are given the mapping first
    return call is not None and last in _CHANGING and call.args[at : at + 1] == (parent,)


def _is_expected(module: Module, node: s.Node) -> bool:
    """Does it stand in a check, or is it what the message of an error must match?"""
    call = module.call_given(node)
    if call is not None and is_expecting(call):
        return True
    return is_check(module.statement(node)) and test_around(module, node) is not None


def _is_command(resolver: Resolver, module: Module, node: s.Node) -> bool:
    """``assert main(["--key-file", "k", "list"]) == 0``: is it given to the program, which takes it still?"""
    line = module.parents[node]
    call = module.call_given(line) if isinstance(line, s.Sequence) else None
    callees = resolver.callees(Site(module, call)) if call is not None else ()
    return bool(callees) and not any(resolver.is_test(callee.module) for callee in callees)


def _is_taken(module: Module, name: s.Node) -> bool:
    """``del given["key_file"]``, ``given.pop("key_file")``: is it an error where it is not there?"""
    parent = module.parents[name]
    if isinstance(parent, s.Subscript) and parent.index is name:
        return not is_target(module, parent)
    call = module.call_of(parent)
    return call is not None and len(call.args) == 1 and s.last_name(call.func) in _TAKES


def _is_failure(check: s.Compare) -> bool:
    """``result.exit_code == 2``, ``returncode != 0``"""
    code = s.last_name(check.left)
    number = check.rights[0].value if isinstance(check.rights[0], s.Const) else None
    return code in ("exit_code", "returncode") and (
        (check.ops == ("==",) and number in (1, 2)) or (check.ops == ("!=",) and number == 0)
    )


_CASES = {"upper": str.upper, "lower": str.lower}
_PARAMETRIZE = "parametrize"


def composed(module: Module, name: s.Str) -> Iterator[str]:
    """Give the longer names that a test makes of ``name``, in a row of ``parametrize`` or of its loop."""
    for variable, function in _variables(module, name):
        for node in s.walk(function):
            if isinstance(node, s.FString | s.Binary) and not isinstance(module.parents[node], s.Binary):
                text = _text(node, variable, str(name.value))
                if text is not None and text != name.value:
                    yield text


def _variables(module: Module, name: s.Str) -> Iterator[tuple[str, s.FuncDef]]:
    """The variables that such a row fills, each with the test that has it."""
    at, row = 0, module.parents[name]
    table = module.parents[row]
    if isinstance(row, s.Sequence) and isinstance(table, s.Sequence):
        at, row = row.items.index(name), table
    holder = module.parents[row]
    if isinstance(holder, s.For):
        test = test_around(module, holder)
        names = holder.target.items if isinstance(holder.target, s.Sequence) else (holder.target,)
        if test is not None and at < len(names) and isinstance(variable := names[at], s.Name):
            yield variable.id, test
    call = module.call_of(holder)
    if call is not None and s.last_name(call.func) == _PARAMETRIZE:
        given = call.args[0].value
        said = str(given.value).split(",") if isinstance(given, s.Str) else []
        function = module.parents[call]
        if at < len(said) and isinstance(function, s.FuncDef):
            yield said[at].strip(), function


def _text(node: s.Node, variable: str, value: str) -> str | None:
    """The text of ``"INPUT_" + name.upper()``, if ``name`` is ``value``; None where it holds more."""
    if isinstance(node, s.Str):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, s.Name):
        return value if node.id == variable else None
    if isinstance(node, s.Binary) and node.op == "+":
        parts = [_text(part, variable, value) for part in (node.left, node.right)]
    elif isinstance(node, s.FString):
        inside = [part.value if isinstance(part, s.Hole) and part.plain else part for part in node.parts]
        parts = [_text(part, variable, value) for part in inside]
    elif isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and not node.args:
        cased, inner = _CASES.get(node.func.attr), _text(node.func.value, variable, value)
        return cased(inner) if cased is not None and inner is not None else None
    else:
        return None
    known = [part for part in parts if part is not None]
    return "".join(known) if len(known) == len(parts) else None


_FEW = 2


class Complete:
    """Finds them in one plan's changes."""

    def __init__(self, changes: Changes, taken: Sequence[tuple[Module, s.Item]]) -> None:
        """Know the mappings that lose what is ``taken`` of them, or gain a key."""
        self.changes = changes
        self._lost: dict[frozenset[str], set[str]] = {}
        self._gained: dict[frozenset[str], tuple[str, str]] = {}
        for document, item in taken:
            self._lost.setdefault(_keys_beside(document, item), set()).add(s.key_text(item))
        for document, item, name, _ in changes.documented:
            self._gained[_keys_beside(document, item)] = (s.key_text(item), name)

    def fill(self, modules: Iterable[Module]) -> Iterator[str]:
        """``assert set(config) == {"client_id", …}`` names what is left; gives what there is to say."""
        tables = [keys for keys in {**self._lost, **self._gained} if len(keys) >= _FEW]
        for module in modules:
            for node in module.each(s.Sequence) if tables else ():
                texts = {str(item.value): item for item in node.items if isinstance(item, s.Str)}
                meant = [
                    keys for keys in tables if _FEW <= len(texts) == len(node.items) and texts.keys() <= keys
                ]
                if not meant or self.changes.is_dead(module, node):
                    continue
                self._forget(module, [texts[name] for name in self._lost.get(meant[0], ()) if name in texts])
                if meant[0] == texts.keys() and meant[0] in self._gained:
                    yield from self._complete(module, node, *self._gained[meant[0]])

    def _forget(self, module: Module, texts: Iterable[s.Str]) -> None:
        for text in texts:
            row = row_of(module, text, keys=True)
            table = module.parents[row] if row is not None else None
            items = table.items if isinstance(table, s.Sequence) else ()
            if row is not None and any(i is not row and i not in self.changes.removed for i in items):
                self.changes.remove(module, row)

    def _complete(self, module: Module, node: s.Sequence, beside: str, name: str) -> Iterator[str]:
        if is_compared(module, node):
            known = next(item for item in node.items if isinstance(item, s.Str) and item.value == beside)
            self._add(module, _before(node, name, self.changes.removed) or known, name)
        elif self._is_compared_elsewhere(module, node):
            yield (
                f"{label_in_test(module, node)} names all keys of a mapping that has {name} as well now: "
                "change what compares the two."
            )

    def _is_compared_elsewhere(self, module: Module, names: s.Sequence) -> bool:
        held = module.parents[names]
        bound = module.bound_by(held) if isinstance(held, s.Assign) else []
        return any(is_compared(module, use) for binding in bound for use in module.uses.get(binding, ()))

    def _add(self, module: Module, beside: s.Str, name: str) -> None:
        start, end = beside.outer.start, beside.outer.end
        text = f"{separator_at(module, start)}{beside.quote}{name}{beside.quote}"
        self.changes.patch(module, beside, Span(end, end), text)


def _keys_beside(document: Module, item: s.Item) -> frozenset[str]:
    """The keys of the mapping that an item is of."""
    table = document.parents[item]
    return frozenset(map(s.key_text, table.items)) if isinstance(table, s.Dict) else frozenset()


def _before(names: s.Sequence, name: str, gone: Collection[s.Node]) -> s.Str | None:
    """The text behind which ``name`` belongs in a list that is in order; None if it is in none."""
    texts = [item for item in names.items if isinstance(item, s.Str)]
    said = [str(item.value) for item in texts]
    if names.kind == "set" or said != sorted(said):
        return None
    return next((item for item in reversed(texts) if item not in gone and str(item.value) < name), None)

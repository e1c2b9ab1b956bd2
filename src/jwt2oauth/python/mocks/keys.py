"""Keys that leave the files of configuration, and that tests name: rows of ``parametrize`` go with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from .. import syntax as s
from ..changes import Changes
from ..index import Module
from ..leftovers import listed
from ..resolve import is_target
from ..trace import label_of
from .checks import is_check

NAMES = rb"\A(?s:(?=.*\bparametrize\b).*[\"']%s[\"'])"
"""How a file of tests may name a key of its rows."""
_TAKES = frozenset({"pop"})


class Keys:
    """Takes them out in one plan's changes."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes

    def forget(self, modules: Iterable[Module], names: Collection[str]) -> Iterator[str]:
        """Let the rows of tests go that name one of ``names``; gives what there is to say of the rest."""
        for module in modules:
            for node in module.nodes.get(s.Str, ()) if any(map(module.holds, names)) else ():
                assert isinstance(node, s.Str)
                if node.value not in names or self.changes.is_dead(module, node):
                    continue
                row = row_of(module, node)
                if row is not None and self._are_left(module, row):
                    self.changes.remove(module, row)
                elif row is not None or _is_taken(module, node):
                    yield (
                        f"{label_of(module, node)} asks for {node.value!s}, which leaves the configuration: "
                        "change or remove that test."
                    )

    def expected(self, modules: Iterable[Module], secrets: Collection[str]) -> Iterator[str]:
        """Tests that expect one of ``secrets`` to be fetched: ``assert store.asked == ["/prod/key"]``."""
        for module in modules:
            for node in module.nodes.get(s.Str, ()) if any(map(module.holds, secrets)) else ():
                assert isinstance(node, s.Str)
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
            for node in (*module.nodes.get(s.Attribute, ()), *module.nodes.get(s.Arg, ())):
                name = _asked(node)
                if name in lost and not self.changes.is_dead(module, node):
                    names[f"{name} of {lost[name]}"] = places[label_of(module, node)] = None
            if names:
                where, what = listed([*places]), listed([*names])
                yield f"{what} went, and tests still speak of it ({where}): change or remove what they do."

    def _are_left(self, module: Module, row: s.Node) -> bool:
        table = module.parents[row]
        assert isinstance(table, s.Sequence)
        return any(item is not row and item not in self.changes.removed for item in table.items)


def _asked(node: s.Node) -> str:
    """The name of ``settings.KEY_FILE`` and of ``reload(KEY_FILE="…")``."""
    return node.attr if isinstance(node, s.Attribute) else (isinstance(node, s.Arg) and node.keyword) or ""


def row_of(module: Module, name: s.Node) -> s.Node | None:
    """The row with ``name`` in ``@pytest.mark.parametrize("name", ["key_file", …])``."""
    row = name
    for around in module.ancestors(name):
        arg = module.parents[around]
        call = module.parents[arg] if isinstance(arg, s.Arg) else None
        is_table = isinstance(around, s.Sequence) and isinstance(call, s.Call)
        if is_table and isinstance(call, s.Call) and s.last_name(call.func) == "parametrize":
            return row if call.args.index(arg) == 1 else None
        if not isinstance(around, s.Sequence | s.Arg | s.Call):
            return None
        row = around
    return None


def _is_taken(module: Module, name: s.Node) -> bool:
    """``del given["key_file"]``, ``given.pop("key_file")``: is it an error where it is not there?"""
    parent = module.parents[name]
    if isinstance(parent, s.Subscript) and parent.index is name:
        return not is_target(module, parent)
    call = module.parents[parent] if isinstance(parent, s.Arg) else None
    return isinstance(call, s.Call) and len(call.args) == 1 and s.last_name(call.func) in _TAKES

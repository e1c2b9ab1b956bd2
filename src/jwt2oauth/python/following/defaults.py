"""Tables of defaults: files and the environment are laid over them, their keys are the names there are."""

from __future__ import annotations

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import path_of
from ..facts.values import Entry, Site
from .forward import Forward

_GOES_THROUGH = frozenset(
    {"set", "frozenset", "list", "tuple", "sorted", "len", "iter", "enumerate", "repr", "print"}
)
_COPIES = frozenset({"dict", "copy", "deepcopy", "update", "ChainMap", "merge", "OrderedDict"})
_ASKS = frozenset({"keys", "items", "values", "get", "copy"})


def table_of(forward: Forward, entry: Entry, *, inner: bool = False) -> Site | None:
    """The table that ``entry`` stands in: ``DEFAULTS``, of ``{**DEFAULTS, **read()}``; None if it is none.

    One more entry is one more name that is known, and is passed to nobody as an argument. With ``inner`` it
    may stand in a section of the table, of which that is not sure.
    """
    module, item = entry.site.module, entry.site.node
    table = module.parents.get(item)
    section = module.parents.get(table) if inner and isinstance(table, s.Dict) else None
    if isinstance(section, s.Item):
        item, table = section, module.parents[section]
    by_keyword = isinstance(item, s.Arg) and isinstance(table, s.Call) and s.last_name(table.func) == "dict"
    stmt = module.parents.get(table) if table is not None else None
    if not (isinstance(item, s.Item) or by_keyword) or not isinstance(stmt, s.Assign):
        return None
    if stmt.value is not table or len(stmt.targets) != 1:
        return None
    target = stmt.targets[0]
    loads = forward.loads_after(Site(module, stmt), target)
    is_table = path_of(target) is not None and loads and all(_is_plain(x.module, x.node) for x in loads)
    laid_over = any(_is_laid_over(x.module, x.node) for x in loads)
    return Site(module, target) if is_table and laid_over else None


def _is_laid_over(module: Module, load: s.Node) -> bool:
    """``{**DEFAULTS, **given}``, ``dict(DEFAULTS, **given)``, ``DEFAULTS | given``, ``DEFAULTS.copy()``"""
    parent = module.parents[load]
    if isinstance(parent, s.Item):
        return parent.key is None
    if isinstance(parent, s.Arg):
        return _called(module, parent) in _COPIES
    attribute = parent.attr if isinstance(parent, s.Attribute) else ""
    return attribute == "copy" or (isinstance(parent, s.Binary) and parent.op == "|")


def _is_plain(module: Module, load: s.Node) -> bool:
    """Is it laid over, gone through, or asked for one name?"""
    parent = module.parents[load]
    if isinstance(parent, s.Arg):
        return _called(module, parent) in _GOES_THROUGH | _COPIES
    if isinstance(parent, s.Attribute):
        return parent.attr in _ASKS
    through = isinstance(parent, s.For | s.Clause) and parent.iter is load
    return through or isinstance(parent, s.Compare | s.Subscript) or _is_laid_over(module, load)


def _called(module: Module, arg: s.Arg) -> str:
    call = module.parents[arg]
    plain = isinstance(call, s.Call) and (not arg.star or s.last_name(call.func) in _COPIES)
    return s.last_name(call.func) if plain and isinstance(call, s.Call) else ""

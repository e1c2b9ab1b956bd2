"""Where code looks something up by a name: which name that is, and what may have been meant.

And how the calls that read configuration take a key and a default, and how a module spells them.

And tables of defaults: files and the environment are laid over them, their keys are the names there are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import path_of
from ..facts.values import Entry, Fields, Function, Items, Lit, Member, Param, Result, Site, Text
from ..resolve import Resolver, is_target
from .forward import Forward
from .tainted_names import is_large

ASKS = re.compile(r"\benvironb?\b|getenv")
"""Who names a variable and asks the environment for something, asks for that variable."""
SETTERS = frozenset({"setenv", "set", "putenv", "setdefault", "setitem"})
"""Methods that are given a name and what it means from then on."""

_GETTERS = frozenset({"get", "getenv", "pop", "getboolean", "getint", "getfloat"})
"""Methods and functions that may be given a section before the name."""
_BY_PERCENT = re.compile(r"%\((\w+)\)")
_NAME = re.compile(r"[^\W\d][\w/-]*")
"""What a getter may be asked for: ``"client_id"``, ``"team/adobe/key"``."""
_BY_BRACES = re.compile(r"(?<!\{)\{(\w+)")


def lookups(resolver: Resolver, module: Module) -> Iterator[tuple[str, s.Expr]]:
    """``config["key"]``, ``config.get("key")``, ``config.get("section", "key")``, ``"key" in config``.

    And what a text takes in by itself: ``"https://%(host)s/" % config``, ``"{host}".format(**config)``.
    """
    for node in module.each(s.Binary):
        if node.op == "%" and isinstance(node.left, s.Str) and isinstance(node.left.value, str):
            yield from ((name, node) for name in _BY_PERCENT.findall(node.left.value))
    for part in module.each(s.Subscript):
        name = resolver.spelled(module, part.index) if not is_target(module, part) else None
        if name is not None:
            yield name, part
    for test in module.each(s.Compare):
        name = resolver.spelled(module, test.left) if test.ops in (("in",), ("not in",)) else None
        if name is not None:
            yield name, test
    for call in module.each(s.Call):
        last = call.func.attr if isinstance(call.func, s.Attribute) else ""
        if isinstance(call.func, s.Name):
            last = call.func.id
        if last in _GETTERS:
            for arg in call.args:
                name = resolver.spelled(module, arg.value)
                if name is not None:
                    yield name, call
        elif last in SETTERS and isinstance(module.parents[call], s.ExprStmt):
            continue  # it only sets it
        elif last in ("format", "format_map") and call.args and isinstance(call.func, s.Attribute):
            text = call.func.value
            takes = last == "format_map" or any(arg.star == "**" for arg in call.args)
            if takes and isinstance(text, s.Str) and isinstance(text.value, str):
                yield from ((name, call) for name in _BY_BRACES.findall(text.value))
        elif call.args and not call.args[0].keyword:
            name = resolver.spelled(module, call.args[0].value)
            if name is not None and _NAME.fullmatch(name):
                yield name, call


def put_together(resolver: Resolver, module: Module) -> Iterator[tuple[str, s.Expr]]:
    """``os.environ[f"{prefix}KEY_FILE"]``, by the names that are written here: a constant's, a default's.

    Those that callers give are names of theirs, and of those in a list the list says which are asked for.
    """
    for node in module.each(s.Subscript, s.Call) if ASKS.search(module.text) else ():
        given = node.args[0].value if isinstance(node, s.Call) and node.args else None
        key = node.index if isinstance(node, s.Subscript) else given
        made = isinstance(key, s.FString | s.Binary) and not is_target(module, node)
        if key is not None and made and ASKS.search(module.snippet(node)):
            for value in resolver.resolve(Site(module, key)):
                parts = value.parts if isinstance(value, Text) and value.known else ()
                sites = [part.site for part in parts]
                around = [site.module.parents.get(site.node) for site in sites]  # none: cut out of a text
                if sites and not any(isinstance(each, s.Arg | s.Sequence | s.Item | None) for each in around):
                    yield "".join(part.text for part in parts if isinstance(part, Lit)), node


def filling(node: s.Node) -> s.Expr | None:
    """The mapping that a text takes in: ``c`` in ``"%(host)s" % c``, ``"{host}".format(**c)``."""
    if isinstance(node, s.Binary):
        return node.right if node.op == "%" else None
    if not isinstance(node, s.Call) or s.last_name(node.func) not in ("format", "format_map"):
        return None
    whole = (arg.value for arg in node.args if arg.star == "**" or s.last_name(node.func) == "format_map")
    return next(whole, None)


def written_name(node: s.Expr, name: str) -> s.Expr:
    """Where the name is written that is looked up, or the look-up itself."""
    parts = [arg.value for arg in node.args] if isinstance(node, s.Call) else []
    parts += [node.left] if isinstance(node, s.Compare) else []
    return next((part for part in parts if isinstance(part, s.Str) and part.value == name), node)


def may_read(node: s.Expr, name: str, names: Collection[str], near: bool) -> bool:
    """May what is read here by ``name`` be one of ``names``? With ``get("key", "")`` the key decides.

    A key that a caller gives is known by what the caller says.

    A getter, which what is ``near`` may call, may put a prefix before the name.
    """
    key = node.args[0].value if isinstance(node, s.Call) and node.args else None
    asked = (name if name or not isinstance(key, s.Str) else str(key.value)).lower()
    return asked in names or (near and asked != "" and any(each.endswith(asked) for each in names))


def prefixes(world: Sequence[Module]) -> set[str]:
    """What may be written before a name: every text; none of so little code that all attributes are asked."""
    texts = (str(text.value) for module in world for text in module.each(s.Str)) if is_large(world) else ()
    return {text.lower().rstrip("_") for text in texts}


def is_prefixed(name: str, names: Collection[str], texts: Collection[str]) -> bool:
    """Is ``name`` one of ``names``, or the end of one that begins with one of ``texts``? Of none, any is."""
    if not texts:
        return True
    asked = name.lower()
    begun = (each.removesuffix(asked).rstrip("_") for each in names if each.endswith(asked))
    return any(not each or each in texts for each in begun)


def item_of(value: Text | Items | Fields, name: str) -> Site | None:
    """The entry ``name`` of a mapping whose value was written as this, be it as a part of a text."""
    written = (
        [part.site for part in value.parts if isinstance(part, Lit)]
        if isinstance(value, Text)
        else [value.site]
    )
    return next(filter(None, (_entry(site, name) for site in written)), None)


def _entry(site: Site, name: str) -> Site | None:
    value = site.node
    item = site.module.parents.get(value)
    if isinstance(item, s.Joined):  # a value that takes others in
        value, item = item, site.module.parents.get(item)
    if not isinstance(item, s.Item) or item.value is not value or not isinstance(item.key, s.Str):
        return None
    return site.at(item) if str(item.key.value).lower() == name.lower() else None


def is_packed(module: Module, node: s.Node) -> bool:
    """``setup(data_files=[("/etc", ["app.ini"])])``: it goes into a distribution, unread."""
    calls = (above for above in module.ancestors(node) if isinstance(above, s.Call))
    return any(s.last_name(call.func) == "setup" for call in calls)


def is_option(module: Module, node: s.Node) -> bool:
    """``add_argument("--config", default="app.ini")``: who is given the option reads it, and is known.

    Or ``default=os.environ.get("CONFIG", "app.ini")``.
    """
    arg = module.parents[node]
    asks = module.call_of(arg)
    if asks is not None and s.last_name(asks.func) in ("get", "getenv"):
        arg = module.parents[asks]
    call = module.call_of(arg) if isinstance(arg, s.Arg) and arg.keyword == "default" else None
    return isinstance(call, s.Call) and s.last_name(call.func) in ("add_argument", "option", "Option")


def only_puts_in(call: s.Call, mapping: s.Arg) -> bool:
    """``monkeypatch.setitem(CONF, "key", path)``"""
    if s.last_name(call.func) != "setitem" or len(call.args) < 2 or call.args[0] is not mapping:
        return False
    return isinstance(call.args[1].value, s.Str)


def unpacked(module: Module, pair: s.Sequence, node: s.Node) -> s.Expr | None:
    """``client`` of ``server, client = config["server"], config["client"]``: what ``node`` was put into."""
    statement = module.parents[pair]
    targets = statement.targets if isinstance(statement, s.Assign) else ()
    if len(targets) != 1 or not isinstance(targets[0], s.Sequence) or statement.span == pair.span:
        return None
    names = targets[0].items
    if len(names) != len(pair.items) or any(isinstance(each, s.Starred) for each in (*names, *pair.items)):
        return None
    return names[next(number for number, each in enumerate(pair.items) if each is node)]


def is_called(site: Site) -> bool:
    """``config.reload`` of ``config.reload()``"""
    return getattr(site.module.parents[site.node], "func", None) is site.node


def takes_all(node: s.Node) -> bool:
    """``os.environ.items()``, ``dict(os.environ)``? Not ``environ["NAME"]``, whoever it was passed to."""
    if isinstance(node, s.Attribute):
        return node.attr in ("items", "values", "keys", "copy")
    return not isinstance(node, s.Subscript | s.Compare)


def is_in_turn(module: Module, entry: s.Expr) -> bool:
    """``required[key]`` in ``for key in required:``"""
    if not isinstance(entry, s.Subscript):
        return False
    table, key = entry.value, entry.index
    bound = module.scopes.bindings_of(key) if isinstance(key, s.Name) else ()
    loops = [binding.node for binding in bound]
    loops = [module.parents[loop] if not isinstance(loop, s.For | s.Clause) else loop for loop in loops]
    return (
        bool(loops)
        and not is_target(module, entry)
        and all(
            isinstance(loop, s.For | s.Clause) and module.snippet(loop.iter) == module.snippet(table)
            for loop in loops
        )
    )


def look(node: s.Node) -> tuple[s.Expr | None, s.Expr | None]:
    """``key in mapping``, ``mapping[key]``, ``mapping.get(key)``"""
    if isinstance(node, s.Compare):
        return (node.rights[0], node.left) if node.ops[0] in ("in", "not in") else (None, None)
    if isinstance(node, s.Subscript):
        return node.value, node.index
    if isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and node.args:
        return (node.func.value, node.args[0].value) if node.func.attr in ("get", "pop") else (None, None)
    return None, None


def default_of(helper: Function, asked: int = 1) -> str | None:
    """How a helper takes a default behind what it asks: by position, by keyword; None where it takes none."""
    params = [p for p in helper.node.params if p.kind in ("", "kw")]
    if helper.receiver is not None:
        params = params[1:]
    named = [p for p in params[asked:] if _gives(helper, p)]
    if not named:
        return None
    return "" if named[0] is params[asked] and not named[0].kind else f"{named[0].name}="


def _gives(helper: Function, param: s.Param) -> bool:
    """Does the helper give ``param`` where there is nothing else to give? A section, say, it does not."""
    if any(word in param.name for word in ("default", "fallback")):
        return True
    if len(helper.module.scopes.inner[helper.node].bindings.get(param.name, ())) > 1:
        return False  # where it begins to look, and how far it has come
    parents = helper.module.parents
    for node in s.walk(helper.node.body) if param.default is not None else ():
        if not isinstance(node, s.Name) or node.id != param.name:
            continue
        parent = parents[node]
        chosen = isinstance(parent, s.Choice) and node is not parent.test
        instead = isinstance(parent, s.Bool) and parent.op == "or" and node is parent.right
        if isinstance(parent, s.Return) or chosen or instead:
            return True
        call = parents[parent] if isinstance(parent, s.Arg) else None
        if isinstance(call, s.Call) and isinstance(parent, s.Arg) and call.args[0] is not parent:
            return parent.keyword is None or parent.keyword in ("default", "fallback", "d", "fallback_value")
    return False


def environ_name(module: Module) -> str | None:
    """How this module spells ``os.environ``, if it can."""
    for binding_name, bindings in module.scopes.module.bindings.items():
        for binding in bindings:
            node = binding.node
            if binding.kind == "import" and isinstance(node, s.Alias):
                parent = module.parents.get(node)
                if isinstance(parent, s.Import) and node.name == "os":
                    return f"{binding_name}.environ"
                if isinstance(parent, s.ImportFrom) and parent.module == "os" and node.name == "environ":
                    return binding_name
    return None


def section_option(resolver: Resolver, site: Site) -> bool:
    """``config.get("section", "option")`` of configparser?"""
    node = site.node
    if isinstance(node, s.Call) and isinstance(node.func, s.Attribute):
        for base in resolver.resolve(site.at(node.func.value)):
            if isinstance(base, Result) and base.name.endswith("ConfigParser"):
                return True
    for value in resolver.resolve(site):
        if isinstance(value, Member) and isinstance(value.base, Member):
            return True
        if isinstance(value, Param):
            return False
    return False


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

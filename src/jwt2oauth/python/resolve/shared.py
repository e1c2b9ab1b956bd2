"""What the parts of the resolver share and that needs no resolver."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ...paths import is_program
from ...rules.calls import Argument
from ..facts import syntax as s
from ..facts.modules import Members, Module
from ..facts.scopes import Binding, path_of
from ..facts.values import (
    Arithmetic,
    Class,
    Constant,
    Context,
    Entry,
    Fields,
    Function,
    Gap,
    Instance,
    Lib,
    Lit,
    Member,
    Result,
    Site,
    Text,
    Unknown,
    Value,
    chain,
)

Values = tuple[Value, ...]
HOOKED = "a reply, and nobody says to which request"
"""Why nothing is known of what a hook of a session gets."""
ATTRS_FIELDS = ("attr.ib", "attr.attrib", "attrs.field", "attr.field")
"""Calls of attrs that make a field without an annotation."""
NAMED_TUPLES = ("collections.namedtuple", "typing.NamedTuple")
TAKES_HEIRS = "__init_subclass__"
"""The class method that Python calls with each heir of its class."""
WIDTH, WRITTEN = 12, 64
"""Alternatives kept for one expression, and where all of them are written down: texts and numbers."""


def is_target(module: Module, node: s.Node) -> bool:
    """Is ``node`` stored to, not loaded?"""
    parent = module.parents.get(node)
    if isinstance(parent, s.Assign):
        return node in parent.targets
    if isinstance(parent, s.For | s.WithItem | s.Walrus | s.Clause):
        return node is parent.target
    if isinstance(parent, s.Sequence | s.Starred):
        return is_target(module, parent)
    return bool(isinstance(parent, s.Delete))


def argument_of(node: s.Call, argument: Argument | None) -> s.Arg | None:
    """The argument of a library call that the rules describe; None if it is not given."""
    if argument is None:
        return None
    if argument.keyword is not None:
        for arg in node.args:
            if arg.keyword == argument.keyword:
                return arg
    if argument.position is not None:
        for index, arg in enumerate(node.args):
            if arg.star or arg.keyword is not None:
                return None
            if index == argument.position:
                return arg
    return None


def destination(texts: list[str]) -> str:
    """The name under which click and argparse hand over what these flags give."""
    plain = [t for t in texts if not t.startswith("-")]
    if plain:
        return plain[-1]
    long = next((t for t in texts if t.startswith("--")), texts[0] if texts else "")
    return long.split("/")[0].lstrip("-").replace("-", "_")


def parsed_option(value: Value) -> tuple[Result, str] | None:
    """The call that parsed a command line and the option's name, for ``args.key`` of what it gave.

    ``vars(args)["key"]`` is no other.
    ``args, rest = parser.parse_known_args()`` gives a pair, as ``optparse`` always does.
    """
    if isinstance(value, Lib):
        base, name = value.base, value.name.rpartition(".")[2]
    elif isinstance(value, Member) and not value.key.isdigit():
        base, name = value.base, value.key
    else:
        return None
    if isinstance(base, Member) and base.key == "0" and not base.attribute:
        base = base.base
    is_parsed = isinstance(base, Result) and base.name.endswith(("parse_args", "parse_known_args"))
    return (base, name) if isinstance(base, Result) and is_parsed else None


def is_read(name: str) -> bool:
    """Does a call of this name read a whole file (``(HERE / "private.key").read_text()``)?"""
    return name.endswith((".read_text", ".read_bytes"))


def argument_for(callee: Function, node: s.Call, param: s.Param) -> s.Arg | None:
    """The argument of a call of the project's own function that fills ``param``."""
    return fills(by_place(callee), node, param)


def by_place(callee: Function) -> list[s.Param]:
    """The parameters that positional arguments fill, in order."""
    params = [p for p in callee.node.params if not p.kind]
    unbound = isinstance(callee.receiver, Class) and not is_classmethod(callee.node)
    if callee.receiver is not None and params and not unbound and not is_static(callee.node):
        params = params[1:]
    return params


def fills(params: Sequence[s.Param], node: s.Call, param: s.Param) -> s.Arg | None:
    """The argument that fills one of the parameters of what is called."""
    for arg in node.args:
        if arg.keyword == param.name:
            return arg
    if param.kind:
        return None
    position = params.index(param) if param in params else -1
    if position < 0:
        return None
    for index, arg in enumerate(node.args):
        if arg.star or arg.keyword is not None:
            return None
        if index == position:
            return arg
    return None


def as_text(value: Value, site: Site) -> Value:
    if isinstance(value, Text):
        return value
    if isinstance(value, Constant) and isinstance(value.value, int | float) and value.value is not None:
        return Text((Lit(str(value.value), value.site),))
    return Text((Gap(value, site),))


def through(value: Value, site: Site) -> Value:
    """A text whose literal pieces remember the expression that put them in."""
    if not isinstance(value, Text):
        return value
    return Text(tuple(Lit(p.text, p.site, p.via or site) if isinstance(p, Lit) else p for p in value.parts))


def opaque(site: Site, values: Values) -> Fields:
    """A mapping of which only the outside is known, as fields."""
    return Fields((), site, open=True, rest=tuple(v for v in values if not isinstance(v, Fields)))


def covered(entries: tuple[Entry, ...], later: Fields) -> tuple[Entry, ...]:
    """Give ``entries`` as they are below a ``later`` mapping, which may have the numbers of them, too."""
    return (
        tuple(replace(e, certain=False) if _is_number(e) else e for e in entries) if later.rest else entries
    )


def _is_number(entry: Entry) -> bool:
    node = entry.value.node if entry.value is not None else None
    if isinstance(node, s.Binary):
        node = node.left  # 60 * 60 * 1000
    return isinstance(node, s.Binary) or (isinstance(node, s.Const) and type(node.value) in (int, float))


def one_of(found: list[Fields]) -> list[Fields]:
    """The same, as what one mapping may hold: of ``Account(**entry) for entry in entries`` each is one."""
    if len(found) < 2:
        return found
    return [replace(f, entries=tuple(replace(e, certain=False) for e in f.entries)) for f in found]


def merge_fields(site: Site, stretches: list[list[Fields]]) -> Iterator[Value]:
    for combination in itertools.islice(itertools.product(*stretches), WIDTH + 1):
        entries: tuple[Entry, ...] = ()
        for fields in combination:
            entries = (*covered(entries, fields), *fields.entries)
        rest = tuple(value for fields in combination for value in fields.rest)
        yield Fields(entries, site, any(f.open for f in combination), rest)


def compute(op: str, left: Value, right: Value, site: Site) -> Value:
    if isinstance(left, Constant) and isinstance(right, Constant):
        a, b = left.value, right.value
        if isinstance(a, int | float) and isinstance(b, int | float):
            try:
                if op == "+":
                    return Constant(a + b, site)
                if op == "-":
                    return Constant(a - b, site)
                if op == "*":
                    return Constant(a * b, site)
                if op == "/":
                    return Constant(a / b, site)
                if op == "//":
                    return Constant(a // b, site)
                if op == "%":
                    return Constant(a % b, site)
                if op == "**" and abs(b) < 16 and abs(a) < 1e6:
                    return Constant(a**b, site)
            except (ArithmeticError, ValueError):
                return Unknown("arithmetic", site)
    return Arithmetic(op, left, right, site)


INI_READERS = frozenset({"read", "read_file", "readfp", "read_string"})
"""The methods of configparser that read what is in a file."""


def is_configparser(base: Value) -> bool:
    return isinstance(base, Result) and base.name.endswith("ConfigParser")


def members(cls: Class) -> Members:
    """What a class of the project defines by itself."""
    found = cls.module.members.get(cls.node)
    if found is None:
        mine = tuple(_methods(cls.node))
        found = Members(mine, _stores(cls.module, mine), tuple(_declared(cls.node)))
        cls.module.members[cls.node] = found
    return found


def _methods(cls: s.ClassDef) -> Iterator[s.FuncDef]:
    stack: list[s.Stmt] = list(cls.body.body)
    while stack:
        node = stack.pop(0)
        if isinstance(node, s.FuncDef):
            yield node
        elif isinstance(node, s.If):
            stack += [*node.body.body, *(node.orelse.body if node.orelse else ())]


def _stores(
    module: Module, methods: Sequence[s.FuncDef]
) -> dict[str, tuple[tuple[s.FuncDef, tuple[Binding, ...]], ...]]:
    found: dict[str, tuple[tuple[s.FuncDef, tuple[Binding, ...]], ...]] = {}
    for method in methods:
        if not method.params or is_static(method):
            continue
        own = f"{method.params[0].name}."
        for path, ends in module.scopes.inner[method].ends.items():
            if path.startswith(own):
                made = tuple(sorted((b for b in ends if b.kind != "entry"), key=lambda b: b.order))
                attr = path.removeprefix(own)
                found[attr] = (*found.get(attr, ()), (method, made))
    return found


def declared(cls: Class) -> Sequence[s.Assign]:
    """The fields that the body of a class declares, in order: ``value: str``, ``value = attr.ib()``."""
    return members(cls).fields


def _declared(cls: s.ClassDef) -> Iterator[s.Assign]:
    for stmt in cls.body.body:
        if not isinstance(stmt, s.Assign) or not isinstance(stmt.targets[0], s.Name):
            continue
        made = path_of(stmt.value.func) if isinstance(stmt.value, s.Call) else None
        kind = stmt.annotation.value if isinstance(stmt.annotation, s.Subscript) else stmt.annotation
        if kind is not None and s.last_name(kind) == "ClassVar":
            continue  # of the class, and of no object
        if kind is not None or made in ATTRS_FIELDS:
            yield stmt


def fields_of(cls: Class) -> list[str]:
    """The names of these fields."""
    return [stmt.targets[0].id for stmt in declared(cls) if isinstance(stmt.targets[0], s.Name)]


def prescribed(value: Value, key: str) -> Site | None:
    """Where a class declares ``key``, of whose object a library makes the mapping that ``value`` is of.

    ``class Config(Schema)`` of marshmallow, and ``Config().load(raw)``: the mapping has what is declared, and
    nothing else may come in.
    """
    for link in chain(value):
        made = link.base if isinstance(link, Result) else None
        for stmt in made.cls.node.body.body if isinstance(made, Instance) else ():
            target = stmt.targets[0] if isinstance(stmt, s.Assign) else None
            if isinstance(target, s.Name) and target.id == key and isinstance(made, Instance):
                return Site(made.cls.module, stmt)
    return None


def is_poured(value: Value, knows: Callable[[str], bool]) -> bool:
    """``SimpleNamespace(**read()).key``: an attribute of what was made of a mapping that is not all known?

    It is none of a reply: ``knows`` says which calls give these.
    """
    if not isinstance(value, Lib) or not isinstance(value.base, Fields) or not value.base.open:
        return False
    links = (link for rest in value.base.rest for link in chain(rest))
    return not any(isinstance(link, Result | Lib) and knows(link.name) for link in links)


def method_of(cls: Class, name: str) -> s.FuncDef | None:
    found = None
    for node in members(cls).methods:
        if node.name == name and not any(
            isinstance(d, s.Attribute) and d.attr in ("setter", "deleter") for d in node.decorators
        ):
            found = node
    return found


def is_abstract(function: s.FuncDef) -> bool:
    """``@abstractmethod``: what it gives itself is never asked for."""
    return any("abstract" in s.last_name(decorator) for decorator in function.decorators)


def setter_of(cls: Class, name: str) -> s.FuncDef | None:
    """The function that runs where ``object.name = value`` stands."""
    for node in members(cls).methods:
        if node.name == name and is_setter(node):
            return node
    return None


def is_setter(function: s.FuncDef) -> bool:
    return any(isinstance(d, s.Attribute) and d.attr == "setter" for d in function.decorators)


_ITEMS = frozenset({"items", "iteritems"})
_TIDIES = frozenset({"expandvars", "expanduser", "strip"})


def filtered(node: s.Comprehension) -> s.Expr | None:
    """``d`` of ``{k: v for k, v in d.items() if …}``: a copy of a mapping, perhaps with fewer fields.

    Or ``parser.items("section")``.

    Its texts may have been tidied up on the way: ``v.strip()``, ``os.path.expandvars(v)``.
    """
    clause = node.clauses[0]
    names = clause.target.items if isinstance(clause.target, s.Sequence) else ()
    if len(node.clauses) != 1 or len(names) != 2:
        return None
    pairs = ((node.key, names[0]), (parted(node) or _tidied(node.value), names[1]))
    if not all(isinstance(a, s.Name) and isinstance(b, s.Name) and a.id == b.id for a, b in pairs):
        return None
    call = clause.iter
    if isinstance(call, s.Call) and isinstance(call.func, s.Attribute) and call.func.attr in _ITEMS:
        section = len(call.args) == 1 and not call.args[0].star and not call.args[0].keyword
        return call if section else call.func.value if not call.args else None
    return None


def met_by(written: s.Expr, key: Value, owner: s.Comprehension | s.For | None) -> Context:
    """The text that the variable of a loop, or of a comprehension, is where ``key`` is what is ``written``.

    ``for k in c: c[k] = os.environ.get(k, c[k])``, ``{k.upper(): v for k, v in c.items()}``
    """
    if (
        owner is None
        or not isinstance(key, Text)
        or (isinstance(owner, s.Comprehension) and owner.clauses[1:])
    ):
        return ()
    target = owner.target if isinstance(owner, s.For) else owner.clauses[0].target
    name = target.items[0] if isinstance(target, s.Sequence) and len(target.items) == 2 else target
    inside = {*s.walk(written)}
    given = [part.site for part in key.parts if not isinstance(part, Lit) or part.site.node not in inside]
    names = {node.id for node in inside if isinstance(node, s.Name)}
    called = {node.func for node in inside if isinstance(node, s.Call)}
    asked = any(isinstance(n, s.Attribute | s.Subscript) and n not in called for n in inside)  # ``hook.kind``
    is_met = isinstance(name, s.Name) and names == {name.id} and not asked
    return ((owner, given[0]),) if is_met and key.known and len(given) == 1 else ()


def _tidied(node: s.Expr) -> s.Expr:
    if not isinstance(node, s.Call) or s.last_name(node.func) not in _TIDIES:
        return node
    if isinstance(node.func, s.Attribute) and not node.args:
        return node.func.value
    return node.args[0].value if len(node.args) == 1 else node


def parted(node: s.Comprehension) -> s.Expr | None:
    """``v`` of ``{k: (None, v) for k, v in …}``: values without a file's name, for a multipart form."""
    items = node.value.items if isinstance(node.value, s.Sequence) and node.key is not None else ()
    nameless = len(items) == 2 and isinstance(items[0], s.Const) and items[0].value is None
    return items[1] if nameless else None


def is_static(function: s.FuncDef) -> bool:
    return any(isinstance(d, s.Name) and d.id == "staticmethod" for d in function.decorators)


def is_classmethod(function: s.FuncDef) -> bool:
    return function.name == TAKES_HEIRS or any(
        isinstance(d, s.Name) and d.id == "classmethod" for d in function.decorators
    )


def not_empty(values: Values) -> Values:
    """Without the ``{}`` in the place of which something else is put before anybody asks it for an entry."""
    filled = tuple(v for v in values if not (isinstance(v, Fields) and _is_bare(v)))
    return filled or values


def _is_bare(fields: Fields) -> bool:
    return not (fields.entries or fields.rest or fields.open) and is_program(fields.site.module.path)


def list_of(module: Module, row: s.Node) -> s.Node:
    """What a row, or a section, is one of."""
    holder = module.parents[row]
    return module.parents[holder] if isinstance(holder, s.Item) else holder

"""Names that say milliseconds keep them: ``expires_in_ms`` is given the lifetime times 1000."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Class, Constant, Param, Site, name_of
from ..resolve import Resolver
from ..resolve.shared import fields_of
from .sums import is_summand, terms
from .units import Units

SPEAKS = re.compile(r"(?i:(?<![a-z0-9])ms(?![a-z0-9])|milli)|[a-z0-9]Ms$")
UNIT = re.compile(r"[\s|]*(?:ms|msecs?|millis|milliseconds?|tenths)\b")
"""Milliseconds, as a text says them."""
_SOMEWHERE = re.compile(UNIT.pattern.removeprefix(r"[\s|]*"))
_BEFORE = re.compile(r"(?:^|[_\W])(?:ms|msecs?|millis|milliseconds?)[\"']?\s*[=:]\s*[\"']?$", re.IGNORECASE)
"""``TTL_MS=`` before a hole, ``"expires_ms": `` too."""
_LIKE_A_NAME = re.compile(r"[\w.:/-]+").fullmatch
_TEXTS = frozenset({"str", "repr", "builtins.str", "unicode", "six.text_type", "json.dumps"})
"""What makes a text of a number."""
_PERCENT = re.compile(r"%[-+ #0]*+\d*+(?:\.\d++)?[a-zA-Z]")
_KEYED = re.compile(r"%\((\w++)\)[-+ #0]*+\d*+(?:\.\d++)?[a-zA-Z]")
_FIELDS = re.compile(r"\$\{?(\w++)\}?|\{(\w++)(?:[:!][^{}]*)?\}")
"""Names to be filled in: ``$life``, ``${life}``, ``{life:,}``"""
_BRACES = re.compile(r"\{(?::[^{}]*)?\}")


def given(units: Units, apart: AbstractSet[s.Node] = frozenset()) -> list[Site]:
    """Where a lifetime first comes under a name that says milliseconds, but for calls that go."""
    found: dict[s.Node, Site] = {}
    for module in units.modules():
        found_here = (
            _places(units, module),
            _beside(module),
            told(module),
            _arguments(units, module, apart),
        )
        for site in itertools.chain(*found_here, _elements(units.resolver, module)):
            if units.unit(site) == "ms":
                number = in_text(units.resolver, site) or site
                found[number.node] = number
    for node in sorted(found, key=lambda n: found[n].key) if len(found) > 1 else ():
        with units.giving(found.keys() - {node}):
            if not units.unit(found[node]):
                del found[node]  # it came by way of another
    return list(found.values())


def in_text(resolver: Resolver, site: Site) -> Site | None:
    """``lifetime`` in ``str(lifetime)``, ``f"{lifetime}"``, ``"%d" % lifetime``; None for what is no text."""
    node = site.node
    inner: s.Node | None = None
    if isinstance(node, s.Name):
        bound = [b.value for b in site.module.scopes.bindings_of(node) if b.kind == "assign" and not b.unpack]
        return in_text(resolver, site.at(bound[0])) if len(bound) == 1 and bound[0] is not None else None
    if isinstance(node, s.FString):
        holes = [part.value for part in node.parts if isinstance(part, s.Hole)]
        inner = holes[0] if len(holes) == 1 else None
    elif isinstance(node, s.Binary) and node.op == "%" and isinstance(node.left, s.Str):
        filled = node.right.items if isinstance(node.right, s.Sequence) else (node.right,)
        inner = filled[0] if len(filled) == 1 else None
    elif isinstance(node, s.Call) and isinstance(node.func, s.Attribute) and node.func.attr != "format":
        return in_text(resolver, site.at(node.func.value))  # str(lifetime).encode()
    elif isinstance(node, s.Call) and len(node.args) == 1 and not node.args[0].star:
        by_method = isinstance(node.func, s.Attribute) and isinstance(node.func.value, s.Str)
        made = by_method or {name_of(v) for v in resolver.resolve(site.at(node.func))} & _TEXTS
        inner = node.args[0].value if made else None
    return (in_text(resolver, site.at(inner)) or site.at(inner)) if inner is not None else None


def misnamed(
    units: Units, conversions: Iterable[Site], scaled: AbstractSet[s.Node] = frozenset()
) -> Iterator[Site]:
    """The names in what was converted that say milliseconds and get seconds: ``int(ms)`` of a pattern.

    Also those of numbers that were ``scaled``. A converter of a field may be called so, too: ``from_millis``.
    """
    for site in conversions:
        function = site.module.function(site.node)
        if function is not None and SPEAKS.search(function.name) and units.resolver.is_fed(function):
            yield Site(site.module, function)
        for node in s.walk(site.node):
            if not isinstance(node, s.Name | s.Attribute) or not is_called_milliseconds(node):
                continue
            here = site.at(node)
            numbers = {v.site.node for v in units.resolver.resolve(here) if isinstance(v, Constant)}
            if units.unit(here) == "ms" or numbers & scaled:
                yield here


def says_milliseconds(module: Module, value: s.Node) -> bool:
    """Is it given a name that says milliseconds: ``DAY_MS = 24 * 3600 * 1000``?"""
    stmt = module.parents[value]
    return isinstance(stmt, s.Assign) and any(SPEAKS.search(_name(target)) for target in stmt.targets)


def is_called_milliseconds(value: s.Node) -> bool:
    """``self.lifetime_ms``"""
    return isinstance(value, s.Expr) and bool(SPEAKS.search(_name(value)))


def _places(units: Units, module: Module) -> Iterator[Site]:
    """What is put under a name that says milliseconds."""
    for node in module.each(s.Assign):
        for target, value in pairs(node):
            if not units.may_hold(Site(module, value)):
                continue
            name = _name(target)
            if not name and isinstance(target, s.Subscript):
                name = units.resolver.spelled(module, target.index) or ""
            if SPEAKS.search(name) and not _is_of_itself(target, value):
                yield Site(module, value)
    for arg in module.each(s.Arg):
        is_named = arg.keyword and SPEAKS.search(arg.keyword) and units.may_hold(Site(module, arg.value))
        if is_named and not _is_mended_there(units, module, arg):
            yield Site(module, arg.value)
    for item in module.each(s.Item):
        asked = item.key if units.may_hold(Site(module, item.value)) else None
        key = units.resolver.spelled(module, asked) if asked is not None else None
        if SPEAKS.search(key or ""):
            yield Site(module, item.value)


def _beside(module: Module) -> Iterator[Site]:
    """What stands behind a name of its own: ``("ttl_ms", lifetime)``, ``gauge("token.ttl_ms", lifetime)``."""
    for text in module.each(s.Str):
        if not isinstance(text.value, str) or not SPEAKS.search(text.value) or not _LIKE_A_NAME(text.value):
            continue
        parent = module.parents[text]
        call = module.call_of(parent)
        values: list[s.Expr] = []
        if isinstance(parent, s.Sequence) and len(parent.items) == 2:
            values = list(parent.items)
        elif call is not None:
            values = [arg.value for arg in call.args if arg.keyword is None and not arg.star]
        yield from (Site(module, value) for name, value in itertools.pairwise(values) if name is text)


def _is_mended_there(units: Units, module: Module, arg: s.Arg) -> bool:
    """``timedelta(milliseconds=lifetime)``"""
    call = module.parents[arg]
    row = units.duration(Site(module, call)) if isinstance(call, s.Call) else None
    return row is not None and row.milliseconds.keyword == arg.keyword


def told(module: Module) -> Iterator[Site]:
    """What a text calls milliseconds: ``f"valid for {lifetime} ms"``, ``"%d ms" % lifetime``."""
    for node in module.each(s.FString):
        for one, other in itertools.pairwise(node.parts):
            if isinstance(one, s.Hole) and isinstance(other, s.Str) and UNIT.match(str(other.value)):
                yield Site(module, one.value)
            if isinstance(other, s.Hole) and isinstance(one, s.Str) and _BEFORE.search(str(one.value)):
                yield Site(module, other.value)
    for text in module.each(s.Str):
        if isinstance(text.value, str) and _SOMEWHERE.search(text.value.lower().replace("_", " ")):
            yield from (Site(module, value) for value in _filled_in(module, text, text.value))


def told_of_all(module: Module, field: str) -> Iterator[Site]:
    """The mappings out of which a text takes the field as milliseconds: ``"{life} ms".format(**reply)``.

    The text itself where it is filled elsewhere: ``Template("$life ms")``.
    """
    for text in module.each(s.Str) if module.holds(field) else ():
        if not isinstance(text.value, str) or not _SOMEWHERE.search(text.value):
            continue
        holes = [*_FIELDS.finditer(text.value), *_KEYED.finditer(text.value)]
        if field not in {name for h in holes if UNIT.match(text.value, h.end()) for name in h.groups()}:
            continue
        parent = module.parents[text]
        call = module.parents[parent] if isinstance(parent, s.Attribute) else None
        given = [parent.right] if isinstance(parent, s.Binary) and parent.left is text else []
        if isinstance(call, s.Call):
            given = [
                arg.value for arg in call.args if arg.star == "**" or s.last_name(call.func) == "format_map"
            ]
            if not given:
                continue
        yield from (Site(module, each) for each in given or (text,))


def _filled_in(module: Module, node: s.Str, text: str) -> Iterator[s.Node]:
    """What is filled in before the unit."""
    parent = module.parents[node]
    call = module.parents[parent] if isinstance(parent, s.Arg | s.Attribute) else None
    holes, values = list(_PERCENT.finditer(text)), list[s.Expr]()
    if isinstance(parent, s.Sequence) and _is_put_together(module, parent) and UNIT.match(text):
        yield from (one for one, other in itertools.pairwise(parent.items) if other is node)
    for one, other in itertools.pairwise(_joined(module, node)):
        if one is node and _BEFORE.search(text):
            yield other
        if other is node and UNIT.match(text):
            yield one
    if "$" in text or "{" in text:
        yield from _by_name(module, text)
    if isinstance(parent, s.Binary) and parent.op == "%" and parent.left is node:
        yield from _by_key(parent.right, text)
        values = list(parent.right.items) if isinstance(parent.right, s.Sequence) else [parent.right]
    elif isinstance(call, s.Call):
        given = [arg.value for arg in call.args if arg.keyword is None and not arg.star]
        if isinstance(parent, s.Attribute) and parent.attr == "format":
            holes, values = list(_BRACES.finditer(text)), given
        elif node in given:
            at = given.index(node)
            values = given[at + 1 :]
            if UNIT.match(text) and at:
                yield given[at - 1]  # print("valid for", lifetime, "ms")
        elif UNIT.fullmatch(text):
            yield from (arg.value for arg in call.args if arg is not parent)  # Timedelta(lifetime, unit="ms")
    for hole, value in zip(holes, values, strict=False) if len(holes) == len(values) else ():
        if UNIT.match(text, hole.end()) or _BEFORE.search(text, 0, hole.start()):
            yield value


def _by_key(filled: s.Expr, text: str) -> Iterator[s.Node]:
    """``"%(life)d ms" % {"life": lifetime}``"""
    named = {hole.group(1) for hole in _KEYED.finditer(text) if UNIT.match(text, hole.end())}
    items = filled.items if isinstance(filled, s.Dict) else ()
    yield from (i.value for i in items if isinstance(i.key, s.Str) and i.key.value in named)
    args = filled.args if isinstance(filled, s.Call) and s.last_name(filled.func) == "dict" else ()
    yield from (arg.value for arg in args if arg.keyword in named)


def _by_name(module: Module, text: str) -> Iterator[s.Node]:
    """``Template("$life ms left").substitute(life=lifetime)``, ``"{life} ms".format(life=lifetime)``"""
    held = _FIELDS.finditer(text)
    names = {hole.group(1) or hole.group(2) for hole in held if UNIT.match(text, hole.end())}
    for node in module.each(s.Arg, s.Item) if names else ():
        if isinstance(node, s.Arg) and node.keyword in names:
            yield node.value
        if isinstance(node, s.Item) and isinstance(node.key, s.Str) and node.key.value in names:
            yield node.value


def _is_put_together(module: Module, node: s.Sequence) -> bool:
    """``" ".join([str(lifetime), "ms"])``"""
    call = module.call_given(node)
    return call is not None and s.last_name(call.func) == "join"


def _joined(module: Module, node: s.Str) -> list[s.Node]:
    """What is put together with ``+``, with this text among it."""
    top: s.Node = node
    while is_summand(module.parents[top]):
        top = module.parents[top]
    return [each.node for each in terms(Site(module, top))]


def _arguments(units: Units, module: Module, apart: AbstractSet[s.Node]) -> Iterator[Site]:
    """What is passed as ``millis`` of ``remember(millis)``."""
    for function in module.each(s.FuncDef):
        for param in function.params:
            if not SPEAKS.search(param.name):
                continue
            yield from units.handed.given(module, function, param) or ()
            for call in units.resolver.callers(module, function):
                if call.node in apart:
                    continue
                passed = units.resolver.arguments(Param(function, param, Site(module, param)), call)
                if len(passed) == 1 and passed[0].node is not param.default:
                    yield passed[0]


def _elements(resolver: Resolver, module: Module) -> Iterator[Site]:
    """What fills ``lifetime_ms: int`` of a class by its place: ``Token(value, reply["expires_in"])``."""
    for names, calls in _fillings(resolver, module):
        for call in calls:
            for name, arg in zip(names, call.call.args, strict=False):
                if arg.keyword is not None or arg.star:
                    break
                if SPEAKS.search(name):
                    yield call.at(arg.value)


def _fillings(resolver: Resolver, module: Module) -> Iterator[tuple[list[str], list[Site]]]:
    """The fields of classes and named tuples of which one speaks of milliseconds, and who fills them."""
    for node in module.each(s.ClassDef):
        names = fields_of(Class(module, node))
        if any(map(SPEAKS.search, names)):
            yield names, resolver.constructions(Class(module, node))
    for made in resolver.tuples(module):
        names = list(resolver.tuple_names(made))
        if any(map(SPEAKS.search, names)):
            yield names, resolver.fillings(made.site.node)


def pairs(node: s.Assign) -> Iterator[tuple[s.Expr, s.Expr]]:
    """Each target with what is put there, where that can be told: ``a, b = x, y``."""
    if len(node.targets) != 1 or node.value is None:
        return
    target, value = node.targets[0], node.value
    if not isinstance(target, s.Sequence):
        yield target, value
    elif isinstance(value, s.Sequence) and len(value.items) == len(target.items):
        yield from zip(target.items, value.items, strict=True)


def _is_of_itself(target: s.Expr, value: s.Expr) -> bool:
    """``millis = int(millis)``"""
    names = (node.id for node in s.walk(value) if isinstance(node, s.Name))
    return isinstance(target, s.Name) and target.id in names


def _name(node: s.Expr) -> str:
    if isinstance(node, s.Name):
        return node.id
    if isinstance(node, s.Attribute):
        return node.attr
    if isinstance(node, s.Subscript) and isinstance(node.index, s.Str):
        return str(node.index.value)
    return ""

"""What stays and is out of date after a change: docstrings that name what is gone, what files are made of.

And modules of which a plan leaves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from ..facts import syntax as s
from ..facts.index import Index
from ..facts.modules import Module
from ..facts.values import Site
from ..roles.trace import label_of, place_of
from ..writing.changes import Changes
from ..writing.docstrings import entries

_COPIES = frozenset(
    {"vendor", "vendored", "_vendor", "third_party", "thirdparty", "3rdparty", "extern", "externals"}
)
_GENERATED = re.compile(r"\b(?:auto-?)?generated\b|\bdo not (?:edit|modify)\b", re.IGNORECASE)
_TOP = 12
"""Lines at the top of a file that tell what it is made of."""
_TELLING = re.compile(r"_*[A-Za-z0-9]+_\w*|[A-Z][a-z0-9]+[A-Z]\w*")
"""Names that are no words of a sentence: ``create_jwt``, ``TokenError``."""


def outdated(changes: Changes, modules: Iterable[Module], told: Collection[str]) -> Iterator[str]:
    """Tell which docstrings of ``modules`` name what is gone, but of those at places that are ``told``."""
    modules = sorted(modules, key=lambda module: module.path)
    gone: dict[str, None] = {}
    left: set[str] = set()
    for module in modules:
        for name, node in _defined(module):
            if changes.is_dead(module, node):
                gone.setdefault(name)
            else:
                left.add(name)
    names = [name for name in gone if name not in left and _TELLING.fullmatch(name)]
    found: dict[str, list[str]] = {}
    for module in modules:
        for owner in (module.source, *module.each(s.ClassDef), *module.each(s.FuncDef)):
            text = s.docstring(owner)
            if text is None or changes.is_dead(module, text) or label_of(module, text) in told:
                continue
            lost = [*names, *_parameters(changes, module, owner)]
            words = _words(module, owner, text, lost) if lost else frozenset()
            for name in (each for each in lost if each in words):
                found.setdefault(label_of(module, text), []).append(name)
    if found:
        places = ", ".join(f"{where} ({', '.join(each)})" for where, each in found.items())
        yield f"A docstring still names what is gone: {places}."


def overwritten(modules: Iterable[Module]) -> Iterator[str]:
    """Tell which of the changed ``modules`` are made from something else, so that the change may be lost."""
    for module in sorted(modules, key=lambda module: module.path):
        told = [c for c in module.source.comments if _GENERATED.search(c.text)]
        where = place_of(module, told[0].span) if told else None
        copied = next((part for part in module.path.split("/")[:-1] if part.lower() in _COPIES), None)
        if where is not None and where.line <= _TOP:
            yield f"{where.label} says that the file is not to be edited: change what it is made from, too."
        elif copied is not None:
            yield f"{module.path} lies in {copied}: if it is a copy, the next one brings the JWT back."


def idle_answers(changes: Changes, modules: Iterable[Module], codes: Sequence[str]) -> Iterator[str]:
    """Tell where ``modules`` still handle answers to a wrong assertion: ``error == "invalid_signature"``."""
    found: dict[str, None] = {}
    places: dict[str, None] = {}
    for module in sorted(modules, key=lambda module: module.path):
        for node in module.each(s.Str) if any(map(module.holds, codes)) else ():
            says = isinstance(module.statement(node), s.Raise) or isinstance(module.parents[node], s.Stmt)
            if node.value in codes and not says and not changes.is_dead(module, node):
                found[str(node.value)] = places[label_of(module, node)] = None
    if found:
        what, where = " and ".join(found), ", ".join(places)
        what, them = (f"{what} was", "it") if len(found) == 1 else (f"{what} were", "them")
        yield f"{what} the answer to a wrong assertion: see what handles {them} from now on ({where})."


def _parameters(changes: Changes, module: Module, owner: s.Node) -> Iterator[str]:
    """The parameters that a function loses and whose names are no words of a sentence."""
    for param in owner.params if isinstance(owner, s.FuncDef) else ():
        if _TELLING.fullmatch(param.name) and changes.is_dead(module, param):
            yield param.name


def _words(module: Module, owner: s.Node, text: s.Str, lost: Iterable[str]) -> frozenset[str]:
    """The words of a docstring, but for the entries that go with what they describe."""
    said = module.snippet(text)
    spans = (
        span for name in lost if isinstance(owner, s.FuncDef) for _, span in entries(module, owner, name)
    )
    for span in spans:
        said = said.replace(module.text[span.start : span.end], "")
    return frozenset(re.findall(r"\w+", said))


def _defined(module: Module) -> Iterator[tuple[str, s.Node]]:
    """What a module and its classes define."""
    for node in module.each(s.FuncDef, s.ClassDef):
        yield node.name, node
    for stmt in module.each(s.Assign):
        if module.function(stmt) is None:
            yield from ((target.id, stmt) for target in stmt.targets if isinstance(target, s.Name))


_LOADERS = frozenset({"import_module", "__import__", "import_string", "run_module"})


def emptied_modules(
    changes: Changes, index: Index, importers: Callable[[str], bool], paths: Sequence[str]
) -> Iterator[tuple[str, Site | None]]:
    """The modules of which nothing is left, and which nothing imports any more; and who names them still.

    ``importers`` loads the modules that import a path; of all ``paths`` those of its own program may name it.
    """
    for module in changes.touched:
        left = [stmt for stmt in module.source.body.body if stmt not in changes.removed]
        if not module.path.endswith(".py") or module.path.endswith("__init__.py"):
            continue
        if any(map(says_something, left)):
            continue
        importers(module.path)
        *folders, name = module.path.removesuffix(".py").split("/")
        dotted = rb"|\b%s\.%%s\b" % re.escape(folders[-1].encode()) if folders else b""
        index.among(index.ours(paths, [module.path]), name, rb"\b%s\.py\b" + dotted)
        if not any(_imports(changes, index, other, module) for other in index.loaded):
            yield module.path, next(_named(changes, index, module), None)


def _named(changes: Changes, index: Index, module: Module) -> Iterator[Site]:
    """``spec_from_file_location("jwt", "lib/jwt.py")``, ``import_module("lib.jwt")``, ``["lib.jwt"]``."""
    for other in index.loaded:
        for node in other.each(s.Str) if other is not module else ():
            text = str(node.value)
            is_path = text.endswith(".py") and f"/{module.path}".endswith(f"/{text.lstrip('./')}")
            if not is_path and (
                not _may_load(other, node, text) or index.find(other.path, text, 0) != module.path
            ):
                continue
            if not changes.is_dead(other, node):
                yield Site(other, node)


def _may_load(module: Module, node: s.Node, text: str) -> bool:
    """Is it a dotted name, or is it given to what loads modules?"""
    if not all(part.isidentifier() for part in text.split(".")):
        return False
    holder = module.parents[module.parents[node]]
    return "." in text or (isinstance(holder, s.Call) and s.last_name(holder.func) in _LOADERS)


def still_named(path: str, by: Site) -> str:
    """Say that a module of which nothing is left is loaded by its name."""
    where = label_of(by.module, by.node)
    return f"Nothing is left in {path}, but {where} still names it: take both out."


def _imports(changes: Changes, index: Index, other: Module, module: Module) -> bool:
    for node in other.each(s.Import, s.ImportFrom):
        if changes.is_dead(other, node):
            continue
        names, level = [], 0
        if isinstance(node, s.Import):
            names = [a.name for a in node.aliases]
        elif isinstance(node, s.ImportFrom):
            level = node.level
            names = [node.module, *(f"{node.module}.{a.name}".lstrip(".") for a in node.aliases)]
        if any(index.find(other.path, name, level) == module.path for name in names):
            return True
    return False


def says_something(stmt: s.Stmt) -> bool:
    """More than a docstring or an import of the future?"""
    if isinstance(stmt, s.ImportFrom):
        return stmt.module != "__future__"
    return not s.is_bare_text(stmt)

"""What a plan leaves lying about: settings that nothing reads any more, modules with nothing in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from . import syntax as s
from .changes import Changes
from .forward import is_target
from .index import Module
from .resolve import Resolver
from .trace import label_of
from .values import Environ, Member, Param, Result, Site, Text, Value, chain

ENVIRONMENT = "environment"


class Leftovers:
    """Looks over one plan's changes when they are complete."""

    def __init__(self, resolver: Resolver, changes: Changes, mentioned: Callable[[str], bool]) -> None:
        self.resolver = resolver
        self.changes = changes
        self.mentioned = mentioned
        """Does a file that is not loaded name this?"""

    # -- settings ---------------------------------------------------------------------------------

    def unread(self) -> list[str]:
        """To-dos: variables of the environment and keys of the configuration that only removed code read."""
        dead: dict[object, tuple[str, str]] = {}
        for module in self.changes.touched:
            for name, node in _reads(module):
                if self.changes.is_dead(module, node):
                    dead.update((k, (name, where)) for k, where in self._settings(Site(module, node), name))
        names = {name for name, _ in dead.values()}
        for module in self.resolver.index.loaded if dead else ():
            for name, node in _reads(module):
                if name in names and not self.changes.is_dead(module, node):
                    for key, _ in self._settings(Site(module, node), name):
                        dead.pop(key, None)
        left = [(name, where) for name, where in dead.values() if not self.mentioned(name)]
        return list(_told(left))

    def _settings(self, site: Site, name: str) -> Iterator[tuple[object, str]]:
        """What the expression at ``site`` reads: something to know it by, and where it is set."""
        for value in self.resolver.resolve(site):
            if isinstance(value, Environ):
                if value.site.node is site.node and value.name == name:
                    yield (ENVIRONMENT, value.name), ENVIRONMENT
            elif isinstance(value, Text):
                item = _item_of(value, name)
                if item is not None and not self.changes.is_dead(item.module, item.node):
                    yield item.node, label_of(item.module, item.node)
            elif self._is_setting(value, site, name):
                yield ("key", name), ""

    def _is_setting(self, value: Value, site: Site, name: str) -> bool:
        """Is it read here, from outside, and not from the reply of a request?"""
        if not isinstance(value, Member) or value.site.node is not site.node or value.key != name:
            return False
        root = list(chain(value))[-1]
        return isinstance(root, Param) or (isinstance(root, Result) and not self.resolver.knows(root.name))

    # -- modules ----------------------------------------------------------------------------------

    def emptied(self, importers: Callable[[str], bool]) -> Iterator[str]:
        """The modules of which nothing is left, and which nothing imports any more."""
        for module in self.changes.touched:
            left = [stmt for stmt in module.source.body.body if stmt not in self.changes.removed]
            if not module.path.endswith(".py") or module.path.endswith("__init__.py"):
                continue
            if any(map(_says_something, left)):
                continue
            importers(module.path)
            if not any(self._imports(other, module) for other in self.resolver.index.loaded):
                yield module.path

    def _imports(self, other: Module, module: Module) -> bool:
        for node in (*other.nodes.get(s.Import, ()), *other.nodes.get(s.ImportFrom, ())):
            if self.changes.is_dead(other, node):
                continue
            names, level = [], 0
            if isinstance(node, s.Import):
                names = [a.name for a in node.aliases]
            elif isinstance(node, s.ImportFrom):
                level = node.level
                names = [node.module, *(f"{node.module}.{a.name}".lstrip(".") for a in node.aliases)]
            if any(self.resolver.index.find(other.path, name, level) == module.path for name in names):
                return True
        return False


def _says_something(stmt: s.Stmt) -> bool:
    """More than a docstring or an import of the future?"""
    if isinstance(stmt, s.ImportFrom):
        return stmt.module != "__future__"
    return not (isinstance(stmt, s.ExprStmt) and isinstance(stmt.value, s.Str))


def _reads(module: Module) -> Iterator[tuple[str, s.Expr]]:
    """``config["key"]``, ``config.get("key")``, ``config.get("section", "key")``, ``getenv("KEY")``."""
    for node in module.nodes.get(s.Subscript, ()):
        assert isinstance(node, s.Subscript)
        if isinstance(node.index, s.Str) and not is_target(module, node):
            yield str(node.index.value), node
    for node in module.nodes.get(s.Call, ()):
        assert isinstance(node, s.Call)
        last = node.func.attr if isinstance(node.func, s.Attribute) else ""
        if isinstance(node.func, s.Name):
            last = node.func.id
        if last in ("get", "getenv", "pop"):
            for arg in node.args:
                if isinstance(arg.value, s.Str):
                    yield str(arg.value.value), node


def _item_of(value: Text, name: str) -> Site | None:
    """The entry ``name`` of a mapping whose value was written as this text."""
    if len(value.parts) != 1 or not value.known:
        return None
    site = value.parts[0].site
    item = site.module.parents.get(site.node)
    if not isinstance(item, s.Item) or item.value is not site.node or not isinstance(item.key, s.Str):
        return None
    return site.at(item) if str(item.key.value).lower() == name.lower() else None


def _told(left: list[tuple[str, str]]) -> Iterator[str]:
    variables = [name for name, where in left if where == ENVIRONMENT]
    placed = {name for name, where in left if where}
    keys = [
        f"{name} ({where})" if where else name
        for name, where in left
        if where != ENVIRONMENT and (where or name not in placed)
    ]
    if variables:
        yield f"Nothing here reads {_listed(variables)} from the environment any more."
    if keys:
        yield f"Nothing here reads {_listed(keys)} from the configuration any more."


def _listed(words: list[str]) -> str:
    words = list(dict.fromkeys(words))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

"""The front door of the resolver: its state, its bounds and its memo.

Depth and fan-out are bounded; where a bound is hit the answer is ``Unknown``, which the planner
sees. Nothing is ever run or imported.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

from ...net import Net, NoNet
from ...paths import is_program
from ...rules.tables import Rules
from ...rules.values import Layers
from ..facts import syntax as s
from ..facts.descending import Descent
from ..facts.index import Index
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import (
    Arithmetic,
    Class,
    Closure,
    Constant,
    Function,
    Instance,
    Site,
    Text,
    Unknown,
    Value,
)
from .parts import Parts
from .shared import WIDTH, WRITTEN, Values

DEPTH = 60
"""Steps followed through names, calls and attributes."""
CALLS = 9
"""Calls entered on the way to a returned value."""
STEPS = 250
"""Questions asked for one answer; beyond, what was found on another way is not followed anew."""
FAR = 1_000
"""Questions asked for one answer beyond which nothing is followed: what is left is ``Unknown``."""
_NOWHERE, TOO_DEEP = DEPTH * 2, -1

ENVIRONMENT = {"os.environ", "environ", "os.environ.copy()"}
TRANSPARENT_DECORATORS = frozenset({"property", "cached_property", "functools.cached_property"})
COMMON_METHODS = frozenset(
    [
        "get",
        "post",
        "put",
        "request",
        "send",
        "read",
        "write",
        "close",
        "open",
        "run",
        "main",
        "update",
        "items",
        "keys",
        "values",
        "pop",
        "add",
        "append",
        "json",
        "text",
        "copy",
        "format",
        "join",
        "split",
        "strip",
        "encode",
        "decode",
        "start",
        "stop",
        "call",
        "execute",
    ]
)


def first(values: Iterable[Value], site: Site) -> Values:
    """The first alternatives, each once; that there are more is one of them: no more are looked for."""
    found: dict[Value, None] = {}
    room = WRITTEN
    for value in values:
        if not isinstance(value, Constant) and not (isinstance(value, Text) and value.known):
            room = WIDTH
        if len(found) >= room and value not in found:
            return (*found, Unknown("there are more than are told apart", site))
        found[value] = None
    return tuple(found)


class Documents(Protocol):
    """The project's configuration files, as modules that hold one mapping."""

    def find_or_template(self, importer: str, name: str | None, kinds: tuple[str, ...]) -> Module | None:
        """The file that ``importer`` means by ``name``, or its template; without a name, the likely one."""

    def locate(self, importer: str, name: str) -> str | None:
        """The path of the file, of any kind, that ``importer`` means by ``name``."""

    def holding(self, word: str, paths: Sequence[str]) -> list[str]:
        """Those of some files, of any kind, that hold a word."""

    def handing(self, path: str, pattern: str) -> Iterator[str]:
        """The files whose paths fit a pattern and that name the file at ``path`` as one of their own."""

    @property
    def used(self) -> Sequence[Module]:
        """The files that values came from."""

    @property
    def absent(self) -> Mapping[str, str]:
        """The files that are not here, by the templates that are read for them."""

    def like(self, importer: str, pattern: str, kinds: tuple[str, ...]) -> Sequence[Module]:
        """The files that ``importer`` may mean whose paths end as the pattern says."""

    def beside(self, path: str) -> Sequence[str]:
        """All files that a pattern named together with the one at ``path``."""


LOADERS = {
    "json.load": "json", "json.loads": "json", "simplejson.load": "json", "simplejson.loads": "json",
    "yaml.load": "yaml", "yaml.safe_load": "yaml", "yaml.full_load": "yaml", "yaml.unsafe_load": "yaml",
    "toml.load": "toml", "toml.loads": "toml", "tomllib.load": "toml", "tomllib.loads": "toml",
    "tomli.load": "toml", "tomli.loads": "toml", "dotenv.dotenv_values": "env",
}  # fmt: skip
"""Calls that turn a configuration file into a mapping."""


class Base(Parts):
    """State, bounds and the memo; one per project."""

    def __init__(
        self, index: Index, rules: Rules, documents: Documents | None = None, net: Net | None = None
    ) -> None:
        self.index = index
        self.net: Net = net or NoNet()
        self.documents = documents
        self.rules = rules
        self._memo: dict[object, Values] = {}
        self._passing: dict[object, Values] = {}
        self._bounded: dict[object, Values] = {}
        self._hurried: dict[object, tuple[Values, int]] = {}
        """What ``_once`` gave on the way to the answer at hand, and what that depends on."""
        self._spared: dict[object, Values] = {}
        """What was not followed far, for those who are content with that."""
        self._steps, self._far = 0, FAR
        self._about: frozenset[Module] = frozenset()
        self._world: tuple[list[Module], frozenset[Module], list[Module]] = ([], frozenset(), [])
        self._active: dict[Site, int] = {}
        self._entered_bindings: dict[Binding, int] = {}
        self._leads_to = _NOWHERE
        self._level = 0
        self._depth = 0
        self._callers = True
        self._thousandfold: frozenset[s.Node] = frozenset()
        self.also: dict[s.Node, Site] = {}
        """What expressions mean besides: ``TABLE[kind]`` of which one side is left, whatever is set."""
        self._calls: dict[str, list[Site]] = {}
        self._classes: dict[str, list[Class]] = {}
        self._held_as: dict[str, dict[str, None]] = {}
        """Name of a class → names that are assigned it."""
        self._tabled: set[str] = set()
        """Names whose values stand in lists and tables."""
        self._mixed: list[Class] = []
        """Those of several bases."""
        self._merges: list[Site] = []
        """``settings |= more``"""
        self._subscripts: dict[str, list[Site]] = {}
        self._attribute_stores: dict[str, list[Site]] = {}
        self._converters: dict[s.Node, tuple[Function | Closure, list[tuple[Class, str]]]] | None = None
        """Functions that a library calls with what a field is given, and the fields."""
        self._converter_words = [
            *rules.values.converters.arguments,
            *{n.rpartition(".")[2] for n in rules.values.converters.decorators},
            *{n.rpartition(".")[2] for n in rules.values.converters.annotations},
        ]
        self._looked_up: dict[Module, Mapping[str, Sequence[s.Expr]]] = {}
        self._loaded = -1
        self._tests: dict[str, bool] = {}
        self._mro_of: set[Class] = set()
        """Those whose bases are being looked for."""
        self._fetching = {n for store in rules.values.secret_stores for n in store.names}
        self._transparent = {n: t for t in rules.values.transparent for n in t.names}
        self._relays = {n: r.function for r in rules.values.relays for n in r.names}
        self._relay_methods = {n.rpartition(".")[2] for n in self._relays}
        self._as_calls: dict[s.Node, s.Call] = {}
        self._nested: dict[tuple[s.Node, Class], s.Call] = {}
        self._pours: dict[s.ClassDef, Sequence[tuple[s.Expr, str]]] = {}
        self._relayed: dict[s.Call, s.Call | None] = {}
        self._known = {n for c in rules.clients for call in c.calls for n in call.names}
        self._clients = {n.rpartition("().")[0] for n in self._known if n.count("()") == 1}
        """Classes of which an object sends requests."""
        self._known |= {n for e in rules.encoders for n in e.names}
        self._plugin_fixtures = {name: row.gives for row in rules.mocks.fixtures for name in row.names}
        self._mock_objects = {name for library in rules.mocks.libraries for name in library.objects}
        self._builders = {n: b for b in rules.values.builders for n in b.names}
        self._building = tuple(dict.fromkeys(n.rpartition(".")[2] for n in self._builders))
        self._paths = {n: p for p in rules.values.paths for n in p.names}
        self._path_packages = {n.partition(".")[0] for n in self._paths}
        self._descents: dict[s.FuncDef, Descent | None] = {}
        self._descending: set[str] = set()
        """The names of those that were found to go down."""
        self._unfolding = rules.values.unfolding
        self._declares = {n: row for row in rules.values.declares for n in row.names}
        self._readers = {n: r for r in rules.values.readers for n in r.names}
        self._layered_calls: dict[s.Node, Layers] = {}
        self._layers = {n: row for row in rules.values.layers for n in row.names}
        self._loading: tuple[int, list[tuple[Module, str]]] | None = None
        self._grouped: tuple[int, dict[Class, tuple[Class, str]]] | None = None
        self._form_encoders = {n: e for e in rules.values.form_encoders for n in e.names}

    def knows(self, name: str) -> bool:
        """Is ``name`` a call of an HTTP client or an encoder?"""
        return name in self._known

    def resolve(self, site: Site, *, callers: bool = True) -> Values:
        """What ``site.node`` may stand for; empty only for code that cannot run.

        With ``callers`` off a parameter that the context does not fill stays a ``Param``.
        """
        scaled = site.node in self._thousandfold
        as_written = scaled and not self._level
        key = (site, callers, as_written)
        found = self._memo.get(key)
        if found is None and self._far != FAR:
            found = self._spared.get(key)
        if found is not None:
            return found
        if site in self._active or self._depth > DEPTH:
            self.cut(self._active.get(site, TOO_DEEP))
            return ()
        known = self._on_the_way(key, site)
        if known is not None:
            return known
        previous, self._callers = self._callers, callers
        if not self._level and isinstance(site.node, s.Name):  # once for all uses of what binds it
            for bound in site.module.scopes.bindings_of(site.node):
                tuple(self.binding(bound, site))
        self._depth += 1
        self._active[site] = self._level
        began = self._begin()
        try:
            values = first(self._expression(site), site)
            if site.node in self.also:
                values = first((*values, *self._again(self.also[site.node])), site)
        finally:
            back = self._end(began)
            self._callers = previous
            self._depth -= 1
            del self._active[site]
        if scaled and not as_written:
            values = tuple(Arithmetic("*", value, Constant(1000, site), site) for value in values)
        return self._remembered(key, values, back)

    def _on_the_way(self, key: object, site: Site) -> Values | None:
        """What the question at hand has found already and does not look for again; else count a step."""
        if not self._level:
            self._steps = 0
            self._passing.clear()
            self._bounded.clear()
            self._hurried.clear()
        elif key in self._bounded:
            self.cut(TOO_DEEP)
            return self._bounded[key]
        elif self._steps > STEPS and key in self._passing:
            self.cut(0)
            return self._passing[key]
        elif self._steps > self._far:
            self.cut(TOO_DEEP)
            return (Unknown("too far to be followed", site),)
        self._steps += 1
        self.net.count()
        return None

    @contextmanager
    def thousandfold(self, nodes: Iterable[s.Node]) -> Iterator[None]:
        """Follow values as if what is at ``nodes`` were times 1000; asked for itself, it is as written."""
        kept = self._memo, self._thousandfold
        nodes = frozenset(nodes)
        if nodes != self._thousandfold:
            self._memo, self._thousandfold = {}, nodes
        try:
            yield
        finally:
            self._memo, self._thousandfold = kept

    @contextmanager
    def sparing(self) -> Iterator[None]:
        """Meanwhile, follow what people write themselves, and not all ways of a large library."""
        kept, self._far = self._far, STEPS
        try:
            yield
        finally:
            self._far = kept

    def _begin(self) -> tuple[int, int]:
        """One question more on the way; gives what ``_end`` needs."""
        began = self._level, self._leads_to
        self._level += 1
        self._leads_to = _NOWHERE
        return began

    def _end(self, began: tuple[int, int]) -> int:
        """One question less; gives the outermost question that the answer leads back to."""
        back = self._leads_to
        self._level, self._leads_to = began
        return back

    def _remembered(self, key: object, values: Values, back: int) -> Values:
        """Keep an answer: for good, unless it depends on the way that led here."""
        if self._level and back < self._level:
            self.cut(back)
            (self._bounded if back == TOO_DEEP else self._passing)[key] = values
        else:
            (self._memo if back != TOO_DEEP or self._far == FAR else self._spared)[key] = values
        return values

    def _once(self, key: object, answer: Callable[[], Values]) -> Values:
        """Give an answer from the memo, or keep it there if it depends on no way that led here."""
        found = self._memo.get(key)
        if found is None and self._level and self._steps > STEPS and key in self._hurried:
            found, back = self._hurried[key]
            self.cut(back)
        if found is None:
            began = self._leads_to
            self._leads_to = _NOWHERE
            loaded = self.index.loaded
            try:
                found = answer()
            finally:
                back, self._leads_to = self._leads_to, min(began, self._leads_to)
            if back == _NOWHERE and self.index.loaded is loaded:
                self._memo[key] = found
            elif self._level:
                self._hurried[key] = found, back
        return found

    def cut(self, depth: int) -> None:
        """A way was not followed: it leads back to what was asked first (0), second, …"""
        self._leads_to = min(self._leads_to, depth)

    @contextmanager
    def about(self, modules: Iterable[Module]) -> Iterator[None]:
        """Meanwhile, what is asked concerns a flow through ``modules``: see ``world``."""
        kept, self._about = self._about, frozenset(modules)
        try:
            yield
        finally:
            self._about = kept

    @property
    def world(self) -> list[Module]:
        """The loaded modules that the flow at hand may concern; all of them, where there is none."""
        loaded, about, world = self._world
        if loaded is not self.index.loaded or about != self._about:
            loaded, about = self.index.loaded, self._about
            world = self.index.kin(m for m in about if is_program(m.path)) if about else loaded
            self._world = loaded, about, world
        return world

    def near(self, module: Module, sites: Iterable[Site]) -> list[Site]:
        """Those of ``sites`` that values may come from to ``module``, or go to."""
        return [site for site in sites if self.index.related(site.module, module)]

    def _class_of(self, made: Instance, attr: str = "__class__") -> tuple[Class, ...]:
        """``type(self)`` and ``self.__class__``: of an heir, perhaps, where nobody sees how it was made."""
        heirs = self.subclasses(made.cls) if made.site is None else ()
        return (made.cls, *heirs) if attr == "__class__" else ()

    def one(self, site: Site) -> Value:
        """The only value of ``site``, else ``Unknown``."""
        values = self.resolve(site)
        return values[0] if len(values) == 1 else Unknown("several values", site)

    def is_test(self, module: Module) -> bool:
        """Is ``module`` one of the project's tests? What they pass is not what the program does."""
        found = self._tests.get(module.path)
        if found is None:
            found = self._tests[module.path] = self._looks_like_a_test(module)
        return found

    def _looks_like_a_test(self, module: Module) -> bool:
        tests = self.rules.mocks.tests
        *folders, name = module.path.split("/")
        if set(folders) & set(tests.folders):
            return True
        if not any(fnmatch.fnmatch(name, pattern) for pattern in tests.files):
            return False
        for node in module.each(s.Import, s.ImportFrom):
            if isinstance(node, s.ImportFrom) and node.module.split(".")[0] in tests.frameworks:
                return True
            if isinstance(node, s.Import) and any(
                a.name.split(".")[0] in tests.frameworks for a in node.aliases
            ):
                return True
        return any(isinstance(n, s.FuncDef) and n.name.startswith("test") for n in module.source.body.body)

    def _again(self, site: Site) -> Values:
        return self.resolve(site, callers=self._callers)

    def _expression(self, site: Site) -> Iterable[Value]:
        method = getattr(self, "_" + type(site.node).__name__.lower(), None)
        if method is None:
            return (Unknown("not followed", site),)
        result: Iterable[Value] = method(site, site.node)
        return result

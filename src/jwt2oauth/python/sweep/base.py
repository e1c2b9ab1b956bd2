"""The state of a sweep, and what its parts ask of each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from ...rules.tables import Rules
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.scopes import Binding
from ..facts.values import Class, Environ, Fields, Function, Result, Site, Value
from ..following.effects import Effects
from ..following.forward import Forward
from ..following.offers import Offers
from ..following.whole_objects import Wholes
from ..leftovers.demands import Demands
from ..resolve import Resolver
from ..roles.signing import Signatures
from ..writing.changes import Changes
from .shared import declares


class Base:
    """One sweep over one plan's changes."""

    def __init__(
        self,
        changes: Changes,
        forward: Forward,
        effects: Effects,
        resolver: Resolver,
        rules: Rules,
        keys: list[Site],
        signatures: Signatures,
        importers: Callable[[str], bool],
        offers: Offers,
        aims: AbstractSet[s.Node],
        preminted: Iterable[str] = (),
        secrets: Iterable[str] = (),
        claims: Iterable[Fields] = (),
    ) -> None:
        self.changes = changes
        self.forward = forward
        self.effects = effects
        self.resolver = resolver
        self.rules = rules
        self.keys = keys
        self.signatures = signatures
        self.importers = importers
        """Loads the modules that import a path; says whether there were any new ones."""
        self.offers = offers
        self.aims = aims
        """Expressions in tests that only say in whose place something is put."""
        self.secrets = frozenset(secrets)
        """The variables of the environment from which the client secrets come."""
        self.claims = tuple(claims)
        """What was signed."""
        self.wholes = Wholes(resolver, forward)
        self.demands = Demands(resolver, forward, changes)
        self._begin()
        self._know_the_key(preminted)

    def _begin(self) -> None:
        """Nothing is found yet that a person is told, and nothing is remembered."""
        self.notes: list[str] = []
        self.doubtful: dict[s.Assign, tuple[Module, Binding]] = {}
        """What nothing uses any more, and whose value may not simply go."""
        self.doubtful_entries: dict[s.Node, tuple[Module, str]] = {}
        """Entries of mappings that nothing asks for any more, by their keys."""
        self.unlisted: list[tuple[str, Site]] = []
        """Names that left lists of what has to be there."""
        self.looked_at: set[str] = set()
        """Names of which a table of defaults keeps an entry, which tests go on to look at."""
        self.still_asked: list[tuple[str, Site]] = []
        """Settings that nothing needs any more, and where it is still asked whether they are there."""
        self._idle_checks: set[s.Expr] = set()
        """Checks whether settings are there that nothing needs any more, of this round."""
        self._asking: tuple[int, dict[str, list[tuple[Site, Site | None]]]] | None = None
        self.bound: list[Site] = []
        """Parameters for the key, the claims or the assertion that programs which are not here must give."""
        self.in_between: dict[Binding, Site] = {}
        """Those that were bound beside others which stay, with the statements."""
        self.unasked: list[Site] = []
        """Prompts that went."""
        self.entered_for_nothing: dict[s.With, Module] = {}
        """Blocks that stay for what they may do besides, though nobody needs what they give."""
        self.remains: list[Site] = []
        """Expressions that nobody needs any more and that stay for what else they may do."""
        self.kept_params: dict[s.Param, tuple[Module, s.FuncDef]] = {}
        self.kept_fields: dict[s.Assign, Class] = {}
        self.unnamed: set[tuple[s.Node, str]] = set()
        """Fields that left the definition of a named tuple, or that stay as is told already."""
        self.taken_whole: dict[s.Assign, tuple[Class, Site]] = {}
        """Fields that stay because somebody takes all of them at once."""
        self.for_tests: dict[s.Assign, Class] = {}
        """Settings that only tests need."""
        self.by_name: dict[Class, list[str]] = {}
        """Fields that went, of classes that are filled by the names of their fields."""
        self.pinned: set[Binding] = set()
        self.demanded: dict[s.FuncDef, Module] = {}
        """Methods that nobody here calls any more, but which a base class demands, or may call."""
        self._followed: set[tuple[s.FuncDef, str]] = set()
        """While it is asked who needs an entry: the functions that are looked at."""
        self._loads: dict[Binding, list[Site]] = {}
        self._in_texts: dict[Module, dict[str, list[s.Str]]] = {}
        self._bases: dict[s.Node, Binding] = {}
        self._next: dict[Binding, list[Binding]] = {}
        self._live: dict[Binding, bool] = {}
        self._touched: dict[Binding, bool] = {}
        self._prepared: set[str] = set()
        self._changed: set[str] = set()
        self._spelled: set[str] = set()
        """What the modules that were changed spell."""
        self._for_tests: set[s.Node] | None = None
        self._aside: set[s.Node] | None = None
        """While it is asked what only tests keep alive: the definitions found so far."""
        self.swapped: list[tuple[str, str, Site]] = []
        """Checks that ask for the client secret now, and for what they asked before."""
        self.written: list[Site] = []
        """Calls by which the program writes the key into a file of its own, and clears that away."""
        self.paths: list[Site] = []
        """What tells a library where the key lies."""

    def _know_the_key(self, preminted: Iterable[str]) -> None:
        """Where it comes from, and what reads it."""
        keys, resolve, rules = self.keys, self.resolver.resolve, self.rules
        self._key_sources = [value for key in keys for value in self.signatures.sources(key)]
        self.key_reads = {node for key in keys for node in self.signatures.reads(key)}
        self._key_values = {v for key in keys for v in resolve(key)}
        self._key_calls = {v.site.node for v in self._key_values if isinstance(v, Result)}
        self._key_variables = {v.name for v in self._key_values if isinstance(v, Environ)} | set(preminted)
        """Variables of the environment that hold the key or say where it is, or an assertion that somebody
        else signs.
        """
        paths = (path for key in keys for path in self.signatures.paths(key))
        self.names_of_key = [v for p in paths for v in resolve(p) if isinstance(v, Environ)]
        """Variables that say where the key lies."""
        self._key_variables |= {v.name for v in self.names_of_key if v.default is None}
        self._closers = {"close", "seek", "flush", *(e.sign_method for e in rules.encoders)} - {""}
        self._encoders = frozenset(n for e in rules.encoders for n in e.names)
        self._readers = frozenset(n for k in rules.key_loaders for n in k.names)

    def _size(self) -> tuple[int, int, int]:
        return (len(self.changes.removed), len(self.changes.replaced), len(self.changes.unwrapped))

    def _has_fields(self, cls: Class) -> bool:
        """Does it declare fields: a dataclass and its like, or a model, perhaps by a base of the project?"""
        return declares(cls.node) or self.resolver.is_model(cls)

    # -- what the parts ask of each other (each is written in one of them) --

    if TYPE_CHECKING:

        def _prepare(self) -> None: ...
        def _knows_importers(self, module: Module) -> bool: ...
        def loads(self, binding: Binding) -> list[Site]: ...
        def live(self, binding: Binding) -> bool: ...
        def _is_written_out(self, store: Site) -> bool: ...
        def _keys_read(self) -> dict[str, bool]: ...
        def _stores_for(
            self, call: Site, name: str, owner: Class | None, function: s.FuncDef | None = None
        ) -> list[Site] | None: ...
        def _needs(self, function: Function, param: s.Param) -> bool: ...
        def _filled_by_names(self, made: Iterable[Site]) -> bool: ...
        def _let_go_of(self, stores: Iterable[Site], name: str, owner: Class | None) -> None: ...
        def _keys_asked(self, store: Site, name: str, owner: Class | None) -> list[Site]: ...
        def _spread_values(self, stores: list[Site]) -> Iterator[Site]: ...
        def _stores_of(self, attr: str) -> Iterator[Binding]: ...
        def module_of(self, binding: Binding) -> Module: ...
        def touched(self, binding: Binding) -> bool: ...
        def _tell_lost(self, offered: bool, module: Module, node: s.Node, name: str) -> None: ...
        def _is_asked_by_shape(self, binding: Binding) -> bool: ...
        def _is_passed_by(self, site: Site, binding: Binding) -> bool: ...
        def _target(self, binding: Binding) -> s.Attribute | None: ...
        def _may_be_passed_by(self, binding: Binding) -> bool: ...
        def _goes_nowhere(self, site: Site, binding: Binding) -> bool: ...
        def _is_aside(self, site: Site, binding: Binding) -> bool: ...
        def _signs_for_us(self, binding: Binding) -> bool: ...
        def _ignorable(self, site: Site, binding: Binding) -> bool: ...
        def _guard(self, site: Site, binding: Binding) -> tuple[str, s.Node] | None: ...
        def _is_secret(self, value: Value) -> bool: ...
        def _dies(self, module: Module, stmt: s.Stmt) -> bool: ...
        def _drop_guards(self, binding: Binding) -> None: ...
        def _act(self, action: tuple[str, s.Node], module: Module) -> None: ...
        def _spells(self, name: str) -> bool: ...
        def _words_of_changed(self) -> Collection[str]: ...
        def _lookups_gone(self) -> dict[str, list[Site]]: ...
        def _is_key(self, value: Value) -> bool: ...
        def _made_of_key(self, site: Site) -> bool: ...
        def _is_heavy(self, site: Site) -> bool: ...
        def _is_of_no_object(self, binding: Binding) -> bool: ...
        def _offers_class(self, cls: Class) -> bool: ...
        def _holds_signing(self, module: Module, definition: s.FuncDef | s.ClassDef) -> bool: ...
        def _by_value(self, module: Module, function: s.FuncDef) -> bool: ...
        def _is_settings(self, cls: Class) -> bool: ...
        def _only_announces(self, cls: Class, stmt: s.Assign) -> bool: ...
        def _with_fields(self) -> Iterator[Class]: ...
        def _words(self, site: Site) -> set[object]: ...
        def _exported(self, binding: Binding) -> bool: ...
        def _within(self, module: Module, node: s.Node, top: s.Node) -> bool: ...
        def _left_of(self, test: s.Expr) -> s.Expr: ...
        def _drop_operand(self, module: Module, node: s.Node) -> None: ...
        def _operand(self, module: Module, node: s.Node, test: s.Expr) -> s.Expr | None: ...
        def _test(self, module: Module, node: s.Node, stmt: s.If) -> tuple[str, s.Node] | None: ...
        def _only_leaves(self, module: Module, block: s.Block) -> bool: ...
        def _only_makes(self, module: Module, node: s.Node, block: s.Block) -> bool: ...
        def _behind(self, module: Module, stmt: s.If) -> Sequence[s.Stmt] | None: ...
        def _tells_apart(self, module: Module, node: s.Node, stmt: s.If) -> bool: ...
        def _kill_listed(self, module: Module, binding: Binding, node: s.Assign) -> bool | None: ...
        def _kill_def(self, module: Module, binding: Binding) -> bool | None: ...
        def _flag(
            self, module: Module, stmt: s.Assign, *, either: bool = False
        ) -> list[Callable[[], object]] | None: ...
        def _asked(self, name: str, of: Class | Module | None) -> list[Site]: ...
        def _reads(self, cls: Class, name: str) -> list[Site]: ...
        def _released(self, loads: Iterable[Site]) -> bool: ...
        def _is_listed(self, place: Site) -> bool: ...
        def _is_output(self, module: Module, stmt: s.ExprStmt) -> bool: ...
        def _unlist(self, place: Site, *, handed: bool = False) -> None: ...

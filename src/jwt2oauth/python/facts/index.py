"""The modules of a project: loaded on demand, found by the names under which they are imported."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Iterable, Sequence

from ...paths import PYTHON, shared
from ...tree.layout import Layout
from .dotted import ROOTS, Names, parts_of
from .kinship import Kinship, is_settings
from .modules import Module
from .scopes import Scope

_DEFINES = rb"(?m)^[ \t]*(?:\w+[ \t]*[,=][ \t]*)*\(?%s\b[^\n='\"(]*="
MANY = 12
"""Modules that are loaded because they hold a word, if there are no more."""
NEAR = 60
"""Modules that are loaded because they hold the name of a file beside them, at most."""
_ANY = re.compile(b"")


Mentions = Callable[[Sequence[str], "re.Pattern[bytes]", "Sequence[str] | None"], Iterable[str]]
"""The paths of the programs (or of those among the paths) that hold one of some words, and match."""


class Index:
    """Finds modules by dotted name and loads them when they are first asked for.

    ``load`` gives the module of a path, or None where the file cannot be read or parsed; ``mentions`` the
    paths of the programs that hold one of some words and match a pattern.
    """

    def __init__(
        self,
        layout: Layout,
        load: Callable[[str], Module | None],
        mentions: Mentions = lambda *_: (),
        learn: Callable[[Iterable[str]], Collection[str]] = lambda _: (),
        roots: Collection[str] = ROOTS,
    ) -> None:
        self._load = load
        self._mentions = mentions
        self._learn = learn
        """Told of words that ``mentions`` will be asked for, one by one; gives those that are everybody's."""
        self._settings: dict[str, list[tuple[Module, Scope]]] = {}
        self._matched: dict[tuple[tuple[str, ...], bytes, tuple[str, ...] | None], tuple[str, ...]] = {}
        """What ``mentions`` has said: each question is a look into every program."""
        self._known: set[str] = set()
        self._common: set[str] = set()
        self._modules: dict[str, Module | None] = {}
        self._loaded: list[Module] | None = None
        self._kinship = Kinship(self.find)
        self._layout, self._names = layout, Names(layout, roots)
        self.roots = roots
        """Names of folders that may be on the import path wherever they are."""
        self._found: dict[tuple[str, str, int], str | None] = {}
        """What ``find`` has said, by the folder of who asks."""

    def module(self, path: str) -> Module | None:
        """The module at ``path``."""
        if path not in self._modules:
            self._modules[path] = self._load(path)
            self._loaded = None
        return self._modules[path]

    @property
    def loaded(self) -> list[Module]:
        """All modules loaded so far, by path: a list of its own whenever there are more."""
        if self._loaded is None:
            self._loaded = [m for _, m in sorted(self._modules.items()) if m is not None]
        return self._loaded

    def related(self, one: Module, other: Module) -> bool:
        """Say whether values may pass between two loaded modules, see ``Kinship``."""
        return one is other or self._kinship.joins(self.loaded, one, other)

    def family(self, module: Module) -> str:
        """Give the path that stands for all loaded modules that are kin to a loaded one by their imports."""
        return self._kinship.family(self.loaded, module)

    def kin(self, modules: Iterable[Module]) -> list[Module]:
        """The loaded modules that values may pass to from one of ``modules``, by path."""
        ours = tuple(modules)
        return [module for module in self.loaded if any(self.related(module, one) for one in ours)]

    def is_others(self, path: str, program: str, name: str = "") -> bool:
        """Say whether a file belongs to another program than the one that the module ``program`` is of.

        Below the folder where the ways to the two part other modules lie, and none that is kin. With a
        ``name``, one of them must spell that.
        """
        module = self._modules.get(program)
        ours, theirs = program.split("/")[:-1], path.split("/")[:-1]
        common = shared(ours, theirs)
        if module is None or common == len(theirs):
            return False
        beside = self._layout.folders.get(tuple(ours), ()) if common == len(ours) else ()
        if f"{'/'.join(ours)}/__init__.py" in beside:
            return False  # a package in the module's own one is part of it
        folder = "/".join(theirs[: common + 1])
        if folder not in self._layout.above or folder in self._kinship.ground(self.loaded, module):
            return False
        return not name or any(p.startswith(f"{folder}/") for p in self._matching(name, b"%s"))

    def ours(self, paths: Iterable[str], programs: Collection[str]) -> list[str]:
        """Those of ``paths`` that do not belong to other programs than the modules ``programs`` are of."""
        known: dict[str, bool] = {}
        found = []
        for path in paths:
            folder = path.rpartition("/")[0]
            if folder not in known:
                known[folder] = not programs or not all(self.is_others(path, program) for program in programs)
            if known[folder]:
                found.append(path)
        return found

    def beside(self, folder: str, name: str) -> Module | None:
        """The module called ``name`` in a folder, if there is one."""
        path = self._names.path((*(p for p in folder.split("/") if p), name))
        return self.module(path) if path else None

    def mentioning(
        self, word: str, beside: str, form: bytes = b"%s", *, ours: bool = False
    ) -> tuple[list[Module], bool]:
        """Load the modules that hold ``word``, and match ``form`` with it for each ``%s``.

        The flag says whether that is all who matter.

        Where more than ``MANY`` hold it (``config.json``), those matter to the file ``beside`` that share its
        top folder; of more than ``NEAR`` there, or always if they have to be ``ours``, those that are of its
        program, if that file is a module. No more than ``NEAR`` are loaded, the nearest.
        """
        paths, home = list(self._matching(word, form)), beside.split("/")
        if len(paths) > MANY and len(home) > 1:
            paths = [path for path in paths if path.startswith(f"{home[0]}/")]
        if (ours or len(paths) > NEAR) and beside in self._modules:
            paths = self.ours(paths, [beside])
        nearest = sorted(paths, key=lambda path: (-shared(path.split("/"), home), path))[:NEAR]
        return self._load_all(nearest), len(paths) <= NEAR

    def known(self, words: Iterable[str]) -> set[str]:
        """Load the modules that may read one of ``words``; give those words for which that could be done.

        A word that too many hold (``private_key``, ``key``) is everybody's: others than the flow may mean it.
        """
        found = set()
        wanted = set(words) - self._common
        self._common.update(self._learn(wanted))
        for word in sorted(wanted - self._common):
            holding = () if word in self._known else self._mentions((word,), _ANY, None)
            new = [*itertools.islice((path for path in holding if path not in self._modules), MANY + 1)]
            if len(new) > MANY:
                self._common.add(word)
                continue
            self._load_all(self._mentions((word,), reading(word), new))
            self._known.add(word)
            found.add(word)
        return found

    def asking(self, word: str) -> list[Module]:
        """The modules that hold ``word`` as an attribute or at the start of a text, loaded for it."""
        return self._load_all(self._matching(word, rb"[.'\"]\s*%s\b"))

    def asking_of(self, holders: Iterable[str], word: str) -> list[Module]:
        """Those that ask an object for it that bears one of the names ``holders``, or may be another's."""
        names = b"|".join(re.escape(name.encode()) for name in sorted(holders))
        asks = rb"\b(?:%s)\b(?:\W{1,3}get)?\W{0,3}[.'\"]%%s\b" % names
        handed_on = rb"\b(?:%s)(?: as \w|[ \t]*(?:\#[^\n]*)?[\r\n;,)])" % names
        other = rb"\A(?s:(?=.*[.'\"]%%s\b)(?=.*%s))" % handed_on
        return self._load_all(self._matching(word, rb"%s|%s" % (asks, other)))

    def among(self, paths: Sequence[str], word: str, form: bytes) -> list[Module]:
        """Those of ``paths`` that match ``form`` with the word for each ``%s``, loaded for it."""
        return self._load_all(
            self._holding((word,), form.replace(b"%s", re.escape(word.encode())), tuple(paths))
        )

    def below(self, path: str) -> list[str]:
        """The paths of the modules in the folder of one and below it, or in it alone where those are many."""
        home = tuple(path.split("/")[:-1])
        inside = [p for at, paths in self._layout.folders.items() if at[: len(home)] == home for p in paths]
        return inside if len(inside) <= MANY else list(self._layout.folders[home])

    def _matching(self, word: str, form: bytes) -> tuple[str, ...]:
        return self._holding((word,), form.replace(b"%s", re.escape(word.encode())))

    def _holding(
        self, words: tuple[str, ...], pattern: bytes, among: tuple[str, ...] | None = None
    ) -> tuple[str, ...]:
        asked = words, pattern, among
        if asked not in self._matched:
            self._matched[asked] = tuple(self._mentions(words, re.compile(pattern), among))
        return self._matched[asked]

    def _load_all(self, paths: Iterable[str]) -> list[Module]:
        return [m for m in map(self.module, paths) if m is not None]

    def settings(self, name: str, program: Module) -> list[tuple[Module, Scope]]:
        """The modules and classes of a program that define a setting: those named after settings, if any."""
        found = self._settings_of(name)
        return [(module, scope) for module, scope in found if not self.is_others(module.path, program.path)]

    def means_another(self, name: str, program: Module, module: Module) -> bool:
        """Does a program have the setting ``name`` in settings of its own, and not in ``module``?"""
        own = [each for each, _ in self.settings(name, program)]
        return bool(own) and module not in own

    def _settings_of(self, name: str) -> list[tuple[Module, Scope]]:
        found = self._settings.get(name)
        if found is None:
            paths = self._matching(name, _DEFINES)
            named = [path for path in paths if is_settings(path)]
            others = (path for path in paths if path not in named)
            found = self._settings[name] = self._defining(name, named) or self._defining(name, others)
        return found

    def is_setting(self, module: Module, scope: Scope, loaders: tuple[str, ...]) -> bool:
        """Say, from paths and bytes, whether what ``scope`` defines may be settings.

        Its module is named after them, or spelled in a program that speaks of one of ``loaders``.
        """
        if not (scope.is_module or scope.is_class):
            return False
        if is_settings(module.path):
            return True
        loading = self._holding(loaders, b"|".join(re.escape(word.encode()) for word in loaders))
        return module.path in loading or any(self._spells(path, module.path) for path in loading)

    def _spells(self, path: str, module: str) -> bool:
        """Does the program at ``path`` hold every part of the module's path that is not its own?"""
        parts = parts_of(module)
        need = parts[min(shared(parts, path.split("/")[:-1]), len(parts) - 1) :]
        form = b"".join(
            rb"(?=.*\b%s\b)" % re.escape(part.encode()) for part in need if part not in self.roots
        )
        return all(map(str.isidentifier, need)) and bool(
            self._holding((need[-1],), rb"\A(?s:%s)" % form, (path,))
        )

    def _defining(self, name: str, paths: Iterable[str]) -> list[tuple[Module, Scope]]:
        return [
            (module, scope)
            for module in self._load_all(paths)
            for scope in (module.scopes.module, *module.scopes.module.children)
            if scope.is_module or scope.is_class
            if any(b.kind == "assign" for b in scope.bindings.get(name, ()))
        ]

    def ending(self, path: str) -> Module | None:
        """The only module whose path ends in ``path``."""
        wanted = tuple(p for p in path.split("/") if p not in ("", ".", ".."))
        named = self._layout.named.get(wanted[-1], ()) if wanted else ()
        found = [p for p in named if p.endswith(PYTHON) and f"/{p}".endswith(f"/{'/'.join(wanted)}")]
        return self.module(found[0]) if len(found) == 1 else None

    def imported(self, importer: str, dotted: str, level: int) -> Module | None:
        """The project's module that ``importer`` means by ``dotted`` (``level`` leading dots)."""
        path = self.find(importer, dotted, level)
        return self.module(path) if path else None

    def find(self, importer: str, dotted: str, level: int) -> str | None:
        """The path of that module: relative imports exactly, absolute ones by the nearest suffix."""
        key = (importer.rpartition("/")[0], dotted, level)
        if key not in self._found:
            self._found[key] = self._names.find(*key)
        return self._found[key]


def reading(word: str) -> re.Pattern[bytes]:
    """Give the pattern of a program that may read the setting ``word``, by a text or as a field."""
    name = re.escape(word.encode())
    return re.compile(rb"(?m)%s\\?['\"](?<![A-Za-z0-9_]%s['\"])|^[ \t]+%s[ \t]*:" % (name, name, name))

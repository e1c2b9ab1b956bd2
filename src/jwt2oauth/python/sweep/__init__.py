"""After a plan has taken the flow's heart out: what is dead now goes as well.

Death spreads from removed text to the definitions that only it used, if evaluating them has no effect that
somebody could miss, and on to helpers, parameters and imports. What lived before us unused is none of our
business and stays. It imports what is left over and told of, the flow's roles and below.
"""

from __future__ import annotations

from ..leftovers.settings import undemanded
from .asked import Asked
from .definitions import Definitions
from .guards import Guards
from .inherited import Inherited
from .life import Life
from .named import Named
from .parameters import Parameters
from .presence import Presence
from .returned import Returned
from .spread import Spread
from .structure import Structure
from .tested import Tested
from .touched import Touched
from .written import KeyFiles


class Sweep(
    Life,
    Touched,
    Tested,
    Inherited,
    Asked,
    Guards,
    Presence,
    Definitions,
    Parameters,
    Named,
    Spread,
    Returned,
    KeyFiles,
    Structure,
):
    """Spreads death through ``changes`` until nothing more dies."""

    def run(self) -> None:
        """Until a round changes nothing."""
        self._for_tests = None
        for _ in range(40):
            self._prepare()
            self._live, self._touched = {}, {}
            before = self._size()
            for module in self.resolver.world:
                self._bindings(module)
            self._entries()
            self._claims()
            self._fields()
            self._named_tuples()
            self._namespaces()
            self._tuples()
            self._file_guards()
            self._key_files()
            self._structure()
            if self._size() == before and not self._presence() and not self._unguarded():
                break
        self._let_be_missing()
        self.notes += undemanded(self.unlisted)
        self.unlisted = []


__all__ = ["Sweep"]

"""A setting that nothing reads any more, and what is said of such settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...records import dataclass
from ..facts import syntax as s
from ..facts.values import Site
from ..roles.trace import label_of, place


@dataclass(frozen=True, slots=True)
class Unread:
    """A setting that only removed code read."""

    name: str
    """As the code has it."""
    variable: bool = False
    """It is one of the environment."""
    item: Site | None = None
    """Where a configuration file of the project sets it."""
    still: Site | None = None
    """Where code that stays names it, in a list of what has to be there perhaps."""
    asked: str = ""
    """What it is asked for by, if a table has that beside its name."""

    @property
    def words(self) -> set[str]:
        """By which code that stays would ask for it."""
        return {self.name, self.asked or self.name}


def told(left: Sequence[Unread], preminted: Sequence[str] = (), secrets: Sequence[str] = ()) -> Iterator[str]:
    """To-dos: what a person may clear away where this runs, and where secrets are kept.

    ``preminted`` are signed elsewhere.
    """
    for name in dict.fromkeys(preminted):
        yield f"Whatever sets {name} need not sign and set it any more."
    variables = [e.name for e in left if e.variable and e.still is None and e.name not in preminted]
    placed = {each.name for each in left if each.item is not None}
    open_keys = [e for e in left if not e.variable and e.item is None and e.name not in placed]
    keys = [each.name for each in open_keys if each.still is None]
    if variables:
        yield f"Nothing here reads {listed(variables)} from the environment any more."
    if keys:
        yield f"Nothing here reads {listed(keys)} from the configuration any more."
    if secrets:
        what = "the secret" if len(secrets) == 1 else "the secrets"
        yield f"Nothing here fetches {what} {listed(secrets)} any more."
    named = [(e.name, e.still) for e in left if e.still is not None and not _is_own_key(e.still, e.item)]
    if named:
        labels = listed([place(still).label for _, still in named])
        names, them = listed([name for name, _ in named]), "it" if len(named) == 1 else "them"
        verb = "asks" if len(dict.fromkeys(named)) == 1 or " and " not in labels else "ask"
        yield f"No flow needs {names} any more, but {labels} still {verb} for {them}."


def _is_own_key(still: Site, item: Site | None) -> bool:
    """Is it the key of the very entry that stays?"""
    return item is not None and still.module.parents.get(still.node) is item.node


def _doubt(names: Sequence[str], why: str) -> Iterator[str]:
    if names:
        stay, them = ("stays", "it") if len(set(names)) == 1 else ("stay", "them")
        yield f"{listed(names)} {stay}, though no flow needs {them} any more: {why.format(them, them)}."


def listed(words: Sequence[str]) -> str:
    """``a, b and c``, each once."""
    words = list(dict.fromkeys(words))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def undemanded(dropped: Iterable[tuple[str, Site]]) -> Iterator[str]:
    """Say which names left which lists, or are not asked for any more."""
    for group, where in _listed(dropped):
        if len(group) == 1:
            yield f"{group[0]} is no longer asked for in {where}: no flow needs it."
        else:
            yield f"{listed(group)} are no longer asked for in {where}: no flow needs them."


def still_allowed(left: Iterable[tuple[str, Site]]) -> Iterator[str]:
    """Say which names stay in lists of what may be there."""
    for group, where in _listed(left):
        verb, them = ("stays", "it") if len(group) == 1 else ("stay", "them")
        yield f"{listed(group)} {verb} in the list in {where}: what is checked by it may still hold {them}."


def unsampled(dropped: Iterable[tuple[str, Site]]) -> Iterator[str]:
    """Say which names left which samples of the configuration; see ``samples``."""
    for group, where in _listed(dropped):
        yield f"{listed(group)} leave the sample configuration in {where}."


def _listed(dropped: Iterable[tuple[str, Site]]) -> Iterator[tuple[tuple[str, ...], str]]:
    places: dict[tuple[str, ...], dict[str, None]] = {}
    for names, site in _grouped(dropped):
        places.setdefault(tuple(names), {})[label_of(site.module, site.node)] = None
    yield from ((group, ", ".join(labels)) for group, labels in places.items())


def _grouped(names: Iterable[tuple[str, Site]]) -> Iterator[tuple[list[str], Site]]:
    """Put those together that stand in one list."""
    found: dict[object, tuple[list[str], Site]] = {}
    for name, site in names:
        around = site.module.parents[site.node]
        table = site.module.parents[around] if isinstance(around, s.Item) else around
        names_of = found.setdefault(table, ([], site))[0]
        names_of += [name] if name not in names_of else []
    yield from found.values()

"""The path of a tree: walk, prefilter, analyse, mark, and, if asked, write.

This is the one place that catches everything: whatever goes wrong below ends as an ``InternalError``
that shows where, and never what the customer's code says.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from .model import Files, Flow, Progress, Report, Skipped
from .prefilter import load_prefilter
from .records import dataclass
from .tree.candidates import Candidates, nameless
from .tree.search import MANY_FILES, Words
from .tree.walk import Tree, git_prefix, surroundings

if TYPE_CHECKING:
    from .baseline import Entry
    from .project.analysis import Analysis
    from .python.facts.parser import Parser
    from .rules.tables import Rules
    from .series import Change
    from .tree.cache import Cache
    from .writes import Recovered

_JOURNAL = ".jwt2oauth.journal"  # of writes.py, which a clean file does not load
_AS_IT_IS: Mapping[str, bytes | None] = MappingProxyType({})


class UsageError(Exception):
    """What was asked for cannot be done; the message says why."""


class InternalError(Exception):
    """A mistake of ours; the message holds its kind and place, and no text of the customer."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line and the configuration ask for."""

    client: str = "authlib"
    scopes: str | None = None
    remove_keys: bool = False
    """Whether the files of private keys go with their flows."""
    scope_settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    select: tuple[str, ...] = ()
    """Only these rules; all if empty."""
    ignore: tuple[str, ...] = ()
    per_path: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Rules to leave out, by a pattern as in a .gitignore."""
    exclude: tuple[str, ...] = ()
    rules: tuple[Path, ...] = ()
    """Files of rules of the project's own."""
    baseline: Path | None = None
    """Where the configuration says that the baseline is."""
    known: tuple[Entry, ...] = ()
    """What the baseline holds."""
    jobs: int = 1
    """How many files may be parsed at the same time."""
    cache: bool = False
    """Whether it may be remembered which files of a large tree hold which words."""
    changed: frozenset[str] | None = None
    """Only these files, from the root, and the flows that they take part in."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A report, and what its rewrites do to the files."""

    root: Path
    report: Report
    originals: Mapping[str, bytes]
    """What every file that a rewrite touches or a finding lies in held when it was read."""
    fixed: frozenset[str] = frozenset()
    """The flows that were written."""

    @property
    def changes(self) -> dict[str, dict[str, Change]]:
        """The files of each flow before and after, one flow after the other, in the order of the report."""
        from .series import is_rewritten, series

        return series(self.originals, [flow for flow in self.report.flows if is_rewritten(flow)])

    @property
    def total(self) -> dict[str, Change]:
        """The files before the first flow and after the last one."""
        whole: dict[str, Change] = {}
        for files in self.changes.values():
            for path, (before, after) in files.items():
                whole[path] = (whole[path][0] if path in whole else before, after)
        return dict(sorted(whole.items()))


def run(
    paths: Sequence[Path],
    settings: Settings,
    progress: Progress | None = None,
    *,
    instead: Mapping[str, bytes | None] = _AS_IT_IS,
) -> Outcome:
    """Examine the files below ``paths`` and plan; nothing is written.

    ``instead`` are contents, by path from the root, to take for those on the disk (None: it is not there).
    Raises ``UsageError`` for a path or rule that does not exist, ``InternalError`` for our own mistakes.
    """
    with guarded(last=_UNTOUCHED), contextlib.ExitStack() as ending:
        return _run(paths, settings, progress or _silent, instead, ending)


def _run(
    paths: Sequence[Path],
    settings: Settings,
    progress: Progress,
    instead: Mapping[str, bytes | None],
    ending: contextlib.ExitStack,
) -> Outcome:
    root, targets = locate(paths, instead)
    asked = _asked(root, targets, settings)
    tree = _tree(root, targets, settings, instead)
    first = [path for path in tree.examined if asked(path)]
    cache = _cache(tree, targets, first) if settings.cache and not instead else None
    prefilter = catalog(settings.rules).prefilter if settings.rules else load_prefilter()
    found = Candidates(prefilter)
    found.look(tree, first, progress, cache)
    hits, marked = found.hits, found.marked
    unnamed = (each for each in nameless(tree, prefilter) if asked(each.path))
    failed = (*_interrupted(tree), *tree.failed, *found.failed, *unnamed)
    if not (hits or marked or settings.known):
        clean = len(set(first) - {each.path for each in failed})
        _check_rules(settings, None)
        if cache is not None:
            cache.save()
        return Outcome(root, Report((), (), (), _files(tree, clean, 0, failed)), {})
    parser = ending.enter_context(_parser(settings, hits))
    from . import selection
    from .project.completing import completed, originals

    rules = catalog(settings.rules)
    _check_rules(settings, rules)
    wider = surroundings(root, targets)
    if wider != sorted(targets):
        tree = _tree(root, wider, settings, instead)
    candidates = tree.examined
    if len(first) < len(candidates):
        seen = frozenset(first)
        found.look(tree, [path for path in candidates if path not in seen], progress)
    pinned = tree.pinned({**hits, **marked})
    words = Words(pinned, cache=cache)
    words.note(found.spoken)
    analysis = _analyse(pinned, tuple(sorted(hits)), rules, settings, parser, progress, words)
    lost = {*failed, *found.failed, *analysis.failed}
    failed = tuple(sorted(file for file in lost if asked(file.path)))
    unread = {file.path for file in lost}
    clean = max(0, sum(path not in unread for path in candidates) - analysis.parsed)
    report = selection.report(
        analysis.findings,
        analysis.flows,
        analysis.unfixed,
        _files(tree, clean, analysis.parsed, failed),
        {**hits, **marked},
        rules,
        selection.Choice(
            rules=_selected(rules, settings),
            per_path=settings.per_path,
            known=settings.known,
            asked=asked,
            whole=root in targets and settings.changed is None,
        ),
    )
    report = completed(report, analysis.joint, pinned, rules, words, asked, remove_keys=settings.remove_keys)
    if cache is not None:
        words.keep()
        cache.save()
    return Outcome(root, report, originals(pinned, report))


def _files(tree: Tree, clean: int, parsed: int, failed: tuple[Skipped, ...]) -> Files:
    return Files(clean + parsed + len(failed) + len(tree.skipped), clean, parsed, failed, tree.skipped)


def _cache(tree: Tree, targets: Sequence[Path], asked: Sequence[str]) -> Cache | None:
    """What earlier runs know of a tree that is large enough, and examined as a whole."""
    if len(asked) < MANY_FILES or len(asked) < len(tree.examined) or any(map(os.path.isfile, targets)):
        return None
    from .tree import cache

    return cache.opened(tree, targets)


def _interrupted(tree: Tree) -> Iterator[Skipped]:
    """Name the journals of writes that did not end: what they speak of may be half of a change."""
    names = {path for path in tree.paths if path.endswith(_JOURNAL)}
    if os.path.lexists(os.path.join(tree.root, _JOURNAL)):
        names.add(_JOURNAL)
    for name in sorted(names):
        yield Skipped(
            name, "`jwt2oauth fix` was interrupted: run it again in this folder, it goes on from there"
        )


def _tree(
    root: Path, targets: Sequence[Path], settings: Settings, instead: Mapping[str, bytes | None]
) -> Tree:
    tree = Tree(root, targets, settings.exclude)
    return tree.revision(instead) if instead else tree


def _asked(root: Path, targets: Sequence[Path], settings: Settings) -> Callable[[str], bool]:
    """Say of each path whether it was asked about: it lies below a target, and has changed if that counts."""
    places = [os.path.relpath(target, root).replace(os.sep, "/") for target in targets]
    if "." in places and settings.changed is None:
        return lambda _: True

    def is_asked(path: str) -> bool:
        inside = any(place in (".", path) or path.startswith(f"{place}/") for place in places)
        return inside and (settings.changed is None or path in settings.changed)

    return is_asked


def _selected(rules: Rules, settings: Settings) -> tuple[str, ...]:
    wanted = settings.select or tuple(rules.catalog)
    return tuple(rule for rule in rules.catalog if rule in wanted and rule not in settings.ignore)


_UNTOUCHED = "Nothing was written. With fewer paths, or with --exclude, the rest may be examined."
_STAYS = "what only goes with all flows stays in it, because one could not be written: see to that by hand"
_BEGUN = "No flow stays half written: the same command finishes, or takes back, what was begun."


def write(outcome: Outcome) -> Outcome:
    """Write the rewrites, flow by flow: all files of a flow or none; what failed is in ``report.lost``."""
    with guarded(last=_BEGUN):
        return _write(outcome)


def _write(outcome: Outcome) -> Outcome:
    from .series import Series, is_rewritten, without_last
    from .writes import WriteFailed, write_all

    together = Series(outcome.originals)
    done: list[Flow] = []
    lost: list[Skipped] = []
    written: set[str] = set()
    for flow in outcome.report.flows:
        if not is_rewritten(flow) or not {*flow.needs} <= {each.id for each in done}:
            continue
        if lost and flow.rewrite is not None:
            lost += (Skipped(path, _STAYS) for path in sorted({edit.path for edit in flow.rewrite.last}))
            flow = without_last(flow)
        files = together.add(flow)
        try:
            write_all(
                outcome.root,
                {path: after for path, (_, after) in files.items()},
                {path: before for path, (before, _) in files.items()},
            )
        except WriteFailed as error:
            lost.append(Skipped(error.path, error.why))
            together = Series(outcome.originals)
            for each in done:
                together.add(each)
        else:
            done.append(flow)
            written.update(files)
    report = replace(outcome.report, written=tuple(sorted(written)), lost=tuple(sorted(set(lost))))
    return replace(outcome, report=report, fixed=frozenset(flow.id for flow in done))


def recover(paths: Sequence[Path]) -> Recovered | None:
    """Finish, or take back, what an interrupted ``write`` has left at the root of ``paths`` or above it.

    Raises ``UsageError`` where somebody has to look first.
    """
    from .writes import WriteFailed, pending, recover

    with guarded():
        journal = pending(locate(paths)[0])
        try:
            return recover(journal.parent) if journal is not None else None
        except WriteFailed as error:
            raise UsageError(f"{error.path}: {error.why}") from error


def catalog(own: Sequence[Path] = ()) -> Rules:
    """Give the rules, those of the files ``own`` first; they are read only when something needs them."""
    from .rules.load import RulesError, load

    try:
        return load(own)
    except RulesError as error:
        raise UsageError(str(error)) from error


@contextlib.contextmanager
def guarded(*known: type[Exception], last: str = "") -> Iterator[None]:
    """Let out only errors that are safe to show: ours and the ``known``; the others lose their text.

    ``last`` says what to do then, where no file is known to bring it about.
    """
    safe: tuple[type[Exception], ...] = (UsageError, InternalError, *known)
    try:
        yield
    except safe:
        raise
    except Exception as error:
        from .net import at_hand, whereabouts

        path, told = at_hand(error), whereabouts(error)
        if path is not None and last != _BEGUN:
            last = f"The file at hand was {path}: without it (--exclude) the rest may be examined."
        told += f"\n{last}" if last else ""
        raise InternalError(told) from None


def uncommitted(outcome: Outcome) -> tuple[str, ...]:
    """Give the files that ``write`` would replace and git could not give back.

    Raises ``UsageError`` where there is a repository, and git does not say.
    """
    from .tree.git import GitFailed, uncommitted

    paths = tuple(outcome.total)
    try:
        return uncommitted(str(outcome.root), paths) if paths else ()
    except GitFailed as error:
        raise UsageError(
            f"git does not say whether it could give back what is here now ({error}):"
            " see to that, or go on with --force"
        ) from error


def would_write(outcome: Outcome) -> Outcome:
    """Give the same outcome, whose report names the files that ``write`` would replace."""
    return replace(outcome, report=replace(outcome.report, written=tuple(outcome.total)))


def exit_code(outcome: Outcome) -> int:
    """Give 0 if nothing is left to find, 1 if something is, or could not be examined or written."""
    report = outcome.report
    left = any(not finding.suppressed and finding.flow not in outcome.fixed for finding in report.findings)
    return 1 if left or report.files.failed or report.lost else 0


def write_new(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a directory that is new or empty, all or none; raise ``UsageError``."""
    made: list[Path] = []
    try:
        if os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder}: is there already and is not an empty directory")
        if files:
            folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            made.append(folder / name)
            made[-1].write_bytes(data)
        made.clear()
    except OSError as error:
        raise UsageError(f"{folder}: {(error.strerror or 'cannot be written').lower()}") from error
    finally:
        for path in made:
            with contextlib.suppress(OSError):
                path.unlink()


def locate(paths: Sequence[Path], instead: Collection[str] = ()) -> tuple[Path, list[Path]]:
    """Give the root and the real places of ``paths``: the root is the working directory if it holds
    them all, else their common parent directory. A path need not exist if it is among ``instead``."""
    for path in paths:
        if not os.path.exists(path) and path.as_posix() not in instead:
            raise UsageError(f"{path}: there is no such file or directory")
    targets = [Path(os.path.realpath(path)) for path in paths] or [Path(os.path.realpath("."))]
    here = os.path.realpath(".")
    try:
        common = os.path.commonpath([here, *targets])
        if common == here:
            return Path(here), targets
        common = os.path.commonpath(targets)
    except ValueError as error:  # two drives
        raise UsageError("the paths have no common parent directory") from error
    return Path(common if os.path.isdir(common) else os.path.dirname(common)), targets


def part(outcome: Outcome) -> str | None:
    """Give the folder of a git work tree that alone was read, if something in it is to change."""
    changes = any(flow.rewrite is not None for flow in outcome.report.flows)
    return (git_prefix(outcome.root) or None) if changes else None


def lies_apart(root: Path, paths: Sequence[str]) -> bool:
    """Say whether any file is one of a repository inside of the tree: a submodule, or a clone."""
    folders = {above for path in paths for above in (root / path).parents if above.is_relative_to(root)}
    return any(os.path.lexists(folder / ".git") for folder in folders - {root})


def _silent(stage: str, done: int, total: int, what: str) -> None:
    pass


def _check_rules(settings: Settings, rules: Rules | None) -> None:
    """Refuse rules that do not exist; without any in the settings, without reading the catalog."""
    named = {
        *settings.select,
        *settings.ignore,
        *(name for names in settings.per_path.values() for name in names),
    }
    if not named:
        return
    if rules is None:
        rules = catalog()
    strangers = sorted(named - rules.catalog.keys())
    if strangers:
        known = ", ".join(sorted(rules.catalog))
        raise UsageError(f"there is no rule named {strangers[0]}; the rules are {known}")


@contextlib.contextmanager
def _parser(settings: Settings, hits: Collection[str]) -> Iterator[Parser]:
    """Give what parses; it gets ready while all that is not needed before is loaded."""
    from .python.facts.parser import Parser

    with contextlib.closing(Parser(settings.jobs)) as parser:
        if hits:
            parser.start()
        yield parser


def _analyse(
    tree: Tree,
    hits: tuple[str, ...],
    rules: Rules,
    settings: Settings,
    parser: Parser,
    progress: Progress,
    words: Words,
) -> Analysis:
    from .catching import Catcher, watched, with_room
    from .project.analysis import Analysis, Options, analyse

    if not hits:
        return Analysis(findings=(), flows=(), unfixed=(), parsed=0, failed=())
    options = Options(
        client=settings.client,
        scopes=settings.scopes,
        scope_settings=settings.scope_settings,
    )
    with watched() as begin:

        def told(stage: str, done: int, total: int, what: str) -> None:
            begin()
            progress(stage, done, total, what)

        return with_room(lambda: analyse(tree, hits, rules, options, parser, told, words, Catcher(begin)))

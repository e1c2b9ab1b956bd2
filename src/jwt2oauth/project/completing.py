"""What a report gains once its flows are known: what goes with several of them, manifests, keys, mentions."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ..model import Flow, Joint, Report, Rewrite, Skipped, Unfixed
from ..paths import is_examined
from ..rules.tables import Rules
from ..series import Series, is_rewritten, series
from ..tree.search import Words
from ..tree.walk import Tree

_ELSEWHERE = "aem-service-credentials"
"""The reason of flows that stay as they are: their credential has not ended."""
_GRANTS = "authlib"
"""The package whose other modules a rewritten program imports."""
_IGNORES = (".gitignore", ".dockerignore", "MANIFEST.in")
_SHOWN = 6
"""Places that are named; of the others only the number."""
_OF_TESTS = re.compile(r"(?:^|/)(?:tests?/|test_|conftest\.py$)|_test\.py$|(?:^|/)tests\.py$")


def completed(
    report: Report,
    joint: Sequence[Joint],
    tree: Tree,
    rules: Rules,
    words: Words,
    asked: Callable[[str], bool],
    *,
    remove_keys: bool,
) -> Report:
    """Give the report with all that its rewrites do beside the code; what cannot be done together is left.

    That takes files of every kind: those that were ``asked`` about and could not be read are named.
    """
    report = _settled(report, tree)
    report = _with_joint(report, joint, tree)
    report = _with_manifests(report, originals(tree, report), tree, rules, words)
    before = originals(tree, report)
    report = _with_mentions(report, before, tree, rules, words)
    report = _with_keys(report, before, rules, words, remove=remove_keys)
    return _with_unread(report, tree, asked)


def _left_alone(flow: Flow, reason: str, message: str, next_step: str) -> Flow:
    name = next(iter(flow.findings), "")
    return replace(flow, rewrite=None, unfixed=Unfixed(name, reason, message, next_step, flow.id))


def originals(tree: Tree, report: Report) -> dict[str, bytes]:
    """Read what a rewrite touches, and what a finding or a step of a flow lies in."""
    paths = {edit.path for flow in report.flows if flow.rewrite is not None for edit in flow.rewrite.edits}
    paths |= {place.path for flow in report.flows for place in flow.trace}
    paths |= {place.path for finding in report.findings for place in (finding.place, *finding.related)}
    found = {}
    for path in sorted(paths):
        try:
            found[path] = tree.read(path)
        except OSError:  # a key that was there a moment ago
            found[path] = b""
    return found


def _with_unread(report: Report, tree: Tree, asked: Callable[[str], bool]) -> Report:
    """Name the files that could not be read, or have gone since they were."""
    for path in sorted({finding.place.path for finding in report.findings}):
        with contextlib.suppress(OSError):  # the tree remembers it
            tree.peek(path)
    failed: set[Skipped] = set(report.files.failed)
    known = {each.path for each in failed}
    unread = tree.unread.items()
    failed.update(Skipped(path, reason) for path, reason in unread if path not in known and asked(path))
    more = len(failed) - len(report.files.failed)
    files = replace(report.files, seen=report.files.seen + more, failed=tuple(sorted(failed)))
    return replace(report, files=files) if more else report


def _settled(report: Report, tree: Tree) -> Report:
    """Let each flow that needs others be rewritten after them, or without them where one is left alone."""
    while True:
        done = {flow.id for flow in report.flows if is_rewritten(flow)}
        flows = [
            flow if {*flow.needs} <= done or not is_rewritten(flow) else _alone(flow) for flow in report.flows
        ]
        if flows == [*report.flows]:
            settled = _in_turn(report)
            settled = _demote_conflicts(settled, originals(tree, settled))
            left = {flow.id for flow in settled.flows if not is_rewritten(flow)} & done
            if not any(left & {*flow.needs} for flow in flows):
                return settled
            kept = {flow.id: flow for flow in settled.flows if flow.id in left}
            flows = [kept.get(flow.id, flow) for flow in flows]
        report = replace(report, flows=tuple(flows))


def _alone(flow: Flow) -> Flow:
    """A flow as it is changed, or why it is not, where those that it needs stay as they are."""
    is_change = isinstance(flow.otherwise, Rewrite)
    rewrite, unfixed = (flow.otherwise, None) if is_change else (None, flow.otherwise)
    return replace(flow, rewrite=rewrite, unfixed=unfixed, needs=(), otherwise=None)  # type: ignore[arg-type]


def _in_turn(report: Report) -> Report:
    """Flows behind those that they need, which leave to them what they do in their own way."""
    taken = {edit for flow in report.flows if flow.needs and flow.rewrite for edit in flow.rewrite.instead}
    flows: list[Flow] = []
    waiting = list(report.flows)
    while waiting:
        open_ = {flow.id for flow in waiting}
        ready = next((flow for flow in waiting if open_.isdisjoint(flow.needs)), waiting[0])
        waiting.remove(ready)
        if ready.rewrite is not None and not ready.needs:
            left = tuple(edit for edit in ready.rewrite.edits if edit not in taken)
            ready = replace(ready, rewrite=replace(ready.rewrite, edits=left))
        flows.append(ready)
    return replace(report, flows=tuple(flows))


def _demote_conflicts(report: Report, originals: Mapping[str, bytes]) -> Report:
    """Leave alone every flow whose edits cannot be made beside those before it."""
    from ..edits import Conflict, UnreadableText

    together = Series(originals)
    flows: list[Flow] = []
    for flow in report.flows:
        if is_rewritten(flow):
            try:
                together.add(flow)
            except Conflict:
                flow = _left_alone(
                    flow,
                    "conflict",
                    "Its change meets that of another flow.",
                    "Apply the other one, then run again.",
                )
            except UnreadableText as error:
                flow = _left_alone(
                    flow, "proof-failed", f"A file cannot hold the change: {error}.", "Convert it to UTF-8."
                )
        flows.append(flow)
    return replace(report, flows=tuple(flows))


def _with_joint(report: Report, joint: Sequence[Joint], tree: Tree) -> Report:
    """Let what only several flows needed go with the last of them, if all of them are rewritten."""
    from ..edits import Conflict

    for each in joint:
        flows = [flow for flow in report.flows if is_rewritten(flow)]
        users = [flow for flow in flows if flow.id in each.flows]
        if len(users) < len(each.flows):
            continue
        last, before = users[-1], users[-1].rewrite
        assert before is not None, "only rewritten flows are asked"
        rewrite = replace(
            before,
            edits=tuple(sorted({*before.edits, *each.edits})),
            last=(*before.last, *each.edits),
            notes=(*before.notes, *each.notes),
            last_notes=(*before.last_notes, *each.notes),
            todos=(*before.todos[:-1], *each.todos, *before.todos[-1:]),
            unread=(*before.unread, *each.unread),
        )
        after = _exchanged(report, last, rewrite)
        try:
            series(originals(tree, after), [flow for flow in after.flows if is_rewritten(flow)])
            report = after
        except Conflict:
            places = ", ".join(dict.fromkeys(edit.path for edit in each.edits))
            stays = f"What only these flows read stays in {places}: taking it out meets another change there."
            todos = (*before.todos[:-1], stays, *before.todos[-1:])
            report = _exchanged(report, last, replace(before, todos=todos))
    return report


def _exchanged(report: Report, flow: Flow, rewrite: Rewrite) -> Report:
    """Give the report with another rewrite for a flow."""
    changed = replace(flow, rewrite=rewrite)
    return replace(report, flows=tuple(changed if each is flow else each for each in report.flows))


def _with_manifests(
    report: Report, originals: Mapping[str, bytes], tree: Tree, rules: Rules, words: Words
) -> Report:
    """Let the manifests of dependencies go with the flows that are rewritten."""
    flows = [flow for flow in report.flows if is_rewritten(flow)]
    if not flows:
        return report
    from ..dependencies import outlooks

    steps = [
        {path: after for path, (_, after) in files.items()} for files in series(originals, flows).values()
    ]
    moved = {}
    for flow, found in zip(flows, outlooks(tree, steps, rules.dependencies, words), strict=True):
        assert flow.rewrite is not None, "only rewritten flows have a step"
        moved[flow.id] = replace(
            flow.rewrite,
            edits=tuple(sorted({*flow.rewrite.edits, *found.gains, *found.losses})),
            last=(*flow.rewrite.last, *found.losses),
            notes=(*flow.rewrite.notes, *found.notes),
            last_notes=(*flow.rewrite.last_notes, *found.notes),
            todos=(*dict.fromkeys(found.todos), *flow.rewrite.todos),
        )
    flows = [replace(flow, rewrite=moved.get(flow.id, flow.rewrite)) for flow in report.flows]
    return replace(report, flows=tuple(flows))


def _with_keys(
    report: Report,
    originals: Mapping[str, bytes],
    rules: Rules,
    words: Words,
    *,
    remove: bool,
) -> Report:
    """Say what becomes of the key files of the flows that are rewritten; delete them, if asked."""
    flows = [flow for flow in report.flows if is_rewritten(flow)]
    if not any(flow.keys for flow in flows):
        return report
    from .keyfiles import fates
    from .mentions import is_looked_through

    steps = [
        {path: after for path, (_, after) in files.items()} for files in series(originals, flows).values()
    ]
    left = {key for flow in report.flows if not is_rewritten(flow) for key in flow.keys}
    moved = {}

    def may_name(path: str) -> bool:
        return is_examined(path) and not is_looked_through(path, rules.mentions)

    for flow, fate in zip(flows, fates(words, may_name, flows, steps, left, remove=remove), strict=True):
        assert flow.rewrite is not None, "only rewritten flows have a step"
        moved[flow.id] = replace(
            flow.rewrite,
            edits=(*flow.rewrite.edits, *fate.edits),
            last=(*flow.rewrite.last, *fate.edits),
            deleted=(*flow.rewrite.deleted, *(edit.path for edit in fate.edits)),
            notes=(*flow.rewrite.notes, *fate.notes),
            last_notes=(*flow.rewrite.last_notes, *fate.notes),
            todos=(*flow.rewrite.todos, *fate.todos),
        )
    return replace(
        report,
        flows=tuple(replace(flow, rewrite=moved.get(flow.id, flow.rewrite)) for flow in report.flows),
    )


def _with_mentions(
    report: Report, originals: Mapping[str, bytes], tree: Tree, rules: Rules, words: Words
) -> Report:
    """Say which files that no program reads speak of what the flows needed, or need until they change."""
    from .mentions import is_looked_through, mentions, remarks_left

    flows = [flow for flow in report.flows if is_rewritten(flow)]
    after = {path: data for files in series(originals, flows).values() for path, (_, data) in files.items()}
    tree = tree.overlay(after)
    flows += [flow for flow in report.flows if flow.unfixed is not None and flow.unfixed.reason != _ELSEWHERE]
    moved = {}

    def may_name(path: str) -> bool:
        looked = is_looked_through(path, rules.mentions) or path.endswith(_IGNORES)
        return is_examined(path) and not looked and not _OF_TESTS.search(path)

    texts = {path: data.decode("utf-8-sig", "replace") for path, data in originals.items()}
    asking = [_asking(flow, tree, words, may_name) for flow in flows]
    remarks = _remarks(asking, tree, words, may_name)
    known = {finding.place.path for finding in report.findings}
    apart = rules.provider.aem.metascopes
    own = {place.path for flow in flows for place in flow.trace} | originals.keys()

    def is_others(path: str) -> bool:
        return path not in own and not is_looked_through(path, rules.mentions) and not _OF_TESTS.search(path)

    is_alone = bool(flows) and not _sign_on(after, rules)
    is_alone = is_alone and not any(map(is_others, words.holding((b"jwt", b"JWT"))))
    told_of = mentions(tree, asking, rules.mentions, known, apart, is_alone=is_alone) if flows else ()
    for flow, todos in zip(flows, told_of, strict=True):
        todos += remarks.get(flow.id, ())
        if flow.unfixed is not None:
            moved[flow.id] = replace(flow, unfixed=replace(flow.unfixed, todos=tuple(todos)))
        elif flow.rewrite is not None:
            *first, last = flow.rewrite.todos or ("",)  # which speaks of the time when all is deployed
            told = tuple(filter(None, (*first, *todos, remarks_left(texts, flow), last)))
            moved[flow.id] = replace(flow, rewrite=replace(flow.rewrite, todos=told))
    return replace(report, flows=tuple(moved.get(flow.id, flow) for flow in report.flows))


def _sign_on(after: Mapping[str, bytes | None], rules: Rules) -> bool:
    """Does a program that has changed go on to import what signs JWTs? Then it has others than its flow's."""
    modules = {name.partition("(")[0].rpartition(".")[0] for row in rules.encoders for name in row.names}
    packages = {module.rpartition(".")[0] or module for module in modules} - {_GRANTS}
    names = "|".join(map(re.escape, sorted(packages)))
    imports = re.compile(rf"^[ \t]{{0,80}}(?:import|from)[ \t]{{1,8}}(?:{names})\b".encode(), re.MULTILINE)
    return any(data is not None and imports.search(data) for data in after.values())


def _asking(flow: Flow, tree: Tree, words: Words, may_name: Callable[[str], bool]) -> Flow:
    """The same without the key files that something goes on to name that ``may_name`` them.

    ``tree`` is as it has become. A setting that stays though nothing reads it names none.
    """
    if flow.rewrite is None:
        return flow
    from .keyfiles import BINARY, without_prose

    unread = [word.encode() for word in flow.rewrite.unread if not word.endswith((*BINARY, ".pem"))]
    resting = flow.rewrite.resting

    def names(path: str, name: bytes) -> bool:
        try:
            lines = without_prose(path, tree.peek(path)).splitlines() if may_name(path) else ()
            idle = [*unread, *(setting.encode() for place, setting in resting if place in ("", path))]
            return any(name in line and not any(word in line for word in idle) for line in lines)
        except OSError:  # it goes as well
            return False

    def is_free(path: str) -> bool:
        name = path.rpartition("/")[2].encode()
        return not any(names(program, name) for program in words.holding((name,)))

    return replace(
        flow, keys=tuple(filter(is_free, flow.keys)), read_from=tuple(filter(is_free, flow.read_from))
    )


def _remarks(
    flows: Sequence[Flow], tree: Tree, words: Words, may_name: Callable[[str], bool]
) -> dict[str, list[str]]:
    """To-dos for what programs still tell people of the key files of rewritten flows, each told once."""
    from .keyfiles import without_prose

    told: dict[str, list[str]] = {}
    seen: set[str] = set()
    for flow in flows:
        names = {path.replace("\\", "/").rpartition("/")[2] for path in (*flow.keys, *flow.read_from)}
        for name in sorted(name for name in names if "." in name) if flow.rewrite is not None else ():
            word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])".encode())
            places = []
            for path in (p for p in words.holding((name.encode(),)) if p.endswith(".py") and may_name(p)):
                try:
                    data = tree.peek(path)
                except OSError:  # it goes as well
                    continue
                lines = zip(data.split(b"\n"), without_prose(path, data).split(b"\n"), strict=True)
                at = [
                    number
                    for number, (line, code) in enumerate(lines, 1)
                    if line != code and word.search(line)
                ]
                places += [f"{path}:{number}" for number in at]
            if places and name not in seen:
                more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
                where = ", ".join(places[:_SHOWN])
                told.setdefault(flow.id, []).append(
                    f"Comments or docstrings still name {name}: {where}{more}."
                )
            seen.add(name)
    return told

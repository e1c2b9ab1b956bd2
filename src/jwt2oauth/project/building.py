"""From plans, and what was left without one, to findings, flows and reasons."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol

from ..config.documents import kind_of
from ..findings import Draft, identify
from ..model import Edit, Finding, Flow, Joint, Place, Rewrite, Safety, Skipped, Span, Unfixed
from ..net import Net
from ..paths import is_program
from ..python.facts import syntax as s
from ..python.facts.unparsable import Unparsable
from ..python.facts.values import Site, text_of
from ..python.leftovers.settings import Unread, told
from ..python.lifetime.conversions import Conversions
from ..python.planning.half_flows import Lone
from ..python.planning.plan import Plan, Planned, Refusal
from ..python.resolve import Resolver
from ..python.roles.trace import Mark, Tracer, is_key, place, scope_name, shape, written
from ..python.sdks import SdkPlan
from ..records import dataclass
from ..rules.tables import Rules
from ..tree.walk import Tree
from .clearing import Cleared
from .documents import Documents
from .keyfiles import BINARY, given, holds_key
from .mentions import LIMIT, is_looked_through, settings_near
from .templates import is_template, variables_of

_PAGE = "the credential's page in the Adobe Developer Console"
_PATH = re.compile(r"[\w./~-]+")


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that is known of one tree."""

    findings: tuple[Finding, ...]
    flows: tuple[Flow, ...]
    unfixed: tuple[Unfixed, ...]
    parsed: int
    failed: tuple[Skipped, ...]
    joint: tuple[Joint, ...] = ()


class Known(Protocol):
    """What is known of a tree when its plans are made."""

    @property
    def rules(self) -> Rules:
        """The tables."""

    @property
    def tree(self) -> Tree:
        """The files."""

    @property
    def resolver(self) -> Resolver:
        """What expressions stand for."""

    @property
    def tracer(self) -> Tracer:
        """The places of a flow."""

    @property
    def documents(self) -> Documents:
        """The files of configuration."""

    @property
    def hits(self) -> Collection[str]:
        """The files that hold a needle."""

    @property
    def broken(self) -> Mapping[str, Unparsable]:
        """The files that cannot be parsed."""

    @property
    def net(self) -> Net:
        """What catches mistakes of ours, file by file."""

    @property
    def failed(self) -> Mapping[str, str]:
        """The files that could not be examined, with the reasons."""

    def contents(self, path: str) -> bytes:
        """Give the bytes of a file."""

    def joint(self, plans: Sequence[Planned]) -> Iterator[tuple[list[Planned], list[Unread], Cleared]]:
        """Give what goes when several plans are carried out, and with none of them alone."""


class Builder:
    """Plans and leftovers → findings, flows, reasons."""

    def __init__(self, project: Known, plans: list[Plan], sdk_plans: list[SdkPlan], lone: list[Lone]) -> None:
        self.project = project
        self.rules = project.rules
        self.plans = plans
        self.sdk_plans = sdk_plans
        self.lone = lone
        self.drafts: list[Draft] = []
        self.findings: list[Finding] = []

    def build(self) -> Analysis:
        """Assign fingerprints once over all, then put the flows together."""
        groups = list(self._groups())
        taken: set[tuple[str, object]] = set()
        spans: list[tuple[int, int]] = []
        keys: list[tuple[str, ...]] = []
        read_from: list[tuple[str, ...]] = []
        variables: list[tuple[str, ...]] = []
        readers: list[tuple[str, ...]] = []
        for item, marks in groups:
            start = len(self.drafts)
            with self.project.net.over(item.entry.module.path):
                self._add(marks, taken)
            spans.append((start, len(self.drafts)))
            keys.append(tuple(dict.fromkeys(key for mark in marks for key in self._key_files(mark))))
            named = (name for mark in marks for name in mark.files)
            read_from.append(tuple(dict.fromkeys([*named, *_keys_named(item)])))
            variables.append(tuple(dict.fromkeys(name for mark in marks for name in mark.variables)))
            readers.append(tuple(_still_read(item, marks)))
        broken = len(self.drafts)
        self.drafts += [self._unparsable(path, error) for path, error in sorted(self._hit_and_broken())]
        self.findings = identify(self.drafts)
        flows: dict[int, Flow] = {}
        each = zip(groups, spans, keys, read_from, variables, readers, strict=True)
        for (item, _), (start, end), files, said, names, still in each:
            with self.project.net.over(item.entry.module.path):
                flow = self._flow(item, self.findings[start:end])
                flow = replace(flow, keys=files, read_from=said, variables=names, still_read=still)
                flows[id(item)] = flow
                for i in range(start, end):
                    self.findings[i] = _with_flow(self.findings[i], flow)
        for item, flow in ((p, flows[id(p)]) for p in self.sdk_plans if p.alone is not None):
            needs = tuple(flows[id(each)].id for each in item.upon)
            flows[id(item)] = replace(flow, needs=needs, otherwise=self._otherwise(item, flow))
        unfixed = tuple(self._left_unparsable(f) for f in self.findings[broken:])
        lost = {**(self.project.documents.unread if self.findings else {}), **self.project.failed}
        unread = lost.keys() | self.project.broken.keys()
        parsed = sum(path not in unread for path in self.project.hits)
        failed = [Skipped(p, why) for p, why in lost.items()]
        # Without a needle, too: who imports a flow's module or is imported by it may break with it.
        aside = self.project.net.aside
        broken_off = {p: e for p, e in self.project.broken.items() if p not in aside}
        failed += [Skipped(p, f"{_where(e)}: {e}") for p, e in broken_off.items()]
        failed += [Skipped(p, aside[p]) for p in aside.keys() - {each.path for each in failed}]
        findings = tuple(sorted(self.findings, key=lambda f: (f.place, f.rule)))
        joint = tuple(self._joint({item: flow.id for item, flow in flows.items()}))
        ordered = sorted(flows.values(), key=_beginning)
        return Analysis(findings, tuple(ordered), unfixed, parsed, tuple(sorted(failed)), joint)

    def _add(self, marks: list[Mark], taken: set[tuple[str, object]]) -> None:
        """Draft the findings at these places and at the keys that they name, each once in ``taken``."""
        for mark in [*self._in_environment(marks), *marks]:
            for key in self._key_files(mark):
                if ("private-key-file", key) not in taken:
                    taken.add(("private-key-file", key))
                    self.drafts.append(self._key_draft(key))
            if (mark.rule, mark.site.node) not in taken:
                taken.add((mark.rule, mark.site.node))
                self.drafts.append(self._draft(mark))

    def _groups(self) -> Iterator[tuple[Planned | Lone, list[Mark]]]:
        """What makes a flow each, and its places."""
        items: list[Plan | SdkPlan | Lone] = [*self.plans, *self.sdk_plans, *self.lone]
        for item in items:
            with self.project.net.over(item.entry.module.path):
                marks = self._marks(item) if isinstance(item, Plan) else item.marks(self.project.tracer)
                yield item, list(marks)

    def _joint(self, ids: Mapping[int, str]) -> Iterator[Joint]:
        for plans, unread, cleared in self.project.joint([*self.plans, *self.sdk_plans]):
            names = (*(each.name for each in unread if each.variable), *cleared.telling)
            flows = tuple(ids[id(plan)] for plan in plans)
            todos = (*told(unread), *cleared.todos)
            yield Joint(flows, tuple(cleared.edits), tuple(cleared.notes), todos, names)

    def _hit_and_broken(self) -> list[tuple[str, Unparsable]]:
        return [(p, e) for p, e in self.project.broken.items() if p in self.project.hits]

    def _marks(self, plan: Plan) -> list[Mark]:
        tracer = self.project.tracer
        traced = (mark for exchange in plan.exchanges for mark in tracer.exchange(exchange))
        marks = list(tracer.ours(traced, plan.exchanges))
        lifetimes = plan.lifetimes
        if plan.refusal is not None and not plan.exchanges[0].aem:
            lifetimes = Conversions(self.project.resolver, self.rules, plan.exchanges).find()
        marks += [
            Mark("expires-in-milliseconds", site, "the lifetime is turned from milliseconds")
            for site in lifetimes.conversions
        ]
        return marks

    def _draft(self, mark: Mark) -> Draft:
        rule = self.rules.catalog[mark.rule]
        module, node = mark.site.module, mark.site.node
        where = place(mark.site, mark.note)
        return Draft(
            mark.rule,
            where,
            rule.summary,
            rule.severity,
            rule.confidence,
            shape(node),
            scope_name(module, node),
        )

    def _key_files(self, mark: Mark) -> tuple[str, ...]:
        """The files of the tree that a reading of the key means, and that hold one.

        A variable or an option may mean one that deployment, CI, a script or a ``.env`` file gives for it, or
        one that is called like it, in a folder of secrets.
        """
        names = [*mark.files, *mark.variables, *(name.lower() for name in mark.variables)]
        if mark.rule == "private-key-read" and (mark.variables or mark.flags):
            names += given((*mark.variables, *mark.flags), self._settings)
        keys = [name for name in mark.files if name.isidentifier()]  # of configuration that was not seen
        names += given(keys, self._beside) if keys else ()
        located = (self.project.documents.locate(mark.site.module.path, name) for name in names)
        paths = dict.fromkeys(path for path in located if path is not None)
        return tuple(path for path in paths if holds_key(path, self.project.contents(path)))

    def _in_environment(self, marks: Sequence[Mark]) -> Iterator[Mark]:
        """The private keys that files of the environment give for the variables of a flow."""
        names = {name for mark in marks if mark.rule == "private-key-read" for name in mark.variables}
        for path in self.project.tree.others if names else ():
            module = self.project.documents.module(path) if kind_of(path) == "env" else None
            if module is not None:
                values = (item.value for name, item in variables_of(module).items() if name in names)
                keys = (each for each in values if isinstance(each, s.Str) and is_key(str(each.value)))
                yield from (written(Site(module, each)) for each in keys)

    @cached_property
    def _settings(self) -> tuple[str, ...]:
        """The texts of files that may set variables, or call programs with options."""
        rules = self.rules.mentions
        wanted = [
            path
            for path in self.project.tree.others
            if is_looked_through(path, rules) or kind_of(path) in ("env", "yaml") or is_template(path)
        ]
        return tuple(self._texts(wanted))

    @cached_property
    def _beside(self) -> tuple[str, ...]:
        """The texts of files of settings beside the flows."""
        items: list[Planned | Lone] = [*self.plans, *self.sdk_plans, *self.lone]
        own = {item.entry.module.path for item in items}
        return tuple(self._texts(settings_near(self.project.tree, self.rules.mentions, own)))

    def _texts(self, paths: Iterable[str]) -> Iterator[str]:
        texts = (self.project.contents(path) for path in paths)
        return (text.decode("utf-8", "replace") for text in texts if len(text) <= LIMIT and b"\0" not in text)

    def _key_draft(self, path: str) -> Draft:
        rule = self.rules.catalog["private-key-file"]
        where = Place(path, 1, 1, 1, 1, Span(0, 0), "the private key lies here")
        return Draft("private-key-file", where, rule.summary, rule.severity, rule.confidence, "", "")

    def _unparsable(self, path: str, error: Unparsable) -> Draft:
        rule = self.rules.catalog["unparsable"]
        why, said = self.project.net.aside.get(path), rule.summary
        note = "the file cannot be parsed" if why is None else "the file was given up"
        if why is not None:
            said = f"The text speaks of Adobe's JWT credential, and the file was given up: {why}."
        where = Place(path, error.line, 1, error.line, 1, Span(0, 0), note, cell=error.cell)
        return Draft("unparsable", where, said, rule.severity, rule.confidence, "", "")

    def _left_unparsable(self, finding: Finding) -> Unfixed:
        why = self.project.net.aside.get(finding.place.path)
        reason = self.rules.unfixed["unparsable" if why is None else "given-up"]
        said = reason.text if why is None else f"{reason.text.removesuffix('.')}: {why}."
        return Unfixed(finding.fingerprint, reason.code, said, reason.next_step)

    # -- flows --------------------------------------------------------------------------------------

    def _flow(self, item: Planned | Lone, findings: list[Finding]) -> Flow:
        trace = tuple(f.place for f in findings)
        key = "\0".join(f.fingerprint for f in findings) or repr(item.entry.key)
        name = "flow-" + hashlib.sha256(key.encode()).hexdigest()[:8]
        title = _title(item.entry)
        fingerprints = tuple(f.fingerprint for f in findings)
        refusal = item.refusal
        if refusal is not None:
            left = self._left(refusal, findings, name)
            return Flow(name, title, fingerprints, trace, unfixed=left)
        assert isinstance(item, Planned)
        return Flow(name, title, fingerprints, trace, rewrite=self._rewrite(item, name, findings))

    def _left(self, refusal: Refusal, findings: list[Finding], flow: str) -> Unfixed:
        reason = self.rules.unfixed[refusal.reason]
        where = place(refusal.site)
        at = next((f for f in findings if f.place.label == where.label), None)
        fingerprint = (at or findings[-1]).fingerprint if findings else ""
        detail = f" ({refusal.detail})." if refusal.detail else "."
        message = f"{where.label}: {reason.text.removesuffix('.')}{detail}"
        return Unfixed(fingerprint, reason.code, message, refusal.next_step or reason.next_step, flow)

    def _rewrite(self, plan: Planned, flow: str, findings: Sequence[Finding]) -> Rewrite:
        edits = tuple(sorted(plan.edits()))
        gone = (f"{path} goes: {_why_gone(path)}." for path in plan.deleted)
        notes = dict.fromkeys([*plan.notes, *gone])
        todos = (*self._todos(plan), *_keys_left(findings, edits))
        return Rewrite(
            flow,
            plan.title,
            plan.client if isinstance(plan, Plan) else "sdk",
            Safety.REVIEW,
            edits,
            tuple(notes),
            todos,
            unread=tuple(dict.fromkeys(plan.unread)),
            resting=tuple(dict.fromkeys(plan.resting)),
            deleted=tuple(plan.deleted),
            instead=tuple(plan.instead()),
            secrets=tuple(dict.fromkeys(self._secrets(plan))),
        )

    def _secrets(self, plan: Planned) -> Iterator[str]:
        """The client secrets that the code itself spells, whatever they are called there."""
        sent = (
            (form.fields.entries for each in plan.exchanges for form in each.forms)
            if isinstance(plan, Plan)
            else ()
        )
        name = self.rules.provider.fields.client_secret
        for entry in (each for entries in sent for each in entries):
            if text_of(entry.key) == name and entry.value is not None:
                values = self.project.resolver.resolve(entry.value)
                yield from (text for value in values if (text := text_of(value)))

    def _otherwise(self, plan: SdkPlan, flow: Flow) -> Rewrite | Unfixed:
        """What becomes of a login where a flow that it goes on with is left alone."""
        findings = [each for each in self.findings if each.flow == flow.id]
        assert plan.alone is not None, "only plans that go on with others are asked"
        if plan.alone.refusal is not None:
            return self._left(plan.alone.refusal, findings, flow.id)
        return self._rewrite(plan.alone, flow.id, findings)

    def _todos(self, plan: Planned) -> Iterator[str]:
        todos = list(dict.fromkeys(plan.todos))
        told = " ".join(todos)
        page = next((n for n, todo in enumerate(todos) if _PAGE in todo), len(todos))  # which has to be there
        variables = [
            v.variable
            for v in plan.settings
            if v.variable and f"Put the scopes in the environment variable {v.variable}" not in told
        ]
        yield from todos[:page]
        yield (
            "Add an OAuth Server-to-Server credential to the project in the Adobe Developer Console "
            "(step 3 of Adobe's guide) and check that the client secret in use belongs to it."
        )
        yield from todos[page:]
        if variables:
            yield f"Set {', '.join(dict.fromkeys(variables))} where this runs (step 6)."
        yield (
            "When the console shows that the new credential is used, delete the JWT credential and revoke "
            "its key (step 7); git history still holds a key that was ever committed."
        )


def _beginning(flow: Flow) -> Place:
    return flow.trace[0] if flow.trace else Place("", 0, 0, 0, 0, Span(0, 0))


def _still_read(item: object, marks: Iterable[Mark]) -> Iterator[str]:
    """Where code that a rewrite leaves reads the key."""
    if isinstance(item, Plan) and item.refusal is None:
        reads = (mark.site for mark in marks if mark.rule == "private-key-read")
        alive = (site for site in reads if not item.changes.is_dead(site.module, site.node))
        yield from dict.fromkeys(place(site).label for site in alive)


def _keys_named(item: object) -> Iterator[str]:
    """Files of keys that only removed code names, whatever puts their paths together."""
    changes = item.changes if isinstance(item, Plan) else None
    for module in changes.touched if changes is not None else ():
        for node in module.each(s.Str) if is_program(module.path) else ():
            text = str(node.value)
            is_file = text.lower().endswith((*BINARY, ".pem")) and _PATH.fullmatch(text)
            if is_file and changes is not None and changes.is_dead(module, node):
                yield text


def _keys_left(findings: Sequence[Finding], edits: Sequence[Edit]) -> Iterator[str]:
    """What is to be said of keys that stand in files of configuration and stay there."""
    for finding in findings:
        where = finding.place
        gone = (e.path == where.path and e.span.start <= where.span.start < e.span.end for e in edits)
        if finding.rule == "private-key-file" and where.span.start < where.span.end and not any(gone):
            yield f"The private key stands in {where.label}: take it out when nothing else reads it."


def _with_flow(finding: Finding, flow: Flow) -> Finding:
    related = tuple(p for p in flow.trace if p != finding.place)
    return Finding(
        finding.rule,
        finding.place,
        finding.message,
        finding.severity,
        finding.confidence,
        finding.fingerprint,
        flow.id,
        related,
        finding.suppressed,
    )


def _where(error: Unparsable) -> str:
    return f"cell {error.cell}, line {error.line}" if error.cell else f"line {error.line}"


def _title(entry: Site) -> str:
    name = scope_name(entry.module, entry.node)
    return f"{name} ({entry.module.path})" if name else entry.module.path


def _why_gone(path: str) -> str:
    is_code = is_program(path)
    return "nothing is left in it" if is_code else "it held the claims, and nothing reads it any more"

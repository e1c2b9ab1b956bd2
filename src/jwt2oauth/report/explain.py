"""``explain``: the catalog, page by page."""

from __future__ import annotations

from ..rules.tables import Rules
from .page import HEAD, QUIET, Page
from .text import rule_page


def page(rules: Rules, name: str, width: int = 100) -> Page | None:
    """Give the page of a rule, or of a reason for leaving something alone; None if there is none."""
    rule, reason = rules.catalog.get(name), rules.unfixed.get(name)
    if rule is not None:
        steps = {step.number: step.title for step in rules.provider.steps}
        step = f"Step {rule.step} of Adobe's migration: {steps[rule.step]}" if rule.step in steps else ""
        facts = [("", rule.summary), ("Why", rule.why), ("What to do", rule.fix)]
        if reason is not None:
            facts.append(("Left alone", f"{reason.text} {reason.next_step}"))
        facts.append(("In Adobe's guide", f"{step}\n\n{rule.link}".strip()))
        return rule_page(
            rule.title, f"{rule.id} · {rule.severity} · confidence {rule.confidence}", facts, width
        )
    if reason is not None:
        facts = [("Why it is left alone", reason.text), ("What to do", reason.next_step)]
        return rule_page(reason.title, reason.code, facts, width)
    return None


def index(rules: Rules, width: int = 100) -> Page:
    """Give the list of all pages."""
    listed = Page(width)
    titles = [(rule.id, rule.title) for rule in rules.catalog.values()]
    reasons = [(reason.code, reason.title) for reason in rules.unfixed.values()]
    column = max(len(name) for name, _ in [*titles, *reasons])
    for heading, entries in (
        ("Rules", sorted(titles)),
        ("Reasons for leaving something alone", sorted(reasons)),
    ):
        listed.gap()
        listed.line((heading, HEAD))
        for name, title in entries:
            listed.flow([("  ", ""), (name.ljust(column), ""), ("  ", "")], [(title, QUIET)])
    return listed

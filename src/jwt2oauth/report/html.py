"""``--format html``: the report as one page that needs nothing else, neither a network nor a script.

Whatever a template prints passes through two filters on its way: ``escape`` spells controls and directional
marks, then Jinja's autoescape makes the rest inert. A policy in the page forbids the browser everything but
the page's own style sheet, so that even a mistake in here could not load or run anything.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .. import __version__
from ..escape import escape
from ..model import Place, Report
from ..rules.tables import Rules
from . import picture
from .facts import View, day, file_sums, gather, lead
from .shared import count, stale
from .sidebyside import rows

TEMPLATES = Path(__file__).parent / "templates"


def render(report: Report, rules: Rules, view: View) -> bytes:
    """Give the report as a page in UTF-8; same report, same bytes."""
    style, facts = _style(), gather(report, rules, view)
    page = (
        _templates()
        .get_template("report.html")
        .render(
            report=report,
            facts=facts,
            lead=lead(report, facts),
            stale=stale(report),
            sums=file_sums(report.files),
            provider=rules.provider,
            reasons=rules.unfixed,
            view=view,
            version=__version__,
            style=Markup(style),  # noqa: S704 - ours
            policy=_policy(style),
        )
    )
    return page.encode("utf-8")


@cache
def _templates() -> Environment:
    environment = Environment(
        autoescape=True,
        finalize=_harmless,
        keep_trailing_newline=True,
        loader=FileSystemLoader(TEMPLATES),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.globals.update(after=picture.after, before=picture.before, count=count, day=day, rows=rows)
    environment.globals["label"] = Place.label_of
    environment.filters["linked"] = _linked
    return environment


def _linked(text: str, lines: Mapping[str, str]) -> Markup:
    """Link the places in a sentence to their lines in the diffs."""
    labels = "|".join(re.escape(label) for label in sorted(lines, key=len, reverse=True))
    pieces = re.split(rf"(?<![\w./-])({labels})(?!\d)", text) if labels else [text]
    link = Markup('<a href="#{}">{}</a>')
    return Markup().join(
        link.format(lines[piece], escape(piece)) if at % 2 else _soft(piece)
        for at, piece in enumerate(pieces)
    )


def _soft(text: str) -> Markup:
    """Let a line end after a comma, as in a list of scopes."""
    return Markup(",<wbr>").join(escape(part) for part in text.split(","))  # join escapes for HTML


def _harmless(value: Any) -> Any:
    """Spell out what a text holds that cannot be seen or turns the reading order."""
    return escape(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _style() -> str:
    return (TEMPLATES / "style.css").read_text("utf-8")


def _policy(style: str) -> str:
    """Allow the style sheet, by its hash, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"

"""What a run says, and where: bytes for programs, pages for people, colours where they are wanted, a bar."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from . import engine
from .records import dataclass

if TYPE_CHECKING:
    from .engine import Outcome
    from .model import Progress
    from .report.page import Page
    from .report.text import Step, View

SLOW = 1.0
"""Seconds after which a run shows a progress bar."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What every command that examines is asked."""

    paths: tuple[Path, ...]
    format: str
    color: str
    quiet: bool
    verbose: bool
    exit_zero: bool
    again: str
    """The options and paths to repeat in a command that the reader may copy; quoted, each after a blank."""
    stdin: str | None = None
    """The path of the file that standard input stands for."""


def show(outcome: Outcome, asked: Asked, stream: TextIO, **details: Any) -> None:
    """Write the report in the format that was asked for."""
    if asked.format != "text":
        people = asked.format in ("html", "markdown")
        data = (
            page(outcome, asked, asked.format, details["mode"]) if people else machine(outcome, asked.format)
        )
        write_bytes(data)
        return
    from .report import text

    details["advice"] = (*details.get("advice", ()), *_unread(outcome))
    view: View = text.View(
        fixed=outcome.fixed,
        command=asked.again.strip(),
        width=width(stream),
        quiet=asked.quiet,
        verbose=asked.verbose,
        **details,
    )
    print_page(text.render(outcome.report, view), stream, asked.color)


def _unread(outcome: Outcome) -> Iterator[Step]:
    if part := engine.part(outcome):
        why = f"Only {part} of this work tree was read: see that nothing outside of it needs what goes."
        yield ((why, ""),)


def machine(outcome: Outcome, form: str) -> bytes:
    """Give the report in one of the formats for programs."""
    from .report import github, gitlab, json, rdjson, sarif
    from .sources import sources

    report, rules, files = outcome.report, engine.catalog(), sources(outcome.originals)
    match form:
        case "sarif":
            return sarif.render(report, rules, files)
        case "rdjson":
            return rdjson.render(report, rules, files)
        case "gitlab":
            return gitlab.render(report, files)
        case "github":
            return github.render(report, rules, files)
        case _:
            return json.render(report)


def page(outcome: Outcome, asked: Asked, form: str, mode: str) -> bytes:
    """Give the report with its changes, for people to read at leisure."""
    from .model import secrets_of
    from .report import facts
    from .series import is_rewritten, series
    from .shown import shown

    flows = [flow for flow in outcome.report.flows if is_rewritten(flow)]
    secrets = secrets_of(flows)
    changes = {flow.id: shown(series(outcome.originals, [flow])[flow.id], secrets) for flow in flows}
    view = facts.View(mode, outcome.fixed, changes, outcome.root.name, asked.again.strip())
    if form == "html":
        from .report import html

        return html.render(outcome.report, engine.catalog(), view)
    from .report import markdown

    return markdown.render(outcome.report, engine.catalog(), view)


def write_bytes(data: bytes) -> None:
    with writing():
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


@contextlib.contextmanager
def writing(*reasons: int) -> Iterator[None]:
    """Say what is wrong with the output, a full disk for example; a reader who has gone is no error.

    With ``reasons``, numbers of the system's, other errors are let out as they are.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if reasons and error.errno not in reasons:
            raise
        why = (error.strerror or "for no reason that is known").lower()
        raise engine.UsageError(f"the output could not be written: {why}") from error


def print_page(page: Page, stream: TextIO, color: str) -> None:
    """Write a page for people, with colours where they are wanted."""
    with writing():
        _printed(page, stream, color)
        stream.flush()


def _printed(page: Page, stream: TextIO, color: str) -> None:
    try:
        page.plain().encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        stream.write(page.ascii())
        return
    if not page.styled or not _colored(stream, color):
        stream.write(page.plain())
        return
    from rich.console import Console

    console = Console(
        file=stream,
        force_terminal=True,
        no_color=False,
        color_system="standard",
        legacy_windows=None,
        highlight=False,
    )
    console.print(page.rich(), soft_wrap=True, end="")


def _colored(stream: TextIO, color: str) -> bool:
    """The command line, then FORCE_COLOR, then NO_COLOR, then whether it is a terminal."""
    if color != "auto":
        return color == "always"
    if os.environ.get("FORCE_COLOR"):
        return True
    return not os.environ.get("NO_COLOR") and stream.isatty() and os.environ.get("TERM") != "dumb"


def width(stream: TextIO) -> int:
    if not stream.isatty():
        return 100
    import shutil

    return min(shutil.get_terminal_size().columns, 110)


@contextlib.contextmanager
def progress(asked: Asked) -> Iterator[Progress | None]:
    """Show a bar on standard error if that is a terminal and the run is a long one."""
    if asked.quiet or not sys.stderr.isatty():
        yield None
        return
    from .report.progress import Bar

    with Bar(SLOW) as bar:
        yield bar.update

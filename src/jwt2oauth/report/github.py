"""``--format github``: workflow commands, which GitHub shows as annotations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from ..escape import escape
from ..model import Report, Severity
from ..rules.tables import Rules
from ..sources import Source, region_of
from .machine import WORST_FIRST, Entry, entries

_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
SHOWN = 10
"""Annotations of a kind that GitHub shows a step."""


def render(report: Report, rules: Rules, sources: Mapping[str, Source]) -> bytes:
    """Give one line a finding, the worst first, and say what GitHub will not show."""
    found = sorted(entries(report), key=lambda entry: WORST_FIRST[entry.finding.severity])
    lines = [_annotation(entry, rules, sources) for entry in found]
    lines += [
        command("error", f"The file could not be examined: {file.reason}.", file=file.path)
        for file in report.files.failed
    ]
    return "".join(f"{line}\n" for line in (*lines, *_cut(lines))).encode("utf-8", "replace")


def command(kind: str, message: str, **properties: object) -> str:
    """Give one workflow command, escaped as GitHub's own toolkit does it."""
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{kind} {listed}::{_data(message)}"


def _annotation(entry: Entry, rules: Rules, sources: Mapping[str, Source]) -> str:
    finding = entry.finding
    region = region_of(finding.place, sources)
    columns = (
        {"col": region.column, "endColumn": region.end_column}
        if region.column and region.line == region.end_line
        else {}
    )
    return command(
        _COMMAND[finding.severity],
        f"{entry.message} ({finding.rule})",
        file=finding.place.path,
        line=region.line,
        endLine=region.end_line,
        **columns,
        title=rules.catalog[finding.rule].title,
    )


def _cut(lines: list[str]) -> Iterator[str]:
    """Say how many annotations of a kind are in the log only."""
    for kind, count in sorted(Counter(line[2:].split(" ", 1)[0] for line in lines).items()):
        if count > SHOWN:
            yield f"jwt2oauth: {count} {kind} annotations; GitHub shows the first {SHOWN} beside the code."


def _data(text: str) -> str:
    """Escape what ends a command, and spell what a terminal would act on: a log is shown in one, too."""
    lines = re.split("(\r|\n)", text.replace("%", "%25"))
    ends = {"\r": "%0D", "\n": "%0A"}
    return "".join(ends.get(part) or escape(part) for part in lines)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

"""A page of text with styles: laid out here, coloured by rich where there are colours.

Texts are made harmless for a terminal on their way in, so nothing on a page can act on one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..escape import escape

if TYPE_CHECKING:
    from rich.text import Text

Segment = tuple[str, str]
"""A text and a style in rich's words; an empty style is plain. Only named ANSI colours that can be read on
light and dark ground are used."""

HEAD, QUIET, PATH, GOOD, CARE, STOP, BAD = "bold", "dim", "", "green", "cyan", "magenta", "bold red"
CODE = "bold default"
"""A command: never broken at its blanks."""

_ASCII = str.maketrans(
    {
        "┌": "|",
        "├": "|",
        "└": "|",
        "─": "-",
        "·": "-",
        "–": "-",
        "—": "-",
        "•": "*",
        "…": "...",
        "→": "->",
        "’": "'",
    }
)


class Page:
    """Lines of styled text, wrapped at ``width``."""

    def __init__(self, width: int = 100) -> None:
        """Start an empty page."""
        self.width = max(width, 40)
        self.lines: list[list[Segment]] = []

    def line(self, *segments: Segment) -> None:
        """Add one line as it is; without segments, an empty one."""
        self.lines.append([(escape(text), style) for text, style in segments])

    def gap(self) -> None:
        """Add an empty line unless there is one already, or nothing to part from."""
        if self.lines and self.lines[-1]:
            self.line()

    def flow(self, lead: Iterable[Segment], segments: Iterable[Segment]) -> None:
        """Add words behind a lead, wrapped; further lines are indented by the width of the lead.

        A lead that leaves the words no room gets a line of its own.
        """
        line = [(escape(text), style) for text, style in lead]
        hang = used = sum(len(text) for text, _ in line)
        if hang > self.width * 2 // 3:
            self.lines.append(line)
            line, hang, used = [("      ", "")], 6, 6
        fresh = True
        for text, style in segments:
            for word in [escape(text)] if style == CODE else escape(text).split(" "):
                if not fresh and used + 1 + len(word) > self.width:
                    self.lines.append(line)
                    line, used, fresh = [(" " * hang, "")], hang, True
                blank = "" if fresh else " "
                line.append((blank + word, style))
                used, fresh = used + len(blank + word), False
        self.lines.append(line)

    @property
    def styled(self) -> bool:
        """Whether there is anything to colour."""
        return any(style for line in self.lines for _, style in line)

    def plain(self) -> str:
        """Give the page without styles."""
        return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in self.lines)

    def ascii(self) -> str:
        """Give the page for a terminal that knows no more than ASCII."""
        return self.plain().translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")

    def rich(self) -> Text:
        """Give the page as rich text (no markup is ever read)."""
        from rich.text import Text

        page = Text()
        for line in self.lines:
            for text, style in line:
                page.append(text, style or None)
            page.append("\n")
        return page

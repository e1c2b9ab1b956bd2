"""What is said of a text that nobody can parse; known also where LibCST is not."""

from __future__ import annotations

TOO_DEEP = "an expression is nested too deeply"


class Unparsable(ValueError):
    """The text is no Python that LibCST can read; ``line`` counts from 1, in the ``cell`` of a notebook."""

    def __init__(self, message: str, line: int, cell: int = 0) -> None:
        super().__init__(message)
        self.line = line
        self.cell = cell

    def __reduce__(self) -> tuple[type[Unparsable], tuple[str, int, int]]:
        """Go from one process to another."""
        return Unparsable, (str(self), self.line, self.cell)

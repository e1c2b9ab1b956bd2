"""The progress bar of long runs; rich is loaded only when a run turns out to be one."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ..escape import escape

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bar:
    """Appears on standard error after a delay, and is gone in the end."""

    def __init__(self, delay: float) -> None:
        """Wait ``delay`` seconds before anything is shown."""
        self._state = ("", 0, 0, "")
        self._lock = threading.Lock()
        self._shown: tuple[Progress, TaskID] | None = None
        self._over = False
        self._timer = threading.Timer(delay, self._appear)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        """Start to wait."""
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self._timer.cancel()
        with self._lock:
            self._over = True
            if self._shown is not None:
                self._shown[0].stop()

    def update(self, stage: str, done: int, total: int, what: str) -> None:
        """Take note of how far the run is, and at what; a total of 0 means that nobody knows."""
        with self._lock:
            self._state = (stage, done, total, what)
            self._draw()

    def _appear(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
        from rich.table import Column

        with self._lock:
            if self._over:
                return
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[what]}", markup=False, table_column=Column(no_wrap=True)),
            )
            progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._shown = progress, progress.add_task("", total=None, what="")
            progress.start()
            self._draw()

    def _draw(self) -> None:
        if self._shown is not None:
            stage, done, total, what = self._state
            progress, task = self._shown
            progress.update(task, description=stage, completed=done, total=total or None, what=escape(what))

"""What goes wrong in one file costs that file alone: who goes from file to file puts a net below each.

The catching itself is done in one place, ``catching``.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol


class Net(Protocol):
    """Catches what goes wrong while one file is looked at, and remembers which file that was."""

    @property
    def aside(self) -> Mapping[str, str]:
        """The files that are not to be looked at any more, with the reasons."""

    def over(self, path: str) -> contextlib.AbstractContextManager[None]:
        """Go on behind the block when something goes wrong in it: what it made does not count then."""

    def trying(self) -> contextlib.AbstractContextManager[None]:
        """Go on behind the block when something goes wrong in it, and look at no file less: it was a try."""

    def count(self) -> None:
        """Count one of the questions that the block asks; raise where it has asked too many."""


class NoNet:
    """Catches nothing."""

    aside: Mapping[str, str] = MappingProxyType({})

    def over(self, path: str) -> contextlib.AbstractContextManager[None]:  # noqa: ARG002 (nothing is caught)
        """Let everything out."""
        return contextlib.nullcontext()

    def trying(self) -> contextlib.AbstractContextManager[None]:
        """Let everything out."""
        return contextlib.nullcontext()

    def count(self) -> None:
        """Ask as many as there are."""


def whereabouts(error: BaseException) -> str:
    """Say what kind of error it was and where in our code, innermost last; its text may be a customer's."""
    places: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    return "\n".join([type(error).__name__, *(f"  {place}" for place in places[-12:])])


def at_hand(error: BaseException) -> str | None:
    """Give the file, relative to the root, that was looked at when it happened; None if none is known."""
    found, trace = None, error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        path = frame.f_locals.get("path")
        is_code = os.path.basename(os.path.dirname(frame.f_code.co_filename)) == "python"  # names of names
        if isinstance(path, str) and path and path.isprintable() and not (is_code or os.path.isabs(path)):
            found = path
        trace = trace.tb_next
    return found

"""Call the command line in this process, in a customer's tree."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Ran:
    """How a call ended."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def page(self) -> dict[str, Any]:
        """Standard output as the JSON contract."""
        page: dict[str, Any] = json.loads(self.stdout)
        return page

    @property
    def text(self) -> str:
        """All that was said."""
        return (self.stdout + self.stderr).decode(errors="replace")

    @property
    def story(self) -> str:
        """All of it, for the message of a failed test."""
        return f"exit code {self.code}\n{self.text}"


def jwt2oauth(tree: Path, *args: str) -> Ran:
    """``cd TREE && jwt2oauth ARGS``."""
    from jwt2oauth.cli import main

    streams = io.BytesIO(), io.BytesIO()
    out, err = (io.TextIOWrapper(stream, encoding="utf-8", write_through=True) for stream in streams)
    with contextlib.chdir(tree), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(args)
    return Ran(code, *(stream.getvalue() for stream in streams))

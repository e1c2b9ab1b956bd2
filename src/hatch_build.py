"""Packs the tables of the rules when the package is built, see ``src/jwt2oauth/rules/packed.py``."""

from __future__ import annotations

import contextlib
import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Tables(BuildHookInterface[Any]):
    """Writes them beside the rules, for a wheel as for an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Do it before anything is taken in."""
        root = Path(self.root)
        packed = runpy.run_path(str(root / "src" / "jwt2oauth" / "rules" / "packed.py"))
        with contextlib.suppress(OSError):  # a checkout that may not be written to: it does without
            (root / "rules" / packed["NAME"]).write_bytes(packed["pack"](str(root / "rules")))

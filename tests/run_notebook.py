"""``python run_notebook.py NOTEBOOK``: run its code cells in order, as Jupyter does, without a Jupyter.

Magics and shell lines do nothing. The value of a cell's last expression is printed unless a semicolon
follows, and ``await`` works outside of functions. This file is copied: it imports nothing of ours.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import os
import re
import sys
from typing import Any

CELLS_WITH_PYTHON = ("%%time", "%%capture")


def python_of(source: str) -> str:
    """What of a cell is Python."""
    lines = source.split("\n")
    if lines[0].startswith("%%"):
        if not lines[0].startswith(CELLS_WITH_PYTHON):
            return ""
        lines[0] = ""
    hidden = False
    for number, line in enumerate(lines):
        match = re.match(r"(\s*)(?:([\w, ]+=)\s*)?(?:[%!?]|.*\w\?+$)", line)
        if hidden or match:
            hidden = line.endswith("\\")
            lines[number] = f"{match[1]}{match[2] or ''}None" if match else ""
    return "\n".join(lines)


def run_cell(source: str, name: str, names: dict[str, Any], runner: asyncio.Runner) -> None:
    """Run one cell and show its value."""
    tree = ast.parse(python_of(source), name)
    last = tree.body[-1] if tree.body and not source.rstrip().endswith(";") else None
    if isinstance(last, ast.Expr):
        show = ast.Call(ast.Name("_shown_", ast.Load()), [last.value], [])
        tree.body[-1] = ast.fix_missing_locations(ast.copy_location(ast.Expr(show), last))
    code = compile(tree, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    waiting = eval(code, names)
    if inspect.iscoroutine(waiting):
        runner.run(waiting)


def main() -> None:
    """Run the notebook that is named on the command line."""
    sys.path.insert(0, os.getcwd())
    with open(sys.argv[1], encoding="utf-8-sig") as file:
        page = json.load(file)
    names: dict[str, Any] = {"__name__": "__main__", "display": print}
    names["_shown_"] = lambda value: None if value is None else print(value)
    with asyncio.Runner() as runner:
        for number, cell in enumerate(page["cells"], 1):
            if cell["cell_type"] == "code":
                run_cell("".join(cell["source"]), f"cell {number}", names, runner)


if __name__ == "__main__":
    main()

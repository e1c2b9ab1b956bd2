"""What paths relative to the root of a tree say by themselves."""

from __future__ import annotations

from collections.abc import Sequence

PYTHON = (".py", ".pyi")
NOTEBOOK = (".ipynb",)
CONFIG = (".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf", ".config")
CODE = PYTHON + NOTEBOOK
EXAMINED = CODE + CONFIG


def is_program(path: str) -> bool:
    """Say whether a file is a program or a notebook, no configuration."""
    return path.endswith(CODE)


def is_examined(path: str) -> bool:
    """Say whether a flow can be found in a file of this name."""
    return path.endswith(EXAMINED) or path.rpartition("/")[2].startswith(".env")


def shared(one: Sequence[str], other: Sequence[str]) -> int:
    """Give how many parts two paths begin with in common."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def depth(one: str, other: str) -> int:
    """Give how many folders lead to both of two files."""
    return shared(one.split("/")[:-1], other.split("/")[:-1])

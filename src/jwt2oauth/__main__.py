"""``python -m jwt2oauth`` and the script of the same name."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run the command line."""
    # ``python -m`` puts the working directory first: a tree that is examined may hold a libcst.py.
    sys.path[:] = [path for path in sys.path if path and os.path.realpath(path) != os.path.realpath(".")]
    from .cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())

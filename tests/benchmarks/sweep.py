"""What a sweep costs beside ripgrep, ruff and ast-grep, in turn, as a table; nothing is judged.

``python tests/benchmarks/sweep.py DIR [--runs N]`` runs in a tree that ``corpus.py`` made, with the tools
that are installed: figures are medians of whole processes, ratios those of runs that followed each other.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

NEEDLES = Path(__file__).resolve().parents[2] / "rules" / "needles.txt"
CALL = "jwt.encode($$$)"


class Run(NamedTuple):
    """One process: seconds on the clock, seconds of the processors, the largest process in MiB."""

    wall: float
    cpu: float
    peak: float


def commands(needles: str) -> dict[str, Sequence[str]]:
    """Give the commands by name, ours first; a tool that is not there is left out."""
    ours = os.path.join(os.path.dirname(sys.executable), "jwt2oauth")
    asked = {
        "jwt2oauth scan": [ours, "scan", "-q"],
        "rg -l -j2": ["rg", "-l", "-j2", "-F", "-f", needles, "."],
        "ruff S105,S106": ["ruff", "check", "--select", "S105,S106", "--no-cache", "-q", "--exit-zero", "."],
        "ast-grep, one pattern": ["ast-grep", "run", "-p", CALL, "-l", "python", "."],
    }
    return {name: argv for name, argv in asked.items() if shutil.which(argv[0])}


def run(argv: Sequence[str], tree: Path) -> Run:
    """Run one command to its end."""
    began = time.perf_counter()
    child = subprocess.Popen(argv, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        sys.exit(f"{argv[0]} ended with {child.returncode}")
    return Run(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    words = [line for line in NEEDLES.read_text().splitlines() if line and not line.startswith("#")]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as needles:
        needles.write("".join(f"{word.removeprefix('?')}\n" for word in words))
        needles.flush()
        tools = commands(needles.name)
        runs: dict[str, list[Run]] = {name: [] for name in tools}
        for number in range(asked.runs + 1):  # the first one warms the cache
            for name, argv in tools.items():
                measured = run(argv, asked.tree)
                if number:
                    runs[name].append(measured)
    ours = next(iter(runs))
    print("| command | wall s | CPU s | peak MiB | our wall | our CPU |\n|---|---|---|---|---|---|")
    for name, times in runs.items():
        middle = [statistics.median(values) for values in zip(*times, strict=True)]
        walls = statistics.median(a.wall / b.wall for a, b in zip(runs[ours], times, strict=True))
        cpus = statistics.median(a.cpu / b.cpu for a, b in zip(runs[ours], times, strict=True))
        print("| {} | {:.2f} | {:.2f} | {:.0f} | {:.1f}× | {:.1f}× |".format(name, *middle, walls, cpus))


if __name__ == "__main__":
    main()

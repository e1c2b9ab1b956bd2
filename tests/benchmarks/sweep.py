"""What a sweep costs beside ripgrep, ruff, ast-grep and semgrep, in turn, as a table; nothing is judged.

Ours is run as the first time over a tree, and as again, when it remembers which files hold which words.

``python tests/benchmarks/sweep.py DIR [--runs N] [--slow-runs N]`` runs in a tree that ``corpus.py`` made,
with the tools that are installed: figures are medians of whole processes, ratios those of runs that followed
each other. Tools that take minutes are run ``--slow-runs`` times (0: not at all), after the others.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

RULES = Path(__file__).resolve().parents[2] / "rules"
SEMGREP = """rules:
  - {id: sign, languages: [python], severity: INFO, message: signs, pattern: "jwt.encode(...)"}
  - {id: trade, languages: [python], severity: INFO, message: trades, pattern: '"=~/.*ims.exchange.jwt.*/"'}
  - {id: form, languages: [python], severity: INFO, message: sends, pattern: '{..., "jwt_token": $T, ...}'}
  - {id: expiry, languages: [python], severity: INFO, message: divides, pattern: '$R["expires_in"] / 1000'}
"""
AST_GREP = """{id: sign, language: python, rule: {pattern: "jwt.encode($$$)"}}
---
{id: trade, language: python, rule: {kind: string, regex: "ims.exchange.jwt"}}
---
{id: form, language: python, rule: {kind: pair, regex: "^.jwt_token"}}
---
{id: expiry, language: python, rule: {pattern: "$R['expires_in'] / 1000"}}
"""
"""The same four rules for each: what signs, what trades, what is sent, what is done to the lifetime."""
PLAIN = "import sys; sys.modules['hyperscan'] = None; from jwt2oauth.__main__ import main; main()"
"""Our command as it is without the extra ``fast``."""
LONE = PLAIN.replace("from", "from jwt2oauth.tree import native; native.ripgrep = lambda: None; from", 1)
"""And where there is no ripgrep either."""


class Run(NamedTuple):
    """One process: seconds on the clock, seconds of the processors, the largest process in MiB."""

    wall: float
    cpu: float
    peak: float


class Tool(NamedTuple):
    """What is run, and how often at most."""

    name: str
    argv: Sequence[str]
    is_slow: bool = False


def tools(folder: Path) -> Iterator[Tool]:
    """Give the commands, ours first; a tool that is not there is left out. ``folder`` takes their files."""
    needles, rule, other = (folder / name for name in ("needles.txt", "semgrep.yml", "ast-grep.yml"))
    lines = (RULES / "needles.txt").read_text().splitlines()
    words = [line.removeprefix("?") for line in lines if line and line[0] not in "#+"]
    needles.write_text("".join(f"{word}\n" for word in words))
    rule.write_text(SEMGREP)
    other.write_text(AST_GREP)
    for name, more in (("the first time", ["--no-cache"]), ("again", [])):
        yield Tool(f"`jwt2oauth scan -q`, {name}", [sys.executable, "-c", PLAIN, "scan", "-q", *more])
    if shutil.which("rg"):
        argv = [sys.executable, "-c", LONE, "scan", "-q", "--no-cache"]
        yield Tool("the first time where git searches, without ripgrep", argv)
    if importlib.util.find_spec("hyperscan"):
        ours = os.path.join(os.path.dirname(sys.executable), "jwt2oauth")
        yield Tool("with `jwt2oauth[fast]`, the first time", [ours, "scan", "-q", "--no-cache"])
        yield Tool("with `jwt2oauth[fast]`, again", [ours, "scan", "-q"])
    others = [
        Tool("`rg -l -j2`, same words", ["rg", "-l", "-j2", "-F", "-f", str(needles), "."]),
        Tool(
            "`ruff check --select S105,S106`",
            ["ruff", "check", "--select", "S105,S106", "--no-cache", "-q", "--exit-zero", "."],
        ),
        Tool("`ast-grep scan`, four rules", ["ast-grep", "scan", "--rule", str(other), "."], is_slow=True),
        Tool(
            "`semgrep scan -j 2`, four rules",
            [
                *("semgrep", "scan", "-q", "-j", "2", "--metrics", "off", "--disable-version-check"),
                *("--config", str(rule), "."),
            ],
            is_slow=True,
        ),
    ]
    yield from (tool for tool in others if shutil.which(tool.argv[0]))


def run(argv: Sequence[str], tree: Path) -> Run:
    """Run one command to its end."""
    began = time.perf_counter()
    child = subprocess.Popen(argv, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        sys.exit(f"{argv[0]} ended with {child.returncode}")
    return Run(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def measured(some: Sequence[Tool], tree: Path, runs: int) -> dict[str, list[Run]]:
    """Run each in turn, so often; the first round warms the cache and does not count."""
    found: dict[str, list[Run]] = {tool.name: [] for tool in some}
    for number in range(runs + 1 if runs else 0):
        for tool in some:
            one = run(tool.argv, tree) if number or not tool.is_slow else None
            if number and one is not None:
                found[tool.name].append(one)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slow-runs", type=int, default=1)
    asked = parser.parse_args()
    # What is installed is compiled; a checkout compiles itself in the first round, if nothing forbids that.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        every = list(tools(Path(folder)))
        quick = [tool for tool in every if not tool.is_slow]
        tables = [measured(quick, asked.tree, asked.runs)] if asked.runs else []
        slow = [tool for tool in every if tool.is_slow and asked.slow_runs]
        tables += (measured([*quick[:2], tool], asked.tree, asked.slow_runs) for tool in slow)
    print("| command | wall s | CPU s | peak MiB | our first: wall | CPU | our next: wall | CPU |")
    print("|---|---|---|---|---|---|---|---|")
    for number, runs in enumerate(tables):
        first, again, *_ = runs.values()
        for name, times in list(runs.items())[2 if number or not asked.runs else 0 :]:
            middle = [statistics.median(values) for values in zip(*times, strict=True)]
            ratios = [
                statistics.median(
                    getattr(a, what) / getattr(b, what) for a, b in zip(ours, times, strict=True)
                )
                for ours in (first, again)
                for what in ("wall", "cpu")
            ]
            print("| {} | {:.2f} | {:.2f} | {:.0f} |".format(name, *middle), end="")
            print("".join(f" {ratio:.2f}× |" for ratio in ratios))


if __name__ == "__main__":
    main()

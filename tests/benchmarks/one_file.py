"""What one file costs: beside the import that it cannot do without, and beyond that beside LibCST's parse.

``python tests/benchmarks/one_file.py [--runs N]`` prints seconds of the processors, those of child processes
included, and of two rows those on the clock, as medians; ratios are those of runs that followed each other.
Nothing is judged.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from sweep import run

from jwt2oauth import engine
from jwt2oauth.__main__ import COLLECT
from jwt2oauth.python.facts import lean

FLOW = Path(__file__).resolve().parents[2] / "fixtures" / "one-function" / "before" / "adobe_token.py"
OTHER = '''

def total_{number}(rows, *, rate=1.0, skip=()):
    """Add up what is owed, by customer."""
    found = {{}}
    for number, row in enumerate(rows):
        if row["state"] in skip or not row.get("amount"):
            continue
        name = f"{{row['customer']}}-{{number % 10}}"
        found[name] = found.get(name, 0) + round(row["amount"] * rate, 2)
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
'''
OTHERS = 60
"""Functions that have nothing to do with the flow, in a file of 700 lines."""


def started(folder: Path, runs: int) -> None:
    """A process each: ``scan`` beside an import."""
    script = os.path.join(os.path.dirname(sys.executable), "jwt2oauth")
    for name, module in (("clean.py", "click"), ("auth.py", "libcst")):
        pairs, clock = [], []
        for _ in range(runs + 1):  # the first one writes the bytecode
            base = run([sys.executable, "-c", f"import {module}"], folder)
            ours = run([script, "scan", name], folder)
            pairs.append((ours.cpu, base.cpu))
            clock.append((ours.wall, base.wall))
        show(f"scan {name}", f"import {module}", pairs[1:])
        show(f"scan {name}, on the clock", f"import {module}", clock[1:])


PARSE = """
import sys, time, libcst
text = open(sys.argv[1], encoding="utf-8").read()
for _ in sys.stdin:
    began = time.process_time()
    libcst.parse_module(text)
    print(time.process_time() - began, flush=True)
"""


def beyond(file: Path, runs: int) -> None:
    """In one process: finding, planning, proving and the change beside a parse of the file in another one."""
    lean.load()  # as every process that parses does: those that are forked have it from here
    pairs = []
    command = [sys.executable, "-c", PARSE, str(file)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as parse:
        assert parse.stdin is not None
        assert parse.stdout is not None
        for _ in range(runs + 1):
            began = spent()
            assert engine.run([file], engine.Settings()).total
            done = spent()
            parse.stdin.write("\n")
            pairs.append((done - began, float(parse.stdout.readline())))
        parse.stdin.close()
    lines = len(file.read_text().splitlines())
    show(f"finding, planning, proving, {lines} lines", "libcst.parse_module", pairs[1:])


def spent() -> float:
    """Give the seconds of the processors that this process and its children have taken."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def show(what: str, beside: str, pairs: list[tuple[float, float]]) -> None:
    """Print a line of the table."""
    ours, theirs = (statistics.median(values) for values in zip(*pairs, strict=True))
    ratio = statistics.median(mine / other for mine, other in pairs)
    print(f"| {what} | {ours:.3f} | {beside} | {theirs:.4f} | {ratio:.1f}× |")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=11)
    runs = parser.parse_args().runs
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    gc.set_threshold(COLLECT)
    with tempfile.TemporaryDirectory() as name:
        small, large = Path(name, "small", "auth.py"), Path(name, "large", "auth.py")
        for file in (small, large):
            file.parent.mkdir()
            file.write_text(FLOW.read_text())
        with large.open("a") as end:
            end.writelines(OTHER.format(number=number) for number in range(OTHERS))
        small.with_name("clean.py").write_text("x = 1\n")
        print("| what | CPU s | beside | CPU s | ratio |\n|---|---|---|---|---|")
        started(small.parent, runs)
        beyond(small, runs)
        beyond(large, runs)


if __name__ == "__main__":
    main()

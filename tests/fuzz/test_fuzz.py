"""Inputs that nobody would write: whatever they are, the invariants hold.

``pytest tests/fuzz -m slow --fuzz-seconds 60`` shares the seconds among the kinds of input. Each input
follows from ``--fuzz-seed`` and its number, which a failure prints with the input, made small.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from jwt2oauth import engine

from . import inputs
from .choices import CHOICES
from .invariants import MISTAKES, cause, stands_apart, verdict
from .shrink import smallest

KINDS = 6
MOST = 5
"""Failures, each of another cause, that one run makes small and shows."""


@pytest.fixture
def seconds(pytestconfig: pytest.Config) -> float:
    """The share of one kind of input."""
    return float(pytestconfig.getoption("fuzz_seconds")) / KINDS


@pytest.fixture
def seed(pytestconfig: pytest.Config) -> int:
    return int(pytestconfig.getoption("fuzz_seed"))


@pytest.fixture
def numbers(pytestconfig: pytest.Config, seconds: float) -> Iterator[int]:
    """The numbers of the inputs, until the time is over; only the one that was asked for."""
    only = pytestconfig.getoption("fuzz_case")
    return iter((only,)) if only is not None else _until(seconds)


def _until(seconds: float) -> Iterator[int]:
    end = time.monotonic() + seconds
    number = 0
    while not number or time.monotonic() < end:
        yield number
        number += 1


def hold(make: Callable[[int, int], inputs.Files], seed: int, numbers: Iterator[int]) -> None:
    """Check the invariants on input after input; show the smallest of each cause of failure."""
    failed: dict[str, tuple[int, str, inputs.Files]] = {}
    number = -1
    for number in numbers:
        files = make(seed, number)
        wrong = verdict(files, inputs.canaries(), thorough=number % 10 == 0)
        if wrong and cause(wrong) not in failed:
            failed[cause(wrong)] = number, wrong, files
            if len(failed) == MOST:
                break
    print(f"{number + 1} inputs")
    stories = [story(seed, *failure) for failure in failed.values()]
    if stories:
        pytest.fail("\n\n".join(stories), pytrace=False)


def story(seed: int, number: int, wrong: str, files: inputs.Files) -> str:
    """What went wrong, how to see it again, and the smallest tree with which it does."""

    def again(files: inputs.Files) -> str:
        return verdict(files, inputs.canaries(), thorough=number % 10 == 0)

    small = smallest(files, lambda less: cause(again(less)) == cause(wrong))
    return f"{again(small) or wrong}\n--fuzz-seed {seed} --fuzz-case {number}\n{shown(small)}"


def shown(files: Mapping[str, bytes]) -> str:
    """The files as Python, to paste into a test."""
    lines = []
    for path, data in files.items():
        pieces = data.splitlines(keepends=True) or [b""]
        lines += [f"    {path!r}: (", *(f"        {piece!r}" for piece in pieces), "    ),"]
    return "\n".join(("FILES = {", *lines, "}"))


@pytest.mark.slow
def test_bent_python(seed: int, numbers: Iterator[int]) -> None:
    hold(inputs.bent_python, seed, numbers)


@pytest.mark.slow
def test_bent_bytes(seed: int, numbers: Iterator[int]) -> None:
    hold(inputs.bent_bytes, seed, numbers)


@pytest.mark.slow
def test_mingled_trees(seed: int, numbers: Iterator[int]) -> None:
    hold(inputs.mingled_trees, seed, numbers)


@pytest.mark.slow
def test_strangers_stay_as_they_are(seed: int, numbers: Iterator[int]) -> None:
    """A module at the end of what somebody else wrote is rewritten as alone, and nothing of theirs is."""
    number, wrong = -1, []
    for number in numbers:
        name, *made = inputs.below_strangers(seed, number)
        if found := stands_apart(*made):
            wrong.append(f"{name}: {found}\n--fuzz-seed {seed} --fuzz-case {number}")
    print(f"{number + 1} inputs")
    assert not wrong, "\n\n".join(wrong[:MOST])


@pytest.mark.slow
def test_generated_modules(seed: int, numbers: Iterator[int]) -> None:
    hypothesmith = pytest.importorskip("hypothesmith", reason="hypothesmith is not installed (extra dev)")
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded

    def generated(seed: int, number: int) -> str:
        """The last of a few modules: Hypothesis begins with the plainest one."""
        modules = [""]

        @seeded(seed * 1_000_003 + number)
        @settings(
            max_examples=6,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(module=hypothesmith.from_node())
        def draw(module: str) -> None:
            modules.append(module)

        draw()
        return modules[-1]

    hold(lambda seed, number: inputs.with_needle(generated(seed, number), seed, number), seed, numbers)


@pytest.mark.slow
def test_readers_of_configuration(seed: int, seconds: float, tmp_path: Path) -> None:
    """libFuzzer, guided by coverage, on what reads JSON, YAML, TOML, INI, .env and the manifests."""
    pytest.importorskip("atheris", reason="atheris is not installed (extra fuzz)")
    inputs.write_corpus(tmp_path / "corpus", CHOICES)
    (tmp_path / "found").mkdir()
    argv = [
        sys.executable,
        str(Path(__file__).with_name("readers.py")),
        f"-max_total_time={max(1, round(seconds))}",
        f"-seed={seed + 1}",
        "-timeout=20",
        "-max_len=4096",
        f"-artifact_prefix={tmp_path / 'found'}/",
        str(tmp_path / "corpus"),
    ]
    ran = subprocess.run(argv, capture_output=True, check=False, env=dict(os.environ))
    found = [path.read_bytes() for path in (tmp_path / "found").iterdir()]
    assert ran.returncode == 0, f"{ran.stderr.decode(errors='replace')[-6000:]}\n{found}"
    assert b"Done" in ran.stderr, ran.stderr.decode(errors="replace")[-2000:]


@pytest.mark.slow
def test_the_tests_of_python_itself(tmp_path: Path) -> None:
    """What was written to break parsers is nobody's login; each file is followed as if it held a needle."""
    folder = Path(sysconfig.get_path("stdlib"), "test")
    if not (folder / "test_grammar.py").is_file():
        pytest.skip("this Python has come without its own tests")
    report = engine.run((folder,), engine.Settings()).report
    assert not report.findings
    assert not [file for file in report.files.failed if any(each in file.reason for each in MISTAKES)]
    tree = tmp_path / "needles"
    for path in sorted(folder.glob("test_*.py"))[::8]:
        if path.stat().st_size < 100_000:
            tree.mkdir(exist_ok=True)
            shutil.copy(path, tree)
            with (tree / path.name).open("ab") as file:
                file.write(b"\nURL = '/ims/exchange/jwt'\n")
    report = engine.run((tree,), engine.Settings()).report
    assert not [file for file in report.files.failed if any(each in file.reason for each in MISTAKES)]
    assert report.files.parsed > 30
    assert not any(flow.rewrite for flow in report.flows)

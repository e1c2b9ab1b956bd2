"""A process that only parses has a LibCST that costs less, and finds the same in every file."""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
from pathlib import Path

from jwt2oauth.python.facts.parse import parse
from jwt2oauth.python.facts.unparsable import Unparsable

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
ELSEWHERE = """\
import sys
from jwt2oauth.python.facts import lean
lean.load()
import dataclasses, libcst
assert not libcst.Name.__dataclass_params__.frozen
assert dataclasses.dataclass is lean._dataclass
import test_lean
print(test_lean.digest())
"""


def digest() -> str:
    """What comes of some fixtures, as one number."""
    found = hashlib.sha256()
    for file in sorted(FIXTURES.glob("*/before/**/*.py"))[::40]:
        try:
            found.update(pickle.dumps(parse(file.name, file.read_text())))
        except (Unparsable, UnicodeDecodeError) as error:
            found.update(repr(error).encode())
    return found.hexdigest()


def test_a_lean_libcst_finds_the_same() -> None:
    here = Path(__file__).parent
    told = subprocess.run([sys.executable, "-c", ELSEWHERE], cwd=here, capture_output=True, text=True)
    assert told.stdout.strip() == digest(), told.stderr

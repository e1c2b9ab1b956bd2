"""What the tests share: the stand-in with its warm interpreter, one a session (one a worker under xdist)."""

from __future__ import annotations

import gc
import os
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from runner import Stand
from tool import Spared, remembering
from trees import FIXTURES, Keyring
from xdist.scheduler import LoadScopeScheduling

import jwt2oauth.python.facts.parse  # noqa: F401 (once: every fork would load LibCST anew)
from jwt2oauth.__main__ import COLLECT

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each interpreter of a test would compile all of ours
CUSTOMERS = frozenset(path.name for path in FIXTURES.iterdir())
PARTS = 8
"""In so many parts a test with many parameters is dealt out: whole, one process would have all of it."""
ONE_READER = ("tests/test_architecture.py",)
"""Files whose tests all go through the same large thing, which is read once a process."""
SPARED = pytest.StashKey[Spared]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens",
        action="store_true",
        help="write what fix makes of each fixture to after/, for review",
    )
    parser.addoption(
        "--compositions",
        type=int,
        default=16,
        metavar="N",
        help="how many flows to compose, run, fix and run again (default: 16)",
    )
    parser.addoption(
        "--variants",
        type=int,
        default=1,
        metavar="N",
        help="in how many other shapes each fixture is run, fixed and run again (default: 1; all: 25)",
    )
    parser.addoption(
        "--fuzz-seconds",
        type=float,
        default=8.0,
        metavar="N",
        help="how long to make up inputs, in all (default: 8)",
    )
    parser.addoption("--fuzz-seed", type=int, default=0, metavar="N", help="what the inputs follow from")
    parser.addoption("--fuzz-case", type=int, metavar="N", help="only the input of this number")


@pytest.fixture(scope="session")
def stand() -> Iterator[Stand]:
    with Stand() as stand:
        yield stand


@pytest.fixture(scope="session")
def keyring(stand: Stand) -> Keyring:
    return Keyring(stand.keys.rsa_pem, stand.keys.ec_pem, stand.authority.pem)


@pytest.fixture(scope="session")
def _analyses() -> dict[bytes, Any]:
    return {}


def pytest_sessionstart(session: pytest.Session) -> None:
    """Before anything is open that a process of it would hold open; garbage is collected as in the tool."""
    gc.set_threshold(COLLECT)
    session.stash[SPARED] = Spared()


@pytest.fixture
def _spared(request: pytest.FixtureRequest) -> Spared:
    return request.session.stash[SPARED]


@pytest.fixture(autouse=True)
def _analysed_once(
    request: pytest.FixtureRequest, _analyses: dict[bytes, Any], _spared: Spared
) -> Iterator[None]:
    """Not for a test that patches something, unless it says that this is nothing that an analysis depends on.

    What it sees is no function of the tree any more.
    """
    patched = "monkeypatch" in request.fixturenames
    if patched and request.node.get_closest_marker("analysed_once") is None:
        yield
    else:
        with remembering(_analyses), _spared.lent():
            yield


class ByCustomer(LoadScopeScheduling):
    """Keeps the tests of one customer in one process, which then analyses and runs it once.

    The same is done by ``--dist loadgroup``, but not for every version of pytest: it did nothing, and said so
    to nobody.
    """

    def _split_scope(self, nodeid: str) -> str:
        test, _, parameters = nodeid.rstrip("]").partition("[")
        if test.startswith(ONE_READER):
            return test.partition("::")[0]
        part = zlib.crc32(parameters.encode()) % PARTS
        return next((name for name in _names(parameters) if name in CUSTOMERS), f"{test} {part}")


def _names(parameters: str) -> Iterator[str]:
    """What may be the name of a fixture: it is the last of the parameters, and itself has hyphens."""
    words = parameters.split("-")
    return ("-".join(words[start:]) for start in range(len(words)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByCustomer:
    return ByCustomer(config, log)


def pytest_collection_finish() -> None:
    """Let the collector of garbage look at what the tests leave, not at the thousands of tests."""
    gc.collect()
    gc.freeze()

"""What the tests share: the stand-in with its warm interpreter, one a session (one a worker under xdist)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from runner import Stand
from tool import Spared, remembering
from trees import Fixture, Keyring

import jwt2oauth.python.parse  # noqa: F401 (once: every fork would load LibCST anew)

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
        default=24,
        metavar="N",
        help="how many flows to compose, run, fix and run again (default: 24)",
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
    """Before anything is open that a process of it would hold open."""
    session.stash[SPARED] = Spared()


@pytest.fixture
def _spared(request: pytest.FixtureRequest) -> Spared:
    return request.session.stash[SPARED]


@pytest.fixture(autouse=True)
def _analysed_once(
    request: pytest.FixtureRequest, _analyses: dict[bytes, Any], _spared: Spared
) -> Iterator[None]:
    """Not for a test that patches something: what it sees is no function of the tree any more."""
    if "monkeypatch" in request.fixturenames:
        yield
    else:
        with remembering(_analyses), _spared.lent():
            yield


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Keep the tests of one customer in one process, which then analyses it once."""
    if getattr(config.option, "numprocesses", None) and config.option.dist == "no":
        config.option.dist = "loadgroup"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        fixture = getattr(item, "callspec", None) and item.callspec.params.get("fixture")
        if isinstance(fixture, Fixture):
            item.add_marker(pytest.mark.xdist_group(fixture.name))

"""What the tests share: the stand-in with its warm interpreter, one a session (one a worker under xdist)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from runner import Stand
from trees import Keyring


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens",
        action="store_true",
        help="write what fix makes of each fixture to after/, for review",
    )
    parser.addoption(
        "--compositions",
        type=int,
        default=60,
        metavar="N",
        help="how many flows to compose, run, fix and run again (default: 60)",
    )


@pytest.fixture(scope="session")
def stand() -> Iterator[Stand]:
    with Stand() as stand:
        yield stand


@pytest.fixture(scope="session")
def keyring(stand: Stand) -> Keyring:
    return Keyring(stand.keys.rsa_pem, stand.keys.ec_pem, stand.authority.pem)

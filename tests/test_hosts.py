"""Which hosts beside Adobe's are those of tests: of any other, a gateway, nobody knows what it serves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jwt2oauth.python.roles.hosts import is_stand_in
from jwt2oauth.rules.load import load

ADOBE = "https://ims-na1.adobelogin.com/ims/exchange/jwt"


def exchange(*urls: str) -> Any:
    return SimpleNamespace(urls=[SimpleNamespace(fold=lambda _, url=url: url) for url in urls])


@pytest.mark.parametrize(
    "host",
    ["ims.test", "localhost", "127.0.0.1", "mock-ims", "ims.example.com", "wiremock.svc.cluster.internal"],
)
def test_hosts_of_tests(host: str) -> None:
    provider = load().provider
    assert is_stand_in(host, exchange(ADOBE, f"http://{host}/ims/exchange/jwt"), provider)
    assert not is_stand_in(host, exchange(f"http://{host}/ims/exchange/jwt"), provider)


@pytest.mark.parametrize(
    "host", ["ims-gateway.acme.com", "testing.acme.com", "proxy", "examples.acme.com", "10.0.0.7"]
)
def test_gateways_are_not_known(host: str) -> None:
    assert not is_stand_in(host, exchange(ADOBE, f"https://{host}/ims/exchange/jwt"), load().provider)

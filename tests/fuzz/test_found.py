"""What the fuzzers have found, made small."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from . import inputs
from .invariants import verdict

FOUND: Mapping[str, Mapping[str, bytes]] = {
    "a key of an INI file that has no value and goes on": {
        "setup.cfg": b"[metadata]\ninstall_requires \n    umapi-client>=2.10\n",
        "sync.py": b"def connect(path):\n    return umapi_client.Connection(auth_dict=enterprise)\n",
    },
    "a secret between the lines that change": {
        "config_analytics.json": (
            b'{\n    "secret": "p8e-CANARY-Sh1ared",\n    "pathToKey": "private.key"\n}\n'
        ),
        "report.py": b'CONFIG = "config_analytics.json"\naanalytics2.importConfigFile(CONFIG)\n',
    },
}


@pytest.mark.parametrize("name", FOUND)
def test_found(name: str) -> None:
    assert not verdict(FOUND[name], inputs.canaries(), thorough=True)

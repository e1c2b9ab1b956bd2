"""Where nobody logs in to Adobe, nothing is found: the standard library, and all that is installed."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from jwt2oauth.engine import Outcome, Settings, run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=["stdlib", "purelib"])
def outcome(request: pytest.FixtureRequest) -> Outcome:
    return run([Path(sysconfig.get_path(request.param))], Settings())


def test_nothing_is_found(outcome: Outcome) -> None:
    assert [(finding.rule, str(finding.place)) for finding in outcome.report.findings] == []
    assert not outcome.report.flows
    assert not outcome.changes


def test_everything_was_seen(outcome: Outcome) -> None:
    files = outcome.report.files
    assert files.seen > 500
    assert files.seen == files.clean + files.parsed + len(files.failed) + len(files.skipped)
    assert not files.failed

"""What a fixture shows must not hang on its author's handwriting: each is run, fixed and run in other shapes.

``--variants 25`` takes every kind of change for every fixture (an hour); else each fixture has its turn with
one, every second of them by hand. What is left alone in another shape is no mistake; what does something else
afterwards is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import trees
import variants
from ims import Mode
from runner import Result, Stand
from tool import jwt2oauth
from trees import Fixture, Keyring

CHANGING = [f for f in trees.load_all() if f.changes and not f.skip and f.argv[0].endswith(".py")]
KNOWN: Mapping[str, str] = {
    "schema-in-the-code": "a schema that is put together, and not displayed, forbids a new entry",
    "lifetime-in-texts-of-milliseconds": "a number that is put together with an empty text is not seen in it",
    "sdk-umapi-helper": "what fills a merged mapping of the SDK goes on to open the key, as is told",
    "settings-dict-checked": "a check of the file under a constant key stays, and is told as a message",
    "tests-of-settings-alone": "an entry that tests merge into a mapping stays for the rows made of it",
    "settings-over-a-table-of-defaults": "a table that is put together does not gain the new name",
    "settings-by-getattr": "who gives a name to what getattr gave is not seen to check it, which is told",
    "tests-make-settings": "rows of tests that are the keys of a mapping stay where these are constants",
    "tests-patched-as-a-class": "an expectation that dict() makes stays the query's",
    "tests-of-a-table-of-variables": "an expectation that is put together keeps the settings that went",
    "tests-of-keys-in-code": "keys that a mapping gets one by one stay, as do the rows of tests made of them",
    "tests-two-flows": "an ending of a body that a constant keeps gets no scopes at its end",
    "tests-that-only-ask": "a field that is looked for in a body by a constant stays",
    "tests-of-other-settings": "settings of tests that are merged of two mappings do not gain the scopes",
}
"""Fixtures that go wrong in some shape, and why they may."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    count = metafunc.config.getoption("--variants")
    cases = [
        pytest.param(kind, fixture, id=f"{kind}-{fixture.name}", marks=_mark(number, count))
        for number, fixture in enumerate(CHANGING)
        for kind in _turn(number, count)
    ]
    metafunc.parametrize(("kind", "fixture"), cases)


def _mark(number: int, count: int) -> pytest.MarkDecorator:
    return pytest.mark.by_hand if count == 1 and number % 5 else pytest.mark.slow


def _turn(number: int, count: int) -> Iterator[str]:
    """The kinds for the fixture of this number."""
    kinds = list(variants.KINDS)
    yield from sorted({kinds[(number + each) % len(kinds)] for each in range(count)})


def test_another_shape_is_rewritten_as_well(
    kind: str, fixture: Fixture, stand: Stand, keyring: Keyring, tmp_path: Path
) -> None:
    written = keyring.fill(trees.read(fixture.before))
    files = variants.applied(kind, written)
    if files == written:
        pytest.skip("it has nothing of that kind")
    before = _run(fixture, files, fixture.env, stand, keyring, tmp_path / "before", migrated=False)
    plain = _run(fixture, written, fixture.env, stand, keyring, tmp_path / "plain", migrated=False)
    if (before.code, before.stdout) != (plain.code, plain.stdout):
        pytest.skip("it does something else in that shape")
    ran = jwt2oauth(trees.write(files, tmp_path / "tree"), "fix", *fixture.fix_args)
    fixed = trees.read(tmp_path / "tree")
    if fixed == files or ran.code:
        assert ran.code, ran.story
        pytest.skip("left alone, which is said")
    kept = {path: data for path, data in fixed.items() if path not in fixture.key}
    env = {name: value for name, value in fixture.env.items() if name not in fixture.key_env}
    after = _run(
        fixture, kept, {**env, **fixture.after_env}, stand, keyring, tmp_path / "after", migrated=True
    )
    story = f"{ran.story}\n--- before\n{before.story}\n--- after\n{after.story}"
    same = (after.code, after.stdout) == (before.code, before.stdout)
    if not same and fixture.name in KNOWN:
        pytest.xfail(KNOWN[fixture.name])
    assert same, story
    assert not after.asked("exchange"), story
    assert len(after.asked("token")) == len(before.asked("exchange")), story


def _run(
    fixture: Fixture,
    files: Mapping[str, bytes],
    env: Mapping[str, str],
    stand: Stand,
    keyring: Keyring,
    folder: Path,
    *,
    migrated: bool,
) -> Result:
    return stand.run(
        trees.write(files, folder),
        fixture.argv,
        keyring.fill_env(env),
        mode=Mode.NORMAL,
        migrated=migrated,
        sites=fixture.sites,
        old_pyjwt=fixture.old_pyjwt,
    )

"""The two hooks through the real pre-commit, out of a clean clone. No network: see ``environment``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest
import trees
from trees import Keyring

ROOT = Path(__file__).resolve().parent.parent
HOOK_NEEDS = (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE", "src", "rules")
PYTHON_2 = 'print "exchange", "https://ims-na1.adobelogin.com/ims/exchange/jwt"\n'


def git(folder: Path, *arguments: str) -> bytes:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main")
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with what a hook is installed from, out of any copy of this tree, git's or not."""
    folder = tmp_path_factory.mktemp("clone")
    for name in HOOK_NEEDS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "all")
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What pre-commit needs to install a hook from what this environment has, without an index."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
    return mine | {
        "PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("pre-commit")),
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's own way to say: no isolation
        "PRE_COMMIT_COLOR": "never",
    }


class Customer:
    """A repository of a customer, and pre-commit in it."""

    def __init__(self, folder: Path, clone: Path, environment: Mapping[str, str]) -> None:
        self.folder, self._clone, self._environment = folder, clone, environment
        git(folder, "init", "-q")

    def has(self, files: Mapping[str, bytes]) -> None:
        for name, data in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(data)
        git(self.folder, "add", ".")
        git(self.folder, "commit", "-qm", "files")

    def runs(self, hook: str, *arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "pre_commit", "try-repo", str(self._clone), hook]
        done = subprocess.run(
            [*command, "--verbose", *(arguments or ("--all-files",))],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            check=False,
        )
        return done.returncode, (done.stdout + done.stderr).decode()


@pytest.fixture
def customer(tmp_path: Path, clone: Path, environment: Mapping[str, str]) -> Customer:
    return Customer(tmp_path, clone, environment)


@pytest.fixture
def flow(keyring: Keyring) -> Mapping[str, bytes]:
    return keyring.fill(trees.read(trees.FIXTURES / "package-relative-imports" / "before"))


@pytest.mark.slow
def test_the_looking_hook_and_the_fixing_one(customer: Customer, flow: Mapping[str, bytes]) -> None:
    """One story, because an installation and each run of pre-commit take seconds."""
    customer.has({"clean.py": b"x = 1\n"})
    code, said = customer.runs("jwt2oauth")
    assert code == 0, said
    assert "Nothing found." in said

    customer.has({**flow, "old.py": PYTHON_2.encode()})
    (module,) = [path for path, data in flow.items() if b"requests.post" in data]
    (customer.folder / module).write_bytes(flow[module] + b"\n# a comment\n")
    git(customer.folder, "add", ".")
    code, said = customer.runs("jwt2oauth", "--files", module)
    assert code == 1, said
    assert "jwt-exchange" in said
    assert "jwt-assertion" in said, "a flow is seen whole, though one file of it is committed"
    assert "unparsable" in said, "a file that cannot be parsed is not passed over"
    assert "jwt2oauth fix --diff" in said

    (customer.folder / "old.py").unlink()
    customer.has({})
    code, said = customer.runs("jwt2oauth-fix")
    assert code == 1, said
    assert "files were modified by this hook" in said
    assert b"exchange" not in git(customer.folder, "grep", "-h", "token/v3")
    code, said = customer.runs("jwt2oauth-fix")
    assert code == 0, said

"""The SDKs as they are on the package index: before the rewrite in an old version, after it in newer ones.

Each has an environment of its own; what it sends goes to the stand-in. Slow, because pip installs them.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import ims
import pytest
import trees
from runner import Stand
from tool import jwt2oauth

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parent
KEY = "-----BEGIN PRIVATE KEY-----\nNOT-A-KEY-THE-TESTS-PUT-ONE-HERE\n-----END PRIVATE KEY-----\n"
ORG, TECH = "1A2B3C4D5E6F7A8B0A495C01@AdobeOrg", "2B3C4D5E6F7A8B9C0A495D12@techacct.adobe.com"
ID, SECRET = "7a9c1e3f5b7d4f8a9c0e2b4d6f8a0c11", "p8e-CANARY-Re1al"
OLD = {"org_id": ORG, "client_id": ID, "tech_id": TECH, "secret": SECRET, "pathToKey": "private.key"}
GIVEN = f'org_id="{ORG}", tech_id="{TECH}", secret="{SECRET}", client_id="{ID}"'
SCOPES = "openid,AdobeID,read_organizations,additional_info.projectedProductContext"


@dataclass(frozen=True)
class House:
    """What is installed: ``requirements`` with all that they need, and ``above`` them versions alone."""

    requirements: tuple[str, ...]
    above: tuple[str, ...] = ()
    python: tuple[int, int] = (3, 0)


@dataclass(frozen=True)
class Case:
    """A program, and the houses in which it lives before and after the rewrite."""

    before: House
    after: tuple[House, ...]
    program: str
    files: Mapping[str, str] = field(default_factory=dict)
    fix: tuple[str, ...] = ()
    logins: int = 2
    longest: float = ims.LONGEST_ASSERTION
    """In how many seconds what it signs may end."""
    path: str = ""
    """Where tokens are asked for after the rewrite, if not at IMS."""


NEEDS = (
    "pandas",
    "requests",
    "PyJWT[crypto]",
    "pathlib2",
    "dicttoxml",
    "openpyxl",
    "tenacity",
    "deprecation",
    "httpx",
)
"""What the SDKs import; several of them ask for less than that, or for what is not needed to log in."""


def house(*above: str, python: tuple[int, int] = (3, 0)) -> House:
    """Versions of SDKs on what all of them need."""
    return House(NEEDS, above, python)


PDF = ("pdfservices-sdk==2.3.1",)

CASES = {
    "aanalytics2": Case(
        house("aanalytics2==0.4.4"),
        (house("aanalytics2==0.4.4"), house("aanalytics2==0.5.1"), house("aanalytics2==0.5.5.post3")),
        f"""
        import aanalytics2 as api2

        api2.importConfigFile("conf.json")
        api2.Login()
        api2.configure({GIVEN}, private_key=open("private.key").read())
        api2.Login()
        print("in")
        """,
        {"conf.json": json.dumps(OLD, indent=4)},
    ),
    "aepp": Case(
        house("aepp==0.2.11"),
        (house("aepp==0.3.2"), house("aepp==0.3.14"), house("aepp==0.6.0")),
        f"""
        import aepp

        aepp.importConfigFile("conf.json", connectInstance=True, auth_type="jwt").connect()
        aepp.configure({GIVEN}, path_to_key="private.key", sandbox="prod", connectInstance=True).connect()
        print("in")
        """,
        {"conf.json": json.dumps({**OLD, "sandbox-name": "prod", "environment": "prod"}, indent=2)},
    ),
    "cjapy": Case(
        house("cjapy==0.2.3.post4"),
        (house("cjapy==0.2.3.post4"), house("cjapy==0.2.4.post3"), house("cjapy==0.3.1")),
        f"""
        import cjapy

        cjapy.importConfigFile("conf.json", "jwt")
        cjapy.CJA()
        cjapy.configure("{ORG}", "{TECH}", "{SECRET}", "{ID}", "private.key")
        cjapy.CJA()
        print("in")
        """,
        {"conf.json": json.dumps(OLD)},
        ("--scopes", SCOPES),
    ),
    "launchpy": Case(
        house("launchpy==0.4.6", "aepp==0.6.0", python=(3, 12)),
        (
            house("launchpy==0.4.6", "aepp==0.6.0", python=(3, 12)),
            house("launchpy==0.5.0", "aepp==0.6.0", python=(3, 12)),
        ),
        f"""
        import launchpy

        launchpy.importConfigFile("conf.json")
        launchpy.Admin()
        launchpy.configure({GIVEN}, path_to_key="private.key")
        launchpy.Admin()
        print("in")
        """,
        {"conf.json": json.dumps({**OLD, "scope": "https://ims-na1.adobelogin.com/s/ent_reactor_admin_sdk"})},
    ),
    "umapi-client": Case(
        house("umapi-client==2.22"),
        (house("umapi-client==3.0.1"),),
        f"""
        import umapi_client

        AUTH = {{
            "tech_acct_id": "{TECH}",
            "api_key": "{ID}",
            "client_secret": "{SECRET}",
            "private_key_file": "private.key",
        }}
        conn = umapi_client.Connection(
            org_id="{ORG}", auth_dict=AUTH, logger=None, retry_max_attempts=2, timeout_seconds=20.0
        )
        print(next(iter(umapi_client.UsersQuery(conn)))["email"])
        """,
        logins=1,
    ),
    "umapi-client, from a file": Case(
        house("umapi-client==2.22"),
        (house("umapi-client==3.0.1"),),
        f"""
        import json

        import umapi_client

        with open("umapi.json") as file:
            auth = json.load(file)
        conn = umapi_client.Connection(org_id="{ORG}", auth_dict=auth)
        print(next(iter(umapi_client.UsersQuery(conn)))["email"])
        """,
        {
            "umapi.json": json.dumps(
                {
                    "tech_acct_id": TECH,
                    "api_key": ID,
                    "client_secret": SECRET,
                    "private_key_file": "private.key",
                },
                indent=2,
            )
        },
        logins=1,
    ),
    "umapi-client 3": Case(
        house("umapi-client==3.0.1"),
        (house("umapi-client==3.0.1"),),
        f"""
        from umapi_client import Connection, JWTAuth, UsersQuery

        with open("private.key") as file:
            auth = JWTAuth("{ORG}", "{ID}", "{SECRET}", "{TECH}", file.read())
        print(next(iter(UsersQuery(Connection("{ORG}", auth))))["email"])
        """,
        logins=1,
    ),
    "pdfservices-sdk": Case(
        House(PDF, ("pdfservices-sdk==2.2.0",)),
        (House(PDF, ("pdfservices-sdk==2.3.0",)), House(PDF)),
        """
        from adobe.pdfservices.operation.auth.credentials import Credentials
        from adobe.pdfservices.operation.execution_context import ExecutionContext

        credentials = Credentials.service_account_credentials_builder() \\
            .from_file("conf.json") \\
            .build()
        token = ExecutionContext.create(credentials).authenticator.session_token()
        print(token is not None)
        """,
        {
            "conf.json": json.dumps(
                {
                    "client_credentials": {"client_id": ID, "client_secret": SECRET},
                    "service_account_credentials": {
                        "organization_id": ORG,
                        "account_id": TECH,
                        "private_key_file": "private.key",
                    },
                },
                indent=2,
            )
        },
        logins=1,
        longest=float("inf"),  # 2.2 puts milliseconds where seconds belong
        path="/token",
    ),
}


class Town:
    """Builds each house once, for all workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def python(self, requirements: tuple[str, ...], version: tuple[int, int]) -> Path:
        """An interpreter that finds the requirements."""
        base = _interpreter(version)
        with self._built(requirements, base) as home:
            found = home / "bin" / "python"
            if not found.exists():
                subprocess.run([base, "-m", "venv", str(home)], check=True)
                _pip(found, *requirements)
        return found

    def above(self, requirements: tuple[str, ...], python: Path) -> Path:
        """A folder with other versions, without what they need."""
        with self._built(requirements, str(python)) as folder:
            if not folder.exists():
                _pip(python, "--no-deps", "--target", str(folder), *requirements)
        return folder

    @contextlib.contextmanager
    def _built(self, requirements: tuple[str, ...], base: str) -> Iterator[Path]:
        """The place for a house; nobody else builds there meanwhile."""
        name = hashlib.sha256("\0".join((base, *requirements)).encode()).hexdigest()[:12]
        with open(self.folder / f"{name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self.folder / name


def _pip(python: Path, *args: str) -> None:
    done = subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *args],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def _interpreter(version: tuple[int, int]) -> str:
    """A Python of that version or later that can be started; skip where there is none."""
    if sys.version_info >= version:
        return sys.executable
    for minor in range(version[1], version[1] + 4):
        found = shutil.which(f"python{version[0]}.{minor}")
        if found and not subprocess.run([found, "-c", "0"], capture_output=True, check=False).returncode:
            return found
    pytest.skip(f"cannot be imported below Python {version[0]}.{version[1]}, which is not here")


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    shared = tmp_path_factory.getbasetemp()
    return Town((shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared) / "town")


@pytest.mark.parametrize("name", CASES)
def test_the_real_sdk_logs_in(
    name: str,
    town: Town,
    stand: Stand,
    keyring: trees.Keyring,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = CASES[name]
    monkeypatch.setattr(ims, "LONGEST_ASSERTION", case.longest)
    texts = {"main.py": textwrap.dedent(case.program).lstrip(), "private.key": KEY, **case.files}
    tree = trees.write(keyring.fill({path: text.encode() for path, text in texts.items()}), tmp_path / "tree")
    before, said = _run(case.before, tree, town, stand, migrated=False)
    assert len(said["exchange"]) == case.logins, before
    fixed = jwt2oauth(tree, "fix", *case.fix)
    assert fixed.code == 0, fixed.story
    (tree / "private.key").unlink()
    left = "".join((tree / path).read_text() for path in case.files)
    assert not any(word in left for word in (TECH, "private.key")), left
    for home in case.after:
        after, said = _run(home, tree, town, stand, migrated=True)
        story = f"{home}\n{after}\n{(tree / 'main.py').read_text()}"
        assert after == before, story
        assert not said["exchange"], story
        asked = [r for r in said["api"] if r == case.path] if case.path else said["token"]
        assert len(asked) == case.logins, story


def _run(
    home: House, tree: Path, town: Town, stand: Stand, *, migrated: bool
) -> tuple[str, Mapping[str, list[str]]]:
    """Run the program in a house; give what it prints, and the paths that it asks for by kind."""
    python = town.python(home.requirements, home.python)
    front = tree.parent / "front"
    front.mkdir(exist_ok=True)
    (front / "sitecustomize.py").write_text(
        f"import sys\nsys.path.append({str(TESTS)!r})\nimport zygote\nzygote.redirect({stand.port})\n"
    )
    path = [str(front), *([str(town.above(home.above, python))] if home.above else [])]
    stand.ims.reset(migrated=migrated)
    done = subprocess.run(
        [str(python), "main.py"],
        cwd=tree,
        env={**stand.environment, "PYTHONPATH": ":".join(path), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said: dict[str, list[str]] = {"exchange": [], "token": [], "api": []}
    for request, _ in stand.ims.log:
        said[request.kind].append(request.path)
    return done.stdout, said

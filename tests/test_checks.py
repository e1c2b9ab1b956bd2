"""A check of what is needed no more goes as a whole, or stays as a whole and is told."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """import json
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def token():
    config = json.load(open("conf.json"))
    if not config["org"].endswith("@AdobeOrg"):
        raise ValueError("no organisation")
    elif {check}:
        print("logging in as", config["api_key"][:4])
    else:
        raise ValueError("no account")
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": config["org"],
        "sub": config["account"],
        IMS + "/s/ent_user_sdk": True,
        "aud": IMS + "/c/" + config["api_key"],
    }}
    with open(config["key_path"]) as f:
        assertion = jwt.encode(claims, f.read(), algorithm="RS256")
    form = {{"client_id": config["api_key"], "client_secret": config["secret"], "jwt_token": assertion}}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
CONF = b"""{
    "api_key": "2f7a3c9e1b5d4f8a9c0e2b4d6f8a0c1e",
    "secret": "p8e-CANARY-Checks1",
    "org": "1A2B3C4D5E6F7A8B0A495C01@AdobeOrg",
    "account": "2B3C4D5E6F7A8B9C0A495D12@techacct.adobe.com",
    "key_path": "private.key"
}
"""


@pytest.mark.parametrize(
    "check",
    [
        'config["account"]',
        'not (not config["account"])',
        'config["account"] != ""',
        'not config["account"] == ""',
        'not config.get("account") is None',
        '"account" in config',
        'not "account" not in config',
    ],
)
def test_no_branch_of_a_check_stays_without_the_other(check: str, tmp_path: Path) -> None:
    files = {"main.py": PROGRAM.format(check=check).encode(), "conf.json": CONF}
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert "client_credentials" in after, ran.story
    branches = PROGRAM.format(check=check).partition("    elif ")[2].partition("    claims")[0]
    assert ("no account" in after) == (f"    elif {branches}" in after)
    assert ("no account" in after) == ("still asks for it" in " ".join(ran.text.split()))
    assert 'raise ValueError("no organisation")' in after


OPTIONS = """import os
import sys
import time

import jwt
import requests

{make}
parser.{add}("--key", help="PEM")
parser.{add}("--org")
parser.{add}("--client", dest="client_id")
{parse}

{check}
IMS = "https://ims-na1.adobelogin.com"
claims = {{
    "exp": int(time.time()) + 300,
    "iss": opts.org,
    "sub": "2B3C4D5E6F7A8B9C0A495D12@techacct.adobe.com",
    IMS + "/s/ent_user_sdk": True,
    "aud": IMS + "/c/" + opts.client_id,
}}
with open(opts.key) as f:
    assertion = jwt.encode(claims, f.read(), algorithm="RS256")
form = {{"client_id": opts.client_id, "client_secret": os.environ["SECRET"], "jwt_token": assertion}}
print(requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"])
"""
ARGPARSE = ("import argparse\n\nparser = argparse.ArgumentParser()", "add_argument")
OPTPARSE = ("import optparse\n\nparser = optparse.OptionParser()", "add_option")


@pytest.mark.parametrize(
    ("maker", "parse"),
    [
        (ARGPARSE, "opts = parser.parse_args()"),
        (ARGPARSE, "opts, rest = parser.parse_known_args()"),
        (OPTPARSE, "opts, args = parser.parse_args()"),
        (OPTPARSE, "(opts, _) = parser.parse_args()"),
    ],
)
@pytest.mark.parametrize(
    ("check", "left"),
    [
        ('if not opts.key:\n    sys.exit("no key")', ""),
        ('if not opts.key or not os.path.isfile(opts.key):\n    parser.error("no key")', ""),
        (
            'if not opts.client_id or not opts.key:\n    parser.error("what is missing?")',
            'if not opts.client_id:\n    parser.error("what is missing?")',
        ),
        ('if opts.key is None or opts.org is None:\n    raise SystemExit("usage")', ""),
        (
            'if not opts.client_id:\n    parser.error("who?")',
            'if not opts.client_id:\n    parser.error("who?")',
        ),
        ('print("signing with", opts.key)', 'print("signing with", opts.key)'),
    ],
)
def test_options_of_the_key_are_asked_for_no_more(
    maker: tuple[str, str], parse: str, check: str, left: str, tmp_path: Path
) -> None:
    make, add = maker
    text = OPTIONS.format(make=make, add=add, parse=parse, check=check)
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    after = (tree / "main.py").read_text()
    assert "client_credentials" in after
    assert after.partition(parse)[2].partition("IMS =")[0].strip() == left
    assert ("The option --key is still accepted, but nothing uses it" in said) is ("signing" not in check)


STEPS = """import app
from steps import ACCOUNT, API_KEY, KEY, ORG

ASKED = {ORG: str, ACCOUNT: str, API_KEY: str, KEY: str}
EVERYBODY = ["ada", "grace", "tim"]


def validate(given):
    errors = {}
    for name, kind in ASKED.items():
        if not isinstance(given.get(name), kind):
            errors[name] = "required"
    return errors
"""
NAMES = 'ACCOUNT = "account"\nAPI_KEY = "api_key"\nKEY = "key_path"\nORG = "org"\n'
COUNTS = """import flow


def test_asked():
    assert len(flow.ASKED) == 4


def test_validated():
    errors = flow.validate({})
    assert len(errors) == 4


def test_everybody():
    assert len(flow.EVERYBODY) == 3


def test_fine():
    assert len(flow.validate({"org": "o"})) > 0
"""


def test_constants_in_a_table_that_is_gone_through_are_asked_for_no_more(tmp_path: Path) -> None:
    """And who counts them is told, but not who counts something else."""
    program = PROGRAM.format(check='config["account"]').replace('config["key_path"]', "config[KEY]")
    files = {
        "app.py": "from steps import KEY\n" + program,
        "steps.py": NAMES,
        "flow.py": STEPS,
        "conf.json": CONF.decode(),
        "tests/test_flow.py": COUNTS,
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "ASKED = {ORG: str, ACCOUNT: str, API_KEY: str}" in (tree / "flow.py").read_text(), said
    for test, told in (("asked", True), ("validated", True), ("everybody", False), ("fine", False)):
        assert (f"(test_{test}) counts what is asked for, which is less now" in said) is told, said


COMMAND = """from pathlib import Path

import click
import app


@click.command()
@click.option("--key", type=click.Path(exists=True, path_type=Path))
@click.option("--org")
def main(key, org):
    print(app.token(key.read_text(), org))
"""
EXITS = """from click.testing import CliRunner
from cli import main


def test_key():
    result = CliRunner().invoke(main, ["--key", "/nope", "--org", "o"])
    assert result.exit_code == 2


def test_option():
    assert CliRunner().invoke(main, ["--nope"]).exit_code == 2
"""


def test_an_exit_code_for_a_file_that_no_option_asks_for(tmp_path: Path) -> None:
    program = PROGRAM.format(check='config["account"]').replace("def token():", "def token(key, org):")
    program = program.replace('    with open(config["key_path"]) as f:\n    ', "").replace("f.read()", "key")
    files = {"app.py": program, "cli.py": COMMAND, "conf.json": CONF.decode(), "tests/test_cli.py": EXITS}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "exists=True" not in (tree / "cli.py").read_text(), said
    assert "(test_key) expects a failure, and the key's option asks for no file any more" in said
    assert "(test_option) expects" not in said


GATHERED = """\
import os
import sys
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
CLIENT, SECRET = os.environ.get("CLIENT"), os.environ.get("SECRET")
ACCOUNT = os.environ.get("ACCOUNT")
KEY = os.environ.get("KEY")
{check}


def token():
    claims = {{"exp": int(time.time()) + 60, "sub": ACCOUNT, "aud": IMS + "/c/" + CLIENT}}
    claims[IMS + "/s/ent_user_sdk"] = True
    signed = jwt.encode(claims, KEY, algorithm="RS256")
    form = {{"client_id": CLIENT, "client_secret": SECRET, "jwt_token": signed}}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
PAIRS = '(("CLIENT", CLIENT), ("SECRET", SECRET), ("ACCOUNT", ACCOUNT), ("KEY", KEY))'
TURNED = '((CLIENT, "CLIENT"), (SECRET, "SECRET"), (ACCOUNT, "ACCOUNT"), (KEY, "KEY"))'
TEXTS = '{"CLIENT": "the id", "SECRET": "a secret", "ACCOUNT": "technical", "KEY": "a PEM"}'
TABLE = '{"CLIENT": CLIENT, "SECRET": SECRET, "ACCOUNT": ACCOUNT, "KEY": KEY}'


@pytest.mark.parametrize(
    "check",
    [
        f'for name, value in {PAIRS}:\n    if not value:\n        sys.exit(name + " is missing")',
        f"for name, value in {TABLE}.items():\n    if value is None:\n        raise SystemExit(name)",
        f"missing = [name for name, value in {PAIRS} if not value]\nif missing:\n    sys.exit(str(missing))",
        f'NEEDED = {TABLE}\nif not all(NEEDED.values()):\n    sys.exit("Set " + ", ".join(NEEDED))',
        f'assert all(value for _, value in {PAIRS}), "something is missing"',
        f'for value, name in {TURNED}:\n    if not value:\n        sys.exit(f"{{name}} is missing")',
        f"NEEDED = {TEXTS}\nfor key in NEEDED:\n    if not os.getenv(key):\n        sys.exit(NEEDED[key])",
        (
            f"NEEDED, got = {TEXTS}, {{}}\nfor key in NEEDED:\n    value = os.getenv(key)\n    if not value:"
            "\n        sys.exit(key)\n    got[key] = value"
        ),
        (
            f'bad = [f"{{n}} ({{v}})" for n, v in {TEXTS}.items() if not os.getenv(n)]'
            "\nassert not bad, '; '.join(bad)"
        ),
        'if any(value is None for value in (CLIENT, SECRET, ACCOUNT, KEY)):\n    sys.exit("missing")',
    ],
)
def test_what_is_gone_through_to_see_what_is_missing_does_without(check: str, tmp_path: Path) -> None:
    tree = trees.write({"auth.py": GATHERED.format(check=check).encode()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    made = (tree / "auth.py").read_text()
    assert not any(word in made for word in ("ACCOUNT", "KEY", "exchange")), said
    assert made.count("SECRET") > 3, said


@pytest.mark.parametrize(
    "check",
    [
        f"for name, value in {PAIRS}:\n    print(name, value)",
        f"NEEDED = {TABLE}\nif not all(NEEDED.values()):\n    sys.exit(1)\nprint(dict(NEEDED))",
        f"for name, value in {PAIRS}:\n    if value:\n        os.environ[name] = value.strip()",
        f"for value, name in {TURNED}:\n    print(name, value)",
        f"NEEDED = {TEXTS}\nfor key in NEEDED:\n    print(key, ACCOUNT)\nprint(NEEDED[sys.argv[1]])",
        "first = next(value for value in (ACCOUNT, CLIENT) if value)",
    ],
)
def test_what_is_shown_or_handed_on_stays(check: str, tmp_path: Path) -> None:
    tree = trees.write({"auth.py": GATHERED.format(check=check).encode()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    made = (tree / "auth.py").read_text()
    assert check in made, said
    assert 'ACCOUNT = os.environ.get("ACCOUNT")' in made, said


SEVERAL = """import json
import time
from pathlib import Path
from textwrap import indent

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
NEEDED = {{"org", "account"}}


def token(config):
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": config["org"],
        "sub": config["account"],
        IMS + "/s/ent_user_sdk": True,
        "aud": IMS + "/c/" + config["api_key"],
    }}
    assertion = jwt.encode(claims, Path("private.key").read_text(), algorithm="RS256")
    form = {{"client_id": config["api_key"], "client_secret": config["secret"], "jwt_token": assertion}}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


for path in sorted(Path("vendors").glob("*.json")):
    config = json.loads(path.read_text())
{check}
"""
CHOOSING = [
    '    if "org" in config:\n        print(token(config))\n    else:\n        print("none for", path)',
    '    org = config.get("org")\n    if not org:\n        continue\n    print(token(config), org[:0])',
    "    if config.keys() >= NEEDED:\n        print(token(config))",
    '    if not config.get("org"):\n        print("not ours")\n        continue\n    print(token(config))',
]


@pytest.mark.parametrize("check", CHOOSING)
@pytest.mark.parametrize("all_have_it", [False, True])
def test_what_tells_our_file_from_others_stays(check: str, all_have_it: bool, tmp_path: Path) -> None:
    other = CONF.replace(b"2f7a", b"9c0e") if all_have_it else b'{"api_key": "x", "secret": "p8e-CANARY-X"}'
    main = SEVERAL.format(check=check)
    files = {"main.py": main.encode(), "vendors/a.json": CONF, "vendors/b.json": other}
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert "client_credentials" in after, ran.story
    asks = check.partition("if ")[2].partition("\n")[0] in after
    assert asks or all_have_it, after
    said = " ".join(ran.text.split())
    assert all_have_it or ("org" in said and "still ask" in said), said
    assert all_have_it or b'"org"' in (tree / "vendors/a.json").read_bytes()


@pytest.mark.parametrize("gives_up", ['raise KeyError("org")', "raise SystemExit(path)"])
def test_where_nobody_went_on_without_it_nobody_is_asked(gives_up: str, tmp_path: Path) -> None:
    check = f'    if "org" not in config:\n        {gives_up}\n    print(token(config))'
    other = b'{"api_key": "x", "secret": "p8e-CANARY-X"}'
    files = {"main.py": SEVERAL.format(check=check).encode(), "vendors/a.json": CONF, "vendors/b.json": other}
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "not in config" not in (tree / "main.py").read_text(), ran.story


BEHIND = """import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Client:
    def token(self):
        claims = {{
            "exp": int(time.time()) + 300,
            "iss": os.environ["ORG"],
            "sub": os.environ["ACCOUNT"],
            IMS + "/s/ent_user_sdk": True,
            "aud": IMS + "/c/" + os.environ["CLIENT_ID"],
        }}
        with open(os.environ["KEY_FILE"]) as f:
            assertion = jwt.encode(claims, f.read(), algorithm="RS256")
        form = {{"client_id": os.environ["CLIENT_ID"], "client_secret": os.environ["SECRET"]}}
        form["jwt_token"] = assertion
        return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


def client():
    if os.environ.get("KEY_FILE"):
        return Client()
    {otherwise}


print(client())
"""


@pytest.mark.parametrize(
    ("otherwise", "asks"),
    [
        ("return object()", True),
        ('raise SystemExit("no key")', False),
        ("return None", False),
        ('print("no key")\n    raise SystemExit(1)', False),
    ],
)
def test_what_comes_behind_a_branch_that_leaves_is_its_other_side(
    otherwise: str, asks: bool, tmp_path: Path
) -> None:
    tree = trees.write({"main.py": BEHIND.format(otherwise=otherwise).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert "KEY_FILE" not in after, ran.story
    assert ('if os.environ.get("SECRET"):' in after) == asks, after
    assert (otherwise in after) == asks, after


RUN = """import runpy
import subprocess
import sys

import jwt


def test_key_is_asked_for():
    done = subprocess.run([sys.executable, "{path}"], env={{}}, capture_output=True, text=True)
    assert "KEY_FILE is missing" in done.stderr


def test_runs(monkeypatch, capsys):
    monkeypatch.setenv("KEY_FILE", "unit.pem")
    monkeypatch.setattr(jwt, "encode", lambda *args, **options: "signed")
    runpy.run_path("./{path}", run_name="__main__")
    assert capsys.readouterr().out
"""


@pytest.mark.parametrize("path", ["main.py", "bin/users.py"])
def test_tests_that_run_a_program_by_its_path_are_its_tests(path: str, tmp_path: Path) -> None:
    main = BEHIND.format(otherwise='raise SystemExit("KEY_FILE is missing")')
    files = {path: main.encode(), "tests/test_run.py": RUN.format(path=path).encode()}
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "tests/test_run.py").read_text()
    assert "jwt" not in after, after
    assert 'setenv("KEY_FILE"' not in after
    assert "tests/test_run.py:10 (test_key_is_asked_for) expects" in " ".join(ran.text.split()), ran.text


COMPLAINING = """import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Settings:
    def __init__(self, env):
        self.client, self.secret = env["CLIENT_ID"], env["CLIENT_SECRET"]
        self.org, self.tech = env["ORG"], env["TECH"]
        self.key_file = env.get("KEY_FILE", "private.key")

    def check(self):
        problems = {start}
{checks}
        if problems:
            raise SystemExit("; ".join(problems))
        return self


def token(settings):
    settings.check()
    claims = {{"exp": int(time.time()) + 300, "iss": settings.org, "sub": settings.tech}}
    claims |= {{IMS + "/s/ent_user_sdk": True, "aud": IMS + "/c/" + settings.client}}
    with open(settings.key_file) as f:
        assertion = jwt.encode(claims, f.read(), algorithm="RS256")
    form = {{"client_id": settings.client, "client_secret": settings.secret, "jwt_token": assertion}}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


if __name__ == "__main__":
    print(token(Settings(os.environ)))
"""
KEY_CHECK = ("if not os.path.exists(self.key_file):", 'f"no such key: {self.key_file}"')
ID_CHECK = ("if not self.client:", '"CLIENT_ID is empty"')
SECRET_CHECK = ("if len(self.secret) < 8:", '"CLIENT_SECRET is short"')
Check = tuple[str, str]


@pytest.mark.parametrize(
    "checks",
    [(ID_CHECK, KEY_CHECK), (KEY_CHECK, ID_CHECK), (ID_CHECK, KEY_CHECK, SECRET_CHECK), (KEY_CHECK,)],
)
@pytest.mark.parametrize(
    ("start", "add"),
    [
        ("[]", "problems.append(%s)"),
        ("[]", "problems += [%s]"),
        ("{}", "problems[%s] = True"),
        ("{}", "problems[len(problems)] = %s"),
    ],
)
def test_what_is_gathered_of_other_settings_still_ends_the_program(
    checks: tuple[Check, ...], start: str, add: str, tmp_path: Path
) -> None:
    written = {check: indent(f"{check[0]}\n    {add % check[1]}\n", " " * 8) for check in checks}
    before = COMPLAINING.format(start=start, checks="".join(written.values()).rstrip())
    test = (
        "import app, pytest\n\n\ndef test_no_key():\n"
        '    with pytest.raises(SystemExit, match="no such key"):\n        app.Settings({}).check()\n'
    )
    tree = trees.write({"app.py": before.encode(), "test_app.py": test.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "app.py").read_text()
    assert "client_credentials" in after, ran.story
    assert "no such key" not in after, after
    assert all((text in after) == (check is not KEY_CHECK) for check, text in written.items()), after
    assert ("raise SystemExit" in after) == (checks != (KEY_CHECK,)), after
    assert "test_no_key" in " ".join(ran.text.split()), ran.story


LISTED = """        missing = [name for name in ("CLIENT_ID", "ORG") if name not in os.environ]
        if not os.path.isfile(self.key_file):
            missing.append(f"{self.key_file} is no file")
        elif os.stat(self.key_file).st_size == 0:
            missing.append(f"{self.key_file} has nothing in it")
        problems += missing"""


@pytest.mark.parametrize(
    "expected", ['["/x is no file"]', '["/x has nothing in it"]', '["ORG"]', '["/x is here, is no fool"]']
)
def test_what_a_list_begins_with_is_still_complained_of(expected: str, tmp_path: Path) -> None:
    before = COMPLAINING.format(start="[]", checks=LISTED).replace("SystemExit", "ValueError")
    test = f"import app\n\n\ndef test_it():\n    assert app.Settings({{}}).check() == {expected}\n"
    tree = trees.write({"app.py": before.encode(), "test_app.py": test.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "app.py").read_text()
    assert "client_credentials" in after, ran.story
    assert "problems += missing" in after, after
    assert "key_file" not in after.partition("def check")[2], after
    told = "expects what a check of the key said" in " ".join(ran.text.split())
    assert told == ("no file" in expected or "nothing" in expected), ran.story


EXTENSION = """import os
import time

import jwt
import requests
from flask import Flask, current_app

IMS = "https://ims-na1.adobelogin.com"


class Adobe:
    def init_app(self, app):
        app.config.setdefault("TIMEOUT", 15)
        if not app.config["CLIENT"]:
            raise RuntimeError("no client")
        path = os.path.join(app.instance_path, app.config["KEY"])
        if not os.path.isfile(path):
            raise RuntimeError("no key")

    def token(self):
        claims = {
            "exp": int(time.time()) + 300,
            "iss": "o@AdobeOrg",
            "sub": "t@techacct.adobe.com",
            IMS + "/s/ent_user_sdk": True,
            "aud": IMS + "/c/" + current_app.config["CLIENT"],
        }
        with current_app.open_instance_resource(current_app.config["KEY"], "r") as f:
            assertion = jwt.encode(claims, f.read(), algorithm="RS256")
        form = {"client_id": current_app.config["CLIENT"], "client_secret": os.environ["SECRET"]}
        form["jwt_token"] = assertion
        wait = current_app.config["TIMEOUT"]
        return requests.post(IMS + "/ims/exchange/jwt", data=form, timeout=wait).json()["access_token"]


app = Flask(__name__)
app.config.from_object("settings")
Adobe().init_app(app)
"""


def test_a_check_of_the_keys_file_by_its_setting_goes_and_nothing_else_of_the_app(tmp_path: Path) -> None:
    settings = b'CLIENT = "id"\nKEY = "adobe.key"\n'
    tree = trees.write({"ext.py": EXTENSION.encode(), "settings.py": settings}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "ext.py").read_text()
    assert "no key" not in after, ran.story
    assert "KEY" not in after + (tree / "settings.py").read_text()
    assert 'app.config.setdefault("TIMEOUT", 15)' in after, after
    assert 'if not app.config["CLIENT"]:' in after


VAULT = """from pathlib import Path


class Vault:
    def __init__(self, folder):
        self.folder = Path(folder)

    def secret(self, name):
        return (self.folder / name).read_text().strip()

    def __contains__(self, name):
        return (self.folder / name).exists()
"""
STORED = """import os
import time

import jwt
import requests

from vault import Vault

IMS = "https://ims-na1.adobelogin.com"


def login(vault):
%s
    claims = {
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        IMS + "/s/ent_user_sdk": True,
        "aud": IMS + "/c/" + vault.secret("adobe-id"),
    }
    assertion = jwt.encode(claims, vault.secret("adobe-key"), algorithm="RS256")
    form = {"client_id": vault.secret("adobe-id"), "client_secret": vault.secret("adobe-secret")}
    form["jwt_token"] = assertion
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


print(len(login(Vault(os.environ["STORE"]))))
"""


@pytest.mark.parametrize(
    "check",
    [
        'for name in ("adobe-id", "adobe-key"):\n    if name not in vault:\n        raise SystemExit(name)',
        'if "adobe-key" not in vault:\n    raise SystemExit("no key")',
        'if not (vault.folder / "adobe-key").exists():\n    raise SystemExit("no key")',
        'for name in ("adobe-id", "adobe-key"):\n    if not vault.secret(name):\n        sys.exit(name)',
    ],
)
def test_a_secret_that_a_store_of_our_own_holds_is_asked_for_no_more(check: str, tmp_path: Path) -> None:
    files = {"main.py": STORED % indent(check, "    "), "vault.py": VAULT}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert "client_credentials" in after, ran.story
    assert "adobe-key" not in after
    assert (tree / "vault.py").read_text() == VAULT


@pytest.mark.parametrize(
    "check",
    [
        'if "adobe-secret" not in vault:\n    raise SystemExit("no secret")',
        'if not (vault.folder / "adobe-id").exists():\n    raise SystemExit("no id")',
        'for name in ("adobe-id", "adobe-secret"):\n    if name not in vault:\n        sys.exit(name)',
    ],
)
def test_other_secrets_of_the_store_are_still_asked_for(check: str, tmp_path: Path) -> None:
    check = indent(check, "    ")
    guarded = VAULT.replace(
        "        return (self",
        "        if name not in self:\n            raise KeyError(name)\n        return (self",
        1,
    )
    files = {"main.py": STORED % check, "vault.py": guarded}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert "client_credentials" in after, ran.story
    assert check in after
    assert (tree / "vault.py").read_text() == guarded


def test_a_key_that_another_login_goes_on_to_read_is_still_looked_for(tmp_path: Path) -> None:
    """What opens its file stays, and so does the table that says where it is."""
    keys = (
        'from pathlib import Path\n\nKEYS = {"corp": "corp.pem"}\n\n\n'
        "def signed(claims):\n    return jwt.encode(claims, read())\n\n\n"
        'def read(name="corp"):\n    return Path(KEYS[name]).read_text()\n'
    )
    check = 'if not os.path.exists(KEYS["corp"]):\n    raise SystemExit("no key")\n'
    main = (
        "import os\n\nimport requests\n\nfrom keys import KEYS, signed\n\n"
        + check
        + 'IMS = "https://ims-na1.adobelogin.com"\n'
        'claims = {"iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com", IMS + "/s/ent_user_sdk": True}\n'
        'form = {"client_id": "7a9c1e", "client_secret": os.environ["SECRET"], "jwt_token": signed(claims)}\n'
        'reply = requests.post(IMS + "/ims/exchange/jwt", data=form).json()\n'
        'print(reply["access_token"])\n'
        'requests.post("https://partner.example/login", json={"jwt": signed({"iss": "corp"})})\n'
    )
    files = {
        "main.py": main,
        "keys.py": f"import jwt\n\n{keys}".replace("import jwt\n\nfrom", "import jwt\nfrom"),
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert "client_credentials" in after, ran.story
    assert check in after

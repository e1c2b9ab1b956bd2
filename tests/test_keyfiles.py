"""Key files: which are a flow's, and what becomes of them; the others stay silent."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import trees
from cryptography.hazmat.primitives import serialization as z
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from tool import jwt2oauth

from jwt2oauth.project.keyfiles import holds_key

KEY = rsa.generate_private_key(65537, 2048)
SECRET = z.BestAvailableEncryption(b"correct horse")
KINDS = {
    "private.key": KEY.private_bytes(z.Encoding.PEM, z.PrivateFormat.PKCS8, z.NoEncryption()),
    "rsa.pem": KEY.private_bytes(z.Encoding.PEM, z.PrivateFormat.TraditionalOpenSSL, z.NoEncryption()),
    "encrypted.pem": KEY.private_bytes(z.Encoding.PEM, z.PrivateFormat.PKCS8, SECRET),
    "old-encrypted.pem": KEY.private_bytes(z.Encoding.PEM, z.PrivateFormat.TraditionalOpenSSL, SECRET),
    "binary.der": KEY.private_bytes(z.Encoding.DER, z.PrivateFormat.PKCS8, z.NoEncryption()),
    "store.p12": pkcs12.serialize_key_and_certificates(b"adobe", KEY, None, None, SECRET),
}
PUBLIC = KEY.public_key().public_bytes(z.Encoding.PEM, z.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind(name: str) -> None:
    assert holds_key(name, KINDS[name])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("public.key", PUBLIC),
        ("notes.key", b"the key lies in the vault"),
        ("data.json", b"0{}"),
        ("empty.pem", b""),
    ],
)
def test_what_is_no_private_key(name: str, data: bytes) -> None:
    assert not holds_key(name, data)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The small repository of the README, with a real key, and another for TLS."""
    root = tmp_path / "tree"
    shutil.copytree(trees.FIXTURES / "nightly-sync/before", root)
    (root / "conf/private.key").write_bytes(KINDS["private.key"])
    (root / "tests/tls").mkdir()
    (root / "tests/tls/server.pem").write_bytes(KINDS["rsa.pem"])
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all")
    return root


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def test_only_the_flow_s_key_is_reported(tree: Path) -> None:
    ran = jwt2oauth(tree, "scan", "--format", "json")
    keys = [finding["path"] for finding in ran.page["findings"] if finding["rule"] == "private-key-file"]
    assert keys == ["conf/private.key"]
    assert "git filter-repo --invert-paths --path conf/private.key" in " ".join(
        ran.page["flows"][0]["fix"]["todo"]
    )


def test_without_being_asked_it_stays(tree: Path) -> None:
    ran = jwt2oauth(tree, "fix")
    assert ran.code == 0, ran.story
    assert (tree / "conf/private.key").read_bytes() == KINDS["private.key"]


@pytest.mark.parametrize("kind", ["private.key", "encrypted.pem", "binary.der", "store.p12"])
def test_it_goes_with_the_flow(kind: str, tree: Path) -> None:
    (tree / "conf/private.key").write_bytes(KINDS[kind])
    git(tree, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--allow-empty", "-qam", kind)
    patch = jwt2oauth(tree, "fix", "--remove-keys", "--diff").stdout
    ran = jwt2oauth(tree, "fix", "--remove-keys")
    assert ran.code == 0, ran.story
    changed = git(tree, "status", "--short")
    assert " D conf/private.key" in changed.splitlines()
    assert (tree / "tests/tls/server.pem").exists()
    git(tree, "checkout", "-q", ".")
    secret = (
        b"".join(KINDS[kind].split(b"\n")[1:3]) if kind.endswith((".key", ".pem")) else KINDS[kind][40:80]
    )
    assert secret[:40] not in patch
    subprocess.run(["git", "apply", "--check"], cwd=tree, input=patch, check=True)
    subprocess.run(["git", "apply"], cwd=tree, input=patch, check=True)
    assert git(tree, "status", "--short") == changed


@pytest.mark.parametrize(
    ("program", "how"),
    [
        ('KEY = open("conf/private.key").read()\n', "sign.py names it"),
        ('import glob\n\nKEYS = glob.glob("conf/*.key")\n', "sign.py:3 may find it"),
        ('KEYS = ["x/%s.key" % stage for stage in "ab"]\n', "sign.py:1 may find it"),
        ('KEYS = [f"conf/{stage}.key" for stage in "ab"]\n', "sign.py:1 may find it"),
        ('import os\n\nKEYS = [f for f in os.listdir() if f.endswith(".key")]\n', "sign.py:3 may find it"),
        ('from pathlib import Path\n\nFILES = sorted(Path("conf").iterdir())\n', "sign.py:3 may find it"),
        ('import glob\n\nOTHERS = glob.glob("conf/*.pem"), glob.glob("public*.key")\n', ""),
        ('FOLDER = "conf"\nNAME = f"{FOLDER}{1}y"\n', ""),
        ('import tempfile\n\nFILE = tempfile.NamedTemporaryFile(suffix=".key")\n', ""),
    ],
)
def test_what_something_else_may_read_stays(program: str, how: str, tree: Path) -> None:
    (tree / "sign.py").write_text(program)
    git(tree, "add", "-A")
    ran = jwt2oauth(tree, "fix", "--remove-keys", "--force")
    assert (tree / "conf/private.key").exists() == bool(how), ran.story
    said = f"conf/private.key holds the private key and stays: {how}." in " ".join(ran.story.split())
    assert said == bool(how), ran.story


PROGRAM = """\
import os

import jwt
import requests
{head}

IMS = "https://ims-na1.adobelogin.com"


def token(cfg, secret):
    claims = {{"iss": "o@AdobeOrg", "aud": IMS + "/c/i", IMS + "/s/ent_user_sdk": True}}
    signed = jwt.encode(claims, {key}, algorithm="RS256")
    form = {{"client_id": "i", "client_secret": secret, "jwt_token": signed}}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
JSON_HEAD = "import json\n\nCFG = json.load(open('ims.json'))"
ARGPARSE = (
    "import argparse\n\np = argparse.ArgumentParser()\np.add_argument('-k', '--key-file')\na = p.parse_args()"
)
PEM = KINDS["private.key"].decode()
ESCAPED = PEM.replace("\n", "\\n")
BASE64 = "".join(PEM.splitlines()[1:-1])
INDENTED = "".join(f"  {line}\n" for line in PEM.splitlines())
PDF = "from adobe.pdfservices.operation.auth.credentials import Credentials\n\n"
BUILDER = PDF + "Credentials.service_account_credentials_builder()"
READ_VARIABLE = PROGRAM.format(head="", key='open(os.environ["ADOBE_KEY"]).read()')
WHERE_KEYS_ARE = {  # files beside a.key and tls.key, and where the key is found
    "in JSON": (
        {
            "main.py": PROGRAM.format(head=JSON_HEAD, key='CFG["ims"]["key"]'),
            "ims.json": f'{{"ims": {{"key":\n"{ESCAPED}"}},\n"tls": "{ESCAPED}"}}\n',
        },
        ["ims.json:2"],
    ),
    "base64 of DER in JSON": (
        {
            "main.py": PROGRAM.format(head="import base64\n" + JSON_HEAD, key='CFG["key"]'),
            "ims.json": f'{{"key": "{BASE64}", "tls": "{BASE64}"}}',
        },
        ["ims.json:1"],
    ),
    "in YAML": (
        {
            "main.py": PROGRAM.format(
                head="import yaml\n\nCFG = yaml.safe_load(open('a.yml'))", key='CFG["key"]'
            ),
            "a.yml": f"tls: |\n{INDENTED}key: |\n{INDENTED}",
        },
        ["a.yml:30"],
    ),
    "in TOML": (
        {
            "main.py": PROGRAM.format(
                head="import tomllib\n\nCFG = tomllib.load(open('a.toml', 'rb'))", key='CFG["ims"]["key"]'
            ),
            "a.toml": f'[ims]\nkey = """\n{PEM}"""\n[tls]\nkey = """\n{PEM}"""\n',
        },
        ["a.toml:2"],
    ),
    "in the environment": (
        {
            "main.py": PROGRAM.format(head="", key='os.environ["ADOBE_KEY"]'),
            ".env": f'TLS_KEY="{ESCAPED}"\nADOBE_KEY="{ESCAPED}"\n',
        },
        [".env:2"],
    ),
    "named by Compose": (
        {
            "main.py": READ_VARIABLE,
            "compose.yaml": "environment:\n  TLS_KEY: conf/tls.key\n  ADOBE_KEY: ./conf/a.key\n",
        },
        ["conf/a.key:1"],
    ),
    "named by Kubernetes": (
        {
            "main.py": READ_VARIABLE,
            "k8s/app.yaml": "env:\n- name: TLS_KEY\n  value: tls.key\n- name: ADOBE_KEY\n  value: /a.key\n",
        },
        ["conf/a.key:1"],
    ),
    "named by an option": (
        {
            "main.py": PROGRAM.format(head=ARGPARSE, key="open(a.key_file).read()"),
            "Makefile": "run:\n\tpython main.py -k $(PWD)/tls.key --tls conf/tls.key --key-file conf/a.key\n",
        },
        ["conf/a.key:1"],
    ),
    "named by nobody": ({"main.py": READ_VARIABLE, "compose.yaml": "environment:\n  ADOBE_KEY: $KEY\n"}, []),
    "a builder": (
        {"main.py": BUILDER + ".with_private_key(open('a.key').read()).build()\n"},
        ["conf/a.key:1"],
    ),
    "a builder's file": (
        {
            "main.py": BUILDER + ".from_file('pdf.json').build()\n",
            "pdf.json": '{"client_credentials": {"client_id": "c", "client_secret": "s"},'
            ' "service_account_credentials": {"private_key_file": "a.key"}}',
        },
        ["conf/a.key:1"],
    ),
    "a mapping from JSON": (
        {
            "main.py": "import json, umapi_client\n\nA = json.load(open('u.json'))\n"
            "umapi_client.Connection(org_id='o', auth_dict=A)\n",
            "u.json": f'{{"api_key": "i", "client_secret": "s", "private_key_data": "{ESCAPED}"}}',
        },
        ["u.json:1"],
    ),
}


@pytest.mark.parametrize("name", WHERE_KEYS_ARE)
def test_the_key_is_found_where_it_lies(name: str, tmp_path: Path) -> None:
    files, places = WHERE_KEYS_ARE[name]
    texts = {path: text.encode() for path, text in files.items()}
    for path in ("conf/a.key", "conf/tls.key"):
        texts[path] = KINDS["private.key"]
    tree = trees.write(texts, tmp_path / "tree")
    ran = jwt2oauth(tree, "scan", "--format", "json")
    found = [
        f"{each['path']}:{each['line']}"
        for each in ran.page["findings"]
        if each["rule"] == "private-key-file"
    ]
    assert found == places, ran.story
    fixed = jwt2oauth(tree, "fix", "--remove-keys", "--force")
    assert (tree / "conf/tls.key").exists()
    assert (tree / "conf/a.key").exists() == ("conf/a.key:1" not in places), fixed.story
    for path, text in texts.items():
        if BASE64[:60] in text.decode() and path.endswith((".json", ".yml", ".toml", ".env")):
            left = (tree / path).read_text()
            assert left.count(BASE64[:60]) == text.decode().count(BASE64[:60]) - 1, fixed.story
    assert BASE64[:60] not in fixed.text


@pytest.mark.parametrize(
    ("line", "needs"),
    [
        ('(tmp_path / "private.key").write_text("x")', False),
        ('read(tmp_path, HERE / "private.key")', True),
        ('read(tmp_path, "conf/private.key")', True),
    ],
)
def test_a_file_of_that_name_in_a_temporary_folder(tree: Path, line: str, needs: bool) -> None:
    (tree / "tests/test_more.py").write_text(f"def test_it(tmp_path):\n    {line}\n")
    git(tree, "add", "-A")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert ("when tests/test_more.py needs it no more" in said) is needs, said


@pytest.mark.parametrize(
    ("said", "needs"),
    [
        ('"""Needs conf/private.key."""\n', False),
        ("SIZE = 1  # conf/private.key is elsewhere\n", False),
        ('def sign():\n    """Reads\n\n    conf/private.key.\n    """\n', False),
        ('KEY = "conf/private.key"  # of whom?\n', True),
        ('KEY = "conf/private.key"\n"""What is read."""\n', True),
    ],
)
def test_what_a_program_tells_people_needs_no_key(tree: Path, said: str, needs: bool) -> None:
    (tree / "sign.py").write_text(said)
    git(tree, "add", "-A")
    told = " ".join(jwt2oauth(tree, "fix").text.split())
    assert ("when sign.py needs it no more" in told) is needs, told
    assert ("Comments or docstrings still name private.key: sign.py:" in told) is not needs


OWN = """import json
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
S = json.load(open("settings.json"))
with open(S["key_file"]) as file:
    KEY = file.read()


def event(number):
    return {made}


claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
claims |= {IMS + "/s/ent_user_sdk": True, "aud": IMS + "/c/" + S["id"]}
form = {"client_id": S["id"], "client_secret": S["secret"]}
form["jwt_token"] = jwt.encode(claims, KEY, algorithm="RS256")
print(event(1), requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"])
"""


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ('jwt.encode({"sub": number}, KEY, algorithm="RS256")', "when main.py:9 needs it no more."),
        ("str(number)", "(jwt2oauth fix --remove-keys does)."),
    ],
)
def test_a_key_that_signs_something_else_is_still_read(made: str, told: str, tmp_path: Path) -> None:
    settings = b'{"id": "i", "secret": "p8e-CANARY-own", "key_file": "corp.key"}\n'
    files = {"main.py": OWN.replace("{made}", made).encode(), "settings.json": settings}
    tree = trees.write({**files, "corp.key": KINDS["private.key"]}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert f"Delete corp.key, which holds the private key, {told}".replace(", (", " (") in said, said


@pytest.mark.parametrize(
    ("others", "told"),
    [
        (1, "when other0.py needs it no more."),
        (2, "when other0.py and other1.py need it no more."),
        (5, "when other0.py, other1.py, other2.py and 2 more need it no more."),
    ],
)
def test_all_that_name_a_key_are_named(tree: Path, others: int, told: str) -> None:
    for number in range(others):
        (tree / f"other{number}.py").write_text('DATA = ["conf/private.key"]\n')
    git(tree, "add", "-A")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert f"Delete conf/private.key, which holds the private key, {told}" in said, said


def test_a_key_file_is_not_rewritten(tree: Path) -> None:
    said = [one["description"] for one in jwt2oauth(tree, "scan", "--format", "gitlab").page]
    keys = [text for text in said if text.startswith("private-key-file")]
    assert keys
    assert all(text.endswith("jwt2oauth fix rewrites what needs it.") for text in keys)
    assert all(text.endswith("jwt2oauth fix rewrites it.") for text in said if text not in keys)

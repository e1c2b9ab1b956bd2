"""Stand-ins that name the argument in which the fields went out: they take it under the name it has now."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

APP = """import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def sign(key):
    claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
    claims["aud"] = IMS + "/c/id"
    claims[IMS + "/s/ent_user_sdk"] = True
    return jwt.encode(claims, key, algorithm="RS256")


def login():
    with open("k.pem") as f:
        parts = {
            "client_id": (None, "id"),
            "client_secret": (None, "p8e-CANARY-x"),
            "jwt_token": (None, sign(f.read())),
        }
    reply = requests.post(IMS + "/ims/exchange/jwt", files=parts)
    if reply.status_code == 200:
        return reply.json()["access_token"]
"""
TEST = """import app


class Reply:
    status_code = 200

    def json(self):
        return {"access_token": "t"}


def test_login(monkeypatch):
    seen = {}

    def post(%s):
        %s
        return Reply()

    monkeypatch.setattr(app, "sign", lambda key: "signed")
    monkeypatch.setattr(app.requests, "post", post)
    assert app.login() == "t"
    assert seen["client_id"] == (None, "id")
    assert seen["jwt_token"] == (None, "signed")
"""


def fixed(tmp_path: Path, params: str, body: str) -> tuple[str, str]:
    files = {"app.py": APP, "test_app.py": TEST % (params, body), "k.pem": ""}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    return (tree / "test_app.py").read_text(), " ".join(ran.text.split())


@pytest.mark.parametrize(
    ("params", "body", "after"),
    [
        ("url, files", "seen.update(files)", ("url, data", "seen.update(data)")),
        ("url, files=None", "seen.update(files, url=url)", ("url, data=None", "seen.update(data, url=url)")),
        ("url, *, files: dict", "seen.update(files)", ("url, *, data: dict", "seen.update(data)")),
        ("url, **kwargs", 'seen.update(kwargs["files"])', ("url, **kwargs", 'seen.update(kwargs["data"])')),
        ("url, data=None, files=None", "seen.update(files or data)", ()),
    ],
    ids=["plain", "with a default", "by name alone", "whatever comes", "both"],
)
def test_it_takes_what_it_is_given_now(
    params: str, body: str, after: tuple[str, str], tmp_path: Path
) -> None:
    made, told = fixed(tmp_path, params, body)
    params, body = after or (params, body)
    assert f"def post({params}):\n        {body}\n" in made, told
    assert 'seen["client_id"] == "id"' in made
    assert 'seen["grant_type"] == "client_credentials"' in made


def test_of_a_field_there_is_no_more_than_the_text(tmp_path: Path) -> None:
    """``files["client_id"][1]`` was the content of a part, and would be a letter of the field."""
    asked = TEST.replace('["client_id"] == (None, "id")', '["client_id"][1] == "id"')
    asked = asked.replace('["jwt_token"] == (None, "signed")', '["jwt_token"][1].count(".") == 2')
    files = {"app.py": APP, "test_app.py": asked % ("url, files", "seen.update(files)"), "k.pem": ""}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "test_app.py").read_text()
    assert 'assert seen["client_id"] == "id"' in made, ran.story
    assert 'assert seen["grant_type"] == "client_credentials"' in made


def test_a_name_that_means_something_else_there_is_told(tmp_path: Path) -> None:
    made, told = fixed(tmp_path, "url, files", "data = dict(files); seen.update(data)")
    assert "def post(url, files):" in made
    assert "which is data now: change that test" in told


def test_a_stand_in_for_something_else_keeps_its_names(tmp_path: Path) -> None:
    test = TEST % ("url, files", "seen.update(files)")
    other = 'monkeypatch.setattr(app, "upload", lambda url, files: files)'
    test += f"\n\ndef test_upload(monkeypatch):\n    {other}\n"
    files = {
        "app.py": APP + "\n\ndef upload(url, files):\n    return url, files\n",
        "test_app.py": test,
        "k.pem": "",
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "lambda url, files: files" in (tree / "test_app.py").read_text(), ran.story


CLIENT = """import app


class Client:
    def __init__(self):
        self.posts = []

    def post(self, url, files):
        self.posts.append(files)
        return self

    status_code = 200

    def json(self):
        return {"access_token": "t"}


def test_login(monkeypatch):
    monkeypatch.setattr(app, "sign", lambda key: "signed")
    client = Client()
    assert app.login(client) == "t"
    assert client.posts[0]["%s"] == (None, "signed")
"""


@pytest.mark.parametrize(("field", "taken"), [("jwt_token", "data"), ("picture", "files")])
def test_an_object_that_a_test_hands_to_the_program(field: str, taken: str, tmp_path: Path) -> None:
    program = APP.replace("def login():", "def login(client):").replace("requests.post", "client.post")
    program = program.replace("import requests\n", "").replace(
        "def login(client):", "def login(client: requests.Session):"
    )
    program = program.replace("import jwt\n", "import jwt\nimport requests\n")
    files = {"app.py": program, "test_app.py": CLIENT % field}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "data=" in (tree / "app.py").read_text(), ran.story
    assert f"def post(self, url, {taken}):" in (tree / "test_app.py").read_text()


@pytest.mark.parametrize("keeps", ["", "\n\n\ndef tls(pem):\n    return RSAKey.import_key(pem)\n"])
def test_a_stand_in_for_what_takes_the_key_apart_goes_with_it(keeps: str, tmp_path: Path) -> None:
    app = APP.replace("import jwt\n", "from joserfc import jwt\nfrom joserfc.jwk import RSAKey\n")
    app = app.replace(
        'jwt.encode(claims, key, algorithm="RS256")',
        'jwt.encode({"alg": "RS256"}, claims, RSAKey.import_key(key))',
    )
    patch = '    monkeypatch.setattr(app.RSAKey, "import_key", lambda text: text)\n'
    test = (TEST % ("url, files", "seen.update(files)")).replace(
        "    monkeypatch.setattr(app, ", patch + "    monkeypatch.setattr(app, ", 1
    )
    files = {"app.py": app + keeps, "test_app.py": test, "k.pem": ""}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert ("import_key" in (tree / "test_app.py").read_text()) == bool(keeps), ran.story
    assert ("RSAKey" in (tree / "app.py").read_text()) == bool(keeps)

"""A wrapper that sends a form and a query: what was handed to it as the one is handed to it as the other."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

WEB = """import requests


def send(method, url, body=None, query=None):
    return requests.request(method, url, data=body, params={query}, timeout=15).json()


def others():
    return send("GET", "https://example.com/rows", query={{"page": "2"}})
"""
LOGIN = """import os
import time

import jwt

from web import send

IMS = "https://ims-na1.adobelogin.com"


def login(key):
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": IMS + "/c/id",
        IMS + "/s/ent_user_sdk": True,
    }}
    secrets = {{
        "client_id": "id",
        "client_secret": os.environ["SECRET"],
        "jwt_token": jwt.encode(claims, key, algorithm="RS256"),
    }}
    return send({given})["access_token"]
"""
URL = 'f"{IMS}/ims/exchange/jwt"'


@pytest.mark.parametrize(
    ("query", "given", "after"),
    [
        ("query", f'"POST", {URL}, query=secrets', "body=secrets"),
        ("query", f'"POST", {URL}, None, secrets', ""),
        ("query", f'url={URL}, query=secrets, method="POST"', 'body=secrets, method="POST"'),
        ("query", f'"POST", {URL}, body={{"a": "b"}}, query=secrets', ""),
        ("query or {}", f'"POST", {URL}, query=secrets', ""),
    ],
    ids=["by its name", "behind a form by place", "in another order", "beside a form", "in an expression"],
)
def test_it_is_handed_as_a_form(tmp_path: Path, query: str, given: str, after: str) -> None:
    files = {"web.py": WEB.format(query=query), "login.py": LOGIN.format(given=given)}
    trees.write({path: text.encode() for path, text in files.items()}, tmp_path)
    ran = jwt2oauth(tmp_path, "fix")
    made = {path: (tmp_path / path).read_text() for path in files}
    assert made["web.py"] == files["web.py"], ran.story
    if after:
        assert after in made["login.py"], ran.story
        assert '"grant_type": "client_credentials"' in made["login.py"]
    else:
        assert made == files, ran.story
        assert "form-unknown" in ran.text, ran.story


def test_a_form_that_is_given_by_its_place_is_not_given_twice(tmp_path: Path) -> None:
    web = WEB.replace("requests.request(method, url, data=body,", "requests.post(url, body,")
    given = f'"POST", {URL}, query=secrets'
    files = {"web.py": web.format(query="query"), "login.py": LOGIN.format(given=given)}
    trees.write({path: text.encode() for path, text in files.items()}, tmp_path)
    ran = jwt2oauth(tmp_path, "fix")
    assert (tmp_path / "web.py").read_text() == files["web.py"]
    assert "body=secrets" in (tmp_path / "login.py").read_text(), ran.story


BRANCHING = """import requests


def send(url, fields, method="POST"):
    if method == "GET":
        reply = requests.get(url, params=fields, timeout=10)
    else:
        reply = requests.post(url, data=fields, timeout=10)
    return reply.json()
"""


@pytest.mark.parametrize("others", [False, True])
def test_the_other_way_through_it_is_no_other_login(tmp_path: Path, others: bool) -> None:
    login = LOGIN.format(given=f"{URL}, secrets").replace('["access_token"]', '["expires_in"] // 1000')
    if others:
        login += (
            "\n\ndef seconds(reply):\n    return reply['expires_in'] / 1000\n\n\n"
            "def other():\n    return seconds(send('https://example.com/token', {'a': 'b'}, 'GET'))\n"
        )
    files = {"web.py": BRANCHING, "login.py": login}
    trees.write({path: text.encode() for path, text in files.items()}, tmp_path)
    ran = jwt2oauth(tmp_path, "fix")
    made = (tmp_path / "login.py").read_text()
    assert 'secrets)["expires_in"]\n' in made, ran.story
    if others:  # what the other one gets, by a request of its own, is divided as before
        assert made.endswith(login[login.index("def seconds") :])


def _handed_on(tmp_path: Path, files: dict[str, str]) -> str:
    """The login behind ``send`` of ``web.py``, after the rewrite."""
    form = 'f"{IMS}/ims/exchange/jwt", data=secrets'
    files = {
        **files,
        "login.py": LOGIN.format(given=form).replace('["access_token"]', '.json()["access_token"]'),
    }
    trees.write({path: text.encode() for path, text in files.items()}, tmp_path)
    ran = jwt2oauth(tmp_path, "fix")
    assert (tmp_path / "web.py").read_text() == files["web.py"], ran.story
    return (tmp_path / "login.py").read_text()


@pytest.mark.parametrize(
    ("sends", "is_changed"),
    [
        ("requests.post(*args, **kwargs)", True),
        ("requests.post(*args, timeout=9, **kwargs)", True),
        ("requests.post(*args[::-1], **kwargs)", False),
    ],
)
def test_what_several_hand_on_as_it_came(tmp_path: Path, sends: str, is_changed: bool) -> None:
    """Whose order nobody knows any more stays."""
    web = "import requests\n"
    for name, call in (
        ("first", sends),
        ("second", "first(*args, **kwargs)"),
        ("send", "second(*args, **kwargs)"),
    ):
        web += f"\n\ndef {name}(*args, **kwargs):\n    return {call}\n"
    made = _handed_on(tmp_path, {"web.py": web})
    assert ('"grant_type": "client_credentials"' in made) is is_changed


def test_one_method_sends_for_hundreds_of_others(tmp_path: Path) -> None:
    """And takes a part of the address from the object, whose makers are asked for each of them."""
    web = """import requests


class Api:
    def __init__(self, base=""):
        self.base = base

    def call(self, method, path, data=None):
        url = path if path.startswith("https:") else self.base + path
        return requests.request(method, url, data=data)

    def send(self, path, data=None):
        return self.call("POST", path, data=data)
"""
    web += "".join(
        f'\n    def make_{i}(self, body):\n        return self.call("POST", "/{i}", data=body)\n'
        for i in range(150)
    )
    made = _handed_on(tmp_path, {"web.py": web + "\n\napi = Api()\nsend = api.send\n"})
    assert '"grant_type": "client_credentials"' in made


def test_a_form_and_its_reply_are_followed_through_many_wrappers(tmp_path: Path) -> None:
    layers = ["def send0(url, data):\n    return requests.post(url, data=data, timeout=9)\n"]
    layers += [f"def send{n}(url, data):\n    return send{n - 1}(url, data=data)\n" for n in range(1, 7)]
    main = "\n\n".join(["import os\nimport time\n\nimport jwt\nimport requests\n", *layers])
    main += """

IMS = "https://ims-na1.adobelogin.com"
claims = {"iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com", "exp": int(time.time()) + 300}
claims.update({"aud": IMS + "/c/id", IMS + "/s/ent_user_sdk": True})
form = {"client_id": "id", "client_secret": os.environ["SECRET"]}
form["jwt_token"] = jwt.encode(claims, open("private.key").read(), algorithm="RS256")
reply = send6(IMS + "/ims/exchange/jwt", form).json()
print(reply["access_token"], reply["expires_in"] / 1000)
"""
    tree = trees.write({"main.py": main.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert after.endswith('print(reply["access_token"], reply["expires_in"])\n'), ran.story
    assert "/ims/token/v3" in after

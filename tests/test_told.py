"""What a person is told of libraries that no table knows, or not in full: never nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import trees
from tool import Ran, jwt2oauth

CLAIMS = """
IMS = "https://ims-na1.adobelogin.com"


def assertion(cfg):
    with open(cfg["key_path"]) as file:
        key = file.read()
    claims = {
        "exp": int(time.time()) + 300,
        "iss": cfg["org"],
        "sub": cfg["account"],
        "aud": f"{IMS}/c/{cfg['client_id']}",
        f"{IMS}/s/ent_user_sdk": True,
    }
    return jwt.encode(claims, key, algorithm="RS256")

"""
CURL = f"""import json
import time
from io import BytesIO
from urllib.parse import urlencode

import jwt
import pycurl
{CLAIMS}
def token(cfg):
    form = {{
        "client_id": cfg["client_id"],
        "client_secret": cfg["client_secret"],
        "jwt_token": assertion(cfg),
    }}
    buffer = BytesIO()
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, f"{{IMS}}/ims/exchange/jwt")
    curl.setopt(pycurl.POSTFIELDS, urlencode(form))
    curl.setopt(pycurl.WRITEDATA, buffer)
    curl.perform()
    return json.loads(buffer.getvalue())["access_token"]
"""
READER = f"""import time

import jwt
import requests
from {{library}} import {{reader}}
{CLAIMS.replace("{", "{{").replace("}", "}}")}
config = {{reader}}("conf/app.ini")
adobe = config["adobe"]
reply = requests.post(
    f"{{{{IMS}}}}/ims/exchange/jwt",
    data={{{{
        "client_id": adobe["client_id"],
        "client_secret": adobe["client_secret"],
        "jwt_token": assertion(adobe),
    }}}},
)
print(reply.json()["access_token"])
"""


def tool(tmp_path: Path, command: str, **files: str) -> Ran:
    tree = trees.write({f"{name}.py": text.encode() for name, text in files.items()}, tmp_path / "tree")
    return jwt2oauth(tree, command)


def said(ran: Ran) -> str:
    return " ".join(ran.text.split())


def test_a_form_in_the_end_goes_to_a_client_that_no_table_knows(tmp_path: Path) -> None:
    ran = tool(tmp_path, "scan", main=CURL)
    assert ran.code == 1
    line = CURL.splitlines().index("    curl.setopt(pycurl.POSTFIELDS, urlencode(form))") + 1
    assert f"main.py:{line}: The exchange goes out through a call that no table" in said(ran), ran.text
    assert "jwt2oauth explain unknown-sender" in ran.text


def test_a_reader_that_splits_at_commas_wants_the_scopes_in_quotes(tmp_path: Path) -> None:
    ran = tool(tmp_path, "fix", main=READER.format(library="configobj", reader="ConfigObj"))
    assert "(in quotes, for ConfigObj makes a list of what has commas)" in said(ran), ran.text
    assert "reads key_path, org and account from the configuration any more" in said(ran), ran.text


def test_another_reader_does_not(tmp_path: Path) -> None:
    ran = tool(tmp_path, "fix", main=READER.format(library="acme.settings", reader="load"))
    assert '"scopes" in the configuration' in said(ran), ran.text
    assert "in quotes" not in said(ran), ran.text


@pytest.mark.parametrize("others", [2, 14])
def test_a_key_that_too_many_files_name_stays_and_is_told(tmp_path: Path, others: int) -> None:
    reader = READER.format(library="acme.settings", reader="load")
    program = reader.replace("from acme.settings import load", "import json").replace(
        'load("conf/app.ini")', 'json.load(open("conf/app.json"))'
    )
    settings = (
        '{"adobe": {"client_id": "1", "client_secret": "2", "org": "3", "account": "4", "key_path": "5"}}'
    )
    files = {"main.py": program, "conf/app.json": settings}
    files |= {f"jobs/job{n}.py": "def run(given):\n    return given['key_path']\n" for n in range(others)}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    left = (tree / "conf" / "app.json").read_text()
    assert ("key_path" in left, "account" in left) == (others > 12, False)
    why = "key_path stays, though no flow needs it any more: too many files name it to tell whether any still"
    assert (why in said(ran)) is (others > 12), ran.text


@pytest.mark.parametrize(
    ("reader", "told"),
    [
        ('from auth import login\n\nprint "seconds", login({})[1] / 1000\n', True),
        ('import other\n\nprint "seconds", other.login({})[1] / 1000\n', False),
        ('from auth import login\n\nprint("seconds", login({})[1] / 1000)\n', False),
    ],
    ids=["Python 2", "of another module", "Python 3"],
)
def test_who_imports_the_flow_and_cannot_be_examined_is_told(tmp_path: Path, reader: str, told: bool) -> None:
    auth = f"""import time

import jwt
import requests
{CLAIMS}

def login(cfg):
    form = {{"client_id": "1", "client_secret": cfg["secret"], "jwt_token": assertion(cfg)}}
    reply = requests.post(f"{{IMS}}/ims/exchange/jwt", data=form).json()
    return reply["access_token"], reply["expires_in"]
"""
    ran = tool(tmp_path, "fix", auth=auth, report=reader, other="def login(cfg):\n    return 1, 2\n")
    assert "auth.py" in ran.text
    assert ("report.py imports auth.py and could not be examined" in said(ran)) is told, ran.text


@pytest.mark.parametrize(
    ("other", "variables"),
    [
        ("ent_stocksearch_sdk", {"ADOBE_SCOPES", "ADOBE_STOCKSEARCH_SCOPES"}),
        ("ent_gdpr_sdk", {"ADOBE_SCOPES"}),
    ],
)
def test_scopes_of_two_credentials_are_not_put_into_one_variable(
    other: str, variables: set[str], tmp_path: Path
) -> None:
    def program(metascope: str, client: str) -> str:
        return f"""import time

import jwt
import requests


def login(secret):
    claims = {{"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}}
    claims["aud"] = "https://ims-na1.adobelogin.com/c/{client}"
    claims["https://ims-na1.adobelogin.com/s/{metascope}"] = True
    signed = jwt.encode(claims, open("{client}.pem").read(), algorithm="RS256")
    form = {{"client_id": "{client}", "client_secret": secret, "jwt_token": signed}}
    return requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form).json()["access_token"]
"""

    ran = tool(tmp_path, "fix", one=program("ent_gdpr_sdk", "one"), two=program(other, "two"))
    assert set(re.findall(r"ADOBE_\w*SCOPES", ran.text)) == variables


FILLED = """\
import os
import time

import jwt
import requests
{top}

    def login(self):
        claims = {{
            "exp": int(time.time()) + 60,
            "iss": "7D9F1B3E5A2C7D9F0A495DB6@AdobeOrg",
            "sub": self.account,
            "aud": "https://ims-na1.adobelogin.com/c/" + self.client_id,
            "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
        }}
        form = {{"client_id": self.client_id, "client_secret": self.secret}}
        form["jwt_token"] = jwt.encode(claims, self.key, algorithm="RS256")
        reply = requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form)
        return reply.json()["access_token"]


more = Config.load()
print(Adobe(client_id="c", secret="s", key={key}, **more).login())
"""
FRAME = """from dagster import ConfigurableResource, EnvVar

from corp import Config


class Adobe(ConfigurableResource):
    client_id: str
    secret: str
    account: str
    key: str"""
PLAIN = FRAME.replace("(ConfigurableResource)", "").replace("\nclass", "\n@dataclass\nclass")
PLAIN = f"from dataclasses import dataclass\n\nfrom prefect.blocks.system import Secret\n{PLAIN}"


@pytest.mark.parametrize(
    ("top", "key", "told", "stays"),
    [
        pytest.param(FRAME, 'EnvVar("ADOBE_KEY")', True, True, id="frame"),
        pytest.param(FRAME, 'os.environ["ADOBE_KEY"]', True, True, id="environ"),
        pytest.param(FRAME, 'os.environ.get("ADOBE_KEY", "")', False, True, id="default"),
        pytest.param(PLAIN, 'Secret.load("adobe-key").get()', False, False, id="fetched"),
    ],
)
def test_what_still_fills_a_field_for_a_foreign_base_is_told(
    top: str, key: str, told: bool, stays: bool, tmp_path: Path
) -> None:
    tree = trees.write({"main.py": FILLED.format(top=top, key=key).encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    made = (tree / "main.py").read_text()
    assert "/ims/token/v3" in made, said
    assert (f"key={key}" in made) is stays, made
    assert ("No flow needs ADOBE_KEY any more, but main.py:32 still asks for it" in said) is told, said


CHECKED = f"""import time

import jwt
import requests
{CLAIMS}
def check(cfg):
    for name in ("client_id", "account", "key_path"):
        if not cfg.get(name):
            raise ValueError(name)


def token(cfg):
    check(cfg)
    form = {{"client_id": cfg["client_id"], "client_secret": cfg["secret"], "jwt_token": assertion(cfg)}}
    return requests.post(f"{{IMS}}/ims/exchange/jwt", data=form).json()["access_token"]
"""
ROWS = """import pytest

from auth import check


@pytest.mark.parametrize("name", ["key_path"{more}])
def test_missing(name):
    with pytest.raises(ValueError, match=name):
        check({{"client_id": "c", "account": "a", "key_path": "k", name: ""}})
"""


@pytest.mark.parametrize(("more", "times"), [("", 1), (', "client_id"', 0)])
def test_a_test_of_what_leaves_is_told_once(more: str, times: int, tmp_path: Path) -> None:
    files = {"auth.py": CHECKED, "test_auth.py": ROWS.format(more=more)}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    assert '("client_id",)' in (tree / "auth.py").read_text()
    assert said.count("(test_missing)") == times, said

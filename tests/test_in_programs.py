"""What whole programs do around a flow: claims by setters, settings that are handed in, keys in buckets."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

IMS = "https://ims-na1.adobelogin.com"

SETTERS = f"""\
import time

import jwt
import requests


class Login:
    def __init__(self, path):
        with open(path) as file:
            self.key = file.read()
        self.claims = {{}}

    def set_org(self, org):
        self.claims["iss"] = org

    def set_metascopes(self, *names):
        for name in names:
            self.claims[f"{IMS}/s/{{name}}"] = True

    def token(self, client, secret):
        self.claims["aud"] = f"{IMS}/c/{{client}}"
        self.claims["exp"] = int(time.time()) + 30
        signed = jwt.encode(self.claims, self.key, algorithm="RS256")
        form = {{"client_id": client, "client_secret": secret, "jwt_token": signed}}
        return requests.post("{IMS}/ims/exchange/jwt", data=form).json()["access_token"]
"""
USE = """\
from login import Login

login = Login("{key}")
login.set_org("1@AdobeOrg")
login.set_metascopes("ent_user_sdk")
print(login.token("c", "s"){more})
"""


@pytest.mark.parametrize("key", ["private.key", "elsewhere.pem"])
@pytest.mark.parametrize("more", ["", ', login.claims["iss"]'])
def test_claims_by_setters(key: str, more: str, tmp_path: Path) -> None:
    files = {"login.py": SETTERS, "main.py": USE.format(key=key, more=more)}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made, used = (tree / "login.py").read_text(), (tree / "main.py").read_text()
    assert "jwt" not in made, ran.text
    stays = bool(more)
    assert [("self.claims = {}" in made), ("self.claims[" in made), ("set_org" in used)] == [stays] * 3, made


SETTINGS = f"""\
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    client: str
    secret: str
    key: str

    @property
    def exchange(self) -> str:
        return "{IMS}/ims/exchange/jwt"


def settings() -> Settings:
    return Settings()
"""
INJECTED = f"""\
import time
from typing import Annotated

import httpx
import jwt
from fastapi import Depends

from settings import Settings, settings

Given = Annotated[Settings, Depends(settings)]


def token(config: {{kind}}) -> str:
    claims = {{{{
        "exp": int(time.time()) + 30,
        "iss": "1@AdobeOrg",
        "sub": "2@techacct.adobe.com",
        "aud": f"{IMS}/c/{{{{config.client}}}}",
        "{IMS}/s/ent_user_sdk": True,
    }}}}
    signed = jwt.encode(claims, config.key, algorithm="RS256")
    form = {{{{"client_id": config.client, "client_secret": config.secret, "jwt_token": signed}}}}
    return httpx.post(config.exchange, data=form).json()["access_token"]
"""


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("Annotated[Settings, Depends(settings)]", True),
        ("Given", True),
        ("Annotated[object, Depends(settings)]", False),
        ("list[Settings]", False),
    ],
)
def test_settings_that_a_framework_hands_in(kind: str, known: bool, tmp_path: Path) -> None:
    files = {"settings.py": SETTINGS, "auth.py": INJECTED.format(kind=kind)}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert (f'return "{IMS}/ims/token/v3"' in (tree / "settings.py").read_text()) is known, ran.text
    assert ("jwt" not in (tree / "auth.py").read_text()) is known, ran.text


BUCKET = f"""\
import os
import time

import boto3
import jwt
import requests
from prefect.blocks.system import Secret
from pyspark.dbutils import DBUtils


def secret(name):
    {{fetched}}
    return found


claims = {{{{
    "exp": int(time.time()) + 30,
    "iss": os.environ["ORG"],
    "sub": "2@techacct.adobe.com",
    "aud": "{IMS}/c/c1",
    "{IMS}/s/ent_user_sdk": True,
}}}}
signed = jwt.encode(claims, secret("login/adobe.pem"), algorithm="RS256")
form = {{{{"client_id": "c1", "client_secret": secret("login/client"), "jwt_token": signed}}}}
print(requests.post("{IMS}/ims/exchange/jwt", data=form).json()["access_token"])
"""


@pytest.mark.parametrize(
    "fetched",
    [
        'found = boto3.client("s3").get_object(Bucket="config", Key=name)["Body"].read().decode()',
        'found = boto3.resource("s3").Object("config", name).get()["Body"].read().decode("ascii")',
        'found = DBUtils(None).secrets.get(scope="adobe", key=name)',
        "found = Secret.load(name).get()",
    ],
)
def test_a_key_in_a_bucket_and_where_jobs_have_their_secrets(fetched: str, tmp_path: Path) -> None:
    tree = trees.write({"main.py": BUCKET.format(fetched=fetched).encode()}, tmp_path / "tree")
    left = jwt2oauth(tree, "fix").text.partition("What is left to do")[2]
    assert "Nothing here fetches the secret login/adobe.pem any more." in " ".join(left.split())
    assert "Body" not in left
    assert "login/client" not in left


CHECKED = f"""\
import time

import jwt
import requests

NEEDED = ("CLIENT", "SECRET", "ORG", "KEY")


def check(config):
    for name in NEEDED:
        if not config.get({{look}}):
            raise RuntimeError(name)


def token(config):
    check(config)
    claims = {{{{
        "exp": int(time.time()) + 60,
        "iss": config["IMS_ORG"],
        "sub": "t@techacct.adobe.com",
        "aud": f"{IMS}/c/{{{{config['IMS_CLIENT']}}}}",
        "{IMS}/s/ent_user_sdk": True,
    }}}}
    signed = jwt.encode(claims, config["IMS_KEY"], algorithm="RS256")
    form = {{{{"client_id": config["IMS_CLIENT"], "client_secret": config["IMS_SECRET"]}}}}
    form["jwt_token"] = signed
    return requests.post("{IMS}/ims/exchange/jwt", data=form).json()["access_token"]
"""


@pytest.mark.parametrize(
    ("look", "goes"),
    [('"IMS_" + name', True), ('f"IMS_{name}"', True), ('"CRM_" + name', False), ("name", False)],
)
def test_required_names_that_are_put_together(look: str, goes: bool, tmp_path: Path) -> None:
    tree = trees.write({"auth.py": CHECKED.format(look=look).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "jwt" not in (tree / "auth.py").read_text(), ran.text
    assert ('NEEDED = ("CLIENT", "SECRET")' in (tree / "auth.py").read_text()) is goes, ran.text


LOCAL = f"""\
import time
{{top}}

def token(key):
    import jwt
    {{own}}

    claims = {{{{
        "exp": int(time.time()) + 60,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": f"{IMS}/c/c1",
        "{IMS}/s/ent_user_sdk": True,
    }}}}
    signed = jwt.encode(claims, key, algorithm="RS256")
    form = {{{{"client_id": "c1", "client_secret": "s1", "jwt_token": signed}}}}
    {{more}}return requests.post("{IMS}/ims/exchange/jwt", data=form).json()["access_token"]
"""


@pytest.mark.parametrize(
    ("top", "own", "more", "inner"),
    [
        ("", "import requests", "", True),
        ("", "import requests", "print(requests.__version__)\n    ", True),
        ("import requests\n", "", "", False),
        ("", "if True:\n        import requests", "", False),
    ],
)
def test_a_function_that_imports_for_itself_goes_on_to(
    top: str, own: str, more: str, inner: bool, tmp_path: Path
) -> None:
    tree = trees.write({"auth.py": LOCAL.format(top=top, own=own, more=more).encode()}, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    made = (tree / "auth.py").read_text()
    said = "from authlib.integrations.requests_client import OAuth2Session\n"
    assert (f"\n    {said}" in made, f"\n{said}" in f"\n{made}") == (inner, not inner), made
    assert ("    import requests\n" in made) is bool(more)


UMAPI = """\
import umapi_client
import yaml


def connect(path):
    with open(path) as file:
        config = yaml.safe_load(file)["enterprise"]
    with open({key}) as file:
        config["private_key_data"] = file.read()
    {more}return umapi_client.Connection(org_id=config["org_id"], auth_dict=config)


connect("umapi.yml")
"""
UMAPI_FILE = """\
enterprise:
  org_id: 1@AdobeOrg
  api_key: c1
  client_secret: s1
  tech_acct_id: 2@techacct.adobe.com
  priv_key_path: keys/login.pem
"""


@pytest.mark.parametrize(
    ("key", "more", "after"),
    [
        ('config["priv_key_path"]', "", "gone"),
        ('config.pop("priv_key_path")', "", "left alone"),
        ('config["priv_key_path"]', 'check(config["private_key_data"])\n    ', "read"),
    ],
)
def test_a_key_that_is_put_into_what_a_file_says(key: str, more: str, after: str, tmp_path: Path) -> None:
    files = {"sync.py": UMAPI.format(key=key, more=more), "umapi.yml": UMAPI_FILE}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    made, filed = (tree / "sync.py").read_text(), (tree / "umapi.yml").read_text()
    assert ("OAuthS2S(" in made) is (after != "left alone"), made
    assert ("private_key_data" in made, "priv_key_path" in filed) == ((after != "gone"),) * 2, made


CLIENT = f"""\
import time

import jwt
import requests


class Client:
    def __init__(self, key, secret, account, org, path, metascopes="ent_user_sdk"):
        self.key, self.secret = key, secret
        with open(path) as file:
            self.pem = file.read()
        claims = {{
            "exp": int(time.time()) + 30,
            "iss": org,
            "sub": account,
            "aud": "{IMS}/c/" + key,
            f"{IMS}/s/{{metascopes}}": True,
        }}
        self.jwt_token = jwt.encode(claims, self.pem, algorithm="RS256")
        self.token = self.get_token()

    def get_token(self):
        form = {{"client_id": self.key, "client_secret": self.secret, "jwt_token": self.jwt_token}}
        return requests.post("{IMS}/ims/exchange/jwt", data=form).json()["access_token"]
"""
POURED = """\
import json

from client import Client

with open("credentials.json") as file:
    credentials = json.load(file)
print(Client(**credentials).token)
"""
CLIENT_TESTS = """\
from unittest import mock

import pytest

import client


@pytest.fixture
def made(tmp_path):
    path = tmp_path / "k.pem"
    path.write_text("pem")
    with mock.patch.object(client, "jwt") as jwt, mock.patch.object(client.requests, "post") as post:
        jwt.encode.return_value = "signed"
        post.return_value.json.return_value = {"access_token": "t"}
        yield client.Client("k", "s", "a", "o", str(path))


def test_token(made):
    assert made.token == "t"


def test_signed(made):
    assert made.jwt_token == "signed"
    assert made.pem == "pem"
"""


@pytest.mark.parametrize(
    ("more", "stays", "scopes"),
    [
        ("", False, "openid,AdobeID,user_management_sdk"),
        (', "metascopes": "ent_unheard_of_sdk"', True, ""),
        (None, True, "openid,AdobeID,user_management_sdk"),
    ],
)
def test_a_client_that_settings_are_poured_into(
    more: str | None, stays: bool, scopes: str, tmp_path: Path
) -> None:
    files = {"client.py": CLIENT, "main.py": POURED, "test_client.py": CLIENT_TESTS}
    if more is not None:
        values = '"key": "k", "secret": "s", "account": "a", "org": "o", "path": "k.pem"'
        files["credentials.json"] = f"{{{values}{more}}}"
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made, tests = ((tree / name).read_text() for name in ("client.py", "test_client.py"))
    assert "jwt" not in made.replace("jwt_token", ""), ran.text
    assert "test_signed" not in tests, tests
    assert "test_token" in tests, tests
    assert ("metascopes" in made) is stays, made
    assert (f'"{scopes}"' in made) is bool(scopes), made

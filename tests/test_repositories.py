"""Programs with their tests, settings and helpers: what moves together, and what is told of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import Ran, jwt2oauth

LOGIN = """import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class LoginError(Exception):
    pass


def token(client_id, secret, org, account, key):
    if b"PRIVATE KEY" not in key:
        raise LoginError("this is no private key")
    claims = {
        "exp": int(time.time()) + 60,
        "iss": org,
        "sub": account,
        "aud": f"{IMS}/c/{client_id}",
        f"{IMS}/s/ent_user_sdk": True,
    }
    reply = requests.post(
        f"{IMS}/ims/exchange/jwt",
        data={
            "client_id": client_id,
            "client_secret": secret,
            "jwt_token": jwt.encode(claims, key, algorithm="RS256"),
        },
    )
    if not reply.ok:
        raise LoginError(reply.text)
    return reply.json()["access_token"]
"""
MAIN = """import os

import login

KEY = open("private.key", "rb").read()
print(login.token(os.environ["ID"], os.environ["SECRET"], "O@AdobeOrg", "T@techacct.adobe.com", KEY))
"""
TESTS = """import login
import pytest

HIDDEN = ["client_secret", "private_key", "jwt_token"]


def ask(key=b"-----BEGIN PRIVATE KEY-----"):
    return login.token("id", "secret", "O@AdobeOrg", "T@techacct.adobe.com", key)


{test}
"""


def fixed(tmp_path: Path, test: str) -> tuple[Ran, str]:
    files = {"login.py": LOGIN, "main.py": MAIN, "tests/test_login.py": TESTS.format(test=test)}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    return ran, (tree / "tests/test_login.py").read_text()


def said(ran: Ran) -> str:
    return " ".join(ran.text.split())


@pytest.mark.parametrize(
    ("test", "told"),
    [
        pytest.param(
            "def test_no_key():\n    with pytest.raises(login.LoginError):\n        ask(key=b'x')",
            True,
            id="its name speaks of the key, and others raise the same",
        ),
        pytest.param(
            "def test_bad():\n    with pytest.raises(ValueError, match='is no private'):\n        ask(b'x')",
            True,
            id="its message is gone, whatever becomes of the error",
        ),
        pytest.param(
            "def test_refused(requests_mock):\n"
            "    requests_mock.post('/ims/exchange/jwt', status_code=400)\n"
            "    with pytest.raises(login.LoginError):\n        ask()",
            False,
            id="an error that is still raised",
        ),
    ],
)
def test_errors_that_tests_expect(test: str, told: bool, tmp_path: Path) -> None:
    ran, _ = fixed(tmp_path, test)
    assert ("expects an error that is raised no more" in said(ran)) is told, ran.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("assert requests_mock.last_request.path.startswith('/ims/exchange')", "startswith('/ims/token')"),
        ("assert '/ims/exchange/' in requests_mock.last_request.url", "'/ims/token/' in"),
        ("assert requests_mock.last_request.path.startswith('/v1/exchange')", "startswith('/v1/exchange')"),
    ],
)
def test_how_the_path_begins(before: str, after: str, tmp_path: Path) -> None:
    _, text = fixed(
        tmp_path,
        "def test_path(requests_mock):\n"
        "    requests_mock.post('https://ims-na1.adobelogin.com/ims/exchange/jwt', "
        "json={'access_token': 't'})\n"
        f"    ask()\n    {before}",
    )
    assert after in text, text


def test_what_is_hidden_from_logs_is_nothing_that_is_posted(tmp_path: Path) -> None:
    ran, _ = fixed(tmp_path, "def test_denylist():\n    assert {'private_key', 'jwt_token'} <= set(HIDDEN)")
    assert "expects an assertion" not in said(ran), ran.text


DUAL = """import os
import time
from dataclasses import dataclass
from typing import Optional

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


@dataclass
class Credential:
    client_id: str
    secret: str
    key_file: Optional[str] = None
    scopes: Optional[str] = None


def by_jwt(c):
    claims = {
        "exp": int(time.time()) + 60,
        "iss": "O@AdobeOrg",
        "sub": "T@techacct.adobe.com",
        "aud": f"{IMS}/c/{c.client_id}",
        f"{IMS}/s/ent_user_sdk": True,
    }
    with open(c.key_file) as f:
        assertion = jwt.encode(claims, f.read(), algorithm="RS256")
    form = {"client_id": c.client_id, "client_secret": c.secret, "jwt_token": assertion}
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]


def by_oauth(c):
    form = {
        "client_id": c.client_id,
        "client_secret": c.secret,
        "grant_type": "client_credentials",
        "scope": c.scopes,
    }
    return requests.post(f"{IMS}/ims/token/v3", data=form).json()["access_token"]


def bearer(c):
    return by_jwt(c) if c.key_file else by_oauth(c)


print(bearer(Credential("one", os.environ["ONE"], key_file="one.key"{more})))
print(bearer(Credential("two", os.environ["TWO"], scopes="openid,AdobeID")))
"""


@pytest.mark.parametrize("has_scopes", [False, True])
def test_logins_that_leave_the_scopes_of_the_other_side_empty(has_scopes: bool, tmp_path: Path) -> None:
    more = ', scopes="openid,AdobeID,user_management_sdk"' if has_scopes else ""
    program = DUAL.replace("{more}", more)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert ("those that use the JWT leave them empty" in said(ran)) is not has_scopes, ran.text
    assert ((tree / "main.py").read_text() == program) is not has_scopes


SETTINGS = """from pydantic import SecretStr
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    adobe_client_id: str = "ours"
    adobe_secret: SecretStr
    adobe_key: SecretStr
    adobe_metascopes: list[str] = ["{metascope}"]
"""
CLIENT = """import time

import jwt
import requests

from settings import Settings

IMS = "https://ims-na1.adobelogin.com"


def token(settings: Settings):
    claims = {
        "exp": int(time.time()) + 60,
        "iss": "O@AdobeOrg",
        "sub": "T@techacct.adobe.com",
        "aud": f"{IMS}/c/{settings.adobe_client_id}",
        **{f"{IMS}/s/{name}": True for name in settings.adobe_metascopes},
    }
    form = {
        "client_id": settings.adobe_client_id,
        "client_secret": settings.adobe_secret.get_secret_value(),
        "jwt_token": jwt.encode(claims, settings.adobe_key.get_secret_value(), algorithm="RS256"),
    }
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]
"""
SETTINGS_TEST = """from settings import Settings


def test_files(tmp_path):
    (tmp_path / "adobe_secret").write_text("s")
    (tmp_path / "adobe_key").write_text("k")
    assert Settings(_secrets_dir=tmp_path).adobe_secret.get_secret_value() == "s"
"""


@pytest.mark.parametrize(
    ("metascope", "listed"),
    [("ent_user_sdk", False), ("ent_smartcontent_sdk", False), ("ent_user_sdk", True)],
)
def test_settings_that_need_scopes_get_them_in_tests(metascope: str, listed: bool, tmp_path: Path) -> None:
    files = {
        "settings.py": SETTINGS.format(metascope=metascope),
        "client.py": CLIENT,
        "tests/test_settings.py": SETTINGS_TEST,
    }
    if listed:
        files[".env.example"] = f'ADOBE_SECRET=\nADOBE_METASCOPES=["{metascope}"]\n'
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    settings, test = (tree / "settings.py").read_text(), (tree / "tests/test_settings.py").read_text()
    known = metascope == "ent_user_sdk"
    assert ('adobe_scopes: str = "openid,AdobeID,user_management_sdk"\n' in settings) is known, settings
    assert ('_secrets_dir=tmp_path, adobe_scopes="openid,AdobeID")' in test) is not known, test


VAULT = """import os
import time

import boto3
import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
NAMES = ["client_id", "private_key"]


def secret(name):
    return boto3.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]


def by_variable(variable):
    return boto3.client("secretsmanager").get_secret_value(SecretId=os.environ[variable])["SecretString"]


def fill(values):
    for name in NAMES:
        boto3.client("secretsmanager").put_secret_value(SecretId=name, SecretString=values[name])


def token():
    claims = {
        "exp": int(time.time()) + 60,
        "iss": "O@AdobeOrg",
        "sub": "T@techacct.adobe.com",
        "aud": f"{IMS}/c/{secret('client_id')}",
        f"{IMS}/s/ent_user_sdk": True,
    }
    form = {
        "client_id": secret("client_id"),
        "client_secret": by_variable("ADOBE_SECRET_ARN"),
        "jwt_token": jwt.encode(claims, KEY, algorithm="RS256"),
    }
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]


print(token())
"""


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ('secret("private_key")', "fetches private_key any more, but it is still named: main.py:9."),
        ('by_variable("KEY_ARN")', "Nothing here fetches the secret KEY_ARN any more."),
    ],
)
def test_secrets_that_nothing_fetches(key: str, told: str, tmp_path: Path) -> None:
    tree = trees.write({"main.py": VAULT.replace("KEY,", f"{key},").encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert told in said(ran), ran.text
    assert "client_id" not in said(ran).partition("What is left to do")[2], ran.text


@pytest.mark.parametrize("client", ['boto3.client("ssm")', 'boto3.client("ssm") if boto3 else None'])
@pytest.mark.parametrize("fetch", ["get_parameter", "put_parameter"])
def test_parameters_below_a_folder(client: str, fetch: str, tmp_path: Path) -> None:
    helper = f"""ssm = None
try:
    ssm = {client}
except Exception:
    pass


def secret(name):
    return ssm.{fetch}(Name=f"/{{os.environ['STAGE']}}/{{name}}")["Parameter"]["Value"]
"""
    main = VAULT.replace("KEY,", 'secret("private_key"),')
    main = main[: main.index("NAMES =")] + helper + main[main.index("\n\ndef by_variable") :]
    main = main[: main.index("def fill")] + main[main.index("def token") :]
    files = {"main.py": main, "deploy/put.sh": 'put private_key "$(cat "$1")"\n'}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    reads = fetch == "get_parameter"
    assert ("`claims` is no longer used, but" in said(ran)) is not reads, ran.text
    assert ("Nothing here fetches the secret private_key any more" in said(ran)) is reads
    assert ("deploy/put.sh:1 (private_key)" in said(ran)) is reads


PROFILE = """import json
import os
import time
from dataclasses import dataclass, fields

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


@dataclass
class Profile:
    client_id: str
    secret: str
    key_path: str

    def check(self):
        for field in fields(self):
            if not getattr(self, field.name):
                raise ValueError(field.name)
        if {check}:
            raise ValueError("no such file")


def token(p):
    with open(p.key_path) as f:
        key = f.read()
    claims = {{
        "exp": int(time.time()) + 60,
        "iss": "O@AdobeOrg",
        "sub": "T@techacct.adobe.com",
        "aud": f"{{IMS}}/c/{{p.client_id}}",
        f"{{IMS}}/s/ent_user_sdk": True,
    }}
    assertion = jwt.encode(claims, key, algorithm="RS256")
    form = {{"client_id": p.client_id, "client_secret": p.secret, "jwt_token": assertion}}
    return requests.post(f"{{IMS}}/ims/exchange/jwt", data=form).json()["access_token"]


def other(p):
    return jwt.encode({{"iss": "us"}}, {other}, algorithm="RS256")


profile = Profile(**json.load(open("profile.json")))
profile.key_path = os.path.expanduser(profile.key_path)
profile.check()
print(token(profile), other(profile))
"""


@pytest.mark.parametrize(
    ("check", "other", "told"),
    [
        ("not os.path.isfile(self.key_path)", '"k"', True),
        ("not self.client_id", '"k"', True),
        ("not os.path.isfile(self.key_path)", "open(p.key_path).read()", False),
    ],
)
def test_what_still_looks_for_the_file_of_the_key(check: str, other: str, told: bool, tmp_path: Path) -> None:
    program = PROFILE.format(check=check, other=other)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert ("No flow needs key_path any more, but main.py:46 still asks for it" in said(ran)) is told, (
        ran.text
    )


RECORD = LOGIN.replace(
    """        raise LoginError(reply.text)
    return reply.json()["access_token"]
""",
    """        raise LoginError(reply.text)
    body = reply.json()
    return Token(body["access_token"], body["expires_in"])


class Token:
    def __init__(self, text, lifetime):
        self.text, self.lifetime = text, lifetime

    def __eq__(self, other):
        return (self.text, self.lifetime) == (other.text, other.lifetime)

    @property
    def seconds(self):
        return self.lifetime / 1000


def wait(milliseconds):
    return milliseconds
""",
)
RECORD_TEST = """import login


def test_token(requests_mock):
    url = "https://ims-na1.adobelogin.com/ims/exchange/jwt"
    requests_mock.post(url, json={"access_token": "t", "expires_in": 86399985})
    assert login.token("id", "s", "o", "a", b"PRIVATE KEY") == login.Token("t", 86399985)


def test_wait():
    assert login.wait(86399985) > 1
"""


@pytest.mark.parametrize(
    ("expected", "mocked"), [("86400", "86400"), ("86399", "86399"), ("86400 - 86399", "86399")]
)
def test_a_mocked_lifetime_that_tests_expect_rounded(expected: str, mocked: str, tmp_path: Path) -> None:
    test = RECORD_TEST.replace("86399985", "86399999").partition("    assert")[0]
    test += f"    assert round(login.token('i', 's', 'o', 'a', b'PRIVATE KEY').seconds) == {expected}\n"
    main = MAIN.replace(", KEY))", ", KEY).seconds)")
    files = {"login.py": RECORD, "main.py": main, "tests/test_login.py": test}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    text = (tree / "tests/test_login.py").read_text()
    assert f'"expires_in": {mocked}}}' in text, text


def test_a_mocked_lifetime_within_what_is_expected(tmp_path: Path) -> None:
    main = MAIN.replace(", KEY))", ", KEY).seconds)")
    files = {"login.py": RECORD, "main.py": main, "tests/test_login.py": RECORD_TEST}
    ran = jwt2oauth(
        trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree"), "fix"
    )
    assert "tests/test_login.py:7 (test_token) expects 86399985: the mocked lifetime" in said(ran), ran.text
    assert "(test_wait)" not in said(ran), ran.text


CLAIMS = LOGIN.replace("def token(", "{claims}def token(").replace(
    """    claims = {
        "exp": int(time.time()) + 60,
        "iss": org,
        "sub": account,
        "aud": f"{IMS}/c/{client_id}",
        f"{IMS}/s/ent_user_sdk": True,
    }
""",
    "    claims = build_claims(client_id, org, account)\n",
)
BUILD = """def build_claims(client_id, org, account):
    return {
        "exp": int(time.time()) + 60,
        "iss": org,
        "sub": account,
        "aud": f"{IMS}/c/{client_id}",
        f"{IMS}/s/ent_user_sdk": True,
    }


"""
MAKEFILE = """# TLS of the gateway that stands before Adobe
conf/tls.key:
\topenssl req -x509 -nodes -keyout conf/tls.key -out conf/tls.crt

private.key:
\topenssl req -x509 -nodes -keyout private.key -out certificate_pub.crt
"""


def test_what_documentation_and_deployment_name(tmp_path: Path) -> None:
    files = {
        "login.py": CLAIMS.replace("{claims}", BUILD),
        "main.py": MAIN,
        "Makefile": MAKEFILE,
        "docs/api.rst": "API\n===\n\n.. autofunction:: login.build_claims\n.. autofunction:: login.token\n",
        "docs/run.md": "# Adobe\n\nThe token of Adobe lives a day, the JWT that we sign five minutes.\n",
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    told = said(jwt2oauth(tree, "fix"))
    assert "docs/api.rst:4 (build_claims), docs/run.md:3 (the JWT)." in told, told
    assert "Makefile:5 (private.key), Makefile:6 (private.key)." in told, told


def test_a_function_of_a_name_that_stays_elsewhere_is_not_told(tmp_path: Path) -> None:
    files = {
        "login.py": CLAIMS.replace("{claims}", BUILD),
        "main.py": MAIN,
        "other.py": "import login\n\n\ndef build_claims():\n    return login\n",
        "docs/api.rst": "API\n===\n\n.. autofunction:: other.build_claims\n",
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    assert "docs/api.rst" not in said(jwt2oauth(tree, "fix"))


FRAMEWORK = """import time

import frame
import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class adobe(frame.Config):
    client_id = frame.Parameter()
    client_secret = frame.Parameter()
    tech_account = frame.Parameter()
    key_path = frame.Parameter()


def token(cfg):
    claims = {
        "exp": int(time.time()) + 60,
        "iss": "O@AdobeOrg",
        "sub": cfg.tech_account,
        "aud": f"{IMS}/c/{cfg.client_id}",
        f"{IMS}/s/ent_user_sdk": True,
    }
    with open(cfg.key_path) as f:
        signed = jwt.encode(claims, f.read(), algorithm="RS256")
    form = {"client_id": cfg.client_id, "client_secret": cfg.client_secret, "jwt_token": signed}
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]


print(token(adobe()))
"""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[adobe]\nclient_secret = s\ntech_account = t\nkey_path = k\n",
            "frame.cfg:3 (tech_account), frame.cfg:4",
        ),
        ("[tls]\nkey_path = conf/tls.key\n", ""),
        ("[other]\nclient_secret = s\nkey_path = k\n", ""),
        ("[notes]\nclient_secret = s\ntext = key_path and tech_account of old\n", ""),
    ],
)
def test_files_that_a_framework_reads(text: str, told: str, tmp_path: Path) -> None:
    files = {"main.py": FRAMEWORK, "frame.cfg": text}
    ran = jwt2oauth(
        trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree"), "fix"
    )
    what = "tech_account and key_path of adobe are no longer read here, but its base class may use them"
    assert f"{what}: main.py:10." in said(ran), ran.text
    assert told in said(ran), ran.text
    assert ("Files of settings still set what nothing here reads any more" in said(ran)) is bool(told), (
        ran.text
    )


FORM = """import ui
import login

client_id, secret = ui.ask("Client ID"), ui.ask("Secret")
key = ui.upload("Key")
if not (client_id and secret and key):
    raise SystemExit("fill in everything")
print(login.token(client_id, secret, "O@AdobeOrg", "T@techacct.adobe.com", key))
"""


def test_what_a_form_asks_for_is_looked_at_still(tmp_path: Path) -> None:
    files = {"login.py": LOGIN, "main.py": FORM}
    ran = jwt2oauth(
        trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree"), "fix"
    )
    told = "`key` is only looked at now (main.py:6), but what computes it may have an effect: main.py:5."
    assert told in said(ran), ran.text


LISTED = """import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
REQUIRED = ["ADOBE_CLIENT_ID", "ADOBE_SECRET", "ADOBE_PRIVATE_KEY"]


def config():
    return {name.removeprefix("ADOBE_").lower(): os.environ[name] for name in REQUIRED}


def token(c):
    claims = {
        "exp": int(time.time()) + 60,
        "iss": "O@AdobeOrg",
        "sub": "T@techacct.adobe.com",
        "aud": f"{IMS}/c/{c['client_id']}",
        f"{IMS}/s/ent_stocksearch_sdk": True,
    }
    form = {
        "client_id": c["client_id"],
        "client_secret": c["secret"],
        "jwt_token": jwt.encode(claims, c["private_key"], algorithm="RS256"),
    }
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]


print(token(config()))
"""
LISTED_TEST = """import main


def test_token(requests_mock, mocker):
    mocker.patch("main.jwt.encode", return_value="signed")
    requests_mock.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", json={"access_token": "t"})
    assert main.token({"client_id": "c", "secret": "s", {more}"private_key": "k"}) == "t"
"""


@pytest.mark.parametrize("more", ["", '"scopes": "openid,AdobeID", '])
def test_keys_that_are_made_of_the_names_of_variables(more: str, tmp_path: Path) -> None:
    files = {"main.py": LISTED, "tests/test_main.py": LISTED_TEST.replace("{more}", more)}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    told = said(jwt2oauth(tree, "fix"))
    assert "No flow needs private_key any more, but main.py:8 still asks for it" in told, told
    lacks = 'Nothing that the tests hand in has "scopes", which is asked for now: tests/test_main.py.'
    assert (lacks in told) is (not more and '"scopes"' not in (tree / "tests/test_main.py").read_text()), told


ROWS = """from unittest import mock

import main

ROWS = [{"Name": "/a/" + name, "Value": name} for name in ("client_id", "secret", "private_key")]
{more}


def test_token():
    with mock.patch("main.requests.post") as post, mock.patch("main.jwt.encode", return_value="metascopes"):
        post.return_value.json.return_value = {"access_token": "t"}
        assert main.token({row["Name"][3:]: row["Value"] for row in ROWS}) == "t"
"""


@pytest.mark.parametrize("more", ["", 'ROWS.append({"Name": "/a/scopes", "Value": "openid,AdobeID"})'])
def test_tests_that_patch_the_client_hand_in_scopes(more: str, tmp_path: Path) -> None:
    files = {"main.py": LISTED, "tests/test_main.py": ROWS.replace("{more}", more)}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    lacks = 'Nothing that the tests hand in has "scopes", which is asked for now: tests/test_main.py.'
    assert (lacks in said(jwt2oauth(tree, "fix"))) is (not more)


SERVED = """import login


def test_token(server):
    assert login.token("id", "s", "o", "a", b"PRIVATE KEY") == "t"
"""
SERVER = """import json
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


class Adobe(BaseHTTPRequestHandler):
    def do_POST(self):
        assert self.path == "/ims/exchange/jwt"
        self.wfile.write(json.dumps({"access_token": "t", "expires_in": 7200000}).encode())


@pytest.fixture
def server():
    return HTTPServer(("127.0.0.1", 0), Adobe)
"""


def test_scopes_for_what_a_server_of_the_conftest_answers(tmp_path: Path) -> None:
    program = LOGIN.replace("ent_user_sdk", "ent_stocksearch_sdk")
    files = {"login.py": program, "main.py": MAIN, "tests/conftest.py": SERVER, "tests/test_it.py": SERVED}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    text = (tree / "tests/conftest.py").read_text() + (tree / "tests/test_it.py").read_text()
    assert text.count('monkeypatch.setenv("ADOBE_SCOPES", "openid,AdobeID")') == 1, text


PARTNER = """import requests


def ping():
    return requests.post("https://api.partner.example/token").json()["expires_in"] / 1000
"""
BOTH = """import login
{more}
import requests_mock


def test_both():
    with requests_mock.Mocker() as m:
        m.post(requests_mock.ANY, json={{"access_token": "t", "expires_in": 3600000}})
        assert login.token("id", "s", "o", "a", b"PRIVATE KEY") == "t"
"""


@pytest.mark.parametrize("more", ["import partner", ""])
def test_a_reply_that_answers_others_as_well(more: str, tmp_path: Path) -> None:
    files = {"login.py": LOGIN, "main.py": MAIN, "partner.py": PARTNER}
    files["tests/test_both.py"] = BOTH.format(more=more)
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    told = said(jwt2oauth(tree, "fix"))
    assert ("(test_both) says seconds now, but it may answer others than Adobe" in told) is bool(more), told


STORED = """from pathlib import Path

import login
import pytest

DATA = Path(__file__).parent / "data"


@pytest.fixture
def key():
    return (DATA / "unit.pem").read_bytes()


def test_token(key, requests_mock):
    requests_mock.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", json={"access_token": "t"})
    assert login.token("id", "s", "o", "a", key) == "t"
"""


@pytest.mark.parametrize("more", ["", '\n\ndef test_other():\n    assert (DATA / "unit.pem").exists()\n'])
def test_a_key_that_only_tests_of_the_signing_read(more: str, tmp_path: Path) -> None:
    files = {"login.py": LOGIN, "main.py": MAIN, "tests/test_login.py": STORED + more}
    files["tests/data/unit.pem"] = "-----BEGIN PRIVATE KEY-----\n"
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    told = said(jwt2oauth(tree, "fix"))
    assert ("Delete tests/data/unit.pem: no test reads that key any more." in told) is not more, told


@pytest.mark.parametrize(
    ("name", "first", "told"),
    [
        ("bin/login", "#!/usr/bin/env python3", True),
        ("bin/login", "#!/usr/bin/python -u", True),
        ("bin/login", "#!/bin/sh", False),
        ("bin/login", "# no first line of that kind", False),
        ("bin/login.txt", "#!/usr/bin/env python3", False),
    ],
)
def test_a_program_without_the_ending_is_no_silence(
    name: str, first: str, told: bool, tmp_path: Path
) -> None:
    tree = trees.write({name: f"{first}\n{LOGIN}".encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "scan")
    assert (f"{name} it asks the exchange for a token and is Python by its first line" in said(ran)) is told
    assert ran.code == told


def test_another_program_without_the_ending_is_none_of_ours(tmp_path: Path) -> None:
    text = f"#!/usr/bin/env python3\n{LOGIN}".replace("/ims/exchange/jwt", "/ims/token/v3")
    ran = jwt2oauth(trees.write({"bin/login": text.encode()}, tmp_path / "tree"), "scan")
    assert ran.code == 0, ran.text

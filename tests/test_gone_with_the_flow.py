"""What goes with a flow although nothing of it was used by the flow's own lines."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

LOGIN = """import time

import jwt
import requests
%s
from settings import Settings


def login(settings: Settings):
    claims = {
        "exp": int(time.time()) + 300,
        "iss": settings.org,
        "sub": settings.account,
        "aud": "https://ims-na1.adobelogin.com/c/" + settings.client,
        "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
    }
    with open(settings.key) as pem:
        signed = jwt.encode(claims, pem.read(), algorithm="RS256")
    form = {"client_id": settings.client, "client_secret": settings.secret, "jwt_token": signed}
    return requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form).json()["access_token"]


if __name__ == "__main__":
    settings = Settings()
    print(settings.org, len(login(settings)))
"""
SETTINGS = """import os
from dataclasses import dataclass, field


def variable(name):
    return field(default_factory=%s)


@dataclass
class Settings:
    client: str = variable("CLIENT")
    secret: str = variable("SECRET")
    org: str = variable("ORG")
    account: str = variable("ACCOUNT")
    key: str = variable("KEY")
"""
ASKED = "lambda: os.environ[name]"


def fixed(tmp_path: Path, imports: str = "", default: str = ASKED) -> tuple[str, str, str]:
    files = {"login.py": LOGIN % imports, "settings.py": SETTINGS % default}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    return (tree / "login.py").read_text(), (tree / "settings.py").read_text(), ran.text


@pytest.mark.parametrize(
    ("line", "goes"),
    [
        ("from jwt.exceptions import PyJWTError", True),
        ("from jwt import PyJWKClient as Keys, InvalidTokenError", True),
        ("from jwt.exceptions import PyJWTError  # noqa: F401", False),
        ("from jose import JWTError", False),
        ("import colorsys", False),
    ],
)
def test_what_nobody_ever_used_of_the_library_goes_with_it(line: str, goes: bool, tmp_path: Path) -> None:
    after, _, story = fixed(tmp_path, line)
    assert "import jwt\n" not in after, story
    assert (line not in after) == goes, story


def test_a_field_that_a_function_of_the_project_fills_is_asked_for_no_more(tmp_path: Path) -> None:
    _, after, story = fixed(tmp_path)
    assert '"KEY"' not in after, story
    assert '"ACCOUNT"' not in after
    assert '"ORG"' in after


def test_a_field_that_says_nothing_may_be_filled_by_others(tmp_path: Path) -> None:
    _, after, story = fixed(tmp_path, default="str")
    assert '"ORG"' in after, story


STATE = """import time

import jwt
import requests


class Session:
    def __init__(self):
        self.signed = None
        self.opened = None

    def sign(self):
        claims = {
            "exp": int(time.time()) + 300,
            "iss": "o@AdobeOrg",
            "sub": "t@techacct.adobe.com",
            "aud": "https://ims-na1.adobelogin.com/c/id",
            "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
        }
        with open("k.pem") as pem:
            self.signed = jwt.encode(claims, pem.read(), algorithm="RS256")
        return self.signed

    def open(self):
        form = {"client_id": "id", "client_secret": "p8e-CANARY-x", "jwt_token": self.sign()}
        reply = requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form)
        self.opened = time.time()
        return reply.json()["access_token"]


session = Session()
print(bool(session.open())%s)
"""


@pytest.mark.parametrize(("asked", "goes"), [("", True), (", session.signed is not None", False)])
def test_what_an_attribute_was_before_it_was_signed(asked: str, goes: bool, tmp_path: Path) -> None:
    tree = trees.write({"main.py": (STATE % asked).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert ("self.signed" not in after) == goes, ran.story
    assert "self.opened = None" in after


ONE_FILE = """import configparser
import sys
import time

import jwt
import requests


def claims(cfg%s):
    host = "https://ims-na1.adobelogin.com"
    made = {"iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com", "aud": host + "/c/" + cfg.get("app", "id")}
    for scope in cfg.get(%s, "scopes").split(","):
        made[host + "/s/" + scope] = True
    if not cfg.getboolean("app", "io"):
        del made[host + "/s/ent_adobeio_sdk"]
    made["exp"] = int(time.time()) + 60
    return made


def login(cfg):
    with open(cfg.get("app", "key")) as pem:
        signed = jwt.encode(claims(cfg%s), pem.read(), algorithm="RS256")
    form = {"client_id": cfg.get("app", "id"), "client_secret": cfg.get("app", "secret"), "jwt_token": signed}
    return requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form).json()["access_token"]


parser = configparser.ConfigParser()
parser.read("app.ini")
print(bool(login(parser)))
"""
APP_INI = """[app]
id = id
secret = p8e-CANARY-x
key = k.pem
io = no
scopes = ent_user_sdk,ent_adobeio_sdk

[other]
scopes = ent_dataservices_sdk
"""


@pytest.mark.parametrize(
    ("takes", "section", "given", "goes"),
    [("", '"app"', "", True), (", part", "part", ", sys.argv[1]", False)],
    ids=["one file's one setting", "a section that callers choose"],
)
def test_one_object_asks_for_the_same_whoever_hands_it_on(
    takes: str, section: str, given: str, goes: bool, tmp_path: Path
) -> None:
    program = ONE_FILE % (takes, section, given)
    tree = trees.write({"main.py": program.encode(), "app.ini": APP_INI.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert ("jwt_token" not in after) or not goes, ran.story
    assert not goes or "user_management_sdk,adobeio_api" in after, ran.story


SPREAD = """import time

import jwt
import requests

ADOBE = {"client": "id", "secret": "p8e-CANARY-x", "org": "o@AdobeOrg", "key": "k.pem", "events": False}


def sign(%sclient, org, key, events=False, **_):
    host = "https://ims-na1.adobelogin.com"
    claims = {"exp": int(time.time()) + 60, "iss": org, "aud": host + "/c/" + client}
    claims["sub"] = "t@techacct.adobe.com"
    claims[host + "/s/ent_user_sdk"] = True
    if events:
        claims[host + "/s/event_receiver_api"] = True
    with open(key) as pem:
        return jwt.encode(claims, pem.read(), algorithm="RS256")


form = {"client_id": ADOBE["client"], "client_secret": ADOBE["secret"], "jwt_token": sign(**ADOBE)}
reply = requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form).json()
print(bool(reply["access_token"])%s)
"""


@pytest.mark.parametrize("star", ["", "*, "], ids=["any", "only by name"])
@pytest.mark.parametrize(("asked", "left"), [("", ()), (', ADOBE["org"]', ("org",))])
def test_what_a_spread_mapping_had_for_the_signing(
    star: str, asked: str, left: tuple[str, ...], tmp_path: Path
) -> None:
    tree = trees.write({"main.py": (SPREAD % (star, asked)).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert [name for name in ("org", "key", "events") if f'"{name}": ' in after] == [*left], ran.story


CALLED = """import time

import jwt
import requests


class Assertion:
    host = "https://ims-na1.adobelogin.com"

    def __call__(self):
        claims = {
            "exp": int(time.time()) + 300,
            "iss": "o@AdobeOrg",
            "sub": "t@techacct.adobe.com",
            "aud": self.host + "/c/id",
            self.host + "/s/ent_user_sdk": True,
        }
        with open("k.pem") as pem:
            return jwt.encode(claims, pem.read(), algorithm="RS256")


def login(assertion):
    form = {"client_id": "id", "client_secret": "p8e-CANARY-x", "jwt_token": assertion()}
    return requests.post(Assertion.host + "/ims/exchange/jwt", data=form).json()["access_token"]


print(bool(login(Assertion())))
%s"""


@pytest.mark.parametrize(
    ("more", "goes"), [("", True), ("print(len(Assertion()()))\n", False)], ids=["alone", "called elsewhere"]
)
def test_what_objects_do_that_are_gone(more: str, goes: bool, tmp_path: Path) -> None:
    tree = trees.write({"main.py": (CALLED % more).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert ("__call__" not in after) == goes, ran.story
    assert "host = " in after


OVERLOADED = """import time
from typing import overload

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


@overload
def sign(scope: str) -> str: ...
@overload
def sign(scope: str, seconds: int) -> str: ...
def sign(scope, seconds=60):
    claims = {"iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com", "aud": IMS + "/c/id"}
    claims.update({"exp": int(time.time()) + seconds, f"{IMS}/s/{scope}": True})
    with open("k.pem") as pem:
        return jwt.encode(claims, pem.read(), algorithm="RS256")


@overload
def shown(x: int) -> str: ...
@overload
def shown(x: str) -> str: ...
def shown(x):
    return str(x)


form = {"client_id": "id", "client_secret": "p8e-CANARY-x", "jwt_token": sign("ent_user_sdk")}
print(shown(requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]))
"""


def test_overloads_go_with_what_they_describe(tmp_path: Path) -> None:
    tree = trees.write({"main.py": OVERLOADED.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert "def sign" not in after, ran.story
    assert after.count("@overload") == 2
    assert "from typing import overload" in after


GRANTS = """import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Grant:
    def token(self):
        reply = self.fetch()
        self.until = time.time() + self.lifetime(reply)
        print("for %d minutes" % (self.lifetime(reply) // 60))
        return reply["access_token"]

    def fetch(self):
        return {"access_token": "fixed", "expires_in": 3600}

    def lifetime(self, reply):
        return reply["expires_in"]


class ServiceAccount(Grant):
    def lifetime(self, reply):
        return reply["expires_in"] // 1000

    def fetch(self):
        claims = {"iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com", "aud": IMS + "/c/id"}
        claims.update({"exp": int(time.time()) + 60, f"{IMS}/s/ent_user_sdk": True})
        with open("k.pem") as pem:
            signed = jwt.encode(claims, pem.read(), algorithm="RS256")
        form = {"client_id": "id", "client_secret": "p8e-CANARY-x", "jwt_token": signed}
        return requests.post(IMS + "/ims/exchange/jwt", data=form).json()


print(ServiceAccount().token())
"""


def test_what_was_seconds_by_a_method_of_a_subclass_is_not_told_again(tmp_path: Path) -> None:
    tree = trees.write({"main.py": GRANTS.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert '        return reply["expires_in"]\n\n    def fetch' in (tree / "main.py").read_text(), ran.story
    said = " ".join(ran.text.split())
    assert "mended in main.py:" in said
    assert "is right now" not in said
    assert "as it comes" not in said


FRAME = """import time

import jwt
import requests


class Authenticator:
    endpoint = %s

    @property
    def payload(self):
        raise NotImplementedError

    @property
    def body(self):
        return self.payload

    def token(self):
        return requests.post(self.endpoint, data=self.body, timeout=60).json()["access_token"]


class Adobe(Authenticator):
    def __init__(self, key, secret):
        self.key, self.secret = key, secret
        self.endpoint = "https://ims-na1.adobelogin.com/ims/exchange/jwt"

    @property
    def payload(self):
        return {
            "exp": int(time.time()) + 300,
            "iss": "o@AdobeOrg",
            "sub": "t@techacct.adobe.com",
            "aud": "https://ims-na1.adobelogin.com/c/id",
            "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
        }

    @property
    def body(self):
        signed = jwt.encode(self.payload, self.key, algorithm="RS256")
        return {"client_id": "id", "client_secret": self.secret, "jwt_token": signed}


class Own(Authenticator):
    endpoint = "https://id.corp.example/token"
    payload = {"user": "me"}
"""


@pytest.mark.parametrize("endpoint", ["None", '""'])
def test_claims_that_only_a_method_which_an_heir_replaces_would_take(endpoint: str, tmp_path: Path) -> None:
    text = FRAME[: FRAME.index("class Own")] % endpoint
    tree = trees.write({"auth.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "auth.py").read_text()
    assert '"grant_type": "client_credentials"' in made, ran.story
    assert "AdobeOrg" not in made
    assert "return self.payload" in made


def test_a_method_that_calls_the_one_it_replaces_takes_them_still(tmp_path: Path) -> None:
    text = FRAME[: FRAME.index("class Own")].replace(
        "        signed = ", "        print(super().body)\n        signed = "
    )
    tree = trees.write({"auth.py": (text % "None").encode()}, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    assert "AdobeOrg" in (tree / "auth.py").read_text()


BESIDE = """


class Option:
    def put(self, value):
        raise NotImplementedError

    def put_on(self, connection, value):
        self.put(value)


class Token(Option):
    def put(self, value):
        raise NotImplementedError

    def put_on(self, connection, value):
        connection.token = value
"""


def test_what_an_heir_replaces_elsewhere_is_nothing_of_the_flow(tmp_path: Path) -> None:
    text = FRAME[: FRAME.index("class Own")].rstrip() % "None" + BESIDE
    tree = trees.write({"auth.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "auth.py").read_text()
    assert '"grant_type": "client_credentials"' in made, ran.story
    assert made.endswith(BESIDE)


def test_where_another_heir_sends_elsewhere_its_request_stays_as_it_is(tmp_path: Path) -> None:
    before = FRAME % "None"
    tree = trees.write({"auth.py": before.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "auth.py").read_text()
    assert '"grant_type": "client_credentials"' in made, ran.story
    shared = before[before.index("class Authenticator") : before.index("class Adobe")]
    assert shared in made
    assert made.endswith(before[before.index("class Own") :])


LIES = """import json
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Client:
    def __init__(self, config):
        self.config = config
        self.jwt = None

    def login(self):
        self.jwt = {"iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com", "aud": IMS + "/c/id"}
        self.jwt[IMS + "/s/ent_user_sdk"] = True
        self.jwt["exp"] = int(time.time()) + 300
%s        form = {"client_id": "id", "client_secret": "p8e-CANARY-x"}
        form["jwt_token"] = jwt.encode(self.jwt, open(self.config["key"]).read(), algorithm="RS256")
        reply = requests.post(IMS + "/ims/exchange/jwt", data=form)
        self.jwt = reply.json()["access_token"]

    def report(self):
        print(json.dumps(self.jwt))


client = Client({"key": "k.pem"})
client.login()
client.report()
"""


@pytest.mark.parametrize(
    ("between", "goes"),
    [
        ("", True),
        ("        self.report()\n", False),
        ("        print(vars(self))\n", False),
        ("        if not self.config:\n            return\n", False),
    ],
    ids=["nobody", "a method", "the whole object", "it may stay"],
)
def test_claims_of_an_attribute_that_is_the_token_afterwards(
    between: str, goes: bool, tmp_path: Path
) -> None:
    tree = trees.write({"main.py": (LIES % between).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert "jwt_token" not in after, ran.story
    assert ("techacct" not in after) == goes, after
    assert "    def report(self):" in after


CLAIMS = """import time


def claims(account):
    said = dict([("iss", "o@AdobeOrg"), ("sub", account), ("aud", "https://ims-na1.adobelogin.com/c/id")])
    said["https://ims-na1.adobelogin.com/s/ent_user_sdk"] = True
    return dict(said, exp=until(300))


def until(seconds):
    return int(time.time()) + seconds
"""
OF_CLAIMS = """import jwt
import requests

from claims import claims


def login():
    signed = jwt.encode(claims("t@techacct.adobe.com"), open("k.pem").read(), algorithm="RS256")
    form = {"client_id": "id", "client_secret": "p8e-CANARY-x", "jwt_token": signed}
    return requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form).json()["access_token"]


print(bool(login()))
"""
TEST_CLAIMS = """from claims import %s


def test_it():
    assert %s
"""


@pytest.mark.parametrize(
    ("name", "check", "goes"),
    [("claims", 'claims("t")["sub"] == "t"', True), ("until", "until(5) > 5", False)],
    ids=["the claims", "something that others may want"],
)
def test_claims_that_a_test_of_their_module_alone_keeps(
    name: str, check: str, goes: bool, tmp_path: Path
) -> None:
    files = {"claims.py": CLAIMS, "main.py": OF_CLAIMS, "test_claims.py": TEST_CLAIMS % (name, check)}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    said = " ".join(ran.text.split())
    assert (tree / "test_claims.py").exists() is not goes, ran.story
    assert (tree / "claims.py").exists() is not goes
    assert ("Tests of nothing but the signing are gone: test_claims.py:4." in said) is goes
    assert ("Only tests use until now (claims.py:10)" in said) is not goes


HEIR = """import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Client:
    def __init__(self, %s):
        self.secret = secret

    def post(self, url, **fields):
        reply = requests.post(url, data=dict(fields, client_id="id", client_secret=self.secret))
        reply.raise_for_status()
        return reply.json()


class Adobe(Client):
    def __init__(self, secret, key):
        super().__init__(%s)
        self.key = key

    def login(self):
        claims = {"iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com", "aud": IMS + "/c/id", "exp": 1900000000}
        claims[IMS + "/s/ent_user_sdk"] = True
        signed = jwt.encode(claims, self.key, algorithm="RS256")
        return self.post(IMS + "/ims/exchange/jwt", jwt_token=signed)["access_token"]


print(bool(Adobe("p8e-CANARY-x", open("k.pem").read()).login()))
"""


@pytest.mark.parametrize(
    ("takes", "hands", "goes"),
    [
        ("secret", "secret", True),
        ("secret", "secret.strip()", False),
        ("secret, pause=3", "secret", False),
        ("secret=None", "secret", False),
    ],
    ids=["the same", "made anew", "more", "left out"],
)
def test_a_constructor_that_only_hands_on(takes: str, hands: str, goes: bool, tmp_path: Path) -> None:
    tree = trees.write({"main.py": (HEIR % (takes, hands)).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert "jwt_token" not in after, ran.story
    assert ("super().__init__" not in after) is goes, after


TABLE = """import jwt
import requests
import yaml

IMS = "https://ims-na1.adobelogin.com"


class Jwt:
    def __init__(self, config):
        self.config = config

    def login(self):
        config = self.config
        claims = {"iss": config["org"], "sub": config["account"], "aud": IMS + "/c/" + config["id"], "exp": 1}
        claims[IMS + "/s/ent_user_sdk"] = True
        signed = jwt.encode(claims, open(config["key"]).read(), algorithm="RS256")
        form = {"client_id": config["id"], "client_secret": config["secret"], "jwt_token": signed}
        return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


class Secret:
    def __init__(self, config):
        self.config = config

    def login(self):
        config = self.config
        form = {"client_id": config["id"], "client_secret": config["secret"], "scope": config["scopes"]}
        form["grant_type"] = "client_credentials"
        return requests.post(IMS + "/ims/token/v3", data=form).json()["access_token"]


with open("conf.yaml") as f:
    config = yaml.safe_load(f)
print(bool({"jwt": Jwt, "secret": Secret}[config["login"]](config).login()))
"""
TABLE_CONF = """id: id
secret: p8e-CANARY-x
org: o@AdobeOrg
account: t@techacct.adobe.com
key: k.pem
scopes: openid,AdobeID
"""


@pytest.mark.parametrize(
    ("kind", "sets"), [('config["login"]', "login: jwt\n"), ("KIND", "")], ids=["a file", "a constant"]
)
def test_what_chose_the_side_that_goes_hides_no_reader(kind: str, sets: str, tmp_path: Path) -> None:
    """The side that is left reads the file, though what is set named the one that goes."""
    program = TABLE.replace('config["login"]', kind).replace("IMS = ", 'KIND = "jwt"\nIMS = ', 1)
    files = {"main.py": program, "conf.yaml": sets + TABLE_CONF}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "print(bool(Secret(config).login()))" in (tree / "main.py").read_text(), ran.story
    assert (tree / "conf.yaml").read_text() == "id: id\nsecret: p8e-CANARY-x\nscopes: openid,AdobeID\n"


NAMED_LIKE_A_PATH = """import time

import requests
from jose import jwt as %s

IMS = "https://ims-na1.adobelogin.com"
claims = {"iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com", "aud": IMS + "/c/id", "exp": time.time() + 60}
claims[IMS + "/s/ent_user_sdk"] = True
signed = %s.encode(claims, open("k.pem").read(), algorithm="RS256")
form = {"client_id": "id", "client_secret": "p8e-CANARY-x", "jwt_token": signed}
print(requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"])
"""


@pytest.mark.parametrize("name", ["token", "ims", "v3"])
def test_an_import_that_is_called_like_a_part_of_the_path(name: str, tmp_path: Path) -> None:
    files = {"main.py": NAMED_LIKE_A_PATH % (name, name), "requirements.txt": "python-jose\nrequests\n"}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "jose" not in (tree / "main.py").read_text(), ran.story
    assert "python-jose" not in (tree / "requirements.txt").read_text()


OPENS = """import argparse

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Client:
    def __init__(self, secret, key_file):
        self.secret = secret
        self.key_file = key_file

    def login(self):
        claims = {"iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com", "aud": IMS + "/c/id", "exp": 1900000000}
        claims[IMS + "/s/ent_user_sdk"] = True
        with open(self.key_file) as pem:
            signed = jwt.encode(claims, pem.read(), algorithm="RS256")
        form = {"client_id": "id", "client_secret": self.secret, "jwt_token": signed}
        return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


parser = argparse.ArgumentParser()
parser.add_argument("--key-file")
args = parser.parse_args()
print(bool(Client("p8e-CANARY-x", args.key_file).login()))
"""


def test_a_parameter_that_says_where_the_key_lies(tmp_path: Path) -> None:
    tree = trees.write({"main.py": OPENS.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert "def __init__(self, secret):" in after, ran.story
    assert 'Client("p8e-CANARY-x").login()' in after
    assert 'parser.add_argument("--key-file")' in after


ASKED_BY_A_FIXTURE = """import pytest
import requests_mock

from main import Client


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    from joserfc.jwk import RSAKey

    path = tmp_path_factory.mktemp("keys") / "k.pem"
    path.write_bytes(RSAKey.generate_key(2048).as_pem(private=True))
    return path


@pytest.fixture
def client(key):
    return Client("p8e-CANARY-t", str(key))


def test_login(client%s):
    with requests_mock.Mocker() as m:
        m.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", json={"access_token": "t"})
        assert client.login() == "t"
"""


@pytest.mark.parametrize(("more", "goes"), [("", True), (", key):\n    assert key.exists(", False)])
def test_a_key_that_a_fixture_makes_for_another(more: str, goes: bool, tmp_path: Path) -> None:
    program = OPENS.replace("parser = ", "if __name__ == '__main__':\n    parser = ")
    program = program.replace("\nparser.", "\n    parser.").replace("\nargs", "\n    args")
    program = program.replace("\nprint", "\n    print")
    tests = (ASKED_BY_A_FIXTURE % more).replace("exists():", "exists()")
    tree = trees.write({"main.py": program.encode(), "test_main.py": tests.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "test_main.py").read_text()
    assert "def client():" in after, ran.story
    assert ("generate_key" not in after) is goes, after


SIGNED = """import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import jwt
import requests

if TYPE_CHECKING:
    from os import PathLike
{more}
# ------------------------------------------------------------
# Signing
# ------------------------------------------------------------

def assertion(key: "PathLike[str]") -> "str":
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": "https://ims-na1.adobelogin.com/c/id",
        "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
    }}
    return jwt.encode(claims, Path(key).read_text(), algorithm="RS256")

{below}
def login():
    form = {{"client_id": "id", "client_secret": os.environ["SECRET"], "jwt_token": assertion("private.key")}}
    return requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form).json()["access_token"]


print(login())
"""
SIZE = """

def size(path: "Path", where: "list[PathLike[str]] | None" = None) -> int:
    return len(path.name) if where is None else 0

"""
BANNER = """
# ------------------------------------------------------------
# Exchange
# ------------------------------------------------------------
"""


@pytest.mark.parametrize("more", ["", SIZE])
def test_an_import_that_annotations_name_in_texts_stays_with_them(more: str, tmp_path: Path) -> None:
    main = SIGNED.format(more=more or "\n", below=BANNER)
    tree = trees.write({"main.py": main.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert "client_credentials" in after, ran.story
    for name in ("from pathlib import Path", "TYPE_CHECKING", "    from os import PathLike"):
        assert (name in after) == bool(more), after


@pytest.mark.parametrize(
    ("below", "goes"), [(BANNER, True), ("", False), ("\ndef other():\n    return 1\n" + BANNER, False)]
)
def test_a_banner_goes_with_all_that_it_heads(below: str, goes: bool, tmp_path: Path) -> None:
    tree = trees.write({"main.py": SIGNED.format(more="\n", below=below).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert "def assertion" not in after, ran.story
    assert ("# Signing" not in after) == goes, after
    assert after.count("# ------") == 2 * (not goes) + 2 * bool(below), after
    assert "\n\n\n\n" not in after

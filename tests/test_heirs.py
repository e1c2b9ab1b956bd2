"""Classes that others make known, and mixins that hand on by ``super()`` what they do not take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trees
from test_seldom import fixed
from tool import jwt2oauth

IMS = "https://ims-na1.adobelogin.com"
MIXED = """\
import json
import time

import jwt
import requests


class Signs:
    def __init__(self, *, key, **rest):
        super().__init__(**rest)
        self.key = key

    def signed(self):
        claims = {
            "exp": int(time.time()) + 300,
            "iss": self.conf["org"],
            "sub": self.conf["account"],
            "aud": "https://ims-na1.adobelogin.com/c/" + self.conf["client"],
            "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
        }
        return jwt.encode(claims, self.key, algorithm="RS256")


class Configured:
    def __init__(self, *, conf, **rest):
        super().__init__(**rest)
        self.conf = conf


class Client(Signs, Configured):
    def login(self):
        form = {
            "client_id": self.conf["client"],
            "client_secret": self.conf["secret"],
            "jwt_token": self.signed(),
        }
        url = "https://ims-na1.adobelogin.com/ims/exchange/jwt"
        return requests.post(url, data=form, timeout=9).json()["access_token"]

    def who(self):
        return self.conf["org"]


with open("conf.json") as file:
    conf = json.load(file)
with open(conf["key"]) as file:
    client = Client(conf=conf, key=file.read())
print(client.login(), client.who())
"""
CONF = {
    "org": "o@AdobeOrg",
    "account": "t@techacct.adobe.com",
    "client": "c1",
    "secret": "s1",
    "key": "a.key",
}


@pytest.mark.parametrize("bases", ["Signs, Configured", "Configured, Signs"])
def test_a_mixin_hands_on_to_what_stands_after_it(bases: str, tmp_path: Path) -> None:
    program = MIXED.replace("Signs, Configured", bases)
    made = fixed(tmp_path, {"main.py": program, "conf.json": json.dumps(CONF, indent=2)})
    assert "/ims/token/v3" in made["main.py"]
    assert json.loads(made["conf.json"]).keys() >= {"org", "client", "secret", "scopes"}
    assert "Nothing here reads org" not in made["said"]


REGISTER = """\
import json
import os
import time

import jwt
import requests


class Provider:
    known = {}

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        Provider.known[cls.__name__.lower()] = cls

    def __init__(self, conf):
        self.conf = conf


class Nobody(Provider):
    def login(self):
        return ""


class Adobe(Provider):
    def claims(self):
        return {
            "iss": self.conf["org"],
            "sub": self.conf["account"],
            "aud": "https://ims-na1.adobelogin.com/c/" + self.conf["client"],
            "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
        }

    def login(self):
        claims = self.claims()
        claims["exp"] = int(time.time()) + 300
        form = {
            "client_id": self.conf["client"],
            "client_secret": self.conf["secret"],
            "jwt_token": jwt.encode(claims, os.environ["ADOBE_KEY"], algorithm="RS256"),
        }
        url = "https://ims-na1.adobelogin.com/ims/exchange/jwt"
        return requests.post(url, data=form, timeout=9).json()["access_token"]
"""
MAIN = """\
import json
import sys

from providers import Provider

with open("conf.json") as file:
    print({chosen}.login())
"""
TEST = """\
from providers import Adobe


def test_claims():
    assert Adobe({"org": "o", "account": "a", "client": "c"}).claims()["iss"] == "o"
"""
BY_SUBCLASSES = "next(c for c in Provider.__subclasses__() if c.__name__ == sys.argv[1])(json.load(file))"


def test_a_class_that_only_its_base_makes_known_stays(tmp_path: Path) -> None:
    conf = json.dumps({name: value for name, value in CONF.items() if name != "key"}, indent=2)
    main = MAIN.format(chosen="Provider.known[sys.argv[1]](json.load(file))")
    made = fixed(tmp_path, {"providers.py": REGISTER, "main.py": main, "conf.json": conf})
    assert "class Adobe(Provider):" in made["providers.py"]
    assert "/ims/token/v3" in made["providers.py"]
    assert json.loads(made["conf.json"]).keys() == {"client", "secret", "scopes"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("    def __init_subclass__", "    def of_no_use"),
        ("class Provider:\n", "class Made(type):\n    known = {}\n\n\nclass Provider(metaclass=Made):\n"),
    ],
    ids=["by __init_subclass__", "by __subclasses__", "by a metaclass"],
)
def test_a_class_that_only_tests_name_is_not_theirs_alone(old: str, new: str, tmp_path: Path) -> None:
    files = {"providers.py": REGISTER.replace(old, new), "main.py": MAIN.format(chosen=BY_SUBCLASSES)}
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_claims.py").write_text(TEST)
    made = fixed(tmp_path, files)
    assert "class Adobe(Provider):" in made["providers.py"]
    assert "/ims/token/v3" in made["providers.py"]
    assert "def claims" not in made["providers.py"]


DIAMOND = """\
import time

import jwt
import requests


class Base:
    def login(self):
        raise NotImplementedError


class Seconds(Base):
    def login(self):
        token, lifetime = super().login()
        return token, lifetime / 1000


class Adobe(Base):
    def login(self):
        claims = {
            "exp": int(time.time()) + 300,
            "iss": "o@AdobeOrg",
            "sub": "t@techacct.adobe.com",
            "aud": "https://ims-na1.adobelogin.com/c/c1",
            "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
        }
        with open("a.key") as file:
            signed = jwt.encode(claims, file.read(), algorithm="RS256")
        form = {"client_id": "c1", "client_secret": "s1", "jwt_token": signed}
        url = "https://ims-na1.adobelogin.com/ims/exchange/jwt"
        reply = requests.post(url, data=form, timeout=9).json()
        return reply["access_token"], reply["expires_in"]


class Client(Seconds, Adobe):
    pass


print(Client().login())
"""


def test_what_two_bases_derive_from_comes_after_both(tmp_path: Path) -> None:
    made = fixed(tmp_path, {"main.py": DIAMOND})
    assert "/ims/token/v3" in made["main.py"], made["said"]
    assert "return token, lifetime\n" in made["main.py"]


NAMED_BY_A_CLASS = """import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Login:
    address = "https://other.example/token"

    def __init__(self, config, http):
        self.config, self.http = config, http

    def form(self):
        return {"client_id": self.config["id"], "client_secret": self.config["secret"]}

    def token(self):
        return self.seconds(self.http.post(self.address, data=self.form()).json())

    def seconds(self, reply):
        return reply["access_token"], reply["expires_in"]


class AdobeLogin(Login):
    address = IMS + "/ims/exchange/jwt"

    def form(self):
        claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
        claims["aud"] = IMS + "/c/" + self.config["id"]
        claims[IMS + "/s/ent_user_sdk"] = True
        with open(self.config["key"]) as f:
            return {**super().form(), "jwt_token": jwt.encode(claims, f.read(), algorithm="RS256")}

    def seconds(self, reply):
        return reply["access_token"], reply["expires_in"] / 1000


class Stream:
    login_class = Login

    def __init__(self, config):
        self.login = self.login_class(config, requests.Session())


class Users(Stream):
    login_class = AdobeLogin


print(Users({"id": "i", "secret": "p8e-CANARY-x", "key": "k.pem"}).login.token())
print(Stream({"id": "i", "secret": "other"}).login.token())
"""


def test_a_class_that_another_names_as_its_own_is_made_there(tmp_path: Path) -> None:
    tree = trees.write({"main.py": NAMED_BY_A_CLASS.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "main.py").read_text()
    assert 'address = IMS + "/ims/token/v3"' in after, ran.story
    assert "/ 1000" not in after
    assert 'address = "https://other.example/token"' in after
    assert 'return {"client_id": self.config["id"], "client_secret": self.config["secret"]}' in after

"""What looks as if only the flow needed it, is needed by somebody else, and stays."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

FLOW = """\
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Credentials:
    def __init__(self, client_id, client_secret, private_key):
        self.client_id = client_id
        self.client_secret = client_secret
        self.private_key = private_key


def say(text):
    print("> " + text)


def token(c: Credentials):
    say("Creating the JWT")
    claims = {
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": f"{IMS}/c/{c.client_id}",
        f"{IMS}/s/ent_user_sdk": True,
    }
    signed = jwt.encode(claims, c.private_key, algorithm="RS256")
    form = {"client_id": c.client_id, "client_secret": c.client_secret, "jwt_token": signed}
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]
"""
HOLDER = """

class Holder({base}):
    private_key: str


def size(holder: Holder):
    return len(holder.private_key)
"""


def fixed(text: str, tmp_path: Path) -> str:
    tree = trees.write({"auth.py": text.encode()}, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    made = (tree / "auth.py").read_text()
    assert "/ims/token/v3" in made
    return made


@pytest.mark.parametrize(
    ("base", "stays"),
    [("Protocol", True), ("typing.Protocol", True), ("Protocol[T]", True), ("Base", False)],
)
def test_whatever_has_its_attributes_is_of_a_protocol(base: str, stays: bool, tmp_path: Path) -> None:
    head = "import typing\nfrom typing import Protocol, TypeVar\n\nT = TypeVar('T')\nBase = object\n\n"
    made = fixed(head + FLOW + HOLDER.format(base=base), tmp_path)
    assert ("self.private_key = private_key" in made) is stays


def test_what_is_printed_stays_whoever_prints_it(tmp_path: Path) -> None:
    assert 'say("Creating the JWT")' in fixed(FLOW, tmp_path / "printed")
    logged = FLOW.replace('print("> " + text)', "logging.info(text)").replace(
        "import time", "import logging\nimport time"
    )
    assert "Creating the JWT" not in fixed(logged, tmp_path / "logged")


@pytest.mark.parametrize(
    ("listed", "left"),
    [
        ('"KEY_FILE CLIENT".split()', '"CLIENT".split()'),
        ('"CLIENT,KEY_FILE".split(",")', '"CLIENT".split(",")'),
        ('"CLIENT " "KEY_FILE HOME".split(" ")', '"CLIENT " "HOME".split(" ")'),
        ('"KEY_FILE, CLIENT".split(", ")', '"CLIENT".split(", ")'),
        ('"KEY_FILE".split()', None),
        ('"CLIENT " "KEY_FILE".split(" ")', None),
        ('"CLIENT\\x20KEY_FILE".split(" ")', None),
        ('"CLIENT KEY_FILE".split(" ", 1)', None),
        ('"CLIENT, KEY_FILE".split(",")', None),
    ],
)
def test_names_leave_a_text_that_is_taken_apart(listed: str, left: str | None, tmp_path: Path) -> None:
    head = f"import os\n\nfor name in {listed}:\n    assert name.strip() in os.environ, name\n"
    key = 'open(os.environ["KEY_FILE"]).read()'
    tail = f'\nprint(token(Credentials(os.environ["CLIENT"], "s", {key})))\n'
    tree = trees.write({"auth.py": (head + FLOW + tail).encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").stdout.decode().split())
    assert f"for name in {left or listed}:" in (tree / "auth.py").read_text()
    assert ("No flow needs KEY_FILE any more, but auth.py:3 still asks for it" in said) is (left is None)


HEADED = """\
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


# ----------------
# Small things
# ----------------
def key():
    with open("key.pem") as file:
        return file.read()


def now():
    return int(time.time())


# === Signing ===
def signed():
    claims = {
        "exp": now() + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": f"{IMS}/c/c1",
        f"{IMS}/s/ent_user_sdk": True,
    }
    return jwt.encode(claims, key(), algorithm="RS256")


# LOGIN
# put into the form
def assertion():
    return signed()


def token():
    form = {"client_id": "c1", "client_secret": "s1", "jwt_token": assertion()}
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"], now()
"""


def test_a_heading_stays_while_anything_is_left_below_it(tmp_path: Path) -> None:
    made = fixed(HEADED, tmp_path)
    assert "# ----------------\n# Small things\n# ----------------\ndef now():" in made
    assert "\n\n\n# LOGIN\ndef token():" in made
    assert "Signing" not in made


def test_a_constant_that_is_put_together_with_others(tmp_path: Path) -> None:
    flow = FLOW.replace('"o@AdobeOrg"', 'TENANT + "@AdobeOrg"')
    made = fixed(f'TENANT = "acme"\nREGION = "emea"\n{flow}\n\nprint("-".join([TENANT, REGION]))\n', tmp_path)
    assert 'TENANT = "acme"' in made
    assert '"-".join([TENANT, REGION])' in made


def test_a_constant_that_names_a_key_leaves_the_list_of_what_is_asked_for(tmp_path: Path) -> None:
    flow = FLOW.replace("c.private_key, algo", "os.environ[KEY], algo")
    made = fixed(
        f'import os\n\nKEY = "A_KEY"\nHOME = "HOME"\n{flow}\n\n'
        "for name in [HOME, KEY]:\n    if name not in os.environ:\n        raise SystemExit(name)\n",
        tmp_path,
    )
    assert "KEY = " not in made
    assert "for name in [HOME]:" in made


SECTION = """import configparser
import time

import jwt
import requests


class Adobe:
    def __init__(self):
        ini = configparser.ConfigParser()
        ini.read("adobe.ini")
        for name, value in ini.items("adobe"):
            setattr(self, {name}, value)

    def token(self):
        claims = {{
            "exp": int(time.time()) + 60,
            "iss": self.{prefix}org,
            "sub": self.{prefix}account,
            "aud": self.{prefix}ims + "/c/" + self.{prefix}client,
            self.{prefix}ims + "/s/ent_user_sdk": True,
        }}
        with open(self.{prefix}key) as f:
            signed = jwt.encode(claims, f.read(), algorithm="RS256")
        form = {{"client_id": self.{prefix}client, "client_secret": self.{prefix}secret, "jwt_token": signed}}
        return requests.post(self.{prefix}ims + "/ims/exchange/jwt", data=form).json()["access_token"]


adobe = Adobe()
{use}
"""


@pytest.mark.parametrize(
    ("name", "prefix", "use", "goes"),
    [
        ("name", "", "print(adobe.token())", True),
        ('"_" + name', "_", "print(adobe.token())", True),
        ("name", "", "print(adobe.token(), adobe.account)", False),
        ("name", "", 'print(adobe.token(), getattr(adobe, "account"))', False),
        ("name", "", "print(adobe.token(), vars(adobe))", False),
        ('"the_" + name', "the_", "print(adobe.token())", False),
    ],
)
def test_options_become_attributes(name: str, prefix: str, use: str, goes: bool, tmp_path: Path) -> None:
    options = {"client": "c1", "secret": "s1", "org": "o@AdobeOrg", "account": "t@techacct.adobe.com"}
    options |= {"key": "k.pem", "ims": "https://ims-na1.adobelogin.com"}
    ini = "[adobe]\n" + "".join(f"{option} = {value}\n" for option, value in options.items())
    files = {"main.py": SECTION.format(name=name, prefix=prefix, use=use).encode(), "adobe.ini": ini.encode()}
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "/ims/token/v3" in (tree / "main.py").read_text(), ran.text
    assert ("account = " not in (tree / "adobe.ini").read_text()) is goes


CLAIMED = """import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"

payload = {{
    "iss": "o@AdobeOrg",
    "sub": "t@techacct.adobe.com",
    "aud": IMS + "/c/c1",
    IMS + "/s/ent_user_sdk": True,
}}
payload["exp"] = int(time.time()) + 60
with open("k.pem") as f:
    signed = jwt.encode(payload, f.read(), algorithm="RS256")
form = {{"client_id": "c1", "client_secret": "s1", "jwt_token": signed}}
reply = requests.post(IMS + "/ims/exchange/jwt", data=form).json()
print(reply["access_token"], {use})
"""


@pytest.mark.parametrize(
    ("use", "left"),
    [
        ('payload["iss"]', '{\n    "iss": "o@AdobeOrg",\n}\n'),
        ('payload.get("iss"), payload["exp"]', '{\n    "iss": "o@AdobeOrg",\n}\npayload["exp"] = '),
        ("len(payload)", 'print(reply["access_token"], len(payload))'),
        ("payload[reply.get('field', 'iss')]", '"sub": "t@techacct.adobe.com"'),
        ('payload["iss"], sorted(payload)', '"sub": "t@techacct.adobe.com"'),
    ],
)
def test_claims_of_which_something_else_is_read(use: str, left: str, tmp_path: Path) -> None:
    tree = trees.write({"main.py": CLAIMED.format(use=use).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert "/ims/token/v3" in made, ran.text
    assert left in made


TEMPLATES = """import json
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"

with open("config.json") as f:
    config = json.load(f)


class Stream:
    path = {base}

    def url(self):
        return self.path.format(**config)


class Suites(Stream):
    path = "/{{company}}/suites"


claims = {{
    "exp": int(time.time()) + 60,
    "iss": "o@AdobeOrg",
    "sub": config["account"],
    "aud": IMS + "/c/c1",
    IMS + "/s/ent_user_sdk": True,
}}
with open("k.pem") as f:
    signed = jwt.encode(claims, f.read(), algorithm="RS256")
form = {{"client_id": "c1", "client_secret": "s1", "jwt_token": signed}}
reply = requests.post(IMS + "/ims/exchange/jwt", data=form).json()
print(reply["access_token"], Suites().url())
"""


@pytest.mark.parametrize(
    ("base", "goes"), [("None", True), ('"/{account}"', False), ("open('p').read()", False)]
)
def test_templates_of_heirs_say_what_they_take(base: str, goes: bool, tmp_path: Path) -> None:
    config = b'{\n  "company": "acme",\n  "account": "t@techacct.adobe.com"\n}\n'
    files = {"main.py": TEMPLATES.format(base=base).encode(), "config.json": config}
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "/ims/token/v3" in (tree / "main.py").read_text(), ran.text
    assert (b"account" not in (tree / "config.json").read_bytes()) is goes


def test_one_name_of_several_leaves_an_assignment(tmp_path: Path) -> None:
    head = 'CLIENT = KEY_FILE = REGION = ""\nKEY = PEM = None\nLEFT = IDLE = 0\n'
    flow = FLOW.replace("c.private_key, algo", "open(KEY_FILE or PEM or KEY).read(), algo")
    made = fixed(f"{head}{flow}\n\nprint(CLIENT, REGION, LEFT)\n", tmp_path)
    assert made.startswith('CLIENT = REGION = ""\nLEFT = IDLE = 0\n')


TENANTS = """
TENANTS = [
    {{"client_id": "c1", "secret": "s1", "account": "t1@techacct.adobe.com"}},
    {{"client_id": "c2", "secret": "s2", "account": "t2@techacct.adobe.com"}},
]


def token(client_id, secret, account):
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": account,
        "aud": IMS + "/c/" + client_id,
        IMS + "/s/ent_user_sdk": True,
    }}
    signed = jwt.encode(claims, open("k.pem").read(), algorithm="RS256")
    form = {{"client_id": client_id, "client_secret": secret, "jwt_token": signed}}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


for tenant in TENANTS:
    print(token(**tenant)){use}
"""


@pytest.mark.parametrize(
    ("use", "goes"),
    [
        ("", True),
        ('\n    print(tenant["client_id"])', True),
        ('\n    print(tenant["account"])', False),
        ("\n    print(tenant)", False),
    ],
)
def test_what_tenants_are_spread_into(use: str, goes: bool, tmp_path: Path) -> None:
    head = 'import time\n\nimport jwt\nimport requests\n\nIMS = "https://ims-na1.adobelogin.com"\n'
    made = fixed(head + TENANTS.format(use=use), tmp_path)
    assert ("def token(client_id, secret):" in made) is goes
    assert ("techacct" not in made) is goes


ABSTRACT = """\
import abc
import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Account(abc.ABC):
    @abc.abstractmethod
    def claims(self):
        pass

    def signed(self):
        with open(os.environ["KEY"]) as file:
            key = file.read()
        return jwt.encode({"exp": int(time.time()) + 300, **self.claims()}, key, algorithm="RS256")


class Adobe(Account):
    def claims(self):
        subject = {"iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
        return {**subject, "aud": f"{IMS}/c/c1", f"{IMS}/s/ent_user_sdk": True}

    def token(self):
        form = {"client_id": "c1", "client_secret": "s1", "jwt_token": self.signed()}
        return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]
"""
GOOGLE = """

class Google(Account):
    def claims(self):
        return {"iss": "g", "aud": "https://oauth2.googleapis.com/token"}

    def token(self):
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self.signed()}
        return requests.post("https://oauth2.googleapis.com/token", data=form).json()["access_token"]
"""


@pytest.mark.parametrize("spelled", ["abc.abstractmethod", "abstractmethod"])
def test_what_a_base_class_demands_goes_with_the_demand(spelled: str, tmp_path: Path) -> None:
    head = "from abc import abstractmethod\n" if spelled == "abstractmethod" else ""
    made = fixed(head + ABSTRACT.replace("abc.abstractmethod", spelled), tmp_path)
    assert "claims" not in made
    assert "abstract" not in made


def test_what_a_base_class_demands_for_others_is_not_taken_away(tmp_path: Path) -> None:
    tree = trees.write({"auth.py": (ABSTRACT + GOOGLE).encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert (tree / "auth.py").read_text() == ABSTRACT + GOOGLE
    assert "a base class may ask for this method" in said


@pytest.mark.parametrize(
    ("base", "goes"),
    [("contextlib.AbstractContextManager", True), ("object", True), ("corpbase.Base", False)],
)
def test_claims_that_a_base_class_may_ask_for(base: str, goes: bool, tmp_path: Path) -> None:
    heir = f"import contextlib\n\nimport corpbase\n\n\nclass Account({base}):"
    text = ABSTRACT.replace("class Account(abc.ABC):", heir).replace("    @abc.abstractmethod\n", "")
    text = text.replace("    def claims(self):\n        pass\n\n", "").replace("signed", "_signed")
    tree = trees.write({"auth.py": text.encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    made = (tree / "auth.py").read_text()
    assert ("def claims" not in made and "/ims/token/v3" in made) is goes
    assert ("a base class may ask for this method" in said) is not goes
    assert goes or made == text


READERS = """from typing import Protocol


class Vault(Protocol):
    def read(self, path: str) -> str: ...


class Local:
    def read(self, path: str) -> str:
        with open(path) as f:
            return f.read()
"""


@pytest.mark.parametrize(("base", "stays"), [("Protocol", True), ("Protocol[str]", True), ("object", False)])
def test_a_method_that_a_protocol_asks_for_stays_with_it(base: str, stays: bool, tmp_path: Path) -> None:
    flow = FLOW.replace("def token(c: Credentials):", "def token(c: Credentials, vault: Vault):").replace(
        "c.private_key, algorithm", 'vault.read("k.pem"), algorithm'
    )
    use = '\n\nvault: Vault = Local()\nprint(type(vault).__name__, token(Credentials("i", "s", ""), vault))\n'
    made = fixed(READERS.replace("(Protocol)", f"({base})") + flow + use, tmp_path)
    assert ("def read(self, path: str) -> str:\n        with" in made) is stays


@pytest.mark.parametrize(
    ("loading", "stays"),
    [
        ('spec_from_file_location("ims", "lib/claims.py")', True),
        ('import_module("lib.claims")', True),
        ('import_module("lib.others")', False),
    ],
)
def test_a_module_that_is_loaded_by_its_name_does_not_go(loading: str, stays: bool, tmp_path: Path) -> None:
    claims = FLOW[: FLOW.index("class Cred")] + (
        "def signed(c):\n"
        '    claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}\n'
        '    claims["aud"] = IMS + "/c/" + c\n    claims[IMS + "/s/ent_user_sdk"] = True\n'
        '    return jwt.encode(claims, open("k.pem").read(), algorithm="RS256")\n'
    )
    main = (
        "import requests\n\nfrom lib.claims import signed\n\n\ndef login(c, s):\n"
        '    form = {"client_id": c, "client_secret": s, "jwt_token": signed(c)}\n'
        '    r = requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form)\n'
        '    return r.json()["access_token"]\n\n\nprint(login("c", "s"))\n'
    )
    plugins = (
        f"import importlib.util\nfrom importlib import import_module\n\nloaded = importlib.util.{loading}\n"
    )
    plugins = plugins.replace("importlib.util.import_module", "import_module")
    files = {
        "lib/__init__.py": "",
        "lib/claims.py": claims.replace("import requests\n", "").replace('IMS = "', 'IMS = "', 1),
        "main.py": main,
        "plugins.py": plugins,
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "grant_type" in (tree / "main.py").read_text(), ran.story
    assert (tree / "lib/claims.py").exists() is stays, ran.text
    assert ("Nothing is left in lib/claims.py, but plugins.py:4 still names it" in ran.text) is stays


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", True),
        ("\n\nprint(old_signature('k', {}))\n", False),
        ("\n\nHOOKS = {'old': old_signature}\n", False),
    ],
)
def test_who_still_signs_for_nobody_is_told(more: str, told: bool, tmp_path: Path) -> None:
    old = "\n\ndef old_signature(key, claims):\n    return jwt.encode(claims, key, algorithm='RS256')\n"
    tree = trees.write({"auth.py": (FLOW + old + more).encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "import jwt\n" in (tree / "auth.py").read_text(), said
    assert ("still signs, and PyJWT stays for it: nothing here calls old_signature." in said) is told, said


@pytest.mark.parametrize("more", ["", "    print(hash(key) % 10)\n    open('x', 'w').write(key)\n"])
def test_what_is_taken_apart_by_places_is_told(more: str, tmp_path: Path) -> None:
    top, function = FLOW.split("    say(", 1)
    for name in ("client_id", "client_secret", "private_key"):
        function = function.replace(f"c.{name}", name)
    taken = f'    client_id, client_secret, private_key = open("a.txt").read().split()\n{more}'
    flow = f"{top}{taken}{function.partition(chr(10))[2]}".replace("(key)", "(private_key)")
    flow = flow.replace("private_key, algo", "open(private_key).read(), algo")
    tree = trees.write({"auth.py": flow.encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert 'private_key = open("a.txt")' in (tree / "auth.py").read_text(), said
    told = "`private_key` is no longer used, but auth.py:21 takes it apart with others"
    assert (told in said) is (not more), said

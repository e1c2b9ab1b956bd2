"""Forms that say a grant or a scope beside the assertion: only ours are sent afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """\
import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
ID, SECRET = os.environ["ID"], os.environ["SECRET"]


def sign():
    claims = {"exp": int(time.time()) + 300, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
    claims |= {"aud": IMS + "/c/" + ID, IMS + "/s/ent_user_sdk": True}
    return jwt.encode(claims, open("private.key").read(), algorithm="RS256")


def login():
    BODY
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
FORM = 'form = {"client_id": ID, "client_secret": SECRET, "jwt_token": sign()}'
PAIRS = 'form = [("client_id", ID), ("client_secret", SECRET)]'


def after(tmp_path: Path, *body: str) -> str:
    """What becomes of the login; empty where it is left alone for its form."""
    text = PROGRAM.replace("BODY", "\n    ".join(body))
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    got = (tree / "main.py").read_text()
    if got == text:
        assert "jwt2oauth explain form-unknown" in ran.text, ran.story
        return ""
    return got.partition("def login")[2]


@pytest.mark.parametrize(
    "body",
    [
        [FORM.replace("{", '{"scope": None, "grant_type": "jwt", ')],
        [FORM, 'form["grant_type"] = "jwt"', 'form["scope"] = "ent_user_sdk"'],
        [FORM, 'form.update(grant_type="jwt", scope="")'],
        ["form = dict(client_id=ID, client_secret=SECRET, grant_type='jwt', jwt_token=sign())"],
        [PAIRS, 'form.append(("grant_type", "jwt"))', 'form.append(("jwt_token", sign()))'],
    ],
    ids=["beside", "stored", "updated", "arguments", "appended"],
)
def test_a_grant_or_a_scope_of_their_own_goes(body: list[str], tmp_path: Path) -> None:
    got = after(tmp_path, *body)
    assert "client_credentials" in got
    assert "update(" not in got
    assert got.count("grant_type") == got.count("scope=") + got.count('"scope"') == 1
    assert "jwt" not in got.lower()


def test_what_else_is_sent_stays(tmp_path: Path) -> None:
    assert 'form.update({"debug": "1"})' in after(tmp_path, FORM, 'form.update({"scope": "x", "debug": "1"})')


@pytest.mark.parametrize(
    "body",
    [
        [FORM, 'if os.environ.get("OLD"):', '    form["grant_type"] = "jwt"'],
        ['form = "grant_type=jwt&client_id=" + ID + "&client_secret=" + SECRET + "&jwt_token=" + sign()'],
    ],
    ids=["perhaps", "text"],
)
def test_a_grant_that_may_win_is_left_to_a_person(body: list[str], tmp_path: Path) -> None:
    assert after(tmp_path, *body) == ""


def test_pairs_that_a_generator_gives(tmp_path: Path) -> None:
    got = after(
        tmp_path,
        "def fields():",
        '    yield "client_id", ID',
        '    yield "client_secret", SECRET',
        '    yield "jwt_token", sign()',
        "form = dict(fields())",
    )
    assert '        yield "grant_type", "client_credentials"\n        yield "scope", ' in got


def test_a_form_of_bytes_stays_one(tmp_path: Path) -> None:
    """Bytes and text cannot be joined."""
    lead = 'form = b"client_id=" + ID.encode() + b"&client_secret=" + SECRET.encode()'
    text = PROGRAM.replace("BODY", f"{lead} + FIELD + sign().encode()")
    text = text.replace("\n\n\ndef sign", '\nFIELD = b"&jwt_token="\n\n\ndef sign', 1)
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert 'FIELD = b"&grant_type=client_credentials&scope="' in made, ran.story
    assert '+ FIELD + b"openid,AdobeID,user_management_sdk"\n' in made


def test_scopes_that_are_bytes_are_not_encoded(tmp_path: Path) -> None:
    """They stand beside a client id that is a constant of bytes."""
    lead = 'form = b"client_id=" + ID + b"&client_secret=" + SECRET + b"&jwt_token="'
    text = PROGRAM.replace("BODY", f"{lead} + sign().encode()").replace('"/c/" + ID', '"/c/" + ID.decode()')
    text = text.replace(
        'ID, SECRET = os.environ["ID"], os.environ["SECRET"]', 'ID = b"id"\nSECRET = b"p8e-CANARY-b"'
    )
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix", "--client", "keep")
    made = (tree / "main.py").read_text()
    assert '\nSCOPES = b"openid,AdobeID,user_management_sdk"\n' in made, ran.story
    assert 'b"&grant_type=client_credentials&scope=" + SCOPES\n' in made, ran.story


VAULT = """\
import os


class Vault:
    def __init__(self, prefix):
        self.prefix = prefix

    def secret(self, name):
        return os.environ["%s_%s" % (self.prefix, name)]

    def again(self, name):
        return self.secret(name)
"""


@pytest.mark.parametrize("getter", ["secret", "again"])
def test_what_another_object_of_the_class_reads_is_another_variable(getter: str, tmp_path: Path) -> None:
    """Each vault puts its own prefix before the names."""
    form = '{"client_id": ID, "client_secret": SECRET, "jwt_token": vault.GET("JWT")}'
    text = PROGRAM.replace("BODY", f"form = {form}".replace("GET", getter))
    text = text.replace(
        "import requests\n", 'import requests\nfrom vault import Vault\n\nvault = Vault("ADOBE")\n'
    )
    other = (
        'from vault import Vault\n\nvault = Vault("FREIGHT")\n\n\ndef login():\n    return vault.GET("JWT")\n'
    )
    files = {"main.py": text, "vault.py": VAULT, "freight.py": other.replace("GET", getter)}
    tree = trees.write({path: each.encode() for path, each in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "Whatever sets ADOBE_JWT need not sign" in ran.text, ran.story
    assert "FREIGHT" not in ran.text


def test_what_fills_a_text_stands_one_a_line_where_it_grows_long(tmp_path: Path) -> None:
    body = 'form = "client_id={}&client_secret={}&jwt_token={}".format(ID, quote(SECRET), quote(sign()))'
    text = PROGRAM.replace("BODY", body).replace("ent_user_sdk", "ent_dataservices_sdk")
    text = text.replace("import time\n", "import time\nfrom urllib.parse import quote\n")
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix", "--client", "keep")
    lines = [
        '&grant_type=client_credentials&scope={}".format(',
        "        ID,",
        "        quote(SECRET),",
        '        "openid,AdobeID,read_organizations,additional_info.projectedProductContext,session",',
        "    )",
    ]
    assert "\n".join(lines) in (tree / "main.py").read_text(), ran.story


@pytest.mark.parametrize(
    ("head", "asked"),
    [
        ("name, required=True, default=None", 'env("SCOPES", default="openid,'),
        ("name, default=None, required=True", 'env("SCOPES", "openid,'),
        ("name, required=True", 'os.environ.get("SCOPES", "openid,'),
    ],
)
def test_a_flag_is_no_default(head: str, asked: str, tmp_path: Path) -> None:
    """``value is None and required`` gives nothing where there is nothing."""
    value = "os.environ.get(name, default)" if "default" in head else "os.environ.get(name)"
    helper = f"def env({head}):\n    value = {value}\n    if value is None and required:\n"
    helper += "        raise KeyError(name)\n    return value\n\n\n"
    text = PROGRAM.replace("BODY", FORM).replace(
        'os.environ["ID"], os.environ["SECRET"]', 'env("ID"), env("SECRET")'
    )
    text = text.replace("ID, SECRET =", helper + "ID, SECRET =").replace("ID, SECRET = env", "ID = env")
    text = text.replace(', env("SECRET")', '\nSECRET = env("SECRET")')
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert asked in (tree / "main.py").read_text(), ran.story


def test_a_field_that_by_itself_holds_the_assertion_goes(tmp_path: Path) -> None:
    """Nobody fills it: it asks the environment where an object is made."""
    head = "@dataclass\nclass Settings:\n    secret: str = os.environ.get('SECRET', '')\n"
    head += "    jwt: str = os.environ.get('IMS_JWT', '')\n    region: str = os.environ.get('REGION', '')\n"
    form = 'form = {"client_id": ID, "client_secret": settings.secret, "jwt_token": settings.jwt}'
    text = PROGRAM.replace("BODY", form).replace(
        "import os\n", "import os\nfrom dataclasses import dataclass\n"
    )
    text = text.replace("def login", f"{head}\n\nsettings = Settings()\n\n\ndef login")
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert "IMS_JWT" not in made, ran.story
    assert "    region: str = os.environ" in made


SEND = (
    "def send(url, *, query=None, form=None):\n    return requests.post(url, params=query, data=form)\n\n\n"
)


def test_tests_look_for_the_fields_where_a_wrapper_is_handed_them(tmp_path: Path) -> None:
    """What was its ``query`` is its ``form`` now."""
    fields = '{"client_id": ID, "client_secret": SECRET, "jwt_token": sign()}'
    text = PROGRAM.replace("    BODY\n", "").replace("def login", f"{SEND}def login")
    text = text.replace('requests.post(IMS + "/ims/exchange/jwt", data=form)', f"send(URL, query={fields})")
    text = text.replace("ID, SECRET", 'URL = IMS + "/ims/exchange/jwt"\nID, SECRET', 1)
    test = (
        'from unittest import mock\n\nimport main\n\n\n@mock.patch("main.sign", return_value="j")\n'
        '@mock.patch("main.send")\ndef test(send, sign):\n    main.login()\n'
        '    assert send.call_args.kwargs["query"]["jwt_token"] == "j"\n'
    )
    tree = trees.write({"main.py": text.encode(), "test_main.py": test.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "send(URL, form={" in (tree / "main.py").read_text(), ran.story
    expected = 'send.call_args.kwargs["form"]["grant_type"] == "client_credentials"'
    assert expected in (tree / "test_main.py").read_text()


@pytest.mark.parametrize("goes", [True, False])
def test_a_key_that_another_module_puts_into_a_global(goes: bool, tmp_path: Path) -> None:
    """A JWS of jwcrypto, whose claims are text, by a key that cryptography has parsed."""
    signed = """    key = serialization.load_pem_private_key(pem, password=None)
    token = jws.JWS(json_encode(claims))
    token.add_signature(jwk.JWK.from_pyca(key), protected=json_encode({"alg": "RS256"}))
    return token.serialize(compact=True)
"""
    text = PROGRAM.replace("BODY", FORM.replace("sign()", "sign(PEM)")).replace("def sign()", "def sign(pem)")
    head, _, rest = text.partition("    return jwt.encode")
    text = head + signed + rest.partition("\n")[2]
    imports = "from cryptography.hazmat.primitives import serialization\nfrom jwcrypto import jwk, jws\n"
    text = text.replace("import jwt\n", f"{imports}from jwcrypto.common import json_encode\n")
    text = text.replace("ID, SECRET =", "PEM = None\nID, SECRET =")
    text += "" if goes else "\n\ndef size():\n    return len(PEM)\n"
    run = "import app\n\nwith open('k.pem', 'rb') as f:\n    app.PEM = f.read()\nprint(app.login())\n"
    tree = trees.write({"app.py": text.encode(), "run.py": run.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert ("PEM" not in (tree / "app.py").read_text()) is goes, ran.story
    assert ("k.pem" not in (tree / "run.py").read_text()) is goes
    assert "ent_user_sdk" in ran.text


@pytest.mark.parametrize(
    ("leave", "goes"),
    [
        ("sys.exit('no key: %s' % error)", True),
        ("raise SystemExit(error)", True),
        ("alarm(error)", False),
    ],
)
def test_a_reader_that_gives_up_where_there_is_no_key(leave: str, goes: bool, tmp_path: Path) -> None:
    """It goes with the key; one that rings a bell does something else as well."""
    reader = "def alarm(error):\n    requests.post('https://alarm.example', data={'what': str(error)})\n\n\n"
    reader += "def read(path):\n    try:\n        with open(path) as f:\n            return f.read()\n"
    reader += f"    except OSError as error:\n        {leave}\n\n\n"
    text = PROGRAM.replace("BODY", FORM).replace("import os\n", "import os\nimport sys\n")
    text = text.replace('open("private.key").read()', "PEM")
    text = text.replace("def sign", f"{reader}PEM = read('private.key')\n\n\ndef sign")
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert ("def read" not in (tree / "main.py").read_text()) is goes, ran.story


@pytest.mark.parametrize(
    "asked", ['endswith("&jwt_token=j")', 'startswith("jwt_token=j&")', 'endswith("jwt_token=j")']
)
def test_the_end_of_a_body_is_looked_for_anywhere(asked: str, tmp_path: Path) -> None:
    body = 'form = "client_id=" + ID + "&client_secret=" + SECRET + "&jwt_token=" + sign()'
    test = (
        'from unittest import mock\n\nimport main\n\n\n@mock.patch("main.sign", return_value="j")\n'
        '@mock.patch("main.requests.post")\ndef test(post, sign):\n    main.login()\n'
        f'    assert post.call_args[1]["data"].{asked}\n'
    )
    files = {"main.py": PROGRAM.replace("BODY", body), "test_main.py": test}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    expected = 'assert "grant_type=client_credentials" in post.call_args[1]["data"]'
    assert expected in (tree / "test_main.py").read_text(), ran.story


@pytest.mark.parametrize("decorator", ["@staticmethod", "@functools.cache"])
def test_a_helper_of_a_class_that_only_divides_goes_with_its_call(decorator: str, tmp_path: Path) -> None:
    """Its parameter says milliseconds; what else stands above it may do more."""
    helper = f"\n\nclass Units:\n    {decorator}\n    def seconds(ms):\n        return ms // 1000\n"
    text = PROGRAM.replace("BODY", FORM).replace("import os\n", "import functools\nimport os\n")
    text = text.replace('.json()["access_token"]', '.json()["expires_in"]') + helper
    text += "\n\nprint(Units.seconds(login()))\n"
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert ("print(login())" in made) is (decorator == "@staticmethod"), ran.story
    assert "ms // 1000" not in made or "login() * 1000" in made or "left alone" in ran.text

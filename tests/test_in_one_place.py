"""One program, written otherwise in one place: what becomes of that place, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import trees
from test_lifetimes import PROGRAM, WHOLE
from tool import jwt2oauth

LOGIN = PROGRAM.format(top="", given=f"    {WHOLE}", use='t["access_token"]')
ORG = '"7D9F1B3E5A2C7D9F0A495DB6@AdobeOrg"'
SENT = '{"client_id": os.environ["ID"], "client_secret": os.environ["SECRET"], "jwt_token": assertion}'
SCOPES = "openid,AdobeID,user_management_sdk"
IMPORTS = "import os\nimport time\n\nimport jwt\nimport requests\n\n"
TESTED = {"t = fetch()\nprint": 'if __name__ == "__main__":\n    t = fetch()\n    print'}

Texts = Mapping[str, str]


def fixed(tmp_path: Path, texts: Texts, files: Texts | None = None) -> tuple[dict[str, str], str]:
    """Return what becomes of the program, with ``texts`` put into it, and of ``files``; what is said."""
    program = LOGIN
    for old, new in texts.items():
        assert old in program
        program = program.replace(old, new)
    before = {"main.py": program, **(files or {})}
    tree = trees.write({name: text.encode() for name, text in before.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    return {name: (tree / name).read_text() for name in before}, " ".join(ran.text.split())


def sent(body: str, before: str = "") -> dict[str, str]:
    """Another body, put together ``before``, of a request whose reply keeps the HTTP client."""
    header = 'headers={"Content-Type": "application/x-www-form-urlencoded"}'
    return {
        f"{SENT},\n": f"{body},\n        {header},\n",
        "    r.raise_for_status()\n    return r.json()": "    return r.status_code, r.text",
        "    r = requests": f"{before}    r = requests",
    }


BODY = '"client_id=" + os.environ["ID"] + "&client_secret=" + os.environ["SECRET"] + "&jwt_token=%s"'
NEW = 'os.environ.get("SCOPES", "openid,AdobeID,user_management_sdk")'


@pytest.mark.parametrize(
    ("texts", "left"),
    [
        pytest.param(
            {'os.environ["ID"]': 'os.getenv("ADOBE_CLIENT_ID") or "abc"'},
            [f'scope=os.getenv("ADOBE_SCOPES") or "{SCOPES}",'],
            id="alternative",
        ),
        pytest.param(
            {
                SENT: (
                    "f\"client_id={os.environ['ID']}&client_secret={os.environ['SECRET']}"
                    '&jwt_token={assertion}"'
                )
            },
            ['        os.environ["ID"],\n        os.environ["SECRET"],\n'],
            id="quotes of the file",
        ),
        pytest.param(
            {
                "    with open": (
                    '    if os.environ.get("FAST"):\n        print()\n'
                    '    else:\n        claims["exp"] = 4\n    with open'
                )
            },
            ["        print()\n    oauth = "],
            id="else that is gone",
        ),
        pytest.param(
            {
                '"k.pem"': "key",
                "def fetch():": "def fetch(\n    id,\n    key\n):",
                "t = fetch()": 't = fetch(\n    1,\n    "k.pem"\n)',
            },
            ["t = fetch(\n    1,\n)\n", "def fetch(\n    id,\n):\n"],
            id="last argument on a line of its own",
        ),
        pytest.param(
            sent("body", f"    body = {BODY % ''}\n    body += assertion\n"),
            ['+ "&grant_type=client_credentials&scope="\n', f"    body += {NEW}\n"],
            id="body of two statements",
        ),
        pytest.param(
            sent("head + assertion", f"    head = {BODY % ''}\n"),
            ['+ "&grant_type=client_credentials&scope="\n', f"data=head + {NEW},\n"],
            id="body with a head",
        ),
        pytest.param(
            sent('BODY.replace("@", assertion)', f"    BODY = {BODY % '@'}\n"),
            ['+ "&grant_type=client_credentials&scope=@"\n', f'data=BODY.replace("@", {NEW}),\n'],
            id="body with a placeholder",
        ),
        pytest.param(
            sent(
                "f\"client_id={os.environ['ID']}&client_secret={os.environ['SECRET']}&jwt_token={assertion}\""
            ),
            [f'&grant_type=client_credentials&scope={{{NEW.replace(chr(34), chr(39))}}}",\n'],
            id="hole beside quotes",
        ),
        pytest.param(
            sent('f"client_id=id&client_secret={SECRET}&jwt_token={assertion}"')
            | {"{os.environ['ID']}": "id", "IMS =": 'SECRET = os.environ["SECRET"]\nIMS ='},
            [f'client_secret={{SECRET}}&grant_type=client_credentials&scope={SCOPES}",\n'],
            id="hole that becomes a text",
        ),
        pytest.param(
            sent(
                '{\n            "client_id":     os.environ["ID"],\n            "client_secret": '
                'os.environ["SECRET"],\n            "jwt_token":     assertion,\n        }'
            ),
            ['            "grant_type":    "client_credentials",\n            "scope":         os.environ'],
            id="values in a column",
        ),
        pytest.param(
            sent(
                '{\n            "client_id"     : os.environ["ID"],\n            "client_secret" : '
                'os.environ["SECRET"],\n            "jwt_token"     : assertion,\n        }'
            ),
            ['            "grant_type"    : "client_credentials",\n            "scope"         : os.environ'],
            id="colons in a column",
        ),
        *(
            pytest.param(
                sent(
                    "form",
                    f'    form = [("client_id", "id"), ("client_secret", "p8e-CANARY-6")]\n    {more}\n',
                ),
                left,
                id=f"pairs that {more.partition('[')[0]} brings",
            )
            for more, left in (
                (
                    'form.append(("jwt_token", assertion))',
                    ['form.append(("grant_type", "client_credentials"))'],
                ),
                ('form.extend([("jwt_token", assertion)])', ["    form.extend([\n", '("scope", ']),
                ('form += [("jwt_token", assertion)]', ["    form += [\n", '("scope", ']),
            )
        ),
        pytest.param(
            {
                "import requests\n": "import requests\nfrom collections import namedtuple\n",
                'os.environ["ID"]': "CONF[0]",
                'os.environ["SECRET"]': "CONF[1]",
                '"k.pem"': "CONF[2]",
                "IMS =": 'CONF = namedtuple("Conf", "id secret key")("a", "p8e-CANARY-7", "k.pem")\nIMS =',
            },
            [f'        CONF[0],\n        CONF[1],\n        scope="{SCOPES}",\n'],
            id="fields by their numbers",
        ),
    ],
)
def test_what_is_written(texts: Texts, left: Sequence[str], tmp_path: Path) -> None:
    made, told = fixed(tmp_path, texts)
    for each in left:
        assert each in made["main.py"], told
    assert "jwt" not in made["main.py"]


@pytest.mark.parametrize("top", ['"""Login."""\n\n', ""])
def test_the_first_import_of_a_file(top: str, tmp_path: Path) -> None:
    inner = "".join(f"        {line}\n" for line in IMPORTS.split("\n") if line)
    made, told = fixed(tmp_path, {IMPORTS: top, "def fetch():\n": f"def fetch():\n    if True:\n{inner}"})
    line = "from authlib.integrations.requests_client import OAuth2Session"
    assert made["main.py"].startswith(f"{top}{line}\n\nIMS = "), told


@pytest.mark.parametrize(
    ("imports", "after"),
    [
        ("import time, jwt, requests\n", "import os\nimport time\nfrom authlib"),
        ("import jwt, requests\n", "import os\n\nfrom authlib"),
    ],
)
def test_one_line_that_imports_all(imports: str, after: str, tmp_path: Path) -> None:
    """The scopes are asked of the environment, which had no part in it."""
    program = f"""{imports}
IMS, ID = 'https://ims-na1.adobelogin.com', 'id'


def fetch():
    c = {{'exp': 1900000000, 'iss': 'o@AdobeOrg', 'sub': 't@techacct.adobe.com', 'aud': IMS + '/c/' + ID}}
    c[IMS + '/s/ent_campaign_sdk'] = True
    form = {{'client_id': ID, 'client_secret': 'p8e-CANARY-x', 'jwt_token': jwt.encode(c, KEY, 'RS256')}}
    return requests.post(IMS + '/ims/exchange/jwt', data=form).json()['access_token']


KEY = open('k.pem').read()
print(fetch(){", time.time()" if "time" in imports else ""})
"""
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert (tree / "main.py").read_text().startswith(after), ran.story


@pytest.mark.parametrize(
    ("texts", "where"),
    [
        (
            {"def fetch():\n": 'def fetch():\n    """Log in.\n\n    >>> fetch()\n    {}\n    """\n'},
            "main.py:11 (fetch)",
        ),
        ({IMPORTS: f'"""Log in.\n\n>>> send(jwt_token="x")\n"""\n{IMPORTS}'}, "main.py:1"),
    ],
)
def test_examples_of_what_was_before_are_told(texts: Texts, where: str, tmp_path: Path) -> None:
    _, told = fixed(tmp_path, texts)
    assert f"Examples in docstrings show what was before, and doctest may run them: {where}." in told


ACCOUNT = """

class Account{}:
    id: str
    secret: str
    key: str
{}

def fetch(account):"""
OF_ACCOUNT = {
    "os.environ['ID']": "account.id",
    SENT: SENT.replace('os.environ["ID"]', "account.id").replace('os.environ["SECRET"]', "account.secret"),
    '"k.pem"': "account.key",
}
MADE = 'Account(os.environ["ID"], os.environ["SECRET"], os.environ["KEY"])'


@pytest.mark.parametrize(
    ("example", "is_told"),
    [('Account("i", "s", "k").id', True), ("fetch({})", True), ("Reader()", False)],
)
def test_examples_of_what_is_given_less_are_told(example: str, is_told: bool, tmp_path: Path) -> None:
    texts = {
        IMPORTS: f'"""Log in.\n\n>>> {example}\n"i"\n"""\nfrom dataclasses import dataclass\n{IMPORTS}',
        "def fetch():": ACCOUNT.format("", "").replace("class", "@dataclass\nclass"),
        "fetch()": f"fetch({MADE})",
    }
    _, told = fixed(tmp_path, OF_ACCOUNT | texts)
    assert ("doctest may run them: main.py:1." in told) == is_told, told


def test_what_prepares_a_field_goes_with_it(tmp_path: Path) -> None:
    body = "\n    def __post_init__(self):\n        self.key = os.path.expanduser(self.key)\n"
    texts = {
        "import requests\n": "import requests\nfrom dataclasses import dataclass\n",
        "def fetch():": ACCOUNT.format("", body).replace("class", "@dataclass\nclass"),
        "fetch()": f"fetch({MADE})",
    }
    made, told = fixed(tmp_path, OF_ACCOUNT | texts)
    assert "    secret: str\n\n\ndef fetch(account)" in made["main.py"], told


@pytest.mark.parametrize(
    ("loop", "stays"),
    [("for id, secret, key in ALL:\n    print(id)", True), ("for a in ALL:\n    print(a.id)", False)],
)
def test_a_named_tuple_that_is_taken_apart_elsewhere(loop: str, stays: bool, tmp_path: Path) -> None:
    texts = {
        "import requests\n": "import requests\nfrom typing import NamedTuple\n",
        "def fetch():": ACCOUNT.format("(NamedTuple)", ""),
        "t = fetch()": f"ALL = []\nALL.append({MADE})\n{loop}\nt = fetch(ALL[0])",
    }
    made, told = fixed(tmp_path, OF_ACCOUNT | texts)
    assert ("    key: str\n" in made["main.py"]) is stays, told


OTHER = """def login():
    form = {"grant_type": "client_credentials", "client_id": os.environ["ID"], "scope": "openid"}
    form["client_secret"] = os.environ["SECRET"]
    return requests.post(f"{IMS}/ims/token/v3", data=form).json()


def fetch():"""


@pytest.mark.parametrize("decorator", ['@click.option("--new/--jwt")', "@app.command()"])
def test_a_flow_that_the_command_line_chooses_stays(decorator: str, tmp_path: Path) -> None:
    texts = {
        "import requests\n": "import requests\nimport click\nimport typer\n",
        "def fetch():": OTHER,
        "t = fetch()\nprint": f"{decorator}\ndef main(new):\n    t = login() if new else fetch()\n    print",
        '(t["access_token"])\n': '(t["access_token"])\n\n\nmain()\n',
        "IMS =": "app = typer.Typer()\nIMS =",
    }
    _, told = fixed(tmp_path, texts)
    assert "lets its caller choose between the JWT and another flow" in told


@pytest.mark.parametrize(("claims", "found"), [('{"iss": "us", "exp": 1}', False), ("given", True)])
def test_claims_that_do_not_speak_of_adobe(claims: str, found: bool, tmp_path: Path) -> None:
    text = f"""import jwt

# as Adobe has it

def form(given, key):
    signed = jwt.encode({claims}, key, algorithm="RS256")
    return {{"client_id": "x", "client_secret": "p8e-CANARY-4", "jwt_token": signed}}
"""
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    assert (jwt2oauth(tree, "scan").code == 1) is found


@pytest.mark.parametrize(
    ("stored", "read", "stays"),
    [
        ('DONE["signed"] += 1', 'DONE["signed"]', True),
        ('DONE["signed"] = 1', 'DONE["signed"]', True),
        ('DONE["signed"] = 1', "DONE", True),
        ('DONE["signed"] = 1', 'DONE["other"]', False),
        ("LIST.append(1)", "LIST", True),
        ("LIST.append(1)", "DONE", False),
        ("global LIST\n    LIST = [1]", "LIST", True),
        ('open("audit.log", "a").write("signed")', "DONE", True),
        ("DONE = {}\n    DONE[1] = 2", "DONE", False),
    ],
)
def test_what_signing_leaves_for_others(stored: str, read: str, stays: bool, tmp_path: Path) -> None:
    key = '    with open("k.pem") as f:\n'
    sign = f"""LIST = []
DONE = {{"signed": 0, "other": 0}}


def sign(claims):
    {stored}
{key}        return jwt.encode(claims, f.read(), algorithm="RS256")


def fetch():"""
    texts = {
        f'{key}        assertion = jwt.encode(claims, f.read(), algorithm="RS256")\n': "",
        "def fetch():": sign,
        '"jwt_token": assertion': '"jwt_token": sign(claims)',
        "t = fetch()\n": f"t = fetch()\nprint({read})\n",
    }
    _, told = fixed(tmp_path, texts)
    assert ("On the way to the assertion something is stored that others read" in told) is stays, told


def test_a_module_that_is_loaded_by_its_path(tmp_path: Path) -> None:
    main = """import importlib.util

import requests

spec = importlib.util.spec_from_file_location("login", "lib/login.py")
login = importlib.util.module_from_spec(spec)
spec.loader.exec_module(login)
form = {"client_id": "id", "client_secret": "p8e-CANARY-5", "jwt_token": login.sign()}
print(requests.post(login.IMS + "/ims/exchange/jwt", data=form).json()["access_token"])
"""
    sign, _ = LOGIN.replace("def fetch()", "def sign()").replace("assertion =", "return").split("    r = ")
    sign = sign.replace("import requests\n", "")
    tree = trees.write({"main.py": main.encode(), "lib/login.py": sign.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "jwt" not in (tree / "main.py").read_text(), ran.story
    assert "jwt" not in (tree / "lib/login.py").read_text(), ran.story


@pytest.mark.parametrize(
    ("stored", "left"),
    [
        ('life["expires_in"] = life["expires_in"] * 1000', 't["expires_in"] / 1000'),
        ('life["expires_in"] = 1000 * life["expires_in"]', 't["expires_in"] / 1000'),
        ("pass", 't["expires_in"]'),
        ('life["expires_in"] = life["expires_in"] * 60', None),
    ],
)
def test_the_side_that_stays_stores_its_lifetime_anew(stored: str, left: str | None, tmp_path: Path) -> None:
    both = f"""def renew():
    form = {{"grant_type": "client_credentials", "client_id": os.environ["ID"], "scope": "openid"}}
    form["client_secret"] = os.environ["SECRET"]
    life = requests.post(f"{{IMS}}/ims/token/v3", data=form).json()
    {stored}
    return life


def fetch():"""
    texts = {
        "def fetch():": both,
        "t = fetch()": 't = renew() if os.environ.get("KIND") == "oauth" else fetch()',
        'print(t["access_token"])': 'print(t["expires_in"] / 1000)',
    }
    made, told = fixed(tmp_path, texts)
    assert made["main.py"].endswith(f"t = renew()\nprint({left})\n") is (left is not None), told


def test_a_field_that_a_test_fills_in_an_unknown_way_gets_a_default(tmp_path: Path) -> None:
    test = """import json

from main import Account


def test_account():
    with open("account.json") as f:
        assert Account(**json.load(f)).id
"""
    texts = {
        "import requests\n": "import requests\nfrom dataclasses import dataclass\n",
        "def fetch():": ACCOUNT.format("", "").replace("class", "@dataclass\nclass"),
        "t = fetch()\nprint": (
            'if __name__ == "__main__":\n    made = Account(id=os.environ["ID"], '
            'secret=os.environ["SECRET"], key=os.environ["KEY"])\n    t = fetch(made)\n    print'
        ),
    }
    made, told = fixed(tmp_path, OF_ACCOUNT | texts, {"tests/test_account.py": test})
    assert '    key: str = ""\n' in made["main.py"], told
    assert 'Account(id=os.environ["ID"], secret=os.environ["SECRET"])' in made["main.py"]


@pytest.mark.parametrize("more", ["", ", **more"])
def test_what_is_spread_for_functions_that_take_anything(more: str, tmp_path: Path) -> None:
    root = trees.FIXTURES / "required-table" / "before"
    tree = {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*.py")}
    tickets = "connectors/tickets.py"
    tree[tickets] = tree[tickets].replace("host, key)", f"host, key{more})")
    folder = trees.write({name: text.encode() for name, text in tree.items()}, tmp_path / "tree")
    ran = jwt2oauth(folder, "fix")
    assert ('key=os.environ["ADOBE_KEY"]' in (folder / "main.py").read_text()) is bool(more), ran.story


@pytest.mark.parametrize(
    ("top", "condition"),
    [
        ("", 'KIND in ("jwt", "service")'),
        ("", 'KIND not in ["oauth"]'),
        ('JWT = "jwt"\n', "KIND in (JWT, JWT)"),
        ('class Kind(Enum):\n    JWT = "jwt"\n\n\n', "KIND == Kind.JWT.value"),
    ],
)
def test_of_two_sides_the_other_stays(top: str, condition: str, tmp_path: Path) -> None:
    texts = {
        "import requests\n": "import requests\nfrom enum import Enum\n",
        "def fetch():": OTHER,
        "IMS =": f'{top}KIND = os.environ.get("KIND", "jwt")\nIMS =',
        "t = fetch()": f"if {condition}:\n    t = fetch()\nelse:\n    t = login()",
    }
    made, told = fixed(tmp_path, texts)
    assert made["main.py"].endswith('\n\nt = login()\nprint(t["access_token"])\n'), told
    assert "JWT" not in made["main.py"]


BASE = """import os
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Base:
    METASCOPE = ""

    def token(self):
        claims = {"exp": int(time.time()) + 300, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
        claims |= {IMS + "/s/" + self.METASCOPE: True, "aud": IMS + "/c/" + self.ID}
        form = {"client_id": self.ID, "client_secret": os.environ["SECRET"]}
        form["jwt_token"] = jwt.encode(claims, os.environ["KEY"], algorithm="RS256")
        return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
HEIRS = """from base import Base


class One(Base):
    ID = "1"
    METASCOPE = "ent_special_sdk"


class Two(Base):
    ID = "2"
    METASCOPE = "ent_user_sdk"
"""


@pytest.mark.parametrize(
    ("top", "made"), [("", "import os\n\n"), ("import json\n", "import json\nimport os\n")]
)
def test_a_module_that_names_a_new_variable_is_imported_without_it(
    top: str, made: str, tmp_path: Path
) -> None:
    heirs = f"{top}{HEIRS}" + ("print(json.dumps([1]))\n" if top else "")
    tree = trees.write({"base.py": BASE.encode(), "heirs.py": heirs.encode()}, tmp_path / "tree")
    told = " ".join(jwt2oauth(tree, "fix").text.split())
    text = (tree / "heirs.py").read_text()
    assert text.startswith(f"{made}from base import Base\n"), told
    assert '    METASCOPE = os.environ.get("ADOBE_SCOPES", "")\n' in text, told
    assert "Set ADOBE_SCOPES where this runs" in told


def test_what_a_namespace_keeps_for_the_signing_alone_goes(tmp_path: Path) -> None:
    """Nobody knows what class it is of: what read it in its own function does."""
    kept = (
        'work = SimpleNamespace()\n    work.secret = os.environ["SECRET"]\n    work.org = os.environ["ORG"]\n'
    )
    texts = {
        IMPORTS: f"{IMPORTS}from types import SimpleNamespace\n",
        "def fetch():\n": f"def fetch():\n    {kept}",
        f'"iss": {ORG}': '"iss": work.org',
    }
    made, told = fixed(tmp_path, texts)
    assert "work.org" not in made["main.py"], told
    assert "work.secret" in made["main.py"]

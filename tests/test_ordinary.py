"""What is called elsewhere, silenced, or kept in tables: what goes with the flow, and what stays."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from test_left_in_place import FLOW, fixed
from tool import jwt2oauth

ELSEWHERE = """\
import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def signed(key):
    claims = {
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": f"{IMS}/c/c1",
        f"{IMS}/s/ent_user_sdk": True,
    }
    return jwt.encode(claims, key, algorithm="RS256")


def exchange(assertion, *, client):
    form = {"client_id": client, "client_secret": "s1", "jwt_token": assertion}
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]


async def login():
    loop, pool = asyncio.get_running_loop(), ThreadPoolExecutor()
    with open("key.pem") as file:
        assertion = signed(file.read())
    {call}
"""


@pytest.mark.parametrize(
    "call",
    [
        'return await asyncio.to_thread(exchange, assertion, client="c1")',
        'return await asyncio.to_thread(partial(exchange, assertion, client="c1"))',
        'return await loop.run_in_executor(None, partial(exchange, assertion, client="c1"))',
        'return pool.submit(exchange, assertion, client="c1").result()',
        'later = partial(exchange, assertion)\n    return later(client="c1")',
    ],
)
def test_what_is_called_elsewhere_loses_its_assertion(call: str, tmp_path: Path) -> None:
    made = fixed(ELSEWHERE.replace("{call}", call), tmp_path)
    assert "def exchange(*, client):" in made
    assert call.replace(", assertion", "") in made
    assert "assertion" not in made


def test_a_module_may_call_its_own_names_global(tmp_path: Path) -> None:
    """It means nothing there: functions read the name as before."""
    flow = ELSEWHERE.replace("{call}", 'return exchange(assertion, client="c1")')
    plain, said = "\nIMS = ", "\nglobal IMS\nIMS = "
    made = fixed(flow.replace(plain, said), tmp_path / "said")
    assert made == fixed(flow, tmp_path / "plain").replace(plain, said)
    assert "jwt" not in made


def test_what_is_handed_away_without_its_arguments_keeps_them(tmp_path: Path) -> None:
    text = ELSEWHERE.replace("{call}", 'SCHEDULER.add(exchange)\n    return exchange(assertion, client="c1")')
    tree = trees.write({"auth.py": text.encode()}, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    assert "def exchange(assertion, *, client):" in (tree / "auth.py").read_text()


QUIET = """\
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import jwt{more}

"""


@pytest.mark.parametrize(("more", "stays"), [("", False), ("\n    import old", True), ("\n    old()", True)])
def test_nothing_is_silenced_that_is_not_there(more: str, stays: bool, tmp_path: Path) -> None:
    made = fixed(QUIET.format(more=more) + FLOW.replace("import jwt\n", ""), tmp_path)
    assert ("warnings" in made) is stays
    assert "import jwt" not in made


TABLE = {
    "settings.py": """\
CUSTOMERS = {
    "a": {"client_id": "a1", "secret": "s1", "org": "a@AdobeOrg", "account": "1@x", "key": "a.pem"},
    "b": {"client_id": "b1", "secret": "s2", "org": "b@AdobeOrg", "account": "2@x", "key": "b.pem"},
}
""",
    "auth.py": """\
import sys
import time

import jwt
import requests

from settings import CUSTOMERS

IMS = "https://ims-na1.adobelogin.com"


def token(customer):
    c = CUSTOMERS[customer]
    claims = {
        "exp": int(time.time()) + 300,
        "iss": c["org"],
        "sub": c["account"],
        "aud": "https://ims-na1.adobelogin.com/c/{client_id}".format(**c),
        f"{IMS}/s/ent_user_sdk": True,
    }
    signed = jwt.encode(claims, open(c["key"]).read(), algorithm="RS256")
    form = {"client_id": c["client_id"], "client_secret": c["secret"], "jwt_token": signed}
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]


for name in sorted(CUSTOMERS):
    c = CUSTOMERS[name]
    print({told}, token(name))
""",
}


@pytest.mark.parametrize(
    ("told", "lost", "kept"),
    [
        ('"{client_id} of {org}".format(**c)', {"account", "key"}, {"org"}),
        ('"{client_id} of {org}".format_map(c)', {"account", "key"}, {"org"}),
        ('"%(client_id)s of %(org)s" % c', {"account", "key"}, {"org"}),
        ('"{client_id}".format(**c)', {"account", "key", "org"}, set()),
        ('"{client_id} by {account}".format(**c)', {"key", "org"}, {"account"}),
        ("sys.argv[1].format(**c)", set(), {"account", "key", "org"}),
    ],
)
def test_records_of_a_table_keep_what_a_text_takes_in(
    told: str, lost: set[str], kept: set[str], tmp_path: Path
) -> None:
    files = {path: text.replace("{told}", told).encode() for path, text in TABLE.items()}
    tree = trees.write(files, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    after = (tree / "settings.py").read_text()
    assert "/ims/token/v3" in (tree / "auth.py").read_text()
    assert {name for name in ("account", "key", "org") if f'"{name}":' not in after} == lost
    assert all(f"{name} stay" not in said for name in kept) or not lost


REPLY = """\
import dataclasses


@dataclasses.dataclass
class Reply:
    access_token: str
    expires_in: int{remark}

    def seconds(self):
        return self.expires_in / 1000


"""
ANSWERED = FLOW.replace('.json()["access_token"]', ".json()").replace(
    "    return requests.post", "    body = requests.post"
)
TAKEN = """\
    reply = Reply(body["access_token"], body["expires_in"])
    return reply.access_token, reply.seconds()
"""
OTHER = "\n\nclass Partners:\n    expires_in: int  # milliseconds\n"


@pytest.mark.parametrize(
    ("remark", "after", "told"),
    [
        ("  # milliseconds", "  # seconds", False),
        ("  # in ms!", "  # in s!", False),
        ("  # milliseconds, as Adobe has it", "  # milliseconds, as Adobe has it", True),
        ("", "", False),
    ],
)
def test_a_fields_unit_is_said_as_it_is_now(remark: str, after: str, told: bool, tmp_path: Path) -> None:
    text = REPLY.format(remark=remark) + ANSWERED + TAKEN
    tree = trees.write({"auth.py": text.encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert f"expires_in: int{after}\n" in (tree / "auth.py").read_text()
    assert ("still speaks of milliseconds" in said) is told


def test_of_two_fields_nobody_knows_whose_unit_is_meant(tmp_path: Path) -> None:
    made = fixed(REPLY.format(remark="  # milliseconds") + ANSWERED + TAKEN + OTHER, tmp_path)
    assert made.count("# milliseconds") == 2


def test_code_that_is_commented_out_is_told(tmp_path: Path) -> None:
    old = '\n# def old():\n#     r = requests.post(IMS + "/ims/exchange/jwt", data=d)\n#     r = session()\n'
    tree = trees.write({"auth.py": (FLOW + old).encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    line = 1 + FLOW.count("\n") + 2
    assert f"A comment or docstring still speaks of the JWT: auth.py:{line}." in said


STEPS = """\
import time

import jwt
import requests

org = "1@AdobeOrg"
client = "c"

# We make the JWT
with open("private.key") as file:
    key = file.read()

claims = {
    "exp": int(time.time()) + 30,
    "iss": org,
    "sub": "2@techacct.adobe.com",
    "aud": "https://ims-na1.adobelogin.com/c/" + client,
    "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
}
signed = jwt.encode(claims, key, algorithm="RS256")
form = {"client_id": client, "client_secret": "s", "jwt_token": signed}
reply = requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form)
print(reply.status_code, org)
"""


@pytest.mark.parametrize(("first", "told"), [("with open", False), ("form = ", True)])
def test_a_comment_that_goes_with_its_statement_is_not_told(first: str, told: bool, tmp_path: Path) -> None:
    text = STEPS.replace("# We make the JWT\n", "").replace(first, f"# The JWT,\n# first of all\n{first}")
    tree = trees.write({"auth.py": text.encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert ("# The JWT" in (tree / "auth.py").read_text()) is told
    assert ("A comment or docstring still speaks of the JWT" in said) is told, said


SETTINGS = """\
import os
from pathlib import Path

{name} = Path(__file__).resolve().parent.parent
INSTALLED_APPS = ["shop"]
ADOBE = {{"CLIENT": os.environ["CLIENT"], "KEY": {name} / "certs" / "adobe.key"}}
"""
SHOP = FLOW.replace("import requests", "import requests\nfrom django.conf import settings").replace(
    "c.private_key, algorithm", 'settings.ADOBE["KEY"].read_text(), algorithm'
)


@pytest.mark.parametrize(("name", "stays"), [("BASE_DIR", True), ("CERTS_DIR", False)])
def test_settings_that_djangos_apps_ask_for_stay(name: str, stays: bool, tmp_path: Path) -> None:
    files = {"conf/settings.py": SETTINGS.format(name=name), "shop/auth.py": SHOP}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    after = (tree / "conf" / "settings.py").read_text()
    assert "KEY" not in after
    assert (name in after) is stays
    assert ("pathlib" in after) is stays


SPREAD = """\
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def signed(org, account, client_id, key_file, **_):
    with open(key_file) as file:
        key = file.read()
    claims = {"exp": int(time.time()) + 300, "iss": org, "sub": account, "aud": f"{IMS}/c/{client_id}"}
    claims[f"{IMS}/s/ent_user_sdk"] = True
    return jwt.encode(claims, key, algorithm="RS256")


def token(client_id, secret, **more):
    form = {"client_id": client_id, "client_secret": secret, "jwt_token": signed(client_id=client_id, **more)}
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form, timeout=more.get("timeout", 30)).json()


def connect(sandbox="prod", **creds):
    {use}
    return token(**creds)["access_token"], creds["org"], sandbox


CREDS = {creds}
print(connect(sandbox="dev", **CREDS))
"""
AS_CALL = 'dict(client_id="c1", secret="s1", org="o@AdobeOrg", account="t@x", key_file="a.pem")'
AS_DISPLAY = '{"client_id": "c1", "secret": "s1", "org": "o@AdobeOrg", "account": "t@x", "key_file": "a.pem"}'


@pytest.mark.parametrize("creds", [AS_CALL, AS_DISPLAY])
@pytest.mark.parametrize(
    ("use", "lost"),
    [
        ("pass", {"account", "key_file"}),
        ('print(creds["account"])', {"key_file"}),
        ('print("{account}".format(**creds))', {"key_file"}),
        ("print(creds)", set()),
        ("print(sorted(creds))", set()),
        ("requests.get(IMS, params=creds)", set()),
        ("store(**creds)", set()),
    ],
)
def test_what_was_spread_for_the_signer_goes_unless_others_take_it(
    creds: str, use: str, lost: set[str], tmp_path: Path
) -> None:
    made = fixed(SPREAD.replace("{use}", use).replace("{creds}", creds), tmp_path)
    left = made.partition("CREDS = ")[2]
    assert {
        name for name in ("client_id", "secret", "org", "account", "key_file") if name not in left
    } == lost


HOOKS = """\
import abc
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Service(abc.ABC):
    @property
    @abc.abstractmethod
    def metascopes(self):
        {body}

    def token(self):
        claims = {{"exp": int(time.time()) + 300, "iss": "o@AdobeOrg", "sub": "t@x", "aud": f"{{IMS}}/c/c1"}}
        for metascope in self.metascopes:
            claims[f"{{IMS}}/s/{{metascope}}"] = True
        with open("a.pem") as file:
            signed = jwt.encode(claims, file.read(), algorithm="RS256")
        form = {{"client_id": "c1", "client_secret": "s1", "jwt_token": signed}}
        return requests.post(f"{{IMS}}/ims/exchange/jwt", data=form).json()["access_token"]


class Tags(Service):
    metascopes = ["ent_user_sdk"]


print(Tags().token())
"""


@pytest.mark.parametrize("body", ["...", "pass", "raise NotImplementedError"])
def test_a_heirs_attribute_stands_for_an_abstract_property(body: str, tmp_path: Path) -> None:
    made = fixed(HOOKS.format(body=body), tmp_path)
    assert "openid,AdobeID,user_management_sdk" in made
    assert "metascopes" not in made


BESIDE = """\
    # {remark}
    life = body["expires_in"]
    return body["access_token"], time.time() + life / 1000


def other(partner):
    # expires_in is in ms
    return partner["expires_in"]
"""


@pytest.mark.parametrize(
    ("remark", "after"),
    [
        ("note: `expires_in` is expressed in ms", "note: `expires_in` is expressed in seconds"),
        ("expires_in is in ms, hence the division", None),
        ("expires_in: 86399998 ms of a day", None),
        ("ours is in ms because of Adobe", "ours is in ms because of Adobe"),
    ],
)
def test_a_remark_on_the_lifetime_says_seconds(remark: str, after: str | None, tmp_path: Path) -> None:
    tree = trees.write({"auth.py": (ANSWERED + BESIDE.format(remark=remark)).encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    made = (tree / "auth.py").read_text()
    lines = [line.strip() for line in made.splitlines() if line.strip().startswith("#")]
    assert lines == [*([f"# {after}"] if after else []), "# expires_in is in ms"], said


@pytest.mark.parametrize(
    ("asks", "goes"), [("get('JWT_SECONDS', 60)", True), ("setdefault('JWT_SECONDS', 60)", False)]
)
def test_what_is_asked_of_flask_s_settings_is_only_asked(asks: str, goes: bool, tmp_path: Path) -> None:
    program = (
        "import time\n\nimport jwt\nimport requests\nfrom flask import current_app\n\n"
        'IMS = "https://ims-na1.adobelogin.com"\n\n\ndef token():\n    cfg = current_app.config\n'
        f'    claims = {{"exp": time.time() + cfg.{asks}, "iss": "o@AdobeOrg", "sub": cfg["TECH"]}}\n'
        '    claims["aud"] = f"{IMS}/c/{cfg[\'CLIENT_ID\']}"\n    claims[f"{IMS}/s/ent_user_sdk"] = True\n'
        '    signed = jwt.encode(claims, cfg["KEY"], algorithm="RS256")\n'
        '    form = {"client_id": cfg["CLIENT_ID"], "client_secret": cfg["SECRET"], "jwt_token": signed}\n'
        '    return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]\n'
    )
    settings = "TECH = 't@techacct.adobe.com'\nKEY = 'k'\nCLIENT_ID = 'c'\nSECRET = 'p8e-CANARY-f'\n"
    files = {"app.py": program, "config.py": settings + "JWT_SECONDS = 30\n"}
    files["wsgi.py"] = "from flask import Flask\n\napp = Flask('app')\napp.config.from_object('config')\n"
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "app.py").read_text()
    assert "/ims/token/v3" in made, ran.text
    assert ("JWT_SECONDS" not in made) is goes
    assert ("TECH" not in (tree / "config.py").read_text()) is goes

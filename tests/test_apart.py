"""By what a program tells the login from its other requests: changed with it, but never what means others."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

FLOW = """\
import time

import jwt
import requests
{first}
IMS = "https://ims-na1.adobelogin.com"


def token(c):
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": IMS + "/c/" + c["id"],
        IMS + "/s/ent_user_sdk": True,
    }}
    signed = jwt.encode(claims, c["key"], algorithm="RS256")
    {then}
    form = {{"client_id": c["id"], "client_secret": c["secret"], "jwt_token": signed}}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
VERIFIED = FLOW.format(first="", then='print(jwt.decode(signed, c["public"], audience=claims["aud"]))')


def fixed(check: str, tmp_path: Path, **files: str) -> tuple[str, str]:
    """What becomes of an expression in a function that all requests go through, and what is said."""
    given = {
        "hook.py": f"import re\n\n\ndef is_login(url, data, kind):\n    return {check}\n",
        "main.py": FLOW.format(first="from hook import is_login\n", then="is_login(IMS, None, None)"),
        **{f"{name}.py": text for name, text in files.items()},
    }
    tree = trees.write({path: text.encode() for path, text in given.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "/ims/token/v3" in (tree / "main.py").read_text(), ran.story
    return (tree / "hook.py").read_text().rpartition("return ")[2].strip(), ran.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"/ims/exchange/jwt" in url', '"/ims/token/v3" in url'),
        ('"exchange/jwt/" not in url', '"token/v3" not in url'),
        ('url.endswith(("/exchange/jwt", "/authorize"))', 'url.endswith(("/token/v3", "/authorize"))'),
        ('url.path.startswith("/ims/exchange")', 'url.path.startswith("/ims/token")'),
        ('url == f"https://{data}/ims/exchange/v1/jwt"', 'url == f"https://{data}/ims/token/v3"'),
        ('re.search(r"/exchange/jwt/?$", url)', 're.search(r"/token/v3/?$", url)'),
        ('{"/ims/exchange/jwt": 3}.get(url, 1)', '{"/ims/token/v3": 3}.get(url, 1)'),
        ('"jwt_token" in data', '"grant_type" in data'),
    ],
)
def test_it_knows_the_new_one(before: str, after: str, tmp_path: Path) -> None:
    made, said = fixed(before, tmp_path)
    assert made == after
    assert "hook.py:5" in said


@pytest.mark.parametrize(
    "check",
    [
        'url.endswith("/auth/jwt")',
        'kind.endswith("/jwt")',
        'kind == "jwt"',
        '"exchange" in url',
        '"/v1/exchange/jwt" in url',
        'url == "https://partner.example/ims/exchange/jwt"',
        '"/stock-exchange/jwts" in url',
        'print("/ims/exchange/jwt")',
        '("jwt_token" in data, data["grant_type"])',
    ],
)
def test_what_means_others_stays(check: str, tmp_path: Path) -> None:
    assert fixed(check, tmp_path)[0] == check


def test_what_a_flow_that_stays_needs_stays(tmp_path: Path) -> None:
    check = '"/ims/exchange/jwt" in url'
    other = VERIFIED.replace("import requests\n", "import requests\nfrom hook import is_login\n", 1)
    made, said = fixed(check, tmp_path, other=other)
    assert made == check
    assert "for a flow that is left alone as well" in " ".join(said.split())


def test_two_flows_that_it_tells_apart_from_others(tmp_path: Path) -> None:
    other = FLOW.format(first="from hook import is_login\n", then="is_login(IMS, None, None)")
    made, _ = fixed('"/ims/exchange/jwt" in url', tmp_path, other=other)
    assert made == '"/ims/token/v3" in url'
    assert "/ims/token/v3" in (tmp_path / "tree" / "other.py").read_text()


def test_an_address_that_nothing_is_known_of_is_told(tmp_path: Path) -> None:
    stub = "from web import app\n\n\n@app.post('/ims/exchange/jwt')\ndef exchange():\n    return {}\n"
    said = fixed("url", tmp_path, stub=stub)[1]
    assert "still written in stub.py:4" in " ".join(said.split())


@pytest.mark.parametrize(
    ("beside", "told"),
    [
        ('Portal("crm.corp.example", "/exchange/jwt")', False),
        ('{"host": "https://crm.corp.example", "path": "/exchange/jwt"}', False),
        ('Portal("ims-na1.adobelogin.com", "/exchange/jwt")', True),
        ('Portal("main", "/exchange/jwt")', True),
        ('HOST + "/exchange/jwt"', False),
        ('f"{HOST}/exchange/jwt"', False),
        ('f"{Portal}/exchange/jwt"', True),
    ],
)
def test_what_stands_beside_another_host_is_that_hosts(beside: str, told: bool, tmp_path: Path) -> None:
    other = f"from hook import Portal\nHOST = 'https://crm.example'\nPORTAL = {beside}\n"
    _, said = fixed("url", tmp_path, other=other)
    assert ("The address of the exchange is still written in other.py:3" in " ".join(said.split())) is told

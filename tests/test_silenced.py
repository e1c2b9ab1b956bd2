"""Checks that go with the code that made the assertion: told where they were of more than the key."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """\
import os
import sys
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
ACCOUNT = "t@techacct.adobe.com"


class Config:
    def __init__(self):
        self.secret = os.environ.get("ADOBE_SECRET")
        self.key = os.environ.get("ADOBE_KEY")


def key_of(config):
{checks}
    return config.key


def token(config):
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": ACCOUNT,
        "aud": IMS + "/c/" + os.environ["ADOBE_ID"],
        IMS + "/s/ent_user_sdk": True,
    }}
    signed = jwt.encode(claims, key_of(config), algorithm="RS256")
    form = {{
        "client_id": os.environ["ADOBE_ID"],
        "client_secret": config.secret,
        "jwt_token": signed,
    }}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


print(token(Config()))
"""
GONE = "went with the code that made the assertion"


def told(checks: list[str], tmp_path: Path) -> str:
    """What is said of a program whose function for the key checks these things."""
    text = PROGRAM.format(checks="\n".join(f"    {line}" for line in checks))
    ran = jwt2oauth(trees.write({"main.py": text.encode()}, tmp_path / "tree"), "fix")
    assert "oauth.fetch_token()" in (tmp_path / "tree/main.py").read_text(), ran.story
    return " ".join(ran.text.split())


@pytest.mark.parametrize(
    ("checks", "names"),
    [
        (["if 'ADOBE_ID' not in os.environ:", "    sys.exit('no id')"], "ADOBE_ID"),
        (
            [
                "for name in ('ADOBE_ID', 'ADOBE_KEY'):",
                "    if not os.environ.get(name):",
                "        raise SystemExit(name)",
            ],
            "ADOBE_ID",
        ),
        (
            [
                "missing = [n for n in ('ADOBE_KEY', 'ADOBE_ID') if n not in os.environ]",
                "if missing:",
                "    raise ValueError(missing)",
            ],
            "ADOBE_ID",
        ),
        (["assert config.secret and config.key, 'incomplete'"], "secret"),
        (["if not IMS.startswith('https:'):", "    raise ValueError('use TLS')"], "IMS"),
    ],
)
def test_a_check_of_what_is_still_read_is_told(checks: list[str], names: str, tmp_path: Path) -> None:
    assert f"A check of {names} {GONE} (main.py:" in told(checks, tmp_path)


@pytest.mark.parametrize(
    "checks",
    [
        ["if 'ADOBE_KEY' not in os.environ:", "    sys.exit('no key')"],
        ["if not config.key:", "    raise ValueError('no key')"],
        ["if not ACCOUNT.endswith('@techacct.adobe.com'):", "    raise ValueError('no account')"],
        ["if not os.environ.get('ADOBE_ID'):", "    print('no id')"],  # it goes on: told as what is printed
    ],
)
def test_a_check_of_what_only_the_assertion_needed_is_not(checks: list[str], tmp_path: Path) -> None:
    assert GONE not in told(checks, tmp_path)


def test_a_secret_in_a_check_is_not_said(tmp_path: Path) -> None:
    secret = "p8e-CANARY-in-a-check"
    text = PROGRAM.replace("{checks}", f"    assert config.secret != '{secret}', 'the old one'")
    text = text.replace("ACCOUNT = ", f"OLD = str('{secret}')\nACCOUNT = ").format()
    ran = jwt2oauth(trees.write({"main.py": text.encode()}, tmp_path / "tree"), "fix")
    assert GONE in " ".join(ran.text.split())
    assert secret not in ran.text


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ("if reply.status_code == 429:\n        raise ValueError('slowly')", False),
        ("if 'access_token' not in reply.json():\n        raise ValueError('none')", False),
        ("if not secret:\n        raise ValueError('no secret')", True),
    ],
)
def test_what_was_asked_with_is_no_setting_that_a_check_looks_at(
    check: str, told: bool, tmp_path: Path
) -> None:
    """``reply`` is what Adobe answered, whatever it was asked."""
    text = PROGRAM.format(checks="    pass").replace("config.secret", "secret")
    way, run = text.partition("    form = {")[0], "\n\nprint(token(Config()))\n"
    head, body = way.split("def token(config):\n")
    jwt = (
        f"{head}def by_jwt(config):\n    secret = os.environ['ADOBE_SECRET']\n{body}"
        "    form = {'client_id': os.environ['ADOBE_ID'], 'client_secret': secret, 'jwt_token': signed}\n"
        f"    reply = requests.post(IMS + '/ims/exchange/jwt', data=form)\n    {check}\n"
        "    return reply.json()['access_token']\n\n\n"
    )
    oauth = (
        "def by_oauth():\n    form = {'client_id': os.environ['ADOBE_ID'], 'scope': 'openid,AdobeID'}\n"
        "    form |= {'client_secret': os.environ['ADOBE_SECRET'], 'grant_type': 'client_credentials'}\n"
        "    return requests.post(IMS + '/ims/token/v3', data=form).json()['access_token']\n\n\n"
        "def token(config):\n    if os.environ.get('WAY') == 'jwt':\n        return by_jwt(config)\n"
        "    return by_oauth()\n"
    )
    tree = trees.write({"main.py": (jwt + oauth + run).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "def by_jwt" not in (tree / "main.py").read_text(), ran.story
    assert (GONE in " ".join(ran.text.split())) is told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('"a JWT for %s" % x', True),
        ('kind("jwt")', False),
        ('jwt.encode({}, "k"), "a JWT for GitHub: %s" % x', False),
        ('jwt.decode("t", "k"), "a JWT for %s" % x', True),
    ],
)
def test_a_message_that_speaks_of_it_is_told_and_no_word_that_is_handed_on(
    said: str, told: bool, tmp_path: Path
) -> None:
    text = PROGRAM.format(checks="    pass") + f"kind = str\n\n\ndef other(x):\n    print({said})\n"
    ran = jwt2oauth(trees.write({"main.py": text.encode()}, tmp_path / "tree"), "fix")
    assert ("A message still speaks of the JWT" in ran.text) == told, ran.text

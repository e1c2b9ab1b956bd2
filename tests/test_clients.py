"""HTTP clients that few use: how they are given a form, and how their reply is read."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

LOGIN = """\
import json
import os
import time
from urllib.parse import urlencode

import jwt
{imports}

IMS = "https://ims-na1.adobelogin.com"
OPTIONS = {{"algorithm": "RS256"}}


{define} login(key):
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": IMS + "/c/id",
        IMS + "/s/ent_user_sdk": True,
    }}
    form = {{
        "client_id": "id",
        "client_secret": os.environ["SECRET"],
        "jwt_token": {sign},
    }}
{body}
    return reply["access_token"], reply["expires_in"] / 1000
"""
SIGN = 'jwt.encode(claims, key, algorithm="RS256")'
HTTPLIB2 = '{} = httplib2.Http().request(IMS + "/ims/exchange/jwt", "POST", urlencode(form))\n    '
FETCH = 'await AsyncHTTPClient().fetch(IMS + "/ims/exchange/jwt", method="POST", body=urlencode(form))'
TORNADO = "from tornado.httpclient import AsyncHTTPClient"
SENT = {
    "niquests": ("import niquests", 'reply = niquests.post(IMS + "/ims/exchange/jwt", data=form).json()'),
    "requests-futures": (
        "from requests_futures.sessions import FuturesSession",
        'reply = FuturesSession().post(IMS + "/ims/exchange/jwt", data=form).result().json()',
    ),
    "tornado": (TORNADO, f"reply = json.loads(({FETCH}).body)"),
    "httplib2": ("import httplib2", HTTPLIB2.format("told, content") + "reply = json.loads(content)"),
    "httplib2, checked": (
        "import httplib2",
        HTTPLIB2.format("told, content")
        + "assert told.status == 200\n    reply = json.loads(content.decode())",
    ),
    "httplib2, by place": ("import httplib2", HTTPLIB2.format("pair") + "reply = json.loads(pair[1])"),
    "list of items": (
        "import requests",
        'reply = requests.post(IMS + "/ims/exchange/jwt", data=list(form.items())).json()',
    ),
    "items": (
        "import requests",
        'reply = requests.post(IMS + "/ims/exchange/jwt", data=urlencode(form.items())).json()',
    ),
}


def fixed(tmp_path: Path, imports: str, body: str, sign: str = SIGN) -> tuple[str, str, str]:
    define = "async def" if "await" in body else "def"
    text = LOGIN.format(imports=imports, body=f"    {body}", sign=sign, define=define)
    tree = trees.write({"login.py": text.encode()}, tmp_path)
    ran = jwt2oauth(tree, "fix")
    return text, (tree / "login.py").read_text(), ran.text


@pytest.mark.parametrize("name", SENT)
def test_its_form_and_its_reply_are_known(name: str, tmp_path: Path) -> None:
    _, after, story = fixed(tmp_path, *SENT[name])
    assert "/ims/token/v3" in after, story
    assert '"client_credentials",' in after
    assert 'reply["expires_in"]\n' in after


@pytest.mark.parametrize(
    "body",
    [
        HTTPLIB2.format("pair") + "reply = parse(*pair)",
        HTTPLIB2.format("_, content") + "reply = decode(content)",
    ],
)
def test_a_pair_that_others_take_apart_is_left(body: str, tmp_path: Path) -> None:
    before, after, story = fixed(tmp_path, "import httplib2\nfrom parsing import decode, parse", body)
    assert after == before, story


@pytest.mark.parametrize(
    "sign",
    [
        'jwt.encode(**{"payload": claims, "key": key, "algorithm": "RS256"})',
        "jwt.encode(claims, key=key, **OPTIONS)",
        'jwt.encode(*(claims, key), algorithm="RS256")',
    ],
)
def test_what_is_signed_may_be_spread(sign: str, tmp_path: Path) -> None:
    _, after, story = fixed(tmp_path, *SENT["niquests"], sign)
    assert '"openid,AdobeID,user_management_sdk"' in after, story
    assert "metascope" not in after

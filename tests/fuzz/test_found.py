"""What the fuzzers have found, made small."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from . import inputs
from .invariants import verdict

FOUND: Mapping[str, Mapping[str, bytes]] = {
    "a key of an INI file that has no value and goes on": {
        "setup.cfg": b"[metadata]\ninstall_requires \n    umapi-client>=2.10\n",
        "sync.py": b"def connect(path):\n    return umapi_client.Connection(auth_dict=enterprise)\n",
    },
    "a secret between the lines that change": {
        "config_analytics.json": (
            b'{\n    "secret": "p8e-CANARY-Sh1ared",\n    "pathToKey": "private.key"\n}\n'
        ),
        "report.py": b'CONFIG = "config_analytics.json"\naanalytics2.importConfigFile(CONFIG)\n',
    },
    "two imports in place of the only one": {
        "tokens.py": b"""import requests
def exchange(assertion, client_id, client_secret):
    reply = requests.post(
        "https://ims-na1.adobelogin.com/ims/exchange/jwt",
        data={"client_id": client_id, "client_secret": client_secret, "jwt_token": assertion},
    )
    return reply.json()["access_token"]
""",
    },
    "claims that are added to when they have been signed": {
        "token.py": b"""import os
import time
import jwt
import requests
def token(client_id):
    claims = {"exp": int(time.time()) + 300, "iss": "6A@AdobeOrg"}
    reply = requests.post(
        "https://ims-na1.adobelogin.com/ims/exchange/jwt",
        data={
            "client_id": client_id,
            "client_secret": os.environ["S"],
            "jwt_token": jwt.encode(claims, open("a.key").read(), algorithm="RS256"),
        },
    )
    claims["https://ims-na1.adobelogin.com/s/ent_dataservices_sdk"] = True
    return reply.json()["access_token"]
""",
    },
    "scopes as a literal in place of a name": {
        "ims.py": b"""import time
import jwt
import requests
HOST = "https://ims-na1.adobelogin.com"
def sign(claims, key, minutes=5):
    return jwt.encode({"exp": int(time.time()) + 60 * minutes, **claims}, key, algorithm="RS256")
def exchange(client_id, client_secret, assertion):
    reply = requests.post(
        HOST + "/ims/exchange/jwt",
        data={"client_id": client_id, "client_secret": client_secret, "jwt_token": assertion},
    )
    return reply.json()
""",
        "people.py": b"""import os
import ims
def token():
    client_id = os.environ["UMAPI_CLIENT_ID"]
    claims = {"iss": "6A@AdobeOrg", "aud": f"{ims.HOST}/c/{client_id}", f"{ims.HOST}/s/ent_user_sdk": True}
    assertion = ims.sign(claims, open("umapi.key").read())
    return ims.exchange(client_id, os.environ["UMAPI_CLIENT_SECRET"], assertion)["access_token"]
""",
        "platform_api.py": b"""import os
import ims
def login(name):
    client_id = os.environ[name]
    claims = {"iss": "6A@AdobeOrg", "aud": ims.HOST + "/c/" + client_id}
    claims[ims.HOST + "/s/ent_dataservices_sdk"] = True
    assertion = ims.sign(claims, open("platform.key").read(), minutes=1)
    return ims.exchange(client_id, os.environ["AEP_CLIENT_SECRET"], assertion)["access_token"]
""",
    },
    "a use behind the return": {
        "by_jwt.py": b"""import requests
def assertion(host, adobe):
    form = {
        "client_id": adobe["client_id"],
        "client_secret": adobe["client_secret"],
        "jwt_token": assertion(host, adobe),
    }
    response = requests.post(host + "/ims/exchange/jwt", data=form)
    return response.json()["access_token"]
    response.raise_for_status()
""",
    },
    "claims that a loop behind the return would add to": {
        "main.py": b"""import os
import jwt
import requests
from config import config
IMS = "https://ims-na1.adobelogin.com"
def login():
    claims = {}
    return requests.post(
        f"{IMS}/ims/exchange/jwt",
        data={
            "client_id": config.adobe.client_id,
            "client_secret": os.environ["A_SECRET"],
            "jwt_token": jwt.encode(claims, config.adobe.key_path.read_text(), algorithm="RS256"),
        },
    ).json()["access_token"]
    for metascope in config.adobe.metascopes:
        claims[f"{IMS}/s/{metascope}"] = True
""",
    },
    "a star that falls with the choice and may have brought a name": {
        "auth.py": b"""def jwt_reply():
    r = requests.post(
        data={
            "client_id": settings.CLIENT_ID,
            "client_secret": settings.CLIENT_SECRET,
            "jwt_token": jwt.encode(payload, key, algorithm="RS256"),
        },
    )
def oauth_reply():
    r = requests.post(
        "https://%s/ims/token/v3" % IMS_HOST,
        data={
            "grant_type": "client_credentials",
        },
    )
    return (
        jwt_reply()
        if settings.USE_JWT
        else oauth_reply()
    )
""",
        "main.py": b"""import auth
import settings
if settings.USE_JWT:
    from totalElements import *
r = requests.get("https://platform.adobe.io/data/foundation/catalog/dataSets", headers=headers)
""",
    },
}


@pytest.mark.parametrize("name", FOUND)
def test_found(name: str) -> None:
    assert not verdict(FOUND[name], inputs.canaries(), thorough=True)

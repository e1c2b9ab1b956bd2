"""The stand-in is a proof only if it refuses what it must, and the runner if it sees how programs end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from ims import LIFETIME, SECRET_PREFIX, Mode, Reply, Request, StandIn
from runner import Result, Stand

HOST = "ims-na1.adobelogin.com"
CLIENT = {"client_id": "abc", "client_secret": SECRET_PREFIX + "x"}
GRANT = {**CLIENT, "grant_type": "client_credentials", "scope": "openid,AdobeID,user_management_sdk"}
URLENCODED = {"content-type": "application/x-www-form-urlencoded"}


def post(
    ims: StandIn,
    path: str,
    form: Mapping[str, str],
    *,
    headers: Mapping[str, str] = URLENCODED,
    query: Mapping[str, str] | None = None,
) -> Reply:
    return ims.answer(Request("POST", HOST, path, query or {}, form, headers, b""))


def assertion(stand: Stand, **changes: Any) -> str:
    claims: dict[str, Any] = {
        "iss": "ORG@AdobeOrg",
        "sub": "ACCOUNT@techacct.adobe.com",
        "aud": f"https://{HOST}/c/abc",
        "exp": int(time.time()) + 60,
        f"https://{HOST}/s/ent_user_sdk": True,
    }
    merged = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(merged, stand.keys.rsa_pem, algorithm="RS256")


@pytest.fixture
def ims(stand: Stand) -> StandIn:
    stand.ims.reset()
    return stand.ims


@pytest.mark.parametrize("path", ["/ims/exchange/jwt", "/ims/exchange/jwt/", "/ims/exchange/v1/jwt"])
def test_the_exchange_answers_in_milliseconds(stand: Stand, ims: StandIn, path: str) -> None:
    reply = post(ims, path, {**CLIENT, "jwt_token": assertion(stand)})
    assert (reply.status, reply.body["expires_in"]) == (200, LIFETIME * 1000)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"aud": f"https://{HOST}/c/other"}, "invalid_client"),
        ({"iss": "somebody"}, "invalid_token"),
        ({"sub": "somebody"}, "invalid_token"),
        ({"exp": int(time.time()) - 60}, "invalid_token"),
        ({"exp": int(time.time() * 1000)}, "invalid_token"),
        ({"exp": None}, "invalid_token"),
        ({f"https://{HOST}/s/ent_user_sdk": False}, "invalid_scope"),
    ],
)
def test_the_exchange_refuses_wrong_claims(
    stand: Stand, ims: StandIn, changes: dict[str, Any], error: str
) -> None:
    reply = post(ims, "/ims/exchange/jwt", {**CLIENT, "jwt_token": assertion(stand, **changes)})
    assert (reply.status, reply.body["error"]) == (400, error)


def test_the_exchange_refuses_another_key(ims: StandIn) -> None:
    with Stand() as stranger:
        reply = post(ims, "/ims/exchange/jwt", {**CLIENT, "jwt_token": assertion(stranger)})
    assert reply.body["error"] == "invalid_signature"


@pytest.mark.parametrize("path", ["/ims/token", "/ims/token/v1", "/ims/token/v2", "/ims/token/v3"])
def test_the_token_endpoint_answers_in_seconds(ims: StandIn, path: str) -> None:
    reply = post(ims, path, GRANT)
    assert (reply.status, reply.body["expires_in"]) == (200, LIFETIME)


@pytest.mark.parametrize(
    "scope",
    ["", "openid", "openid AdobeID", "openid, AdobeID", "openid,AdobeID,", "openid,AdobeID,ent_user_sdk"],
)
def test_the_token_endpoint_refuses_wrong_scopes(ims: StandIn, scope: str) -> None:
    reply = post(ims, "/ims/token/v3", {**GRANT, "scope": scope})
    assert (reply.status, reply.body["error"]) == (400, "invalid_scope")


def test_the_token_endpoint_takes_secrets_in_an_urlencoded_body_only(ims: StandIn) -> None:
    path = "/ims/token/v3"
    assert post(ims, path, {}, query=GRANT).status == 400
    assert post(ims, path, GRANT, headers={**URLENCODED, "authorization": "Basic YTpi"}).status == 401
    assert post(ims, path, GRANT, headers={"content-type": "application/json"}).status == 400
    assert post(ims, path, GRANT, headers={"content-type": "multipart/form-data; boundary=x"}).status == 400
    assert post(ims, path, {**GRANT, "client_secret": "wrong"}).status == 401
    assert post(ims, path, {**GRANT, "jwt_token": "eyJ"}).status == 400
    assert post(ims, path, {**GRANT, "grant_type": "password"}).status == 400


def test_the_api_takes_only_tokens_that_were_given_out(ims: StandIn) -> None:
    token = post(ims, "/ims/token/v3", GRANT).body["access_token"]

    def get(**headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ims.answer(Request("GET", "platform.adobe.io", "/data", {}, {}, named, b"")).status

    assert get(authorization=f"Bearer {token}", x_api_key="abc", x_gw_ims_org_id="ORG@AdobeOrg") == 200
    assert get(authorization=f"Bearer {token}x") == 401
    assert get() == 401
    assert get(authorization=f"Bearer {token}", x_api_key="other") == 403
    assert get(authorization=f"Bearer {token}", x_gw_ims_org_id="ORG") == 403


def test_the_exchange_refuses_once_migrated(stand: Stand, ims: StandIn) -> None:
    ims.reset(migrated=True)
    reply = post(ims, "/ims/exchange/jwt", {**CLIENT, "jwt_token": assertion(stand)})
    assert (reply.status, reply.body["error"]) == (500, "internal_error")
    assert post(ims, "/ims/token/v3", GRANT).status == 200


def test_moods(ims: StandIn) -> None:
    expected = {Mode.THROTTLED: [429, 429], Mode.THROTTLED_ONCE: [429, 200], Mode.DOWN: [503, 503]}
    for mode, statuses in expected.items():
        ims.reset(mode)
        assert [post(ims, "/ims/token/v3", GRANT).status for _ in statuses] == statuses
    ims.reset(Mode.THROTTLED)
    gateway = post(ims, "/ims/token/v3", GRANT)
    assert set(gateway.body) == {"error_code", "message"}
    assert "Retry-After" in gateway.headers


# The runner


def run(stand: Stand, tree: Path, program: str, **options: Any) -> Result:
    (tree / "main.py").write_text(program)
    return stand.run(tree, ["main.py"], **options)


TRANSPORTS = {
    "requests": "import requests as r\nprint(r.post(URL, data=FORM).status_code)",
    "requests, through a proxy": (
        "import requests as r\nprint(r.post(URL, data=FORM, proxies={'https': 'http://proxy.corp.example:8080'}).status_code)"
    ),
    "httpx": "import httpx\nprint(httpx.post(URL, data=FORM).status_code)",
    "httpx, async": (
        "import asyncio, httpx\nasync def f():\n async with httpx.AsyncClient() as c:\n"
        "  return (await c.post(URL, data=FORM)).status_code\nprint(asyncio.run(f()))"
    ),
    "aiohttp": (
        "import asyncio, aiohttp\nasync def f():\n async with aiohttp.ClientSession() as s:\n"
        "  async with s.post(URL, data=FORM) as r:\n   return r.status\nprint(asyncio.run(f()))"
    ),
    "urllib": (
        "from urllib.request import urlopen\nfrom urllib.parse import urlencode\n"
        "print(urlopen(URL, urlencode(FORM).encode()).status)"
    ),
    "http.client": (
        "import http.client\nfrom urllib.parse import urlencode\nc = http.client.HTTPSConnection('HOST')\n"
        "h = {'Content-Type': 'application/x-www-form-urlencoded'}\n"
        "c.request('POST', '/ims/token/v3', urlencode(FORM), h)\n"
        "print(c.getresponse().status)"
    ),
}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_client_reaches_it(stand: Stand, tmp_path: Path, transport: str) -> None:
    head = f"URL, FORM = 'https://{HOST}/ims/token/v3', {GRANT!r}\n"
    result = run(stand, tmp_path, head + TRANSPORTS[transport].replace("HOST", HOST))
    assert (result.stdout, result.stderr) == ("200\n", ""), result.story
    assert [request.form for request in result.asked("token")] == [GRANT]


def test_the_exchange_takes_a_body_a_query_and_multipart(stand: Stand, tmp_path: Path) -> None:
    form = {**CLIENT, "jwt_token": assertion(stand)}
    program = f"""
import requests
url, form = "https://{HOST}/ims/exchange/jwt", {form!r}
multipart = {{name: (None, value) for name, value in form.items()}}
chunks = iter([{urlencode(form)!r}.encode()])
for options in ({{"data": form}}, {{"params": form}}, {{"files": multipart}}):
    print(requests.post(url, **options).status_code)
print(requests.post(url, data=chunks, headers={URLENCODED!r}).status_code)
print(requests.post(url, json=form).status_code)
"""
    assert run(stand, tmp_path, program).stdout.split() == ["200", "200", "200", "200", "400"]


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("", 0),
        ("raise SystemExit(3)", 3),
        ("raise SystemExit('no')", 1),
        ("1/0", 1),
        ("import os; os.abort()", -6),
    ],
)
def test_exit_codes(stand: Stand, tmp_path: Path, program: str, code: int) -> None:
    assert run(stand, tmp_path, program).code == code


def test_a_program_that_hangs_is_killed(stand: Stand, tmp_path: Path) -> None:
    result = run(stand, tmp_path, "print('here', flush=True)\nwhile True: pass", timeout=0.2)
    assert (result.code, result.stdout) == (None, "here\n")
    assert run(stand, tmp_path, "print('next')").stdout == "next\n"


def test_programs_know_nothing_of_each_other(stand: Stand, tmp_path: Path) -> None:
    run(stand, tmp_path, "import os, sys, jwt\nos.environ['A'] = 'b'\nsys.x = 1\njwt.encode = None")
    program = (
        "import os, sys, jwt\nprint(os.environ.get('A'), hasattr(sys, 'x'), jwt.encode is None, __name__)"
    )
    assert run(stand, tmp_path, program).stdout == "None False False __main__\n"


def test_old_pyjwt(stand: Stand, tmp_path: Path) -> None:
    program = "import jwt\nprint(type(jwt.encode({}, 'k' * 32, 'HS256')).__name__)"
    assert run(stand, tmp_path, program).stdout == "str\n"
    assert run(stand, tmp_path, program, old_pyjwt=True).stdout == "bytes\n"

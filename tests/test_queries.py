"""Fields that stood in the URL become the form: what was written for a URL, and what was sent beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

LOGIN = """import os
import time
from urllib.parse import quote

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com/ims/exchange/jwt"


def login(key):
    claims = {
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": "https://ims-na1.adobelogin.com/c/id",
        "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
    }
    signed = jwt.encode(claims, key, algorithm="RS256")
    secret = os.environ["SECRET"]
    url = %s
    reply = requests.post(url%s, timeout=9)
    if reply.status_code == 200:
        return reply.json()["access_token"]
"""
PERCENT = '"%s?client_id=id&client_secret=%s&jwt_token=%s" % (IMS, {}, signed)'
BRACES = '"{{}}?client_id=id&client_secret={{}}&jwt_token={{}}".format(IMS, {}, signed)'
STRING = 'f"{{IMS}}?client_id=id&client_secret={{{}}}&jwt_token={{signed}}"'


def fixed(tmp_path: Path, url: str, beside: str = "") -> tuple[str, str]:
    text = LOGIN.replace("%s", "\0", 2).replace("\0", url, 1).replace("\0", beside, 1)
    tree = trees.write({"login.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    return (tree / "login.py").read_text(), ran.text


@pytest.mark.parametrize("template", [PERCENT, BRACES, STRING], ids=["percent", "braces", "f-string"])
@pytest.mark.parametrize("value", ["secret", "quote(secret)", "quote(secret, safe='')"])
def test_a_form_encodes_by_itself(template: str, value: str, tmp_path: Path) -> None:
    after, story = fixed(tmp_path, template.format(value))
    assert '"client_secret": secret,' in after, story
    assert "    url = IMS\n" in after
    assert "quote(" not in after


HOST, TAIL = '"ims-na1.adobelogin.com"', "client_id={}&client_secret={}&jwt_token={}"
QUERY = '"?client_id=id&client_secret=" + secret + "&jwt_token=" + signed'


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ('"".join([IMS, "?client_id=id&client_secret=", secret, "&jwt_token=", signed])', "IMS"),
        (
            (
                '"".join(["https://", HOST, "/ims/exchange/jwt?client_id=", ID, "&client_secret=", secret, '
                '"&jwt_token=", signed])'
            ),
            '"".join(["https://", HOST, "/ims/token/v3"])',
        ),
        (
            f'"https://{{}}/ims/exchange/jwt?{TAIL}".format(HOST, ID, secret, signed)',
            '"https://{}/ims/token/v3".format(HOST)',
        ),
        (
            f'"https://{HOST[1:-1]}/ims/exchange/jwt?{TAIL}".format(ID, secret, signed)',
            f'"https://{HOST[1:-1]}/ims/token/v3"',
        ),
        (
            (
                '"https://{h}/ims/exchange/jwt?client_id={i}&client_secret={s}&jwt_token={t}"'
                ".format(h=HOST, i=ID, s=secret, t=signed)"
            ),
            '"https://{h}/ims/token/v3".format(h=HOST)',
        ),
        (
            (
                '"https://%s/%s/exchange/jwt?client_id=%s&client_secret=%s&jwt_token=%s"'
                ' % (HOST, "ims", ID, secret, signed)'
            ),
            '"https://%s/%s/token/v3" % (HOST, "ims")',
        ),
        (
            (
                '"https://%(h)s/ims/exchange/jwt?client_id=%(i)s&client_secret=%(s)s&jwt_token=%(t)s"'
                ' % {"h": HOST, "i": ID, "s": secret, "t": signed}'
            ),
            '"https://%(h)s/ims/token/v3" % {"h": HOST}',
        ),
        (f'"%s%s" % (IMS, {QUERY})', "IMS"),
        (f'"{{}}{{}}".format(IMS, {QUERY})', "IMS"),
        (f"IMS\n    url += {QUERY}", "IMS"),
    ],
)
def test_the_address_is_cut_off_however_it_was_put_together(url: str, left: str, tmp_path: Path) -> None:
    text = LOGIN.replace("\n\ndef", f'HOST, ID = {HOST}, "p8e-CANARY-id"\n\n\ndef', 1)
    text = text.replace("%s", "\0", 2).replace("\0", url, 1).replace("\0", "", 1)
    tree = trees.write({"login.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "login.py").read_text()
    assert f"\n    url = {left}\n    reply = requests.post(url, data=" in after, ran.story
    assert '"client_secret": secret,\n        "grant_type": "client_credentials",\n' in after


@pytest.mark.parametrize("value", ["{}", '""', "None", "[]", "b''"])
def test_an_empty_body_makes_room(value: str, tmp_path: Path) -> None:
    after, story = fixed(tmp_path, STRING.format("secret"), f", data={value}")
    assert after.count("data=") == 1, story
    assert '"grant_type": "client_credentials"' in after


def test_what_is_sent_beside_it_stays(tmp_path: Path) -> None:
    after, story = fixed(tmp_path, STRING.format("secret"), ', data={"locale": "en"}')
    assert 'data={"locale": "en"}' in after
    assert "form-unknown" in story


def test_a_name_for_what_was_encoded_elsewhere_is_not_encoded_twice(tmp_path: Path) -> None:
    encoded = 'quote(os.environ["SECRET"])'
    text = LOGIN.replace('os.environ["SECRET"]', encoded)
    text = text.replace("%s", STRING.format("secret"), 1).replace("%s", "")
    tree = trees.write({"login.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert (tree / "login.py").read_text() == text
    assert "form-unknown" in ran.text, ran.story


BESIDE = """,
        params={
            "client_secret": secret,
            "jwt_token": signed,
        },
        """


def test_a_field_in_the_url_goes_with_those_of_the_query(tmp_path: Path) -> None:
    after, story = fixed(tmp_path, 'IMS + "?client_id=" + os.environ["ID"]', BESIDE.rstrip(" ,\n"))
    assert "    url = IMS\n" in after, story
    assert (
        'data={\n            "client_id": os.environ["ID"],\n            "client_secret": secret,\n' in after
    )


def test_a_field_in_the_url_stays_where_the_form_stands_elsewhere(tmp_path: Path) -> None:
    one_line = ', data={"client_secret": secret, "jwt_token": signed}'
    after, story = fixed(tmp_path, 'IMS + "?client_id=" + os.environ["ID"]', one_line)
    assert "jwt_token" in after
    assert "form-unknown" in story


FIT = "def fit(text):\n    return quote(text, safe='')\n\n\n"
ELSEWHERE = {
    "helper": (FIT, 'fit(os.environ["SECRET"])', ""),
    "attribute": (
        "class Own:\n    def __init__(self):\n        self.secret = quote(os.environ['SECRET'])\n\n\n",
        "Own().secret",
        "",
    ),
    "caller": ("", "given", "\n\nlogin(os.environ['KEY'], quote(os.environ['SECRET']))\n"),
}


@pytest.mark.parametrize("where", ELSEWHERE)
@pytest.mark.parametrize("is_encoded", [True, False])
def test_what_others_encoded_is_not_encoded_twice(where: str, is_encoded: bool, tmp_path: Path) -> None:
    top, value, end = ELSEWHERE[where]
    text = LOGIN.replace("def login(key)", top + "def login(key, given='')") + end
    text = text.replace("%s", STRING.format("secret"), 1).replace("%s", "")
    text = text.replace('os.environ["SECRET"]\n', f"{value}\n")
    if not is_encoded:
        text = text.replace("quote(", "str(")
    tree = trees.write({"login.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert ((tree / "login.py").read_text() == text) is is_encoded, ran.story


@pytest.mark.parametrize("written", ["{}", "pairs"], ids=["there", "under a name"])
def test_a_query_that_a_library_writes(written: str, tmp_path: Path) -> None:
    """``IMS + "?" + urlencode({…})``: what was handed to it is the form."""
    pairs = '{"client_id": "id", "client_secret": secret, "jwt_token": signed}'
    text = LOGIN.replace("import quote", "import urlencode")
    if written == "pairs":
        text = text.replace("    url = ", f"    pairs = {pairs}\n    url = ")
        pairs = "pairs"
    text = text.replace("%s", f'IMS + "?" + urlencode({pairs})', 1).replace("%s", "", 1)
    tree = trees.write({"login.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "login.py").read_text()
    assert "urlencode" not in after, ran.story
    assert '"grant_type": "client_credentials"' in after
    assert '"client_secret": secret' in after


@pytest.mark.parametrize("quote", ["'", '"'])
def test_it_is_written_in_the_quotes_of_the_file(quote: str, tmp_path: Path) -> None:
    pairs = '{"client_id": "id", "client_secret": secret, "jwt_token": signed}'
    text = LOGIN.replace("import quote", "import urlencode").replace('"', quote)
    text = text.replace("%s", f"IMS + {quote}?{quote} + urlencode({pairs})", 1).replace("%s", "", 1)
    tree = trees.write({"login.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "login.py").read_text()
    assert f"{quote}client_secret{quote}: secret,\n" in after, ran.story
    assert f"{quote}grant_type{quote}: {quote}client_credentials{quote},\n" in after


def test_a_list_of_pairs_becomes_the_form(tmp_path: Path) -> None:
    pairs = 'IMS + "?" + urlencode([("client_id", "id"), ("client_secret", secret), ("jwt_token", signed)])'
    text = LOGIN.replace("import quote", "import quote, urlencode")
    text = text.replace("%s", pairs, 1).replace("%s", "", 1)
    tree = trees.write({"login.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    after = (tree / "login.py").read_text()
    assert '"client_secret": secret,' in after, ran.story
    assert "urlencode(" not in after


URLLIB = LOGIN.replace("import quote", "import urlencode").replace("import requests", "import urllib.request")
URLLIB = URLLIB[: URLLIB.index("    url = %s")]
PAIRS = 'urlencode({"client_id": "id", "client_secret": secret, "jwt_token": signed})'


@pytest.mark.parametrize(
    ("query", "made", "body"),
    [
        ("", f'IMS + "?" + {PAIRS}, method="POST"', "data=urlencode("),
        (f"    query = {PAIRS}\n", 'IMS + "?" + query, method="POST"', "data=query.encode()"),
        (f"    query = {PAIRS}\n", 'f"{IMS}?{query}", b""', "IMS, query.encode()"),
        (f'    url = IMS + "?" + {PAIRS}\n', 'url, data=b""', "url, data=urlencode("),
    ],
    ids=["there", "under a name", "by its place", "with the address"],
)
def test_a_client_that_takes_bytes_gets_them(query: str, made: str, body: str, tmp_path: Path) -> None:
    """``urlopen(Request(url + "?" + query, method="POST"))``: the query is the body."""
    text = URLLIB + f"{query}    made = urllib.request.Request({made})\n"
    text += '    return json.load(urllib.request.urlopen(made))["access_token"]\n'
    tree = trees.write({"login.py": text.replace("import os", "import json\nimport os").encode()}, tmp_path)
    ran = jwt2oauth(tree, "fix")
    after = (tree / "login.py").read_text()
    assert body in after, ran.story
    assert '"grant_type": "client_credentials"' in after
    assert '"?"' not in after
    compile(after, "login.py", "exec")


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ("", ', body=urlencode({, headers={"Content-Type": "application/x-www-form-urlencoded"})'),
        (', headers={"Accept": "*/*"}', '"application/x-www-form-urlencoded", "Accept": "*/*"})'),
        (', None, {"Accept": "*/*"}', '"application/x-www-form-urlencoded", "Accept": "*/*"})'),
        (', headers={"Content-type": "text/plain"}', None),
        (", headers=HEADERS", None),
        (', "x=y"', None),
    ],
    ids=["no headers", "some headers", "by their place", "another type", "headers of others", "another body"],
)
def test_a_client_that_does_not_say_what_it_sends_is_told_to(
    given: str, becomes: str | None, tmp_path: Path
) -> None:
    text = URLLIB.replace("import urllib.request", "import http.client")
    text += '    link = http.client.HTTPSConnection("ims-na1.adobelogin.com")\n'
    text += f'    link.request("POST", "/ims/exchange/jwt?" + {PAIRS}{given})\n'
    text += '    return json.loads(link.getresponse().read())["access_token"]\n'
    text = text.replace("import os", "import json\nimport os")
    text = text.replace("IMS = ", 'HEADERS = {"Accept": "*/*"}\nIMS = ')
    tree = trees.write({"login.py": text.encode()}, tmp_path)
    ran = jwt2oauth(tree, "fix")
    after = (tree / "login.py").read_text()
    assert (after == text) == (becomes is None), ran.story
    for piece in (becomes or "").split("{, "):
        assert piece in after
    compile(after, "login.py", "exec")


@pytest.mark.parametrize(
    "url",
    ['f"{IMS}?{urlencode(fields)}"', '"%s?%s" % (IMS, urlencode(fields))', 'IMS + "?" + urlencode(fields)'],
)
def test_fields_of_urllib3_are_said_to_be_no_multipart(url: str, tmp_path: Path) -> None:
    text = LOGIN.replace("%s", "\0", 2).replace("\0", "None", 1).replace("\0", "", 1)
    text = text.replace("import quote", "import urlencode").replace("import requests", "import urllib3")
    head, _, _ = text.partition("    url = None")
    head += "    fields = {\n        'client_id': 'id',\n        'client_secret': secret,\n"
    head += "        'jwt_token': signed,\n    }\n"
    body = f"    return urllib3.PoolManager().request('POST', {url}).json()['access_token']\n"
    tree = trees.write({"login.py": (head + body).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    sent = "fields=fields, encode_multipart=False"
    assert f"request('POST', IMS, {sent})" in (tree / "login.py").read_text(), ran.story


TESTED = """import login


def test_login(requests_mock, monkeypatch):
    monkeypatch.setenv("SECRET", "s")
    monkeypatch.setattr(login.jwt, "encode", lambda *a, **k: "signed")
    requests_mock.post(login.IMS, json={"access_token": "t"})
    assert login.login("key") == "t"
    assert %s
"""


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ('requests_mock.last_request.qs["client_id"] == ["id"]', True),
        ('"client_secret=s" in requests_mock.last_request.url', False),
        ('requests_mock.last_request.qs["page"] == ["1"]', False),
    ],
)
def test_what_tests_look_for_in_the_address_is_told(check: str, told: bool, tmp_path: Path) -> None:
    program = LOGIN.replace("%s", "IMS", 1).replace(
        "%s", ', params={"client_id": "id", "client_secret": secret, "jwt_token": signed}', 1
    )
    files = {"login.py": program.encode(), "test_login.py": (TESTED % check).encode()}
    ran = jwt2oauth(trees.write(files, tmp_path / "tree"), "fix", "--exit-zero")
    said = " ".join(ran.text.split())
    assert "client_secret left the query string" in said, ran.story
    assert ("(test_login) looks for client_id in the address: it is in the body now." in said) is told

"""No line that is shown holds key material or a secret; lines that hold none are shown as they are."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from adversary import grows
from hypothesis import given
from hypothesis import strategies as st

from jwt2oauth.edits import masked_diff
from jwt2oauth.escape import escape
from jwt2oauth.redact import MASK, Redactor

BODY = [
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj",
    "MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu",
    "NMoSfm76oqFvAp8Gy0iz5sxjZmSnXyCdPEovGhLa0VzMaQ8s",
]
UUID = "0ac1f3f5-2b3c-4d5e-8f90-1a2b3c4d5e6f"


def shown(text: str, path: str = "a.py") -> str:
    data = text.encode()
    return b"".join(Redactor([(path, data)]).lines(path, data)).decode()


SECRET = "s3cr3t-Value!"


@pytest.mark.parametrize(
    "line",
    [
        f'CLIENT_SECRET = "{SECRET}"',
        f"client_secret: str = '{SECRET}'",
        f'    "client_secret": "{SECRET}",',
        f"data['client_secret'] = '{SECRET}'",
        f'post(URL, client_secret="{SECRET}")',
        f'os.environ.get("ADOBE_CLIENT_SECRET", "{SECRET}")',
        f"os.environ.setdefault('SECRET', '{SECRET}')",
        f'files={{"client_secret": (None, "{SECRET}")}}',
        f'if password == "{SECRET}":',
        f'secret = ("{SECRET}" "{SECRET}")',
        f'secret_key=b"{SECRET}"',
        f'api_key_value = r"{SECRET}"',
        f'body = "client_id=x&client_secret={SECRET}&jwt_token=" + t',
        f'url = "https://me:{SECRET}@example.com/"',
        f'(name := "x", token := "{SECRET}")',
        'x = f("p8e-AbCdEf-0123456789")',
        f'x = f("{UUID}")',
        'headers = {"Authorization": "Bearer abcdefghijkl0123"}',
        'T = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJl"',
        f'KEY = "-----BEGIN PRIVATE KEY-----\\n{BODY[0]}\\nabc=\\n-----END PRIVATE KEY-----"',
        f'KEY = "{BODY[0]}\\n{BODY[1]}\\nabc="',
        f"    '{BODY[0]}'",
        BODY[2],
    ],
)
def test_a_secret_is_hidden(line: str) -> None:
    seen = shown(f"import os\n{line}\n")
    assert MASK in seen
    for piece in (SECRET, UUID, *BODY, "AbCdEf", "abcdefghijkl", "eyJ", "abc="):
        assert piece not in seen
    assert seen.startswith("import os\n")
    assert seen.endswith("\n")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (".env", f"ADOBE_CLIENT_SECRET={SECRET}"),
        (".env", f"export CLIENT_SECRET = {SECRET}"),
        ("a.ini", f"client_secret = {SECRET}"),
        ("a.yaml", f"  client_secret: {SECRET}"),
        ("a.yaml", f"  - password: {SECRET}"),
        ("a.json", f'  "client_secret": "{SECRET}",'),
        ("a.toml", f'client_secret = "{SECRET}"'),
        ("README.md", "client_secret p8e-AbCdEf-0123456789"),
    ],
)
def test_a_secret_in_a_configuration_is_hidden(path: str, line: str) -> None:
    seen = shown(f"a = b\n{line}\n", path)
    assert MASK in seen
    assert SECRET not in seen
    assert "AbCdEf" not in seen
    assert seen.startswith("a = b\n")


@pytest.mark.parametrize(
    "line",
    [
        'client_secret = os.environ["ADOBE_CLIENT_SECRET"]',
        '        token_endpoint_auth_method="client_secret_post",',
        '        token_endpoint=f"{IMS}/ims/token/v3",',
        'TOKEN_URL = "https://ims-na1.adobelogin.com/ims/token/v3"',
        '    return oauth.fetch_token(timeout=30)["access_token"]',
        '            "client_secret": cfg["client_secret"],',
        '            "jwt_token": make_assertion(cfg),',
        'jwt_token = jwt.encode(claims, key, algorithm="RS256")',
        '    with open(cfg["key_file"]) as f:',
        'scope=cfg.get("scopes", "openid,AdobeID,user_management_sdk"),',
        'SCOPES = "openid,AdobeID,read_organizations,additional_info.projectedProductContext"',
        'def get_token(self, client_secret: str = "", token: "str | None" = None) -> str:',
        'private_key = "keys/private.key"',
        'ENV_PRIVATE_KEY = "SUITES_PRIVATE_KEY"',
        'ENV_SECRET = "SUITES_OAUTH_CLIENT_SECRET"',
        'parser.add_argument("--client-secret", "-s")',
        "import jwt",
        "from authlib.integrations.requests_client import OAuth2Session",
        'CLIENT_ID = "0123456789abcdef0123456789abcdef"',
        'ORG = "1234567890ABCDEF@AdobeOrg"',
        'raise RuntimeError("no token")',
        'self.assertIn("access_token", body)',
        "state = {'token': None, 'expires_at': 0}",
        'headers={"Authorization": "Bearer " + token, "x-api-key": key}',
        'return jwt.encode(claims, settings["private_key"], "RS256")',
        'form = dict(client_id=creds["client"], client_secret=os.environ["SECRET"])',
        'raise AuthError("no token: " + reply.get("error", "unknown"))',
        'link.partition("jwt=")[2].partition("&")[0]',
        '"""Keeps {"access_token": ..., "expires_at": milliseconds} between runs; don\'t touch."""',
        "key = load_pem_private_key(data, password=None)",
        'URL = "https://usermanagement.adobe.io/v2/usermanagement/users/12345678ABCDEF@AdobeOrg/0"',
    ],
)
def test_ordinary_lines_are_shown_as_they_are(line: str) -> None:
    assert shown(f"{line}\n") == f"{line}\n"


@pytest.mark.parametrize(
    ("line", "is_version"),
    [
        ('    "PyJWT==2.8.0",', True),
        ('    "PyJWT==2.8.0",  # signs', True),
        ('"PyJWT==2.8.0"],', True),
        ("    'PyJWT==2.8.0; python_version < \"3.13\"',", True),
        (f'    "api_token==2.8.0-{SECRET}",', False),
        (f'    "PyJWT==2.8.0", "{SECRET}",', False),
    ],
)
def test_a_version_in_a_list_is_no_secret(line: str, is_version: bool) -> None:
    assert (shown(f"{line}\n", "pyproject.toml") == f"{line}\n") is is_version


@pytest.mark.parametrize("path", ["a.py", "a.yaml", ".env"])
@pytest.mark.parametrize("indent", ["", "    ", "\t"])
def test_a_key_over_many_lines(path: str, indent: str) -> None:
    label = "RSA PRIVATE KEY"
    lines = [
        "a = 1",
        f'KEY = """-----BEGIN {label}-----',
        *BODY,
        "xyz=",
        f"-----END {label}-----",
        '"""',
        "b = 2",
    ]
    seen = shown("".join(f"{indent}{line}\n" for line in lines), path)
    assert seen.splitlines()[0] == f"{indent}a = 1"
    assert seen.splitlines()[-1] == f"{indent}b = 2"
    assert all(piece not in seen for piece in [*BODY, "xyz="])
    assert f"{indent}{MASK}\n" in seen


def test_a_value_over_many_lines() -> None:
    seen = shown('secret = (\n    "abc1"\n    "def2"\n)\nname = "kept"\n')
    assert seen == f'secret = (\n    "{MASK}"\n    "{MASK}"\n)\nname = "kept"\n'


@pytest.mark.parametrize(
    "text",
    [
        'secret = "abc1" + "def2"\n',
        'secret = \\\n    "def2"\n',
        'post(client_secret=\n    "def2",\n)\n',
        '{\n  "client_secret":\n    "def2"\n}\n',
        'x = "don\'t"; secret = "def2"\n',
    ],
)
def test_a_value_in_pieces(text: str) -> None:
    assert "def2" not in shown(text)
    assert "abc1" not in shown(text)


def test_a_value_that_was_learned_is_hidden_everywhere() -> None:
    before, after = b'CLIENT_SECRET = "hunter2hunter"\n', b'session = Session("id", "hunter2hunter")\n'
    redactor = Redactor([("a.py", before), ("b.py", after)])
    assert b"hunter2" not in b"".join(redactor.lines("b.py", after))


def test_what_is_no_text_is_hidden() -> None:
    assert Redactor().lines("a", b"\0secret\r\nx") == [f"{MASK}\n".encode(), MASK.encode()]


@pytest.mark.parametrize(
    ("line", "hides"),
    [
        ('ask = Request("/ims/exchange/jwt", account, "{}", sign())', True),
        ('jwt = login("{}", {{"org": "o@AdobeOrg", "account": "t@techacct.adobe.com"}})', True),
        ('ask = Request(url, account_id="{}")', False),
        ('ask = Request(config.get("client_id", "{}"))', False),
        ('CLIENT_ID = os.environ.get("ID", "{}")', False),
    ],
)
@pytest.mark.parametrize("drawn", ["a1b2c3d4-1234-5678-9abc-def012345678", "8f3e2d1c9b7a6f5e4d3c"])
def test_what_is_drawn_is_hidden_unless_an_identifier_binds_it(line: str, hides: bool, drawn: str) -> None:
    assert (drawn not in shown(line.format(drawn), "a.py")) is hides


def test_a_known_secret_is_hidden_in_quotes_and_elsewhere_if_it_is_no_word() -> None:
    text = b"ask(\"Winter\", 'x-1-long')  # Winter x-1-long Winterly"
    (line,) = Redactor((), ["Winter", "x-1-long", "client_secret"]).lines("a.py", text)
    assert line.decode() == f"ask(\"{MASK}\", '{MASK}')  # Winter {MASK} Winterly"
    (line,) = Redactor((), ["client_secret", ""]).lines("a.py", b'form["client_secret"], ""')
    assert line == b'form["client_secret"], ""'


@pytest.mark.parametrize(
    ("line", "hides"),
    [
        ('load_pem_private_key(data, b"{}")', True),
        ('key = serialization.load_der_private_key(file.read(), "{}", backend)', True),
        ('load_pem_private_key(open("{}").read(), None)', False),
        ('load_pem_public_key(data, "{}")', False),
    ],
)
def test_what_opens_a_key_is_hidden(line: str, hides: bool) -> None:
    assert ("hunter" not in shown(line.format("hunter"), "a.py")) is hides


def test_a_client_id_beside_its_organisation_is_shown() -> None:
    line = 'ask = Request("5d1f0b7e3c9a4826b4e8d2a6f0c4917e", secret, org="o@AdobeOrg")'
    assert shown(line, "a.py") == line


@pytest.mark.parametrize(
    "line",
    [
        ("client_secret =", " ", "x"),
        ("client_secret = a", " ", "x"),
        ("client", " ", "x"),
        ("", "A=", ""),
        ("", "tech", ""),
        ("", "secret ", ""),
        ("token: ", "a, ", ""),
        ("", "-----BEGIN ", ""),
        ("", "'\"'", ""),
        ('"', "secret", '"'),
        ("", "://a:", ""),
        ("", "eyJ", ""),
        ("", "client_secret=", ""),
        ('"client_secret"', ":", ""),
        ("", '{"a":"b","client_id":"x"}', ""),
    ],
    ids=lambda line: "".join(line)[:20],
)
@pytest.mark.parametrize("path", ["a.py", "a.env"])
def test_twice_the_line_takes_no_square_of_it(path: str, line: tuple[str, str, str]) -> None:
    lead, word, end = line
    times = 20_000 // len(word)
    assert not grows(lambda text: shown(text, path), lambda n: lead + word * n + end, times)


@given(st.binary(max_size=60).filter(lambda data: b"\0" not in data))
def test_lines_stay_lines_and_other_bytes_stay(data: bytes) -> None:
    lines = Redactor([("a.py", data)]).lines("a.py", data)
    assert [line.endswith(b"\n") for line in lines] == [line.endswith(b"\n") for line in io.BytesIO(data)]
    if MASK.encode() not in b"".join(lines):
        assert b"".join(lines) == data


@given(
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=12, max_size=30).map(
        lambda s: f"p8e-{s}"
    ),
    st.sampled_from(
        ["{}", "x = '{}'", 'f(a, "{}")', "A={}", "# {}", "data=b'{}'", "  - {}", "u?client_secret={}&b"]
    ),
    st.sampled_from(["a.py", ".env", "a.yaml", "a.json"]),
)
def test_an_adobe_secret_is_never_shown(secret: str, frame: str, path: str) -> None:
    assert secret[4:] not in shown(frame.format(secret) + "\n", path)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain ü 漢", "plain ü 漢"),
        ("a\x1b[31mb\x07", "a\\x1b[31mb\\x07"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("x\x9by", "x\\x9by"),
        ("\u202egnp.py", "\\u202egnp.py"),
        ("b\udcffd", "b\\xffd"),
    ],
)
def test_escape(text: str, seen: str) -> None:
    assert escape(text) == seen


CODE = [f"line{n} = {n}\n" for n in range(20)]


def test_the_context_between_a_hidden_line_and_a_change_is_shown() -> None:
    hidden = frozenset([5, 11])
    after = [f"changed{n}\n" if n == 8 else line for n, line in enumerate(CODE)]

    def mask(data: bytes) -> list[bytes]:
        shown = data.splitlines(keepends=True)
        return [b"hidden\n" if n in hidden else line for n, line in enumerate(shown)]

    result = masked_diff("a.py", "".join(CODE).encode(), "".join(after).encode(), mask)
    assert result.applicable
    context = [line[1:-1] for line in result.data.splitlines(keepends=True) if line.startswith(b" ")]
    assert context == [b"line6 = 6", b"line7 = 7", b"line9 = 9", b"line10 = 10"]


@pytest.mark.parametrize("secret_at", range(20))
@pytest.mark.parametrize("changes", [[8], [8, 10], [8, 12], [8, 9, 14]])
def test_hidden_context_falls_out_where_git_can_do_without_it(
    tmp_path: Path, secret_at: int, changes: list[int]
) -> None:
    lines = list(CODE)
    lines[secret_at] = 'client_secret = "hunter2hunter2"\n'
    after = [f"changed{n}\n" if n in changes else line for n, line in enumerate(lines)]
    old, new = "".join(lines).encode(), "".join(after).encode()
    redactor = Redactor([("a.py", old), ("a.py", new)])
    result = masked_diff("a.py", old, new, lambda data: redactor.lines("a.py", data))
    assert b"hunter2" not in result.data
    directly_below = any(secret_at - 1 == n for n in changes)
    assert result.applicable == (secret_at not in changes and not directly_below)
    if result.applicable:
        (tmp_path / "a.py").write_bytes(old)
        subprocess.run(
            ["git", "apply", "-"], cwd=tmp_path, input=result.data, check=True, capture_output=True
        )
        assert (tmp_path / "a.py").read_bytes() == new

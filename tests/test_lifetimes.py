"""The lifetime on its way from the reply to whoever divides it: mended, or left alone, and never half."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """import os
import time

import jwt
import requests
{top}
IMS = "https://ims-na1.adobelogin.com"


def fetch():
    claims = {{
        "exp": int(time.time()) + 60,
        "iss": "7D9F1B3E5A2C7D9F0A495DB6@AdobeOrg",
        "sub": "8E0A2C4F5A2C8E0A0A495EC7@techacct.adobe.com",
        "aud": f"{{IMS}}/c/{{os.environ['ID']}}",
        f"{{IMS}}/s/ent_user_sdk": True,
    }}
    with open("k.pem") as f:
        assertion = jwt.encode(claims, f.read(), algorithm="RS256")
    r = requests.post(
        f"{{IMS}}/ims/exchange/jwt",
        data={{"client_id": os.environ["ID"], "client_secret": os.environ["SECRET"], "jwt_token": assertion}},
    )
    r.raise_for_status()
{given}


t = fetch()
print({use})
"""
MODEL = """from pydantic import BaseModel, Field, field_validator

class Token(BaseModel):
    access_token: str
    {field}
"""
PAIR = """from collections import namedtuple

Token = namedtuple("Token", "access_token expires_in token_type")
"""
WHOLE = "return r.json()"


@pytest.mark.parametrize(
    ("top", "given", "use", "after"),
    [
        pytest.param(PAIR, "return Token(**r.json())", "t.expires_in / 1000", "t.expires_in", id="spread"),
        pytest.param(
            PAIR,
            'b = r.json()\nreturn Token._make((b["access_token"], b["expires_in"], ""))',
            "t.expires_in / 1000",
            "t.expires_in",
            id="made",
        ),
        pytest.param(
            MODEL.format(field='lifetime: int = Field(alias="expires_in")'),
            "return Token(**r.json())",
            "t.lifetime // 1000",
            "t.lifetime",
            id="alias",
        ),
        pytest.param(
            "import json\nfrom types import SimpleNamespace\n",
            "return json.loads(r.text, object_hook=lambda d: SimpleNamespace(**d))",
            "t.expires_in / 1000",
            "t.expires_in",
            id="hook",
        ),
        pytest.param(
            "from operator import itemgetter\n",
            'return itemgetter("access_token", "expires_in")(r.json())',
            "[ms / 1000 for _, ms in [t]]",
            "",
            id="itemgetter",
        ),
        pytest.param("import math\n", WHOLE, 'math.fsum([t["expires_in"], -1000]) / 1000', "", id="summed"),
        pytest.param(
            "from datetime import timedelta\n",
            WHOLE,
            'timedelta(milliseconds=1) * t["expires_in"]',
            "",
            id="multiplied",
        ),
        pytest.param("", WHOLE, 'pow(10, -3) * t["expires_in"]', 't["expires_in"]', id="pow"),
        pytest.param("", WHOLE, 't["expires_in"] / 60**2 / 1e3', 't["expires_in"] / 60**2', id="hours"),
        pytest.param(
            "from decimal import Decimal\n",
            WHOLE,
            'Decimal(t["expires_in"]) * Decimal("0.001")',
            'Decimal(t["expires_in"])',
            id="decimal",
        ),
        *(
            pytest.param(
                "from decimal import Decimal\n", WHOLE, f'{before}t["expires_in"]{behind}', "", id=name
            )
            for name, before, behind in (
                ("shifted", "", " >> 10"),
                ("scaled", "Decimal(", ").scaleb(-3)"),
                ("spelled", 'float(f"{', '}e-3")'),
                ("rounded", "round(", ", -3) / 1000"),
                ("divided by what is set", "", ' / float(os.environ.get("PER_SECOND", "1000"))'),
                ("a part that is set", "", ' * float(os.environ["RATIO"]) / 1000'),
            )
        ),
        pytest.param(
            "",
            'got = r.json()\nos.environ["TOKEN_TTL"] = str(got["expires_in"])\nreturn got',
            'int(os.environ["TOKEN_TTL"]) / 1000',
            "",
            id="through the environment",
        ),
        pytest.param(
            "",
            'got = r.json()\nos.environ["TOKEN"] = got["access_token"]\nreturn got',
            'int(os.environ["TIMEOUT_MS"]) / 1000',
            'int(os.environ["TIMEOUT_MS"]) / 1000',
            id="the token in the environment, beside another's milliseconds",
        ),
        pytest.param(
            "import configparser\n\n\ndef keep(**values):\n    ini = configparser.ConfigParser()\n"
            '    ini["token"] = values\n    with open("token.ini", "w") as f:\n        ini.write(f)\n\n\n'
            "def kept():\n    ini = configparser.ConfigParser()\n"
            '    ini.read("token.ini")\n    return ini["token"]\n',
            'got = r.json()\nkeep(token=got["access_token"], lifetime=str(got["expires_in"]))\nreturn got',
            'kept().getint("lifetime") / 1000',
            "",
            id="through an INI file, by keyword",
        ),
        pytest.param(
            'import sqlite3\n\ndb = sqlite3.connect("t.db")\nQUERY = "SELECT at + ttl / 1000 FROM tokens"\n',
            'got = r.json()\nrow = got["expires_in"], time.time()\n'
            'db.execute("INSERT INTO tokens VALUES (?, ?)", row)\nreturn got',
            "db.execute(QUERY).fetchone()[0]",
            "",
            id="divided by a query",
        ),
        pytest.param(
            'def kept():\n    with open("t.txt") as f:\n        return f.read().split()\n',
            'got = r.json()\nwith open("t.txt", "w") as f:\n    print(got["expires_in"], 7, file=f)\n'
            "return got",
            "int(kept()[0]) / 1000",
            "",
            id="printed into a file",
        ),
        pytest.param(
            "import sys\n",
            'got = r.json()\nprint("token:", got["access_token"], file=sys.stderr)\nreturn got',
            'int(os.environ["TIMEOUT_MS"]) / 1000',
            'int(os.environ["TIMEOUT_MS"]) / 1000',
            id="printed to be seen",
        ),
        pytest.param(
            "class Kept:\n    pass\n",
            'got = r.json()\nsetattr(Kept, "ttl", got["expires_in"])\nreturn got',
            "Kept.ttl / 1000",
            "",
            id="set by its name",
        ),
        pytest.param("", 'yield r.json()["expires_in"]', "next(t) / 1000", "", id="out of a generator"),
        pytest.param(
            "import subprocess\n",
            'got = r.json()\nsubprocess.run(["sync", str(got["expires_in"])])\nreturn got',
            't["token_type"]',
            "",
            id="to another program",
        ),
        pytest.param(
            "import subprocess\n",
            'got = r.json()\nsubprocess.run(["sync"], env={"TOKEN": got["access_token"]})\nreturn got',
            't["expires_in"] / 1000',
            't["expires_in"]',
            id="only the token to another program",
        ),
        pytest.param(
            "LASTS = 0\n",
            'global LASTS\nLASTS = r.json()["expires_in"]\nreturn LASTS',
            "LASTS / 1000",
            "LASTS",
            id="a global that is read outside of functions",
        ),
        pytest.param(
            "PAUSE = 5000\n\n\ndef slower():\n    global PAUSE\n    PAUSE = 9000\n",
            WHOLE,
            't["expires_in"] / 1000, PAUSE / 1000',
            't["expires_in"], PAUSE / 1000',
            id="another global",
        ),
        pytest.param(
            "KEPT = {}\n",
            'KEPT[os.environ["ID"]] = r.json()\nreturn KEPT[os.environ["ID"]]',
            '[each["expires_in"] / 3600000 for each in KEPT.values()]',
            "",
            id="among replies that are kept",
        ),
        pytest.param(
            'KEPT = {}\nLIMITS = {"ms": 5000}\n',
            'KEPT[os.environ["ID"]] = r.json()\nreturn KEPT[os.environ["ID"]]',
            '[each["access_token"] for each in KEPT.values()], [each / 1000 for each in LIMITS.values()]',
            '[each["access_token"] for each in KEPT.values()], [each / 1000 for each in LIMITS.values()]',
            id="among replies that are kept, beside other numbers",
        ),
        pytest.param("", WHOLE, '(lambda ms: ms / 1000)(t["expires_in"])', "", id="lambda"),
        pytest.param(
            "def seconds(ms):\n    return ms / 1000\n",
            WHOLE,
            'list(map(seconds, [t["expires_in"]]))',
            'list(map(seconds, [t["expires_in"] * 1000]))',
            id="mapped",
        ),
        pytest.param(
            "def seconds(ms):\n    return ms / 1000\n",
            WHOLE,
            'list(map(seconds, [t["expires_in"], int(os.environ["OTHER_MS"])]))',
            'list(map(seconds, [t["expires_in"] * 1000, int(os.environ["OTHER_MS"])]))',
            id="mapped beside another's",
        ),
        pytest.param(
            "def seconds(ms):\n    return ms / 1000\n",
            WHOLE,
            'seconds(t["expires_in"])',
            't["expires_in"]',
            id="helper",
        ),
        pytest.param(
            "def seconds(ms):\n    whole, _ = divmod(ms, 1000)\n    return whole\n",
            WHOLE,
            'seconds(t["expires_in"])',
            't["expires_in"]',
            id="helper by divmod",
        ),
        pytest.param(
            "def seconds(ms):\n    return divmod(ms, 1000)[0]\n",
            WHOLE,
            'seconds(t["expires_in"])',
            't["expires_in"]',
            id="helper by a part of divmod",
        ),
        pytest.param(
            "def split(ms):\n    _, rest = divmod(ms, 1000)\n    return rest\n",
            WHOLE,
            'split(t["expires_in"])',
            'split(t["expires_in"] * 1000)',
            id="a helper that gives the rest",
        ),
        pytest.param(
            "seconds = lambda ms: ms / 1000\n",
            WHOLE,
            'seconds(t["expires_in"])',
            't["expires_in"]',
            id="a lambda with a name",
        ),
        pytest.param(
            "seconds = lambda ms: ms / 1000\n",
            WHOLE,
            'seconds(t["expires_in"]), seconds(5000)',
            't["expires_in"], seconds(5000)',
            id="a lambda beside another's",
        ),
        pytest.param(
            "seconds = lambda ms: ms / 1000\n",
            WHOLE,
            'list(map(seconds, [t["expires_in"]]))',
            "",
            id="a lambda that is mapped",
        ),
        pytest.param(
            "HOW = {'expires_in': lambda ms: ms / 1000}\n",
            WHOLE,
            '{name: HOW[name](t[name]) for name in HOW}["expires_in"]',
            "",
            id="a lambda in a table",
        ),
        pytest.param(
            "",
            'got = r.json()\ntoken, millis = got["access_token"], got["expires_in"]\n'
            "print(min(millis, 90_000_000) / 1000)\nreturn token",
            "t",
            "t",
            id="a name that keeps milliseconds",
        ),
        pytest.param(
            "def clock():\n    end = 0\n    while True:\n        end = (yield end) / 1000\n\n\n"
            "c = clock()\nnext(c)\n",
            WHOLE,
            'c.send(t["expires_in"])',
            "",
            id="sent into a generator",
        ),
        pytest.param(
            "def clock():\n    end = 0\n    while True:\n        end = (yield end) / 1000\n\n\n"
            "c = clock()\nnext(c)\n",
            WHOLE,
            'bool(t["access_token"]), c.send(5000)',
            'bool(t["access_token"]), c.send(5000)',
            id="a generator that gets another number",
        ),
        pytest.param(
            "def steps(reply):\n    yield 1\n    return reply['expires_in']\n\n\n"
            "def run(reply):\n    lifetime = yield from steps(reply)\n    yield lifetime / 1000\n",
            WHOLE,
            "list(run(t))",
            "",
            id="what yield from gives",
        ),
        pytest.param(
            "from functools import singledispatch\n\n\n"
            "@singledispatch\ndef seconds(x):\n    raise TypeError(x)\n\n\n"
            "@seconds.register\ndef _(x: dict):\n    return seconds(x['expires_in'])\n\n\n"
            "@seconds.register\ndef _(x: int):\n    return x / 1000\n",
            WHOLE,
            "seconds(t)",
            "",
            id="registered for the whole reply",
        ),
        *(
            pytest.param(top, WHOLE, use, after and use, id=f"all in a text: {name}")
            for name, top, use, after in (
                ("braces", "", "'{expires_in} ms'.format(**t)", ""),
                ("map", "", "'{expires_in:,} ms'.format_map(t)", ""),
                ("percent", "", "'%(expires_in)d ms' % t", ""),
                ("dollar", "from string import Template\n", "Template('$expires_in ms').substitute(t)", ""),
                ("no unit", "", "'{token_type} for {expires_in}'.format(**t)", "as it is"),
                ("another's", "", "'{expires_in} ms'.format(**{'expires_in': 5, 'x': len(t)})", "as it is"),
                ("another name", "", "'{took} ms for {token_type}'.format(took=5, **t)", "as it is"),
            )
        ),
        pytest.param(
            "",
            'got = r.json()\nms = got["expires_in"]\nminutes = ms / 60000\n'
            'print("{ms} ms, {minutes}".format(**locals()))\nreturn got["access_token"]',
            "t",
            "t",
            id="names that are taken as texts",
        ),
    ],
)
def test_it_is_mended_or_left_alone(top: str, given: str, use: str, after: str, tmp_path: Path) -> None:
    program = PROGRAM.format(top=top, given=indent(given, "    "), use=use)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    if after:
        assert f"print({after})\n" in made, ran.text
        assert "/ims/token/v3" in made
    else:
        assert made == program
        assert "expiry-unknown" in ran.text or "expiry-reckoned" in ran.text


@pytest.mark.parametrize(
    ("top", "after"),
    [
        pytest.param(
            MODEL.format(
                field='expires_in: float\n\n    @field_validator("expires_in")\n'
                "    def _seconds(cls, value):\n        return value / 1000\n"
            ),
            "        return value\n",
            id="validator",
        ),
        pytest.param(
            "import attrs\n\n\n@attrs.define\nclass Token:\n    access_token: str\n"
            "    expires_in: float = attrs.field(converter=lambda value: value / 1000)\n",
            "converter=lambda value: value)\n",
            id="converter",
        ),
    ],
)
def test_what_a_library_calls_with_the_lifetime_is_mended(top: str, after: str, tmp_path: Path) -> None:
    program = PROGRAM.format(top=top, given="    return Token(**r.json())", use="t.expires_in")
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert after in (tree / "main.py").read_text(), ran.text


@pytest.mark.parametrize(
    ("given", "after"),
    [
        pytest.param(
            "expires_ms = got['expires_in']\nuntil = time.time() + expires_ms / 1000",
            "expires = got['expires_in']\n    until = time.time() + expires",
            id="divided once",
        ),
        pytest.param(
            "ok, millis = True, got['expires_in']\nuntil = time.time() + int(millis) // 1000",
            "ok, seconds = True, got['expires_in']\n    until = time.time() + int(seconds)",
            id="beside the token",
        ),
        pytest.param(
            "expires_in_ms = got['expires_in']\nuntil = expires_in_ms * 0.001\nprint(expires_in_ms / 6e4)",
            "expires_in = got['expires_in']\n    until = expires_in\n    print(expires_in / 60)",
            id="twice",
        ),
        pytest.param(
            "seconds = 5\nms = got['expires_in']\nuntil = time.time() + ms / 1000",
            "seconds = 5\n    ms = got['expires_in'] * 1000\n    until = time.time() + ms / 1000",
            id="there is such a name",
        ),
        pytest.param(
            "ms = got['expires_in']\nuntil = time.time() + ms / 1000\nprint(ms)",
            "ms = got['expires_in'] * 1000\n    until = time.time() + ms / 1000\n    print(ms)",
            id="shown, too",
        ),
        pytest.param(
            "ms = got['expires_in']\ndef until():\n    return ms / 1000",
            "ms = got['expires_in'] * 1000\n    def until():\n        return ms / 1000",
            id="in a function of its own",
        ),
        pytest.param(
            "ms = got['expires_in']\nif os.environ.get('SHORT'):\n    ms = 60000\nuntil = ms / 1000",
            "ms = got['expires_in'] * 1000\n    if os.environ.get('SHORT'):\n        ms = 60000\n"
            "    until = ms / 1000",
            id="another's as well",
        ),
    ],
)
def test_a_name_that_says_milliseconds(given: str, after: str, tmp_path: Path) -> None:
    given = f"got = r.json()\n{given}\nreturn got, until"
    program = PROGRAM.format(top="", given=indent(given, "    "), use="t")
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert f"\n    {after}\n" in (tree / "main.py").read_text(), ran.text


@pytest.mark.parametrize(
    ("use", "after"),
    [
        ('[("ttl_ms", t["expires_in"])]', '[("ttl_ms", t["expires_in"] * 1000)]'),
        ('dict([("ttl_ms", str(t["expires_in"]))])', 'dict([("ttl_ms", str(t["expires_in"] * 1000))])'),
        ('setattr(os, "ttl_ms", t["expires_in"])', 'setattr(os, "ttl_ms", t["expires_in"] * 1000)'),
        ('"ttl_ms=" + str(t["expires_in"])', '"ttl_ms=" + str(t["expires_in"] * 1000)'),
        ('str(t["expires_in"]) + " ms"', 'str(t["expires_in"] * 1000) + " ms"'),
        ('[("ttl_ms", 5), ("ttl", t["expires_in"])]', ""),
        ('("ttl_ms", 5, t["expires_in"])', ""),
        ('("ms or not", t["expires_in"])', ""),
        ('"in ms: no, " + str(t["expires_in"])', ""),
    ],
)
def test_what_stands_beside_a_text_that_says_milliseconds(use: str, after: str, tmp_path: Path) -> None:
    program = PROGRAM.format(top="", given=indent(WHOLE, "    "), use=use)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert f"\nprint({after or use})\n" in (tree / "main.py").read_text(), ran.text


@pytest.mark.parametrize(("key", "stays"), [("ttl_ms", True), ("ttl", False)])
def test_a_file_says_of_what_unit_the_lifetime_in_it_is(key: str, stays: bool, tmp_path: Path) -> None:
    """What is written there in milliseconds as before is divided by who reads it, as before."""
    given = f'kept = {{"t": time.time(), "{key}": r.json()["expires_in"]}}\n'
    given += 'Path("kept.json").write_text(json.dumps(kept))\nreturn kept'
    top = "import json\nfrom pathlib import Path\n"
    use = f"""json.loads(Path("kept.json").read_text())["{key}"] // 1000"""
    program = PROGRAM.format(top=top, given=indent(given, "    "), use=use)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert (f"""print({use})""" in made) is stays, ran.text
    assert ('"expires_in"] * 1000' in made) is stays
    assert ("Delete the file in which" in ran.text) is not stays


@pytest.mark.parametrize(
    ("store", "after"),
    [
        ('kept["t"], kept["e"] = b["access_token"], b["expires_in"]', 'print(kept["e"])'),
        ('kept["t"], (kept["e"], kept["x"]) = b["access_token"], (b["expires_in"], 0)', ""),
    ],
)
def test_what_is_put_into_a_mapping_as_one_of_several(store: str, after: str, tmp_path: Path) -> None:
    top = "\nkept = {}\n"
    given = indent(f"b = r.json()\n{store}\nreturn kept", "    ")
    text = PROGRAM.format(top=top, given=given, use='kept["e"] / 1000')
    tree = trees.write({"main.py": text.encode(), "k.pem": b""}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert after in made if after else made == text, ran.story


AGAIN = {
    "the least": "left = 86_400_000\nfor _ in range(n):\n    left = min(left, fetch()['expires_in'])\n",
    "the most": "left = 0\nfor _ in range(n):\n    left = max(fetch()['expires_in'] - 60_000, left)\n",
    "endless": "left = float('inf')\nfor _ in range(n):\n    left = min(left, fetch()['expires_in'])\n",
    "asked": "left = 86_400_000\nfor _ in range(n):\n    new = fetch()['expires_in']\n"
    "    if new < left:\n        left = new\n",
    "bounded": "left = fetch()['expires_in']\nleft = max(left, 60_000)\nleft = min(left, 86_400_000)\n",
    "of another": "width = 0\nfor row in 'ab', 'c':\n    width = max(width, len(row))\n"
    "left = fetch()['expires_in'] if width - 1 else 0\n",
}
"""What a loop makes of the lifetimes of some replies."""


@pytest.mark.parametrize("way", AGAIN)
def test_what_is_chosen_again_and_again_is_followed_once(way: str, tmp_path: Path) -> None:
    chosen = f"def left(n):\n{indent(AGAIN[way], '    ')}    return left / 1000\n\n\n"
    program = PROGRAM.format(top="", given="    return r.json()", use="left(3)")
    program = program.replace("t = fetch()\n", chosen)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert "return left\n" in made, ran.text

    def run(text: str, replies: list[int]) -> float:
        rest = iter(replies)
        body = text[text.index("def left(") : text.index("print(left")]
        names: dict[str, Any] = {"fetch": lambda: {"expires_in": next(rest)}}
        exec(body, names)
        return float(names["left"](3))

    for replies in ([3600, 1800, 7200], [90_000, 86_400, 100_000], [30, 20, 10]):
        assert run(made, replies) == run(program, [each * 1000 for each in replies])

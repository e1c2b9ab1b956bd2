"""A lifetime that is put somewhere and read by another function: mended where that is seen, or left alone."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest
import trees
from test_lifetimes import PROGRAM
from tool import jwt2oauth

TAKEN = 'b = r.json()\nlife = b["expires_in"]\n{}\nreturn b["access_token"]'
FILED = 'KEPT[os.environ["TENANT"]] = {"life": life}'
STATE = "from types import SimpleNamespace\n\nstate = SimpleNamespace(life=0)\n"
SLOT = "KEPT = [None, 0]\n"
OTHER = """KEPT = {}


def other():
    KEPT["x" * 2] = {"life": requests.get("https://a.example").json()["expires_in"]}
"""
DEFAULTS = "from collections import defaultdict\n\nKEPT = defaultdict(dict)\n"
DELTA = "from datetime import timedelta\n\nKEPT = [None, 0]\n"
GRANT = """class Grant:
    def __init__(self, **fields):
        for name in fields:
            setattr(self, name, fields[name])
"""
FILE = 'import json\nfrom pathlib import Path\n\nKEPT = Path("kept.json")\n'
READ = "json.loads(KEPT.read_text())"
BOX = """class Box:
    def __init__(self):
        self.data = {}

    def fill(self, reply):
        self.data = {**reply, "at": time.time()}

    def left(self):
        return self.data.get("expires_in") / 1000


BOX = Box()
"""
INI = """import configparser


def saved():
    c = configparser.ConfigParser()
    c.read("kept.ini")
    return c
"""
WRITE = """c = configparser.ConfigParser()
c["t"] = {k: str(v) for k, v in b.items()}
with open("kept.ini", "w") as f:
    c.write(f)"""
PUT = "\ndef put(box, x):\n    box[1] = x\n"
HELPER = "\ndef seconds(ms):\n    return ms / 1000\n"
UNIT = "from enum import Enum\n\n\nclass Unit(Enum):\n    MS = 1\n    SECOND = 1000\n"
BY_UNIT = UNIT + "    def by(self, n):\n        return n / self.value\n"


def run(top: str, put: str, use: str, tmp_path: Path) -> tuple[str, str]:
    """Return what becomes of the last line, empty where nothing is changed, and what is said."""
    program = PROGRAM.format(top=top, given=indent(TAKEN.format(put), "    "), use=use)
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    return ("" if made == program else made.splitlines()[-1]), ran.text


@pytest.mark.parametrize(
    ("top", "put", "use", "after"),
    [
        (
            "KEPT = {}\n",
            FILED,
            'KEPT[os.environ["TENANT"]]["life"] / 1000',
            'KEPT[os.environ["TENANT"]]["life"]',
        ),
        ("KEPT = {}\n", FILED, 'KEPT.get("a")["life"] / 1000', 'KEPT.get("a")["life"]'),
        ("KEPT = {}\n", "KEPT.setdefault(r.url, (life, 1))", "KEPT[t][0] // 1000", "KEPT[t][0]"),
        (STATE, "state.life = life", "state.life / 1000", "state.life"),
        (UNIT, "print(life / Unit.SECOND.value)", "t", "t"),
        (STATE + HELPER, "state.life = life", "seconds(state.life)", "state.life"),
        (
            FILE,
            'KEPT.write_text(json.dumps({**b, "at": 1}))',
            f'{READ}["expires_in"] / 1000',
            f'{READ}["expires_in"]',
        ),
        (
            FILE,
            "KEPT.write_text(json.dumps(dict(b, at=1)))",
            f'{READ}["expires_in"] / 1000',
            f'{READ}["expires_in"]',
        ),
        (
            FILE,
            'with open("kept.json", "w") as f:\n    json.dump({"a": {**b, "at": 1}}, f)',
            f'{READ}["a"]["expires_in"] // 1000',
            f'{READ}["a"]["expires_in"]',
        ),
        (
            FILE,
            'KEPT.write_text(json.dumps({**b, "expires_in": life / 1000}))',
            f'{READ}["expires_in"]',
            f'{READ}["expires_in"]',
        ),
        (BOX, "BOX.fill(b)", "BOX.left()", "BOX.left()"),
    ],
)
def test_it_is_mended_where_it_is_read(top: str, put: str, use: str, after: str, tmp_path: Path) -> None:
    got, said = run(top, put, use, tmp_path)
    assert got == f"print({after})", said


@pytest.mark.parametrize(
    ("top", "put", "use"),
    [
        (SLOT, "KEPT[1] = life", "KEPT[1] / 1000"),
        (SLOT, "KEPT[0], KEPT[1] = b, life", "KEPT[1] / 1000"),
        (SLOT, "KEPT[:] = [b, life]", "KEPT[1] / 1000"),
        (SLOT, "KEPT[1] = life", "KEPT[1] * 10 ** -3"),
        (SLOT, "KEPT[1] = life", "KEPT[1] / 10 / 100"),
        (SLOT, "KEPT[1] = life", "int(str(KEPT[1])[:-3])"),
        (SLOT + "PER = {'ms': 0.001}\n", "KEPT[1] = life", "KEPT[1] * PER['ms']"),
        (DELTA, "KEPT[1] = life", 'timedelta(**{"milliseconds": KEPT[1]})'),
        ("from fractions import Fraction\n\n" + SLOT, "KEPT[1] = life", "Fraction(KEPT[1], 1000)"),
        (DEFAULTS, 'KEPT[1]["x"] = life', 'KEPT[1]["x"] / 1000'),
        (DEFAULTS, 'e = KEPT[1]\ne["x"] = life', 'KEPT[1]["x"] / 1000'),
        ("", "fetch.life = life", "fetch.life / 1000"),
        ("", 'os.environ["LIFE"] = str(life)', 'int(os.environ["LIFE"]) / 1000'),
        (
            "from pathlib import Path\n",
            'Path("t").write_text(f"{life}|")',
            'int(Path("t").read_text().split("|")[0]) / 1000',
        ),
        (DELTA, "KEPT[1] = life", "timedelta(microseconds=KEPT[1] * 1000)"),
        (DELTA, "KEPT[1] = life", "timedelta(0, 0, 0, KEPT[1])"),
        (SLOT + PUT, "put(KEPT, life)", "KEPT[1] / 1000"),
        (GRANT, "global G\nG = Grant(life=life)", "G.life / 1000"),
        ("", "global G\nG = list(map(lambda ms: ms / 1000, [life]))", "G"),
        (BY_UNIT, "global G\nG = Unit.SECOND.by(life)", "G"),
        ("", 'global G\nG = sum(int(v) for k, v in b.items() if k == "expires_in") / 1000', "G"),
        (INI, WRITE, 'saved().getint("t", "expires_in") / 1000'),
    ],
)  # fmt: skip
def test_it_is_left_alone_where_nobody_knows(top: str, put: str, use: str, tmp_path: Path) -> None:
    got, said = run(top, put, use, tmp_path)
    assert got == "", said
    assert "expiry-" in said


EVENTS = """class Events:
    def __init__(self):
        self.listeners = []

    def fire(self, value):
        for listener in self.listeners:
            listener(value)
"""
HEAP = "import heapq\n\nKEPT = []\n"
THREAD = "from threading import Thread\n\nKEPT = []\n"
TEXT = "from string import Template\n\nKEPT = []\n"
PIPE = "from multiprocessing import Pipe\n\nOURS, THEIRS = Pipe()\n"
LOCAL = "import threading\n\nKEPT = threading.local()\n"
KEPT = "KEPT = []\n"


@pytest.mark.parametrize(
    ("top", "put", "use"),
    [
        (
            EVENTS,
            "e = Events()\nrows = fetch.rows = []\ne.listeners.append(rows.append)\ne.fire(life)",
            "fetch.rows[0] / 1000",
        ),
        (HEAP, "heapq.heappush(KEPT, life)", "heapq.heappop(KEPT) // 1000"),
        (HEAP, "heapq.heappush(KEPT, (life, 1))", "heapq.heappop(KEPT) > (3600000, 0)"),
        (LOCAL, "KEPT.life = life", "min(KEPT.life, 3600000)"),
        (THREAD, "Thread(target=KEPT.append, args=(life,)).start()", "KEPT[0] // 1000"),
        ("import sys\n", "sys.modules[__name__].LIFE = life", "LIFE // 1000"),
        (KEPT, "KEPT[:] = [lambda: life]", "KEPT[0]() / 1000"),
        (KEPT, "KEPT.append(life)", "sorted({'a': KEPT[0], 'b': 3600000}.items(), key=lambda pair: pair[1])"),
        (KEPT, "KEPT.append(life)", "abs(KEPT[0] - 86400000) < 5000"),
        (KEPT, "KEPT.append(life)", "KEPT[0] >> 10"),
        (KEPT, "KEPT.append(life)", "KEPT[0].__gt__(3600000)"),
        (KEPT, "KEPT.append(life)", "KEPT[0] * 2.77e-7"),
        (KEPT, "KEPT.append(life)", "-KEPT[0] // -1000"),
        (KEPT, "KEPT.append(life)", "KEPT[0] // 100 * 100 == 86399000"),
        (KEPT + "LIMITS = {'l': 3600000, 's': 60000}\n", "KEPT.append(life)", "KEPT[0] > LIMITS['l']"),
        (PIPE, "OURS.send(life)", "THEIRS.recv() // 1000"),
        (KEPT, "def kept():\n    return life\nfetch.kept = kept", "fetch.kept() / 1000"),
        (KEPT, "KEPT.append(life)", "KEPT[0] % 1000"),
        (KEPT, "KEPT.append(life)", "time.time_ns() + KEPT[0] * 1_000_000"),
        (KEPT, "KEPT.append(life)", "{'expires_in_ms': KEPT[0]}"),
        (TEXT, "KEPT.append(life)", "Template('$life ms').substitute(life=KEPT[0])"),
        ("import subprocess\n\nKEPT = []\n", "KEPT.append(life)", "subprocess.run(['wait', str(KEPT[0])])"),
        ("", "life = b.__getitem__('expires_in')\nfetch.life = life", "fetch.life / 1000"),
        ("", "life = 1000 .__rtruediv__(b['expires_in'])\nfetch.life = life", "fetch.life"),
    ],
)  # fmt: skip
def test_it_is_left_alone_where_it_went_by_odd_ways(top: str, put: str, use: str, tmp_path: Path) -> None:
    got, said = run(top, put, use, tmp_path)
    assert got == "", said
    assert "expiry-" in said


@pytest.mark.parametrize(
    "found",
    [
        'found = {"expires_in": 3600000} | b',
        'found = dict({"expires_in": 3600000}, **b)',
        'found = {"expires_in": 3600000}\n    found.update(b)',
    ],
)
def test_a_default_below_the_reply_is_scaled_and_the_lifetime_mended(found: str, tmp_path: Path) -> None:
    given = indent("b = r.json()\n", "    ") + f'    {found}\n    return found["expires_in"] / 1000'
    program = PROGRAM.format(top="", given=given, use="t > 3600")
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert '"expires_in": 3600}' in made, ran.text
    assert '    return found["expires_in"]\n' in made


def test_defaults_that_others_read_leave_the_flow_alone(tmp_path: Path) -> None:
    top = 'DEFAULTS = {"expires_in": 3600000}\n'
    given = '    found = DEFAULTS | r.json()\n    return found["expires_in"] / 1000'
    program = PROGRAM.format(top=top, given=given, use='t, DEFAULTS["expires_in"]')
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert (tree / "main.py").read_text() == program, ran.text


@pytest.mark.parametrize(
    ("top", "put"),
    [
        (KEPT, "KEPT.append(life)"),
        (LOCAL, "KEPT.life = life"),
        ("KEPT = {}\n", "KEPT.setdefault(os.environ['TENANT'], life)"),
    ],
)
def test_a_lifetime_that_nobody_converts_is_told_wherever_it_goes(top: str, put: str, tmp_path: Path) -> None:
    got, said = run(top, put, "t, KEPT, len(t) % 1000", tmp_path)
    assert got, said
    assert "in seconds now" in " ".join(said.split())


@pytest.mark.parametrize(
    ("top", "put", "use"),
    [
        (SLOT, "KEPT[1] = life", 'KEPT[1], int(os.environ["WAIT_MS"]) / 1000'),
        (SLOT, "KEPT[1] = life", "time.time() - KEPT[1]"),
        ("KEPT = {}\n", FILED, 'KEPT[t]["life"], int(os.environ["WAIT_MS"]) * 0.001'),
        ("", "fetch.life = life", "fetch.life, len(t) / 1000"),
        (SLOT, "KEPT[1] = life", "KEPT[1], min(len(t), 3600000), time.time() % 60000"),
        (SLOT, "KEPT[1] = life", "KEPT[1], len(t) * 1e-6, len(t).__gt__(3600000)"),
        (SLOT, "KEPT[1] = life", "KEPT[1] > 86399, requests.get(t).elapsed.microseconds / 1000"),
        (SLOT, "KEPT[1] = life", "KEPT[1], 'took {took} ms'.format(took=len(t))"),
    ],
)
def test_what_converts_something_else_is_no_reason(top: str, put: str, use: str, tmp_path: Path) -> None:
    got, said = run(top, put, use, tmp_path)
    assert got == f"print({use})", said


COPIED = "return dict(b, until=time.time() + life / 1000)"
UNTIL = "fetch.until = time.time() + life / 1000"
FILE = 'with open(PATH, "w") as f:\n    json.dump(b, f)'
ASKED = 'requests.get("https://a.example", headers={"Authorization": t}).json()'
COUNTED = ASKED.replace("t}", "t['access_token']}")
JSON = 'import json\n\nPATH = "token.json"\n'
PARSER = """from argparse import ArgumentParser

parser = ArgumentParser()
parser.add_argument("--wait", type=int, default=30000)
"""


@pytest.mark.parametrize(
    ("top", "put", "use"),
    [
        ("", UNTIL, '"SELECT name, at / 1000 FROM logs WHERE at > 1600000000000"'),
        (PARSER, COPIED, "t, parser.parse_args([]).wait / 1000"),
        ("", COPIED, f"t, {COUNTED}['visits'] / 1000"),
        ("", COPIED, "t, int(input().partition('=')[2]) / 1000"),
        (JSON, FILE, "t, os.path.getsize(PATH) >> 10"),
        (JSON, FILE, f"{ASKED}['visits'] / 1000"),
        (JSON, f'{FILE}\nreturn b.get("access_token")', f"{ASKED}['v'] / 1000"),
    ],
)  # fmt: skip
def test_what_an_ordinary_program_counts_beside_is_no_reason(
    top: str, put: str, use: str, tmp_path: Path
) -> None:
    got, said = run(top, put, use, tmp_path)
    assert got == f"print({use})", said


def test_what_is_another_logins_as_well_stays_milliseconds(tmp_path: Path) -> None:
    program = PROGRAM.format(
        top=OTHER, given=indent(TAKEN.format(FILED), "    "), use='KEPT[t]["life"] / 1000'
    )
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert 'life = b["expires_in"] * 1000' in made
    assert made.endswith('print(KEPT[t]["life"] / 1000)\n')


STORE = {
    "lib/__init__.py": "",
    "lib/store.py": """\
current = {"org_id": "", "client_id": "", "until": 0}
""",
    "lib/configs.py": """\
from .store import current


def configure(org, client, tech, secret, key):
    # what the console shows
    current["org_id"] = org
    current["client_id"] = client
    current["tech_id"] = tech
    current["secret"] = secret
    current["pathToKey"] = key
    current["until"] = 0
""",
    "lib/login.py": """\
import time

import jwt
import requests

from . import configs, store


def token():
    config = store.current
    claims = {
        "exp": int(time.time()) + 600,
        "iss": config["org_id"],
        "sub": config["tech_id"],
        "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
        "aud": "https://ims-na1.adobelogin.com/c/" + config["client_id"],
    }
    with open(configs.current["pathToKey"]) as handle:
        key = handle.read()
    signed = jwt.encode(claims, key, algorithm="RS256")
    reply = requests.post(
        "https://ims-na1.adobelogin.com/ims/exchange/jwt",
        data={"client_id": config["client_id"], "client_secret": config["secret"], "jwt_token": signed},
    )
    reply.raise_for_status()
    answer = reply.json()
    config["until"] = time.time() + answer["expires_in"] / 1000
    return answer["access_token"]


def left():
    return round((store.current["until"] - time.time()) / 3600)
""",
    "run.py": """\
from lib import configs, login, store

configs.configure(org="0A1B2C3D4E5F60718293A4B5@AdobeOrg", client="7b9f54c2ad1e4f0db6d3a7c8e9012345",
                  tech="9F8E7D6C5B4A39281706F5E4@techacct.adobe.com", secret="p8e-CANARY-lib", key="k.pem")
print(login.token()[:3], login.left())
print(store.current["org_id"], store.current["tech_id"], store.current["pathToKey"])
""",
}


def test_what_is_imported_stays_while_anything_is_put_into_it(tmp_path: Path) -> None:
    tree = trees.write({path: text.encode() for path, text in STORE.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "OAuth2Session" in (tree / "lib/login.py").read_text(), ran.text
    assert (tree / "lib/configs.py").read_text() == STORE["lib/configs.py"]


def test_an_entry_that_stays_is_told_once_and_asks_for_nothing(tmp_path: Path) -> None:
    store = STORE["lib/store.py"].replace('"until": 0', '"until": 0, "pathToKey": ""')
    store += '\n\ndef example():\n    return {"pathToKey": str.join("/", ["keys", "k.pem"])}\n'
    configs = STORE["lib/configs.py"] + "\n\ndef whole():\n    return dict(current)\n"
    run = STORE["run.py"].replace(', store.current["pathToKey"]', ", len(configs.whole())")
    files = {**STORE, "lib/store.py": store, "lib/configs.py": configs, "run.py": run}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "pathToKey stays in lib/store.py, where no flow needs it any more" in said
    assert "No flow needs pathToKey" not in said
    assert "still makes pathToKey" not in said


@pytest.mark.parametrize("word", ["params", "items", "forms", "terms"])
def test_a_word_that_ends_like_milliseconds_does_not_say_them(word: str, tmp_path: Path) -> None:
    more = f"\n\ndef page(url, given=None):\n    return requests.get(url, {word}=given or KEPT.get('x'))\n"
    got, said = run("KEPT = {}\n" + more, 'KEPT["a"] = life', 'KEPT["a"] / 1000', tmp_path)
    assert got == 'print(KEPT["a"])', said


DB = 'import sqlite3\n\nDB = sqlite3.connect("state.db")\n'
INSERT = 'DB.execute("INSERT INTO grants VALUES (?, ?)", (b["access_token"], life))'
SHELVE = "import shelve\n"
KEEP = 'with shelve.open("kept") as kept:\n    kept["life"] = life'


@pytest.mark.parametrize(
    ("top", "put", "other", "is_ours"),
    [
        (DB, INSERT, DB + 'a, b = DB.execute("SELECT a, b FROM grants").fetchone()\nprint(b / 1000)\n', True),
        (DB, INSERT, DB + 'for (a,) in DB.execute("SELECT a FROM runs"):\n    print(a / 1000)\n', False),
        (DB, INSERT, DB + 'a, b = DB.execute("SELECT a, b FROM grants").fetchone()\nprint(b / 60)\n', False),
        (SHELVE, KEEP, 'import shelve\n\nprint(shelve.open("kept")["life"] // 1000)\n', True),
        (SHELVE, KEEP, 'import shelve\n\nprint(shelve.open("other")["size"] // 1000)\n', False),
        (
            "from pathlib import Path\n",
            'Path("life.txt").write_text(str(life))',
            'from pathlib import Path\n\nprint(int(Path("life.txt").read_text()) / 1000)\n',
            True,
        ),
    ],
)
def test_another_program_that_reads_it_back_and_divides_is_seen(
    top: str, put: str, other: str, is_ours: bool, tmp_path: Path
) -> None:
    program = PROGRAM.format(top=top, given=indent(TAKEN.format(put), "    "), use="t")
    tree = trees.write({"main.py": program.encode(), "report.py": other.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert (tree / "report.py").read_text() == other
    assert ((tree / "main.py").read_text() == program) == is_ours, ran.story
    assert ("report.py" in ran.text) == is_ours, ran.text


@pytest.mark.parametrize(
    "fill",
    [
        'self.data["expires_in"] = 7000',
        'self.data |= {"expires_in": 7000}',
        "self.data.update(expires_in=7000)",
    ],
)
def test_what_others_put_into_an_empty_mapping_is_scaled_with_it(fill: str, tmp_path: Path) -> None:
    top = BOX.replace("    def left", f"    def guess(self):\n        {fill}\n\n    def left")
    got, said = run(top, "BOX.fill(b)", "BOX.left()", tmp_path)
    after = (tmp_path / "tree" / "main.py").read_text()
    assert got, said
    assert "7000" not in after
    assert "/ 1000" not in after

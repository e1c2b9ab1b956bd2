"""Files of settings of which a program reads one after the other: each is the flow's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

CLIENT = """\
import json
import time

import jwt
import requests


class Client:
    def __init__(self, path):
        with open(path) as f:
            self.cfg = json.load(f)

    def login(self):
        with open(self.cfg["key_file"]) as f:
            key = f.read()
        claims = {"exp": int(time.time()), "aud": "https://ims-na1.adobelogin.com/c/" + self.cfg["client_id"],
                  "sub": self.cfg["account"], "https://ims-na1.adobelogin.com/s/ent_user_sdk": True}
        form = {"client_id": self.cfg["client_id"], "client_secret": self.cfg["client_secret"],
                "jwt_token": jwt.encode(claims, key, algorithm="RS256")}
        reply = requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form)
        return reply.json()["access_token"]
"""
LOOP = "for path in {}:\n    print(path, Client(path).login())"
ALL = "ALL = {'a': 'conf/prod.json', 'b': 'conf/stage.json'}"
ONE = """\
ONE = 'conf/prod.json'
if not os.path.exists(ONE):
    sys.exit('no ' + ONE)
Client(ONE).login()
Client('conf/stage.json').login()"""
WALK = """\
for folder, _, names in os.walk('.'):
    for name in names:
        with open(os.path.join(folder, name)) as f:
            print(json.load(f)['key_file'])"""
KEYS = "import json\n\n\ndef keys(paths):\n    return [json.load(open(path))['key_file'] for path in paths]\n"


def settings(name: str) -> dict[str, str]:
    return {
        "client_id": f"id-{name}",
        "client_secret": f"p8e-CANARY-{name}",
        "account": f"{name}@techacct.adobe.com",
        "key_file": f"keys/{name}.key",
    }


def after(main: str, tmp_path: Path, **others: str) -> tuple[dict[str, list[str]], str]:
    """Give the keys that the files have then, and what the tool says."""
    names = ("prod", "stage")
    files = {f"conf/{name}.json": json.dumps(settings(name), indent=2) + "\n" for name in names}
    files |= {"client.py": CLIENT, "main.py": main} | {f"{name}.py": text for name, text in others.items()}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    return {name: list(json.loads((tree / f"conf/{name}.json").read_text())) for name in names}, said


@pytest.mark.parametrize(
    "main",
    [
        "print(Client('conf/prod.json').login(), Client('conf/stage.json').login())",
        LOOP.format("('conf/prod.json', 'conf/stage.json')"),
        LOOP.format("sorted(['conf/prod.json', 'conf/stage.json'])"),
        LOOP.format("sys.argv[1:] or ['conf/prod.json', 'conf/stage.json']"),
        LOOP.format("sorted(glob.glob('conf/*.json'))"),
        LOOP.format("glob.iglob(os.path.join('conf', '*.json'))"),
        LOOP.format("Path('conf').glob('*.json')"),
        LOOP.format("sorted(CONF.iterdir())").join(("CONF = Path(__file__).parent / 'conf'\n", "")),
        "for name in os.listdir('conf'):\n    Client(os.path.join('conf', name)).login()",
        "for entry in os.scandir('conf'):\n    Client(entry.path).login()",
        f"{ALL}\nClient(ALL[sys.argv[1]]).login()",
        f"{ALL}\nfor name, path in ALL.items():\n    Client(path).login()",
        "for n, p in (('a', 'conf/prod.json'), ('b', 'conf/stage.json')):\n    Client(p).login()",
        "[Client(p).login() for p in Path('conf').glob('*.json') if p.exists()]",
        ONE,
    ],
)
def test_each_gains_the_scopes_and_loses_what_is_dead(main: str, tmp_path: Path) -> None:
    head = "import glob\nimport os\nimport sys\nfrom pathlib import Path\n\nfrom client import Client\n\n"
    found, said = after(f"{head}{main}\n", tmp_path)
    left = ["client_id", "client_secret", "scopes"]
    assert found == {"prod": left, "stage": left}, said


@pytest.mark.parametrize(
    "who",
    [
        "for path in sorted(glob.glob('conf/*.json')):\n    print(json.load(open(path))['key_file'])",
        "for name in os.listdir('conf'):\n    print(json.load(open(os.path.join('conf', name)))['key_file'])",
        WALK,
        "print(keys(os.environ['CONFIGS'].split(':')))",
    ],
)
def test_a_key_stays_for_whoever_may_read_it(who: str, tmp_path: Path) -> None:
    head = "import glob\nimport json\nimport os\n\nfrom checks import keys\nfrom client import Client\n\n"
    found, said = after(f"{head}print(Client('conf/prod.json').login())\n{who}\n", tmp_path, checks=KEYS)
    assert "key_file" in found["prod"], said
    assert "account" not in found["prod"], said


def test_a_key_of_some_reply_is_no_reader(tmp_path: Path) -> None:
    other = "import requests\n\n\ndef ask(url):\n    return requests.get(url).json()['key_file']\n"
    main = "from client import Client\nfrom other import ask\n\nask(Client('conf/prod.json').login())\n"
    found, said = after(main, tmp_path, other=other)
    assert "key_file" not in found["prod"], said


def test_a_key_stays_for_whoever_goes_through_all_files_beside_it(tmp_path: Path) -> None:
    report = "import glob\nimport json\n\nfor path in sorted(glob.glob('*.json')):\n"
    report += "    with open(path) as f:\n        print(json.load(f)['key_file'])\n"
    files = {"prod.json": json.dumps(settings("prod"), indent=2) + "\n", "client.py": CLIENT}
    files |= {"main.py": "from client import Client\n\nClient('prod.json').login()\n", "report.py": report}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    left = json.loads((tree / "prod.json").read_text())
    assert "key_file" in left, said
    assert "account" not in left, said


PACKAGED = """\
import configparser
import time
from importlib.resources import files
from pathlib import Path

import jwt
import requests

ini = configparser.ConfigParser()
ini.read_string({})
conf = ini["adobe"]


def login():
    claims = {{"exp": int(time.time()) + 60, "aud": conf["ims"] + "/c/" + conf["id"], "iss": "o@AdobeOrg",
              "sub": conf["account"], conf["ims"] + "/s/ent_user_sdk": True}}
    form = {{"client_id": conf["id"], "client_secret": "p8e-CANARY-x",
            "jwt_token": jwt.encode(claims, open("k.pem").read(), algorithm="RS256")}}
    return requests.post(conf["exchange"], data=form).json()["access_token"]
"""
SECTION = """\
[adobe]
ims = https://ims-na1.adobelogin.com
exchange = https://ims-na1.adobelogin.com/ims/exchange/jwt
id = abc
account = t@techacct.adobe.com
"""


@pytest.mark.parametrize(
    "text",
    [
        'files("pkg").joinpath("data/app.ini").read_text()',
        '(Path(__file__).parent / "data" / "app.ini").read_text()',
        'open("pkg/data/app.ini").read()',
    ],
)
def test_an_ini_file_that_is_read_as_a_text_changes_with_the_program(text: str, tmp_path: Path) -> None:
    made = {"pkg/__init__.py": "", "pkg/login.py": PACKAGED.format(text), "pkg/data/__init__.py": ""}
    made["pkg/data/app.ini"] = SECTION
    tree = trees.write({path: each.encode() for path, each in made.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    ini = (tree / "pkg/data/app.ini").read_text()
    assert "/ims/token/v3" in ini, ran.story
    assert "account" not in ini

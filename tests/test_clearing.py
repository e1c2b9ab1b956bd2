"""Keys that only the JWT flow read leave the configuration; whoever may still want one keeps it there."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest
import trees
from tool import Ran, jwt2oauth

from jwt2oauth import engine
from jwt2oauth.project.documents import Documents
from jwt2oauth.tree.walk import Tree

PROGRAM = """
import json
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"

with open("adobe.json") as file:
    config = json.load(file)


def token():
    with open(config["key_file"]) as file:
        key = file.read()
    claims = {
        "exp": int(time.time()) + 300,
        "iss": config["org"],
        "sub": config["account"],
        "aud": f"{IMS}/c/{config['client_id']}",
        f"{IMS}/s/ent_user_sdk": True,
    }
    form = {
        "client_id": config["client_id"],
        "client_secret": config["client_secret"],
        "jwt_token": jwt.encode(claims, key, algorithm="RS256"),
    }
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]


print(token())
"""
CONFIG = """{
  "client_id": "1a3c5e7b9d0f4a2c8e6b1d3f5a7c9e0b",
  "client_secret": "p8e-CANARY-clearing",
  "org": "5C7E9A1B5D3F7B2D0A495F1A@AdobeOrg",
  "account": "6D8F0B2C5D3F7B3E0A495F2B@techacct.adobe.com",
  "key_file": "private.key"
}
"""


def fixed(root: Path, files: Mapping[str, str]) -> tuple[dict[str, str], Ran]:
    everything = {"token.py": PROGRAM.lstrip(), "adobe.json": CONFIG, **files}
    tree = trees.write({path: text.encode() for path, text in everything.items()}, root / "tree")
    ran = jwt2oauth(tree, "fix")
    return {path: data.decode() for path, data in trees.read(tree).items()}, ran


def told(ran: Ran) -> str:
    return " ".join(ran.story.replace("–", " ").split())


def test_what_nobody_reads_goes(tmp_path: Path) -> None:
    made, ran = fixed(tmp_path, {})
    assert not any(key in made["adobe.json"] for key in ("org", "account", "key_file")), ran.story
    assert "leave adobe.json: nothing here reads them any more" in told(ran)


READERS = {
    "asks for it by name": 'print(config["account"])',
    "asks whether it is there": 'print("account" in config)',
    "takes the mapping apart": "for name, value in config.items():\n    print(name, value)",
    "counts": "print(len(config))",
    "writes it out": 'json.dump(config, open("copy.json", "w"))',
    "spreads it": "print(dict(verbose=True, **config))",
    "asks for what is only known at run time": "import sys\nprint(config[sys.argv[1]])",
    "asks for one of several": 'for name in ("org", "account"):\n    print(config[name])',
    "hands it to others": "import others\nothers.show(config)",
}


@pytest.mark.parametrize("how", READERS)
@pytest.mark.parametrize("where", ["token.py", "second.py"])
def test_whoever_may_want_it_keeps_it(how: str, where: str, tmp_path: Path) -> None:
    text = PROGRAM.lstrip() + "\n" + READERS[how] + "\n"
    if where == "second.py":
        text = (
            'import json\n\nwith open("adobe.json") as file:\n    config = json.load(file)\n' + READERS[how]
        )
    made, ran = fixed(tmp_path, {where: text})
    assert '"account"' in made["adobe.json"], ran.story
    assert "ims/exchange/jwt" not in made["token.py"], ran.story


@pytest.mark.parametrize(
    "reader",
    [
        "import token_of_ours as t\n\nprint(t.config['account'])\n",
        "from pathlib import Path\n\nprint(Path('adobe.json').read_text())\n",
        "import subprocess\n\nsubprocess.run(['jq', '.account', 'adobe.json'])\n",
    ],
)
def test_other_programs_that_name_the_file(reader: str, tmp_path: Path) -> None:
    made, ran = fixed(tmp_path, {"other.py": reader.replace("token_of_ours", "token")})
    assert '"account"' in made["adobe.json"], ran.story


@pytest.mark.parametrize(
    ("opens", "stays"),
    [
        ("'adobe.json'", True),
        ("'adobe' + '.json'", True),
        ("os.path.join('..', f'{NAME}.json')", True),
        ("'other.json'", False),
    ],
)
def test_a_program_far_from_the_flow_counts_if_it_may_open_the_file(
    opens: str, stays: bool, tmp_path: Path
) -> None:
    reader = f"import json\nimport os\n\nNAME = 'adobe'\nprint(json.load(open({opens}))['account'])\n"
    reader = reader if "NAME" in opens else reader.replace("NAME = 'adobe'\n", "")
    others = {"ops/report.py": reader, "ops/other.json": '{"account": "anna"}\n'}
    made, ran = fixed(tmp_path, {f"auth/{name}": "" for name in ("__init__.py",)} | others)
    assert ('"account"' in made["adobe.json"]) is stays, ran.story
    assert made["ops/other.json"] == others["ops/other.json"]


def test_the_like_of_another_mapping_says_nothing(tmp_path: Path) -> None:
    other = "import json\n\nother = json.load(open('other.json'))\nprint(other['account'])\n"
    made, ran = fixed(tmp_path, {"other.py": other, "other.json": '{"account": "anna"}\n'})
    assert '"account"' not in made["adobe.json"], ran.story
    assert made["other.json"] == '{"account": "anna"}\n'


def test_templates_lose_and_gain_what_the_file_does(tmp_path: Path) -> None:
    template = (
        '{\n  "client_id": "",\n  "account": "…@techacct.adobe.com",\n  "mine": {"account": "anna"}\n}\n'
    )
    made, ran = fixed(tmp_path, {"adobe.example.json": template, "adobe.json.sample": template})
    scopes = '"scopes": "openid,AdobeID,user_management_sdk"'
    wanted = f'{{\n  "client_id": "",\n  {scopes},\n  "mine": {{"account": "anna"}}\n}}\n'
    assert made["adobe.example.json"] == wanted, ran.story
    assert made["adobe.json.sample"] == wanted, ran.story


OBJECT = '{"type": "object", "additionalProperties": false, "properties": {%s}, "required": [%s]}'
MINE = ", ".join(f'"{key}": {{"type": "string"}}' for key in ("client_id", "account", "key_file"))
REQUIRED = '"client_id", "account", "key_file"'
SCHEMAS = {  # where a schema is, what is in it, and what is to be told where it cannot go along
    "of the file's name": ("adobe.schema.json", OBJECT % (MINE, REQUIRED), ""),
    "by a reference": (
        "adobe.schema.json",
        '{"$ref": "#/$defs/adobe", "$defs": {"adobe": %s}}' % (OBJECT % (MINE, REQUIRED)),
        "",
    ),
    "of a choice": (
        "schemas/adobe.json",
        '{"oneOf": [%s, {"type": "null"}]}' % (OBJECT % (MINE, REQUIRED)),
        "see the schema schemas/adobe.json",
    ),
    "by another word": (
        "adobe.schema.json",
        '{"properties": {' + MINE + '}, "dependencies": {"account": ["key_file"]}}',
        "see the schema adobe.schema.json",
    ),
    "of another file": (
        "people.schema.json",
        OBJECT % (MINE, REQUIRED),
        "see the schema people.schema.json",
    ),
}


@pytest.mark.parametrize("how", SCHEMAS)
def test_a_schema_goes_along_where_it_is_the_file_s(how: str, tmp_path: Path) -> None:
    path, schema, why = SCHEMAS[how]
    made, ran = fixed(tmp_path, {path: schema})
    gone = [key for key in ("account", "key_file") if f'"{key}"' not in made["adobe.json"]]
    if why:
        assert gone == [], ran.story
        assert why in told(ran)
    else:
        assert gone == ["account", "key_file"], ran.story
        assert not any(f'"{key}"' in made[path] for key in gone)
    inner = json.loads(made[path])
    inner = inner.get("$defs", {}).get("adobe", inner)
    if path != "people.schema.json" and "properties" in inner:
        assert "scopes" in inner["properties"]
    else:
        assert made[path] == schema


VARIABLES = (
    PROGRAM.lstrip()
    .replace('config["key_file"]', 'os.environ["KEY_FILE"]')
    .replace("import json", "import json\nimport os")
)
ENVIRON = {
    "by name": "import os\n\nprint(os.getenv('KEY_FILE'))\n",
    "in a list": "NEEDED = ['CLIENT', 'KEY_FILE']\n",
    "all of them": "import os\n\nfor name in os.environ.items():\n    print(name)\n",
    "a default that is gone through": "import os\n\n\ndef show(env=os.environ):\n    print(*env.items())\n",
    "handed on": "import os\nimport subprocess\n\nsubprocess.run(['x'], env={**os.environ})\n",
}


def test_a_variable_leaves_every_file_of_the_environment(tmp_path: Path) -> None:
    text = "A=1\n\n# where the key lies\nexport KEY_FILE=private.key\n"
    made, ran = fixed(tmp_path, {"token.py": VARIABLES, ".env.example": text, "deploy/prod.env": text})
    assert made[".env.example"] == made["deploy/prod.env"] == "A=1\n", ran.story


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A=1\nACCOUNT=x\n# if not in compose\n#KEY_FILE=k\nB=2\n", "A=1\nB=2\n"),
        ("# the private key\n#KEY_FILE=k\nB=2\n", "B=2\n"),
        ("A=1\n\n# Adobe\n#KEY_FILE=k\nB=2\n", "A=1\n\n# Adobe\nB=2\n"),
        ("A=1\n#C=2\n#KEY_FILE=k\nB=2\n", "A=1\n#C=2\nB=2\n"),
    ],
)
def test_what_is_said_of_a_setting_that_is_commented_out(before: str, after: str, tmp_path: Path) -> None:
    program = VARIABLES.replace('config["account"]', "os.environ['ACCOUNT']")
    made, ran = fixed(tmp_path, {"token.py": program, ".env.example": before})
    assert made[".env.example"] == after, ran.story


def test_an_environment_that_is_only_looked_into_keeps_nothing(tmp_path: Path) -> None:
    other = """
        import os


        def level(environ=os.environ):
            return environ.get("LEVEL", "INFO")


        def name(environ=None):
            return (environ or os.environ)["NAME"]
    """
    program = textwrap.dedent(other) + VARIABLES + "\nprint(level(), name)\n"
    made, ran = fixed(tmp_path, {"token.py": program, ".env.example": "A=1\nKEY_FILE=private.key\n"})
    assert made[".env.example"] == "A=1\n", ran.story


@pytest.mark.parametrize(("name", "stays"), [("AIRFLOW_HOME", True), ("ADOBE_HOME", False)])
def test_a_variable_that_a_library_reads_stays(name: str, stays: bool, tmp_path: Path) -> None:
    program = VARIABLES.replace("os.environ['KEY_FILE']", 'os.environ["KEY_FILE"]').replace(
        'os.environ["KEY_FILE"]', f'os.path.join(os.environ["{name}"], "private.key")'
    )
    made, ran = fixed(tmp_path, {"token.py": program, ".env.example": f"A=1\n{name}=/srv\n"})
    assert (name in made[".env.example"]) is stays, ran.story
    assert (name in ran.text) is not stays, ran.story


@pytest.mark.parametrize("how", ENVIRON)
def test_a_variable_that_somebody_reads_stays(how: str, tmp_path: Path) -> None:
    files = {"token.py": VARIABLES, ".env.example": "KEY_FILE=private.key\n", "other.py": ENVIRON[how]}
    made, ran = fixed(tmp_path, files)
    assert made[".env.example"] == "KEY_FILE=private.key\n", ran.story


# A change-set applies whole or not at all


@pytest.mark.parametrize(
    "path", ["conf/nightly.ini", "requirements.txt", "tests/test_ims.py", ".env.example"]
)
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_nothing_is_written_if_one_file_has_changed(
    path: str, how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tmp_path / "tree"
    shutil.copytree(trees.FIXTURES / "nightly-sync/before", tree)
    monkeypatch.chdir(tree)
    outcome = engine.run([Path()], engine.Settings(remove_keys=True))
    if how == "gone":
        (tree / path).unlink()
    else:
        (tree / path).write_text((tree / path).read_text() + "\n")
    before = trees.read(tree)
    written = engine.write(outcome)
    assert trees.read(tree) == before
    assert [lost.path for lost in written.report.lost] == [path]
    assert engine.exit_code(written) == 1


def test_the_program_of_these_tests_is_a_flow(tmp_path: Path) -> None:
    made, _ = fixed(tmp_path, {})
    assert "client_credentials" in made["token.py"]
    assert textwrap.dedent(made["token.py"]) == made["token.py"]


def test_a_function_that_nobody_here_calls_stays(tmp_path: Path) -> None:
    made, ran = fixed(tmp_path, {"token.py": PROGRAM.lstrip().replace("print(token())\n", "")})
    assert "def token" in made["token.py"], ran.story
    assert "client_credentials" in made["token.py"]


@pytest.mark.parametrize("name", ["adobe.example.json", "adobe.json.sample", "conf/adobe.json.dist"])
def test_a_template_alone_changes_with_the_flow(name: str, tmp_path: Path) -> None:
    tree = trees.write({"token.py": PROGRAM.encode(), name: CONFIG.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    page = json.loads((tree / name).read_text())
    assert list(page) == ["client_id", "client_secret", "scopes"], ran.story
    assert f"Change adobe.json as {name} changes, wherever it is kept: it is not here." in told(ran)


def test_of_two_templates_for_no_file_none_is_taken(tmp_path: Path) -> None:
    files = {name: CONFIG.encode() for name in ("a/adobe.example.json", "b/adobe.example.json")}
    tree = trees.write({"token.py": PROGRAM.encode(), **files}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = trees.read(tree)
    assert {path: made[path] for path in files} == files, ran.story
    assert b"client_credentials" in made["token.py"]


@pytest.mark.parametrize(("reads", "stays"), [("client_id", False), ("account", True)])
def test_what_lies_in_a_profile_that_is_chosen_at_run_time(reads: str, stays: bool, tmp_path: Path) -> None:
    program = PROGRAM.lstrip().replace("json.load(file)", 'json.load(file)[os.environ.get("PROFILE", "dev")]')
    program += f"\nprint(json.load(open('adobe.json'))[os.environ['OTHER']]['{reads}'])\n"
    profiles = f'{{"dev": {CONFIG.strip()}, "prod": {CONFIG.strip()}}}\n'
    made, ran = fixed(tmp_path, {"token.py": f"import os\n{program}", "adobe.json": profiles})
    page = json.loads(made["adobe.json"])
    assert ("account" in page["dev"]) is stays, ran.story
    assert "key_file" not in page["dev"]


def test_a_program_next_door_that_reads_a_file_of_its_own_keeps_no_key(tmp_path: Path) -> None:
    """It hides the name of the file, so it might be any; yet a program reads its own."""
    names = ("latin-1-and-tabs", "ini-sections", "verbose-flag")
    together = tmp_path / "together"
    for name in names:
        shutil.copytree(trees.FIXTURES / name / "before", together / name)
        shutil.copytree(trees.FIXTURES / name / "before", tmp_path / name)
        assert jwt2oauth(tmp_path / name, "fix").code == 0
    assert jwt2oauth(together, "fix").code == 0
    for name in names:
        assert trees.read(together / name) == trees.read(tmp_path / name), name


SCRIPTS = {  # a program in another language, what it says, and whether what it names stays
    "publish.js": ('const c = require("./adobe.json");\nsign(c.account);\n', True),
    "rotate.sh": (
        "python - <<'PY'\nimport json\nprint(json.load(open('adobe.json'))['account'])\nPY\n",
        True,
    ),
    "other.js": ('const c = require("./people.json");\nsign(c.account);\n', False),
    "longer.rb": ('c = JSON.parse(File.read("adobe.json"))\nputs c["account_name"]\n', False),
    "notes.txt": ("adobe.json holds the account\n", False),
}


@pytest.mark.parametrize("path", SCRIPTS)
def test_a_program_in_another_language_that_names_file_and_key(path: str, tmp_path: Path) -> None:
    text, stays = SCRIPTS[path]
    made, ran = fixed(tmp_path, {path: text})
    assert ('"account"' in made["adobe.json"]) is stays, ran.story
    assert '"key_file"' not in made["adobe.json"]
    assert (f"{path} names it" in told(ran)) is stays


ASKING = {
    "use.js": ("start(process.env.KEY_FILE);\n", True),
    "use.sh": (". ./.env\ncp $KEY_FILE /tmp\n", True),
    "set.sh": ("export KEY_FILE=private.key  # or in .env\n", False),
    "far.sh": ("cp $KEY_FILE /tmp\n", False),
}


@pytest.mark.parametrize("path", ASKING)
def test_a_variable_that_a_program_in_another_language_asks_for(path: str, tmp_path: Path) -> None:
    text, stays = ASKING[path]
    made, ran = fixed(tmp_path, {"token.py": VARIABLES, ".env": "A=1\nKEY_FILE=private.key\n", path: text})
    assert ("KEY_FILE" in made[".env"]) is stays, ran.story


KEYS = 'CONFIG = json.loads(Path("adobe.json").read_text())\n'
HEAD = f"import json\nfrom pathlib import Path\n\nimport pytest\n\n{KEYS}"
ROW = '\n\n\n@pytest.mark.parametrize("name", %s)\ndef test(name):\n    assert name.islower()\n'
ALL = "\n\ndef test_all():\n    assert set(NEEDED) <= set(CONFIG)\n"
SORTED = "def test():\n    assert sorted(CONFIG) == [%s]\n"
APART = '\n\n\ndef test():\n    assert ROWS["account"] == 2\n    print(list(ROWS))\n'
CHECKS = [  # what a test says of the keys, and what it says then
    (
        'def test():\n    assert {"client_id", "client_secret", "account"} <= set(CONFIG)\n',
        'def test():\n    assert {"client_id", "client_secret"} <= set(CONFIG)\n',
    ),
    (
        SORTED % '"account", "client_id", "client_secret", "key_file", "org"',
        SORTED % '"client_id", "client_secret", "scopes"',
    ),
    (
        'NEEDED = ["client_id", "account"]' + ROW % "NEEDED" + ALL,
        'NEEDED = ["client_id"]' + ROW % "NEEDED" + ALL,
    ),
    (
        'ROWS = {"client_id": 1, "key_file": 2}' + ROW % "list(ROWS)",
        'ROWS = {"client_id": 1}' + ROW % "list(ROWS)",
    ),
    2 * ('def test():\n    assert "a account".split() == ["a", "account"]\n',),
    2 * ('ROWS = {"a": 1, "account": 2}' + APART,),
]


@pytest.mark.parametrize(("before", "after"), CHECKS)
def test_checks_of_keys_name_those_that_are_left(before: str, after: str, tmp_path: Path) -> None:
    made, ran = fixed(tmp_path, {"tests/test_config.py": HEAD + before})
    assert made["tests/test_config.py"].removeprefix(HEAD) == after, ran.story


@pytest.mark.parametrize(
    ("tidied", "followed"), [("os.path.expandvars(v)", True), ("v.strip()", True), ("look_up(v)", False)]
)
def test_a_mapping_whose_texts_are_tidied_up_is_the_same(tidied: str, followed: bool, tmp_path: Path) -> None:
    read = f"{{k: {tidied} for k, v in json.load(file).items()}}"
    program = (
        PROGRAM.lstrip().replace("json.load(file)", read).replace("import json\n", "import json\nimport os\n")
    )
    program = program.replace("ent_user_sdk", "{config['metascope']}")
    config = CONFIG.replace('"org"', '"metascope": "ent_user_sdk",\n  "org"')
    made, ran = fixed(tmp_path, {"token.py": program, "adobe.json": config})
    assert ('"scopes": "openid,AdobeID,user_management_sdk"' in made["adobe.json"]) is followed, ran.story


def test_a_program_that_cannot_be_read_names_nothing(tmp_path: Path) -> None:
    assert Documents(Tree(tmp_path), ()).text("gone.js") == ""


PUTS = {
    'monkeypatch.setitem(token.config, "key_file", "k.pem")': (False, False),
    'monkeypatch.setitem(token.config, "client_id", "c")': (False, True),
    'monkeypatch.setitem(PARTNER, "key_file", "p.pem")': (False, True),
    'monkeypatch.delitem(token.config, "key_file")': (True, True),
    "mock.patch.dict(token.config, {**VALUES}).start()": (True, True),
    'monkeypatch.setitem(token.config, NAME, "k.pem")': (True, True),
}


@pytest.mark.parametrize("how", PUTS)
def test_a_test_that_only_puts_something_in_reads_nothing(how: str, tmp_path: Path) -> None:
    """Of what it puts under a key that nothing reads any more, nothing is left."""
    test = f"""
        from unittest import mock

        import token

        NAME, VALUES, PARTNER = "key_file", {{}}, {{"key_file": "partner.pem"}}


        def test_token(monkeypatch, requests_mock):
            {how}
            requests_mock.post(token.IMS + "/ims/exchange/jwt", json={{"access_token": "t"}})
            assert token.token() == "t"
    """
    made, ran = fixed(tmp_path, {"test_token.py": textwrap.dedent(test)})
    kept, stays = PUTS[how]
    assert ("key_file" in made["adobe.json"]) is kept, ran.story
    assert (how in made["test_token.py"]) is stays, ran.story


OMEGA = """\
ims:
  host: https://ims-na1.adobelogin.com
  exchange: {exchange}
adobe:
  client_id: id
  secret: ${{oc.env:ADOBE_SECRET}}
  org_id: o@AdobeOrg
  tech_id: t@techacct.adobe.com
  key: private.key
"""
BY_OMEGA = """\
import time

import jwt
import requests
from omegaconf import OmegaConf

cfg = OmegaConf.load("config.yaml")


def signed():
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": cfg.adobe.org_id,
        "sub": cfg.adobe.tech_id,
        "aud": f"{{cfg.ims.host}}/c/{{cfg.adobe.client_id}}",
        f"{{cfg.ims.host}}/s/ent_user_sdk": True,
    }}
    with open(cfg.adobe.key) as file:
        return jwt.encode(claims, file.read(), algorithm="RS256")


def login():
    form = {{"client_id": cfg.adobe.client_id, "client_secret": cfg.adobe.secret, "jwt_token": signed()}}
    return requests.post({url}, data=form).json()["access_token"]
"""


@pytest.mark.parametrize(
    ("exchange", "url", "stays"),
    [
        ("${ims.host}/ims/exchange/jwt", "cfg.ims.exchange", True),
        ("${.host}/ims/exchange/jwt", "cfg.ims.exchange", True),
        ("https://ims-na1.adobelogin.com/ims/exchange/jwt", "cfg.ims.exchange", False),
        ("/ims/exchange/jwt", "cfg.ims.host + cfg.ims.exchange", True),
    ],
)
def test_a_key_that_another_value_takes_in_stays(
    exchange: str, url: str, stays: bool, tmp_path: Path
) -> None:
    files = {"config.yaml": OMEGA.format(exchange=exchange), "login.py": BY_OMEGA.format(url=url)}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path)
    ran = jwt2oauth(tree, "fix")
    made = (tree / "config.yaml").read_text()
    assert exchange.replace("/ims/exchange/jwt", "/ims/token/v3") in made, ran.story
    assert ("  host: " in made) is stays
    assert "org_id" not in made

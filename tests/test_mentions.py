"""Files that no program reads and that speak of the key: told with the flow, whatever becomes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

CI = ".github/workflows/ci.yml"
BESIDE = {
    CI: b"env:\n  ADOBE_KEY: ${{ secrets.KEY }}\n  ADOBE_ACCOUNT: x\n",
    "compose.yaml": b"environment:\n  ADOBE_KEY: /run/key\n  ADOBE_CLIENT_ID: c\n",
    "README.md": b"The private key of the Adobe integration lies in the safe.\n",
    "pyproject.toml": b"[tool.jwt2oauth]\nexclude = ['ADOBE_KEY']\n\n"
    b"[tool.jwt2oauth.scopes]\nent_user_sdk = 'openid,AdobeID'\n\n[project]\n",
}
PROGRAM = """\
import os
import json
from pathlib import Path

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


class Client:
    def token(self, send=requests.{post}):
        claims = {{
            "iss": os.environ["ADOBE_ORG"],
            "sub": os.environ["ADOBE_ACCOUNT"],
            "aud": IMS + "/c/" + os.environ["ADOBE_CLIENT_ID"],
            IMS + "/s/{metascope}": True,
        }}
        signed = jwt.encode(claims, Path(os.environ["ADOBE_KEY"]).read_text(), algorithm="RS256")
        return print(signed) or {use}
"""
POST = """requests.post(
            IMS + "/ims/exchange/jwt",
            data={"client_id": os.environ["ADOBE_CLIENT_ID"], "client_secret": "s", "jwt_token": signed},
        ).json()["access_token"]"""


@pytest.mark.parametrize("post", [POST, "signed"], ids=["a flow", "half of one"])
def test_what_has_to_change_with_a_flow_that_is_left_alone(post: str, tmp_path: Path) -> None:
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=post)
    tree = trees.write({"app.py": program.encode(), **BESIDE}, tmp_path / "tree")
    ran = jwt2oauth(tree, "scan", "--format", "json")
    (reason,) = ran.page["unfixed"]
    assert reason["todo"] == [
        f"CI has to change with it: {CI}:2 (ADOBE_KEY), {CI}:3 (ADOBE_ACCOUNT).",
        "Deployment has to change with it: compose.yaml:2 (ADOBE_KEY).",
        "The documentation has to change with it: README.md:1 (a key pair).",
    ]
    for form in ("text", "markdown", "html"):
        said = jwt2oauth(tree, "scan", "--format", form).stdout.decode()
        assert "Deployment has to change with it" in said, form


def test_nothing_has_to_change_with_credentials_that_have_not_ended(tmp_path: Path) -> None:
    program = PROGRAM.format(post="post", metascope="ent_aem_cloud_api", use=POST)
    tree = trees.write({"app.py": program.encode(), **BESIDE}, tmp_path / "tree")
    for reason in jwt2oauth(tree, "scan", "--format", "json").page["unfixed"]:
        assert reason["todo"] == []


DEPLOYED = {
    "cdk/app_stack.py": b'environment = {"ADOBE_KEY": key.name, "ADOBE_ORG": org}\n',
    "infra/prod.tfvars": b'adobe_account = "a@techacct.adobe.com"\nsftp_private_key_path = "/keys/sftp"\n',
    "chart/values.yaml": b"adobeAccount: a@techacct.adobe.com\nsftp:\n  privateKeyPath: /keys/sftp\n",
    "ops/crontab": b"ADOBE_KEY=/keys/adobe\n0 5 * * * loader\n",
    "supervisor/loader.conf": b"[program:loader]\nenvironment=APP__ADOBE_ACCOUNT=a,SFTP_KEY=/keys/sftp\n",
    "azure-pipelines.yml": b"inputs: {secureFile: adobe-private.key}\n",
    "Jenkinsfile": b"withCredentials([file(credentialsId: 'sftp-private-key', variable: 'SFTP_KEY')]) {}\n",
    "sam/template.yaml": b"- ParameterName: prod/adobe/private-key\n- ParameterName: prod/sftp/private-key\n",
    "upload.py": b'import os\n\nKEY = os.environ["SFTP_PRIVATE_KEY_PATH"]\n',
}


def test_other_spellings_and_deployment_by_code(tmp_path: Path) -> None:
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST)
    tree = trees.write({"app.py": program.encode(), **DEPLOYED}, tmp_path / "tree")
    (reason,) = jwt2oauth(tree, "scan", "--format", "json").page["unfixed"]
    ci, deployment = reason["todo"]
    assert ci == "CI has to change with it: azure-pipelines.yml:1 (a private key for Adobe)."
    assert deployment.partition(": ")[2].rstrip(".").split(", ") == [
        "chart/values.yaml:1 (adobeAccount)",
        "infra/prod.tfvars:1 (adobe_account)",
        "ops/crontab:1 (ADOBE_KEY)",
        "sam/template.yaml:1 (a private key for Adobe)",
        "supervisor/loader.conf:2 (ADOBE_ACCOUNT)",
        "cdk/app_stack.py:1 (ADOBE_KEY)",
    ]


@pytest.mark.parametrize(
    ("beside", "told"),
    [("", True), ('print(open("keys/adobe.pem").read())\n', False)],
    ids=["nobody else's", "read by another program"],
)
def test_a_key_file_that_is_not_here_is_told_by_its_name(beside: str, told: bool, tmp_path: Path) -> None:
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST)
    program = program.replace('os.environ["ADOBE_KEY"]', '"keys/adobe.pem"').replace("print(signed) or ", "")
    files = {
        "app.py": program.encode(),
        "other.py": beside.encode(),
        "Dockerfile": b"COPY keys/adobe.pem /app/keys/\n",
    }
    ran = jwt2oauth(trees.write(files, tmp_path / "tree"), "scan")
    assert ("Dockerfile:1 (adobe.pem)" in ran.text) is told, ran.text


def test_a_key_file_is_told_whatever_puts_its_path_together(tmp_path: Path) -> None:
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST)
    read = 'Path(os.environ.get("KEYS", "keys")).joinpath("adobe.pem").read_text()'
    program = program.replace('Path(os.environ["ADOBE_KEY"]).read_text()', read).replace(
        "print(signed) or ", ""
    )
    files = {
        "app.py": program.encode(),
        "Dockerfile": b"COPY keys/adobe.pem /app/keys/\nCOPY tls.pem /app/\n",
    }
    ran = jwt2oauth(trees.write(files, tmp_path / "tree"), "scan")
    assert "Dockerfile:1 (adobe.pem)." in ran.text, ran.text


def test_prose_of_a_notebook_names_no_key_that_is_needed(tmp_path: Path) -> None:
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST)
    program = program.replace('os.environ["ADOBE_KEY"]', '"adobe.pem"').replace("print(signed) or ", "")
    cell = b'{"cell_type": "markdown", "metadata": {}, "source": ["Needs adobe.pem"]}'
    prose = b'{"cells": [' + cell + b'], "metadata": {}}'
    files = {"app.py": program.encode(), "notes.ipynb": prose, "README.md": b"Ask Jane for adobe.pem.\n"}
    ran = jwt2oauth(trees.write(files, tmp_path / "tree"), "scan")
    assert "README.md:1 (adobe.pem)" in ran.text, ran.text


@pytest.mark.parametrize("shown", ["for name in ims: print(name)", "open(ims['key'])"])
def test_a_key_that_a_setting_of_no_use_names_is_told(shown: str, tmp_path: Path) -> None:
    """A setting that stays because somebody shows them all names no key; who reads it needs the key."""
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST).replace("print(signed) or ", "")
    program = program.replace('os.environ["ADOBE_KEY"]', 'ims["key"]').replace(
        'IMS = "', 'ini = configparser.ConfigParser()\nini.read("app.ini")\nims = ini["ims"]\nIMS = "', 1
    )
    files = {
        "app.py": f"import configparser\n{program}\n\ndef show():\n    {shown}\n".encode(),
        "app.ini": b"[ims]\nkey = adobe.key\n[slack]\nkey = slack.key\n",
        "docs/adobe.md": b"The login wants `adobe.key`.\n",
        "Makefile": b"# Adobe\n"
        b"slack:\n\topenssl rsa -in slack.key -check -noout\nkeys:\n\topenssl req -new\n",
    }
    said = " ".join(jwt2oauth(trees.write(files, tmp_path / "tree"), "fix").text.split())
    assert ("docs/adobe.md:1 (adobe.key)" in said) is ("print" in shown), said
    assert "Makefile:5 (a key pair is made with openssl)." in said


CELLS = """{"cells": [
 {"cell_type": "markdown", "metadata": {}, "source": ["# Report\\n", "Signs a JWT with the key."]},
 {"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": [%s]}
], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5}
"""


def test_text_of_notebooks_and_comments_that_speak_of_the_jwt_are_told(tmp_path: Path) -> None:
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST).replace("print(signed) or ", "")
    program = program.replace('os.environ["ADOBE_KEY"]', 'ims["key"]')
    program = program.replace('IMS = "', 'import yaml\nims = yaml.safe_load(open("ims.yaml"))\nIMS = "', 1)
    env = "# Sessions are JWTs.\n\n\n\n\n\n# Adobe (JWT)\nADOBE_CLIENT_ID=\nADOBE_ACCOUNT=\n"
    files = {
        "report.ipynb": (CELLS % ", ".join(map(json.dumps, program.splitlines(keepends=True)))).encode(),
        "other.ipynb": (CELLS % '"print(1)"').encode(),
        "ims.yaml": b"# the JWT's\nkey: adobe.key\nregion: eu\n",
        ".env.example": env.encode(),
    }
    said = " ".join(jwt2oauth(trees.write(files, tmp_path / "tree"), "fix").text.split())
    assert "tells people about the key: report.ipynb:cell 1:2 (the JWT)." in said, said
    assert "A comment still speaks of the JWT: .env.example:7." in said


def test_the_inputs_of_an_action_are_told_by_their_names(tmp_path: Path) -> None:
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST).replace("print(signed) or ", "")
    files = {
        "app.py": program.replace("ADOBE_KEY", "INPUT_SIGNING_PEM").encode(),
        "action.yml": b"inputs:\n  client_id: {}\n  signing_pem: { required: true }\n  pem: {}\n",
    }
    said = " ".join(jwt2oauth(trees.write(files, tmp_path / "tree"), "fix").text.split())
    assert "CI still speaks of the JWT credential: action.yml:3 (signing_pem)." in said, said


NEAR = {
    "old.ini": b"[server]\nims_endpoint_jwt = /ims/exchange/jwt\n",
    "config/stage.yaml": b"adobe_secret: p8e-CANARY-near\nADOBE_KEY: k.pem\nADOBE_ACCOUNT: x\n",
    "config/other.yaml": b"secret: p8e-CANARY-far\nADOBE_KEY: of something else\n",
    "aem.json": b'{"clientSecret": "p8e-CANARY-aem", "metascopes": "ent_aem_cloud_api,ent_cloudmgr_sdk"}\n',
    "data/replies.json": b'{"url": "https://ims-na1.adobelogin.com/ims/exchange/jwt"}\n',
}


@pytest.mark.parametrize("kept", [True, False])
def test_configuration_beside_a_flow_that_nothing_is_seen_to_read(kept: bool, tmp_path: Path) -> None:
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST)
    program = program if kept else program.replace("return print(signed) or", "return")
    files = {"app/app.py": program.encode(), **{f"app/{name}": data for name, data in NEAR.items()}}
    tree = trees.write(files, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix", "--diff").text.split())
    exchange = "app/old.ini:2 (the exchange)."
    if kept:
        assert f"Files of settings may have to change with it: {exchange}" in said
    else:
        settings = "app/config/stage.yaml:2 (ADOBE_KEY), app/config/stage.yaml:3 (ADOBE_ACCOUNT)"
        assert f"still set what nothing here reads any more: {settings}, {exchange}" in said
    assert "other.yaml" not in said
    assert "replies.json" not in said
    assert "aem.json" not in said


def test_configuration_that_changes_with_the_flow_is_not_told(tmp_path: Path) -> None:
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST).replace(
        "return print(signed) or", "return"
    )
    program = program.replace('IMS + "/ims/exchange/jwt"', 'IMS + json.load(open("conf.json"))["path"]')
    files = {"app.py": program.encode(), "conf.json": b'{"path": "/ims/exchange/jwt"}\n'}
    tree = trees.write(files, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    assert "/ims/token/v3" in (tree / "conf.json").read_text(), said
    assert "Files of settings" not in " ".join(said.split())


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("postBuild", "#!/bin/bash\nvault kv get -field=key secret/x > $ADOBE_KEY\n", True),
        ("bin/start", "#!/bin/sh\nexport ADOBE_KEY=/run/key\n", True),
        ("bin/start", "#!/usr/bin/env python3\nprint('ADOBE_KEY')\n", False),
        ("notes", "ADOBE_KEY\n", False),
        ("worker/deploy.prod.yaml", "env:\n  - name: ADOBE_KEY\n", True),
        ("docs/use.md", 'Client(["ent_reactor_sdk"])\n', True),
        ("docs/use.md", 'aem(["ent_aem_cloud_api"])\n', False),
        ("requests.http", "POST https://ims-na1.adobelogin.com/ims/exchange/jwt\n", True),
        ("deploy.yaml", "value: T1@adobe_account.example\n", False),
        ("config/other.json", '{"password": "x",\n"ADOBE_KEY": "k",\n"ADOBE_ACCOUNT": "y"}\n', True),
        ("config/other.json", '{"password": "x",\n"ADOBE_KEY": "k"}\n', False),
    ],
)
def test_other_files_that_speak_of_the_key(path: str, text: str, told: bool, tmp_path: Path) -> None:
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST).replace(
        "return print(signed) or", "return"
    )
    tree = trees.write({"app.py": program.encode(), path: text.encode()}, tmp_path / "tree")
    assert (f"{path}:" in jwt2oauth(tree, "fix").text) is told


def test_settings_of_a_module_that_went_are_told_by_their_names(tmp_path: Path) -> None:
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST).replace(
        "return print(signed) or", "return"
    )
    program = program.replace('os.environ["ADOBE_ACCOUNT"]', "base.TECH_ACCOUNT")
    files = {
        "app.py": program.replace("import json\n", "import base\n"),
        "base.py": 'TECH_ACCOUNT = "t@techacct.adobe.com"\nPAGE_SIZE = 5\n',
        "docs/settings.rst": "``TECH_ACCOUNT``\n    The account.\n``PAGE_SIZE``\n    At once.\n",
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "still tells people about the key: docs/settings.rst:1 (TECH_ACCOUNT)." in said


def test_a_shell_that_runs_some_python_is_told(tmp_path: Path) -> None:
    """What it imports is gone, and the lifetime is seconds."""
    text = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST).replace("print(signed) or ", "")
    parts = text.replace("signed = jwt.encode(", "signed = signed_assertion(").partition("class Client")
    signer = (
        "def signed_assertion(claims, key, algorithm):\n    return jwt.encode(claims, key, algorithm)\n\n\n"
    )
    text = "".join([parts[0], signer, parts[1], parts[2]])
    shell = "python3 - <<'PY'\nfrom app import signed_assertion\nreply = exchange()\n"
    shell += "print(reply['expires_in'] / 1000)\nprint(other['expires'] / 1000)\nPY\n"
    tree = trees.write({"app.py": text.encode(), "deploy.sh": shell.encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "def signed_assertion" not in (tree / "app.py").read_text(), said
    assert "deploy.sh:2 (signed_assertion), deploy.sh:4 (a lifetime in milliseconds)." in said


@pytest.mark.parametrize("asked", ["os.environ[name]", "os.path.join(name)"])
def test_a_variable_that_another_program_asks_for_is_not_told(asked: str, tmp_path: Path) -> None:
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST).replace(
        "return print(signed) or", "return"
    )
    files = {
        "app.py": program,
        "other.py": f'import os\n\nprint({{name: {asked} for name in ("HOST", "ADOBE_ACCOUNT")}})\n',
        "compose.yaml": "environment:\n  ADOBE_KEY: k\n  ADOBE_ACCOUNT: x\n",
    }
    files["app.py"] = f"import other\n{program}"
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "compose.yaml:2 (ADOBE_KEY)" in said
    assert ("compose.yaml:3 (ADOBE_ACCOUNT)" in said) is ("environ" not in asked), said


def test_a_variable_that_must_stay_set_is_not_told(tmp_path: Path) -> None:
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST).replace(
        "return print(signed) or", "return"
    )
    program = program.replace('Path(os.environ["ADOBE_KEY"]).read_text()', "ADOBE_PRIVATE_KEY")
    top = 'ADOBE_PRIVATE_KEY = os.environ["ADOBE_PRIVATE_KEY"]\n'
    shown = "\n\ndef check():\n    return {'key': 'BEGIN' in ADOBE_PRIVATE_KEY}\n"
    for more, told in (("", True), (shown, False)):
        files = {
            "app.py": program.replace("\n\nclass", f"{top}\n\nclass", 1) + more,
            "compose.yaml": "environment:\n  ADOBE_PRIVATE_KEY: k\n",
        }
        tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / f"tree{told}")
        said = " ".join(jwt2oauth(tree, "fix").text.split())
        assert ("compose.yaml:2" in said) is told, said


SETTLED = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST).replace(
    "return print(signed) or", "return"
)


@pytest.mark.parametrize("used", [False, True])
def test_values_that_only_such_a_line_takes(used: bool, tmp_path: Path) -> None:
    files = {
        "app.py": SETTLED,
        "deploy/app.env.j2": "ADOBE_CLIENT_ID={{ client }}\nADOBE_ACCOUNT={{ technical }}\n",
        "deploy/group_vars/all.yml": "client: c\ntechnical: t@techacct.adobe.com\n",
        "infra/main.tf": "env = {\n  ADOBE_KEY = var.pem_text\n}\n",
        "infra/variables.tf": 'variable "pem_text" {}\nvariable "client" {}\n',
        "debian/postinst": "chmod 0400 $ADOBE_KEY\n",
    }
    if used:
        files["deploy/mail.yml"] = "- mail:\n    to: '{{ technical }}'\n"
        files["infra/more.tf"] = "content = var.pem_text\n"
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "deploy/app.env.j2:2 (ADOBE_ACCOUNT)" in said
    assert ("deploy/group_vars/all.yml:2 (technical)" in said) is not used, said
    assert ("infra/variables.tf:1 (pem_text)" in said) is not used, said
    assert "debian/postinst:1 (ADOBE_KEY)" in said
    assert "(client)" not in said


HOOK = """

def event(sub):
    return jwt.encode({"iss": "us", "sub": sub}, Path(os.environ["ADOBE_KEY"]).read_text(), algorithm="RS256")


print(event("e1"))
"""
DOCS = {
    "docs/auth.md": "# JWT authentication\n\nMake a key pair, and upload it.\n",
    "docs/profiles.md": "| products | their metascopes |\n| account | our technical account, which stays |\n",
    "docs/server.md": "# The server\n\nThe private key of its TLS certificate is root's.\n",
    "mkdocs.yml": "site_name: App\nnav:\n  - JWT authentication: auth.md\n",
}


@pytest.mark.parametrize(
    ("other", "alone"),
    [
        ({}, True),
        ({"web.py": "import jwt\n\nprint(jwt.decode)\n"}, False),
        ({"app.py": SETTLED + HOOK}, False),  # the key signs something else as well
    ],
)
def test_documentation_of_the_only_jwt_there_is(other: dict[str, str], alone: bool, tmp_path: Path) -> None:
    files = {"app.py": SETTLED, **DOCS, **other}
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    told = "docs/auth.md:1 (the JWT), docs/auth.md:3 (a key pair), docs/profiles.md:1 (a metascope), "
    told += "mkdocs.yml:3 (the JWT)"
    assert (told in said) is alone, said
    assert "docs/server.md" not in said


def test_what_a_flow_that_is_left_alone_may_read_is_not_told_as_unread(tmp_path: Path) -> None:
    settings = b"client_secret: x\nexchange: https://ims-na1.adobelogin.com/ims/exchange/jwt\n"
    connector = (
        b"enterprise:\n  org_id: o@AdobeOrg\n  client_id: c\n  client_secret: x\n"
        b"  tech_acct_id: t@techacct.adobe.com\n  priv_key_path: a.key\n"
    )
    program = PROGRAM.format(post="post", metascope="ent_user_sdk", use=POST)
    files = {
        "tool.py": program.replace('os.environ["ADOBE_KEY"]', '"a.key"').encode(),
        "tool.yml": settings,
        "connector-umapi.yml": connector,
        "a.key": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "run.sh": b"chmod 600 a.key\n",
    }
    ran = jwt2oauth(trees.write(files, tmp_path / "tree"), "fix", "--exit-zero", ".")
    said = " ".join(ran.text.split())
    assert "Rewritten Let user-sync log in" in said
    assert "Files of settings may have to change with it: tool.yml:2 (the exchange)" in said
    assert "Deployment has to change with it: run.sh:1 (a.key)" in said
    assert "what only the JWT needed" not in said


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("python -c 'import ims; ims.claims()'", "ims.claims"),
        ("from ims import claims", "ims import claims"),
        ("python -c 'import ims; ims.login()'", ""),
        ("python -c 'import other; other.claims()'", ""),
    ],
)
def test_scripts_that_call_what_is_gone_are_told(line: str, told: str, tmp_path: Path) -> None:
    program = """\
import os
import time

import jwt
import requests


def claims():
    ims = "https://ims-na1.adobelogin.com"
    made = {"iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com", "exp": int(time.time()) + 60}
    return {**made, "aud": ims + "/c/c1", ims + "/s/ent_user_sdk": True}


def login():
    signed = jwt.encode(claims(), os.environ["ADOBE_KEY"], algorithm="RS256")
    form = {"client_id": "c1", "client_secret": "s1", "jwt_token": signed}
    reply = requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form, timeout=9)
    return reply.json()["access_token"]
"""
    files = {"ims.py": program, "check.sh": f"#!/bin/sh\n{line}\n"}
    tree = trees.write({name: text.encode() for name, text in files.items()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix", "--exit-zero", ".").text.split())
    assert "def claims" not in (tree / "ims.py").read_text(), said
    assert (f"check.sh:2 ({told})" in said) is bool(told)
    assert ("check.sh" in said) is bool(told)


PROFILED = """import os
import time
from pathlib import Path

import jwt
import requests
import yaml

IMS = "https://ims-na1.adobelogin.com"


class Profile:
    def __init__(self, **given):
        self.__dict__.update(given)


def claims(profile):
    found = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
    return found | {"aud": IMS + "/c/id"} | {f"{IMS}/s/{each}": True for each in profile.metascopes}


def login(profile):
    signed = jwt.encode(claims(profile), Path("private.key").read_text(), algorithm="RS256")
    form = {"client_id": "id", "client_secret": os.environ["SECRET"], "jwt_token": signed}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


data = yaml.safe_load(Path(os.environ["PROFILES"]).read_text())
profile = Profile(**{**data["default"], **data["profiles"][os.environ["PROFILE"]]})
print(login(profile))
"""


@pytest.mark.parametrize("more", ["", "print(sorted(claims(profile)))\n"])
def test_no_file_is_said_to_set_in_vain_what_a_program_goes_on_to_read(more: str, tmp_path: Path) -> None:
    settings = b"# Adobe\ndefault:\n  metascopes:\n    - ent_user_sdk\nprofiles:\n  a: {client_id: id}\n"
    tree = trees.write({"app.py": (PROFILED + more).encode(), "profiles.yaml": settings}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "/ims/token/v3" in (tree / "app.py").read_text(), ran.story
    said = " ".join(ran.text.split())
    assert ("metascopes stays in profiles.yaml" in said) == (not more), said
    assert "profiles.yaml:4 (a metascope)" not in said, said


LOGIN = """\
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def token(account):
    claims = {
        "exp": int(time.time()) + 60,
        "iss": account["org_id"],
        "sub": account["tech_account"],
        "aud": IMS + "/c/" + account["client_id"],
        IMS + "/s/ent_user_sdk": True,
    }
    form = {
        "client_id": account["client_id"],
        "client_secret": account["client_secret"],
        "jwt_token": jwt.encode(claims, account["private_key"], algorithm="RS256"),
    }
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
ROWS = "import csv\n\nfor row in csv.DictReader(open('accounts.csv')):\n    print(bool(token(row)))\n"
NODES = (
    "from xml.etree import ElementTree as ET\n\nfor node in ET.parse('accounts.xml').getroot():\n"
    "    print(bool(token({child.tag: child.text for child in node})))\n"
)
TABLE = "client_id,client_secret,org_id,tech_account,private_key\nc,p8e-CANARY-Csv,o@AdobeOrg,t,k\n"
ELEMENTS = (
    "<all>\n<one>\n<client_id>c</client_id>\n<client_secret>p8e-CANARY-Xml</client_secret>\n"
    "<org_id>o</org_id>\n<tech_account>t</tech_account>\n</one>\n</all>\n"
)
PAGE = "import streamlit as st\n\nprint(bool(token(st.secrets['adobe'])))\n"
SECRETS = '[adobe]\nclient_id = "c"\nclient_secret = "p8e-CANARY-St"\norg_id = "o"\ntech_account = "t"\n'
TEMPLATE = "import string, os, yaml\n\nwith open('a.yml') as f:\n    text = f.read()\n"
TEMPLATE += "print(bool(token(yaml.safe_load(string.Template(text).substitute(os.environ)))))\n"
FILLED = (
    "client_id: $ADOBE_ID\nclient_secret: $ADOBE_SECRET\norg_id: ${ADOBE_ORG}\nprivate_key: ${ADOBE_PEM}\n"
)
FILLED += "tech_account: ${ADOBE_TECH}\n"


@pytest.mark.parametrize(
    ("program", "path", "text", "told"),
    [
        (ROWS, "accounts.csv", TABLE, "accounts.csv:1 (org_id, private_key, tech_account)"),
        (NODES, "accounts.xml", ELEMENTS, "accounts.xml:5 (org_id), accounts.xml:6 (tech_account)"),
        (PAGE, ".streamlit/secrets.toml", SECRETS, ".streamlit/secrets.toml:4 (org_id)"),
        (TEMPLATE, "a.yml", FILLED, "run.sh:1 (ADOBE_PEM)"),
        (TEMPLATE, "a.yml", FILLED, "is filled with ADOBE_ORG, ADOBE_PEM and ADOBE_TECH any more"),
    ],
)
def test_accounts_in_files_that_are_not_followed(
    program: str, path: str, text: str, told: str, tmp_path: Path
) -> None:
    files = {"app.py": LOGIN + "\n\n" + program, path: text, "run.sh": ': "${ADOBE_PEM:?not set}"\n'}
    tree = trees.write({name: each.encode() for name, each in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert told in " ".join(ran.text.split()), ran.text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("accounts.csv", "client_secret,name\np8e-CANARY-Csv,org_id tech_account private_key\n"),
        ("a.yml", FILLED + "other: ${ADOBE_PEM} ${ADOBE_ORG} ${ADOBE_TECH}\n"),
        ("b.yml", "pem: ${ADOBE_PEM}\norg: ${ADOBE_ORG}\ntech: ${ADOBE_TECH}\n"),
    ],
)
def test_what_is_needed_besides_is_not_told(path: str, text: str, tmp_path: Path) -> None:
    """A row that is none, a variable that fills something else in the same file or in another."""
    files = {"app.py": LOGIN + "\n\n" + (ROWS if "csv" in path else TEMPLATE), "a.yml": FILLED, path: text}
    tree = trees.write({name: each.encode() for name, each in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert "accounts.csv:" not in ran.text
    assert "is filled with" not in ran.text


FILLING = """\
import json
import os
import re
import time
from dataclasses import dataclass

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
SECRETS = {"private_key": open("a.key").read(), "secret": os.environ["SECRET"]}


def fill(text):
    return re.sub("<(.*)>", lambda found: SECRETS[found[1]], text)


@dataclass
class Account:
    client_id: str
    client_secret: str
    org_id: str
    tech_account: str
    private_key: str


def token(account):
    claims = {
        "exp": int(time.time()) + 60,
        "iss": account.org_id,
        "sub": account.tech_account,
        "aud": IMS + "/c/" + account.client_id,
        IMS + "/s/ent_user_sdk": True,
    }
    form = {
        "client_id": account.client_id,
        "client_secret": fill(account.client_secret),
        "jwt_token": jwt.encode(claims, fill(account.private_key), algorithm="RS256"),
    }
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


with open("a.json") as file:
    print(bool(token(Account(**json.load(file)))))
"""
FILL = """\
{"client_id": "c", "client_secret": "<secret>", "org_id": "o",
 "tech_account": "t", "private_key": "<private_key>"}
"""


def test_who_still_makes_the_key_for_a_configuration_is_told(tmp_path: Path) -> None:
    tree = trees.write({"app.py": FILLING.encode(), "a.json": FILL.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    said = " ".join(ran.text.split())
    assert "app.py:11 still makes private_key, which no flow needs any more" in said, said
    assert "still makes secret" not in said

"""Options of a command line that nothing needs any more: in a loop with others, or the only ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

MAIN = """import argparse
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def login(client, org, key):
    claims = {"exp": int(time.time()) + 60, "iss": org, "sub": "t@techacct.adobe.com"}
    claims["aud"] = IMS + "/c/" + client
    claims[IMS + "/s/ent_user_sdk"] = True
    with open(key) as f:
        signed = jwt.encode(claims, f.read(), algorithm="RS256")
    form = {"client_id": client, "client_secret": "p8e-CANARY-x", "jwt_token": signed}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


def main():
    parser = argparse.ArgumentParser()
%s


if __name__ == "__main__":
    main()
"""
LOOP = """    for name in ("--client", "--org", "--key"):
        parser.add_argument(name%s)
    args = parser.parse_args()
    print(args.client, bool(login(args.client, args.org, args.key)))"""
ALONE = """    parser.add_argument("--key", required=True)
    args = parser.parse_args()
    claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
    claims |= {IMS + "/s/ent_user_sdk": True, "aud": IMS + "/c/id"}
    with open(args.key) as f:
        signed = jwt.encode(claims, f.read(), algorithm="RS256")
    form = {"client_id": "id", "client_secret": "p8e-CANARY-x", "jwt_token": signed}
    print(bool(requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]))"""


def fixed(tmp_path: Path, body: str) -> tuple[str, str]:
    tree = trees.write({"main.py": (MAIN % body).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    return (tree / "main.py").read_text(), " ".join(ran.text.split())


@pytest.mark.parametrize(
    ("given", "said"), [(", required=True", "still has to be given"), ("", "is still accepted")]
)
def test_options_that_a_loop_declares_are_told(given: str, said: str, tmp_path: Path) -> None:
    _, told = fixed(tmp_path, LOOP % given)
    assert f"The option --key {said}, but nothing uses it" in told
    assert f"The option --org {said}, but nothing uses it" in told
    assert "The option --client" not in told


def test_what_is_parsed_for_nobody_is_still_parsed(tmp_path: Path) -> None:
    made, told = fixed(tmp_path, ALONE)
    assert '    parser.add_argument("--key")\n    parser.parse_args()\n' in made, told
    assert "`args` is no longer used" not in told


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ('assert run(["--key", "k.pem", "--version"]) == 0', False),
        ('assert "--key" in run(["--version"])', True),
        ('assert usage() == ["--key", "--version"]', True),
        ('run.assert_called_with(["--key", "k.pem"])', True),
    ],
)
def test_an_option_that_a_test_gives_is_none_that_it_expects(check: str, told: bool, tmp_path: Path) -> None:
    program = (MAIN % ALONE).replace("def main():", "def run(argv):\n    return 0\n\n\ndef main():")
    test = f"from main import run\n\n\ndef test_run(usage):\n    {check}\n"
    files = {"main.py": program.encode(), "test_main.py": test.encode()}
    tree = trees.write(files, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "fix").text.split())
    assert ("expects --key to be spoken of" in said) is told, said


@pytest.mark.parametrize(
    ("declared", "said"), [('"key"', "still has to be given"), ('"key", nargs="?"', "is still accepted")]
)
def test_what_is_known_by_its_place_has_to_be_given(declared: str, said: str, tmp_path: Path) -> None:
    _, told = fixed(tmp_path, ALONE.replace('"--key", required=True', declared))
    assert f"The option key {said}, but nothing uses it" in told


@pytest.mark.parametrize(("default", "said"), [("", "still has to be given"), (' = ""', "is still accepted")])
def test_a_parameter_without_a_default_has_to_be_given(default: str, said: str, tmp_path: Path) -> None:
    program = (trees.FIXTURES / "options-of-typer" / "before" / "tags.py").read_text()
    lines = [line for line in program.splitlines() if '"--account"' not in line]
    option = f'    account: Annotated[str, typer.Option("--account")]{default},'
    lines.insert(lines.index("def main(") + 1, option)
    program = "\n".join(["from typing import Annotated", *lines, ""])
    tree = trees.write({"tags.py": program.encode()}, tmp_path / "tree")
    told = " ".join(jwt2oauth(tree, "fix").text.split())
    assert f"The option --account {said}, but nothing uses it" in told


GROUP = ALONE.replace(
    'parser.add_argument("--key", required=True)',
    "keys = parser.add_mutually_exclusive_group(required=True)\n"
    '    keys.add_argument("--key", help="PEM")\n    keys.add_argument("--%s")',
)


@pytest.mark.parametrize(("beside", "demands"), [("key-file", False), ("token", True)])
def test_a_group_demands_one_where_one_has_a_use(beside: str, demands: bool, tmp_path: Path) -> None:
    body = GROUP % beside
    if beside == "token":
        body += "\n    print(args.token)"
    else:
        body = body.replace("open(args.key)", "open(args.key or args.key_file)")
    made, told = fixed(tmp_path, body)
    required = "required=True" if demands else ""
    assert f"keys = parser.add_mutually_exclusive_group({required})\n" in made, told
    assert "The option --key is still accepted, but nothing uses it" in told


@pytest.mark.parametrize(
    ("declared", "made"),
    [
        ('key: typer.FileText = typer.Option(..., "--key")', 'key: str = typer.Option("", "--key")'),
        ("key: Annotated[typer.FileText, typer.Option()]", "key: Annotated[str, typer.Option()]"),
    ],
)
def test_a_file_that_typer_opens_need_not_be_there(declared: str, made: str, tmp_path: Path) -> None:
    body = ALONE.splitlines()
    used = "\n".join(body[3:]).replace("open(args.key) as f", "key as f")
    program = MAIN.partition("\ndef main():")[0].replace("import argparse", "from typing import Annotated")
    program = program.replace("import requests", "import requests\nimport typer")
    program += f"\ndef main({declared}):\n    claims = {{}}\n" + used.replace("claims |=", "claims =")
    tree = trees.write({"main.py": f"{program}\n\n\ntyper.run(main)\n".encode()}, tmp_path / "tree")
    told = jwt2oauth(tree, "fix").text
    assert f"def main({made}):\n" in (tree / "main.py").read_text(), told


def test_one_line_that_parses_and_reads_goes_on_parsing(tmp_path: Path) -> None:
    body = ALONE.replace('"--key", required=True', '"--key", type=argparse.FileType(), required=True')
    body = body.replace("args = parser.parse_args()", "key = parser.parse_args().key.read().strip()")
    body = body.replace("    with open(args.key) as f:\n        ", "    ").replace("f.read()", "key")
    made, told = fixed(tmp_path, body)
    assert '    parser.add_argument("--key")\n    parser.parse_args()\n' in made, told
    beside = body.replace(".key.read().strip()", ".key.read(sys.stdin.readline())")
    made, told = fixed(tmp_path / "b", beside)
    assert "key = parser.parse_args().key.read(sys.stdin.readline())\n" in made, told


PROMPTS = ALONE.replace('parser.add_argument("--key", required=True)', 'client = input("client: ")')
PROMPTS = PROMPTS.replace("args = parser.parse_args()", 'path = input("file of the key: ").strip()\n    %s')
PROMPTS = PROMPTS.replace("args.key", "path").replace("f.read()", "f.read() + phrase") + "\n    print(client)"


@pytest.mark.parametrize(
    ("more", "gone"),
    [
        ('phrase = ""', True),
        ('phrase = ""; print(input("organisation: "))', False),
        ('phrase = ""; print(sys.stdin.read())', False),
        ('phrase = input("phrase of the key: ")', True),
    ],
)
def test_nobody_is_asked_for_the_key_in_vain(more: str, gone: bool, tmp_path: Path) -> None:
    made, told = fixed(tmp_path, PROMPTS % more)
    assert ("file of the key" not in made) is gone, told
    assert 'client = input("client: ")' in made
    assert ("Nobody is asked in main.py:2" in told) is gone
    assert ("`path` is no longer used" in told) is not gone


HELPER = """def option(parser, name):
    parser.add_argument(name{})


def main"""


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (", required=True", "is gone, which was asked for and not used"),
        (", required=False", "is still accepted, but nothing uses it any more"),
    ],
)
def test_an_option_that_a_helper_insists_on_goes(given: str, said: str, tmp_path: Path) -> None:
    declared = 'option(parser, "--client")\n    option(parser, "--key")'
    asked = ALONE.replace('parser.add_argument("--key", required=True)', declared)
    main = (MAIN % asked.replace("print(", "print(args.client, ")).replace("def main", HELPER.format(given))
    tree = trees.write({"main.py": main.encode()}, tmp_path / "tree")
    told = " ".join(jwt2oauth(tree, "fix").text.split())
    assert f"The option --key {said}" in told
    assert ('option(parser, "--key")' in (tree / "main.py").read_text()) is ("False" in given)


READ = """def read(path):
    with open(path) as f:
        return f.read()


def existing(path):
    if not os.path.isfile(path):
        raise argparse.ArgumentTypeError(path)
    return path


def main"""


@pytest.mark.parametrize(
    ("turns", "left"), [("type=read", ""), ("type=existing", ""), ("type=str", ", type=str")]
)
def test_what_opens_the_file_of_an_option_goes(turns: str, left: str, tmp_path: Path) -> None:
    """Who still gives the option need not have the file any more."""
    body = ALONE.replace("required=True", f"{turns}, required=True")
    if turns == "type=read":
        body = body.replace("    with open(args.key) as f:\n        signed", "    signed")
        body = body.replace("f.read()", "args.key")
    main = (
        (MAIN % body).replace("def main", READ).replace("import argparse\n", "import argparse\nimport os\n")
    )
    tree = trees.write({"main.py": main.encode()}, tmp_path / "tree")
    told = " ".join(jwt2oauth(tree, "fix").text.split())
    made = (tree / "main.py").read_text()
    assert f'parser.add_argument("--key"{left})' in made, told
    assert ("def read(" in made) is (turns != "type=read")  # of the others nobody ever spoke
    assert ("the private key is read from a file" in told) is (turns != "type=str" or "open(args" in body)


def test_an_option_that_is_still_used_is_still_read(tmp_path: Path) -> None:
    body = ALONE.replace("required=True", "type=read, required=True")
    body = body.replace("    with open(args.key) as f:\n        signed", "    print(args.key)\n    signed")
    main = (MAIN % body.replace("f.read()", "args.key")).replace("def main", READ)
    tree = trees.write({"main.py": main.encode()}, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    assert 'parser.add_argument("--key", type=read, required=True)' in (tree / "main.py").read_text()


SPREAD = """def env(name, **more):
    value = os.environ.get(name)
    return {"default": value, "required": value is None, **more}


def main"""


@pytest.mark.parametrize("tested", [True, False])
@pytest.mark.parametrize("more", ["", ', action="append"'])
def test_an_option_that_a_helper_describes(tested: bool, more: str, tmp_path: Path) -> None:
    asked = ALONE.replace('"--key", required=True', f'"--key", help="PEM", **env("THE_KEY"{more})')
    main = (
        (MAIN % asked)
        .replace("def main", SPREAD)
        .replace("import argparse\n", "import argparse\nimport os\n")
    )
    files = {"main.py": main.encode()}
    if tested:
        files["test_main.py"] = b"import main\n\n\ndef test_key(args):\n    assert args.key == 1\n"
    tree = trees.write(files, tmp_path / "tree")
    told = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "The option --key is still accepted, but nothing uses it any more" in told
    spread = f', **env("THE_KEY"{more})' if more else ""
    assert f'parser.add_argument("--key", help="PEM"{spread})' in (tree / "main.py").read_text()


def test_an_option_that_only_tests_look_at_is_no_flow_s(tmp_path: Path) -> None:
    asked = ALONE.replace("    args =", '    parser.add_argument("--size", required=True)\n    args =')
    files = {
        "main.py": MAIN % asked,
        "test_main.py": "import main\n\n\ndef test_size(args):\n    assert args.size == 1\n",
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    assert "--size" not in jwt2oauth(tree, "fix").text
    assert 'add_argument("--size", required=True)' in (tree / "main.py").read_text()


PAIR = """    parser.add_argument("--client")
    parser.add_argument("--org")
    parser.add_argument("--key")
    parser.add_argument("--more")
    args = parser.parse_args()
    if %s:
        parser.error("give a key")
    print(%s, bool(login(args.client, args.org, args.key or args.more)))"""


@pytest.mark.parametrize("test", ["not args.key and not args.more", "not (args.key or args.more)"])
def test_nobody_asks_for_one_of_two_keys(tmp_path: Path, test: str) -> None:
    text, said = fixed(tmp_path, PAIR % (test, "args.client"))
    assert "give a key" not in text, said
    assert "login(args.client)" in text
    assert "--more is no longer asked for" in said or "--key and --more are no longer asked for" in said


@pytest.mark.parametrize("test", ["not args.key and not args.more", "not (args.key or args.more)"])
def test_who_asks_for_a_key_or_something_that_is_needed_stays(tmp_path: Path, test: str) -> None:
    text, said = fixed(tmp_path, PAIR % (test, "args.more"))
    assert f"if {test}:" in text, said
    assert "No flow needs --key any more, but main.py" in said


def test_a_command_that_keeps_its_parameter_asks_for_nothing(tmp_path: Path) -> None:
    command = '    pass\n\n\n@click.command()\n@click.option("--client")\n@click.option("--org")\n'
    command += '@click.option("--key")\ndef run(client, org, key):\n    if not key:\n'
    command += '        raise click.UsageError("give a key")\n    print(bool(login(client, org, key)))'
    tree = trees.write({"main.py": f"import click\n{MAIN % command}".encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    text = (tree / "main.py").read_text()
    assert "give a key" not in text
    assert "def run(client, org, key):" in text
    assert "The option --key is still accepted, but nothing uses it any more" in " ".join(ran.text.split())

"""What a tree may hold to harm who examines it, one test each; and the same tree gives the same bytes.

Elsewhere: links (``test_walk``), git's configuration (``test_walk``, ``test_history``), journals
(``test_writes``), regular expressions (``test_patterns``), imports and unpickling
(``test_architecture``), secrets (``test_secrets``).
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trees
from adversary import grows
from tool import jwt2oauth
from trees import Keyring

from jwt2oauth import files
from jwt2oauth.config import composed, objects
from jwt2oauth.tree import git, walk

HERE = Path(__file__).parent
NEEDLE = b'URL = "https://ims-na1.adobelogin.com/ims/exchange/jwt"\n'


@pytest.fixture
def tree(keyring: Keyring, tmp_path: Path) -> Path:
    files = {
        f"{name}/{path}": data
        for name in ("two-functions", "ini-sections")
        for path, data in keyring.fill(trees.read(trees.FIXTURES / name / "before")).items()
    }
    return trees.write(files, tmp_path / "tree")


def test_nothing_of_the_tree_is_run(tree: Path, tmp_path: Path) -> None:
    trap = f"import pathlib; pathlib.Path({str(tmp_path / 'ran')!r}).touch()\n"
    for name in ("jwt.py", "libcst.py", "click.py", "yaml.py", "conftest.py", "two-functions/requests.py"):
        (tree / name).write_text(trap + NEEDLE.decode())
    argv = [sys.executable, "-m", "jwt2oauth", "scan"]
    done = subprocess.run(argv, cwd=tree, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert not (tmp_path / "ran").exists()


def test_yaml_makes_no_objects_and_no_billion_laughs(tree: Path, tmp_path: Path) -> None:
    before = jwt2oauth(tree, "scan", "--format", "json").page["findings"]
    laughs = "a0: &a0 [jwt_token]\n"
    laughs += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    tagged = f"jwt_token: !!python/object/apply:os.system ['touch {tmp_path / 'ran'}']\n"
    (tree / "two-functions/laughs.yaml").write_text(laughs)
    (tree / "two-functions/tagged.yml").write_text(tagged)
    (tree / "two-functions/deep.json").write_text('{"jwt_token": ' + "[" * 100_000 + "]" * 100_000 + "}")
    argv = [sys.executable, "-m", "jwt2oauth", "scan", "--format", "json"]
    done = subprocess.run(argv, cwd=tree, capture_output=True, timeout=60, check=False)  # there are 9**11
    assert json.loads(done.stdout)["findings"] == before
    assert not (tmp_path / "ran").exists()


WITHIN = {
    "json": ('{"jwt_token": [', '{"a": 1, "b": [2, 3]},' * 60_000, "0]}"),
    "yaml": ("jwt_token: &a 1\nb: [", "*a, " * 500_000, "0]\n"),
    "toml": ("", "a." * 50_000, "jwt_token = 1\n"),
    "ini": ("[a]\njwt_token", " " * 200_000, "x\n"),
    "env": ("jwt_token = a", " " * 200_000, "b\n"),
}


@pytest.mark.parametrize("kind", WITHIN)
def test_a_file_of_configuration_takes_no_minutes_and_no_gigabytes(kind: str) -> None:
    code = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from jwt2oauth.config import documents
documents.NODES = 5_000
documents.read({kind!r}, sys.stdin.read())
"""
    began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(
        [sys.executable, "-c", code], input="".join(WITHIN[kind]), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - began < 10


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("a." * 50_000 + "b = 1", "a key has too many parts"),
        ("exclude = " + "[" * 50_000 + "]" * 50_000, "nested too deeply"),
        ('exclude = ["!"]', "tool.jwt2oauth.exclude"),
        ('per-path-ignores = {"!" = ["jwt-exchange"]}', "tool.jwt2oauth.per-path-ignores"),
    ],
)
def test_a_hostile_configuration_is_refused_in_words(tree: Path, table: str, says: str) -> None:
    (tree / "pyproject.toml").write_text(f"[tool.jwt2oauth]\n{table}\n")
    done = jwt2oauth(tree, "scan")
    assert done.code == 2
    assert "pyproject.toml: " in done.text
    assert says in done.text
    assert "internal error" not in done.text


def test_a_configuration_whose_tool_is_no_table(tree: Path) -> None:
    (tree / "pyproject.toml").write_text('tool = "tool.jwt2oauth"\n')
    done = jwt2oauth(tree, "scan")
    assert done.code == 2
    assert "there is no table [tool.jwt2oauth]" in done.text


def test_a_lock_file_and_a_notebook_that_no_stack_holds(tree: Path) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    (tree / "two-functions/Pipfile").write_text('[packages]\npyjwt = "*"\n')
    (tree / "two-functions/Pipfile.lock").write_text('{"default": ' + deep + "}")
    (tree / "two-functions/uv.lock").write_text("package = " + deep + "\n")
    (tree / "two-functions/deep.ipynb").write_text('{"cells": ' + deep + ', "key": "private.key"}')
    (tree / "two-functions/text.py").write_text(f"import json\nJWT = json.loads({deep!r})\n{NEEDLE.decode()}")
    done = jwt2oauth(tree, "fix", "--remove-keys")
    assert done.code == 0, done.story
    assert "two-functions/private.key holds the private key and stays: two-functions/deep.ipynb" in done.text


def test_a_gitignore_that_nobody_understands(tree: Path) -> None:
    before = jwt2oauth(tree, "scan", "--format", "json").page["findings"]
    (tree / ".gitignore").write_bytes(b"!\n**a[\n\\\n\xff\x00\n/ini-sections/x.py\n" + b"[" * 9_000)
    assert jwt2oauth(tree, "scan", "--format", "json").page["findings"] == before
    assert "--exclude: ! is no pattern" in jwt2oauth(tree, "scan", "--exclude", "!").text


def test_json_is_read_as_yaml_reads_it() -> None:
    seen = 0
    for path in sorted(trees.FIXTURES.rglob("*.json")):
        text = path.read_text("utf-8")
        with contextlib.suppress(ValueError):
            assert objects.tree(text) == composed.tree(text), path
            seen += 1
    deep = '{"a": ' * 60 + "1" + "}" * 60
    for text in (
        '{"a\\"b": [1, -2.5e3, true, null, {}, []], "a": "x", "a": "\\u00e9\\n"}',
        deep,
        "[1,\n2 ]",
        "7",
    ):
        assert objects.tree(text) == composed.tree(text), text
    assert objects.tree('{"a": 1, }') is not None
    assert seen > 30


@pytest.mark.slow
@pytest.mark.parametrize("word", [" ", '\\"', "x"], ids=["blanks", "quotes", "letters"])
def test_a_long_line_costs_no_square_of_its_length(tree: Path, word: str) -> None:
    file = tree / "two-functions/auth.py"
    before = file.read_text()

    def use(line: str) -> None:
        file.write_text(f"{before}\nTEXT = {line!r}\n# {line}\n")
        assert jwt2oauth(tree, "fix", "--diff").code == 1

    assert not grows(use, lambda times: word * times, 60_000 // len(word))


def test_no_name_and_no_text_acts_on_a_terminal(tree: Path) -> None:
    evil = "a\x1b]0;title\x07\x9b31m\u202e\nb.py"
    for folder in ("two-functions", "od\x1bd"):
        (tree / folder).mkdir(exist_ok=True)
        (tree / folder / evil).write_bytes(NEEDLE + b'x = jwt.encode({"\x1b[2J": 1}, "\x1b[31m")\n')
    (tree / "odd\x1b").mkdir()
    (tree / "odd\x1b" / "x.py").write_bytes(b"def \x1b[2J(:\n" + NEEDLE)
    (tree / os.fsdecode(b"caf\xe9.py")).write_bytes(NEEDLE + b"def (:\n")
    for command in (
        ["scan", "-v"],
        ["scan", "--format", "github"],
        ["scan", "--format", "markdown"],
        ["fix", "--diff"],
    ):
        said = jwt2oauth(tree, *command).text
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", said.replace("\r\n", "\n")
        ), command


@pytest.mark.parametrize("form", ["sarif", "gitlab", "rdjson"])
def test_no_message_for_programs_acts_on_a_terminal_or_is_a_link(tmp_path: Path, form: str) -> None:
    """Some print it; and SARIF's are read for links."""
    (tmp_path / "a\x1b[31m[0](1).py").write_text("""import os, jwt, requests
claims = {"https://ims-na1.adobelogin.com/s/ent_user_sdk": True}
signed = jwt.encode(claims, "k", "RS256")
form = {"client_id": "a", "client_secret": os.environ["S"], "jwt_token": signed}
requests.post(os.environ["URL"], data=form)
""")
    done = jwt2oauth(tmp_path, "scan", "--format", form)
    said: list[str] = []

    def messages(fields: dict[str, Any]) -> dict[str, Any]:
        for name in ("message", "text", "description"):
            said.extend([fields[name]] if isinstance(fields.get(name), str) else [])
        return fields

    json.loads(done.stdout, object_hook=messages)
    assert [text for text in said if "a\\x1b" in text]
    assert not [text for text in said if "\x1b" in text]
    if form == "sarif":
        assert not [text for text in said if "\\x1b" in text and re.search(r"(?<!\\)\[", text)]


def test_a_patch_is_written_where_it_was_asked_for(tree: Path, tmp_path: Path) -> None:
    (tree / "two-functions/auth.py").rename(tree / "two-functions/..%2f..%2f;rm -rf ~.py")
    jwt2oauth(tree, "fix", "--patches", str(tmp_path / "out"))
    names = [path.name for path in (tmp_path / "out").iterdir()]
    assert names
    assert all(
        re.fullmatch(r"\d{4}-[a-z0-9-]+\.(patch|masked\.diff)|report\.(html|json)", name) for name in names
    )


def test_odd_files_are_said_and_stop_nothing(tree: Path) -> None:
    before = jwt2oauth(tree, "scan", "--format", "json").page["findings"]
    os.mkfifo(tree / "pipe.py")
    (tree / "loop.py").symlink_to("loop.py")
    (tree / "round").symlink_to(".")
    (tree / "nul.py").write_bytes(NEEDLE + b"x = 1\0\n")
    (tree / os.fsdecode(b"caf\xe9.py")).write_bytes(b"x = 1\n")
    with (tree / "sparse.py").open("wb") as file:
        file.truncate(2 << 30)
    (tree / "shut.py").write_bytes(NEEDLE)
    (tree / "shut").mkdir()
    (tree / "shut.py").chmod(0)
    (tree / "shut").chmod(0)
    ran = jwt2oauth(tree, "scan", "--format", "json")
    (tree / "shut").chmod(0o700)
    told = {each["path"] for each in (*ran.page["files"]["skipped"], *ran.page["files"]["failed"])}
    assert {"pipe.py", "nul.py", "sparse.py"} <= told
    if os.geteuid():
        assert {"shut", "shut.py"} <= {each["path"] for each in ran.page["files"]["failed"]}
    own = ("nul.py", "shut.py")
    assert [each for each in ran.page["findings"] if each["path"] not in own] == before
    assert ran.code == 1


def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    """Each command in a process of its own, which is ended where it waits."""
    for name in ("pyproject.toml", ".gitignore", "x.py", "base.txt"):
        os.mkfifo(tmp_path / name)
    commands = [["scan"], ["scan", "x.py"], ["scan", "--baseline", "base.txt"], ["baseline"]]
    for command, expected in zip([*commands, ["fix"]], (0, 0, 2, 0, 2), strict=True):
        if command == ["fix"]:
            os.mkfifo(tmp_path / ".jwt2oauth.journal")
        argv = [sys.executable, "-m", "jwt2oauth", *command]
        done = subprocess.run(argv, cwd=tmp_path, capture_output=True, check=False, timeout=60)
        assert done.returncode == expected, (command, done.stderr)
        assert b"internal error" not in done.stderr


def test_git_that_waits_for_a_pipe_is_not_waited_for(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    before = jwt2oauth(tree, "scan", "--format", "json").page["findings"]
    os.mkfifo(tree / ".gitignore")
    monkeypatch.setattr(git, "SECONDS", 0.5)
    monkeypatch.setattr(git, "_SILENT", set())
    assert jwt2oauth(tree, "scan", "--format", "json").page["findings"] == before
    kept = trees.read(tree / "two-functions")
    done = jwt2oauth(tree, "fix")
    assert done.code == 2
    assert "git does not say whether it could give back what is here now" in done.text
    assert trees.read(tree / "two-functions") == kept


def test_folders_in_folders_beyond_any_stack(tree: Path) -> None:
    before = jwt2oauth(tree, "scan", "--format", "json").page["findings"]
    place = os.open(tree, os.O_RDONLY)
    for _ in range(1_500):
        os.mkdir("d", dir_fd=place)
        below = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(place)
    assert jwt2oauth(tree, "scan", "--format", "json").page["findings"] == before
    subprocess.run(["rm", "-rf", str(tree / "d")], check=True)  # pytest cannot


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_said(tree: Path) -> None:
    (tree / ".gitignore").write_text("x\n")
    (tree / ".gitignore").chmod(0)
    assert {
        each["path"] for each in jwt2oauth(tree, "scan", "--format", "json").page["files"]["skipped"]
    } >= {".gitignore"}
    (tree / "pyproject.toml").write_text("[tool.jwt2oauth]\n")
    (tree / "pyproject.toml").chmod(0)
    done = jwt2oauth(tree, "scan")
    assert (done.code, "pyproject.toml: permission denied" in done.text) == (2, True)


def test_what_is_read_for_a_flow_and_cannot_be_is_said(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Manifests, modules and documents beside it, none of which holds a needle."""
    odd = ("two-functions/requirements.txt", "two-functions/README.md", "two-functions/Dockerfile")
    for path in odd:
        (tree / path).write_text("PyJWT\n")
    real = walk.read

    def read(name: str, *limit: int) -> bytes:
        if name.endswith(odd):
            raise PermissionError(13, "Permission denied", name)
        return real(name, *limit)

    monkeypatch.setattr(walk, "read", read)
    done = jwt2oauth(tree, "scan", "--format", "json")
    assert done.page["files"]["failed"] == [{"path": p, "reason": "permission denied"} for p in sorted(odd)]
    assert done.code == 1
    files = done.page["files"]
    assert files["seen"] == files["clean"] + files["parsed"] + len(files["failed"]) + len(files["skipped"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"a = " + b"[" * 10_000, "it is not TOML that can be read"),
        (b"# caf\xe9\n", "it is not valid UTF-8 and has no coding cookie"),
        (b"a = 1\rb = 2\r", "a carriage return alone ends a line of it"),
        (b"a = 1\r\n", None),
    ],
)
def test_configuration_that_a_flow_reads_and_nobody_can_is_said(
    tree: Path, text: bytes, reason: str | None
) -> None:
    """A program names it; what else may be broken here is nobody's business."""
    (tree / "two-functions/settings.toml").write_bytes(text)
    (tree / "two-functions/other.toml").write_bytes(text)
    done = jwt2oauth(tree, "scan", "--format", "json")
    told = [{"path": "two-functions/settings.toml", "reason": reason}] if reason else []
    assert done.page["files"]["failed"] == told
    assert len(done.page["flows"]) == 2


def test_yaml_beyond_what_anybody_nests_is_not_read_to_its_end() -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    try:
        assert composed.nodes("[" * 300 + "]" * 300) is not None
        with pytest.raises(ValueError, match="too deep"):
            composed.nodes("[" * 500 + "]" * 500)
    finally:
        sys.setrecursionlimit(limit)


def test_a_file_that_grows_while_it_is_read_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.log").write_bytes(b"x")
    monkeypatch.setattr(files.os, "read", lambda handle, count: b"x" * min(count, 1 << 20))
    with pytest.raises(OSError, match="too large"):
        files.read(tmp_path / "x.log", 3 << 20)


def test_a_file_that_goes_or_changes_meanwhile_is_said(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jwt2oauth import engine
    from jwt2oauth.project import analysis as project

    real = project.analyse

    def analyse(*arguments: object) -> object:
        (tree / "two-functions/api.py").unlink()
        (tree / "ini-sections").rename(tree / "elsewhere")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(project, "analyse", analyse)
    monkeypatch.chdir(tree)
    outcome = engine.run([], engine.Settings())
    assert (
        any(each.path.startswith("two-functions/") for each in outcome.report.files.failed)
        or outcome.report.flows
    )
    written = engine.write(outcome)
    assert engine.exit_code(written) == 1
    for each in written.report.lost:
        assert each.reason


def test_a_key_that_goes_after_it_was_seen_is_said(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jwt2oauth.project import analysis as project

    real = project.analyse

    def analyse(*arguments: object) -> object:
        found = real(*arguments)  # type: ignore[arg-type]
        (tree / "two-functions/private.key").unlink()
        return found

    monkeypatch.setattr(project, "analyse", analyse)
    done = jwt2oauth(tree, "scan", "--format", "json")
    assert done.code == 1, done.story
    assert {"path": "two-functions/private.key", "reason": "no such file or directory"} in done.page["files"][
        "failed"
    ]
    assert len(done.page["flows"]) == 2


ALL_OUTPUTS = """
import sys
from jwt2oauth.cli import main
for command in ("scan --format json", "fix --diff", "scan --format html"):
    assert main([*command.split(), "--jobs", sys.argv[1]]) == 1
"""


@pytest.mark.slow
def test_the_same_tree_gives_the_same_bytes(tree: Path, tmp_path: Path) -> None:
    seen: set[bytes] = set()
    for number, (seed, locale, jobs) in enumerate(
        [("0", "C", "1"), ("1", "tr_TR.UTF-8", "2"), ("77", "C.UTF-8", "7")]
    ):
        copy = tmp_path / str(number) / "tree"
        files = list(trees.read(tree).items())
        random.Random(number).shuffle(files)  # the order in which a folder lists them
        trees.write(dict(files), copy)
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "LANG": locale}
        argv = [sys.executable, "-c", ALL_OUTPUTS, jobs]
        done = subprocess.run(argv, cwd=copy, env=environment, capture_output=True, check=True)
        seen.add(done.stdout)
    (outputs,) = seen
    assert [b'"flows": [' in outputs, b"diff --git" in outputs, b"</html>" in outputs] == [True] * 3


WATCH = """
import sys
def watch(event, arguments):
    said = " ".join(map(repr, arguments))
    if event in ("os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn", "ctypes.dlopen") or (
        event == "subprocess.Popen" and arguments[0] != "git"
    ) or (event in ("compile", "exec", "import", "open") and "TRAP" in said):
        sys.stderr.write(f"caught {event} {said[:200]}\\n")
sys.addaudithook(watch)
from jwt2oauth.cli import main
sys.exit(main(sys.argv[1:]))
"""


OTHERS = [pytest.param(form, marks=pytest.mark.slow) for form in ("text", "markdown", "sarif")]


@pytest.mark.parametrize("form", ["json", "html", *OTHERS])
def test_no_file_of_rules_runs_code(tree: Path, form: str) -> None:
    trap = "__import__('os').system('touch TRAP')"
    payloads = [trap, "{0.__class__.__mro__}", "{{ cycler.__init__.__globals__.os.popen('touch TRAP') }}"]
    payloads += ["$(touch TRAP)", "`touch TRAP`", "!!python/object/apply:os.system ['touch TRAP']", "%(x)s"]
    rows = "".join(
        f"""
[[sdks]]
name = {json.dumps(payload)}
distribution = "TRAP{number}"
modules = ["TRAP{number}", "os"]
workaround = {json.dumps(payload)}

[[sdks.calls]]
names = ["TRAP{number}.Client", "os.system"]
parameters = ["key"]
jwt = ["key"]
manual = {{ key = {json.dumps(payload)} }}
"""
        for number, payload in enumerate(payloads)
    )
    (tree / "own.toml").write_text(rows)
    (tree / "pyproject.toml").write_text('[tool.jwt2oauth]\nrules = ["own.toml"]\n')
    uses = "".join(
        f"import TRAP{number}\nTRAP{number}.Client(key='adobe')\n" for number in range(len(payloads))
    )
    (tree / "uses.py").write_text(f"import os\n{uses}os.system('touch TRAP')\n{NEEDLE.decode()}")
    for number in range(len(payloads)):
        (tree / f"TRAP{number}.py").write_text("open('TRAP', 'w')\n")
    argv = [sys.executable, "-c", WATCH, "scan", "--format", form]
    done = subprocess.run(argv, cwd=tree, capture_output=True, text=True, check=False)
    caught = [
        line
        for line in done.stderr.splitlines()
        if line.startswith("caught") and not ("caught open" in line and ".py" in line)
    ]
    assert not caught
    assert done.returncode == 1, done.stderr
    assert not (tree / "TRAP").exists()


@pytest.mark.parametrize("name", ["own.py", "own.yaml", "own.json", "own.pkl"])
def test_a_file_of_rules_is_read_as_toml_and_as_nothing_else(tree: Path, name: str) -> None:
    (tree / name).write_bytes(b"cos\nsystem\n(S'touch TRAP'\ntR.")
    (tree / "pyproject.toml").write_text(f'[tool.jwt2oauth]\nrules = ["{name}"]\n')
    done = jwt2oauth(tree, "scan")
    assert done.code == 2, done.story
    assert not (tree / "TRAP").exists()


@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_no_name_acts_in_what_the_bot_would_post(tree: Path, forge: str) -> None:
    author = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    for command in (["init", "-qb", "main"], [*author, "commit", "-qm", "x", "--allow-empty"]):
        subprocess.run(["git", *command], cwd=tree, check=True)
    odd = tree / os.fsdecode(b"od\x1b]0;t\x07d\n\xe2\x80\xae")
    (tree / "two-functions").rename(odd)
    (odd / "auth.py").rename(odd / os.fsdecode(b"caf\xe9.py"))
    subprocess.run(["git", "add", "."], cwd=tree, check=True)
    subprocess.run(["git", *author, "commit", "-qm", "y"], cwd=tree, check=True)
    done = jwt2oauth(tree, "review", "--base", "HEAD~1", "--format", forge)
    assert done.code == 1, done.story
    places = ("path", "old_path", "new_path")  # by these the forge finds its file: data, no text
    page = json.loads(
        done.stdout, object_hook=lambda fields: {k: v for k, v in fields.items() if k not in places}
    )
    said = json.dumps(page, ensure_ascii=False)
    assert "caf\\\\" in said
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", said + done.stderr.decode())


def test_a_pattern_of_their_tests_is_not_run(tmp_path: Path, keyring: Keyring) -> None:
    files = keyring.fill(trees.read(trees.FIXTURES / "tests-of-a-missing-key" / "before"))
    slow = {
        path: data.replace(b'match="no key"', b'match="(a+)+$"').replace(b"no key", b"a" * 60 + b"!")
        for path, data in files.items()
    }
    assert slow != files
    assert jwt2oauth(trees.write(slow, tmp_path / "slow"), "fix", "--diff").code == 1  # it ends

"""The command line: arguments, exit codes, streams. What is found is made of paper: see ``samples.py``."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import samples

from jwt2oauth import __version__, cli, writes
from jwt2oauth.tree.walk import Tree

SECRETS = ("p8e-CANARY", "CANARYCANARY")


class Answer:
    def __init__(self, code: int, out: bytes, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        assert not any(secret in err or secret.encode() in out for secret in SECRETS)

    @property
    def text(self) -> str:
        return self.out.decode()


class Shell:
    """Calls ``main`` as the script does, with standard output as bytes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: str, encoding: str = "utf-8", tty: bool = False) -> Answer:
        out, err = io.BytesIO(), io.BytesIO()
        streams = [io.TextIOWrapper(stream, encoding, newline="") for stream in (out, err)]
        for stream in streams:
            stream.isatty = lambda: tty  # type: ignore[method-assign]
        self._monkeypatch.setattr(sys, "stdout", streams[0])
        self._monkeypatch.setattr(sys, "stderr", streams[1])
        code = cli.main(arguments)
        for stream in streams:
            stream.flush()
        return Answer(code, out.getvalue(), err.getvalue().decode(encoding))


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    for name in ("FORCE_COLOR", "NO_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return Shell(monkeypatch)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    samples.install(monkeypatch)
    root = samples.write(tmp_path / "project")
    monkeypatch.chdir(root)
    subprocess.run(["git", "init", "-q"], check=True)
    return root


def snapshot(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_scan(shell: Shell, project: Path) -> None:
    before = snapshot(project)
    answer = shell("scan")
    assert answer.code == 1
    assert answer.err == ""
    for words in ("Flow 1 of 3 · get_token (auth/ims.py)", "Left alone", "Summary", "What is left to do"):
        assert words in answer.text
    assert snapshot(project) == before
    assert shell("scan").out == answer.out


def test_exit_codes(shell: Shell, project: Path) -> None:
    assert shell("scan", "clean.py").code == 0
    assert shell("scan", "--exit-zero").code == 0
    assert shell("fix", "--diff", "auth").code == 1
    assert shell("fix", "--diff", "clean.py").code == 0
    assert shell("fix", "--force", "auth").code == 0
    assert shell("scan", "auth").code == 0
    assert shell("fix", "--force").code == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scan", "nowhere"], "nowhere: there is no such file or directory"),
        (["scan", "to-nowhere.py"], "to-nowhere.py: there is no such file or directory"),
        (["scan", "--nonsense"], "No such option"),
        (["scan", "--format", "xml"], "xml"),
        (["scan", "--select", "nonsense"], "there is no rule named nonsense"),
        (["scan", "--ignore", "jwt-exchange,nonsense", "clean.py"], "there is no rule named nonsense"),
        (["scan", "--config", "nowhere.toml"], "nowhere.toml: No such file"),
        (["fix", "--diff", "--patches", "x"], "exclude each other"),
        (["fix", "--diff", "--format", "json"], "standard output"),
        (["fix", "--client", "curl"], "curl"),
        (["explain", "nonsense"], "no rule or reason named nonsense"),
        (["nonsense"], "No such command"),
        ([], "Usage:"),
    ],
)
def test_errors_of_usage(shell: Shell, project: Path, arguments: Sequence[str], words: str) -> None:
    (project / "to-nowhere.py").symlink_to("nowhere.py")
    answer = shell(*arguments, "--exit-zero") if arguments[:1] == ["scan"] else shell(*arguments)
    assert answer.code == 2
    assert words in answer.err
    assert answer.out == b""


def test_help_and_version(shell: Shell) -> None:
    assert shell("--version").text == f"jwt2oauth {__version__}\n"
    assert shell("-h").code == 0
    assert "--patches DIR" in shell("fix", "--force", "--help").text


def test_json(shell: Shell, project: Path) -> None:
    answer = shell("scan", "--format", "json")
    document = json.loads(answer.out)
    assert answer.code == 1
    assert answer.out.isascii()
    assert list(document)[:4] == ["version", "findings", "flows", "unfixed"]
    assert document["version"] == 1
    one = next(finding for finding in document["findings"] if finding["rule"] == "jwt-exchange")
    assert one.items() >= {
        "path": "auth/ims.py", "line": 11, "column": 13, "end_line": 11, "end_column": 26,
        "message": "the assertion is exchanged for an access token.", "severity": "error",
        "confidence": "high", "fingerprint": "jwt-exchange@auth/ims.py", "flow": "flow-1",
        "suppressed": False, "unfixed": None,
    }.items()  # fmt: skip
    assert list(one["fix"]) == ["title", "client", "safety", "files", "notes", "todo"]
    assert one["fix"]["safety"] == "review"
    alone = next(finding for finding in document["findings"] if finding["flow"] is None)
    assert (alone["fix"], alone["unfixed"]) == (None, "aem-service-credentials")
    assert document["files"] == {"seen": 6, "clean": 2, "parsed": 4, "failed": [], "skipped": []}
    assert shell("scan", "--format", "json").out == answer.out
    clean = shell("scan", "--format", "json", "clean.py")
    assert (clean.code, json.loads(clean.out)["findings"]) == (0, [])


def test_json_after_fix(shell: Shell, project: Path) -> None:
    document = json.loads(shell("fix", "--force", "--format", "json").out)
    assert document["written"] == ["auth/cache.py", "auth/ims.py", "inline.py"]
    assert document["lost"] == []


def test_what_diff_prints_is_what_fix_writes(shell: Shell, project: Path) -> None:
    before = snapshot(project)
    answer = shell("fix", "--diff", "auth")
    assert snapshot(project) == before
    assert "2 files would change" in answer.err
    subprocess.run(["git", "apply", "-"], input=answer.out, check=True)
    applied = snapshot(project)
    samples.write(project)
    assert shell("fix", "--force", "auth").code == 0
    assert snapshot(project) == applied


def test_a_diff_that_hides_a_secret_applies(shell: Shell, project: Path) -> None:
    answer = shell("fix", "--diff", "inline.py")
    assert "•••".encode() in answer.out
    assert b"CANARY" not in answer.out
    subprocess.run(["git", "apply", "-"], input=answer.out, check=True)
    applied = snapshot(project)
    assert "PRIVATE KEY" not in (project / "inline.py").read_text()
    samples.write(project)
    shell("fix", "--force", "inline.py")
    assert snapshot(project) == applied


def git(*arguments: str) -> str:
    who = ["-c", "user.name=A Customer", "-c", "user.email=customer@example.com"]
    return subprocess.run(["git", *who, *arguments], check=True, capture_output=True, text=True).stdout


def test_a_patch_for_a_repository_inside_is_told(shell: Shell, project: Path) -> None:
    git("init", "-q", "auth")
    answer = shell("fix", "--patches", "out").text
    inside = [line for line in answer.splitlines() if "is for a repository inside of this one" in line]
    assert len(inside) == 1
    assert "out/0001-auth-ims-py.patch" in inside[0]


def test_patches_for_git_am(shell: Shell, project: Path) -> None:
    git("add", ".")
    git("commit", "-qm", "before")
    answer = shell("fix", "--patches", "patches")
    assert answer.code == 1
    names = sorted(path.name for path in (project / "patches").iterdir())
    assert names == [
        "0001-auth-ims-py.patch",
        "0002-inline-py.patch",
        "report.html",
        "report.json",
    ]
    assert "Read what was found: patches/report.html" in answer.text
    assert "git am --keep-cr patches/*.patch" in answer.text
    report = json.loads((project / "patches/report.json").read_bytes())
    assert report["written"] == ["auth/cache.py", "auth/ims.py", "inline.py"]
    git("am", "--keep-cr", f"patches/{names[0]}")
    applied = snapshot(project)
    assert (
        git("log", "-1", "--format=%s").strip()
        == "Get the token with client_credentials through Authlib (ims.py)"
    )
    body = git("log", "-1", "--format=%b")
    assert "Check:\n- A refused request now raises authlib’s OAuthError" in body
    assert max(map(len, body.splitlines())) <= 72
    samples.write(project)
    shell("fix", "--force", "auth")
    assert snapshot(project) == applied
    git("am", "--keep-cr", f"patches/{names[1]}")
    shell("fix", "--force")
    assert git("status", "--porcelain", "--untracked-files=no") == ""


def test_patches_go_into_an_empty_directory_only(shell: Shell, project: Path) -> None:
    for target in ("auth", "clean.py"):
        answer = shell("fix", "--patches", target)
        assert answer.code == 2
        assert "is not an empty directory" in answer.err
    assert shell("fix", "--patches", "new/deep", "clean.py").code == 0
    assert not (project / "new").exists()


def test_patches_below_the_top_of_the_repository(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.install(monkeypatch)
    monkeypatch.chdir(tmp_path)
    below = samples.write(tmp_path / "services" / "one")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "before")
    monkeypatch.chdir(below)
    answer = shell("fix", "--patches", "../../out", "auth")
    assert "git am --keep-cr --directory=services/one ../../out/*.patch" in answer.text
    git("am", "--keep-cr", "--directory=services/one", *map(str, (tmp_path / "out").glob("*.patch")))
    assert b"token/v3" in (below / "auth/ims.py").read_bytes()


def test_fix_says_what_it_did(shell: Shell, project: Path) -> None:
    answer = shell("fix", "--force", "auth", "billing")
    assert "Rewritten" in answer.text
    assert "2: 1 rewritten, 1 left alone." in answer.text
    assert "2 files written." in answer.text


def test_client_and_scopes_reach_the_planner(
    shell: Shell, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[samples.Options] = []

    def analyse(tree: Any, hits: Any, rules: Any, options: samples.Options, *_: Any) -> samples.Analysis:
        seen.append(options)
        return samples.analyse(tree, hits, rules, options)

    samples.install(monkeypatch, analyse)
    (project / "pyproject.toml").write_text(
        '[tool.jwt2oauth]\nclient = "keep"\n[tool.jwt2oauth.scopes]\nent_user_sdk = "openid x"\n'
    )
    shell("scan")
    shell("fix", "--diff", "--client", "authlib", "--scopes", "openid, AdobeID")
    assert [(one.client, one.scopes, dict(one.scope_settings)) for one in seen] == [
        ("keep", None, {"ent_user_sdk": "openid,x"}),
        ("authlib", "openid,AdobeID", {"ent_user_sdk": "openid,x"}),
    ]


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("exlude = []", "tool.jwt2oauth.exlude: unknown key"),
        ("exclude = 'x'", "tool.jwt2oauth.exclude: must be a list of strings"),
        ("client = 'curl'", "tool.jwt2oauth.client: must be one of authlib, keep"),
        ("scopes = 1", "tool.jwt2oauth.scopes: must be a table"),
        ("select = ['nonsense']", "no rule named nonsense"),
        ("x = ", "pyproject.toml: is not TOML"),
    ],
)
def test_errors_of_configuration(shell: Shell, project: Path, toml: str, words: str) -> None:
    (project / "pyproject.toml").write_text(f"[tool.jwt2oauth]\n{toml}\n")
    answer = shell("scan", "--exit-zero")
    assert answer.code == 2
    assert words in answer.err
    if "nonsense" not in words:
        assert "pyproject.toml" in answer.err


def test_configuration_is_found_above_and_given(shell: Shell, project: Path) -> None:
    (project.parent / "pyproject.toml").write_text("[tool.jwt2oauth]\nexclude = ['auth/', 'inline.py']\n")
    (project / "pyproject.toml").write_text("[tool.other]\n")
    assert "Flow · GRANTS" in shell("scan").text
    assert "GRANTS" not in shell("scan", "--exclude", "billing").text
    (project / "other.toml").write_text("[tool.jwt2oauth]\nselect = ['private-key-inline']\n")
    assert "token (inline.py)" in shell("scan", "--config", "other.toml").text


def test_quiet_and_verbose(shell: Shell, project: Path) -> None:
    quiet = shell("scan", "-q").text
    assert quiet.startswith("Summary\n")
    assert "left to do" not in quiet
    (project / "away.py").symlink_to(project.parent)
    assert "1 passed over" in shell("scan").text
    assert "a link out of the root" in shell("scan", "-v").text


def colored(answer: Answer) -> bool:
    return b"\x1b[" in answer.out


def test_colors(shell: Shell, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not colored(shell("scan"))
    assert colored(shell("scan", tty=True))
    assert colored(shell("scan", "--color", "always"))
    assert not colored(shell("scan", "--color", "never", tty=True))
    assert not colored(shell("scan", "--format", "json", "--color", "always"))
    assert not colored(shell("fix", "--diff", "--color", "always"))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colored(shell("scan", tty=True))
    assert colored(shell("scan", "--color", "always"))
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert colored(shell("scan"))
    assert not colored(shell("scan", "--color", "never"))
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("FORCE_COLOR", "")
    monkeypatch.setenv("TERM", "dumb")
    assert not colored(shell("scan", tty=True))


def test_colors_change_no_words(shell: Shell, project: Path) -> None:
    import re

    plain = shell("scan").text
    styled = re.sub(r"\x1b\[[0-9;]*m", "", shell("scan", "--color", "always").text)
    assert [line.rstrip() for line in styled.splitlines()] == plain.splitlines()


def test_a_terminal_without_unicode(shell: Shell, project: Path) -> None:
    answer = shell("scan", encoding="ascii")
    assert answer.out.isascii()
    assert b"| auth/ims.py:10" in answer.out


def test_names_cannot_act_on_a_terminal(shell: Shell, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "a\x1b[2Jb\u202e.py"
    (project / name).symlink_to(project.parent)
    answer = shell("scan", "-v", "--color", "always")
    assert "a\\x1b[2Jb\\u202e.py" in answer.text
    assert b"\x1b[2J" not in answer.out
    assert b"\x1b" not in shell("scan", "--format", "json").out
    assert "\x1b" not in shell("scan", "no\x1b[2Jwhere").err


def test_a_mistake_of_ours_before_anything_is_analysed_names_the_file(
    shell: Shell, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is told to leave it out works."""
    real = Tree.peek

    def peek(self: Tree, path: str, *rest: Any) -> bytes:
        if path == "odd/one.py":
            raise ValueError("p8e-CANARY-0123456789")
        return real(self, path, *rest)

    (project / "odd").mkdir()
    (project / "odd/one.py").write_text("'/ims/exchange/jwt'\n")
    monkeypatch.setattr(Tree, "peek", peek)
    answer = shell("scan", "--exit-zero")
    assert answer.code == 2
    assert "The file at hand was odd/one.py" in answer.err
    assert "CANARY" not in answer.err
    assert shell("scan", "--exit-zero", "--exclude", "odd/one.py").code == 0


def test_a_mistake_of_ours_is_told_without_text(
    shell: Shell, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def analyse(*arguments: object) -> samples.Analysis:
        raise ValueError("p8e-CANARY-0123456789")

    samples.install(monkeypatch, analyse)
    answer = shell("scan", "--exit-zero")
    assert answer.code == 2
    assert "internal error, please report it: ValueError" in answer.err
    assert answer.err.endswith(
        "Nothing was written. With fewer paths, or with --exclude, the rest may be examined.\n"
    )

    def render(*arguments: object) -> bytes:
        raise ValueError("p8e-CANARY-0123456789")

    samples.install(monkeypatch)
    monkeypatch.setattr("jwt2oauth.report.text.render", render)
    assert shell("scan").code == 2


@pytest.mark.parametrize("where", ["_carry_out", "_Change.clean", "_Journal.remove"])
def test_a_mistake_of_ours_as_files_are_written_leaves_nothing_half_done(
    shell: Shell, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: str
) -> None:
    def broken(*arguments: object, **named: object) -> None:
        raise KeyError("p8e-CANARY-0123456789")

    with monkeypatch.context() as patch:
        patch.setattr(f"jwt2oauth.writes.{where}", broken)
        answer = shell("fix", "--force")
    assert answer.code == 2
    assert "No flow stays half written: the same command finishes, or takes back," in answer.err
    assert "CANARY" not in answer.err
    shell("fix", "--force")
    monkeypatch.chdir(samples.write(tmp_path / "other"))
    shell("fix", "--force")
    assert snapshot(project) == snapshot(tmp_path / "other")


def test_a_mistake_of_ours_in_the_report_does_not_hide_that_files_are_written(
    shell: Shell, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def render(*arguments: object) -> bytes:
        raise ValueError("p8e-CANARY-0123456789")

    monkeypatch.setattr("jwt2oauth.report.text.render", render)
    before = snapshot(project)
    answer = shell("fix", "--force")
    assert answer.code == 2
    assert answer.err.endswith("The files are written: only the report of it failed.\n")
    assert snapshot(project) != before


def test_what_could_not_be_written_is_to_be_tried_again(
    shell: Shell, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise writes.WriteFailed("auth/ims.py", "no space left on device")

    before = snapshot(project)
    monkeypatch.setattr("jwt2oauth.writes.write_all", full)
    answer = shell("fix", "--force", "auth")
    assert answer.code == 1
    step = "1. See to what kept auth/ims.py from being written; every flow is whole. Then once more:"
    assert f"{step} jwt2oauth fix auth" in " ".join(answer.text.split())
    assert snapshot(project) == before


def test_explain(shell: Shell) -> None:
    page = shell("explain", "jwt-exchange")
    assert page.code == 0
    assert page.text.splitlines()[1].startswith("jwt-exchange · error")
    for heading in ("Why", "What to do", "In Adobe's guide"):
        assert f"\n{heading}\n" in page.text
    assert "What to do" in shell("explain", "url-unknown").text
    index = shell("explain").text
    assert "jwt-exchange" in index
    assert "url-unknown" in index


def test_the_module_runs(tmp_path: Path) -> None:
    (tmp_path / "clean.py").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "jwt2oauth", "scan"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "Nothing found. 1 file seen.\n", "")


def test_an_empty_tree(shell: Shell, tmp_path: Path) -> None:
    answer = shell("scan", str(tmp_path))
    assert (answer.code, answer.text) == (0, "Nothing found. 0 files seen.\n")


# The guard, the baseline, what has changed, standard input


def committed(project: Path) -> None:
    git("add", ".")
    git("commit", "-qm", "before")


def test_fix_leaves_alone_what_git_could_not_give_back(shell: Shell, project: Path) -> None:
    before = snapshot(project)
    answer = shell("fix", "auth")
    assert answer.code == 2
    assert "auth/cache.py, auth/ims.py: would be rewritten, but git could not give back" in answer.err
    assert "--force" in answer.err
    assert snapshot(project) == before
    committed(project)
    (project / "clean.py").write_text("x = 2\n")
    (project / "auth/ims.py").write_text(samples.IMS + "\n")
    answer = shell("fix", "auth")
    assert answer.code == 2
    assert "jwt2oauth: auth/ims.py: would be rewritten" in answer.err
    committed(project)
    assert shell("fix", "auth").code == 0


def test_a_baseline_knows_what_is_there_and_not_what_comes(shell: Shell, project: Path) -> None:
    answer = shell("baseline")
    assert answer.code == 0
    assert answer.err.startswith("jwt2oauth-baseline.txt: 8 findings written down as known.\n")
    assert "--baseline jwt2oauth-baseline.txt" in answer.err
    text = (project / "jwt2oauth-baseline.txt").read_text()
    lines = text.splitlines()[1:]
    assert [line.split(" ", 2)[2] for line in lines] == sorted(line.split(" ", 2)[2] for line in lines)
    assert not re.search(r":\d", text)
    again = shell("scan", "--baseline", "jwt2oauth-baseline.txt")
    assert again.code == 0
    assert "8 of them known (baseline)" in again.text
    (project / "auth/ims.py").write_text("# a new first line\n" + samples.IMS)
    assert shell("scan", "--baseline", "jwt2oauth-baseline.txt").code == 0
    listed = text.splitlines(keepends=True)
    (project / "known.txt").write_text("".join(line for line in listed if "billing" not in line))
    assert shell("scan", "--baseline", "known.txt").code == 1
    page = json.loads(shell("scan", "--baseline", "known.txt", "--format", "json").text)
    assert [one["path"] for one in page["findings"] if not one["suppressed"]] == ["billing/providers.py"]
    assert all(one["known"] for one in page["findings"] if one["suppressed"])


def test_a_baseline_is_written_anew_and_says_what_came_and_went(shell: Shell, project: Path) -> None:
    shell("baseline")
    (project / "billing/providers.py").unlink()
    assert "7 findings written down as known (0 new, 1 no longer there).\n" in shell("baseline").err
    assert "7 findings written down as known.\n" in shell("baseline").err
    assert shell("baseline", "--since", "HEAD").code == 2
    (project / "notes.md").write_text("# Notes\n\nKeep me.\n")
    answer = shell("baseline", "--baseline", "notes.md")
    assert answer.code == 2
    assert "notes.md: line 3 is no entry of a baseline" in answer.err
    assert (project / "notes.md").read_text().endswith("Keep me.\n")


def test_a_baseline_that_says_too_much_is_told_and_not_written(shell: Shell, project: Path) -> None:
    shell("baseline")
    file = project / "jwt2oauth-baseline.txt"
    (project / "billing/providers.py").unlink()
    before = file.read_bytes()
    answer = shell("scan", "--baseline", file.name)
    assert answer.code == 0
    assert "The baseline has 1 entry that nothing is found for any more" in answer.text.replace(
        "\n     ", " "
    )
    assert file.read_bytes() == before
    page = json.loads(shell("scan", "--baseline", file.name, "--format", "json").text)
    assert page["stale"] == ["billing/providers.py: jwt-exchange jwt-exchange@billing/providers.py"]
    assert "entry" not in shell("scan", "auth", "--baseline", file.name).text
    for name in ("auth", "conf", "billing"):
        shutil.rmtree(project / name)
    (project / "inline.py").unlink()
    assert "Nothing found" in (answer := shell("scan", "--baseline", file.name)).text
    assert f"The baseline has {len(before.splitlines()) - 1} entries" in answer.text


@pytest.mark.parametrize(
    ("text", "why"), [(None, "no such file or directory"), ("rubbish\n", "line 1 is no entry of a baseline")]
)
def test_a_baseline_that_is_none(shell: Shell, project: Path, text: str | None, why: str) -> None:
    if text is not None:
        (project / "b.txt").write_text(text)
    answer = shell("scan", "--baseline", "b.txt")
    assert answer.code == 2
    assert f"b.txt: {why}" in answer.err


def test_the_baseline_of_the_configuration(shell: Shell, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.jwt2oauth]\nbaseline = "known.txt"\n')
    assert shell("scan").code == 2
    assert shell("baseline").code == 0
    assert (project / "known.txt").exists()
    assert shell("scan").code == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("command", [["explain"], ["scan", "--format", "json"], ["--version"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_no_mistake_of_ours(project: Path, command: list[str], unbuffered: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "jwt2oauth", *command],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=project,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == b"jwt2oauth: the output could not be written: no space left on device\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "command", [["scan", "nowhere"], ["scan", "--nothing"], ["scan", "--format", "json"]]
)
def test_the_code_says_what_standard_error_does_not_take(project: Path, command: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        argv = [sys.executable, "-m", "jwt2oauth", *command]
        done = subprocess.run(argv, stdout=full, stderr=full, cwd=project, check=False)
    assert done.returncode == 2


def closed(project: Path, command: str, streams: str) -> tuple[int, bytes, bytes]:
    """The code, and what comes out, with those ``streams`` closed by the shell."""
    line = f'"$0" -m jwt2oauth {command} {streams}'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        cwd=project,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(os.name != "posix", reason="a POSIX shell closes them")
def test_streams_that_are_closed(project: Path) -> None:
    """A file that is opened next takes the number of a closed one, and what is written to that."""
    refused = b"jwt2oauth: the output could not be written: bad file descriptor\n"
    assert closed(project, "scan --format json", ">&-") == (2, b"", refused)
    assert closed(project, "--version", "<&- >&- 2>&-") == (2, b"", b"")
    program = (
        "import os; from jwt2oauth import __main__; __main__._take_closed_streams(); "
        "print(os.open('.', os.O_RDONLY))"
    )
    assert closed(project, f'>/dev/null; "$0" -c "{program}"', "<&- 2>&-")[:2] == (0, b"3\n")


def test_a_working_directory_that_has_gone(tmp_path: Path) -> None:
    code = "import os, sys; os.mkdir('x'); os.chdir('x'); os.rmdir('../x'); "
    code += "from jwt2oauth.__main__ import main; sys.argv = ['jwt2oauth', 'scan']; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        b"jwt2oauth: the working directory: no such file or directory\n",
    )


def test_a_command_to_copy_does_what_was_asked(shell: Shell, project: Path) -> None:
    """What is left to do names the options that decide what is found, or it would do more than was shown."""
    committed(project)
    (project / "-odd.txt").write_text("")
    asked = ("--since", "HEAD", "--ignore", "metascope-claim", "--exclude", "a b/")
    (project / "auth/ims.py").write_text("# touched\n" + samples.IMS)
    said = "--ignore metascope-claim --exclude 'a b/' --since HEAD"
    assert f"jwt2oauth fix --diff {said} auth" in shell("scan", *asked, "auth").text
    assert f"jwt2oauth fix {said}\n" in shell("fix", "--diff", *asked).err
    kept = shell("fix", "--diff", *asked, "--client", "keep", "--scopes", "a,b", "--", "auth", "-odd.txt").err
    assert f"jwt2oauth fix {said} --client keep --scopes a,b -- auth -odd.txt" in kept
    for form in ("html", "markdown"):
        assert "fix --ignore metascope-claim --exclude" in shell("scan", *asked, "--format", form).text


def test_rules_that_are_ignored_at_their_path(shell: Shell, project: Path) -> None:
    settings = '[tool.jwt2oauth.per-path-ignores]\n"billing/" = ["jwt-exchange"]\n'
    (project / "pyproject.toml").write_text(settings)
    assert shell("scan", "billing").code == 0
    assert shell("scan", "auth").code == 1
    (project / "pyproject.toml").write_text(settings.replace("jwt-exchange", "no-such-rule"))
    assert shell("scan", "billing").code == 2


def test_only_what_has_changed(shell: Shell, project: Path) -> None:
    committed(project)
    git("branch", "base")
    assert shell("scan", "--since", "base").code == 0
    (project / "clean.py").write_text("x = 3\n")
    assert shell("scan", "--since", "base").code == 0
    git("mv", "billing/providers.py", "billing/grants.py")
    (project / "auth/cache.py").write_text(samples.CACHE + "\n# a comment\n")
    page = json.loads(shell("scan", "--since", "base", "--format", "json").text)
    assert {one["path"] for one in page["findings"]} == {"auth/cache.py", "auth/ims.py"}
    answer = shell("scan", "--since", "nowhere")
    assert answer.code == 2
    assert "nowhere" in answer.err


def test_a_named_file_is_seen_with_its_project(shell: Shell, project: Path) -> None:
    page = json.loads(shell("scan", "auth/cache.py", "--format", "json").text)
    assert page["findings"] == []  # no needle in it
    page = json.loads(shell("scan", "auth/ims.py", "--format", "json").text)
    assert {one["path"] for one in page["findings"]} == {"auth/cache.py", "auth/ims.py"}


def test_a_part_of_a_work_tree_is_told(shell: Shell, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = "Only part of this work tree was read"
    assert told not in shell("scan", "auth").text
    monkeypatch.chdir(samples.write(project / "part"))
    assert told in shell("scan").text
    assert told in shell("fix", "--diff").err
    assert told not in shell("scan", "clean.py").text


def test_standard_input_stands_for_a_file(
    shell: Shell, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scan(text: str, *arguments: str) -> Answer:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        return shell("scan", *arguments)

    assert scan("x = 1\n", "--stdin-filename", "auth/ims.py", "-").code == 0
    answer = scan(samples.CHOICE, "--stdin-filename", "billing/providers.py", "-", "--format", "json")
    assert {one["path"] for one in json.loads(answer.text)["findings"]} == {"billing/providers.py"}
    assert scan(samples.CHOICE, "--stdin-filename", "new.py", "-").code in (0, 1)
    assert scan("", "-").code == 2
    assert scan("", "--stdin-filename", "a.py", "auth").code == 2

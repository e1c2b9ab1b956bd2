"""What a pull request is told, without telling it: the payload that ``review`` prints."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pulls
import pytest
import trees
from forge import Repository, git
from ims import SECRET_PREFIX
from pulls import ASSERTION, AUTH, BY_HAND, EXCHANGE, FIXED, SECRET, TWO_FILES
from tool import jwt2oauth
from trees import Fixture, Keyring, each

from jwt2oauth.bot.anchors import replacement

pytestmark = pytest.mark.analysed_once

FIXTURES = trees.load_all()


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    pulls.clear(monkeypatch)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return pulls.start(tmp_path / "repository")


class Told:
    """What is printed, and the code."""

    def __init__(self, repository: Repository, *options: str, base: str = "main") -> None:
        self.ran = jwt2oauth(repository.root, "review", "--base", base, *options)
        assert self.ran.code in (0, 1), self.ran.story
        self.page: dict[str, Any] = self.ran.page

    @property
    def comments(self) -> list[dict[str, Any]]:
        review = self.page["review"]
        return review["comments"] if review else []

    @property
    def summary(self) -> str:
        comment = self.page["comment"]
        return comment["body"] if comment else ""

    @property
    def silent(self) -> bool:
        return self.ran.code == 0 and self.page == {"comment": None, "review": None}


def at(comment: dict[str, Any]) -> tuple[str, int, int]:
    return comment["path"], comment.get("start_line", comment["line"]), comment["line"]


def test_a_flow_in_one_hunk_is_a_suggestion(repository: Repository) -> None:
    head = repository.push({"auth.py": AUTH})
    told = Told(repository)
    assert told.ran.code == 1
    assert told.page["review"]["commit_id"] == head
    assert told.page["review"]["event"] == "COMMENT"
    (comment,) = told.comments
    (kind, text), *more = pulls.blocks(comment["body"])
    assert (kind, more) == ("suggestion", [])
    path, start, line = at(comment)
    lines = AUTH.splitlines(keepends=True)
    lines[start - 1 : line] = [text]
    assert jwt2oauth(repository.root, "fix").code == 0
    assert (repository.root / path).read_text() == "".join(lines)
    assert "a comment suggests the change" in told.summary
    assert not pulls.blocks(told.summary)


def test_a_flow_across_files_is_a_patch_in_the_summary(repository: Repository) -> None:
    repository.push(TWO_FILES)
    told = Told(repository)
    (comment,) = told.comments
    assert at(comment) == ("exchange.py", 7, 7)
    assert not pulls.blocks(comment["body"])
    assert "The change is in `assertion.py` and `exchange.py`" in comment["body"]
    ((kind, patch),) = pulls.blocks(told.summary)
    assert kind == "diff"
    subprocess.run(["git", "apply"], cwd=repository.root, input=patch.encode(), check=True)
    applied = held(repository.root)
    git(repository.root, "checkout", "-q", ".")
    assert jwt2oauth(repository.root, "fix").code == 0
    assert applied == held(repository.root)


def held(root: Path) -> dict[str, str]:
    """Those of the two files that are there; one of them goes."""
    return {path: (root / path).read_text() for path in TWO_FILES if (root / path).exists()}


def test_a_flow_that_is_left_alone_says_why(repository: Repository) -> None:
    repository.push({"hand.py": BY_HAND})
    told = Told(repository)
    (comment,) = told.comments
    assert "**To be done by hand.**" in comment["body"]
    assert "to be done by hand" in told.summary
    assert not pulls.blocks(comment["body"] + told.summary)


def test_what_the_pull_request_does_not_touch_is_not_its_business(tmp_path: Path) -> None:
    repository = pulls.start(
        tmp_path / "repository", {"auth.py": AUTH, "exchange.py": EXCHANGE, "assertion.py": ASSERTION}
    )
    repository.push(
        {"README.md": "# Another shop\n", "auth.py": AUTH.replace('sync."""', 'synchronisation."""')}
    )
    assert Told(repository).silent
    git(repository.root, "mv", "auth.py", "renamed.py")
    repository.push({"assertion.py": "# A new first line.\n" + ASSERTION})
    assert Told(repository).silent


def test_one_touched_line_of_a_flow_is_enough(tmp_path: Path) -> None:
    repository = pulls.start(tmp_path / "repository", {"exchange.py": EXCHANGE, "assertion.py": ASSERTION})
    repository.push({"assertion.py": ASSERTION.replace('algorithm="RS256"', "algorithm='RS256'")})
    told = Told(repository)
    (comment,) = told.comments
    assert at(comment) == ("assertion.py", 16, 16)
    assert "exchange.py:7" in told.summary


def test_a_flow_that_was_brought_in_without_touching_its_lines(tmp_path: Path) -> None:
    """The exchange was another grant's until its address was changed, in another file."""
    exchange = EXCHANGE.replace('"https://ims-na1.adobelogin.com/ims/exchange/jwt"', "ims.ADDRESS").replace(
        "import requests\n", "import requests\n\nimport ims\n"
    )
    before = {"ims.py": 'ADDRESS = "https://login.example.com/token"\n', "exchange.py": exchange}
    other = ASSERTION.replace("https://ims-na1.adobelogin.com", "https://login.example.com").replace(
        "ent_user_sdk", "x"
    )
    repository = pulls.start(tmp_path / "repository", {**before, "assertion.py": other})
    assert jwt2oauth(repository.root, "scan").code == 0
    repository.push({"ims.py": 'ADDRESS = "https://ims-na1.adobelogin.com/ims/exchange/jwt"\n'})
    assert jwt2oauth(repository.root, "scan").code == 1
    told = Told(repository)
    assert told.ran.code == 1
    assert "exchange.py" in told.summary


def test_a_finding_outside_of_flows(repository: Repository) -> None:
    repository.push({"app.py": "x = 1\ny = 2  # jwt2oauth: ignore[jwt-exchange] not any more\n"})
    told = Told(repository)
    assert told.ran.code == 1
    (comment,) = told.comments
    assert at(comment) == ("app.py", 2, 2)
    assert "ignores nothing" in comment["body"]
    assert "ignores nothing" in told.summary


def test_what_a_comment_or_the_baseline_marks_is_left_out(repository: Repository) -> None:
    marked = BY_HAND.replace("data=form)", "data=form)  # jwt2oauth: ignore[jwt-exchange] a test")
    repository.push({"hand.py": marked})
    assert Told(repository).silent
    repository.push({"hand.py": BY_HAND})
    assert not Told(repository).silent
    assert jwt2oauth(repository.root, "baseline", "--baseline", "../known").code == 0
    assert Told(repository, "--baseline", "../known").silent
    assert Told(repository, "--exclude", "hand.py").silent


def test_what_counts_is_the_commit_not_the_work_tree(repository: Repository) -> None:
    repository.push({"auth.py": AUTH})
    told = Told(repository).page
    (repository.root / "auth.py").write_text(FIXED)
    (repository.root / "untracked.py").write_text(AUTH)
    assert Told(repository).page == told


def test_a_head_that_ci_has_merged_with_its_base(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitHub checks out a merge of both; the lines that it shows are those of the branch."""
    repository.push({"auth.py": AUTH})
    told = Told(repository)
    head = repository.head
    git(repository.root, "checkout", "-q", "main")
    repository.push({"README.md": "# Another\n", "other.py": AUTH})
    git(repository.root, "checkout", "-q", "--detach", "main")
    git(repository.root, "merge", "-q", "--no-ff", "-m", "merge", "topic")
    git(repository.root, "branch", "-q", "-f", "main", "HEAD~1")
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, "head": {"sha": head}}}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    assert Told(repository, base="main").page == told.page
    git(repository.root, "checkout", "-q", "main")
    ran = jwt2oauth(repository.root, "review", "--base", "main")
    assert ran.code == 2
    assert "the work tree is not based on this commit: check it out" in ran.text


def test_paths_begin_at_the_top_of_the_repository(repository: Repository) -> None:
    repository.push({"tools/sync/auth.py": AUTH, "exchange.py": EXCHANGE, "assertion.py": ASSERTION})
    inside = Repository(repository.root / "tools")
    told = Told(inside)
    (comment,) = told.comments
    assert comment["path"] == "tools/sync/auth.py"
    assert "tools/sync/auth.py:13" in comment["body"]
    assert "tools/sync/auth.py:22" in told.summary
    assert {comment["path"] for comment in Told(repository, "tools", "exchange.py").comments} == {
        "tools/sync/auth.py",
        "exchange.py",
    }


def test_a_change_that_does_not_fit_into_a_hunk_is_no_suggestion(tmp_path: Path) -> None:
    repository = pulls.start(tmp_path / "repository", {"auth.py": AUTH})
    repository.push({"auth.py": AUTH.replace("timeout=30", "timeout=60")})
    told = Told(repository)
    (comment,) = told.comments
    assert comment["line"] == 29
    assert not pulls.blocks(comment["body"])
    assert [kind for kind, _ in pulls.blocks(told.summary)] == ["diff"]


@pytest.mark.parametrize(
    "text",
    [AUTH.replace("\n", "\r\n"), AUTH.replace('os.environ["ADOBE_CLIENT_SECRET"]', f'"{SECRET}"')],
    ids=["CRLF", "secret"],
)
def test_what_an_editor_would_spoil_or_nobody_may_see_is_no_suggestion(
    repository: Repository, text: str
) -> None:
    repository.push({"auth.py": text})
    told = Told(repository)
    (comment,) = told.comments
    assert not pulls.blocks(comment["body"])
    assert [kind for kind, _ in pulls.blocks(told.summary)] == ["diff"]
    assert SECRET not in told.ran.text
    assert "`git apply`" not in told.summary or SECRET in text


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a\nb\nc\n", "a\nB\nc\n", (2, 2, "B\n")),
        ("a\nb\nc\n", "a\nc\n", (2, 2, "")),
        ("a\nb\n", "a\nx\nb\n", (1, 1, "a\nx\n")),
        ("a\nb\n", "x\na\nb\n", (1, 1, "x\na\n")),
        ("a\nb\n", "a\nb\nx\n", (2, 2, "b\nx\n")),
        ("a\nb\nc\nd\n", "A\nb\nc\nD\n", (1, 4, "A\nb\nc\nD\n")),
        ("a\nb", "a\nB", None),
        ("a\nb\nc", "a\nB\nc", (2, 2, "B\n")),
        ("a\nb\r\nc\n", "a\nB\r\nc\n", None),
        ("a\n\x0c\nc\n", "a\nB\nc\n", None),
        ("\ufeffa\nb\n", "\ufeffA\nb\n", None),
        ("\ufeffa\nb\n", "\ufeffa\nB\n", (2, 2, "B\n")),
        ("a\n", "a\n", None),
    ],
)
def test_lines_and_what_becomes_of_them(
    before: str, after: str, expected: tuple[int, int, str] | None
) -> None:
    change = replacement(before.encode(), after.encode())
    assert (None if change is None else (change.start, change.line, change.text)) == expected
    assert replacement(b"\xe9\n", b"e\n") is None


def test_fences_are_longer_than_what_they_hold(repository: Repository) -> None:
    text = (
        AUTH.replace("    claims = {", '    """```\n    ````suggestion\n    """\n    claims = {')
        .replace("import os\n", "import os\n\nDOC = '`````'\n")
        .replace("import jwt\n", "import jwt\nFENCE = '``````'\n")
    )
    repository.push({"auth.py": text})
    (comment,) = Told(repository).comments
    ((kind, suggestion),) = pulls.blocks(comment["body"])
    assert kind == "suggestion"
    assert "FENCE = '``````'" in suggestion


OURS = r"</?(?:details|summary|sub)>|<!-- jwt2oauth:[^<>]* -->"
NAMES = [
    "`a`.py", "a|b.py", "<img src=x onerror=alert(1)>.py", "@everyone.py", "a b/[x](www.example.com).py",
    "</details>.py", "-->.py", "#1 ``b``.py", "*b*_c_.py", "&amp;.py", "ünï.py", "a\nb.py", "new\u202e.py",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_do_nothing_in_a_comment(repository: Repository, name: str) -> None:
    repository.push({name: AUTH, "hand/" + name: BY_HAND})
    told = Told(repository)
    bodies = [told.summary, *(comment["body"] for comment in told.comments)]
    assert {comment["path"] for comment in told.comments} == {name, "hand/" + name}
    for body in bodies:
        tags = pulls.html(body)
        assert not [tag for tag in tags if not re.fullmatch(OURS, tag)]
        for opened in ("details", "summary", "sub"):
            assert tags.count(f"<{opened}>") == tags.count(f"</{opened}>")
        assert not re.search(r"[@#]\w|://|www\.", pulls.prose(body))


def test_what_several_flows_ask_for_stands_once_in_the_summary(repository: Repository) -> None:
    repository.push({"one.py": AUTH, "two/auth.py": AUTH, "hand.py": BY_HAND, **TWO_FILES})
    told = Told(repository)
    once, _, _ = told.summary.partition("**To do once**")[2].partition("<details>")
    shared = [line for line in once.splitlines() if line.startswith("- [ ] ")]
    assert any("OAuth Server-to-Server credential to the project" in line for line in shared)
    assert any(
        line.endswith("(for `access_token (one.py)` and `access_token (two/auth.py)`)") for line in shared
    )
    for comment in told.comments:
        assert not [line for line in shared if line.partition(" (for ")[0] in comment["body"]]
        assert ("stands once in the summary comment" in comment["body"]) == (comment["path"] != "hand.py")


def test_a_line_of_the_summary_names_its_place_once(repository: Repository) -> None:
    repository.push({"auth.py": AUTH, "hand.py": BY_HAND})
    one, other = [line for line in Told(repository).summary.splitlines() if line.startswith("- ")][:2]
    assert one.count("auth.py") == 1
    assert other.count("hand.py") == 1
    assert "# jwt2oauth: ignore[rule] reason" in Told(repository).summary


def test_the_command_for_the_author_does_no_more_than_the_comment(repository: Repository) -> None:
    repository.push(TWO_FILES)
    assert "`jwt2oauth fix --since main` on this branch writes it" in Told(repository).summary


def test_more_than_thirty(repository: Repository) -> None:
    repository.push({f"hand{number:02}.py": BY_HAND for number in range(40)})
    told = Told(repository)
    assert len(told.comments) == 30
    assert told.summary.count("to be done by hand") == 40


def test_a_summary_that_would_be_too_long(repository: Repository) -> None:
    padding = "".join(f"# {'x' * 90} {number}\n" for number in range(900))
    long = AUTH.replace("    claims = {", f"    claims = {{  # noqa\n{padding}", 1)
    repository.push(
        {
            "hand.py": BY_HAND,
            "long.py": long,
            **TWO_FILES,
            **{f"more{n}/{'y' * 200}.py": BY_HAND for n in range(90)},
        }
    )
    told = Told(repository)
    assert len(told.summary) <= 65_536
    assert told.summary.endswith("<!-- jwt2oauth:summary -->")
    assert all(len(comment["body"]) <= 65_536 for comment in told.comments)
    assert "Too long to be shown as well" in told.summary or "too long for a comment" in told.summary
    assert " more: `jwt2oauth scan` shows them." in told.summary


def test_a_file_that_cannot_be_examined(repository: Repository) -> None:
    repository.push({"broken.py": AUTH + "\ndef (:\n"})
    told = Told(repository)
    assert told.ran.code == 1
    assert "broken.py" in told.summary


@each(FIXTURES, fast=24, slow=6)
def test_every_customer_as_a_pull_request(fixture: Fixture, keyring: Keyring, repository: Repository) -> None:
    """Nothing secret is told, and what is told does what ``fix`` does: the suggestions, or the patch."""
    files = keyring.fill(trees.read(fixture.before))
    for path, data in files.items():
        (repository.root / path).parent.mkdir(parents=True, exist_ok=True)
        (repository.root / path).write_bytes(data)
    repository.push({})
    told = Told(repository)
    secrets = [SECRET_PREFIX, *(line.decode() for line in keyring.key_lines)]
    assert not [secret for secret in secrets if secret in str(told.page) + told.ran.text]
    assert told.silent == all(finding.suppressed for finding in fixture.findings), told.ran.story
    after = followed(repository, told)
    assert jwt2oauth(repository.root, "fix", "--force").code in (0, 1)
    if after is not None:
        assert after == trees.read(repository.root)


def followed(repository: Repository, told: Told) -> dict[str, bytes] | None:
    """Do what a review says and give the tree; None if it says that only the tool can do it."""
    patches = [text for kind, text in pulls.blocks(told.summary) if kind == "diff"]
    if "Too long" in told.summary or (patches and "`git apply`" not in told.summary):
        return None
    for patch in patches:
        subprocess.run(["git", "apply"], cwd=repository.root, input=patch.encode(), check=True)
    for comment in sorted(told.comments, key=at, reverse=True) if not patches else []:
        path, start, line = at(comment)
        for kind, text in pulls.blocks(comment["body"]):
            assert kind == "suggestion"
            lines = (repository.root / path).read_bytes().split(b"\n")
            lines[start - 1 : line] = text.encode().split(b"\n")[:-1]
            (repository.root / path).write_bytes(b"\n".join(lines))
    after = trees.read(repository.root)
    git(repository.root, "checkout", "-q", ".")
    return after


def test_gitlab(tmp_path: Path) -> None:
    repository = pulls.start(tmp_path / "repository", {"exchange.py": EXCHANGE, "assertion.py": ASSERTION})
    repository.push(
        {"auth.py": AUTH, "exchange.py": EXCHANGE.replace("reply =", "answer =").replace("reply.", "answer.")}
    )
    page = jwt2oauth(repository.root, "review", "--base", "main", "--format", "gitlab").page
    assert list(page) == ["note", "discussions"]
    by_path = {each["position"]["new_path"]: each for each in page["discussions"]}
    new = by_path["auth.py"]
    base = git(repository.root, "merge-base", "main", "HEAD")
    assert new["position"] == {
        "position_type": "text", "base_sha": base, "start_sha": base, "head_sha": repository.head,
        "old_path": "auth.py", "new_path": "auth.py", "new_line": 32,
    }  # fmt: skip
    assert pulls.blocks(new["body"])[0][0] == "suggestion:-28+0"
    assert by_path["exchange.py"]["position"]["new_line"] == 7


def test_a_shallow_clone_and_other_mistakes(repository: Repository, tmp_path: Path) -> None:
    repository.push({"auth.py": AUTH})
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository.root}", "shallow")
    ran = jwt2oauth(tmp_path / "shallow", "review", "--base", "origin/main")
    assert ran.code == 2
    assert "fetch-depth: 0" in ran.text
    assert jwt2oauth(repository.root, "review").code == 2
    assert jwt2oauth(repository.root, "review", "--base", "nowhere").code == 2
    ran = jwt2oauth(repository.root, "review", "--base", "main", "--post")
    assert ran.code == 2
    assert "JWT2OAUTH_TOKEN or GITHUB_TOKEN" in ran.text

"""The bot at GitHub: a server on loopback that keeps state, refuses, breaks off, limits; see its double."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import contract
import pulls
import pytest
from forge import Asked, Fault, Repository, git
from github_double import PATH, GitHub
from pulls import AUTH, BY_HAND, FIXED, SECRET, TWO_FILES
from tool import Ran, jwt2oauth

from jwt2oauth.bot import client, run, target
from jwt2oauth.engine import Settings

pytestmark = pytest.mark.analysed_once

SECRETS = (SECRET, "CANARYtoken")
REVIEWS = re.escape(f"{PATH}/pulls/7/reviews")
COMMENTS = re.escape(f"{PATH}/issues/7/comments")


class Time:
    """A clock that goes on when somebody sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._now = 1_000_000.0

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += seconds


class Shop:
    """Pull request 7, and how the bot runs on it."""

    def __init__(self, github: GitHub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.github = github
        self.time = Time()
        self._folder = folder
        self._monkeypatch = monkeypatch
        now, sleep = self.time.now, self.time.sleep
        monkeypatch.setattr(client, "Clock", lambda: client_clock(now, sleep))

    def review(self, *options: str, code: int = 1) -> Ran:
        """What the workflow does after a push."""
        pulls.at_github(self._monkeypatch, self.github.repository, self.github.address, self._folder)
        ran = jwt2oauth(self.github.repository.root, "review", "--base", "main", "--post", *options)
        assert ran.code == code, ran.story
        assert not any(secret in ran.text for secret in SECRETS), ran.story
        assert self.github.wrong == []
        return ran

    def push(self, **files: str | None) -> None:
        self.github.push({name.replace("_py", ".py"): text for name, text in files.items()})


client_clock = client.Clock


@pytest.fixture(scope="session")
def described() -> None:
    """GitHub's descriptions; without npm there are none, and the tests are skipped."""
    contract.schema()
    assert contract.violations("GET", f"{PATH}/pulls/7", {}, None) == []


@pytest.fixture
def shop(described: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    repository = pulls.start(tmp_path / "repository")
    with GitHub(repository) as github:
        yield Shop(github, tmp_path, monkeypatch)
        sent = [str(asked.body) + asked.path + str(asked.query) for asked in github.requests]
        assert not any(secret in text for secret in SECRETS for text in sent)
        assert all("ghs_" in asked.headers["authorization"] for asked in github.requests)


def test_the_first_push(shop: Shop) -> None:
    shop.push(auth_py=AUTH)
    ran = shop.review()
    (comment,) = shop.github.threads
    assert (comment.path, comment.start, comment.line) == ("auth.py", 4, 32)
    assert pulls.blocks(comment.body)[0][0] == "suggestion"
    (summary,) = shop.github.comments
    head = shop.github.repository.head
    assert f"https://github.com/acme/shop/blob/{head}/auth.py#L22" in summary.body
    assert ran.stdout == b""
    assert "comments: 1 posted, 0 edited, 0 closed; summary: posted." in ran.text
    assert len(shop.github.reviews) == 1


def test_nothing_to_say_is_not_said(shop: Shop) -> None:
    shop.push(other_py="x = 1\n")
    ran = shop.review(code=0)
    assert "summary: none" in ran.text
    assert shop.github.changes() == []


def test_the_same_again(shop: Shop) -> None:
    shop.push(
        auth_py=AUTH, **{"assertion.py": TWO_FILES["assertion.py"], "exchange.py": TWO_FILES["exchange.py"]}
    )
    shop.review()
    before = len(shop.github.changes())
    shop.review()
    assert len(shop.github.changes()) == before


def test_a_second_push_with_shifted_lines(shop: Shop) -> None:
    shop.push(auth_py=AUTH)
    shop.review()
    (comment,) = shop.github.threads
    shop.push(auth_py="# A line more.\n# And one.\n" + AUTH, more_py=BY_HAND)
    assert comment.line == 34
    shop.review()
    first, second = shop.github.threads
    assert first is comment
    assert second.path == "more.py"
    assert "auth.py:24" in first.body
    assert len(shop.github.comments) == 1
    assert "2 places" in shop.github.comments[0].body


def test_what_was_ticked_stays_ticked(shop: Shop) -> None:
    shop.push(auth_py=AUTH)
    shop.review()
    (comment,) = shop.github.threads
    comment.body = comment.body.replace("- [ ] Add Authlib", "- [x] Add Authlib")
    shop.review()
    assert comment.edits == 0
    shop.push(auth_py="# A line more.\n" + AUTH)
    shop.review()
    assert comment.edits == 1
    assert "- [x] Add Authlib" in comment.body
    assert "- [ ] Set" in comment.body


def test_a_finding_that_is_fixed(shop: Shop) -> None:
    shop.push(auth_py=AUTH, hand_py=BY_HAND)
    shop.review()
    fixed = next(comment for comment in shop.github.threads if comment.path == "auth.py")
    shop.push(auth_py=FIXED)
    shop.review()
    assert fixed.minimized
    assert fixed.body.startswith("No longer in this pull request.")
    assert [kind for kind, _ in pulls.blocks(fixed.body)] == [""]
    assert [comment.path for comment in shop.github.shown] == ["hand.py"]
    shop.push(hand_py=None)
    ran = shop.review(code=0)
    assert "1 closed; summary: edited." in ran.text
    assert "No line of this pull request uses it" in shop.github.comments[0].body
    assert shop.github.shown == []
    shop.push(auth_py=AUTH)
    shop.review()
    assert [comment.path for comment in shop.github.shown] == ["auth.py"]
    assert len(shop.github.comments) == 1


def test_the_suggestion_is_taken(shop: Shop) -> None:
    shop.push(auth_py=AUTH)
    shop.review()
    (comment,) = shop.github.threads
    shop.github.commit_suggestion(comment)
    assert jwt2oauth(shop.github.repository.root, "scan").code == 0
    shop.review(code=0)
    assert comment.minimized


@pytest.mark.parametrize(
    ("may_resolve", "may_hide", "resolved", "minimized"),
    [(True, True, True, False), (False, True, False, True), (False, False, False, False)],
)
def test_what_a_token_may(
    shop: Shop, may_resolve: bool, may_hide: bool, resolved: bool, minimized: bool
) -> None:
    shop.github.may_resolve, shop.github.may_hide = may_resolve, may_hide
    shop.push(auth_py=AUTH)
    shop.review()
    shop.push(auth_py=FIXED)
    shop.review(code=0)
    (comment,) = shop.github.threads
    assert (comment.resolved, comment.minimized) == (resolved, minimized)
    assert comment.body.startswith("No longer in this pull request.")
    before = len(shop.github.changes())
    shop.review(code=0)
    assert len(shop.github.changes()) == before


@pytest.mark.parametrize("how", ["resolved", "minimized"])
def test_a_comment_that_somebody_resolved_stays_resolved(shop: Shop, how: str) -> None:
    shop.push(auth_py=AUTH)
    shop.review()
    (comment,) = shop.github.threads
    setattr(comment, how, True)
    shop.push(auth_py="# A line more.\n" + AUTH)
    shop.review()
    shop.push(auth_py=AUTH.replace("return reply.json()", "return (reply.json())"))
    assert comment.line is None
    shop.review()
    assert shop.github.threads == [comment]
    assert getattr(comment, how)
    assert comment.edits == 0


def test_an_outdated_comment_gives_way_to_one_that_can_be_used(shop: Shop) -> None:
    shop.push(auth_py=AUTH)
    shop.review()
    (old,) = shop.github.threads
    shop.push(
        auth_py=AUTH.replace('return reply.json()["access_token"]', 'return reply.json().get("access_token")')
    )
    assert old.line is None
    shop.review()
    old, new = shop.github.threads
    assert old.minimized
    assert "see the newer comment" in old.body
    assert new.shown
    assert new.line == 32
    shop.push(other_py="x = 1\n")
    shop.review()
    assert len(shop.github.threads) == 2


def test_comments_of_others_with_our_marker_are_not_ours(shop: Shop) -> None:
    """Else anybody could silence the bot, or let it edit what they have written."""
    shop.push(auth_py=AUTH)
    shop.review()
    (ours,) = shop.github.threads
    (summary,) = shop.github.comments
    name = re.search(r"jwt2oauth:1 (\S+) -->", ours.body)
    assert name is not None
    shop.github.threads.clear()
    shop.github.comments.clear()
    theirs = shop.github.say(f"x <!-- jwt2oauth:1 {name[1]} -->", path="auth.py", line=5, resolved=True)
    below = shop.github.say(f"x {summary.body}")
    shop.review()
    assert len(shop.github.threads) == 2
    assert len(shop.github.comments) == 2
    assert theirs.edits == below.edits == 0


def test_more_comments_than_a_page_of_theirs_holds(shop: Shop) -> None:
    for number in range(150):
        shop.github.say(f"{number}")
        shop.github.say(f"{number}", path="auth.py", line=1)
    shop.push(auth_py=AUTH)
    shop.review()
    for number in range(150):
        shop.github.say(f"{number}")
    shop.review()
    assert len([comment for comment in shop.github.threads if comment.ours]) == 1
    assert len([comment for comment in shop.github.comments if comment.ours]) == 1


@pytest.mark.slow
def test_many_files(shop: Shop) -> None:
    shop.github.push({f"hand{number:03}.py": BY_HAND for number in range(120)})
    shop.review()
    assert len(shop.github.threads) == 30
    assert len(shop.github.reviews) == 1


def test_two_pushes_at_once(shop: Shop, tmp_path: Path) -> None:
    """Two runs look, and see nothing; then both post."""
    shop.push(auth_py=AUTH)
    both = threading.Barrier(2, timeout=60)

    def wait(asked: Asked) -> None:
        if asked.method == "POST" and re.fullmatch(f"{REVIEWS}|{COMMENTS}", asked.path):
            both.wait()

    shop.github.before = wait
    pulls.at_github(shop._monkeypatch, shop.github.repository, shop.github.address, tmp_path)
    goal = target.target_of("github", os.environ)
    seen = [
        run.look(
            [shop.github.repository.root], Settings(), base="main", head=None, forge="github", environment={}
        )
        for _ in range(2)
    ]
    said: list[str] = []
    threads = [
        threading.Thread(target=lambda each=each: said.append(run.post(each, goal).said)) for each in seen
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 2, said
    assert all("posted" in each for each in said), said
    assert len(shop.github.shown) == 1
    assert len(shop.github.comments) == 1
    assert len(shop.github.reviews) == 2
    assert shop.github.wrong == []


def test_a_push_while_the_bot_looks(shop: Shop) -> None:
    shop.push(auth_py=AUTH)

    def push(asked: Asked) -> None:
        if asked.path == "/graphql":
            shop.github.before = lambda asked: None
            shop.push(auth_py=FIXED)

    shop.github.before = push
    ran = shop.review()
    assert "Nothing more is posted: the pull request is at" in ran.text
    assert shop.github.comments == []
    shop.review(code=0)
    assert shop.github.shown == []


def test_a_pull_request_that_is_closed(shop: Shop) -> None:
    shop.push(auth_py=AUTH)
    shop.github.open = False
    ran = shop.review()
    assert "the pull request is closed" in ran.text
    assert shop.github.changes() == []


@pytest.mark.parametrize("status", [502, 0])
@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("path", [REVIEWS, COMMENTS], ids=["review", "summary"])
def test_a_fault_in_the_middle(shop: Shop, status: int, heard: bool, path: str) -> None:
    """A request that was heard, though its answer was lost, is not made again."""
    shop.push(auth_py=AUTH)
    shop.github.faults = [Fault("POST", path, status, heard=heard)]
    shop.review()
    assert len(shop.github.shown) == 1
    assert len(shop.github.comments) == 1
    posts = [asked for asked in shop.github.requests if asked.method == "POST" and asked.path != "/graphql"]
    assert len(posts) == (2 if heard else 3)
    assert shop.time.slept


def test_a_fault_that_stays(shop: Shop) -> None:
    shop.push(auth_py=AUTH)
    shop.github.faults = [Fault("POST", REVIEWS, 502, message=f"no {SECRET}", times=99)]
    ran = shop.review(code=2)
    assert "Not everything is posted: 127.0.0.1 does not answer: 502" in ran.text
    assert "::error file=auth.py,line=22,title=" in ran.text
    posts = [asked for asked in shop.github.requests if re.fullmatch(REVIEWS, asked.path)]
    assert len(posts) == client.TRIES


def test_a_secondary_rate_limit(shop: Shop) -> None:
    shop.push(auth_py=AUTH)
    limit = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    shop.github.faults = [
        Fault("POST", REVIEWS, 403, {"Retry-After": "17"}, limit),
        Fault("POST", COMMENTS, 403, {}, limit + f" Secondary rate limit, {SECRET}"),
        Fault("GET", f"{PATH}/pulls/7", 429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000042"}),
    ]
    shop.review()
    assert len(shop.github.shown) == len(shop.github.comments) == 1
    assert {17.0, 43.0, 60.0} <= set(shop.time.slept)


def test_a_rate_limit_that_asks_for_too_much(shop: Shop) -> None:
    shop.push(auth_py=AUTH)
    shop.github.faults = [Fault("POST", REVIEWS, 403, {"Retry-After": "86400"}, "no", times=99)]
    ran = shop.review(code=2)
    assert "a rate limit asks to wait 86400 s, and a run waits 300 s in all" in ran.text
    assert "::error file=auth.py" in ran.text
    assert sum(shop.time.slept) < 300


def test_a_fork_whose_token_can_only_read(shop: Shop, tmp_path: Path) -> None:
    shop.github.writable = False
    shop.push(auth_py=AUTH, hand_py=BY_HAND)
    page = tmp_path / "summary.md"
    ran = shop.review()
    assert "Nothing is posted: 127.0.0.1 says no: 403 Resource not accessible by integration" in ran.text
    assert "token that can only read" in ran.text
    lines = ran.stdout.decode().splitlines()
    assert [line.split(",")[0] for line in lines] == ["::error file=auth.py", "::error file=hand.py"]
    assert page.read_text().startswith("### Adobe’s Service Account (JWT) credential")
    assert shop.github.threads == shop.github.comments == []


def test_no_secret_is_sent(shop: Shop) -> None:
    """The fixture looks into every request; here there is something to be found."""
    key = (
        "-----BEGIN PRIVATE KEY-----\\nMIIEvCANARYtokenAAAAAAAAAAAAAAAAAAAAAAAAAA\\n-----END PRIVATE KEY-----"
    )
    told = AUTH.replace('os.environ["ADOBE_CLIENT_SECRET"]', f'"{SECRET}"').replace(
        '    with open(os.environ["ADOBE_KEY_FILE"]) as f:\n        key = f.read()\n', f'    key = "{key}"\n'
    )
    files: dict[str, str | None] = {"auth.py": told, "settings.env": f"ADOBE_CLIENT_SECRET={SECRET}\n"}
    shop.github.push(files)
    shop.review()
    (comment,) = shop.github.threads
    assert not pulls.blocks(comment.body)
    ((_, patch),) = pulls.blocks(shop.github.comments[0].body)
    assert "•••" in patch
    shop.github.writable = False
    shop.github.threads.clear()
    shop.review()


def test_github_shows_less_than_git(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a diff that is too large for it GitHub gives no lines: what stands there goes to the summary."""
    shop.push(auth_py=AUTH, hand_py=BY_HAND)
    diff = Repository.diff

    def less(self: Repository, commit: str | None = None) -> object:
        return {path: pieces for path, pieces in diff(self, commit).items() if path != "auth.py"}

    monkeypatch.setattr(Repository, "diff", less)
    shop.review()
    assert [comment.path for comment in shop.github.threads] == ["hand.py"]
    assert [kind for kind, _ in pulls.blocks(shop.github.comments[0].body)] == ["diff"]


def test_a_review_that_github_refuses_all_the_same(shop: Shop) -> None:
    shop.push(auth_py=AUTH)
    shop.github.faults = [Fault("POST", REVIEWS, 422, message="Unprocessable Entity")]
    ran = shop.review()
    assert "1 not taken (the summary has them)" in ran.text
    assert shop.github.threads == []
    assert [kind for kind, _ in pulls.blocks(shop.github.comments[0].body)] == ["diff"]


def test_a_renamed_file(shop: Shop, tmp_path: Path) -> None:
    root = shop.github.repository.root
    git(root, "checkout", "-q", "main")
    shop.push(auth_py=AUTH)
    git(root, "branch", "-q", "-f", "topic")
    git(root, "checkout", "-q", "topic")
    git(root, "mv", "auth.py", "login.py")
    shop.push(login_py=AUTH.replace("timeout=30", "timeout=31"))
    shop.review()
    (comment,) = shop.github.threads
    assert (comment.path, comment.line) == ("login.py", 29)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"GITHUB_TOKEN": ""}, "to post needs a token in the environment: JWT2OAUTH_TOKEN or GITHUB_TOKEN"),
        ({"GITHUB_TOKEN": "CANARYtoken with a blank"}, "GITHUB_TOKEN: what it holds is no token"),
        ({"GITHUB_REPOSITORY": "../shop"}, "which repository is it?"),
        ({"GITHUB_EVENT_PATH": "", "GITHUB_REF": "refs/heads/x"}, "which pull request is it?"),
        ({"GITHUB_EVENT_PATH": "nowhere"}, "GITHUB_EVENT_PATH: nowhere: cannot be read"),
        ({"GITHUB_API_URL": "http://example.com"}, "the token would travel in the clear"),
        ({"GITHUB_API_URL": "http://127.0.0.1:1"}, "127.0.0.1 does not answer: ConnectError"),
        ({"GITHUB_TOKEN": "ghs_CANARYtokenOfSomebodyElse"}, "401 Bad credentials"),
    ],
)
def test_mistakes(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], words: str
) -> None:
    shop.push(auth_py=AUTH)
    pulls.at_github(monkeypatch, shop.github.repository, shop.github.address, tmp_path, **change)
    ran = jwt2oauth(shop.github.repository.root, "review", "--base", "main", "--post")
    assert words in ran.text, ran.story
    assert "CANARYtoken" not in ran.text
    assert shop.github.changes() == []
    shop.github.requests.clear()


def test_options_win_over_the_environment(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.push(auth_py=AUTH)
    other = {
        "GITHUB_REPOSITORY": "other/thing",
        "GITHUB_EVENT_PATH": "",
        "JWT2OAUTH_TOKEN": "ghs_CANARYtoken",
    }
    pulls.at_github(
        monkeypatch, shop.github.repository, shop.github.address, tmp_path, **other, GITHUB_TOKEN="x"
    )
    ran = jwt2oauth(
        shop.github.repository.root,
        "review",
        "--base",
        "main",
        "--post",
        "--repository",
        "acme/shop",
        "--number",
        "7",
    )
    assert ran.code == 1, ran.story
    assert len(shop.github.threads) == 1

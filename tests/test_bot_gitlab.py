"""The bot at GitLab; what both forges have in common is tried at GitHub's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pulls
import pytest
from forge import Fault, git
from gitlab_double import BOT, MALLORY, PATH, GitLab, Talk
from pulls import ASSERTION, AUTH, BY_HAND, EXCHANGE, FIXED, SECRET
from tool import Ran, jwt2oauth

from jwt2oauth.bot import client

pytestmark = pytest.mark.analysed_once

SECRETS = (SECRET, "CANARYtoken")


class Shop:
    """Merge request 7, and how the bot runs on it."""

    def __init__(self, gitlab: GitLab, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gitlab = gitlab
        self.slept: list[float] = []
        self._monkeypatch = monkeypatch
        clock = client.Clock(lambda: 1_000_000.0 + sum(self.slept), self.slept.append)
        monkeypatch.setattr(client, "Clock", lambda: clock)

    def review(self, code: int = 1) -> Ran:
        """What the pipeline does after a push."""
        pulls.at_gitlab(self._monkeypatch, self.gitlab.repository, self.gitlab.address)
        ran = jwt2oauth(self.gitlab.repository.root, "review", "--base", "main", "--post")
        assert ran.code == code, ran.story
        assert not any(secret in ran.text for secret in SECRETS), ran.story
        return ran


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    repository = pulls.start(tmp_path / "repository", {"exchange.py": EXCHANGE, "assertion.py": ASSERTION})
    with GitLab(repository) as gitlab:
        yield Shop(gitlab, monkeypatch)
        sent = [str(asked.body) + asked.path + str(asked.query) for asked in gitlab.requests]
        assert not any(secret in text for secret in SECRETS for text in sent)


def test_from_push_to_push(shop: Shop) -> None:
    gitlab = shop.gitlab
    gitlab.push({"auth.py": AUTH})
    shop.review()
    (comment,), (summary,) = gitlab.threads, gitlab.notes
    assert comment.position is not None
    assert comment.position["new_line"] == 32
    assert "old_line" not in comment.position
    assert pulls.blocks(comment.body)[0][0] == "suggestion:-28+0"
    assert f"https://gitlab.com/acme/shop/-/blob/{gitlab.repository.head}/auth.py#L22" in summary.body
    before = len(gitlab.changes())
    shop.review()
    assert len(gitlab.changes()) == before
    gitlab.push({"auth.py": "# A line more.\n" + AUTH, "hand.py": BY_HAND})
    shop.review()
    assert [talk.position and talk.position["new_path"] for talk in gitlab.threads] == ["auth.py", "hand.py"]
    gitlab.push({"auth.py": FIXED})
    shop.review()
    assert comment.resolved
    assert comment.body.startswith("No longer in this pull request.")
    assert gitlab.notes == [summary]
    gitlab.push({"hand.py": None})
    shop.review(code=0)
    assert all(talk.resolved for talk in gitlab.threads)


def test_a_line_of_context_is_named_on_both_sides(shop: Shop) -> None:
    """No line of the flow is touched; another one made it one, and the diff shows it nearby."""
    before = BY_HAND.replace("    form", '    url = "https://login.example.com/token"\n    form')
    before = before.replace('os.environ["IMS_URL"]', "url")
    after = before.replace(
        "https://login.example.com/token", "https://ims-na1.adobelogin.com/ims/exchange/jwt"
    )
    root = shop.gitlab.repository.root
    git(root, "checkout", "-q", "main")
    shop.gitlab.push({"hand.py": before})
    git(root, "branch", "-q", "-f", "topic")
    git(root, "checkout", "-q", "topic")
    shop.gitlab.push({"hand.py": "# A line more.\n" + after})
    shop.review()
    (comment,) = shop.gitlab.threads
    assert comment.position is not None
    assert (comment.position["new_line"], comment.position["old_line"]) == (12, 11)


def test_a_comment_that_somebody_resolved_stays_resolved(shop: Shop) -> None:
    shop.gitlab.push({"auth.py": AUTH})
    shop.review()
    (comment,) = shop.gitlab.threads
    comment.resolved = True
    shop.gitlab.push({"auth.py": AUTH.replace("return reply.json()", "return (reply.json())")})
    shop.review()
    assert shop.gitlab.threads == [comment]
    assert comment.edits == 0


def test_an_outdated_comment_gives_way(shop: Shop) -> None:
    shop.gitlab.push({"auth.py": AUTH})
    shop.review()
    shop.gitlab.push({"auth.py": AUTH.replace("return reply.json()", "return (reply.json())")})
    shop.review()
    old, new = shop.gitlab.threads
    assert old.resolved
    assert not new.resolved


def test_a_renamed_file(shop: Shop) -> None:
    root = shop.gitlab.repository.root
    git(root, "mv", "exchange.py", "login.py")
    shop.gitlab.push({"login.py": EXCHANGE.replace("cfg", "config")})
    shop.review()
    (comment,) = shop.gitlab.threads
    assert comment.position is not None
    assert (comment.position["old_path"], comment.position["new_path"]) == ("exchange.py", "login.py")


def test_comments_of_others_are_not_ours(shop: Shop) -> None:
    shop.gitlab.push({"auth.py": AUTH})
    shop.review()
    for talk in shop.gitlab.talks:
        talk.author = MALLORY
    shop.review()
    assert [talk.author for talk in shop.gitlab.talks] == [MALLORY, MALLORY, BOT, BOT]


def test_more_discussions_than_a_page_holds(shop: Shop) -> None:
    shop.gitlab.talks += [Talk(number, "x", MALLORY) for number in range(150)]
    shop.gitlab.push({"auth.py": AUTH})
    shop.review()
    shop.review()
    assert len([talk for talk in shop.gitlab.talks if talk.author == BOT]) == 2


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("path", ["discussions", "notes"])
def test_a_fault_in_the_middle(shop: Shop, heard: bool, path: str) -> None:
    shop.gitlab.push({"auth.py": AUTH, "hand.py": BY_HAND})
    shop.gitlab.faults = [Fault("POST", f"{PATH}/{path}", 502, heard=heard)]
    shop.review()
    assert len(shop.gitlab.threads) == 2
    assert len(shop.gitlab.notes) == 1
    posts = [asked for asked in shop.gitlab.requests if asked.method == "POST"]
    assert len(posts) == (3 if heard else 4)


def test_one_comment_that_gitlab_does_not_take(shop: Shop) -> None:
    shop.gitlab.push({"auth.py": AUTH, "hand.py": BY_HAND})
    shop.gitlab.faults = [Fault("POST", f"{PATH}/discussions", 400, message=f"no {SECRET}")]
    ran = shop.review()
    assert "1 posted, 0 edited, 0 closed, 1 not taken" in ran.text
    assert len(shop.gitlab.threads) == 1
    assert [kind for kind, _ in pulls.blocks(shop.gitlab.notes[0].body)] == ["diff"]


def test_a_rate_limit(shop: Shop) -> None:
    shop.gitlab.push({"auth.py": AUTH})
    shop.gitlab.faults = [Fault("POST", f"{PATH}/notes", 429, {"Retry-After": "23"})]
    shop.review()
    assert 23.0 in shop.slept
    assert len(shop.gitlab.notes) == 1


def test_a_token_that_can_only_read(shop: Shop) -> None:
    shop.gitlab.push({"auth.py": AUTH})
    shop.gitlab.writable = False
    ran = shop.review()
    assert "Nothing is posted: 127.0.0.1 says no: 403 insufficient_scope" in ran.text
    assert ran.stdout.decode().startswith("auth.py:22: ")


def test_an_error_that_says_too_much(shop: Shop) -> None:
    shop.gitlab.push({"auth.py": AUTH})
    shop.gitlab.faults = [Fault("GET", PATH, 404, message=f"no {SECRET}, glpat-CANARYtoken")]
    ran = shop.review(code=2)
    assert "127.0.0.1 says no: 404" in ran.text
    shop.gitlab.faults = [Fault("GET", PATH, 404, message=f"no {SECRET}")]
    ran = shop.review(code=2)
    assert "127.0.0.1 says no: 404 no •••" in ran.text

"""Pull requests to try the bot on: a repository with a branch, and customers' code to push."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from forge import Repository, git

SECRET = "p8e-CANARY-0123456789abcdef"

AUTH = '''\
"""Tokens for the user sync."""

import os
import time

import jwt
import requests

HOST = "https://ims-na1.adobelogin.com"


def access_token():
    with open(os.environ["ADOBE_KEY_FILE"]) as f:
        key = f.read()
    claims = {
        "exp": int(time.time()) + 3600,
        "iss": os.environ["ADOBE_ORG"],
        "sub": os.environ["ADOBE_ACCOUNT"],
        "aud": f"{HOST}/c/{os.environ['ADOBE_CLIENT_ID']}",
        f"{HOST}/s/ent_user_sdk": True,
    }
    reply = requests.post(
        f"{HOST}/ims/exchange/jwt",
        data={
            "client_id": os.environ["ADOBE_CLIENT_ID"],
            "client_secret": os.environ["ADOBE_CLIENT_SECRET"],
            "jwt_token": jwt.encode(claims, key, algorithm="RS256"),
        },
        timeout=30,
    )
    reply.raise_for_status()
    return reply.json()["access_token"]
'''
"""A flow in one file: the change is a suggestion."""

FIXED = '''\
"""Tokens for the user sync."""


def access_token():
    return "a token from elsewhere"
'''

ASSERTION = """\
import time

import jwt


def assertion(cfg):
    with open(cfg["key"]) as f:
        key = f.read()
    claims = {
        "exp": int(time.time()) + 3600,
        "iss": cfg["org"],
        "sub": cfg["account"],
        "aud": "https://ims-na1.adobelogin.com/c/" + cfg["id"],
        "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,
    }
    return jwt.encode(claims, key, algorithm="RS256")
"""
EXCHANGE = """\
import requests

from assertion import assertion


def token(cfg):
    reply = requests.post(
        "https://ims-na1.adobelogin.com/ims/exchange/jwt",
        data={"client_id": cfg["id"], "client_secret": cfg["secret"], "jwt_token": assertion(cfg)},
    )
    return reply.json()["access_token"]
"""
TWO_FILES: dict[str, str | None] = {"assertion.py": ASSERTION, "exchange.py": EXCHANGE}
"""A flow across files: the change is a patch in the summary."""

BY_HAND = """\
import os

import requests

from vendor import assertion


def token():
    form = {"client_id": os.environ["ID"], "client_secret": os.environ["SECRET"], "jwt_token": assertion()}
    return requests.post(os.environ["IMS_URL"], data=form).json()["access_token"]
"""
"""A flow that is left alone."""


def start(root: Path, files: Mapping[str, str] | None = None) -> Repository:
    """A repository with something on main, and a branch from there."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q")
    repository = Repository(root)
    repository.push({"README.md": "# A shop\n", **(files or {})}, "on main")
    git(root, "checkout", "-q", "-b", "topic")
    return repository


def at_github(
    monkeypatch: pytest.MonkeyPatch, repository: Repository, address: str, folder: Path, **more: str
) -> None:
    """Set the environment as a workflow of GitHub has it when the branch has been pushed to."""
    pull = {"number": 7, "head": {"sha": repository.head}, "base": {"ref": "main"}}
    event = folder / "event.json"
    event.write_text(json.dumps({"action": "synchronize", "number": 7, "pull_request": pull}))
    clear(monkeypatch)
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": address,
        "GITHUB_GRAPHQL_URL": f"{address}/graphql",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_TOKEN": "ghs_CANARYtoken",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        **more,
    }.items():
        monkeypatch.setenv(name, value)


def at_gitlab(monkeypatch: pytest.MonkeyPatch, repository: Repository, address: str) -> None:
    """Set the environment as a merge request's pipeline has it."""
    clear(monkeypatch)
    for name, value in {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": f"{address}/api/v4",
        "CI_PROJECT_ID": "42",
        "CI_PROJECT_URL": "https://gitlab.com/acme/shop",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_COMMIT_SHA": repository.head,
        "GITLAB_TOKEN": "glpat-CANARYtoken",
    }.items():
        monkeypatch.setenv(name, value)


def clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the CI that these tests may run in."""
    import os

    for name in list(os.environ):
        if name.startswith(("GITHUB_", "GITLAB_", "CI_", "JWT2OAUTH_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)


def blocks(body: str) -> list[tuple[str, str]]:
    """Read a comment as a forge does: its fenced blocks, each with what stands behind the fence."""
    from markdown_it import MarkdownIt

    tokens: list[Any] = MarkdownIt("commonmark").parse(body)
    return [(token.info, token.content) for token in tokens if token.type == "fence"]


def html(body: str) -> list[str]:
    """The HTML tags and comments that a comment holds."""
    import re

    from markdown_it import MarkdownIt

    found = []
    for token in MarkdownIt("commonmark").parse(body):
        for each in [token, *(token.children or [])]:
            if each.type in ("html_block", "html_inline"):
                found += re.findall(r"<[^>]*>", each.content)
    return found


def prose(body: str) -> str:
    """What stands in a comment outside of code, links and HTML: what a forge looks for names of people in."""
    from markdown_it import MarkdownIt

    tokens = [each for token in MarkdownIt("commonmark").parse(body) for each in token.children or ()]
    return " ".join(token.content for token in tokens if token.type == "text")

"""Which pull request, and with which token: from the environment that a CI gives, and from options.

The token comes from the environment only: arguments stand in process lists and logs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..engine import UsageError
from ..report.machine import uri
from .render import Link

Name = Literal["github", "gitlab"]
_TOKENS = {"github": ("JWT2OAUTH_TOKEN", "GITHUB_TOKEN"), "gitlab": ("JWT2OAUTH_TOKEN", "GITLAB_TOKEN")}
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w-]*/(?!\.\.?$)[\w.-]+")
_PROJECT = re.compile(r"\d+|[\w.-]+(?:/[\w.-]+)+")


@dataclass(frozen=True, slots=True)
class Target:
    """A pull request, and how to reach it."""

    forge: Name
    api: str
    graphql: str
    """GitHub's other address; empty elsewhere."""
    repository: str
    number: int
    token: str

    def __repr__(self) -> str:
        """Give it without the token."""
        return f"Target({self.forge}, {self.repository}, {self.number})"


def forge_of(environment: Mapping[str, str]) -> Name:
    """Say whose CI this is; GitHub's, if nobody knows."""
    return "gitlab" if environment.get("GITLAB_CI") else "github"


def head_of(forge: Name, environment: Mapping[str, str]) -> str | None:
    """Give the commit that the pull request ends with, which a CI may have merged with its base."""
    if forge == "gitlab":
        return (
            environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or environment.get("CI_COMMIT_SHA") or None
        )
    sha = _pull(environment).get("head", {}).get("sha")
    return sha if isinstance(sha, str) else None


def link_of(forge: Name, environment: Mapping[str, str], head: str) -> Link | None:
    """Give what makes addresses of lines; None where nobody knows the web's address."""
    if forge == "gitlab":
        base, middle = environment.get("CI_PROJECT_URL", ""), "-/blob"
    else:
        base, middle = environment.get("GITHUB_SERVER_URL", ""), "blob"
        base = f"{base}/{environment.get('GITHUB_REPOSITORY', '')}" if base else ""
    if not re.fullmatch(r"https?://[\w.:/~-]+", base):
        return None
    return lambda path, line: f"{base}/{middle}/{head}/{uri(path)}#L{line}"


def target_of(
    forge: Name, environment: Mapping[str, str], repository: str | None = None, number: int | None = None
) -> Target:
    """Put together where to post; raise ``UsageError`` naming what is missing."""
    token = _token(forge, environment)
    if forge == "gitlab":
        repository = repository or environment.get("CI_PROJECT_ID", "")
        if not _PROJECT.fullmatch(repository):
            raise UsageError("which project is it? Give --repository, or run in a pipeline (CI_PROJECT_ID)")
        number = number or _number(environment.get("CI_MERGE_REQUEST_IID"))
        api = environment.get("CI_API_V4_URL") or "https://gitlab.com/api/v4"
        return Target(forge, api.rstrip("/"), "", repository, _known(number, "CI_MERGE_REQUEST_IID"), token)
    repository = repository or environment.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository):
        raise UsageError("which repository is it? Give --repository OWNER/NAME, or set GITHUB_REPOSITORY")
    number = number or _number(_pull(environment).get("number")) or _from_ref(environment)
    api = (environment.get("GITHUB_API_URL") or "https://api.github.com").rstrip("/")
    graphql = environment.get("GITHUB_GRAPHQL_URL") or f"{api.removesuffix('/v3')}/graphql"
    return Target(forge, api, graphql, repository, _known(number, "GITHUB_EVENT_PATH"), token)


def _token(forge: Name, environment: Mapping[str, str]) -> str:
    for name in _TOKENS[forge]:
        token = environment.get(name, "").strip()
        if token and not re.fullmatch(r"[!-~]+", token):
            raise UsageError(f"{name}: what it holds is no token")
        if token:
            return token
    raise UsageError(f"to post needs a token in the environment: {' or '.join(_TOKENS[forge])}")


def _known(number: int | None, name: str) -> int:
    if number is None:
        raise UsageError(f"which pull request is it? Give --number, or run where its event is known ({name})")
    return number


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if re.fullmatch(r"[1-9]\d{0,9}", text) else None


def _from_ref(environment: Mapping[str, str]) -> int | None:
    match = re.fullmatch(r"refs/pull/(\d+)/(?:merge|head)", environment.get("GITHUB_REF", ""))
    return _number(match[1]) if match is not None else None


def _pull(environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Give what the event says of the pull request; nothing if this is no such event."""
    file = environment.get("GITHUB_EVENT_PATH")
    if not file:
        return {}
    try:
        with open(file, encoding="utf-8") as opened:
            event = json.load(opened)
    except (OSError, ValueError) as error:
        raise UsageError(f"GITHUB_EVENT_PATH: {file}: cannot be read as JSON") from error
    pull = event.get("pull_request") if isinstance(event, dict) else None
    return pull if isinstance(pull, dict) else {}

"""A project with two flows, and what an engine would say of it: for tests of the shell alone."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from jwt2oauth.model import (
    Confidence,
    Edit,
    Finding,
    Flow,
    Joint,
    Place,
    Rewrite,
    Safety,
    Severity,
    Skipped,
    Span,
    Unfixed,
)
from jwt2oauth.tree.walk import Tree

IMS = """\
import jwt
import requests

CLIENT_ID = settings.CLIENT_ID
EXCHANGE = "https://ims-na1.adobelogin.com/ims/exchange/jwt"


def get_token(claims):
    key = open("private.key").read()
    assertion = jwt.encode(claims, key, algorithm="RS256")
    reply = requests.post(EXCHANGE, data={"jwt_token": assertion})
    return reply.json()
"""
CACHE = """\
import time


def expiry(body):
    return time.time() + body["expires_in"] / 1000
"""
INLINE = """\
import jwt

CLIENT_SECRET = "p8e-CANARY-0123456789"
KEY = \"\"\"-----BEGIN PRIVATE KEY-----
CANARYCANARYCANARYCANARYCANARY
-----END PRIVATE KEY-----\"\"\"


def token():
    return exchange(jwt.encode(CLAIMS, KEY), CLIENT_SECRET, URL + "/ims/exchange/jwt")
"""
CHOICE = 'GRANTS = {"adobe": "jwt_token"}\nURL = "/ims/exchange/jwt"\n'
AEM = '{"integration": {"metascopes": "ent_aem_cloud_api", "x": "/ims/exchange/jwt"}}\n'

FILES = {
    "auth/cache.py": CACHE,
    "auth/ims.py": IMS,
    "billing/providers.py": CHOICE,
    "inline.py": INLINE,
    "clean.py": "x = 1\n",
    "conf/service.json": AEM,
}

TODOS = (
    "Add the OAuth Server-to-Server credential to the project in the Adobe Developer Console.",
    "Set ADOBE_SCOPES to the scopes that the console shows, and deploy.",
    "Delete the JWT credential once “last used” has moved to the new one.",
)


@dataclass(frozen=True, slots=True)
class Options:
    client: str = "authlib"
    scopes: str | None = None
    scope_settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Analysis:
    findings: tuple[Finding, ...]
    flows: tuple[Flow, ...]
    unfixed: tuple[Unfixed, ...]
    parsed: int
    failed: tuple[Skipped, ...]
    joint: tuple[Joint, ...] = ()


def write(root: Path, files: Mapping[str, str] = FILES) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, newline="")
    return root


def place(text: str, path: str, words: str, note: str = "") -> Place:
    start = text.index(words)
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    return Place(path, line, column, line, column + len(words), Span(start, start + len(words)), note)


def finding(rule: str, where: Place, message: str, flow: str | None = None) -> Finding:
    name = f"{rule}@{where.path}"
    return Finding(rule, where, message, Severity.ERROR, Confidence.HIGH, name, flow)


def edit(text: str, path: str, old: str, new: str) -> Edit:
    start = text.index(old)
    return Edit(path, Span(start, start + len(old)), new)


def analyse(tree: Tree, hits: Sequence[str], rules: Any, options: Options, *_: Any) -> Analysis:
    """Find, by their words alone, the flows of this project that are there."""
    flows = [flow for path, make in MAKERS.items() if path in tree.paths for flow in make(tree, options)]
    findings = [one for _, ones in flows for one in ones]
    alone, unfixed = [], []
    if "conf/service.json" in tree.paths:
        alone = [
            finding(
                "aem-service-credentials",
                place(AEM, "conf/service.json", "integration"),
                "Service credentials of AEM as a Cloud Service, another issuer's.",
            )
        ]
        unfixed = [
            Unfixed(
                alone[0].fingerprint,
                "aem-service-credentials",
                "These have their own console and are not deprecated with the others.",
                "Leave them, or create new ones in AEM's Developer Console.",
            )
        ]
    return Analysis((*findings, *alone), tuple(flow for flow, _ in flows), tuple(unfixed), len(hits), ())


Made = list[tuple[Flow, list[Finding]]]


def ims_flow(tree: Tree, options: Options) -> Made:
    text = tree.read("auth/ims.py").decode()
    if "jwt.encode" not in text:
        return []
    trace = (
        place(text, "auth/ims.py", 'open("private.key").read()', "the private key is read from a file"),
        place(text, "auth/ims.py", "jwt.encode(claims", "claims are signed as an assertion (RS256)"),
        place(text, "auth/ims.py", "requests.post", "the assertion is exchanged for an access token"),
        place(CACHE, "auth/cache.py", 'body["expires_in"]', "its lifetime is divided by 1000"),
    )
    rules = ("private-key-read", "jwt-assertion", "jwt-exchange", "expires-in-milliseconds")
    found = [
        finding(rule, where, f"{where.note}.", "flow-1") for rule, where in zip(rules, trace, strict=True)
    ]
    rewrite = Rewrite(
        flow="flow-1",
        title="Get the token with client_credentials through Authlib",
        client=options.client,
        safety=Safety.REVIEW,
        edits=(
            edit(text, "auth/ims.py", "import jwt\nimport requests", "from authlib import OAuth2Session"),
            edit(text, "auth/ims.py", "/ims/exchange/jwt", "/ims/token/v3"),
            edit(text, "auth/ims.py", text[text.index("    key =") : text.index("    return")], ""),
            edit(text, "auth/ims.py", "return reply.json()", "return OAuth2Session(CLIENT_ID).fetch_token()"),
            edit(CACHE, "auth/cache.py", " / 1000", ""),
        ),
        notes=(
            "A refused request now raises authlib’s OAuthError, no longer KeyError: see who catches it.",
            "PyJWT is no longer imported anywhere.",
        ),
        todos=(*TODOS, "Tell the owners of auth/cache.py that the unit has changed."),
    )
    return [(Flow("flow-1", "get_token (auth/ims.py)", names(found), trace, rewrite), found)]


def inline_flow(tree: Tree, options: Options) -> Made:
    text = tree.read("inline.py").decode()
    if "jwt.encode" not in text:
        return []
    trace = (
        place(text, "inline.py", "KEY", "the private key stands in the code"),
        place(text, "inline.py", "jwt.encode", "claims are signed as an assertion"),
    )
    found = [
        finding("private-key-inline", trace[0], "A private key stands in the code.", "flow-2"),
        finding("jwt-exchange", trace[1], "An assertion is exchanged.", "flow-2"),
    ]
    rewrite = Rewrite(
        flow="flow-2",
        title="Get the token with client_credentials",
        client="keep",
        safety=Safety.REVIEW,
        edits=(
            edit(text, "inline.py", text[text.index("KEY") : text.index("def")], "\n"),
            edit(text, "inline.py", "jwt.encode(CLAIMS, KEY)", '"client_credentials"'),
            edit(text, "inline.py", "exchange/jwt", "token/v3"),
            edit(text, "inline.py", "import jwt\n\n", ""),
        ),
        todos=TODOS,
    )
    return [(Flow("flow-2", "token (inline.py)", names(found), trace, rewrite), found)]


def choice_flow(tree: Tree, options: Options) -> Made:
    trace = (place(CHOICE, "billing/providers.py", "jwt_token", "the grant is looked up at run time"),)
    found = [finding("jwt-exchange", trace[0], "An assertion is exchanged.", "flow-3")]
    reason = Unfixed(
        found[0].fingerprint,
        "url-unknown",
        "Which grant is sent is looked up at run time (billing/providers.py:1), among those of others.",
        "Give Adobe's entry the path /ims/token/v3, grant_type=client_credentials, a scope, and seconds.",
        "flow-3",
    )
    return [(Flow("flow-3", "GRANTS (billing/providers.py)", names(found), trace, unfixed=reason), found)]


def names(found: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(one.fingerprint for one in found)


MAKERS = {"auth/ims.py": ims_flow, "inline.py": inline_flow, "billing/providers.py": choice_flow}


def install(monkeypatch: pytest.MonkeyPatch, analyse: Any = analyse) -> None:
    """Let the engine find this module's ``analyse`` where the real one is."""
    module = ModuleType("jwt2oauth.project.analysis")
    module.analyse, module.Options, module.Analysis = analyse, Options, Analysis  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "jwt2oauth.project.analysis", module)

"""What is left alone: once, with a sentence why, the place, and what a person does instead."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import test_monorepo
import test_repositories
import test_workers
import trees
from test_fixtures import each
from tool import Ran, jwt2oauth
from trees import Keyring

from jwt2oauth.project.proving import Proof
from jwt2oauth.python.planning.plan import Plan, Refusal
from jwt2oauth.python.planning.planner import Planner
from jwt2oauth.python.roles.exchange import Exchange
from jwt2oauth.python.sweep.life import Life
from jwt2oauth.rules.load import load

RULES = load()
OWN_STEPS = {"sdk-jwt-only"}
"""Each of these libraries has a workaround of its own."""
LEFT = tuple(fixture for fixture in trees.load_all() if fixture.unfixed)


def words(text: str) -> str:
    """The text without its line ends and indentation."""
    return " ".join(text.split())


@each(LEFT)
def test_it_is_said_once_with_the_place_and_the_next_step(
    fixture: trees.Fixture,
    keyring: Keyring,
    tmp_path: Path,
) -> None:
    ran = jwt2oauth(trees.write(keyring.fill(trees.read(fixture.before)), tmp_path / "tree"), "scan")
    reason = RULES.unfixed[fixture.unfixed]
    said = words(ran.text)
    assert ran.text.count("Left alone") == 1, ran.text
    assert said.count(reason.text.removesuffix(".")) == 1, ran.text
    assert said.count("Next step") == 1
    assert said.count(reason.next_step) == 1 or reason.code in OWN_STEPS, ran.text
    assert f"jwt2oauth explain {reason.code}" in said
    place = r"\S+\.\w+(:cell \d+)?:\d+: " if reason.code != "unparsable" else ""
    assert re.search(place + re.escape(reason.text[:30]), said), ran.text


@each(LEFT)
def test_fix_leaves_it_and_says_so(fixture: trees.Fixture, keyring: Keyring, tmp_path: Path) -> None:
    files = keyring.fill(trees.read(fixture.before))
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert trees.read(tree) == files
    assert ran.code == 1
    assert "Left alone" in ran.text


@pytest.mark.parametrize("code", RULES.unfixed)
def test_explain_has_a_page(code: str, tmp_path: Path) -> None:
    ran = jwt2oauth(tmp_path, "explain", code)
    reason = RULES.unfixed[code]
    assert ran.code == 0
    assert reason.text in words(ran.text)
    assert reason.next_step in words(ran.text)


# Reasons that no customer's tree can show by itself: what they speak of is a mistake of ours, or needs one.


def two_flows(tmp_path: Path) -> Path:
    one = (trees.FIXTURES / "one-function/before").iterdir()
    source = next(path for path in one if b"exchange/jwt" in path.read_bytes()).read_text()
    parts = source.replace("def ", "def other_")
    return trees.write({"one.py": source.encode(), "two.py": parts.encode()}, tmp_path / "tree")


def test_a_plan_that_is_not_proved_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Proof, "_holds", lambda *_: False)
    assert reasons(jwt2oauth(two_flows(tmp_path), "scan", "--format", "json")) == ["proof-failed"] * 2


def test_of_two_changes_that_cannot_both_be_made_the_second_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Planner.plan

    def apart(self: Planner, exchanges: Sequence[Exchange]) -> Plan:
        made = plan(self, exchanges)
        if len(exchanges) > 1:
            made.refusal = Refusal("form-unknown", made.entry)
        return made

    tree = two_flows(tmp_path)
    both = (tree / "one.py").read_bytes() + (tree / "two.py").read_bytes()
    trees.write({"both.py": both}, tree)
    monkeypatch.setattr(Planner, "plan", apart)
    assert reasons(jwt2oauth(tree, "scan", "--format", "json")) == [None, "conflict"]


def test_a_flow_of_which_a_part_is_marked_is_left(tmp_path: Path) -> None:
    tree = two_flows(tmp_path)
    (tree / "two.py").unlink()
    lines = (tree / "one.py").read_text().split("\n")
    (at,) = (number for number, line in enumerate(lines) if "jwt.encode(" in line)
    lines[at] += "  # jwt2oauth: ignore[jwt-assertion] it stays"
    (tree / "one.py").write_text("\n".join(lines))
    assert reasons(jwt2oauth(tree, "scan", "--format", "json")) == ["partly-ignored"]


def test_a_call_of_an_sdk_that_is_put_together_elsewhere_is_left(tmp_path: Path) -> None:
    call = (
        b"import sys\n\nimport aanalytics2\n\n"
        b"aanalytics2.configure(*sys.argv[1:], path_to_key='private.key', client_id='a', secret='b')\n"
    )
    tree = trees.write({"report.py": call}, tmp_path / "tree")
    assert reasons(jwt2oauth(tree, "scan", "--format", "json")) == ["sdk-call-unknown"]


SIGNED_UNSEEN = """
import os
import time
from functools import reduce

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"
steps = lambda *each: reduce(lambda f, g: lambda x: g(f(x)), each)


def sign(account):
    claims = {"iss": account["org"], "aud": f"{IMS}/c/{account['id']}", f"{IMS}/s/ent_user_sdk": True}
    claims["exp"] = int(time.time()) + 60
    with open("private.key") as f:
        return account, jwt.encode(claims, f.read(), algorithm="RS256")


def exchange(pair):
    account, signed = pair
    form = {"client_id": account["id"], "client_secret": os.environ["SECRET"], "jwt_token": signed}
    return requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]


login = steps(sign, exchange)
"""


def test_a_request_is_not_changed_where_its_signing_would_stay(tmp_path: Path) -> None:
    tree = trees.write({"main.py": SIGNED_UNSEEN.encode()}, tmp_path / "tree")
    found = reasons(jwt2oauth(tree, "scan", "--format", "json"))
    assert {*found} == {"assertion-unseen", "exchange-not-found"}
    assert jwt2oauth(tree, "fix", "--diff").stdout == b""


def test_a_request_is_changed_where_nobody_signs(tmp_path: Path) -> None:
    text = SIGNED_UNSEEN.replace('f"{IMS}/c/{account[\'id\']}", f"{IMS}/s/ent_user_sdk": True', '"ours"')
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    assert {*reasons(jwt2oauth(tree, "scan", "--format", "json"))} == {None}


def reasons(ran: Ran) -> list[str | None]:
    return [flow["unfixed"] and flow["unfixed"]["reason"] for flow in ran.page["flows"]]


ELSEWHERE = {
    "given-up": test_workers.test_a_file_that_cannot_be_followed_is_one_finding,
    "proof-failed": test_a_plan_that_is_not_proved_is_left,
    "assertion-unseen": test_a_request_is_not_changed_where_its_signing_would_stay,
    "conflict": test_of_two_changes_that_cannot_both_be_made_the_second_is_left,
    "partly-ignored": test_a_flow_of_which_a_part_is_marked_is_left,
    "too-many-users": test_monorepo.test_where_not_all_who_matter_are_loaded_nothing_is_changed,
    "sdk-call-unknown": test_a_call_of_an_sdk_that_is_put_together_elsewhere_is_left,
    "scopes-missing": test_repositories.test_logins_that_leave_the_scopes_of_the_other_side_empty,
}


def test_every_reason_is_shown() -> None:
    shown = {reason for fixture in trees.load_all() for reason in (fixture.unfixed, fixture.left) if reason}
    assert shown | ELSEWHERE.keys() == set(RULES.unfixed)


@pytest.mark.parametrize("lost", ["payload", "sign"])
def test_a_change_that_takes_what_somebody_uses_is_not_proved(
    lost: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name in the same function, and an import in another module."""
    source = (trees.FIXTURES / "one-function/before/adobe_token.py").read_text()
    source = source.replace("jwt.encode(", "sign(").replace(
        "    response", "    SIZES.append(len(payload))\n    response", 1
    )
    source += "\n\ndef sign(*claims, **how):\n    return jwt.encode(*claims, **how)\n\n\nSIZES = []\n"
    other = "from adobe_token import SIZES, sign\n\nprint(SIZES, sign({}, 'k'))\n"
    trees.write({"adobe_token.py": source.encode(), "other.py": other.encode()}, tmp_path)
    assert reasons(jwt2oauth(tmp_path, "scan", "--format", "json")) == [None]
    live = Life.live
    monkeypatch.setattr(Life, "live", lambda self, bound: bound.path != lost and live(self, bound))
    assert reasons(jwt2oauth(tmp_path, "scan", "--format", "json")) == ["proof-failed"]


AUDITED = """import base64
import json
import time

import jwt
import requests

IMS = "https://ims-na1.adobelogin.com"


def seen(signed):
    return json.loads(base64.urlsafe_b64decode(signed.split(".")[1] + "=="))["iss"]


def sign(key):
    claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
    claims |= {"aud": IMS + "/c/id", IMS + "/s/ent_user_sdk": True}
    signed = jwt.encode(claims, key, algorithm="RS256")
    return signed, seen(signed)


def login(secret, key):
    signed, issuer = sign(key)
    form = {"client_id": "id", "client_secret": secret, "jwt_token": signed}
    reply = requests.post(IMS + "/ims/exchange/jwt", data=form)
    return reply.json()["access_token"]%s
"""


@pytest.mark.parametrize(("rest", "reason"), [(", issuer", "assertion-shared"), ("", None)])
def test_what_is_looked_up_in_the_assertion_keeps_it(rest: str, reason: str | None, tmp_path: Path) -> None:
    tree = trees.write({"ims.py": (AUDITED % rest).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "scan", "--format", "json")
    assert {f["unfixed"] for f in ran.page["findings"]} == {reason}, ran.story


def test_a_verifier_that_was_stored_under_another_name_is_one(tmp_path: Path) -> None:
    text = """import time

import jwt
import requests

check = jwt.decode
IMS = "https://ims-na1.adobelogin.com"


def login(key, public, secret):
    claims = {"exp": int(time.time()) + 300, "iss": "o@AdobeOrg", "aud": IMS + "/c/id"}
    claims[IMS + "/s/ent_user_sdk"] = True
    token = jwt.encode(claims, key, algorithm="RS256")
    check(token, public, algorithms=["RS256"], audience=IMS + "/c/id")
    form = {"client_id": "id", "client_secret": secret, "jwt_token": token}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]
"""
    tree = trees.write({"auth.py": text.encode()}, tmp_path / "tree")
    said = " ".join(jwt2oauth(tree, "scan").text.split())
    assert "auth.py:14" in said
    assert "its signature is verified here" in said

"""The rules: strict when they are read, complete, and true of the libraries that they speak of."""

from __future__ import annotations

import builtins
import datetime
import importlib
import inspect
import pickle
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jose.jwk
import pytest
import requests
import trees
import urllib3
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from jwt2oauth import prefilter
from jwt2oauth.rules import packed
from jwt2oauth.rules.calls import Argument
from jwt2oauth.rules.load import RulesError, load
from jwt2oauth.rules.tables import Rule, UnfixedReason
from jwt2oauth.sdk import Sdk

RULES = load()
FIXTURES = trees.load_all()


# --- reading ----------------------------------------------------------------------------------------

ENCODER = """
[[encoders]]
library = "ours"
names = ["ours.sign"]
claims = { position = 0, keyword = "claims" }
"""
CLIENT = """
[[clients]]
name = "ours"
[[clients.calls]]
names = ["ours.post_form"]
verb = "POST"
url = { position = 0 }
[clients.reply]
json = ["json"]
"""
SCOPES = """
[[scopes]]
product = "P"
metascopes = ["ent_p_sdk"]
scopes = ["openid"]
evidence = "third-party"
source = "here"
"""


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        ("encoder = []", "encoder", "unknown key"),
        (ENCODER + 'returnss = "text"', "encoders[0].returnss", "unknown key"),
        (ENCODER + ENCODER.replace("keyword", "key_word"), "encoders[1].claims.key_word", "unknown key"),
        (ENCODER.replace('library = "ours"', ""), "encoders[0].library", "missing key"),
        (CLIENT.replace('names = ["ours.post_form"]', ""), "clients[0].calls[0].names", "missing key"),
        (ENCODER.replace('"ours"', "1"), "encoders[0].library", "must be a string, not an integer"),
        (
            ENCODER.replace("position = 0", "position = true"),
            "encoders[0].claims.position",
            "must be an integer",
        ),
        (
            ENCODER.replace('["ours.sign"]', '"ours.sign"'),
            "encoders[0].names",
            "must be an array, not a string",
        ),
        (ENCODER.replace('["ours.sign"]', '["a", 1]'), "encoders[0].names[1]", "must be a string"),
        (
            ENCODER.replace('{ position = 0, keyword = "claims" }', "0"),
            "encoders[0].claims",
            "must be a table",
        ),
        (CLIENT.replace('"POST"', '"PUT"'), "clients[0].calls[0].verb", "must be one of"),
        (SCOPES.replace("third-party", "hearsay"), "scopes[0].evidence", "must be one of"),
        (
            CLIENT.replace('"POST"', '"POST"\nis_async = 1'),
            "clients[0].calls[0].is_async",
            "true or false",
        ),
        ("encoders = 1", "encoders", "must be an array"),
        ("encoders = ", "", "is not TOML"),
    ],
)
def test_a_mistake_is_named_by_file_and_key(text: str, key: str, problem: str, tmp_path: Path) -> None:
    page = tmp_path / "own.toml"
    page.write_text(text, "utf-8")
    with pytest.raises(RulesError) as caught:
        load([page])
    assert (caught.value.file, caught.value.key) == (str(page), key)
    assert problem in caught.value.problem
    assert str(caught.value).startswith(f"{page}: {key}" if key else f"{page}: ")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    with pytest.raises(RulesError, match=r"missing\.toml: cannot be read: No such file"):
        load([missing])
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'# \xe9\nname = "x"')
    with pytest.raises(RulesError, match=r"latin\.toml: is not TOML"):
        load([latin])


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the rules, read in place of the real ones."""
    root = tmp_path / "rules"
    trees.write(trees.read(Path(prefilter.rules_root())), root)
    monkeypatch.setattr("jwt2oauth.rules.load.rules_root", lambda: str(root))
    return root


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("providers/adobe-ims.toml", "token_unit =", "tokens_unit =", "tokens_unit: unknown key"),
        ("providers/adobe-ims.toml", 'assertion = "jwt_token"', "", "fields.assertion: missing key"),
        ("providers/adobe-ims.toml", "ended = 2026-03-01", 'ended = "2026"', "ended: must be a date"),
        ("providers/adobe-ims.toml", "number = 2", "number = 2.0", "steps[1].number: must be an integer"),
        ("python/values.toml", "[logging]", "[logged]", "logged: unknown key"),
        (
            "catalog/jwt-exchange.toml",
            'severity = "error"',
            'severity = "fatal"',
            "severity: must be one of 'error'",
        ),
        ("catalog/jwt-exchange.toml", "jwt-exchange", "jwt-change", "id: must be 'jwt-exchange'"),
        ("catalog/unfixed.toml", '"conflict"', '"unparsable"', "reasons[22].code: 'unparsable' is taken"),
    ],
)
def test_every_file_is_read_strictly(copied: Path, file: str, old: str, new: str, message: str) -> None:
    page = copied / file
    page.write_text(page.read_text("utf-8").replace(old, new, 1), "utf-8")
    with pytest.raises(RulesError) as caught:
        load()
    assert str(caught.value).startswith(f"rules/{file}: {message}")


def test_packed_tables_say_what_the_files_say(tmp_path: Path) -> None:
    root = tmp_path / "rules"
    trees.write(trees.read(Path(prefilter.rules_root())), root)
    (root / packed.NAME).unlink(missing_ok=True)
    assert packed.unpack(str(root)) == {}
    (root / packed.NAME).write_bytes(packed.pack(str(root)))
    tables = packed.unpack(str(root))
    files = {file.relative_to(root).as_posix(): file for file in root.rglob("*.toml")}
    assert tables == {name: tomllib.loads(file.read_text("utf-8")) for name, file in files.items()}
    with files["mentions.toml"].open("a") as changed:
        changed.write("\n")
    assert packed.unpack(str(root)) == {}


def test_own_rules_come_first(tmp_path: Path) -> None:
    page = tmp_path / "own.toml"
    page.write_text(ENCODER + CLIENT + SCOPES, "utf-8")
    loaded = load([page])
    assert [loaded.encoders[0].library, loaded.clients[0].name] == ["ours", "ours"]
    assert loaded.scopes[0].product == "P"
    assert loaded.encoders[1:] == RULES.encoders
    assert "ours.sign" in loaded.values.harmless.names
    assert "ours.sign" not in RULES.values.harmless.names


def test_rules_are_read_once_and_can_travel() -> None:
    assert load([]) is RULES
    there = pickle.loads(pickle.dumps(RULES))
    assert there.clients == RULES.clients
    assert there.prefilter.hit(b"adobelogin")


# --- the prefilter ----------------------------------------------------------------------------------


def test_needles() -> None:
    needles = RULES.prefilter.needles
    assert not RULES.prefilter.hit(b"")
    assert not RULES.prefilter.hit(b'{"assertion": jwt, "grant_type": "jwt-bearer"}')
    assert RULES.prefilter.hit(b'body = {"jwt_token": token}')
    redundant = [(a, b) for a in needles for b in needles if a != b and a in b]
    assert not redundant
    assert min(map(len, needles)) >= 5


def test_no_customer_is_missed() -> None:
    """A needle is necessary: each flow has a file that holds one."""
    for fixture in (each for each in FIXTURES if each.findings):
        tree = trees.read(fixture.before)
        assert any(RULES.prefilter.hit(tree[finding.path]) for finding in fixture.findings), fixture.name


@pytest.mark.parametrize("sdk", RULES.sdks, ids=lambda sdk: sdk.name)
def test_an_sdk_is_not_missed(sdk: Sdk) -> None:
    """Whatever imports it, or is its file, holds a needle; no name of a call is in two tables."""
    for module in sdk.modules:
        assert RULES.prefilter.hit(f"import {module}".encode()), module
        assert RULES.prefilter.hit(f"import os, {module}".encode()), module
        assert RULES.prefilter.hit(f"from {module} import x".encode()), module
    for row in sdk.files:
        assert all(RULES.prefilter.hit(f"{key}: x".encode()) or "tech_acct" in key for key in row.jwt)
    names = [name for each in RULES.sdks for row in (*each.calls, *each.builders) for name in row.names]
    assert len(names) == len(set(names))
    assert all(name.startswith(sdk.modules) for row in (*sdk.calls, *sdk.companions) for name in row.names)


def test_a_clean_file_costs_next_to_nothing() -> None:
    code = (
        "import sys; from jwt2oauth.prefilter import load_prefilter; load_prefilter().hit(b'');"
        "print(*sorted({'re', 'tomllib', 'dataclasses', 'typing', 'jwt2oauth.rules', 'jwt2oauth.model'}"
        " & set(sys.modules)))"
    )
    # -S: what the environment's .pth files import is not ours
    source = str(Path(prefilter.__file__).parent.parent)
    run = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"PYTHONPATH": source},
        capture_output=True,
        check=True,
        text=True,
    )
    assert run.stdout.split() == []


# --- the provider and the scopes --------------------------------------------------------------------


def test_provider() -> None:
    provider = RULES.provider
    assert provider.default_host in provider.hosts
    assert provider.token_path == provider.token_paths[0] == "/ims/token/v3"
    assert not any(path.endswith("/") for path in (*provider.exchange_paths, *provider.token_paths))
    assert provider.ended == datetime.date(2026, 3, 1)
    assert (provider.exchange_unit, provider.token_unit) == ("milliseconds", "seconds")
    assert [step.number for step in provider.steps] == list(range(1, 9))


def test_scopes() -> None:
    metascopes = [name for row in RULES.scopes for name in row.metascopes]
    assert len(metascopes) == len(set(metascopes))
    for row in RULES.scopes:
        assert bool(row.scopes) == (row.evidence != "unknown"), row.product
        assert not row.scopes or set(RULES.provider.base_scopes) <= set(row.scopes), row.product
        assert not any("," in scope or " " in scope for scope in row.scopes), row.product
        assert set(row.companions) <= set(metascopes), row.product
    assert set(RULES.provider.aem.metascopes) <= set(metascopes)


# --- the tables are true of the libraries -----------------------------------------------------------

NOT_INSTALLED = (
    "jwt.JWT", "jwt.jwt.JWT", "jwt.jwk",  # the other package of that name
    "python_jwt.", "Crypto.", "Cryptodome.", "OpenSSL.", "rsa.",
    "asgiref.", "six.", "future.", "simplejson.", "ujson.", "orjson.", "furl.", "django.", "google.auth.",
    "requests_html.", "cloudscraper.", "botocore.", "niquests.", "requests_futures.", "tornado.", "httplib2.",
    "file", "httplib.", "urllib2.", "urllib.urlencode", "unicode", "long",  # Python 2
)  # fmt: skip
FACTORIES: dict[str, object] = {
    "requests.session": requests.Session,
    "requests.sessions.session": requests.Session,
    "urllib3.proxy_from_url": urllib3.ProxyManager,
    "urllib3.poolmanager.proxy_from_url": urllib3.ProxyManager,
    "urllib.request.build_opener": urllib.request.OpenerDirector,
    "cryptography.hazmat.primitives.serialization.load_pem_private_key": RSAPrivateKey,
    "cryptography.hazmat.primitives.serialization.load_der_private_key": RSAPrivateKey,
    "cryptography.hazmat.primitives.serialization.load_ssh_private_key": RSAPrivateKey,
    "jose.jwk.construct": jose.jwk.RSAKey,
}


def calls() -> Iterator[tuple[str, Argument]]:
    """Every call of the tables with every argument that it is said to take."""
    for encoder in RULES.encoders:
        for name in encoder.names:
            for argument in (encoder.claims, encoder.key):
                yield name, argument
            if encoder.sign_method:
                yield f"{name}().{encoder.sign_method}", Argument()
    for signer in RULES.signers:
        yield from ((name, signer.key) for name in signer.names)
    for client in RULES.clients:
        for call in client.calls:
            found = [getattr(call, field) for field in ("url", "method", "form", "body", "query")]
            found += [getattr(call, field) for field in ("multipart", "json", "headers", "request")]
            for name in call.names:
                yield from ((name, argument) for argument in found if argument)
                if call.reply_method:
                    yield f"{name.rpartition('.')[0]}.{call.reply_method}", Argument()
    for loader in RULES.key_loaders:
        for name in loader.names:
            yield name.partition("()")[0] if loader.kind == "read" else name, loader.source
    for row in (*RULES.values.transparent, *RULES.values.form_encoders):
        yield from ((name, row.argument) for name in row.names)
    for way in RULES.values.paths:
        arguments = (way.mapping, way.path, way.default)
        yield from ((name, argument) for name in way.names for argument in arguments)


def resolve(name: str) -> Any:
    """What a dotted name of the tables stands for; a method comes unbound."""
    owner, dot, attribute = name.rpartition(".")
    if not dot and hasattr(builtins, name):
        return getattr(builtins, name)
    if owner.endswith("()"):
        made_by = owner.removesuffix("()")
        return getattr(FACTORIES.get(made_by) or resolve(made_by), attribute)
    try:
        return importlib.import_module(name)
    except ImportError:
        if not owner:
            raise
        return getattr(resolve(owner), attribute)


def parameters(name: str) -> list[inspect.Parameter]:
    found = list(inspect.signature(resolve(name)).parameters.values())
    return found[1:] if name.rpartition(".")[0].endswith("()") and found[0].name == "self" else found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_argument_is_where_the_table_says() -> None:
    known = [call for call in calls() if not call[0].startswith(NOT_INSTALLED)]
    assert known
    assert not [(name, argument) for name, argument in known if not is_there(name, argument)]


def is_there(name: str, argument: Argument) -> bool:
    if not callable(resolve(name)):
        return False
    try:
        found = parameters(name)
    except ValueError:
        return True  # a builtin without a signature
    if any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in found[:1]):
        return argument.keyword is None
    if argument.position is not None:
        there = found[argument.position] if argument.position < len(found) else None
        return (
            there is not None
            and there.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            and argument.keyword in (None, there.name)
        )
    if not argument.keyword:
        return True
    by_name = {p.name: p for p in found if p.kind is not inspect.Parameter.POSITIONAL_ONLY}
    if argument.keyword not in by_name:
        return found[-1].kind is inspect.Parameter.VAR_KEYWORD
    # Else it has a position too, and the table does not say which.
    return (
        found[0].name == argument.keyword or by_name[argument.keyword].kind is inspect.Parameter.KEYWORD_ONLY
    )


@pytest.mark.parametrize(
    ("name", "keyword"),
    [
        (name, call.urlencoded)
        for client in RULES.clients
        for call in client.calls
        if call.urlencoded
        for name in call.names
    ],
)
def test_the_call_takes_what_makes_it_urlencoded(name: str, keyword: str) -> None:
    found = parameters(name)
    assert any(p.name == keyword or p.kind is inspect.Parameter.VAR_KEYWORD for p in found)


# --- what nobody can miss ---------------------------------------------------------------------------


def test_harmless_is_harmless() -> None:
    harmless = RULES.values.harmless
    sent = {name for client in RULES.clients for call in client.calls if call.sends for name in call.names}
    effects = {
        "print",
        "input",
        "exec",
        "eval",
        "next",
        "time.sleep",
        "os.remove",
        "setattr",
        "delattr",
        "__import__",
    }
    assert not (sent | effects | set(RULES.values.logging.names)) & set(harmless.names)
    mutating = {
        "append",
        "clear",
        "close",
        "delete",
        "extend",
        "flush",
        "insert",
        "pop",
        "post",
        "put",
        "remove",
    }
    mutating |= {
        "request",
        "save",
        "send",
        "set",
        "setdefault",
        "update",
        "write",
        "write_text",
        *RULES.values.logging.methods,
    }
    assert not mutating & set(harmless.methods)


def test_tables_agree() -> None:
    harmless = RULES.values.harmless
    signing = {name for row in RULES.encoders for name in row.names}
    loading = {name for row in RULES.key_loaders for name in row.names}
    reading = {name for row in RULES.values.readers for name in row.names}
    assert signing | loading | reading <= set(harmless.names)
    for names in (
        harmless.names,
        harmless.methods,
        RULES.values.logging.names,
        RULES.values.transparent_methods,
    ):
        assert len(names) == len(set(names))
    passing = {name for row in RULES.values.transparent for name in row.names}
    assert passing <= set(harmless.names)
    # these mean something else on most objects that are neither a request nor a future
    assert set(RULES.values.transparent_methods) - set(harmless.methods) == {"prepare", "result"}
    for table in (
        RULES.encoders,
        RULES.key_loaders,
        [call for client in RULES.clients for call in client.calls],
    ):
        every = [name for row in table for name in row.names]
        assert len(every) == len(set(every))


# --- the catalog ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES.catalog.values(), ids=lambda rule: rule.id)
class TestEveryRule:
    def test_has_a_page(self, rule: Rule) -> None:
        assert rule.step in {step.number for step in RULES.provider.steps}
        assert rule.link.startswith("https://")
        for text in (rule.title, rule.summary, rule.why, rule.fix):
            assert text == text.strip()
            assert text
        assert not rule.title.endswith(".")
        assert rule.summary.endswith(".")

    def test_is_hit_by_a_fixture(self, rule: Rule) -> None:
        assert [fixture.name for fixture in FIXTURES if rule.id in {found.rule for found in fixture.findings}]

    def test_is_nearly_hit_by_a_fixture(self, rule: Rule) -> None:
        near = [fixture for fixture in FIXTURES if rule.id in fixture.near_miss_for]
        assert near
        assert not [fixture.name for fixture in near if rule.id in {found.rule for found in fixture.findings}]


def test_fixtures_speak_of_rules_that_there_are() -> None:
    for fixture in FIXTURES:
        named = {found.rule for found in fixture.findings} | set(fixture.near_miss_for)
        assert named <= set(RULES.catalog), fixture.name
        assert not fixture.unfixed or fixture.unfixed in RULES.unfixed, fixture.name


@pytest.mark.parametrize("reason", RULES.unfixed.values(), ids=lambda reason: reason.code)
def test_reasons_are_one_sentence_and_one_sentence(reason: UnfixedReason) -> None:
    for sentence in (reason.text, reason.next_step):
        assert sentence.endswith(".")
        assert ". " not in sentence
        assert "\n" not in sentence

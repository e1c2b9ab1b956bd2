"""What is not asked, so that an answer comes in time: modules out of reach, endless lists."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from jwt2oauth import engine
from jwt2oauth.net import NoNet
from jwt2oauth.project import loading
from jwt2oauth.project.loading import Loader
from jwt2oauth.python.choosing.reach import PLACES, Reach
from jwt2oauth.python.facts import syntax as s
from jwt2oauth.python.facts.index import NEAR, Index
from jwt2oauth.python.facts.modules import Module
from jwt2oauth.python.facts.parse import parse
from jwt2oauth.python.facts.shared_names import concerned, spells
from jwt2oauth.python.facts.values import Class, Items, Site, Text, Unknown, Value
from jwt2oauth.python.following.effects import Effects
from jwt2oauth.python.following.forward import Forward
from jwt2oauth.python.resolve import Resolver, base
from jwt2oauth.python.resolve.shared import WIDTH, WRITTEN
from jwt2oauth.python.roles.finder import Finder
from jwt2oauth.python.roles.sending import Requests
from jwt2oauth.rules.load import load
from jwt2oauth.tree.layout import Layout


def index(files: Mapping[str, str]) -> Index:
    """All of ``files``, loaded."""
    found = Index(Layout(sorted(files)), lambda path: Module(parse(path, files[path])))
    for path in files:
        found.module(path)
    return found


def joined(one: str, other: str, files: Mapping[str, str]) -> bool:
    """Are two of ``files`` kin, and the other way round as well?"""
    where = index(files)
    first, second = where.module(one), where.module(other)
    assert first is not None
    assert second is not None
    answers = {where.related(first, second), where.related(second, first)}
    assert len(answers) == 1
    return answers.pop()


@pytest.mark.parametrize(
    ("text", "is_kin"),
    [
        ("import app.auth\n", True),
        ("from app import auth\n", True),
        ("from app.auth import token\n", True),
        ("HANDLER = 'app.auth:login'\n", True),
        ("MIDDLEWARE = ['app.auth.Middleware']\n", True),
        ("with patch('app.auth.Middleware.process'):\n    pass\n", True),
        ("COLUMNS = ['app.auth.state']\n", False),
        ("import importlib\nimportlib.import_module(name)\n", True),
        ("import auth\n", False),
        ("token = client.token\n", False),
        ("# see app.auth\n", False),
    ],
)
def test_imports_and_texts_that_name_a_module_make_kin(text: str, is_kin: bool) -> None:
    auth = "token = 1\nclass Middleware:\n    pass\n"
    files = {"app/__init__.py": "", "app/auth.py": auth, "main.py": text}
    assert joined("main.py", "app/auth.py", files) is is_kin


def test_a_folder_makes_kin_and_so_do_others_between() -> None:
    files = {"a/x.py": "", "a/y.py": "from b import z\n", "b/z.py": "", "c/w.py": ""}
    assert joined("a/x.py", "b/z.py", files)
    assert not joined("a/x.py", "c/w.py", files)


def test_kinship_does_not_depend_on_who_is_loaded_first() -> None:
    texts = {"main.py": "import lib.net\n", "lib/__init__.py": "", "lib/net.py": "from . import base\n"}
    texts |= {"lib/base.py": "", "far/away.py": "", "far/conftest.py": "", "far/tests/test_a.py": ""}
    orders = [dict(sorted(texts.items(), reverse=backwards)) for backwards in (False, True)]
    for files in orders:
        assert joined("main.py", "lib/base.py", files)
        assert joined("far/conftest.py", "far/tests/test_a.py", files)
        assert not joined("far/away.py", "lib/base.py", files)


def test_the_name_of_a_file_is_no_module_of_another_program() -> None:
    """``lib`` may be on the import path wherever it is."""
    files = {"one/lib/adobe.py": "import json\nkey = 1\n", "one/run.py": "KEY = 'adobe.key'\n"}
    for text in ("'adobe.key'", "'adobe.json'"):
        assert not joined("two/main.py", "one/lib/adobe.py", files | {"two/main.py": f"x = {text}\n"})
        assert joined("one/lib/main.py", "one/lib/adobe.py", files | {"one/lib/main.py": f"x = {text}\n"})
    code = "patch('adobe.json.load')\n"
    assert joined("one/tests/test_it.py", "one/lib/adobe.py", files | {"one/tests/test_it.py": code})


def test_settings_are_kin_to_all_below_the_folder_of_their_package() -> None:
    files = {"shop/site/settings.py": "", "shop/orders/views.py": "", "other/views.py": ""}
    says_so: dict[str, str]
    for says_so in (
        {"shop/site/__init__.py": ""},
        {"shop/manage.py": ""},
        {"shop/site/wsgi.py": "from django import use\n\nuse('site.settings')\n"},
        {"shop/jobs/run.py": "from site.settings import KEY\n"},
    ):
        assert joined("shop/site/settings.py", "shop/orders/views.py", files | says_so)
        assert not joined("shop/site/settings.py", "other/views.py", files | says_so)
    assert not joined("shop/site/settings.py", "shop/orders/views.py", files)
    assert joined("shop/settings/prod.py", "shop/orders/views.py", files | {"shop/settings/prod.py": ""})
    assert not joined(
        "toml-config/sync.py", "other/views.py", {"toml-config/sync.py": "", "other/views.py": ""}
    )


def test_a_file_that_very_many_name_is_looked_for_beside_it() -> None:
    files = {f"far{n}/main.py": "open('config.json')\n" for n in range(NEAR + 3)}
    files |= {"mine/main.py": "open('config.json')\n", "mine/sub/job.py": "open('config.json')\n"}
    loaded: list[str] = []

    def load(path: str) -> Module:
        loaded.append(path)
        return Module(parse(path, files[path]))

    where = Index(Layout(sorted(files)), load, lambda words, pattern, among: sorted(files))
    found, are_all = where.mentioning("config.json", "mine/config.json")
    assert [module.path for module in found] == ["mine/main.py", "mine/sub/job.py"] == sorted(loaded)
    assert are_all
    where = Index(Layout(sorted(files)), load, lambda words, pattern, among: sorted(files))
    found, are_all = where.mentioning("config.json", "config.json")
    assert len(found) == NEAR
    assert not are_all


def test_who_reads_an_attribute_and_who_calls_a_function_is_asked_of_kin_only() -> None:
    files = {
        "mine/ims.py": "class Client:\n    def refresh(self):\n        self.until = 1\n",
        "mine/main.py": "from ims import Client\n\n\ndef left(c):\n    c.refresh()\n    return c.until\n",
        "other/show.py": "def show(c):\n    c.refresh()\n    print(c.until)\n",
    }
    where = index(files)
    resolver = Resolver(where, load())
    forward = Forward(resolver)
    module = where.module("mine/ims.py")
    assert module is not None
    (cls,) = module.each(s.ClassDef)
    (refresh,) = module.each(s.FuncDef)
    assert isinstance(cls, s.ClassDef)
    assert isinstance(refresh, s.FuncDef)
    reads = forward.reads_of(Class(module, cls), "until")
    assert [site.module.path for site in reads] == ["mine/main.py"]
    assert [site.module.path for site in resolver.callers(module, refresh)] == ["mine/main.py"]
    assert resolver.world == where.loaded
    with resolver.about([module]):
        assert [m.path for m in resolver.world] == ["mine/ims.py", "mine/main.py"]
        assert {site.module.path for site in resolver.calls} == {"mine/main.py"}
    assert resolver.world == where.loaded


@pytest.mark.slow
def test_a_list_that_many_methods_append_to_is_not_followed_in_every_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What one leaves is what any other may begin with."""
    real, steps = Resolver._change, itertools.count()

    def change(*given: Any) -> Any:
        assert next(steps) < 200_000
        return real(*given)

    monkeypatch.setattr(Resolver, "_change", change)
    step = "            if flag({0}):\n                self.found.append({0})\n"
    method = "    def add{0}(self, given):\n        for _ in given:\n" + 4 * step
    grown = "".join(map(method.format, range(5)))
    text = f"class Batch:\n    def __init__(self):\n        self.found = []\n{grown}send(Batch().found)\n"
    where = index({"main.py": text})
    module = where.module("main.py")
    assert module is not None
    (use,) = (n for n in module.each(s.Arg) if isinstance(n.value, s.Attribute))
    resolver = Resolver(where, load())
    values = resolver.resolve(Site(module, use.value))
    assert values
    assert all(isinstance(value, Items | Unknown) for value in values)


def test_what_functions_hand_to_each_other_in_a_circle_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for each use of it, and not in every order: in large packages all functions are such a circle."""
    asked = itertools.count()
    monkeypatch.setattr(NoNet, "count", lambda self: next(asked))
    calls = "".join(f"    part{i}(data)\n" for i in range(10))
    text = "".join(f"def part{i}(data):\n{calls}" for i in range(10)) + "part3('given')\n"
    where = index({"main.py": text})
    module = where.module("main.py")
    assert module is not None
    uses = [n for n in module.each(s.Name) if n.id == "data"]
    assert len(uses) == 100
    resolver = Resolver(where, load())
    for use in uses:
        (value,) = resolver.resolve(Site(module, use))
        assert isinstance(value, Text)
        assert value.fold() == "given"
    assert next(asked) < 30_000


def test_a_text_that_many_functions_add_to_is_not_followed_in_every_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = itertools.count()

    def count(_: NoNet) -> None:
        assert next(asked) < 20_000

    monkeypatch.setattr(NoNet, "count", count)
    adds = "".join(f"def add{i}():\n    global text\n    text += '{i}'\n" for i in range(100))
    where = index({"main.py": f"text = ''\n{adds}def shown():\n    return text\nprint(shown())\n"})
    module = where.module("main.py")
    assert module is not None
    (use,) = (n for n in module.each(s.Name) if n.id == "text" and _is_shown(module, n))
    values = Resolver(where, load()).resolve(Site(module, use))
    assert len(values) == WRITTEN + 1
    assert isinstance(values[-1], Unknown)


def _is_shown(module: Module, node: s.Name) -> bool:
    return isinstance(module.statement(node), s.Return)


def test_what_a_class_derives_from_does_not_hang_on_what_derives_from_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else each of many classes asks for the heirs of the rest, in every order."""
    real, asked = Resolver._subclasses, itertools.count()

    def subclasses(*given: Any) -> Any:
        assert next(asked) < 1_000
        return real(*given)

    monkeypatch.setattr(Resolver, "_subclasses", subclasses)
    text = "class Part:\n    pair = object, dict\npart = Part()\n"
    text += "".join(f"kind{i}, other{i} = part.pair\nclass Heir{i}(kind{i}): pass\n" for i in range(30))
    text += "class Whole(Part): pass\n"
    where = index({"main.py": text})
    module = where.module("main.py")
    assert module is not None
    part, *_, whole = (Class(module, node) for node in module.each(s.ClassDef))
    assert Resolver(where, load()).subclasses(part) == [whole]


def test_the_names_by_which_others_take_part_in_a_flow() -> None:
    text = """import logging
from other import helper, ims_address as address

LOG = logging.getLogger(__name__)
CACHE = {}
LIMIT = 10

def slugify(text):
    return text.lower()

def exchange(form):
    LOG.info("asking")
    return post("https://x/ims/exchange/jwt", data=form)

class Session:
    def token(self):
        CACHE["token"] = exchange(self.form)

def main():
    Session().token()
"""
    module = Module(parse("tools.py", text))
    assert concerned(module, {"/ims/exchange"}) == {"exchange", "Session", "main", "CACHE"}
    assert concerned(module, {"ims_address"}) == {"address"}
    assert concerned(module, {"nowhere"}) == frozenset()
    names = {"exchange", "CACHE"}
    assert spells(b"tools.exchange(form)", names)
    assert spells(b"getattr(tools, name)()", names)
    assert not spells(b"exchanges = CACHED", names)


TOOLS = """import jwt, requests

def slugify(text):
    return text.lower()

def get_token(key, client_id, client_secret):
    claims = {"iss": "O@AdobeOrg", "https://ims-na1.adobelogin.com/s/ent_user_sdk": True}
    signed = jwt.encode(claims, key, algorithm="RS256")
    form = {"client_id": client_id, "client_secret": client_secret, "jwt_token": signed}
    return requests.post("https://ims-na1.adobelogin.com/ims/exchange/jwt", data=form).json()
"""


BY_FIELDS = """import os, requests

def get_token(client_id, client_secret, signed):
    form = {"client_id": client_id, "client_secret": client_secret, "jwt_token": signed}
    return requests.post(os.environ["IMS_URL"], data=form).json()
"""
LOGIN = "from tools import get_token\n\n\ndef login(key):\n    return get_token({})\n"


@pytest.mark.parametrize(
    ("tools", "login"),
    [
        (TOOLS, LOGIN.format("key, 'c', 's'")),
        (BY_FIELDS, LOGIN.format("'c', 's', key")),
    ],
    ids=["strong signs", "the fields of the form"],
)
def test_of_very_many_importers_those_are_loaded_that_spell_what_matters(
    tools: str, login: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module of tools is imported everywhere; the division is two imports away from it."""
    files = {f"pages/page{n}.py": "from tools import slugify\n\nslugify('A')\n" for n in range(8)}
    files |= {
        "tools.py": tools,
        "login.py": login,
        "zz_report.py": "import login\n\nprint(login.login('k')['expires_in'] / 1000)\n",
    }
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    real, loaded = Loader._load, set[str]()

    def load(self: Loader, path: str) -> Module | None:
        loaded.add(path)
        return real(self, path)

    monkeypatch.setattr(Loader, "_load", load)
    with_all = engine.run([tmp_path], engine.Settings())
    assert loaded == set(files)
    loaded.clear()
    monkeypatch.setattr(loading, "FEW", 2)
    monkeypatch.setattr(loading, "IMPORTERS", 5)
    with_few = engine.run([tmp_path], engine.Settings())
    assert loaded == {"tools.py", "login.py", "zz_report.py"}
    assert with_few.total == with_all.total
    assert ("zz_report.py" in with_few.total) is (tools is TOOLS)  # of the other nobody knows the host


def test_functions_that_call_each_other_are_judged_once_for_a_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each calls two others: nobody could go all the ways through them. One changes something."""
    real, judged = Effects._pure_statement, itertools.count()

    def pure(*given: Any) -> Any:
        assert next(judged) < 2_000
        return real(*given)

    monkeypatch.setattr(Effects, "_pure_statement", pure)
    text = "".join(
        f"def {kind}{i}(x):\n    y = {kind}{i * 7 % 60 + 1}(x)\n    return {kind}{i * 13 % 60 + 1}(y)\n"
        for kind in ("sums", "says")
        for i in range(1, 61)
    )
    text = text.replace("def says60(x):\n", "def says60(x):\n    TOLD.append(x)\n    print(x)\n")
    where = index({"main.py": f"TOLD = []\n{text}sums1(1)\nsays1(1)\n"})
    module = where.module("main.py")
    assert module is not None
    calls = [stmt for stmt in module.source.body.body if isinstance(stmt, s.ExprStmt)]
    effects = Effects(Resolver(where, load()), load())
    assert [effects.harmless(module, call.value) for call in calls] == [True, False]


def test_who_calls_a_function_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = Resolver._entering, itertools.count()

    def entering(*given: Any) -> Any:
        next(asked)
        return real(*given)

    monkeypatch.setattr(Resolver, "_entering", entering)
    files = {"web.py": "def send(url):\n    post(url)\n", "main.py": "from web import send\nsend('a')\n"}
    where = index(files)
    module = where.module("web.py")
    assert module is not None
    (send,) = module.each(s.FuncDef)
    assert isinstance(send, s.FuncDef)
    resolver = Resolver(where, load())
    first, again = (resolver.callers(module, send) for _ in range(2))
    assert first == again
    assert [call.module.path for call in first] == ["main.py"]
    assert next(asked) == 1


@pytest.mark.parametrize(
    ("sent", "is_followed"),
    [
        ('data={"grant_type": "client_credentials", "client_id": "a"}', False),
        ('data={"client_id": "a", **more}', True),
        ('data={"client_id": "a"} if url else more', True),
        ('data="client_id=a&" + more', True),
        ('params=more, data={"client_id": "a"}', True),
        ('data={"client_id": "a"}, **more', True),
    ],
)
def test_where_a_request_goes_that_brings_no_assertion_is_not_asked_of_its_callers(
    monkeypatch: pytest.MonkeyPatch, sent: str, is_followed: bool
) -> None:
    """They may be hundreds, each with a mapping of its own from which the address is taken."""
    real, asked = Resolver.program_callers, itertools.count()

    def program_callers(*given: Any) -> Any:
        next(asked)
        return real(*given)

    monkeypatch.setattr(Resolver, "program_callers", program_callers)
    login = f"import requests\n\n\ndef renew(url, more):\n    return requests.post(url, {sent})\n"
    where = index(
        {"web.py": login, "main.py": "from web import renew\n\nrenew(input(), {'jwt_token': 'a'})\n"}
    )
    rules = load()
    Finder(Resolver(where, rules), rules).exchanges()
    assert (next(asked) > 0) is is_followed


@pytest.mark.parametrize(
    ("hands", "is_found"),
    [
        ("call(requests.post, URL, FORM)", True),
        ("call(partial(requests.post, timeout=9), URL, FORM)", True),
        ("call(post_it, URL, FORM)", True),
        ("call(getattr(requests, 'post'), URL, FORM)", True),
        ("call(session.post, URL, FORM)", True),
        ("call(print, URL, FORM)", False),
    ],
)
def test_who_calls_a_parameter_calls_a_client_where_somebody_hands_its_function_on(
    monkeypatch: pytest.MonkeyPatch, hands: str, is_found: bool
) -> None:
    """Nobody else's parameters are asked for what they may be: in a large package each may be anything."""
    real, asked = Resolver._param, itertools.count()

    def param(*given: Any) -> Any:
        next(asked)
        return real(*given)

    web = "".join(f"\n\ndef apply{i}(fn, data):\n    return fn(data)\n" for i in range(20))
    login = (
        "from functools import partial\n\nimport requests\n\nfrom web import call\n\n"
        'URL = "https://ims-na1.adobelogin.com/ims/exchange/jwt"\n'
        'FORM = {"client_id": "a", "client_secret": "b", "jwt" "_token": "c"}\nsession = requests.Session()\n'
    )
    login += "from requests import post as post_it\n" if "post_it" in hands else ""
    where = index(
        {
            "web.py": f"def call(fn, url, form):\n    return fn(url, data=form)\n{web}",
            "login.py": f"{login}{hands}\n",
        }
    )
    rules = load()
    finder = Finder(Resolver(where, rules), rules)
    assert bool(finder.exchanges()) is is_found
    monkeypatch.setattr(Resolver, "_param", param)
    module = where.module("web.py")
    assert module is not None
    for call in module.each(s.Call):
        Requests(Resolver(where, rules), rules).sender(Site(module, call))
    if not is_found:
        assert next(asked) <= 21  # each once, and none of them by its callers


@pytest.mark.parametrize(("bound", "kind"), [(20, Unknown), (1_000, Text)])
def test_beyond_a_bound_nothing_is_known(
    monkeypatch: pytest.MonkeyPatch, bound: int, kind: type[Value]
) -> None:
    monkeypatch.setattr(base, "FAR", bound)
    names = "".join(f"a{i} = a{i - 1}\n" for i in range(1, 25))
    where = index({"main.py": f"a0 = 'a'\n{names}"})
    module = where.module("main.py")
    assert module is not None
    *_, last = (Site(module, stmt.value) for stmt in module.each(s.Assign) if stmt.value is not None)
    assert [type(value) for value in Resolver(where, load()).resolve(last)] == [kind]


@pytest.mark.parametrize("count", [WIDTH + 8, WRITTEN + 8])
def test_what_is_written_in_too_many_ways_is_not_changed_in_some(count: int, tmp_path: Path) -> None:
    """Of an address that each of many settings changes, the first few were changed and the others stayed."""
    host = "https://ims-na1.adobelogin.com"
    ways = "".join(
        f"if os.environ.get('A{n}'):\n    url = '{host}/ims/exchange/jwt?{n}'\n" for n in range(count)
    )
    (tmp_path / "main.py").write_text(f"""import os
import jwt
import requests
url = '{host}/ims/exchange/jwt'
{ways}reply = requests.post(url, data={{
    "client_id": os.environ["ID"],
    "client_secret": os.environ["SECRET"],
    "jwt_token": jwt.encode({{"{host}/s/ent_user_sdk": True}}, open("private.key").read(), algorithm="RS256"),
}})
print(reply.json()["access_token"])
""")
    outcome = engine.run([tmp_path], engine.Settings())
    if count > WRITTEN:
        (flow,) = outcome.report.flows
        assert flow.unfixed is not None
        assert flow.unfixed.reason == "url-unknown"
        return
    ((_, after),) = outcome.total.values()
    assert after is not None
    assert after.count(b"/ims/token/v3") == count + 1
    assert b"exchange" not in after


SIGNING = """\
        claims = {"iss": org, "sub": tech, "exp": int(time.time()) + 60, "aud": f"{IMS}/c/{ID}"}
        claims[f"{IMS}/s/ent_user_sdk"] = True
        form = {"client_id": ID, "client_secret": secret, "jwt_token": jwt.encode(claims, key, "RS256")}
        self.token = requests.post(f"{IMS}/ims/exchange/jwt", data=form).json()["access_token"]
"""
HEAD = """\
import time

import jwt
import requests

from settings import ID, key, org, secret, tech

IMS = "https://ims-na1.adobelogin.com"


class Client:
    token = None

    def _login(self):
"""


@pytest.mark.slow
def test_ways_through_methods_that_all_call_each_other_are_not_all_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve have a hundred million ways; each is reached only with an account."""
    asked = itertools.count()
    local = Reach.local
    monkeypatch.setattr(Reach, "local", lambda self, *a: (next(asked), local(self, *a))[1])
    methods = range(12)
    program = HEAD + SIGNING
    for number in methods:
        program += f"\n    def _ask_{number}(self, rest):\n        self._login()\n"
        program += "".join(f"        self._ask_{other}(rest - 1)\n" for other in methods if other != number)
    program += "\n\nif ID:\n    Client()._ask_0(3)\n"
    (tmp_path / "client.py").write_text(program)
    (flow,) = engine.run([tmp_path], engine.Settings()).report.flows
    assert flow.rewrite is not None
    assert next(asked) < 100 * PLACES  # some questions, and eleven calls of each


CIRCLES = (
    "node = {'next': node}\n    return json.dumps(node)",
    "node = {**node, 'expires_in': node}\n    json.dump(node, open('n.json', 'w'))",
    "node = sorted(node)\n    return fetch()['expires_in'] in node",
    "node = list(set(node))\n    return fetch()['expires_in'] < 5 or fetch()['expires_in'] in node",
    "node = os.path.join(node, each)\n    return os.path.exists(node) and open(node).read()",
    "node = os.environ.get(each, node)\n    return open(node).read()",
    "node = urllib.parse.urlencode({'jwt_token': node})\n    return requests.post(IMS, data=node)",
    "node = max(node, each)\n    return node - 60, node / 1000",
    "node = lambda: node\n    return node()",
    "node = node[each] or node\n    return node['jwt_token']",
)
"""What is made of itself in a loop, and what becomes of it."""


@pytest.mark.parametrize("circle", CIRCLES)
def test_what_is_made_of_itself_comes_to_an_end(circle: str, tmp_path: Path) -> None:
    program = HEAD.replace("import time\n", "import json\nimport os\nimport time\nimport urllib.parse\n")
    body = (
        SIGNING.replace("self.token =", "return").replace('["access_token"]', "").replace("        ", "    ")
    )
    program = (
        program.replace("class Client:\n    token = None\n\n    def _login(self):\n", "def fetch():\n") + body
    )
    program += f"\n\ndef other(rows, node=''):\n    for each in rows:\n        {circle}\n"
    (tmp_path / "client.py").write_text(program)
    report = engine.run([tmp_path], engine.Settings()).report
    is_asked = "fetch()" in circle  # a lifetime beside numbers that nobody knows is left alone
    assert [flow.rewrite is None for flow in report.flows] == [is_asked], report.files.failed

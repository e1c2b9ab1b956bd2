"""What one call, or the objects of one class, send through code of others: only their own side is seen."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

IMS = "https://ims-na1.adobelogin.com"
SIGNED = f"""
def signed():
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": "o@AdobeOrg",
        "sub": "t@techacct.adobe.com",
        "aud": "{IMS}/c/id",
        "{IMS}/s/ent_user_sdk": True,
    }}
    with open("key.pem") as file:
        return jwt.encode(claims, file.read(), algorithm="RS256")
"""
HEAD = "import os\nimport time\nfrom urllib.parse import urlencode\n\nimport jwt\nimport requests\n\n"


def fixed(tmp_path: Path, text: str) -> tuple[str, str]:
    tree = trees.write({"login.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    return (tree / "login.py").read_text(), ran.text


# -- the branch that a call takes -------------------------------------------------------------------------

SEND = """

def send(url, fields, method="POST", raw=False, extra=None):
    body = None
{branches}
    return requests.request(method, url, data=body, timeout=9).json()


def rows():
    return send("https://example.com/rows", {{"page": "2"}}, "GET", raw=True, extra="x")


def login():
    form = {{"client_id": "id", "client_secret": os.environ["SECRET"], "jwt_token": signed()}}
    return send("https://ims-na1.adobelogin.com/ims/exchange/jwt", form{given})["access_token"]
"""
BY_METHOD = """\
    if method == "GET":
        url = url + "?" + urlencode(fields)
    else:
        body = fields"""


@pytest.mark.parametrize(
    ("branches", "given"),
    [
        (BY_METHOD, ""),
        (BY_METHOD, ', method="POST"'),
        (BY_METHOD.replace('method == "GET"', 'method.upper() in ("GET", "HEAD")'), ', "post"'),
        (BY_METHOD.replace('method == "GET"', 'method != "POST"'), ""),
        (BY_METHOD.replace('method == "GET"', 'not method == "POST" and fields'), ""),
        (BY_METHOD.replace('method == "GET"', "raw"), ""),
        (BY_METHOD.replace('method == "GET"', "extra is not None"), ""),
    ],
)
def test_the_branch_that_the_login_does_not_take_is_not_seen(
    branches: str, given: str, tmp_path: Path
) -> None:
    text = HEAD + SIGNED + SEND.format(branches=branches, given=given)
    after, story = fixed(tmp_path, text)
    assert '"grant_type": "client_credentials"' in after, story
    assert branches in after


@pytest.mark.parametrize("given", [', method="GET"', ", method=os.environ['VERB']", ", raw=True"])
def test_the_branch_that_it_may_take_is_seen(given: str, tmp_path: Path) -> None:
    branches = BY_METHOD.replace('method == "GET"', 'method != "POST" or raw')
    text = HEAD + SIGNED + SEND.format(branches=branches, given=given)
    assert fixed(tmp_path, text)[0] == text


@pytest.mark.parametrize(
    ("test", "set_elsewhere"),
    [
        ('kind.title() == "Get"', ""),
        ('kind == "get" and SHORT', 'setattr(sys.modules[__name__], "SHORT", True)\n'),
        ('kind == "get" and (short or SHORT)', "globals()['SHORT'] = True\n"),
        ("short", "def on(module):\n    module.SHORT = True\n\n\non(sys.modules[__name__])\n"),
    ],
    ids=["letters that are changed", "a global", "an argument or a global", "a global that is handed on"],
)
def test_what_may_be_otherwise_when_it_runs_is_seen(test: str, set_elsewhere: str, tmp_path: Path) -> None:
    send = SEND.replace('method="POST"', 'method="POST", kind="get", short=False').format(
        branches=BY_METHOD.replace('method == "GET"', test), given=", short=SHORT"
    )
    text = HEAD.replace("import os\n", "import os\nimport sys\n") + SIGNED + "\n\nSHORT = False\n" + send
    text += f"\n\n{set_elsewhere}"
    assert fixed(tmp_path, text)[0] == text


WRAPPED = """

def short(function):
    def inner(*args, **more):
        return function(*args, raw=True, **more)

    return inner


@short
"""
DECIDED = "\n    def decide():\n        nonlocal raw\n        raw = True\n\n    decide()\n"


@pytest.mark.parametrize(
    ("before", "first"), [(WRAPPED, ""), ("\n\n", DECIDED)], ids=["a decorator", "a function within"]
)
def test_what_another_function_gives_is_seen(before: str, first: str, tmp_path: Path) -> None:
    branches = BY_METHOD.replace('method == "GET"', "raw")
    send = before + SEND.format(branches=first + branches, given="").lstrip()
    text = HEAD + SIGNED + send
    assert fixed(tmp_path, text)[0] == text


STATE = """

class Client:
    how = "json"

    def send(self, url, data):
        body = data
        if self.how != "json":
            url = url + "?" + urlencode(data)
            body = None
        return requests.post(url, data=body, timeout=9).json()


CHANGED

def login():
    form = {"client_id": "id", "client_secret": os.environ["SECRET"], "jwt_token": signed()}
    return made().send("https://ims-na1.adobelogin.com/ims/exchange/jwt", form)["access_token"]
"""
CHANGES = {
    "by nobody": "def made():\n    return Client()\n",
    "at the object": "def made():\n    it = Client()\n    it.how = 'query'\n    return it\n",
    "at a class": "class Made(Client):\n    pass\n\n\nMade.how = 'query'\nmade = Made\n",
    "by setattr": "def made():\n    it = Client()\n    setattr(it, 'how', 'query')\n    return it\n",
    "by vars": "def made():\n    it = Client()\n    vars(it)['how'] = 'query'\n    return it\n",
    "by __dict__": "def made():\n    it = Client()\n    it.__dict__['how'] = 'query'\n    return it\n",
}


@pytest.mark.parametrize("changed", CHANGES)
def test_an_attribute_that_is_set_elsewhere_decides_nothing(changed: str, tmp_path: Path) -> None:
    text = HEAD + SIGNED + STATE.replace("CHANGED", CHANGES[changed])
    after, story = fixed(tmp_path, text)
    if changed == "by nobody":
        assert "/ims/token/v3" in after, story
    else:
        assert after == text


# -- the heirs of one base class --------------------------------------------------------------------------

BASE = """

class Login:
    url = ""
    ticks = 1

    def fields(self):
        return {}

    def seconds(self, reply):
        return reply["expires_in"]

    def renew(self):
        reply = requests.post(self.url, HOW=self.fields(), timeout=9)
        reply.raise_for_status()
        reply = reply.json()
        self.until = time.time() + SECONDS
        return reply["access_token"]


class Adobe(Login):
    url = "https://ims-na1.adobelogin.com/ims/exchange/jwt"

    def fields(self):
        return {"client_id": "id", "client_secret": os.environ["SECRET"], "jwt_token": signed()}
HEIR

class Other(Login):
    url = "https://login.example.com/token"

    def fields(self):
        return {"grant_type": "refresh_token", "refresh_token": os.environ["REFRESH"]}
"""
SECONDS = '\n    def seconds(self, reply):\n        return reply["expires_in"] / 1000\n'
INITS = BASE.replace('    url = ""\n', "    def __init__(self, url):\n        self.url = url\n\n")
for _url in (f"{IMS}/ims/exchange/jwt", "https://login.example.com/token"):
    INITS = INITS.replace(
        f'    url = "{_url}"\n', f'    def __init__(self):\n        super().__init__("{_url}")\n'
    )
PROPERTIES = BASE.replace('    url = ""\n', "").replace("self.fields()", "self.fields")
PROPERTIES = PROPERTIES.replace("    def fields(self):\n        return {}\n\n", "")
PROPERTIES = PROPERTIES.replace("    def fields", "    @property\n    def fields")
for _url in (f"{IMS}/ims/exchange/jwt", "https://login.example.com/token"):
    PROPERTIES = PROPERTIES.replace(
        f'    url = "{_url}"\n', f'    @property\n    def url(self):\n        return "{_url}"\n'
    )


@pytest.mark.parametrize(
    "base", [BASE, INITS, PROPERTIES], ids=["attributes", "constructors", "properties of the heirs alone"]
)
def test_a_heir_of_ours_changes_and_others_do_not(base: str, tmp_path: Path) -> None:
    text = HEAD + SIGNED + base.replace("HOW", "data").replace("HEIR", SECONDS)
    after, story = fixed(tmp_path, text.replace("SECONDS", "self.seconds(reply)"))
    assert f"{IMS}/ims/token/v3" in after, story
    assert '"grant_type": "client_credentials"' in after
    assert "1000" not in after
    assert base[base.index("class Other") :] in after


def test_a_heir_of_a_heir_goes_the_same_way(tmp_path: Path) -> None:
    text = (
        HEAD
        + SIGNED
        + BASE.replace("HOW", "data").replace("HEIR", SECONDS + "\n\nclass More(Adobe):\n    pass\n")
    )
    after, story = fixed(
        tmp_path, text.replace("SECONDS", "self.seconds(reply)") + "\n\nprint(More().renew())\n"
    )
    assert f"{IMS}/ims/token/v3" in after, story
    assert "1000" not in after


def test_two_heirs_that_say_it_each_for_itself_are_left(tmp_path: Path) -> None:
    second = BASE[BASE.index("class Adobe") : BASE.index("HEIR")].replace("Adobe", "More")
    text = HEAD + SIGNED + BASE.replace("HOW", "data").replace("HEIR", f"{SECONDS}\n\n{second}{SECONDS}")
    text = text.replace("SECONDS", "self.seconds(reply)")
    assert fixed(tmp_path, text)[0] == text


RENEWED = """

def renew(which):
    reply = KIND.renew()
    return reply["access_token"], reply["expires_in"] / 1000
"""
UNKNOWN = {
    "a list": ("\n\nLOGINS = [kind() for kind in (Adobe, Other)]\n", "LOGINS[which]"),
    "subclasses": ("\n\nLOGINS = [kind() for kind in Login.__subclasses__()]\n", "LOGINS[which]"),
}


@pytest.mark.parametrize("asked", [".renew()", ".again()", "()"])
@pytest.mark.parametrize("way", UNKNOWN)
def test_whose_reply_nobody_can_tell_is_left(way: str, asked: str, tmp_path: Path) -> None:
    before, kind = UNKNOWN[way]
    text = BASE.replace(
        '        self.until = time.time() + SECONDS\n        return reply["access_token"]',
        "        return reply",
    )
    text = HEAD + SIGNED + text.replace("HOW", "data").replace("HEIR", "") + before + RENEWED
    text = text.replace("KIND.renew()", f"{kind}{asked}")
    again = "    def again(self):\n        return self.renew()\n\n    def renew"
    text = text.replace("    def renew", again if asked == ".again()" else "    def renew")
    text = text.replace("def renew(self)", "def __call__(self)") if asked == "()" else text
    assert fixed(tmp_path, text)[0] == text


def test_what_a_heir_divides_by_goes(tmp_path: Path) -> None:
    text = HEAD + SIGNED + BASE.replace("HOW", "data").replace("HEIR", "\n    ticks = 1000\n")
    after, story = fixed(tmp_path, text.replace("SECONDS", 'reply["expires_in"] / self.ticks'))
    assert f"{IMS}/ims/token/v3" in after, story
    assert "1000" not in after


@pytest.mark.parametrize(
    ("how", "seconds"),
    [("data", 'reply["expires_in"] / 1000'), ("params", "self.seconds(reply)"), ("files", "3600")],
    ids=["converts for all", "sends a query for all", "sends parts for all"],
)
def test_what_the_base_does_for_all_of_them_stays(how: str, seconds: str, tmp_path: Path) -> None:
    text = HEAD + SIGNED + BASE.replace("HOW", how).replace("HEIR", SECONDS).replace("SECONDS", seconds)
    assert fixed(tmp_path, text)[0] == text


# -- the objects of one class -----------------------------------------------------------------------------

OBJECTS = """

class Call:
    method, path = "GET", ""

    def __init__(self, METHOD, fields=None):
        STORE
        self.fields = fields

    def SEND(self):
        reply = requests.request(self.method, self.path, data=self.fields, timeout=9).json()
        RETURN reply


def rows():
    return OTHER["rows"]


def login():
    form = {"client_id": "id", "client_secret": os.environ["SECRET"], "jwt_token": signed()}
    reply = OURS
    return reply["access_token"], TAKEN
"""
PLACES = {
    "METHOD": "method, path",
    "STORE": "self.method, self.path = method, path",
    "OURS": f'Call("POST", "{IMS}/ims/exchange/jwt", form).send()',
    "OTHER": 'Call("GET", "https://example.com/rows").send()',
}
HEIRS = f"""

class Exchange(Call):
    method, path = "POST", "{IMS}/ims/exchange/jwt"


class Rows(Call):
    path = "https://example.com/rows"
"""
WAYS = {
    "at once": (PLACES, "send"),
    "called": ({key: text.replace(".send()", "()") for key, text in PLACES.items()}, "__call__"),
    "heirs": (
        {"METHOD, ": "", "STORE\n        ": "", "OURS": "Exchange(form).send()", "OTHER": "Rows().send()"},
        "send",
    ),
}


def objects(way: str, made: str = "return", taken: str = 'reply["expires_in"] / 1000') -> str:
    places, send = WAYS[way]
    text = OBJECTS
    for mark, said in {**places, "SEND": send, "RETURN": made, "TAKEN": taken}.items():
        text = text.replace(mark, said)
    return HEAD + SIGNED + text + (HEIRS if way == "heirs" else "")


@pytest.mark.parametrize("way", WAYS)
def test_an_object_of_ours_is_told_from_another(way: str, tmp_path: Path) -> None:
    after, story = fixed(tmp_path, objects(way))
    assert f"{IMS}/ims/token/v3" in after, story
    assert '"grant_type": "client_credentials"' in after
    assert 'return reply["access_token"], reply["expires_in"]\n' in after
    assert "example.com/rows" in after


@pytest.mark.parametrize("way", WAYS)
def test_what_the_class_converts_for_all_its_objects_stays(way: str, tmp_path: Path) -> None:
    made = 'reply["seconds"] = reply["expires_in"] / 1000\n        return'
    text = objects(way, made, 'reply["seconds"]')
    assert fixed(tmp_path, text)[0] == text

"""Where a value may come to, by names alone: ``hit`` is given what is tainted, ``miss`` what is not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from jwt2oauth.python.facts import syntax as s
from jwt2oauth.python.facts.index import Index
from jwt2oauth.python.facts.modules import Module
from jwt2oauth.python.facts.parse import parse
from jwt2oauth.python.facts.values import Site
from jwt2oauth.python.following import tainted_names as tainting
from jwt2oauth.python.following.taint import Taint
from jwt2oauth.python.resolve import Resolver
from jwt2oauth.rules.load import load
from jwt2oauth.tree.layout import Layout

WAYS = {
    "names": "x = source()\ny = x - 1\nhit(y * 2)\nmiss(z)\n",
    "a name of another function": "def f():\n    x = source()\n    hit(x)\ndef g(x):\n    miss(x)\n",
    "an attribute": "class A:\n    def f(self):\n        self.left = source()\ndef g(a):\n    hit(a.left)\n",
    "a key": "def f(d):\n    d['left'] = source()\ndef g(e):\n    hit(e['left'])\n    miss(e['right'])\n",
    "a key that is a constant": "K = 'left'\nd[K] = source()\ndef g(e):\n    hit(e.get(K))\n",
    "what a function gives": "def f():\n    return source()\nhit(f() / 2)\nmiss(g())\n",
    "a parameter": "def f(a, b=1):\n    hit(a)\n    return a\nf(source())\n",
    "other calls of that function": "def f(a):\n    return a\nhit(f(source()))\nmiss(f(1))\n",
    "a method": "class A:\n    def age(self):\n        return source()\ndef g(a):\n    hit(a.age())\n",
    "a method that many have": "class A:\n    def get(self):\n        return source()\n\n    def f(self):\n"
    "        hit(self.get())\nhit(A().get())\ndef g(d):\n    miss(d.get())\n",
    "unpacking": "a, (b, *c) = source()\nhit(c)\nhit(b)\n",
    "loops": "for a in source():\n    hit(a)\nhit([b for b in source() if b])\n",
    "with": "with source() as a:\n    hit(a)\n",
    "match": "match source():\n    case [a, *_]:\n        hit(a)\n",
    "a walrus": "if (a := source()) > 1:\n    hit(a)\n",
    "a list": "a = []\na.append(source())\nhit(a[0])\n",
    "a global": "a = None\ndef f():\n    global a\n    a = source()\ndef g():\n    hit(a)\n",
    "a closure": "def f():\n    a = source()\n    def g():\n        hit(a)\n        return a\n"
    "    return g\n"
    "hit(f()())\n",
    "a lambda": "hit(list(map(lambda a: hit(a), source())))\n",
    "a callback": "def f(a):\n    hit(a)\nrun(f, source())\n",
    "a library's function of that name": "import far\ndef encode(a):\n    miss(a)\n    return 1\n"
    "hit(far.encode(source()))\n",
    "a builtin function of that name": "class A:\n    def open(self, a):\n        miss(a)\n"
    "hit(open(source()))\n",
    "a library's function, imported": "from far import encode\nclass A:\n    def encode(self, a):\n"
    "        miss(a)\nhit(encode(source()))\n",
    "a decorator": "def half(f):\n    def inner():\n        return hit(f())\n    return inner\n"
    "\n\n@half\ndef g():\n    return source()\n",
    "a field": "class A:\n    left: int\n    right: int = 0\na = A(left=source())\ndef g(b):\n"
    "    hit(b.left)\n    miss(b.right)\n",
    "a field of a base": "class A:\n    left: int\nclass B(A):\n    right: int\nb = B(source())\n"
    "def g(c):\n    hit(c.left)\n",
    "a converter": "def half(v):\n    hit(v)\nclass A:\n    left: int = field(converter=half)\n"
    "A(left=source())\n",
    "a descriptor": "class Half:\n    def __set__(self, obj, value):\n        hit(value)\nclass A:\n"
    "    left = Half()\na = A()\na.left = source()\n",
    "getattr": "setattr(a, 'left', source())\ndef g(b):\n    hit(getattr(b, 'left'))\n",
    "whatever attribute": "class A:\n    def f(self, name):\n        setattr(self, '_' + name, source())\n"
    "    def g(self):\n        hit(self._left)\n",
    "all attributes": "class A:\n    def f(self):\n        self.__dict__.update(source())\n"
    "    def g(self):\n        hit(self.left)\n",
    "a static method": "class A:\n    @staticmethod\n    def f(a):\n        hit(a)\nrun(A.f, source())\n",
    "a converter that an annotation names": "from typing import Annotated\nfrom pydantic import BaseModel\n"
    "from pydantic import BeforeValidator\ndef half(v):\n    hit(v)\n    return v / 2\n"
    "Half = Annotated[int, BeforeValidator(half)]\nclass A(BaseModel):\n    left: Half\nA(left=source())\n",
    "a base's constructor": "class A:\n    def __init__(self, a):\n        hit(a)\nclass B(A):\n"
    "    def __init__(self):\n        super().__init__(source())\n",
    "what an attribute holds": "def f(a):\n    hit(a)\nclass A:\n    def __init__(self):\n"
    "        self.done = f\n"
    "    def g(self):\n        self.done(source())\n",
    "an object that is called": "class F:\n    def __call__(self, a):\n        hit(a)\nclass A:\n"
    "    def __init__(self):\n        self.done = F()\n    def g(self):\n        self.done(source())\n",
    "setattr, and read plainly": "def f(a):\n    setattr(a, 'left', source())\ndef g(b):\n    hit(b.left)\n",
    "a frozen object": "class A:\n    def f(self):\n        object.__setattr__(self, 'left', source())\n"
    "    def g(self):\n        hit(self.left)\n",
    "a name of an outer function": "def f():\n    a = None\n    def g():\n        nonlocal a\n"
    "        a = source()\n    g()\n    hit(a)\n",
    "a context": "class A:\n    def __enter__(self):\n        return source()\nwith A() as a:\n    hit(a)\n",
    "arguments that are handed on": "def f(**given):\n    g(**given)\ndef g(left):\n    hit(left)\n"
    "f(left=source())\n",
    "a table of functions": "def f(a):\n    hit(a)\nT = {'f': f}\nT['f'](source())\n",
    "an exception": "class Late(Exception):\n    pass\ndef f():\n    raise Late(source())\ntry:\n    f()\n"
    "except Late as error:\n    hit(error)\n",
    "one of many objects of an outer scope": "KEPT = []\nMORE = []\ndef f():\n    KEPT.append(source())\n"
    "hit(KEPT[0])\nmiss(MORE)\n",
    "a parameter that is filled": "KEPT, MORE = [0], [0]\ndef put(box, x):\n    box[0] = x\n"
    "put(KEPT, source())\n"
    "hit(KEPT[0])\n",
    "another name of one thing": "def f():\n    rows = g.rows = []\n    rows.append(source())\n"
    "hit(g.rows[0])\n",
    "what else is put there": "def f(r):\n    KEPT['a'] = r['b']\n    KEPT['c'] = source()\ndef g(d):\n"
    "    miss(d['b'])\n    hit(d['c'])\n",
    "one behind the other": "def f(node):\n    while node:\n        node = node.above\n"
    "        node.left = source()\ndef g(node):\n    hit(node.left)\n",
    "an entry of a mapping": "KEPT = {}\ndef f(name):\n    KEPT.setdefault(name, {})[name] = source()\n"
    "hit(KEPT['x']['y'])\n",
    "a function that gives nothing of it": "def f(a):\n    hit(a)\n    return 1\nmiss(f(source()))\n",
    "a function that gives it on": "def f(a):\n    b = [a]\n    return b\nhit(f(source()))\nmiss(f(1))\n",
    "a lambda in a table": "T = {'f': lambda a: hit(a)}\nT['f'](source())\n",
    "a lambda that is returned": "def f():\n    return lambda a: hit(a)\nf()(source())\n",
    "what is registered": "from functools import singledispatch\n@singledispatch\ndef f(a):\n    pass\n"
    "@f.register\ndef _(a: int):\n    hit(a)\nf(source())\n",
    "what a decorator makes": "def half(f):\n    def inner(*a):\n        hit(a)\n    return inner\n@half\n"
    "def g(a):\n    pass\ng(source())\n",
    "a class that is a number": "class Millis(int):\n    @property\n    def seconds(self):\n"
    "        hit(self)\n"
    "Millis(source())\n",
    "a member of an enum that is called": "class Unit(Enum):\n    S = 1\n    def __call__(self, a):\n"
    "        hit(a)\n"
    "Unit.S(source())\n",
    "a descriptor that names what it keeps": "class Half:\n    kept = '_kept'\n"
    "    def __set__(self, owner, a):\n        setattr(owner, self.kept, a)\n"
    "    def __get__(self, owner, kind=None):\n        return hit(getattr(owner, '_kept'))\n"
    "class A:\n    left = Half()\ndef f(a):\n    a.left = source()\n",
    "what a metaclass gets": "class Keeps(type):\n    def __new__(mcs, name, bases, space, left=None):\n"
    "        hit(left)\nclass Kept(metaclass=Keeps, left=source()):\n    pass\n",
    "a generator that is sent to": "def f():\n    a = yield\n    hit(a)\ng = f()\ng.send(source())\n",
    "a global of a module that is looked up": "import sys\nLEFT = 0\ndef f():\n"
    "    sys.modules[__name__].LEFT = source()\ndef g():\n    hit(LEFT)\n",
    "a method that a text names": "class A(Schema):\n"
    "    left = fields.Method(source(), deserialize='half')\n"
    "    def half(self, a):\n        hit(a)\n",
    "prose": "d['left'] = source()\nmiss('What is left when all is done')\nhit('{left} s')\n",
}


def modules(files: Mapping[str, str]) -> tuple[Resolver, list[Module]]:
    """All of ``files``, loaded."""
    where = Index(Layout(sorted(files)), lambda path: Module(parse(path, files[path])))
    found = [module for path in files if (module := where.module(path)) is not None]
    return Resolver(where, load()), found


def calls(found: list[Module], name: str) -> list[tuple[Module, s.Call]]:
    """The calls of a function, by its name."""
    return [(m, node) for m in found for node in m.each(s.Call) if s.is_named(node.func, name)]


def check(files: Mapping[str, str]) -> None:
    """Is all that ``hit`` is given tainted by ``source()``, and nothing that ``miss`` is?"""
    resolver, found = modules(files)
    taint = Taint(resolver, found)
    taint.at(calls(found, "source"))
    for name, expected in (("hit", True), ("miss", False)):
        for module, call in calls(found, name):
            held = taint.holds(Site(module, call.args[0].value))
            assert held is expected, (module.path, module.snippet(call))
    assert calls(found, "hit")


@pytest.mark.parametrize("text", WAYS.values(), ids=list(WAYS))
def test_within_a_module(text: str) -> None:
    check({"main.py": text})


@pytest.mark.parametrize(
    "text",
    [
        "from ims import left\n\nhit(left())\ndef f(left):\n    miss(left)\n",
        "from ims import left as l\n\nhit(l())\nmiss(left())\n",
        "import ims\n\nhit(ims.left())\nmiss(other.left())\n",
        "from ims import *\n\nhit(left())\n",
    ],
)
def test_between_modules(text: str) -> None:
    check({"ims.py": "def left():\n    return source()\n", "main.py": text})


def test_a_global_of_a_module_is_set_from_another() -> None:
    check(
        {
            "conf.py": "LEFT = 0\n\ndef f():\n    hit(LEFT)\n",
            "main.py": "import conf\n\nconf.LEFT = source()\n",
        }
    )


def test_it_is_passed_on_by_who_only_imports_it() -> None:
    check(
        {
            "ims.py": "def left():\n    return source()\n",
            "app/__init__.py": "from ims import left as rest\n",
            "main.py": "from app import rest\n\nhit(rest())\n",
            "other.py": "def rest():\n    pass\nmiss(rest())\n",
        }
    )


def test_words_taint_what_goes_by_them() -> None:
    text = (
        "a = reply['expires_in']\nhit(a)\nhit(b.expires_in)\nmiss(c)\n"
        "def f(expires_in):\n    hit(expires_in)\n"
    )
    resolver, found = modules({"main.py": text})
    taint = Taint(resolver, found)
    taint.by(["expires_in"])
    for module, call in calls(found, "hit"):
        assert taint.holds(Site(module, call.args[0].value))
    ((module, call),) = calls(found, "miss")
    assert not taint.holds(Site(module, call.args[0].value))


REPLY = {
    "by its keys": "r = source()\nhit(r['expires_in'])\nmiss(r['access_token'])\n"
    "miss(r.get('access_token'))\n",
    "by any key": "r = source()\nhit(r[name])\nhit(r.get(name))\nhit(list(map(r.get, names)))\n"
    "hit(getattr(r, name))\n",
    "all of it": "hit(source().values())\nfor k, v in source().items():\n    hit(v)\na, b = source()\n"
    "hit(a)\n",
    "read": "hit(source().json()[name])\nhit(json.loads(source().text)[name])\n",
    "kept": "class A:\n    def f(self):\n        self.reply = source().json()\n"
    "        self.token = self.reply['access_token']\n"
    "def f(a):\n    hit(a.reply[name])\n    miss(a.token)\n    miss(a.reply['access_token'])\n",
    "kept by a key": "KEPT = {}\ndef f(r):\n    KEPT['until'] = r['expires_in']\n"
    "    KEPT['token'] = r['access_token']\n"
    "f(source())\nhit(KEPT['until'])\nmiss(KEPT['token'])\nhit(KEPT[name])\n",
    "kept by a key that is there": "KEPT = {'token': None, 'until': 0}\ndef f(r):\n"
    "    KEPT['until'] = r['expires_in']\n    return KEPT['token']\nmiss(f(source()))\n",
    "given on": "def f():\n    return source()\ndef g():\n    return f()['access_token']\n"
    "hit(f()[name])\nmiss(g())\n",
    "matched": "match source():\n    case {'expires_in': a, 'access_token': b}:\n        hit(a)\n",
}
"""A mapping that only holds it, by ``expires_in``."""


@pytest.mark.parametrize("text", REPLY.values(), ids=list(REPLY))
def test_what_only_holds_it(text: str) -> None:
    resolver, found = modules({"main.py": text})
    taint = Taint(resolver, found)
    taint.at(calls(found, "source"), whole=False)
    taint.by(["expires_in"])
    for name, expected in (("hit", True), ("miss", False)):
        for module, call in calls(found, name):
            asked = call.args[0].value
            held = taint.holds(Site(module, asked))
            assert held is expected, module.snippet(call)


def test_nothing_passes_where_it_is_stopped() -> None:
    resolver, found = modules({"main.py": "a = post(source())\nmiss(a)\nhit(post(source()))\n"})
    taint = Taint(resolver, found)
    taint.but(lambda node: isinstance(node, s.Call) and s.is_named(node.func, "post"))
    taint.at(calls(found, "source"))
    (module, stop), _ = calls(found, "post")
    ((_, after),) = calls(found, "miss")
    assert taint.holds(Site(module, stop))
    assert not taint.holds(Site(module, after.args[0].value))


@pytest.fixture(autouse=True)
def _in_a_large_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tainting, "LITTLE", 0)

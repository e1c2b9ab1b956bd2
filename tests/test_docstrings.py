"""Which lines of a docstring go with a parameter."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from test_left_in_place import FLOW, fixed
from tool import jwt2oauth

from jwt2oauth.python.facts import syntax as s
from jwt2oauth.python.facts.modules import Module
from jwt2oauth.python.facts.parse import parse
from jwt2oauth.python.writing.docstrings import entries, left_over

SPHINX = '''
def login(host, key, key_id):
    """Log in with a key: the host says which.

    :param host: where
    :param str key : the private key,
        as PEM
    :type key: str
    :param key_id: not the key
    :return: a token
    """
'''
GOOGLE = '''
def login(host, key, key_id):
    """Log in.

    key: this is prose

    Args:
        host: where
        key (str): the private key,
            as PEM
        key_id: not the key

    Returns:
        key: a token
    """
'''
NUMPY = '''
def login(host, key, key_id):
    """Log in.

    Parameters
    ----------
    host : str
        where
    key : str
        the private key
    key_id : str

    Returns
    -------
    key : str
    """
'''


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        (SPHINX, ["    :param str key : the private key,\n        as PEM\n", "    :type key: str\n"]),
        (GOOGLE, ["        key (str): the private key,\n            as PEM\n"]),
        (NUMPY, ["    key : str\n        the private key\n"]),
        ('def login(key):\n    """Log in with :param key: it."""\n', []),
        ("def login(key):\n    return key\n", []),
        ('def login(key):\n    """Log in.\n\n    :param key: it"""\n', []),
    ],
)
def test_the_lines_of_one_parameter(text: str, gone: list[str]) -> None:
    module = Module(parse("a.py", text))
    (function,) = module.each(s.FuncDef)
    assert isinstance(function, s.FuncDef)
    assert [module.text[lines.start : lines.end] for _, lines in entries(module, function, "key")] == gone


ALONE = '''
def login(host, key):
    """Log in.

    :param key: it
    """
'''
ARGS = '''
def login(key):
    """Log in.

    Args:
        key: the private key,
            as PEM

    Returns:
        a token
    """
'''
RULED = '''
def login(key):
    """Log in.

    Parameters
    ----------
    key : str
        the private key

    """
'''


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (SPHINX, []),
        (GOOGLE, []),
        (NUMPY, []),
        (ALONE, ["\n"]),
        (ARGS, ["\n", "    Args:\n"]),
        (RULED, ["\n", "    Parameters\n", "    ----------\n", "\n"]),
        ('def login(key):\n    """Log in.\n\n    :param key: it\n    and out"""\n', []),
    ],
)
def test_what_is_left_of_a_list_of_parameters(text: str, left: list[str]) -> None:
    module = Module(parse("a.py", text))
    (function,) = module.each(s.FuncDef)
    assert isinstance(function, s.FuncDef)
    gone = [lines for _, lines in entries(module, function, "key")]
    doc = s.docstring(function)
    assert doc is not None
    assert [module.text[span.start : span.end] for span in left_over(module, doc, gone)] == left


KEPT = """\
class Credentials:
    \"\"\"What the console shows.

    Attributes:
        client_id: which program asks
        private_key (str): the key,
            as PEM
    {more}\"\"\"

    def __init__"""


@pytest.mark.parametrize(
    ("more", "use", "left"),
    [
        ("", "", '        client_id: which program asks\n    """\n'),
        (":ivar private_key: it\n    ", "", '        client_id: which program asks\n    """\n'),
        ("", "print(c.private_key)", "        private_key (str): the key,\n            as PEM\n"),
    ],
    ids=["google", "sphinx", "in use"],
)
def test_what_describes_an_attribute_goes_with_it(more: str, use: str, left: str, tmp_path: Path) -> None:
    flow = FLOW.replace("class Credentials:\n    def __init__", KEPT.format(more=more))
    made = fixed(
        flow.replace("def token(c: Credentials):\n", f"def token(c: Credentials):\n    {use}\n"), tmp_path
    )
    assert left in made
    assert ("private_key (str)" in made) is bool(use)
    assert "ivar" not in made


PREPARED = """

class Client:
    def prepare(self):
        \"\"\"{said}\"\"\"
        self.key = open("k.pem").read()
        self.page = 50

    def log_in(self):
        return token(Credentials("id", "p8e-CANARY-x", self.key))
"""


@pytest.mark.parametrize(
    ("said", "told"),
    [("Load the key, and say how long a page is.", True), ("Say what a page is keyed by.", False)],
)
def test_who_reads_the_key_and_does_more_says_so(said: str, told: bool, tmp_path: Path) -> None:
    tree = trees.write({"auth.py": (FLOW + PREPARED.format(said=said)).encode()}, tmp_path / "tree")
    ran = " ".join(jwt2oauth(tree, "fix").text.split())
    assert "k.pem" not in (tree / "auth.py").read_text(), ran
    assert ("A comment or docstring still speaks of the key: auth.py:" in ran) is told, ran

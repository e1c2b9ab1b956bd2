"""Keys leave configuration files; every line that is not theirs stays byte for byte."""

from __future__ import annotations

import configparser
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jwt2oauth.config.documents import read
from jwt2oauth.config.removal import without
from jwt2oauth.edits import apply
from jwt2oauth.model import Edit

calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # other tests run beside

KEYS = ("client_id", "client_secret", "key_file", "tech_acct", "metascopes", "org")
LOST = ("key_file", "tech_acct")


def is_about(comment: str) -> bool:
    return "key" in comment


def cut(kind: str, text: str, *lost: str, above: tuple[str, ...] = ()) -> str | None:
    changes = without(kind, text, [(*above, key) for key in lost], is_about)
    return None if changes is None else apply(text, [Edit("", span, new) for span, new in changes])


CASES = {
    "the comment that explains it": (
        "ini",
        "[a]\nb = 1\n# the key\nkey_file = x\nc = 2\n",
        "[a]\nb = 1\nc = 2\n",
    ),
    "a comment on the whole group": ("ini", "[a]\n# login\nkey_file = x\nc = 2\n", "[a]\n# login\nc = 2\n"),
    "a comment, alone": ("env", "A=1\n\n# see the wiki\nkey_file=x\n\nB=2\n", "A=1\n\nB=2\n"),
    "the remark at the end of the line": ("toml", 'a = 1\nkey_file = "x" # y\n', "a = 1\n"),
    "a key over several lines": ("env", 'A=1\nkey_file="-----BEGIN\nabc\n-----END"\nB=2\n', "A=1\nB=2\n"),
    "a value that goes on": ("ini", "[a]\nkey_file = x\n  y\n  z\nb = 1\n", "[a]\nb = 1\n"),
    "a block of text": ("yaml", "a: 1\nkey_file: |\n  x\n\n  y\n\n# next\nb: 2\n", "a: 1\n\n# next\nb: 2\n"),
    "a list": ("yaml", "a: 1\nkey_file:\n- x\n- y\nb: 2\n", "a: 1\nb: 2\n"),
    "the last of an object": ("json", '{\n\t"a": 1,\n\t"key_file": "x"\n}\n', '{\n\t"a": 1\n}\n'),
    "the first of an object": ("json", '{"key_file": "x", "a": 1}', '{"a": 1}'),
    "the only one of an object": ("json", '{"key_file": "x"}', "{}"),
    "a mapping between braces": ("yaml", "a: {key_file: x, b: 1}\n", None),
    "lines that end as in Windows": ("env", "A=1\r\nkey_file=x\r\nB=2\r\n", "A=1\r\nB=2\r\n"),
    "no end of the last line": ("ini", "[a]\nb = 1\nkey_file = x", "[a]\nb = 1\n"),
    "an export": ("env", "export A=1\nexport key_file=x\n", "export A=1\n"),
    "a string of several lines": ("toml", 'a = 1\nkey_file = """\nx\n"""\n', "a = 1\n"),
    "a key in quotes": ("yaml", "'a': 1\n'key_file': 'x'\n", "'a': 1\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_goes_with_a_key(name: str) -> None:
    kind, text, wanted = CASES[name]
    above = ("a",) if kind == "ini" or wanted is None else ()
    made = cut(kind, text, "key_file", above=above)
    assert made == (wanted if wanted is not None else "a: {b: 1}\n")


DEEPER = {  # kind, text, the paths that go, what is left
    "an inline table": (
        "toml",
        'log = 1\n[ims]\na = { id = "i", key_file = "}", tech = "t" } # ours\nb = 2\n',
        [("ims", "a", "key_file"), ("ims", "a", "tech")],
        'log = 1\n[ims]\na = { id = "i" } # ours\nb = 2\n',
    ),
    "the first of an inline table": ("toml", 'a = {key = "x", b = 1}\n', [("a", "key")], "a = {b = 1}\n"),
    "dotted keys": (
        "toml",
        'ims.id = "i"\nims."key file" = "x"\nlog.level = "key"\n',
        [("ims", "key file")],
        'ims.id = "i"\nlog.level = "key"\n',
    ),
    "a table": (
        "toml",
        'a = 1\n\n# the key\n[ims.key]\nfile = "x"\nname = "y"\n\n[log]\nb = 1\n',
        [("ims",)],
        "a = 1\n\n[log]\nb = 1\n",
    ),
    "one of several tables": (
        "toml",
        '[[org]]\nid = 1\nkey = "a"\n\n[[org]]\nid = 2\nkey = "b"\n',
        [("org", "[1]", "key")],
        '[[org]]\nid = 1\nkey = "a"\n\n[[org]]\nid = 2\n',
    ),
    "one of a list": (
        "json",
        '{"o": [{"a": 1}]}',
        [("o", "[0]", "a")],
        '{"o": [{}]}',
    ),
    "an alias": ("yaml", "a: &x 1\nkey: *x # of old\nb: 2\n", [("key",)], "a: &x 1\nb: 2\n"),
    "beside an anchor": (
        "yaml",
        "a: &a\n  id: 1\nb:\n  <<: *a\n  # the key\n  key: x\nlog: info\n",
        [("b", "key")],
        "a: &a\n  id: 1\nb:\n  <<: *a\nlog: info\n",
    ),
    "what is merged, with all that merge it": (
        "yaml",
        "a: &a\n  id: 1\n  key: x\nb:\n  <<: *a\nc: {<<: [*a], id: 3}\n",
        [("a", "key"), ("b", "key"), ("c", "key")],
        "a: &a\n  id: 1\nb:\n  <<: *a\nc: {<<: [*a], id: 3}\n",
    ),
}


@pytest.mark.parametrize("name", DEEPER)
def test_what_goes_further_down(name: str) -> None:
    kind, text, lost, wanted = DEEPER[name]
    changes = without(kind, text, lost, is_about)
    assert changes is not None
    assert apply(text, [Edit("", span, new) for span, new in changes]) == wanted


@pytest.mark.parametrize(
    ("kind", "text", "lost"),
    [
        ("yaml", "a: &a\n  id: 1\n  key: x\nb:\n  <<: *a\n", [("a", "key")]),
        ("yaml", "a: &a\n  id: 1\n  key: x\nb:\n  <<: *a\n", [("b", "key")]),
        ("yaml", "key: &k\n  id: 1\nb: *k\n", [("key",)]),
        ("toml", "[key.a]\nb = 1\n[c]\nd = 1\n[key.e]\nf = 1\n", [("key",)]),
        ("toml", 'key = "x"; b = 1\n', [("key",)]),
    ],
)
def test_what_does_not_go_alone(kind: str, text: str, lost: list[tuple[str, ...]]) -> None:
    assert without(kind, text, lost, is_about) is None


NEAR_MISSES = {
    "merged mappings": ("yaml", "a: &a\n  key_file: 1\nb:\n  <<: *a\n"),
    "two on one line of a list": ("yaml", "- key_file: x\n"),
    "an inline table": ("toml", 'a = {key_file = "x"}\n'),
    "nothing well-formed": ("json", '{"key_file": '),
    "not there": ("json", '{"a": {"key_file": 1}}'),
}


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_what_is_left_alone(name: str) -> None:
    kind, text = NEAR_MISSES[name]
    made = cut(kind, text, "key_file")
    assert made is None or made == text


# Any document

SPACES = st.sampled_from(["", " ", "   "])
REMARKS = st.sampled_from(["", "", "# a remark", '#why: it\'s "so", [really] = {yes}'])
VALUES = st.sampled_from(["x", "a b", "https://host/x?y=1", "1", "true", "é"])


@st.composite
def lines(draw: st.DrawFn, equals: str, quote: str, marks: str) -> tuple[str, list[str]]:
    """A document of one pair a line, with comments and odd spacing, and the lines that must stay."""
    text: list[str] = []
    kept: list[str] = []
    for key in draw(st.permutations(KEYS)):
        if draw(st.booleans()):
            blank = draw(st.sampled_from(["", f"{marks} on {draw(st.sampled_from(['clients', 'hosts']))}"]))
            text.append(blank)
            kept += [blank] if blank else []
            if blank:
                text.append("")  # so that it explains nothing
        tail = draw(SPACES)
        line = f"{key}{draw(SPACES)}{equals} {quote}{draw(VALUES)}{quote}{tail}"
        text.append(line)
        kept += [line] if key not in LOST else []
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join(text) + draw(st.sampled_from(["", newline])), kept


def stays(made: str | None, kept: list[str], text: str) -> None:
    assert made is not None
    assert [line for line in made.splitlines() if line] == kept
    assert not any(key in made for key in LOST)
    assert made.count("\r\n") == (made.count("\n") if "\r\n" in text else 0)


@calmly
@given(lines("=", "", "#"))
def test_any_environment(drawn: tuple[str, list[str]]) -> None:
    stays(cut("env", drawn[0], *LOST), drawn[1], drawn[0])


@calmly
@given(lines("=", "", ";"), st.sampled_from(["=", ":"]))
def test_any_ini(drawn: tuple[str, list[str]], other: str) -> None:
    text = "[main]\n" + drawn[0].replace("= ", f"{other} ")
    kept = ["[main]", *(line.replace("= ", f"{other} ") for line in drawn[1])]
    made = cut("ini", text, *LOST, above=("main",))
    assert made is not None
    assert [line for line in made.splitlines() if line] == kept


@calmly
@given(lines("=", '"', "#"))
def test_any_toml(drawn: tuple[str, list[str]]) -> None:
    stays(cut("toml", drawn[0], *LOST), drawn[1], drawn[0])


@calmly
@given(lines(":", "'", "#"))
def test_any_yaml(drawn: tuple[str, list[str]]) -> None:
    stays(cut("yaml", drawn[0], *LOST), drawn[1], drawn[0])


@calmly
@given(st.permutations(KEYS), st.sampled_from([None, 1, 2, "\t"]), st.lists(VALUES, min_size=6, max_size=6))
def test_any_json(keys: list[str], indent: int | str | None, values: list[str]) -> None:
    page = dict(zip(keys, values, strict=True))
    text = json.dumps({"ims": page, "key_file": "another"}, indent=indent)
    made = cut("json", text, *LOST, above=("ims",))
    assert made is not None
    left = {key: value for key, value in page.items() if key not in LOST}
    assert made == json.dumps({"ims": left, "key_file": "another"}, indent=indent)


def test_aliases_of_aliases_are_not_written_out() -> None:
    laughs = "a0: &a0 {k: v}\n"
    laughs += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert read("yaml", laughs) is None
    assert read("yaml", "a: &a {k: v}\nb: [*a, *a]\n") is not None


@pytest.mark.parametrize(
    "lines",
    [
        "m = ent_user_sdk,\n    ent_reactor_sdk\n",
        "m =\n  one\n  # a remark\n\n  two = 2\nn = 3\n",
        "  m = one\n  n = 2\n",
        "  m : one\n    two\n; a remark\n    three\n[b]\nn = 4\n",
        "m = one\n\n\nn = 2\n",
        "m = one\r\n\ttwo\r\nn = 1\r\n",
    ],
)
def test_a_value_that_goes_on_says_what_configparser_reads(lines: str) -> None:
    text = f"[a]\n{lines}"
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    top = read("ini", text)
    assert top is not None
    found = {
        (section.key.text, field.key.text): " ".join(field.value.text.split())
        for section in top.fields
        for field in section.value.fields
    }
    assert found == {(s, k): " ".join(v.split()) for s in parser.sections() for k, v in parser[s].items()}

"""Notebooks: cells in, one text out, and back, with every other byte as it was."""

from __future__ import annotations

import codecs
import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import trees
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tool import jwt2oauth

from jwt2oauth.edits import Conflict, Text, UnreadableText
from jwt2oauth.model import Place, Span
from jwt2oauth.notebook import Notebook, open_text

Cell = dict[str, Any]
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def code(source: str | list[str], **more: Any) -> Cell:
    lines = source if isinstance(source, list) else source.splitlines(keepends=True)
    return {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": lines, **more}


def prose(text: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": [text]}


def page(*cells: Cell, **more: Any) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}


def written(*cells: Cell, **more: Any) -> bytes:
    return json.dumps(page(*cells, **more), indent=1, ensure_ascii=False).encode()


def sources(data: bytes) -> list[str]:
    cells = json.loads(data)["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def changed(data: bytes, *replacements: tuple[str, str]) -> bytes:
    notebook = Notebook(data)
    text = notebook.text
    for old, new in replacements:
        assert text.count(old) == 1, text
        text = text.replace(old, new)
    return notebook.encode(text)


# In


def test_other_files_are_decoded_as_ever() -> None:
    assert isinstance(open_text("a.py", b"x = 1\n"), Text)
    assert isinstance(open_text("a.ipynb", written()), Notebook)


def test_cells_stand_one_below_the_other() -> None:
    notebook = Notebook(written(prose("Hello"), code("x = 1\ny = 2"), prose("and"), code("print(x)\n")))
    x, border, print_, blank, end, nothing = re.split(
        r"(?<=y = 2\n)|(?<=end 2\n)|(?<=\(x\)\n)|(?=pass.*end 4)|(?<=end 4\n)", notebook.text
    )
    assert (x, print_, blank, nothing) == ("x = 1\ny = 2\n", "print(x)\n", "\n", "")
    assert border.startswith("pass  # ")
    assert end.startswith("pass  # ")
    assert notebook.borders == ((1, 2), (4, 4))


def test_a_cell_of_one_string() -> None:
    assert Notebook(written(code([]), {**code([]), "source": "x\ny"})).cells[1].source == "x\ny"


@pytest.mark.parametrize(
    "line",
    [
        "%matplotlib inline",
        "    %cd ..",
        "!pip install jwt",
        "!!ls",
        "?jwt.encode",
        "jwt.encode??",
        "jwt?",
        "%timeit?",
        "files = !ls",
        "a, b = %sql select",
        "%env X=1",
        ";f a b",
        "/f a b",
    ],
)
def test_hidden_lines(line: str) -> None:
    source = f"if x:\n    y\n{line}\nz = 1" if not line.startswith(" ") else f"if x:\n{line}\nz = 1"
    notebook = Notebook(written(code(source)))
    compile(notebook.text, "cell", "exec")
    assert line not in notebook.text
    assert notebook.text.count("\n") == source.count("\n") + 2
    assert not notebook.doubtful


@pytest.mark.parametrize(
    "source",
    [
        'text = """\n%matplotlib\n!ls\n"""',
        "x = (a\n%b)",
        "x = a \\\n% b",
        "x = [\n'''\n!ls''',\n# why?\n]",
        "# is it so?",
        'x = "really?"',
        "x = '!'  # !",
        "await f()",
        "async for x in y:\n    pass",
        "x = a if b != c else d",
    ],
)
def test_python_is_not_hidden(source: str) -> None:
    assert Notebook(written(code(source))).cells[0].text == source


@pytest.mark.parametrize(
    "magic", ["%%bash", "%%html", "%%writefile a.py", "%%timeit", "%%sql\n--", "\n\n%%R -i x"]
)
def test_hidden_cells(magic: str) -> None:
    notebook = Notebook(written(code("jwt = 1"), code(f"{magic}\ncurl -d {{jwt}} $token\nnot python")))
    compile(notebook.text, "cell", "exec")
    assert "curl" not in notebook.text


def test_cells_that_run_as_if_there_were_no_magic() -> None:
    assert "\nx = 1\n" in Notebook(written(code("%%time\nx = 1"))).text


def test_a_cell_that_its_editor_says_is_sql() -> None:
    cell = code("select 1", metadata={"vscode": {"languageId": "sql"}})
    assert "select" not in Notebook(written(cell)).text


def test_hidden_text_reads_names() -> None:
    """A magic that uses the token keeps it alive; the words of a shell line are no names."""
    notebook = Notebook(
        written(
            code("import jwt\ntoken = jwt.x\nkey = y = other = z = 1"),
            code("!pip install jwt {token}\n%time f(key)\nfiles = !ls $y\n%cd other"),
            code("%%timeit\nz + 1"),
        )
    )
    assert re.findall(r"_\((.+?)\)|\d\((.+?)\)", notebook.text) == [
        ("", name) for name in ("token", "key", "y", "z")
    ]


def test_broken_cells_are_hidden_unless_they_matter() -> None:
    notebook = Notebook(written(code("print x"), code("print jwt_token, 'ims/exchange/jwt'"), code("y = 1")))
    assert "print x" not in notebook.text
    assert [cell.number for cell in notebook.doubtful] == [2]


def test_the_names_of_ours_are_nowhere_else() -> None:
    notebook = Notebook(written(code("_hidden_0 = _hidden_1 = 1\n!ls")))
    assert "pass  # _hidden_2 0" in notebook.text


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "line 1 is not valid JSON"),
        (b'{\n"cells": [', "line 2 is not valid JSON"),
        (b'{"cells": []} x', "line 1 is not valid JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "not a notebook"),
        (b"{}", "it has no cells"),
        (b'{"cells": 1}', "it has no cells"),
        (b'{"cells": [1]}', "cell 1 is not one"),
        (b'{"cells": [{"cell_type": "code"}]}', "cell 1 has no source"),
        (b'{"cells": [{"cell_type": "code", "source": [1]}]}', "cell 1 has no source"),
        (b'{"nbformat": 3, "worksheets": [{"cells": []}]}', "old format"),
        (b'{"nbformat": 2, "cells": []}', "old format"),
        (b'{"cells": [], "x": "\xff"}', "line 1 is not valid utf-8"),
        (written(metadata={"kernelspec": {"language": "R"}}), "another language"),
        (written(metadata={"language_info": {"name": "julia"}}), "another language"),
    ],
)
def test_what_cannot_be_examined(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableText, match=re.escape(why)):
        Notebook(data)


@pytest.mark.parametrize("language", ["python", "ipython3", "pyspark", ""])
def test_kernels_that_speak_python(language: str) -> None:
    assert Notebook(written(code("x"), metadata={"kernelspec": {"language": language}})).text


# Out


def test_only_the_changed_lines_change() -> None:
    data = written(
        code("import jwt\nx = 1\nimport requests", outputs=[{"text": "x = 1 \\u00e9 é"}]),
        prose("x"),
        code("y"),
    )
    after = changed(data, ("x = 1\n", "x = 'ü'\nz\n"))
    assert after == data.replace(b'\n    "x = 1\\n",', '\n    "x = \'ü\'\\n",\n    "z\\n",'.encode())


def test_lists_keep_their_spacing() -> None:
    data = b'{"cells":[ {"cell_type":"code","source" : [ "a\\n" ,"b\\n",   "c"\t] , "x":1e0}]}\r\n'
    assert changed(data, ("b\n", "")) == data.replace(b'"b\\n",   ', b"").replace(
        b'"a\\n" ,"c"', b'"a\\n" ,"c"'
    )
    assert changed(data, ("a\n", "n\na\n")) == data.replace(b'[ "a', b'[ "n\\n" ,"a')
    assert changed(data, ("a\nb\nc\n", "")) == data.replace(b'[ "a\\n" ,"b\\n",   "c"\t]', b"[]")


def test_one_string_stays_one_string() -> None:
    data = rb'{"cells": [{"cell_type": "code", "source": "a = \u0027\/\u00E9\ud83d\ude00\u0027\nb\nc"}]}'
    assert changed(data, ("b\n", "")) == data.replace(rb"b\n", b"")
    assert changed(data, ("b\n", "d = 'é/'\n")) == data.replace(rb"\nb", rb"\nd = \u0027\u00E9\/\u0027")
    assert changed(data, ("a = '/é😀'\nb\nc\n", "")) == data[: data.index(b'"a =')] + b'""}]}'


def test_odd_lists_of_lines() -> None:
    data = written(code(["a\nb\n", "c", " = 1\n", "d"]))
    assert sources(changed(data, ("c = 1\n", "c = 2\n"))) == ["a\nb\nc = 2\nd"]


def test_a_byte_order_mark_stays() -> None:
    data = codecs.BOM_UTF8 + written(code("x = 1"))
    assert changed(data, ("= 1", "= 2")) == data.replace(b"x = 1", b"x = 2")


def test_escapes_follow_the_file() -> None:
    escaped = json.dumps(page(code("x = 'é'\ny"))).encode()
    assert rb"\u00fc" in changed(escaped, ("y", "y = 'ü'"))
    assert "ü".encode() in changed(written(code("x = 'é'\ny")), ("y", "y = 'ü'"))


def test_magics_come_back() -> None:
    source = "%%time\nif x:\n    !ls {x} \\\n      -l\n    y\nz?\nw = %pwd"
    data = written(code(source))
    assert sources(changed(data, ("    y\n", "    v\n"))) == [source.replace("    y", "    v")]
    hidden = Notebook(data)
    lines = hidden.text.split("\n")
    dedented = "\n".join([lines[0], *[line[4:] for line in lines[2:5]], *lines[5:]])
    assert sources(hidden.encode(dedented)) == ["%%time\n!ls {x} \\\n  -l\ny\nz?\nw = %pwd"]


@pytest.mark.parametrize("source", ["%%time\nx", "%%capture out\n\nx\n"])
def test_a_magic_does_not_lead_an_empty_cell(source: str) -> None:
    assert sources(changed(written(code(source), code("y")), ("x", ""))) == ["", "y"]


def test_a_magic_without_a_body_is_the_customers() -> None:
    assert sources(changed(written(code("%%time\n"), code("y")), ("y", "z"))) == ["%%time\n", "z"]


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("pass", "x", 1),
        lambda text: re.sub(r"^.*end 1\n", "", text, flags=re.M),
        lambda text: re.sub(r"^.*end 2\n", r"    \g<0>", text, flags=re.M),
        lambda text: text + "x\n",
        lambda text: re.sub(r"^.*_0 1\n", "", text, count=1, flags=re.M),
        lambda text: text.replace("(x)", "(y)"),
        lambda text: "early\n" + text,
        lambda text: re.sub(r"^(pass.*0\n)((?:.*\n)*?)(.*end 1\n)", r"\2\3\1", text, flags=re.M),
    ],
)
def test_borders_and_magics_cannot_be_moved(edit: Callable[[str], str]) -> None:
    notebook = Notebook(written(code("%%time\nx = 1\n!ls {x}"), code("y")))
    with pytest.raises(Conflict):
        notebook.encode(edit(notebook.text))


@pytest.mark.parametrize(
    ("before", "removed", "after"),
    [
        ("a\nb", "b\n", "a"),
        ("a\n\n\nb", "b\n", "a"),
        ("a\n\nb", "a\n", "b"),
        ("\na\nb", "b\n", "\na"),
        ("a\nb\n\n", "a\n", "b\n\n"),
        ("a\n\nb", "a\n\nb\n", ""),
        ("# c\nb", "b\n", "# c"),
    ],
)
def test_no_scars(before: str, removed: str, after: str) -> None:
    assert sources(changed(written(code(before), code("last")), (removed, ""))) == [after, "last"]


_PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=8)
_ODD = ("%time x", "!ls {x}", "%%time", "x?", "y = !ls", "x = 1", "if x:", "    y", '"""', "(", ")", "\\")


def spelled(value: Any, dice: random.Random) -> str:
    """JSON that means ``value``, spaced and escaped at random."""
    if isinstance(value, str):
        return '"' + "".join(escaped(character, dice) for character in value) + '"'
    if isinstance(value, list):
        return "[" + (",".join(spaced(spelled(item, dice), dice) for item in value) or spaced("", dice)) + "]"
    if isinstance(value, dict):
        items = (
            spaced(spelled(key, dice), dice) + ":" + spaced(spelled(item, dice), dice)
            for key, item in value.items()
        )
        return "{" + (",".join(items) or spaced("", dice)) + "}"
    return json.dumps(value)


def spaced(text: str, dice: random.Random) -> str:
    before, after = ("".join(dice.choices(" \t\r\n", k=dice.randrange(3))) for _ in range(2))
    return before + text + after


def escaped(character: str, dice: random.Random) -> str:
    ascii_, short = (json.dumps(character, ensure_ascii=way)[1:-1] for way in (True, False))
    long = f"\\u{ord(character):04X}" if ord(character) < 0x10000 else ascii_
    return dice.choice((ascii_, short, short, long))


@st.composite
def cells(draw: st.DrawFn) -> Cell:
    text = draw(st.sampled_from(["\n", "\r\n"])).join(
        draw(st.lists(st.sampled_from(_ODD) | _PLAIN, max_size=5))
    )
    shapes = [text, text.splitlines(keepends=True), re.findall(r"(?s).{1,3}", text)]
    source = draw(st.sampled_from(shapes))
    kind = draw(st.sampled_from(["code", "code", "markdown"]))
    items = [("cell_type", kind), ("source", source), ("outputs", draw(st.lists(_PLAIN, max_size=2)))]
    return dict(draw(st.permutations(items)))


@st.composite
def notebooks(draw: st.DrawFn) -> str:
    items = [("cells", draw(st.lists(cells(), max_size=3))), ("nbformat", 4), ("ü", draw(_PLAIN))]
    dice = random.Random(draw(st.integers(0, 2**32)))
    return spaced(spelled(dict(draw(st.permutations(items))), dice), dice)


@unhurried
@given(notebooks())
def test_what_is_not_changed_stays(text: str) -> None:
    data = text.encode()
    notebook = Notebook(data)
    assert notebook.encode(notebook.text) == data


@unhurried
@given(notebooks(), st.data())
def test_a_change_changes_one_source(text: str, drawn: st.DataObject) -> None:
    """A line is added to one cell: its source is what it should be, and all else stays byte for byte."""
    notebook = Notebook(text.encode())
    if not notebook.cells:
        return
    cell = drawn.draw(st.sampled_from(notebook.cells))
    added = drawn.draw(st.sampled_from(["é = 1\n", "'\"'\n/\n"]))
    lines = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", notebook.text))]
    first, inside = lines[cell.line - 1], [0, *(match.end() for match in re.finditer("\n", cell.text))]
    assert notebook.text[first:].startswith(cell.text)
    at = drawn.draw(st.sampled_from(inside))
    try:
        after = notebook.encode(notebook.text[: first + at] + added + notebook.text[first + at :]).decode()
    except Conflict:
        assert cell.text != cell.source, "a magic that leads its cell"
        return
    start, end = cell.value
    tail = len(text) - end
    assert (after[:start], after[len(after) - tail :]) == (text[:start], text[end:])
    value, old = json.loads(after[start : len(after) - tail]), json.loads(text[start:end])
    assert isinstance(value, type(old))
    if cell.text == cell.source and cell.source.strip():
        whole = cell.source[:at] + added + cell.source[at:]
        assert "".join(value).strip() == whole.strip()


# All of it


def test_places_are_in_cells() -> None:
    assert Place("a.ipynb", 3, 1, 3, 9, Span(0, 0), cell=2).label == "a.ipynb:cell 2:3"
    assert Place("a.py", 3, 1, 3, 9, Span(0, 0)).label == "a.py:3"
    first, second = (Place("a", line, 1, 1, 1, Span(0, 0), cell=cell) for cell, line in ((1, 9), (2, 3)))
    assert first < second


SCRIPT = trees.FIXTURES / "notebook-script" / "before"


def script(folder: Path, *, more: Sequence[Cell] = ()) -> Path:
    document = json.loads((SCRIPT / "users.ipynb").read_bytes())
    document["cells"] += more
    folder.mkdir()
    (folder / "users.ipynb").write_text(json.dumps(document, indent=1), "utf-8")
    return folder


def test_the_report_speaks_of_cells(tmp_path: Path) -> None:
    tree = script(tmp_path / "tree")
    assert "users.ipynb:cell 7:1" in jwt2oauth(tree, "scan", "--color", "never").text
    found = jwt2oauth(tree, "scan", "--format", "json").page["findings"]
    assert {(finding["cell"], finding["line"]) for finding in found} == {(5, 10), (5, 7), (5, 13), (7, 1)}


def test_comments_in_cells_mark(tmp_path: Path) -> None:
    mark = code("# jwt2oauth: ignore[jwt-exchange] elsewhere")
    tree = script(tmp_path / "tree", more=[mark, code("x = 1")])
    found = jwt2oauth(tree, "scan", "--format", "json").page["findings"]
    assert [(f["cell"], f["line"]) for f in found if f["rule"] == "unused-ignore"] == [(10, 1)]
    data = (tree / "users.ipynb").read_text("utf-8")
    (tree / "users.ipynb").write_text(
        data.replace(
            '"response = requests', '"# jwt2oauth: ignore[jwt-exchange] known\\n",\n    "response = requests'
        ),
        "utf-8",
    )
    found = jwt2oauth(tree, "scan", "--format", "json").page["findings"]
    assert [(f["rule"], f["cell"], f["line"]) for f in found if f["suppressed"]] == [("jwt-exchange", 7, 2)]


def test_values_that_a_cell_shows_go_with_them(tmp_path: Path) -> None:
    tree = script(tmp_path / "tree")
    data = (tree / "users.ipynb").read_text("utf-8")
    shown = data.replace('RS256\\")"', 'RS256\\")\\n",\n    "display(payload)\\n",\n    "jwt_token"')
    assert shown != data
    (tree / "users.ipynb").write_text(shown, "utf-8")
    ran = jwt2oauth(tree, "fix")
    assert ran.code == 0, ran.story
    assert json.loads((tree / "users.ipynb").read_bytes())["cells"][4]["source"] == []


def test_a_reply_that_a_cell_shows_stays(tmp_path: Path) -> None:
    tree = script(tmp_path / "tree", more=[code("response")])
    ran = jwt2oauth(tree, "fix")
    assert ran.code == 0, ran.story
    text = (tree / "users.ipynb").read_text("utf-8")
    assert "requests.post(" in text
    assert "client_credentials" in text


def test_a_magic_that_needs_the_assertion_stops_it(tmp_path: Path) -> None:
    tree = script(tmp_path / "tree", more=[code("!curl -d assertion={jwt_token} https://example.com")])
    ran = jwt2oauth(tree, "fix", "--format", "json")
    assert ran.code == 1, ran.story
    assert {finding["unfixed"] for finding in ran.page["findings"]} == {"assertion-shared"}


def test_broken_cells_are_found(tmp_path: Path) -> None:
    tree = script(tmp_path / "tree", more=[code('x = 1\nprint "ims/exchange/jwt"'), code("'''")])
    ran = jwt2oauth(tree, "scan", "--format", "json")
    assert [(f["rule"], f["cell"], f["line"]) for f in ran.page["findings"]] == [("unparsable", 10, 2)]
    assert ran.page["files"]["failed"][0]["reason"].startswith("cell 10, line 2: ")
    assert ran.code == 1


def test_broken_cells_elsewhere_do_not_matter(tmp_path: Path) -> None:
    tree = script(tmp_path / "tree", more=[code("print 'hello'"), code("'''")])
    assert jwt2oauth(tree, "fix").code == 0


@pytest.mark.parametrize(
    "data",
    [
        b'{"cells": [ims/exchange/jwt',
        b'{"nbformat": 3, "worksheets": [{"cells": [{"input": "ims/exchange/jwt"}]}]}',
    ],
)
def test_what_cannot_be_read_is_no_silence(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(data)
    ran = jwt2oauth(tmp_path, "scan", "--format", "json")
    assert [file["path"] for file in ran.page["files"]["failed"]] == ["a.ipynb"]
    assert ran.code == 1


def test_a_notebook_that_imports_a_module(tmp_path: Path) -> None:
    """The notebook has no needle; it is loaded because it uses what the module has, and changes with it."""
    (tmp_path / "auth.py").write_text(
        "import time\n\nimport jwt\nimport requests\n\n\ndef login(client_id, client_secret, key):\n"
        '    claims = {\n        "exp": int(time.time()) + 60,\n        "iss": "1@AdobeOrg",\n'
        '        "sub": "2@techacct.adobe.com",\n'
        '        "aud": f"https://ims-na1.adobelogin.com/c/{client_id}",\n'
        '        "https://ims-na1.adobelogin.com/s/ent_user_sdk": True,\n    }\n'
        '    reply = requests.post(\n        "https://ims-na1.adobelogin.com/ims/exchange/jwt",\n'
        '        data={\n            "client_id": client_id,\n            "client_secret": client_secret,\n'
        '            "jwt_token": jwt.encode(claims, key, algorithm="RS256"),\n        },\n    ).json()\n'
        '    return reply["access_token"], reply["expires_in"]\n'
    )
    login = "token, lifetime = auth.login('a', 'b', open('private.key').read())"
    source = f"import auth\n\n{login}\nprint(lifetime / 1000)"
    (tmp_path / "use.ipynb").write_bytes(written(prose("Use it"), code(source)))
    ran = jwt2oauth(tmp_path, "fix")
    assert ran.code == 0, ran.story
    assert "print(lifetime)" in sources((tmp_path / "use.ipynb").read_bytes())[0]


def test_headings_over_cells_that_are_empty_now() -> None:
    kinds = [
        "# Report",
        "import jwt",
        "## Key",
        "key = 1",
        "## JWT",
        "signed = 2",
        "print(3)",
        "Just text",
        "x = 4",
    ]
    cells = [
        {"cell_type": "code" if i % 2 or i == 6 else "markdown", "metadata": {}, "source": text}
        for i, text in enumerate(kinds)
    ]
    cells[7]["cell_type"], cells[8]["cell_type"] = "markdown", "code"
    page = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    notebook = Notebook(json.dumps(page).encode())
    assert notebook.headings([4, 6, 9]) == [3]  # below the JWT something is left; text is no heading
    assert notebook.headings([4, 6, 7]) == [3, 5]
    assert notebook.headings([]) == []

"""The arrows of the design: who may import whom, and who may do what."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "jwt2oauth"

# A room may import the rooms to its left on its own line, and nothing else of ours.
MAY_IMPORT = {
    "__init__": "",
    "model": "",
    "records": "",
    "paths": "",
    "prefilter": "",
    "escape": "",
    "redact": "",
    "sdk": "",
    "strict": "",
    "rules": "model prefilter sdk strict",
    "edits": "model",
    "notebook": "prefilter edits",
    "delta": "",
    "net": "",
    "files": "",
    "tree": "model paths prefilter files",
    "history": "edits files tree",
    "writes": "files",
    "shown": "model redact edits notebook",
    "patches": "__init__ model escape redact edits delta",
    "findings": "model",
    "suppress": "model findings",
    "python": "model paths sdk rules net tree",
    "catching": "net python",
    "config": "model strict edits",
    "dependencies": "model paths strict rules edits notebook tree config",
    "baseline": "model escape",
    "selection": "model prefilter rules edits notebook suppress baseline",
    "series": "model edits notebook",
    "project": "model paths sdk rules edits notebook net files tree findings python config dependencies"
    " series",
    "engine": "model prefilter rules net tree writes python catching baseline selection series project",
    "settings": "strict files tree engine",
    "sources": "model edits notebook",
    "report": "__init__ model escape redact rules sources",
    "markdown": "escape",
    "bot": "__init__ model paths escape redact rules tree history patches series engine sources report"
    " markdown",
    "output": "model shown series engine sources report",
    "cli": "__init__ escape files tree history writes patches baseline series engine settings report bot"
    " model output",
    "quick": "prefilter files",
    "__main__": "python cli quick",
}
INSIDE = {
    "tree": {
        "git": "",
        "layout": "",
        "matcher": "",
        "listing": "git",
        "walk": "layout listing",
        "cache": "walk",
        "native": "git walk",
        "search": "matcher walk cache native",
        "candidates": "walk cache search",
    },
    "project": {
        "documents": "",
        "importers": "",
        "keyfiles": "",
        "mentions": "",
        "sdk_files": "",
        "completing": "keyfiles mentions",
        "loading": "importers",
        "other_languages": "documents",
        "schemas": "documents",
        "templates": "documents",
        "clearing": "documents other_languages schemas templates",
        "proving": "loading",
        "building": "documents keyfiles mentions templates clearing",
        "known": "documents loading",
        "named_in_tests": "keyfiles clearing known",
        "finishing": "keyfiles templates clearing proving known named_in_tests",
        "analysis": "documents sdk_files loading clearing proving building finishing",
    },
    "python": {
        "facts": "",
        "resolve": "facts",
        "writing": "facts",
        "following": "facts resolve",
        "rendering": "facts writing",
        "roles": "facts resolve writing following",
        "choosing": "facts resolve writing following roles",
        "leftovers": "facts resolve writing following roles",
        "prose": "facts resolve writing following rendering roles leftovers",
        "settings": "facts resolve writing following roles leftovers",
        "lifetime": "facts resolve writing following roles prose",
        "request": "facts resolve writing following rendering roles leftovers prose settings",
        "sweep": "facts resolve writing following rendering roles leftovers prose",
        "mocks": "facts resolve writing following roles leftovers settings lifetime request",
        "planning": "facts resolve writing following rendering roles choosing leftovers prose settings"
        " lifetime request sweep mocks",
        "sdks": "facts resolve writing following roles leftovers prose settings request sweep mocks planning",
    },
}
"""The same inside of these rooms, from the facts up: none imports one below it here."""
EVERYWHERE = {"records"}
"""They know nothing of ours and stand for a part of the standard library, which costs more to load."""
NETWORK = {
    "aiohttp",
    "asyncio",
    "ftplib",
    "http",
    "httpx",
    "requests",
    "smtplib",
    "socket",
    "socketserver",
    "ssl",
    "urllib",
    "urllib3",
    "xmlrpc",
}
RUNS_CODE = {"exec", "eval", "compile", "__import__"}
UNPICKLES = {"pickle", "marshal", "shelve", "runpy", "importlib"}


def modules() -> list[Path]:
    return sorted(path for path in SOURCE.rglob("*.py") if "_rules" not in path.parts)


def room(path: Path) -> str:
    first = path.relative_to(SOURCE).parts[0]
    return first.removesuffix(".py")


def name_of(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@functools.cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Give all that a module is made of."""
    return tuple(ast.walk(ast.parse(path.read_bytes())))


@functools.cache
def imports(path: Path) -> tuple[tuple[str, int], ...]:
    """Give every module that is imported, absolute, wherever in the file that is."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, int]]:
    package = name_of(path).split(".") if path.name == "__init__.py" else name_of(path).split(".")[:-1]
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{module}.{alias.name}", node.lineno


def target(imported: str) -> str | None:
    """Give the room of ours that an import leads to."""
    parts = imported.split(".")
    if parts[0] != "jwt2oauth":
        return None
    inner = parts[1] if len(parts) > 1 else ""
    return inner if inner in MAY_IMPORT else "__init__"


def places(found: Callable[[Path], Iterable[tuple[str, int]]]) -> list[str]:
    """Say where each module holds what is looked for."""
    return [f"{path}:{line}: {what}" for path in modules() for what, line in found(path)]


def test_no_arrow_goes_the_other_way() -> None:
    def wrong(path: Path) -> Iterator[tuple[str, int]]:
        here = room(path)
        assert here in MAY_IMPORT, f"{here} is a new room: draw its arrows in this test"
        allowed = {None, here, *EVERYWHERE, *MAY_IMPORT[here].split()}
        return ((name, line) for name, line in imports(path) if target(name) not in allowed)

    assert not places(wrong)


def test_every_arrow_is_needed() -> None:
    used = {(room(path), target(name)) for path in modules() for name, _ in imports(path)}
    drawn = {(here, there) for here, rooms in MAY_IMPORT.items() for there in rooms.split()}
    assert not drawn - used


@pytest.mark.parametrize("room", INSIDE)
def test_what_is_in_a_room_stands_on_each_other(room: str) -> None:
    def within(name: str) -> str:
        parts = name.split(".")
        return parts[2] if parts[:2] == ["jwt2oauth", room] and len(parts) > 2 else ""

    rows = INSIDE[room]
    here = {path: within(name_of(path)) for path in modules()}
    used = {(here[path], within(name)) for path in modules() for name, _ in imports(path)}
    drawn = {(name, other) for name, others in rows.items() for other in others.split()}
    assert {(one, other) for one, other in used if one != other and one in rows and other in rows} == drawn
    assert {name for name in here.values() if name} == rows.keys()
    order = list(rows)
    assert all(order.index(other) < order.index(one) for one, other in drawn)


def test_what_is_declared_for_the_type_checker_is_written() -> None:
    """Parts of a class ask each other for methods that only the whole of it has."""
    known = {name_of(path): importlib.import_module(name_of(path)) for path in modules()}
    declared = [
        (getattr(known[name_of(path)], cls.name), stmt)
        for path in modules()
        for cls in nodes(path)
        if isinstance(cls, ast.ClassDef)
        for stmt in cls.body
        if isinstance(stmt, ast.If) and ast.unparse(stmt.test) == "TYPE_CHECKING"
    ]
    assert declared
    for cls, stmt in declared:
        names = {each.name for each in stmt.body if isinstance(each, ast.FunctionDef)}
        for whole in _wholes(cls):
            assert names <= set(dir(whole)), whole


def _wholes(cls: type) -> Iterator[type]:
    """The classes of which nobody derives another one."""
    below = cls.__subclasses__()
    yield from (whole for each in below for whole in _wholes(each)) if below else (cls,)


def test_only_one_room_knows_libcst() -> None:
    known = places(lambda path: (each for each in imports(path) if each[0].split(".")[0] == "libcst"))
    assert known
    assert not [place for place in known if "/jwt2oauth/python/facts/" not in place]


def test_only_the_bot_has_a_network() -> None:
    harmless = ("urllib.parse", "http.HTTPStatus")
    known = places(lambda path: (each for each in imports(path) if each[0].split(".")[0] in NETWORK))
    known = [place for place in known if not place.rpartition(" ")[2].startswith(harmless)]
    assert known
    assert not [place for place in known if "/jwt2oauth/bot/" not in place]


def test_only_the_engine_and_its_net_catch_everything() -> None:
    def caught(path: Path) -> Iterator[tuple[str, int]]:
        for node in nodes(path):
            if isinstance(node, ast.ExceptHandler):
                inner = ast.walk(node.type) if node.type else [ast.Name("")]
                names = {each.id for each in inner if isinstance(each, ast.Name)}
                yield from ((name, node.lineno) for name in names & {"", "Exception", "BaseException"})

    known = places(caught)
    assert known
    assert not [place for place in known if not re.search(r"/jwt2oauth/(engine|catching)\.py:", place)]


def test_nothing_runs_or_unpickles_what_it_reads() -> None:
    def ran(path: Path) -> Iterator[tuple[str, int]]:
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RUNS_CODE:
                yield node.func.id, node.lineno
        yield from (each for each in imports(path) if each[0].split(".")[0] in UNPICKLES)

    assert not places(ran)


def test_one_room_starts_processes_and_waits_for_them() -> None:
    assert [
        path.name
        for path in modules()
        if any(name.startswith("multiprocessing") for name, _ in imports(path))
    ] == ["workers.py"]


def test_the_nouns_need_only_the_standard_library() -> None:
    for path in (SOURCE / "model.py", SOURCE / "prefilter.py"):
        outside = [name for name, _ in imports(path) if name.split(".")[0] not in sys.stdlib_module_names]
        assert not [name for name in outside if target(name) not in EVERYWHERE]


def test_a_clean_file_loads_next_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "clean.py").write_text("x = 1\n")
    program = (
        "import sys; from jwt2oauth.cli import main; code = main(['scan', '-q', 'clean.py']);"
        " print(code, *sorted(m for m in sys.modules if '.' not in m or m.startswith('jwt2oauth')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    said, loaded = done.stdout.splitlines()
    assert said == "Nothing found. 1 file seen."
    code, *names = loaded.split()
    assert code == "0"
    heavy = {
        "libcst",
        "rich",
        "pathspec",
        "tomllib",
        "jwt2oauth.rules",
        "jwt2oauth.project.analysis",
        "jwt2oauth.edits",
    }
    assert not heavy & set(names)
    outside = {name for name in names if name not in sys.stdlib_module_names and not name.startswith("_")}
    ours = {name for name in outside if name.startswith("jwt2oauth")}
    assert {name for name in outside - ours if not name.startswith(("sitecustomize", "zipimport"))} <= {
        "click"
    }

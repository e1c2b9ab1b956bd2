"""Flows that nobody thought of: each is composed of parts, executed, fixed, and executed again.

``--compositions`` says how many; a failure shrinks to a small tree, which is printed so that it can become a
fixture.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import compose
import pytest
import trees
from compose import CHOICES, Program, Recipe
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from ims import SECRET_PREFIX
from runner import Stand
from trees import Keyring

from jwt2oauth import engine, patches
from jwt2oauth.model import Report
from jwt2oauth.report import json as report_json
from jwt2oauth.report import text as report_text

SHARDS = 4
"""Tests that share them, so that they can run side by side."""
NEAR_MISSES = tuple(world for world in CHOICES["world"] if world != "adobe")

MAY_BE_REFUSED: Mapping[str, frozenset[str]] = {}
"""Parts that may be left alone, if the reason is said."""


FOUND = (
    "values=literals body=percent",
    "encoder=jwcrypto structure=calls",
    "encoder=by-hand guard=log body=format fix=keep",
    "encoder=by-hand structure=two-nested body=function",
    "layout=package-split imports=alias key=checked encoder=joserfc",
    "values=arguments key=checked",
    "values=dotenv key=checked",
    "body=url-percent url=format client=session",
    "body=url passing=params url=join",
    "body=url-format values=bytes",
    "expiry=microseconds result=pair",
    "structure=given",
    "client=partial-own expiry=clock",
    "result=object expiry=stored names=lying",
    "layout=split imports=module read=unpacked result=pair expiry=function",
    "read=unpacked result=pair expiry=floor names=lying",
    "values=dict structure=class-one passing=object claims=comprehension text=fstring world=same-fields",
    "text=format url=join",
)
"""What a random composition once got wrong, made as small as it still was wrong."""


class Wrong(AssertionError):
    """What a composition showed; the first line names it."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What ``fix`` made of a tree, and all that was said."""

    files: Mapping[str, bytes]
    patch: bytes
    text: str
    page: bytes
    reasons: tuple[str, ...]
    code: int


def drawn(worlds: tuple[str, ...]) -> st.SearchStrategy[Recipe]:
    """Recipes; they shrink to the plainest parts."""
    parts = {name: worlds if name == "world" else options for name, options in CHOICES.items()}
    drawn = {name: st.sampled_from(options) for name, options in parts.items()}
    return st.builds(Recipe, **drawn).map(compose.mend)


@contextlib.contextmanager
def written(files: Mapping[str, bytes]) -> Iterator[Path]:
    """The files in a folder of their own."""
    with tempfile.TemporaryDirectory(prefix="jwt2oauth-compose-") as folder:
        yield trees.write(files, Path(folder, "tree"))


def fix(program: Program, files: Mapping[str, bytes]) -> Fixed:
    """Do what ``fix`` does, and what ``fix --diff`` prints."""
    asked = engine.Settings(client=program.client, scopes=program.scopes)
    with written(files) as tree, contextlib.chdir(tree):
        outcome = engine.run((), asked)
        patch = patches.diff(outcome.total)
        outcome = engine.write(outcome)
        page = report_text.render(outcome.report, report_text.View(fixed=outcome.fixed, mode="fix"))
        return Fixed(
            files=trees.read(tree),
            patch=patch.data,
            text=page.plain(),
            page=report_json.render(outcome.report),
            reasons=reasons(outcome.report),
            code=engine.exit_code(outcome),
        )


def applied(files: Mapping[str, bytes], fixed: Fixed) -> dict[str, bytes]:
    """What ``git apply`` makes of the patch."""
    with written(files) as tree:
        ran = subprocess.run(["git", "apply"], cwd=tree, input=fixed.patch, capture_output=True, check=False)
        if ran.returncode:
            raise Wrong(f"git does not apply the patch: {ran.stderr.decode()}")
        return trees.read(tree)


def examine(program: Program, stand: Stand, keyring: Keyring, *, may_refuse: bool = False) -> None:
    """Run, fix, run again; raise ``Wrong`` at the first thing that is not as it must be."""
    before_files = keyring.fill(program.files)
    env = keyring.fill_env(program.env)
    with written(before_files) as tree:
        before = stand.run(tree, program.argv, env, old_pyjwt=program.old_pyjwt)
    if before.code != 0 or _sorted(before.stdout) != program.stdout or not before.asked("exchange"):
        raise Wrong(f"the composer wrote a program that does not work\n{before.story}")
    fixed = fix(program, before_files)
    if fixed.reasons and fixed.files == before_files and may_refuse:
        return
    _check_output(program, before_files, fixed, keyring)
    after_files = {path: data for path, data in fixed.files.items() if path not in program.key_files}
    after_env = {name: value for name, value in env.items() if name not in program.key_env}
    after_env["ADOBE_SCOPES"] = compose.SCOPES
    with written(after_files) as tree:
        after = stand.run(tree, program.argv, after_env, migrated=True, old_pyjwt=program.old_pyjwt)
    if (after.code, after.stdout) != (before.code, before.stdout):
        raise Wrong(f"the program does something else: {_last(after.stderr)}\n{after.story}\n{shown(fixed)}")
    if after.asked("exchange") or len(after.asked("token")) != len(before.asked("exchange")):
        raise Wrong(f"the program asks for other tokens\n{after.story}\n{shown(fixed)}")
    again = fix(program, fixed.files)
    if again.files != fixed.files or again.code != 0:
        raise Wrong(f"something is found afterwards\n{again.text}\n{shown(fixed)}")


def _check_output(program: Program, before: Mapping[str, bytes], fixed: Fixed, keyring: Keyring) -> None:
    if fixed.code != 0 or fixed.files == before:
        raise Wrong(f"not rewritten: {', '.join(fixed.reasons) or 'nothing found'}\n{fixed.text}")
    for path, data in fixed.files.items():
        if path.endswith(".py") and data != before[path]:
            try:
                compile(data, path, "exec")
            except SyntaxError as error:
                raise Wrong(f"{path} does not compile: {error}\n{shown(fixed)}") from error
    lines = [line.decode() for line in keyring.key_lines]
    said = fixed.text, _text(fixed.page), _text(fixed.patch)
    if any(canary in text for canary in (SECRET_PREFIX, *lines) for text in said):
        raise Wrong("a secret is shown\n" + "\n".join(said))
    by_git = applied(before, fixed)
    wrong = [path for path in fixed.files if by_git[path] != fixed.files[path]]
    if wrong:
        raise Wrong(f"git apply and fix differ in {wrong}\n{_text(fixed.patch)}")
    unused = complaints(fixed.files) - complaints(before)
    if unused:
        raise Wrong(f"left over: {sorted(unused)}\n{shown(fixed)}")


def verdict(recipe: Recipe, stand: Stand, keyring: Keyring) -> str:
    """What is wrong with a composition, or nothing; the first line says it in short."""
    try:
        refusable = any(getattr(recipe, name) in options for name, options in MAY_BE_REFUSED.items())
        examine(compose.write(recipe), stand, keyring, may_refuse=refusable)
    except Wrong as wrong:
        return str(wrong)
    except engine.InternalError as error:
        return f"internal error\n{error}"
    return ""


def smallest(recipe: Recipe, wrong: str, stand: Stand, keyring: Keyring) -> tuple[Recipe, str]:
    """Make every part plain that can be, as long as the same goes wrong."""
    smaller = True
    while smaller:
        smaller = False
        for name, options in CHOICES.items():
            plainer = compose.mend(dataclasses.replace(recipe, **{name: options[0]}))
            if plainer.remarkable < recipe.remarkable:
                still = verdict(plainer, stand, keyring)
                if _cause(still) == _cause(wrong):
                    recipe, wrong, smaller = plainer, still, True
    return recipe, wrong


def _cause(wrong: str) -> str:
    return re.sub(r"'[^']*'|\d+", "…", wrong.partition("\n")[0])


def reasons(report: Report) -> tuple[str, ...]:
    """Why flows and findings were left alone."""
    flows = [flow.unfixed.reason for flow in report.flows if flow.unfixed]
    return tuple(sorted({*flows, *(unfixed.reason for unfixed in report.unfixed)}))


def complaints(files: Mapping[str, bytes]) -> set[tuple[str, str]]:
    """What a program has and nothing uses: imports, definitions, variables."""
    trees_ = {path: ast.parse(data) for path, data in files.items() if path.endswith(".py")}
    everywhere = Counter(name for tree in trees_.values() for name in _mentioned(tree))
    found = set()
    for path, tree in trees_.items():
        here = Counter(_mentioned(tree))
        for node in _outside_classes(tree):
            if isinstance(node, ast.Import | ast.ImportFrom) and not path.endswith("__init__.py"):
                names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
                found |= {(path, f"import {name}") for name in names if not here[name]}
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                if not everywhere[node.name] and not node.name.startswith("__"):
                    found.add((path, f"definition {node.name}"))
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and not everywhere[node.id]:
                found.add((path, f"variable {node.id}"))
            elif isinstance(node, ast.With) and isinstance(node.body[0], ast.Pass):
                found.add((path, "an empty with"))
    return found


def _outside_classes(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but the fields of classes, which others may know."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(tree, ast.ClassDef) and isinstance(node, ast.Assign | ast.AnnAssign)):
            yield node
            yield from _outside_classes(node)


def _mentioned(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Global):
            yield from ()


def shown(fixed: Fixed) -> str:
    """The files afterwards, for the message of a failed test."""
    return "\n".join(
        f"+++ {path}\n{_text(data)}"
        for path, data in fixed.files.items()
        if path.endswith(".py") or b"scope" in data
    )


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _sorted(stdout: str) -> str:
    return "".join(sorted(stdout.splitlines(keepends=True)))


def _last(stderr: str) -> str:
    return (stderr.strip().splitlines() or [""])[-1]


@pytest.fixture
def common(pytestconfig: pytest.Config) -> settings:
    """How many compositions a test draws, and that they are the same ones every time."""
    return settings(
        max_examples=max(1, pytestconfig.getoption("compositions") // SHARDS),
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),  # smallest() shrinks: it knows what is plain, and it keeps to one cause
        report_multiple_bugs=False,
    )


@pytest.mark.parametrize("shard", range(SHARDS))
def test_compositions(shard: int, common: settings, stand: Stand, keyring: Keyring) -> None:
    @seed(shard)
    @common
    @given(recipe=drawn(("adobe",)))
    def check(recipe: Recipe) -> None:
        wrong = verdict(recipe, stand, keyring)
        if wrong:
            small, wrong = smallest(recipe, wrong, stand, keyring)
            headline, _, rest = wrong.partition("\n")
            raise Wrong(f"{headline}\nrecipe: {small}\n{compose.write(small).story}\n{rest}")

    check()


@pytest.mark.parametrize("parts", FOUND)
def test_found(parts: str, stand: Stand, keyring: Keyring) -> None:
    recipe = compose.mend(compose.read(parts))
    if recipe.world != "adobe":
        leave_alone(recipe, keyring)
        return
    wrong = verdict(recipe, stand, keyring)
    assert not wrong, wrong


def leave_alone(recipe: Recipe, keyring: Keyring) -> None:
    """Nothing of somebody else's is reported, nothing is changed."""
    program = compose.write(recipe)
    files = keyring.fill(program.files)
    fixed = fix(program, files)
    assert fixed.code == 0, f"recipe: {recipe}\n{program.story}\n{fixed.text}"
    assert fixed.files == files, f"recipe: {recipe}\n{program.story}"


def test_near_misses(common: settings, keyring: Keyring) -> None:
    """The same parts with somebody else's evidence."""

    @common
    @given(recipe=drawn(NEAR_MISSES))
    def check(recipe: Recipe) -> None:
        leave_alone(recipe, keyring)

    check()

"""What must be true of any tree whatever, however little sense it makes."""

from __future__ import annotations

import ast
import configparser
import contextlib
import difflib
import json
import re
import subprocess
import tempfile
import tomllib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import trees
import yaml
from ims import SECRET_PREFIX
from ruff import find_ruff_bin

from jwt2oauth import engine, output, patches, series
from jwt2oauth.edits import UnreadableText, decode
from jwt2oauth.model import Edit, Flow, Report
from jwt2oauth.notebook import Notebook
from jwt2oauth.report import text as report_text

Files = Mapping[str, bytes]
MACHINE = ("sarif", "rdjson", "gitlab", "github")
MISTAKES = ("a mistake of ours", "it was not followed within")
"""What the report says of a file that the engine gave up; neither excuse holds for files of this size."""


class Broken(AssertionError):
    """What was not true; the first line names it, without anything that another input would change."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """What ``fix`` did, and what ``fix --diff`` would have printed."""

    outcome: engine.Outcome
    patch: patches.Patch
    files: Files
    said: tuple[bytes, ...]


def verdict(files: Files, canaries: Sequence[str], *, thorough: bool = False) -> str:
    """Say what is wrong with how a tree is treated, or nothing; ``thorough``: in every format."""
    try:
        check(files, canaries, thorough=thorough)
    except Broken as broken:
        return str(broken)
    except engine.InternalError as error:
        return f"internal error: {_innermost(error)}\n{error}"
    except Exception as error:  # whatever it is, the input is to be shown
        return f"{type(error).__name__} gets out of the engine\n{error}"
    return ""


def stands_apart(alone: Files, beside: Files, path: str, stranger: str) -> str:
    """Say what is wrong where a module comes to stand below what a ``stranger`` wrote, or nothing.

    As many flows are rewritten as ``alone``, and of the stranger's nothing changes but that imports come in.
    """
    report = _report(alone)
    wanted = sum(flow.rewrite is not None for flow in report.flows)
    known = {failed.path for failed in report.files.failed}
    report = _report(beside)
    for failed in report.files.failed:
        if failed.path not in known:
            return f"given up: {failed.reason}"
    rewrites = [flow.rewrite for flow in report.flows if flow.rewrite is not None]
    if len(rewrites) != wanted:
        left = [flow.unfixed.message for flow in report.flows if flow.unfixed is not None]
        return f"{len(rewrites)} flows are rewritten, and alone {wanted}\n{left}"
    for edit in (edit for rewrite in rewrites for edit in rewrite.edits if edit.path == path):
        brings = all(_BRINGS.match(line) for line in edit.text.splitlines())
        if edit.span.start < len(stranger.rstrip()) and (edit.span.start != edit.span.end or not brings):
            return f"what a stranger wrote is changed\n{edit.span}: {edit.text!r}"
    return ""


def _report(files: Files) -> Report:
    with tempfile.TemporaryDirectory(prefix="jwt2oauth-fuzz-") as folder:
        return engine.run([trees.write(files, Path(folder, "tree"))], engine.Settings()).report


_BRINGS = re.compile(r"\s*(?:(?:from|import) .*|\w+(?: as \w+)?,?|[()]*|,.*)$")
"""A line, or a part of one, by which an import comes in."""


def cause(wrong: str) -> str:
    """Give the part by which two failures are the same one."""
    return re.sub(r"'[^']*'|\d+", "…", wrong.partition("\n")[0])


def check(files: Files, canaries: Sequence[str], *, thorough: bool = False) -> None:
    """Scan, fix, apply and fix again; raise ``Broken`` at the first thing that is not as it must be."""
    fixed = fix(files, thorough=thorough)
    _says_no_secret(fixed, (SECRET_PREFIX, *canaries))
    for failed in fixed.outcome.report.files.failed:
        if any(mistake in failed.reason for mistake in MISTAKES):
            raise Broken(f"a file was given up: {failed.reason}")
    if fixed.outcome.report.lost:
        raise Broken(f"not written: {fixed.outcome.report.lost[0].reason}")
    changed = {path for path in files if fixed.files.get(path) != files[path]}
    if strangers := fixed.files.keys() - files.keys():
        raise Broken(f"a file appears: '{min(strangers)}'")
    if changed != set(fixed.outcome.total):
        raise Broken("the report and the disk differ about what is written")
    if not changed:
        return
    _has_reasons(fixed)
    edits = _edits(fixed.outcome)
    for path in sorted(changed & fixed.files.keys()):
        before, after = files[path], fixed.files[path]
        if _reads(path, before) and not _reads(path, after):
            raise Broken(f"what was written does not parse: '{path}'\n{_text(after)}")
        _keeps_the_rest(path, before, after, edits[path])
    _defines_its_names(files, fixed.files)
    _applies(files, fixed)
    if not any(flow.unfixed and flow.unfixed.reason == "conflict" for flow in fixed.outcome.report.flows):
        again = fix(fixed.files)
        for path in sorted(fixed.files):
            if again.files.get(path) != fixed.files[path]:
                raise Broken(
                    f"a second fix changes '{path}'\n{_text(fixed.files[path])}\n{_text(again.patch.data)}"
                )


def fix(files: Files, *, thorough: bool = False) -> Fixed:
    """Do what ``fix`` does, say all that it may say."""
    with tempfile.TemporaryDirectory(prefix="jwt2oauth-fuzz-") as folder:
        tree = trees.write(files, Path(folder, "tree"))
        with contextlib.chdir(tree):
            outcome = engine.run((), engine.Settings())
            patch = patches.diff(outcome.total)
            written = engine.write(outcome)
        view = report_text.View(fixed=written.fixed, mode="fix", verbose=True)
        said = [patch.data, report_text.render(written.report, view).plain().encode(errors="replace")]
        asked = output.Asked((), "text", "never", False, True, False, "")
        with engine.guarded():
            said.append(output.machine(written, "json"))
            if thorough:
                said += [output.machine(written, form) for form in MACHINE]
                said += [output.page(outcome, asked, form, "scan") for form in ("html", "markdown")]
                said += [
                    mail.data
                    for mail in patches.mails(
                        *series.in_order(outcome.originals, outcome.report.flows, lambda _: True)
                    )
                ]
        return Fixed(outcome, patch, trees.read(tree), tuple(said))


def _says_no_secret(fixed: Fixed, canaries: Sequence[str]) -> None:
    for number, said in enumerate(fixed.said):
        for canary in canaries:
            if canary.encode() in said:
                at = said.index(canary.encode())
                raise Broken(
                    f"a secret is shown in output {number}\n{_text(said[max(0, at - 200) : at + 80])}"
                )


def _has_reasons(fixed: Fixed) -> None:
    """Each flow that changes a file has findings, and one of them is no longer marked as known."""
    found = {finding.flow for finding in fixed.outcome.report.findings if not finding.suppressed}
    for flow, files in fixed.outcome.changes.items():
        if files and flow not in found:
            raise Broken("a file changes without a finding")


def _rewritten(outcome: engine.Outcome) -> Iterator[Flow]:
    return (flow for flow in outcome.report.flows if series.is_rewritten(flow))


def _edits(outcome: engine.Outcome) -> dict[str, list[Edit]]:
    """The edits of all flows by path, each once."""
    edits: dict[str, list[Edit]] = {}
    for flow in _rewritten(outcome):
        assert flow.rewrite is not None
        for edit in flow.rewrite.edits:
            known = edits.setdefault(edit.path, [])
            if edit not in known:
                known.append(edit)
    return edits


def _keeps_the_rest(path: str, before: bytes, after: bytes, edits: Sequence[Edit]) -> None:
    """What no edit names is there byte for byte; found without the code that makes the edits."""
    if path.endswith(Notebook.SUFFIX):
        _keeps_the_cells(before, after)
        return
    text = decode(before)
    mark = len(before) - len(text.text.encode(text.encoding))
    at = 0
    for edit in sorted(edits, key=lambda edit: edit.span.start):
        start, end = (
            mark + len(text.text[:place].encode(text.encoding)) for place in (edit.span.start, edit.span.end)
        )
        kept, added = before[at:start] if at else before[:start], edit.text.encode(text.encoding)
        if not after.startswith(kept + added):
            raise Broken(f"a line that no edit names changes: '{path}'\n{_lines(before, after)}")
        after, at = after[len(kept + added) :], end
    if after != before[at:]:
        raise Broken(f"a line that no edit names changes: '{path}'")


def _keeps_the_cells(before: bytes, after: bytes) -> None:
    """Outside of the sources of its code cells a notebook is the same text."""
    outside = []
    for data in (before, after):
        text = data.decode()
        at, parts = 0, []
        mark = len(text) - len(text.removeprefix("\ufeff"))
        for cell in Notebook(data).cells:
            start, end = (mark + place for place in cell.value)
            parts.append(text[at:start])
            at = end
        outside.append([*parts, text[at:]])
    if outside[0] != outside[1]:
        raise Broken("a notebook changes outside of its cells")


def _defines_its_names(before: Files, after: Files) -> None:
    """No module uses a name that it does not define, if none did before."""
    undefined = []
    for files in (before, after):
        modules = {
            path: data
            for path, data in files.items()
            if path.endswith(".py") and before.get(path) != after.get(path)
        }
        with tempfile.TemporaryDirectory(prefix="jwt2oauth-fuzz-") as folder:
            trees.write(modules, Path(folder, "tree"))
            argv = [find_ruff_bin(), "check", "--isolated", "--no-cache", "--exit-zero", "--ignore-noqa"]
            argv += ["--select=F821,F823", "--output-format=json", "--target-version=py313", "tree"]
            ran = subprocess.run(argv, cwd=folder, capture_output=True, check=True)
        undefined.append(
            {
                (Path(each["filename"]).name, each["message"])
                for each in json.loads(ran.stdout)
                if each["code"] in ("F821", "F823")
            }
        )
    broken = {path for path, _ in undefined[0]}
    for path, message in sorted(undefined[1]):
        if path not in broken:
            changed = [_lines(before[name], after[name]) for name in after if before[name] != after[name]]
            raise Broken("a name is no longer defined\n" + "\n".join((f"{path}: {message}", *changed)))


def _applies(files: Files, fixed: Fixed) -> None:
    if fixed.patch.lost:  # it says so, and that the tool has to write it
        return
    with tempfile.TemporaryDirectory(prefix="jwt2oauth-fuzz-") as folder:
        tree = trees.write(files, Path(folder, "tree"))
        argv = ["git", "apply", "--whitespace=nowarn"]
        ran = subprocess.run(argv, cwd=tree, input=fixed.patch.data, capture_output=True, check=False)
        if ran.returncode:
            raise Broken(f"git does not apply the patch\n{_text(ran.stderr)}\n{_text(fixed.patch.data)}")
        if trees.read(tree) != fixed.files:
            raise Broken(f"git apply and fix differ\n{_text(fixed.patch.data)}")


def _reads(path: str, data: bytes) -> bool:
    """Is a file well-formed, in the eyes of somebody else's reader?"""
    name = path.rpartition("/")[2]
    for suffix in (".example", ".sample", ".template", ".dist"):
        name = name.removesuffix(suffix)
    reader = READERS.get(name.rpartition(".")[2].lower())
    if reader is None:
        return True
    try:
        with warnings.catch_warnings(action="ignore"):
            reader(data)
    except (ValueError, SyntaxError, yaml.YAMLError, configparser.Error, RecursionError, UnreadableText):
        return False
    return True


def _ini(data: bytes) -> None:
    configparser.RawConfigParser(strict=False, allow_no_value=True).read_string(decode(data).text)


READERS: Mapping[str, Callable[[bytes], object]] = {
    "py": lambda data: ast.parse(data),
    "ipynb": json.loads,
    "json": json.loads,
    "toml": lambda data: tomllib.loads(decode(data).text),
    "ini": _ini,
    "cfg": _ini,
    "yaml": lambda data: yaml.compose(decode(data).text, Loader=yaml.SafeLoader),
    "yml": lambda data: yaml.compose(decode(data).text, Loader=yaml.SafeLoader),
}


def _innermost(error: engine.InternalError) -> str:
    kind, *places = str(error).splitlines()
    return " in ".join([kind, *(place.strip() for place in places[-1:])])


def _lines(before: bytes, after: bytes) -> str:
    return "".join(difflib.unified_diff(_text(before).splitlines(True), _text(after).splitlines(True)))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")

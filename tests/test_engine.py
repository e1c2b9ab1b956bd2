"""The path of a tree, against an engine room of paper: see ``samples.py``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import samples
import trees

from jwt2oauth import engine, series, writes
from jwt2oauth.engine import InternalError, Settings, UsageError, exit_code, locate, run, write
from jwt2oauth.model import Edit, Finding, Joint, Rewrite, Span
from jwt2oauth.net import NoNet
from jwt2oauth.project import completing
from jwt2oauth.project.loading import Loader
from jwt2oauth.python.facts.parser import Parser
from jwt2oauth.rules.load import load
from jwt2oauth.tree.search import Words
from jwt2oauth.tree.walk import Tree


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    samples.install(monkeypatch)
    root = samples.write(tmp_path / "project")
    monkeypatch.chdir(root)
    return root


def contents(root: Path) -> dict[str, str]:
    return {name: (root / name).read_text() for name in samples.FILES}


def test_a_report_is_sorted_and_adds_up(project: Path) -> None:
    report = run([], Settings()).report
    assert [finding.place.path for finding in report.findings] == sorted(
        finding.place.path for finding in report.findings
    )
    assert [flow.id for flow in report.flows] == ["flow-1", "flow-3", "flow-2"]
    files = report.files
    assert (files.seen, files.clean, files.parsed) == (6, 2, 4)
    assert files.seen == files.clean + files.parsed + len(files.failed) + len(files.skipped)


def test_nothing_is_written_before_write(project: Path) -> None:
    before = contents(project)
    outcome = run([], Settings())
    assert contents(project) == before
    after = write(outcome)
    assert after.report.written == ("auth/cache.py", "auth/ims.py", "inline.py")
    assert after.fixed == {"flow-1", "flow-2"}
    assert after.report.lost == ()
    for path, (old, new) in outcome.total.items():
        assert before[path].encode() == old
        assert (project / path).read_bytes() == new


def test_a_second_run_finds_only_what_is_left(project: Path) -> None:
    write(run([], Settings()))
    before = contents(project)
    outcome = run([], Settings())
    assert [flow.id for flow in outcome.report.flows] == ["flow-3"]
    assert write(outcome).report.written == ()
    assert contents(project) == before


def test_exit_codes(project: Path) -> None:
    assert exit_code(run([Path("clean.py")], Settings())) == 0
    assert exit_code(run([], Settings())) == 1
    assert exit_code(run([Path("auth")], Settings())) == 1
    assert exit_code(write(run([Path("auth")], Settings()))) == 0
    assert exit_code(write(run([], Settings()))) == 1


def test_a_file_that_cannot_be_written_costs_its_flow_alone(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.access
    monkeypatch.setattr(
        writes.os, "access", lambda path, mode: not str(path).endswith("cache.py") and real(path, mode)
    )
    before = contents(project)
    outcome = write(run([], Settings()))
    assert outcome.fixed == {"flow-2"}
    assert [(lost.path, lost.reason) for lost in outcome.report.lost] == [
        ("auth/cache.py", "the file is read-only")
    ]
    assert (project / "auth/ims.py").read_text() == before["auth/ims.py"]
    assert exit_code(outcome) == 1


def test_what_goes_only_with_a_flow_that_could_not_be_written_is_told(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run finds that flow alone, and what several had in common is no part of it."""
    found = run([], Settings())
    first, left, second = found.report.flows
    assert second.rewrite is not None
    second = replace(second, rewrite=replace(second.rewrite, last=second.rewrite.edits[:1]))
    found = replace(found, report=replace(found.report, flows=(first, left, second)))
    real = os.access
    monkeypatch.setattr(
        writes.os, "access", lambda path, mode: not str(path).endswith("cache.py") and real(path, mode)
    )
    lost = {file.path: file.reason for file in write(found).report.lost}
    assert lost.keys() == {"auth/cache.py", "inline.py"}
    assert "stays in it" in lost["inline.py"]


@pytest.mark.parametrize("how", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_new_files_are_all_there_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: BaseException
) -> None:
    real = Path.write_bytes

    def write_bytes(path: Path, data: bytes) -> int:
        real(path, data)
        if path.name == "b":
            raise how
        return len(data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", write_bytes)
        with pytest.raises((UsageError, KeyboardInterrupt)):
            engine.write_new(tmp_path / "new", {"a": b"1", "b": b"2", "c": b"3"})
    assert not [*(tmp_path / "new").iterdir()]
    engine.write_new(tmp_path / "new", {"a": b"1"})


def test_a_read_only_directory_is_an_answer(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = run([], Settings())

    def refuse(*_: object) -> int:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(writes.os, "open", refuse)
        outcome = write(found)
    assert outcome.fixed == frozenset()
    assert {lost.reason for lost in outcome.report.lost} == {"read-only file system"}
    assert exit_code(outcome) == 1


def test_a_file_that_changed_since_it_was_read_is_left_alone(project: Path) -> None:
    outcome = run([], Settings())
    (project / "auth/cache.py").write_text("# mine\n")
    outcome = write(outcome)
    assert outcome.fixed == {"flow-2"}
    assert "has changed" in outcome.report.lost[0].reason
    assert (project / "auth/cache.py").read_text() == "# mine\n"


def test_one_snapshot_for_all_of_a_run(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is analysed is what was read first, whatever happens on the disk meanwhile."""

    def analyse(tree: Tree, hits: Sequence[str], rules: Any, options: Any, *_: Any) -> samples.Analysis:
        (project / "auth/ims.py").write_text("# gone\n")
        assert tree.read("auth/ims.py") == samples.IMS.encode()
        return samples.analyse(tree, hits, rules, options)

    samples.install(monkeypatch, analyse)
    outcome = run([Path("auth")], Settings())
    assert outcome.originals["auth/ims.py"] == samples.IMS.encode()
    assert write(outcome).fixed == frozenset()


def test_edits_that_two_flows_share_are_made_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def analyse(tree: Tree, hits: Sequence[str], rules: Any, options: Any, *_: Any) -> samples.Analysis:
        analysis = samples.analyse(tree, hits, rules, options)
        one, two, three = analysis.flows
        assert one.rewrite is not None
        added = Edit("auth/ims.py", Span(0, 0), "# once\n")
        mine = Edit("auth/cache.py", Span(0, 0), "# twice\n")
        one = replace(one, rewrite=replace(one.rewrite, edits=(*one.rewrite.edits, added)))
        rewrite = Rewrite(three.id, "Change", "keep", one.rewrite.safety, (added, mine))  # type: ignore[union-attr]
        return replace(analysis, flows=(one, two, replace(three, rewrite=rewrite, unfixed=None)))

    samples.install(monkeypatch, analyse)
    outcome = run([], Settings())
    assert outcome.total["auth/ims.py"][1].count(b"# once") == 1
    assert outcome.total["auth/cache.py"][1].count(b"# twice") == 1
    alone = series.series(outcome.originals, [flow for flow in outcome.report.flows if flow.id == "flow-3"])
    assert b"# once" in alone["flow-3"]["auth/ims.py"][1]


def test_a_conflict_leaves_the_second_flow_alone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def analyse(tree: Tree, hits: Sequence[str], rules: Any, options: Any, *_: Any) -> samples.Analysis:
        analysis = samples.analyse(tree, hits, rules, options)
        one, two, three = analysis.flows
        assert one.rewrite is not None
        clash = Edit("auth/ims.py", Span(3, 9), "clash")
        rewrite = replace(one.rewrite, flow=three.id, edits=(clash,))
        return replace(analysis, flows=(one, two, replace(three, rewrite=rewrite, unfixed=None)))

    samples.install(monkeypatch, analyse)
    flows = run([], Settings()).report.flows
    assert [flow.unfixed.reason if flow.unfixed else None for flow in flows] == [None, "conflict", None]


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ("{'client_id': ID, 'jwt_token': token, **settings}", True),
        ("f'client_id={ID}&jwt_token={token}&{rest}'", True),
        ("dict(client_id=ID, client_secret=SECRET, jwt_token=token)", True),
        ("login(client_id=ID, jwt_token=token)", False),
    ],
)
def test_a_flow_begins_where_its_form_is(form: str, found: bool, tmp_path: Path) -> None:
    """Where the address is in no program, and a variable may have the field's name."""
    root = trees.write({"a.py": f"jwt_token = token = 1\nlogin({form})\n".encode()}, tmp_path / "tree")
    tree = Tree(root, [root], ())
    loader = Loader(tree, [], load(), Parser(), Words(tree), lambda *_: None, NoNet())
    assert loader.begins("a.py") is found


def test_select_and_ignore(project: Path) -> None:
    chosen = run([], Settings(select=("private-key-read",))).report
    assert {finding.rule for finding in chosen.findings} == {"private-key-read"}
    assert [flow.id for flow in chosen.flows] == ["flow-1"]
    rest = run([], Settings(ignore=("aem-service-credentials",))).report
    assert not [finding for finding in rest.findings if finding.flow is None]
    assert rest.unfixed == ()
    for settings in (Settings(select=("nonsense",)), Settings(ignore=("nonsense",))):
        for paths in ([], [Path("clean.py")]):
            with pytest.raises(UsageError, match="no rule named nonsense"):
                run(paths, settings)


def test_a_mistake_of_ours_shows_no_text_of_the_customer(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def analyse(*arguments: object) -> samples.Analysis:
        raise KeyError("p8e-CANARY-0123456789")

    samples.install(monkeypatch, analyse)
    with pytest.raises(InternalError) as caught:
        run([], Settings())
    assert "CANARY" not in str(caught.value)
    assert str(caught.value).startswith("KeyError\n")
    assert "in analyse" in str(caught.value)
    assert caught.value.__suppress_context__


def test_unreadable_files_are_failures(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Tree.peek

    def peek(self: Tree, path: str) -> bytes:
        if path == "clean.py":
            raise PermissionError(13, "Permission denied")
        return real(self, path)

    monkeypatch.setattr(Tree, "peek", peek)
    outcome = run([Path("clean.py")], Settings())
    assert [(file.path, file.reason) for file in outcome.report.files.failed] == [
        ("clean.py", "permission denied")
    ]
    assert exit_code(outcome) == 1


def test_utf16_configuration_is_not_overlooked(project: Path) -> None:
    (project / "conf/service.json").write_bytes(samples.AEM.encode("utf-16"))
    assert run([Path("conf")], Settings()).report.files.parsed == 1


def test_where_the_root_is(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert locate([]) == (project, [project])
    assert locate([Path("auth"), Path("clean.py")])[0] == project
    monkeypatch.chdir(tmp_path / "project" / "auth")
    assert locate([project])[0] == project
    assert locate([project / "clean.py"])[0] == project
    assert locate([project / "conf", project / "billing"])[0] == project
    with pytest.raises(UsageError, match="no such file"):
        locate([Path("nowhere")])
    (tmp_path / "link").symlink_to(project)
    assert locate([tmp_path / "link"])[0] == project


def test_same_input_same_report(project: Path) -> None:
    assert run([], Settings()).report == run([Path()], Settings()).report


def mark(project: Path, path: str, old: str, new: str) -> list[Finding]:
    text = (project / path).read_text()
    assert old in text
    (project / path).write_text(text.replace(old, new, 1))
    return list(run([], Settings()).report.findings)


def test_a_comment_marks_and_keeps_the_flow_as_it_is(project: Path) -> None:
    found = mark(
        project, "auth/ims.py", ".read()\n", ".read()  # jwt2oauth: ignore[private-key-read] rotated weekly\n"
    )
    assert [finding.rule for finding in found if finding.suppressed] == ["private-key-read"]
    outcome = run([], Settings())
    assert len(outcome.report.findings) == 8
    flow = next(flow for flow in outcome.report.flows if flow.id == "flow-1")
    assert flow.rewrite is None
    assert flow.unfixed is not None, "the other places of the flow still count, and somebody has to know why"
    assert flow.unfixed.reason == "partly-ignored"
    assert flow.unfixed.message.startswith("auth/ims.py:9: A comment marks this place as known")
    assert exit_code(outcome) == 1


def test_an_unused_comment_is_a_finding_even_in_a_clean_file(project: Path) -> None:
    found = mark(project, "clean.py", "x = 1", "x = 1  # jwt2oauth: ignore[jwt-exchange]")
    unused = [finding for finding in found if finding.rule == "unused-ignore"]
    assert [(one.place.path, one.place.line, one.place.column) for one in unused] == [("clean.py", 1, 8)]
    assert exit_code(run([Path("clean.py")], Settings())) == 1
    assert exit_code(run([Path("clean.py")], Settings(ignore=("unused-ignore",)))) == 0


def test_all_findings_marked_is_nothing_left(project: Path) -> None:
    mark(project, "billing/providers.py", "}\n", "}  # jwt2oauth: ignore[jwt-exchange] not Adobe's\n")
    assert exit_code(run([Path("billing")], Settings())) == 0


def test_what_several_flows_needed_and_another_change_meets_is_told(tmp_path: Path) -> None:
    tree = trees.write(trees.read(trees.FIXTURES / "one-function/before"), tmp_path / "tree")
    outcome = engine.run([tree], engine.Settings())
    (flow,) = outcome.report.flows
    assert flow.rewrite is not None
    edit = next(each for each in flow.rewrite.edits if each.span.start < each.span.end)
    meets = Edit(edit.path, edit.span, edit.text + "#")
    report = completing._with_joint(outcome.report, [Joint((flow.id,), (meets,), ("gone",))], Tree(tree))
    (after,) = report.flows
    assert after.rewrite is not None
    assert after.rewrite.edits == flow.rewrite.edits
    assert "gone" not in after.rewrite.notes
    assert [todo for todo in after.rewrite.todos if todo not in flow.rewrite.todos] == [
        f"What only these flows read stays in {edit.path}: taking it out meets another change there."
    ]

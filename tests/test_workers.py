"""Parsing in other processes: what kills or holds up the parser costs one file, and changes nothing else."""

from __future__ import annotations

import contextlib
import functools
import itertools
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
import trees
from tool import Spared
from trees import Keyring

from jwt2oauth import catching
from jwt2oauth.engine import InternalError, Settings, exit_code, run
from jwt2oauth.project import analysis as project
from jwt2oauth.project import building, proving
from jwt2oauth.project.finishing import Finisher
from jwt2oauth.python.facts import parser, workers
from jwt2oauth.python.facts import parser_limits as monstrous
from jwt2oauth.python.facts.modules import Module
from jwt2oauth.python.facts.unparsable import TOO_DEEP, Unparsable
from jwt2oauth.python.planning.half_flows import LoneFinder
from jwt2oauth.python.planning.planner import Planner
from jwt2oauth.python.roles.finder import Finder
from jwt2oauth.python.roles.sending import Requests
from jwt2oauth.python.roles.trace import Tracer
from jwt2oauth.report import json

SUM = "x = " + " + ".join(['"/ims/exchange/jwt"'] * 20_000) + "\n"
BRACKETS = "x = " + "(" * 4_000 + '"/ims/exchange/jwt"' + ")" * 4_000 + "\n"
STRINGS = "x = (" + "\n".join(['"/ims/exchange/jwt"'] * 3_000) + ")\n"
CHAIN = "if a == 0:\n    pass\n" + "".join(f"elif a == {n}:\n    pass\n" for n in range(3_000))


@pytest.fixture
def tree(keyring: Keyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        f"{name}/{path}": data
        for name in ("two-functions", "cached-client", "notebook-script", "unparsable-python-2")
        for path, data in keyring.fill(trees.read(trees.FIXTURES / name / "before")).items()
    }
    monkeypatch.chdir(trees.write(files, tmp_path / "tree"))
    return tmp_path / "tree"


@pytest.mark.parametrize("text", [SUM, BRACKETS, STRINGS, CHAIN], ids=["sum", "brackets", "strings", "elif"])
def test_what_is_monstrous_is_recognised(text: str) -> None:
    assert monstrous.is_monstrous(text)


def test_what_people_write_is_not() -> None:
    paths = Path(__file__).parent.parent.glob("src/**/*.py")
    assert [path.name for path in paths if monstrous.is_monstrous(path.read_text())] == []


NEEDLE = 'x = "/ims/exchange/jwt"\n'
SENT = f"import requests\n\n{NEEDLE}requests.post(x)\n"
"""What is followed: who only names the address is looked at, no more."""
LARGE = NEEDLE + "y = f(1, [2], {3: 4})\n" * 30_000
forks = pytest.mark.skipif(not workers.FORKS, reason="what is patched here reaches a fork only")


def assert_one_finding_each(tree: Path, odd: dict[str, str], words: dict[str, str]) -> None:
    """Each of these files is one finding and one failure with its reason; all else stays as it is."""
    before = run([], Settings()).report
    for name, text in odd.items():
        (tree / name).write_text(text)
    outcome = run([], Settings())
    found = [each for each in outcome.report.findings if each.place.path in odd]
    assert [(each.rule, each.place.path) for each in found] == [("unparsable", name) for name in sorted(odd)]
    assert [each for each in outcome.report.findings if each not in found] == list(before.findings)
    assert outcome.report.flows == before.flows
    reasons = {each.path: each.reason for each in outcome.report.files.failed}
    assert {name: reasons[name] for name, word in words.items() if word not in reasons[name]} == {}
    assert exit_code(outcome) == 1


@pytest.fixture
def _spared() -> Spared:
    """Here each has its own."""
    return Spared(0)


@pytest.fixture
def children() -> Callable[[], list[BaseProcess]]:
    """What gives the processes that a test has started, and that are there."""
    others = multiprocessing.active_children()
    return lambda: [each for each in multiprocessing.active_children() if each not in others]


def endless() -> None:
    while True:
        pass


@forks
@pytest.mark.parametrize(("patience", "is_late"), [(50, False), (1, True)])
def test_a_parser_without_a_processor_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, patience: int, is_late: bool
) -> None:
    """On a busy machine a module of 7,000 lines was given up after a minute, of which it had had a second."""
    monkeypatch.setattr(workers, "SECONDS", 0.8)
    monkeypatch.setattr(workers, "PATIENCE", patience)
    real = workers.parse
    monkeypatch.setattr(workers, "parse", lambda path, text: time.sleep(1.6) or real(path, text))
    crew = workers.Crew()
    crew.grow(1)
    asked = workers.Asked("a.py", "x = 1\n")
    try:
        assert crew.begin(asked)
        found: dict[workers.Asked, workers.Parsed] = {}
        while not found:
            found = crew.ended()
    finally:
        crew.stop()
    assert isinstance(found[asked], Unparsable) is is_late


@forks
def test_a_file_that_kills_or_stops_its_parser_is_one_finding(
    tree: Path, monkeypatch: pytest.MonkeyPatch, children: Callable[[], list[BaseProcess]]
) -> None:
    real = workers.parse
    monkeypatch.setattr(workers, "SECONDS", 3.0)
    monkeypatch.setattr(workers, "MEMORY", 150 << 20)
    monkeypatch.setattr(
        workers, "parse", lambda path, text: endless() if path == "slow.py" else real(path, text)
    )
    assert_one_finding_each(
        tree,
        {"brackets.py": BRACKETS, "large.py": LARGE, "slow.py": NEEDLE, "sum.py": SUM},
        {"slow.py": "not parsed within"},  # what comes first to the sum depends on the machine
    )
    assert not children()


def test_texts_side_by_side_are_no_trouble(tree: Path) -> None:
    before = run([], Settings()).report
    texts = "\n".join(['"/ims/exchange/jwt"'] * 400)
    (tree / "texts.py").write_text(f"x = ({texts})\n")
    after = run([], Settings()).report
    assert after.findings == before.findings
    assert after.files.parsed == before.files.parsed + 1


@pytest.mark.slow
def test_our_own_walk_goes_as_deep_as_what_is_parsed(tree: Path) -> None:
    before = run([], Settings()).report
    forms = ("x = URL{}\n", "def f(a):\n    return a{}\nx = post(f(URL))\n")
    for number, (form, terms) in enumerate(itertools.product(forms, (380, 1_000))):
        text = f"URL = {NEEDLE[4:]}" + form.format(' + "/x"' * terms)
        (tree / f"deep{number}.py").write_text(text)
    after = run([], Settings()).report
    deep = [each for each in after.findings if each.place.path.startswith("deep")]
    assert [(each.rule, each.place.path) for each in deep] == [
        ("unparsable", "deep1.py"),
        ("unparsable", "deep3.py"),
    ]
    assert [each for each in after.findings if each not in deep] == list(before.findings)
    assert after.flows == before.flows


@pytest.mark.slow
def test_a_file_that_cannot_be_followed_is_one_finding(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    errors = {"recursion.py": RecursionError(), "memory.py": MemoryError(), "odd.py": KeyError("p8e-CANARY")}
    real = Module.__dict__["scopes"].func

    def scopes(self: Module) -> object:
        while self.path == "slow.py":
            pass
        if self.path in errors:
            raise errors[self.path]
        return real(self)

    prop = functools.cached_property(scopes)
    prop.__set_name__(Module, "scopes")
    monkeypatch.setattr(Module, "scopes", prop)
    monkeypatch.setattr(catching, "PATIENCE", 2.0)
    assert_one_finding_each(
        tree,
        dict.fromkeys(["memory.py", "odd.py", "recursion.py", "slow.py"], SENT),
        (
            words := {
                "memory.py": "not enough memory",
                "odd.py": "a mistake of ours, please report it: KeyError in test_workers.py",
                "recursion.py": "nested too deeply",
                "slow.py": "not followed within",
            }
        ),
    )
    report = run([], Settings()).report
    left = {each.fingerprint: each for each in report.unfixed}
    for each in (found for found in report.findings if found.place.path in words):
        assert words[each.place.path] in each.message
        assert words[each.place.path] in left[each.fingerprint].message
        assert left[each.fingerprint].reason == "given-up"
        assert "can be read" not in each.message + each.place.note + left[each.fingerprint].message


@pytest.mark.slow
def test_a_file_that_asks_too_much_is_one_finding(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"requests.post('/x', data=some({n}, {n + 1}))" for n in range(2_000)]
    monkeypatch.setattr(catching, "QUESTIONS", 1_500)
    assert_one_finding_each(
        tree,
        {"asking.py": SENT + "\n".join(lines)},
        {"asking.py": "not followed within 1,500 questions"},
    )


STAGES: tuple[tuple[type, str, Callable[..., str]], ...] = (
    (parser.Parser, "__call__", lambda _, path, text: path),
    (Requests, "sender", lambda _, site: site.module.path),
    (Finder, "_assertions", lambda _, exchange: exchange.entry.module.path),
    (Planner, "refuses", lambda _, exchange: exchange.entry.module.path),
    (Planner, "plan", lambda _, group: group[0].entry.module.path),
    (Finisher, "finish", lambda _, plan: plan.entry.module.path),
    (LoneFinder, "_why_alone", lambda _, site, names: site.module.path),
    (Tracer, "exchange", lambda _, exchange: exchange.entry.module.path),
)


@pytest.mark.slow
def test_mistakes_in_many_files_cost_these_files_and_one_analysis(
    tree: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each stage makes a mistake in a file of its own."""
    before = run([], Settings()).report
    passes = []

    def patched(number: int) -> None:
        owner, name, where = STAGES[number]
        real = getattr(owner, name)
        lone = owner is LoneFinder
        files = trees.read(trees.FIXTURES / ("unfixed-no-exchange" if lone else "one-function") / "before")
        trees.write(keyring.fill(files), tree / f"bad-{number}")

        def wrong(*arguments: Any) -> Any:
            path = where(*arguments)
            if path.startswith(f"bad-{number}/"):
                raise KeyError("p8e-CANARY")
            return real(*arguments)

        monkeypatch.setattr(owner, name, wrong)

    def analysis(self: project._Project) -> object:
        passes.append(self)
        return whole(self)

    whole = project._Project.analysis
    monkeypatch.setattr(project._Project, "analysis", analysis)
    for number in range(len(STAGES)):
        patched(number)
    outcome = run([], Settings())
    failed = {each.path: each.reason for each in outcome.report.files.failed}
    mistakes = sorted(path for path, reason in failed.items() if "please report it: KeyError" in reason)
    assert [path.partition("/")[0] for path in mistakes] == [f"bad-{number}" for number in range(len(STAGES))]
    others = [each for each in outcome.report.findings if not each.place.path.startswith("bad-")]
    assert others == list(before.findings)
    assert [f for f in outcome.report.flows if not f.trace[0].path.startswith("bad-")] == list(before.flows)
    assert len(passes) == 2
    assert exit_code(outcome) == 1


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 99])
def test_what_is_stuck_with_nobody_to_blame_costs_a_file_and_not_the_run(
    tree: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """A guess is told; where that does not help, all of it is a mistake of ours."""
    steps = {(project, "_overlapping"): 0, (proving, "missing"): 0, (building, "identify"): 0}
    shutil.copytree(trees.FIXTURES / "one-function/before", tree / "one-function")

    def patched(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def stuck(*arguments: Any) -> Any:
            steps[owner, name] += 1
            if steps[owner, name] <= times:
                raise catching.Stuck("9 seconds")
            return real(*arguments)

        monkeypatch.setattr(owner, name, stuck)

    for owner, name in list(steps):
        patched(owner, name)
    if times > 1:
        with pytest.raises(InternalError, match="Stuck"):
            run([], Settings())
        return
    outcome = run([], Settings())
    failed = [each for each in outcome.report.files.failed if "not followed within 9 s" in each.reason]
    assert 1 <= len(failed) <= len(steps)
    assert any(flow.rewrite for flow in outcome.report.flows)
    assert exit_code(outcome) == 1


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [KeyError("p8e-CANARY"), catching.Stuck("9 seconds")])
def test_what_goes_wrong_when_all_is_proved_at_once_costs_nothing(
    tree: Path, monkeypatch: pytest.MonkeyPatch, wrong: Exception
) -> None:
    """Each family is proved by itself then: what is wrong with one of them shows there, and is its own."""
    before = run([], Settings()).report
    assert sum(flow.rewrite is not None for flow in before.flows) > 1
    holds, sizes = proving.Proof._holds, []

    def broken(self: proving.Proof, good: list[Any]) -> bool:
        sizes.append(len(good))
        if len(good) > 1 or good[0].entry.module.path.startswith(bad):
            raise wrong
        return holds(self, good)

    monkeypatch.setattr(proving.Proof, "_holds", broken)
    bad = "nowhere"
    assert run([], Settings()).report == before
    assert sizes[0] > 1
    bad = "cached-client/"
    after = run([], Settings()).report
    new = {each.path for each in after.files.failed} - {each.path for each in before.files.failed}
    assert new
    assert all(path.startswith(bad) for path in new)
    others = [flow for flow in before.flows if not flow.trace[0].path.startswith(bad)]
    assert [(f.id, f.rewrite is None) for f in after.flows] == [(f.id, f.rewrite is None) for f in others]


def test_who_imports_a_flow_and_cannot_be_parsed_is_said(tree: Path) -> None:
    caller = tree / "two-functions/api.py"
    caller.write_text(caller.read_text() + "print 'no'\n")
    outcome = run([], Settings())
    failed = {each.path: each.reason for each in outcome.report.files.failed}
    assert "two-functions/api.py" in failed
    assert exit_code(outcome) == 1
    files = outcome.report.files
    assert files.seen == files.clean + files.parsed + len(files.failed) + len(files.skipped)


def test_what_cannot_be_parsed_is_not_tried_again(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof looks at the same tree again, and what keeps its parser for a minute is still in it."""
    (tree / "odd.py").write_text(NEEDLE + "def (:\n")
    asked = []
    real = workers._Worker.begin

    def begin(self: Any, file: workers.Asked) -> None:
        asked.append(file.path)
        real(self, file)

    monkeypatch.setattr(workers._Worker, "begin", begin)
    assert any(flow.rewrite for flow in run([], Settings()).report.flows)
    assert asked.count("odd.py") == 1


def test_the_report_is_the_same_however_many_work_on_it(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = run([], Settings(jobs=1))
    monkeypatch.setattr(parser, "PAYS", 0)
    for jobs in (2, 5):
        together = run([], Settings(jobs=jobs))
        assert json.render(together.report) == json.render(alone.report)
        assert together.total == alone.total


@forks
@pytest.mark.parametrize(
    "text",
    ["x = " + "-" * 20_000 + "1\n", SUM, "x = a" + ".b" * 30_000 + "\n", "x = a" + "[0]" * 30_000 + "\n"],
    ids=["signs", "sum", "attributes", "items"],
)
def test_a_tower_is_refused_before_it_costs_a_minute_and_gigabytes(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parser, "_PREPARED", [])  # the one to come knows what is said here
    monkeypatch.setattr(workers, "parse", lambda path, text: os._exit(1))
    parsing = parser.Parser()
    with pytest.raises(Unparsable, match=f"^{TOO_DEEP}$"):
        parsing("x.py", NEEDLE + text)
    with pytest.raises(Unparsable, match=f"^{workers.DIED}$"):
        parsing("x.py", NEEDLE + "x = 1\n")
    parsing.close()


def test_a_worker_that_died_is_replaced() -> None:
    files = {"a.py": SUM, "b.py": "x = 1\n", "c.py": "x =\n", "d.py": BRACKETS, "e.py": "y = 2\n"}
    parsing, bad = parser.Parser(2), set()
    with pytest.MonkeyPatch.context() as patch, contextlib.closing(parsing):
        patch.setattr(workers, "SECONDS", 3.0)
        patch.setattr(parser, "PAYS", 0)
        parsing.announce(workers.Asked(*file) for file in files.items())
        for path in reversed(files):
            try:
                assert parsing(path, files[path]).path == path
            except Unparsable:
                bad.add(path)
    assert bad == {"a.py", "c.py", "d.py"}


@forks
def test_what_is_announced_is_parsed_whether_or_not_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, children: Callable[[], list[BaseProcess]]
) -> None:
    begun = []
    real = workers._Worker.begin

    def begin(self: Any, file: workers.Asked) -> None:
        begun.append(file.path)
        real(self, file)

    monkeypatch.setattr(workers._Worker, "begin", begin)
    with contextlib.closing(parser.Parser()) as parsing:
        parsing.announce(workers.Asked(f"{name}.py", f"{name} = 1\n", name == "d") for name in "abcd")
        assert parsing("c.py", "c = 1\n").path == "c.py"
        assert parsing("z.py", "z = 1\n").path == "z.py"
        parsing.check("d.py", "d = 1\n")
        assert parsing("b.py", "b = 1\n").path == "b.py"
        assert parsing("b.py", "b = 2\n").path == "b.py"
    assert begun == ["a.py", "c.py", "b.py", "z.py", "d.py", "b.py"]
    assert not children()


@forks
def test_who_was_prepared_parses_first(
    monkeypatch: pytest.MonkeyPatch, children: Callable[[], list[BaseProcess]]
) -> None:
    parser.prepare()
    parser.prepare()
    (child,) = children()
    with contextlib.closing(parser.Parser()) as parsing, contextlib.closing(parser.Parser()) as other:
        assert parsing("a.py", "a = 1\n").path == "a.py"
        assert children() == [child]
        assert other("a.py", "a = 1\n").path == "a.py"
    assert not children()
    monkeypatch.setattr(workers, "FORKS", False)
    parser.prepare()
    assert not children()


@pytest.mark.slow
@pytest.mark.parametrize("lets", [0, 1, 3])
def test_where_no_process_can_be_started_others_parse(
    tree: Path, monkeypatch: pytest.MonkeyPatch, lets: int
) -> None:
    """A system with too many processes, or too many open files, lets a few be started, or none."""
    before = run([], Settings(jobs=1))
    (tree / "brackets.py").write_text(BRACKETS)
    real, started = multiprocessing.Process.start, []

    def start(self: Any) -> None:
        if len(started) >= lets:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        started.append(self)
        real(self)

    for context in ("fork", "spawn"):
        process: Any = multiprocessing.get_context(context).Process  # type: ignore[attr-defined]
        monkeypatch.setattr(process, "start", start)
    monkeypatch.setattr(parser, "PAYS", 0)
    after = run([], Settings(jobs=9))
    assert len(started) == lets
    odd = [each for each in after.report.findings if each.place.path == "brackets.py"]
    assert [each.rule for each in odd] == ["unparsable"]
    assert [each for each in after.report.findings if each not in odd] == list(before.report.findings)
    assert after.report.flows == before.report.flows


def test_a_file_that_nobody_asks_for_is_only_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    parsing = parser.Parser()
    try:
        parsing.check("good.py", "x = 1\n")
        with pytest.raises(Unparsable):
            parsing.check("old.py", 'print "no"\n')
        monkeypatch.setattr(workers, "FORKS", False)
        with pytest.raises(Unparsable):
            parsing.check("old.py", 'print "no"\n')
    finally:
        parsing.close()


def test_a_class_whose_base_goes_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text("from case import TestCase\n\n\nclass Base(TestCase):\n    pass\n")
    (tmp_path / "case.py").write_text(
        'URL = "https://ims-na1.adobelogin.com/ims/exchange/jwt"\n\nfrom base import Base\n\n\n'
        "class TestCase(Base):\n    def url(self):\n        return self.__class__.other(URL)\n"
    )
    outcome = run([tmp_path], Settings())
    assert outcome.report.files.failed == ()


def test_what_is_asked_for_by_a_keyword(tmp_path: Path) -> None:
    (tmp_path / "token.py").write_text(
        "import requests\n\n\ndef url(pool):\n    session = requests.Session()\n"
        '    found = pool.adapters.get(key="ims") or session.adapters.get(*pool.keys)\n'
        '    return requests.post(found + "/ims/exchange/jwt", data={"jwt_token": pool.get(name="x")})\n'
    )
    outcome = run([tmp_path], Settings())
    assert outcome.report.files.failed == ()
    assert not any("mistake" in each.message for each in outcome.report.unfixed)


def test_what_takes_many_frames_gets_room_for_them() -> None:
    def depth(left: int) -> int:
        return depth(left - 1) + 1 if left else 0

    with catching.watched():
        assert catching.with_room(lambda: depth(5_000)) == 5_000
        with pytest.raises(KeyError, match="mine"):
            catching.with_room(lambda: {}["mine"])

"""How git is asked: read-only, and nothing that a repository's configuration names is ever run.

A repository may come from anybody, its ``.git/config`` with it, and that may name programs: a file monitor,
hooks, an external diff, filters, a pager, the transport of a remote. None of them is.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence

from ..records import dataclass

_GIT = (
    *("git", "--no-pager", "--no-optional-locks"),
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
)
SECONDS = 120.0
"""How long git may take: a pipe that is called .gitignore keeps it for ever."""
_SILENT: set[str] = set()
"""Folders in which it did not answer: nobody waits there twice."""
_NO_ANSWER = f"it did not answer within {SECONDS:.0f} seconds"
_NOWHERE = ("not a git repository", "must be run in a work tree")
_DRIVERS = r"^filter\..*\.(clean|smudge|process|required)$"
_SET = {"clean": "", "smudge": "", "process": "", "required": "false"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What git said."""

    code: int
    out: bytes
    err: str
    """In English. It may name paths and refs, and says nothing of a file's contents."""

    @property
    def line(self) -> str:
        """The first line of the answer."""
        return os.fsdecode(self.out).split("\n", 1)[0]


def ask(folder: str, *arguments: str, say: bytes = b"", without: tuple[str, ...] = ()) -> Answer | None:
    """Run git in ``folder``, with ``say`` on its standard input; None if there is no git, or no such folder.

    ``without`` are settings of the repository to be emptied for this run: see ``filters``.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {
        "LC_ALL": "C",
        # A partial clone would fetch what it lacks, by whatever program its configuration names.
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_CONFIG_COUNT": str(len(without)),
    }
    for number, name in enumerate(without):
        environment[f"GIT_CONFIG_KEY_{number}"] = name
        environment[f"GIT_CONFIG_VALUE_{number}"] = _SET[name.rpartition(".")[2]]
    if folder in _SILENT:
        return Answer(-1, b"", _NO_ANSWER)
    try:
        done = subprocess.run(  # noqa: S603 - fixed words; the folder is the working directory
            [*_GIT, *arguments],
            cwd=folder,
            env=environment,
            input=say,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        _SILENT.add(folder)
        return Answer(-1, b"", _NO_ANSWER)
    except OSError:
        return None
    return Answer(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))


class GitFailed(Exception):
    """There is a repository, and git does not say what is in it."""


def uncommitted(folder: str, paths: Sequence[str]) -> tuple[str, ...]:
    """Give those of ``paths`` (from ``folder``) that git could not give back as they are now.

    They have changed since the last commit, or are in none. Outside of a work tree that is nobody's business.
    Raises ``GitFailed``.
    """
    prefix = ask(folder, "rev-parse", "--show-prefix")
    if prefix is None or _is_nowhere(prefix):
        return ()
    answer = ask(
        folder,
        *("--literal-pathspecs", "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"),
        *("--ignored=matching", "--ignore-submodules=all", "--", *paths),
        without=filters(folder),
    )
    if answer is None or _is_nowhere(answer):
        return ()
    if answer.code or prefix.code:
        raise GitFailed((answer.err or prefix.err).strip().split("\n")[0])
    above = prefix.out.removesuffix(b"\n")
    names = (entry[3:].removeprefix(above) for entry in answer.out.split(b"\0") if entry)
    return tuple(sorted({os.fsdecode(name) for name in names} & set(paths)))


def _is_nowhere(answer: Answer) -> bool:
    return any(words in answer.err for words in _NOWHERE)


def filters(folder: str) -> tuple[str, ...]:
    """Give the settings that name a filter: comparing a work tree would run it."""
    answer = ask(folder, "config", "-z", "--name-only", "--get-regexp", _DRIVERS)
    if answer is None or answer.code:
        return ()
    names = {os.fsdecode(name) for name in answer.out.split(b"\0") if name}
    drivers = sorted({re.sub(r"\.[^.]*$", "", name) for name in names})
    return tuple(f"{driver}.{setting}" for driver in drivers for setting in _SET)

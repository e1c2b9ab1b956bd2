"""What git says has changed since a ref: which files, which lines of them, and what they held before.

The comparison is with the merge base of the ref and the head, as in a pull request. The new side is the work
tree as it is, uncommitted changes and untracked files included, or a commit. Lines are those of git (they end
at a line feed) and count from 1; paths are relative to the folder that is asked about, with forward slashes.
Submodules are not looked into.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from .edits import quote_path
from .files import read
from .records import dataclass
from .tree import git

_DIFF = (
    "-c", "core.quotePath=true", "-c", "diff.suppressBlankEmpty=false", "-c", "diff.renameLimit=1000",
    "diff", "--no-ext-diff", "--no-textconv", "--no-color", "--text", "--find-renames", "--relative",
    "--ignore-submodules=all", "--diff-algorithm=myers", "--indent-heuristic", "--inter-hunk-context=0",
    "--src-prefix=a/", "--dst-prefix=b/", "-O/dev/null",
)  # fmt: skip
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_FILE = ("100644", "100755")

WHOLE = "fetch the whole history (git fetch --unshallow; with actions/checkout, fetch-depth: 0)"


class HistoryError(Exception):
    """git cannot say what has changed; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """A piece of a diff, with three lines of context on either side."""

    old_start: int
    old_length: int
    new_start: int
    new_length: int
    added: frozenset[int]
    """The lines of the new side that the old one has not."""
    context: Mapping[int, int]
    """The lines of the new side that both have, and which of the old side they are."""

    def __contains__(self, line: object) -> bool:
        """Say whether a line of the new side is shown in this hunk."""
        return isinstance(line, int) and self.new_start <= line < self.new_start + self.new_length


@dataclass(frozen=True, slots=True)
class Changed:
    """A file that is there now and is not what it was."""

    path: str
    before: str | None
    """Its path at the merge base; None if it was not there."""
    blob: str = ""
    """What git calls its content at the merge base; empty if it was not there as a file."""
    untracked: bool = False


class History:
    """What has changed in ``folder`` since ``ref``.

    With ``head`` the new side is that commit, without it the work tree. Raises ``HistoryError``.
    """

    def __init__(self, folder: Path, ref: str, head: str | None = None) -> None:
        """Find the merge base; the rest is asked when it is wanted."""
        self._folder = str(folder)
        self._check()
        self.head = self._commit(head or "HEAD")
        """The commit of the new side, or the one that the work tree is based on."""
        self.since = self._commit(ref)
        """The commit that ``ref`` names."""
        self.base = self._merge_base(ref)
        """The merge base."""
        self._committed = head is not None

    @cached_property
    def files(self) -> Mapping[str, Changed]:
        """The files that are new, changed or renamed, by their path now."""
        files, gone = self._listed
        if not self._committed:
            files = {**files, **{path: _untracked(path, gone) for path in self._untracked()}}
        return dict(sorted(files.items()))

    @cached_property
    def deleted(self) -> Mapping[str, str]:
        """The files that are not there any more, renamed ones left out, and what git calls their content."""
        return {path: blob for path, blob in self._listed[1].items() if path not in self.files}

    def hunks(self, path: str) -> tuple[Hunk, ...]:
        """Give the pieces of a file that differ; none if it is what it was, or is no file."""
        changed = self.files.get(path)
        if changed is None:
            return ()
        if changed.untracked:
            return self._all_new(path)
        if path not in self._hunks:
            self._hunks[path] = tuple(hunks(self._patch(changed), path))
        return self._hunks[path]

    def touched(self, path: str) -> frozenset[int]:
        """Give the lines of a file that were added or changed."""
        return frozenset(line for hunk in self.hunks(path) for line in hunk.added)

    def old_line(self, path: str, line: int) -> int | None:
        """Give the line at the merge base that ``line`` was; None if it is new."""
        shift = 0
        for hunk in self.hunks(path):
            if line in hunk:
                return hunk.context.get(line)
            if hunk.new_start + hunk.new_length > line:
                break
            shift = _end(hunk.old_start, hunk.old_length) - _end(hunk.new_start, hunk.new_length)
        return line + shift

    def old_path(self, path: str) -> str | None:
        """Give the path that a file had at the merge base; None if it was not there."""
        changed = self.files.get(path)
        return path if changed is None else changed.before

    def old(self, path: str) -> bytes | None:
        """Give what a file that is there now held at the merge base; None if it was not there."""
        changed = self.files.get(path)
        if changed is None:
            return self._blob(f"{self.base}:./{path}")
        return self._blob(changed.blob) if changed.blob else None

    def now(self, path: str) -> bytes | None:
        """Give what a file holds in the commit ``head``; None if it is not there."""
        return self._blob(f"{self.head}:./{path}")

    def undone(self, wanted: Callable[[str], bool]) -> dict[str, bytes | None]:
        """Give what turns the new side into the merge base: contents by path, None for what was not there.

        What was there is given only for the paths that are ``wanted``.
        """
        gone = {path: None for path, one in self.files.items() if one.before != path}
        then = {one.before: one.blob for one in self.files.values() if one.before}
        then.update(self.deleted)
        return {**gone, **self._blobs({path: blob for path, blob in then.items() if wanted(path)})}

    # -- how git is asked -----------------------------------------------------------------------------

    def _ask(self, *arguments: str, say: bytes = b"", without: tuple[str, ...] = ()) -> git.Answer:
        answer = git.ask(self._folder, "--literal-pathspecs", *arguments, say=say, without=without)
        if answer is None:
            raise HistoryError("git is not installed, and only git can say what has changed")
        return answer

    def _check(self) -> None:
        answer = self._ask("rev-parse", "--is-inside-work-tree")
        if "dubious ownership" in answer.err:
            raise HistoryError(
                f"{self._folder}: git does not trust this repository, because it belongs to another user;"
                " see safe.directory in `git help config`"
            )
        if answer.code or answer.line != "true":
            raise HistoryError(f"{self._folder}: this is no git work tree, so nobody knows what has changed")

    def _commit(self, ref: str) -> str:
        """Give the name of a commit, or say that there is none of that name."""
        answer = None
        if ref and not ref.startswith("-") and "\0" not in ref:
            answer = self._ask("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        if answer is not None and answer.code == 0:
            return answer.line
        if ref == "HEAD":
            raise HistoryError(f"{self._folder}: this repository has no commit yet")
        why = f"there is no commit {ref} in this clone"
        raise HistoryError(f"{why}, which is shallow: {WHOLE}" if self._shallow() else f"{why}: fetch it")

    def _merge_base(self, ref: str) -> str:
        answer = self._ask("merge-base", self.since, self.head)
        if answer.code == 0:
            return answer.line
        if self._shallow():
            raise HistoryError(f"this clone is shallow and does not reach back to {ref}: {WHOLE}")
        raise HistoryError(
            f"{ref} and the head have no commit in common, so there is nothing to compare with"
        )

    def _shallow(self) -> bool:
        return self._ask("rev-parse", "--is-shallow-repository").line == "true"

    @cached_property
    def _hunks(self) -> dict[str, tuple[Hunk, ...]]:
        return {}

    @cached_property
    def _listed(self) -> tuple[dict[str, Changed], dict[str, str]]:
        """The files that git lists as changed, and those that are gone, with what it calls their content."""
        fields = iter(self._diff("--raw", "--no-abbrev", "-z").split(b"\0"))
        files: dict[str, Changed] = {}
        gone: dict[str, str] = {}
        for head in fields:
            if not head.startswith(b":"):
                continue
            mode, new_mode, blob, _, status = os.fsdecode(head[1:]).split(" ")
            path = os.fsdecode(next(fields))
            blob = blob if mode in _FILE else ""
            if status[0] in "RC":
                before, path = path, os.fsdecode(next(fields))
                files[path] = Changed(path, before, blob)
            elif new_mode in _FILE:
                files[path] = Changed(path, path if blob else None, blob)
            elif blob:
                gone[path] = blob
        return files, gone

    def _untracked(self) -> Iterator[str]:
        answer = self._ask("ls-files", "-z", "--others", "--exclude-standard")
        for name in answer.out.split(b"\0"):
            if name and not name.endswith(b"/"):  # not a repository inside this one
                yield os.fsdecode(name)

    def _patch(self, changed: Changed) -> bytes:
        paths = {changed.path, changed.before or changed.path}
        return self._diff("--patch", "--unified=3", paths=tuple(sorted(paths)))

    def _diff(self, *how: str, paths: tuple[str, ...] = ()) -> bytes:
        sides = (self.base, self.head) if self._committed else (self.base,)
        without = () if self._committed else git.filters(self._folder)
        answer = self._ask(*_DIFF, *how, *sides, "--", *paths, without=without)
        if answer.code:
            said = answer.err.strip().partition("\n")[0]
            why = self._partial() or (f" ({said})" if said else "")
            raise HistoryError(f"git could not compare with {self.base[:12]}{why}")
        return answer.out

    def _all_new(self, path: str) -> tuple[Hunk, ...]:
        try:
            data = read(Path(self._folder, path))
        except OSError:
            return ()
        length = data.count(b"\n") + (not data.endswith(b"\n"))
        return (Hunk(0, 0, 1, length, frozenset(range(1, length + 1)), {}),) if data else ()

    def _blob(self, name: str) -> bytes | None:
        found = self._ask("rev-parse", "--verify", "--quiet", name)
        if found.code:
            return None
        answer = self._ask("cat-file", "blob", found.line)
        if answer.code == 0:
            return answer.out
        if self._ask("cat-file", "-t", found.line).code == 0:
            return None  # a directory
        raise HistoryError(f"git lacks what files held before{self._partial()}")

    def _blobs(self, names: Mapping[str, str]) -> dict[str, bytes | None]:
        """Give contents by path for names of blobs by path."""
        wanted = sorted(names)
        say = "".join(f"{names[path]}\n" for path in wanted).encode()
        out = self._ask("cat-file", "--batch", say=say).out if wanted else b""
        found: dict[str, bytes | None] = {}
        for path in wanted:
            head, _, out = out.partition(b"\n")
            if not re.fullmatch(rb"[0-9a-f]+ blob \d+", head):
                raise HistoryError(f"git lacks what files held before{self._partial()}")
            length = int(head.rpartition(b" ")[2])
            found[path], out = out[:length], out[length + 1 :]
        return found

    def _partial(self) -> str:
        """Say so if the clone is one that fetches what it lacks, which is not done here."""
        answer = self._ask(
            "config", "--name-only", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$"
        )
        return ": this clone is a partial one, make it without --filter" if answer.code == 0 else ""


def _untracked(path: str, gone: Mapping[str, str]) -> Changed:
    return Changed(path, path if path in gone else None, gone.get(path, ""), untracked=True)


def hunks(patch: bytes, path: str | None = None) -> Iterator[Hunk]:
    """Read the hunks of a patch; only those of ``path``, if the patch is of more than one file.

    A patch that breaks off is read as far as it goes.
    """
    ours = b"+++ " + quote_path(f"b/{path}")
    lines = iter(patch.split(b"\n"))
    inside = path is None
    for line in lines:
        match = _HUNK.match(line)
        if match is not None:
            hunk = _hunk(lines, *(int(1 if each is None else each) for each in match.groups()))
            if hunk is not None and inside:
                yield hunk
        elif path is not None:
            inside = line.rstrip(b"\t") == ours or (inside and not line.startswith(b"diff --git "))


def _hunk(
    lines: Iterator[bytes], old_start: int, old_length: int, new_start: int, new_length: int
) -> Hunk | None:
    """Read the body of a hunk: just as many lines as its head says."""
    old, new = old_start, new_start
    added: set[int] = set()
    context: dict[int, int] = {}
    while old < old_start + old_length or new < new_start + new_length:
        sign = next(lines, b"?")[:1]
        if sign == b"?":
            return None
        if sign == b"+":
            added.add(new)
        elif sign in (b" ", b""):
            context[new] = old
        old += sign in (b" ", b"", b"-")
        new += sign in (b" ", b"", b"+")
    return Hunk(old_start, old_length, new_start, new_length, frozenset(added), context)


def _end(start: int, length: int) -> int:
    """Give the last line of a piece; where it is empty, git names the line before it."""
    return start + length - 1 if length else start

"""Run a customer's program against the stand-in: ``with Stand() as stand: stand.run(tree, ["main.py"])``.

A ``Stand`` owns a stand-in for IMS, its certificate authority, the customers' keys, and one warm
interpreter (zygote.py) that forks for each program: a run costs tens of milliseconds. Use one a process;
runs do not overlap.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ims import Mode, Request, Server, StandIn
from pki import Authority, CustomerKeys

ZYGOTE = Path(__file__).with_name("zygote.py")
NOTEBOOKS = Path(__file__).with_name("run_notebook.py")
TIMEOUT = 90.0


@dataclass(frozen=True, slots=True)
class Result:
    """How a program ended, and what it asked of the world."""

    code: int | None
    """The exit code; None if it took too long and was killed."""
    stdout: str
    stderr: str
    requests: tuple[tuple[Request, int], ...]
    """Each request with the status that it was answered with."""

    def asked(self, kind: str) -> tuple[Request, ...]:
        """The requests of one kind: ``exchange``, ``token`` or ``api``."""
        return tuple(request for request, _ in self.requests if request.kind == kind)

    @property
    def story(self) -> str:
        """All of it in words, for the message of a failed test."""
        lines = [f"exit code {self.code}", f"stdout: {self.stdout!r}", f"stderr:\n{self.stderr}"]
        lines += [f"{status} {r.method} {r.host}{r.path} {sorted(r.form)}" for r, status in self.requests]
        return "\n".join(lines)


class Stand:
    """The stand-in and the warm interpreter, for as long as the ``with`` lasts."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self.keys = CustomerKeys()
        self.ims = StandIn(self.keys)

    def __enter__(self) -> Self:
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="jwt2oauth-stand-")))
        self._notebooks = self._folder / "notebooks" / NOTEBOOKS.name
        self._notebooks.parent.mkdir()
        shutil.copy(NOTEBOOKS, self._notebooks)
        self.authority = Authority(self._folder)
        server = Server(self.ims, self.authority)
        server.start()
        self._stack.callback(server.stop)
        self.port = server.port
        self._start_zygote(self.port)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def run(
        self,
        tree: Path,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        *,
        mode: Mode = Mode.NORMAL,
        migrated: bool = False,
        sites: Sequence[Path] = (),
        old_pyjwt: bool = False,
        timeout: float = TIMEOUT,
    ) -> Result:
        """Run ``python ARGV…``, or a notebook, in ``tree``.

        ``migrated`` is the world after Adobe has switched the exchange off;
        ``sites`` are folders of libraries that it finds installed; ``old_pyjwt`` makes ``jwt.encode``
        give bytes, as it did before 2.0.
        """
        self.ims.reset(mode, migrated=migrated)
        out, err = self._folder / "stdout", self._folder / "stderr"
        task = {
            "argv": [str(self._notebooks), *argv] if argv[0].endswith(".ipynb") else list(argv),
            "cwd": str(tree),
            "env": {**self.environment, **(env or {})},
            "out": str(out),
            "err": str(err),
            "sites": [str(site) for site in sites],
            "old_pyjwt": old_pyjwt,
            "timeout": timeout,
        }
        print(json.dumps(task), file=self._lines, flush=True)
        answer = self._lines.readline()
        if not answer:
            raise RuntimeError("the warm interpreter has died")
        return Result(json.loads(answer), _text(out), _text(err), tuple(self.ims.log))

    @property
    def environment(self) -> dict[str, str]:
        """What every program finds in its environment: no more than it needs."""
        authority = str(self.authority.path)
        trust = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), authority)
        home = str(self._folder / "home")
        plain = {"PATH": os.defpath, "HOME": home, "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONUTF8": "1"}
        return {**plain, **trust, "PYTEST_ADDOPTS": "-p no:hypothesispytest"}  # it would load Hypothesis

    def _start_zygote(self, port: int) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-I", "-B", "-X", "utf8", str(ZYGOTE), str(theirs.fileno()), str(port)]
        with theirs:
            process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=self.environment)
        self._stack.callback(process.wait)
        self._stack.enter_context(ours)
        self._lines = self._stack.enter_context(ours.makefile("rw"))
        if self._lines.readline() != "ready\n":
            raise RuntimeError("the warm interpreter did not start")


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.exists() else ""

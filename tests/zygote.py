"""Run by runner.py in an interpreter of its own: import the slow libraries once, then fork for each program.

Speaks JSON lines over the socket whose descriptor is its first argument; the second is the stand-in's port.
Every connection that a program opens, to whatever host, goes to that port.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import importlib.metadata
import json
import os
import runpy
import select
import signal
import socket
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from typing import Any

LONGEST_SLEEP = 0.005
LIBRARIES = (
    "aiohttp",
    "authlib.integrations.requests_client",
    "cryptography.hazmat.backends.openssl.backend",
    "cryptography.hazmat.primitives.serialization",
    "httpx",
    "jose.jwt",
    "jwt",
    "pydantic_settings",
    "pytest",
    "requests",
    "requests_mock",
    "responses",
    "respx",
    "unittest.mock",
    "yaml",
)


def redirect(port: int) -> None:
    """Send every TCP connection of this process to the stand-in."""
    stand_in = ("127.0.0.1", port)
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def elsewhere(self: socket.socket, address: Any) -> Any:
        return stand_in if self.family == socket.AF_INET else address

    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", stand_in)]

    patched: dict[str, Callable[..., Any]] = {
        "connect": lambda self, address: connect(self, elsewhere(self, address)),
        "connect_ex": lambda self, address: connect_ex(self, elsewhere(self, address)),
    }
    for name, function in patched.items():
        setattr(socket.socket, name, function)
    socket.getaddrinfo = getaddrinfo
    socket.gethostbyname = lambda _: stand_in[0]


def preload() -> None:
    """Import what customers' programs import, so that a fork finds it there."""
    certifi: Any = importlib.import_module("certifi")
    certifi.where = certifi.core.where = lambda: os.environ["SSL_CERT_FILE"]
    for name in LIBRARIES:
        importlib.import_module(name)
    load_plugins()
    trust_keys()
    warm_up()


def warm_up() -> None:
    """Sign and ask once: what OpenSSL, its wrappers and the clients then look up, a fork finds there."""
    rsa: Any = importlib.import_module("cryptography.hazmat.primitives.asymmetric.rsa")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    serialization: Any = sys.modules["cryptography.hazmat.primitives.serialization"]
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for module in ("jwt", "jose.jwt"):
        sys.modules[module].encode({}, pem.decode(), algorithm="RS256")
    url, form = "https://ims-na1.adobelogin.com/", {"warm": "up"}
    for client in ("requests", "httpx"):
        sys.modules[client].post(url, data=form, timeout=30)


def load_plugins() -> None:
    """Import all that pytest loads: a program that calls it would rewrite its assertions, for seconds."""
    config: Any = importlib.import_module("_pytest.config")
    rewrite: Any = importlib.import_module("_pytest.assertion.rewrite")
    for name in config.default_plugins:
        importlib.import_module(f"_pytest.{name}")
    for plugin in importlib.metadata.entry_points(group="pytest11"):
        plugin.load()
    rewrite.AssertionRewritingHook._warn_already_imported = lambda *_: None


def trust_keys() -> None:
    """Load private keys without testing their primes, which takes longer than all the rest of a run."""
    base: Any = importlib.import_module("cryptography.hazmat.primitives.serialization.base")
    load = functools.partial(base.load_pem_private_key, unsafe_skip_rsa_key_validation=True)
    for module in (
        base,
        sys.modules["cryptography.hazmat.primitives.serialization"],
        sys.modules["jwt.algorithms"],
    ):
        setattr(module, "load_pem_private_key", load)  # noqa: B010 (mypy knows these modules)


def old_pyjwt() -> None:
    """Make PyJWT give bytes, as it did before 2.0."""
    jwt: Any = importlib.import_module("jwt")
    encode = jwt.encode
    jwt.encode = lambda *args, **kwargs: encode(*args, **kwargs).encode()


def install(site: str) -> None:
    """What the customer has installed stands before what we have, or in its place by the same name."""
    sys.path.insert(0, site)
    theirs = {name.partition(".")[0] for name in os.listdir(site)}
    for name in [name for name in sys.modules if name.partition(".")[0] in theirs]:
        del sys.modules[name]


def become(task: dict[str, Any]) -> int:
    """In the child: be the customer's program, and say how it ended."""
    os.setsid()
    for descriptor, path, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, task["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, task["err"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        os.dup2(os.open(path, flags, 0o600), descriptor)
    os.environ.clear()
    os.environ.update(task["env"])
    os.chdir(task["cwd"])
    warnings.simplefilter("ignore", DeprecationWarning)  # the program may be older than this Python
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(min(float(seconds), LONGEST_SLEEP))
    for site in task["sites"]:
        install(site)
    if task["old_pyjwt"]:
        old_pyjwt()
    code = execute(task["argv"])
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code


def execute(argv: list[str]) -> int:
    """``python ARGV…``: a file, or ``-m`` and a module."""
    try:
        if argv[0] == "-m":
            sys.argv = argv[1:]
            sys.path.insert(0, os.getcwd())
            runpy.run_module(argv[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = list(argv)
            sys.path.insert(0, os.path.dirname(os.path.abspath(argv[0])))
            runpy.run_path(argv[0], run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def fork(task: dict[str, Any]) -> int | None:
    """Run one program in a child; None if it had to be killed."""
    alive, held = os.pipe()
    child = os.fork()
    if not child:
        code = 70
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            code = become(task)
        finally:
            os._exit(code)
    os.close(held)
    in_time = bool(select.select([alive], [], [], task["timeout"])[0])
    os.close(alive)
    if not in_time:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) if in_time else None


def main() -> None:
    """Serve programs until the other end hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.dont_write_bytecode = True
    channel = socket.socket(fileno=int(sys.argv[1]))
    redirect(int(sys.argv[2]))
    preload()
    gc.collect()
    gc.freeze()
    with channel.makefile("rw") as lines:
        print("ready", file=lines, flush=True)
        for line in lines:
            print(json.dumps(fork(json.loads(line))), file=lines, flush=True)


if __name__ == "__main__":
    main()

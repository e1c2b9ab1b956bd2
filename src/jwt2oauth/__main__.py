"""``python -m jwt2oauth`` and the script of the same name."""

from __future__ import annotations

import gc
import io
import os
import site
import sys

COLLECT = 500_000
"""Objects that may be made before Python looks for those that nobody can reach any more. Nearly all of ours
live until the end; to look for others time and again, and once more at the end, took a fifth of a run."""


FAILED = 2
INTERRUPTED = 130
"""Stopped by Ctrl-C, as the shells have it."""
GONE = 141
"""Whoever read the output is gone."""


def main() -> int:
    """Run the command line, for a process that ends with it."""
    gc.set_threshold(COLLECT)
    _take_closed_streams()
    try:
        code = _run()
        if code == INTERRUPTED:
            _heed_no_more()
    except KeyboardInterrupt:  # while it was being loaded, or once more while it was ending
        _heed_no_more()
        _complain(b"jwt2oauth: interrupted\n")
        code = INTERRUPTED
    gc.freeze()
    return _flushed(code)


def _flushed(code: int) -> int:
    """Write what is left of the output; Python would do so after us, and fail with a code of its own."""
    try:
        sys.stderr.flush()
    except OSError:  # there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = GONE
    except OSError as error:
        if code != FAILED:  # or it has been said
            _complain(f"jwt2oauth: the output could not be written: {error.strerror}\n".lower().encode())
        code = FAILED
    else:
        return code
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return code


def _take_closed_streams() -> None:
    """Open something in the place of standard streams that are closed.

    The next file that is opened would have their number, and would be given what others write to it. What is
    written to the output is refused by the system, as if it were closed; messages go nowhere.
    """
    for number, name, mode in (
        (0, "stdin", os.O_RDONLY),
        (1, "stdout", os.O_RDONLY),
        (2, "stderr", os.O_WRONLY),
    ):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, mode)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            raw = io.FileIO(number, "w" if number else "r", closefd=False)
            setattr(sys, name, io.TextIOWrapper(raw, encoding="utf-8", write_through=True))


def _run() -> int:
    # ``python -m`` puts the working directory first: a tree that is examined may hold a libcst.py.
    # What is installed stays, also for somebody who looks at just that.
    try:
        here = os.path.realpath(".")
    except OSError as error:
        _complain(
            f"jwt2oauth: the working directory: {(error.strerror or 'is not there').lower()}\n".encode()
        )
        return 2
    if here not in map(os.path.realpath, site.getsitepackages()):
        sys.path[:] = [path for path in sys.path if path and os.path.realpath(path) != here]
    from .quick import answer

    said = answer(sys.argv[1:], _prepare)
    if said is not None and _say(said):
        return 0
    from .cli import main as run

    return run()


def _prepare() -> None:
    """Let another process load LibCST while this one loads the command line and all that follows."""
    from .python.facts.parser import prepare

    prepare()


def _say(text: str) -> bool:
    """Write to standard output; False if it takes nothing, of which the command line knows what to say."""
    try:
        return os.write(sys.stdout.fileno(), text.encode()) == len(text)
    except (OSError, ValueError):
        return False


def _heed_no_more() -> None:
    """Let no other Ctrl-C end what has ended: it would do so with a code of its own."""
    from signal import SIG_IGN, SIGINT, signal

    signal(SIGINT, SIG_IGN)


def _complain(text: bytes) -> None:
    import contextlib  # a clean file does without

    with contextlib.suppress(OSError):
        os.write(2, text)


if __name__ == "__main__":
    sys.exit(main())

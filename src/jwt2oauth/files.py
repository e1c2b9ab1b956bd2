"""Files of which nobody knows what they are: to open one must not wait, to read it not take all memory."""

from __future__ import annotations

import errno
import os
import stat
import struct

LIMIT = 16 * 1024 * 1024
"""Bytes; what is larger is data, neither code nor configuration."""
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
"""A pipe that nobody writes to would keep whoever opens it waiting."""


STAMP = struct.Struct(">QQQqq")
"""What the system says of a file that changes with it: device, inode, size in bytes, and the times of its
content and of anything else of it, in nanoseconds; so packed, later is larger."""


def stamp(status: os.stat_result) -> bytes:
    """Give the stamp of a file."""
    return STAMP.pack(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def why(error: OSError) -> str:
    """Say in lower case why a file could not be read; its name is said beside it."""
    return (error.strerror or "cannot be read").lower()


def read(name: str | os.PathLike[str], limit: int | None = LIMIT) -> bytes:
    """Read a file as a whole, by as few calls of the system as there can be.

    Raises ``OSError``, also for what is no regular file, or has more than ``limit`` bytes.
    """
    handle = os.open(name, _FLAGS)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", os.fspath(name))
        if limit is not None and status.st_size > limit:
            raise OSError(errno.EFBIG, "File too large", os.fspath(name))
        data = os.read(handle, status.st_size + 1)
        while len(data) != status.st_size and (more := os.read(handle, 1 << 20)):  # it grows, or in pieces
            data += more
            if limit is not None and len(data) > limit:
                raise OSError(errno.EFBIG, "File too large", os.fspath(name))
        return data
    finally:
        os.close(handle)

"""Files out of packages of npm, for tests that compare with what others have published; fetched once.

They are kept outside of the tree. Where there is no npm, the test that wants one is skipped and says so; in
CI, which sets ``JWT2OAUTH_NEED_NPM``, it fails.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jwt2oauth-tests"


def file(package: str, version: str, integrity: str, member: str) -> Path:
    """Give a file of a package, whose tarball has the ``integrity`` that npm's own lock files would name."""
    kept = FOLDER / f"{package.strip('@').replace('/', '-')}-{version}" / Path(member).name
    if not kept.exists():
        try:
            _fetch(f"{package}@{version}", integrity, member, kept)
        except (OSError, subprocess.SubprocessError) as error:
            if os.environ.get("JWT2OAUTH_NEED_NPM"):
                raise
            pytest.skip(f"npm does not give {package}: {type(error).__name__}")
    return kept


def _fetch(name: str, integrity: str, member: str, kept: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        command = [npm, "pack", "--silent", "--ignore-scripts", name]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
        (tarball,) = Path(folder).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
        assert f"sha512-{digest}" == integrity, f"{name} is not the package that these tests know"
        with tarfile.open(tarball) as archive:
            opened = archive.extractfile(f"package/{member}")
            assert opened is not None, f"{name} has no {member}"
            (Path(folder) / "file").write_bytes(opened.read())
        os.replace(Path(folder) / "file", kept)  # another worker may have been faster: it is the same file

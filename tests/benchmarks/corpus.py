"""The trees that are searched: pinned packages as they are published, and customers' files planted in them.

``python tests/benchmarks/corpus.py DIR`` makes ``DIR/large`` and ``DIR/medium``, each a git repository. It
needs an index of packages, 3 GB while it unpacks, and a few minutes; what is there already is not made again.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MEDIUM = ("django==6.1.3", "twisted==26.10.0", "sentry-sdk==2.75.0")
LARGE = (
    *MEDIUM,
    *("homeassistant==2025.4.4", "ansible==14.5.0", "ansible-core==2.21.5", "sqlalchemy==2.1.9"),
    *("numpy==2.5.5", "scipy==1.18.1", "pandas==3.1.1", "sympy==1.14.0", "scikit-learn==1.9.1"),
    *("matplotlib==3.11.2", "apache-airflow-core==3.3.2", "apache-airflow-providers-google==22.8.0"),
    *("apache-airflow-providers-amazon==9.39.0", "azure-mgmt-network==33.1.0", "botocore==1.44.5"),
    *("boto3==1.44.5", "plotly==7.1.0", "wagtail==8.0.1", "networkx==3.7", "jax==0.12.0.1"),
)
PYTHON = "3.13"
"""Whose wheels are taken: the newest releases have none for older ones."""
LEFT_OUT = ("fortinet", "cisco", "dellemc", "hitachivantara", "f5networks")
"""Collections of ansible that would be half of everything, and all alike."""
LIMIT = 5_000_000
PLANTED = (
    *("two-functions", "cached-client", "inline-key", "ini-sections", "httpx-sync", "urllib-request"),
    *("hand-rolled-signing", "key-from-environment", "lru-caches", "latin-1-and-tabs", "unparsable-python-2"),
)
DECOYS = ("not-adobe-google-service-account", "not-adobe-github-app", "not-adobe-box", "not-adobe-twin")
"""Fixtures: those that hold a flow, and those that look like one and are not."""


def build(folder: Path) -> None:
    """Make both trees."""
    wheels = folder / "wheels"
    for name, packages in (("medium", MEDIUM), ("large", LARGE)):
        tree = folder / name
        if tree.exists():
            continue
        making = folder / f"{name}.part"
        shutil.rmtree(making, ignore_errors=True)
        for wheel in _download(packages, wheels):
            _unpack(wheel, making / wheel.name.partition("-")[0])
        plant(making)
        making.rename(tree)


def plant(tree: Path) -> None:
    """Put the customers' files between the others, and make a repository of it all."""
    for fixture in (*PLANTED, *DECOYS):
        shutil.copytree(
            ROOT / "fixtures" / fixture / "before", tree / "planted" / fixture, dirs_exist_ok=True
        )
    for command in (["init", "-q"], ["add", "."], ["gc", "-q"]):
        subprocess.run(["git", *command], cwd=tree, check=True)


def _download(packages: Iterable[str], wheels: Path) -> Iterator[Path]:
    for package in packages:
        name, _, version = package.replace("-", "_").partition("==")
        found = [*wheels.glob(f"{name}-{version}-*.whl")]
        if not found:
            options = ["--no-deps", "--only-binary=:all:", "--python-version", PYTHON, "-d", str(wheels)]
            subprocess.run([sys.executable, "-m", "pip", "download", "-q", *options, package], check=True)
            found = [*wheels.glob(f"{name}-{version}-*.whl")]
        yield found[0]


def _unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            parts = entry.filename.split("/")
            if not entry.filename.endswith((".py", ".pyi")) or entry.file_size > LIMIT:
                continue
            if not any(part in LEFT_OUT for part in parts):
                archive.extract(entry, folder)


if __name__ == "__main__":
    build(Path(sys.argv[1]).resolve())

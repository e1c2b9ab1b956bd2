"""The inputs: each a small tree, and a function of its seed and number alone."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random

import trees
from trees import Keyring

from jwt2oauth.config.documents import kind_of

from . import mingled, octets, python

Files = Mapping[str, bytes]
WRITTEN_BY_HAND = (".py", ".ipynb", ".ini", ".cfg", ".json", ".yaml", ".yml", ".toml", ".txt", ".env")
"""What bytes are bent in; and everything whose name begins with ``.env``."""


@cache
def keyring() -> Keyring:
    """Keys that are none, and the same ones every time."""
    random = Random("keys")

    def pem(kind: str) -> bytes:
        body = base64.b64encode(random.randbytes(48 * 20 + 7)).decode()
        lines = [body[at : at + 64] for at in range(0, len(body), 64)]
        return "\n".join((f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----", "")).encode()

    return Keyring(pem("PRIVATE KEY"), pem("PRIVATE KEY"), pem("CERTIFICATE"))


def canaries() -> tuple[str, ...]:
    """Every full line of a key."""
    return tuple(line.decode() for line in keyring().key_lines)


@cache
def _fixtures() -> tuple[tuple[str, Files], ...]:
    return tuple((each.name, keyring().fill(trees.read(each.before))) for each in trees.load_all())


def bent_python(seed: int, number: int) -> Files:
    """A fixture, the Python of one or two of its files mutated."""
    random = Random(f"python {seed} {number}")
    _, files = random.choice(_fixtures())
    modules = [path for path in files if path.endswith(".py")]
    if not modules:
        return files
    some = random.sample(modules, min(len(modules), random.choice((1, 1, 2))))
    times = random.choice((1, 1, 2, 3, 5, 8))
    return {
        path: python.mutate(data, random, times) if path in some else data for path, data in files.items()
    }


def bent_bytes(seed: int, number: int) -> Files:
    """A fixture, the bytes of one of its files mutated; every kind of file has the same chance."""
    random = Random(f"bytes {seed} {number}")
    kind = random.choice(WRITTEN_BY_HAND)
    having = [files for _, files in _fixtures() if any(_is(path, kind) for path in files)]
    files = random.choice(having)
    path = random.choice([path for path in files if _is(path, kind)])
    others = [
        data
        for tree in random.sample(having, min(len(having), 3))
        for name, data in tree.items()
        if _is(name, kind)
    ]
    return {**files, path: octets.mutate(files[path], random, random.choice((1, 1, 2, 3, 6)), others)}


def mingled_trees(seed: int, number: int) -> Files:
    """A fixture, its files mingled with each other and with what others wrote."""
    random = Random(f"mingled {seed} {number}")
    _, files = random.choice(_fixtures())
    return mingled.mutate(files, random, random.choice((1, 1, 2, 3)))


def _is(path: str, kind: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith(".env") if kind == ".env" else name.endswith(kind) or f"{kind}." in name


def with_needle(module: str, seed: int, number: int) -> Files:
    """A generated module, and the code of a fixture before it, after it or in a function."""
    random = Random(f"needle {seed} {number}")
    single = [files for _, files in _fixtures() if sum(path.endswith(".py") for path in files) == 1]
    files = random.choice(single)
    path = next(path for path in files if path.endswith(".py"))
    needle = files[path].decode("latin-1")
    whole = module if module.endswith("\n") else module + "\n"
    text = random.choice(
        (whole + needle, needle + whole, whole + "URL = '/ims/exchange/jwt'\n", whole + needle + whole)
    )
    if random.random() < 0.3:
        indented = "".join(
            "    " + line if line.strip() else line for line in needle.splitlines(keepends=True)
        )
        text = f"{whole}def run():\n{indented}"
    return {**files, path: text.encode("utf-8", "surrogatepass")}


def write_corpus(folder: Path, choices: Sequence[str]) -> None:
    """The configuration and the manifests of the fixtures, each behind the byte that chooses its reader."""
    folder.mkdir()
    for name, files in _fixtures():
        for path, data in files.items():
            base = path.rpartition("/")[2]
            kind = "notebook" if base.endswith(".ipynb") else base if base in choices else kind_of(path)
            if kind in choices:
                file = folder / f"{name}-{path.replace('/', '-')}"
                file.write_bytes(bytes([choices.index(kind)]) + data)


def below_strangers(seed: int, number: int) -> tuple[str, Files, Files, str, str]:
    """A fixture's name and files, and the same with a module at the end of a stranger's: see ``below``."""
    random = Random(f"below {seed} {number}")
    while True:
        name, files = random.choice(_fixtures())
        made = mingled.below(files, random)
        if made is not None:
            return name, files, *made

"""Key files: which are a flow's, and what becomes of them; the others stay silent."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import trees
from cryptography.hazmat.primitives import serialization as z
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from tool import jwt2oauth

from jwt2oauth.keyfiles import holds_key

KEY = rsa.generate_private_key(65537, 2048)
SECRET = z.BestAvailableEncryption(b"correct horse")
KINDS = {
    "private.key": KEY.private_bytes(z.Encoding.PEM, z.PrivateFormat.PKCS8, z.NoEncryption()),
    "rsa.pem": KEY.private_bytes(z.Encoding.PEM, z.PrivateFormat.TraditionalOpenSSL, z.NoEncryption()),
    "encrypted.pem": KEY.private_bytes(z.Encoding.PEM, z.PrivateFormat.PKCS8, SECRET),
    "old-encrypted.pem": KEY.private_bytes(z.Encoding.PEM, z.PrivateFormat.TraditionalOpenSSL, SECRET),
    "binary.der": KEY.private_bytes(z.Encoding.DER, z.PrivateFormat.PKCS8, z.NoEncryption()),
    "store.p12": pkcs12.serialize_key_and_certificates(b"adobe", KEY, None, None, SECRET),
}
PUBLIC = KEY.public_key().public_bytes(z.Encoding.PEM, z.PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind(name: str) -> None:
    assert holds_key(name, KINDS[name])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("public.key", PUBLIC),
        ("notes.key", b"the key lies in the vault"),
        ("data.json", b"0{}"),
        ("empty.pem", b""),
    ],
)
def test_what_is_no_private_key(name: str, data: bytes) -> None:
    assert not holds_key(name, data)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The small repository of the README, with a real key, and another for TLS."""
    root = tmp_path / "tree"
    shutil.copytree(trees.FIXTURES / "nightly-sync/before", root)
    (root / "conf/private.key").write_bytes(KINDS["private.key"])
    (root / "tests/tls").mkdir()
    (root / "tests/tls/server.pem").write_bytes(KINDS["rsa.pem"])
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all")
    return root


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def test_only_the_flow_s_key_is_reported(tree: Path) -> None:
    ran = jwt2oauth(tree, "scan", "--format", "json")
    keys = [finding["path"] for finding in ran.page["findings"] if finding["rule"] == "private-key-file"]
    assert keys == ["conf/private.key"]
    assert "git filter-repo --invert-paths --path conf/private.key" in " ".join(
        ran.page["flows"][0]["fix"]["todo"]
    )


def test_without_being_asked_it_stays(tree: Path) -> None:
    ran = jwt2oauth(tree, "fix")
    assert ran.code == 0, ran.story
    assert (tree / "conf/private.key").read_bytes() == KINDS["private.key"]


@pytest.mark.parametrize("kind", ["private.key", "encrypted.pem", "binary.der", "store.p12"])
def test_it_goes_with_the_flow(kind: str, tree: Path) -> None:
    (tree / "conf/private.key").write_bytes(KINDS[kind])
    git(tree, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--allow-empty", "-qam", kind)
    patch = jwt2oauth(tree, "fix", "--remove-keys", "--diff").stdout
    ran = jwt2oauth(tree, "fix", "--remove-keys")
    assert ran.code == 0, ran.story
    changed = git(tree, "status", "--short")
    assert " D conf/private.key" in changed.splitlines()
    assert (tree / "tests/tls/server.pem").exists()
    git(tree, "checkout", "-q", ".")
    secret = (
        b"".join(KINDS[kind].split(b"\n")[1:3]) if kind.endswith((".key", ".pem")) else KINDS[kind][40:80]
    )
    assert secret[:40] not in patch
    subprocess.run(["git", "apply", "--check"], cwd=tree, input=patch, check=True)
    subprocess.run(["git", "apply"], cwd=tree, input=patch, check=True)
    assert git(tree, "status", "--short") == changed


def test_what_something_else_names_stays(tree: Path) -> None:
    (tree / "sign.py").write_text('KEY = open("conf/private.key").read()\n')
    git(tree, "add", "-A")
    ran = jwt2oauth(tree, "fix", "--remove-keys", "--force")
    assert (tree / "conf/private.key").exists(), ran.story
    assert "conf/private.key holds the private key and stays: sign.py names it." in " ".join(
        ran.story.split()
    )

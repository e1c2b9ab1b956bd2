"""Addresses that a program puts together: what names the exchange is rewritten where it is written."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from test_own_grant import PROGRAM
from tool import jwt2oauth

FORM = 'form = {"client_id": ID, "client_secret": SECRET, "jwt_token": sign()}'


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ('"https://HOST/ims/exchange/jwt".replace("HOST", IMS[8:])', "https://HOST/ims/token/v3"),
        ('"https://ims-na1.HOST/ims/exchange/jwt".replace("HOST", "adobelogin.com")', "HOST/ims/token/v3"),
        ('"{ims}/ims/exchange/{kind}".format_map({"ims": IMS, "kind": "jwt"})', '"ims": IMS, "kind": "v3"'),
        (
            '(IMS + "/ims/exchange/jwt").replace("http:", "https:")',
            '"/ims/token/v3").replace("http:", "https:")',
        ),
    ],
)
def test_an_address(url: str, made: str, tmp_path: Path) -> None:
    text = PROGRAM.replace("BODY", FORM).replace('IMS + "/ims/exchange/jwt"', url)
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    got = (tree / "main.py").read_text()
    assert made in got, ran.story
    assert "exchange" not in got


@pytest.mark.parametrize(
    ("name", "other", "changes"),
    [
        ("ims.config", "[web]\nroot = /srv\n", True),
        ("ims.ini", "<add value='https://ims-na1.adobelogin.com/ims/exchange/jwt'/>\n", True),
        ("ims.ini", "[x]\nurl = https://ims-na1.adobelogin.com/ims/exchange/jwt\n", False),
    ],
    ids=["called so", "of another language", "one of two"],
)
def test_an_address_of_a_file_that_an_argument_names(
    name: str, other: str, changes: bool, tmp_path: Path
) -> None:
    """UMAPI's example is called ``usermanagement.config``; a ``Web.config`` is none of the candidates."""
    text = PROGRAM.replace("BODY", FORM).replace('IMS + "/ims/exchange/jwt"', 'parser["ims"]["url"]')
    head = (
        "import configparser\nimport sys\n\nparser = configparser.ConfigParser()\nparser.read(sys.argv[1])\n"
    )
    files = {
        "main.py": head + text,
        name: "[ims]\nurl = https://ims-na1.adobelogin.com/ims/exchange/jwt\n",
        "Web.config": other,
    }
    tree = trees.write({path: each.encode() for path, each in files.items()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert ("/ims/token/v3" in (tree / name).read_text()) is changes, ran.story
    assert (tree / "Web.config").read_text() == other

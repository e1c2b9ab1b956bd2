"""Values of INI files that take others in: put together where all of them are known, else as they stand."""

from __future__ import annotations

import pytest

from jwt2oauth.config.documents import Mapping, Scalar, read

INI = """\
[DEFAULT]
scheme = https
[hosts]
ims = ims-na1.adobelogin.com
[adobe]
host = ims-na1.adobelogin.com
path = /ims/exchange/jwt
url = {}
"""


def pieces(written: str) -> list[str]:
    whole = INI.format(written)
    tree = read("ini", whole)
    assert isinstance(tree, Mapping)
    section = next(f.value for f in tree.fields if f.key.text == "adobe")
    assert isinstance(section, Mapping)
    value = next(f.value for f in section.fields if f.key.text == "url")
    assert isinstance(value, Scalar)
    assert all(whole[each.span.start : each.span.end] == each.text for each in value.pieces)
    return [each.text for each in value.pieces]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://%(host)s/ims", ["https://", "ims-na1.adobelogin.com", "/ims"]),
        ("%(scheme)s://%(HOST)s%(path)s", ["https", "://", "ims-na1.adobelogin.com", "/ims/exchange/jwt"]),
        ("https://${hosts:ims}${path}", ["https://", "ims-na1.adobelogin.com", "/ims/exchange/jwt"]),
        ("%(host)s", ["ims-na1.adobelogin.com"]),
        ("https://%(stage)s/ims", []),
        ("https://${stage:ims}/ims", []),
        ("https://{host}/ims", []),
        ("plain", []),
    ],
)
def test_it_is_put_together_of_what_is_known(written: str, expected: list[str]) -> None:
    assert pieces(written) == expected


def test_what_takes_itself_in_comes_to_an_end() -> None:
    assert pieces("%(url)s/x") == []
    assert len(pieces("%(path)s%(host)s" * 3)) == 6


def test_a_file_that_laughs_is_read_at_once() -> None:
    lines = [f"l{number} = {f'${{l{number + 1}}}' * 200}" for number in range(6)]
    tree = read("ini", "\n".join(["[adobe]", *lines, "l6 = ha"]))
    assert isinstance(tree, Mapping)
    (section,) = (field.value for field in tree.fields if isinstance(field.value, Mapping))
    values = [field.value for field in section.fields if isinstance(field.value, Scalar)]
    assert len(values) == 7
    assert not any(value.pieces for value in values)

"""A setting of a model that only tests need takes None, in words that its Python knows."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

FIXTURE = trees.FIXTURES / "settings-filled-by-tests" / "before"


@pytest.mark.parametrize(
    ("imports", "url", "after"),
    [
        ("", "url: str | None", "org_id: SecretStr | None = Field(repr=False, default=None)"),
        ("from typing import Optional\n", "url: Optional[str]", "org_id: Optional[SecretStr] = Field("),
        ("from typing import Any\n", "url: Any", "org_id: Optional[SecretStr] = Field("),
        ("", "url: str", "org_id: Optional[SecretStr] = Field("),
    ],
    ids=["with a bar", "as the others", "beside another", "alone"],
)
def test_it_takes_none(imports: str, url: str, after: str, tmp_path: Path) -> None:
    files = trees.read(FIXTURE)
    settings = files["app/settings.py"].decode().replace("org_id: str", "org_id: SecretStr")
    files["app/settings.py"] = f"{imports}{settings.replace('url: str', url)}".encode()
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    text = (tree / "app/settings.py").read_text()
    assert after in text, ran.story
    named = [line for line in text.splitlines() if line.startswith("from typing import")]
    assert any("Optional" in line for line in named) == ("Optional" in after)
    assert len(named) <= 1

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


SETTINGS = """from pathlib import Path

from pydantic import Field, FilePath, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="A_", env_file=".env")

    client_id: str
    secret: str
    logo: FilePath = Path("logo.png")
    key_path: FilePath = {default}

    @field_validator("key_path")
    @classmethod
    def not_empty(cls, path):
        if not path.stat().st_size:
            raise ValueError("the private key is empty")
        return path


settings = Settings()
"""
FLOW = """import time

import jwt
import requests

from settings import settings

IMS = "https://ims-na1.adobelogin.com"
claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "sub": "t@techacct.adobe.com"}
claims |= {IMS + "/s/ent_user_sdk": True, "aud": IMS + "/c/" + settings.client_id}
form = {
    "client_id": settings.client_id,
    "client_secret": settings.secret,
    "jwt_token": jwt.encode(claims, settings.key_path.read_text(), algorithm="RS256"),
}
print(bool(requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]))
"""
TEST = """import pytest

from settings import Settings, settings


def test_copy():
    with pytest.raises(ValueError, match="the private key is empty"):
        Settings(**settings.model_dump())


def test_other():
    assert {taker}(**{{**settings.model_dump(), "client_id": "x"}})
"""


@pytest.mark.parametrize(
    ("default", "after"),
    [
        ('Path("private.key")', "Optional[Path] = None"),
        ('Field(Path("private.key"), description="PEM")', 'Optional[Path] = Field(None, description="PEM")'),
        ("Field(description='PEM')", "Optional[Path] = Field(description='PEM', default=None)"),
        ("...", "Optional[Path] = None"),
    ],
)
def test_a_file_that_has_to_be_there_need_not(default: str, after: str, tmp_path: Path) -> None:
    files = {
        "settings.py": SETTINGS.format(default=default),
        "main.py": FLOW,
        "tests/test_settings.py": TEST.format(taker="Settings"),
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    told = " ".join(jwt2oauth(tree, "fix").text.split())
    made = (tree / "settings.py").read_text()
    assert f"    key_path: {after}\n" in made, told
    assert '    logo: FilePath = Path("logo.png")\n' in made
    assert "not_empty" not in made
    assert '    scopes: str = "openid,AdobeID,user_management_sdk"\n' in made
    assert "test_settings.py:7 (test_copy) expects an error that is raised no more" in told


def test_who_else_takes_all_fields_gets_no_other(tmp_path: Path) -> None:
    files = {
        "settings.py": SETTINGS.format(default='Path("private.key")'),
        "main.py": FLOW + "\n\ndef show(client_id, secret, logo, key_path):\n    print(client_id)\n",
        "other.py": "from main import show\nfrom settings import settings\n\nshow(**settings.model_dump())\n",
    }
    tree = trees.write({path: text.encode() for path, text in files.items()}, tmp_path / "tree")
    jwt2oauth(tree, "fix")
    assert "scopes" not in (tree / "settings.py").read_text()


NESTED = """import time
from pathlib import Path

import jwt
import requests
from pydantic import BaseModel

IMS = "https://ims-na1.adobelogin.com"


class Adobe(BaseModel):
    client_id: str
    secret: str
    key: Path
    metascopes: list[str] = ["ent_user_sdk"]


class Config(BaseModel):
    adobe: Adobe


def token(c: Adobe):
    claims = {"exp": int(time.time()) + 60, "iss": "o@AdobeOrg", "aud": IMS + "/c/" + c.client_id}
    claims |= {f"{IMS}/s/{name}": True for name in c.metascopes}
    signed = jwt.encode(claims, c.key.read_text(), algorithm="RS256")
    form = {"client_id": c.client_id, "client_secret": c.secret, "jwt_token": signed}
    return requests.post(IMS + "/ims/exchange/jwt", data=form).json()["access_token"]


print(token(Config.model_validate_json(Path("config.json").read_text()).adobe))
"""


@pytest.mark.parametrize(
    ("more", "scopes"),
    [("", "openid,AdobeID,user_management_sdk"), (', "metascopes": ["ent_adobeio_sdk"]', "adobeio_api")],
    ids=["a default", "the file"],
)
def test_the_text_of_a_file_fills_models_in_models(more: str, scopes: str, tmp_path: Path) -> None:
    config = f'{{"adobe": {{"client_id": "8c3e", "secret": "p8e-CANARY-nest", "key": "a.key"{more}}}}}\n'
    tree = trees.write({"main.py": NESTED.encode(), "config.json": config.encode()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    text = (tree / "main.py").read_text() + (tree / "config.json").read_text()
    assert scopes in text, said


POURED = """import time
import tomllib

import jwt
import requests
from pydantic_settings import BaseSettings, SettingsConfigDict

IMS = "https://ims-na1.adobelogin.com"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="A_"{extra})

    client_id: str
    secret: str
    org: str
    tech: str
    key: str


def login(settings):
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": settings.org,
        "sub": settings.tech,
        "aud": IMS + "/c/" + settings.client_id,
        IMS + "/s/ent_user_sdk": True,
    }}
    form = {{
        "client_id": settings.client_id,
        "client_secret": settings.secret,
        "jwt_token": jwt.encode(claims, settings.key, algorithm="RS256"),
    }}
    return requests.post(IMS + "/ims/exchange/jwt", data=form, timeout=9).json()["access_token"]


with open("a.toml", "rb") as file:
    print(login({made}))
"""
TOML = 'client_id = "c"\nsecret = "s"\norg = "o@AdobeOrg"\ntech = "t@techacct.adobe.com"\nkey = "k"\n'


@pytest.mark.parametrize(
    ("made", "extra", "stays"),
    [
        ("Settings(**tomllib.load(file))", "", True),
        ("Settings.model_validate(tomllib.load(file))", "", True),
        ("Settings(**tomllib.load(file))", ', extra="ignore"', False),
        ("Settings(client_id=tomllib.load(file)['client_id'])", "", False),
    ],
    ids=["spread", "validated", "ignored", "by name"],
)
def test_a_field_that_a_file_may_fill_stays_where_another_key_is_an_error(
    made: str, extra: str, stays: bool, tmp_path: Path
) -> None:
    files = {"main.py": POURED.format(made=made, extra=extra).encode(), "a.toml": TOML.encode()}
    tree = trees.write(files, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix", "--exit-zero")
    after = (tree / "main.py").read_text()
    assert "client_credentials" in after, ran.story
    assert ("    tech: str" in after) is stays
    assert "    tech: str\n" not in after


HELD = """from pydantic import BaseModel
from pydantic_settings import BaseSettings


class Adobe(BaseModel):
    client_id: str
    secret: str
    key_path: FilePath{default}
{more}

class Settings(BaseSettings):
    adobe: Adobe


settings = Settings().adobe
{last}"""


@pytest.mark.parametrize("default", ["", ' = ""'])
@pytest.mark.parametrize(
    ("more", "last", "goes"),
    [
        ("", "", True),
        ("", "print(settings.model_dump())\n", False),
        ('    model_config = {"extra": "forbid"}\n', "", False),
    ],
    ids=["alone", "taken whole", "nothing else is taken"],
)
def test_one_variable_holds_a_model(default: str, more: str, last: str, goes: bool, tmp_path: Path) -> None:
    settings = HELD.format(default=default, more=more, last=last).replace(
        "BaseModel\n", "BaseModel, FilePath\n", 1
    )
    tree = trees.write({"settings.py": settings.encode(), "flow.py": FLOW.encode()}, tmp_path / "tree")
    told = " ".join(jwt2oauth(tree, "fix").text.split())
    made = (tree / "settings.py").read_text()
    assert "jwt" not in (tree / "flow.py").read_text(), told
    assert made == (
        settings.replace(f"    key_path: FilePath{default}\n", "").replace(", FilePath", "")
        if goes
        else settings
    )
    assert ("Nothing here reads key_path from the configuration any more." in told) or not goes

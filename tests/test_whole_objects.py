"""Fields that somebody takes all at once: they stay for whoever sees them, and for nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """import json
import logging
import time

import jwt
import requests
from pydantic_settings import BaseSettings

IMS = "https://ims-na1.adobelogin.com"
logger = logging.getLogger(__name__)


class Settings(BaseSettings):
    client_id: str
    client_secret: str
    org_id: str
    account: str
    key_path: str = "private.key"


settings = Settings()


def token():
    with open(settings.key_path) as file:
        key = file.read()
    claims = {{
        "exp": int(time.time()) + 300,
        "iss": settings.org_id,
        "sub": settings.account,
        "aud": f"{{IMS}}/c/{{settings.client_id}}",
        f"{{IMS}}/s/ent_user_sdk": True,
    }}
    form = {{
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "jwt_token": jwt.encode(claims, key, algorithm="RS256"),
    }}
    return requests.post(f"{{IMS}}/ims/exchange/jwt", data=form).json()["access_token"]


{use}
print(settings.org_id, token())
"""


@pytest.mark.parametrize(
    ("use", "stays"),
    [
        ("print(settings.model_dump())", True),
        ("print(dict(settings=settings)['settings'].org_id)", False),
        ('json.dump(dict(settings), open("state.json", "w"))', True),
        ("for name, value in settings:\n    print(name)", True),
        ("held = vars(settings)\nprint(held.get(input()))", True),
        ("logger.info('started with %s', settings.model_dump())", False),
        ("print(settings.model_dump()['client_id'])", False),
        ("print(settings.model_dump(exclude={'key_path', 'account'}))", False),
        ("print(settings.model_dump(include={'client_id'}))", False),
        ("print(json.loads('{}').get('key'), vars(logger))", False),
    ],
)
def test_they_stay_for_who_sees_them(use: str, stays: bool, tmp_path: Path) -> None:
    tree = trees.write({"main.py": PROGRAM.format(use=use).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert ("key_path: str" in made, "account: str" in made) == (stays, stays), f"{made}\n{ran.text}"
    assert ("takes all fields at once" in " ".join(ran.text.split())) is stays
    assert "org_id: str" in made

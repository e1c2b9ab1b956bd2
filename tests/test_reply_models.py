"""Models that a library fills from the reply: under which of their names the lifetime is, or nobody knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """\
import os
import time
from typing import Annotated

import attrs
import cattrs
import jwt
import msgspec
import requests
from cattrs.gen import make_dict_structure_fn, override
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

IMS = "https://ims-na1.adobelogin.com"
LIFE = "expires_in"


{model}


def login():
    claims = {{"exp": int(time.time()) + 300, "iss": "o@AdobeOrg", "aud": IMS + "/c/" + os.environ["CID"]}}
    claims[IMS + "/s/ent_user_sdk"] = True
    signed = jwt.encode(claims, os.environ["KEY"], algorithm="RS256")
    form = {{"client_id": os.environ["CID"], "client_secret": os.environ["CSECRET"], "jwt_token": signed}}
    response = requests.post(IMS + "/ims/exchange/jwt", data=form)
    return {made}


print(login().life / 1000)
"""
PYDANTIC = "class Reply(BaseModel):\n    token: str = Field(alias='access_token')\n    life: {}"
CATTRS = """@attrs.define
class Reply:
    life: int


converter = cattrs.Converter()
hook = make_dict_structure_fn(Reply, converter, life=override(rename="expires_in"))
converter.register_structure_hook(Reply, hook)"""
DESCRIPTOR = """class Millis:
    def __get__(self, owner, kind=None):
        return owner.ms

    def __set__(self, owner, value):
        owner.ms = value / 1000


class Reply:
    life = Millis()

    def of(self, body):
        self.token, self.life = body["access_token"], body["expires_in"]
        return self"""
BEGUN = """class Reply:
    def __init__(self):
        self.expires_in = 0

    @property
    def life(self):
        return self.expires_in

    def of(self, body):
        self.__dict__.update(body)
        return self"""
STRUCT = "class Reply(msgspec.Struct{}):\n    token: str\n    life: int"


@pytest.mark.parametrize(
    ("model", "made"),
    [
        (PYDANTIC.format("int = Field(alias='expires_in')"), "Reply(**response.json())"),
        (PYDANTIC.format("int = Field(..., alias=LIFE)"), "Reply.model_validate(response.json())"),
        (PYDANTIC.format("Annotated[int, Field(alias='expires_in')]"), "Reply(**response.json())"),
        (
            PYDANTIC.format("int = Field(validation_alias=AliasChoices('expiresIn', 'expires_in'))"),
            "Reply.model_validate_json(response.text)",
        ),
        (
            STRUCT.format(", rename={'token': 'access_token', 'life': 'expires_in'}"),
            "msgspec.json.decode(response.content, type=Reply)",
        ),
        (BEGUN, "Reply().of(response.json())"),
        (
            STRUCT.format("") + " = msgspec.field(name='expires_in')",
            "msgspec.convert(response.json(), type=Reply)",
        ),
    ],
)
def test_a_field_that_says_its_key_holds_seconds(model: str, made: str, tmp_path: Path) -> None:
    tree = trees.write({"main.py": PROGRAM.format(model=model, made=made).encode()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    assert "print(login().life)\n" in (tree / "main.py").read_text(), said


@pytest.mark.parametrize(
    ("model", "made"),
    [
        (
            "class Reply(BaseModel):\n    model_config = ConfigDict(alias_generator=str)\n    life: int",
            "Reply.model_validate(response.json())",
        ),
        (CATTRS, "converter.structure(response.json(), Reply)"),
        (DESCRIPTOR, "Reply().of(response.json())"),
    ],
    ids=["by a function", "by a converter", "a descriptor, two at once"],
)
def test_what_is_divided_under_a_name_that_nobody_knows_is_left_alone(
    model: str, made: str, tmp_path: Path
) -> None:
    text = PROGRAM.format(model=model, made=made)
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    assert (tree / "main.py").read_text() == text
    assert re.search("expiry-(unknown|shared|reckoned)", ran.text), ran.story


def test_what_a_reply_has_beside_its_body_is_no_lifetime(tmp_path: Path) -> None:
    text = PROGRAM.format(model="", made="response").replace(
        "print(login().life / 1000)",
        'reply = login()\nprint(int(reply.headers["X-Took-Ms"]) / 1000, reply.json())',
    )
    tree = trees.write({"main.py": text.encode()}, tmp_path / "tree")
    said = jwt2oauth(tree, "fix").text
    assert "/ims/token/v3" in (tree / "main.py").read_text(), said


SHOWN = "print(login().life / 1000)"
VALIDATED = """class Reply(TypedDict):
    access_token: str
    expires_in: Annotated[float, BeforeValidator(lambda value: float(value) / 1000)]


adapter = TypeAdapter({})"""
COMPUTED = """class Reply({}):
    access_token: str
    expires_in: int

    @property
    def life(self):
        return self.expires_in / 1000


reader = {}(Reply)"""
DECLARED = """class ReplySchema(Schema):
    access_token = fields.Str()
    life = fields.Method(deserialize="seconds", data_key="expires_in")

    def seconds(self, value):
        return value / 1000"""


@pytest.mark.parametrize(
    ("imports", "model", "made", "shown", "after"),
    [
        (
            "from typing import TypedDict\nfrom pydantic import BeforeValidator, TypeAdapter",
            VALIDATED.format("Reply"),
            "adapter.validate_json(response.content)",
            'login()["expires_in"]',
            "lambda value: float(value))]",
        ),
        (
            "from typing import Optional, TypedDict\nfrom pydantic import BeforeValidator, TypeAdapter",
            VALIDATED.format("Optional[Reply]"),
            "adapter.validate_python(response.json())",
            'login()["expires_in"]',
            None,
        ),
        (
            "from pydantic import TypeAdapter",
            COMPUTED.format("BaseModel", "TypeAdapter"),
            "reader.validate_python(response.json())",
            "login().life",
            "return self.expires_in\n",
        ),
        (
            "import msgspec.json",
            COMPUTED.format("msgspec.Struct", "msgspec.json.Decoder"),
            "reader.decode(response.content)",
            "login().life",
            "return self.expires_in\n",
        ),
        (
            "from marshmallow import Schema, fields",
            DECLARED,
            "ReplySchema().loads(response.text)",
            'login()["life"]',
            None,
        ),
    ],
)
def test_what_an_object_makes_that_was_told_the_class(
    imports: str, model: str, made: str, shown: str, after: str | None, tmp_path: Path
) -> None:
    program = PROGRAM.format(model=model, made=made).replace(SHOWN, f"print({shown})")
    program = program.replace("import attrs", f"{imports}\nimport attrs")
    tree = trees.write({"main.py": program.encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    left = (tree / "main.py").read_text()
    if after is None:
        assert "client_credentials" not in left, left
        assert "code that cannot be followed" in " ".join(ran.text.split()), ran.story
    else:
        assert after in left, ran.story
        assert "/ 1000" not in left, left

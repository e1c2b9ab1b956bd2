"""Comments that only silence a checker go with the code that they silence it for, and with no other."""

from __future__ import annotations

from pathlib import Path

import pytest
import trees
from tool import jwt2oauth

PROGRAM = """{imports}
IMS = "https://ims-na1.adobelogin.com"


# noinspection PyShadowingNames
def assertion(client, key):
    claims = {{
        "iss": "1C3E5F7A5D2B1C3E0A495D9F@AdobeOrg",
        "sub": "2D4F6A8B5D2B2D4F0A495E0A@techacct.adobe.com",
        "exp": int(time.time()) + 60,
        "aud": f"{{IMS}}/c/{{client}}",
        f"{{IMS}}/s/ent_user_sdk": True,
    }}
    # noinspection PyTypeChecker
    return jwt.encode(claims, key, algorithm="RS256")  # type: ignore[no-any-return]


def token(client, secret, key):
    form = {{"client_id": client, "client_secret": secret, "jwt_token": assertion(client, key)}}
    reply = requests.post(f"{{IMS}}/ims/exchange/jwt", data=form)  # noqa: S113
    return reply.json()["access_token"]  # type: ignore[no-any-return]


# noinspection PyBroadException
def groups(token):
    return requests.get(f"{{IMS}}/groups", headers={{"Authorization": token}})  # nosec
"""
AUTHLIB = "from authlib.integrations.requests_client import OAuth2Session\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "import time\n\n# noinspection PyUnresolvedReferences\nimport jwt\nimport requests\n",
            "import requests\n",
            id="above what goes",
        ),
        pytest.param(
            "import time\n\nimport jwt\n# noinspection PyUnresolvedReferences\nimport requests\n",
            "# noinspection PyUnresolvedReferences\nimport requests\n",
            id="above what stays",
        ),
        pytest.param(
            "import time\n\n# for tokens, and for requests\n# pylint: disable-next=import-error\n"
            "import jwt  # type: ignore\nimport requests  # noqa: E402\n",
            "# for tokens, and for requests\nimport requests  # noqa: E402\n",
            id="below what is said of both",
        ),
        pytest.param(
            "# type: ignore\nimport jwt\nimport requests\nimport time\n",
            "# type: ignore\nimport requests\n",
            id="for the whole file",
        ),
        pytest.param(
            "import time\n\n# pylint: disable=import-error\nimport jwt\nimport requests\n",
            "# pylint: disable=import-error\nimport requests\n",
            id="from there on",
        ),
    ],
)
def test_it_goes_with_its_own(before: str, after: str, tmp_path: Path) -> None:
    tree = trees.write({"main.py": PROGRAM.format(imports=before).encode()}, tmp_path / "tree")
    ran = jwt2oauth(tree, "fix")
    made = (tree / "main.py").read_text()
    assert made.startswith(f"{after}{AUTHLIB}"), f"{made}\n{ran.text}"
    silenced = [
        line.strip() for line in made.splitlines() if "no-any" in line or "no" in line.partition("#")[2]
    ]
    assert silenced[-3:] == [
        'return oauth.fetch_token()["access_token"]  # type: ignore[no-any-return]',
        "# noinspection PyBroadException",
        'return requests.get(f"{IMS}/groups", headers={"Authorization": token})  # nosec',
    ]
    assert "S113" not in made
    assert "Shadowing" not in made
    assert "TypeChecker" not in made

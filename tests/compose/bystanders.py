"""What else the program does."""

from __future__ import annotations

from .draft import Draft
from .functions import outside
from .recipe import Lines


def bystander_of(d: Draft) -> Lines:
    """Code that has nothing to do with the flow; it must go on working."""
    kind = d.recipe.bystander
    if kind == "login":
        d.above(
            "main",
            "def F_login(V_user):",
            '    V_claims = {"sub": V_user, "exp": int(time.time()) + 60}',
            '    return jwt.encode(V_claims, "a secret of our own that is long", algorithm="HS256")',
        )
        d.out.append("2 dots")
        return ['print(str(F_login("ada")).count("."), "dots")']
    if kind == "clock":
        d.above("main", "def F_clock():", '    return json.dumps({"late": time.time() > 1})')
        d.out.append('{"late": true}')
        return ["print(F_clock())"]
    if kind == "notes":
        d.files["notes.txt"] = b"hello\n"
        d.above(
            "main", "def F_notes(V_name):", "    with open(V_name) as V_file:", "        return V_file.read()"
        )
        d.out.append("hello")
        return ['print(F_notes("notes.txt").strip())']
    if kind == "hook":
        d.above(
            "main",
            "def F_hook(V_text):",
            '    V_reply = requests.post("https://hooks.partner.example/ping", data={"text": V_text})',
            '    return V_reply.json()["total"]',
        )
        d.out.append("1 heard")
        return ['print(F_hook("done"), "heard")']
    if kind == "partner":
        d.above(
            "main",
            "def F_partner(V_secret):",
            '    V_claims = {"iss": "robot", "aud": "https://sso.partner.example/c/robot"}',
            '    V_form = {"client_id": "robot", "client_secret": V_secret}',
            '    V_form["jwt_token"] = jwt.encode(V_claims, V_secret, algorithm="HS256")',
            '    V_reply = requests.post("https://hooks.partner.example/token", data=V_form)',
            '    return V_reply.json().get("expires_in", 4000) / 1000',
        )
        d.out.append("4.0 seconds")
        return ['print(F_partner("a secret that the partner gave us, long"), "seconds")']
    if kind == "organisation":
        d.out.append(d.real("org_id"))
        return [f"print({outside(d)['org_id']})"]
    return []


BYSTANDERS = ("none", "partner", "clock", "login", "notes", "hook", "organisation")

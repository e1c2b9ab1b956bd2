"""How the reply is checked and read, what is made of the lifetime, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass

from .bodies import BODIES, Fields, url_of
from .clients import CLIENTS
from .draft import Draft, Reply, Sent, Values, indent, joined
from .recipe import Lines, Recipe

CHECKS = ("none", "raise", "status", "status-exit", "ok", "assert", "field", "error-field", "status-log")


def check_of(d: Draft, reply: Reply) -> Lines:
    """What is asked of the reply before it is read."""
    kind = d.recipe.check
    if kind == "raise" and reply.raises:
        return [reply.raises]
    if kind == "status" and reply.status:
        return [f"if {reply.status} != 200:", '    raise RuntimeError("no token")']
    if kind == "status-exit" and reply.status:
        return [f"if {reply.status} != 200:", f'    sys.exit(f"no token: {{{reply.status}}}")']
    if kind == "ok" and reply.ok:
        return [f"if not {reply.ok}:", f'    raise RuntimeError(f"no token: {{{reply.text}}}")']
    if kind == "assert" and reply.status:
        return [f"assert {reply.status} == 200, {reply.text}"]
    if kind == "status-log" and reply.status:
        return [f'logging.debug("the exchange said %s", {reply.status})']
    return []


def field_check_of(d: Draft, data: str) -> Lines:
    """What is asked of the data before it is used."""
    if d.recipe.check == "field":
        return [f'if "access_token" not in {data}:', '    raise RuntimeError("no token")']
    if d.recipe.check == "error-field":
        return [f'if {data}.get("error"):', f'    raise RuntimeError({data}["error"])']
    return []


READS = (
    "data",
    "loads",
    "loads-content",
    "chained",
    "direct",
    "get",
    "variable",
    "pop",
    "walrus",
    "unpacked",
)


@dataclass(slots=True)
class Reading:
    """The lines so far, and expressions of the token, of its lifetime and of the whole."""

    lines: Lines
    token: str
    expires: str
    data: str


def exchange_of(d: Draft, v: Values, assertion: str) -> tuple[Lines, int, Reading]:
    """Post and read: the lines, how deep the reading stands, and the reading."""
    client, read = CLIENTS[d.recipe.client], d.recipe.read
    fields = Fields(
        (d.world.id_field, v["client_id"]),
        (d.world.secret_field, v["client_secret"]),
        (d.world.assertion_field, assertion),
    )
    url_lines, url = ([], "") if client.own_address else url_of(d, v)
    body_lines, sent = BODIES[d.recipe.body](d, fields)
    if sent.kind == "url":
        url, sent = f"{url} + {sent.expression}", Sent("url", "")
    lines, call, depth, reply = client.write(d, url, sent)
    checks = check_of(d, reply)
    before = [*url_lines, *body_lines, *lines]
    inner: Lines = []
    if client.chains and not checks and read in ("chained", "direct") and d.recipe.retry != "loop":
        data = f"{call}{reply.json.removeprefix('V_reply')}"
    else:
        got = [f"V_reply = {call}"] if call else []
        if d.recipe.retry == "loop" and got and reply.status:
            got = [
                "for V_attempt in range(3):",
                *indent(got),
                f"    if {reply.status} != 429:",
                "        break",
                "    time.sleep(V_attempt)",
            ]
        inner += got
        inner += checks
        data = {"loads": f"json.loads({reply.text})", "loads-content": f"json.loads({reply.content})"}.get(
            read, reply.json
        )
    if read != "direct" or needs_data(d.recipe):
        inner += [f"V_data = {data}"]
        inner += field_check_of(d, "V_data")
        data = "V_data"
    elif data.startswith("await "):
        data = f"({data})"
    token = f'{data}.get("access_token")' if read == "get" else f'{data}["access_token"]'
    if read == "variable":
        inner += [f"V_token = {token}"]
        token = "V_token"
    if read == "walrus":
        inner += [f'if not (V_token := {data}.get("access_token")):', '    raise RuntimeError("no token")']
        token = "V_token"
    if read == "pop":
        inner += [f'V_token = {data}.pop("access_token")']
        token = "V_token"
    if read == "unpacked":
        inner += [f'V_token, V_expires = {data}["access_token"], {data}["expires_in"]']
        return before, depth, Reading(inner, "V_token", "V_expires", data)
    return before, depth, Reading(inner, token, f'{data}["expires_in"]', data)


def needs_data(recipe: Recipe) -> bool:
    """Is more than the token wanted?"""
    return (
        recipe.expiry != "none"
        or recipe.result in ("data", "pair")
        or recipe.check in ("field", "error-field")
    )


# The lifetime: lines, and an expression in seconds


def seconds_of(d: Draft, expires: str) -> tuple[Lines, str]:
    """Milliseconds as seconds, in many ways."""
    kind = d.recipe.expiry
    if kind == "minus":
        return [f"V_left = ({expires} - 60000) / 1000"], "(V_left + 60)"
    if kind == "in-place" and expires != "V_left":
        return [f"V_left = {expires}", "V_left /= 1000"], "V_left"
    if kind == "cast":
        return [f"V_left = int({expires})", "V_left = V_left // 1000"], "V_left"
    if kind == "created":
        return [
            "V_created = int(time.time() * 1000)",
            f"V_until = datetime.datetime.fromtimestamp((V_created + {expires}) / 1000)",
        ], "(V_until - datetime.datetime.now()).total_seconds()"
    if kind == "hours":
        return [f"V_left = {expires} / 3600000"], "(V_left * 3600)"
    if kind == "variable":
        return [f"V_expires = {expires}", "V_expires = V_expires / 1000"], "V_expires"
    if kind == "clock":
        return [f"V_until = time.time() * 1000 + {expires}"], "(V_until / 1000 - time.time())"
    if kind == "clock-int":
        return [
            f"V_until = int(round(time.time() * 1000)) + int({expires})"
        ], "((V_until - time.time() * 1000) / 1000)"
    if kind == "until":
        return [f"V_until = time.time() + {expires} / 1000"], "(V_until - time.time())"
    if kind == "datetime":
        return [
            f"V_until = datetime.datetime.now() + datetime.timedelta(milliseconds={expires})"
        ], "(V_until - datetime.datetime.now()).total_seconds()"
    if kind == "datetime-seconds":
        return [
            f"V_until = datetime.datetime.now() + datetime.timedelta(seconds={expires} / 1000)"
        ], "(V_until - datetime.datetime.now()).total_seconds()"
    if kind == "constant":
        d.above("settings", "K_millis = 1000")
        return [], f"({expires} / K_millis)"
    if kind == "default" and expires.endswith('["expires_in"]'):
        return [], f'({expires.removesuffix("""["expires_in"]""")}.get("expires_in", 86400000) / 1000)'
    if kind == "guarded":
        return [f"if {expires} <= 60000:", '    raise RuntimeError("too short")'], f"({expires} / 1000)"
    if kind == "stored":
        return [f'V_store = {{"until": {expires}}}'], '(V_store["until"] / 1000)'
    if kind == "text":
        return [f'logging.info("lives for %d s", {expires} / 1000)'], f"int({expires} / 1000)"
    if kind == "function":
        d.above("helper", "def F_seconds(V_millis):", "    return V_millis / 1000")
        return [], f"F_seconds({expires})"
    shape = EXPIRIES[kind]
    return [], shape.format(expires)


EXPIRIES = {
    "none": "({} / 1000)",
    "slash": "({} / 1000)",
    "power": "({} / 10**3)",
    "float-int": "(float({}) / 1000.0)",
    "minus": "",
    "in-place": "",
    "cast": "",
    "created": "",
    "hours": "",
    "floor": "({} // 1000)",
    "int": "int({} / 1000)",
    "int-int": "(int({}) // 1000)",
    "variable": "",
    "times": "({} * 0.001)",
    "float": "({} / 1e3)",
    "round": "round({} / 1000.0)",
    "timedelta": "datetime.timedelta(milliseconds={}).total_seconds()",
    "divmod": "divmod({}, 1000)[0]",
    "minutes": "({} / 1000 / 60 * 60)",
    "until": "",
    "clock": "",
    "clock-int": "",
    "datetime": "",
    "datetime-seconds": "",
    "constant": "",
    "default": "({} / 1000)",
    "function": "",
    "bounded": "(min({}, 90000000) / 1000)",
    "never-less": "(max({} - 60000, 0) / 1000 + 60)",
    "choice": "({0} / 1000 if {0} else 0)",
    "microseconds": "datetime.timedelta(microseconds={} * 1000).total_seconds()",
    "by-place": "datetime.timedelta(0, 0, 0, {}).total_seconds()",
    "guarded": "",
    "stored": "",
    "text": "",
}


def show_expiry(d: Draft, expires: str, *, seconds: bool = False) -> Lines:
    """Print how many minutes the token lives."""
    if d.recipe.expiry == "none":
        return []
    lines, expression = ([], expires) if seconds else seconds_of(d, expires)
    d.out.append("1440 minutes")
    return [*lines, f'print(round({expression} / 60), "minutes")']


# What the flow gives back, and how the caller reads it

RESULTS = ("token", "data", "pair", "pair-seconds", "named", "object", "dict", "headers", "bearer")


def give(d: Draft, r: Reading, v: Values) -> Lines:
    """The end of the exchanging function."""
    kind = d.recipe.result
    if kind == "data":
        return [f"return {r.data}"]
    if kind == "pair":
        return [f"return {r.token}, {r.expires}"]
    if kind == "pair-seconds":
        lines, seconds = seconds_of(d, r.expires)
        return [*lines, f"return {r.token}, {seconds}"]
    if kind == "named":
        d.above("helper", "class C_token(NamedTuple):", "    V_value: str", "    V_expires: float")
        lines, seconds = seconds_of(d, r.expires)
        return [*lines, f"return C_token({r.token}, {seconds})"]
    if kind == "object":
        lines, seconds = seconds_of(d, "self.V_expires")
        d.above(
            "helper",
            "@dataclass",
            "class C_token:",
            "    V_value: str",
            "    V_expires: int",
            "",
            "    @property",
            "    def V_seconds(self):",
            *indent([*lines, f"return {seconds}"], 2),
        )
        return [f"return C_token(V_value={r.token}, V_expires={r.expires})"]
    if kind == "bearer":
        return [*_inner_expiry(d, r), f"return {joined('plus', 'Bearer ', ('', r.token))}"]
    if kind == "dict":
        lines, seconds = seconds_of(d, r.expires)
        return [*lines, "return {", f'    "token": {r.token},', f'    "seconds": {seconds},', "}"]
    if kind == "headers":
        bearer = joined("plus", "Bearer ", ("", r.token))
        rows = [f'"Authorization": {bearer},', f'"x-api-key": {v["client_id"]},']
        return [*_inner_expiry(d, r), "return {", *indent(rows), "}"]
    return [*_inner_expiry(d, r), f"return {r.token}"]


def _inner_expiry(d: Draft, r: Reading) -> Lines:
    return show_expiry(d, r.expires)


def take(d: Draft, call: str) -> tuple[Lines, str]:
    """At the caller: get the result, show its lifetime; the lines and an expression of the token."""
    kind = d.recipe.result
    if kind == "data":
        return [f"V_data = {call}", *show_expiry(d, 'V_data["expires_in"]')], 'V_data["access_token"]'
    if kind == "pair":
        return [f"V_token, V_expires = {call}", *show_expiry(d, "V_expires")], "V_token"
    if kind == "pair-seconds":
        return [f"V_token, V_seconds = {call}", *show_expiry(d, "V_seconds", seconds=True)], "V_token"
    if kind == "named":
        lines = [f"V_granted = {call}", *show_expiry(d, "V_granted.V_expires", seconds=True)]
        return lines, "V_granted.V_value"
    if kind == "object":
        lines = [f"V_granted = {call}", *show_expiry(d, "V_granted.V_seconds", seconds=True)]
        return lines, "V_granted.V_value"
    if kind == "dict":
        lines = [f"V_granted = {call}", *show_expiry(d, 'V_granted["seconds"]', seconds=True)]
        return lines, 'V_granted["token"]'
    name = "V_headers" if kind == "headers" else "V_token"
    return [f"{name} = {call}"], name


def use_of(d: Draft, token: str, v: Values) -> Lines:
    """Call an API with the token."""
    url = joined("plus", f"{d.world.api}/", (d.real("org_id"), v["org_id"]))
    d.out.append("2 people")
    if d.recipe.result == "headers":
        headers = token
    else:
        bearer = joined("fstring", "Bearer ", ("", token)) if "[" not in token else f'"Bearer " + {token}'
        bearer = token if d.recipe.result == "bearer" else bearer
        rows = [f'"Authorization": {bearer}', f'"x-api-key": {v["client_id"]}']
        headers = "{" + ", ".join([*rows, f'"x-gw-ims-org-id": {v["org_id"]}']) + "}"
    if d.recipe.use == "urllib":
        return [
            f"V_call = urllib.request.Request({url}, headers={headers})",
            "with urllib.request.urlopen(V_call) as V_answer:",
            '    print(len(json.load(V_answer)["users"]), "people")',
        ]
    if d.recipe.use == "httpx":
        return [
            f"V_answer = httpx.get({url}, headers={headers})",
            'print(len(V_answer.json()["users"]), "people")',
        ]
    if d.recipe.use == "session":
        return [
            "V_api = requests.Session()",
            f"V_api.headers.update({headers})",
            f"V_answer = V_api.get({url})",
            "V_answer.raise_for_status()",
            'print(len(V_answer.json()["users"]), "people")',
        ]
    return [
        f"V_answer = requests.get({url}, headers={headers})",
        "V_answer.raise_for_status()",
        'print(len(V_answer.json()["users"]), "people")',
    ]


USES = ("requests", "urllib", "session", "httpx")

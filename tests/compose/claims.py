"""The claims and when they end: lines, and an expression."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from .draft import Draft, Values, indent, joined, quoted
from .recipe import Lines

NOW = "datetime.datetime.now(datetime.timezone.utc)"
EXPS: dict[str, tuple[Lines, str]] = {
    "int-time": ([], "int(time.time()) + 86400"),
    "round": ([], "round(time.time()) + 24 * 60 * 60"),
    "int-sum": ([], "int(time.time() + 3600)"),
    "variable": (["V_exp = int(time.time()) + 60 * 60"], "V_exp"),
    "ceil": ([], "math.ceil(time.time() + 300)"),
    "constant": ([], "int(time.time()) + K_lifetime"),
    "datetime": ([], f"{NOW} + datetime.timedelta(hours=12)"),
    "utcnow": ([], "datetime.datetime.utcnow() + datetime.timedelta(seconds=300)"),
    "datetime-variable": (
        [f"V_now = {NOW}", "V_exp = V_now + datetime.timedelta(minutes=30)"],
        "int(V_exp.timestamp())",
    ),
    "timegm": (
        ["V_exp = datetime.datetime.utcnow() + datetime.timedelta(minutes=5)"],
        "calendar.timegm(V_exp.utctimetuple())",
    ),
    "timegm-time": ([], "calendar.timegm(time.gmtime()) + 300"),
    "mktime": (
        ["V_exp = datetime.datetime.now() + datetime.timedelta(hours=8)"],
        "int(time.mktime(V_exp.timetuple()))",
    ),
    "milliseconds": (["V_now = int(time.time() * 1000)"], "V_now // 1000 + 600"),
    "strftime": ([], 'int(datetime.datetime.now().strftime("%s")) + 900'),
    "from-parts": (["V_now = time.time()", "V_exp = int(V_now + 60 * 60 * 8)"], "V_exp"),
    "time-ns": ([], "time.time_ns() // 10**9 + 120"),
    "function": ([], "F_expiry(10)"),
}
DATETIME_EXPS = frozenset({"datetime", "utcnow"})


def exp_of(d: Draft) -> tuple[Lines, str]:
    """When the assertion ends."""
    name = d.recipe.exp
    if name == "constant":
        d.above("settings", "K_lifetime = 60 * 60 * 4")
    if name == "function":
        d.above("sign", "def F_expiry(V_minutes=5):", "    return int(time.time()) + V_minutes * 60")
    return EXPS[name]


# The claims: lines, and an expression


@dataclass(slots=True)
class Claims:
    """What the claims are made of."""

    exp: str
    iss: str
    sub: str
    aud: str
    meta: str
    one: Callable[[str], str]
    """The claim of a metascope that is in a variable."""
    metascope: str
    extra: Lines

    @property
    def rows(self) -> Lines:
        """The four that everybody needs."""
        return [
            f'"exp": {self.exp},',
            f'"iss": {self.iss},',
            f'"sub": {self.sub},',
            f'"aud": {self.aud},',
            *self.extra,
        ]

    @property
    def meta_row(self) -> str:
        """The metascope as a row of a dict."""
        return f"{self.meta}: True,"


Part = Callable[[Draft, Claims], tuple[Lines, str]]


def _claims_literal(d: Draft, c: Claims) -> tuple[Lines, str]:
    return ["V_claims = {", *indent([*c.rows, c.meta_row]), "}"], "V_claims"


def _claims_inline(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [], "{" + " ".join([*c.rows, c.meta_row]).rstrip(",") + "}"


def _claims_steps(d: Draft, c: Claims) -> tuple[Lines, str]:
    rows = [row.rstrip(",").partition(": ") for row in c.rows]
    steps = [f"V_claims[{name}] = {value}" for name, _, value in rows]
    return ["V_claims = {}", *steps, f"V_claims[{c.meta}] = True"], "V_claims"


def _claims_later(d: Draft, c: Claims) -> tuple[Lines, str]:
    lines = ["V_claims = {", *indent(c.rows[1:]), "}", f"V_claims[{c.meta}] = True"]
    return [*lines, f'V_claims["exp"] = {c.exp}'], "V_claims"


def _claims_call(d: Draft, c: Claims) -> tuple[Lines, str]:
    rows = [row.replace('"', "", 2).replace(": ", "=", 1) for row in c.rows]
    return ["V_claims = dict(", *indent(rows), ")", f"V_claims[{c.meta}] = True"], "V_claims"


def _claims_update(d: Draft, c: Claims) -> tuple[Lines, str]:
    lines = ["V_claims = {", *indent(c.rows), "}", "V_claims.update({" + c.meta_row.rstrip(",") + "})"]
    return lines, "V_claims"


def _claims_json(d: Draft, c: Claims) -> tuple[Lines, str]:
    page = {"iss": d.real("org_id"), "sub": d.real("account")}
    page["aud"] = f"https://{d.world.host}{d.world.audience}{d.real('client_id')}"
    lines = [f"V_claims = json.loads('{json.dumps(page)}')", f'V_claims["exp"] = {c.exp}']
    return [*lines, f"V_claims[{c.meta}] = True"], "V_claims"


def _claims_loop(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [
        "V_claims = {",
        *indent(c.rows),
        "}",
        f'for V_name in {c.metascope}.split(","):',
        f"    V_claims[{c.one('V_name')}] = True",
    ], "V_claims"


def _claims_comprehension(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [
        f"V_scopes = [{c.metascope}]",
        "V_claims = {",
        *indent(c.rows),
        f"    **{{{c.one('V_name')}: True for V_name in V_scopes}},",
        "}",
    ], "V_claims"


def _claims_spread(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [
        "V_scopes = {" + c.meta_row.rstrip(",") + "}",
        "V_claims = {",
        *indent([*c.rows, "**V_scopes,"]),
        "}",
    ], "V_claims"


def _claims_merge(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [
        "V_claims = {",
        *indent(c.rows),
        "} | {" + c.meta_row.rstrip(",") + "}",
    ], "V_claims"


def _claims_condition(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [
        "V_claims = {",
        *indent(c.rows),
        "}",
        f"if {c.metascope}:",
        f"    V_claims[{c.meta}] = True",
    ], "V_claims"


def _claims_variables(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [
        f"V_audience = {c.aud}",
        f"V_scope = {c.meta}",
        "V_claims = {",
        *indent([f'"exp": {c.exp},', f'"iss": {c.iss},', f'"sub": {c.sub},', '"aud": V_audience,']),
        *indent([*c.extra, "V_scope: True,"]),
        "}",
    ], "V_claims"


def _claims_copy(d: Draft, c: Claims) -> tuple[Lines, str]:
    page = {"iss": d.real("org_id"), "sub": d.real("account")}
    rows = [f"{quoted(name)}: {quoted(value)}," for name, value in page.items()]
    d.above("sign", "K_claims = {", *indent(rows), "}")
    return [
        "V_claims = dict(K_claims)",
        f'V_claims["aud"] = {c.aud}',
        f'V_claims["exp"] = {c.exp}',
        f"V_claims[{c.meta}] = True",
    ], "V_claims"


def _claims_annotated(d: Draft, c: Claims) -> tuple[Lines, str]:
    return ["V_claims: dict[str, Any] = {", *indent([*c.rows, c.meta_row]), "}"], "V_claims"


def _claims_more(d: Draft, c: Claims) -> tuple[Lines, str]:
    c.extra = ['"iat": int(time.time()),', '"nbf": int(time.time()) - 10,']
    return _claims_literal(d, c)


def _claims_zip(d: Draft, c: Claims) -> tuple[Lines, str]:
    lines = [f'V_claims = dict(zip(("exp", "iss", "sub"), ({c.exp}, {c.iss}, {c.sub})))']
    return [*lines, f'V_claims["aud"] = {c.aud}', f"V_claims[{c.meta}] = True"], "V_claims"


def _claims_default(d: Draft, c: Claims) -> tuple[Lines, str]:
    lines = ["V_claims = {", *indent(c.rows), "}", f"V_claims.setdefault({c.meta}, True)"]
    return lines, "V_claims"


def _claims_two(d: Draft, c: Claims) -> tuple[Lines, str]:
    d.above(
        "helper",
        "def F_scope(V_host, V_scope):",
        f'    return "https://" + V_host + "{d.world.scope}" + V_scope',
    )
    meta = f"F_scope({quoted(d.world.host)}, {c.metascope})"
    return ["V_claims = {", *indent([*c.rows, f"{meta}: True,"]), "}"], "V_claims"


def _claims_shown(d: Draft, c: Claims) -> tuple[Lines, str]:
    lines, claims = _claims_literal(d, c)
    return [*lines, f'logging.debug("claims: %s", {claims})'], claims


def _claims_commented(d: Draft, c: Claims) -> tuple[Lines, str]:
    return [
        "# The claims, see the console",
        "V_claims = {",
        *indent([f"{c.rows[0]}  # not too long", *c.rows[1:], "# the metascope", c.meta_row]),
        "}",
    ], "V_claims"


CLAIMS: dict[str, Part] = {
    "literal": _claims_literal,
    "inline": _claims_inline,
    "steps": _claims_steps,
    "later": _claims_later,
    "call": _claims_call,
    "update": _claims_update,
    "json": _claims_json,
    "loop": _claims_loop,
    "comprehension": _claims_comprehension,
    "spread": _claims_spread,
    "merge": _claims_merge,
    "condition": _claims_condition,
    "variables": _claims_variables,
    "copy": _claims_copy,
    "annotated": _claims_annotated,
    "more": _claims_more,
    "zip": _claims_zip,
    "default": _claims_default,
    "two": _claims_two,
    "shown": _claims_shown,
    "commented": _claims_commented,
}
OPAQUE_CLAIMS = frozenset({"loop", "comprehension", "condition"})


def claims_of(d: Draft, v: Values) -> tuple[Lines, str]:
    """The claims."""
    world, style = d.world, d.recipe.text
    lines, exp = exp_of(d)
    host = (world.host, v["host"] if style != "literal" else "")
    client = (d.real("client_id"), v["client_id"] if style != "literal" else "")
    meta_style = style if d.recipe.metascope != "literal" else "literal"
    meta_style = "fstring" if meta_style == "literal" and d.recipe.metascope == "value" else meta_style
    needs_value = d.recipe.metascope == "value" or d.recipe.claims in OPAQUE_CLAIMS
    metascope = v["metascope"] if needs_value else quoted(world.metascope)
    scope: str | tuple[str, str] = (world.metascope, metascope) if needs_value else world.metascope

    def one(variable: str) -> str:
        way = "fstring" if style == "literal" else style
        return joined(way, "https://", (world.host, v["host"]), world.scope, ("", variable))

    claims = Claims(
        exp=exp,
        iss=v["org_id"],
        sub=v["account"],
        aud=joined(style, "https://", host, world.audience, client),
        meta=joined(
            meta_style,
            "https://",
            (world.host, v["host"] if meta_style != "literal" else ""),
            world.scope,
            scope,
        ),
        one=one,
        metascope=metascope,
        extra=[],
    )
    more, expression = CLAIMS[d.recipe.claims](d, claims)
    return [*lines, *more], expression

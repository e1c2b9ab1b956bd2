"""The structures of functions: each writes the flow and gives the lines of the main program."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .claims import claims_of
from .draft import Draft, indent
from .functions import (
    Function,
    Scope,
    assertion_of,
    decorators_of,
    define,
    exchanged,
    key_of,
    named,
    outside,
    parameters,
    returned,
    whole_assertion,
)
from .recipe import SCOPES, Lines
from .replies import Reading, give, seconds_of, show_expiry, take, use_of


def _function(d: Draft) -> Lines:
    def body(v: Scope) -> Lines:
        return [
            *named(whole_assertion(d, v)),
            *exchanged(d, v, "V_assertion", lambda r: give(d, r, v)),
        ]

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _script(d: Draft) -> Lines:
    v = outside(d)
    tail: Lines = []

    def end(r: Reading) -> Lines:
        tail.extend(use_of(d, "V_token", v))
        return [f"V_token = {r.token}" if r.token != "V_token" else "", *show_expiry(d, r.expires)]

    lines = [*named(whole_assertion(d, v)), *exchanged(d, v, "V_assertion", end)]
    return [line for line in [*lines, *tail] if line]


def _inline(d: Draft) -> Lines:
    """The assertion is signed inside the call or the body."""

    def body(v: Scope) -> Lines:
        lines, expression = whole_assertion(d, v)
        return [*lines, *exchanged(d, v, expression, lambda r: give(d, r, v))]

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _two(d: Draft) -> Lines:
    sign, exchange = _halves(d)
    v = outside(d)
    assertion = sign.call(d, v)
    if d.recipe.cache != "none":
        return finish(d, exchange, assertion)
    lines = [f"V_assertion = {assertion}"]
    return [*lines, *finish(d, exchange, "V_assertion")]


def _two_nested(d: Draft) -> Lines:
    sign, exchange = _halves(d)
    return finish(d, exchange, sign.call(d, outside(d)))


def _halves(d: Draft) -> tuple[Function, Function]:
    sign = define(d, "sign", "F_assertion", lambda v: returned(whole_assertion(d, v)))
    exchange = define(
        d,
        "exchange",
        "F_exchange",
        lambda v: exchanged(d, v, "V_assertion", lambda r: give(d, r, v)),
        ["V_assertion"],
        is_async=d.is_async,
        decorators=decorators_of(d),
    )
    return sign, exchange


def _calls(d: Draft) -> Lines:
    """One function calls the other."""
    sign = define(d, "sign", "F_assertion", lambda v: returned(whole_assertion(d, v)))

    def body(v: Scope) -> Lines:
        call = sign.call(d, v)
        return [f"V_assertion = {call}", *exchanged(d, v, "V_assertion", lambda r: give(d, r, v))]

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _inner_call(d: Draft) -> Lines:
    """The other function is called inside the body."""
    sign = define(d, "sign", "F_assertion", lambda v: returned(whole_assertion(d, v)))

    def body(v: Scope) -> Lines:
        return exchanged(d, v, sign.call(d, v), lambda r: give(d, r, v))

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _chain(d: Draft) -> Lines:
    """A function over two."""
    sign, exchange = _halves(d)
    function = define(
        d,
        "exchange",
        "F_token",
        lambda v: [f"return {exchange.call(d, v, sign.call(d, v))}"],
        is_async=d.is_async,
    )
    return finish(d, function)


def _three(d: Draft) -> Lines:
    """Claims, key and assertion each have their function."""
    claims = define(d, "sign", "F_claims", lambda v: returned(claims_of(d, v)))
    key = define(d, "sign", "F_key", lambda v: returned(key_of(d, v)))
    sign = define(
        d,
        "sign",
        "F_assertion",
        lambda v: returned(assertion_of(d, ([], "V_claims"), ([], "V_key"))),
        ["V_claims", "V_key"],
    )

    def body(v: Scope) -> Lines:
        call = sign.call(d, v, claims.call(d, v), key.call(d, v))
        return [f"V_assertion = {call}", *exchanged(d, v, "V_assertion", lambda r: give(d, r, v))]

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _inner(d: Draft) -> Lines:
    """A function in the function."""

    def body(v: Scope) -> Lines:
        return [
            "def F_assertion():",
            *indent(returned(whole_assertion(d, v))),
            "",
            *exchanged(d, v, "F_assertion()", lambda r: give(d, r, v)),
        ]

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _tuple(d: Draft) -> Lines:
    """The claims and the key come back together."""

    def parts(v: Scope) -> Lines:
        claims, key = claims_of(d, v), key_of(d, v)
        return [*claims[0], *key[0], f"return {claims[1]}, {key[1]}"]

    both = define(d, "sign", "F_claims", parts)

    def body(v: Scope) -> Lines:
        assertion = assertion_of(d, ([f"V_claims, V_key = {both.call(d, v)}"], "V_claims"), ([], "V_key"))
        return [*named(assertion), *exchanged(d, v, "V_assertion", lambda r: give(d, r, v))]

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _default(d: Draft) -> Lines:
    """The assertion may be given; it is made if it is not."""
    sign = define(d, "sign", "F_assertion", lambda v: returned(whole_assertion(d, v)))

    def body(v: Scope) -> Lines:
        return [
            f"V_assertion = {sign.call(d, v)}",
            "V_form_assertion = V_assertion",
            *exchanged(d, v, "V_form_assertion", lambda r: give(d, r, v)),
        ]

    function = define(d, "exchange", "F_token", body, is_async=d.is_async, decorators=decorators_of(d))
    return finish(d, function)


def _factory(d: Draft) -> Lines:
    """A function makes the function that gets the token."""
    sign = define(d, "sign", "F_assertion", lambda v: returned(whole_assertion(d, v)))

    def body(v: Scope) -> Lines:
        call = sign.call(d, v)
        inner = [f"V_assertion = {call}", *exchanged(d, v, "V_assertion", lambda r: give(d, r, v))]
        return ["def F_get():", *indent(inner), "", "return F_get"]

    made = define(d, "exchange", "F_token", body)
    v = outside(d)
    lines, token = take(d, f"{made.call(d, v)}()")
    return [*lines, *use_of(d, token, v)]


def _parameter_twice(d: Draft) -> Lines:
    """A parameter that is the claims first and the assertion later."""
    claims = define(d, "sign", "F_claims", lambda v: returned(claims_of(d, v)))

    def body(v: Scope) -> Lines:
        lines, key = key_of(d, v)
        assertion = assertion_of(d, ([], "V_subject"), (lines, key))
        return [
            *named(assertion, "V_subject"),
            *exchanged(d, v, "V_subject", lambda r: give(d, r, v)),
        ]

    exchange = define(
        d, "exchange", "F_exchange", body, ["V_subject"], is_async=d.is_async, decorators=decorators_of(d)
    )
    return finish(d, exchange, claims.call(d, outside(d)))


def _keyword_only(d: Draft) -> Lines:
    """Everything is given by its name, and can be given in no other way."""
    sign = define(d, "sign", "F_assertion", lambda v: returned(whole_assertion(d, v)))
    exchange = define(
        d,
        "exchange",
        "F_exchange",
        lambda v: exchanged(d, v, "V_assertion", lambda r: give(d, r, v)),
        ["*", "V_assertion"],
        is_async=d.is_async,
        decorators=decorators_of(d),
    )
    exchange.keywords = ["V_assertion", *parameters(d, exchange.scope)]
    return finish(d, exchange, sign.call(d, outside(d)))


def _dual(d: Draft) -> Lines:
    """The project has moved already, but for a constant."""
    d.above("settings", 'K_grant = "jwt"')

    def body(v: Scope) -> Lines:
        fields = [
            f'"client_id": {v["client_id"]},',
            f'"client_secret": {v["client_secret"]},',
            '"grant_type": "client_credentials",',
            f'"scope": "{SCOPES}",',
        ]
        url = f"https://{d.world.host}/ims/token/v3"
        return [
            'if K_grant == "oauth":',
            "    V_answer = requests.post(",
            f'        "{url}",',
            "        data={",
            *indent(fields, 3),
            "        },",
            "    )",
            '    return V_answer.json()["access_token"]',
            *named(whole_assertion(d, v)),
            *exchanged(d, v, "V_assertion", lambda r: give(d, r, v)),
        ]

    function = define(d, "exchange", "F_token", body, decorators=decorators_of(d))
    return finish(d, function)


def finish(d: Draft, function: Function, *first: str) -> Lines:
    """Call the exchanging function, through a cache perhaps, and use the token."""
    v = outside(d)
    if d.recipe.cache in CACHES:
        function = CACHES[d.recipe.cache](d, function, *first)
        return [f"V_token = {function.call(d, v, top=True)}", *use_of(d, "V_token", v)]
    lines, token = take(d, function.call(d, v, *first, top=True))
    return [*lines, *use_of(d, token, v)]


def _fresh(d: Draft, call: str) -> Lines:
    """Get a token and its end."""
    kind = d.recipe.result
    if kind == "token":
        return [f"V_token = {call}", "V_until = time.time() + 3600"]
    if kind == "data":
        lines, seconds = seconds_of(d, 'V_data["expires_in"]')
        lines = [f"V_data = {call}", 'V_token = V_data["access_token"]', *lines]
    elif kind == "pair":
        lines, seconds = seconds_of(d, "V_expires")
        lines = [f"V_token, V_expires = {call}", *lines]
    else:
        lines, seconds = [f"V_token, V_seconds = {call}"], "V_seconds"
    d.out.append("1440 minutes")
    return [
        *lines,
        f"V_until = time.time() + {seconds}",
        'print(round((V_until - time.time()) / 60), "minutes")',
    ]


def _cache_global(d: Draft, function: Function, *first: str) -> Function:
    d.above("exchange", "K_token = None", "K_until = 0")

    def body(v: Scope) -> Lines:
        return [
            "global K_token, K_until",
            "if K_token is None or time.time() > K_until:",
            *indent(_fresh(d, function.call(d, v, *_inside_arguments(d, v, first)))),
            "    K_token = V_token",
            "    K_until = V_until - 60",
            "return K_token",
        ]

    return define(d, "exchange", "F_cached", body, is_async=d.is_async)


def _cache_file(d: Draft, function: Function, *first: str) -> Function:
    def body(v: Scope) -> Lines:
        return [
            'if os.path.exists("token.json"):',
            '    with open("token.json") as V_file:',
            "        V_saved = json.load(V_file)",
            '    if V_saved["until"] > time.time():',
            '        return V_saved["token"]',
            *_fresh(d, function.call(d, v, *_inside_arguments(d, v, first))),
            'with open("token.json", "w") as V_file:',
            '    json.dump({"token": V_token, "until": V_until}, V_file)',
            "return V_token",
        ]

    return define(d, "exchange", "F_cached", body, is_async=d.is_async)


def _inside_arguments(d: Draft, v: Scope, first: Sequence[str]) -> Lines:
    """The arguments of a call, as they are written inside a function."""
    if d.recipe.passing == "object" and any("K_config" in text for text in first):
        v["client_id"]
        return [text.replace("K_config", "V_config") for text in first]
    return list(first)


CACHES: dict[str, Callable[..., Function]] = {"global": _cache_global, "file": _cache_file}
CACHE_NAMES = ("none", "lru", "functools", "global", "file")


FUNCTIONS: dict[str, Callable[[Draft], Lines]] = {
    "function": _function,
    "script": _script,
    "inline": _inline,
    "two": _two,
    "two-nested": _two_nested,
    "calls": _calls,
    "inner-call": _inner_call,
    "chain": _chain,
    "three": _three,
    "tuple": _tuple,
    "inner": _inner,
    "rename": _default,
    "factory": _factory,
    "parameter-twice": _parameter_twice,
    "given": _keyword_only,
    "dual": _dual,
}

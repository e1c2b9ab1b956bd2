"""Functions: what they take, how they are called; the two halves of a flow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .claims import claims_of
from .clients import CLIENTS
from .draft import Draft, Values, indent
from .encoders import ENCODERS, sign_of
from .keys import BYTES_KEYS, KEYS
from .recipe import Lines
from .replies import Reading, exchange_of


class Scope(Values):
    """Values as a function, a method or a module sees them."""

    def __init__(self, expression: Callable[[str], str], config: str = "K_config") -> None:
        super().__init__(expression)
        self.config = config


def outside(d: Draft) -> Scope:
    """Values at the top level."""
    return Scope(d.source)


def inside(d: Draft) -> Scope:
    """Values in a function."""
    if d.recipe.passing == "params":
        return Scope(lambda name: f"V_{name}")
    if d.recipe.passing == "object":
        return Scope(lambda name: d.source(name).replace("K_config", "V_config"), "V_config")
    return outside(d)


def parameters(d: Draft, scope: Scope) -> Lines:
    """The parameters that a function with this scope needs."""
    if d.recipe.passing == "params":
        return [f"V_{name}" for name in scope.used]
    return ["V_config"] if d.recipe.passing == "object" and scope.used else []


def arguments(d: Draft, scope: Scope, caller: Scope) -> Lines:
    """What a caller gives for them."""
    if d.recipe.passing == "params":
        return [caller[name] for name in scope.used]
    if not parameters(d, scope):
        return []
    caller.used.update(scope.used)
    return [caller.config]


@dataclass(slots=True)
class Function:
    """A function that was written: how it is called."""

    name: str
    scope: Scope
    is_async: bool = False
    keywords: list[str] | None = None
    """The names of all arguments, where they must be given."""

    def call(self, d: Draft, caller: Scope, *first: str, top: bool = False) -> str:
        """A call from another scope; ``top``: from outside of any function."""
        given = [*first, *arguments(d, self.scope, caller)]
        if self.keywords is not None:
            given = [f"{name}={value}" for name, value in zip(self.keywords, given, strict=True)]
        call = f"{self.name}({', '.join(given)})"
        if not self.is_async:
            return call
        return f"asyncio.run({call})" if top else f"await {call}"


ABOUT = {
    "F_claims": "Say who we are.",
    "F_key": "Read the private key.",
    "F_assertion": "Sign a JWT with our private key.",
    "F_exchange": "Exchange the JWT for an access token.",
    "F_token": "Get an access token.",
    "F_cached": "Get an access token that is still good.",
}


def head(d: Draft, name: str, params: Sequence[str], *, is_async: bool = False) -> Lines:
    """The first lines of a definition."""
    annotated = d.recipe.dress == "annotated"
    shown = [
        f"{p}: str" if annotated and p not in ("*", "self", "cls", "V_config", "V_claims") else p
        for p in params
    ]
    arrow = " -> None" if annotated and name == "__init__" else " -> Any" if annotated else ""
    lines = [f"{'async ' if is_async else ''}def {name}({', '.join(shown)}){arrow}:"]
    about = ABOUT.get(name)
    if about and d.recipe.dress == "docstrings":
        lines.append(f'    """{about}"""')
    if about and d.recipe.dress == "comments":
        lines.append(f"    # {about}")
    if about and d.recipe.dress == "logging":
        lines.append(f'    logging.getLogger(__name__).debug("{about}")')
    return lines


def define(
    d: Draft,
    role: str,
    name: str,
    body: Callable[[Scope], Lines],
    first: Sequence[str] = (),
    *,
    is_async: bool = False,
    decorators: Sequence[str] = (),
) -> Function:
    """Write a function; its parameters are what its body asks for."""
    scope = inside(d)
    lines = body(scope)
    params = [*first, *parameters(d, scope)]
    d.above(role, *decorators, *head(d, name, params, is_async=is_async), *indent(lines))
    return Function(name, scope, is_async)


# The two halves of a flow


def key_of(d: Draft, v: Values) -> tuple[Lines, str]:
    """The private key."""
    lines, key = KEYS[d.recipe.key](d, v)
    if ENCODERS[d.recipe.encoder].keys == "bytes" and d.recipe.key not in BYTES_KEYS:
        key = f"{key}.encode()"
    return lines, key


def assertion_of(d: Draft, claims: tuple[Lines, str], key: tuple[Lines, str]) -> tuple[Lines, str]:
    """Sign, with what surrounds that."""
    lines, expression = sign_of(d, claims[1], key[1])
    lines = [*claims[0], *key[0], *lines]
    guard = d.recipe.guard
    if guard == "log":
        return [
            *lines,
            f"V_assertion = {expression}",
            'logging.info("signed %d characters", len(V_assertion))',
        ], "V_assertion"
    if guard == "assertion":
        return [
            *lines,
            f"V_assertion = {expression}",
            "if not V_assertion:",
            '    raise ValueError("no assertion")',
        ], "V_assertion"
    if guard == "is-none":
        return [
            *lines,
            f"V_assertion = {expression}",
            "if V_assertion is None:",
            '    raise RuntimeError("no assertion")',
        ], "V_assertion"
    if guard == "assert":
        return [
            *lines,
            f"V_assertion = {expression}",
            "assert isinstance(V_assertion, (str, bytes))",
        ], "V_assertion"
    if guard == "print":
        return [*lines, f"V_assertion = {expression}", 'print("signed", file=sys.stderr)'], "V_assertion"
    if guard in ("try-jwt", "try-any", "try-exception"):
        errors = {
            "try-jwt": "jwt.PyJWTError",
            "try-any": "(ValueError, TypeError)",
            "try-exception": "Exception",
        }
        error = errors[guard]
        return [
            "try:",
            *indent([*lines, f"V_assertion = {expression}"]),
            f"except {error} as V_error:",
            '    raise RuntimeError("cannot sign") from V_error',
        ], "V_assertion"
    return lines, expression


def whole_assertion(d: Draft, v: Values) -> tuple[Lines, str]:
    """Claims, key and signature in one place."""
    return assertion_of(d, claims_of(d, v), key_of(d, v))


def named(lines_and: tuple[Lines, str], name: str = "V_assertion") -> Lines:
    """Lines that end with the assertion in a variable."""
    lines, expression = lines_and
    return lines if expression == name else [*lines, f"{name} = {expression}"]


def returned(lines_and: tuple[Lines, str]) -> Lines:
    """Lines that end with a return."""
    return [*lines_and[0], f"return {lines_and[1]}"]


def exchanged(d: Draft, v: Values, assertion: str, end: Callable[[Reading], Lines]) -> Lines:
    """Post, read, and do something with it."""
    lines, depth, reading = exchange_of(d, v, assertion)
    inner = [*reading.lines, *end(reading)]
    guard = d.recipe.guard
    if guard == "key-error" and any(line.startswith("return ") for line in inner):
        inner = ["try:", *indent(inner), "except KeyError as V_error:"]
        inner.append('    raise RuntimeError("no token in the reply") from V_error')
    lines = [*lines, *indent(inner, depth)]
    if guard == "try-log":
        logged = ['    logging.exception("no token")', "    raise"]
        return ["try:", *indent(lines), f"except {ERRORS[d.recipe.client]}:", *logged]
    if guard in ("try-request", "try-exit"):
        error = ERRORS[d.recipe.client]
        ending = (
            '    raise RuntimeError("no reply") from V_error'
            if guard == "try-request"
            else '    sys.exit(f"no reply: {V_error}")'
        )
        return ["try:", *indent(lines), f"except {error} as V_error:", ending]
    return lines


def _error_of(name: str) -> str:
    if name == "requests-from":
        return "OSError"
    if name == "requests-alias":
        return "rq.RequestException"
    for start, error in (("httpx", "httpx.HTTPError"), ("aiohttp", "aiohttp.ClientError")):
        if name.startswith(start):
            return error
    if name.startswith("urllib3"):
        return "urllib3.exceptions.HTTPError"
    if name.startswith("urllib"):
        return "urllib.error.URLError"
    return "OSError" if name == "http-client" else "requests.exceptions.RequestException"


ERRORS = {name: _error_of(name) for name in CLIENTS}
GUARDS = (
    "none",
    "assertion",
    "is-none",
    "assert",
    "print",
    "log",
    "try-any",
    "try-exception",
    "try-jwt",
    "key-error",
    "try-request",
    "try-exit",
    "try-log",
)


def decorators_of(d: Draft) -> Lines:
    """What stands above the exchanging function."""
    lines = []
    if d.recipe.cache == "lru":
        lines.append("@lru_cache(maxsize=None)")
    if d.recipe.cache == "functools":
        lines.append("@functools.cache")
    if d.recipe.retry == "backoff":
        lines.append("@backoff.on_exception(backoff.expo, OSError, max_tries=3)")
    if d.recipe.retry == "decorator":
        d.above(
            "helper",
            "def F_retry(V_function):",
            "    @functools.wraps(V_function)",
            "    def V_wrapped(*args, **kwargs):",
            "        for V_attempt in range(3):",
            "            try:",
            "                return V_function(*args, **kwargs)",
            "            except OSError:",
            "                time.sleep(V_attempt)",
            '        raise RuntimeError("gave up")',
            "",
            "    return V_wrapped",
        )
        lines.append("@F_retry")
    return lines

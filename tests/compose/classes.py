"""The structures of classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .claims import claims_of
from .draft import Draft, indent
from .functions import (
    Function,
    Scope,
    arguments,
    assertion_of,
    exchanged,
    head,
    inside,
    key_of,
    named,
    outside,
    parameters,
    returned,
    whole_assertion,
)
from .recipe import Lines
from .replies import Reading, give, seconds_of, show_expiry, take, use_of


@dataclass(slots=True)
class Class:
    """A class that is being written."""

    name: str
    scope: Scope
    methods: list[Lines] = field(default_factory=list)
    more: Lines = field(default_factory=list)
    """More lines of ``__init__``."""

    def method(self, d: Draft, name: str, lines: Lines, params: Sequence[str] = (), **options: bool) -> None:
        """Add a method."""
        is_async = options.get("is_async", False)
        self.methods.append([*head(d, name, ["self", *params], is_async=is_async), *indent(lines)])

    def write(self, d: Draft, role: str, base: str = "") -> Function:
        """Put the class at the top level; calling it makes an object."""
        first: list[Lines] = []
        params, lines = self._init(d)
        if lines or self.more:
            first = [[*head(d, "__init__", ["self", *params]), *indent([*lines, *self.more])]]
        bodies = [*first, *self.methods]
        inner = [line for body in bodies for line in ["", *body]][1:]
        d.above(role, f"class {self.name}{f'({base})' if base else ''}:", *indent(inner))
        return Function(self.name, self.scope)

    def _init(self, d: Draft) -> tuple[Lines, Lines]:
        if d.recipe.passing == "object" and self.scope.used:
            return ["V_config"], ["self.V_config = V_config"]
        if d.recipe.passing == "params":
            names = [f"V_{name}" for name in self.scope.used]
            return names, [f"self.{name} = {name}" for name in names]
        return [], [f"self.V_{name} = {d.source(name)}" for name in self.scope.used]


def new_class(d: Draft, name: str) -> Class:
    """A class whose objects hold the values."""
    if d.recipe.passing == "object":
        return Class(name, Scope(lambda n: d.source(n).replace("K_config", "self.V_config"), "self.V_config"))
    return Class(name, Scope(lambda n: f"self.V_{n}"))


def finish_object(d: Draft, cls: Function, call: str = "V_client.F_token()") -> Lines:
    """Make an object and use its token."""
    v = outside(d)
    made = [f"V_client = {cls.call(d, v)}"]
    call = f"asyncio.run({call})" if d.is_async else call
    lines, token = take(d, call)
    return [*made, *lines, *use_of(d, token, v)]


def _class(d: Draft) -> Lines:
    cls = new_class(d, "C_client")
    v = cls.scope
    cls.method(d, "F_assertion", returned(whole_assertion(d, v)))
    lines = ["V_assertion = self.F_assertion()"]
    lines += exchanged(d, v, "V_assertion", lambda r: give(d, r, v))
    cls.method(d, "F_token", lines, is_async=d.is_async)
    return finish_object(d, cls.write(d, "exchange"))


def _class_one(d: Draft) -> Lines:
    cls = new_class(d, "C_client")
    v = cls.scope
    lines = named(whole_assertion(d, v))
    lines += exchanged(d, v, "V_assertion", lambda r: give(d, r, v))
    cls.method(d, "F_token", lines, is_async=d.is_async)
    return finish_object(d, cls.write(d, "exchange"))


def _class_state(d: Draft) -> Lines:
    cls = new_class(d, "C_client")
    v = cls.scope
    lines, expression = whole_assertion(d, v)
    cls.more = ["self.V_assertion = None"]
    cls.method(d, "F_assertion", [*lines, f"self.V_assertion = {expression}"])
    lines = ["self.F_assertion()", *exchanged(d, v, "self.V_assertion", lambda r: give(d, r, v))]
    cls.method(d, "F_token", lines, is_async=d.is_async)
    return finish_object(d, cls.write(d, "exchange"))


def _class_init(d: Draft) -> Lines:
    cls = new_class(d, "C_client")
    v = cls.scope
    lines, expression = whole_assertion(d, v)
    cls.more = [*lines, f"self.V_assertion = {expression}"]
    cls.method(
        d, "F_token", exchanged(d, v, "self.V_assertion", lambda r: give(d, r, v)), is_async=d.is_async
    )
    return finish_object(d, cls.write(d, "exchange"))


def _class_key(d: Draft) -> Lines:
    """The key is read when the object is made."""
    cls = new_class(d, "C_client")
    v = cls.scope
    lines, key = key_of(d, v)
    cls.more = [*lines, f"self.V_key = {key}"]
    cls.method(d, "F_claims", returned(claims_of(d, v)))
    cls.method(d, "F_assertion", returned(assertion_of(d, ([], "self.F_claims()"), ([], "self.V_key"))))
    lines = exchanged(d, v, "self.F_assertion()", lambda r: give(d, r, v))
    cls.method(d, "F_token", lines, is_async=d.is_async)
    return finish_object(d, cls.write(d, "exchange"))


def _class_cached(d: Draft) -> Lines:
    cls = new_class(d, "C_client")
    v = cls.scope
    cls.more = ["self.V_token = None", "self.V_until = 0"]
    cls.method(d, "F_assertion", returned(whole_assertion(d, v)))

    def end(r: Reading) -> Lines:
        lines, seconds = seconds_of(d, r.expires)
        return [
            f"self.V_token = {r.token}",
            *lines,
            f"self.V_until = time.time() + {seconds} - 60",
            "return self.V_token",
        ]

    lines = ["if self.V_token and time.time() < self.V_until:", "    return self.V_token"]
    lines += exchanged(d, v, "self.F_assertion()", end)
    cls.method(d, "F_token", lines, is_async=d.is_async)
    main = finish_object(d, cls.write(d, "exchange"))
    d.out.append("1440 minutes")
    return [*main, 'print(round((V_client.V_until + 60 - time.time()) / 60), "minutes")']


def _class_expiry_method(d: Draft) -> Lines:
    """The lifetime is set by a method of its own."""
    cls = new_class(d, "C_client")
    v = cls.scope
    cls.more = ["self.V_token = None", "self.V_until = 0"]
    cls.method(d, "F_assertion", returned(whole_assertion(d, v)))
    lines, seconds = seconds_of(d, "V_expires")
    cls.method(d, "F_remember", [*lines, f"self.V_until = time.time() + {seconds}"], ["V_expires"])

    def end(r: Reading) -> Lines:
        return [f"self.V_token = {r.token}", f"self.F_remember({r.expires})", "return self.V_token"]

    lines = ["if self.V_until > time.time():", "    return self.V_token"]
    lines += exchanged(d, v, "self.F_assertion()", end)
    cls.method(d, "F_token", lines, is_async=d.is_async)
    main = finish_object(d, cls.write(d, "exchange"))
    d.out.append("1440 minutes")
    return [*main, 'print(round((V_client.V_until - time.time()) / 60), "minutes")']


def _class_property(d: Draft) -> Lines:
    cls = new_class(d, "C_client")
    v = cls.scope
    lines = returned(whole_assertion(d, v))
    cls.methods.append(["@property", *head(d, "V_assertion", ["self"]), *indent(lines)])
    lines = exchanged(d, v, "self.V_assertion", lambda r: give(d, r, v))
    cls.methods.append(["@property", *head(d, "V_granted", ["self"]), *indent(lines)])
    return finish_object(d, cls.write(d, "exchange"), "V_client.V_granted")


def _class_static(d: Draft) -> Lines:
    sign = inside(d)
    body = returned(whole_assertion(d, sign))
    cls = new_class(d, "C_client")
    v = cls.scope
    lines = ["@staticmethod", *head(d, "F_assertion", parameters(d, sign)), *indent(body)]
    cls.methods.append(lines)
    call = f"self.F_assertion({', '.join(arguments(d, sign, v))})"
    lines = [f"V_assertion = {call}", *exchanged(d, v, "V_assertion", lambda r: give(d, r, v))]
    cls.method(d, "F_token", lines, is_async=d.is_async)
    return finish_object(d, cls.write(d, "exchange"))


def _class_methods(d: Draft) -> Lines:
    """Nobody makes an object."""
    cls = Class("C_client", outside(d))
    v = cls.scope
    one = ["@classmethod", *head(d, "F_assertion", ["cls"]), *indent(returned(whole_assertion(d, v)))]
    lines = ["V_assertion = cls.F_assertion()"]
    lines += exchanged(d, v, "V_assertion", lambda r: give(d, r, v))
    two = ["@classmethod", *head(d, "F_token", ["cls"], is_async=d.is_async), *indent(lines)]
    d.above("exchange", "class C_client:", *indent([*one, "", *two]))
    call = "asyncio.run(C_client.F_token())" if d.is_async else "C_client.F_token()"
    more, token = take(d, call)
    return [*more, *use_of(d, token, outside(d))]


def _class_helper(d: Draft) -> Lines:
    """The object has another one that signs."""
    one, two = new_class(d, "C_base"), new_class(d, "C_client")
    one.method(d, "F_assertion", returned(whole_assertion(d, one.scope)))
    signer = one.write(d, "sign")
    v = two.scope
    lines = exchanged(d, v, "self.V_signer.F_assertion()", lambda r: give(d, r, v))
    two.method(d, "F_token", lines, is_async=d.is_async)
    v[next(iter(signer.scope.used))]
    arguments(d, signer.scope, v)
    two.more = [f"self.V_signer = {signer.call(d, v)}"]
    return finish_object(d, two.write(d, "exchange"))


def _class_session(d: Draft) -> Lines:
    """The object is a requests session that authorises itself."""
    cls = new_class(d, "C_client")
    v = cls.scope
    cls.more = ["self.V_api = requests.Session()"]
    cls.method(d, "F_assertion", returned(whole_assertion(d, v)))
    client = v["client_id"]

    def end(r: Reading) -> Lines:
        return [
            *show_expiry(d, r.expires),
            f'self.V_api.headers["Authorization"] = "Bearer " + {r.token}',
            f'self.V_api.headers["x-api-key"] = {client}',
        ]

    cls.method(d, "F_authorise", exchanged(d, v, "self.F_assertion()", end))
    url = f'"{d.world.api}/" + {v["org_id"]}'
    cls.method(d, "F_people", [f'return self.V_api.get({url}).json()["users"]'])
    made = cls.write(d, "exchange")
    d.out.append("2 people")
    return [
        f"V_client = {made.call(d, outside(d))}",
        "V_client.F_authorise()",
        'print(len(V_client.F_people()), "people")',
    ]


def _inheritance(d: Draft) -> Lines:
    base, cls = new_class(d, "C_base"), new_class(d, "C_client")
    v = base.scope
    base.method(d, "F_assertion", returned(whole_assertion(d, v)))
    lines = exchanged(d, v, "self.F_assertion()", lambda r: give(d, r, v))
    cls.method(d, "F_token", lines, is_async=d.is_async)
    made = base.write(d, "sign")
    cls.write(d, "exchange", "C_base")
    return finish_object(d, Function("C_client", made.scope))


def _callables(d: Draft) -> Lines:
    """Objects that are called."""
    one, two = new_class(d, "C_assertion"), new_class(d, "C_request")
    one.method(d, "__call__", returned(whole_assertion(d, one.scope)))
    first = one.write(d, "sign")
    lines = exchanged(d, two.scope, "self.V_assertion", lambda r: give(d, r, two.scope))
    two.method(d, "__call__", lines)
    two.more = ["self.V_assertion = V_assertion"]
    params, inits = two._init(d)
    inner = [*head(d, "__init__", ["self", "V_assertion", *params]), *indent([*inits, *two.more]), ""]
    d.above("exchange", "class C_request:", *indent([*inner, *two.methods[0]]))
    v = outside(d)
    call = Function("C_request", two.scope).call(d, v, f"{first.call(d, v)}()") + "()"
    more, token = take(d, call)
    return [*more, *use_of(d, token, v)]


CLASSES: dict[str, Callable[[Draft], Lines]] = {
    "class-one": _class_one,
    "class": _class,
    "class-state": _class_state,
    "class-init": _class_init,
    "class-key": _class_key,
    "class-cached": _class_cached,
    "class-expiry-method": _class_expiry_method,
    "class-property": _class_property,
    "class-static": _class_static,
    "class-methods": _class_methods,
    "class-helper": _class_helper,
    "class-session": _class_session,
    "inheritance": _inheritance,
    "callables": _callables,
}

"""Where it is sent, and what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .draft import Draft, Sent, Values, indent, joined, quoted
from .recipe import Lines


def url_of(d: Draft, v: Values) -> tuple[Lines, str]:
    """The address of the exchange."""
    world, style = d.world, d.recipe.url
    slash = "/" if d.recipe.path == "slash" else ""
    path = world.path.replace("exchange/jwt", "exchange/v1/jwt") if d.recipe.path == "v1" else world.path
    host = (world.host, "" if style in ("literal", "constant", "variable", "table", "urljoin") else v["host"])
    whole = joined("literal", "https://", host, path + slash)
    if style == "literal":
        return [], whole
    if style == "constant":
        d.above("settings", f"K_url = {whole}")
        return [], "K_url"
    if style == "variable":
        return [f"V_url = {whole}"], "V_url"
    if style == "table":
        d.above("settings", f'K_endpoints = {{"exchange": {whole}, "api": {quoted(world.api)}}}')
        return [], 'K_endpoints["exchange"]'
    if style == "urljoin":
        base = quoted(f"https://{world.host}")
        return [], f"urljoin({base}, {quoted(path + slash)})"
    if style == "base":
        d.above("settings", f"K_base = {quoted('https://' + world.host)}")
        return [], f"K_base + {quoted(path + slash)}"
    expression = joined(style, "https://", host, path + slash)
    return [f"V_url = {expression}"], "V_url"


URLS = (
    "literal",
    "constant",
    "variable",
    "fstring",
    "format",
    "percent",
    "plus",
    "join",
    "urljoin",
    "base",
    "table",
)


# The body


@dataclass(slots=True)
class Fields:
    """What is sent: name and expression of each field."""

    client_id: tuple[str, str]
    client_secret: tuple[str, str]
    assertion: tuple[str, str]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        yield from (self.client_id, self.client_secret, self.assertion)

    @property
    def rows(self) -> Lines:
        """As rows of a dict."""
        return [f"{quoted(name)}: {value}," for name, value in self]


def _body_dict(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    return ["V_body = {", *indent(f.rows), "}"], Sent("form", "V_body")


def _body_inline(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    return [], Sent("form", "{" + " ".join(f.rows).rstrip(",") + "}")


def _body_steps(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    return ["V_body = {}", *[f"V_body[{quoted(n)}] = {e}" for n, e in f]], Sent("form", "V_body")


def _body_later(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    name, value = f.assertion
    lines = ["V_body = {", *indent(f.rows[:2]), "}", f"V_body[{quoted(name)}] = {value}"]
    return lines, Sent("form", "V_body")


def _body_call(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    rows = [f"{name}={value}," for name, value in f]
    return ["V_body = dict(", *indent(rows), ")"], Sent("form", "V_body")


def _body_spread(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    name, value = f.assertion
    return [
        "V_pair = {" + " ".join(f.rows[:2]).rstrip(",") + "}",
        f"V_body = {{**V_pair, {quoted(name)}: {value}}}",
    ], Sent("form", "V_body")


def _body_update(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    lines = ["V_body = {" + " ".join(f.rows[:2]).rstrip(",") + "}"]
    return [*lines, "V_body.update({" + f.rows[2].rstrip(",") + "})"], Sent("form", "V_body")


def _body_pairs(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    rows = [f"({quoted(name)}, {value})," for name, value in f]
    return ["V_body = [", *indent(rows), "]"], Sent("form", "V_body")


def _body_urlencoded(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    lines, sent = _body_dict(d, f)
    return [*lines, f"V_text = urlencode({sent.expression})"], Sent("text", "V_text")


def _body_urlencoded_inline(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    lines, sent = _body_dict(d, f)
    return lines, Sent("text", f"urllib.parse.urlencode({sent.expression})")


def _body_fstring(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    inner = "&".join(f"{name}={{{value}}}".replace('"', "'") for name, value in f)
    return [f'V_text = f"{inner}"'], Sent("text", "V_text")


def _body_plus(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    (a, i), (b, s), (c, j) = f
    return [f'V_text = "{a}=" + {i} + "&{b}=" + {s} + "&{c}=" + {j}'], Sent("text", "V_text")


def _body_query(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    lines, sent = _body_dict(d, f)
    return lines, Sent("query", sent.expression)


def _body_multipart(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    rows = [f"{quoted(name)}: (None, {value})," for name, value in f]
    return ["V_body = {", *indent(rows), "}"], Sent("multipart", "V_body")


def _body_url(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    inner = "&".join(f"{name}={{{value}}}".replace('"', "'") for name, value in f)
    return [f'V_query = f"?{inner}"'], Sent("url", "V_query")


def _body_url_encoded(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    lines, sent = _body_dict(d, f)
    return lines, Sent("url", f'"?" + urlencode({sent.expression})')


def _body_url_inline(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    (a, i), (b, s), (c, j) = f
    return [], Sent("url", f'"?{a}=" + {i} + "&{b}=" + {s} + "&{c}=" + {j}')


def _body_url_percent(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    frame = "&".join(f"{name}=%s" for name, _ in f)
    return [f'V_query = "?{frame}" % ({", ".join(value for _, value in f)})'], Sent("url", "V_query")


def _body_url_format(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    frame = "&".join(f"{name}={{}}" for name, _ in f)
    return [], Sent("url", f'"?{frame}".format({", ".join(value for _, value in f)})')


def _body_function(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    d.above(
        "helper",
        "def F_token_form(V_client_id, V_client_secret, V_signed):",
        "    return {",
        *[
            f"        {quoted(name)}: V_{part},"
            for (name, _), part in zip(f, ("client_id", "client_secret", "signed"), strict=True)
        ],
        "    }",
    )
    return [], Sent("form", f"F_token_form({', '.join(value for _, value in f)})")


def _body_string(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    frame = "&".join(f"{name}=%s" for name, _ in f)
    return [f'V_text = "{frame}" % ({", ".join(value for _, value in f)})'], Sent("text", "V_text")


def _body_format(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    frame = "&".join(f"{name}={{}}" for name, _ in f)
    return [f'V_text = "{frame}".format({", ".join(value for _, value in f)})'], Sent("text", "V_text")


def _body_joined(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    rows = [f'"{name}=" + {value},' for name, value in f]
    return ['V_text = "&".join([', *indent(rows), "])"], Sent("text", "V_text")


def _body_asdict(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    """What is sent is declared as a class."""
    d.above("helper", "@dataclass", "class C_form:", *indent(f"{name}: str" for name, _ in f))
    values = ", ".join(value for _, value in f)
    return [f"V_form = C_form({values})"], Sent("form", "asdict(V_form)")


def _body_asdict_inline(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    d.above("helper", "@dataclass(frozen=True)", "class C_form:", *indent(f"{name}: str" for name, _ in f))
    rows = [f"{name}={value}," for name, value in f]
    return ["V_form = C_form(", *indent(rows), ")"], Sent("form", "dataclasses.asdict(V_form)")


def _body_encoder(d: Draft, f: Fields) -> tuple[Lines, Sent]:
    return ["V_form = MultipartEncoder(", "    {", *indent(f.rows, 2), "    }", ")"], Sent(
        "encoder", "V_form"
    )


BODIES: dict[str, Callable[[Draft, Fields], tuple[Lines, Sent]]] = {
    "dict": _body_dict,
    "inline": _body_inline,
    "steps": _body_steps,
    "later": _body_later,
    "call": _body_call,
    "spread": _body_spread,
    "update": _body_update,
    "pairs": _body_pairs,
    "urlencoded": _body_urlencoded,
    "urlencoded-inline": _body_urlencoded_inline,
    "fstring": _body_fstring,
    "plus": _body_plus,
    "query": _body_query,
    "multipart": _body_multipart,
    "encoder": _body_encoder,
    "asdict": _body_asdict,
    "asdict-inline": _body_asdict_inline,
    "function": _body_function,
    "percent": _body_string,
    "format": _body_format,
    "joined": _body_joined,
    "url": _body_url,
    "url-encoded": _body_url_encoded,
    "url-inline": _body_url_inline,
    "url-percent": _body_url_percent,
    "url-format": _body_url_format,
}
QUERIES = tuple(name for name in BODIES if name.startswith("url") and not name.startswith("urlencoded"))
TEXTS = frozenset({"urlencoded", "urlencoded-inline", "fstring", "plus", "percent", "format", "joined"})

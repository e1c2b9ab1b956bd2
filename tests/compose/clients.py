"""What posts: lines, an expression of the reply, and how deep the lines after it stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .draft import Draft, Reply, Sent, quoted
from .recipe import Lines

FORM_TYPE = '{"Content-Type": "application/x-www-form-urlencoded"}'
Posted = tuple[Lines, str, int, Reply]


def _response(name: str = "V_reply") -> Reply:
    return Reply(
        json=f"{name}.json()",
        text=f"{name}.text",
        content=f"{name}.content",
        status=f"{name}.status_code",
        ok=f"{name}.ok",
        raises=f"{name}.raise_for_status()",
    )


EXTRAS = {
    "none": "",
    "timeout": ", timeout=30",
    "headers": "",
    "verify": ', verify=os.environ["REQUESTS_CA_BUNDLE"]',
    "proxies": ", proxies={}",
    "redirects": ", allow_redirects=False, timeout=(3.05, 27)",
}


def _arguments_of(d: Draft, sent: Sent, word: str = "data") -> str:
    keyword = {"form": word, "text": "content" if word == "form" else "data"}
    keyword |= {"query": "params", "multipart": "files", "encoder": "data"}
    arguments = f"{keyword[sent.kind]}={sent.expression}" if sent.expression else "timeout=60"
    if not sent.expression:
        return arguments
    if sent.kind == "text":
        arguments += f", headers={FORM_TYPE}"
    elif sent.kind == "encoder":
        arguments += f', headers={{"Content-Type": {sent.expression}.content_type}}'
    elif d.recipe.extras == "headers":
        extra = FORM_TYPE if sent.kind == "form" else '{"Cache-Control": "no-cache"}'
        arguments += f", headers={extra}"
    return arguments + EXTRAS[d.recipe.extras]


def _requests(d: Draft, url: str, sent: Sent) -> Posted:
    return [], f"requests.post({url}, {_arguments_of(d, sent)})", 0, _response()


def _requests_keyword(d: Draft, url: str, sent: Sent) -> Posted:
    return [], f"requests.post(url={url}, {_arguments_of(d, sent)})", 0, _response()


def _requests_positional(d: Draft, url: str, sent: Sent) -> Posted:
    if sent.kind != "form":
        return _requests(d, url, sent)
    rest = _arguments_of(d, sent).removeprefix("data=")
    return [], f"requests.post({url}, {rest})", 0, _response()


def _requests_from(d: Draft, url: str, sent: Sent) -> Posted:
    d.externals["post"] = "from requests import post"
    return [], f"post({url}, {_arguments_of(d, sent)})", 0, _response()


def _requests_alias(d: Draft, url: str, sent: Sent) -> Posted:
    d.externals["rq"] = "import requests as rq"
    return [], f"rq.post({url}, {_arguments_of(d, sent)})", 0, _response()


def _requests_request(d: Draft, url: str, sent: Sent) -> Posted:
    return [], f'requests.request("POST", {url}, {_arguments_of(d, sent)})', 0, _response()


def _session(d: Draft, url: str, sent: Sent) -> Posted:
    lines = ["V_session = requests.Session()"]
    return lines, f"V_session.post({url}, {_arguments_of(d, sent)})", 0, _response()


def _with_session(d: Draft, url: str, sent: Sent) -> Posted:
    lines = ["with requests.Session() as V_session:"]
    return lines, f"V_session.post({url}, {_arguments_of(d, sent)})", 1, _response()


def _global_session(d: Draft, url: str, sent: Sent) -> Posted:
    d.above("exchange", "K_session = requests.Session()")
    return [], f"K_session.post({url}, {_arguments_of(d, sent)})", 0, _response()


def _wrapper(d: Draft, url: str, sent: Sent) -> Posted:
    keyword = {"form": "data", "text": "data", "query": "params", "multipart": "files"}[sent.kind]
    headers = f", headers={FORM_TYPE}" if sent.kind == "text" else ""
    d.above(
        "helper",
        "def F_post(V_url, V_form):",
        f"    V_answer = requests.post(V_url, {keyword}=V_form{headers})",
        "    V_answer.raise_for_status()",
        "    return V_answer",
    )
    return [], f"F_post({url}, {sent.expression})", 0, _response()


def _wrapper_json(d: Draft, url: str, sent: Sent) -> Posted:
    """A wrapper that gives the data."""
    d.above(
        "helper",
        "def F_post(V_url, **kwargs):",
        "    V_answer = requests.post(V_url, **kwargs)",
        "    V_answer.raise_for_status()",
        "    return V_answer.json()",
    )
    reply = Reply(json="V_reply", text="json.dumps(V_reply)", content="json.dumps(V_reply).encode()")
    return [], f"F_post({url}, data={sent.expression})", 0, reply


def _wrapper_verb(d: Draft, url: str, sent: Sent) -> Posted:
    """A wrapper that is told the verb."""
    d.above(
        "helper",
        "def F_send(V_verb, V_url, V_headers=None, V_form=None):",
        "    return requests.request(V_verb, V_url, headers=V_headers, data=V_form, timeout=10)",
    )
    return [], f'F_send("POST", {url}, V_form={sent.expression})', 0, _response()


def _wrapper_class(d: Draft, url: str, sent: Sent) -> Posted:
    """An object of the project's own that posts."""
    d.above(
        "helper",
        "class C_http:",
        "    def __init__(self, V_timeout=10):",
        "        self.V_timeout = V_timeout",
        "",
        "    def post(self, V_url, V_form, **kwargs):",
        "        return requests.post(V_url, data=V_form, timeout=self.V_timeout, **kwargs)",
    )
    return ["V_http = C_http()"], f"V_http.post({url}, {sent.expression})", 0, _response()


def _partial(d: Draft, url: str, sent: Sent) -> Posted:
    """A call that has its address already."""
    lines = [f"V_post = functools.partial(requests.post, {url})"]
    return lines, f"V_post({_arguments_of(d, sent)})", 0, _response()


def _partial_own(d: Draft, url: str, sent: Sent) -> Posted:
    """The same, of a function of the project."""
    d.above(
        "helper",
        "def F_send(V_url, V_form, V_timeout):",
        "    return requests.post(V_url, data=V_form, timeout=V_timeout)",
    )
    lines = [f"V_trade = functools.partial(F_send, {url}, V_timeout=10)"]
    return lines, f"V_trade({sent.expression})", 0, _response()


def _httpx_response() -> Reply:
    reply = _response()
    reply.ok = "V_reply.is_success"
    reply.error = "httpx.HTTPError"
    return reply


def _httpx(d: Draft, url: str, sent: Sent) -> Posted:
    return [], f"httpx.post({url}, {_httpx_arguments(d, sent)})", 0, _httpx_response()


def _httpx_arguments(d: Draft, sent: Sent) -> str:
    arguments = _arguments_of(d, sent)
    return arguments.replace("data=", "content=", 1) if sent.kind == "text" else arguments


def _httpx_client(d: Draft, url: str, sent: Sent) -> Posted:
    lines = ["with httpx.Client() as V_http:"]
    return lines, f"V_http.post({url}, {_httpx_arguments(d, sent)})", 1, _httpx_response()


def _httpx_async(d: Draft, url: str, sent: Sent) -> Posted:
    lines = ["async with httpx.AsyncClient() as V_http:"]
    return lines, f"await V_http.post({url}, {_httpx_arguments(d, sent)})", 1, _httpx_response()


def _aiohttp(d: Draft, url: str, sent: Sent) -> Posted:
    reply = Reply(
        json="await V_reply.json()",
        text="await V_reply.text()",
        content="await V_reply.read()",
        status="V_reply.status",
        ok="V_reply.ok",
        raises="V_reply.raise_for_status()",
        error="aiohttp.ClientError",
    )
    arguments = _arguments_of(d, sent).replace(", timeout=30", "")
    lines = [
        "async with aiohttp.ClientSession(trust_env=True) as V_http:",
        f"    async with V_http.post({url}, {arguments}) as V_reply:",
    ]
    return lines, "", 2, reply


def _sent_bytes(sent: Sent) -> str:
    if sent.kind == "form":
        return f'urllib.parse.urlencode({sent.expression}).encode("utf-8")'
    return f'{sent.expression}.encode("utf-8")'


def _urllib_reply() -> Reply:
    return Reply(
        json="json.load(V_reply)",
        text="V_reply.read().decode()",
        content="V_reply.read()",
        status="V_reply.status",
        error="urllib.error.URLError",
    )


def _urllib(d: Draft, url: str, sent: Sent) -> Posted:
    lines = [f"V_request = urllib.request.Request({url}, data={_sent_bytes(sent)})"]
    return lines, "urllib.request.urlopen(V_request)", 0, _urllib_reply()


def _urllib_method(d: Draft, url: str, sent: Sent) -> Posted:
    lines = [
        f'V_request = urllib.request.Request({url}, data={_sent_bytes(sent)}, method="POST")',
        'V_request.add_header("Content-Type", "application/x-www-form-urlencoded")',
        "with urllib.request.urlopen(V_request, timeout=30) as V_reply:",
    ]
    return lines, "", 1, _urllib_reply()


def _urllib_direct(d: Draft, url: str, sent: Sent) -> Posted:
    return [], f"urlopen({url}, {_sent_bytes(sent)})", 0, _urllib_reply()


def _urllib3_reply() -> Reply:
    return Reply(
        json="json.loads(V_reply.data)",
        text="V_reply.data.decode()",
        content="V_reply.data",
        status="V_reply.status",
        error="urllib3.exceptions.HTTPError",
    )


def _urllib3(d: Draft, url: str, sent: Sent) -> Posted:
    lines = ['V_http = urllib3.PoolManager(ca_certs=os.environ["SSL_CERT_FILE"])']
    more = ", encode_multipart=False" if sent.kind == "form" else ""
    return lines, f'V_http.request("POST", {url}, fields={sent.expression}{more})', 0, _urllib3_reply()


def _urllib3_body(d: Draft, url: str, sent: Sent) -> Posted:
    lines = ['V_http = urllib3.PoolManager(ca_certs=os.environ["SSL_CERT_FILE"])']
    body = f"urlencode({sent.expression})" if sent.kind == "form" else sent.expression
    call = f'V_http.request("POST", {url}, body={body}, headers={FORM_TYPE})'
    return lines, call, 0, _urllib3_reply()


def _http_client(d: Draft, url: str, sent: Sent) -> Posted:
    body = f"urlencode({sent.expression})" if sent.kind == "form" else sent.expression
    slash = "/" if d.recipe.path == "slash" else ""
    path = d.world.path.replace("/jwt", "/v1/jwt") if d.recipe.path == "v1" else d.world.path
    lines = [
        f"V_connection = http.client.HTTPSConnection({quoted(d.world.host)})",
        f'V_connection.request("POST", {quoted(path + slash)}, {body}, {FORM_TYPE})',
    ]
    reply = _urllib_reply()
    reply.error = "OSError"
    return lines, "V_connection.getresponse()", 0, reply


@dataclass(frozen=True, slots=True)
class Client:
    """What posts, and what it can post."""

    write: Callable[[Draft, str, Sent], Posted]
    kinds: frozenset[str] = frozenset({"form", "text", "query", "multipart", "url", "encoder"})
    is_async: bool = False
    chains: bool = True
    """Can the reply be read where it is got (``.post(…).json()``)?"""
    dict_only: bool = False
    """Takes no list of pairs."""
    own_address: bool = False


_PLAIN = frozenset({"form", "text"})
_HTTPX = frozenset({"form", "text", "query", "multipart", "url"})
CLIENTS: dict[str, Client] = {
    "requests": Client(_requests),
    "requests-keyword": Client(_requests_keyword),
    "requests-positional": Client(_requests_positional),
    "requests-from": Client(_requests_from),
    "requests-alias": Client(_requests_alias),
    "requests-request": Client(_requests_request),
    "session": Client(_session),
    "with-session": Client(_with_session),
    "global-session": Client(_global_session),
    "wrapper": Client(_wrapper, kinds=frozenset({"form", "text", "query", "multipart"})),
    "wrapper-json": Client(_wrapper_json, kinds=frozenset({"form"}), chains=False),
    "wrapper-verb": Client(_wrapper_verb, kinds=frozenset({"form"})),
    "wrapper-class": Client(_wrapper_class, kinds=frozenset({"form"})),
    "partial": Client(_partial, kinds=frozenset({"form", "text", "query", "multipart", "encoder"})),
    "partial-own": Client(_partial_own, kinds=frozenset({"form"})),
    "httpx": Client(_httpx, kinds=_HTTPX, dict_only=True),
    "httpx-client": Client(_httpx_client, kinds=_HTTPX, dict_only=True),
    "httpx-async": Client(_httpx_async, kinds=_HTTPX, is_async=True, chains=False, dict_only=True),
    "aiohttp": Client(_aiohttp, kinds=frozenset({"form", "text", "query"}), is_async=True, chains=False),
    "urllib": Client(_urllib, kinds=_PLAIN, chains=False),
    "urllib-method": Client(_urllib_method, kinds=_PLAIN, chains=False),
    "urllib-direct": Client(_urllib_direct, kinds=_PLAIN, chains=False),
    "urllib3": Client(_urllib3, kinds=frozenset({"form"}), chains=False),
    "urllib3-body": Client(_urllib3_body, kinds=_PLAIN, chains=False),
    "http-client": Client(_http_client, kinds=_PLAIN, chains=False, own_address=True),
}
REQUESTS = frozenset(name for name, client in CLIENTS.items() if client.write in (
    _requests, _requests_keyword, _requests_positional, _requests_from, _requests_alias,
    _requests_request, _session, _with_session, _global_session, _wrapper, _partial,
))  # fmt: skip

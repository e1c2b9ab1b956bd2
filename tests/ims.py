"""A stand-in for Adobe IMS, for an Adobe API, and for the other services that customers log in to.

It listens on one loopback port, speaks plain HTTP, TLS and CONNECT there, and tells by the host of the
request whom it has to play. It is stricter than the real IMS wherever the rewritten code has no excuse:
secrets only in an urlencoded body, scopes joined by commas, lifetimes in the unit of the endpoint.
"""

from __future__ import annotations

import base64
import email
import email.policy
import enum
import hashlib
import itertools
import json
import re
import socket
import socketserver
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt
from pki import Authority, CustomerKeys

LIFETIME = 86399
"""Seconds that a token lives; the exchange says it in milliseconds."""
LONGEST_ASSERTION = 25 * 3600
SECRET_PREFIX = "p8e-CANARY-"
"""Every client secret of the fixtures begins so; anything else is a wrong secret."""

EXCHANGE = re.compile(r"/ims/exchange/(v1/)?jwt/?")
TOKEN = re.compile(r"/ims/token(/v[123])?/?")
SCOPE = re.compile(r"[A-Za-z0-9_.]+(,[A-Za-z0-9_.]+)*")
METASCOPE = re.compile(r"https://[^/]+/s/(ent_\w+|asset_compute_meta|event_receiver_api)")


class Mode(enum.StrEnum):
    """How IMS feels today."""

    NORMAL = "normal"
    THROTTLED = "throttled"
    """The gateway answers 429 to every request for a token."""
    THROTTLED_ONCE = "throttled-once"
    """The gateway answers 429 to the first request for a token."""
    INVALID_CLIENT = "invalid-client"
    """Every client is unknown: 400 with the error of RFC 6749."""
    DOWN = "down"
    """503 with a page of HTML."""
    NO_LIFETIME = "no-lifetime"
    """Tokens are given out without expires_in."""


@dataclass(frozen=True, slots=True)
class Request:
    """What came in, as far as a test may want to know."""

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    """Fields of an urlencoded or multipart body."""
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes

    @property
    def kind(self) -> str:
        """``exchange``, ``token`` or ``api``."""
        if not is_ims(self.host):
            return "api"
        return (
            "exchange" if EXCHANGE.fullmatch(self.path) else "token" if TOKEN.fullmatch(self.path) else "api"
        )

    @property
    def content_type(self) -> str:
        """The media type of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def bearer(self) -> str:
        """The token in the Authorization header, or nothing."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


class OAuthError(Exception):
    """A request that is answered with an OAuth error."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.reply = Reply(status, {"error": error, "error_description": description})


def is_ims(host: str) -> bool:
    """Is this one of Adobe's token services, or a company's gateway that passes everything on to it?"""
    return host.endswith(".adobelogin.com") or bool(
        re.fullmatch(r"adobeid-na1[\w-]*\.services\.adobe\.com|ims-gateway\.[\w.-]+\.example", host)
    )


class StandIn:
    """The services themselves, without any socket: a request in, a reply out."""

    def __init__(self, keys: CustomerKeys) -> None:
        self._keys = keys
        self._lock = threading.Lock()
        self._serial = itertools.count(1)
        self.reset()

    def reset(self, mode: Mode = Mode.NORMAL, *, migrated: bool = False) -> None:
        """Forget every request and token; ``migrated`` makes the exchange refuse as Adobe's does today."""
        self.mode = mode
        self.migrated = migrated
        self.log: list[tuple[Request, int]] = []
        self._clients: dict[str, str] = {}
        """Token → client id."""
        self._throttled = 0

    def answer(self, request: Request) -> Reply:
        """Play whoever lives at the request's host."""
        with self._lock:
            try:
                reply = self._route(request)
            except OAuthError as error:
                reply = error.reply
            self.log.append((request, reply.status))
            return reply

    def _route(self, request: Request) -> Reply:
        if is_ims(request.host):
            return self._ims(request)
        for pattern, play in OTHERS:
            if re.fullmatch(pattern, f"{request.host}{request.path}"):
                return play(self, request)
        return self._adobe_api(request)

    # Adobe IMS

    def _ims(self, request: Request) -> Reply:
        if EXCHANGE.fullmatch(request.path):
            if self.migrated:
                raise OAuthError(500, "internal_error", "Please try again later")
            return self._mood() or self._exchange(request)
        if TOKEN.fullmatch(request.path):
            return self._mood() or self._token(request)
        return Reply(404, {"error": "not_found"})

    def _mood(self) -> Reply | None:
        if self.mode is Mode.DOWN:
            return Reply(503, "<html><body><h1>503 Service Unavailable</h1></body></html>")
        if self.mode is Mode.INVALID_CLIENT:
            raise OAuthError(400, "invalid_client", "invalid client_id parameter")
        if self.mode is Mode.THROTTLED or (self.mode is Mode.THROTTLED_ONCE and not self._throttled):
            self._throttled += 1
            gateway = {"error_code": "429050", "message": "Too many requests"}
            return Reply(429, gateway, {"Retry-After": "7"})
        return None

    def _exchange(self, request: Request) -> Reply:
        form = {**request.query, **request.form}
        if request.method != "POST" or request.content_type == "application/json":
            raise OAuthError(400, "bad_request", "the exchange takes a POST of a form")
        client = self._client(form)
        claims = self._claims(form.get("jwt_token", ""))
        if not re.fullmatch(rf"https://[\w.-]+/c/{re.escape(client)}", str(claims.get("aud"))):
            raise OAuthError(400, "invalid_client", "the audience is not the client")
        if not str(claims.get("iss")).endswith("@AdobeOrg"):
            raise OAuthError(400, "invalid_token", "no organisation in iss")
        if not str(claims.get("sub")).endswith("@techacct.adobe.com"):
            raise OAuthError(400, "invalid_token", "no technical account in sub")
        if not any(METASCOPE.fullmatch(name) for name, value in claims.items() if value is True):
            raise OAuthError(400, "invalid_scope", "no metascope in the JWT")
        return self._grant(client, LIFETIME * 1000)

    def _claims(self, assertion: str) -> dict[str, Any]:
        claims = self.verified(assertion)
        expiry = claims.get("exp")
        if not isinstance(expiry, int):
            raise OAuthError(400, "invalid_token", "exp or jti field of the JWT is not an integer")
        if not time.time() < expiry < time.time() + LONGEST_ASSERTION:
            raise OAuthError(400, "invalid_token", "JWT token is expired or lives too long")
        return claims

    def verified(self, assertion: str, algorithm: str = "RS256") -> dict[str, Any]:
        """The claims of an assertion that the customer signed."""
        key = self._keys.rsa_public if algorithm == "RS256" else self._keys.ec_public
        try:
            return jwt.decode(assertion, key, algorithms=[algorithm], options={"verify_aud": False})
        except jwt.InvalidSignatureError:
            description = "Could not match JWT signature to any of the bindings"
            raise OAuthError(400, "invalid_signature", description) from None
        except jwt.PyJWTError as error:
            raise OAuthError(
                400, "invalid_token", f"Could not decode the JWT: {type(error).__name__}"
            ) from None

    def _token(self, request: Request) -> Reply:
        if request.method != "POST":
            raise OAuthError(400, "bad_request", "the token endpoint takes a POST")
        if set(request.query) & {"client_secret", "client_id", "scope", "grant_type", "jwt_token"}:
            raise OAuthError(400, "invalid_request", "the stand-in takes no parameters in the query")
        if "authorization" in request.headers:
            raise OAuthError(401, "invalid_client", "the stand-in takes no client authentication in a header")
        if request.content_type != "application/x-www-form-urlencoded":
            raise OAuthError(400, "invalid_request", "the stand-in takes urlencoded forms only")
        client = self._client(request.form)
        grant = request.form.get("grant_type")
        if grant in ("authorization_code", "refresh_token"):
            more = {"refresh_token": "eyJfake-refresh", "id_token": "eyJfake-id"}
            return self._grant(client, LIFETIME, **more)
        if grant != "client_credentials":
            raise OAuthError(400, "unsupported_grant_type", "only client_credentials and authorization_code")
        if "jwt_token" in request.form:
            raise OAuthError(400, "invalid_request", "the stand-in takes no assertion here")
        self._check_scope(request.form.get("scope", ""))
        return self._grant(client, LIFETIME)

    @staticmethod
    def _check_scope(scope: str) -> None:
        if not SCOPE.fullmatch(scope):
            raise OAuthError(400, "invalid_scope", "scopes are joined by commas, without spaces")
        names = scope.split(",")
        if not {"openid", "AdobeID"} <= set(names):
            raise OAuthError(400, "invalid_scope", "openid and AdobeID are always among the scopes")
        if any(name.startswith("ent_") for name in names):
            raise OAuthError(400, "invalid_scope", "a metascope is not a scope")

    @staticmethod
    def _client(form: Mapping[str, str]) -> str:
        client = form.get("client_id", "")
        if not client:
            raise OAuthError(400, "invalid_client", "missing client_id parameter")
        if not form.get("client_secret", "").startswith(SECRET_PREFIX):
            raise OAuthError(401, "invalid_client", "invalid client_secret parameter")
        return client

    def _grant(self, client: str, expires_in: int, **more: str) -> Reply:
        token = self._mint(client)
        self._clients[token] = client
        lifetime = {} if self.mode is Mode.NO_LIFETIME else {"expires_in": expires_in}
        return Reply(200, {"token_type": "bearer", "access_token": token, **lifetime, **more})

    def _mint(self, client: str) -> str:
        header = {"alg": "RS256", "x5u": "ims_na1-key-at-1.cer", "kid": "ims_na1-key-at-1"}
        claims = {
            "id": f"{int(time.time() * 1000)}_{next(self._serial)}_ue1",
            "type": "access_token",
            "client_id": client,
            "created_at": str(int(time.time() * 1000)),
            "expires_in": str(LIFETIME * 1000),
        }
        signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
        return f"{signed}.{_base64(hashlib.sha256(signed.encode()).digest())}"

    # An Adobe API

    def _adobe_api(self, request: Request) -> Reply:
        if not re.search(r"(^|\.)(adobe\.io|adobe\.com|adobedc\.net|adobeaemcloud\.com)$", request.host):
            return Reply(404, {"error": "the stand-in plays nobody at this host"})
        client = self._clients.get(request.bearer)
        if client is None:
            return Reply(401, {"error_code": "401013", "message": "Oauth token is not valid"})
        if request.headers.get("x-api-key", client) != client:
            return Reply(403, {"error_code": "403003", "message": "Api Key is invalid"})
        if not request.headers.get("x-gw-ims-org-id", "@AdobeOrg").endswith("@AdobeOrg"):
            return Reply(403, {"error_code": "403010", "message": "Organisation is invalid"})
        people = [
            {"email": "ada@corp.example", "type": "federatedID"},
            {"email": "grace@corp.example", "type": "adobeID"},
        ]
        items = [{"id": "one", "name": "First"}, {"id": "two", "name": "Second"}]
        reply = {"result": "success", "lastPage": True, "users": people, "content": items, "items": items}
        return Reply(200, {**reply, "totalElements": len(items)})

    def play_pdf_services(self, request: Request) -> Reply:
        """Adobe's PDF Services, which ask IMS themselves: a client id and a secret, no scopes, seconds."""
        if request.content_type != "application/x-www-form-urlencoded" or self.mode is not Mode.NORMAL:
            raise OAuthError(400, "invalid_request", "the stand-in takes urlencoded forms only")
        return self._grant(self._client(request.form), LIFETIME)

    # Not Adobe

    def play_bearer(self, request: Request) -> Reply:
        """Somebody who takes a signed JWT as the bearer token itself (GitHub, Snowflake, Apple)."""
        self.verified(request.bearer, "ES256" if "apple" in request.host else "RS256")
        return Reply(201 if request.method == "POST" else 200, {"token": "ghs_fake", "data": [{"id": "1"}]})

    def play_assertion(self, request: Request) -> Reply:
        """Somebody who takes a JWT by RFC 7523 (Google, Salesforce, Box, DocuSign)."""
        self.verified(request.form.get("assertion", ""))
        instance = "https://corp.my.salesforce.com"
        return Reply(200, {"access_token": "other-fake", "expires_in": 3599, "instance_url": instance})

    def play_twin(self, request: Request) -> Reply:
        """Somebody who takes ``{"kid", "jwt_token"}``, in a form or JSON, and who is not Adobe."""
        form = request.form or json.loads(request.body)
        self.verified(form.get("jwt_token", ""))
        return Reply(200, {"access_token": "twin-fake", "expires_in": 3600000})

    def play_open(self, _: Request) -> Reply:
        """Somebody who answers everybody."""
        return Reply(200, {"items": [{"id": "1", "name": "First"}], "total": 1})


OTHERS: tuple[tuple[str, Callable[[StandIn, Request], Reply]], ...] = (
    (r"pdf-services[\w-]*\.adobe\.io/token", StandIn.play_pdf_services),
    (r"api\.github\.com/app/.*", StandIn.play_bearer),
    (r"[\w.-]+\.snowflakecomputing\.com/.*", StandIn.play_bearer),
    (r"api\.appstoreconnect\.apple\.com/.*", StandIn.play_bearer),
    (r"(oauth2|www)\.googleapis\.com/(oauth2/v4/)?token", StandIn.play_assertion),
    (r"(login|test)\.salesforce\.com/services/oauth2/token", StandIn.play_assertion),
    (r"api\.box\.com/oauth2/token", StandIn.play_assertion),
    (r"account(-d)?\.docusign\.com/oauth/token", StandIn.play_assertion),
    (r"[\w.-]+\.example/(v1/)?(token/)?exchange(/jwt)?/?", StandIn.play_twin),
    (r"api\.github\.com/.*", StandIn.play_open),
    (r"[\w.-]+\.(googleapis|salesforce|box|docusign)\.(com|net)/.*", StandIn.play_open),
    (r"[\w.-]+\.example/.*", StandIn.play_open),
)
"""Who else lives here: host and path, and how they behave. The first that matches answers."""


class _Handler(BaseHTTPRequestHandler):
    """HTTP, TLS or CONNECT, told apart by the first byte."""

    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        self._wrap_if_tls()
        super().setup()

    def _wrap_if_tls(self) -> None:
        connection: socket.socket = self.request
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":
            self.request = self.server.context.wrap_socket(connection, server_side=True)

    def do_CONNECT(self) -> None:
        """Be the customer's proxy, too."""
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()
        self._wrap_if_tls()
        super().setup()
        self.close_connection = False

    def handle_method(self) -> None:
        """Answer one request."""
        body = self._body()
        url = urllib.parse.urlsplit(self.path)
        request = Request(
            method=self.command,
            host=(url.hostname or str(self.headers["Host"])).partition(":")[0].lower(),
            path=url.path,
            query=dict(urllib.parse.parse_qsl(url.query)),
            form=_form(self.headers, body),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )
        self._send(self.server.stand_in.answer(request))

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = handle_method  # noqa: N815 (the names that http.server asks for)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _send(self, reply: Reply) -> None:
        html = isinstance(reply.body, str)
        data = reply.body.encode() if html else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "text/html" if html else "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(data)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing: the log is for tests to read."""


class Server(socketserver.ThreadingTCPServer):
    """The stand-in behind a loopback port."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, stand_in: StandIn, authority: Authority) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stand_in = stand_in
        self.context = authority.server_context()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Listen, on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Say nothing: a child that was killed leaves half a handshake behind."""

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, whether or not TLS was ended politely."""
        try:
            super().shutdown_request(request)
        except (OSError, ssl.SSLError):
            request.close()


def _form(headers: Message, body: bytes) -> dict[str, str]:
    media = headers.get_content_type() if "Content-Type" in headers else ""
    if media == "application/x-www-form-urlencoded":
        return dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    if media != "multipart/form-data":
        return {}
    head = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    parts = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="Content-Disposition")
        content = part.get_payload(decode=True)
        parts[str(name)] = content.decode() if isinstance(content, bytes) else ""
    return parts


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

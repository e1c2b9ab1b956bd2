"""HTTP to a forge: the token, retries that cannot post twice, and the patience that a rate limit asks for.

Nothing that is sent, nothing that is answered but a short reason, and no token ever stands in an error.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from .. import __version__
from ..escape import escape
from ..redact import Redactor

TRIES = 4
"""Times that a request is sent before a server's fault is taken for final."""
PATIENCE = 300.0
"""Seconds that one run waits for rate limits, in all."""
PAUSE = 1.0
"""Seconds between two requests that change something, as GitHub asks for."""
PAGES = 100
"""Pages that are read of one list."""
_BROKEN = (500, 502, 503, 504)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Failed(Exception):
    """The forge cannot be asked, or does not do it; the message says why."""


class Forbidden(Failed):
    """The token may not do that: in a fork's pull request it can only read."""


class Refused(Failed):
    """The forge does not like what was sent (400, 422)."""


class Missing(Failed):
    """There is no such thing, or the token may not see it (404, 410)."""


class TooFast(Failed):
    """A rate limit asks to wait for longer than we do."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The time, so that a test need not wait."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    query: Mapping[str, str | int] | None = None
    body: Mapping[str, Any] | None = None
    changes: bool = True
    done: Callable[[], bool] | None = None
    """Says whether a request that seemed to fail was heard after all."""


@dataclass(slots=True)
class Client:
    """Talks to one server, one request at a time."""

    base: str
    """Address of the API, without a slash at its end."""
    token: str
    headers: Mapping[str, str]
    """Those that carry the token among them."""
    clock: Clock = field(default_factory=Clock)
    _http: httpx.Client = field(init=False)
    _waited: float = field(default=0.0, init=False)
    _changed: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Refuse to send a token where others could read it."""
        parts = urlsplit(self.base)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise Failed(
                f"{escape(self.base)}: the token would travel in the clear; the address must be https"
            )
        agent = {"User-Agent": f"jwt2oauth/{__version__}", "Accept": "application/json"}
        self._http = httpx.Client(headers={**agent, **self.headers}, timeout=30.0, follow_redirects=False)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str) -> Any:
        """Read one thing."""
        return _page(self._ask(_Request("GET", self.base + path, changes=False)))

    def pages(self, path: str) -> Iterator[Any]:
        """Read a list, page by page."""
        for number in range(1, PAGES + 1):
            query = {"per_page": 100, "page": number}
            answer = self._ask(_Request("GET", self.base + path, query, changes=False))
            assert answer is not None, "nothing else says that it is done"
            yield from _page(answer)
            if "next" not in answer.links:
                return

    def change(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> None:
        """Change or remove what is there: to do it twice is to do it once."""
        self._ask(_Request(method, self.base + path, body=body))

    def create(self, path: str, body: Mapping[str, Any], done: Callable[[], bool]) -> None:
        """Make something new, once: ``done`` looks whether a request that seemed to fail was heard."""
        self._ask(_Request("POST", self.base + path, body=body, done=done))

    def ask(self, url: str, body: Mapping[str, Any], *, changes: bool) -> Any:
        """Post a question, or a change that may be made twice, to an address of its own (GraphQL)."""
        return _page(self._ask(_Request("POST", url, body=body, changes=changes)))

    def _ask(self, request: _Request) -> httpx.Response | None:
        """Send until there is an answer; None if there was none but it is done."""
        faults = limits = 0
        while True:
            answer, problem = self._send(request)
            if answer is not None and answer.status_code < 300:
                return answer
            if answer is not None and (wait := self._limit(answer, limits)) is not None:
                limits += 1
                self._wait(wait)
            elif answer is None or answer.status_code in _BROKEN:
                faults += 1
                if faults >= TRIES:
                    raise Failed(f"{_host(request)} does not answer: {problem}")
                self.clock.sleep(2.0**faults)
            else:
                raise _failure(answer, f"{_host(request)} says no: {problem}")
            if request.done is not None and request.done():
                return None

    def _send(self, request: _Request) -> tuple[httpx.Response | None, str]:
        """Send once; give the answer, if there is one, and in a few words what is wrong with it."""
        if request.changes:
            self._pause()
        try:
            answer = self._http.request(request.method, request.url, params=request.query, json=request.body)
        except httpx.RequestError as error:
            return None, type(error).__name__
        return answer, self._why(answer)

    def _limit(self, answer: httpx.Response, before: int) -> float | None:
        """Give the seconds that a rate limit asks to wait; None if this is none."""
        after = str(answer.headers.get("retry-after", ""))
        spent = answer.headers.get("x-ratelimit-remaining") == "0"
        if answer.status_code != 429:
            secondary = "secondary rate limit" in answer.text.lower()
            if answer.status_code != 403 or not (after or spent or secondary):
                return None
        if after.isdigit():
            return float(after)
        reset = str(answer.headers.get("x-ratelimit-reset", ""))
        if spent and reset.isdigit():
            return max(1.0, float(reset) - self.clock.now() + 1)
        return 60.0 * 2.0**before

    def _wait(self, seconds: float) -> None:
        if self._waited + seconds > PATIENCE:
            raise TooFast(
                f"a rate limit asks to wait {seconds:.0f} s, and a run waits {PATIENCE:.0f} s in all"
            )
        self._waited += seconds
        self.clock.sleep(seconds)

    def _pause(self) -> None:
        since = self.clock.now() - self._changed
        if 0 <= since < PAUSE:
            self.clock.sleep(PAUSE - since)
        self._changed = self.clock.now()

    def _why(self, answer: httpx.Response) -> str:
        """Give the reason that the forge names, shortened, without anything that was sent."""
        try:
            page = answer.json() if 400 <= answer.status_code < 500 else None
        except ValueError:
            page = None
        said = (page.get("message") or page.get("error")) if isinstance(page, dict) else None
        words = said if isinstance(said, str) and self.token not in said else ""
        (shown,) = Redactor().lines("", " ".join(words.split())[:200].encode("utf-8", "replace")) or [b""]
        return escape(f"{answer.status_code} {shown.decode('utf-8', 'replace')}".strip())


def _host(request: _Request) -> str:
    return escape(urlsplit(request.url).hostname or "the forge")


def _page(answer: httpx.Response | None) -> Any:
    assert answer is not None, "nothing else says that it is done"
    try:
        return answer.json()
    except ValueError as error:
        raise Failed(f"{escape(answer.url.host)} answers, but not as a forge does: no JSON") from error


def _failure(answer: httpx.Response, text: str) -> Failed:
    match answer.status_code:
        case 403:
            return Forbidden(text)
        case 404 | 410:
            return Missing(text)
        case 400 | 409 | 422:
            return Refused(text)
        case code if code < 400:
            return Failed(f"{text}: it has moved")
        case _:
            return Failed(text)

"""The calls that make a flow: what signs, what sends and how its reply is read, what loads a key."""

from __future__ import annotations

from typing import Literal

from ..records import dataclass


@dataclass(frozen=True, slots=True)
class Argument:
    """Where a call takes a value: by position (``self`` not counted), by keyword, or either."""

    position: int | None = None
    keyword: str | None = None


NOWHERE = Argument()
"""The call does not take this value at all."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """The call of a JWT library that signs claims."""

    library: str
    names: tuple[str, ...]
    claims: Argument
    key: Argument = NOWHERE
    sign_method: str = ""
    """The returned object's method that signs in place, with the key as its first argument."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A call that signs any bytes: what a program that has no JWT library signs an assertion with."""

    library: str
    names: tuple[str, ...]
    key: Argument = NOWHERE
    """Nowhere: the key is the object whose method is called."""
    program: str = ""
    """The call runs a command, its first argument, and signs only if that is this program …"""
    option: str = ""
    """… with this option, behind which the key's file is named."""
    output: str = ""
    """The option with which the command writes the signature into a file."""


@dataclass(frozen=True, slots=True)
class ClientCall:
    """One way in which an HTTP client sends a request; an argument that it lacks is absent."""

    names: tuple[str, ...]
    url: Argument = NOWHERE
    """Nowhere only where a ready ``request`` is sent."""
    verb: Literal["POST", ""] = ""
    """Empty: the verb is the value of ``method``, or follows from a body being there."""
    method: Argument | None = None
    form: Argument | None = None
    """A mapping or pairs, sent urlencoded; most clients take ready text here as well."""
    body: Argument | None = None
    """Ready text or bytes only."""
    query: Argument | None = None
    multipart: Argument | None = None
    urlencoded: str = ""
    """The keyword that, set to False, sends ``multipart`` urlencoded."""
    json: Argument | None = None
    headers: Argument | None = None
    session: bool = False
    """A call on an instance, which other requests may share."""
    is_async: bool = False
    request: Argument | None = None
    """Takes a request that was made by a call of this client that does not send."""
    sends: bool = True
    """``False``: only makes a request, which is sent by a call with ``request``."""
    reply_method: str = ""
    """The instance's method that gives the reply, where this call does not."""


@dataclass(frozen=True, slots=True)
class Command:
    """Calls that run a command, and the programs that send an exchange by it: found, and left alone."""

    names: tuple[str, ...]
    programs: tuple[str, ...] = ()
    """Empty where the text itself is the program."""
    reason: str = "unknown-sender"


@dataclass(frozen=True, slots=True)
class Reply:
    """How the reply of an HTTP client is read."""

    json: tuple[str, ...] = ()
    """Methods that give the parsed body."""
    text: tuple[str, ...] = ()
    """Attributes that hold the body as text."""
    content: tuple[str, ...] = ()
    """Attributes that hold the body as bytes."""
    raises: tuple[str, ...] = ()
    """Methods that raise on an error status."""
    text_methods: tuple[str, ...] = ()
    content_methods: tuple[str, ...] = ()
    pair: tuple[Literal["status", "content"], ...] = ()
    """The call gives several things at once, and what each of them is."""


@dataclass(frozen=True, slots=True)
class Client:
    """An HTTP client."""

    name: str
    calls: tuple[ClientCall, ...]
    reply: Reply
    flows: tuple[str, ...] = ()
    """Generator methods, by the dotted name of the base class: the client sends the requests that they
    yield, and hands in the replies."""
    says_form: bool = False
    """It says of a body of which nobody says what it is that it is an urlencoded form."""
    authlib: str | None = None
    """The dotted name of Authlib's session for it; absent where Authlib would change behaviour."""


@dataclass(frozen=True, slots=True)
class KeyLoader:
    """A call that reads a private key from a file, or parses its text."""

    names: tuple[str, ...]
    source: Argument
    """For ``read`` the file's name, an argument of the first call of the name (in ``open().read``, of
    ``open``); for ``parse`` the key's text, an argument of the call itself."""
    kind: Literal["read", "parse"]

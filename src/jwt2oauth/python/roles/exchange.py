"""An exchange as it was found: the call, where it goes, what it sends, what signed the assertion."""

from __future__ import annotations

from dataclasses import field

from ...records import dataclass
from ...rules.calls import Client, ClientCall
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Entry, Fields, Given, Site, Text, text_of
from .signing import Encoding


@dataclass(frozen=True, slots=True)
class Form:
    """Fields that are sent, in one of the ways a client takes them.

    ``how`` is ``form``, ``query``, ``multipart``, ``json``, ``text`` (a ready body) or ``url``
    (a query string written into the URL). ``given`` is the argument of the sending call.
    """

    how: str
    fields: Fields
    given: Given
    text: Text | None = None

    def entries(self, name: str) -> list[Entry]:
        """The entries that write the field ``name``."""
        return [e for e in self.fields.entries if text_of(e.key) == name]

    def content(self, entry: Entry) -> Site | None:
        """The expression of a field; a multipart form may say ``(None, value)``."""
        site = entry.value
        node = site.node if site is not None else None
        if site is not None and self.how == "multipart" and isinstance(node, s.Sequence):
            return site.at(node.items[1]) if len(node.items) > 1 else site
        return site


@dataclass(slots=True)
class Exchange:
    """One call that trades an assertion for a token."""

    sender: Site
    client: Client
    call: ClientCall
    urls: tuple[Text, ...]
    url_given: Given | None
    forms: tuple[Form, ...]
    maker: Site
    """The call to which ``url_given`` and the forms are given: the sender, or the ``Request(…)`` it sends."""
    replies: tuple[Site, ...]
    """The calls that give the reply: the sender, or ``getresponse()`` of its connection."""
    encodings: list[Encoding] = field(default_factory=list)
    metascopes: list[tuple[str, Site]] = field(default_factory=list)
    conditional: set[str] = field(default_factory=set)
    """Metascopes that are not asked for on every path."""
    aem: bool = False
    """It exchanges service credentials of AEM, and no others."""
    beside_aem: bool = False
    """It exchanges service credentials of AEM as well."""

    @property
    def entry(self) -> Site:
        """The project's call that means this exchange: the sender or, through wrappers, the outermost."""
        calls = (call for _, call in self.sender.ctx if isinstance(call.node, s.Call))
        return next(calls, self.sender)

    @property
    def heir(self) -> Site | None:
        """The class whose objects send it so, where those of other heirs of its base send something else."""
        kinds = (kind for _, kind in self.sender.ctx if isinstance(kind.node, s.ClassDef))
        return next(kinds, None)

    @property
    def key(self) -> tuple[str, int, int]:
        """Order by place."""
        return self.entry.key

    @property
    def modules(self) -> set[Module]:
        """Where the flow is seen."""
        return {
            site.module
            for site in (self.entry, self.sender, *self.replies, *(e.site for e in self.encodings))
        }

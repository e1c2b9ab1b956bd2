"""All that ``rules/`` says, as one record: provider, scopes, calls, catalog, what stands around the code."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Literal

from ..model import Confidence, Severity
from ..prefilter import Prefilter
from ..records import dataclass
from ..sdk import Sdk
from .calls import Client, Command, Encoder, KeyLoader, Signer
from .values import Mocks, Values

Evidence = Literal["official-mapping", "official-sample", "third-party", "unknown"]
"""From the strongest class of evidence to none."""

Stage = Literal["", "key", "claims", "assertion", "exchange", "expiry"]
STAGES: tuple[Stage, ...] = ("key", "claims", "assertion", "exchange", "expiry")
"""The way of a token, in order; a rule of another credential has none of these."""


@dataclass(frozen=True, slots=True)
class ClientFields:
    """The names of the form fields of the exchange and of the token request."""

    client_id: str
    client_secret: str
    assertion: str
    scope: str
    grant_type: str


@dataclass(frozen=True, slots=True)
class Aem:
    """How service credentials of AEM as a Cloud Service, another issuer's, are told apart."""

    metascopes: tuple[str, ...]
    client_id_prefix: str
    json_keys: tuple[tuple[str, ...], ...]
    """Paths of keys in the credentials' JSON."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of Adobe's migration article."""

    number: int
    title: str
    where: Literal["console", "code"] = "console"
    """Where it is done: in the Adobe Developer Console, or in the code."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider: Adobe IMS."""

    name: str
    hosts: tuple[str, ...]
    default_host: str
    domains: tuple[str, ...]
    """A host outside of these is somebody else's: a proxy, or a stand-in."""
    exchange_paths: tuple[str, ...]
    """Without a trailing slash."""
    token_path: str
    token_paths: tuple[str, ...]
    """Every path at which ``client_credentials`` is spoken: code that posts there has migrated."""
    fields: ClientFields
    grant: str
    audience_path: str
    metascope_path: str
    metascope_prefix: str
    issuer_suffix: str
    subject_suffix: str
    lifetime_field: str
    token_field: str
    assertion_errors: tuple[str, ...]
    """What the exchange answers where the assertion is wrong, and the token endpoint has no reason to."""
    exchange_unit: Literal["milliseconds", "seconds"]
    token_unit: Literal["milliseconds", "seconds"]
    ended: datetime.date
    """From this day on no JWT credential works."""
    base_scopes: tuple[str, ...]
    aem: Aem
    article: str
    """Adobe's migration article, whose steps these are."""
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """What one product's metascopes become."""

    product: str
    metascopes: tuple[str, ...]
    """Any one of them means this product."""
    scopes: tuple[str, ...]
    """The whole list, ``openid`` and ``AdobeID`` included, in the order in which it was published."""
    evidence: Evidence
    source: str
    note: str = ""
    companions: tuple[str, ...] = ()
    """Metascopes that go with these and add nothing here, whatever their own row says."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The catalog page of a rule; ``why`` and ``fix`` are Markdown."""

    id: str
    title: str
    severity: Severity
    confidence: Confidence
    summary: str
    why: str
    fix: str
    step: int
    """The number of the step of ``Provider.steps`` that the rule belongs to."""
    link: str
    stage: Stage = ""
    """What happens at its places on the way from the key to the token."""
    names_flow: bool = False
    """A flow with such a finding is called after it."""


@dataclass(frozen=True, slots=True)
class UnfixedReason:
    """Why a flow is left alone, and what a person does instead."""

    code: str
    title: str
    text: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Library:
    """A distribution that may leave the manifests when no code imports its modules any more."""

    distribution: str
    modules: tuple[str, ...]
    signs: bool
    """It signs assertions, or is needed for that."""
    serves: tuple[str, ...] = ()
    """Distributions that need it without its being imported: it stays where one of them stays."""
    brought_by: tuple[str, ...] = ()
    """Distributions that install it, as ``name`` or, where only an extra does, ``name[extra]``."""


@dataclass(frozen=True, slots=True)
class Need:
    """A distribution that the rewritten code needs when it imports ``module``."""

    module: str
    distribution: str
    bound: str
    provides: str = ""
    """The module that it is: where that was imported before, it is installed."""
    not_with: tuple[str, ...] = ()
    """Distributions that it cannot be installed beside."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A file that a tool writes from the manifests, and the command that writes it anew."""

    file: str
    command: str
    of: str = ""
    """A pattern for the names of the manifests that it is written from."""


@dataclass(frozen=True, slots=True)
class Install:
    """Files that may install distributions by name, and which part of them does: the group ``what``."""

    pattern: str
    files: str = "(?!)"
    """A pattern for the paths of those that are no modules; none fits this one."""
    modules: tuple[str, ...] = ()
    """The names of those that are."""
    programs: bool = False
    """And comments of the program itself that is changed: ``# MAGIC %pip install pyjwt``."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What comes and goes with a flow in the manifests of dependencies."""

    libraries: tuple[Library, ...]
    needs: tuple[Need, ...]
    locks: tuple[Lock, ...]
    installs: tuple[Install, ...]
    tools: tuple[Install, ...]
    """Where the settings of tools name libraries, by module or distribution."""


@dataclass(frozen=True, slots=True)
class MentionKind:
    """Files that are looked through for words on the key, and what is said of them."""

    says: str
    """Of a flow that was rewritten."""
    beside: str
    """Of one that a person has to change."""
    files: str
    """A pattern for their paths."""
    prose: bool = False
    """It is people who read them."""
    module_folders: tuple[str, ...] = ()
    """Names of folders in which Python says how to deploy."""
    module_endings: tuple[str, ...] = ()
    """What the paths of such modules end in, wherever they are."""
    names: int = 0
    """Where only settings by their names count, and so many others of the flow must stand in the file."""
    near_folders: tuple[str, ...] = ()
    """If any: only files beside a flow or above it, or there in a folder of such a name."""


@dataclass(frozen=True, slots=True)
class MentionSign:
    """Words that speak of the credential."""

    says: str
    pattern: str
    near: str = ""
    """What must stand within a few lines, in any case; empty: nothing."""
    paragraph: bool = False
    """It must stand in the same paragraph, unless the file holds a part of the flow itself."""
    unless: str = ""
    """Words of a paragraph that is about something else, where nothing must stand close by."""


@dataclass(frozen=True, slots=True)
class OtherPrograms:
    """Which files are programs in other languages, by their paths."""

    files: str
    shells: str
    """Those of them that are scripts of a shell."""
    hands: str
    """And which are the configuration of a tool that is handed what files they name."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """What is looked for in CI, deployment and documentation, and in programs in other languages."""

    kinds: tuple[MentionKind, ...]
    signs: tuple[MentionSign, ...]
    programs: OtherPrograms


@dataclass(frozen=True, slots=True)
class Extra:
    """A file of one's own rules: more of what the tables hold, looked at before them."""

    scopes: tuple[ScopeRow, ...] = ()
    encoders: tuple[Encoder, ...] = ()
    signers: tuple[Signer, ...] = ()
    clients: tuple[Client, ...] = ()
    commands: tuple[Command, ...] = ()
    key_loaders: tuple[KeyLoader, ...] = ()
    sdks: tuple[Sdk, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that ``rules/`` says."""

    provider: Provider
    scopes: tuple[ScopeRow, ...]
    encoders: tuple[Encoder, ...]
    signers: tuple[Signer, ...]
    clients: tuple[Client, ...]
    commands: tuple[Command, ...]
    key_loaders: tuple[KeyLoader, ...]
    sdks: tuple[Sdk, ...]
    values: Values
    mocks: Mocks
    dependencies: Dependencies
    mentions: Mentions
    catalog: Mapping[str, Rule]
    unfixed: Mapping[str, UnfixedReason]
    prefilter: Prefilter

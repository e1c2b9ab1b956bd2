"""The rules: what Adobe's JWT credential looks like, as data that can be changed without Python.

Every file below ``rules/`` is read into one of the records of this module. Reading is strict and is
driven by the annotations of the records alone: an unknown key, a missing key and a value of the wrong
type are a ``RulesError`` that names the file and the dotted key. A field with a default may be left out.

Dotted names in the tables are written as they resolve through the imports (``requests.post``). A call
on an instance is written with the call that made the instance: ``requests.Session().post``.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeVar

from jwt2oauth import strict
from jwt2oauth.model import Confidence, Severity
from jwt2oauth.prefilter import Prefilter, load_prefilter, rules_root
from jwt2oauth.records import dataclass
from jwt2oauth.sdk import Sdk

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "Aem",
    "Argument",
    "Calls",
    "Client",
    "ClientCall",
    "ClientFields",
    "Encoder",
    "EnvironmentFiles",
    "Extra",
    "FormEncoder",
    "KeyLoader",
    "MockCall",
    "MockFixture",
    "MockLibrary",
    "Mocks",
    "Patcher",
    "Prefilter",
    "Provider",
    "Reply",
    "Rule",
    "Rules",
    "RulesError",
    "ScopeRow",
    "Signer",
    "Stage",
    "Step",
    "TestFiles",
    "Transparent",
    "UnfixedReason",
    "Values",
    "load",
    "load_prefilter",
]

Evidence = Literal["official-mapping", "official-sample", "third-party", "unknown"]
EVIDENCE: tuple[Evidence, ...] = ("official-mapping", "official-sample", "third-party", "unknown")
"""From the strongest class of evidence to none."""

Stage = Literal["", "key", "claims", "assertion", "exchange", "expiry"]
STAGES: tuple[Stage, ...] = ("key", "claims", "assertion", "exchange", "expiry")
"""The way of a token, in order; a rule of another credential has none of these."""


class RulesError(ValueError):
    """A file of the rules cannot be used; the message names the file and the dotted key."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        """Say what is wrong (``problem``) at ``key`` of ``file``; an empty key means the whole file."""
        super().__init__(f"{file}: {key}: {problem}" if key else f"{file}: {problem}")
        self.file = file
        self.key = key
        self.problem = problem


# --- the records ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Argument:
    """Where a call takes a value: by position (``self`` not counted), by keyword, or either."""

    position: int | None = None
    keyword: str | None = None


NOWHERE = Argument()
"""The call does not take this value at all."""


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
class Encoder:
    """The call of a JWT library that signs claims."""

    library: str
    names: tuple[str, ...]
    claims: Argument
    key: Argument = NOWHERE
    algorithm: Argument = NOWHERE
    header: Argument = NOWHERE
    """The JOSE header, where the algorithm stands in it."""
    returns: Literal["text", "bytes", "object"] = "text"
    """``object``: the token comes from ``text_method`` of the returned object."""
    sign_method: str = ""
    """The returned object's method that signs in place, with the key as its first argument."""
    text_method: str = ""


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
    host: Argument | None = None
    """Where the call that made the instance takes the host; ``url`` is a path then."""
    reply_method: str = ""
    """The instance's method that gives the reply, where this call does not."""


@dataclass(frozen=True, slots=True)
class Command:
    """Calls that run a command, and the programs that send an exchange by it: found, and left alone."""

    names: tuple[str, ...]
    programs: tuple[str, ...]


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
    status: tuple[str, ...] = ()
    """Attributes and methods that a token in a plain dict does not have."""
    json_is_async: bool = False
    text_methods: tuple[str, ...] = ()
    content_methods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """An HTTP client."""

    name: str
    calls: tuple[ClientCall, ...]
    reply: Reply
    flows: tuple[str, ...] = ()
    """Generator methods, by the dotted name of the base class: the client sends the requests that they
    yield, and hands in the replies."""
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


@dataclass(frozen=True, slots=True)
class Relay:
    """Calls that call one of their arguments, with those behind it, and give what it gives."""

    names: tuple[str, ...]
    function: int
    """The place of the argument that is called."""


@dataclass(frozen=True, slots=True)
class Transparent:
    """Calls whose value is, for our purposes, the value of one argument."""

    names: tuple[str, ...]
    argument: Argument


@dataclass(frozen=True, slots=True)
class PathReader:
    """Calls that read nested mappings by a path of keys with dots between."""

    names: tuple[str, ...]
    mapping: Argument
    path: Argument
    default: Argument


@dataclass(frozen=True, slots=True)
class Reader:
    """Calls that read an environment variable."""

    names: tuple[str, ...]
    name: Argument
    default: Argument
    required: bool = False
    """Without a default, a variable that is not set is an error."""
    prefix: str = ""
    """The method whose ``with`` statement puts a prefix before the names."""


@dataclass(frozen=True, slots=True)
class SecretStore:
    """Calls that fetch a secret from where it is kept, by its name."""

    names: tuple[str, ...]
    name: Argument
    default: Argument = NOWHERE
    """What is given where there is no such secret; elsewhere a name must not be asked for on trial."""
    envelope: tuple[str, ...] = ()
    """Keys of the answer that are none of the secret's own."""


@dataclass(frozen=True, slots=True)
class Declares:
    """Calls that declare a field of a class."""

    names: tuple[str, ...]
    default: Argument
    factory: Argument
    """A function that makes the default."""


@dataclass(frozen=True, slots=True)
class EnvironmentFiles:
    """Files that a package loads into the environment."""

    package: str
    files: tuple[str, ...]
    """Those that are meant where none is named."""
    calls: tuple[str, ...] = ()
    """The names of the functions and methods that do it; empty: to import the package is enough."""


@dataclass(frozen=True, slots=True)
class BaseClass:
    """What a library's class calls of its subclasses, besides methods with two underscores."""

    names: tuple[str, ...]
    calls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Builder:
    """Functions that make an object of a class of the project from a mapping, or from its JSON."""

    names: tuple[str, ...]
    kind: Argument
    """The class."""
    mapping: Argument


@dataclass(frozen=True, slots=True)
class FormEncoder:
    """Calls that turn fields, the value of one argument, into a body."""

    names: tuple[str, ...]
    argument: Argument
    multipart: bool = False
    """Is the body multipart, whatever the fields are?"""
    add: str = ""
    """The method that adds a field, by name and value, to what the call gave; without more arguments than
    these the body is urlencoded."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls by dotted name, and by method name on whatever object."""

    names: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """What is known of ordinary calls."""

    transparent: tuple[Transparent, ...]
    relays: tuple[Relay, ...]
    makers: tuple[str, ...]
    """Methods of a class that make an object of it from one mapping, or from its JSON, given first."""
    builders: tuple[Builder, ...]
    fillers: tuple[Transparent, ...]
    """Calls that fill in what a configuration file leaves open, and leave the rest of its text as it is."""
    transparent_methods: tuple[str, ...]
    """Methods that pass their object through."""
    copiers: tuple[str, ...]
    """Functions that copy an object, with other values for the fields that are named."""
    openers: tuple[str, ...]
    """Functions that open the file that they are given first, to read it if no mode says otherwise."""
    printing: tuple[str, ...]
    """Those of ``logging`` that write to standard output."""
    options: tuple[str, ...]
    """What the one who runs or calls the program chooses."""
    paths: tuple[PathReader, ...]
    form_encoders: tuple[FormEncoder, ...]
    bases: tuple[BaseClass, ...]
    readers: tuple[Reader, ...]
    secret_stores: tuple[SecretStore, ...]
    environment_files: tuple[EnvironmentFiles, ...]
    unfolding: Calls
    """What makes a mapping of an object's declared fields: functions of it, and methods."""
    models: tuple[str, ...]
    """Base classes of what is made of a mapping and passes over what it has no field for."""
    declares: tuple[Declares, ...]
    enumerations: tuple[str, ...]
    """Base classes whose members are values by names."""
    settings_classes: tuple[str, ...]
    """Base classes whose fields are read from the environment."""
    settings: tuple[str, ...]
    """Objects that hand out, by attribute or by key, what settings modules define in upper case."""
    settings_loaders: tuple[str, ...]
    """Words beside which a program names a settings module or class that is not called after settings."""
    harmless: Calls
    """Nobody can miss their evaluation; the arguments are judged for themselves. The calls of the encoders,
    the signers, the key loaders, the readers of the environment, of secret stores and of paths, and the
    stand-ins of tests are among them."""
    logging: Calls


@dataclass(frozen=True, slots=True)
class TestFiles:
    """Which modules of a project are its tests."""

    folders: tuple[str, ...]
    """Every module below a folder called so."""
    files: tuple[str, ...]
    """Patterns of names; such a module must import a framework or have a function called ``test…``."""
    frameworks: tuple[str, ...]
    fixture_decorators: tuple[str, ...]
    hooks: tuple[str, ...]
    """Functions that a framework calls by their names."""
    stand_ins: tuple[str, ...]
    """Calls that make an object which only stands for another: harmless."""


@dataclass(frozen=True, slots=True)
class MockFixture:
    """A pytest fixture of a plugin."""

    names: tuple[str, ...]
    """The names of the parameter by which a test asks for it."""
    gives: str
    """The dotted name of what the test gets."""


@dataclass(frozen=True, slots=True)
class MockCall:
    """Methods that put a reply at an address."""

    methods: tuple[str, ...]
    url: Argument


@dataclass(frozen=True, slots=True)
class MockLibrary:
    """A library that answers requests in tests."""

    name: str
    objects: tuple[str, ...]
    """On what the methods are called, by dotted name."""
    calls: tuple[MockCall, ...]
    status: tuple[str, ...] = ()
    """Keywords that give the reply's status."""


@dataclass(frozen=True, slots=True)
class Patcher:
    """A call that puts something in the place of a function, for as long as a test runs.

    What is replaced is named by a text (``target``, a dotted name) or is the attribute of an ``owner``. Where
    both can be, the first argument's value decides.
    """

    names: tuple[str, ...]
    target: Argument = NOWHERE
    owner: Argument = NOWHERE
    attribute: Argument = NOWHERE
    new: Argument = NOWHERE
    """What is put there; without it, a decorator hands its own stand-in to the function."""


@dataclass(frozen=True, slots=True)
class Mocks:
    """How a project's tests stand in for the exchange."""

    tests: TestFiles
    fixtures: tuple[MockFixture, ...]
    libraries: tuple[MockLibrary, ...]
    patchers: tuple[Patcher, ...]


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


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What comes and goes with a flow in the manifests of dependencies."""

    libraries: tuple[Library, ...]
    needs: tuple[Need, ...]
    locks: tuple[Lock, ...]
    installs: tuple[Install, ...]


@dataclass(frozen=True, slots=True)
class MentionKind:
    """Files that are looked through for words on the key, and what is said of them."""

    says: str
    """Of a flow that was rewritten."""
    beside: str
    """Of one that a person has to change."""
    files: str
    """A pattern for their paths."""


@dataclass(frozen=True, slots=True)
class MentionSign:
    """Words that speak of the credential."""

    says: str
    pattern: str
    near: str = ""
    """What must stand within a few lines, in any case; empty: nothing."""
    paragraph: bool = False
    """It must stand in the same paragraph."""


@dataclass(frozen=True, slots=True)
class Mentions:
    """What is looked for in CI, deployment and documentation."""

    kinds: tuple[MentionKind, ...]
    signs: tuple[MentionSign, ...]


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


@dataclass(frozen=True, slots=True)
class _Reasons:
    reasons: tuple[UnfixedReason, ...]


# --- loading ----------------------------------------------------------------------------------------


_PROVIDER = "providers/adobe-ims.toml"
_VALUES = "python/values.toml"
_MOCKS = "python/mocks.toml"
_DEPENDENCIES = "dependencies.toml"
_MENTIONS = "mentions.toml"
_UNFIXED = "catalog/unfixed.toml"
_TABLES = (
    "providers/adobe-scopes.toml",
    "python/encoders.toml",
    "python/http.toml",
    "python/keys.toml",
)

T = TypeVar("T")


def load(extra: Sequence[Path] = ()) -> Rules:
    """Return the rules, those of the TOML files ``extra`` first; ``RulesError`` if any cannot be used."""
    return _load(rules_root(), tuple(os.fspath(path) for path in extra))


@functools.cache
def _load(root: str, extra: tuple[str, ...]) -> Rules:
    own = [_read(Extra, path, path) for path in extra]
    for path, page in zip(extra, own, strict=True):
        for index, sdk in enumerate(page.sdks):
            _checked(path, f"sdks[{index}].", sdk)
    tables = [_shipped(Extra, root, file) for file in _TABLES]
    both = [*own, *tables]
    encoders = tuple(row for table in both for row in table.encoders)
    signers = tuple(row for table in both for row in table.signers)
    key_loaders = tuple(row for table in both for row in table.key_loaders)
    values = _shipped(Values, root, _VALUES)
    mocks = _shipped(Mocks, root, _MOCKS)
    signing = [name for encoder in encoders for name in encoder.names]
    signing += [name for signer in signers for name in signer.names if not signer.program]
    loading = [name for loader in key_loaders for name in loader.names]
    reading = [name for reader in values.readers for name in reader.names]
    reading += [name for way in values.paths for name in way.names]
    reading += [name for store in values.secret_stores for name in store.names]
    return Rules(
        provider=_shipped(Provider, root, _PROVIDER),
        scopes=tuple(row for table in both for row in table.scopes),
        encoders=encoders,
        signers=signers,
        clients=tuple(row for table in both for row in table.clients),
        commands=tuple(row for table in both for row in table.commands),
        key_loaders=key_loaders,
        sdks=(*(row for table in own for row in table.sdks), *_sdks(root)),
        values=_with_harmless(values, [*signing, *loading, *reading, *mocks.tests.stand_ins]),
        mocks=mocks,
        dependencies=_shipped(Dependencies, root, _DEPENDENCIES),
        mentions=_shipped(Mentions, root, _MENTIONS),
        catalog=_catalog(root),
        unfixed=_reasons(root),
        prefilter=_prefilter(row for table in own for row in table.sdks),
    )


def _prefilter(own: Iterable[Sdk]) -> Prefilter:
    """The needles, and those of one's own rules: what is imported, and the keys of files."""
    words = dict.fromkeys(word for sdk in own for word in sdk.needles)
    shipped = load_prefilter()
    weak = tuple(needle for needle in shipped.needles if needle not in shipped.strong)
    return Prefilter((*shipped.needles, *(word.encode() for word in words)), weak, shipped.also)


def _sdks(root: str) -> tuple[Sdk, ...]:
    """Read the tables of the SDKs, one a file, by name."""
    names = sorted(name for name in os.listdir(os.path.join(root, "sdks")) if name.endswith(".toml"))
    return tuple(_checked(f"rules/sdks/{name}", "", _shipped(Sdk, root, f"sdks/{name}")) for name in names)


def _checked(file: str, key: str, sdk: Sdk) -> Sdk:
    """Raise ``RulesError`` where a table of an SDK contradicts itself."""
    for inner, problem in sdk.problems():
        raise RulesError(file, f"{key}{inner}", problem)
    return sdk


def _shipped(record: type[T], root: str, file: str) -> T:
    """Read one of the files below ``rules/``."""
    return _read(record, os.path.join(root, file), f"rules/{file}")


def _with_harmless(values: Values, names: Iterable[str]) -> Values:
    known = dict.fromkeys((*values.harmless.names, *names))
    return dataclasses.replace(values, harmless=dataclasses.replace(values.harmless, names=tuple(known)))


def _catalog(root: str) -> dict[str, Rule]:
    """Read the pages of the catalog; each is named after its rule."""
    names = sorted(os.listdir(os.path.join(root, "catalog")))
    stems = [name.removesuffix(".toml") for name in names if name.endswith(".toml")]
    pages = {}
    for stem in stems:
        file = f"catalog/{stem}.toml"
        if file != _UNFIXED:
            pages[stem] = _shipped(Rule, root, file)
            if pages[stem].id != stem:
                raise RulesError(f"rules/{file}", "id", f"must be {stem!r}, as the file is called")
    return pages


def _reasons(root: str) -> dict[str, UnfixedReason]:
    """Read the reasons for leaving code alone; no two have the same code."""
    reasons: dict[str, UnfixedReason] = {}
    for index, reason in enumerate(_shipped(_Reasons, root, _UNFIXED).reasons):
        if reason.code in reasons:
            raise RulesError(f"rules/{_UNFIXED}", f"reasons[{index}].code", f"{reason.code!r} is taken")
        reasons[reason.code] = reason
    return reasons


def _read(record: type[T], path: str, name: str) -> T:
    """Read the TOML file ``path``, called ``name`` in errors, as one ``record``."""
    try:
        with open(path, "rb") as file:
            data = strict.toml(file.read().decode())
    except OSError as error:
        raise RulesError(name, "", f"cannot be read: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise RulesError(name, "", f"is not TOML: {error}") from error
    try:
        return strict.read(record, data)
    except strict.Unfit as error:
        raise RulesError(name, error.key, error.problem) from None

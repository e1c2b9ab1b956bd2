"""Reads the files below ``rules/``, and files of one's own, into the record of all of them."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from .. import strict
from ..prefilter import Prefilter, load_prefilter, rules_root
from ..records import dataclass
from ..sdk import Sdk
from . import packed
from .tables import Dependencies, Extra, Mentions, Provider, Rule, Rules, UnfixedReason
from .values import Mocks, Values

if TYPE_CHECKING:
    from pathlib import Path


class RulesError(ValueError):
    """A file of the rules cannot be used; the message names the file and the dotted key."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        """Say what is wrong (``problem``) at ``key`` of ``file``; an empty key means the whole file."""
        super().__init__(f"{file}: {key}: {problem}" if key else f"{file}: {problem}")
        self.file = file
        self.key = key
        self.problem = problem


@dataclass(frozen=True, slots=True)
class _Reasons:
    reasons: tuple[UnfixedReason, ...]


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
    tables = _packed(root)
    if file in tables:
        return _made(record, tables[file], f"rules/{file}")
    return _read(record, os.path.join(root, file), f"rules/{file}")


_packed = functools.cache(packed.unpack)


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
    return _made(record, data, name)


def _made(record: type[T], data: object, name: str) -> T:
    """Make one ``record`` of a table that is called ``name`` in errors."""
    try:
        return strict.read(record, data)
    except strict.Unfit as error:
        raise RulesError(name, error.key, error.problem) from None

"""Backwards from an expression to what it may stand for, across functions, classes and modules.

One resolver in parts: names, attributes, calls, containers, texts, files, the environment. What it finds
are the values of ``facts``, and it imports nothing else of this room.
"""

from __future__ import annotations

from .attributes import Attributes
from .base import ENVIRONMENT, LOADERS, Documents
from .called import Called
from .callers import Callers
from .calls import Calls
from .containers import Containers
from .converters import Converters
from .environment import Environment
from .expressions import Expressions
from .files import Files, Layers, may_hold
from .fixtures import Fixtures
from .heirs import Heirs
from .keyed import Descents, Keyed, is_constant, key_of
from .made import Made, Poured
from .names import Names
from .options import Options
from .shared import (
    INI_READERS,
    argument_for,
    argument_of,
    declared,
    filtered,
    is_configparser,
    is_read,
    is_static,
    is_target,
    prescribed,
    setter_of,
)
from .taken import Taken
from .texts import Addresses, Texts


class Resolver(
    Expressions,
    Names,
    Taken,
    Keyed,
    Containers,
    Attributes,
    Made,
    Heirs,
    Calls,
    Addresses,
    Texts,
    Files,
    Layers,
    Descents,
    Environment,
    Options,
    Poured,
    Callers,
    Converters,
    Called,
    Fixtures,
):
    """Answers ``resolve(site)``; one per project."""


__all__ = [
    "ENVIRONMENT",
    "INI_READERS",
    "LOADERS",
    "Documents",
    "Resolver",
    "argument_for",
    "argument_of",
    "declared",
    "filtered",
    "is_configparser",
    "is_constant",
    "is_read",
    "is_static",
    "is_target",
    "key_of",
    "may_hold",
    "prescribed",
    "setter_of",
]

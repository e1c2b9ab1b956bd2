"""A recipe that holds together, and its program."""

from __future__ import annotations

import dataclasses

from .bodies import BODIES, QUERIES, TEXTS, URLS
from .bystanders import BYSTANDERS, bystander_of
from .claims import CLAIMS, DATETIME_EXPS, EXPS, OPAQUE_CLAIMS
from .classes import CLASSES
from .clients import CLIENTS, EXTRAS, REQUESTS
from .draft import VALUES, Draft
from .encoders import ENCODERS, HABITS
from .functions import GUARDS
from .keys import BYTES_KEYS, KEYS
from .layout import ENTRIES, IMPORTS, LAYOUTS, modules_of
from .recipe import SCOPES, WORLDS, Program, Recipe
from .replies import CHECKS, EXPIRIES, READS, RESULTS, USES
from .sources import OBJECTS, READ_AT_RUN_TIME, SOURCES
from .structures import CACHE_NAMES, FUNCTIONS
from .style import FORMS, THEMES, formed, rename

STRUCTURES = FUNCTIONS | CLASSES
OWN_EXPIRY = frozenset({"class-cached", "class-expiry-method"})


# A recipe that holds together, and its program

CHOICES: dict[str, tuple[str, ...]] = {
    "values": tuple(SOURCES),
    "passing": ("globals", "params", "object"),
    "structure": tuple(STRUCTURES),
    "layout": tuple(LAYOUTS),
    "imports": IMPORTS,
    "entry": ENTRIES,
    "key": tuple(KEYS),
    "exp": tuple(EXPS),
    "claims": tuple(CLAIMS),
    "metascope": ("literal", "text", "value"),
    "text": ("literal", "fstring", "format", "percent", "plus", "join"),
    "encoder": tuple(ENCODERS),
    "habit": HABITS,
    "url": URLS,
    "body": tuple(BODIES),
    "client": tuple(CLIENTS),
    "extras": tuple(EXTRAS),
    "check": CHECKS,
    "read": READS,
    "result": RESULTS,
    "expiry": tuple(EXPIRIES),
    "cache": CACHE_NAMES,
    "guard": GUARDS,
    "retry": ("none", "decorator", "loop", "backoff"),
    "use": USES,
    "dress": ("bare", "docstrings", "comments", "annotated", "logging"),
    "bystander": BYSTANDERS,
    "names": tuple(THEMES),
    "form": FORMS,
    "path": ("plain", "slash", "v1"),
    "fix": ("authlib", "keep"),
    "world": tuple(WORLDS),
}
"""What may be answered to each question, the plainest first."""


def mend(recipe: Recipe) -> Recipe:
    """Replace parts that cannot stand beside the others by plainer ones."""
    for _ in range(4):
        changed = dataclasses.replace(recipe, **_misfits(recipe))
        if changed == recipe:
            return recipe
        recipe = changed
    raise AssertionError(f"no recipe comes of {recipe}")


def _misfits(r: Recipe) -> dict[str, str]:
    """The parts that do not fit, and what stands for them."""
    return {**_misfits_of_flow(r), **_misfits_of_shape(r)}


def _misfits_of_flow(r: Recipe) -> dict[str, str]:
    client, encoder = CLIENTS[r.client], ENCODERS[r.encoder]
    new: dict[str, str] = {}
    kind = "text" if r.body in TEXTS else r.body if r.body in ("query", "multipart", "encoder") else "form"
    kind = "url" if r.body in QUERIES else kind
    if r.extras not in ("none", "timeout", "headers") and r.client not in REQUESTS:
        new["extras"] = "none"
    if r.result == "token" and r.read == "unpacked" and r.expiry == "none":
        new["read"] = "data"
    if kind not in client.kinds or (client.dict_only and r.body == "pairs"):
        new["body"] = "dict"
    if r.exp in DATETIME_EXPS and not encoder.takes_datetime:
        new["exp"] = "int-time"
    if r.key == "loaded" and encoder.keys != "any":
        new["key"] = "with"
    if r.key in BYTES_KEYS and encoder.keys == "text":
        new["key"] = "with"
    if r.habit != "none" and not encoder.is_pyjwt:
        new["habit"] = "none"
    if r.guard == "try-jwt" and not (encoder.is_pyjwt and r.encoder != "pyjwt-alias"):
        new["guard"] = "none"
    if r.bystander in ("login", "partner") and not encoder.is_pyjwt:
        new["bystander"] = "none"
    if r.read == "pop" and (r.result == "data" or r.structure == "script"):
        new["read"] = "data"
    if r.metascope == "value" and r.claims in OPAQUE_CLAIMS:
        new["metascope"] = "text"
    if r.path == "v1" and r.world != "adobe":
        new["path"] = "plain"
    return new


def _misfits_of_shape(r: Recipe) -> dict[str, str]:
    new: dict[str, str] = {}
    is_class, is_async = r.structure in CLASSES, CLIENTS[r.client].is_async
    if r.passing == "object" and r.values not in OBJECTS:
        new["passing"] = "globals"
    if r.structure in ("script", "class-methods"):
        new["passing"] = "globals"
    if r.structure == "script" and (r.result != "token" or is_async):
        new |= {"result": "token"} if not is_async else {"structure": "function"}
    if is_async and r.structure in ("class-property", "callables", "class-session", "factory"):
        new["structure"] = "class"
    if (is_class or r.structure == "script" or is_async) and r.cache in CACHE_NAMES[1:]:
        new["cache"] = "none"
    if (is_class or r.structure == "script" or is_async) and r.retry in ("decorator", "backoff"):
        new["retry"] = "none"
    if r.cache in ("lru", "functools") and (r.passing == "object" or r.structure == "parameter-twice"):
        new["cache"] = "none"
    if r.cache in ("global", "file"):
        if r.result not in ("token", "data", "pair", "pair-seconds"):
            new["result"] = "token"
        if r.passing == "params" and r.structure in ("two", "two-nested"):
            new["passing"] = "globals"
    if r.structure == "dual":
        new |= {"cache": "none", "expiry": "none", "result": "token"}
        new |= {"structure": "function"} if is_async else {}
    if r.structure == "class-session":
        new["result"] = "token"
    if r.structure == "factory":
        new |= {"cache": "none"} | ({"retry": "none"} if r.retry in ("decorator", "backoff") else {})
    if r.structure in OWN_EXPIRY:
        new["result"] = "token"
        if r.expiry == "none":
            new["expiry"] = "slash"
    if r.result in ("pair", "pair-seconds", "named", "object", "dict") and r.expiry == "none":
        new["expiry"] = "slash"
    if r.layout != "single" and r.structure == "script" and r.layout != "settings":
        new["layout"] = "settings"
    if r.world != "adobe" and r.bystander == "organisation":
        new["bystander"] = "none"
    return new


def write(recipe: Recipe) -> Program:
    """The program of a recipe that was mended."""
    d = Draft(recipe, WORLDS[recipe.world], is_async=CLIENTS[recipe.client].is_async)
    d.source = SOURCES[recipe.values](d)
    d.env = dict(d.env) if recipe.values == "pydantic" else {}
    main = STRUCTURES[recipe.structure](d)
    modules = modules_of(d, [*main, *bystander_of(d)])
    for module in modules:
        text = "\n".join(module.body)
        text = rename(text, recipe.names)
        d.files[module.path] = formed(text + "\n" if text else "", recipe.form)
    used = b"\n".join(d.files.values()).decode("latin-1")
    for name in VALUES[:4]:
        if recipe.values == "pydantic":
            break
        variable = f"{d.world.brand.upper()}_{name.upper()}"
        if variable in used:
            d.env[variable] = d.real(name)
    opaque = recipe.metascope != "literal" and recipe.values in READ_AT_RUN_TIME
    opaque |= recipe.claims in OPAQUE_CLAIMS and recipe.values in READ_AT_RUN_TIME
    return Program(
        files=dict(sorted(d.files.items())),
        argv=("-m", "ims") if recipe.layout == "run-module" else ("main.py",),
        env=d.env,
        key_files=tuple(dict.fromkeys(d.key_files)),
        key_env=tuple(dict.fromkeys(d.key_env)),
        stdout="".join(line + "\n" for line in sorted(d.out)),
        old_pyjwt=recipe.habit in ("decode", "str"),
        client=recipe.fix,
        scopes=SCOPES if opaque else None,
    )

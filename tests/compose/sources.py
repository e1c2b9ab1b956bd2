"""Where the values come from: chunks and files, and an expression for each value."""

from __future__ import annotations

import json
from collections.abc import Callable

from .draft import VALUES, Draft, indent, quoted


def _constants(d: Draft) -> Callable[[str], str]:
    d.above("settings", *[f"K_{name} = {quoted(d.real(name))}" for name in VALUES])
    return lambda name: f"K_{name}"


def _literals(d: Draft) -> Callable[[str], str]:
    return lambda name: quoted(d.real(name))


def _variable(d: Draft, name: str) -> str:
    variable = f"{d.world.brand.upper()}_{name.upper()}"
    d.env[variable] = d.real(name)
    return variable


def _env_constants(d: Draft) -> Callable[[str], str]:
    lines = [f"K_{name} = os.environ[{quoted(_variable(d, name))}]" for name in VALUES[:4]]
    lines += [f"K_{name} = {quoted(d.real(name))}" for name in VALUES[4:]]
    d.above("settings", *lines)
    return lambda name: f"K_{name}"


def _getenv(d: Draft) -> Callable[[str], str]:
    d.above("settings", *[f"K_{name} = {quoted(d.real(name))}" for name in VALUES[4:]])
    return lambda name: f"K_{name}" if name in VALUES[4:] else f"os.getenv({quoted(_variable(d, name))})"


def _environ(d: Draft) -> Callable[[str], str]:
    return lambda name: (
        quoted(d.real(name)) if name in VALUES[4:6] else f"os.environ[{quoted(_variable(d, name))}]"
    )


def _dict(d: Draft) -> Callable[[str], str]:
    rows = [f"{quoted(name)}: {quoted(d.real(name))}," for name in VALUES]
    d.above("settings", "K_config = {", *indent(rows), "}")
    return lambda name: f"K_config[{quoted(name)}]"


def _json(d: Draft) -> Callable[[str], str]:
    page = {name: d.real(name) for name in VALUES}
    d.files["config.json"] = (json.dumps(page, indent=2) + "\n").encode()
    d.above("settings", 'with open("config.json") as V_file:', "    K_config = json.load(V_file)")
    return lambda name: f"K_config[{quoted(name)}]"


def _json_function(d: Draft) -> Callable[[str], str]:
    page = {d.world.brand: {name: d.real(name) for name in VALUES}}
    d.files["config.json"] = (json.dumps(page, indent=2) + "\n").encode()
    d.above(
        "settings",
        "def F_load(V_name):",
        "    with open(V_name) as V_file:",
        f"        return json.load(V_file)[{quoted(d.world.brand)}]",
    )
    d.above("settings", 'K_config = F_load("config.json")')
    return lambda name: f"K_config[{quoted(name)}]"


def _ini(d: Draft) -> Callable[[str], str]:
    rows = [f"{name} = {d.real(name)}" for name in VALUES]
    d.files["config.ini"] = "\n".join([f"[{d.world.brand}]", *rows, ""]).encode()
    d.above("settings", "K_config = configparser.ConfigParser()", 'K_config.read("config.ini")')
    return lambda name: f"K_config[{quoted(d.world.brand)}][{quoted(name)}]"


def _ini_get(d: Draft) -> Callable[[str], str]:
    _ini(d)
    return lambda name: f"K_config.get({quoted(d.world.brand)}, {quoted(name)})"


def _ini_section(d: Draft) -> Callable[[str], str]:
    rows = [f"{name} = {d.real(name)}" for name in VALUES]
    d.files["config.ini"] = "\n".join([f"[{d.world.brand}]", *rows, ""]).encode()
    d.above(
        "settings",
        "K_parser = configparser.ConfigParser()",
        'K_parser.read("config.ini")',
        f"K_config = K_parser[{quoted(d.world.brand)}]",
    )
    return lambda name: f"K_config[{quoted(name)}]"


def _yaml(d: Draft) -> Callable[[str], str]:
    rows = [f"  {name}: {quoted(d.real(name))}" for name in VALUES]
    d.files["config.yml"] = "\n".join([f"{d.world.brand}:", *rows, ""]).encode()
    d.above(
        "settings",
        'with open("config.yml") as V_file:',
        f"    K_config = yaml.safe_load(V_file)[{quoted(d.world.brand)}]",
    )
    return lambda name: f"K_config[{quoted(name)}]"


def _toml(d: Draft) -> Callable[[str], str]:
    rows = [f"{name} = {quoted(d.real(name))}" for name in VALUES]
    d.files["config.toml"] = "\n".join([f"[{d.world.brand}]", *rows, ""]).encode()
    d.above(
        "settings",
        'with open("config.toml", "rb") as V_file:',
        f"    K_config = tomllib.load(V_file)[{quoted(d.world.brand)}]",
    )
    return lambda name: f"K_config[{quoted(name)}]"


def _dotenv(d: Draft) -> Callable[[str], str]:
    rows = [f"{name.upper()}={d.real(name)}" for name in VALUES]
    d.files["settings.env"] = "\n".join([*rows, ""]).encode()
    d.above(
        "settings",
        "K_config = {}",
        'with open("settings.env") as V_file:',
        "    for V_line in V_file:",
        '        V_name, _, V_value = V_line.strip().partition("=")',
        "        K_config[V_name] = V_value",
    )
    return lambda name: f"K_config[{quoted(name.upper())}]"


def _dataclass(d: Draft) -> Callable[[str], str]:
    d.above("settings", "@dataclass", "class C_config:", *indent(f"V_{name}: str" for name in VALUES))
    rows = [f"V_{name}={quoted(d.real(name))}," for name in VALUES]
    d.above("settings", "K_config = C_config(", *indent(rows), ")")
    return lambda name: f"K_config.V_{name}"


def _dataclass_defaults(d: Draft) -> Callable[[str], str]:
    rows = [f"V_{name}: str = {quoted(d.real(name))}" for name in VALUES]
    d.above("settings", "@dataclass(frozen=True)", "class C_config:", *indent(rows))
    d.above("settings", "K_config = C_config()")
    return lambda name: f"K_config.V_{name}"


def _named_tuple(d: Draft) -> Callable[[str], str]:
    d.above("settings", "class C_config(NamedTuple):", *indent(f"V_{name}: str" for name in VALUES))
    rows = [f"{quoted(d.real(name))}," for name in VALUES]
    d.above("settings", "K_config = C_config(", *indent(rows), ")")
    return lambda name: f"K_config.V_{name}"


def _class_attributes(d: Draft) -> Callable[[str], str]:
    d.above("settings", "class C_config:", *indent(f"K_{name} = {quoted(d.real(name))}" for name in VALUES))
    return lambda name: f"C_config.K_{name}"


def _namespace(d: Draft) -> Callable[[str], str]:
    rows = [f"V_{name}={quoted(d.real(name))}," for name in VALUES]
    d.above("settings", "K_config = SimpleNamespace(", *indent(rows), ")")
    return lambda name: f"K_config.V_{name}"


def _bytes(d: Draft) -> Callable[[str], str]:
    """Constants of bytes, as they come from a module of secrets."""
    d.above("settings", *[f"K_{name} = b{quoted(d.real(name))}" for name in VALUES])
    return lambda name: f"K_{name}.decode()"


def _pydantic(d: Draft) -> Callable[[str], str]:
    brand = d.world.brand.upper()
    rows = [f"{name}: str" for name in VALUES[:4]]
    rows += [f"{name}: str = {quoted(d.real(name))}" for name in VALUES[4:]]
    d.env |= {f"{brand}_{name.upper()}": d.real(name) for name in VALUES[:4]}
    d.above(
        "settings",
        "class C_config(BaseSettings):",
        f'    model_config = SettingsConfigDict(env_prefix="{brand}_")',
        *indent(rows),
    )
    d.above("settings", "K_config = C_config()")
    return lambda name: f"K_config.{name}"


def _getter(d: Draft) -> Callable[[str], str]:
    """A function of the project's own asks the environment."""
    d.above(
        "settings",
        "def F_setting(V_name, V_default=None):",
        "    V_value = os.environ.get(V_name, V_default)",
        "    if V_value is None:",
        '        raise RuntimeError(f"{V_name} is not set")',
        "    return V_value",
    )
    return lambda name: (
        quoted(d.real(name)) if name in VALUES[4:] else f"F_setting({quoted(_variable(d, name))})"
    )


def _arguments(d: Draft) -> Callable[[str], str]:
    rows = [
        f'K_parser.add_argument("--{name}", dest="V_{name}", default={quoted(d.real(name))})'
        for name in VALUES
    ]
    d.above("settings", "K_parser = argparse.ArgumentParser()", *rows)
    d.above("settings", "K_config = K_parser.parse_args()")
    return lambda name: f"K_config.V_{name}"


SOURCES: dict[str, Callable[[Draft], Callable[[str], str]]] = {
    "constants": _constants,
    "literals": _literals,
    "env-constants": _env_constants,
    "environ": _environ,
    "getenv": _getenv,
    "dict": _dict,
    "class-attributes": _class_attributes,
    "dataclass": _dataclass,
    "dataclass-defaults": _dataclass_defaults,
    "namespace": _namespace,
    "named-tuple": _named_tuple,
    "json": _json,
    "json-function": _json_function,
    "ini": _ini,
    "ini-get": _ini_get,
    "ini-section": _ini_section,
    "yaml": _yaml,
    "toml": _toml,
    "dotenv": _dotenv,
    "arguments": _arguments,
    "bytes": _bytes,
    "pydantic": _pydantic,
    "getter": _getter,
}
OBJECTS = frozenset(SOURCES) - {
    "constants",
    "literals",
    "env-constants",
    "environ",
    "getenv",
    "class-attributes",
    "bytes",
    "getter",
}
"""Sources that give one object, which can be handed on."""
READ_AT_RUN_TIME = OBJECTS - {"dict", "dataclass", "dataclass-defaults", "namespace", "named-tuple"}

"""The private key: lines, and an expression for it."""

from __future__ import annotations

from collections.abc import Callable

from .draft import Draft, Values, indent
from .recipe import PEM_ESCAPED, PEM_LINES, Lines


def _key_file(d: Draft) -> None:
    path = "private.key"
    d.files[path] = ("\n".join(PEM_LINES) + "\n").encode()
    d.key_files.append(path)


def _key_open(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [], f"open({v['key_path']}).read()"


def _key_variable(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [f'V_key = open({v["key_path"]}, "r").read()'], "V_key"


def _key_with(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [f"with open({v['key_path']}) as V_file:", "    V_key = V_file.read()"], "V_key"


def _key_bytes(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [f'with open({v["key_path"]}, "rb") as V_file:', "    V_key = V_file.read()"], "V_key"


def _key_close(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [f"V_file = open({v['key_path']})", "V_key = V_file.read()", "V_file.close()"], "V_key"


def _key_lines(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    lines = [f"with open({v['key_path']}) as V_file:", '    V_key = "".join(V_file.readlines())']
    return lines, "V_key"


def _key_path(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [], f"Path({v['key_path']}).read_text()"


def _key_path_bytes(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [f"V_key = Path({v['key_path']}).read_bytes()"], "V_key"


def _key_path_open(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    lines = [f"with Path({v['key_path']}).expanduser().open() as V_file:", "    V_key = V_file.read()"]
    return lines, "V_key"


def _key_checked(d: Draft, v: Values) -> tuple[Lines, str]:
    lines, key = _key_with(d, v)
    path = v["key_path"]
    return [
        f"if not os.path.exists({path}):",
        f"    raise FileNotFoundError({path})",
        *lines,
    ], key


def _key_tried(d: Draft, v: Values) -> tuple[Lines, str]:
    lines, key = _key_with(d, v)
    return [
        "try:",
        *indent(lines),
        "except OSError as V_error:",
        '    raise SystemExit("no private key") from V_error',
    ], key


def _key_inline(d: Draft, v: Values) -> tuple[Lines, str]:
    d.above("settings", f'K_private_key = """{PEM_LINES[0]}', PEM_LINES[1], f'{PEM_LINES[2]}"""')
    return [], "K_private_key"


def _key_env(d: Draft, v: Values) -> tuple[Lines, str]:
    variable = f"{d.world.brand.upper()}_PRIVATE_KEY"
    d.env[variable] = PEM_ESCAPED
    d.key_env.append(variable)
    return [f'V_key = os.environ["{variable}"].replace("\\\\n", "\\n")'], "V_key"


def _key_env_base64(d: Draft, v: Values) -> tuple[Lines, str]:
    lines, key = _key_env(d, v)
    return [*lines, "V_key = V_key.strip().encode()"], key


def _key_loaded(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    return [
        f'with open({v["key_path"]}, "rb") as V_file:',
        "    V_key = serialization.load_pem_private_key(V_file.read(), password=None)",
    ], "V_key"


def _key_function(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    d.above("sign", "def F_read(V_name):", "    with open(V_name) as V_file:", "        return V_file.read()")
    return [], f"F_read({v['key_path']})"


def _key_joined(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    lines = [
        f"V_path = os.path.join(os.getcwd(), {v['key_path']})",
        'with open(V_path, "r", encoding="utf-8") as V_file:',
        "    V_key = V_file.read()",
    ]
    return lines, "V_key"


def _key_or_file(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    variable = f"{d.world.brand.upper()}_PRIVATE_KEY"
    return [f'V_key = os.environ.get("{variable}") or open({v["key_path"]}).read()'], "V_key"


def _key_choice(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    variable = f"{d.world.brand.upper()}_PRIVATE_KEY"
    return [
        f'if "{variable}" in os.environ:',
        f'    V_key = os.environ["{variable}"]',
        "else:",
        f"    with open({v['key_path']}) as V_file:",
        "        V_key = V_file.read()",
    ], "V_key"


def _key_beside(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    lines = [
        f"V_path = os.path.abspath(os.path.expanduser({v['key_path']}))",
        "V_key = open(V_path).read().strip()",
    ]
    return lines, "V_key"


def _key_asked(d: Draft, v: Values) -> tuple[Lines, str]:
    lines, key = _key_with(d, v)
    return [*lines, f"if not {key}:", '    raise ValueError("the private key is empty")'], key


def _key_module(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    d.above("settings", 'with open("private.key") as V_file:', "    K_private_key = V_file.read()")
    return [], "K_private_key"


def _key_lambda(d: Draft, v: Values) -> tuple[Lines, str]:
    _key_file(d)
    d.above("helper", "K_reader = lambda V_name: open(V_name).read()")
    return [], f"K_reader({v['key_path']})"


def _key_json(d: Draft, v: Values) -> tuple[Lines, str]:
    """A file of secrets as a store leaves it."""
    d.files["secrets.json"] = f'{{"private_key": "{PEM_ESCAPED}"}}\n'.encode()
    d.key_files.append("secrets.json")
    lines = ['with open("secrets.json") as V_file:', '    V_key = json.load(V_file)["private_key"]']
    return lines, "V_key"


KEYS: dict[str, Callable[[Draft, Values], tuple[Lines, str]]] = {
    "open": _key_open,
    "variable": _key_variable,
    "with": _key_with,
    "bytes": _key_bytes,
    "close": _key_close,
    "lines": _key_lines,
    "path": _key_path,
    "path-bytes": _key_path_bytes,
    "path-open": _key_path_open,
    "checked": _key_checked,
    "tried": _key_tried,
    "inline": _key_inline,
    "env": _key_env,
    "env-bytes": _key_env_base64,
    "loaded": _key_loaded,
    "function": _key_function,
    "joined": _key_joined,
    "or-file": _key_or_file,
    "choice": _key_choice,
    "beside": _key_beside,
    "asked": _key_asked,
    "module": _key_module,
    "lambda": _key_lambda,
    "json": _key_json,
}
BYTES_KEYS = frozenset({"bytes", "path-bytes", "env-bytes"})

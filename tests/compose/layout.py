"""Which module each role lives in, and how the modules are linked."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from .draft import Draft, indent
from .recipe import Lines

LAYOUTS: dict[str, dict[str, str]] = {
    "single": {},
    "settings": {"settings": "settings"},
    "auth": {"settings": "auth", "helper": "auth", "sign": "auth", "exchange": "auth"},
    "auth-settings": {"settings": "settings", "helper": "auth", "sign": "auth", "exchange": "auth"},
    "split": {"settings": "settings", "helper": "helpers", "sign": "assertion", "exchange": "auth"},
    "package": {
        "settings": "ims.settings",
        "helper": "ims.helpers",
        "sign": "ims.auth",
        "exchange": "ims.auth",
    },
    "package-split": {
        "settings": "ims.settings",
        "helper": "ims.helpers",
        "sign": "ims.assertion",
        "exchange": "ims.auth",
    },
    "deep": {
        "settings": "ims.conf.values",
        "helper": "ims.util.web",
        "sign": "ims.auth.signer",
        "exchange": "ims.auth.flow",
    },
    "run-module": {
        "settings": "ims.settings",
        "helper": "ims.helpers",
        "sign": "ims.auth",
        "exchange": "ims.auth",
        "main": "ims.__main__",
    },
}
IMPORTS = ("from", "module", "alias", "reexport")
ENTRIES = ("plain", "guarded", "function")


@dataclass(slots=True)
class Module:
    """A module that is being written."""

    name: str
    body: Lines
    exports: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Its file."""
        return self.name.replace(".", "/") + ".py"

    @property
    def package(self) -> str:
        """The package that it is in."""
        return self.name.rpartition(".")[0]


_PLACEHOLDER = re.compile(r"(?<!\.)\b[KFC]_\w+")
_ORDER = ("settings", "helper", "sign", "exchange", "main")


def modules_of(d: Draft, main: Lines) -> list[Module]:
    """Lay the chunks out in modules and link them with imports."""
    places = LAYOUTS[d.recipe.layout]
    bodies: dict[str, list[Lines]] = {}
    for role in _ORDER:
        for chunk in d.chunks:
            if chunk.role == role:
                bodies.setdefault(places.get(role, "main"), []).append(chunk.lines)
    bodies.setdefault(places.get("main", "main"), []).append(entered(d, main))
    modules = [Module(name, spaced(chunks)) for name, chunks in bodies.items()]
    owners = {name: module for module in modules for name in bound("\n".join(module.body))}
    return [*(linked(d, module, owners) for module in modules), *packages(d, modules, owners)]


def bound(text: str) -> Iterator[str]:
    """The names that a module has."""
    waiting: list[ast.AST] = list(ast.parse(text).body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id.startswith("K_"):
            yield node.id
        else:
            waiting += ast.iter_child_nodes(node)


def entered(d: Draft, main: Lines) -> Lines:
    """The main program, as scripts are entered."""
    if d.recipe.entry == "guarded":
        return ['if __name__ == "__main__":', *indent(main)]
    if d.recipe.entry == "function":
        return ["def F_main():", *indent(main), "", "", 'if __name__ == "__main__":', "    F_main()"]
    return main


def spaced(chunks: Sequence[Lines]) -> Lines:
    """Chunks with blank lines between them, as black has them."""
    lines: Lines = []
    for number, chunk in enumerate(chunks):
        defines = any(
            part[:1] and re.match(r"@|(async )?(def|class) ", part[0]) for part in (chunk, chunks[number - 1])
        )
        lines += ["", ""] if number and defines else [""] if number else []
        lines += chunk
    return lines


def linked(d: Draft, module: Module, owners: Mapping[str, Module]) -> Module:
    """The same module with its imports."""
    text = "\n".join(module.body)
    own = sorted(
        name for name in set(_PLACEHOLDER.findall(text)) if name in owners and owners[name] is not module
    )
    local: list[str] = []
    groups: dict[str, list[str]] = {}
    for name in own:
        groups.setdefault(owners[name].name, []).append(name)
    for target, names in sorted(groups.items()):
        text = _link(d, module, target, names, text, local)
    outer = externals_of(d, text)
    blocks = [sorted(block, key=_import_key) for block in (*_split(outer), local) if block]
    header = [line for block in blocks for line in ["", *block]][1:]
    is_definition = re.match(r"@|(async )?(def|class) ", text) is not None
    gap = ["", ""] if is_definition else [""]
    return Module(module.name, [*header, *(gap if header else []), *text.split("\n")])


def _link(d: Draft, module: Module, target: str, names: Lines, text: str, local: list[str]) -> str:
    """Import what another module has; give the text in which it is named."""
    rebound = any(name in ("K_token", "K_until") for name in names)
    style = "module" if rebound else d.recipe.imports
    package, _, last = target.rpartition(".")
    same = package and module.package == package
    if style == "reexport" and package and module.package != package:
        root = package.split(".")[0]
        local.append(f"from {root} import {', '.join(names)}")
        return text
    if style in ("from", "reexport"):
        local.append(f"from {'.' + last if same else target} import {', '.join(names)}")
        return text
    name = last
    if style == "alias":
        name = f"V_{last}_module"
        local.append(
            f"from {'.' if same else package} import {last} as {name}"
            if package
            else f"import {last} as {name}"
        )
    else:
        local.append(f"from {'.' if same else package} import {last}" if package else f"import {last}")
    for each in names:
        text = re.sub(rf"(?<!\.)\b{each}\b", f"{name}.{each}", text)
    return text


def packages(d: Draft, modules: Sequence[Module], owners: Mapping[str, Module]) -> Iterator[Module]:
    """The ``__init__`` of every package, which may hand on what its modules have."""
    names = {module.package for module in modules if module.package}
    names |= {name.rpartition(".")[0] for name in names if "." in name}
    for name in sorted(names - {""}):
        lines: Lines = []
        if d.recipe.imports == "reexport" and "." not in name:
            grouped: dict[str, list[str]] = {}
            for each, owner in owners.items():
                if owner.package.split(".")[0] == name and not owner.name.endswith("__main__"):
                    grouped.setdefault(owner.name.removeprefix(name + "."), []).append(each)
            order = ["conf.values", "settings", "util.web", "helpers"]
            ranked = sorted(grouped, key=lambda n: (order.index(n) if n in order else 9, n))
            lines = [f"from .{target} import {', '.join(sorted(grouped[target]))}" for target in ranked]
        yield Module(f"{name}.__init__", lines)


def externals_of(d: Draft, text: str) -> set[str]:
    """The imports that a text needs, as it uses the names."""
    tree = ast.parse(text)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    dotted = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found = {d.externals[name] for name in names if name in d.externals}
    return found | {d.externals[name] for name in dotted if name in d.externals}


_STANDARD = sys.stdlib_module_names


def _split(imports: Iterable[str]) -> tuple[list[str], list[str]]:
    blocks: tuple[list[str], list[str]] = ([], [])
    for line in imports:
        blocks[line.split()[1].split(".")[0] not in _STANDARD].append(line)
    return blocks


def _import_key(line: str) -> tuple[bool, str]:
    return line.startswith("from"), line

"""A company's code, of many kinds and partly hostile: for tests of the reports that people read."""

from __future__ import annotations

import os
from html.parser import HTMLParser
from pathlib import Path

import trees
from trees import Keyring

KINDS = (
    "two-functions",
    "package-relative-imports",
    "inline-key",
    "notebook-functions",
    "expiry-other-module",
    "httpx-async",
    "ini-no-adobe-literal",
    "latin-1-and-tabs",
    "windows-line-ends",
    "public-function",
    "aem-service-credentials",
    "unfixed-url-from-environment",
    "unfixed-framework-subclass",
    "unparsable-python-2",
    "ignored-known",
    "ignored-unused",
)
HOSTILE = (
    "<script>alert(1)<",
    '"><img src=x onerror=alert(1)>',
    "quo'te\" `tick` ```fence",
    "<style>body{display:none}<!-- ",
    "--><b>&lt;i&gt;",
    "rtl\u202egnp.\u2066",
    "new\nline\r",
    "esc\x1b[31mred\x07",
    "{{ 7*7 }}{% raw %}{# x #}",
    "x" * 200,
    "שלום עולם",
    "z" + "\u0301" * 100,
    "@octocat #1 GH-2 www.evil.example | *b* _i_ ~~s~~ $x$ [a](b)",
    "javascript:alert(1)",
)
"""Names of folders."""

EVIL_LINE = (
    "# <script>alert(1)</script> </style> </code></td> {{ 7*7 }} \u202e\u2066 \x1b[31m ``` ```` "
    + "A" * 300
    + "\n# "
    + "x y " * 1000
    + "\n# z"
    + "\u0301" * 300
    + "\n#\ttab\there\n"
)


def write(keyring: Keyring, root: Path) -> Path:
    """Write it all below ``root``."""
    fixtures = {fixture.name: fixture for fixture in trees.load_all()}
    for name in KINDS:
        trees.write(keyring.fill(trees.read(fixtures[name].before)), root / name)
    for number, name in enumerate(HOSTILE):
        fixture = fixtures["two-functions" if number % 2 else "expiry-other-module"]
        trees.write(keyring.fill(trees.read(fixture.before)), root / "hostile" / name)
    evil = root / "hostile" / HOSTILE[0] / "provider.py"
    text = evil.read_text(encoding="utf-8")
    text = text.replace("import requests\n", f"import requests\n{EVIL_LINE}")
    text = text.replace("jwt.encode(", f"jwt.encode(  {EVIL_LINE.splitlines()[0]}")
    evil.write_text(text, encoding="utf-8")
    os.symlink("/etc/hostname", root / "<i>link.py")
    return root


VOID = {"br", "input", "meta", "link", "hr", "img", "col", "wbr", "source", "base", "area", "embed", "track"}


class Node:
    """An element of a page."""

    def __init__(self, tag: str, attributes: dict[str, str], parent: Node | None) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.children: list[Node | str] = []

    @property
    def text(self) -> str:
        """All text inside."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def all(self, *tags: str) -> list[Node]:
        """The elements inside, of these names or of any, in the order of the page."""
        found: list[Node] = []
        for child in self.children:
            if isinstance(child, Node):
                found += [child] if not tags or child.tag in tags else []
                found += child.all(*tags)
        return found

    def one(self, tag: str, **attributes: str) -> Node:
        """The only element of this name with these attributes."""
        (found,) = (
            node
            for node in self.all(tag)
            if all(node.attributes.get(name.rstrip("_")) == value for name, value in attributes.items())
        )
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Node("", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> has an attribute twice"
        node = Node(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(node)
        if tag not in VOID:
            self.here = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.here.tag == tag, f"</{tag}> closes <{self.here.tag}> at {self.getpos()}"
        assert self.here.parent is not None
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment at {self.getpos()}: {data[:40]}")


def parse(page: bytes) -> Node:
    """Read a page strictly: every element is closed where it was opened, nothing is a comment."""
    reader = _Reader()
    reader.feed(page.decode("utf-8"))
    reader.close()
    assert reader.here is reader.root, f"<{reader.here.tag}> is not closed"
    return reader.root

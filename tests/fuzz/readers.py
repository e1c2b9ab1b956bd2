"""A program for libFuzzer: read a configuration file, take a field out, and read it again.

Nothing may be raised, and what is taken out must be a change of that file. The first byte chooses the kind.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(
    include=["jwt2oauth.config", "jwt2oauth.project.documents", "jwt2oauth.notebook"]
):
    from jwt2oauth.config import documents, manifests, removal
    from jwt2oauth.edits import UnreadableText, apply, decode
    from jwt2oauth.model import Edit
    from jwt2oauth.notebook import Notebook
    from jwt2oauth.project.documents import as_module

from choices import CHOICES, MANIFESTS


def one_input(data: bytes) -> None:
    """Read what the first byte says."""
    choice, data = CHOICES[data[0] % len(CHOICES)] if data else "json", data[1:]
    try:
        text = decode(data).text
        if choice == "notebook":
            book = Notebook(data)
            assert book.encode(book.text) == data
            return
    except UnreadableText:
        return
    if choice in MANIFESTS:
        for group in manifests.groups(choice, text):
            changed(text, group.without(group.names()))
        return
    tree = documents.read(choice, text)
    if tree is None:
        return
    as_module(f"x.{choice}", text, tree)
    for field in tree.fields[:3] if isinstance(tree, documents.Mapping) else ():
        assert len(field.key.text) <= field.key.span.end - field.key.span.start + text.count("\\"), (
            "a key elsewhere"
        )
        changed(text, removal.without(choice, text, {(field.key.text,)}, lambda _: False) or [])


def changed(text: str, changes: list[removal.Change]) -> None:
    """The edits can be made."""
    apply(text, [Edit("x", span, new) for span, new in changes])


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()

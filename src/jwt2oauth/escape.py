"""Text that a terminal cannot act on: the half of ``redact`` that every report needs."""

from __future__ import annotations


def escape(text: str) -> str:
    """Replace what a terminal would act on: controls, escapes, directional marks, broken characters."""
    return "".join(character if _is_plain(character) else _spelled(character) for character in text)


def _is_plain(character: str) -> bool:
    # isprintable is false for controls (C0, C1), directional and other format marks, lone surrogates,
    # line separators, and every blank but the space.
    return character.isprintable()


def _spelled(character: str) -> str:
    short = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return short.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")

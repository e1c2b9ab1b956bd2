"""The only way in which text of a customer reaches an output.

Patches and file names are all of it: findings carry no customer text. ``escape`` makes a name or a
sentence harmless to a terminal; ``Redactor`` hides key material and secrets line by line. Where it
cannot tell, it hides: a line too many costs a patch, a line too few a secret.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterable, Iterator

__all__ = ["Redactor"]

MASK = "•••"

_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_PREFIX = re.compile(r"\b[rbufRBUF]{1,2}\Z")
_NAMED = (
    r"(?:secrets?|passw(?:or)?ds?|passwd|passphrase|pass|pwd|credentials?|tokens?|assertions?|jwt|bearer"
    r"|(?:api|private|signing|secret|access|shared|encryption)[_-]?keys?|key[_-]?data)(?:[_-]?value)?\d*"
)
_NAME = re.compile(rf"(?i)[\w. -]*?{_NAMED}")
_BINDS = r"(?::=|[=!]=|=|:)\s*(?:\(\s*None\s*,\s*|[(\[]*\s*)"
"""An assignment, a comparison, a dict's colon; ``(None, value)`` is how a multipart form says it."""
_AFTER_NAME = re.compile(rf"(?i)(?<![a-z]){_NAMED}\s*\]?\s*(?::\s*[\w.\[\]|, ]+)?{_BINDS}\\?\s*$")
_AFTER_STRING = re.compile(rf"\s*[\])]?\s*{_BINDS}\\?\s*")
_AFTER_BOUND = re.compile(r"\s*\+?\s*\\?\s*")
_UNQUOTED = re.compile(
    rf"""(?i)^(?P<head>\s*(?:-\s+)?(?:export\s+|set\s+)?["']?[\w.-]*{_NAMED}["']?\s*[=:]\s*)"""
    r"""(?P<value>[^\s"'#;].*)$"""
)
_IN_QUERY = re.compile(
    r"(?i)(?P<head>(?<=[?&\"'\s])(?:client_secret|jwt_token|access_token|refresh_token|password|secret)=)"
    r"(?P<value>[^&\"'\s{}%<>+]{4,})"
)
_AUTHORIZED = re.compile(r"(?i)\b((?:bearer|basic)\s+)(?P<value>[A-Za-z0-9+/._~=-]{12,})")
_USERINFO = re.compile(r"(://[^/\s:@\"']*:)(?P<value>[^@/\s\"'{}]+)(?=@)")
_TELLING = re.compile(
    r"(?P<value>p8e-[A-Za-z0-9_-]{4,}"  # a client secret of Adobe's
    r"|eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+)*)"  # a JSON Web Token
)
_PASSPHRASE = re.compile(  # load_pem_private_key(data, b"…")
    r"\b(?:load_[a-z]{3}_private_key|jwk_from_pem)\([^\"'()]{0,80}(?:\([^\"'()]{0,80}\)[^\"'()]{0,80})?,\s{0,4}"
    r"b?[\"'](?P<value>[^\"']{1,200})(?=[\"'])"
)
_ID_NAME = re.compile(
    r"(?i)(?:client|org|organi[sz]ation|tech\w{0,30}|account|project|tenant|acct|user)[_-]?(?:id)?"
    r"(?:[\"']\s{0,4}\]?\s{0,4},|[\"']?\s{0,4}\]?\s{0,4}[=:(])"
)
"""What stands behind such a name is drawn as well, and no secret; not what a variable is given beside."""
_CLIENT_ID = re.compile(r"[0-9a-f]{32}")
"""Adobe's; beside an organisation or an account it need not be named."""
_RANDOM = re.compile(r"(?<=[\"'=\s:])(?P<value>[A-Za-z0-9_+/-]{20,}={0,2})(?=[\"'\s,;)\\]|$)")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=._:-])(?P<value>[A-Za-z0-9+/=]{40,}(?:(?:\\r)?\\n[A-Za-z0-9+/=]+)*)")

_WORDS = frozenset(
    """access account acct adobe aem another api assertion auth basic bearer bytes cached client code
    config credential credentials data default dummy env error example exchange expired expires fake
    false file first form fresh from get grant header id ims in invalid jwk jwt key method missing mock
    mocked my name new no none null oauth of old org other pass password path post private refresh
    required sample scope scopes second secret secrets service session set sign signed str string stub
    test the to token tokens true type unknown url user valid value your""".split()  # noqa: SIM905
)
_NUMBER = r"\d{1,4}(?:\.(?:\d{1,6}|\*)){0,4}(?:\.?(?:a|b|rc|post|dev)\d{1,4})?"
_VERSION = re.compile(  # PyJWT==2.8.0 and pyjwt = "^2.8" bind no token; behind "==" a marker may follow
    r"(?:\{\s*(?:version|extras|optional|git|url|path)\s*=[^{}]*\}|\*"
    r"|\d{1,4}(?:\.(?:\d{1,6}|\*)){1,4})(?:\s*#.*)?"
    rf"|(?:[~<>=!^]=?\s?{_NUMBER}(?:,\s?(?![;#\\]))?){{1,3}}(?:[\"'][\],]{{0,3}})?(?:\s*[;#\\].*)?"
)
_VARIABLE = re.compile(
    r"(?:[A-Z]{2,16}_){1,5}(?:KEY|SECRET|TOKEN|PASSWORD|PASSPHRASE|CREDENTIALS?)(?:_(?:FILE|PATH|NAME))?"
)
"""``ENV_KEY = "SHOP_PRIVATE_KEY"`` says by which variable the key comes."""
_TEXT_FILE = (".py", ".pyi", ".ipynb", ".json", ".md", ".rst")
"""Here a bare word after a name is no value: ``secret: str``, ``token = fetch()``."""


class Redactor:
    """Hides key material and secrets in lines of text.

    It first learns, from all ``files`` (path, content), which values are bound to a name that says
    "secret"; those are then hidden wherever they stand. What is known to be one of the ``secrets`` is so
    in quotes, whatever it is called there, and elsewhere if it is no word.
    """

    def __init__(self, files: Iterable[tuple[str, bytes]] = (), secrets: Iterable[str] = ()) -> None:
        """Read the files whose text may be shown."""
        known = [secret for secret in secrets if not _is_word(secret)]
        learned = {secret for secret in known if not secret.isalpha()}
        self._quoted = re.compile("|".join(rf"(?<=[\"']){re.escape(s)}(?=[\"'])" for s in known) or r"(?!)")
        for path, data in files:
            for line in _text(data).split("\n"):
                learned.update(_values(path, line))
        self._learned = sorted(
            (value for value in learned if len(value) >= 6), key=lambda value: (-len(value), value)
        )

    def lines(self, path: str, data: bytes) -> list[bytes]:
        """Give the lines of a file as they may be shown; a line that hides nothing is unchanged."""
        if b"\0" in data:  # no text that we could judge
            return [MASK.encode() + (b"\n" if line.endswith("\n") else b"") for line in _split(_text(data))]
        return [line.encode("utf-8", "surrogateescape") for line in self._masked(path, _text(data))]

    def hidden(self, path: str, data: bytes) -> list[tuple[int, int]]:
        """Give the ranges of a file's bytes that ``lines`` does not show."""
        ranges: list[tuple[int, int]] = []
        at = 0
        for line, shown in zip(_split_bytes(data), self.lines(path, data), strict=True):
            if line != shown:
                seen = re.fullmatch(
                    rb"(.*?)".join(map(re.escape, shown.split(MASK.encode()))), line, re.DOTALL
                )
                spans = seen.regs[1:] if seen is not None else ((0, len(line)),)
                ranges += [(at + start, at + end) for start, end in spans if start < end]
            at += len(line)
        return ranges

    def _masked(self, path: str, text: str) -> Iterator[str]:
        in_key = bound = False
        for line in _split(text):
            body = line.rstrip("\r\n")
            shown, in_key = _without_keys(body, in_key)
            strings, bound = _bound_strings(shown, bound)
            for start, end in reversed(strings):
                shown = shown[:start] + _hidden_literal(shown[start:end]) + shown[end:]
            yield self._without_secrets(path, shown) + line[len(body) :]

    def _without_secrets(self, path: str, line: str) -> str:
        if not path.endswith(_TEXT_FILE):
            line = _UNQUOTED.sub(_hide_unquoted, line)
        line = _IN_QUERY.sub(_hide_in_query, line)
        for pattern in (_AUTHORIZED, _USERINFO, _TELLING, _PASSPHRASE):
            line = pattern.sub(_hide, line)
        line = self._quoted.sub(MASK, line)
        for value in self._learned:
            line = line.replace(value, MASK)
        line = _BASE64.sub(lambda match: _hide(match) if _is_random(match["value"]) else match.group(), line)
        named = _ID_NAME.search(line)
        first = named.end() if named is not None else len(line)

        def drawn(match: re.Match[str]) -> str:
            is_id = match.start() >= first or (named is not None and _CLIENT_ID.fullmatch(match["value"]))
            return match.group() if is_id or not _is_random(match["value"]) else _hide(match)

        return _RANDOM.sub(drawn, line)


def _values(path: str, line: str) -> Iterator[str]:
    """Give the values that a line binds to the name of a secret."""
    for start, end in _bound_strings(line, False)[0]:
        if not _is_word(line[start + 1 : end - 1]):
            yield line[start + 1 : end - 1]
    bare = None if path.endswith(_TEXT_FILE) else _UNQUOTED.match(line)
    if bare is not None and not _is_word(bare["value"]):
        yield bare["value"]


def _bound_strings(line: str, carried: bool) -> tuple[list[tuple[int, int]], bool]:
    """Give the string literals of a line that are bound to a secret's name; say if the next line goes on.

    ``carried`` says that the line before ended in the midst of such a binding.
    """
    found: list[tuple[int, int]] = []
    at, bound, name, opened = 0, carried, "", ""
    for start, end in _strings(line):
        if line[start:end] in (3 * '"', 3 * "'"):  # what is in triple quotes is read as code
            at, name, bound = end, "", False
            continue
        prefix = _PREFIX.search(line, max(at, start - 2), start)
        gap = _narrow(line[at : prefix.start() if prefix else start])
        bound = _binds(gap, name, opened) or (bound and _goes_on(gap, first=not found and at == 0))
        if bound:
            found.append((start, end))
        at, name, opened = end, line[start + 1 : end - 1], gap
    rest = _narrow(line[at:])
    return found, _binds(rest, name, opened) or (bound and _goes_on(rest, first=at == 0))


def _strings(line: str) -> Iterator[tuple[int, int]]:
    """Give the literals of a line with their quotes, and triple quotes alone; what is never closed is none.

    No pattern does that in less than the square of a line's length.
    """
    ends: dict[str, list[int]] = {'"': [], "'": []}
    for match in re.finditer(r"""(?<!\\)(?P<escape>\\*+)(?P<quote>["'])""", line):
        if len(match["escape"]) % 2 == 0:
            ends[match["quote"]].append(match.start("quote"))
    at = 0
    for match in re.finditer("""["']""", line):
        start, quote = match.start(), match[0]
        if start < at:
            continue
        if line.startswith(quote * 3, start) and not _PREFIX.search(line, max(at, start - 2), start):
            at = start + 3
            yield start, at
            continue
        place = bisect.bisect_right(ends[quote], start)
        if place < len(ends[quote]):
            at = ends[quote][place] + 1
            yield start, at


def _narrow(gap: str) -> str:
    """Keep the end of a gap, with single blanks: no pattern has to work hard on that."""
    return re.sub(r"\s+", " ", gap)[-400:]


def _binds(gap: str, name: str, opened: str) -> bool:
    """Say whether ``gap``, after the literal ``name``, binds what follows it to a secret's name."""
    if _AFTER_NAME.search(gap):
        return True
    if len(name) > 100 or not _NAME.fullmatch(name):
        return False
    return bool(_AFTER_STRING.fullmatch(gap)) or (gap.strip() == "," and opened.rstrip().endswith("("))


def _goes_on(gap: str, *, first: bool) -> bool:
    """Say whether a literal after ``gap`` belongs to the one before: by concatenation, or on a new line."""
    return not gap.strip("([ \t") if first else bool(_AFTER_BOUND.fullmatch(gap))


def _without_keys(line: str, in_key: bool) -> tuple[str, bool]:
    """Hide what lies between the lines BEGIN and END of a private key, wherever they stand."""
    out = ""
    while True:
        if in_key:
            end = _END.search(line)
            if end is None:
                return out + _masked_body(line), True
            out += _masked_body(line[: end.start()]) + end.group()
            line, in_key = line[end.end() :], False
        begin = _BEGIN.search(line)
        if begin is None:
            return out + line, False
        out += line[: begin.end()]
        line, in_key = line[begin.end() :], True


def _masked_body(body: str) -> str:
    """Hide a line of a key but for its indentation and an opening quote."""
    head = re.match(r"[\s\"']*", body)
    prefix = head.group() if head else ""
    return prefix + MASK if body.strip("\"' \t\\n,+)") else body


def _hide(match: re.Match[str]) -> str:
    whole, value = match.group(), match["value"]
    return whole.replace(value, MASK, 1) if whole.count(value) == 1 else whole[: -len(value)] + MASK


def _hide_in_query(match: re.Match[str]) -> str:
    """Hide a value in a query or a form; after a blank, only if it looks drawn: it may be code."""
    after_blank = match.string[match.start() - 1].isspace()
    if _is_word(match["value"]) or (after_blank and not _is_random(match["value"])):
        return match.group()
    return match["head"] + MASK


def _hide_unquoted(match: re.Match[str]) -> str:
    return match.group() if _is_word(match["value"]) else f"{match['head']}{MASK}"


def _hidden_literal(literal: str) -> str:
    return literal if _is_word(literal[1:-1]) else f"{literal[0]}{MASK}{literal[-1]}"


def _is_word(value: str) -> bool:
    """Say whether a value is the name of something rather than a secret: a field, a URL, a file, a gap."""
    if not value.strip() or value == MASK or re.fullmatch(r"-{1,2}[A-Za-z][\w-]*", value):
        return True
    if _VERSION.fullmatch(value):
        return True
    if re.fullmatch(r"(?:/[a-z0-9_.-]{0,24}){2,6}", value):
        return True
    if re.fullmatch(r"https?://[^\s:@?]+(?::\d+[^@?]*)?", value) or re.fullmatch(
        r"[\w./~-]+\.(?:key|pem|json|txt|ya?ml|ini|p8)", value
    ):
        return True
    if re.fullmatch(r"(?:\$\{\w+\}|\{\{?[\w.\s\[\]]*\}?\}|<[^<>]*>|%\(\w+\)s|%s|\$\w+)", value):
        return True
    if _VARIABLE.fullmatch(value):
        return True
    return all(word in _WORDS for word in re.split(r"[_\-. :/|]+", value.lower()) if word)


def _is_random(value: str) -> bool:
    """Say whether a run of characters looks drawn, not written: letters and several digits, no words."""
    digits = sum(character.isdigit() for character in value)
    letters = sum(character.isalpha() for character in value)
    return digits >= 3 and letters >= 3 and not re.fullmatch(r"(?:[A-Za-z]+[_/-])*[A-Za-z]*\d*", value)


def _split(text: str) -> list[str]:
    return [line for line in re.split(r"(?<=\n)", text) if line]


def _split_bytes(data: bytes) -> list[bytes]:
    return [line.encode("utf-8", "surrogateescape") for line in _split(_text(data))]


def _text(data: bytes) -> str:
    """Take any bytes as text, so that they can be given back exactly."""
    return data.decode("utf-8", "surrogateescape")

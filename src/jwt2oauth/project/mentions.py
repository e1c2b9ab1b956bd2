"""CI, deployment and documentation that still speak of a flow's key: found and reported, never edited."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ..model import Flow
from ..paths import NOTEBOOK, is_program, shared
from ..records import dataclass
from ..rules.tables import MentionKind, Mentions, MentionSign
from ..tree.walk import Tree

LIMIT = 1024 * 1024
"""Files beyond this size are not looked through."""
NEAR = 8
"""Lines before and after, in which the words that a sign needs may stand."""
PARAGRAPH = 60
"""Lines before and after, in which they may stand if they need not be close by."""
SHOWN = 12
"""Places that are named; of the others only the number."""


BESIDE = 4
"""Lines beside a change in which a comment is about what changed."""
_CONFIGURATION = re.compile(r"(?i)\.(?:ini|cfg|conf|toml|ya?ml|env)$|(?:^|/)\.?env(?:\.[\w-]{1,40}){0,3}$")
_REMARK = re.compile(r"(?i)^[ \t]*[#;][^\n]*\bjwt\b")

_BEGIN = r"(?:(?<![\w@-])|(?<=__)|(?<=TF_VAR_))"
"""A name begins, or what follows the name of a group or Terraform's prefix."""
_OWN = re.compile(r"(?i)adobe|(?<![a-z])ims(?![a-z])|jwt|metascope|techn?(?:ical)?[_-]?acc")
"""Words that make a name so much this credential's that it is known in other spellings, too."""
_MADE = re.compile(r"\bopenssl\b[^\n]{0,400}?\s-(?:keyout|out)[ =]([\w./-]+)")
"""A key is made with openssl."""
_KEY = re.compile(r"[ \t]*[\"']?[\w.-]{1,80}[\"']?[ \t]*[:=]")
"""A line that sets something."""
_SECRET = re.compile(r"(?i)(?<![a-z])(?:(?:client)?[_-]?secret|password)(?![a-z])")
_TABLES = (".csv", ".tsv")
_INPUT = "INPUT_"
_PYTHON = re.compile(rb"#![^\n]{0,80}python")
"""A program, whatever it is called."""
_TAKES = re.compile(r"\{\{-?\s{0,4}([A-Za-z_.][\w.]{3,80})|\bvar\.(\w{4,80})")
"""A template of Jinja or Helm, or Terraform, takes a value that is set elsewhere."""
_SETS = re.compile(r"[ \t]*(?:-[ \t]+)?(?:variable[ \t]+)?[\"']?(\w{4,80})[\"']?[ \t]*[:={]")
_FILE = re.compile(r"[\w-][\w.-]*\.[A-Za-z0-9]{1,8}")
_WORDS = re.compile(r"\w+")
_BETWEEN = re.compile(r"[_-]+|(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class _Hit:
    path: str
    label: str
    """The path and the line, or the cell of a notebook and the line in it."""
    what: str
    names: frozenset[str]
    """The settings and files that the line names; none, if it speaks of the credential by itself."""
    line: str


class _Sign:
    """Words that speak of the credential."""

    def __init__(self, sign: MentionSign) -> None:
        self.says = sign.says
        self._pattern = re.compile(sign.pattern)
        self._near = re.compile(sign.near, re.IGNORECASE) if sign.near else None
        self._unless = re.compile(sign.unless, re.IGNORECASE) if sign.unless else None
        self._paragraph = sign.paragraph

    def holds(
        self, lines: Sequence[str], number: int, *, is_own: bool = False, is_alone: bool = False
    ) -> bool:
        """Say whether a line speaks of it, with what must stand close by; nothing in a flow's own file.

        Nor where a flow ``is_alone``: nothing else in the tree has to do with a JWT.
        """
        if not self._pattern.search(lines[number]):
            return False
        if is_own and self._paragraph:
            return True
        first, last = max(0, number - NEAR), min(len(lines), number + NEAR + 1)
        if self._paragraph:
            first = last = number
            while first and number - first < PARAGRAPH and lines[first - 1].strip():
                first -= 1
            while last < len(lines) and last - number < PARAGRAPH and lines[last].strip():
                last += 1
        if is_alone and self._paragraph:
            return self._unless is None or not any(map(self._unless.search, lines[first:last]))
        return self._near is None or any(self._near.search(line) for line in lines[first:last])


def mentions(
    tree: Tree,
    flows: Sequence[Flow],
    rules: Mentions,
    known: Collection[str],
    apart: Collection[str] = (),
    *,
    is_alone: bool = False,
) -> Iterator[list[str]]:
    """Give the to-dos of each flow: those of several that a line may speak of that lie nearest to it.

    What speaks of the credential as such is told once, with the first of these. Of flows that are rewritten
    it is said what is left, of the others what has to change with them. Files of settings that are ``known``
    have findings of their own; those that name a metascope that is dealt with ``apart`` belong to no flow.
    Where the flows are ``alone`` with their JWT, what people read need not name Adobe to mean it.
    """
    names = sorted({name for flow in flows for name in _names(flow)}, key=lambda name: (-len(name), name))
    own = {place.path for flow in flows for place in flow.trace}
    edited = {edit.path for flow in flows if flow.rewrite is not None for edit in flow.rewrite.edits}
    found, read = [], _still_read(flows)
    for kind, paths in zip(rules.kinds, _by_kind(tree, rules, own), strict=True):
        left = [path for path in paths if not kind.names or path not in edited | {*known}]
        there = _hits(tree, left, rules, names, own, kind.names, apart, is_alone=is_alone and kind.prose)
        hits = [hit for hit in there if hit.names or not read.intersection(_WORDS.findall(hit.line))]
        if kind.names and hits and all(flow.rewrite is not None for flow in flows):
            asked = set().union(*(_WORDS.findall(text) for text in _programs(tree, flows)))
            hits = [hit for hit in hits if hit.names or _key_of(tree, hit) not in asked]
            hits = [hit for hit in hits if not _is_told(flows, hit.path, _key_of(tree, hit))]
        found.append(hits if kind.prose or kind.names else [*hits, *_behind(tree, left, hits)])
    tellers = _Tellers(flows)
    for number, flow in enumerate(flows):
        todos = []
        for kind, hits in zip(rules.kinds, found, strict=True):
            told = [hit for hit in hits if number in tellers.of(hit)]
            if kind.names and flow.rewrite is None:
                told = [hit for hit in told if not hit.names]  # it is read, if in a way that was not followed
            if told:
                todos.append(f"{kind.says if flow.rewrite is not None else kind.beside}: {_listed(told)}.")
        yield todos


def _is_told(flows: Sequence[Flow], path: str, key: str) -> bool:
    """Say whether a flow says already that a key stays in a file, and why."""
    todos = [todo for flow in flows if flow.rewrite is not None for todo in flow.rewrite.todos]
    return any(f" in {path}, where no flow needs" in todo and key in _WORDS.findall(todo) for todo in todos)


def _programs(tree: Tree, flows: Sequence[Flow]) -> Iterator[str]:
    """The programs of flows, as they are in ``tree``."""
    for path in sorted({place.path for flow in flows for place in flow.trace}):
        try:
            yield tree.peek(path).decode("utf-8", "replace") if is_program(path) else ""
        except OSError:
            continue  # it went


def _key_of(tree: Tree, hit: _Hit) -> str:
    """The last word of the key that a line of settings sets, or goes on to set."""
    number = int(hit.label.rpartition(":")[2])
    lines = tree.peek(hit.path).decode("utf-8", "replace").splitlines()[:number]
    keys = (line for line in reversed(lines) if _KEY.match(line))
    return next(iter(_WORDS.findall(next(keys, "").partition("=")[0].partition(":")[0])[-1:]), "")


def remarks_left(texts: Mapping[str, str], flow: Flow) -> str:
    """Give a to-do for comments that speak of the JWT beside what a flow changes in configuration files.

    ``texts`` are these files as they were; nothing is given where no such comment is left.
    """
    found = []
    edits = flow.rewrite.edits if flow.rewrite is not None else ()
    for path in sorted({edit.path for edit in edits if _CONFIGURATION.search(edit.path)} & texts.keys()):
        text = texts[path]
        mine = [edit.span for edit in edits if edit.path == path]
        changed = {text.count("\n", 0, place) for span in mine for place in (span.start, span.end)}
        at = 0
        for number, line in enumerate(text.splitlines(keepends=True)):
            near = any(abs(number - other) <= BESIDE for other in changed)
            gone = any(span.start <= at < span.end for span in mine)
            if near and not gone and _REMARK.search(line):
                found.append(f"{path}:{number + 1}")
            at += len(line)
    return f"A comment still speaks of the JWT: {', '.join(found)}." if found else ""


class _Tellers:
    """Says with which flows a line is told: one tree may hold many programs, each with its own deployment."""

    def __init__(self, flows: Sequence[Flow]) -> None:
        self._names = [frozenset(_names(flow)) for flow in flows]
        self._left = {number for number, flow in enumerate(flows) if flow.rewrite is None}
        self._folders = [{tuple(p.path.split("/")[:-1]) for p in flow.trace} for flow in flows]
        self._known: dict[_Hit, frozenset[int]] = {}

    def of(self, hit: _Hit) -> frozenset[int]:
        """The numbers of the flows."""
        if hit not in self._known:
            able = [n for n, names in enumerate(self._names) if not hit.names or hit.names & names]
            depths = {number: self._depth(hit.path, number) for number in able}
            nearest = [number for number in able if depths[number] == max(depths.values())]
            # What is left alone reads it still.
            meant = [number for number in nearest if number in self._left] or nearest
            self._known[hit] = frozenset(meant if hit.names else meant[:1])
        return self._known[hit]

    def _depth(self, path: str, number: int) -> int:
        """How many folders a path shares with the places of a flow."""
        folder = path.split("/")[:-1]
        return max((shared(folder, other) for other in self._folders[number]), default=0)


def is_looked_through(path: str, rules: Mentions) -> bool:
    """Say whether a file is of a kind that is reported here alone: a notebook is a program as well."""
    kinds = (kind for kind in rules.kinds if not kind.names)  # a program may read what holds settings
    return not path.endswith(NOTEBOOK) and any(re.search(kind.files, path) for kind in kinds)


def settings_near(tree: Tree, rules: Mentions, own: Collection[str]) -> list[str]:
    """Give the files of settings that lie beside ``own`` modules."""
    kinds = [kind for kind in rules.kinds if kind.names]
    return [
        path
        for kind in kinds
        for path in _near((p for p in tree.others if re.search(kind.files, p)), kind.near_folders, own)
    ]


def _names(flow: Flow) -> Iterator[str]:
    """What only the flow needed, or needs: variables, keys of configuration, the names of key files.

    GitHub hands the input ``private_key`` of an action over as ``INPUT_PRIVATE_KEY``.
    """
    for name in flow.rewrite.unread if flow.rewrite is not None else flow.variables:
        yield name
        if name.startswith(_INPUT) and "_" in name.removeprefix(_INPUT):
            yield name.removeprefix(_INPUT).lower()
    if flow.rewrite is not None:
        yield from (name for path, name in flow.rewrite.resting if not path)
    yield from (key.rpartition("/")[2] for key in flow.keys)
    said = (path.replace("\\", "/").rpartition("/")[2] for path in flow.read_from)
    yield from (name for name in said if _FILE.fullmatch(name))


def _still_read(flows: Sequence[Flow]) -> set[str]:
    """The variables that gave rewritten flows their key and that something goes on to ask for."""
    rewritten = [flow for flow in flows if flow.rewrite is not None]
    unread = {
        name for flow in rewritten for name in (flow.rewrite.unread if flow.rewrite is not None else ())
    }
    return {name for flow in rewritten for name in flow.variables} - unread


def _by_kind(tree: Tree, rules: Mentions, own: Collection[str]) -> list[list[str]]:
    """The paths of each kind; one that several kinds mean is of the first. Flows know ``own`` modules."""
    patterns = [re.compile(kind.files) for kind in rules.kinds]
    found: list[list[str]] = [[] for _ in patterns]
    for path in tree.others:
        kind = next((number for number, pattern in enumerate(patterns) if pattern.search(path)), None)
        if kind is not None:
            found[kind].append(path)
    for number, row in enumerate(rules.kinds):
        found[number] += (path for path in _modules(tree, row) if path not in own)
        if row.near_folders:
            found[number] = _near(found[number], row.near_folders, own)
    return found


def _near(paths: Iterable[str], names: Collection[str], own: Collection[str]) -> list[str]:
    """Those that lie beside a path of the flows or above it, or there in a folder of one of ``names``."""
    around = {"/".join(parts[:n]) for parts in (path.split("/") for path in own) for n in range(len(parts))}
    folders = ((path.rpartition("/")[0], path) for path in paths if path not in own)
    return [
        path
        for folder, path in folders
        if folder in around or (folder.rpartition("/")[2] in names and folder.rpartition("/")[0] in around)
    ]


def _modules(tree: Tree, kind: MentionKind) -> list[str]:
    """The modules of a kind: by names of folders above them, or by their own."""
    folders, endings = frozenset(kind.module_folders), kind.module_endings
    if not folders and not endings:
        return []
    layout = tree.layout
    within = (path for parts, inside in layout.folders.items() if folders & {*parts} for path in inside)
    own = (path for path in tree.code_paths if f"/{path}".endswith(endings))
    return sorted({path for path in (*within, *own) if path.endswith(".py")})


_SETTINGS = re.compile(r"^\[tool\.jwt2oauth\b.*\n(?:(?!\[).*\n)*", re.MULTILINE)
"""Our own settings, which name metascopes and folders."""


def _hits(
    tree: Tree,
    paths: Sequence[str],
    rules: Mentions,
    names: Sequence[str],
    own: Collection[str],
    several: int = 0,
    apart: Collection[str] = (),
    *,
    is_alone: bool = False,
) -> Iterator[_Hit]:
    """The lines that speak of it; settings count where a secret and ``several`` of them are set."""
    if not paths:
        return
    named = re.compile(rf"{_BEGIN}(?:{'|'.join(map(_spelled, names))})(?![\w-])") if names else None
    signs = [_Sign(sign) for sign in rules.signs if not (several and sign.near)]
    for path in paths:
        try:
            data = tree.peek(path)
        except OSError:
            continue
        if len(data) > LIMIT or b"\0" in data or _PYTHON.match(data):
            continue
        text = _SETTINGS.sub(lambda table: "\n" * table[0].count("\n"), data.decode("utf-8", "replace"))
        if several and any(metascope in text for metascope in apart):
            continue
        counts = not several or (_SECRET.search(text) is not None and _count(path, text, named) >= several)
        for place, lines in _pages(path, text):
            for number, line in enumerate(lines):
                sets = counts and (not several or bool(_set_in(path, number, line)))
                held = frozenset(named.findall(line)) if named is not None and sets else frozenset()
                said = (
                    sign.says
                    for sign in signs
                    if sign.holds(lines, number, is_own=path in own, is_alone=is_alone)
                )
                other = _MADE.search(line)
                if other is not None and other[1].rpartition("/")[2] not in names and _is_made(lines, names):
                    continue  # another key than the flow's, which is made elsewhere in the file
                if held:
                    meant = frozenset(n for n in names if _bare(n) in {_bare(each) for each in held})
                    yield _Hit(path, f"{place}:{number + 1}", ", ".join(sorted(held)), meant, line)
                elif what := next(said, ""):
                    yield _Hit(path, f"{place}:{number + 1}", what, frozenset(), line)


def _behind(tree: Tree, paths: Sequence[str], hits: Sequence[_Hit]) -> Iterator[_Hit]:
    """``tech_id: …``, which only ``TECH_ID={{ tech_id }}`` takes, a line that is told."""
    told = {hit.label: hit for hit in hits}
    taken = {_last(match): hit for hit in hits if hit.names for match in _TAKES.finditer(hit.line)}
    if not taken:
        return
    lines = [
        (path, number, line)
        for path in paths
        for number, line in enumerate(tree.peek(path)[:LIMIT].decode("utf-8", "replace").splitlines(), 1)
        if any(name in line for name in taken)
    ]
    others = {
        _last(m) for path, at, line in lines if f"{path}:{at}" not in told for m in _TAKES.finditer(line)
    }
    for path, number, line in lines:
        match = _SETS.match(line)
        name = match[1] if match is not None else ""
        if name in taken and name not in others and f"{path}:{number}" not in told:
            yield _Hit(path, f"{path}:{number}", name, taken[name].names, line)


def _last(match: re.Match[str]) -> str:
    return str(match[match.lastindex or 0]).rpartition(".")[2]


def _set_in(path: str, number: int, line: str) -> str:
    """The part of a line that names what it sets: a key, columns at the head of a table, elements of XML."""
    if path.endswith(_TABLES):
        return line if not number else ""
    if path.endswith(".xml"):
        return line if line.lstrip().startswith("<") else ""
    return line.partition("=" if "=" in line else ":")[0] if _KEY.match(line) else ""


def _count(path: str, text: str, named: re.Pattern[str] | None) -> int:
    """How many settings of the flow a file sets."""
    keys = (_set_in(path, number, line) for number, line in enumerate(text.splitlines()))
    return len({_bare(name) for key in keys for name in (named.findall(key) if named is not None else ())})


def _is_made(lines: Sequence[str], names: Sequence[str]) -> bool:
    """Is a key of the flow made here?"""
    made = {match[1].rpartition("/")[2] for line in lines if (match := _MADE.search(line)) is not None}
    return not made.isdisjoint(names)


def _pages(path: str, text: str) -> Iterator[tuple[str, list[str]]]:
    """The lines of a file; of a notebook those of its cells of text, cell by cell."""
    if not path.endswith(NOTEBOOK):
        yield path, text.splitlines()
        return
    try:
        cells = json.loads(text)["cells"]
        for number, cell in enumerate(cells, 1):
            if cell["cell_type"] == "markdown":
                yield f"{path}:cell {number}", "".join(cell["source"]).splitlines()
    except (ValueError, LookupError, TypeError, RecursionError):
        return  # the engine says what is wrong with it


def _spelled(name: str) -> str:
    """A pattern for a name: ``TECH_ACCOUNT`` may be ``techAccount`` or ``adobe_tech_account`` elsewhere."""
    if _OWN.search(name) is None:
        return re.escape(name).replace("_", "[_-]") if name.islower() else re.escape(name)
    return f"(?i:(?:adobe[_-]?)?{'[_-]{0,2}'.join(map(re.escape, _BETWEEN.split(name)))})"


def _bare(name: str) -> str:
    """A name without what its spellings differ in."""
    return _BETWEEN.sub("", name).lower().removeprefix("adobe")


def _listed(hits: Sequence[_Hit]) -> str:
    shown = [f"{hit.label} ({hit.what})" for hit in hits[:SHOWN]]
    more = len(hits) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")

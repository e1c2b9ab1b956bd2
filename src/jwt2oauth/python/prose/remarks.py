"""Comments and docstrings that a change makes untrue: short ones go, of the others a person is told."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from ...model import Span
from ..facts import syntax as s
from ..facts.modules import Module
from ..facts.values import Site
from ..rendering import edits_of, has_own_meaning, silences
from ..roles.trace import label_of, place_of
from ..writing.changes import Changes
from .outdated import says_something

_MILLISECONDS = re.compile(r"\bms\b|milli|miliss?eg|\b1000\b", re.IGNORECASE)
_TO_SECONDS = re.compile(
    r"\bconver\w*\b.{0,60}\bsec(?:ond)?s?\b|^#+\s*(?:turned |made )?(?:in)?to (?:\w+ )?sec(?:ond)?s\b",
    re.IGNORECASE,
)
"""``# convert to seconds``, of what are seconds from the beginning now."""
_UNIT = re.compile(r"milliseconds", re.IGNORECASE)
_UNIT_ALONE = re.compile(r"#+ ?(?:in |given in )?(milliseconds|millis|ms)[.!]*")
"""``expires_in: int  # milliseconds``"""
_UNIT_OF = re.compile(r"\b(?:(M|m)illiseconds|millis|ms)\b")
"""``# expires_in is in ms``"""
_EXCHANGED = re.compile(r"/exchange/(?:v1/)?jwt|\bjwt_token\b")
"""What only the flow as it was would say, in code that is commented out."""
_JWT = re.compile(r"(?<![^\W_])jwts?(?![^\W_])|json web token|\bassertion\b|service account", re.IGNORECASE)
_JWT_NAME = re.compile(r"(?<![^\W_])JWT(?=[A-Z][a-z])")
_KEY = re.compile(r"private[ _-]key|\bmetascopes?\b|technical[ _-]account", re.IGNORECASE)
_SIGNS = re.compile(
    rf"{_JWT.pattern}|\bsign(?:s|ed|ing)?\b(?![ -]?(?:in|on|up|off|out)\b)|private[ _-]key", re.IGNORECASE
)
_TELLS = frozenset({"print", "echo", "log", "debug", "info", "warning", "error", "critical"})
_SAYS_KEY = re.compile(r"\b(?:key|pem)\b", re.IGNORECASE)
_PRIVATE = re.compile(r"private[ _-]key", re.IGNORECASE)
_REASONS = re.compile(
    r"\b(?:because|since|unless|otherwise|never|always|must|only|beware|careful|warning|note|see|https?)\b|!",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"(;\s+|\.\s+)")
_CONVERTS = re.compile(r"convert|divi[ds]|turn|seconds|\bso\b|hence|therefore", re.IGNORECASE)
"""Words of a clause that only means something after the one before it."""
WORDS = 12
"""A comment of more is more than a name for what a line does; the ``#`` is one."""


class Remarks:
    """Looks at what stands beside changed statements; one for each plan."""

    def __init__(self, changes: Changes) -> None:
        self.changes = changes
        self._left: dict[re.Pattern[str], dict[str, None]] = {
            pattern: {} for pattern in (_MILLISECONDS, _TO_SECONDS, _JWT, _KEY)
        }
        self._names: dict[str, str] = {}
        self._logged: dict[str, None] = {}

    def milliseconds(self, sites: Iterable[Site]) -> None:
        """Where a number is in seconds from now on."""
        for site in sites:
            self._beside(site, _MILLISECONDS, _TO_SECONDS)

    def lifetime(self, name: str, modules: Collection[Module]) -> None:
        """Where the lifetime, called ``name``, is said to be in milliseconds elsewhere."""
        word = re.compile(rf"\b{re.escape(name)}\b")
        fields = [(module, line) for module in modules for line in _declared(module, name)]
        for module in modules:
            if name not in module.text:
                continue
            own = module in set(
                self.changes.touched
            )  # another module's own docstring is about its own matters
            nodes = (node for node in s.walk(module.source) if own or node is not module.source)
            for text in filter(None, map(s.docstring, nodes)):
                speaks = word.search(str(text.value)) and _MILLISECONDS.search(str(text.value))
                if speaks and not self._is_gone(module, text.span):
                    self._left[_MILLISECONDS][label_of(module, text)] = None
            for text in _described(module, name):
                if _MILLISECONDS.search(str(text.value)) and not self._is_gone(module, text.span):
                    self._in_seconds(module, text)
            for comment in module.source.comments:
                start = module.line_start(comment.span.start)
                line = module.text[start : comment.span.end]
                speaks = word.search(line) and _MILLISECONDS.search(comment.text)
                if not speaks or self._is_gone(module, comment.span):
                    continue
                unit = _UNIT_ALONE.fullmatch(comment.text)
                if unit is not None and fields == [(module, start)]:  # of several, whose is it?
                    span = Span(comment.span.start + unit.start(1), comment.span.start + unit.end(1))
                    self.changes.patch(
                        module, module.source.body, span, "s" if unit[1] == "ms" else "seconds"
                    )
                elif not (own and word.search(comment.text) and self._says_seconds(module, comment)):
                    self._left[_MILLISECONDS][place_of(module, comment.span).label] = None

    def _says_seconds(self, module: Module, comment: s.Comment) -> bool:
        """Let ``# expires_in is in ms`` say seconds, in a function that changes; say whether it does."""
        said, units = comment.text, list(_UNIT_OF.finditer(comment.text))
        if len(units) != 1 or len(said.split()) > WORDS or _CONVERTS.search(said) or re.search(r"\d", said):
            return False
        start, end = comment.span.start, comment.span.end
        changed = (*self.changes.removed, *self.changes.replaced, *self.changes.patched)
        around = (module.function(node) for node in changed if node in module.parents)
        if not any(f is not None and f.span.start <= start < f.span.end for f in around):
            return False
        patched = self.changes.patched.get(module.source.body, ())
        if any(cut.start < end and start < cut.end for cut, _ in patched):
            return True
        span = Span(start + units[0].start(), start + units[0].end())
        self.changes.patch(module, module.source.body, span, "Seconds" if units[0][1] == "M" else "seconds")
        self._left[_MILLISECONDS].pop(place_of(module, comment.span).label, None)
        return True

    def passed(self, sites: Iterable[Site]) -> None:
        """Where docstrings around say milliseconds of what the lifetime is called on its way."""
        for site in sites:
            name = s.last_name(site.node) if isinstance(site.node, s.Expr) else ""
            word = re.compile(rf"\b{re.escape(name)}\b")
            for text in filter(None, map(s.docstring, site.module.ancestors(site.node))) if name else ():
                lines = str(text.value).splitlines()
                speaks = any(word.search(line) and _MILLISECONDS.search(line) for line in lines)
                if speaks and not self._is_gone(site.module, text.span):
                    self._left[_MILLISECONDS][label_of(site.module, text)] = None

    def around(self, modules: Iterable[Module]) -> None:
        """Where docstrings of what was changed still speak of the JWT, or of its key."""
        for module in modules:
            changed = (*self.changes.removed, *self.changes.replaced, *self.changes.patched)
            owners = {a: None for node in changed if node in module.parents for a in module.ancestors(node)}
            owners.update(dict.fromkeys(_raised(module, [o for o in owners if isinstance(o, s.FuncDef)])))
            for owner in (*owners, module.source):
                text = s.docstring(owner)
                said = str(text.value) if text is not None else ""
                of_key = _KEY.search(said) is None and self._lost_key(module, owner, said)
                if text is None or not (of_key or _JWT.search(said) or _KEY.search(said)):
                    continue
                left = (stmt for stmt in module.source.body.body if stmt not in self.changes.removed)
                if not self.changes.is_dead(module, text) and any(map(says_something, left)):
                    self._left[_KEY if of_key else _JWT][label_of(module, text)] = None
            self._spoken(module, [o.span for o in owners if isinstance(o, s.FuncDef)])
            self._told(module, owners)
            for stmt in (each for each in module.source.body.body if each in owners):
                block = self._above(module, stmt)
                if self._staying(module, [c for c in block if _JWT.search(c.text)]):
                    self._left[_JWT][place_of(module, block[0].span).label] = None

    def _lost_key(self, module: Module, owner: s.Node, said: str) -> bool:
        """``Load the key and open the session.`` of a function that loads none any more."""
        if not isinstance(owner, s.FuncDef) or _SAYS_KEY.search(said) is None or _JWT.search(said):
            return False
        lost = (node for node in self.changes.removed if node in module.parents)
        return any(
            _SAYS_KEY.search(module.snippet(node).replace("_", " "))
            for node in lost
            if isinstance(node, s.Stmt) and module.function(node) is owner
        )

    def _told(self, module: Module, owners: Iterable[s.Node]) -> None:
        """``logger.info("signed")`` in a function that signs no more."""
        for call in (
            n for o in owners if isinstance(o, s.FuncDef) for n in s.walk(o) if isinstance(n, s.Call)
        ):
            said = [n for a in call.args[:1] for n in s.walk(a.value) if isinstance(n, s.Str)]
            speaks = any(_SIGNS.search(str(text.value)) for text in said)
            if speaks and s.last_name(call.func) in _TELLS and not self.changes.is_dead(module, call):
                self._logged[label_of(module, call)] = None

    def _spoken(self, module: Module, spans: Sequence[Span]) -> None:
        """Comments that speak of the JWT and are left in functions that were changed, or of the exchange."""

        def is_left(comment: s.Comment) -> bool:
            inside = any(span.start <= comment.span.start < span.end for span in spans)
            return (_JWT if inside else _EXCHANGED).search(comment.text) is not None

        for comment in self._staying(module, list(filter(is_left, module.source.comments))):
            self._left[_JWT][place_of(module, comment.span).label] = None

    def _staying(self, module: Module, comments: Sequence[s.Comment]) -> list[s.Comment]:
        """Leave out those that go with what they stand at."""
        edits = [e for e in edits_of(self.changes) if e.path == module.path] if comments else []
        return [
            comment
            for comment in comments
            if all(comment.text in edit.text for edit in edits if edit.span.holds(comment.span))
        ]

    def assertion(self, sites: Iterable[Site]) -> None:
        """Where a token is asked for without an assertion from now on."""
        for site in sites:
            self._beside(site, _JWT)

    def named(self, sites: Iterable[Site]) -> None:
        """Where a name, or that of a function, says milliseconds and holds or gets seconds from now on."""
        for site in sites:
            node, where = site.node, label_of(site.module, site.node)
            if isinstance(node, s.FuncDef):
                self._names.setdefault(node.name, f"gets seconds now: {where}")
            elif isinstance(node, s.Name):
                self._names.setdefault(node.id, f"holds seconds now: {where}")
            elif isinstance(node, s.Attribute):
                self._names.setdefault(node.attr, f"holds seconds now: {where}")

    def notes(self, said: Collection[str] = ()) -> Iterator[str]:
        """What is untrue now and stands in too many words to be taken away.

        Of messages at places where another note has ``said`` so it says nothing.
        """
        for name, what in self._names.items():
            yield f"The name {name} speaks of milliseconds and {what}."
        logged = [label for label in self._logged if label not in said]
        if logged:
            yield f"What is logged or printed still speaks of the assertion: {', '.join(logged)}."
        units = ("milliseconds", "a conversion to seconds", "the JWT", "the key")
        for pattern, what in zip(self._left, units, strict=True):
            if self._left[pattern]:
                places = ", ".join(sorted(self._left[pattern], key=_place))
                yield f"A comment or docstring still speaks of {what}: {places}."

    def told(self) -> set[str]:
        """The places of which notes tell."""
        return {label for labels in self._left.values() for label in labels}

    def _in_seconds(self, module: Module, text: s.Str) -> None:
        """``Milliseconds.`` below the field becomes ``Seconds.``; of longer texts a person is told."""
        said = module.snippet(text)
        names = list(_UNIT.finditer(said))
        if len(names) == 1 and len(said.split()) <= WORDS and len(_MILLISECONDS.findall(said)) == 1:
            start = text.span.start + names[0].start()
            unit = "Seconds" if names[0][0][0].isupper() else "seconds"
            self.changes.patch(module, text, Span(start, start + len(names[0][0])), unit)
        else:
            self._left[_MILLISECONDS][label_of(module, text)] = None

    def _beside(self, site: Site, *patterns: re.Pattern[str]) -> None:
        module = site.module
        stmt = module.statement(site.node)
        if not module.source.comments and not module.each(s.Str):
            return
        if stmt in self.changes.removed or self.changes.is_dead(module, module.parents[stmt]):
            return
        for block in (self._above(module, stmt), self._behind(module, site.node, stmt)):
            spoken = (p for p in patterns if any(p.search(comment.text) for comment in block))
            pattern = next(spoken, None)
            if pattern is None:
                continue
            if len(block) == 1 and _only_names_it(block[0].text):
                rest = _without(block[0].text, pattern)
                if rest:
                    self.changes.patch(module, module.source.body, block[0].span, rest)
                else:
                    self._remove(module, block[0])
            else:
                self._left[pattern][place_of(module, block[0].span).label] = None
        for node in (*module.ancestors(stmt), module.source):
            text = s.docstring(node)
            if text is not None and patterns[0].search(str(text.value)):
                self._left[patterns[0]][label_of(module, text)] = None

    def _is_gone(self, module: Module, span: Span) -> bool:
        """Is a text gone, or what it said of milliseconds?"""
        gone = [node.span for node in self.changes.removed if node in module.parents]
        patched = self.changes.patched.get(module.source.body, ())
        gone += [cut for cut, text in patched if not _MILLISECONDS.search(text)]
        return any(cut.holds(span) for cut in gone)

    def _above(self, module: Module, stmt: s.Stmt) -> list[s.Comment]:
        """The lines of comment right above a statement."""
        lines = {module.position(c.span.start)[0]: c for c in module.source.comments}
        found: list[s.Comment] = []
        line = module.line(stmt) - 1
        while line in lines and self._is_alone(module, lines[line]):
            found.insert(0, lines[line])
            line -= 1
        return found

    def _behind(self, module: Module, node: s.Node, stmt: s.Stmt) -> list[s.Comment]:
        """The comment at the end of the line where ``node`` or its statement ends."""
        body = next((child for child in s.children(stmt) if isinstance(child, s.Block)), None)
        ends = {module.position(node.span.end)[0]}
        ends |= {module.position(stmt.span.end)[0]} if body is None else set()
        for comment in module.source.comments:
            if module.position(comment.span.start)[0] in ends and not self._is_alone(module, comment):
                return [comment]
        return []

    def _is_alone(self, module: Module, comment: s.Comment) -> bool:
        start = module.line_start(comment.span.start)
        return not module.text[start : comment.span.start].strip()

    def _remove(self, module: Module, comment: s.Comment) -> None:
        start, end = comment.span.start, comment.span.end
        if self._is_alone(module, comment):
            start, end = module.line_start(start), end + len(module.source.newline)
        else:
            while module.text[start - 1] in " \t":
                start -= 1
        self.changes.patch(module, module.source.body, Span(start, end), "")


def _raised(module: Module, functions: Iterable[s.FuncDef]) -> Iterator[s.Node]:
    """The classes of a module that its ``functions`` raise."""
    values = (n.value for each in functions for n in s.walk(each) if isinstance(n, s.Raise))
    names = {s.last_name(v.func if isinstance(v, s.Call) else v) for v in values if v is not None}
    for cls in module.each(s.ClassDef):
        if cls.name in names:
            yield cls


def remove_silencer(module: Module, stmt: s.Stmt, changes: Changes) -> None:
    """Take away the ``# noqa: S113`` behind a request, in place of which something else will stand."""
    end = stmt.span.end
    for comment in module.source.comments:
        if comment.span.start >= end and not module.text[end : comment.span.start].strip(" \t"):
            if silences(comment.text):
                changes.patch(module, module.source.body, Span(end, comment.span.end), "")
            return


def speaks_of_jwt(node: s.Str) -> bool:
    """Does a text speak of the JWT, or of something that is called by it: ``"auth type: JWTAuth"``?"""
    return isinstance(node.value, str) and bool(_JWT.search(node.value) or _JWT_NAME.search(node.value))


def speaks_of_key(node: s.Str) -> bool:
    """Does a text speak of the private key?"""
    return isinstance(node.value, str) and _PRIVATE.search(node.value) is not None


def names_jwt_or_key(node: s.Node) -> bool:
    """Does a text below ``node`` speak of the JWT or its key, and of no access token?"""
    texts = [str(inner.value) for inner in s.walk(node) if isinstance(inner, s.Str)]
    named = any(_JWT.search(text) or _KEY.search(text) for text in texts)
    return named and not any(re.search(r"access.?token|exchang", text, re.IGNORECASE) for text in texts)


def _only_names_it(comment: str) -> bool:
    """Does a comment say in a few words what the line does, and nothing of why or of when?"""
    said = comment.rstrip("!. ")  # who shouts gives no reason yet
    return not has_own_meaning(comment) and len(said.split()) <= WORDS and _REASONS.search(said) is None


def _without(comment: str, pattern: re.Pattern[str]) -> str:
    """``# in milliseconds; keep a minute in reserve`` without the first half; empty if nothing is left."""
    mark, text = comment[: len(comment) - len(comment.lstrip("# "))], comment.lstrip("# ")
    clauses = _CLAUSE.split(text)
    kept = [c for c in clauses[::2] if not pattern.search(c) and not _CONVERTS.search(c)]
    if not kept:
        return ""
    first = kept[0][0].upper() + kept[0][1:] if text[0].isupper() else kept[0]
    return mark + "".join([first, *(f"{clauses[1]}{clause}" for clause in kept[1:])])


def _place(label: str) -> tuple[str, int]:
    path, _, line = label.rpartition(":")
    return path, int(line)


def _declared(module: Module, name: str) -> Iterator[int]:
    """Where the lines begin on which a class declares a field ``name``."""
    for owner in module.each(s.ClassDef):
        for node in owner.body.body:
            target = node.targets[0] if isinstance(node, s.Assign) else None
            if isinstance(target, s.Name) and target.id == name:
                yield module.line_start(node.span.start)


def _described(module: Module, name: str) -> Iterator[s.Str]:
    """The texts right below fields of this name, by which a class describes them."""
    for owner in module.each(s.ClassDef):
        for field, below in itertools.pairwise(owner.body.body):
            target = field.targets[0] if isinstance(field, s.Assign) else None
            text = below.value if isinstance(below, s.ExprStmt) else None
            if isinstance(target, s.Name) and target.id == name and isinstance(text, s.Str):
                yield text

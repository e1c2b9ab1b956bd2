"""What a plan takes away, replaces and adds, as text edits that leave no scars.

A plan speaks of records (remove this statement, replace this expression by that template); this
module knows about lines, commas, comments and blank lines.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ..model import Edit, Span
from ..walk import CODE
from . import syntax as s
from .index import Module

Template = tuple["str | s.Node", ...]
"""Text with records of the same module in it, whose own changes are made on the way."""

_KEEP = re.compile(
    r"\b(?:TODO|FIXME|XXX|HACK|SPDX|licen[cs]ed?|copyright)\b|(?:^#\s*(?:type:|mypy:|pylint:|ruff:|flake8:|fmt:))",
    re.I,
)
_OURS = re.compile(
    r"jwt|json web token|assertion|private.?key|priv_key|\bsign|\bclaim|payload|metascope"
    r"|\bpem\b|\brsa\b|rs256|\bexp\b|expir",
    re.I,
)
_ELSE = re.compile(r"^[ \t]*(?P<word>else)[ \t]*:", re.MULTILINE)
_WORTH_A_WORD = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|SPDX|licen[cs]ed?|copyright)\b", re.I)
_CODING = re.compile(r"#.*?coding[:=]")
_OPENS = re.compile(r"#\s*(fmt|isort|yapf|ruff|pylint):\s*(?:off|disable\b.*)")
_CLOSES = re.compile(r"#\s*(fmt|isort|yapf|ruff|pylint):\s*(?:on|enable\b.*)")
_STAR = re.compile(r"\*\s*,\s*\Z")
_SLASH = re.compile(r"\s*,\s*/")
_NAMES = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")


def is_about_the_flow(comment: str) -> bool:
    """Does a comment speak of signing, claims, keys or the assertion?"""
    return _OURS.search(comment) is not None


def has_own_meaning(comment: str) -> bool:
    """Must a comment stay whatever becomes of the code beside it: a licence, a to-do, a directive?"""
    return bool(_KEEP.search(comment)) or comment.startswith("#!") or _CODING.match(comment) is not None


class Changes:
    """The state of one plan, over all modules that it touches."""

    def __init__(self) -> None:
        self.modules: dict[str, Module] = {}
        """Those with changes, by path."""
        self.removed: set[s.Node] = set()
        self.replaced: dict[s.Node, Template] = {}
        self.patched: dict[s.Node, list[tuple[Span, str]]] = defaultdict(list)
        self.inserted: dict[s.Stmt, list[Template]] = defaultdict(list)
        self.unwrapped: dict[s.Stmt, tuple[s.Block, ...]] = {}
        self.adopted: dict[s.Node, tuple[Module, s.Node]] = {}
        """Records that live on in a template elsewhere → where."""
        self.defined: dict[tuple[s.Node, str], tuple[Piece, str | None]] = {}
        """Settings for scopes that were put below a statement: the text, and the scopes in it."""
        self.documented: list[tuple[Module, s.Item, str, str]] = []
        """What configuration files gain: the file, the item beside it, its name and its content."""
        self.lost_comments: list[tuple[Module, s.Comment]] = []
        self.bridged: set[s.Stmt] = set()
        """Removed conversions (``x = x / 1000``): what reads their target reads what went in."""
        self.kept: set[s.Node] = set()
        """Definitions that new text uses: they live."""
        self.mentioned: dict[Module, set[str]] = defaultdict(set)
        """Names that new text uses: what they stand for must live."""
        self.imports: dict[tuple[Module, str], tuple[str, str]] = {}
        """Wanted imports: (module, statement) → (what it imports, beside which import)."""
        self.names: dict[tuple[Module, s.ImportFrom], list[str]] = {}
        """Names that an import of the project's own must bring as well."""
        self._untouched: set[s.Node] = set()
        """Records that stand where they stood, with all around them, of those that somebody asked for."""

    # -- what a plan says ---------------------------------------------------------------------

    def remove(self, module: Module, node: s.Node) -> None:
        """Take ``node`` (a statement, argument, item, parameter, alias, handler) away."""
        self._move(node)
        self.modules[module.path] = module
        self.removed.add(node)

    def restore(self, node: s.Stmt) -> None:
        """Let a statement stand that was taken away."""
        self.removed.discard(node)

    def replace(self, module: Module, node: s.Node, *template: str | s.Node) -> None:
        """Put ``template`` where ``node`` stands."""
        self._move(node)
        self.modules[module.path] = module
        self.replaced[node] = template
        for part in template:
            if isinstance(part, str):
                self._mention(module, part)
        self._adopt(module, node, template)

    def reduce(self, module: Module, node: s.Expr, inner: s.Expr) -> None:
        """Leave only ``inner`` of ``node``, without parentheses that it does not need."""
        parent = module.parents[node]
        simple = isinstance(inner, s.Name | s.Attribute | s.Subscript | s.Call | s.Const | s.Str | s.FString)
        room = isinstance(parent, s.Binary | s.Assign | s.Arg | s.Return | s.Compare | s.If | s.Hole)
        if node.outer != node.span and simple and room:
            self.patch(module, parent, Span(node.outer.start, node.span.start), "")
            self.patch(module, parent, Span(node.span.end, node.outer.end), "")
        if isinstance(parent, s.Assign | s.Arg | s.Return | s.Hole | s.Item | s.Sequence):
            self.bare(module, inner)
        self.replace(module, node, inner)

    def call(self, module: Module, node: s.Expr, function: str, inner: s.Expr) -> None:
        """Put ``function(inner)`` where ``node`` stands; a call needs no parentheses around it."""
        parent = module.parents[node]
        if node.outer != node.span and "\n" not in module.text[node.outer.start : node.outer.end]:
            self.patch(module, parent, Span(node.outer.start, node.span.start), "")
            self.patch(module, parent, Span(node.span.end, node.outer.end), "")
        self.bare(module, inner)
        self.replace(module, node, f"{function}(", inner, ")")

    def bare(self, module: Module, node: s.Expr) -> None:
        """Take the parentheses away that ``node`` needed where it stood, if they hold no lines together."""
        if not isinstance(node, s.Binary) or "\n" in module.text[node.outer.start : node.outer.end]:
            return
        self.patch(module, node, Span(node.outer.start, node.span.start), "")
        self.patch(module, node, Span(node.span.end, node.outer.end), "")

    def patch(self, module: Module, node: s.Node, span: Span, text: str) -> None:
        """Replace a few characters inside ``node``."""
        self.modules[module.path] = module
        self._mention(module, text)
        if (span, text) not in self.patched[node]:
            self.patched[node].append((span, text))

    def insert(self, module: Module, before: s.Stmt, *template: str | s.Node) -> None:
        """Put a statement of its own before another; lines are indented like that one."""
        self.modules[module.path] = module
        self.inserted[before].append(template)
        for part in template:
            if isinstance(part, str):
                self._mention(module, part)
        self._adopt(module, before, template)

    def keep(self, module: Module, node: s.Node, host: s.Node) -> None:
        """``node`` is written anew as text at ``host``: what it uses lives on."""
        self._move(node)
        self.adopted[node] = (module, host)

    def _mention(self, module: Module, text: str) -> None:
        self.mentioned[module].update(_NAMES.findall(_QUOTED.sub("", text)))

    def _adopt(self, module: Module, host: s.Node, template: Template) -> None:
        for part in template:
            if not isinstance(part, str):
                self.keep(module, part, host)

    def add_import(self, module: Module, statement: str, path: str, beside: str) -> None:
        """Want an import at the top of ``module``; its place is found when all else is decided."""
        self.modules[module.path] = module
        self.imports.setdefault((module, statement), (path, beside))

    def unwrap(self, module: Module, node: s.Stmt, *bodies: s.Block) -> None:
        """Leave only ``bodies`` of a compound statement, dedented."""
        self._move(node)
        self.modules[module.path] = module
        self.unwrapped[node] = bodies

    def _move(self, node: s.Node) -> None:
        if node in self._untouched:  # what is around one of these is one itself: nothing below any other is
            self._untouched.clear()

    # -- what is left -------------------------------------------------------------------------

    def is_dead(self, module: Module, node: s.Node) -> bool:
        """Does ``node`` no longer stand in the text?"""
        return module.path in self.modules and self._is_dead(module, node, set())

    def _is_dead(self, module: Module, node: s.Node, path: set[s.Node]) -> bool:
        """The same, for a node that was reached through those in ``path``."""
        here: s.Node | None = node
        seen: list[s.Node] = []
        moved = False
        while here is not None and here not in self._untouched:
            if here in self.removed:
                return True
            template = self.replaced.get(here)
            if template is not None:
                if not any(not isinstance(t, str) and t in path for t in template):
                    return True
                moved = True
            host = self.adopted.get(here)
            if host is not None:
                return host[1] in self.removed or self._is_dead(host[0], host[0].parents[host[1]], {host[1]})
            parent = module.parents.get(here)
            path.add(here)
            seen.append(here)
            bodies = self.unwrapped.get(parent) if isinstance(parent, s.Stmt) else None
            if bodies is not None:
                if path.isdisjoint(bodies):
                    return True
                moved = True
            here = parent
        if not moved:
            self._untouched.update(seen)
        return False

    @property
    def touched(self) -> list[Module]:
        """The modules with changes, by path."""
        return [module for _, module in sorted(self.modules.items())]

    def stirred(self, module: Module) -> set[s.Node]:
        """The records of a module that anything is done to, and those around them."""
        if not module.path.endswith(CODE):  # an anchor of YAML stands in several places: all are looked at
            return set(s.walk(module.source))
        found: set[s.Node] = set()
        for node in (*self.removed, *self.replaced, *self.patched, *self.inserted, *self.unwrapped):
            here: s.Node | None = node
            while here is not None and here not in found:
                found.add(here)
                here = module.parents.get(here)
        return found

    def edits(self) -> list[Edit]:
        """All changes as edits in positions of the present text."""
        found: list[Edit] = []
        for module in self.touched:
            spans = _Renderer(self, module).module_edits()
            if not module.path.endswith(CODE):  # an anchor of YAML stands in for several nodes
                spans = list(dict.fromkeys(spans))
            newline = module.source.newline
            for span, text in spans:
                plain = text.replace("\r\n", "\n")
                found.append(
                    Edit(module.path, span, plain if newline == "\n" else plain.replace("\n", newline))
                )
        return found


class Together(Changes):
    """What several plans take away, as if all were carried out; it makes no edits of its own."""

    def __init__(self, parts: Sequence[Changes]) -> None:
        super().__init__()
        self.parts = parts

    def is_dead(self, module: Module, node: s.Node) -> bool:
        """Does ``node`` no longer stand in the text when all are carried out?"""
        return any(part.is_dead(module, node) for part in self.parts)

    @property
    def touched(self) -> list[Module]:
        """The modules that any of them changes, by path."""
        found = {module.path: module for part in self.parts for module in part.touched}
        return [module for _, module in sorted(found.items())]


Piece = tuple[Span, str]


class _Renderer:
    """Turns the changes of one module into spans and texts."""

    def __init__(self, changes: Changes, module: Module) -> None:
        self.changes = changes
        self.module = module
        self.text = module.text
        self.newline = module.source.newline
        self.comments = {c.span.start: c for c in module.source.comments}
        self.stirred = changes.stirred(module)

    def module_edits(self) -> list[Piece]:
        body = self.module.source.body
        pieces = sorted(
            [*self.block(body, top=True), *self.changes.patched.get(body, ())],
            key=lambda p: (p[0].start, p[0].end),
        )
        return _merged(pieces)

    # -- lines --------------------------------------------------------------------------------

    def line_start(self, at: int) -> int:
        return self.module.line_start(at)

    def line_end(self, at: int) -> int:
        """Just behind the line break of the line that holds ``at``."""
        for index in range(at, len(self.text)):
            if self.text[index] == "\n":
                return index + 1
            if self.text[index] == "\r" and self.text[index + 1 : index + 2] != "\n":
                return index + 1
        return len(self.text)

    def indent_at(self, at: int) -> str:
        start = self.line_start(at)
        line = self.text[start:at]
        return line[: len(line) - len(line.lstrip())]

    def line_of(self, start: int) -> str:
        return self.text[start : self.line_end(start)]

    # -- blocks -------------------------------------------------------------------------------

    def block(self, block: s.Block, *, top: bool = False) -> Iterator[Piece]:
        body = block.body
        gone = [stmt in self.changes.removed for stmt in body]
        if all(gone) and not top:
            yield from self.hollow(block)
            return
        index = 0
        while index < len(body):
            if not gone[index]:
                yield from self.statement(body[index])
                index += 1
                continue
            last = index
            while last + 1 < len(body) and gone[last + 1]:
                last += 1
            yield from self.removal(block, index, last, top=top)
            index = last + 1

    def hollow(self, block: s.Block) -> Iterator[Piece]:
        """Every statement of a block that must stay is gone."""
        first, last = block.body[0], block.body[-1]
        start = _head(first)
        if not block.inline:
            start = next(iter(self.above(first)), start)
            start = max(self.line_start(start), start) if start != _head(first) else start
        self.note_lost(start, last.span.end)
        yield Span(start, last.span.end), "pass"

    def removal(self, block: s.Block, first: int, last: int, *, top: bool) -> Iterator[Piece]:
        body = block.body
        begin, end = _head(body[first]), body[last].span.end
        before = body[first - 1] if first else None
        after = body[last + 1] if last + 1 < len(body) else None
        line = self.line_start(begin)
        shares_before = before is not None and line <= before.span.end - 1
        shares_after = after is not None and _head(after) < self.line_end(end)
        if block.inline or shares_before or shares_after:
            yield from self.inline_removal(begin, end, before if shares_before else None, after)
            return
        stop = self.below(body[last], self.line_end(end))
        for index in range(first, last):
            # Comments between removed statements that must survive split the removal.
            gap_start, gap_end = self.line_end(body[index].span.end), self.line_start(_head(body[index + 1]))
            heading = any(gap_start <= at < gap_end for at in self.comments) and self.heads_a_group(
                body, index + 1, last
            )
            if self.must_keep(gap_start, gap_end) or heading:
                yield from self.removal(block, first, index, top=top)
                yield from self.removal(block, index + 1, last, top=top)
                return
        owned = self.above(body[first], self.heads_a_group(body, first, last))
        start = self.line_start(owned[0]) if owned else line
        start, stop = self.with_directives(start, stop)
        self.note_lost(start, stop)
        inner = 0
        for index in range(first, last):
            gap_text = self.text[body[index].span.end : self.line_start(_head(body[index + 1]))]
            blank = sum(1 for line in gap_text.splitlines()[1:] if not line.strip())
            inner = max(inner, blank)
        documented = isinstance(before, s.ExprStmt) and isinstance(before.value, s.Str)
        if documented and not isinstance(after, s.FuncDef | s.ClassDef):
            inner = -1  # below a docstring: as close as it was
        elif not top:
            inner = min(inner, 1)
        yield from self.gap(start, stop, inner, is_first=before is None, is_last=after is None, top=top)

    def inline_removal(
        self, begin: int, end: int, before: s.Stmt | None, after: s.Stmt | None
    ) -> Iterator[Piece]:
        """``a; b`` on one line."""
        if after is not None and _head(after) < self.line_end(end):
            yield Span(begin, _head(after)), ""
        elif before is not None:
            yield Span(before.span.end, end), ""
        else:
            yield Span(begin, end), "pass"

    def gap(
        self, start: int, stop: int, inner: int, *, is_first: bool, is_last: bool, top: bool
    ) -> Iterator[Piece]:
        """Remove whole lines and give the blank lines around them their due."""
        above, below = start, stop
        blank_above = blank_below = 0
        while above > 0:
            line = self.line_start(above - 1)
            if self.text[line:above].strip():
                break
            above, blank_above = line, blank_above + 1
        while below < len(self.text):
            end = self.line_end(below)
            if self.text[below:end].strip():
                break
            below, blank_below = end, blank_below + 1
        if is_first and (not top or above == 0):
            # After a header the block begins at once; a file does not begin with blank lines.
            yield Span(start, below), ""
        elif is_last and not top:
            yield Span(above, stop), ""
        elif is_last and below >= len(self.text):
            keep = "" if above == 0 else None
            yield Span(above if keep is None or not keep else start, below), ""
        elif inner < 0:
            yield Span(start, below), ""
        elif inner > max(blank_above, blank_below):
            yield Span(above, below), self.newline * inner
        elif blank_above and blank_below and not top:
            fewer = blank_above <= blank_below
            yield Span(start if fewer else above, below if fewer else stop), ""
        elif blank_above >= blank_below:
            yield Span(start, below), ""
        else:
            yield Span(above, stop), ""

    def below(self, stmt: s.Stmt, stop: int) -> int:
        """Where comments end that close the body of ``stmt``, deeper in than it."""
        column = _head(stmt) - self.line_start(_head(stmt))
        here = stop
        while here < len(self.text):
            line = self.line_of(here)
            rest = line.lstrip(" \t")
            if rest.startswith("#") and len(line) - len(rest) > column:
                stop = self.line_end(here)
            elif rest.strip():
                break
            here = self.line_end(here)
        return stop

    def with_directives(self, start: int, stop: int) -> tuple[int, int]:
        """``# fmt: off`` above and ``# fmt: on`` below what goes have nothing left to do."""
        above = self.line_start(start - 1) if start else start
        opening = _OPENS.fullmatch(self.text[above:start].strip())
        closing = _CLOSES.fullmatch(self.line_of(stop).strip())
        if opening is None or closing is None or opening[1] != closing[1]:
            return start, stop
        return above, self.line_end(stop)

    def above(self, stmt: s.Stmt, group: Sequence[s.Stmt] = ()) -> list[int]:
        """Starts of the comment lines right above ``stmt`` that go with it, topmost first.

        They may be above ``group`` as well, which stays.
        """
        pinned = False
        found: list[int] = []
        column_start = self.line_start(_head(stmt))
        indent = self.text[column_start : _head(stmt)]
        here = column_start
        while here > 0:
            line = self.line_start(here - 1)
            at = line + len(indent)
            comment = self.comments.get(at)
            if comment is None or self.text[line:at] != indent:
                break
            if has_own_meaning(comment.text):
                # What stands right below such a line goes on with it.
                pinned = True
                break
            found.insert(0, at)
            here = line
        if not found:
            return []
        block = " ".join(self.comments[at].text for at in found)
        # A comment that ends flush against the top of the file is the file's own.
        if self.line_start(found[0]) == 0 and not _OURS.search(block):
            return []
        if _OURS.search(block):
            return found
        if group and self.is_amid_code(found[0]) and self._shape(group[0]) != self._shape(stmt):
            group = ()  # no heading of a paragraph, but a word on the next line
        return [] if pinned or (group and not self.speaks_only_of(block, stmt, group)) else found

    def is_amid_code(self, comment: int) -> bool:
        """Does code of the same block stand right above a comment?"""
        line = self.line_start(comment)
        before = self.line_of(self.line_start(line - 1)) if line else ""
        rest = before.removeprefix(self.text[line:comment]).strip()
        return bool(rest) and before.startswith(self.text[line:comment]) and not rest.startswith("#")

    def heads_a_group(self, body: Sequence[s.Stmt], first: int, last: int) -> list[s.Stmt]:
        """Give those of the same kind that follow at once and stay: the comment may speak of them as well.

        One more import is enough; of assignments it takes two; where more go, as many, and alike.
        """
        kind = (s.Import, s.ImportFrom) if isinstance(body[last], s.Import | s.ImportFrom) else s.Assign
        if not isinstance(body[last], kind):
            return []
        found: list[s.Stmt] = []
        for before, here in zip(body[last:], body[last + 1 :], strict=False):
            adjacent = self.line_start(_head(here)) == self.line_end(before.span.end)
            if not adjacent or not isinstance(here, kind):
                break
            alike = last == first or kind is not s.Assign or self._shape(here) == self._shape(body[first])
            if here not in self.changes.removed and alike:
                found.append(here)
        needed = 1 if kind is not s.Assign else max(2, last - first + 1)
        return found if len(found) >= needed else []

    def _shape(self, stmt: s.Stmt) -> str:
        """What is asked for a value: ``config.get`` in ``self.key = config.get("app", "key")``."""
        value = stmt.value if isinstance(stmt, s.Assign) else None
        asked = value.func if isinstance(value, s.Call) else None
        asked = value.value if isinstance(value, s.Subscript) else asked
        return self.module.snippet(asked) if asked is not None else type(value).__name__

    def speaks_only_of(self, comment: str, stmt: s.Stmt, group: Sequence[s.Stmt]) -> bool:
        """Does a comment share words with ``stmt``, and none with what follows it?"""
        said = _words(comment)
        return bool(said & _words(self.module.snippet(stmt))) and not any(
            said & _words(self.said_from_now_on(other)) for other in group
        )

    def said_from_now_on(self, stmt: s.Stmt) -> str:
        """The text of a statement, or of what takes its place."""
        template = self.changes.replaced.get(stmt, (stmt,))
        return "".join(part if isinstance(part, str) else self.module.snippet(part) for part in template)

    def must_keep(self, start: int, end: int) -> bool:
        return any(start <= at < end and _KEEP.search(c.text) for at, c in self.comments.items())

    def note_lost(self, start: int, end: int) -> None:
        for at, comment in self.comments.items():
            if start <= at < end and _WORTH_A_WORD.search(comment.text):
                self.changes.lost_comments.append((self.module, comment))

    def note_replaced(self, span: Span, template: Template) -> None:
        """What was written beside that which a template does not take over."""
        at = span.start
        for kept in sorted(_outer(part) for part in template if not isinstance(part, str)):
            self.note_lost(at, kept.start)
            at = max(at, kept.end)
        self.note_lost(at, span.end)

    # -- statements ---------------------------------------------------------------------------

    def statement(self, node: s.Stmt) -> Iterator[Piece]:
        if node not in self.stirred:
            return
        for template in self.changes.inserted.get(node, ()):
            start = _head(node)
            indent = self.indent_at(start)
            lines = self.fill(template).split("\n")
            text = self.newline.join(lines[:1] + [indent + line if line else line for line in lines[1:]])
            yield Span(start, start), text + self.newline + indent
        if node in self.changes.unwrapped:
            yield self.flattened(node)
            return
        yield from self.node(node)

    def flattened(self, node: s.Stmt) -> Piece:
        """A compound statement of which only bodies remain."""
        outer = self.indent_at(node.span.start)
        texts = []
        for block in self.changes.unwrapped[node]:
            inner = self.indent_at(_head(block.body[0])) if not block.inline else outer
            start = self.line_start(_head(block.body[0])) if not block.inline else block.span.start
            pieces = list(self.block(block))
            stop = self.code_end(block.span.end) if block.span.end < node.span.end else block.span.end
            text = self.apply(start, stop, pieces)
            if not block.inline and len(inner) > len(outer):
                text = self.dedent(text, block, inner, outer, start)
            texts.append(text[len(outer) :] if text.startswith(outer) and not block.inline else text)
        joint = self.newline + outer
        end = node.span.end
        if all(block.span.end < end for block in self.changes.unwrapped[node]):
            end = self.code_end(end)  # what is said beside the last line goes with that line
            self.note_lost(node.span.end, end)
        return Span(node.span.start, end), joint.join(t for t in texts if t.strip())

    def code_end(self, at: int) -> int:
        """The end of the line that holds ``at``, if only a comment follows there."""
        end = at
        while end < len(self.text) and self.text[end] not in "\r\n":
            end += 1
        rest = self.text[at:end].strip()
        return end if not rest or rest.startswith("#") else at

    def dedent(self, text: str, block: s.Block, inner: str, outer: str, start: int) -> str:
        lines = text.splitlines(keepends=True)
        frozen = self.frozen_lines(block, start) if not self.has_changes(block) else set()
        cut = len(inner) - len(outer)
        return "".join(
            line if index in frozen or not line.startswith(inner) else line[cut:]
            for index, line in enumerate(lines)
        )

    def frozen_lines(self, block: s.Block, start: int) -> set[int]:
        """Lines inside triple-quoted strings: their indentation is text."""
        found: set[int] = set()
        for node in s.walk(block):
            if isinstance(node, s.Str | s.FString) and len(node.quote) == 3:
                first = self.text.count("\n", start, node.span.start)
                last = self.text.count("\n", start, node.span.end)
                found.update(range(first + 1, last + 1))
        return found

    def has_changes(self, block: s.Block) -> bool:
        return any(
            n in self.changes.removed or n in self.changes.replaced or n in self.changes.inserted
            for n in s.walk(block)
        )

    def node(self, node: s.Node) -> Iterator[Piece]:
        if node not in self.stirred:
            return
        template = self.changes.replaced.get(node)
        if template is not None:
            # A tuple's own parentheses belong to it.
            span = node.outer if isinstance(node, s.Sequence) and node.kind == "tuple" else node.span
            self.note_replaced(span, template)
            yield span, self.moved(node, template) if len(template) == 1 else self.fill(template)
            return
        yield from self.changes.patched.get(node, ())
        if isinstance(node, s.Block):
            yield from self.block(node)
            return
        if isinstance(node, s.Try):
            yield from self.tried(node)
            return
        if isinstance(node, s.If) and node.test in self.changes.removed:
            yield from self.arm(node)
            return
        yield from self.lists(node)
        for child in s.children(node):
            if child not in self.changes.removed:
                yield from self.node(child) if not isinstance(child, s.Stmt) else self.statement(child)
            elif isinstance(child, s.Block):
                yield from self.lost_block(node, child)

    def arm(self, node: s.If) -> Iterator[Piece]:
        """An arm of a chain whose condition is gone: it goes, or it is the ``else`` from now on."""
        gone = node.body in self.changes.removed
        if not gone:
            yield Span(node.span.start, self.text.index(":", node.test.outer.end) + 1), "else:"
            yield from self.block(node.body)
        rest = node.orelse
        if rest is None or rest in self.changes.removed:
            start = self.line_start(node.span.start) if gone else self.line_end(node.body.span.end)
            end = rest.span.end if rest is not None else node.body.span.end
            yield Span(start, max(start, self.line_end(end))), ""
            return
        nested = rest.body[0]
        if isinstance(nested, s.If) and nested.is_elif:
            leads = nested.test not in self.changes.removed and self.is_first(nested)
            yield Span(node.span.start, nested.span.start + (len("el") if leads else 0)), ""
            yield from self.statement(nested)
        else:
            word = _ELSE.search(self.text, node.body.span.end)
            assert word is not None
            yield Span(node.span.start, word.start("word")), ""
            yield from self.block(rest)

    def is_first(self, node: s.If) -> bool:
        """Are all arms before this ``elif`` gone?"""
        while node.is_elif:
            above = self.module.parents[self.module.parents[node]]
            if not isinstance(above, s.If) or above.test not in self.changes.removed:
                return False
            node = above
        return True

    def tried(self, node: s.Try) -> Iterator[Piece]:
        for child in s.children(node):
            if child in self.changes.removed:
                start = self.line_start(child.span.start)
                yield Span(start, self.line_end(child.span.end)), ""
            else:
                yield from self.node(child)

    def lost_block(self, node: s.Node, block: s.Block) -> Iterator[Piece]:
        """``else:`` and its body."""
        if isinstance(node, s.If | s.For | s.While):
            start = self.line_end(node.body.span.end)
            stop = self.line_end(block.span.end)
            yield Span(start, stop), ""

    # -- lists with commas --------------------------------------------------------------------

    def lists(self, node: s.Node) -> Iterator[Piece]:
        members: Sequence[s.Node] = ()
        if isinstance(node, s.Call):
            members = node.args
        elif isinstance(node, s.Dict | s.Sequence):
            members = node.items
        elif isinstance(node, s.FuncDef):
            members = node.params
        elif isinstance(node, s.Import | s.ImportFrom):
            members = node.aliases
        elif isinstance(node, s.ClassDef):
            members = node.bases
        elif isinstance(node, s.With):
            members = node.items
        if isinstance(node, s.FuncDef | s.ClassDef):
            for decorator in node.decorators:
                if decorator in self.changes.removed:
                    start = self.line_start(decorator.outer.start)
                    yield Span(start, self.line_end(decorator.outer.end)), ""
        gone = [m in self.changes.removed for m in members]
        if not any(gone):
            return
        pieces = list(self.gone_from_list(node, members, gone))
        yield from pieces
        if isinstance(node, s.Sequence) and node.kind == "tuple" and gone.count(False) == 1:
            yield from self.still_tuple(node, members[gone.index(False)], pieces)

    def gone_from_list(
        self, node: s.Node, members: Sequence[s.Node], gone: Sequence[bool]
    ) -> Iterator[Piece]:
        index = 0
        while index < len(members):
            if not gone[index]:
                index += 1
                continue
            last = index
            while last + 1 < len(members) and gone[last + 1]:
                last += 1
            before = members[index - 1] if index else None
            after = members[last + 1] if last + 1 < len(members) else None
            start, end = _outer(members[index]).start, _outer(members[last]).end
            if isinstance(node, s.FuncDef):
                start, end = self.with_markers(node, index, last, (start, end))
            yield self.from_list(start, end, before, after)
            index = last + 1

    def still_tuple(self, node: s.Sequence, left: s.Node, pieces: list[Piece]) -> Iterator[Piece]:
        """``("one",)`` where all others went: without its comma it would be none."""
        parent = self.module.parents[node]
        if isinstance(parent, s.Assign):
            taken_apart = node is not parent.value or any(isinstance(t, s.Sequence) for t in parent.targets)
        else:
            is_target = isinstance(parent, s.For | s.Clause) and node is parent.target
            taken_apart = is_target or isinstance(parent, s.Return | s.Yield | s.Subscript | s.WithItem)
        at = _outer(left).end
        behind = [piece for piece in pieces if piece[0].start >= at]
        if not taken_apart and self.apply(at, node.outer.end, behind).lstrip()[:1] != ",":
            yield Span(at, at), ","

    def with_markers(self, node: s.FuncDef, first: int, last: int, at: tuple[int, int]) -> tuple[int, int]:
        """``*`` and ``/`` go with the last parameter that they are there for."""
        start, end = at
        following = node.params[last + 1 : last + 2]
        leads = not first or node.params[first - 1].kind == ""
        if node.params[first].kind == "kw" and leads and not any(p.kind == "kw" for p in following):
            marker = _STAR.search(
                self.text, node.params[first - 1].span.end if first else node.span.start, start
            )
            start = marker.start() if marker else start
        marker = _SLASH.match(self.text, end) if first == 0 else None
        return start, marker.end() if marker else end

    def from_list(self, start: int, end: int, before: s.Node | None, after: s.Node | None) -> Piece:
        comma = self.comma_after(end)
        line, stop = self.line_start(start), self.line_end(comma)
        alone = not self.text[line:start].strip() and not _code(self.text[comma:stop])
        if alone and (comma > end or before is None or self.comma_before(line)):
            comment_start = line
            while comment_start > 0:
                above = self.line_start(comment_start - 1)
                if not self.text[above:comment_start].strip().startswith("#"):
                    break
                comment_start = above
            return Span(comment_start, stop), ""
        if after is not None:
            following = _outer(after).start
            star = _STAR.search(self.text, end, following)
            return Span(start, star.start() if star else following), ""
        if before is not None:
            return Span(_outer(before).end, end), ""
        return Span(start, comma), ""

    def comma_after(self, at: int) -> int:
        match = re.compile(r"(?:\s|#[^\n]*\n|\\\r?\n)*,").match(self.text, at)
        return match.end() if match else at

    def comma_before(self, at: int) -> bool:
        return self.text[:at].rstrip().endswith((",", "(", "[", "{"))

    # -- templates ----------------------------------------------------------------------------

    def fill(self, template: Template) -> str:
        return "".join(part if isinstance(part, str) else self.render(part) for part in template)

    def moved(self, host: s.Node, template: Template) -> str:
        """What stood inside ``host`` takes its place alone: its further lines move to the left with it."""
        text, inner = self.fill(template), template[0]
        if isinstance(inner, str) or "\n" not in text or inner not in set(s.walk(host)):
            return text
        old, new = self.indent_at(_outer(inner).start), self.indent_at(host.span.start)
        if not old.startswith(new) or any(isinstance(n, _TEXTS) and len(n.quote) == 3 for n in s.walk(inner)):
            return text
        first, *rest = text.split("\n")
        return "\n".join(
            [first, *(new + line[len(old) :] if line.startswith(old) else line for line in rest)]
        )

    def render(self, node: s.Node) -> str:
        span = _outer(node)
        return self.apply(span.start, span.end, list(self.node(node)))

    def apply(self, start: int, end: int, pieces: list[Piece]) -> str:
        text, at = [], start
        for span, new in _merged(sorted(pieces, key=lambda p: (p[0].start, p[0].end))):
            text += [self.text[at : max(at, span.start)], new]
            at = max(at, span.end)
        return "".join(text) + self.text[at:end]


_TEXTS = (s.Str, s.FString)


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Neighbouring deletions may overlap in the blank lines between them: join those."""
    found: list[Piece] = []
    for span, new in pieces:
        if found and span.start < found[-1][0].end:
            last, before = found[-1]
            if not new and not before:
                found[-1] = (Span(last.start, max(last.end, span.end)), "")
                continue
            if not before and span.start == span.end:
                found[-1] = (last, new)
                continue
            if not before:
                found[-1] = (Span(last.start, span.start), "")
            elif not new:
                span = Span(last.end, max(last.end, span.end))
        found.append((span, new))
    return [(s_, n) for s_, n in found if s_.start != s_.end or n]


def _words(text: str) -> set[str]:
    """The words of a comment or of code, in pieces of more than three letters."""
    pieces = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", text)
    return {piece.lower() for piece in pieces if len(piece) > 3}


def _code(rest: str) -> bool:
    stripped = rest.strip()
    return bool(stripped) and not stripped.startswith("#")


def _outer(node: s.Node) -> Span:
    return node.outer if isinstance(node, s.Expr) else node.span


def _head(node: s.Stmt) -> int:
    return node.head.start if isinstance(node, s.FuncDef | s.ClassDef) else node.span.start

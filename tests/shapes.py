"""The table of shapes in fixtures/README.md: rewritten, left alone, not reported at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trees import Fixture, read

from jwt2oauth.rules.tables import Rules

BEGIN, END = "<!-- shapes: made from fixtures/ -->\n", "<!-- /shapes -->\n"


def table(fixtures: Iterable[Fixture], rules: Rules) -> str:
    """Give all of it: one table for each of the three outcomes, a row a fixture."""
    known = tuple(fixtures)
    groups = {
        "Rewritten": [(each, _sender(each)) for each in known if each.changes],
        "Found and left alone": [
            (each, rules.unfixed[each.unfixed].title if each.unfixed in rules.unfixed else "")
            for each in known
            if each.unfixed
        ],
        "Not Adobe's, or already on OAuth: nothing is reported": [
            (each, "") for each in known if each.near_miss_for
        ],
    }
    heads = ("asks for the token then", "because", "")
    return "\n".join(
        line
        for (title, rows), head in zip(groups.items(), heads, strict=True)
        for line in _group(title, head, rows)
    )


def replaced(readme: str, made: str) -> str:
    """Put the table between its marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{made}{END}{after}"


def _group(title: str, head: str, rows: list[tuple[Fixture, str]]) -> Iterator[str]:
    yield f"### {title} ({len(rows)})\n"
    yield f"| shape |{f' {head} |' if head else ''}"
    yield f"|---|{'---|' if head else ''}"
    for fixture, outcome in rows:
        shape = f"[{_escaped(fixture.shape)}]({fixture.name})"
        yield f"| {shape} |{f' {outcome} |' if head else ''}"
    yield ""


def _sender(fixture: Fixture) -> str:
    """What asks for the token after the rewrite."""
    if any(finding.rule.startswith("sdk-") for finding in fixture.findings):
        return "the SDK"
    return "Authlib" if _is_authlib(fixture) else "its own client"


def _is_authlib(fixture: Fixture) -> bool:
    """Does Authlib come in with the rewrite?"""
    before, after = read(fixture.before), read(fixture.after)
    return any(b"authlib" in data and b"authlib" not in before.get(path, b"") for path, data in after.items())


def _escaped(text: str) -> str:
    """Keep what Markdown would take for itself."""
    return "".join(f"\\{letter}" if letter in "|[]*_<>`\\" else letter for letter in text)

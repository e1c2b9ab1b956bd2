"""The command line: it only translates. Arguments in, an exit code out, no logic of its own.

Patches and JSON are bytes on standard output; where they are, people's text is on standard error.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from . import __version__, engine, output
from .escape import escape
from .files import read

if TYPE_CHECKING:
    from .baseline import Entry
    from .bot.target import Name
    from .engine import Outcome, Settings
    from .report.text import Step

F = TypeVar("F", bound=Callable[..., Any])

_REFUSED = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EAGAIN)
"""What becomes of Click's own pages, too, where the output takes nothing."""
FORMATS = ("text", "json", "sarif", "rdjson", "gitlab", "github", "html", "markdown")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give the exit code: 0 nothing left, 1 something left, 2 an error."""
    try:
        with engine.guarded(click.ClickException, click.Abort, BrokenPipeError), output.writing(*_REFUSED):
            code = cli.main(args=arguments, prog_name="jwt2oauth", standalone_mode=False)
    except click.ClickException as error:
        with contextlib.suppress(OSError):
            error.show()
        return 2
    except engine.UsageError as error:
        return _fail(str(error))
    except engine.InternalError as error:
        return _fail(f"internal error, please report it: {error}", lines=True)
    except (click.Abort, KeyboardInterrupt):
        _fail("interrupted; no file and no flow is half written, and the same command goes on from there")
        return 130
    except BrokenPipeError:  # whoever read our output has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return code if isinstance(code, int) else 0


def _fail(text: str, *, lines: bool = False) -> int:
    """Say what is wrong, where standard error takes it: where not, the exit code says it."""
    parts = text.split("\n") if lines else [text]
    with contextlib.suppress(OSError):
        for part in ("jwt2oauth: " + parts[0], *parts[1:]):
            click.echo(escape(part), err=True)
    return 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Find Adobe's Service Account (JWT) credential in code and rewrite it to OAuth Server-to-Server.

    Exit codes: 0 nothing is left to find; 1 something is left, would change, or could not be examined;
    2 the command line, the configuration or the tool itself is wrong.
    """


def _selecting(function: F) -> F:
    """The arguments and options of every command that examines: what, and by which rules."""
    for decorate in (
        click.option(
            "--color",
            type=click.Choice(["auto", "always", "never"]),
            default="auto",
            show_default=True,
            help="Colour the text for people: before FORCE_COLOR and NO_COLOR.",
        ),
        click.option(
            "-v",
            "--verbose",
            is_flag=True,
            help="Also show in full what is known, and list the files that were passed over.",
        ),
        click.option("-q", "--quiet", is_flag=True, help="Only the summary."),
        click.option("--exit-zero", is_flag=True, help="Exit 0 where it would be 1."),
        click.option(
            "--jobs",
            type=click.IntRange(min=1),
            metavar="N",
            help="Parse up to N files at the same time; as many as there are processors, if not given.",
        ),
        click.option(
            "--config",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Read [tool.jwt2oauth] from FILE.",
        ),
        click.option(
            "--exclude", multiple=True, metavar="PATTERN", help="Pass over these files, as in a .gitignore."
        ),
        click.option(
            "--baseline",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Findings that this file lists are known.",
        ),
        click.option("--ignore", multiple=True, metavar="RULE", help="Leave these rules out."),
        click.option("--select", multiple=True, metavar="RULE", help="Look for these rules only."),
        click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]..."),
    ):
        function = decorate(function)
    return function


def _common(function: F) -> F:
    """Those, and how it is reported."""
    since = click.option(
        "--since", metavar="REF", help="Only what has changed since the merge base with REF (see git)."
    )
    form = click.option(
        "--format",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="For people: text, html, markdown; for programs the others.",
    )
    cache = click.option(
        "--cache/--no-cache",
        default=True,
        show_default=True,
        help="Remember which files of a large tree hold which words (no contents), for the next run.",
    )
    return since(form(cache(_selecting(function))))


@cli.command()
@click.option(
    "--stdin-filename", metavar="PATH", help="Read this one file from standard input instead (PATH is -)."
)
@_common
def scan(*, stdin_filename: str | None, **options: Any) -> int:
    """Find and explain."""
    if (stdin_filename is not None) != (options["paths"] == (Path("-"),)):
        raise click.UsageError("standard input is read by: jwt2oauth scan --stdin-filename PATH -")
    if stdin_filename is not None:
        options["paths"] = (Path(stdin_filename),)
    asked, settings = _understand(options, stdin_filename)
    outcome = _examine(asked, settings)
    output.show(outcome, asked, sys.stdout, mode="scan")
    return _code(outcome, asked)


@cli.command()
@click.option("--diff", is_flag=True, help="Print a patch for `git apply`; write nothing.")
@click.option(
    "--patches",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write one patch a flow for `git am` into DIR.",
)
@click.option(
    "--client",
    type=click.Choice(["authlib", "keep"]),
    help="What asks for the token then: Authlib (the default), or the HTTP client that does it now.",
)
@click.option("--scopes", metavar="SCOPES", help="The scopes of the new credential, joined by commas.")
@click.option("--remove-keys", is_flag=True, help="Delete the private keys' files with their flows.")
@click.option("--force", is_flag=True, help="Write to files with changes that are not committed, too.")
@_common
def fix(
    *,
    diff: bool,
    patches: Path | None,
    client: str | None,
    scopes: str | None,
    remove_keys: bool,
    force: bool,
    **options: Any,
) -> int:
    """Rewrite in place: all files of a flow or none."""
    if diff and patches is not None:
        raise click.UsageError("--diff and --patches exclude each other")
    if diff and options["format"] != "text":
        raise click.UsageError(
            f"--diff writes a patch to standard output, where --format {options['format']} would write too"
        )
    from .settings import scopes_of

    asked, settings = _understand({**options, "client": client, "scopes": scopes})
    settings = replace(
        settings,
        client=client or settings.client,
        scopes=scopes_of(scopes or "") or settings.scopes,
        remove_keys=remove_keys,
    )
    if not diff and patches is None:
        _go_on(asked)
    outcome = _examine(asked, settings)
    if diff:
        return _diff(outcome, asked)
    if patches is not None:
        return _patches(outcome, asked, patches)
    unsaved = () if force else engine.uncommitted(outcome)
    if unsaved:
        raise engine.UsageError(
            f"{', '.join(unsaved)}: would be rewritten, but git could not give back what is there now:"
            " commit or stash it, or go on with --force"
        )
    outcome = engine.write(outcome)
    with engine.guarded(
        BrokenPipeError, OSError, last="The files are written: only the report of it failed."
    ):
        output.show(outcome, asked, sys.stdout, mode="fix")
        return _code(outcome, asked)


@cli.command(short_help="Write down what is found, as known from now on.")
@_common
def baseline(**options: Any) -> int:
    """Write down what is found, so that only what is new counts from now on (--baseline)."""
    from . import baseline as known
    from .writes import WriteFailed, write_all

    if options["since"] is not None:
        raise click.UsageError("a baseline is of all that is found, so it goes without --since")
    asked, settings = _understand(options, knows=False)
    file = options["baseline"] or settings.baseline or Path(known.NAME)
    old = _known(file) if os.path.lexists(file) else ()
    outcome = _examine(asked, settings)
    before = read(file) if os.path.lexists(file) else None
    after = known.render(outcome.report.findings).encode()
    try:
        write_all(file.parent.absolute(), {file.name: after}, {file.name: before})
    except WriteFailed as error:
        raise engine.UsageError(f"{file}: {error.why}") from error
    click.echo(f"{escape(str(file))}: {known.difference(old, known.parse(after.decode()))}", err=True)
    if settings.baseline is None:
        name = _quoted(str(file))
        click.echo(
            f"Read it with --baseline {name}, or name it in pyproject.toml: baseline, in [tool.jwt2oauth].",
            err=True,
        )
    return 0


@cli.command(short_help="Tell a pull request what it touches or brings in.")
@click.option("--base", metavar="REF", required=True, help="Where the pull request goes: a branch or commit.")
@click.option("--head", metavar="REF", help="Its last commit, if CI does not say and it is not HEAD.")
@click.option("--post", is_flag=True, help="Post it; without this, print what would be posted.")
@click.option(
    "--format",
    "forge",
    type=click.Choice(["github", "gitlab"]),
    help="Whose pull request it is, if CI does not say.",
)
@click.option("--repository", metavar="NAME", help="Its repository (owner/name), if CI does not say.")
@click.option("--number", type=click.IntRange(min=1), help="Its number, if CI does not say.")
@_selecting
def review(
    *,
    base: str,
    head: str | None,
    post: bool,
    forge: Name | None,
    repository: str | None,
    number: int | None,
    **options: Any,
) -> int:
    """Tell a pull request what it touches or brings in, with suggestions where they fit.

    A token to post with comes from the environment: JWT2OAUTH_TOKEN, GITHUB_TOKEN or GITLAB_TOKEN.
    """
    from .bot import run, target

    asked, settings = _understand({**options, "format": "text", "since": None})
    forge = forge or target.forge_of(os.environ)
    goal = target.target_of(forge, os.environ, repository, number) if post else None
    head = head or target.head_of(forge, os.environ)
    with output.progress(asked) as progress:
        seen = run.look(
            asked.paths,
            settings,
            base=base,
            head=head,
            forge=forge,
            environment=os.environ,
            progress=progress,
        )
    if goal is None:
        output.write_bytes(run.payload(seen, forge))
        return 1 if seen.review.found and not asked.exit_zero else 0
    posted = run.post(seen, goal)
    click.echo(f"jwt2oauth: {escape(posted.said)}", err=True)
    if posted.fallback:
        click.echo(run.log(seen.review, os.environ), nl=False)
        run.note_down(seen.review, os.environ)
    return 2 if posted.failed else 1 if seen.review.found and not asked.exit_zero else 0


@cli.command()
@click.argument("rule", required=False)
@click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto")
def explain(rule: str | None, color: str) -> int:
    """Say what a RULE means and what to do.

    Also takes a reason for leaving something alone; without one, lists all pages.
    """
    from .report import explain as pages

    rules = engine.catalog()
    page = (
        pages.index(rules, output.width(sys.stdout))
        if rule is None
        else pages.page(rules, rule, output.width(sys.stdout))
    )
    if page is None:
        raise engine.UsageError(f"there is no rule or reason named {rule}; `jwt2oauth explain` lists them")
    output.print_page(page, sys.stdout, color)
    return 0


def _understand(
    options: dict[str, Any], stdin: str | None = None, *, knows: bool = True
) -> tuple[output.Asked, Settings]:
    """Join the command line with the configuration; the command line wins, exclusions add up.

    ``stdin`` is the path that standard input stands for; ``knows`` says whether the baseline is read.
    """
    from . import settings as configuration
    from .tree.listing import refused

    asked = output.Asked(
        paths=options["paths"],
        format=options["format"],
        color=options["color"],
        quiet=options["quiet"],
        verbose=options["verbose"],
        exit_zero=options["exit_zero"],
        again=_again(options),
        stdin=stdin,
    )
    root, _ = engine.locate(asked.paths, () if stdin is None else (stdin,))
    file = options["config"] or configuration.find(root)
    settings = configuration.load(file) if file is not None else engine.Settings()
    for pattern in refused(options["exclude"]):
        raise engine.UsageError(f"--exclude: {pattern} is no pattern as in a .gitignore")
    return asked, replace(
        settings,
        known=_known(options["baseline"] or settings.baseline) if knows else (),
        changed=_changed(root, options["since"]),
        jobs=options["jobs"] or os.cpu_count() or 1,
        cache=options.get("cache", False),
        select=_listed(options["select"]) or settings.select,
        ignore=_listed(options["ignore"]) or settings.ignore,
        exclude=(*settings.exclude, *options["exclude"]),
    )


def _go_on(asked: output.Asked) -> None:
    """Finish what an interrupted run has left, and say so."""
    recovered = engine.recover(asked.paths)
    if recovered is not None:
        verb = "finished" if recovered.finished else "took back"
        names = ", ".join(recovered.paths)
        click.echo(f"jwt2oauth: {verb} what an interrupted run had begun: {escape(names)}", err=True)


def _known(file: Path | None) -> tuple[Entry, ...]:
    """Read the baseline, if there is one."""
    if file is None:
        return ()
    from . import baseline

    try:
        return baseline.parse(read(file).decode())
    except OSError as error:
        raise engine.UsageError(
            f"{file}: {(error.strerror or 'cannot be read').lower()}; `jwt2oauth baseline` writes it"
        ) from error
    except ValueError as error:
        raise engine.UsageError(f"{file}: {error}") from error


def _changed(root: Path, ref: str | None) -> frozenset[str] | None:
    """Ask git what has changed since the merge base with a ref."""
    if ref is None:
        return None
    from .history import History, HistoryError

    try:
        return frozenset(History(root, ref).files)
    except HistoryError as error:
        raise engine.UsageError(str(error)) from error


def _listed(values: Sequence[str]) -> tuple[str, ...]:
    """Options may be repeated or joined by commas."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _examine(asked: output.Asked, settings: Settings) -> Outcome:
    instead = {asked.stdin: sys.stdin.buffer.read()} if asked.stdin is not None else {}
    with output.progress(asked) as progress:
        return engine.run(asked.paths, settings, progress, instead=instead)


def _code(outcome: Outcome, asked: output.Asked) -> int:
    return 0 if asked.exit_zero else engine.exit_code(outcome)


def _diff(outcome: Outcome, asked: output.Asked) -> int:
    from . import patches
    from .model import secrets_of
    from .tree.walk import object_format

    secrets = secrets_of(outcome.report.flows)
    patch = patches.diff(outcome.total, secrets, algorithm=object_format(outcome.root))
    output.write_bytes(patch.data)
    output.show(engine.would_write(outcome), asked, sys.stderr, mode="diff", by_hand=patch.lost)
    return _code(outcome, asked)


def _patches(outcome: Outcome, asked: output.Asked, folder: Path) -> int:
    from . import patches
    from .model import secrets_of
    from .report.page import CODE
    from .series import in_order
    from .tree.walk import git_prefix, object_format

    algorithm, secrets = object_format(outcome.root), secrets_of(outcome.report.flows)
    mails = patches.mails(
        *in_order(
            outcome.originals, outcome.report.flows, lambda files: not patches.diff(files, secrets).lost
        ),
        algorithm=algorithm,
    )
    outcome = engine.would_write(outcome)
    files = {mail.name: mail.data for mail in mails}
    advice: list[Step] = []
    if outcome.report.findings:
        files["report.json"] = output.machine(outcome, "json")
        files["report.html"] = output.page(outcome, asked, "html", "patches")
        advice.append((("Read what was found:", ""), (str(folder / "report.html"), CODE)))
    engine.write_new(folder, files)
    prefix = git_prefix(outcome.root)
    where = f"--directory={_quoted(prefix)} " if prefix else ""
    command = f"git am --keep-cr {where}{_quoted(str(folder))}/*.patch"
    if any(not mail.lost for mail in mails):
        advice.append((("Apply the patches:", ""), (command, CODE)))
    by_tool = ("hides a secret, so git does not apply it. Let the tool write it:", "")
    fix = (f"jwt2oauth fix{asked.again}", CODE)
    advice += [((str(folder / mail.name), ""), by_tool, fix) for mail in mails if mail.lost]
    apart = ("is for a repository inside of this one, where git am fails. Let the tool write it:", "")
    inside = [mail for mail in mails if not mail.lost and engine.lies_apart(outcome.root, mail.paths)]
    advice += [((str(folder / mail.name), ""), apart, fix) for mail in inside]
    output.show(outcome, asked, sys.stdout, mode="patches", advice=tuple(advice))
    return _code(outcome, asked)


_REPEATED = ("select", "ignore", "exclude", "baseline", "config", "since", "client", "scopes")
"""Options that decide what is found, or what is made of it."""


def _again(options: Mapping[str, Any]) -> str:
    words: list[str] = []
    for name in _REPEATED:
        given = options.get(name)
        for value in given if isinstance(given, tuple) else (given,):
            words += [f"--{name}", str(value)] if value is not None else []
    paths = [str(path) for path in options["paths"]]
    dashes = ["--"] if any(path.startswith("-") for path in paths) else []
    return "".join(f" {_quoted(word)}" for word in [*words, *dashes, *paths])


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)

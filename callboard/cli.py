"""The `callboard` command.

It is the only module that imports from every layer. Slow imports wait until a command needs them.
"""

import asyncio
import errno
import os
import sys
from collections.abc import Coroutine
from enum import IntEnum
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from sandbox.ports import CLOUDS_PORT, SLACK_PORT

app = typer.Typer(
    help="Track asynchronous cloud jobs from Slack and the terminal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: importing rich takes as long as everything else
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Exit(IntEnum):
    """Exit statuses of `callboard jobs` and `callboard check`."""

    ANSWERED = 0
    NONE_ANSWERED = 1
    WRONG_USAGE = 2
    SOME_FAILED = 3
    INTERRUPTED = 130


Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="Configuration file. Default: CALLBOARD_CONFIG, or ./callboard.toml."),
]
Words = Annotated[list[str] | None, typer.Argument(help="The words that follow /jobs in Slack. Default: list.")]
Mode = Literal["socket", "http"]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.callback()
def everywhere(context: typer.Context, config: Config = None) -> None:
    """Read options before the command."""
    context.obj = config


@app.command()
def run(context: typer.Context, config: Config = None) -> None:
    """Run the bot: Slack front and worker in one process."""
    from bot.background.reconcile import reasons
    from bot.background.tasks import tasks
    from bot.runtime.runner import run as run_bot
    from handlers.slack import register

    _run_bot(run_bot(_settings(context, config), register, tasks, reasons))


@app.command()
def serve(context: typer.Context, config: Config = None) -> None:
    """Run only the Slack front.

    Run any number of them. With `callboard worker` on the same Redis, they replace `callboard run`.
    """
    from bot.background.tasks import tasks
    from bot.runtime.runner import serve as serve_slack
    from handlers.slack import register

    _run_bot(serve_slack(_settings(context, config), register, tasks))


@app.command()
def worker(context: typer.Context, config: Config = None) -> None:
    """Run only the worker.

    Run any number of them: each task runs on one of them. Of Slack's secrets, a worker needs bot_token, or
    client_secret and encryption_keys.
    """
    from bot.background.reconcile import reasons
    from bot.background.tasks import tasks
    from bot.runtime.runner import work

    _run_bot(work(_settings(context, config), tasks, reasons))


@app.command()
def check(
    context: typer.Context,
    config: Config = None,
    *,
    acknowledge_reset: Annotated[
        bool, typer.Option("--acknowledge-reset", help="Stop reporting in /readyz that the database was reset.")
    ] = False,
) -> None:
    """Call Slack, Redis and every account once, and report what works and what to fix."""
    from bot.diagnostics.checks import check as check_all
    from bot.views.terminal.report import report

    findings = _run(check_all(_settings(context, config), acknowledge_reset=acknowledge_reset))
    _print(report(findings))
    raise typer.Exit(Exit.ANSWERED if findings.ok else Exit.NONE_ANSWERED)


@app.command()
def manifest(
    mode: Annotated[Mode, typer.Option(help="How Slack reaches the bot.")] = "socket",
    url: Annotated[str, typer.Option(help="The bot's public URL for HTTP mode, such as https://bot.example.com.")] = "",
    *,
    oauth: Annotated[
        bool, typer.Option("--oauth", help="For several workspaces, which install the app at --url.")
    ] = False,
) -> None:
    """Print the manifest that creates an app at api.slack.com/apps."""
    from bot.slack_app.install.manifest import ManifestError, as_yaml
    from bot.slack_app.install.manifest import manifest as written

    if (oauth or mode == "http") != bool(url):
        _fail("--mode http and --oauth require --url https://…, and --url requires one of them.", Exit.WRONG_USAGE)
    try:
        _write(as_yaml(written(url or None, oauth=oauth, socket=mode == "socket")))
    except ManifestError as error:
        _fail(str(error), Exit.WRONG_USAGE)


@app.command()
def jobs(context: typer.Context, words: Words = None, *, as_json: Json = False, config: Config = None) -> None:
    """Run list, failed, show, find and accounts as in Slack. See `callboard jobs help`.

    Exit status: 0 if all services answered, 3 if some failed, 1 if none answered, 2 for wrong usage.
    """
    from bot.domain.errors import UsageError
    from bot.views.terminal.tables import spinner
    from handlers import terminal

    settings = _settings(context, config)
    try:
        request = terminal.understand(settings, words or [])
    except UsageError as error:
        _fail(terminal.complaint(error), Exit.WRONG_USAGE)
    try:
        with spinner(sys.stderr, shown=not as_json and sys.stdout.isatty() and sys.stderr.isatty()) as say:
            answer = _run(terminal.answer(settings, request, say))
    except UsageError as error:
        _fail(terminal.complaint(error), Exit.WRONG_USAGE)
    if as_json:
        _write(terminal.as_json(answer))
    else:
        _print(answer.table())
    raise typer.Exit(_status(answer))


@app.command()
def sandbox(
    port: int = SLACK_PORT,
    clouds_port: int = CLOUDS_PORT,
    request_url: Annotated[
        str, typer.Option(help="Use HTTP mode: call the bot at this URL, such as http://127.0.0.1:3000/slack/events.")
    ] = "",
) -> None:
    """Serve only the local workspace and the simulated clouds, for development."""
    from sandbox.demo import sandbox as serve

    if request_url and not request_url.startswith(("http://", "https://")):
        _fail("--request-url requires a URL, such as http://127.0.0.1:3000/slack/events.", Exit.WRONG_USAGE)
    _serve(serve(port, clouds_port, request_url))


@app.command()
def demo(port: int = SLACK_PORT, clouds_port: int = CLOUDS_PORT) -> None:
    """Serve the sandbox and run the bot in it, to try everything in the browser."""
    from sandbox.demo import demo as serve

    raise typer.Exit(_serve(serve(port, clouds_port)))


def _settings(context: typer.Context, config: Path | None) -> Any:
    from bot.config.settings import load
    from bot.domain.errors import ConfigError

    try:
        return load(config or context.obj, _watch_spec)
    except ConfigError as error:
        _fail(str(error), Exit.WRONG_USAGE)


def _watch_spec(words: str, catalog: Any) -> Any:
    from handlers.commands.watch_words import watch_spec

    return watch_spec(words, catalog)


def _status(answer: Any) -> Exit:
    """Return the exit status for a `handlers.terminal.Answer`."""
    if not answer.failed:
        return Exit.ANSWERED
    return Exit.SOME_FAILED if answer.learnt or answer.failed < answer.asked else Exit.NONE_ANSWERED


def _run_bot(main: Coroutine[Any, Any, None]) -> None:
    from bot.runtime import logs

    logs.configure(sys.stderr)
    _run(main)


def _run(main: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine. For errors that an operator can fix, print a message without a stack trace."""
    try:
        return asyncio.run(main)
    except KeyboardInterrupt:
        raise typer.Exit(Exit.INTERRUPTED) from None
    except Exception as error:
        if words := _explain(error):
            from bot.domain.errors import ConfigError

            _fail(words, Exit.WRONG_USAGE if isinstance(error, ConfigError) else Exit.NONE_ANSWERED)
        raise


def _explain(error: Exception) -> str:
    """Return what an operator can do about an error, empty for our own defects.

    The imports wait for an error, because most commands don't need these libraries.
    """
    from aiohttp import ClientError
    from slack_sdk.errors import SlackApiError

    from bot.domain.errors import ConfigError, StoreUnavailable
    from bot.slack_api.errors import error_code
    from bot.views.terminal import startup_errors

    match error:
        case SlackApiError():
            return startup_errors.slack_refused(error_code(error))
        case ConfigError() | StoreUnavailable():
            return startup_errors.explain(error)
        case ClientError() | TimeoutError():
            return startup_errors.slack_unreachable(type(error).__name__)
        case _:
            return ""


def _serve(main: Coroutine[Any, Any, Any]) -> Any:
    try:
        return _run(main)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        _fail("A port is already in use. Choose others with --port and --clouds-port.", Exit.NONE_ANSWERED)


def _fail(text: str, status: Exit) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(status)


def _print(shown: Any) -> None:
    from bot.views.terminal.tables import console

    screen = console(sys.stdout)
    with screen.capture() as captured:
        screen.print(shown)
    _write(captured.get())


def _write(text: str) -> None:
    """Write to standard output until its reader closes it."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would report an error when it flushes at exit (note on SIGPIPE in the documentation of `signal`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> None:
    """Run the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # names may contain characters that this terminal can't show
    app()

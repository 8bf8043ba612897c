"""The `callboard` command. The only place that knows everything; heavy parts are imported when they are needed."""

import asyncio
import sys
from collections.abc import Coroutine
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

app = typer.Typer(
    help="Answers on-call engineers' questions about asynchronous cloud jobs, in Slack and in the terminal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
jobs = typer.Typer(help="The answers of /jobs in the terminal.")
app.add_typer(jobs, name="jobs")


class Exit(IntEnum):
    """Exit statuses of `callboard jobs` and `callboard check`."""

    ANSWERED = 0
    NONE_ANSWERED = 1
    WRONG_USAGE = 2
    SOME_FAILED = 3


Config = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="Configuration file.", envvar="CALLBOARD_CONFIG", show_default="callboard.toml"
    ),
]
Words = Annotated[list[str] | None, typer.Argument(help="The same words as after /jobs in Slack.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.command()
def run(config: Config = None) -> None:
    """Run the bot: Slack front and worker in one process."""
    from bot import logs
    from bot.running import run as run_bot
    from handlers import register

    logs.configure()
    _run(run_bot(_settings(config), register))


@app.command()
def check(config: Config = None) -> None:
    """Call Slack, Redis and every account once, and say what works and what to mend."""
    from bot.check import check as check_all
    from bot.views.report import report

    findings = _run(check_all(_settings(config)))
    _print(report(findings))
    raise typer.Exit(Exit.ANSWERED if findings.ok else Exit.NONE_ANSWERED)


@app.command()
def sandbox(port: int = 8080, clouds_port: int = 9100) -> None:
    """Serve the local workspace and the simulated clouds alone, for developing against."""
    from sandbox.demo import sandbox as serve

    _run(serve(port, clouds_port))


@app.command()
def demo(port: int = 8080, clouds_port: int = 9100) -> None:
    """Serve the sandbox and run the bot in it: everything that there is to see, in the browser."""
    from sandbox.demo import demo as serve

    _run(serve(port, clouds_port))


def _add(name: str, summary: str) -> None:
    """Add a command of /jobs to the terminal."""

    @jobs.command(name, help=summary)
    def command(words: Words = None, *, as_json: Json = False, config: Config = None) -> None:  # pyright: ignore[reportUnusedFunction]  # Typer has it
        from handlers.terminal import answer

        raise typer.Exit(_run(answer(_settings(config), name, words or [], as_json=as_json, output=sys.stdout)))


for _name, _summary in (
    ("list", "Jobs, newest first: [SCOPE] [FILTER…]."),
    ("failed", "The same with state:failed since:24h."),
    ("show", "Details of jobs by id, ref or console link."),
    ("find", "Search every service by id, part of an id, or name."),
    ("accounts", "Accounts and services: reachable, latency, last error, quota left."),
):
    _add(_name, _summary)


def _settings(config: Path | None) -> Any:
    from bot.config import load
    from bot.config_errors import ConfigError

    try:
        return load(config)
    except ConfigError as error:
        _fail(str(error), Exit.WRONG_USAGE)


def _run(main: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end; what an operator can mend is said in words, without a stack trace."""
    from bot.views.startup import MENDABLE, words

    try:
        return asyncio.run(main)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except MENDABLE as error:
        _fail(words(error), Exit.NONE_ANSWERED)


def _fail(text: str, status: Exit) -> NoReturn:
    typer.echo(text, err=True)
    raise typer.Exit(status)


def _print(shown: Any) -> None:
    from bot.views.tables import console

    console(sys.stdout).print(shown)


def main() -> None:
    """Run the command."""
    app()


if __name__ == "__main__":
    main()

"""Logs: readable lines on a terminal, JSON elsewhere. Secrets are removed from both."""

import logging
import re
from typing import TextIO

import structlog
from redis.exceptions import RedisClusterException, RedisError
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.domain.log_limit import LogLimit
from providers.redact import REMOVED, scrub

# Tokens, and the paths of response URLs: anyone who has one can post in Slack.
_SLACKS = re.compile(r"\bx(?:ox[a-z]|app)-[\w-]+|(?<=hooks\.slack\.com/)[\w/-]+")


def configure(output: TextIO) -> None:
    """Write our own and the libraries' logs to one output in one format.

    Libraries log warnings and errors only, not each request.
    """
    # Both renderers print tracebacks without the values of local variables, which include secrets.
    people = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer = people if output.isatty() else structlog.processors.JSONRenderer(ensure_ascii=False)
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_secrets,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(output),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared)
    handler = logging.StreamHandler(output)
    handler.setFormatter(formatter)
    handler.addFilter(Outages())
    handler.addFilter(Floods())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


class Outages(logging.Filter):
    """Limits pydocket's messages about an outage of Redis to one line a minute.

    Each of its loops logs every try, up to twenty times a second, and mostly with a traceback.
    """

    def __init__(self) -> None:
        super().__init__()
        self._limit = LogLimit()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write a record: all except outages, and the first outage in a minute."""
        if not record.name.startswith("docket") or not _is_outage(record):
            return True
        record.exc_info = record.exc_text = None
        return self._limit.allows(record.created)


def _is_outage(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    trouble = isinstance(error, RedisError | RedisClusterException)
    # The message of a failed task starts differently, and is always logged.
    return str(record.msg).startswith("Redis ") or (trouble and str(record.msg).startswith(("Error ", "Failed ")))


class Floods(logging.Filter):
    """Limits libraries' messages that strangers can cause to one line a minute each.

    Out of file descriptors, asyncio logs each try to accept a connection, thousands a second, with a traceback.
    """

    CAUSED = (
        ("asyncio", "socket.accept() out of system resource"),
        ("uvicorn", "Invalid HTTP request"),
        ("uvicorn", "Unsupported upgrade request"),
        ("uvicorn", "No supported WebSocket library"),
        ("slack_bolt", "Failed to fetch oauth.v2.access"),
    )
    """Loggers, and the prefixes of their messages."""

    def __init__(self) -> None:
        super().__init__()
        self._limits = {caused: LogLimit() for caused in self.CAUSED}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write a record: all except CAUSED, and the first of each of these in a minute."""
        for (logger, begins), limit in self._limits.items():
            if record.name.startswith(logger) and str(record.msg).startswith(begins):
                record.exc_info = record.exc_text = None
                return limit.allows(record.created)
        return True


def without_secrets(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """Remove URL queries, tokens and response URLs from an event. Exceptions and libraries may quote them."""
    return {
        key: _SLACKS.sub(REMOVED, scrub(value)) if isinstance(value, str) else value for key, value in event.items()
    }

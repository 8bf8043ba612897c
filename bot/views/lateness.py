"""Lines about slow services: still being asked, or with the result of a late answer."""

from collections.abc import Iterable, Sequence

from bot.domain.answers import Late, ServiceError
from bot.views.errors import advice, service_error, waited
from bot.views.text import bold, count, cut, date, duration, listed, plain

NAMES_MAX = 5


def still_asking(pending: Sequence[Late]) -> str:
    """Name the services that have not answered yet."""
    return f"⏳ still asking {names(pending)}"


def names(services: Sequence[Late]) -> str:
    """Name services in a sentence."""
    return listed([plain(name(each)) for each in services], "and", most=NAMES_MAX)


def came(late: Late, jobs: int, errors: Iterable[ServiceError]) -> str:
    """Return the result of a late service, or its first error: `video-ocr after 4 s: 3 jobs`."""
    found, error = count(jobs, "job") if jobs else "no jobs", next(iter(errors), None)
    if error is None:
        return bold(f"{name(late)} after {_after(late)}: {found}")
    if error.kind != "late":
        return f"{service_error(error)}{f' Before that, it sent {found}.' if jobs else ''}"
    what = f"didn't finish in {_after(late)}: {found} so far" if jobs else f"didn't respond in {_after(late)}"
    since = f" No response since {date(error.failing_since)}." if error.failing_since else ""
    return f"⚠️ {bold(f'{name(late)} {what}')}.{since} {advice(error)}"


def _after(late: Late) -> str:
    own = f" ({waited(late.waited)})" if late.waited else ""
    return f"{duration(max(1, late.after_s or 0))}{own}"


def name(late: Late) -> str:
    """Name a service, with its account if another account has the same service."""
    return cut(late.service if late.alone else f"{late.account}/{late.service}", 80)

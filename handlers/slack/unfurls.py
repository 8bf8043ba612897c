"""Links to a cloud's console: unfurl them as a small card with jobs."""

from html import unescape

from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import Audience
from bot.domain.identifiers import MediaId, media_shown
from bot.jobs.queries import show_jobs
from bot.slack_app.deduplication import shows_first
from bot.slack_app.payloads import Asker, Body, deps_of
from bot.views.slack.unfurl import card
from providers.json_fields import listing, mapping, text


def register(app: AsyncApp) -> None:
    """Listen to shared links."""
    app.event("link_shared")(on_links)


async def on_links(body: Body, event: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    """Unfurl the links whose media has jobs. Other links stay unchanged."""
    match event:
        case {"user": str(), "unfurl_id": str(unfurl_id), "source": str(source)}:
            urls = (text(mapping(link).get("url")) for link in listing(event.get("links")))
        case _:
            return
    media = {url: found for url in urls if url and (found := media_of(url))}
    if not media:
        return
    deps = (await deps_of(context)).read_by(readers(event, context))
    if not await shows_first(deps, body):
        return
    shown = await show_jobs(deps, [*dict.fromkeys(media.values())])
    unfurls = {
        url: card(jobs) for url, one in media.items() if (jobs := [job for job in shown.jobs if job.media == one.id])
    }
    if unfurls:
        await client.chat_unfurl(unfurls=unfurls, unfurl_id=unfurl_id, source=source)


def readers(event: Body, context: AsyncBoltContext) -> Audience:
    """Return the readers of an unfurl. In a direct message with the bot, that is one person.

    A link in the composer may be sent anywhere. Its channel is COMPOSER.
    (api.slack.com/changelog/2021-08-changes-to-unfurls)
    """
    asker = Asker.named(event["user"], text(event.get("channel")) or "COMPOSER", context)
    return Audience.of_destination(asker.channel, asker.user if event.get("is_bot_user_member") else "")


def media_of(url: str) -> MediaId | None:
    """Return the media whose page a link shows, or None for another link."""
    return media_shown(unescape(url))

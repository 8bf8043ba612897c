"""The tokens of the local workspace: obviously made up, the same everywhere, and worth nothing outside it."""

BOT_TOKEN = "xoxb-sandbox-not-a-real-token"  # noqa: S105 - opens the local workspace only
APP_TOKEN = "xapp-sandbox-not-a-real-token"  # noqa: S105 - opens the local workspace only
SIGNING_SECRET = "sandbox-signing-secret-not-real"  # noqa: S105 - signs deliveries of the local workspace only
VERIFICATION_TOKEN = "sandbox-verification-token"  # noqa: S105 - Slack's deprecated field, still in every payload

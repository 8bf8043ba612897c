"""The tokens of the local workspace: constant, obviously made up, and worthless elsewhere."""

BOT_TOKEN = "xoxb-sandbox-not-a-real-token"  # noqa: S105 - opens the local workspace only
APP_TOKEN = "xapp-sandbox-not-a-real-token"  # noqa: S105 - opens the local workspace only
SIGNING_SECRET = "sandbox-signing-secret-not-real"  # noqa: S105 - signs deliveries of the local workspace only
CLIENT_ID = "1234567890.1234567890123"
CLIENT_SECRET = "sandbox-client-secret-not-real"  # noqa: S105 - installs the app into local workspaces only
VERIFICATION_TOKEN = "sandbox-verification-token"  # noqa: S105 - Slack's deprecated field, still in every payload

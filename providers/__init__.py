"""Cloud APIs that know about asynchronous jobs. Nothing in here knows Slack or Redis."""

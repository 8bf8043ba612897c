"""Clients for cloud APIs with asynchronous jobs. Nothing here imports Slack or Redis."""

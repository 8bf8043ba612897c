"""Slack's limits for messages and views."""

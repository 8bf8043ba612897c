"""Slack in, Slack out: one user journey a file."""

"""Slack's Web API, outbound: workspaces, installations, users, user groups, and errors."""

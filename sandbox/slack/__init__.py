"""A local Slack workspace: Web API, Socket Mode, and the page that a person uses."""

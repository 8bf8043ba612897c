"""Ways in: Slack, the terminal, and the language of their commands."""

"""From the outbox to Slack: choose the next step, render, send exactly once, edit in time."""

"""From the cloud to the outbox: which jobs are due, the cheapest requests, what changed, record it."""

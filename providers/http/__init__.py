"""The one request path to every cloud: budget, deadline, retries, limits, errors."""

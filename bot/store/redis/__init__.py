"""The Redis client: connections, the embedded server, keys and scripts."""

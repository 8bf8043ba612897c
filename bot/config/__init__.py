"""`callboard.toml`: settings, and errors with their lines."""

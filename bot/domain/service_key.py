"""The key of a service: its account and its name."""

Service = tuple[str, str]

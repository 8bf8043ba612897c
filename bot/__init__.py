"""Callboard: its use cases, storage, rules and texts."""

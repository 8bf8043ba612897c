"""Use cases: subscribe, unsubscribe, snooze, search for unknown ids, revoke, purge."""

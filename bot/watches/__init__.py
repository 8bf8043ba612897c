"""Use cases of watches: watch, unwatch, mute, and what keeps their copies beside the services right."""

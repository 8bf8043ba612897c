"""Use cases of watches: watch, unwatch, mute, explain, and keep the copies beside the services correct."""

"""The tasks of workers, and the reconciler that re-enqueues lost work."""

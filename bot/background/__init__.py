"""What workers run: the task list, and the reconciler that re-enqueues lost work."""

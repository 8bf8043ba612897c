"""pydocket: enqueue a task, run a worker."""

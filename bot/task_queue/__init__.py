"""Tasks over pydocket: the enqueue functions, and the worker."""

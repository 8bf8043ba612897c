"""What every use case gets: the dependencies, permissions, metrics, admission, clocks."""

"""Start, serve HTTP probes, run until a signal stops the process, log."""

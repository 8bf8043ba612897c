"""The process: its start, HTTP probes, logs, and the run until a signal stops it."""

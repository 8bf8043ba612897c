"""`callboard check`: runs the probes and collects findings."""

"""`callboard check`: run the probes and collect findings."""

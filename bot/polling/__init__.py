"""Poll the clouds: find due jobs, make the cheapest requests, compare the answers, record the changes."""

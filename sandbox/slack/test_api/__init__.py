"""What tests and people at a terminal ask for under /test/."""

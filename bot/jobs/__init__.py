"""Use cases: list, find and show jobs, and account health; one deadline for all services."""

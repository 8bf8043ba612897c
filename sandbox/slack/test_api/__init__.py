"""Hooks under /test/ for tests and for people at a terminal."""

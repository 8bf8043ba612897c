"""Decides what is posted, and why: pure functions of events, rules and state. Time is passed in."""

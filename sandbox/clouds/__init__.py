"""Two simulated clouds."""

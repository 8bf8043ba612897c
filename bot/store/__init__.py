"""What Callboard keeps in Redis."""

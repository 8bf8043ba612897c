"""What Callboard is: use cases, what it keeps, and how it speaks."""

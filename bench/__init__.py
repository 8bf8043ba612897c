"""What Callboard costs, measured side by side with what it could cost. Nothing here leaves the machine."""

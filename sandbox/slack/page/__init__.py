"""What people see and do in the browser."""

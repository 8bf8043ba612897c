"""The page that people use in the browser."""

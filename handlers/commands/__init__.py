"""The command language: text to `Request`, pure."""

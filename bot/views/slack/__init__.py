"""Block Kit: values in, blocks out."""

"""Every word that a person reads: values in, text or blocks out. Pure."""

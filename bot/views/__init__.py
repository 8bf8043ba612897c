"""Pure Block Kit: values in, blocks out. Every word that a person sees stands here."""

"""The pages of the OAuth installation."""

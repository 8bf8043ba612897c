"""Installs the app in workspaces: OAuth and the manifest."""

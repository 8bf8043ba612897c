"""How a workspace installs the app: OAuth and the manifest."""

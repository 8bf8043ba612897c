"""From the workspace to the app: payloads, events, and the ways by which they go."""

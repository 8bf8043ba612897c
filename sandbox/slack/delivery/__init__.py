"""From the workspace to the app: payloads, events, and the transports that carry them."""

"""The Bolt app, inbound: payload schema, Socket Mode, HTTP events, responses, modals, draining."""

"""The parts and the state of a workspace."""

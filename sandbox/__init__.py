"""A local Slack workspace and two simulated clouds, to develop and try Callboard against."""

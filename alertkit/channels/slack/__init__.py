"""Slack: the channel, its drawing, and reading the clicks that come back. Each module needs only what it is for."""

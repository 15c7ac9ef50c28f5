"""Colours of states and severities, the same in every channel."""

from __future__ import annotations

from alertkit.model.message import Message

_SEVERITIES = {"critical": "#d1242f", "warning": "#bf8700", "info": "#0969da"}
_STATES = {"acknowledged": "#8250df", "snoozed": "#6e7781", "suppressed": "#6e7781", "resolved": "#1a7f37"}
_OTHER = "#6e7781"


def colour(message: Message) -> str:
    """The state's colour; while the incident fires and nobody has taken it, the severity's. White text is readable on each."""
    return _STATES.get(message.state) or _SEVERITIES.get(message.severity, _OTHER)

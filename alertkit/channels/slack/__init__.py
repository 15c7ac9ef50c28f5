"""Slack: the channel, and reading the clicks that come back."""

from __future__ import annotations

from alertkit.channels.slack.channel import SlackChannel
from alertkit.channels.slack.interactions import Ignored, Interaction, Rejected, read_interaction
from alertkit.channels.slack.webhook import SlackWebhookChannel

__all__ = ["Ignored", "Interaction", "Rejected", "SlackChannel", "SlackWebhookChannel", "read_interaction"]

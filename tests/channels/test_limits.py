"""Every message, in every language, of any number of alerts, fits every channel."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest
from channel_messages import NOW
from slack_sdk.models.attachments import BlockAttachment
from slack_sdk.models.blocks import Block

from alertkit import names, resources
from alertkit.channels.base import Delivery
from alertkit.channels.layouts import Layouts
from alertkit.channels.mail import compose
from alertkit.channels.pagerduty import event
from alertkit.channels.slack.layout import Drawing
from alertkit.messages import Words
from alertkit.messages.samples import STATES
from alertkit.model.message import Message
from alertkit.model.notification import Alert, Event, EventKind, Notification
from alertkit.testing.pagerduty import _errors
from alertkit.testing.slack_limits import refusal

COUNTS = (0, 1, 2, 5, 1_000_000)
WORDS, LAYOUTS = Words(resources.root() / "templates"), Layouts()
SLACK = Drawing(LAYOUTS)


def incident(state: Any, kind: EventKind, count: int) -> Notification:
    labels = [{"alertname": "RoyaltyExportLate", "instance": f"web-{place}"} for place in range(min(count, 40))]
    until = NOW + dt.timedelta(hours=1)
    return Notification(
        tenant="acme",
        title="Acme Music",
        incident="1",
        reference="ACME-1",
        state=state,
        severity="critical",
        opened_at=NOW - dt.timedelta(seconds=count),
        alerts=tuple(Alert(one, {}, NOW) for one in labels),
        event=Event(kind, NOW, "Amélie Durand", tuple(map(str, range(min(count, 500)))), until, count, "migration"),
        notified=tuple(f"team {place}" for place in range(min(count, 500))),
        truncated=count,
    )


def messages(locale: str) -> Iterator[Message]:
    for kind in get_args(EventKind):
        for state in STATES:
            for count in COUNTS:
                yield WORDS.message(incident(state, kind, count), locale, "Europe/Paris", NOW)


@pytest.mark.parametrize("locale", names.LANGUAGES)
def test_every_message_in_every_language_of_any_number_fits_every_channel(locale: str) -> None:
    for told in messages(locale):
        for drawn in (SLACK.root(told, interactive=True), SLACK.reply(told)):
            assert refusal(drawn, update=True) == ("", [])
        assert all(len(button.text) <= 30 for button in (*told.actions, *told.links)), "more is cut on a telephone"
        assert list(_errors(json.loads(json.dumps(event(told, "1"))))) == []
        mail = compose(Delivery("k", "open", "a@b.example", told, "1"), "alerts@b.example", LAYOUTS)
        assert max(map(len, mail.as_bytes().splitlines())) <= 998, "a line of a mail: RFC 5322"


@pytest.mark.parametrize("locale", names.LANGUAGES)
def test_slacks_own_models_find_nothing_wrong(locale: str) -> None:
    """slack-sdk's validators are Slack's own words on its limits, as far as they go."""
    for about in (incident(state, kind, 5) for state in STATES for kind in ("opened", "escalated")):
        told = WORDS.message(msgspec.structs.replace(about, mentions=("U024BE7LH",)), locale, "Europe/Paris", NOW)
        for drawn in (SLACK.root(told, interactive=True), SLACK.reply(told)):
            parts = [drawn["blocks"], *(attachment["blocks"] for attachment in drawn.get("attachments", []))]
            for block in (block for part in parts for block in part):
                model = Block.parse(block)
                assert model is not None, block
                model.validate_json()
                assert model.to_dict().keys() >= block.keys()
            for attachment in drawn.get("attachments", []):
                BlockAttachment(blocks=[Block.parse(one) for one in attachment["blocks"]]).validate_json()  # type: ignore[list-item]

"""Whatever an alert holds, in no channel does it mention, link, format or break out."""

from __future__ import annotations

import datetime as dt
import json
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from channel_messages import NOW
from hypothesis import given, settings
from hypothesis import strategies as st

from alertkit import resources
from alertkit.channels.base import Delivery, Purpose
from alertkit.channels.layouts import Layouts
from alertkit.channels.mail import compose, html
from alertkit.channels.pagerduty import event
from alertkit.channels.slack import blocks
from alertkit.channels.slack.layout import Drawing
from alertkit.channels.webhook import _body as webhook_body
from alertkit.messages import Words
from alertkit.model.message import Message
from alertkit.model.notification import Alert, Event, Links, Notification
from alertkit.model.policy import AlertText
from alertkit.testing.pagerduty import _errors
from alertkit.testing.slack import SlackMessage
from alertkit.testing.slack_limits import refusal

TEMPLATES = resources.root() / "templates"
WORDS = Words(TEMPLATES)
LAYOUTS = Layouts()
SLACK = Drawing(LAYOUTS)
OWN = Drawing(Layouts(Path(__file__).parent / "own_layouts"))
MENTION = "U024BE7LH"
RUNBOOK = "https://runbooks.example/x?a=1&b='2'"

ATTACKS = st.sampled_from(
    [
        "<!channel>",
        "<!here|x>",
        "<!subteam^S123>",
        "<@U999>",
        "<#C999>",
        "@here",
        "@channel",
        "#general",
        "<https://evil.example|ok>",
        "https://evil.example",
        "*b* _i_ ~s~ `c` ```x```",
        "&lt;!channel&gt;",
        ":fire:",
        "<script>alert(1)</script>",
        '"><img src=x onerror=x>',
        "' onclick='x",
        "\r\nBcc: evil@evil.example",
        "{{ 7 * 7 }}",
        "{value}",
        "%(x)s",
        "\u202egnp.exe",
        "\u200b",
        "&" * 400,
        "<" * 3_000,
        "x" * 9_000,
        "🔥" * 2_000,
        "\ud800",
        "\x00\x1b[31m",
    ]
)
TEXT = st.lists(ATTACKS | st.text(max_size=20), max_size=3).map("".join)
LABELS = st.dictionaries(st.sampled_from(["alertname", "service", "severity", "instance", "job"]) | TEXT, TEXT, max_size=6)
ANNOTATIONS = st.dictionaries(
    st.sampled_from(["summary", "description", "runbook_url", "dashboard_url", "summary_fr", "alertkit_value", "alertkit_unit"]),
    TEXT,
)
ALERT = st.tuples(LABELS, ANNOTATIONS, st.booleans())
ALERTS = st.lists(ALERT, min_size=1, max_size=10)


def message(alerts: list[tuple[dict[str, str], dict[str, str], bool]], said: str, locale: str) -> Message:
    text = AlertText(said, "percent", {"en": said, locale: said}, {"en": said}, RUNBOOK, said)
    told = tuple(
        Alert.read(labels, notes, {"": text} if labels else {}, starts_at=NOW, ends_at=NOW if ended else None)
        for labels, notes, ended in alerts
    )
    about = Notification(
        "acme",
        said,
        "inc-1",
        said,
        "firing",
        said,
        NOW - dt.timedelta(hours=1),
        told,
        event=Event("escalated", NOW, said, (said, said)),
        acknowledged_by=said,
        notified=(said,),
        links=Links(dashboard=said),
        truncated=len(said),
        mentions=(MENTION, said),
    )
    return WORDS.message(about, locale, "Europe/Paris", NOW)


def check_slack(told: Message) -> None:
    own = OWN.root(told, "acme", interactive=True)
    for payload in (SLACK.root(told, interactive=True), SLACK.reply(told), own, {"text": blocks.text(told)}):
        wire = json.dumps(payload, ensure_ascii=False)
        assert refusal(json.loads(wire), update=True) == ("", []), wire
        seen = SlackMessage("C1", "1", payload["text"], tuple(payload.get("blocks", ())), tuple(payload.get("attachments", ())))
        assert seen.pings in ([f"<@{MENTION}>"], []), seen.pings
        own_words = {f"<@{MENTION}>"}
        for text in seen.texts():
            plain = text["type"] == "plain_text" and text["emoji"] is False and "<" not in text["text"]
            ours = (
                text["type"] == "mrkdwn"
                and text["verbatim"] is True
                and (text["text"] in own_words or text["text"].strip("*").isprintable())
            )
            assert plain or ours, text


class Tags(HTMLParser):
    """Tags, addresses and handlers of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


OUR_TAGS = {"html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "span", "h1", "p", "a", "strong"}


def check_mail(told: Message, purpose: Purpose) -> None:
    mail = compose(Delivery("k", purpose, "a@b.example", told, "inc-1"), "alerts@b.example", LAYOUTS)
    head = mail.as_bytes().partition(b"\r\n\r\n")[0]
    assert mail["Bcc"] is None
    assert b"\nBcc:" not in head
    page = Tags()
    page.feed(html(told, LAYOUTS))
    assert page.tags <= OUR_TAGS
    assert not any(name.startswith("on") for name in page.attributes)
    assert set(page.links) == {link.url for link in told.links}
    assert all(link.startswith(("http://", "https://")) for link in page.links)


def check_pagerduty(told: Message) -> None:
    assert list(_errors(json.loads(json.dumps(event(told, "inc-1"))))) == []


def check_webhook(told: Message) -> None:
    sent = json.loads(msgspec.json.encode(webhook_body(Delivery("k", "open", "", told, "inc-1", tenant="acme"))))
    assert sent["message"]["headline"] == told.headline, "JSON, and nothing that ends it early"
    assert sent["tenant"] == "acme"


def everywhere(alerts: list[tuple[dict[str, str], dict[str, str], bool]], said: str, locale: str) -> None:
    told = message(alerts, said, locale)
    check_slack(told)
    check_webhook(told)
    check_mail(told, "open")
    check_pagerduty(told)


@settings(max_examples=120)
@given(ALERTS, TEXT, st.sampled_from(["en", "fr", "de", "es", "it"]))
def test_hostile_text_stays_text_in_every_channel(
    alerts: list[tuple[dict[str, str], dict[str, str], bool]], said: str, locale: str
) -> None:
    everywhere(alerts, said, locale)


@pytest.mark.nightly
@settings(max_examples=5_000)
@given(st.lists(ALERT, min_size=4, max_size=10), TEXT, st.sampled_from(["en", "fr", "de", "es", "it"]))
def test_twenty_thousand_hostile_label_sets_stay_text_in_every_channel(
    alerts: list[tuple[dict[str, str], dict[str, str], bool]], said: str, locale: str
) -> None:
    """5,000 incidents of four alerts at least."""
    everywhere(alerts, said, locale)


def test_only_addresses_from_configuration_ring() -> None:
    from alertkit.channels.slack.blocks import _mention

    assert [_mention(a) for a in ("U024BE7LH", "S0614TZR7", "here", "#room", "U1|x", "<!here>", "", "u024be7lh")] == [
        "<@U024BE7LH>",
        "<!subteam^S0614TZR7>",
        "<!here>",
        "",
        "",
        "",
        "",
        "",
    ]


def test_the_fake_slack_would_notice() -> None:
    """The property above can fail: raw text in the places where it must not stand is seen."""
    raw = {"type": "section", "text": {"type": "mrkdwn", "text": "hi <!channel> and @here https://evil.example"}}
    assert SlackMessage("C1", "1", "<@U1>", (raw,)).pings == ["<@U1>", "<!channel>", "@here", "https://evil.example"]
    assert refusal({"blocks": [{"type": "section", "text": {"type": "plain_text", "text": "x" * 3_001}}]}, update=False)[0]
    page = Tags()
    page.feed("<p><script>x</script></p>")
    assert "script" in page.tags
    assert Path(TEMPLATES / "email" / "layout.html.j2").is_file()

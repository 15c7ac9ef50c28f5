"""What readers are told, in each language and state."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import msgspec
import pseudo_language
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from incidents import BEGAN, FIVE, NOW, TEMPLATES, alert, happened, incident, told

from alertkit import names
from alertkit.messages import Words
from alertkit.messages.sentences import OFFERED
from alertkit.messages.translations import FILE, Catalogs
from alertkit.model.notification import Alert, Event, Links, silence_url
from alertkit.model.policy import AlertText

GOLDEN = json.loads((Path(__file__).parent / "told.json").read_text())


def readable(text: str) -> str:
    """No-break spaces made visible."""
    return text.replace("\u202f", "⍽").replace("\u00a0", "~")


@pytest.mark.parametrize("locale", FIVE)
def test_each_state_and_event_is_told_as_its_engineers_would(locale: str) -> None:
    """told.json is read by people: after a change, look at it in all five languages."""
    until = NOW + dt.timedelta(hours=1)
    states = {
        "firing": incident(notified=("payments", "Amélie Durand")),
        "acknowledged": incident(state="acknowledged", acknowledged_by="Amélie Durand", acknowledged_at=NOW),
        "snoozed": incident(state="snoozed", snoozed_until=until),
        "suppressed": incident(state="suppressed", suppressed_reason="Datenbank-Umzug"),
        "silenced": incident(state="suppressed", suppressed_reason=names.REASON_SILENCED),
        "not confirmed": incident(stale_since=BEGAN),
        "resolved": incident(state="resolved", resolved_at=NOW),
        "a warning": incident(severity="warning"),
        "for information, ended": incident(severity="info", state="resolved"),
        "several": incident(alert(), *(alert(instance=f"web-{place}") for place in range(14)), truncated=1),
    }
    events = {
        "opened": happened("opened"),
        "reminder": happened("reminder"),
        "escalated": happened("escalated", targets=("payments", "Jonas Weber")),
        "escalated, to nobody yet": happened("escalated"),
        "escalated by somebody": happened("escalated", actor="Amélie Durand", targets=("platform",)),
        "escalated by somebody, to nobody yet": happened("escalated", actor="Amélie Durand"),
        "exhausted": happened("exhausted"),
        "acknowledged": happened("acknowledged", actor="Amélie Durand"),
        "acknowledged by nobody": happened("acknowledged"),
        "acknowledgement expired": happened("acknowledgement_expired"),
        "snoozed": happened("snoozed", actor="Amélie Durand", until=until),
        "snoozed for good": happened("snoozed", actor="Amélie Durand"),
        "snoozed by nobody": happened("snoozed", until=until),
        "snoozed by nobody for good": happened("snoozed"),
        "snooze ended": happened("snooze_ended"),
        "suppressed": happened("suppressed", until=until, reason="Datenbank-Umzug"),
        "suppressed until": happened("suppressed", until=until),
        "suppressed because": happened("suppressed", reason="Datenbank-Umzug"),
        "silenced": happened("suppressed", reason=names.REASON_SILENCED),
        "inhibited": happened("suppressed", reason=names.REASON_INHIBITED),
        "muted by a time interval": happened("suppressed", reason=names.REASON_MUTED),
        "suppressed for good": happened("suppressed"),
        "suppression ended": happened("suppression_ended"),
        "one joined": happened("alerts_joined", count=1),
        "many joined": happened("alerts_joined", count=1_200),
        "one ended": happened("alerts_ended", count=1),
        "two ended": happened("alerts_ended", count=2),
        "worse": happened("severity_raised"),
        "worse, and still a warning": incident(severity="warning", event=Event("severity_raised", NOW)),
        "reopened": happened("reopened"),
        "reopened by somebody": happened("reopened", actor="Amélie Durand"),
        "resolved": happened("resolved"),
        "resolved by somebody": happened("resolved", actor="Amélie Durand"),
    }
    found = {
        "states": {
            name: [readable(line) for line in (m.summary, m.more, *map(str, m.facts)) if line]
            for name, m in ((name, told(notification, locale)) for name, notification in states.items())
        },
        "events": {name: readable(told(notification, locale).event) for name, notification in events.items()},
        "buttons": [readable(action.text) for action in told(incident(), locale).actions],
    }
    assert found == GOLDEN[locale]


def test_each_answer_to_a_click_is_said_in_each_language() -> None:
    words = Words(TEMPLATES)
    answers = ("not_allowed", "unknown_person", "gone", "already_done", "failed")
    said = {words.answer(answer, "acme", locale, NOW) for answer in answers for locale in FIVE}
    assert len(said) == 25


def test_an_alert_is_told_in_the_readers_language_with_the_value_formatted_for_them() -> None:
    assert told(incident(), "en").entries[0].sentence == "The last royalty export is 1 day, 3 hours old"
    assert told(incident(), "fr_CA").entries[0].sentence == "Le dernier export date de 1\u00a0jour et 3\u00a0heures"


def test_a_language_that_a_rule_does_not_speak_gets_english_or_whatever_there_is() -> None:
    assert told(incident(), "de").entries[0].sentence.startswith("The last royalty export")
    only = Alert({"alertname": "A"}, {}, BEGAN, text=AlertText("A", summary={"it": "Solo italiano"}))
    assert told(incident(only), "de").entries[0].sentence == "Solo italiano"


@pytest.mark.parametrize("value", ["NaN", "+Inf", "", "odd"])
def test_a_value_that_is_no_number_leaves_the_sentence_that_prometheus_made(value: str) -> None:
    assert told(incident(alert(value))).entries[0].sentence == "as Prometheus froze it"


def test_without_any_other_sentence_the_odd_value_is_shown_as_it_is() -> None:
    odd = msgspec.structs.replace(alert("NaN"), annotations={})
    assert told(incident(odd)).entries[0].sentence == "The last royalty export is NaN old"


def test_an_unknown_rule_is_told_by_its_annotations_in_the_readers_language() -> None:
    annotations = {
        "summary": "in English",
        "summary_fr": "en français",
        "description": "Line one\nline two",
        "alertkit_value": "0.5",
    }
    foreign = Alert.read({"alertname": "Foreign"}, annotations | {"alertkit_unit": "percent"}, {}, starts_at=BEGAN)
    message = told(incident(foreign), "fr_CH")
    assert (message.entries[0].sentence, message.entries[0].description) == ("en français", "Line one\nline two")
    assert "Valeur\u202f: 50%" in map(str, message.facts)
    assert told(incident(foreign), "de").entries[0].sentence == "in English"


def test_an_alert_without_any_words_is_told_by_its_name() -> None:
    assert told(incident(Alert({"alertname": "Bare"}, {}, BEGAN))).entries[0].sentence == "Bare"
    assert told(incident(Alert({}, {}, BEGAN))).entries[0].sentence == "?"


def test_labels_fill_a_sentence_once_and_unknown_fields_stay_visible() -> None:
    text = AlertText("A", summary={"en": "{instance} of {job} uses {value}, {nothing} and {{braces}}"})
    labels = {"alertname": "A", "instance": "{job}", "job": "{value} %s {0.__class__}"}
    entry = told(incident(Alert(labels, {"alertkit_value": "1"}, BEGAN, value="1", text=text))).entries[0]
    assert entry.sentence == "{job} of {value} %s {0.__class__} uses 1, {nothing} and {braces}"


def test_a_sentence_with_a_lone_brace_is_shown_and_not_filled() -> None:
    text = AlertText("A", summary={"en": "a } b {value}"})
    assert told(incident(Alert({"alertname": "A"}, {}, BEGAN, value="1", text=text))).entries[0].sentence == "a } b {value}"


def test_alerts_come_worst_first_and_show_what_tells_them_apart() -> None:
    ended = msgspec.structs.replace(alert(instance="c"), status="resolved", ends_at=NOW)
    message = told(incident(ended, alert(instance="b", severity="warning"), alert(instance="a")))
    assert [(entry.detail, entry.resolved) for entry in message.entries] == [
        ("instance=a", False),
        ("instance=b", False),
        ("instance=c", True),
    ]
    assert str(message.facts[1]) == "Alerts: 2 firing, 1 ended"


def test_each_of_several_alerts_has_its_value_and_one_alone_has_it_as_a_fact() -> None:
    text = AlertText("A", "percent", {"en": "{instance} is slow"})
    alerts = [Alert({"alertname": "A", "instance": name}, {}, BEGAN, value="0.5", unit="percent", text=text) for name in "ab"]
    assert [(entry.sentence, entry.value, entry.detail) for entry in told(incident(*alerts)).entries] == [
        ("a is slow", "50%", ""),
        ("b is slow", "50%", ""),
    ]
    alone = told(incident(alerts[0]))
    assert (alone.entries[0].value, "Value: 50%" in map(str, alone.facts)) == ("", True)


def test_several_names_are_counted_in_the_subject() -> None:
    message = told(incident(alert(), alert(alertname="Other"), alert(alertname="Third")))
    assert message.subject == "[ACME-142] Other +2 · royalties"


def test_only_what_may_be_done_in_a_state_is_offered() -> None:
    for state, kinds in OFFERED.items():
        assert tuple(action.kind for action in told(incident(state=state)).actions) == kinds


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, "viewPanel=7&from=1795227120000&to=now"),
        ({"state": "resolved", "resolved_at": NOW}, "viewPanel=7&from=1795227120000&to=1795233000000"),
    ],
)
def test_the_panel_is_shown_around_the_incident(changes: dict[str, Any], wanted: str) -> None:
    """BEGAN is 03:12, NOW 03:20 UTC: an hour before, half an hour after."""
    dashboard = "https://grafana.example/d/ak-acme?viewPanel=7&from=now-6h&to=now"
    links = {link.kind: link.url for link in told(incident(links=Links(dashboard=dashboard), **changes)).links}
    assert links["dashboard"] == f"https://grafana.example/d/ak-acme?{wanted}"


def test_a_dashboard_of_ones_own_keeps_its_time() -> None:
    own = "https://grafana.example/d/own?from=now-7d&to=now"
    assert own in [link.url for link in told(incident(links=Links(dashboard=own))).links]


def test_links_are_web_addresses_or_nothing() -> None:
    good = "https://x.example/?a={b}|c"
    links = Links(good, "javascript:alert(1)", silence_url("http://am:9093/", {"a": 'b"\\\n'}), "http://" + "x" * 3_000)
    message = told(incident(links=links))
    assert [(link.kind, link.url) for link in message.links] == [
        ("runbook", good),
        ("silence", "http://am:9093/#/silences/new?filter=%7Ba%3D%22b%5C%22%5C%5C%5Cn%22%7D"),
    ]
    assert [link.kind for link in told(incident()).links] == ["runbook"]
    assert "silence" not in [link.kind for link in told(incident(state="resolved", links=links)).links]
    assert silence_url("", {"a": "b"}) == ""


def test_an_incident_without_alerts_is_called_by_its_reference() -> None:
    message = told(msgspec.structs.replace(incident(), alerts=()))
    assert message.headline == message.summary == "Critical: ACME-142"


@pytest.mark.parametrize("url", ["http://[", "https://", "//x.example", "https://a b", "https://x‮.example", 'https://x/"', ""])
def test_what_is_no_web_address_is_no_link(url: str) -> None:
    assert told(incident(links=Links(source=url))).links == told(incident()).links


def test_a_severity_of_the_tenants_own_is_shown_as_it_is() -> None:
    assert told(incident(severity="p1"), "fr").badge == "P1"
    assert told(incident(severity=""), "fr").badge == "Alerte"
    assert told(incident(event=Event("severity_raised", NOW), severity="p1")).event.endswith("New severity: P1.")


def pseudo_words(folder: Path) -> Words:
    path = folder / "locales" / "fr" / FILE
    pseudo_language.write(path)
    return Words(folder)


def test_every_word_of_a_message_comes_from_a_catalog(tmp_path: Path) -> None:
    words = pseudo_words(tmp_path)
    message = told(
        incident(
            event=Event("exhausted", NOW),
            notified=("N",),
            truncated=3,
            links=Links("http://r", "http://d", "http://s", "http://q"),
        ),
        "fr",
        words=words,
    )
    ours = [
        message.headline,
        message.summary,
        message.more,
        message.event,
        *(fact.name for fact in message.facts),
        *(action.text for action in message.actions),
        *(text for action in message.actions if action.confirm for text in msgspec.structs.astuple(action.confirm)),
        *(link.text for link in message.links),
        words.answer("gone", "acme", "fr", NOW),
    ]
    assert [text for text in ours if not text.startswith("[")] == []


HOSTILE = st.text(max_size=60) | st.sampled_from(
    [
        "<!channel>",
        "<@U024BE7LH>",
        "@here",
        "{value}",
        "{{",
        "}",
        "%(x)s",
        "\u202etxt",
        "a\r\nBcc: x",
        "x" * 5_000,
        "{0.__class__}",
        "\ud800",
    ]
)


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.dictionaries(HOSTILE, HOSTILE, max_size=5), st.dictionaries(HOSTILE, HOSTILE, max_size=4)), max_size=4),
    st.dictionaries(st.sampled_from(["en", "fr", "x"]), HOSTILE),
    HOSTILE,
    HOSTILE,
)
def test_nothing_that_an_alert_holds_can_raise_or_grow(
    alerts: list[tuple[dict[str, str], dict[str, str]]], summary: dict[str, str], name: str, locale: str
) -> None:
    text = AlertText(name, summary=summary, description=summary, runbook=name)
    found = tuple(Alert(labels, notes, BEGAN, value=name, text=text) for labels, notes in alerts)
    message = told(
        incident(*found, title=name, severity=name, event=Event("snoozed", NOW, name), links=Links(name)), locale, name
    )
    assert len(message.headline) <= 140
    assert len(message.summary) <= 480
    assert "\n" not in message.headline + message.summary + message.event + message.origin
    assert len(msgspec.json.encode(message.entries).decode()) < 12_000


def test_a_tenant_replaces_a_sentence_and_keeps_the_others(tmp_path: Path) -> None:
    own = tmp_path / "acme" / "locales" / "fr" / FILE
    own.parent.mkdir(parents=True)
    own.write_text('msgid ""\nmsgstr ""\n\nmsgctxt "button"\nmsgid "Acknowledge"\nmsgstr "J’y vais"\n')
    words = Words(TEMPLATES, tmp_path)
    assert [action.text for action in told(incident(), "fr_CA", words=words).actions][:2] == ["J’y vais", "Résoudre"]
    assert told(incident(tenant="globex"), "fr", words=words).actions[0].text == "Je m’en occupe"
    assert told(incident(tenant="../acme"), "fr", words=words).actions[0].text == "Je m’en occupe"


def test_sentences_are_read_again_when_their_file_changes_and_the_last_good_ones_stay(tmp_path: Path) -> None:
    own = tmp_path / "acme" / "locales" / "en" / FILE
    own.parent.mkdir(parents=True)
    words = Words(TEMPLATES, tmp_path)

    def button(seconds: int) -> str:
        return words.message(incident(), "en", "UTC", NOW + dt.timedelta(seconds=seconds)).actions[0].text

    def write(text: str) -> None:
        own.write_text(f'msgid ""\nmsgstr ""\n\nmsgctxt "button"\nmsgid "Acknowledge"\nmsgstr {text}\n')

    assert button(0) == "Acknowledge"
    write('"Mine"')
    assert button(5) == "Mine"
    write('"Mine, all mine"')
    assert button(10) == "Mine, all mine"
    own.write_text("this is no catalog")
    assert button(15) == "Mine, all mine"
    assert list(words.problems) == [own]
    own.unlink()
    assert button(20) == "Acknowledge"
    assert words.problems == {}


@pytest.mark.parametrize(
    "rule", ["nplurals=2; plural=(n / 0);", "nplurals=2; plural=__import__('os');", "nplurals=2; plural=9 ** n;"]
)
def test_a_catalog_whose_plural_rule_is_broken_is_left_out(tmp_path: Path, rule: str) -> None:
    own = tmp_path / "acme" / "locales" / "fr" / FILE
    own.parent.mkdir(parents=True)
    own.write_text(f'msgid ""\nmsgstr "Plural-Forms: {rule}\\n"\n\nmsgctxt "button"\nmsgid "Acknowledge"\nmsgstr "J’y vais"\n')
    words = Words(TEMPLATES, tmp_path)
    about = incident(*(alert(instance=str(place)) for place in range(3)))
    assert told(about, "fr", words=words).actions[0].text == "Je m’en occupe"
    assert list(words.problems) == [own]


def test_a_tenants_plurals_are_those_of_the_language_without_saying_so(tmp_path: Path) -> None:
    own = tmp_path / "acme" / "locales" / "fr" / FILE
    own.parent.mkdir(parents=True)
    forms = 'msgid "{count} ended"\nmsgid_plural "{count} ended"\nmsgstr[0] "{count} finie"\nmsgstr[1] "{count} finies"\n'
    own.write_text(f'msgid ""\nmsgstr ""\n\n{forms}')
    say = Catalogs(TEMPLATES, tmp_path).say("acme", "fr", NOW)
    said = [say.ngettext("{count} ended", "{count} ended", count, count=str(count)) for count in (0, 1, 2)]
    assert said == ["0 finie", "1 finie", "2 finies"]


def test_every_button_fits_on_a_telephone() -> None:
    for locale in FIVE:
        message = told(incident(links=Links("http://r", "http://d", "http://s", "http://q")), locale)
        for button in (*message.actions, *message.links):
            assert len(button.text) <= 30, (locale, button.text)

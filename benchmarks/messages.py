"""How many Slack messages one core renders a second, from the facts of an incident to the bytes on the wire.

    python benchmarks/messages.py [seconds]

Catalogs are warm. Incidents differ in their values, labels and times, so that nothing but what a receiver would also have at hand
comes from a cache. Prints one line per language and size: messages a second of processor time (others may use the
machine as well), the median of five rounds.
"""

from __future__ import annotations

import datetime as dt
import statistics
import sys
import time

import msgspec

from alertkit import names, resources
from alertkit.channels.layouts import Layouts
from alertkit.channels.slack.layout import Drawing
from alertkit.messages import Words
from alertkit.model.notification import Alert, Event, Links, Notification, silence_url
from alertkit.model.policy import AlertText

NOW = dt.datetime(2026, 11, 21, 3, 20, tzinfo=dt.UTC)
TEXT = AlertText(
    "RoyaltyExportLate",
    "duration",
    {language: f"{language}: the export of {{instance}} is {{value}} old" for language in names.LANGUAGES},
    runbook="https://runbooks.example/royalty-export",
    dashboard="https://grafana.example/d/acme",
)
ROUNDS = 5


def incident(number: int, alerts: int) -> Notification:
    began = NOW - dt.timedelta(seconds=60 + number)
    told = tuple(
        Alert(
            {
                "alertname": TEXT.alert,
                "tenant": "acme",
                "service": "royalties",
                "severity": "critical",
                "instance": f"web-{number}-{place}",
            },
            {},
            began,
            value=str(3_600 + 7 * number + place),
            unit="duration",
            text=TEXT,
        )
        for place in range(alerts)
    )
    return Notification(
        tenant="acme",
        title="Acme Music",
        incident=str(number),
        reference=f"ACME-{number}",
        state="firing",
        severity="critical",
        opened_at=began,
        alerts=told,
        event=Event("escalated", NOW, targets=("payments", "Jonas Weber")),
        notified=("payments", "Jonas Weber"),
        links=Links(silence=silence_url("https://alertmanager.example", told[0].labels)),
    )


def rate(words: Words, locale: str, incidents: list[Notification], seconds: float) -> float:
    drawing = Drawing(Layouts())
    done, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        for about in incidents:
            message = words.message(about, locale, "Europe/Paris", NOW)
            msgspec.json.encode(drawing.root(message, "acme", interactive=True))
        done += len(incidents)
    return done / spent


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    words = Words(resources.root() / "templates")
    for alerts in (1, 10):
        incidents = [incident(number, alerts) for number in range(500)]
        for locale in names.LANGUAGES:
            rate(words, locale, incidents, 0.1)
            found = statistics.median(rate(words, locale, incidents, seconds / ROUNDS) for _ in range(ROUNDS))
            print(f"{locale}  {alerts:>2} alerts a message  {found:>6,.0f} messages/s")


if __name__ == "__main__":
    main()

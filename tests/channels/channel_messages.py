"""Messages and notifications that the channels' tests share."""

from __future__ import annotations

import datetime as dt

from alertkit.model.message import Action, Choice, Confirm, Entry, Fact, Link, Message

NOW = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)

FIRING = Message(
    locale="fr",
    state="firing",
    severity="critical",
    headline="Critique : RoyaltyExportLate · royalties",
    summary="Critique : RoyaltyExportLate · royalties — Le dernier export date de 1 jour",
    subject="[ACME-142] RoyaltyExportLate · royalties",
    badge="Critique",
    entries=(Entry("Le dernier export date de 1 jour", detail="region=eu", description="Les reversements partent à midi."),),
    facts=(Fact("Service", "royalties"), Fact("Depuis", "04:12 (UTC+01:00)")),
    event="Un nouvel incident est ouvert.",
    actions=(
        Action("acknowledge", "Je m’en occupe", "inc-1"),
        Action(
            "resolve", "Résoudre", "inc-1", confirm=Confirm("Résoudre ?", "Plus personne ne sera alerté.", "Résoudre", "Annuler")
        ),
        Action("snooze", "Mettre en pause", "inc-1", choices=(Choice("30 minutes", 1800), Choice("1 heure", 3600))),
        Action("escalate", "Escalader", "inc-1"),
    ),
    links=(Link("runbook", "Runbook", "https://runbooks.example/x?a=1&b=2"),),
    mentions=("U024BE7LH",),
    origin="Acme Music · ACME-142",
)
